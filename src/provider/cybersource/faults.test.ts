// Protects: what goes wrong on order goes wrong in Cybersource's words, and a client that repeats a call whose answer was lost pays once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Provider, startProvider } from '../index.ts';
import { authorizationBody, CybersourceShop, partBody } from './testing.ts';

let provider: Provider;
before(async () => {
  provider = await startProvider();
});
after(() => provider.close());

async function ordered(fault: object) {
  const shop = await CybersourceShop.open(() => provider);
  await provider.control('POST', '/faults', { merchant_id: shop.key.merchant_id, times: 1, ...fault });
  return shop;
}

test('errors of the catalogue are told as this API tells them, and nothing is carried out', async () => {
  const rows: readonly [string, number, string][] = [
    ['INTERNAL_SERVER_ERROR', 502, 'SERVER_ERROR'],
    ['UNAUTHORIZED', 401, 'Authentication Failed'],
    ['TOO_MANY_REQUESTS', 429, 'Too many requests'],
  ];
  for (const [code, status, word] of rows) {
    const shop = await ordered({ on: { path: '/pts/v2/payments' }, effect: 'error', code });
    const token = await shop.approve((await shop.session('inline')).id);
    const answer = await shop.call('POST', '/pts/v2/payments', authorizationBody(token));
    assert.equal(answer.status, status, answer.text);
    assert.ok(answer.text.includes(word), answer.text);
    await shop.authorize(token);
    const log = await shop.log('path=/pts/v2/payments');
    assert.match(JSON.stringify(log), /was ordered through/);
  }
});

test('an answer that was lost: the order is there, and the same call again is a duplicate', async () => {
  const shop = await ordered({ on: { path: '/pts/v2/payments' }, effect: 'drop', when: 'after' });
  const token = await shop.approve((await shop.session('inline')).id);
  const body = authorizationBody(token, { clientReferenceInformation: { code: 'lost', transactionId: 'till-1' } });
  await assert.rejects(shop.call('POST', '/pts/v2/payments', body));
  const again = await shop.call('POST', '/pts/v2/payments', body);
  assert.equal(again.body.reason, 'DUPLICATE_REQUEST');
  const undone = await shop.call('POST', '/pts/v2/reversals', {
    clientReferenceInformation: { transactionId: 'till-1' },
  });
  assert.equal(undone.body.status, 'AUTH_REVERSED');
  const { orders } = await shop.control('GET', `/orders?merchant_id=${shop.key.merchant_id}`);
  assert.deepEqual(
    (orders as { status: string }[]).map(({ status }) => status),
    ['CANCELLED'],
  );
});

test('Klarna’s limits hold here too, when they are switched on', async () => {
  const shop = await CybersourceShop.open(() => provider, { rate_limits: 'playground' });
  const checks = await Promise.all(
    Array.from({ length: 120 }, () => shop.call('POST', '/pts/v2/refresh-payment-status/7', partBody('AP_STATUS'))),
  );
  const statuses = new Set(checks.map(({ status }) => status));
  assert.ok(statuses.has(429) && statuses.has(404), [...statuses].join());
});
