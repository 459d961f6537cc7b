/** Payouts out of schedule, what Klarna books by hand, and a look into the books. */

import { baseOf } from '../../http/exchange.ts';
import { read, readShared, type Work } from '../../store/store.ts';
import { MAX_AMOUNT } from '../../wire/common.ts';
import { choice, integer, required, text } from '../../wire/shape.ts';
import { bookChanges } from '../bookkeeping.ts';
import { ACCOUNTS, type Account, Books, balanceOf, booksFaults, signOf, type TrialBalance } from '../engine/books.ts';
import type { Movement } from '../engine/movements.ts';
import type { Entry, Ledger, Payout } from '../engine/settlement-state.ts';
import { DAY_MS, type Merchant, type Order } from '../engine/state.ts';
import { payoutView } from '../klarna/settlement-views.ts';
import { allRows, countRows, entriesOf, listPayouts } from '../settlement-lookup.ts';
import type { MerchantControl } from './merchants.ts';
import {
  type About,
  type ControlCall,
  type ControlOptions,
  type ControlReply,
  closed,
  ok,
  problem,
  readAs,
} from './reply.ts';

const HAND_TYPES = ['CORRECTION', 'CREDIT', 'CHARGE', 'HOLDBACK'] as const;

const booking = closed({
  type: required(choice(HAND_TYPES)),
  amount: required(integer({ min: 1, max: MAX_AMOUNT })),
  detailed_type: text({ pattern: /^[A-Z_]{1,64}$/, like: 'upper-case letters and underscores' }),
  comment: text({ max: 255 }),
  release_days: integer({ min: 1, max: 366 }),
});
const payoutRequest = closed({ merchant_id: text({ max: 64 }) });

/** What each is called in detail unless the call says otherwise. */
const DETAILS: Readonly<Record<(typeof HAND_TYPES)[number], string>> = {
  CORRECTION: 'CORRECTION',
  CREDIT: 'MANUAL_ENTRY',
  CHARGE: 'MANUAL_ENTRY',
  HOLDBACK: 'UNDER_REVIEW',
};

/** How often the books are read when payouts are made meanwhile. */
const AUDITS_MOST = 5;

/** After which what was held back is released, unless the call says otherwise. */
const RELEASE_DAYS = 30;

interface Booked {
  readonly movements: readonly Movement[];
  readonly about: About;
}

export class SettlementControl {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** Pays out now what would have been paid out at the next date. */
  async payOut(call: ControlCall, merchants: MerchantControl): Promise<ControlReply> {
    const { refused } = readAs(payoutRequest, call.body);
    if (refused) return refused;
    const { merchant, refused: unknown } = await merchants.addressed(call);
    if (unknown) return unknown;
    const { background, publicUrl, world } = this.#options;
    const made = await background.payOut(merchant.merchant_id);
    const base = baseOf(call.request, publicUrl);
    const about = { merchant_id: merchant.merchant_id, at_ms: world.now() + merchant.clock_offset_ms };
    return { ...ok({ payouts: made.map((payout) => payoutView(payout, base)) }), about };
  }

  /** Books a movement of Klarna's own on an order. What is held back is released after some days. */
  async book({ params, body }: ControlCall): Promise<ControlReply> {
    const { value: wanted, refused } = readAs(booking, body);
    if (refused) return refused;
    const { type, amount, comment, detailed_type = DETAILS[type], release_days = RELEASE_DAYS } = wanted;
    const order_id = (params.order_id ?? '').toLowerCase();
    const { world } = this.#options;
    const booked = await world.store.run(function* (): Work<Booked | undefined> {
      const order = yield* read<Order>('order', order_id);
      const merchant = order && (yield* readShared<Merchant>('merchant', order.merchant_id));
      if (!order || !merchant) return { answer: undefined, changes: {} };
      const now_ms = world.now() + merchant.clock_offset_ms;
      const movement: Movement = {
        type,
        detailed_type,
        amount,
        currency: order.purchase_currency,
        at_ms: now_ms,
        order_id,
      };
      const released: Movement = { ...movement, type: 'RELEASE', at_ms: now_ms + release_days * DAY_MS };
      const movements = type === 'HOLDBACK' ? [movement, released] : [movement];
      const put = bookChanges(movements, order, { ...world, merchant, now_ms }, comment);
      const about = { merchant_id: merchant.merchant_id, at_ms: now_ms, subject: order_id };
      return { answer: { movements, about }, changes: { put } };
    });
    if (!booked) return problem(404, 'NOT_FOUND', `There is no order ${order_id.slice(0, 80)}`);
    const transactions = booked.movements.map(({ at_ms, ...movement }) => ({
      ...movement,
      at: new Date(at_ms).toISOString(),
    }));
    return { ...ok({ transactions }, 201), about: booked.about };
  }

