/** Klarna's questions to the merchant, and the merchant's answers, as version 2 of the API has them. */
import { DISPUTE_LIMITS, DISPUTE_WINDOWS, type Dispute, type EvidenceRequest } from './dispute-state.ts';
import type { Context } from './state.ts';

/** A question without an answer yet. @param request_id counts from 1 within the dispute */
export function newRequest(
  request_id: number,
  comment: string,
  expires_at_ms: number,
  { now_ms }: Context,
  more: Partial<EvidenceRequest> = {},
): EvidenceRequest {
  return {
    request_id,
    created_at_ms: now_ms,
    expires_at_ms,
    comment,
    requested_fields: [],
    optional_requested_fields: [],
    attachments: [],
    responses: [],
    ...more,
  };
}

/** What the merchant says to a question. Files by their ids. */
export interface Answer {
  readonly comment?: string;
  readonly requested_fields: Readonly<Record<string, string>>;
  readonly attachments: readonly string[];
}

/** The question with one more answer. */
export function withResponse(request: EvidenceRequest, answer: Answer, { now_ms }: Context): EvidenceRequest {
  const response = { response_id: request.responses.length + 1, created_at_ms: now_ms, ...answer };
  return { ...request, responses: [...request.responses, response] };
}

/** Open, or answered so lately that the answer can be amended. */
export function isAnswerable({ state }: Dispute, request: EvidenceRequest, { now_ms }: Context): boolean {
  if (state !== 'INITIATED' && state !== 'REPRESENTMENT') return false;
  if (request.responses.length >= DISPUTE_LIMITS.responses_a_request) return false;
  const [answered] = request.responses;
  return answered ? now_ms < answered.created_at_ms + DISPUTE_WINDOWS.amend_ms : now_ms < request.expires_at_ms;
}

/** The newest question that waits for an answer, or undefined. */
export function openRequest(dispute: Dispute, context: Context): EvidenceRequest | undefined {
  return dispute.requests.findLast(
    (request) => request.responses.length === 0 && isAnswerable(dispute, request, context),
  );
}
