/**
 * Klarna's own APIs on the wire. The order in which a call is checked: credentials, path and method, whether it is
 * built, request limits, size, content type, JSON, the fields of the body; then the engine decides. A fault on order
 * is met once the request is counted: before it is looked at any further, or after it was carried out.
 */
import type { KeyObject } from 'node:crypto';
import { type Answer, baseOf, header, type Request } from '../../http/exchange.ts';
import { type Match, Router } from '../../http/router.ts';
import { look, readShared, type Store, StoreUnavailable, type Work } from '../../store/store.ts';
import { signature } from '../checkout/client-token.ts';
import type { Explanation } from '../engine/outcome.ts';
import type { Context, Merchant, Region } from '../engine/state.ts';
import { type Authenticator, isCurrent, type Principal } from '../merchants.ts';
import { explainFault, type FaultNote, type OrderedFaults } from '../ordered-faults.ts';
import { outboxMessages } from '../outbox.ts';
import type { World } from '../world.ts';
import { type Arrival, errorAnswer, jsonType, logEntry, logFields, replyAnswer, UNREADABLE } from './answer.ts';
import { errorBody } from './dialects.ts';
import type { KlarnaError } from './errors.ts';
import type { Built, Call, Handler, Lookup, Operation, Refused, Reply } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { orderedError } from './ordered-errors.ts';
import { type Allowance, exhausted, RateLimiter } from './rate-limits.ts';
import { NO_SUCH_PATH, readBody, readParameters, refuseRate, refuseRoute, refuseSize } from './refusals.ts';
import { readUpload, uploadLimit } from './uploads.ts';

export interface FaceOptions {
  readonly world: World;
  readonly authenticator: Authenticator;
  readonly faults: OrderedFaults;
  /** Key of the signatures that this installation issues. */
  readonly secret: KeyObject;
  /** Host names (without port) that stand for Klarna's regional hosts. */
  readonly regions: Readonly<Record<string, Exclude<Region, 'any'>>>;
  /** Where this server is reached, when the Host header does not say (behind a proxy). */
  readonly publicUrl?: string | undefined;
  /** Told when a commit left something to deliver or a clock to watch. */
  onCallbacks(merchant_id: string): void;
  /** Does and stores what is due for a merchant by now. */
  settle(merchant_id: string): Promise<void>;
}

/** A request of a merchant's that was counted. */
interface Admitted {
  readonly principal: Principal;
  readonly merchant: Merchant;
  readonly match: Match<Operation> | undefined;
  readonly allowance: Allowance;
}

/** What of a call is known before its context is. */
type Asked = Pick<Call, 'operation' | 'params' | 'body' | 'parameters'>;

