/** The demo shop's server side, and what it does not do. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startProvider } from '../index.ts';
import { STORES, sharedProvider } from '../testing.ts';

/** A well-formed id that nothing has. */
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

const MUG = { id: 'MUG', quantity: 1 };

describe('the demo shop', () => {
  const world = sharedProvider(STORES[0] ?? assert.fail());
  const ask = async (method: string, path: string, body?: unknown, type = 'application/json') => {
    const answer = await fetch(`${world.provider.url}/shop/api${path}`, {
      method,
      headers: { 'content-type': type },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as { message: string; calls: unknown[] } };
  };

  test('is named by the server’s greeting', async () => {
    const greeting = (await (await fetch(world.provider.url)).json()) as { shop?: string };
    assert.equal(greeting.shop, '/shop');
    assert.equal((await fetch(world.provider.url + greeting.shop)).status, 200);
  });

  test('sells to every country', async () => {
    const items = ['MUG', 'BLANKET', 'LANTERN'].map((id, index) => ({ id, quantity: index * 3 + 1 }));
    for (const country of ['SE', 'DE', 'GB', 'US']) {
      const { status, body } = await ask('POST', '/checkout', { country, items });
      assert.equal(status, 200, body.message);
      assert.equal(body.calls.length, 1);
    }
  });

  const refused: readonly (readonly [string, unknown, string?])[] = [
    ['an unknown product', { country: 'SE', items: [{ id: 'GOLD', quantity: 1 }] }],
    ['an inherited name for a country', { country: 'constructor', items: [MUG] }],
    ['a price of the browser’s own', { country: 'SE', items: [{ ...MUG, quantity: 0.001 }] }],
    ['more than there is', { country: 'SE', items: [{ ...MUG, quantity: 1e9 }] }],
    ['nothing', { country: 'SE', items: [] }],
    ['an item that is none', { country: 'SE', items: [null] }],
    ['no JSON', '{'],
    ['no object', '[]'],
  ];
  for (const [what, body] of refused)
    test(`refuses ${what} without asking Klarna`, async () => {
      const answer = await ask('POST', '/checkout', body);
      assert.equal(answer.status, 400);
      assert.ok(answer.body.message);
      assert.deepEqual(answer.body.calls, []);
    });

  test('refuses what another site could make a browser send', async () => {
    assert.equal((await ask('POST', '/checkout', { country: 'SE', items: [MUG] }, 'text/plain')).status, 415);
  });

  test('shows and moves no orders but its own', async () => {
    const merchants = await world.shop();
    const { username, password } = world.provider.credentials;
    const foreign = await merchants.placeOrder();
    const headers = {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    };
    const purchase = JSON.stringify({
      purchase_country: 'SE',
      purchase_currency: 'SEK',
      order_amount: 100,
      order_lines: [{ name: 'Mug', quantity: 1, unit_price: 100, total_amount: 100 }],
    });
    const post = async (path: string) =>
      (await fetch(`${world.provider.url}${path}`, { method: 'POST', headers, body: purchase })).json();
    const { session_id } = (await post('/payments/v1/sessions')) as { session_id: string };
    const { authorization_token } = await world.provider.authorize(session_id);
    const { order_id } = (await post(`/payments/v1/authorizations/${authorization_token}/order`)) as {
      order_id: string;
    };
    for (const id of [order_id, foreign, UNKNOWN_ID, '..', '%2e%2e'])
      for (const [method, act] of [
        ['GET', ''],
        ['POST', '/ship'],
        ['POST', '/refund'],
      ] as const) {
        const { status, body } = await ask(method, `/orders/${id}${act}`, method === 'POST' ? {} : undefined);
        assert.equal(status, 404, `${method} ${id}${act}`);
        assert.ok(!JSON.stringify(body).includes('order_amount'));
      }
  });

  test('refuses a token that is none, and tells Klarna’s words about one that is unknown', async () => {
    const basket = { country: 'SE', items: [MUG] };
    assert.equal((await ask('POST', '/orders', { ...basket, authorization_token: '../x' })).status, 400);
    const unknown = await ask('POST', '/orders', { ...basket, authorization_token: UNKNOWN_ID });
    assert.equal(unknown.status, 409);
    assert.match(unknown.body.message, /^Klarna says: /);
  });
});

test('there is neither demo shop nor inbox where the control API is off', async () => {
  const provider = await startProvider({ control: false });
  for (const path of ['/inbox', '/inbox/inbox.js']) assert.equal((await fetch(provider.url + path)).status, 404);
  assert.equal((await fetch(`${provider.url}/shop`)).status, 404);
  assert.equal((await fetch(`${provider.url}/shop/api/catalogue`)).status, 404);
  assert.equal(((await (await fetch(provider.url)).json()) as { shop?: string }).shop, undefined);
  await provider.close();
});
