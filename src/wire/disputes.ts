/** The bodies and queries of disputes, versions 4 and 2. Source: the SDK's models of 2026-08; for version 2 a description of its documents. */
import { choice, type Infer, integer, list, object, type Rule, required, text } from './shape.ts';

const krn = () => text({ min: 1, max: 255 });

const attachmentUse = object({
  payment_dispute_attachment_id: required(krn()),
  description: text({ max: 1000 }),
});

export const representment = object({
  /** The answer's model has ten at the most; the request's has no limit. */
  attachments: required(list(attachmentUse, { min: 1, max: 10 })),
  additional_information: text({ max: 5000 }),
  partner_proposed_refund_amount: integer({ min: 1 }),
});

export const appeal = object({
  additional_information: required(text({ min: 1, max: 10_000 })),
  attachments: list(attachmentUse, { min: 1, max: 10 }),
});

export const partnerEnrollment = object({
  client_id: required(text({ min: 1, max: 64, pattern: /^[a-zA-Z0-9]+$/, like: 'letters and digits' })),
});

const dateTime = () =>
  text({
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?$/,
    like: 'a date and time, 2027-01-15T09:48:30Z',
  });

/** The states of a dispute. */
export const DISPUTE_STATES = ['INITIATED', 'REPRESENTMENT', 'PRE_ARBITRATION', 'ARBITRATION', 'CLOSED'] as const;
/** Why a purchase is disputed. */
export const DISPUTE_REASONS = [
  'REFUND_NOT_PROCESSED',
  'PRODUCTS_OR_SERVICES_NOT_RECEIVED',
  'PRODUCTS_DEFECTIVE_OR_NOT_AS_DESCRIBED',
  'INCORRECT_AMOUNT',
  'PURCHASE_HIGH_RISK',
  'PURCHASE_UNAUTHORIZED',
  'NON_COMPLIANCE',
  'NON_GUARANTEED_PAYMENT_PROGRAM',
] as const;

/** The query of the list, once its repeated names are lists. */
export const disputeQuery = object({
  order_ids: list(krn(), { max: 100 }),
  payment_transaction_ids: list(krn(), { max: 100 }),
  state: list(choice(DISPUTE_STATES), { max: 100 }),
  reason: list(choice(DISPUTE_REASONS), { max: 10 }),
  sort_by: list(choice(['created_at', '-created_at', 'closed_at', '-closed_at']), { max: 10 }),
  purchase_references: list(krn(), { max: 10 }),
  created_at_start: dateTime(),
  created_at_end: dateTime(),
  closed_at_start: dateTime(),
  closed_at_end: dateTime(),
  updated_at_start: dateTime(),
  updated_at_end: dateTime(),
  size: integer({ min: 1, max: 500 }),
  starting_after: krn(),
  ending_before: krn(),
});

/** The names in `disputeQuery` that may come several times. */
export const DISPUTE_QUERY_LISTS = [
  'order_ids',
  'payment_transaction_ids',
  'state',
  'reason',
  'sort_by',
  'purchase_references',
] as const;

/** The query of version 2. */
export const oldDisputeQuery = object({
  merchant_id: text({ max: 255 }),
  order_id: text({ max: 255 }),
  investigation_status: choice(
    ['opened', 'started', 'unresolved', 'replied', 'closed', 'deadline_expired', 'loss_accepted'],
    { anyCase: true },
  ),
  reason: text({ max: 64 }),
  sort_by: choice(['deadline_expires_at', '-deadline_expires_at', 'opened_at', '-opened_at']),
  limit: integer({ min: 1, max: 250 }),
  next_page: krn(),
  merchant_reference1: text({ max: 255 }),
  merchant_reference2: text({ max: 255 }),
});

/** An id of a file, alone or in an object: the documents show neither. */
const attachmentId: Rule<string> = (value, scan) => {
  if (typeof value !== 'object') return krn()(value, scan);
  return object({ attachment_id: required(krn()) })(value, scan)?.attachment_id;
};

/** Names and texts, whatever was asked for. */
const answers: Rule<Record<string, string>> = (value, scan) => {
  const names = typeof value === 'object' && value !== null ? Object.keys(value).slice(0, 50) : [];
  const fields = Object.fromEntries(
    names.filter((name) => name.length <= 100).map((name) => [name, text({ max: 5000 })]),
  );
  return object(fields)(value, scan) as Record<string, string> | undefined;
};

export const evidenceResponse = object({
  comment: text({ max: 5000 }),
  requested_fields: answers,
  attachments: list(attachmentId, { max: 10 }),
});

export type RepresentmentBody = Infer<typeof representment>;
export type AppealBody = Infer<typeof appeal>;
export type DisputeQuery = Infer<typeof disputeQuery>;
export type OldDisputeQuery = Infer<typeof oldDisputeQuery>;
export type EvidenceResponseBody = Infer<typeof evidenceResponse>;
