/** What the outcomes come to. Only what is documented or was observed counts; inferences are counted apart. */
import type { Outcome, Result } from './runner.ts';

export interface Count {
  readonly probes: number;
  readonly passed: number;
  readonly failed: number;
  readonly not_built: number;
  readonly not_runnable: number;
}

export interface Score {
  /** Of documented and observed probes. */
  readonly known: Count;
  readonly inferred: Count;
}

export function score(outcomes: readonly Outcome[]): Score {
  const isKnown = ({ probe }: Outcome) => probe.source.basis !== 'inferred';
  return { known: count(outcomes.filter(isKnown)), inferred: count(outcomes.filter((each) => !isKnown(each))) };
}

function count(outcomes: readonly Outcome[]): Count {
  const of = (result: Result) => outcomes.filter((each) => each.result === result).length;
  return {
    probes: outcomes.length,
    passed: of('passed'),
    failed: of('failed'),
    not_built: of('not_built'),
    not_runnable: of('not_runnable'),
  };
}

/** Passed of all that were put, in percent; what is not built is not passed. Undefined when none was put. */
export function percent({ probes, passed, not_runnable }: Count): number | undefined {
  const put = probes - not_runnable;
  return put === 0 ? undefined : (100 * passed) / put;
}

/** Passed of all that were put and are built. */
export function percentOfBuilt({ passed, failed }: Count): number | undefined {
  return passed + failed === 0 ? undefined : (100 * passed) / (passed + failed);
}

/** Outcomes by what a function says of each, in the order in which it is first said. */
export function grouped(outcomes: readonly Outcome[], by: (outcome: Outcome) => string): [string, Outcome[]][] {
  return [...Map.groupBy(outcomes, by)];
}
