/**
 * Klarna Payments v1 as its clients see it, over HTTP and on every store. Each test's first line says what a shop would
 * suffer if it failed.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ALMA,
  type Answered,
  assertRefused,
  assertStatus,
  type Json,
  PURCHASE,
  purchaseIn,
  purchaseOf,
  type Shop,
  STORES,
  sharedProvider,
} from '../testing.ts';

const SESSIONS = '/payments/v1/sessions';
const UNKNOWN = '0190a0b0-0000-7000-8000-000000000000';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const [LINE] = PURCHASE.order_lines;
/** The purchase with other fields on its one line. */
const withLine = (line: object): Json => ({ ...PURCHASE, order_lines: [{ ...LINE, ...line }] });
const cancelToken = (shop: Shop, token: string) => shop.call('DELETE', `/payments/v1/authorizations/${token}`);
const readSession = (shop: Shop, session_id: string) => shop.call('GET', `${SESSIONS}/${session_id}`);
const updateSession = (shop: Shop, session_id: string, changes: object) =>
  shop.call('POST', `${SESSIONS}/${session_id}`, changes);

/** Untaxed lines of these amounts, to be laid over `PURCHASE`. */
const cart = (...amounts: readonly number[]): Json => ({ ...purchaseOf(...amounts), order_tax_amount: null });

/** One line a row: quantity, unit price, total, and where given discount, rate, tax, type. */
interface Row {
  readonly quantity: number;
  readonly unit_price: number;
  readonly total_amount: number;
  readonly total_discount_amount?: number;
  readonly tax_rate?: number;
  readonly total_tax_amount?: number;
  readonly type?: string;
}
const taxed = (total: number, rate: number, tax: number): Row => ({
  quantity: 1,
  unit_price: total,
  total_amount: total,
  tax_rate: rate,
  total_tax_amount: tax,
});

/** Documented and recorded requests, by their figures: market, order amount, order tax, lines; what they are answered. */
const DOCUMENTED: readonly {
  readonly name: string;
  readonly market: readonly [country: string, currency: string, locale: string];
  readonly amount: number;
  readonly tax: number;
  readonly lines: readonly Row[];
  readonly refused?: readonly string[];
}[] = [
  {
    name: 'gift card and store credit, DE',
    market: ['DE', 'EUR', 'de-DE'],
    amount: 24_200,
    tax: 4_973,
    lines: [
      { ...taxed(25_000, 2_500, 5_000), unit_price: 30_000, total_discount_amount: 5_000, type: 'physical' },
      { ...taxed(-300, 1_000, -27), type: 'gift_card' },
      { ...taxed(-500, 0, 0), type: 'store_credit' },
    ],
  },
  {
    name: 'goods and shipping with tax, FR',
    market: ['FR', 'EUR', 'fr-FR'],
    amount: 62_400,
    tax: 10_400,
    lines: [taxed(59_500, 2_000, 9_917), { ...taxed(2_900, 2_000, 483), type: 'shipping_fee' }],
  },
  {
    name: 'discount as a line, GB in lower case',
    market: ['gb', 'gbp', 'en-gb'],
    amount: 9_000,
    tax: 818,
    lines: [taxed(10_000, 1_000, 909), { ...taxed(-1_000, 1_000, -91), type: 'discount' }],
  },
  {
    name: 'discount on the line, GB in lower case',
    market: ['gb', 'gbp', 'en-gb'],
    amount: 10_000,
    tax: 2_000,
    lines: [
      { quantity: 10, unit_price: 600, total_amount: 6_000, tax_rate: 2_500, total_tax_amount: 1_200 },
      { ...taxed(4_000, 2_500, 800), unit_price: 5_000, total_discount_amount: 1_000 },
    ],
  },
  {
    name: 'negative line of type physical, SE',
    market: ['SE', 'SEK', 'sv-SE'],
    amount: 24_000,
    tax: 4_800,
    lines: [
      { ...taxed(25_000, 2_500, 5_000), unit_price: 30_000, total_discount_amount: 5_000 },
      { ...taxed(-1_000, 2_500, -200), type: 'physical' },
    ],
  },
  {
    name: 'untaxed bike, US in lower case',
    market: ['us', 'usd', 'en-US'],
    amount: 20_000,
    tax: 0,
    lines: [taxed(20_000, 0, 0)],
  },
  {
    name: 'sales tax as a line, US',
    market: ['US', 'USD', 'en-US'],
    amount: 21_000,
    tax: 1_000,
    lines: [
      { quantity: 1, unit_price: 20_000, total_amount: 20_000 },
      { quantity: 1, unit_price: 1_000, total_amount: 1_000, type: 'sales_tax' },
    ],
  },
  {
    name: 'tax of 25 % announced as 20 %, FR',
    market: ['FR', 'EUR', 'fr-FR'],
    amount: 62_400,
    tax: 12_480,
    lines: [taxed(59_500, 2_000, 11_900), { ...taxed(2_900, 2_000, 580), type: 'shipping_fee' }],
    refused: ['order_lines[0].total_tax_amount', 'order_lines[1].total_tax_amount'],
  },
  {
    name: 'order tax that is not the sum, SE',
    market: ['SE', 'SEK', 'sv-SE'],
    amount: 4_000,
    tax: 700,
    lines: [taxed(4_000, 2_000, 666)],
    refused: ['order_tax_amount'],
  },
];

/** A line total and its tolerance, per unit of quantity; the tax of a line; the sums. The last figure accepted, the first refused. */
const ARITHMETIC: readonly (readonly [name: string, purchase: Json, ...refused: string[]])[] = [
  ['one unit, exact', withLine({})],
  ['one unit, total off by two', withLine({ total_amount: 10_002 }), 'order_lines[0].total_amount', 'order_amount'],
  ['three units, total three too much', threeUnits(9_999 + 3)],
  ['three units, total four too much', threeUnits(9_999 + 4), 'order_lines[0].total_amount'],
  ['three units, total three too little', threeUnits(9_999 - 3)],
  ['three units, total four too little', threeUnits(9_999 - 4), 'order_lines[0].total_amount'],
  ['one unit, total one too much', discounted(0, 10_001), 'order_lines[0].total_amount'],
  ['discount taken off', discounted(2_000, 8_000)],
  ['discount not taken off', discounted(2_000, 10_000), 'order_lines[0].total_amount'],
  ['tax as computed', withLine({ total_tax_amount: 2_000 })],
  ['tax one too much', withLine({ total_tax_amount: 2_001 })],
  ['tax two too much', withLine({ total_tax_amount: 2_002 }), 'order_lines[0].total_tax_amount', 'order_tax_amount'],
  ['tax one too little', withLine({ total_tax_amount: 1_999 })],
  ['tax two too little', withLine({ total_tax_amount: 1_998 }), 'order_lines[0].total_tax_amount', 'order_tax_amount'],
  ['tax 32.38 sent as 33', smallTax(33)],
  ['tax 32.38 sent as 32', smallTax(32)],
  ['tax 32.38 sent as 34', smallTax(34), 'order_lines[0].total_tax_amount'],
  ['tax 32.38 sent as 31', smallTax(31), 'order_lines[0].total_tax_amount'],
  ['tax 32.38 sent as 41', smallTax(41), 'order_lines[0].total_tax_amount'],
  ['order amount one too much', { ...PURCHASE, order_amount: 10_001 }, 'order_amount'],
  ['order amount one too little', { ...PURCHASE, order_amount: 9_999 }, 'order_amount'],
  ['order tax off by one, one line', { ...PURCHASE, order_tax_amount: 2_001 }],
  ['order tax off by two, one line', { ...PURCHASE, order_tax_amount: 2_002 }, 'order_tax_amount'],
  ['order tax off by two, two lines', { ...twice(), order_tax_amount: 4_002 }],
  ['order tax off by three, two lines', { ...twice(), order_tax_amount: 4_003 }, 'order_tax_amount'],
  ['no order tax, taxed lines', withoutTax()],
  ['US: order tax is the sales tax', usTax(1_000)],
  ['US: order tax one more than the sales tax', usTax(1_001), 'order_tax_amount'],
  ['US: order tax one less than the sales tax', usTax(999), 'order_tax_amount'],
  ['US by billing country', { ...usTax(1_000), purchase_country: 'GB', billing_address: { country: 'US' } }],
  ['amount and lines of nothing', { ...purchaseOf(0) }],
];

