/** Fees to the cent, and the dates of payouts. Wrong by a cent here is wrong on every capture of every merchant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { DEFAULT_TERMS, nextRun, payableAt, shareOf, termsOf, vatIn } from './settlement-terms.ts';

test('a percentage of an amount is rounded to the minor unit, halves up', () => {
  const cases: [amount: number, rate: number, fee: number][] = [
    [10_000, 299, 299],
    [10_050, 299, 300], // 300.495
    [20, 250, 1], // 0.5
    [19, 250, 0], // 0.475
    [1, 5_000, 1], // 0.5
    [200_000_000, 299, 5_980_000],
    [199_999_999, 299, 5_980_000], // 5979999.9701
    [10_000, 0, 0],
    [333, 10_000, 333],
  ];
  for (const [amount, rate, fee] of cases) assert.equal(shareOf(amount, rate), fee, `${rate} of ${amount}`);
});

test('the VAT in a fee is what its net amount, rounded half up, leaves', () => {
  const cases: [amount: number, vat_rate: number, vat: number][] = [
    [179, 2_500, 36], // net 143.2
    [350, 2_500, 70],
    [1, 1_900, 0], // net 0.84
    [3, 10_000, 1], // net 1.5, so 2
    [299, 1_900, 48], // net 251.26
    [100, 0, 0],
  ];
  for (const [amount, rate, vat] of cases) assert.equal(vatIn(amount, rate), vat, `${rate} in ${amount}`);
});

test('shares are as exact integers make them, for any amount and rate', async () => {
  // Floating point would be a cent off for some large amounts, and nobody would ever find out which.
  const amount = fc.integer({ min: 0, max: 200_000_000 });
  const property = fc.property(amount, fc.integer({ min: 0, max: 10_000 }), (minor, rate) => {
    const [wide, basis] = [BigInt(minor), BigInt(rate)];
    assert.equal(BigInt(shareOf(minor, rate)), (wide * basis + 5_000n) / 10_000n);
    const gross = 10_000n + basis;
    assert.equal(BigInt(vatIn(minor, rate)), wide - (2n * wide * 10_000n + gross) / (2n * gross));
  });
  await fuzz(property, 2_000);
});

test('payouts are made at midnight UTC: each day, on Mondays, on the first', () => {
  const friday = Date.UTC(2027, 0, 15, 9, 48);
  const after = (from: number, interval: 'daily' | 'weekly' | 'monthly') =>
    new Date(nextRun(from, interval)).toISOString();
  assert.equal(after(friday, 'daily'), '2027-01-16T00:00:00.000Z');
  assert.equal(after(friday, 'weekly'), '2027-01-18T00:00:00.000Z');
  assert.equal(after(friday, 'monthly'), '2027-02-01T00:00:00.000Z');
  // What moves at the very moment of a run is for the next one.
  const monday = Date.UTC(2027, 0, 18);
  assert.equal(after(monday, 'daily'), '2027-01-19T00:00:00.000Z');
  assert.equal(after(monday, 'weekly'), '2027-01-25T00:00:00.000Z');
  assert.equal(after(monday - 1, 'weekly'), '2027-01-18T00:00:00.000Z');
  assert.equal(after(Date.UTC(2027, 11, 31, 23, 59), 'monthly'), '2028-01-01T00:00:00.000Z');
});

test('a delay postpones the payout by whole days', () => {
  const at_ms = Date.UTC(2027, 0, 15, 9, 48);
  const payable = payableAt(at_ms, { ...DEFAULT_TERMS, delay_days: 14 });
  assert.equal(new Date(payable).toISOString(), '2027-01-30T00:00:00.000Z');
});

test('a merchant without terms, stored by an earlier version, has the default ones', () => {
  assert.equal(termsOf({}), DEFAULT_TERMS);
});
