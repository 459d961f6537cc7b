/**
 * Orders, captures and refunds as Order Management shows them: every answer normalised, so that clients find the
 * same fields whatever was sent. Key order as in recorded answers.
 */
import type { Address, OrderLine } from '../../wire/klarna-payments.ts';
import type { ManagedAddress, ManagedLine } from '../../wire/order-management.ts';
import { METHODS } from '../engine/payment-methods.ts';
import {
  type Capture,
  capturedAmount,
  type Order,
  type Refund,
  refundedAmount,
  remainingAmount,
} from '../engine/state.ts';

export function orderView(order: Order): object {
  return {
    order_id: order.order_id,
    status: order.status,
    fraud_status: order.fraud_status,
    order_amount: order.order_amount,
    original_order_amount: order.original_order_amount,
    captured_amount: capturedAmount(order),
    refunded_amount: refundedAmount(order),
    remaining_authorized_amount: remainingAmount(order),
    purchase_currency: order.purchase_currency,
    locale: order.locale,
    order_lines: order.order_lines.map(lineView),
    merchant_reference1: order.merchant_reference1,
    merchant_reference2: order.merchant_reference2,
    klarna_reference: order.klarna_reference,
    customer: customerView(order),
    billing_address: addressView(order.billing_address),
    shipping_address: order.shipping_address && addressView(order.shipping_address),
    created_at: timestamp(order.created_at_ms),
    purchase_country: order.purchase_country,
    expires_at: timestamp(order.expires_at_ms),
    captures: order.captures.map((capture) => captureView(capture, order)),
    refunds: order.refunds.map(refundView),
    merchant_data: order.merchant_data,
    initial_payment_method: initialPaymentMethod(order),
    shipping_info: order.shipping_info,
  };
}

export function captureView(capture: Capture, order: Order): object {
  return {
    capture_id: capture.capture_id,
    klarna_reference: capture.klarna_reference,
    captured_amount: capture.captured_amount,
    captured_at: timestamp(capture.captured_at_ms),
    description: capture.description,
    order_lines: capture.order_lines.map(lineView),
    refunded_amount: capture.refunded_amount,
    billing_address: addressView(order.billing_address),
    shipping_address: capture.shipping_address && addressView(capture.shipping_address),
    shipping_info: capture.shipping_info,
    reference: capture.reference,
  };
}

export function refundView(refund: Refund): object {
  return {
    refund_id: refund.refund_id,
    refunded_amount: refund.refunded_amount,
    refunded_at: timestamp(refund.refunded_at_ms),
    description: refund.description,
    reference: refund.reference,
    order_lines: refund.order_lines.map(lineView),
  };
}

function lineView(line: OrderLine | ManagedLine): object {
  const {
    type,
    reference,
    quantity_unit,
    total_discount_amount,
    tax_rate,
    total_tax_amount,
    name,
    quantity,
    unit_price,
    total_amount,
    ...rest
  } = line;
  return {
    reference: reference ?? '',
    type: type ?? 'physical',
    name,
    quantity,
    quantity_unit: quantity_unit ?? '',
    unit_price,
    tax_rate: tax_rate ?? 0,
    total_amount,
    total_discount_amount: total_discount_amount ?? 0,
    total_tax_amount: total_tax_amount ?? 0,
    ...rest,
  };
}

function addressView(address: Address | ManagedAddress): object {
  return {
    ...address,
    title: address.title ?? '',
    region: address.region ?? '',
    street_address2: address.street_address2 ?? '',
  };
}

function customerView({ customer }: Order): object | undefined {
  if (!customer) return undefined;
  const { type, date_of_birth, national_identification_number } = customer;
  return { type, date_of_birth, national_identification_number };
}

function initialPaymentMethod({ payment_method }: Order): object {
  const { om_type, description } = METHODS[payment_method.type];
  return { type: om_type, description, number_of_installments: payment_method.number_of_installments };
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
