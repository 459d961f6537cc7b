/** The bodies of Order Management v1, with its own limits where they differ from those of Klarna Payments. */
import { addressOf, countryOrEmpty, LINE_TYPES, MAX_AMOUNT, MAX_LINES, orderLineOf } from './common.ts';
import { type Infer, integer, list, object, type Rule, required, text } from './shape.ts';

const address = addressOf({ person: 100, place: 200, organization: 255, country: countryOrEmpty() });
const orderLine = orderLineOf({
  types: [...LINE_TYPES, 'return_fee'],
  name_min: 0,
  quantity_unit: 10,
  tax_rate: 2_147_483_647,
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
/** Only whether it is there matters, so nothing of it is kept. */
const anything: Rule<true> = () => true;

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
