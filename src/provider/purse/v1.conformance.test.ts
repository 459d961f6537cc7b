/** Purse's Payment API v1 as a shop uses it, over HTTP, on every kind of store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Json, STORES, sharedProvider } from '../testing.ts';
import { Hook, ORDER, PurseShop, statusOf, type TransactionRead } from './testing.ts';

const { redirection: _shopper, ...UNATTENDED } = ORDER;
const SUCCESS = 'SUCCESS SUCCEEDED SUCCESS';
const KLARNA_ITEM = { partner: 'klarna', method: 'installments' };
const withLine = (line: object) => ({
  ...ORDER,
  shipments: [{ item_lines: [{ ...ORDER.shipments[0].item_lines[0], ...line }] }],
});
/** Nothing to pay: the shopper is only asked to be charged later. */
const NOTHING = {
  ...ORDER,
  amount: 0,
  tax_amount: 0,
  shipments: [{ item_lines: [{ name: 'Subscription', price: 0, quantity: 1, amount: 0 }] }],
};

for (const kind of STORES) {
  describe(`Payment API v1, ${kind.name}`, () => {
    const world = sharedProvider(kind);

    describe('access', () => {
      // Protects: deployed clients send the grant in the query, the documents in a form; both get a token.
      test('a token by form and by query', async () => {
        const shop = await PurseShop.open(world);
        const headers = { authorization: shop.client, 'x-api-key': shop.api_key };
        const type = { 'content-type': 'application/x-www-form-urlencoded' };
        const form = await shop.send('POST', '/oauth/token', 'grant_type=client_credentials', { ...headers, ...type });
        const query = await shop.send('POST', '/oauth/token?grant_type=client_credentials', undefined, headers);
        for (const { status, body } of [form, query]) {
          assert.equal(status, 200);
          assert.deepEqual([body.token_type, body.expires_in, typeof body.access_token], ['Bearer', 3_600, 'string']);
        }
      });

      // Protects: nobody gets in without both credentials, and nobody into another's entity.
      test('what is missing, wrong or over is 401, another entity 403', async () => {
        const shop = await PurseShop.open(world);
        const other = await PurseShop.open(world);
        const path = `/${shop.entity_id}/sessions/create`;
        const ask = (headers: Record<string, string>) => shop.send('POST', path, { order: ORDER }, headers);
        const { authorization = '', 'x-api-key': key = '' } = shop.headers;
        const wrong = [
          await ask({}),
          await ask({ authorization }),
          await ask({ 'x-api-key': key }),
          await ask({ authorization, 'x-api-key': 'nobody' }),
          await ask({ authorization: `${authorization}x`, 'x-api-key': key }),
          await ask({ authorization: 'Bearer a.b', 'x-api-key': key }),
          await ask({ authorization, 'x-api-key': other.api_key }),
          await shop.send('POST', '/oauth/token?grant_type=client_credentials', undefined, {
            authorization: other.client,
            'x-api-key': key,
          }),
          await shop.send('POST', '/oauth/token?grant_type=client_credentials', undefined, { 'x-api-key': key }),
        ];
        for (const { status, body } of wrong) {
          assert.equal(status, 401);
          assert.deepEqual([body.type, body.status], ['urn:eu.purse:unauthorized', 401]);
        }
        assert.equal((await other.call('POST', path, { order: ORDER })).status, 403);
        const grant = await shop.send('POST', '/oauth/token', undefined, {
          authorization: shop.client,
          'x-api-key': key,
        });
        assert.equal(grant.status, 400);
        await world.provider.control('POST', `/merchants/${shop.klarna.merchant_id}/purse/expire-tokens`, {});
        assert.equal((await ask({ authorization, 'x-api-key': key })).status, 401);
      });

      // Protects: secrets do not lie about in the log.
      test('neither secret nor token is logged', async () => {
        const shop = await PurseShop.open(world);
        await shop.session();
        const { entries } = await world.provider.control(
          'GET',
          `/log?merchant_id=${shop.klarna.merchant_id}&limit=1000`,
        );
        const log = JSON.stringify(entries);
        assert.ok(log.includes('/oauth/token'));
        for (const secret of [shop.client.slice(6), shop.headers.authorization?.slice(7) ?? '', shop.api_key])
          assert.ok(!log.includes(secret));
      });
    });

    describe('flows', () => {
      // Protects: a session's answer has what the widget reads, Klarna under its label.
      test('a session', async () => {
        const shop = await PurseShop.open(world, { integration_mode: 'redirection' });
        const answer = await shop.at('POST', '/sessions/create', { order: ORDER });
        const { id, expiration_date, protocols, ...rest } = answer.body;
        assert.match(String(id), /^[0-9a-f-]{36}$/);
        assert.ok(Date.parse(String(expiration_date)) > Date.now());
        assert.deepEqual(rest, {
          amount: 271.92,
          currency_code: 'EUR',
          information_request: false,
          redirection: ORDER.redirection,
          wallet: { shared_wallet_user: false },
        });
        const { klarna } = protocols as { klarna: { installments: { configurations: Json } } };
        const { labels, settings } = klarna.installments.configurations;
        assert.deepEqual(labels, ['primary']);
        assert.deepEqual((settings as Json).merchant_specifics, { integration_mode: 'redirection' });
      });

      // Protects: a shop that captures the moment the shopper is back need not read the transaction first.
      test('captured at once after the page', async () => {
        const shop = await PurseShop.open(world);
        for (let round = 0; round < 3; round++) {
          const { hosted_id, transaction_id } = await shop.begin(await shop.session());
          await shop.shopper(hosted_id, 'complete');
          assert.equal(statusOf(await shop.act(transaction_id, 'capture', 100)), SUCCESS);
        }
      });

      // Protects: the way of most shops: authorized first, captured in parts, refunded in parts, the rest let go.
      test('two steps', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session();
        const before = await shop.at('GET', `/sessions/${session_id}`);
        assert.equal(before.status, 404);
        const { id, ...authorize } = await shop.pay(session_id);
        assert.equal(statusOf({ id, ...authorize }), SUCCESS);
        assert.deepEqual([authorize.status.action, authorize.plugin_result.amount], ['AUTHORIZE', 271.92]);
        assert.deepEqual(
          [authorize.partner, authorize.method, authorize.session_id],
          ['klarna', 'installments', session_id],
        );
        assert.equal(authorize.parent_transaction_id, undefined);

        const first = await shop.act(id, 'capture', 100.1);
        const second = await shop.act(id, 'capture', 50);
        assert.deepEqual([first.parent_transaction_id, first.plugin_result.amount], [id, 100.1]);
        const refund = await shop.act(second.id, 'refund', 20.05);
        assert.equal(refund.parent_transaction_id, second.id);
        const voided = await shop.act(id, 'void', 121.82);
        assert.equal(statusOf(voided), SUCCESS);

        const list = await shop.list(session_id);
        assert.deepEqual(
          list.map(({ status, plugin_result }) => [status.action, status.state, plugin_result.amount]),
          [
            ['AUTHORIZE', 'SUCCESS', 271.92],
            ['CAPTURE', 'SUCCESS', 100.1],
            ['CAPTURE', 'SUCCESS', 50],
            ['REFUND', 'SUCCESS', 20.05],
            ['VOID', 'SUCCESS', 121.82],
          ],
        );
        const order = await shop.klarna.read(await shop.order_id());
        assert.deepEqual(
          [order.status, order.captured_amount, order.refunded_amount, order.remaining_authorized_amount],
          ['CAPTURED', 15_010, 2_005, 0],
        );
        assert.equal((await shop.about(id, 'void', {})).status, 200, 'refused by Klarna, not by Purse');
      });

      // Protects: a part that is voided can be captured no more, and the rest still can; before a capture and after.
      test('a void of a part', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session();
        const { id } = await shop.pay(session_id);
        const order_id = await shop.order_id();
        const left = async () => {
          const order = await shop.klarna.read(order_id);
          return [order.status, order.order_amount, order.captured_amount, order.remaining_authorized_amount];
        };
        const first = await shop.act(id, 'void', 21.92);
        assert.deepEqual([statusOf(first), first.plugin_result.amount], [SUCCESS, 21.92]);
        assert.equal(first.parent_transaction_id, id);
        assert.deepEqual(await left(), ['AUTHORIZED', 25_000, 0, 25_000]);
        assert.equal(statusOf(await shop.act(id, 'capture', 250.01)), 'ERROR FAILED CAPTURE_NOT_ALLOWED');
        await shop.act(id, 'capture', 100);
        await shop.act(id, 'void', 50);
        assert.deepEqual(await left(), ['PART_CAPTURED', 20_000, 10_000, 10_000]);
        const { body } = await shop.klarna.call<{ order_lines: { name: string; total_amount: number }[] }>(
          'GET',
          `/ordermanagement/v1/orders/${order_id}`,
        );
        const lines = body.order_lines.map(({ name, total_amount }) => [name, total_amount]);
        assert.deepEqual(lines, [
          ['Chair', 26_004],
          ['Shipping', 1_188],
          ['Voided', -7_192],
        ]);
        for (const [amount, status] of [
          [100.01, 'ERROR FAILED CANCEL_NOT_ALLOWED'],
          [0, 'ERROR FAILED UNPROCESSABLE_ENTITY'],
        ] as const)
          assert.equal(statusOf(await shop.act(id, 'void', amount)), status);
        assert.deepEqual(await left(), ['PART_CAPTURED', 20_000, 10_000, 10_000]);
        assert.equal(statusOf(await shop.act(id, 'void', 100)), SUCCESS, 'the rest is released');
        assert.deepEqual(await left(), ['CAPTURED', 20_000, 10_000, 0]);
        const list = await shop.list(session_id);
        const done = list.filter(({ status }) => status.state === 'SUCCESS');
        assert.deepEqual(
          done.map(({ status, plugin_result }) => [status.action, plugin_result.amount]),
          [
            ['AUTHORIZE', 271.92],
            ['VOID', 21.92],
            ['CAPTURE', 100],
            ['VOID', 50],
            ['VOID', 100],
          ],
        );
        const pending = await shop.begin(await shop.session());
        assert.equal(
          statusOf(await shop.act(pending.transaction_id, 'void', 1)),
          'ERROR FAILED CANCEL_NOT_ALLOWED',
          'of what is not authorized yet nothing is withdrawn in part',
        );
      });

      // Protects: one step, where the first transaction is a capture.
      test('one step', async () => {
        const shop = await PurseShop.open(world, { capture: 'AUTOMATIC' });
        const session_id = await shop.session();
        const capture = await shop.pay(session_id);
        assert.deepEqual([capture.status.action, statusOf(capture)], ['CAPTURE', SUCCESS]);
        assert.equal((await shop.klarna.read(await shop.order_id())).captured_amount, 27_192);
        const refund = await shop.act(capture.id, 'refund', 271.92);
        assert.deepEqual([statusOf(refund), refund.parent_transaction_id], [SUCCESS, capture.id]);
        assert.equal((await shop.list(session_id)).length, 2);
        assert.equal((await shop.about(capture.id, 'capture', { amount: 1 })).status, 409);
      });

      // Protects: three steps: pending, decided hours later, told by the hook, then captured; and the other decision.
      test('three steps', async () => {
        const hook = await Hook.open();
        const shop = await PurseShop.open(world);
        const pending = await shop.paid(ORDER, { hook: hook.url }, {}, { outcome: 'review' });
        assert.equal(statusOf(pending), 'WAITING SUCCEEDED WAITING');
        assert.equal(statusOf(await shop.act(pending.id, 'capture', 1)), 'ERROR FAILED CAPTURE_NOT_ALLOWED');
        const order_id = await shop.order_id();
        await world.provider.control('POST', `/orders/${order_id}/fraud-decision`, { decision: 'accept' });
        await shop.settled();
        const told = hook.read(shop.public_key).filter(({ id }) => id === pending.id);
        assert.equal(told.at(-1)?.status.state, 'SUCCESS');
        assert.equal(statusOf(await shop.act(pending.id, 'capture', 271.92)), SUCCESS);

        const other = await shop.paid({ ...ORDER, reference: 'cart-8' }, { hook: hook.url }, {}, { outcome: 'review' });
        const rejected = await shop.order_id('cart-8');
        await world.provider.control('POST', `/orders/${rejected}/fraud-decision`, { decision: 'reject' });
        assert.equal(statusOf(await shop.transaction(other.session_id, other.id)), 'ERROR FAILED FAILED');
      });

      // Protects: the shopper comes back to the shop however the page was left, and what the shop then reads is up to date.
      test('the way back', async () => {
        const shop = await PurseShop.open(world);
        for (const act of ['complete', 'fail', 'error', 'back', 'cancel']) {
          const session_id = await shop.session();
          const { hosted_id } = await shop.begin(session_id);
          const { redirect_url } = await shop.shopper(hosted_id, act);
          const { pathname } = new URL(String(redirect_url));
          for (const method of ['GET', 'POST']) {
            const answer = await shop.send(method, pathname, undefined, {});
            assert.deepEqual([answer.status, answer.headers.get('location')], [302, ORDER.redirection], act);
          }
        }
      });

      // Protects: the page opens in Klarna's window over the shop, or by sending the shopper there: one address for both.
      test('APPLY says where the shopper pays', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session();
        const { step_id, status } = await shop.init(session_id);
        assert.deepEqual([step_id, status.action], [1, 'INIT']);
        const { redirection, global_status, results } = await shop.apply(session_id);
        assert.equal(global_status, 'WAITING');
        assert.deepEqual([results[0]?.status.action, typeof results[0]?.id], ['APPLY', 'string']);
        const page = await fetch(redirection?.url ?? '');
        assert.equal(page.status, 200);
        const again = await shop.apply(session_id);
        assert.equal(again.results[0]?.transaction_id, results[0]?.transaction_id, 'the same payment');
        assert.deepEqual(again.redirection, redirection);
      });

      // Protects: a server that has no widget applies at once, with its own credentials.
      test('server to server', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session();
        const items = [{ partner: 'klarna', method: 'installments', amount: 271.92 }];
        const answer = await shop.at('POST', `/sessions/${session_id}/validate`, items);
        assert.equal(answer.body.global_status, 'WAITING');
      });

      // Protects: a part is paid another way: Klarna gets the rest.
      test('a share of the order', async () => {
        const shop = await PurseShop.open(world);
        const { plugin_result } = await shop.paid(ORDER, { amount: 200 });
        assert.equal(plugin_result.amount, 200);
        assert.equal((await shop.klarna.read(await shop.order_id())).order_amount, 20_000);
      });

      // Protects: a session is paid once; afterwards, and when it is over, the widget is told so.
      test('sessions that are over', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session();
        await shop.pay(session_id);
        const item = { partner: 'klarna', method: 'installments' };
        const paid = await shop.widget<Json>(session_id, 'init', item);
        assert.deepEqual([paid.status, paid.body.type], [409, 'urn:eu.purse:session-already-submitted']);
        const late = await shop.session();
        await shop.klarna.advance('PT48H');
        const expired = await shop.widget<Json>(late, 'init', item);
        assert.deepEqual([expired.status, expired.body.type], [409, 'urn:eu.purse:session-expired']);
      });
    });

    describe('tokens', () => {
      // Protects: with the shopper (CIT) a token is made, without (MIT) it is charged, in the same session, until it is cancelled.
      test('saved with a purchase and charged later', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session();
        const { id } = await shop.pay(session_id, { payment_preferences: { save_token: true } });
        const order = { ...UNATTENDED, reference: 'renewal' };
        const charge = await shop.about(id, 'off_session_authorize', { order });
        assert.deepEqual([charge.status, statusOf(charge.body)], [200, SUCCESS]);
        assert.deepEqual([charge.body.session_id, charge.body.status.action], [session_id, 'AUTHORIZE']);
        assert.equal((await shop.list(session_id)).length, 2);
        const made = await shop.klarna.read(await shop.order_id('renewal'));
        assert.equal(made.order_amount, 27_192);
        assert.equal(statusOf(await shop.act(charge.body.id, 'capture', 271.92)), SUCCESS);
      });

      // Protects: where tokens are switched off, none is made behind the shopper's back.
      test('switched off', async () => {
        const shop = await PurseShop.open(world, { save_token: false });
        const { id } = await shop.paid(ORDER, {}, { payment_preferences: { save_token: true } });
        const charge = await shop.about(id, 'off_session_authorize', { order: UNATTENDED });
        assert.equal(statusOf(charge.body), 'ERROR BAD_REQUEST TOKEN_NOT_FOUND');
        const created = await shop.at('POST', '/sessions/create', { order: NOTHING });
        assert.deepEqual(created.body.protocols, {}, 'Klarna is not offered for an information request');
        const begun = await shop.widget<Json>(String(created.body.id), 'init', KLARNA_ITEM);
        assert.equal(begun.status, 400);
        assert.match(String(begun.body.detail), /^PAYMENT_METHOD_NOT_FOUND_IN_SESSION/);
        const { customer_tokens } = await world.provider.control(
          'GET',
          `/customer-tokens?merchant_id=${shop.klarna.merchant_id}`,
        );
        assert.deepEqual(customer_tokens, []);
      });

      // Protects: an information request (nothing to pay) makes a token too.
      test('an information request', async () => {
        const shop = await PurseShop.open(world);
        const created = await shop.at('POST', '/sessions/create', { order: NOTHING });
        assert.equal(created.body.information_request, true);
        const { id, status } = await shop.pay(String(created.body.id));
        assert.equal(status.state, 'SUCCESS');
        const charge = await shop.about(id, 'off_session_authorize', { order: UNATTENDED });
        assert.equal(statusOf(charge.body), SUCCESS);
      });

      // Protects: the next session of the same shopper offers the token, and it pays without the page.
      test('offered in the next session', async () => {
        const shop = await PurseShop.open(world);
        await shop.paid(ORDER, {}, { payment_data: { save_token: true } });
        const next = await shop.at('POST', '/sessions/create', { order: { ...ORDER, reference: 'second' } });
        const { klarna } = next.body.protocols as { klarna: { installments: { integrated_tokens: Json[] } } };
        const [token] = klarna.installments.integrated_tokens;
        assert.deepEqual([token?.owner_reference, token?.source], ['shopper-1', 'MERCHANT']);
        assert.ok(Date.parse(String(token?.expiration_date)) > Date.now());
        const applied = await shop.apply(String(next.body.id), { payment_data: { integrated_token_id: token?.id } });
        assert.deepEqual([applied.global_status, applied.redirection], ['SUCCESS', {}]);
        assert.equal((await shop.klarna.read(await shop.order_id('second'))).order_amount, 27_192);
      });

      // Protects: a charge that is reviewed waits, one whose card fails is an error; both are transactions.
      test('reviewed and refused', async () => {
        const risk_rules = [
          { on: 'charge', when: { amount_over: 30_000 }, decision: 'refuse' },
          { on: 'charge', when: { amount_over: 20_000 }, decision: 'review' },
        ];
        const shop = await PurseShop.open(world, {}, { risk_rules });
        const { id } = await shop.paid(ORDER, {}, { payment_preferences: { save_token: true } });
        const charged = async (amount: number) => {
          const item_lines = [{ name: 'Chair', price: amount, quantity: 1, amount }];
          const order = { ...UNATTENDED, amount, tax_amount: 0, shipments: [{ item_lines }] };
          return statusOf((await shop.about(id, 'off_session_authorize', { order })).body);
        };
        assert.equal(await charged(100), SUCCESS);
        assert.equal(await charged(250), 'WAITING SUCCEEDED WAITING');
        assert.equal(await charged(350), 'ERROR FAILED FAILED');
      });

      test('a wallet session', async () => {
        const shop = await PurseShop.open(world);
        const headers = { 'x-merchant-id': 'm-1' };
        const answer = await shop.call('POST', '/wallet/session', { owner_reference: 'shopper-1' }, headers);
        assert.deepEqual([answer.status, answer.body.owner_reference, answer.body.merchant], [200, 'shopper-1', 'm-1']);
        assert.equal((await shop.call('POST', '/wallet/session', { owner_reference: 'x' })).status, 400);
      });
    });

    describe('hook', () => {
      // Protects: every transaction is told, signed so that the merchant's check passes, and again until it is taken.
      test('each transaction, until it is taken', async () => {
        const hook = await Hook.open();
        hook.status = 500;
        const shop = await PurseShop.open(world);
        const { id } = await shop.paid(ORDER, { hook: hook.url });
        await shop.settled();
        const failed = hook.told.length;
        assert.ok(failed > 0);
        hook.status = 200;
        await shop.klarna.advance('PT10M');
        assert.ok(hook.told.length > failed, 'told again');
        const told = hook.told.length;
        await shop.klarna.advance('PT1H');
        assert.equal(hook.told.length, told, 'and no more once taken');
        const capture = await shop.act(id, 'capture', 100);
        const refund = await shop.act(capture.id, 'refund', 100);
        await shop.settled();
        const heard = hook.read<TransactionRead>(shop.public_key);
        for (const transaction of [capture, refund]) {
          const same = heard.find((each) => each.id === transaction.id);
          assert.deepEqual(same?.status, transaction.status);
          const { status, amount } = transaction.plugin_result;
          assert.deepEqual(same?.plugin_result, { status, amount });
        }
        const last = heard.filter((each) => each.id === id).at(-1);
        assert.equal(last?.status.state, 'SUCCESS');
        assert.equal(last?.session_id, undefined, 'as recorded, a notification does not name the session');
      });

      // Protects: the shopper who never comes back to the shop has bought all the same.
      test('the order is placed when the shopper approves, whether they come back or not', async () => {
        const hook = await Hook.open();
        const shop = await PurseShop.open(world);
        const { hosted_id, transaction_id } = await shop.begin(await shop.session(ORDER, { hook: hook.url }));
        await shop.shopper(hosted_id, 'complete');
        await shop.settled();
        await shop.settled();
        assert.notEqual(await shop.order_id(), 'undefined');
        const last = hook
          .read(shop.public_key)
          .filter(({ id }) => id === transaction_id)
          .at(-1);
        assert.equal(last?.status.state, 'SUCCESS');
      });
    });

    describe('bad input', () => {
      // Protects: what is wrong is said in this API's shape and by the field's name, and nothing was made of it.
      test('bodies', async () => {
        const shop = await PurseShop.open(world);
        const cases: readonly [string, unknown, string][] = [
          ['/sessions/create', { order: { ...ORDER, amount: 271.925 } }, '#/order/amount'],
          ['/sessions/create', { order: { ...ORDER, amount: 'much' } }, '#/order/amount'],
          ['/sessions/create', '{"order":{"amount":271.9200000000000000001}}', '#/order/amount'],
          ['/sessions/create', '{"order":{"amount":99999999999999999}}', '#/order/amount'],
          ['/sessions/create', { order: withLine({ quantity: '2' }) }, '#/order/shipments/0/item_lines/0/quantity'],
          ['/sessions/create', { order: withLine({ quantity: 1.5 }) }, '#/order/shipments/0/item_lines/0/quantity'],
          ['/sessions/create', { order: withLine({ price: 1.005 }) }, '#/order/shipments/0/item_lines/0/price'],
          ['/sessions/create', { order: withLine({ name: 'x'.repeat(256) }) }, '#/order/shipments/0/item_lines/0/name'],
          ['/sessions/create', { order: { ...ORDER, redirection: 'ftp://x' } }, '#/order/redirection'],
          ['/sessions/create', { hook: 'http://far.example/', order: ORDER }, '#/hook'],
          ['/sessions/create', { amount: 300, order: ORDER }, '#/amount'],
          ['/sessions/create', { order: { ...ORDER, shipments: {} } }, '#/order/shipments'],
          ['/sessions/create', [], '#/'],
        ];
        for (const [path, body, pointer] of cases) {
          const answer = await shop.at<{ type: string; errors: { pointer: string }[] }>('POST', path, body);
          assert.equal(answer.status, 400, answer.text);
          assert.equal(answer.headers.get('content-type'), 'application/problem+json');
          assert.equal(answer.body.errors[0]?.pointer, pointer);
        }
        assert.equal((await shop.at('POST', '/sessions/create', '{')).status, 400);
      });

      test('ids, partners, currencies and actions that do not fit', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session();
        const { id } = await shop.pay(session_id);
        const capture = await shop.act(id, 'capture', 10);
        const nowhere = '0193a000-0000-7000-8000-000000000000';
        const asked: readonly [number, Promise<{ status: number }>][] = [
          [404, shop.at('GET', `/sessions/${nowhere}`)],
          [404, shop.at('GET', '/sessions/%00')],
          [404, shop.at('POST', `/transactions/${nowhere}/capture`, { amount: 1 })],
          [404, shop.at('POST', `/transactions/x'/refund`, { amount: 1 })],
          [409, shop.about(id, 'refund', { amount: 1 })],
          [409, shop.about(capture.id, 'void', { amount: 1 })],
          [400, shop.about(id, 'capture', { amount: 1, order: { amount: 1, currency_code: 'SEK' } })],
          [400, shop.about(id, 'capture', { amount: 1.001 })],
          [400, shop.about(id, 'capture', { amount: -1 })],
          [404, shop.at('POST', `/transactions/${id}/forget`, {})],
          [405, shop.at('GET', `/transactions/${id}/capture`)],
          [404, shop.at('GET', '/sessions/create/x/y')],
        ];
        for (const [status, answer] of asked) assert.equal((await answer).status, status);
        const other = await PurseShop.open(world);
        assert.equal((await other.about(id, 'capture', { amount: 1 })).status, 404, 'another merchant’s transaction');
        const next = await shop.session();
        const alien = await shop.widget<Json>(next, 'init', { partner: 'floa', method: 'cb3x' });
        assert.match(String(alien.body.detail), /PAYMENT_METHOD_NOT_FOUND_IN_SESSION/);
        assert.equal(alien.status, 400);
        assert.deepEqual(await shop.list(session_id), await shop.list(session_id));
        assert.equal((await shop.list(session_id)).length, 2, 'nothing was changed');
      });

      // Protects: the widget has no secret, so it cannot ask for more than the shop did, nor for a token in place of a payment.
      test('amounts that the widget makes up', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session(ORDER, { amount: 200 });
        for (const amount of [200.01, 271.92, 0]) {
          const begun = await shop.widget<Json>(session_id, 'init', { ...KLARNA_ITEM, amount });
          assert.deepEqual([begun.status, begun.body.type], [400, 'urn:eu.purse:bad-request'], begun.text);
          const applied = await shop.widget<{ errors: { pointer: string }[] }>(session_id, 'validate', [
            { ...KLARNA_ITEM, amount },
          ]);
          assert.deepEqual([applied.status, applied.body.errors[0]?.pointer], [400, '#/0/amount']);
        }
        assert.equal((await shop.at('GET', `/sessions/${session_id}`)).status, 404, 'nothing was made of it');
        const { results } = await shop.apply(session_id, { amount: 200 });
        assert.equal(results[0]?.plugin_result.amount, 200);
      });

      // Protects: a repeat is another transaction, which Klarna counts; nothing is doubled by a shopper's double click.
      test('at once and again', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session();
        const { hosted_id, transaction_id } = await shop.begin(session_id);
        await shop.shopper(hosted_id, 'complete');
        const reads = await Promise.all(Array.from({ length: 10 }, () => shop.list(session_id)));
        assert.ok(reads.every(([root]) => root?.id === transaction_id && root.status.state === 'SUCCESS'));
        const orders = await world.provider.control('GET', `/orders?merchant_id=${shop.klarna.merchant_id}`);
        assert.equal((orders.orders as Json[]).length, 1);
        const captures = await Promise.all(Array.from({ length: 10 }, () => shop.act(transaction_id, 'capture', 60)));
        assert.equal(captures.filter(({ status }) => status.state === 'SUCCESS').length, 4);
        assert.equal((await shop.klarna.read(await shop.order_id())).captured_amount, 24_000);
      });

      // Protects: the log explains, and finds a purchase made through Purse by its order.
      test('the log tells the purchase as one story', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session();
        const { id } = await shop.pay(session_id);
        await shop.act(id, 'capture', 300);
        await shop.settled();
        const order_id = await shop.order_id();
        const { entries } = await world.provider.control(
          'GET',
          `/log?order_id=${order_id}&direction=incoming&limit=1000`,
        );
        const story = (entries as { path: string; code?: string; explanations?: { message: string }[] }[]).reverse();
        const paths = story.map(({ path }) => path.replace(/.*\//, '')).join(' ');
        assert.match(paths, /^create init validate complete .*capture$/);
        assert.equal(story.at(-1)?.code, 'CAPTURE_NOT_ALLOWED');
        assert.match(story.at(-1)?.explanations?.[0]?.message ?? '', /271\.92 EUR are authorized/);
      });
    });

    // Protects: money that moved through Purse is paid out with all other, to the cent.
    test('the settlement', async () => {
      const shop = await PurseShop.open(world);
      const { id } = await shop.paid();
      const capture = await shop.act(id, 'capture', 200.02);
      await shop.act(capture.id, 'refund', 50.01);
      await shop.klarna.capture(await shop.order_id(), 1_000);
      await shop.klarna.advance('P2D');
      const { body } = await shop.klarna.call<{ payouts: { currency_code: string; totals: Json }[] }>(
        'GET',
        '/settlements/v1/payouts',
      );
      const sum = (field: string) => body.payouts.reduce((total, { totals }) => total + Number(totals[field]), 0);
      assert.deepEqual([sum('sale_amount'), sum('return_amount')], [21_002, 5_001]);
      assert.ok(body.payouts.every(({ currency_code }) => currency_code === 'EUR'));
    });

    // Protects: a refund settles a dispute alike, whichever API it comes by, and money that was charged back is not refunded again.
    test('disputes', async () => {
      const shop = await PurseShop.open(world);
      const disputed = async (reference: string) => {
        const { id } = await shop.paid({ ...ORDER, reference });
        const capture = await shop.act(id, 'capture', 271.92);
        const order_id = await shop.order_id(reference);
        const body = { reason: 'PRODUCTS_OR_SERVICES_NOT_RECEIVED' };
        const { dispute_id } = await world.provider.control('POST', `/orders/${order_id}/disputes`, body);
        return { capture, order_id, dispute_id: String(dispute_id) };
      };
      const standing = async (dispute_id: string) => {
        const { state, status, outcome, disputed_amount } = await world.provider.control(
          'GET',
          `/disputes/${dispute_id}`,
        );
        return { state, status, outcome, disputed_amount };
      };
      const [here, there, lost] = [await disputed('here'), await disputed('there'), await disputed('lost')];
      const open = await standing(here.dispute_id);
      assert.equal((await shop.act(here.capture.id, 'refund', 271.92)).status.state, 'SUCCESS');
      await shop.klarna.refund(there.order_id, 27_192);
      const settled = await standing(here.dispute_id);
      assert.notDeepEqual(settled, open);
      assert.deepEqual(settled, await standing(there.dispute_id));
      await shop.klarna.advance('P60D');
      assert.equal((await standing(lost.dispute_id)).state, 'CLOSED', 'lost: nobody answered in time');
      assert.equal(statusOf(await shop.act(lost.capture.id, 'refund', 1)), 'ERROR FAILED REFUND_NOT_ALLOWED');
    });

    describe('faults on order', () => {
      // Protects: a shop can try what it does when Purse fails: before, so that nothing was done, and after, so that it was.
      test('an error, a lost answer and a gateway in front', async () => {
        const shop = await PurseShop.open(world);
        const session_id = await shop.session();
        const { id } = await shop.pay(session_id);
        const { merchant_id } = shop.klarna;
        const path = '/*/transactions/*/capture';
        const fault = (body: object) => world.provider.control('POST', '/faults', { merchant_id, times: 1, ...body });
        await fault({ on: { path }, effect: 'error', code: 'TEMPORARILY_UNAVAILABLE' });
        const refused = await shop.about<Json>(id, 'capture', { amount: 10 });
        assert.deepEqual([refused.status, refused.body.type], [502, 'urn:eu.purse:temporarily-unavailable']);
        await fault({ on: { path }, effect: 'drop', when: 'after' });
        await assert.rejects(shop.about(id, 'capture', { amount: 20 }));
        const list = await shop.list(session_id);
        assert.deepEqual(
          list.map(({ status, plugin_result }) => [status.action, plugin_result.amount]),
          [
            ['AUTHORIZE', 271.92],
            ['CAPTURE', 20],
          ],
        );
        const { entries } = await world.provider.control('GET', `/log?merchant_id=${merchant_id}&path=/capture`);
        const notes = (entries as { fault?: { effect: string } }[]).map(({ fault }) => fault?.effect);
        assert.deepEqual(notes, ['drop', 'error']);
      });

      // Protects: a hook that is lost or comes twice can be ordered; what the faces tell each other cannot be lost.
      test('hooks', async () => {
        const hook = await Hook.open();
        const shop = await PurseShop.open(world);
        const { merchant_id } = shop.klarna;
        await world.provider.control('POST', '/faults', { merchant_id, on: { callback: 'any' }, effect: 'lose' });
        const { hosted_id } = await shop.begin(await shop.session(ORDER, { hook: hook.url }));
        await shop.shopper(hosted_id, 'complete');
        await shop.settled();
        await shop.settled();
        assert.notEqual(await shop.order_id(), 'undefined', 'the order was placed');
        assert.deepEqual(hook.told, []);
      });
    });

    // Protects: what is done to the order through Klarna's own API shows in Purse, told by the hook.
    test('one order, several views', async () => {
      const hook = await Hook.open();
      const shop = await PurseShop.open(world);
      const session_id = await shop.session(ORDER, { hook: hook.url });
      const { id } = await shop.pay(session_id);
      const order_id = await shop.order_id();
      assert.equal((await shop.klarna.read(order_id)).status, 'AUTHORIZED');
      assert.equal((await shop.transaction(session_id, id)).plugin_result.klarna_order_id, order_id);
      const capture_id = await shop.klarna.capture(order_id, 10_000);
      const refund_id = await shop.klarna.refund(order_id, 2_500);
      await shop.klarna.manage('POST', order_id, '/release-remaining-authorization');
      await shop.settled();
      await shop.settled();
      const list = await shop.list(session_id);
      const seen = list.map(({ id: transaction, parent_transaction_id, status, plugin_result }) => [
        status.action,
        plugin_result.amount,
        parent_transaction_id,
        status.action === 'VOID' || transaction,
      ]);
      assert.deepEqual(seen, [
        ['AUTHORIZE', 271.92, undefined, id],
        ['CAPTURE', 100, id, capture_id],
        ['REFUND', 25, capture_id, refund_id],
        ['VOID', 171.92, id, true],
      ]);
      const heard = hook.read(shop.public_key).map(({ status }) => status.action);
      for (const action of ['AUTHORIZE', 'CAPTURE', 'REFUND', 'VOID']) assert.ok(heard.includes(action), action);
      const more = await shop.act(capture_id, 'refund', 75);
      assert.equal(more.status.state, 'SUCCESS', 'a capture made elsewhere is refunded here');
      const order = await shop.klarna.read(order_id);
      assert.deepEqual([order.captured_amount, order.refunded_amount], [10_000, 10_000]);
      const { codes } = await world.provider.control('GET', `/orders/${order_id}`);
      assert.ok(JSON.stringify(codes).includes('REFUNDED'));
      const { entries } = await world.provider.control('GET', `/log?order_id=${order_id}&limit=1000`);
      const paths = (entries as { path: string }[]).map(({ path }) => path);
      for (const part of ['/sessions/create', '/captures', '/refund'])
        assert.ok(paths.some((path) => path.endsWith(part)));
    });
  });
}
