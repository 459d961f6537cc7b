/** Customer tokens: made of an authorization, read, charged, cancelled. */
import { error, operation, type Probe, refused } from '../probe.ts';
import { ALMA, bought, IN_US, line, long, NOBODY, PURCHASE, purchase } from '../purchases.ts';
import { D, inferred, O } from '../sources.ts';

const API = 'Customer Token';
const READ = 'GET /customer-token/v1/tokens/{customer_token}';
const ORDER = 'GET /ordermanagement/v1/orders/{order_id}';

const WANTED = {
  purchase_country: 'SE',
  purchase_currency: 'SEK',
  locale: 'sv-SE',
  description: 'Membership',
  intended_use: 'SUBSCRIPTION',
};
const create = operation(
  'Klarna Payments',
  'tokens/create',
  'POST /payments/v1/authorizations/{authorization_token}/customer-token',
  { given: 'tokenized', body: WANTED },
);
const MADE = { status: 200, fields: { token_id: { is: 'text' } } } as const;
const bad = (...fields: readonly string[]) => ({
  status: 400,
  code: 'BAD_VALUE',
  fields: { 'error_messages[0]': new RegExp(fields.join('.*')) },
});

const CREATE: readonly Probe[] = [
  create('200', 'A token is made with 200', D.payments, MADE),
  create('intent-both', 'Of a purchase with intent buy_and_tokenize too', D.create_order, MADE, {
    variation: { purchase: bought({ intent: 'buy_and_tokenize' }) },
  }),
  create('then-order', 'After which the same authorization places the order', O.recorded, MADE, {
    variation: { purchase: bought({ intent: 'buy_and_tokenize' }) },
    afterwards: {
      send: { call: 'POST /payments/v1/authorizations/{authorization_token}/order', body: PURCHASE },
      expect: { status: 200, fields: { order_id: { is: 'uuid' } } },
    },
  }),
  create(
    'after-order',
    'Or the other way round',
    inferred('both calls are made with the same token; no order is given'),
    MADE,
    {
      given: 'order',
      variation: { purchase: bought({ intent: 'buy_and_tokenize' }) },
    },
  ),
  create('use-lower-case', 'The intended use in lower case, as in samples', O.clients, MADE, {
    body: { ...WANTED, intended_use: 'subscription' },
  }),
  create(
    'intent-buy',
    'A purchase with intent buy makes none',
    D.kp_errors,
    refused(403, 'INVALID_OPERATION', 'Not allowed to create customer tokens for intent buy.'),
    {
      given: 'authorized',
    },
  ),
  create(
    'address',
    'The shopper’s address is read back',
    D.payments,
    { status: 200, fields: { 'billing_address.city': 'Stockholm' } },
    {
      variation: { purchase: bought({ intent: 'tokenize', billing_address: ALMA }) },
    },
  ),
  create(
    'address-ignored',
    'An address in the body does not replace the shopper’s',
    D.create_order,
    { status: 200, fields: { 'billing_address.city': 'Stockholm' } },
    {
      variation: { purchase: bought({ intent: 'tokenize', billing_address: ALMA }) },
      body: { ...WANTED, billing_address: { ...ALMA, city: 'Lund' } },
    },
  ),
  create(
    'twice',
    'A token that was used is 403 or the same again',
    inferred('an authorization is used once'),
    { status: [200, 403] },
    {
      given: 'token',
    },
  ),
  ...(['description', 'intended_use', 'locale', 'purchase_country', 'purchase_currency'] as const).map((field) =>
    create(`missing-${field}`, `Without ${field} there is none`, D.payments, bad(field), {
      body: { ...WANTED, [field]: undefined },
    }),
  ),
  create('description-empty', 'A description is not empty', D.payments, bad('description'), {
    body: { ...WANTED, description: '' },
  }),
  create('description-256', 'Nor longer than 255', D.payments, bad('description'), {
    body: { ...WANTED, description: long(256) },
  }),
  create('use', 'A use that is none', D.payments, bad('intended_use'), {
    body: { ...WANTED, intended_use: 'GAMBLING' },
  }),
  create(
    'currency',
    'A currency of another market',
    D.kp_errors,
    { status: 400, code: 'BAD_VALUE' },
    { body: { ...WANTED, purchase_currency: 'EUR' } },
  ),
  create(
    'method',
    'A method of which none can be made is 400 BAD_REQUEST',
    D.kp_errors,
    {
      status: 400,
      code: 'BAD_REQUEST',
      fields: { 'error_messages[0]': /is not valid for creating customer tokens in/ },
    },
    { variation: { settings: { risk_rules: [{ on: 'tokenize', when: {}, decision: 'refuse' }] } } },
  ),
  create('not-json', 'What is not JSON is 400 BAD_REQUEST', D.kp_errors, refused(400, 'BAD_REQUEST'), { body: '{' }),
  create(
    'unknown',
    'An unknown authorization is 404',
    D.kp_errors,
    refused(404, 'NOT_FOUND', 'Invalid authorization token'),
    { given: 'nothing', vars: { authorization_token: NOBODY } },
  ),
  create('expired', 'An expired one too', D.kp_errors, refused(404, 'NOT_FOUND', 'Invalid authorization token'), {
    given: 'token_expired',
    variation: { purchase: bought({ intent: 'tokenize' }) },
  }),
];

