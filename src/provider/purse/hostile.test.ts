/**
 * Bad input to Purse's APIs. Whatever arrives: the answer is a problem in this API's shape or a transaction that failed, never a fault of
 * the server, and the order that there is stays as it was.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { type Answered, type Json, STORES, sharedProvider } from '../testing.ts';
import { OPERATIONS } from './paths.ts';
import { ORDER, PurseShop, purchaseFor } from './testing.ts';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';

/** Any JSON, with the names of real fields among its keys, so that it gets further in. */
const NAMES = ['order', 'amount', 'split', 'entity_id', 'customer', 'shipments', 'item_lines', 'hook', 'currency_code'];
const WILD = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, '', 'klarna', 'EUR', 0, -1, 1e308, 271.925, '𝒳\u0000', '__proto__'),
    fc.double(),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 10 })), tie('value'), { maxKeys: 6 }),
  ),
})).value;

/** A good body with one place of it made wild. */
const SPOILT = fc
  .tuple(fc.constantFrom('amount', 'currency_code', 'customer', 'shipments', 'redirection', 'reference'), WILD)
  .map(([name, value]) => ({ order: { ...ORDER, [name]: value } }));

function assertAnswered({ status, body, text, headers }: Answered<unknown>, what: string): void {
  assert.ok(status < 500 || status === 501, `${what}: ${status} ${text}`);
  if (status < 400) return;
  const { type, title, status: told, detail } = body as Json;
  assert.equal(headers.get('content-type'), 'application/problem+json', what);
  assert.match(String(type), /^urn:eu\.purse:[a-z-]+$/, what);
  assert.deepEqual([typeof title, told, typeof detail], ['string', status, 'string'], what);
  assert.match(headers.get('x-correlation-id') ?? '', /^[0-9a-f-]{36}$/);
}

