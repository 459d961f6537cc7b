/** Movements become entries of the books: dated, with what a settlement tells about their order, and with the payout they are for. */
import type { Movement, MovementType } from './movements.ts';
import { orderMovements } from './order-movements.ts';
import type { Entry, SettlementTerms, SettlementType, SoldOrder, Transaction } from './settlement-state.ts';
import { payableAt, termsOf, vatIn } from './settlement-terms.ts';
import type { Context, Order } from './state.ts';

/** The entries that a change of an order leads to. @param before undefined: the order is new */
export function orderEntries(before: Order | undefined, after: Order, context: Context): Entry[] {
  return entriesOf(orderMovements(before, after, termsOf(context.merchant)), after, context);
}

/** The entries of an order's movements: neighbours of one event share an entry. */
export function entriesOf(movements: readonly Movement[], order: Order, context: Context, comment?: string): Entry[] {
  const events: Movement[][] = [];
  for (const movement of movements) {
    assertMovement(movement, order);
    const last = events.at(-1);
    if (last?.[0] && isSameEvent(last[0], movement)) last.push(movement);
    else events.push([movement]);
  }
  return events.map((event) => entryOf(event, order, context, comment));
}

/** Whether a payout will contain the entry. */
export function isPayable({ payment_reference, transactions }: Entry): boolean {
  return payment_reference === undefined && transactions.some(({ invoiced }) => !invoiced);
}

function isSameEvent(one: Movement, other: Movement): boolean {
  return (
    one.at_ms === other.at_ms &&
    one.capture_id === other.capture_id &&
    one.refund_id === other.refund_id &&
    one.dispute_krn === other.dispute_krn &&
    KEYS[one.detailed_type] === KEYS[other.detailed_type]
  );
}

function entryOf(event: readonly Movement[], order: Order, context: Context, comment?: string): Entry {
  const { at_ms, currency, capture_id, refund_id, dispute_krn } = event[0] as Movement;
  const terms = termsOf(context.merchant);
  const reference = ownReference(order, event[0] as Movement);
  return {
    entry_id: `${order.order_id}/${keyOf(event[0] as Movement, order, context)}`,
    merchant_id: order.merchant_id,
    currency,
    at_ms,
    payable_at_ms: payableAt(at_ms, terms),
    order: soldOrder(order),
    ...(capture_id !== undefined && { capture_id }),
    ...(refund_id !== undefined && { refund_id }),
    ...(dispute_krn !== undefined && { dispute_krn }),
    ...(reference && { reference }),
    ...(comment && { comment }),
    transactions: event.map((movement) => transactionOf(movement, terms)),
  };
}

/**
 * Events that can happen only once have a key that says so, and the store takes each key once: were a capture ever booked twice, the
 * second attempt would fail.
 */
const KEYS: Readonly<Record<string, string>> = {
  PURCHASE: 'capture',
  PURCHASE_FEE_PERCENTAGE: 'capture',
  PURCHASE_FEE_FIXED: 'capture',
  ROLLING_RESERVE: 'capture',
  EXTEND_DUE_DATE_FEE: 'extension',
  PURCHASE_RETURN: 'refund',
  RETURN_FEE: 'refund',
};

function keyOf(
  { type, detailed_type, capture_id, refund_id, dispute_krn }: Movement,
  order: Order,
  { id }: Context,
): string {
  const event = type === 'RELEASE' && detailed_type === 'ROLLING_RESERVE' ? 'release' : KEYS[detailed_type];
  const index =
    refund_id === undefined
      ? order.captures.findIndex((capture) => capture.capture_id === capture_id)
      : order.refunds.findIndex((refund) => refund.refund_id === refund_id);
  return event === undefined || index < 0 || dispute_krn !== undefined ? id() : `${event}-${index + 1}`;
}

function ownReference(order: Order, { capture_id, refund_id }: Movement): string | undefined {
  if (refund_id !== undefined) return order.refunds.find((refund) => refund.refund_id === refund_id)?.reference;
  return order.captures.find((capture) => capture.capture_id === capture_id)?.reference;
}

function soldOrder(order: Order): SoldOrder {
  const { payment_method, shipping_address, merchant_reference1, merchant_reference2 } = order;
  const { type, number_of_installments } = payment_method;
  return {
    order_id: order.order_id,
    short_order_id: order.klarna_reference,
    sale_at_ms: order.created_at_ms,
    purchase_country: order.purchase_country,
    ...(shipping_address?.country && { shipping_country: shipping_address.country }),
    ...(merchant_reference1 && { merchant_reference1 }),
    ...(merchant_reference2 && { merchant_reference2 }),
    payment_method_type: type,
    ...(number_of_installments !== undefined && { number_of_installments }),
  };
}

const FEES: readonly MovementType[] = ['FEE', 'FEE_REFUND'];

function transactionOf(
  { type, detailed_type, amount }: Movement,
  { fees, type: settlement_type }: SettlementTerms,
): Transaction {
  if (!FEES.includes(type)) return { type, detailed_type, amount };
  const { vat_rate } = fees;
  return {
    type,
    detailed_type,
    amount,
    ...(vat_rate > 0 && { vat_rate, vat_amount: vatIn(amount, vat_rate) }),
    ...(INVOICED[settlement_type](detailed_type) && { invoiced: true }),
  };
}

/** Which fees are charged on an invoice and not taken off a payout. Klarna names the types and does not explain them (inferred). */
const INVOICED: Readonly<Record<SettlementType, (detailed_type: string) => boolean>> = {
  NET: () => false,
  GROSS: () => true,
  GROSS_FEE: (detailed_type) => KEYS[detailed_type] === 'capture',
};

function assertMovement({ type, amount, currency, order_id }: Movement, order: Order): void {
  if (order_id === order.order_id && currency === order.purchase_currency && Number.isSafeInteger(amount) && amount > 0)
    return;
  throw new Error(
    `order ${order.order_id} (${order.purchase_currency}): a ${type} of ${amount} ${currency} on order ${order_id} cannot be booked`,
  );
}
