/** An authorization becomes an order. Source: create a one-time payment order; Klarna Payments OpenAPI. */
import type { OrderCreate, SessionCreate } from '../../wire/klarna-payments.ts';
import { fillUrl, liveAuthorization } from './authorize.ts';
import { captureAll } from './capture.ts';
import { differences } from './compare.ts';
import { accept, type Outcome, type Refused, refuse } from './outcome.ts';
import { decidingCountry, purchaseFaults } from './purchase.ts';
import { decidingRule, ruleInWords } from './risk.ts';
import { openSession, refuseInactive } from './session.ts';
import {
  type Authorization,
  type Callback,
  type Context,
  DAY_MS,
  type Order,
  type PaymentMethod,
  type Review,
  type Session,
  WINDOWS,
} from './state.ts';

export interface PlacedOrder extends NewOrder {
  readonly session: Session;
  readonly authorization: Authorization;
}

/** The same call came before: the order it made. */
export interface Repeated {
  readonly order_id: string;
}

/**
 * Places the order, or finds the one that the same call placed before.
 * @param digest of the body, the same for the same body
 * @param order_id nobody else's; where a face names it after an id of its own
 */
export function placeOrder(
  authorization: Authorization | undefined,
  session: Session | undefined,
  request: OrderCreate,
  digest: string,
  context: Context,
  order_id?: string,
): Outcome<PlacedOrder | Repeated> {
  const inactive = refuseInactive(context);
  if (inactive) return inactive;
  const consumed = authorization?.merchant_id === context.merchant.merchant_id && authorization.status === 'consumed';
  if (consumed) return repeat(authorization, digest, context);
  const live = liveAuthorization(authorization, context);
  if (!live.ok) return live;
  const open = openSession(session, context);
  if (!open.ok) return open;
  const refused = refusePurchase(live.value, open.value, request, context);
  if (refused) return refused;
  return accept(place(live.value, open.value, request, digest, context, order_id));
}

/** The token was used. The same body gets the same order for as long as the token would have lived. */
function repeat(authorization: Authorization, digest: string, context: Context): Outcome<Repeated> {
  const { order_id = '', expires_at_ms } = authorization;
  if (context.now_ms >= expires_at_ms) {
    return refuse('token_consumed', {
      message: `Order ${order_id} was placed with this token, and the token has expired since; only until then a repeat is answered with the order.`,
      change: 'Use the order; for another purchase create a new session.',
    });
  }
  if (authorization.order_digest !== digest) {
    return refuse('order_differs_from_first_call', {
      message: `Order ${order_id} was placed with this token and another body.`,
      change: 'Repeat a call with the very same body. To change the order use Order Management.',
    });
  }
  return accept({ order_id });
}

function refusePurchase(
  authorization: Authorization,
  session: Session,
  request: OrderCreate,
  context: Context,
): Refused | undefined {
  const faults = purchaseFaults(request);
  if (faults.length > 0) return refuse('bad_purchase', faults);
  const differing = differences(session.details, request, context.merchant.lower_amount_allowed);
  if (differing.length > 0) return refuse('order_differs_from_session', differing);
  return refuseRisk(authorization, request, context);
}

/** A new risk decision: for more than was authorized, and where a rule of the merchant asks for it. */
function refuseRisk(authorization: Authorization, request: OrderCreate, { merchant }: Context): Refused | undefined {
  const change = 'Let the shopper authorize the purchase as it is now.';
  if (request.order_amount > authorization.authorized_amount) {
    return refuse('order_rejected', {
      field: 'order_amount',
      expected: authorization.authorized_amount,
      got: request.order_amount,
      off_by: request.order_amount - authorization.authorized_amount,
      message: `The shopper authorized ${authorization.authorized_amount}; the session was raised to ${request.order_amount} afterwards.`,
      change,
    });
  }
  const rule = decidingRule(merchant.risk_rules, 'create_order', {
    country: decidingCountry(request),
    currency: request.purchase_currency,
    category: authorization.category,
    amount: request.order_amount,
  });
  if (rule?.decision !== 'refuse') return undefined;
  return refuse('order_rejected', { message: `Refused by the merchant's ${ruleInWords(rule)}.`, change });
}

