/**
 * What every store promises, one suite over all of them; then what only PostgreSQL promises: many processes, one truth.
 * The first line in each test says what would go wrong in a shop if the promise were broken.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { fuzz } from '../testing.ts';
import { PostgresStore } from './postgres.ts';
import { SqliteStore } from './sqlite.ts';
import {
  type Changes,
  KINDS,
  type LogEntry,
  type OutboxMessage,
  type Put,
  read,
  readShared,
  type Store,
  StoreUnavailable,
  StoreUnusable,
} from './store.ts';
import { execute, type StoreFactory, storeFactories, type TestStore, testDatabase } from './testing.ts';

interface Counter {
  readonly n: number;
}

const order = (id: string, state: object, more: Partial<Put> = {}): Put => ({
  kind: 'order',
  id,
  merchant_id: 'm1',
  state,
  ...more,
});

const entry = (id: string, more: Partial<LogEntry> = {}): LogEntry => ({
  id,
  merchant_id: 'm1',
  at_ms: 1_000,
  direction: 'incoming',
  method: 'POST',
  path: '/payments/v1/sessions',
  status: 200,
  subject: '',
  request: '{}',
  response: '{}',
  note: '',
  ...more,
});

const message = (id: string, due_at_ms: number, more: Partial<OutboxMessage> = {}): OutboxMessage => ({
  id,
  merchant_id: 'm1',
  due_at_ms,
  state: { url: `https://shop.example/${id}` },
  ...more,
});

/** A unit that reads nothing. */
function change(store: Store, changes: Changes): Promise<void> {
  return store.run(function* () {
    return { answer: undefined, changes };
  });
}

/** A unit that loses updates when units are not isolated: reads a count, adds one, writes it back. */
function increment(store: Store, id: string): Promise<number> {
  return store.run(function* () {
    const n = ((yield* read<Counter>('order', id))?.n ?? 0) + 1;
    return { answer: n, changes: { put: [order(id, { n })] } };
  });
}

/** A unit that takes from one order and gives to another, and so locks both. */
function transfer(store: Store, from: string, to: string): Promise<void> {
  return store.run(function* () {
    const payer = (yield* read<Counter>('order', from)) ?? { n: 0 };
    const payee = (yield* read<Counter>('order', to)) ?? { n: 0 };
    return { answer: undefined, changes: { put: [order(from, { n: payer.n - 1 }), order(to, { n: payee.n + 1 })] } };
  });
}

async function opened(t: TestContext, factory: StoreFactory): Promise<TestStore> {
  const opened = await factory.open();
  t.after(() => opened.drop());
  return opened;
}

/** Two ways into the same data: two stores where data can be shared, else one store twice. */
async function openedTwice(t: TestContext, factory: StoreFactory): Promise<[Store, Store]> {
  const { store, reopen } = await opened(t, factory);
  return [store, factory.shared ? await reopen() : store];
}

/** Names, and UUIDs of which some begin with the same 64 bits. */
const MIXED_IDS = [
  'a',
  'Z',
  '0193a000',
  '0193a000-0000-4000-8000-000000000000',
  '0193a000-0000-7000-8000-000000000000',
  '0193a000-0000-7000-8000-000000000001',
  '0193a000-0000-7000-8fff-000000000000',
  '0193a000-0000-7000-9000-000000000000',
  '0193a000-0000-7001-8000-000000000000',
  '0193A000-0000-7001-8000-000000000000',
  'f193a000-0000-7000-8000-000000000000',
];
const anyStep = fc.record({
  id: fc.constantFrom(...MIXED_IDS),
  act: fc.constantFrom('put', 'fresh', 'remove'),
  n: fc.nat(),
});

