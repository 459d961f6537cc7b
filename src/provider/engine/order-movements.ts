/**
 * What a change of an order moved between Klarna and the merchant. It follows from the order before and after, so whatever led to the
 * change (a call, the clock, a page, control) moves the same. Source: settlements; due-date extension pricing.
 */
import type { Movement } from './movements.ts';
import type { SettlementTerms } from './settlement-state.ts';
import { shareOf } from './settlement-terms.ts';
import { type Capture, DAY_MS, type Order, type Refund } from './state.ts';

/** The movements, what belongs to one event together. Those of nothing are left out. @param before undefined: the order is new */
export function orderMovements(before: Order | undefined, after: Order, terms: SettlementTerms): Movement[] {
  const captured = after.captures.slice(before?.captures.length ?? 0);
  const refunded = after.refunds.slice(before?.refunds.length ?? 0);
  const extended = after.captures.filter(
    ({ due_date_extension }, index) => due_date_extension && !before?.captures[index]?.due_date_extension,
  );
  return [
    ...captured.flatMap((capture) => sale(capture, after, terms)),
    ...extended.map((capture) => extension(capture, after)),
    ...refunded.flatMap((refund) => returned(refund, after, terms)),
  ].filter(({ amount }) => amount > 0);
}

/** A sale enters settlement when it is captured. What the reserve keeps back of it is released later, an event of its own. */
function sale(
  { capture_id, captured_amount, captured_at_ms }: Capture,
  order: Order,
  terms: SettlementTerms,
): Movement[] {
  const { fees, reserve } = terms;
  const event = { currency: order.purchase_currency, order_id: order.order_id, capture_id, at_ms: captured_at_ms };
  const fixed = fees.fixed[order.purchase_currency] ?? 0;
  const kept = shareOf(captured_amount, reserve.rate);
  return [
    { ...event, type: 'SALE', detailed_type: 'PURCHASE', amount: captured_amount },
    { ...event, type: 'FEE', detailed_type: 'PURCHASE_FEE_PERCENTAGE', amount: shareOf(captured_amount, fees.rate) },
    { ...event, type: 'FEE', detailed_type: 'PURCHASE_FEE_FIXED', amount: fixed },
    { ...event, type: 'HOLDBACK', detailed_type: 'ROLLING_RESERVE', amount: kept },
    {
      ...event,
      type: 'RELEASE',
      detailed_type: 'ROLLING_RESERVE',
      amount: kept,
      at_ms: captured_at_ms + reserve.days * DAY_MS,
    },
  ];
}

function extension({ capture_id, due_date_extension }: Capture, order: Order): Movement {
  return {
    type: 'FEE',
    detailed_type: 'EXTEND_DUE_DATE_FEE',
    amount: due_date_extension?.fee_amount ?? 0,
    currency: order.purchase_currency,
    at_ms: due_date_extension?.extended_at_ms ?? 0,
    order_id: order.order_id,
    capture_id,
  };
}

function returned(
  { refund_id, refunded_amount, refunded_at_ms }: Refund,
  order: Order,
  terms: SettlementTerms,
): Movement[] {
  const event = { currency: order.purchase_currency, order_id: order.order_id, refund_id, at_ms: refunded_at_ms };
  const fee = terms.fees.return[order.purchase_currency] ?? 0;
  return [
    { ...event, type: 'RETURN', detailed_type: 'PURCHASE_RETURN', amount: refunded_amount },
    { ...event, type: 'FEE', detailed_type: 'RETURN_FEE', amount: fee },
  ];
}
