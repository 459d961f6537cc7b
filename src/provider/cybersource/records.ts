/**
 * What Cybersource's ids stand for. A session is noted in Klarna's session and a transaction in its order, which are written at the same time
 * anyway; what came to nothing has a record of its own.
 */
import { hash } from 'node:crypto';
import { type Ask, type Put, read, readShared, type Work } from '../../store/store.ts';
import { type Context, DAY_MS, type Order, type Session } from '../engine/state.ts';
import { keyFrom, ORDER_PLACES, OWN_PLACE, placeOf, requestId, SESSION_PLACE } from './ids.ts';

/** Why Klarna, or the way to it, said no: the request has an id all the same. */
export interface Failure {
  readonly reason: FailureReason;
  readonly message: string;
  /** `processorInformation.responseCode` */
  readonly response_code: string;
  readonly details?: readonly { readonly field: string; readonly reason: 'INVALID_DATA' | 'MISSING_FIELD' }[];
}
export type FailureReason =
  | 'INVALID_DATA'
  | 'PROCESSOR_DECLINED'
  | 'PAYMENT_REFUSED'
  | 'PROCESSOR_ERROR'
  | 'INSUFFICIENT_FUND'
  | 'GENERAL_DECLINE'
  | 'INVALID_MERCHANT_CONFIGURATION';

interface Requested {
  readonly request_id: string;
  readonly merchant_id: string;
  readonly made_at_ms: number;
  /** The merchant's own reference, `clientReferenceInformation.code`. */
  readonly code: string;
  readonly reconciliation_id: string;
  readonly failure?: Failure;
}

/** A session: Klarna's payment session, and in the mode HOP the hosted session over it. */
export interface CybersourceSession extends Requested {
  readonly flow: 'HOP' | 'inline';
  /** Absent when Klarna refused it. */
  readonly session_id?: string;
  readonly hosted_id?: string;
  /** The last status that its subscribers may have been told of. */
  readonly told?: string;
}

export type PaymentType = 'authorization' | 'reversal' | 'capture' | 'refund';

/** A transaction of an order. Amounts in minor units. */
export interface CybersourcePayment extends Requested {
  readonly type: PaymentType;
  readonly amount: number;
  readonly currency: string;
  readonly order_id?: string;
  readonly capture_id?: string;
  readonly refund_id?: string;
  /** Of an authorization that failed: the session that its token named. */
  readonly session_id?: string;
  /** Of an authorization that came to nothing later: its subscribers were told so. */
  readonly told?: true;
}

/** A transaction before it is known where it is kept, which its id says. */
export type Draft = Omit<CybersourcePayment, 'request_id'>;

/** What a session keeps: the rest is its own. */
type SessionNote = Pick<
  CybersourceSession,
  'made_at_ms' | 'code' | 'reconciliation_id' | 'flow' | 'hosted_id' | 'told'
>;
/** What an order keeps of a transaction: the rest is the order's own. */
type PaymentNote = Omit<CybersourcePayment, 'request_id' | 'merchant_id' | 'currency' | 'order_id' | 'session_id'>;

/** What a merchant may use once in a while: a reference, or a transaction id. */
export interface CybersourceReference {
  readonly request_id: string;
  readonly used_at_ms: number;
  /** From then on it can be used again. */
  readonly kept_until_ms: number;
}

/** The fields that every transaction begins with. */
export function newRequest(code: string, { reference, merchant, now_ms }: Context): Omit<Requested, 'request_id'> {
  const { merchant_id } = merchant;
  return { merchant_id, made_at_ms: now_ms, code, reconciliation_id: reference() + reference() };
}

/** A key for a session, an order or a record that a request id is to lead to. */
export function newKey({ id }: Context): string {
  return keyFrom(id());
}

/** The session with the note that makes it one of Cybersource's. */
export function noted(
  session: Session,
  { made_at_ms, code, reconciliation_id, flow, hosted_id, told }: SessionNote,
): Session {
  const note: SessionNote = {
    made_at_ms,
    code,
    reconciliation_id,
    flow,
    ...(hosted_id !== undefined && { hosted_id }),
    ...(told !== undefined && { told }),
  };
  return { ...session, notes: { ...session.notes, cybersource: note } };
}

/** A session that Klarna refused: nothing but that is kept. */
export function failedSessionPut(failed: CybersourceSession): Put {
  return { kind: 'cybersource_session', ...ownRecord(failed) };
}

const notesOf = ({ notes }: Order) => (notes?.cybersource ?? []) as readonly PaymentNote[];

/** A transaction that succeeded, and its order with it; where that has no place left, a record of its own. */
export function kept(
  draft: Draft,
  order: Order,
  context: Context,
): { readonly payment: CybersourcePayment; readonly order: Order; readonly put: readonly Put[] } {
  const notes = notesOf(order);
  if (notes.length >= ORDER_PLACES) {
    const payment = withOwnId(draft, context);
    return { payment, order, put: [paymentPut(payment)] };
  }
  const { merchant_id: _its, currency: _own, order_id: _fields, session_id: _too, ...note } = draft;
  const payment = { ...draft, request_id: requestId(order.order_id, notes.length) };
  return { payment, order: { ...order, notes: { ...order.notes, cybersource: [...notes, note] } }, put: [] };
}

export function withOwnId(draft: Draft, context: Context): CybersourcePayment {
  return { ...draft, request_id: requestId(newKey(context), OWN_PLACE) };
}

