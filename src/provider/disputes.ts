/**
 * Disputes in the store: how one is found, read together with its order, and written. A dispute and its order change together, and both
 * are locked in one order everywhere: first the order, then the dispute.
 */
import { type Ask, type Put, read, readShared, type Store } from '../store/store.ts';
import { bookChanges, orderChanges } from './bookkeeping.ts';
import { afterRefund } from './engine/dispute.ts';
import { assertDispute } from './engine/dispute-money.ts';
import { type DisputeMoved, withDispute } from './engine/dispute-moves.ts';
import type { Attachment, Dispute } from './engine/dispute-state.ts';
import { bringDisputeUpToDate, disputeWakeAt } from './engine/dispute-time.ts';
import type { Callback, Context, Order } from './engine/state.ts';

/** A dispute with its order, as of now, and what that took. */
export interface Case {
  /** As it is stored. */
  readonly before: Dispute;
  readonly dispute: Dispute;
  readonly storedOrder: Order;
  readonly order: Order;
  /** What time brought about and nobody was told yet. */
  readonly callbacks: readonly Callback[];
}

/** The context's merchant's dispute and its order, locked. Undefined: there is no such dispute. */
export function* readCase(dispute_id: string, context: Context): Generator<Ask, Case | undefined, unknown> {
  const seen = yield* readShared<Dispute>('dispute', dispute_id);
  const mine = seen?.merchant_id === context.merchant.merchant_id ? seen : undefined;
  const storedOrder = mine && (yield* read<Order>('order', mine.order_id));
  const before = storedOrder && (yield* read<Dispute>('dispute', dispute_id));
  if (!storedOrder || !before) return undefined;
  const { dispute, callbacks } = bringDisputeUpToDate(before, context);
  const order = dispute === before ? storedOrder : withDispute(storedOrder, dispute);
  return { before, dispute, storedOrder, order, callbacks };
}

/** The open disputes of an order that is locked, each as of now. */
export function* readOpenDisputes(order: Order, context: Context): Generator<Ask, Case[], unknown> {
  const cases: Case[] = [];
  for (const { dispute_id, outcome } of order.disputes ?? []) {
    if (outcome !== undefined) continue;
    const before = yield* read<Dispute>('dispute', dispute_id);
    if (before) cases.push({ before, storedOrder: order, order, ...bringDisputeUpToDate(before, context) });
  }
  return cases;
}

/**
 * What writes a dispute, and nothing else does: the dispute, and in the books what it moved. Its order has a part in it too, which is
 * written by whoever writes the order. Throws when the figures contradict each other.
 * @param before as it is stored; undefined for a new one
 */
export function disputeChanges(before: Dispute | undefined, after: Dispute, order: Order, context: Context): Put[] {
  assertDispute(before, after);
  const moved = after.movements.slice(before?.movements.length ?? 0);
  const { dispute_id: id, merchant_id } = after;
  const record: Put = {
    kind: 'dispute',
    id,
    merchant_id,
    state: after,
    wake_at_ms: disputeWakeAt(after),
    fresh: before === undefined,
  };
  return [record, ...bookChanges(moved, order, context)];
}

/** What a command of an order leaves of its open disputes, as it is written and sent; the order itself is the command's to write. */
export function settleDisputes(
  order: Order,
  cases: readonly Case[],
  context: Context,
): { readonly order: Order; readonly put: readonly Put[]; readonly callbacks: readonly Callback[] } {
  const current = cases.map(({ dispute }) => dispute);
  const after = afterRefund(order, current, context);
  const put = cases.flatMap(({ before, dispute }) => {
    const moved = after.moved.find((each) => each.dispute.dispute_id === dispute.dispute_id)?.dispute ?? dispute;
    return moved === before ? [] : disputeChanges(before, moved, order, context);
  });
  const callbacks = [...cases.flatMap((each) => each.callbacks), ...after.moved.flatMap((each) => each.callbacks)];
  return { order: after.order, put, callbacks };
}

/** The record of a file. */
export function attachmentPut(attachment: Attachment, merchant_id: string): Put {
  return { kind: 'attachment', id: attachment.attachment_id, merchant_id, state: attachment, fresh: true };
}

/** What a command made of a case, as it is written and sent: with what time had brought about before. */
export function caseChanges(
  found: Case,
  { dispute, callbacks }: DisputeMoved,
  context: Context,
): { put: Put[]; callbacks: Callback[] } {
  const { before, storedOrder, order } = found;
  const put =
    dispute === before
      ? []
      : [
          ...disputeChanges(before, dispute, order, context),
          ...orderChanges(storedOrder, withDispute(order, dispute), context),
        ];
  return { put, callbacks: [...found.callbacks, ...callbacks] };
}

/** Disputes that are read together. */
const PAGE = 500;

/** A merchant's disputes, oldest first, each as of now; a page of them is held at a time. */
export async function* disputesOf(
  context: Context,
  store: Pick<Store, 'list'>,
): AsyncGenerator<Dispute, void, undefined> {
  const { merchant_id } = context.merchant;
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: Dispute[] = await store.list<Dispute>('dispute', { merchant_id, after, limit: PAGE });
    for (const dispute of page) yield bringDisputeUpToDate(dispute, context).dispute;
    after = page.length === PAGE ? page.at(-1)?.dispute_id : undefined;
  }
}
