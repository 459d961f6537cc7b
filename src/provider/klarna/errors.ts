/**
 * The engine's refusals in Klarna's words: one table, from the reason to status, code and text. The texts are those of the
 * error tables of Klarna Payments and Order Management; where Klarna documents none, the nearest pattern (marked inferred).
 */
import type { Reason, Refusal } from '../engine/outcome.ts';

export interface KlarnaError {
  readonly status: number;
  readonly error_code: string;
  readonly error_messages: readonly string[];
  /** What the body says besides, for the refusals that have more to say. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Which parameters, where the API lists them. */
  readonly validation_errors?: readonly { readonly parameter: string; readonly reason: string }[];
}

interface Row {
  readonly status: number;
  readonly code: string;
  readonly messages: (refusal: Refusal, operation: string) => readonly string[];
  readonly details?: (refusal: Refusal) => NonNullable<KlarnaError['details']>;
}

/** How many faults one answer lists; the log has no more either. */
const MESSAGES_MOST = 100;

const text =
  (message: string): Row['messages'] =>
  () => [message];
const none: Row['messages'] = () => [];
const fact = (refusal: Refusal, name: string) => String(refusal.facts[name] ?? '');

/** Sentences for an order in a state that the operation needs it not to be in. Inferred but for the first of each. */
const CANCEL_BY_STATUS: Readonly<Record<string, string>> = {
  PART_CAPTURED: 'Order has previous captures. Cancel not possible.',
  CAPTURED: 'Order has previous captures. Cancel not possible.',
  EXPIRED: 'Order is expired. Cancel not possible.',
  CLOSED: 'Order is closed. Cancel not possible.',
};
const RELEASE_BY_STATUS: Readonly<Record<string, string>> = {
  CAPTURED: 'Order is fully captured. Remaining authorization cannot be released.',
  AUTHORIZED: 'Order has no captures. Remaining authorization cannot be released.',
  CANCELLED: 'Order is cancelled. Remaining authorization cannot be released.',
  EXPIRED: 'Order is expired. Remaining authorization cannot be released.',
  CLOSED: 'Order is closed. Remaining authorization cannot be released.',
};
const EXTEND_BY_STATUS: Readonly<Record<string, string>> = {
  EXPIRED: 'Order is expired. Authorization time cannot be extended.',
  CANCELLED: 'Order is cancelled. Authorization time cannot be extended.',
  CAPTURED: 'Order is fully captured. Authorization time cannot be extended.',
  CLOSED: 'Order is closed. Authorization time cannot be extended.',
};
const byStatus =
  (sentences: Readonly<Record<string, string>>, otherwise: string): Row['messages'] =>
  (refusal) => [sentences[fact(refusal, 'status')] ?? otherwise];

/** What an unknown order is answered, by operation. Inferred where the operation is not in Klarna's table. */
const UNKNOWN_ORDER: Readonly<Record<string, (id: string) => string>> = {
  acknowledge: (id) => `Order ${id} cannot be found. Acknowledgement not possible.`,
  addOrderShipping: (id) => `Order ${id} cannot be found. Shipping info cannot be added to order ${id}.`,
  updateReferences: () => 'Order cannot be found. Merchant references cannot be updated.',
  updateCustomer: () => 'Order cannot be found. Customer details cannot be updated.',
  createCapture: (id) => `Order ${id} cannot be found. Capture not possible.`,
  cancel: (id) => `Order ${id} cannot be found. Cancel not possible.`,
  createRefund: (id) => `Order ${id} cannot be found. Refund not possible.`,
  updateAuthorization: (id) => `Order ${id} cannot be found. Order authorization cannot be updated`,
  release: (id) => `Order ${id} cannot be found. Remaining authorization cannot be released.`,
  extend: (id) => `Order ${id} cannot be found. Authorization time cannot be extended.`,
};
const unknownOrder: Row['messages'] = (refusal, operation) => {
  const order_id = fact(refusal, 'order_id');
  if (operation === 'addCaptureShipping') {
    return [
      `Order ${order_id} cannot be found. Shipping info cannot be added to capture ${fact(refusal, 'capture_id')}.`,
    ];
  }
  return [(UNKNOWN_ORDER[operation] ?? ((id: string) => `Order ${id} cannot be found`))(order_id)];
};