/** 3 × 3333 = 9999. */
function threeUnits(total_amount: number): Json {
  const line = { name: 'Socks', quantity: 3, unit_price: 3_333, total_amount };
  return { ...purchaseOf(0), order_amount: total_amount, order_lines: [line] };
}
function discounted(total_discount_amount: number, total_amount: number): Json {
  const line = { name: 'Shoe', quantity: 1, unit_price: 10_000, total_discount_amount, total_amount };
  return { ...purchaseOf(0), order_amount: total_amount, order_lines: [line] };
}
function smallTax(tax: number): Json {
  return {
    ...purchaseOf(0),
    order_amount: 495,
    order_tax_amount: tax,
    order_lines: [{ name: 'Tea', ...taxed(495, 700, tax) }],
  };
}
function twice(): Json {
  return { ...PURCHASE, order_amount: 20_000, order_tax_amount: 4_000, order_lines: [LINE, LINE] };
}
function withoutTax(): Json {
  const { order_tax_amount: _left_out, ...rest } = PURCHASE;
  return rest;
}
function usTax(order_tax_amount: number): Json {
  const goods = { name: 'Bag', quantity: 1, unit_price: 20_000, total_amount: 20_000 };
  const tax = { name: 'Tax', type: 'sales_tax', quantity: 1, unit_price: 1_000, total_amount: 1_000 };
  return {
    purchase_country: 'US',
    purchase_currency: 'USD',
    locale: 'en-US',
    order_amount: 21_000,
    order_tax_amount,
    order_lines: [goods, tax],
  };
}

/** Klarna's markets: country, currency, locales. */
const MARKETS: readonly (readonly [country: string, currency: string, ...locales: string[]])[] = [
  ['AU', 'AUD', 'en-AU'],
  ['AT', 'EUR', 'de-AT', 'en-AT'],
  ['BE', 'EUR', 'nl-BE', 'fr-BE', 'en-BE'],
  ['CA', 'CAD', 'en-CA', 'fr-CA'],
  ['CZ', 'CZK', 'cs-CZ', 'en-CZ'],
  ['DK', 'DKK', 'da-DK', 'en-DK'],
  ['FI', 'EUR', 'fi-FI', 'sv-FI', 'en-FI'],
  ['FR', 'EUR', 'fr-FR', 'en-FR'],
  ['DE', 'EUR', 'de-DE', 'en-DE'],
  ['GR', 'EUR', 'el-GR', 'en-GR'],
  ['HU', 'HUF', 'hu-HU', 'en-HU'],
  ['IE', 'EUR', 'en-IE'],
  ['IT', 'EUR', 'it-IT', 'en-IT'],
  ['MX', 'MXN', 'es-MX', 'en-MX'],
  ['NL', 'EUR', 'nl-NL', 'en-NL'],
  ['NZ', 'NZD', 'en-NZ'],
  ['NO', 'NOK', 'nb-NO', 'en-NO'],
  ['PL', 'PLN', 'pl-PL', 'en-PL'],
  ['PT', 'EUR', 'pt-PT', 'en-PT'],
  ['RO', 'RON', 'ro-RO', 'en-RO'],
  ['SK', 'EUR', 'sk-SK', 'en-SK'],
  ['ES', 'EUR', 'es-ES', 'en-ES'],
  ['SE', 'SEK', 'sv-SE', 'en-SE'],
  ['CH', 'CHF', 'de-CH', 'fr-CH', 'it-CH', 'en-CH'],
  ['GB', 'GBP', 'en-GB'],
  ['US', 'USD', 'en-US', 'es-US'],
];

const MARKET_RULES: readonly (readonly [name: string, purchase: Json, ...refused: string[]])[] = [
  ['a currency of another market', purchaseIn('SE', 'EUR', 'sv-SE'), 'purchase_currency'],
  ['a currency that does not exist', purchaseIn('SE', 'XXX', 'sv-SE'), 'purchase_currency'],
  ['a country without Klarna', purchaseIn('JP', 'JPY', 'en-JP'), 'purchase_country'],
  ['a locale of another market', purchaseIn('SE', 'SEK', 'de-DE'), 'locale'],
  ['another market’s English', purchaseIn('SE', 'SEK', 'en-US'), 'locale'],
  ['a bare language', purchaseIn('SE', 'SEK', 'en')],
  ['a bare language in upper case', purchaseIn('SE', 'SEK', 'EN')],
  ['another country’s bare language', purchaseIn('SE', 'SEK', 'PL')],
  ['everything in lower case', purchaseIn('se', 'sek', 'sv-se')],
  ['no locale at all', purchaseOf(500)],
  ['a billing country that fits', { ...purchaseIn('SE', 'SEK', 'sv-SE'), billing_address: { country: 'se' } }],
  [
    'a billing country of another currency',
    { ...purchaseIn('SE', 'SEK', 'sv-SE'), billing_address: { country: 'NO' } },
    'purchase_currency',
  ],
  ['a billing country that decides', { ...purchaseIn('SE', 'NOK', 'nb-NO'), billing_address: { country: 'NO' } }],
  [
    'a billing country of the same currency',
    { ...purchaseIn('DE', 'EUR', 'de-DE'), billing_address: { country: 'AT' } },
  ],
  [
    'a billing country without Klarna',
    { ...purchaseIn('SE', 'SEK', 'sv-SE'), billing_address: { country: 'JP' } },
    'purchase_currency',
  ],
];

const long = (length: number) => 'x'.repeat(length);
const URL_2000 = `https://shop.example/${long(2000 - 'https://shop.example/'.length)}`;