const read = operation(API, 'tokens/read', READ, { given: 'token' });

const READS: readonly Probe[] = [
  read('200', 'A token is ACTIVE', D.tokens, { status: 200, fields: { status: 'ACTIVE' } }),
  read('method', 'It names how it pays', D.tokens, { status: 200, fields: { payment_method_type: { is: 'text' } } }),
  read(
    'invoice',
    'INVOICE for pay later',
    D.token_read,
    { status: 200, fields: { payment_method_type: 'INVOICE' } },
    { variation: { shopper: { payment_method: 'invoice' } } },
  ),
  read(
    'card',
    'A card shows its last digits',
    D.tokens,
    {
      status: 200,
      fields: { 'card.masked_number': /^\*+\d{4}$/, 'card.expiry_date': /^\d\d\/\d{4}$/, 'card.brand': { is: 'text' } },
    },
    { variation: { shopper: { payment_method: 'card' } } },
  ),
  read(
    'debit',
    'An account shows its last digits',
    D.tokens,
    { status: 200, fields: { 'direct_debit.masked_number': /^\*+\d{3,4}$/ } },
    { variation: { shopper: { payment_method: 'direct_debit' } } },
  ),
  read(
    'cancelled',
    'Cancelled it is CANCELLED',
    D.token_cancel,
    { status: 200, fields: { status: 'CANCELLED' } },
    { given: 'token_cancelled' },
  ),
  read(
    'suspended',
    'Suspended by Klarna it is SUSPENDED',
    D.tokens,
    { status: 200, fields: { status: 'SUSPENDED' } },
    { given: 'token_suspended' },
  ),
  read(
    'unknown',
    'An unknown one is 404 and says so',
    D.token_read,
    refused(404, 'NOT_FOUND', 'Invalid customer-token ID'),
    { given: 'nothing', vars: { customer_token: NOBODY } },
  ),
  read('no-uuid', 'An id that cannot be is 4xx, not 500', O.recorded, error([400, 404]), {
    given: 'nothing',
    vars: { customer_token: 'nonsense' },
  }),
];

const CHARGE = {
  purchase_currency: 'SEK',
  order_amount: 10_000,
  order_tax_amount: 2_000,
  order_lines: [line(10_000, { reference: 'shoe', tax_rate: 2_500, total_tax_amount: 2_000 })],
};
const charge = operation(API, 'tokens/order', 'POST /customer-token/v1/tokens/{customer_token}/order', {
  given: 'token',
  body: CHARGE,
});
const charged = (more: object) => ({ body: { ...CHARGE, ...more } });
const CHARGED = { status: 200, fields: { order_id: { is: 'uuid' }, fraud_status: 'ACCEPTED' } } as const;
const KEY = { 'Klarna-Idempotency-Key': '7d2f1c30-8f61-4f3c-9a56-1f5b1a4d7e03' };
const REFUSING = { given: 'token_failing' } as const;

