/** What each change of an order moves, and what the books keep of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { capture } from './capture.ts';
import { extendDueDate } from './due-date.ts';
import { entriesOf, orderEntries } from './entries.ts';
import type { Movement } from './movements.ts';
import { cancel } from './order.ts';
import { refund } from './refund.ts';
import type { Entry, SettlementTerms } from './settlement-state.ts';
import { DEFAULT_TERMS } from './settlement-terms.ts';
import { DAY_MS, type Order } from './state.ts';
import { accepted, contextWith, merchantWith, placedOrder, START_MS } from './testing.ts';

const FEES = { rate: 299, fixed: { SEK: 350 }, return: { SEK: 500 }, vat_rate: 2_500 };

function contextOf(terms: Partial<SettlementTerms>) {
  return contextWith({ merchant: merchantWith({ settlement: { ...DEFAULT_TERMS, ...terms } }) });
}

/** Type, detail and amount of every transaction, entry by entry. */
function booked(entries: readonly Entry[]): string[] {
  return entries.map(({ entry_id, transactions }) => {
    const rows = transactions.map(
      ({ type, detailed_type, amount, invoiced }) => `${type}/${detailed_type} ${amount}${invoiced ? ' invoiced' : ''}`,
    );
    return `${entry_id.split('/')[1]}: ${rows.join(', ')}`;
  });
}

describe('an order', () => {
  test('a capture is a sale with its fees, in one entry', () => {
    const context = contextOf({ fees: FEES });
    const order = placedOrder({ context });
    const after = accepted(capture(order, { captured_amount: 6_000, reference: 'parcel 1' }, context)).order;
    const [entry, ...others] = orderEntries(order, after, context);
    assert.deepEqual(booked([entry as Entry]), [
      'capture-1: SALE/PURCHASE 6000, FEE/PURCHASE_FEE_PERCENTAGE 179, FEE/PURCHASE_FEE_FIXED 350',
    ]);
    assert.deepEqual(others, []);
    assert.equal(entry?.capture_id, after.captures[0]?.capture_id);
    assert.equal(entry?.reference, 'parcel 1');
    assert.equal(entry?.at_ms, START_MS);
    assert.equal(entry?.payable_at_ms, Date.UTC(2027, 0, 16));
    assert.deepEqual(
      entry?.transactions.map(({ vat_rate, vat_amount }) => [vat_rate, vat_amount]),
      [
        [undefined, undefined],
        [2_500, 36],
        [2_500, 70],
      ],
    );
  });

  test('a refund is a return at the date of the refund, with the fee for it', () => {
    const context = contextOf({ fees: FEES });
    const captured = accepted(capture(placedOrder({ context }), { captured_amount: 6_000 }, context)).order;
    const later = { ...context, now_ms: START_MS + 5 * DAY_MS };
    const after = accepted(refund(captured, { refunded_amount: 1_000, reference: 'RMA 7' }, later)).order;
    const [entry] = orderEntries(captured, after, later);
    assert.deepEqual(booked([entry as Entry]), ['refund-1: RETURN/PURCHASE_RETURN 1000, FEE/RETURN_FEE 500']);
    assert.equal(entry?.at_ms, later.now_ms);
    assert.equal(entry?.reference, 'RMA 7');
    assert.equal(entry?.capture_id, undefined);
  });

  test('a later due date is a fee, once; the free one moves nothing', () => {
    const context = contextOf({});
    const captured = accepted(capture(placedOrder({ context }), { captured_amount: 6_000 }, context)).order;
    const capture_id = captured.captures[0]?.capture_id ?? '';
    const extended = accepted(extendDueDate(captured, capture_id, 10, context));
    assert.deepEqual(booked(orderEntries(captured, extended, context)), ['extension-1: FEE/EXTEND_DUE_DATE_FEE 1000']);
    assert.deepEqual(orderEntries(extended, extended, context), []);
    assert.deepEqual(orderEntries(captured, accepted(extendDueDate(captured, capture_id, 2, context)), context), []);
  });

  test('what moves no money books nothing', () => {
    const context = contextOf({});
    const order = placedOrder({ context });
    assert.deepEqual(orderEntries(undefined, order, context), []);
    assert.deepEqual(orderEntries(order, accepted(cancel(order)), context), []);
  });

  test('an order that is written for the first time with captures and refunds books all of them', () => {
    const context = contextOf({ fees: { ...FEES, rate: 0, fixed: {}, return: {} } });
    const first = accepted(capture(placedOrder({ context }), { captured_amount: 6_000 }, context)).order;
    const both = accepted(capture(first, { captured_amount: 4_000 }, context)).order;
    const after = accepted(refund(both, { refunded_amount: 500 }, context)).order;
    assert.deepEqual(booked(orderEntries(undefined, after, context)), [
      'capture-1: SALE/PURCHASE 6000',
      'capture-2: SALE/PURCHASE 4000',
      'refund-1: RETURN/PURCHASE_RETURN 500',
    ]);
  });

  test('the reserve keeps a part of each sale back and releases it later', () => {
    const context = contextOf({ reserve: { rate: 1_000, days: 30 }, fees: { ...FEES, rate: 0, fixed: {} } });
    const order = placedOrder({ context });
    const after = accepted(capture(order, { captured_amount: 6_005 }, context)).order;
    const entries = orderEntries(order, after, context);
    assert.deepEqual(booked(entries), [
      'capture-1: SALE/PURCHASE 6005, HOLDBACK/ROLLING_RESERVE 601',
      'release-1: RELEASE/ROLLING_RESERVE 601',
    ]);
    assert.equal(entries[1]?.at_ms, START_MS + 30 * DAY_MS);
  });

  test('gross settlement leaves fees to an invoice: all of them, or those of the sale', () => {
    const all = (type: SettlementTerms['type']) => {
      const context = contextOf({ type, fees: { ...FEES, return: { SEK: 500 } } });
      const order = placedOrder({ context });
      const captured = accepted(capture(order, { captured_amount: 10_000 }, context)).order;
      const after = accepted(refund(captured, { refunded_amount: 1 }, context)).order;
      return orderEntries(order, after, context)
        .flatMap(({ transactions }) => transactions)
        .filter(({ invoiced }) => invoiced)
        .map(({ detailed_type }) => detailed_type);
    };
    assert.deepEqual(all('NET'), []);
    assert.deepEqual(all('GROSS'), ['PURCHASE_FEE_PERCENTAGE', 'PURCHASE_FEE_FIXED', 'RETURN_FEE']);
    assert.deepEqual(all('GROSS_FEE'), ['PURCHASE_FEE_PERCENTAGE', 'PURCHASE_FEE_FIXED']);
  });
});

