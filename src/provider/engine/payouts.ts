/**
 * Entries become payouts: one for each currency and date, of everything that is payable by then. A payout that would be negative pays
 * nothing and makes a debt, which later payouts repay first. Source: settlements, settlement formula.
 */
import { signOf } from './books.ts';
import type { MovementType } from './movements.ts';
import {
  type CurrencyLedger,
  type Entry,
  type Ledger,
  type OpenPayout,
  type Payout,
  type PayoutPage,
  SUMS,
  type Sum,
  type Sums,
  type Transaction,
} from './settlement-state.ts';
import { nextRun, termsOf } from './settlement-terms.ts';
import type { Context } from './state.ts';

/** What a step of the making of payouts changed. */
export interface Settled {
  readonly ledger: Ledger;
  /** Entries that went into a payout, and such as must wait for a later one. */
  readonly entries: readonly Entry[];
  readonly pages: readonly PayoutPage[];
  readonly payouts: readonly Payout[];
}

/** In which sum of a payout each type counts. Protection lowers the reversals, as in Klarna's formula (inferred). */
const SUM_OF: Readonly<Record<MovementType, Sum>> = {
  SALE: 'sale',
  RETURN: 'return',
  FEE: 'fee',
  FEE_REFUND: 'fee_refund',
  REVERSAL: 'reversal',
  REVERSAL_MERCHANT_PROTECTION: 'reversal',
  CREDIT: 'credit',
  CHARGE: 'charge',
  CORRECTION: 'fee_correction',
  HOLDBACK: 'holdback',
  RELEASE: 'release',
};

/** Whether a sum is added or taken away. */
const SIGNS: Readonly<Record<Sum, 1 | -1>> = {
  sale: 1,
  return: -1,
  reversal: -1,
  fee: -1,
  fee_refund: 1,
  fee_correction: 1,
  charge: -1,
  credit: 1,
  holdback: -1,
  release: 1,
};

const NOTHING = Object.fromEntries(SUMS.map((sum) => [sum, 0])) as Record<Sum, number>;

export function emptyLedger(merchant_id: string): Ledger {
  return { merchant_id, currencies: {} };
}

/** The transactions of an entry that a payout contains. */
export function settledTransactions({ transactions }: Entry): readonly Transaction[] {
  return transactions.filter(({ invoiced }) => !invoiced);
}

/** What the sums of a payout come to, before any debt. */
function netOf(sums: Sums): number {
  return SUMS.reduce((net, sum) => net + SIGNS[sum] * sums[sum], 0);
}

/** The date of a payout that is made at once: now, and after every payout before it, because their dates rise. */
export function runNow({ currencies }: Ledger, now_ms: number): number {
  const last = Object.values(currencies).map(({ last_payout_at_ms = 0 }) => last_payout_at_ms);
  return Math.max(now_ms, ...last.map((at_ms) => at_ms + 1));
}

/**
 * Puts entries into payouts, in order of time; a payout is closed by the first entry of a later one. An entry that comes too late for its
 * payout, because another process settled meanwhile, waits for the next.
 * @param entries payable ones, earliest first
 * @param at_ms the date of the payout that an entry is for
 */
export function settleEntries(
  ledger: Ledger,
  entries: readonly Entry[],
  at_ms: (entry: Entry) => number,
  context: Context,
): Settled {
  let settled: Settled = { ledger, entries: [], pages: [], payouts: [] };
  for (const group of groups(entries, at_ms)) settled = settleGroup(settled, group, context);
  return settled;
}

/** Closes the payouts that are complete. @param until_ms nothing more is payable until then */
export function closePayouts(settled: Settled, until_ms: number, context: Context): Settled {
  return Object.entries(settled.ledger.currencies).reduce(
    (current, [currency, { open }]) =>
      open && open.payout_at_ms <= until_ms ? close(current, currency, open, context) : current,
    settled,
  );
}

interface Group {
  readonly currency: string;
  readonly payout_at_ms: number;
  readonly entries: Entry[];
}

/** Entries by currency and date of payout, in order of date. */
function groups(entries: readonly Entry[], at_ms: (entry: Entry) => number): Group[] {
  const found = new Map<string, Group>();
  for (const entry of entries) {
    const payout_at_ms = at_ms(entry);
    const key = `${entry.currency} ${payout_at_ms}`;
    const group = found.get(key) ?? { currency: entry.currency, payout_at_ms, entries: [] };
    group.entries.push(entry);
    found.set(key, group);
  }
  return [...found.values()].sort((a, b) => a.payout_at_ms - b.payout_at_ms);
}

