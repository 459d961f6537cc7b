import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isAllowed,
  ORDER_OPERATIONS,
  type OrderOperation,
  step,
  TRANSITIONS,
  validateTransitions,
} from './order-states.ts';
import { ORDER_STATUSES, type OrderStatus } from './state.ts';

/**
 * The order state table of the documents, written down again: A authorized, P part captured, C captured, X cancelled,
 * E expired, L closed. A letter pair is a step; everything that is not here is refused.
 */
const DOCUMENTED: Readonly<Record<OrderOperation, string>> = {
  acknowledge: 'AA PP CC',
  capture: 'AP AC PP PC',
  update_authorization: 'AA PP PC',
  update_references: 'AA PP CC EE LL',
  update_customer: 'AA PP',
  add_shipping_info: 'AA PP CC XX EE LL',
  cancel: 'AX XX',
  release: 'PC',
  extend: 'AA PP',
  refund: 'PP CC',
  extend_due_date: 'PP CC',
  expire: 'AE PC',
  close: 'CL',
};
const LETTERS: Readonly<Record<OrderStatus, string>> = {
  AUTHORIZED: 'A',
  PART_CAPTURED: 'P',
  CAPTURED: 'C',
  CANCELLED: 'X',
  EXPIRED: 'E',
  CLOSED: 'L',
};

test('every operation is allowed in the documented states, leads to the documented ones, and is refused elsewhere', () => {
  for (const operation of ORDER_OPERATIONS) {
    const steps = DOCUMENTED[operation].split(' ');
    for (const from of ORDER_STATUSES) {
      const leaves = steps.some((each) => each[0] === LETTERS[from]);
      assert.equal(isAllowed(operation, from), leaves, `${operation} in ${from}`);
      for (const to of ORDER_STATUSES) {
        if (steps.includes(LETTERS[from] + LETTERS[to])) assert.equal(step(operation, from, to), to);
        else
          assert.throws(() => step(operation, from, to), new RegExp(`${operation} cannot lead from ${from} to ${to}`));
      }
    }
  }
});

test('nothing leads out of the end states', () => {
  for (const operation of ORDER_OPERATIONS)
    for (const end of ['CANCELLED', 'EXPIRED', 'CLOSED'] as const)
      assert.ok(TRANSITIONS[operation][end]?.every((to) => to === end) ?? true, `${operation} in ${end}`);
});

test('a table with a misspelt state, or one that no order can reach, does not start', () => {
  assert.doesNotThrow(() => validateTransitions());
  const misspelt = { ...TRANSITIONS, close: { CAPTURED: ['CLOSD'] } } as unknown as typeof TRANSITIONS;
  assert.throws(() => validateTransitions(misspelt), /unknown states: CLOSD/);
  const misspeltFrom = { ...TRANSITIONS, close: { CAPTURD: ['CLOSED'] } } as unknown as typeof TRANSITIONS;
  assert.throws(() => validateTransitions(misspeltFrom), /unknown states: CAPTURD/);
  assert.throws(() => validateTransitions({ ...TRANSITIONS, close: {} }), /never leads to: CLOSED/);
  const circle = { ...TRANSITIONS, capture: {}, refund: TRANSITIONS.refund };
  assert.throws(() => validateTransitions(circle), /never leads to: PART_CAPTURED, CAPTURED, CLOSED/);
});
