/**
 * Disputes, version 2, over the same cases as version 4: questions and answers instead of one representment. Structure from a
 * description of its documents; statuses and closing reasons whose names are not known are ours (inferred).
 */
import * as wire from '../../wire/disputes.ts';
import { disputesOf } from '../disputes.ts';
import { acceptLoss } from '../engine/dispute.ts';
import { openRequest } from '../engine/dispute-questions.ts';
import { answerRequest } from '../engine/dispute-requests.ts';
import { type Dispute, type EvidenceRequest, isOpen } from '../engine/dispute-state.ts';
import { oldDisputeKrn } from '../engine/dispute-view.ts';
import { refuse } from '../engine/outcome.ts';
import type { Context, Order } from '../engine/state.ts';
import { type ListOrder, orderBy, pageOf } from './dispute-list.ts';
import { changes, enroll, findCase, handsOut, readCursors, readQuery, takesFile } from './disputes-v4.ts';
import { disputeFaults } from './faults.ts';
import {
  type Call,
  type Handler,
  json,
  type Look,
  type Operation,
  refusedReply,
  type UploadRule,
} from './operation.ts';

const UPLOAD_V2: UploadRule = { file_bytes: 7_300_000, size: '7.3 MB' };

type Investigation = NonNullable<wire.OldDisputeQuery['investigation_status']>;

/** Where a case stands in the words of version 2. `opened` is the time before Klarna asks, which there is none of here. */
function investigationStatus(dispute: Dispute, context: Context): Investigation {
  switch (dispute.state) {
    case 'INITIATED':
      return 'started';
    case 'REPRESENTMENT':
      if (openRequest(dispute, context)) return 'started';
      return dispute.requests.at(-1)?.responses.length === 0 ? 'deadline_expired' : 'replied';
    case 'PRE_ARBITRATION':
      return 'unresolved';
    case 'ARBITRATION':
      return 'replied';
    case 'CLOSED':
      return CLOSED_BY[dispute.closed?.detailed ?? ''] ?? 'closed';
  }
}

const CLOSED_BY: Readonly<Record<string, Investigation>> = {
  partner_accepted_the_loss: 'loss_accepted',
  partner_did_not_reply_to_dispute_request: 'deadline_expired',
};

/** What the merchant has to do something before; undefined: nothing is to be done. */
function deadline(dispute: Dispute, context: Context): number | undefined {
  if (dispute.state === 'PRE_ARBITRATION') return dispute.arbitration_expires_at_ms;
  return isOpen(dispute) ? openRequest(dispute, context)?.expires_at_ms : undefined;
}

function disputeView(dispute: Dispute, order: Order | undefined, context: Context): object {
  const { currency, closed } = dispute;
  const deadline_ms = deadline(dispute, context);
  return {
    dispute_krn: oldDisputeKrn(dispute),
    status: isOpen(dispute) ? 'open' : 'closed',
    investigation_status: investigationStatus(dispute, context),
    reason: dispute.old_reason,
    region: dispute.region,
    opened_at: iso(dispute.created_at_ms),
    ...(deadline_ms !== undefined && { deadline_expires_at: iso(deadline_ms) }),
    ...(closed && {
      closed_at: iso(closed.closed_at_ms),
      closing_reason: closed.outcome.toLowerCase(),
      closing_reason_detailed: closed.detailed,
    }),
    ...(dispute.capture_id && { capture_id: dispute.capture_id }),
    disputed_amount: { amount: dispute.amount, currency },
    ...(closed &&
      closed.chargeback_amount > 0 && { chargeback_amount: { amount: closed.chargeback_amount, currency } }),
    ...(closed?.outcome === 'LOST' && { charged_disputes_fee: { amount: dispute.fee_amount, currency } }),
    disputed_order_lines: disputedLines(dispute, order),
    merchant: { merchant_id: dispute.merchant_id, name: context.merchant.name },
    ...(order && { order: orderView(order) }),
    requests: dispute.requests.map((request) => requestView(dispute, request)),
  };
}