export class KlarnaFace {
  readonly #options: FaceOptions;
  readonly #store: Store;
  readonly #router = new Router<Operation>(
    OPERATIONS.map((operation) => ({ method: operation.method, path: operation.path, target: operation })),
  );
  readonly #limiter: RateLimiter;

  constructor(options: FaceOptions) {
    this.#options = options;
    this.#store = options.world.store;
    this.#limiter = new RateLimiter(options.world.store);
  }

  /** Whether a path belongs to one of Klarna's APIs, known operation or not. */
  owns(path: string): boolean {
    return PREFIX.test(path);
  }

  /** How many bytes of body a path takes where it takes files. */
  fileLimit(method: string, path: string): number | undefined {
    const serve = this.#router.match(method, path)?.target?.serve;
    return serve?.built && serve.upload ? uploadLimit(serve.upload) : undefined;
  }

  /** Answers a request. Never rejects. */
  async answer(request: Request): Promise<Answer> {
    const { world, publicUrl } = this.#options;
    const base = baseOf(request, publicUrl);
    const arrival: Arrival = { request, correlation_id: world.id(), real_now_ms: world.now(), base };
    try {
      const { principal, merchant } = await this.#identify(header(request, 'authorization'));
      if (!principal || !isCurrent(merchant, principal) || !this.#inRegion(request, merchant))
        return this.#unauthorized(arrival, principal, merchant);
      return await this.#authorized(arrival, principal, merchant);
    } catch (error) {
      return this.#failed(arrival, error);
    }
  }

  /** The answer to a request that could not be read at all. */
  unreadable(status: keyof typeof UNREADABLE): Answer {
    const error_messages = status === 503 ? ['Too many files are uploaded at once; try again in a moment'] : [];
    const error = { status, error_code: UNREADABLE[status], error_messages };
    return errorAnswer(error, { correlation_id: this.#options.world.id(), path: '' }, []);
  }

  async #identify(
    authorization: string | undefined,
  ): Promise<{ principal: Principal | undefined; merchant: Merchant | undefined }> {
    const { authenticator } = this.#options;
    const merchantOf = (principal: Principal | undefined) =>
      principal && this.#store.get<Merchant>('merchant', principal.merchant_id);
    const identified = authenticator.identify(authorization);
    const principal = identified instanceof Promise ? await identified : identified;
    const merchant = await merchantOf(principal);
    if (!principal || isCurrent(merchant, principal)) return { principal, merchant };
    const again = await authenticator.identifyAgain(authorization);
    return { principal: again, merchant: await merchantOf(again) };
  }

  async #authorized(arrival: Arrival, principal: Principal, merchant: Merchant): Promise<Answer> {
    const match = this.#router.match(arrival.request.method, arrival.request.path);
    const operation = match?.target;
    const taken = this.#limiter.take(merchant, operation?.rate_class ?? 'other', arrival.real_now_ms);
    const allowance = taken instanceof Promise ? await taken : taken;
    const admitted = { principal, merchant, match, allowance };
    if (!merchant.faults) return this.#admitted(arrival, admitted);
    const { method, path } = arrival.request;
    const strike = await this.#options.faults.strike(merchant, { method, path, operation: operation?.name });
    if (!strike) return this.#admitted(arrival, admitted);
    return this.#options.faults.during(strike, merchant, {
      // Time may have passed since the request came in.
      carryOut: (fault) => this.#admitted({ ...arrival, fault, real_now_ms: this.#options.world.now() }, admitted),
      error: (code, status) => this.#ordered(orderedError(code, status, path), arrival, allowance),
      leaveOut: (answer, fault) => this.#leaveOut({ ...arrival, fault }, merchant, answer),
    });
  }

  async #admitted(arrival: Arrival, { principal, merchant, match, allowance }: Admitted): Promise<Answer> {
    const operation = match?.target;
    const refused =
      refuseRoute(match, arrival.request) ?? refuseRate(allowance) ?? refuseSize(operation, arrival.request);
    if (refused || !match || !operation || !operation.serve.built)
      return this.#refuse(arrival, merchant, refused ?? NO_SUCH_PATH, allowance);
    const wrongPath = operation.serve.checkPath?.(match.params);
    if (wrongPath) return this.#refuse(arrival, merchant, wrongPath, allowance);
    const { serve } = operation;
    const asked = readParameters(serve, arrival.request);
    if (asked.refused) return this.#refuse(arrival, merchant, asked.refused, allowance);
    const read = serve.upload ? await readUpload(serve.upload, arrival.request) : readBody(serve, arrival.request);
    const call: Asked = { operation, params: match.params, body: read.body, parameters: asked.parameters };
    if (read.refused) {
      const before = await this.#replay(call, operation.serve, arrival, merchant);
      return before
        ? replyAnswer(before, arrival, allowance)
        : this.#refuse(arrival, merchant, read.refused, allowance);
    }
    const reply = await this.#run(call, operation.serve, arrival, principal);
    return reply === 'gone' ? this.#unauthorized(arrival, principal, merchant) : replyAnswer(reply, arrival, allowance);
  }

  /** What was answered under the same idempotency key before: the key alone decides, so the repeat's body may be anything. */
  async #replay(call: Asked, serve: Built, arrival: Arrival, merchant: Merchant): Promise<Reply | undefined> {
    const replay = serve.mode === 'lookup' ? undefined : serve.replay;
    if (!replay || header(arrival.request, 'klarna-idempotency-key') === undefined) return undefined;
    const context = this.#context(merchant, arrival);
    const reply = await look(this.#store, replay(this.#callOf(call, context, arrival)));
    if (reply) this.#store.note(logEntry(arrival, context, reply));
    return reply;
  }

  /** Runs the operation: a write as a unit of work with its log entry, a read over committed state. */
  async #run(call: Asked, serve: Built, arrival: Arrival, principal: Principal): Promise<Reply | 'gone'> {
    if (serve.mode === 'lookup') return this.#lookUp(call, serve, arrival, principal);
    const work = () => this.#unit(call, serve.handle, arrival, principal);
    const reply = serve.mode === 'write' ? await this.#store.run(work) : await this.#readOnly(work());
    if (reply !== 'gone' && reply.callbacks?.length) this.#options.onCallbacks(principal.merchant_id);
    return reply;
  }

  *#unit(call: Asked, handle: Handler, arrival: Arrival, principal: Principal): Work<Reply | 'gone'> {
    const merchant = yield* readShared<Merchant>('merchant', principal.merchant_id);
    // The credential may have been withdrawn since the request was let in.
    if (!isCurrent(merchant, principal)) return { answer: 'gone', changes: {} };
    const context = this.#context(merchant, arrival);
    const reply = yield* handle(this.#callOf(call, context, arrival));
    const outbox = outboxMessages(reply.callbacks ?? [], principal.merchant_id, this.#options.world);
    const log = [logEntry(arrival, context, reply)];
    return { answer: reply, changes: { ...reply.changes, outbox, log } };
  }

  /** Looks through what is stored, once what time has brought about is stored too. */
  async #lookUp(call: Asked, { look }: Lookup, arrival: Arrival, principal: Principal): Promise<Reply | 'gone'> {
    await this.#options.settle(principal.merchant_id);
    const merchant = await this.#store.get<Merchant>('merchant', principal.merchant_id);
    if (!isCurrent(merchant, principal)) return 'gone';
    const context = this.#context(merchant, arrival);
    const reply = await look(this.#callOf(call, context, arrival), this.#store);
    this.#store.note(logEntry(arrival, context, reply));
    return reply;
  }

  #callOf(call: Asked, context: Context, { request, base }: Arrival): Call {
    return {
      ...call,
      context,
      base,
      query: request.query,
      idempotency_key: header(request, 'klarna-idempotency-key') || undefined,
      sign: (text) => signature(text, this.#options.secret),
    };
  }

  async #readOnly(work: Work<Reply | 'gone'>): Promise<Reply | 'gone'> {
    const { answer, changes } = await look(this.#store, work);
    for (const entry of changes.log ?? []) this.#store.note(entry);
    // What time brought about shows in the answer; the timer stores it, and sends what it sends, once.
    return answer === 'gone' ? answer : { ...answer, callbacks: [] };
  }

  #context(merchant: Merchant, { real_now_ms }: Arrival): Context {
    const { id, reference } = this.#options.world;
    return { merchant, now_ms: real_now_ms + merchant.clock_offset_ms, id, reference };
  }

  /** Credentials of one region do not work on another region's host. */
  #inRegion(request: Request, merchant: Merchant): boolean {
    const host = (header(request, 'host') ?? '').replace(/:\d+$/, '').toLowerCase();
    const region = this.#options.regions[host];
    return region === undefined || merchant.region === 'any' || merchant.region === region;
  }

  #refuse(arrival: Arrival, merchant: Merchant, refused: Refused, allowance: Allowance): Answer {
    const reply: Reply = { status: refused.error.status, ...refused };
    this.#store.note(logEntry(arrival, this.#context(merchant, arrival), reply));
    return replyAnswer(reply, arrival, allowance);
  }

  /** The answer of an error that was ordered, with the headers that it would have. */
  #ordered(error: KlarnaError, { correlation_id, request: { path } }: Arrival, allowance: Allowance): Answer {
    if (error.status === 401) return unauthorizedAnswer(error, correlation_id, path);
    return errorAnswer(
      error,
      { correlation_id, path },
      error.status === 429 ? exhausted(allowance) : allowance.headers,
    );
  }

  /** Logs a request that a fault kept from being carried out; status 0 where nothing whole was answered. */
  #leaveOut(arrival: Arrival & { fault: FaultNote }, merchant: Merchant, { status, cut }: Answer): void {
    const { fault, request, real_now_ms } = arrival;
    const explanations = [explainFault(fault)];
    const reply: Reply = {
      status: cut ? 0 : status,
      explanations,
      ...(fault.code !== undefined && { error: orderedError(fault.code, status, request.path) }),
    };
    const now = { ...arrival, real_now_ms: Math.max(real_now_ms, this.#options.world.now()) };
    this.#store.note(logEntry(now, this.#context(merchant, now), reply));
  }

  #unauthorized(arrival: Arrival, principal: Principal | undefined, merchant: Merchant | undefined): Answer {
    const error = { status: 401, error_code: 'UNAUTHORIZED', error_messages: [] };
    const explanation = explainUnauthorized(arrival, principal, merchant);
    const at_ms = arrival.real_now_ms + (merchant?.clock_offset_ms ?? 0);
    const reply: Reply = { status: 401, error, explanations: [explanation] };
    this.#store.note({ ...logFields(arrival, reply), merchant_id: merchant?.merchant_id ?? '', at_ms, request: '' });
    return unauthorizedAnswer(error, arrival.correlation_id, arrival.request.path);
  }

  #failed(arrival: Arrival, cause: unknown): Answer {
    const unavailable = cause instanceof StoreUnavailable;
    const error = unavailable
      ? { status: 503, error_code: 'TEMPORARILY_UNAVAILABLE', error_messages: ['Temporarily unavailable'] }
      : { status: 500, error_code: 'INTERNAL_SERVER_ERROR', error_messages: ['Internal error'] };
    const { method, path } = arrival.request;
    process.stderr.write(
      `kvitt: ${method} ${path} (${arrival.correlation_id}): ${unavailable ? cause.message : ((cause as Error).stack ?? cause)}\n`,
    );
    return errorAnswer(error, { correlation_id: arrival.correlation_id, path }, []);
  }
}

