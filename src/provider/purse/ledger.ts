/**
 * A payment's transactions, kept in step with what Klarna has: whatever was captured, refunded or let go, by whichever face, has a
 * transaction; and the first one, the authorization, says where the order stands. Pure.
 */
import { type Context, capturedAmount, chargedBackAmount, type Order, remainingAmount } from '../engine/state.ts';
import type { Failure } from './failure.ts';
import type { Action, PursePayment, Transaction } from './state.ts';
import { PSP_STATUSES, type PspStatus, reviewToPsp } from './statuses.ts';

type Transactions = PursePayment['transactions'];
/** The time of what is found, and ids for what Klarna gave none. */
type Finding = Pick<Context, 'now_ms' | 'id'>;

/** Whether the first transaction is a capture: one step, without an authorization of its own. */
function isOneStep({ transactions: [root] }: PursePayment): boolean {
  return root.action === 'CAPTURE';
}

/** The payment with its first transaction in another status; the same payment when that is its status already. */
export function withRoot(
  payment: PursePayment,
  psp_status: PspStatus,
  { now_ms }: Pick<Context, 'now_ms'>,
  description?: string,
): PursePayment {
  const [{ description: before, ...root }, ...rest] = payment.transactions;
  if (root.psp_status === psp_status && before === description) return payment;
  const changed = { ...root, psp_status, at_ms: now_ms, ...(description !== undefined && { description }) };
  return { ...payment, transactions: [changed, ...rest] };
}

/** Adds a transaction that came to nothing. */
export function withFailed(
  payment: PursePayment,
  asked: { readonly action: Action; readonly parent: string; readonly amount: number },
  { psp_status, description }: Failure,
  context: Finding,
): { readonly payment: PursePayment; readonly transaction: Transaction } {
  const transaction: Transaction = { id: context.id(), ...asked, psp_status, at_ms: context.now_ms, description };
  return { payment: { ...payment, transactions: [...payment.transactions, transaction] }, transaction };
}

/** Sum of the successful transactions of a kind. */
function sumOf({ transactions }: PursePayment, action: Action): number {
  return transactions
    .filter((each) => each.action === action && PSP_STATUSES[each.psp_status].state === 'SUCCESS')
    .reduce((sum, { amount }) => sum + amount, 0);
}

/** The payment as its order has it. */
export function recorded(payment: PursePayment, order: Order, context: Finding): PursePayment {
  const standing = withRoot(payment, rootStatus(order), context);
  const captured = { ...standing, transactions: withCaptures(standing, order) };
  const refunded = { ...captured, transactions: withRefunds(captured, order) };
  const released = withVoids(refunded, order, context);
  const charged_back = chargedBackAmount(order);
  const isSame =
    charged_back === (payment.charged_back ?? 0) &&
    released.transactions.length === payment.transactions.length &&
    released.transactions.every((each, at) => each === payment.transactions[at]);
  if (isSame) return payment;
  return charged_back > 0 ? { ...released, charged_back } : released;
}

/** A pending order that was cancelled was never authorized. */
function rootStatus(order: Order): PspStatus {
  if (order.status === 'CANCELLED' && order.fraud_status === 'PENDING') return 'DISABLED';
  return reviewToPsp(order);
}

/** Klarna's capture as a transaction; the first one of a payment of one step is the payment's own, whatever was to be captured at first. */
function withCaptures(payment: PursePayment, order: Order): Transactions {
  const [authorized, ...rest] = payment.transactions;
  const own = isOneStep(payment) ? order.captures[0]?.captured_amount : undefined;
  const root = own === undefined || own === authorized.amount ? authorized : { ...authorized, amount: own };
  const ids = captureIds(payment, order);
  const known = new Set(payment.transactions.map(({ id }) => id));
  const made = order.captures.flatMap((capture): Transaction[] => {
    const id = ids[capture.capture_id] ?? capture.capture_id;
    if (known.has(id)) return [];
    const { captured_amount: amount, captured_at_ms: at_ms } = capture;
    return [{ id, action: 'CAPTURE', parent: root.id, psp_status: 'SUCCESS', amount, at_ms }];
  });
  return [root, ...rest, ...made];
}

