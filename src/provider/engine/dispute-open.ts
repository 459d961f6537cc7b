/**
 * How a dispute begins: a shopper, or Klarna for them, contests what was captured. Source: lifecycle of disputes, version 4.
 */
import { formatMoney } from '../../money/format.ts';
import { stateChanged } from './dispute-events.ts';
import { withMovements } from './dispute-money.ts';
import { closed, type DisputeMoved, followedBy, withDispute } from './dispute-moves.ts';
import { newRequest } from './dispute-questions.ts';
import {
  type Decision,
  DISPUTE_LIMITS,
  DISPUTE_WINDOWS,
  type Dispute,
  type DisputeReason,
  FIRST_QUESTION,
  OLD_REASONS,
  type OldReason,
  type Script,
} from './dispute-state.ts';
import { iso } from './dispute-view.ts';
import { accept, type Outcome, type Refused, refuse } from './outcome.ts';
import {
  type Callback,
  type Capture,
  type Context,
  chargedBackAmount,
  DAY_MS,
  type DisputeSettings,
  disputedAmount,
  type Order,
  refundableAmount,
  refundableOf,
} from './state.ts';

/** How disputes are handled unless the merchant has it otherwise. Klarna names no fee. */
export const DISPUTE_DEFAULTS: DisputeSettings = {
  fee_amount: 1_500,
  hold_policy: 'ON_DISPUTE_INITIATED',
  threshold_amount: 0,
};

export interface Opening {
  readonly old_reason: OldReason;
  /** Absent: all that can be disputed. */
  readonly amount?: number;
  readonly capture_id?: string;
  readonly created_by?: Dispute['created_by'];
  readonly hold_policy?: Dispute['hold_policy'];
  /** Until when evidence is taken; absent: what the reason gives. */
  readonly evidence_expires_at_ms?: number;
  readonly comment?: string;
  readonly script?: Script;
}

/** Opens a dispute about what was captured of the order and neither given back nor disputed. */
export function openDispute(
  order: Order,
  opening: Opening,
  context: Context,
): Outcome<DisputeMoved & { readonly order: Order }> {
  const found = disputedCapture(order, opening.capture_id);
  if (!found.ok) return found;
  const capture = found.value;
  const room = disputableAmount(order, capture);
  const amount = opening.amount ?? room;
  const refused = refuseOpening(order, capture, amount, room, context) ?? refuseDeadline(opening, context);
  if (refused) return refused;
  const dispute = newDispute(order, capture, amount, opening, context);
  const opened = { dispute, callbacks: stateChanged(dispute, context) };
  const { threshold_amount } = settingsOf(context);
  const came = amount < threshold_amount ? followedBy(opened, rejectBelowThreshold(dispute, context)) : opened;
  return accept({ ...came, order: withDispute(order, came.dispute) });
}

/** The disputes that the order's test person has opened by now. What cannot be disputed any more is not. */
export function openDueDisputes(
  order: Order,
  context: Context,
): { readonly order: Order; readonly disputes: readonly Dispute[]; readonly callbacks: readonly Callback[] } {
  const { disputes_due: waiting = [], ...rest } = order;
  const due = waiting.filter(({ at_ms }) => at_ms <= context.now_ms);
  if (due.length === 0) return { order, disputes: [], callbacks: [] };
  const later = waiting.filter(({ at_ms }) => at_ms > context.now_ms);
  let current: Order = later.length > 0 ? { ...rest, disputes_due: later } : rest;
  const opened = due.flatMap(({ at_ms, capture_id, old_reason, script }) => {
    const opening = { capture_id, old_reason: old_reason as OldReason, ...(script && { script }) };
    const outcome = openDispute(current, opening, { ...context, now_ms: at_ms });
    if (!outcome.ok) return [];
    current = outcome.value.order;
    return [outcome.value];
  });
  const disputes = opened.map(({ dispute }) => dispute);
  return { order: current, disputes, callbacks: opened.flatMap(({ callbacks }) => callbacks) };
}

/** The capture a dispute is about: the one named, or the only one. Undefined: the order as a whole. */
function disputedCapture(order: Order, capture_id: string | undefined): Outcome<Capture | undefined> {
  if (capture_id === undefined) return accept(order.captures.length === 1 ? order.captures[0] : undefined);
  const capture = order.captures.find((each) => each.capture_id === capture_id.toLowerCase());
  if (capture) return accept(capture);
  return refuse('dispute_not_allowed', {
    field: 'capture_id',
    got: capture_id,
    message: `The order has no capture ${capture_id}.`,
    change: 'Use a capture_id from the order’s captures, or name none.',
  });
}

function disputableAmount(order: Order, capture: Capture | undefined): number {
  const left = refundableAmount(order) - disputedAmount(order);
  return capture ? Math.min(left, refundableOf(order, capture)) : left;
}

