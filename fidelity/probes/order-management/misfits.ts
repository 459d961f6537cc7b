/** Bodies that do not fit. */
import { type Expectation, type Probe, refused } from '../../probe.ts';
import { DHL, line, long } from '../../purchases.ts';
import type { Body } from '../../request.ts';
import { D, inferred, O } from '../../sources.ts';
import { type Name, on } from './shared.ts';

const unprocessable = (...texts: readonly string[]) => refused(422, 'UNPROCESSABLE_ENTITY', ...texts);
const size = (field: string, max: number, min = 0) =>
  unprocessable(`The size of the ${field} value must be between ${min} and ${max}`);

/** What does not fit: operation, what it says, and the answer. Sizes are worded as the one documented example. */
const MISFITS: readonly (readonly [
  Name,
  string,
  Body,
  Expectation,
  (typeof D)[keyof typeof D] | ReturnType<typeof inferred>,
])[] = [
  ['capture', 'no-amount', {}, unprocessable("'captured_amount' must not be null"), O.recorded],
  ['refund', 'no-amount', {}, unprocessable("'refunded_amount' must not be null"), O.recorded],
  ['order-shipping', 'nothing', {}, unprocessable("'shipping_info' must not be null"), O.recorded],
  ['capture-shipping', 'nothing', {}, unprocessable("'shipping_info' must not be null"), O.recorded],
  ['update-authorization', 'no-amount', {}, unprocessable(), inferred('as recorded for captures')],
  ['due-date', 'no-days', {}, unprocessable(), inferred('as recorded for captures')],
  [
    'order-shipping',
    'long-company',
    { shipping_info: [{ shipping_company: long(101) }] },
    size('shipping_info/shipping_company', 100),
    D.om_errors,
  ],
  [
    'capture-shipping',
    'long-company',
    { shipping_info: [{ shipping_company: long(101) }] },
    size('shipping_info/shipping_company', 100),
    D.om_errors,
  ],
  [
    'capture',
    'long-company',
    { captured_amount: 1, shipping_info: [{ shipping_company: long(101) }] },
    size('shipping_info/shipping_company', 100),
    D.om_errors,
  ],
  [
    'order-shipping',
    'long-tracking-number',
    { shipping_info: [{ tracking_number: long(101) }] },
    unprocessable(),
    D.management,
  ],
  [
    'order-shipping',
    'long-tracking-uri',
    { shipping_info: [{ tracking_uri: long(1_025) }] },
    unprocessable(),
    D.management,
  ],
  [
    'order-shipping',
    'long-return-company',
    { shipping_info: [{ return_shipping_company: long(101) }] },
    unprocessable(),
    D.management,
  ],
  [
    'order-shipping',
    'long-return-uri',
    { shipping_info: [{ return_tracking_uri: long(1_025) }] },
    unprocessable(),
    D.management,
  ],
  ['order-shipping', 'method', { shipping_info: [{ shipping_method: 'Catapult' }] }, unprocessable(), D.management],
  ['order-shipping', 'empty', { shipping_info: [] }, unprocessable(), D.management],
  ['order-shipping', '501', { shipping_info: Array.from({ length: 501 }, () => DHL) }, unprocessable(), D.management],
  ['capture', 'negative', { captured_amount: -1 }, unprocessable(), D.management],
  ['capture', 'too-much', { captured_amount: 200_000_001 }, unprocessable(), D.management],
  ['capture', 'long-description', { captured_amount: 1, description: long(256) }, unprocessable(), D.management],
  ['capture', 'long-reference', { captured_amount: 1, reference: long(256) }, unprocessable(), D.management],
  [
    'capture',
    '1001-lines',
    { captured_amount: 1, order_lines: Array.from({ length: 1_001 }, () => line(1)) },
    unprocessable(),
    D.management,
  ],
  [
    'capture',
    'long-unit',
    { captured_amount: 1, order_lines: [line(1, { quantity_unit: long(11) })] },
    unprocessable(),
    D.management,
  ],
  [
    'capture',
    'long-name',
    { captured_amount: 1, order_lines: [line(1, { name: long(256) })] },
    unprocessable(),
    D.management,
  ],
  ['capture', 'delay', { captured_amount: 1, shipping_delay: -1 }, unprocessable(), D.management],
  ['refund', 'negative', { refunded_amount: -1 }, unprocessable(), D.management],
  ['refund', 'too-much', { refunded_amount: 200_000_001 }, unprocessable(), D.management],
  ['refund', 'long-description', { refunded_amount: 1, description: long(256) }, unprocessable(), D.management],
  ['refund', 'long-reference', { refunded_amount: 1, reference: long(256) }, unprocessable(), D.management],
  ['update-authorization', 'negative', { order_amount: -1 }, unprocessable(), D.management],
  ['update-authorization', 'too-much', { order_amount: 200_000_001 }, unprocessable(), D.management],
  [
    'update-authorization',
    'long-description',
    { order_amount: 1, description: long(256) },
    unprocessable(),
    D.management,
  ],
  ['references', 'long-1', { merchant_reference1: long(256) }, unprocessable(), D.management],
  ['references', 'long-2', { merchant_reference2: long(256) }, unprocessable(), D.management],
  ...(['given_name', 'family_name', 'email', 'phone', 'street_address', 'street_address2'] as const).map(
    (field) =>
      [
        'customer',
        `long-${field}`,
        { shipping_address: { [field]: long(101) } },
        unprocessable(),
        D.management,
      ] as const,
  ),
  ...(['city', 'region'] as const).map(
    (field) =>
      [
        'customer',
        `long-${field}`,
        { shipping_address: { [field]: long(201) } },
        unprocessable(),
        D.management,
      ] as const,
  ),
  [
    'customer',
    'long-organization',
    { shipping_address: { organization_name: long(256) } },
    unprocessable(),
    D.management,
  ],
  ['customer', 'long-postal-code', { shipping_address: { postal_code: long(11) } }, unprocessable(), D.management],
  ['capture', 'not-json', '{"captured_amount":', refused(400, 'BAD_REQUEST'), inferred('as in Klarna Payments')],
  ['refund', 'not-json', '{', refused(400, 'BAD_REQUEST'), inferred('as in Klarna Payments')],
  ['capture', 'fraction', { captured_amount: 10.5 }, refused(400, 'BAD_REQUEST'), inferred('amounts are integers')],
];

export const ALL_MISFITS: readonly Probe[] = MISFITS.map(([name, id, body, expect, source]) => {
  const given = name.includes('capture-') || name === 'due-date' || name === 'refund' ? 'captured' : 'order';
  return on(name, given)(`misfit-${id}`, `Refused: ${shortened(body)}`, source, expect, { body });
});

function shortened(body: Body): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const plain = text.replace(/x{20,}/g, (found) => `${found.length} characters`);
  return plain.length > 120 ? `${plain.slice(0, 120)}…` : plain;
}
