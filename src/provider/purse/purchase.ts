/** A purchase as Purse describes it, as Klarna takes it. What each field becomes is listed in `fields.ts`. */
import { containedTax } from '../../money/lines.ts';
import {
  type Address as KlarnaAddress,
  type OrderLine,
  type SessionCreate,
  sessionCreate,
} from '../../wire/klarna-payments.ts';
import type { Address, ItemLine, Order } from '../../wire/purse.ts';
import { check } from '../../wire/shape.ts';
import { badField, type Failure, failureOfFaults, missingFields } from './failure.ts';

export type Purchase =
  | { readonly ok: true; readonly details: SessionCreate }
  | { readonly ok: false; readonly failure: Failure };

export interface PurchaseOf {
  readonly order: Order;
  /** What is paid through Klarna; absent: the order's amount. */
  readonly amount: number | undefined;
  /** Whether the shopper is there and has to come back somewhere. */
  readonly present: boolean;
}

/** The purchase, or what Klarna would miss or not understand in it. */
export function klarnaPurchase({ order, amount, present }: PurchaseOf): Purchase {
  const missing = missingMandatory(order, present);
  if (missing.length > 0) return { ok: false, failure: missingFields(missing) };
  const wrong = wrongWords(order);
  if (wrong) return { ok: false, failure: wrong };
  const { value, faults } = check(sessionCreate, detailsOf(order, amount ?? order.amount ?? 0));
  return faults ? { ok: false, failure: failureOfFaults(faults) } : { ok: true, details: value };
}

interface Missing {
  readonly purse: string;
  /** Where it was looked for in the body. */
  readonly path: string;
}

/** The fields that Purse's page for Klarna calls mandatory. */
function missingMandatory(order: Order, present: boolean): Missing[] {
  const checks: readonly (readonly [purse: string, path: string, value: unknown])[] = [
    ...(present ? [['order.redirection', 'order.redirection', order.redirection] as const] : []),
    ['order.amount', 'order.amount', order.amount],
    ['order.currency_code', 'order.currency_code', order.currency_code],
    [
      'customer.billing_address.country_code',
      'order.customer.billing_address.country_code',
      order.customer?.billing_address?.country_code,
    ],
    ...lineChecks(order),
  ];
  return checks.flatMap(([purse, path, value]) => (value === undefined || value === '' ? [{ purse, path }] : []));
}

const LINE_FIELDS = ['name', 'price', 'quantity', 'amount'] as const;

function lineChecks({ shipments = [] }: Order): (readonly [string, string, unknown])[] {
  const lines = shipments.flatMap(({ item_lines = [] }, at) =>
    item_lines.map((line, index) => ({ line, path: `order.shipments[${at}].item_lines[${index}]` })),
  );
  const looked = lines.length > 0 ? lines : [{ line: {} as ItemLine, path: 'order.shipments[0].item_lines[0]' }];
  return looked.flatMap(({ line, path }) =>
    LINE_FIELDS.map((field) => [`shipments.item_lines.${field}`, `${path}.${field}`, line[field]] as const),
  );
}

const TYPES: Readonly<Record<string, string>> = {
  PERSON: 'person',
  CUSTOMER: 'person',
  COMPANY: 'organization',
  BUSINESS: 'organization',
};
const GENDERS: Readonly<Record<string, string>> = { M: 'male', MALE: 'male', F: 'female', FEMALE: 'female' };

/** Words of which each stands for another one at Klarna. */
function wrongWords({ customer }: Order): Failure | undefined {
  const { type = customer?.type_code, gender_code, birthdate } = customer ?? {};
  if (type !== undefined && !Object.hasOwn(TYPES, type.toUpperCase()))
    return badField('customer.type', type, 'PERSON (customer) or COMPANY (business)');
  if (gender_code !== undefined && !Object.hasOwn(GENDERS, gender_code.toUpperCase()))
    return badField('customer.gender_code', gender_code, 'M, MALE, F or FEMALE');
  if (birthdate !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(birthdate))
    return badField('customer.birthdate', birthdate, 'a date, yyyy-mm-dd');
  return undefined;
}

function detailsOf(order: Order, amount: number): object {
  const { customer = {}, shipments = [], currency_code, reference, redirection } = order;
  const country = customer.billing_address?.country_code;
  const order_lines = linesOf(order, amount);
  const shipping = shipments[0]?.shipping_address;
  return {
    purchase_country: country,
    purchase_currency: currency_code,
    ...(customer.locale_code && { locale: customer.locale_code.replace('_', '-') }),
    order_amount: amount,
    order_tax_amount: order.tax_amount ?? taxOf(order_lines),
    order_lines,
    billing_address: { ...addressOf(customer.billing_address), ...nameOf(customer.company_name) },
    ...(shipping && isPlace(shipping) && { shipping_address: addressOf(shipping) }),
    ...customerOf(order),
    ...(reference !== undefined && { merchant_reference1: reference }),
    ...(redirection !== undefined && { merchant_urls: { confirmation: redirection } }),
  };
}

const nameOf = (organization_name: string | undefined) => (organization_name ? { organization_name } : {});

