/** How orders and what they move get into the store: together, in the unit of work that changed the order. */
import { type Ask, type Put, readShared } from '../store/store.ts';
import { entriesOf, isPayable, orderEntries } from './engine/entries.ts';
import { assertOrder } from './engine/invariants.ts';
import type { Movement } from './engine/movements.ts';
import type { Entry, Ledger, Payout, PayoutPage } from './engine/settlement-state.ts';
import type { Context, Order } from './engine/state.ts';
import { wakeAt } from './engine/time.ts';

/**
 * The records that a change of an order leads to: the order, and the entries of what the change moved. There is no other way to write an
 * order, so that nothing can be captured or refunded past the books.
 * @param before as it is stored; undefined: the order is new
 * @param context of the order's merchant
 */
export function orderChanges(before: Order | undefined, after: Order, context: Context): Put[] {
  const entries = orderEntries(before, after, context);
  return [orderPut(after, before === undefined), ...entries.map((entry) => entryPut(entry, true))];
}

/**
 * The records of what moved money without changing an order: disputes, corrections. To be put in the unit of work that caused it.
 *
 * ```ts
 * const put = yield* bookChanges(movements, context)
 * ```
 *
 * @param movements of orders of the context's merchant, in the order's currency
 * @param known orders that the unit has at hand; those that it makes are not stored yet and cannot be found
 * @param comment shown to the merchant
 */
export function* bookChanges(
  movements: readonly Movement[],
  context: Context,
  { known = [], comment }: { readonly known?: readonly Order[]; readonly comment?: string | undefined } = {},
): Generator<Ask, Put[], unknown> {
  const put: Put[] = [];
  for (const order_id of new Set(movements.map((movement) => movement.order_id))) {
    const atHand = known.find((order) => order.order_id === order_id);
    const order = atHand ?? (yield* readShared<Order>('order', order_id));
    if (!order) throw new Error(`there is no order ${order_id} to book a movement on`);
    const own = movements.filter((movement) => movement.order_id === order_id);
    put.push(...entriesOf(own, order, context, comment).map((entry) => entryPut(entry, true)));
  }
  return put;
}

function orderPut(order: Order, fresh: boolean): Put {
  assertOrder(order);
  return {
    kind: 'order',
    id: order.order_id,
    merchant_id: order.merchant_id,
    state: order,
    wake_at_ms: wakeAt(order),
    fresh,
  };
}

/** An entry is due when the payout is made that it is for. */
export function entryPut(entry: Entry, fresh = false): Put {
  return {
    kind: 'entry',
    id: entry.entry_id,
    merchant_id: entry.merchant_id,
    state: entry,
    wake_at_ms: isPayable(entry) ? entry.payable_at_ms : undefined,
    fresh,
  };
}

export function ledgerPut(ledger: Ledger): Put {
  return { kind: 'ledger', id: ledger.merchant_id, merchant_id: ledger.merchant_id, state: ledger };
}

export function payoutPut(payout: Payout): Put {
  const { merchant_id } = payout;
  return { kind: 'payout', id: payoutId(payout), merchant_id, state: payout, fresh: true };
}

export function pagePut(page: PayoutPage): Put {
  const { payment_reference, merchant_id, index } = page;
  return { kind: 'payout_page', id: pageId(payment_reference, index), merchant_id, state: page, fresh: true };
}

/** Payouts of a merchant lie in order of their date. */
export function payoutId({
  merchant_id,
  payout_at_ms,
  payment_reference,
}: Pick<Payout, 'merchant_id' | 'payout_at_ms' | 'payment_reference'>): string {
  return `${payoutsFrom(merchant_id, payout_at_ms)}${payment_reference}`;
}

/** Before the ids of all of a merchant's payouts from a date on, and after those of earlier ones. */
export function payoutsFrom(merchant_id: string, from_ms: number): string {
  return `${merchant_id}/${String(Math.max(0, from_ms)).padStart(15, '0')}/`;
}

export function pageId(payment_reference: string, index: number): string {
  return `${payment_reference}/${String(index).padStart(6, '0')}`;
}
