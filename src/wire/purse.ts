/**
 * The bodies of Purse's Payment API v1. Amounts travel as decimals of the major unit, as JSON numbers or texts, and come out as whole
 * minor units. No amount is rounded, see `decimal`.
 */
import { callbackUrl } from './common.ts';
import { decimal, type Infer, integer, list, object, type Rule, required, text } from './shape.ts';

/**
 * A rate in percent, in hundredths of a percent: `5.5` → 550. Klarna knows no finer ones; those that there are (8.875 % in New York) are
 * rounded half up, by their digits.
 */
export function percent(): Rule<number> {
  return (value, scan) => {
    const isOne = typeof value === 'number' || typeof value === 'string';
    const [, whole, fraction = ''] = (isOne && /^(\d{1,9})(?:\.(\d+))?$/.exec(String(value).trim())) || [];
    if (whole !== undefined)
      return Number(`${whole}${fraction.slice(0, 2).padEnd(2, '0')}`) + (fraction[2] && fraction[2] >= '5' ? 1 : 0);
    scan.faults.push({
      path: [...scan.path],
      rule: 'type',
      expected: 'a rate in percent such as 5.5',
      got: String(value).slice(0, 60),
    });
    return undefined;
  };
}

/** Two letters of a country, or three of a currency, in either case. Whether there is such a one is for the payment method to say. */
const code =
  (max: number): Rule<string> =>
  (value, scan) =>
    text({ max })(value, scan)?.toUpperCase();
const name = () => text({ max: 255 });

export const addressFields = {
  first_name: name(),
  middle_name: name(),
  last_name: name(),
  company: name(),
  address_lines: list(text({ max: 255 }), { max: 10 }),
  city: name(),
  postal_code: text({ max: 20 }),
  country_code: code(3),
  province_code: text({ max: 99 }),
  email: name(),
  phone: text({ max: 99 }),
  mobile_phone: text({ max: 99 }),
  work_phone: text({ max: 99 }),
};
const address = object(addressFields);

const taxLine = object({
  type_code: name(),
  subtype_code: name(),
  rate: percent(),
  amount: decimal(),
});

const itemLine = object({
  type_code: name(),
  sku_reference: name(),
  name: name(),
  price: decimal(),
  quantity: integer({ min: 0, max: 2_147_483_647 }),
  amount: decimal(),
  tax_lines: list(taxLine, { max: 20 }),
});

const shipment = object({
  delivery_type_code: name(),
  delivery_method_reference: name(),
  amount: decimal(),
  net_amount: decimal(),
  tax_amount: decimal(),
  shipping_address: address,
  item_lines: list(itemLine, { max: 1000 }),
});

const customer = object({
  reference: name(),
  type: name(),
  type_code: name(),
  company_name: name(),
  gender_code: text({ max: 20 }),
  birthdate: text({ max: 40 }),
  first_name: name(),
  middle_name: name(),
  last_name: name(),
  ip: text({ max: 99 }),
  locale_code: text({ max: 20 }),
  billing_address: address,
});

const order = object({
  redirection: callbackUrl(),
  reference: name(),
  amount: decimal({ min: 0 }),
  net_amount: decimal(),
  tax_amount: decimal({ min: 0 }),
  currency_code: code(3),
  customer,
  shipments: list(shipment, { max: 100 }),
});

/** Everything is optional here: which fields a payment method needs is found out when it is begun (INIT). */
export const createSession = object({ hook: callbackUrl(), amount: decimal({ min: 0 }), order });

const anything: Rule<Readonly<Record<string, unknown>>> = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** One payment method of a session, begun (INIT) or applied (APPLY). What only the widget understands is not looked at. */
const item = {
  partner: text({ max: 64 }),
  method: text({ max: 64 }),
  amount: decimal({ min: 0 }),
  payment_data: anything,
  payment_preferences: anything,
};
export const initItem = object(item);
export const applyItems = list(object(item), { min: 1, max: 20 });

/** Capture, void, refund. */
export const operation = object({
  order: object({ amount: decimal({ min: 0 }), currency_code: code(3) }),
  amount: decimal({ min: 0 }),
});

/** What instalments are asked for. */
export const loanProduct = object({ amount: required(decimal({ min: 0 })), currency_code: required(code(3)) });

export const walletSession = object({ owner_reference: text({ min: 1, max: 255 }) });

export type Address = Infer<typeof address>;
export type ItemLine = Infer<typeof itemLine>;
export type Shipment = Infer<typeof shipment>;
export type Order = Infer<typeof order>;
export type CreateSession = Infer<typeof createSession>;
export type Item = Infer<typeof initItem>;
export type Operation = Infer<typeof operation>;
export type LoanProduct = Infer<typeof loanProduct>;
export type WalletSession = Infer<typeof walletSession>;
