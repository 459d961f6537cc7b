/** How we know: what is public, by the name under which it is found. Facts were taken from there, no words. */
import type { Source } from './probe.ts';

const documented = (where: string): Source => ({ basis: 'documented', where });
const observed = (where: string): Source => ({ basis: 'observed', where });

/** What Klarna's documents say; pages of docs.klarna.com unless it is an OpenAPI document. */
export const D = {
  payments: documented('OpenAPI document of Klarna Payments v1'),
  management: documented('OpenAPI document of Order Management v1'),
  tokens: documented('OpenAPI document of the Customer Token API v1'),
  hosted: documented('OpenAPI document of the Hosted Payment Page v1'),
  settlements: documented('OpenAPI document of Settlements v1'),
  settlement_files: documented('settlement files'),
  disputes: documented('Disputes v4, as Klarna’s generated SDK describes it'),
  dispute_states: documented('dispute states and lifecycle (Disputes v4)'),
  disputes_v2: documented('Disputes API v2'),
  auth: documented('API authentication'),
  keys: documented('authentication, as Klarna’s generated SDK describes it'),
  limits: documented('request size limits'),
  rates: documented('rate limit'),
  retry: documented('escalation and retry policy (idempotency)'),
  kp_errors: documented('errors in Klarna Payments'),
  om_errors: documented('error codes and messages for Order Management'),
  initiate: documented('integrate via SDK, step 1: initiate a payment'),
  sdk: documented('Klarna Payments SDK reference'),
  create_order: documented('integrate via SDK, step 3: create an order'),
  session: documented('check the details of a payment session'),
  cancel_authorization: documented('cancel an authorization'),
  cart: documented('update the cart'),
  validations: documented('validations in Klarna Payments'),
  tax: documented('tax handling'),
  discounts: documented('discounts, gift cards, store credit'),
  countries: documented('purchase countries'),
  emd: documented('extra merchant data'),
  subscriptions: documented('subscriptions and on-demand'),
  auto_capture: documented('automatic capture'),
  lower_amount: documented('accept Klarna payments using the hosted payment page'),
  view: documented('view and change orders'),
  capture: documented('capture and track orders'),
  refund: documented('refund orders and manage authorizations'),
  allocation: documented('refund allocation'),
  due_date: documented('extend customer due date, pricing'),
  pending: documented('pending orders'),
  expiry: documented('extended authorization expiration'),
  people: documented('sample customer data'),
  token_read: documented('check the details of a customer token'),
  token_cancel: documented('cancel a customer token'),
  recovery: documented('recover a charge failure'),
  hosted_create: documented('hosted payment page: create session'),
  hosted_read: documented('hosted payment page: read session'),
  hosted_disable: documented('hosted payment page: disable session'),
  hosted_states: documented('hosted payment page: tracking session status'),
  distribution: documented('hosted payment page: distribute session'),
} as const;

/** What Klarna was seen to do, or what deployed clients cannot do without. */
export const O = {
  recorded: observed('recorded exchanges of clients with Klarna'),
  clients: observed('what deployed clients send and compare'),
  sdk_php: observed('Klarna’s PHP SDK: what it expects and how it looks headers up'),
  order: observed('a recorded order, klarna-payments npm wrapper'),
  kp169: observed('krokedil/klarna-payments-for-woocommerce, issue 169'),
  kp217: observed('krokedil/klarna-payments-for-woocommerce, issue 217'),
  kp20: observed('krokedil/klarna-payments-for-woocommerce, issue 20'),
  kco177: observed('krokedil/klarna-checkout-for-woocommerce, issue 177'),
  smartstore: observed('smartstore/Smartstore, issue 1252'),
  krokedil: observed('texts that krokedil’s order management plugin handles'),
} as const;

/** Our own conclusion. @param from what it leans on */
export const inferred = (from: string): Source => ({ basis: 'inferred', where: from });
