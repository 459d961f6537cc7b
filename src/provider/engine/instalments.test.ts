import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { instalments, paymentOptions } from './instalments.ts';
import { CATEGORIES } from './state.ts';

const JANUARY_31 = Date.UTC(2027, 0, 31, 23, 30);

test('instalments fall on the same day of each month, or on its last', () => {
  const dates = instalments(60_000, 6, JANUARY_31).map(({ date }) => date);
  assert.deepEqual(dates, ['2027-02-28', '2027-03-31', '2027-04-30', '2027-05-31', '2027-06-30', '2027-07-31']);
});

// Protects: no cent of a plan is lost or made, whatever the amount, and what is left over is paid first.
test('instalments add up to the amount', async () => {
  await fuzz(
    fc.property(fc.nat(200_000_000), fc.integer({ min: 1, max: 36 }), (amount, count) => {
      const plan = instalments(amount, count, JANUARY_31).map((payment) => payment.amount);
      assert.equal(
        plan.reduce((sum, each) => sum + each, 0),
        amount,
      );
      assert.ok(plan.every((each) => each <= (plan[0] ?? 0) && (plan[0] ?? 0) - each < count));
    }),
    200,
  );
});

test('each category has its ways to pay; the umbrella category has three', () => {
  const kinds = (...categories: (typeof CATEGORIES)[number][]) =>
    paymentOptions(categories, 10_000, JANUARY_31).map(({ category, kind }) => `${category}/${kind}`);
  assert.deepEqual(kinds('klarna'), ['klarna/pay_later', 'klarna/pay_over_time', 'klarna/pay_now']);
  for (const category of CATEGORIES.slice(1)) assert.deepEqual(kinds(category), [`${category}/${category}`]);
  assert.deepEqual(kinds(), []);
});

test('pay later is one payment after 30 days, pay now one of today', () => {
  const [later, now] = paymentOptions(['pay_now', 'pay_later'], 12_345, JANUARY_31);
  assert.deepEqual(later?.payments, [{ date: '2027-03-02', amount: 12_345 }]);
  assert.deepEqual(now?.payments, [{ date: '2027-01-31', amount: 12_345 }]);
});
