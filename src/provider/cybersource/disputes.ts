/** What lost disputes mean here: a capture that was charged back. */
import type { Ask } from '../../store/store.ts';
import type { Order } from '../engine/state.ts';

/** What the order's lost disputes were about: the id of a capture, or undefined for all of the order. */
export function* chargedBack(_order: Order): Generator<Ask, readonly (string | undefined)[], unknown> {
  return [];
}
