/**
 * Random histories of orders, disputes and corrections in several currencies, with payouts whenever: after every step the books
 * balance, and what a shop can count by itself (captures, refunds, fees, disputes) is what was paid, is to be paid, is kept back
 * or is owed. A failure prints its seed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, fuzz } from '../../testing.ts';
import { Books, balanceOf, booksFaults, signOf } from './books.ts';
import { capture } from './capture.ts';
import { entriesOf, isPayable, orderEntries } from './entries.ts';
import { MOVEMENT_TYPES, type Movement } from './movements.ts';
import { closePayouts, emptyLedger, runNow, type Settled, settledTransactions, settleEntries } from './payouts.ts';
import { refund } from './refund.ts';
import { type Entry, type Ledger, type Payout, SETTLEMENT_TYPES, type SettlementTerms } from './settlement-state.ts';
import { type Context, capturedAmount, DAY_MS, type Order, refundedAmount } from './state.ts';
import { accepted, contextWith, merchantWith, placedOrder, purchaseOf, START_MS } from './testing.ts';

const COUNTRIES = ['SE', 'GB', 'DE'];

type Step =
  | { do: 'place'; country: string; amount: number }
  | { do: 'capture' | 'refund'; order: number; share: number }
  | { do: 'move'; order: number; type: Movement['type']; amount: number; dispute: boolean }
  | { do: 'wait'; days: number }
  | { do: 'settle'; chunk: number }
  | { do: 'pay now' };

/** Sales and returns come from orders, and what is released was held back before. */
const FROM_ELSEWHERE = MOVEMENT_TYPES.filter((type) => !['SALE', 'RETURN', 'RELEASE'].includes(type));

const index = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('place' as const),
      country: fc.constantFrom(...COUNTRIES),
      amount: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200_000_000 })),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('capture' as const, 'capture' as const, 'refund' as const),
      order: index,
      share: fc.constantFrom(100, 100, 50, 33, 1),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      order: index,
      type: fc.constantFrom(...FROM_ELSEWHERE),
      amount: fc.integer({ min: 1, max: 1_000_000 }),
      dispute: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.constantFrom(0, 0.3, 1, 2, 9, 40) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), chunk: fc.constantFrom(1, 2, 1_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pay now' as const) }) },
);

const terms: fc.Arbitrary<SettlementTerms> = fc.record({
  type: fc.constantFrom(...SETTLEMENT_TYPES),
  interval: fc.constantFrom('daily' as const, 'weekly' as const, 'monthly' as const),
  delay_days: fc.constantFrom(0, 0, 3),
  fees: fc.record({
    rate: fc.constantFrom(0, 299, 10_000),
    fixed: fc.constantFrom<Record<string, number>>({}, { SEK: 350, EUR: 35 }),
    return: fc.constantFrom<Record<string, number>>({}, { GBP: 50 }),
    vat_rate: fc.constantFrom(0, 1_900),
  }),
  reserve: fc.record({ rate: fc.constantFrom(0, 0, 1_000), days: fc.constantFrom(1, 30) }),
});

/** The state of a merchant with everything that ever happened, kept as simply as can be. */
class Merchant {
  orders: Order[] = [];
  readonly entries = new Map<string, Entry>();
  readonly payouts: Payout[] = [];
  readonly paged: Entry[] = [];
  ledger: Ledger = emptyLedger('M1');
  context: Context;

  constructor(settlement: SettlementTerms) {
    this.context = contextWith({ merchant: merchantWith({ settlement }) });
  }

  take(each: Step): void {
    if (each.do === 'place') this.#place(each);
    if (each.do === 'capture' || each.do === 'refund') this.#change(each);
    if (each.do === 'move') this.#move(each);
    if (each.do === 'wait') this.#wait(each);
    if (each.do === 'settle') this.#settle(each.chunk);
    if (each.do === 'pay now') this.#payNow();
  }

