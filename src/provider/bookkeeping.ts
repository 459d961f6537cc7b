/** How orders and what they move get into the store: together, in the unit of work that changed the order. */
import type { Put } from '../store/store.ts';
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
 * const put = [disputePut, ...bookChanges(movements, order, context)]
 * ```
 *
 * @param movements of the order, in its currency; only such as were not booked yet
 * @param context of the order's merchant
 * @param comment shown to the merchant
 */
export function bookChanges(
  movements: readonly Movement[],
  order: Order,
  context: Context,
  comment?: string,
): readonly Put[] {
  return entriesOf(movements, order, context, comment).map((entry) => entryPut(entry, true));
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
