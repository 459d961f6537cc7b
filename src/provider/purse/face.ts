/**
 * Purse's APIs on the wire. The order in which a call is checked: path and method, API key, access token, entity, size, JSON, the fields
 * of the body. Then Klarna decides; what it refuses is a transaction that failed, and the call is answered 200.
 */
import type { KeyObject } from 'node:crypto';
import { lookup } from '../../catalogue/index.ts';
import { type Answer, baseOf, header, parseExactly, type Request } from '../../http/exchange.ts';
import { Router } from '../../http/router.ts';
import { type LogEntry, readShared, StoreUnavailable, type Work } from '../../store/store.ts';
import { bracketPath, check, type Fault } from '../../wire/shape.ts';
import type { Arrival } from '../arrival.ts';
import type { Context, Merchant, PurseAccount } from '../engine/state.ts';
import { explainFaults } from '../klarna/faults.ts';
import { explainFault, type FaultNote, type OrderedFaults } from '../ordered-faults.ts';
import { outboxMessages } from '../outbox.ts';
import type { World } from '../world.ts';
import { ApiKeys, accessToken, isClient, TOKEN_SECONDS, type TokenFault, tokenFault } from './account.ts';
import { type Call, type Operation, type Problem, problem, type Reply } from './operation.ts';
import { operationsAt, type PursePaths } from './paths.ts';
import type { Signer } from './signing.ts';
import type { PurseLink, PurseSession } from './state.ts';

export interface PurseOptions {
  readonly world: World;
  /** Key of the access tokens that this installation issues. */
  readonly secret: KeyObject;
  readonly signer: () => Promise<Signer>;
  readonly faults: OrderedFaults;
  readonly publicUrl?: string | undefined;
  /** Paths that Purse's documents do not show, where they are other than the usual ones. */
  readonly paths?: PursePaths | undefined;
  /** Told when a commit left something to deliver. */
  onCallbacks(merchant_id: string): void;
}

/** A call that may be made. */
interface Admitted {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
  readonly merchant: Member;
}

type Member = Merchant & { readonly purse: PurseAccount };

export class PurseFace {
  readonly #options: PurseOptions;
  readonly #router: Router<Operation>;
  readonly #keys: ApiKeys;

  /** @throws Error for a path that cannot be set so */
  constructor(options: PurseOptions) {
    this.#options = options;
    this.#keys = new ApiKeys(options.world.store);
    const operations = operationsAt(options.paths ?? {});
    this.#router = new Router(operations.map((each) => ({ method: each.method, path: each.path, target: each })));
  }

  /** Paths that look like Purse's, known or not; another face's come before them. */
  owns(path: string): boolean {
    return PREFIX.test(path) || this.#router.match('POST', path) !== undefined;
  }

  /** Answers a request. Never rejects. */
  async answer(request: Request): Promise<Answer> {
    if (request.method === 'OPTIONS') return { status: 204, headers: [...CORS, ...PREFLIGHT], body: '' };
    const { world } = this.#options;
    const arrival: Arrival = { request, correlation_id: world.id(), real_now_ms: world.now() };
    return this.#answer(arrival).catch((error: Error) => answerOf(this.#failed(arrival, error), arrival));
  }

