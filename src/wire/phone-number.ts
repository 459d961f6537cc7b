/** Whether a text is a phone number: libphonenumber, Google's rules that Klarna names. */
import { createRequire } from 'node:module';
import type { CountryCode } from 'libphonenumber-js/min';

type PhoneNumbers = typeof import('libphonenumber-js/min');
let loaded: PhoneNumbers | undefined;

/** @param country where a number without an international prefix is from, ISO 3166 alpha-2 */
export function isPhoneNumber(text: string, country: string): boolean {
  // Loaded with the first number that is looked at: it is a hundred files, which every start would wait for.
  loaded ??= createRequire(import.meta.url)('libphonenumber-js/min') as PhoneNumbers;
  return loaded.isValidPhoneNumber(text, country as CountryCode);
}
