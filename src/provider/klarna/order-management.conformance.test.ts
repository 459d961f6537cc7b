/**
 * Order Management v1 as its clients see it, over HTTP and on every store. Each test's first line says what a shop would
 * suffer if it failed.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
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

const UNKNOWN = '0190a0b0-0000-7000-8000-000000000000';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const DHL = { shipping_company: 'DHL', tracking_number: '63456415674545679874' };
const long = (length: number) => 'x'.repeat(length);
const line = (reference: string, total_amount: number, more: object = {}) => ({
  name: reference,
  reference,
  quantity: 1,
  unit_price: total_amount,
  total_amount,
  ...more,
});

/** A write of Order Management: how it is called on an order, with a body that nothing is wrong with. */
interface Write {
  readonly method: 'POST' | 'PATCH';
  /** `{capture_id}` stands for the order's first capture, or for an unknown one. */
  readonly suffix: string;
  readonly body?: object;
}
const WRITES = {
  acknowledge: { method: 'POST', suffix: '/acknowledge' },
  'capture 1000': { method: 'POST', suffix: '/captures', body: { captured_amount: 1_000 } },
  'capture 6000': { method: 'POST', suffix: '/captures', body: { captured_amount: 6_000 } },
  'update to 9000': { method: 'PATCH', suffix: '/authorization', body: { order_amount: 9_000 } },
  'update to 4000': { method: 'PATCH', suffix: '/authorization', body: { order_amount: 4_000 } },
  'update references': { method: 'PATCH', suffix: '/merchant-references', body: { merchant_reference1: 'x' } },
  'update customer': { method: 'PATCH', suffix: '/customer-details', body: { shipping_address: { city: 'Lund' } } },
  'ship order': { method: 'POST', suffix: '/shipping-info', body: { shipping_info: [DHL] } },
  'ship capture': { method: 'POST', suffix: '/captures/{capture_id}/shipping-info', body: { shipping_info: [DHL] } },
  'send out': { method: 'POST', suffix: '/captures/{capture_id}/trigger-send-out' },
  'extend due date': {
    method: 'PATCH',
    suffix: '/captures/{capture_id}/extend-due-date',
    body: { number_of_days: 10 },
  },
  cancel: { method: 'POST', suffix: '/cancel' },
  release: { method: 'POST', suffix: '/release-remaining-authorization' },
  extend: { method: 'POST', suffix: '/extend-authorization-time' },
  'refund 1000': { method: 'POST', suffix: '/refunds', body: { refunded_amount: 1_000 } },
} as const satisfies Record<string, Write>;
type WriteName = keyof typeof WRITES;

const STATES = ['AUTHORIZED', 'PART_CAPTURED', 'CAPTURED', 'CANCELLED', 'EXPIRED', 'CLOSED'] as const;

/** What each write is answered in each state, and the state it leaves. Orders of 10000; 4000 of them captured where a part is. */
const STATE_TABLE: Readonly<Record<WriteName, readonly string[]>> = {
  acknowledge: [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
  ],
  'capture 1000': [
    '201 PART_CAPTURED',
    '201 PART_CAPTURED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
  ],
  'capture 6000': [
    '201 PART_CAPTURED',
    '201 CAPTURED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
  ],
  'update to 9000': [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
  ],
  'update to 4000': [
    '204 AUTHORIZED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
  ],
  'update references': [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '204 EXPIRED',
    '204 CLOSED',
  ],
  'update customer': [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
  ],
  'ship order': ['204 AUTHORIZED', '204 PART_CAPTURED', '204 CAPTURED', '204 CANCELLED', '204 EXPIRED', '204 CLOSED'],
  'ship capture': [
    '403 NOT_ALLOWED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '204 CLOSED',
  ],
  'send out': [
    '403 NOT_ALLOWED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '204 CLOSED',
  ],
  'extend due date': [
    '403 NOT_ALLOWED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
  ],
  cancel: [
    '204 CANCELLED',
    '403 CANCEL_NOT_ALLOWED',
    '403 CANCEL_NOT_ALLOWED',
    '204 CANCELLED',
    '403 CANCEL_NOT_ALLOWED',
    '403 CANCEL_NOT_ALLOWED',
  ],
  release: [
    '403 NOT_ALLOWED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
  ],
  extend: [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
  ],
  'refund 1000': [
    '403 REFUND_NOT_ALLOWED',
    '201 PART_CAPTURED',
    '201 CAPTURED',
    '403 REFUND_NOT_ALLOWED',
    '403 REFUND_NOT_ALLOWED',
    '403 REFUND_NOT_ALLOWED',
  ],
};

/** Brings fresh orders into a state, all of them at once where that needs the clock. */
async function ordersIn(
  state: (typeof STATES)[number],
  count: number,
  shop: Shop,
  world: { close(id: string): Promise<unknown> },
) {
  const orders = await Promise.all(Array.from({ length: count }, () => shop.placeOrder()));
  if (state === 'PART_CAPTURED') for (const id of orders) await shop.capture(id, 4_000);
  if (state === 'CAPTURED' || state === 'CLOSED') for (const id of orders) await shop.capture(id, 10_000);
  if (state === 'CLOSED') for (const id of orders) await world.close(id);
  if (state === 'CANCELLED') for (const id of orders) assertStatus(await shop.manage('POST', id, '/cancel'), 204);
  if (state === 'EXPIRED') await shop.advance('P28D');
  return orders;
}

function write(shop: Shop, order_id: string, name: WriteName, capture_id = UNKNOWN, key?: string): Promise<Answered> {
  const { method, suffix, body }: Write = WRITES[name];
  return shop.manage(method, order_id, suffix.replace('{capture_id}', capture_id), body, key);
}

/** What an order nobody has is answered. `{id}` and `{capture}` stand for the ids asked for. */
const UNKNOWN_ORDER: readonly (readonly [
  method: string,
  suffix: string,
  body: object | undefined,
  code: string,
  text: string,
])[] = [
  ['GET', '', undefined, 'NO_SUCH_ORDER', 'Order {id} cannot be found'],
  ['GET', '/captures', undefined, 'NO_SUCH_ORDER', 'Order {id} cannot be found'],
  ['POST', '/acknowledge', undefined, 'NO_SUCH_ORDER', 'Order {id} cannot be found. Acknowledgement not possible.'],
  [
    'POST',
    '/shipping-info',
    { shipping_info: [DHL] },
    'NO_SUCH_ORDER',
    'Order {id} cannot be found. Shipping info cannot be added to order {id}.',
  ],
  [
    'POST',
    '/captures/{capture}/shipping-info',
    { shipping_info: [DHL] },
    'NO_SUCH_ORDER',
    'Order {id} cannot be found. Shipping info cannot be added to capture {capture}.',
  ],
  [
    'PATCH',
    '/merchant-references',
    {},
    'NO_SUCH_ORDER',
    'Order cannot be found. Merchant references cannot be updated.',
  ],
];

