/** Webhooks: a key to check them with, and subscriptions. Sources: webhooks developer guide and its samples; models of the official SDK. */
import { randomBytes } from 'node:crypto';
import type {
  CreateWebhook,
  CreateWebhookKey,
  RetryPolicy,
  UpdateWebhook,
  UpdateWebhookStatus,
} from '../../wire/cybersource.ts';
import { follow } from '../engine/follow.ts';
import { type CybersourceWebhook, DAY_MS, type Merchant } from '../engine/state.ts';
import { invalid, NOT_FOUND, timestamp } from './errors.ts';
import { addressOf, delivery, EVENT, eventOf, healthCheck, PRODUCT, webhooksOf } from './events.ts';
import { withWebhook } from './held.ts';
import { type Call, faultReply, type Handler, json, problemReply, type Reply } from './operation.ts';
import { policyView, RETRIES_DAYS_MOST, repeatsOf } from './retries.ts';

/** Subscriptions a merchant may have. */
const WEBHOOKS_MOST = 20;
const KEY_DAYS = 365;

export const createKeyHandler: Handler = function* (call) {
  const { keyInformation } = call.body as CreateWebhookKey;
  const wrong = refuseOrganization(keyInformation.organizationId, 'keyInformation.organizationId', call);
  if (wrong) return wrong;
  const { id, merchant, now_ms } = call.context;
  const key = randomBytes(32);
  const expires_at_ms = now_ms + (keyInformation.expiryDuration ?? KEY_DAYS) * DAY_MS;
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
  const body = call.body as CreateWebhook;
  const wrong = refuseSubscription(body, call);
  if (wrong) return wrong;
  const { id, merchant, now_ms } = call.context;
  if (!merchant.cybersource_webhook_key) return NO_KEY;
  if (webhooksOf(merchant).length >= WEBHOOKS_MOST) return FULL;
  const { products, webhookUrl: url } = body;
  const made: CybersourceWebhook = { webhook_id: id(), url, products, made_at_ms: now_ms, ...optionsOf(body) };
  const after = { ...merchant, cybersource_webhooks: [...webhooksOf(merchant), made] };
  return json(201, webhookView(made, merchant), merchantChange(after));
};

/** What may be left out of a subscription, where it was not. */
function optionsOf({ healthCheckUrl, name, description, retryPolicy }: UpdateWebhook): Partial<CybersourceWebhook> {
  return {
    ...(healthCheckUrl !== undefined && { health_check_url: healthCheckUrl }),
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(retryPolicy && { retry: retryPolicy }),
  };
}

function refuseSubscription(
  { organizationId, products, retryPolicy }: UpdateWebhook,
  call: Call,
  before: RetryPolicy = {},
): Reply | undefined {
  return (
    (organizationId === undefined ? undefined : refuseOrganization(organizationId, 'organizationId', call)) ??
    (products && refuseProducts(products)) ??
    (retryPolicy && refusePolicy({ ...before, ...retryPolicy }))
  );
}

function refusePolicy(policy: RetryPolicy): Reply | undefined {
  const days = repeatsOf(policy).reduce((sum, ms) => sum + ms, 0) / DAY_MS;
  if (days <= RETRIES_DAYS_MOST) return undefined;
  return faultReply('retryPolicy', 'pattern', {
    expected: `at most ${RETRIES_DAYS_MOST} days`,
    got: `${Math.ceil(days)} days`,
    message: `The last repeat of a delivery would come ${Math.ceil(days)} days after the first; here it is ${RETRIES_DAYS_MOST} at most.`,
    change: 'Send fewer repeats, or shorter times between them; they are minutes.',
  });
}

