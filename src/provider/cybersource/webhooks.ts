/**
 * Webhooks: a key, subscriptions, and the signed calls that tell of a payment's new status. Sources: webhooks developer guide and its samples; what
 * is signed (`t`, a point, the body) and the payload (that of the answer) are inferred.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { CreateWebhook, CreateWebhookKey } from '../../wire/cybersource.ts';
import { type Callback, type Context, type CybersourceWebhook, DAY_MS, type Merchant } from '../engine/state.ts';
import type { Sealer } from '../sealing.ts';
import { invalid, NOT_FOUND, timestamp } from './errors.ts';
import { type Call, faultReply, type Handler, json, problemReply, type Reply } from './operation.ts';

const PRODUCT = 'alternativePaymentMethods';
const EVENT = 'payments.payments.updated';
/** Subscriptions a merchant may have. */
const WEBHOOKS_MOST = 20;
const KEY_DAYS = 365;

export const createKeyHandler: Handler = function* (call) {
  const { keyInformation } = call.body as CreateWebhookKey;
  const wrong = refuseOrganization(keyInformation.organizationId, 'keyInformation.organizationId', call);
  if (wrong) return wrong;
  const { id, merchant, now_ms } = call.context;
  const key = randomBytes(32);
  const expires_at_ms = now_ms + (keyInformation.expiryDuration || KEY_DAYS) * DAY_MS;
  const made = { key_id: id(), sealed_key: call.sealer.seal(key), expires_at_ms };
  const { provider = 'nrtd', tenant = merchant.merchant_id, keyType, organizationId } = keyInformation;
  const view = {
    submitTimeUtc: timestamp(now_ms),
    status: 'SUCCESS',
    keyInformation: {
      provider: provider.toUpperCase(),
      tenant,
      organizationId,
      keyId: made.key_id,
      key: key.toString('base64'),
      keyType,
      status: 'Active',
      expirationDate: timestamp(expires_at_ms),
    },
  };
  return json(201, view, { ...merchantChange({ ...merchant, cybersource_webhook_key: made }), unlogged: true });
};

export const createWebhookHandler: Handler = function* (call) {
  const { webhookUrl, healthCheckUrl, products, organizationId, name, description } = call.body as CreateWebhook;
  const wrong = refuseOrganization(organizationId, 'organizationId', call) ?? refuseProducts(products);
  if (wrong) return wrong;
  const { id, merchant, now_ms } = call.context;
  if (!merchant.cybersource_webhook_key) return NO_KEY;
  if (webhooksOf(merchant).length >= WEBHOOKS_MOST) return FULL;
  const made: CybersourceWebhook = {
    webhook_id: id(),
    url: webhookUrl,
    products,
    made_at_ms: now_ms,
    ...(healthCheckUrl && { health_check_url: healthCheckUrl }),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
  };
  const after = { ...merchant, cybersource_webhooks: [...webhooksOf(merchant), made] };
  return json(201, webhookView(made, merchant), merchantChange(after));
};

export const listWebhooksHandler: Handler = function* ({ context: { merchant } }) {
  return json(
    200,
    webhooksOf(merchant).map((webhook) => webhookView(webhook, merchant)),
  );
};

export const readWebhookHandler: Handler = function* ({ params, context: { merchant } }) {
  const found = webhooksOf(merchant).find(({ webhook_id }) => webhook_id === params.webhookId);
  return found ? json(200, webhookView(found, merchant)) : UNKNOWN;
};

export const deleteWebhookHandler: Handler = function* ({ params, context: { merchant } }) {
  const kept = webhooksOf(merchant).filter(({ webhook_id }) => webhook_id !== params.webhookId);
  if (kept.length === webhooksOf(merchant).length) return UNKNOWN;
  return { ...merchantChange({ ...merchant, cybersource_webhooks: kept }), status: 204, body: '' };
};

const webhooksOf = ({ cybersource_webhooks = [] }: Merchant) => cybersource_webhooks;

function merchantChange(merchant: Merchant): Pick<Reply, 'changes'> {
  const { merchant_id } = merchant;
  return { changes: { put: [{ kind: 'merchant', id: merchant_id, merchant_id, state: merchant }] } };
}

function refuseOrganization(organizationId: string, field: string, { context }: Call): Reply | undefined {
  const { merchant_id } = context.merchant;
  if (organizationId === merchant_id) return undefined;
  return faultReply(field, 'pattern', {
    expected: merchant_id,
    got: organizationId,
    message: 'The organization is not the merchant who signed the request.',
    change: 'Send the merchant’s own id.',
  });
}

function refuseProducts(products: CreateWebhook['products']): Reply | undefined {
  const known = products.every(
    ({ productId, eventTypes }) => productId === PRODUCT && eventTypes.every((type) => type === EVENT),
  );
  if (known) return undefined;
  return faultReply('products', 'pattern', {
    expected: `${PRODUCT}: ${EVENT}`,
    message: 'Klarna’s payments have one product and one type of event here.',
    change: `Subscribe to ${PRODUCT} with ${EVENT}.`,
  });
}

const NO_KEY = problemReply(invalid('INVALID_DATA', [{ field: 'securityPolicy', reason: 'INVALID_DATA' }]), [
  {
    field: 'securityPolicy',
    message: 'The merchant has no key to sign deliveries with.',
    change: 'Create one first: POST /kms/egress/v2/keys-sym.',
  },
]);
const FULL = problemReply(invalid('INVALID_DATA'), [
  { message: `A merchant has at most ${WEBHOOKS_MOST} webhooks.`, change: 'Delete one that is not needed any more.' },
]);
const UNKNOWN = problemReply(NOT_FOUND, [
  {
    field: 'webhookId',
    message: 'The merchant has no webhook with this id.',
    change: 'List them and use one’s webhookId.',
  },
]);

function webhookView(webhook: CybersourceWebhook, { merchant_id }: Merchant): object {
  const { webhook_id: webhookId, url: webhookUrl, health_check_url: healthCheckUrl, name, description } = webhook;
  return {
    webhookId,
    organizationId: merchant_id,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    products: webhook.products,
    webhookUrl,
    ...(healthCheckUrl && { healthCheckUrl }),
    notificationScope: 'SELF',
    status: 'ACTIVE',
    securityPolicy: { securityType: 'KEY' },
    retryPolicy: { algorithm: 'ARITHMETIC', firstRetry: 1, interval: 1, numberOfRetries: 3, deactivateFlag: 'false' },
    createdOn: timestamp(webhook.made_at_ms),
  };
}

/** The calls that tell the merchant's endpoints of a status. @param payload what the answer, or a check, says */
export function webhookCallbacks(payload: object, subject: string, { merchant, now_ms, id }: Context): Callback[] {
  return webhooksOf(merchant).map((webhook) => ({
    rule: 'cybersource',
    url: webhook.url,
    body: JSON.stringify({
      webhookId: webhook.webhook_id,
      transactionTraceId: id(),
      productId: PRODUCT,
      organizationId: merchant.merchant_id,
      eventType: EVENT,
      eventDate: timestamp(now_ms),
      payload,
      requestType: 'NEW',
    }),
    due_at_ms: now_ms,
    subject,
    cybersource_webhook_id: webhook.webhook_id,
  }));
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
