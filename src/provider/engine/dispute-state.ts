/** A dispute's state, and the words of it that Klarna's documents have. Times are epoch ms of the merchant's clock, amounts minor units. */
import type { DISPUTE_REASONS, DISPUTE_STATES } from '../../wire/disputes.ts';
import type { Movement } from './movements.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './state.ts';

export type DisputeState = (typeof DISPUTE_STATES)[number];

type EvidenceState =
  | 'EVIDENCE_REQUESTED'
  | 'EVIDENCE_RECEIVED'
  | 'EVIDENCE_REQUEST_EXPIRED'
  | 'EVIDENCE_WAIVED'
  | 'REPRESENTMENT_AUTOMATICALLY_REJECTED';

export const DISPUTE_OUTCOMES = ['WON', 'LOST'] as const;
/** The merchant's side of it: WON means that the money stays there. */
export type DisputeOutcome = (typeof DISPUTE_OUTCOMES)[number];

export const HOLD_POLICIES = ['NONE', 'ON_DISPUTE_INITIATED'] as const;
/** When Klarna takes amount and fee: once the dispute is lost, or as soon as it is opened and until it is won. */
type HoldPolicy = (typeof HOLD_POLICIES)[number];

export const DISPUTE_CREATORS = ['CUSTOMER', 'KLARNA_AGENT'] as const;

export type DisputeReason = (typeof DISPUTE_REASONS)[number];

/** A reason as versions 1 to 3 and the test people name it, and the one that version 4 has for it. */
export const OLD_REASONS = {
  return: 'REFUND_NOT_PROCESSED',
  return_not_possible: 'REFUND_NOT_PROCESSED',
  goods_not_received: 'PRODUCTS_OR_SERVICES_NOT_RECEIVED',
  faulty_goods: 'PRODUCTS_DEFECTIVE_OR_NOT_AS_DESCRIBED',
  incorrect_invoice: 'INCORRECT_AMOUNT',
  already_paid: 'INCORRECT_AMOUNT',
  high_risk_order: 'PURCHASE_HIGH_RISK',
  unauthorized_purchase: 'PURCHASE_UNAUTHORIZED',
  non_compliance: 'NON_COMPLIANCE',
  non_guaranteed_payment_program: 'NON_GUARANTEED_PAYMENT_PROGRAM',
} as const satisfies Readonly<Record<string, DisputeReason>>;
export type OldReason = keyof typeof OLD_REASONS;

/** What version 2 calls a reason of version 4: the first that means it. */
export function oldReason(reason: DisputeReason): OldReason {
  const found = Object.entries(OLD_REASONS).find(([, meant]) => meant === reason);
  return found?.[0] as OldReason;
}

export interface Dispute {
  readonly dispute_id: string;
  readonly merchant_id: string;
  readonly order_id: string;
  readonly capture_id?: string;
  /** The order's references when the dispute was opened. */
  readonly references: {
    readonly merchant_reference1?: string;
    readonly merchant_reference2?: string;
    readonly capture_reference?: string;
  };
  /** The region that its KRNs name. */
  readonly region: string;
  readonly reason: DisputeReason;
  readonly old_reason: OldReason;
  readonly created_by: (typeof DISPUTE_CREATORS)[number];
  readonly base_framework: 'FRAMEWORK_2020' | 'FRAMEWORK_2026';
  readonly hold_policy: HoldPolicy;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
  readonly state: DisputeState;
  readonly previous_state?: Exclude<DisputeState, 'CLOSED'>;
  /** What is in dispute; less when refunds leave less to dispute. */
  readonly amount: number;
  readonly currency: string;
  /** What the dispute costs when it is lost. */
  readonly fee_amount: number;
  readonly evidence_state: EvidenceState;
  /** Until when evidence is taken. */
  readonly evidence_expires_at_ms: number;
  readonly evidence?: Evidence;
  /** Why Klarna gave the merchant more time, or decided at once. */
  readonly exceptions: readonly ProcessException[];
  readonly preliminary?: Decision;
  readonly arbitration_expires_at_ms?: number;
  readonly appeal?: Appeal;
  readonly closed?: Closing;
  /** What Klarna asked the merchant, oldest first. The first is there from the beginning. */
  readonly requests: readonly EvidenceRequest[];
  /** Every file that was uploaded, whoever by. */
  readonly attachments: readonly AttachmentInfo[];
  /** How Klarna decides without being told, for test people. */
  readonly script?: Script;
  /** Everything it did to the merchant's money so far. Only added to. */
  readonly movements: readonly Movement[];
}

