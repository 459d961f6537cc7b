import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markets } from '../../catalogue/index.ts';
import { dueDateOptions, extendDueDate } from './due-date.ts';
import { increasable, METHODS } from './payment-methods.ts';
import { PAYMENT_METHOD_TYPES, type PaymentMethodType } from './state.ts';
import { accepted, contextWith, placedOrder, purchaseOf, reasonOf } from './testing.ts';

test('where an authorization may be raised: by method and country, as the documents list them', () => {
  const allButSwitzerland = ['invoice', 'b2b_invoice', 'base_account', 'direct_debit'];
  for (const type of PAYMENT_METHOD_TYPES) {
    for (const { country } of markets) {
      const expected = allButSwitzerland.includes(type)
        ? country !== 'CH'
        : type === 'fixed_amount' && ['AT', 'DE', 'DK', 'FI', 'FR', 'NL', 'NO', 'SE'].includes(country);
      assert.equal(increasable(type, country), expected, `${type} in ${country}`);
    }
  }
});

test('each method under its two names, one for each API', () => {
  const names = Object.fromEntries(PAYMENT_METHOD_TYPES.map((type) => [type, METHODS[type].om_type]));
  assert.deepEqual(names, {
    invoice: 'INVOICE',
    fixed_amount: 'FIXED_AMOUNT',
    base_account: 'ACCOUNT',
    direct_debit: 'DIRECT_DEBIT',
    direct_bank_transfer: 'BANK_TRANSFER',
    b2b_invoice: 'INVOICE_BUSINESS',
    card: 'CARD',
    slice_it_by_card: 'FIXED_AMOUNT_BY_CARD',
    pay_later_by_card: 'PAY_LATER_BY_CARD',
    pay_by_card: 'PAY_BY_CARD',
    fixed_sum_credit: 'FIXED_SUM_CREDIT',
    alternative_payment_method: 'ALTERNATIVE_PAYMENT_METHOD',
  });
});

// ---- Due dates ---------------------------------------------------------------------------------------------------

function optionsOf(country: string, amount: number, type: PaymentMethodType = 'invoice') {
  const currency = markets.find((market) => market.country === country)?.currency ?? 'EUR';
  const purchase = { ...purchaseOf(amount, country, currency), auto_capture: true };
  const order = placedOrder({ purchase, shopper: { payment_method: type } });
  const [only] = order.captures;
  if (!only) throw new Error('auto_capture captures at once');
  return {
    order,
    capture_id: only.capture_id,
    offered: dueDateOptions(order, only).map((each) => [each.number_of_days, each.amount]),
  };
}

/** Order amount → price of 10, 30 and 60 days, all in minor units, as Klarna prints them. */
const PRICES: readonly [countries: string[], rows: [amount: number, ten: number, thirty: number, sixty: number][]][] = [
  [
    ['AT', 'BE', 'DE', 'FI', 'NL', 'GB'],
    [
      [1, 100, 199, 499],
      [29_999, 100, 199, 499],
      [30_000, 100, 499, 999],
      [75_000, 100, 499, 999],
      [75_001, 100, 799, 1_299],
    ],
  ],
  [
    ['DK', 'NO', 'SE'],
    [
      [1, 1_000, 1_900, 4_900],
      [299_999, 1_000, 1_900, 4_900],
      [300_000, 1_000, 4_900, 9_900],
      [750_000, 1_000, 4_900, 9_900],
      [750_001, 1_000, 7_900, 12_900],
    ],
  ],
];

test('what a later due date costs, by country and size of the order; two days are free', () => {
  for (const [countries, rows] of PRICES) {
    for (const country of countries) {
      for (const [amount, ten, thirty, sixty] of rows) {
        const expected = [
          [2, 0],
          [10, ten],
          [30, thirty],
          [60, sixty],
        ];
        assert.deepEqual(optionsOf(country, amount).offered, expected, `${country} ${amount}`);
      }
    }
  }
});

test('no later due date where Klarna sells none: other markets, and methods without an invoice', () => {
  const priced = PRICES.flatMap(([countries]) => countries);
  for (const { country } of markets)
    if (!priced.includes(country)) assert.deepEqual(optionsOf(country, 10_000).offered, [], country);
  for (const type of PAYMENT_METHOD_TYPES) {
    const isPayLater = ['invoice', 'b2b_invoice', 'pay_later_by_card'].includes(type);
    assert.equal(optionsOf('SE', 10_000, type).offered.length, isPayLater ? 4 : 0, type);
  }
});

test('one extension a capture; the fee is that of the option, and the days are those on offer', () => {
  const { order, capture_id } = optionsOf('SE', 10_000);
  const context = contextWith();
  for (const days of [0, 1, 3, 14, 61, -2])
    assert.equal(reasonOf(extendDueDate(order, capture_id, days, context)), 'due_date_not_allowed');
  const extended = accepted(extendDueDate(order, capture_id, 30, context));
  assert.deepEqual(extended.captures[0]?.due_date_extension, {
    number_of_days: 30,
    fee_amount: 1_900,
    extended_at_ms: context.now_ms,
  });
  assert.equal(reasonOf(extendDueDate(extended, capture_id, 30, context)), 'due_date_not_allowed');
});
