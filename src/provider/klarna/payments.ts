/** Klarna Payments v1: its calls in terms of the engine's commands, and the engine's outcomes in its words. */
import { hash } from 'node:crypto';
import { type Ask, type Put, read } from '../../store/store.ts';
import {
  type OrderCreate,
  orderCreate,
  type SessionCreate,
  type SessionUpdate,
  sessionCreate,
  sessionUpdate,
} from '../../wire/klarna-payments.ts';
import { orderChanges } from '../bookkeeping.ts';
import { cancelAuthorization } from '../engine/authorize.ts';
import { type PlacedOrder, placeOrder, type Repeated } from '../engine/place-order.ts';
import { createSession, readableSession, shownDetails, updateSession } from '../engine/session.ts';
import type { Authorization, Category, Order, Session } from '../engine/state.ts';
import { bringUpToDate } from '../engine/time.ts';
import { paymentsFaults } from './faults.ts';
import { type Built, type Call, type Handler, json, type Operation, type Reply, refusedReply } from './operation.ts';
import { readCustomerToken, recoveryPuts } from './token-records.ts';

const NAMES: Readonly<Record<Category, string>> = {
  klarna: 'Pay with Klarna',
  pay_later: 'Pay later',
  pay_now: 'Pay now',
  pay_over_time: 'Pay over time',
  direct_bank_transfer: 'Bank transfer',
  direct_debit: 'Direct debit',
};
/** Klarna's own badge, the same for every category: the documented answer for accounts with the one category `klarna`. */
const BADGE = 'https://x.klarnacdn.net/payment-method/assets/badges/generic/klarna.svg';

/** The records that a session and its authorizations are kept in. */
export function sessionPut(session: Session, fresh = false): Put {
  return { kind: 'session', id: session.session_id, merchant_id: session.merchant_id, state: session, fresh };
}
export function authorizationPut(authorization: Authorization, fresh = false): Put {
  const { authorization_token: id, merchant_id } = authorization;
  return { kind: 'authorization', id, merchant_id, state: authorization, fresh };
}

const createSessionHandler: Handler = function* (call) {
  const details = call.body as SessionCreate;
  const { customer_token } = details.customer ?? {};
  const recovers = details.step_up_id !== undefined && customer_token !== undefined;
  const recovered = recovers ? yield* readCustomerToken(customer_token) : undefined;
  const outcome = createSession(details, call.context, recovered);
  if (!outcome.ok) return refusedReply(outcome.refusal, call);
  const session = outcome.value;
  const { session_id } = session;
  const body = { session_id, client_token: clientToken(session, call), payment_method_categories: categories(session) };
  return json(200, body, { subject: session_id, changes: { put: [sessionPut(session, true)] } });
};

const updateSessionHandler: Handler = function* (call) {
  const session = yield* readSession(call);
  const outcome = updateSession(session, call.body as SessionUpdate, call.context);
  const subject = session?.session_id ?? '';
  if (!outcome.ok) return refusedReply(outcome.refusal, call, { subject });
  return { status: 204, subject, changes: { put: [sessionPut(outcome.value)] } };
};

const readSessionHandler: Handler = function* (call) {
  const outcome = readableSession(yield* readSession(call), call.context);
  if (!outcome.ok) return refusedReply(outcome.refusal, call);
  return json(200, sessionView(outcome.value, call), { subject: outcome.value.session_id });
};

const cancelAuthorizationHandler: Handler = function* (call) {
  const { authorization, session } = yield* readAuthorization(call);
  const outcome = cancelAuthorization(authorization, session, call.context);
  const subject = authorization?.session_id ?? '';
  if (!outcome.ok) return refusedReply(outcome.refusal, call, { subject });
  const { value } = outcome;
  return {
    status: 204,
    subject,
    changes: { put: [authorizationPut(value.authorization), ...(value.session ? [sessionPut(value.session)] : [])] },
  };
};

const createOrderHandler: Handler = function* (call) {
  const { authorization, session } = yield* readAuthorization(call);
  const request = call.body as OrderCreate;
  const digest = hash('sha256', JSON.stringify(request), 'hex');
  const outcome = placeOrder(authorization, session, request, digest, call.context);
  if (!outcome.ok) return refusedReply(outcome.refusal, call, { subject: authorization?.session_id ?? '' });
  const placed = outcome.value;
  if ('order' in placed) return yield* orderReply(placed, call);
  return yield* repeatedReply(placed, call);
};

function* orderReply(placed: PlacedOrder, call: Call): Generator<Ask, Reply, unknown> {
  const { order, session, authorization, callbacks } = placed;
  const recovery = yield* recoveryPuts(session, authorization, call.context);
  const put = [
    ...orderChanges(undefined, order, call.context),
    sessionPut(session),
    authorizationPut(authorization),
    ...recovery,
  ];
  return json(200, placedView(order, call), { subject: order.order_id, callbacks, changes: { put } });
}

