// Protects: a subscriber hears of each new status of a payment, signed so that it can be checked, and again when it did not answer.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { STORES, sharedProvider } from '../testing.ts';
import { authorizationBody, CybersourceShop, officialSdk, type SdkError } from './testing.ts';

interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

for (const kind of STORES)
  describe(`webhooks on ${kind.name}`, () => {
    const world = sharedProvider(kind);
    let endpoint: Server;
    let heard: Heard[] = [];
    let answer = 200;
    /** What the endpoint answers to whoever asks whether it is there. */
    let health = 200;
    before(async () => {
      endpoint = createServer((request, response) => {
        let text = '';
        request.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        request.on('end', () => {
          const path = request.url ?? '';
          heard.push({ path, headers: request.headers, text });
          response.writeHead(path === '/health' ? health : answer).end();
        });
      });
      await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
    });
    after(async () => {
      endpoint.closeAllConnections();
      endpoint.close();
    });

    const urlOf = (path: string) => `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}${path}`;

    /** A merchant with a key, and what a subscription is made of. @param settings of the merchant */
    async function subscribed(settings: object = {}) {
      const shop = await CybersourceShop.open(() => world.provider, settings);
      const { merchant_id: organizationId, key_id, shared_secret } = shop.key;
      const sdk = officialSdk({
        authenticationType: 'http_signature',
        runEnvironment: 'apitest.cybersource.com',
        intermediateHost: world.provider.url,
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
        webhookUrl: urlOf('/hook'),
        notificationScope: 'SELF',
        securityPolicy: { securityType: 'KEY' },
      };
      return { shop, sdk, createWebhook, key: made.body.keyInformation as Record<string, string> };
    }

    /** Everything due has been delivered. */
    const settled = (shop: CybersourceShop, advance = 'PT0S') => shop.advance(advance);

    /** A merchant who is told. @param more of the subscription */
    async function listening(more: object = {}, settings: object = {}) {
      const { shop, sdk, createWebhook, key } = await subscribed(settings);
      const { body } = await sdk('CreateNewWebhooksApi', 'notificationSubscriptionsV2WebhooksPost', {
        createWebhook: { ...createWebhook, ...more },
      });
      heard = [];
      const path = `/notification-subscriptions/v2/webhooks/${body.webhookId}`;
      const status = async () => (await shop.call('GET', path)).body.status;
      return { shop, sdk, key, path, status, webhookId: String(body.webhookId) };
    }

    /** What was told since, as `id status`, in any order. */
    function told(): string[] {
      const calls = heard.filter(({ path }) => path === '/hook');
      heard = [];
      return calls.map(({ text }) => JSON.parse(text).payload).map(({ id, status }) => `${id} ${status}`);
    }

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
      const { shop, key, webhookId } = await listening();
      const session = await shop.session('inline');
      const authorized = await shop.authorize(await shop.approve(session.id));
      const captured = await shop.capture(authorized.id, '60.00');
      const refunded = await shop.refund(captured.id, '1.00');
      await settled(shop);
      const calls = heard;
      assert.deepEqual(
        told().sort(),
        [
          `${session.id} COMPLETED`,
          `${authorized.id} AUTHORIZED`,
          `${captured.id} SETTLED`,
          `${refunded.id} REFUNDED`,
        ].sort(),
      );
      for (const { headers, text } of calls) {
        const [, t, keyId, sig] = /^t=(\d+);keyId=([^;]+);sig=(.+)$/.exec(String(headers['v-c-signature'])) ?? [];
        assert.equal(keyId, key.keyId);
        assert.equal(
          sig,
          createHmac('sha256', Buffer.from(key.key ?? '', 'base64'))
            .update(`${t}.${text}`)
            .digest('base64'),
        );
        const body = JSON.parse(text);
        assert.equal(headers['v-c-webhook-id'], webhookId);
        assert.equal(headers['v-c-transaction-trace-id'], body.transactionTraceId);
        assert.deepEqual([headers['v-c-request-type'], headers['v-c-retry-count']], ['NEW', '0']);
        assert.deepEqual(
          [body.productId, body.eventType, body.organizationId],
          ['alternativePaymentMethods', 'payments.payments.updated', shop.key.merchant_id],
        );
      }
    });

    test('an endpoint that does not take it is called three more times, a minute apart', async () => {
      const { shop } = await listening();
      const { processorInformation } = await shop.session('inline');
      answer = 503;
      await shop.call('POST', '/pts/v2/payments', authorizationBody(processorInformation.token ?? ''));
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
      const { shop, path } = await listening();
      answer = 503;
      await shop.authorized();
      await settled(shop, 'PT1S');
      answer = 200;
      heard = [];
      assert.equal((await shop.call('DELETE', path)).status, 204);
      await settled(shop, 'PT1H');
      assert.deepEqual(heard, []);
    });

    test('what a shopper does is told once, on Klarna’s page and in the widget', async () => {
      const { shop } = await listening();
      for (const flow of ['HOP', 'inline'] as const) {
        const ends = { approve: 'COMPLETED', decline: 'FAILED', abandon: 'ABANDONED' };
        for (const [act, status] of Object.entries(ends)) {
          const { id } = await shop.session(flow);
          await settled(shop);
          assert.deepEqual(told(), [], 'a session that began is no news');
          await shop.control('POST', `/cybersource/${id}/${act}`, {});
          await settled(shop);
          const { token } = JSON.parse(heard[0]?.text ?? '{}').payload.processorInformation;
          assert.equal(token === undefined, act !== 'approve', 'the token comes with the approval');
          assert.deepEqual(told(), [`${id} ${status}`], `${flow} ${act}`);
          if (act !== 'approve') continue;
          await shop.authorize(token);
          await settled(shop);
          assert.deepEqual(
            told().map((line) => line.split(' ')[1]),
            ['AUTHORIZED'],
          );
        }
        const nobody = await shop.session(flow);
        await settled(shop, 'PT48H');
        assert.deepEqual(told(), [`${nobody.id} ABANDONED`], `${flow}: nobody came`);
      }
    });

    test('a shopper who leaves, comes back and approves is told of both times', async () => {
      const { shop } = await listening();
      const { id } = await shop.session('HOP');
      for (const act of ['abandon', 'approve']) {
        await shop.control('POST', `/cybersource/${id}/${act}`, {});
        await settled(shop);
      }
      assert.deepEqual(told(), [`${id} ABANDONED`, `${id} COMPLETED`]);
    });

    test('a lost dispute is told as the CHARGEBACK of its capture, however it was lost; one that is won is not', async () => {
      const { shop } = await listening({}, { disputes: { fee_amount: 0 } });
      const { id } = await shop.authorized();
      const [first, second] = [await shop.capture(id, '60.00'), await shop.capture(id, '40.00')];
      await settled(shop);
      told();
      await shop.control('POST', `/cybersource/${first.id}/chargeback`, {});
      await settled(shop);
      const [{ text } = { text: '{}' }] = heard;
      const { orderInformation, processorInformation } = JSON.parse(text).payload;
      assert.deepEqual(orderInformation.amountDetails, {
        totalAmount: '60.00',
        currency: 'USD',
        refundBalance: '0.00',
      });
      assert.equal(processorInformation.responseCode, '00007');
      assert.deepEqual(told(), [`${first.id} CHARGEBACK`]);
      assert.equal((await shop.check(second.id)).status, 'SETTLED');

      const disputed = async () => {
        const payment = await shop.authorized();
        const captures = [await shop.capture(payment.id, '10.00'), await shop.capture(payment.id, '20.00')];
        const { order_id } = await shop.control('GET', `/cybersource/${payment.id}`);
        const { dispute_id } = await shop.control('POST', `/orders/${order_id}/disputes`, {});
        await settled(shop);
        told();
        return { captures, dispute_id };
      };
      const dropped = await disputed();
      await shop.control('POST', `/disputes/${dropped.dispute_id}/withdraw`, {});
      await settled(shop);
      assert.deepEqual(told(), []);
      // A dispute that nobody answers is lost when its time is over; this one is about all of its order.
      const { captures } = await disputed();
      await settled(shop, 'P27D');
      assert.deepEqual(told().sort(), captures.map(({ id }) => `${id} CHARGEBACK`).sort());
    });

    test('an authorization that comes to nothing is told, once: rejected after a review, or never captured', async () => {
      const { shop } = await listening({}, { risk_rules: [{ on: 'create_order', decision: 'review' }] });
      const rejected = await shop.authorized();
      await settled(shop);
      told();
      const { order_id } = await shop.control('GET', `/cybersource/${rejected.id}`);
      await shop.control('POST', `/orders/${order_id}/fraud-decision`, { decision: 'reject' });
      await settled(shop, 'P1D');
      assert.deepEqual(told(), [`${rejected.id} FAILED`]);
      await shop.control('PATCH', `/merchants/${shop.key.merchant_id}`, { risk_rules: [] });
      const late = await shop.authorized();
      await settled(shop);
      told();
      await settled(shop, 'P28D');
      assert.deepEqual(told(), [`${late.id} FAILED`]);
    });

    test('a subscription’s own policy decides when a call is repeated', async () => {
      const retryPolicy = { algorithm: 'GEOMETRIC', firstRetry: 2, interval: 3, numberOfRetries: 3 };
      const { shop } = await listening({ retryPolicy });
      const { processorInformation } = await shop.session('inline');
      answer = 503;
      await shop.call('POST', '/pts/v2/payments', authorizationBody(processorInformation.token ?? ''));
      const counts: number[] = [];
      // Due 2, 2 × 3 and 2 × 3 × 3 minutes after the first.
      for (const minutes of ['PT0S', 'PT2M', 'PT3M', 'PT1M', 'PT11M', 'PT1M', 'PT5H']) {
        await settled(shop, minutes);
        counts.push(heard.length);
      }
      answer = 200;
      assert.deepEqual(counts, [1, 2, 2, 3, 3, 4, 4]);
    });

    test('a subscriber who is away is suspended if they wish; when they are well again they are told of everything', async () => {
      const retryPolicy = { firstRetry: 1, interval: 1, numberOfRetries: 1, deactivateFlag: 'true' };
      const { shop, status } = await listening({ retryPolicy, healthCheckUrl: urlOf('/health') });
      [answer, health] = [503, 503];
      const first = await shop.authorized();
      await settled(shop, 'PT1M');
      assert.equal(await status(), 'SUSPENDED');
      const captured = await shop.capture(first.id);
      heard = [];
      await settled(shop, 'PT9M');
      assert.deepEqual(heard, [], 'nobody is called while they are away');
      await settled(shop, 'PT11M');
      assert.deepEqual(
        heard.map(({ path, text }) => [path, text]),
        [
          ['/health', ''],
          ['/health', ''],
        ],
      );
      [answer, health] = [200, 200];
      await settled(shop, 'PT10M');
      await settled(shop);
      assert.equal(await status(), 'ACTIVE');
      const news = told();
      assert.ok(news.includes(`${first.id} AUTHORIZED`) && news.includes(`${captured.id} SETTLED`), news.join());
      assert.equal(new Set(news).size, news.length, 'each once');
      await settled(shop, 'P2D');
      assert.deepEqual(heard, [], 'and that was all');
    });

    test('a subscription is switched off and on, and changed in parts, with the official SDK', async () => {
      const { shop, sdk, webhookId, status } = await listening({ name: 'payments' });
      const put = (to: string) =>
        sdk('ManageWebhooksApi', 'notificationSubscriptionsV2WebhooksWebhookIdStatusPut', webhookId, {
          updateStatus: { status: to },
        });
      await put('INACTIVE');
      assert.equal(await status(), 'INACTIVE');
      const { id } = await shop.authorized();
      await settled(shop, 'PT1H');
      assert.deepEqual(told(), []);
      await put('ACTIVE');
      await settled(shop);
      assert.ok(told().includes(`${id} AUTHORIZED`), 'what happened meanwhile is told');

      const patch = (updateWebhook: object) =>
        sdk('ManageWebhooksApi', 'notificationSubscriptionsV2WebhooksWebhookIdPatch', webhookId, { updateWebhook });
      const changed = await patch({ webhookUrl: urlOf('/other'), healthCheckUrl: urlOf('/health') });
      assert.deepEqual(
        [changed.status, changed.body.name, changed.body.webhookUrl, changed.body.healthCheckUrl],
        [200, 'payments', urlOf('/other'), urlOf('/health')],
      );
      const policy = await shop.call('PATCH', `/notification-subscriptions/v2/webhooks/${webhookId}`, {
        retryPolicy: { numberOfRetries: '0', deactivateFlag: true },
      });
      assert.deepEqual(policy.body.retryPolicy, {
        algorithm: 'ARITHMETIC',
        firstRetry: 1,
        interval: 1,
        numberOfRetries: 0,
        deactivateFlag: 'true',
      });
      await shop.capture(id, '1.00');
      await settled(shop);
      assert.deepEqual(
        heard.map(({ path }) => path),
        ['/other'],
      );
      const products = await sdk('CreateNewWebhooksApi', 'findProductsToSubscribe', shop.key.merchant_id);
      assert.match(JSON.stringify(products.body), /"payments\.payments\.updated"/);
    });

    test('a sample tries out an endpoint, and gives one that was suspended another chance', async () => {
      const retryPolicy = { numberOfRetries: 0, deactivateFlag: 'true' };
      const { shop, sdk, webhookId, status } = await listening({ retryPolicy });
      const sample = () => sdk('ManageWebhooksApi', 'notificationSubscriptionsV1WebhooksWebhookIdPost', webhookId);
      const { body } = await sample();
      await settled(shop);
      const [{ text } = { text: '{}' }] = heard;
      const delivered = JSON.parse(text);
      assert.equal(delivered.transactionTraceId, body.transactionTraceId);
      assert.deepEqual(delivered.payload, (body.payloads as { testPayload: object }).testPayload);
      answer = 503;
      const { id } = await shop.authorized();
      await settled(shop);
      assert.equal(await status(), 'SUSPENDED', 'without repeats the first failure is the last');
      heard = [];
      answer = 200;
      await settled(shop, 'P1D');
      assert.deepEqual(heard, [], 'there is no health to ask for');
      await sample();
      await settled(shop);
      assert.equal(await status(), 'ACTIVE');
      assert.ok(told().includes(`${id} AUTHORIZED`));
    });

    test('what waits for a subscription that is deleted is forgotten with it', async () => {
      const { shop, path } = await listening();
      await shop.call('PUT', `${path}/status`, { status: 'INACTIVE' });
      await shop.authorized();
      await settled(shop);
      assert.equal((await shop.call('DELETE', path)).status, 204);
      await settled(shop, 'P30D');
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
      const policies: readonly (readonly [object, string])[] = [
        [{ algorithm: 'GEOMETRIC', firstRetry: 10, interval: 30, numberOfRetries: 10 }, 'retryPolicy'],
        [{ numberOfRetries: 11 }, 'retryPolicy.numberOfRetries'],
        [{ numberOfRetries: 1, firstRetry: -1 }, 'retryPolicy.firstRetry'],
        [{ algorithm: 'FIBONACCI' }, 'retryPolicy.algorithm'],
        [{ deactivateFlag: 'maybe' }, 'retryPolicy.deactivateFlag'],
        [{ interval: 1e21 }, 'retryPolicy.interval'],
      ];
      for (const [retryPolicy, field] of policies) await refused(shop, { retryPolicy }, field);
      const keyless = await CybersourceShop.open(() => world.provider);
      await refused(keyless, { organizationId: keyless.key.merchant_id }, 'securityPolicy');
      for (let n = 0; n < 20; n++) assert.equal((await subscribe(shop, {})).status, 201);
      assert.equal((await subscribe(shop, {})).status, 400, 'twenty are enough');
      const shown = JSON.stringify(await shop.log('limit=100'));
      assert.doesNotMatch(shown, /"key":/, 'the log holds no key');
    });
  });
