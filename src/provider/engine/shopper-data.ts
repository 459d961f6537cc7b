/**
 * The shopper's data as Klarna checks it when a purchase is authorized (not when the session is created).
 * Source: customer data requirements. Phone numbers are left to libphonenumber, Google's rules that Klarna names.
 */
import { marketOf } from '../../catalogue/markets.ts';
import type { Address, Customer } from '../../wire/klarna-payments.ts';
import { isPhoneNumber } from '../../wire/phone-number.ts';

type AddressField = keyof Address;
type Check = (value: string, country: string) => boolean;

const NAME = /^[\p{L}\p{M}\d \-'’.°ºᵃª]{2,}$/u;
const STREET = /^[\p{L}\p{M}\d \-'´`",.:;#&/()+@°ºᵃª_\\’]+$/u;
// A dot-atom before the @, labels of letters, digits and hyphens after it.
const EMAIL =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;

/** The form of a region, where a market has one. A country prefix (`US-NY`) is accepted. */
const REGION: Readonly<Record<string, RegExp>> = {
  US: /^(?:US-)?[A-Z]{2}$/i,
  CA: /^(?:CA-)?[A-Z]{2}$/i,
  MX: /^(?:MX-)?[A-Z]{2,3}$/i,
  AU: /^(?:AU-)?(?:ACT|NSW|NT|QLD|SA|TAS|VIC|WA)$/i,
  IT: /^(?:IT-)?[A-Z]{2}$/i,
};

const isName: Check = (value) => NAME.test(value) && /\p{L}/u.test(value);
const isStreet: Check = (value) => STREET.test(value);
const isText: Check = (value) => /[\p{L}\d]/u.test(value);

/** The checks by field; a field that is not here is not checked, an empty or absent value never is. */
const CHECKS: Readonly<Partial<Record<AddressField, Check>>> = {
  given_name: isName,
  family_name: isName,
  email: (value) => EMAIL.test(value),
  street_address: isStreet,
  street_address2: isStreet,
  postal_code: (value, country) => marketOf(country)?.postal_code.test(value.trim()) ?? isText(value, country),
  city: isText,
  region: (value, country) =>
    (Object.hasOwn(REGION, country) ? REGION[country] : undefined)?.test(value) ?? isText(value, country),
  phone: isPhoneNumber,
};

/** Paths of the fields of an address that Klarna would ask the shopper to correct. */
export function invalidAddressFields(
  name: string,
  address: Partial<Record<AddressField, string>> | undefined,
  country: string,
): string[] {
  if (!address) return [];
  const own = address.country ? address.country.toUpperCase() : country;
  return (Object.keys(CHECKS) as AddressField[])
    .filter((field) => address[field] && !CHECKS[field]?.(address[field], own))
    .map((field) => `${name}.${field}`);
}

/** A date of birth must be a real day in the past. */
export function invalidCustomerFields(customer: Customer | undefined, now_ms: number): string[] {
  if (customer?.date_of_birth === undefined) return [];
  const born = Date.parse(`${customer.date_of_birth}T00:00:00Z`);
  const real = !Number.isNaN(born) && new Date(born).toISOString().startsWith(customer.date_of_birth) && born < now_ms;
  return real ? [] : ['customer.date_of_birth'];
}
