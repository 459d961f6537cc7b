/**
 * A payment over Klarna: begun on Klarna's page, turned into an order when the shopper has authorized, captured, voided, refunded. Each
 * function is part of one unit of work: it reads what it needs and says what changes. What may be done is the engine's to decide.
 */
import { type Ask, type Put, read } from '../../store/store.ts';
import type { AuthorizationUpdate } from '../../wire/order-management.ts';
import * as management from '../../wire/order-management.ts';
import { check } from '../../wire/shape.ts';
import { orderChanges } from '../bookkeeping.ts';
import { readOpenDisputes, settleDisputes } from '../disputes.ts';
import { capture } from '../engine/capture.ts';
import { withDispute } from '../engine/dispute-moves.ts';
import { disableHosted, readableHosted } from '../engine/hosted.ts';
import { orderOf } from '../engine/hosted-pay.ts';
import { cancel, readableOrder, release, updateAuthorization } from '../engine/order.ts';
import { type Explanation, map, type Outcome } from '../engine/outcome.ts';
import { placeOrder } from '../engine/place-order.ts';
import { refund } from '../engine/refund.ts';
import {
  type Authorization,
  type Callback,
  type Context,
  capturedAmount,
  type HostedSession,
  type Order,
  refundableAmount,
  refundableOf,
  remainingAmount,
  type Session,
} from '../engine/state.ts';
import { bringUpToDate } from '../engine/time.ts';
import { hostedPut } from '../klarna/hosted-payment-page.ts';
import { authorizationPut, sessionPut } from '../klarna/payments.ts';
import { type Failure, failureOf } from './failure.ts';
import { klarnaCaptureId, recorded, withFailed, withRoot } from './ledger.ts';
import { paymentPut, transactionPuts } from './records.ts';
import type { Signer } from './signing.ts';
import type { Answered, PursePayment, Transaction } from './state.ts';
import { LIMITS } from './state.ts';
import { HOSTED_TO_PSP, isRetryable, PSP_STATUSES } from './statuses.ts';
import { intoWallet, tokenFrom } from './tokens.ts';
import { notifications } from './views.ts';

/** What every command works with. */
export interface Desk {
  readonly context: Context;
  readonly signer: Signer;
  /** `http://host:port` as clients address this server. */
  readonly base: string;
}

/** What a payment has become. */
export interface Came {
  readonly payment: PursePayment;
  /** Klarna's order, as it is now; absent: there is none, or none that can be read. */
  readonly order?: Order;
  /** The order as it is stored; absent: it is new. */
  readonly stored?: Order;
  /** Klarna's other records that changed with it. */
  readonly put: readonly Put[];
  readonly callbacks: readonly Callback[];
  readonly explanations: readonly Explanation[];
}

export type Steps<T> = Generator<Ask, T, unknown>;

const as = (payment: PursePayment, more: Partial<Came> = {}): Came => ({
  payment,
  put: [],
  callbacks: [],
  explanations: [],
  ...more,
});

/** Where Klarna's changes are announced to this face, see `follower.ts`. */
export const addressOf = {
  session: (session_id: string) => `kvitt:purse/sessions/${session_id}`,
  payment: (payment_id: string) => `kvitt:purse/payments/${payment_id}`,
  capture: (payment_id: string) => `kvitt:purse/payments/${payment_id}/capture`,
} as const;

/** Everything to be stored of a payment that changed, and whom to tell. @param before as it was stored; absent: it is new */
export function changesOf(
  before: PursePayment | undefined,
  { payment, order, stored, put: others, callbacks }: Came,
  desk: Desk,
): { readonly payment: PursePayment; readonly put: Put[]; readonly callbacks: Callback[] } {
  // This face knows already what it did itself.
  const sent = callbacks.filter(({ rule }) => rule !== 'follower');
  const put =
    order === undefined || order === stored ? others : [...orderChanges(stored, order, desk.context), ...others];
  if (payment === before) return { payment, put: [...put], callbacks: sent };
  const next = { ...payment, version: (before?.version ?? 0) + 1 };
  const made = payment.transactions.filter((each) => !before?.transactions.includes(each));
  const told = notifications(before, next, desk.context, desk.signer, desk.base);
  const later = captureLater(before, next, desk.context);
  return {
    payment: next,
    put: [...put, paymentPut(next, before === undefined), ...transactionPuts(next, made)],
    callbacks: [...sent, ...told, ...later],
  };
}

