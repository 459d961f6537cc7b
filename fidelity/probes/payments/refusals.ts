/** Sessions that are not created: what is missing, mistyped, unknown, too long. */
import { type Probe, refused } from '../../probe.ts';
import { bought, line, long, purchase, withLine } from '../../purchases.ts';
import { D, inferred, O } from '../../sources.ts';
import { bad, CREATED, create, missing, names, REQUIRED } from './shared.ts';

const LINE_REQUIRED = ['name', 'quantity', 'unit_price', 'total_amount'] as const;

/** What is missing, mistyped or unknown. */
export const FAULTS: readonly Probe[] = [
  ...REQUIRED.map((field) =>
    create(
      `missing-${field}`,
      `Without ${field} there is no session`,
      D.payments,
      { status: 400, code: 'BAD_VALUE', fields: { 'error_messages[0]': new RegExp(`^Bad value: .*${field}`) } },
      { body: bought({ [field]: undefined }) },
    ),
  ),
  create('missing-all', 'One message names all that is missing', O.recorded, missing(...REQUIRED), { body: {} }),
  ...LINE_REQUIRED.map((field) =>
    create(
      `missing-line-${field}`,
      `A line without ${field} is refused`,
      D.payments,
      { status: 400, code: 'BAD_VALUE', fields: { 'error_messages[0]': new RegExp(`order_lines\\[0\\]\\.${field}`) } },
      { body: withLine({ [field]: undefined }) },
    ),
  ),
  create('not-json', 'What is not JSON is 400 BAD_REQUEST', D.kp_errors, refused(400, 'BAD_REQUEST'), {
    body: '{"purchase_country":',
  }),
  create(
    'a-list',
    'A list is no session',
    inferred('what cannot be read is BAD_REQUEST'),
    refused(400, 'BAD_REQUEST'),
    { body: '[]' },
  ),
  create('no-lines', 'An empty list of lines is refused', D.payments, bad('order_lines'), {
    body: bought({ order_lines: [] }),
  }),
  create('1000-lines', 'A thousand lines are taken', D.payments, CREATED, {
    body: purchase(Array.from({ length: 1_000 }, () => line(1))),
  }),
  create('1001-lines', 'A thousand and one are not', D.payments, bad('order_lines'), {
    body: purchase(Array.from({ length: 1_001 }, () => line(1))),
  }),
  create('negative-amount', 'Amounts are not negative', D.payments, bad('order_amount'), {
    body: bought({ order_amount: -1 }),
  }),
  create('negative-tax', 'Nor is the tax', D.payments, bad('order_tax_amount'), {
    body: bought({ order_tax_amount: -1 }),
  }),
  create('fraction', 'A quantity is a whole number', D.kp_errors, bad('order_lines[0].quantity'), {
    body: withLine({ quantity: 1.5 }),
  }),
  create('amount-as-text', 'An amount is a number', D.payments, bad('order_amount'), {
    body: bought({ order_amount: 'many' }),
  }),
  create('lines-as-text', 'Lines are a list', D.payments, bad('order_lines'), {
    body: bought({ order_lines: 'shoe' }),
  }),
  create('country-of-three', 'A country has two letters', D.payments, bad('purchase_country'), {
    body: bought({ purchase_country: 'SWE' }),
  }),
  create(
    'country-unknown',
    'A country that is no market is refused',
    D.kp_errors,
    { status: 400, code: 'BAD_VALUE', fields: { 'error_messages[0]': /purchase_country/ } },
    { body: bought({ purchase_country: 'XX' }) },
  ),
  create('currency-of-four', 'A currency has three letters', D.payments, bad('purchase_currency'), {
    body: bought({ purchase_currency: 'SEKK' }),
  }),
  create('currency-foreign', 'Each market has its own currency', D.kp_errors, bad('purchase_currency'), {
    body: bought({ purchase_currency: 'EUR' }),
  }),
  create('locale-malformed', 'A locale is language and country', D.payments, bad('locale'), {
    body: bought({ locale: 'swedish' }),
  }),
  create('locale-foreign', 'A locale of another market is refused', D.kp_errors, bad('locale'), {
    body: bought({ locale: 'de-DE' }),
  }),
  create('billing-decides', 'The billing country overrides purchase_country', D.cart, bad('purchase_currency'), {
    body: bought({ billing_address: { country: 'NO' } }),
  }),
  create('attachment-malformed', 'Extra merchant data that cannot be read', D.emd, bad('attachment.attachment'), {
    body: bought({ attachment: { content_type: 'application/vnd.klarna.internal.emd-v2+json', body: 'not json' } }),
  }),
  create(
    'attachment-type',
    'An attachment says what it is',
    D.payments,
    { status: 400, code: 'BAD_VALUE', fields: { 'error_messages[0]': /attachment/ } },
    { body: bought({ attachment: { body: '{}' } }) },
  ),
  create(
    'attachment-body',
    'An attachment has a body',
    D.payments,
    { status: 400, code: 'BAD_VALUE', fields: { 'error_messages[0]': /attachment/ } },
    { body: bought({ attachment: { content_type: 'application/vnd.klarna.internal.emd-v2+json' } }) },
  ),
];

