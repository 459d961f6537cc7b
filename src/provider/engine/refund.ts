/** Refunds, and which capture each one is booked against. Source: refund orders; refund allocation. */
import { formatMoney, minorUnits } from '../../money/format.ts';
import { sumOfLines } from '../../money/lines.ts';
import type { RefundRequest } from '../../wire/order-management.ts';
import { isAllowed } from './order-states.ts';
import { accept, type Outcome, type Refused, refuse } from './outcome.ts';
import {
  type Capture,
  type Context,
  capturedAmount,
  chargedBackAmount,
  type Order,
  type Refund,
  refundableAmount,
  refundableOf,
  refundedAmount,
} from './state.ts';

type Allocation = Refund['allocations'][number];

/** Where a merchant may keep back a fee for a return. */
const RETURN_FEE_MARKETS = ['AT', 'DE', 'DK', 'FI', 'FR', 'NL', 'NO', 'SE', 'IT', 'ES', 'IE', 'PT', 'CZ', 'AU', 'GR'];

/**
 * Gives money back. In all no more than was captured and not charged back. The state of the order does not change, even when all is refunded.
 * @param capture_id the capture to book it against, for an API whose refunds name one; absent: Klarna chooses
 */
export function refund(
  order: Order,
  request: RefundRequest,
  context: Context,
  capture_id?: string,
): Outcome<{ order: Order; refund: Refund }> {
  const refused =
    refuseState(order) ??
    refuseAmount(order, request) ??
    refuseCapture(order, request, capture_id) ??
    refuseReturnFee(order, request);
  if (refused) return refused;
  const allocations =
    capture_id === undefined ? allocate(order, request) : [{ capture_id, amount: request.refunded_amount }];
  const made: Refund = {
    refund_id: context.id(),
    refunded_amount: request.refunded_amount,
    refunded_at_ms: context.now_ms,
    description: request.description ?? '',
    reference: request.reference ?? '',
    order_lines: request.order_lines ?? [],
    allocations,
  };
  return accept({
    order: { ...order, refunds: [...order.refunds, made], captures: order.captures.map(book(allocations)) },
    refund: made,
  });
}

export function findRefund(order: Order, refund_id: string): Outcome<Refund> {
  const found = order.refunds.find((candidate) => candidate.refund_id === refund_id.toLowerCase());
  if (found) return accept(found);
  return refuse(
    'refund_unknown',
    { message: `The order has no refund ${refund_id}.`, change: 'Use a refund_id from the order’s refunds.' },
    { order_id: order.order_id, refund_id },
  );
}

/**
 * With lines, the capture whose lines they are, when they add up and fit; otherwise none. Without lines, Klarna
 * chooses: the oldest captures that have room (inferred).
 */
function allocate(order: Order, request: RefundRequest): Allocation[] {
  const lines = request.order_lines ?? [];
  if (lines.length === 0) return fillOldest(order, request.refunded_amount);
  if (sumOfLines(lines) !== request.refunded_amount) return [];
  const references = lines.filter((line) => line.type !== 'return_fee').map((line) => line.reference);
  const match = order.captures.find(
    (capture) =>
      refundableOf(order, capture) >= request.refunded_amount &&
      references.every(
        (reference) => reference !== undefined && capture.order_lines.some((line) => line.reference === reference),
      ),
  );
  return match ? [{ capture_id: match.capture_id, amount: request.refunded_amount }] : [];
}

function fillOldest(order: Order, amount: number): Allocation[] {
  const allocations: Allocation[] = [];
  let left = amount;
  for (const capture of order.captures) {
    const part = Math.min(left, refundableOf(order, capture));
    if (part > 0) allocations.push({ capture_id: capture.capture_id, amount: part });
    left -= part;
  }
  return allocations;
}

function book(allocations: readonly Allocation[]): (capture: Capture) => Capture {
  return (capture) => {
    const booked = allocations.find(({ capture_id }) => capture_id === capture.capture_id);
    return booked ? { ...capture, refunded_amount: capture.refunded_amount + booked.amount } : capture;
  };
}