/** Does one step to the store and to its model, and compares what comes of it. */
async function followed(
  store: Store,
  model: Map<string, number>,
  { id, act, n }: { id: string; act: string; n: number },
) {
  if (act === 'remove') {
    await change(store, { remove: [{ kind: 'order', id }] });
    model.delete(id);
  } else {
    const written = change(store, { put: [order(id, { id, n }, { fresh: act === 'fresh' })] });
    if (act === 'fresh' && model.has(id)) await assert.rejects(written, rejectedAs(StoreUnavailable));
    else await written.then(() => model.set(id, n));
  }
  const expected = model.get(id);
  assert.deepEqual(await store.get('order', id), expected === undefined ? undefined : { id, n: expected });
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const ids = (entries: readonly { id: string }[]) => entries.map(({ id }) => id);
const rejectedAs = (type: typeof StoreUnavailable) => (error: unknown) => error instanceof type;

for (const factory of storeFactories()) {
  describe(`${factory.name} store`, () => {
    test('a unit that throws changes nothing, and its own error comes out', async (t) => {
      // Else a refused capture would be charged, or the refusal would be told as a failure of the machine.
      const { store } = await opened(t, factory);
      await change(store, { put: [order('o1', { n: 1 })] });
      const refusal = new RangeError('more than the order has left');
      const unit = store.run(function* () {
        yield* read('order', 'o1');
        throw refusal;
      });
      await assert.rejects(unit, (error) => error === refusal);
      assert.deepEqual(await store.get('order', 'o1'), { n: 1 });
      assert.equal(await increment(store, 'o1'), 2, 'the record is free again');
    });

    test('a unit writes everything or nothing', async (t) => {
      // Else an order could exist without its callback, or a charge without its log entry.
      const { store } = await opened(t, factory);
      await change(store, { put: [order('taken', { n: 1 })] });
      const put = [order('new', { n: 1 }), order('taken', { n: 2 }, { fresh: true })];
      const unit = change(store, { put, log: [entry('l1')], outbox: [message('b1', 0)] });
      await assert.rejects(unit, rejectedAs(StoreUnavailable));
      assert.deepEqual(await store.get('order', 'taken'), { n: 1 });
      assert.equal(await store.get('order', 'new'), undefined);
      assert.deepEqual(await store.log({ limit: 10 }), []);
      assert.equal(await store.waiting('m1'), 0);

      await change(store, {
        put: [order('new', { n: 1 })],
        remove: [{ kind: 'order', id: 'taken' }],
        log: [entry('l1')],
        outbox: [message('b1', 0)],
      });
      assert.deepEqual(await store.get('order', 'new'), { n: 1 });
      assert.equal(await store.get('order', 'taken'), undefined);
      assert.deepEqual(await store.log({ limit: 10 }), [entry('l1')]);
      assert.equal(await store.waiting('m1'), 1);
    });

    test('a unit that fails takes no other unit down with it', async (t) => {
      // Else one bad request would answer 503 to every shop that happened to call in the same millisecond.
      const { store } = await opened(t, factory);
      await change(store, { put: [order('taken', { n: 1 })] });
      const bad = () => change(store, { put: [order('half', { n: 1 }), order('taken', { n: 2 }, { fresh: true })] });
      const outcomes = await Promise.allSettled(numbers(20).flatMap((n) => [increment(store, `o${n}`), bad()]));
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        numbers(20).flatMap(() => ['fulfilled', 'rejected']),
      );
      for (const n of numbers(20)) assert.deepEqual(await store.get('order', `o${n}`), { n: 1 });
      assert.equal(await store.get('order', 'half'), undefined);
      assert.deepEqual(await store.get('order', 'taken'), { n: 1 });
    });

    test('a hundred units on one record at once lose no update', async (t) => {
      // Else two captures at once would each see the whole amount left, and charge it twice.
      const [one, other] = await openedTwice(t, factory);
      await change(one, { put: [order('o1', { n: 0 })] });
      const seen = await Promise.all(numbers(100).map((n) => increment(n % 2 ? one : other, 'o1')));
      assert.deepEqual(await one.get('order', 'o1'), { n: 100 });
      assert.equal(new Set(seen).size, 100, 'no two units saw the same state');
    });

    test('units that find a record absent do not overwrite each other', async (t) => {
      // A row that does not exist cannot be locked: two first requests with one idempotency key would both win.
      const [one, other] = await openedTwice(t, factory);
      const seen = await Promise.all(numbers(50).map((n) => increment(n % 2 ? one : other, 'new')));
      assert.deepEqual(await one.get('order', 'new'), { n: 50 });
      assert.equal(new Set(seen).size, 50);
    });

    test('units that lock two records in opposite order all finish', async (t) => {
      // Else two requests could wait for each other for ever, or one be refused for no fault of its own.
      const [one, other] = await openedTwice(t, factory);
      await change(one, { put: [order('a', { n: 100 }), order('b', { n: 100 })] });
      await Promise.all(numbers(2).flatMap(() => [transfer(one, 'a', 'b'), transfer(other, 'b', 'a')]));
      assert.deepEqual(await one.get('order', 'a'), { n: 100 });
      assert.deepEqual(await one.get('order', 'b'), { n: 100 });
    });

    test('a shared read sees committed state, and a unit sees what it asks for, kind by kind', async (t) => {
      // Else an order could be taken for the session of the same id.
      const { store } = await opened(t, factory);
      await change(store, { put: KINDS.map((kind) => ({ kind, id: 'same', merchant_id: 'm1', state: { kind } })) });
      const seen = await store.run(function* () {
        const states: unknown[] = [];
        for (const kind of KINDS)
          states.push(yield* read(kind, 'same'), yield* readShared(kind, 'same'), yield* readShared(kind, 'none'));
        return { answer: states, changes: {} };
      });
      assert.deepEqual(
        seen,
        KINDS.flatMap((kind) => [{ kind }, { kind }, undefined]),
      );
      for (const kind of KINDS) assert.deepEqual(await store.get(kind, 'same'), { kind });
    });

    test('a fresh record never replaces one that exists', async (t) => {
      // Else a repeated id would silently swap one customer's order for another's.
      const [one, other] = await openedTwice(t, factory);
      const attempts = numbers(10).map((n) =>
        change(n % 2 ? one : other, { put: [order('o1', { n }, { fresh: true })] }),
      );
      const outcomes = await Promise.allSettled(attempts);
      const winners = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
      assert.equal(winners.length, 1);
      assert.deepEqual(await one.get('order', 'o1'), { n: winners[0] });
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof StoreUnavailable);
    });

    test('any mixture of ids behaves as a map does', async (t) => {
      // Else one customer's order could be taken for another's because their ids begin alike.
      const { store } = await opened(t, factory);
      await fuzz(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), async (steps) => {
          await store.clear('m1');
          const model = new Map<string, number>();
          for (const step of steps) await followed(store, model, step);
          const bytes = (id: string) => Buffer.from(id);
          const sorted = [...model.keys()].sort((a, b) => Buffer.compare(bytes(a), bytes(b)));
          assert.deepEqual(
            await store.list('order', { limit: 100 }),
            sorted.map((id) => ({ id, n: model.get(id) })),
          );
          for (const after of MIXED_IDS) {
            const rest = sorted.filter((id) => Buffer.compare(bytes(id), bytes(after)) > 0);
            assert.deepEqual(ids(await store.list<{ id: string }>('order', { after, limit: 3 })), rest.slice(0, 3));
            const upTo = sorted.filter((id) => Buffer.compare(bytes(id), bytes(after)) < 0);
            const before = { before: after, limit: 100 };
            assert.deepEqual(ids(await store.list<{ id: string }>('order', before)), upTo);
            // One bound and then the other, with nothing between them.
            assert.deepEqual(await store.list('order', { after, before: after, limit: 100 }), []);
          }
        }),
        30,
      );
    });

    test('due lists what is due, earliest first, and follows every change of the wake time', async (t) => {
      // Else an authorization would expire late, twice, or never.
      const { store } = await opened(t, factory);
      const put = [
        order('late', {}, { wake_at_ms: 300 }),
        order('b', {}, { wake_at_ms: 100 }),
        order('a', {}, { wake_at_ms: 100 }),
        order('early', {}, { wake_at_ms: 50 }),
        order('never', {}),
        order('theirs', {}, { wake_at_ms: 10, merchant_id: 'm2' }),
      ];
      await change(store, { put });
      assert.deepEqual(await store.due('order', 'm1', 49, 10), []);
      assert.deepEqual(await store.due('order', 'm1', 100, 10), ['early', 'a', 'b']);
      assert.deepEqual(await store.due('order', 'm1', 1_000, 2), ['early', 'a']);
      assert.deepEqual(await store.due('session', 'm1', 1_000, 10), []);

      await change(store, {
        put: [order('early', {}), order('a', {}, { wake_at_ms: 400 })],
        remove: [{ kind: 'order', id: 'b' }],
      });
      assert.deepEqual(await store.due('order', 'm1', 1_000, 10), ['late', 'a']);
    });

    test('list pages through a kind in the order of the bytes of its ids', async (t) => {
      // Else a settlement would leave out or repeat the orders at the edge of a page.
      const { store } = await opened(t, factory);
      const sorted = ['A', 'B', 'a', 'a-b', 'ab', 'ä', 'ö', '\uFFFD', '😀'].sort((a, b) =>
        Buffer.compare(Buffer.from(a), Buffer.from(b)),
      );
      await change(store, {
        put: sorted.toReversed().map((id, n) => order(id, { id }, { merchant_id: n % 2 ? 'm1' : 'm2' })),
      });
      const paged: string[] = [];
      for (;;) {
        const after = paged.at(-1);
        const page = await store.list<{ id: string }>('order', { limit: 2, ...(after !== undefined && { after }) });
        if (page.length === 0) break;
        assert.ok(page.length <= 2);
        paged.push(...ids(page));
      }
      assert.deepEqual(paged, sorted);
      const mine = ids(await store.list<{ id: string }>('order', { merchant_id: 'm1', limit: 100 }));
      const theirs = ids(await store.list<{ id: string }>('order', { merchant_id: 'm2', limit: 100 }));
      assert.deepEqual([mine.length, theirs.length], [4, 5]);
      assert.deepEqual(
        sorted,
        [...mine, ...theirs].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      );
      assert.deepEqual(
        ids(await store.list<{ id: string }>('order', { merchant_id: 'm1', after: mine[1] ?? '', limit: 1 })),
        [mine[2]],
      );
    });

    test('the log answers by id, subject, merchant and time, newest first', async (t) => {
      // Else support would look at the wrong exchange, or at another shop's.
      const { store } = await opened(t, factory);
      const entries = [
        entry('l1', {
          at_ms: 100,
          subject: 'o1',
          direction: 'outgoing',
          status: 0,
          request: '{"ä":1}',
          response: 'timed out',
          note: '{"attempt":1}',
        }),
        entry('l2', { at_ms: 200, subject: 'o2', method: 'GET', path: '/ordermanagement/v1/orders/o2', status: 404 }),
        entry('l3', { at_ms: 300, subject: 'o1', merchant_id: 'm2' }),
        entry('l4', { at_ms: 1_700_000_000_000 }),
      ];
      await change(store, { log: entries });
      assert.deepEqual(await store.log({ limit: 10 }), entries.toReversed(), 'every field comes back as it went in');
      assert.deepEqual(ids(await store.log({ limit: 2 })), ['l4', 'l3']);
      assert.deepEqual(ids(await store.log({ limit: 10, id: 'l2' })), ['l2']);
      assert.deepEqual(ids(await store.log({ limit: 10, subject: 'o1' })), ['l3', 'l1']);
      assert.deepEqual(ids(await store.log({ limit: 10, subject: 'o1', merchant_id: 'm1' })), ['l1']);
      assert.deepEqual(
        ids(await store.log({ limit: 10, from_ms: 200, to_ms: 300 })),
        ['l2'],
        'from is inclusive, to is exclusive',
      );
      assert.deepEqual(ids(await store.log({ limit: 10, merchant_id: 'm2', id: 'l1' })), []);
    });

    test('notes reach the log without a unit, and at the latest with close', async (t) => {
      // Else the exchange that a developer is looking for, a refused one, would be the one that is missing.
      const { store, reopen } = await opened(t, factory);
      store.note(entry('n1'));
      assert.deepEqual(await store.log({ limit: 10 }), [entry('n1')]);
      for (const n of numbers(600)) store.note(entry(`n2-${String(n).padStart(3, '0')}`));
      assert.equal((await store.log({ limit: 1_000 })).length, 601);
      store.note(entry('n3'));
      await store.close();
      store.note(entry('n4'));
      if (factory.durable) assert.equal((await (await reopen()).log({ limit: 1 }))[0]?.id, 'n3');
    });

    test('claim hands out what is due, earliest first, and nothing twice before its lease ends', async (t) => {
      // Else a shop would get the same callback from two dispatchers, or an old one after a newer one.
      const { store } = await opened(t, factory);
      const mine = [message('c', 300), message('b', 200), message('a', 200), message('later', 900)];
      await change(store, { outbox: [...mine, message('theirs', 100, { merchant_id: 'm2' })] });
      assert.deepEqual(await store.claim('m1', 500, 10_000, 20_000, 2), [message('a', 200), message('b', 200)]);
      assert.deepEqual(ids(await store.claim('m1', 500, 10_001, 20_001, 10)), ['c']);
      assert.deepEqual(await store.claim('m1', 500, 19_999, 29_999, 10), []);
      assert.deepEqual(ids(await store.claim('m1', 500, 20_000, 30_000, 10)), ['a', 'b'], 'the lease has ended');
      assert.equal(await store.waiting('m1'), 4, 'claimed or not, due or not');
      assert.equal(await store.waiting('m2'), 1);
    });

    test('settle ends a message or schedules the next attempt, and logs the delivery with it', async (t) => {
      // Else a callback that was answered would be sent again, or one that failed never again.
      const { store } = await opened(t, factory);
      await change(store, { outbox: [message('a', 0), message('b', 0), message('c', 0)] });
      await store.claim('m1', 0, 0, 60_000, 10);
      await store.settle('a', undefined, entry('l1', { direction: 'outgoing' }));
      await store.settle('b', message('b', 500, { state: { attempt: 2 } }), entry('l2', { direction: 'outgoing' }));
      await store.settle('c', message('c2', 600), entry('l3', { direction: 'outgoing' }));
      assert.deepEqual(ids(await store.log({ limit: 10 })), ['l3', 'l2', 'l1']);
      assert.equal(await store.waiting('m1'), 2);
      assert.deepEqual(await store.claim('m1', 499, 1, 60_000, 10), []);
      const next = [message('b', 500, { state: { attempt: 2 } }), message('c2', 600)];
      assert.deepEqual(await store.claim('m1', 600, 1, 60_000, 10), next, 'the lease of the attempt before is over');
    });

    test('settle does not bring back a message that was cleared while it was on its way', async (t) => {
      // Else a reset merchant would get the callbacks of its former life.
      const { store } = await opened(t, factory);
      await change(store, { outbox: [message('a', 0)] });
      await store.claim('m1', 0, 0, 60_000, 10);
      await store.clear('m1');
      await store.settle('a', message('a2', 500), entry('l1'));
      assert.equal(await store.waiting('m1'), 0);
    });

    test('claimers at the same time never get the same message', async (t) => {
      // Else every further process would multiply the callbacks.
      const [one, other] = await openedTwice(t, factory);
      await change(one, { outbox: numbers(60).map((n) => message(`b${String(n).padStart(2, '0')}`, n)) });
      const claimed: string[] = [];
      for (let batches = [[{}]] as unknown[][]; batches.flat().length > 0; ) {
        const claims = numbers(8).map((n) => (n % 2 ? one : other).claim('m1', 1_000, 0, 60_000, 5));
        batches = await Promise.all(claims);
        for (const batch of batches as OutboxMessage[][]) claimed.push(...ids(batch));
      }
      assert.equal(claimed.length, 60);
      assert.equal(new Set(claimed).size, 60);
    });

    test('clear removes what belongs to one merchant and nothing else', async (t) => {
      // Else a test run that resets itself would wipe the data of the one beside it.
      const { store } = await opened(t, factory);
      for (const merchant_id of ['m1', 'm2']) {
        const put = KINDS.map((kind) => ({
          kind,
          id: `${kind}-${merchant_id}`,
          merchant_id,
          state: { kind },
          wake_at_ms: 1,
        }));
        await change(store, {
          put,
          log: [entry(`log-${merchant_id}`, { merchant_id })],
          outbox: [message(`box-${merchant_id}`, 0, { merchant_id })],
        });
      }
      store.note(entry('note-m1'));
      await store.clear('m1');
      for (const kind of KINDS) {
        const stays = kind === 'merchant' || kind === 'username';
        assert.deepEqual(await store.get(kind, `${kind}-m1`), stays ? { kind } : undefined);
        assert.deepEqual(await store.get(kind, `${kind}-m2`), { kind });
      }
      assert.deepEqual([await store.waiting('m1'), await store.waiting('m2')], [0, 1]);
      assert.deepEqual(
        ids(await store.log({ limit: 10 })),
        ['log-m2'],
        'also what was noted before and not yet written',
      );
    });

    test('prune removes the old in small bites, up to the bounds and no further', async (t) => {
      // Else a full disk would stop the shop, or the sweep that prevents it would.
      const { store } = await opened(t, factory);
      const put = (['session', 'authorization', 'hosted', 'cybersource_session', 'order'] as const).flatMap((kind) =>
        numbers(5).map((n) => ({ kind, id: `i${n}`, merchant_id: 'm1', state: { id: `i${n}` } })),
      );
      await change(store, { put, log: numbers(10).map((n) => entry(`l${n}`)) });
      const left = async () => ({
        session: ids(await store.list<{ id: string }>('session', { limit: 100 })),
        authorization: ids(await store.list<{ id: string }>('authorization', { limit: 100 })),
        hosted: ids(await store.list<{ id: string }>('hosted', { limit: 100 })),
        cybersource_session: ids(await store.list<{ id: string }>('cybersource_session', { limit: 100 })),
        order: ids(await store.list<{ id: string }>('order', { limit: 100 })),
        log: ids(await store.log({ limit: 100 })).toReversed(),
      });
      const before = await left();
      assert.equal(await store.prune({ sessions_below: 'i0', log_below: 'l0', log_most: 10, limit: 100 }), 0);
      assert.deepEqual(await left(), before);

      assert.equal(await store.prune({ sessions_below: '', log_below: 'l2', log_most: 100, limit: 100 }), 2, 'by age');
      assert.deepEqual((await left()).log, ['l2', 'l3', 'l4', 'l5', 'l6', 'l7', 'l8', 'l9']);

      const bounds = { sessions_below: 'i3', log_below: '', log_most: 5, limit: 2 };
      const bites: number[] = [];
      for (let bite = 1; bite > 0; bites.push(bite)) bite = await store.prune(bounds);
      assert.equal(
        bites.reduce((sum, bite) => sum + bite),
        15,
      );
      assert.ok(Math.max(...bites) <= 10, 'no more than the limit of each');
      assert.deepEqual(await left(), {
        session: ['i3', 'i4'],
        authorization: ['i3', 'i4'],
        hosted: ['i3', 'i4'],
        cybersource_session: ['i3', 'i4'],
        order: before.order,
        log: ['l5', 'l6', 'l7', 'l8', 'l9'],
      });
    });

    test('hit counts every request of a key and window once', async (t) => {
      // Else a client would be throttled for another's requests, or not at all once there are two processes.
      const [one, other] = await openedTwice(t, factory);
      const counts = await Promise.all(numbers(40).map((n) => (n % 2 ? one : other).hit('m1', 7)));
      assert.deepEqual(
        counts.sort((a, b) => a - b),
        numbers(40).map((n) => n + 1),
      );
      assert.equal(await one.hit('m2', 7), 1);
      assert.equal(await one.hit('m1', 8), 1);
      assert.equal(await other.hit('m1', 8), 2);
      assert.equal(await one.hit('U+0000 \0 and "quotes"', 8), 1, 'a key may hold what a client sent');
    });

    if (factory.durable) {
      test('what was answered is there after a restart', async (t) => {
        // Else a shop would be told "paid" and nobody would know of it.
        const { store, reopen } = await opened(t, factory);
        const put = KINDS.map((kind) => ({
          kind,
          id: 'i',
          merchant_id: 'm1',
          state: { kind, deep: [{ n: 1.5, s: 'ä' }, null] },
          wake_at_ms: 5,
        }));
        await change(store, { put, log: [entry('l1')], outbox: [message('b1', 0)] });
        await store.close();
        const again = await reopen();
        for (const { kind, state } of put) {
          assert.deepEqual(await again.get(kind, 'i'), state);
          assert.deepEqual(await again.due(kind, 'm1', 5, 10), ['i']);
        }
        assert.deepEqual(await again.log({ limit: 10 }), [entry('l1')]);
        assert.deepEqual(await again.claim('m1', 0, 0, 1, 10), [message('b1', 0)]);
      });
    }

    test('close lets accepted units finish and refuses all that comes later', async (t) => {
      // Else every deployment would cut off the requests that were in the air.
      const { store, reopen } = await opened(t, factory);
      const units = numbers(50).map((n) => increment(store, `o${n}`));
      await Promise.all([store.close(), store.close()]);
      assert.deepEqual(
        await Promise.all(units),
        numbers(50).map(() => 1),
      );
      const calls: (() => Promise<unknown>)[] = [
        () => increment(store, 'o1'),
        () => store.get('order', 'o1'),
        () => store.list('order', { limit: 1 }),
        () => store.due('order', 'm1', 0, 1),
        () => store.claim('m1', 0, 0, 0, 1),
        () => store.settle('b1', undefined, entry('l1')),
        () => store.waiting('m1'),
        () => store.log({ limit: 1 }),
        () => store.clear('m1'),
        () => store.prune({ sessions_below: '', log_below: '', log_most: 1, limit: 1 }),
        () => store.hit('m1', 1),
      ];
      for (const call of calls) await assert.rejects(call, rejectedAs(StoreUnavailable), String(call));
      if (factory.durable) assert.equal((await (await reopen()).list('order', { limit: 100 })).length, 50);
    });

    test('any JSON comes back as it went in', async (t) => {
      // Else a product name from a shop could break its order, or the query behind it.
      const { store } = await opened(t, factory);
      const states: object[] = [
        { text: 'Smörgåsbord – 日本語 😀 \u202E rtl \u2028 "quotes" \'single\' \\back\\ \n\t' },
        { zero: 'before\u0000after', 'key\u0000': 1 },
        { lone: 'high \uD83D and low \uDE00' },
        { numbers: [0, -1, 1.5, Number.MAX_SAFE_INTEGER, 1e300], nothing: null, yes: true, list: [], object: {} },
        { big: 'ä😀"\\'.repeat(100_000), long: 'x'.repeat(1_000_000) },
        { __proto__x: 1, constructor: { prototype: 2 } },
        [],
      ];
      const strange = ["'; DROP TABLE log; --", '"', '\\', '%_?$1', ' ', 'Ångström', 'x'.repeat(1_000)];
      await change(store, {
        put: states.map((state, n) => order(strange[n] ?? '', state)),
        outbox: states.map((state, n) => message(`b${n}`, 0, { state })),
      });
      for (const [n, state] of states.entries()) assert.deepEqual(await store.get('order', strange[n] ?? ''), state);
      const claimed = await store.claim('m1', 0, 0, 1, 100);
      assert.deepEqual(
        claimed.map(({ state }) => state),
        states,
      );
    });

    test('text that no database can hold harms neither the log nor a look-up', async (t) => {
      // Else anybody could make a request fail, and leave no trace of it, by putting a zero byte into it.
      const { store } = await opened(t, factory);
      const raw = 'before\0 \uD83D after ä😀';
      await change(store, { log: [entry('l1', { request: raw, response: raw, note: raw, path: raw, subject: raw })] });
      store.note(entry('l2', { request: raw, path: raw }));
      const asStored = (value: string) => value.replaceAll(/[\0\uFFFD]/g, '?');
      for (const { request, path } of await store.log({ limit: 10 })) {
        assert.equal(asStored(request), asStored(raw.toWellFormed()));
        assert.equal(asStored(path), asStored(raw.toWellFormed()));
      }
      for (const id of ['a\0b', '\uD83D', '\0']) {
        assert.equal(await store.get('order', id), undefined);
        assert.deepEqual(await store.log({ limit: 10, id }), []);
        const seen = await store.run(function* () {
          return { answer: [yield* read('order', id), yield* readShared('order', id)], changes: {} };
        });
        assert.deepEqual(seen, [undefined, undefined]);
      }
    });
  });
}

