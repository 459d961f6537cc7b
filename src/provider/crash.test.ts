/**
 * `kill -9` at any moment: while it starts, under load, while the write-ahead log is copied. After the next start everything
 * that was acknowledged is there, nothing is there twice, and what was not acknowledged is whole or absent.
 *
 *     KVITT_TRIALS=1000 KVITT_SEED=7 node --test src/provider/crash.test.ts
 *
 * A seed decides what the shoppers do and when the process is killed; how far they get by then is up to the machine.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { SqliteStore } from '../store/sqlite.ts';
import type { OutboxMessage, Put } from '../store/store.ts';
import { orderChanges } from './bookkeeping.ts';
import type { Merchant, Order, Session } from './engine/state.ts';
import { startProvider } from './index.ts';
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
import { uuidGenerator } from './world.ts';

const TRIALS = Number(process.env.KVITT_TRIALS || 100);
const SEED = Number(process.env.KVITT_SEED || Math.floor(Math.random() * 1e9));
const BATCHES = 5;
const SHOPPERS = 8;
/** The most that a trial lets the shoppers do before it kills. */
const LOAD_MOST_MS = 400;
const GUARD = { timeout: 600_000 };

describe('kill -9', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kvitt-crash-'));
  const env = { KVITT_DATA_DIR: dataDir };
  const chance = new Chance(SEED);
  const kills = { starting: 0, loaded: 0, checkpoint: 0 };
  let receiver: Receiver | undefined;
  let ledger: Ledger | undefined;
  after(async () => {
    await receiver?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  for (let batch = 0; batch < BATCHES; batch++) {
    const trials = Math.floor(((batch + 1) * TRIALS) / BATCHES) - Math.floor((batch * TRIALS) / BATCHES);
    test(`batch ${batch + 1}: after each of ${trials} kills, what was acknowledged is there, once`, GUARD, async () => {
      receiver ??= await Receiver.open();
      ledger ??= new Ledger(receiver.url);
      for (let trial = 0; trial < trials; trial++) await replayable(oneTrial(ledger));
    });
  }

  test('at the end everything is there, and every callback was delivered', GUARD, async (t) => {
    assert.ok(ledger && receiver);
    const server = await KvittProcess.start(env);
    t.after(() => server.kill());
    await replayable(ledger.verifyAll(server.url));
    // What a killed process had under way is delivered when its lease is over.
    await eventually(async () => (await call(server.url, 'GET', '/control/callbacks')).waiting === 0);
    const missed = ledger.pushes.filter((path) => !receiver?.received.has(path));
    assert.deepEqual(missed, []);
    assert.equal(await server.stop(), '', 'nothing to complain about');
    t.diagnostic(
      `seed ${SEED}: ${JSON.stringify(kills)}, ${ledger.orders.length} orders, ${JSON.stringify(ledger.counts)}`,
    );
    assert.ok(ledger.counts.acknowledged > TRIALS && ledger.counts.lost > 0, 'the trials tried something');
  });

  function replayable<T>(trial: Promise<T>): Promise<T> {
    return trial.catch((error: Error) => {
      const { message } = error;
      throw new Error(`again with KVITT_SEED=${SEED} KVITT_TRIALS=${TRIALS}: ${message}`, { cause: error });
    });
  }

  /** One start and one kill on the data of all trials before it. */
  async function oneTrial(shops: Ledger): Promise<void> {
    const started = kills.starting + kills.loaded + kills.checkpoint;
    const kind = started % 25 === 13 ? 'checkpoint' : chance.hits(0.15) ? 'starting' : 'loaded';
    kills[kind]++;
    const server = new KvittProcess(env);
    try {
      if (kind === 'starting') {
        await delay(chance.next() * LOAD_MOST_MS);
        return;
      }
      await server.listening();
      await shops.verify(server.url, chance.fork());
      let over = false;
      const shoppers = Array.from({ length: SHOPPERS }, () => shops.shop([server.url], chance.fork(), () => over));
      const moment = chance.next() * LOAD_MOST_MS;
      if (kind === 'checkpoint') await untilCheckpoint(server.url, chance.next() * 30);
      else await delay(moment);
      await server.kill();
      over = true;
      await Promise.all(shoppers);
    } catch (error) {
      const complaints = await server.kill();
      throw new Error(`${(error as Error).message}\nthe process said: ${complaints}`, { cause: error });
    } finally {
      await server.kill();
    }
  }

  /** Writes until the log has grown so large that it is copied into the main file, and a little on. */
  async function untilCheckpoint(url: string, then_ms: number): Promise<void> {
    const copied = () => statSync(join(dataDir, 'kvitt.db')).mtimeMs;
    const before = copied();
    const large = JSON.stringify(purchase()).padEnd(900_000);
    let seen = false;
    const write = async () => {
      while (!seen) await tryCall(url, 'POST', '/payments/v1/sessions', large);
    };
    const writing = Array.from({ length: 4 }, write);
    while (copied() === before) await turn();
    await delay(then_ms);
    seen = true;
    // The calls under way end with the process, or before.
    void Promise.all(writing);
  }
});

describe('a large data file', () => {
  const ORDERS = 100_000;
  const A_UNIT = 1_000;
  const PENDING = 300;
  const dataDir = mkdtempSync(join(tmpdir(), 'kvitt-large-'));
  const path = join(dataDir, 'kvitt.db');
  after(() => rmSync(dataDir, { recursive: true, force: true }));

  test(
    'of 100,000 orders is served after a restart; its callbacks are delivered, its due orders dealt with',
    GUARD,
    async (t) => {
      const receiver = await Receiver.open();
      t.after(() => receiver.close());
      const ids = await build(receiver.url);

      const started = performance.now();
      const server = await KvittProcess.start({ KVITT_DATA_DIR: dataDir });
      t.after(() => server.kill());
      const order_id = ids[ids.length >> 1] ?? '';
      const order = await call<OrderRead>(server.url, 'GET', `/ordermanagement/v1/orders/${order_id}`);
      t.diagnostic(`first answer ${Math.round(performance.now() - started)} ms after the start with ${ORDERS} orders`);
      assertSums(order);
      assert.equal(order.order_amount, AMOUNT);
      for (const id of [ids[0], ids.at(-1)]) await call(server.url, 'GET', `/ordermanagement/v1/orders/${id}`);
      await call(
        server.url,
        'POST',
        `/ordermanagement/v1/orders/${order_id}/captures`,
        { captured_amount: 5 },
        { status: 201 },
      );

      // Nobody reads these orders: the timer finds them, decides, and tells the shop.
      await eventually(async () => receiver.received.size >= 2 * PENDING);
      await eventually(async () => (await call(server.url, 'GET', '/control/callbacks')).waiting === 0);
      const expected = Array.from({ length: PENDING }, (_, i) => [`/push/${i}`, `/notification/${i}`]).flat();
      assert.deepEqual([...receiver.received.keys()].sort(), expected.sort());
      await server.stop();

      const store = await SqliteStore.open({ path });
      const due = await store.due('order', 'K000001', Date.now(), 1);
      const decided = await store.get<Order>('order', ids[0] ?? '');
      await store.close();
      assert.deepEqual(due, []);
      assert.equal(decided?.fraud_status, 'ACCEPTED');
    },
  );

  /** One real order, and copies of it; the first ones pending, with a review that is over and a callback that waits. */
  async function build(receiver: string): Promise<string[]> {
    const provider = await startProvider({ store: { dataDir } });
    const { session_id } = await call<{ session_id: string }>(
      provider.url,
      'POST',
      '/payments/v1/sessions',
      purchase(),
    );
    const { authorization_token } = await provider.authorize(session_id);
    const { order_id } = await call<{ order_id: string }>(
      provider.url,
      'POST',
      `/payments/v1/authorizations/${authorization_token}/order`,
      purchase(),
    );
    await provider.close();
    const store = await SqliteStore.open({ path });
    const order = (await store.get<Order>('order', order_id)) ?? assert.fail('the order is gone');
    const session = (await store.get<Session>('session', session_id)) ?? assert.fail('the session is gone');
    const merchant = (await store.get<Merchant>('merchant', order.merchant_id)) ?? assert.fail('the merchant is gone');
    const id = uuidGenerator(Date.now);
    const context = { merchant, now_ms: Date.now(), id, reference: () => 'UNUSED' };
    const ids: string[] = [];
    for (let unit = 0; unit < ORDERS / A_UNIT; unit++) {
      const orders = Array.from({ length: A_UNIT }, (_, i) => copy(order, id(), unit * A_UNIT + i, receiver));
      ids.push(...orders.map((each) => each.order_id));
      const put: Put[] = orders.flatMap((each) => orderChanges(undefined, each, context));
      const outbox: OutboxMessage[] =
        unit > 0 ? [] : orders.slice(0, PENDING).map((each, i) => push(each, id(), i, receiver));
      await store.run(function* () {
        return { answer: undefined, changes: { put, outbox } };
      });
    }
    assert.equal(session.order_id, order_id);
    await store.close();
    return ids;
  }

  function copy(order: Order, order_id: string, index: number, receiver: string): Order {
    if (index >= PENDING) return { ...order, order_id };
    return {
      ...order,
      order_id,
      fraud_status: 'PENDING',
      review: { decision: 'accept', decide_at_ms: Date.now() - 1_000 },
      merchant_urls: { notification: `${receiver}/notification/${index}` },
    };
  }

  function push({ merchant_id, order_id }: Order, id: string, index: number, receiver: string): OutboxMessage {
    const due_at_ms = Date.now() - 1_000;
    const state = {
      rule: 'push',
      url: `${receiver}/push/${index}`,
      body: '',
      subject: order_id,
      attempt: 1,
      first_due_at_ms: due_at_ms,
    };
    return { id, merchant_id, due_at_ms, state };
  }
});