/** A payment that is captured by itself some time after it was authorized. */
function captureLater(before: PursePayment | undefined, after: PursePayment, { now_ms }: Context): Callback[] {
  const { capture_delay_ms, payment_id, order_id, session_id } = after;
  const isAuthorized = (payment: PursePayment | undefined) => payment?.transactions[0].psp_status === 'SUCCESS';
  if (capture_delay_ms === undefined || !isAuthorized(after) || isAuthorized(before)) return [];
  const url = addressOf.capture(payment_id);
  return [{ rule: 'follower', url, body: '', due_at_ms: now_ms + capture_delay_ms, subject: order_id ?? session_id }];
}

/** The payment as Klarna has it now. The order is placed as soon as the shopper has authorized. */
export function* caughtUp(before: PursePayment, desk: Desk): Steps<Came> {
  const came = before.order_id === undefined ? yield* followPage(before, desk) : as(before);
  const { payment } = came;
  // An order that was placed just now is as new as can be, and not in the store yet.
  if (payment.order_id === undefined || came.order) return came;
  const stored = yield* read<Order>('order', payment.order_id);
  const found = readableOrder(stored, desk.context);
  if (!found.ok) return came;
  const { order, callbacks } = bringUpToDate(found.value, desk.context);
  return as(recorded(payment, order, desk.context), { order, stored: found.value, callbacks });
}

/** What the shopper has done on Klarna's page since. */
function* followPage(payment: PursePayment, desk: Desk): Steps<Came> {
  const [root] = payment.transactions;
  if (!isRetryable(root.psp_status) || payment.hosted_id === undefined) return as(payment);
  const hosted = yield* read<HostedSession>('hosted', payment.hosted_id);
  const session = hosted && (yield* read<Session>('session', hosted.session_id));
  const current = readableHosted(hosted, session, desk.context);
  if (!current.ok) {
    const { explanations } = current.refusal;
    return as(withRoot(payment, 'UNKNOWN_RESPONSE', desk.context, 'The session has expired'), { explanations });
  }
  const { status, authorization_token } = current.value;
  if (status !== 'COMPLETED' || authorization_token === undefined)
    return as(withRoot(payment, HOSTED_TO_PSP[status], desk.context));
  return yield* authorized(payment, authorization_token, session, desk);
}

/** The shopper has authorized: the order is placed, the customer token made, or both. */
export function* authorized(payment: PursePayment, token: string, known: Session | undefined, desk: Desk): Steps<Came> {
  const { context } = desk;
  const authorization = yield* read<Authorization>('authorization', token.toLowerCase());
  const session = known ?? (authorization && (yield* read<Session>('session', authorization.session_id)));
  const [root] = payment.transactions;
  if (root.amount === 0) return yield* tokenOnly(payment, authorization, session, desk);
  const body = session && orderOf(session.details, isCapturedAtOnce(payment));
  const digest = `purse payment ${payment.payment_id}`;
  const outcome = placeOrder(authorization, session, body ?? NO_ORDER, digest, context);
  if (!outcome.ok) return refused(payment, failureOf(outcome.refusal), context);
  if (!('order' in outcome.value)) return as({ ...payment, order_id: outcome.value.order_id });
  const { order: placed, session: done, authorization: used, callbacks } = outcome.value;
  const order = { ...placed, follower: addressOf.payment(payment.payment_id) };
  const ordered = { ...payment, order_id: order.order_id };
  const saved = yield* savedToken(ordered, used, done, context);
  const put = [sessionPut(done), authorizationPut(saved.authorization), ...saved.put];
  const { explanations } = saved;
  return as(recorded(saved.payment, order, context), { order, put, callbacks, explanations });
}

