/**
 * The calls of the payment page and of the SDK. The client token in `Authorization: Bearer` says which session they are
 * about; it is all a browser has, and all it may touch.
 */
import type { KeyObject } from 'node:crypto';
import { type LogEntry, read, readShared, type Work } from '../../store/store.ts';
import { sessionUpdate } from '../../wire/klarna-payments.ts';
import { boolean, bracketPath, check, choice, list, object, type Rule, text } from '../../wire/shape.ts';
import { type AuthorizeRequest, authorize, begin, finalize, SHOPPER_OUTCOMES, type Try } from '../engine/authorize.ts';
import { isTokenizing } from '../engine/customer-token.ts';
import { CREDIT_KINDS, paymentOptions } from '../engine/instalments.ts';
import type { Outcome, Reason } from '../engine/outcome.ts';
import { decidingCountry } from '../engine/purchase.ts';
import { openSession } from '../engine/session.ts';
import { invalidAddressFields, invalidCustomerFields } from '../engine/shopper-data.ts';
import { CATEGORIES, type Context, type Merchant, PAYMENT_METHOD_TYPES, type Session } from '../engine/state.ts';
import { sessionPut } from '../klarna/payments.ts';
import type { FaultNote } from '../ordered-faults.ts';
import { leftBehind } from '../tries.ts';
import type { World } from '../world.ts';
import type { LoadResult, Problem, SessionView, SignIn, Told, TryResult } from './browser/protocol.ts';
import { contactOfProof, signInProof } from './client-token.ts';

export interface PageApiOptions {
  readonly world: World;
  /** Key of the signatures that this installation issues. */
  readonly secret: KeyObject;
  /** Whether shoppers may choose how a try ends. */
  readonly local: boolean;
  /** Told when a commit left something to deliver. */
  onCallbacks(merchant_id: string): void;
}

export interface PageReply {
  readonly status: number;
  readonly body: object;
}

/** One call, by a browser that proved to be in this session. */
export interface PageCall {
  readonly session_id: string;
  readonly correlation_id: string;
  readonly path: string;
  readonly body: object;
  /** The fault on order that the call met. */
  readonly fault?: FaultNote;
}

type Handler = (api: PageApi, call: PageCall) => Promise<PageReply>;

const request = object({
  payment_method_category: choice(CATEGORIES, { anyCase: true }),
  payment_method_categories: list(choice(CATEGORIES, { anyCase: true }), { max: CATEGORIES.length }),
  payment_method: choice(PAYMENT_METHOD_TYPES),
  outcome: choice(SHOPPER_OUTCOMES),
  auto_finalize: boolean(),
  contact: text({ max: 99 }),
  code: text({ max: 20 }),
  signed_in: text({ max: 1000 }),
});
type PageRequest = typeof request extends Rule<infer T> ? T : never;

/** What the engine refuses, as a shopper meets it. */
const PROBLEMS: Readonly<Partial<Record<Reason, Problem>>> = {
  session_unknown: 'session_expired',
  session_completed: 'session_completed',
  merchant_inactive: 'merchant_inactive',
};

export class PageApi {
  readonly #options: PageApiOptions;

  constructor(options: PageApiOptions) {
    this.#options = options;
  }

  /** The handler of a call; undefined where there is none. */
  static find(method: string, path: string): Handler | undefined {
    return Object.hasOwn(HANDLERS, `${method} ${path}`) ? HANDLERS[`${method} ${path}`] : undefined;
  }

  async session(call: PageCall): Promise<PageReply> {
    const { world, local } = this.#options;
    const session = await world.store.get<Session>('session', call.session_id);
    const merchant = session && (await world.store.get<Merchant>('merchant', session.merchant_id));
    if (!session || !merchant) return told({ problem: 'session_expired' });
    const context = contextOf(world, merchant);
    const open = openSession(session, context);
    return open.ok ? told(sessionView(open.value, context, local)) : told(problemOf(open.refusal.reason));
  }

  /** `load` and the beginning of `authorize`: whether there is a page to show, or the answer without one. */
  async begin(call: PageCall, moment: 'load' | 'authorize'): Promise<PageReply> {
    const sent = readRequest(call.body);
    if (sent.reply) return sent.reply;
    const { data, invalid_fields } = readData(call.body);
    if (invalid_fields) return told(fixable(invalid_fields));
    const categories = askedCategories(sent.value);
    const work = (session: Session | undefined, context: Context) => {
      const outcome = begin(session, { data, moment, ...(categories && { categories }) }, context);
      if (!outcome.ok) return { outcome, changes: {} };
      const { ended, session: begun } = outcome.value;
      // To load is no try: it leaves no mark on the session.
      const changes = ended && moment === 'authorize' ? leftBehind(ended, context) : putSession(begun);
      return { outcome, changes, ...(ended && { tried: ended }) };
    };
    const outcome = await this.#run(call, work);
    if (!outcome.ok) return refused(outcome);
    const { ended } = outcome.value;
    return told(ended ? resultOf(ended) : { approved: false, show_form: true, open: true });
  }

