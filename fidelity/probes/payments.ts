/** Klarna Payments v1: sessions, authorizations, and the order that becomes of them. */
import { operation, type Probe, refused } from '../probe.ts';
import {
  ALMA,
  bought,
  IN_GERMANY,
  IN_US,
  inMarket,
  line,
  long,
  NOBODY,
  PURCHASE,
  purchase,
  withLine,
} from '../purchases.ts';
import { D, inferred, O } from '../sources.ts';

const API = 'Klarna Payments';
const bad = (...fields: readonly string[]) =>
  refused(400, 'BAD_VALUE', ...fields.map((field) => `Bad value: ${field}`));
const missing = (...fields: readonly string[]) => ({ status: 400, code: 'BAD_VALUE', bad: fields });
const CREATED = { status: 200, fields: { session_id: { is: 'uuid' } } } as const;
const READ = 'GET /payments/v1/sessions/{session_id}';
const ORDER = 'GET /ordermanagement/v1/orders/{order_id}';

const create = operation(API, 'payments/create-session', 'POST /payments/v1/sessions', { body: PURCHASE });

const CREATE: readonly Probe[] = [
  create('200', 'A session is created with 200 and an id', D.payments, {
    status: 200,
    fields: { session_id: { is: 'uuid' } },
  }),
  create('client-token', 'The client token is a JWT, as the SDK demands', D.sdk, {
    status: 200,
    fields: { client_token: { is: 'jwt' } },
  }),
  create('categories', 'Each category has identifier, name and two images', D.payments, {
    status: 200,
    fields: {
      'payment_method_categories[0].identifier':
        /^(?:klarna|pay_later|pay_now|pay_over_time|direct_bank_transfer|direct_debit)$/,
      'payment_method_categories[0].name': { is: 'text' },
      'payment_method_categories[0].asset_urls.descriptive': { is: 'url' },
      'payment_method_categories[0].asset_urls.standard': { is: 'url' },
    },
  }),
  create('one-category', 'An account is offered the one category klarna', D.initiate, {
    status: 200,
    fields: {
      payment_method_categories: { length: 1 },
      'payment_method_categories[0].identifier': 'klarna',
      'payment_method_categories[0].name': 'Pay with Klarna',
    },
  }),
  create('badge', 'Both images are Klarna’s badge', D.initiate, {
    status: 200,
    fields: {
      'payment_method_categories[0].asset_urls.standard':
        'https://x.klarnacdn.net/payment-method/assets/badges/generic/klarna.svg',
    },
  }),
  create(
    'no-key',
    'There is no idempotency key: two calls make two sessions',
    D.retry,
    {
      status: 200,
      fields: { session_id: { not: '$first_id' } },
    },
    {
      headers: { 'Klarna-Idempotency-Key': NOBODY },
      first: [
        {
          call: 'POST /payments/v1/sessions',
          body: PURCHASE,
          headers: { 'Klarna-Idempotency-Key': NOBODY },
          keep: { first_id: { field: 'session_id' } },
        },
      ],
    },
  ),
  create('limit', 'Creating sessions has a limit of its own: 40 a second, 5 in the playground', D.rates, {
    status: 200,
    headers: { 'X-Ratelimit-Limit': /^(?:40, 40|5, 5);w=1$/ },
  }),
  create(
    'too-many',
    'More than five a second are 429 in the playground, without Retry-After',
    D.rates,
    {
      ...refused(429, 'TOO_MANY_REQUESTS', 'Too many requests'),
      headers: { 'X-Ratelimit-Remaining': '0', 'X-Ratelimit-Limit': '5, 5;w=1', 'X-Ratelimit-Reset': { is: 'text' } },
      no_headers: ['Retry-After'],
    },
    { burst: 40, variation: { settings: { rate_limits: 'playground' } } },
  ),
  create(
    'inactive',
    'A disabled account is 403 MERCHANT_INACTIVE',
    D.kp_errors,
    {
      status: 403,
      code: 'MERCHANT_INACTIVE',
      fields: { error_messages: { length: 0 } },
    },
    { variation: { settings: { status: 'inactive' } } },
  ),
];

