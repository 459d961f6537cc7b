// Protects: every status that Purse's page for Klarna lists, with its state and code, is what its real cause leads to.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { STORES, sharedProvider } from '../testing.ts';
import { PSP_STATUSES, type PspStatus } from './statuses.ts';
import { ORDER, PurseShop, statusOf, type TransactionRead } from './testing.ts';

for (const kind of STORES.filter(({ name }) => name !== 'SQLite file')) {
  describe(`statuses of Purse, ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const met = new Set<PspStatus>();

    /** What a case must end as: the whole row of the table. */
    function expect(status: PspStatus, transaction: TransactionRead | undefined): void {
      assert.ok(transaction);
      const { state, code } = PSP_STATUSES[status];
      assert.equal(statusOf(transaction), `${state} ${code} ${status}`, JSON.stringify(transaction));
      met.add(status);
    }

    /** A payment on whose page the shopper has done nothing yet. */
    async function open(settings: object = {}) {
      const shop = await PurseShop.open(world, settings);
      const session_id = await shop.session();
      const begun = await shop.begin(session_id);
      const now = () => shop.transaction(session_id, begun.transaction_id);
      return { shop, session_id, ...begun, now };
    }

    async function authorized(settings: object = {}) {
      const shop = await PurseShop.open(world, settings);
      const session_id = await shop.session();
      const { id } = await shop.pay(session_id);
      return { shop, session_id, id };
    }

    test('CREATE: INIT makes Klarna’s session and page', async () => {
      const shop = await PurseShop.open(world);
      const reply = await shop.init(await shop.session());
      assert.equal(reply.status.action, 'INIT');
      expect('CREATE', reply);
    });

    test('WAITING, IN_PROGRESS and BACK: what the shopper does on the page', async () => {
      const { shop, hosted_id, now } = await open();
      expect('WAITING', await now());
      await shop.shopper(hosted_id, 'open');
      expect('IN_PROGRESS', await now());
      await shop.shopper(hosted_id, 'back');
      expect('BACK', await now());
    });

    test('ERROR and FAILED leave the session open: the shopper tries again, and SUCCESS follows', async () => {
      const { shop, hosted_id, now } = await open();
      await shop.shopper(hosted_id, 'error');
      expect('ERROR', await now());
      await shop.shopper(hosted_id, 'fail');
      expect('FAILED', await now());
      await shop.shopper(hosted_id, 'complete');
      expect('SUCCESS', await now());
    });

    test('CANCELLED: in store the shopper cancels for good', async () => {
      const { shop, session_id, hosted_id, now } = await open();
      const path = `/payments/v1/sessions/${session_id}`;
      assert.equal((await shop.klarna.call('POST', path, { acquiring_channel: 'IN_STORE' })).status, 204);
      await shop.shopper(hosted_id, 'cancel');
      expect('CANCELLED', await now());
    });

    test('UNKNOWN_RESPONSE: Klarna says something that Purse has no word for, or the page has run out', async () => {
      const { shop, session_id, hosted_id, now } = await open();
      const path = `/payments/v1/sessions/${session_id}`;
      await shop.klarna.call('POST', path, { acquiring_channel: 'IN_STORE' });
      await shop.shopper(hosted_id, 'identify');
      expect('UNKNOWN_RESPONSE', await now());
      const late = await open();
      await late.shop.klarna.advance('PT48H');
      expect('UNKNOWN_RESPONSE', await late.now());
    });

    test('DISABLED: the merchant withdraws the page, at Klarna or by voiding', async () => {
      const { shop, hosted_id, now } = await open();
      assert.equal((await shop.klarna.call('DELETE', `/hpp/v1/sessions/${hosted_id}`)).status, 204);
      expect('DISABLED', await now());
      const other = await open();
      const voided = await other.shop.act(other.transaction_id, 'void', 271.92);
      assert.equal(voided.status.action, 'VOID');
      expect('SUCCESS', voided);
      expect('DISABLED', await other.now());
      const { results, redirection } = await other.shop.apply(other.session_id);
      assert.notEqual(results[0]?.transaction_id, other.transaction_id, 'another try is another transaction');
      await other.shop.onPage(redirection?.url ?? '', 'complete');
      const again = await other.shop.transaction(other.session_id, results[0]?.transaction_id ?? '');
      assert.equal(again.status.state, 'SUCCESS', 'on a page of its own, which can be paid on');
    });

    test('COMPLETED: an information request ends with the authorization, without an order', async () => {
      const shop = await PurseShop.open(world);
      const [shipment] = ORDER.shipments;
      const [line] = shipment.item_lines;
      const nothing = { name: line.name, price: 0, quantity: 1, amount: 0 };
      const order = { ...ORDER, amount: 0, tax_amount: 0, shipments: [{ item_lines: [nothing] }] };
      expect('COMPLETED', await shop.paid(order));
      assert.equal(await shop.order_id(), 'undefined');
    });

    test('BAD_REQUEST: a mandatory field is missing', async () => {
      const shop = await PurseShop.open(world);
      const { currency_code: _missing, ...order } = ORDER;
      const reply = await shop.init(await shop.session(order));
      assert.equal(reply.status.description, 'Bad format: order.currency_code');
      expect('BAD_REQUEST', reply);
    });

    test('BAD_VALUE: Klarna refuses the purchase', async () => {
      const shop = await PurseShop.open(world);
      const session_id = await shop.session({ ...ORDER, currency_code: 'SEK' });
      const reply = await shop.init(session_id);
      assert.equal(reply.status.description, 'Bad value: order.currency_code');
      const { entries } = await world.provider.control('GET', `/log?session_id=${session_id}&limit=1`);
      const [{ explanations } = { explanations: [] }] = entries as { explanations: Record<string, string>[] }[];
      assert.equal(explanations[0]?.field, 'order.currency_code', 'explained by the names that the shop sent');
      assert.match(explanations[0]?.change ?? '', /^Send order\.currency_code = EUR/);
      expect('BAD_VALUE', reply);
    });

    test('NOT_FOUND: an authorization token that is cancelled, or over an hour old', async () => {
      const shop = await PurseShop.open(world);
      for (const spoil of ['cancel', 'wait'] as const) {
        const session_id = await shop.session();
        await shop.init(session_id);
        const authorization_token = await shop.klarna.approve(session_id);
        if (spoil === 'wait') await shop.klarna.advance('PT1H');
        else await shop.klarna.call('DELETE', `/payments/v1/authorizations/${authorization_token}`);
        const { results } = await shop.apply(session_id, { payment_data: { authorization_token } });
        expect('NOT_FOUND', results[0]);
      }
    });

    test('CAPTURE_NOT_ALLOWED: more than is left, after the expiry, during a review', async () => {
      const { shop, id } = await authorized();
      expect('CAPTURE_NOT_ALLOWED', await shop.act(id, 'capture', 271.93));
      await shop.klarna.advance('P30D');
      expect('CAPTURE_NOT_ALLOWED', await shop.act(id, 'capture', 1));
    });

    test('CANCEL_NOT_ALLOWED: everything was captured', async () => {
      const { shop, id } = await authorized();
      expect('SUCCESS', await shop.act(id, 'capture', 271.92));
      expect('CANCEL_NOT_ALLOWED', await shop.act(id, 'void', 271.92));
    });

    test('REFUND_NOT_ALLOWED: more than was captured', async () => {
      const { shop, id } = await authorized();
      const capture = await shop.act(id, 'capture', 100);
      expect('SUCCESS', await shop.act(capture.id, 'refund', 99.99));
      expect('REFUND_NOT_ALLOWED', await shop.act(capture.id, 'refund', 0.02));
    });

    test('NO_SUCH_ORDER: nothing was ordered yet, or so long ago that Klarna has it no more', async () => {
      const { shop, transaction_id } = await open();
      expect('NO_SUCH_ORDER', await shop.act(transaction_id, 'capture', 271.92));
      const old = await authorized();
      await old.shop.klarna.advance('P3Y1D');
      expect('NO_SUCH_ORDER', await old.shop.act(old.id, 'capture', 271.92));
    });

    test('NO_SUCH_CAPTURE: the capture to be refunded had failed', async () => {
      const { shop, id } = await authorized();
      const failed = await shop.act(id, 'capture', 300);
      expect('CAPTURE_NOT_ALLOWED', failed);
      expect('NO_SUCH_CAPTURE', await shop.act(failed.id, 'refund', 1));
    });

    test('UNPROCESSABLE_ENTITY: an amount that Klarna does not count with', async () => {
      const { shop, id } = await authorized();
      expect('UNPROCESSABLE_ENTITY', await shop.act(id, 'capture', 2_000_000.01));
    });

    test('TOKEN_NOT_FOUND and NOT_ALLOWED: charges without the shopper', async () => {
      const { redirection: _absent, ...order } = ORDER;
      const without = await authorized();
      const none = await without.shop.about(without.id, 'off_session_authorize', { order });
      expect('TOKEN_NOT_FOUND', none.body);
      const shop = await PurseShop.open(world);
      const { id } = await shop.paid(ORDER, {}, { payment_preferences: { save_token: true } });
      expect('SUCCESS', (await shop.about(id, 'off_session_authorize', { order })).body);
      const path = `/customer_tokens?merchant_id=${shop.klarna.merchant_id}`.replace('_', '-');
      const { customer_tokens } = await world.provider.control('GET', path);
      const [token] = customer_tokens as { token_id: string }[];
      await shop.klarna.call('PATCH', `/customer-token/v1/tokens/${token?.token_id}/status`, { status: 'CANCELLED' });
      expect('NOT_ALLOWED', (await shop.about(id, 'off_session_authorize', { order })).body);
    });

    after(() => {
      assert.deepEqual([...met].sort(), Object.keys(PSP_STATUSES).sort(), 'every status was met');
    });
  });
}