function place(
  authorization: Authorization,
  session: Session,
  request: OrderCreate,
  digest: string,
  context: Context,
  named: string | undefined,
): PlacedOrder {
  const { merchant_id, session_id, details } = session;
  const { payment_method } = authorization;
  const review = authorization.review ?? reviewByRule(authorization, request, context);
  const basis = { merchant_id, session_id, payment_method, details, review, ...(named && { order_id: named }) };
  const made = makeOrder(basis, request, context);
  const { order_id } = made.order;
  const { authorization_token: _used, authorization_expires_at_ms: _too, ...rest } = session;
  return {
    ...made,
    session: { ...rest, status: 'complete', order_id, completed_at_ms: context.now_ms },
    authorization: { ...authorization, status: 'consumed', order_id, order_digest: digest },
  };
}

/** Whom an order is from and how it is paid, whether a shopper authorized it or a customer token is charged. */
export interface OrderBasis {
  /** Absent: a new one. */
  readonly order_id?: string;
  readonly merchant_id: string;
  readonly session_id: string;
  readonly payment_method: PaymentMethod;
  /** What is known besides the request. */
  readonly details: SessionCreate;
  readonly review: Review | undefined;
}

export interface NewOrder {
  readonly order: Order;
  readonly callbacks: readonly Callback[];
}

/** A new order with its push, captured at once where that was asked for and nothing is in review. */
export function makeOrder(basis: OrderBasis, request: OrderCreate, context: Context): NewOrder {
  const order = newOrder(basis, request, context);
  const captured = request.auto_capture && order.fraud_status === 'ACCEPTED' ? captureAll(order, context) : order;
  return { order: captured, callbacks: pushCallback(order, context) };
}

function newOrder(basis: OrderBasis, request: OrderCreate, context: Context): Order {
  const { review } = basis;
  // What the order says is added to what was known; where both speak they were found equal.
  const details = { ...basis.details, ...request };
  const billing_address = {
    country: decidingCountry(details),
    ...basis.details.billing_address,
    ...request.billing_address,
  };
  const now = context.now_ms;
  return {
    order_id: basis.order_id ?? context.id(),
    merchant_id: basis.merchant_id,
    session_id: basis.session_id,
    klarna_reference: context.reference(),
    created_at_ms: now,
    expires_at_ms: midnightAfter(now, context.merchant.authorization_days),
    status: 'AUTHORIZED',
    fraud_status: review ? 'PENDING' : 'ACCEPTED',
    acknowledged: false,
    order_amount: request.order_amount,
    original_order_amount: request.order_amount,
    purchase_country: details.purchase_country,
    purchase_currency: request.purchase_currency,
    locale: details.locale ?? '',
    order_lines: request.order_lines,
    billing_address,
    // Klarna ships to the billing address unless told otherwise, and never to a mixture of the two.
    shipping_address:
      details.shipping_address === undefined
        ? billing_address
        : { ...basis.details.shipping_address, ...request.shipping_address },
    ...(details.customer && { customer: { ...basis.details.customer, ...request.customer } }),
    ...(details.merchant_reference1 !== undefined && { merchant_reference1: details.merchant_reference1 }),
    ...(details.merchant_reference2 !== undefined && { merchant_reference2: details.merchant_reference2 }),
    ...(details.merchant_data !== undefined && { merchant_data: details.merchant_data }),
    merchant_urls: { ...basis.details.merchant_urls, ...request.merchant_urls },
    payment_method: basis.payment_method,
    captures: [],
    refunds: [],
    shipping_info: [],
    ...(review && { review: { decision: review.decision, decide_at_ms: now + review.decide_after_ms } }),
    ...(review && request.auto_capture && { auto_capture_id: context.id() }),
    answers: [],
  };
}

function reviewByRule(authorization: Authorization, request: OrderCreate, { merchant }: Context): Review | undefined {
  const rule = decidingRule(merchant.risk_rules, 'create_order', {
    country: decidingCountry(request),
    currency: request.purchase_currency,
    category: authorization.category,
    amount: request.order_amount,
  });
  return rule?.decision === 'review' ? { decision: 'accept', decide_after_ms: WINDOWS.review_ms } : undefined;
}

/** Midnight UTC of the day `days` after the one of `now_ms`: authorizations end at the start of a day. */
export function midnightAfter(now_ms: number, days: number): number {
  return Math.floor(now_ms / DAY_MS) * DAY_MS + days * DAY_MS;
}

function pushCallback(order: Order, context: Context): Callback[] {
  const { push } = order.merchant_urls;
  if (!push) return [];
  return [{ rule: 'push', url: fillUrl(push, order), body: '', due_at_ms: context.now_ms, subject: order.order_id }];
}
