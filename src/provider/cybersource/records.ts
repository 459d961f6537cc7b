/** What Cybersource's ids stand for: sessions and transactions over the engine's own, as they are stored. */
import { createHash } from 'node:crypto';
import { type Ask, type Put, read, readShared } from '../../store/store.ts';
import type { Context } from '../engine/state.ts';
import { recordKey, requestId } from './ids.ts';

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
}

/** What a merchant may use once in a while: a reference, or a transaction id. */
export interface CybersourceReference {
  readonly request_id: string;
  readonly used_at_ms: number;
}

/** The fields that every record begins with. */
export function newRequest(code: string, { id, reference, merchant, now_ms }: Context): Requested {
  return {
    request_id: requestId(id()),
    merchant_id: merchant.merchant_id,
    made_at_ms: now_ms,
    code,
    reconciliation_id: reference() + reference(),
  };
}

export function sessionRecordPut(state: CybersourceSession, fresh = false): Put {
  const { request_id, merchant_id } = state;
  return { kind: 'cybersource_session', id: keyOf(request_id), merchant_id, state, fresh };
}

export function paymentRecordPut(state: CybersourcePayment): Put {
  const { request_id, merchant_id } = state;
  return { kind: 'cybersource_payment', id: keyOf(request_id), merchant_id, state, fresh: true };
}

/** @param fresh nobody has used the reference before, as the same unit of work has found */
export function referencePut(use: ReferenceUse, merchant_id: string, state: CybersourceReference, fresh: boolean): Put {
  return { kind: 'cybersource_reference', id: referenceKey(use, merchant_id), merchant_id, state, fresh };
}

export interface ReferenceUse {
  readonly what: 'code' | 'transaction';
  readonly value: string;
}

/** The merchant's own session under an id. */
export function* readSessionRecord(
  id: string,
  { merchant }: Context,
): Generator<Ask, CybersourceSession | undefined, unknown> {
  const key = recordKey(id);
  const found = key && (yield* read<CybersourceSession>('cybersource_session', key));
  return found && found.merchant_id === merchant.merchant_id ? found : undefined;
}

/** The merchant's own transaction under an id. It never changes, so nobody is kept from it. */
export function* readPaymentRecord(
  id: string,
  { merchant }: Context,
): Generator<Ask, CybersourcePayment | undefined, unknown> {
  const key = recordKey(id);
  const found = key && (yield* readShared<CybersourcePayment>('cybersource_payment', key));
  return found && found.merchant_id === merchant.merchant_id ? found : undefined;
}

export function* readReference(
  use: ReferenceUse,
  { merchant }: Context,
): Generator<Ask, CybersourceReference | undefined, unknown> {
  return yield* read<CybersourceReference>('cybersource_reference', referenceKey(use, merchant.merchant_id));
}

/** References are texts of the merchant's, which may hold anything; the digest has the form of our ids, which are found fastest. */
function referenceKey({ what, value }: ReferenceUse, merchant_id: string): string {
  const hex = createHash('sha256').update(`${merchant_id} ${what} ${value}`).digest('hex');
  return `0${hex.slice(1, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function keyOf(request_id: string): string {
  const key = recordKey(request_id);
  if (key === undefined) throw new Error(`${request_id} is no request id`);
  return key;
}
