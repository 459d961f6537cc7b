/** What every move of a dispute has in common: the table is asked, money follows, and the merchant is told. */
import { stateChanged } from './dispute-events.ts';
import { withMovements } from './dispute-money.ts';
import type { Closing, Decision, Dispute } from './dispute-state.ts';
import { type DisputeMove, disputeStep } from './dispute-states.ts';
import { iso } from './dispute-view.ts';
import { tellOfChargeback } from './follow.ts';
import { type Refused, refuse } from './outcome.ts';
import type { Callback, Context, Order } from './state.ts';

/** What a dispute has become, and whom to tell. */
export interface DisputeMoved {
  readonly dispute: Dispute;
  readonly callbacks: readonly Callback[];
}

/** The state after a move, with the money that goes with it and the webhook that announces it. */
export function moved(
  dispute: Dispute,
  move: DisputeMove,
  to: Dispute['state'],
  context: Context,
  more: Partial<Dispute> = {},
): DisputeMoved {
  const { state: from } = dispute;
  if (from === 'CLOSED' || disputeStep(move, from) !== to)
    throw new Error(`dispute ${dispute.dispute_id}: ${move} cannot lead from ${from} to ${to}`);
  const next: Dispute = { ...dispute, ...more, state: to, previous_state: from, updated_at_ms: context.now_ms };
  const settled = withMovements(next, context.now_ms);
  return { dispute: settled, callbacks: stateChanged(settled, context) };
}

/** The end, by a move that leads there. What is charged back follows from the decision and from what is left to dispute. */
export function closed(
  dispute: Dispute,
  move: DisputeMove,
  { outcome, detailed, chargeback_amount }: Decision,
  context: Context,
  more: Partial<Dispute> = {},
): DisputeMoved {
  // What the merchant refunded meanwhile is not charged back again.
  const asked = Math.min(chargeback_amount ?? dispute.amount, dispute.amount);
  const closing: Closing = {
    outcome,
    detailed,
    closed_at_ms: context.now_ms,
    chargeback_amount: outcome === 'LOST' ? asked : 0,
  };
  const end = moved(dispute, move, 'CLOSED', context, { ...more, closed: closing });
  return { ...end, callbacks: [...end.callbacks, ...tellOfChargeback(end.dispute, context)] };
}

/** Two moves after each other, each announced. */
export function followedBy(first: DisputeMoved, second: DisputeMoved): DisputeMoved {
  return { dispute: second.dispute, callbacks: [...first.callbacks, ...second.callbacks] };
}

/** The order with what its money has to do with the dispute. */
export function withDispute(order: Order, { dispute_id, capture_id, amount, closed }: Dispute): Order {
  const entry = {
    dispute_id,
    ...(capture_id !== undefined && { capture_id }),
    amount: closed ? closed.chargeback_amount : amount,
    ...(closed && { outcome: closed.outcome }),
  };
  const known = order.disputes ?? [];
  const isKnown = known.some((each) => each.dispute_id === dispute_id);
  const disputes = isKnown ? known.map((each) => (each.dispute_id === dispute_id ? entry : each)) : [...known, entry];
  return { ...order, disputes };
}

/** The refusal of a move in a state that the table has not got it in. @param what the dispute cannot do, after “and” */
export function refuseState(dispute: Dispute, move: DisputeMove, what: string, { now_ms }: Context): Refused {
  const since = dispute.closed
    ? `${dispute.closed.outcome} since ${iso(dispute.closed.closed_at_ms)} (${dispute.closed.detailed})`
    : `since ${iso(dispute.updated_at_ms)}`;
  return refuse(
    'dispute_conflict',
    {
      message: `The dispute is ${dispute.state}, ${since}, and ${what}; it is ${iso(now_ms)} for this merchant.`,
      change: CHANGES[dispute.state],
    },
    { state: dispute.state, move },
  );
}

const CHANGES: Readonly<Record<Dispute['state'], string>> = {
  INITIATED: 'Represent the case with evidence, or accept the loss, before the deadline.',
  REPRESENTMENT: 'Klarna looks at the evidence; wait for its decision.',
  PRE_ARBITRATION: 'Appeal, or accept the loss, before the deadline.',
  ARBITRATION: 'Klarna looks at the appeal; wait for its decision, which is final.',
  CLOSED: 'Nothing more can be done; a closed dispute stays closed.',
};
