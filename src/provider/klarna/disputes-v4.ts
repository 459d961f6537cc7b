/** Disputes, version 4: its calls in terms of the engine's commands, and the engine's outcomes in its words. */
import { type Ask, read } from '../../store/store.ts';
import * as wire from '../../wire/disputes.ts';
import { check, type Rule } from '../../wire/shape.ts';
import { attachmentPut, type Case, caseChanges, disputesOf, readCase } from '../disputes.ts';
import * as engine from '../engine/dispute.ts';
import type { DisputeMoved } from '../engine/dispute-moves.ts';
import type { Attachment, Dispute } from '../engine/dispute-state.ts';
import { bringDisputeUpToDate } from '../engine/dispute-time.ts';
import { disputeKrn, disputeView, oldDisputeKrn } from '../engine/dispute-view.ts';
import { accept, type Outcome, refuse } from '../engine/outcome.ts';
import type { Merchant } from '../engine/state.ts';
import { type Filter, fits, orderBy, pageOf } from './dispute-list.ts';
import { disputeFaults, explainFaults } from './faults.ts';
import {
  type Built,
  type Call,
  type Handler,
  json,
  type Look,
  type Operation,
  type Records,
  type Refused,
  type Reply,
  refusedReply,
  type UploadRule,
} from './operation.ts';
import { disposition, type Upload } from './uploads.ts';

type Command = (dispute: Dispute, call: Call) => Outcome<DisputeMoved>;

export const UPLOAD_V4: UploadRule = { file_bytes: 7 * 1024 * 1024, size: '7 MB' };

const KRN = /^krn:[\w:-]+:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i;

/** The record's id that a KRN ends with; '' when it is none of ours. */
export function recordId(krn: string): string {
  return KRN.exec(krn)?.[1]?.toLowerCase() ?? '';
}

/** The merchant's dispute that the path names, by its KRN of either version, as of now. */
export function* findCase(call: Call): Generator<Ask, Outcome<Case>, unknown> {
  const krn = call.params.dispute_id ?? '';
  const found = yield* readCase(recordId(krn), call.context);
  const named = found && [disputeKrn(found.dispute), oldDisputeKrn(found.dispute)].includes(krn);
  const mine = engine.readableDispute(named ? found.dispute : undefined, call.context);
  return mine.ok ? accept(found as Case) : mine;
}

/** A handler that changes a dispute. What time had brought about is kept even when the command is refused. */
export function changes(command: Command, answer: (dispute: Dispute, call: Call) => Reply): Handler {
  return function* (call) {
    const found = yield* findCase(call);
    if (!found.ok) return refusedReply(found.refusal, call);
    const { dispute } = found.value;
    const outcome = command(dispute, call);
    const came = outcome.ok ? outcome.value : { dispute, callbacks: [] };
    const reply = outcome.ok ? answer(came.dispute, call) : refusedReply(outcome.refusal, call);
    const { put, callbacks } = caseChanges(found.value, came, call.context);
    return { ...reply, subject: dispute.order_id, callbacks, changes: { put } };
  };
}

/** A handler that takes a file. @param answer what is said of it, by its id and name */
export function takesFile(answer: (attachment_id: string, filename: string) => object): Handler {
  return function* (call) {
    const attachment_id = call.context.id();
    const { filename, mime_type, content } = call.body as Upload;
    const info = { attachment_id, filename, mime_type, bytes: content.length, uploaded_by: 'merchant' } as const;
    const reply = yield* changes(
      (dispute) => engine.attach(dispute, info, call.context),
      () => json(201, answer(attachment_id, filename)),
    )(call);
    if (reply.error) return reply;
    const file: Attachment = {
      attachment_id,
      dispute_id: recordId(call.params.dispute_id ?? ''),
      content: content.toString('base64'),
    };
    const put = [...(reply.changes?.put ?? []), attachmentPut(file, call.context.merchant.merchant_id)];
    return { ...reply, changes: { put } };
  };
}

/** A file of the dispute, byte by byte as it was uploaded. @param isThere whether the path may lead to it */
export function handsOut(isThere: (dispute: Dispute, attachment_id: string, call: Call) => boolean): Handler {
  return function* (call) {
    const found = yield* findCase(call);
    if (!found.ok) return refusedReply(found.refusal, call);
    const { dispute } = found.value;
    const attachment_id = (call.params.attachment_id ?? '').toLowerCase();
    const info = dispute.attachments.find((each) => each.attachment_id === attachment_id);
    const file =
      info && isThere(dispute, attachment_id, call) ? yield* read<Attachment>('attachment', attachment_id) : undefined;
    const subject = dispute.order_id;
    if (!info || !file) return refusedReply(UNKNOWN_FILE.refusal, call, { subject });
    const headers = [
      ['Content-Disposition', disposition(info.filename)],
      ['X-Content-Type-Options', 'nosniff'],
    ] as const;
    return { status: 200, type: info.mime_type, headers, bytes: Buffer.from(file.content, 'base64'), subject };
  };
}

