/**
 * Refusals in Cybersource's words. A request that is wrong is 400 and has no id; a transaction that Klarna refuses is 201 and FAILED, with an
 * id and a reason. One table says which refusal of the engine is which. Sources: response codes; models of the official SDK; texts of
 * 401 and 404 and the choices marked so in docs/compatibility/cybersource.md are inferred.
 */

import { lookup } from '../../catalogue/index.ts';
import { ACTIONS } from '../../wire/cybersource.ts';
import { bracketPath, type Fault } from '../../wire/shape.ts';
import type { Explanation, Reason, Refusal } from '../engine/outcome.ts';
import { fieldName } from './purchase.ts';
import type { Failure, FailureReason } from './records.ts';

const INVALID_REASONS = {
  MISSING_FIELD: 'Declined - The request is missing one or more fields',
  INVALID_DATA: 'Declined - One or more fields in the request contains invalid data',
  DUPLICATE_REQUEST: 'Declined - The reference of this request was used by another one a short while ago',
  INVALID_AMOUNT: 'Declined - The requested amount is not possible',
  INVALID_PAYMENT_ID: 'Declined - The id is not one of an authorization that can be linked to',
  MISSING_AUTH: 'Declined - There is no authorization with this id',
  EXCEEDS_AUTH_AMOUNT: 'Declined - The requested amount exceeds what is left of the authorization',
  AUTH_ALREADY_REVERSED: 'Declined - The authorization has already been reversed',
  TRANSACTION_ALREADY_SETTLED: 'Declined - The authorization has already been captured',
  PROCESSOR_UNAVAILABLE: 'Declined - The processor is not available',
  NOT_VOIDABLE: 'Declined - Transactions of Klarna cannot be voided',
  NOT_SUPPORTED: 'Declined - Klarna does not support this request',
} as const;
export type InvalidReason = keyof typeof INVALID_REASONS;

interface Detail {
  readonly field: string;
  readonly reason: 'MISSING_FIELD' | 'INVALID_DATA';
}

/** What is answered instead of a result. */
export type Problem =
  | { readonly kind: 'invalid'; readonly reason: InvalidReason; readonly details?: readonly Detail[] }
  | { readonly kind: 'message'; readonly status: 401 | 404 | 405 | 413 | 415 | 429 | 501; readonly rmsg: string }
  | { readonly kind: 'server'; readonly reason: 'SYSTEM_ERROR' | 'SERVER_TIMEOUT'; readonly message: string };

export const invalid = (reason: InvalidReason, details?: readonly Detail[]): Problem => ({
  kind: 'invalid',
  reason,
  ...(details && { details }),
});
export const UNAUTHORIZED: Problem = { kind: 'message', status: 401, rmsg: 'Authentication Failed' };
export const NOT_FOUND: Problem = { kind: 'message', status: 404, rmsg: 'Resource not found' };

/** An error of the catalogue's that was ordered by name, as this API would tell it. @param status one of the entry's; absent: the first */
export function orderedProblem(code: string, status: number = lookup(code)?.http[0] ?? 500): Problem {
  if (status === 401) return UNAUTHORIZED;
  if (status === 404) return NOT_FOUND;
  if (status === 429) return { kind: 'message', status, rmsg: 'Too many requests' };
  if (status < 500) return invalid('PROCESSOR_UNAVAILABLE');
  const reason = status === 504 ? 'SERVER_TIMEOUT' : 'SYSTEM_ERROR';
  return { kind: 'server', reason, message: 'Error - General system failure' };
}

/** Status and body of a problem. @param now_ms the merchant's time, where the merchant is known */
export function problemAnswer(problem: Problem, now_ms: number): { status: number; body: string } {
  if (problem.kind === 'message')
    return { status: problem.status, body: JSON.stringify({ response: { rmsg: problem.rmsg } }) };
  const submitTimeUtc = timestamp(now_ms);
  if (problem.kind === 'server') {
    const { reason, message } = problem;
    return { status: 502, body: JSON.stringify({ submitTimeUtc, status: 'SERVER_ERROR', reason, message }) };
  }
  const { reason, details } = problem;
  const body = { submitTimeUtc, status: 'INVALID_REQUEST', reason, message: INVALID_REASONS[reason], details };
  return { status: 400, body: JSON.stringify(body) };
}

/** `2026-03-02T10:11:12Z`: Cybersource's times have no fractions. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

const DETAILS_MOST = 100;

/** A body that does not fit: what is missing, or what is there and wrong. A step that Klarna does not have is said to be that. */
export function bodyProblem(faults: readonly Fault[]): Problem {
  const details = faults.slice(0, DETAILS_MOST).map(({ path, rule }): Detail => {
    return { field: bracketPath(path), reason: rule === 'missing' ? 'MISSING_FIELD' : 'INVALID_DATA' };
  });
  if (faults.some(isOtherStep)) return invalid('NOT_SUPPORTED', details);
  return invalid(details.some(({ reason }) => reason === 'MISSING_FIELD') ? 'MISSING_FIELD' : 'INVALID_DATA', details);
}