  #place({ amount, country }: Step & { do: 'place' }): void {
    this.orders.push(placedOrder({ purchase: purchaseOf(amount, country), context: this.context }));
  }

  #wait({ days }: Step & { do: 'wait' }): void {
    this.context = { ...this.context, now_ms: this.context.now_ms + Math.floor(days * DAY_MS) };
  }

  #change({ do: what, order: n, share }: Step & { do: 'capture' | 'refund' }): void {
    const before = this.orders[n % (this.orders.length || 1)];
    if (!before) return;
    const captured = capturedAmount(before);
    const most = what === 'capture' ? before.order_amount - captured : captured - refundedAmount(before);
    const amount = Math.ceil((most * share) / 100);
    if (amount === 0) return;
    const after =
      what === 'capture'
        ? accepted(capture(before, { captured_amount: amount }, this.context)).order
        : accepted(refund(before, { refunded_amount: amount }, this.context)).order;
    this.orders = this.orders.map((order) => (order === before ? after : order));
    this.#book(orderEntries(before, after, this.context));
  }

  #move({ order: n, type, amount, dispute }: Step & { do: 'move' }): void {
    const order = this.orders[n % (this.orders.length || 1)];
    if (!order) return;
    const movement: Movement = {
      type,
      detailed_type: 'MANUAL_ENTRY',
      amount,
      currency: order.purchase_currency,
      at_ms: this.context.now_ms,
      order_id: order.order_id,
      ...(dispute && { dispute_krn: 'krn:1' }),
    };
    const release: Movement = { ...movement, type: 'RELEASE', at_ms: movement.at_ms + DAY_MS };
    this.#book(entriesOf(type === 'HOLDBACK' ? [movement, release] : [movement], order, this.context));
  }

  #book(entries: readonly Entry[]): void {
    for (const entry of entries) {
      assert.ok(!this.entries.has(entry.entry_id), `${entry.entry_id} is booked twice`);
      this.entries.set(entry.entry_id, entry);
    }
  }

  #unsettled(until_ms: number): Entry[] {
    return [...this.entries.values()]
      .filter((entry) => isPayable(entry) && entry.payable_at_ms <= until_ms)
      .sort((a, b) => a.payable_at_ms - b.payable_at_ms);
  }

  /** In chunks, as the store hands them out; the last chunk closes what is open. */
  #settle(chunk: number): void {
    const { now_ms } = this.context;
    for (let due = this.#unsettled(now_ms); due.length > 0; due = this.#unsettled(now_ms)) {
      const taken = due.slice(0, chunk);
      const run = settleEntries(this.ledger, taken, ({ payable_at_ms }) => payable_at_ms, this.context);
      this.#keep(due.length > chunk ? run : closePayouts(run, now_ms, this.context));
    }
  }

  #payNow(): void {
    this.#settle(3);
    const { now_ms } = this.context;
    const taken = this.#unsettled(Number.MAX_SAFE_INTEGER).filter(({ at_ms }) => at_ms <= now_ms);
    const run = settleEntries(this.ledger, taken, () => runNow(this.ledger, now_ms), this.context);
    this.#keep(closePayouts(run, Number.MAX_SAFE_INTEGER, this.context));
  }

  #keep({ ledger, entries, pages, payouts }: Settled): void {
    deepFreeze(ledger);
    this.ledger = ledger;
    for (const entry of entries) this.entries.set(entry.entry_id, entry);
    for (const page of pages) this.paged.push(...page.entries);
    this.payouts.push(...payouts);
  }
}

const total = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0);

/** Everything that must be true at any moment. */
function check(merchant: Merchant): void {
  for (const currency of ['SEK', 'GBP', 'EUR']) {
    const entries = [...merchant.entries.values()].filter((entry) => entry.currency === currency);
    const payouts = merchant.payouts.filter((payout) => payout.currency === currency);
    const orders = merchant.orders.filter((order) => order.purchase_currency === currency);
    const happened = entries.filter(({ at_ms }) => at_ms <= merchant.context.now_ms);
    checkBooks(orders, happened, payouts);
    checkPayouts(entries, merchant.paged, payouts);
    assert.equal(merchant.ledger.currencies[currency]?.debt_amount ?? 0, payouts.at(-1)?.closing_debt_amount ?? 0);
    assert.equal(merchant.ledger.currencies[currency]?.open, undefined, 'no payout stays open');
  }
}

/** The equation, with sales and returns counted from the orders and not from the books. */
function checkBooks(orders: readonly Order[], entries: readonly Entry[], payouts: readonly Payout[]): void {
  const books = new Books();
  for (const entry of entries) books.add(entry);
  for (const payout of payouts) books.addPayout(payout);
  const trial = books.trialBalance;
  assert.deepEqual(booksFaults(trial), []);
  const sum = (...types: Movement['type'][]) =>
    total(
      entries
        .flatMap(({ transactions }) => transactions.filter(({ type }) => types.includes(type)))
        .map(({ amount }) => amount),
    );
  const fees = sum('FEE') - sum('FEE_REFUND');
  const disputes = sum('REVERSAL') - sum('REVERSAL_MERCHANT_PROTECTION');
  const corrections = sum('CREDIT', 'CORRECTION') - sum('CHARGE');
  const earned = total(orders.map(capturedAmount)) - total(orders.map(refundedAmount)) - fees - disputes + corrections;
  const paid = total(payouts.map(({ settlement_amount }) => settlement_amount));
  const debt = payouts.at(-1)?.closing_debt_amount ?? 0;
  const on = (account: Parameters<typeof balanceOf>[1]) => balanceOf(trial, account);
  assert.equal(earned, paid + on('to_be_paid') + on('reserve') - debt - on('invoiced'));
  const open = entries.filter(isPayable).flatMap(settledTransactions);
  assert.equal(on('to_be_paid'), total(open.map(({ type, amount }) => signOf(type) * amount)));
}

