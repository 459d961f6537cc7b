/**
 * What goes wrong between a shop and Klarna in production, by name. Each scenario is data: the faults that bring it about, and what is
 * to be said of it. `docs/scenarios.md` is made of this table; `scenarios.test.ts` drives a naive shop into each and a sound one out.
 */
import type { RiskRule } from './engine/state.ts';

/** A fault as it is ordered through `/control/faults`. */
interface ScenarioFault {
  readonly on?: { readonly operation?: string; readonly path?: string; readonly callback?: string };
  readonly effect:
    | 'delay'
    | 'error'
    | 'gateway'
    | 'drop'
    | 'cut_headers'
    | 'malformed'
    | 'lose'
    | 'miss'
    | 'double'
    | 'reorder';
  readonly when?: 'before' | 'after';
  readonly code?: string;
  readonly status?: number;
  readonly wait?: { readonly ms: number; readonly until?: 'callbacks' };
  readonly times?: number;
  readonly probability?: number;
  readonly seed?: number;
  readonly for?: string;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly area:
    | 'Money and order disagree'
    | 'Pending and stuck orders'
    | 'Duplicates and lost replies'
    | 'Klarna is away';
  readonly happens: string;
  /** What a naive shop sees on the wire, as recorded by the test. */
  readonly wire: readonly string[];
  readonly naive: string;
  readonly sound: string;
  /** How to see it by hand, after the scenario was started. */
  readonly see: string;
  readonly faults: readonly ScenarioFault[];
  /** Put before the merchant's own; `POST /control/reset` takes them away. */
  readonly risk_rules?: readonly RiskRule[];
}

