/** Sessions are created: what comes back, purchases whose verdict is known, sums at the edge. */
import { type Probe, refused } from '../../probe.ts';
import { bought, line, NOBODY, PURCHASE, purchase } from '../../purchases.ts';
import { D, inferred, O } from '../../sources.ts';
import { bad, CREATED, create } from './shared.ts';

export const CREATE: readonly Probe[] = [
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
export const VERDICTS: readonly Probe[] = [
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
export const SUMS: readonly Probe[] = [
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
