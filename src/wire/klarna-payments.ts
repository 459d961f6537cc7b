/**
 * The bodies of Klarna Payments v1. Limits are those of Klarna's OpenAPI document.
 * A body's type follows from its rule, so that the two cannot differ.
 */
import { addressOf, callbackUrl, country, currency, LINE_TYPES, locale, MAX_LINES, orderLineOf } from './common.ts';
import { boolean, choice, type Infer, integer, list, object, required, text } from './shape.ts';

const address = addressOf({ person: 99, place: 99, organization: 99, country: country() });
const orderLine = orderLineOf({ types: LINE_TYPES, name_min: 1, quantity_unit: 8, tax_rate: 10_000 });

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

export const attachment = object({
  content_type: required(text({ max: 255 })),
  body: required(text({ max: 1_048_576 })),
});

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

/** A token for later purchases, made of an authorization. */
export const customerTokenCreate = object({
  description: required(text({ min: 1, max: 255 })),
  intended_use: required(choice(['SUBSCRIPTION'], { anyCase: true })),
  locale: required(purchase.locale),
  purchase_country: required(purchase.purchase_country),
  purchase_currency: required(purchase.purchase_currency),
  billing_address: address,
  customer,
});

export type Address = Infer<typeof address>;
export type OrderLine = Infer<typeof orderLine>;
export type Customer = Infer<typeof customer>;
export type MerchantUrls = Infer<typeof merchantUrls>;
export type SessionCreate = Infer<typeof sessionCreate>;
export type SessionUpdate = Infer<typeof sessionUpdate>;
export type OrderCreate = Infer<typeof orderCreate>;
export type CustomerTokenCreate = Infer<typeof customerTokenCreate>;
