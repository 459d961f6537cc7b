/**
 * What a dispute does to the merchant's money, as movements, and what must be true of them. Source: hold policy of disputes version 4;
 * transaction types of the settlement files.
 */
import { type Dispute, type DisputeReason, isOpen } from './dispute-state.ts';
import { disputeKrn } from './dispute-view.ts';
import type { Movement, MovementType } from './movements.ts';

/** Reasons for which Klarna's policy against fraud decides who pays. */
const FRAUD_REASONS: readonly DisputeReason[] = ['PURCHASE_HIGH_RISK', 'PURCHASE_UNAUTHORIZED'];

/** The dispute with the movements that its present state calls for and that it does not have yet. Nothing is ever taken back. */
export function withMovements(dispute: Dispute, at_ms: number): Dispute {
  const has = (type: MovementType) => sumOf(dispute, type);
  const held = has('HOLDBACK') - has('RELEASE');
  const fee = has('FEE') - has('FEE_REFUND');
  const due = { held: heldAmount(dispute), fee: feeAmount(dispute), reversed: dispute.closed?.chargeback_amount ?? 0 };
  const made = [
    // What was held is let go before the chargeback takes it, so that no payout in between sees both.
    movement(dispute, 'HOLDBACK', 'UNDER_REVIEW', due.held - held, at_ms),
    movement(dispute, 'RELEASE', 'UNDER_REVIEW', held - due.held, at_ms),
    movement(dispute, 'REVERSAL', reversalDetail(dispute), due.reversed - has('REVERSAL'), at_ms),
    movement(dispute, 'FEE', 'DISPUTE_FEE', due.fee - fee, at_ms),
    movement(dispute, 'FEE_REFUND', 'DISPUTE_FEE_REFUND', fee - due.fee, at_ms),
  ].filter(({ amount }) => amount > 0);
  return made.length === 0 ? dispute : { ...dispute, movements: [...dispute.movements, ...made] };
}

/** What Klarna keeps back of the merchant's money for the dispute as it stands. */
export function heldAmount(dispute: Dispute): number {
  return isOpen(dispute) && dispute.hold_policy === 'ON_DISPUTE_INITIATED' ? dispute.amount : 0;
}

/** The fee as it stands: taken with the hold or with the loss, given back with the win. */
function feeAmount(dispute: Dispute): number {
  const taken = isOpen(dispute) ? dispute.hold_policy === 'ON_DISPUTE_INITIATED' : dispute.closed?.outcome === 'LOST';
  return taken ? dispute.fee_amount : 0;
}

function reversalDetail({ reason }: Dispute): string {
  return FRAUD_REASONS.includes(reason) ? 'FRAUD_POLICY_CHARGE' : 'REVERSAL';
}

function movement(
  dispute: Dispute,
  type: MovementType,
  detailed_type: string,
  amount: number,
  at_ms: number,
): Movement {
  const { currency, order_id, capture_id } = dispute;
  return {
    type,
    detailed_type,
    amount,
    currency,
    at_ms,
    order_id,
    ...(capture_id !== undefined && { capture_id }),
    dispute_krn: disputeKrn(dispute),
  };
}

function sumOf({ movements }: Dispute, type: MovementType): number {
  return movements.reduce((sum, each) => (each.type === type ? sum + each.amount : sum), 0);
}

/**
 * Throws when a dispute's figures contradict each other, or when its movements were changed and not added to, which would be a fault
 * of the engine and not of a request. Kept on in production.
 */
export function assertDispute(before: Dispute | undefined, after: Dispute): void {
  const fail = (message: string) => {
    throw new Error(`dispute ${after.dispute_id}: ${message}`);
  };
  const figures = [after.amount, after.fee_amount, ...after.movements.map(({ amount }) => amount)];
  if (!figures.every((amount) => Number.isSafeInteger(amount) && amount >= 0))
    fail('an amount is no whole number of minor units from 0 up');
  if ((after.state === 'CLOSED') !== (after.closed !== undefined)) fail('CLOSED and an outcome belong together');
  if ((after.closed?.chargeback_amount ?? 0) > after.amount) fail('more is charged back than was disputed');
  if (after.closed?.outcome === 'WON' && after.closed.chargeback_amount > 0) fail('won, and charged back');
  if (withMovements(after, 0) !== after) fail('its movements do not add up to its state');
  if (!before) return;
  if (before.movements.some((movement, index) => !isSame(movement, after.movements[index])))
    fail('a movement that was made was changed');
  if (before.closed && before !== after) fail('it was closed, and changed');
}

function isSame(one: Movement, other: Movement | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
