/** Authorizations are cancelled, or become orders. */
import { operation, type Probe, refused } from '../../probe.ts';
import { ALMA, bought, IN_GERMANY, IN_US, inMarket, line, NOBODY, PURCHASE, purchase } from '../../purchases.ts';
import { D, inferred, O } from '../../sources.ts';
import { API, bad, names, ORDER, READ, REQUIRED, UPDATED } from './shared.ts';

const deleteAuthorization = operation(
  API,
  'payments/cancel-authorization',
  'DELETE /payments/v1/authorizations/{authorization_token}',
  { given: 'authorized' },
);

export const AUTHORIZATIONS: readonly Probe[] = [
  deleteAuthorization('204', 'Cancelling answers 204 without a body', D.cancel_authorization, UPDATED),
  deleteAuthorization('correlation', 'Even the 204 carries a correlation id', D.cancel_authorization, {
    status: 204,
    headers: { 'Klarna-Correlation-Id': { is: 'text' } },
  }),
  deleteAuthorization('gone', 'After that the session shows no token', D.cancel_authorization, UPDATED, {
    afterwards: {
      send: { call: READ },
      expect: { status: 200, fields: { status: 'incomplete' }, absent: ['authorization_token'] },
    },
  }),
  deleteAuthorization(
    'unknown',
    'An unknown token is 404',
    D.payments,
    { status: 404, code: 'NOT_FOUND' },
    { given: 'nothing', vars: { authorization_token: NOBODY } },
  ),
  deleteAuthorization(
    'consumed',
    'One that became an order cannot be deleted',
    D.kp_errors,
    refused(404, 'NOT_FOUND', 'Authorization cannot be deleted'),
    { given: 'order' },
  ),
  deleteAuthorization(
    'expired',
    'Nor one that expired',
    D.kp_errors,
    { status: 404, code: 'NOT_FOUND' },
    { given: 'token_expired' },
  ),
  deleteAuthorization(
    'twice',
    'Nor one that was deleted',
    inferred('a deleted authorization is unknown'),
    { status: 404, code: 'NOT_FOUND' },
    { given: 'authorization_deleted' },
  ),
];

const place = operation(API, 'payments/create-order', 'POST /payments/v1/authorizations/{authorization_token}/order', {
  given: 'authorized',
  body: PURCHASE,
});
const PLACED = { status: 200, fields: { order_id: { is: 'uuid' }, fraud_status: 'ACCEPTED' } } as const;
const WITH_ADDRESS = bought({ billing_address: ALMA });
const PEND = (word: string, more: object = IN_US, cc = 'com') => ({
  purchase: { ...more, billing_address: { email: `customer+${word}@email.${cc}` } },
});
const differs = (...fields: readonly string[]) =>
  refused(409, 'BAD_VALUE', `Not matching fields: [${fields.join(', ')}]`);