/** Whole purchases whose verdict is known. */
const VERDICTS: readonly Probe[] = [
  create('us-sales-tax', 'US tax is a line of its own, within the amount', D.tax, CREATED, {
    body: purchase([line(20_000), line(1_000, { type: 'sales_tax' })], {
      purchase_country: 'US',
      purchase_currency: 'USD',
      locale: 'en-US',
      order_tax_amount: 1_000,
    }),
  }),
  create(
    'us-zero-tax',
    'Lower-case country and currency, tax of nothing, an address of Ohio',
    D.lower_amount,
    CREATED,
    {
      body: purchase([line(20_000, { tax_rate: 0, total_discount_amount: 0, total_tax_amount: 0 })], {
        purchase_country: 'us',
        purchase_currency: 'usd',
        locale: 'en-US',
        order_tax_amount: 0,
        billing_address: {
          given_name: 'John',
          family_name: 'Doe',
          email: 'email@example.com',
          title: 'Mr',
          street_address: '2425 Example Rd',
          street_address2: '',
          postal_code: '43221',
          city: 'Columbus',
          region: 'OH',
          phone: '6145675309',
          country: 'US',
        },
      }),
    },
  ),
  create('fr-tax', 'French tax of 20 % with a shipping fee, rounded down by a third', D.tax, CREATED, {
    body: purchase(
      [
        line(59_500, { tax_rate: 2_000, total_tax_amount: 9_917 }),
        line(2_900, { type: 'shipping_fee', tax_rate: 2_000, total_tax_amount: 483 }),
      ],
      { purchase_country: 'FR', purchase_currency: 'EUR', locale: 'fr-FR', order_tax_amount: 10_400 },
    ),
  }),
  create('se-discounts', 'A discount on the line, and a negative line', D.discounts, CREATED, {
    body: purchase(
      [
        line(25_000, { unit_price: 30_000, total_discount_amount: 5_000, tax_rate: 2_500, total_tax_amount: 5_000 }),
        line(-1_000, { tax_rate: 2_500, total_tax_amount: -200 }),
      ],
      { order_tax_amount: 4_800 },
    ),
  }),
  create('de-gift-card', 'Gift card and store credit are negative lines', D.discounts, CREATED, {
    body: purchase(
      [
        line(25_000, { unit_price: 30_000, total_discount_amount: 5_000, tax_rate: 2_500, total_tax_amount: 5_000 }),
        line(-300, { type: 'gift_card', tax_rate: 1_000, total_tax_amount: -27 }),
        line(-500, { type: 'store_credit', tax_rate: 0, total_tax_amount: 0 }),
      ],
      { purchase_country: 'DE', purchase_currency: 'EUR', locale: 'de-DE', order_tax_amount: 4_973 },
    ),
  }),
  create('gb-units', 'Ten kilograms and a bag, a discount on the line', O.sdk_php, CREATED, {
    body: purchase(
      [
        line(6_000, { quantity: 10, quantity_unit: 'kg', unit_price: 600, tax_rate: 2_500, total_tax_amount: 1_200 }),
        line(4_000, {
          unit_price: 5_000,
          total_discount_amount: 1_000,
          quantity_unit: 'bag',
          tax_rate: 2_500,
          total_tax_amount: 800,
        }),
      ],
      { purchase_country: 'gb', purchase_currency: 'gbp', locale: 'en-gb', order_tax_amount: 2_000 },
    ),
  }),
  create('gb-discount-line', 'A discount as a line with tax of its own', O.sdk_php, CREATED, {
    body: purchase(
      [
        line(10_000, { quantity_unit: 'pcs', tax_rate: 1_000, total_tax_amount: 909 }),
        line(-1_000, { type: 'discount', tax_rate: 1_000, total_tax_amount: -91 }),
      ],
      { purchase_country: 'gb', purchase_currency: 'gbp', locale: 'en-gb', order_tax_amount: 818 },
    ),
  }),
  create(
    'tax-not-of-rate',
    'Tax that does not belong to its rate is refused',
    D.tax,
    {
      status: 400,
      code: 'BAD_VALUE',
      fields: { 'error_messages[0]': /^Bad value: order_lines\[0\]\.(?:total_tax_amount|tax_rate)$/ },
    },
    {
      body: purchase([line(59_500, { tax_rate: 2_000, total_tax_amount: 11_900 })], {
        purchase_country: 'FR',
        purchase_currency: 'EUR',
        locale: 'fr-FR',
        order_tax_amount: 11_900,
      }),
    },
  ),
  create('tax-of-order', 'The order’s tax is that of its lines', O.kco177, bad('order_tax_amount'), {
    body: purchase([line(4_000, { tax_rate: 2_000, total_tax_amount: 666 })], { order_tax_amount: 700 }),
  }),
  create(
    'tax-of-line',
    'A line’s tax more than a minor unit off is refused',
    O.kp169,
    bad('order_lines[0].total_tax_amount'),
    {
      body: purchase([line(495, { tax_rate: 700, total_tax_amount: 41 })], { order_tax_amount: 41 }),
    },
  ),
  create(
    'total-of-line',
    'A line’s total is quantity × price − discount',
    O.kp217,
    bad('order_lines[0].total_amount'),
    {
      body: purchase([line(9_999, { unit_price: 10_000 })]),
    },
  ),
  create('sum', 'The amount is the sum of the lines', O.smartstore, bad('order_amount'), {
    body: bought({ order_amount: 9_999 }),
  }),
];

