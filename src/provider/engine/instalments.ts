/** What the shopper will pay, and when: the plans that the payment page shows. Amounts in minor units. */
import { METHODS } from './payment-methods.ts';
import { CATEGORIES, type Category, DAY_MS, type PaymentMethodType } from './state.ts';

export interface Payment {
  /** yyyy-mm-dd */
  readonly date: string;
  readonly amount: number;
}

/** One way to pay that a category offers to the shopper. */
export interface PaymentOption {
  readonly category: Category;
  /** The category that describes it: the umbrella category `klarna` offers several. */
  readonly kind: Exclude<Category, 'klarna'>;
  readonly payment_method: PaymentMethodType;
  readonly payments: readonly Payment[];
}

/** The method behind each kind, as in `payment-methods.ts`. */
const METHOD_OF: Readonly<Record<PaymentOption['kind'], PaymentMethodType>> = {
  pay_now: 'pay_by_card',
  pay_later: 'invoice',
  pay_over_time: 'fixed_amount',
  direct_bank_transfer: 'direct_bank_transfer',
  direct_debit: 'direct_debit',
};

const KINDS_OF: Readonly<Record<Category, readonly PaymentOption['kind'][]>> = {
  klarna: ['pay_later', 'pay_over_time', 'pay_now'],
  pay_later: ['pay_later'],
  pay_now: ['pay_now'],
  pay_over_time: ['pay_over_time'],
  direct_bank_transfer: ['direct_bank_transfer'],
  direct_debit: ['direct_debit'],
};

/** Kinds of which Klarna gives credit, for which it needs the shopper's date of birth. */
export const CREDIT_KINDS: readonly PaymentOption['kind'][] = ['pay_later', 'pay_over_time'];

/** The ways to pay `amount` today in these categories, in the order of the list of categories. */
export function paymentOptions(categories: readonly Category[], amount: number, now_ms: number): PaymentOption[] {
  return CATEGORIES.filter((category) => categories.includes(category)).flatMap((category) =>
    KINDS_OF[category].map((kind) => {
      const payment_method = METHOD_OF[kind];
      return { category, kind, payment_method, payments: payments(payment_method, amount, now_ms) };
    }),
  );
}

function payments(method: PaymentMethodType, amount: number, now_ms: number): Payment[] {
  const { number_of_days = 0, number_of_installments } = METHODS[method];
  if (number_of_installments) return instalments(amount, number_of_installments, now_ms);
  return [{ date: isoDate(now_ms + number_of_days * DAY_MS), amount }];
}

/** Equal monthly payments from next month on; what cannot be divided is paid first. */
export function instalments(amount: number, count: number, now_ms: number): Payment[] {
  const each = Math.floor(amount / count);
  return Array.from({ length: count }, (_, index) => ({
    date: isoDate(monthsLater(now_ms, index + 1)),
    amount: index === 0 ? amount - each * (count - 1) : each,
  }));
}

/** The same day of a later month, or that month's last day where it has no such day. */
function monthsLater(now_ms: number, months: number): number {
  const now = new Date(now_ms);
  const last = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months + 1, 0)).getUTCDate();
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, Math.min(now.getUTCDate(), last));
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
