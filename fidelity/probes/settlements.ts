/** Settlements v1: payouts, transactions, reports. */
import { error, operation, type Probe } from '../probe.ts';
import { NOBODY } from '../purchases.ts';
import { D, inferred } from '../sources.ts';

const API = 'Settlements';
const PATH = '/settlements/v1';
/** A period in which everything lies that a probe causes. */
const EVER = 'start_date=2020-01-01T00:00:00Z&end_date=2100-01-01T00:00:00Z';
const NEVER = 'start_date=2020-01-01&end_date=2020-01-01';

const on = (name: string, path: string) => {
  const make = operation(API, `settlements/${name}`, `GET ${PATH}${path}`, { given: 'paid_out' });
  return { make, query: (query: string) => ({ path: `${PATH}${path}?${query}` }) };
};
const wrong = error(400);

const { make: list, query: listed } = on('list', '/payouts');
const { make: read } = on('read', '/payouts/{payment_reference}');
const { make: sum, query: summed } = on('summary', '/payouts/summary');
const { make: transactions, query: of } = on('transactions', '/transactions');
const { make: csv, query: csvOf } = on('csv', '/reports/payout-with-transactions');
const { make: pdf, query: pdfOf } = on('pdf', '/reports/payout');
const { make: csvSummary, query: csvIn } = on('csv-summary', '/reports/payouts-summary-with-transactions');
const { make: pdfSummary, query: pdfIn } = on('pdf-summary', '/reports/payouts-summary');

const PAYOUTS: readonly Probe[] = [
  list('200', 'Payouts are listed with a count', D.settlements, {
    status: 200,
    fields: { payouts: { length: 1 }, 'pagination.count': 1 },
  }),
  list(
    'none',
    'An account without payouts has an empty list',
    D.settlements,
    { status: 200, fields: { payouts: { length: 0 }, 'pagination.count': 0 } },
    { given: 'order' },
  ),
  list('period', 'Of a period', D.settlements, { status: 200, fields: { payouts: { length: 1 } } }, listed(EVER)),
  list(
    'no-period',
    'From midnight to the same midnight there is nothing',
    D.settlements,
    { status: 200, fields: { payouts: { length: 0 } } },
    listed(NEVER),
  ),
  list(
    'currency',
    'In a currency',
    D.settlements,
    { status: 200, fields: { payouts: { length: 1 } } },
    listed('currency_code=SEK'),
  ),
  list(
    'other-currency',
    'And not in another',
    D.settlements,
    { status: 200, fields: { payouts: { length: 0 } } },
    listed('currency_code=USD'),
  ),
  list(
    'offset',
    'Beyond the end there is nothing',
    D.settlements,
    { status: 200, fields: { payouts: { length: 0 } } },
    listed('offset=10'),
  ),
  list(
    'size-500',
    'Pages of up to 500',
    D.settlements,
    { status: 200, fields: { payouts: { length: 1 } } },
    listed('size=500'),
  ),
  list('size-501', 'And not more', D.settlements, wrong, listed('size=501')),
  list('size-negative', 'Nor less than nothing', D.settlements, wrong, listed('size=-1')),
  list('date', 'A date that is none', D.settlements, wrong, listed('start_date=yesterday')),
  read('200', 'A payout is read by its reference', D.settlements, {
    status: 200,
    fields: { payment_reference: '$payment_reference', currency_code: 'SEK', merchant_id: { is: 'text' } },
  }),
  read('date', 'It says when', D.settlements, { status: 200, fields: { payout_date: { is: 'text' } } }),
  read('type', 'And how it is settled', D.settlements, {
    status: 200,
    fields: { merchant_settlement_type: /^(?:GROSS|NET|GROSS_FEE)$/ },
  }),
  read('sale', 'The sale is what was captured', D.settlement_files, {
    status: 200,
    fields: { 'totals.sale_amount': 10_000 },
  }),
  read(
    'return',
    'The return is what was refunded',
    D.settlement_files,
    { status: 200, fields: { 'totals.sale_amount': 10_000, 'totals.return_amount': 1_000 } },
    { given: 'refund_paid_out' },
  ),
  read('totals', 'Every total is there', D.settlements, {
    status: 200,
    fields: Object.fromEntries(
      [
        'commission',
        'repay',
        'sale',
        'holdback',
        'settlement',
        'reversal',
        'release',
        'return',
        'fee',
        'charge',
        'credit',
      ].map((name) => [`totals.${name}_amount`, { is: 'integer' as const }]),
    ),
  }),
  read('link', 'A link leads to its transactions', D.settlements, {
    status: 200,
    fields: { transactions: { is: 'url' } },
  }),
  read('unknown', 'An unknown one is 404', D.settlements, error(404), {
    given: 'nothing',
    vars: { payment_reference: 'XXXXXXXX' },
  }),
  sum(
    '200',
    'A summary a currency',
    D.settlements,
    {
      status: 200,
      fields: {
        '[0].summary_settlement_currency': 'SEK',
        '[0].summary_total_sale_amount': 10_000,
        '[0].summary_total_settlement_amount': { is: 'integer' },
      },
    },
    summed(EVER),
  ),
  sum(
    'all',
    'With all its sums',
    D.settlements,
    {
      status: 200,
      fields: Object.fromEntries(
        ['fee', 'return', 'reversal', 'tax', 'holdback', 'release', 'commission', 'repay', 'fee_correction'].map(
          (name) => [`[0].summary_total_${name}_amount`, { is: 'integer' as const }],
        ),
      ),
    },
    summed(EVER),
  ),
  sum('nothing', 'A period without payouts', D.settlements, { status: 200, text: /^\s*\[\s*\]\s*$/ }, summed(NEVER)),
  sum('no-dates', 'A period needs two dates', D.settlements, wrong),
  sum('one-date', 'And not one', D.settlements, wrong, summed('start_date=2020-01-01')),
];

