/**
 * The vocabulary of Klarna payments: every status and error code with advice, and the markets. No state, no input and output.
 *
 * @example
 * const code = catalogueCodeFor('BAD_VALUE', ['Bad value: locale']); // 'BAD_VALUE:locale'
 * if (code !== undefined) lookup(code).action; // what to do about it
 */

export { type CatalogueCode, type CatalogueEntry, catalogue } from './entries.ts';
export type { Actor, Frequency, Kind, Level, Origin, Provoke, Retry, Tier } from './entry.ts';
export { catalogueCodeFor } from './from-wire.ts';
export { lookup, suggest } from './lookup.ts';
export {
  type CountryCode,
  type CurrencyCode,
  currencies,
  isSupportedLocale,
  type Market,
  marketOf,
  markets,
  type Region,
} from './markets.ts';
