/** Signed webhooks, with a real receiver on this machine: what is sent, how it is signed, and how often it comes again. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { disputed, represented } from './klarna/testing.ts';
import { type Json, type Shop, STORES, sharedProvider } from './testing.ts';

interface Call {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}
interface Event {
  readonly event_type: string;
  readonly event_id: string;
  readonly occurred_at: string;
  readonly metadata: Json;
  readonly payload: Json;
}

/** A shop's endpoint, which answers as it is told. */
async function receiver(answer = 200): Promise<{ url: string; calls: Call[]; answer: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  const endpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    calls: [] as Call[],
    answer,
  };
  server.on('request', async (incoming, outgoing) => {
    endpoint.calls.push({ body: await text(incoming), headers: incoming.headers });
    outgoing.writeHead(endpoint.answer, { connection: 'close' }).end();
  });
  return endpoint;
}

describe('webhooks', () => {
  const [memory] = STORES;
  assert.ok(memory);
  const world = sharedProvider(memory);
  const subscribe = (shop: Shop, url: string, event_types?: readonly string[]) =>
    world.provider.control('POST', `/merchants/${shop.merchant_id}/webhooks`, {
      url,
      ...(event_types && { event_types }),
    });
  /** What is due by the present time has been tried when this resolves. */
  const settled = (shop: Shop) => shop.advance('PT0S');
  const events = (calls: readonly Call[]) => calls.map(({ body }) => JSON.parse(body) as Event);
  const names = (calls: readonly Call[]) =>
    events(calls).map(({ event_type }) => event_type.replace('payment.dispute.', ''));

  // Protects: the check that every receiver of a signed event makes.
  test('each event is signed over its bytes with the key that was shown once', async () => {
    const shop = await world.shop();
    const endpoint = await receiver();
    const { signing_key, signing_key_id, webhook_id } = await subscribe(shop, endpoint.url);
    const dispute = await disputed(world.provider, shop);
    await settled(shop);
    const [call] = endpoint.calls;
    assert.ok(call);
    assert.equal(call.headers['klarna-signing-key-id'], signing_key_id);
    assert.equal(call.headers['content-type'], 'application/json');
    const expected = createHmac('sha256', String(signing_key)).update(call.body).digest('hex');
    assert.equal(call.headers['klarna-signature'], expected);
    const event = JSON.parse(call.body) as Event;
    const about = { event_type: event.event_type, event_id: event.event_id, occurred_at: event.occurred_at };
    const account = `krn:partner:eu1:test:account:${shop.merchant_id}`;
    assert.deepEqual(event.metadata, {
      ...about,
      event_version: 'v1',
      correlation_id: event.event_id,
      subject_account_id: account,
      recipient_account_id: account,
      webhook_id,
      live: false,
      merchant_id: shop.merchant_id,
    });
    const { body: read } = await shop.call('GET', `/v4/payment/disputes/${dispute.payment_dispute_id}`);
    const { representment } = read.state_context as Json;
    assert.deepEqual(
      [event.event_type, event.occurred_at],
      ['payment.dispute.state-change.initiated', read.created_at],
    );
    for (const field of [
      'payment_dispute_id',
      'order_id',
      'state',
      'dispute_reason',
      'dispute_details',
      'created_at',
      'updated_at',
    ])
      assert.deepEqual(event.payload[field], read[field], field);
    assert.deepEqual(event.payload.representment, representment);
  });

  // Protects: a receiver that follows events alone knows every step, and each once.
  test('every step of a case is announced, in order', async () => {
    const shop = await world.shop();
    const endpoint = await receiver(204);
    await subscribe(shop, endpoint.url);
    const step = async (work: Promise<unknown>) => {
      await work;
      await settled(shop);
    };
    const dispute = await disputed(world.provider, shop);
    await settled(shop);
    const decide = (outcome: string) =>
      world.provider.control('POST', `/disputes/${dispute.dispute_id}/decide`, { outcome });
    await step(world.provider.control('POST', `/disputes/${dispute.dispute_id}/extend`, { until: 'P3D' }));
    const file = new FormData();
    file.set('file', new Blob(['%PDF-1.7']), 'a.pdf');
    const at = `/v4/payment/disputes/${dispute.payment_dispute_id}`;
    const headers = { authorization: shop.authorization };
    const sent = await fetch(`${shop.url}${at}/attachments`, { method: 'POST', headers, body: file });
    const attachments = [await sent.json()];
    await step(shop.call('POST', `${at}/represent`, { attachments }));
    await step(decide('LOST'));
    await step(shop.call('POST', `${at}/appeal`, { additional_information: 'No.' }));
    await step(decide('LOST'));
    assert.deepEqual(names(endpoint.calls), [
      'state-change.initiated',
      'updated.representment-deadline-extended',
      'state-change.representment',
      'state-change.pre-arbitration',
      'state-change.arbitration',
      'state-change.closed',
    ]);
    const payloads = events(endpoint.calls).map(({ payload }) => payload);
    const [opened = {}, extended = {}, evidence = {}, preliminary = {}, appealed = {}, closed = {}] = payloads;
    const deadline = ((opened.representment ?? {}) as Json).expires_at;
    assert.deepEqual(extended.previous_fields, { evidence_response_deadline_at: deadline });
    const later = new Date(Date.parse(String(deadline)) + 3 * 86_400_000).toISOString();
    assert.deepEqual(extended.updated_fields, { evidence_response_deadline_at: later });
    assert.equal(((evidence.partner_evidence as Json).attachments as Json[]).length, 1);
    assert.equal((preliminary.arbitration as Json).preliminary_outcome, 'LOST');
    assert.equal(typeof preliminary.arbitration_expires_at, 'string');
    assert.equal((appealed.arbitration_request as Json).additional_information, 'No.');
    assert.deepEqual([closed.dispute_outcome, closed.previous_state], ['LOST', 'ARBITRATION']);
    assert.equal(new Set(events(endpoint.calls).map(({ event_id }) => event_id)).size, 6);
  });

  // Protects: a deadline that nobody watched still tells everybody, at its own time.
  test('what time does is announced with the time at which it was due', async () => {
    const shop = await world.shop();
    const endpoint = await receiver();
    await subscribe(shop, endpoint.url, ['payment.dispute.state-change.closed']);
    const dispute = await disputed(world.provider, shop);
    await shop.advance('P1Y');
    assert.deepEqual(names(endpoint.calls), ['state-change.closed']);
    const [event] = events(endpoint.calls);
    const { body } = await shop.call('GET', `/v4/payment/disputes/${dispute.payment_dispute_id}`);
    assert.equal(event?.occurred_at, (body.state_context as Json).closed_at);
  });

  // Protects: the ladder that receivers plan their outages by; a wrong status is no acknowledgement.
  test('an event that is not acknowledged comes again six times, the same and signed', async () => {
    const shop = await world.shop();
    const endpoint = await receiver(400);
    await subscribe(shop, endpoint.url);
    const dispute = await disputed(world.provider, shop);
    await settled(shop);
    const seconds = [10, 120, 900, 3 * 3600, 6 * 3600, 12 * 3600];
    for (const [index, wait] of seconds.entries()) {
      await shop.advance(`PT${wait - 1}S`);
      assert.equal(endpoint.calls.length, index + 1, `before the repeat after ${wait} s`);
      await shop.advance('PT1S');
      assert.equal(endpoint.calls.length, index + 2, `the repeat after ${wait} s`);
    }
    await shop.advance('P2D');
    assert.equal(endpoint.calls.length, 7);
    assert.equal(new Set(endpoint.calls.map(({ body, headers }) => body + headers['klarna-signature'])).size, 1);
    const { entries } = await world.provider.control('GET', `/log?order_id=${dispute.order_id}&direction=outgoing`);
    assert.equal((entries as Json[]).length, 7);
    for (const acknowledged of [200, 201, 202, 204]) {
      endpoint.answer = acknowledged;
      const before: number = endpoint.calls.length;
      await disputed(world.provider, shop);
      await shop.advance('PT10S');
      assert.equal(endpoint.calls.length, before + 1, String(acknowledged));
    }
  });

  // Protects: several endpoints each with a key of its own, and none after it was removed.
  test('each webhook has its own key and its own events, until it is removed', async () => {
    const shop = await world.shop();
    const [one, other] = [await receiver(), await receiver(500)];
    const first = await subscribe(shop, one.url, ['payment.dispute.state-change.representment']);
    const second = await subscribe(shop, other.url);
    assert.notEqual(first.signing_key, second.signing_key);
    const dispute = await represented(world.provider, shop);
    await settled(shop);
    assert.deepEqual(names(one.calls), ['state-change.representment']);
    assert.deepEqual(names(other.calls).sort(), ['state-change.initiated', 'state-change.representment']);
    const path = `/merchants/${shop.merchant_id}/webhooks`;
    const { webhooks } = await world.provider.control('GET', path);
    assert.ok(!JSON.stringify(webhooks).includes(String(first.signing_key)));
    await world.provider.control('DELETE', `${path}/${second.webhook_id}`);
    await shop.advance('P1D');
    assert.equal(other.calls.length, 2, 'no repeat to a webhook that is gone');
    const merchant = await world.provider.control('GET', `/merchants/${shop.merchant_id}`);
    assert.ok(!JSON.stringify(merchant).includes(String(first.signing_key)));
    const { entries } = await world.provider.control('GET', `/log?order_id=${dispute.order_id}`);
    assert.ok(!JSON.stringify(entries).includes(String(first.signing_key)), 'the key is not logged');
  });

  test('a webhook that cannot be is refused', async () => {
    const shop = await world.shop();
    const path = `/merchants/${shop.merchant_id}/webhooks`;
    for (const body of [{}, { url: 'http://shop.example/hook' }, { url: 'https://shop.example', event_types: ['x'] }])
      await assert.rejects(world.provider.control('POST', path, body), /answered 400/);
    await assert.rejects(
      world.provider.control('POST', '/merchants/nobody/webhooks', { url: 'https://a.example' }),
      /404/,
    );
    await assert.rejects(world.provider.control('DELETE', `${path}/none`), /404/);
    for (let i = 0; i < 50; i++) await world.provider.control('POST', path, { url: 'https://shop.example/hook' });
    await assert.rejects(world.provider.control('POST', path, { url: 'https://shop.example/hook' }), /409/);
  });
});
