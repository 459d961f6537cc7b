import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  TOKEN_MOVES,
  TOKEN_TRANSITIONS,
  type TokenMove,
  tokenStep,
  validateTokenTransitions,
} from './customer-token-states.ts';
import { TOKEN_STATUSES } from './state.ts';

/**
 * The state table of the documents, written down again: A active, S suspended, C cancelled. A letter pair is a step; everything that
 * is not here is refused.
 */
const DOCUMENTED: Readonly<Record<TokenMove, string>> = {
  charge: 'AA',
  relink: 'AA SS',
  suspend: 'AS SS',
  activate: 'AA SA',
  cancel: 'AC SC CC',
};

// Protects: no shopper is charged on a token that is suspended or cancelled, and none comes back from the end.
test('every move is possible in the documented states, leads to the documented ones, and is refused elsewhere', () => {
  for (const move of TOKEN_MOVES) {
    const steps = DOCUMENTED[move].split(' ');
    for (const from of TOKEN_STATUSES) {
      const documented = steps.find((step) => step[0] === from[0]);
      assert.equal(tokenStep(move, from)?.[0], documented?.[1], `${move} in ${from}`);
    }
  }
});

// Protects: a slip in the table stops the program at the start and not a subscription in the middle.
test('a table with a misspelt state, or one that no token can reach, does not start', () => {
  assert.doesNotThrow(() => validateTokenTransitions());
  const misspelt = { ...TOKEN_TRANSITIONS, cancel: { ACTIVE: 'CANCELED' } } as unknown as typeof TOKEN_TRANSITIONS;
  assert.throws(() => validateTokenTransitions(misspelt), /unknown states: CANCELED/);
  assert.throws(() => validateTokenTransitions({ ...TOKEN_TRANSITIONS, suspend: {} }), /never leads to: SUSPENDED/);
});
