/** Check status: where a session or a transaction stands now, whatever has happened to it through other APIs. */

import { decimalFromMinor } from '../../money/decimal.ts';
import { type Ask, read } from '../../store/store.ts';
import type { CheckStatus, STATUS_ACTIONS } from '../../wire/cybersource.ts';
import { type Order, refundableOf, type Session } from '../engine/state.ts';
import { bringUpToDate } from '../engine/time.ts';
import { chargedBack } from './disputes.ts';
import { NOT_FOUND } from './errors.ts';
import { OWN_PLACE, requestId } from './ids.ts';
import { type Call, faultReply, type Handler, json, problemReply, type Reply } from './operation.ts';
import {
  type CybersourcePayment,
  type FoundPayment,
  type FoundSession,
  findPayment,
  findSession,
  newKey,
  type PaymentType,
} from './records.ts';
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
  const isMine = ({ record }: FoundPayment | FoundSession) => record.merchant_id === call.context.merchant.merchant_id;
  const payment = yield* findPayment(id);
  if (payment && isMine(payment))
    return refuseAction(payment.record.type, call) ?? (yield* checkPayment(payment, call));
  const session = yield* findSession(id);
  if (session && isMine(session)) return refuseAction('session', call) ?? (yield* sessionChecked(session, call));
  return problemReply(NOT_FOUND, [UNKNOWN]);
};

function* sessionChecked(found: FoundSession, call: Call): Generator<Ask, Reply, unknown> {
  const { record } = found;
  const { state, token } = yield* checkSession(found, call.context);
  const view = statusView(checkId(call), record, state, call.context.now_ms, { ...(token && { token }) });
  return json(201, view, { subject: record.session_id ?? '', unlogged: true });
}

/** A check has an id like everything else; it leads to nothing. */
function checkId({ context }: Call): string {
  return requestId(newKey(context), OWN_PLACE);
}

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

function* checkPayment({ record: payment, order: stored }: FoundPayment, call: Call): Generator<Ask, Reply, unknown> {
  const { context } = call;
  const order = stored && bringUpToDate(stored, context).order;
  const state = yield* paymentStatus(payment, order, call);
  const view = statusView(checkId(call), payment, state, context.now_ms, {
    amountDetails: amountDetails(payment, order, state),
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

/** The amount, and what of a capture can still be refunded, whoever refunded the rest: of one that was charged back, nothing. */
export function amountDetails(
  { type, amount, currency, capture_id }: CybersourcePayment,
  order: Order | undefined,
  state: Status,
): object {
  const capture = order?.captures.find((each) => each.capture_id === capture_id);
  const left = order && capture && state !== 'CHARGEBACK' ? refundableOf(order, capture) : 0;
  return {
    ...amounts(amount, currency),
    ...(type === 'capture' && capture && { refundBalance: decimalFromMinor(left) }),
  };
}
