/**
 * The shopper's part: trying to pay, from Klarna's page, the SDK or a test. Several tries and several approvals a session are
 * possible; each approval yields a token of 60 minutes, of which one becomes an order.
 */
import type { SessionUpdate } from '../../wire/klarna-payments.ts';
import { accept, type Explanation, type Outcome, refuse } from './outcome.ts';
import { METHODS, paymentMethod } from './payment-methods.ts';
import { decidingCountry } from './purchase.ts';
import { decidingRule, isPrescreened, ruleInWords, testPerson } from './risk.ts';
import { updateSession } from './session.ts';
import { invalidAddressFields, invalidCustomerFields } from './shopper-data.ts';
import {
  type Authorization,
  type Callback,
  type Category,
  type Context,
  type PaymentMethodType,
  PERSONAL_FIELDS,
  type PersonalField,
  type Review,
  type RISK_CODES,
  type Session,
  type Unfinalized,
  WINDOWS,
} from './state.ts';

/** What a shopper without a browser may be told to do. Absent: the test people and the merchant's rules decide. */
export const SHOPPER_OUTCOMES = ['approve', 'review', 'decline', 'error', 'back', 'abandon'] as const;
type ShopperOutcome = (typeof SHOPPER_OUTCOMES)[number];

export interface AuthorizeRequest {
  /** Session updates, as the JavaScript SDK's `authorize` takes them. */
  readonly data: SessionUpdate;
  readonly category?: Category;
  readonly payment_method?: PaymentMethodType;
  readonly outcome?: ShopperOutcome;
  /** The e-mail address that the shopper signed in with; a test person's decides where the billing address names none. */
  readonly email?: string;
  /** False: an approval of a two-step method waits for `finalize`, and has no token before. */
  readonly auto_finalize?: boolean;
}

/** The SDK's answer, and what is behind it. */
export interface Try {
  readonly session: Session;
  readonly authorization?: Authorization;
  readonly callbacks: readonly Callback[];
  readonly approved: boolean;
  /** False: hide Klarna. True without approval: the shopper may try again. */
  readonly show_form: boolean;
  readonly invalid_fields?: readonly string[];
  /** Approved, and without a token until `finalize`. */
  readonly finalize_required?: boolean;
  /** The catalogue's code for how the try ended. */
  readonly code: TryCode;
  readonly explanation?: Explanation;
}

type TryCode =
  | 'ACCEPTED'
  | 'ABANDONED'
  | 'FAILED'
  | 'PAYMENT_METHOD_NOT_AVAILABLE'
  | 'BAD_VALUE:billing_address'
  | (typeof RISK_CODES)[number];

/** One try to pay. A refusal of the engine means that the session cannot be authorized at all; a decline is a `Try`. */
export function authorize(session: Session | undefined, request: AuthorizeRequest, context: Context): Outcome<Try> {
  const updated = updateSession(session, request.data, context);
  if (!updated.ok) return updated;
  // Every try decides anew: an earlier approval that was never finalized is over.
  const { unfinalized: _over, ...current } = updated.value;
  const category = request.category ?? current.categories[0];
  const outcome =
    category === undefined || !current.categories.includes(category)
      ? categoryNotOffered(current, request.category)
      : (unusableData(current, context) ?? decide(current, category, request, context));
  return accept(withUnshown(outcome, session, request.data));
}

/** The page is asked for, to be shown in the shop (`load`) or to be opened (`authorize`). */
export interface BeginRequest {
  readonly data: SessionUpdate;
  /** Absent: whatever the session offers. */
  readonly categories?: readonly Category[];
  readonly moment: 'load' | 'authorize';
}

export interface Beginning {
  /** With what the shopper's page sent. */
  readonly session: Session;
  /** The try is over before it began: the shopper need not see the page. */
  readonly ended?: Try;
}

/** What can be said before the shopper has seen the page. Data is checked when the page is opened, not when it is loaded. */
export function begin(session: Session | undefined, request: BeginRequest, context: Context): Outcome<Beginning> {
  const updated = updateSession(session, request.data, context);
  if (!updated.ok) return updated;
  const ended = atOnce(updated.value, request, context);
  const before = keepUnshown(updated.value, session, request.data);
  return accept({ session: before, ...(ended && { ended: withUnshown(ended, session, request.data) }) });
}

function atOnce(session: Session, { categories, moment }: BeginRequest, context: Context): Try | undefined {
  const offered = session.categories.some((category) => categories?.includes(category) ?? true);
  if (!offered) return categoryNotOffered(session, categories?.[0]);
  const email = session.details.billing_address?.email;
  if (isPrescreened(email)) return declined(session, 'REFUSED', `The test person ${email} is declined at once.`);
  return moment === 'authorize' ? unusableData(session, context) : undefined;
}

/**
 * The second step of a method that has two: the approval becomes an authorization with a token. It is given for as long as a
 * token would be, and for no more than the amount that was approved.
 */
