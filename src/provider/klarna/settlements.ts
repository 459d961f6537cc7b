/** Settlements v1: payouts, their transactions and reports. Reads only: payouts are made by time. */
import * as wire from '../../wire/settlements.ts';
import type { Rule } from '../../wire/shape.ts';
import type { Payout } from '../engine/settlement-state.ts';
import {
  allRows,
  countRows,
  entriesOf,
  findPayout,
  listPayouts,
  type Row,
  rowsOfPayout,
} from '../settlement-lookup.ts';
import { paymentsFaults } from './faults.ts';
import { type Call, json, type Look, type Operation, type Records, type Reply } from './operation.ts';
import { payoutCsv } from './settlement-csv.ts';
import { byCurrency, payoutView, settlementsUrl, summaryView, transactionView } from './settlement-views.ts';

/** Transactions that one CSV report holds, and payouts that a PDF lists: five years of daily ones. */
const REPORT_MOST = 100_000;
const LISTED_MOST = 2_000;

const listHandler: Look = async (call, store) => {
  const { start_date, end_date, currency_code, ...page } = call.parameters as wire.PayoutsQuery;
  const refused = refuseDates(start_date, end_date);
  if (refused) return refused;
  const found = await listPayouts(store, merchantOf(call), {
    ...(start_date !== undefined && { from_ms: start_date }),
    ...(end_date !== undefined && { to_ms: end_date }),
    ...(currency_code !== undefined && { currency: currency_code }),
  });
  const { size, offset } = pageOf(page);
  // The newest first: who asks for one page wants to know what came last.
  const shown = found.reverse().slice(offset, offset + size);
  const payouts = shown.map((payout) => payoutView(payout, call.base));
  return json(200, { payouts, pagination: pagination(call, '/payouts', shown.length, page, found.length) });
};

const readHandler: Look = async (call, store) => {
  const payment_reference = call.params.payment_reference ?? '';
  const payout = await findPayout(store, merchantOf(call), payment_reference);
  return payout ? json(200, payoutView(payout, call.base)) : unknownPayout(payment_reference);
};

const summaryHandler: Look = async (call, store) => {
  const { start_date, end_date, currency_code } = call.parameters as wire.SummaryQuery;
  const found = await ofPeriod(call, store);
  if ('status' in found) return found;
  const dates = { start_ms: start_date, end_ms: end_date };
  const summaries = byCurrency(found.filter(({ currency }) => !currency_code || currency === currency_code));
  return json(
    200,
    summaries.map(([currency, payouts]) => summaryView(payouts, currency, dates)),
  );
};

const transactionsHandler: Look = async (call, store) => {
  const { payment_reference, order_id, ...page } = call.parameters as wire.TransactionsQuery;
  const { size, offset } = pageOf(page);
  const { rows, total } = await selectRows(call, store, offset, size, payment_reference, order_id?.toLowerCase());
  const transactions = rows.map((row) => transactionView(row, call.base));
  return json(200, { transactions, pagination: pagination(call, '/transactions', rows.length, page, total) });
};

const csvOfPayout: Look = async (call, store) => {
  const { payment_reference } = call.parameters as wire.PayoutReportQuery;
  const payout = await findPayout(store, merchantOf(call), payment_reference);
  if (!payout) return unknownPayout(payment_reference);
  return refuseSize([payout], 'payment_reference') ?? csv(await csvOf(store, payout), fileName(payout, 'csv'));
};

const csvOfPeriod: Look = async (call, store) => {
  const found = await ofPeriod(call, store);
  if ('status' in found) return found;
  const refused = refuseSize(found, 'end_date');
  if (refused) return refused;
  const reports: string[] = [];
  for (const payout of found) reports.push(await csvOf(store, payout));
  return csv(reports.join(''), 'payouts.csv');
};

const pdfOfPayout: Look = async (call, store) => {
  const { payment_reference } = call.parameters as wire.PayoutReportQuery;
  const payout = await findPayout(store, merchantOf(call), payment_reference);
  if (!payout) return unknownPayout(payment_reference);
  return pdf(call, [payout], fileName(payout, 'pdf'));
};