/** Sums at the edge of what is accepted. */
const SUMS: readonly Probe[] = [
  create('tax-one-off', 'A line’s tax may be one minor unit off', D.payments, CREATED, {
    body: purchase([line(10_000, { tax_rate: 2_500, total_tax_amount: 2_001 })], { order_tax_amount: 2_001 }),
  }),
  create('tax-two-off', 'Two minor units are too many', D.payments, bad('order_lines[0].total_tax_amount'), {
    body: purchase([line(10_000, { tax_rate: 2_500, total_tax_amount: 2_002 })], { order_tax_amount: 2_002 }),
  }),
  create(
    'order-tax-off-by-lines',
    'The order’s tax may be off by a minor unit a line',
    inferred('tax handling: a unit an item; items taken for lines'),
    CREATED,
    {
      body: purchase(
        [1, 2].map(() => line(5_000, { tax_rate: 2_500, total_tax_amount: 1_000 })),
        { order_tax_amount: 2_002 },
      ),
    },
  ),
  create(
    'order-tax-off-by-more',
    'And not by more',
    inferred('tax handling: a unit an item; items taken for lines'),
    bad('order_tax_amount'),
    {
      body: purchase(
        [1, 2].map(() => line(5_000, { tax_rate: 2_500, total_tax_amount: 1_000 })),
        { order_tax_amount: 2_003 },
      ),
    },
  ),
  create('units-rounded', 'Prices rounded by the unit may be off by the quantity', O.clients, CREATED, {
    body: purchase([line(1_000, { quantity: 3, unit_price: 333 })]),
  }),
  create(
    'us-tax-mismatch',
    'In the US the order’s tax is that of the sales_tax line',
    inferred('tax handling, US example'),
    bad('order_tax_amount'),
    {
      body: purchase([line(20_000), line(1_000, { type: 'sales_tax' })], {
        purchase_country: 'US',
        purchase_currency: 'USD',
        locale: 'en-US',
        order_tax_amount: 1_001,
      }),
    },
  ),
  create(
    'several-faults',
    'Each fault is a message of its own',
    inferred('error_messages is a list'),
    bad('order_lines[0].total_amount', 'order_amount'),
    {
      body: purchase([line(9_999, { unit_price: 10_000 })], { order_amount: 12_000 }),
    },
  ),
  create('nothing-to-pay', 'A tokenized purchase may cost nothing', D.payments, CREATED, {
    body: purchase([line(0)], { intent: 'tokenize' }),
  }),
];

const REQUIRED = ['purchase_country', 'purchase_currency', 'order_amount', 'order_lines'] as const;
const LINE_REQUIRED = ['name', 'quantity', 'unit_price', 'total_amount'] as const;