export const ORDERS: readonly Probe[] = [
  place('200', 'The order is created with 200, an id and fraud_status', D.create_order, PLACED),
  place('method', 'It names the method that the shopper chose', D.payments, {
    status: 200,
    fields: { 'authorized_payment_method.type': { is: 'text' } },
  }),
  place(
    'invoice',
    'By the name of Klarna Payments',
    D.payments,
    { status: 200, fields: { 'authorized_payment_method.type': 'invoice' } },
    { variation: { shopper: { payment_method: 'invoice' } } },
  ),
  place('no-redirect', 'Without a confirmation URL there is no redirect_url', D.create_order, {
    ...PLACED,
    absent: ['redirect_url'],
  }),
  place(
    'redirect',
    'With one there is',
    D.create_order,
    { status: 200, fields: { order_id: { is: 'uuid' }, redirect_url: { is: 'url' } } },
    { variation: { purchase: bought({ merchant_urls: { confirmation: 'https://shop.example/thanks' } }) } },
  ),
  place('session', 'The session is complete', D.create_order, PLACED, {
    afterwards: { send: { call: READ }, expect: { status: 200, fields: { status: 'complete' } } },
  }),
  place(
    'again',
    'The same call again gets the same order',
    O.recorded,
    { status: 200, fields: { order_id: '$order_id' } },
    { given: 'order' },
  ),
  place(
    'again-otherwise',
    'Another body is refused',
    D.kp_errors,
    { status: [409, 403], fields: { error_code: /^(?:BAD_VALUE|INVALID_OPERATION)$/ } },
    { given: 'order', body: bought({ merchant_reference1: 'other' }) },
  ),
  place(
    'consumed',
    'After its hour a used token is 403 INVALID_OPERATION',
    D.kp_errors,
    refused(403, 'INVALID_OPERATION', 'Authorization token already consumed'),
    { given: 'order_of_old' },
  ),
  place('unknown', 'An unknown token is 404', D.kp_errors, refused(404, 'NOT_FOUND', 'Invalid authorization token'), {
    given: 'nothing',
    vars: { authorization_token: NOBODY },
  }),
  place(
    'expired',
    'A token of more than an hour is 404',
    D.create_order,
    refused(404, 'NOT_FOUND', 'Invalid authorization token'),
    { given: 'token_expired' },
  ),
  place(
    'deleted',
    'A cancelled one too',
    inferred('a deleted authorization is unknown'),
    refused(404, 'NOT_FOUND', 'Invalid authorization token'),
    { given: 'authorization_deleted' },
  ),
  place(
    'other-token',
    'Once an order is placed, the session’s other tokens are void',
    D.kp_errors,
    refused(404, 'SESSION_COMPLETED', 'Session has already been completed'),
    {
      given: 'authorized_twice',
      first: [
        {
          call: 'POST /payments/v1/authorizations/{authorization_token}/order',
          vars: { authorization_token: '$newest_token' },
          body: PURCHASE,
        },
      ],
    },
  ),
  ...REQUIRED.map((field) =>
    place(`missing-${field}`, `Without ${field} there is no order`, D.payments, names(field), {
      body: bought({ [field]: undefined }),
    }),
  ),
  place('not-json', 'What is not JSON is 400 BAD_REQUEST', D.kp_errors, refused(400, 'BAD_REQUEST'), { body: '{' }),
  place('sum', 'Sums are checked', D.kp_errors, bad('order_amount'), { body: bought({ order_amount: 1 }) }),
  place('line-total', 'In the lines too', D.kp_errors, names('order_lines[0].total_amount'), {
    body: bought({ order_lines: [line(10_000, { unit_price: 1 })], order_tax_amount: 0 }),
  }),
  place('line-tax', 'And their tax', D.kp_errors, names('order_lines[0].total_tax_amount'), {
    body: bought({ order_lines: [line(10_000, { tax_rate: 2_500, total_tax_amount: 1 })], order_tax_amount: 1 }),
  }),
  place(
    'postal-code',
    'A billing address that differs is 409',
    D.create_order,
    differs('billing_address.postal_code'),
    { variation: { purchase: WITH_ADDRESS }, body: bought({ billing_address: { ...ALMA, postal_code: '111 11' } }) },
  ),
  place('shipping', 'So is a shipping address', D.validations, differs('shipping_address.city'), {
    variation: { purchase: bought({ shipping_address: ALMA }) },
    body: bought({ shipping_address: { ...ALMA, city: 'Lund' } }),
  }),
  place(
    'more-lines',
    'Another number of lines is 409 and says both',
    D.create_order,
    differs('Incorrect number of items in the cart. Expected: 1, Actual: 2'),
    {
      body: purchase([line(5_000), line(5_000)]),
      variation: { purchase: purchase([line(10_000)]) },
    },
  ),
  place(
    'other-line',
    'Another line is 409',
    D.validations,
    { status: 409, code: 'BAD_VALUE', fields: { 'error_messages[0]': /^Not matching fields: \[.+\]$/ } },
    {
      body: bought({ order_lines: [line(10_000, { name: 'Hat', reference: 'hat' })], order_tax_amount: 0 }),
      variation: { purchase: purchase([line(10_000, { reference: 'shoe' })]) },
    },
  ),
  place('new-data', 'What was never sent before matches', D.validations, PLACED, {
    body: bought({ merchant_reference1: 'a', merchant_reference2: 'b' }),
  }),
  place('new-address', 'So does an address', D.validations, PLACED, { body: WITH_ADDRESS }),
  place(
    'lower',
    'A lower amount is refused',
    D.validations,
    { status: 409, code: 'BAD_VALUE' },
    { body: purchase([line(9_000)]) },
  ),
  place('lower-allowed', 'Unless the account may', D.lower_amount, PLACED, {
    body: purchase([line(9_000)]),
    variation: { settings: { lower_amount_allowed: true } },
  }),
  place('rejected', 'A new risk decision is 403 REJECTED', D.create_order, refused(403, 'REJECTED', 'Rejected'), {
    variation: { settings: { risk_rules: [{ on: 'create_order', when: {}, decision: 'refuse' }] } },
  }),
  place(
    'pending-us',
    'A US order in review is PENDING',
    D.pending,
    { status: 200, fields: { order_id: { is: 'uuid' }, fraud_status: 'PENDING' } },
    { body: IN_US, variation: PEND('pend-accept-05') },
  ),
  place(
    'pending-gb',
    'So is one of the UK',
    D.pending,
    { status: 200, fields: { order_id: { is: 'uuid' }, fraud_status: 'PENDING' } },
    {
      body: inMarket('GB', 'GBP', 'en-GB'),
      variation: PEND('pend-reject-05', inMarket('GB', 'GBP', 'en-GB'), 'co.uk'),
    },
  ),
  place('pending-de', 'Other markets know no review', D.pending, PLACED, {
    body: IN_GERMANY,
    variation: PEND('pend-accept-05', IN_GERMANY, 'de'),
  }),
];

export const AUTO: readonly Probe[] = [
  place('auto-capture', 'With auto_capture the whole is captured at once, without lines', D.auto_capture, PLACED, {
    body: bought({ auto_capture: true }),
    keep: { order_id: { field: 'order_id' } },
    afterwards: {
      send: { call: ORDER },
      expect: {
        status: 200,
        fields: {
          status: 'CAPTURED',
          captured_amount: 10_000,
          captures: { length: 1 },
          'captures[0].order_lines': { length: 0 },
        },
      },
    },
  }),
  place('no-auto-capture', 'Without it nothing is', D.payments, PLACED, {
    keep: { order_id: { field: 'order_id' } },
    afterwards: {
      send: { call: ORDER },
      expect: { status: 200, fields: { status: 'AUTHORIZED', captured_amount: 0, captures: { length: 0 } } },
    },
  }),
];
