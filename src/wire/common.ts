/** Rules that several of Klarna's APIs share. */
import { choice, integer, object, type Rule, required, text } from './shape.ts';

/** Ids are UUIDs of any version, in either case. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function upperCase(rule: Rule<string>): Rule<string> {
  return (value, scan) => rule(value, scan)?.toUpperCase();
}

/** ISO 3166 alpha-2 in either case, returned in upper case. */
export const country = () => upperCase(text({ pattern: /^[A-Za-z]{2}$/, like: 'a two-letter country code' }));

/** As `country`, or nothing: what clears the field where fields can be cleared. */
export const countryOrEmpty = () =>
  upperCase(text({ pattern: /^(?:[A-Za-z]{2})?$/, like: 'a two-letter country code' }));

/** ISO 4217 in either case, returned in upper case. */
export const currency = () => upperCase(text({ pattern: /^[A-Za-z]{3}$/, like: 'a three-letter currency code' }));

export const locale = () =>
  text({ pattern: /^[A-Za-z]{2}(?:-[A-Za-z]{2})*$/, like: 'a language, or language-country' });

/**
 * A URL that Klarna calls or sends the shopper to. The real API takes https only; here plain http to one's own machine
 * is allowed too, because that is where the shop under development runs.
 */
export const callbackUrl = () =>
  text({ max: 2000, pattern: CALLBACK_URL, like: 'an https:// URL (or http://localhost)' });
const CALLBACK_URL =
  /^(?:https:\/\/.|http:\/\/(?:localhost|[a-z0-9-]+\.localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal)(?:[:/?#]|$))/i;

/** As the rule, or an empty text where that is how clients say that there is none. */
export function orEmpty(rule: Rule<string>): Rule<string> {
  return (value, scan) => (value === '' ? '' : rule(value, scan));
}

export const MAX_LINES = 1000;
export const MAX_AMOUNT = 200_000_000;

export const LINE_TYPES = [
  'physical',
  'discount',
  'shipping_fee',
  'sales_tax',
  'digital',
  'gift_card',
  'store_credit',
  'surcharge',
] as const;

/** An address. The fields are the same in every API, their lengths are not. */
export const addressOf = (limits: {
  readonly person: number;
  readonly place: number;
  readonly organization: number;
  /** The fewest characters of a phone number that is given. */
  readonly phone_min?: number;
  readonly country: Rule<string>;
}) =>
  object({
    given_name: text({ max: limits.person }),
    family_name: text({ max: limits.person }),
    organization_name: text({ max: limits.organization }),
    attention: text({ max: limits.organization }),
    email: text({ max: limits.person }),
    title: text({ max: 20 }),
    street_address: text({ max: limits.person }),
    street_address2: text({ max: limits.person }),
    postal_code: text({ max: 10 }),
    city: text({ max: limits.place }),
    region: text({ max: limits.place }),
    phone: text({ min: limits.phone_min ?? 0, max: limits.person }),
    country: limits.country,
  });

const productIdentifiers = object({
  brand: text({ max: 70 }),
  category_path: text({ max: 750 }),
  global_trade_item_number: text({ max: 50 }),
  manufacturer_part_number: text({ max: 70 }),
  color: text({ max: 64 }),
  size: text({ max: 64 }),
});

const subscription = object({
  name: required(text({ min: 1, max: 255 })),
  interval: required(choice(['DAY', 'WEEK', 'MONTH', 'YEAR'])),
  interval_count: required(integer({ min: 1 })),
});

/** An order line. Amounts in minor units, `tax_rate` in basis points; the APIs differ in the limits named here. */
export const orderLineOf = <const T extends string>(limits: {
  readonly types: readonly T[];
  readonly name_min: number;
  readonly quantity_unit: number;
  readonly tax_rate: number;
  readonly reference?: number;
  readonly merchant_data?: number;
  readonly amount?: number;
}) =>
  object({
    type: choice(limits.types),
    reference: text({ max: limits.reference ?? 255 }),
    name: required(text({ min: limits.name_min, max: 255 })),
    quantity: required(integer({ min: 0, max: 2_147_483_647 })),
    quantity_unit: text({ max: limits.quantity_unit }),
    unit_price: required(integer({ max: limits.amount ?? MAX_AMOUNT })),
    tax_rate: integer({ min: 0, max: limits.tax_rate }),
    total_amount: required(integer({ max: limits.amount ?? MAX_AMOUNT })),
    total_discount_amount: integer({ min: 0, max: limits.amount ?? MAX_AMOUNT }),
    total_tax_amount: integer({ max: limits.amount ?? MAX_AMOUNT }),
    merchant_data: text({ max: limits.merchant_data ?? 1024 }),
    product_url: text({ max: 1024 }),
    image_url: text({ max: 1024 }),
    product_identifiers: productIdentifiers,
    subscription,
  });