/** What is missing, mistyped or unknown. */
const FAULTS: readonly Probe[] = [
  ...REQUIRED.map((field) =>
    create(
      `missing-${field}`,
      `Without ${field} there is no session`,
      D.payments,
      { status: 400, code: 'BAD_VALUE', fields: { 'error_messages[0]': new RegExp(`^Bad value: .*${field}`) } },
      { body: bought({ [field]: undefined }) },
    ),
  ),
  create('missing-all', 'One message names all that is missing', O.recorded, missing(...REQUIRED), { body: {} }),
  ...LINE_REQUIRED.map((field) =>
    create(
      `missing-line-${field}`,
      `A line without ${field} is refused`,
      D.payments,
      { status: 400, code: 'BAD_VALUE', fields: { 'error_messages[0]': new RegExp(`order_lines\\[0\\]\\.${field}`) } },
      { body: withLine({ [field]: undefined }) },
    ),
  ),
  create('not-json', 'What is not JSON is 400 BAD_REQUEST', D.kp_errors, refused(400, 'BAD_REQUEST'), {
    body: '{"purchase_country":',
  }),
  create(
    'a-list',
    'A list is no session',
    inferred('what cannot be read is BAD_REQUEST'),
    refused(400, 'BAD_REQUEST'),
    { body: '[]' },
  ),
  create('no-lines', 'An empty list of lines is refused', D.payments, bad('order_lines'), {
    body: bought({ order_lines: [] }),
  }),
  create('1000-lines', 'A thousand lines are taken', D.payments, CREATED, {
    body: purchase(Array.from({ length: 1_000 }, () => line(1))),
  }),
  create('1001-lines', 'A thousand and one are not', D.payments, bad('order_lines'), {
    body: purchase(Array.from({ length: 1_001 }, () => line(1))),
  }),
  create('negative-amount', 'Amounts are not negative', D.payments, bad('order_amount'), {
    body: bought({ order_amount: -1 }),
  }),
  create('negative-tax', 'Nor is the tax', D.payments, bad('order_tax_amount'), {
    body: bought({ order_tax_amount: -1 }),
  }),
  create('fraction', 'A quantity is a whole number', D.kp_errors, bad('order_lines[0].quantity'), {
    body: withLine({ quantity: 1.5 }),
  }),
  create('amount-as-text', 'An amount is a number', D.payments, bad('order_amount'), {
    body: bought({ order_amount: 'many' }),
  }),
  create('lines-as-text', 'Lines are a list', D.payments, bad('order_lines'), {
    body: bought({ order_lines: 'shoe' }),
  }),
  create('country-of-three', 'A country has two letters', D.payments, bad('purchase_country'), {
    body: bought({ purchase_country: 'SWE' }),
  }),
  create(
    'country-unknown',
    'A country that is no market is refused',
    D.kp_errors,
    { status: 400, code: 'BAD_VALUE', fields: { 'error_messages[0]': /purchase_country/ } },
    { body: bought({ purchase_country: 'XX' }) },
  ),
  create('currency-of-four', 'A currency has three letters', D.payments, bad('purchase_currency'), {
    body: bought({ purchase_currency: 'SEKK' }),
  }),
  create('currency-foreign', 'Each market has its own currency', D.kp_errors, bad('purchase_currency'), {
    body: bought({ purchase_currency: 'EUR' }),
  }),
  create('locale-malformed', 'A locale is language and country', D.payments, bad('locale'), {
    body: bought({ locale: 'swedish' }),
  }),
  create('locale-foreign', 'A locale of another market is refused', D.kp_errors, bad('locale'), {
    body: bought({ locale: 'de-DE' }),
  }),
  create('billing-decides', 'The billing country overrides purchase_country', D.cart, bad('purchase_currency'), {
    body: bought({ billing_address: { country: 'NO' } }),
  }),
  create('attachment-malformed', 'Extra merchant data that cannot be read', D.emd, bad('attachment.attachment'), {
    body: bought({ attachment: { content_type: 'application/vnd.klarna.internal.emd-v2+json', body: 'not json' } }),
  }),
  create(
    'attachment-type',
    'An attachment says what it is',
    D.payments,
    { status: 400, code: 'BAD_VALUE', fields: { 'error_messages[0]': /attachment/ } },
    { body: bought({ attachment: { body: '{}' } }) },
  ),
  create(
    'attachment-body',
    'An attachment has a body',
    D.payments,
    { status: 400, code: 'BAD_VALUE', fields: { 'error_messages[0]': /attachment/ } },
    { body: bought({ attachment: { content_type: 'application/vnd.klarna.internal.emd-v2+json' } }) },
  ),
];

/** Values over a limit, by where they stand. */
const TOO_LONG: readonly (readonly [field: string, more: object])[] = [
  ['merchant_reference1', { merchant_reference1: long(256) }],
  ['merchant_reference2', { merchant_reference2: long(256) }],
  ['merchant_data', { merchant_data: long(6_001) }],
  ['intent', { intent: 'sell' }],
  ['acquiring_channel', { acquiring_channel: 'PIGEON' }],
  ['options.color_border', { options: { color_border: 'red' } }],
  ['options.color_text', { options: { color_text: '#12345' } }],
  ['customer.type', { customer: { type: 'robot' } }],
  ['customer.last_four_ssn', { customer: { last_four_ssn: '12' } }],
  ['customer.date_of_birth', { customer: { date_of_birth: '1.1.1980' } }],
  ['customer.organization_entity_type', { customer: { organization_entity_type: 'GANG' } }],
  ...['confirmation', 'notification', 'push', 'authorization'].map((name): [string, object] => [
    `merchant_urls.${name}`,
    { merchant_urls: { [name]: 'http://shop.example/' } },
  ]),
  ['merchant_urls.confirmation', { merchant_urls: { confirmation: `https://shop.example/${long(2_000)}` } }],
  ['merchant_urls.app_return_url', { merchant_urls: { app_return_url: 'https://shop.example/' } }],
  ...[
    'given_name',
    'family_name',
    'email',
    'phone',
    'street_address',
    'street_address2',
    'city',
    'region',
    'organization_name',
    'attention',
  ].map((name): [string, object] => [`billing_address.${name}`, { billing_address: { [name]: long(100) } }]),
  ['billing_address.postal_code', { billing_address: { postal_code: long(11) } }],
  ['billing_address.title', { billing_address: { title: long(21) } }],
  ['billing_address.country', { billing_address: { country: 'SWE' } }],
  ['shipping_address.given_name', { shipping_address: { given_name: long(100) } }],
  ['shipping_address.postal_code', { shipping_address: { postal_code: long(11) } }],
];

