/** Faults on order as a client meets them: bytes on the socket, what took effect, what the log tells, and how often they strike. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { catalogue, catalogueCodeFor } from '../catalogue/index.ts';
import { type FaultOrder, startProvider } from './index.ts';
import { isOrderable } from './klarna/ordered-errors.ts';
import { type Answered, assertRefused, type Json, PURCHASE, type Shop, STORES, sharedProvider } from './testing.ts';

interface Fault extends Json {
  readonly fault_id: string;
  readonly matched: number;
  readonly fired: number;
}

/** All bytes of one answer, and how the connection ended. */
interface Bytes {
  readonly text: string;
  readonly end: 'end' | 'reset';
}

/** One request over a socket of its own. @param until resolve at once when this many bytes are in, and hang up */
async function raw(shop: Shop, method: string, path: string, body?: object, until?: number): Promise<Bytes> {
  const { hostname, port, host } = new URL(shop.url);
  const json = body === undefined ? '' : JSON.stringify(body);
  const head = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, `Authorization: ${shop.authorization}`];
  const length = Buffer.byteLength(json);
  const socket = connect(Number(port), hostname);
  socket.write(
    `${[...head, 'Content-Type: application/json', `Content-Length: ${length}`].join('\r\n')}\r\n\r\n${json}`,
  );
  let text = '';
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (until !== undefined && text.length >= until) {
        socket.destroy();
        resolve({ text, end: 'end' });
      }
    });
    socket.on('end', () => resolve({ text, end: 'end' }));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      assert.equal(error.code, 'ECONNRESET');
      resolve({ text, end: 'reset' });
    });
    if (until === undefined) socket.on('close', () => socket.destroy());
  });
}

