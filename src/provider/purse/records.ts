/** The records that Purse's own state is kept in, and how they are found. */
import { type Ask, type Put, read } from '../../store/store.ts';
import type { PurseLink, PursePayment, PurseSession, Transaction } from './state.ts';

export function sessionPut(session: PurseSession, fresh = false): Put {
  return { kind: 'purse_session', id: session.session_id, merchant_id: session.merchant_id, state: session, fresh };
}

export function paymentPut(payment: PursePayment, fresh = false): Put {
  return { kind: 'purse_payment', id: payment.payment_id, merchant_id: payment.merchant_id, state: payment, fresh };
}

export function linkPut(link: PurseLink, fresh = false): Put {
  return { kind: 'purse_link', id: link.link_id, merchant_id: link.merchant_id, state: link, fresh };
}

export function* readLink(id: string): Generator<Ask, PurseLink | undefined, unknown> {
  return yield* read<PurseLink>('purse_link', id.toLowerCase());
}

/** Captures are named by refunds; what finds their payment. */
export function transactionPuts({ payment_id, merchant_id }: PursePayment, made: readonly Transaction[]): Put[] {
  return made
    .filter(({ id, action }) => action === 'CAPTURE' && id !== payment_id)
    .map(({ id }) => ({ kind: 'purse_transaction', id, merchant_id, state: { payment_id } }));
}

export function* readSession(id: string): Generator<Ask, PurseSession | undefined, unknown> {
  return yield* read<PurseSession>('purse_session', id.toLowerCase());
}

/** The payment that a transaction belongs to: its first one has the payment's own id. */
export function* readPaymentOf(transaction_id: string): Generator<Ask, PursePayment | undefined, unknown> {
  const id = transaction_id.toLowerCase();
  const payment = yield* read<PursePayment>('purse_payment', id);
  if (payment) return payment;
  const found = yield* read<{ payment_id: string }>('purse_transaction', id);
  return found && (yield* read<PursePayment>('purse_payment', found.payment_id));
}
