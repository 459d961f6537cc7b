/** How amounts are shown to people. */
import { decimalFromMinor } from './decimal.ts';

/** `123456, 'SEK'` → `1234.56 SEK`. */
export function formatMoney(amount_minor: number, currency: string): string {
  return `${decimalFromMinor(amount_minor)} ${currency}`;
}

/** `1` → `1 minor unit`, `-3` → `-3 minor units`. */
export function minorUnits(count: number): string {
  return `${count} minor unit${Math.abs(count) === 1 ? '' : 's'}`;
}
