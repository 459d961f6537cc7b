/** Disputes from the shopper's and Klarna's side: open one, ask, give time, decide, and look without credentials. */
import { type Put, read, readShared, type Work } from '../../store/store.ts';
import { DISPUTE_REASONS } from '../../wire/disputes.ts';
import { choice, integer, list, object, required, text } from '../../wire/shape.ts';
import { orderChanges } from '../bookkeeping.ts';
import { attachmentPut, caseChanges, disputeChanges, disputesOf, readCase } from '../disputes.ts';
import { decide, extendDeadline, withdraw } from '../engine/dispute-decide.ts';
import { heldAmount } from '../engine/dispute-money.ts';
import type { DisputeMoved } from '../engine/dispute-moves.ts';
import { type Opening, openDispute } from '../engine/dispute-open.ts';
import { ask } from '../engine/dispute-requests.ts';
import {
  DISPUTE_CREATORS,
  DISPUTE_OUTCOMES,
  type Dispute,
  HOLD_POLICIES,
  isOpen,
  OLD_REASONS,
  type OldReason,
  oldReason,
} from '../engine/dispute-state.ts';
import { bringDisputeUpToDate } from '../engine/dispute-time.ts';
import { DISPUTE_LIFECYCLES } from '../engine/dispute-triggers.ts';
import { disputeView, oldDisputeKrn } from '../engine/dispute-view.ts';
import { accept, type Outcome, type Refused, refuse } from '../engine/outcome.ts';
import type { Callback, Context, Merchant, Order } from '../engine/state.ts';
import { disputeCode } from '../engine/statuses.ts';
import { bringUpToDate } from '../engine/time.ts';
import { orderBy, pageOf } from '../klarna/dispute-list.ts';
import { recordId, UPLOAD_V4 } from '../klarna/disputes-v4.ts';
import { checkFile } from '../klarna/uploads.ts';
import { outboxMessages } from '../outbox.ts';
import { addDuration } from './duration.ts';
import type { MerchantControl } from './merchants.ts';
import {
  type About,
  type Came,
  type ControlCall,
  type ControlOptions,
  type ControlReply,
  closed,
  limitOf,
  ok,
  problem,
  readAs,
  refusedBy,
} from './reply.ts';

const REASON_WORDS = [...DISPUTE_REASONS, ...(Object.keys(OLD_REASONS) as OldReason[])] as const;
const LIFECYCLE_WORDS = Object.keys(DISPUTE_LIFECYCLES);

/** A point in time, or how far away it is. */
const deadline = () => text({ min: 1, max: 64 });

const opening = closed({
  reason: choice(REASON_WORDS, { anyCase: true }),
  amount: integer({ min: 1 }),
  capture_id: text({ min: 1, max: 64 }),
  created_by: choice(DISPUTE_CREATORS),
  hold_policy: choice(HOLD_POLICIES),
  deadline: deadline(),
  comment: text({ min: 1, max: 2000 }),
  lifecycle: choice(LIFECYCLE_WORDS),
});
const verdict = closed({
  outcome: required(choice(DISPUTE_OUTCOMES, { anyCase: true })),
  detailed: text({ min: 1, max: 200 }),
  chargeback_amount: integer({ min: 1 }),
});
const extension = closed({ until: required(deadline()), reason: text({ min: 1, max: 200 }) });
const fieldNames = () => list(text({ min: 1, max: 100 }), { max: 20 });
const question = closed({
  comment: required(text({ min: 1, max: 2000 })),
  requested_fields: fieldNames(),
  optional_requested_fields: fieldNames(),
  deadline: deadline(),
  attachments: list(
    object({ filename: required(text({ min: 1, max: 1000 })), content: required(text({ min: 1, max: 1_000_000 })) }),
    { max: 5 },
  ),
});

const BAD_AFTER = problem(
  400,
  'BAD_VALUE',
  'Bad value: after is the dispute_id of the last dispute of the page before, of the same list',
);

type Command = (dispute: Dispute, context: Context) => Outcome<DisputeMoved & { readonly put?: readonly Put[] }>;

export class DisputeControl {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** A merchant's disputes, newest first. */
  async list(call: ControlCall, merchants: MerchantControl): Promise<ControlReply> {
    const { merchant, refused } = await merchants.addressed(call);
    if (refused) return refused;
    const { query } = call.request;
    const limit = limitOf(call, 500);
    const order_id = query.get('order_id')?.toLowerCase();
    const { store } = this.#options.world;
    const context = this.#context(merchant);
    const isListed = (dispute: Dispute) => order_id === undefined || dispute.order_id === order_id;
    const last_id = query.get('after')?.toLowerCase();
    const last = last_id === undefined ? undefined : await store.get<Dispute>('dispute', last_id);
    if (last_id !== undefined && (last?.merchant_id !== merchant.merchant_id || !isListed(last))) return BAD_AFTER;
    const wanted = { fits: isListed, order: orderBy(), size: limit, starting_after: last };
    const { items, total, more } = await pageOf(disputesOf(context, store), wanted);
    return ok({ disputes: items.map(view), total, ...(more && { next: items.at(-1)?.dispute_id }) });
  }