export function finalize(
  session: Session | undefined,
  request: Pick<AuthorizeRequest, 'data'>,
  context: Context,
): Outcome<Try> {
  const updated = updateSession(session, request.data, context);
  if (!updated.ok) return updated;
  const { unfinalized, ...current } = updated.value;
  const outcome =
    unusableData(updated.value, context) ??
    (unfinalized && isFinalizable(unfinalized, current, context)
      ? granted(current, unfinalized, context)
      : nothingToFinalize(current));
  return accept(withUnshown(outcome, session, request.data));
}

function isFinalizable({ approved_at_ms, authorized_amount }: Unfinalized, { details }: Session, context: Context) {
  const expires_at_ms = approved_at_ms + WINDOWS.authorization_token_ms;
  return context.now_ms < expires_at_ms && details.order_amount <= authorized_amount;
}

function nothingToFinalize(session: Session): Try {
  return {
    ...ended(session, 'failed', true),
    code: 'FAILED',
    explanation: {
      message:
        'No approval waits to be finalized: there was none, it is over 60 minutes old, or the amount was raised since.',
      change: 'Authorize again with auto_finalize: false, and finalize when finalize_required is true.',
    },
  };
}

/** What the shopper sent is kept for the next try, and shown to the merchant once a try is approved. */
function withUnshown(outcome: Try, before: Session | undefined, sent: SessionUpdate): Try {
  if (!outcome.approved) return { ...outcome, session: keepUnshown(outcome.session, before, sent) };
  const { unshown: _nowShown, ...session } = outcome.session;
  return { ...outcome, session };
}

function keepUnshown(session: Session, before: Session | undefined, sent: SessionUpdate): Session {
  const { unshown: _old, ...rest } = session;
  const isNew = (field: PersonalField) => sent[field] !== undefined && before?.details[field] === undefined;
  const unshown = PERSONAL_FIELDS.filter((field) => before?.unshown?.includes(field) || isNew(field));
  return unshown.length === 0 ? rest : { ...rest, unshown };
}

/** Cancels a live token: the purchase will not become an order. */
export function cancelAuthorization(
  authorization: Authorization | undefined,
  session: Session | undefined,
  context: Context,
): Outcome<{ authorization: Authorization; session?: Session }> {
  const mine = authorization?.merchant_id === context.merchant.merchant_id ? authorization : undefined;
  if (mine?.status === 'consumed') {
    return refuse('token_not_cancellable', {
      message: `Order ${mine.order_id} was placed with this token; an authorization that became an order cannot be deleted.`,
      change: `Cancel the order: POST /ordermanagement/v1/orders/${mine.order_id}/cancel.`,
    });
  }
  const live = liveAuthorization(mine, context);
  if (!live.ok) return live;
  const { authorization_token } = live.value;
  const cancelled: Authorization = { ...live.value, status: 'cancelled' };
  return accept({
    authorization: cancelled,
    ...(session?.authorization_token === authorization_token && { session: withoutToken(session) }),
  });
}

/** The merchant's authorization while its token can be used. */
export function liveAuthorization(authorization: Authorization | undefined, context: Context): Outcome<Authorization> {
  const mine = authorization?.merchant_id === context.merchant.merchant_id ? authorization : undefined;
  if (mine?.status === 'live' && context.now_ms < mine.expires_at_ms) return accept(mine);
  const message = !mine
    ? 'This merchant has no authorization with this token.'
    : mine.status === 'cancelled'
      ? 'The authorization was cancelled.'
      : `The token expired at ${new Date(mine.expires_at_ms).toISOString()}, 60 minutes after the authorization; it is ${new Date(context.now_ms).toISOString()} for this merchant.`;
  return refuse('token_unknown', {
    message,
    change: 'Let the shopper authorize the purchase again and use the new token.',
  });
}

function withoutToken({ authorization_token: _gone, authorization_expires_at_ms: _too, ...session }: Session): Session {
  return { ...session, latest_try: 'reversed' };
}

function categoryNotOffered(session: Session, asked: Category | undefined): Try {
  const offered = session.categories.join(', ') || 'none';
  return {
    ...ended(session, 'failed', false),
    code: 'PAYMENT_METHOD_NOT_AVAILABLE',
    explanation: {
      field: 'payment_method_category',
      ...(asked && { got: asked }),
      expected: offered,
      message: `The session offers these categories: ${offered}.`,
      change: 'Authorize with an offered category, or enable the category for the merchant.',
    },
  };
}

function unusableData(session: Session, context: Context): Try | undefined {
  const { billing_address, shipping_address, customer } = session.details;
  const country = decidingCountry(session.details);
  const invalid_fields = [
    ...invalidAddressFields('billing_address', billing_address, country),
    ...invalidAddressFields('shipping_address', shipping_address, country),
    ...invalidCustomerFields(customer, context.now_ms),
  ];
  if (invalid_fields.length === 0) return undefined;
  return {
    ...ended(session, 'failed', true),
    invalid_fields,
    code: 'BAD_VALUE:billing_address',
    explanation: {
      field: invalid_fields[0] ?? '',
      message: `Klarna would ask the shopper to correct ${invalid_fields.join(', ')}: not valid in ${country}.`,
      change: 'Send corrected data with the next authorize call.',
    },
  };
}

