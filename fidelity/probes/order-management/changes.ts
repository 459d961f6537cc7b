/** An order is changed, extended, released, cancelled. */
import { type Probe, refused } from '../../probe.ts';
import { ALMA, bought, IN_US, inMarket, line } from '../../purchases.ts';
import { D, inferred, O } from '../../sources.ts';
import { CALLS, DONE, leaves, on, paidBy, READ, review } from './shared.ts';

const authorization = on('update-authorization');
const raise = { body: { order_amount: 12_000, order_lines: [line(12_000)] } };
export const CHANGES: readonly Probe[] = [
  authorization('204', 'An authorization is replaced', D.management, DONE, {
    body: { order_amount: 9_000, order_lines: [line(9_000)] },
    afterwards: leaves({
      order_amount: 9_000,
      remaining_authorized_amount: 9_000,
      original_order_amount: 10_000,
      'order_lines[0].total_amount': 9_000,
    }),
  }),
  authorization('lines-gone', 'Lines that are not sent are gone', D.view, DONE, {
    afterwards: leaves({ order_lines: { length: 0 } }),
  }),
  authorization('raise', 'An invoice can be raised', D.view, DONE, {
    ...raise,
    variation: paidBy('invoice'),
    afterwards: leaves({ order_amount: 12_000 }),
  }),
  authorization('raise-fixed', 'A fixed amount can be in some markets', D.view, DONE, {
    ...raise,
    variation: paidBy('fixed_amount'),
    afterwards: leaves({ order_amount: 12_000 }),
  }),
  authorization('raise-fixed-gb', 'And not in others', D.view, refused(403, 'NOT_ALLOWED', 'Update not allowed.'), {
    ...raise,
    variation: paidBy('fixed_amount', inMarket('GB', 'GBP', 'en-GB')),
  }),
  authorization('raise-card', 'A card cannot', D.view, refused(403, 'NOT_ALLOWED', 'Update not allowed.'), {
    ...raise,
    variation: paidBy('pay_by_card'),
  }),
  authorization(
    'raise-ch',
    'Nor can anything in Switzerland',
    D.view,
    { status: 403, code: 'NOT_ALLOWED' },
    { ...raise, variation: paidBy('invoice', inMarket('CH', 'CHF', 'de-CH')) },
  ),
  authorization(
    'raise-refused',
    'A raise is a new risk decision',
    D.view,
    refused(403, 'NOT_ALLOWED', 'Update not allowed.'),
    {
      ...raise,
      variation: { ...paidBy('invoice'), settings: { risk_rules: [{ on: 'update', when: {}, decision: 'refuse' }] } },
    },
  ),
  authorization(
    'below-captured',
    'Less than what is captured is refused with both amounts',
    D.om_errors,
    refused(
      403,
      'NOT_ALLOWED',
      'Resulting authorization amount 3000 cannot be less than the captured amount 4000 for order. Order authorization cannot be updated',
    ),
    { given: 'part_captured', body: { order_amount: 3_000 } },
  ),
  authorization(
    'to-captured',
    'Exactly what is captured completes the order',
    inferred('nothing is left to capture'),
    DONE,
    {
      given: 'part_captured',
      body: { order_amount: 4_000 },
      afterwards: leaves({ status: 'CAPTURED', remaining_authorized_amount: 0 }),
    },
  ),
  authorization(
    'captured-text',
    'A captured order says so in general words',
    D.om_errors,
    refused(403, 'NOT_ALLOWED', 'Update not allowed.'),
    { given: 'captured' },
  ),
  authorization('unknown-keys', 'Unknown keys are ignored', O.clients, DONE, {
    body: { order_amount: 9_000, order_tax_amount: 1_800 },
  }),
  on('references')('merge', 'A reference that is not sent stays', O.recorded, DONE, {
    body: { merchant_reference2: 'b' },
    variation: { purchase: bought({ merchant_reference1: 'a' }) },
    afterwards: leaves({ merchant_reference1: 'a', merchant_reference2: 'b' }),
  }),
  on('references')('clear', 'An empty one clears', D.view, DONE, {
    body: { merchant_reference1: '' },
    variation: { purchase: bought({ merchant_reference1: 'a' }) },
    afterwards: leaves({ merchant_reference1: '' }),
  }),
  on('references')('number', 'It may be a number', O.clients, DONE, {
    body: { merchant_reference2: 4711 },
    afterwards: leaves({ merchant_reference2: '4711' }),
  }),
  on('customer')('merge', 'The shipping address is changed field by field', O.recorded, DONE, {
    variation: { purchase: bought({ billing_address: ALMA }) },
    body: { shipping_address: { city: 'Lund' } },
    afterwards: leaves({
      'shipping_address.city': 'Lund',
      'shipping_address.given_name': 'Alma',
      'billing_address.city': 'Stockholm',
    }),
  }),
  on('customer')(
    'billing',
    'The billing address is not',
    D.om_errors,
    refused(
      403,
      'NOT_ALLOWED',
      'Billing address cannot be updated for user account order. Customer details cannot be updated.',
    ),
    { body: { billing_address: ALMA } },
  ),
  on('customer')(
    'invalid',
    'An address that cannot be is 422 INVALID_ADDRESS',
    D.om_errors,
    refused(422, 'INVALID_ADDRESS', 'The shipping and/or billing address is invalid'),
    { body: { shipping_address: { postal_code: 'ABCDE' } } },
  ),
  on('customer')(
    'refused',
    'A new risk decision may refuse it',
    D.view,
    { status: 403, code: 'NOT_ALLOWED' },
    { variation: { settings: { risk_rules: [{ on: 'customer_details', when: {}, decision: 'refuse' }] } } },
  ),
  on('extend')('same-day', 'On the day of the order extending changes nothing', D.expiry, DONE, {
    first: [{ call: READ, keep: { first_expiry: { field: 'expires_at' } } }],
    afterwards: leaves({ expires_at: '$first_expiry', status: 'AUTHORIZED' }),
  }),
  on('extend', 'ten_days_old')('later', 'Later it gives a new midnight', D.expiry, DONE, {
    afterwards: leaves({ expires_at: { not: '$first_expiry' }, status: 'AUTHORIZED' }),
  }),
  on('extend', 'half_a_year_old')('180-days', 'After 180 days no more', D.expiry, { status: 403, code: 'NOT_ALLOWED' }),
  on('extend')(
    'expired-text',
    'An expired order cannot be',
    D.om_errors,
    refused(403, 'NOT_ALLOWED', 'Order is expired. Authorization time cannot be extended.'),
    { given: 'expired' },
  ),
  on('extend')(
    'card',
    'Nor one that was paid by card',
    D.expiry,
    { status: 403, code: 'NOT_ALLOWED' },
    { variation: paidBy('pay_by_card') },
  ),
  on('extend')(
    'financing',
    'Nor US financing',
    D.expiry,
    { status: 403, code: 'NOT_ALLOWED' },
    { variation: paidBy('fixed_sum_credit', IN_US) },
  ),
  on('extend')('twice', 'Twice is 204 twice', O.recorded, DONE, { first: [CALLS.extend] }),
  on('release')(
    'captured-text',
    'A captured order has nothing to release',
    D.om_errors,
    refused(403, 'NOT_ALLOWED', 'Order is fully captured. Remaining authorization cannot be released.'),
    { given: 'captured' },
  ),
  on('release', 'part_captured')('remaining', 'What was not captured is let go', D.refund, DONE, {
    afterwards: leaves({
      status: 'CAPTURED',
      remaining_authorized_amount: 0,
      captured_amount: 4_000,
      order_amount: 10_000,
    }),
  }),
  on('cancel')(
    'captured-text',
    'After a capture it is too late to cancel',
    D.om_errors,
    refused(403, 'CANCEL_NOT_ALLOWED', 'Order has previous captures. Cancel not possible.'),
    { given: 'captured' },
  ),
  on('cancel')(
    'part-captured-text',
    'Also after a part',
    D.om_errors,
    refused(403, 'CANCEL_NOT_ALLOWED', 'Order has previous captures. Cancel not possible.'),
    { given: 'part_captured' },
  ),
  on('cancel')('remaining', 'Cancelled, nothing remains', D.management, DONE, {
    afterwards: leaves({ status: 'CANCELLED', remaining_authorized_amount: 0 }),
  }),
  on('cancel')('twice', 'Twice is 204 twice', O.recorded, DONE, { given: 'cancelled' }),
  on('cancel')('override', 'An accepted order can be cancelled after its review', D.pending, DONE, {
    given: 'decided',
    variation: review('accept'),
  }),
  on('acknowledge')('twice', 'Twice is 204 twice', O.recorded, DONE, { first: [CALLS.acknowledge] }),
  on('acknowledge')('empty-object', 'An empty object as body is fine', O.clients, DONE, { body: {} }),
];