function isOtherStep({ path, got }: Fault): boolean {
  return path.at(-1) === 'actionList' && ACTIONS.some((known) => known === got);
}

type Row =
  | { readonly invalid: InvalidReason }
  | { readonly failed: FailureReason; readonly code: string; readonly message: string };

const failed = (reason: FailureReason, code: string, message: string): Row => ({ failed: reason, code, message });

/** Refusals that say more by the order's state than by themselves. */
const BY_STATUS: Readonly<Partial<Record<Reason, Readonly<Record<string, Row>>>>> = {
  capture_not_allowed: {
    CANCELLED: { invalid: 'AUTH_ALREADY_REVERSED' },
    CAPTURED: { invalid: 'TRANSACTION_ALREADY_SETTLED' },
    CLOSED: { invalid: 'TRANSACTION_ALREADY_SETTLED' },
  },
  cancel_not_allowed: {
    PART_CAPTURED: { invalid: 'TRANSACTION_ALREADY_SETTLED' },
    CAPTURED: { invalid: 'TRANSACTION_ALREADY_SETTLED' },
    CLOSED: { invalid: 'TRANSACTION_ALREADY_SETTLED' },
  },
  update_not_allowed: {
    CANCELLED: { invalid: 'AUTH_ALREADY_REVERSED' },
    CAPTURED: { invalid: 'TRANSACTION_ALREADY_SETTLED' },
    CLOSED: { invalid: 'TRANSACTION_ALREADY_SETTLED' },
  },
};

const TABLE: Readonly<Partial<Record<Reason, Row>>> = {
  bad_purchase: failed('INVALID_DATA', '10000', 'Klarna refused the purchase: its data do not fit together'),
  session_unknown: failed('INVALID_DATA', '10000', 'The session has expired'),
  session_completed: failed('INVALID_DATA', '10000', 'The session was authorized before'),
  token_unknown: failed('PAYMENT_REFUSED', '10000', 'The token is not one that can be used'),
  token_consumed: failed('PAYMENT_REFUSED', '10000', 'The token was used before'),
  order_differs_from_first_call: failed('PAYMENT_REFUSED', '10000', 'The token was used before'),
  order_differs_from_session: failed(
    'INVALID_DATA',
    '10000',
    'The purchase is not the one that the shopper authorized',
  ),
  order_rejected: failed('PROCESSOR_DECLINED', '30000', 'Klarna declined the purchase'),
  merchant_inactive: failed('INVALID_MERCHANT_CONFIGURATION', '20000', 'The merchant’s account at Klarna is disabled'),
  order_unknown: { invalid: 'MISSING_AUTH' },
  capture_not_allowed: failed('PROCESSOR_DECLINED', '30100', 'Klarna does not allow a capture now'),
  capture_exceeds_remaining: { invalid: 'EXCEEDS_AUTH_AMOUNT' },
  capture_payment_failed: failed('INSUFFICIENT_FUND', '30350', 'The shopper’s payment method could not be charged'),
  cancel_not_allowed: failed('PROCESSOR_DECLINED', '30100', 'Klarna does not allow a reversal now'),
  update_not_allowed: failed('PROCESSOR_DECLINED', '30100', 'Klarna does not allow another amount'),
  update_below_captured: { invalid: 'INVALID_AMOUNT' },
  refund_without_captures: { invalid: 'INVALID_AMOUNT' },
  refund_exceeds_captured: { invalid: 'INVALID_AMOUNT' },
  refund_not_allowed: failed('PROCESSOR_DECLINED', '30100', 'Klarna does not allow a refund now'),
};

/** A refusal that no request of this API should meet is the processor's trouble, not the merchant's. */
const OTHERWISE = failed('PROCESSOR_ERROR', '20000', 'Klarna could not process the request');

/** What a refusal of the engine is here: a request that was wrong, or a transaction that failed. */
export function refusalAs(
  refusal: Refusal,
): { problem: Problem; failure?: never } | { problem?: never; failure: Failure } {
  const row = BY_STATUS[refusal.reason]?.[String(refusal.facts.status)] ?? TABLE[refusal.reason] ?? OTHERWISE;
  const details = detailsOf(refusal.explanations);
  if ('invalid' in row) return { problem: invalid(row.invalid, details) };
  return {
    failure: { reason: row.failed, message: row.message, response_code: row.code, ...(details && { details }) },
  };
}

function detailsOf(explanations: readonly Explanation[]): readonly Detail[] | undefined {
  const fields = explanations.flatMap(({ field }) => (field ? [fieldName(field)] : []));
  if (fields.length === 0) return undefined;
  return [...new Set(fields)].slice(0, DETAILS_MOST).map((field) => ({ field, reason: 'INVALID_DATA' }));
}