const TRANSACTIONS: readonly Probe[] = [
  transactions('200', 'Transactions are listed with a count', D.settlements, {
    status: 200,
    fields: { transactions: { is: 'list' }, 'pagination.count': { is: 'integer' } },
  }),
  transactions(
    'payout',
    'Of a payout',
    D.settlements,
    { status: 200, fields: { 'transactions[0].payment_reference': '$payment_reference' } },
    of('payment_reference=$payment_reference'),
  ),
  transactions(
    'order',
    'Of an order',
    D.settlements,
    { status: 200, fields: { 'transactions[0].order_id': '$order_id' } },
    of('order_id=$order_id'),
  ),
  transactions(
    'other-order',
    'And not of another',
    D.settlements,
    { status: 200, fields: { transactions: { length: 0 } } },
    of(`order_id=${NOBODY}`),
  ),
  transactions(
    'sale',
    'A capture is a SALE',
    D.settlement_files,
    { status: 200, text: /"type"\s*:\s*"SALE"/ },
    of('order_id=$order_id'),
  ),
  transactions(
    'purchase',
    'In detail a PURCHASE',
    D.settlement_files,
    { status: 200, text: /"detailed_type"\s*:\s*"PURCHASE"/ },
    of('order_id=$order_id'),
  ),
  transactions(
    'return',
    'A refund is a RETURN with its id',
    D.settlement_files,
    { status: 200, text: /"type"\s*:\s*"RETURN"/ },
    { given: 'refund_paid_out', ...of('order_id=$order_id') },
  ),
  transactions(
    'fee',
    'A fee is a FEE',
    D.settlement_files,
    { status: 200, text: /"type"\s*:\s*"FEE"/ },
    of('order_id=$order_id'),
  ),
  transactions('fields', 'Each has amount, dates, currency, country', D.settlements, {
    status: 200,
    fields: {
      'transactions[0].amount': { is: 'integer' },
      'transactions[0].sale_date': { is: 'text' },
      'transactions[0].capture_date': { is: 'text' },
      'transactions[0].currency_code': 'SEK',
      'transactions[0].purchase_country': 'SE',
      'transactions[0].type': { is: 'text' },
    },
  }),
  transactions('short-id', 'And the reference that shoppers read', D.settlements, {
    status: 200,
    fields: { 'transactions[0].short_order_id': /^[A-Z0-9]{7,8}$/ },
  }),
  transactions(
    'before',
    'An authorization alone is no transaction',
    D.settlement_files,
    { status: 200, fields: { transactions: { length: 0 } } },
    { given: 'order' },
  ),
  transactions(
    'size',
    'By pages',
    D.settlements,
    { status: 200, fields: { transactions: { length: 1 }, 'pagination.count': 1 } },
    of('size=1'),
  ),
  transactions(
    'next',
    'With a link to the next',
    D.settlements,
    { status: 200, fields: { 'pagination.next': { is: 'url' } } },
    of('size=1'),
  ),
  transactions('size-501', 'Of up to 500', D.settlements, wrong, of('size=501')),
];

