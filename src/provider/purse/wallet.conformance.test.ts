/** Purse's Wallet API, over HTTP, on every kind of store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Json, STORES, sharedProvider } from '../testing.ts';
import { ORDER, PurseShop, statusOf } from './testing.ts';

const { redirection: _shopper, ...UNATTENDED } = ORDER;
const SAVED = { payment_preferences: { save_token: true } };

for (const kind of STORES) {
  describe(`Wallet API, ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const walletOf = (shop: PurseShop, reference = 'shopper-1') =>
      `/wallet/v3/merchants/${shop.klarna.merchant_id}/customers/${encodeURIComponent(reference)}/tokens`;
    const list = async (shop: PurseShop, reference?: string) => {
      const { body } = await shop.call<{ tokens: { id: string }[]; total_elements: number }>(
        'GET',
        walletOf(shop, reference),
      );
      return body;
    };

    // Protects: a shopper who deletes their saved way to pay is not charged by it any more, through whichever API.
    test('listed, counted, deleted', async () => {
      const shop = await PurseShop.open(world);
      const { id } = await shop.paid(ORDER, {}, SAVED);
      await shop.paid({ ...ORDER, reference: 'second' }, {}, SAVED);
      const { tokens, total_elements } = await list(shop);
      assert.equal(total_elements, 2);
      assert.deepEqual((await shop.call('GET', `${walletOf(shop)}/count`)).body, { count: 2 });
      const elsewhere = walletOf(shop).replace('/v3/', '/v3/wallet/');
      assert.deepEqual((await shop.call('GET', elsewhere)).body, await list(shop));
      const [first] = tokens;
      const gone = await shop.call('DELETE', `${walletOf(shop)}/${first?.id.toUpperCase()}`);
      assert.deepEqual([gone.status, gone.text], [204, '']);
      assert.deepEqual((await list(shop)).tokens, tokens.slice(1));
      assert.equal((await shop.call('DELETE', `${walletOf(shop)}/${first?.id}`)).status, 404, 'once');
      const token = await shop.klarna.call('GET', `/customer-token/v1/tokens/${first?.id}`);
      assert.equal(token.body.status, 'CANCELLED');
      const charged = await shop.about(id, 'off_session_authorize', { order: UNATTENDED });
      assert.equal(statusOf(charged.body), 'ERROR FAILED NOT_ALLOWED');
      const next = await shop.at('POST', '/sessions/create', { order: { ...ORDER, reference: 'third' } });
      const { klarna } = next.body.protocols as { klarna: { installments: { integrated_tokens: Json[] } } };
      assert.equal(klarna.installments.integrated_tokens.length, 1);
    });

    // Protects: nobody deletes what is not theirs: another shopper's token, another merchant's, or without the access token.
    test('what is somebody else’s stays', async () => {
      const shop = await PurseShop.open(world);
      await shop.paid(ORDER, {}, SAVED);
      const [token] = (await list(shop)).tokens;
      const other = await PurseShop.open(world);
      const asked = [
        await shop.call('DELETE', `${walletOf(shop, 'shopper-2')}/${token?.id}`),
        await other.call('DELETE', `${walletOf(shop)}/${token?.id}`),
        await shop.call('DELETE', `${walletOf(shop)}/x'`),
      ];
      for (const { status, body } of asked) assert.deepEqual([status, body.type], [404, 'urn:eu.purse:not-found']);
      const bare = await shop.send('DELETE', `${walletOf(shop)}/${token?.id}`, undefined, {
        'x-api-key': shop.api_key,
      });
      assert.equal(bare.status, 401);
      assert.equal((await list(shop)).total_elements, 1);
      assert.deepEqual((await shop.call('GET', `${walletOf(shop, 'shopper/3')}/count`)).body, { count: 0 });
    });

    // Protects: the widget has no secret. A browser may charge the tokens that its session offers, not one that it knows from elsewhere.
    test('the widget charges the session’s own tokens only', async () => {
      const shop = await PurseShop.open(world);
      await shop.paid(ORDER, {}, SAVED);
      const [token] = (await list(shop)).tokens;
      const item = { payment_data: { integrated_token_id: token?.id } };
      const customer = { ...ORDER.customer, reference: 'shopper-2' };
      const foreign = await shop.apply(await shop.session({ ...ORDER, customer, reference: 'foreign' }), item);
      assert.equal(foreign.results[0]?.plugin_result.status, 'TOKEN_NOT_FOUND');
      assert.equal(await shop.order_id('foreign'), 'undefined');
      const own = await shop.apply(await shop.session({ ...ORDER, reference: 'own' }), item);
      assert.equal(own.global_status, 'SUCCESS');
    });
  });
}
