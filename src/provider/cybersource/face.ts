/**
 * Cybersource's API for Klarna on the wire. The order in which a call is checked: signature, path and method, whether it is built, size,
 * JSON, the fields of the body; then the engine decides.
 */
import type { KeyObject } from 'node:crypto';
import { lookup } from '../../catalogue/index.ts';
import { type Answer, baseOf, header, jsonObject, parseExactly, type Request } from '../../http/exchange.ts';
import { type Match, Router } from '../../http/router.ts';
import { type LogEntry, look, read, readShared, type Store, StoreUnavailable, type Work } from '../../store/store.ts';
import { check } from '../../wire/shape.ts';
import type { Arrival } from '../arrival.ts';
import { sessionOfToken, signature } from '../checkout/client-token.ts';
import type { Explanation } from '../engine/outcome.ts';
import type { Context, CybersourceKey, Merchant } from '../engine/state.ts';
import { explainFaults } from '../klarna/faults.ts';
import { type Allowance, RateLimiter } from '../klarna/rate-limits.ts';
import { explainFault, type FaultNote, type OrderedFaults } from '../ordered-faults.ts';
import { outboxMessages } from '../outbox.ts';
import { type Sealer, sealer } from '../sealing.ts';
import type { World } from '../world.ts';
import { type Claim, readClaim, refuteProof } from './authenticate.ts';
import { bodyProblem, NOT_FOUND, orderedProblem, type Problem, problemAnswer, UNAUTHORIZED } from './errors.ts';
import { type Built, type Call, type Operation, problemReply, type Reply } from './operation.ts';
import { OPERATIONS } from './operations.ts';

export interface CybersourceOptions {
  readonly world: World;
  /** What was ordered to go wrong. */
  readonly faults: OrderedFaults;
  /** Key of the installation. */
  readonly secret: KeyObject;
  /** Where this server is reached, when the Host header does not say (behind a proxy). */
  readonly publicUrl?: string | undefined;
  /** Where it listens. */
  readonly ownUrl: () => string;
  /** Told when a commit left something to deliver. */
  onCallbacks(merchant_id: string): void;
}

/** Who signed the request, and with which key. */
interface Principal {
  readonly merchant: Merchant;
  readonly key_id: string;
}

type Asked = Pick<Call, 'operation' | 'params' | 'body'>;

/** The signature holds for the moment it was made in, so a token is used once; its owner names it by a UUID. */
const JTI_MOST = 200;

export class CybersourceFace {
  readonly #options: CybersourceOptions;
  readonly #store: Store;
  readonly #sealer: Sealer;
  readonly #limiter: RateLimiter;
  readonly #router = new Router<Operation>(OPERATIONS.map((operation) => ({ ...operation, target: operation })));

  constructor(options: CybersourceOptions) {
    this.#options = options;
    this.#store = options.world.store;
    this.#sealer = sealer(options.secret);
    this.#limiter = new RateLimiter(options.world.store);
  }

  owns(path: string): boolean {
    return PREFIX.test(path);
  }

  /** Answers a request. Never rejects. */
  async answer(request: Request): Promise<Answer> {
    const { world } = this.#options;
    const arrival: Arrival = { request, correlation_id: world.id(), real_now_ms: world.now() };
    try {
      const { principal, explanation, merchant } = await this.#identify(arrival);
      if (!principal) return this.#refuse(arrival, merchant, problemReply(UNAUTHORIZED, [explanation]));
      return await this.#authorized(arrival, principal);
    } catch (error) {
      return failed(arrival, error);
    }
  }

