/** The catalogue's words for where a session or an order stands; several can hold at once. */
import type { CatalogueCode } from '../../catalogue/index.ts';
import type { DisputeOutcome } from './dispute-state.ts';
import {
  capturedAmount,
  type HostedSession,
  type HostedStatus,
  type Order,
  refundedAmount,
  type Session,
} from './state.ts';

const BY_FRAUD_STATUS = { ACCEPTED: 'ACCEPTED', PENDING: 'PENDING', REJECTED: 'REFUSED' } as const satisfies Record<
  Order['fraud_status'],
  CatalogueCode
>;

const BY_OUTCOME = { WON: 'DISPUTE_WON', LOST: 'DISPUTE_LOST' } as const satisfies Record<
  DisputeOutcome,
  CatalogueCode
>;

/** Klarna's five states fold into three. @param closing how it ended; undefined while it is open */
export function disputeCode(closing: { readonly outcome?: DisputeOutcome } | undefined): CatalogueCode {
  return closing?.outcome ? BY_OUTCOME[closing.outcome] : 'DISPUTE_OPENED';
}

/** Order status, fraud status, how much of what was captured has been refunded, and how its disputes stand. */
export function orderCodes(order: Order): CatalogueCode[] {
  const refunded = refundedAmount(order);
  const refundCode: CatalogueCode[] =
    refunded === 0 ? [] : refunded < capturedAmount(order) ? ['PART_REFUNDED'] : ['REFUNDED'];
  const disputeCodes = new Set((order.disputes ?? []).map(disputeCode));
  return [order.status, BY_FRAUD_STATUS[order.fraud_status], ...refundCode, ...disputeCodes];
}

const BY_LATEST_TRY = {
  approved: 'ACCEPTED',
  refused: 'REFUSED',
  abandoned: 'ABANDONED',
  failed: 'FAILED',
  reversed: 'AUTH_REVERSED',
} as const satisfies Record<NonNullable<Session['latest_try']>, CatalogueCode>;

/** What the shopper's latest try came to; a session that ran out without one was abandoned. */
export function sessionCode(session: Session, now_ms: number): CatalogueCode {
  if (session.latest_try) return BY_LATEST_TRY[session.latest_try];
  return now_ms < session.expires_at_ms ? 'PENDING' : 'ABANDONED';
}

/** Ends of a hosted page that the payment session behind it, which stays open, knows nothing of. */
const BY_HOSTED_END: Readonly<Partial<Record<HostedStatus, CatalogueCode>>> = {
  CANCELLED: 'ABANDONED',
  DISABLED: 'FAILED',
};

/** Where a hosted page stands. @param session behind it */
export function hostedCode({ status }: HostedSession, session: Session, now_ms: number): CatalogueCode {
  return BY_HOSTED_END[status] ?? sessionCode(session, now_ms);
}
