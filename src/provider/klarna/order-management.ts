/** Order Management v1: its calls in terms of the engine's commands, and the engine's outcomes in its words. */
import { hash } from 'node:crypto';
import { type Ask, read } from '../../store/store.ts';
import { UUID } from '../../wire/common.ts';
import * as wire from '../../wire/order-management.ts';
import type { Rule } from '../../wire/shape.ts';
import { orderChanges } from '../bookkeeping.ts';
import { readOpenDisputes, settleDisputes } from '../disputes.ts';
import { capture, findCapture } from '../engine/capture.ts';
import { withDispute } from '../engine/dispute-moves.ts';
import { dueDateOptions, extendDueDate } from '../engine/due-date.ts';
import { tellFollower } from '../engine/follow.ts';
import * as engine from '../engine/order.ts';
import { accept, map, type Outcome } from '../engine/outcome.ts';
import { findRefund, refund } from '../engine/refund.ts';
import type { Capture, Order } from '../engine/state.ts';
import { bringUpToDate, type UpToDate } from '../engine/time.ts';
import { orderManagementFaults } from './faults.ts';
import { keepAnswer, keptReply } from './idempotency.ts';
import {
  type Built,
  type Call,
  type Handler,
  json,
  type Operation,
  type Refused,
  type Reply,
  refusedReply,
} from './operation.ts';
import { captureView, orderView, refundView } from './order-view.ts';

/** What a command made of an order: the order, and the id of what it created. */
interface Changed {
  readonly order: Order;
  readonly created?: { readonly header: string; readonly path: string; readonly id: string };
}
type Command = (order: Order, call: Call) => Outcome<Changed>;
type View = (order: Order, call: Call) => Outcome<object>;

/** The order of the call as it is stored, and as of now. */
interface Found extends UpToDate {
  readonly stored: Order;
}

/** The order of the call; or the refusal for an order that this merchant does not have. */
function* readOrder(call: Call): Generator<Ask, Outcome<Found>, unknown> {
  const order_id = call.params.order_id ?? '';
  const order = yield* read<Order>('order', order_id.toLowerCase());
  const found = engine.readableOrder(order, call.context);
  if (found.ok) return accept({ stored: found.value, ...bringUpToDate(found.value, call.context) });
  const facts = { order_id, capture_id: call.params.capture_id ?? '' };
  return { ok: false, refusal: { ...found.refusal, facts } };
}

/** A handler that changes an order, once for each idempotency key. */
function writes(command: Command): Handler {
  return function* (call) {
    const found = yield* readOrder(call);
    if (!found.ok) return refusedReply(found.refusal, call);
    const { stored, order: current } = found.value;
    const disputes = yield* readOpenDisputes(current, call.context);
    const order = disputes.reduce((so_far, { dispute }) => withDispute(so_far, dispute), current);
    const before = keptReply(order, call);
    const outcome = before ? accept({ order }) : command(order, call);
    const reply = before ?? (outcome.ok ? changedReply(outcome.value, call) : refusedReply(outcome.refusal, call));
    const changed = settleDisputes(outcome.ok ? outcome.value.order : order, disputes, call.context);
    const told = tellFollower(order, changed.order, call.context);
    const callbacks = [...found.value.callbacks, ...changed.callbacks, ...told];
    const kept = before ? changed.order : keepAnswer(changed.order, call, reply);
    const put = [...orderChanges(stored, kept, call.context), ...changed.put];
    return { ...reply, subject: order.order_id, callbacks, changes: { put } };
  };
}

function* replay(call: Call): Generator<Ask, Reply | undefined, unknown> {
  const found = yield* readOrder(call);
  if (!found.ok) return undefined;
  const { order } = found.value;
  const kept = keptReply(order, call);
  return kept && { ...kept, subject: order.order_id };
}

/** A handler that shows an order or a part of it. */
function shows(view: View): Handler {
  return function* (call) {
    const found = yield* readOrder(call);
    if (!found.ok) return refusedReply(found.refusal, call);
    const { order } = found.value;
    const outcome = view(order, call);
    if (!outcome.ok) return refusedReply(outcome.refusal, call, { subject: order.order_id });
    return json(200, outcome.value, { subject: order.order_id });
  };
}

function changedReply({ order, created }: Changed, call: Call): Reply {
  const transaction = ['Transaction-Id', transactionId(order, call, created?.id)] as const;
  if (!created) return { status: 204, headers: [transaction] };
  const location = `${call.base}/ordermanagement/v1/orders/${order.order_id}/${created.path}/${created.id}`;
  return { status: 201, body: '', headers: [[created.header, created.id], ['Location', location], transaction] };
}

