/** What a command leads to: a new state, or a refusal that says why in plain words. */

/**
 * Why the engine refuses. One word a cause; each dialect has one table from these to its own status, code and text.
 * The comment beside `Refusal.explanations` is for people; this is for tables.
 */
export type Reason =
  | 'bad_purchase'
  | 'session_unknown'
  | 'session_completed'
  | 'token_unknown'
  | 'token_consumed'
  | 'token_not_cancellable'
  | 'order_differs_from_session'
  | 'order_differs_from_first_call'
  | 'order_rejected'
  | 'merchant_inactive'
  | 'order_unknown'
  | 'capture_unknown'
  | 'refund_unknown'
  | 'acknowledge_not_allowed'
  | 'capture_not_allowed'
  | 'capture_exceeds_remaining'
  | 'capture_payment_failed'
  | 'update_not_allowed'
  | 'update_below_captured'
  | 'references_not_allowed'
  | 'customer_details_not_allowed'
  | 'customer_details_billing'
  | 'customer_details_invalid_address'
  | 'no_captures'
  | 'cancel_not_allowed'
  | 'release_not_allowed'
  | 'extend_not_allowed'
  | 'refund_without_captures'
  | 'refund_exceeds_captured'
  | 'refund_not_allowed'
  | 'due_date_not_allowed'
  | 'decision_not_allowed'
  | 'close_not_allowed'
  | 'bad_hosted_session'
  | 'hosted_unknown'
  | 'hosted_completed'
  | 'hosted_ended'
  | 'hosted_not_in_store'
  | 'contact_missing'
  | 'contact_country'
  | 'contact_blocked'
  | 'intent_without_token'
  | 'method_without_token'
  | 'customer_token_unknown'
  | 'customer_token_foreign'
  | 'customer_token_cancelled'
  | 'customer_token_suspended'
  | 'customer_token_ended'
  | 'charge_method_unavailable'
  | 'charge_failed'
  | 'dispute_unknown'
  | 'dispute_attachment_unknown'
  | 'dispute_request_unknown'
  | 'dispute_bad_value'
  | 'dispute_conflict'
  | 'dispute_forbidden'
  | 'dispute_not_allowed';

/** One thing that was wrong, in plain words and in figures (minor units where they are money). */
export interface Explanation {
  /** What was compared with what, and how it came out. */
  readonly message: string;
  /** What to change so that the request passes. */
  readonly change: string;
  /** Path of the field, `order_lines[0].total_amount`. */
  readonly field?: string;
  /** Index of the order line. */
  readonly line?: number;
  readonly expected?: number | string;
  readonly got?: number | string;
  /** `got − expected`, for figures. */
  readonly off_by?: number;
}

export interface Refusal {
  readonly reason: Reason;
  readonly explanations: readonly Explanation[];
  /** What a dialect's text needs: `status`, amounts, ids. */
  readonly facts: Readonly<Record<string, string | number>>;
}

export type Refused = { readonly ok: false; readonly refusal: Refusal };
export type Outcome<T> = { readonly ok: true; readonly value: T } | Refused;

export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refuse(
  reason: Reason,
  explanations: Explanation | readonly Explanation[],
  facts: Readonly<Record<string, string | number>> = {},
): Refused {
  return {
    ok: false,
    refusal: { reason, explanations: 'message' in explanations ? [explanations] : explanations, facts },
  };
}

/** The outcome with `make` of its value; a refusal stays what it is. */
export function map<T, U>(outcome: Outcome<T>, make: (value: T) => U): Outcome<U> {
  return outcome.ok ? accept(make(outcome.value)) : outcome;
}