const CHARGES: readonly Probe[] = [
  charge('200', 'An order is made with 200', D.tokens, CHARGED),
  charge('method', 'It names how it was paid', D.tokens, {
    status: 200,
    fields: { 'authorized_payment_method.type': { is: 'text' } },
  }),
  charge('exists', 'It is there in Order Management', D.tokens, CHARGED, {
    keep: { order_id: { field: 'order_id' } },
    afterwards: {
      send: { call: ORDER },
      expect: { status: 200, fields: { status: 'AUTHORIZED', order_amount: 10_000, purchase_country: 'SE' } },
    },
  }),
  charge('auto-capture', 'With auto_capture it is captured', D.auto_capture, CHARGED, {
    ...charged({ auto_capture: true }),
    keep: { order_id: { field: 'order_id' } },
    afterwards: { send: { call: ORDER }, expect: { status: 200, fields: { status: 'CAPTURED' } } },
  }),
  charge(
    'again',
    'Without a key each charge is an order',
    D.retry,
    { status: 200, fields: { order_id: { not: '$first_id' } } },
    {
      first: [
        {
          call: 'POST /customer-token/v1/tokens/{customer_token}/order',
          body: CHARGE,
          keep: { first_id: { field: 'order_id' } },
        },
      ],
    },
  ),
  charge(
    'key',
    'The same key gets the same order',
    D.retry,
    { status: 200, fields: { order_id: '$first_id' } },
    {
      headers: KEY,
      first: [
        {
          call: 'POST /customer-token/v1/tokens/{customer_token}/order',
          body: CHARGE,
          headers: KEY,
          keep: { first_id: { field: 'order_id' } },
        },
      ],
    },
  ),
  charge('limit', 'Charges have the limit of sessions', D.rates, {
    status: 200,
    headers: { 'X-Ratelimit-Limit': /^(?:40, 40|5, 5);w=1$/ },
  }),
  ...(['order_amount', 'order_lines', 'purchase_currency'] as const).map((field) =>
    charge(`missing-${field}`, `Without ${field} there is none`, D.tokens, bad(field), charged({ [field]: undefined })),
  ),
  charge('no-tax', 'The order’s tax may be left out', D.tokens, CHARGED, charged({ order_tax_amount: undefined })),
  charge('nothing', 'At least one minor unit is charged', D.tokens, bad('order_amount'), {
    body: { ...CHARGE, order_amount: 0, order_tax_amount: 0, order_lines: [line(0)] },
  }),
  charge('sum', 'Sums are checked', D.tokens, { status: 400, code: 'BAD_VALUE' }, charged({ order_amount: 9_999 })),
  charge('no-lines', 'Lines are there', D.tokens, bad('order_lines'), charged({ order_lines: [] })),
  charge('price', 'Amounts up to a million', D.tokens, bad('order_lines\\[0\\]\\.unit_price'), {
    body: { ...CHARGE, order_amount: 100_000_001, order_lines: [line(100_000_001)], order_tax_amount: 0 },
  }),
  charge(
    'reference-256',
    'References of 256, one more than elsewhere',
    D.tokens,
    CHARGED,
    charged({ order_lines: [line(10_000, { reference: long(256) })], order_tax_amount: 0 }),
  ),
  charge(
    'reference-257',
    'And not of 257',
    D.tokens,
    bad('reference'),
    charged({ order_lines: [line(10_000, { reference: long(257) })], order_tax_amount: 0 }),
  ),
  charge(
    'merchant-reference',
    'Merchant references of 255',
    D.tokens,
    bad('merchant_reference1'),
    charged({ merchant_reference1: long(256) }),
  ),
  charge('step-up', 'Step-up is supported or not', D.tokens, bad('step_up'), charged({ step_up: 'MAYBE' })),
  charge(
    'phone',
    'A phone number has five characters',
    D.tokens,
    bad('phone'),
    charged({ shipping_address: { phone: '1234' } }),
  ),
  charge('not-json', 'What is not JSON is 400', D.create_order, error(400), { body: '{' }),
  charge(
    'currency',
    'A currency in which it cannot pay',
    D.create_order,
    error([400, 403]),
    charged({ purchase_currency: 'EUR' }),
  ),
  charge(
    'refused',
    'A refused charge is 403 with the reason',
    D.recovery,
    {
      status: 403,
      fields: {
        error_code: 'PAYMENT_METHOD_FAILED',
        fraud_status: 'REJECTED',
        reason: { is: 'text' },
        'authorized_payment_method.type': { is: 'text' },
      },
      absent: ['step_up_id'],
    },
    REFUSING,
  ),
  charge(
    'step-up-id',
    'With step-up it can be recovered',
    D.recovery,
    { status: 403, fields: { error_code: 'PAYMENT_METHOD_FAILED', step_up_id: { is: 'text' } } },
    { ...charged({ step_up: 'SUPPORTED' }), ...REFUSING },
  ),
  charge(
    'suspended',
    'A suspended token is 403 TOKEN_SUSPENDED',
    D.create_order,
    { status: 403, fields: { error_code: 'TOKEN_SUSPENDED' } },
    { given: 'token_suspended' },
  ),
  charge('cancelled', 'A cancelled one is not charged', D.create_order, error(403), { given: 'token_cancelled' }),
  charge(
    'unknown',
    'An unknown one is 404 TOKEN_NOT_FOUND',
    D.create_order,
    { status: 404, fields: { error_code: 'TOKEN_NOT_FOUND' } },
    { given: 'nothing', vars: { customer_token: NOBODY } },
  ),
];