  async #identify({
    request,
    real_now_ms,
  }: Arrival): Promise<
    | { principal: Principal; explanation?: never; merchant: Merchant }
    | { principal?: never; explanation: Explanation; merchant?: Merchant | undefined }
  > {
    const { claim, wrong } = readClaim(request);
    if (!claim) return { explanation: wrong };
    const merchant = await this.#store.get<Merchant>('merchant', claim.merchant_id);
    const key = merchant?.cybersource_keys?.find(({ key_id }) => key_id === claim.key_id);
    if (!merchant || !key) return { explanation: unknownKey(claim), merchant };
    const secret = key.sealed_secret === undefined ? undefined : this.#sealer.open(key.sealed_secret);
    const refuted = refuteProof(claim, request, key, secret, real_now_ms) ?? (await this.#refuseReplay(claim));
    if (refuted) return { explanation: refuted, merchant };
    return { principal: { merchant, key_id: key.key_id }, merchant };
  }

  /** Counted by all processes on one store. */
  async #refuseReplay(claim: Claim): Promise<Explanation | undefined> {
    if (claim.kind !== 'token') return undefined;
    const { jti, exp } = claim.token.claims;
    const uses = await this.#store.hit(`jti ${claim.merchant_id} ${String(jti).slice(0, JTI_MOST)}`, Number(exp));
    if (uses === 1) return undefined;
    return {
      field: 'jti',
      got: String(jti).slice(0, JTI_MOST),
      message: 'A request with this very token was let in before.',
      change: 'Make a token for each request.',
    };
  }

  async #authorized(arrival: Arrival, principal: Principal): Promise<Answer> {
    const { merchant } = principal;
    const { method, path } = arrival.request;
    const match = this.#router.match(method, path);
    const operation = match?.target?.name;
    const rate_class = operation === 'createSession' ? 'create_session' : 'other';
    const taken =
      merchant.rate_limits === 'off' ? FREE : await this.#limiter.take(merchant, rate_class, arrival.real_now_ms);
    const admit = (at: Arrival) => this.#admitted(at, principal, match, taken);
    if (!merchant.faults) return admit(arrival);
    const named = operation && `cybersource.${operation}`;
    const strike = await this.#options.faults.strike(merchant, { method, path, operation: named });
    if (!strike) return admit(arrival);
    return this.#options.faults.during(strike, merchant, {
      // Time may have passed since the request came in.
      carryOut: (fault) => admit({ ...arrival, fault, real_now_ms: this.#options.world.now() }),
      error: (code, status) => answerOf(problemReply(orderedProblem(code, status), []), arrival, merchant),
      leaveOut: (answer, fault) => this.#store.note(leftOut({ ...arrival, fault }, merchant, answer)),
    });
  }

  async #admitted(
    arrival: Arrival,
    { merchant, key_id }: Principal,
    match: Match<Operation> | undefined,
    allowance: Allowance,
  ): Promise<Answer> {
    const { request } = arrival;
    const refused = refuseRoute(match, request) ?? refuseRate(allowance) ?? refuseBytes(request);
    const operation = match?.target;
    if (refused || !match || !operation?.serve.built)
      return this.#refuse(arrival, merchant, refused ?? problemReply(NOT_FOUND, []));
    const { body, refused: wrong } = readBody(operation.serve, request);
    if (wrong) return this.#refuse(arrival, merchant, wrong);
    const asked = { operation, params: match.params ?? {}, body };
    const reply = await this.#run(asked, operation.serve, arrival, merchant.merchant_id, key_id);
    if (reply === 'gone') return this.#refuse(arrival, merchant, problemReply(UNAUTHORIZED, []));
    return answerOf(reply, arrival, merchant);
  }

  /** Runs the operation: a write as a unit of work with its log entry, a read over committed state. */
  async #run(
    asked: Asked,
    { mode, handle }: Built,
    arrival: Arrival,
    merchant_id: string,
    key_id: string,
  ): Promise<Reply | 'gone'> {
    const work = () => this.#unit(asked, handle, arrival, merchant_id, key_id);
    if (mode === 'read') return this.#readOnly(work());
    const reply = await this.#store.run(work);
    if (reply !== 'gone' && reply.callbacks?.length) this.#options.onCallbacks(merchant_id);
    return reply;
  }

  *#unit(
    asked: Asked,
    handle: Built['handle'],
    arrival: Arrival,
    merchant_id: string,
    key_id: string,
  ): Work<Reply | 'gone'> {
    // What changes the merchant's own record needs it locked.
    const merchant = yield* asked.operation.area === 'Webhooks'
      ? read<Merchant>('merchant', merchant_id)
      : readShared<Merchant>('merchant', merchant_id);
    // The key may have been withdrawn since the request was let in.
    if (!merchant || !hasKey(merchant, key_id)) return { answer: 'gone', changes: {} };
    const context = this.#context(merchant, arrival);
    const reply = yield* handle(this.#callOf(asked, context, arrival));
    const outbox = outboxMessages(reply.callbacks ?? [], merchant_id, this.#options.world);
    const log = [logEntry(arrival, merchant, reply)];
    return { answer: reply, changes: { ...reply.changes, outbox, log } };
  }

  async #readOnly(work: Work<Reply | 'gone'>): Promise<Reply | 'gone'> {
    const { answer, changes } = await look(this.#store, work);
    for (const entry of changes.log ?? []) this.#store.note(entry);
    return answer;
  }

  #context(merchant: Merchant, { real_now_ms }: Arrival): Context {
    const { id, reference } = this.#options.world;
    return { merchant, now_ms: real_now_ms + merchant.clock_offset_ms, id, reference };
  }

  #callOf(asked: Asked, context: Context, { request }: Arrival): Call {
    const { secret } = this.#options;
    return {
      ...asked,
      context,
      base: this.#base(request),
      sealer: this.#sealer,
      sign: (text) => signature(text, secret),
      sessionOf: (token) => sessionOfToken(token, secret),
    };
  }

  /** With an intermediate host, the SDKs send Cybersource's own name as Host: no link to a shopper's page leads there. */
  #base(request: Request): string {
    const { publicUrl, ownUrl } = this.#options;
    const isTheirs = /(?:^|\.)(?:cybersource|visaacceptance)\.com(?::\d+)?$/i.test(header(request, 'host') ?? '');
    return publicUrl ?? (isTheirs ? ownUrl() : baseOf(request, undefined));
  }

  #refuse(arrival: Arrival, merchant: Merchant | undefined, reply: Reply): Answer {
    this.#store.note(logEntry(arrival, merchant, reply));
    return answerOf(reply, arrival, merchant);
  }
}