function refuseState(order: Order): Refused | undefined {
  if (order.captures.length === 0) {
    return refuse('refund_without_captures', {
      message: `Nothing has been captured (the order is ${order.status}), so there is nothing to refund.`,
      change:
        order.status === 'AUTHORIZED' ? 'Cancel the order instead.' : 'No money was taken; nothing needs to be done.',
    });
  }
  if (isAllowed('refund', order.status)) return undefined;
  return refuse('refund_not_allowed', {
    message: `An order that is ${order.status} cannot be refunded.`,
    change: 'Repay the shopper another way.',
  });
}

function refuseAmount(order: Order, { refunded_amount }: RefundRequest): Refused | undefined {
  const refundable = refundableAmount(order);
  if (refunded_amount === 0) {
    return refuse('refund_not_allowed', {
      field: 'refunded_amount',
      got: 0,
      message: 'A refund is of at least 1 minor unit.',
      change: 'Send what is to be repaid.',
    });
  }
  if (refunded_amount <= refundable) return undefined;
  const money = (minor: number) => formatMoney(minor, order.purchase_currency);
  const charged_back = chargedBackAmount(order);
  const disputed = charged_back === 0 ? '' : `, ${money(charged_back)} charged back after lost disputes`;
  return refuse('refund_exceeds_captured', {
    field: 'refunded_amount',
    expected: refundable,
    got: refunded_amount,
    off_by: refunded_amount - refundable,
    message: `${money(capturedAmount(order))} were captured and ${money(refundedAmount(order))} refunded${disputed}, so ${money(refundable)} can be; ${money(refunded_amount)} were asked for, ${minorUnits(refunded_amount - refundable)} too many.`,
    change: `Refund at most ${refundable}.`,
  });
}

/** Where a capture is named, no more goes back than is left of that capture. */
function refuseCapture(
  order: Order,
  { refunded_amount }: RefundRequest,
  capture_id: string | undefined,
): Refused | undefined {
  const capture = order.captures.find((each) => each.capture_id === capture_id);
  const left = capture ? refundableOf(order, capture) : Number.POSITIVE_INFINITY;
  if (refunded_amount <= left) return undefined;
  return refuse('refund_exceeds_captured', {
    field: 'refunded_amount',
    expected: left,
    got: refunded_amount,
    off_by: refunded_amount - left,
    message: `Of this capture ${formatMoney(left, order.purchase_currency)} are left to refund; ${formatMoney(refunded_amount, order.purchase_currency)} were asked for, ${minorUnits(refunded_amount - left)} too many.`,
    change: `Refund at most ${left} of this capture.`,
  });
}

/** A return fee is kept back from a refund only where the market allows it and the order is one whole capture. */
function refuseReturnFee(order: Order, request: RefundRequest): Refused | undefined {
  const lines = request.order_lines ?? [];
  const fees = lines.filter((line) => line.type === 'return_fee');
  if (fees.length === 0) return undefined;
  const failed = RETURN_FEE_CONDITIONS.find(({ holds }) => !holds(order, request));
  return (
    failed &&
    refuse('refund_not_allowed', {
      field: 'order_lines',
      message: failed.message,
      change: 'Leave the return_fee line out and refund less.',
    })
  );
}

const RETURN_FEE_CONDITIONS: readonly { holds: (order: Order, request: RefundRequest) => boolean; message: string }[] =
  [
    {
      holds: (order) => RETURN_FEE_MARKETS.includes(order.purchase_country),
      message: 'This market knows no return fee.',
    },
    {
      holds: (order) => order.captures.length === 1 && order.captures[0]?.captured_amount === order.order_amount,
      message: 'A return fee needs an order that was captured whole and at once.',
    },
    {
      holds: (_, request) =>
        (request.order_lines ?? []).every((line) => line.type !== 'return_fee' || line.total_amount < 0),
      message: 'The total_amount of a return_fee line is negative: it lowers the refund.',
    },
    {
      holds: (_, request) => sumOfLines(request.order_lines ?? []) === request.refunded_amount,
      message: 'With a return fee the lines must add up to refunded_amount exactly.',
    },
  ];
