/** Order Management v1: what a merchant does with an order. */
import { type Expectation, operation, type Probe, refused } from '../probe.ts';
import {
  ALMA,
  bought,
  DHL,
  IN_US,
  inMarket,
  KEY,
  line,
  long,
  NOBODY,
  OTHER_KEY,
  PURCHASE,
  purchase,
} from '../purchases.ts';
import type { Body, Variation } from '../request.ts';
import { D, inferred, O } from '../sources.ts';
import type { StepName } from '../steps.ts';

const API = 'Order Management';
const PATH = '/ordermanagement/v1/orders/{order_id}';
const READ = `GET ${PATH}`;
const DONE = { status: 204, empty: true } as const;
const CAPTURED = { status: 201, empty: true, headers: { 'Capture-Id': { is: 'uuid' } } } as const;
const REFUNDED = { status: 201, empty: true, headers: { 'Refund-Id': { is: 'uuid' } } } as const;
const leaves = (fields: NonNullable<Expectation['fields']>, more: Partial<Expectation> = {}) => ({
  send: { call: READ },
  expect: { status: 200, fields, ...more },
});

/** Every operation with a body that nothing is wrong with. */
const CALLS = {
  'read-order': { call: READ },
  acknowledge: { call: `POST ${PATH}/acknowledge` },
  'update-authorization': { call: `PATCH ${PATH}/authorization`, body: { order_amount: 9_000 } },
  capture: { call: `POST ${PATH}/captures`, body: { captured_amount: 1_000 } },
  'list-captures': { call: `GET ${PATH}/captures` },
  'read-capture': { call: `GET ${PATH}/captures/{capture_id}` },
  'capture-shipping': { call: `POST ${PATH}/captures/{capture_id}/shipping-info`, body: { shipping_info: [DHL] } },
  'send-out': { call: `POST ${PATH}/captures/{capture_id}/trigger-send-out` },
  'due-date-options': { call: `GET ${PATH}/captures/{capture_id}/extend-due-date-options` },
  'due-date': { call: `PATCH ${PATH}/captures/{capture_id}/extend-due-date`, body: { number_of_days: 10 } },
  customer: { call: `PATCH ${PATH}/customer-details`, body: { shipping_address: { city: 'Lund' } } },
  extend: { call: `POST ${PATH}/extend-authorization-time` },
  references: { call: `PATCH ${PATH}/merchant-references`, body: { merchant_reference1: 'x' } },
  refund: { call: `POST ${PATH}/refunds`, body: { refunded_amount: 1_000 } },
  'read-refund': { call: `GET ${PATH}/refunds/{refund_id}` },
  release: { call: `POST ${PATH}/release-remaining-authorization` },
  'order-shipping': { call: `POST ${PATH}/shipping-info`, body: { shipping_info: [DHL] } },
  cancel: { call: `POST ${PATH}/cancel` },
} as const satisfies Record<string, { call: string; body?: Body }>;
type Name = keyof typeof CALLS;

/** An operation's probes begin with the usual body. */
const on = (name: Name, given: StepName = 'order') => {
  const { call, body }: { call: string; body?: Body } = CALLS[name];
  return operation(API, `orders/${name}`, call, { given, ...(body && { body }) });
};
const NAMES = Object.keys(CALLS) as Name[];

/** What an unknown order is answered where the documents give the words. `$` stands before what is asked for. */
const UNKNOWN_TEXTS: Partial<Record<Name, string>> = {
  'read-order': `Order ${NOBODY} cannot be found`,
  acknowledge: `Order ${NOBODY} cannot be found. Acknowledgement not possible.`,
  'order-shipping': `Order ${NOBODY} cannot be found. Shipping info cannot be added to order ${NOBODY}.`,
  'capture-shipping': `Order ${NOBODY} cannot be found. Shipping info cannot be added to capture ${NOBODY}.`,
  references: 'Order cannot be found. Merchant references cannot be updated.',
};
const UNKNOWN_CODES: Partial<Record<Name, string>> = { refund: 'NOT_FOUND', 'read-refund': 'NOT_FOUND' };
/** Operations whose document lists no 404; the error tables do. */
const nobody = { order_id: NOBODY, capture_id: NOBODY, refund_id: NOBODY };

const IDS: readonly Probe[] = NAMES.flatMap((name) => {
  const text = UNKNOWN_TEXTS[name];
  return [
    on(name, 'nothing')(
      'unknown-order',
      'An order that nobody has is 404',
      D.om_errors,
      refused(404, UNKNOWN_CODES[name] ?? 'NO_SUCH_ORDER', ...(text ? [text] : [])),
      { vars: nobody },
    ),
    on(name, 'nothing')(
      'malformed-id',
      'An id that is no UUID is 400',
      D.om_errors,
      refused(400, 'INVALID_ORDER_ID', 'Order ID must be a valid UUID.'),
      { vars: { ...nobody, order_id: 'nonsense' } },
    ),
  ];
});

const STATES = ['order', 'part_captured', 'captured', 'cancelled', 'expired', 'closed'] as const;
const AFTER = ['AUTHORIZED', 'PART_CAPTURED', 'CAPTURED', 'CANCELLED', 'EXPIRED', 'CLOSED'] as const;
type Cell = string | readonly [cell: string, inference: string];

const told = 'documented for another state of the order';
const unsaid = 'not said for this state';

