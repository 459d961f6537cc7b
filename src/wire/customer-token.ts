/**
 * The bodies of Customer Token v1. Limits are those of Klarna's OpenAPI document, which are not those of Klarna Payments for
 * the same objects.
 */
import { addressOf, callbackUrl, country, currency, LINE_TYPES, MAX_LINES, orderLineOf, orEmpty } from './common.ts';
import { attachment } from './klarna-payments.ts';
import { boolean, choice, type Infer, integer, list, object, required, text } from './shape.ts';

const address = addressOf({ person: 99, place: 99, organization: 99, phone_min: 5, country: country() });
const orderLine = orderLineOf({
  types: LINE_TYPES,
  name_min: 1,
  quantity_unit: 8,
  // Klarna names no limit; up to this one the sums over the rate are exact.
  tax_rate: 10_000_000,
  reference: 256,
  merchant_data: 255,
  amount: 100_000_000,
});

/**
 * Klarna's document lists `confirmation` (required) and `push`. Its own sample of a recovery sends neither, and a shop whose
 * orders may be reviewed wants to be notified, so none is required and `notification` is read.
 */
const merchantUrls = object({
  confirmation: orEmpty(callbackUrl()),
  push: orEmpty(callbackUrl()),
  notification: orEmpty(callbackUrl()),
});

export const tokenOrder = object({
  order_amount: required(integer({ min: 1 })),
  order_lines: required(list(orderLine, { min: 1, max: MAX_LINES })),
  purchase_currency: required(currency()),
  order_tax_amount: integer({ min: 0 }),
  shipping_address: address,
  merchant_urls: merchantUrls,
  merchant_reference1: text({ max: 255 }),
  merchant_reference2: text({ max: 255 }),
  merchant_data: text({ max: 6000 }),
  attachment,
  auto_capture: boolean(),
  step_up: choice(['SUPPORTED', 'NOT_SUPPORTED']),
});

/** Deployed clients send the word in lower case as well. */
export const tokenStatus = object({ status: required(choice(['CANCELLED'], { anyCase: true })) });

export type TokenOrder = Infer<typeof tokenOrder>;