const CAPTURE_SUFFIX: Readonly<Record<string, (id: string) => string>> = {
  addCaptureShipping: (id) => `. Shipping info cannot be added to capture ${id}`,
  triggerSendOut: (id) => `. Send out cannot be triggered for capture ${id}`,
  extendDueDate: (id) => `. Due date cannot be extended for capture ${id}`,
};
const unknownCapture: Row['messages'] = (refusal, operation) => [
  `Capture could not be found${CAPTURE_SUFFIX[operation]?.(fact(refusal, 'capture_id')) ?? ''}`,
];

/**
 * Operations with another code for the same reason. Refund reads and creates speak of NOT_FOUND where the rest of Order
 * Management says NO_SUCH_ORDER; the distribution of a hosted page and the charge of a customer token have codes of their own.
 */
const OTHER_CODES: Readonly<Partial<Record<Reason, Readonly<Record<string, string>>>>> = {
  order_unknown: { createRefund: 'NOT_FOUND', readRefund: 'NOT_FOUND' },
  hosted_ended: { distributeHostedSession: 'UNKNOWN' },
  customer_token_unknown: { createTokenOrder: 'TOKEN_NOT_FOUND' },
};

/** What each way of asking for a customer token that is not there is answered. */
const UNKNOWN_TOKEN: Readonly<Record<string, readonly string[]>> = {
  updateCustomerToken: ['Invalid token ID'],
  createTokenOrder: [],
};

/** What a failed charge says of itself. Klarna gives no values of `reason`; here it repeats the code (inferred). */
const failedCharge =
  (reason: string): NonNullable<Row['details']> =>
  ({ facts: { type, step_up_id } }) => ({
    fraud_status: 'REJECTED',
    reason,
    authorized_payment_method: { type },
    ...(step_up_id !== undefined && { step_up_id }),
  });

