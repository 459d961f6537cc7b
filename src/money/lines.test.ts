import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../testing.ts';
import {
  checkSums,
  containedTax,
  type LineAmounts,
  lineTotal,
  type OrderAmounts,
  type SumFault,
  sumOfLines,
} from './lines.ts';

/** The most that a line's prices and totals may be. */
const MOST = 200_000_000;

// ---- The same rules again, in exact rational arithmetic ----------------------------------------------------

const big = (value: number | undefined) => BigInt(value ?? 0);
const distance = (a: bigint, b: bigint) => (a > b ? a - b : b - a);
const total = (values: bigint[]) => values.reduce((sum, value) => sum + value, 0n);

/** As the OpenAPI document words it, `total − total × 10000 / (10000 + rate)`, over the denominator `10000 + rate`. */
function taxNumerator(gross: number, rate: number): bigint {
  return big(gross) * (10_000n + big(rate)) - big(gross) * 10_000n;
}

function isTaxClose(gross: number, rate: number, tax: number): boolean {
  const divisor = 10_000n + big(rate);
  return distance(big(tax) * divisor, taxNumerator(gross, rate)) <= divisor;
}

type Fault = Pick<SumFault, 'field' | 'line' | 'got' | 'tolerance'>;

function exactFaults({ order_amount, order_tax_amount, order_lines, purchase_country }: OrderAmounts): Fault[] {
  const faults: Fault[] = [];
  order_lines.forEach((line, index) => {
    const due = big(line.quantity) * big(line.unit_price) - big(line.total_discount_amount);
    const tolerance = line.quantity > 1 ? line.quantity : 0;
    if (distance(big(line.total_amount), due) > big(tolerance))
      faults.push({ field: 'line.total_amount', line: index, got: line.total_amount, tolerance });
    const { tax_rate, total_tax_amount } = line;
    if (tax_rate === undefined || total_tax_amount === undefined) return;
    if (!isTaxClose(line.total_amount, tax_rate, total_tax_amount))
      faults.push({ field: 'line.total_tax_amount', line: index, got: total_tax_amount, tolerance: 1 });
  });
  const sum = total(order_lines.map((line) => big(line.total_amount)));
  if (big(order_amount) !== sum) faults.push({ field: 'order_amount', got: order_amount, tolerance: 0 });
  if (order_tax_amount === undefined) return faults;
  const salesTax = order_lines.filter(({ type }) => type === 'sales_tax' && purchase_country === 'US');
  const tax =
    salesTax.length > 0
      ? total(salesTax.map((line) => big(line.total_amount)))
      : total(order_lines.map((line) => big(line.total_tax_amount)));
  const tolerance = salesTax.length > 0 ? 0 : order_lines.length;
  if (distance(big(order_tax_amount), tax) > big(tolerance))
    faults.push({ field: 'order_tax_amount', got: order_tax_amount, tolerance });
  return faults;
}

const withoutExpected = ({ expected: _expected, ...fault }: SumFault): Fault => fault;

// ---- Orders that are right ------------------------------------------------------------------------------------

/** Every tax that is within one minor unit of the exact one. */
function acceptableTaxes(gross: number, rate: number): number[] {
  const near = Math.round((gross * rate) / (10_000 + rate));
  return [-2, -1, 0, 1, 2].map((off) => near + off).filter((tax) => isTaxClose(gross, rate, tax));
}

const rate = fc.oneof(fc.constantFrom(0, 1, 600, 700, 1900, 2100, 2500, 9_999, 10_000), fc.nat(10_000));

/** A product: any quantity, discount, rounding per unit, and a tax anywhere in its tolerance. */
const product: fc.Arbitrary<LineAmounts> = fc
  .record({
    quantity: fc.oneof(fc.constantFrom(0, 1, 2), fc.nat(1_000)),
    unit_price: fc.nat(190_000),
    discounted: fc.nat(100),
    drift: fc.integer({ min: -1_000, max: 1_000 }),
    rate: fc.option(rate),
    pick: fc.nat(),
  })
  .map(({ quantity, unit_price, discounted, drift, rate, pick }) => {
    const total_discount_amount = Math.floor((quantity * unit_price * discounted) / 100);
    const allowed = quantity > 1 ? quantity : 0;
    const rounding = Math.max(-allowed, Math.min(allowed, drift));
    const total_amount = quantity * unit_price - total_discount_amount + rounding;
    const line = { quantity, unit_price, total_amount, ...(discounted > 0 && { total_discount_amount }) };
    if (rate === null) return line;
    const taxes = acceptableTaxes(total_amount, rate);
    return { ...line, tax_rate: rate, total_tax_amount: taxes[pick % taxes.length] ?? 0 };
  });

