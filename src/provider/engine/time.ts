/**
 * What time does to an order. Every command first brings the order up to date, so that the answer is right
 * even before the timer that would have done it fires; the timer then only finds nothing left to do.
 */
import { fillUrl } from './authorize.ts';
import { captureAll } from './capture.ts';
import { tellFollower } from './follow.ts';
import { step } from './order-states.ts';
import { type Callback, type Context, type Order, WINDOWS } from './state.ts';

export interface UpToDate {
  readonly order: Order;
  readonly callbacks: readonly Callback[];
}

interface Due {
  readonly at_ms: number;
  readonly apply: (order: Order, context: Context) => UpToDate;
}

/** The order as it stands at `context.now_ms`: reviews decided, rejections carried out, authorizations expired, in order of time. */
export function bringUpToDate(order: Order, context: Context): UpToDate {
  let current: UpToDate = { order, callbacks: [] };
  for (let due = nextDue(order); due && due.at_ms <= context.now_ms; due = nextDue(current.order)) {
    const next = due.apply(current.order, { ...context, now_ms: due.at_ms });
    current = { order: next.order, callbacks: [...current.callbacks, ...next.callbacks] };
  }
  return { ...current, callbacks: [...current.callbacks, ...tellFollower(order, current.order, context)] };
}

/** When something is next due for the order, or from it; undefined when nothing is. */
export function wakeAt(order: Order): number | undefined {
  const dues = [nextDue(order), order.disputes_due?.[0]].filter((due) => due !== undefined);
  return dues.length === 0 ? undefined : Math.min(...dues.map(({ at_ms }) => at_ms));
}

function nextDue(order: Order): Due | undefined {
  const all: Due[] = [];
  if (order.review) {
    const { decide_at_ms, decision } = order.review;
    all.push({ at_ms: decide_at_ms, apply: (current, context) => decideReview(current, decision, context) });
  }
  if (order.override_until_ms !== undefined && order.status === 'AUTHORIZED') {
    all.push({
      at_ms: order.override_until_ms,
      apply: (current) => ({ order: withdrawRejected(current), callbacks: [] }),
    });
  }
  if (order.status === 'AUTHORIZED' || order.status === 'PART_CAPTURED') {
    all.push({ at_ms: order.expires_at_ms, apply: (current) => ({ order: expire(current), callbacks: [] }) });
  }
  return all.sort((a, b) => a.at_ms - b.at_ms)[0];
}

/** Klarna's decision on a pending order, with the notification that tells the merchant. Source: pending orders. */
export function decideReview(order: Order, decision: 'accept' | 'reject', context: Context): UpToDate {
  const { review: _over, auto_capture_id, ...rest } = order;
  const accepted = decision === 'accept';
  const decided: Order = accepted
    ? { ...rest, fraud_status: 'ACCEPTED' }
    : { ...rest, fraud_status: 'REJECTED', override_until_ms: context.now_ms + WINDOWS.override_ms };
  const captured =
    accepted && auto_capture_id !== undefined
      ? captureAll(decided, { ...context, id: () => auto_capture_id })
      : decided;
  return {
    order: captured,
    callbacks: notification(order, accepted ? 'FRAUD_RISK_ACCEPTED' : 'FRAUD_RISK_REJECTED', context),
  };
}

function notification(order: Order, event_type: string, context: Context): Callback[] {
  const url = order.merchant_urls.notification;
  if (!url) return [];
  const body = JSON.stringify({ order_id: order.order_id, event_type });
  return [{ rule: 'notification', url: fillUrl(url, order), body, due_at_ms: context.now_ms, subject: order.order_id }];
}

function withdrawRejected({ override_until_ms: _over, ...order }: Order): Order {
  return { ...order, status: step('cancel', order.status, 'CANCELLED') };
}

function expire({ review: _over, auto_capture_id: _never, override_until_ms: _past, ...order }: Order): Order {
  return { ...order, status: step('expire', order.status, order.status === 'AUTHORIZED' ? 'EXPIRED' : 'CAPTURED') };
}
