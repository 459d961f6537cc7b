/** v2's payment links as a shop uses them, over HTTP, on every kind of store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answered, type Json, STORES, sharedProvider } from '../testing.ts';
import { Hook, PurseShop, purchaseFor } from './testing.ts';

interface LinkRead extends Json {
  readonly id: string;
  readonly status: string;
  readonly client_session_id?: string;
  readonly payment_id?: string;
  readonly links: { readonly self: { readonly href: string }; readonly hosted_page: string };
}

for (const kind of STORES) {
  describe(`payment links, ${kind.name}`, () => {
    const world = sharedProvider(kind);

    const create = (shop: PurseShop, more: object = {}, key?: string): Promise<Answered<LinkRead>> =>
      shop.call<LinkRead>(
        'POST',
        '/payment/v2/payment-links',
        { ...purchaseFor(shop), ...more },
        key === undefined ? {} : { 'x-idempotency-key': key },
      );
    const made = async (shop: PurseShop, more: object = {}) => {
      const answer = await create(shop, more);
      assert.equal(answer.status, 201, answer.text);
      return answer.body;
    };
    const read = async (shop: PurseShop, { links }: LinkRead) => {
      const answer = await shop.call<LinkRead>('GET', new URL(links.self.href).pathname);
      assert.equal(answer.status, 200, answer.text);
      return answer.body;
    };
    /** The shopper opens the link; resolves with where they are sent. */
    const open = async (shop: PurseShop, { links }: LinkRead) => {
      const answer = await shop.send('GET', new URL(links.hosted_page).pathname, undefined, {});
      assert.equal(answer.status, 302, answer.text);
      return answer.headers.get('location') ?? '';
    };
    const isShop = (url: string) => url.startsWith('https://shop.example/');

    // Protects: a link that is sent by mail is paid once: a try that fails leaves it open, and whoever opens it again after it was paid
    // does not pay again.
    test('opened, tried, paid, and then closed', async () => {
      const shop = await PurseShop.open(world);
      const link = await made(shop);
      assert.deepEqual([link.status, link.payment_id, link.amount], ['OPENED', undefined, 11_500]);
      for (const act of ['fail', 'error', 'back']) {
        const href = await open(shop, link);
        assert.ok(!isShop(href), act);
        await shop.onPage(href, act);
        assert.equal((await read(shop, link)).status, 'OPENED', act);
      }
      const data = await shop.returned(await shop.onPage(await open(shop, link), 'complete'));
      assert.equal(data.authorization_status, 'AUTHORIZED');
      const paid = await read(shop, link);
      assert.deepEqual([paid.status, paid.payment_id], ['PAID', data.payment_id]);
      const back = await open(shop, link);
      assert.ok(isShop(back), back);
      assert.equal((await read(shop, link)).payment_id, data.payment_id);
      const { orders } = await world.provider.control('GET', `/orders?merchant_id=${shop.klarna.merchant_id}`);
      assert.equal((orders as Json[]).length, 1);
      const capture = await shop.call('POST', `/payment/v2/payments/${paid.payment_id}/captures`, { amount: 11_500 });
      assert.deepEqual([capture.status, capture.body.status], [201, 'SUCCESS']);
      assert.equal((await read(shop, link)).status, 'PAID');
    });

    // Protects: what is in review cannot be paid a second time; rejected, it can, in a session of its own.
    test('reviewed', async () => {
      const shop = await PurseShop.open(world);
      const link = await made(shop);
      await shop.onPage(await open(shop, link), 'complete', { outcome: 'review' });
      const pending = await read(shop, link);
      assert.equal(pending.status, 'PENDING');
      assert.ok(isShop(await open(shop, link)));
      const order_id = await shop.order_id('cart-9');
      await world.provider.control('POST', `/orders/${order_id}/fraud-decision`, { decision: 'reject' });
      assert.equal((await read(shop, link)).status, 'OPENED');
      await shop.onPage(await open(shop, link), 'complete');
      const paid = await read(shop, link);
      assert.equal(paid.status, 'PAID');
      assert.notEqual(paid.client_session_id, pending.client_session_id);
    });

    // Protects: a link outlives the session of a try, but not its own time.
    test('later', async () => {
      const shop = await PurseShop.open(world);
      const [tried, untried] = [await made(shop), await made(shop)];
      const first = await open(shop, tried);
      assert.equal(await open(shop, tried), first, 'the same page, while it can be paid on');
      await shop.klarna.advance('P3D');
      const second = await open(shop, tried);
      assert.ok(!isShop(second) && second !== first);
      await shop.klarna.advance('P27D');
      for (const link of [tried, untried]) {
        assert.equal((await read(shop, link)).status, 'EXPIRED');
        assert.ok(isShop(await open(shop, link)));
      }
    });

    // Protects: the shop is told of the link and of each payment, apart.
    test('webhooks', async () => {
      const hook = await Hook.open();
      const shop = await PurseShop.open(world);
      const link = await made(shop, { webhook: { url: hook.url } });
      await shop.onPage(await open(shop, link), 'fail');
      await shop.settled();
      await shop.onPage(await open(shop, link), 'complete');
      await shop.settled();
      await shop.settled();
      const told = hook.read<LinkRead>(shop.public_key);
      const ofLink = told.filter(({ id }) => id === link.id);
      assert.deepEqual(
        ofLink.map(({ status }) => status),
        ['PAID'],
      );
      const { links: _self, ...same } = await read(shop, link);
      const [{ links: _other, ...last } = link] = ofLink;
      assert.deepEqual(last, same);
      assert.ok(told.some(({ id }) => id === same.payment_id));
    });

    // Protects: a reply that was lost does not make a second link, which the shopper could pay as well.
    test('one key, one link', async () => {
      const shop = await PurseShop.open(world);
      const answers = await Promise.all(Array.from({ length: 10 }, () => create(shop, {}, 'link-1')));
      const [one] = answers.filter(({ status }) => status === 201);
      const others = answers.filter(({ status }) => status !== 201);
      assert.equal(others.length, 9);
      for (const { status, body } of others)
        assert.deepEqual([status, body.type, body.resource_id], [409, 'urn:eu.purse:write-conflict', one?.body.id]);
      const other = await PurseShop.open(world);
      assert.equal((await create(other, {}, 'link-1')).status, 201, 'another merchant’s key is another key');
    });

    // Protects: links are as closed to others, and as strict, as everything else.
    test('bad input', async () => {
      const shop = await PurseShop.open(world);
      const other = await PurseShop.open(world);
      const link = await made(shop);
      const { shopper_redirection_url: _gone, ...without } = purchaseFor(shop);
      const wrong: readonly [number, object][] = [
        [400, { amount: '11500' }],
        [400, { amount: 115.5 }],
        [400, { currency: 'SEK' }],
        [400, { amount: 12_001 }],
        [400, { order: undefined }],
        [403, { entity_id: other.entity_id }],
      ];
      for (const [status, more] of wrong) {
        const answer = await create(shop, more, 'never');
        assert.deepEqual([answer.status, answer.body.status], [status, status], JSON.stringify(more));
      }
      assert.equal((await shop.call('POST', '/payment/v2/payment-links', without)).status, 400);
      assert.equal((await create(shop, {}, 'never')).status, 201, 'a key of calls that came to nothing is free');
      const { pathname } = new URL(link.links.self.href);
      assert.equal((await other.call('GET', pathname)).status, 404);
      assert.equal((await shop.send('GET', pathname, undefined, {})).status, 401);
      const page = new URL(link.links.hosted_page).pathname.replace(shop.entity_id, other.entity_id);
      assert.equal((await shop.send('GET', page, undefined, {})).status, 403);
      const nowhere = `/entities/${shop.entity_id}/payment-links/0193a000-0000-7000-8000-000000000000`;
      assert.equal((await shop.send('GET', nowhere, undefined, {})).status, 404);
      assert.equal((await read(shop, link)).status, 'OPENED');
    });

    // Protects: a purchase that Klarna refuses is said when the link is opened, and the link stays as it was.
    test('a purchase that Klarna does not take', async () => {
      const shop = await PurseShop.open(world);
      const link = await made(shop, { currency: 'GBP' });
      const answer = await shop.send('GET', new URL(link.links.hosted_page).pathname, undefined, {});
      assert.deepEqual([answer.status, answer.body.partner_status], [400, 'BAD_VALUE']);
      const { status, client_session_id } = await read(shop, link);
      assert.deepEqual([status, client_session_id], ['OPENED', undefined]);
    });
  });
}
