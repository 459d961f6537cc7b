/**
 * What browsers fetch: the SDK, the payment page, and the calls of both; and the inbox, while the control API is on, which it shows.
 * Everything here is open to any origin, because shops are on other origins; what may be seen and done depends on the client token, or
 * the hosted session's link, alone.
 */
import type { Answer, Request } from '../../http/exchange.ts';
import { header, jsonObject } from '../../http/exchange.ts';
import { StoreUnavailable } from '../../store/store.ts';
import { hostedIdAt, isPagePath } from '../hosted-links.ts';
import { type Asset, assetAt, hostedCsp } from './assets.ts';
import { sessionOfToken } from './client-token.ts';
import { codingFor } from './codings.ts';
import { HostedApi, type HostedApiOptions } from './hosted-api.ts';
import { error, PageApi, type PageApiOptions, type PageReply } from './page-api.ts';

export type CheckoutOptions = PageApiOptions & HostedApiOptions;

const API = '/checkout/api';
const HOSTED_API = `${API}/hosted`;
const PAGE = '/checkout/pay';

export class CheckoutFace {
  readonly #options: CheckoutOptions;
  readonly #api: PageApi;
  readonly #hosted: HostedApi;

  constructor(options: CheckoutOptions) {
    this.#options = options;
    this.#api = new PageApi(options);
    this.#hosted = new HostedApi(options, this.#api);
  }

  owns(path: string): boolean {
    if (path === '/inbox' || path.startsWith('/inbox/')) return this.#options.local;
    return path === '/checkout' || path.startsWith('/checkout/') || path.startsWith('/kp/') || isPagePath(path);
  }

  /** Answers a request. Never rejects. */
  async answer(request: Request): Promise<Answer> {
    if (isPagePath(request.path)) return this.#hostedPage(request);
    if (!request.path.startsWith(`${API}/`)) return fileAnswer(request);
    // The browser asks whether it may ask: yes, whoever it is.
    if (request.method === 'OPTIONS') return { status: 204, headers: [...CORS, ...PREFLIGHT], body: '' };
    const correlation_id = this.#options.world.id();
    const reply = await this.#reply(request, correlation_id).catch((cause: Error) =>
      failed(request, correlation_id, cause),
    );
    return {
      status: reply.status,
      headers: [
        ['Content-Type', 'application/json'],
        ['Cache-Control', 'no-store'],
        ['Klarna-Correlation-Id', correlation_id],
        ...CORS,
      ],
      body: JSON.stringify(reply.status < 400 ? reply.body : { ...reply.body, correlation_id }),
    };
  }

  /** A hosted session's link shows the payment page, with the images that the merchant named. Without the store: without them. */
  async #hostedPage(request: Request): Promise<Answer> {
    const page = assetAt(PAGE);
    const images = await this.#hosted.images(hostedIdAt(request.path)).catch(() => []);
    return fileAnswer(request, page && { ...page, csp: hostedCsp(images) });
  }

  async #reply(request: Request, correlation_id: string): Promise<PageReply> {
    const { method, path } = request;
    if (path.startsWith(`${HOSTED_API}/`)) return this.#hostedReply(request, correlation_id);
    const handle = PageApi.find(method, path.slice(API.length));
    if (!handle) return error(404, `There is no ${method} ${path.slice(0, 200)}`);
    const token = bearerOf(request);
    if (!token) return error(401, 'Send the session’s client_token: Authorization: Bearer <client_token>');
    const session_id = sessionOfToken(token, this.#options.secret);
    if (!session_id) return error(401, 'This client_token was not issued here, or was changed on its way');
    const body = jsonObject(request.body);
    if (!body) return error(400, 'The body must be a JSON object of at most 1 MB');
    return handle(this.#api, { session_id, correlation_id, path, body });
  }

  async #hostedReply(request: Request, correlation_id: string): Promise<PageReply> {
    const { method, path } = request;
    const link = bearerOf(request);
    if (!link) return error(401, 'Send the end of the hosted session’s link: Authorization: Bearer <end>');
    const body = jsonObject(request.body);
    if (!body) return error(400, 'The body must be a JSON object of at most 1 MB');
    const name = `${method} ${path.slice(HOSTED_API.length)}`;
    const reply = this.#hosted.answer(name, { link, correlation_id, path, body });
    return reply ?? error(404, `There is no ${method} ${path.slice(0, 200)}`);
  }
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer (\S+)$/.exec(header(request, 'authorization') ?? '')?.[1];
}

/** Preflights are remembered for as long as browsers allow. */
const PREFLIGHT: Answer['headers'] = [
  ['Access-Control-Allow-Methods', 'GET, POST'],
  ['Access-Control-Allow-Headers', 'Authorization, Content-Type'],
  ['Access-Control-Max-Age', '7200'],
];
const CORS: Answer['headers'] = [['Access-Control-Allow-Origin', '*']];

/** A file, in the coding that the browser takes. @param asset by default the one at the request's path */
export function fileAnswer(request: Request, asset = assetAt(request.path)): Answer {
  const { method, path } = request;
  if (!asset) return plain(404, `Nothing is at ${path.slice(0, 200)}\n`);
  if (method !== 'GET' && method !== 'HEAD') return plain(405, `${path} takes GET\n`, [['Allow', 'GET, HEAD']]);
  const coding = codingFor(header(request, 'accept-encoding'));
  const headers = [...assetHeaders(asset), ...(coding === 'identity' ? [] : [['Content-Encoding', coding] as const])];
  return { status: 200, headers, body: method === 'HEAD' ? '' : asset.body.in(coding) };
}

function assetHeaders({ type, csp }: Asset): Answer['headers'] {
  return [
    ['Content-Type', type],
    ['Cache-Control', 'no-cache'],
    ['Vary', 'Accept-Encoding'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    // Shops that isolate themselves (COEP) may load it all the same.
    ['Cross-Origin-Resource-Policy', 'cross-origin'],
    ...(csp ? [['Content-Security-Policy', csp] as const] : CORS),
  ];
}

function plain(status: number, body: string, headers: Answer['headers'] = []): Answer {
  return { status, headers: [['Content-Type', 'text/plain; charset=utf-8'], ...headers], body };
}

function failed({ method, path }: Request, correlation_id: string, cause: Error): PageReply {
  const unavailable = cause instanceof StoreUnavailable;
  process.stderr.write(
    `kvitt: ${method} ${path} (${correlation_id}): ${unavailable ? cause.message : (cause.stack ?? cause)}\n`,
  );
  return unavailable ? error(503, 'Temporarily unavailable') : error(500, 'Internal error');
}
