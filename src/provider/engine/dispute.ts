/** What a merchant does about a dispute. Source: states and handling of disputes, version 4. */
import { formatMoney } from '../../money/format.ts';
import { withMovements } from './dispute-money.ts';
import { closed, type DisputeMoved, moved, refuseState, withDispute } from './dispute-moves.ts';
import { type Answer, openRequest, withResponse } from './dispute-questions.ts';
import {
  type AttachmentInfo,
  type AttachmentUse,
  type Decision,
  DISPUTE_LIMITS,
  DISPUTE_WINDOWS,
  type Dispute,
  type DisputeOutcome,
  type EvidenceRequest,
  isOpen,
} from './dispute-state.ts';
import { disputeStep } from './dispute-states.ts';
import { accept, type Explanation, type Outcome, type Refused, refuse } from './outcome.ts';
import { type Context, disputedAmount, type Order, refundableAmount } from './state.ts';

/** The merchant's dispute, unless it is unknown or somebody else's. */
export function readableDispute(dispute: Dispute | undefined, context: Context): Outcome<Dispute> {
  if (dispute?.merchant_id === context.merchant.merchant_id) return accept(dispute);
  return refuse('dispute_unknown', {
    message: 'This merchant has no dispute with this id.',
    change: 'Use an id from the list of disputes, exactly as it is there.',
  });
}

/** A file arrives. Only while it can still be used for something. */
export function attach(dispute: Dispute, info: AttachmentInfo, context: Context): Outcome<DisputeMoved> {
  const answerable = openRequest(dispute, context) !== undefined;
  if (!answerable && !disputeStep('attach', dispute.state))
    return refuseState(dispute, 'attach', 'takes no more files', context);
  if (dispute.attachments.length >= DISPUTE_LIMITS.attachments)
    return refuse('dispute_conflict', {
      expected: DISPUTE_LIMITS.attachments,
      message: `A dispute takes ${DISPUTE_LIMITS.attachments} files at the most.`,
      change: 'Use the files that are there.',
    });
  return accept({ dispute: { ...dispute, attachments: [...dispute.attachments, info] }, callbacks: [] });
}

export interface Representment {
  readonly attachments: readonly AttachmentUse[];
  readonly additional_information?: string;
  readonly proposed_refund_amount?: number;
}

/** The merchant sends its evidence. Once; then Klarna looks at it. */
export function represent(dispute: Dispute, request: Representment, context: Context): Outcome<DisputeMoved> {
  if (!disputeStep('represent', dispute.state)) return refuseState(dispute, 'represent', 'takes no evidence', context);
  const refused = refuseFiles(dispute, request.attachments) ?? refuseProposal(dispute, request);
  if (refused) return refused;
  const { now_ms } = context;
  const [first, ...others] = dispute.requests as [EvidenceRequest, ...EvidenceRequest[]];
  const answered = first.responses.length > 0 ? first : withResponse(first, asResponse(request), context);
  return accept(
    moved(dispute, 'represent', 'REPRESENTMENT', context, {
      evidence_state: 'EVIDENCE_RECEIVED',
      evidence: { created_at_ms: now_ms, ...request },
      requests: [answered, ...others],
      ...scheduled(dispute, dispute.script?.preliminary, context),
    }),
  );
}

/** The merchant gives in. */
export function acceptLoss(dispute: Dispute, context: Context): Outcome<DisputeMoved> {
  if (!disputeStep('accept_loss', dispute.state))
    return refuseState(dispute, 'accept_loss', 'cannot be accepted as lost', context);
  const decision: Decision = {
    outcome: 'LOST',
    detailed: 'partner_accepted_the_loss',
    ...chargebackOf(dispute.preliminary),
  };
  const more: Partial<Dispute> = dispute.state === 'INITIATED' ? { evidence_state: 'EVIDENCE_WAIVED' } : {};
  return accept(closed(dispute, 'accept_loss', decision, context, more));
}

