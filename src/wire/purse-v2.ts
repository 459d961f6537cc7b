/**
 * The bodies of Purse's Payment API v2. Amounts are whole minor units. What Purse's documents show of an order ends with its addresses;
 * lines are read under the names that they have in v1, in minor units.
 */
import { callbackUrl } from './common.ts';
import { addressFields, percent } from './purse.ts';
import { boolean, choice, type Infer, integer, list, object, required, text } from './shape.ts';

/** The currencies that Purse's document lists; those of the Nordic countries are not among them. */
const CURRENCIES = ['CHF', 'EUR', 'GBP', 'JPY', 'USD'] as const;

const name = () => text({ max: 255 });
const amount = () => integer({ min: 0 });
const PATTERN = /^P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?$/;

const address = object({ gender: text({ max: 20 }), ...addressFields });

const itemLine = object({
  type_code: name(),
  sku_reference: name(),
  name: required(text({ min: 1, max: 255 })),
  price: required(integer()),
  quantity: required(integer({ min: 0, max: 2_147_483_647 })),
  amount: required(integer()),
  tax_lines: list(object({ rate: percent(), amount: integer() }), { max: 20 }),
});

const order = object({
  reference: required(text({ min: 1, max: 255 })),
  net_amount: required(amount()),
  discount_amount: amount(),
  tax_amount: amount(),
  billing_address: address,
  shipments: list(object({ shipping_address: address, item_lines: list(itemLine, { max: 1000 }) }), { max: 100 }),
});

const customer = object({
  reference: name(),
  type: name(),
  email: name(),
  gender: text({ max: 20 }),
  first_name: name(),
  last_name: name(),
  company_name: name(),
  birth_date: text({ max: 40 }),
  locale: text({ max: 20 }),
  phone: text({ max: 99 }),
});

const purchase = {
  entity_id: required(text({ min: 1, max: 64 })),
  amount: required(amount()),
  currency: required(choice(CURRENCIES, { anyCase: true })),
  order: required(order),
  customer,
  allow_future_usage: boolean(),
};

const settling = {
  webhook: object({ url: required(callbackUrl()) }),
  capture_mode: choice(['MANUAL', 'AUTOMATIC'], { anyCase: true }),
  capture_delay: text({ max: 40, pattern: PATTERN, like: 'an ISO 8601 duration such as PT24H' }),
};

export const clientSession = object({
  ...purchase,
  ...settling,
  integration_mode: choice(['EMBEDDED', 'HOSTED_PAGE'], { anyCase: true }),
  shopper_redirection_url: required(callbackUrl()),
});

export const eligibleSolutions = object(purchase);

const split = object({
  amount: amount(),
  partner: required(text({ max: 64 })),
  method: required(text({ max: 64 })),
  save_token: boolean(),
  wallet_token: text({ max: 64 }),
});

/** Server-to-server. A payment without the shopper, with a token, needs no address to send one back to. */
export const payment = object({
  ...purchase,
  ...settling,
  shopper_redirection_url: callbackUrl(),
  split: required(list(split, { min: 1, max: 20 })),
});

const rank = object({ partner: text({ max: 64 }), method: text({ max: 64 }) });
export const operation = object({ amount: amount(), priority: list(rank, { max: 20 }) });

export type ClientSession = Infer<typeof clientSession>;
export type EligibleSolutions = Infer<typeof eligibleSolutions>;
export type Payment = Infer<typeof payment>;
export type Operation = Infer<typeof operation>;