  async read({ params }: ControlCall): Promise<ControlReply> {
    const { store } = this.#options.world;
    const dispute = await store.get<Dispute>('dispute', idOf(params));
    const merchant = dispute && (await store.get<Merchant>('merchant', dispute.merchant_id));
    if (!dispute || !merchant) return refusedBy(UNKNOWN.refusal, 'readDispute');
    return ok(view(upToDate(dispute, this.#context(merchant))));
  }

  async open(call: ControlCall): Promise<ControlReply> {
    const { value, refused } = readAs(opening, call.body);
    if (refused) return refused;
    const { reason = 'goods_not_received', deadline: until, lifecycle, ...rest } = value;
    const script = lifecycle === undefined ? undefined : DISPUTE_LIFECYCLES[lifecycle];
    const order_id = (call.params.order_id ?? '').toLowerCase();
    const came = await this.#options.world.store.run(() =>
      this.#opening(order_id, (context) => {
        const evidence_expires_at_ms = until === undefined ? undefined : timeOf(until, context);
        if (until !== undefined && evidence_expires_at_ms === undefined) return badTime('deadline', until);
        return accept({
          ...rest,
          old_reason: asOldReason(reason),
          ...(script && { script }),
          ...(evidence_expires_at_ms !== undefined && { evidence_expires_at_ms }),
        });
      }),
    );
    return this.#reply(came, 201);
  }

  *#opening(order_id: string, openingAt: (context: Context) => Outcome<Opening>): Work<Came<Dispute>> {
    const stored = yield* read<Order>('order', order_id);
    const merchant = stored && (yield* readShared<Merchant>('merchant', stored.merchant_id));
    if (!stored || !merchant) return { answer: { outcome: unknownOrder(order_id) }, changes: {} };
    const context = this.#context(merchant);
    const about = aboutOf(stored, context);
    const current = bringUpToDate(stored, context);
    const wanted = openingAt(context);
    const opened = wanted.ok ? openDispute(current.order, wanted.value, context) : wanted;
    if (!opened.ok) return { answer: { outcome: opened, about }, changes: {} };
    const { dispute, order, callbacks } = opened.value;
    const outbox = this.#outbox([...current.callbacks, ...callbacks], merchant);
    return {
      answer: { outcome: accept(dispute), about },
      changes: {
        put: [...disputeChanges(undefined, dispute, order, context), ...orderChanges(stored, order, context)],
        outbox,
      },
    };
  }

  async decide(call: ControlCall): Promise<ControlReply> {
    const { value, refused } = readAs(verdict, call.body);
    if (refused) return refused;
    return this.#command(call, (dispute, context) => decide(dispute, value, context));
  }

  async extend(call: ControlCall): Promise<ControlReply> {
    const { value, refused } = readAs(extension, call.body);
    if (refused) return refused;
    const { until, ...rest } = value;
    return this.#command(call, (dispute, context) => {
      // A duration counts from the deadline there is.
      const until_ms = timeOf(until, { now_ms: dispute.evidence_expires_at_ms });
      if (until_ms === undefined) return badTime('until', until);
      return extendDeadline(dispute, { until_ms, ...rest }, context);
    });
  }

  async ask(call: ControlCall): Promise<ControlReply> {
    const { value, refused } = readAs(question, call.body);
    if (refused) return refused;
    const { deadline: until, attachments: sent = [], ...rest } = value;
    const files = sent.map(({ filename, content }) => checkFile(UPLOAD_V4, filename, Buffer.from(content, 'base64')));
    const wrong = files.find((file) => file.refused)?.refused;
    if (wrong) return problem(400, 'BAD_VALUE', `attachments: ${wrong.error.error_messages[0]}`, wrong.explanations);
    return this.#command(call, (dispute, context) => {
      const expires_at_ms = until === undefined ? undefined : timeOf(until, context);
      if (until !== undefined && expires_at_ms === undefined) return badTime('deadline', until);
      const uploads = files.flatMap(({ body }) => (body ? [{ attachment_id: context.id(), ...body }] : []));
      const attachments = uploads.map(({ content, ...info }) => ({
        ...info,
        bytes: content.length,
        uploaded_by: 'klarna' as const,
      }));
      const asked = { ...rest, attachments, ...(expires_at_ms !== undefined && { expires_at_ms }) };
      const outcome = ask(dispute, asked, context);
      if (!outcome.ok) return outcome;
      const { dispute_id, merchant_id } = dispute;
      const put = uploads.map(({ attachment_id, content }) =>
        attachmentPut({ attachment_id, dispute_id, content: content.toString('base64') }, merchant_id),
      );
      return accept({ ...outcome.value, put });
    });
  }

  withdraw(call: ControlCall): Promise<ControlReply> {
    return this.#command(call, withdraw);
  }

  async #command({ params }: ControlCall, command: Command): Promise<ControlReply> {
    return this.#reply(await this.#options.world.store.run(() => this.#unit(idOf(params), command)), 200);
  }

  *#unit(dispute_id: string, command: Command): Work<Came<Dispute>> {
    const seen = yield* readShared<Dispute>('dispute', dispute_id);
    const merchant = seen && (yield* readShared<Merchant>('merchant', seen.merchant_id));
    const context = merchant && this.#context(merchant);
    const found = context && (yield* readCase(dispute_id, context));
    if (!found) return { answer: { outcome: UNKNOWN }, changes: {} };
    const about = aboutOf(found.order, context);
    const outcome = command(found.dispute, context);
    if (!outcome.ok) return { answer: { outcome, about }, changes: {} };
    const { put, callbacks } = caseChanges(found, outcome.value, context);
    const changes = { put: [...put, ...(outcome.value.put ?? [])], outbox: this.#outbox(callbacks, merchant) };
    return { answer: { outcome: accept(outcome.value.dispute), about }, changes };
  }

  #reply({ outcome, about }: Came<Dispute>, status: number): ControlReply {
    if (!outcome.ok) return refusedBy(outcome.refusal, 'dispute', about);
    this.#options.background.kick(outcome.value.merchant_id);
    return { ...ok(view(outcome.value), status), ...(about && { about }) };
  }

  #outbox(callbacks: readonly Callback[], { merchant_id }: Merchant) {
    return outboxMessages(callbacks, merchant_id, this.#options.world);
  }

  #context(merchant: Merchant): Context {
    const { world } = this.#options;
    return { ...world, merchant, now_ms: world.now() + merchant.clock_offset_ms };
  }
}

