/** Every operation of Cybersource's API that has to do with Klarna: built here, or answered with the reason why not. */
import * as wire from '../../wire/cybersource.ts';
import type { Rule } from '../../wire/shape.ts';
import { authorizeHandler, reverseHandler, timeoutReversalHandler } from './authorizations.ts';
import { captureHandler, refundHandler } from './captures.ts';
import { checkStatusHandler } from './check-status.ts';
import { type InvalidReason, invalid } from './errors.ts';
import { type Built, type Handler, type Operation, problemReply } from './operation.ts';
import { createSessionHandler, togetherInSession, updateSessionHandler } from './sessions.ts';
import * as webhooks from './webhooks.ts';

const write = (handle: Handler, body?: Rule<unknown>): Built => ({
  built: true,
  mode: 'write',
  handle,
  ...(body && { body }),
});
const read = (handle: Handler, body?: Rule<unknown>): Built => ({ ...write(handle, body), mode: 'read' });

/** Documented for other payment methods and not for Klarna: the answer of an API that has the path and not the service. */
const unsupported = (reason: InvalidReason, message: string, change: string): Built =>
  read(function* () {
    return problemReply(invalid(reason), [{ message, change }]);
  });

const NO_VOIDS = unsupported(
  'NOT_VOIDABLE',
  'Klarna documents no void: an authorization is reversed, a capture refunded.',
  'Reverse the authorization, or refund the capture.',
);
const NO_INTENTS = unsupported(
  'NOT_SUPPORTED',
  'Intents (AP_ORDER) are a step of PayPal’s and not of Klarna’s.',
  'Authorize with the shopper’s token: POST /pts/v2/payments with AP_AUTH.',
);

const operation =
  (area: Operation['area'], prefix: string) =>
  (method: Operation['method'], path: string, name: string, serve: Operation['serve']): Operation => ({
    area,
    method,
    path: `${prefix}${path}`,
    name,
    serve,
  });
const payments = operation('Payments', '/pts/v2');
const subscriptions = operation('Webhooks', '/notification-subscriptions/v2');
const later = (reason: string): Operation['serve'] => ({ built: false, reason });

export const OPERATIONS: readonly Operation[] = [
  payments('POST', '/payment-references', 'createSession', {
    ...write(createSessionHandler, wire.createSession),
    together: togetherInSession,
  }),
  payments('PATCH', '/payment-references/{id}', 'updateSession', write(updateSessionHandler, wire.updateSession)),
  payments('POST', '/refresh-payment-status/{id}', 'checkStatus', read(checkStatusHandler, wire.checkStatus)),
  payments('POST', '/payments', 'authorize', write(authorizeHandler, wire.authorization)),
  payments('POST', '/payments/{id}/reversals', 'reverse', write(reverseHandler, wire.reversal)),
  payments('POST', '/reversals', 'reverseTimedOut', write(timeoutReversalHandler, wire.timeoutReversal)),
  payments('POST', '/payments/{id}/captures', 'capture', write(captureHandler, wire.capture)),
  payments('POST', '/captures/{id}/refunds', 'refundCapture', write(refundHandler, wire.refund)),
  payments('POST', '/payments/{id}/refunds', 'refundPayment', write(refundHandler, wire.refund)),
  payments('POST', '/payment-references/{id}/intents', 'createIntent', NO_INTENTS),
  payments('POST', '/payments/{id}/voids', 'voidPayment', NO_VOIDS),
  payments('POST', '/captures/{id}/voids', 'voidCapture', NO_VOIDS),
  payments('POST', '/refunds/{id}/voids', 'voidRefund', NO_VOIDS),
  payments('POST', '/voids', 'voidTimedOut', NO_VOIDS),
  operation('Webhooks', '/kms/egress/v2')(
    'POST',
    '/keys-sym',
    'createWebhookKey',
    write(webhooks.createKeyHandler, wire.createWebhookKey),
  ),
  subscriptions('POST', '/webhooks', 'createWebhook', write(webhooks.createWebhookHandler, wire.createWebhook)),
  subscriptions('GET', '/webhooks', 'listWebhooks', read(webhooks.listWebhooksHandler)),
  subscriptions('GET', '/webhooks/{webhookId}', 'readWebhook', read(webhooks.readWebhookHandler)),
  subscriptions('DELETE', '/webhooks/{webhookId}', 'deleteWebhook', write(webhooks.deleteWebhookHandler)),
  subscriptions(
    'PATCH',
    '/webhooks/{webhookId}',
    'updateWebhook',
    write(webhooks.updateWebhookHandler, wire.updateWebhook),
  ),
  subscriptions(
    'PUT',
    '/webhooks/{webhookId}/status',
    'updateWebhookStatus',
    write(webhooks.updateWebhookStatusHandler, wire.updateWebhookStatus),
  ),
  subscriptions('GET', '/products/{organizationId}', 'listProducts', read(webhooks.listProductsHandler)),
  operation('Webhooks', '/notification-subscriptions/v1')(
    'POST',
    '/webhooks/{webhookId}',
    'testWebhook',
    write(webhooks.testWebhookHandler),
  ),
  operation('Reporting', '/tss/v2')(
    'GET',
    '/transactions/{id}',
    'readTransaction',
    later('Transaction details are not built; check the status instead.'),
  ),
];
