/**
 * What time does to a dispute. Every command first brings the dispute up to date, so that the answer is right even before the timer
 * that would have done it fires.
 */
import { decide } from './dispute-decide.ts';
import { closed, type DisputeMoved, followedBy } from './dispute-moves.ts';
import type { Decision, Dispute, DisputeOutcome } from './dispute-state.ts';
import type { Context } from './state.ts';

interface Due {
  readonly at_ms: number;
  readonly apply: (dispute: Dispute, context: Context) => DisputeMoved;
}

/** The dispute as it stands at `context.now_ms`: deadlines that passed, and decisions that a test person stands for, in order of time. */
export function bringDisputeUpToDate(dispute: Dispute, context: Context): DisputeMoved {
  let current: DisputeMoved = { dispute, callbacks: [] };
  for (let due = nextDue(dispute); due && due.at_ms <= context.now_ms; due = nextDue(current.dispute))
    current = followedBy(current, due.apply(current.dispute, { ...context, now_ms: due.at_ms }));
  return current;
}

/** When something is next due for the dispute; undefined when nothing is. */
export function disputeWakeAt(dispute: Dispute): number | undefined {
  return nextDue(dispute)?.at_ms;
}

function nextDue(dispute: Dispute): Due | undefined {
  switch (dispute.state) {
    case 'INITIATED':
      return { at_ms: dispute.evidence_expires_at_ms, apply: expireEvidence };
    case 'PRE_ARBITRATION':
      return { at_ms: dispute.arbitration_expires_at_ms ?? dispute.updated_at_ms, apply: expireAppeal };
    case 'REPRESENTMENT':
      return scriptedDue(dispute, dispute.script?.preliminary);
    case 'ARBITRATION':
      return scriptedDue(dispute, dispute.script?.final);
    case 'CLOSED':
      return undefined;
  }
}

function expireEvidence(dispute: Dispute, context: Context): DisputeMoved {
  const decision: Decision = { outcome: 'LOST', detailed: 'partner_did_not_reply_to_dispute_request' };
  return closed(dispute, 'expire', decision, context, { evidence_state: 'EVIDENCE_REQUEST_EXPIRED' });
}

/** The preliminary decision becomes the final one. */
function expireAppeal(dispute: Dispute, context: Context): DisputeMoved {
  return closed(dispute, 'expire', dispute.preliminary as Decision, context);
}

function scriptedDue({ script }: Dispute, outcome: DisputeOutcome | undefined): Due | undefined {
  if (outcome === undefined || script?.decide_at_ms === undefined) return undefined;
  const apply: Due['apply'] = (dispute, context) => {
    const decided = decide(dispute, { outcome }, context);
    if (!decided.ok) throw new Error(`dispute ${dispute.dispute_id}: ${decided.refusal.explanations[0]?.message}`);
    return decided.value;
  };
  return { at_ms: script.decide_at_ms, apply };
}