const PREFIX = /^\/(?:pts|tss|kms|notification-subscriptions)(?:\/|$)/;

function hasKey({ cybersource_keys = [] }: Merchant, key_id: string): boolean {
  return cybersource_keys.some((key: CybersourceKey) => key.key_id === key_id);
}

function unknownKey({ merchant_id, key_id }: Claim): Explanation {
  return {
    got: `merchant ${merchant_id.slice(0, 64)}, key ${key_id.slice(0, 64)}`,
    message: 'No merchant here has this id and a key with this id.',
    change:
      'Use the key that was printed at the start, or add one: POST /control/merchants/{merchant_id}/cybersource-keys.',
  };
}

function refuseRoute(match: Match<Operation> | undefined, request: Request): Reply | undefined {
  if (!match) {
    const change = 'Compare the path with the list in docs/compatibility/cybersource.md.';
    return problemReply(NOT_FOUND, [{ message: 'Cybersource’s API for Klarna has no such path.', change }]);
  }
  if (!match.target) {
    const allowed = match.allowed.join(', ');
    const explanation = {
      expected: allowed,
      got: request.method,
      message: `This path takes ${allowed}.`,
      change: `Send ${allowed}.`,
    };
    return problemReply({ kind: 'message', status: 405, rmsg: 'Method not allowed' }, [explanation]);
  }
  const { serve } = match.target;
  if (serve.built) return undefined;
  const change = 'See docs/compatibility/cybersource.md for what is built.';
  return problemReply({ kind: 'message', status: 501, rmsg: serve.reason }, [{ message: serve.reason, change }]);
}

const FREE: Allowance = { allowed: true, headers: [] };

/** Cybersource publishes no limits; Klarna's lie beneath (inferred). */
function refuseRate({ allowed }: Allowance): Reply | undefined {
  if (allowed) return undefined;
  const message = 'The merchant’s requests of this class in this second exceed the limit.';
  const problem: Problem = { kind: 'message', status: 429, rmsg: 'Too many requests' };
  return problemReply(problem, [{ message, change: 'Wait for a second, then go on more slowly.' }]);
}

/** A request that a fault kept from being carried out; status 0 where nothing whole was answered. */
function leftOut(arrival: Arrival & { fault: FaultNote }, merchant: Merchant, { status, cut, body }: Answer): LogEntry {
  const explained: Reply = {
    status: cut ? 0 : status,
    body: String(body),
    explanations: [explainFault(arrival.fault)],
  };
  return logEntry(arrival, merchant, explained);
}