/** A discount, gift card or store credit: negative, its tax too. */
const deduction: fc.Arbitrary<LineAmounts> = fc
  .record({
    amount: fc.nat(MOST),
    rate,
    type: fc.constantFrom('discount', 'gift_card', 'store_credit'),
    pick: fc.nat(),
  })
  .map(({ amount, rate, type, pick }) => {
    const tax_rate = type === 'discount' ? rate : 0;
    const taxes = acceptableTaxes(-amount, tax_rate);
    const total_tax_amount = taxes[pick % taxes.length] ?? 0;
    return { type, quantity: 1, unit_price: -amount, total_amount: -amount, tax_rate, total_tax_amount };
  });

/** Large single items, where sums leave 32 bits. */
const dear: fc.Arbitrary<LineAmounts> = fc
  .integer({ min: MOST - 10, max: MOST })
  .map((unit_price) => ({ quantity: 1, unit_price, total_amount: unit_price }));

const european: fc.Arbitrary<OrderAmounts> = fc
  .record({
    order_lines: fc.array(fc.oneof(product, deduction, dear), { minLength: 1, maxLength: 12 }),
    taxOff: fc.integer({ min: -12, max: 12 }),
    purchase_country: fc.constantFrom('DE', 'SE', 'GB', 'US'),
  })
  .map(({ order_lines, taxOff, purchase_country }) => {
    const tax = order_lines.reduce((sum, line) => sum + (line.total_tax_amount ?? 0), 0);
    const off = Math.max(-order_lines.length, Math.min(order_lines.length, taxOff));
    return { order_amount: sumOfLines(order_lines), order_tax_amount: tax + off, order_lines, purchase_country };
  });

/** United States: goods without tax, and tax as lines of its own. */
const american: fc.Arbitrary<OrderAmounts> = fc
  .record({
    goods: fc.array(
      product.map(({ tax_rate: _rate, total_tax_amount: _tax, ...line }) => line),
      { maxLength: 8 },
    ),
    taxes: fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 3 }),
  })
  .map(({ goods, taxes }) => {
    const taxLines = taxes.map((tax) => ({ type: 'sales_tax', quantity: 1, unit_price: tax, total_amount: tax }));
    const order_lines = [...goods, ...taxLines];
    const order_tax_amount = taxes.reduce((sum, tax) => sum + tax, 0);
    return { order_amount: sumOfLines(order_lines), order_tax_amount, order_lines, purchase_country: 'US' };
  });

const consistent = fc.oneof(european, american);
const beyond = fc.integer({ min: 1, max: 1_000_000 }).chain((by) => fc.constantFrom(by, -by));

// ---- Orders ------------------------------------------------------------------------------------------------------

test('an order whose sums hold is accepted, with discounts, refunds of vouchers, US tax and rounding per unit', async () => {
  await fuzz(
    fc.property(consistent, (order) => {
      assert.deepEqual(checkSums(order), []);
    }),
    500,
  );
});

test('what is not sent is not checked: without order_tax_amount and line taxes the same orders pass', async () => {
  await fuzz(
    fc.property(consistent, ({ order_tax_amount: _tax, order_lines, ...order }) => {
      const bare = order_lines.map(({ total_tax_amount: _, ...line }) => line);
      assert.deepEqual(checkSums({ ...order, order_lines: bare }), []);
      assert.deepEqual(checkSums({ ...order, order_lines: order_lines.map(({ tax_rate: _, ...line }) => line) }), []);
    }),
    200,
  );
});

test('an order amount off by anything, even 1, is the one fault named, with how far it is off', async () => {
  await fuzz(
    fc.property(consistent, beyond, (order, by) => {
      const got = order.order_amount + by;
      const faults = checkSums({ ...order, order_amount: got });
      assert.deepEqual(faults, [{ field: 'order_amount', expected: order.order_amount, got, tolerance: 0 }]);
    }),
    300,
  );
});

test('an order tax may be off by one a line and not by more; in the US by nothing', async () => {
  await fuzz(
    fc.property(consistent, beyond, (order, by) => {
      const american = order.purchase_country === 'US' && order.order_lines.some(({ type }) => type === 'sales_tax');
      const taxed = order.order_lines.filter(({ type }) => type === 'sales_tax');
      const expected = american
        ? sumOfLines(taxed)
        : order.order_lines.reduce((sum, line) => sum + (line.total_tax_amount ?? 0), 0);
      const tolerance = american ? 0 : order.order_lines.length;
      const edge = expected + Math.sign(by) * tolerance;
      assert.deepEqual(checkSums({ ...order, order_tax_amount: edge }), []);
      const got = edge + by;
      const faults = checkSums({ ...order, order_tax_amount: got });
      assert.deepEqual(faults, [{ field: 'order_tax_amount', expected, got, tolerance }]);
    }),
    300,
  );
});

