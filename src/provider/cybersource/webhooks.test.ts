// Protects: a subscriber hears of each new status of a payment, signed so that it can be checked, and again when it did not answer.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Provider, startProvider } from '../index.ts';
import { CybersourceShop, officialSdk, type SdkError } from './testing.ts';

interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

describe('webhooks', () => {
  let provider: Provider;
  let endpoint: Server;
  let heard: Heard[] = [];
  let answer = 200;
  before(async () => {
    provider = await startProvider();
    endpoint = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      request.on('end', () => {
        heard.push({ headers: request.headers, text });
        response.writeHead(answer).end();
      });
    });
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    endpoint.closeAllConnections();
    endpoint.close();
    await provider.close();
  });

  async function subscribed() {
    const shop = await CybersourceShop.open(() => provider);
    const { merchant_id: organizationId, key_id, shared_secret } = shop.key;
    const sdk = officialSdk({
      authenticationType: 'http_signature',
      runEnvironment: 'apitest.cybersource.com',
      intermediateHost: provider.url,
      merchantID: organizationId,
      merchantKeyId: key_id,
      merchantsecretKey: shared_secret,
    });
    const keyInformation = {
      provider: 'nrtd',
      tenant: organizationId,
      keyType: 'sharedSecret',
      organizationId,
      expiryDuration: 365,
    };
    const saveSymEgressKey = { clientRequestAction: 'CREATE', keyInformation };
    const made = await sdk('CreateNewWebhooksApi', 'saveSymEgressKey', { saveSymEgressKey });
    const products = [{ productId: 'alternativePaymentMethods', eventTypes: ['payments.payments.updated'] }];
    const createWebhook = {
      name: 'payments',
      organizationId,
      products,
      webhookUrl: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/hook`,
      notificationScope: 'SELF',
      securityPolicy: { securityType: 'KEY' },
    };
    return { shop, sdk, createWebhook, key: made.body.keyInformation as Record<string, string> };
  }

  /** Everything due has been delivered. */
  const settled = (shop: CybersourceShop, advance = 'PT0S') => shop.advance(advance);

  test('key, subscription and list are those of the official SDK', async () => {
    const { sdk, createWebhook, key } = await subscribed();
    assert.equal(Buffer.from(key.key ?? '', 'base64').length, 32);
    const { status, body } = await sdk('CreateNewWebhooksApi', 'notificationSubscriptionsV2WebhooksPost', {
      createWebhook,
    });
    assert.deepEqual([status, body.webhookUrl, body.status], [201, createWebhook.webhookUrl, 'ACTIVE']);
    const again = await sdk('ManageWebhooksApi', 'getWebhookSubscriptionById', body.webhookId);
    assert.deepEqual(again.body, body);
    const query = { productId: 'alternativePaymentMethods', eventType: 'payments.payments.updated' };
    const all = await sdk('ManageWebhooksApi', 'getWebhookSubscriptionsByOrg', createWebhook.organizationId, query);
    assert.deepEqual(all.body, [body]);
    await sdk('ManageWebhooksApi', 'deleteWebhookSubscription', body.webhookId);
    const gone = await sdk('ManageWebhooksApi', 'getWebhookSubscriptionById', body.webhookId).catch((error) => error);
    assert.equal((gone as SdkError).status, 404);
  });

  test('each new status is delivered once, with a signature that its key checks', async () => {
    const { shop, sdk, createWebhook, key } = await subscribed();
    const made = await sdk('CreateNewWebhooksApi', 'notificationSubscriptionsV2WebhooksPost', { createWebhook });
    heard = [];
    const authorized = await shop.authorized();
    const captured = await shop.capture(authorized.id, '60.00');
    const refunded = await shop.refund(captured.id, '1.00');
    await settled(shop);
    const told = heard.map(({ text }) => JSON.parse(text).payload);
    assert.deepEqual(
      told.map(({ id, status }) => `${id} ${status}`).sort(),
      [`${authorized.id} AUTHORIZED`, `${captured.id} SETTLED`, `${refunded.id} REFUNDED`].sort(),
    );
    for (const { headers, text } of heard) {
      const [, t, keyId, sig] = /^t=(\d+);keyId=([^;]+);sig=(.+)$/.exec(String(headers['v-c-signature'])) ?? [];
      assert.equal(keyId, key.keyId);
      assert.equal(
        sig,
        createHmac('sha256', Buffer.from(key.key ?? '', 'base64'))
          .update(`${t}.${text}`)
          .digest('base64'),
      );
      const body = JSON.parse(text);
      assert.equal(headers['v-c-webhook-id'], made.body.webhookId);
      assert.equal(headers['v-c-transaction-trace-id'], body.transactionTraceId);
      assert.deepEqual([headers['v-c-request-type'], headers['v-c-retry-count']], ['NEW', '0']);
      assert.deepEqual(
        [body.productId, body.eventType, body.organizationId],
        ['alternativePaymentMethods', 'payments.payments.updated', shop.key.merchant_id],
      );
    }
  });

  test('an endpoint that does not take it is called three more times, a minute apart', async () => {
    const { shop, sdk, createWebhook } = await subscribed();
    await sdk('CreateNewWebhooksApi', 'notificationSubscriptionsV2WebhooksPost', { createWebhook });
    heard = [];
    answer = 503;
    await shop.authorized();
    await settled(shop, 'PT59S');
    assert.equal(heard.length, 1);
    await settled(shop, 'PT10M');
    answer = 200;
    assert.deepEqual(
      heard.map(({ headers }) => `${headers['v-c-request-type']} ${headers['v-c-retry-count']}`),
      ['NEW 0', 'RETRY 1', 'RETRY 2', 'RETRY 3'],
    );
    assert.equal(new Set(heard.map(({ text }) => text)).size, 1, 'the same event under the same trace id');
    const log = await shop.log('direction=outgoing');
    assert.equal(log.length, 4);
  });

  test('nobody is called for a subscription that is gone', async () => {
    const { shop, sdk, createWebhook } = await subscribed();
    const { body } = await sdk('CreateNewWebhooksApi', 'notificationSubscriptionsV2WebhooksPost', { createWebhook });
    answer = 503;
    await shop.authorized();
    await settled(shop, 'PT1S');
    answer = 200;
    heard = [];
    assert.equal((await shop.call('DELETE', `/notification-subscriptions/v2/webhooks/${body.webhookId}`)).status, 204);
    await settled(shop, 'PT1H');
    assert.deepEqual(heard, []);
  });

  test('a subscription needs a key, the merchant’s own organization, and what there is to subscribe to', async () => {
    const { shop, createWebhook } = await subscribed();
    const subscribe = (by: CybersourceShop, more: object) =>
      by.call('POST', '/notification-subscriptions/v2/webhooks', { ...createWebhook, ...more });
    const refused = async (by: CybersourceShop, more: object, field: string) => {
      const { status, body } = await subscribe(by, more);
      assert.deepEqual([status, body.details?.[0]?.field], [400, field]);
    };
    await refused(shop, { organizationId: 'somebody-else' }, 'organizationId');
    await refused(shop, { products: [{ productId: 'payouts', eventTypes: ['x'] }] }, 'products');
    await refused(shop, { webhookUrl: 'http://intranet.example/' }, 'webhookUrl');
    const keyless = await CybersourceShop.open(() => provider);
    await refused(keyless, { organizationId: keyless.key.merchant_id }, 'securityPolicy');
    for (let n = 0; n < 20; n++) assert.equal((await subscribe(shop, {})).status, 201);
    assert.equal((await subscribe(shop, {})).status, 400, 'twenty are enough');
    const shown = JSON.stringify(await shop.log('limit=100'));
    assert.doesNotMatch(shown, /"key":/, 'the log holds no key');
  });
});
