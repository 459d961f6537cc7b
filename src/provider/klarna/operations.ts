/** Every operation of Klarna's APIs: built here, or answered 501 with the reason. The documents and tests read this table. */
import { CUSTOMER_TOKENS } from './customer-tokens.ts';
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

const DISPUTES_V2 = later('Disputes v2', 'Disputes are not built yet.', [
  ['GET', '/disputes/v2/disputes', 'listDisputesV2'],
  ['GET', '/disputes/v2/disputes/{dispute_krn}', 'readDisputeV2'],
  ['POST', '/disputes/v2/disputes/{dispute_krn}/accept-loss', 'acceptLossV2'],
  ['POST', '/disputes/v2/disputes/{dispute_krn}/attachments', 'attachToDisputeV2'],
  ['POST', '/disputes/v2/disputes/{dispute_krn}/requests/{request_id}/responses', 'respondToDisputeV2'],
  [
    'GET',
    '/disputes/v2/disputes/{dispute_krn}/requests/{request_id}/attachments/{attachment_id}',
    'readRequestAttachmentV2',
  ],
  [
    'GET',
    '/disputes/v2/disputes/{dispute_krn}/requests/{request_id}/responses/{response_id}/attachments/{attachment_id}',
    'readResponseAttachmentV2',
  ],
  ['POST', '/disputes/v2/enroll', 'enrollV2'],
]);

const DISPUTES_V4 = later('Disputes v4', 'Disputes are not built yet.', [
  ['GET', '/v4/payment/disputes', 'listDisputes'],
  ['GET', '/v4/payment/disputes/{dispute_id}', 'readDispute'],
  ['POST', '/v4/payment/disputes/{dispute_id}/accept-loss', 'acceptLoss'],
  ['POST', '/v4/payment/disputes/{dispute_id}/attachments', 'attachToDispute'],
  ['POST', '/v4/payment/disputes/{dispute_id}/represent', 'represent'],
  ['POST', '/v4/payment/disputes/{dispute_id}/appeal', 'appeal'],
  ['GET', '/v4/payment/disputes/{dispute_id}/attachments/{attachment_id}/download', 'downloadAttachment'],
  ['POST', '/v4/payment/disputes/merchants/{merchant_id}/enroll', 'enrollMerchant'],
  ['POST', '/v4/payment/disputes/partners/{partner_id}/enroll', 'enrollPartner'],
]);

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