function refuseOpening(
  order: Order,
  capture: Capture | undefined,
  amount: number,
  room: number,
  context: Context,
): Refused | undefined {
  const newest = capture ?? order.captures.at(-1);
  const change = 'Dispute what was captured and is the merchant’s still.';
  if (!newest) return refuse('dispute_not_allowed', { message: 'Nothing of the order has been captured.', change });
  const days = (context.now_ms - newest.captured_at_ms) / DAY_MS;
  if (days > DISPUTE_WINDOWS.disputable_days)
    return refuse('dispute_not_allowed', {
      message: `It was captured ${Math.floor(days)} days ago; a capture can be disputed for ${DISPUTE_WINDOWS.disputable_days}.`,
      change,
    });
  if ((order.disputes?.length ?? 0) >= DISPUTE_LIMITS.disputes_an_order)
    return refuse('dispute_not_allowed', {
      message: `An order has at most ${DISPUTE_LIMITS.disputes_an_order} disputes here.`,
      change: 'Use another order.',
    });
  if (amount >= 1 && amount <= room) return undefined;
  const money = (minor: number) => formatMoney(minor, order.purchase_currency);
  return refuse('dispute_not_allowed', {
    field: 'amount',
    expected: room,
    got: amount,
    message: `${money(room)} can be disputed: what was captured, less refunds, chargebacks (${money(chargedBackAmount(order))}) and what is in dispute already (${money(disputedAmount(order))}).`,
    change,
  });
}

function refuseDeadline({ evidence_expires_at_ms }: Opening, { now_ms }: Context): Refused | undefined {
  if (evidence_expires_at_ms === undefined || evidence_expires_at_ms > now_ms) return undefined;
  return refuse('dispute_not_allowed', {
    field: 'deadline',
    got: iso(evidence_expires_at_ms),
    message: `The deadline is not in the future: it is ${iso(now_ms)} for this merchant.`,
    change: 'Give a later time.',
  });
}

const REGIONS: Readonly<Record<Context['merchant']['region'], string>> = {
  any: 'eu1',
  eu: 'eu1',
  na: 'us1',
  oc: 'ap1',
};

/** Some reasons leave the merchant less time than the rest. */
const EVIDENCE_WINDOWS: Readonly<Partial<Record<DisputeReason, number>>> = {
  PURCHASE_UNAUTHORIZED: DISPUTE_WINDOWS.evidence_unauthorized_ms,
  PURCHASE_HIGH_RISK: DISPUTE_WINDOWS.evidence_high_risk_ms,
};

function newDispute(
  order: Order,
  capture: Capture | undefined,
  amount: number,
  opening: Opening,
  context: Context,
): Dispute {
  const { now_ms } = context;
  const { old_reason, comment = FIRST_QUESTION, created_by = 'CUSTOMER', script } = opening;
  const reason = OLD_REASONS[old_reason];
  const { fee_amount, hold_policy } = settingsOf(context);
  const window_ms = EVIDENCE_WINDOWS[reason] ?? DISPUTE_WINDOWS.evidence_ms;
  const evidence_expires_at_ms = opening.evidence_expires_at_ms ?? now_ms + window_ms;
  const dispute: Dispute = {
    dispute_id: context.id(),
    merchant_id: order.merchant_id,
    order_id: order.order_id,
    ...(capture && { capture_id: capture.capture_id }),
    references: {
      ...(order.merchant_reference1 && { merchant_reference1: order.merchant_reference1 }),
      ...(order.merchant_reference2 && { merchant_reference2: order.merchant_reference2 }),
      ...(capture?.reference && { capture_reference: capture.reference }),
    },
    region: REGIONS[context.merchant.region],
    reason,
    old_reason,
    created_by,
    base_framework: now_ms < DISPUTE_WINDOWS.framework_2026_ms ? 'FRAMEWORK_2020' : 'FRAMEWORK_2026',
    hold_policy: opening.hold_policy ?? hold_policy,
    created_at_ms: now_ms,
    updated_at_ms: now_ms,
    state: 'INITIATED',
    amount,
    currency: order.purchase_currency,
    fee_amount,
    evidence_state: 'EVIDENCE_REQUESTED',
    evidence_expires_at_ms,
    exceptions: [],
    requests: [newRequest(1, comment, evidence_expires_at_ms, context)],
    attachments: [],
    ...(script && { script }),
    movements: [],
  };
  return withMovements(dispute, now_ms);
}

function settingsOf({ merchant }: Context): DisputeSettings {
  return { ...DISPUTE_DEFAULTS, ...merchant.disputes };
}

function rejectBelowThreshold(dispute: Dispute, context: Context): DisputeMoved {
  const decision: Decision = { outcome: 'LOST', detailed: 'partner_accepted_the_loss' };
  return closed(dispute, 'reject', decision, context, { evidence_state: 'REPRESENTMENT_AUTOMATICALLY_REJECTED' });
}
