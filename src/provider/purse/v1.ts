/** Purse's Payment API v1: sessions and their transactions, in terms of payments over Klarna. */

import { header } from '../../http/exchange.ts';
import type { Ask } from '../../store/store.ts';
import { read } from '../../store/store.ts';
import * as wire from '../../wire/purse.ts';
import type { Session } from '../engine/state.ts';
import { WINDOWS } from '../engine/state.ts';
import type { Failure } from './failure.ts';
import {
  badField,
  type Call,
  conflict,
  type Handler,
  INFERRED,
  notFound,
  type Operation,
  ok,
  operationsOf,
  problem,
  type Reply,
} from './operation.ts';
import { type Asked, type Came, caughtUp, changesOf, operate, type Steps } from './payments.ts';
import { readPaymentOf, readSession, sessionPut } from './records.ts';
import { apply, begin, type Chosen, chargeOffSession, newSession, ready, withPayment } from './sessions.ts';
import { LIMITS, type PursePayment, type PurseSession, type Transaction } from './state.ts';
import { PSP_STATUSES } from './statuses.ts';
import { tokenView, walletOf } from './tokens.ts';
import { isOffered, iso, KLARNA, resultView, sessionView, transactionView } from './views.ts';

const createHandler: Handler = function* (call) {
  const { hook, amount, order = {} } = call.body as wire.CreateSession;
  const { account, desk } = call;
  if (amount !== undefined && order.amount !== undefined && amount > order.amount) {
    const detail = `The session's amount is ${amount - order.amount} minor units above order.amount.`;
    return badField('amount', detail, 'Send at most the order’s amount.');
  }
  const session = newSession(
    {
      generation: 'v1',
      entity_id: account.entity_id,
      order,
      capture: account.capture,
      future_usage: false,
      ...(amount !== undefined && { amount }),
      ...(hook !== undefined && { hook }),
    },
    desk.context,
  );
  const reference = order.customer?.reference ?? '';
  const tokens = yield* walletOf(session.merchant_id, reference);
  const view = sessionView(
    session,
    account,
    tokens.map((token) => tokenView(token, reference)),
  );
  return ok(view, { subject: session.session_id, put: [sessionPut(session, true)] });
};

const listHandler: Handler = function* (call) {
  const session = yield* mySession(call);
  if (!session) return UNKNOWN_SESSION;
  const all = yield* transactionsOf(session, call);
  const { put, callbacks, payments } = all;
  const transactions = payments.flatMap((payment) =>
    payment.transactions.map((each) => transactionView(each, payment)),
  );
  const rest = { subject: payments.at(-1)?.order_id ?? session.session_id, put, callbacks };
  if (transactions.length > 0) return ok(transactions, rest);
  return NO_TRANSACTIONS;
};

const NO_TRANSACTIONS = problem(
  404,
  'not-found',
  'Not found',
  'The session has no transactions yet.',
  'Apply a payment method of the session first (INIT, APPLY).',
);

/** Every payment of a session, as Klarna has it now. */
export function* transactionsOf(
  session: PurseSession,
  { desk }: Pick<Call, 'desk'>,
): Generator<Ask, Pick<Came, 'put' | 'callbacks'> & { readonly payments: readonly PursePayment[] }, unknown> {
  const payments: PursePayment[] = [];
  const put: Came['put'][number][] = [];
  const callbacks: Came['callbacks'][number][] = [];
  let isPlaced = false;
  for (const id of session.payments) {
    const before = yield* read<PursePayment>('purse_payment', id);
    if (!before) continue;
    // Two pages of one session may both have been paid on. What this unit changes it does not see, so the second waits for the next.
    if (isPlaced && before.order_id === undefined) {
      payments.push(before);
      continue;
    }
    const changes = changesOf(before, yield* caughtUp(before, desk), desk);
    isPlaced ||= changes.payment.order_id !== before.order_id;
    payments.push(changes.payment);
    put.push(...changes.put);
    callbacks.push(...changes.callbacks);
  }
  return { payments, put, callbacks };
}

const initHandler: Handler = function* (call) {
  const item = call.body as wire.Item;
  const found = yield* openSession(call);
  if ('status' in found) return found;
  const refused = refuseItem(item, '', found, call);
  if (refused) return refused;
  return yield* initReply(found, chosenOf(item, found, call), call);
};