function settleGroup(settled: Settled, group: Group, context: Context): Settled {
  const { currency, payout_at_ms } = group;
  const { open, last_payout_at_ms = 0 } = ofCurrency(settled.ledger, currency);
  const newest_ms = Math.max(last_payout_at_ms, open?.payout_at_ms ?? 0);
  if (open?.payout_at_ms === payout_at_ms) return addGroup(settled, group, open);
  if (payout_at_ms <= newest_ms) return postpone(settled, group, newest_ms, context);
  const closed = open ? close(settled, currency, open, context) : settled;
  return addGroup(closed, group, {
    payment_reference: context.reference(),
    payout_at_ms,
    sums: NOTHING,
    pages: [],
  });
}

function postpone(settled: Settled, { entries }: Group, after_ms: number, { merchant }: Context): Settled {
  const payable_at_ms = nextRun(after_ms, termsOf(merchant).interval);
  return { ...settled, entries: [...settled.entries, ...entries.map((entry) => ({ ...entry, payable_at_ms }))] };
}

function addGroup(settled: Settled, { currency, payout_at_ms, entries }: Group, open: OpenPayout): Settled {
  const { payment_reference } = open;
  const paid = entries.map((entry) => ({ ...entry, payment_reference }));
  const { merchant_id } = settled.ledger;
  const page: PayoutPage = { payment_reference, merchant_id, payout_at_ms, index: open.pages.length, entries: paid };
  const transactions = entries.flatMap(settledTransactions);
  const added: OpenPayout = {
    ...open,
    sums: addTo(open.sums, transactions),
    pages: [...open.pages, transactions.length],
  };
  return {
    ...settled,
    ledger: withCurrency(settled.ledger, currency, { ...ofCurrency(settled.ledger, currency), open: added }),
    entries: [...settled.entries, ...paid],
    pages: [...settled.pages, page],
  };
}

function addTo(sums: Sums, transactions: readonly Transaction[]): Sums {
  const result: Record<Sum, number> = { ...sums };
  for (const { type, amount } of transactions) {
    const sum = SUM_OF[type];
    // What lowers its own sum (protection, among reversals) has the other sign.
    result[sum] += signOf(type) * SIGNS[sum] * amount;
  }
  return result;
}

/** The payout as it is made: what there is repays the debt first; what is lacking is added to it. */
function close(settled: Settled, currency: string, open: OpenPayout, { merchant }: Context): Settled {
  const { debt_amount } = ofCurrency(settled.ledger, currency);
  const net = netOf(open.sums);
  const repay_amount = Math.min(Math.max(net, 0), debt_amount);
  const deposit_amount = Math.max(-net, 0);
  const payout: Payout = {
    ...open,
    merchant_id: settled.ledger.merchant_id,
    currency,
    settlement_type: termsOf(merchant).type,
    opening_debt_amount: debt_amount,
    repay_amount,
    deposit_amount,
    settlement_amount: Math.max(net, 0) - repay_amount,
    closing_debt_amount: debt_amount - repay_amount + deposit_amount,
  };
  assertPayout(payout);
  const after: CurrencyLedger = { debt_amount: payout.closing_debt_amount, last_payout_at_ms: open.payout_at_ms };
  return {
    ...settled,
    ledger: withCurrency(settled.ledger, currency, after),
    payouts: [...settled.payouts, payout],
  };
}

function ofCurrency({ currencies }: Ledger, currency: string): CurrencyLedger {
  return currencies[currency] ?? { debt_amount: 0 };
}

function withCurrency(ledger: Ledger, currency: string, after: CurrencyLedger): Ledger {
  return { ...ledger, currencies: { ...ledger.currencies, [currency]: after } };
}

/** Kept on in production, as for orders: a payout that contradicts itself must not be made. */
function assertPayout(payout: Payout): void {
  const { opening_debt_amount, repay_amount, deposit_amount, settlement_amount, closing_debt_amount } = payout;
  const figures = [opening_debt_amount, repay_amount, deposit_amount, settlement_amount, closing_debt_amount];
  const formula = netOf(payout.sums) - repay_amount + deposit_amount;
  if (figures.every((figure) => Number.isSafeInteger(figure) && figure >= 0) && formula === settlement_amount) return;
  throw new Error(`payout ${payout.payment_reference} does not add up: ${JSON.stringify(payout)}`);
}
