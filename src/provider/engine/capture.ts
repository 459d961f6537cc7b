/** Captures: the shop has shipped, the shopper is billed. Source: capture and track orders; order state table. */
import { formatMoney, minorUnits } from '../../money/format.ts';
import type { CaptureRequest, ShippingInfo } from '../../wire/order-management.ts';
import { dueDispute } from './dispute-triggers.ts';
import { isAllowed, step } from './order-states.ts';
import { accept, type Outcome, type Refused, refuse } from './outcome.ts';
import { decidingRule, ruleInWords } from './risk.ts';
import { type Capture, type Context, capturedAmount, type Order, remainingAmount } from './state.ts';

/** Captures a part or all of what is authorized. A capture acknowledges the order. */
export function capture(
  order: Order,
  request: CaptureRequest,
  context: Context,
): Outcome<{ order: Order; capture: Capture }> {
  const refused =
    refuseState(order) ?? refuseAmount(order, request.captured_amount) ?? refuseInstrument(order, request, context);
  if (refused) return refused;
  const made = newCapture(order, request, context);
  return accept({ order: withCapture(order, made), capture: made });
}

/** The whole amount at once, as `auto_capture` asks for. An order of nothing has nothing to capture. */
export function captureAll(order: Order, context: Context): Order {
  const captured_amount = remainingAmount(order);
  if (captured_amount === 0) return order;
  return withCapture(order, newCapture(order, { captured_amount }, context));
}

/** A capture of the order, or the refusal that fits: no captures at all, or not this one. */
export function findCapture(order: Order, capture_id: string): Outcome<Capture> {
  const found = order.captures.find((candidate) => candidate.capture_id === capture_id.toLowerCase());
  if (found) return accept(found);
  const facts = { order_id: order.order_id, capture_id };
  const change = 'Use a capture_id from the order’s captures.';
  if (order.captures.length === 0)
    return refuse('no_captures', { message: 'The order has no captures.', change: 'Capture first.' }, facts);
  return refuse('capture_unknown', { message: `The order has no capture ${capture_id}.`, change }, facts);
}

export function replaceCapture(order: Order, changed: Capture): Order {
  return {
    ...order,
    captures: order.captures.map((capture) => (capture.capture_id === changed.capture_id ? changed : capture)),
  };
}

function withCapture(order: Order, made: Capture): Order {
  const complete = capturedAmount(order) + made.captured_amount === order.order_amount;
  // Capturing what was rejected takes the risk on the merchant and settles the matter.
  const { override_until_ms: _overridden, ...rest } = order;
  const due = dueDispute(order, made);
  return {
    ...rest,
    ...(due && { disputes_due: [...(order.disputes_due ?? []), due] }),
    fraud_status: 'ACCEPTED',
    acknowledged: true,
    status: step('capture', order.status, complete ? 'CAPTURED' : 'PART_CAPTURED'),
    captures: [...order.captures, made],
  };
}

type NewCapture = CaptureRequest & { shipping_info?: ShippingInfo[] };

function newCapture(order: Order, request: NewCapture, context: Context): Capture {
  return {
    capture_id: context.id(),
    klarna_reference: `${order.klarna_reference}-${order.captures.length + 1}`,
    captured_amount: request.captured_amount,
    captured_at_ms: context.now_ms,
    refunded_amount: 0,
    description: request.description ?? '',
    ...(request.reference !== undefined && { reference: request.reference }),
    order_lines: request.order_lines ?? [],
    shipping_info: request.shipping_info ?? [],
    ...(order.shipping_address && { shipping_address: order.shipping_address }),
  };
}

function refuseState(order: Order): Refused | undefined {
  if (!isAllowed('capture', order.status)) {
    return refuse(
      'capture_not_allowed',
      { message: `An order that is ${order.status} cannot be captured.`, change: CHANGE_BY_STATUS[order.status] ?? '' },
      { status: order.status },
    );
  }
  if (order.fraud_status !== 'PENDING') return undefined;
  return refuse(
    'capture_not_allowed',
    {
      message: 'The order is in fraud review (fraud_status PENDING).',
      change: 'Wait for the notification FRAUD_RISK_ACCEPTED, then capture.',
    },
    { status: order.status },
  );
}

const CHANGE_BY_STATUS: Readonly<Record<string, string>> = {
  CAPTURED: 'Nothing is left to capture; to charge more, start another purchase.',
  CANCELLED: 'The shopper must place a new order.',
  EXPIRED: 'The authorization has lapsed; the shopper must place a new order. Extend in time next time.',
  CLOSED: 'Nothing more can be done with this order.',
};

function refuseAmount(order: Order, amount: number): Refused | undefined {
  const remaining = remainingAmount(order);
  if (amount === 0) {
    return refuse('capture_not_allowed', {
      field: 'captured_amount',
      got: 0,
      message: 'A capture is of at least 1 minor unit.',
      change: 'Send what was shipped.',
    });
  }
  if (amount <= remaining) return undefined;
  const money = (minor: number) => formatMoney(minor, order.purchase_currency);
  return refuse('capture_exceeds_remaining', {
    field: 'captured_amount',
    expected: remaining,
    got: amount,
    off_by: amount - remaining,
    message: `${money(order.order_amount)} are authorized, ${money(capturedAmount(order))} captured, so ${money(remaining)} remain; ${money(amount)} were asked for, ${minorUnits(amount - remaining)} too many.`,
    change: `Capture at most ${remaining}.`,
  });
}

/** Whether the shopper's card or account can be charged after all. */
function refuseInstrument(order: Order, request: CaptureRequest, { merchant }: Context): Refused | undefined {
  const rule = decidingRule(merchant.risk_rules, 'capture', {
    country: order.purchase_country,
    currency: order.purchase_currency,
    category: undefined,
    amount: request.captured_amount,
  });
  if (rule?.decision !== 'refuse') return undefined;
  return refuse('capture_payment_failed', {
    message: `The payment instrument could not be charged: the merchant's ${ruleInWords(rule)}.`,
    change: 'Ask the shopper for another way to pay.',
  });
}
