/** The rest of the control API over HTTP: orders, clock, reset, log, catalogue, and who may call it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogue } from '../../catalogue/index.ts';
import { startProvider } from '../index.ts';
import { type Json, PURCHASE, purchaseOf, type Shop, STORES, sendRaw, sharedProvider } from '../testing.ts';

interface Entry extends Json {
  readonly correlation_id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly direction: string;
  readonly at: string;
  readonly code?: string;
  readonly explanations?: readonly (Json & { readonly message: string; readonly change: string })[];
}

const DAY_MS = 86_400_000;

for (const kind of STORES) {
  describe(`control on ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const control = (method: string, path: string, body?: object) => world.provider.control(method, path, body);
    const refused = (method: string, path: string, body: object, message: RegExp) =>
      assert.rejects(control(method, path, body), { message });
    const log = async (query: string) => (await control('GET', `/log?${query}`)).entries as Entry[];
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${world.provider.url}${path}`, { headers });
      return { status: response.status, body: (await response.json()) as Json };
    };
    const clockOf = async (shop: Shop) =>
      Date.parse(String((await control('GET', `/clock?merchant_id=${shop.merchant_id}`)).now));

    // Protects: suites without a browser can take a purchase in two steps.
    test('a try in two steps: approved without a token, then finalized', async () => {
      const shop = await world.shop({ payment_method_categories: ['direct_bank_transfer'] });
      const session_id = await shop.newSession();
      const first = await shop.authorize(session_id, { auto_finalize: false });
      assert.deepEqual(first, { approved: true, show_form: true, finalize_required: true, code: 'ACCEPTED' });
      const second = await control('POST', `/sessions/${session_id}/finalize`, {});
      assert.equal((await shop.order(String(second.authorization_token))).status, 200);
      await refused('POST', `/sessions/${session_id}/finalize`, {}, /404: Session has already been completed/);
      await refused('POST', '/sessions/nowhere/finalize', {}, /404: Invalid session id/);
    });

    describe('orders', () => {
      // Protects: support can page through a merchant's orders and read any of them without its credentials.
      test('orders are listed oldest first, in pages, with the catalogue’s codes', async () => {
        const shop = await world.shop();
        const placed: string[] = [];
        for (let i = 0; i < 5; i++) placed.push(await shop.placeOrder());
        await shop.capture(placed[0] ?? '', 10_000);
        await shop.refund(placed[0] ?? '', 1);
        const page = async (query: string) => {
          const { orders } = await control('GET', `/orders?merchant_id=${shop.merchant_id}&${query}`);
          return orders as (Json & { order_id: string; codes: string[] })[];
        };
        const first = await page('limit=2');
        const rest = await page(`after=${first.at(-1)?.order_id}`);
        assert.deepEqual(
          [...first, ...rest].map(({ order_id }) => order_id),
          placed,
        );
        assert.deepEqual(first[0]?.codes, ['CAPTURED', 'ACCEPTED', 'PART_REFUNDED']);
        const one = await control('GET', `/orders/${placed[1]?.toUpperCase()}`);
        assert.deepEqual(
          [one.order_id, one.merchant_id, one.codes],
          [placed[1], shop.merchant_id, ['AUTHORIZED', 'ACCEPTED']],
        );
        await refused('GET', '/orders/nowhere', {}, /404: Order nowhere cannot be found/);
        await refused('GET', '/orders?merchant_id=nobody', {}, /no merchant nobody/);
        await refused('GET', '/orders?after=page2', {}, /after is the order_id/);
      });

      // Protects: a review is decided once; the window in which a capture overrides a rejection, and its end.
      test('a pending order is decided by hand', async () => {
        const shop = await world.shop();
        const pending = () => shop.placeOrder(PURCHASE, { outcome: 'review' });
        const decide = (order_id: string, decision: string) =>
          control('POST', `/orders/${order_id}/fraud-decision`, { decision });
        const accepted = await pending();
        assert.deepEqual((await decide(accepted, 'accept')).codes, ['AUTHORIZED', 'ACCEPTED']);
        await refused(
          'POST',
          `/orders/${accepted}/fraud-decision`,
          { decision: 'reject' },
          /403: The order is not in review/,
        );
        const [overridden, abandoned] = [await pending(), await pending()];
        assert.deepEqual((await decide(overridden, 'reject')).codes, ['AUTHORIZED', 'REFUSED']);
        await decide(abandoned, 'reject');
        await shop.capture(overridden, 10_000);
        await shop.advance('PT4H');
        assert.equal((await shop.read(overridden)).status, 'CAPTURED');
        assert.equal((await shop.read(abandoned)).status, 'CANCELLED');
        await refused(
          'POST',
          `/orders/${abandoned}/fraud-decision`,
          { decision: 'perhaps' },
          /decision should be one of/,
        );
        await refused('POST', `/orders/${abandoned}/fraud-decision`, {}, /decision should be a value/);
        await refused('POST', '/orders/nowhere/fraud-decision', { decision: 'accept' }, /404/);
      });

      // Protects: Klarna's final state can be reached, from the one state that leads there.
      test('a captured order is closed', async () => {
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        await refused('POST', `/orders/${order_id}/close`, {}, /403: Only a captured order/);
        await shop.capture(order_id, 10_000);
        assert.equal((await control('POST', `/orders/${order_id}/close`)).status, 'CLOSED');
        assert.equal((await shop.read(order_id)).status, 'CLOSED');
      });
    });

    describe('clock', () => {
      // Protects: the clock moves by durations and to dates, stays where it was put and goes on from there.
      test('it is read, advanced and set', async () => {
        const shop = await world.shop();
        const start = await clockOf(shop);
        assert.ok(Math.abs(start - Date.now()) < 60_000);
        await shop.advance('P1DT2H3M4.5S');
        const later = await clockOf(shop);
        assert.ok(later - start >= DAY_MS + 7_384_500 && later - start < DAY_MS + 7_384_500 + 60_000);
        await shop.setClock('2040-02-29T12:00:00+01:00');
        assert.ok((await clockOf(shop)) >= Date.parse('2040-02-29T11:00:00Z'));
        await shop.advance('P1Y');
        assert.equal(new Date(await clockOf(shop)).toISOString().slice(0, 10), '2041-02-28');
      });

      // Protects: each merchant has a time of its own; one test cannot age another test's orders.
      test('it moves for one merchant only', async () => {
        const [mine, theirs] = [await world.shop(), await world.shop()];
        await mine.advance('P365D');
        assert.ok((await clockOf(mine)) - (await clockOf(theirs)) >= 364 * DAY_MS);
      });

      // Protects: credentials address their merchant, wrong ones do not silently address the default one.
      test('the merchant is the one named, the one whose credentials are shown, or the default one', async () => {
        const shop = await world.shop();
        const whose = async (headers: Record<string, string>) =>
          (await get('/control/clock', headers)).body.merchant_id;
        assert.equal(await whose({}), 'K000001');
        assert.equal(await whose({ authorization: shop.authorization }), shop.merchant_id);
        assert.equal((await get('/control/clock', { authorization: 'Basic eDp5' })).status, 401);
        await refused('POST', '/clock', { merchant_id: 5, advance: 'PT0S' }, /no merchant 5/);
      });

      // Protects: time does not run backwards, and nonsense moves nothing.
      test('backwards and nonsense are refused', async () => {
        const shop = await world.shop();
        await shop.advance('P10D');
        const before = await clockOf(shop);
        const { merchant_id } = shop;
        const bad: readonly (readonly [object, RegExp])[] = [
          [{ now: '2020-01-01T00:00:00Z' }, /only moves forward; POST \/control\/reset starts over/],
          [{}, /Send either/],
          [{ advance: 'P1D', now: '2099-01-01' }, /Send either/],
          [{ to: '2099-01-01' }, /to should be one of advance, now, merchant_id/],
          [{ now: 'tomorrow' }, /tomorrow is no ISO 8601/],
          [{ now: '+020000-01-01T00:00:00Z' }, /is no ISO 8601/],
          ...['', 'P', 'PT', '28', 'P-1D', '-P1D', 'P1.5D', 'P1DT', '1D', 'p1d', 'P9999999Y', 'P1D '].map(
            (advance): [object, RegExp] => [{ advance }, /ISO 8601/],
          ),
        ];
        for (const [body, message] of bad) await refused('POST', '/clock', { merchant_id, ...body }, message);
        assert.ok((await clockOf(shop)) - before < 60_000);
      });

      // Protects: what time does to orders is done when the clock answers: reviews, rejections, expiry.
      test('everything due has happened before the answer', async () => {
        const shop = await world.shop();
        const whole = await shop.placeOrder();
        const part = await shop.placeOrder();
        await shop.capture(part, 4_000);
        const review = await shop.placeOrder(PURCHASE, { outcome: 'review' });
        await shop.advance('P1D');
        const status = async (order_id: string) => {
          const { orders } = await control('GET', `/orders?merchant_id=${shop.merchant_id}`);
          const found = (orders as Json[]).find((order) => order.order_id === order_id);
          return [found?.status, found?.fraud_status, found?.remaining_authorized_amount];
        };
        assert.deepEqual(await status(review), ['AUTHORIZED', 'ACCEPTED', 10_000]);
        await shop.advance('P27D');
        assert.deepEqual(await status(whole), ['EXPIRED', 'ACCEPTED', 0]);
        assert.deepEqual(await status(part), ['CAPTURED', 'ACCEPTED', 0]);
      });
    });

    describe('reset', () => {
      // Protects: a test suite starts clean, with the credentials it has, and takes nothing from others.
      test('one merchant’s data, clock and settings go; credentials and other merchants stay', async () => {
        const [mine, theirs] = [await world.shop({ authorization_days: 3 }), await world.shop()];
        const [gone, kept] = [await mine.placeOrder(), await theirs.placeOrder()];
        await mine.advance('P100D');
        assert.deepEqual(await control('POST', '/reset', { merchant_id: mine.merchant_id }), {
          reset: [mine.merchant_id],
        });
        assert.equal((await mine.manage('GET', gone, '')).status, 404);
        assert.equal((await theirs.read(kept)).status, 'AUTHORIZED');
        assert.ok((await clockOf(mine)) - Date.now() < 60_000);
        assert.equal((await control('GET', `/merchants/${mine.merchant_id}`)).authorization_days, 28);
        assert.deepEqual(
          (await log(`merchant_id=${mine.merchant_id}`)).map(({ status }) => status),
          [404],
        );
        await refused('POST', '/reset', { merchant_id: 'nobody' }, /no merchant nobody/);
        await refused('POST', '/reset', { everything: true }, /everything should be one of merchant_id, all/);
      });
    });

    describe('log', () => {
      // Protects: the answer to "what was wrong with my sums": line, figures, difference, and what to send instead.
      test('a refused sum is explained to the cent, under the correlation id of the answer', async () => {
        const shop = await world.shop();
        const lines = [
          { name: 'Mug', quantity: 3, unit_price: 3_333, total_amount: 9_990 },
          { name: 'Tea', quantity: 1, unit_price: 500, total_amount: 501, tax_rate: 2_500, total_tax_amount: 1 },
        ];
        const answer = await shop.call('POST', '/payments/v1/sessions', { ...PURCHASE, order_lines: lines });
        assert.equal(answer.status, 400);
        const entry = (await control('GET', `/log/${answer.body.correlation_id}`)) as Entry;
        assert.equal(entry.code, 'BAD_VALUE');
        assert.deepEqual(entry.request, { ...PURCHASE, order_lines: lines });
        assert.deepEqual(entry.response, answer.body);
        const figures = entry.explanations?.map(({ field, line, expected, got, off_by }) => ({
          field,
          line,
          expected,
          got,
          off_by,
        }));
        assert.deepEqual(figures, [
          { field: 'order_lines[0].total_amount', line: 0, expected: 9_999, got: 9_990, off_by: -9 },
          { field: 'order_lines[1].total_amount', line: 1, expected: 500, got: 501, off_by: 1 },
          { field: 'order_lines[1].total_tax_amount', line: 1, expected: 100, got: 1, off_by: -99 },
          { field: 'order_amount', line: undefined, expected: 10_491, got: 10_000, off_by: -491 },
          { field: 'order_tax_amount', line: undefined, expected: 1, got: 2_000, off_by: 1_999 },
        ]);
        assert.match(
          entry.explanations?.[1]?.message ?? '',
          /Line 1 \("Tea"\): .* is 5\.00 SEK, but .* says 5\.01 SEK/,
        );
        assert.match(entry.explanations?.[1]?.change ?? '', /Send order_lines\[1\]\.total_amount = 500/);
      });

      // Protects: every refusal has its code and its reason in words, whatever stage it comes from.
      test('each refusal has a catalogue code, a reason and a remedy', async () => {
        const shop = await world.shop();
        const order_id = await shop.placeOrder();
        const session_id = await shop.newSession();
        const refusals = [
          await shop.call('POST', '/payments/v1/sessions', '{'),
          await shop.call('POST', '/payments/v1/sessions', {}),
          await shop.call('POST', '/payments/v1/sessions', { ...PURCHASE, locale: 'ja-JP' }),
          await shop.call('POST', `/payments/v1/sessions/${session_id}`, { purchase_currency: 'EUR' }),
          await shop.call('PUT', '/payments/v1/sessions', {}),
          await shop.call('GET', '/merchantcard/v3/promises/x'),
          await shop.call('GET', '/settlements/v1/payouts?size=0'),
          await shop.call('GET', '/settlements/v1/payouts/NOSUCH01'),
          await shop.call('POST', '/hpp/v1/sessions', {}),
          await shop.call('GET', '/payments/v1/nothing'),
          await shop.call('POST', '/payments/v1/sessions', '{}', { 'content-type': 'text/plain' }),
          await shop.call('POST', '/payments/v1/sessions', {}, { authorization: 'Basic eDp5' }),
          await shop.call('GET', '/payments/v1/sessions/nowhere'),
          await shop.order('nowhere'),
          await shop.manage('GET', 'nowhere', ''),
          await shop.manage('POST', order_id, '/captures', {}),
          await shop.manage('POST', order_id, '/captures', { captured_amount: 10_001 }),
          await shop.manage('POST', order_id, '/refunds', { refunded_amount: 1 }),
          await shop.manage('POST', order_id, '/release-remaining-authorization'),
          await shop.manage('GET', order_id, '/captures/nowhere'),
          await shop.manage('PATCH', order_id, '/customer-details', { billing_address: {} }),
        ];
        for (const { status, body, text } of refusals) {
          assert.ok(status >= 400, text);
          const entry = (await control('GET', `/log/${body.correlation_id}`)) as Entry;
          assert.equal(entry.status, status);
          assert.ok(
            catalogue.some(({ code }) => code === entry.code),
            `${text}: ${entry.code}`,
          );
          assert.ok(entry.explanations?.length, text);
          for (const { message, change } of entry.explanations ?? []) assert.ok(message && change, text);
        }
      });

      // Protects: a purchase can be followed from session to refund by either of its ids, shopper and Klarna included.
      test('a purchase is one story', async () => {
        const shop = await world.shop();
        const { session_id, token } = await shop.newToken(PURCHASE, { outcome: 'review' });
        const order_id = String((await shop.order(token)).body.order_id);
        await control('POST', `/orders/${order_id}/fraud-decision`, { decision: 'accept' });
        await shop.capture(order_id, 10_000);
        const story = [
          'POST /payments/v1/sessions',
          `POST /control/sessions/${session_id}/authorize`,
          `POST /payments/v1/authorizations/${token}/order`,
          `POST /control/orders/${order_id}/fraud-decision`,
          `POST /ordermanagement/v1/orders/${order_id}/captures`,
        ];
        for (const query of [`order_id=${order_id}`, `session_id=${session_id.toUpperCase()}`]) {
          const entries = await log(query);
          assert.deepEqual(entries.map(({ method, path }) => `${method} ${path}`).reverse(), story);
        }
        assert.equal((await log(`order_id=${order_id}&limit=1`))[0]?.path, story.at(-1)?.slice(5));
      });

      // Protects: the filters a person looks with, alone and together; newest first; a typing error is said.
      test('filters', async () => {
        const shop = await world.shop();
        const mine = `merchant_id=${shop.merchant_id}`;
        const order_id = await shop.placeOrder();
        await shop.manage('POST', order_id, '/captures', { captured_amount: 10_001 });
        await shop.advance('P10D');
        await shop.read(order_id);
        await shop.manage('GET', '00000000-0000-4000-8000-000000000000', '');
        const all = await log(mine);
        assert.deepEqual(
          [...all].sort((a, b) => (a.correlation_id < b.correlation_id ? 1 : -1)),
          all,
        );
        const paths = async (query: string) => (await log(`${mine}&${query}`)).map(({ status }) => status);
        assert.deepEqual(await paths('status=403'), [403]);
        assert.deepEqual(await paths('status=4xx'), [404, 403]);
        assert.deepEqual(await paths('code=capture_not_allowed'), [403]);
        assert.deepEqual(await paths('code=NO_SUCH'), []);
        assert.deepEqual(await paths('direction=outgoing'), []);
        assert.deepEqual(await paths(`path=/captures`), [403]);
        assert.equal((await log(`${mine}&limit=2`)).length, 2);
        const middle = new Date(Date.now() + 5 * DAY_MS).toISOString();
        // The clock's move stands in the log at the time that it led to.
        assert.deepEqual(await paths(`from=${middle}`), [404, 200, 200]);
        assert.equal((await paths(`to=${middle}`)).length + 3, all.length);
        assert.deepEqual(await log(`correlation_id=${all[0]?.correlation_id.toUpperCase()}`), [all[0]]);
        await refused('GET', '/log?orderid=1', {}, /no filter orderid; it has order_id/);
        await refused('GET', '/log?from=yesterday', {}, /ISO 8601/);
        await refused('GET', '/log/nowhere', {}, /404: No exchange/);
      });
    });

    describe('catalogue and markets', () => {
      // Protects: every entry under its exact code, with the colon as it is and percent-encoded.
      test('every code is found', async () => {
        const { body } = await get('/control/catalogue');
        assert.equal((body.entries as unknown[]).length, catalogue.length);
        for (const { code } of catalogue.filter((entry) => entry.code.includes(':')))
          for (const path of [code, encodeURIComponent(code), code.toLowerCase()])
            assert.equal((await get(`/control/catalogue/${path}`)).body.code, code);
      });

      // Protects: a typing error is answered by what was meant.
      test('an unknown code is a 404 that suggests', async () => {
        const { status, body } = await get('/control/catalogue/CAPTURE_NOT_ALOWED');
        assert.equal(status, 404);
        assert.match(String(body.error_messages), /no CAPTURE_NOT_ALOWED; did you mean CAPTURE_NOT_ALLOWED/);
        assert.equal((await get('/control/catalogue/%E0%A4%A')).status, 404);
      });

      test('markets are listed with what each one speaks and pays in', async () => {
        const { body } = await get('/control/markets');
        const markets = body.markets as Json[];
        assert.equal(markets.length, 26);
        assert.equal(markets.find(({ country }) => country === 'SE')?.currency, 'SEK');
      });
    });

    describe('access', () => {
      // Protects: what is wrong with a call of the control API itself is readable too.
      test('unknown paths, methods and bodies', async () => {
        const list = await get('/control');
        assert.ok((list.body.operations as Json[]).length > 20);
        const missing = await get('/control/nothing');
        assert.equal(missing.status, 404);
        assert.match(String(missing.body.error_messages), /no \/control\/nothing; GET \/control lists/);
        assert.equal(typeof missing.body.correlation_id, 'string');
        await refused('DELETE', '/clock', {}, /405: \/control\/clock takes GET, POST/);
        for (const body of ['{', '[]', '5', 'null']) {
          const answer = await fetch(`${world.provider.url}/control/clock`, { method: 'POST', body });
          assert.equal(answer.status, 400, body);
        }
      });

      // Protects: no web site that a developer happens to visit can move the clock, not even under a name that it
      // lets point to this machine.
      test('pages of other origins are refused', async () => {
        const { url } = world.provider;
        const { host, port } = new URL(url);
        const status = async (headers: string) =>
          (await sendRaw(url, `GET /control/clock HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`)).status;
        assert.equal(await status(`Host: ${host}`), 200);
        assert.equal(await status(`Host: ${host}\r\nOrigin: ${url}`), 200);
        assert.equal(await status(`Host: api.localhost:${port}\r\nOrigin: http://api.localhost:${port}`), 200);
        assert.equal(await status(`Host: kvitt:${port}`), 200);
        for (const origin of ['https://shop.example', 'null', 'http://localhost:1', `https://${host}.evil.example`])
          assert.equal(await status(`Host: ${host}\r\nOrigin: ${origin}`), 403, origin);
        assert.equal(await status(`Host: ${host}\r\nSec-Fetch-Site: cross-site`), 403);
        assert.equal(await status(`Host: rebound.example:${port}\r\nOrigin: http://rebound.example:${port}`), 403);
        assert.equal(await status(`Host: rebound.example:${port}`), 403);
      });
    });
  });
}

// Protects: reset of everything, which would disturb the other tests on a shared provider.
test('reset with all empties every merchant', async () => {
  const provider = await startProvider();
  const made: string[] = ['K000001'];
  for (let i = 0; i < 3; i++) made.push(String((await provider.control('POST', '/merchants', {})).merchant_id));
  await provider.control('POST', '/clock', { merchant_id: made[1] ?? '', advance: 'P5D' });
  const { reset } = await provider.control('POST', '/reset', { all: true });
  assert.deepEqual([...(reset as string[])].sort(), made.sort());
  for (const merchant_id of made) {
    const { ahead_of_real_time_ms } = await provider.control('GET', `/clock?merchant_id=${merchant_id}`);
    assert.equal(ahead_of_real_time_ms, 0);
  }
  await provider.close();
});

// Protects: a server for others has no back door; the answer says so in words.
test('switched off, the control API is a plain 404, and the welcome page does not name it', async () => {
  const provider = await startProvider({ control: false });
  for (const path of ['/control', '/control/clock']) {
    const answer = await fetch(`${provider.url}${path}`);
    const body = (await answer.json()) as { error_code: string; error_messages: string[] };
    assert.deepEqual([answer.status, body.error_code], [404, 'NOT_FOUND']);
    assert.match(String(body.error_messages), /switched off/);
  }
  assert.ok(!(await (await fetch(provider.url)).text()).includes('control'));
  await provider.close();
});

// Protects: the name that a server was told it is known by may call it, from a browser too.
test('the configured public address is no foreign one', async () => {
  const provider = await startProvider({ publicUrl: 'https://kvitt.example.org' });
  const request = 'GET /control/clock HTTP/1.1\r\nHost: kvitt.example.org\r\nConnection: close\r\n\r\n';
  assert.equal((await sendRaw(provider.url, request)).status, 200);
  await provider.close();
});

// Protects: the log stays usable for amounts of any size in the sums that it explains.
test('the sums of many lines are explained without end', async () => {
  const provider = await startProvider();
  const purchase = purchaseOf(...Array.from({ length: 1_000 }, () => 100));
  const order_lines = (purchase.order_lines as Json[]).map((line) => ({ ...line, total_amount: 99 }));
  const answer = await fetch(`${provider.url}/payments/v1/sessions`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('K000001_local:local').toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ ...purchase, order_lines }),
  });
  const { correlation_id, error_messages } = (await answer.json()) as { correlation_id: string; error_messages: [] };
  assert.equal(error_messages.length, 100);
  const { explanations } = await provider.control('GET', `/log/${correlation_id}`);
  assert.ok((explanations as []).length >= 100);
  await provider.close();
});