  async authorize(call: PageCall): Promise<PageReply> {
    const { asked, reply } = readTry(call.body, call.session_id, this.#options);
    if (reply) return reply;
    return this.#try(call, (session, context) => authorize(session, asked, context));
  }

  async finalize(call: PageCall): Promise<PageReply> {
    const { data, invalid_fields } = readData(call.body);
    if (invalid_fields) return told(fixable(invalid_fields));
    return this.#try(call, (session, context) => finalize(session, { data }, context));
  }

  /**
   * The one-time code: asked for without `code`, checked with it. Nothing is sent, and nobody is remembered: whoever knows the code gets
   * a proof of it. @param page what the proof is for: the session, or the hosted session over it
   */
  async signIn(call: PageCall, page = call.session_id): Promise<PageReply> {
    const sent = readRequest(call.body);
    if (sent.reply) return sent.reply;
    const { contact = '', code } = sent.value;
    const { world, secret } = this.#options;
    const session = await world.store.get<Session>('session', call.session_id);
    if (!session) return told({ problem: 'session_expired' });
    const kind = contact.includes('@') ? 'email' : 'phone';
    const country = decidingCountry(session.details);
    if (contact === '' || invalidAddressFields('', { [kind]: contact }, country).length > 0)
      return told<SignIn>({ invalid: 'contact' });
    if (code === undefined) return told<SignIn>({});
    if (!/^\d{6}$/.test(code) || code === WRONG_CODE) return told<SignIn>({ invalid: 'code' });
    return told<SignIn>({ signed_in: signInProof(page, contact, secret) });
  }

  async #try(
    call: PageCall,
    decide: (session: Session | undefined, context: Context) => Outcome<Try>,
  ): Promise<PageReply> {
    const outcome = await this.#run(call, (session, context) => {
      const decided = decide(session, context);
      if (!decided.ok) return { outcome: decided, changes: {} };
      return { outcome: decided, changes: leftBehind(decided.value, context), tried: decided.value };
    });
    if (!outcome.ok) return refused(outcome);
    const { callbacks, session } = outcome.value;
    if (callbacks.length > 0) this.#options.onCallbacks(session.merchant_id);
    return told(resultOf(outcome.value));
  }

  /** One unit of work over the session, with its entry in the merchant's log. */
  #run<T>(call: PageCall, work: SessionWork<T>): Promise<Outcome<T>> {
    const { world } = this.#options;
    return world.store.run(function* (): Work<Outcome<T>> {
      const session = yield* read<Session>('session', call.session_id);
      const merchant = session && (yield* readShared<Merchant>('merchant', session.merchant_id));
      if (!session || !merchant) return { answer: GONE, changes: {} };
      const context = contextOf(world, merchant);
      const { outcome, changes, tried } = work(session, context);
      return { answer: outcome, changes: { ...changes, log: [logEntry(call, context, outcome, tried)] } };
    });
  }
}

type SessionWork<T> = (
  session: Session | undefined,
  context: Context,
) => { outcome: Outcome<T>; changes: object; tried?: Try };

/** Any six digits pass but these. Source: Klarna's sample data. */
const WRONG_CODE = '999999';

/** What a shopper can do on any page, local or not: go back, or give up. */
const OWN_ACTS: readonly string[] = ['back', 'abandon'];

const GONE: Outcome<never> = { ok: false, refusal: { reason: 'session_unknown', explanations: [], facts: {} } };

const HANDLERS: Readonly<Record<string, Handler>> = {
  'GET /session': (api, call) => api.session(call),
  'POST /load': (api, call) => api.begin(call, 'load'),
  'POST /begin': (api, call) => api.begin(call, 'authorize'),
  'POST /sign-in': (api, call) => api.signIn(call),
  'POST /authorize': (api, call) => api.authorize(call),
  'POST /finalize': (api, call) => api.finalize(call),
};

export function contextOf(world: World, merchant: Merchant): Context {
  const { id, reference } = world;
  return { merchant, now_ms: world.now() + merchant.clock_offset_ms, id, reference };
}

function putSession(session: Session): object {
  return { put: [sessionPut(session)] };
}

export function sessionView(
  { session_id, details, categories }: Session,
  context: Context,
  local: boolean,
): SessionView {
  const { billing_address: { email, phone } = {}, customer, locale = 'en' } = details;
  // One that cannot be was kept from an earlier try: without the field, a shopper who loads the page again could not correct it.
  const asks = customer?.date_of_birth === undefined || invalidCustomerFields(customer, context.now_ms).length > 0;
  return {
    session_id,
    merchant_name: context.merchant.name,
    locale,
    currency: details.purchase_currency,
    order_amount: details.order_amount,
    order_lines: details.order_lines.map(({ name, quantity, total_amount }) => ({ name, quantity, total_amount })),
    options: paymentOptions(categories, details.order_amount, context.now_ms).map((option) => ({
      ...option,
      needs_date_of_birth: CREDIT_KINDS.includes(option.kind) && asks,
    })),
    contact: email || phone || '',
    recurring: isTokenizing(details),
    local,
  };
}

