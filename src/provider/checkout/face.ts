/**
 * What browsers fetch: the SDK, the payment page, and the calls of both; and the inbox, while the control API is on, which it shows.
 * Everything here is open to any origin, because shops are on other origins; what may be seen and done depends on the client token, or
 * the hosted session's link, alone.
 */
import type { Answer, Request } from '../../http/exchange.ts';
import { header, jsonObject } from '../../http/exchange.ts';
import { StoreUnavailable } from '../../store/store.ts';
import type { HostedSession, Merchant, Session } from '../engine/state.ts';
import { hostedIdAt, hostedIdOf, isPagePath } from '../hosted-links.ts';
import { orderedError } from '../klarna/ordered-errors.ts';
import { explainFault, type FaultNote, type OrderedFaults } from '../ordered-faults.ts';
import { redacted } from '../redact.ts';
import { type Asset, assetAt, hostedCsp } from './assets.ts';
import { sessionOfToken } from './client-token.ts';
import { codingFor } from './codings.ts';
import { HostedApi, type HostedApiOptions } from './hosted-api.ts';
import { error, PageApi, type PageApiOptions, type PageReply } from './page-api.ts';

export type CheckoutOptions = PageApiOptions & HostedApiOptions & { readonly faults: OrderedFaults };

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
    try {
      return await this.#faulty(request, correlation_id);
    } catch (cause) {
      return wire(failed(request, correlation_id, cause as Error), correlation_id);
    }
  }

  /** A hosted session's link shows the payment page, with the images that the merchant named. Without the store: without them. */
  async #hostedPage(request: Request): Promise<Answer> {
    const page = assetAt(PAGE);
    const images = await this.#hosted.images(hostedIdAt(request.path)).catch(() => []);
    return fileAnswer(request, page && { ...page, csp: hostedCsp(images) });
  }

  /** The answer, unless a fault was ordered for it. */
  async #faulty(request: Request, correlation_id: string): Promise<Answer> {
    const { faults } = this.#options;
    const about = await this.#about(request);
    const strike = about?.merchant.faults && (await faults.strike(about.merchant, request));
    if (!about || !strike) return wire(await this.#reply(request, correlation_id), correlation_id);
    return faults.during(strike, about.merchant, {
      carryOut: async (fault) => wire(await this.#reply(request, correlation_id, fault), correlation_id),
      error: (code, status) => wire(orderedReply(code, status), correlation_id),
      leaveOut: (answer, fault) => this.#leaveOut(request, correlation_id, about, answer, fault),
    });
  }

  /** Whose session the browser is in; undefined when it does not say, or is in none. */
  async #about(request: Request): Promise<{ merchant: Merchant; session_id: string } | undefined> {
    const { store } = this.#options.world;
    const bearer = bearerOf(request);
    if (!bearer) return undefined;
    const hosted_id = request.path.startsWith(`${HOSTED_API}/`) && hostedIdOf(bearer);
    const session_id = hosted_id
      ? (await store.get<HostedSession>('hosted', hosted_id))?.session_id
      : sessionOfToken(bearer, this.#options.secret);
    const session = session_id ? await store.get<Session>('session', session_id) : undefined;
    const merchant = session && (await store.get<Merchant>('merchant', session.merchant_id));
    return merchant && { merchant, session_id: session.session_id };
  }

  #leaveOut(
    { method, path, body }: Request,
    id: string,
    { merchant, session_id }: { merchant: Merchant; session_id: string },
    { status, cut }: Answer,
    fault: FaultNote,
  ): void {
    const { world } = this.#options;
    const note = { explanations: [explainFault(fault)], fault: { ...fault, took_effect: false } };
    world.store.note({
      id,
      merchant_id: merchant.merchant_id,
      at_ms: world.now() + merchant.clock_offset_ms,
      direction: 'incoming',
      method,
      path,
      status: cut ? 0 : status,
      subject: session_id,
      request: redacted(body.text),
      response: '',
      note: JSON.stringify(note),
    });
  }

  async #reply(request: Request, correlation_id: string, fault?: FaultNote): Promise<PageReply> {
    const { method, path } = request;
    if (path.startsWith(`${HOSTED_API}/`)) return this.#hostedReply(request, correlation_id, fault);
    const handle = PageApi.find(method, path.slice(API.length));
    if (!handle) return error(404, `There is no ${method} ${path.slice(0, 200)}`);
    const token = bearerOf(request);
    if (!token) return error(401, 'Send the session’s client_token: Authorization: Bearer <client_token>');
    const session_id = sessionOfToken(token, this.#options.secret);
    if (!session_id) return error(401, 'This client_token was not issued here, or was changed on its way');
    const body = jsonObject(request.body);
    if (!body) return error(400, 'The body must be a JSON object of at most 1 MB');
    return handle(this.#api, { session_id, correlation_id, path, body, ...(fault && { fault }) });
  }

  async #hostedReply(request: Request, correlation_id: string, fault?: FaultNote): Promise<PageReply> {
    const { method, path } = request;
    const link = bearerOf(request);
    if (!link) return error(401, 'Send the end of the hosted session’s link: Authorization: Bearer <end>');
    const body = jsonObject(request.body);
    if (!body) return error(400, 'The body must be a JSON object of at most 1 MB');
    const name = `${method} ${path.slice(HOSTED_API.length)}`;
    const reply = this.#hosted.answer(name, { link, correlation_id, path, body, ...(fault && { fault }) });
    return reply ?? error(404, `There is no ${method} ${path.slice(0, 200)}`);
  }
}

function wire({ status, body }: PageReply, correlation_id: string): Answer {
  return {
    status,
    headers: [
      ['Content-Type', 'application/json'],
      ['Cache-Control', 'no-store'],
      ['Klarna-Correlation-Id', correlation_id],
      ...CORS,
    ],
    body: JSON.stringify(status < 400 ? body : { ...body, correlation_id }),
  };
}

/** The page's calls are not Klarna's: of an ordered error they have the status and the name. */
function orderedReply(code: string, status: number | undefined): PageReply {
  const ordered = orderedError(code, status, '');
  return error(ordered.status, ordered.error_messages[0] ?? ordered.error_code);
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
  // To HEAD the server kit tells the length of the body, and sends none of it.
  return { status: 200, headers, body: asset.body.in(coding) };
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
