/**
 * A shop for tests of the provider: it calls Klarna's APIs over HTTP as a client would, with a merchant of its own, so that tests
 * that run at the same time on one provider do not see each other, not even each other's clock.
 *
 *     for (const kind of STORES) {
 *       describe(kind.name, () => {
 *         const world = sharedProvider(kind)
 *         test('...', async () => {
 *           const shop = await world.shop()
 *           const order_id = await shop.placeOrder()
 *           await shop.capture(order_id, 4000)
 *         })
 *       })
 *     }
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { type Socket, connect as tcpConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { StoreOptions } from '../store/open.ts';
import { testDatabase } from '../store/testing.ts';
import { type AuthorizeResult, type Provider, startProvider } from './index.ts';

/** A kind of store that a provider can run on. */
export interface StoreKind {
  readonly name: string;
  /** Whether data outlive the provider that wrote them. */
  readonly durable: boolean;
  open(): Promise<{ readonly options: StoreOptions; drop(): Promise<void> }>;
}

/** Every kind of store, for suites that loop over them. */
export const STORES: readonly StoreKind[] = [
  { name: 'SQLite memory', durable: false, open: async () => ({ options: {}, drop: async () => {} }) },
  {
    name: 'SQLite file',
    durable: true,
    open: async () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'kvitt-provider-'));
      return { options: { dataDir }, drop: async () => rmSync(dataDir, { recursive: true, force: true }) };
    },
  },
  {
    name: 'PostgreSQL',
    durable: true,
    open: async () => {
      const { url, drop } = await testDatabase();
      return { options: { databaseUrl: url }, drop };
    },
  },
];

/** The provider of a suite: started before its tests, closed after them. */
export interface SharedProvider {
  readonly provider: Provider;
  /** A shop with a merchant of its own. */
  shop(settings?: object): Promise<Shop>;
  /** Stops the provider and starts it again on the same data. */
  restart(): Promise<void>;
}

/** Registers the hooks of the suite it is called in; use what it returns only within tests. */
export function sharedProvider(kind: StoreKind): SharedProvider {
  let provider: Provider | undefined;
  let store: Awaited<ReturnType<StoreKind['open']>> | undefined;
  const running = () => provider ?? assert.fail('the provider runs within tests only');
  before(async () => {
    store = await kind.open();
    provider = await startProvider({ store: store.options });
  });
  after(async () => {
    await provider?.close();
    await store?.drop();
  });
  return {
    get provider() {
      return running();
    },
    shop: (settings) => Shop.open(running, settings),
    restart: async () => {
      await running().close();
      provider = await startProvider({ store: store?.options ?? {} });
    },
  };
}

/** What a client got. */
export interface Answered<T = Json> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; `{}` when there was none. */
  readonly body: T;
}
export type Json = Readonly<Record<string, unknown>>;

/** What tests look at of an order. */
export interface OrderRead extends Json {
  readonly order_id: string;
  readonly status: string;
  readonly fraud_status: string;
  readonly order_amount: number;
  readonly original_order_amount: number;
  readonly captured_amount: number;
  readonly refunded_amount: number;
  readonly remaining_authorized_amount: number;
  readonly klarna_reference: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly order_lines: readonly Json[];
  readonly captures: readonly (Json & { readonly capture_id: string; readonly refunded_amount: number })[];
  readonly refunds: readonly (Json & { readonly refund_id: string })[];
  readonly shipping_info: readonly Json[];
}

/** 100.00 SEK, of which 20.00 are tax: a shoe. */
export const PURCHASE = {
  purchase_country: 'SE',
  purchase_currency: 'SEK',
  locale: 'sv-SE',
  order_amount: 10_000,
  order_tax_amount: 2_000,
  order_lines: [
    {
      type: 'physical',
      reference: 'shoe',
      name: 'Shoe',
      quantity: 1,
      unit_price: 10_000,
      tax_rate: 2_500,
      total_amount: 10_000,
      total_tax_amount: 2_000,
    },
  ],
} as const;