/** Fields at their bounds: what is sent, and the field that is named when it is refused. */
const FIELD_LIMITS: readonly (readonly [name: string, change: Json, refused?: string])[] = [
  ['order_amount below zero', { order_amount: -1 }, 'order_amount'],
  ['order_amount as a fraction', { order_amount: 100.5 }, 'order_amount'],
  ['order_amount as a text', { order_amount: '10000' }, 'order_amount'],
  ['order_tax_amount below zero', { order_tax_amount: -1 }, 'order_tax_amount'],
  ['no lines', { order_lines: [] }, 'order_lines'],
  ['lines that are no list', { order_lines: {} }, 'order_lines'],
  ['1000 lines', cart(...Array.from({ length: 1000 }, () => 1))],
  ['1001 lines', cart(...Array.from({ length: 1001 }, () => 1)), 'order_lines'],
  ['purchase_country of three letters', { purchase_country: 'SWE' }, 'purchase_country'],
  ['purchase_currency of two letters', { purchase_currency: 'SE' }, 'purchase_currency'],
  ['locale with an underscore', { locale: 'sv_SE' }, 'locale'],
  ['merchant_reference1 of 255', { merchant_reference1: long(255) }],
  ['merchant_reference1 of 256', { merchant_reference1: long(256) }, 'merchant_reference1'],
  ['merchant_reference2 of 256', { merchant_reference2: long(256) }, 'merchant_reference2'],
  ['merchant_data of 6000', { merchant_data: long(6000) }],
  ['merchant_data of 6001', { merchant_data: long(6001) }, 'merchant_data'],
  ['acquiring_channel IN_STORE', { acquiring_channel: 'IN_STORE' }],
  ['acquiring_channel unknown', { acquiring_channel: 'MAIL' }, 'acquiring_channel'],
  ['intent tokenize', { intent: 'tokenize' }],
  ['intent buy_and_tokenize', { intent: 'buy_and_tokenize' }],
  ['intent unknown', { intent: 'steal' }, 'intent'],
  ['a colour', { options: { color_border: '#0a7CFF' } }],
  ['a colour by name', { options: { color_border: 'blue' } }, 'options.color_border'],
  ['a confirmation URL of 2000', { merchant_urls: { confirmation: URL_2000 } }],
  ['a confirmation URL of 2001', { merchant_urls: { confirmation: `${URL_2000}x` } }, 'merchant_urls.confirmation'],
  ['a URL without TLS', { merchant_urls: { push: 'http://shop.example/push' } }, 'merchant_urls.push'],
  ['an app’s own scheme', { merchant_urls: { app_return_url: 'shop://return' } }],
  [
    'a web page as app_return_url',
    { merchant_urls: { app_return_url: 'https://shop.example' } },
    'merchant_urls.app_return_url',
  ],
  ['an address field of 99', { billing_address: { attention: long(99) } }],
  ['an address field of 100', { billing_address: { attention: long(100) } }, 'billing_address.attention'],
  ['a postal code of 11', { billing_address: { postal_code: long(11) } }, 'billing_address.postal_code'],
  ['a title of 21', { shipping_address: { title: long(21) } }, 'shipping_address.title'],
  ['a country of three letters', { billing_address: { country: 'SWE' } }, 'billing_address.country'],
  ['a social security number of four digits', { customer: { last_four_ssn: '1234' } }],
  ['a social security number of five digits', { customer: { last_four_ssn: '12345' } }, 'customer.last_four_ssn'],
  ['a customer of type robot', { customer: { type: 'robot' } }, 'customer.type'],
  ['a date of birth the German way', { customer: { date_of_birth: '01.02.1980' } }, 'customer.date_of_birth'],
  [
    'extra merchant data',
    { attachment: { content_type: 'application/vnd.klarna.internal.emd-v2+json', body: '{"a":[]}' } },
  ],
  [
    'extra merchant data that are no JSON',
    { attachment: { content_type: 'application/vnd.klarna.internal.emd-v2+json', body: 'a: 1' } },
    'attachment.attachment',
  ],
  ['a line without quantity_unit', withLine({ quantity_unit: '12345678' })],
  ['a quantity_unit of nine', withLine({ quantity_unit: '123456789' }), 'order_lines[0].quantity_unit'],
  ['a line name of 255', withLine({ name: long(255) })],
  ['a line name of 256', withLine({ name: long(256) }), 'order_lines[0].name'],
  ['a line with an empty name', withLine({ name: '' }), 'order_lines[0].name'],
  ['a line reference of 256', withLine({ reference: long(256) }), 'order_lines[0].reference'],
  ['a tax rate over 100 %', withLine({ tax_rate: 10_001 }), 'order_lines[0].tax_rate'],
  ['a tax rate below zero', withLine({ tax_rate: -1 }), 'order_lines[0].tax_rate'],
  ['half a piece', withLine({ quantity: 0.5 }), 'order_lines[0].quantity'],
  ['a quantity below zero', withLine({ quantity: -1 }), 'order_lines[0].quantity'],
  ['a unit price over two million', withLine({ unit_price: 200_000_001 }), 'order_lines[0].unit_price'],
  ['a total over two million', withLine({ total_amount: 200_000_001 }), 'order_lines[0].total_amount'],
  ['a discount below zero', withLine({ total_discount_amount: -1 }), 'order_lines[0].total_discount_amount'],
  ['a line type of Order Management', withLine({ type: 'return_fee' }), 'order_lines[0].type'],
  ['a line without a price', withLine({ unit_price: null }), 'order_lines[0].unit_price'],
  ['a subscription', withLine({ subscription: { name: 'Box', interval: 'MONTH', interval_count: 1 } })],
  [
    'a subscription by fortnight',
    withLine({ subscription: { name: 'Box', interval: 'FORTNIGHT', interval_count: 1 } }),
    'order_lines[0].subscription.interval',
  ],
  ['a brand of 71', withLine({ product_identifiers: { brand: long(71) } }), 'order_lines[0].product_identifiers.brand'],
];

/** What deployed clients send and Klarna takes. */
const FIELD_INPUT: readonly (readonly [name: string, change: Json])[] = [
  ['integral floats', JSON.parse('{"order_amount": 10000.0, "order_tax_amount": 2e3}') as Json],
  ['numeric references', { merchant_reference1: 4711, merchant_reference2: 12 }],
  ['a phone that is null', { billing_address: { phone: null } }],
  ['null for whole objects', { options: null, customer: null, shipping_address: null, merchant_urls: null }],
  ['empty product identifiers', withLine({ product_identifiers: {} })],
  ['unknown keys', { shop_system: 'x', billing_address: { care_of: 'y' }, ...withLine({ weight: 12 }) }],
  ['read-only fields', { client_token: 'x', status: 'complete', expires_at: 'now', authorization_token: 'x' }],
  ['lower-case country and currency', { purchase_country: 'se', purchase_currency: 'sek' }],
];