const REVIEW: readonly RiskRule[] = [{ on: 'authorize', decision: 'review' }];
const HOUR = 3_600_000;
/** The shopper's browser asks this of Klarna when they pay, in the shop's page and on the hosted one. */
const BROWSER_PAYS = ['/checkout/api/authorize', '/checkout/api/hosted/authorize'] as const;
const browserGone: readonly ScenarioFault[] = BROWSER_PAYS.map((path) => ({
  on: { path },
  effect: 'drop',
  when: 'after',
  times: 1,
}));

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'lost-order-reply',
    title: 'The order is placed, its reply is lost',
    area: 'Money and order disagree',
    happens: 'Klarna places the order, and the connection ends before the first byte of the answer.',
    wire: [
      'POST /payments/v1/authorizations/{id}/order → no answer',
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"ACCEPTED","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
    ],
    naive:
      'takes silence for a refusal and lets the shopper pay again: two orders for one basket, both with money reserved.',
    sound:
      'sends the very same create-order call again. For as long as the token would live, the same token with the same body gets the same order.',
    see: 'Place an order: the call fails. `GET /control/orders` shows it all the same.',
    faults: [{ on: { operation: 'createOrder' }, effect: 'drop', when: 'after', times: 1 }],
  },
  {
    name: 'garbled-order-reply',
    title: 'The order is placed, its reply cannot be read',
    area: 'Money and order disagree',
    happens: 'Klarna places the order and answers 200, with half of the JSON.',
    wire: [
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"ACCEP',
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"ACCEPTED","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
    ],
    naive: 'stumbles over the JSON after the order was placed, forgets it, and places another with the next try.',
    sound: 'treats what it cannot read like what it did not get: the same call again.',
    see: 'Place an order and look at the body.',
    faults: [{ on: { operation: 'createOrder' }, effect: 'malformed', times: 1 }],
  },
  {
    name: 'redirect-lost',
    title: 'The shopper pays and never comes back',
    area: 'Money and order disagree',
    happens:
      'Klarna approves, and the browser does not hear of it: the tab was closed, the phone lost its network. The authorization callback is the only way in which the token reaches the shop.',
    wire: ['POST /checkout/api/authorize → no answer'],
    naive: 'waits for the browser to bring the token: the shopper has paid, and there is no order.',
    sound: 'gives `merchant_urls.authorization`, and places the order from whichever comes first, browser or callback.',
    see: 'Approve in the payment page (not through the control API): the page hangs or shows an error, the callback comes.',
    faults: browserGone,
  },
  {
    name: 'redirect-and-callback-lost',
    title: 'Neither browser nor callback brings the token',
    area: 'Money and order disagree',
    happens: 'As redirect-lost, and the authorization callback is lost too, with all its repeats.',
    wire: ['POST /checkout/api/authorize → no answer'],
    naive: 'waits for the callback: the shopper has paid, and there is no order.',
    sound: 'reads sessions that have no end yet: the newest `authorization_token` stands there for an hour.',
    see: 'Approve in the payment page, then `GET /payments/v1/sessions/{session_id}`.',
    faults: [...browserGone, { on: { callback: 'authorization' }, effect: 'lose', times: 1 }],
  },
  {
    name: 'cancelled-and-then-authorised',
    title: 'The shop gave the order up, then the approval arrives',
    area: 'Money and order disagree',
    happens:
      'As redirect-lost, and the authorization callback comes half an hour late, when the shop has cancelled its own order.',
    wire: [
      'POST /checkout/api/authorize → no answer',
      'shop is called: POST /authorization {"authorization_token":"{id}","session_id":"{id}"}',
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"ACCEPTED","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
    ],
    naive:
      'places the order from the callback without a look at its own: money is reserved for an order that the shop has cancelled.',
    sound:
      'looks at its own order first, and gives the authorization back with `DELETE /payments/v1/authorizations/{token}`.',
    see: 'Approve in the payment page, then move the clock: `POST /control/clock {"advance":"PT30M"}`.',
    faults: [...browserGone, { on: { callback: 'authorization' }, effect: 'delay', wait: { ms: HOUR / 2 }, times: 1 }],
  },
  {
    name: 'hosted-status-lost',
    title: 'The hosted page placed the order and nobody told the shop',
    area: 'Money and order disagree',
    happens:
      'The shopper pays on a hosted page that places the order itself (`place_order_mode`); every status callback is lost.',
    wire: [],
    naive: 'waits for COMPLETED: Klarna has an order that the shop does not know.',
    sound: 'reads `GET /hpp/v1/sessions/{session_id}` of pages that have no end yet: COMPLETED, with the `order_id`.',
    see: 'Make a hosted session with `place_order_mode` PLACE_ORDER and pay.',
    faults: [{ on: { callback: 'hosted_status' }, effect: 'lose' }],
  },
  {
    name: 'hosted-status-out-of-order',
    title: 'COMPLETED arrives before IN_PROGRESS',
    area: 'Money and order disagree',
    happens: 'The first status callback is held back until the next one has gone.',
    wire: [
      'shop is called: POST /status {"event_id":"{id}","session":{"session_id":"{id}","status":"COMPLETED","order_id":"{id}","klarna_reference":"{reference}","updated_at":"{time}","expires_at":"{time}"}}',
      'shop is called: POST /status {"event_id":"{id}","session":{"session_id":"{id}","status":"IN_PROGRESS","updated_at":"{time}","expires_at":"{time}"}}',
    ],
    naive:
      'keeps the status that came last: a paid order goes back to IN_PROGRESS, and is cancelled for want of payment.',
    sound: 'compares `updated_at`, or reads the session, and never leaves a final status.',
    see: 'Open a hosted page and pay on it; the log shows the callbacks in the order in which they were sent.',
    faults: [{ on: { callback: 'hosted_status' }, effect: 'reorder', times: 1 }],
  },
  {
    name: 'push-lost',
    title: 'The push never comes',
    area: 'Money and order disagree',
    happens: 'The order is placed, the call to `merchant_urls.push` is lost with its repeats.',
    wire: [
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"ACCEPTED","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
    ],
    naive: 'makes its own order when the push comes: Klarna has an order, the shop has none.',
    sound: 'makes its own order from the answer to create-order; the push is a second chance, not the first.',
    see: 'Place an order with a push URL; the log has the call with status 0.',
    faults: [{ on: { callback: 'push' }, effect: 'lose', times: 1 }],
  },
  {
    name: 'push-before-reply',
    title: 'The push overtakes the reply',
    area: 'Money and order disagree',
    happens: 'The answer to create-order is held until the push has been delivered.',
    wire: [
      'shop is called: POST /push',
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"ACCEPTED","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
    ],
    naive:
      'does not know the `order_id` of the push yet and makes an order for it; then the answer comes, and it makes another.',
    sound:
      'keys its orders by Klarna’s `order_id` (or its own merchant_reference), so that whoever comes second finds what the first made.',
    see: 'Place an order with a push URL and print both arrivals.',
    faults: [
      {
        on: { operation: 'createOrder' },
        effect: 'delay',
        when: 'after',
        wait: { ms: 10_000, until: 'callbacks' },
        times: 1,
      },
    ],
  },
  {
    name: 'push-twice',
    title: 'The push comes twice',
    area: 'Money and order disagree',
    happens: 'The same push is sent a second time although the first was answered with 200.',
    wire: [
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"ACCEPTED","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
      'shop is called: POST /push',
      'shop is called: POST /push',
    ],
    naive: 'makes an order for each push.',
    sound: 'keys its orders by `order_id`: the second push finds the order and is answered 200 again.',
    see: 'Place an order with a push URL.',
    faults: [{ on: { callback: 'push' }, effect: 'double', times: 1 }],
  },
  {
    name: 'authorization-twice',
    title: 'The authorization callback comes twice',
    area: 'Money and order disagree',
    happens: 'Klarna promises to call at least once, and may repeat a call even after a 2xx. Here it does.',
    wire: [
      'shop is called: POST /authorization {"authorization_token":"{id}","session_id":"{id}"}',
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"ACCEPTED","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
      'shop is called: POST /authorization {"authorization_token":"{id}","session_id":"{id}"}',
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"ACCEPTED","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
    ],
    naive: 'books a payment for each call. Klarna gives the same order both times; the shop has two.',
    sound: 'books by `session_id`, in a transaction that locks it, before it calls Klarna.',
    see: 'Approve a session with an authorization URL.',
    faults: [{ on: { callback: 'authorization' }, effect: 'double', times: 1 }],
  },
  {
    name: 'review-never-notified',
    title: 'The review ends and nobody says so',
    area: 'Pending and stuck orders',
    happens:
      'Orders are reviewed (PENDING). Klarna decides within a day, and the notification is lost with all its repeats.',
    wire: [
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"PENDING","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
    ],
    naive: 'waits for the notification: an accepted order is never shipped, and expires after 28 days.',
    sound: 'reads orders that are pending for a day: `fraud_status` has the decision.',
    see: 'Place an order, then `POST /control/clock {"advance":"P1D"}`.',
    faults: [{ on: { callback: 'notification' }, effect: 'lose' }],
    risk_rules: REVIEW,
  },
  {
    name: 'review-notice-lost',
    title: 'The first notice of a decision is lost',
    area: 'Pending and stuck orders',
    happens: 'Orders are reviewed. The first call of the notification is lost; Klarna calls again ten minutes later.',
    wire: [
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"PENDING","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
      'POST /ordermanagement/v1/orders/{id}/cancel → 204',
    ],
    naive: 'has a time limit of its own and cancels an order that Klarna has accepted.',
    sound: 'keeps the order until the notice, which comes again, or until a read says what was decided.',
    see: 'Place an order, decide it (`POST /control/orders/{order_id}/fraud-decision`), move the clock by ten minutes.',
    faults: [{ on: { callback: 'notification' }, effect: 'miss', times: 1 }],
    risk_rules: REVIEW,
  },
  {
    name: 'review-notice-late',
    title: 'The notice comes after the time to act is over',
    area: 'Pending and stuck orders',
    happens:
      'Orders are reviewed. The notification comes five hours late; a rejected order can be taken at the shop’s own risk for four.',
    wire: [
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"PENDING","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
      'shop is called: POST /notification {"order_id":"{id}","event_type":"FRAUD_RISK_REJECTED"}',
      'POST /ordermanagement/v1/orders/{id}/captures → 403 {"error_code":"CAPTURE_NOT_ALLOWED","error_messages":["Capture not allowed"],"correlation_id":"{id}"}',
    ],
    naive: 'acts on the notice: the capture against the rejection is refused, the order is cancelled already.',
    sound: 'reads pending orders every hour; so it sees the rejection in time to capture, or to let go.',
    see: 'Place an order, reject it, move the clock by five hours.',
    faults: [{ on: { callback: 'notification' }, effect: 'delay', wait: { ms: 5 * HOUR }, times: 1 }],
    risk_rules: REVIEW,
  },
  {
    name: 'review-notice-twice',
    title: 'The notice of a decision comes twice',
    area: 'Pending and stuck orders',
    happens: 'Orders are reviewed. The notification is sent a second time although the first was answered with 200.',
    wire: [
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"PENDING","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
      'shop is called: POST /notification {"order_id":"{id}","event_type":"FRAUD_RISK_ACCEPTED"}',
      'POST /ordermanagement/v1/orders/{id}/captures → 201',
      'shop is called: POST /notification {"order_id":"{id}","event_type":"FRAUD_RISK_ACCEPTED"}',
    ],
    naive: 'ships and captures for each notice: what was bought once is charged twice.',
    sound: 'captures under an idempotency key that follows from the shipment, and asks itself whether it has shipped.',
    see: 'Place an order and accept it.',
    faults: [{ on: { callback: 'notification' }, effect: 'double', times: 1 }],
    risk_rules: REVIEW,
  },
  {
    name: 'captured-while-pending',
    title: 'Captured and shipped before the decision',
    area: 'Pending and stuck orders',
    happens: 'Orders are reviewed: create-order answers 200 with `fraud_status` PENDING, and captures are refused.',
    wire: [
      'POST /payments/v1/authorizations/{id}/order → 200 {"order_id":"{id}","fraud_status":"PENDING","authorized_payment_method":{"type":"invoice","number_of_days":30}}',
      'POST /ordermanagement/v1/orders/{id}/captures → 403 {"error_code":"CAPTURE_NOT_ALLOWED","error_messages":["Capture not allowed"],"correlation_id":"{id}"}',
      'shop is called: POST /notification {"order_id":"{id}","event_type":"FRAUD_RISK_REJECTED"}',
    ],
    naive:
      'reads 200 as paid, ships, and looks at the refused capture later. When the review ends against it, the goods are gone.',
    sound: 'looks at `fraud_status`, ships nothing while it is PENDING, and captures after FRAUD_RISK_ACCEPTED.',
    see: 'Place an order and capture it at once.',
    faults: [],
    risk_rules: REVIEW,
  },
  {
    name: 'lost-capture-reply',
    title: 'The capture is made, its reply is lost',
    area: 'Duplicates and lost replies',
    happens: 'Klarna captures, and the connection ends before the first byte of the answer.',
    wire: [
      'POST /ordermanagement/v1/orders/{id}/captures → no answer',
      'POST /ordermanagement/v1/orders/{id}/captures → 201',
    ],
    naive: 'captures again without a key, or with a new one: the shopper is charged twice for a part of the order.',
    sound: 'sends the same call with the same `Klarna-Idempotency-Key` and gets the first capture’s answer.',
    see: 'Capture a part of an order twice, once without a key and once with.',
    faults: [{ on: { operation: 'createCapture' }, effect: 'drop', when: 'after', times: 1 }],
  },
  {
    name: 'capture-never-arrived',
    title: 'The capture never reached Klarna',
    area: 'Duplicates and lost replies',
    happens: 'The connection ends before anything is done. On the wire it looks exactly like lost-capture-reply.',
    wire: ['POST /ordermanagement/v1/orders/{id}/captures → no answer'],
    naive: 'has learnt that a lost reply means “done”, and ships without being paid.',
    sound: 'does not guess: the same call with the same key is right in both cases.',
    see: 'Capture, then read the order: nothing was captured.',
    faults: [{ on: { operation: 'createCapture' }, effect: 'drop', when: 'before', times: 1 }],
  },
  {
    name: 'lost-refund-reply',
    title: 'The refund is made, its reply breaks off',
    area: 'Duplicates and lost replies',
    happens: 'Klarna refunds, and the connection ends in the middle of the headers, before `Refund-Id`.',
    wire: [
      'POST /ordermanagement/v1/orders/{id}/refunds → no answer',
      'POST /ordermanagement/v1/orders/{id}/refunds → 201',
    ],
    naive: 'refunds again: the shopper gets their money twice.',
    sound: 'repeats under the same key; without one it reads the order’s `refunds` before it does anything.',
    see: 'Refund a part of a captured order.',
    faults: [{ on: { operation: 'createRefund' }, effect: 'cut_headers', times: 1 }],
  },
  {
    name: 'timeout-then-success',
    title: 'Klarna says time-out, and has done it',
    area: 'Duplicates and lost replies',
    happens: 'The capture is made; the answer is 500 `TIMEOUT`, as after Klarna’s own limit of 59 seconds.',
    wire: [
      'POST /ordermanagement/v1/orders/{id}/captures → 500 {"error_code":"TIMEOUT","error_messages":[],"correlation_id":"{id}"}',
      'POST /ordermanagement/v1/orders/{id}/captures → 201',
    ],
    naive: 'reads 500 as “not done” and captures again under a new key.',
    sound: 'reads 500 as “not known” and repeats under the same key: 201, the first capture.',
    see: 'Capture a part of an order.',
    faults: [{ on: { operation: 'createCapture' }, effect: 'error', code: 'TIMEOUT', when: 'after', times: 1 }],
  },
  {
    name: 'capture-conflict',
    title: 'The order changed underneath',
    area: 'Duplicates and lost replies',
    happens: 'The capture is refused with 409 `CONFLICT`: something else was done with the order at the same moment.',
    wire: [
      'POST /ordermanagement/v1/orders/{id}/captures → 409 {"error_code":"CONFLICT","error_messages":[],"correlation_id":"{id}"}',
    ],
    naive: 'files it under refusals, like any 4xx: the parcel is sent and never charged.',
    sound: 'reads the order, makes sure that the capture is still wanted, and repeats it.',
    see: 'Capture twice.',
    faults: [{ on: { operation: 'createCapture' }, effect: 'error', code: 'CONFLICT', times: 1 }],
  },
  {
    name: 'klarna-down-for-10-minutes',
    title: 'Klarna is down for ten minutes',
    area: 'Klarna is away',
    happens: 'For ten minutes of the merchant’s clock a gateway answers everything with 503 and a page of HTML.',
    wire: [
      'POST /ordermanagement/v1/orders/{id}/captures → 503 <html><head><title>503 Service Unavailable</title></head><body><h1>503 Service Unavailable</h1></body></html>',
      'POST /ordermanagement/v1/orders/{id}/captures → 503 <html><head><title>503 Service Unavailable</title></head><body><h1>503 Service Unavailable</h1></body></html>',
      'POST /ordermanagement/v1/orders/{id}/captures → 503 <html><head><title>503 Service Unavailable</title></head><body><h1>503 Service Unavailable</h1></body></html>',
    ],
    naive: 'tries three times within a second, gives up, and has parcels on their way that nobody charges for.',
    sound:
      'survives a body that is no JSON, and keeps the capture in a queue: again after 5 seconds, 5 minutes, 5 hours, under one key. The shop stays open with its other payment methods.',
    see: 'Call anything; then `POST /control/clock {"advance":"PT10M"}` and call again.',
    faults: [{ effect: 'gateway', status: 503, for: 'PT10M' }],
  },
  {
    name: 'flaky-klarna',
    title: 'Every fifth call goes wrong, one way or the other',
    area: 'Klarna is away',
    happens:
      'One call of Order Management in five is answered 503 and not carried out, one in five is carried out and not answered. Which ones follows from a seed.',
    wire: [
      'POST /ordermanagement/v1/orders/{id}/captures → 503 {"error_code":"TEMPORARILY_UNAVAILABLE","error_messages":["Temporarily unavailable"],"correlation_id":"{id}"}',
      'POST /ordermanagement/v1/orders/{id}/captures → 201',
      'POST /ordermanagement/v1/orders/{id}/captures → 201',
      'POST /ordermanagement/v1/orders/{id}/captures → 201',
    ],
    naive: 'repeats whatever failed: some captures are made twice.',
    sound: 'repeats under the same key: every capture is made once.',
    see: 'Capture an order in ten parts.',
    faults: [
      {
        on: { path: '/ordermanagement/**' },
        effect: 'error',
        code: 'TEMPORARILY_UNAVAILABLE',
        status: 503,
        probability: 0.2,
        seed: 1,
      },
      { on: { path: '/ordermanagement/**' }, effect: 'drop', when: 'after', probability: 0.2, seed: 2 },
    ],
  },
  {
    name: 'rate-limited-burst',
    title: 'Too many sessions at once',
    area: 'Klarna is away',
    happens:
      'The next five sessions are refused with 429, as when a sale begins. (For the real limits, set `rate_limits`.)',
    wire: [
      'POST /payments/v1/sessions → 429 {"error_code":"TOO_MANY_REQUESTS","error_messages":["Too many requests"],"correlation_id":"{id}"}',
      'POST /payments/v1/sessions → 429 {"error_code":"TOO_MANY_REQUESTS","error_messages":["Too many requests"],"correlation_id":"{id}"}',
      'POST /payments/v1/sessions → 429 {"error_code":"TOO_MANY_REQUESTS","error_messages":["Too many requests"],"correlation_id":"{id}"}',
    ],
    naive: 'tries again at once, is refused again, and shows the shopper a checkout without Klarna.',
    sound:
      'waits for the seconds in `X-Ratelimit-Reset`, with some jitter, and goes on more slowly. There is no `Retry-After`.',
    see: 'Create sessions until one succeeds.',
    faults: [{ on: { operation: 'createSession' }, effect: 'error', code: 'TOO_MANY_REQUESTS', times: 5 }],
  },
];