test('a line total may be off by one a unit (a single unit by nothing) and not by more', async () => {
  await fuzz(
    fc.property(european, fc.nat(), beyond, (order, which, by) => {
      const index = which % order.order_lines.length;
      // Only the total is to be wrong, so the line states no tax and the order's amount goes along.
      const change = (total_amount: number): OrderAmounts => {
        const order_lines = order.order_lines.map(({ total_tax_amount: _, ...line }, i) =>
          i === index ? { ...line, total_amount } : line,
        );
        return { order_amount: sumOfLines(order_lines), order_lines, purchase_country: order.purchase_country };
      };
      const line = order.order_lines[index] as LineAmounts;
      const tolerance = line.quantity > 1 ? line.quantity : 0;
      const expected = lineTotal(line);
      const edge = expected + Math.sign(by) * tolerance;
      assert.deepEqual(checkSums(change(edge)), []);
      const got = edge + by;
      assert.deepEqual(checkSums(change(got)), [{ field: 'line.total_amount', line: index, expected, got, tolerance }]);
    }),
    300,
  );
});

test('a line tax moved out of its tolerance is the one fault named, with its line', async () => {
  await fuzz(
    fc.property(european, fc.nat(), beyond, ({ order_tax_amount: _, ...order }, which, by) => {
      const taxed = order.order_lines.flatMap(({ tax_rate }, index) => (tax_rate === undefined ? [] : [index]));
      fc.pre(taxed.length > 0);
      const index = taxed[which % taxed.length] as number;
      const line = order.order_lines[index] as LineAmounts;
      const taxes = acceptableTaxes(line.total_amount, line.tax_rate ?? 0);
      const got = (by > 0 ? Math.max(...taxes) : Math.min(...taxes)) + by;
      const order_lines = order.order_lines.map((each, i) => (i === index ? { ...each, total_tax_amount: got } : each));
      const expected = containedTax(line.total_amount, line.tax_rate ?? 0);
      assert.deepEqual(checkSums({ ...order, order_lines }), [
        { field: 'line.total_tax_amount', line: index, expected, got, tolerance: 1 },
      ]);
    }),
    300,
  );
});

test('whatever single figure is moved, by however little, the faults are those of exact arithmetic', async () => {
  const figures = ['quantity', 'unit_price', 'total_amount', 'total_discount_amount', 'tax_rate', 'total_tax_amount'];
  const small = fc.constantFrom(-3, -2, -1, 1, 2, 3);
  await fuzz(
    fc.property(
      consistent,
      fc.nat(),
      fc.constantFrom(...figures),
      fc.oneof(small, beyond),
      (order, which, figure, by) => {
        const index = which % order.order_lines.length;
        const order_lines = order.order_lines.map((line, i) => {
          const before = (line as unknown as Record<string, number | undefined>)[figure] ?? 0;
          const floor = figure === 'quantity' || figure === 'tax_rate' ? 0 : Number.NEGATIVE_INFINITY;
          return i === index ? { ...line, [figure]: Math.max(floor, before + by) } : line;
        });
        const moved = { ...order, order_lines };
        assert.deepEqual(checkSums(moved).map(withoutExpected), exactFaults(moved));
      },
    ),
    500,
  );
});

test('a thousand lines of the highest price add up exactly: one minor unit too many or too few is seen', () => {
  const order_lines = Array.from({ length: 1000 }, () => ({ quantity: 1, unit_price: MOST, total_amount: MOST }));
  const order = { order_amount: 1000 * MOST, order_lines, purchase_country: 'DE' };
  assert.equal(sumOfLines(order_lines), 200_000_000_000);
  assert.deepEqual(checkSums(order), []);
  for (const by of [-1, 1]) {
    const got = order.order_amount + by;
    const fault = { field: 'order_amount', expected: order.order_amount, got, tolerance: 0 };
    assert.deepEqual(checkSums({ ...order, order_amount: got }), [fault]);
  }
});

test('figures that bodies may carry but no order can have (the greatest quantity, the least price) are refused', async () => {
  const least = fc.oneof(
    fc.integer({ min: Number.MIN_SAFE_INTEGER, max: -MOST }),
    fc.integer({ min: -MOST, max: MOST }),
  );
  const wild = fc.record({
    quantity: fc.oneof(fc.constantFrom(0, 1, 2, 2_147_483_647), fc.nat(2_147_483_647)),
    unit_price: least,
    total_amount: least,
    total_discount_amount: fc.nat(MOST),
  });
  await fuzz(
    fc.property(fc.array(wild, { minLength: 1, maxLength: 5 }), fc.nat(MOST), (order_lines, order_amount) => {
      const order = { order_amount, order_lines, purchase_country: 'DE' };
      // Beyond 2⁵³ the expected figure is only near, but whether there is a fault must not depend on it.
      assert.deepEqual(checkSums(order).map(withoutExpected), exactFaults(order));
    }),
    500,
  );
});

