/**
 * What subscribers are told of a payment's status, and how it is signed. Sources: webhooks developer guide and its samples; what is signed
 * (`t`, a point, the body) and the payload (that of the answer) are inferred.
 */
import { createHmac } from 'node:crypto';
import { INTERNAL } from '../engine/follow.ts';
import { type Callback, type Context, type CybersourceWebhook, type Merchant, MINUTE_MS } from '../engine/state.ts';
import type { Sealer } from '../sealing.ts';
import { timestamp } from './errors.ts';
import type { CybersourcePayment } from './records.ts';
import { repeatsOf } from './retries.ts';

export const PRODUCT = 'alternativePaymentMethods';
export const EVENT = 'payments.payments.updated';

/** Where Kvitt tells this face of what happens, see `follower.ts`. */
export const addressOf = {
  session: ({ merchant_id, request_id }: Subject) => `${INTERNAL}cybersource/sessions/${merchant_id}/${request_id}`,
  payment: ({ merchant_id, request_id }: Subject) => `${INTERNAL}cybersource/payments/${merchant_id}/${request_id}`,
  webhook: (merchant_id: string, webhook_id: string) => `${INTERNAL}cybersource/webhooks/${merchant_id}/${webhook_id}`,
} as const;
type Subject = Pick<CybersourcePayment, 'merchant_id' | 'request_id'>;

/** Whether anybody is to be told of anything. */
export const isHeard = (merchant: Merchant) => webhooksOf(merchant).length > 0;

export const webhooksOf = ({ cybersource_webhooks = [] }: Merchant) => cybersource_webhooks;

/** The calls that tell the merchant's endpoints of a status. @param payload what the answer, or a check, says */
export function webhookCallbacks(payload: object, subject: string, context: Context): Callback[] {
  return webhooksOf(context.merchant).map((webhook) =>
    delivery(webhook, { ...eventOf(webhook, context), payload }, subject, context),
  );
}

/** What a delivery says of itself, beside its payload. */
export function eventOf({ webhook_id }: CybersourceWebhook, { merchant, now_ms, id }: Context) {
  return {
    webhookId: webhook_id,
    transactionTraceId: id(),
    productId: PRODUCT,
    organizationId: merchant.merchant_id,
    eventType: EVENT,
    eventDate: timestamp(now_ms),
    requestType: 'NEW',
  } as const;
}

/** The call that brings an event to a subscriber. */
export function delivery(
  { webhook_id, url, retry }: CybersourceWebhook,
  event: object,
  subject: string,
  { now_ms }: Context,
): Callback {
  return {
    rule: 'cybersource',
    url,
    body: JSON.stringify(event),
    due_at_ms: now_ms,
    subject,
    cybersource_webhook_id: webhook_id,
    ...(retry && { repeats_ms: repeatsOf(retry) }),
  };
}

/** How long after a suspension, or a change of the subscription, its health is asked for first. */
const FIRST_CHECK_MS = 10 * MINUTE_MS;

/** The call that asks whether a subscriber who did not answer is back. Nothing, where there is nobody to ask. @param at_ms merchant's time */
export function healthCheck({ webhook_id, health_check_url }: CybersourceWebhook, at_ms: number): Callback[] {
  if (!health_check_url) return [];
  const due_at_ms = at_ms + FIRST_CHECK_MS;
  const about = { subject: '', cybersource_webhook_id: webhook_id };
  return [{ rule: 'cybersource_health', url: health_check_url, body: '', due_at_ms, ...about }];
}

interface Delivered {
  readonly body: string;
  readonly webhook_id: string;
  /** From 1. */
  readonly attempt: number;
  /** Real time. */
  readonly now_ms: number;
}

/** The headers of one attempt; undefined when subscription or key are gone, so that nobody waits for it. */
export function webhookHeaders(
  { body, webhook_id, attempt, now_ms }: Delivered,
  merchant: Merchant | undefined,
  sealer: Sealer,
): Readonly<Record<string, string>> | undefined {
  const key = merchant?.cybersource_webhook_key;
  const known = merchant && webhooksOf(merchant).some((webhook) => webhook.webhook_id === webhook_id);
  if (!merchant || !key || !known) return undefined;
  const { transactionTraceId } = JSON.parse(body) as { transactionTraceId: string };
  const sig = createHmac('sha256', sealer.open(key.sealed_key)).update(`${now_ms}.${body}`).digest('base64');
  return {
    'v-c-signature': `t=${now_ms};keyId=${key.key_id};sig=${sig}`,
    'v-c-event-type': EVENT,
    'v-c-organization-id': merchant.merchant_id,
    'v-c-product-name': PRODUCT,
    'v-c-request-type': attempt === 1 ? 'NEW' : 'RETRY',
    'v-c-retry-count': String(attempt - 1),
    'v-c-transaction-trace-id': transactionTraceId,
    'v-c-webhook-id': webhook_id,
  };
}
