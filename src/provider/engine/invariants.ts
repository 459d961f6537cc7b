/** What must be true of every order that is written, whatever led to it. Kept on in production: wrong money is worse than no answer. */
import { STEP_UPS_MOST } from './charge.ts';
import { METHODS } from './payment-methods.ts';
import {
  type CustomerToken,
  capturedAmount,
  disputedAmount,
  type Order,
  refundableAmount,
  refundedAmount,
} from './state.ts';

/** Throws when an order's figures contradict each other, which would be a fault of the engine and not of a request. */
export function assertOrder(order: Order): void {
  const { order_amount, original_order_amount, captures, refunds } = order;
  assertFigure(order, 'order_amount', order_amount);
  assertFigure(order, 'original_order_amount', original_order_amount);
  for (const refund of refunds) assertFigure(order, 'refunded_amount of a refund', refund.refunded_amount);
  for (const capture of captures) {
    assertFigure(order, 'captured_amount of a capture', capture.captured_amount);
    assertFigure(order, 'refunded_amount of a capture', capture.refunded_amount);
    const name = `capture ${capture.capture_id}`;
    assertAtMost(order, `${name} refunded`, capture.refunded_amount, `${name} captured`, capture.captured_amount);
  }
  const captured = capturedAmount(order);
  assertFigure(order, 'the sum of the captures', captured);
  assertAtMost(order, 'captured', captured, 'order_amount', order_amount);
  assertAtMost(order, 'refunded', refundedAmount(order), 'captured', captured);
  // Holds only while what was refunded and charged back is no more than what was captured.
  assertAtMost(order, 'disputed', disputedAmount(order), 'neither refunded nor charged back', refundableAmount(order));
}

/** Throws when a customer token could be charged by what it does not have, or recovered after its end. */
export function assertToken({ token_id, status, payment_method, instrument, step_ups }: CustomerToken): void {
  const { tokenized_as, instrument: needed } = METHODS[payment_method.type];
  const fault = (what: string) => new Error(`customer token ${token_id}: ${what}`);
  if (tokenized_as !== payment_method.type) throw fault(`${payment_method.type} is not what a token is charged by`);
  if (needed && !instrument[needed]) throw fault(`${payment_method.type} without a ${needed}`);
  if (step_ups.length > STEP_UPS_MOST) throw fault(`${step_ups.length} failed charges wait to be recovered`);
  if (status === 'CANCELLED' && step_ups.length > 0) throw fault('cancelled, and still to be recovered');
}

function assertFigure(order: Order, name: string, amount: number): void {
  if (Number.isSafeInteger(amount) && amount >= 0) return;
  throw new Error(`order ${order.order_id}: ${name} is ${amount}, which is no whole number of minor units from 0 up`);
}

function assertAtMost(order: Order, name: string, amount: number, limitName: string, limit: number): void {
  if (amount <= limit) return;
  throw new Error(`order ${order.order_id}: ${name} ${amount} is more than ${limitName} ${limit}`);
}