/** With the purchase the shopper agreed to be charged again; an order whose method cannot be is an order all the same. */
function* savedToken(
  payment: PursePayment,
  authorization: Authorization,
  session: Session,
  context: Context,
): Steps<Pick<Came, 'payment' | 'put' | 'explanations'> & { readonly authorization: Authorization }> {
  const without = { payment, authorization, put: [], explanations: [] };
  if (!payment.future_usage) return without;
  const outcome = tokenFrom(authorization, session, context);
  if (!outcome.ok) return { ...without, explanations: outcome.refusal.explanations };
  const { token, authorization: used, put } = outcome.value;
  const wallet = yield* intoWallet(payment.merchant_id, payment.customer_reference, token.token_id);
  const tokened = { ...payment, customer_token_id: token.token_id };
  return { payment: tokened, authorization: used, put: [...put, ...wallet], explanations: [] };
}

/** Asked for with a token that is not known: Klarna looks at the token first. */
const NO_ORDER = { purchase_country: '', purchase_currency: '', order_amount: 0, order_lines: [] };

/** An information request has nothing to pay: the authorization is all there is, and the token that is made of it. */
function* tokenOnly(
  payment: PursePayment,
  authorization: Authorization | undefined,
  session: Session | undefined,
  { context }: Desk,
): Steps<Came> {
  const outcome = tokenFrom(authorization, session, context);
  if (!outcome.ok) return refused(payment, failureOf(outcome.refusal), context);
  const { token, authorization: used, put } = outcome.value;
  const wallet = yield* intoWallet(payment.merchant_id, payment.customer_reference, token.token_id);
  const completed = withRoot({ ...payment, customer_token_id: token.token_id }, 'COMPLETED', context);
  return as(completed, { put: [authorizationPut(used), ...put, ...wallet] });
}

function refused(payment: PursePayment, { psp_status, description, explanations }: Failure, context: Context): Came {
  return as(withRoot(payment, psp_status, context, description), { explanations });
}

function isCapturedAtOnce({ capture: mode, capture_delay_ms }: PursePayment): boolean {
  return mode === 'AUTOMATIC' && capture_delay_ms === undefined;
}

/** An operation on a payment. */
export interface Asked {
  readonly action: 'CAPTURE' | 'VOID' | 'REFUND';
  /** The transaction that it is about: the authorization, or for a refund the capture. Absent: Klarna chooses the capture. */
  readonly parent?: string;
  /** Absent: all there is. */
  readonly amount: number | undefined;
}

export interface Operated extends Came {
  /** What was made; absent: there was nothing to do. */
  readonly transaction?: Transaction;
}

/** Captures, voids or refunds. What Klarna refuses is a transaction too, one that failed. */
export function* operate(before: PursePayment, asked: Asked, desk: Desk): Steps<Operated> {
  const came = yield* caughtUp(before, desk);
  const { payment, order } = came;
  if (payment.transactions.length >= LIMITS.transactions) return came;
  if (order === undefined) return yield* withoutOrder(came, asked, desk);
  // As through Klarna's own API: a refund may settle what the shopper disputes.
  const disputes = yield* readOpenDisputes(order, desk.context);
  const disputed = disputes.reduce((current, { dispute }) => withDispute(current, dispute), order);
  const outcome = OPERATIONS[asked.action](payment, disputed, asked, desk.context);
  if (!outcome.ok) return failed(came, asked, outcome.failure, order, desk);
  const settled = settleDisputes(outcome.order, disputes, desk.context);
  const { order: changed } = settled;
  const known = recorded(payment, changed, desk.context);
  const { payment: next, transaction } = madeOf(asked, payment, known, changed.status !== order.status, desk.context);
  const put = [...came.put, ...settled.put];
  const callbacks = [...came.callbacks, ...settled.callbacks];
  return { ...came, payment: next, order: changed, put, callbacks, ...(transaction && { transaction }) };
}

/**
 * The transaction that an operation became, if it became one. In one step the capture is the payment's own; and of what Klarna has never
 * authorized, nothing is voided.
 */