/** Bodies that are refused, with status, code and text. */
const BAD_BODIES: readonly (readonly [
  method: string,
  suffix: string,
  body: object | string,
  status: number,
  code: string,
  text?: string,
])[] = [
  ['POST', '/captures', {}, 422, 'UNPROCESSABLE_ENTITY', "'captured_amount' must not be null"],
  ['POST', '/captures', '', 422, 'UNPROCESSABLE_ENTITY', "'captured_amount' must not be null"],
  ['POST', '/captures', { captured_amount: null }, 422, 'UNPROCESSABLE_ENTITY', "'captured_amount' must not be null"],
  ['POST', '/captures', { captured_amount: -1 }, 422, 'UNPROCESSABLE_ENTITY'],
  ['POST', '/captures', { captured_amount: 200_000_001 }, 422, 'UNPROCESSABLE_ENTITY'],
  ['POST', '/captures', { captured_amount: 10.5 }, 400, 'BAD_REQUEST'],
  ['POST', '/captures', { captured_amount: {} }, 400, 'BAD_REQUEST'],
  ['POST', '/captures', '{"captured_amount":', 400, 'BAD_REQUEST'],
  ['POST', '/captures', '[]', 400, 'BAD_REQUEST'],
  ['POST', '/captures', { captured_amount: 1, shipping_delay: -1 }, 422, 'UNPROCESSABLE_ENTITY'],
  [
    'POST',
    '/captures',
    { captured_amount: 1, description: long(256) },
    422,
    'UNPROCESSABLE_ENTITY',
    'The size of the description value must be between 0 and 255',
  ],
  [
    'POST',
    '/captures',
    { captured_amount: 1, reference: long(256) },
    422,
    'UNPROCESSABLE_ENTITY',
    'The size of the reference value must be between 0 and 255',
  ],
  [
    'POST',
    '/captures',
    { captured_amount: 1, order_lines: [line('a', 1, { quantity_unit: long(11) })] },
    422,
    'UNPROCESSABLE_ENTITY',
    'The size of the order_lines/quantity_unit value must be between 0 and 10',
  ],
  [
    'POST',
    '/captures',
    { captured_amount: 1, shipping_info: [{ shipping_company: long(101) }] },
    422,
    'UNPROCESSABLE_ENTITY',
    'The size of the shipping_info/shipping_company value must be between 0 and 100',
  ],
  ['POST', '/refunds', {}, 422, 'UNPROCESSABLE_ENTITY', "'refunded_amount' must not be null"],
  ['POST', '/refunds', { refunded_amount: 200_000_001 }, 422, 'UNPROCESSABLE_ENTITY'],
  ['POST', '/shipping-info', {}, 422, 'UNPROCESSABLE_ENTITY', "'shipping_info' must not be null"],
  [
    'POST',
    '/shipping-info',
    { shipping_info: [] },
    422,
    'UNPROCESSABLE_ENTITY',
    'The size of the shipping_info value must be between 1 and 500',
  ],
  [
    'POST',
    '/shipping-info',
    { shipping_info: Array.from({ length: 501 }, () => DHL) },
    422,
    'UNPROCESSABLE_ENTITY',
    'The size of the shipping_info value must be between 1 and 500',
  ],
  [
    'POST',
    '/shipping-info',
    { shipping_info: [{ shipping_company: long(101) }] },
    422,
    'UNPROCESSABLE_ENTITY',
    'The size of the shipping_info/shipping_company value must be between 0 and 100',
  ],
  [
    'POST',
    '/shipping-info',
    { shipping_info: [{ tracking_uri: long(1025) }] },
    422,
    'UNPROCESSABLE_ENTITY',
    'The size of the shipping_info/tracking_uri value must be between 0 and 1024',
  ],
  ['POST', '/shipping-info', { shipping_info: [{ shipping_method: 'Catapult' }] }, 422, 'UNPROCESSABLE_ENTITY'],
  ['PATCH', '/authorization', {}, 422, 'UNPROCESSABLE_ENTITY', "'order_amount' must not be null"],
  ['PATCH', '/authorization', { order_amount: -1 }, 422, 'UNPROCESSABLE_ENTITY'],
  [
    'PATCH',
    '/merchant-references',
    { merchant_reference1: long(256) },
    422,
    'UNPROCESSABLE_ENTITY',
    'The size of the merchant_reference1 value must be between 0 and 255',
  ],
  [
    'PATCH',
    '/customer-details',
    { shipping_address: { street_address: long(101) } },
    422,
    'UNPROCESSABLE_ENTITY',
    'The size of the shipping_address/street_address value must be between 0 and 100',
  ],
  [
    'PATCH',
    '/customer-details',
    { shipping_address: { postal_code: 'ABCDE' } },
    422,
    'INVALID_ADDRESS',
    'The shipping and/or billing address is invalid',
  ],
];

/** Whether an authorization can be raised: method, country, currency, locale. */
const RAISES: readonly (readonly [
  method: string,
  country: string,
  currency: string,
  locale: string,
  allowed: boolean,
])[] = [
  ['invoice', 'SE', 'SEK', 'sv-SE', true],
  ['invoice', 'US', 'USD', 'en-US', true],
  ['invoice', 'CH', 'CHF', 'de-CH', false],
  ['b2b_invoice', 'DE', 'EUR', 'de-DE', true],
  ['b2b_invoice', 'CH', 'CHF', 'de-CH', false],
  ['base_account', 'GB', 'GBP', 'en-GB', true],
  ['base_account', 'CH', 'CHF', 'de-CH', false],
  ['direct_debit', 'DE', 'EUR', 'de-DE', true],
  ['direct_debit', 'CH', 'CHF', 'de-CH', false],
  ['fixed_amount', 'AT', 'EUR', 'de-AT', true],
  ['fixed_amount', 'DE', 'EUR', 'de-DE', true],
  ['fixed_amount', 'DK', 'DKK', 'da-DK', true],
  ['fixed_amount', 'FI', 'EUR', 'fi-FI', true],
  ['fixed_amount', 'FR', 'EUR', 'fr-FR', true],
  ['fixed_amount', 'NL', 'EUR', 'nl-NL', true],
  ['fixed_amount', 'NO', 'NOK', 'nb-NO', true],
  ['fixed_amount', 'SE', 'SEK', 'sv-SE', true],
  ['fixed_amount', 'GB', 'GBP', 'en-GB', false],
  ['fixed_amount', 'US', 'USD', 'en-US', false],
  ['fixed_amount', 'IT', 'EUR', 'it-IT', false],
  ['direct_bank_transfer', 'SE', 'SEK', 'sv-SE', false],
  ['card', 'SE', 'SEK', 'sv-SE', false],
  ['pay_by_card', 'SE', 'SEK', 'sv-SE', false],
  ['pay_later_by_card', 'GB', 'GBP', 'en-GB', false],
  ['slice_it_by_card', 'GB', 'GBP', 'en-GB', false],
  ['fixed_sum_credit', 'US', 'USD', 'en-US', false],
];

/** A method's name in Klarna Payments, in Order Management, and what it says to people. */
const METHOD_NAMES: readonly (readonly [payments: string, management: string])[] = [
  ['invoice', 'INVOICE'],
  ['b2b_invoice', 'INVOICE_BUSINESS'],
  ['base_account', 'ACCOUNT'],
  ['direct_debit', 'DIRECT_DEBIT'],
  ['direct_bank_transfer', 'BANK_TRANSFER'],
  ['fixed_amount', 'FIXED_AMOUNT'],
  ['card', 'CARD'],
  ['pay_by_card', 'PAY_BY_CARD'],
  ['pay_later_by_card', 'PAY_LATER_BY_CARD'],
  ['slice_it_by_card', 'FIXED_AMOUNT_BY_CARD'],
  ['fixed_sum_credit', 'FIXED_SUM_CREDIT'],
  ['alternative_payment_method', 'ALTERNATIVE_PAYMENT_METHOD'],
];