/** Every transaction is in one payout at most, every payout is the sum of what it contains, and debts are handed on. */
function checkPayouts(entries: readonly Entry[], paged: readonly Entry[], payouts: readonly Payout[]): void {
  const references = new Set(payouts.map(({ payment_reference }) => payment_reference));
  assert.equal(references.size, payouts.length);
  let debt = 0;
  let last_ms = 0;
  for (const payout of payouts) {
    const contained = entries.filter(({ payment_reference }) => payment_reference === payout.payment_reference);
    const onPages = paged.filter(({ payment_reference }) => payment_reference === payout.payment_reference);
    assert.deepEqual(onPages.map(({ entry_id }) => entry_id).sort(), contained.map(({ entry_id }) => entry_id).sort());
    const rows = contained.flatMap(settledTransactions);
    assert.equal(total(payout.pages), rows.length);
    const net = total(rows.map(({ type, amount }) => signOf(type) * amount));
    assert.equal(payout.settlement_amount, net - payout.repay_amount + payout.deposit_amount);
    assert.ok(payout.settlement_amount === 0 || payout.deposit_amount === 0, 'what is paid out leaves no new debt');
    assert.ok(
      payout.settlement_amount === 0 || payout.closing_debt_amount === 0,
      'a debt is repaid before anything is paid',
    );
    assert.equal(payout.opening_debt_amount, debt);
    assert.equal(payout.closing_debt_amount, debt - payout.repay_amount + payout.deposit_amount);
    assert.ok(payout.payout_at_ms > last_ms, 'dates of payouts rise');
    assert.ok(
      contained.every(({ at_ms }) => at_ms <= payout.payout_at_ms),
      'nothing is paid before it happened',
    );
    debt = payout.closing_debt_amount;
    last_ms = payout.payout_at_ms;
  }
  const settled = entries.filter(({ payment_reference }) => payment_reference !== undefined);
  assert.ok(settled.every((entry) => references.has(entry.payment_reference ?? '')));
}

test('whatever happens, in whatever order, the books balance and every transaction is in one payout', async () => {
  const property = fc.property(
    terms,
    fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
    (agreed, steps) => {
      const merchant = new Merchant(agreed);
      for (const each of steps) {
        merchant.take(each);
        check(merchant);
      }
      // In the end everything that will ever be payable is paid, or is a debt.
      merchant.take({ do: 'wait', days: 400 });
      merchant.take({ do: 'settle', chunk: 7 });
      check(merchant);
      assert.deepEqual([...merchant.entries.values()].filter(isPayable), []);
    },
  );
  await fuzz(property, 300);
});

test('an entry that comes too late for its payout is in the next one, and never in two', () => {
  const merchant = new Merchant({
    type: 'NET',
    interval: 'daily',
    delay_days: 0,
    fees: { rate: 0, fixed: {}, return: {}, vat_rate: 0 },
    reserve: { rate: 0, days: 1 },
  });
  const { context } = merchant;
  const order = placedOrder({ context });
  const first = accepted(capture(order, { captured_amount: 1_000 }, context)).order;
  const second = accepted(capture(first, { captured_amount: 2_000 }, context)).order;
  const [early] = orderEntries(order, first, context);
  const [late] = orderEntries(first, second, context);
  if (!early || !late) throw new Error('two captures are two entries');
  const payable = ({ payable_at_ms }: Entry) => payable_at_ms;
  const after = { ...context, now_ms: START_MS + DAY_MS };
  const one = closePayouts(settleEntries(merchant.ledger, [early], payable, after), after.now_ms, after);
  const two = settleEntries(one.ledger, [late], payable, after);
  assert.deepEqual(two.pages, []);
  const [postponed] = two.entries;
  assert.equal(postponed?.payment_reference, undefined);
  assert.equal(postponed?.payable_at_ms, early.payable_at_ms + DAY_MS);
  const three = closePayouts(
    settleEntries(two.ledger, [postponed as Entry], payable, after),
    after.now_ms + DAY_MS,
    after,
  );
  assert.equal(three.payouts[0]?.settlement_amount, 2_000);
});