function decide(session: Session, category: Category, request: AuthorizeRequest, context: Context): Try {
  if (request.outcome) return OUTCOMES[request.outcome](session, category, request, context);
  const { details } = session;
  const country = decidingCountry(details);
  const email = details.billing_address?.email || request.email;
  const person = testPerson(email, country);
  if (person?.outcome === 'refuse') return declined(session, 'REFUSED', `The test person ${email} is always declined.`);
  if (person) return approved(session, category, request, context, person.review);
  const question = { country, currency: details.purchase_currency, category, amount: details.order_amount };
  const rule = decidingRule(context.merchant.risk_rules, 'authorize', question);
  if (rule?.decision === 'refuse')
    return declined(session, rule.code ?? 'REFUSED', `Refused by the merchant's ${ruleInWords(rule)}.`);
  return approved(session, category, request, context, rule && DEFAULT_REVIEW);
}

const DEFAULT_REVIEW: Review = { decision: 'accept', decide_after_ms: WINDOWS.review_ms };

type Decide = (session: Session, category: Category, request: AuthorizeRequest, context: Context) => Try;

const OUTCOMES: Readonly<Record<ShopperOutcome, Decide>> = {
  approve: (session, category, request, context) => approved(session, category, request, context, undefined),
  review: (session, category, request, context) => approved(session, category, request, context, DEFAULT_REVIEW),
  decline: (session) => declined(session, 'REFUSED', 'The request asked for a decline.'),
  error: (session) => ({ ...ended(session, 'failed', true), code: 'FAILED' }),
  back: (session) => ({ ...ended(session, 'abandoned', true), code: 'ABANDONED' }),
  abandon: (session) => ({ ...ended(session, 'abandoned', true), code: 'ABANDONED' }),
};

function approved(
  session: Session,
  category: Category,
  request: AuthorizeRequest,
  context: Context,
  review: Review | undefined,
): Try {
  const approval: Unfinalized = {
    category,
    payment_method: paymentMethod(category, request.payment_method),
    authorized_amount: session.details.order_amount,
    approved_at_ms: context.now_ms,
    ...(review && { review }),
  };
  const waits = request.auto_finalize === false && METHODS[approval.payment_method.type].two_steps;
  return waits ? unfinalized(session, approval) : granted(session, approval, context);
}

function unfinalized(session: Session, approval: Unfinalized): Try {
  return {
    session: { ...session, unfinalized: approval, latest_try: 'approved' },
    callbacks: [],
    approved: true,
    show_form: true,
    finalize_required: true,
    code: 'ACCEPTED',
  };
}

/** An approval with its token. */
function granted(session: Session, { approved_at_ms: _then, ...approval }: Unfinalized, context: Context): Try {
  const authorization: Authorization = {
    authorization_token: context.id(),
    session_id: session.session_id,
    merchant_id: session.merchant_id,
    created_at_ms: context.now_ms,
    expires_at_ms: context.now_ms + WINDOWS.authorization_token_ms,
    status: 'live',
    ...approval,
  };
  return {
    session: {
      ...session,
      authorization_token: authorization.authorization_token,
      authorization_expires_at_ms: authorization.expires_at_ms,
      latest_try: 'approved',
    },
    authorization,
    callbacks: authorizationCallback(session, authorization, context),
    approved: true,
    show_form: true,
    code: 'ACCEPTED',
  };
}

function authorizationCallback(session: Session, { authorization_token }: Authorization, context: Context): Callback[] {
  const url = session.details.merchant_urls?.authorization;
  if (!url) return [];
  const { session_id } = session;
  return [
    {
      rule: 'authorization',
      url: fillUrl(url, { session_id }),
      body: JSON.stringify({ authorization_token, session_id }),
      due_at_ms: context.now_ms,
      subject: session_id,
    },
  ];
}

/** Klarna Payments' placeholders: `{session.id}` and `{order.id}`, plain or percent-encoded by the shop. */
export function fillUrl(url: string, ids: { session_id: string; order_id?: string }): string {
  return url
    .replace(/(?:\{|%7B)session\.id(?:\}|%7D)/gi, ids.session_id)
    .replace(/(?:\{|%7B)order\.id(?:\}|%7D)/gi, (placeholder) => ids.order_id ?? placeholder);
}

function declined(session: Session, code: (typeof RISK_CODES)[number], message: string): Try {
  return {
    ...ended(session, 'refused', false),
    code,
    explanation: {
      message,
      change: 'Offer the shopper another payment method; the same shopper will be declined again.',
    },
  };
}

function ended(
  session: Session,
  latest_try: NonNullable<Session['latest_try']>,
  show_form: boolean,
): Omit<Try, 'code'> {
  return { session: { ...session, latest_try }, callbacks: [], approved: false, show_form };
}
