/**
 * Disputes in the store: how one is found, read together with its order, and written. A dispute and its order change together, and both
 * are locked in one order everywhere: first the order, then the dispute.
 */
import { type Ask, type Put, read, readShared, type Store } from '../store/store.ts';
import { afterRefund } from './engine/dispute.ts';
import { assertDispute } from './engine/dispute-money.ts';
import { type DisputeMoved, withDispute } from './engine/dispute-moves.ts';
import type { Attachment, Dispute } from './engine/dispute-state.ts';
import { bringDisputeUpToDate, disputeWakeAt } from './engine/dispute-time.ts';
import type { Callback, Context, Order } from './engine/state.ts';
import { orderPut } from './klarna/payments.ts';

/** A dispute with its order, as of now, and what that took. */
export interface Case {
  /** As it is stored. */
  readonly before: Dispute;
  readonly dispute: Dispute;
  readonly order: Order;
  /** What time brought about and nobody was told yet. */
  readonly callbacks: readonly Callback[];
}

/** The context's merchant's dispute and its order, locked. Undefined: there is no such dispute. */
export function* readCase(dispute_id: string, context: Context): Generator<Ask, Case | undefined, unknown> {
  const seen = yield* readShared<Dispute>('dispute', dispute_id);
  const mine = seen?.merchant_id === context.merchant.merchant_id ? seen : undefined;
  const order = mine && (yield* read<Order>('order', mine.order_id));
  const before = order && (yield* read<Dispute>('dispute', dispute_id));
  if (!order || !before) return undefined;
  const { dispute, callbacks } = bringDisputeUpToDate(before, context);
  return { before, dispute, order: dispute === before ? order : withDispute(order, dispute), callbacks };
}

/** The open disputes of an order that is locked, each as of now. */
export function* readOpenDisputes(order: Order, context: Context): Generator<Ask, Case[], unknown> {
  const cases: Case[] = [];
  for (const { dispute_id, outcome } of order.disputes ?? []) {
    if (outcome !== undefined) continue;
    const before = yield* read<Dispute>('dispute', dispute_id);
    if (before) cases.push({ before, order, ...bringDisputeUpToDate(before, context) });
  }
  return cases;
}

/**
 * What writes a dispute, and nothing else does: the dispute, with its order's part in it. `before` is what is stored, or undefined for
 * a new one. Throws when the figures contradict each other.
 * @param order the order, which is written too; absent when its own command writes it
 */
export function disputeChanges(before: Dispute | undefined, after: Dispute, order?: Order): Put[] {
  assertDispute(before, after);
  const { dispute_id: id, merchant_id } = after;
  const record: Put = {
    kind: 'dispute',
    id,
    merchant_id,
    state: after,
    wake_at_ms: disputeWakeAt(after),
    fresh: before === undefined,
  };
  return order ? [record, orderPut(withDispute(order, after))] : [record];
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
    return moved === before ? [] : disputeChanges(before, moved);
  });
  const callbacks = [...cases.flatMap((each) => each.callbacks), ...after.moved.flatMap((each) => each.callbacks)];
  return { order: after.order, put, callbacks };
}

/** The record of a file. */
export function attachmentPut(attachment: Attachment, merchant_id: string): Put {
  return { kind: 'attachment', id: attachment.attachment_id, merchant_id, state: attachment, fresh: true };
}

/** What a command made of a case, as it is written and sent: with what time had brought about before. */
export function caseChanges(found: Case, { dispute, callbacks }: DisputeMoved): { put: Put[]; callbacks: Callback[] } {
  const put = dispute === found.before ? [] : disputeChanges(found.before, dispute, found.order);
  return { put, callbacks: [...found.callbacks, ...callbacks] };
}

/** Disputes that are read together. */
const PAGE = 500;

/** All disputes of a merchant as they are stored, oldest first. */
export async function allDisputes(merchant_id: string, store: Pick<Store, 'list'>): Promise<Dispute[]> {
  const all: Dispute[] = [];
  for (let after = ''; ; after = all.at(-1)?.dispute_id ?? '') {
    const page = await store.list<Dispute>('dispute', { merchant_id, after, limit: PAGE });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