const LINE_TOO_LONG: readonly (readonly [field: string, more: object])[] = [
  ['name', { name: '' }],
  ['name', { name: long(256) }],
  ['reference', { reference: long(256) }],
  ['quantity', { quantity: -1 }],
  ['quantity_unit', { quantity_unit: long(9) }],
  ['tax_rate', { tax_rate: 10_001 }],
  ['tax_rate', { tax_rate: -1 }],
  ['unit_price', { unit_price: 200_000_001 }],
  ['total_discount_amount', { total_discount_amount: -1 }],
  ['type', { type: 'present' }],
  ['image_url', { image_url: long(1_025) }],
  ['product_url', { product_url: long(1_025) }],
  ['merchant_data', { merchant_data: long(1_025) }],
  ['product_identifiers.brand', { product_identifiers: { brand: long(71) } }],
  ['product_identifiers.category_path', { product_identifiers: { category_path: long(751) } }],
  ['product_identifiers.global_trade_item_number', { product_identifiers: { global_trade_item_number: long(51) } }],
  ['product_identifiers.manufacturer_part_number', { product_identifiers: { manufacturer_part_number: long(71) } }],
  ['subscription.interval', { subscription: { name: 'a', interval: 'DECADE', interval_count: 1 } }],
  ['subscription.interval_count', { subscription: { name: 'a', interval: 'MONTH', interval_count: 0 } }],
  ['subscription.name', { subscription: { interval: 'MONTH', interval_count: 1 } }],
];

const names = (field: string) => ({
  status: 400,
  code: 'BAD_VALUE',
  fields: { 'error_messages[0]': new RegExp(field.replace(/[[\].]/g, '\\$&')) },
});
const described = (more: object) => JSON.stringify(more).replace(/x{20,}/, (found) => `${found.length} characters`);

const LIMITS: readonly Probe[] = [
  ...TOO_LONG.map(([field, more], index) =>
    create(`limit-${index + 1}-${field}`, `Refused: ${described(more)}`, D.payments, names(field), {
      body: bought(more),
    }),
  ),
  ...LINE_TOO_LONG.map(([field, more], index) =>
    create(
      `line-limit-${index + 1}-${field}`,
      `Refused in a line: ${described(more)}`,
      D.payments,
      names(`order_lines[0].${field}`),
      {
        body: withLine(more),
      },
    ),
  ),
];

