/**
 * Faults on order: what somebody wants to go wrong, with which calls and how often. Which call a rule strikes follows from the rule,
 * from how many calls it has met, and from its seed; so the same calls meet the same faults again.
 */

/** What a call to Kvitt can meet. */
export const REQUEST_EFFECTS = [
  'delay',
  'error',
  'gateway',
  'drop',
  'reset',
  'cut_headers',
  'cut_body',
  'stall',
  'malformed',
] as const;
export type RequestEffect = (typeof REQUEST_EFFECTS)[number];

/** What a call of Kvitt's to one of the merchant's URLs can meet. */
export const CALLBACK_EFFECTS = ['lose', 'miss', 'delay', 'double', 'reorder'] as const;

export const FAULT_EFFECTS = [...new Set([...REQUEST_EFFECTS, ...CALLBACK_EFFECTS])] as const;

/** Effects that need an answer to spoil: they come after the call was carried out. */
export const ANSWER_EFFECTS: readonly string[] = ['cut_headers', 'cut_body', 'stall', 'malformed'];

export const GATEWAY_BODIES = ['html', 'plain', 'empty'] as const;

/** Which calls a rule is about; all that is given must fit. */
export interface FaultTarget {
  readonly method?: string;
  /** Segments are literal, `*` or `{name}`; a last segment `**` stands for any number of them. */
  readonly path?: string;
  /** An operation's name: Klarna's `createCapture`, another face's `cybersource.capture`. */
  readonly operation?: string;
  /** A kind of callback, or `any`: the rule is about callbacks and not about requests. */
  readonly callback?: string;
}

/** How long a call waits; drawn anew for each between the bounds. */
export interface FaultWait {
  readonly min_ms: number;
  readonly max_ms: number;
  /** `merchant`: nobody waits; the merchant's clock moves on instead. */
  readonly clock: 'real' | 'merchant';
  /** Not longer than it takes to deliver the merchant's callbacks. */
  readonly until?: 'callbacks';
}

export interface FaultRule {
  readonly fault_id: string;
  readonly name?: string;
  readonly scenario?: string;
  /** It holds for all merchants, and counts over all of them. */
  readonly everywhere?: true;
  readonly on: FaultTarget;
  readonly effect: (typeof FAULT_EFFECTS)[number];
  readonly when: 'before' | 'after';
  /** Of `error`: the catalogue's code. */
  readonly code?: string;
  /** Of `error` and `gateway`. */
  readonly status?: number;
  /** Of `gateway`. */
  readonly body?: (typeof GATEWAY_BODIES)[number];
  readonly wait?: FaultWait;
  /** So many calls pass first. */
  readonly skip: number;
  /** It strikes so many calls and no more. */
  readonly times?: number;
  readonly probability: number;
  /** Decides which calls are struck and how long they wait, where that is left to chance. */
  readonly seed: number;
  /** The merchant's time at which it ends. */
  readonly ends_at_ms?: number;
}

/** A call as rules see it. */
export interface FaultableCall {
  readonly method: string;
  readonly path: string;
  readonly operation?: string | undefined;
  readonly callback?: string;
}

/** What a rule has met so far. */
export interface Tally {
  readonly matched: number;
  readonly fired: number;
}

export interface Strike {
  readonly rule: FaultRule;
  /** The how many-th call that the rule strikes, from 1. */
  readonly nth: number;
  readonly wait_ms: number;
}

/** Whether a rule is about a call, at the merchant's time `now_ms`. */
export function isAbout({ on, ends_at_ms }: FaultRule, call: FaultableCall, now_ms: number): boolean {
  if (ends_at_ms !== undefined && now_ms >= ends_at_ms) return false;
  if (call.callback !== undefined) return on.callback === 'any' || on.callback === call.callback;
  return (
    on.callback === undefined &&
    (on.method === undefined || on.method === call.method) &&
    (on.operation === undefined || on.operation === call.operation) &&
    (on.path === undefined || fitsPath(on.path, call.path))
  );
}

/** Whether it can strike no more. */
export function isSpent({ times }: FaultRule, { fired }: Tally): boolean {
  return times !== undefined && fired >= times;
}

/** Counts a call that the rule is about; with `strike` when it is one of those to be struck. */
export function meetCall(rule: FaultRule, before: Tally): { readonly tally: Tally; readonly strike?: Strike } {
  const matched = before.matched + 1;
  const passes = matched <= rule.skip || isSpent(rule, before) || draw(rule.seed, 2 * matched) >= rule.probability;
  if (passes) return { tally: { ...before, matched } };
  const nth = before.fired + 1;
  return { tally: { matched, fired: nth }, strike: { rule, nth, wait_ms: waitOf(rule, matched) } };
}

function waitOf({ wait, seed }: FaultRule, matched: number): number {
  if (!wait) return 0;
  return wait.min_ms + Math.floor(draw(seed, 2 * matched + 1) * (wait.max_ms - wait.min_ms + 1));
}

/** The n-th number of a seed, from 0 up to but not 1: the last steps of MurmurHash3, which spread neighbouring numbers well. */
function draw(seed: number, n: number): number {
  let bits = seed ^ Math.imul(n, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}

/** Segment by segment, so that no pattern takes long. */
function fitsPath(pattern: string, path: string): boolean {
  const wanted = segments(pattern);
  const got = segments(path);
  const open = wanted.at(-1) === '**';
  if (open) wanted.pop();
  if (open ? got.length < wanted.length : got.length !== wanted.length) return false;
  return wanted.every((segment, index) => segment === '*' || /^\{.*\}$/.test(segment) || segment === got[index]);
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}