function* initReply(session: PurseSession, chosen: Chosen, { desk }: Call): Generator<Ask, Reply, unknown> {
  const { context } = desk;
  const begun = yield* begin(session, chosen, desk);
  const amount = chosen.amount ?? session.amount ?? session.order.amount ?? 0;
  const result = { action: 'INIT', amount, at_ms: context.now_ms } as const;
  const about = { id: context.id(), session_id: session.session_id };
  const { session_id: subject } = session;
  if (!begun.ok) {
    const { psp_status, description } = begun.failure;
    return failedReply({ ...about, ...resultView({ ...result, psp_status, description }) }, begun.failure, subject);
  }
  const { begun: { step_id, hosted_id } = {} } = begun.session;
  const view = resultView(
    { ...result, psp_status: 'CREATE' },
    { klarna_session_id: subject, hpp_session_id: hosted_id },
  );
  return ok({ ...about, step_id, ...view }, { subject, put: [...begun.put, sessionPut(begun.session)] });
}

/** What Klarna refuses is no error of this API's: the call went well, and says so. */
function failedReply(body: object, { psp_status, explanations }: Failure, subject: string): Reply {
  return ok(body, { subject, psp_status, explanations });
}

const applyHandler: Handler = function* (call) {
  const items = call.body as wire.Item[];
  const found = yield* openSession(call);
  if ('status' in found) return found;
  const [item = {}] = items;
  const refused = items.length === 1 ? refuseItem(item, '0/', found, call) : ONE_ITEM;
  if (refused) return refused;
  const chosen = chosenOf(item, found, call);
  const token = wordOf(item.payment_data, 'integrated_token_id');
  if (token !== undefined) return yield* chargedReply(found, chosen, token, call);
  const begun = yield* ready(found, chosen, call.desk);
  if (!begun.ok) return refusedApply(found, chosen, begun.failure, call);
  const inline = wordOf(item.payment_data, 'authorization_token');
  const applied = yield* apply(begun.session, chosen, inline, call.desk);
  const changes = changesOf(applied.before, applied.came, call.desk);
  const put = [...begun.put, sessionPut(applied.session), ...changes.put];
  const redirection = inline === undefined ? { url: begun.session.begun?.url } : {};
  const body = { results: [appliedView(changes.payment)], redirection, ...globalStatus(changes.payment) };
  return { ...rootReply(body, changes.payment, applied.came), put, callbacks: changes.callbacks };
};

/** The shopper pays with the token that they left behind. */
function* chargedReply(session: PurseSession, chosen: Chosen, token_id: string, { desk }: Call): Steps<Reply> {
  // The widget calls without a secret: it may charge what the session offers its shopper, and no token that it knows from elsewhere.
  const offered = yield* walletOf(session.merchant_id, session.order.customer?.reference);
  const token = offered.find((each) => each.token_id === token_id.toLowerCase());
  const came = yield* chargeOffSession(session, chosen.amount, token?.token_id, desk);
  const { payment, put, callbacks } = changesOf(undefined, came, desk);
  const body = { results: [appliedView(payment)], redirection: {}, ...globalStatus(payment) };
  const next = sessionPut(withPayment(session, payment));
  return { ...rootReply(body, payment, came), put: [...put, next], callbacks };
}

function rootReply(body: object, payment: PursePayment, { explanations }: Pick<Came, 'explanations'>): Reply {
  const [{ psp_status }] = payment.transactions;
  const failed = PSP_STATUSES[psp_status].state === 'ERROR';
  const subject = payment.order_id ?? payment.session_id;
  return ok(body, { subject, ...(failed && { psp_status }), ...(explanations.length > 0 && { explanations }) });
}

function appliedView(payment: PursePayment): object {
  const [root] = payment.transactions;
  const { payment_id: transaction_id, session_id } = payment;
  return { id: transaction_id, transaction_id, session_id, ...resultView({ ...root, action: 'APPLY' }) };
}

function globalStatus({ transactions: [root] }: PursePayment): object {
  return { global_status: PSP_STATUSES[root.psp_status].state };
}

function refusedApply(session: PurseSession, chosen: Chosen, failure: Failure, { desk }: Call): Reply {
  const { psp_status, description } = failure;
  const amount = chosen.amount ?? session.amount ?? session.order.amount ?? 0;
  const result = resultView({ action: 'APPLY', psp_status, amount, at_ms: desk.context.now_ms, description });
  const about = { id: desk.context.id(), session_id: session.session_id };
  const body = { results: [{ ...about, ...result }], redirection: {}, global_status: 'ERROR' };
  return failedReply(body, failure, session.session_id);
}

const ONE_ITEM = badField('1', 'A session here is paid with Klarna alone.', 'Send one item, of partner klarna.');

