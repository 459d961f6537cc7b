import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../testing.ts';
import { type DecimalFault, decimalFromMinor, minorFromDecimal } from './decimal.ts';

const decimals = fc.integer({ min: 0, max: 4 });

test('what clients send as decimals becomes the minor units they meant', () => {
  const rows: readonly [string, number, number][] = [
    ['100.00', 2, 10_000],
    ['12.5', 2, 1_250],
    ['7', 2, 700],
    ['007.10', 2, 710],
    ['0.01', 2, 1],
    ['-3', 2, -300],
    ['500', 0, 500],
    ['1.234', 3, 1_234],
    // The amounts that multiplying a fraction gets wrong.
    ['1.15', 2, 115],
    ['19.99', 2, 1_999],
    ['4.35', 2, 435],
    ['90071992547409.91', 2, Number.MAX_SAFE_INTEGER],
  ];
  for (const [text, of, expected] of rows)
    assert.deepEqual(minorFromDecimal(text, of), { amount_minor: expected }, text);
  assert.ok(Object.is(minorFromDecimal('-0.00').amount_minor, 0), 'no negative zero');
});

test('what is no amount of the currency is refused, with the reason', () => {
  const rows: readonly [string, number, DecimalFault][] = [
    ['', 2, 'not_decimal'],
    ['.', 2, 'not_decimal'],
    ['1.', 2, 'not_decimal'],
    ['.5', 2, 'not_decimal'],
    ['1,50', 2, 'not_decimal'],
    ['1e3', 2, 'not_decimal'],
    ['0x10', 2, 'not_decimal'],
    ['+1', 2, 'not_decimal'],
    [' 1', 2, 'not_decimal'],
    ['1\n', 2, 'not_decimal'],
    ['NaN', 2, 'not_decimal'],
    ['Infinity', 2, 'not_decimal'],
    ['١', 2, 'not_decimal'],
    ['1.005', 2, 'too_many_decimals'],
    ['1.000', 2, 'too_many_decimals'],
    ['1.0', 0, 'too_many_decimals'],
    ['90071992547409.92', 2, 'too_large'],
    ['9'.repeat(5_000), 2, 'too_large'],
  ];
  for (const [text, of, expected] of rows) assert.deepEqual(minorFromDecimal(text, of), { fault: expected }, text);
});

test('every amount survives the way to decimals and back, whatever the currency', async () => {
  await fuzz(
    fc.property(fc.maxSafeInteger(), decimals, (amount, of) => {
      const text = decimalFromMinor(amount, of);
      assert.match(text, of === 0 ? /^-?\d+$/ : new RegExp(`^-?(?:0|[1-9]\\d*)\\.\\d{${of}}$`));
      assert.deepEqual(minorFromDecimal(text, of), { amount_minor: amount });
    }),
    1_000,
  );
});

test('a text is read as the number it writes, to the last digit, or not at all', async () => {
  const digits = (max: number) => fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: max });
  await fuzz(
    fc.property(fc.boolean(), digits(18), fc.option(digits(5)), decimals, (negative, whole, fraction, of) => {
      const text = `${negative ? '-' : ''}${whole.join('')}${fraction ? `.${fraction.join('')}` : ''}`;
      const { amount_minor, fault } = minorFromDecimal(text, of);
      const exact = BigInt(`${whole.join('')}${(fraction ?? []).join('').padEnd(of, '0')}`) * (negative ? -1n : 1n);
      if ((fraction?.length ?? 0) > of) assert.equal(fault, 'too_many_decimals');
      else if (exact > BigInt(Number.MAX_SAFE_INTEGER) || exact < BigInt(Number.MIN_SAFE_INTEGER))
        assert.equal(fault, 'too_large');
      else assert.equal(BigInt(amount_minor ?? Number.NaN), exact);
    }),
    1_000,
  );
});

test('no text makes the reading fail, and only digits are read', async () => {
  await fuzz(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      if (minorFromDecimal(text).fault !== 'not_decimal') assert.match(text, /^-?\d+(?:\.\d+)?$/);
    }),
    500,
  );
});

test('a fraction of a minor unit is never written', () => {
  for (const amount of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
    assert.throws(() => decimalFromMinor(amount), RangeError);
});
