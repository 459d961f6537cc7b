/** What lost disputes mean here: a capture that was charged back. */
import { type Ask, readShared } from '../../store/store.ts';
import type { Dispute } from '../engine/dispute-state.ts';
import { bringDisputeUpToDate } from '../engine/dispute-time.ts';
import type { Context, Order } from '../engine/state.ts';

/** What the order's lost disputes were about: the id of a capture, or undefined for all of the order. */
export function* chargedBack(
  { disputes = [] }: Order,
  context: Context,
): Generator<Ask, readonly (string | undefined)[], unknown> {
  const about: (string | undefined)[] = [];
  for (const { dispute_id, outcome } of disputes) {
    if (outcome === 'WON') continue;
    const stored = yield* readShared<Dispute>('dispute', dispute_id);
    const dispute = stored && bringDisputeUpToDate(stored, context).dispute;
    if (dispute?.closed?.outcome === 'LOST') about.push(dispute.capture_id);
  }
  return about;
}
