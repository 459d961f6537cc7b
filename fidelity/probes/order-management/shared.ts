/** What the probes of Order Management share. */
import { type Expectation, operation } from '../../probe.ts';
import { DHL, IN_US, PURCHASE } from '../../purchases.ts';
import type { Body, Variation } from '../../request.ts';
import type { StepName } from '../../steps.ts';

const API = 'Order Management';
const PATH = '/ordermanagement/v1/orders/{order_id}';
export const READ = `GET ${PATH}`;
export const DONE = { status: 204, empty: true } as const;
export const CAPTURED = { status: 201, empty: true, headers: { 'Capture-Id': { is: 'uuid' } } } as const;
export const REFUNDED = { status: 201, empty: true, headers: { 'Refund-Id': { is: 'uuid' } } } as const;

/** What the order is read as after the probe. */
export const leaves = (fields: NonNullable<Expectation['fields']>, more: Partial<Expectation> = {}) => ({
  send: { call: READ },
  expect: { status: 200, fields, ...more },
});

/** Every operation with a body that nothing is wrong with. */
export const CALLS = {
  'read-order': { call: READ },
  acknowledge: { call: `POST ${PATH}/acknowledge` },
  'update-authorization': { call: `PATCH ${PATH}/authorization`, body: { order_amount: 9_000 } },
  capture: { call: `POST ${PATH}/captures`, body: { captured_amount: 1_000 } },
  'list-captures': { call: `GET ${PATH}/captures` },
  'read-capture': { call: `GET ${PATH}/captures/{capture_id}` },
  'capture-shipping': { call: `POST ${PATH}/captures/{capture_id}/shipping-info`, body: { shipping_info: [DHL] } },
  'send-out': { call: `POST ${PATH}/captures/{capture_id}/trigger-send-out` },
  'due-date-options': { call: `GET ${PATH}/captures/{capture_id}/extend-due-date-options` },
  'due-date': { call: `PATCH ${PATH}/captures/{capture_id}/extend-due-date`, body: { number_of_days: 10 } },
  customer: { call: `PATCH ${PATH}/customer-details`, body: { shipping_address: { city: 'Lund' } } },
  extend: { call: `POST ${PATH}/extend-authorization-time` },
  references: { call: `PATCH ${PATH}/merchant-references`, body: { merchant_reference1: 'x' } },
  refund: { call: `POST ${PATH}/refunds`, body: { refunded_amount: 1_000 } },
  'read-refund': { call: `GET ${PATH}/refunds/{refund_id}` },
  release: { call: `POST ${PATH}/release-remaining-authorization` },
  'order-shipping': { call: `POST ${PATH}/shipping-info`, body: { shipping_info: [DHL] } },
  cancel: { call: `POST ${PATH}/cancel` },
} as const satisfies Record<string, { call: string; body?: Body }>;
export type Name = keyof typeof CALLS;

/** An operation's probes begin with the usual body. */
export const on = (name: Name, given: StepName = 'order') => {
  const { call, body }: { call: string; body?: Body } = CALLS[name];
  return operation(API, `orders/${name}`, call, { given, ...(body && { body }) });
};
export const read = on('read-order');
export const capture = on('capture');

/** A US purchase that is reviewed, and decided five minutes after the order. */
export function review(decision: 'accept' | 'reject'): Variation {
  return { purchase: { ...IN_US, billing_address: { email: `customer+pend-${decision}-05@email.com` } } };
}

/** A purchase that the shopper paid by a method, by its name in Klarna Payments. */
export const paidBy = (payment_method: string, purchase: object = PURCHASE): Variation => ({
  purchase,
  shopper: { payment_method },
});
