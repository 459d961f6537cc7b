/**
 * A shop whose Klarna runs through Cybersource, for tests: it signs by itself, independently of the code under test, or lets the official
 * SDK do so. Each has a merchant and a clock of its own.
 */
import assert from 'node:assert/strict';
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Provider } from '../index.ts';
import type { Json } from '../testing.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Reading;
}

/** What tests look at of any answer of this API. */
export interface Reading extends Json {
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly details?: readonly { readonly field: string; readonly reason: string }[];
  readonly processorInformation: {
    readonly responseCode: string;
    readonly transactionId: string;
    readonly paymentUrl?: string;
    readonly token?: string;
  };
  readonly errorInformation?: { readonly reason: string; readonly message: string };
  readonly orderInformation?: { readonly amountDetails: Json };
  readonly _links: Readonly<Record<string, { readonly href: string; readonly method: string }>>;
  readonly response?: { readonly rmsg: string };
}

export const KLARNA = { paymentType: { name: 'INVOICE', method: { name: 'KLARNA' } } } as const;
export const URLS = {
  successUrl: 'https://shop.example/klarna/success?cart=7',
  cancelUrl: 'https://shop.example/klarna/cancel',
  failureUrl: 'https://shop.example/klarna/failure',
} as const;

/** 100.00 USD as the SDK's users send it: two lines, tax apart. */
export const ORDER = {
  amountDetails: { totalAmount: '100.00', currency: 'USD', taxAmount: '0.00' },
  billTo: {
    firstName: 'John',
    lastName: 'Doe',
    address1: 'Lombard St 10',
    locality: 'San Francisco',
    administrativeArea: 'CA',
    postalCode: '94133',
    country: 'US',
    email: 'john@doe.example',
    phoneNumber: '+13106683312',
  },
  lineItems: [
    {
      productCode: 'physical',
      productSku: 'SKU-1',
      productName: 'Running shoe',
      quantity: 2,
      unitPrice: '40.00',
      totalAmount: '80.00',
      taxAmount: '0.00',
      taxRate: '0.00',
    },
    { productSku: 'SKU-2', productName: 'Sock', quantity: 4, unitPrice: '5.00', totalAmount: '20.00' },
  ],
} as const;

export function sessionBody(flow: 'HOP' | 'inline' = 'HOP', more: object = {}): object {
  return {
    clientReferenceInformation: { code: `order-${randomUUID().slice(0, 8)}` },
    processingInformation: { actionList: ['AP_SESSIONS'], sessionType: 'N', paymentFlowMode: flow },
    paymentInformation: KLARNA,
    orderInformation: ORDER,
    buyerInformation: { language: 'en-US' },
    merchantInformation: URLS,
    ...more,
  };
}

export function authorizationBody(preApprovalToken: string, more: object = {}): object {
  return {
    clientReferenceInformation: { code: `order-${randomUUID().slice(0, 8)}` },
    processingInformation: { actionList: ['AP_AUTH'] },
    paymentInformation: KLARNA,
    processorInformation: { preApprovalToken },
    orderInformation: ORDER,
    buyerInformation: { language: 'en-US' },
    ...more,
  };
}

/** A capture, refund or reversal. @param totalAmount absent: all of it */
export function partBody(action: string, totalAmount?: string, more: object = {}): object {
  return {
    clientReferenceInformation: { code: 'part' },
    processingInformation: { actionList: [action] },
    paymentInformation: KLARNA,
    ...(totalAmount !== undefined && { orderInformation: { amountDetails: { totalAmount, currency: 'USD' } } }),
    ...more,
  };
}

export interface SharedKey {
  readonly merchant_id: string;
  readonly key_id: string;
  readonly shared_secret: string;
}