  async #answer(arrival: Arrival): Promise<Answer> {
    const admitted = await this.#admit(arrival);
    if (!('operation' in admitted)) return answerOf(admitted, arrival);
    const { merchant } = admitted;
    const { method, path } = arrival.request;
    const { faults, world } = this.#options;
    const operation = `purse.${admitted.operation.name}`;
    const strike = merchant.faults && (await faults.strike(merchant, { method, path, operation }));
    if (!strike) return answerOf(await this.#carryOut(arrival, admitted), arrival);
    return faults.during(strike, merchant, {
      carryOut: async (fault) => {
        // Time may have passed since the request came in.
        const now: Arrival = { ...arrival, fault, real_now_ms: world.now() };
        return answerOf(await this.#carryOut(now, admitted), now);
      },
      error: (code, status) => answerOf(orderedProblem(code, status), arrival),
      leaveOut: ({ status, cut }, fault) => {
        const now: Arrival = { ...arrival, fault, real_now_ms: world.now() };
        this.#note(now, { status: cut ? 0 : status, explanations: [explainFault(fault)] }, merchant);
      },
    });
  }

  /** Whose call it is and to which operation; or the answer to a call that may not be made. */
  async #admit(arrival: Arrival): Promise<Admitted | Reply> {
    const { request } = arrival;
    const match = this.#router.match(request.method, request.path);
    if (!match) return this.#refuse(NO_SUCH_PATH, arrival, undefined);
    if (!match.target) return this.#refuse(otherMethod(match.allowed), arrival, undefined);
    const { target: operation, params } = match;
    if (operation.access === 'public') return { status: 200, body: { keys: [(await this.#options.signer()).jwk] } };
    const merchant = await this.#merchantOf(operation, params, request);
    if (!isMember(merchant))
      return this.#refuse(operation.access === 'shopper' ? NO_SESSION : NO_KEY, arrival, merchant);
    const refused = this.#refuseToken(operation, merchant, arrival) ?? refuseEntity(params, merchant);
    return refused ? this.#refuse(refused, arrival, merchant) : { operation, params, merchant };
  }

  async #carryOut(arrival: Arrival, { operation, params, merchant }: Admitted): Promise<Reply> {
    const { handle } = operation;
    if (!handle) return this.#login(arrival, merchant);
    const body = readBody(operation, arrival.request);
    if (body.refused) return this.#refuse(body.refused, arrival, merchant);
    return this.#run({ operation, params, body: body.value }, handle, arrival, merchant.merchant_id);
  }

  /** By the API key; a shopper has none, but the link of a session or a payment link. */
  async #merchantOf(
    { access }: Operation,
    params: Readonly<Record<string, string>>,
    request: Request,
  ): Promise<Merchant | undefined> {
    const { store } = this.#options.world;
    if (access !== 'shopper') return this.#keys.merchantOf(header(request, 'x-api-key'));
    const { session = '', link } = params;
    const found = await store.get<PurseSession | PurseLink>(
      link === undefined ? 'purse_session' : 'purse_link',
      (link ?? session).toLowerCase(),
    );
    return found && store.get<Merchant>('merchant', found.merchant_id);
  }

  #refuseToken({ access }: Operation, merchant: Merchant, arrival: Arrival): Reply | undefined {
    if (access !== 'client') return undefined;
    const authorization = header(arrival.request, 'authorization');
    const fault = tokenFault(authorization, merchant, arrival.real_now_ms, this.#options.secret);
    return fault && TOKEN_FAULTS[fault];
  }

  /** The parameters come in a form, or in the query, as deployed clients send them. */
  #login(arrival: Arrival, { merchant_id, purse }: Member): Reply {
    const { request, real_now_ms } = arrival;
    const form = new URLSearchParams(request.body.text);
    const grant = form.get('grant_type') ?? request.query.get('grant_type');
    const merchant = { merchant_id } as const;
    if (!isClient(purse, header(request, 'authorization'))) return this.#refuse(WRONG_CLIENT, arrival, merchant);
    if (grant !== 'client_credentials') return this.#refuse(WRONG_GRANT, arrival, merchant);
    const access_token = accessToken(purse, merchant_id, real_now_ms, this.#options.secret);
    const reply: Reply = { status: 200, body: { access_token, token_type: 'Bearer', expires_in: TOKEN_SECONDS } };
    this.#note(arrival, { status: 200 }, merchant);
    return reply;
  }

  async #run(
    call: Pick<Call, 'operation' | 'params' | 'body'>,
    handle: NonNullable<Operation['handle']>,
    arrival: Arrival,
    merchant_id: string,
  ): Promise<Reply> {
    const signer = await this.#options.signer();
    const { store } = this.#options.world;
    const reply = await store.run(() => this.#unit(call, handle, arrival, merchant_id, signer));
    if (reply.callbacks?.length) this.#options.onCallbacks(merchant_id);
    return reply;
  }

  *#unit(
    call: Pick<Call, 'operation' | 'params' | 'body'>,
    handle: NonNullable<Operation['handle']>,
    arrival: Arrival,
    merchant_id: string,
    signer: Signer,
  ): Work<Reply> {
    const merchant = yield* readShared<Merchant>('merchant', merchant_id);
    // The account may have been withdrawn since the request was let in.
    if (!isMember(merchant)) return { answer: NO_KEY, changes: {} };
    const { request, real_now_ms } = arrival;
    const { world, publicUrl } = this.#options;
    const context: Context = { ...world, merchant, now_ms: real_now_ms + merchant.clock_offset_ms };
    const desk = { context, signer, base: baseOf(request, publicUrl) };
    const reply = yield* handle({ ...call, request, account: merchant.purse, desk });
    const outbox = outboxMessages(reply.callbacks ?? [], merchant_id, world);
    const log = [logEntry(arrival, reply, merchant)];
    return { answer: reply, changes: { put: reply.put ?? [], outbox, log } };
  }

  #refuse(reply: Reply, arrival: Arrival, merchant: Pick<Merchant, 'merchant_id'> | undefined): Reply {
    this.#note(arrival, reply, merchant);
    return reply;
  }

