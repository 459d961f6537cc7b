/** The files and calls of page and SDK, as any client can see them. */
import assert from 'node:assert/strict';
import { type IncomingMessage, request } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type Provider, startProvider } from '../index.ts';
import { type Json, PURCHASE, Shop } from '../testing.ts';
import { hostedCsp, PAGE_CSP } from './assets.ts';
import { listening, newHosted, newSession } from './testing.ts';

describe('page and SDK over HTTP', () => {
  let provider: Provider;
  before(async () => {
    provider = await startProvider();
  });
  after(() => provider.close());
  const open = (settings?: object) => Shop.open(() => provider, settings);

  async function call(method: string, path: string, token?: string, body?: object | string) {
    const answer = await fetch(`${provider.url}${path}`, {
      method,
      headers: { origin: 'https://shop.example', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text };
  }
  const json = async (...args: Parameters<typeof call>) => JSON.parse((await call(...args)).text) as Json;

  test('the page has the published policy; scripts may be taken from any origin', async () => {
    for (const path of ['/checkout/pay', '/checkout/widget']) {
      const { status, headers, text } = await call('GET', path);
      assert.equal(status, 200);
      assert.equal(headers.get('content-security-policy'), PAGE_CSP);
      assert.doesNotMatch(text, /<style|<script>|onclick|style=|https?:/);
    }
    for (const path of ['/kp/lib/v1/api.js', '/checkout/page.js', '/checkout/widget.js']) {
      const { headers, text } = await call('GET', path);
      assert.match(headers.get('content-type') ?? '', /^text\/javascript/);
      assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin');
      assert.doesNotMatch(text, /^(?:import|export)\b/m);
      assert.doesNotThrow(() => new Function(text), path);
    }
    assert.match((await call('GET', '/kp/lib/v1/klarna-payments.d.ts')).text, /interface KlarnaPayments/);
    assert.equal((await call('GET', '/checkout/page.ts')).status, 404);
    assert.equal((await call('GET', '/checkout/__proto__')).status, 404);
    assert.equal((await call('POST', '/checkout/pay')).status, 405);
    for (const coding of ['identity', 'gzip', 'br']) {
      const ask = (method: string) =>
        fetch(`${provider.url}/checkout/page.js`, { method, headers: { 'accept-encoding': coding } });
      const [head, whole] = [await ask('HEAD'), await ask('GET')];
      assert.equal(head.headers.get('content-length'), whole.headers.get('content-length'), coding);
      assert.ok(Number(head.headers.get('content-length')) > 1_000);
      assert.equal((await head.arrayBuffer()).byteLength, 0);
      await whole.arrayBuffer();
    }
  });

  test('files travel compressed where the browser takes that, and calls as they are', async () => {
    // Through caches and proxies too: what is kept for one browser must not be given to another that cannot read it.
    const { client_token } = await newSession(await open());
    const raw = async (path: string, accepted: string | undefined, headers = {}) => {
      const asked = request(provider.url + path, {
        headers: { ...headers, ...(accepted && { 'accept-encoding': accepted }) },
      });
      const answer = await new Promise<IncomingMessage>((resolve, reject) =>
        asked.on('response', resolve).on('error', reject).end(),
      );
      const { vary, 'content-encoding': coding, 'content-length': length } = answer.headers;
      const bytes = await buffer(answer);
      assert.equal(Number(length), bytes.length);
      return { vary, coding, bytes };
    };
    for (const path of ['/checkout/pay', '/checkout/page.js', '/kp/lib/v1/api.js', '/shop', '/shop/shop.css']) {
      const plain = await raw(path, undefined);
      const [gzip, br] = [await raw(path, 'gzip'), await raw(path, 'gzip, deflate, br')];
      assert.deepEqual([plain.coding, gzip.coding, br.coding], [undefined, 'gzip', 'br'], path);
      assert.deepEqual(gunzipSync(gzip.bytes), plain.bytes);
      assert.deepEqual(brotliDecompressSync(br.bytes), plain.bytes);
      for (const { vary } of [plain, gzip, br]) assert.equal(vary, 'Accept-Encoding', path);
      assert.ok(br.bytes.length < plain.bytes.length);
    }
    const authorization = `Bearer ${client_token}`;
    const call = await raw('/checkout/api/session', 'gzip, br', { authorization });
    assert.equal(call.coding, undefined);
    assert.ok(JSON.parse(call.bytes.toString()));
  });

  test('browsers of any origin may call', async () => {
    const { status, headers } = await call('OPTIONS', '/checkout/api/authorize');
    assert.equal(status, 204);
    assert.equal(headers.get('access-control-allow-origin'), '*');
    assert.match(headers.get('access-control-allow-headers') ?? '', /Authorization/);
    const { client_token } = await newSession(await open());
    const read = await call('GET', '/checkout/api/session', client_token);
    assert.equal(read.headers.get('access-control-allow-origin'), '*');
    assert.equal(read.headers.get('cache-control'), 'no-store');
  });

  test('tokens that are missing, changed, foreign or none at all are 401, with the reason', async () => {
    const { client_token, session_id } = await newSession(await open());
    const [head = '', claims = '', signature = ''] = client_token.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
    const other = Buffer.from(JSON.stringify({ session_id })).toString('base64url');
    const wrong = [
      undefined,
      'x',
      `${head}.${claims}`,
      `${head}.${claims}.`,
      `${head}.${other}.${signature}`,
      `${none}.${claims}.`,
      `${client_token}.x`,
      `${head}.${claims}.${signature.slice(1)}`,
      'x'.repeat(5000),
    ];
    for (const token of wrong) {
      const { status, text } = await call('GET', '/checkout/api/session', token);
      assert.equal(status, 401, token);
      assert.match(text, /client_token/);
    }
    assert.equal((await call('GET', '/checkout/api/session', client_token)).status, 200);
  });

  test('bodies that cannot be used are 400, unknown calls 404, and neither touches the session', async () => {
    const { client_token } = await newSession(await open());
    for (const body of ['{', '[]', '"x"', { outcome: 'win' }, { payment_method_category: 'gold' }, { contact: {} }]) {
      const { status } = await call('POST', '/checkout/api/authorize', client_token, body);
      assert.equal(status, 400, JSON.stringify(body));
    }
    for (const path of ['/authorize', '/nothing', '/__proto__', '/session/x'])
      assert.equal((await call('GET', `/checkout/api${path}`, client_token)).status, 404);
  });

  const signIn = async (token: string, path = '/checkout/api', contact = 'alma@email.se') => {
    const answer = await json('POST', `${path}/sign-in`, token, { contact, code: '123456' });
    return String(answer.signed_in);
  };

  test('nobody pays without having signed in, to this very page', async () => {
    // A browser that leaves a step out, or a script that drives the calls, must not get further than a shopper.
    const shop = await open();
    const [one, other] = [await newSession(shop), await newSession(shop)];
    const hosted = await newHosted(shop);
    const end = hosted.redirect_url.slice(hosted.redirect_url.lastIndexOf('/') + 1);
    const proof = await signIn(one.client_token);
    const [claims = '', signature = ''] = proof.split('.');
    const somebody = Buffer.from('somebody@email.se').toString('base64url');
    const wrong = [
      undefined,
      '',
      'x.y',
      `${claims}.`,
      `${somebody}.${signature}`,
      await signIn(other.client_token),
      await signIn(end, '/checkout/api/hosted'),
      one.client_token,
    ];
    const authorize = (signed_in?: string) =>
      json('POST', '/checkout/api/authorize', one.client_token, { ...(signed_in !== undefined && { signed_in }) });
    for (const signed_in of wrong) assert.deepEqual(await authorize(signed_in), { problem: 'signed_out' }, signed_in);
    const hostedAuthorize = (signed_in: string) => json('POST', '/checkout/api/hosted/authorize', end, { signed_in });
    assert.deepEqual(await hostedAuthorize(proof), { problem: 'signed_out' });
    for (const code of ['', '12345', '999999'])
      assert.deepEqual(
        await json('POST', '/checkout/api/sign-in', one.client_token, { contact: 'alma@email.se', code }),
        { invalid: 'code' },
      );
    const read = await shop.call('GET', `/payments/v1/sessions/${one.session_id}`);
    assert.equal(read.body.authorization_token, undefined);
    assert.equal((await authorize(proof)).approved, true);
  });

  test('a try over the calls, and its place in the log without the token', async () => {
    const shop = await open();
    const { client_token, session_id } = await newSession(shop);
    const opened = await json('POST', '/checkout/api/begin', client_token, {});
    assert.deepEqual(opened, { approved: false, show_form: true, open: true });
    const signed_in = await signIn(client_token);
    const result = await json('POST', '/checkout/api/authorize', client_token, { payment_method: 'card', signed_in });
    assert.equal(result.approved, true);
    const placed = await shop.order(String(result.authorization_token));
    assert.deepEqual(placed.body.authorized_payment_method, { type: 'card' });
    const again = await json('POST', '/checkout/api/authorize', client_token, { signed_in });
    assert.deepEqual(again, { problem: 'session_completed' });
    const { entries } = (await provider.control('GET', `/log?session_id=${session_id}`)) as { entries: Json[] };
    const tries = entries.filter(({ path }) => path === '/checkout/api/authorize');
    assert.equal(tries.length, 2);
    for (const secret of [client_token, signed_in]) assert.ok(!JSON.stringify(entries).includes(secret));
  });

  test('who signs in as the test person of reviews is reviewed', async () => {
    const shop = await open();
    const us = {
      purchase_country: 'US',
      purchase_currency: 'USD',
      locale: 'en-US',
      billing_address: { country: 'US' },
    };
    const { client_token } = await newSession(shop, us);
    const signed_in = await signIn(client_token, '/checkout/api', 'customer+pend-reject-05@email.us');
    const result = await json('POST', '/checkout/api/authorize', client_token, { signed_in });
    const { body } = await shop.order(String(result.authorization_token), { ...PURCHASE, ...us });
    assert.equal(body.fraud_status, 'PENDING');
    await shop.advance('PT6M');
    assert.equal((await shop.read(String(body.order_id))).fraud_status, 'REJECTED');
  });

  test('each approval calls the shop’s authorization URL with its own token', async (t) => {
    const bodies: Json[] = [];
    const { server, url } = await listening(
      async (request) => void bodies.push(JSON.parse(await text(request)) as Json),
    );
    t.after(() => server.close());
    const shop = await open();
    const merchant_urls = { authorization: `${url}/authorized/{session.id}` };
    const { client_token, session_id } = await newSession(shop, { merchant_urls });
    const tokens = [];
    const signed_in = await signIn(client_token);
    for (let tries = 0; tries < 2; tries++)
      tokens.push((await json('POST', '/checkout/api/authorize', client_token, { signed_in })).authorization_token);
    while (bodies.length < 2) await setTimeout(10);
    const expected = tokens.map((authorization_token) => ({ authorization_token, session_id }));
    assert.deepEqual(
      new Set(bodies.map((body) => JSON.stringify(body))),
      new Set(expected.map((body) => JSON.stringify(body))),
    );
  });

  test('outcomes can be chosen by name only where the control API is on; to go back is everybody’s right', async () => {
    const live = await startProvider({ control: false });
    try {
      const { username, password } = live.credentials;
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
      const headers = { authorization, 'content-type': 'application/json' };
      const purchase = {
        purchase_country: 'SE',
        purchase_currency: 'SEK',
        order_amount: 1,
        order_lines: [{ name: 'x', quantity: 1, unit_price: 1, total_amount: 1 }],
      };
      const created = await fetch(`${live.url}/payments/v1/sessions`, {
        method: 'POST',
        headers,
        body: JSON.stringify(purchase),
      });
      const { client_token } = (await created.json()) as { client_token: string };
      const authorize = async (body: object) => {
        const bearer = { authorization: `Bearer ${client_token}` };
        const url = `${live.url}/checkout/api/authorize`;
        return (await fetch(url, { method: 'POST', headers: bearer, body: JSON.stringify(body) })).status;
      };
      for (const outcome of ['approve', 'review', 'decline', 'error'])
        assert.equal(await authorize({ outcome }), 403, outcome);
      for (const outcome of ['back', 'abandon']) assert.equal(await authorize({ outcome }), 200, outcome);
      assert.equal(await authorize({}), 200);
    } finally {
      await live.close();
    }
  });

  test('a hosted page is called with the end of its link, and tells the shopper no token', async () => {
    const shop = await open({ payment_method_categories: ['direct_bank_transfer'] });
    const { session_id, redirect_url } = await newHosted(shop);
    const end = redirect_url.slice(redirect_url.lastIndexOf('/') + 1);
    const hosted = (name: string, body: object, link = end) => json('POST', `/checkout/api/hosted/${name}`, link, body);
    const page = await call('GET', new URL(redirect_url).pathname);
    assert.equal(page.headers.get('content-security-policy'), hostedCsp([]));
    assert.equal((await call('POST', '/checkout/api/hosted/open')).status, 401);
    assert.equal((await call('GET', '/checkout/api/hosted/open', end)).status, 404);
    assert.equal((await call('POST', '/checkout/api/hosted/finalize', end, {})).status, 404);
    assert.equal((await call('POST', '/checkout/api/hosted/authorize', end, '[')).status, 400);
    assert.equal((await call('POST', '/checkout/api/authorize', end, {})).status, 401);
    for (const wrong of ['x', session_id, 'A'.repeat(22)])
      assert.deepEqual(await hosted('open', {}, wrong), { problem: 'session_expired' });
    assert.equal((await hosted('open', {})).order_amount, 10_000);
    assert.deepEqual(await hosted('sign-in', { contact: '?' }), { invalid: 'contact' });
    const signed_in = await signIn(end, '/checkout/api/hosted');
    assert.deepEqual(await hosted('authorize', { signed_in, data: { customer: { date_of_birth: '2999-01-01' } } }), {
      approved: false,
      show_form: true,
      error: { invalid_fields: ['customer.date_of_birth'] },
    });
    // The first step of two elsewhere; nobody could take the second here.
    const bought = { signed_in, auto_finalize: false, data: { customer: { date_of_birth: '1980-05-17' } } };
    assert.deepEqual(await hosted('authorize', bought), { approved: true, show_form: true });
    for (const name of ['open', 'authorize'])
      assert.deepEqual(await hosted(name, { signed_in }), { problem: 'session_completed' });
  });

  test('a hosted page loads the images that its merchant named, from nowhere else, and nobody frames it', async () => {
    const shop = await open();
    const images = (options: object) =>
      newHosted(shop, { options }).then(async ({ redirect_url }) => {
        const policy = (await fetch(redirect_url)).headers.get('content-security-policy') ?? '';
        assert.match(policy, /; frame-ancestors 'none'; /);
        return /img-src ([^;]*)/.exec(policy)?.[1];
      });
    assert.equal(await images({}), "'self'");
    const logo_url = 'https://shop.example/a,b;c/logo.svg?v=1;script-src *';
    const background_images = [
      { url: 'https://cdn.example/wide.jpg', width: 1600 },
      { url: 'https://shop.example/a,b;c/logo.svg' },
      { url: 'javascript:alert(1)' },
      { url: 'data:image/png;base64,AAAA' },
      { url: "https://x'; script-src *" },
      { url: 'https://x;sandbox/logo.svg' },
    ];
    assert.equal(
      await images({ logo_url, background_images }),
      "'self' https://shop.example/a%2Cb%3Bc/logo.svg https://cdn.example/wide.jpg",
    );
    const many = Array.from({ length: 100 }, (_, index) => ({
      url: `https://cdn.example/${index}/${'x'.repeat(400)}`,
    }));
    assert.equal((await images({ background_images: many }))?.split(' ').length, 9);
    assert.equal(await images({ logo_url: `https://cdn.example/${'x'.repeat(1_900)}` }), "'self'");
  });
});
