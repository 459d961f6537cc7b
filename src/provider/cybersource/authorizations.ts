/** Authorizations and their reversals: Klarna's orders, placed with the shopper's token, changed by a follow-on, cancelled. */
import { type Ask, type Put, read } from '../../store/store.ts';
import { UUID } from '../../wire/common.ts';
import type { AuthorizationRequest, ReversalRequest, TimeoutReversal } from '../../wire/cybersource.ts';
import { orderChanges } from '../bookkeeping.ts';
import { type Case, readOpenDisputes, settleDisputes } from '../disputes.ts';
import { withDispute } from '../engine/dispute-moves.ts';
import { cancel, readableOrder, updateAuthorization } from '../engine/order.ts';
import type { Explanation } from '../engine/outcome.ts';
import { placeOrder } from '../engine/place-order.ts';
import {
  type Authorization,
  type Callback,
  type Context,
  DAY_MS,
  MINUTE_MS,
  type Order,
  type Session,
} from '../engine/state.ts';
import { bringUpToDate } from '../engine/time.ts';
import { authorizationPut, sessionPut } from '../klarna/payments.ts';
import { type InvalidReason, invalid } from './errors.ts';
import { addressOf, isHeard, webhookCallbacks } from './events.ts';
import { type Call, faultReply, type Handler, json, problemReply, type Reply, refusedReply } from './operation.ts';
import { orderOf } from './purchase.ts';
import {
  type CybersourcePayment,
  type CybersourceReference,
  type Draft,
  type Failure,
  findPayment,
  kept,
  newKey,
  newRequest,
  type PaymentType,
  paymentPut,
  type ReferenceUse,
  readReference,
  referencePut,
  withOwnId,
} from './records.ts';
import { SUCCESS } from './statuses.ts';
import { paymentView } from './views.ts';

/** How long a merchant's reference, and a transaction id, belong to one authorization. Source: reason codes 104 and 105. */
const REFERENCE_MS = 15 * MINUTE_MS;
const TRANSACTION_MS = 60 * DAY_MS;

export const authorizeHandler: Handler = function* (call) {
  const body = call.body as AuthorizationRequest;
  if (body.processingInformation.linkId !== undefined)
    return yield* followOn(body, body.processingInformation.linkId, call);
  const token = body.processorInformation?.preApprovalToken;
  if (token === undefined) return faultReply('processorInformation.preApprovalToken', 'missing', NO_TOKEN);
  const { uses, repeated } = yield* readUses(body, call);
  if (repeated) return repeated;
  const { authorization, session } = yield* readApproval(token, call);
  const draft = authorizationDraft(body, call);
  const request = orderOf(body, session?.details);
  const key = newKey(call.context);
  // The digest is this request's own, so a token that was used is refused and never repeated.
  const placed = placeOrder(authorization, session, request, key, call.context, key);
  const subject = session?.session_id ?? '';
  if (!placed.ok)
    return refusedReply(placed.refusal, (failure) => failedPayment({ ...draft, ...named(session) }, failure, call), {
      subject,
    });
  if (!('order' in placed.value)) throw new Error(`order ${key} was there before it was made`);
  const { callbacks, ...used } = placed.value;
  const { payment, order: placedOrder } = kept({ ...draft, order_id: key }, used.order, call.context);
  const order = heard(placedOrder, payment, call.context);
  const put = [
    ...orderChanges(undefined, order, call.context),
    sessionPut(used.session),
    authorizationPut(used.authorization),
    ...uses.map(({ use, fresh }) => referencePut(use, payment.merchant_id, usedBy(payment, use), fresh)),
  ];
  return settledPayment(payment, order, call, put, callbacks);
};

/** An order that is rejected, or expires, is one that subscribers want to hear of. */
function heard(order: Order, payment: CybersourcePayment, { merchant }: Context): Order {
  return isHeard(merchant) ? { ...order, follower: addressOf.payment(payment) } : order;
}

