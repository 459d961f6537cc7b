import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DISPUTE_STATES } from '../../wire/disputes.ts';
import type { DisputeState } from './dispute-state.ts';
import {
  DISPUTE_MOVES,
  DISPUTE_TRANSITIONS,
  type DisputeMove,
  disputeStep,
  validateDisputeTransitions,
} from './dispute-states.ts';

/**
 * The state table of the documents, written down again: I initiated, R representment, P pre-arbitration, A arbitration, C closed. A
 * letter pair is a step; everything that is not here is refused.
 */
const DOCUMENTED: Readonly<Record<DisputeMove, string>> = {
  attach: 'II PP',
  represent: 'IR',
  accept_loss: 'IC PC',
  appeal: 'PA',
  expire: 'IC PC',
  reject: 'IC',
  decide_for_merchant: 'RC AC',
  decide_for_shopper: 'RP AC',
  extend: 'II',
  ask: 'RR',
  settle: 'IC RC PC AC',
};
const LETTERS: Readonly<Record<DisputeState, string>> = {
  INITIATED: 'I',
  REPRESENTMENT: 'R',
  PRE_ARBITRATION: 'P',
  ARBITRATION: 'A',
  CLOSED: 'C',
};

// Protects: what merchants plan their answers by. A step too many would let a closed case be fought again.
test('every move is possible in the documented states, leads to the documented ones, and is refused elsewhere', () => {
  for (const move of DISPUTE_MOVES) {
    const steps = DOCUMENTED[move].split(' ');
    for (const from of DISPUTE_STATES) {
      const documented = steps.find((step) => step[0] === LETTERS[from]);
      const to = disputeStep(move, from);
      assert.equal(to && LETTERS[to], documented?.[1], `${move} in ${from}`);
    }
  }
});

// Protects: a slip in the table stops the program at the start and not a merchant in the middle.
test('a table with a misspelt state, one that no dispute can reach, or a way out of the end, does not start', () => {
  assert.doesNotThrow(() => validateDisputeTransitions());
  const broken = (rows: object) => ({ ...DISPUTE_TRANSITIONS, ...rows }) as unknown as typeof DISPUTE_TRANSITIONS;
  assert.throws(() => validateDisputeTransitions(broken({ ask: { OPEN: 'OPEN' } })), /unknown states: OPEN/);
  assert.throws(() => validateDisputeTransitions(broken({ appeal: {} })), /never leads to: ARBITRATION/);
  assert.throws(() => validateDisputeTransitions(broken({ attach: { CLOSED: 'INITIATED' } })), /out of CLOSED/);
});