/** What deployed clients send, and what the documents allow. */
const TAKEN: readonly Probe[] = [
  ...['en', 'EN', 'PL'].map((locale) =>
    create(`locale-${locale}`, `A language alone passes as locale: ${locale}`, O.clients, CREATED, {
      body: bought({ locale }),
    }),
  ),
  create('lower-case', 'Country and currency in lower case', O.clients, CREATED, {
    body: bought({ purchase_country: 'se', purchase_currency: 'sek' }),
  }),
  create('unknown-keys', 'Unknown keys are ignored', O.clients, CREATED, { body: bought({ nonsense: { a: [1] } }) }),
  create('read-only', 'Read-only fields are ignored', O.clients, CREATED, {
    body: bought({ client_token: 'x', status: 'complete', expires_at: 'never' }),
  }),
  create('nulls', 'Null is as absent', O.clients, CREATED, {
    body: bought({ options: null, billing_address: { phone: null } }),
  }),
  create('number-as-reference', 'A reference may be a number', O.clients, CREATED, {
    body: bought({ merchant_reference2: 4711 }),
  }),
  create('empty-identifiers', 'Product identifiers may be empty', O.clients, CREATED, {
    body: withLine({ product_identifiers: {} }),
  }),
  create('integral-float', 'An integer may be written with a point', O.clients, CREATED, {
    body: JSON.stringify(PURCHASE).replace('"order_amount":10000', '"order_amount":10000.0'),
  }),
  create('reference-255', 'References of 255 characters', D.payments, CREATED, {
    body: bought({ merchant_reference1: long(255), merchant_reference2: long(255) }),
  }),
  create('merchant-data-6000', 'Merchant data of 6000 characters', D.payments, CREATED, {
    body: bought({ merchant_data: long(6_000) }),
  }),
  create('app-url', 'An app’s own scheme to return to', D.payments, CREATED, {
    body: bought({ merchant_urls: { app_return_url: 'shop-app://return' } }),
  }),
  create('attachment', 'Extra merchant data as the text of JSON', D.emd, CREATED, {
    body: bought({
      attachment: {
        content_type: 'application/vnd.klarna.internal.emd-v2+json',
        body: '{"payment_history_simple":[]}',
      },
    }),
  }),
  create('ssn', 'Four digits of a social security number', D.payments, CREATED, {
    body: { ...IN_US, customer: { last_four_ssn: '1234' } },
  }),
  create('organization', 'A company buys', D.payments, CREATED, {
    body: bought({
      customer: {
        type: 'organization',
        organization_entity_type: 'SOLE_TRADER',
        organization_registration_id: '1',
        vat_id: '2',
      },
    }),
  }),
  ...['buy', 'tokenize', 'buy_and_tokenize'].map((intent) =>
    create(`intent-${intent}`, `Intent ${intent}`, D.payments, CREATED, { body: bought({ intent }) }),
  ),
  ...['buy_and_default_tokenize', 'buy_and_link'].map((intent) =>
    create(`intent-${intent}`, `Intent ${intent}`, D.subscriptions, CREATED, { body: bought({ intent }) }),
  ),
  create('quantity-0', 'A line of nothing', D.payments, CREATED, {
    body: purchase([line(10_000), line(0, { quantity: 0, unit_price: 500 })]),
  }),
  create('promotions', 'Configurations of promotions', D.payments, CREATED, {
    body: bought({ custom_payment_method_ids: ['a', 'b'] }),
  }),
  ...['ECOMMERCE', 'IN_STORE', 'TELESALES'].map((acquiring_channel) =>
    create(`channel-${acquiring_channel}`, `Channel ${acquiring_channel}`, D.payments, CREATED, {
      body: bought({ acquiring_channel }),
    }),
  ),
  ...['DAY', 'WEEK', 'MONTH', 'YEAR'].map((interval) =>
    create(`subscription-${interval}`, `A line is paid by the ${interval.toLowerCase()}`, D.subscriptions, CREATED, {
      body: withLine({ subscription: { name: 'Shoes', interval, interval_count: 1 } }),
    }),
  ),
];

/** Country, currency, locale. */
const MARKETS: readonly (readonly [string, string, string])[] = [
  ['AU', 'AUD', 'en-AU'],
  ['AT', 'EUR', 'de-AT'],
  ['BE', 'EUR', 'nl-BE'],
  ['CA', 'CAD', 'fr-CA'],
  ['CZ', 'CZK', 'cs-CZ'],
  ['DK', 'DKK', 'da-DK'],
  ['FI', 'EUR', 'sv-FI'],
  ['FR', 'EUR', 'fr-FR'],
  ['DE', 'EUR', 'de-DE'],
  ['GR', 'EUR', 'el-GR'],
  ['HU', 'HUF', 'hu-HU'],
  ['IE', 'EUR', 'en-IE'],
  ['IT', 'EUR', 'it-IT'],
  ['MX', 'MXN', 'es-MX'],
  ['NL', 'EUR', 'nl-NL'],
  ['NZ', 'NZD', 'en-NZ'],
  ['NO', 'NOK', 'nb-NO'],
  ['PL', 'PLN', 'pl-PL'],
  ['PT', 'EUR', 'pt-PT'],
  ['RO', 'RON', 'ro-RO'],
  ['SK', 'EUR', 'sk-SK'],
  ['ES', 'EUR', 'es-ES'],
  ['SE', 'SEK', 'sv-SE'],
  ['CH', 'CHF', 'it-CH'],
  ['GB', 'GBP', 'en-GB'],
  ['US', 'USD', 'es-US'],
];

