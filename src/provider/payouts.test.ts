/** The making of payouts in steps: large ones, interrupted ones, and several makers at once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Put, Store, Work } from '../store/store.ts';
import { storeFactories } from '../store/testing.ts';
import { orderChanges } from './bookkeeping.ts';
import { capture } from './engine/capture.ts';
import { DEFAULT_TERMS } from './engine/settlement-terms.ts';
import { type Context, DAY_MS, type Order } from './engine/state.ts';
import { accepted, merchantWith, placedOrder, purchaseOf, START_MS } from './engine/testing.ts';
import { PayoutRunner } from './payouts.ts';
import { countRows, listPayouts, rowsOfPayout } from './settlement-lookup.ts';
import { uuidGenerator, type World } from './world.ts';

const SALES = 700;
const AMOUNT = 1_000;

const put = (store: Store, changes: readonly Put[]) =>
  store.run(function* (): Work<void> {
    return { answer: undefined, changes: { put: changes } };
  });

/** A world that stands still at the first midnight after the sales, with so many sales in its store. */
async function sold(store: Store): Promise<{ world: World; merchant_id: string }> {
  const settlement = { ...DEFAULT_TERMS, fees: { ...DEFAULT_TERMS.fees, rate: 0 } };
  const merchant = merchantWith({ settlement });
  const { merchant_id } = merchant;
  const id = uuidGenerator(() => START_MS);
  let references = 0;
  const reference = () => `REF${String(++references).padStart(5, '0')}`;
  const context: Context = { merchant, now_ms: START_MS, id, reference };
  const sales = Array.from({ length: SALES }, () => {
    const order = placedOrder({ purchase: purchaseOf(AMOUNT), context });
    return accepted(capture(order, { captured_amount: AMOUNT }, context)).order;
  });
  await put(store, [{ kind: 'merchant', id: merchant_id, merchant_id, state: merchant }]);
  await put(
    store,
    sales.flatMap((order) => orderChanges(undefined, order, context)),
  );
  return { world: { store, now: () => START_MS + DAY_MS, id, reference }, merchant_id };
}

/** One payout, with every sale in it once. */
async function checkPaid(store: Store, merchant_id: string): Promise<void> {
  const payouts = await listPayouts(store, merchant_id, {});
  assert.deepEqual(
    payouts.map(({ settlement_amount }) => settlement_amount),
    [SALES * AMOUNT],
  );
  const [payout] = payouts;
  if (!payout) return;
  assert.equal(countRows(payout), SALES);
  const orders = new Set<string>();
  for await (const { entry } of rowsOfPayout(store, payout)) orders.add(entry.order.order_id);
  assert.equal(orders.size, SALES);
  assert.deepEqual(await store.due('entry', merchant_id, Number.MAX_SAFE_INTEGER, 1), []);
}

for (const factory of storeFactories()) {
  describe(factory.name, () => {
    test('a payout of more sales than one step takes is one payout', async (t) => {
      const { store, drop } = await factory.open();
      t.after(drop);
      const { world, merchant_id } = await sold(store);
      await new PayoutRunner(world, () => false).settle(merchant_id);
      await checkPaid(store, merchant_id);
      await new PayoutRunner(world, () => false).settle(merchant_id);
      await checkPaid(store, merchant_id);
    });

    test('what is interrupted between two steps is not shown, and is finished by whoever comes next', async (t) => {
      // Else a crash at midnight would pay a part, or pay it twice.
      const { store, drop } = await factory.open();
      t.after(drop);
      const { world, merchant_id } = await sold(store);
      let steps = 0;
      await new PayoutRunner(world, () => ++steps > 1).settle(merchant_id);
      assert.deepEqual(await listPayouts(store, merchant_id, {}), []);
      await new PayoutRunner(world, () => false).settle(merchant_id);
      await checkPaid(store, merchant_id);
    });

    test('several makers at once make it together', async (t) => {
      const { store, drop } = await factory.open();
      t.after(drop);
      const { world, merchant_id } = await sold(store);
      const makers = Array.from({ length: 4 }, () => new PayoutRunner(world, () => false));
      await Promise.all(makers.map((maker, n) => (n % 2 ? maker.payNow(merchant_id) : maker.settle(merchant_id))));
      const payouts = await listPayouts(store, merchant_id, {});
      const paid = payouts.reduce((sum, { settlement_amount }) => sum + settlement_amount, 0);
      assert.equal(paid, SALES * AMOUNT);
    });

    test('the same capture cannot be booked twice', async (t) => {
      // The last line of defence, should the code above it ever be wrong.
      const { store, drop } = await factory.open();
      t.after(drop);
      const { world, merchant_id } = await sold(store);
      const context: Context = { ...world, merchant: merchantWith(), now_ms: START_MS };
      const [order] = await store.list<Order>('order', { merchant_id, limit: 1 });
      const [, ...entries] = orderChanges(undefined, order as Order, context);
      await assert.rejects(put(store, entries));
    });
  });
}
