/**
 * Purse's fields and where each goes at Klarna. The names and which of them are mandatory are Purse's (its page for Klarna); the pairing
 * with Klarna's fields is ours, because Purse does not publish it.
 */

interface FieldRow {
  /** As Purse's page names it: customer and shipments belong to the order. */
  readonly purse: string;
  readonly mandatory: boolean;
  /** Klarna's field; several where Purse has one for both. */
  readonly klarna: readonly string[];
  readonly rule: string;
}

const row = (purse: string, mandatory: boolean, klarna: string | readonly string[], rule = ''): FieldRow => ({
  purse,
  mandatory,
  klarna: typeof klarna === 'string' ? [klarna] : klarna,
  rule,
});

/** An address's fields, Purse's name to Klarna's. */
const ADDRESS_FIELDS = {
  first_name: 'given_name',
  last_name: 'family_name',
  address_lines: 'street_address',
  city: 'city',
  postal_code: 'postal_code',
  country_code: 'country',
  province_code: 'region',
  email: 'email',
  phone: 'phone',
  mobile_phone: 'phone',
  work_phone: 'phone',
} as const;

const ADDRESS_RULES: Readonly<Record<string, string>> = {
  address_lines: 'the first line; the others, joined, are `street_address2`',
  province_code: 'without its prefix, in upper case: `fr-59` → `59`',
  phone: 'where there is no mobile phone',
  mobile_phone: 'before the other two',
  work_phone: 'where there is no other',
};

function addressRows(purse: string, klarna: string, mandatory: readonly string[]): FieldRow[] {
  return Object.entries(ADDRESS_FIELDS).map(([from, to]) =>
    row(`${purse}.${from}`, mandatory.includes(from), [`${klarna}.${to}`], ADDRESS_RULES[from]),
  );
}

/** In the order of Purse's page. */
export const FIELDS: readonly FieldRow[] = [
  row('amount', false, 'order_amount', 'of the session; less than the order’s: the rest is a `gift_card` line'),
  row('order.redirection', true, 'merchant_urls.confirmation', 'the shopper comes by Kvitt’s own address first'),
  row('order.reference', false, 'merchant_reference1'),
  row('order.amount', true, 'order_amount', 'minor units; what the lines leave over is a `shipping_fee` line'),
  row('order.tax_amount', false, 'order_tax_amount', 'default: the sum of the lines’ tax'),
  row('order.currency_code', true, 'purchase_currency'),
  row('customer.type', false, 'customer.type', 'PERSON or customer → person; COMPANY or business → organization'),
  row('customer.company_name', false, 'billing_address.organization_name'),
  row('customer.gender_code', false, 'customer.gender', 'M, MALE → male; F, FEMALE → female'),
  row('customer.birthdate', false, 'customer.date_of_birth', 'yyyy-mm-dd'),
  ...addressRows('customer.billing_address', 'billing_address', ['country_code']).map((each) =>
    each.purse.endsWith('.country_code') ? { ...each, klarna: [...each.klarna, 'purchase_country'] } : each,
  ),
  ...addressRows('shipments.shipping_address', 'shipping_address', []),
  row('shipments.item_lines.name', true, 'order_lines.name'),
  row(
    'shipments.item_lines.price',
    true,
    'order_lines.unit_price',
    'with tax; above the amount: the gap is a discount',
  ),
  row('shipments.item_lines.quantity', true, 'order_lines.quantity'),
  row('shipments.item_lines.amount', true, 'order_lines.total_amount', 'with tax and discount'),
  row('shipments.item_lines.tax_lines.rate', false, 'order_lines.tax_rate', 'percent → basis points'),
  row('shipments.item_lines.tax_lines.amount', false, 'order_lines.total_tax_amount', 'summed'),
];

/** Klarna's fields that no row of Purse's page stands for, by the nearest of Purse's own. */
const OTHERS: Readonly<Record<string, string>> = {
  'billing_address.street_address2': 'customer.billing_address.address_lines',
  'shipping_address.street_address2': 'shipments.shipping_address.address_lines',
  'order_lines.reference': 'shipments.item_lines.sku_reference',
  'order_lines.total_discount_amount': 'shipments.item_lines.price',
  order_lines: 'shipments.item_lines',
  locale: 'customer.locale_code',
  merchant_urls: 'order.redirection',
  captured_amount: 'amount',
  refunded_amount: 'amount',
};

/** `order_lines[2].tax_rate` → `shipments.item_lines.tax_lines.rate`: what a merchant of Purse's knows the field as. */
export function purseField(klarna: string): string {
  const plain = klarna.replace(/\[\d+\]/g, '');
  const mandatory = FIELDS.find((field) => field.mandatory && field.klarna.includes(plain));
  const found = mandatory ?? FIELDS.find((field) => field.klarna.includes(plain));
  return found?.purse ?? OTHERS[plain] ?? klarna;
}
