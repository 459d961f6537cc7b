import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  HOSTED_MOVES,
  HOSTED_TRANSITIONS,
  type HostedMove,
  hostedStep,
  isFinal,
  validateHostedTransitions,
} from './hosted-states.ts';
import { HOSTED_STATUSES, type HostedStatus } from './state.ts';

/**
 * The state table of the documents, written down again: W waiting, P in progress, B back, F failed, E error, I identity check,
 * C completed, X cancelled, D disabled. A letter pair is a step; everything that is not here is refused.
 */
const DOCUMENTED: Readonly<Record<HostedMove, string>> = {
  open: 'WP PP BP FP EP IP',
  identify: 'PI',
  back: 'PB',
  cancel: 'PX',
  fail: 'PF',
  error: 'PE',
  complete: 'PC',
  disable: 'WD PD BD FD ED ID XX DD',
};
const LETTERS: Readonly<Record<HostedStatus, string>> = {
  WAITING: 'W',
  IN_PROGRESS: 'P',
  BACK: 'B',
  FAILED: 'F',
  ERROR: 'E',
  MANUAL_ID_CHECK: 'I',
  COMPLETED: 'C',
  CANCELLED: 'X',
  DISABLED: 'D',
};

// Protects: what shops poll for. A step too many would let a shopper pay on a page that was withdrawn.
test('every move is possible in the documented states, leads to the documented ones, and is refused elsewhere', () => {
  for (const move of HOSTED_MOVES) {
    const steps = DOCUMENTED[move].split(' ');
    for (const from of HOSTED_STATUSES) {
      const documented = steps.find((step) => step[0] === LETTERS[from]);
      const to = hostedStep(move, from);
      assert.equal(to && LETTERS[to], documented?.[1], `${move} in ${from}`);
    }
  }
});

// Protects: nothing is paid, and nothing reopened, after the end.
test('the three end states are final and no other', () => {
  assert.deepEqual(HOSTED_STATUSES.filter(isFinal), ['COMPLETED', 'CANCELLED', 'DISABLED']);
});

// Protects: a slip in the table stops the program at the start and not a shopper in the middle.
test('a table with a misspelt state, or one that no session can reach, does not start', () => {
  assert.doesNotThrow(() => validateHostedTransitions());
  const misspelt = { ...HOSTED_TRANSITIONS, back: { IN_PROGRESS: 'BAK' } } as unknown as typeof HOSTED_TRANSITIONS;
  assert.throws(() => validateHostedTransitions(misspelt), /unknown states: BAK/);
  assert.throws(() => validateHostedTransitions({ ...HOSTED_TRANSITIONS, identify: {} }), /never leads to: MANUAL_ID/);
});
