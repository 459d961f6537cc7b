/**
 * The Hosted Payment Page v1 as its clients see it, over HTTP and on every store. Each test's first line says what a shop would
 * suffer if it failed.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import qr from 'qrcode';
import { HOSTED_TRANSITIONS } from '../engine/hosted-states.ts';
import { HOSTED_STATUSES } from '../engine/state.ts';
import {
  ALMA,
  type Answered,
  assertRefused,
  assertStatus,
  type Json,
  PURCHASE,
  purchaseIn,
  purchaseOf,
  type Shop,
  STORES,
  sendRaw,
  sharedProvider,
} from '../testing.ts';

const HPP = '/hpp/v1/sessions';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UNKNOWN = '0190a0b0-0000-7000-8000-000000000000';
const HOUR_MS = 3_600_000;

interface Created extends Json {
  readonly session_id: string;
  readonly redirect_url: string;
  readonly session_url: string;
  readonly qr_code_url: string;
  readonly distribution_url: string;
  readonly expires_at: string;
  readonly distribution_module: { token: string; standalone_url: string; generation_url: string };
}
interface HostedRead extends Json {
  readonly session_id: string;
  readonly status: string;
  readonly updated_at: string;
  readonly expires_at: string;
  readonly authorization_token?: string;
  readonly order_id?: string;
  readonly klarna_reference?: string;
}
interface Shown extends HostedRead {
  readonly redirect_url?: string;
  readonly result?: { readonly approved: boolean; readonly code: string; readonly error?: object };
  readonly payment_session_id: string;
}

const urlOf = (shop: Shop, session_id: string) => `${shop.url}/payments/v1/sessions/${session_id}`;
const create = (shop: Shop, body: object) => shop.call<Created>('POST', HPP, body);
const read = (shop: Shop, id: string) => shop.call<HostedRead>('GET', `${HPP}/${id}`);
const disable = (shop: Shop, id: string) => shop.call('DELETE', `${HPP}/${id}`);
const distribute = (shop: Shop, id: string, body: object) => shop.call('POST', `${HPP}/${id}/distribution`, body);

/** A hosted session over a new payment session. */
async function host(shop: Shop, more: object = {}, purchase: object = PURCHASE): Promise<Created & { kp: string }> {
  const kp = await shop.newSession(purchase);
  const answer = await create(shop, { payment_session_url: urlOf(shop, kp), ...more });
  assert.equal(answer.status, 201, answer.text);
  return { ...answer.body, kp };
}

