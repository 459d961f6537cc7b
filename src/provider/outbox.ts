/** Callbacks on their way: what waits in the outbox, and when each kind is tried again. */
import type { OutboxMessage } from '../store/store.ts';
import { type Callback, HOUR_MS, MINUTE_MS } from './engine/state.ts';

/** A callback in the outbox. */
export interface Queued extends Omit<Callback, 'due_at_ms'> {
  /** Which attempt is next, from 1. */
  readonly attempt: number;
  /** When the first attempt was due, merchant's time. */
  readonly first_due_at_ms: number;
}

interface Rule {
  readonly connect_ms: number;
  readonly read_ms: number;
  /** Whether an answer ends the delivery. */
  readonly done: (status: number) => boolean;
  /** Wait before the next attempt, after `attempt` attempts; undefined: no more. */
  readonly wait_ms: (attempt: number, since_first_ms: number) => number | undefined;
}

const is2xx = (status: number) => status >= 200 && status < 300;

/** Three attempts in all, waiting one second, then two. Source: authorization callback. */
const threeAttempts: Rule['wait_ms'] = (attempt) => (attempt < 3 ? 1_000 * 2 ** (attempt - 1) : undefined);

/** Each callback's own rule of repetition. */
export const DELIVERY_RULES: Readonly<Record<Callback['rule'], Rule>> = {
  authorization: { connect_ms: 2_000, read_ms: 2_000, done: is2xx, wait_ms: threeAttempts },
  /** Every ten minutes for a day until exactly 200. Source: pending orders. */
  notification: {
    connect_ms: 2_000,
    read_ms: 5_000,
    done: (status) => status === 200,
    wait_ms: (_, since_first_ms) => (since_first_ms < 24 * HOUR_MS ? 10 * MINUTE_MS : undefined),
  },
  /** Klarna documents no rule for the push of Klarna Payments; the one for authorizations is used (inferred). */
  push: { connect_ms: 2_000, read_ms: 5_000, done: is2xx, wait_ms: threeAttempts },
};

export function outboxMessage({ due_at_ms, ...callback }: Callback, merchant_id: string, id: string): OutboxMessage {
  const state: Queued = { ...callback, attempt: 1, first_due_at_ms: due_at_ms };
  return { id, merchant_id, due_at_ms, state };
}

/** What follows an attempt: the next one, or undefined when the delivery is over. */
export function afterAttempt(message: OutboxMessage, status: number): OutboxMessage | undefined {
  const queued = message.state as Queued;
  const rule = DELIVERY_RULES[queued.rule];
  if (rule.done(status)) return undefined;
  const wait_ms = rule.wait_ms(queued.attempt, message.due_at_ms - queued.first_due_at_ms);
  if (wait_ms === undefined) return undefined;
  return { ...message, due_at_ms: message.due_at_ms + wait_ms, state: { ...queued, attempt: queued.attempt + 1 } };
}