function madeOf(
  { action, parent = '' }: Asked,
  before: PursePayment,
  after: PursePayment,
  hasMoved: boolean,
  { id, now_ms }: Context,
): { readonly payment: PursePayment; readonly transaction?: Transaction } {
  const transaction = after.transactions.find((each) => each.action === action && !before.transactions.includes(each));
  if (transaction) return { payment: after, transaction };
  if (!hasMoved || action !== 'VOID') return { payment: after };
  const [root, ...rest] = after.transactions;
  const made: Transaction = { id: id(), action, parent, psp_status: 'SUCCESS', amount: 0, at_ms: now_ms };
  return { payment: { ...after, transactions: [root, ...rest, made] }, transaction: made };
}

type Tried = { readonly ok: true; readonly order: Order } | { readonly ok: false; readonly failure: Failure };
type Operation = (payment: PursePayment, order: Order, asked: Asked, context: Context) => Tried;

const tried = (outcome: Outcome<Order>): Tried =>
  outcome.ok ? { ok: true, order: outcome.value } : { ok: false, failure: failureOf(outcome.refusal) };

const OPERATIONS: Readonly<Record<Asked['action'], Operation>> = {
  CAPTURE: (_payment, order, asked, context) => {
    const captured_amount = asked.amount ?? remainingAmount(order);
    return (
      refuseBounds(check(management.capture, { captured_amount }).faults, asked) ??
      tried(map(capture(order, { captured_amount }, context), (made) => made.order))
    );
  },
  REFUND: (payment, order, asked, context) => {
    const parent = payment.transactions.find(({ id }) => id === asked.parent);
    if (parent && PSP_STATUSES[parent.psp_status].state !== 'SUCCESS') return { ok: false, failure: NO_SUCH_CAPTURE };
    const capture_id = parent && klarnaCaptureId(payment, order, parent);
    const captured = order.captures.find((each) => each.capture_id === capture_id);
    const refunded_amount = asked.amount ?? (captured ? refundableOf(order, captured) : refundableAmount(order));
    return (
      refuseBounds(check(management.refund, { refunded_amount }).faults, asked) ??
      tried(map(refund(order, { refunded_amount }, context, capture_id), (made) => made.order))
    );
  },
  /** All that is left is cancelled before any capture and released after; a part of it is taken from the authorized amount. */
  VOID: (_payment, order, asked, context) => {
    const remaining = remainingAmount(order);
    const { amount = remaining } = asked;
    if (amount > remaining && remaining > 0) return { ok: false, failure: excessiveVoid(amount, remaining) };
    if (amount >= remaining) return tried(capturedAmount(order) > 0 && remaining > 0 ? release(order) : cancel(order));
    const refused = amount < 1 ? refuseBounds([{ expected: 'an amount of at least 1' }], asked) : undefined;
    return refused ?? tried(updateAuthorization(order, lowered(order, amount), context));
  },
};

/** The order without a part of what is authorized, in a line of its own, so that the lines go on adding up. */
function lowered(order: Order, amount: number): AuthorizationUpdate {
  const order_amount = order.order_amount - amount;
  // An order that was updated without lines has none, and needs none.
  if (order.order_lines.length === 0) return { order_amount };
  const isVoided = ({ type, name }: Order['order_lines'][number]) => type === 'discount' && name === VOIDED;
  const before = order.order_lines.find(isVoided)?.total_amount ?? 0;
  const total_amount = before - amount;
  const line = { type: 'discount' as const, name: VOIDED, quantity: 1, unit_price: total_amount, total_amount };
  const order_lines = [...order.order_lines.filter((each) => !isVoided(each)), line];
  return { order_amount, order_lines };
}
const VOIDED = 'Voided';

/** Klarna answers 422 to amounts that it does not count with. */
function refuseBounds(
  faults: readonly { readonly expected: string }[] | undefined,
  { amount }: Asked,
): Tried | undefined {
  if (!faults) return undefined;
  const message = `Klarna takes ${faults[0]?.expected}, in minor units; ${amount} was asked for.`;
  const failure: Failure = {
    psp_status: 'UNPROCESSABLE_ENTITY',
    description: PSP_STATUSES.UNPROCESSABLE_ENTITY.about,
    explanations: [{ field: 'amount', got: amount ?? 0, message, change: 'Send an amount within those bounds.' }],
  };
  return { ok: false, failure };
}

