/** Callbacks, with real receivers on this machine: who is called, how often, and what the log says of it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { type Provider, startProvider } from './index.ts';
import { PURCHASE, purchaseIn, type Shop, STORES, sharedProvider } from './testing.ts';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly type: string | undefined;
}
type Respond = (nth: number, outgoing: ServerResponse, incoming: IncomingMessage) => void;
const status =
  (code: number): Respond =>
  (_, outgoing) =>
    void outgoing.writeHead(code).end();

const receivers: Receiver[] = [];
after(() => Promise.all(receivers.map((receiver) => receiver.close())));

/** A shop's endpoint. */
class Receiver {
  readonly calls: Call[] = [];
  respond: Respond = status(200);
  readonly #server: Server;
  #told: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (incoming, outgoing) => void this.#take(incoming, outgoing));
  }

  static async open(respond: Respond = status(200)): Promise<Receiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new Receiver(server);
    receiver.respond = respond;
    receivers.push(receiver);
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Resolves once `count` calls have come in. */
  async received(count: number): Promise<void> {
    while (this.calls.length < count) await new Promise<void>((resolve) => this.#told.push(resolve));
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #take(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await text(incoming);
    const { method = '', url: path = '', headers } = incoming;
    this.calls.push({ method, path, body, type: headers['content-type'] });
    this.respond(this.calls.length, outgoing, incoming);
    const told = this.#told;
    this.#told = [];
    for (const resolve of told) resolve();
  }
}

interface Delivery {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly callback: string;
  readonly attempt: number;
  readonly about: string;
  readonly request?: unknown;
  readonly response?: unknown;
  readonly next_attempt_at?: string;
  readonly explanations?: readonly { message: string }[];
}

/** What the log knows of the calls about an order or a session, first attempt first. */
async function deliveries(provider: Provider, id: string): Promise<Delivery[]> {
  const { entries } = await provider.control('GET', `/log?order_id=${id}&direction=outgoing&limit=1000`);
  return (entries as Delivery[]).reverse();
}

const withUrls = (merchant_urls: object, purchase: object = PURCHASE) => ({ ...purchase, merchant_urls });
/** What is due by the present time has been tried when this resolves. */
const settled = (shop: Shop) => shop.advance('PT0S');
const BRITISH = purchaseIn('GB', 'GBP', 'en-GB');

