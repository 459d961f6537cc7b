/** Klarna's operations as its documents write them, with the names under which their probes stand. */

interface Named {
  readonly api: string;
  /** How the ids of its probes begin. */
  readonly id: string;
  /** Method and path. */
  readonly call: string;
}

const api = (
  name: string,
  path: string,
  rows: readonly (readonly [id: string, method: string, suffix: string])[],
): Named[] => rows.map(([id, method, suffix]) => ({ api: name, id, call: `${method} ${path}${suffix}` }));

/**
 * Not probed: the virtual cards of Merchant Card Service v3, which Kvitt does not plan, and the check of papers on the hosted page,
 * whose address Klarna names without documenting the call.
 */
export const OPERATIONS: readonly Named[] = [
  ...api('Klarna Payments', '/payments/v1', [
    ['payments/create-session', 'POST', '/sessions'],
    ['payments/update-session', 'POST', '/sessions/{session_id}'],
    ['payments/read-session', 'GET', '/sessions/{session_id}'],
    ['payments/cancel-authorization', 'DELETE', '/authorizations/{authorization_token}'],
    ['payments/create-order', 'POST', '/authorizations/{authorization_token}/order'],
    ['tokens/create', 'POST', '/authorizations/{authorization_token}/customer-token'],
  ]),
  ...api('Order Management', '/ordermanagement/v1/orders/{order_id}', [
    ['orders/read-order', 'GET', ''],
    ['orders/acknowledge', 'POST', '/acknowledge'],
    ['orders/update-authorization', 'PATCH', '/authorization'],
    ['orders/capture', 'POST', '/captures'],
    ['orders/list-captures', 'GET', '/captures'],
    ['orders/read-capture', 'GET', '/captures/{capture_id}'],
    ['orders/capture-shipping', 'POST', '/captures/{capture_id}/shipping-info'],
    ['orders/send-out', 'POST', '/captures/{capture_id}/trigger-send-out'],
    ['orders/due-date-options', 'GET', '/captures/{capture_id}/extend-due-date-options'],
    ['orders/due-date', 'PATCH', '/captures/{capture_id}/extend-due-date'],
    ['orders/customer', 'PATCH', '/customer-details'],
    ['orders/extend', 'POST', '/extend-authorization-time'],
    ['orders/references', 'PATCH', '/merchant-references'],
    ['orders/refund', 'POST', '/refunds'],
    ['orders/read-refund', 'GET', '/refunds/{refund_id}'],
    ['orders/release', 'POST', '/release-remaining-authorization'],
    ['orders/order-shipping', 'POST', '/shipping-info'],
    ['orders/cancel', 'POST', '/cancel'],
  ]),
  ...api('Customer Token', '/customer-token/v1/tokens/{customer_token}', [
    ['tokens/read', 'GET', ''],
    ['tokens/order', 'POST', '/order'],
    ['tokens/status', 'PATCH', '/status'],
  ]),
  ...api('Hosted Payment Page', '/hpp/v1/sessions', [
    ['hosted/create', 'POST', ''],
    ['hosted/read', 'GET', '/{session_id}'],
    ['hosted/disable', 'DELETE', '/{session_id}'],
    ['hosted/distribute', 'POST', '/{session_id}/distribution'],
  ]),
  ...api('Disputes v4', '/v4/payment/disputes', [
    ['disputes/list', 'GET', ''],
    ['disputes/read', 'GET', '/{dispute_id}'],
    ['disputes/accept-loss', 'POST', '/{dispute_id}/accept-loss'],
    ['disputes/attach', 'POST', '/{dispute_id}/attachments'],
    ['disputes/represent', 'POST', '/{dispute_id}/represent'],
    ['disputes/appeal', 'POST', '/{dispute_id}/appeal'],
    ['disputes/download', 'GET', '/{dispute_id}/attachments/{attachment_id}/download'],
    ['disputes/enrol', 'POST', '/merchants/{merchant_id}/enroll'],
    ['disputes/enrol-partner', 'POST', '/partners/{partner_id}/enroll'],
  ]),
  ...api('Disputes v2', '/disputes/v2', [
    ['disputes-v2/list', 'GET', '/disputes'],
    ['disputes-v2/read', 'GET', '/disputes/{dispute_krn}'],
    ['disputes-v2/accept-loss', 'POST', '/disputes/{dispute_krn}/accept-loss'],
    ['disputes-v2/attach', 'POST', '/disputes/{dispute_krn}/attachments'],
    ['disputes-v2/respond', 'POST', '/disputes/{dispute_krn}/requests/{request_id}/responses'],
    ['disputes-v2/request-file', 'GET', '/disputes/{dispute_krn}/requests/{request_id}/attachments/{attachment_id}'],
    [
      'disputes-v2/response-file',
      'GET',
      '/disputes/{dispute_krn}/requests/{request_id}/responses/{response_id}/attachments/{attachment_id}',
    ],
    ['disputes-v2/enrol', 'POST', '/enroll'],
  ]),
  ...api('Settlements', '/settlements/v1', [
    ['settlements/list', 'GET', '/payouts'],
    ['settlements/read', 'GET', '/payouts/{payment_reference}'],
    ['settlements/summary', 'GET', '/payouts/summary'],
    ['settlements/transactions', 'GET', '/transactions'],
    ['settlements/csv', 'GET', '/reports/payout-with-transactions'],
    ['settlements/pdf', 'GET', '/reports/payout'],
    ['settlements/csv-summary', 'GET', '/reports/payouts-summary-with-transactions'],
    ['settlements/pdf-summary', 'GET', '/reports/payouts-summary'],
  ]),
];