const PURCHASES_BY_MARKET: readonly Probe[] = MARKETS.map(([country, currency, locale]) =>
  create(`market-${country}`, `A purchase in ${country}: ${currency}, ${locale}`, D.countries, CREATED, {
    body: inMarket(country, currency, locale),
  }),
);

const update = operation(API, 'payments/update-session', 'POST /payments/v1/sessions/{session_id}', {
  given: 'session',
  body: {},
});
const UPDATED = { status: 204, empty: true } as const;

const UPDATE: readonly Probe[] = [
  update('204', 'An update answers 204 without a body', D.payments, UPDATED, { body: { merchant_reference1: 'a' } }),
  update('nothing', 'An update of nothing is fine', O.clients, UPDATED),
  update('reference', 'What it carries is read back, the rest stays', D.payments, UPDATED, {
    body: { merchant_reference1: 'a' },
    afterwards: {
      send: { call: READ },
      expect: { status: 200, fields: { merchant_reference1: 'a', order_amount: 10_000, locale: 'sv-SE' } },
    },
  }),
  update('amount', 'Amount and lines change together', D.payments, UPDATED, {
    body: { order_amount: 500, order_tax_amount: 0, order_lines: [line(500)] },
    afterwards: {
      send: { call: READ },
      expect: {
        status: 200,
        fields: { order_amount: 500, order_lines: { length: 1 }, 'order_lines[0].total_amount': 500 },
      },
    },
  }),
  update('address', 'An address is set', D.payments, UPDATED, {
    body: { billing_address: ALMA },
    afterwards: { send: { call: READ }, expect: { status: 200, fields: { 'billing_address.city': 'Stockholm' } } },
  }),
  update('sum', 'Sums are checked again', D.kp_errors, bad('order_amount'), { body: { order_amount: 1 } }),
  update('refused-changes-nothing', 'What is refused changes nothing', D.payments, bad('order_amount'), {
    body: { order_amount: 1, merchant_reference1: 'a' },
    afterwards: {
      send: { call: READ },
      expect: { status: 200, fields: { order_amount: 10_000 }, absent: ['merchant_reference1'] },
    },
  }),
  update('currency', 'A currency of another market', D.kp_errors, bad('purchase_currency'), {
    body: { purchase_currency: 'EUR' },
  }),
  update('locale', 'A locale of another market', D.kp_errors, bad('locale'), { body: { locale: 'de-DE' } }),
  update('billing-decides', 'A billing address spoils the currency', D.cart, bad('purchase_currency'), {
    body: { billing_address: { country: 'NO' } },
  }),
  update('limit', 'Limits hold in updates too', D.payments, bad('merchant_reference1'), {
    body: { merchant_reference1: long(256) },
  }),
  update('attachment', 'Extra merchant data is checked in updates', D.emd, bad('attachment.attachment'), {
    body: { attachment: { content_type: 'application/vnd.klarna.internal.emd-v2+json', body: '[' } },
  }),
  update('not-json', 'What is not JSON is 400 BAD_REQUEST', D.kp_errors, refused(400, 'BAD_REQUEST'), { body: '{' }),
  update('unknown', 'An unknown session is 404', D.kp_errors, refused(404, 'NOT_FOUND', 'Invalid session id'), {
    given: 'nothing',
    vars: { session_id: NOBODY },
  }),
  update(
    'no-uuid',
    'An id that cannot be is 4xx, not 500',
    O.recorded,
    { status: [400, 404] },
    { given: 'nothing', vars: { session_id: 'nonsense' } },
  ),
  update(
    'completed',
    'A completed session is 404 SESSION_COMPLETED',
    D.kp_errors,
    refused(404, 'SESSION_COMPLETED', 'Session has already been completed'),
    { given: 'order' },
  ),
  update('expired', 'After 48 hours it is unknown', D.kp_errors, refused(404, 'NOT_FOUND', 'Invalid session id'), {
    given: 'session_expired',
  }),
];

const readSession = operation(API, 'payments/read-session', READ, { given: 'session' });

