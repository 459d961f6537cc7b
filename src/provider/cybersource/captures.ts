/** Captures and refunds. */
import type { Ask } from '../../store/store.ts';
import type { CaptureRequest, RefundRequest } from '../../wire/cybersource.ts';
import type { ManagedLine, ShippingInfo } from '../../wire/order-management.ts';
import { capture } from '../engine/capture.ts';
import { release } from '../engine/order.ts';
import { refund } from '../engine/refund.ts';
import { type Capture, type Order, refundableOf, remainingAmount } from '../engine/state.ts';
import { type Found, failedPayment, readTransaction, refuseCurrency, transactionReply } from './authorizations.ts';
import { chargedBack } from './disputes.ts';
import { invalid } from './errors.ts';
import { type Call, type Handler, problemReply, type Reply } from './operation.ts';
import { lineOf } from './purchase.ts';
import { type Draft, type Failure, newRequest } from './records.ts';
import { captureStatus } from './statuses.ts';

export const captureHandler: Handler = function* (call) {
  const body = call.body as CaptureRequest;
  const { found, reply } = yield* readTransaction(call.params.id ?? '', 'authorization', 'MISSING_AUTH', call);
  if (!found) return reply;
  return refuseCurrency(body.orderInformation?.amountDetails, found.order) ?? captured(body, found, call);
};

function captured(body: CaptureRequest, found: Found, call: Call): Reply {
  const { order } = found;
  const { amountDetails, lineItems, shippingDetails } = body.orderInformation ?? {};
  const { isFinal, notes } = body.processingInformation.captureOptions ?? {};
  const { order_id, purchase_currency: currency } = order;
  const amount = amountDetails?.totalAmount ?? remainingAmount(order);
  const isOpen = order.status === 'AUTHORIZED' || order.status === 'PART_CAPTURED';
  if (amount === 0 && isOpen) return nothingLeft(order, 'Nothing is left of the authorization.');
  const request = newRequest(body.clientReferenceInformation?.code ?? found.record.code, call.context);
  const draft: Draft = { ...request, type: 'capture', amount, currency, order_id };
  const outcome = capture(
    order,
    {
      captured_amount: amount,
      ...(notes !== undefined && { description: notes }),
      ...(lineItems && { order_lines: lineItems.map((item): ManagedLine => lineOf(item)) }),
      ...(shippingDetails && { shipping_info: [shipmentOf(shippingDetails)] }),
    },
    call.context,
  );
  if (!outcome.ok) return transactionReply(outcome, draft, found, call);
  const { capture_id } = outcome.value.capture;
  const left =
    isFinal === 'true' && outcome.value.order.status === 'PART_CAPTURED' ? release(outcome.value.order) : undefined;
  const after = left?.ok ? left.value : outcome.value.order;
  return transactionReply({ ok: true, value: { order: after } }, { ...draft, capture_id }, found, call);
}

/** Klarna's names for ways to ship, where Cybersource has one. */
const SHIPPING_METHODS: Readonly<Record<string, string>> = {
  TO_DOOR: 'Home',
  PICKUP_POINT: 'PickUpPoint',
  PICKUP_STORE: 'PickUpStore',
  DIGITAL_EMAIL: 'Digital',
};

type ShippingDetails = NonNullable<NonNullable<CaptureRequest['orderInformation']>['shippingDetails']>;

function shipmentOf({ trackingNumber, trackingUrl, shippingCarrier, shippingMethod }: ShippingDetails): ShippingInfo {
  const shipping_method = shippingMethod && (SHIPPING_METHODS[shippingMethod.toUpperCase()] ?? 'Undefined');
  return {
    ...(shippingCarrier !== undefined && { shipping_company: shippingCarrier }),
    ...(trackingNumber !== undefined && { tracking_number: trackingNumber }),
    ...(trackingUrl !== undefined && { tracking_uri: trackingUrl }),
    ...(shipping_method && { shipping_method }),
  };
}

/** Of a capture, whose id may be sent in the place of a capture's or of a payment's. */
export const refundHandler: Handler = function* (call) {
  const body = call.body as RefundRequest;
  const { found, reply } = yield* readTransaction(call.params.id ?? '', 'capture', 'INVALID_DATA', call);
  if (!found) return reply;
  const wrong = refuseCurrency(body.orderInformation?.amountDetails, found.order);
  if (wrong) return wrong;
  const made = found.order.captures.find(({ capture_id }) => capture_id === found.record.capture_id);
  if (!made) throw new Error(`capture ${found.record.capture_id} of order ${found.order.order_id} is gone`);
  return yield* refunded(body, made, found, call);
};

function* refunded(body: RefundRequest, made: Capture, found: Found, call: Call): Generator<Ask, Reply, unknown> {
  const { order } = found;
  const { amountDetails, lineItems } = body.orderInformation ?? {};
  const { order_id, purchase_currency: currency } = order;
  const amount = amountDetails?.totalAmount ?? refundableOf(order, made);
  const request = newRequest(body.clientReferenceInformation?.code ?? found.record.code, call.context);
  const draft: Draft = { ...request, type: 'refund', amount, currency, order_id };
  if (captureStatus(made, yield* chargedBack(order, call.context)) === 'CHARGEBACK')
    return { ...failedPayment(draft, CHARGED_BACK, call, order), explanations: [CHARGED_BACK_WHY] };
  if (amount === 0) return nothingLeft(order, 'All of this capture has been refunded.');
  const lines = lineItems && { order_lines: lineItems.map((item): ManagedLine => lineOf(item)) };
  const outcome = refund(order, { refunded_amount: amount, ...lines }, call.context, made.capture_id);
  if (!outcome.ok) return transactionReply(outcome, draft, found, call);
  const { refund_id } = outcome.value.refund;
  return transactionReply(outcome, { ...draft, refund_id }, found, call);
}

const CHARGED_BACK: Failure = {
  reason: 'PROCESSOR_DECLINED',
  message: 'The capture was charged back to the shopper',
  response_code: '30100',
};
const CHARGED_BACK_WHY = {
  message: 'The shopper disputed the purchase and got the money back; a refund would pay it a second time.',
  change: 'Nothing needs to be done.',
};

function nothingLeft({ order_id }: Order, message: string): Reply {
  const field = 'orderInformation.amountDetails.totalAmount';
  const explanation = { field, message, change: 'Nothing needs to be done.' };
  const problem = invalid('INVALID_AMOUNT', [{ field, reason: 'INVALID_DATA' }]);
  return problemReply(problem, [explanation], { subject: order_id });
}