/** The same amount in another market, without tax. */
export function purchaseIn(purchase_country: string, purchase_currency: string, locale: string): Json {
  const line = { name: 'Shoe', reference: 'shoe', quantity: 1, unit_price: 10_000, total_amount: 10_000 };
  return { purchase_country, purchase_currency, locale, order_amount: 10_000, order_lines: [line] };
}

/** A purchase of lines that each cost what is given. */
export function purchaseOf(...amounts: readonly number[]): Json {
  const order_lines = amounts.map((amount, index) => ({
    name: `Article ${index + 1}`,
    reference: `article-${index + 1}`,
    quantity: 1,
    unit_price: amount,
    total_amount: amount,
  }));
  const order_amount = amounts.reduce((sum, amount) => sum + amount, 0);
  return { purchase_country: 'SE', purchase_currency: 'SEK', locale: 'sv-SE', order_amount, order_lines };
}

/** A shopper who is approved. */
export const ALMA = {
  given_name: 'Alma',
  family_name: 'Ek',
  email: 'customer@email.se',
  street_address: 'Storgatan 1',
  postal_code: '123 45',
  city: 'Stockholm',
  country: 'SE',
} as const;

export class Shop {
  readonly merchant_id: string;
  readonly authorization: string;
  readonly #provider: () => Provider;