const pdfOfPeriod: Look = async (call, store) => {
  const { start_date, end_date } = call.parameters as wire.SummaryQuery;
  const found = await ofPeriod(call, store);
  if ('status' in found) return found;
  const refused = refuseMore(found.length, LISTED_MOST, 'payouts', 'end_date');
  return refused ?? pdf(call, found, 'payouts.pdf', { start_ms: start_date, end_ms: end_date });
};

/** The payouts between the two dates, oldest first. */
async function ofPeriod(call: Call, store: Records): Promise<Payout[] | Reply> {
  const { start_date, end_date } = call.parameters as wire.SummaryQuery;
  return (
    refuseDates(start_date, end_date) ??
    (await listPayouts(store, merchantOf(call), { from_ms: start_date, to_ms: end_date }))
  );
}

interface Selected {
  readonly rows: readonly Row[];
  /** How many there are in all, where that is known without looking at all of them. */
  readonly total?: number;
}

/** The transactions of a payout, of an order, of an order within a payout, or all. */
async function selectRows(
  call: Call,
  store: Records,
  offset: number,
  size: number,
  payment_reference: string | undefined,
  order_id: string | undefined,
): Promise<Selected> {
  const merchant_id = merchantOf(call);
  const { now_ms } = call.context;
  const payout = payment_reference === undefined ? undefined : await findPayout(store, merchant_id, payment_reference);
  if (payment_reference !== undefined && !payout) return { rows: [], total: 0 };
  if (payout && order_id === undefined) {
    return { rows: await take(rowsOfPayout(store, payout, offset), 0, size), total: countRows(payout) };
  }
  const all = rowsOf(entriesOf(store, merchant_id, now_ms, order_id), payout);
  if (order_id === undefined) return { rows: await take(all, offset, size) };
  const rows = await take(all, 0, Number.POSITIVE_INFINITY);
  return { rows: rows.slice(offset, offset + size), total: rows.length };
}

/** The rows of entries, all of them or those that are in a payout. */
async function* rowsOf(entries: ReturnType<typeof entriesOf>, payout: Payout | undefined): AsyncGenerator<Row> {
  for await (const entry of entries) {
    if (payout && entry.payment_reference !== payout.payment_reference) continue;
    yield* allRows(entry).filter(({ transaction }) => !payout || !transaction.invoiced);
  }
}

async function take(rows: AsyncGenerator<Row>, offset: number, size: number): Promise<Row[]> {
  const taken: Row[] = [];
  let index = 0;
  for await (const row of rows) {
    if (index++ >= offset) taken.push(row);
    if (taken.length >= size) break;
  }
  return taken;
}

interface Page {
  readonly size?: number;
  readonly offset?: number;
}

const pageOf = ({ size = wire.PAGE_SIZE.usual, offset = 0 }: Page) => ({ size, offset });

/** Where the page stands, with absolute links to its neighbours. Without a total, a full page is taken to have a next one. */
function pagination(call: Call, path: string, count: number, page: Page, total: number | undefined): object {
  const { size, offset } = pageOf(page);
  const more = total === undefined ? count === size : offset + count < total;
  const link = (to: number) => {
    const query = new URLSearchParams(call.query);
    query.set('offset', String(to));
    query.set('size', String(size));
    return `${settlementsUrl(call.base)}${path}?${query}`;
  };
  return {
    count,
    ...(total !== undefined && { total }),
    ...(more && { next: link(offset + size) }),
    ...(offset > 0 && { prev: link(Math.max(0, offset - size)) }),
    offset,
  };
}

function refuseDates(start_ms: number | undefined, end_ms: number | undefined): Reply | undefined {
  if (start_ms === undefined || end_ms === undefined || start_ms <= end_ms) return undefined;
  return badValue('end_date', {
    message: 'end_date is before start_date.',
    change: 'Send the earlier date as start_date. A payout on end_date itself is not included.',
  });
}