/** The answer that the first call got; only the fraud status is of today. */
function* repeatedReply({ order_id }: Repeated, call: Call): Generator<Ask, Reply, unknown> {
  const order = yield* read<Order>('order', order_id);
  if (!order) throw new Error(`order ${order_id} of a consumed authorization is gone`);
  const upToDate = bringUpToDate(order, call.context).order;
  return json(200, placedView(upToDate, call), { subject: order_id, replayed: true });
}

/** A new order as its merchant gets it, from a session or a customer token. */
export function placedView(order: Order, { base }: Call): object {
  return {
    order_id: order.order_id,
    ...(order.merchant_urls.confirmation && { redirect_url: `${base}/redirect/${order.order_id}` }),
    fraud_status: order.fraud_status,
    authorized_payment_method: order.payment_method,
  };
}

function* readSession(call: Call): Generator<Ask, Session | undefined, unknown> {
  return yield* read<Session>('session', (call.params.session_id ?? '').toLowerCase());
}

/** The authorization that the path names, and its session. */
export function* readAuthorization(
  call: Call,
): Generator<Ask, { authorization: Authorization | undefined; session: Session | undefined }, unknown> {
  const authorization = yield* read<Authorization>(
    'authorization',
    (call.params.authorization_token ?? '').toLowerCase(),
  );
  const session = authorization && (yield* read<Session>('session', authorization.session_id));
  return { authorization, session };
}

/** Whether the newest authorization's token can still be used. */
function isUsable({ authorization_expires_at_ms = 0 }: Session, { context }: Call): boolean {
  return context.now_ms < authorization_expires_at_ms;
}

/** A session as its merchant reads it. What identifies the shopper towards authorities is not handed out again. */
function sessionView(session: Session, call: Call): object {
  const { customer, step_up_id: _createOnly, ...details } = shownDetails(session);
  return {
    status: session.status,
    expires_at: new Date(session.expires_at_ms).toISOString(),
    client_token: clientToken(session, call),
    ...(isUsable(session, call) && { authorization_token: session.authorization_token }),
    payment_method_categories: categories(session),
    ...details,
    ...(customer && { customer: publicCustomer(customer) }),
  };
}

function publicCustomer(customer: NonNullable<SessionCreate['customer']>): object {
  const { last_four_ssn: _ssn, national_identification_number: _nin, customer_token: _token, ...rest } = customer;
  return rest;
}

function categories(session: Session): object[] {
  return session.categories.map((identifier) => ({
    identifier,
    name: NAMES[identifier],
    asset_urls: { descriptive: BADGE, standard: BADGE },
  }));
}

const TOKEN_HEADER = base64url({ alg: 'HS256', typ: 'JWT' });

/** A JWT that names the session. It follows from the session, so it is not stored. Klarna does not document its claims. */
export function clientToken(session: Session, call: Pick<Call, 'base' | 'sign'>): string {
  const { purchase_country, locale } = session.details;
  const claims = {
    session_id: session.session_id,
    base_url: call.base,
    purchase_country,
    language: locale?.slice(0, 2),
    environment: 'local',
    payment_method_categories: session.categories,
    ...(session.details.step_up_id !== undefined && { step_up: true }),
  };
  const unsigned = `${TOKEN_HEADER}.${base64url(claims)}`;
  return `${unsigned}.${call.sign(unsigned)}`;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const write = (body: Built['body'], handle: Handler): Built => ({
  built: true,
  mode: 'write',
  faults: paymentsFaults,
  handle,
  ...(body && { body }),
});
const readOnly = (handle: Handler): Built => ({ built: true, mode: 'read', faults: paymentsFaults, handle });

const payments = (
  method: Operation['method'],
  path: string,
  name: string,
  serve: Operation['serve'],
  rate_class: Operation['rate_class'] = 'other',
): Operation => ({
  api: 'Klarna Payments v1',
  method,
  path: `/payments/v1${path}`,
  name,
  serve,
  rate_class,
});

export const PAYMENTS: readonly Operation[] = [
  payments('POST', '/sessions', 'createSession', write(sessionCreate, createSessionHandler), 'create_session'),
  payments('POST', '/sessions/{session_id}', 'updateSession', write(sessionUpdate, updateSessionHandler)),
  payments('GET', '/sessions/{session_id}', 'readSession', readOnly(readSessionHandler)),
  payments(
    'DELETE',
    '/authorizations/{authorization_token}',
    'cancelAuthorization',
    write(undefined, cancelAuthorizationHandler),
  ),
  payments(
    'POST',
    '/authorizations/{authorization_token}/order',
    'createOrder',
    write(orderCreate, createOrderHandler),
  ),
];
