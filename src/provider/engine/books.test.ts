/** The books notice what is wrong with them, and the docs describe the accounts that there are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ACCOUNTS, Books, balanceOf, booksFaults, type TrialBalance } from './books.ts';
import { MOVEMENT_TYPES } from './movements.ts';
import type { Payout } from './settlement-state.ts';

const row = (type: (typeof MOVEMENT_TYPES)[number], amount: number) => ({ type, detailed_type: type, amount });

function payoutOf(figures: Partial<Payout>): Payout {
  return { settlement_amount: 0, repay_amount: 0, deposit_amount: 0, ...figures } as Payout;
}

test('a sale, its fee and its payout stand on the accounts that a bookkeeper expects', () => {
  const books = new Books();
  books.add({ transactions: [row('SALE', 10_000), row('FEE', 299)] });
  assert.equal(balanceOf(books.trialBalance, 'to_be_paid'), 9_701);
  books.addPayout(payoutOf({ settlement_amount: 9_701 }));
  const trial = books.trialBalance;
  const standing = Object.fromEntries(
    (Object.keys(ACCOUNTS) as (keyof TrialBalance)[])
      .map((account) => [account, balanceOf(trial, account)])
      .filter(([, balance]) => balance !== 0),
  );
  assert.deepEqual(standing, { purchases: 10_000, fees: 299, bank: 9_701 });
  assert.deepEqual(booksFaults(trial), []);
});

test('every type of movement is posted to two accounts and keeps the books balanced', () => {
  for (const type of MOVEMENT_TYPES) {
    const books = new Books();
    // A release of what was not held back is a fault of its own.
    books.add({ transactions: type === 'RELEASE' ? [row('HOLDBACK', 7), row(type, 7)] : [row(type, 7)] });
    assert.deepEqual(booksFaults(books.trialBalance), [], type);
  }
});

test('books that do not balance, or stand where they cannot, say so', () => {
  const books = new Books();
  books.add({ transactions: [row('SALE', 10_000)] });
  const { purchases, ...others } = books.trialBalance;
  const forged = { ...others, purchases: { ...purchases, debit: 10_001 } };
  assert.deepEqual(booksFaults(forged), [
    'debits are 10001, credits 10000',
    '10001 were earned, 10000 are accounted for',
  ]);
  const released = new Books();
  released.add({ transactions: [row('RELEASE', 5)] });
  assert.deepEqual(booksFaults(released.trialBalance), ['reserve stands at -5']);
  const repaid = new Books();
  repaid.addPayout(payoutOf({ repay_amount: 5 }));
  assert.deepEqual(booksFaults(repaid.trialBalance), ['debt stands at -5']);
});

test('docs/settlements.md lists every account with its side', () => {
  const doc = readFileSync(new URL('../../../docs/settlements.md', import.meta.url), 'utf8');
  const listed = [...doc.matchAll(/^\| `(\w+)` \| (debit|credit) \|/gm)].map(([, account, side]) => [account, side]);
  assert.deepEqual(Object.fromEntries(listed), ACCOUNTS);
});
