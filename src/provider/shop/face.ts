/**
 * The demo shop: its pages, and its server side, which calls Klarna over HTTP with credentials as any merchant's does. Each of
 * its answers brings along the calls that it took, for the page to show.
 */
import { randomUUID } from 'node:crypto';
import { type Answer, header, type Request } from '../../http/exchange.ts';
import { fileAnswer } from '../checkout/face.ts';
import { CATALOGUE, purchaseOf, readBasket } from './goods.ts';

export interface ShopOptions {
  /** Where Klarna is; known only once the server listens. */
  readonly klarna: () => string;
  readonly credentials: { readonly username: string; readonly password: string };
}

type Json = Readonly<Record<string, unknown>>;

/** A call as the page shows it. */
interface Call {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The fields that matter. */
  readonly sent: Json;
  readonly received: Json;
}

const PATIENCE_MS = 20_000;

const API = '/shop/api';
const ORDERS = '/ordermanagement/v1/orders';
const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const ORDER_PATH = new RegExp(`^${API}/orders/(${ID})(/ship|/refund)?$`);

/** What the shop's orders are marked with: others of the merchant are none of its business. */
const MARK = 'kvitt-demo-shop';

/** Why the shop does not do what the browser asks. */
class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class ShopFace {
  readonly #options: ShopOptions;

  constructor(options: ShopOptions) {
    this.#options = options;
  }

  owns(path: string): boolean {
    return path === '/shop' || path.startsWith('/shop/');
  }

  /** Answers a request. Never rejects. */
  async answer(request: Request): Promise<Answer> {
    if (!request.path.startsWith(`${API}/`)) return fileAnswer(request);
    const calls: Call[] = [];
    try {
      return json(200, { ...(await this.#serve(request, calls)), calls });
    } catch (cause) {
      if (cause instanceof Refused) return json(cause.status, { message: cause.message, calls });
      process.stderr.write(`kvitt: ${request.method} ${request.path}: ${(cause as Error).stack}\n`);
      return json(502, { message: 'The shop cannot reach Klarna', calls });
    }
  }

  async #serve(request: Request, calls: Call[]): Promise<Json> {
    const { method, path } = request;
    const key = `${method} ${path.slice(API.length)}`;
    if (key === 'GET /catalogue') return CATALOGUE;
    const [, order_id, act] = ORDER_PATH.exec(path) ?? [];
    if (order_id && !act && method === 'GET') return { order: await this.#read(order_id, calls) };
    if (method !== 'POST') throw new Refused(404, 'The shop has no such page');
    const body = bodyOf(request);
    if (key === 'POST /checkout') return this.#checkout(body, calls);
    if (key === 'POST /orders') return this.#place(body, calls);
    if (order_id && act) return this.#settle(order_id, act, calls);
    throw new Refused(404, 'The shop has no such page');
  }

  async #checkout(body: Json, calls: Call[]): Promise<Json> {
    const purchase = this.#purchase(body);
    const { client_token } = await this.#call(calls, 'POST', '/payments/v1/sessions', purchase);
    return { client_token, purchase, billing_address: CATALOGUE.countries[purchase.purchase_country].shopper };
  }

  async #place(body: Json, calls: Call[]): Promise<Json> {
    const purchase = this.#purchase(body);
    const { authorization_token: token } = body;
    if (typeof token !== 'string' || !new RegExp(`^${ID}$`).test(token))
      throw new Refused(400, 'This is not an authorization token');
    const { order_id } = await this.#call(calls, 'POST', `/payments/v1/authorizations/${token}/order`, purchase);
    return { order: await this.#read(String(order_id), calls) };
  }

  #purchase(body: Json) {
    const basket = readBasket(body);
    if (typeof basket === 'string') throw new Refused(400, basket);
    return { ...purchaseOf(basket), merchant_data: MARK };
  }

  async #read(order_id: string, calls: Call[]): Promise<Json> {
    const order = await this.#call(calls, 'GET', `${ORDERS}/${order_id}`);
    if (order.merchant_data !== MARK) {
      // The page is not to see what it may not have, in the calls either.
      calls.length = 0;
      throw new Refused(404, 'The shop has no such order');
    }
    return order;
  }

  async #settle(order_id: string, act: string, calls: Call[]): Promise<Json> {
    const order = await this.#read(order_id, calls);
    const path = `${ORDERS}/${order_id}`;
    if (act === '/ship') {
      const captured_amount = Number(order.remaining_authorized_amount);
      await this.#call(calls, 'POST', `${path}/captures`, { captured_amount, description: 'Shipped' });
    } else {
      const refunded_amount = Number(order.captured_amount) - Number(order.refunded_amount);
      await this.#call(calls, 'POST', `${path}/refunds`, { refunded_amount, description: 'Sent back' });
    }
    return { order: await this.#read(order_id, calls) };
  }

  /** Calls Klarna and notes it. Throws with Klarna's words when it refuses. */
  async #call(calls: Call[], method: string, path: string, body?: Json): Promise<Json> {
    const { username, password } = this.#options.credentials;
    const answer = await fetch(`${this.#options.klarna()}${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
        ...(body && { 'content-type': 'application/json', 'klarna-idempotency-key': randomUUID() }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await answer.text();
    const received = (text ? JSON.parse(text) : {}) as Json;
    const ids = idsIn(answer.headers);
    calls.push({
      method,
      path,
      status: answer.status,
      sent: gist(body ?? {}),
      received: { ...ids, ...gist(received) },
    });
    if (answer.ok) return received;
    const words = Array.isArray(received.error_messages) ? received.error_messages.join(' ') : '';
    if (answer.status === 404 && path.startsWith(ORDERS)) throw new Refused(404, 'The shop has no such order');
    throw new Refused(answer.status < 500 ? 409 : 502, `Klarna says: ${words || answer.status}`);
  }
}

/** The fields that tell the story of a purchase; the rest of a body would bury them. */
const GIST = [
  'session_id',
  'order_id',
  'status',
  'fraud_status',
  'purchase_country',
  'purchase_currency',
  'order_amount',
  'order_tax_amount',
  'captured_amount',
  'refunded_amount',
  'remaining_authorized_amount',
  'error_code',
  'error_messages',
  'correlation_id',
] as const;

function gist(body: Json): Json {
  return Object.fromEntries(GIST.filter((field) => body[field] !== undefined).map((field) => [field, body[field]]));
}

/** Klarna tells the ids of captures and refunds in headers only. */
function idsIn(headers: Headers): Json {
  const names = { capture_id: 'capture-id', refund_id: 'refund-id' };
  const found = Object.entries(names).map(([field, name]) => [field, headers.get(name)] as const);
  return Object.fromEntries(found.filter(([, id]) => id !== null));
}

/** JSON only, and said to be: no other site can make a browser send that here. */
function bodyOf(request: Request): Json {
  if (!/^application\/json\b/i.test(header(request, 'content-type') ?? ''))
    throw new Refused(415, 'The shop takes application/json');
  try {
    const value: unknown = JSON.parse(request.body.text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Told below.
  }
  throw new Refused(400, 'The shop takes a JSON object');
}

function json(status: number, body: object): Answer {
  const headers = [
    ['Content-Type', 'application/json'],
    ['Cache-Control', 'no-store'],
  ] as const;
  return { status, headers, body: JSON.stringify(body) };
}
