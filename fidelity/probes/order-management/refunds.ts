/** Refunds: amounts, return fees, and which capture they are booked against. */
import { error, type Probe, refused } from '../../probe.ts';
import { IN_US, line, NOBODY, purchase } from '../../purchases.ts';
import { D, inferred, O } from '../../sources.ts';
import { leaves, on, REFUNDED } from './shared.ts';

const refund = on('refund', 'captured');
const noRefund = (...texts: readonly string[]) => refused(403, 'REFUND_NOT_ALLOWED', ...texts);
const LINES = purchase([line(6_000, { reference: 'shoe' }), line(4_000, { reference: 'hat' })]);
const FEE = line(-500, { type: 'return_fee', reference: 'fee' });

export const REFUNDS: readonly Probe[] = [
  refund('201', 'A refund is 201 without a body', D.management, { status: 201, empty: true }),
  refund('id', 'Its id is in the header Refund-Id', D.management, {
    status: 201,
    headers: { 'Refund-Id': { is: 'uuid' } },
  }),
  refund('location', 'Location is absolute and leads to it', O.sdk_php, {
    status: 201,
    headers: { Location: /^https?:\/\/[^/]+\/ordermanagement\/v1\/orders\/[0-9a-f-]{36}\/refunds\/[0-9a-f-]{36}$/ },
  }),
  refund('whole', 'Refunded whole, the order stays CAPTURED', D.view, REFUNDED, {
    body: { refunded_amount: 10_000 },
    afterwards: leaves({ status: 'CAPTURED', refunded_amount: 10_000 }),
  }),
  refund(
    'over',
    'More than was captured is refused',
    D.om_errors,
    noRefund('Over refund is not allowed. Refund not possible.'),
    { body: { refunded_amount: 10_001 } },
  ),
  refund('over-in-all', 'In all, not each', D.om_errors, noRefund('Over refund is not allowed. Refund not possible.'), {
    given: 'refunded',
    body: { refunded_amount: 9_001 },
  }),
  refund(
    'no-captures',
    'Without captures there is nothing to refund',
    D.om_errors,
    noRefund('Order has no captures. Refund not possible'),
    { given: 'order' },
  ),
  refund('part', 'Of a part-captured order its captures', D.refund, REFUNDED, {
    given: 'part_captured',
    body: { refunded_amount: 4_000 },
    afterwards: leaves({ status: 'PART_CAPTURED', refunded_amount: 4_000, remaining_authorized_amount: 6_000 }),
  }),
  refund('zero', 'A refund of nothing is refused', inferred('as for captures'), error([403, 422]), {
    body: { refunded_amount: 0 },
  }),
  refund('allocated', 'Lines of one capture are booked against it', D.allocation, REFUNDED, {
    variation: { purchase: LINES },
    body: { refunded_amount: 4_000, order_lines: [line(4_000, { reference: 'hat' })] },
    afterwards: leaves({ 'captures[0].refunded_amount': 4_000 }),
  }),
  refund('not-allocated', 'Lines that add up otherwise are refunded and not booked', D.allocation, REFUNDED, {
    variation: { purchase: LINES },
    body: { refunded_amount: 4_000, order_lines: [line(3_000, { reference: 'hat' })] },
    afterwards: leaves({ refunded_amount: 4_000, 'captures[0].refunded_amount': 0 }),
  }),
  refund('foreign-lines', 'So are lines that were never captured', D.allocation, REFUNDED, {
    variation: { purchase: LINES },
    body: { refunded_amount: 4_000, order_lines: [line(4_000, { reference: 'coat' })] },
    afterwards: leaves({ refunded_amount: 4_000, 'captures[0].refunded_amount': 0 }),
  }),
  refund('return-fee', 'A return fee lowers the refund', D.allocation, REFUNDED, {
    variation: { purchase: LINES },
    body: { refunded_amount: 3_500, order_lines: [line(4_000, { reference: 'hat' }), FEE] },
  }),
  refund(
    'return-fee-sum',
    'Its lines must add up',
    D.allocation,
    { status: 403, code: 'REFUND_NOT_ALLOWED' },
    {
      variation: { purchase: LINES },
      body: { refunded_amount: 4_000, order_lines: [line(4_000, { reference: 'hat' }), FEE] },
    },
  ),
  refund(
    'return-fee-market',
    'Not every market knows it',
    D.allocation,
    { status: 403, code: 'REFUND_NOT_ALLOWED' },
    {
      variation: { purchase: IN_US },
      body: { refunded_amount: 9_500, order_lines: [line(10_000, { reference: 'shoe' }), FEE] },
    },
  ),
  on('read-refund', 'refunded')('200', 'A refund is read by its id', D.management, {
    status: 200,
    fields: { refund_id: '$refund_id', refunded_amount: 1_000, refunded_at: { is: 'timestamp' }, description: '' },
  }),
  on('read-refund', 'refunded')(
    'unknown',
    'One that nobody has is NOT_FOUND and says which',
    D.om_errors,
    { status: [404, 400], code: 'NOT_FOUND', messages: [`Refund ${NOBODY} cannot be found for order $order_id`] },
    { vars: { refund_id: NOBODY } },
  ),
];