const UNKNOWN_FILE = refuse('dispute_attachment_unknown', {
  message: 'The dispute has no file with this id.',
  change: 'Use an id that the upload to this very dispute answered.',
});

const show: Handler = function* (call) {
  const found = yield* findCase(call);
  if (!found.ok) return refusedReply(found.refusal, call);
  const { dispute } = found.value;
  return json(200, disputeView(dispute, call.base), { subject: dispute.order_id });
};

const list: Look = async (call, store) => {
  const query = readQuery(wire.disputeQuery, call, wire.DISPUTE_QUERY_LISTS);
  if (query.refused) return query.refused;
  const { sort_by, size } = query.value;
  const filter = filterOf(query.value);
  const isListed = (dispute: Dispute) => fits(dispute, filter);
  const cursors = await readCursors(query.value, isListed, disputeKrn, call, store);
  if (!cursors) {
    const explanation = {
      field: query.value.starting_after === undefined ? 'ending_before' : 'starting_after',
      message: 'This is no id of a dispute that the filters let through.',
      change: 'Follow the links, or send first_item or last_item of a page of the same list.',
    };
    return refusedReply(refuse('dispute_bad_value', explanation).refusal, call);
  }
  const wanted = { fits: isListed, order: orderBy(sort_by), size, ...cursors };
  return json(200, listView(await pageOf(disputesOf(call.context, store), wanted), call));
};

type Cursor = 'starting_after' | 'ending_before';

/** The dispute that a list is asked to go on from, by its KRN; none where none is asked for. Undefined: it is none of the list. */
export async function readCursors(
  asked: Readonly<Partial<Record<Cursor, string | undefined>>>,
  isListed: (dispute: Dispute) => boolean,
  krnOf: (dispute: Dispute) => string,
  { context }: Call,
  store: Records,
): Promise<Readonly<Partial<Record<Cursor, Dispute>>> | undefined> {
  const name: Cursor = asked.starting_after === undefined ? 'ending_before' : 'starting_after';
  const krn = asked[name];
  if (krn === undefined) return {};
  const stored = await store.get<Dispute>('dispute', recordId(krn));
  const mine = stored?.merchant_id === context.merchant.merchant_id ? stored : undefined;
  const dispute = mine && bringDisputeUpToDate(mine, context).dispute;
  return dispute && krnOf(dispute) === krn && isListed(dispute) ? { [name]: dispute } : undefined;
}

function filterOf(query: wire.DisputeQuery): Filter {
  const orders = [...(query.order_ids ?? []), ...(query.payment_transaction_ids ?? [])];
  return {
    ...(orders.length > 0 && { order_ids: orders }),
    ...(query.state && { states: query.state }),
    ...(query.reason && { reasons: query.reason }),
    ...(query.purchase_references && { references: query.purchase_references }),
    created: [time(query.created_at_start), time(query.created_at_end)],
    closed: [time(query.closed_at_start), time(query.closed_at_end)],
    updated: [time(query.updated_at_start), time(query.updated_at_end)],
  };
}