function upToDate(dispute: Dispute, context: Context): Dispute {
  return bringDisputeUpToDate(dispute, context).dispute;
}

/** As version 4 shows it, with its names in both versions and what it did to the merchant's money. */
function view(dispute: Dispute): object {
  const { dispute_id, merchant_id, movements, attachments, closed: end } = dispute;
  return {
    dispute_id,
    merchant_id,
    ...disputeView(dispute),
    dispute_krn: oldDisputeKrn(dispute),
    code: disputeCode(end),
    held_amount: heldAmount(dispute),
    charged_back_amount: end?.chargeback_amount ?? 0,
    movements: movements.map(({ at_ms, ...movement }) => ({ ...movement, at: new Date(at_ms).toISOString() })),
    requests: dispute.requests.map(({ created_at_ms, expires_at_ms, responses, ...request }) => ({
      ...request,
      created_at: new Date(created_at_ms).toISOString(),
      expires_at: new Date(expires_at_ms).toISOString(),
      answers: responses.length,
    })),
    attachments,
    open: isOpen(dispute),
  };
}

function asOldReason(word: (typeof REASON_WORDS)[number]): OldReason {
  return word in OLD_REASONS ? (word as OldReason) : oldReason(word as Dispute['reason']);
}

/** By its id here, or by either of its KRNs. */
function idOf({ dispute_id = '' }: ControlCall['params']): string {
  return recordId(dispute_id) || dispute_id.toLowerCase();
}

/** A date, or a duration from now; undefined when it is neither. */
function timeOf(given: string, { now_ms }: Pick<Context, 'now_ms'>): number | undefined {
  const moved = addDuration(now_ms, given);
  if (moved !== undefined) return moved;
  const at_ms = Date.parse(given);
  return Number.isNaN(at_ms) ? undefined : at_ms;
}

function badTime(field: string, got: string): Refused {
  return refuse('dispute_bad_value', {
    field,
    got,
    message: 'This is no ISO 8601 date or duration.',
    change: 'Send 2027-01-01T00:00:00Z or P3D.',
  });
}

function aboutOf({ merchant_id, order_id }: Order, { now_ms }: Context): About {
  return { merchant_id, at_ms: now_ms, subject: order_id };
}

const UNKNOWN = refuse('dispute_unknown', {
  message: 'There is no dispute with this id.',
  change: 'Use a dispute_id or KRN from GET /control/disputes.',
});

function unknownOrder(order_id: string): Refused {
  const explanation = {
    message: 'There is no order with this id.',
    change: 'Use the order_id from the answer to the create-order call.',
  };
  return refuse('order_unknown', explanation, { order_id: order_id.slice(0, 80) });
}
