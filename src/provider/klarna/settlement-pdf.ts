/** Payouts on paper: one payout with all its sums, or the payouts of a period, by currency. */
import PDFDocument from 'pdfkit';
import { formatMoney } from '../../money/format.ts';
import type { Payout } from '../engine/settlement-state.ts';
import type { Merchant } from '../engine/state.ts';
import { byCurrency, type Totals, totalsOf } from './settlement-views.ts';

const PAGE = { left: 56, right: 539, bottom: 780 } as const;
const SIZES = { title: 20, heading: 12, text: 9.5 } as const;
const COLOURS = { text: '#17171c', quiet: '#6b6b76', line: '#d5d5dc', band: '#f4f4f7' } as const;
const ROW_HEIGHT = 18;
const PADDING = 5;

type Document = InstanceType<typeof PDFDocument>;

interface Period {
  readonly start_ms: number;
  readonly end_ms: number;
}

/** The lines of a payout, and with which sign each counts. Those without a sign state a balance. */
const LINES: readonly { readonly name: string; readonly total: keyof Totals; readonly sign?: 1 | -1 }[] = [
  { name: 'Sales', total: 'sale_amount', sign: 1 },
  { name: 'Returns', total: 'return_amount', sign: -1 },
  { name: 'Reversals', total: 'reversal_amount', sign: -1 },
  { name: 'Fees', total: 'fee_amount', sign: -1 },
  { name: 'Refunded fees', total: 'fee_refund_amount', sign: 1 },
  { name: 'Corrections', total: 'fee_correction_amount', sign: 1 },
  { name: 'Commissions', total: 'commission_amount', sign: 1 },
  { name: 'Tax', total: 'tax_amount', sign: -1 },
  { name: 'Charges', total: 'charge_amount', sign: -1 },
  { name: 'Credits', total: 'credit_amount', sign: 1 },
  { name: 'Held back', total: 'holdback_amount', sign: -1 },
  { name: 'Released', total: 'release_amount', sign: 1 },
  { name: 'Repaid debt', total: 'repay_amount', sign: -1 },
  { name: 'Added to the debt', total: 'deposit_amount', sign: 1 },
];
const DEBT = ['opening_debt_balance_amount', 'closing_debt_balance_amount'] as const;

/** @param period given for a summary, even of one payout or of none */
export function payoutsPdf(merchant: Merchant, payouts: readonly Payout[], period?: Period): Promise<Buffer> {
  const document = new PDFDocument({
    size: 'A4',
    margin: PAGE.left,
    info: { Title: 'Settlement report', Creator: 'Kvitt' },
  });
  const done = collected(document);
  const [single] = payouts;
  if (single && !period) drawPayout(document, merchant, single);
  else drawPeriod(document, merchant, payouts, period ?? { start_ms: 0, end_ms: 0 });
  document.end();
  return done;
}

function collected(document: Document): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    document.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
}

function drawPayout(document: Document, merchant: Merchant, payout: Payout): void {
  drawHead(document, 'Settlement report', [
    ['Merchant', `${merchant.name} (${merchant.merchant_id})`],
    ['Payment reference', payout.payment_reference],
    ['Payout date', day(payout.payout_at_ms)],
    ['Currency', payout.currency],
    ['Settlement type', payout.settlement_type],
    ['Transactions', String(payout.pages.reduce((sum, rows) => sum + rows, 0))],
  ]);
  drawTotals(document, [payout]);
}

function drawPeriod(document: Document, merchant: Merchant, payouts: readonly Payout[], period: Period): void {
  drawHead(document, 'Settlement summary', [
    ['Merchant', `${merchant.name} (${merchant.merchant_id})`],
    ['From', day(period.start_ms)],
    ['Before', day(period.end_ms)],
    ['Payouts', String(payouts.length)],
  ]);
  if (payouts.length === 0) {
    document.font('Helvetica').fontSize(SIZES.text).fillColor(COLOURS.quiet);
    document.text('No payout was made in this period.', PAGE.left);
  }
  for (const [currency, ofCurrency] of byCurrency(payouts)) {
    drawHeading(document, currency);
    drawTotals(document, ofCurrency);
    drawHeading(document, `Payouts in ${currency}`);
    drawList(document, ofCurrency);
  }
}

