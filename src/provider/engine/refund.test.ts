import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markets } from '../../catalogue/index.ts';
import type { ManagedLine } from '../../wire/order-management.ts';
import { capture, findCapture } from './capture.ts';
import { assertOrder } from './invariants.ts';
import * as engine from './order.ts';
import { findRefund, refund } from './refund.ts';
import type { Order } from './state.ts';
import { orderCodes, sessionCode } from './statuses.ts';
import { accepted, contextWith, placedOrder, purchaseOf, reasonOf } from './testing.ts';

const context = contextWith();

/** An order of 10,000 with captures of these amounts; capture n has the lines named by the n-th letter string. */
function captured(amounts: readonly number[], references: readonly string[] = [], country = 'SE'): Order {
  const currency = markets.find((market) => market.country === country)?.currency ?? 'EUR';
  let order = placedOrder({ purchase: purchaseOf(10_000, country, currency), context });
  for (const [index, captured_amount] of amounts.entries()) {
    const order_lines = [...(references[index] ?? '')].map((reference) => ({ ...line(1), reference }));
    order = accepted(capture(order, { captured_amount, order_lines }, context)).order;
  }
  return order;
}

function line(total_amount: number, more: Partial<ManagedLine> = {}): ManagedLine {
  return { name: 'Item', quantity: 1, unit_price: total_amount, total_amount, ...more };
}

/** What each capture has been refunded after a refund, and the sum that was not booked against any. */
function booked(order: Order, refunded_amount: number, order_lines: ManagedLine[] = []): [number[], number] {
  const { order: after, refund: made } = accepted(refund(order, { refunded_amount, order_lines }, context));
  const allocated = made.allocations.reduce((sum, { amount }) => sum + amount, 0);
  return [after.captures.map((each) => each.refunded_amount), refunded_amount - allocated];
}

test('without lines a refund fills the oldest captures that have room', () => {
  const order = captured([1_000, 2_000, 3_000]);
  assert.deepEqual(booked(order, 500), [[500, 0, 0], 0]);
  assert.deepEqual(booked(order, 1_000), [[1_000, 0, 0], 0]);
  assert.deepEqual(booked(order, 3_500), [[1_000, 2_000, 500], 0]);
  assert.deepEqual(booked(order, 6_000), [[1_000, 2_000, 3_000], 0]);
  const { order: after } = accepted(refund(order, { refunded_amount: 1_500 }, context));
  assert.deepEqual(booked(after, 1_500), [[1_000, 2_000, 0], 0]);
});

test('a refund that names its capture is booked there, and is of no more than is left of that capture', () => {
  // Cybersource's refunds are of a capture: one of them must not eat up what another may still need.
  const order = captured([1_000, 2_000]);
  const [first, second] = order.captures.map(({ capture_id }) => capture_id);
  const { order: after } = accepted(refund(order, { refunded_amount: 1_500 }, context, second));
  assert.deepEqual(
    after.captures.map(({ refunded_amount }) => refunded_amount),
    [0, 1_500],
  );
  assert.equal(reasonOf(refund(after, { refunded_amount: 501 }, context, second)), 'refund_exceeds_captured');
  assert.equal(reasonOf(refund(after, { refunded_amount: 1_001 }, context, first)), 'refund_exceeds_captured');
  assertOrder(accepted(refund(after, { refunded_amount: 500 }, context, second)).order);
});

test('with lines a refund goes to the capture that has them all, and has room for it', () => {
  const order = captured([1_000, 2_000, 3_000], ['ab', 'bc', 'ad']);
  assert.deepEqual(booked(order, 500, [line(500, { reference: 'c' })]), [[0, 500, 0], 0]);
  assert.deepEqual(booked(order, 500, [line(500, { reference: 'a' })]), [[500, 0, 0], 0]);
  assert.deepEqual(
    booked(order, 1_500, [line(1_500, { reference: 'a' })]),
    [[0, 0, 1_500], 0],
    'the first has no room',
  );
  assert.deepEqual(booked(order, 500, [line(200, { reference: 'b' }), line(300, { reference: 'c' })]), [
    [0, 500, 0],
    0,
  ]);
});