describe('callbacks', () => {
  const [memory] = STORES;
  assert.ok(memory);
  const world = sharedProvider(memory);

  describe('status of a hosted session', () => {
    interface Event {
      readonly event_id: string;
      readonly session: Readonly<Record<'session_id' | 'status' | 'updated_at' | 'expires_at', string>>;
    }
    const events = (receiver: Receiver) => receiver.calls.map(({ body }) => JSON.parse(body) as Event);
    const statuses = (receiver: Receiver) => events(receiver).map(({ session }) => session.status);
    const host = async (shop: Shop, status_update: string) => {
      const payment_session_url = `${shop.url}/payments/v1/sessions/${await shop.newSession()}`;
      const answer = await shop.call('POST', '/hpp/v1/sessions', {
        payment_session_url,
        merchant_urls: { status_update },
      });
      assert.equal(answer.status, 201, answer.text);
      return String(answer.body.session_id);
    };
    const shopper = (id: string, move: string, body: object = {}) =>
      world.provider.control('POST', `/hpp/sessions/${id}/${move}`, body);

    // Protects: the whole body that shops parse, and that it says what a read says.
    test('each change the shopper makes is announced with what a read answers', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(status(204));
      const id = await host(shop, receiver.url('/status?id={{session_id}}&secret=x'));
      const reads: unknown[] = [];
      for (const move of ['open', 'open', 'back', 'open', 'fail', 'open', 'error', 'open', 'complete']) {
        const before = reads.length;
        await shopper(id, move);
        await settled(shop);
        const { body } = await shop.call('GET', `/hpp/v1/sessions/${id}`);
        if (JSON.stringify(body) !== JSON.stringify(reads[before - 1])) reads.push(body);
      }
      assert.deepEqual(
        events(receiver).map(({ session }) => session),
        reads,
      );
      assert.deepEqual(statuses(receiver), [
        ...['IN_PROGRESS', 'BACK', 'IN_PROGRESS', 'FAILED'],
        ...['IN_PROGRESS', 'ERROR', 'IN_PROGRESS', 'COMPLETED'],
      ]);
      for (const { method, path, type, body } of receiver.calls) {
        assert.deepEqual([method, path, type], ['POST', `/status?id=${id}&secret=x`, 'application/json']);
        assert.deepEqual(Object.keys(JSON.parse(body) as object), ['event_id', 'session']);
      }
      assert.equal(new Set(events(receiver).map(({ event_id }) => event_id)).size, receiver.calls.length);
    });

    // Protects: one and three repeats, by whose number shops know an event that they had before.
    test('an endpoint that fails is called four times with the same event', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(status(500));
      const id = await host(shop, receiver.url());
      await shopper(id, 'open');
      for (const wait of ['PT0S', 'PT5S', 'PT5S', 'PT5S', 'PT1H']) await shop.advance(wait);
      assert.equal(receiver.calls.length, 4);
      assert.equal(new Set(receiver.calls.map(({ body }) => body)).size, 1);
      const log = (await world.provider.control('GET', `/log?session_id=${id}&direction=outgoing`))
        .entries as Delivery[];
      assert.deepEqual(
        log.map(({ callback, attempt }) => [callback, attempt]),
        [4, 3, 2, 1].map((attempt) => ['hosted_status', attempt]),
      );
    });

    // Protects: the three seconds, for real once.
    test('an endpoint that never answers is given up and called again', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open((nth, outgoing) => void (nth > 1 && outgoing.writeHead(200).end()));
      const id = await host(shop, receiver.url());
      await shopper(id, 'open');
      await receiver.received(1);
      while (!((await world.provider.control('GET', `/log?session_id=${id}&direction=outgoing`)).entries as []).length)
        await settled(shop);
      await shop.advance('PT5S');
      const log = (await world.provider.control('GET', `/log?session_id=${id}&direction=outgoing`))
        .entries as Delivery[];
      assert.deepEqual(
        log.map((entry) => entry.status),
        [200, 0],
      );
      assert.equal(log[1]?.response, 'no answer within 3000 ms');
    });

    // Protects: shops that wait for an end hear of it even when the shopper never does anything, once, and in callbacks only.
    test('a session that runs out is announced as TIMEOUT, unless it had ended', async () => {
      const shop = await world.shop();
      const [left, done, withdrawn, ordered] = await Promise.all([1, 2, 3, 4].map(() => Receiver.open()));
      assert.ok(left && done && withdrawn && ordered);
      const id = await host(shop, left.url());
      await shopper(await host(shop, done.url()), 'complete');
      await shop.call('DELETE', `/hpp/v1/sessions/${await host(shop, withdrawn.url())}`);
      const elsewhere = await shopper(await host(shop, ordered.url()), 'open');
      await shop.order(await shop.approve(String(elsewhere.payment_session_id)));
      await shop.advance('PT46H59M');
      assert.deepEqual(statuses(left), []);
      await shop.advance('PT1M');
      await shop.advance('P7D');
      assert.deepEqual(
        events(left).map(({ session }) => [session.session_id, session.status, session.updated_at]),
        [[id, 'TIMEOUT', events(left)[0]?.session.expires_at]],
      );
      assert.deepEqual(statuses(done), ['COMPLETED']);
      assert.deepEqual(statuses(withdrawn), []);
      assert.deepEqual(statuses(ordered), ['IN_PROGRESS']);
    });
  });

  describe('authorization', () => {
    // Protects: the body that plugins parse, down to its keys, and that a 2xx other than 200 is enough.
    test('each approval is announced with token and session, and nothing else', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(status(204));
      const session_id = await shop.newSession(withUrls({ authorization: receiver.url('/auth?secret=x') }));
      const first = await shop.approve(session_id);
      const second = await shop.approve(session_id);
      await receiver.received(2);
      await shop.advance('P1D');
      assert.equal(receiver.calls.length, 2);
      for (const { method, path, type } of receiver.calls)
        assert.deepEqual([method, path, type], ['POST', '/auth?secret=x', 'application/json']);
      const bodies = receiver.calls.map(({ body }) => JSON.parse(body) as unknown);
      for (const authorization_token of [first, second])
        assert.ok(bodies.some((body) => JSON.stringify(body) === JSON.stringify({ authorization_token, session_id })));
    });

    // Protects: declines, and shoppers who leave, are not announced.
    test('only approvals are announced', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open();
      const session_id = await shop.newSession(withUrls({ authorization: receiver.url() }));
      for (const outcome of ['decline', 'error', 'back', 'abandon']) await shop.authorize(session_id, { outcome });
      await shop.advance('P1D');
      assert.equal(receiver.calls.length, 0);
    });

    // Protects: three attempts in all, one and two seconds apart on the merchant's clock; the log numbers them.
    test('an endpoint that fails is called three times', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(status(500));
      const { session_id } = await shop.newToken(withUrls({ authorization: receiver.url() }));
      for (const wait of ['PT0S', 'PT1S', 'PT2S', 'P2D']) await shop.advance(wait);
      assert.equal(receiver.calls.length, 3);
      const log = await deliveries(world.provider, session_id);
      assert.deepEqual(
        log.map(({ callback, attempt, status: answered, about }) => [callback, attempt, answered, about]),
        [1, 2, 3].map((attempt) => ['authorization', attempt, 500, session_id]),
      );
      const [first = 0, second = 0, third = 0] = log.map(({ at }) => Date.parse(at));
      assert.ok(second - first >= 1_000 && third - second >= 2_000);
      assert.equal(log[0]?.next_attempt_at, log[1]?.at);
      assert.equal(log[2]?.next_attempt_at, undefined);
      assert.match(log[2]?.explanations?.[0]?.message ?? '', /any 2xx status; there was status 500\. .*last attempt/);
    });

    // Protects: a repeat that is answered ends the matter.
    test('an endpoint that recovers is not called again', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(
        (nth, outgoing) => void outgoing.writeHead(nth === 1 ? 503 : 201).end(nth === 1 ? '' : 'ok'),
      );
      const { session_id } = await shop.newToken(withUrls({ authorization: receiver.url() }));
      for (const wait of ['PT1S', 'PT2S', 'P1D']) await shop.advance(wait);
      assert.equal(receiver.calls.length, 2);
      const log = await deliveries(world.provider, session_id);
      assert.deepEqual(
        log.map((entry) => entry.status),
        [503, 201],
      );
      assert.deepEqual(
        log.map((entry) => entry.response),
        [undefined, 'ok'],
      );
    });

    // Protects: the read time-out, for real once: an endpoint that takes the call and never answers is given up on.
    test('an endpoint that never answers is given up after the time-out and called again', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open((nth, outgoing) => void (nth > 1 && outgoing.writeHead(200).end()));
      const { session_id } = await shop.newToken(withUrls({ authorization: receiver.url() }));
      await settled(shop);
      await shop.advance('PT1S');
      const log = await deliveries(world.provider, session_id);
      assert.deepEqual(
        log.map((entry) => entry.status),
        [0, 200],
      );
      assert.equal(log[0]?.response, 'no answer within 2000 ms');
    });

    // Protects: what cannot be reached is an outcome in the log, never a crash.
    test('refused connections, plain and TLS, end in the log', async () => {
      const shop = await world.shop();
      const gone = await Receiver.open();
      const { port } = gone;
      await gone.close();
      for (const url of [`http://127.0.0.1:${port}/`, `https://127.0.0.1:${port}/`, `http://localhost:${port}/`]) {
        const { session_id } = await shop.newToken(withUrls({ authorization: url }));
        for (const wait of ['PT0S', 'PT1S', 'PT2S']) await shop.advance(wait);
        const log = await deliveries(world.provider, session_id);
        assert.deepEqual(
          log.map((entry) => [entry.status, entry.path]),
          Array(3).fill([0, url]),
        );
        assert.match(String(log[0]?.response), /ECONNREFUSED/);
      }
    });

    // Protects: an answer that breaks off, and one that speaks no HTTP over TLS, are failures like any other.
    test('dropped connections and a TLS call to a plain port are failures', async () => {
      const shop = await world.shop();
      const dropping = await Receiver.open((_, outgoing) => void outgoing.destroy());
      const urls = [dropping.url(), `https://127.0.0.1:${dropping.port}/`];
      for (const url of urls) {
        const { session_id } = await shop.newToken(withUrls({ authorization: url }));
        await settled(shop);
        const [first] = await deliveries(world.provider, session_id);
        assert.equal(first?.status, 0);
        assert.ok(first?.next_attempt_at);
      }
    });

    // Protects: a redirect is not followed, so that the secret in the URL stays with the endpoint it was meant for.
    test('redirects are not followed', async () => {
      const shop = await world.shop();
      const target = await Receiver.open();
      const receiver = await Receiver.open(
        (_, outgoing) => void outgoing.writeHead(302, { location: target.url('/elsewhere') }).end(),
      );
      const { session_id } = await shop.newToken(withUrls({ authorization: receiver.url() }));
      for (const wait of ['PT0S', 'PT1S', 'PT2S']) await shop.advance(wait);
      assert.equal(target.calls.length, 0);
      assert.deepEqual(
        (await deliveries(world.provider, session_id)).map((entry) => entry.status),
        [302, 302, 302],
      );
    });

    // Protects: an answer without end does not fill the memory, and its beginning is in the log.
    test('an endless answer is cut short', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open((_, outgoing) => {
        outgoing.writeHead(200);
        const pour = () => {
          while (!outgoing.destroyed && outgoing.write('x'.repeat(10_000)));
        };
        outgoing.on('drain', pour);
        pour();
      });
      const { session_id } = await shop.newToken(withUrls({ authorization: receiver.url() }));
      await settled(shop);
      const [entry] = await deliveries(world.provider, session_id);
      assert.equal(entry?.status, 200);
      assert.equal(String(entry?.response).length, 2_000);
    });

    // Protects: http://localhost, where shops under development run, in either address family.
    test('http://localhost is called', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open();
      await shop.newToken(withUrls({ authorization: `http://localhost:${receiver.port}/cb` }));
      await receiver.received(1);
      assert.equal(receiver.calls[0]?.path, '/cb');
    });
  });

  describe('push', () => {
    // Protects: the call that tells a shop of an order which its customer never came back from.
    test('a placed order is announced once, with the ids filled into the URL', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(status(202));
      const purchase = withUrls({ push: receiver.url('/push/{session.id}?order={order.id}&again=%7Border.id%7D') });
      const order_id = await shop.placeOrder(purchase);
      await receiver.received(1);
      await shop.advance('P1D');
      const { session_id } = await world.provider.control('GET', `/orders/${order_id}`);
      assert.deepEqual(receiver.calls, [
        { method: 'POST', path: `/push/${session_id}?order=${order_id}&again=${order_id}`, body: '', type: undefined },
      ]);
      const [entry] = await deliveries(world.provider, order_id);
      assert.deepEqual([entry?.callback, entry?.attempt, entry?.status], ['push', 1, 202]);
    });

    // Protects: the repeat of create-order does not announce the order a second time.
    test('a repeated create-order pushes nothing more', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open();
      const purchase = withUrls({ push: receiver.url() });
      const { token } = await shop.newToken(purchase);
      for (let i = 0; i < 3; i++) assert.equal((await shop.order(token, purchase)).status, 200);
      await shop.advance('P1D');
      assert.equal(receiver.calls.length, 1);
    });
  });

  describe('fraud notification', () => {
    for (const [decision, event_type] of [
      ['accept', 'FRAUD_RISK_ACCEPTED'],
      ['reject', 'FRAUD_RISK_REJECTED'],
    ] as const) {
      // Protects: body and event of the notice that releases or stops a parcel.
      test(`${decision} is announced as ${event_type}`, async () => {
        const shop = await world.shop();
        const receiver = await Receiver.open();
        const order_id = await shop.placeOrder(withUrls({ notification: receiver.url('/fraud') }), {
          outcome: 'review',
        });
        await world.provider.control('POST', `/orders/${order_id}/fraud-decision`, { decision });
        await receiver.received(1);
        await shop.advance('P2D');
        assert.equal(receiver.calls.length, 1);
        assert.deepEqual(JSON.parse(receiver.calls[0]?.body ?? ''), { order_id, event_type });
      });
    }

    // Protects: the test people whose review ends by itself, at the minute that their address names.
    test('the clock ends a review and announces it', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open();
      const urls = withUrls({ notification: receiver.url() }, BRITISH);
      const billing_address = { country: 'GB', email: 'customer+pend-reject-05@email.gb' };
      const order_id = await shop.placeOrder(urls, { billing_address });
      await shop.advance('PT4M');
      assert.equal(receiver.calls.length, 0);
      await shop.advance('PT1M');
      assert.deepEqual(JSON.parse(receiver.calls[0]?.body ?? ''), { order_id, event_type: 'FRAUD_RISK_REJECTED' });
    });

    // Protects: only 200 ends it. A shop that answers 204 is called for a day, as it would be in production.
    test('a 204 does not stop it: a day of the clock makes 145 attempts, ten minutes apart, before the answer', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(status(204));
      const order_id = await shop.placeOrder(withUrls({ notification: receiver.url() }), { outcome: 'review' });
      await world.provider.control('POST', `/orders/${order_id}/fraud-decision`, { decision: 'accept' });
      await receiver.received(1);
      await settled(shop);
      await shop.advance('P1D');
      assert.equal(receiver.calls.length, 145);
      await shop.advance('P1D');
      assert.equal(receiver.calls.length, 145);
      const log = await deliveries(world.provider, order_id);
      const times = log.map(({ at }) => Date.parse(at));
      times.forEach((at_ms, index) => {
        assert.equal(at_ms - (times[0] ?? 0), index * 600_000);
      });
      assert.deepEqual(
        log.map(({ attempt }) => attempt),
        times.map((_, index) => index + 1),
      );
    });

    // Protects: the first 200 does stop it, however late.
    test('the first 200 ends it', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open((nth, outgoing) => void outgoing.writeHead(nth < 4 ? 201 : 200).end());
      const order_id = await shop.placeOrder(withUrls({ notification: receiver.url() }), { outcome: 'review' });
      await world.provider.control('POST', `/orders/${order_id}/fraud-decision`, { decision: 'accept' });
      await shop.advance('P1D');
      assert.equal(receiver.calls.length, 4);
    });

    // Protects: a dead endpoint costs a clock nothing but its refused connections.
    test('a month of the clock with a dead endpoint answers, and leaves nothing behind', async () => {
      const shop = await world.shop();
      const gone = await Receiver.open();
      const url = gone.url();
      await gone.close();
      const order_id = await shop.placeOrder(withUrls({ notification: url }), { outcome: 'review' });
      const moved = await world.provider.control('POST', '/clock', { merchant_id: shop.merchant_id, advance: 'P28D' });
      assert.equal((moved.fired as { callbacks_waiting: number }).callbacks_waiting, 0);
      assert.equal((await deliveries(world.provider, order_id)).length, 145);
      assert.equal((await shop.read(order_id)).status, 'EXPIRED');
    });
  });

  describe('delivery', () => {
    // Protects: a clock that answers. What an endpoint that hangs still owes goes on behind it.
    test('an endpoint that hangs does not hold the clock', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(() => {});
      const order_id = await shop.placeOrder(withUrls({ notification: receiver.url() }), { outcome: 'review' });
      const moved = await world.provider.control('POST', '/clock', { merchant_id: shop.merchant_id, advance: 'P3D' });
      const { still_running, callbacks_waiting } = moved.fired as { still_running: boolean; callbacks_waiting: number };
      assert.deepEqual([still_running, callbacks_waiting], [true, 1]);
      assert.equal((await shop.read(order_id)).fraud_status, 'ACCEPTED');
      await world.provider.control('POST', '/reset', { merchant_id: shop.merchant_id });
    });

    // Protects: one endpoint that hangs holds up nobody, of this merchant or of another.
    test('a hanging endpoint does not keep others waiting', async () => {
      const [slow, other] = [await world.shop(), await world.shop()];
      const hanging = await Receiver.open(() => {});
      const receiver = await Receiver.open();
      await slow.newToken(withUrls({ authorization: hanging.url() }));
      await hanging.received(1);
      await slow.newToken(withUrls({ authorization: receiver.url('/same') }));
      await other.newToken(withUrls({ authorization: receiver.url('/other') }));
      await receiver.received(2);
      assert.deepEqual(receiver.calls.map(({ path }) => path).sort(), ['/other', '/same']);
    });

    // Protects: what is enqueued while deliveries are under way, more of it than go at once, is all delivered, once.
    test('a burst is delivered whole', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open((_, outgoing) => void setTimeout(() => outgoing.writeHead(200).end(), 5));
      const urls = withUrls({ push: receiver.url('/{order.id}') });
      const orders = await Promise.all(Array.from({ length: 60 }, () => shop.placeOrder(urls)));
      await receiver.received(60);
      await settled(shop);
      assert.deepEqual(receiver.calls.map(({ path }) => path.slice(1)).sort(), orders.sort());
    });

    // Protects: merchants' callbacks carry their own ids to their own endpoints.
    test('several merchants are called apart', async () => {
      const shops = await Promise.all([1, 2, 3].map(() => world.shop()));
      const receiver = await Receiver.open();
      const orders = await Promise.all(
        shops.map((shop, index) => shop.placeOrder(withUrls({ push: receiver.url(`/${index}/{order.id}`) }))),
      );
      await receiver.received(3);
      assert.deepEqual(
        receiver.calls.map(({ path }) => path).sort(),
        orders.map((id, index) => `/${index}/${id}`),
      );
    });

    // Protects: a reset takes back what was still to be called.
    test('a reset ends the repeats', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(status(500));
      await shop.newToken(withUrls({ authorization: receiver.url() }));
      await settled(shop);
      await world.provider.control('POST', '/reset', { merchant_id: shop.merchant_id });
      const calls = receiver.calls.length;
      await shop.advance('P1D');
      assert.equal(receiver.calls.length, calls);
      assert.deepEqual(await world.provider.control('GET', `/callbacks?merchant_id=${shop.merchant_id}`), {
        merchant_id: shop.merchant_id,
        waiting: 0,
      });
    });
  });
});

