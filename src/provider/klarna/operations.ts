/** Every operation of Klarna's APIs: built here, or answered 501 with the reason. The documents and tests read this table. */
import { CUSTOMER_TOKENS } from './customer-tokens.ts';
import { DISPUTES_V2 } from './disputes-v2.ts';
import { DISPUTES_V4 } from './disputes-v4.ts';
import { HOSTED_PAYMENT_PAGE } from './hosted-payment-page.ts';
import type { Operation } from './operation.ts';
import { ORDER_MANAGEMENT } from './order-management.ts';
import { PAYMENTS } from './payments.ts';
import { SETTLEMENTS } from './settlements.ts';

const later = (
  api: string,
  reason: string,
  rows: readonly (readonly [Operation['method'], string, string])[],
): Operation[] =>
  rows.map(([method, path, name]) => ({
    api,
    method,
    path,
    name,
    rate_class: 'other',
    serve: { built: false, reason },
  }));

const CARDS = later('Merchant Card Service v3', 'Virtual cards are not planned.', [
  ['POST', '/merchantcard/v3/promises', 'createPromise'],
  ['GET', '/merchantcard/v3/promises/{promise_id}', 'readPromise'],
  ['POST', '/merchantcard/v3/settlements', 'createCardSettlement'],
  ['GET', '/merchantcard/v3/settlements/{settlement_id}', 'readCardSettlement'],
  ['GET', '/merchantcard/v3/settlements/order/{order_id}', 'readCardSettlementOfOrder'],
  ['POST', '/merchantcard/v3/orders/{order_id}/cancel-request', 'requestCardCancel'],
  ['GET', '/merchantcard/v3/orders/{order_id}/cancel-request', 'readCardCancel'],
]);

export const OPERATIONS: readonly Operation[] = [
  ...PAYMENTS,
  ...ORDER_MANAGEMENT,
  ...CUSTOMER_TOKENS,
  ...HOSTED_PAYMENT_PAGE,
  ...DISPUTES_V4,
  ...DISPUTES_V2,
  ...SETTLEMENTS,
  ...CARDS,
];
