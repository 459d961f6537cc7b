/** Questions and answers of version 2 over the cases of version 4: the answer to the first question is the evidence. */

import { type Representment, refuseFiles, represent } from './dispute.ts';
import { type DisputeMoved, refuseState } from './dispute-moves.ts';
import { type Answer, isAnswerable, newRequest, withResponse } from './dispute-questions.ts';
import {
  type AttachmentInfo,
  DISPUTE_LIMITS,
  DISPUTE_WINDOWS,
  type Dispute,
  type EvidenceRequest,
} from './dispute-state.ts';
import { disputeStep } from './dispute-states.ts';
import { iso } from './dispute-view.ts';
import { accept, type Outcome, type Refused, refuse } from './outcome.ts';
import type { Context } from './state.ts';

export interface Question {
  readonly comment: string;
  readonly requested_fields?: readonly string[];
  readonly optional_requested_fields?: readonly string[];
  readonly expires_at_ms?: number;
  /** Files that Klarna shows with it. */
  readonly attachments?: readonly AttachmentInfo[];
}

/** Klarna asks something more, as version 2 has it. A deadline that passes leaves the decision to what is there. */
export function ask(dispute: Dispute, question: Question, context: Context): Outcome<DisputeMoved> {
  if (!disputeStep('ask', dispute.state))
    return refuseState(dispute, 'ask', 'is not one of which Klarna asks more', context);
  const {
    attachments = [],
    expires_at_ms = context.now_ms + DISPUTE_WINDOWS.follow_up_ms,
    comment,
    ...fields
  } = question;
  const tooMany = dispute.requests.length >= DISPUTE_LIMITS.requests;
  if (tooMany || dispute.attachments.length + attachments.length > DISPUTE_LIMITS.attachments)
    return refuse('dispute_conflict', {
      message: tooMany
        ? `Klarna asks ${DISPUTE_LIMITS.requests} times at the most.`
        : `A dispute takes ${DISPUTE_LIMITS.attachments} files at the most.`,
      change: 'Decide the dispute.',
    });
  if (expires_at_ms <= context.now_ms)
    return refuse('dispute_bad_value', {
      field: 'deadline',
      got: iso(expires_at_ms),
      message: `The deadline is not in the future: it is ${iso(context.now_ms)} for this merchant.`,
      change: 'Give a later time.',
    });
  const request = newRequest(dispute.requests.length + 1, comment, expires_at_ms, context, {
    ...fields,
    attachments: attachments.map(({ attachment_id }) => attachment_id),
  });
  const after: Dispute = {
    ...dispute,
    updated_at_ms: context.now_ms,
    requests: [...dispute.requests, request],
    attachments: [...dispute.attachments, ...attachments],
  };
  return accept({ dispute: after, callbacks: [] });
}

/** The merchant answers a question, as version 2 has it. The answer to the first one is the evidence. */
export function answerRequest(
  dispute: Dispute,
  request_id: string,
  answer: Answer,
  context: Context,
): Outcome<DisputeMoved> {
  const request = dispute.requests.find((each) => String(each.request_id) === request_id);
  if (!request)
    return refuse('dispute_request_unknown', {
      message: `The dispute has no request ${request_id}.`,
      change: 'Use a request_id from the dispute’s requests.',
    });
  if (!isAnswerable(dispute, request, context))
    return refuseState(dispute, 'represent', `takes no answer to request ${request_id}`, context);
  const uses = answer.attachments.map((attachment_id) => ({ attachment_id }));
  const refused = refuseFiles(dispute, uses) ?? refuseAnswer(request, answer);
  if (refused) return refused;
  const requests = dispute.requests.map((each) => (each === request ? withResponse(each, answer, context) : each));
  const told: Dispute = { ...dispute, requests };
  const evidence: Representment = {
    attachments: uses,
    ...(answer.comment !== undefined && { additional_information: answer.comment }),
  };
  if (dispute.state === 'INITIATED') return represent(told, evidence, context);
  const kept = dispute.evidence?.attachments ?? [];
  const fresh = uses.filter(({ attachment_id }) => !kept.some((each) => each.attachment_id === attachment_id));
  return accept({
    dispute: {
      ...told,
      updated_at_ms: context.now_ms,
      evidence: { created_at_ms: context.now_ms, ...dispute.evidence, attachments: [...kept, ...fresh] },
    },
    callbacks: [],
  });
}

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** What was asked for has to be there, and dates have one form. */
function refuseAnswer(request: EvidenceRequest, { requested_fields }: Answer): Refused | undefined {
  const missing = request.requested_fields
    .filter((name) => !requested_fields[name])
    .map((name) => ({
      field: `requested_fields.${name}`,
      message: `Request ${request.request_id} asks for ${name}.`,
      change: `Send ${name} in requested_fields.`,
    }));
  const dates = Object.entries(requested_fields)
    .filter(([name, value]) => name.endsWith('_date') && !DATE.test(value))
    .map(([name, value]) => ({
      field: `requested_fields.${name}`,
      expected: 'YYYY-MM-DDTHH:mm:ss.sssZ',
      got: value.slice(0, 60),
      message: 'Dates have one form.',
      change: 'Send 2027-01-15T09:48:30.250Z and the like.',
    }));
  const faults = [...missing, ...dates];
  return faults.length > 0 ? refuse('dispute_bad_value', faults) : undefined;
}
