/**
 * Faces that keep an account of their own of a purchase (Purse's transactions), or tell others of it (Cybersource's webhooks), follow it: they
 * are told when anything else changed it. The call stays in this process, see the courier; only its address is known here.
 */
import type { Dispute } from './dispute-state.ts';
import type { Callback, Context, Order, Session } from './state.ts';

/** Addresses within this process; no merchant can give one, because callbacks go to http and https only. */
export const INTERNAL = 'kvitt:';

/** Tells whoever follows the order that it changed. */
export function tellFollower(before: Order, after: Order, { now_ms }: Context): Callback[] {
  if (after === before || after.follower === undefined) return [];
  return [follow(after.follower, after.order_id, now_ms)];
}

/** Tells whoever follows the session that its shopper did something. */
export function tellSessionFollower({ follower, session_id }: Session, { now_ms }: Context): Callback[] {
  return follower === undefined ? [] : [follow(follower, session_id, now_ms)];
}

/** Tells Cybersource's face of a dispute that was lost, if anybody subscribed to hear of it there. */
export function tellOfChargeback(dispute: Dispute, { merchant, now_ms }: Context): Callback[] {
  const { dispute_id, merchant_id, order_id, closed } = dispute;
  if (closed?.outcome !== 'LOST' || !merchant.cybersource_webhooks?.length) return [];
  return [follow(`${INTERNAL}cybersource/disputes/${merchant_id}/${dispute_id}`, order_id, now_ms)];
}

/** The call of a follower. @param subject the order or session it is about */
export function follow(url: string, subject: string, due_at_ms: number): Callback {
  return { rule: 'follower', url, body: '', due_at_ms, subject };
}
