/**
 * The steps and reasons that many entries share, so that one change of the control API is one change here.
 *
 * Notation: a step is a method, a path and what there is to say of the body, so that a program can run it too
 * (`src/provider/catalogue.test.ts` does):
 *
 *     POST /path               a session, an order and a charge are sent PURCHASE, anything else no body
 *     POST /path {"a":1}       this body
 *     POST /path with {"a":1}  PURCHASE with these fields replaced
 *
 * Names in braces stand for values of earlier answers, `{merchant_id}` for the merchant and `{server}` for the address of
 * Kvitt. All calls carry the merchant's credentials.
 */
import type { Provoke } from './entry.ts';

/** What is bought in the steps. */
export const PURCHASE = {
  purchase_country: 'SE',
  purchase_currency: 'SEK',
  order_amount: 10_000,
  order_lines: [{ name: 'Mug', quantity: 1, unit_price: 10_000, total_amount: 10_000 }],
} as const;

export const SESSION = 'POST /payments/v1/sessions';
export const AUTHORIZE = 'POST /control/sessions/{session_id}/authorize {"outcome":"approve"}';
export const PLACE_ORDER = 'POST /payments/v1/authorizations/{authorization_token}/order';
export const ORDER = '/ordermanagement/v1/orders/{order_id}';
export const READ_ORDER = `GET ${ORDER}`;
export const CAPTURE_ALL = `POST ${ORDER}/captures {"captured_amount":10000}`;

/** The three requests from nothing to an authorised order. */
export const AN_ORDER = [SESSION, AUTHORIZE, PLACE_ORDER] as const;

export const DISPUTES = '/v4/payment/disputes';

/** From nothing to a dispute; its id becomes `{payment_dispute_id}`. */
export const A_DISPUTE = [...AN_ORDER, CAPTURE_ALL, 'POST /control/orders/{order_id}/disputes'] as const;

/** A hosted page over a fresh payment session; its id becomes `{session_id}`. */
export const A_HOSTED_PAGE = [
  SESSION,
  'POST /hpp/v1/sessions {"payment_session_url":"{server}/payments/v1/sessions/{session_id}"}',
] as const;

/** A customer token; its id becomes `{token_id}`. */
export const A_TOKEN = [
  'POST /payments/v1/sessions with {"intent":"buy_and_tokenize"}',
  AUTHORIZE,
  'POST /payments/v1/authorizations/{authorization_token}/customer-token {"description":"A mug a month","intended_use":"SUBSCRIPTION","locale":"sv-SE","purchase_country":"SE","purchase_currency":"SEK"}',
] as const;
export const CHARGE = 'POST /customer-token/v1/tokens/{token_id}/order';

/** A step that sends the link of the hosted page. */
export function distribute(body: string): string {
  return `POST /hpp/v1/sessions/{session_id}/distribution ${body}`;
}

/** A well-formed id that no object has. */
export const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

/** The entry can be brought about by these steps, in this order. */
export function by(...steps: readonly string[]): Provoke {
  return { reachable: true, request: steps.join('\n') };
}

/** The entry cannot be brought about yet, or not here at all. */
export function unreachable(reason: string): Provoke {
  return { reachable: false, reason };
}

/** A step that gives the merchant one risk rule. Without `when`, a rule holds for every purchase. */
export function riskRule(rule: string): string {
  return `PATCH /control/merchants/{merchant_id} {"risk_rules":[${rule}]}`;
}

/** A step that orders an error of Klarna's for the next call of an operation. */
export function orderFault(operation: string, code: string): string {
  return `POST /control/faults {"on":{"operation":"${operation}"},"effect":"error","code":"${code}","times":1}`;
}

export const NOTHING_FAILED = 'A state, not a failure: there is nothing to retry.';
export const RETRY_SCHEDULE =
  'Reads are always safe to repeat, writes only under the same idempotency key (creating an order: with the same token and body). Wait 5 seconds, then 5 minutes, then 5 hours; after that a person looks.';
