/**
 * The markets of Klarna Payments: country, currency, locales, region and the form of postal codes.
 *
 * Sources: Klarna's table of purchase countries (local currency only, locale = language and country), Klarna's list of
 * processing currencies, ISO 4217 for exponents, the Universal Postal Union for postal codes. Which host serves which
 * country is inferred from Klarna's market lists: North America has US, CA and MX, Oceania AU and NZ, Europe the rest.
 */

/** The region a market's credentials and host belong to: Europe, North America, Oceania. */
export type Region = 'eu' | 'na' | 'oc';

interface CurrencyRow {
  /** Digits after the decimal point: an amount of 1 is 10^-exponent of the currency. */
  readonly exponent: number;
  /** Klarna is reported to process payments in it; the other currencies belong to a market only. */
  readonly processing: boolean;
}

/** All two digits by ISO 4217, HUF included: Klarna's minor unit is a hundredth everywhere. */
export const currencies = {
  AUD: { exponent: 2, processing: true },
  CAD: { exponent: 2, processing: true },
  CHF: { exponent: 2, processing: false },
  CZK: { exponent: 2, processing: false },
  DKK: { exponent: 2, processing: true },
  EUR: { exponent: 2, processing: true },
  GBP: { exponent: 2, processing: true },
  HUF: { exponent: 2, processing: false },
  MXN: { exponent: 2, processing: false },
  NOK: { exponent: 2, processing: true },
  NZD: { exponent: 2, processing: true },
  PLN: { exponent: 2, processing: false },
  RON: { exponent: 2, processing: false },
  SEK: { exponent: 2, processing: true },
  USD: { exponent: 2, processing: true },
} as const satisfies Readonly<Record<string, CurrencyRow>>;

export type CurrencyCode = keyof typeof currencies;

interface MarketRow {
  readonly name: string;
  readonly region: Region;
  readonly currency: CurrencyCode;
  /** In the order of preference: the languages of the country, then English. */
  readonly locales: readonly [string, ...string[]];
  readonly postal_code: RegExp;
}

/**
 * A whole postal code. Blanks around it pass, because shops send them; letters pass in either case.
 * Each pattern is of bounded length and the anchors leave one place to begin, so matching takes linear time.
 */
function postal(pattern: string): RegExp {
  return new RegExp(`^ *(?:${pattern}) *$`, 'i');
}

const FOUR_DIGITS = postal('\\d{4}');
const FIVE_DIGITS = postal('\\d{5}');
const SIX_DIGITS = postal('\\d{6}');
const THREE_AND_TWO = postal('\\d{3} ?\\d{2}');

const GB_OUTWARD = '[A-PR-UWYZ](?:\\d{1,2}|\\d[A-HJKPSTUW]|[A-HK-Y]\\d{1,2}|[A-HK-Y]\\d[ABEHMNPRVWXY])';
const GB_INWARD = '\\d[ABD-HJLNP-UW-Z]{2}';
const IE_ROUTING_KEY = '(?:D6W|[AC-FHKNPRTV-Y]\\d{2})';
const CA_FIRST_HALF = '[ABCEGHJ-NPRSTVXY]\\d[ABCEGHJ-NPRSTV-Z]';
const CA_SECOND_HALF = '\\d[ABCEGHJ-NPRSTV-Z]\\d';

