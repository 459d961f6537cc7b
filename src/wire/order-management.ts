/** The bodies of Order Management v1, with its own limits where they differ from those of Klarna Payments. */
import { LINE_TYPES, MAX_AMOUNT, MAX_LINES, productIdentifiers, subscription } from './klarna-payments.ts';
import { choice, type Infer, integer, list, object, type Rule, required, text } from './shape.ts';

const address = object({
  given_name: text({ max: 100 }),
  family_name: text({ max: 100 }),
  organization_name: text({ max: 255 }),
  attention: text({ max: 255 }),
  email: text({ max: 100 }),
  title: text({ max: 20 }),
  street_address: text({ max: 100 }),
  street_address2: text({ max: 100 }),
  postal_code: text({ max: 10 }),
  city: text({ max: 200 }),
  region: text({ max: 200 }),
  phone: text({ max: 100 }),
  country: text({ pattern: /^(?:[A-Za-z]{2})?$/, like: 'a two-letter country code' }),
});

const orderLine = object({
  type: choice([...LINE_TYPES, 'return_fee']),
  reference: text({ max: 255 }),
  name: required(text({ max: 255 })),
  quantity: required(integer({ min: 0, max: 2_147_483_647 })),
  quantity_unit: text({ max: 10 }),
  unit_price: required(integer({ max: MAX_AMOUNT })),
  tax_rate: integer({ min: 0, max: 2_147_483_647 }),
  total_amount: required(integer({ max: MAX_AMOUNT })),
  total_discount_amount: integer({ min: 0, max: MAX_AMOUNT }),
  total_tax_amount: integer({ max: MAX_AMOUNT }),
  merchant_data: text({ max: 1024 }),
  product_url: text({ max: 1024 }),
  image_url: text({ max: 1024 }),
  product_identifiers: productIdentifiers,
  subscription,
});

const SHIPPING_METHODS =
  /^(?:PickUpStore|Home|BoxReg|BoxUnreg|PickUpPoint|Own|Postal|DHLPackstation|Digital|Undefined|PickUpWarehouse|ClickCollect|PalletDelivery)$/;

const shippingInfo = object({
  shipping_company: text({ max: 100 }),
  shipping_method: text({ pattern: SHIPPING_METHODS, like: 'a shipping method such as Home or PickUpPoint' }),
  tracking_number: text({ max: 100 }),
  tracking_uri: text({ max: 1024 }),
  return_shipping_company: text({ max: 100 }),
  return_tracking_number: text({ max: 100 }),
  return_tracking_uri: text({ max: 1024 }),
});

const amount = () => integer({ min: 0, max: MAX_AMOUNT });
const lines = list(orderLine, { max: MAX_LINES });
/** Only whether it is there matters. */
const anything: Rule<unknown> = (value) => value;

export const capture = object({
  captured_amount: required(amount()),
  description: text({ max: 255 }),
  reference: text({ max: 255 }),
  order_lines: lines,
  shipping_info: list(shippingInfo, { max: 500 }),
  shipping_delay: integer({ min: 0 }),
});
export const refund = object({
  refunded_amount: required(amount()),
  description: text({ max: 255 }),
  reference: text({ max: 255 }),
  order_lines: lines,
});
export const authorizationUpdate = object({
  order_amount: required(amount()),
  description: text({ max: 255 }),
  order_lines: lines,
});
export const merchantReferences = object({
  merchant_reference1: text({ max: 255 }),
  merchant_reference2: text({ max: 255 }),
});
export const customerDetails = object({ shipping_address: address, billing_address: anything });
export const shippingInfoAppend = object({ shipping_info: required(list(shippingInfo, { min: 1, max: 500 })) });
export const dueDateExtension = object({
  number_of_days: required(integer({ min: -2_147_483_648, max: 2_147_483_647 })),
});

export type ManagedLine = Infer<typeof orderLine>;
export type ManagedAddress = Infer<typeof address>;
export type ShippingInfo = Infer<typeof shippingInfo>;
export type CaptureRequest = Infer<typeof capture>;
export type RefundRequest = Infer<typeof refund>;
export type AuthorizationUpdate = Infer<typeof authorizationUpdate>;
export type MerchantReferences = Infer<typeof merchantReferences>;
export type CustomerDetails = Infer<typeof customerDetails>;