for (const kind of STORES.filter(({ name }) => name !== 'SQLite file')) {
  describe(`hostile input to Purse, ${kind.name}`, () => {
    const world = sharedProvider(kind);

    /** A shop with an order, and every operation's path with ids that exist. */
    async function standing() {
      const shop = await PurseShop.open(world);
      const session = await shop.session();
      const { id } = await shop.pay(session);
      const open = await shop.session();
      const link = await shop.call('POST', '/payment/v2/payment-links', purchaseFor(shop));
      const params: Readonly<Record<string, string>> = {
        entity: shop.entity_id,
        session: open,
        transaction: id,
        payment: id,
        merchant: shop.klarna.merchant_id,
        partner: 'klarna',
        method: 'installments',
        link: String(link.body.id),
        token: UNKNOWN,
        customer_reference: 'shopper-1',
      };
      const order_id = await shop.order_id();
      const path = (template: string, wrong?: string) =>
        template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(wrong ?? params[name] ?? ''));
      return { shop, order_id, path };
    }

    test('any JSON to any operation', async () => {
      const { shop, order_id, path } = await standing();
      const before = await shop.klarna.read(order_id);
      const posts = OPERATIONS.filter(({ method, body }) => method === 'POST' && body);
      await fuzz(
        fc.asyncProperty(fc.constantFrom(...posts), fc.oneof(WILD, SPOILT), async (operation, body) => {
          // An operation without an amount is of all there is, which would not be hostile.
          const isMove = /\/(capture|void|refund|captures|voids|refunds)$/.test(operation.path);
          const harmless = { ...(typeof body === 'object' ? body : {}), amount: -1 };
          const answer = await shop.call('POST', path(operation.path), isMove ? harmless : (body ?? null));
          assertAnswered(answer, `${operation.name} ${JSON.stringify(body)}`);
          if (isMove) assert.equal(answer.status, 400);
        }),
        150,
      );
      assert.deepEqual(await shop.klarna.read(order_id), before);
    });

    test('wrong ids, methods, types and encodings', async () => {
      const { shop, path } = await standing();
      for (const { method, path: template, access, name } of OPERATIONS) {
        if (access === 'public' || access === 'login') continue;
        for (const wrong of [UNKNOWN, 'x', '%', "'", '\u0000', '../..', 'a'.repeat(2_000)]) {
          const good = template.replace('{entity}', shop.entity_id);
          const answer = await shop.call(method, path(good, wrong), method === 'POST' ? {} : undefined);
          assertAnswered(answer, `${name} ${wrong}`);
          if (/\{(session|transaction|payment|link|token)\}/.test(template) && answer.status !== 400)
            assert.equal(answer.status, 404, `${name} ${wrong} ${answer.text}`);
        }
        const taken = OPERATIONS.filter((each) => each.path === template).map((each) => each.method);
        for (const other of ['PUT', 'PATCH', 'DELETE'].filter((each) => !taken.some((word) => word === each)))
          assert.equal((await shop.call(other, path(template))).status, 405, `${other} ${name}`);
      }
      for (const body of ['', '{', '"', '[]', 'null', '1', '{"order":', '\u0000', '{"order":{"amount":1e999}}']) {
        const answer = await shop.at('POST', '/sessions/create', body);
        assertAnswered(answer, JSON.stringify(body));
      }
      const huge = JSON.stringify({ order: { reference: 'x'.repeat(1024 * 1024) } });
      assert.equal((await shop.at('POST', '/sessions/create', huge)).status, 413);
    });

    // Protects: a browser that tries again and again, with nothing but the public key, does not fill the store.
    test('a session is tried a hundred times, and no more', async () => {
      const { shop } = await standing();
      const session_id = await shop.session();
      for (let tried = 0; tried < 100; tried++) await shop.begin(session_id);
      const item = { partner: 'klarna', method: 'installments' };
      for (const [step, body] of [
        ['init', item],
        ['validate', [item]],
      ] as const) {
        const answer = await shop.widget<Json>(session_id, step, body);
        assert.deepEqual([answer.status, answer.body.type], [409, 'urn:eu.purse:session-exhausted']);
      }
      assert.equal((await shop.list(session_id)).length, 100);
    });

    // Protects: a field that is wrong says so by its name, in v2 as in v1, and nothing is made of the rest.
    test('a good purchase with one place of it made wild', async () => {
      const { shop, order_id, path } = await standing();
      const before = await shop.klarna.read(order_id);
      const good = { ...purchaseFor(shop), split: [{ partner: 'klarna', method: 'installments', amount: 11_500 }] };
      const names = [
        'entity_id',
        'amount',
        'currency',
        'order',
        'customer',
        'split',
        'shopper_redirection_url',
        'webhook',
      ];
      const posts = OPERATIONS.filter(({ method, api, body }) => api === 'Payment API v2' && method === 'POST' && body);
      await fuzz(
        fc.asyncProperty(
          fc.constantFrom(...posts.filter(({ path: each }) => !each.includes('{'))),
          fc.constantFrom(...names),
          WILD,
          async ({ name, path: template }, field, value) => {
            const answer = await shop.call('POST', path(template), { ...good, [field]: value });
            assertAnswered(answer, `${name} ${field} ${JSON.stringify(value)}`);
            assert.ok([200, 201, 400, 403].includes(answer.status), answer.text);
          },
        ),
        150,
      );
      assert.deepEqual(await shop.klarna.read(order_id), before);
    });

    test('a number is the digits that were sent; what cannot be kept to the cent is refused', async () => {
      const { shop } = await standing();
      const body = JSON.stringify({ order: ORDER });
      const send = (amount: string) =>
        shop.at('POST', '/sessions/create', body.replace('"amount":271.92', `"amount":${amount}`));
      for (const amount of ['271.92', '"271.92"', '2.7192e2', '9999999999999.99'])
        assert.equal((await send(amount)).status, 200, amount);
      for (const amount of [
        '271.920000000000000001',
        '271.91999999999999999',
        '90071992547409.93',
        '"90071992547409.93"',
      ]) {
        const { status, body: problem } = await send(amount);
        const [error] = problem.errors as { pointer: string }[];
        assert.deepEqual([status, error?.pointer], [400, '#/order/amount'], amount);
      }
    });

    test('headers that are wrong are 401, and nothing is made of it', async () => {
      const { shop, order_id, path } = await standing();
      const before = await shop.klarna.read(order_id);
      const { authorization = '', 'x-api-key': key = '' } = shop.headers;
      const [payload = '', mac = ''] = authorization.slice(7).split('.');
      const header = fc.oneof(
        fc.constantFrom(
          '',
          'Bearer',
          'Bearer ',
          'Bearer .',
          `Bearer ${payload}.`,
          `Bearer .${mac}`,
          `Basic ${payload}`,
        ),
        fc.base64String({ maxLength: 60 }).map((text) => `Bearer ${text}`),
        fc
          .nat(mac.length - 1)
          .map((at) => `Bearer ${payload}.${mac.slice(0, at)}${mac[at] === 'A' ? 'B' : 'A'}${mac.slice(at + 1)}`),
        fc
          .nat(payload.length - 1)
          .map(
            (at) => `Bearer ${payload.slice(0, at)}${payload[at] === 'x' ? 'y' : 'x'}${payload.slice(at + 1)}.${mac}`,
          ),
      );
      await fuzz(
        fc.asyncProperty(header, async (sent) => {
          const target = path('/{entity}/transactions/{transaction}/capture');
          const answer = await shop.send('POST', target, { amount: 1 }, { authorization: sent, 'x-api-key': key });
          assert.equal(answer.status, 401, sent);
          assertAnswered(answer, sent);
        }),
        60,
      );
      assert.deepEqual(await shop.klarna.read(order_id), before);
    });
  });
}
