/**
 * The states of an order, as a table: what may be done in which state, and where it can lead. Everything that asks
 * whether an operation is possible asks this table. Checked when the program starts.
 */
import { ORDER_STATUSES, type OrderStatus } from './state.ts';
import { checkTransitions } from './transitions.ts';

export const ORDER_OPERATIONS = [
  'acknowledge',
  'capture',
  'update_authorization',
  'update_references',
  'update_customer',
  'add_shipping_info',
  'cancel',
  'release',
  'extend',
  'refund',
  'extend_due_date',
  'expire',
  'close',
] as const;
export type OrderOperation = (typeof ORDER_OPERATIONS)[number];

type Transitions = Readonly<Record<OrderOperation, Readonly<Partial<Record<OrderStatus, readonly OrderStatus[]>>>>>;

const ANY_STATUS = Object.fromEntries(ORDER_STATUSES.map((status) => [status, [status]]));

/** Operation → state it is allowed in → states it can lead to. A state that is missing refuses the operation. */
export const TRANSITIONS: Transitions = {
  acknowledge: { AUTHORIZED: ['AUTHORIZED'], PART_CAPTURED: ['PART_CAPTURED'], CAPTURED: ['CAPTURED'] },
  capture: { AUTHORIZED: ['PART_CAPTURED', 'CAPTURED'], PART_CAPTURED: ['PART_CAPTURED', 'CAPTURED'] },
  update_authorization: { AUTHORIZED: ['AUTHORIZED'], PART_CAPTURED: ['PART_CAPTURED', 'CAPTURED'] },
  update_references: without('CANCELLED'),
  update_customer: { AUTHORIZED: ['AUTHORIZED'], PART_CAPTURED: ['PART_CAPTURED'] },
  add_shipping_info: ANY_STATUS,
  cancel: { AUTHORIZED: ['CANCELLED'], CANCELLED: ['CANCELLED'] },
  release: { PART_CAPTURED: ['CAPTURED'] },
  extend: { AUTHORIZED: ['AUTHORIZED'], PART_CAPTURED: ['PART_CAPTURED'] },
  refund: { PART_CAPTURED: ['PART_CAPTURED'], CAPTURED: ['CAPTURED'] },
  extend_due_date: { PART_CAPTURED: ['PART_CAPTURED'], CAPTURED: ['CAPTURED'] },
  /** At midnight UTC of the last day: what was not captured is let go. */
  expire: { AUTHORIZED: ['EXPIRED'], PART_CAPTURED: ['CAPTURED'] },
  /** Klarna closes the order; Klarna documents the state and not what leads to it, so here control does. */
  close: { CAPTURED: ['CLOSED'] },
};

export function isAllowed(operation: OrderOperation, status: OrderStatus): boolean {
  return TRANSITIONS[operation][status] !== undefined;
}

function without(...excluded: OrderStatus[]): Readonly<Partial<Record<OrderStatus, readonly OrderStatus[]>>> {
  return Object.fromEntries(
    ORDER_STATUSES.filter((status) => !excluded.includes(status)).map((status) => [status, [status]]),
  );
}

/** Throws when the table names an unknown state or leaves one that an order can never be in. */
export function validateTransitions(table: Transitions = TRANSITIONS, initial: OrderStatus = 'AUTHORIZED'): void {
  checkTransitions('order', ORDER_STATUSES, initial, table);
}

validateTransitions();

/** The state after an operation; throws on a step that the table does not have, which would be a fault of the engine. */
export function step(operation: OrderOperation, from: OrderStatus, to: OrderStatus): OrderStatus {
  if (!TRANSITIONS[operation][from]?.includes(to))
    throw new Error(`order: ${operation} cannot lead from ${from} to ${to}`);
  return to;
}
