// Protects: a merchant's account at Purse can be made, looked at, set up and taken away, and its secret is shown once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startProvider } from '../index.ts';
import { PurseShop } from '../purse/testing.ts';
import { STORES, sharedProvider } from '../testing.ts';

const [memory] = STORES;
assert.ok(memory);

describe('accounts at Purse', () => {
  const world = sharedProvider(memory);
  const account = (merchant_id: string, method = 'GET', body?: object, path = '') =>
    world.provider.control(method, `/merchants/${merchant_id}/purse${path}`, body);

  test('made with credentials of its own or given ones, replaced, and gone with the merchant', async () => {
    const shop = await world.shop();
    const { merchant_id } = shop;
    await assert.rejects(account(merchant_id), /404: There is no such merchant, or it has no account at Purse/);
    const given = { entity_id: 'shop-entity', api_key: `key-${merchant_id}`, client_id: 'client', client_secret: 's3' };
    const made = await account(merchant_id, 'POST', given);
    assert.equal(made.client_secret, 's3');
    const { client_secret: _once, ...shown } = made;
    assert.deepEqual(await account(merchant_id), shown);
    assert.deepEqual([shown.capture, shown.integration_mode, shown.save_token], ['MANUAL', 'popup', true]);
    const merchant = await world.provider.control('GET', `/merchants/${merchant_id}`);
    assert.deepEqual(merchant.purse, { entity_id: 'shop-entity', api_key: given.api_key, client_id: 'client' });
    assert.ok(!JSON.stringify(merchant).includes('hash'));

    const ask = (key: string, secret: string, client = 'client') =>
      fetch(`${world.provider.url}/oauth/token?grant_type=client_credentials`, {
        method: 'POST',
        headers: { 'x-api-key': key, authorization: `Basic ${btoa(`${client}:${secret}`)}` },
      }).then(({ status }) => status);
    assert.equal(await ask(given.api_key, 's3'), 200);
    const next = await account(merchant_id, 'POST', {});
    assert.equal(await ask(given.api_key, 's3'), 401, 'the old account is over');
    assert.equal(await ask(String(next.api_key), String(next.client_secret), String(next.client_id)), 200);
    await world.provider.control('DELETE', `/merchants/${merchant_id}`);
    assert.equal(await ask(String(next.api_key), String(next.client_secret), String(next.client_id)), 401);
  });

  test('bad input is refused by name, and another merchant’s key stays its own', async () => {
    const [one, other] = [await PurseShop.open(world), await world.shop()];
    const refused: readonly [object, RegExp][] = [
      [{ api_key: one.api_key }, /409: The API key .* is another merchant’s/],
      [{ api_key: 'a b' }, /api_key should be/],
      [{ entity: 'x' }, /entity should be one of/],
      [{ capture: 'LATER' }, /capture should be one of MANUAL, AUTOMATIC/],
    ];
    for (const [body, message] of refused)
      await assert.rejects(account(other.merchant_id, 'POST', body), message, JSON.stringify(body));
    await assert.rejects(account('nobody', 'POST', {}), /404/);
    await assert.rejects(account(one.klarna.merchant_id, 'PATCH', { save_token: 'no' }), /save_token should be/);
    await one.session();
  });

  test('set up, and set up anew by a reset; the credentials stay', async () => {
    const shop = await PurseShop.open(world);
    const { merchant_id } = shop.klarna;
    await account(merchant_id, 'PATCH', { capture: 'AUTOMATIC', integration_mode: 'redirection', save_token: false });
    const session = await shop.at('POST', '/sessions/create', { order: {} });
    const { klarna } = session.body.protocols as { klarna: { installments: { configurations: { settings: object } } } };
    assert.deepEqual(klarna.installments.configurations.settings, {
      save_token: false,
      direct_debit: true,
      merchant_specifics: { integration_mode: 'redirection' },
    });
    await world.provider.control('POST', '/reset', { merchant_id });
    const { capture, save_token, api_key } = await account(merchant_id);
    assert.deepEqual([capture, save_token, api_key], ['MANUAL', true, shop.api_key]);
    assert.equal((await shop.at('GET', `/sessions/${String(session.body.id)}`)).status, 404, 'what was there is gone');
    await shop.session();
  });
});

// Protects: a clone that was just started answers to the printed credentials, and to another password once it is set.
test('the default merchant has an account, whose secret is the password', async (t) => {
  const token = async (url: string, secret: string, { api_key, client_id }: { api_key: string; client_id: string }) => {
    const authorization = `Basic ${btoa(`${client_id}:${secret}`)}`;
    const headers = { 'x-api-key': api_key, authorization, 'content-type': 'application/x-www-form-urlencoded' };
    return (await fetch(`${url}/oauth/token`, { method: 'POST', headers, body: 'grant_type=client_credentials' }))
      .status;
  };
  const plain = await startProvider();
  t.after(() => plain.close());
  assert.equal(await token(plain.url, 'local', plain.purse), 200);
  const own = await startProvider({ password: 'another' });
  t.after(() => own.close());
  assert.deepEqual([await token(own.url, 'local', own.purse), await token(own.url, 'another', own.purse)], [401, 200]);
});