function drawHead(document: Document, title: string, facts: readonly (readonly [string, string])[]): void {
  document.font('Helvetica-Bold').fontSize(SIZES.title).fillColor(COLOURS.text);
  document.text(title, PAGE.left, PAGE.left);
  document.moveDown(0.6).fontSize(SIZES.text);
  for (const [name, value] of facts) {
    const { y } = document;
    document.font('Helvetica').fillColor(COLOURS.quiet).text(name, PAGE.left, y, { width: 120, lineBreak: false });
    document.fillColor(COLOURS.text).text(drawable(value), PAGE.left + 120, y, { width: PAGE.right - PAGE.left - 120 });
    document.moveDown(0.25);
  }
  document.moveDown(1);
}

function drawHeading(document: Document, text: string): void {
  keepTogether(document, 3 * ROW_HEIGHT);
  document.moveDown(0.8).font('Helvetica-Bold').fontSize(SIZES.heading).fillColor(COLOURS.text);
  document.text(text, PAGE.left);
  document.moveDown(0.5);
}

/** The sums of payouts of one currency: what there is, the payout, and the debt where there is or was one. */
function drawTotals(document: Document, payouts: readonly Payout[]): void {
  const totals = payouts.map(totalsOf);
  const currency = payouts[0]?.currency ?? '';
  const sum = (total: keyof Totals) => totals.reduce((all, each) => all + each[total], 0);
  const columns = [{ width: 300 }, { width: PAGE.right - PAGE.left - 300, right: true }];
  for (const [index, { name, total, sign = 1 }] of LINES.filter((line) => sum(line.total) !== 0).entries())
    drawRow(document, columns, [name, formatMoney(sign * sum(total), currency)], { band: index % 2 === 0 });
  drawRow(document, columns, ['Paid out', formatMoney(sum('settlement_amount'), currency)], { bold: true });
  const [opening, closing] = [totals[0]?.[DEBT[0]] ?? 0, totals.at(-1)?.[DEBT[1]] ?? 0];
  if (opening === 0 && closing === 0) return;
  drawRow(document, columns, ['Debt before', formatMoney(opening, currency)], {});
  drawRow(document, columns, ['Debt after', formatMoney(closing, currency)], {});
}

const LIST_COLUMNS = [
  { width: 70 },
  { width: 83 },
  { width: 82, right: true },
  { width: 82, right: true },
  { width: 82, right: true },
  { width: 84, right: true },
];
const LIST_HEAD = ['Date', 'Reference', 'Sales', 'Returns', 'Fees', 'Paid out'];

function drawList(document: Document, payouts: readonly Payout[]): void {
  drawRow(document, LIST_COLUMNS, LIST_HEAD, { bold: true });
  for (const [index, payout] of payouts.entries()) {
    const { sale_amount, return_amount, fee_amount, settlement_amount } = totalsOf(payout);
    const amounts = [sale_amount, -return_amount, -fee_amount, settlement_amount].map(plain);
    if (keepTogether(document, ROW_HEIGHT)) drawRow(document, LIST_COLUMNS, LIST_HEAD, { bold: true });
    const row = [day(payout.payout_at_ms), payout.payment_reference, ...amounts];
    drawRow(document, LIST_COLUMNS, row, { band: index % 2 === 0 });
  }
}

interface Column {
  readonly width: number;
  readonly right?: boolean;
}

function drawRow(
  document: Document,
  columns: readonly Column[],
  cells: readonly string[],
  { bold = false, band = false }: { bold?: boolean; band?: boolean },
): void {
  keepTogether(document, ROW_HEIGHT);
  const { y } = document;
  if (band) document.rect(PAGE.left, y, PAGE.right - PAGE.left, ROW_HEIGHT).fill(COLOURS.band);
  if (bold) document.moveTo(PAGE.left, y).lineTo(PAGE.right, y).lineWidth(0.8).stroke(COLOURS.line);
  document
    .font(bold ? 'Helvetica-Bold' : 'Helvetica')
    .fontSize(SIZES.text)
    .fillColor(COLOURS.text);
  let x: number = PAGE.left;
  for (const [index, { width, right = false }] of columns.entries()) {
    const box = { width: width - 2 * PADDING, align: right ? ('right' as const) : ('left' as const), lineBreak: false };
    document.text(drawable(cells[index] ?? ''), x + PADDING, y + PADDING, box);
    x += width;
  }
  document.x = PAGE.left;
  document.y = y + ROW_HEIGHT;
}

/** Begins a new page when what comes would not fit on this one. */
function keepTogether(document: Document, height: number): boolean {
  if (document.y + height <= PAGE.bottom) return false;
  document.addPage();
  return true;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The list is of one currency, which stands above it. */
const plain = (minor: number) => formatMoney(minor, '').trim();

/** The fonts that every reader has know the letters of Western Europe; a name in other letters loses them. */
function drawable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\xa0-\xff]/gu, '?');
}