  private constructor(provider: () => Provider, merchant_id: string, username: string, password: string) {
    this.#provider = provider;
    this.merchant_id = merchant_id;
    this.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  /** A new merchant, with these settings, and its shop. */
  static async open(provider: () => Provider, settings?: object): Promise<Shop> {
    const merchant = await provider().control('POST', '/merchants', {});
    const merchant_id = String(merchant.merchant_id);
    const [credential] = merchant.credentials as [{ username: string; password: string }];
    const shop = new Shop(provider, merchant_id, credential.username, credential.password);
    if (settings) await shop.set(settings);
    return shop;
  }

  /** A merchant that is there already. */
  static of(provider: () => Provider, merchant_id: string, username: string, password: string): Shop {
    return new Shop(provider, merchant_id, username, password);
  }

  get url(): string {
    return this.#provider().url;
  }

  /** @param body an object is sent as JSON, a string as it is; absent: no body */
  async call<T = Json>(
    method: string,
    path: string,
    body?: object | string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered<T>> {
    const sent = typeof body === 'object' ? JSON.stringify(body) : body;
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: this.authorization,
        ...(sent !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(sent !== undefined && { body: sent }),
      redirect: 'manual',
    });
    const text = await response.text();
    const parsed = (text === '' ? {} : JSON.parse(text)) as T;
    return { status: response.status, headers: response.headers, text, body: parsed };
  }

  /** Changes the merchant's settings: `{ status: 'inactive' }`. */
  async set(settings: object): Promise<void> {
    await this.#provider().control('PATCH', `/merchants/${this.merchant_id}`, settings);
  }

  /** Moves this merchant's clock; what becomes due has happened when it resolves. */
  async advance(duration: string): Promise<void> {
    await this.#provider().control('POST', '/clock', { merchant_id: this.merchant_id, advance: duration });
  }

  async setClock(now: string): Promise<void> {
    await this.#provider().control('POST', '/clock', { merchant_id: this.merchant_id, now });
  }

  /** A shopper tries to pay. @param data the SDK's authorize data, and `outcome`, `payment_method`, ... */
  authorize(session_id: string, data: object = {}): Promise<AuthorizeResult> {
    return this.#provider().authorize(session_id, data as Json);
  }

  async newSession(purchase: object = PURCHASE): Promise<string> {
    const answer = await this.call('POST', '/payments/v1/sessions', purchase);
    assert.equal(answer.status, 200, answer.text);
    return String(answer.body.session_id);
  }

  /** A session that the shopper approved. */
  async newToken(purchase: object = PURCHASE, data: object = {}): Promise<{ session_id: string; token: string }> {
    const session_id = await this.newSession(purchase);
    return { session_id, token: await this.approve(session_id, data) };
  }

  /** One more approval in a session. */
  async approve(session_id: string, data: object = {}): Promise<string> {
    const result = await this.authorize(session_id, data);
    assert.ok(result.authorization_token, JSON.stringify(result));
    return result.authorization_token;
  }

  order(token: string, body: object = PURCHASE): Promise<Answered> {
    return this.call('POST', `/payments/v1/authorizations/${token}/order`, body);
  }

  /** From nothing to an order; returns its id. @param data as for `authorize` @param more fields of create-order only */
  async placeOrder(purchase: object = PURCHASE, data: object = {}, more: object = {}): Promise<string> {
    const { token } = await this.newToken(purchase, data);
    const answer = await this.order(token, { ...purchase, ...more });
    assert.equal(answer.status, 200, answer.text);
    return String(answer.body.order_id);
  }

  /** A call of Order Management: `manage('POST', order_id, '/captures', { captured_amount: 1 })`. */
  manage<T = Json>(
    method: string,
    order_id: string,
    suffix: string,
    body?: object | string,
    idempotency_key?: string,
  ): Promise<Answered<T>> {
    const headers = idempotency_key === undefined ? {} : { 'klarna-idempotency-key': idempotency_key };
    return this.call<T>(method, `/ordermanagement/v1/orders/${order_id}${suffix}`, body, headers);
  }

  async read(order_id: string): Promise<OrderRead> {
    const answer = await this.manage<OrderRead>('GET', order_id, '');
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  /** A capture that must succeed; returns its id. */
  async capture(order_id: string, captured_amount: number, more: object = {}): Promise<string> {
    const answer = await this.manage('POST', order_id, '/captures', { captured_amount, ...more });
    assert.equal(answer.status, 201, answer.text);
    return answer.headers.get('capture-id') ?? '';
  }

  /** A refund that must succeed; returns its id. */
  async refund(order_id: string, refunded_amount: number, more: object = {}): Promise<string> {
    const answer = await this.manage('POST', order_id, '/refunds', { refunded_amount, ...more });
    assert.equal(answer.status, 201, answer.text);
    return answer.headers.get('refund-id') ?? '';
  }
}

/** Asserts an error of Klarna's: status, code, and texts (in this order; not compared when left out). */
export function assertRefused(
  answer: Answered<unknown>,
  status: number,
  code: string,
  messages?: readonly string[],
): void {
  const body = answer.body as Json;
  const got = {
    status: answer.status,
    error_code: body.error_code,
    ...(messages && { messages: body.error_messages }),
  };
  assert.deepEqual(got, { status, error_code: code, ...(messages && { messages }) }, answer.text);
  assert.ok(Array.isArray(body.error_messages));
  assert.equal(typeof body.correlation_id, 'string');
  if (status !== 401) assert.equal(answer.headers.get('klarna-correlation-id'), body.correlation_id);
}

/** Asserts success; for changes it also asserts that there is no body. */
export function assertStatus(answer: Answered<unknown>, status: number): void {
  assert.equal(answer.status, status, answer.text);
  if (status === 201 || status === 204) assert.equal(answer.text, '');
}

/** An answer as it travelled: header names in their case. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** Sends bytes as they are and reads one answer. `Connection: close` must be among the headers sent. */
export function sendRaw(url: string, request: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket: Socket = tcpConnect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => resolve(parseRaw(Buffer.concat(chunks).toString('utf8'))));
    socket.write(request);
  });
}

function parseRaw(answer: string): RawAnswer {
  const end = answer.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = answer.slice(0, end).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
  return { status: Number(statusLine.split(' ')[1]), headers, body: answer.slice(end + 4) };
}
