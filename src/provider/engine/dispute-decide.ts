/** What Klarna, or the shopper, does about a dispute. Source: states of disputes, version 4. */
import { formatMoney } from '../../money/format.ts';
import { deadlineExtended } from './dispute-events.ts';
import { closed, type DisputeMoved, moved, refuseState } from './dispute-moves.ts';
import {
  type Decision,
  DISPUTE_LIMITS,
  DISPUTE_WINDOWS,
  type Dispute,
  type DisputeOutcome,
  type DisputeReason,
  type EvidenceRequest,
} from './dispute-state.ts';
import { disputeStep } from './dispute-states.ts';
import { iso } from './dispute-view.ts';
import { accept, type Outcome, type Refused, refuse } from './outcome.ts';
import type { Context } from './state.ts';

/** What a decision says when Klarna gives no other reason. */
const DETAILED_WON = 'klarna_resolved_dispute_in_partner_favor';

const DETAILED_LOST: Readonly<Record<DisputeReason, string>> = {
  REFUND_NOT_PROCESSED: 'partner_did_not_perform_promised_refund',
  PRODUCTS_OR_SERVICES_NOT_RECEIVED: 'insufficient_proof_of_delivery',
  PRODUCTS_DEFECTIVE_OR_NOT_AS_DESCRIBED: 'partner_did_not_adjust_statement_on_klarnas_request',
  INCORRECT_AMOUNT: 'partner_did_not_adjust_statement_on_klarnas_request',
  PURCHASE_HIGH_RISK: 'partner_did_not_respond_to_stop_request',
  PURCHASE_UNAUTHORIZED: 'non_approved_address_recipient',
  NON_COMPLIANCE: 'partner_did_not_update_order_as_requested',
  NON_GUARANTEED_PAYMENT_PROGRAM: 'service_digital_goods_klarna_does_not_take_risk',
};

export interface Verdict {
  readonly outcome: DisputeOutcome;
  readonly detailed?: string;
  readonly chargeback_amount?: number;
}

/** Klarna decides: over the evidence (preliminarily, when it is against the merchant), or finally, over an appeal. */
export function decide(dispute: Dispute, verdict: Verdict, context: Context): Outcome<DisputeMoved> {
  const move = verdict.outcome === 'WON' ? 'decide_for_merchant' : 'decide_for_shopper';
  const next = disputeStep(move, dispute.state);
  if (!next) return refuseState(dispute, move, 'has nothing to be decided now', context);
  const refused = refuseChargeback(dispute, verdict);
  if (refused) return refused;
  const decision: Decision = {
    ...verdict,
    detailed: verdict.detailed ?? (verdict.outcome === 'WON' ? DETAILED_WON : DETAILED_LOST[dispute.reason]),
  };
  const preliminary = dispute.preliminary ?? decision;
  if (next === 'CLOSED') return accept(closed(dispute, move, decision, context, { preliminary }));
  const arbitration_expires_at_ms = context.now_ms + DISPUTE_WINDOWS.pre_arbitration_ms;
  return accept(moved(dispute, move, next, context, { preliminary, arbitration_expires_at_ms }));
}

/** Klarna gives the merchant more time for evidence. */
export function extendDeadline(
  dispute: Dispute,
  request: { readonly until_ms: number; readonly reason?: string },
  context: Context,
): Outcome<DisputeMoved> {
  if (!disputeStep('extend', dispute.state))
    return refuseState(dispute, 'extend', 'has no deadline for evidence that could be moved', context);
  const { until_ms, reason = 'KLARNA_DECISION' } = request;
  if (until_ms <= dispute.evidence_expires_at_ms)
    return refuse('dispute_bad_value', {
      field: 'until',
      expected: `after ${iso(dispute.evidence_expires_at_ms)}`,
      got: iso(until_ms),
      message: `Evidence is taken until ${iso(dispute.evidence_expires_at_ms)} already.`,
      change: 'Give a later time.',
    });
  const exception = {
    exception_type: 'DISPUTE_WINDOW_EXTENSION',
    reason,
    description: `Evidence is taken until ${iso(until_ms)}.`,
  };
  const [first, ...others] = dispute.requests as [EvidenceRequest, ...EvidenceRequest[]];
  const after: Dispute = {
    ...dispute,
    updated_at_ms: context.now_ms,
    evidence_expires_at_ms: until_ms,
    requests: [{ ...first, expires_at_ms: until_ms }, ...others],
    // Klarna lists three; the newest matter.
    exceptions: [...dispute.exceptions, exception].slice(-DISPUTE_LIMITS.exceptions),
  };
  return accept({ dispute: after, callbacks: deadlineExtended(dispute, after, context) });
}

/** The shopper lets it rest. */
export function withdraw(dispute: Dispute, context: Context): Outcome<DisputeMoved> {
  if (!disputeStep('settle', dispute.state)) return refuseState(dispute, 'settle', 'cannot be withdrawn', context);
  return accept(closed(dispute, 'settle', { outcome: 'WON', detailed: 'customer_cancelled_dispute' }, context));
}

function refuseChargeback(dispute: Dispute, { outcome, chargeback_amount }: Verdict): Refused | undefined {
  if (chargeback_amount === undefined) return undefined;
  if (outcome === 'LOST' && chargeback_amount >= 1 && chargeback_amount <= dispute.amount) return undefined;
  return refuse('dispute_bad_value', {
    field: 'chargeback_amount',
    expected: dispute.amount,
    got: chargeback_amount,
    message: `${formatMoney(dispute.amount, dispute.currency)} are disputed, and only what is lost is charged back.`,
    change: `Send from 1 to ${dispute.amount}, with outcome LOST.`,
  });
}
