/**
 * The settlement report as CSV (RFC 4180): the summary of a payout, then its transactions. Amounts are decimals with a dot, times UTC.
 * Source: settlement files. The columns are Klarna's; their order, and that a header stands above each section, are inferred.
 */
import type { Payout } from '../engine/settlement-state.ts';
import type { Row } from '../settlement-lookup.ts';
import { captureIdOf, timestamp, totalsOf } from './settlement-views.ts';

type Column<T> = readonly [name: string, value: (from: T) => string];

const SUMMARY: readonly Column<Payout>[] = [
  ['total_sale_amount', (payout) => decimal(totalsOf(payout).sale_amount)],
  ['total_fee_amount', (payout) => decimal(totalsOf(payout).fee_amount)],
  ['total_fee_correction_amount', (payout) => decimal(totalsOf(payout).fee_correction_amount)],
  ['total_tax_amount', (payout) => decimal(totalsOf(payout).tax_amount)],
  ['total_return_amount', (payout) => decimal(totalsOf(payout).return_amount)],
  ['total_reversal_amount', (payout) => decimal(totalsOf(payout).reversal_amount)],
  ['total_commission_amount', (payout) => decimal(totalsOf(payout).commission_amount)],
  ['total_credit_amount', (payout) => decimal(totalsOf(payout).credit_amount)],
  ['total_charge_amount', (payout) => decimal(totalsOf(payout).charge_amount)],
  ['total_holdback_amount', (payout) => decimal(totalsOf(payout).holdback_amount)],
  ['total_release_amount', (payout) => decimal(totalsOf(payout).release_amount)],
  ['opening_debt_balance', (payout) => decimal(totalsOf(payout).opening_debt_balance_amount)],
  ['total_deposit_amount', (payout) => decimal(totalsOf(payout).deposit_amount)],
  ['total_repay_amount', (payout) => decimal(totalsOf(payout).repay_amount)],
  ['closing_debt_balance', (payout) => decimal(totalsOf(payout).closing_debt_balance_amount)],
  ['total_fee_refund_amount', (payout) => decimal(totalsOf(payout).fee_refund_amount)],
  ['total_settlement_amount', (payout) => decimal(totalsOf(payout).settlement_amount)],
  ['payment_reference', (payout) => payout.payment_reference],
  ['settlement_currency', (payout) => payout.currency],
  ['payout_date', (payout) => timestamp(payout.payout_at_ms)],
  ['merchant_id', (payout) => given(payout.merchant_id)],
  ['merchant_settlement_type', (payout) => payout.settlement_type],
  ['submerchant_id', () => ''],
];

const TRANSACTIONS: readonly Column<Row>[] = [
  ['type', ({ transaction }) => transaction.type],
  ['capture_date', ({ entry }) => timestamp(entry.at_ms)],
  ['sale_date', ({ entry }) => timestamp(entry.order.sale_at_ms)],
  ['order_id', ({ entry }) => entry.order.order_id],
  ['short_order_id', ({ entry }) => entry.order.short_order_id],
  ['capture_id', captureIdOf],
  ['merchant_reference1', ({ entry }) => given(entry.order.merchant_reference1)],
  ['merchant_reference2', ({ entry }) => given(entry.order.merchant_reference2)],
  ['amount', ({ transaction }) => decimal(transaction.amount)],
  ['posting_currency', ({ entry }) => entry.currency],
  ['refund_id', ({ entry }) => entry.refund_id ?? ''],
  ['purchase_country', ({ entry }) => given(entry.order.purchase_country)],
  ['tax_rate', ({ transaction: { vat_rate } }) => (vat_rate === undefined ? '' : decimal(vat_rate))],
  ['tax_amount', ({ transaction: { vat_amount } }) => (vat_amount === undefined ? '' : decimal(vat_amount))],
  ['shipping_country', ({ entry }) => given(entry.order.shipping_country)],
  ['initial_payment_method_type', ({ entry }) => entry.order.payment_method_type],
  ['initial_number_of_installments', ({ entry }) => String(entry.order.number_of_installments ?? '')],
  ['initial_payment_method_monthly_downpayments', () => ''],
  ['merchant_capture_reference', ({ entry }) => given(entry.capture_id && entry.reference)],
  ['merchant_refund_reference', ({ entry }) => given(entry.refund_id && entry.reference)],
  ['detailed_type', ({ transaction }) => transaction.detailed_type],
  ...[1, 2, 3, 4].map((n): Column<Row> => [`tax_rate_${n}`, () => '']),
  ...[1, 2, 3, 4].map((n): Column<Row> => [`tax_amount_${n}`, () => '']),
  ['reversal_reference', ({ entry }) => given(entry.dispute_krn)],
];

/** The report of one payout; several follow one another. */
export function payoutCsv(payout: Payout, rows: readonly Row[]): string {
  return lines([
    SUMMARY.map(([name]) => name),
    SUMMARY.map(([, value]) => value(payout)),
    TRANSACTIONS.map(([name]) => name),
    ...rows.map((row) => TRANSACTIONS.map(([, value]) => value(row))),
  ]);
}

/** `12345` → `123.45`. Never empty and never with a thousands separator. */
function decimal(minor: number): string {
  const digits = String(Math.abs(minor)).padStart(3, '0');
  return `${minor < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/**
 * Text that somebody else chose. A spreadsheet takes a cell that begins like a formula for one and runs it, so such a text gets an
 * apostrophe in front, and so does a text that begins with an apostrophe: who takes one leading apostrophe off has the text as it was.
 * Ids, amounts and dates are made here and stay as they are.
 */
function given(value: string | undefined): string {
  return value !== undefined && /^['=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : (value ?? '');
}

function lines(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(quoted).join(',')}\r\n`).join('');
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
