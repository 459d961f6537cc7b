/** What a merchant does with an order besides capturing and refunding. Source: Order Management; order state table. */
import { formatMoney } from '../../money/format.ts';
import type {
  AuthorizationUpdate,
  CustomerDetails,
  MerchantReferences,
  ShippingInfo,
} from '../../wire/order-management.ts';
import { findCapture, replaceCapture } from './capture.ts';
import { isAllowed, type OrderOperation, step } from './order-states.ts';
import { accept, type Explanation, type Outcome, type Reason, type Refused, refuse } from './outcome.ts';
import { increasable, METHODS } from './payment-methods.ts';
import { midnightAfter } from './place-order.ts';
import { decidingRule, ruleInWords } from './risk.ts';
import { invalidAddressFields } from './shopper-data.ts';
import { type Context, capturedAmount, DAY_MS, type Order, WINDOWS } from './state.ts';

/** The merchant's order, unless it is unknown, somebody else's, or older than orders are kept. */
export function readableOrder(order: Order | undefined, context: Context): Outcome<Order> {
  const mine = order?.merchant_id === context.merchant.merchant_id ? order : undefined;
  if (mine && context.now_ms < yearsAfter(mine.created_at_ms, WINDOWS.order_readable_years)) return accept(mine);
  return refuse('order_unknown', {
    message: mine
      ? `The order was placed ${new Date(mine.created_at_ms).toISOString()}; orders can be read for ${WINDOWS.order_readable_years} years.`
      : 'This merchant has no order with this id.',
    change: mine
      ? 'Keep what you need of an order for longer than that yourself.'
      : 'Use the order_id from the answer to the create-order call, with the credentials that made it.',
  });
}

function yearsAfter(ms: number, years: number): number {
  const date = new Date(ms);
  return date.setUTCFullYear(date.getUTCFullYear() + years);
}

/** Notes that the merchant knows of the order. */
export function acknowledge(order: Order): Outcome<Order> {
  return refuseState(order, 'acknowledge', 'acknowledge_not_allowed') ?? accept({ ...order, acknowledged: true });
}

/** Gives the authorization back; only before any capture. An order that is cancelled stays so. */
export function cancel(order: Order): Outcome<Order> {
  const refused = refuseState(order, 'cancel', 'cancel_not_allowed');
  if (refused) return refused;
  const { review: _withdrawn, auto_capture_id: _never, override_until_ms: _over, ...rest } = order;
  return accept({ ...rest, status: step('cancel', order.status, 'CANCELLED') });
}

/** Lets go of what is not captured. */
export function release(order: Order): Outcome<Order> {
  return (
    refuseState(order, 'release', 'release_not_allowed') ??
    accept({ ...order, status: step('release', order.status, 'CAPTURED') })
  );
}

/** Replaces amount and lines. What is refused is a raise, for many methods and markets, and less than was captured. */
export function updateAuthorization(order: Order, request: AuthorizationUpdate, context: Context): Outcome<Order> {
  const refused =
    refuseState(order, 'update_authorization', 'update_not_allowed') ??
    refuseBelowCaptured(order, request) ??
    refuseRaise(order, request, context);
  if (refused) return refused;
  const captured = capturedAmount(order);
  const complete = captured > 0 && request.order_amount === captured;
  return accept({
    ...order,
    order_amount: request.order_amount,
    // Lines that are not sent are gone: the new list, or none, replaces the old one.
    order_lines: request.order_lines ?? [],
    status: step('update_authorization', order.status, complete ? 'CAPTURED' : order.status),
  });
}

/** Present references overwrite, empty ones clear, absent ones stay. */
export function updateReferences(order: Order, request: MerchantReferences): Outcome<Order> {
  return refuseState(order, 'update_references', 'references_not_allowed') ?? accept({ ...order, ...request });
}

/** Changes the shipping address field by field. The billing address is never changed. */
export function updateCustomer(order: Order, request: CustomerDetails, context: Context): Outcome<Order> {
  const refused =
    refuseState(order, 'update_customer', 'customer_details_not_allowed') ?? refuseCustomer(order, request, context);
  if (refused) return refused;
  return accept({ ...order, shipping_address: { ...order.shipping_address, ...request.shipping_address } });
}

/** Adds shipments to the order. */
export function addOrderShipping(order: Order, shipping_info: readonly ShippingInfo[]): Outcome<Order> {
  return accept({ ...order, shipping_info: [...order.shipping_info, ...shipping_info] });
}

/** Adds shipments to a capture. */
export function addCaptureShipping(
  order: Order,
  capture_id: string,
  shipping_info: readonly ShippingInfo[],
): Outcome<Order> {
  const found = findCapture(order, capture_id);
  if (!found.ok) return found;
  const { value: capture } = found;
  return accept(replaceCapture(order, { ...capture, shipping_info: [...capture.shipping_info, ...shipping_info] }));
}