/** The merchant does not accept the preliminary decision; the next one is final. */
export function appeal(
  dispute: Dispute,
  request: { readonly additional_information: string; readonly attachments: readonly AttachmentUse[] },
  context: Context,
): Outcome<DisputeMoved> {
  if (!disputeStep('appeal', dispute.state)) return refuseState(dispute, 'appeal', 'cannot be appealed', context);
  const refused = refuseFiles(dispute, request.attachments);
  if (refused) return refused;
  return accept(
    moved(dispute, 'appeal', 'ARBITRATION', context, {
      appeal: { requested_at_ms: context.now_ms, ...request },
      ...scheduled(dispute, dispute.script?.final, context),
    }),
  );
}

/**
 * What a refund leaves of an order's open disputes: no more can be disputed than is the merchant's still, so the oldest give way
 * first. A dispute of which nothing is left is over: the shopper has the money.
 */
export function afterRefund(
  order: Order,
  disputes: readonly Dispute[],
  context: Context,
): { readonly order: Order; readonly moved: readonly DisputeMoved[] } {
  let excess = disputedAmount(order) - refundableAmount(order);
  let current = order;
  const all: DisputeMoved[] = [];
  for (const dispute of disputes.filter(isOpen)) {
    const less = Math.min(excess, dispute.amount);
    if (less <= 0) continue;
    excess -= less;
    const next = lowered(dispute, less, context);
    current = withDispute(current, next.dispute);
    all.push(next);
  }
  return { order: current, moved: all };
}

function lowered(dispute: Dispute, by: number, context: Context): DisputeMoved {
  if (by === dispute.amount) {
    const decision: Decision = { outcome: 'WON', detailed: 'partner_has_refunded_payment_to_customer' };
    return closed(dispute, 'settle', decision, context);
  }
  const amount = dispute.amount - by;
  const after = { ...dispute, amount, updated_at_ms: context.now_ms };
  return { dispute: withMovements(after, context.now_ms), callbacks: [] };
}

/** When the decision that a test person stands for will fall. */
function scheduled({ script }: Dispute, outcome: DisputeOutcome | undefined, { now_ms }: Context): Partial<Dispute> {
  if (!script || outcome === undefined) return {};
  return { script: { ...script, decide_at_ms: now_ms + DISPUTE_WINDOWS.script_ms } };
}

function chargebackOf(decision: Decision | undefined): Pick<Decision, 'chargeback_amount'> {
  return decision?.chargeback_amount === undefined ? {} : { chargeback_amount: decision.chargeback_amount };
}

/** Evidence as version 2 shows it: the answer to the first question. */
function asResponse({ additional_information, attachments }: Representment): Answer {
  return {
    ...(additional_information !== undefined && { comment: additional_information }),
    requested_fields: {},
    attachments: attachments.map(({ attachment_id }) => attachment_id),
  };
}

/** Files must have been uploaded to this very dispute. */
export function refuseFiles(dispute: Dispute, uses: readonly AttachmentUse[]): Refused | undefined {
  const known = (id: string) => dispute.attachments.some(({ attachment_id }) => attachment_id === id);
  const faults = uses.flatMap(({ attachment_id }, index): Explanation[] => {
    if (known(attachment_id)) return [];
    return [
      {
        field: `attachments[${index}].payment_dispute_attachment_id`,
        got: attachment_id.slice(0, 80),
        message: 'No file with this id was uploaded to this dispute.',
        change: 'Upload the file to this dispute first and send the id of the answer.',
      },
    ];
  });
  return faults.length > 0 ? refuse('dispute_bad_value', faults) : undefined;
}

function refuseProposal(dispute: Dispute, { proposed_refund_amount }: Representment): Refused | undefined {
  if (proposed_refund_amount === undefined || proposed_refund_amount < dispute.amount) return undefined;
  return refuse('dispute_bad_value', {
    field: 'partner_proposed_refund_amount',
    expected: `less than ${dispute.amount}`,
    got: proposed_refund_amount,
    off_by: proposed_refund_amount - dispute.amount,
    message: `${formatMoney(dispute.amount, dispute.currency)} are disputed; a proposal is for less.`,
    change: 'Propose less, or accept the loss.',
  });
}
