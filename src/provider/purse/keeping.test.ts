/** What goes and what stays, looked at over HTTP after the data were swept, on the stores that outlive the program. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openStore } from '../../store/open.ts';
import { type Provider, startProvider } from '../index.ts';
import { type Json, Shop, STORES } from '../testing.ts';
import { sweep } from './keeping.ts';
import { ORDER, PurseShop, purchaseFor } from './testing.ts';

const DAY_MS = 86_400_000;
const NOTHING = {
  ...ORDER,
  amount: 0,
  tax_amount: 0,
  shipments: [{ item_lines: [{ name: 'Subscription', price: 0, quantity: 1, amount: 0 }] }],
};

for (const kind of STORES.filter(({ durable }) => durable)) {
  describe(`keeping, ${kind.name}`, () => {
    // Protects: what shoppers gave up does not pile up for ever; what was bought can be listed and captured weeks later.
    test('what came to nothing goes, what was ordered stays', async (t) => {
      const { options, drop } = await kind.open();
      t.after(drop);
      let provider: Provider = await startProvider({ store: options });
      t.after(() => provider.close());
      const world = {
        get provider() {
          return provider;
        },
        shop: (settings?: object) => Shop.open(() => provider, settings),
      };
      const shop = await PurseShop.open(world);
      const post = async (path: string, more: object = {}, key: string) => {
        const headers = { 'x-idempotency-key': key };
        const { body } = await shop.call('POST', `/payment/v2${path}`, { ...purchaseFor(shop), ...more }, headers);
        return String(body.id);
      };
      const untouched = await shop.session();
      const bought = await shop.session();
      const { id: authorize } = await shop.pay(bought);
      const given_up = await shop.session();
      const tried = await shop.begin(given_up);
      await shop.shopper(tried.hosted_id, 'fail');
      await shop.list(given_up);
      const asked = await shop.session(NOTHING);
      await shop.pay(asked);
      const split = [{ partner: 'klarna', method: 'installments', amount: 11_500 }];
      const payment = await post('/payments', { split }, 'payment');
      const link = await post('/payment-links', {}, 'link');

      const seen = async () => {
        const status = async (path: string) => (await shop.call<Json>('GET', path)).status;
        return {
          untouched: await status(`/payment/v2/client-sessions/${untouched}`),
          bought: await status(`/${shop.entity_id}/sessions/${bought}`),
          given_up: await status(`/payment/v2/payments/${tried.transaction_id}`),
          session: await status(`/payment/v2/client-sessions/${given_up}`),
          asked: await status(`/${shop.entity_id}/sessions/${asked}`),
          payment: await status(`/payment/v2/payments/${payment}`),
          link: await status(`/payment/v2/payment-links/${link}`),
        };
      };
      const shown = async (id: string) => (await shop.call('GET', `/payment/v2/client-sessions/${id}`)).body;
      const [before, listed] = [await shown(bought), await shop.list(bought)];
      const all = { untouched: 200, bought: 200, given_up: 200, session: 200, asked: 200, payment: 200, link: 200 };
      assert.deepEqual(await seen(), all);

      /** Sweeps until there is nothing more to look at, as if everything before that time were old. */
      const sweepTo = async (before_ms: number) => {
        await provider.close();
        const store = await openStore(options);
        for (let looked = 1; looked > 0; ) looked = await sweep(store, before_ms, 2);
        await store.close();
        provider = await startProvider({ store: options });
      };
      const now = Date.now() + DAY_MS;
      await sweepTo(now - 7 * DAY_MS);
      assert.deepEqual(await seen(), all, 'nothing is old yet');
      await sweepTo(now);
      const gone = { untouched: 404, given_up: 404, session: 404, payment: 404 };
      assert.deepEqual(await seen(), { ...all, ...gone });
      await sweepTo(now + 30 * DAY_MS);
      assert.deepEqual(await seen(), { ...all, ...gone, link: 404 });
      assert.deepEqual([await shown(bought), await shop.list(bought)], [before, listed], 'and reads as it did');
      const back = await shop.send('GET', `/purse/return/${bought}`, undefined, {});
      assert.equal(back.headers.get('location'), ORDER.redirection);
      assert.equal((await shop.act(authorize, 'capture', 271.92)).status.state, 'SUCCESS');
      assert.equal((await shop.list(bought)).length, 2);
      for (const [path, more, key] of [
        ['/payments', { split }, 'payment'],
        ['/payment-links', {}, 'link'],
      ] as const)
        assert.notEqual(await post(path, more, key), 'undefined', 'the key went with what was made under it');
    });
  });
}
