/**
 * The payment methods behind the categories, and the names that each API gives them. What each one allows after the
 * purchase is here too, so that no operation decides by name.
 */
import type { Category, PaymentMethod, PaymentMethodType } from './state.ts';

interface MethodFacts {
  /** As Order Management names it. */
  readonly om_type: string;
  readonly description: string;
  readonly number_of_days?: number;
  readonly number_of_installments?: number;
  /** The shopper gets an invoice whose due date can be moved. */
  readonly pay_later?: boolean;
  /** Where the authorized amount may be raised: everywhere but in Switzerland, or in the countries named. */
  readonly increase?: 'all_but_ch' | readonly string[];
  /** The authorization cannot be extended (pay now by card, US financing). */
  readonly fixed_expiry?: boolean;
  /** A shop can ask for the approval first and for the token later (`auto_finalize: false`). */
  readonly two_steps?: boolean;
  /**
   * What a customer token of it is charged by: the Pay Now variant of the funding source, or Pay Later where there is none. Absent:
   * no token can be made of it. Which have one is inferred. Source: mixed payments.
   */
  readonly tokenized_as?: PaymentMethodType;
  /** What is behind the method and can be shown of a token. */
  readonly instrument?: 'card' | 'direct_debit';
}

const FIXED_AMOUNT_MARKETS = ['AT', 'DE', 'DK', 'FI', 'FR', 'NL', 'NO', 'SE'];

export const METHODS: Readonly<Record<PaymentMethodType, MethodFacts>> = {
  invoice: {
    om_type: 'INVOICE',
    description: 'Pay later',
    number_of_days: 30,
    pay_later: true,
    increase: 'all_but_ch',
    tokenized_as: 'invoice',
  },
  b2b_invoice: {
    om_type: 'INVOICE_BUSINESS',
    description: 'Pay later',
    number_of_days: 30,
    pay_later: true,
    increase: 'all_but_ch',
  },
  base_account: {
    om_type: 'ACCOUNT',
    description: 'Pay over time',
    increase: 'all_but_ch',
    tokenized_as: 'invoice',
  },
  direct_debit: {
    om_type: 'DIRECT_DEBIT',
    description: 'Pay now',
    increase: 'all_but_ch',
    tokenized_as: 'direct_debit',
    instrument: 'direct_debit',
  },
  fixed_amount: {
    om_type: 'FIXED_AMOUNT',
    description: 'Pay over time',
    number_of_installments: 6,
    increase: FIXED_AMOUNT_MARKETS,
    tokenized_as: 'invoice',
  },
  direct_bank_transfer: { om_type: 'BANK_TRANSFER', description: 'Pay now', two_steps: true },
  card: {
    om_type: 'CARD',
    description: 'Pay by card',
    fixed_expiry: true,
    tokenized_as: 'card',
    instrument: 'card',
  },
  pay_by_card: {
    om_type: 'PAY_BY_CARD',
    description: 'Pay by card',
    fixed_expiry: true,
    tokenized_as: 'pay_by_card',
    instrument: 'card',
  },
  pay_later_by_card: {
    om_type: 'PAY_LATER_BY_CARD',
    description: 'Pay later',
    number_of_days: 30,
    pay_later: true,
    tokenized_as: 'pay_by_card',
  },
  slice_it_by_card: {
    om_type: 'FIXED_AMOUNT_BY_CARD',
    description: 'Pay over time',
    number_of_installments: 3,
    fixed_expiry: true,
    tokenized_as: 'pay_by_card',
  },
  fixed_sum_credit: {
    om_type: 'FIXED_SUM_CREDIT',
    description: 'Financing',
    number_of_installments: 12,
    fixed_expiry: true,
  },
  alternative_payment_method: { om_type: 'ALTERNATIVE_PAYMENT_METHOD', description: 'Pay now' },
};

/** The method a shopper gets in a category unless another one is asked for. Inferred: Klarna publishes no such table. */
const DEFAULT_METHOD: Readonly<Record<Category, PaymentMethodType>> = {
  klarna: 'invoice',
  pay_later: 'invoice',
  pay_now: 'pay_by_card',
  pay_over_time: 'fixed_amount',
  direct_bank_transfer: 'direct_bank_transfer',
  direct_debit: 'direct_debit',
};

export function paymentMethod(category: Category, type: PaymentMethodType = DEFAULT_METHOD[category]): PaymentMethod {
  const { number_of_days, number_of_installments } = METHODS[type];
  return { type, ...(number_of_days && { number_of_days }), ...(number_of_installments && { number_of_installments }) };
}

/** Whether Klarna considers raising the authorized amount of an order paid by `type` in `country` at all. */
export function increasable(type: PaymentMethodType, country: string): boolean {
  const { increase } = METHODS[type];
  return increase === 'all_but_ch' ? country !== 'CH' : (increase?.includes(country) ?? false);
}