function refuseItem(
  { partner, method, amount }: wire.Item,
  pointer: string,
  session: PurseSession,
  { account }: Call,
): Reply | undefined {
  const isKlarna = partner === KLARNA.partner && (method === undefined || method === KLARNA.method);
  if (isKlarna && isOffered(session, account)) return refuseAmount(amount, `${pointer}amount`, session);
  const offered = isOffered(session, account) ? `${KLARNA.partner}/${KLARNA.method}` : 'nothing';
  const detail = `PAYMENT_METHOD_NOT_FOUND_IN_SESSION: the session offers ${offered}, not ${partner ?? 'no partner'}/${method ?? 'no method'}.`;
  return badField(`${pointer}partner`, detail.slice(0, 300), 'Send a partner and method of the session’s protocols.');
}

/** The widget, which calls without a secret, can neither ask for more than the shop did nor for a token in place of a payment. */
function refuseAmount(amount: number | undefined, pointer: string, session: PurseSession): Reply | undefined {
  const most = session.amount ?? session.order.amount;
  if (amount === undefined || most === undefined || (amount <= most && (amount > 0 || most === 0))) return undefined;
  const detail =
    amount > most
      ? `The amount is ${amount - most} minor units above the session’s.`
      : 'An amount of 0 is for sessions of amount 0 only.';
  return badField(pointer, detail, 'Send at most the session’s amount, and more than 0.', session.session_id);
}

/** Where the widget says that the shopper wants to be remembered is not documented; both places are read. */
function chosenOf(
  { amount, payment_data, payment_preferences }: wire.Item,
  { future_usage }: PurseSession,
  { account }: Call,
): Chosen {
  const wanted = payment_data?.save_token === true || payment_preferences?.save_token === true;
  return { amount, save_token: future_usage || (wanted && account.save_token) };
}

function wordOf(data: Readonly<Record<string, unknown>> | undefined, name: string): string | undefined {
  const word = data?.[name];
  return typeof word === 'string' && word !== '' ? word.slice(0, 255) : undefined;
}

function operationHandler(action: Asked['action']): Handler {
  return function* (call) {
    const { transaction = '' } = call.params;
    const before = yield* myPayment(call);
    const target = before?.transactions.find(({ id }) => id === transaction.toLowerCase());
    if (!before || !target) return UNKNOWN_TRANSACTION;
    const { amount, order = {} } = call.body as wire.Operation;
    const subject = before.order_id ?? before.session_id;
    const refused = refuseTarget(action, target, subject) ?? refuseCurrency(order.currency_code, before, subject);
    if (refused) return refused;
    const asked = { action, parent: target.id, amount: amount ?? order.amount };
    const operated = yield* operate(before, asked, call.desk);
    const { payment, put, callbacks } = changesOf(before, operated, call.desk);
    if (!operated.transaction) return { ...NOTHING_LEFT, subject, put, callbacks };
    const { psp_status } = operated.transaction;
    const failed = PSP_STATUSES[psp_status].state === 'ERROR';
    const why = failed && { psp_status, explanations: operated.explanations };
    return ok(transactionView(operated.transaction, payment), { subject, put, callbacks, ...why });
  };
}

const NOTHING_LEFT = conflict(
  'conflict',
  'Nothing of the authorization is left: it was voided before, or the payment has too many transactions.',
  'Read the session’s transactions.',
);

const WANTED = { CAPTURE: 'AUTHORIZE', VOID: 'AUTHORIZE', REFUND: 'CAPTURE' } as const;

function refuseTarget(action: Asked['action'], { action: is }: Transaction, subject: string): Reply | undefined {
  if (is === WANTED[action]) return undefined;
  const detail = `A ${action} is made of a transaction ${WANTED[action]}; this one is ${is}.`;
  return conflict('conflict', detail, `Use the id of a transaction ${WANTED[action]}.`, subject);
}

function refuseCurrency(got: string | undefined, { currency }: PursePayment, subject: string): Reply | undefined {
  if (got === undefined || got === currency) return undefined;
  const detail = `The payment is in ${currency}, not in ${got}.`;
  return badField('order/currency_code', detail, `Send order.currency_code ${currency}.`, subject);
}

/** A charge without the shopper, with what they agreed to in an earlier payment. */
const offSessionHandler: Handler = function* (call) {
  const before = yield* myPayment(call);
  if (!before) return UNKNOWN_TRANSACTION;
  const { hook = before.hook, amount, order = {} } = call.body as wire.CreateSession;
  const { entity_id, generation, session_id, customer_token_id } = before;
  const { capture } = call.account;
  const given = { ...(hook !== undefined && { hook }), ...(amount !== undefined && { amount }) };
  const wanted = { generation, entity_id, order, capture, future_usage: false, ...given };
  const session = { ...newSession(wanted, call.desk.context), session_id };
  const came = yield* chargeOffSession(session, amount, customer_token_id, call.desk);
  const { payment, put, callbacks } = changesOf(undefined, came, call.desk);
  const stored = yield* readSession(session_id);
  const listed = stored ? [sessionPut(withPayment(stored, payment))] : [];
  const body = transactionView(payment.transactions[0], payment);
  return { ...rootReply(body, payment, came), put: [...put, ...listed], callbacks };
};

