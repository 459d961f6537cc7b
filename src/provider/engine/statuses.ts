/** The catalogue's words for where a session or an order stands; several can hold at once. */
import type { CatalogueCode } from '../../catalogue/index.ts';
import { capturedAmount, type Order, refundedAmount, type Session } from './state.ts';

const BY_FRAUD_STATUS = { ACCEPTED: 'ACCEPTED', PENDING: 'PENDING', REJECTED: 'REFUSED' } as const satisfies Record<
  Order['fraud_status'],
  CatalogueCode
>;

/** Order status, fraud status, and how much of what was captured has been refunded. */
export function orderCodes(order: Order): CatalogueCode[] {
  const refunded = refundedAmount(order);
  const refundCode: CatalogueCode[] =
    refunded === 0 ? [] : refunded < capturedAmount(order) ? ['PART_REFUNDED'] : ['REFUNDED'];
  return [order.status, BY_FRAUD_STATUS[order.fraud_status], ...refundCode];
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