const cancel = operation(API, 'tokens/status', 'PATCH /customer-token/v1/tokens/{customer_token}/status', {
  given: 'token',
  body: { status: 'CANCELLED' },
});

const CANCELS: readonly Probe[] = [
  cancel('202', 'Cancelling is 202: accepted, being processed', D.token_cancel, { status: 202 }),
  cancel('empty', 'Without a body', O.recorded, { status: 202, empty: true, no_headers: ['Content-Type'] }),
  cancel(
    'then',
    'After which the token is CANCELLED',
    D.token_cancel,
    { status: 202 },
    { afterwards: { send: { call: READ }, expect: { status: 200, fields: { status: 'CANCELLED' } } } },
  ),
  cancel(
    'lower-case',
    'In lower case too',
    O.clients,
    { status: 202 },
    {
      body: { status: 'cancelled' },
      afterwards: { send: { call: READ }, expect: { status: 200, fields: { status: 'CANCELLED' } } },
    },
  ),
  cancel(
    'active',
    'Nothing else can be asked for',
    D.token_cancel,
    { status: 400, code: 'BAD_VALUE' },
    { body: { status: 'ACTIVE' } },
  ),
  cancel('nothing', 'Something must be', D.tokens, { status: 400, code: 'BAD_VALUE' }, { body: {} }),
  cancel(
    'unknown',
    'An unknown token is 404 and says so',
    D.token_cancel,
    refused(404, 'NOT_FOUND', 'Invalid token ID'),
    { given: 'nothing', vars: { customer_token: NOBODY } },
  ),
];

const STEP_UP: readonly Probe[] = [
  operation('Klarna Payments', 'tokens/recover', 'POST /payments/v1/sessions')(
    'session',
    'A session may carry a step-up',
    D.recovery,
    { status: 200, fields: { session_id: { is: 'uuid' } } },
    {
      given: 'charge_failed',
      body: bought({
        intent: 'buy_and_tokenize',
        step_up_id: '$step_up_id',
        customer: { customer_token: '$customer_token' },
      }),
    },
  ),
  create('us', 'In the US too', D.payments, MADE, {
    variation: { purchase: { ...IN_US, intent: 'tokenize' } },
    body: { ...WANTED, purchase_country: 'US', purchase_currency: 'USD', locale: 'en-US' },
  }),
  create('free', 'Of a purchase of nothing', D.create_order, MADE, {
    variation: { purchase: purchase([line(0)], { intent: 'tokenize' }) },
  }),
];

export const CUSTOMER_TOKENS: readonly Probe[] = [...CREATE, ...READS, ...CHARGES, ...CANCELS, ...STEP_UP];