function refuseSize(payouts: readonly Payout[], field: string): Reply | undefined {
  const rows = payouts.reduce((sum, payout) => sum + countRows(payout), 0);
  return refuseMore(rows, REPORT_MOST, 'transactions', field);
}

function refuseMore(got: number, expected: number, what: string, field: string): Reply | undefined {
  if (got <= expected) return undefined;
  return badValue(field, {
    expected,
    got,
    message: `The report would have ${got} ${what}; one has ${expected} at the most.`,
    change: 'Ask for a shorter period, or read payouts and transactions page by page.',
  });
}

function badValue(field: string, about: { message: string; change: string; expected?: number; got?: number }): Reply {
  const error = { status: 400, error_code: 'BAD_VALUE', error_messages: [`Bad value: ${field}`] };
  return { status: 400, error, explanations: [{ field, ...about }] };
}

function unknownPayout(payment_reference: string): Reply {
  const shown = payment_reference.slice(0, 64);
  return {
    status: 404,
    error: { status: 404, error_code: 'NOT_FOUND', error_messages: [`Payout ${shown} cannot be found`] },
    explanations: [
      {
        field: 'payment_reference',
        got: shown,
        message: 'This merchant has no payout with this reference.',
        change:
          'Use a payment_reference from GET /settlements/v1/payouts. A payout is made at its date and not before.',
      },
    ],
  };
}

async function csvOf(store: Records, payout: Payout): Promise<string> {
  return payoutCsv(payout, await take(rowsOfPayout(store, payout), 0, Number.POSITIVE_INFINITY));
}

/** `XISA93DJ_20270116T000000_0.csv`, as the files on Klarna's SFTP server are called. */
function fileName({ payment_reference, payout_at_ms }: Payout, ending: string): string {
  const date = new Date(payout_at_ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `${payment_reference}_${date}_0.${ending}`;
}

function csv(body: string, name: string): Reply {
  return { status: 200, body, type: 'text/csv;charset=utf-8', headers: [attachment(name)] };
}

async function pdf(
  { context: { merchant } }: Call,
  payouts: readonly Payout[],
  name: string,
  period?: { readonly start_ms: number; readonly end_ms: number },
): Promise<Reply> {
  // Loaded for the first report: most installations never draw one.
  const { payoutsPdf } = await import('./settlement-pdf.ts');
  const bytes = await payoutsPdf(merchant, payouts, period);
  return { status: 200, bytes, type: 'application/pdf', headers: [attachment(name)] };
}

const attachment = (name: string) => ['Content-Disposition', `attachment; filename="${name}"`] as const;

const merchantOf = ({ context }: Call) => context.merchant.merchant_id;

const settlements = (path: string, name: string, look: Look, parameters?: Rule<unknown>): Operation => ({
  api: 'Settlements v1',
  method: 'GET',
  path: `/settlements/v1${path}`,
  name,
  rate_class: 'other',
  serve: { built: true, mode: 'lookup', faults: paymentsFaults, look, ...(parameters && { parameters }) },
});

export const SETTLEMENTS: readonly Operation[] = [
  settlements('/payouts', 'listPayouts', listHandler, wire.payoutsQuery),
  settlements('/payouts/summary', 'summarizePayouts', summaryHandler, wire.summaryQuery),
  settlements('/payouts/{payment_reference}', 'readPayout', readHandler),
  settlements('/transactions', 'listTransactions', transactionsHandler, wire.transactionsQuery),
  settlements('/reports/payout-with-transactions', 'reportPayoutCsv', csvOfPayout, wire.payoutReportQuery),
  settlements('/reports/payout', 'reportPayoutPdf', pdfOfPayout, wire.payoutReportQuery),
  settlements('/reports/payouts-summary-with-transactions', 'reportSummaryCsv', csvOfPeriod, wire.summaryQuery),
  settlements('/reports/payouts-summary', 'reportSummaryPdf', pdfOfPeriod, wire.summaryQuery),
];
