/**
 * The statuses that each step can have, exactly those of Cybersource's workflow for Klarna, and how they follow from the engine's state.
 * Source: Klarna developer guide, transaction statuses workflow (26.03.01). Where one of the workflow's statuses is not said to follow from a state, the choice is inferred.
 */
import type { Capture, HostedSession, HostedStatus, Order, OrderStatus, Session } from '../engine/state.ts';
import type { PaymentType } from './records.ts';

/** Step → the statuses that it can be answered with. The types of the functions below follow from it. */
export const STATUSES = {
  session: ['COMPLETED', 'FAILED', 'INITIATED'],
  session_update: ['COMPLETED', 'FAILED', 'INITIATED'],
  check_session: ['ABANDONED', 'COMPLETED', 'FAILED', 'INITIATED'],
  authorization: ['FAILED', 'AUTHORIZED'],
  check_authorization: ['ABANDONED', 'AUTHORIZED', 'FAILED'],
  reversal: ['FAILED', 'AUTH_REVERSED'],
  check_reversal: ['FAILED', 'AUTH_REVERSED'],
  capture: ['FAILED', 'SETTLED'],
  check_capture: ['CHARGEBACK', 'FAILED', 'SETTLED'],
  refund: ['FAILED', 'REFUNDED'],
  check_refund: ['FAILED', 'REFUNDED'],
} as const;
export type Step = keyof typeof STATUSES;
export type StatusOf<S extends Step> = (typeof STATUSES)[S][number];
export type Status = StatusOf<Step>;

/**
 * `processorInformation.responseCode`. Source: reference codes of alternative payments; those of INITIATED, AUTH_REVERSED and CHARGEBACK
 * are inferred, and that of FAILED is each failure's own.
 */
export const RESPONSE_CODES: Readonly<Record<Status, string>> = {
  COMPLETED: '00000',
  INITIATED: '00001',
  ABANDONED: '00002',
  AUTHORIZED: '00003',
  SETTLED: '00004',
  AUTH_REVERSED: '00005',
  REFUNDED: '00006',
  CHARGEBACK: '00007',
  FAILED: '30000',
};

const BY_HOSTED_STATUS: Readonly<Record<HostedStatus, StatusOf<'check_session'>>> = {
  WAITING: 'INITIATED',
  IN_PROGRESS: 'INITIATED',
  MANUAL_ID_CHECK: 'INITIATED',
  BACK: 'ABANDONED',
  CANCELLED: 'ABANDONED',
  FAILED: 'FAILED',
  ERROR: 'FAILED',
  DISABLED: 'FAILED',
  // The token, which is looked at first, has run out or was cancelled.
  COMPLETED: 'FAILED',
};

/** Without a page of Klarna's, the shopper's latest try decides. After one that `failed` the widget takes corrected data. */
const BY_LATEST_TRY: Readonly<Record<NonNullable<Session['latest_try']>, StatusOf<'check_session'>>> = {
  failed: 'INITIATED',
  refused: 'FAILED',
  abandoned: 'ABANDONED',
  // The token, which is looked at first, has run out or was cancelled.
  approved: 'FAILED',
  reversed: 'FAILED',
};

/** Where a session stands. @param session undefined once it is past keeping: nobody completed it in time */
export function sessionStatus(
  session: Session | undefined,
  hosted: HostedSession | undefined,
  now_ms: number,
): StatusOf<'check_session'> {
  if (session?.status === 'complete') return 'COMPLETED';
  if (session && now_ms < (session.authorization_expires_at_ms ?? 0)) return 'COMPLETED';
  const status = openStatus(session, hosted);
  const ends_at_ms = hosted?.expires_at_ms ?? session?.expires_at_ms ?? 0;
  return status === 'INITIATED' && now_ms >= ends_at_ms ? 'ABANDONED' : status;
}

function openStatus(session: Session | undefined, hosted: HostedSession | undefined): StatusOf<'check_session'> {
  if (hosted) return BY_HOSTED_STATUS[hosted.status];
  if (session?.unfinalized || !session?.latest_try) return 'INITIATED';
  return BY_LATEST_TRY[session.latest_try];
}

/** What is captured or reversed was authorized and stays so: the transactions that followed have ids and statuses of their own. */
const BY_ORDER_STATUS: Readonly<Record<OrderStatus, StatusOf<'check_authorization'>>> = {
  AUTHORIZED: 'AUTHORIZED',
  PART_CAPTURED: 'AUTHORIZED',
  CAPTURED: 'AUTHORIZED',
  CANCELLED: 'AUTHORIZED',
  CLOSED: 'AUTHORIZED',
  /** Nothing can be captured, and a new authorization is what is left to do. */
  EXPIRED: 'FAILED',
};

export function authorizationStatus({ status, fraud_status }: Order): StatusOf<'check_authorization'> {
  return fraud_status === 'REJECTED' ? 'FAILED' : BY_ORDER_STATUS[status];
}

/** @param charged_back what lost disputes of the order were about: captures, or all of it */
export function captureStatus(
  { capture_id }: Pick<Capture, 'capture_id'>,
  charged_back: readonly (string | undefined)[],
): StatusOf<'check_capture'> {
  return charged_back.some((about) => about === undefined || about === capture_id) ? 'CHARGEBACK' : 'SETTLED';
}

/** What a transaction is answered with when it succeeds; its check has the same as long as nothing else comes. */
export const SUCCESS = {
  authorization: 'AUTHORIZED',
  reversal: 'AUTH_REVERSED',
  capture: 'SETTLED',
  refund: 'REFUNDED',
} as const satisfies Readonly<Record<PaymentType, Status>>;