/** How long a transaction that came to nothing can be asked for. */
const FAILED_MS = 60 * DAY_MS;

/** A transaction with a record of its own, which goes after a while when it came to nothing. */
export function paymentPut(payment: CybersourcePayment): Put {
  const put: Put = { kind: 'cybersource_payment', ...ownRecord(payment) };
  if (!payment.failure) return put;
  const kept_until_ms = payment.made_at_ms + FAILED_MS;
  return { ...put, state: { ...payment, kept_until_ms }, wake_at_ms: kept_until_ms };
}

function ownRecord(state: Requested): Omit<Put, 'kind'> {
  const key = placeOf(state.request_id)?.key;
  if (key === undefined) throw new Error(`${state.request_id} is no request id`);
  return { id: key, merchant_id: state.merchant_id, state, fresh: true };
}

/** @param fresh nobody has used the reference before, as the same unit of work has found */
export function referencePut(use: ReferenceUse, merchant_id: string, state: CybersourceReference, fresh: boolean): Put {
  const id = referenceKey(use, merchant_id);
  return { kind: 'cybersource_reference', id, merchant_id, state, wake_at_ms: state.kept_until_ms, fresh };
}

/** Kinds of records that are kept for a while of their merchant's time. */
export const FORGOTTEN = ['cybersource_reference', 'cybersource_held', 'cybersource_payment'] as const;

/** Removes those of these records that are past keeping. @param now_ms the merchant's time */
export function* forget(kind: (typeof FORGOTTEN)[number], ids: readonly string[], now_ms: number): Work<void> {
  const remove: { kind: typeof kind; id: string }[] = [];
  for (const id of ids) {
    const found = yield* read<{ readonly kept_until_ms: number }>(kind, id);
    // A reference may have been used anew since it was found to be due.
    if (found && found.kept_until_ms <= now_ms) remove.push({ kind, id });
  }
  return { answer: undefined, changes: { remove } };
}

export interface ReferenceUse {
  readonly what: 'code' | 'transaction';
  readonly value: string;
}

export interface FoundSession {
  readonly record: CybersourceSession;
  /** Klarna's; absent where it refused. */
  readonly session?: Session;
}

/** The session under an id. Whose it is, is for the caller to see. */
export function* findSession(request_id: string): Generator<Ask, FoundSession | undefined, unknown> {
  const { key, place } = placeOf(request_id) ?? {};
  if (key === undefined || place !== SESSION_PLACE) return undefined;
  const session = yield* read<Session>('session', key);
  const note = session?.notes?.cybersource as SessionNote | undefined;
  if (session && note) {
    const { session_id, merchant_id } = session;
    return { session, record: { ...note, request_id, merchant_id, session_id } };
  }
  const record = yield* readShared<CybersourceSession>('cybersource_session', key);
  return record && { record };
}

export interface FoundPayment {
  readonly record: CybersourcePayment;
  /** As it is stored; absent for what failed before there was one. */
  readonly order?: Order;
}

/** The transaction under an id, with its order. Whose it is, is for the caller to see. */
export function* findPayment(request_id: string): Generator<Ask, FoundPayment | undefined, unknown> {
  const { key = '', place = SESSION_PLACE } = placeOf(request_id) ?? {};
  if (place === OWN_PLACE) return yield* findOwn(key);
  const order = place < ORDER_PLACES ? yield* read<Order>('order', key) : undefined;
  const note = order && notesOf(order)[place];
  if (!order || !note) return undefined;
  const { merchant_id, order_id, purchase_currency: currency } = order;
  return { order, record: { ...note, request_id, merchant_id, order_id, currency } };
}

/** Those of an order's transactions that have a place in it. */
export function transactionsOf(order: Order): CybersourcePayment[] {
  const { merchant_id, order_id, purchase_currency: currency } = order;
  return notesOf(order).map((note, place) => {
    return { ...note, request_id: requestId(order_id, place), merchant_id, order_id, currency };
  });
}

/** The order with the note that the subscribers of one of its transactions were told how it ended. */
export function withTold(order: Order, request_id: string): Order {
  const place = placeOf(request_id)?.place;
  const notes = notesOf(order).map((note, at) => (at === place ? { ...note, told: true as const } : note));
  return { ...order, notes: { ...order.notes, cybersource: notes } };
}

function* findOwn(key: string): Generator<Ask, FoundPayment | undefined, unknown> {
  const own = yield* readShared<CybersourcePayment & { kept_until_ms?: number }>('cybersource_payment', key);
  if (!own) return undefined;
  const { kept_until_ms: _swept, ...record } = own;
  const order = record.order_id ? yield* read<Order>('order', record.order_id) : undefined;
  return { record, ...(order && { order }) };
}

export function* readReference(
  use: ReferenceUse,
  { merchant }: Context,
): Generator<Ask, CybersourceReference | undefined, unknown> {
  return yield* read<CybersourceReference>('cybersource_reference', referenceKey(use, merchant.merchant_id));
}

/** References are texts of the merchant's, which may hold anything; the digest has the form of our ids, which are found fastest. */
function referenceKey({ what, value }: ReferenceUse, merchant_id: string): string {
  const hex = hash('sha256', `${merchant_id} ${what} ${value}`, 'hex');
  return `0${hex.slice(1, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