function refuseBytes({ body }: Request): Reply | undefined {
  if (!body.fault) return undefined;
  const large = body.fault === 'too_large';
  const rmsg = large ? 'The request is too large' : 'The request is not UTF-8';
  const problem: Problem = { kind: 'message', status: large ? 413 : 415, rmsg };
  return problemReply(problem, [{ message: rmsg, change: 'Send at most 1 MB of JSON, encoded as UTF-8.' }]);
}

/** The body as the operation's rules read it, or why they refuse it. */
function readBody(built: Built, request: Request): { body?: unknown; refused?: Reply } {
  if (!built.body) return {};
  const json = jsonObject(request.body, parseExactly);
  if (!json) {
    const change = 'Send a well-formed JSON object.';
    return { refused: problemReply(bodyProblem([]), [{ message: 'The body is not a JSON object.', change }]) };
  }
  const { value, faults = built.together?.(value) ?? [] } = check(built.body, json);
  return faults.length > 0 ? { refused: problemReply(bodyProblem(faults), explainFaults(faults)) } : { body: value };
}

/** Status and body of a reply; of a problem, those that the table of problems has. */
function told(
  reply: Reply,
  { real_now_ms }: Arrival,
  merchant: Merchant | undefined,
): { status: number; body: string } {
  if (!reply.problem) return reply;
  return problemAnswer(reply.problem, real_now_ms + (merchant?.clock_offset_ms ?? 0));
}

function answerOf(reply: Reply, arrival: Arrival, merchant: Merchant | undefined): Answer {
  const { status, body } = told(reply, arrival, merchant);
  return { status, headers: headersOf(arrival, body), body };
}

function headersOf({ correlation_id }: Arrival, body: string): Answer['headers'] {
  const type: [string, string][] = body === '' ? [] : [['Content-Type', 'application/hal+json;charset=utf-8']];
  return [...type, ['v-c-correlation-id', correlation_id]];
}

/** What did not prove who sent it is not kept, neither is what holds a secret or can be asked for again. */
function logEntry(arrival: Arrival, merchant: Merchant | undefined, reply: Reply): LogEntry {
  const { request, correlation_id, real_now_ms } = arrival;
  const { status, body } = told(reply, arrival, merchant);
  return {
    id: correlation_id,
    merchant_id: merchant?.merchant_id ?? '',
    at_ms: real_now_ms + (merchant?.clock_offset_ms ?? 0),
    direction: 'incoming',
    method: request.method,
    path: request.path,
    status,
    subject: reply.subject ?? '',
    request: reply.problem === UNAUTHORIZED ? '' : withoutClientToken(request.body.text),
    response: reply.unlogged ? '' : body,
    note: noteOf(reply, arrival),
  };
}

/** A client token lets a browser act. It is no approval, but merchants send it as one by mistake. */
function withoutClientToken(text: string): string {
  if (!text.includes('preApprovalToken')) return text;
  return text.replace(/("preApprovalToken"\s*:\s*")[^".]*\.[^"]*/g, '$1(not logged)');
}

function noteOf(reply: Reply, { request, fault }: Arrival): string {
  const { problem, failure, explanations } = reply;
  if (!problem && !failure && !fault) return '';
  const word = failure ? 'FAILED' : problem?.kind === 'message' ? 'UNAUTHORIZED' : problem?.reason;
  const code = problem?.kind === 'message' && problem.status !== 401 ? undefined : lookup(word ?? '')?.code;
  // Whether something is different from before, whatever the client was told.
  const took_effect =
    request.method !== 'GET' && !problem && !failure && (reply.status === 201 || reply.status === 204);
  return JSON.stringify({
    ...(code && { code }),
    ...(explanations?.length && { explanations }),
    ...(fault && { fault: { ...fault, took_effect } }),
  });
}

function failed(arrival: Arrival, cause: unknown): Answer {
  const unavailable = cause instanceof StoreUnavailable;
  const { method, path } = arrival.request;
  process.stderr.write(
    `kvitt: ${method} ${path} (${arrival.correlation_id}): ${unavailable ? cause.message : ((cause as Error).stack ?? cause)}\n`,
  );
  const message = unavailable ? 'The system is unavailable for the moment' : 'Error - General system failure';
  const { status, body } = problemAnswer({ kind: 'server', reason: 'SYSTEM_ERROR', message }, arrival.real_now_ms);
  return { status, headers: headersOf(arrival, body), body };
}