  #note(
    arrival: Arrival,
    reply: Reply,
    merchant: (Pick<Merchant, 'merchant_id'> & Partial<Merchant>) | undefined,
  ): void {
    this.#options.world.store.note(logEntry(arrival, reply, merchant));
  }

  #failed({ request, correlation_id }: Arrival, error: Error): Reply {
    const unavailable = error instanceof StoreUnavailable;
    const why = unavailable ? error.message : (error.stack ?? error);
    process.stderr.write(`kvitt: ${request.method} ${request.path} (${correlation_id}): ${why}\n`);
    return unavailable
      ? problem(503, 'unavailable', 'Service unavailable', 'Temporarily unavailable', 'Try again.')
      : problem(500, 'internal-error', 'Internal error', 'Internal error', 'See what the server wrote.');
  }
}

const PREFIX =
  /^\/(?:oauth|purse|payment\/v2|wallet|entities)(?:\/|$)|^\/(?!control\/|checkout\/)[^/]+\/(?:sessions|transactions)(?:\/|$)/;

function isMember(merchant: Merchant | undefined): merchant is Member {
  return merchant?.purse !== undefined;
}

const NO_SUCH_PATH = problem(
  404,
  'not-found',
  'Not found',
  'Purse has no such path here.',
  'Compare the path with docs/compatibility/purse.md.',
);

function otherMethod(allowed: readonly string[]): Reply {
  const wanted = allowed.join(', ');
  const reply = problem(
    405,
    'method-not-allowed',
    'Method not allowed',
    `This path takes ${wanted}.`,
    `Send ${wanted}.`,
  );
  return { ...reply, headers: [['Allow', wanted]] };
}

/** An error that somebody ordered, in this API's shape. */
function orderedProblem(code: string, ordered: number | undefined): Reply {
  const entry = lookup(code);
  const status = ordered ?? entry?.http[0] ?? 500;
  const type = code.toLowerCase().replace(/[^a-z]+/g, '-');
  return problem(status, type, code, entry?.happened ?? code, 'See docs/faults.md.');
}

const unauthorized = (detail: string, change: string) => problem(401, 'unauthorized', 'Unauthorized', detail, change);

const NO_KEY = unauthorized(
  'The header x-api-key is missing, or holds no merchant’s key.',
  'Send the api_key of the account: GET /control/merchants/{merchant_id}/purse shows it.',
);
const NO_SESSION = problem(404, 'not-found', 'Not found', 'There is no such link.', 'Create a new session or link.');
const WRONG_CLIENT = unauthorized(
  'The Authorization header does not hold the client of this API key.',
  'Send Authorization: Basic base64(client_id:client_secret).',
);
const WRONG_GRANT = problem(
  400,
  'invalid-request',
  'Bad request',
  'grant_type is not client_credentials.',
  'Send grant_type=client_credentials in a form or in the query.',
  { errors: [{ pointer: '#/grant_type', detail: 'must be client_credentials' }] },
);

const TOKEN_FAULTS: Readonly<Record<TokenFault, Reply>> = {
  missing: unauthorized('The Authorization header is missing.', 'Send Authorization: Bearer <access_token>.'),
  foreign: unauthorized(
    'The access token was not issued here for this API key.',
    'Get one from POST /oauth/token with the same x-api-key.',
  ),
  expired: unauthorized('The access token is over.', 'Get another one from POST /oauth/token.'),
};

function refuseEntity({ entity }: Readonly<Record<string, string>>, { purse }: Member): Reply | undefined {
  if (entity === undefined || entity.toLowerCase() === purse.entity_id.toLowerCase()) return undefined;
  const change = `Send ${purse.entity_id}, the account's entity.`;
  return problem(403, 'forbidden', 'Forbidden', 'The API key belongs to another entity than the path.', change);
}

type Read = { readonly value: unknown; readonly refused?: never } | { readonly value?: never; readonly refused: Reply };

function readBody({ body: rule }: Operation, { body }: Request): Read {
  if (!rule) return { value: undefined };
  if (body.fault === 'too_large')
    return { refused: problem(413, 'too-large', 'Too large', 'The body is larger than 1 MB.', 'Send fewer lines.') };
  const parsed = parse(body.text);
  if (parsed === undefined || body.fault)
    return { refused: problem(400, 'bad-request', 'Bad request', 'The body is not JSON.', 'Send well-formed JSON.') };
  const { value, faults } = check(rule, parsed.value);
  return faults ? { refused: badBody(faults) } : { value };
}

