/**
 * Property tests: how often they run, and how a failure is run again. A failure prints its seed; the same seed makes
 * the same inputs.
 *
 *     KVITT_SEED=-123456 KVITT_RUNS=5000 node --test src/money/lines.test.ts
 */
import fc from 'fast-check';

/**
 * Runs a property. Rejects with the smallest counterexample that was found, and with how to get it again.
 * @param runs how many inputs to try unless KVITT_RUNS says otherwise
 */
export async function fuzz<T>(property: fc.IProperty<T> | fc.IAsyncProperty<T>, runs: number): Promise<void> {
  const numRuns = wholeNumber('KVITT_RUNS') ?? runs;
  const seed = wholeNumber('KVITT_SEED');
  const result = await fc.check(property, { numRuns, ...(seed !== undefined && { seed }) });
  if (!result.failed) return;
  const report = await fc.asyncDefaultReportMessage(result);
  throw new Error(`again with KVITT_SEED=${result.seed} KVITT_RUNS=${numRuns}\n${report}`, {
    cause: result.errorInstance,
  });
}

/** Freezes a value and everything in it, so that code that changes what it was given fails at once. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

function wholeNumber(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${variable} must be a whole number, not ${text}`);
  return value;
}
