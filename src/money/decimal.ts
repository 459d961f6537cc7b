/**
 * Amounts as decimal text, `12.50`, as some APIs write them, and minor units, exactly. The digits are moved, never
 * calculated with, so no amount passes through a fraction.
 */

/** Decimals of a currency unless it is said otherwise: every currency that Klarna processes has two (HUF included). */
const DECIMALS = 2;

/** Why a text is no amount: not digits with a point, more decimals than the currency has, or more than can be counted. */
export type DecimalFault = 'not_decimal' | 'too_many_decimals' | 'too_large';

export type DecimalResult =
  | { readonly amount_minor: number; readonly fault?: never }
  | { readonly amount_minor?: never; readonly fault: DecimalFault };

/**
 * `'12.5'` → 1250, `'-3'` → -300. Decimals beyond those of the currency are a fault even when they are zeros: nobody is to guess what
 * was meant. For an amount that came as a JSON number, pass `String(number)`, which has the digits that were sent.
 * @param decimals how many the currency has: 2 for EUR, 0 for JPY, 3 for KWD
 */
export function minorFromDecimal(text: string, decimals: number = DECIMALS): DecimalResult {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return { fault: 'not_decimal' };
  const [, sign = '', whole = '', fraction = ''] = match;
  if (fraction.length > decimals) return { fault: 'too_many_decimals' };
  const digits = `${whole}${fraction.padEnd(decimals, '0')}`;
  const amount = Number(digits);
  if (!Number.isSafeInteger(amount)) return { fault: 'too_large' };
  // Subtracted from zero, so that '-0' is the same zero as '0'.
  return { amount_minor: sign ? 0 - amount : amount };
}

/**
 * 1250 → `'12.50'`, -5 → `'-0.05'`: always all decimals of the currency, nothing grouped.
 * @throws when the amount is no whole number of minor units, which would be a fault of the caller
 */
export function decimalFromMinor(amount_minor: number, decimals: number = DECIMALS): string {
  if (!Number.isSafeInteger(amount_minor)) throw new RangeError(`${amount_minor} is no amount in minor units`);
  const sign = amount_minor < 0 ? '-' : '';
  const digits = String(Math.abs(amount_minor)).padStart(decimals + 1, '0');
  if (decimals === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
