/**
 * Whether the order that a merchant places is the purchase that the shopper authorized. What one side does not mention
 * matches anything. Source: validations in Klarna Payments; create an order.
 */
import type { OrderCreate, SessionCreate } from '../../wire/klarna-payments.ts';
import type { Explanation } from './outcome.ts';

/** Compared as single values. */
const FIELDS = ['purchase_country', 'purchase_currency', 'order_amount', 'order_tax_amount'] as const;

/**
 * What differs, each in the words Klarna puts between the brackets of `Not matching fields: [...]`, with an explanation.
 * @param lowerAmountAllowed the account may place an order for less, with other lines, than was authorized
 */
export function differences(session: SessionCreate, order: OrderCreate, lowerAmountAllowed: boolean): Explanation[] {
  const lower = lowerAmountAllowed && order.order_amount < session.order_amount;
  return [
    ...FIELDS.flatMap((field) =>
      lower && field !== 'purchase_currency' && field !== 'purchase_country'
        ? []
        : compareValue(field, session[field], order[field]),
    ),
    ...(lower ? [] : compareLines(session.order_lines, order.order_lines)),
    ...compareObjects('billing_address', session.billing_address, order.billing_address),
    ...compareObjects('shipping_address', session.shipping_address, order.shipping_address),
  ];
}

function compareLines(session: SessionCreate['order_lines'], order: OrderCreate['order_lines']): Explanation[] {
  if (session.length !== order.length) {
    const field = `Incorrect number of items in the cart. Expected: ${session.length}, Actual: ${order.length}`;
    return [
      {
        field,
        expected: session.length,
        got: order.length,
        off_by: order.length - session.length,
        message: `The session has ${session.length} order lines, the order ${order.length}.`,
        change: CHANGE,
      },
    ];
  }
  return session.flatMap((line, index) => compareObjects(`order_lines[${index}]`, line, order[index]));
}

function compareObjects(name: string, session: object | undefined, order: object | undefined): Explanation[] {
  if (!session || !order) return [];
  return Object.entries(session).flatMap(([key, value]) =>
    compareValue(`${name}.${key}`, value, (order as Record<string, unknown>)[key]),
  );
}

function compareValue(field: string, session: unknown, order: unknown): Explanation[] {
  if (isEmpty(session) || isEmpty(order) || same(session, order)) return [];
  const figures = typeof session === 'number' && typeof order === 'number' ? { off_by: order - session } : {};
  return [
    {
      field,
      expected: show(session),
      got: show(order),
      ...figures,
      message: `${field} was ${show(session)} when the session was last updated and is ${show(order)} now.`,
      change: CHANGE,
    },
  ];
}

const CHANGE = 'Send what the shopper authorized, or update the session and let the shopper authorize again.';

/** Shops send fields that a shopper left empty as empty texts; they say no more than an absent field. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === '';
}

/** Objects within lines (product identifiers, subscription) are small; their normalised text decides. */
function same(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

function show(value: unknown): string | number {
  return typeof value === 'number' ? value : typeof value === 'string' ? value : JSON.stringify(value);
}
