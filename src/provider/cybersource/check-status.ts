/** Check status: where a session or a transaction stands now, whatever has happened to it through other APIs. */

import { decimalFromMinor } from '../../money/decimal.ts';
import { type Ask, read } from '../../store/store.ts';
import type { CheckStatus, STATUS_ACTIONS } from '../../wire/cybersource.ts';
import type { Order, Session } from '../engine/state.ts';
import { bringUpToDate } from '../engine/time.ts';
import { chargedBack } from './disputes.ts';
import { NOT_FOUND } from './errors.ts';
import { requestId } from './ids.ts';
import { type Call, faultReply, type Handler, json, problemReply, type Reply } from './operation.ts';
import { type CybersourcePayment, type PaymentType, readPaymentRecord, readSessionRecord } from './records.ts';
import { checkSession } from './sessions.ts';
import { authorizationStatus, captureStatus, type Status, sessionStatus } from './statuses.ts';
import { amounts, statusView } from './views.ts';

/** What each action asks about; the general one asks about anything. */
const ABOUT: Readonly<Record<(typeof STATUS_ACTIONS)[number], PaymentType | 'session' | undefined>> = {
  AP_STATUS: undefined,
  AP_SESSION_STATUS: 'session',
  AP_AUTH_STATUS: 'authorization',
  AP_CAPTURE_STATUS: 'capture',
  AP_REFUND_STATUS: 'refund',
};

export const checkStatusHandler: Handler = function* (call) {
  const id = call.params.id ?? '';
  // The general action nearly always asks about a transaction, so that is looked for first.
  const payment = yield* readPaymentRecord(id, call.context);
  if (payment) return refuseAction(payment.type, call) ?? (yield* checkPayment(payment, call));
  const session = yield* readSessionRecord(id, call.context);
  if (session) {
    const wrong = refuseAction('session', call);
    if (wrong) return wrong;
    const { state, token } = yield* checkSession(session, call);
    const view = statusView(requestId(call.context.id()), session, state, call.context.now_ms, {
      ...(token && { token }),
    });
    return json(201, view, { subject: session.session_id ?? '', unlogged: true });
  }
  return problemReply(NOT_FOUND, [UNKNOWN]);
};

const UNKNOWN = {
  field: 'id',
  message: 'This merchant has no session and no transaction with this id.',
  change:
    'Use the id that a session, authorization, reversal, capture or refund was answered with, not that of a check.',
};

function refuseAction(type: PaymentType | 'session', call: Call): Reply | undefined {
  const { actionList } = (call.body as CheckStatus).processingInformation;
  const about = ABOUT[actionList];
  if (about === undefined || about === type) return undefined;
  return faultReply('processingInformation.actionList', 'pattern', {
    got: actionList,
    message: `${actionList} asks about a ${about}; this is the id of a ${type}.`,
    change: 'Send AP_STATUS, which asks about anything.',
  });
}

function* checkPayment(payment: CybersourcePayment, call: Call): Generator<Ask, Reply, unknown> {
  const { context } = call;
  const stored = payment.order_id ? yield* read<Order>('order', payment.order_id) : undefined;
  const order = stored && bringUpToDate(stored, context).order;
  const state = yield* paymentStatus(payment, order, call);
  const view = statusView(requestId(context.id()), payment, state, context.now_ms, {
    amountDetails: amountDetails(payment, order),
  });
  return json(201, view, { subject: payment.order_id ?? payment.session_id ?? '', unlogged: true });
}

function* paymentStatus(
  payment: CybersourcePayment,
  order: Order | undefined,
  call: Call,
): Generator<Ask, Status, unknown> {
  if (payment.failure || !order) return yield* failedStatus(payment, call);
  if (payment.type === 'authorization') return authorizationStatus(order);
  if (payment.type === 'capture')
    return captureStatus({ capture_id: payment.capture_id ?? '' }, yield* chargedBack(order, call.context));
  return payment.type === 'reversal' ? 'AUTH_REVERSED' : 'REFUNDED';
}

/** An authorization that failed because its shopper never finished was abandoned, once they have. */
function* failedStatus({ session_id }: CybersourcePayment, { context }: Call): Generator<Ask, Status, unknown> {
  const session = session_id ? yield* read<Session>('session', session_id) : undefined;
  return session && sessionStatus(session, undefined, context.now_ms) === 'ABANDONED' ? 'ABANDONED' : 'FAILED';
}

/** The amount, and what of a capture can still be refunded, whoever refunded the rest. */
function amountDetails({ type, amount, currency, capture_id }: CybersourcePayment, order: Order | undefined): object {
  const capture = order?.captures.find((each) => each.capture_id === capture_id);
  const refundable = type === 'capture' && capture ? capture.captured_amount - capture.refunded_amount : undefined;
  return {
    ...amounts(amount, currency),
    ...(refundable !== undefined && { refundBalance: decimalFromMinor(refundable) }),
  };
}