for (const kind of STORES.filter(({ durable }) => durable)) {
  describe(`callbacks on ${kind.name}`, () => {
    const world = sharedProvider(kind);

    // Protects: a callback that could not be delivered survives the end of the program.
    test('what waits in the outbox is delivered after a restart', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(status(503));
      const order_id = await shop.placeOrder(withUrls({ notification: receiver.url() }), { outcome: 'review' });
      await world.provider.control('POST', `/orders/${order_id}/fraud-decision`, { decision: 'accept' });
      await receiver.received(1);
      await settled(shop);
      await world.restart();
      receiver.respond = status(200);
      const before = receiver.calls.length;
      await shop.advance('PT10M');
      assert.equal(receiver.calls.length, before + 1);
      const log = await deliveries(world.provider, order_id);
      assert.deepEqual(
        log.map(({ attempt }) => attempt),
        log.map((_, index) => index + 1),
      );
    });

    // Protects: a stop in the middle of a call. The call counts as not made and is made again, without waiting for a lease.
    test('a call that is cut off by the stop is made again after the start', async () => {
      const shop = await world.shop();
      const receiver = await Receiver.open(() => {});
      const order_id = await shop.placeOrder(withUrls({ push: receiver.url() }));
      await receiver.received(1);
      await world.restart();
      receiver.respond = status(200);
      await settled(shop);
      const log = await deliveries(world.provider, order_id);
      assert.deepEqual(
        log.map((entry) => [entry.status, entry.attempt]),
        [
          [0, 1],
          [200, 1],
        ],
      );
      assert.match(String(log[0]?.response), /stopped before an answer/);
    });
  });
}

// Protects: the end of a program is not held up by somebody else's endpoint.
test('close puts back what is under way', async () => {
  const provider = await startProvider();
  const receiver = await Receiver.open(() => {});
  const session = await fetch(`${provider.url}/payments/v1/sessions`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('K000001_local:local').toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(withUrls({ authorization: receiver.url() })),
  });
  const { session_id } = (await session.json()) as { session_id: string };
  await provider.authorize(session_id);
  await receiver.received(1);
  await provider.close();
  assert.equal(receiver.calls.length, 1);
});