describe('movements from elsewhere', () => {
  const movement = (order: Order, more: Partial<Movement> = {}): Movement => ({
    type: 'REVERSAL',
    detailed_type: 'REVERSAL',
    amount: 100,
    currency: 'SEK',
    at_ms: START_MS,
    order_id: order.order_id,
    ...more,
  });

  test('those of one dispute at one time share an entry, and each event has a key of its own', () => {
    const context = contextOf({});
    const order = placedOrder({ context });
    const of = { dispute_krn: 'krn:dispute:1' };
    const list = [
      movement(order, of),
      movement(order, { ...of, type: 'FEE', detailed_type: 'DISPUTE_FEE' }),
      movement(order),
    ];
    const entries = entriesOf(list, order, context);
    assert.deepEqual(
      entries.map(({ transactions, dispute_krn }) => [transactions.length, dispute_krn]),
      [
        [2, 'krn:dispute:1'],
        [1, undefined],
      ],
    );
    assert.equal(new Set(entries.map(({ entry_id }) => entry_id)).size, 2);
  });

  test('a movement that cannot be is not booked: of another order, in another currency, of nothing, of a fraction', () => {
    // Money invariants stay on in production: no answer is better than wrong money.
    const context = contextOf({});
    const order = placedOrder({ context });
    const wrong: Partial<Movement>[] = [
      { order_id: 'another' },
      { currency: 'EUR' },
      { amount: 0 },
      { amount: -1 },
      { amount: 0.5 },
      { amount: Number.NaN },
    ];
    for (const part of wrong)
      assert.throws(() => entriesOf([movement(order, part)], order, context), /cannot be booked/, JSON.stringify(part));
  });
});