/** Klarna's id of each capture to Purse's. */
function captureIds(payment: PursePayment, { captures }: Order): Readonly<Record<string, string>> {
  const [first] = captures;
  return isOneStep(payment) && first ? { [first.capture_id]: payment.payment_id } : {};
}

/** Klarna's id of the capture that a CAPTURE transaction stands for. */
export function klarnaCaptureId(payment: PursePayment, { captures }: Order, { id }: Transaction): string {
  return isOneStep(payment) && id === payment.payment_id ? (captures[0]?.capture_id ?? id) : id;
}

function withRefunds(payment: PursePayment, order: Order): Transactions {
  const ids = captureIds(payment, order);
  const known = new Set(payment.transactions.map(({ id }) => id));
  const [root, ...rest] = payment.transactions;
  const made = order.refunds
    .filter(({ refund_id }) => !known.has(refund_id))
    .map((refund): Transaction => {
      // A refund that Klarna could not book against a capture belongs to the latest.
      const booked = refund.allocations[0]?.capture_id ?? order.captures.at(-1)?.capture_id ?? root.id;
      const parent = ids[booked] ?? booked;
      const { refund_id: id, refunded_amount: amount, refunded_at_ms: at_ms } = refund;
      return { id, action: 'REFUND', parent, psp_status: 'SUCCESS', amount, at_ms };
    });
  return [root, ...rest, ...made];
}

/**
 * What can be captured no more was voided: cancelled, released, expired, or taken from the amount. What was authorized is what was
 * captured, can be captured, or was voided; an amount that was raised raises it.
 */
function withVoids(payment: PursePayment, order: Order, context: Finding): PursePayment {
  const [root, ...rest] = payment.transactions;
  const wasAuthorized = ['SUCCESS', 'WAITING', 'DISABLED'].includes(root.psp_status);
  if (root.action !== 'AUTHORIZE' || !wasAuthorized) return payment;
  const accounted = capturedAmount(order) + remainingAmount(order) + sumOf(payment, 'VOID');
  const amount = root.amount - accounted;
  if (amount < 0) return { ...payment, transactions: [{ ...root, amount: accounted }, ...rest] };
  if (amount === 0) return payment;
  const parent = root.id;
  const made: Transaction = {
    id: context.id(),
    action: 'VOID',
    parent,
    psp_status: 'SUCCESS',
    amount,
    at_ms: context.now_ms,
  };
  return { ...payment, transactions: [root, ...rest, made] };
}

/** v2's amounts of a payment. Minor units. */
export function amountsOf(payment: PursePayment): Readonly<Record<string, number>> {
  const [root] = payment.transactions;
  const { state } = PSP_STATUSES[root.psp_status];
  const voided = sumOf(payment, 'VOID');
  const captured = sumOf(payment, 'CAPTURE');
  const refunded = sumOf(payment, 'REFUND');
  const authorized = state === 'SUCCESS' ? root.amount : 0;
  const available = isOneStep(payment) ? 0 : Math.max(authorized - captured - voided, 0);
  return {
    authorize_pending: state === 'WAITING' ? root.amount : 0,
    total_authorized: authorized,
    total_captured: captured,
    available_to_capture: available,
    total_refunded: refunded,
    available_to_refund: captured - refunded - (payment.charged_back ?? 0),
    total_voided: voided,
    available_to_void: available,
  };
}

/** v2's overview: what became of the payment after its authorization. */
export function overviewOf(payment: PursePayment): string {
  const { total_authorized = 0, total_captured = 0, total_refunded = 0, total_voided = 0 } = amountsOf(payment);
  const degree = (part: number, whole: number) => (part === 0 ? 'NOT' : part >= whole ? 'TOTALLY' : 'PARTIALLY');
  if (total_refunded > 0) return `${degree(total_refunded, total_captured)}_REFUNDED`;
  if (total_captured > 0) return `${degree(total_captured, total_authorized)}_CAPTURED`;
  return total_voided > 0 ? `${degree(total_voided, total_authorized)}_VOIDED` : 'NOT';
}