/** What is sent, before it is: tests change it to see it refused. */
export interface Signed {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** An HTTP signature as Cybersource's guide describes it. @param host as it is sent */
export function signed(
  key: SharedKey,
  method: string,
  target: string,
  body: string | undefined,
  host: string,
  date = new Date(),
  dateName: 'date' | 'v-c-date' = 'date',
): Signed {
  const digest = `SHA-256=${createHash('sha256')
    .update(body ?? '')
    .digest('base64')}`;
  const values: readonly (readonly [string, string])[] = [
    ['host', host],
    [dateName, date.toUTCString()],
    ['request-target', `${method.toLowerCase()} ${target}`],
    ...(body === undefined ? [] : [['digest', digest] as const]),
    ['v-c-merchant-id', key.merchant_id],
  ];
  const text = values.map(([name, value]) => `${name}: ${value}`).join('\n');
  const signature = createHmac('sha256', Buffer.from(key.shared_secret, 'base64')).update(text).digest('base64');
  const names = values.map(([name]) => name).join(' ');
  return {
    method,
    target,
    body,
    headers: {
      'content-type': 'application/json',
      [dateName]: date.toUTCString(),
      ...(body !== undefined && { digest }),
      'v-c-merchant-id': key.merchant_id,
      signature: `keyid="${key.key_id}", algorithm="HmacSHA256", headers="${names}", signature="${signature}"`,
    },
  };
}

/** A JSON web token of a shared secret, with these claims in the place of the right ones. */
export function webToken(
  key: SharedKey,
  method: string,
  target: string,
  body: string | undefined,
  claims: object = {},
  header: object = {},
): string {
  const now = Math.floor(Date.now() / 1000);
  const all = {
    ...(body !== undefined && {
      digest: createHash('sha256').update(body).digest('base64'),
      'digest-algorithm': 'SHA-256',
    }),
    iat: now,
    exp: now + 120,
    'request-host': 'localhost',
    'request-resource-path': target,
    'request-method': method.toLowerCase(),
    iss: key.merchant_id,
    jti: randomUUID(),
    'v-c-jwt-version': '2',
    'v-c-merchant-id': key.merchant_id,
    ...claims,
  };
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encoded({ typ: 'JWT', alg: 'HS256', kid: key.key_id, ...header })}.${encoded(all)}`;
  const mac = createHmac('sha256', Buffer.from(key.shared_secret, 'base64')).update(text).digest('base64url');
  return `${text}.${mac}`;
}

export class CybersourceShop {
  readonly key: SharedKey;
  readonly #provider: () => Provider;

  private constructor(provider: () => Provider, key: SharedKey) {
    this.#provider = provider;
    this.key = key;
  }

  /** A new merchant with a key. @param settings of the merchant */
  static async open(provider: () => Provider, settings: object = {}): Promise<CybersourceShop> {
    const { merchant_id } = await provider().control('POST', '/merchants', settings);
    return CybersourceShop.of(provider, String(merchant_id));
  }

  /** A merchant that is there already, with a new key. */
  static async of(provider: () => Provider, merchant_id: string): Promise<CybersourceShop> {
    const key = await provider().control('POST', `/merchants/${merchant_id}/cybersource-keys`, {});
    return new CybersourceShop(provider, key as unknown as SharedKey);
  }

  get url(): string {
    return this.#provider().url;
  }

  get host(): string {
    return new URL(this.url).host;
  }

  control(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    return this.#provider().control(method, path, body);
  }

  /** Sends what was signed, or what became of it. */
  async send({ method, target, headers, body }: Signed): Promise<Answered> {
    const response = await fetch(this.url + target, { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    const parsed = (text === '' ? {} : JSON.parse(text)) as Reading;
    return { status: response.status, headers: response.headers, text, body: parsed };
  }

  /** A signed call. @param body an object is sent as JSON, a string as it is */
  call(method: string, target: string, body?: object | string): Promise<Answered> {
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    return this.send(signed(this.key, method, target, text, this.host));
  }

  /** A call that must be answered 201 with this status. */
  async expect(status: string, method: string, target: string, body: object): Promise<Reading> {
    const answer = await this.call(method, target, body);
    assert.equal(`${answer.status} ${answer.body.status}`, `201 ${status}`, answer.text);
    return answer.body;
  }

  session(flow: 'HOP' | 'inline' = 'HOP', more: object = {}): Promise<Reading> {
    return this.expect('INITIATED', 'POST', '/pts/v2/payment-references', sessionBody(flow, more));
  }

  /** The shopper of a session approves; the token. */
  async approve(session_id: string, body: object = {}): Promise<string> {
    const result = await this.control('POST', `/cybersource/${session_id}/approve`, body);
    const token = result.authorization_token ?? tokenIn(String(result.redirect_url));
    assert.equal(typeof token, 'string', JSON.stringify(result));
    return String(token);
  }

  authorize(token: string, more: object = {}): Promise<Reading> {
    return this.expect('AUTHORIZED', 'POST', '/pts/v2/payments', authorizationBody(token, more));
  }

  /** From nothing to an authorization. */
  async authorized(more: object = {}): Promise<Reading> {
    const { id } = await this.session('inline', more);
    return this.authorize(await this.approve(id), more);
  }

  capture(id: string, amount?: string): Promise<Reading> {
    return this.expect('SETTLED', 'POST', `/pts/v2/payments/${id}/captures`, partBody('AP_CAPTURE', amount));
  }

  refund(id: string, amount?: string): Promise<Reading> {
    return this.expect('REFUNDED', 'POST', `/pts/v2/captures/${id}/refunds`, partBody('AP_REFUND', amount));
  }

  reverse(id: string): Promise<Reading> {
    return this.expect('AUTH_REVERSED', 'POST', `/pts/v2/payments/${id}/reversals`, partBody('AP_AUTH_REVERSAL'));
  }

  async check(id: string, action = 'AP_STATUS'): Promise<Reading> {
    const answer = await this.call('POST', `/pts/v2/refresh-payment-status/${id}`, partBody(action));
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  }

  async advance(duration: string): Promise<void> {
    await this.control('POST', '/clock', { merchant_id: this.key.merchant_id, advance: duration });
  }

  /** Entries of the merchant's log, newest first. */
  async log(filter: string): Promise<readonly Json[]> {
    const found = await this.control('GET', `/log?merchant_id=${this.key.merchant_id}&${filter}`);
    return found.entries as Json[];
  }
}

/** The token that the success URL ends with. */
export function tokenIn(redirect_url: string): string | undefined {
  return new URL(redirect_url).searchParams.get('authorization_token') ?? undefined;
}

type Callback = (error: SdkError | null, data: Json | null, response?: { status: number; text: string }) => void;
type SdkApi = new (config: object, client: object) => Readonly<Record<string, (...args: unknown[]) => void>>;
export interface SdkError {
  readonly status?: number;
  readonly response?: { readonly text: string };
}
export type SdkApiName =
  | 'PaymentsApi'
  | 'CaptureApi'
  | 'ReversalApi'
  | 'RefundApi'
  | 'VoidApi'
  | 'CreateNewWebhooksApi'
  | 'ManageWebhooksApi';

/** What the SDK answered: its typed data, and the whole body. */
export interface SdkAnswer {
  readonly status: number;
  readonly data: Json | null;
  readonly body: Reading;
}

/**
 * The official SDK, unmodified. Rejects as the SDK does.
 * @param config as its users configure it
 */
export function officialSdk(config: object) {
  // It has no types, and is CommonJS.
  const require = createRequire(import.meta.url);
  const sdk = require('cybersource-rest-client') as Readonly<Record<SdkApiName, SdkApi>> & {
    ApiClient: new () => object;
  };
  return (api: SdkApiName, method: string, ...args: readonly unknown[]): Promise<SdkAnswer> =>
    new Promise((resolve, reject) => {
      const instance = new sdk[api]({ ...config, logConfiguration: { enableLog: false } }, new sdk.ApiClient());
      const done: Callback = (error, data, response) => {
        if (error) reject(error);
        else resolve({ status: response?.status ?? 0, data, body: JSON.parse(response?.text || '{}') as Reading });
      };
      instance[method]?.call(instance, ...args, done);
    });
}
