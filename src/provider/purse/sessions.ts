/**
 * A merchant's session, from its creation to the payment that is tried in it: Klarna's page is begun (INIT), applied (APPLY) and paid on;
 * or a token is charged without the shopper.
 */
import { type Put, read } from '../../store/store.ts';
import { createHosted } from '../engine/hosted.ts';
import { createSession, updateSession } from '../engine/session.ts';
import type { Context, HostedSession, Session } from '../engine/state.ts';
import { WINDOWS } from '../engine/state.ts';
import { pageUrl } from '../hosted-links.ts';
import { hostedPut } from '../klarna/hosted-payment-page.ts';
import { sessionPut as klarnaSessionPut } from '../klarna/payments.ts';
import { type Failure, failureOf } from './failure.ts';
import { recorded } from './ledger.ts';
import { addressOf, authorized, type Came, type Desk, type Steps } from './payments.ts';
import { klarnaPurchase } from './purchase.ts';
import { LIMITS, type PursePayment, type PurseSession, type Transaction, type Wanted } from './state.ts';
import { isRetryable, type PspStatus } from './statuses.ts';
import { chargeToken } from './tokens.ts';

/** Purse does not say how long a session lives; here as long as Klarna's. */
export function newSession(wanted: Wanted, context: Context): PurseSession {
  return {
    integration_mode: 'EMBEDDED',
    ...wanted,
    session_id: context.id(),
    merchant_id: context.merchant.merchant_id,
    created_at_ms: context.now_ms,
    expires_at_ms: context.now_ms + WINDOWS.session_ms,
    payments: [],
  };
}

/** How the shopper wants to pay. */
export interface Chosen {
  /** What is paid through Klarna; absent: all of the session. */
  readonly amount: number | undefined;
  /** The shopper agrees to be charged again. */
  readonly save_token: boolean;
}

export type Begun =
  | { readonly ok: true; readonly session: PurseSession; readonly put: readonly Put[] }
  | { readonly ok: false; readonly failure: Failure };

/** INIT: Klarna's payment session and its hosted page. What Klarna would refuse is said here. */
export function* begin(session: PurseSession, chosen: Chosen, desk: Desk): Steps<Begun> {
  const { context, base } = desk;
  const amount = chosen.amount ?? session.amount ?? session.order.amount;
  const purchase = klarnaPurchase({ order: session.order, amount, present: true });
  if (!purchase.ok) return purchase;
  const back = `${base}/purse/return/${session.session_id}`;
  const details = { ...purchase.details, intent: intentOf(amount, chosen), merchant_urls: { confirmation: back } };
  const before = yield* read<Session>('session', session.session_id);
  const opened = before
    ? updateSession(before, details, context)
    : createSession(details, context, undefined, session.session_id);
  if (!opened.ok) return { ok: false, failure: failureOf(opened.refusal) };
  const page = createHosted(opened.value, { merchant_urls: hostedUrls(session, back) }, context);
  if (!page.ok) return { ok: false, failure: failureOf(page.refusal) };
  const url = pageUrl(base, page.value, opened.value);
  const { hosted_id } = page.value;
  const step_id = (session.begun?.step_id ?? 0) + 1;
  const { save_token } = chosen;
  const begun = {
    hosted_id,
    url,
    step_id,
    save_token,
    ...(chosen.amount !== undefined && { amount: chosen.amount }),
  };
  const put = [klarnaSessionPut(opened.value, before === undefined), hostedPut(page.value, true)];
  return { ok: true, session: { ...session, begun }, put };
}

/** The page that was begun as the shopper chooses now, while it can be paid on; else another one. */
export function* ready(session: PurseSession, chosen: Chosen, desk: Desk): Steps<Begun> {
  const { begun, payments } = session;
  const isSame = begun && begun.amount === chosen.amount && begun.save_token === chosen.save_token;
  if (!isSame) return yield* begin(session, chosen, desk);
  // Before the first try nothing can have ended the page.
  const page = payments.length > 0 ? yield* read<HostedSession>('hosted', begun.hosted_id) : undefined;
  const isOver = page && (ENDED.includes(page.status) || desk.context.now_ms >= page.expires_at_ms);
  return isOver ? yield* begin(session, chosen, desk) : { ok: true, session, put: [] };
}
const ENDED: readonly HostedSession['status'][] = ['CANCELLED', 'DISABLED'];

function intentOf(amount: number | undefined, { save_token }: Chosen): 'tokenize' | 'buy_and_tokenize' | 'buy' {
  if (amount === 0) return 'tokenize';
  return save_token ? 'buy_and_tokenize' : 'buy';
}