/** Klarna disputes lines; here all of the capture, when all of it is disputed. */
function disputedLines({ capture_id, amount }: Dispute, order: Order | undefined): object[] {
  const capture = order?.captures.find((each) => each.capture_id === capture_id);
  if (!order || capture?.captured_amount !== amount) return [];
  const lines =
    capture.order_lines.length > 0 || amount !== order.order_amount ? capture.order_lines : order.order_lines;
  return lines
    .filter(({ reference }) => reference)
    .map(({ reference, quantity }) => ({ reference, disputed_quantity: quantity }));
}

function orderView(order: Order): object {
  return {
    order_id: order.order_id,
    created_at: iso(order.created_at_ms),
    order_amount: order.order_amount,
    purchase_currency: order.purchase_currency,
    merchant_reference1: order.merchant_reference1,
    merchant_reference2: order.merchant_reference2,
    merchant_data: order.merchant_data,
    shipping_info: [...order.shipping_info, ...order.captures.flatMap(({ shipping_info }) => shipping_info)],
  };
}

function requestView(dispute: Dispute, request: EvidenceRequest): object {
  const { request_id, created_at_ms, comment, requested_fields, optional_requested_fields } = request;
  return {
    request_id,
    created_at: iso(created_at_ms),
    comment,
    requested_fields,
    optional_requested_fields,
    attachments: filesView(dispute, request.attachments),
    responses: request.responses.map((response) => responseView(dispute, response)),
  };
}

function responseView(dispute: Dispute, response: EvidenceRequest['responses'][number]): object {
  const { response_id, created_at_ms, comment, requested_fields, attachments } = response;
  return {
    response_id,
    created_at: iso(created_at_ms),
    ...(comment !== undefined && { comment }),
    requested_fields,
    attachments: filesView(dispute, attachments),
  };
}

function filesView({ attachments }: Dispute, ids: readonly string[]): object[] {
  return attachments
    .filter(({ attachment_id }) => ids.includes(attachment_id))
    .map(({ attachment_id, filename }) => ({ attachment_id, filename }));
}

const LIMIT_DEFAULT = 20;

const list: Look = async (call, store) => {
  const query = readQuery(wire.oldDisputeQuery, call);
  if (query.refused) return query.refused;
  const { merchant_id, limit = LIMIT_DEFAULT, next_page } = query.value;
  const isMine = merchant_id === undefined || merchant_id === call.context.merchant.merchant_id;
  const isListed = (dispute: Dispute) => isMine && isAsked(dispute, query.value, call.context);
  const cursors = await readCursors({ starting_after: next_page }, isListed, oldDisputeKrn, call, store);
  if (!cursors) {
    const explanation = {
      field: 'next_page',
      message: 'This is no next_page of this list.',
      change: 'Send next_page as it came.',
    };
    return refusedReply(refuse('dispute_bad_value', explanation).refusal, call);
  }
  const wanted = { fits: isListed, order: orderOf(query.value, call.context), size: limit, ...cursors };
  const page = await pageOf(disputesOf(call.context, store), wanted);
  const disputes: object[] = [];
  for (const dispute of page.items)
    disputes.push(disputeView(dispute, await store.get<Order>('order', dispute.order_id), call.context));
  const last = page.items.at(-1);
  const next = page.more && last ? [oldDisputeKrn(last)] : [];
  return json(200, { disputes, pagination: { count: disputes.length, limit, next_page: next, total: page.total } });
};

function isAsked(dispute: Dispute, query: wire.OldDisputeQuery, context: Context): boolean {
  const { order_id, investigation_status, reason, merchant_reference1, merchant_reference2 } = query;
  return (
    (order_id === undefined || dispute.order_id === order_id.toLowerCase()) &&
    (investigation_status === undefined || investigationStatus(dispute, context) === investigation_status) &&
    (reason === undefined || dispute.old_reason === reason.toLowerCase()) &&
    (merchant_reference1 === undefined || dispute.references.merchant_reference1 === merchant_reference1) &&
    (merchant_reference2 === undefined || dispute.references.merchant_reference2 === merchant_reference2)
  );
}

