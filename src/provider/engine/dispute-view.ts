/**
 * Disputes as version 4 shows them, in answers and in webhooks: which block belongs to which state. Source: the SDK's models of
 * 2026-08. What Klarna names and this server has nothing for (customer evidence, products) is empty or absent.
 */
import type { AttachmentUse, Decision, Dispute } from './dispute-state.ts';

const ENVIRONMENT = 'test';

/** A dispute's id in version 4: an opaque KRN. */
export function disputeKrn({ region, dispute_id }: Pick<Dispute, 'region' | 'dispute_id'>): string {
  return `krn:network:${region}:${ENVIRONMENT}:payment:dispute:${dispute_id}`;
}

/** A dispute's id in version 2. */
export function oldDisputeKrn({ region, dispute_id, old_reason }: Dispute): string {
  return `krn:klarna:${region}:dispute:${old_reason.replaceAll('_', '-')}:${dispute_id}`;
}

/** The account that a merchant's payments go through. */
export function accountKrn({ region, merchant_id }: Pick<Dispute, 'region' | 'merchant_id'>): string {
  return `krn:partner:${region}:${ENVIRONMENT}:account:${merchant_id}`;
}

/** @param base `http://host:port` for links to files; absent where there is none to go by */
export function disputeView(dispute: Dispute, base?: string): object {
  return {
    ...identityView(dispute),
    partner_account_id: accountKrn(dispute),
    dispute_reason: dispute.reason,
    dispute_details: detailsView(dispute),
    created_at: iso(dispute.created_at_ms),
    state_context: stateContext(dispute, base),
    process_exceptions: dispute.exceptions,
    customer_evidences: [],
    ...(dispute.state !== 'INITIATED' && { representment: representmentView(dispute, base) }),
    ...arbitrationBlock(dispute, base),
  };
}

/** What names the dispute and the purchase it is about, and where it stands: common to answers and webhooks. */
export function identityView(dispute: Dispute): object {
  const { order_id, capture_id, references } = dispute;
  const { merchant_reference1, merchant_reference2, capture_reference } = references;
  return {
    payment_dispute_id: disputeKrn(dispute),
    order_id,
    payment_transaction_id: order_id,
    payment_account_id: accountKrn(dispute),
    ...(merchant_reference1 && {
      payment_transaction_reference: merchant_reference1,
      purchase_reference: merchant_reference1,
    }),
    ...(merchant_reference2 && { merchant_reference2 }),
    ...(capture_id && {
      capture_id,
      payment_capture_id: capture_id,
      payment_capture_reference: capture_reference || capture_id,
    }),
    state: dispute.state,
    ...(dispute.previous_state && { previous_state: dispute.previous_state }),
    updated_at: iso(dispute.updated_at_ms),
    configuration: { base_framework: dispute.base_framework, options: { hold_policy: dispute.hold_policy } },
  };
}

export function detailsView({ amount, currency, created_by }: Dispute): object {
  return { dispute_amount: amount, currency, created_by };
}

function stateContext(dispute: Dispute, base: string | undefined): object | undefined {
  switch (dispute.state) {
    case 'INITIATED':
      return { representment: representmentView(dispute, base) };
    case 'REPRESENTMENT':
      return { partner_evidence: evidenceView(dispute, base) };
    case 'PRE_ARBITRATION':
      return { arbitration_expires_at: iso(dispute.arbitration_expires_at_ms ?? 0) };
    case 'ARBITRATION':
      return undefined;
    case 'CLOSED':
      return closingView(dispute);
  }
}

export function closingView({ closed }: Dispute): object {
  return {
    dispute_outcome: closed?.outcome,
    dispute_outcome_detailed: closed?.detailed,
    closed_at: iso(closed?.closed_at_ms ?? 0),
  };
}

/** The request for evidence and, once the case has moved on from looking at it, what came. */
export function representmentView(dispute: Dispute, base?: string): object {
  const [request] = dispute.requests;
  const { evidence_state, evidence, state } = dispute;
  const shown = state === 'PRE_ARBITRATION' || state === 'ARBITRATION' || state === 'CLOSED';
  return {
    state: evidence_state,
    ...(evidence_state !== 'EVIDENCE_REQUESTED' && { previous_state: 'EVIDENCE_REQUESTED' }),
    expires_at: iso(dispute.evidence_expires_at_ms),
    ...(request && {
      request: { additional_information: request.comment, requested_at: iso(request.created_at_ms) },
    }),
    ...(evidence && shown && { partner_evidence: evidenceView(dispute, base) }),
  };
}

export function evidenceView(dispute: Dispute, base?: string): object | undefined {
  const { evidence } = dispute;
  if (!evidence) return undefined;
  const { created_at_ms, additional_information, attachments } = evidence;
  return {
    created_at: iso(created_at_ms),
    ...(additional_information !== undefined && { additional_information }),
    attachments: attachments.map((use) => attachmentView(dispute, use, base)),
  };
}

/** The models demand the block of every closed dispute, so one that never came so far shows its outcome there too (inferred). */
function arbitrationBlock(dispute: Dispute, base: string | undefined): object {
  const decision = dispute.preliminary ?? dispute.closed;
  const { state } = dispute;
  if (!decision || state === 'INITIATED' || state === 'REPRESENTMENT') return {};
  return { arbitration: arbitrationView(dispute, decision, base) };
}

export function arbitrationView(dispute: Dispute, decision: Decision, base?: string): object {
  return {
    preliminary_outcome: decision.outcome,
    preliminary_outcome_detailed: decision.detailed,
    ...(dispute.appeal && { arbitration_request: appealView(dispute, base) }),
  };
}

export function appealView(dispute: Dispute, base?: string): object | undefined {
  const { appeal } = dispute;
  if (!appeal) return undefined;
  const { requested_at_ms, additional_information, attachments } = appeal;
  return {
    requested_at: iso(requested_at_ms),
    additional_information,
    ...(attachments.length > 0 && { attachments: attachments.map((use) => attachmentView(dispute, use, base)) }),
  };
}

function attachmentView(dispute: Dispute, use: AttachmentUse, base: string | undefined): object {
  const known = dispute.attachments.find(({ attachment_id }) => attachment_id === use.attachment_id);
  const path = `/v4/payment/disputes/${disputeKrn(dispute)}/attachments/${use.attachment_id}/download`;
  return {
    payment_dispute_attachment_id: use.attachment_id,
    ...(use.description !== undefined && { description: use.description }),
    ...(known && { mime_type: known.mime_type }),
    ...(base !== undefined && { url: `${base}${path}` }),
  };
}

/** A time as Klarna writes it. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