/** Values over a limit, by where they stand. */
const TOO_LONG: readonly (readonly [field: string, more: object])[] = [
  ['merchant_reference1', { merchant_reference1: long(256) }],
  ['merchant_reference2', { merchant_reference2: long(256) }],
  ['merchant_data', { merchant_data: long(6_001) }],
  ['intent', { intent: 'sell' }],
  ['acquiring_channel', { acquiring_channel: 'PIGEON' }],
  ['options.color_border', { options: { color_border: 'red' } }],
  ['options.color_text', { options: { color_text: '#12345' } }],
  ['customer.type', { customer: { type: 'robot' } }],
  ['customer.last_four_ssn', { customer: { last_four_ssn: '12' } }],
  ['customer.date_of_birth', { customer: { date_of_birth: '1.1.1980' } }],
  ['customer.organization_entity_type', { customer: { organization_entity_type: 'GANG' } }],
  ...['confirmation', 'notification', 'push', 'authorization'].map((name): [string, object] => [
    `merchant_urls.${name}`,
    { merchant_urls: { [name]: 'http://shop.example/' } },
  ]),
  ['merchant_urls.confirmation', { merchant_urls: { confirmation: `https://shop.example/${long(2_000)}` } }],
  ['merchant_urls.app_return_url', { merchant_urls: { app_return_url: 'https://shop.example/' } }],
  ...[
    'given_name',
    'family_name',
    'email',
    'phone',
    'street_address',
    'street_address2',
    'city',
    'region',
    'organization_name',
    'attention',
  ].map((name): [string, object] => [`billing_address.${name}`, { billing_address: { [name]: long(100) } }]),
  ['billing_address.postal_code', { billing_address: { postal_code: long(11) } }],
  ['billing_address.title', { billing_address: { title: long(21) } }],
  ['billing_address.country', { billing_address: { country: 'SWE' } }],
  ['shipping_address.given_name', { shipping_address: { given_name: long(100) } }],
  ['shipping_address.postal_code', { shipping_address: { postal_code: long(11) } }],
];

const LINE_TOO_LONG: readonly (readonly [field: string, more: object])[] = [
  ['name', { name: '' }],
  ['name', { name: long(256) }],
  ['reference', { reference: long(256) }],
  ['quantity', { quantity: -1 }],
  ['quantity_unit', { quantity_unit: long(9) }],
  ['tax_rate', { tax_rate: 10_001 }],
  ['tax_rate', { tax_rate: -1 }],
  ['unit_price', { unit_price: 200_000_001 }],
  ['total_discount_amount', { total_discount_amount: -1 }],
  ['type', { type: 'present' }],
  ['image_url', { image_url: long(1_025) }],
  ['product_url', { product_url: long(1_025) }],
  ['merchant_data', { merchant_data: long(1_025) }],
  ['product_identifiers.brand', { product_identifiers: { brand: long(71) } }],
  ['product_identifiers.category_path', { product_identifiers: { category_path: long(751) } }],
  ['product_identifiers.global_trade_item_number', { product_identifiers: { global_trade_item_number: long(51) } }],
  ['product_identifiers.manufacturer_part_number', { product_identifiers: { manufacturer_part_number: long(71) } }],
  ['subscription.interval', { subscription: { name: 'a', interval: 'DECADE', interval_count: 1 } }],
  ['subscription.interval_count', { subscription: { name: 'a', interval: 'MONTH', interval_count: 0 } }],
  ['subscription.name', { subscription: { interval: 'MONTH', interval_count: 1 } }],
];

const described = (more: object) => JSON.stringify(more).replace(/x{20,}/, (found) => `${found.length} characters`);

export const LIMITS: readonly Probe[] = [
  ...TOO_LONG.map(([field, more], index) =>
    create(`limit-${index + 1}-${field}`, `Refused: ${described(more)}`, D.payments, names(field), {
      body: bought(more),
    }),
  ),
  ...LINE_TOO_LONG.map(([field, more], index) =>
    create(
      `line-limit-${index + 1}-${field}`,
      `Refused in a line: ${described(more)}`,
      D.payments,
      names(`order_lines[0].${field}`),
      {
        body: withLine(more),
      },
    ),
  ),
];