/** The same for the repeat of a call that was already done, so it follows from what was done and not from when. */
function transactionId(order: Order, call: Call, created = ''): string {
  const text = [
    order.order_id,
    call.operation.name,
    call.params.capture_id,
    created,
    JSON.stringify(call.body),
    order.expires_at_ms,
  ].join('\n');
  const hex = hash('sha256', text, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const whole = (outcome: Outcome<Order>): Outcome<Changed> => map(outcome, (order) => ({ order }));

const createCapture: Command = (order, call) =>
  map(capture(order, call.body as wire.CaptureRequest, call.context), (made) => ({
    order: made.order,
    created: { header: 'Capture-Id', path: 'captures', id: made.capture.capture_id },
  }));

const createRefund: Command = (order, call) =>
  map(refund(order, call.body as wire.RefundRequest, call.context), (made) => ({
    order: made.order,
    created: { header: 'Refund-Id', path: 'refunds', id: made.refund.refund_id },
  }));

const captureId = (call: Call) => call.params.capture_id ?? '';
const shippingInfo = (call: Call) => (call.body as { shipping_info: wire.ShippingInfo[] }).shipping_info;

/** Nothing is sent to anybody from here; that the capture exists is all there is to check. */
const triggerSendOut: Command = (order, call) => map(findCapture(order, captureId(call)), () => ({ order }));

/** A capture to be shown. A read does not mind that there are no captures at all: this one is not there. */
function shownCapture(order: Order, call: Call): Outcome<Capture> {
  const found = findCapture(order, captureId(call));
  return found.ok ? found : { ok: false, refusal: { ...found.refusal, reason: 'capture_unknown' } };
}

const showCapture: View = (order, call) => map(shownCapture(order, call), (found) => captureView(found, order));

const showDueDateOptions: View = (order, call) =>
  map(shownCapture(order, call), (found) => ({
    currency: order.purchase_currency,
    options: dueDateOptions(order, found),
  }));

const showRefund: View = (order, call) => map(findRefund(order, call.params.refund_id ?? ''), refundView);

function checkOrderId(params: Readonly<Record<string, string>>): Refused | undefined {
  if (UUID.test(params.order_id ?? '')) return undefined;
  return {
    error: { status: 400, error_code: 'INVALID_ORDER_ID', error_messages: ['Order ID must be a valid UUID.'] },
    explanations: [
      {
        field: 'order_id',
        got: (params.order_id ?? '').slice(0, 60),
        message: 'The order id in the path is not a UUID.',
        change:
          'Use the order_id from the answer to the create-order call (not the klarna_reference and not your own number).',
      },
    ],
  };
}

const common = { built: true, faults: orderManagementFaults, checkPath: checkOrderId } as const;
const write = (command: Command, body?: Rule<unknown>): Built => ({
  ...common,
  mode: 'write',
  handle: writes(command),
  replay,
  ...(body && { body }),
});
const show = (view: View): Built => ({ ...common, mode: 'read', handle: shows(view) });

const orders = (method: Operation['method'], path: string, name: string, serve: Operation['serve']): Operation => ({
  api: 'Order Management v1',
  method,
  path: `/ordermanagement/v1/orders/{order_id}${path}`,
  name,
  serve,
  rate_class: 'other',
});

export const ORDER_MANAGEMENT: readonly Operation[] = [
  orders(
    'GET',
    '',
    'readOrder',
    show((order) => accept(orderView(order))),
  ),
  orders(
    'POST',
    '/acknowledge',
    'acknowledge',
    write((order) => whole(engine.acknowledge(order))),
  ),
  orders(
    'PATCH',
    '/authorization',
    'updateAuthorization',
    write(
      (order, call) => whole(engine.updateAuthorization(order, call.body as wire.AuthorizationUpdate, call.context)),
      wire.authorizationUpdate,
    ),
  ),
  orders('POST', '/captures', 'createCapture', write(createCapture, wire.capture)),
  orders(
    'GET',
    '/captures',
    'listCaptures',
    show((order) => accept(order.captures.map((each) => captureView(each, order)))),
  ),
  orders('GET', '/captures/{capture_id}', 'readCapture', show(showCapture)),
  orders(
    'POST',
    '/captures/{capture_id}/shipping-info',
    'addCaptureShipping',
    write(
      (order, call) => whole(engine.addCaptureShipping(order, captureId(call), shippingInfo(call))),
      wire.shippingInfoAppend,
    ),
  ),
  orders('POST', '/captures/{capture_id}/trigger-send-out', 'triggerSendOut', write(triggerSendOut)),
  orders('GET', '/captures/{capture_id}/extend-due-date-options', 'readDueDateOptions', show(showDueDateOptions)),
  orders(
    'PATCH',
    '/captures/{capture_id}/extend-due-date',
    'extendDueDate',
    write(
      (order, call) =>
        whole(
          extendDueDate(order, captureId(call), (call.body as { number_of_days: number }).number_of_days, call.context),
        ),
      wire.dueDateExtension,
    ),
  ),
  orders(
    'PATCH',
    '/customer-details',
    'updateCustomer',
    write(
      (order, call) => whole(engine.updateCustomer(order, call.body as wire.CustomerDetails, call.context)),
      wire.customerDetails,
    ),
  ),
  orders(
    'POST',
    '/extend-authorization-time',
    'extend',
    write((order, call) => whole(engine.extendAuthorization(order, call.context))),
  ),
  orders(
    'PATCH',
    '/merchant-references',
    'updateReferences',
    write(
      (order, call) => whole(engine.updateReferences(order, call.body as wire.MerchantReferences)),
      wire.merchantReferences,
    ),
  ),
  orders('POST', '/refunds', 'createRefund', write(createRefund, wire.refund)),
  orders('GET', '/refunds/{refund_id}', 'readRefund', show(showRefund)),
  orders(
    'POST',
    '/release-remaining-authorization',
    'release',
    write((order) => whole(engine.release(order))),
  ),
  orders(
    'POST',
    '/shipping-info',
    'addOrderShipping',
    write((order, call) => whole(engine.addOrderShipping(order, shippingInfo(call))), wire.shippingInfoAppend),
  ),
  orders(
    'POST',
    '/cancel',
    'cancel',
    write((order) => whole(engine.cancel(order))),
  ),
];
