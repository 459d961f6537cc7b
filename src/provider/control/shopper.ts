/** A shopper without a browser: what the payment page and the JavaScript SDK would do, as one call. */
import type { CatalogueCode } from '../../catalogue/index.ts';
import { read, readShared, type Work } from '../../store/store.ts';
import { sessionUpdate } from '../../wire/klarna-payments.ts';
import { boolean, choice, object } from '../../wire/shape.ts';
import { type AuthorizeRequest, authorize, finalize, SHOPPER_OUTCOMES, type Try } from '../engine/authorize.ts';
import { type Outcome, refuse } from '../engine/outcome.ts';
import { CATEGORIES, type Context, type Merchant, PAYMENT_METHOD_TYPES, type Session } from '../engine/state.ts';
import { sessionCode } from '../engine/statuses.ts';
import { leftBehind } from '../tries.ts';
import {
  type About,
  type ControlCall,
  type ControlOptions,
  type ControlReply,
  ok,
  problem,
  readAs,
  refusedBy,
} from './reply.ts';

const authorizeOptions = object({
  payment_method_category: choice(CATEGORIES, { anyCase: true }),
  payment_method: choice(PAYMENT_METHOD_TYPES),
  outcome: choice(SHOPPER_OUTCOMES),
});

export class ShopperControl {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  async readSession({ params }: ControlCall): Promise<ControlReply> {
    const { store, now } = this.#options.world;
    const session = await store.get<Session>('session', (params.session_id ?? '').toLowerCase());
    const merchant = session && (await store.get<Merchant>('merchant', session.merchant_id));
    if (!session || !merchant) return problem(404, 'NOT_FOUND', 'Invalid session id');
    const { created_at_ms, expires_at_ms, completed_at_ms, ...rest } = session;
    const times = {
      created_at: new Date(created_at_ms).toISOString(),
      expires_at: new Date(expires_at_ms).toISOString(),
      ...(completed_at_ms !== undefined && { completed_at: new Date(completed_at_ms).toISOString() }),
    };
    return ok({ ...rest, ...times, code: codeOf(session, now() + merchant.clock_offset_ms) });
  }

  async authorize({ params, body }: ControlCall): Promise<ControlReply> {
    const { value: request, refused } = readAuthorize(body);
    if (refused) return refused;
    const steps = readAs(object({ auto_finalize: boolean() }), body);
    if (steps.refused) return steps.refused;
    return this.#try(params, (session, context) => authorize(session, { ...request, ...steps.value }, context));
  }

  async finalize({ params, body }: ControlCall): Promise<ControlReply> {
    const data = readAs(sessionUpdate, body);
    if (data.refused) return data.refused;
    return this.#try(params, (session, context) => finalize(session, { data: data.value }, context));
  }

  async #try({ session_id = '' }: ControlCall['params'], decide: Decide): Promise<ControlReply> {
    const { store } = this.#options.world;
    const { outcome: result, about } = await store.run(() => this.#unit(session_id.toLowerCase(), decide));
    if (!result.ok) return refusedBy(result.refusal, 'authorize', about);
    const { session, callbacks, code, explanation } = result.value;
    if (callbacks.length > 0) this.#options.background.kick(session.merchant_id);
    const why = { code, ...(explanation && { explanations: [explanation] }) };
    return { ...ok(tryView(result.value)), ...(about && { about: { ...about, ...why } }) };
  }

  *#unit(session_id: string, decide: Decide): Work<Tried> {
    const { world } = this.#options;
    const session = yield* read<Session>('session', session_id);
    const merchant = session && (yield* readShared<Merchant>('merchant', session.merchant_id));
    if (!session || !merchant) return { answer: { outcome: UNKNOWN_SESSION }, changes: {} };
    const now_ms = world.now() + merchant.clock_offset_ms;
    const about: About = { merchant_id: session.merchant_id, at_ms: now_ms, subject: session_id };
    const context: Context = { ...world, merchant, now_ms };
    const outcome = decide(session, context);
    if (!outcome.ok) return { answer: { outcome, about }, changes: {} };
    return { answer: { outcome, about }, changes: leftBehind(outcome.value, context) };
  }
}

/** What the shopper does: one of the engine's commands. */
type Decide = (session: Session, context: Context) => Outcome<Try>;

/** The body of a try to pay: what the JavaScript SDK's `authorize` takes, and how it is to end. */
export function readAuthorize(
  body: unknown,
): { value: AuthorizeRequest; refused?: never } | { value?: never; refused: ControlReply } {
  const data = readAs(sessionUpdate, body);
  if (data.refused) return data;
  const options = readAs(authorizeOptions, body);
  if (options.refused) return options;
  const { payment_method_category: category, payment_method, outcome } = options.value;
  const chosen = { ...(category && { category }), ...(payment_method && { payment_method }) };
  return { value: { data: data.value, ...chosen, ...(outcome && { outcome }) } };
}

/** What a try came to, and whose log it belongs in. */
interface Tried {
  readonly outcome: Outcome<Try>;
  readonly about?: About;
}

/** A session without a category to offer is at its end before the shopper's first try. */
function codeOf(session: Session, now_ms: number): CatalogueCode {
  return session.categories.length === 0 && !session.latest_try
    ? 'ALLOWED_CATEGORY_EMPTY'
    : sessionCode(session, now_ms);
}

const UNKNOWN_SESSION: Outcome<Try> = refuse('session_unknown', {
  message: 'There is no session with this id.',
  change: 'Use the session_id from the answer to POST /payments/v1/sessions.',
});

/** As the JavaScript SDK answers `authorize`, with the catalogue's code and the reason beside it. */
export function tryView(tried: Try): object {
  const { approved, show_form, authorization, finalize_required, invalid_fields, code, explanation } = tried;
  return {
    approved,
    show_form,
    ...(finalize_required && { finalize_required }),
    ...(authorization && { authorization_token: authorization.authorization_token }),
    ...(invalid_fields && { error: { invalid_fields } }),
    code,
    ...(explanation && { explanation }),
  };
}
