import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../testing.ts';
import { formatMoney } from './format.ts';

test('amounts as people read them: cents padded, the sign in front, nothing grouped', () => {
  const rows: readonly [number, string, string][] = [
    [0, 'EUR', '0.00 EUR'],
    [1, 'EUR', '0.01 EUR'],
    [-1, 'EUR', '-0.01 EUR'],
    [99, 'SEK', '0.99 SEK'],
    [100, 'SEK', '1.00 SEK'],
    [123_456, 'SEK', '1234.56 SEK'],
    [-123_456, 'HUF', '-1234.56 HUF'],
    [200_000_000_000, 'USD', '2000000000.00 USD'],
  ];
  for (const [amount, currency, expected] of rows) assert.equal(formatMoney(amount, currency), expected);
  assert.equal(formatMoney(-0, 'EUR'), '0.00 EUR');
});

test('no digit of any amount is lost: what is shown reads back as the same amount', async () => {
  await fuzz(
    fc.property(fc.maxSafeInteger(), (amount) => {
      const shown = formatMoney(amount, 'EUR');
      assert.match(shown, /^-?(?:0|[1-9]\d*)\.\d\d EUR$/);
      assert.equal(BigInt(shown.replace('.', '').replace(' EUR', '')), BigInt(amount));
    }),
    500,
  );
});