const READS: readonly Probe[] = [
  readSession('incomplete', 'A fresh session is incomplete', D.payments, {
    status: 200,
    fields: { status: 'incomplete' },
  }),
  readSession(
    'complete',
    'After the order it is complete',
    D.session,
    { status: 200, fields: { status: 'complete' } },
    { given: 'order' },
  ),
  readSession('purchase', 'It shows the purchase', D.payments, {
    status: 200,
    fields: {
      purchase_country: 'SE',
      purchase_currency: 'SEK',
      locale: 'sv-SE',
      order_amount: 10_000,
      order_tax_amount: 2_000,
      'order_lines[0].reference': 'shoe',
      'order_lines[0].tax_rate': 2_500,
    },
  }),
  readSession('read-only', 'Client token, categories and expiry are there', D.payments, {
    status: 200,
    fields: {
      client_token: { is: 'jwt' },
      'payment_method_categories[0].identifier': 'klarna',
      expires_at: { is: 'timestamp' },
    },
  }),
  readSession('48-hours', 'It ends 48 hours after it was created', D.initiate, {
    status: 200,
    fields: { expires_at: { is: 'in_48_hours' } },
  }),
  readSession('no-token', 'Before the shopper there is no authorization token', D.session, {
    status: 200,
    fields: { status: 'incomplete' },
    absent: ['authorization_token'],
  }),
  readSession(
    'token',
    'After the shopper there is one',
    D.session,
    { status: 200, fields: { authorization_token: '$authorization_token' } },
    { given: 'authorized' },
  ),
  readSession(
    'newest-token',
    'Of several tokens the newest is shown',
    inferred('callback page: use the newest'),
    { status: 200, fields: { authorization_token: '$newest_token' } },
    { given: 'authorized_twice' },
  ),
  readSession(
    'no-ssn',
    'What identifies a person is not given back',
    D.payments,
    {
      status: 200,
      fields: { 'customer.date_of_birth': '1970-01-01' },
      absent: ['customer.national_identification_number', 'customer.last_four_ssn'],
    },
    {
      variation: {
        purchase: bought({ customer: { date_of_birth: '1970-01-01', national_identification_number: '197001010000' } }),
      },
    },
  ),
  readSession(
    'shoppers-data',
    'Details that the shopper gave appear once there is an authorization',
    D.session,
    { status: 200, fields: { 'billing_address.city': 'Stockholm' } },
    { given: 'authorized', variation: { shopper: { billing_address: ALMA } } },
  ),
  readSession(
    'declined-data',
    'And not after a decline',
    D.session,
    { status: 200, fields: { status: 'incomplete' }, absent: ['billing_address.city', 'authorization_token'] },
    { given: 'declined', variation: { shopper: { outcome: 'decline', billing_address: ALMA } } },
  ),
  ...['denied', 'red'].map((word) =>
    readSession(
      `person-${word}`,
      `The test person ${word} is declined`,
      D.people,
      { status: 200, fields: { status: 'incomplete' }, absent: ['authorization_token'] },
      { given: 'declined', variation: { shopper: { billing_address: { email: `customer+${word}@email.se` } } } },
    ),
  ),
  readSession(
    'upper-case',
    'Countries come back in upper case',
    O.order,
    { status: 200, fields: { purchase_country: 'SE', purchase_currency: 'SEK' } },
    { variation: { purchase: bought({ purchase_country: 'se', purchase_currency: 'sek' }) } },
  ),
  readSession('default-intent', 'The intent is buy unless said otherwise', D.payments, {
    status: 200,
    fields: { intent: 'buy' },
  }),
  readSession('default-channel', 'The channel is ECOMMERCE unless said otherwise', D.payments, {
    status: 200,
    fields: { acquiring_channel: 'ECOMMERCE' },
  }),
  readSession('unknown', 'An unknown session is 404', D.kp_errors, refused(404, 'NOT_FOUND', 'Invalid session id'), {
    given: 'nothing',
    vars: { session_id: NOBODY },
  }),
  readSession(
    'no-uuid',
    'An id that cannot be is 4xx, not 500',
    O.recorded,
    { status: [400, 404] },
    { given: 'nothing', vars: { session_id: 'nonsense' } },
  ),
  readSession('expired', 'After 48 hours it is unknown', D.kp_errors, refused(404, 'NOT_FOUND', 'Invalid session id'), {
    given: 'session_expired',
  }),
];

const deleteAuthorization = operation(
  API,
  'payments/cancel-authorization',
  'DELETE /payments/v1/authorizations/{authorization_token}',
  { given: 'authorized' },
);

const AUTHORIZATIONS: readonly Probe[] = [
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

const ORDERS: readonly Probe[] = [
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

const AUTO: readonly Probe[] = [
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

export const PAYMENTS: readonly Probe[] = [
  ...CREATE,
  ...VERDICTS,
  ...SUMS,
  ...FAULTS,
  ...LIMITS,
  ...TAKEN,
  ...PURCHASES_BY_MARKET,
  ...UPDATE,
  ...READS,
  ...AUTHORIZATIONS,
  ...ORDERS,
  ...AUTO,
];