/** The shopper's data as the session would take it, or the fields that it would not. */
function readData(body: object): { data: AuthorizeRequest['data']; invalid_fields?: readonly string[] } {
  const { value, faults } = check(sessionUpdate, (body as { data?: unknown }).data ?? {});
  if (value) return { data: value };
  return { data: {}, invalid_fields: faults.slice(0, FIELDS_MOST).map(({ path }) => bracketPath(path)) };
}

const FIELDS_MOST = 100;

function readRequest(body: object): { value: PageRequest; reply?: never } | { value?: never; reply: PageReply } {
  const { value, faults } = check(request, body);
  if (value) return { value };
  const messages = faults.map(({ path, expected, got }) => `${bracketPath(path)} should be ${expected}; got ${got}`);
  return { reply: error(400, messages.join('. ')) };
}

/**
 * A try to pay as the page asks for it, or the answer to one that cannot be. Who chooses how it ends needs no sign-in: to go back, or in
 * local mode. @param page what the shopper signed in to
 */
export function readTry(
  body: object,
  page: string,
  { local, secret }: Pick<PageApiOptions, 'local' | 'secret'>,
): { asked: AuthorizeRequest; reply?: never } | { asked?: never; reply: PageReply } {
  const sent = readRequest(body);
  if (sent.reply) return sent;
  const { data, invalid_fields } = readData(body);
  if (invalid_fields) return { reply: told(fixable(invalid_fields)) };
  const { payment_method_category: category, payment_method, outcome, auto_finalize, signed_in } = sent.value;
  if (outcome && !OWN_ACTS.includes(outcome) && !local)
    return { reply: error(403, 'Outcomes can be chosen by name on a local server only') };
  const contact = contactOfProof(signed_in ?? '', page, secret);
  if (!outcome && contact === undefined) return { reply: told({ problem: 'signed_out' }) };
  const asked: AuthorizeRequest = {
    data,
    ...(category && { category }),
    ...(payment_method && { payment_method }),
    ...(outcome && { outcome }),
    ...(auto_finalize !== undefined && { auto_finalize }),
    ...(contact?.includes('@') && { email: contact }),
  };
  return { asked };
}

function askedCategories(sent: PageRequest) {
  const { payment_method_category: one, payment_method_categories: several } = sent;
  return several ?? (one && [one]);
}

export function resultOf({ approved, show_form, authorization, finalize_required, invalid_fields }: Try): TryResult {
  return {
    approved,
    show_form,
    ...(authorization && { authorization_token: authorization.authorization_token }),
    ...(finalize_required && { finalize_required }),
    ...(invalid_fields && { error: { invalid_fields } }),
  };
}

export function fixable(invalid_fields: readonly string[]): TryResult & LoadResult {
  return { approved: false, show_form: true, error: { invalid_fields } };
}

/** Data that does not add up is the shop's to correct; everything else ends the session for the shopper. */
export function refused(outcome: Outcome<unknown>): PageReply {
  if (outcome.ok) return told({});
  const { reason, explanations } = outcome.refusal;
  if (reason !== 'bad_purchase') return told(problemOf(reason));
  return told(fixable(explanations.map(({ field = '' }) => field)));
}

export function problemOf(reason: Reason): { problem: Problem } {
  return { problem: PROBLEMS[reason] ?? 'session_expired' };
}

export function told<T extends object>(body: Told<T> | T): PageReply {
  return { status: 200, body };
}

export function error(status: number, message: string): PageReply {
  return { status, body: { error_messages: [message] } };
}

/** A body without what would let somebody else go on in the shopper's place. */
export function loggable(body: object): string {
  const { signed_in: _proof, ...rest } = body as { readonly signed_in?: unknown };
  return JSON.stringify(rest);
}

/** What the shopper did belongs to the story that the log tells. */
function logEntry(call: PageCall, context: Context, outcome: Outcome<unknown>, tried: Try | undefined): LogEntry {
  const note = outcome.ok
    ? tried && { code: tried.code, ...(tried.explanation && { explanations: [tried.explanation] }) }
    : { explanations: outcome.refusal.explanations };
  const fault = call.fault && { fault: { ...call.fault, took_effect: outcome.ok } };
  return {
    id: call.correlation_id,
    merchant_id: context.merchant.merchant_id,
    at_ms: context.now_ms,
    direction: 'incoming',
    method: 'POST',
    path: call.path,
    status: 200,
    subject: call.session_id,
    request: loggable(call.body),
    response: tried ? JSON.stringify(resultOf(tried)) : '',
    note: note || fault ? JSON.stringify({ ...note, ...fault }) : '',
  };
}