function parse(text: string): { readonly value: unknown } | undefined {
  if (text.trim() === '') return { value: {} };
  try {
    return { value: parseExactly(text) };
  } catch {
    return undefined;
  }
}

const FAULTS_MOST = 100;

function badBody(faults: readonly Fault[]): Reply {
  const errors = faults.slice(0, FAULTS_MOST).map(({ path, rule, expected, got }) => ({
    pointer: `#/${path.join('/')}`,
    detail: rule === 'missing' ? 'is missing' : `should be ${expected}; got ${got}`,
  }));
  const [first] = faults;
  const detail = `${first ? bracketPath(first.path) || 'the body' : 'the body'} ${errors[0]?.detail ?? 'is not valid'}`;
  const reply = problem(400, 'bad-request', 'Bad request', detail, '', { errors });
  return { ...reply, explanations: explainFaults(faults) };
}

/** Browsers of any shop call with the API key; what they may do depends on it alone. */
const CORS: Answer['headers'] = [['Access-Control-Allow-Origin', '*']];
const PREFLIGHT: Answer['headers'] = [
  ['Access-Control-Allow-Methods', 'GET, POST'],
  ['Access-Control-Allow-Headers', 'Content-Type, X-Api-Key, Authorization'],
  ['Access-Control-Max-Age', '7200'],
];

function answerOf(reply: Reply, arrival: Arrival): Answer {
  const { correlation_id } = arrival;
  const body = reply.problem ? problemBody(reply.problem, arrival) : reply.body;
  const type = reply.problem ? 'application/problem+json' : 'application/json';
  return {
    status: reply.status,
    headers: [
      ...(body ? [['Content-Type', type] as const] : []),
      ['X-Correlation-Id', correlation_id],
      ...CORS,
      ...(reply.headers ?? []).map(([name, value]) => [name, ascii(value)] as const),
    ],
    body: body ? textOf(body) : '',
  };
}

/** Answers that were written as JSON: what is sent and what is logged is written once. */
const TEXTS = new WeakMap<object, string>();

function textOf(body: object): string {
  const text = TEXTS.get(body) ?? JSON.stringify(body);
  TEXTS.set(body, text);
  return text;
}

/** A shop's URL as a header can carry it. */
function ascii(url: string): string {
  return url.toWellFormed().replace(/[^\x20-\x7e]+/g, encodeURIComponent);
}

function problemBody({ type, more, ...rest }: Problem, { request, correlation_id }: Arrival): object {
  return { type: `urn:eu.purse:${type}`, ...rest, instance: request.path, ...more, correlation_id };
}

/** Bodies are kept once, those of the token endpoint never: access tokens are secrets. */
function logEntry(
  { request, correlation_id: id, real_now_ms, fault }: Arrival,
  reply: Reply,
  merchant: (Pick<Merchant, 'merchant_id'> & Partial<Merchant>) | undefined,
): LogEntry {
  const { method, path } = request;
  const isKept = method !== 'GET' && reply.body !== undefined;
  const problemText =
    reply.problem && JSON.stringify(problemBody(reply.problem, { request, correlation_id: id, real_now_ms }));
  return {
    id,
    merchant_id: merchant?.merchant_id ?? '',
    at_ms: real_now_ms + (merchant?.clock_offset_ms ?? 0),
    direction: 'incoming',
    method,
    path,
    status: reply.status,
    subject: reply.subject ?? '',
    request: path === '/oauth/token' ? '' : request.body.text,
    response: problemText ?? (isKept && reply.body ? textOf(reply.body) : ''),
    note: noteOf(request, reply, fault),
  };
}

function noteOf(
  request: Request,
  { psp_status, explanations, replayed, problem: refused }: Reply,
  fault: FaultNote | undefined,
): string {
  const idempotency_key = header(request, 'x-idempotency-key');
  const code = psp_status && (lookup(psp_status)?.code ?? psp_status);
  const note = {
    ...(code && { code }),
    ...(explanations?.length && { explanations }),
    ...(refused && { problem: refused.type }),
    ...(idempotency_key && { idempotency_key }),
    ...(replayed && { replayed }),
    ...(fault && { fault }),
  };
  return Object.keys(note).length > 0 ? JSON.stringify(note) : '';
}
