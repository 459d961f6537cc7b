/**
 * The bodies of Klarna Payments v1. Limits are those of Klarna's OpenAPI document.
 * A body's type follows from its rule, so that the two cannot differ.
 */
import { callbackUrl, country, currency, locale } from './common.ts';
import { boolean, choice, type Infer, integer, list, object, required, text } from './shape.ts';

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

const address = object({
  given_name: text({ max: 99 }),
  family_name: text({ max: 99 }),
  organization_name: text({ max: 99 }),
  attention: text({ max: 99 }),
  email: text({ max: 99 }),
  title: text({ max: 20 }),
  street_address: text({ max: 99 }),
  street_address2: text({ max: 99 }),
  postal_code: text({ max: 10 }),
  city: text({ max: 99 }),
  region: text({ max: 99 }),
  phone: text({ max: 99 }),
  country: country(),
});

export const productIdentifiers = object({
  brand: text({ max: 70 }),
  category_path: text({ max: 750 }),
  global_trade_item_number: text({ max: 50 }),
  manufacturer_part_number: text({ max: 70 }),
  color: text({ max: 64 }),
  size: text({ max: 64 }),
});

export const subscription = object({
  name: required(text({ min: 1, max: 255 })),
  interval: required(choice(['DAY', 'WEEK', 'MONTH', 'YEAR'])),
  interval_count: required(integer({ min: 1 })),
});

const orderLine = object({
  type: choice(LINE_TYPES),
  reference: text({ max: 255 }),
  name: required(text({ min: 1, max: 255 })),
  quantity: required(integer({ min: 0, max: 2_147_483_647 })),
  quantity_unit: text({ max: 8 }),
  unit_price: required(integer({ max: MAX_AMOUNT })),
  tax_rate: integer({ min: 0, max: 10_000 }),
  total_amount: required(integer({ max: MAX_AMOUNT })),
  total_discount_amount: integer({ min: 0, max: MAX_AMOUNT }),
  total_tax_amount: integer({ max: MAX_AMOUNT }),
  merchant_data: text({ max: 1024 }),
  product_url: text({ max: 1024 }),
  image_url: text({ max: 1024 }),
  product_identifiers: productIdentifiers,
  subscription,
});

const customer = object({
  date_of_birth: text({ pattern: /^\d{4}-\d{2}-\d{2}$/, like: 'a date, yyyy-mm-dd' }),
  gender: text({ max: 20 }),
  title: text({ max: 20 }),
  type: text({ pattern: /^(?:person|organization)$/, like: 'person or organization' }),
  last_four_ssn: text({ pattern: /^(?:\d{4}|\d{9})$/, like: 'four or nine digits' }),
  national_identification_number: text({ max: 99 }),
  organization_entity_type: choice([
    'LIMITED_COMPANY',
    'PUBLIC_LIMITED_COMPANY',
    'ENTREPRENEURIAL_COMPANY',
    'LIMITED_PARTNERSHIP_LIMITED_COMPANY',
    'LIMITED_PARTNERSHIP',
    'GENERAL_PARTNERSHIP',
    'REGISTERED_SOLE_TRADER',
    'SOLE_TRADER',
    'CIVIL_LAW_PARTNERSHIP',
    'PUBLIC_INSTITUTION',
    'OTHER',
  ]),
  organization_registration_id: text({ max: 99 }),
  vat_id: text({ max: 99 }),
  customer_token: text({ max: 255 }),
});

const merchantUrls = object({
  confirmation: callbackUrl(),
  notification: callbackUrl(),
  push: callbackUrl(),
  authorization: callbackUrl(),
  app_return_url: text({
    max: 2000,
    pattern: /^(?!https?:)[a-z][a-z0-9+.-]*:/i,
    like: "an app's own URL scheme (neither http nor https)",
  }),
});

const options = object({
  color_border: text({ pattern: /^#[A-Fa-f0-9]{6}$/, like: 'a colour such as #0A7CFF' }),
  color_border_selected: text({ pattern: /^#[A-Fa-f0-9]{6}$/, like: 'a colour such as #0A7CFF' }),
  color_details: text({ pattern: /^#[A-Fa-f0-9]{6}$/, like: 'a colour such as #0A7CFF' }),
  color_text: text({ pattern: /^#[A-Fa-f0-9]{6}$/, like: 'a colour such as #0A7CFF' }),
  radius_border: text({ max: 20 }),
});

const attachment = object({ content_type: required(text({ max: 255 })), body: required(text({ max: 1_048_576 })) });

/** The fields of a purchase, which session and order creation have in common. */
const purchase = {
  purchase_country: country(),
  purchase_currency: currency(),
  locale: locale(),
  order_amount: integer({ min: 0 }),
  order_tax_amount: integer({ min: 0 }),
  order_lines: list(orderLine, { min: 1, max: MAX_LINES }),
  billing_address: address,
  shipping_address: address,
  customer,
  merchant_urls: merchantUrls,
  merchant_reference1: text({ max: 255 }),
  merchant_reference2: text({ max: 255 }),
  merchant_data: text({ max: 6000 }),
  custom_payment_method_ids: list(text({ max: 255 }), { max: 100 }),
};

const sessionOnly = {
  acquiring_channel: choice(['ECOMMERCE', 'IN_STORE', 'TELESALES']),
  attachment,
  design: text({ max: 255 }),
  intent: choice(['buy', 'tokenize', 'buy_and_tokenize', 'buy_and_default_tokenize', 'buy_and_link']),
  options,
};

/** What must be there when a purchase is created. In the order in which one message names what is missing. */
const wholePurchase = {
  purchase_country: required(purchase.purchase_country),
  purchase_currency: required(purchase.purchase_currency),
  order_amount: required(purchase.order_amount),
  order_lines: required(purchase.order_lines),
};

export const sessionCreate = object({ ...purchase, ...wholePurchase, ...sessionOnly, step_up_id: text({ max: 255 }) });
export const sessionUpdate = object({ ...purchase, ...sessionOnly });
export const orderCreate = object({ ...purchase, ...wholePurchase, auto_capture: boolean() });

export type Address = Infer<typeof address>;
export type OrderLine = Infer<typeof orderLine>;
export type Customer = Infer<typeof customer>;
export type MerchantUrls = Infer<typeof merchantUrls>;
export type SessionCreate = Infer<typeof sessionCreate>;
export type SessionUpdate = Infer<typeof sessionUpdate>;
export type OrderCreate = Infer<typeof orderCreate>;