/** However the shopper leaves the page, they come by here first, so that the payment is up to date when they are sent on. */
function hostedUrls({ session_id }: PurseSession, back: string): Readonly<Record<string, string>> {
  const status_update = addressOf.session(session_id);
  return { success: back, back, cancel: back, failure: back, error: back, status_update };
}

export interface Applied {
  readonly session: PurseSession;
  /** As it was stored; absent: it is new. */
  readonly before?: PursePayment;
  readonly came: Came;
}

/**
 * APPLY: the payment is under way. The same page applied again is the same payment, as long as it can still be paid on.
 * @param token of an authorization that the shopper gave on a page of the shop's own
 */
export function* apply(session: PurseSession, chosen: Chosen, token: string | undefined, desk: Desk): Steps<Applied> {
  const last_id = session.payments.at(-1);
  const last = last_id === undefined ? undefined : yield* read<PursePayment>('purse_payment', last_id);
  const isSame = last?.hosted_id !== undefined && last.hosted_id === session.begun?.hosted_id;
  if (isSame && isRetryable(last.transactions[0].psp_status) && token === undefined)
    return { session, before: last, came: { payment: last, put: [], callbacks: [], explanations: [] } };
  const { begun: _page, ...without } = session;
  const payment = newPayment(token === undefined ? session : without, chosen, desk.context);
  const came =
    token === undefined
      ? { payment, put: [], callbacks: [], explanations: [] }
      : yield* authorized(payment, token, undefined, desk);
  return { session: withPayment(session, payment), came };
}

function newPayment(session: PurseSession, { amount, save_token }: Chosen, context: Context): PursePayment {
  const root = rootTransaction(session, amount ?? session.amount ?? session.order.amount ?? 0, 'WAITING', context);
  const { begun, future_usage } = session;
  return {
    ...paymentOf(session, root),
    future_usage: future_usage || save_token,
    ...(begun && { hosted_id: begun.hosted_id }),
  };
}

function rootTransaction(
  { capture, capture_delay_ms }: Pick<PurseSession, 'capture' | 'capture_delay_ms'>,
  amount: number,
  psp_status: PspStatus,
  context: Context,
): Transaction {
  const isOneStep = capture === 'AUTOMATIC' && capture_delay_ms === undefined && amount > 0;
  const action = isOneStep ? 'CAPTURE' : 'AUTHORIZE';
  return { id: context.id(), action, psp_status, amount, at_ms: context.now_ms };
}

function paymentOf(session: PurseSession, root: Transaction): PursePayment {
  const { merchant_id, entity_id, generation, session_id, capture, capture_delay_ms, future_usage, order } = session;
  return {
    payment_id: root.id,
    merchant_id,
    entity_id,
    generation,
    session_id,
    created_at_ms: root.at_ms,
    version: 0,
    currency: order.currency_code ?? '',
    ...(order.reference !== undefined && { order_reference: order.reference }),
    ...(order.customer?.reference !== undefined && { customer_reference: order.customer.reference }),
    ...(order.redirection !== undefined && { redirection: order.redirection }),
    ...(session.hook !== undefined && { hook: session.hook }),
    ...(session.link && { link: session.link }),
    capture,
    ...(capture_delay_ms !== undefined && { capture_delay_ms }),
    future_usage,
    transactions: [root],
    answered: [],
  };
}

/** Beyond the limit the oldest try is no longer listed; whoever has its id still finds it. */
export function withPayment(session: PurseSession, { payment_id }: PursePayment): PurseSession {
  return { ...session, payments: [...session.payments, payment_id].slice(-LIMITS.payments) };
}

/** A charge without the shopper: a payment that is over, one way or the other, when this returns. */
export function* chargeOffSession(
  session: PurseSession,
  amount: number | undefined,
  token_id: string | undefined,
  { context }: Desk,
): Steps<Came> {
  const share = amount ?? session.amount ?? session.order.amount;
  const root = rootTransaction(session, share ?? 0, 'WAITING', context);
  const payment = { ...paymentOf(session, root), ...(token_id !== undefined && { customer_token_id: token_id }) };
  const purchase = klarnaPurchase({ order: session.order, amount: share, present: false });
  const charged = purchase.ok
    ? yield* chargeToken(token_id, purchase.details, root.action === 'CAPTURE', context)
    : purchase;
  if (!charged.ok) {
    const { psp_status, description, explanations } = charged.failure;
    const failed = { ...payment, transactions: [{ ...root, psp_status, description }] as const };
    return { payment: failed, put: [], callbacks: [], explanations };
  }
  const order = { ...charged.order, follower: addressOf.payment(payment.payment_id) };
  const placed = recorded({ ...payment, order_id: order.order_id }, order, context);
  return { payment: placed, order, put: charged.put, callbacks: [], explanations: [] };
}