for (const kind of STORES) {
  describe(`faults on order, ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const control = (method: string, path: string, body?: object) => world.provider.control(method, path, body);
    const order = async (shop: Shop, fault: FaultOrder) =>
      world.provider.faults.add({ merchant_id: shop.merchant_id, ...fault });
    const read = async (id: string) => (await control('GET', `/faults/${id}`)) as Fault;

    // Protects: `times` is exact however many call at once, so that a test knows what it ordered.
    test('a rule strikes exactly as often as it was told, under concurrency', async () => {
      const shop = await world.shop();
      const id = await order(shop, {
        on: { operation: 'readSession' },
        effect: 'error',
        code: 'CONFLICT',
        skip: 10,
        times: 7,
      });
      const session_id = await shop.newSession();
      const answers = await Promise.all(
        Array.from({ length: 60 }, () => shop.call('GET', `/payments/v1/sessions/${session_id}`)),
      );
      assert.equal(answers.filter(({ status }) => status === 409).length, 7);
      assert.equal(answers.filter(({ status }) => status === 200).length, 53);
      const { fired, matched } = await read(id);
      assert.equal(fired, 7);
      assert.ok(matched >= 17);
    });

    // Protects: chance is replayable: the same seed strikes the same calls.
    test('the same seed, the same calls', async () => {
      const pattern = async (seed: number) => {
        const shop = await world.shop();
        await order(shop, {
          on: { operation: 'readOrder' },
          effect: 'error',
          code: 'UNEXPECTED_ERROR',
          probability: 0.5,
          seed,
        });
        const statuses: number[] = [];
        const path = '/ordermanagement/v1/orders/00000000-0000-4000-8000-000000000000';
        for (let i = 0; i < 30; i++) statuses.push((await shop.call('GET', path)).status);
        return statuses.join(' ');
      };
      const [one, again, other] = [await pattern(42), await pattern(42), await pattern(43)];
      assert.equal(one, again);
      assert.notEqual(one, other);
      assert.match(one, /500/);
      assert.match(one, /404/);
    });

    // Protects: rules are the merchant's own; those for all hold for merchants made later too, and count over all of them.
    test('for one merchant, or for all', async () => {
      const [mine, other] = [await world.shop(), await world.shop()];
      await order(mine, { on: { operation: 'createSession' }, effect: 'error', code: 'CONFLICT', times: 1 });
      assert.equal((await other.call('POST', '/payments/v1/sessions', PURCHASE)).status, 200);
      assertRefused(await mine.call('POST', '/payments/v1/sessions', PURCHASE), 409, 'CONFLICT', []);
      const id = await world.provider.faults.add({
        all: true,
        on: { path: '/payments/v1/sessions' },
        effect: 'error',
        code: 'CONFLICT',
        times: 3,
      });
      const later = await world.shop();
      for (const shop of [mine, other, later])
        assert.equal((await shop.call('POST', '/payments/v1/sessions', PURCHASE)).status, 409);
      assert.equal((await later.call('POST', '/payments/v1/sessions', PURCHASE)).status, 200);
      // A reset of one merchant leaves what was ordered for all.
      await control('POST', '/reset', { merchant_id: mine.merchant_id });
      const listed = (await control('GET', `/faults?merchant_id=${mine.merchant_id}`)).faults as Fault[];
      assert.deepEqual(
        listed.map(({ fault_id, all, fired }) => [fault_id, all, fired]),
        [[id, true, 3]],
      );
      assert.deepEqual(await control('DELETE', '/faults?all=true'), { removed: [id] });
      assert.deepEqual((await control('GET', `/faults?merchant_id=${later.merchant_id}`)).faults, []);
    });

    // Protects: whatever was left over from a test is gone with one call.
    test('faults are read, removed and cleared', async () => {
      const shop = await world.shop();
      const ids = [
        await order(shop, { effect: 'drop', name: 'all is lost' }),
        await order(shop, { effect: 'gateway' }),
        await order(shop, { effect: 'reset' }),
      ];
      const { name, effect, when, merchant_id, matched, fired, probability, skip } = await read(ids[0] ?? '');
      assert.deepEqual(
        { name, effect, when, merchant_id, matched, fired, probability, skip },
        {
          name: 'all is lost',
          effect: 'drop',
          when: 'before',
          merchant_id: shop.merchant_id,
          matched: 0,
          fired: 0,
          probability: 1,
          skip: 0,
        },
      );
      await control('DELETE', `/faults/${ids[0]}`);
      await assert.rejects(read(ids[0] ?? ''), { message: /404: There is no fault/ });
      assert.equal(
        (await shop.call('POST', '/payments/v1/sessions', PURCHASE, {}).catch(() => undefined))?.status,
        undefined,
      );
      await world.provider.faults.clear(shop.merchant_id);
      assert.deepEqual((await control('GET', `/faults?merchant_id=${shop.merchant_id}`)).faults, []);
      assert.equal((await shop.call('POST', '/payments/v1/sessions', PURCHASE)).status, 200);
    });

    if (kind.durable) {
      // Protects: an outage that was ordered outlasts a restart, with its count.
      test('rules and counts survive a restart', async () => {
        const shop = await world.shop();
        const id = await order(shop, {
          on: { operation: 'createSession' },
          effect: 'error',
          code: 'CONFLICT',
          times: 2,
        });
        assert.equal((await shop.call('POST', '/payments/v1/sessions', PURCHASE)).status, 409);
        await world.restart();
        assert.equal((await read(id)).fired, 1);
        assert.equal((await shop.call('POST', '/payments/v1/sessions', PURCHASE)).status, 409);
        assert.equal((await shop.call('POST', '/payments/v1/sessions', PURCHASE)).status, 200);
      });
    }
  });
}

describe('faults on the wire', () => {
  const [memory] = STORES;
  assert.ok(memory);
  const world = sharedProvider(memory);
  const control = (method: string, path: string, body?: object) => world.provider.control(method, path, body);
  const order = (shop: Shop, fault: FaultOrder) =>
    world.provider.faults.add({ merchant_id: shop.merchant_id, ...fault });
  const logOf = async (shop: Shop, path: string) =>
    ((await control('GET', `/log?merchant_id=${shop.merchant_id}&path=${path}`)).entries as Json[])[0] ?? {};
  const SESSIONS = '/payments/v1/sessions';

  const CAPTURE: FaultOrder = { on: { operation: 'createCapture' }, effect: 'drop', when: 'after', times: 1 };
  const capturing = async (fault: Partial<FaultOrder>) => {
    const shop = await world.shop();
    const order_id = await shop.placeOrder();
    const id = await order(shop, { ...CAPTURE, ...fault } as FaultOrder);
    const path = `/ordermanagement/v1/orders/${order_id}/captures`;
    const captured = async () => (await shop.read(order_id)).captured_amount;
    return { shop, id, path, captured };
  };

  // Protects: what a client reads off the socket, to the byte where it matters; and whether the capture was made.
  const cuts: readonly {
    effect: FaultOrder['effect'];
    when?: 'before';
    end: Bytes['end'];
    text: RegExp;
    captured: number;
  }[] = [
    { effect: 'drop', end: 'end', text: /^$/, captured: 4_000 },
    { effect: 'drop', when: 'before', end: 'end', text: /^$/, captured: 0 },
    { effect: 'reset', end: 'reset', text: /^$/, captured: 4_000 },
    { effect: 'reset', when: 'before', end: 'reset', text: /^$/, captured: 0 },
    { effect: 'cut_headers', end: 'end', text: /^HTTP\/1\.1 201 Created\r\n(?![\s\S]*\r\n\r\n)/, captured: 4_000 },
    {
      effect: 'cut_body',
      end: 'end',
      text: /^HTTP\/1\.1 201 Created\r\n[\s\S]*Connection: close\r\n$/,
      captured: 4_000,
    },
  ];
  for (const { effect, when = 'after', end, text, captured } of cuts) {
    test(`${effect}, ${when} a capture`, async () => {
      const stage = await capturing({ effect, when });
      const bytes = await raw(stage.shop, 'POST', stage.path, { captured_amount: 4_000 });
      assert.equal(bytes.end, end);
      assert.match(bytes.text, text);
      const entry = await logOf(stage.shop, '/captures');
      assert.equal(await stage.captured(), captured);
      const fault = entry.fault as Json;
      assert.deepEqual(
        [fault.fault_id, fault.effect, fault.when, fault.nth, fault.took_effect],
        [stage.id, effect, when, 1, captured > 0],
      );
      assert.equal(entry.status, captured > 0 ? 201 : 0);
      // It was for one call.
      assert.equal((await stage.shop.call('POST', stage.path, { captured_amount: 1_000 })).status, 201);
    });
  }

  test('a body that is cut, one that stalls, and one that is only half there', async () => {
    const shop = await world.shop();
    await order(shop, { on: { operation: 'createSession' }, effect: 'cut_body', times: 1 });
    const lengthOf = ({ text }: Bytes) => Number(/Content-Length: (\d+)/.exec(text)?.[1]);
    const bodyOf = ({ text }: Bytes) => text.slice(text.indexOf('\r\n\r\n') + 4);
    const cutOff = await raw(shop, 'POST', SESSIONS, PURCHASE);
    assert.equal(bodyOf(cutOff).length, Math.floor(lengthOf(cutOff) / 2));
    await order(shop, { on: { operation: 'createSession' }, effect: 'stall', times: 1 });
    const stalled = await raw(shop, 'POST', SESSIONS, PURCHASE, cutOff.text.length - 8);
    assert.match(stalled.text, /^HTTP\/1\.1 200 OK/);
    assert.ok(bodyOf(stalled).length < lengthOf(stalled));
    await order(shop, { on: { operation: 'createSession' }, effect: 'malformed', times: 1 });
    const response = await fetch(shop.url + SESSIONS, {
      method: 'POST',
      headers: { authorization: shop.authorization, 'content-type': 'application/json' },
      body: JSON.stringify(PURCHASE),
    });
    assert.equal(response.status, 200);
    const half = await response.text();
    assert.equal(Number(response.headers.get('content-length')), half.length);
    assert.match(half, /^\{"session_id":"/);
    assert.throws(() => JSON.parse(half));
  });

  test('where there was no body, malformed makes the beginning of one', async () => {
    const { shop, path, captured } = await capturing({ effect: 'malformed' });
    const bytes = await raw(shop, 'POST', path, { captured_amount: 4_000 }, 1).then(async () => captured());
    assert.equal(bytes, 4_000);
    await order(shop, { on: { operation: 'cancel' }, effect: 'malformed' });
    const order_id = await shop.placeOrder();
    const cancelled = await raw(shop, 'POST', `/ordermanagement/v1/orders/${order_id}/cancel`, undefined, 1);
    assert.match(cancelled.text, /^HTTP\/1\.1 200 OK/);
  });

  // Protects: answers that do not come from Klarna itself have nothing of Klarna's.
  test('gateways answer in their own way', async () => {
    const shop = await world.shop();
    const cases = [
      [
        502,
        'html',
        'text/html',
        '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\r\n',
      ],
      [503, 'plain', 'text/plain', 'Service Unavailable\n'],
      [504, 'empty', null, ''],
    ] as const;
    for (const [status, body, type, text] of cases) {
      await order(shop, { effect: 'gateway', status, body, times: 1 });
      const answer = await fetch(shop.url + SESSIONS, {
        method: 'POST',
        headers: { authorization: shop.authorization },
      });
      assert.deepEqual([answer.status, answer.headers.get('content-type'), await answer.text()], [status, type, text]);
      for (const name of ['klarna-correlation-id', 'x-ratelimit-limit']) assert.equal(answer.headers.get(name), null);
      assert.equal((await logOf(shop, SESSIONS)).status, status);
    }
  });

  // Protects: any error of the catalogue can be had, in its own status and with a text that leads back to it.
  test('every orderable error of the catalogue', async () => {
    const shop = await world.shop();
    const orderable = catalogue.filter(({ code }) => isOrderable(code));
    assert.ok(orderable.length >= 40);
    for (const { code, http } of orderable) {
      for (const status of http) {
        await order(shop, { on: { method: 'GET' }, effect: 'error', code: code.toLowerCase(), status, times: 1 });
        const answer: Answered = await shop.call('GET', '/ordermanagement/v1/orders/x');
        assert.equal(answer.status, status, code);
        const { error_code, error_messages } = answer.body as { error_code: string; error_messages: string[] };
        assert.equal(catalogueCodeFor(error_code, error_messages), code);
      }
    }
  });

  // Protects: clients that back off by the announced window.
  test('429 has the headers of the limit, 413 and 401 their own', async () => {
    const shop = await world.shop();
    const ordered = async (code: string) => {
      await order(shop, { on: { operation: 'createSession' }, effect: 'error', code, times: 1 });
      return shop.call('POST', SESSIONS, PURCHASE);
    };
    const limited = await ordered('TOO_MANY_REQUESTS');
    assertRefused(limited, 429, 'TOO_MANY_REQUESTS', ['Too many requests']);
    const header = (name: string) => limited.headers.get(name);
    assert.deepEqual(
      ['limit', 'remaining', 'reset'].map((name) => header(`x-ratelimit-${name}`)),
      ['40, 40;w=1', '0', '1'],
    );
    assert.equal(header('retry-after'), null);
    assertRefused(await ordered('REQUEST_TOO_LARGE'), 413, 'REQUEST_TOO_LARGE', ['Request is too large']);
    const unauthorized = await ordered('UNAUTHORIZED');
    assertRefused(unauthorized, 401, 'UNAUTHORIZED', []);
    assert.equal(unauthorized.headers.get('www-authenticate'), 'Basic realm="Klarna"');
    assert.equal(unauthorized.headers.get('klarna-correlation-id'), null);
  });

  // Protects: the answer is an error and the capture is real; the log has both under the id that the client was given.
  test('an error after the effect', async () => {
    const { shop, path, captured } = await capturing({ effect: 'error', code: 'INTERNAL_SERVER_ERROR' });
    const answer = await shop.call('POST', path, { captured_amount: 4_000 });
    assertRefused(answer, 500, 'INTERNAL_SERVER_ERROR', ['Unexpected server error']);
    assert.equal(await captured(), 4_000);
    const entry = await control('GET', `/log/${answer.body.correlation_id}`);
    assert.equal(entry.status, 201);
    assert.equal((entry.fault as Json).took_effect, true);
  });

  test('an error before the effect is explained', async () => {
    const { shop, path, captured, id } = await capturing({
      effect: 'error',
      code: 'CONFLICT',
      when: 'before',
      name: 'busy',
    });
    const answer = await shop.call('POST', path, { captured_amount: 4_000 });
    assertRefused(answer, 409, 'CONFLICT', []);
    assert.equal(await captured(), 0);
    const entry = await control('GET', `/log/${answer.body.correlation_id}`);
    assert.deepEqual([entry.status, entry.code, (entry.fault as Json).took_effect], [409, 'CONFLICT', false]);
    const [{ message, change }] = entry.explanations as [{ message: string; change: string }];
    assert.match(message, new RegExp(`${id} \\(busy\\)`));
    assert.match(change, /DELETE \/control\/faults\//);
  });

  // Protects: what a refused call was refused for is not hidden by a fault that comes after.
  test('a fault after a refusal took no effect', async () => {
    const { shop, path, captured } = await capturing({});
    await raw(shop, 'POST', path, { captured_amount: 40_000 });
    assert.equal(await captured(), 0);
    const entry = await logOf(shop, '/captures');
    assert.deepEqual(
      [entry.status, entry.code, (entry.fault as Json).took_effect],
      [403, 'CAPTURE_NOT_ALLOWED', false],
    );
  });

  test('waiting in real time, before and after', async () => {
    for (const when of ['before', 'after'] as const) {
      const shop = await world.shop();
      await order(shop, {
        on: { operation: 'createSession' },
        effect: 'delay',
        when,
        wait: { min_ms: 30, max_ms: 60 },
        times: 1,
      });
      const started_ms = performance.now();
      assert.equal((await shop.call('POST', SESSIONS, PURCHASE)).status, 200);
      // Timers may be a little early; how late they are says nothing.
      assert.ok(performance.now() - started_ms >= 25);
      const { waited_ms } = (await logOf(shop, SESSIONS)).fault as { waited_ms: number };
      assert.ok(waited_ms >= 30 && waited_ms <= 60);
    }
  });

  // Protects: a wait that takes nobody's time: what lapses meanwhile has lapsed when the call is carried out.
  test('waiting by the merchant’s clock', async () => {
    const shop = await world.shop();
    const { token } = await shop.newToken();
    await order(shop, {
      on: { operation: 'createOrder' },
      effect: 'delay',
      wait: { ms: 3_600_000, clock: 'merchant' },
      times: 1,
    });
    assertRefused(await shop.order(token), 404, 'NOT_FOUND', ['Invalid authorization token']);
    const other = await shop.newToken();
    await order(shop, {
      on: { operation: 'createOrder' },
      effect: 'delay',
      when: 'after',
      wait: { ms: 3_600_000, clock: 'merchant' },
      times: 1,
    });
    assert.equal((await shop.order(other.token)).status, 200);
  });

  // Protects: the end of the program is not held up by an order to wait.
  test('closing does not wait for those who wait', async () => {
    const provider = await startProvider();
    await provider.faults.add({ effect: 'delay', wait: { ms: 60_000 } });
    const { username, password } = provider.credentials;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = fetch(provider.url + SESSIONS, { method: 'POST', headers, body: JSON.stringify(PURCHASE) });
    for (let fired = 0; fired < 1; ) {
      const { faults } = (await provider.control('GET', '/faults')) as { faults: Fault[] };
      fired = faults[0]?.fired ?? 0;
      await new Promise(setImmediate);
    }
    await provider.close();
    assert.equal((await answer).status, 200);
  });

  // Protects: an outage ends by the merchant's clock, so that a suite can wait it out at once.
  test('for a while', async () => {
    const shop = await world.shop();
    await order(shop, { effect: 'gateway', for: 'PT10M' });
    const status = async () =>
      (await fetch(shop.url + SESSIONS, { method: 'POST', headers: { authorization: shop.authorization } })).status;
    assert.equal(await status(), 503);
    await shop.advance('PT9M');
    assert.equal(await status(), 503);
    await shop.advance('PT1M');
    assert.equal(await status(), 400);
  });

  test('several rules: the first that strikes, in the order in which they were ordered', async () => {
    const shop = await world.shop();
    await order(shop, { on: { operation: 'createSession' }, effect: 'error', code: 'CONFLICT', skip: 1, times: 1 });
    await order(shop, { on: { path: '/payments/**' }, effect: 'error', code: 'TIMEOUT', times: 2 });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await shop.call('POST', SESSIONS, PURCHASE)).status);
    assert.deepEqual(statuses, [500, 409, 500, 200]);
  });

  // Protects: one's way back. Were /control struck too, nobody could remove the fault.
  test('the control API, files and strangers are never struck', async () => {
    const shop = await world.shop();
    await order(shop, { effect: 'drop' });
    const headers = { authorization: shop.authorization };
    assert.equal((await fetch(`${shop.url}/control/orders`, { headers })).status, 200);
    assert.equal((await fetch(`${shop.url}/kp/lib/v1/api.js`, { headers })).status, 200);
    assert.equal((await fetch(shop.url + SESSIONS, { method: 'POST' })).status, 401);
  });

  // Protects: nobody orders what cannot be; each message says what would be right.
  test('orders that make no sense are refused with what would', async () => {
    const shop = await world.shop();
    const cases: readonly [object, RegExp][] = [
      [{}, /effect should be a value/],
      [{ effect: 'explode' }, /effect should be one of delay, error/],
      [{ effect: 'error' }, /effect error, and no other, has a code/],
      [{ effect: 'drop', code: 'CONFLICT' }, /effect error, and no other, has a code/],
      [{ effect: 'error', code: 'CONFLICTS' }, /The catalogue has no CONFLICTS; did you mean .*CONFLICT/],
      [{ effect: 'error', code: 'CAPTURED' }, /CAPTURED is no error that an API answers/],
      [{ effect: 'error', code: 'CONFLICT', status: 500 }, /CONFLICT travels with 409, not with 500/],
      [{ effect: 'gateway', status: 500 }, /502, 503 or 504/],
      [{ effect: 'drop', status: 500 }, /drop has no status/],
      [{ effect: 'drop', body: 'html' }, /drop has no body/],
      [{ effect: 'delay' }, /delay needs a wait/],
      [{ effect: 'delay', wait: {} }, /wait says how long/],
      [{ effect: 'delay', wait: { ms: 60_001 } }, /too long to wait for; at most 60000/],
      [{ effect: 'delay', wait: { ms: -1 } }, /wait.ms should be an integer from 0/],
      [{ effect: 'delay', wait: { min_ms: 5, max_ms: 4 } }, /min_ms 5 is above max_ms 4/],
      [{ effect: 'delay', wait: { min_ms: 5 } }, /min_ms and max_ms, or ms alone/],
      [{ effect: 'delay', wait: { ms: 1, max_ms: 4 } }, /ms, or min_ms and max_ms/],
      [{ effect: 'delay', wait: { ms: 1, until: 'callbacks' } }, /needs when after/],
      [{ effect: 'cut_body', when: 'before' }, /can only come after/],
      [{ effect: 'lose' }, /lose does not happen to requests/],
      [{ effect: 'drop', on: { callback: 'push' } }, /drop does not happen to callbacks/],
      [{ effect: 'lose', on: { callback: 'pull' } }, /on.callback should be one of any, authorization/],
      [{ effect: 'lose', on: { callback: 'push', method: 'POST' } }, /no method, path or operation/],
      [{ effect: 'lose', on: { callback: 'push' }, when: 'after' }, /about callbacks has no when/],
      [{ effect: 'delay', on: { callback: 'push' }, wait: { ms: 1, clock: 'real' } }, /by the merchant’s clock/],
      [{ effect: 'drop', on: { operation: 'createCapt' } }, /no operation createCapt; did you mean .*createCapture/],
      [{ effect: 'drop', on: { operation: 'cybersource.captures' } }, /did you mean cybersource.capture, cyb/],
      [{ effect: 'drop', on: { operation: 'purse.signingKeys' } }, /no operation purse.signingKeys/],
      [{ effect: 'drop', on: { path: 'payments' } }, /on.path should be a path/],
      [{ effect: 'drop', times: 0 }, /times should be an integer from 1/],
      [{ effect: 'drop', probability: 0 }, /probability should be above 0, at most 1/],
      [{ effect: 'drop', probability: 1.5 }, /probability should be above 0, at most 1/],
      [{ effect: 'drop', seed: 2 ** 32 }, /seed should be an integer from 0 to/],
      [{ effect: 'drop', for: '10 minutes' }, /no ISO 8601 duration/],
      [{ effect: 'drop', all: true, merchant_id: 'x' }, /merchant_id or all, not both/],
      [{ effect: 'drop', often: true }, /often should be one of/],
      [{ effect: 'drop', merchant_id: 'nobody' }, /404: There is no merchant nobody/],
    ];
    for (const [fault, message] of cases)
      await assert.rejects(control('POST', '/faults', { merchant_id: shop.merchant_id, ...fault }), { message });
    assert.deepEqual((await control('GET', `/faults?merchant_id=${shop.merchant_id}`)).faults, []);
    for (let i = 0; i < 100; i++) await order(shop, { effect: 'drop' });
    await assert.rejects(order(shop, { effect: 'drop' }), { message: /409: A merchant has at most 100/ });
  });

  describe('in the browser’s calls', () => {
    const page = async (shop: Shop, path: string, client_token: unknown, sent: object = {}) =>
      fetch(`${shop.url}/checkout/api${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${client_token}`, 'content-type': 'application/json' },
        body: JSON.stringify(sent),
      });

    test('the payment page meets faults as shops do', async () => {
      const shop = await world.shop();
      const { body } = await shop.call('POST', SESSIONS, PURCHASE);
      const signIn = await page(shop, '/sign-in', body.client_token, { contact: 'alma@email.se', code: '123456' });
      const { signed_in } = (await signIn.json()) as Json;
      await order(shop, {
        on: { path: '/checkout/api/authorize' },
        effect: 'error',
        code: 'INTERNAL_SERVER_ERROR',
        times: 1,
      });
      const failed = await page(shop, '/authorize', body.client_token, { signed_in });
      assert.equal(failed.status, 500);
      assert.equal(failed.headers.get('access-control-allow-origin'), '*');
      await order(shop, { on: { path: '/checkout/api/*' }, effect: 'drop', when: 'after', times: 1 });
      await assert.rejects(page(shop, '/authorize', body.client_token, { signed_in }));
      const read = await shop.call('GET', `${SESSIONS}/${body.session_id}`);
      assert.ok(read.body.authorization_token);
      const entries = (await control('GET', `/log?session_id=${body.session_id}&path=/checkout/api`)).entries as Json[];
      assert.deepEqual(
        entries.map(({ status, fault }) => [status, (fault as Json).took_effect]),
        [
          [200, true],
          [500, false],
        ],
      );
    });
  });

  describe('callbacks', () => {
    const servers = new Set<ReturnType<typeof createServer>>();
    after(() => {
      for (const server of servers) server.closeAllConnections();
      for (const server of servers) server.close();
    });
    /** An endpoint, and the paths that it was called on. */
    async function endpoint() {
      const calls: string[] = [];
      const server = createServer((incoming, outgoing) => {
        calls.push(incoming.url ?? '');
        outgoing.writeHead(200).end();
      }).listen(0, '127.0.0.1');
      servers.add(server);
      await once(server, 'listening');
      return { calls, url: (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}` };
    }
    const pushed = async (shop: Shop, push: string) => {
      const purchase = { ...PURCHASE, merchant_urls: { push } };
      const order_id = await shop.placeOrder(purchase);
      await shop.advance('PT0S');
      const { entries } = await control('GET', `/log?order_id=${order_id}&direction=outgoing`);
      return { order_id, entries: (entries as Json[]).reverse() };
    };
    const faultsOf = (entries: readonly Json[]) => entries.map(({ fault }) => (fault as Json | undefined)?.effect);

    test('lost for good', async () => {
      const [shop, { calls, url }] = [await world.shop(), await endpoint()];
      const id = await order(shop, { on: { callback: 'push' }, effect: 'lose', times: 1 });
      const { entries } = await pushed(shop, url('/push'));
      await shop.advance('P1D');
      assert.deepEqual(calls, []);
      assert.deepEqual(
        entries.map(({ status, response, fault }) => [status, response, (fault as Json).fault_id]),
        [[0, 'Lost on its way by a fault on order', id]],
      );
      await pushed(shop, url('/push'));
      assert.deepEqual(calls, ['/push']);
    });

    test('missed, and tried again by its own rule', async () => {
      const [shop, { calls, url }] = [await world.shop(), await endpoint()];
      await order(shop, { on: { callback: 'any' }, effect: 'miss', times: 2 });
      await pushed(shop, url('/push'));
      assert.deepEqual(calls, []);
      await shop.advance('PT1S');
      assert.deepEqual(calls, []);
      await shop.advance('PT2S');
      assert.deepEqual(calls, ['/push']);
    });

    test('delayed', async () => {
      const [shop, { calls, url }] = [await world.shop(), await endpoint()];
      await order(shop, { on: { callback: 'push' }, effect: 'delay', wait: { ms: 600_000 } });
      const { entries } = await pushed(shop, url('/push'));
      assert.deepEqual(faultsOf(entries), ['delay']);
      await shop.advance('PT9M');
      assert.deepEqual(calls, []);
      await shop.advance('PT2M');
      assert.deepEqual(calls, ['/push']);
    });

    test('doubled', async () => {
      const [shop, { calls, url }] = [await world.shop(), await endpoint()];
      await order(shop, { on: { callback: 'push' }, effect: 'double' });
      const { entries } = await pushed(shop, url('/push'));
      assert.deepEqual(calls, ['/push', '/push']);
      assert.deepEqual(faultsOf(entries), ['double', 'double']);
    });

    test('overtaken by the next one', async () => {
      const [shop, { calls, url }] = [await world.shop(), await endpoint()];
      await order(shop, { on: { callback: 'push' }, effect: 'reorder', times: 1 });
      await pushed(shop, url('/first'));
      assert.deepEqual(calls, []);
      await pushed(shop, url('/second'));
      assert.deepEqual(calls, ['/second', '/first']);
    });

    test('held back until its time is up when none overtakes it', async () => {
      const [shop, { calls, url }] = [await world.shop(), await endpoint()];
      await order(shop, { on: { callback: 'push' }, effect: 'reorder', times: 1 });
      await pushed(shop, url('/first'));
      await shop.advance('PT2M');
      assert.deepEqual(calls, ['/first']);
      await pushed(shop, url('/second'));
      assert.deepEqual(calls, ['/first', '/second']);
    });
  });
});
