// Protects the receiver that docs/disputes.md shows: it knows Klarna's events from others, against a server as `npm start` gives.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { startProvider } from 'kvitt/provider';
import { receive } from './webhook.ts';

test('examples/webhook.ts takes what is signed and nothing else', async () => {
  const provider = await startProvider();
  const keys = new Map<string, string>();
  const heard: string[] = [];
  const server = receive(keys, ({ event_type }) => heard.push(event_type));
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const webhook = await provider.control('POST', '/merchants/K000001/webhooks', { url });
    keys.set(String(webhook.signing_key_id), String(webhook.signing_key));
    const headers = {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from('K000001_local:local').toString('base64')}`,
    };
    const call = async (path: string, body: object) =>
      (await fetch(provider.url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<
        Record<string, string>
      >;
    const line = { name: 'Mug', quantity: 1, unit_price: 100, total_amount: 100 };
    const purchase = { purchase_country: 'SE', purchase_currency: 'SEK', order_amount: 100, order_lines: [line] };
    const { session_id } = await call('/payments/v1/sessions', purchase);
    const { authorization_token } = await provider.authorize(String(session_id));
    const order = { ...purchase, auto_capture: true };
    const { order_id } = await call(`/payments/v1/authorizations/${authorization_token}/order`, order);
    await provider.control('POST', `/orders/${order_id}/disputes`, {});
    await provider.clock.advance('P21D');
    assert.deepEqual(heard, ['payment.dispute.state-change.initiated', 'payment.dispute.state-change.closed']);
    for (const forged of [{}, { 'klarna-signature': 'ff', 'klarna-signing-key-id': String(webhook.signing_key_id) }])
      assert.equal((await fetch(url, { method: 'POST', headers: forged, body: '{}' })).status, 400);
    assert.equal(heard.length, 2);
  } finally {
    server.close();
    await provider.close();
  }
});

test('docs/disputes.md shows the check as it runs here', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [check] = /export function isFromKlarna[\s\S]*?\n\}\n/.exec(read('webhook.ts')) ?? assert.fail();
  assert.ok(read('../docs/disputes.md').includes(check));
});
