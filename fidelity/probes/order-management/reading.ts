/** An order is read: what it shows, in what shape, at what age. */
import { type Probe, refused } from '../../probe.ts';
import { ALMA, bought, line, purchase } from '../../purchases.ts';
import { D, O } from '../../sources.ts';
import { CAPTURED, capture, read, review } from './shared.ts';

const WHOLE = purchase([line(700, { reference: 'a' }), line(300)], {
  billing_address: ALMA,
  merchant_reference1: 'first',
  merchant_data: '{}',
});

export const READS: readonly Probe[] = [
  read('200', 'An order is read with 200', D.management, {
    status: 200,
    fields: { order_id: '$order_id', status: 'AUTHORIZED', fraud_status: 'ACCEPTED' },
  }),
  read('content-type', 'As application/json', O.recorded, {
    status: 200,
    headers: { 'Content-Type': /^application\/json/ },
  }),
  read('amounts', 'Four amounts: ordered, captured, refunded, remaining', D.management, {
    status: 200,
    fields: {
      order_amount: 10_000,
      original_order_amount: 10_000,
      captured_amount: 0,
      refunded_amount: 0,
      remaining_authorized_amount: 10_000,
    },
  }),
  read('market', 'Currency, country and locale', O.order, {
    status: 200,
    fields: { purchase_currency: 'SEK', purchase_country: 'SE', locale: 'sv-SE' },
  }),
  read('lists', 'Captures, refunds and shipments are lists, even when there are none', O.recorded, {
    status: 200,
    fields: { captures: { length: 0 }, refunds: { length: 0 }, shipping_info: { length: 0 } },
  }),
  read('reference', 'The reference that shoppers read is 7 or 8 letters and digits', D.view, {
    status: 200,
    fields: { klarna_reference: /^[A-Z0-9]{7,8}$/ },
  }),
  read('times', 'Times are UTC with milliseconds', D.view, {
    status: 200,
    fields: { created_at: { is: 'timestamp' } },
  }),
  read('expiry', 'It expires at midnight UTC', O.order, { status: 200, fields: { expires_at: { is: 'midnight' } } }),
  read('28-days', 'That of the day 28 days ahead', D.expiry, {
    status: 200,
    fields: { expires_at: { hours_ahead: [27 * 24, 28 * 24] } },
  }),
  read('no-tax', 'There is no order_tax_amount', O.recorded, {
    status: 200,
    fields: { order_amount: 10_000 },
    absent: ['order_tax_amount'],
  }),
  read(
    'line',
    'A line that said little is filled up',
    O.order,
    {
      status: 200,
      fields: {
        'order_lines[1].reference': '',
        'order_lines[1].quantity_unit': '',
        'order_lines[1].total_discount_amount': 0,
        'order_lines[1].tax_rate': 0,
        'order_lines[1].total_tax_amount': 0,
        'order_lines[1].type': 'physical',
      },
    },
    { variation: { purchase: WHOLE } },
  ),
  read('line-said', 'What a line said stays', D.management, {
    status: 200,
    fields: {
      'order_lines[0].reference': 'shoe',
      'order_lines[0].tax_rate': 2_500,
      'order_lines[0].total_tax_amount': 2_000,
      'order_lines[0].quantity': 1,
    },
  }),
  read(
    'line-more',
    'Identifiers and links of a line stay',
    D.management,
    {
      status: 200,
      fields: {
        'order_lines[0].product_identifiers.brand': 'shoe-brand',
        'order_lines[0].image_url': 'https://shop.example/shoe.png',
      },
    },
    {
      variation: {
        purchase: purchase([
          line(10_000, { product_identifiers: { brand: 'shoe-brand' }, image_url: 'https://shop.example/shoe.png' }),
        ]),
      },
    },
  ),
  read(
    'line-urls',
    'URLs that were not sent are not there',
    O.order,
    {
      status: 200,
      fields: { order_lines: { length: 2 } },
      absent: ['order_lines[1].product_url', 'order_lines[1].image_url'],
    },
    { variation: { purchase: WHOLE } },
  ),
  read(
    'address',
    'An address has its empty fields',
    O.order,
    {
      status: 200,
      fields: {
        'billing_address.city': 'Stockholm',
        'billing_address.region': '',
        'billing_address.title': '',
        'billing_address.street_address2': '',
      },
    },
    { variation: { purchase: WHOLE } },
  ),
  read(
    'shipping',
    'Shipping is billing unless said otherwise',
    D.payments,
    { status: 200, fields: { 'shipping_address.city': 'Stockholm' } },
    { variation: { purchase: WHOLE } },
  ),
  read(
    'merchant',
    'References and data of the merchant',
    D.management,
    { status: 200, fields: { merchant_reference1: 'first', merchant_data: '{}' } },
    { variation: { purchase: WHOLE } },
  ),
  read(
    'method',
    'The method has Order Management’s own name',
    D.management,
    {
      status: 200,
      fields: { 'initial_payment_method.type': 'INVOICE', 'initial_payment_method.description': { is: 'text' } },
    },
    { variation: { shopper: { payment_method: 'invoice' } } },
  ),
  read(
    'method-card',
    'Also that of a card',
    D.management,
    { status: 200, fields: { 'initial_payment_method.type': 'PAY_BY_CARD' } },
    { variation: { shopper: { payment_method: 'pay_by_card' } } },
  ),
  read(
    'upper-case',
    'Countries come back in upper case',
    O.order,
    { status: 200, fields: { purchase_country: 'SE' } },
    { variation: { purchase: bought({ purchase_country: 'se' }) } },
  ),
  read(
    'no-list',
    'There is no list of orders',
    D.management,
    { status: [403, 404, 405] },
    {
      given: 'nothing',
      path: '/ordermanagement/v1/orders',
    },
  ),
  read(
    'integrator',
    'A header that names the integrator is taken',
    D.management,
    { status: 200, fields: { order_id: '$order_id' } },
    { headers: { 'Klarna-Integrator': 'probe' } },
  ),
  read(
    'part-captured',
    'After a part the rest remains',
    D.view,
    {
      status: 200,
      fields: {
        status: 'PART_CAPTURED',
        captured_amount: 4_000,
        remaining_authorized_amount: 6_000,
        order_amount: 10_000,
      },
    },
    { given: 'part_captured' },
  ),
  read(
    'captured',
    'After the whole nothing remains',
    D.view,
    { status: 200, fields: { status: 'CAPTURED', captured_amount: 10_000, remaining_authorized_amount: 0 } },
    { given: 'captured' },
  ),
  read(
    'refunded',
    'A refund changes the amount and not the state',
    D.view,
    {
      status: 200,
      fields: {
        status: 'CAPTURED',
        refunded_amount: 1_000,
        captured_amount: 10_000,
        refunds: { length: 1 },
        'refunds[0].refund_id': '$refund_id',
      },
    },
    { given: 'refunded' },
  ),
  read(
    'cancelled',
    'Cancelled, nothing remains',
    D.view,
    { status: 200, fields: { status: 'CANCELLED', remaining_authorized_amount: 0 } },
    { given: 'cancelled' },
  ),
  read(
    'expired',
    'After 28 days it is EXPIRED',
    D.expiry,
    { status: 200, fields: { status: 'EXPIRED' } },
    { given: 'expired' },
  ),
  read(
    'pending',
    'In review the order is AUTHORIZED and PENDING',
    D.pending,
    { status: 200, fields: { status: 'AUTHORIZED', fraud_status: 'PENDING' } },
    { variation: review('accept') },
  ),
  read(
    'accepted',
    'The review ends with ACCEPTED',
    D.pending,
    { status: 200, fields: { status: 'AUTHORIZED', fraud_status: 'ACCEPTED' } },
    { given: 'decided', variation: review('accept') },
  ),
  read(
    'rejected',
    'Or with REJECTED',
    D.pending,
    { status: 200, fields: { fraud_status: 'REJECTED' } },
    { given: 'decided', variation: review('reject') },
  ),
  read(
    'rejected-long-ago',
    'Four hours after a rejection Klarna cancels',
    D.pending,
    { status: 200, fields: { status: 'CANCELLED' } },
    { given: 'decided_long_ago', variation: review('reject') },
  ),
];

export const AGES: readonly Probe[] = [
  read(
    'two-years',
    'After two years an order can be read',
    D.view,
    { status: 200, fields: { order_id: '$order_id' } },
    {
      given: 'two_years_old',
    },
  ),
  read('three-years', 'After three it cannot', D.view, refused(404, 'NO_SUCH_ORDER'), { given: 'three_years_old' }),
  read(
    'customer',
    'The shopper’s date of birth and number are there',
    D.management,
    {
      status: 200,
      fields: { 'customer.date_of_birth': '1970-01-01', 'customer.national_identification_number': '197001010000' },
    },
    {
      variation: {
        purchase: bought({
          customer: { date_of_birth: '1970-01-01', national_identification_number: '197001010000', type: 'person' },
        }),
      },
    },
  ),
  read(
    'customer-type',
    'And what kind of customer it is',
    O.order,
    { status: 200, fields: { 'customer.type': 'person' } },
    {
      variation: { purchase: bought({ customer: { type: 'person' } }) },
    },
  ),
  capture('delay', 'A delay of nothing is taken', D.management, CAPTURED, {
    body: { captured_amount: 1, shipping_delay: 0 },
  }),
];