/** As recorded, this one answer carries no Klarna-Correlation-Id header; the id is in the body. */
function unauthorizedAnswer(error: KlarnaError, correlation_id: string, path: string): Answer {
  return {
    status: 401,
    body: errorBody(error, correlation_id, path),
    headers: [
      ['Content-Type', jsonType(path)],
      ['WWW-Authenticate', 'Basic realm="Klarna"'],
    ],
  };
}

const PREFIX = /^\/(?:payments|ordermanagement|customer-token|hpp|disputes|v4|settlements|merchantcard)(?:\/|$)/;

function explainUnauthorized(
  { request }: Arrival,
  principal: Principal | undefined,
  merchant: Merchant | undefined,
): Explanation {
  if (header(request, 'authorization') === undefined) {
    return {
      message: 'The request has no Authorization header.',
      change: 'Send Authorization: Basic base64(username:password).',
    };
  }
  if (principal && merchant && isCurrent(merchant, principal)) {
    const message = `The credentials belong to region ${merchant.region}; the request went to ${header(request, 'host')}.`;
    return { message, change: 'Use the host of the region that the credentials were made for.' };
  }
  return {
    message: 'The credentials are not those of any merchant here.',
    change: 'Use the credentials that were printed at the start, or add a merchant through /control/merchants.',
  };
}
