/**
 * Addresses that the shopper's browser opens: Purse's hosted page, and the way back from Klarna's page, which leads by here first so
 * that the payment is up to date before the shop is asked about it.
 */
import { type Call, type Handler, type Operation, operationsOf, problem, type Reply } from './operation.ts';
import { changesOf, type Steps } from './payments.ts';
import { sessionPut } from './records.ts';
import { apply, ready } from './sessions.ts';
import type { PurseSession } from './state.ts';
import { mySession, refuseClosed, transactionsOf, UNKNOWN_SESSION } from './v1.ts';
import { refusedPayment, shopperUrl } from './v2.ts';

const returnHandler: Handler = function* (call) {
  const session = yield* mySession(call);
  return session ? yield* backToShop(session, call) : UNKNOWN_SESSION;
};

/** Sends the shopper to the shop, with what came of it. */
export function* backToShop(session: PurseSession, call: Call): Steps<Reply> {
  const { payments, put, callbacks } = yield* transactionsOf(session, call);
  const payment = payments.at(-1);
  const subject = payment?.order_id ?? session.session_id;
  const url = shopperUrl(session, payment, call.desk);
  if (url === '') return { ...NOWHERE, subject, put, callbacks };
  return { status: 302, headers: [['Location', url]], subject, put, callbacks };
}

const NOWHERE = problem(
  404,
  'not-found',
  'Not found',
  'The session has no order.redirection, so there is nowhere to go back to.',
  'Send order.redirection when the session is created.',
);

/** Purse's hosted page, which for Klarna alone has nothing to choose: the shopper goes on to Klarna's. */
const hostedPageHandler: Handler = function* (call) {
  const session = yield* mySession(call);
  return session ? yield* onToKlarna(session, call) : UNKNOWN_SESSION;
};

/** A shopper whose session is paid or over is sent back to the shop, which knows what to say. */
export function* onToKlarna(session: PurseSession, call: Call): Steps<Reply> {
  if (yield* refuseClosed(session, call)) return yield* backToShop(session, call);
  const chosen = { amount: session.amount, save_token: session.future_usage };
  const begun = yield* ready(session, chosen, call.desk);
  if (!begun.ok) return refusedPayment(begun.failure, session);
  const applied = yield* apply(begun.session, chosen, undefined, call.desk);
  const changes = changesOf(applied.before, applied.came, call.desk);
  const put = [...begun.put, sessionPut(applied.session), ...changes.put];
  const headers = [['Location', begun.session.begun?.url ?? '']] as const;
  return { status: 302, headers, subject: session.session_id, put, callbacks: changes.callbacks };
}

const page = operationsOf('Pages');

export const PAGES: readonly Operation[] = [
  page('GET', '/entities/{entity}/sessions/{session}', 'hostedPage', 'shopper', hostedPageHandler),
  page('GET', '/purse/return/{session}', 'shopperReturns', 'shopper', returnHandler),
  page('POST', '/purse/return/{session}', 'shopperReturnsByForm', 'shopper', returnHandler),
];
