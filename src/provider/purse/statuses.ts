/**
 * What Purse says about what happened at Klarna: the 22 statuses of its page for Klarna with their state and code, and which of them
 * each of Klarna's refusals and states leads to. Clients decide on `state`; the code of a waiting status is SUCCEEDED too.
 */
import type { Reason } from '../engine/outcome.ts';
import type { HostedStatus, Order } from '../engine/state.ts';

export const PSP_STATUSES = {
  SUCCESS: { state: 'SUCCESS', code: 'SUCCEEDED', about: 'Successful request' },
  COMPLETED: { state: 'SUCCESS', code: 'SUCCEEDED', about: 'The shopper authorized; there is an authorization token' },
  CREATE: { state: 'SUCCESS', code: 'SUCCEEDED', about: 'Create request' },
  BACK: { state: 'WAITING', code: 'SUCCEEDED', about: 'The shopper went back; the session is still open' },
  IN_PROGRESS: { state: 'WAITING', code: 'SUCCEEDED', about: 'The shopper is on the payment page' },
  WAITING: { state: 'WAITING', code: 'SUCCEEDED', about: 'The shopper has not entered the payment page yet' },
  BAD_REQUEST: { state: 'ERROR', code: 'FAILED', about: 'Bad format' },
  BAD_VALUE: { state: 'ERROR', code: 'FAILED', about: 'Bad value' },
  CANCEL_NOT_ALLOWED: { state: 'ERROR', code: 'FAILED', about: 'Cancel not possible' },
  CANCELLED: { state: 'ERROR', code: 'FAILED', about: 'The shopper cancelled for good' },
  CAPTURE_NOT_ALLOWED: { state: 'ERROR', code: 'FAILED', about: 'Capture not possible' },
  DISABLED: { state: 'ERROR', code: 'FAILED', about: 'The merchant withdrew the session' },
  ERROR: { state: 'ERROR', code: 'FAILED', about: 'An error while paying; the session is still open' },
  FAILED: { state: 'ERROR', code: 'FAILED', about: 'The shopper was declined; the session is still open' },
  NO_SUCH_CAPTURE: { state: 'ERROR', code: 'BAD_REQUEST', about: 'Capture cannot be found' },
  NO_SUCH_ORDER: { state: 'ERROR', code: 'BAD_REQUEST', about: 'Order cannot be found' },
  NOT_ALLOWED: { state: 'ERROR', code: 'FAILED', about: 'Unauthorized token' },
  NOT_FOUND: { state: 'ERROR', code: 'BAD_REQUEST', about: 'Invalid authorization token' },
  REFUND_NOT_ALLOWED: { state: 'ERROR', code: 'FAILED', about: 'Refund not possible' },
  TOKEN_NOT_FOUND: { state: 'ERROR', code: 'BAD_REQUEST', about: 'Customer token not found' },
  UNPROCESSABLE_ENTITY: { state: 'ERROR', code: 'FAILED', about: 'Unprocessable request' },
  UNKNOWN_RESPONSE: { state: 'ERROR', code: 'FAILED', about: 'Klarna’s answer has no status of its own here' },
} as const;
export type PspStatus = keyof typeof PSP_STATUSES;

/** The hosted page's status as the one of the authorization that is under way on it. Klarna's page for papers in store has no row. */
export const HOSTED_TO_PSP: Readonly<Record<HostedStatus, PspStatus>> = {
  WAITING: 'WAITING',
  IN_PROGRESS: 'IN_PROGRESS',
  BACK: 'BACK',
  FAILED: 'FAILED',
  ERROR: 'ERROR',
  MANUAL_ID_CHECK: 'UNKNOWN_RESPONSE',
  COMPLETED: 'COMPLETED',
  CANCELLED: 'CANCELLED',
  DISABLED: 'DISABLED',
};

/**
 * From the engine's refusals. A reason that is not here cannot be met through this face, or is one for which Purse names no status:
 * both are UNKNOWN_RESPONSE.
 */
const REASON_TO_PSP: Readonly<Partial<Record<Reason, PspStatus>>> = {
  bad_purchase: 'BAD_VALUE',
  bad_hosted_session: 'BAD_VALUE',
  order_differs_from_session: 'BAD_VALUE',
  order_differs_from_first_call: 'BAD_VALUE',
  token_unknown: 'NOT_FOUND',
  token_consumed: 'NOT_FOUND',
  order_rejected: 'FAILED',
  order_unknown: 'NO_SUCH_ORDER',
  capture_unknown: 'NO_SUCH_CAPTURE',
  capture_not_allowed: 'CAPTURE_NOT_ALLOWED',
  capture_exceeds_remaining: 'CAPTURE_NOT_ALLOWED',
  capture_payment_failed: 'CAPTURE_NOT_ALLOWED',
  cancel_not_allowed: 'CANCEL_NOT_ALLOWED',
  release_not_allowed: 'NOT_ALLOWED',
  update_not_allowed: 'CANCEL_NOT_ALLOWED',
  refund_without_captures: 'REFUND_NOT_ALLOWED',
  refund_exceeds_captured: 'REFUND_NOT_ALLOWED',
  refund_not_allowed: 'REFUND_NOT_ALLOWED',
  intent_without_token: 'NOT_ALLOWED',
  method_without_token: 'BAD_REQUEST',
  customer_token_unknown: 'TOKEN_NOT_FOUND',
  customer_token_foreign: 'NOT_ALLOWED',
  customer_token_cancelled: 'NOT_ALLOWED',
  customer_token_suspended: 'NOT_ALLOWED',
  charge_method_unavailable: 'FAILED',
  charge_failed: 'FAILED',
};

/** The status that a refusal of Klarna's leads to. */
export function pspOf(reason: Reason): PspStatus {
  return REASON_TO_PSP[reason] ?? 'UNKNOWN_RESPONSE';
}

/** Klarna leaves the session open after these: the shopper may try again, and the transaction may still succeed. */
export function isRetryable(psp_status: PspStatus): boolean {
  return PSP_STATUSES[psp_status].state === 'WAITING' || RETRYABLE.includes(psp_status);
}
const RETRYABLE: readonly PspStatus[] = ['ERROR', 'FAILED', 'UNKNOWN_RESPONSE'];

/** v2's status of an authorization, from v1's. v2 names the statuses and not their causes; the fold is ours. */
export function authorizationStatus(psp_status: PspStatus): 'AUTHORIZED' | 'PENDING' | 'ABORTED' | 'REFUSED' | 'ERROR' {
  const { state } = PSP_STATUSES[psp_status];
  if (state !== 'ERROR') return state === 'SUCCESS' ? 'AUTHORIZED' : 'PENDING';
  return AUTHORIZATION_ERRORS[psp_status] ?? 'ERROR';
}
const AUTHORIZATION_ERRORS: Readonly<Partial<Record<PspStatus, 'ABORTED' | 'REFUSED'>>> = {
  CANCELLED: 'ABORTED',
  DISABLED: 'ABORTED',
  FAILED: 'REFUSED',
};

/** The fraud decision as the status of the authorization. Klarna's rejection has no row of its own; it is a decline. */
export function reviewToPsp({ fraud_status }: Pick<Order, 'fraud_status'>): PspStatus {
  return REVIEW_TO_PSP[fraud_status];
}
const REVIEW_TO_PSP = { ACCEPTED: 'SUCCESS', PENDING: 'WAITING', REJECTED: 'FAILED' } as const satisfies Record<
  Order['fraud_status'],
  PspStatus
>;