describe('PostgreSQL store, many processes', () => {
  /** A store, and a second look at its database past the store. */
  async function database(t: TestContext): Promise<{ url: string; store: PostgresStore; insider: pg.Client }> {
    const { url, drop } = await testDatabase();
    const store = await PostgresStore.open({ url });
    const insider = new pg.Client({ connectionString: url });
    await insider.connect();
    t.after(async () => {
      await store.close();
      await insider.end();
      await drop();
    });
    return { url, store, insider };
  }

  /** Ends the connection of whoever waits for a lock, once somebody does. */
  async function killWhoWaits(insider: pg.Client): Promise<void> {
    for (;;) {
      const { rowCount } = await insider.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'kvitt' AND wait_event_type = 'Lock'`,
      );
      if (rowCount) return;
      await delay(5);
    }
  }

  test('a connection lost between two reads leaves nothing behind, and the store goes on', async (t) => {
    // Else an order could stay locked, or half a unit be written, after every hiccup of the network.
    const { store, insider } = await database(t);
    await change(store, { put: [order('a', { n: 1 }), order('b', { n: 1 })] });
    await insider.query('BEGIN');
    await insider.query(`SELECT 1 FROM kvitt."order" WHERE id = 'b' FOR UPDATE`);
    const unit = transfer(store, 'a', 'b');
    await Promise.all([assert.rejects(unit, rejectedAs(StoreUnavailable)), killWhoWaits(insider)]);
    await insider.query('ROLLBACK');
    assert.deepEqual([await store.get('order', 'a'), await store.get('order', 'b')], [{ n: 1 }, { n: 1 }]);
    await transfer(store, 'a', 'b');
    assert.deepEqual([await store.get('order', 'a'), await store.get('order', 'b')], [{ n: 0 }, { n: 2 }]);
  });

  test('a connection lost between the writes and the commit leaves nothing behind', async (t) => {
    // Else the writes that were sent before the break would stand without those after it.
    const { store, insider } = await database(t);
    await change(store, { put: [order('b', { n: 1 })] });
    await insider.query('BEGIN');
    await insider.query(`SELECT 1 FROM kvitt."order" WHERE id = 'b' FOR UPDATE`);
    const unit = change(store, {
      put: [order('a', { n: 1 }), order('b', { n: 2 })],
      log: [entry('l1')],
      outbox: [message('x', 0)],
    });
    await Promise.all([assert.rejects(unit, rejectedAs(StoreUnavailable)), killWhoWaits(insider)]);
    await insider.query('ROLLBACK');
    assert.equal(await store.get('order', 'a'), undefined);
    assert.deepEqual(await store.get('order', 'b'), { n: 1 });
    assert.deepEqual(await store.log({ limit: 1 }), []);
    assert.equal(await store.waiting('m1'), 0);
  });

  test('a unit that the server undid for the sake of another is run again from its start', async (t) => {
    // Else a shop would be told to try again for what is nobody's fault, or its payment be decided on what it read before.
    const { store, insider } = await database(t);
    // A sequence keeps counting when a transaction is undone: the first two attempts meet a deadlock.
    await insider.query(`
      CREATE SEQUENCE attempts;
      CREATE FUNCTION deadlock_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('attempts') < 3 THEN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected'; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER deadlock BEFORE INSERT ON kvitt."order" EXECUTE FUNCTION deadlock_twice()`);
    let starts = 0;
    await store.run(function* () {
      starts++;
      const n = ((yield* read<Counter>('order', 'a'))?.n ?? 0) + 1;
      return { answer: n, changes: { put: [order('a', { n })], log: [entry('l1')] } };
    });
    assert.equal(starts, 3);
    assert.deepEqual(await store.get('order', 'a'), { n: 1 });
    assert.deepEqual(await store.log({ limit: 10 }), [entry('l1')]);
  });

  test('while the database is away every call says so, and when it is back the store works again', async (t) => {
    // Else every restart of the database would need a restart of Kvitt.
    const { url, store } = await database(t);
    await increment(store, 'a');
    const name = new URL(url).pathname.slice(1);
    const server = new URL(url);
    server.pathname = '/postgres';
    await execute(server.href, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await execute(
      server.href,
      `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '${name}' AND application_name = 'kvitt'`,
    );
    store.note(entry('n1'));
    for (const call of [() => increment(store, 'a'), () => store.get('order', 'a'), () => store.hit('m1', 1)]) {
      await assert.rejects(call, rejectedAs(StoreUnavailable));
    }
    await execute(server.href, `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    assert.equal(await increment(store, 'a'), 2);
    assert.deepEqual(ids(await store.log({ limit: 10 })), ['n1'], 'what was noted meanwhile is not lost');
  });

  test('many processes may open a new database at the same moment', async (t) => {
    // Else the first deployment of several nodes would fail on all but one.
    const { url, drop } = await testDatabase();
    const stores = await Promise.all(numbers(8).map(() => PostgresStore.open({ url, connections: 2 })));
    t.after(async () => {
      await Promise.all(stores.map((store) => store.close()));
      await drop();
    });
    const seen = await Promise.all(stores.map((store) => increment(store, 'a')));
    assert.deepEqual(
      seen.sort((a, b) => a - b),
      numbers(8).map((n) => n + 1),
    );
  });

  test('stores in different schemas of one database know nothing of each other', async (t) => {
    // Else a staging shop beside the real one would share its orders.
    const { url, store } = await database(t);
    const other = await PostgresStore.open({ url, schema: 'Other "shop"' });
    t.after(() => other.close());
    await increment(store, 'a');
    assert.equal(await other.get('order', 'a'), undefined);
    assert.equal(await increment(other, 'a'), 1);
    await other.clear('m1');
    assert.deepEqual(await store.get('order', 'a'), { n: 1 });
  });

  test('a database of the first layout is brought up to date with what is in it', async (t) => {
    // Else an update of Kvitt would end in an error, or in lost orders.
    const { url, store, insider } = await database(t);
    await increment(store, 'a');
    const first = ['meta', 'merchant', 'username', 'session', 'authorization', 'order'];
    const later = KINDS.filter((kind) => !first.includes(kind)).map((kind) => `kvitt."${kind}"`);
    await insider.query(`DROP TABLE ${later.join(', ')}; DELETE FROM kvitt.migration WHERE version > 1`);
    const [one, two] = await Promise.all([PostgresStore.open({ url }), PostgresStore.open({ url })]);
    t.after(() => Promise.all([one.close(), two.close()]));
    await change(one, { put: [{ kind: 'hosted', id: 'h', merchant_id: 'm1', state: { n: 1 } }] });
    assert.deepEqual(await two.get('hosted', 'h'), { n: 1 });
    assert.deepEqual(await two.get('order', 'a'), { n: 1 });
  });

  test('an id that the database cannot hold is refused, not altered', async (t) => {
    // Else two different ids could become one record.
    const { store } = await database(t);
    for (const id of ['a\0b', '\uD83D'])
      await assert.rejects(change(store, { put: [order('fine', {}), order(id, {})] }), TypeError);
    assert.deepEqual(await store.list('order', { limit: 10 }), []);
  });

  test('a database that cannot be used is refused in one clear line without the password', async (t) => {
    // Else the person who starts Kvitt would get a stack trace, and the log a secret.
    const { url, insider } = await database(t);
    const own = new URL(url).password;
    const at = (parts: Partial<Pick<URL, 'username' | 'password' | 'port' | 'pathname'>>) =>
      Object.assign(new URL(url), { password: 'geheim123' }, parts).href;
    const guest = new URL(url).pathname.replace('/kvitt_test', 'guest');
    const asGuest = at({ username: guest });
    await insider.query(`CREATE ROLE ${guest} LOGIN PASSWORD 'geheim123'`);
    await insider.query('CREATE SCHEMA occupied CREATE TABLE session (x integer)');
    const cases: [what: string, options: { url: string; schema?: string }, expected: RegExp][] = [
      ['no URL', { url: 'geheim123' }, /postgres:\/\/user:password@host/],
      ['another protocol', { url: 'mysql://u:geheim123@localhost/x' }, /postgres:\/\/user:password@host/],
      ['nobody listens', { url: at({ port: '1' }) }, /ECONNREFUSED.*is the server running/],
      ['wrong password', { url: at({}) }, /password authentication failed/],
      ['no password', { url: at({ password: '' }) }, /asks for a password/],
      ['no such database', { url: at({ password: own, pathname: '/nothing' }) }, /"nothing" does not exist/],
      ['no right to create', { url: asGuest, schema: 'new' }, /permission denied.*needs the right to create/],
      ['tables of something else', { url, schema: 'occupied' }, /already exists.*choose another/],
    ];
    for (const [what, options, expected] of cases) {
      await assert.rejects(PostgresStore.open(options), (error) => {
        assert.ok(error instanceof StoreUnusable, what);
        assert.match(error.message, expected, what);
        assert.doesNotMatch(error.message, /geheim123|\n/, what);
        return true;
      });
    }
    await insider.query(
      `GRANT USAGE ON SCHEMA kvitt TO ${guest}; GRANT SELECT ON ALL TABLES IN SCHEMA kvitt TO ${guest}`,
    );
    await assert.rejects(PostgresStore.open({ url: asGuest }), /needs the rights SELECT, INSERT, UPDATE, DELETE/);
    await insider.query(`DROP OWNED BY ${guest}; DROP ROLE ${guest}`);
    await insider.query('INSERT INTO kvitt.migration (version) VALUES (999)');
    await assert.rejects(PostgresStore.open({ url }), /version 999, made by a newer Kvitt/);
  });
});

describe('SQLite: a file from before', () => {
  const fileOf = (t: TestContext) => {
    const directory = mkdtempSync(join(tmpdir(), 'kvitt-layout-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    return join(directory, 'kvitt.db');
  };
  const changeLayout = (path: string, sql: string) => {
    const file = new DatabaseSync(path);
    file.exec(sql);
    file.close();
  };

  test('a file of the first layout is brought up to date with what is in it', async (t) => {
    // Else an update of Kvitt would end in an error, or in lost orders.
    const path = fileOf(t);
    // The first layout as it was: the text of the id was the key, and there were fewer kinds.
    const columns = 'id TEXT PRIMARY KEY, merchant_id TEXT NOT NULL, wake_at_ms INTEGER, body TEXT NOT NULL';
    const twins = ['0193a000-0000-7001-8000-000000000001', '0193a000-0000-7001-8000-000000000002'];
    const rows = [...twins, '0193a000-0000-7000-8000-000000000009', 'a', 'z'];
    changeLayout(
      path,
      `CREATE TABLE orders (${columns});
       CREATE INDEX orders_wake ON orders (merchant_id, wake_at_ms, id) WHERE wake_at_ms IS NOT NULL;
       INSERT INTO orders VALUES ${rows.map((id, n) => `('${id}', 'm1', ${n}, '{"id":"${id}"}')`).join()};
       PRAGMA user_version = 1`,
    );
    const store = await SqliteStore.open({ path });
    t.after(() => store.close());
    await change(store, { put: [{ kind: 'hosted', id: 'h', merchant_id: 'm1', state: { n: 1 } }] });
    assert.deepEqual(await store.get('hosted', 'h'), { n: 1 });
    for (const id of rows) assert.deepEqual(await store.get('order', id), { id });
    assert.deepEqual(ids(await store.list<{ id: string }>('order', { limit: 10 })), rows.toSorted());
    assert.deepEqual(await store.due('order', 'm1', 10, 10), rows);
    await assert.rejects(change(store, { put: [order(twins[1] ?? '', {}, { fresh: true })] }));
  });

  test('a file of a newer Kvitt is refused in one clear line', async (t) => {
    // Else an older Kvitt would leave out what it does not know of, and a reset would leave it behind.
    const path = fileOf(t);
    await (await SqliteStore.open({ path })).close();
    changeLayout(path, 'PRAGMA user_version = 999');
    await assert.rejects(SqliteStore.open({ path }), /newer Kvitt \(layout 999, this one knows \d+\)$/);
  });
});
