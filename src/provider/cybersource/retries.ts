/**
 * A subscription's rule of repetition. Source: models of the official SDK, which show how each algorithm counts; webhooks developer guide
 * for the defaults. Bounds are our own.
 */
import type { RetryPolicy } from '../../wire/cybersource.ts';
import { MINUTE_MS } from '../engine/state.ts';

const DEFAULT_POLICY = { algorithm: 'ARITHMETIC', firstRetry: 1, interval: 1, numberOfRetries: 3 } as const;

/** How long the attempts of one delivery may go on. */
export const RETRIES_DAYS_MOST = 30;

/**
 * How long after each attempt the next is due, in milliseconds. The n-th repeat is due `firstRetry + interval × (n - 1)` minutes after the
 * call that failed, or `firstRetry × interval^(n - 1)`; the whole sequence comes again as often as the policy says.
 */
export function repeatsOf(sent: RetryPolicy = {}): readonly number[] {
  const { algorithm, firstRetry, interval, numberOfRetries } = { ...DEFAULT_POLICY, ...sent };
  const { repeatSequenceCount = 0, repeatSequenceWaitTime = 0 } = sent;
  const due = Array.from({ length: numberOfRetries }, (_, n) =>
    algorithm === 'GEOMETRIC' ? firstRetry * interval ** n : firstRetry + interval * n,
  );
  // An interval of nothing would have the second repeat due before the first.
  const sequence = due.map((at, n) => Math.max(0, at - (due[n - 1] ?? 0)));
  const again = sequence.map((minutes, n) => (n === 0 ? repeatSequenceWaitTime + minutes : minutes));
  const all = [...sequence, ...Array.from({ length: repeatSequenceCount }, () => again).flat()];
  return all.map((minutes) => minutes * MINUTE_MS);
}

/** The policy as a subscription shows it. */
export function policyView({ deactivateFlag = false, ...sent }: RetryPolicy = {}): object {
  return { ...DEFAULT_POLICY, ...sent, deactivateFlag: String(deactivateFlag) };
}
