/**
 * What travels beside the bodies: status lines, header names in their exact case, credentials, hosts, limits, and what is not
 * built. Over raw sockets where a client library would hide it. None of it depends on the store.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Provider, startProvider } from '../index.ts';
import {
  assertRefused,
  assertStatus,
  type Json,
  PURCHASE,
  type RawAnswer,
  Shop,
  STORES,
  sendRaw,
  sharedProvider,
} from '../testing.ts';
import { OPERATIONS } from './operations.ts';

const [MEMORY] = STORES;
assert.ok(MEMORY);

const UNKNOWN = '0190a0b0-0000-7000-8000-000000000000';
const SESSIONS = '/payments/v1/sessions';
const orderPath = (order_id: string, suffix = '') => `/ordermanagement/v1/orders/${order_id}${suffix}`;

/** The one value of a header, looked up by exact case as deployed clients do. */
function exact({ headers }: RawAnswer, name: string): string | undefined {
  return headers.find(([sent]) => sent === name)?.[1];
}

/** Among the headers: the request carries no credentials at all. */
const NO_CREDENTIALS = 'Authorization: ';

/** A request as text. `Content-Length` is added for a body unless the headers say otherwise. */
function raw(
  shop: Shop,
  method: string,
  path: string,
  headers: readonly string[] = [],
  body?: string,
): Promise<RawAnswer> {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...(headers.some((line) => /^host:/i.test(line)) ? [] : [`Host: ${new URL(shop.url).host}`]),
    ...(headers.some((line) => /^authorization:/i.test(line)) ? [] : [`Authorization: ${shop.authorization}`]),
    ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
    'Connection: close',
    ...headers.filter((line) => line !== NO_CREDENTIALS),
  ];
  return sendRaw(shop.url, `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
}

describe('what travels beside the bodies', () => {
  const world = sharedProvider(MEMORY);

  describe('header names', () => {
    test('of an answer with a body are in the case that clients look for', async () => {
      // Klarna’s own SDKs compare them exactly; `content-type` is not found.
      const shop = await world.shop();
      const created = await raw(shop, 'POST', SESSIONS, [], JSON.stringify(PURCHASE));
      assert.equal(created.status, 200);
      assert.equal(exact(created, 'Content-Type'), 'application/json;charset=utf-8');
      assert.equal(exact(created, 'Content-Length'), String(Buffer.byteLength(created.body)));
      for (const name of ['Klarna-Correlation-Id', 'X-Ratelimit-Limit', 'X-Ratelimit-Remaining', 'X-Ratelimit-Reset'])
        assert.ok(exact(created, name), name);
      const read = await raw(shop, 'GET', orderPath(await shop.placeOrder()));
      assert.equal(read.status, 200);
      assert.equal(exact(read, 'Content-Type'), 'application/json');
      assert.ok(exact(read, 'Klarna-Correlation-Id'));
    });

    test('of captures and refunds too, and a 201 says that it is empty', async () => {
      // The id of what was created is nowhere else.
      const shop = await world.shop();
      const order_id = await shop.placeOrder();
      for (const [suffix, body, id] of [
        ['/captures', '{"captured_amount":10}', 'Capture-Id'],
        ['/refunds', '{"refunded_amount":10}', 'Refund-Id'],
      ] as const) {
        const made = await raw(shop, 'POST', orderPath(order_id, suffix), [], body);
        assert.equal(made.status, 201);
        assert.equal(made.body, '');
        assert.equal(exact(made, 'Content-Length'), '0');
        assert.ok(!made.headers.some(([name]) => /^content-type$/i.test(name)));
        assert.equal(exact(made, 'Location'), shop.url + orderPath(order_id, `${suffix}/${exact(made, id)}`));
        for (const name of ['Klarna-Correlation-Id', 'Transaction-Id', 'X-Ratelimit-Limit'])
          assert.ok(exact(made, name), name);
        const read = await raw(shop, 'GET', new URL(exact(made, 'Location') ?? '').pathname);
        assert.equal(read.status, 200);
      }
    });

    test('of a 204 name neither type nor length of a body that is not there', async () => {
      // Some clients wait for the bytes that a length promises.
      const shop = await world.shop();
      const { session_id, token } = await shop.newToken();
      const order_id = await shop.placeOrder();
      for (const [method, path] of [
        ['POST', `${SESSIONS}/${session_id}`],
        ['DELETE', `/payments/v1/authorizations/${token}`],
        ['POST', orderPath(order_id, '/acknowledge')],
        ['PATCH', orderPath(order_id, '/merchant-references')],
        ['POST', orderPath(order_id, '/cancel')],
      ] as const) {
        const done = await raw(shop, method, path, [], '{}');
        assert.equal(done.status, 204, path);
        assert.equal(done.body, '');
        assert.ok(!done.headers.some(([name]) => /^content-/i.test(name)), path);
        assert.ok(exact(done, 'Klarna-Correlation-Id'));
        assert.equal(exact(done, 'Transaction-Id') !== undefined, path.startsWith('/ordermanagement'));
      }
    });

    test('of an error carry the correlation id of its body', async () => {
      // Support asks for it.
      const shop = await world.shop();
      for (const path of [
        `${SESSIONS}/${UNKNOWN}`,
        orderPath(UNKNOWN),
        orderPath('nonsense'),
        '/payments/v1/nothing',
        '/hpp/v1/sessions/x',
      ]) {
        const refused = await raw(shop, 'GET', path);
        const body = JSON.parse(refused.body) as Json;
        assert.equal(exact(refused, 'Klarna-Correlation-Id'), body.correlation_id);
        assert.deepEqual(Object.keys(body).sort(), ['correlation_id', 'error_code', 'error_messages']);
        assert.match(exact(refused, 'Content-Type') ?? '', /^application\/json/);
      }
    });

    test('are unique for each exchange in the log, where the refusal is explained', async () => {
      // The id leads from the client’s log to the reason.
      const shop = await world.shop();
      const refused = await raw(shop, 'POST', SESSIONS, [], JSON.stringify({ ...PURCHASE, order_amount: 1 }));
      const entry = await world.provider.control('GET', `/log/${exact(refused, 'Klarna-Correlation-Id')}`);
      assert.match(JSON.stringify(entry), /order_amount/);
      assert.match(JSON.stringify(entry), /off by -?9999/);
    });
  });

  describe('credentials', () => {
    const paths = [
      ['POST', SESSIONS],
      ['GET', `${SESSIONS}/${UNKNOWN}`],
      ['GET', orderPath(UNKNOWN)],
      ['POST', orderPath('nonsense', '/captures')],
      ['PUT', SESSIONS],
      ['GET', '/payments/v1/nothing'],
      ['POST', '/customer-token/v1/tokens/x/order'],
      ['GET', '/settlements/v1/payouts'],
    ] as const;
    const wrong = [
      NO_CREDENTIALS,
      'Authorization: Basic',
      'Authorization: Basic !!!',
      'Authorization: Basic bm9ib2R5OndvcmQ=',
      'Authorization: Bearer abc',
      'Authorization: Basic klarna_test_api_unknown',
    ];

    test('that are missing or wrong are 401 before anything else is looked at', async () => {
      // A misconfigured shop must see this and nothing else; the correlation id is in the body only, as recorded.
      const shop = await world.shop();
      for (const [method, path] of paths) {
        for (const authorization of wrong) {
          const refused = await raw(shop, method, path, [authorization], '{');
          assert.equal(refused.status, 401, `${method} ${path} ${authorization}`);
          assert.match(exact(refused, 'WWW-Authenticate') ?? '', /^Basic realm=".+"$/);
          assert.ok(!refused.headers.some(([name]) => /^klarna-correlation-id$/i.test(name)));
          const body = JSON.parse(refused.body) as Json;
          assert.deepEqual([body.error_code, body.error_messages], ['UNAUTHORIZED', []]);
        }
      }
    });

    test('of another merchant’s name with one’s own password are wrong', async () => {
      // A secret must open one account only.
      const [one, two] = [await world.shop(), await world.shop()];
      const [name] = Buffer.from(two.authorization.slice(6), 'base64').toString().split(':');
      const [, password] = Buffer.from(one.authorization.slice(6), 'base64').toString().split(':');
      const mixed = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
      assertRefused(
        await one.call('GET', orderPath(UNKNOWN), undefined, { authorization: mixed }),
        401,
        'UNAUTHORIZED',
      );
    });

    test('may be one API key, as issued, and the scheme in any case', async () => {
      // Newer accounts have no username.
      const shop = await world.shop();
      const made = await world.provider.control('POST', `/merchants/${shop.merchant_id}/credentials`, {
        api_key: true,
      });
      const key = String(made.api_key);
      assert.match(key, /^klarna_test_api_\S{32}$/);
      const merchant = await world.provider.control('GET', `/merchants/${shop.merchant_id}`);
      assert.ok(!JSON.stringify(merchant).includes(key), 'the key is shown once');
      for (const authorization of [`Basic ${key}`, `basic ${key}`, shop.authorization.replace('Basic', 'BASIC')]) {
        const { status } = await shop.call('GET', orderPath(UNKNOWN), undefined, { authorization });
        assert.equal(status, 404, authorization);
      }
    });

    test('that were withdrawn stop working at once', async () => {
      // A leaked key would go on working.
      const shop = await world.shop();
      assertStatus(await shop.call('POST', SESSIONS, PURCHASE), 200);
      const [username] = Buffer.from(shop.authorization.slice(6), 'base64').toString().split(':');
      await world.provider.control('DELETE', `/merchants/${shop.merchant_id}/credentials/${username}`);
      assertRefused(await shop.call('POST', SESSIONS, PURCHASE), 401, 'UNAUTHORIZED', []);
    });

    test('are bound to a region: the other regions’ hosts refuse them', async () => {
      // A European key on the American host is the most frequent 401 of all.
      const hosts = { eu: 'api.localhost', na: 'api-na.localhost', oc: 'api-oc.localhost' } as const;
      for (const region of ['eu', 'na', 'oc', 'any'] as const) {
        const shop = await world.shop({ region });
        for (const [home, host] of Object.entries(hosts)) {
          const { status } = await raw(shop, 'GET', orderPath(UNKNOWN), [`Host: ${host}:8080`]);
          assert.equal(status, region === 'any' || region === home ? 404 : 401, `${region} at ${host}`);
        }
        // Addressed by its number the server stands for every host.
        assert.equal((await raw(shop, 'GET', orderPath(UNKNOWN))).status, 404);
      }
    });
  });

  describe('a request', () => {
    test('without a body may or may not say so', async () => {
      // Clients differ; all of these are recorded.
      const shop = await world.shop();
      for (const send of [
        (path: string) => raw(shop, 'POST', path),
        (path: string) => raw(shop, 'POST', path, ['Content-Length: 0']),
        (path: string) => raw(shop, 'POST', path, ['Content-Length: 0', 'Content-Type: application/json']),
        (path: string) =>
          raw(shop, 'POST', path, ['Content-Length: 0', 'Content-Type: application/x-www-form-urlencoded']),
        (path: string) => raw(shop, 'POST', path, [], '{}'),
        (path: string) => raw(shop, 'POST', path, [], 'null'),
        (path: string) => sendRaw(shop.url, chunked(shop, path, '')),
      ]) {
        const order_id = await shop.placeOrder();
        for (const action of ['/acknowledge', '/extend-authorization-time', '/cancel'])
          assert.equal((await send(orderPath(order_id, action))).status, 204, action);
      }
    });

    test('may come in pieces', async () => {
      // Clients that stream do not know the length beforehand.
      const shop = await world.shop();
      const answer = await sendRaw(shop.url, chunked(shop, SESSIONS, JSON.stringify(PURCHASE)));
      assert.equal(answer.status, 200);
    });

    test('may have doubled or trailing slashes in its path', async () => {
      // Base URLs that end in a slash are everywhere.
      const shop = await world.shop();
      const body = JSON.stringify(PURCHASE);
      for (const path of [
        '//payments/v1/sessions',
        '/payments//v1///sessions',
        '/payments/v1/sessions/',
        '/payments/v1/sessions?x=1',
      ])
        assert.equal((await raw(shop, 'POST', path, [], body)).status, 200, path);
    });

    test('may carry headers that say more', async () => {
      // Plugins announce themselves.
      const shop = await world.shop();
      const order_id = await shop.placeOrder();
      const headers = [
        'X-Klarna-Integration-Metadata: {"integrator":{"name":"x"}}',
        'Klarna-Integrator: x',
        'Accept: */*',
      ];
      assert.equal((await raw(shop, 'GET', orderPath(order_id), headers)).status, 200);
    });

    test('in another form than JSON is 415, unless it says nothing of its form', async () => {
      // A form post would be read as broken JSON, and the shop would look for the fault in the wrong place.
      const shop = await world.shop();
      const body = JSON.stringify(PURCHASE);
      const form = (type: string) => shop.call('POST', SESSIONS, body, { 'content-type': type });
      assertRefused(await form('application/x-www-form-urlencoded'), 415, 'UNSUPPORTED_MEDIA_TYPE');
      assertRefused(await form('text/plain'), 415, 'UNSUPPORTED_MEDIA_TYPE');
      for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.klarna+json'])
        assertStatus(await form(type), 200);
      const unsaid = `POST ${SESSIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: ${shop.authorization}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      assert.equal((await sendRaw(shop.url, unsaid)).status, 200);
    });

    test('of more than 1 MB is 413, for everybody with credentials', async () => {
      // A server that reads on without a limit can be filled up.
      const shop = await world.shop();
      const order_id = await shop.placeOrder();
      const padded = (bytes: number) =>
        `${JSON.stringify(PURCHASE)}${' '.repeat(bytes - JSON.stringify(PURCHASE).length)}`;
      assertStatus(await shop.call('POST', SESSIONS, padded(1_048_576)), 200);
      for (const path of [SESSIONS, orderPath(order_id, '/captures')])
        assertRefused(await shop.call('POST', path, padded(1_048_577)), 413, 'REQUEST_TOO_LARGE', [
          'Request is too large',
        ]);
      const nobody = { authorization: 'Basic x' };
      assertRefused(await shop.call('POST', SESSIONS, padded(1_048_577), nobody), 401, 'UNAUTHORIZED');
    });

    test('that is not UTF-8 is 400', async () => {
      // Names would be stored garbled.
      const shop = await world.shop();
      const response = await fetch(shop.url + SESSIONS, {
        method: 'POST',
        headers: { authorization: shop.authorization, 'content-type': 'application/json' },
        body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
      });
      assert.equal(response.status, 400);
      assert.equal(((await response.json()) as Json).error_code, 'BAD_REQUEST');
    });

    test('for a path or a method that is not there is 404 or 405', async () => {
      // A typo in a base URL must not look like a missing order.
      const shop = await world.shop();
      for (const path of [
        '/payments/v1',
        '/payments/v2/sessions',
        '/ordermanagement/v1/orders',
        `${SESSIONS}/${UNKNOWN}/order`,
      ])
        assertRefused(await shop.call('GET', path), 404, 'NOT_FOUND', []);
      for (const [method, path] of [
        ['PUT', SESSIONS],
        ['GET', SESSIONS],
        ['DELETE', `${SESSIONS}/${UNKNOWN}`],
        ['GET', orderPath(UNKNOWN, '/refunds')],
        ['DELETE', orderPath(UNKNOWN)],
        ['POST', orderPath('nonsense', '/authorization')],
        ['OPTIONS', SESSIONS],
      ] as const)
        assertRefused(await shop.call(method, path), 405, 'METHOD_NOT_ALLOWED');
      const { headers } = await shop.call('PUT', `${SESSIONS}/${UNKNOWN}`);
      assert.deepEqual((headers.get('Allow') ?? '').split(', ').sort(), ['GET', 'POST'], 'and says what is allowed');
    });
  });

  describe('what is built', () => {
    test('is all of Klarna Payments and Order Management but the customer token', () => {
      // The list of the reference; an operation that falls out of the table would be a 404.
      const documented = [
        'POST /payments/v1/sessions',
        'POST /payments/v1/sessions/{session_id}',
        'GET /payments/v1/sessions/{session_id}',
        'DELETE /payments/v1/authorizations/{authorization_token}',
        'POST /payments/v1/authorizations/{authorization_token}/order',
        'GET /ordermanagement/v1/orders/{order_id}',
        'POST /ordermanagement/v1/orders/{order_id}/acknowledge',
        'PATCH /ordermanagement/v1/orders/{order_id}/authorization',
        'POST /ordermanagement/v1/orders/{order_id}/captures',
        'GET /ordermanagement/v1/orders/{order_id}/captures',
        'GET /ordermanagement/v1/orders/{order_id}/captures/{capture_id}',
        'POST /ordermanagement/v1/orders/{order_id}/captures/{capture_id}/shipping-info',
        'POST /ordermanagement/v1/orders/{order_id}/captures/{capture_id}/trigger-send-out',
        'GET /ordermanagement/v1/orders/{order_id}/captures/{capture_id}/extend-due-date-options',
        'PATCH /ordermanagement/v1/orders/{order_id}/captures/{capture_id}/extend-due-date',
        'PATCH /ordermanagement/v1/orders/{order_id}/customer-details',
        'POST /ordermanagement/v1/orders/{order_id}/extend-authorization-time',
        'PATCH /ordermanagement/v1/orders/{order_id}/merchant-references',
        'POST /ordermanagement/v1/orders/{order_id}/refunds',
        'GET /ordermanagement/v1/orders/{order_id}/refunds/{refund_id}',
        'POST /ordermanagement/v1/orders/{order_id}/release-remaining-authorization',
        'POST /ordermanagement/v1/orders/{order_id}/shipping-info',
        'POST /ordermanagement/v1/orders/{order_id}/cancel',
      ];
      const built = OPERATIONS.filter(({ serve }) => serve.built).map(({ method, path }) => `${method} ${path}`);
      for (const operation of documented) assert.ok(built.includes(operation), operation);
    });

    test('and what is not answers 501 with the reason', async () => {
      // An honest limit: a 404 would send people looking for their own mistake.
      const shop = await world.shop();
      for (const { method, path, serve } of OPERATIONS) {
        if (serve.built) continue;
        const answer = await shop.call(method, path.replace(/\{\w+\}/g, 'x'), method === 'GET' ? undefined : '{');
        assertRefused(answer, 501, 'NOT_IMPLEMENTED', [serve.reason]);
        assert.ok(answer.headers.get('x-ratelimit-limit'));
      }
    });
  });

  describe('request limits', () => {
    test('are announced on every answer, in two parts', async () => {
      // Clients pace themselves by these headers.
      const shop = await world.shop();
      const session = await raw(shop, 'POST', SESSIONS, [], JSON.stringify(PURCHASE));
      assert.equal(exact(session, 'X-Ratelimit-Limit'), '40, 40;w=1');
      assert.match(exact(session, 'X-Ratelimit-Remaining') ?? '', /^(?:39|3\d|\d)$/);
      assert.equal(exact(session, 'X-Ratelimit-Reset'), '1');
      for (const path of [orderPath(UNKNOWN), orderPath('nonsense'), '/payments/v1/nothing'])
        assert.equal(exact(await raw(shop, 'GET', path), 'X-Ratelimit-Limit'), '200, 200;w=1');
    });

    test('are not enforced unless they are switched on', async () => {
      // Test suites are faster than shoppers.
      const shop = await world.shop();
      const answers = await Promise.all(Array.from({ length: 60 }, () => shop.call('POST', SESSIONS, PURCHASE)));
      for (const answer of answers) assertStatus(answer, 200);
    });
  });
});