function customerOf({ customer = {} }: Order): object {
  const { type = customer.type_code, gender_code, birthdate } = customer;
  const known = {
    ...(type && { type: TYPES[type.toUpperCase()] }),
    ...(gender_code && { gender: GENDERS[gender_code.toUpperCase()] }),
    ...(birthdate && { date_of_birth: birthdate }),
  };
  return Object.keys(known).length > 0 ? { customer: known } : {};
}

/** A shipment that is sent by e-mail has an e-mail address and no other. */
function isPlace({ email: _email, ...address }: Address): boolean {
  return Object.keys(address).length > 0;
}

function addressOf(address: Address = {}): KlarnaAddress {
  const { first_name, last_name, address_lines = [], city, postal_code, country_code, province_code, email } = address;
  const phone = address.mobile_phone || address.phone || address.work_phone;
  const [street_address, ...more] = address_lines.filter((line) => line !== '');
  return {
    ...(first_name && { given_name: first_name }),
    ...(last_name && { family_name: last_name }),
    ...(address.company && { organization_name: address.company }),
    ...(street_address && { street_address }),
    ...(more.length > 0 && { street_address2: more.join(', ') }),
    ...(city && { city }),
    ...(postal_code && { postal_code }),
    ...(country_code && { country: country_code }),
    ...(province_code && { region: province_code.replace(/^[a-z]{2}-(?=.)/i, '').toUpperCase() }),
    ...(email && { email }),
    ...(phone && { phone }),
  };
}

/** The lines of all shipments; then what they leave over for shipping, and what is paid another way. */
function linesOf(order: Order, amount: number): OrderLine[] {
  const lines = (order.shipments ?? []).flatMap(({ item_lines = [] }) => item_lines.map(lineOf));
  const whole = order.amount ?? 0;
  const salesTax = salesTaxOf(order, lines);
  if (salesTax) lines.push(salesTax);
  const shipping = whole - lines.reduce((sum, { total_amount }) => sum + total_amount, 0);
  if (shipping > 0) lines.push(shippingLine(shipping, salesTax ? 0 : (order.tax_amount ?? 0) - taxOf(lines)));
  if (amount < whole) lines.push(elsewhereLine(amount - whole));
  return lines;
}

function lineOf({ name = '', price = 0, quantity = 0, amount = 0, ...line }: ItemLine): OrderLine {
  const tax = lineTax(line, amount);
  return {
    type: line.type_code === 'digital' ? 'digital' : 'physical',
    ...(line.sku_reference && { reference: line.sku_reference }),
    name,
    quantity,
    ...unitPrice(price, quantity, amount),
    total_amount: amount,
    ...tax,
  };
}

/** Purse's prices have the discount in the amount only; a price below the amount was one without tax. */
function unitPrice(
  price: number,
  quantity: number,
  amount: number,
): Pick<OrderLine, 'unit_price' | 'total_discount_amount'> {
  const gap = price * quantity - amount;
  if (gap > quantity) return { unit_price: price, total_discount_amount: gap };
  if (gap >= -quantity && (gap === 0 || quantity > 1)) return { unit_price: price };
  if (gap > 0) return { unit_price: price, total_discount_amount: gap };
  return { unit_price: quantity === 0 ? price : Math.round(amount / quantity) };
}

function lineTax(
  { tax_lines = [] }: Pick<ItemLine, 'tax_lines'>,
  amount: number,
): Pick<OrderLine, 'tax_rate' | 'total_tax_amount'> {
  if (tax_lines.length === 0) return {};
  const [only] = tax_lines;
  const rate = tax_lines.length === 1 ? only?.rate : undefined;
  const taxes = tax_lines.map((tax) => tax.amount ?? containedTax(amount, tax.rate ?? 0));
  const total_tax_amount = taxes.reduce((sum, tax) => sum + tax, 0);
  if (rate !== undefined) return { tax_rate: rate, total_tax_amount };
  // Several taxes have one effective rate; nothing can be said about one whose rate was not sent.
  if (tax_lines.length === 1) return { total_tax_amount };
  const net = amount - total_tax_amount;
  return { ...(net > 0 && { tax_rate: Math.round((total_tax_amount * 10_000) / net) }), total_tax_amount };
}

/** In the US tax is a line of its own, where the shop's lines are without it. */
function salesTaxOf({ customer, tax_amount = 0 }: Order, lines: readonly OrderLine[]): OrderLine | undefined {
  if (customer?.billing_address?.country_code !== 'US' || tax_amount === 0 || taxOf(lines) > 0) return undefined;
  return { type: 'sales_tax', name: 'Sales tax', quantity: 1, unit_price: tax_amount, total_amount: tax_amount };
}

function shippingLine(amount: number, tax: number): OrderLine {
  const line = {
    type: 'shipping_fee' as const,
    name: 'Shipping',
    quantity: 1,
    unit_price: amount,
    total_amount: amount,
  };
  return tax > 0 ? { ...line, total_tax_amount: tax } : line;
}

/** A part that the shopper pays by other means, a gift card for example. @param amount below zero */
function elsewhereLine(amount: number): OrderLine {
  return {
    type: 'gift_card',
    name: 'Paid by other means',
    quantity: 1,
    unit_price: amount,
    total_amount: amount,
    total_tax_amount: 0,
  };
}

function taxOf(lines: readonly OrderLine[]): number {
  return lines.reduce((sum, { total_tax_amount = 0 }) => sum + total_tax_amount, 0);
}