/** Only what is sent changes. A subscription that is suspended is looked at again. */
export const updateWebhookHandler: Handler = function* (call) {
  const body = call.body as UpdateWebhook;
  const { merchant, now_ms } = call.context;
  const before = subscription(call);
  if (!before) return UNKNOWN;
  const wrong = refuseSubscription(body, call, before.retry);
  if (wrong) return wrong;
  const { products = before.products, webhookUrl: url = before.url, retryPolicy } = body;
  const retry = retryPolicy && { retry: { ...before.retry, ...retryPolicy } };
  const after: CybersourceWebhook = { ...before, url, products, ...optionsOf(body), ...retry };
  const callbacks = after.status === 'SUSPENDED' ? healthCheck(after, now_ms) : [];
  return json(200, webhookView(after, merchant), { changes: { put: [withWebhook(merchant, after)] }, callbacks });
};

/** INACTIVE: nothing is delivered until it is ACTIVE again; then all that happened meanwhile is. */
export const updateWebhookStatusHandler: Handler = function* (call) {
  const { status } = call.body as UpdateWebhookStatus;
  const { merchant, now_ms } = call.context;
  const before = subscription(call);
  if (!before) return UNKNOWN;
  const { status: _before, ...active } = before;
  const after: CybersourceWebhook = status === 'ACTIVE' ? active : { ...before, status };
  const callbacks = [follow(addressOf.webhook(merchant.merchant_id, before.webhook_id), '', now_ms)];
  return json(200, { status }, { changes: { put: [withWebhook(merchant, after)] }, callbacks });
};

/** A sample, so that an endpoint can be tried out. A subscription that was suspended is given another chance with it. */
export const testWebhookHandler: Handler = function* (call) {
  const { merchant, now_ms } = call.context;
  const before = subscription(call);
  if (!before) return UNKNOWN;
  const { status, ...active } = before;
  const after = status === 'SUSPENDED' ? active : before;
  const event = eventOf(before, call.context);
  const payload = { message: 'This is a sample of what this webhook delivers' };
  const callbacks = [
    follow(addressOf.webhook(merchant.merchant_id, before.webhook_id), '', now_ms),
    delivery(after, { ...event, payload }, '', call.context),
  ];
  const view = { ...event, retryNumber: 0, payloads: { testPayload: payload } };
  return json(201, view, { changes: { put: [withWebhook(merchant, after)] }, callbacks });
};

export const listProductsHandler: Handler = function* ({ params, context: { merchant } }) {
  if (params.organizationId !== merchant.merchant_id) return UNKNOWN_ORGANIZATION;
  const eventTypes = [
    { eventName: EVENT, displayName: 'Payment updated', timeSensitivity: false, payloadEncryption: false },
  ];
  return json(200, [{ productId: PRODUCT, productName: 'Alternative payment methods', eventTypes }]);
};

export const listWebhooksHandler: Handler = function* ({ context: { merchant } }) {
  return json(
    200,
    webhooksOf(merchant).map((webhook) => webhookView(webhook, merchant)),
  );
};

export const readWebhookHandler: Handler = function* (call) {
  const found = subscription(call);
  return found ? json(200, webhookView(found, call.context.merchant)) : UNKNOWN;
};

export const deleteWebhookHandler: Handler = function* (call) {
  const { merchant, now_ms } = call.context;
  const found = subscription(call);
  if (!found) return UNKNOWN;
  const kept = webhooksOf(merchant).filter((webhook) => webhook !== found);
  // What is kept for it goes as well.
  const callbacks = [follow(addressOf.webhook(merchant.merchant_id, found.webhook_id), '', now_ms)];
  return { ...merchantChange({ ...merchant, cybersource_webhooks: kept }), callbacks, status: 204, body: '' };
};

function subscription({ params, context: { merchant } }: Call): CybersourceWebhook | undefined {
  return webhooksOf(merchant).find(({ webhook_id }) => webhook_id === params.webhookId);
}

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
const UNKNOWN_ORGANIZATION = problemReply(NOT_FOUND, [
  {
    field: 'organizationId',
    message: 'The organization is not the merchant who signed the request.',
    change: 'Send the merchant’s own id.',
  },
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
    status: webhook.status ?? 'ACTIVE',
    securityPolicy: { securityType: 'KEY' },
    retryPolicy: policyView(webhook.retry),
    createdOn: timestamp(webhook.made_at_ms),
  };
}
