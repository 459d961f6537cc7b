/** The provider inside a test suite's own process, as `import { startProvider } from 'kvitt/provider'` gives it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { type Provider, type ProviderOptions, StoreUnusable, startProvider } from './index.ts';
import { PURCHASE } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'kvitt-startprovider-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a provider, and closes it however the body ends. */
async function using(options: ProviderOptions, body: (klarna: Provider) => Promise<void>): Promise<void> {
  const klarna = await startProvider(options);
  try {
    await body(klarna);
  } finally {
    await klarna.close();
  }
}

async function call(klarna: Provider, method: string, path: string, body?: object) {
  const { username, password } = klarna.credentials;
  const answer = await fetch(klarna.url + path, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const content = await answer.text();
  const { status, headers } = answer;
  return { status, headers, body: (content === '' ? {} : JSON.parse(content)) as Record<string, unknown> };
}

async function newSession(klarna: Provider): Promise<string> {
  const { status, body } = await call(klarna, 'POST', '/payments/v1/sessions', PURCHASE);
  assert.equal(status, 200, JSON.stringify(body));
  return String(body.session_id);
}

async function newOrder(klarna: Provider): Promise<string> {
  const { authorization_token } = await klarna.authorize(await newSession(klarna));
  const path = `/payments/v1/authorizations/${authorization_token}/order`;
  const { status, body } = await call(klarna, 'POST', path, PURCHASE);
  assert.equal(status, 200, JSON.stringify(body));
  return String(body.order_id);
}

const orderPath = (order_id: string) => `/ordermanagement/v1/orders/${order_id}`;

// Protects: the example of the docstring, with every part of it that a test suite leans on.
test('a purchase from session to refund, and the expiry of the rest', async () => {
  await using({}, async (klarna) => {
    assert.match(klarna.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual(klarna.credentials, { username: 'K000001_local', password: 'local' });
    const order = orderPath(await newOrder(klarna));
    const captured = await call(klarna, 'POST', `${order}/captures`, { captured_amount: 6_000 });
    assert.equal(captured.status, 201);
    assert.match(captured.headers.get('capture-id') ?? '', /^[0-9a-f-]{36}$/);
    assert.equal((await call(klarna, 'POST', `${order}/refunds`, { refunded_amount: 1_000 })).status, 201);
    const before = await klarna.clock.now();
    const now = await klarna.clock.advance('P28D');
    assert.ok(now.getTime() - before.getTime() >= 28 * 86_400_000);
    const { body } = await call(klarna, 'GET', order);
    assert.deepEqual(
      [body.status, body.captured_amount, body.refunded_amount, body.remaining_authorized_amount],
      ['CAPTURED', 6_000, 1_000, 0],
    );
  });
});

// Protects: the clock's three calls, and that its refusals reach the caller as errors with the reason.
test('the clock is moved and set; what it refuses rejects', async () => {
  await using({}, async (klarna) => {
    const set = await klarna.clock.set(new Date('2031-05-06T07:08:09Z'));
    assert.equal(set.toISOString().slice(0, 16), '2031-05-06T07:08');
    assert.equal((await klarna.clock.set('2031-05-07T00:00:00+02:00')).toISOString().slice(0, 13), '2031-05-06T22');
    assert.ok((await klarna.clock.now()) >= set);
    await assert.rejects(klarna.clock.advance('28 days'), /POST \/control\/clock answered 400: 28 days is no ISO 8601/);
    await assert.rejects(klarna.clock.set('2020-01-01'), /only moves forward/);
    await assert.rejects(klarna.clock.set('nonsense'));
  });
});

// Protects: a shopper's answers come back as the SDK gives them, refusals of the API as errors.
test('authorize takes data and an outcome', async () => {
  await using({}, async (klarna) => {
    const session_id = await newSession(klarna);
    const declined = await klarna.authorize(session_id, { outcome: 'decline' });
    assert.deepEqual([declined.approved, declined.show_form, declined.code], [false, false, 'REFUSED']);
    const billing_address = { email: 'nobody', country: 'SE' };
    const invalid = await klarna.authorize(session_id, { billing_address });
    assert.deepEqual(invalid.error, { invalid_fields: ['billing_address.email'] });
    await assert.rejects(klarna.authorize('nowhere'), /answered 404: Invalid session id/);
  });
});

// Protects: every control call is open to a suite, with its query, and throws when it is refused.
test('control reaches the whole control API', async () => {
  await using({}, async (klarna) => {
    const order_id = await newOrder(klarna);
    const { entries } = await klarna.control('GET', `/log?order_id=${order_id}&limit=2`);
    assert.equal((entries as unknown[]).length, 2);
    await klarna.control('PATCH', '/merchants/K000001', { status: 'inactive' });
    assert.equal((await call(klarna, 'POST', '/payments/v1/sessions', PURCHASE)).status, 403);
    await assert.rejects(klarna.control('GET', '/nothing'), /answered 404/);
  });
});

// Protects: the line between two tests of a suite.
test('reset takes data, clock and settings back', async () => {
  await using({}, async (klarna) => {
    const order_id = await newOrder(klarna);
    await klarna.clock.advance('P100D');
    await klarna.control('PATCH', '/merchants/K000001', { status: 'inactive' });
    await klarna.reset();
    assert.equal((await call(klarna, 'GET', orderPath(order_id))).status, 404);
    assert.ok((await klarna.clock.now()).getTime() - Date.now() < 60_000);
    await newOrder(klarna);
  });
});

// Protects: suites that run side by side in one process, each with a Klarna of its own.
test('two providers in one process know nothing of each other', async () => {
  await using({}, (one) =>
    using({ username: 'K2_other', password: 'other' }, async (other) => {
      assert.notEqual(one.url, other.url);
      const order_id = await newOrder(one);
      await one.clock.advance('P10D');
      assert.equal((await call(other, 'GET', orderPath(order_id))).status, 404);
      assert.ok((await other.clock.now()).getTime() - Date.now() < 60_000);
      assert.equal(
        (await call({ ...other, credentials: one.credentials }, 'GET', '/payments/v1/sessions/x')).status,
        401,
      );
      await newOrder(other);
    }),
  );
});

// Protects: close frees the port, and a second close, as of a hook that runs once more, does no harm.
test('close frees the port', async () => {
  const first = await startProvider();
  await newOrder(first);
  await first.close();
  await first.close();
  await assert.rejects(fetch(first.url));
  await using({ port: Number(new URL(first.url).port) }, async (second) => {
    assert.equal(second.url, first.url);
    await newOrder(second);
  });
});

// Protects: a request that has begun is answered, by a store that is still open.
test('close lets a request that has begun finish', async () => {
  const klarna = await startProvider();
  const body = JSON.stringify({ advance: 'PT1S' });
  const socket = connect(Number(new URL(klarna.url).port), '127.0.0.1');
  await once(socket, 'connect');
  const head = `POST /control/clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`;
  socket.write(head + body.slice(0, 5));
  // The answer to a later connection shows that the server has seen the first part.
  await (await fetch(`${klarna.url}/health`)).text();
  const closed = klarna.close();
  socket.write(body.slice(5));
  assert.match(await text(socket), /^HTTP\/1\.1 200/);
  await closed;
});

// Protects: a data folder keeps orders, credentials, secrets of tokens and the clock over a restart.
test('a data folder outlives the provider', async () => {
  const store = { dataDir: join(folder, 'kept') };
  // Client tokens name the address that they were issued at.
  const publicUrl = 'http://kvitt.test';
  let order_id = '';
  let session_id = '';
  let client_token: unknown;
  await using({ store, publicUrl }, async (klarna) => {
    order_id = await newOrder(klarna);
    session_id = await newSession(klarna);
    await klarna.clock.advance('P1D');
    ({ client_token } = (await call(klarna, 'GET', `/payments/v1/sessions/${session_id}`)).body);
    await klarna.control('POST', '/merchants/K000001/credentials', { username: 'second', password: 'second' });
  });
  await using({ store, publicUrl }, async (klarna) => {
    const { body } = await call(klarna, 'GET', orderPath(order_id));
    assert.deepEqual([body.status, body.order_amount], ['AUTHORIZED', 10_000]);
    assert.ok((await klarna.clock.now()).getTime() - Date.now() > 86_000_000);
    const second = { ...klarna, credentials: { username: 'second', password: 'second' } };
    assert.equal((await call(second, 'GET', orderPath(order_id))).status, 200);
    const again = await call(klarna, 'GET', `/payments/v1/sessions/${session_id}`);
    assert.equal(again.body.client_token, client_token);
  });
  // A password that was changed in the configuration holds, and the other credentials stay.
  await using({ store, password: 'changed' }, async (klarna) => {
    assert.equal((await call(klarna, 'GET', orderPath(order_id))).status, 200);
    const old = { ...klarna, credentials: { username: 'K000001_local', password: 'local' } };
    assert.equal((await call(old, 'GET', orderPath(order_id))).status, 401);
    const second = { ...klarna, credentials: { username: 'second', password: 'second' } };
    assert.equal((await call(second, 'GET', orderPath(order_id))).status, 200);
  });
});

// Protects: a username that the control API gave to a merchant stays that merchant's when it is configured later.
test('a configured username that is in use keeps its merchant', async () => {
  const store = { dataDir: join(folder, 'named') };
  await using({ store }, async (klarna) => {
    await klarna.control('POST', '/merchants', { merchant_id: 'SHOP', username: 'K9_shop', password: 'x' });
  });
  await using({ store, username: 'K9_shop', password: 'y' }, async (klarna) => {
    assert.equal((await klarna.control('GET', '/clock')).merchant_id, 'SHOP');
    await newOrder(klarna);
  });
});

/** Rejects with a message of one line that holds `words`. */
async function assertCannotStart(options: ProviderOptions, words: RegExp): Promise<Error> {
  const error = await startProvider(options).then(
    async (klarna) => {
      await klarna.close();
      assert.fail('it started');
    },
    (reason: Error) => reason,
  );
  assert.match(error.message, words);
  assert.ok(!error.message.includes('\n'), error.message);
  return error;
}

// Protects: a start that cannot succeed says why, and leaves nothing open behind it.
test('a port in use rejects, and the store is free again', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const store = { dataDir: join(folder, 'port') };
  await assertCannotStart({ port, store }, new RegExp(`EADDRINUSE.*127\\.0\\.0\\.1:${port}`));
  await using({ store }, async (klarna) => void (await newOrder(klarna)));
  taken.close();
});

test('a folder, a file or a database that cannot be used rejects with StoreUnusable', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const unusable: readonly (readonly [ProviderOptions, RegExp])[] = [
    [{ store: { dataDir: file } }, /cannot use the data file/],
    [{ store: { databaseUrl: 'postgres://nobody:hidden@127.0.0.1:1/none' } }, /./],
    [{ store: { databaseUrl: 'nonsense' } }, /./],
  ];
  for (const [options, words] of unusable) {
    const error = await assertCannotStart(options, words);
    assert.ok(error instanceof StoreUnusable, error.stack);
    assert.ok(!error.message.includes('hidden'));
  }
  await using({ store: { dataDir: join(folder, 'shared') } }, () =>
    assertCannotStart({ store: { dataDir: join(folder, 'shared') } }, /in use by another process/).then(() => {}),
  );
});
