/**
 * Faces that keep an account of their own of a purchase (Purse's transactions) follow the order: they are told when anything else changed
 * it. The call stays in this process, see the courier; only its address is known here.
 */
import type { Callback, Context, Order } from './state.ts';

/** Addresses within this process; no merchant can give one, because callbacks go to http and https only. */
export const INTERNAL = 'kvitt:';

/** Tells whoever follows the order that it changed. */
export function tellFollower(before: Order, after: Order, { now_ms }: Context): Callback[] {
  if (after === before || after.follower === undefined) return [];
  return [{ rule: 'follower', url: after.follower, body: '', due_at_ms: now_ms, subject: after.order_id }];
}