/** Prices of a later due date: market, order amount, then days and fee. */
const DUE_DATES: readonly (readonly [
  country: string,
  currency: string,
  locale: string,
  amount: number,
  ...options: (readonly [number, number])[],
])[] = [
  ['DE', 'EUR', 'de-DE', 299_99, [2, 0], [10, 1_00], [30, 1_99], [60, 4_99]],
  ['DE', 'EUR', 'de-DE', 300_00, [2, 0], [10, 1_00], [30, 4_99], [60, 9_99]],
  ['AT', 'EUR', 'de-AT', 750_00, [2, 0], [10, 1_00], [30, 4_99], [60, 9_99]],
  ['GB', 'GBP', 'en-GB', 750_01, [2, 0], [10, 1_00], [30, 7_99], [60, 12_99]],
  ['SE', 'SEK', 'sv-SE', 2_999_99, [2, 0], [10, 10_00], [30, 19_00], [60, 49_00]],
  ['NO', 'NOK', 'nb-NO', 3_000_00, [2, 0], [10, 10_00], [30, 49_00], [60, 99_00]],
  ['DK', 'DKK', 'da-DK', 7_500_00, [2, 0], [10, 10_00], [30, 49_00], [60, 99_00]],
  ['SE', 'SEK', 'sv-SE', 7_500_01, [2, 0], [10, 10_00], [30, 79_00], [60, 129_00]],
  ['FR', 'EUR', 'fr-FR', 100_00],
  ['US', 'USD', 'en-US', 100_00],
];

