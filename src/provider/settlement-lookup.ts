/** Finds payouts and what they contain. */
import type { Store } from '../store/store.ts';
import { pageId, payoutId, payoutsFrom } from './bookkeeping.ts';
import { settledTransactions } from './engine/payouts.ts';
import type { Entry, Payout, PayoutPage, Transaction } from './engine/settlement-state.ts';

type Records = Pick<Store, 'get' | 'list'>;

/** Records that are fetched together. */
const AT_ONCE = 500;
/** After every date. */
const FAR_MS = 999_999_999_999_999;

/** A transaction with the event that it belongs to. */
export interface Row {
  readonly entry: Entry;
  readonly transaction: Transaction;
}

/** A merchant's payout; undefined when there is none, or it is somebody else's. References are taken in either case. */
export async function findPayout(
  store: Records,
  merchant_id: string,
  payment_reference: string,
): Promise<Payout | undefined> {
  const page = await store.get<PayoutPage>('payout_page', pageId(payment_reference.toUpperCase(), 0));
  return page?.merchant_id === merchant_id ? store.get<Payout>('payout', payoutId(page)) : undefined;
}

/** A merchant's payouts with a date from `from_ms` on and before `to_ms`, oldest first. */
export async function listPayouts(
  store: Records,
  merchant_id: string,
  { from_ms = 0, to_ms = FAR_MS, currency }: { from_ms?: number; to_ms?: number; currency?: string },
): Promise<Payout[]> {
  const found: Payout[] = [];
  const before = payoutsFrom(merchant_id, to_ms);
  for (let after: string | undefined = payoutsFrom(merchant_id, from_ms); after !== undefined; ) {
    const page: Payout[] = await store.list<Payout>('payout', { merchant_id, after, before, limit: AT_ONCE });
    found.push(...page);
    const last = page.at(-1);
    after = last && page.length === AT_ONCE ? payoutId(last) : undefined;
  }
  return currency === undefined ? found : found.filter((payout) => payout.currency === currency);
}

export function countRows({ pages }: Payout): number {
  return pages.reduce((sum, rows) => sum + rows, 0);
}

/** Rows of a payout, from `offset` on; pages before it are not fetched. */
export async function* rowsOfPayout(store: Records, payout: Payout, offset = 0): AsyncGenerator<Row> {
  let skip = offset;
  for (const [index, count] of payout.pages.entries()) {
    if (skip < count) {
      const page = await store.get<PayoutPage>('payout_page', pageId(payout.payment_reference, index));
      yield* (page?.entries ?? []).flatMap(settledRows).slice(skip);
    }
    skip = Math.max(0, skip - count);
  }
}

/** All entries of a merchant's order, or of all its orders, of what has happened by `now_ms`; those of an order in order of time. */
export async function* entriesOf(
  store: Records,
  merchant_id: string,
  now_ms: number,
  order_id?: string,
): AsyncGenerator<Entry> {
  if (order_id !== undefined) {
    const entries: Entry[] = [];
    for await (const entry of entriesBetween(store, merchant_id, `${order_id}/`, `${order_id}0`)) entries.push(entry);
    yield* entries.filter((entry) => hasHappened(entry, now_ms)).sort((a, b) => a.at_ms - b.at_ms);
    return;
  }
  for await (const entry of entriesBetween(store, merchant_id, '', undefined))
    if (hasHappened(entry, now_ms)) yield entry;
}

/** What the reserve will release lies ahead. What is in a payout has happened, be it since `now_ms` was looked up. */
function hasHappened({ at_ms, payment_reference }: Entry, now_ms: number): boolean {
  return at_ms <= now_ms || payment_reference !== undefined;
}

export function allRows(entry: Entry): Row[] {
  return entry.transactions.map((transaction) => ({ entry, transaction }));
}

function settledRows(entry: Entry): Row[] {
  return settledTransactions(entry).map((transaction) => ({ entry, transaction }));
}

async function* entriesBetween(
  store: Records,
  merchant_id: string,
  from: string,
  before: string | undefined,
): AsyncGenerator<Entry> {
  for (let after: string | undefined = from; after !== undefined; ) {
    const options = { merchant_id, after, limit: AT_ONCE, ...(before !== undefined && { before }) };
    const page: Entry[] = await store.list<Entry>('entry', options);
    yield* page;
    after = page.length === AT_ONCE ? page.at(-1)?.entry_id : undefined;
  }
}
