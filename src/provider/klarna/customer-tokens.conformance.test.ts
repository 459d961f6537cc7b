/**
 * Customer tokens as their clients see them, over HTTP and on every store. Each test's first line says what a shop would suffer if
 * it failed.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  sendRaw,
  sharedProvider,
} from '../testing.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UNKNOWN = '0190a0b0-0000-7000-8000-000000000000';
const WANTED = {
  description: 'A shoe a month',
  intended_use: 'SUBSCRIPTION',
  locale: 'sv-SE',
  purchase_country: 'SE',
  purchase_currency: 'SEK',
} as const;
const BOTH = { ...PURCHASE, intent: 'buy_and_tokenize', billing_address: ALMA } as const;
const { purchase_country: _country, locale: _locale, ...CHARGE } = PURCHASE;

const make = (shop: Shop, authorization_token: string, body: object = WANTED) =>
  shop.call('POST', `/payments/v1/authorizations/${authorization_token}/customer-token`, body);
const path = (token_id: string, suffix = '') => `/customer-token/v1/tokens/${token_id}${suffix}`;
const read = (shop: Shop, token_id: string) => shop.call('GET', path(token_id));
const cancel = (shop: Shop, token_id: string, status: unknown = 'CANCELLED') =>
  shop.call('PATCH', path(token_id, '/status'), { status });
const charge = (shop: Shop, token_id: string, body: object | string = CHARGE, key?: string) =>
  shop.call('POST', path(token_id, '/order'), body, key === undefined ? {} : { 'klarna-idempotency-key': key });

/** A token; `data` is what the shopper does, as for `authorize`. */
async function newToken(shop: Shop, data: object = {}, purchase: object = BOTH): Promise<string> {
  const { token } = await shop.newToken(purchase, data);
  const { purchase_country, purchase_currency, locale } = purchase as Json;
  const answer = await make(shop, token, { ...WANTED, purchase_country, purchase_currency, locale });
  assert.equal(answer.status, 200, answer.text);
  return String(answer.body.token_id);
}

/** The id of an order that a charge must have made. */
function orderOf(answer: Answered): string {
  assert.equal(answer.status, 200, answer.text);
  return String(answer.body.order_id);
}