const NO_TOKEN: Explanation = {
  message: 'An authorization needs the token that the shopper’s approval ended in.',
  change:
    'Send the token that was appended to the success URL (HOP) or that the widget returned (inline) as processorInformation.preApprovalToken.',
};

function authorizationDraft(body: AuthorizationRequest, { context }: Call): Draft {
  const { totalAmount, currency } = body.orderInformation.amountDetails;
  const request = newRequest(body.clientReferenceInformation.code, context);
  return { ...request, type: 'authorization', amount: totalAmount, currency };
}

/** The session that a failed authorization was for: its check says whether the shopper ever finished. */
function named(session: Session | undefined): { session_id?: string } {
  return session ? { session_id: session.session_id } : {};
}

/** What the token stands for: an approval; or, when it is the widget's own token, a session without one. */
function* readApproval(
  token: string,
  call: Call,
): Generator<Ask, { authorization: Authorization | undefined; session: Session | undefined }, unknown> {
  const key = token.toLowerCase();
  const authorization = UUID.test(key) ? yield* read<Authorization>('authorization', key) : undefined;
  const session_id = authorization?.session_id ?? call.sessionOf(token);
  const session = session_id === undefined ? undefined : yield* read<Session>('session', session_id);
  const mine = session?.merchant_id === call.context.merchant.merchant_id ? session : undefined;
  return { authorization, session: mine };
}

function usesOf(
  { clientReferenceInformation: { code, transactionId } }: AuthorizationRequest,
  call: Call,
): ReferenceUse[] {
  const isCodeFree = call.context.merchant.cybersource_duplicates === 'accepted';
  return [
    ...(isCodeFree ? [] : [{ what: 'code' as const, value: code }]),
    ...(transactionId === undefined ? [] : [{ what: 'transaction' as const, value: transactionId }]),
  ];
}

const USES = {
  code: { field: 'clientReferenceInformation.code', for_ms: REFERENCE_MS, period: '15 minutes' },
  transaction: { field: 'clientReferenceInformation.transactionId', for_ms: TRANSACTION_MS, period: '60 days' },
} as const;

interface FreeUse {
  readonly use: ReferenceUse;
  /** Nobody ever used it. */
  readonly fresh: boolean;
}

/**
 * What the request uses up, or the answer where that is used. Only an authorization that succeeded uses a reference up: after one that
 * failed, the advice is to send a new request.
 */
function* readUses(
  body: AuthorizationRequest,
  call: Call,
): Generator<Ask, { uses: readonly FreeUse[]; repeated?: Reply }, unknown> {
  const uses: FreeUse[] = [];
  for (const use of usesOf(body, call)) {
    const used = yield* readReference(use, call.context);
    if (used && call.context.now_ms < used.kept_until_ms) return { uses, repeated: repeatedReply(use, used) };
    uses.push({ use, fresh: used === undefined });
  }
  return { uses };
}

function repeatedReply({ what, value }: ReferenceUse, used: CybersourceReference): Reply {
  const { field, period } = USES[what];
  const explanation: Explanation = {
    field,
    got: value,
    message: `Request ${used.request_id} was authorized under this reference at ${new Date(used.used_at_ms).toISOString()}, less than ${period} ago.`,
    change:
      'If this is the same purchase, use that authorization. Otherwise send a reference of its own; {"cybersource_duplicates":"accepted"} in the merchant’s settings lets references repeat.',
  };
  return problemReply(invalid('DUPLICATE_REQUEST', [{ field, reason: 'INVALID_DATA' }]), [explanation]);
}

function usedBy({ request_id, made_at_ms }: CybersourcePayment, { what }: ReferenceUse): CybersourceReference {
  return { request_id, used_at_ms: made_at_ms, kept_until_ms: made_at_ms + USES[what].for_ms };
}

