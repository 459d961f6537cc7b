/** Payouts and transactions as the settlements API shows them: every field of the document that there is something to say in. */
import type { Payout, Transaction } from '../engine/settlement-state.ts';
import type { Row } from '../settlement-lookup.ts';

export interface Totals {
  readonly commission_amount: number;
  readonly commission_reversal_amount: number;
  readonly repay_amount: number;
  readonly sale_amount: number;
  readonly holdback_amount: number;
  readonly tax_amount: number;
  readonly settlement_amount: number;
  readonly fee_correction_amount: number;
  readonly reversal_amount: number;
  readonly release_amount: number;
  readonly return_amount: number;
  readonly fee_amount: number;
  readonly charge_amount: number;
  readonly credit_amount: number;
  readonly fee_refund_amount: number;
  readonly tax_refund_amount: number;
  readonly deposit_amount: number;
  readonly opening_debt_balance_amount: number;
  readonly closing_debt_balance_amount: number;
}

/** Commissions and taxes of their own do not occur here: the VAT of a fee is part of the fee. */
export function totalsOf({ sums, ...payout }: Payout): Totals {
  return {
    commission_amount: 0,
    commission_reversal_amount: 0,
    repay_amount: payout.repay_amount,
    sale_amount: sums.sale,
    holdback_amount: sums.holdback,
    tax_amount: 0,
    settlement_amount: payout.settlement_amount,
    fee_correction_amount: sums.fee_correction,
    reversal_amount: sums.reversal,
    release_amount: sums.release,
    return_amount: sums.return,
    fee_amount: sums.fee,
    charge_amount: sums.charge,
    credit_amount: sums.credit,
    fee_refund_amount: sums.fee_refund,
    tax_refund_amount: 0,
    deposit_amount: payout.deposit_amount,
    opening_debt_balance_amount: payout.opening_debt_amount,
    closing_debt_balance_amount: payout.closing_debt_amount,
  };
}

export const settlementsUrl = (base: string) => `${base}/settlements/v1`;

export function payoutView(payout: Payout, base: string): object {
  const { payment_reference } = payout;
  return {
    totals: totalsOf(payout),
    payment_reference,
    payout_date: timestamp(payout.payout_at_ms),
    currency_code: payout.currency,
    merchant_settlement_type: payout.settlement_type,
    merchant_id: payout.merchant_id,
    transactions: `${settlementsUrl(base)}/transactions?payment_reference=${payment_reference}`,
  };
}

/** A capture's id is shown with sales and fees; elsewhere it is the empty text. Source: settlements OpenAPI document. */
const WITH_CAPTURE: readonly Transaction['type'][] = ['SALE', 'FEE'];

export function captureIdOf({ entry, transaction }: Row): string {
  return WITH_CAPTURE.includes(transaction.type) ? (entry.capture_id ?? '') : '';
}

export function transactionView(row: Row, base: string): object {
  const { entry, transaction } = row;
  const { order, payment_reference } = entry;
  const settled = transaction.invoiced ? undefined : payment_reference;
  return {
    amount: transaction.amount,
    capture_id: captureIdOf(row),
    merchant_reference1: order.merchant_reference1,
    sale_date: timestamp(order.sale_at_ms),
    type: transaction.type,
    capture_date: timestamp(entry.at_ms),
    payment_reference: settled,
    order_id: order.order_id,
    payout: settled && `${settlementsUrl(base)}/payouts/${settled}`,
    refund_id: entry.refund_id,
    short_order_id: order.short_order_id,
    merchant_reference2: order.merchant_reference2,
    currency_code: entry.currency,
    purchase_country: order.purchase_country,
    vat_rate: transaction.vat_rate,
    vat_amount: transaction.vat_amount,
    shipping_country: order.shipping_country,
    initial_payment_method_type: order.payment_method_type,
    initial_number_of_installments: order.number_of_installments,
    merchant_capture_reference: entry.capture_id && entry.reference,
    merchant_refund_reference: entry.refund_id && entry.reference,
    detailed_type: transaction.detailed_type,
    klarna_comment: entry.comment,
    reversal_reference: entry.dispute_krn,
  };
}

/** The sums over all payouts of one currency. */
export function summaryView(
  payouts: readonly Payout[],
  currency: string,
  dates: { start_ms: number; end_ms: number },
): object {
  const total = (name: keyof Totals) => payouts.reduce((sum, payout) => sum + totalsOf(payout)[name], 0);
  return {
    summary_total_fee_correction_amount: total('fee_correction_amount'),
    summary_payout_date_start: timestamp(dates.start_ms),
    summary_total_release_amount: total('release_amount'),
    summary_settlement_currency: currency,
    summary_payout_date_end: timestamp(dates.end_ms),
    summary_total_tax_amount: total('tax_amount'),
    summary_total_settlement_amount: total('settlement_amount'),
    summary_total_holdback_amount: total('holdback_amount'),
    summary_total_reversal_amount: total('reversal_amount'),
    summary_total_return_amount: total('return_amount'),
    summary_total_fee_amount: total('fee_amount'),
    summary_total_commission_amount: total('commission_amount'),
    summary_total_commission_reversal_amount: total('commission_reversal_amount'),
    summary_total_sale_amount: total('sale_amount'),
    summary_total_repay_amount: total('repay_amount'),
  };
}

/** Payouts by currency, currencies in order of their codes. */
export function byCurrency(payouts: readonly Payout[]): [currency: string, payouts: Payout[]][] {
  const grouped = new Map<string, Payout[]>();
  for (const payout of payouts) grouped.set(payout.currency, [...(grouped.get(payout.currency) ?? []), payout]);
  return [...grouped].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}
