/** Purse's Payment API v2 as a shop uses it, over HTTP, on every kind of store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answered, type Json, STORES, sharedProvider } from '../testing.ts';
import { Hook, PurseShop, purchaseFor } from './testing.ts';

interface PaymentRead extends Json {
  readonly id: string;
  readonly version: number;
  readonly client_session_id: string;
  readonly overview: string;
  readonly amounts: Readonly<Record<string, number>>;
  readonly authorization: {
    readonly status: string;
    readonly partner_transactions: readonly {
      readonly id: string;
      readonly partner_data?: { readonly hpp_session_id?: string };
    }[];
  };
  readonly operations: readonly OperationRead[];
  readonly redirection?: { readonly href: string };
}
interface OperationRead extends Json {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly amount: number;
}

const SPLIT = [{ partner: 'klarna', method: 'installments', amount: 11_500 }];

for (const kind of STORES) {
  describe(`Payment API v2, ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const post = <T = Json>(shop: PurseShop, path: string, body: unknown, key?: string): Promise<Answered<T>> =>
      shop.call<T>('POST', `/payment/v2${path}`, body, key === undefined ? {} : { 'x-idempotency-key': key });
    const get = async (shop: PurseShop, id: string) => {
      const answer = await shop.call<PaymentRead>('GET', `/payment/v2/payments/${id}`);
      assert.equal(answer.status, 200, answer.text);
      return answer.body;
    };

    /** A payment made server-to-server, and what its shopper does. */
    async function payment(shop: PurseShop, more: object = {}, act = 'complete', data: object = {}) {
      const made = await post<PaymentRead>(shop, '/payments', { ...purchaseFor(shop), split: SPLIT, ...more });
      assert.equal(made.status, 201, made.text);
      const href = made.body.redirection?.href ?? '';
      return { made: made.body, back: await shop.onPage(href, act, data) };
    }

    // Protects: server to server: pending with Klarna's page, authorized after it, captured, refunded, voided; amounts add up.
    test('a payment from server to server', async () => {
      const shop = await PurseShop.open(world);
      const { made, back } = await payment(shop);
      assert.equal(made.authorization.status, 'PENDING');
      assert.deepEqual([made.amounts.authorize_pending, made.overview], [11_500, 'NOT']);
      const data = await shop.returned(back);
      assert.deepEqual(data, {
        client_session_id: made.client_session_id,
        payment_id: made.id,
        authorization_status: 'AUTHORIZED',
        client_session_status: 'SUBMITTED',
      });
      const capture = await post<OperationRead>(shop, `/payments/${made.id}/captures`, { amount: 6_000 });
      assert.deepEqual([capture.status, capture.body.type, capture.body.status], [201, 'CAPTURE', 'SUCCESS']);
      const refund = await post<OperationRead>(shop, `/payments/${made.id}/refunds`, { amount: 1_500 });
      assert.deepEqual([refund.status, refund.body.status], [201, 'SUCCESS']);
      const voided = await post<OperationRead>(shop, `/payments/${made.id}/voids`, {});
      assert.deepEqual([voided.status, voided.body.amount], [201, 5_500]);
      const { amounts, overview, version } = await get(shop, made.id);
      assert.deepEqual(amounts, {
        authorize_pending: 0,
        total_authorized: 11_500,
        total_captured: 6_000,
        available_to_capture: 0,
        total_refunded: 1_500,
        available_to_refund: 4_500,
        total_voided: 5_500,
        available_to_void: 0,
      });
      assert.equal(overview, 'PARTIALLY_REFUNDED');
      assert.ok(version > made.version);
      const order = await shop.klarna.read(await shop.order_id('cart-9'));
      assert.deepEqual([order.order_amount, order.captured_amount, order.refunded_amount], [11_500, 6_000, 1_500]);
    });

    // Protects: how each way off the page is told, in v2's words.
    test('statuses of an authorization', async () => {
      const shop = await PurseShop.open(world);
      for (const [act, data, status] of [
        ['complete', {}, 'AUTHORIZED'],
        ['complete', { outcome: 'review' }, 'PENDING'],
        ['fail', {}, 'REFUSED'],
        ['error', {}, 'ERROR'],
        ['back', {}, 'PENDING'],
      ] as const) {
        const { made, back } = await payment(shop, {}, act, data);
        assert.equal((await shop.returned(back)).authorization_status, status, act);
        assert.equal((await get(shop, made.id)).authorization.status, status);
      }
      const pending = await post<PaymentRead>(shop, '/payments', { ...purchaseFor(shop), split: SPLIT });
      const path = `/payment/v2/client-sessions/${pending.body.client_session_id}/abort`;
      const aborted = await shop.send('POST', path, {}, { 'x-api-key': shop.api_key });
      assert.deepEqual([aborted.status, aborted.body.status], [303, 'AbortedByCustomer']);
      assert.match(
        aborted.headers.get('location') ?? '',
        /^https:\/\/shop\.example\/done\?cart=9&purse-redirection-data=/,
      );
      assert.equal((await get(shop, pending.body.id)).authorization.status, 'ABORTED');
    });

    // Protects: a client session, and the link to its page, from which the shopper goes on to Klarna's.
    test('a client session and its hosted page', async () => {
      const shop = await PurseShop.open(world);
      const made = await post(shop, '/client-sessions', { ...purchaseFor(shop), integration_mode: 'HOSTED_PAGE' });
      assert.equal(made.status, 201, made.text);
      const { id, widget, links } = made.body as { id: string; widget: Json; links: { hosted_page: string } };
      assert.equal(typeof widget.data, 'string');
      const session = await shop.call('GET', `/payment/v2/client-sessions/${id}`);
      assert.equal(session.body.status, 'CREATED');
      const page = await shop.send('GET', new URL(links.hosted_page).pathname, undefined, {});
      assert.equal(page.status, 302);
      const data = await shop.returned(await shop.onPage(page.headers.get('location') ?? '', 'complete'));
      assert.deepEqual([data.client_session_id, data.authorization_status], [id, 'AUTHORIZED']);
      const { client_session_id, amounts } = await get(shop, String(data.payment_id));
      assert.deepEqual([client_session_id, amounts.total_authorized], [id, 11_500]);
    });

    // Protects: a shopper who opens the link again after paying is back in the shop, and has not failed to pay a second time.
    test('the hosted page of a session that is over', async () => {
      const shop = await PurseShop.open(world);
      const made = async () => {
        const { body } = await post<{ id: string; links: { hosted_page: string } }>(
          shop,
          '/client-sessions',
          purchaseFor(shop),
        );
        return { id: body.id, path: new URL(body.links.hosted_page).pathname };
      };
      const open = async (path: string) =>
        (await shop.send('GET', path, undefined, {})).headers.get('location') ?? 'nowhere';
      const read = async (id: string) => (await shop.call('GET', `/payment/v2/client-sessions/${id}`)).body;
      const paid = await made();
      const data = await shop.returned(await shop.onPage(await open(paid.path), 'complete'));
      assert.match(await open(paid.path), /^https:\/\/shop\.example\/done\?cart=9&purse-redirection-data=/);
      assert.equal((await read(paid.id)).payment_id, data.payment_id, 'no other payment was begun');
      assert.equal((await get(shop, String(data.payment_id))).authorization.status, 'AUTHORIZED');
      const [aborted, late] = [await made(), await made()];
      const headers = { 'x-api-key': shop.api_key };
      await shop.send('POST', `/payment/v2/client-sessions/${aborted.id}/abort`, {}, headers);
      assert.match(await open(aborted.path), /^https:\/\/shop\.example\//);
      await shop.klarna.advance('PT48H');
      assert.match(await open(late.path), /^https:\/\/shop\.example\//);
      assert.equal((await read(late.id)).status, 'EXPIRED');
    });

    // Protects: a client session is the same session as v1's, which the widget begins and applies.
    test('the widget of a client session', async () => {
      const shop = await PurseShop.open(world);
      const { body } = await post(shop, '/client-sessions', { ...purchaseFor(shop), allow_future_usage: true });
      const { hosted_id, transaction_id } = await shop.begin(String(body.id));
      await shop.shopper(hosted_id, 'complete');
      assert.equal((await get(shop, transaction_id)).authorization.status, 'AUTHORIZED');
      const charged = await post<PaymentRead>(shop, '/payments', {
        ...purchaseFor(shop),
        split: [{ ...SPLIT[0], wallet_token: transaction_id }],
      });
      assert.equal(
        charged.body.authorization.status,
        'AUTHORIZED',
        'the session asked for future usage, so there is a token',
      );
    });

    // Protects: captured with the authorization, or by itself some time after it.
    test('automatic capture, at once and later', async () => {
      const shop = await PurseShop.open(world);
      const { made } = await payment(shop, { capture_mode: 'AUTOMATIC' });
      const atOnce = await get(shop, made.id);
      assert.deepEqual([atOnce.amounts.total_captured, atOnce.overview], [11_500, 'TOTALLY_CAPTURED']);
      const order = { ...purchaseFor(shop).order, reference: 'cart-10' };
      const { made: later } = await payment(shop, { order, capture_mode: 'AUTOMATIC', capture_delay: 'PT24H' });
      await shop.settled();
      assert.equal((await get(shop, later.id)).amounts.total_captured, 0);
      await shop.klarna.advance('P1D');
      await shop.settled();
      assert.equal((await shop.klarna.read(await shop.order_id('cart-10'))).captured_amount, 11_500);
      assert.equal((await get(shop, later.id)).amounts.total_captured, 11_500);
    });

    // Protects: one key, one operation, however often and at once it is sent; the repeat names what was made.
    test('idempotency keys', async () => {
      const shop = await PurseShop.open(world);
      const { made } = await payment(shop);
      const path = `/payments/${made.id}/captures`;
      const answers = await Promise.all(Array.from({ length: 10 }, () => post(shop, path, { amount: 100 }, 'key-1')));
      const [first] = answers.filter(({ status }) => status === 201);
      const others = answers.filter(({ status }) => status !== 201);
      assert.equal(others.length, 9);
      for (const { status, body } of others) {
        assert.equal(status, 409);
        assert.equal(body.type, 'urn:eu.purse:write-conflict');
        assert.equal(body.title, 'Idempotency violation');
        assert.deepEqual([body.payment_id, body.operation_id], [made.id, first?.body.id]);
      }
      assert.equal((await post(shop, path, { amount: 100 }, 'key-2')).status, 201);
      const long = 'k'.repeat(4_000);
      assert.equal((await post(shop, `/payments/${made.id}/refunds`, { amount: 1 }, long)).status, 201);
      const repeated = await post(shop, `/payments/${made.id}/refunds`, { amount: 2 }, long);
      assert.equal(repeated.status, 409, 'the key decides, whatever the body');
      assert.equal((await post(shop, path, { amount: 1.5 }, 'key-3')).status, 400);
      assert.equal((await post(shop, path, { amount: 20_000 }, 'key-3')).body.status, 'FAILURE');
      assert.equal(
        (await post(shop, path, { amount: 100 }, 'key-3')).status,
        409,
        'what Klarna refused was an operation',
      );
      assert.equal((await get(shop, made.id)).amounts.total_captured, 200);
    });

    // Protects: a reply that was lost costs the shopper nothing: the repeat makes no second payment and charges no token twice.
    test('one key, one payment', async () => {
      const shop = await PurseShop.open(world);
      const { made } = await payment(shop, { allow_future_usage: true });
      assert.equal((await get(shop, made.id)).authorization.status, 'AUTHORIZED');
      const { shopper_redirection_url: _nobody, ...purchase } = purchaseFor(shop);
      const order = { ...purchase.order, reference: 'renewal' };
      const charge = { ...purchase, order, split: [{ ...SPLIT[0], wallet_token: made.id }] };
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => post<PaymentRead>(shop, '/payments', charge, 'renew-1')),
      );
      const [one] = answers.filter(({ status }) => status === 201);
      assert.equal(one?.body.authorization.status, 'AUTHORIZED');
      const others = answers.filter(({ status }) => status !== 201);
      assert.equal(others.length, 9);
      for (const { status, body } of others) {
        assert.deepEqual([status, body.type], [409, 'urn:eu.purse:write-conflict']);
        assert.deepEqual([body.payment_id, body.operation_id], [one?.body.id, one?.body.id]);
      }
      const { orders } = await world.provider.control('GET', `/orders?merchant_id=${shop.klarna.merchant_id}`);
      const renewed = (orders as Json[]).filter(({ merchant_reference1 }) => merchant_reference1 === 'renewal');
      assert.equal(renewed.length, 1);
      const refused = await post(shop, '/payments', { ...purchase, split: SPLIT }, 'renew-2');
      assert.equal(refused.status, 400, 'a call that came to nothing does not use up its key');
      assert.equal((await post(shop, '/payments', charge, 'renew-2')).status, 201);
      assert.equal((await post(shop, `/payments/${made.id}/captures`, { amount: 1 }, 'renew-1')).status, 201);
    });

    // Protects: a shop whose connection broke finds what it made by the key alone, and pays on with it.
    test('a lost answer and its repeat', async () => {
      const shop = await PurseShop.open(world);
      const { merchant_id } = shop.klarna;
      const on = { path: '/payment/v2/payments' };
      await world.provider.control('POST', '/faults', { merchant_id, on, effect: 'drop', when: 'after', times: 1 });
      const body = { ...purchaseFor(shop), split: SPLIT };
      await assert.rejects(post(shop, '/payments', body, 'cart-9'));
      const repeat = await post(shop, '/payments', body, 'cart-9');
      assert.equal(repeat.status, 409);
      const found = await get(shop, String(repeat.body.payment_id));
      assert.equal(found.authorization.status, 'PENDING');
      const [transaction] = found.authorization.partner_transactions;
      await shop.shopper(transaction?.partner_data?.hpp_session_id ?? '', 'complete');
      assert.equal((await get(shop, found.id)).authorization.status, 'AUTHORIZED');
    });

    // Protects: voids of a part, in v2's words.
    test('a void of a part', async () => {
      const shop = await PurseShop.open(world);
      const { made } = await payment(shop);
      const voided = await post<OperationRead>(shop, `/payments/${made.id}/voids`, { amount: 1_500 });
      assert.deepEqual([voided.status, voided.body.status, voided.body.amount], [201, 'SUCCESS', 1_500]);
      const { overview, amounts } = await get(shop, made.id);
      assert.equal(overview, 'PARTIALLY_VOIDED');
      const { total_authorized, available_to_capture, total_voided, available_to_void } = amounts;
      assert.deepEqual(
        [total_authorized, available_to_capture, total_voided, available_to_void],
        [11_500, 10_000, 1_500, 10_000],
      );
      await post(shop, `/payments/${made.id}/voids`, { amount: 10_000 });
      const after = await get(shop, made.id);
      assert.deepEqual([after.overview, after.amounts.total_voided], ['TOTALLY_VOIDED', 11_500]);
      assert.equal((await shop.klarna.read(await shop.order_id('cart-9'))).status, 'CANCELLED');
    });

    // Protects: lines with a rate of less than whole percents, as France has.
    test('order lines', async () => {
      const shop = await PurseShop.open(world);
      const line = {
        name: 'Book',
        price: 12_000,
        quantity: 1,
        amount: 12_000,
        tax_lines: [{ rate: 5.5, amount: 626 }],
      };
      const order = { ...purchaseFor(shop).order, tax_amount: 626, shipments: [{ item_lines: [line] }] };
      await payment(shop, { order });
      await shop.settled();
      const { body } = await shop.klarna.call<{ order_lines: Json[] }>(
        'GET',
        `/ordermanagement/v1/orders/${await shop.order_id('cart-9')}`,
      );
      const [book] = body.order_lines;
      assert.deepEqual([book?.name, book?.tax_rate, book?.total_tax_amount], ['Book', 550, 626]);
    });

    // Protects: the webhook carries the payment whenever its amounts change, with a version that rises.
    test('webhooks', async () => {
      const hook = await Hook.open();
      const shop = await PurseShop.open(world);
      const { made } = await payment(shop, { webhook: { url: hook.url } });
      await shop.settled();
      await post(shop, `/payments/${made.id}/captures`, { amount: 500 });
      await shop.settled();
      const order_id = await shop.order_id('cart-9');
      await shop.klarna.capture(order_id, 700);
      await shop.settled();
      await shop.settled();
      const told = hook.read<PaymentRead>(shop.public_key).sort((a, b) => a.version - b.version);
      assert.deepEqual([...new Set(told.map(({ id }) => id))], [made.id]);
      const captured = told.map(({ amounts }) => amounts.total_captured);
      assert.deepEqual([captured.includes(500), captured.at(-1)], [true, 1_200]);
      assert.equal(new Set(told.map(({ version }) => version)).size, told.length);
    });

    // Protects: agreed to with the shopper, charged without; the token is in the wallet.
    test('future usage', async () => {
      const shop = await PurseShop.open(world);
      const { made } = await payment(shop, { allow_future_usage: true });
      const { authorization } = await get(shop, made.id);
      const path = `/wallet/v3/merchants/${shop.klarna.merchant_id}/customers/shopper-2/tokens`;
      const wallet = await shop.call<{ tokens: Json[]; total_elements: number }>('GET', path);
      assert.deepEqual([wallet.body.total_elements, wallet.body.tokens[0]?.status], [1, 'ACTIVE']);
      const { shopper_redirection_url: _nobody, ...purchase } = purchaseFor(shop);
      for (const wallet_token of [authorization.partner_transactions[0]?.id, wallet.body.tokens[0]?.id]) {
        const split = [{ ...SPLIT[0], wallet_token }];
        const charged = await post<PaymentRead>(shop, '/payments', { ...purchase, split });
        assert.equal(charged.status, 201, charged.text);
        assert.deepEqual([charged.body.authorization.status, charged.body.redirection], ['AUTHORIZED', undefined]);
      }
      const unknown = await post<PaymentRead>(shop, '/payments', {
        ...purchase,
        split: [{ ...SPLIT[0], wallet_token: 'x' }],
      });
      assert.equal(unknown.body.authorization.status, 'ERROR');
    });

    // Protects: where tokens are switched off none is made, by whichever field it is asked for.
    test('tokens switched off', async () => {
      const shop = await PurseShop.open(world, { save_token: false });
      const future = { ...purchaseFor(shop), allow_future_usage: true };
      assert.equal((await post(shop, '/client-sessions', future)).status, 400);
      assert.deepEqual((await post(shop, '/eligible-solutions', future)).body.eligible_solutions, []);
      await payment(shop, { split: [{ ...SPLIT[0], save_token: true }] });
      const path = `/wallet/v3/merchants/${shop.klarna.merchant_id}/customers/shopper-2/tokens`;
      assert.equal((await shop.call('GET', path)).body.total_elements, 0);
    });

    // Protects: an amount of nothing, which only asks for the token.
    test('an information request', async () => {
      const shop = await PurseShop.open(world);
      const order = { ...purchaseFor(shop).order, net_amount: 0, tax_amount: 0 };
      const nothing = { amount: 0, order, split: [{ ...SPLIT[0], amount: 0 }], allow_future_usage: true };
      const { made } = await payment(shop, nothing);
      assert.equal((await get(shop, made.id)).authorization.status, 'AUTHORIZED');
      const without = { ...purchaseFor(shop), amount: 0, order };
      assert.equal((await post(shop, '/client-sessions', without)).status, 400);
    });

    // Protects: Klarna is offered where it takes the purchase, and nowhere else.
    test('eligible solutions', async () => {
      const shop = await PurseShop.open(world);
      const eligible = async (more: object) =>
        (await post(shop, '/eligible-solutions', { ...purchaseFor(shop), ...more })).body.eligible_solutions;
      assert.deepEqual(await eligible({}), [{ partner: 'klarna', method: 'installments' }]);
      assert.deepEqual(await eligible({ currency: 'GBP' }), []);
      assert.deepEqual(await eligible({ currency: 'JPY' }), []);
    });

    // Protects: what was charged back after a lost dispute is not offered for a refund.
    test('a lost dispute', async () => {
      const shop = await PurseShop.open(world);
      const { made } = await payment(shop, { capture_mode: 'AUTOMATIC' });
      assert.equal((await get(shop, made.id)).amounts.available_to_refund, 11_500);
      const order_id = await shop.order_id('cart-9');
      await world.provider.control('POST', `/orders/${order_id}/disputes`, { reason: 'PURCHASE_UNAUTHORIZED' });
      await shop.klarna.advance('P60D');
      const { amounts } = await get(shop, made.id);
      assert.deepEqual([amounts.total_captured, amounts.available_to_refund], [11_500, 0]);
    });

    // Protects: bad input is said in the API's shape, and nothing comes of it.
    test('bad input', async () => {
      const shop = await PurseShop.open(world);
      const other = await PurseShop.open(world);
      const { made } = await payment(shop);
      const purchase = purchaseFor(shop);
      const cases: readonly [number, string, object][] = [
        [400, '/client-sessions', { ...purchase, amount: 115.5 }],
        [400, '/client-sessions', { ...purchase, amount: '11500' }],
        [400, '/client-sessions', { ...purchase, amount: -1 }],
        [400, '/client-sessions', { ...purchase, amount: 0 }],
        [400, '/client-sessions', { ...purchase, shopper_redirection_url: 'ftp://shop' }],
        [400, '/client-sessions', { ...purchase, webhook: { url: 'http://far.example' } }],
        [400, '/client-sessions', { ...purchase, order: { ...purchase.order, reference: 'x'.repeat(256) } }],
        [413, '/client-sessions', { ...purchase, customer: { reference: 'x'.repeat(1024 * 1024) } }],
        [400, '/client-sessions', { ...purchase, currency: 'SEK' }],
        [400, '/client-sessions', { ...purchase, amount: 12_001 }],
        [400, '/client-sessions', { ...purchase, capture_delay: 'tomorrow', capture_mode: 'AUTOMATIC' }],
        [400, '/client-sessions', { ...purchase, capture_delay: 'PT1H' }],
        [400, '/client-sessions', {}],
        [403, '/client-sessions', { ...purchase, entity_id: other.entity_id }],
        [400, '/payments', purchase],
        [400, '/payments', { ...purchase, split: [{ partner: 'giftcard', method: 'x', amount: 11_500 }] }],
        [400, '/payments', { ...purchase, split: [...SPLIT, ...SPLIT] }],
        [400, '/payments', { ...purchase, split: [{ ...SPLIT[0], amount: 1 }] }],
        [400, '/payments', { ...purchase, currency: 'GBP', split: SPLIT }],
        [400, `/payments/${made.id}/captures`, { amount: 1.5 }],
        [404, '/payments/0193a000-0000-7000-8000-000000000000/captures', { amount: 1 }],
        [404, '/nothing', {}],
      ];
      for (const [status, path, body] of cases) {
        const answer = await post(shop, path, body);
        assert.equal(answer.status, status, `${path} ${JSON.stringify(body)} ${answer.text}`);
        assert.match(String(answer.body.type), /^urn:eu\.purse:/);
        assert.equal(answer.body.status, status);
      }
      assert.equal((await post(other, `/payments/${made.id}/captures`, { amount: 1 })).status, 404);
      const over = await post<OperationRead>(shop, `/payments/${made.id}/captures`, { amount: 11_501 });
      assert.deepEqual([over.status, over.body.status], [201, 'FAILURE']);
      assert.equal((await get(shop, made.id)).amounts.total_captured, 0);
    });

    // Protects: a purchase through v2 is the same order in Klarna's own API and in v1, and what is done there shows here.
    test('one order, several views', async () => {
      const shop = await PurseShop.open(world);
      const { made } = await payment(shop);
      await shop.settled();
      const order_id = await shop.order_id('cart-9');
      const capture_id = await shop.klarna.capture(order_id, 5_000);
      await shop.klarna.refund(order_id, 5_000);
      const seen = await get(shop, made.id);
      assert.deepEqual(
        seen.operations.map(({ id, type, amount }) => [type, amount, type === 'REFUND' || id]),
        [
          ['CAPTURE', 5_000, capture_id],
          ['REFUND', 5_000, true],
        ],
      );
      assert.equal(seen.overview, 'TOTALLY_REFUNDED');
      const list = await shop.list(made.client_session_id);
      assert.deepEqual(
        list.map(({ status, plugin_result }) => [status.action, plugin_result.amount]),
        [
          ['AUTHORIZE', 115],
          ['CAPTURE', 50],
          ['REFUND', 50],
        ],
      );
      await shop.klarna.manage('PATCH', order_id, '/authorization', { order_amount: 10_000 });
      const lowered = await get(shop, made.id);
      assert.deepEqual([lowered.amounts.total_voided, lowered.amounts.available_to_capture], [1_500, 5_000]);
      await shop.klarna.advance('P30D');
      const expired = await get(shop, made.id);
      assert.deepEqual([expired.amounts.total_voided, expired.amounts.available_to_capture], [6_500, 0]);
      assert.equal((await shop.klarna.read(order_id)).status, 'CAPTURED');
    });
  });
}
