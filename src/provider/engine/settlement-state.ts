/**
 * The state that payouts are made of: plain objects that survive a JSON round trip. Amounts are positive minor units, the type of a
 * transaction implies the sign; times are epoch ms of the merchant's clock; rates are basis points, 299 = 2.99 %.
 */
import type { MovementType } from './movements.ts';

export const SETTLEMENT_TYPES = ['NET', 'GROSS', 'GROSS_FEE'] as const;
export type SettlementType = (typeof SETTLEMENT_TYPES)[number];

export const PAYOUT_INTERVALS = ['daily', 'weekly', 'monthly'] as const;
export type PayoutInterval = (typeof PAYOUT_INTERVALS)[number];

type AmountByCurrency = Readonly<Record<string, number>>;

/** What was agreed with a merchant about fees and payouts. */
export interface SettlementTerms {
  readonly type: SettlementType;
  readonly interval: PayoutInterval;
  /** Days that must have passed since a movement before a payout may contain it. */
  readonly delay_days: number;
  readonly fees: FeeTerms;
  /** Which part of each sale is kept back, and for how long. A rate of 0: none. */
  readonly reserve: { readonly rate: number; readonly days: number };
}

/** Fees, VAT included. */
interface FeeTerms {
  /** Of each capture. */
  readonly rate: number;
  /** For each capture. */
  readonly fixed: AmountByCurrency;
  /** For each refund. */
  readonly return: AmountByCurrency;
  /** Which VAT the fees contain. */
  readonly vat_rate: number;
}

/** One row of a settlement. */
export interface Transaction {
  readonly type: MovementType;
  readonly detailed_type: string;
  readonly amount: number;
  /** Fees only: the VAT in `amount`. */
  readonly vat_rate?: number;
  readonly vat_amount?: number;
  /** Charged on an invoice, and so in no payout. */
  readonly invoiced?: true;
}

/** What one event (a capture, a refund, ...) moved. Written once with the event; later only the payout that it went into is added. */
export interface Entry {
  /** `{order_id}/...`, so that the entries of an order lie together. */
  readonly entry_id: string;
  readonly merchant_id: string;
  readonly currency: string;
  readonly at_ms: number;
  /** When the payout is made that contains it. */
  readonly payable_at_ms: number;
  readonly order: SoldOrder;
  readonly capture_id?: string;
  readonly refund_id?: string;
  readonly dispute_krn?: string;
  /** The merchant's own reference to the capture or refund. */
  readonly reference?: string;
  readonly comment?: string;
  readonly transactions: readonly Transaction[];
  readonly payment_reference?: string;
}

/** What a settlement tells about the order, as it was at the event. */
export interface SoldOrder {
  readonly order_id: string;
  readonly short_order_id: string;
  readonly sale_at_ms: number;
  readonly purchase_country: string;
  readonly shipping_country?: string;
  readonly merchant_reference1?: string;
  readonly merchant_reference2?: string;
  readonly payment_method_type: string;
  readonly number_of_installments?: number;
}

/** The sums of a payout, named as in the settlements API; those that nothing here can cause are not among them. */
export const SUMS = [
  'sale',
  'return',
  'reversal',
  'fee',
  'fee_refund',
  'fee_correction',
  'charge',
  'credit',
  'holdback',
  'release',
] as const;
export type Sum = (typeof SUMS)[number];
export type Sums = Readonly<Record<Sum, number>>;

/** Where a merchant stands between payouts. Only payouts write it: captures and refunds of many processes never wait for one another. */
export interface Ledger {
  readonly merchant_id: string;
  readonly currencies: Readonly<Record<string, CurrencyLedger>>;
}

export interface CurrencyLedger {
  /** What the merchant owes, from payouts that came out negative. */
  readonly debt_amount: number;
  readonly last_payout_at_ms?: number;
  /** The payout that is being put together. */
  readonly open?: OpenPayout;
}

export interface OpenPayout {
  readonly payment_reference: string;
  readonly payout_at_ms: number;
  readonly sums: Sums;
  /** How many transactions each of its pages holds. */
  readonly pages: readonly number[];
}

export interface Payout {
  readonly payment_reference: string;
  readonly merchant_id: string;
  readonly currency: string;
  readonly payout_at_ms: number;
  readonly settlement_type: SettlementType;
  readonly sums: Sums;
  readonly opening_debt_amount: number;
  /** What was taken off the debt. */
  readonly repay_amount: number;
  /** What was added to the debt. */
  readonly deposit_amount: number;
  /** What was paid to the bank. */
  readonly settlement_amount: number;
  readonly closing_debt_amount: number;
  readonly pages: readonly number[];
}

/** A part of what a payout contains, as it was settled. The first page says where the payout is found. */
export interface PayoutPage {
  readonly payment_reference: string;
  readonly merchant_id: string;
  readonly payout_at_ms: number;
  readonly index: number;
  readonly entries: readonly Entry[];
}
