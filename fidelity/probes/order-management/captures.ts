/** Captures: amounts, races, idempotency keys, and how they are read. */
import { error, type Probe, refused } from '../../probe.ts';
import { KEY, line, NOBODY, OTHER_KEY } from '../../purchases.ts';
import { D, inferred, O } from '../../sources.ts';
import { CALLS, CAPTURED, capture, DONE, leaves, on, REFUNDED, review } from './shared.ts';

const notAllowed = (...texts: readonly string[]) => refused(403, 'CAPTURE_NOT_ALLOWED', ...texts);
const OVER = 'Captured amount is higher than the remaining authorized amount. Capture not possible.';

export const CAPTURES: readonly Probe[] = [
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
    error([403, 422]),
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

/** Twenty at once of what there is for ten: ten are done, whatever the order. */
export const RACES: readonly Probe[] = [
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
const firstCapture = [{ ...CALLS.capture, headers: keyed(KEY), keep: { first_id: { header: 'Capture-Id' } } }];
const firstRefund = [{ ...CALLS.refund, headers: keyed(KEY), keep: { first_id: { header: 'Refund-Id' } } }];

export const KEYS: readonly Probe[] = [
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
      first: firstCapture,
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
      first: firstCapture,
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
      first: firstCapture,
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

export const CAPTURE_READS: readonly Probe[] = [
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