/** A file that belongs to a dispute; its bytes are a record of their own. */
export interface AttachmentInfo {
  readonly attachment_id: string;
  readonly filename: string;
  readonly mime_type: string;
  readonly bytes: number;
  readonly uploaded_by: 'merchant' | 'klarna';
}

/** A file as it is stored. */
export interface Attachment {
  readonly attachment_id: string;
  readonly dispute_id: string;
  /** Base64. */
  readonly content: string;
}

export interface AttachmentUse {
  readonly attachment_id: string;
  readonly description?: string;
}

/** What the merchant said and showed. */
interface Evidence {
  readonly created_at_ms: number;
  readonly additional_information?: string;
  readonly attachments: readonly AttachmentUse[];
  /** The part that the merchant would repay of its own accord. */
  readonly proposed_refund_amount?: number;
}

export interface Decision {
  readonly outcome: DisputeOutcome;
  /** One of Klarna's detailed outcomes; an open list. */
  readonly detailed: string;
  /** What is charged back of it when lost; absent: all. */
  readonly chargeback_amount?: number;
}

interface Appeal {
  readonly requested_at_ms: number;
  readonly additional_information: string;
  readonly attachments: readonly AttachmentUse[];
}

export interface Closing extends Decision {
  readonly closed_at_ms: number;
  /** What the merchant pays back; 0 when won. */
  readonly chargeback_amount: number;
}

interface ProcessException {
  readonly exception_type: string;
  readonly reason: string;
  readonly description: string;
}

/** A question of Klarna's, as version 2 has them. */
export interface EvidenceRequest {
  readonly request_id: number;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
  readonly comment: string;
  readonly requested_fields: readonly string[];
  readonly optional_requested_fields: readonly string[];
  readonly attachments: readonly string[];
  readonly responses: readonly EvidenceResponse[];
}

interface EvidenceResponse {
  readonly response_id: number;
  readonly created_at_ms: number;
  readonly comment?: string;
  readonly requested_fields: Readonly<Record<string, string>>;
  readonly attachments: readonly string[];
}

export interface Script {
  readonly preliminary?: DisputeOutcome;
  readonly final?: DisputeOutcome;
  /** When the decision that is next falls. */
  readonly decide_at_ms?: number;
}

/** The windows of Klarna's documents for disputes, in one place. */
export const DISPUTE_WINDOWS = {
  evidence_ms: 21 * DAY_MS,
  evidence_unauthorized_ms: 7 * DAY_MS,
  evidence_high_risk_ms: 96 * HOUR_MS,
  pre_arbitration_ms: 10 * DAY_MS,
  /** For an answer to a further question. */
  follow_up_ms: 7 * DAY_MS,
  /** How long an answer can be amended. */
  amend_ms: HOUR_MS,
  /** From the capture to the last day on which it can be disputed. */
  disputable_days: 180,
  /** How long Klarna thinks about a test person's case. */
  script_ms: MINUTE_MS,
  /** From when on disputes are of the framework of 2026. */
  framework_2026_ms: Date.UTC(2026, 10, 1),
} as const;

export const DISPUTE_LIMITS = {
  /** Disputes of one order. */
  disputes_an_order: 20,
  /** Files of one dispute, of both sides together. */
  attachments: 30,
  /** Files that evidence, an appeal or an answer may name. */
  attachments_used: 10,
  requests: 5,
  responses_a_request: 10,
  exceptions: 3,
} as const;

/** What Klarna asks with every dispute, in words. */
export const FIRST_QUESTION = 'Please send what shows that the purchase was delivered and billed as agreed.';

/** Whether it is still fought over. */
export function isOpen({ state }: Pick<Dispute, 'state'>): boolean {
  return state !== 'CLOSED';
}