const TABLE: Readonly<Record<Reason, Row>> = {
  bad_purchase: {
    status: 400,
    code: 'BAD_VALUE',
    messages: ({ explanations }) => explanations.map(({ field }) => `Bad value: ${field}`),
  },
  session_unknown: { status: 404, code: 'NOT_FOUND', messages: text('Invalid session id') },
  session_completed: { status: 404, code: 'SESSION_COMPLETED', messages: text('Session has already been completed') },
  token_unknown: { status: 404, code: 'NOT_FOUND', messages: text('Invalid authorization token') },
  token_consumed: { status: 403, code: 'INVALID_OPERATION', messages: text('Authorization token already consumed') },
  token_not_cancellable: { status: 404, code: 'NOT_FOUND', messages: text('Authorization cannot be deleted') },
  order_differs_from_session: {
    status: 409,
    code: 'BAD_VALUE',
    messages: ({ explanations }) => [`Not matching fields: [${explanations.map(({ field }) => field).join(', ')}]`],
  },
  order_differs_from_first_call: {
    status: 409,
    code: 'BAD_VALUE',
    messages: text('The order has been already completed with different request body'),
  },
  order_rejected: { status: 403, code: 'REJECTED', messages: text('Rejected') },
  merchant_inactive: { status: 403, code: 'MERCHANT_INACTIVE', messages: none },
  order_unknown: { status: 404, code: 'NO_SUCH_ORDER', messages: unknownOrder },
  capture_unknown: { status: 404, code: 'NO_SUCH_CAPTURE', messages: unknownCapture },
  refund_unknown: {
    status: 404,
    code: 'NOT_FOUND',
    messages: (refusal) => [
      `Refund ${fact(refusal, 'refund_id')} cannot be found for order ${fact(refusal, 'order_id')}`,
    ],
  },
  acknowledge_not_allowed: { status: 403, code: 'NOT_ALLOWED', messages: text('Update not allowed.') },
  capture_not_allowed: { status: 403, code: 'CAPTURE_NOT_ALLOWED', messages: text('Capture not allowed') },
  capture_exceeds_remaining: {
    status: 403,
    code: 'CAPTURE_NOT_ALLOWED',
    messages: text('Captured amount is higher than the remaining authorized amount. Capture not possible.'),
  },
  capture_payment_failed: { status: 403, code: 'PAYMENT_METHOD_FAILED', messages: none },
  update_not_allowed: { status: 403, code: 'NOT_ALLOWED', messages: text('Update not allowed.') },
  update_below_captured: {
    status: 403,
    code: 'NOT_ALLOWED',
    messages: (refusal) => [
      `Resulting authorization amount ${fact(refusal, 'order_amount')} cannot be less than the captured amount ${fact(refusal, 'captured_amount')} for order. Order authorization cannot be updated`,
    ],
  },
  references_not_allowed: {
    status: 403,
    code: 'NOT_ALLOWED',
    messages: text('Order is cancelled. Merchant references cannot be updated.'),
  },
  customer_details_not_allowed: { status: 403, code: 'NOT_ALLOWED', messages: text('Update not allowed.') },
  customer_details_billing: {
    status: 403,
    code: 'NOT_ALLOWED',
    messages: text('Billing address cannot be updated for user account order. Customer details cannot be updated.'),
  },
  customer_details_invalid_address: {
    status: 422,
    code: 'INVALID_ADDRESS',
    messages: text('The shipping and/or billing address is invalid'),
  },
  no_captures: { status: 403, code: 'NOT_ALLOWED', messages: text('Order has no captures.') },
  cancel_not_allowed: {
    status: 403,
    code: 'CANCEL_NOT_ALLOWED',
    messages: byStatus(CANCEL_BY_STATUS, 'Cancel not possible.'),
  },
  release_not_allowed: {
    status: 403,
    code: 'NOT_ALLOWED',
    messages: byStatus(RELEASE_BY_STATUS, 'Update not allowed.'),
  },
  extend_not_allowed: {
    status: 403,
    code: 'NOT_ALLOWED',
    messages: byStatus(EXTEND_BY_STATUS, 'Authorization time cannot be extended.'),
  },
  refund_without_captures: {
    status: 403,
    code: 'REFUND_NOT_ALLOWED',
    messages: text('Order has no captures. Refund not possible'),
  },
  refund_exceeds_captured: {
    status: 403,
    code: 'REFUND_NOT_ALLOWED',
    messages: text('Over refund is not allowed. Refund not possible.'),
  },
  refund_not_allowed: { status: 403, code: 'REFUND_NOT_ALLOWED', messages: text('Refund not allowed') },
  due_date_not_allowed: { status: 403, code: 'NOT_ALLOWED', messages: text('Due date cannot be extended.') },
  decision_not_allowed: { status: 403, code: 'NOT_ALLOWED', messages: text('The order is not in review.') },
  close_not_allowed: { status: 403, code: 'NOT_ALLOWED', messages: text('Only a captured order can be closed.') },
  // Klarna documents the statuses of the hosted page, and codes for its distribution only; texts and the other codes are inferred.
  bad_hosted_session: {
    status: 400,
    code: 'BAD_VALUE',
    messages: ({ explanations }) => explanations.map(({ field }) => `Bad value: ${field}`),
  },
  hosted_unknown: { status: 404, code: 'NOT_FOUND', messages: text('Invalid session id') },
  hosted_completed: { status: 400, code: 'BAD_REQUEST', messages: text('Session has already been completed') },
  hosted_ended: {
    status: 400,
    code: 'BAD_REQUEST',
    messages: (refusal) => [`Session is ${fact(refusal, 'status').toLowerCase()}`],
  },
  hosted_not_in_store: { status: 400, code: 'BAD_REQUEST', messages: text('Session is not an in-store session') },
  contact_missing: {
    status: 400,
    code: 'MISSING_CONTACT_DATA',
    messages: ({ explanations }) => explanations.map(({ field }) => `Missing ${field}`),
  },
  contact_country: { status: 400, code: 'UNSUPPORTED_COUNTRY', messages: text('Phone country is not supported') },
  // Of this code only the first four letters are known.
  contact_blocked: { status: 400, code: 'BLACKLISTED_CONTACT', messages: text('Contact is blocked') },
  intent_without_token: {
    status: 403,
    code: 'INVALID_OPERATION',
    messages: (refusal) => [`Not allowed to create customer tokens for intent ${fact(refusal, 'intent')}.`],
  },
  method_without_token: {
    status: 400,
    code: 'BAD_REQUEST',
    messages: (refusal) => [
      `${fact(refusal, 'type')} is not valid for creating customer tokens in ${fact(refusal, 'country')}`,
    ],
  },
  customer_token_unknown: {
    status: 404,
    code: 'NOT_FOUND',
    messages: (_, operation) => UNKNOWN_TOKEN[operation] ?? ['Invalid customer-token ID'],
  },
  // Klarna documents the codes of charges, and one text; for the others none is sent.
  customer_token_foreign: { status: 403, code: 'TOKEN_CANCELED', messages: none },
  customer_token_cancelled: { status: 403, code: 'TOKEN_CANCELED', messages: none },
  customer_token_suspended: { status: 403, code: 'TOKEN_SUSPENDED', messages: none },
  customer_token_ended: { status: 403, code: 'NOT_ALLOWED', messages: text('The customer token is cancelled.') },
  charge_method_unavailable: {
    status: 403,
    code: 'UNAVAILABLE_PAYMENT_METHOD',
    messages: text('Purchase for payment method failed'),
    details: failedCharge('UNAVAILABLE_PAYMENT_METHOD'),
  },
  charge_failed: {
    status: 403,
    code: 'PAYMENT_METHOD_FAILED',
    messages: none,
    details: failedCharge('PAYMENT_METHOD_FAILED'),
  },
  // Codes and statuses are those of disputes version 4, texts are inferred.
  dispute_unknown: { status: 404, code: 'RESOURCE_NOT_FOUND', messages: text('The dispute was not found.') },
  dispute_attachment_unknown: {
    status: 404,
    code: 'RESOURCE_NOT_FOUND',
    messages: text('The attachment was not found.'),
  },
  dispute_request_unknown: { status: 404, code: 'RESOURCE_NOT_FOUND', messages: text('The request was not found.') },
  dispute_bad_value: {
    status: 400,
    code: 'VALIDATION_ERROR',
    messages: ({ explanations }) => explanations.map(({ field, message }) => `${field}: ${message}`),
  },
  dispute_conflict: {
    status: 409,
    code: 'RESOURCE_CONFLICT',
    messages: (refusal) =>
      'state' in refusal.facts
        ? [`The operation is not possible in state ${fact(refusal, 'state')}.`]
        : refusal.explanations.map(({ message }) => message),
  },
  dispute_forbidden: {
    status: 403,
    code: 'OPERATION_FORBIDDEN',
    messages: text('Insufficient privileges to perform the requested operation on the resource.'),
  },
  dispute_not_allowed: { status: 403, code: 'NOT_ALLOWED', messages: text('The order cannot be disputed like this.') },
};

/** A refusal as Klarna would send it. @param operation the operation that was refused, which some texts name */
export function klarnaError(refusal: Refusal, operation: string): KlarnaError {
  const row = TABLE[refusal.reason];
  return {
    status: row.status,
    error_code: OTHER_CODES[refusal.reason]?.[operation] ?? row.code,
    error_messages: row.messages(refusal, operation).slice(0, MESSAGES_MOST),
    ...(row.details && { details: row.details(refusal) }),
    ...(refusal.reason === 'dispute_bad_value' && { validation_errors: parameters(refusal) }),
  };
}

function parameters({ explanations }: Refusal): KlarnaError['validation_errors'] & object {
  return explanations.map(({ field = '', message }) => ({ parameter: field, reason: message }));
}