for (const kind of STORES) {
  describe(`Klarna Payments on ${kind.name}`, () => {
    const world = sharedProvider(kind);

    describe('a session', () => {
      test('is created with 200, an id, a client token and categories', async () => {
        // A checkout cannot start, or the SDK cannot initialise.
        const shop = await world.shop();
        const answer = await shop.call('POST', SESSIONS, PURCHASE);
        assertStatus(answer, 200);
        assert.deepEqual(Object.keys(answer.body), ['session_id', 'client_token', 'payment_method_categories']);
        assert.match(String(answer.body.session_id), UUID);
        assert.deepEqual(answer.body.payment_method_categories, [
          {
            identifier: 'klarna',
            name: 'Pay with Klarna',
            asset_urls: {
              descriptive: 'https://x.klarnacdn.net/payment-method/assets/badges/generic/klarna.svg',
              standard: 'https://x.klarnacdn.net/payment-method/assets/badges/generic/klarna.svg',
            },
          },
        ]);
        const [, payload = '', ...rest] = String(answer.body.client_token).split('.');
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Json;
        assert.equal(rest.length, 1);
        assert.equal(claims.session_id, answer.body.session_id);
      });

      test('offers the categories of the account', async () => {
        // A shop that tests with the classic categories would see others than in production.
        const shop = await world.shop({ payment_method_categories: ['pay_later', 'pay_now', 'pay_over_time'] });
        const answer = await shop.call('POST', SESSIONS, PURCHASE);
        const categories = answer.body.payment_method_categories as Json[];
        assert.deepEqual(
          categories.map(({ identifier }) => identifier),
          ['pay_later', 'pay_now', 'pay_over_time'],
        );
      });

      test('is read with what was sent, the defaults and the read-only fields', async () => {
        // The authorization callback’s fallback is this read; without it lost checkouts stay lost.
        const shop = await world.shop();
        const sent = { ...PURCHASE, merchant_reference1: 'cart-7', merchant_data: 'x', billing_address: ALMA };
        const created = await shop.call('POST', SESSIONS, { ...sent, locale: undefined });
        const { status, body } = await readSession(shop, String(created.body.session_id));
        assert.equal(status, 200);
        const { expires_at, client_token, payment_method_categories, ...rest } = body;
        assert.deepEqual(rest, {
          ...sent,
          locale: 'en-US',
          acquiring_channel: 'ECOMMERCE',
          intent: 'buy',
          status: 'incomplete',
        });
        assert.equal(client_token, created.body.client_token);
        assert.deepEqual(payment_method_categories, created.body.payment_method_categories);
        assert.match(String(expires_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      });

      test('does not give back what identifies a person', async () => {
        // Social security numbers would leak into every log that keeps the read.
        const shop = await world.shop();
        const customer = {
          date_of_birth: '1980-02-01',
          last_four_ssn: '1234',
          national_identification_number: '800201-1234',
          customer_token: 'token',
          type: 'person',
        };
        const session_id = await shop.newSession({ ...PURCHASE, customer });
        const { body } = await readSession(shop, session_id);
        assert.deepEqual(body.customer, { date_of_birth: '1980-02-01', type: 'person' });
      });

      test('shows the shopper’s own details only once there is an authorization', async () => {
        // A shop would read the address of somebody who was declined, and ship to it.
        const shop = await world.shop();
        const session_id = await shop.newSession();
        await shop.authorize(session_id, { billing_address: { ...ALMA, email: 'customer+denied@email.se' } });
        assert.equal((await readSession(shop, session_id)).body.billing_address, undefined);
        await shop.approve(session_id, { billing_address: ALMA });
        assert.deepEqual((await readSession(shop, session_id)).body.billing_address, ALMA);
      });

      test('lists everything missing in one message', async () => {
        // Plugins show this one message to the shop owner.
        const shop = await world.shop();
        for (const body of ['{}', '', ' ']) {
          const answer = await shop.call('POST', SESSIONS, body);
          assertRefused(answer, 400, 'BAD_VALUE');
          const [message = '', ...others] = answer.body.error_messages as string[];
          assert.deepEqual(others, []);
          assert.match(message, /^Bad value: /);
          const fields = message.slice('Bad value: '.length).split(', ').sort();
          assert.deepEqual(fields, ['order_amount', 'order_lines', 'purchase_country', 'purchase_currency']);
        }
        const lines = await shop.call('POST', SESSIONS, { ...PURCHASE, order_lines: [{}] });
        assertRefused(lines, 400, 'BAD_VALUE');
        for (const field of ['name', 'quantity', 'unit_price', 'total_amount'])
          assert.match(lines.text, new RegExp(`order_lines\\[0\\]\\.${field}`));
      });

      test('refuses what is not JSON with 400 BAD_REQUEST', async () => {
        // A client that sends rubbish must not see a 500, which it would repeat.
        const shop = await world.shop();
        for (const body of ['{', '[]', 'null', '"text"', '{"a":1}}', 'order_amount=1'])
          assertRefused(await shop.call('POST', SESSIONS, body), 400, 'BAD_REQUEST', []);
      });

      test('names every field that is out of bounds', async () => {
        // What passes here and fails in production costs a launch.
        const shop = await world.shop();
        for (const [name, change, refused] of FIELD_LIMITS) {
          const answer = await shop.call('POST', SESSIONS, { ...PURCHASE, ...change });
          if (refused === undefined) assert.equal(answer.status, 200, `${name}: ${answer.text}`);
          else assertRefused(answer, 400, 'BAD_VALUE', [`Bad value: ${refused}`]);
        }
      });

      test('takes what deployed clients send', async () => {
        // An existing plugin would not work against this Klarna though it works against the real one.
        const shop = await world.shop();
        for (const [name, change] of FIELD_INPUT) {
          const answer = await shop.call('POST', SESSIONS, { ...PURCHASE, ...change });
          assert.equal(answer.status, 200, `${name}: ${answer.text}`);
        }
        const session_id = await shop.newSession({ ...PURCHASE, merchant_reference2: 12, client_token: 'x' });
        const { body } = await readSession(shop, session_id);
        assert.equal(body.merchant_reference2, '12');
        assert.notEqual(body.client_token, 'x');
      });

      test('keeps any text that JSON can carry', async () => {
        // A product name with a strange character would turn into a 500, or into another name.
        const shop = await world.shop();
        for (const name of ['Å 靴 🥿 "quoted" \\ / \u2028', 'zero \u0000 byte', 'half \ud83d pair', '\u0007']) {
          const session_id = await shop.newSession(withLine({ name }));
          const { body } = await readSession(shop, session_id);
          assert.equal((body.order_lines as Json[])[0]?.name, name);
        }
      });

      test('answers 404 for ids that cannot be', async () => {
        // A mangled id must not be a 500.
        const shop = await world.shop();
        for (const id of [UNKNOWN, 'nonsense', '%00', '%F0%9F%A5%BF', '%zz', "'%3B--", long(1000)]) {
          assertRefused(await readSession(shop, id), 404, 'NOT_FOUND', ['Invalid session id']);
          assertRefused(await updateSession(shop, id, {}), 404, 'NOT_FOUND', ['Invalid session id']);
        }
      });

      test('knows no idempotency key', async () => {
        // Klarna Payments has none; a client that trusts one here would make two sessions in production.
        const shop = await world.shop();
        const create = () => shop.call('POST', SESSIONS, PURCHASE, { 'klarna-idempotency-key': 'k' });
        const [one, two] = [await create(), await create()];
        assert.notEqual(one.body.session_id, two.body.session_id);
      });

      test('is found by its id in either case', async () => {
        // Some databases hand UUIDs out in upper case.
        const shop = await world.shop();
        const session_id = await shop.newSession();
        assertStatus(await readSession(shop, session_id.toUpperCase()), 200);
      });

      test('ends after 48 hours, for reading, updating and authorizing', async () => {
        // A shop that keeps sessions for longer would only find out in production.
        const shop = await world.shop();
        const session_id = await shop.newSession();
        await shop.advance('PT47H59M');
        assertStatus(await readSession(shop, session_id), 200);
        assertStatus(await updateSession(shop, session_id, {}), 204);
        await shop.advance('PT1M');
        assertRefused(await readSession(shop, session_id), 404, 'NOT_FOUND', ['Invalid session id']);
        assertRefused(await updateSession(shop, session_id, {}), 404, 'NOT_FOUND', ['Invalid session id']);
        await assert.rejects(shop.authorize(session_id), /Invalid session id/);
      });

      test('expires 48 hours after it was created, however often it is updated', async () => {
        // Shops that show the remaining time would show too much.
        const shop = await world.shop();
        await shop.setClock('2031-03-10T09:48:16Z');
        const session_id = await shop.newSession();
        await shop.advance('PT10H');
        await updateSession(shop, session_id, { merchant_reference1: 'x' });
        const { body } = await readSession(shop, session_id);
        assert.match(String(body.expires_at), /^2031-03-12T09:(48|49):/);
      });

      test('belongs to its merchant alone', async () => {
        // One shop could read or change another’s purchase.
        const [mine, theirs] = [await world.shop(), await world.shop()];
        const session_id = await mine.newSession();
        assertRefused(await readSession(theirs, session_id), 404, 'NOT_FOUND', ['Invalid session id']);
        assertRefused(await updateSession(theirs, session_id, {}), 404, 'NOT_FOUND', ['Invalid session id']);
      });

      test('is not created for a disabled account', async () => {
        // Suspended shops would go on selling.
        const shop = await world.shop();
        const { token } = await shop.newToken();
        await shop.set({ status: 'inactive' });
        assertRefused(await shop.call('POST', SESSIONS, PURCHASE), 403, 'MERCHANT_INACTIVE', []);
        assertRefused(await shop.order(token), 403, 'MERCHANT_INACTIVE', []);
        await shop.set({ status: 'active' });
        assertStatus(await shop.order(token), 200);
      });
    });

    describe('the arithmetic of a purchase', () => {
      test('gives documented requests their documented verdicts', async () => {
        // What Klarna’s own examples say would not be true here.
        const shop = await world.shop();
        for (const { name, market, amount, tax, lines, refused } of DOCUMENTED) {
          const [purchase_country, purchase_currency, locale] = market;
          const answer = await shop.call('POST', SESSIONS, {
            purchase_country,
            purchase_currency,
            locale,
            order_amount: amount,
            order_tax_amount: tax,
            order_lines: lines.map((line, index) => ({ name: `Line ${index}`, ...line })),
          });
          assertVerdict(answer, name, refused ?? []);
        }
      });

      test('holds exactly to its tolerances, in sessions, updates and orders', async () => {
        // A rounding difference that passes here would stop a checkout in production, or the other way round.
        const shop = await world.shop();
        const { token } = await shop.newToken(purchaseOf(7_777));
        for (const [name, purchase, ...refused] of ARITHMETIC) {
          assertVerdict(await shop.call('POST', SESSIONS, purchase), name, refused);
          const update = await updateSession(shop, await shop.newSession(purchaseOf(1)), purchase);
          if (refused.length === 0) assertStatus(update, 204);
          else assertVerdict(update, name, refused);
          // The token is of another purchase: figures that hold get as far as the comparison.
          const order = await shop.order(token, purchase);
          if (refused.length === 0) assertRefused(order, 409, 'BAD_VALUE');
          else assertVerdict(order, name, refused);
        }
      });

      test('lists one message a fault', async () => {
        // The shop owner would mend one line and meet the next fault.
        const shop = await world.shop();
        const bad = { ...LINE, total_amount: 9_000, total_tax_amount: 5 };
        const answer = await shop.call('POST', SESSIONS, {
          ...PURCHASE,
          order_lines: [bad, bad],
          order_tax_amount: 99,
        });
        assertVerdict(answer, 'all wrong', [
          'order_lines[0].total_amount',
          'order_lines[0].total_tax_amount',
          'order_lines[1].total_amount',
          'order_lines[1].total_tax_amount',
          'order_amount',
          'order_tax_amount',
        ]);
      });
    });

    describe('the market of a purchase', () => {
      test('is any of Klarna’s, in its own currency and languages', async () => {
        // A market that is missing cannot be tested before it is launched.
        const shop = await world.shop();
        for (const [country, currency, ...locales] of MARKETS) {
          for (const locale of locales) {
            const answer = await shop.call('POST', SESSIONS, purchaseIn(country, currency, locale));
            assert.equal(answer.status, 200, `${country} ${currency} ${locale}: ${answer.text}`);
          }
        }
      });

      test('is refused in another currency or language, and decided by the billing country', async () => {
        // The address that the shopper enters can make a valid cart invalid; shops must see that here first.
        const shop = await world.shop();
        for (const [name, purchase, ...refused] of MARKET_RULES)
          assertVerdict(await shop.call('POST', SESSIONS, purchase), name, refused);
      });

      test('can be spoilt by a later billing address, in an update and in the order', async () => {
        // Same as above, for the two later calls that carry an address.
        const shop = await world.shop();
        const { session_id, token } = await shop.newToken();
        const billing_address = { ...ALMA, country: 'NO' };
        assertVerdict(await updateSession(shop, session_id, { billing_address }), 'update', ['purchase_currency']);
        assertVerdict(await shop.order(token, { ...PURCHASE, billing_address }), 'order', ['purchase_currency']);
      });
    });

    describe('an update of a session', () => {
      test('replaces what it carries and leaves the rest', async () => {
        // A cart would lose its lines, or keep old ones.
        const shop = await world.shop();
        const session_id = await shop.newSession({
          ...purchaseOf(100),
          merchant_reference1: 'one',
          merchant_reference2: 'two',
        });
        const answer = await updateSession(shop, session_id, { ...purchaseOf(300, 400), merchant_reference2: 'new' });
        assertStatus(answer, 204);
        const { body } = await readSession(shop, session_id);
        assert.equal(body.order_amount, 700);
        assert.deepEqual(
          (body.order_lines as Json[]).map(({ total_amount }) => total_amount),
          [300, 400],
        );
        assert.equal(body.merchant_reference1, 'one');
        assert.equal(body.merchant_reference2, 'new');
      });

      test('of nothing, of nulls and of read-only fields is 204 and changes nothing', async () => {
        // Plugins send the whole session back; that must not break it.
        const shop = await world.shop();
        const session_id = await shop.newSession({ ...PURCHASE, billing_address: ALMA });
        const before = await readSession(shop, session_id);
        const nothing = [
          {},
          { billing_address: null, locale: null },
          { status: 'complete', client_token: 'x', expires_at: '2099-01-01T00:00:00.000Z', session_id: UNKNOWN },
          before.body,
        ];
        for (const changes of nothing) assertStatus(await updateSession(shop, session_id, changes), 204);
        assertStatus(await shop.call('POST', `${SESSIONS}/${session_id}`), 204);
        assert.deepEqual((await readSession(shop, session_id)).body, before.body);
      });

      test('that is refused changes nothing', async () => {
        // A wrong amount would be authorized.
        const shop = await world.shop();
        const session_id = await shop.newSession();
        const before = await readSession(shop, session_id);
        assertVerdict(
          await updateSession(shop, session_id, { order_amount: 12, merchant_reference1: 'x' }),
          'amount without lines',
          ['order_amount'],
        );
        assert.deepEqual((await readSession(shop, session_id)).body, before.body);
      });

      test('checks the body before it looks for the session', async () => {
        // The order of checks decides which error a client with two faults meets.
        const shop = await world.shop();
        assertVerdict(await updateSession(shop, UNKNOWN, { order_amount: -1 }), 'both wrong', ['order_amount']);
      });

      test('can move a session of the default locale to another country', async () => {
        // en-US was never the shop’s statement, so it cannot be held against it.
        const shop = await world.shop();
        const session_id = await shop.newSession({ ...purchaseOf(10_000), locale: null });
        const norway = { purchase_country: 'NO', purchase_currency: 'NOK' };
        assertStatus(await updateSession(shop, session_id, norway), 204);
        assertVerdict(await updateSession(shop, session_id, { locale: 'en-US' }), 'stated', ['locale']);
      });

      test('is refused after the order was placed, while reading goes on', async () => {
        // A shop that updates too late must learn that the purchase is done.
        const shop = await world.shop();
        const { session_id, token } = await shop.newToken();
        assertStatus(await shop.order(token), 200);
        assertRefused(await updateSession(shop, session_id, {}), 404, 'SESSION_COMPLETED', [
          'Session has already been completed',
        ]);
        await assert.rejects(shop.authorize(session_id), /Session has already been completed/);
        const { status, body } = await readSession(shop, session_id);
        assert.equal(status, 200);
        assert.equal(body.status, 'complete');
      });
    });

    describe('an authorization', () => {
      test('is readable in the session, the newest one', async () => {
        // The recovery of a lost callback is this field.
        const shop = await world.shop();
        const { session_id, token } = await shop.newToken();
        assert.match(token, UUID);
        assert.equal((await readSession(shop, session_id)).body.authorization_token, token);
        const second = await shop.approve(session_id);
        assert.notEqual(second, token);
        assert.equal((await readSession(shop, session_id)).body.authorization_token, second);
      });

      test('of several in a session becomes the order, the others are void', async () => {
        // Shopper and callback race: two orders for one cart, and two payments.
        const shop = await world.shop();
        const { session_id, token } = await shop.newToken();
        const second = await shop.approve(session_id);
        assertStatus(await shop.order(token), 200);
        assertRefused(await shop.order(second), 404, 'SESSION_COMPLETED', ['Session has already been completed']);
        assert.equal((await readSession(shop, session_id)).body.authorization_token, undefined);
      });

      test('lasts 60 minutes', async () => {
        // Shops that place the order later would only find out in production.
        const shop = await world.shop();
        const [first, second] = [await shop.newToken(), await shop.newToken()];
        await shop.advance('PT59M');
        assertStatus(await shop.order(first.token), 200);
        assert.equal((await readSession(shop, second.session_id)).body.authorization_token, second.token);
        await shop.advance('PT1M');
        assert.equal((await readSession(shop, second.session_id)).body.authorization_token, undefined);
        assertRefused(await shop.order(second.token), 404, 'NOT_FOUND', ['Invalid authorization token']);
        assertRefused(await cancelToken(shop, second.token), 404, 'NOT_FOUND', ['Invalid authorization token']);
        assertStatus(await shop.order(await shop.approve(second.session_id)), 200);
      });

      test('is deleted once with 204 and then unknown', async () => {
        // A cancelled purchase could still be charged.
        const shop = await world.shop();
        const { session_id, token } = await shop.newToken();
        assertStatus(await cancelToken(shop, token), 204);
        assert.equal((await readSession(shop, session_id)).body.authorization_token, undefined);
        assertRefused(await shop.order(token), 404, 'NOT_FOUND', ['Invalid authorization token']);
        assertRefused(await cancelToken(shop, token), 404, 'NOT_FOUND', ['Invalid authorization token']);
        // The session itself goes on.
        assertStatus(await shop.order(await shop.approve(session_id)), 200);
      });

      test('that became an order cannot be deleted', async () => {
        // The order is cancelled in Order Management; a 204 here would be a lie.
        const shop = await world.shop();
        const { token } = await shop.newToken();
        await shop.order(token);
        assertRefused(await cancelToken(shop, token), 404, 'NOT_FOUND', ['Authorization cannot be deleted']);
        await shop.advance('PT2H');
        assertRefused(await cancelToken(shop, token), 404, 'NOT_FOUND', ['Authorization cannot be deleted']);
      });

      test('belongs to its merchant alone', async () => {
        // One shop could take another’s money.
        const [mine, theirs] = [await world.shop(), await world.shop()];
        const { token } = await mine.newToken();
        assertRefused(await theirs.order(token), 404, 'NOT_FOUND', ['Invalid authorization token']);
        assertRefused(await cancelToken(theirs, token), 404, 'NOT_FOUND', ['Invalid authorization token']);
        assertStatus(await mine.order(token), 200);
        assertRefused(await theirs.order(token), 404, 'NOT_FOUND', ['Invalid authorization token']);
        assertRefused(await cancelToken(theirs, token), 404, 'NOT_FOUND', ['Invalid authorization token']);
      });

      test('of an id that cannot be is unknown', async () => {
        // A mangled token must not be a 500.
        const shop = await world.shop();
        for (const token of [UNKNOWN, 'b4bd3423-24e3', '%00', long(1000)]) {
          assertRefused(await shop.order(token), 404, 'NOT_FOUND', ['Invalid authorization token']);
          assertRefused(await cancelToken(shop, token), 404, 'NOT_FOUND', ['Invalid authorization token']);
        }
      });
    });

    describe('creating the order', () => {
      test('answers 200 with the order, where to send the shopper, and the method', async () => {
        // Shops store these; a missing one breaks the thank-you page.
        const shop = await world.shop();
        const merchant_urls = { confirmation: 'https://shop.example/thanks?s={session.id}&o={order.id}' };
        const { session_id, token } = await shop.newToken({ ...PURCHASE, merchant_urls });
        const answer = await shop.order(token);
        assertStatus(answer, 200);
        const { order_id, redirect_url, ...rest } = answer.body;
        assert.match(String(order_id), UUID);
        assert.deepEqual(rest, {
          fraud_status: 'ACCEPTED',
          authorized_payment_method: { type: 'invoice', number_of_days: 30 },
        });
        const redirect = await fetch(String(redirect_url), { redirect: 'manual' });
        assert.equal(redirect.headers.get('location'), `https://shop.example/thanks?s=${session_id}&o=${order_id}`);
      });

      test('has no redirect_url when the shop gave no confirmation URL', async () => {
        // Documented; a client would send its shopper to nowhere.
        const shop = await world.shop();
        const { token } = await shop.newToken();
        assert.ok(!('redirect_url' in (await shop.order(token)).body));
      });

      test('answers the same call again with the same order', async () => {
        // A time-out would lead to a second order, or to an order that nobody knows of.
        const shop = await world.shop();
        const { token } = await shop.newToken({ ...PURCHASE, billing_address: ALMA });
        const first = await shop.order(token);
        const again = await shop.order(token);
        assertStatus(again, 200);
        assert.deepEqual(again.body, first.body);
        // The same body, written in another order.
        const reversed = Object.fromEntries(Object.entries(PURCHASE).reverse());
        assert.deepEqual((await shop.order(token, reversed)).body, first.body);
      });

      test('refuses another body under the same token, and any body after the hour', async () => {
        // The shop would believe that its second cart was ordered.
        const shop = await world.shop();
        const { token } = await shop.newToken();
        await shop.order(token);
        assertRefused(await shop.order(token, { ...PURCHASE, merchant_reference1: 'x' }), 409, 'BAD_VALUE', [
          'The order has been already completed with different request body',
        ]);
        await shop.advance('PT61M');
        const consumed = ['Authorization token already consumed'];
        assertRefused(await shop.order(token), 403, 'INVALID_OPERATION', consumed);
      });

      test('makes one order of many calls at once', async () => {
        // Shopper’s return, callback and retry all place the order in the same second.
        const shop = await world.shop();
        const { token } = await shop.newToken();
        const answers = await Promise.all(Array.from({ length: 20 }, () => shop.order(token)));
        for (const answer of answers) assertStatus(answer, 200);
        assert.equal(new Set(answers.map(({ body }) => body.order_id)).size, 1);
        const { orders } = await world.provider.control('GET', `/orders?merchant_id=${shop.merchant_id}`);
        assert.equal((orders as unknown[]).length, 1);
      });

      test('makes one order of all tokens of a session used at once', async () => {
        // As above, with the two tokens that shopper and callback hold.
        const shop = await world.shop();
        const { session_id, token } = await shop.newToken();
        const tokens = [token];
        for (let i = 0; i < 5; i++) tokens.push(await shop.approve(session_id));
        const answers = await Promise.all(tokens.map((each) => shop.order(each)));
        assert.equal(answers.filter(({ status }) => status === 200).length, 1);
        for (const answer of answers.filter(({ status }) => status !== 200))
          assertRefused(answer, 404, 'SESSION_COMPLETED');
      });

      test('checks credentials, then the body, then the token', async () => {
        // The order of checks decides which error a client with two faults meets.
        const shop = await world.shop();
        const path = `/payments/v1/authorizations/${UNKNOWN}/order`;
        assertRefused(await shop.call('POST', path, {}, { authorization: 'Basic x' }), 401, 'UNAUTHORIZED', []);
        assertRefused(await shop.call('POST', path, {}), 400, 'BAD_VALUE');
        assertRefused(await shop.call('POST', path, PURCHASE), 404, 'NOT_FOUND', ['Invalid authorization token']);
      });

      const COMPARED: readonly (readonly [name: string, session: Json, order: Json, differing?: string])[] = [
        ['the same', { billing_address: ALMA }, { billing_address: ALMA }],
        ['an address never authorized', {}, { billing_address: ALMA }],
        ['an address not repeated', { billing_address: ALMA }, {}],
        ['a field never authorized', { billing_address: { country: 'SE' } }, { billing_address: ALMA }],
        [
          'a field authorized empty',
          { billing_address: { ...ALMA, street_address2: '' } },
          { billing_address: { ...ALMA, street_address2: '2 tr' } },
        ],
        ['a country in lower case', { billing_address: { ...ALMA, country: 'se' } }, { billing_address: ALMA }],
        [
          'another postal code',
          { billing_address: ALMA },
          { billing_address: { ...ALMA, postal_code: '12346' } },
          'billing_address.postal_code',
        ],
        [
          'another name to ship to',
          { shipping_address: ALMA },
          { shipping_address: { ...ALMA, given_name: 'Bo' } },
          'shipping_address.given_name',
        ],
        [
          'two fields',
          { billing_address: ALMA },
          { billing_address: { ...ALMA, given_name: 'Bo', city: 'Lund' } },
          'billing_address.given_name, billing_address.city',
        ],
        [
          'one line more',
          cart(500, 500),
          cart(500, 250, 250),
          'Incorrect number of items in the cart. Expected: 2, Actual: 3',
        ],
        ['lines in another order', cart(500, 500), swapped(), 'order_lines[0].reference, order_lines[1].reference'],
        ['another reference on a line', {}, withLine({ reference: 'boot' }), 'order_lines[0].reference'],
        ['a reference never authorized', withLine({ reference: undefined }), {}],
        ['another shop reference', { merchant_reference1: 'cart-1' }, { merchant_reference1: 'order-1' }],
      ];

      function swapped(): Json {
        const { order_lines, ...rest } = cart(500, 500);
        const [one, two] = order_lines as [Json, Json];
        return {
          ...rest,
          order_lines: [
            { ...two, name: one.name },
            { ...one, name: two.name },
          ],
        };
      }

      test('compares with what was authorized; what one side leaves empty matches anything', async () => {
        // The shopper would pay for another cart, or ship to another address, than Klarna approved.
        const shop = await world.shop();
        for (const [name, session, order, differing] of COMPARED) {
          const { token } = await shop.newToken({ ...PURCHASE, ...session });
          const answer = await shop.order(token, { ...PURCHASE, ...(session.order_lines ? session : {}), ...order });
          if (differing === undefined) assert.equal(answer.status, 200, `${name}: ${answer.text}`);
          else assertRefused(answer, 409, 'BAD_VALUE', [`Not matching fields: [${differing}]`]);
        }
      });

      test('compares with the session as it was last updated', async () => {
        // Documented for updates after the authorization.
        const shop = await world.shop();
        const { session_id, token } = await shop.newToken(purchaseOf(900));
        await updateSession(shop, session_id, purchaseOf(400, 400));
        assertRefused(await shop.order(token, purchaseOf(900)), 409, 'BAD_VALUE');
        assertStatus(await shop.order(token, purchaseOf(400, 400)), 200);
      });

      test('does not take more than the shopper authorized', async () => {
        // An update after the authorization would raise the bill behind the shopper’s back.
        const shop = await world.shop();
        const { session_id, token } = await shop.newToken(purchaseOf(900));
        await updateSession(shop, session_id, purchaseOf(901));
        assertRefused(await shop.order(token, purchaseOf(901)), 403, 'REJECTED', ['Rejected']);
        assertStatus(await shop.order(await shop.approve(session_id), purchaseOf(901)), 200);
      });

      test('refused by a mismatch leaves the token alive', async () => {
        // The shop corrects the body and tries again.
        const shop = await world.shop();
        const { token } = await shop.newToken();
        assertRefused(await shop.order(token, purchaseOf(1)), 409, 'BAD_VALUE');
        assertStatus(await shop.order(token), 200);
      });

      test('takes a lower amount only from accounts set up for it', async () => {
        // Shops with split deliveries rely on it, all others must be refused.
        const shop = await world.shop();
        const first = await shop.newToken(purchaseOf(500, 500));
        assertRefused(await shop.order(first.token, purchaseOf(500)), 409, 'BAD_VALUE');
        await shop.set({ lower_amount_allowed: true });
        assertRefused(await shop.order(first.token, purchaseOf(500, 501)), 409, 'BAD_VALUE');
        const answer = await shop.order(first.token, purchaseOf(500));
        assertStatus(answer, 200);
        assert.equal((await shop.read(String(answer.body.order_id))).order_amount, 500);
      });

      test('is refused by a risk rule with 403 REJECTED', async () => {
        // The second risk decision of a changed cart cannot be provoked otherwise.
        const shop = await world.shop({
          risk_rules: [{ on: 'create_order', when: { amount_over: 9_000 }, decision: 'refuse' }],
        });
        const { token } = await shop.newToken();
        assertRefused(await shop.order(token), 403, 'REJECTED', ['Rejected']);
      });

      test('captures the whole at once with auto_capture', async () => {
        // Digital goods would never be paid.
        const shop = await world.shop();
        const order_id = await shop.placeOrder(PURCHASE, {}, { auto_capture: true });
        const order = await shop.read(order_id);
        assert.equal(order.status, 'CAPTURED');
        assert.equal(order.captured_amount, 10_000);
        assert.equal(order.captures.length, 1);
        assert.deepEqual(order.captures[0]?.order_lines, []);
        const later = await shop.read(await shop.placeOrder(PURCHASE, {}, { auto_capture: false }));
        assert.equal(later.status, 'AUTHORIZED');
      });

      test('hands the session’s details on to the order', async () => {
        // References and addresses given early would be lost.
        const shop = await world.shop();
        const order = await shop.read(
          await shop.placeOrder(
            { ...PURCHASE, merchant_reference1: 'cart-1', billing_address: ALMA },
            {},
            { merchant_reference2: 'b' },
          ),
        );
        assert.equal(order.merchant_reference1, 'cart-1');
        assert.equal(order.merchant_reference2, 'b');
        assert.equal((order.billing_address as Json).given_name, 'Alma');
        // Klarna clones the shipping address from the billing address.
        assert.equal((order.shipping_address as Json).given_name, 'Alma');
      });
    });

    describe('an order in review', () => {
      const GB = purchaseIn('GB', 'GBP', 'en-GB');
      const person = (word: string, country = 'GB') => ({
        billing_address: { country, email: `customer+${word}@email.com` },
      });

      test('is PENDING for the test people of the US and the UK, and decided in time', async () => {
        // A shop that ships while Klarna is still deciding loses goods and money.
        for (const [purchase, country] of [
          [GB, 'GB'],
          [purchaseIn('US', 'USD', 'en-US'), 'US'],
        ] as const) {
          const shop = await world.shop();
          const { token } = await shop.newToken(purchase, person('pend-accept-05', country));
          const answer = await shop.order(token, purchase);
          assert.equal(answer.body.fraud_status, 'PENDING');
          const order_id = String(answer.body.order_id);
          assertRefused(
            await shop.manage('POST', order_id, '/captures', { captured_amount: 1 }),
            403,
            'CAPTURE_NOT_ALLOWED',
            ['Capture not allowed'],
          );
          await shop.advance('PT4M');
          assert.equal((await shop.read(order_id)).fraud_status, 'PENDING');
          await shop.advance('PT1M');
          assert.equal((await shop.read(order_id)).fraud_status, 'ACCEPTED');
          assert.equal((await shop.order(token, purchase)).body.fraud_status, 'ACCEPTED');
          await shop.capture(order_id, 10_000);
        }
      });

      test('does not exist in other markets', async () => {
        // The test person is documented for two markets; elsewhere the order is simply accepted.
        const shop = await world.shop();
        const { token } = await shop.newToken(PURCHASE, person('pend-accept-05', 'SE'));
        assert.equal((await shop.order(token)).body.fraud_status, 'ACCEPTED');
      });

      test('that is rejected can be captured for four hours, against the advice', async () => {
        // The documented override.
        const shop = await world.shop();
        const order_id = await shop.placeOrder(GB, person('pend-reject-10'));
        await shop.advance('PT10M');
        const rejected = await shop.read(order_id);
        assert.deepEqual([rejected.fraud_status, rejected.status], ['REJECTED', 'AUTHORIZED']);
        await shop.advance('PT3H59M');
        await shop.capture(order_id, 4_000);
        await shop.advance('P1D');
        const order = await shop.read(order_id);
        assert.deepEqual([order.status, order.remaining_authorized_amount], ['PART_CAPTURED', 6_000]);
      });

      test('that is rejected is cancelled by Klarna after four hours', async () => {
        // A shop that waits longer must find the order cancelled, and no longer capturable.
        const shop = await world.shop();
        const order_id = await shop.placeOrder(GB, person('pend-reject-10'));
        await shop.advance('PT4H10M');
        const order = await shop.read(order_id);
        assert.deepEqual(
          [order.fraud_status, order.status, order.remaining_authorized_amount],
          ['REJECTED', 'CANCELLED', 0],
        );
        assertRefused(
          await shop.manage('POST', order_id, '/captures', { captured_amount: 1 }),
          403,
          'CAPTURE_NOT_ALLOWED',
        );
      });

      test('can be cancelled by the shop at any time', async () => {
        // The override of an acceptance.
        const shop = await world.shop();
        for (const minutes of [0, 10]) {
          const order_id = await shop.placeOrder(GB, person('pend-accept-10'));
          await shop.advance(`PT${minutes}M`);
          assertStatus(await shop.manage('POST', order_id, '/cancel'), 204);
          await shop.advance('PT1H');
          assert.equal((await shop.read(order_id)).status, 'CANCELLED');
        }
      });

      test('captures by itself only once it is accepted', async () => {
        // auto_capture would take money from somebody whom Klarna is still checking.
        const shop = await world.shop();
        const accepted = await shop.placeOrder(GB, person('pend-accept-10'), { auto_capture: true });
        const rejected = await shop.placeOrder(GB, person('pend-reject-10'), { auto_capture: true });
        assert.equal((await shop.read(accepted)).captured_amount, 0);
        await shop.advance('PT10M');
        assert.equal((await shop.read(accepted)).captured_amount, 10_000);
        assert.equal((await shop.read(rejected)).captured_amount, 0);
      });
    });
  });
}

/** @param refused the fields that the answer must name, one message each, in this order; none: the purchase is accepted */
function assertVerdict(answer: Answered, name: string, refused: readonly string[]): void {
  if (refused.length === 0) {
    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    return;
  }
  assert.equal(answer.status, 400, `${name}: ${answer.text}`);
  assertRefused(
    answer,
    400,
    'BAD_VALUE',
    refused.map((field) => `Bad value: ${field}`),
  );
}
