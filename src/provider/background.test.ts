/** The timer behind callbacks and expiry, on a store that fails at times. What it does on a store that works, the other suites show. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { openStore } from '../store/open.ts';
import { read, type Store, StoreUnavailable, type Work } from '../store/store.ts';
import { Background } from './background.ts';
import { DAY_MS, type Merchant } from './engine/state.ts';
import { startProvider } from './index.ts';
import { disputed } from './klarna/testing.ts';
import { merchantRecords, newMerchant } from './merchants.ts';
import { outboxMessage } from './outbox.ts';
import { Shop, STORES } from './testing.ts';
import { realWorld } from './world.ts';

/** A shop's endpoint; `received` resolves once a path has been called. */
async function receiver() {
  const paths: string[] = [];
  const calls = new EventEmitter();
  const server = createServer((incoming, outgoing) => {
    outgoing.end();
    paths.push(incoming.url ?? '');
    calls.emit('call');
  }).listen(0, '127.0.0.1');
  after(() => server.close());
  await once(server, 'listening');
  const received = async (path: string) => {
    while (!paths.includes(path)) await once(calls, 'call');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths, received };
}

/** A store in memory with one callback waiting for each merchant, of which some calls can be made to fail. */
async function storeWith(merchants: readonly string[], url: string, overrides: (store: Store) => Partial<Store>) {
  const store = await openStore({});
  const world = realWorld(store);
  for (const id of merchants) {
    const callback = { rule: 'push', url: `${url}/${id}`, body: '', due_at_ms: world.now(), subject: '' } as const;
    const changes = {
      put: merchantRecords(newMerchant(id, id, 'any', [])),
      outbox: [outboxMessage(callback, id, world.id())],
    };
    await store.run(function* (): Work<void> {
      return { answer: undefined, changes };
    });
  }
  const failing = new Proxy(store, {
    get: (target, name) => {
      const own = Reflect.get(overrides(store), name) ?? Reflect.get(target, name);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
  after(() => store.close());
  return { store, world: { ...world, store: failing } };
}

const unavailable = () => Promise.reject(new StoreUnavailable('the store is away'));

/** What is written to stderr while `work` runs. */
async function complaints(work: () => Promise<void>): Promise<string> {
  const { write } = process.stderr;
  let said = '';
  process.stderr.write = (text: string | Uint8Array) => {
    said += String(text);
    return true;
  };
  try {
    await work();
  } finally {
    process.stderr.write = write;
  }
  return said;
}

// Protects: trouble with one merchant's data is that merchant's; all others go on being served.
test('one merchant’s failure does not keep the timer from the others', async () => {
  const { url, received } = await receiver();
  const { world } = await storeWith(['A', 'BAD', 'C'], url, (store) => ({
    due: (kind, merchant_id, ...rest) =>
      merchant_id === 'BAD' ? unavailable() : store.due(kind, merchant_id, ...rest),
  }));
  const background = new Background(world);
  const said = await complaints(async () => {
    background.start();
    await Promise.all(['/A', '/BAD', '/C'].map(received));
    await background.stop();
  });
  assert.match(said, /^kvitt: background work failed and will be tried again: the store is away\n$/);
});

// Protects: a database that was away and comes back finds everything that waited.
test('what could not be taken from the store is delivered later', async () => {
  const { url, paths, received } = await receiver();
  let claims = 0;
  const { world, store } = await storeWith(['A'], url, (real) => ({
    claim: (...args) => (++claims <= 2 ? unavailable() : real.claim(...args)),
  }));
  const background = new Background(world);
  const said = await complaints(async () => {
    background.start();
    background.kick('A');
    await received('/A');
    await background.stop();
  });
  assert.deepEqual(paths, ['/A']);
  assert.equal(await store.waiting('A'), 0);
  assert.ok(said.includes('the store is away'));
});

// Protects: kicks by the thousand, as under load, lead to a few looks at the store and not to one each.
test('kicks while a delivery is under way are answered by one look', async () => {
  const { url, received } = await receiver();
  let claims = 0;
  const { world, store } = await storeWith(['A'], url, (real) => ({
    claim: (...args) => {
      claims++;
      return real.claim(...args);
    },
  }));
  const background = new Background(world);
  for (let i = 0; i < 10_000; i++) background.kick('A');
  await received('/A');
  await background.catchUp('A', 60_000);
  assert.ok(claims < 10, String(claims));
  assert.equal(await store.waiting('A'), 0);
  await background.stop();
});

// Protects: nothing begins after the end, from wherever it is asked for.
test('a stopped background does nothing more', async () => {
  const { url, paths } = await receiver();
  const { world, store } = await storeWith(['A'], url, () => ({}));
  const background = new Background(world);
  await background.stop();
  background.kick('A');
  assert.deepEqual(await background.catchUp('A', 60_000), { orders: 0, disputes: 0, payouts: 0, callbacks: 0 });
  assert.deepEqual(paths, []);
  assert.equal(await store.waiting('A'), 1);
});

// Protects: what a test is told that a move of its clock has set off: a dispute that was lost meanwhile, and what was paid out.
test('what was due is counted by what it was', async () => {
  const [store_file] = STORES.filter(({ durable }) => durable);
  assert.ok(store_file);
  const { options, drop } = await store_file.open();
  after(drop);
  // The provider would do by itself what is to be counted; it has set the stage and left when the clock moves.
  const provider = await startProvider({ store: options });
  const shop = await Shop.open(() => provider);
  const { merchant_id } = shop;
  await shop.placeOrder();
  await disputed(provider, shop);
  const { fired } = await provider.control('POST', '/clock', { merchant_id, advance: 'PT0S' });
  assert.deepEqual(fired, { orders: 0, disputes: 0, payouts: 0, callbacks: 0, callbacks_waiting: 0 });
  await provider.close();

  const store = await openStore(options);
  const background = new Background(realWorld(store));
  await store.run(function* (): Work<void> {
    const merchant = yield* read<Merchant>('merchant', merchant_id);
    const state = { ...merchant, clock_offset_ms: 30 * DAY_MS };
    return { answer: undefined, changes: { put: [{ kind: 'merchant', id: merchant_id, merchant_id, state }] } };
  });
  const { orders, disputes, payouts } = await background.catchUp(merchant_id, 0);
  const made = await store.list('payout', { merchant_id, limit: 100 });
  assert.deepEqual({ orders, disputes, payouts }, { orders: 1, disputes: 1, payouts: made.length });
  assert.ok(made.length > 0);
  await background.stop();
  await store.close();
});