  /** The trial balance of each currency, and what was checked. Everything is added up anew, from the first entry. */
  async books(call: ControlCall, merchants: MerchantControl): Promise<ControlReply> {
    const { merchant, refused } = await merchants.addressed(call);
    if (refused) return refused;
    const { world, background } = this.#options;
    const { merchant_id } = merchant;
    await background.settle(merchant_id);
    const now_ms = world.now() + merchant.clock_offset_ms;
    const currencies = await this.#audit(merchant_id, now_ms);
    const balanced = currencies.every(({ faults }) => faults.length === 0);
    return ok({ merchant_id, now: new Date(now_ms).toISOString(), balanced, currencies });
  }

  /** Looks again when a payout was made while it looked: the books are read in many steps. */
  async #audit(merchant_id: string, now_ms: number): Promise<ReturnType<Audits['report']>> {
    const { store } = this.#options.world;
    for (let tries = 1; ; tries++) {
      const before = await store.get<Ledger>('ledger', merchant_id);
      const audits = new Audits();
      for (const payout of await listPayouts(store, merchant_id, {})) audits.addPayout(payout);
      for await (const entry of entriesOf(store, merchant_id, now_ms)) audits.add(entry);
      const after = await store.get<Ledger>('ledger', merchant_id);
      if (tries === AUDITS_MOST || JSON.stringify(before) === JSON.stringify(after)) return audits.report(after);
    }
  }
}

/** What one currency's books are made of, and what its payouts should contain. */
interface Audit {
  readonly books: Books;
  readonly payouts: Payout[];
  /** What the entries say of each payout: how many transactions, and their sum with signs. */
  readonly contents: Map<string, { count: number; net: number }>;
}

/** Adds up entries and payouts by currency, and compares the two. */
class Audits {
  readonly #audits = new Map<string, Audit>();

  add(entry: Entry): void {
    const { books, contents } = this.#of(entry.currency);
    books.add(entry);
    if (entry.payment_reference === undefined) return;
    const content = contents.get(entry.payment_reference) ?? { count: 0, net: 0 };
    contents.set(entry.payment_reference, content);
    for (const { transaction } of allRows(entry).filter((row) => !row.transaction.invoiced)) {
      content.count++;
      content.net += signOf(transaction.type) * transaction.amount;
    }
  }

  addPayout(payout: Payout): void {
    const { books, payouts } = this.#of(payout.currency);
    books.addPayout(payout);
    payouts.push(payout);
  }

  report(ledger: Ledger | undefined) {
    return [...this.#audits]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, audit]) => {
        const trial = audit.books.trialBalance;
        const debt = ledger?.currencies[currency]?.debt_amount ?? 0;
        return {
          currency,
          summary: summaryOf(trial),
          accounts: accountsOf(trial),
          payouts: audit.payouts.length,
          faults: [...booksFaults(trial), ...payoutFaults(audit), ...debtFaults(audit, trial, debt)],
        };
      });
  }

  #of(currency: string): Audit {
    const known = this.#audits.get(currency) ?? { books: new Books(), payouts: [], contents: new Map() };
    this.#audits.set(currency, known);
    return known;
  }
}

/** Every transaction is in one payout, and every payout is the sum of its transactions. */
function payoutFaults({ payouts, contents }: Audit): string[] {
  const made = new Map(payouts.map((payout) => [payout.payment_reference, payout]));
  const unknown = [...contents.keys()].filter((reference) => !made.has(reference));
  const wrong = payouts.filter((payout) => {
    const { count, net } = contents.get(payout.payment_reference) ?? { count: 0, net: 0 };
    return (
      count !== countRows(payout) || net !== payout.settlement_amount + payout.repay_amount - payout.deposit_amount
    );
  });
  return [
    ...unknown.map((reference) => `there are transactions of a payout ${reference} that was not made`),
    ...wrong.map(({ payment_reference }) => `payout ${payment_reference} is not the sum of its transactions`),
  ];
}

/** Each payout opens with the debt that the last one closed with, and the ledger knows the last one. */
function debtFaults({ payouts }: Audit, trial: TrialBalance, debt: number): string[] {
  const broken = payouts.filter(
    (payout, index) => payout.opening_debt_amount !== (payouts[index - 1]?.closing_debt_amount ?? 0),
  );
  const last = payouts.at(-1)?.closing_debt_amount ?? 0;
  return [
    ...broken.map(({ payment_reference }) => `payout ${payment_reference} does not open with the debt before it`),
    ...(last === debt && balanceOf(trial, 'debt') === debt ? [] : [`the debt is ${debt}, the payouts say ${last}`]),
  ];
}

/** The equation in words that a shop uses: the first five give the last five. */
function summaryOf(trial: TrialBalance) {
  const on = (account: Account) => balanceOf(trial, account);
  return {
    captured: trial.purchases.debit,
    refunded: trial.purchases.credit,
    fees: on('fees'),
    disputes: on('disputes'),
    corrections: on('corrections'),
    paid_out: on('bank'),
    to_be_paid: on('to_be_paid'),
    held_back: on('reserve'),
    debt: on('debt'),
    invoiced: on('invoiced'),
  };
}

function accountsOf(trial: TrialBalance) {
  return Object.entries(ACCOUNTS).map(([account, side]) => ({
    account,
    ...trial[account as Account],
    side,
    balance: balanceOf(trial, account as Account),
  }));
}