for (const kind of STORES) {
  describe(`request limits on ${kind.name}`, () => {
    const world = sharedProvider(kind);

    test('refuse with 429 what exceeds them, by merchant and by class', async () => {
      // A shop that never met a 429 in its tests meets its first on the busiest day.
      const shop = await world.shop();
      const quiet = await world.shop({ rate_limits: 'playground' });
      await shop.set({ rate_limits: 'playground' });
      const from = Math.floor(Date.now() / 1000);
      const answers = await Promise.all(Array.from({ length: 40 }, () => shop.call('POST', SESSIONS, PURCHASE)));
      const windows = Math.floor(Date.now() / 1000) - from + 1;
      const taken = answers.filter(({ status }) => status === 200);
      assert.ok(taken.length >= 5 && taken.length <= 5 * windows, `${taken.length} in ${windows} windows`);
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        assertRefused(answer, 429, 'TOO_MANY_REQUESTS', ['Too many requests']);
        assert.equal(answer.headers.get('x-ratelimit-limit'), '5, 5;w=1');
        assert.equal(answer.headers.get('x-ratelimit-remaining'), '0');
        assert.equal(answer.headers.get('retry-after'), null);
      }
      // Other classes and other merchants have allowances of their own.
      const other = await shop.call('GET', orderPath(UNKNOWN));
      assert.equal(other.status, 404);
      assert.equal(other.headers.get('x-ratelimit-limit'), '50, 50;w=1');
      assertStatus(await quiet.call('POST', SESSIONS, PURCHASE), 200);
      // Off again, nothing is refused any more.
      await shop.set({ rate_limits: 'off' });
      assertStatus(await shop.call('POST', SESSIONS, PURCHASE), 200);
    });
  });
}

describe('a provider behind another address', () => {
  let provider: Provider | undefined;
  before(async () => {
    provider = await startProvider({ publicUrl: 'https://klarna.example' });
  });
  after(() => provider?.close());

  test('gives links under that address', async () => {
    // Behind a proxy the links would lead to nowhere.
    const running = provider;
    assert.ok(running);
    const shop = await Shop.open(() => running);
    const merchant_urls = { confirmation: 'https://shop.example/thanks' };
    const { token } = await shop.newToken({ ...PURCHASE, merchant_urls });
    const { body } = await shop.order(token);
    assert.equal(body.redirect_url, `https://klarna.example/redirect/${body.order_id}`);
    const made = await shop.manage('POST', String(body.order_id), '/captures', { captured_amount: 1 });
    assert.match(made.headers.get('location') ?? '', /^https:\/\/klarna\.example\/ordermanagement\//);
  });
});

function chunked(shop: Shop, path: string, body: string): string {
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${shop.authorization}\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const pieces = body.match(/[\s\S]{1,50}/g) ?? [];
  return `${head}${pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`;
}