const NO_SUCH_CAPTURE: Failure = {
  psp_status: 'NO_SUCH_CAPTURE',
  description: PSP_STATUSES.NO_SUCH_CAPTURE.about,
  explanations: [
    {
      message: 'The capture failed, so Klarna has none that could be refunded.',
      change: 'Refund a CAPTURE transaction whose state is SUCCESS.',
    },
  ],
};

/** @param expected what could be voided */
function voidRefused(got: number, expected: number, message: string, change: string): Failure {
  return {
    psp_status: 'CANCEL_NOT_ALLOWED',
    description: PSP_STATUSES.CANCEL_NOT_ALLOWED.about,
    explanations: [{ field: 'amount', expected, got, off_by: got - expected, message, change }],
  };
}

function excessiveVoid(got: number, remaining: number): Failure {
  const message = `${remaining} minor units are authorized and not captured; ${got} were to be voided.`;
  return voidRefused(got, remaining, message, `Void at most ${remaining}.`);
}

function partialWithdrawal(got: number, whole: number): Failure {
  const message = 'Nothing is authorized yet: the page on which the shopper pays can be withdrawn, and no part of it.';
  return voidRefused(got, whole, message, `Void ${whole}, or wait for the AUTHORIZE transaction to be SUCCESS.`);
}

function failed(came: Came, asked: Asked, failure: Failure, order: Order | undefined, { context }: Desk): Operated {
  const amount = asked.amount ?? (order && asked.action === 'CAPTURE' ? remainingAmount(order) : 0);
  const { action, parent = came.payment.payment_id } = asked;
  const { payment, transaction } = withFailed(came.payment, { action, parent, amount }, failure, context);
  return { ...came, payment, transaction, explanations: failure.explanations };
}

const NO_SUCH_ORDER: Failure = {
  psp_status: 'NO_SUCH_ORDER',
  description: PSP_STATUSES.NO_SUCH_ORDER.about,
  explanations: [
    {
      message: 'Klarna has no order for this payment, or none that can still be read (orders can be for three years).',
      change: 'Wait for the AUTHORIZE transaction to be SUCCESS.',
    },
  ],
};

/** Nothing was ordered yet. Voiding withdraws Klarna's page, if the shopper can still use it; a part of it cannot be. */
function* withoutOrder(came: Came, asked: Asked, desk: Desk): Steps<Operated> {
  const { hosted_id, order_id, transactions } = came.payment;
  const [{ amount: whole }] = transactions;
  if (asked.action === 'VOID' && order_id === undefined && asked.amount !== undefined && asked.amount < whole)
    return failed(came, asked, partialWithdrawal(asked.amount, whole), undefined, desk);
  const withdrawn = asked.action === 'VOID' && order_id === undefined && hosted_id !== undefined;
  const hosted = withdrawn ? yield* read<HostedSession>('hosted', hosted_id) : undefined;
  const session = hosted && (yield* read<Session>('session', hosted.session_id));
  const outcome = hosted && disableHosted(hosted, session, desk.context);
  if (!outcome?.ok) return failed(came, asked, NO_SUCH_ORDER, undefined, desk);
  const { context } = desk;
  const payment = withRoot(came.payment, 'DISABLED', context);
  const transaction: Transaction = {
    id: context.id(),
    action: 'VOID',
    parent: payment.payment_id,
    psp_status: 'SUCCESS',
    amount: 0,
    at_ms: context.now_ms,
  };
  const [root, ...rest] = payment.transactions;
  const next = { ...payment, transactions: [root, ...rest, transaction] } as const;
  return { ...came, payment: next, put: [...came.put, hostedPut(outcome.value)], transaction };
}

/** Remembers an operation under its idempotency key. */
export function remembered(payment: PursePayment, answered: Answered): PursePayment {
  return { ...payment, answered: [...payment.answered, answered].slice(-LIMITS.answered) };
}
