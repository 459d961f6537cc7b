/** Lists of disputes: which of them, in which order, and which page of that. */
import type { Dispute } from '../engine/dispute-state.ts';

/** A span of time, epoch ms; the start belongs to it, the end does not. */
type Span = readonly [from: number | undefined, to: number | undefined];

/** What is given must hold; within a list, one of it. */
export interface Filter {
  readonly order_ids?: readonly string[];
  readonly states?: readonly string[];
  readonly reasons?: readonly string[];
  readonly references?: readonly string[];
  readonly created?: Span;
  readonly closed?: Span;
  readonly updated?: Span;
}

export type Sort = 'created_at' | '-created_at' | 'closed_at' | '-closed_at';

const KEYS: Readonly<Record<'created_at' | 'closed_at', (dispute: Dispute) => number | undefined>> = {
  created_at: ({ created_at_ms }) => created_at_ms,
  closed_at: ({ closed }) => closed?.closed_at_ms,
};

/** Whether a filter lets a dispute through. */
export function fits(dispute: Dispute, filter: Filter): boolean {
  const among = (list: readonly string[] | undefined, value: string | undefined) =>
    list === undefined || (value !== undefined && list.includes(value));
  return (
    among(filter.order_ids, dispute.order_id) &&
    among(filter.states, dispute.state) &&
    among(filter.reasons, dispute.reason) &&
    among(filter.references, dispute.references.merchant_reference1) &&
    within(filter.created, dispute.created_at_ms) &&
    within(filter.closed, dispute.closed?.closed_at_ms) &&
    within(filter.updated, dispute.updated_at_ms)
  );
}

function within([from, to]: Span = [undefined, undefined], ms: number | undefined): boolean {
  if (from === undefined && to === undefined) return true;
  return ms !== undefined && (from === undefined || ms >= from) && (to === undefined || ms < to);
}

/** Below zero where the first comes before the second; zero for the same dispute only. */
export type ListOrder = (a: Dispute, b: Dispute) => number;

/** Newest first unless told otherwise. What has no such time comes last. */
export function orderBy(sort_by: readonly Sort[] = ['-created_at']): ListOrder {
  return (a, b) => {
    for (const sort of sort_by) {
      const key = KEYS[sort.replace('-', '') as keyof typeof KEYS];
      const [left, right] = [key(a), key(b)];
      if (left === right) continue;
      if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
      return sort.startsWith('-') ? right - left : left - right;
    }
    // Ids rise with time, so that pages of disputes of the same moment do not overlap.
    if (a.dispute_id === b.dispute_id) return 0;
    return a.dispute_id < b.dispute_id ? 1 : -1;
  };
}

const SIZE_DEFAULT = 20;

interface Page {
  readonly items: readonly Dispute[];
  readonly total: number;
  /** Whether there is something on either side of it. */
  readonly before: boolean;
  readonly more: boolean;
}

/** Which disputes a list has, in which order, and which page of it is asked for. */
interface Wanted {
  readonly fits: (dispute: Dispute) => boolean;
  readonly order: ListOrder;
  readonly size?: number | undefined;
  /** The page after this dispute; or the one that ends before the other. */
  readonly starting_after?: Dispute | undefined;
  readonly ending_before?: Dispute | undefined;
}

/** A page of a list of any length. Of what passes by, no more than two pages are held. */
export async function pageOf(all: AsyncIterable<Dispute>, wanted: Wanted): Promise<Page> {
  const { fits: isListed, order, size = SIZE_DEFAULT, starting_after, ending_before } = wanted;
  const cursor = starting_after ?? ending_before;
  const isBackward = starting_after === undefined && ending_before !== undefined;
  // Backwards, the page is what comes first from the cursor on, in the order turned round.
  const nearest: ListOrder = isBackward ? (a, b) => order(b, a) : order;
  let held: Dispute[] = [];
  let total = 0;
  let beyond = 0;
  for await (const dispute of all) {
    if (!isListed(dispute)) continue;
    total++;
    if (cursor && nearest(cursor, dispute) >= 0) continue;
    beyond++;
    held.push(dispute);
    if (held.length >= 2 * size) held = held.sort(nearest).slice(0, size);
  }
  const items = held.sort(nearest).slice(0, size);
  const [behind, ahead] = [cursor !== undefined, beyond > size];
  return isBackward
    ? { items: items.reverse(), total, before: ahead, more: behind }
    : { items, total, before: behind, more: ahead };
}