const table = {
  AU: { name: 'Australia', region: 'oc', currency: 'AUD', locales: ['en-AU'], postal_code: FOUR_DIGITS },
  AT: { name: 'Austria', region: 'eu', currency: 'EUR', locales: ['de-AT', 'en-AT'], postal_code: FOUR_DIGITS },
  BE: {
    name: 'Belgium',
    region: 'eu',
    currency: 'EUR',
    locales: ['nl-BE', 'fr-BE', 'en-BE'],
    postal_code: FOUR_DIGITS,
  },
  CA: {
    name: 'Canada',
    region: 'na',
    currency: 'CAD',
    locales: ['en-CA', 'fr-CA'],
    postal_code: postal(`${CA_FIRST_HALF}[ -]?${CA_SECOND_HALF}`),
  },
  CZ: { name: 'Czechia', region: 'eu', currency: 'CZK', locales: ['cs-CZ', 'en-CZ'], postal_code: THREE_AND_TWO },
  DK: { name: 'Denmark', region: 'eu', currency: 'DKK', locales: ['da-DK', 'en-DK'], postal_code: FOUR_DIGITS },
  FI: {
    name: 'Finland',
    region: 'eu',
    currency: 'EUR',
    locales: ['fi-FI', 'sv-FI', 'en-FI'],
    postal_code: FIVE_DIGITS,
  },
  FR: { name: 'France', region: 'eu', currency: 'EUR', locales: ['fr-FR', 'en-FR'], postal_code: FIVE_DIGITS },
  DE: { name: 'Germany', region: 'eu', currency: 'EUR', locales: ['de-DE', 'en-DE'], postal_code: FIVE_DIGITS },
  GR: { name: 'Greece', region: 'eu', currency: 'EUR', locales: ['el-GR', 'en-GR'], postal_code: THREE_AND_TWO },
  HU: { name: 'Hungary', region: 'eu', currency: 'HUF', locales: ['hu-HU', 'en-HU'], postal_code: FOUR_DIGITS },
  IE: {
    name: 'Ireland',
    region: 'eu',
    currency: 'EUR',
    locales: ['en-IE'],
    postal_code: postal(`${IE_ROUTING_KEY} ?[0-9AC-FHKNPRTV-Y]{4}`),
  },
  IT: { name: 'Italy', region: 'eu', currency: 'EUR', locales: ['it-IT', 'en-IT'], postal_code: FIVE_DIGITS },
  MX: { name: 'Mexico', region: 'na', currency: 'MXN', locales: ['es-MX', 'en-MX'], postal_code: FIVE_DIGITS },
  NL: {
    name: 'Netherlands',
    region: 'eu',
    currency: 'EUR',
    locales: ['nl-NL', 'en-NL'],
    postal_code: postal('[1-9]\\d{3} ?[A-Z]{2}'),
  },
  NZ: { name: 'New Zealand', region: 'oc', currency: 'NZD', locales: ['en-NZ'], postal_code: FOUR_DIGITS },
  NO: { name: 'Norway', region: 'eu', currency: 'NOK', locales: ['nb-NO', 'en-NO'], postal_code: FOUR_DIGITS },
  PL: {
    name: 'Poland',
    region: 'eu',
    currency: 'PLN',
    locales: ['pl-PL', 'en-PL'],
    postal_code: postal('\\d{2}[ -]?\\d{3}'),
  },
  PT: {
    name: 'Portugal',
    region: 'eu',
    currency: 'EUR',
    locales: ['pt-PT', 'en-PT'],
    postal_code: postal('[1-9]\\d{3}[ -]?\\d{3}'),
  },
  RO: { name: 'Romania', region: 'eu', currency: 'RON', locales: ['ro-RO', 'en-RO'], postal_code: SIX_DIGITS },
  SK: { name: 'Slovakia', region: 'eu', currency: 'EUR', locales: ['sk-SK', 'en-SK'], postal_code: THREE_AND_TWO },
  ES: {
    name: 'Spain',
    region: 'eu',
    currency: 'EUR',
    locales: ['es-ES', 'en-ES'],
    postal_code: postal('(?:0[1-9]|[1-4]\\d|5[0-2])\\d{3}'),
  },
  SE: { name: 'Sweden', region: 'eu', currency: 'SEK', locales: ['sv-SE', 'en-SE'], postal_code: THREE_AND_TWO },
  CH: {
    name: 'Switzerland',
    region: 'eu',
    currency: 'CHF',
    locales: ['de-CH', 'fr-CH', 'it-CH', 'en-CH'],
    postal_code: FOUR_DIGITS,
  },
  GB: {
    name: 'United Kingdom',
    region: 'eu',
    currency: 'GBP',
    locales: ['en-GB'],
    postal_code: postal(`GIR ?0AA|${GB_OUTWARD} ?${GB_INWARD}`),
  },
  US: {
    name: 'United States',
    region: 'na',
    currency: 'USD',
    locales: ['en-US', 'es-US'],
    postal_code: postal('\\d{5}(?:[ -]?\\d{4})?'),
  },
} as const satisfies Readonly<Record<string, MarketRow>>;

/** A country Klarna Payments sells in, ISO 3166-1 alpha-2, upper case. */
export type CountryCode = keyof typeof table;

export interface Market extends MarketRow {
  readonly country: CountryCode;
}

/** The 26 markets. */
export const markets: readonly Market[] = (Object.keys(table) as CountryCode[]).map((country) => ({
  country,
  ...table[country],
}));

const byCountry: ReadonlyMap<string, Market> = new Map(markets.map((market) => [market.country, market]));

/** The market of a country code in either case, or undefined where Klarna Payments does not sell. */
export function marketOf(country: string): Market | undefined {
  return byCountry.get(country.toUpperCase());
}

/** Whether a locale such as `sv-SE` is one of the country's; both in either case. A bare language (`sv`) is not. */
export function isSupportedLocale(country: string, locale: string): boolean {
  const wanted = locale.toLowerCase();
  return marketOf(country)?.locales.some((supported) => supported.toLowerCase() === wanted) ?? false;
}
