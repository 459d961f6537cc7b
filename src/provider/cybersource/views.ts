/** Sessions and transactions as Cybersource shows them. Links are paths, amounts decimals, times without fractions. */
import { decimalFromMinor } from '../../money/decimal.ts';
import type { Order, Session } from '../engine/state.ts';
import { timestamp } from './errors.ts';
import type { CybersourcePayment, CybersourceSession, Failure, PaymentType } from './records.ts';
import { RESPONSE_CODES, type Status } from './statuses.ts';

interface Link {
  readonly method: 'GET' | 'POST';
  readonly href: string;
}

const status = (id: string): Link => ({ method: 'POST', href: `/pts/v2/refresh-payment-status/${id}` });

/** What can be followed from a transaction. Klarna's guide shows `self` with POST where it shows links; the others are those of the models. */
const LINKS: Readonly<Record<PaymentType, (id: string) => Readonly<Record<string, Link>>>> = {
  authorization: (id) => ({
    self: { method: 'GET', href: `/pts/v2/payments/${id}` },
    authReversal: { method: 'POST', href: `/pts/v2/payments/${id}/reversals` },
    reversal: { method: 'POST', href: `/pts/v2/payments/${id}/reversals` },
    capture: { method: 'POST', href: `/pts/v2/payments/${id}/captures` },
    status: status(id),
  }),
  reversal: (id) => ({ self: { method: 'POST', href: `/pts/v2/reversals/${id}` }, status: status(id) }),
  capture: (id) => ({
    self: { method: 'GET', href: `/pts/v2/captures/${id}` },
    refund: { method: 'POST', href: `/pts/v2/captures/${id}/refunds` },
    status: status(id),
  }),
  refund: (id) => ({ self: { method: 'GET', href: `/pts/v2/refunds/${id}` }, status: status(id) }),
};

/** What the processor, Klarna, has to say. The code is repeated as the details in every sample. */
function processed(state: Status, failure: Failure | undefined, more: object = {}): object {
  const responseCode = failure?.response_code ?? RESPONSE_CODES[state];
  return { responseCode, responseDetails: responseCode, ...more };
}

function errorInformation(failure: Failure | undefined): object {
  if (!failure) return {};
  const { reason, message, details } = failure;
  return { errorInformation: { reason, message, ...(details && { details }) } };
}

/** @param opened what the shopper needs: the page's address, or the widget's token */
export function sessionView(
  record: CybersourceSession,
  session: Session | undefined,
  state: Status,
  opened: { readonly paymentUrl?: string; readonly token?: string },
  now_ms: number,
): object {
  const { request_id: id, failure } = record;
  return {
    _links: { self: { method: 'POST', href: `/pts/v2/payment-references/${id}` }, status: status(id) },
    id,
    submitTimeUtc: timestamp(now_ms),
    status: state,
    reconciliationId: record.reconciliation_id,
    clientReferenceInformation: { code: record.code },
    processorInformation: processed(state, failure, {
      ...(record.session_id && { transactionId: record.session_id }),
      ...opened,
    }),
    ...(session && {
      orderInformation: {
        amountDetails: amounts(session.details.order_amount, session.details.purchase_currency),
      },
    }),
    ...errorInformation(failure),
  };
}

/** @param order as it is now; absent for what failed before there was one */
export function paymentView(record: CybersourcePayment, order: Order | undefined, state: Status): object {
  const { request_id: id, type, failure } = record;
  return {
    _links: LINKS[type](id),
    id,
    submitTimeUtc: timestamp(record.made_at_ms),
    status: state,
    reconciliationId: record.reconciliation_id,
    clientReferenceInformation: { code: record.code },
    processorInformation: processed(state, failure, transaction(record, order)),
    ...AMOUNTS[type](record),
    ...errorInformation(failure),
  };
}

/** Klarna's own id of what was done, and the reference that its people know the order by. */
function transaction({ type, ...ids }: CybersourcePayment, order: Order | undefined): object {
  const id = { authorization: ids.order_id, reversal: ids.order_id, capture: ids.capture_id, refund: ids.refund_id }[
    type
  ];
  return {
    ...(id && { transactionId: id }),
    ...(type === 'authorization' && order && { approvalCode: order.klarna_reference }),
  };
}

const AMOUNTS: Readonly<Record<PaymentType, (record: CybersourcePayment) => object>> = {
  authorization: ({ amount, currency, failure }) => ({
    orderInformation: {
      amountDetails: {
        ...amounts(amount, currency),
        ...(!failure && { authorizedAmount: decimalFromMinor(amount) }),
      },
    },
  }),
  reversal: ({ amount, currency }) => ({
    reversalAmountDetails: {
      reversedAmount: decimalFromMinor(amount),
      originalTransactionAmount: decimalFromMinor(amount),
      currency,
    },
  }),
  capture: ({ amount, currency }) => ({ orderInformation: { amountDetails: amounts(amount, currency) } }),
  refund: ({ amount, currency }) => ({
    refundAmountDetails: { refundAmount: decimalFromMinor(amount), currency },
    orderInformation: { amountDetails: amounts(amount, currency) },
  }),
};

export function amounts(amount_minor: number, currency: string): object {
  return { totalAmount: decimalFromMinor(amount_minor), currency };
}

/**
 * The answer to a check. It has an id of its own; what was asked about is in the link.
 * @param asked the session or transaction asked about
 */
export function statusView(
  id: string,
  asked: CybersourceSession | CybersourcePayment,
  state: Status,
  now_ms: number,
  more: { readonly token?: string; readonly amountDetails?: object } = {},
): object {
  const { token, amountDetails } = more;
  const failure = state === 'FAILED' ? asked.failure : undefined;
  return {
    _links: { self: status(asked.request_id) },
    id,
    submitTimeUtc: timestamp(now_ms),
    status: state,
    reconciliationId: asked.reconciliation_id,
    clientReferenceInformation: { code: asked.code },
    processorInformation: processed(state, failure, { ...(token && { token }) }),
    ...(amountDetails && { orderInformation: { amountDetails } }),
    ...errorInformation(failure),
  };
}