// ---- Tax -----------------------------------------------------------------------------------------------------------

const gross = fc.oneof(fc.constantFrom(0, 1, -1, MOST, -MOST), fc.integer({ min: -MOST, max: MOST }));

function lineTaxAccepted(total_amount: number, tax_rate: number, total_tax_amount: number): boolean {
  const line = { quantity: 1, unit_price: total_amount, total_amount, tax_rate, total_tax_amount };
  return checkSums({ order_amount: total_amount, order_lines: [line], purchase_country: 'DE' }).length === 0;
}

test('the check of a line tax agrees with exact arithmetic for every rate and total, just inside and just outside', async () => {
  await fuzz(
    fc.property(gross, rate, fc.integer({ min: -4, max: 4 }), (total_amount, tax_rate, off) => {
      const tax = Math.trunc((total_amount * tax_rate) / (10_000 + tax_rate)) + off;
      assert.equal(lineTaxAccepted(total_amount, tax_rate, tax), isTaxClose(total_amount, tax_rate, tax));
    }),
    3000,
  );
});

test('the check of a line tax agrees with exact arithmetic for taxes that have nothing to do with the total', async () => {
  await fuzz(
    fc.property(gross, rate, gross, (total_amount, tax_rate, tax) => {
      assert.equal(lineTaxAccepted(total_amount, tax_rate, tax), isTaxClose(total_amount, tax_rate, tax));
    }),
    500,
  );
});

test('the contained tax is a whole number within half a minor unit of the exact one, alike for both signs', async () => {
  await fuzz(
    fc.property(gross, rate, (amount, tax_rate) => {
      const tax = containedTax(amount, tax_rate);
      const divisor = 10_000n + BigInt(tax_rate);
      assert.ok(Number.isSafeInteger(tax));
      assert.ok(!Object.is(tax, -0), 'no negative zero');
      assert.ok(2n * distance(BigInt(tax) * divisor, taxNumerator(amount, tax_rate)) <= divisor);
      assert.equal(containedTax(-amount, tax_rate), tax === 0 ? 0 : -tax);
    }),
    2000,
  );
});

test('contained tax: figures of Klarna’s pages, and halves away from zero', () => {
  const rows: readonly [gross: number, rate: number, tax: number][] = [
    [10_000, 2_500, 2_000],
    [59_500, 2_500, 11_900],
    [2_900, 2_000, 483],
    [495, 700, 32],
    [11_900, 1_900, 1_900],
    [1, 10_000, 1],
    [-1, 10_000, -1],
    [3, 10_000, 2],
    [0, 2_500, 0],
    [-100, 0, 0],
    [MOST, 10_000, 100_000_000],
  ];
  for (const [amount, tax_rate, tax] of rows) assert.equal(containedTax(amount, tax_rate), tax);
});

test('documented samples: what Klarna accepted passes, what Klarna refused does not', () => {
  assert.ok(lineTaxAccepted(2_900, 2_000, 483));
  assert.ok(lineTaxAccepted(59_500, 2_500, 11_900));
  assert.ok(!lineTaxAccepted(495, 700, 41), 'a recorded refusal: 495 at 7 % with tax 41');
  assert.ok(!lineTaxAccepted(8_000, 2_500, 2_000));
});

test('a US order: the tax line is part of the amount, and the order tax is that line', () => {
  const goods = { type: 'physical', quantity: 1, unit_price: 20_000, total_amount: 20_000 };
  const tax = { type: 'sales_tax', quantity: 1, unit_price: 1_000, total_amount: 1_000 };
  const order = { order_amount: 21_000, order_tax_amount: 1_000, order_lines: [goods, tax], purchase_country: 'US' };
  assert.deepEqual(checkSums(order), []);
  assert.deepEqual(
    checkSums({ ...order, purchase_country: 'DE' }).map(({ field }) => field),
    ['order_tax_amount'],
  );
});

test('faults come lines first, in their order, then the totals', () => {
  const wrong = { quantity: 1, unit_price: 100, total_amount: 90, tax_rate: 2_500, total_tax_amount: 50 };
  const faults = checkSums({
    order_amount: 1,
    order_tax_amount: 1,
    order_lines: [wrong, wrong],
    purchase_country: 'DE',
  });
  assert.deepEqual(
    faults.map(({ field, line }) => [field, line]),
    [
      ['line.total_amount', 0],
      ['line.total_tax_amount', 0],
      ['line.total_amount', 1],
      ['line.total_tax_amount', 1],
      ['order_amount', undefined],
      ['order_tax_amount', undefined],
    ],
  );
});
