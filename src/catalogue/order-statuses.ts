/**
 * States of a payment and of its order. Six of them are Klarna's own order states (AUTHORIZED, PART_CAPTURED, CAPTURED,
 * CANCELLED, EXPIRED, CLOSED); the others are what payment platforms make of sessions, risk decisions and refunds.
 *
 * Source of codes, levels, frequencies and tiers: the status catalogue. Windows: Klarna Payments and Order Management.
 */
import type { EntryRow } from './entry.ts';
import {
  AN_ORDER,
  AUTHORIZE,
  by,
  CAPTURE_ALL,
  NOTHING_FAILED,
  ORDER,
  PLACE_ORDER,
  READ_ORDER,
  SESSION,
} from './provoke.ts';

export const orderStatuses = [
  {
    code: 'AUTHORIZED',
    title: 'Authorised, nothing captured yet',
    levels: ['pending', 'info'],
    frequency: 'common',
    tier: 'T0',
    http: [],
    happened:
      'Klarna approved the purchase and holds the amount for the shop. The shopper has not been billed and Klarna owes the shop nothing until a capture. ' +
      'By default the hold lapses at midnight UTC, 28 days after the day the order was created.',
    actor: 'merchant-operations',
    action:
      'Capture when the goods leave. If that will be later than expires_at, extend the authorization while it still lives; if nothing will be sent, cancel.',
    retry: 'never',
    retry_note: NOTHING_FAILED,
    provoke: by(...AN_ORDER, READ_ORDER),
  },
  {
    code: 'CAPTURED',
    title: 'Captured in full',
    levels: ['success'],
    frequency: 'common',
    tier: 'T0',
    http: [],
    happened:
      'Nothing of the order is left to capture: all of it was captured, or the rest was released after a part. Klarna bills the shopper by the method they chose ' +
      'and pays the shop what was captured, less fees, with a later payout.',
    actor: 'merchant-operations',
    action:
      'Make sure the goods are on their way and match the sale with its payout. Money goes back by refund; cancelling is over.',
    retry: 'never',
    retry_note: NOTHING_FAILED,
    provoke: by(...AN_ORDER, CAPTURE_ALL, READ_ORDER),
  },
  {
    code: 'PART_CAPTURED',
    title: 'Captured in part',
    levels: ['pending', 'info'],
    frequency: 'occasional',
    tier: 'T0',
    http: [],
    happened:
      'Some of the authorised amount was captured. What is left stays held for the shop until it is captured, released or lapses.',
    actor: 'merchant-operations',
    action: 'Capture the rest with the next parcel, or release it if nothing more will be sent.',
    retry: 'never',
    retry_note: NOTHING_FAILED,
    provoke: by(...AN_ORDER, `POST ${ORDER}/captures {"captured_amount":4000}`, READ_ORDER),
  },
  {
    code: 'CANCELLED',
    title: 'Cancelled before any capture',
    levels: ['info'],
    frequency: 'occasional',
    tier: 'T0',
    http: [],
    happened: 'The hold was given up while nothing had been captured. The order is final and the shopper owes nothing.',
    actor: 'merchant-operations',
    action: 'Send nothing and close the order in the shop. A shopper who still wants the goods has to check out again.',
    retry: 'new-session',
    retry_note: 'A cancelled order does not come back.',
    provoke: by(...AN_ORDER, `POST ${ORDER}/cancel`, READ_ORDER),
  },
  {
    code: 'EXPIRED',
    title: 'Lapsed without a capture',
    levels: ['error', 'info'],
    frequency: 'occasional',
    tier: 'T0',
    http: [],
    happened:
      'Nobody captured in time, by default within 28 days, and Klarna let go of the amount. An expired authorization can be neither captured nor extended.',
    actor: 'merchant-operations',
    action:
      'Hold the goods back and invite the shopper to order again. For back-orders, extend the authorization well before expires_at.',
    retry: 'new-session',
    provoke: by(...AN_ORDER, 'POST /control/clock {"advance":"P28D"}', READ_ORDER),
  },
  {
    code: 'CLOSED',
    title: 'Closed for good',
    levels: ['info'],
    frequency: 'occasional',
    tier: 'T0',
    http: [],
    happened:
      'The order has come to its end: everything is captured and every refund is through, or Klarna closed it. When Klarna does so is not documented.',
    actor: 'merchant-operations',
    action: 'Treat the order as a record to read. Take open questions of money to Klarna with the order id.',
    retry: 'never',
    retry_note: NOTHING_FAILED,
    provoke: by(...AN_ORDER, CAPTURE_ALL, 'POST /control/orders/{order_id}/close'),
  },
  {
    code: 'REFUNDED',
    title: 'Refunded in full',
    levels: ['info'],
    frequency: 'occasional',
    tier: 'T0',
    http: [],
    happened:
      'Everything that was captured has gone back to the shopper. This is a label of portals and platforms: in Order Management the status stays CAPTURED and ' +
      'refunded_amount equals captured_amount.',
    actor: 'merchant-operations',
    action: 'Close the return in the shop and expect the refund as a deduction in a later payout.',
    retry: 'never',
    retry_note: NOTHING_FAILED,
    provoke: by(
      ...AN_ORDER,
      CAPTURE_ALL,
      `POST ${ORDER}/refunds {"refunded_amount":10000}`,
      'GET /control/orders/{order_id}',
    ),
  },
  {
    code: 'PART_REFUNDED',
    title: 'Refunded in part',
    levels: ['info'],
    frequency: 'occasional',
    tier: 'T0',
    http: [],
    happened:
      'Some of the captured money has gone back to the shopper. Refunds may follow until their sum reaches what was captured. The status in Order Management does not change.',
    actor: 'merchant-operations',
    action: 'Compare refunded_amount with what the shopper returned; refund the difference if there is one.',
    retry: 'never',
    retry_note: NOTHING_FAILED,
    provoke: by(
      ...AN_ORDER,
      CAPTURE_ALL,
      `POST ${ORDER}/refunds {"refunded_amount":4000}`,
      'GET /control/orders/{order_id}',
    ),
  },
  {
    code: 'ACCEPTED',
    title: 'Accepted by risk',
    levels: ['success'],
    frequency: 'common',
    tier: 'T0',
    http: [],
    happened:
      "Klarna's risk decision went the shop's way: fraud_status is ACCEPTED and the payment is authorised. Platforms pass this word on as the raw answer of the acquirer.",
    actor: 'integration',
    action: 'Store the order id and let fulfilment begin.',
    retry: 'never',
    retry_note: NOTHING_FAILED,
    provoke: by(...AN_ORDER),
  },
  {
    code: 'PENDING',
    title: 'Waiting for the shopper or for risk review',
    levels: ['pending'],
    frequency: 'common',
    tier: 'T0',
    http: [],
    happened:
      "No decision yet. Either the shopper is still inside Klarna's flow, or the order exists with fraud_status PENDING and Klarna reviews it: " +
      'usually four to eight business hours, at most 24.',
    actor: 'integration',
    action:
      'Ship nothing and capture nothing: a capture is refused while the review runs. Wait for the fraud notification and answer it with exactly 200; if none has come after 24 hours, read the order.',
    retry: 'never',
    retry_note: 'Wait. Starting the payment over risks two orders for one basket.',
    provoke: by(SESSION, 'POST /control/sessions/{session_id}/authorize {"outcome":"review"}', PLACE_ORDER),
  },
  {
    code: 'REFUSED',
    title: 'Refused by risk',
    levels: ['decline'],
    frequency: 'common',
    tier: 'T2',
    http: [],
    happened:
      'Klarna decided against this purchase. Behind it may stand unpaid Klarna bills, the risk score of shopper and basket, or a country that does not go with the currency. ' +
      'Klarna does not tell the shop which.',
    actor: 'shopper',
    action:
      'Pays by another method now; can look into open bills in the Klarna app. Shops: hide Klarna for this checkout and name no reason, since none was given.',
    retry: 'after-a-day-or-more',
    retry_note:
      'An immediate second try meets the same answer. If it happens to many shoppers of one market, check country, currency and billing address first.',
    provoke: by(
      SESSION,
      'POST /control/sessions/{session_id}/authorize {"billing_address":{"email":"customer+denied@email.se"}}',
    ),
  },
  {
    code: 'ABANDONED',
    title: 'The shopper left',
    levels: ['info'],
    frequency: 'occasional',
    tier: 'T0',
    http: [],
    happened:
      'The shopper went to the widget or to the redirect page and never finished. Nothing is authorised and nothing is owed.',
    actor: 'integration',
    action: 'Free the reserved stock and open a fresh session if the shopper returns to the basket.',
    retry: 'new-session',
    provoke: by(SESSION, 'POST /control/sessions/{session_id}/authorize {"outcome":"abandon"}'),
  },
  {
    code: 'FAILED',
    title: 'Authorization failed',
    levels: ['error', 'decline'],
    frequency: 'occasional',
    tier: 'T0',
    http: [],
    happened:
      'The authorization ended without a token, either because Klarna declined or because something broke on the way. The status alone does not say which.',
    actor: 'integration',
    action:
      'Read the error or decline that came with it, then authorise anew. Keep the other payment methods in view meanwhile.',
    retry: 'new-session',
    retry_note: 'While the Klarna session lives, up to 48 hours, authorising again inside it is enough.',
    provoke: by(SESSION, 'POST /control/sessions/{session_id}/authorize {"outcome":"error"}'),
  },
  {
    code: 'AUTH_REVERSED',
    title: 'Authorization reversed',
    levels: ['info'],
    frequency: 'occasional',
    tier: 'T0',
    http: [],
    happened:
      'Somebody asked for the hold to be voided, before it became an order or before anything was captured. Its token or hold is gone for good.',
    actor: 'integration',
    action: 'Mark the payment as voided and send nothing. If the sale is on again, start over.',
    retry: 'new-session',
    provoke: by(
      SESSION,
      AUTHORIZE,
      'DELETE /payments/v1/authorizations/{authorization_token}',
      'GET /control/sessions/{session_id}',
    ),
  },
] as const satisfies readonly EntryRow[];