/** Newest first unless told otherwise. What has no deadline comes last. */
function orderOf({ sort_by = '-opened_at' }: wire.OldDisputeQuery, context: Context): ListOrder {
  const isDescending = sort_by.startsWith('-');
  const byOpening = orderBy([isDescending ? '-created_at' : 'created_at']);
  if (sort_by.endsWith('opened_at')) return byOpening;
  const sign = isDescending ? -1 : 1;
  const at = (dispute: Dispute) => deadline(dispute, context) ?? sign * Number.MAX_SAFE_INTEGER;
  return (a, b) => sign * (at(a) - at(b)) || byOpening(a, b);
}

const show: Handler = function* (call) {
  const found = yield* findCase(call);
  if (!found.ok) return refusedReply(found.refusal, call);
  const { dispute, order } = found.value;
  return json(200, disputeView(dispute, order, call.context), { subject: dispute.order_id });
};

const respond: Handler = changes(
  (dispute, call) => {
    const { comment, requested_fields = {}, attachments = [] } = call.body as wire.EvidenceResponseBody;
    const ids = attachments.map((id) => id.toLowerCase());
    const answer = { requested_fields, attachments: ids, ...(comment !== undefined && { comment }) };
    return answerRequest(dispute, call.params.request_id ?? '', answer, call.context);
  },
  (dispute, call) => {
    const request = requestOf(dispute, call);
    const response = request?.responses.at(-1);
    return json(201, response ? responseView(dispute, response) : {});
  },
);

function requestOf({ requests }: Dispute, { params }: Call): EvidenceRequest | undefined {
  return requests.find(({ request_id }) => String(request_id) === params.request_id);
}

const common = { built: true, faults: disputeFaults } as const;

const disputes = (method: Operation['method'], path: string, name: string, serve: Operation['serve']): Operation => ({
  api: 'Disputes v2',
  method,
  path: `/disputes/v2${path}`,
  name,
  serve,
  rate_class: 'other',
});

const ONE = '/disputes/{dispute_id}';

export const DISPUTES_V2: readonly Operation[] = [
  disputes('GET', '/disputes', 'listDisputesV2', { ...common, mode: 'lookup', look: list }),
  disputes('GET', ONE, 'readDisputeV2', { ...common, mode: 'read', handle: show }),
  disputes('POST', `${ONE}/accept-loss`, 'acceptLossV2', {
    ...common,
    mode: 'write',
    handle: changes(
      (dispute, { context }) => acceptLoss(dispute, context),
      () => ({ status: 204 }),
    ),
  }),
  disputes('POST', `${ONE}/attachments`, 'attachToDisputeV2', {
    ...common,
    mode: 'write',
    upload: UPLOAD_V2,
    handle: takesFile((attachment_id, filename) => ({ attachment_id, filename })),
  }),
  disputes('POST', `${ONE}/requests/{request_id}/responses`, 'respondToDisputeV2', {
    ...common,
    mode: 'write',
    body: wire.evidenceResponse,
    handle: respond,
  }),
  disputes('GET', `${ONE}/requests/{request_id}/attachments/{attachment_id}`, 'readRequestAttachmentV2', {
    ...common,
    mode: 'read',
    handle: handsOut((dispute, id, call) => requestOf(dispute, call)?.attachments.includes(id) ?? false),
  }),
  disputes(
    'GET',
    `${ONE}/requests/{request_id}/responses/{response_id}/attachments/{attachment_id}`,
    'readResponseAttachmentV2',
    {
      ...common,
      mode: 'read',
      handle: handsOut((dispute, id, call) => {
        const responses = requestOf(dispute, call)?.responses ?? [];
        const response = responses.find(({ response_id }) => String(response_id) === call.params.response_id);
        return response?.attachments.includes(id) ?? false;
      }),
    },
  ),
  disputes('POST', '/enroll', 'enrollV2', { ...common, mode: 'write', handle: enroll }),
];

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
