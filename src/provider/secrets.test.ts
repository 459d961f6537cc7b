// Protects: what events are signed with is in no record, list or log as it is, also where a version before kept it readable, and signs on.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { openStore, type StoreOptions } from '../store/open.ts';
import { read, type Store, type Work } from '../store/store.ts';
import type { Merchant } from './engine/state.ts';
import { type Provider, startProvider } from './index.ts';
import { disputed } from './klarna/testing.ts';
import { type Json, Shop, STORES } from './testing.ts';

type Call = { readonly body: string; readonly headers: IncomingHttpHeaders };

async function receiver(): Promise<{ url: string; calls: Call[] }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  const calls: Call[] = [];
  server.on('request', async (incoming, outgoing) => {
    calls.push({ body: await text(incoming), headers: incoming.headers });
    outgoing.writeHead(200, { connection: 'close' }).end();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, calls };
}

async function using<T>(options: StoreOptions, work: (klarna: Provider) => Promise<T>): Promise<T> {
  const klarna = await startProvider({ store: options });
  return work(klarna).finally(() => klarna.close());
}

async function inStore<T>(options: StoreOptions, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(options);
  return work(store).finally(() => store.close());
}

/** A dispute is opened; its event came signed with the key. */
async function signedWith(key: string, shop: Shop, klarna: Provider, calls: readonly Call[]): Promise<void> {
  const before = calls.length;
  await disputed(klarna, shop);
  await shop.advance('PT0S');
  assert.equal(calls.length, before + 1);
  const { body, headers } = calls.at(-1) ?? assert.fail('no event');
  assert.equal(headers['klarna-signature'], createHmac('sha256', key).update(body).digest('hex'));
}

for (const kind of STORES.filter(({ durable }) => durable)) {
  describe(`secrets of webhooks, ${kind.name}`, () => {
    test('are shown once, sealed in the store, and nowhere else', async (t) => {
      const { options, drop } = await kind.open();
      t.after(drop);
      const endpoint = await receiver();
      const { signing_key, merchant_id } = await using(options, async (klarna) => {
        const shop = await Shop.open(() => klarna);
        const { merchant_id } = shop;
        const made = await klarna.control('POST', `/merchants/${merchant_id}/webhooks`, { url: endpoint.url });
        const signing_key = String(made.signing_key);
        await signedWith(signing_key, shop, klarna, endpoint.calls);
        for (const path of [`/merchants/${merchant_id}`, `/merchants/${merchant_id}/webhooks`, '/log?limit=1000'])
          assert.doesNotMatch(
            JSON.stringify(await klarna.control('GET', path)),
            new RegExp(`${signing_key}|sealed`),
            path,
          );
        return { signing_key, merchant_id };
      });
      const stored = await inStore(options, (store) => store.get<Json>('merchant', merchant_id));
      assert.ok(!JSON.stringify(stored).includes(signing_key));
    });

    test('that a version before kept readable are sealed at the first start, and sign as before', async (t) => {
      const { options, drop } = await kind.open();
      t.after(drop);
      const endpoint = await receiver();
      const merchants = await using(options, async (klarna) => {
        const shops = [await Shop.open(() => klarna), await Shop.open(() => klarna)];
        const { url } = endpoint;
        for (const { merchant_id } of shops)
          await klarna.control('POST', `/merchants/${merchant_id}/webhooks`, { url });
        return shops.map(({ merchant_id }) => merchant_id);
      });
      await inStore(options, (store) => asBefore(store, merchants));
      await using(options, async (klarna) => {
        for (const merchant_id of merchants) {
          const { username, password } = await klarna.control('POST', `/merchants/${merchant_id}/credentials`, {});
          const shop = Shop.of(() => klarna, merchant_id, String(username), String(password));
          await signedWith(`readable-${merchant_id}`, shop, klarna, endpoint.calls);
        }
      });
      const stored = await inStore(options, (store) => store.list<Json>('merchant', { limit: 10 }));
      assert.doesNotMatch(JSON.stringify(stored), /readable/);
    });
  });
}

/** The records as the version before wrote them. */
async function asBefore(store: Store, merchants: readonly string[]): Promise<void> {
  const { secret } = (await store.get<{ secret: string }>('meta', 'installation')) ?? assert.fail('no installation');
  for (const merchant_id of merchants)
    await store.run(function* (): Work<void> {
      const merchant = yield* read<Merchant>('merchant', merchant_id);
      const webhooks = merchant?.webhooks?.map(({ sealed_secret: _sealed, ...webhook }) => ({
        ...webhook,
        signing_secret: `readable-${merchant_id}`,
      }));
      const put = [
        { kind: 'merchant' as const, id: merchant_id, merchant_id, state: { ...merchant, webhooks } },
        { kind: 'meta' as const, id: 'installation', merchant_id: '', state: { secret } },
      ];
      return { answer: undefined, changes: { put } };
    });
}
