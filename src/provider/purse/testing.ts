/**
 * A shop for tests that takes Klarna through Purse, over HTTP, with a merchant and an account of its own; and an endpoint for what Purse
 * tells it.
 *
 *     const shop = await PurseShop.open(world)
 *     const session = await shop.session()
 *     const { transaction_id } = await shop.pay(session)
 *     await shop.act(transaction_id, 'capture', 271.92)
 */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';
import type { Answered, Json, SharedProvider, Shop } from '../testing.ts';
import { isHookSignature } from './signing.ts';

/** 271.92 EUR, of which 45.32 are tax: two chairs and their delivery. */
export const ORDER = {
  redirection: 'https://shop.example/back?cart=7',
  reference: 'cart-7',
  amount: 271.92,
  tax_amount: 45.32,
  currency_code: 'EUR',
  customer: {
    reference: 'shopper-1',
    type_code: 'customer',
    gender_code: 'F',
    birthdate: '1988-02-29',
    locale_code: 'fr-FR',
    billing_address: {
      first_name: 'Anne',
      last_name: 'Petit',
      address_lines: ['3 rue des Lilas', 'Bâtiment B'],
      city: 'Lille',
      postal_code: '59000',
      country_code: 'FR',
      province_code: 'fr-59',
      email: 'customer@email.fr',
      mobile_phone: '+33611223344',
    },
  },
  shipments: [
    {
      delivery_type_code: 'user_delivery',
      item_lines: [
        {
          type_code: 'product',
          sku_reference: 'chair',
          name: 'Chair',
          price: 130.02,
          quantity: 2,
          amount: 260.04,
          tax_lines: [{ type_code: 'vat', rate: 20, amount: 43.34 }],
        },
      ],
    },
  ],
} as const;

/** Where the shop of `purchaseFor` wants its shopper back. */
const SHOP = 'https://shop.example/done?cart=9#top';

/** 115.00 EUR of an order of 120.00, as v2 takes it. */
export const purchaseFor = (shop: Pick<PurseShop, 'entity_id'>) => ({
  entity_id: shop.entity_id,
  amount: 11_500,
  currency: 'EUR',
  order: {
    reference: 'cart-9',
    net_amount: 12_000,
    tax_amount: 2_000,
    discount_amount: 500,
    billing_address: {
      first_name: 'Anne',
      last_name: 'Petit',
      address_lines: ['3 rue des Lilas'],
      city: 'Lille',
      postal_code: '59000',
      country_code: 'FR',
    },
  },
  customer: { reference: 'shopper-2', type: 'PERSON', email: 'customer@email.fr', gender: 'FEMALE' },
  shopper_redirection_url: SHOP,
});
export interface TransactionRead extends Json {
  readonly id: string;
  readonly session_id: string;
  readonly parent_transaction_id?: string;
  readonly status: {
    readonly action: string;
    readonly state: string;
    readonly code: string;
    readonly description: string;
  };
  readonly plugin_result: {
    readonly status: string;
    readonly amount: number;
    readonly hpp_session_id?: string;
    readonly klarna_order_id?: string;
  };
}

interface Applied extends Json {
  readonly results: readonly (TransactionRead & { readonly transaction_id: string })[];
  readonly redirection?: { readonly url: string };
  readonly global_status: string;
}

const ITEM = { partner: 'klarna', method: 'installments', payment_data: {}, partner_data: {}, payment_preferences: {} };

/** Where the provider runs that a shop calls. */
type World = Pick<SharedProvider, 'provider' | 'shop'>;

export class PurseShop {
  readonly klarna: Shop;
  readonly world: World;
  readonly entity_id: string;
  readonly api_key: string;
  readonly client: string;
  readonly public_key: string;
  #token = '';

  private constructor(world: World, klarna: Shop, account: Readonly<Record<string, string>>) {
    const { entity_id = '', api_key = '', client_id = '', client_secret = '', signature_public_key = '' } = account;
    this.world = world;
    this.klarna = klarna;
    this.entity_id = entity_id;
    this.api_key = api_key;
    this.client = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
    this.public_key = signature_public_key;
  }