for (const kind of STORES) {
  describe(`Order Management on ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const close = (order_id: string) => world.provider.control('POST', `/orders/${order_id}/close`);

    describe('an order', () => {
      test('is read whole and normalised', async () => {
        // Clients read these fields without asking whether they are there.
        const shop = await world.shop();
        await shop.setClock('2031-03-10T09:48:16.680Z');
        const order_id = await shop.placeOrder({
          ...purchaseOf(700, 300),
          billing_address: ALMA,
          merchant_reference1: 'a',
        });
        const { status, body, headers } = await shop.manage('GET', order_id, '', undefined);
        assert.equal(status, 200);
        assert.equal(headers.get('content-type'), 'application/json');
        const { klarna_reference, created_at, ...rest } = body;
        assert.match(String(klarna_reference), /^[A-Z0-9]{7,8}$/);
        assert.match(String(created_at), TIMESTAMP);
        const lineRead = (n: number, amount: number) => ({
          reference: `article-${n}`,
          type: 'physical',
          name: `Article ${n}`,
          quantity: 1,
          quantity_unit: '',
          unit_price: amount,
          tax_rate: 0,
          total_amount: amount,
          total_discount_amount: 0,
          total_tax_amount: 0,
        });
        const address = { ...ALMA, title: '', region: '', street_address2: '' };
        assert.deepEqual(rest, {
          order_id,
          status: 'AUTHORIZED',
          fraud_status: 'ACCEPTED',
          order_amount: 1_000,
          original_order_amount: 1_000,
          captured_amount: 0,
          refunded_amount: 0,
          remaining_authorized_amount: 1_000,
          purchase_currency: 'SEK',
          locale: 'sv-SE',
          order_lines: [lineRead(1, 700), lineRead(2, 300)],
          merchant_reference1: 'a',
          billing_address: address,
          shipping_address: address,
          purchase_country: 'SE',
          expires_at: '2031-04-07T00:00:00.000Z',
          captures: [],
          refunds: [],
          initial_payment_method: { type: 'INVOICE', description: 'Pay later' },
          shipping_info: [],
        });
      });

      test('shows the shopper’s identity to whom it belongs, and market codes in upper case', async () => {
        // Merchants match by these; lower case would not be found.
        const shop = await world.shop();
        const customer = {
          date_of_birth: '1980-02-01',
          national_identification_number: '800201-1234',
          type: 'person',
          gender: 'f',
        };
        const purchase = { ...PURCHASE, purchase_country: 'se', purchase_currency: 'sek', customer };
        const order = await shop.read(await shop.placeOrder(purchase));
        assert.deepEqual([order.purchase_country, order.purchase_currency], ['SE', 'SEK']);
        const { gender: _kept_back, ...shown } = customer;
        assert.deepEqual(order.customer, shown);
      });

      test('names the payment method as Order Management does', async () => {
        // Accounting rules hang on these words, which are not those of Klarna Payments.
        const shop = await world.shop();
        for (const [payments, management] of METHOD_NAMES) {
          const order = await shop.read(await shop.placeOrder(PURCHASE, { payment_method: payments }));
          assert.equal((order.initial_payment_method as Json).type, management);
        }
      });

      test('of a syntactically wrong id is 400 for every operation, of an unknown one 404', async () => {
        // The two mean different mistakes; a 500 would be retried.
        const shop = await world.shop();
        for (const id of ['nonsense', 'K4MADNY', '%00', '12345678-1234', long(300)]) {
          for (const name of Object.keys(WRITES) as WriteName[])
            assertRefused(await write(shop, id, name), 400, 'INVALID_ORDER_ID', ['Order ID must be a valid UUID.']);
          for (const suffix of ['', '/captures', `/captures/${UNKNOWN}`, `/refunds/${UNKNOWN}`])
            assertRefused(await shop.manage('GET', id, suffix), 400, 'INVALID_ORDER_ID');
        }
        for (const name of Object.keys(WRITES) as WriteName[])
          assertRefused(await write(shop, UNKNOWN, name), 404, name === 'refund 1000' ? 'NOT_FOUND' : 'NO_SUCH_ORDER');
        for (const [method, suffix, body, code, text] of UNKNOWN_ORDER) {
          const answer = await shop.manage(method, UNKNOWN, suffix.replace('{capture}', UNKNOWN), body);
          assertRefused(answer, 404, code, [text.replaceAll('{id}', UNKNOWN).replaceAll('{capture}', UNKNOWN)]);
        }
      });

      test('can be read for three years', async () => {
        // Whoever keeps nothing of an order loses it in production on that day.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        await shop.advance('P3Y');
        assertRefused(await shop.manage('GET', order_id, ''), 404, 'NO_SUCH_ORDER');
        const younger = await shop.placeOrder();
        await shop.advance('P2Y364D');
        assertStatus(await shop.manage('GET', younger, ''), 200);
      });

      test('is checked in order: credentials, id, body, order', async () => {
        // A client with two faults must meet the same one as in production.
        const shop = await world.shop();
        const nobody = { authorization: 'Basic bm86b25l' };
        const wrong = '/ordermanagement/v1/orders/nonsense/captures';
        assertRefused(await shop.call('POST', wrong, {}, nobody), 401, 'UNAUTHORIZED', []);
        assertRefused(await shop.call('POST', wrong, {}), 400, 'INVALID_ORDER_ID');
        assertRefused(await shop.manage('POST', UNKNOWN, '/captures', {}), 422, 'UNPROCESSABLE_ENTITY');
        assertRefused(await write(shop, UNKNOWN, 'capture 1000'), 404, 'NO_SUCH_ORDER');
      });

      test('belongs to its merchant alone', async () => {
        // One shop could read another’s customers and take its money.
        const [mine, theirs] = [await world.shop(), await world.shop()];
        const order_id = await mine.placeOrder();
        const capture_id = await mine.capture(order_id, 1_000);
        const refund_id = await mine.refund(order_id, 100);
        const before = await mine.read(order_id);
        for (const name of Object.keys(WRITES) as WriteName[])
          assert.equal((await write(theirs, order_id, name, capture_id)).status, 404, name);
        for (const suffix of ['', '/captures', `/captures/${capture_id}`, `/refunds/${refund_id}`])
          assert.equal((await theirs.manage('GET', order_id, suffix)).status, 404);
        assert.deepEqual(await mine.read(order_id), before);
      });

      test('is found by its id in either case', async () => {
        // Some databases hand UUIDs out in upper case.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        assertStatus(await shop.manage('GET', order_id.toUpperCase(), ''), 200);
        await shop.capture(order_id.toUpperCase(), 1);
      });

      test('refuses bodies that do not fit, each in its own way, and changes nothing', async () => {
        // Size violations are 422 here though they are 400 in Klarna Payments.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const before = await shop.read(order_id);
        for (const [method, suffix, body, status, code, text] of BAD_BODIES)
          assertRefused(
            await shop.manage(method, order_id, suffix, body),
            status,
            code,
            text === undefined ? undefined : [text],
          );
        assert.deepEqual(await shop.read(order_id), before);
      });
    });

    describe('the states of an order', () => {
      for (const [column, state] of STATES.entries()) {
        test(`allow in ${state} what the state table says, and nothing else`, async () => {
          // Money could be taken twice, or goods shipped for an order that is void.
          const shop = await world.shop();
          const names = Object.keys(STATE_TABLE) as WriteName[];
          const orders = await ordersIn(state, names.length, shop, { close });
          for (const [index, name] of names.entries()) {
            const order_id = orders[index] ?? '';
            const before = await shop.read(order_id);
            assert.equal(before.status, state);
            const answer = await write(shop, order_id, name, before.captures[0]?.capture_id);
            const after = await shop.read(order_id);
            const [status = '', result = ''] = (STATE_TABLE[name][column] ?? '').split(' ');
            if (status.startsWith('2')) {
              assert.equal(answer.status, Number(status), `${name} in ${state}: ${answer.text}`);
              assert.equal(after.status, result, `${name} in ${state}`);
            } else {
              assertRefused(answer, Number(status), result);
              assert.deepEqual(after, before, `${name} in ${state}`);
            }
            assertSums(after);
          }
        });
      }

      test('word their refusals as documented', async () => {
        // Plugins compare these sentences.
        const shop = await world.shop();
        const [authorized, part, captured] = [
          await shop.placeOrder(),
          await shop.placeOrder(),
          await shop.placeOrder(),
        ];
        await shop.capture(part, 8_000);
        await shop.capture(captured, 10_000);
        const said = async (order_id: string, method: string, suffix: string, body?: object) =>
          ((await shop.manage(method, order_id, suffix, body)).body.error_messages as string[])[0];
        assert.equal(await said(captured, 'POST', '/captures', { captured_amount: 1 }), 'Capture not allowed');
        assert.equal(
          await said(part, 'POST', '/captures', { captured_amount: 2_001 }),
          'Captured amount is higher than the remaining authorized amount. Capture not possible.',
        );
        assert.equal(await said(part, 'POST', '/cancel'), 'Order has previous captures. Cancel not possible.');
        assert.equal(await said(captured, 'POST', '/cancel'), 'Order has previous captures. Cancel not possible.');
        assert.equal(
          await said(authorized, 'POST', '/refunds', { refunded_amount: 1 }),
          'Order has no captures. Refund not possible',
        );
        assert.equal(
          await said(part, 'POST', '/refunds', { refunded_amount: 8_001 }),
          'Over refund is not allowed. Refund not possible.',
        );
        assert.equal(await said(captured, 'PATCH', '/authorization', { order_amount: 1 }), 'Update not allowed.');
        assert.equal(
          await said(part, 'PATCH', '/authorization', { order_amount: 7_000 }),
          'Resulting authorization amount 7000 cannot be less than the captured amount 8000 for order. Order authorization cannot be updated',
        );
        assert.equal(
          await said(captured, 'POST', '/release-remaining-authorization'),
          'Order is fully captured. Remaining authorization cannot be released.',
        );
        assert.equal(
          await said(authorized, 'PATCH', '/customer-details', { billing_address: {} }),
          'Billing address cannot be updated for user account order. Customer details cannot be updated.',
        );
        await shop.advance('P28D');
        assert.equal(
          await said(authorized, 'POST', '/extend-authorization-time'),
          'Order is expired. Authorization time cannot be extended.',
        );
      });

      test('after a release and after the last capture end in CAPTURED with nothing remaining', async () => {
        // The portal calls both fully captured; there is no other word for it.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        await shop.capture(order_id, 4_000);
        assertStatus(await write(shop, order_id, 'release'), 204);
        const order = await shop.read(order_id);
        assert.deepEqual(
          [order.status, order.order_amount, order.captured_amount, order.remaining_authorized_amount],
          ['CAPTURED', 10_000, 4_000, 0],
        );
      });

      test('stay CAPTURED when everything is refunded', async () => {
        // There is no REFUNDED; a client that waits for it waits for ever.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        await shop.capture(order_id, 10_000);
        await shop.refund(order_id, 10_000);
        const order = await shop.read(order_id);
        assert.deepEqual([order.status, order.refunded_amount], ['CAPTURED', 10_000]);
      });
    });

    describe('a capture', () => {
      test('is 201 without a body, with ids and addresses in the headers', async () => {
        // Clients have nothing else to learn the capture’s id from.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const answer = await write(shop, order_id, 'capture 1000');
        assertStatus(answer, 201);
        const capture_id = answer.headers.get('capture-id') ?? '';
        assert.match(capture_id, UUID);
        assert.equal(
          answer.headers.get('location'),
          `${shop.url}/ordermanagement/v1/orders/${order_id}/captures/${capture_id}`,
        );
        const got = await fetch(answer.headers.get('location') ?? '', {
          headers: { authorization: shop.authorization },
        });
        assert.equal(got.status, 200);
        assert.equal(((await got.json()) as Json).capture_id, capture_id);
      });

      test('is read with everything that was sent, and numbered', async () => {
        // The shopper’s invoice shows it.
        const shop = await world.shop();
        const order_id = await shop.placeOrder({ ...PURCHASE, billing_address: ALMA });
        const first = await shop.capture(order_id, 1_000);
        const second = await shop.capture(order_id, 6_000, {
          reference: 'c9a94cf1-7126-4f55-92fa-4d34f416ed7f',
          description: 'Shipped the full order',
          order_lines: [
            {
              type: 'physical',
              reference: '123050',
              name: 'Tomatoes',
              quantity: 10,
              quantity_unit: 'kg',
              unit_price: 600,
              tax_rate: 2500,
              total_amount: 6000,
              total_tax_amount: 1200,
            },
          ],
          shipping_info: [
            { shipping_company: 'DHL US', tracking_number: '1234567890', return_shipping_company: 'UPS' },
          ],
          shipping_delay: 0,
        });
        const { klarna_reference, captures } = await shop.read(order_id);
        assert.deepEqual(
          captures.map(({ capture_id, klarna_reference: own }) => [capture_id, own]),
          [
            [first, `${klarna_reference}-1`],
            [second, `${klarna_reference}-2`],
          ],
        );
        const { body } = await shop.manage('GET', order_id, `/captures/${second}`);
        const { captured_at, klarna_reference: _own, billing_address, shipping_address, ...rest } = body;
        assert.match(String(captured_at), TIMESTAMP);
        assert.equal((billing_address as Json).given_name, 'Alma');
        assert.equal((shipping_address as Json).given_name, 'Alma');
        assert.deepEqual(rest, {
          capture_id: second,
          captured_amount: 6_000,
          refunded_amount: 0,
          reference: 'c9a94cf1-7126-4f55-92fa-4d34f416ed7f',
          description: 'Shipped the full order',
          order_lines: [
            {
              type: 'physical',
              reference: '123050',
              name: 'Tomatoes',
              quantity: 10,
              quantity_unit: 'kg',
              unit_price: 600,
              tax_rate: 2500,
              total_amount: 6000,
              total_discount_amount: 0,
              total_tax_amount: 1200,
            },
          ],
          shipping_info: [
            { shipping_company: 'DHL US', tracking_number: '1234567890', return_shipping_company: 'UPS' },
          ],
        });
        const list = await shop.manage<Json[]>('GET', order_id, '/captures');
        assert.deepEqual(list.body, captures);
        assert.deepEqual(
          [captures[0]?.description, captures[0]?.order_lines, captures[0]?.shipping_info],
          ['', [], []],
        );
      });

      test('takes all that remains and not one more, and at least one', async () => {
        // More would take money that nobody authorized.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const capture = (captured_amount: number) => shop.manage('POST', order_id, '/captures', { captured_amount });
        assertRefused(await capture(0), 403, 'CAPTURE_NOT_ALLOWED', ['Capture not allowed']);
        assertRefused(await capture(10_001), 403, 'CAPTURE_NOT_ALLOWED');
        assertStatus(await capture(1), 201);
        assertRefused(await capture(10_000), 403, 'CAPTURE_NOT_ALLOWED');
        assertStatus(await capture(9_999), 201);
        assertSums(await shop.read(order_id));
      });

      test('at the same time as many others never takes more than was authorized', async () => {
        // Two workers of a shop capture the same parcel list.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const answers = await Promise.all(
          Array.from({ length: 30 }, () => shop.manage('POST', order_id, '/captures', { captured_amount: 700 })),
        );
        assert.equal(answers.filter(({ status }) => status === 201).length, 14);
        for (const answer of answers.filter(({ status }) => status !== 201))
          assertRefused(answer, 403, 'CAPTURE_NOT_ALLOWED');
        const order = await shop.read(order_id);
        assert.deepEqual([order.captured_amount, order.remaining_authorized_amount], [9_800, 200]);
        assert.equal(new Set(order.captures.map(({ klarna_reference }) => klarna_reference)).size, 14);
      });

      test('acknowledges the order', async () => {
        // Klarna would go on reminding the shop.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const acknowledged = async () => (await world.provider.control('GET', `/orders/${order_id}`)).acknowledged;
        assert.equal(await acknowledged(), false);
        await shop.capture(order_id, 1);
        assert.equal(await acknowledged(), true);
      });

      test('fails with PAYMENT_METHOD_FAILED when the instrument cannot be charged', async () => {
        // The one refusal that the shopper has to solve.
        const shop = await world.shop({
          risk_rules: [{ on: 'capture', decision: 'refuse', code: 'PAYMENT_METHOD_FAILED' }],
        });
        const order_id = await shop.placeOrder();
        assertRefused(await write(shop, order_id, 'capture 1000'), 403, 'PAYMENT_METHOD_FAILED');
      });

      test('that is unknown is 404, or 403 where there are none at all and something is to change', async () => {
        // The two are documented apart.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const paths = [
          `/captures/${UNKNOWN}`,
          `/captures/${UNKNOWN}/extend-due-date-options`,
          '/captures/nonsense',
          '/captures/%00',
        ];
        for (const suffix of paths) assertRefused(await shop.manage('GET', order_id, suffix), 404, 'NO_SUCH_CAPTURE');
        assertRefused(await write(shop, order_id, 'ship capture'), 403, 'NOT_ALLOWED');
        await shop.capture(order_id, 1);
        for (const suffix of paths) assertRefused(await shop.manage('GET', order_id, suffix), 404, 'NO_SUCH_CAPTURE');
        assertRefused(await write(shop, order_id, 'ship capture'), 404, 'NO_SUCH_CAPTURE', [
          `Capture could not be found. Shipping info cannot be added to capture ${UNKNOWN}`,
        ]);
        assertRefused(await write(shop, order_id, 'send out'), 404, 'NO_SUCH_CAPTURE');
        assertRefused(await write(shop, order_id, 'extend due date'), 404, 'NO_SUCH_CAPTURE');
      });

      test('takes what deployed clients send', async () => {
        // Recorded requests of plugins that work in production.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const body =
          '{"captured_amount": 1000.0, "description": null, "order_lines": [], "tracking_url": "x", "reference": 12}';
        assertStatus(await shop.manage('POST', order_id, '/captures', body), 201);
        const shipped = { shipping_info: [{ tracking_number: 4711, tracking_url: 'x', shipping_method: null }] };
        assertStatus(await shop.manage('POST', order_id, '/shipping-info', shipped), 204);
        const order = await shop.read(order_id);
        assert.deepEqual([order.captures[0]?.captured_amount, order.captures[0]?.reference], [1_000, '12']);
        assert.deepEqual(order.shipping_info, [{ tracking_number: '4711' }]);
      });
    });

    describe('shipping information', () => {
      test('is appended, to the order and to one capture', async () => {
        // The second parcel would overwrite the first.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const [one, two] = [await shop.capture(order_id, 1, { shipping_info: [DHL] }), await shop.capture(order_id, 1)];
        const full = {
          shipping_company: 'DHL US',
          shipping_method: 'Home',
          tracking_number: '63456415674545679874',
          tracking_uri: 'http://shipping.example/findmypackage?63456415674545679874',
          return_shipping_company: 'DHL US',
          return_tracking_number: '93456415674545679888',
          return_tracking_uri: 'http://shipping.example/findmypackage?93456415674545679888',
        };
        const add = (suffix: string) => shop.manage('POST', order_id, suffix, { shipping_info: [full] });
        for (const suffix of ['/shipping-info', '/shipping-info', `/captures/${one}/shipping-info`])
          assertStatus(await add(suffix), 204);
        const order = await shop.read(order_id);
        assert.deepEqual(order.shipping_info, [full, full]);
        assert.deepEqual(
          order.captures.map(({ shipping_info }) => shipping_info),
          [[DHL, full], []],
        );
        assertStatus(await shop.manage('POST', order_id, `/captures/${two}/trigger-send-out`), 204);
      });
    });

    describe('a refund', () => {
      test('is 201 without a body, and read back', async () => {
        // Accounting reconciles by these ids.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        await shop.capture(order_id, 10_000);
        const answer = await shop.manage('POST', order_id, '/refunds', {
          refunded_amount: 2_500,
          description: 'Too small',
          reference: 'return-7',
          order_lines: [line('shoe', 2_500)],
        });
        assertStatus(answer, 201);
        const refund_id = answer.headers.get('refund-id') ?? '';
        assert.match(refund_id, UUID);
        assert.equal(
          answer.headers.get('location'),
          `${shop.url}/ordermanagement/v1/orders/${order_id}/refunds/${refund_id}`,
        );
        const { body } = await shop.manage('GET', order_id, `/refunds/${refund_id}`);
        const { refunded_at, order_lines, ...rest } = body;
        assert.match(String(refunded_at), TIMESTAMP);
        assert.equal((order_lines as Json[])[0]?.reference, 'shoe');
        assert.deepEqual(rest, { refund_id, refunded_amount: 2_500, description: 'Too small', reference: 'return-7' });
        assert.deepEqual((await shop.read(order_id)).refunds, [body]);
        for (const id of [UNKNOWN, 'nonsense'])
          assertRefused(await shop.manage('GET', order_id, `/refunds/${id}`), 404, 'NOT_FOUND', [
            `Refund ${id} cannot be found for order ${order_id}`,
          ]);
      });

      test('gives back all that was captured and not one more, at least one', async () => {
        // A shop would give away money.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        await shop.capture(order_id, 3_000);
        await shop.capture(order_id, 1_000);
        const refund = (refunded_amount: number) => shop.manage('POST', order_id, '/refunds', { refunded_amount });
        assertRefused(await refund(0), 403, 'REFUND_NOT_ALLOWED');
        assertRefused(await refund(4_001), 403, 'REFUND_NOT_ALLOWED');
        assertStatus(await refund(3_999), 201);
        assertRefused(await refund(2), 403, 'REFUND_NOT_ALLOWED');
        assertStatus(await refund(1), 201);
        assertSums(await shop.read(order_id));
      });

      test('at the same time as many others never gives back more than was captured', async () => {
        // As above, under load.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        await shop.capture(order_id, 10_000);
        const answers = await Promise.all(
          Array.from({ length: 30 }, () => shop.manage('POST', order_id, '/refunds', { refunded_amount: 700 })),
        );
        assert.equal(answers.filter(({ status }) => status === 201).length, 14);
        assert.equal((await shop.read(order_id)).refunded_amount, 9_800);
      });

      test('is booked against the capture whose lines it names', async () => {
        // The shopper’s invoices would be credited wrongly.
        const shop = await world.shop();
        const order_id = await shop.placeOrder(purchaseOf(3_000, 7_000));
        await shop.capture(order_id, 3_000, { order_lines: [line('article-1', 3_000)] });
        await shop.capture(order_id, 7_000, { order_lines: [line('article-2', 7_000)] });
        const booked = async (refunded_amount: number, order_lines?: object[]) => {
          await shop.refund(order_id, refunded_amount, order_lines && { order_lines });
          const { captures, refunded_amount: whole } = await shop.read(order_id);
          return [whole, ...captures.map((capture) => capture.refunded_amount)];
        };
        assert.deepEqual(await booked(500, [line('article-2', 500)]), [500, 0, 500]);
        // Other references, a sum that does not fit, and more than the capture: accepted, and booked nowhere.
        assert.deepEqual(await booked(100, [line('article-9', 100)]), [600, 0, 500]);
        assert.deepEqual(await booked(100, [line('article-1', 99)]), [700, 0, 500]);
        assert.deepEqual(await booked(3_001, [line('article-1', 3_001)]), [3_701, 0, 500]);
        // Without lines Klarna chooses.
        assert.deepEqual(await booked(1_000), [4_701, 1_000, 500]);
      });

      test('keeps back a return fee where the order was captured whole and at once, in markets that know it', async () => {
        // A shop would announce a fee that it may not take.
        const shop = await world.shop();
        const fee = { order_lines: [line('shoe', 10_000), line('fee', -500, { type: 'return_fee' })] };
        const whole = await shop.placeOrder();
        await shop.capture(whole, 10_000);
        assertRefused(
          await shop.manage('POST', whole, '/refunds', { refunded_amount: 9_499, ...fee }),
          403,
          'REFUND_NOT_ALLOWED',
        );
        await shop.refund(whole, 9_500, fee);
        assert.equal((await shop.read(whole)).refunds[0]?.refunded_amount, 9_500);
        // The fee is given back later by refunding it.
        await shop.refund(whole, 500);
        const parts = await shop.placeOrder();
        await shop.capture(parts, 5_000);
        await shop.capture(parts, 5_000);
        assertRefused(
          await shop.manage('POST', parts, '/refunds', { refunded_amount: 9_500, ...fee }),
          403,
          'REFUND_NOT_ALLOWED',
        );
        const british = await shop.placeOrder(purchaseIn('GB', 'GBP', 'en-GB'));
        await shop.capture(british, 10_000);
        assertRefused(
          await shop.manage('POST', british, '/refunds', { refunded_amount: 9_500, ...fee }),
          403,
          'REFUND_NOT_ALLOWED',
        );
      });

      test('of a part-captured order leaves the rest authorized', async () => {
        // The rest of the goods could not be delivered.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        await shop.capture(order_id, 4_000);
        await shop.refund(order_id, 4_000);
        const order = await shop.read(order_id);
        assert.deepEqual([order.status, order.remaining_authorized_amount], ['PART_CAPTURED', 6_000]);
        await shop.capture(order_id, 6_000);
      });
    });

    describe('updating the authorization', () => {
      test('replaces amount and lines; without lines the old ones are gone', async () => {
        // Documented, and the surprise of every integration.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const body = {
          order_amount: 8_000,
          order_lines: [line('boot', 8_000)],
          order_tax_amount: 1_600,
          description: 'x',
        };
        assertStatus(await shop.manage('PATCH', order_id, '/authorization', body), 204);
        const changed = await shop.read(order_id);
        assert.deepEqual(
          [changed.order_amount, changed.original_order_amount, changed.remaining_authorized_amount],
          [8_000, 10_000, 8_000],
        );
        assert.deepEqual(
          changed.order_lines.map(({ reference }) => reference),
          ['boot'],
        );
        assertStatus(await shop.manage('PATCH', order_id, '/authorization', { order_amount: 7_000 }), 204);
        assert.deepEqual((await shop.read(order_id)).order_lines, []);
      });

      test('raises the amount only for methods and markets that allow it', async () => {
        // A shop would ship goods that nobody pays for.
        const shop = await world.shop();
        for (const [payment_method, country, currency, locale, allowed] of RAISES) {
          const order_id = await shop.placeOrder(purchaseIn(country, currency, locale), { payment_method });
          const raise = await shop.manage('PATCH', order_id, '/authorization', { order_amount: 10_001 });
          if (allowed) assert.equal(raise.status, 204, `${payment_method} ${country}: ${raise.text}`);
          else assertRefused(raise, 403, 'NOT_ALLOWED', ['Update not allowed.']);
          // The same amount and less are always possible.
          assertStatus(await shop.manage('PATCH', order_id, '/authorization', { order_amount: 10_000 }), 204);
        }
      });

      test('is refused when the new risk decision is a decline', async () => {
        // A raise is a new decision.
        const shop = await world.shop({
          risk_rules: [{ on: 'update', when: { amount_over: 15_000 }, decision: 'refuse' }],
        });
        const order_id = await shop.placeOrder();
        const update = (order_amount: number) => shop.manage('PATCH', order_id, '/authorization', { order_amount });
        assertRefused(await update(15_001), 403, 'NOT_ALLOWED', ['Update not allowed.']);
        assertStatus(await update(15_000), 204);
      });

      test('may fall to what was captured and not below', async () => {
        // Below it there would be a captured amount that nobody authorized.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        await shop.capture(order_id, 4_000);
        assertRefused(
          await shop.manage('PATCH', order_id, '/authorization', { order_amount: 3_999 }),
          403,
          'NOT_ALLOWED',
          [
            'Resulting authorization amount 3999 cannot be less than the captured amount 4000 for order. Order authorization cannot be updated',
          ],
        );
        assertStatus(await shop.manage('PATCH', order_id, '/authorization', { order_amount: 4_001 }), 204);
        await shop.capture(order_id, 1);
        assert.equal((await shop.read(order_id)).status, 'CAPTURED');
      });
    });

    describe('references and customer details', () => {
      test('merge: present ones overwrite, empty ones clear, absent ones stay', async () => {
        // A shop would lose its order number when it adds a second one.
        const shop = await world.shop();
        const order_id = await shop.placeOrder({ ...PURCHASE, merchant_reference1: 'one' });
        const update = (body: object) => shop.manage('PATCH', order_id, '/merchant-references', body);
        const references = async () => {
          const { merchant_reference1, merchant_reference2 } = await shop.read(order_id);
          return [merchant_reference1 || 'none', merchant_reference2 || 'none'];
        };
        assertStatus(await update({ merchant_reference2: 4711 }), 204);
        assert.deepEqual(await references(), ['one', '4711']);
        assertStatus(await update({}), 204);
        assertStatus(await update({ merchant_reference1: null }), 204);
        assert.deepEqual(await references(), ['one', '4711']);
        assertStatus(await update({ merchant_reference1: '' }), 204);
        assert.deepEqual(await references(), ['none', '4711']);
      });

      test('change the shipping address field by field, and never the billing address', async () => {
        // A parcel would go to half an address.
        const shop = await world.shop();
        const order_id = await shop.placeOrder({ ...PURCHASE, billing_address: { ...ALMA, street_address2: '2 tr' } });
        const update = (body: object) => shop.manage('PATCH', order_id, '/customer-details', body);
        assertStatus(await update({ shipping_address: { city: 'Lund', postal_code: '22350', phone: null } }), 204);
        assertStatus(await update({ shipping_address: { street_address2: '' } }), 204);
        assertStatus(await update({}), 204);
        const { shipping_address, billing_address } = await shop.read(order_id);
        const address = { ...ALMA, title: '', region: '' };
        assert.deepEqual(shipping_address, { ...address, street_address2: '', city: 'Lund', postal_code: '22350' });
        assert.deepEqual(billing_address, { ...address, street_address2: '2 tr' });
        for (const body of [{ billing_address: {} }, { billing_address: ALMA, shipping_address: { city: 'Malmö' } }])
          assertRefused(await update(body), 403, 'NOT_ALLOWED', [
            'Billing address cannot be updated for user account order. Customer details cannot be updated.',
          ]);
        assertStatus(await update({ billing_address: null }), 204);
        await shop.set({ risk_rules: [{ on: 'customer_details', decision: 'refuse' }] });
        assertRefused(await update({ shipping_address: { city: 'Kiruna' } }), 403, 'NOT_ALLOWED');
        assert.equal(((await shop.read(order_id)).shipping_address as Json).city, 'Lund');
      });
    });

    describe('the end of an authorization', () => {
      test('is midnight UTC of the 28th day, for what is not captured', async () => {
        // A shop that counts 28 times 24 hours captures too late.
        const shop = await world.shop();
        await shop.setClock('2031-03-10T09:48:16Z');
        const [untouched, part] = [await shop.placeOrder(), await shop.placeOrder()];
        await shop.capture(part, 4_000);
        await shop.setClock('2031-04-06T23:50:00Z');
        assert.equal((await shop.read(untouched)).status, 'AUTHORIZED');
        assert.equal((await shop.read(part)).status, 'PART_CAPTURED');
        await shop.setClock('2031-04-07T00:00:00Z');
        const [expired, complete] = [await shop.read(untouched), await shop.read(part)];
        assert.deepEqual([expired.status, expired.remaining_authorized_amount], ['EXPIRED', 0]);
        assert.deepEqual(
          [complete.status, complete.remaining_authorized_amount, complete.captured_amount],
          ['CAPTURED', 0, 4_000],
        );
        await shop.refund(part, 4_000);
      });

      test('is as far away as the account says', async () => {
        // Shops with long delivery times have their own period.
        const shop = await world.shop({ authorization_days: 60 });
        await shop.setClock('2031-03-10T09:48:16Z');
        assert.equal((await shop.read(await shop.placeOrder())).expires_at, '2031-05-09T00:00:00.000Z');
      });

      test('moves to 28 days from the day of an extension, once a day', async () => {
        // Counted from the call, not from the old end.
        const shop = await world.shop();
        await shop.setClock('2031-03-10T09:48:16Z');
        const order_id = await shop.placeOrder();
        const extended = async () => {
          assertStatus(await write(shop, order_id, 'extend'), 204);
          return (await shop.read(order_id)).expires_at;
        };
        assert.equal(await extended(), '2031-04-07T00:00:00.000Z');
        await shop.setClock('2031-03-20T10:00:00Z');
        assert.equal(await extended(), '2031-04-17T00:00:00.000Z');
        await shop.setClock('2031-03-20T22:00:00Z');
        assert.equal(await extended(), '2031-04-17T00:00:00.000Z');
        await shop.setClock('2031-03-21T00:00:00Z');
        assert.equal(await extended(), '2031-04-18T00:00:00.000Z');
        await shop.setClock('2031-04-18T00:00:00Z');
        assertRefused(await write(shop, order_id, 'extend'), 403, 'NOT_ALLOWED', [
          'Order is expired. Authorization time cannot be extended.',
        ]);
      });

      test('can be moved in the first 180 days only', async () => {
        // After that the shopper has to order again.
        const shop = await world.shop({ authorization_days: 180 });
        await shop.setClock('2031-03-10T09:48:16Z');
        const order_id = await shop.placeOrder();
        await shop.setClock('2031-09-05T12:00:00Z');
        assertStatus(await write(shop, order_id, 'extend'), 204);
        assert.equal((await shop.read(order_id)).expires_at, '2032-03-03T00:00:00.000Z');
        await shop.setClock('2031-09-07T12:00:00Z');
        assertRefused(await write(shop, order_id, 'extend'), 403, 'NOT_ALLOWED');
        assert.equal((await shop.read(order_id)).status, 'AUTHORIZED');
      });

      test('cannot be moved for cards and US financing', async () => {
        // Banks hold the money for a fixed time.
        const shop = await world.shop();
        const allowed = [
          'invoice',
          'base_account',
          'direct_debit',
          'fixed_amount',
          'direct_bank_transfer',
          'pay_later_by_card',
        ];
        const refused = ['card', 'pay_by_card', 'fixed_sum_credit', 'slice_it_by_card'];
        for (const payment_method of [...allowed, ...refused]) {
          const order_id = await shop.placeOrder(PURCHASE, { payment_method });
          const answer = await write(shop, order_id, 'extend');
          if (allowed.includes(payment_method)) assert.equal(answer.status, 204, payment_method);
          else assertRefused(answer, 403, 'NOT_ALLOWED');
        }
      });
    });

    describe('a later due date', () => {
      test('has its price by market and order size', async () => {
        // The shop pays these fees.
        const shop = await world.shop();
        for (const [country, currency, locale, amount, ...options] of DUE_DATES) {
          const purchase = { ...purchaseOf(amount), purchase_country: country, purchase_currency: currency, locale };
          const order_id = await shop.placeOrder(purchase);
          const capture_id = await shop.capture(order_id, amount);
          const { status, body } = await shop.manage(
            'GET',
            order_id,
            `/captures/${capture_id}/extend-due-date-options`,
          );
          assert.equal(status, 200);
          assert.deepEqual(
            body,
            { currency, options: options.map(([number_of_days, fee]) => ({ number_of_days, amount: fee })) },
            `${country} ${amount}`,
          );
        }
      });

      test('is for invoices only', async () => {
        // Nothing is due later where the shopper paid at once.
        const shop = await world.shop();
        const order_id = await shop.placeOrder(PURCHASE, { payment_method: 'pay_by_card' });
        const capture_id = await shop.capture(order_id, 10_000);
        const { body } = await shop.manage('GET', order_id, `/captures/${capture_id}/extend-due-date-options`);
        assert.deepEqual(body, { currency: 'SEK', options: [] });
        assertRefused(await write(shop, order_id, 'extend due date', capture_id), 403, 'NOT_ALLOWED');
      });

      test('is one of the options, once a capture, and free once an order', async () => {
        // The shop would be charged twice.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const [one, two] = [await shop.capture(order_id, 5_000), await shop.capture(order_id, 5_000)];
        const extend = (capture_id: string, body: object) =>
          shop.manage('PATCH', order_id, `/captures/${capture_id}/extend-due-date`, body);
        const days = async (capture_id: string) => {
          const { body } = await shop.manage('GET', order_id, `/captures/${capture_id}/extend-due-date-options`);
          return (body.options as Json[]).map(({ number_of_days }) => number_of_days);
        };
        assertRefused(await extend(one, { number_of_days: 3 }), 403, 'NOT_ALLOWED');
        assertRefused(await extend(one, {}), 422, 'UNPROCESSABLE_ENTITY', ["'number_of_days' must not be null"]);
        assertStatus(await extend(one, { number_of_days: 2 }), 204);
        assert.deepEqual(await days(one), []);
        assertRefused(await extend(one, { number_of_days: 10 }), 403, 'NOT_ALLOWED');
        assert.deepEqual(await days(two), [10, 30, 60]);
        assertStatus(await extend(two, { number_of_days: 60 }), 204);
      });
    });

    describe('an idempotency key', () => {
      const capture = (
        shop: Shop,
        order_id: string,
        key: string | undefined,
        body: object | string = { captured_amount: 1_000 },
      ) => shop.manage('POST', order_id, '/captures', body, key);

      test('gives the first answer again, whatever the second body says', async () => {
        // The key alone decides; a client that repeats after a time-out may have rounded differently.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const key = randomUUID();
        const first = await capture(shop, order_id, key);
        assertStatus(first, 201);
        for (const body of [
          { captured_amount: 1_000 },
          { captured_amount: 2_000 },
          {},
          { captured_amount: -1 },
          '{',
          '',
        ]) {
          const again = await capture(shop, order_id, key, body);
          assertStatus(again, 201);
          for (const name of ['capture-id', 'location', 'transaction-id'])
            assert.equal(again.headers.get(name), first.headers.get(name), name);
          assert.notEqual(again.headers.get('klarna-correlation-id'), first.headers.get('klarna-correlation-id'));
        }
        assert.equal((await shop.read(order_id)).captured_amount, 1_000);
      });

      test('of two is two captures, and so is none', async () => {
        // The documented pitfall, on purpose.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        for (const key of [randomUUID(), randomUUID(), undefined, undefined])
          assertStatus(await capture(shop, order_id, key), 201);
        assert.equal((await shop.read(order_id)).captured_amount, 4_000);
      });

      test('keeps refusals too', async () => {
        // The repeat of a refused call must not succeed behind the client’s back.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const key = randomUUID();
        const first = await capture(shop, order_id, key, { captured_amount: 10_001 });
        assertRefused(first, 403, 'CAPTURE_NOT_ALLOWED');
        const again = await capture(shop, order_id, key, { captured_amount: 1 });
        assertRefused(again, 403, 'CAPTURE_NOT_ALLOWED', first.body.error_messages as string[]);
        assert.notEqual(again.body.correlation_id, first.body.correlation_id);
      });

      test('does not keep answers to bodies that were never looked at', async () => {
        // Nothing was attempted; the corrected body is the first attempt.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const key = randomUUID();
        assertRefused(await capture(shop, order_id, key, {}), 422, 'UNPROCESSABLE_ENTITY');
        assertStatus(await capture(shop, order_id, key), 201);
      });

      test('stands for one operation on one path of one merchant', async () => {
        // Shops reuse their own order number as the key of everything they do with the order.
        const [shop, other] = [await world.shop(), await world.shop()];
        const key = 'order-4711';
        const [one, two, theirs] = [await shop.placeOrder(), await shop.placeOrder(), await other.placeOrder()];
        assertStatus(await capture(shop, one, key), 201);
        assertStatus(await capture(shop, two, key), 201);
        assertStatus(await capture(other, theirs, key), 201);
        assertStatus(await write(shop, one, 'refund 1000', undefined, key), 201);
        const second = await shop.capture(one, 500);
        const [first] = (await shop.read(one)).captures;
        assertStatus(await write(shop, one, 'ship capture', first?.capture_id, key), 204);
        assertStatus(await write(shop, one, 'ship capture', second, key), 204);
        const order = await shop.read(one);
        assert.deepEqual([order.captured_amount, order.refunded_amount], [1_500, 1_000]);
        assert.deepEqual(
          order.captures.map(({ shipping_info }) => (shipping_info as Json[]).length),
          [1, 1],
        );
      });

      test('holds for every write', async () => {
        // A lost answer to any of them is repeated.
        const shop = await world.shop();
        const appended = await shop.placeOrder();
        for (const _ of [1, 2, 3]) assertStatus(await write(shop, appended, 'ship order', undefined, 'k'), 204);
        assert.equal((await shop.read(appended)).shipping_info.length, 1);
        const released = await shop.placeOrder();
        await shop.capture(released, 1);
        for (const _ of [1, 2]) assertStatus(await write(shop, released, 'release', undefined, 'k'), 204);
        const due = await shop.placeOrder();
        const capture_id = await shop.capture(due, 1);
        for (const _ of [1, 2]) assertStatus(await write(shop, due, 'extend due date', capture_id, 'k'), 204);
        const updated = await shop.placeOrder();
        assertStatus(await write(shop, updated, 'update to 9000', undefined, 'k'), 204);
        assertStatus(await write(shop, updated, 'update to 4000', undefined, 'l'), 204);
        assertStatus(await write(shop, updated, 'update to 9000', undefined, 'k'), 204);
        assert.equal((await shop.read(updated)).order_amount, 4_000);
      });

      test('is forgotten after 24 hours', async () => {
        // The guarantee’s end; a shop that repeats later captures twice.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const first = await capture(shop, order_id, 'k');
        await shop.advance('PT23H59M');
        assert.equal((await capture(shop, order_id, 'k')).headers.get('capture-id'), first.headers.get('capture-id'));
        await shop.advance('PT1M');
        assert.notEqual(
          (await capture(shop, order_id, 'k')).headers.get('capture-id'),
          first.headers.get('capture-id'),
        );
        assert.equal((await shop.read(order_id)).captures.length, 2);
      });

      test('makes one capture of thirty calls at once', async () => {
        // A worker’s retries overlap with the call that hangs.
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const key = randomUUID();
        const answers = await Promise.all(Array.from({ length: 30 }, () => capture(shop, order_id, key)));
        for (const answer of answers) assertStatus(answer, 201);
        assert.equal(new Set(answers.map(({ headers }) => headers.get('capture-id'))).size, 1);
        const order = await shop.read(order_id);
        assert.deepEqual([order.captures.length, order.captured_amount], [1, 1_000]);
      });

      if (kind.durable) {
        test('survives a restart', async () => {
          // The answer was lost because the server went down: exactly then the key matters.
          const shop = await world.shop();
          const order_id = await shop.placeOrder();
          const first = await capture(shop, order_id, 'k');
          const before = await shop.read(order_id);
          await world.restart();
          assert.deepEqual(await shop.read(order_id), before);
          const again = await capture(shop, order_id, 'k');
          assertStatus(again, 201);
          assert.equal(again.headers.get('capture-id'), first.headers.get('capture-id'));
          assert.equal((await shop.read(order_id)).captures.length, 1);
        });
      }
    });

    describe('a transaction id', () => {
      test('is on every write, and the same when nothing was left to do', async () => {
        // Clients take it for the proof that their repeat was recognised.
        const shop = await world.shop();
        const idOf = async (order_id: string, name: WriteName) => {
          const answer = await write(shop, order_id, name);
          assert.ok(answer.status < 300, answer.text);
          return answer.headers.get('transaction-id');
        };
        for (const name of ['acknowledge', 'extend', 'ship order', 'cancel'] as const) {
          const [one, two] = [await shop.placeOrder(), await shop.placeOrder()];
          const first = await idOf(one, name);
          assert.match(first ?? '', UUID);
          assert.equal(await idOf(one, name), first, name);
          assert.notEqual(await idOf(two, name), first, name);
        }
        const order_id = await shop.placeOrder();
        assert.notEqual(await idOf(order_id, 'capture 1000'), await idOf(order_id, 'capture 1000'));
      });
    });
  });
}

/** What holds for every order at any time. */
function assertSums(order: Awaited<ReturnType<Shop['read']>>): void {
  const captured = order.captures.reduce((sum, { captured_amount }) => sum + Number(captured_amount), 0);
  const refunded = order.refunds.reduce((sum, { refunded_amount }) => sum + Number(refunded_amount), 0);
  const open = order.status === 'AUTHORIZED' || order.status === 'PART_CAPTURED';
  assert.equal(order.captured_amount, captured);
  assert.equal(order.refunded_amount, refunded);
  assert.equal(order.remaining_authorized_amount, open ? order.order_amount - captured : 0);
  assert.ok(refunded <= captured && captured <= order.order_amount);
}