/** A transaction that succeeded: told to whoever subscribed, and answered. */
function settledPayment(
  payment: CybersourcePayment,
  order: Order,
  call: Call,
  put: readonly Put[],
  callbacks: readonly Callback[],
): Reply {
  const view = paymentView(payment, order, SUCCESS[payment.type]);
  const told = webhookCallbacks(view, order.order_id, call.context);
  return json(201, view, {
    subject: order.order_id,
    callbacks: [...callbacks, ...told],
    changes: { put },
  });
}

/** A transaction that failed has an id as well. Nothing but that is stored. */
export function failedPayment(draft: Draft, failure: Failure, call: Call, order?: Order): Reply {
  const failed = withOwnId({ ...draft, failure }, call.context);
  const view = paymentView(failed, order, 'FAILED');
  const subject = draft.order_id ?? draft.session_id ?? '';
  return json(201, view, {
    subject,
    failure,
    callbacks: webhookCallbacks(view, subject, call.context),
    changes: { put: [paymentPut(failed)] },
  });
}

/** A transaction of the wanted type that succeeded, with its order as of now; or the answer for one that is not there. */
export interface Found {
  readonly record: CybersourcePayment;
  readonly stored: Order;
  readonly order: Order;
  /** What time brought about. */
  readonly callbacks: readonly Callback[];
  /** Open disputes, which a refund may settle. */
  readonly disputes: readonly Case[];
}

export function* readTransaction(
  id: string,
  type: PaymentType,
  otherwise: InvalidReason,
  call: Call,
): Generator<Ask, { found: Found; reply?: never } | { found?: never; reply: Reply }, unknown> {
  const found = yield* findPayment(id);
  const record = found?.record.merchant_id === call.context.merchant.merchant_id ? found.record : undefined;
  const wanted = record?.type === type && record.failure === undefined ? record : undefined;
  const readable = readableOrder(wanted && found?.order, call.context);
  if (wanted && readable.ok) return { found: yield* asOfNow(wanted, readable.value, call) };
  const explanation: Explanation = {
    field: 'id',
    got: id.slice(0, 60),
    message: record
      ? `This is the id of ${record.failure ? 'a failed' : 'another kind of request, a'} ${record.type}.`
      : 'This merchant has no request with this id.',
    change: `Use the id from the answer to the ${type} that succeeded.`,
  };
  const reason = invalid(otherwise, [{ field: 'id', reason: 'INVALID_DATA' }]);
  return { reply: problemReply(reason, [explanation], { subject: record?.order_id ?? '' }) };
}

function* asOfNow(record: CybersourcePayment, stored: Order, call: Call): Generator<Ask, Found, unknown> {
  const { order, callbacks } = bringUpToDate(stored, call.context);
  const disputes = yield* readOpenDisputes(order, call.context);
  const current = disputes.reduce((before, { dispute }) => withDispute(before, dispute), order);
  return { record, stored, order: current, callbacks, disputes };
}

/** Another amount for an authorization that stands. Its id can be used like the first one's. */
function* followOn(body: AuthorizationRequest, linkId: string, call: Call): Generator<Ask, Reply, unknown> {
  const { found, reply } = yield* readTransaction(linkId, 'authorization', 'INVALID_PAYMENT_ID', call);
  if (!found) return reply;
  const wrong = refuseCurrency(body.orderInformation.amountDetails, found.order);
  if (wrong) return wrong;
  const { order_amount, order_lines } = orderOf(body, undefined);
  const lines = body.orderInformation.lineItems ? { order_lines } : {};
  const draft = { ...authorizationDraft(body, call), order_id: found.order.order_id };
  const outcome = updateAuthorization(found.order, { order_amount, ...lines }, call.context);
  return transactionReply(outcome.ok ? { ok: true, value: { order: outcome.value } } : outcome, draft, found, call);
}

type Outcome = { ok: true; value: { order: Order } } | Extract<ReturnType<typeof cancel>, { ok: false }>;

