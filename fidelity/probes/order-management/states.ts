/** Every operation on an order that nobody has, and every write in every state. */
import { type Probe, refused } from '../../probe.ts';
import { NOBODY } from '../../purchases.ts';
import { D, inferred } from '../../sources.ts';
import { CALLS, leaves, type Name, on } from './shared.ts';

const NAMES = Object.keys(CALLS) as Name[];

/** What an unknown order is answered where the documents give the words. */
const UNKNOWN_TEXTS: Partial<Record<Name, string>> = {
  'read-order': `Order ${NOBODY} cannot be found`,
  acknowledge: `Order ${NOBODY} cannot be found. Acknowledgement not possible.`,
  'order-shipping': `Order ${NOBODY} cannot be found. Shipping info cannot be added to order ${NOBODY}.`,
  'capture-shipping': `Order ${NOBODY} cannot be found. Shipping info cannot be added to capture ${NOBODY}.`,
  references: 'Order cannot be found. Merchant references cannot be updated.',
};
const UNKNOWN_CODES: Partial<Record<Name, string>> = { refund: 'NOT_FOUND', 'read-refund': 'NOT_FOUND' };
const nobody = { order_id: NOBODY, capture_id: NOBODY, refund_id: NOBODY };

export const IDS: readonly Probe[] = NAMES.flatMap((name) => {
  const text = UNKNOWN_TEXTS[name];
  return [
    on(name, 'nothing')(
      'unknown-order',
      'An order that nobody has is 404',
      D.om_errors,
      refused(404, UNKNOWN_CODES[name] ?? 'NO_SUCH_ORDER', ...(text ? [text] : [])),
      { vars: nobody },
    ),
    on(name, 'nothing')(
      'malformed-id',
      'An id that is no UUID is 400',
      D.om_errors,
      refused(400, 'INVALID_ORDER_ID', 'Order ID must be a valid UUID.'),
      { vars: { ...nobody, order_id: 'nonsense' } },
    ),
  ];
});

const STATES = ['order', 'part_captured', 'captured', 'cancelled', 'expired', 'closed'] as const;
const AFTER = ['AUTHORIZED', 'PART_CAPTURED', 'CAPTURED', 'CANCELLED', 'EXPIRED', 'CLOSED'] as const;
/** Where the documents do not speak of that state, with what the inference leans on. */
type Cell = string | readonly [cell: string, inference: string];

const told = 'documented for another state of the order';
const unsaid = 'not said for this state';

/** What each write is answered in each state, and the state that it leaves. Empty: probed elsewhere. */
const STATE_TABLE: Readonly<Partial<Record<Name, readonly Cell[]>>> = {
  acknowledge: [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
  ],
  capture: [
    '201 PART_CAPTURED',
    '201 PART_CAPTURED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
    '403 CAPTURE_NOT_ALLOWED',
  ],
  'update-authorization': [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    ['403 NOT_ALLOWED', told],
  ],
  references: [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '204 EXPIRED',
    ['204 CLOSED', unsaid],
  ],
  customer: [
    '204 AUTHORIZED',
    ['204 PART_CAPTURED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
  ],
  'order-shipping': [
    '204 AUTHORIZED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    ['204 CANCELLED', unsaid],
    ['204 EXPIRED', unsaid],
    ['204 CLOSED', unsaid],
  ],
  'capture-shipping': [
    '403 NOT_ALLOWED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    ['204 CLOSED', unsaid],
  ],
  'send-out': [
    '403 NOT_ALLOWED',
    '204 PART_CAPTURED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    ['204 CLOSED', unsaid],
  ],
  cancel: [
    '204 CANCELLED',
    '403 CANCEL_NOT_ALLOWED',
    '403 CANCEL_NOT_ALLOWED',
    '',
    ['403 CANCEL_NOT_ALLOWED', unsaid],
    '403 CANCEL_NOT_ALLOWED',
  ],
  release: [
    '403 NOT_ALLOWED',
    '204 CAPTURED',
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    ['403 NOT_ALLOWED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
  ],
  extend: [
    '204 AUTHORIZED',
    ['204 PART_CAPTURED', unsaid],
    ['403 NOT_ALLOWED', unsaid],
    '403 NOT_ALLOWED',
    '403 NOT_ALLOWED',
    ['403 NOT_ALLOWED', unsaid],
  ],
  refund: [
    '403 REFUND_NOT_ALLOWED',
    '201 PART_CAPTURED',
    '201 CAPTURED',
    '403 REFUND_NOT_ALLOWED',
    '403 REFUND_NOT_ALLOWED',
    ['403 REFUND_NOT_ALLOWED', unsaid],
  ],
};

export const BY_STATE: readonly Probe[] = Object.entries(STATE_TABLE).flatMap(([name, cells]) =>
  cells.flatMap((cell, index): Probe[] => {
    const [wanted, why] = typeof cell === 'string' ? [cell] : cell;
    if (wanted === '') return [];
    const [status, word = ''] = wanted.split(' ');
    const given = STATES[index] ?? 'order';
    const state = AFTER[index] ?? '';
    const make = on(name as Name, given);
    const source = why ? inferred(`view and change orders; ${why}`) : D.view;
    const id = `when-${state.toLowerCase().replace('_', '-')}`;
    // Where there is no capture, one that nobody has is asked for: the order's state comes first.
    const vars = {
      vars: { capture_id: ['part_captured', 'captured', 'closed'].includes(given) ? '$capture_id' : NOBODY },
    };
    if (status === '403') return [make(id, `Refused while the order is ${state}`, source, refused(403, word), vars)];
    return [
      make(
        id,
        `Done while the order is ${state}, which leaves it ${word}`,
        source,
        { status: Number(status), empty: true },
        { ...vars, afterwards: leaves({ status: word }) },
      ),
    ];
  }),
);
