/** Money and dates as the shopper's locale writes them. */

/** Amounts are minor units; every currency that Klarna processes has two decimals. */
export function moneyIn(locale: string, currency: string): (amount_minor: number) => string {
  const format = new Intl.NumberFormat(known(locale), { style: 'currency', currency });
  return (amount_minor) => format.format(amount_minor / 100);
}

/** @returns a function of days as yyyy-mm-dd */
export function dateIn(locale: string): (day: string) => string {
  const format = new Intl.DateTimeFormat(known(locale), { dateStyle: 'long', timeZone: 'UTC' });
  return (day) => format.format(new Date(`${day}T00:00:00Z`));
}

/** Shops send locales that no browser knows, such as `zh-CN-HK`. */
function known(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
