/** Callbacks on their way: what waits in the outbox, and when each kind is tried again. */
import type { OutboxMessage } from '../store/store.ts';
import type { Explanation } from './engine/outcome.ts';
import { type Callback, HOUR_MS, MINUTE_MS } from './engine/state.ts';

/** A callback in the outbox. */
export interface Queued extends Omit<Callback, 'due_at_ms'> {
  /** Which attempt is next, from 1. */
  readonly attempt: number;
  /** When the first attempt was due, merchant's time. */
  readonly first_due_at_ms: number;
  /** A fault on order met it already; it meets no other. */
  readonly met?: true;
}

interface Rule {
  readonly connect_ms: number;
  readonly read_ms: number;
  /** The answer that ends the delivery, in words and as a test. */
  readonly wanted: string;
  readonly done: (status: number) => boolean;
  /** From when this attempt was due to when the next one is; undefined: there is none. */
  readonly next_in_ms: (made: Made) => number | undefined;
}

interface Made {
  /** How many attempts were made. */
  readonly attempt: number;
  readonly since_first_ms: number;
  /** How long the last one took. */
  readonly took_ms: number;
  /** The receiver's own rule, where it has one. */
  readonly repeats_ms?: readonly number[] | undefined;
}

const is2xx = (status: number) => status >= 200 && status < 300;

/** Three attempts in all; after the first has failed one second passes, after the second two. Source: authorization callback. */
const threeAttempts: Rule['next_in_ms'] = ({ attempt, took_ms }) =>
  attempt < 3 ? took_ms + 1_000 * 2 ** (attempt - 1) : undefined;

const tenMinutesForADay: Rule['next_in_ms'] = ({ since_first_ms }) =>
  since_first_ms < 24 * HOUR_MS ? 10 * MINUTE_MS : undefined;

const CYBERSOURCE_REPEATS_MS = [MINUTE_MS, MINUTE_MS, MINUTE_MS];

/** Ten seconds, two and fifteen minutes, three, six and twelve hours. Source: signed webhooks. */
const WEBHOOK_LADDER_MS = [10_000, 2 * MINUTE_MS, 15 * MINUTE_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS];

/** Each callback's own rule of repetition. */
export const DELIVERY_RULES: Readonly<Record<Callback['rule'], Rule>> = {
  authorization: {
    connect_ms: 2_000,
    read_ms: 2_000,
    wanted: 'any 2xx status',
    done: is2xx,
    next_in_ms: threeAttempts,
  },
  /** Every ten minutes for a day until exactly 200. Source: pending orders. */
  notification: {
    connect_ms: 2_000,
    read_ms: 5_000,
    wanted: 'exactly status 200',
    done: (status) => status === 200,
    next_in_ms: tenMinutesForADay,
  },
  /** Klarna documents no rule for the push of Klarna Payments; the one for authorizations is used (inferred). */
  push: { connect_ms: 2_000, read_ms: 5_000, wanted: 'any 2xx status', done: is2xx, next_in_ms: threeAttempts },
  /** An answer within three seconds, up to three repeats a few seconds apart (here five). Source: HPP status callbacks. */
  hosted_status: {
    connect_ms: 3_000,
    read_ms: 3_000,
    wanted: 'any 2xx status',
    done: is2xx,
    next_in_ms: ({ attempt, took_ms }) => (attempt < 4 ? took_ms + 5_000 : undefined),
  },
  /** Klarna documents what acknowledges an event and when it comes again, and no limits of time (inferred). */
  webhook: {
    connect_ms: 2_000,
    read_ms: 5_000,
    wanted: 'status 200, 201, 202 or 204',
    done: (status) => [200, 201, 202, 204].includes(status),
    next_in_ms: ({ attempt }) => WEBHOOK_LADDER_MS[attempt - 1],
  },
  /** Three repeats, a minute apart, or as the subscription says. Source: Cybersource's webhooks, retry policy; the limits of time are inferred. */
  cybersource: {
    connect_ms: 5_000,
    read_ms: 10_000,
    wanted: 'any 2xx status',
    done: is2xx,
    next_in_ms: ({ attempt, repeats_ms = CYBERSOURCE_REPEATS_MS }) => repeats_ms[attempt - 1],
  },
  /** Whether a suspended subscriber is back. Source: models of Cybersource's SDKs, which say neither how often nor how long (inferred). */
  cybersource_health: {
    connect_ms: 2_000,
    read_ms: 5_000,
    wanted: 'exactly status 200',
    done: (status) => status === 200,
    next_in_ms: tenMinutesForADay,
  },
  /** Within this process, and so only kept from arriving by what is wrong here: tried until it is right again, for a day. */
  follower: {
    connect_ms: 0,
    read_ms: 0,
    wanted: 'an answer without a fault',
    done: is2xx,
    next_in_ms: ({ since_first_ms }) => (since_first_ms < 24 * HOUR_MS ? MINUTE_MS : undefined),
  },
  /** Purse documents neither a rule nor which answer ends it (inferred): ten minutes apart for a day, as Klarna's own. */
  purse_hook: {
    connect_ms: 2_000,
    read_ms: 5_000,
    wanted: 'any 2xx status',
    done: is2xx,
    next_in_ms: tenMinutesForADay,
  },
};

/** What a unit of work leaves to be called: each callback as a message of its own. */
export function outboxMessages(
  callbacks: readonly Callback[],
  merchant_id: string,
  world: { id(): string },
): OutboxMessage[] {
  return callbacks.map((callback) => outboxMessage(callback, merchant_id, world.id()));
}

export function outboxMessage({ due_at_ms, ...callback }: Callback, merchant_id: string, id: string): OutboxMessage {
  const state: Queued = { ...callback, attempt: 1, first_due_at_ms: due_at_ms };
  return { id, merchant_id, due_at_ms, state };
}

/** What follows an attempt: the next one, or undefined when the delivery is over. */
export function afterAttempt(message: OutboxMessage, status: number, took_ms: number): OutboxMessage | undefined {
  const queued = message.state as Queued;
  const { attempt, first_due_at_ms, repeats_ms } = queued;
  const rule = DELIVERY_RULES[queued.rule];
  if (rule.done(status)) return undefined;
  const since_first_ms = message.due_at_ms - first_due_at_ms;
  const next_in_ms = rule.next_in_ms({ attempt, took_ms, since_first_ms, repeats_ms });
  if (next_in_ms === undefined) return undefined;
  return { ...message, due_at_ms: message.due_at_ms + next_in_ms, state: { ...queued, attempt: attempt + 1 } };
}

/** Why an answer did not end the delivery, for the log; empty when it did. */
export function explainAnswer(
  rule: Callback['rule'],
  status: number,
  next: OutboxMessage | undefined,
): { explanations?: readonly Explanation[] } {
  const { wanted, done } = DELIVERY_RULES[rule];
  if (done(status)) return {};
  const got = status === 0 ? 'no answer' : `status ${status}`;
  const then = next ? 'It is called again.' : 'That was the last attempt.';
  const message = `This call is repeated until the answer is ${wanted}; there was ${got}. ${then}`;
  return { explanations: [{ expected: wanted, got, message, change: `Answer POSTs to this URL with ${wanted}.` }] };
}