  /** @param settings of the account @param merchant settings of the merchant */
  static async open(world: World, settings: object = {}, merchant?: object): Promise<PurseShop> {
    const klarna = await world.shop(merchant);
    const account = await world.provider.control('POST', `/merchants/${klarna.merchant_id}/purse`, settings);
    const shop = new PurseShop(world, klarna, account as Record<string, string>);
    await shop.login();
    return shop;
  }

  /** Gets an access token. */
  async login(): Promise<void> {
    const headers = { authorization: this.client, 'x-api-key': this.api_key };
    const answer = await this.send('POST', '/oauth/token?grant_type=client_credentials', undefined, headers);
    assert.equal(answer.status, 200, answer.text);
    this.#token = String(answer.body.access_token);
  }

  get headers(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${this.#token}`, 'x-api-key': this.api_key };
  }

  /** A call with exactly these headers. */
  async send<T = Json>(
    method: string,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answered<T>> {
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type = sent === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(this.world.provider.url + path, {
      method,
      headers: { ...type, ...headers },
      ...(sent !== undefined && { body: sent }),
      redirect: 'manual',
    });
    const answer = await response.text();
    const parsed = (answer === '' ? {} : JSON.parse(answer)) as T;
    return { status: response.status, headers: response.headers, text: answer, body: parsed };
  }

  call<T = Json>(
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answered<T>> {
    return this.send<T>(method, path, body, { ...this.headers, ...more });
  }

  /** A call under the entity. */
  at<T = Json>(method: string, path: string, body?: unknown): Promise<Answered<T>> {
    return this.call<T>(method, `/${this.entity_id}${path}`, body);
  }

  /** What the widget does: with the API key alone. */
  widget<T = Json>(session_id: string, step: 'init' | 'validate', body: unknown): Promise<Answered<T>> {
    const path = `/${this.entity_id}/sessions/${session_id}/${step}`;
    return this.send<T>('POST', path, body, { 'x-api-key': this.api_key });
  }

  /** A session that must be taken; returns its id. @param more beside the order: hook, amount */
  async session(order: object = ORDER, more: object = {}): Promise<string> {
    const answer = await this.at('POST', '/sessions/create', { order, ...more });
    assert.equal(answer.status, 200, answer.text);
    return String(answer.body.id);
  }

  async init(session_id: string, item: object = {}): Promise<TransactionRead> {
    const answer = await this.widget<TransactionRead>(session_id, 'init', { ...ITEM, ...item });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  async apply(session_id: string, item: object = {}): Promise<Applied> {
    const answer = await this.widget<Applied>(session_id, 'validate', [{ ...ITEM, ...item }]);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  /** INIT and APPLY; returns what the shopper needs and what the shop needs. */
  async begin(session_id: string, item: object = {}): Promise<{ hosted_id: string; transaction_id: string }> {
    const { plugin_result } = await this.init(session_id, item);
    const { results } = await this.apply(session_id, item);
    return { hosted_id: plugin_result.hpp_session_id ?? '', transaction_id: results[0]?.transaction_id ?? '' };
  }

  /** What the shopper does on Klarna's page. @param data as for the control API's authorize */
  shopper(hosted_id: string, act: string, data: object = {}): Promise<Json> {
    return this.world.provider.control('POST', `/hpp/sessions/${hosted_id}/${act}`, data);
  }

  /** The shopper acts on Klarna's page; resolves with where Klarna sends them. @param href of the page */
  async onPage(href: string, act: string, data: object = {}): Promise<string> {
    const short = Buffer.from(href.split('/').at(-1) ?? '', 'base64url').toString('hex');
    const id = short.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    return String((await this.shopper(id, act, data)).redirect_url);
  }

  /** What the shop of `purchaseFor` reads at the end of the shopper's way, its signature checked against the published key. */
  async returned(back: string): Promise<Json> {
    const answer = await this.send('GET', new URL(back).pathname, undefined, {});
    assert.equal(answer.status, 302);
    const url = new URL(answer.headers.get('location') ?? '');
    assert.deepEqual([url.origin, url.searchParams.get('cart'), url.hash], ['https://shop.example', '9', '#top']);
    const jws = url.searchParams.get('purse-redirection-data') ?? '';
    const [header = '', payload = '', signature = ''] = jws.split('.');
    const keys = (await this.send<{ keys: Json[] }>('GET', '/payment/v2/signing-jwks', undefined, {})).body.keys;
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const jwk = keys.find((each) => each.kid === kid);
    assert.ok(jwk);
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')));
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Json;
  }

  /** A payment that the shopper approves; returns its first transaction. */
  async pay(session_id: string, item: object = {}, data: object = {}): Promise<TransactionRead> {
    const { hosted_id, transaction_id } = await this.begin(session_id, item);
    await this.shopper(hosted_id, 'complete', data);
    return this.transaction(session_id, transaction_id);
  }

  /** From nothing to an authorized payment. */
  async paid(order: object = ORDER, more: object = {}, item: object = {}, data: object = {}): Promise<TransactionRead> {
    return this.pay(await this.session(order, more), item, data);
  }

  async list(session_id: string): Promise<readonly TransactionRead[]> {
    const answer = await this.at<readonly TransactionRead[]>('GET', `/sessions/${session_id}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  async transaction(session_id: string, id: string): Promise<TransactionRead> {
    const found = (await this.list(session_id)).find((each) => each.id === id);
    assert.ok(found, `no transaction ${id}`);
    return found;
  }

  /** A call about a transaction, whatever comes of it. */
  about<T = TransactionRead>(transaction_id: string, act: string, body: object): Promise<Answered<T>> {
    return this.at<T>('POST', `/transactions/${transaction_id}/${act}`, body);
  }

  /** Capture, void or refund; answers with the transaction that was made of it. */
  async act(transaction_id: string, act: 'capture' | 'void' | 'refund', amount: number): Promise<TransactionRead> {
    const body = { order: { amount, currency_code: 'EUR' }, amount };
    const answer = await this.about(transaction_id, act, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  /** The order behind a payment, by the shop's reference. */
  async order_id(reference: string = ORDER.reference): Promise<string> {
    const { orders } = await this.world.provider.control(
      'GET',
      `/orders?merchant_id=${this.klarna.merchant_id}&limit=100`,
    );
    const found = (orders as Json[]).filter((each) => each.merchant_reference1 === reference).at(-1);
    return String(found?.order_id);
  }

  /** Everything that is due has been told when this resolves. */
  async settled(): Promise<void> {
    await this.klarna.advance('PT0S');
  }
}

/** `ERROR FAILED CAPTURE_NOT_ALLOWED`: state, code and PSP status in one. */
export function statusOf({ status: { state, code }, plugin_result }: TransactionRead): string {
  return `${state} ${code} ${plugin_result.status}`;
}

interface Told {
  readonly body: string;
  readonly signature: string;
}

/** A shop's hook. */
export class Hook {
  readonly told: Told[] = [];
  status = 200;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', async (incoming, outgoing) => {
      const body = await text(incoming);
      this.told.push({ body, signature: String(incoming.headers['x-signature'] ?? '') });
      outgoing.writeHead(this.status).end();
    });
  }

  /** Closed after the tests of the file. */
  static async open(): Promise<Hook> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const hook = new Hook(server);
    after(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return hook;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** What was told, each checked against the merchant's public key. */
  read<T = TransactionRead>(public_key: string): T[] {
    const key = createPublicKey(public_key);
    return this.told.map(({ body, signature }) => {
      assert.ok(isHookSignature(body, signature, key), 'the signature of a notification');
      return JSON.parse(body) as T;
    });
  }
}
