import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogueCodeFor } from './from-wire.ts';

interface Case {
  code: string;
  messages: string[];
  entry: string | undefined;
}

/** Error bodies as Klarna documents them or as they were recorded. */
const cases: Case[] = [
  { code: 'BAD_VALUE', messages: ['Bad value: locale'], entry: 'BAD_VALUE:locale' },
  { code: 'BAD_VALUE', messages: ['Bad value: purchase_currency'], entry: 'BAD_VALUE:purchase_currency' },
  {
    code: 'BAD_VALUE',
    messages: ['Bad value: purchase_currency (order billing country is: NO, configured currencies are: AUD, CAD, EUR)'],
    entry: 'BAD_VALUE:purchase_currency',
  },
  { code: 'BAD_VALUE', messages: ['Bad value: order_lines[0].total_tax_amount'], entry: 'BAD_VALUE:order_lines_tax' },
  { code: 'BAD_VALUE', messages: ['Bad value: order_lines[12].tax_rate'], entry: 'BAD_VALUE:order_lines_tax' },
  { code: 'BAD_VALUE', messages: ['Bad value: order_tax_amount'], entry: 'BAD_VALUE:order_lines_tax' },
  { code: 'BAD_VALUE', messages: ['Bad value: billing_address.postal_code'], entry: 'BAD_VALUE:billing_address' },
  { code: 'BAD_VALUE', messages: ['Bad value: shipping_address.phone'], entry: 'BAD_VALUE:billing_address' },
  { code: 'BAD_VALUE', messages: ['Bad value: billing_address'], entry: 'BAD_VALUE:billing_address' },
  { code: 'BAD_VALUE', messages: ['Bad value: order_lines'], entry: 'NO_INVOICE_LINES' },
  { code: 'BAD_VALUE', messages: ['Bad value: order_lines[0].total_amount'], entry: 'BAD_VALUE' },
  { code: 'BAD_VALUE', messages: ['Bad value: order_amount'], entry: 'BAD_VALUE' },
  { code: 'BAD_VALUE', messages: [], entry: 'BAD_VALUE' },
  { code: 'BAD_VALUE', messages: ['Not matching fields: [billing_address.postal_code]'], entry: 'BAD_VALUE' },
  {
    code: 'BAD_VALUE',
    messages: ['Not matching fields: [Incorrect number of items in the cart. Expected: 2, Actual: 3]'],
    entry: 'BAD_VALUE',
  },
  { code: 'NOT_FOUND', messages: ['Invalid session id'], entry: 'NOT_FOUND:session' },
  { code: 'NOT_FOUND', messages: ['Invalid authorization token'], entry: 'INVALID_AUTH_TOKEN' },
  { code: 'NOT_FOUND', messages: ['Invalid customer-token ID'], entry: 'TOKEN_NOT_FOUND' },
  { code: 'NOT_FOUND', messages: ['Invalid token ID'], entry: 'TOKEN_NOT_FOUND' },
  { code: 'NOT_FOUND', messages: ['Authorization cannot be deleted'], entry: 'NOT_FOUND' },
  { code: 'NOT_FOUND', messages: ['Refund 1 cannot be found for order 2'], entry: 'NOT_FOUND' },
  { code: 'UNAUTHORIZED', messages: [], entry: 'UNAUTHORIZED' },
  { code: 'CAPTURE_NOT_ALLOWED', messages: ['Capture not allowed'], entry: 'CAPTURE_NOT_ALLOWED' },
  { code: 'SOMETHING_NEW', messages: ['Bad value: locale'], entry: undefined },
];

// Protects: the support answer for the errors that integrations meet most.
for (const { code, messages, entry } of cases) {
  test(`${code} ${JSON.stringify(messages)} is ${entry}`, () => assert.equal(catalogueCodeFor(code, messages), entry));
}

// Protects: a specific entry must not hide a second, different fault; two of one kind stay specific.
test('several faults are one entry only if they agree', () => {
  assert.equal(catalogueCodeFor('BAD_VALUE', ['Bad value: locale', 'Bad value: order_amount']), 'BAD_VALUE');
  assert.equal(catalogueCodeFor('BAD_VALUE', ['Bad value: order_amount, order_lines, purchase_currency']), 'BAD_VALUE');
  assert.equal(
    catalogueCodeFor('BAD_VALUE', ['Bad value: order_lines[0].total_tax_amount', 'Bad value: order_tax_amount']),
    'BAD_VALUE:order_lines_tax',
  );
  assert.equal(
    catalogueCodeFor('BAD_VALUE', ['Bad value: order_lines[0].tax_rate, Bad value: order_lines[1].tax_rate']),
    'BAD_VALUE:order_lines_tax',
  );
});

// Protects: messages come from outside; a hostile one must not stall the process.
test('a message of a megabyte is read in linear time', () => {
  const start = performance.now();
  for (const filler of ['(', ',', ' ', '(a', 'order_lines[1'])
    catalogueCodeFor('BAD_VALUE', [`Bad value: ${filler.repeat(1_000_000 / filler.length)}`]);
  assert.ok(performance.now() - start < 3_000);
});
