/**
 * The shopper's part: trying to pay, from Klarna's page, the SDK or a test. Several tries and several approvals a session are
 * possible; each approval yields a token of 60 minutes, of which one becomes an order.
 */
import type { SessionUpdate } from '../../wire/klarna-payments.ts';
import { accept, type Explanation, type Outcome, refuse } from './outcome.ts';
import { paymentMethod } from './payment-methods.ts';
import { decidingCountry } from './purchase.ts';
import { decidingRule, ruleInWords, testPerson } from './risk.ts';
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
  const current = updated.value;
  const category = request.category ?? current.categories[0];
  const outcome =
    category === undefined || !current.categories.includes(category)
      ? categoryNotOffered(current, request.category)
      : (unusableData(current, context) ?? decide(current, category, request, context));
  return accept({ ...outcome, session: withUnshown(outcome, session, request.data) });
}

/** What the shopper sent is kept for the next try, and shown to the merchant once a try is approved. */
function withUnshown({ session, approved }: Try, before: Session | undefined, sent: SessionUpdate): Session {
  const { unshown: _old, ...rest } = session;
  const isNew = (field: PersonalField) => sent[field] !== undefined && before?.details[field] === undefined;
  const unshown = PERSONAL_FIELDS.filter((field) => before?.unshown?.includes(field) || isNew(field));
  return approved || unshown.length === 0 ? rest : { ...rest, unshown };
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
  const person = testPerson(details.billing_address?.email, country);
  if (person?.outcome === 'refuse')
    return declined(session, 'REFUSED', `The test person ${details.billing_address?.email} is always declined.`);
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
  const authorization: Authorization = {
    authorization_token: context.id(),
    session_id: session.session_id,
    merchant_id: session.merchant_id,
    created_at_ms: context.now_ms,
    expires_at_ms: context.now_ms + WINDOWS.authorization_token_ms,
    status: 'live',
    category,
    payment_method: paymentMethod(category, request.payment_method),
    authorized_amount: session.details.order_amount,
    ...(review && { review }),
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
