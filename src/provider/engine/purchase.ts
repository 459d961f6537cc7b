/**
 * What makes a purchase acceptable: sums that hold, then a market that exists. Checked when a session is created or
 * changed and again when the order is placed. Source: Klarna Payments error details, tax handling, purchase countries.
 */
import { isSupportedLocale, marketOf } from '../../catalogue/markets.ts';
import { formatMoney, minorUnits } from '../../money/format.ts';
import { checkSums, containedTax, lineTotal, type SumFault } from '../../money/lines.ts';
import type { SessionCreate } from '../../wire/klarna-payments.ts';
import type { Explanation } from './outcome.ts';

type Purchase = Pick<
  SessionCreate,
  | 'order_amount'
  | 'order_tax_amount'
  | 'order_lines'
  | 'purchase_country'
  | 'purchase_currency'
  | 'locale'
  | 'billing_address'
  | 'attachment'
>;

type Market = Pick<Purchase, 'purchase_country' | 'purchase_currency' | 'locale' | 'billing_address'>;

/** What `locale` is when a session does not say. */
export const DEFAULT_LOCALE = 'en-US';

/** Everything wrong with a purchase, each with the field that Klarna names for it. Empty when nothing is. */
export function purchaseFaults(purchase: Purchase): Explanation[] {
  return [...sumFaults(purchase), ...marketFaults(purchase), ...attachmentFaults(purchase)];
}

/** What is wrong with a charge of a customer token. Its country is the token's, so only its sums and extra data can be wrong. */
export function chargeFaults(purchase: Purchase): Explanation[] {
  return [...sumFaults(purchase), ...attachmentFaults(purchase)];
}

/** The country whose rules apply: the billing country, when given, overrides the purchase country. */
export function decidingCountry(purchase: Pick<Purchase, 'purchase_country' | 'billing_address'>): string {
  return purchase.billing_address?.country ?? purchase.purchase_country;
}

function sumFaults(purchase: Purchase): Explanation[] {
  return checkSums({ ...purchase, purchase_country: decidingCountry(purchase) }).map((fault) =>
    explainSum(fault, purchase),
  );
}

function explainSum(fault: SumFault, purchase: Purchase): Explanation {
  const money = (amount: number) => formatMoney(amount, purchase.purchase_currency);
  const line = fault.line === undefined ? undefined : purchase.order_lines[fault.line];
  const field = fault.line === undefined ? fault.field : fault.field.replace('line', `order_lines[${fault.line}]`);
  const off_by = fault.got - fault.expected;
  const allowed = fault.tolerance > 0 ? ` (up to ${fault.tolerance} off is accepted)` : '';
  return {
    field,
    ...(fault.line !== undefined && { line: fault.line }),
    expected: fault.expected,
    got: fault.got,
    off_by,
    message: `${sumInWords(fault, line)} is ${money(fault.expected)}, but ${field} says ${money(fault.got)}: off by ${minorUnits(off_by)}${allowed}.`,
    change: `Send ${field} = ${fault.expected}, or correct the figures it follows from.`,
  };
}

function sumInWords(fault: SumFault, line: Purchase['order_lines'][number] | undefined): string {
  if (fault.field === 'line.total_amount' && line) {
    const discount = line.total_discount_amount ? ` - total_discount_amount ${line.total_discount_amount}` : '';
    return `Line ${fault.line} ("${line.name}"): quantity ${line.quantity} × unit_price ${line.unit_price}${discount}, ${lineTotal(line)},`;
  }
  if (fault.field === 'line.total_tax_amount' && line) {
    const rate = line.tax_rate ?? 0;
    return `Line ${fault.line} ("${line.name}"): the tax contained in ${line.total_amount} at tax_rate ${rate} (${rate / 100} %), ${containedTax(line.total_amount, rate)},`;
  }
  if (fault.field === 'order_amount') return 'The sum of the lines’ total_amount';
  return 'The sum of the tax on the lines';
}

/** Country, currency and locale that do not fit each other, or that Klarna does not have. */
export function marketFaults(purchase: Market): Explanation[] {
  const home = marketOf(purchase.purchase_country);
  if (!home) {
    return [
      {
        field: 'purchase_country',
        got: purchase.purchase_country,
        message: `Klarna has no market ${purchase.purchase_country}.`,
        change: 'Send the ISO 3166 alpha-2 code of a country that Klarna serves.',
      },
    ];
  }
  const country = decidingCountry(purchase);
  return [...currencyFault(purchase, country), ...localeFault(purchase, country)];
}

function currencyFault(purchase: Market, country: string): Explanation[] {
  const market = marketOf(country);
  if (market?.currency === purchase.purchase_currency) return [];
  const overridden =
    country !== purchase.purchase_country
      ? ` (the billing country overrides purchase_country ${purchase.purchase_country})`
      : '';
  return [
    {
      field: 'purchase_currency',
      got: purchase.purchase_currency,
      ...(market && { expected: market.currency }),
      message: market
        ? `In ${country}${overridden} Klarna takes ${market.currency}, not ${purchase.purchase_currency}.`
        : `Klarna has no market ${country}${overridden}, so no currency fits.`,
      change: market
        ? `Send purchase_currency = ${market.currency}, or correct the country.`
        : 'Correct billing_address.country.',
    },
  ];
}

/** A bare language is accepted everywhere; a language with a country must be one that the market speaks. */
function localeFault(purchase: Market, country: string): Explanation[] {
  const { locale } = purchase;
  if (locale === undefined || !locale.includes('-')) return [];
  if (isSupportedLocale(country, locale) || isSupportedLocale(purchase.purchase_country, locale)) return [];
  const supported = marketOf(country)?.locales.join(', ') ?? 'none';
  return [
    {
      field: 'locale',
      got: locale,
      expected: supported,
      message: `${locale} is not a locale of ${country}; it has ${supported}.`,
      change: 'Send one of those locales, or the language alone.',
    },
  ];
}

/** Extra merchant data is a JSON object, serialised as text. */
function attachmentFaults({ attachment }: Purchase): Explanation[] {
  if (!attachment || isJsonObject(attachment.body)) return [];
  return [
    {
      field: 'attachment.attachment',
      message: 'attachment.body is not the text of a JSON object.',
      change: 'Serialise the extra merchant data with JSON.stringify and send the resulting text as attachment.body.',
    },
  ];
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
