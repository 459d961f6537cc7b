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

/** The disputes that a filter lets through, newest first unless told otherwise. What has no such time comes last. */
export function selected(
  disputes: readonly Dispute[],
  filter: Filter,
  sort_by: readonly Sort[] = ['-created_at'],
): Dispute[] {
  return disputes.filter((dispute) => fits(dispute, filter)).sort(compareBy(sort_by));
}

function fits(dispute: Dispute, filter: Filter): boolean {
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

function compareBy(sort_by: readonly Sort[]): (a: Dispute, b: Dispute) => number {
  return (a, b) => {
    for (const sort of sort_by) {
      const key = KEYS[sort.replace('-', '') as keyof typeof KEYS];
      const [left, right] = [key(a), key(b)];
      if (left === right) continue;
      if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
      return sort.startsWith('-') ? right - left : left - right;
    }
    // Ids rise with time, so that pages of disputes of the same moment do not overlap.
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

/** A page after, or before, the dispute that a cursor names. Undefined: it names none of them. */
export function cursorPage(
  all: readonly Dispute[],
  asked: {
    readonly size?: number | undefined;
    readonly starting_after?: string | undefined;
    readonly ending_before?: string | undefined;
  },
  cursorOf: (dispute: Dispute) => string,
): Page | undefined {
  const { size = SIZE_DEFAULT, starting_after, ending_before } = asked;
  const cursor = starting_after ?? ending_before;
  const at = cursor === undefined ? -1 : all.findIndex((dispute) => cursorOf(dispute) === cursor);
  if (cursor !== undefined && at < 0) return undefined;
  const forward = starting_after !== undefined || ending_before === undefined;
  const from = forward ? at + 1 : Math.max(0, at - size);
  const to = forward ? from + size : at;
  return { items: all.slice(from, to), total: all.length, before: from > 0, more: to < all.length };
}
