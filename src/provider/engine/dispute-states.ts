/**
 * The states of a dispute, as a table: what may happen in which state, and where it leads. Everything that asks whether something is
 * possible asks this table. Checked when the program starts. Source: states of a dispute, version 4.
 */
import { DISPUTE_STATES } from '../../wire/disputes.ts';
import type { DisputeState } from './dispute-state.ts';
import { checkTransitions } from './transitions.ts';

export const DISPUTE_MOVES = [
  'attach',
  'represent',
  'accept_loss',
  'appeal',
  'expire',
  'reject',
  'decide_for_merchant',
  'decide_for_shopper',
  'extend',
  'ask',
  'settle',
] as const;
export type DisputeMove = (typeof DISPUTE_MOVES)[number];

type Row = Readonly<Partial<Record<DisputeState, DisputeState>>>;
type Table = Readonly<Record<DisputeMove, Row>>;

/** Move → state it is possible in → state it leads to. A state that is missing refuses the move. */
export const DISPUTE_TRANSITIONS: Table = {
  attach: { INITIATED: 'INITIATED', PRE_ARBITRATION: 'PRE_ARBITRATION' },
  represent: { INITIATED: 'REPRESENTMENT' },
  accept_loss: { INITIATED: 'CLOSED', PRE_ARBITRATION: 'CLOSED' },
  appeal: { PRE_ARBITRATION: 'ARBITRATION' },
  /** The deadline for evidence, or for an appeal, passes without a word. */
  expire: { INITIATED: 'CLOSED', PRE_ARBITRATION: 'CLOSED' },
  /** The amount is below the merchant's threshold: nobody wants to fight for it. */
  reject: { INITIATED: 'CLOSED' },
  /** Klarna's decision: a preliminary one over the evidence, the final one over an appeal. */
  decide_for_merchant: { REPRESENTMENT: 'CLOSED', ARBITRATION: 'CLOSED' },
  decide_for_shopper: { REPRESENTMENT: 'PRE_ARBITRATION', ARBITRATION: 'CLOSED' },
  /** Klarna gives more time for evidence. */
  extend: { INITIATED: 'INITIATED' },
  /** Klarna asks something more. Version 2 only; in version 4 nothing shows it. */
  ask: { REPRESENTMENT: 'REPRESENTMENT' },
  /** There is nothing left to fight over: the merchant refunded, or the shopper withdrew. */
  settle: { INITIATED: 'CLOSED', REPRESENTMENT: 'CLOSED', PRE_ARBITRATION: 'CLOSED', ARBITRATION: 'CLOSED' },
};

/** The state after a move, or undefined when the state refuses it. */
export function disputeStep(move: DisputeMove, from: DisputeState): DisputeState | undefined {
  return DISPUTE_TRANSITIONS[move][from];
}

/** Throws when the table names an unknown state, leaves one that a dispute can never be in, or lets one out of CLOSED. */
export function validateDisputeTransitions(table: Table = DISPUTE_TRANSITIONS): void {
  checkTransitions('dispute', DISPUTE_STATES, 'INITIATED', table);
  if (Object.values(table).some((row) => 'CLOSED' in row))
    throw new Error('the dispute state table leads out of CLOSED');
}

validateDisputeTransitions();