for (const kind of STORES) {
  describe(`Hosted Payment Page on ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const shopper = async (id: string, move: string, body: object = {}) =>
      (await world.provider.control('POST', `/hpp/sessions/${id}/${move}`, body)) as unknown as Shown;
    const refused = (id: string, move: string, message: RegExp) =>
      assert.rejects(world.provider.control('POST', `/hpp/sessions/${id}/${move}`, {}), { message });

    describe('create', () => {
      test('answers 201 with links to this server and an end an hour before the payment session', async () => {
        // Shops follow these links as they are.
        const shop = await world.shop();
        const { kp, ...hosted } = await host(shop);
        assert.deepEqual(Object.keys(hosted), [
          'session_id',
          'redirect_url',
          'session_url',
          'qr_code_url',
          'distribution_url',
          'expires_at',
          'distribution_module',
        ]);
        assert.match(hosted.session_id, UUID);
        assert.equal(hosted.session_url, `${shop.url}${HPP}/${hosted.session_id}`);
        assert.equal(hosted.distribution_url, `${hosted.session_url}/distribution`);
        assert.ok(hosted.redirect_url.startsWith(`${shop.url}/eu/hpp/payments/`));
        assert.equal(hosted.qr_code_url, `${hosted.redirect_url}/qr`);
        assert.ok(hosted.distribution_module.token.length > 20);
        const { body } = await shop.call('GET', `/payments/v1/sessions/${kp}`);
        assert.equal(Date.parse(hosted.expires_at), Date.parse(String(body.expires_at)) - HOUR_MS);
      });

      test('the links name the host that the client used, and the region of the purchase', async () => {
        // Behind a proxy or in a container the server does not know its own name.
        const shop = await world.shop();
        const kp = await shop.newSession(purchaseIn('US', 'USD', 'en-US'));
        const port = new URL(shop.url).port;
        const body = JSON.stringify({ payment_session_url: `http://127.0.0.1:${port}/payments/v1/sessions/${kp}` });
        const lines = [
          `POST ${HPP} HTTP/1.1`,
          `Host: api.localhost:${port}`,
          `Authorization: ${shop.authorization}`,
          'Content-Type: application/json',
          'Connection: close',
          `Content-Length: ${body.length}`,
        ];
        const answer = await sendRaw(shop.url, `${lines.join('\r\n')}\r\n\r\n${body}`);
        assert.equal(answer.status, 201, answer.body);
        const { redirect_url, session_url } = JSON.parse(answer.body) as Created;
        assert.ok(redirect_url.startsWith(`http://api.localhost:${port}/na/hpp/payments/`));
        assert.ok(session_url.startsWith(`http://api.localhost:${port}/hpp/v1/`));
      });

      test('the QR code is an image of the page’s link, for anybody', async () => {
        // It is scanned by a phone that has no credentials.
        const shop = await world.shop();
        const { qr_code_url, redirect_url } = await host(shop);
        const answer = await fetch(qr_code_url);
        assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'image/svg+xml']);
        assert.equal(await answer.text(), await qr.toString(redirect_url, { type: 'svg' }));
        for (const wrong of [
          `${shop.url}/eu/hpp/payments/AAAAAAAAAAAAAAAAAAAAAA/qr`,
          qr_code_url.replace(/.\/qr$/, '/qr'),
        ])
          assert.equal((await fetch(wrong)).status, 404);
        const path = new URL(qr_code_url).pathname;
        const head = `GET ${path} HTTP/1.1\r\nHost: ${'x'.repeat(4_000)}\r\nConnection: close\r\n\r\n`;
        assert.equal((await sendRaw(shop.url, head)).status, 404, 'more than a code can hold');
      });

      test('several hosted sessions over one payment session, each with its own state', async () => {
        // A shop that sends a second link must not lose the first.
        const shop = await world.shop();
        const first = await host(shop);
        const second = (await create(shop, { payment_session_url: urlOf(shop, first.kp) })).body;
        assert.notEqual(first.session_id, second.session_id);
        await shopper(first.session_id, 'open');
        assert.equal((await read(shop, second.session_id)).body.status, 'WAITING');
      });

      test('everything there is to say is accepted, categories in either case', async () => {
        // Documented samples and deployed clients.
        const shop = await world.shop();
        const options = {
          background_images: [{ url: 'https://shop.example/a.jpg', width: 1600 }],
          logo_url: 'https://shop.example/logo.jpg',
          page_title: 'Complete your purchase',
          payment_fallback: true,
          place_order_mode: 'NONE',
          show_subtotal_detail: 'HIDE',
        };
        for (const purchase_type of ['BUY', 'RENT', 'BOOK', 'SUBSCRIBE', 'DOWNLOAD', 'ORDER', 'CONTINUE'])
          await host(shop, { options: { ...options, purchase_type }, profile_id: UNKNOWN });
        for (const category of ['PAY_LATER', 'pay_later', 'KLARNA', 'direct_bank_transfer', 'DIRECT_DEBIT'])
          await host(shop, { options: { payment_method_category: category } });
        await host(shop, { options: { payment_method_categories: ['PAY_NOW', 'pay_over_time'] } });
        await host(shop, { options: null, merchant_urls: null, unknown: 1 });
        await host(shop, { merchant_urls: { success: '', back: null, status_update: 'http://localhost:1/' } });
      });

      test('what is not a hosted session is refused field by field', async () => {
        // The field in the message is what a developer looks for.
        const shop = await world.shop();
        const payment_session_url = urlOf(shop, await shop.newSession());
        const rows: [object, string][] = [
          [{}, 'payment_session_url'],
          [{ payment_session_url: 'nowhere' }, 'payment_session_url'],
          [{ payment_session_url: `https://api.klarna.com/payments/v1/sessions/${UNKNOWN}` }, 'payment_session_url'],
          [{ payment_session_url: `${shop.url}/checkout/v3/orders/${UNKNOWN}` }, 'payment_session_url'],
          [{ payment_session_url: `${shop.url}/payments/v1/sessions/` }, 'payment_session_url'],
          [{ payment_session_url: 'http://localhost:1/payments/v1/sessions/x' }, 'payment_session_url'],
          [{ payment_session_url, merchant_urls: { success: 'http://shop.example/' } }, 'merchant_urls.success'],
          [{ payment_session_url, merchant_urls: { back: 'javascript:alert(1)' } }, 'merchant_urls.back'],
          [{ payment_session_url, options: { payment_method_category: 'CASH' } }, 'options.payment_method_category'],
          [{ payment_session_url, options: { place_order_mode: 'LATER' } }, 'options.place_order_mode'],
          [{ payment_session_url, options: { purchase_type: 'STEAL' } }, 'options.purchase_type'],
          [{ payment_session_url, options: { show_subtotal_detail: 'SHOW' } }, 'options.show_subtotal_detail'],
          [{ payment_session_url, options: { background_images: [{ width: 1 }] } }, 'options.background_images[0].url'],
          [
            {
              payment_session_url,
              options: { payment_method_category: 'KLARNA', payment_method_categories: ['KLARNA'] },
            },
            'options.payment_method_categories',
          ],
        ];
        for (const [body, field] of rows)
          assertRefused(await create(shop, body), 400, 'BAD_VALUE', [`Bad value: ${field}`]);
        assertRefused(await shop.call('POST', HPP, '{'), 400, 'BAD_REQUEST', []);
      });

      test('a payment session that is unknown, somebody else’s, expired or completed cannot be hosted', async () => {
        // Links to nothing would be sent to shoppers.
        const [shop, other] = [await world.shop(), await world.shop()];
        const attempt = (session_id: string) => create(shop, { payment_session_url: urlOf(shop, session_id) });
        for (const id of [UNKNOWN, 'x', await other.newSession()])
          assertRefused(await attempt(id), 404, 'NOT_FOUND', ['Invalid session id']);
        const { session_id, token } = await shop.newToken();
        assertStatus({ ...(await shop.order(token)), text: '' }, 200);
        assertRefused(await attempt(session_id), 404, 'SESSION_COMPLETED');
        const late = await shop.newSession();
        await shop.advance('PT46H59M');
        assert.equal((await attempt(late)).status, 201);
        await shop.advance('PT1M');
        assertRefused(await attempt(late), 404, 'NOT_FOUND');
      });

      test('has a request limit of its own', async () => {
        // Klarna counts hosted sessions apart from payment sessions.
        const shop = await world.shop();
        const answer = await create(shop, {});
        assert.equal(answer.headers.get('x-ratelimit-limit'), '40, 40;w=1');
        assert.equal((await read(shop, UNKNOWN)).headers.get('x-ratelimit-limit'), '200, 200;w=1');
      });

      test('a merchant whose account is disabled gets none', async () => {
        const shop = await world.shop();
        const payment_session_url = urlOf(shop, await shop.newSession());
        await shop.set({ status: 'inactive' });
        assertRefused(await create(shop, { payment_session_url }), 403, 'MERCHANT_INACTIVE', []);
      });
    });

    describe('read', () => {
      test('shows id, status and times, and what it came to once it did', async () => {
        // Polling is how shops learn of purchases whose shopper never came back.
        const shop = await world.shop();
        const { session_id, expires_at } = await host(shop);
        const waiting = (await read(shop, session_id)).body;
        assert.deepEqual(Object.keys(waiting), ['session_id', 'status', 'updated_at', 'expires_at']);
        assert.deepEqual([waiting.session_id, waiting.status, waiting.expires_at], [session_id, 'WAITING', expires_at]);
        await shop.advance('PT1M');
        await shopper(session_id.toUpperCase(), 'complete');
        const done = (await read(shop, session_id.toUpperCase())).body;
        assert.equal(done.status, 'COMPLETED');
        assert.match(done.authorization_token ?? '', UUID);
        assert.ok(Date.parse(done.updated_at) >= Date.parse(waiting.updated_at) + 60_000);
        assert.deepEqual([done.order_id, done.klarna_reference], [undefined, undefined]);
      });

      test('an expired, unknown or foreign session is 404 for everything', async () => {
        // Merchants must not see each other’s pages, nor send links that lead nowhere.
        const [shop, other] = [await world.shop(), await world.shop()];
        const { session_id } = await host(shop);
        const email = { method: 'email', contact_information: { email: 'alva@email.example' } };
        const everything = async (who: Shop, id: string) => {
          for (const answer of [await read(who, id), await disable(who, id), await distribute(who, id, email)])
            assertRefused(answer, 404, 'NOT_FOUND', ['Invalid session id']);
        };
        for (const id of [UNKNOWN, 'x', '%00', 'x'.repeat(300)]) await everything(shop, id);
        await everything(other, session_id);
        await shop.advance('PT46H59M');
        assert.equal((await read(shop, session_id)).body.status, 'WAITING');
        await shop.advance('PT1M');
        await everything(shop, session_id);
        await refused(session_id, 'open', /404: Invalid session id/);
      });
    });

    describe('the shopper', () => {
      /** How to bring a session into each state, by the shopper’s moves. */
      const WAYS: Readonly<Record<(typeof HOSTED_STATUSES)[number], readonly string[]>> = {
        WAITING: [],
        IN_PROGRESS: ['open'],
        BACK: ['back'],
        FAILED: ['fail'],
        ERROR: ['error'],
        MANUAL_ID_CHECK: ['identify'],
        COMPLETED: ['complete'],
        CANCELLED: ['cancel'],
        DISABLED: ['DELETE'],
      };
      const MOVES = {
        open: 'open',
        identify: 'identify',
        back: 'back',
        cancel: 'cancel',
        fail: 'fail',
        error: 'error',
        complete: 'complete',
      };

      for (const from of HOSTED_STATUSES) {
        test(`every move in ${from} leads where the table says, or is refused and changes nothing`, async () => {
          // The table is the promise; this is what the server does.
          const shop = await world.shop();
          for (const [move, path] of [...Object.entries(MOVES), ['disable', '']] as [
            keyof typeof HOSTED_TRANSITIONS,
            string,
          ][]) {
            const { session_id } = await host(shop, {}, { ...PURCHASE, acquiring_channel: 'IN_STORE' });
            for (const step of WAYS[from])
              if (step === 'DELETE') assertStatus(await disable(shop, session_id), 204);
              else await shopper(session_id, step);
            const before = (await read(shop, session_id)).body;
            assert.equal(before.status, from);
            // Whoever acts on the page has opened it.
            const opened = HOSTED_TRANSITIONS.open[from];
            const to =
              move === 'disable' || move === 'open'
                ? HOSTED_TRANSITIONS[move][from]
                : opened && HOSTED_TRANSITIONS[move][opened];
            if (move === 'disable') assert.equal((await disable(shop, session_id)).status, to ? 204 : 400);
            else if (to) assert.equal((await shopper(session_id, path)).status, to, move);
            else await refused(session_id, path, /400: Session is/);
            const after = (await read(shop, session_id)).body;
            if (to) assert.equal(after.status, to, move);
            else assert.deepEqual(after, before, move);
          }
        });
      }

      test('in e-commerce cancelling is going back, and nobody is identified', async () => {
        const shop = await world.shop();
        const cancel = 'https://shop.example/cancel?id={{session_id}}';
        const { session_id } = await host(shop, { merchant_urls: { cancel } });
        const left = await shopper(session_id, 'cancel');
        assert.deepEqual([left.status, left.redirect_url], ['BACK', `https://shop.example/cancel?id=${session_id}`]);
        await refused(session_id, 'identify', /400: Session is not an in-store session/);
        assert.equal((await shopper(session_id, 'complete')).status, 'COMPLETED');
      });

      test('in store, papers are looked at: the read has what shopper and shop compare, until the shopper goes on', async () => {
        // The people in the store see on their screen whom they have before them.
        const shop = await world.shop();
        const billing_address = { ...ALMA, country: 'SE' };
        const { session_id, session_url, ...created } = await host(
          shop,
          {},
          { ...PURCHASE, acquiring_channel: 'IN_STORE', billing_address, customer: { date_of_birth: '1980-05-17' } },
        );
        const checkUrl = String(created.manual_identification_check_url);
        assert.equal(checkUrl, `${session_url}/manual-id-check`);
        assert.equal((await host(shop)).manual_identification_check_url, undefined, 'not in e-commerce');
        assertRefused(await shop.call('POST', new URL(checkUrl).pathname, {}), 501, 'NOT_IMPLEMENTED');
        await shopper(session_id, 'identify');
        const { manual_identification, ...shown } = (await read(shop, session_id)).body;
        assert.equal(shown.status, 'MANUAL_ID_CHECK');
        const { challenge, ...rest } = manual_identification as Json;
        assert.match(String(challenge), /^[A-Z\d]{3}$/);
        const customer = { given_name: 'Alma', family_name: 'Ek', date_of_birth: '1980-05-17' };
        const customer_obfuscated = { given_name: 'A***', family_name: 'E*', date_of_birth: '1*********' };
        assert.deepEqual(rest, { customer, customer_obfuscated, expires_at: shown.expires_at });
        await shopper(session_id, 'open');
        assert.equal((await read(shop, session_id)).body.manual_identification, undefined);
        assert.equal((await shopper(session_id, 'complete')).status, 'COMPLETED');
      });

      test('a page that was withdrawn cannot be paid on', async () => {
        // The merchant cancelled; the link is still in the shopper’s mail.
        const shop = await world.shop();
        const { session_id, kp } = await host(shop);
        assertStatus(await disable(shop, session_id), 204);
        await refused(session_id, 'complete', /400: Session is disabled/);
        const { body } = await shop.call('GET', `/payments/v1/sessions/${kp}`);
        assert.equal(body.authorization_token, undefined);
      });

      test('data from the page reaches the payment session; an address that cannot be leaves the page open', async () => {
        // The page asks shoppers to correct what Klarna would not take.
        const shop = await world.shop();
        const { session_id, kp } = await host(shop);
        const wrong = await shopper(session_id, 'complete', { billing_address: { ...ALMA, email: 'nowhere' } });
        assert.equal(wrong.status, 'IN_PROGRESS');
        assert.deepEqual(wrong.result?.error, { invalid_fields: ['billing_address.email'] });
        assert.equal((await shopper(session_id, 'complete', { billing_address: ALMA })).status, 'COMPLETED');
        const { body } = await shop.call('GET', `/payments/v1/sessions/${kp}`);
        assert.deepEqual(body.billing_address, ALMA);
      });

      test('test people and rules decide as they do anywhere', async () => {
        const shop = await world.shop();
        const failure = 'https://shop.example/failed';
        const { session_id } = await host(shop, { merchant_urls: { failure } });
        const declined = await shopper(session_id, 'complete', {
          billing_address: { ...ALMA, email: 'customer+denied@email.se' },
        });
        assert.deepEqual(
          [declined.status, declined.redirect_url, declined.result?.code],
          ['FAILED', failure, 'REFUSED'],
        );
      });

      test('bad input is refused before the page is touched', async () => {
        const shop = await world.shop();
        const { session_id } = await host(shop);
        const attempt = (body: object) => world.provider.control('POST', `/hpp/sessions/${session_id}/complete`, body);
        await assert.rejects(attempt({ outcome: 'maybe' }), { message: /outcome should be one of/ });
        await assert.rejects(attempt({ payment_method_category: 'pay_now' }), { message: /payment_method_category/ });
        await refused('nowhere', 'open', /404/);
        assert.equal((await read(shop, session_id)).body.status, 'WAITING');
        const shown = await world.provider.control('GET', `/hpp/sessions/${session_id}`);
        assert.equal(shown.status, 'WAITING');
        await assert.rejects(world.provider.control('GET', '/hpp/sessions/nowhere'), { message: /404/ });
      });
    });

    describe('what it comes to', () => {
      test('NONE: the token places the order', async () => {
        const shop = await world.shop();
        const success = 'https://shop.example/ok?id={{session_id}}&token={{authorization_token}}';
        const { session_id } = await host(shop, { merchant_urls: { success } });
        const { redirect_url, authorization_token = '' } = await shopper(session_id, 'complete');
        assert.equal(redirect_url, `https://shop.example/ok?id=${session_id}&token=${authorization_token}`);
        const placed = await shop.order(authorization_token);
        assert.equal(placed.status, 200, placed.text);
        assert.equal((await read(shop, session_id)).body.status, 'COMPLETED');
      });

      test('PLACE_ORDER and CAPTURE_ORDER: the order is there, whether or not the shopper returns', async () => {
        // Such shops never call create-order: an order that is missing is a sale that is lost.
        const shop = await world.shop();
        for (const [place_order_mode, status] of [
          ['PLACE_ORDER', 'AUTHORIZED'],
          ['CAPTURE_ORDER', 'CAPTURED'],
        ]) {
          const merchant_urls = { success: 'https://shop.example/ok?order={{order_id}}' };
          const { session_id } = await host(shop, { options: { place_order_mode }, merchant_urls });
          const { redirect_url } = await shopper(session_id, 'complete', { billing_address: ALMA });
          const { body } = await read(shop, session_id);
          assert.equal(body.authorization_token, undefined);
          assert.equal(redirect_url, `https://shop.example/ok?order=${body.order_id}`);
          const order = await shop.read(body.order_id ?? '');
          assert.equal(order.status, status);
          assert.equal(order.klarna_reference, body.klarna_reference);
          assert.equal(order.order_amount, PURCHASE.order_amount);
          assert.deepEqual(
            order.order_lines.map(({ reference }) => reference),
            ['shoe'],
          );
          assert.equal((order.billing_address as Json).given_name, ALMA.given_name);
        }
      });

      test('an order of a purchase in review is captured when the review accepts', async () => {
        const shop = await world.shop();
        const { session_id } = await host(shop, { options: { place_order_mode: 'CAPTURE_ORDER' } });
        const { order_id = '' } = await shopper(session_id, 'complete', { outcome: 'review' });
        assert.deepEqual(
          [(await shop.read(order_id)).status, (await shop.read(order_id)).fraud_status],
          ['AUTHORIZED', 'PENDING'],
        );
        await world.provider.control('POST', `/orders/${order_id}/fraud-decision`, { decision: 'accept' });
        assert.equal((await shop.read(order_id)).status, 'CAPTURED');
      });

      test('an order ends the other pages of the same purchase, however it was placed', async () => {
        // Two links to one purchase must not be paid twice.
        const shop = await world.shop();
        const first = await host(shop, { options: { place_order_mode: 'PLACE_ORDER' } });
        const second = (await create(shop, { payment_session_url: urlOf(shop, first.kp) })).body.session_id;
        await shop.advance('PT1M');
        await shopper(first.session_id, 'complete');
        const [paid, ended] = [(await read(shop, first.session_id)).body, (await read(shop, second)).body];
        assert.deepEqual([paid.status, ended.status], ['COMPLETED', 'DISABLED']);
        assert.equal(ended.updated_at, paid.updated_at, 'since the order was placed');
        await refused(second, 'complete', /400: Session is disabled/);
        const third = await host(shop);
        assertStatus({ ...(await shop.order(await shop.approve(third.kp))), text: '' }, 200);
        assert.equal((await read(shop, third.session_id)).body.status, 'DISABLED');
      });

      test('shoppers who press twice, on two pages at once, pay once', async () => {
        const shop = await world.shop();
        const first = await host(shop, { options: { place_order_mode: 'PLACE_ORDER' } });
        const second = await create(shop, {
          payment_session_url: urlOf(shop, first.kp),
          options: { place_order_mode: 'PLACE_ORDER' },
        });
        const ids = [first.session_id, first.session_id, second.body.session_id, second.body.session_id];
        const tries = await Promise.allSettled(ids.map((id) => shopper(id, 'complete')));
        assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
        const { orders } = await world.provider.control('GET', `/orders?merchant_id=${shop.merchant_id}`);
        assert.equal((orders as object[]).length, 1);
      });

      test('an order that a rule refuses is a decline, with the reason in the log', async () => {
        const shop = await world.shop({ risk_rules: [{ on: 'create_order', decision: 'refuse' }] });
        const { session_id } = await host(shop, { options: { place_order_mode: 'PLACE_ORDER' } });
        assert.equal((await shopper(session_id, 'complete')).status, 'FAILED');
        const { entries } = await world.provider.control('GET', `/log?session_id=${session_id}&code=REJECTED`);
        const [entry] = entries as (Json & { path: string; explanations: readonly Json[] })[];
        assert.equal(entry?.path, `/control/hpp/sessions/${session_id}/complete`);
        assert.match(String(entry?.explanations[0]?.message), /risk rule on create_order/);
      });

      test('disabling: 204, again 204, and 400 once the purchase is completed', async () => {
        const shop = await world.shop();
        const { session_id } = await host(shop);
        for (let i = 0; i < 2; i++) assertStatus(await disable(shop, session_id), 204);
        assert.equal((await read(shop, session_id)).body.status, 'DISABLED');
        const paid = await host(shop);
        await shopper(paid.session_id, 'complete');
        assertRefused(await disable(shop, paid.session_id), 400, 'BAD_REQUEST', ['Session has already been completed']);
        assert.equal((await read(shop, paid.session_id)).body.status, 'COMPLETED');
      });

      test('the fallback offers the other categories once', async () => {
        const payment_method_categories = ['pay_later', 'pay_now'];
        const shop = await world.shop({
          payment_method_categories,
          risk_rules: [{ on: 'authorize', when: { category: 'pay_later' }, decision: 'refuse' }],
        });
        const options = { payment_method_category: 'PAY_LATER', payment_fallback: true };
        const { session_id } = await host(shop, { options });
        const first = await shopper(session_id, 'complete');
        assert.deepEqual([first.status, first.redirect_url], ['IN_PROGRESS', undefined]);
        assert.equal((await shopper(session_id, 'complete')).status, 'COMPLETED', 'pay_now is next');
        const plain = await host(shop, { options: { payment_method_category: 'PAY_LATER' } });
        assert.equal((await shopper(plain.session_id, 'complete')).status, 'FAILED');
      });
    });

    describe('distribution', () => {
      const inboxOf = async (shop: Shop, query = '') =>
        (await world.provider.control('GET', `/inbox?merchant_id=${shop.merchant_id}${query}`)).messages as Json[];

      test('text messages, e-mails and tokens arrive in the merchant’s own inbox, newest first', async () => {
        const [shop, other] = [await world.shop({ name: 'Shoe shop' }), await world.shop()];
        const { session_id, redirect_url } = await host(shop, { options: { page_title: 'Your shoes' } });
        const contacts: [string, object, string][] = [
          ['sms', { phone: '070-123 45 67', phone_country: 'se' }, '070-123 45 67'],
          ['email', { email: 'alva@email.example', phone: '' }, 'alva@email.example'],
          [
            'token',
            { access_id: 'klarna:09f4a78d-d096-47d4-a0f6-abcf680c70fe' },
            'klarna:09f4a78d-d096-47d4-a0f6-abcf680c70fe',
          ],
        ];
        for (const [method, contact_information] of contacts)
          assertStatus(
            await distribute(shop, session_id, { method, contact_information, template: 'INSTORE_PURCHASE' }),
            201,
          );
        const messages = await inboxOf(shop);
        assert.deepEqual(
          messages.map(({ method, to, session_id: id, url, subject }) => [method, to, id, url, subject]),
          contacts.toReversed().map(([method, , to]) => [method, to, session_id, redirect_url, 'Your shoes']),
        );
        assert.ok(messages.every(({ text }) => text === `Shoe shop: Your shoes with Klarna: ${redirect_url}`));
        assert.equal((await inboxOf(shop, '&limit=1'))[0]?.method, 'token');
        assert.deepEqual(await inboxOf(other), []);
        await world.provider.control('POST', '/reset', { merchant_id: shop.merchant_id });
        assert.deepEqual(await inboxOf(shop), []);
        assertRefused(await read(shop, session_id), 404, 'NOT_FOUND');
      });

      test('what cannot be sent is refused with the documented codes, and nothing is sent', async () => {
        const shop = await world.shop();
        const { session_id } = await host(shop);
        const rows: [object, string][] = [
          [{}, 'CONSTRAINT_VIOLATION'],
          [{ method: 'sms' }, 'CONSTRAINT_VIOLATION'],
          [{ method: 'pigeon', contact_information: {} }, 'CONSTRAINT_VIOLATION'],
          [{ method: 'email', contact_information: { email: 'nowhere' } }, 'CONSTRAINT_VIOLATION'],
          [{ method: 'email', contact_information: { email: 'a@b\r\nBcc: c@d' } }, 'CONSTRAINT_VIOLATION'],
          [{ method: 'sms', contact_information: { phone: 'call me', phone_country: 'SE' } }, 'CONSTRAINT_VIOLATION'],
          [
            { method: 'sms', contact_information: { phone: '0701234567', phone_country: 'SWE' } },
            'CONSTRAINT_VIOLATION',
          ],
          [{ method: 'email', contact_information: {} }, 'MISSING_CONTACT_DATA'],
          [
            { method: 'email', contact_information: { phone: '0701234567', phone_country: 'SE' } },
            'MISSING_CONTACT_DATA',
          ],
          [{ method: 'sms', contact_information: { phone: '0701234567' } }, 'MISSING_CONTACT_DATA'],
          [{ method: 'sms', contact_information: { phone_country: 'SE' } }, 'MISSING_CONTACT_DATA'],
          [{ method: 'token', contact_information: {} }, 'MISSING_CONTACT_DATA'],
          [{ method: 'sms', contact_information: { phone: '2025550123', phone_country: 'US' } }, 'UNSUPPORTED_COUNTRY'],
          [
            { method: 'sms', contact_information: { phone: '11987654321', phone_country: 'BR' } },
            'UNSUPPORTED_COUNTRY',
          ],
          [{ method: 'email', contact_information: { email: 'alva+blocked@email.example' } }, 'BLACKLISTED_CONTACT'],
          [
            { method: 'sms', contact_information: { phone: '070-999 999', phone_country: 'SE' } },
            'BLACKLISTED_CONTACT',
          ],
        ];
        for (const [body, code] of rows) assertRefused(await distribute(shop, session_id, body), 400, code);
        const email = { method: 'email', contact_information: { email: 'alva@email.example' } };
        await shopper(session_id, 'complete');
        assertRefused(await distribute(shop, session_id, email), 400, 'UNKNOWN', ['Session is completed']);
        const withdrawn = await host(shop);
        await disable(shop, withdrawn.session_id);
        assertRefused(await distribute(shop, withdrawn.session_id, email), 400, 'UNKNOWN');
        assert.deepEqual(await inboxOf(shop), []);
      });

      test('redirect_url is for e-commerce; in store the link is distributed', async () => {
        const shop = await world.shop();
        const hosted = await host(shop, {}, { ...purchaseOf(500), acquiring_channel: 'IN_STORE' });
        assert.equal(hosted.redirect_url, undefined);
        const email = { method: 'email', contact_information: { email: 'alva@email.example' } };
        assertStatus(await distribute(shop, hosted.session_id, email), 201);
        assert.equal(`${(await inboxOf(shop))[0]?.url}/qr`, hosted.qr_code_url);
      });
    });

    test('what was answered outlives a restart', async (t) => {
      // A link in a mailbox must lead to its page tomorrow.
      if (!kind.durable) return t.diagnostic('in memory there is nothing to outlive');
      const shop = await world.shop();
      const { session_id } = await host(shop);
      await shopper(session_id, 'open');
      const email = { method: 'email', contact_information: { email: 'alva@email.example' } };
      await distribute(shop, session_id, email);
      await world.restart();
      assert.equal((await read(shop, session_id)).body.status, 'IN_PROGRESS');
      const { messages } = await world.provider.control('GET', `/inbox?merchant_id=${shop.merchant_id}`);
      assert.equal((messages as object[]).length, 1);
    });

    test('answers have the headers of every other API', async () => {
      const shop = await world.shop();
      const answers: Answered<unknown>[] = [await read(shop, (await host(shop)).session_id), await create(shop, {})];
      for (const { headers } of answers) {
        assert.equal(headers.get('content-type'), 'application/json');
        assert.match(headers.get('klarna-correlation-id') ?? '', UUID);
      }
    });
  });
}