test('a refund whose lines fit no capture is accepted all the same, and booked against none', () => {
  const order = captured([1_000, 2_000], ['ab', 'bc']);
  const unmatched = [[0, 0], 500];
  assert.deepEqual(booked(order, 500, [line(500, { reference: 'z' })]), unmatched, 'unknown reference');
  assert.deepEqual(booked(order, 500, [line(500)]), unmatched, 'no reference');
  assert.deepEqual(booked(order, 500, [line(499, { reference: 'a' })]), unmatched, 'lines that do not add up');
  assert.deepEqual(
    booked(order, 500, [line(250, { reference: 'a' }), line(250, { reference: 'c' })]),
    unmatched,
    'two captures',
  );
  assert.deepEqual(booked(order, 2_500, [line(2_500, { reference: 'b' })]), [[0, 0], 2_500], 'more than any capture');
});

test('what is booked against no capture still counts: in all no more than was captured', () => {
  const order = captured([1_000], ['a']);
  const { order: after } = accepted(
    refund(order, { refunded_amount: 600, order_lines: [line(600, { reference: 'z' })] }, context),
  );
  const tooMuch = refund(after, { refunded_amount: 401 }, context);
  assert.equal(reasonOf(tooMuch), 'refund_exceeds_captured');
  assert.ok(!tooMuch.ok);
  assert.deepEqual(
    tooMuch.refusal.explanations.map(({ expected, got, off_by }) => [expected, got, off_by]),
    [[400, 401, 1]],
  );
  assert.deepEqual(booked(after, 400), [[400], 0]);
});

test('a return fee is kept back where the market has one, and from an order captured whole and at once', () => {
  const fee = (amount: number) => line(-amount, { type: 'return_fee' });
  const lines = [line(5_000, { reference: 'a' }), fee(500)];
  const allowed = ['AT', 'DE', 'DK', 'FI', 'FR', 'NL', 'NO', 'SE', 'IT', 'ES', 'IE', 'PT', 'CZ', 'AU', 'GR'];
  for (const { country } of markets) {
    const outcome = refund(captured([10_000], ['a'], country), { refunded_amount: 4_500, order_lines: lines }, context);
    assert.equal(reasonOf(outcome), allowed.includes(country) ? 'ok' : 'refund_not_allowed', country);
  }
  assert.deepEqual(booked(captured([10_000], ['a']), 4_500, lines), [[4_500], 0]);
  const refused = (order: Order, refunded_amount: number, order_lines: ManagedLine[]) =>
    reasonOf(refund(order, { refunded_amount, order_lines }, context));
  assert.equal(refused(captured([9_000], ['a']), 4_500, lines), 'refund_not_allowed', 'captured in part');
  assert.equal(refused(captured([9_000, 1_000], ['a']), 4_500, lines), 'refund_not_allowed', 'captured twice');
  assert.equal(refused(captured([10_000], ['a']), 4_501, lines), 'refund_not_allowed', 'lines do not add up');
  assert.equal(
    refused(captured([10_000], ['a']), 5_500, [line(5_000, { reference: 'a' }), fee(-500)]),
    'refund_not_allowed',
    'a fee that pays',
  );
});

test('captures and refunds are found by their ids in either case, and refused by their own reasons', () => {
  const order = captured([1_000]);
  const { order: after, refund: made } = accepted(refund(order, { refunded_amount: 1 }, context));
  const id = after.captures[0]?.capture_id ?? '';
  assert.equal(accepted(findCapture(after, id.toUpperCase())).capture_id, id);
  assert.equal(accepted(findRefund(after, made.refund_id.toUpperCase())), made);
  assert.equal(reasonOf(findCapture(after, made.refund_id)), 'capture_unknown');
  assert.equal(reasonOf(findCapture(captured([]), id)), 'no_captures');
  assert.equal(reasonOf(findRefund(after, id)), 'refund_unknown');
});

// ---- Codes -----------------------------------------------------------------------------------------------------