for (const kind of STORES) {
  describe(`Customer tokens on ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const klarna = (token_id: string, move: string, body: object = {}) =>
      world.provider.control('POST', `/customer-tokens/${token_id}/${move}`, body);

    describe('making one', () => {
      test('answers 200 with the token, where to send the shopper, and who it is', async () => {
        // Shops store the token_id and nothing else.
        const shop = await world.shop();
        const { token } = await shop.newToken({
          ...BOTH,
          customer: { date_of_birth: '1978-12-31', gender: 'female', national_identification_number: '781231-0000' },
          merchant_urls: { confirmation: 'https://shop.example/thanks?s={session.id}' },
        });
        const { status, body } = await make(shop, token);
        assert.equal(status, 200);
        assert.deepEqual(Object.keys(body), [
          'token_id',
          'redirect_url',
          'payment_method_reference',
          'billing_address',
          'customer',
        ]);
        assert.match(String(body.token_id), UUID);
        assert.match(String(body.payment_method_reference), UUID);
        assert.deepEqual(body.billing_address, ALMA);
        assert.deepEqual(body.customer, { date_of_birth: '1978-12-31', gender: 'female' });
        const redirect = await fetch(String(body.redirect_url), { redirect: 'manual' });
        assert.match(redirect.headers.get('location') ?? '', /^https:\/\/shop\.example\/thanks\?s=[0-9a-f-]{36}$/);
      });

      test('and an order take the same authorization, in either order, each once', async () => {
        // The first delivery of a subscription is paid with the approval that starts it.
        const shop = await world.shop();
        for (const tokenFirst of [true, false]) {
          const { token } = await shop.newToken(BOTH);
          const calls = [() => make(shop, token), () => shop.order(token)];
          for (const call of tokenFirst ? calls : calls.toReversed()) assertStatus(await call(), 200);
          assertRefused(await make(shop, token, { ...WANTED, description: 'Another' }), 403, 'INVALID_OPERATION', [
            'Authorization token already consumed',
          ]);
        }
      });

      test('of nothing is possible with the intent tokenize', async () => {
        // A free month starts without a purchase.
        const shop = await world.shop();
        const free = { ...purchaseOf(0), intent: 'tokenize', billing_address: ALMA };
        const token_id = await newToken(shop, {}, free);
        assert.equal((await read(shop, token_id)).body.status, 'ACTIVE');
        orderOf(await charge(shop, token_id));
      });

      test('the same call gets the same token, for as long as the authorization would have lived', async () => {
        // A lost answer must not leave the shopper with two consents.
        const shop = await world.shop();
        const { token } = await shop.newToken(BOTH);
        const answers = await Promise.all(Array.from({ length: 10 }, () => make(shop, token)));
        assert.equal(new Set(answers.map(({ body }) => body.token_id)).size, 1);
        await shop.advance('PT60M');
        assertRefused(await make(shop, token), 403, 'INVALID_OPERATION', ['Authorization token already consumed']);
      });

      test('needs an authorization that lives, is one’s own, and was given for it', async () => {
        // What the shopper did not agree to is not charged.
        const [shop, other] = [await world.shop(), await world.shop()];
        const { token } = await shop.newToken(BOTH);
        const invalid = ['Invalid authorization token'];
        assertRefused(await make(other, token), 404, 'NOT_FOUND', invalid);
        assertRefused(await make(shop, UNKNOWN), 404, 'NOT_FOUND', invalid);
        assertRefused(await make(shop, 'no-uuid'), 404, 'NOT_FOUND', invalid);
        assertRefused(await make(shop, (await shop.newToken()).token), 403, 'INVALID_OPERATION', [
          'Not allowed to create customer tokens for intent buy.',
        ]);
        await shop.advance('PT60M');
        assertRefused(await make(shop, token), 404, 'NOT_FOUND', invalid);
        const cancelled = await shop.newToken(BOTH);
        await shop.call('DELETE', `/payments/v1/authorizations/${cancelled.token}`);
        assertRefused(await make(shop, cancelled.token), 404, 'NOT_FOUND', invalid);
        await shop.set({ status: 'inactive' });
        assertRefused(await make(shop, token), 403, 'MERCHANT_INACTIVE', []);
      });

      test('compares country and currency with the session, and takes the shopper’s own address', async () => {
        // A token for another country than the shopper saw would be charged in the wrong currency.
        const shop = await world.shop();
        const { token } = await shop.newToken(BOTH);
        const german = { purchase_country: 'DE', purchase_currency: 'EUR', locale: 'de-DE' };
        assertRefused(await make(shop, token, { ...WANTED, ...german }), 409, 'BAD_VALUE', [
          'Not matching fields: [purchase_country, purchase_currency]',
        ]);
        const elsewhere = { ...ALMA, city: 'Ystad', postal_code: 'not one' };
        const answer = await make(shop, token, { ...WANTED, billing_address: elsewhere });
        assert.equal((answer.body.billing_address as Json).city, ALMA.city);
        const { billing_address: _none, ...without } = BOTH;
        const unnamed = (await shop.newToken(without)).token;
        assertRefused(await make(shop, unnamed, { ...WANTED, billing_address: elsewhere }), 400, 'BAD_VALUE', [
          'Bad value: billing_address.postal_code',
        ]);
        const named = await make(shop, unnamed, { ...WANTED, billing_address: { ...ALMA, city: 'Ystad' } });
        assert.equal((named.body.billing_address as Json).city, 'Ystad');
      });

      test('checks its fields', async () => {
        // A typing error must not become a consent.
        const shop = await world.shop();
        const { token } = await shop.newToken(BOTH);
        const missing = 'description, intended_use, locale, purchase_country, purchase_currency';
        assertRefused(await make(shop, token, {}), 400, 'BAD_VALUE', [`Bad value: ${missing}`]);
        const wrong: readonly (readonly [object, string])[] = [
          [{ description: '' }, 'description'],
          [{ description: 'x'.repeat(256) }, 'description'],
          [{ intended_use: 'ONCE' }, 'intended_use'],
          [{ locale: 'swedish' }, 'locale'],
          [{ locale: 'da-DK' }, 'locale'],
          [{ purchase_country: 'XX' }, 'purchase_country'],
          [{ purchase_currency: 'EUR' }, 'purchase_currency'],
        ];
        for (const [change, field] of wrong)
          assertRefused(await make(shop, token, { ...WANTED, ...change }), 400, 'BAD_VALUE', [`Bad value: ${field}`]);
        assertStatus(await make(shop, token, { ...WANTED, intended_use: 'subscription', purchase_country: 'se' }), 200);
      });

      test('keeps what is charged later: the card or the account behind the method, else an invoice', async () => {
        // Shops show their customers what will be charged.
        const shop = await world.shop();
        await shop.setClock('2030-05-01T12:00:00Z');
        const card = { brand: 'VISA', masked_number: '************1111', expiry_date: '12/2032' };
        const methods: readonly (readonly [string, Json])[] = [
          ['invoice', { payment_method_type: 'INVOICE' }],
          ['fixed_amount', { payment_method_type: 'INVOICE' }],
          ['slice_it_by_card', { payment_method_type: 'PAY_BY_CARD', card }],
          ['card', { payment_method_type: 'CARD', card }],
          ['direct_debit', { payment_method_type: 'DIRECT_DEBIT', direct_debit: { masked_number: '**********131' } }],
        ];
        for (const [payment_method, shown] of methods) {
          const { body } = await read(shop, await newToken(shop, { payment_method }));
          assert.deepEqual(body, { status: 'ACTIVE', ...shown });
        }
        const { token } = await shop.newToken(BOTH, { payment_method: 'direct_bank_transfer' });
        const text = 'direct_bank_transfer is not valid for creating customer tokens in SE';
        assertRefused(await make(shop, token), 400, 'BAD_REQUEST', [text]);
        await shop.set({ risk_rules: [{ on: 'tokenize', when: { country: 'SE' }, decision: 'refuse' }] });
        assertRefused(await make(shop, (await shop.newToken(BOTH)).token), 400, 'BAD_REQUEST', [
          'invoice is not valid for creating customer tokens in SE',
        ]);
      });
    });

    describe('charging', () => {
      test('makes an order as any other: read, captured, refunded', async () => {
        // What comes after the purchase must not need to know how it was paid.
        const shop = await world.shop();
        const token_id = await newToken(shop, { payment_method: 'pay_by_card' });
        const answer = await charge(shop, token_id, {
          ...CHARGE,
          merchant_reference1: 'S-1',
          merchant_urls: { confirmation: 'https://shop.example/thanks' },
        });
        const order_id = orderOf(answer);
        assert.deepEqual(answer.body, {
          order_id,
          redirect_url: `${shop.url}/redirect/${order_id}`,
          fraud_status: 'ACCEPTED',
          authorized_payment_method: { type: 'pay_by_card' },
        });
        const order = await shop.read(order_id);
        assert.equal(order.status, 'AUTHORIZED');
        assert.equal(order.merchant_reference1, 'S-1');
        assert.equal(order.purchase_country, 'SE');
        assert.equal(order.locale, 'sv-SE');
        assert.equal((order.billing_address as Json).email, ALMA.email);
        assert.deepEqual(order.shipping_address, order.billing_address);
        await shop.capture(order_id, 6_000);
        await shop.refund(order_id, 1_000);
        assertStatus(await shop.manage('POST', order_id, '/release-remaining-authorization'), 204);
        assert.equal((await shop.read(order_id)).status, 'CAPTURED');
        const { customer_token_id } = await world.provider.control('GET', `/orders/${order_id}`);
        assert.equal(customer_token_id, token_id);
      });

      test('ships where it is told, and captures at once where it is told', async () => {
        // Subscriptions move house, and digital ones deliver at once.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        const shipping_address = { ...ALMA, city: 'Ystad' };
        const order = await shop.read(
          orderOf(await charge(shop, token_id, { ...CHARGE, shipping_address, auto_capture: true })),
        );
        assert.equal((order.shipping_address as Json).city, 'Ystad');
        assert.equal((order.billing_address as Json).city, ALMA.city);
        assert.deepEqual([order.status, order.captured_amount], ['CAPTURED', 10_000]);
      });

      test('pushes, and notifies of a review', async () => {
        // A charge at night is in review until the morning; the shop must hear of it.
        const shop = await world.shop();
        const calls: string[] = [];
        const server = createServer((request, response) => {
          let text = '';
          request.on('data', (chunk) => {
            text += String(chunk);
          });
          request.on('end', () => {
            calls.push(`${request.url} ${text}`);
            response.end();
          });
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        try {
          const british = { ...purchaseIn('GB', 'GBP', 'en-GB'), intent: 'tokenize' };
          const billing_address = { email: 'customer+pend-reject-05@email.uk', country: 'GB' };
          const urls = { notification: `${base}/fraud` };
          const token_id = await newToken(shop, {}, { ...british, billing_address, merchant_urls: urls });
          const body = {
            ...purchaseOf(500),
            purchase_currency: 'GBP',
            merchant_urls: { push: `${base}/push/{order.id}` },
          };
          const order_id = orderOf(await charge(shop, token_id, body));
          assert.equal((await shop.read(order_id)).fraud_status, 'PENDING');
          await shop.advance('PT5M');
          assert.equal((await shop.read(order_id)).fraud_status, 'REJECTED');
          const told = JSON.stringify({ order_id, event_type: 'FRAUD_RISK_REJECTED' });
          assert.deepEqual(calls.toSorted(), [`/fraud ${told}`, `/push/${order_id} `]);
        } finally {
          server.close();
        }
      });

      test('thirty times at once under one key makes one order, without a key thirty', async () => {
        // A charge that is repeated after a lost answer must not be paid twice.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        const same = await Promise.all(Array.from({ length: 30 }, () => charge(shop, token_id, CHARGE, 'month-1')));
        assert.equal(new Set(same.map(orderOf)).size, 1);
        assert.equal(new Set(same.map(({ text }) => text)).size, 1);
        const each = await Promise.all(Array.from({ length: 30 }, () => charge(shop, token_id)));
        assert.equal(new Set(each.map(orderOf)).size, 30);
        const { orders } = await world.provider.control('GET', `/orders?merchant_id=${shop.merchant_id}&limit=100`);
        assert.equal((orders as Json[]).length, 31);
      });

      test('the key decides for a day, on its token only, for refusals as well', async () => {
        // One key a month and token is what a shop can be sure of.
        const shop = await world.shop();
        const [one, two] = [await newToken(shop), await newToken(shop)];
        const first = orderOf(await charge(shop, one, CHARGE, 'key'));
        assert.equal(orderOf(await charge(shop, one, { ...purchaseOf(1), purchase_currency: 'SEK' }, 'key')), first);
        assert.equal(orderOf(await charge(shop, one, '{', 'key')), first);
        assert.notEqual(orderOf(await charge(shop, two, CHARGE, 'key')), first);
        await klarna(one, 'suspend');
        assertRefused(await charge(shop, one, CHARGE, 'other'), 403, 'TOKEN_SUSPENDED', []);
        await klarna(one, 'activate');
        assertRefused(await charge(shop, one, CHARGE, 'other'), 403, 'TOKEN_SUSPENDED', []);
        await shop.advance('P1D');
        assert.notEqual(orderOf(await charge(shop, one, CHARGE, 'key')), first);
        orderOf(await charge(shop, one, CHARGE, 'other'));
      });

      test('checks fields and sums with limits of its own', async () => {
        // These limits differ from those of Klarna Payments for the same objects.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        const one = (change: object, more: object = {}) => {
          const line = { name: 'Mug', quantity: 1, unit_price: 100, total_amount: 100, ...change };
          return { order_amount: 100, purchase_currency: 'SEK', order_lines: [line], ...more };
        };
        const most = 100_000_000;
        const good = [
          one({ reference: 'x'.repeat(256), merchant_data: 'x'.repeat(255), tax_rate: 10_001 }),
          one({ unit_price: most, total_amount: most }, { order_amount: most }),
          one({}, { shipping_address: { phone: '+46 70' }, attachment: null, usage: 'x', purchase_country: 'XX' }),
          one({}, { merchant_urls: { push: '', authorization: 'https://shop.example/a' } }),
        ];
        for (const body of good) orderOf(await charge(shop, token_id, body));
        const wrong: readonly (readonly [object, string])[] = [
          [one({}, { order_amount: 0 }), 'order_amount'],
          [one({}, { order_amount: 101 }), 'order_amount'],
          [one({ total_amount: 99 }, { order_amount: 99 }), 'order_lines[0].total_amount'],
          [one({ unit_price: most + 1 }), 'order_lines[0].unit_price'],
          [one({ reference: 'x'.repeat(257) }), 'order_lines[0].reference'],
          [one({ merchant_data: 'x'.repeat(256) }), 'order_lines[0].merchant_data'],
          [one({}, { order_lines: [] }), 'order_lines'],
          [one({}, { shipping_address: { phone: '1234' } }), 'shipping_address.phone'],
          [one({}, { merchant_urls: { push: 'ftp://shop.example' } }), 'merchant_urls.push'],
          [one({}, { step_up: 'MAYBE' }), 'step_up'],
          [one({}, { attachment: { content_type: 'x', body: 'no JSON' } }), 'attachment.attachment'],
        ];
        for (const [body, field] of wrong)
          assertRefused(await charge(shop, token_id, body), 400, 'BAD_VALUE', [`Bad value: ${field}`]);
        const missing = 'Bad value: order_amount, order_lines, purchase_currency';
        assertRefused(await charge(shop, token_id, {}), 400, 'BAD_VALUE', [missing]);
        assertRefused(await charge(shop, token_id, '{'), 400, 'BAD_REQUEST', []);
      });

      test('is counted as the creation of sessions is, a fifth of other calls', async () => {
        // A nightly run that ignores this is refused in production, and only there.
        const shop = await world.shop({ rate_limits: 'live' });
        const token_id = await newToken(shop);
        assert.equal((await charge(shop, token_id)).headers.get('x-ratelimit-limit'), '40, 40;w=1');
        assert.equal((await read(shop, token_id)).headers.get('x-ratelimit-limit'), '200, 200;w=1');
      });
    });

    describe('a refused charge', () => {
      test('says so in the documented shape, each cause with its code', async () => {
        // What a shop tells its customer hangs on this code.
        const shop = await world.shop();
        const token_id = await newToken(shop, { payment_method: 'direct_debit' });
        const failed = (reason: string) => ({
          fraud_status: 'REJECTED',
          reason,
          authorized_payment_method: { type: 'direct_debit' },
        });
        const check = (answer: Answered, code: string, messages: string[]) => {
          assertRefused(answer, 403, code, messages);
          const { correlation_id: _id, error_code: _code, error_messages: _text, ...rest } = answer.body;
          assert.deepEqual(rest, failed(code));
        };
        const purchase = ['Purchase for payment method failed'];
        check(
          await charge(shop, token_id, { ...CHARGE, purchase_currency: 'EUR' }),
          'UNAVAILABLE_PAYMENT_METHOD',
          purchase,
        );
        await klarna(token_id, 'instrument', { works: false });
        check(await charge(shop, token_id), 'PAYMENT_METHOD_FAILED', []);
        await klarna(token_id, 'instrument', { works: true });
        orderOf(await charge(shop, token_id));
        const rule = { on: 'charge', when: { amount_over: 9_999 }, decision: 'refuse' };
        await shop.set({ risk_rules: [rule] });
        check(await charge(shop, token_id), 'PAYMENT_METHOD_FAILED', []);
        await shop.set({ risk_rules: [{ ...rule, code: 'UNAVAILABLE_PAYMENT_METHOD' }] });
        check(await charge(shop, token_id), 'UNAVAILABLE_PAYMENT_METHOD', purchase);
        await shop.set({ risk_rules: [{ ...rule, decision: 'review' }] });
        assert.equal((await charge(shop, token_id)).body.fraud_status, 'PENDING');
        await shop.set({ risk_rules: [], status: 'inactive' });
        assertRefused(await charge(shop, token_id), 403, 'MERCHANT_INACTIVE', []);
      });

      test('comes for a card that has run out, and for a test person who is always declined', async () => {
        // Cards run out in the middle of a subscription.
        const shop = await world.shop();
        await shop.setClock('2030-05-01T12:00:00Z');
        const token_id = await newToken(shop, { payment_method: 'pay_by_card' });
        await shop.setClock('2032-12-31T23:59:59Z');
        orderOf(await charge(shop, token_id));
        await shop.setClock('2033-01-01T00:00:00Z');
        assertRefused(await charge(shop, token_id), 403, 'PAYMENT_METHOD_FAILED');
        const billing_address = { ...ALMA, email: 'customer+denied@email.se' };
        const denied = await newToken(shop, { outcome: 'approve' }, { ...BOTH, billing_address });
        assertRefused(await charge(shop, denied), 403, 'PAYMENT_METHOD_FAILED');
      });

      test('is explained in the log', async () => {
        // Whoever is on call finds out why without asking Klarna.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        const refused = await charge(shop, token_id, { ...CHARGE, purchase_currency: 'NOK' });
        const entry = await world.provider.control('GET', `/log/${refused.body.correlation_id}`);
        assert.equal(entry.code, 'UNAVAILABLE_PAYMENT_METHOD');
        assert.match(JSON.stringify(entry), /made for SEK/);
      });
    });

    describe('recovery', () => {
      const stepUp = async (shop: Shop, token_id: string): Promise<string> => {
        await klarna(token_id, 'instrument', { works: false });
        const refused = await charge(shop, token_id, { ...CHARGE, step_up: 'SUPPORTED' });
        assertRefused(refused, 403, 'PAYMENT_METHOD_FAILED');
        assert.match(String(refused.body.step_up_id), UUID);
        return String(refused.body.step_up_id);
      };
      const recovering = (step_up_id: string, customer_token: string) => ({
        ...BOTH,
        step_up_id,
        customer: { customer_token },
      });

      test('the shopper chooses another method, the order is placed, and the same token works again', async () => {
        // A subscription survives a lost card.
        const shop = await world.shop();
        const token_id = await newToken(shop, { payment_method: 'pay_by_card' });
        const step_up_id = await stepUp(shop, token_id);
        const session_id = await shop.newSession(recovering(step_up_id, token_id));
        assertRefused(await charge(shop, token_id), 403, 'PAYMENT_METHOD_FAILED');
        const token = await shop.approve(session_id, { payment_method: 'direct_debit' });
        assertStatus(await shop.order(token), 200);
        assert.deepEqual((await read(shop, token_id)).body, {
          payment_method_type: 'DIRECT_DEBIT',
          status: 'ACTIVE',
          direct_debit: { masked_number: '**********131' },
        });
        const { body } = await charge(shop, token_id);
        assert.deepEqual(body.authorized_payment_method, { type: 'direct_debit' });
      });

      test('goes through the hosted page as well, which places the order itself', async () => {
        // A link in a mail is how most shops ask for another card.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        const session_id = await shop.newSession(recovering(await stepUp(shop, token_id), token_id));
        const hosted = await shop.call('POST', '/hpp/v1/sessions', {
          payment_session_url: `${shop.url}/payments/v1/sessions/${session_id}`,
          options: { place_order_mode: 'PLACE_ORDER' },
        });
        const page = await world.provider.control('POST', `/hpp/sessions/${hosted.body.session_id}/complete`, {
          payment_method: 'pay_by_card',
        });
        assert.equal(page.status, 'COMPLETED');
        assert.equal((await read(shop, token_id)).body.payment_method_type, 'PAY_BY_CARD');
        orderOf(await charge(shop, token_id));
      });

      test('without a purchase, making a token answers the one that is recovered', async () => {
        // The subscription goes on under the id that the shop has stored.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        const recovery = { ...recovering(await stepUp(shop, token_id), token_id), intent: 'tokenize' };
        const { token } = await shop.newToken(recovery);
        for (let times = 0; times < 2; times++) assert.equal((await make(shop, token)).body.token_id, token_id);
        orderOf(await charge(shop, token_id));
      });

      test('a method that cannot be charged again pays this order and leaves the token failing', async () => {
        // The shop must not believe that the next month is paid.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        const session_id = await shop.newSession(recovering(await stepUp(shop, token_id), token_id));
        const token = await shop.approve(session_id, { payment_method: 'direct_bank_transfer' });
        assertStatus(await shop.order(token), 200);
        assertRefused(await charge(shop, token_id), 403, 'PAYMENT_METHOD_FAILED');
      });

      test('is for the token that failed, its merchant, once, and for 48 hours', async () => {
        // Somebody else's failed charge must not change what a shopper pays with.
        const [shop, other] = [await world.shop(), await world.shop()];
        const [token_id, another] = [await newToken(shop), await newToken(shop)];
        const step_up_id = await stepUp(shop, token_id);
        const start = (who: Shop, body: object) => who.call('POST', '/payments/v1/sessions', body);
        const { customer: _who, ...unnamed } = recovering(step_up_id, token_id);
        const noToken = ['Bad value: customer.customer_token'];
        assertRefused(await start(shop, unnamed), 400, 'BAD_VALUE', noToken);
        assertRefused(await start(shop, recovering(step_up_id, UNKNOWN)), 400, 'BAD_VALUE', noToken);
        assertRefused(await start(other, recovering(step_up_id, token_id)), 400, 'BAD_VALUE', noToken);
        const noStepUp = ['Bad value: step_up_id'];
        assertRefused(await start(shop, recovering(step_up_id, another)), 400, 'BAD_VALUE', noStepUp);
        assertRefused(await start(shop, recovering(UNKNOWN, token_id)), 400, 'BAD_VALUE', noStepUp);
        await shop.advance('PT48H');
        assertRefused(await start(shop, recovering(step_up_id, token_id)), 400, 'BAD_VALUE', noStepUp);
        const next = await stepUp(shop, token_id);
        const { token } = await shop.newToken(recovering(next, token_id));
        assertStatus(await shop.order(token), 200);
        assertRefused(await start(shop, recovering(next, token_id)), 400, 'BAD_VALUE', noStepUp);
        const last = await stepUp(shop, token_id);
        await cancel(shop, token_id);
        assertRefused(await start(shop, recovering(last, token_id)), 400, 'BAD_VALUE', noToken);
      });

      test('is offered to merchants that support it, for a charge that failed', async () => {
        // An id that leads nowhere would send shoppers to a dead end.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        const supported = { ...CHARGE, step_up: 'SUPPORTED' };
        await klarna(token_id, 'suspend');
        assert.equal((await charge(shop, token_id, supported)).body.step_up_id, undefined);
        await klarna(token_id, 'activate');
        await klarna(token_id, 'instrument', { works: false });
        assert.equal((await charge(shop, token_id)).body.step_up_id, undefined);
        const once = await charge(shop, token_id, supported, 'key');
        const again = await charge(shop, token_id, supported, 'key');
        assert.ok(once.body.step_up_id);
        assert.equal(again.body.step_up_id, once.body.step_up_id);
      });
    });

    describe('states', () => {
      test('cancelling is 202 without a body, and for good', async () => {
        // A customer who has left must never be charged again.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        const body = '{"status":"cancelled"}';
        const lines = [
          `PATCH ${path(token_id, '/status')} HTTP/1.1`,
          'Host: x',
          `Authorization: ${shop.authorization}`,
          'Content-Type: application/json',
          `Content-Length: ${body.length}`,
          'Connection: close',
        ];
        const answer = await sendRaw(shop.url, `${lines.join('\r\n')}\r\n\r\n${body}`);
        const names = answer.headers.map(([name, value]) => `${name}: ${value}`);
        assert.deepEqual([answer.status, answer.body], [202, '']);
        assert.ok(names.includes('Content-Length: 0'));
        assert.ok(!names.some((each) => each.startsWith('Content-Type')));
        assert.equal((await read(shop, token_id)).body.status, 'CANCELLED');
        assertRefused(await charge(shop, token_id), 403, 'TOKEN_CANCELED', []);
        assertStatus(await cancel(shop, token_id), 202);
        for (const move of ['suspend', 'activate'])
          await assert.rejects(klarna(token_id, move), /403: The customer token is cancelled/);
        await assert.rejects(klarna(token_id, 'instrument', { works: true }), /403: The customer token is cancelled/);
      });

      test('Klarna suspends and activates; a suspended token can be cancelled', async () => {
        // A shop must stop charging while Klarna says so, and may go on after.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        assert.equal((await klarna(token_id, 'suspend')).code, 'TOKEN_SUSPENDED');
        assert.equal((await read(shop, token_id)).body.status, 'SUSPENDED');
        assertRefused(await charge(shop, token_id), 403, 'TOKEN_SUSPENDED', []);
        assert.equal((await klarna(token_id, 'activate')).code, undefined);
        orderOf(await charge(shop, token_id));
        await klarna(token_id, 'suspend');
        assertStatus(await cancel(shop, token_id), 202);
        assert.equal((await klarna(token_id, 'cancel')).code, 'TOKEN_CANCELED');
      });

      test('no other status can be set', async () => {
        // Only Klarna suspends and activates.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        for (const status of ['ACTIVE', 'SUSPENDED', '', 7])
          assertRefused(await cancel(shop, token_id, status), 400, 'BAD_VALUE', ['Bad value: status']);
        assertRefused(await shop.call('PATCH', path(token_id, '/status')), 400, 'BAD_VALUE', ['Bad value: status']);
        assert.equal((await read(shop, token_id)).body.status, 'ACTIVE');
      });
    });

    test('what is not there is said in the words of each call', async () => {
      // Clients tell a wrong id from a cancelled token by these.
      const shop = await world.shop();
      for (const id of [UNKNOWN, 'no-uuid', '%00']) {
        assertRefused(await read(shop, id), 404, 'NOT_FOUND', ['Invalid customer-token ID']);
        assertRefused(await cancel(shop, id), 404, 'NOT_FOUND', ['Invalid token ID']);
        assertRefused(await charge(shop, id), 404, 'TOKEN_NOT_FOUND', []);
      }
    });

    test('another merchant can do nothing with a token, and does not learn what it is', async () => {
      // Two shops on one server are two shops.
      const [shop, other] = [await world.shop(), await world.shop()];
      const token_id = await newToken(shop);
      orderOf(await charge(shop, token_id, CHARGE, 'key'));
      assertRefused(await read(other, token_id), 404, 'NOT_FOUND', ['Invalid customer-token ID']);
      assertRefused(await cancel(other, token_id), 404, 'NOT_FOUND', ['Invalid token ID']);
      for (const body of [CHARGE, '{']) {
        const refused = await charge(other, token_id, body, 'key');
        assert.ok(refused.status >= 400);
        assert.equal(refused.body.order_id, undefined);
      }
      const refused = await charge(other, token_id);
      assertRefused(refused, 403, 'TOKEN_CANCELED', []);
      assert.deepEqual(Object.keys(refused.body), ['error_code', 'error_messages', 'correlation_id']);
      const { customer_tokens } = await world.provider.control(
        'GET',
        `/customer-tokens?merchant_id=${other.merchant_id}`,
      );
      assert.deepEqual(customer_tokens, []);
      await world.provider.control('POST', '/reset', { merchant_id: other.merchant_id });
      orderOf(await charge(shop, token_id));
      await world.provider.control('POST', '/reset', { merchant_id: shop.merchant_id });
      assertRefused(await read(shop, token_id), 404, 'NOT_FOUND');
    });

    test('the control API shows tokens in pages, without what was answered before', async () => {
      // Support looks a subscription up without the merchant's credentials.
      const shop = await world.shop();
      const made: string[] = [];
      for (let i = 0; i < 3; i++) made.push(await newToken(shop));
      await charge(shop, made[0] ?? '', CHARGE, 'key');
      const page = async (query: string) => {
        const url = `/customer-tokens?merchant_id=${shop.merchant_id}&${query}`;
        return (await world.provider.control('GET', url)).customer_tokens as Json[];
      };
      const first = await page('limit=2');
      const rest = await page(`after=${first.at(-1)?.token_id}`);
      assert.deepEqual(
        [...first, ...rest].map(({ token_id }) => token_id),
        made,
      );
      const one = await world.provider.control('GET', `/customer-tokens/${made[0]?.toUpperCase()}`);
      assert.deepEqual(one, first[0]);
      assert.deepEqual([one.status, one.description, one.payment_method_type], ['ACTIVE', 'A shoe a month', 'INVOICE']);
      assert.equal(one.answers, undefined);
      for (const [method, suffix] of [
        ['GET', ''],
        ['POST', '/suspend'],
      ] as const)
        await assert.rejects(
          world.provider.control(method, `/customer-tokens/${UNKNOWN}${suffix}`),
          /404: Invalid customer-token ID/,
        );
      await assert.rejects(klarna(made[0] ?? '', 'instrument', {}), /works should be a value/);
      await assert.rejects(klarna(made[0] ?? '', 'instrument', { works: true, why: 1 }), /why should be one of works/);
    });

    if (kind.durable) {
      test('a restart loses no token and no answer', async () => {
        // Consents outlive programs.
        const shop = await world.shop();
        const token_id = await newToken(shop);
        const first = orderOf(await charge(shop, token_id, CHARGE, 'key'));
        await klarna(token_id, 'instrument', { works: false });
        const step_up_id = String((await charge(shop, token_id, { ...CHARGE, step_up: 'SUPPORTED' })).body.step_up_id);
        await world.restart();
        assert.equal(orderOf(await charge(shop, token_id, CHARGE, 'key')), first);
        const { token } = await shop.newToken({ ...BOTH, step_up_id, customer: { customer_token: token_id } });
        assertStatus(await shop.order(token), 200);
        orderOf(await charge(shop, token_id));
      });
    }
  });
}
