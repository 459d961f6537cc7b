/** How amounts are shown to people. Every currency Klarna processes has two decimals (HUF included). */

/** `123456, 'SEK'` → `1234.56 SEK`. */
export function formatMoney(amount_minor: number, currency: string): string {
  const sign = amount_minor < 0 ? '-' : '';
  const digits = String(Math.abs(amount_minor)).padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)} ${currency}`;
}

/** `1` → `1 minor unit`, `-3` → `-3 minor units`. */
export function minorUnits(count: number): string {
  return `${count} minor unit${Math.abs(count) === 1 ? '' : 's'}`;
}