test('an order’s codes: its status, its fraud status, and how much was refunded', () => {
  const part = captured([4_000]);
  const whole = captured([10_000]);
  const refunded = (order: Order, refunded_amount: number) =>
    accepted(refund(order, { refunded_amount }, context)).order;
  assert.deepEqual(orderCodes(captured([])), ['AUTHORIZED', 'ACCEPTED']);
  assert.deepEqual(orderCodes(part), ['PART_CAPTURED', 'ACCEPTED']);
  assert.deepEqual(orderCodes(refunded(part, 1)), ['PART_CAPTURED', 'ACCEPTED', 'PART_REFUNDED']);
  assert.deepEqual(orderCodes(refunded(part, 4_000)), ['PART_CAPTURED', 'ACCEPTED', 'REFUNDED']);
  assert.deepEqual(orderCodes(refunded(whole, 10_000)), ['CAPTURED', 'ACCEPTED', 'REFUNDED']);
  assert.deepEqual(orderCodes(accepted(engine.cancel(captured([])))), ['CANCELLED', 'ACCEPTED']);
  assert.deepEqual(orderCodes({ ...part, fraud_status: 'PENDING' }).slice(1), ['PENDING']);
  assert.deepEqual(orderCodes({ ...part, fraud_status: 'REJECTED' }).slice(1), ['REFUSED']);
});

test('a session’s code: what the latest try came to, and abandoned once it ran out without one', () => {
  const session = {
    session_id: 's',
    merchant_id: 'M1',
    created_at_ms: 0,
    expires_at_ms: 100,
    status: 'incomplete' as const,
    details: purchaseOf(1),
    categories: [],
  };
  assert.equal(sessionCode(session, 99), 'PENDING');
  assert.equal(sessionCode(session, 100), 'ABANDONED');
  const codes = {
    approved: 'ACCEPTED',
    refused: 'REFUSED',
    abandoned: 'ABANDONED',
    failed: 'FAILED',
    reversed: 'AUTH_REVERSED',
  } as const;
  for (const [latest_try, code] of Object.entries(codes) as [keyof typeof codes, string][])
    assert.equal(sessionCode({ ...session, latest_try }, 1_000), code);
});

// ---- The assertion that stays on in production ---------------------------------------------------------------

test('an order whose figures contradict each other is not written: each contradiction is named', () => {
  const { order } = accepted(refund(captured([4_000]), { refunded_amount: 1_000 }, context));
  assert.doesNotThrow(() => assertOrder(order));
  const [first] = order.captures;
  assert.ok(first);
  const withCapture = (change: Partial<typeof first>): Order => ({ ...order, captures: [{ ...first, ...change }] });
  const withRefund = (refunded_amount: number): Order => ({
    ...order,
    refunds: order.refunds.map((each) => ({ ...each, refunded_amount })),
  });
  const rows: readonly [Order, RegExp][] = [
    [{ ...order, order_amount: 3_999 }, /captured 4000 is more than order_amount 3999/],
    [{ ...order, order_amount: -1 }, /order_amount is -1/],
    [{ ...order, order_amount: 10_000.5 }, /order_amount is 10000\.5/],
    [{ ...order, order_amount: Number.NaN }, /order_amount is NaN/],
    [{ ...order, order_amount: 2 ** 53 }, /order_amount is 9007199254740992/],
    [{ ...order, original_order_amount: -5 }, /original_order_amount is -5/],
    [withCapture({ captured_amount: 10_001 }), /captured 10001 is more than order_amount 10000/],
    [withCapture({ captured_amount: -1, refunded_amount: 0 }), /captured_amount of a capture is -1/],
    [withCapture({ refunded_amount: 4_001 }), /capture \S+ refunded 4001 is more than capture \S+ captured 4000/],
    [withCapture({ refunded_amount: Number.NaN }), /refunded_amount of a capture is NaN/],
    [withRefund(4_001), /refunded 4001 is more than captured 4000/],
    [withRefund(-1), /refunded_amount of a refund is -1/],
    [{ ...order, captures: [] }, /refunded 1000 is more than captured 0/],
  ];
  for (const [wrong, message] of rows) assert.throws(() => assertOrder(wrong), message);
  assert.throws(() => assertOrder({ ...order, order_amount: 1 }), new RegExp(order.order_id), 'the order is named');
});