/** Times without a zone are UTC. */
function time(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`);
}

function listView(page: Awaited<ReturnType<typeof pageOf>>, call: Call): object {
  const link = (name: string, krn: string) => {
    const query = new URLSearchParams(call.query);
    query.delete('starting_after');
    query.delete('ending_before');
    query.set(name, krn);
    return {
      href: `${call.base}/v4/payment/disputes?${query}`,
      method: 'GET',
      rel: name === 'starting_after' ? 'next' : 'prev',
    };
  };
  const [first, last] = [page.items[0], page.items.at(-1)];
  return {
    disputes: page.items.map((dispute) => disputeView(dispute, call.base)),
    pagination: {
      count: page.items.length,
      total: page.total,
      ...(first && { first_item: disputeKrn(first) }),
      ...(last && page.more && { last_item: disputeKrn(last) }),
      links: {
        ...(last && page.more && { next: link('starting_after', disputeKrn(last)) }),
        ...(first && page.before && { prev: link('ending_before', disputeKrn(first)) }),
      },
    },
  };
}

/** The query as a rule reads it. Lists are repeated names, names with brackets, or commas; figures are digits. */
export function readQuery<T>(
  rule: Rule<T>,
  call: Call,
  lists: readonly string[] = [],
): { readonly value: T; readonly refused?: never } | { readonly value?: never; readonly refused: Reply } {
  const names = new Set([...call.query.keys()].map((name) => name.replace(/\[\d*\]$/, '')));
  const sent = [...names].map((name) => {
    const all = [...call.query].filter(([key]) => key.replace(/\[\d*\]$/, '') === name).map(([, value]) => value);
    const single = all.at(-1) ?? '';
    return [name, lists.includes(name) ? all.flatMap((each) => each.split(',')) : figure(name, single)] as const;
  });
  const { value, faults } = check(rule, Object.fromEntries(sent));
  if (!faults) return { value: value as T };
  const error = disputeFaults(faults);
  return { refused: { status: error.status, error, explanations: explainFaults(faults) } };
}

function figure(name: string, value: string): string | number {
  return (name === 'size' || name === 'limit') && /^\d{1,9}$/.test(value) ? Number(value) : value;
}

const uses = (list: readonly { payment_dispute_attachment_id: string; description?: string }[] = []) =>
  list.map(({ payment_dispute_attachment_id: attachment_id, ...rest }) => ({
    attachment_id: attachment_id.toLowerCase(),
    ...rest,
  }));

const represent: Command = (dispute, call) => {
  const { attachments, additional_information, partner_proposed_refund_amount } = call.body as wire.RepresentmentBody;
  const request: engine.Representment = {
    attachments: uses(attachments),
    ...(additional_information !== undefined && { additional_information }),
    ...(partner_proposed_refund_amount !== undefined && { proposed_refund_amount: partner_proposed_refund_amount }),
  };
  return engine.represent(dispute, request, call.context);
};

const represented = ({ evidence, state }: Dispute, call: Call): Reply => {
  const { attachments, additional_information } = call.body as wire.RepresentmentBody;
  return json(201, { state, created_at: iso(evidence?.created_at_ms), additional_information, attachments });
};

const appeal: Command = (dispute, call) => {
  const { additional_information, attachments } = call.body as wire.AppealBody;
  return engine.appeal(dispute, { additional_information, attachments: uses(attachments) }, call.context);
};

const appealed = ({ appeal: made, state }: Dispute): Reply =>
  json(201, { state, created_at: iso(made?.requested_at_ms), additional_information: made?.additional_information });

/** Who is enrolled is remembered; disputes are handled for the others too. */
export const enroll: Handler = function* (call) {
  const { merchant_id } = call.context.merchant;
  const named = call.params.merchant_id ?? merchant_id;
  if (named !== merchant_id) {
    const explanation = {
      field: 'merchant_id',
      expected: merchant_id,
      got: named.slice(0, 80),
      message: 'The credentials are those of another merchant.',
      change: 'Enrol the merchant whose credentials are sent.',
    };
    return refusedReply(refuse('dispute_forbidden', explanation).refusal, call);
  }
  const merchant = yield* read<Merchant>('merchant', merchant_id);
  if (!merchant || merchant.disputes_enrolled) return { status: 204 };
  const state: Merchant = { ...merchant, disputes_enrolled: true };
  return { status: 204, changes: { put: [{ kind: 'merchant', id: merchant_id, merchant_id, state }] } };
};

/** Partners are not known here, so any id that could be one's passes. */
function checkPartnerId({ partner_id = '' }: Readonly<Record<string, string>>): Refused | undefined {
  if (/^[\w.:-]{1,255}$/.test(partner_id)) return undefined;
  const [parameter, reason] = ['partner_id', 'must be 1 to 255 letters, digits, dots, colons or dashes'];
  const change = 'Send the id of the partner account.';
  return {
    error: {
      status: 400,
      error_code: 'VALIDATION_ERROR',
      error_messages: [`${parameter} ${reason}`],
      validation_errors: [{ parameter, reason }],
    },
    explanations: [{ field: parameter, got: partner_id.slice(0, 60), message: `${parameter} ${reason}.`, change }],
  };
}

function iso(ms = 0): string {
  return new Date(ms).toISOString();
}

const common = { built: true, faults: disputeFaults } as const;
const write = (handle: Handler, body?: Rule<unknown>): Built => ({
  ...common,
  mode: 'write',
  handle,
  ...(body && { body }),
});

const disputes = (method: Operation['method'], path: string, name: string, serve: Operation['serve']): Operation => ({
  api: 'Disputes v4',
  method,
  path: `/v4/payment/disputes${path}`,
  name,
  serve,
  rate_class: 'other',
});

export const DISPUTES_V4: readonly Operation[] = [
  disputes('GET', '', 'listDisputes', { ...common, mode: 'lookup', look: list }),
  disputes('GET', '/{dispute_id}', 'readDispute', { ...common, mode: 'read', handle: show }),
  disputes(
    'POST',
    '/{dispute_id}/accept-loss',
    'acceptLoss',
    write(
      changes(
        (dispute, { context }) => engine.acceptLoss(dispute, context),
        ({ state }) => json(202, { state }),
      ),
    ),
  ),
  disputes('POST', '/{dispute_id}/attachments', 'attachToDispute', {
    ...write(takesFile((payment_dispute_attachment_id) => ({ payment_dispute_attachment_id }))),
    upload: UPLOAD_V4,
  }),
  disputes('POST', '/{dispute_id}/represent', 'represent', write(changes(represent, represented), wire.representment)),
  disputes('POST', '/{dispute_id}/appeal', 'appeal', write(changes(appeal, appealed), wire.appeal)),
  disputes('GET', '/{dispute_id}/attachments/{attachment_id}/download', 'downloadAttachment', {
    ...common,
    mode: 'read',
    handle: handsOut(() => true),
  }),
  disputes('POST', '/merchants/{merchant_id}/enroll', 'enrollMerchant', write(enroll)),
  disputes('POST', '/partners/{partner_id}/enroll', 'enrollPartner', {
    ...write(enroll, wire.partnerEnrollment),
    checkPath: checkPartnerId,
  }),
];