/** A new expiry, counted from today; the same call on the same day changes nothing. */
export function extendAuthorization(order: Order, context: Context): Outcome<Order> {
  const refused = refuseState(order, 'extend', 'extend_not_allowed') ?? refuseExtension(order, context);
  return (
    refused ??
    accept({
      ...order,
      expires_at_ms: Math.max(order.expires_at_ms, midnightAfter(context.now_ms, context.merchant.authorization_days)),
    })
  );
}

/** Klarna closes the order; no more actions are possible. Klarna names the state and not its cause, so control asks for it. */
export function close(order: Order): Outcome<Order> {
  return (
    refuseState(order, 'close', 'close_not_allowed') ??
    accept({ ...order, status: step('close', order.status, 'CLOSED') })
  );
}

function refuseState(order: Order, operation: OrderOperation, reason: Reason): Refused | undefined {
  if (isAllowed(operation, order.status)) return undefined;
  return refuse(
    reason,
    {
      message: `${operation.replaceAll('_', ' ')} is not possible while the order is ${order.status}.`,
      change: 'See docs/orders.md for what each state allows.',
    },
    { status: order.status, order_id: order.order_id },
  );
}

function refuseBelowCaptured(order: Order, { order_amount }: AuthorizationUpdate): Refused | undefined {
  const captured = capturedAmount(order);
  if (order_amount >= captured) return undefined;
  const money = (minor: number) => formatMoney(minor, order.purchase_currency);
  return refuse(
    'update_below_captured',
    {
      field: 'order_amount',
      expected: captured,
      got: order_amount,
      off_by: order_amount - captured,
      message: `${money(captured)} are captured already; the authorization cannot fall to ${money(order_amount)}.`,
      change: `Send at least ${captured}, and refund the difference.`,
    },
    { order_amount, captured_amount: captured },
  );
}

function refuseRaise(order: Order, { order_amount }: AuthorizationUpdate, { merchant }: Context): Refused | undefined {
  if (order_amount <= order.order_amount) return undefined;
  const { type } = order.payment_method;
  const facts = {
    field: 'order_amount',
    got: order_amount,
    off_by: order_amount - order.order_amount,
    change: 'Start another purchase for the rest.',
  };
  if (!increasable(type, order.purchase_country)) {
    return refuse('update_not_allowed', {
      ...facts,
      message: `An order paid by ${type} in ${order.purchase_country} cannot be raised.`,
    });
  }
  const question = {
    country: order.purchase_country,
    currency: order.purchase_currency,
    category: undefined,
    amount: order_amount,
  };
  const rule = decidingRule(merchant.risk_rules, 'update', question);
  return rule?.decision === 'refuse'
    ? refuse('update_not_allowed', { ...facts, message: `Refused by the merchant's ${ruleInWords(rule)}.` })
    : undefined;
}

function refuseCustomer(order: Order, request: CustomerDetails, { merchant }: Context): Refused | undefined {
  if (request.billing_address !== undefined) {
    return refuse('customer_details_billing', {
      field: 'billing_address',
      message: 'Only the shipping address can be changed.',
      change: 'Leave billing_address out; for another billing address the shopper places a new order.',
    });
  }
  const invalid = invalidAddressFields(
    'shipping_address',
    request.shipping_address,
    order.shipping_address?.country || order.purchase_country,
  );
  if (invalid.length > 0) return refuse('customer_details_invalid_address', invalid.map(explainAddressField));
  const question = {
    country: order.purchase_country,
    currency: order.purchase_currency,
    category: undefined,
    amount: order.order_amount,
  };
  const rule = decidingRule(merchant.risk_rules, 'customer_details', question);
  if (rule?.decision !== 'refuse') return undefined;
  return refuse('customer_details_not_allowed', {
    message: `Refused by the merchant's ${ruleInWords(rule)}.`,
    change: 'Ship to the address that was approved.',
  });
}

function explainAddressField(field: string): Explanation {
  return { field, message: `${field} is not valid in the address’s country.`, change: `Correct ${field}.` };
}

function refuseExtension(order: Order, context: Context): Refused | undefined {
  const change = 'Capture before the authorization expires, or let the shopper place a new order.';
  if (METHODS[order.payment_method.type].fixed_expiry) {
    return refuse(
      'extend_not_allowed',
      { message: `An order paid by ${order.payment_method.type} cannot be extended.`, change },
      { status: order.status },
    );
  }
  const age_days = (context.now_ms - order.created_at_ms) / DAY_MS;
  if (age_days <= WINDOWS.authorization_days_most) return undefined;
  const message = `The order is ${Math.floor(age_days)} days old; it can be extended in its first ${WINDOWS.authorization_days_most} days.`;
  return refuse('extend_not_allowed', { message, change }, { status: order.status });
}