const REPORTS: readonly Probe[] = [
  csv(
    '200',
    'A payout as CSV',
    D.settlements,
    { status: 200, headers: { 'Content-Type': /^text\/csv/ } },
    csvOf('payment_reference=$payment_reference'),
  ),
  csv(
    'amounts',
    'With amounts in decimals',
    D.settlement_files,
    { status: 200, text: /\b100\.00\b/ },
    csvOf('payment_reference=$payment_reference'),
  ),
  csv(
    'columns',
    'With the columns of payout and transactions',
    D.settlement_files,
    { status: 200, text: /total_sale_amount[\s\S]*short_order_id/ },
    csvOf('payment_reference=$payment_reference'),
  ),
  csv(
    'unknown',
    'An unknown payout is 404',
    D.settlements,
    { status: 404 },
    { given: 'nothing', ...csvOf('payment_reference=XXXXXXXX') },
  ),
  csv('nothing', 'A payout must be named', D.settlements, { status: 400 }, { given: 'nothing' }),
  pdf(
    '200',
    'A payout as PDF',
    D.settlements,
    { status: 200, headers: { 'Content-Type': /^application\/pdf/ }, text: /^%PDF-/ },
    pdfOf('payment_reference=$payment_reference'),
  ),
  pdf(
    'unknown',
    'An unknown payout is 404',
    D.settlements,
    { status: 404 },
    { given: 'nothing', ...pdfOf('payment_reference=XXXXXXXX') },
  ),
  pdf('nothing', 'A payout must be named', D.settlements, { status: 400 }, { given: 'nothing' }),
  csvSummary(
    '200',
    'A period as CSV',
    D.settlements,
    { status: 200, headers: { 'Content-Type': /^text\/csv/ } },
    csvIn(EVER),
  ),
  csvSummary('no-dates', 'A period needs two dates', D.settlements, { status: 400 }, { given: 'nothing' }),
  pdfSummary(
    '200',
    'A period as PDF',
    D.settlements,
    { status: 200, headers: { 'Content-Type': /^application\/pdf/ }, text: /^%PDF-/ },
    pdfIn(EVER),
  ),
  pdfSummary('no-dates', 'A period needs two dates', D.settlements, { status: 400 }, { given: 'nothing' }),
  read(
    'positive',
    'Amounts are positive; the type is the sign',
    inferred('samples show positive amounts'),
    { status: 200, text: /^(?!.*"(?:sale|return|fee)_amount"\s*:\s*-)/s },
    { given: 'refund_paid_out' },
  ),
];

export const SETTLEMENTS: readonly Probe[] = [...PAYOUTS, ...TRANSACTIONS, ...REPORTS];
