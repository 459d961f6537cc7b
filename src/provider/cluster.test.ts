/** Several processes on one PostgreSQL behave as one server: to clients it makes no difference which of them answers. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execute, testDatabase } from '../store/testing.ts';
import {
  AMOUNT,
  assertSums,
  Chance,
  call,
  eventually,
  KvittProcess,
  Ledger,
  type OrderRead,
  purchase,
  Receiver,
  tryCall,
} from './processes/testing.ts';

const SEED = Number(process.env.KVITT_SEED || Math.floor(Math.random() * 1e9));
const GUARD = { timeout: 300_000 };

describe('processes on one PostgreSQL', () => {
  let database: { url: string; drop(): Promise<void> };
  let env: Record<string, string>;
  let processes: KvittProcess[] = [];
  /** Addresses of two processes that outlive every test. */
  let a = '';
  let b = '';

  before(async () => {
    database = await testDatabase();
    env = { DATABASE_URL: database.url };
    // At once, on an empty database: each of them finds the tables, the key and the merchant missing.
    processes = await Promise.all([KvittProcess.start(env), KvittProcess.start(env), KvittProcess.start(env)]);
    [a = '', b = ''] = processes.map(({ url }) => url);
    await processes[2]?.stop();
  }, GUARD);
  after(async () => {
    await Promise.all(processes.map((each) => each.kill()));
    await database.drop();
  });

  const either = (index: number) => (index % 2 === 0 ? a : b);
  const read = (url: string, order_id: string) => call<OrderRead>(url, 'GET', `/ordermanagement/v1/orders/${order_id}`);

  /** An order of the default merchant, or of the one with these credentials. */
  async function newOrder(options: { credentials?: string; push?: string; url?: string } = {}): Promise<string> {
    const { push, url = a, ...credentials } = options;
    const body = purchase(push);
    const { session_id } = await call(url, 'POST', '/payments/v1/sessions', body, credentials);
    const { authorization_token } = await call(url, 'POST', `/control/sessions/${session_id}/authorize`);
    const path = `/payments/v1/authorizations/${authorization_token}/order`;
    return String((await call(url, 'POST', path, body, credentials)).order_id);
  }

  /** A merchant of its own, for tests that change one. */
  async function newMerchant(settings: object = {}): Promise<{ merchant_id: string; credentials: string }> {
    const made = await call(a, 'POST', '/control/merchants', {}, { status: 201 });
    const [credential] = made.credentials as { username: string; password: string }[];
    const merchant_id = String(made.merchant_id);
    await call(b, 'PATCH', `/control/merchants/${merchant_id}`, settings);
    return { merchant_id, credentials: `${credential?.username}:${credential?.password}` };
  }

  test('a purchase may go through any of them, step by step', GUARD, async () => {
    const created = await call(a, 'POST', '/payments/v1/sessions', purchase());
    const seen = await call(b, 'GET', `/payments/v1/sessions/${created.session_id}`);
    // Signed with the one key of the installation. The address in it is the one that was asked.
    const claims = (token: unknown) =>
      JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()) as object;
    assert.deepEqual({ ...claims(created.client_token), base_url: b }, claims(seen.client_token));

    const { authorization_token } = await call(b, 'POST', `/control/sessions/${created.session_id}/authorize`);
    const path = `/payments/v1/authorizations/${authorization_token}/order`;
    // The same call many times at once, everywhere: one order.
    const placed = await Promise.all(Array.from({ length: 10 }, (_, i) => call(either(i), 'POST', path, purchase())));
    const ids = new Set(placed.map(({ order_id }) => order_id));
    assert.equal(ids.size, 1);
    const order_id = String([...ids][0]);
    await call(b, 'POST', `/ordermanagement/v1/orders/${order_id}/captures`, { captured_amount: 400 }, { status: 201 });
    await call(a, 'POST', `/ordermanagement/v1/orders/${order_id}/refunds`, { refunded_amount: 100 }, { status: 201 });
    const [onA, onB] = await Promise.all([read(a, order_id), read(b, order_id)]);
    assert.deepEqual({ ...onA, headers: 0 }, { ...onB, headers: 0 });
    assertSums(onA);
  });

  test('captures and refunds at the same time on all of them never exceed what there is', GUARD, async () => {
    const order_id = await newOrder();
    const path = `/ordermanagement/v1/orders/${order_id}`;
    const part = 30_000;
    const most = Math.floor(AMOUNT / part);
    const attempt = async (kind: 'captures' | 'refunds', body: object, success: number) => {
      const answers = await Promise.all(
        Array.from({ length: 2 * most }, (_, i) => tryCall(either(i), 'POST', `${path}/${kind}`, body)),
      );
      for (const answer of answers) assert.ok(answer?.status === 201 || answer?.status === 403, answer?.text);
      assert.equal(answers.filter((answer) => answer?.status === 201).length, success);
      assertSums(await read(b, order_id));
    };
    await attempt('captures', { captured_amount: part }, most);
    await attempt('refunds', { refunded_amount: part }, most);
    assert.equal((await read(a, order_id)).captured_amount, most * part);
  });

  test('payouts that several of them make at once contain every sale once', GUARD, async () => {
    // Both move the clock, look and pay out at the same time, and both find the same sales due.
    const { merchant_id, credentials } = await newMerchant({ settlement: { fees: { rate: 0, fixed: {} } } });
    const order_id = await newOrder({ credentials });
    const part = 1_000;
    for (let day = 1; day <= 5; day++) {
      const capture = (url: string) =>
        call(
          url,
          'POST',
          `/ordermanagement/v1/orders/${order_id}/captures`,
          { captured_amount: part },
          { credentials, status: 201 },
        );
      await Promise.all([...Array.from({ length: 8 }, (_, i) => capture(either(i)))]);
      const move = (url: string) => call(url, 'POST', '/control/clock', { merchant_id, advance: 'P1D' });
      const pay = (url: string) => call(url, 'POST', '/control/payouts', { merchant_id });
      await Promise.all([move(a), pay(b), move(b), pay(a)]);
    }
    const books = await call(a, 'GET', `/control/books?merchant_id=${merchant_id}`);
    assert.equal(books.balanced, true, JSON.stringify(books.currencies));
    const [{ summary }] = books.currencies as [{ summary: Record<string, number> }];
    assert.equal(summary.captured, 5 * 8 * part);
    assert.equal(summary.paid_out, 5 * 8 * part);
  });

  test('one idempotency key makes one capture, however often and wherever it is sent', GUARD, async () => {
    const order_id = await newOrder();
    const path = `/ordermanagement/v1/orders/${order_id}/captures`;
    const options = { key: randomUUID(), status: 201 };
    const send = (_: unknown, i: number) => call(either(i), 'POST', path, { captured_amount: 70 }, options);
    const answers = await Promise.all(Array.from({ length: 30 }, send));
    assert.equal(new Set(answers.map(({ headers }) => headers['capture-id'])).size, 1);
    const order = await read(b, order_id);
    assert.equal(order.captures.length, 1);
    assert.equal(order.captured_amount, 70);
  });

  test(
    'one idempotency key makes one order of a customer token, and one recovery is enough for all',
    GUARD,
    async () => {
      const tokenize = { ...purchase(), intent: 'buy_and_tokenize' };
      const approve = async (body: object) => {
        const { session_id } = await call(a, 'POST', '/payments/v1/sessions', body);
        return String((await call(b, 'POST', `/control/sessions/${session_id}/authorize`)).authorization_token);
      };
      const authorization = await approve(tokenize);
      const wanted = { description: 'Bikes', intended_use: 'SUBSCRIPTION', locale: 'sv-SE' };
      const market = { purchase_country: 'SE', purchase_currency: 'SEK' };
      const making = `/payments/v1/authorizations/${authorization}/customer-token`;
      const make = (_: unknown, i: number) => call(either(i), 'POST', making, { ...wanted, ...market });
      const made = await Promise.all(Array.from({ length: 10 }, make));
      assert.equal(new Set(made.map(({ token_id }) => token_id)).size, 1);
      const token_id = String(made[0]?.token_id);
      const path = `/customer-token/v1/tokens/${token_id}/order`;
      const options = { key: randomUUID() };
      const send = (_: unknown, i: number) => call(either(i), 'POST', path, purchase(), options);
      const charged = await Promise.all(Array.from({ length: 30 }, send));
      assert.equal(new Set(charged.map(({ order_id }) => order_id)).size, 1);
      assert.equal((await read(b, String(charged[0]?.order_id))).order_amount, AMOUNT);
      await call(b, 'POST', `/control/customer-tokens/${token_id}/instrument`, { works: false });
      const failing = { ...purchase(), step_up: 'SUPPORTED' };
      const { step_up_id } = await call(a, 'POST', path, failing, { status: 403 });
      const recovered = await approve({ ...tokenize, step_up_id, customer: { customer_token: token_id } });
      await call(b, 'POST', `/payments/v1/authorizations/${recovered}/order`, purchase());
      await call(a, 'POST', path, purchase());
    },
  );

  test('a credential that was removed on one is refused by the others at once', GUARD, async () => {
    const { merchant_id, credentials } = await newMerchant();
    const order_id = await newOrder({ credentials });
    const path = `/ordermanagement/v1/orders/${order_id}`;
    // Known to both by now, as a credential in use is.
    for (const url of [a, b]) await call(url, 'GET', path, undefined, { credentials });
    const username = credentials.split(':')[0];
    await call(a, 'DELETE', `/control/merchants/${merchant_id}/credentials/${username}`);
    for (const url of [b, a, b]) {
      await call(url, 'GET', path, undefined, { credentials, status: 401 });
      await call(url, 'POST', `${path}/captures`, { captured_amount: 1 }, { credentials, status: 401 });
    }
    const added = await call(b, 'POST', `/control/merchants/${merchant_id}/credentials`, {}, { status: 201 });
    const again = await call<OrderRead>(a, 'GET', path, undefined, {
      credentials: `${added.username}:${added.password}`,
    });
    assert.equal(again.captured_amount, 0);
  });

  test('a credential that is made anew, or a process that starts, locks nobody out', GUARD, async (t) => {
    const { merchant_id, credentials } = await newMerchant();
    const order_id = await newOrder({ credentials });
    const path = `/ordermanagement/v1/orders/${order_id}`;
    const [username, password] = credentials.split(':');
    for (const url of [a, b]) await call(url, 'GET', path, undefined, { credentials });
    await call(a, 'DELETE', `/control/merchants/${merchant_id}/credentials/${username}`);
    await call(b, 'POST', `/control/merchants/${merchant_id}/credentials`, { username, password }, { status: 201 });
    for (const url of [a, b]) await call(url, 'GET', path, undefined, { credentials });

    const own = await newOrder();
    const third = await KvittProcess.start(env);
    t.after(() => third.kill());
    for (const url of [a, b, third.url]) await read(url, own);
  });

  test('a clock that was moved on one is moved on all', GUARD, async () => {
    const { merchant_id, credentials } = await newMerchant();
    const order_id = await newOrder({ credentials });
    const path = `/ordermanagement/v1/orders/${order_id}`;
    const moved = await call(a, 'POST', '/control/clock', { merchant_id, advance: 'P40D' });
    const seen = await call(b, 'GET', `/control/clock?merchant_id=${merchant_id}`);
    assert.equal(seen.ahead_of_real_time_ms, moved.ahead_of_real_time_ms);
    const order = await call<OrderRead>(b, 'GET', path, undefined, { credentials });
    assert.equal(order.status, 'EXPIRED');
    await call(b, 'POST', `${path}/captures`, { captured_amount: 1 }, { credentials, status: 403 });
  });

  test('every callback is delivered once, whoever finds it', GUARD, async (t) => {
    const receiver = await Receiver.open();
    t.after(() => receiver.close());
    const { merchant_id, credentials } = await newMerchant();
    const orders = 40;
    await Promise.all(
      Array.from({ length: orders }, (_, i) =>
        newOrder({ credentials, url: either(i), push: `${receiver.url}/push/${i}` }),
      ),
    );
    const waiting = async () => (await call(b, 'GET', `/control/callbacks?merchant_id=${merchant_id}`)).waiting;
    await eventually(async () => (await waiting()) === 0);
    assert.deepEqual(
      [...receiver.received].sort(),
      Array.from({ length: orders }, (_, i) => [`/push/${i}`, 1] as const).sort(),
    );
  });

  test('orders that time changes are dealt with once, though all look for them', GUARD, async (t) => {
    const receiver = await Receiver.open();
    t.after(() => receiver.close());
    const { merchant_id, credentials } = await newMerchant();
    const body = { ...purchase(), merchant_urls: { notification: `${receiver.url}/decided/{order.id}` } };
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) {
      const { session_id } = await call(either(i), 'POST', '/payments/v1/sessions', body, { credentials });
      const path = `/control/sessions/${session_id}/authorize`;
      const { authorization_token } = await call(a, 'POST', path, { outcome: 'review' });
      const order = `/payments/v1/authorizations/${authorization_token}/order`;
      ids.push(String((await call(b, 'POST', order, body, { credentials })).order_id));
    }
    const advance = { merchant_id, advance: 'P2D' };
    await Promise.all([call(a, 'POST', '/control/clock', advance), call(b, 'POST', '/control/clock', advance)]);
    const waiting = async () => (await call(a, 'GET', `/control/callbacks?merchant_id=${merchant_id}`)).waiting;
    await eventually(async () => receiver.received.size >= ids.length && (await waiting()) === 0);
    assert.deepEqual([...receiver.received].sort(), ids.map((id) => [`/decided/${id}`, 1] as const).sort());
  });

  test('request limits are those of the merchant, not of each process', GUARD, async () => {
    const { credentials } = await newMerchant({ rate_limits: 'playground' });
    const sent = 200;
    const second = () => Math.floor(Date.now() / 1000);
    const first = second();
    const answers = await Promise.all(
      Array.from({ length: sent }, (_, i) =>
        tryCall(either(i), 'POST', '/payments/v1/sessions', purchase(), { credentials }),
      ),
    );
    const seconds = second() - first + 1;
    const by = (status: number) => answers.filter((answer) => answer?.status === status).length;
    assert.equal(by(200) + by(429), sent);
    // Five a second, on however many seconds the machine spread them.
    assert.ok(by(200) > 0 && by(200) <= 5 * seconds, `${by(200)} of ${sent} were let through in ${seconds} s`);
  });

  // Protects: "the next seven calls fail" means seven, whichever process takes them.
  test('a fault on order strikes as often as it was told, over all of them', GUARD, async () => {
    const { merchant_id, credentials } = await newMerchant();
    const fault = { merchant_id, on: { operation: 'createSession' }, effect: 'error', code: 'CONFLICT', times: 7 };
    const { fault_id } = await call(a, 'POST', '/control/faults', fault, { status: 201 });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        fetch(`${either(i)}/payments/v1/sessions`, {
          method: 'POST',
          headers: {
            authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify(purchase()),
        }),
      ),
    );
    assert.equal(answers.filter(({ status }) => status === 409).length, 7);
    assert.equal(answers.filter(({ status }) => status === 200).length, 33);
    assert.equal((await call<{ fired: number }>(b, 'GET', `/control/faults/${String(fault_id)}`)).fired, 7);
  });

  for (const how of ['kill -9', 'SIGTERM'] as const) {
    test(`a process that ends by ${how} under load loses nothing, and the others go on`, GUARD, async (t) => {
      const receiver = await Receiver.open();
      t.after(() => receiver.close());
      const chance = new Chance(SEED);
      const third = await KvittProcess.start(env);
      t.after(() => third.kill());
      const before = await countOrders();
      const ledger = new Ledger(receiver.url);
      let over = false;
      t.after(() => {
        over = true;
      });
      const shop = (url: string) => ledger.shop([url], chance.fork(), () => over);
      const shopping = [third.url, third.url, third.url, third.url, a, b].map(shop);
      await delay(chance.integer(300, 900));
      if (how === 'kill -9') await third.kill();
      else await third.stop();
      const acknowledged = ledger.counts.acknowledged;
      // The others go on: their shoppers get further.
      await eventually(async () => ledger.counts.acknowledged > acknowledged + 50);
      over = true;
      await Promise.all(shopping);
      await ledger.verify(a, chance);
      await ledger.verify(b, chance, ledger.orders.length);
      assert.equal((await countOrders()) - before, ledger.orders.length, `again with KVITT_SEED=${SEED}`);
      // What the ended process had under way is delivered by the others, after its lease.
      await eventually(async () => ledger.pushes.every((path) => receiver.received.has(path)));
    });
  }

  test('a callback that a killed process had under way is delivered by another one', GUARD, async (t) => {
    const receiver = await Receiver.open();
    t.after(() => receiver.close());
    const third = await KvittProcess.start(env);
    t.after(() => third.kill());
    receiver.status = undefined;
    await newOrder({ url: third.url, push: `${receiver.url}/push` });
    await eventually(async () => receiver.received.get('/push') === 1);
    await third.kill();
    receiver.status = 200;
    await eventually(async () => (receiver.received.get('/push') ?? 0) > 1);
    await eventually(async () => (await call(a, 'GET', '/control/callbacks')).waiting === 0);
    assert.equal(receiver.received.get('/push'), 2);
  });

  test('when PostgreSQL cuts all connections nothing is lost or doubled, and work goes on', GUARD, async (t) => {
    const chance = new Chance(SEED);
    const ledger = new Ledger();
    let over = false;
    t.after(() => {
      over = true;
    });
    const shopping = Array.from({ length: 6 }, () => ledger.shop([a, b], chance.fork(), () => over));
    for (let cut = 0; cut < 8; cut++) {
      await delay(chance.integer(20, 150));
      await execute(
        database.url,
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
    }
    const { acknowledged } = ledger.counts;
    await eventually(async () => ledger.counts.acknowledged > acknowledged + 50);
    over = true;
    await Promise.all(shopping);
    for (const url of [a, b]) await ledger.verify(url, chance, ledger.orders.length);
    assert.ok(processes.slice(0, 2).every((each) => !each.hasEnded));
  });

  async function countOrders(): Promise<number> {
    let count = 0;
    let page: { order_id: string }[] = [];
    do {
      const last = page.at(-1)?.order_id ?? '';
      page = (await call<{ orders: { order_id: string }[] }>(a, 'GET', `/control/orders?limit=100&after=${last}`))
        .orders;
      count += page.length;
    } while (page.length > 0);
    return count;
  }
});
