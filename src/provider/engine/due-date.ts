/** A later due date for the shopper, at the merchant's cost. Source: extend customer due date, pricing. */
import { findCapture, replaceCapture } from './capture.ts';
import { isAllowed } from './order-states.ts';
import { accept, type Outcome, type Refused, refuse } from './outcome.ts';
import { METHODS } from './payment-methods.ts';
import type { Capture, Context, Order } from './state.ts';

export interface DueDateOption {
  readonly number_of_days: number;
  /** The fee, minor units. */
  readonly amount: number;
}

interface PriceList {
  readonly countries: readonly string[];
  /** Upper bounds of the first two order sizes, minor units, both inclusive of the middle size. */
  readonly sizes: readonly [number, number];
  /** Days → fee for small, middle and large orders, minor units. */
  readonly fees: Readonly<Record<number, readonly [number, number, number]>>;
}

/** Two days cost nothing, once an order; the rest has its price by the size of the order. */
const FREE_DAYS = 2;

const PRICE_LISTS: readonly PriceList[] = [
  {
    countries: ['AT', 'BE', 'DE', 'FI', 'NL', 'GB'],
    sizes: [300_00, 750_00],
    fees: { 10: [1_00, 1_00, 1_00], 30: [1_99, 4_99, 7_99], 60: [4_99, 9_99, 12_99] },
  },
  {
    countries: ['DK', 'NO', 'SE'],
    sizes: [3_000_00, 7_500_00],
    fees: { 10: [10_00, 10_00, 10_00], 30: [19_00, 49_00, 79_00], 60: [49_00, 99_00, 129_00] },
  },
];

/** The extensions on offer for a capture, shortest first; none where the method or the market has none. */
export function dueDateOptions(order: Order, capture: Capture): DueDateOption[] {
  const prices = PRICE_LISTS.find(({ countries }) => countries.includes(order.purchase_country));
  if (!prices || !METHODS[order.payment_method.type].pay_later || capture.due_date_extension) return [];
  if (!isAllowed('extend_due_date', order.status)) return [];
  const [small, middle] = prices.sizes;
  const size = order.order_amount < small ? 0 : order.order_amount <= middle ? 1 : 2;
  const priced = Object.entries(prices.fees).map(([days, fees]) => ({
    number_of_days: Number(days),
    amount: fees[size],
  }));
  const freeIsSpent = order.captures.some(({ due_date_extension }) => due_date_extension?.number_of_days === FREE_DAYS);
  return freeIsSpent ? priced : [{ number_of_days: FREE_DAYS, amount: 0 }, ...priced];
}

/** Takes one of the options. One extension a capture (inferred). */
export function extendDueDate(
  order: Order,
  capture_id: string,
  number_of_days: number,
  context: Context,
): Outcome<Order> {
  const found = findCapture(order, capture_id);
  if (!found.ok) return found;
  const options = dueDateOptions(order, found.value);
  const option = options.find((candidate) => candidate.number_of_days === number_of_days);
  if (!option) return refuseDays(number_of_days, options);
  const due_date_extension = { number_of_days, fee_amount: option.amount, extended_at_ms: context.now_ms };
  return accept(replaceCapture(order, { ...found.value, due_date_extension }));
}

function refuseDays(number_of_days: number, options: readonly DueDateOption[]): Refused {
  const offered = options.map((option) => option.number_of_days).join(', ') || 'none';
  return refuse('due_date_not_allowed', {
    field: 'number_of_days',
    got: number_of_days,
    expected: offered,
    message: `Days on offer for this capture: ${offered}.`,
    change: 'Ask for one of the offered options; an extended capture, another payment method or market has none.',
  });
}
