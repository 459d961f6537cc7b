/** What is bought in the probes. */

export const line = (total_amount: number, more: object = {}): object => ({
  name: 'Shoe',
  quantity: 1,
  unit_price: total_amount,
  total_amount,
  ...more,
});

/** A purchase of these lines; the amount is their sum. */
export function purchase(order_lines: readonly object[], more: object = {}): object {
  const order_amount = order_lines.reduce(
    (sum, { total_amount }: { total_amount?: number }) => sum + (total_amount ?? 0),
    0,
  );
  return { purchase_country: 'SE', purchase_currency: 'SEK', locale: 'sv-SE', order_amount, order_lines, ...more };
}

/** 100.00 SEK, of which 20.00 are tax. */
export const PURCHASE = purchase(
  [line(10_000, { type: 'physical', reference: 'shoe', tax_rate: 2_500, total_tax_amount: 2_000 })],
  { order_tax_amount: 2_000 },
);

/** The purchase with other fields. */
export const bought = (more: object): object => ({ ...PURCHASE, ...more });

/** The purchase with one line that has these fields; nothing else about the line is wrong. */
export const withLine = (more: object): object => bought({ order_lines: [line(10_000, more)], order_tax_amount: 0 });

/** 100.00 of a market's currency, without tax. */
export const inMarket = (
  purchase_country: string,
  purchase_currency: string,
  locale: string,
  amount = 10_000,
): object => purchase([line(amount, { reference: 'shoe' })], { purchase_country, purchase_currency, locale });

export const IN_US = inMarket('US', 'USD', 'en-US');
export const IN_GERMANY = inMarket('DE', 'EUR', 'de-DE');

export const ALMA = {
  given_name: 'Alma',
  family_name: 'Ek',
  email: 'customer@email.se',
  street_address: 'Storgatan 1',
  postal_code: '123 45',
  city: 'Stockholm',
  country: 'SE',
} as const;

export const DHL = {
  shipping_company: 'DHL',
  shipping_method: 'Home',
  tracking_number: '63456415674545679874',
} as const;

/** An id that nobody has. */
export const NOBODY = '0190a0b0-0000-4000-8000-000000000000';

/** Two idempotency keys. */
export const KEY = '7d2f1c30-8f61-4f3c-9a56-1f5b1a4d7e01';
export const OTHER_KEY = '7d2f1c30-8f61-4f3c-9a56-1f5b1a4d7e02';

export const long = (length: number): string => 'x'.repeat(length);