/** What a command made of the order of a transaction, as an answer; what time brought about is kept in any case. */
export function transactionReply(outcome: Outcome, draft: Draft, found: Found, call: Call): Reply {
  const settled = settleDisputes(outcome.ok ? outcome.value.order : found.order, found.disputes, call.context);
  const callbacks = [...found.callbacks, ...settled.callbacks];
  if (outcome.ok) {
    const { payment, order, put } = kept(draft, settled.order, call.context);
    const changes = [...orderChanges(found.stored, order, call.context), ...settled.put, ...put];
    return settledPayment(payment, order, call, changes, callbacks);
  }
  const subject = settled.order.order_id;
  const failed = (failure: Failure) => failedPayment(draft, failure, call, settled.order);
  const reply = refusedReply(outcome.refusal, failed, { subject });
  const put = [...orderChanges(found.stored, settled.order, call.context), ...settled.put];
  return {
    ...reply,
    callbacks: [...callbacks, ...(reply.callbacks ?? [])],
    changes: { put: [...(reply.changes?.put ?? []), ...put] },
  };
}

/** A currency may be left out; another than the order's is a mistake. */
export function refuseCurrency(amounts: { readonly currency?: string } | undefined, order: Order): Reply | undefined {
  if (amounts?.currency === undefined || amounts.currency === order.purchase_currency) return undefined;
  return faultReply(
    'orderInformation.amountDetails.currency',
    'pattern',
    {
      expected: order.purchase_currency,
      got: amounts.currency,
      message: `The order is in ${order.purchase_currency}.`,
      change: `Send ${order.purchase_currency}, or no currency.`,
    },
    { subject: order.order_id },
  );
}

export const reverseHandler: Handler = function* (call) {
  const body = call.body as ReversalRequest;
  const { found, reply } = yield* readTransaction(call.params.id ?? '', 'authorization', 'MISSING_AUTH', call);
  if (!found) return reply;
  const amountDetails = body.reversalInformation?.amountDetails ?? body.orderInformation?.amountDetails;
  const wrong = refuseCurrency(amountDetails, found.order) ?? refusePart(amountDetails?.totalAmount, found.order);
  return wrong ?? reverse(found, body.clientReferenceInformation?.code, call);
};

/** A reversal gives back all that was authorized. */
function refusePart(amount: number | undefined, { order_id, order_amount }: Order): Reply | undefined {
  if (amount === undefined || amount === order_amount) return undefined;
  const field = 'amountDetails.totalAmount';
  const explanation: Explanation = {
    field,
    expected: order_amount,
    got: amount,
    off_by: amount - order_amount,
    message: 'An authorization is reversed as a whole.',
    change: 'Leave the amount out; to lower an authorization, send another one with its id as linkId.',
  };
  const problem = invalid('INVALID_AMOUNT', [{ field, reason: 'INVALID_DATA' }]);
  return problemReply(problem, [explanation], { subject: order_id });
}

/** Undoes the authorization that a transaction id was sent with, for a merchant who never got its answer. */
export const timeoutReversalHandler: Handler = function* (call) {
  const { code, transactionId } = (call.body as TimeoutReversal).clientReferenceInformation;
  const used = yield* readReference({ what: 'transaction', value: transactionId }, call.context);
  const { found, reply } = yield* readTransaction(used?.request_id ?? '', 'authorization', 'MISSING_AUTH', call);
  return found ? reverse(found, code, call) : reply;
};

function reverse(found: Found, code: string | undefined, call: Call): Reply {
  const { order } = found;
  const { order_id, order_amount: amount, purchase_currency: currency } = order;
  // The engine takes a second cancellation for the first one; here each request has an answer of its own.
  if (order.status === 'CANCELLED') {
    const explanation = { message: `Order ${order_id} is cancelled already.`, change: 'Nothing needs to be done.' };
    return problemReply(invalid('AUTH_ALREADY_REVERSED'), [explanation], { subject: order_id });
  }
  const request = newRequest(code ?? found.record.code, call.context);
  const draft: Draft = { ...request, type: 'reversal', amount, currency, order_id };
  const outcome = cancel(order);
  return transactionReply(outcome.ok ? { ok: true, value: { order: outcome.value } } : outcome, draft, found, call);
}