/** What each write is answered in each state and the state that it leaves; a dash where another row or the documents say nothing. */
const STATE_TABLE: Readonly<Partial<Record<Name, readonly Cell[]>>> = {
  acknowledge: [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
  ],
  capture: [
    '201 PART_CAPTURED',
    '201 PART_CAPTURED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
  ],
  'update-authorization': [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    ['403 NOT_ALLOWED', told],
  ],
  references: [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '204 EXPIRED',
    ['204 CLOSED', unsaid],
  ],
  customer: [
    '204 AUTHORIZED',
    ['204 PART_CAPTURED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
  ],
  'order-shipping': [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    ['204 CANCELLED', unsaid],
    ['204 EXPIRED', unsaid],
    ['204 CLOSED', unsaid],
  ],
  'capture-shipping': [
    '403 NOT_ALLOWED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    ['204 CLOSED', unsaid],
  ],
  'send-out': [
    '403 NOT_ALLOWED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    ['204 CLOSED', unsaid],
  ],
  cancel: [
    '204 CANCELLED',
    '403 CANCEL_NOT_ALLOWED',
    '403 CANCEL_NOT_ALLOWED',
    '',
    ['403 CANCEL_NOT_ALLOWED', unsaid],
    '403 CANCEL_NOT_ALLOWED',
  ],
  release: [
    '403 NOT_ALLOWED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
  ],
  extend: [
    '204 AUTHORIZED',
    ['204 PART_CAPTURED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    ['403 NOT_ALLOWED', unsaid],
  ],
  refund: [
    '403 REFUND_NOT_ALLOWED',
    '201 PART_CAPTURED',
    '201 CAPTURED',
    '403 REFUND_NOT_ALLOWED',
    '403 REFUND_NOT_ALLOWED',
    ['403 REFUND_NOT_ALLOWED', unsaid],
  ],
};

const BY_STATE: readonly Probe[] = Object.entries(STATE_TABLE).flatMap(([name, cells]) =>
  cells.flatMap((cell, index): Probe[] => {
    const [wanted, why] = typeof cell === 'string' ? [cell] : cell;
    if (wanted === '') return [];
    const [status, word = ''] = wanted.split(' ');
    const given = STATES[index] ?? 'order';
    const state = AFTER[index] ?? '';
    const make = on(name as Name, given);
    const source = why ? inferred(`view and change orders; ${why}`) : D.view;
    const id = `when-${state.toLowerCase().replace('_', '-')}`;
    // Where there is no capture, one that nobody has is asked for: the order's state comes first.
    const vars = {
      vars: { capture_id: ['part_captured', 'captured', 'closed'].includes(given) ? '$capture_id' : NOBODY },
    };
    if (status === '403') return [make(id, `Refused while the order is ${state}`, source, refused(403, word), vars)];
    return [
      make(
        id,
        `Done while the order is ${state}, which leaves it ${word}`,
        source,
        { status: Number(status), empty: true },
        { ...vars, afterwards: leaves({ status: word }) },
      ),
    ];
  }),
);

const read = on('read-order');
const WHOLE = purchase([line(700, { reference: 'a' }), line(300)], {
  billing_address: ALMA,
  merchant_reference1: 'first',
  merchant_data: '{}',
});

const READS: readonly Probe[] = [
  read('200', 'An order is read with 200', D.management, {
    status: 200,
    fields: { order_id: '$order_id', status: 'AUTHORIZED', fraud_status: 'ACCEPTED' },
  }),
  read('content-type', 'As application/json', O.recorded, {
    status: 200,
    headers: { 'Content-Type': /^application\/json/ },
  }),
  read('amounts', 'Four amounts: ordered, captured, refunded, remaining', D.management, {
    status: 200,
    fields: {
      order_amount: 10_000,
      original_order_amount: 10_000,
      captured_amount: 0,
      refunded_amount: 0,
      remaining_authorized_amount: 10_000,
    },
  }),
  read('market', 'Currency, country and locale', O.order, {
    status: 200,
    fields: { purchase_currency: 'SEK', purchase_country: 'SE', locale: 'sv-SE' },
  }),
  read('lists', 'Captures, refunds and shipments are lists, even when there are none', O.recorded, {
    status: 200,
    fields: { captures: { length: 0 }, refunds: { length: 0 }, shipping_info: { length: 0 } },
  }),
  read('reference', 'The reference that shoppers read is 7 or 8 letters and digits', D.view, {
    status: 200,
    fields: { klarna_reference: /^[A-Z0-9]{7,8}$/ },
  }),
  read('times', 'Times are UTC with milliseconds', D.view, {
    status: 200,
    fields: { created_at: { is: 'timestamp' } },
  }),
  read('expiry', 'It expires at midnight UTC', O.order, { status: 200, fields: { expires_at: { is: 'midnight' } } }),
  read('no-tax', 'There is no order_tax_amount', O.recorded, {
    status: 200,
    fields: { order_amount: 10_000 },
    absent: ['order_tax_amount'],
  }),
  read(
    'line',
    'A line that said little is filled up',
    O.order,
    {
      status: 200,
      fields: {
        'order_lines[1].reference': '',
        'order_lines[1].quantity_unit': '',
        'order_lines[1].total_discount_amount': 0,
        'order_lines[1].tax_rate': 0,
        'order_lines[1].total_tax_amount': 0,
        'order_lines[1].type': 'physical',
      },
    },
    { variation: { purchase: WHOLE } },
  ),
  read('line-said', 'What a line said stays', D.management, {
    status: 200,
    fields: {
      'order_lines[0].reference': 'shoe',
      'order_lines[0].tax_rate': 2_500,
      'order_lines[0].total_tax_amount': 2_000,
      'order_lines[0].quantity': 1,
    },
  }),
  read(
    'line-more',
    'Identifiers and links of a line stay',
    D.management,
    {
      status: 200,
      fields: {
        'order_lines[0].product_identifiers.brand': 'shoe-brand',
        'order_lines[0].image_url': 'https://shop.example/shoe.png',
      },
    },
    {
      variation: {
        purchase: purchase([
          line(10_000, { product_identifiers: { brand: 'shoe-brand' }, image_url: 'https://shop.example/shoe.png' }),
        ]),
      },
    },
  ),
  read(
    'line-urls',
    'URLs that were not sent are not there',
    O.order,
    {
      status: 200,
      fields: { order_lines: { length: 2 } },
      absent: ['order_lines[1].product_url', 'order_lines[1].image_url'],
    },
    { variation: { purchase: WHOLE } },
  ),
  read(
    'address',
    'An address has its empty fields',
    O.order,
    {
      status: 200,
      fields: {
        'billing_address.city': 'Stockholm',
        'billing_address.region': '',
        'billing_address.title': '',
        'billing_address.street_address2': '',
      },
    },
    { variation: { purchase: WHOLE } },
  ),
  read(
    'shipping',
    'Shipping is billing unless said otherwise',
    D.payments,
    { status: 200, fields: { 'shipping_address.city': 'Stockholm' } },
    { variation: { purchase: WHOLE } },
  ),
  read(
    'merchant',
    'References and data of the merchant',
    D.management,
    { status: 200, fields: { merchant_reference1: 'first', merchant_data: '{}' } },
    { variation: { purchase: WHOLE } },
  ),
  read(
    'method',
    'The method has Order Management’s own name',
    D.management,
    {
      status: 200,
      fields: { 'initial_payment_method.type': 'INVOICE', 'initial_payment_method.description': { is: 'text' } },
    },
    { variation: { shopper: { payment_method: 'invoice' } } },
  ),
  read(
    'method-card',
    'Also that of a card',
    D.management,
    { status: 200, fields: { 'initial_payment_method.type': 'PAY_BY_CARD' } },
    { variation: { shopper: { payment_method: 'pay_by_card' } } },
  ),
  read(
    'upper-case',
    'Countries come back in upper case',
    O.order,
    { status: 200, fields: { purchase_country: 'SE' } },
    { variation: { purchase: bought({ purchase_country: 'se' }) } },
  ),
  read(
    'no-list',
    'There is no list of orders',
    D.management,
    { status: [403, 404, 405] },
    {
      given: 'nothing',
      path: '/ordermanagement/v1/orders',
    },
  ),
  read(
    'integrator',
    'A header that names the integrator is taken',
    D.management,
    { status: 200, fields: { order_id: '$order_id' } },
    { headers: { 'Klarna-Integrator': 'probe' } },
  ),
  read(
    'part-captured',
    'After a part the rest remains',
    D.view,
    {
      status: 200,
      fields: {
        status: 'PART_CAPTURED',
        captured_amount: 4_000,
        remaining_authorized_amount: 6_000,
        order_amount: 10_000,
      },
    },
    { given: 'part_captured' },
  ),
  read(
    'captured',
    'After the whole nothing remains',
    D.view,
    { status: 200, fields: { status: 'CAPTURED', captured_amount: 10_000, remaining_authorized_amount: 0 } },
    { given: 'captured' },
  ),
  read(
    'refunded',
    'A refund changes the amount and not the state',
    D.view,
    {
      status: 200,
      fields: {
        status: 'CAPTURED',
        refunded_amount: 1_000,
        captured_amount: 10_000,
        refunds: { length: 1 },
        'refunds[0].refund_id': '$refund_id',
      },
    },
    { given: 'refunded' },
  ),
  read(
    'cancelled',
    'Cancelled, nothing remains',
    D.view,
    { status: 200, fields: { status: 'CANCELLED', remaining_authorized_amount: 0 } },
    { given: 'cancelled' },
  ),
  read(
    'expired',
    'After 28 days it is EXPIRED',
    D.expiry,
    { status: 200, fields: { status: 'EXPIRED', remaining_authorized_amount: 0 } },
    { given: 'expired' },
  ),
  read(
    'pending',
    'In review the order is AUTHORIZED and PENDING',
    D.pending,
    { status: 200, fields: { status: 'AUTHORIZED', fraud_status: 'PENDING' } },
    { variation: review('accept') },
  ),
  read(
    'accepted',
    'The review ends with ACCEPTED',
    D.pending,
    { status: 200, fields: { status: 'AUTHORIZED', fraud_status: 'ACCEPTED' } },
    { given: 'decided', variation: review('accept') },
  ),
  read(
    'rejected',
    'Or with REJECTED',
    D.pending,
    { status: 200, fields: { fraud_status: 'REJECTED' } },
    { given: 'decided', variation: review('reject') },
  ),
  read(
    'rejected-long-ago',
    'Four hours after a rejection Klarna cancels',
    D.pending,
    { status: 200, fields: { status: 'CANCELLED' } },
    { given: 'decided_long_ago', variation: review('reject') },
  ),
];

function review(decision: 'accept' | 'reject'): Variation {
  return { purchase: { ...IN_US, billing_address: { email: `customer+pend-${decision}-05@email.com` } } };
}

const capture = on('capture');
const notAllowed = (...texts: readonly string[]) => refused(403, 'CAPTURE_NOT_ALLOWED', ...texts);
const OVER = 'Captured amount is higher than the remaining authorized amount. Capture not possible.';

const CAPTURES: readonly Probe[] = [
  capture('201', 'A capture is 201 without a body', D.management, { status: 201, empty: true }),
  capture('id', 'Its id is in the header Capture-Id', D.management, {
    status: 201,
    headers: { 'Capture-Id': { is: 'uuid' } },
  }),
  capture('location', 'Location is absolute and leads to it', O.sdk_php, {
    status: 201,
    headers: { Location: /^https?:\/\/[^/]+\/ordermanagement\/v1\/orders\/[0-9a-f-]{36}\/captures\/[0-9a-f-]{36}$/ },
  }),
  capture('no-type', 'An answer without a body has no Content-Type and says that it is empty', O.recorded, {
    status: 201,
    headers: { 'Content-Length': '0' },
    no_headers: ['Content-Type'],
  }),
  capture('whole', 'The whole amount makes the order CAPTURED', D.capture, CAPTURED, {
    body: { captured_amount: 10_000 },
    afterwards: leaves({ status: 'CAPTURED', remaining_authorized_amount: 0, captured_amount: 10_000 }),
  }),
  capture('rest', 'So does the rest', D.capture, CAPTURED, {
    given: 'part_captured',
    body: { captured_amount: 6_000 },
    afterwards: leaves({ status: 'CAPTURED', captures: { length: 2 } }),
  }),
  capture('over', 'More than remains is refused', O.krokedil, notAllowed(OVER), { body: { captured_amount: 10_001 } }),
  capture('over-the-rest', 'Also after a part', O.krokedil, notAllowed(OVER), {
    given: 'part_captured',
    body: { captured_amount: 6_001 },
  }),
  capture(
    'over-changes-nothing',
    'What is refused changes nothing',
    D.capture,
    { status: 403, code: 'CAPTURE_NOT_ALLOWED' },
    { body: { captured_amount: 10_001 }, afterwards: leaves({ status: 'AUTHORIZED', captured_amount: 0 }) },
  ),
  capture(
    'zero',
    'A capture of nothing is refused',
    inferred('captures are of 1 or more when they are read'),
    { status: [403, 422] },
    { body: { captured_amount: 0 } },
  ),
  capture(
    'cancelled-text',
    'A cancelled order says so in general words',
    D.om_errors,
    notAllowed('Capture not allowed'),
    { given: 'cancelled' },
  ),
  capture('pending', 'An order in review cannot be captured', O.kp20, notAllowed(), { variation: review('accept') }),
  capture('override', 'One that was rejected can be, at the merchant’s risk', D.pending, CAPTURED, {
    given: 'decided',
    variation: review('reject'),
  }),
  capture('too-late', 'For four hours', D.pending, notAllowed(), {
    given: 'decided_long_ago',
    variation: review('reject'),
  }),
  capture(
    'instrument',
    'An instrument that cannot be charged is PAYMENT_METHOD_FAILED',
    O.krokedil,
    { status: 403, code: 'PAYMENT_METHOD_FAILED' },
    { variation: { settings: { risk_rules: [{ on: 'capture', when: {}, decision: 'refuse' }] } } },
  ),
  capture('lines', 'Lines and shipments are kept', D.capture, CAPTURED, {
    body: {
      captured_amount: 6_000,
      description: 'Shipped',
      reference: 'parcel',
      order_lines: [line(6_000, { quantity: 10, unit_price: 600, tax_rate: 2_500, total_tax_amount: 1_200 })],
      shipping_info: [{ shipping_company: 'DHL US', tracking_number: '1234567890' }],
    },
    afterwards: leaves({
      'captures[0].description': 'Shipped',
      'captures[0].reference': 'parcel',
      'captures[0].order_lines': { length: 1 },
      'captures[0].shipping_info[0].shipping_company': 'DHL US',
    }),
  }),
  capture('integral-float', '10000.0 is an integer', O.clients, CAPTURED, { body: '{"captured_amount":10000.0}' }),
  capture('unknown-keys', 'Unknown keys are ignored', O.clients, CAPTURED, {
    body: { captured_amount: 1, nonsense: true },
  }),
  capture('tracking-number', 'A tracking number may be a number', O.clients, CAPTURED, {
    body: { captured_amount: 1, shipping_info: [{ tracking_number: 4711, tracking_url: 'x' }] },
  }),
  capture('no-key', 'Two captures without a key both count', D.retry, CAPTURED, {
    given: 'part_captured',
    body: { captured_amount: 4_000 },
    afterwards: leaves({ captured_amount: 8_000, captures: { length: 2 } }),
  }),
  capture('transaction', 'Writes carry a Transaction-Id', O.recorded, {
    status: 201,
    headers: { 'Transaction-Id': { is: 'text' } },
  }),
];

const AGES: readonly Probe[] = [
  read(
    'two-years',
    'After two years an order can be read',
    D.view,
    { status: 200, fields: { order_id: '$order_id' } },
    {
      given: 'two_years_old',
    },
  ),
  read('three-years', 'After three it cannot', D.view, { status: 404 }, { given: 'three_years_old' }),
  read(
    'customer',
    'The shopper’s date of birth and number are there',
    D.management,
    {
      status: 200,
      fields: { 'customer.date_of_birth': '1970-01-01', 'customer.national_identification_number': '197001010000' },
    },
    {
      variation: {
        purchase: bought({
          customer: { date_of_birth: '1970-01-01', national_identification_number: '197001010000', type: 'person' },
        }),
      },
    },
  ),
  read(
    'customer-type',
    'And what kind of customer it is',
    O.order,
    { status: 200, fields: { 'customer.type': 'person' } },
    {
      variation: { purchase: bought({ customer: { type: 'person' } }) },
    },
  ),
  capture('delay', 'A delay of nothing is taken', D.management, CAPTURED, {
    body: { captured_amount: 1, shipping_delay: 0 },
  }),
];

/** Twenty at once of what there is for ten: ten are done, whatever the order. */
const RACES: readonly Probe[] = [
  capture(
    'at-once',
    'Captures at once never take more than was authorized',
    D.management,
    { status: 201 },
    {
      burst: 20,
      afterwards: leaves({ captured_amount: 10_000, status: 'CAPTURED', captures: { length: 10 } }),
    },
  ),
  on('refund', 'captured')(
    'at-once',
    'Refunds at once never give more than was captured',
    D.management,
    { status: 201 },
    {
      burst: 20,
      afterwards: leaves({ refunded_amount: 10_000, refunds: { length: 10 } }),
    },
  ),
  on('cancel', 'order')(
    'at-once',
    'Cancelling ten times at once is cancelling once',
    O.recorded,
    { status: 204 },
    {
      burst: 10,
      afterwards: leaves({ status: 'CANCELLED' }),
    },
  ),
];

const keyed = (key: string) => ({ 'Klarna-Idempotency-Key': key });
const firstCapture = (captured_amount = 1_000) => [
  { ...CALLS.capture, body: { captured_amount }, headers: keyed(KEY), keep: { first_id: { header: 'Capture-Id' } } },
];
const firstRefund = [{ ...CALLS.refund, headers: keyed(KEY), keep: { first_id: { header: 'Refund-Id' } } }];

const KEYS: readonly Probe[] = [
  capture(
    'key-of-yesterday',
    'A key holds for 24 hours',
    D.retry,
    { status: 201, headers: { 'Capture-Id': { not: '$first_id' } } },
    {
      given: 'captured_under_old_key',
      headers: keyed(KEY),
      afterwards: leaves({ captured_amount: 2_000, captures: { length: 2 } }),
    },
  ),
  capture(
    'key-again',
    'The same key gets the first answer again',
    D.retry,
    { status: 201, headers: { 'Capture-Id': '$first_id' } },
    {
      headers: keyed(KEY),
      first: firstCapture(),
      afterwards: leaves({ captured_amount: 1_000, captures: { length: 1 } }),
    },
  ),
  capture(
    'key-other-body',
    'Whatever its body says',
    D.retry,
    { status: 201, headers: { 'Capture-Id': '$first_id' } },
    {
      headers: keyed(KEY),
      body: { captured_amount: 5_000 },
      first: firstCapture(),
      afterwards: leaves({ captured_amount: 1_000 }),
    },
  ),
  capture(
    'key-other',
    'Another key is another capture',
    D.retry,
    { status: 201, headers: { 'Capture-Id': { not: '$first_id' } } },
    {
      headers: keyed(OTHER_KEY),
      first: firstCapture(),
      afterwards: leaves({ captured_amount: 2_000, captures: { length: 2 } }),
    },
  ),
  capture(
    'key-at-once',
    'Ten at once with one key make one capture',
    D.retry,
    { status: 201 },
    { headers: keyed(KEY), burst: 10, afterwards: leaves({ captured_amount: 1_000, captures: { length: 1 } }) },
  ),
  on('refund', 'captured')(
    'key-again',
    'The same key gets the first answer again',
    D.retry,
    { status: 201, headers: { 'Refund-Id': '$first_id' } },
    { headers: keyed(KEY), first: firstRefund, afterwards: leaves({ refunded_amount: 1_000, refunds: { length: 1 } }) },
  ),
  on('refund', 'captured')(
    'key-other',
    'Another key is another refund',
    D.retry,
    { status: 201, headers: { 'Refund-Id': { not: '$first_id' } } },
    { headers: keyed(OTHER_KEY), first: firstRefund, afterwards: leaves({ refunded_amount: 2_000 }) },
  ),
  on('refund', 'captured')('no-key', 'Without a key both count', D.retry, REFUNDED, {
    first: [CALLS.refund],
    afterwards: leaves({ refunded_amount: 2_000, refunds: { length: 2 } }),
  }),
  on('update-authorization')('key-again', 'The same key changes nothing more', D.retry, DONE, {
    headers: keyed(KEY),
    body: { order_amount: 5_000 },
    first: [{ ...CALLS['update-authorization'], headers: keyed(KEY) }],
    afterwards: leaves({ order_amount: 9_000 }),
  }),
  on('references')('key-again', 'The same key changes nothing more', D.retry, DONE, {
    headers: keyed(KEY),
    body: { merchant_reference1: 'second' },
    first: [{ ...CALLS.references, headers: keyed(KEY) }],
    afterwards: leaves({ merchant_reference1: 'x' }),
  }),
  on('order-shipping')('key-again', 'The same key adds nothing more', D.retry, DONE, {
    headers: keyed(KEY),
    first: [{ ...CALLS['order-shipping'], headers: keyed(KEY) }],
    afterwards: leaves({ shipping_info: { length: 1 } }),
  }),
];

const captures = on('list-captures', 'part_captured');
const one = on('read-capture', 'part_captured');

const CAPTURE_READS: readonly Probe[] = [
  captures('200', 'Captures are a list', D.management, {
    status: 200,
    fields: { '[0].capture_id': '$capture_id', '[0].captured_amount': 4_000 },
  }),
  captures(
    'none',
    'An empty one when there are none',
    D.management,
    { status: 200, text: /^\s*\[\s*\]\s*$/ },
    { given: 'order' },
  ),
  one('200', 'A capture is read by its id', D.management, {
    status: 200,
    fields: { capture_id: '$capture_id', captured_amount: 4_000, refunded_amount: 0 },
  }),
  one('reference', 'Its reference is the order’s with a number', D.view, {
    status: 200,
    fields: { klarna_reference: /^[A-Z0-9]{7,8}-1$/ },
  }),
  one('normalised', 'Without description and lines it has empty ones', O.order, {
    status: 200,
    fields: { description: '', order_lines: { length: 0 } },
  }),
  one('time', 'It says when', D.management, { status: 200, fields: { captured_at: { is: 'timestamp' } } }),
  one('address', 'It has the billing address', D.management, {
    status: 200,
    fields: { billing_address: { is: 'object' } },
  }),
  one(
    'unknown',
    'A capture that nobody has is 404',
    D.management,
    { status: 404, fields: { error_code: /^(?:NO_SUCH_CAPTURE|NO_SUCH_ORDER)$/ } },
    { vars: { capture_id: NOBODY } },
  ),
];

const refund = on('refund', 'captured');
const noRefund = (...texts: readonly string[]) => refused(403, 'REFUND_NOT_ALLOWED', ...texts);
const LINES = purchase([line(6_000, { reference: 'shoe' }), line(4_000, { reference: 'hat' })]);
const FEE = line(-500, { type: 'return_fee', reference: 'fee' });

const REFUNDS: readonly Probe[] = [
  refund('201', 'A refund is 201 without a body', D.management, { status: 201, empty: true }),
  refund('id', 'Its id is in the header Refund-Id', D.management, {
    status: 201,
    headers: { 'Refund-Id': { is: 'uuid' } },
  }),
  refund('location', 'Location is absolute and leads to it', O.sdk_php, {
    status: 201,
    headers: { Location: /^https?:\/\/[^/]+\/ordermanagement\/v1\/orders\/[0-9a-f-]{36}\/refunds\/[0-9a-f-]{36}$/ },
  }),
  refund('whole', 'Refunded whole, the order stays CAPTURED', D.view, REFUNDED, {
    body: { refunded_amount: 10_000 },
    afterwards: leaves({ status: 'CAPTURED', refunded_amount: 10_000 }),
  }),
  refund(
    'over',
    'More than was captured is refused',
    D.om_errors,
    noRefund('Over refund is not allowed. Refund not possible.'),
    { body: { refunded_amount: 10_001 } },
  ),
  refund('over-in-all', 'In all, not each', D.om_errors, noRefund('Over refund is not allowed. Refund not possible.'), {
    given: 'refunded',
    body: { refunded_amount: 9_001 },
  }),
  refund(
    'no-captures',
    'Without captures there is nothing to refund',
    D.om_errors,
    noRefund('Order has no captures. Refund not possible'),
    { given: 'order' },
  ),
  refund('part', 'Of a part-captured order its captures', D.refund, REFUNDED, {
    given: 'part_captured',
    body: { refunded_amount: 4_000 },
    afterwards: leaves({ status: 'PART_CAPTURED', refunded_amount: 4_000, remaining_authorized_amount: 6_000 }),
  }),
  refund(
    'zero',
    'A refund of nothing is refused',
    inferred('as for captures'),
    { status: [403, 422] },
    { body: { refunded_amount: 0 } },
  ),
  refund('allocated', 'Lines of one capture are booked against it', D.allocation, REFUNDED, {
    variation: { purchase: LINES },
    body: { refunded_amount: 4_000, order_lines: [line(4_000, { reference: 'hat' })] },
    afterwards: leaves({ 'captures[0].refunded_amount': 4_000 }),
  }),
  refund('not-allocated', 'Lines that add up otherwise are refunded and not booked', D.allocation, REFUNDED, {
    variation: { purchase: LINES },
    body: { refunded_amount: 4_000, order_lines: [line(3_000, { reference: 'hat' })] },
    afterwards: leaves({ refunded_amount: 4_000, 'captures[0].refunded_amount': 0 }),
  }),
  refund('foreign-lines', 'So are lines that were never captured', D.allocation, REFUNDED, {
    variation: { purchase: LINES },
    body: { refunded_amount: 4_000, order_lines: [line(4_000, { reference: 'coat' })] },
    afterwards: leaves({ refunded_amount: 4_000, 'captures[0].refunded_amount': 0 }),
  }),
  refund('return-fee', 'A return fee lowers the refund', D.allocation, REFUNDED, {
    variation: { purchase: LINES },
    body: { refunded_amount: 3_500, order_lines: [line(4_000, { reference: 'hat' }), FEE] },
  }),
  refund(
    'return-fee-sum',
    'Its lines must add up',
    D.allocation,
    { status: 403, code: 'REFUND_NOT_ALLOWED' },
    {
      variation: { purchase: LINES },
      body: { refunded_amount: 4_000, order_lines: [line(4_000, { reference: 'hat' }), FEE] },
    },
  ),
  refund(
    'return-fee-market',
    'Not every market knows it',
    D.allocation,
    { status: 403, code: 'REFUND_NOT_ALLOWED' },
    {
      variation: { purchase: IN_US },
      body: { refunded_amount: 9_500, order_lines: [line(10_000, { reference: 'shoe' }), FEE] },
    },
  ),
  on('read-refund', 'refunded')('200', 'A refund is read by its id', D.management, {
    status: 200,
    fields: { refund_id: '$refund_id', refunded_amount: 1_000, refunded_at: { is: 'timestamp' }, description: '' },
  }),
  on('read-refund', 'refunded')(
    'unknown',
    'One that nobody has is NOT_FOUND and says which',
    D.om_errors,
    { status: [404, 400], code: 'NOT_FOUND', messages: [`Refund ${NOBODY} cannot be found for order $order_id`] },
    { vars: { refund_id: NOBODY } },
  ),
];

const authorization = on('update-authorization');
const raise = { body: { order_amount: 12_000, order_lines: [line(12_000)] } };
const paidBy = (payment_method: string, more: object = PURCHASE): Variation => ({
  purchase: more,
  shopper: { payment_method },
});

const CHANGES: readonly Probe[] = [
  authorization('204', 'An authorization is replaced', D.management, DONE, {
    body: { order_amount: 9_000, order_lines: [line(9_000)] },
    afterwards: leaves({
      order_amount: 9_000,
      remaining_authorized_amount: 9_000,
      original_order_amount: 10_000,
      'order_lines[0].total_amount': 9_000,
    }),
  }),
  authorization('lines-gone', 'Lines that are not sent are gone', D.view, DONE, {
    afterwards: leaves({ order_lines: { length: 0 } }),
  }),
  authorization('raise', 'An invoice can be raised', D.view, DONE, {
    ...raise,
    variation: paidBy('invoice'),
    afterwards: leaves({ order_amount: 12_000 }),
  }),
  authorization('raise-fixed', 'A fixed amount can be in some markets', D.view, DONE, {
    ...raise,
    variation: paidBy('fixed_amount'),
    afterwards: leaves({ order_amount: 12_000 }),
  }),
  authorization('raise-fixed-gb', 'And not in others', D.view, refused(403, 'NOT_ALLOWED', 'Update not allowed.'), {
    ...raise,
    variation: paidBy('fixed_amount', inMarket('GB', 'GBP', 'en-GB')),
  }),
  authorization('raise-card', 'A card cannot', D.view, refused(403, 'NOT_ALLOWED', 'Update not allowed.'), {
    ...raise,
    variation: paidBy('pay_by_card'),
  }),
  authorization(
    'raise-ch',
    'Nor can anything in Switzerland',
    D.view,
    { status: 403, code: 'NOT_ALLOWED' },
    { ...raise, variation: paidBy('invoice', inMarket('CH', 'CHF', 'de-CH')) },
  ),
  authorization(
    'raise-refused',
    'A raise is a new risk decision',
    D.view,
    refused(403, 'NOT_ALLOWED', 'Update not allowed.'),
    {
      ...raise,
      variation: { ...paidBy('invoice'), settings: { risk_rules: [{ on: 'update', when: {}, decision: 'refuse' }] } },
    },
  ),
  authorization(
    'below-captured',
    'Less than what is captured is refused with both amounts',
    D.om_errors,
    refused(
      403,
      'NOT_ALLOWED',
      'Resulting authorization amount 3000 cannot be less than the captured amount 4000 for order. Order authorization cannot be updated',
    ),
    { given: 'part_captured', body: { order_amount: 3_000 } },
  ),
  authorization(
    'to-captured',
    'Exactly what is captured completes the order',
    inferred('nothing is left to capture'),
    DONE,
    {
      given: 'part_captured',
      body: { order_amount: 4_000 },
      afterwards: leaves({ status: 'CAPTURED', remaining_authorized_amount: 0 }),
    },
  ),
  authorization(
    'captured-text',
    'A captured order says so in general words',
    D.om_errors,
    refused(403, 'NOT_ALLOWED', 'Update not allowed.'),
    { given: 'captured' },
  ),
  authorization('unknown-keys', 'Unknown keys are ignored', O.clients, DONE, {
    body: { order_amount: 9_000, order_tax_amount: 1_800 },
  }),
  on('references')('merge', 'A reference that is not sent stays', O.recorded, DONE, {
    body: { merchant_reference2: 'b' },
    variation: { purchase: bought({ merchant_reference1: 'a' }) },
    afterwards: leaves({ merchant_reference1: 'a', merchant_reference2: 'b' }),
  }),
  on('references')('clear', 'An empty one clears', D.view, DONE, {
    body: { merchant_reference1: '' },
    variation: { purchase: bought({ merchant_reference1: 'a' }) },
    afterwards: leaves({ merchant_reference1: '' }),
  }),
  on('references')('number', 'It may be a number', O.clients, DONE, {
    body: { merchant_reference2: 4711 },
    afterwards: leaves({ merchant_reference2: '4711' }),
  }),
  on('customer')('merge', 'The shipping address is changed field by field', O.recorded, DONE, {
    variation: { purchase: bought({ billing_address: ALMA }) },
    body: { shipping_address: { city: 'Lund' } },
    afterwards: leaves({
      'shipping_address.city': 'Lund',
      'shipping_address.given_name': 'Alma',
      'billing_address.city': 'Stockholm',
    }),
  }),
  on('customer')(
    'billing',
    'The billing address is not',
    D.om_errors,
    refused(
      403,
      'NOT_ALLOWED',
      'Billing address cannot be updated for user account order. Customer details cannot be updated.',
    ),
    { body: { billing_address: ALMA } },
  ),
  on('customer')(
    'invalid',
    'An address that cannot be is 422 INVALID_ADDRESS',
    D.om_errors,
    refused(422, 'INVALID_ADDRESS', 'The shipping and/or billing address is invalid'),
    { body: { shipping_address: { postal_code: 'ABCDE' } } },
  ),
  on('customer')(
    'refused',
    'A new risk decision may refuse it',
    D.view,
    { status: 403, code: 'NOT_ALLOWED' },
    { variation: { settings: { risk_rules: [{ on: 'customer_details', when: {}, decision: 'refuse' }] } } },
  ),
  on('extend')('same-day', 'On the day of the order extending changes nothing', D.expiry, DONE, {
    first: [{ call: READ, keep: { first_expiry: { field: 'expires_at' } } }],
    afterwards: leaves({ expires_at: '$first_expiry', status: 'AUTHORIZED' }),
  }),
  on('extend', 'ten_days_old')('later', 'Later it gives a new midnight', D.expiry, DONE, {
    afterwards: leaves({ expires_at: { not: '$first_expiry' }, status: 'AUTHORIZED' }),
  }),
  on('extend', 'half_a_year_old')('180-days', 'After 180 days no more', D.expiry, { status: 403, code: 'NOT_ALLOWED' }),
  on('extend')(
    'expired-text',
    'An expired order cannot be',
    D.om_errors,
    refused(403, 'NOT_ALLOWED', 'Order is expired. Authorization time cannot be extended.'),
    { given: 'expired' },
  ),
  on('extend')(
    'card',
    'Nor one that was paid by card',
    D.expiry,
    { status: 403, code: 'NOT_ALLOWED' },
    { variation: paidBy('pay_by_card') },
  ),
  on('extend')(
    'financing',
    'Nor US financing',
    D.expiry,
    { status: 403, code: 'NOT_ALLOWED' },
    { variation: paidBy('fixed_sum_credit', IN_US) },
  ),
  on('extend')('twice', 'Twice is 204 twice', O.recorded, DONE, { first: [CALLS.extend] }),
  on('release')(
    'captured-text',
    'A captured order has nothing to release',
    D.om_errors,
    refused(403, 'NOT_ALLOWED', 'Order is fully captured. Remaining authorization cannot be released.'),
    { given: 'captured' },
  ),
  on('release', 'part_captured')('remaining', 'What was not captured is let go', D.refund, DONE, {
    afterwards: leaves({
      status: 'CAPTURED',
      remaining_authorized_amount: 0,
      captured_amount: 4_000,
      order_amount: 10_000,
    }),
  }),
  on('cancel')(
    'captured-text',
    'After a capture it is too late to cancel',
    D.om_errors,
    refused(403, 'CANCEL_NOT_ALLOWED', 'Order has previous captures. Cancel not possible.'),
    { given: 'captured' },
  ),
  on('cancel')(
    'part-captured-text',
    'Also after a part',
    D.om_errors,
    refused(403, 'CANCEL_NOT_ALLOWED', 'Order has previous captures. Cancel not possible.'),
    { given: 'part_captured' },
  ),
  on('cancel')('remaining', 'Cancelled, nothing remains', D.management, DONE, {
    afterwards: leaves({ status: 'CANCELLED', remaining_authorized_amount: 0 }),
  }),
  on('cancel')('twice', 'Twice is 204 twice', O.recorded, DONE, { given: 'cancelled' }),
  on('cancel')('override', 'An accepted order can be cancelled after its review', D.pending, DONE, {
    given: 'decided',
    variation: review('accept'),
  }),
  on('acknowledge')('twice', 'Twice is 204 twice', O.recorded, DONE, { first: [CALLS.acknowledge] }),
  on('acknowledge')('empty-object', 'An empty object as body is fine', O.clients, DONE, { body: {} }),
];

const shipping = on('order-shipping');
const later = on('due-date', 'captured');
const options = on('due-date-options', 'captured');
const invoiceIn = (country: string, currency: string, locale: string, amount: number): Variation =>
  paidBy('invoice', inMarket(country, currency, locale, amount));

/** The first capture took the free days; the second is the one that is asked about. */
const twoCaptures = {
  first: [
    { ...CALLS['due-date'], body: { number_of_days: 2 } },
    { ...CALLS.capture, keep: { second_capture: { header: 'Capture-Id' } } },
  ],
  vars: { capture_id: '$second_capture' },
} as const;

/** Market and amount, and the price of each number of days. */
const PRICES: readonly (readonly [string, string, string, number, readonly [number, number, number]])[] = [
  ['DE', 'EUR', 'de-DE', 299_99, [1_00, 1_99, 4_99]],
  ['AT', 'EUR', 'de-AT', 500_00, [1_00, 4_99, 9_99]],
  ['GB', 'GBP', 'en-GB', 750_01, [1_00, 7_99, 12_99]],
  ['FI', 'EUR', 'fi-FI', 100_00, [1_00, 1_99, 4_99]],
  ['NL', 'EUR', 'nl-NL', 400_00, [1_00, 4_99, 9_99]],
  ['SE', 'SEK', 'sv-SE', 2_999_00, [10_00, 19_00, 49_00]],
  ['NO', 'NOK', 'nb-NO', 5_000_00, [10_00, 49_00, 99_00]],
  ['DK', 'DKK', 'da-DK', 8_000_00, [10_00, 79_00, 129_00]],
];

const AFTER_CAPTURE: readonly Probe[] = [
  shipping('appended', 'Shipments are added to the order', D.capture, DONE, {
    given: 'shipped',
    afterwards: leaves({ shipping_info: { length: 2 } }),
  }),
  shipping('sample', 'With a way back', D.capture, DONE, {
    body: {
      shipping_info: [
        {
          ...DHL,
          return_shipping_company: 'UPS',
          return_tracking_number: '1',
          return_tracking_uri: 'http://shipping.example/1',
          tracking_uri: 'http://shipping.example/2',
        },
      ],
    },
    afterwards: leaves({ 'shipping_info[0].return_shipping_company': 'UPS' }),
  }),
  ...['PickUpStore', 'Home', 'BoxReg', 'BoxUnreg', 'PickUpPoint', 'Own', 'Postal', 'DHLPackstation', 'Digital'].map(
    (shipping_method) =>
      shipping(`method-${shipping_method}`, `By ${shipping_method}`, D.management, DONE, {
        body: { shipping_info: [{ shipping_method }] },
      }),
  ),
  on('capture-shipping', 'part_captured')('appended', 'Shipments are added to the capture', D.capture, DONE, {
    afterwards: leaves({
      'captures[0].shipping_info': { length: 1 },
      'captures[0].shipping_info[0].tracking_number': DHL.tracking_number,
    }),
  }),
  on('capture-shipping', 'part_captured')(
    'unknown',
    'A capture that nobody has is NO_SUCH_CAPTURE',
    D.om_errors,
    refused(404, 'NO_SUCH_CAPTURE', `Capture could not be found. Shipping info cannot be added to capture ${NOBODY}`),
    { vars: { capture_id: NOBODY } },
  ),
  on('send-out', 'part_captured')(
    'unknown',
    'A capture that nobody has is NO_SUCH_CAPTURE',
    D.management,
    refused(404, 'NO_SUCH_CAPTURE'),
    { vars: { capture_id: NOBODY } },
  ),
  ...PRICES.map(([country, currency, locale, amount, [ten, thirty, sixty]]) =>
    options(
      `price-${country}`,
      `${amount / 100} ${currency} in ${country}: 2, 10, 30 and 60 days have their prices`,
      D.due_date,
      {
        status: 200,
        fields: {
          currency,
          options: { length: 4 },
          'options[0].number_of_days': 2,
          'options[0].amount': 0,
          'options[1].number_of_days': 10,
          'options[1].amount': ten,
          'options[2].number_of_days': 30,
          'options[2].amount': thirty,
          'options[3].number_of_days': 60,
          'options[3].amount': sixty,
        },
      },
      { variation: invoiceIn(country, currency, locale, amount) },
    ),
  ),
  options(
    'unknown',
    'A capture that nobody has is 404',
    D.management,
    { status: 404 },
    { vars: { capture_id: NOBODY } },
  ),
  later('204', 'A due date is extended', D.management, DONE, { variation: paidBy('invoice') }),
  later(
    'free-once',
    'The two free days are for one capture of an order',
    D.due_date,
    { status: 403, code: 'NOT_ALLOWED' },
    { given: 'part_captured', variation: paidBy('invoice'), ...twoCaptures, body: { number_of_days: 2 } },
  ),
  options(
    'free-once',
    'After that they are not offered',
    D.due_date,
    { status: 200, fields: { options: { length: 3 }, 'options[0].number_of_days': 10 } },
    { given: 'part_captured', variation: paidBy('invoice'), ...twoCaptures },
  ),
  later(
    'not-offered',
    'Only by what is offered',
    D.management,
    { status: 403, code: 'NOT_ALLOWED' },
    { variation: paidBy('invoice'), body: { number_of_days: 11 } },
  ),
  later(
    'twice',
    'Once a capture',
    inferred('one extension of a capture is recorded'),
    { status: 403, code: 'NOT_ALLOWED' },
    { variation: paidBy('invoice'), first: [{ ...CALLS['due-date'] }] },
  ),
  later(
    'card',
    'What was paid at once has no due date',
    D.management,
    { status: 403, code: 'NOT_ALLOWED' },
    { variation: paidBy('pay_by_card') },
  ),
  later('unknown', 'A capture that nobody has is 404', D.management, { status: 404 }, { vars: { capture_id: NOBODY } }),
];

const unprocessable = (...texts: readonly string[]) => refused(422, 'UNPROCESSABLE_ENTITY', ...texts);
const size = (field: string, max: number, min = 0) =>
  unprocessable(`The size of the ${field} value must be between ${min} and ${max}`);

/** What does not fit: operation, what it says, and the answer. Sizes are worded as the one documented example. */
const MISFITS: readonly (readonly [
  Name,
  string,
  Body,
  Expectation,
  (typeof D)[keyof typeof D] | ReturnType<typeof inferred>,
])[] = [
  ['capture', 'no-amount', {}, unprocessable("'captured_amount' must not be null"), O.recorded],
  ['refund', 'no-amount', {}, unprocessable("'refunded_amount' must not be null"), O.recorded],
  ['order-shipping', 'nothing', {}, unprocessable("'shipping_info' must not be null"), O.recorded],
  ['capture-shipping', 'nothing', {}, unprocessable("'shipping_info' must not be null"), O.recorded],
  ['update-authorization', 'no-amount', {}, unprocessable(), inferred('as recorded for captures')],
  ['due-date', 'no-days', {}, unprocessable(), inferred('as recorded for captures')],
  [
    'order-shipping',
    'long-company',
    { shipping_info: [{ shipping_company: long(101) }] },
    size('shipping_info/shipping_company', 100),
    D.om_errors,
  ],
  [
    'capture-shipping',
    'long-company',
    { shipping_info: [{ shipping_company: long(101) }] },
    size('shipping_info/shipping_company', 100),
    D.om_errors,
  ],
  [
    'capture',
    'long-company',
    { captured_amount: 1, shipping_info: [{ shipping_company: long(101) }] },
    size('shipping_info/shipping_company', 100),
    D.om_errors,
  ],
  [
    'order-shipping',
    'long-tracking-number',
    { shipping_info: [{ tracking_number: long(101) }] },
    unprocessable(),
    D.management,
  ],
  [
    'order-shipping',
    'long-tracking-uri',
    { shipping_info: [{ tracking_uri: long(1_025) }] },
    unprocessable(),
    D.management,
  ],
  [
    'order-shipping',
    'long-return-company',
    { shipping_info: [{ return_shipping_company: long(101) }] },
    unprocessable(),
    D.management,
  ],
  [
    'order-shipping',
    'long-return-uri',
    { shipping_info: [{ return_tracking_uri: long(1_025) }] },
    unprocessable(),
    D.management,
  ],
  ['order-shipping', 'method', { shipping_info: [{ shipping_method: 'Catapult' }] }, unprocessable(), D.management],
  ['order-shipping', 'empty', { shipping_info: [] }, unprocessable(), D.management],
  ['order-shipping', '501', { shipping_info: Array.from({ length: 501 }, () => DHL) }, unprocessable(), D.management],
  ['capture', 'negative', { captured_amount: -1 }, unprocessable(), D.management],
  ['capture', 'too-much', { captured_amount: 200_000_001 }, unprocessable(), D.management],
  ['capture', 'long-description', { captured_amount: 1, description: long(256) }, unprocessable(), D.management],
  ['capture', 'long-reference', { captured_amount: 1, reference: long(256) }, unprocessable(), D.management],
  [
    'capture',
    '1001-lines',
    { captured_amount: 1, order_lines: Array.from({ length: 1_001 }, () => line(1)) },
    unprocessable(),
    D.management,
  ],
  [
    'capture',
    'long-unit',
    { captured_amount: 1, order_lines: [line(1, { quantity_unit: long(11) })] },
    unprocessable(),
    D.management,
  ],
  [
    'capture',
    'long-name',
    { captured_amount: 1, order_lines: [line(1, { name: long(256) })] },
    unprocessable(),
    D.management,
  ],
  ['capture', 'delay', { captured_amount: 1, shipping_delay: -1 }, unprocessable(), D.management],
  ['refund', 'negative', { refunded_amount: -1 }, unprocessable(), D.management],
  ['refund', 'too-much', { refunded_amount: 200_000_001 }, unprocessable(), D.management],
  ['refund', 'long-description', { refunded_amount: 1, description: long(256) }, unprocessable(), D.management],
  ['refund', 'long-reference', { refunded_amount: 1, reference: long(256) }, unprocessable(), D.management],
  ['update-authorization', 'negative', { order_amount: -1 }, unprocessable(), D.management],
  ['update-authorization', 'too-much', { order_amount: 200_000_001 }, unprocessable(), D.management],
  [
    'update-authorization',
    'long-description',
    { order_amount: 1, description: long(256) },
    unprocessable(),
    D.management,
  ],
  ['references', 'long-1', { merchant_reference1: long(256) }, unprocessable(), D.management],
  ['references', 'long-2', { merchant_reference2: long(256) }, unprocessable(), D.management],
  ...(['given_name', 'family_name', 'email', 'phone', 'street_address', 'street_address2'] as const).map(
    (field) =>
      [
        'customer',
        `long-${field}`,
        { shipping_address: { [field]: long(101) } },
        unprocessable(),
        D.management,
      ] as const,
  ),
  ...(['city', 'region'] as const).map(
    (field) =>
      [
        'customer',
        `long-${field}`,
        { shipping_address: { [field]: long(201) } },
        unprocessable(),
        D.management,
      ] as const,
  ),
  [
    'customer',
    'long-organization',
    { shipping_address: { organization_name: long(256) } },
    unprocessable(),
    D.management,
  ],
  ['customer', 'long-postal-code', { shipping_address: { postal_code: long(11) } }, unprocessable(), D.management],
  ['capture', 'not-json', '{"captured_amount":', refused(400, 'BAD_REQUEST'), inferred('as in Klarna Payments')],
  ['refund', 'not-json', '{', refused(400, 'BAD_REQUEST'), inferred('as in Klarna Payments')],
  ['capture', 'fraction', { captured_amount: 10.5 }, refused(400, 'BAD_REQUEST'), inferred('amounts are integers')],
];

const ALL_MISFITS: readonly Probe[] = MISFITS.map(([name, id, body, expect, source]) => {
  const given = name.includes('capture-') || name === 'due-date' || name === 'refund' ? 'captured' : 'order';
  return on(name, given)(`misfit-${id}`, `Refused: ${shortened(body)}`, source, expect, { body });
});

function shortened(body: Body): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const plain = text.replace(/x{20,}/g, (found) => `${found.length} characters`);
  return plain.length > 120 ? `${plain.slice(0, 120)}…` : plain;
}

export const ORDER_MANAGEMENT: readonly Probe[] = [
  ...READS,
  ...IDS,
  ...BY_STATE,
  ...CAPTURES,
  ...AGES,
  ...RACES,
  ...KEYS,
  ...CAPTURE_READS,
  ...REFUNDS,
  ...CHANGES,
  ...AFTER_CAPTURE,
  ...ALL_MISFITS,
];