/** The widget's wallet. What is in it is found by the shopper's reference, so nothing has to be kept of the session. */
const walletHandler: Handler = function* ({ body, request, desk }) {
  const merchant = header(request, 'x-merchant-id');
  if (!merchant)
    return badField('x-merchant-id', 'The header x-merchant-id is missing.', 'Send the header x-merchant-id.');
  const { owner_reference } = body as wire.WalletSession;
  const { now_ms } = desk.context;
  if (!owner_reference)
    return badField('owner_reference', 'owner_reference is missing.', 'Send the shopper’s reference.');
  const expiration_date = iso(now_ms + WINDOWS.session_ms);
  return ok({ session_id: desk.context.id(), expiration_date, owner_reference, merchant });
};

/** The session of the path, if it is the merchant's. */
export function* mySession({ params, desk }: Call): Generator<Ask, PurseSession | undefined, unknown> {
  const session = yield* readSession(params.session ?? '');
  return session?.merchant_id === desk.context.merchant.merchant_id ? session : undefined;
}

function* myPayment({ params, desk }: Call): Generator<Ask, PursePayment | undefined, unknown> {
  const payment = yield* readPaymentOf(params.transaction ?? '');
  return payment?.merchant_id === desk.context.merchant.merchant_id ? payment : undefined;
}

/** The merchant's session, if it can still be paid in. */
function* openSession(call: Call): Generator<Ask, PurseSession | Reply, unknown> {
  const session = yield* mySession(call);
  if (!session) return UNKNOWN_SESSION;
  return (yield* refuseClosed(session, call)) ?? session;
}

/** Why a session cannot be paid in any more. */
export function* refuseClosed(
  session: PurseSession,
  { desk }: Pick<Call, 'desk'>,
): Generator<Ask, Reply | undefined, unknown> {
  const { session_id, aborted, expires_at_ms } = session;
  const anew = 'Create a new session.';
  if (desk.context.now_ms >= expires_at_ms)
    return conflict(
      'session-expired',
      `SESSION_EXPIRED: the session ended at ${iso(expires_at_ms)}.`,
      anew,
      session_id,
    );
  if (aborted) return conflict('session-aborted', 'The session was aborted.', anew, session_id);
  if (session.payments.length >= LIMITS.payments)
    return conflict('session-exhausted', `${LIMITS.payments} payments were tried in this session.`, anew, session_id);
  const klarna = yield* read<Session>('session', session_id);
  if (klarna?.status !== 'complete') return undefined;
  const detail = `SESSION_ALREADY_SUBMITTED_ERROR: order ${klarna.order_id} was placed in this session.`;
  return conflict('session-already-submitted', detail, anew, klarna.order_id ?? session_id);
}

export const UNKNOWN_SESSION = notFound('session', 'Use the id from the answer that created the session.');
const UNKNOWN_TRANSACTION = notFound('transaction', 'Use an id from the list of the session’s transactions.');

const v1 = operationsOf('Payment API v1');

export const V1: readonly Operation[] = [
  v1('POST', '/{entity}/sessions/create', 'createSession', 'client', createHandler, { body: wire.createSession }),
  v1('GET', '/{entity}/sessions/{session}', 'listTransactions', 'client', listHandler),
  v1('POST', '/{entity}/sessions/{session}/init', 'init', 'browser', initHandler, { body: wire.initItem, ...INFERRED }),
  v1('POST', '/{entity}/sessions/{session}/validate', 'validate', 'browser', applyHandler, {
    body: wire.applyItems,
    ...INFERRED,
  }),
  v1('POST', '/{entity}/transactions/{transaction}/capture', 'capture', 'client', operationHandler('CAPTURE'), {
    body: wire.operation,
  }),
  v1('POST', '/{entity}/transactions/{transaction}/void', 'void', 'client', operationHandler('VOID'), {
    body: wire.operation,
  }),
  v1('POST', '/{entity}/transactions/{transaction}/refund', 'refund', 'client', operationHandler('REFUND'), {
    body: wire.operation,
  }),
  v1(
    'POST',
    '/{entity}/transactions/{transaction}/off_session_authorize',
    'offSessionAuthorize',
    'client',
    offSessionHandler,
    { body: wire.createSession },
  ),
  v1('POST', '/wallet/session', 'createWalletSession', 'client', walletHandler, { body: wire.walletSession }),
];
