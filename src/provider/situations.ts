/**
 * Where a session or an order can stand, one example of each: the engine's own tables of states, and what of them can be told apart. What
 * the faces say about these is compared in docs/compatibility/statuses.md.
 */
import {
  HOSTED_STATUSES,
  type HostedSession,
  type HostedStatus,
  ORDER_STATUSES,
  type Order,
  type OrderStatus,
  type Session,
} from './engine/state.ts';

export interface Situation {
  /** In the engine's words. */
  readonly title: string;
  readonly about: 'session' | 'order';
  readonly session?: Session;
  readonly hosted?: HostedSession;
  readonly order?: Order;
  /** What lost disputes were about. */
  readonly charged_back?: readonly string[];
  readonly now_ms: number;
}

const NOW_MS = Date.UTC(2027, 0, 15, 12);
const LATER_MS = NOW_MS + 3_600_000;
const BEFORE_MS = NOW_MS - 3_600_000;

const SESSION: Session = {
  session_id: 'session',
  merchant_id: 'merchant',
  created_at_ms: BEFORE_MS,
  expires_at_ms: LATER_MS,
  status: 'incomplete',
  details: { purchase_country: 'SE', purchase_currency: 'SEK', order_amount: 100, order_lines: [] },
  categories: ['klarna'],
};

const APPROVED: Partial<Session> = {
  latest_try: 'approved',
  authorization_token: 'token',
  authorization_expires_at_ms: LATER_MS,
};

const ORDER: Order = {
  order_id: 'order',
  merchant_id: 'merchant',
  session_id: 'session',
  klarna_reference: 'REFERENCE',
  created_at_ms: BEFORE_MS,
  expires_at_ms: LATER_MS,
  status: 'AUTHORIZED',
  fraud_status: 'ACCEPTED',
  acknowledged: false,
  order_amount: 100,
  original_order_amount: 100,
  purchase_country: 'SE',
  purchase_currency: 'SEK',
  locale: 'sv-SE',
  order_lines: [],
  billing_address: {},
  merchant_urls: {},
  payment_method: { type: 'invoice' },
  captures: [],
  refunds: [],
  shipping_info: [],
  answers: [],
};

const session = (title: string, more: Partial<Session>, now_ms = NOW_MS): Situation => ({
  title,
  about: 'session',
  session: { ...SESSION, ...more },
  now_ms,
});

/** What each state of a hosted session goes with in the payment session behind it. */
const BEHIND: Readonly<Partial<Record<HostedStatus, Partial<Session>>>> = {
  COMPLETED: APPROVED,
  FAILED: { latest_try: 'refused' },
  ERROR: { latest_try: 'failed' },
};

const hosted = (status: HostedStatus, now_ms = NOW_MS): Situation => ({
  title: `hosted session ${status}${now_ms < LATER_MS ? '' : ', expired'}`,
  about: 'session',
  session: { ...SESSION, ...BEHIND[status] },
  hosted: {
    hosted_id: 'hosted',
    merchant_id: 'merchant',
    session_id: 'session',
    created_at_ms: BEFORE_MS,
    updated_at_ms: BEFORE_MS,
    expires_at_ms: LATER_MS,
    status,
    merchant_urls: {},
    options: {},
  },
  now_ms,
});

const order = (title: string, more: Partial<Order>): Situation => ({
  title,
  about: 'order',
  order: { ...ORDER, ...more },
  now_ms: NOW_MS,
});

const captured = (captured_amount: number, refunded_amount = 0): Partial<Order> => ({
  captures: [
    {
      capture_id: 'capture',
      klarna_reference: 'REFERENCE-1',
      captured_amount,
      captured_at_ms: BEFORE_MS,
      refunded_amount,
      description: '',
      order_lines: [],
      shipping_info: [],
    },
  ],
  refunds:
    refunded_amount === 0
      ? []
      : [
          {
            refund_id: 'refund',
            refunded_amount,
            refunded_at_ms: BEFORE_MS,
            description: '',
            reference: '',
            order_lines: [],
            allocations: [{ capture_id: 'capture', amount: refunded_amount }],
          },
        ],
});

/** What an order of each state has captured, where it has. */
const CAPTURED: Readonly<Partial<Record<OrderStatus, number>>> = { PART_CAPTURED: 60, CAPTURED: 100, CLOSED: 100 };

export const SITUATIONS: readonly Situation[] = [
  session('payment session without a try', {}),
  session('payment session, approved', APPROVED),
  session('payment session, approved and not used within the hour', {
    ...APPROVED,
    authorization_expires_at_ms: BEFORE_MS,
  }),
  session('payment session, declined', { latest_try: 'refused' }),
  session('payment session, something to correct', { latest_try: 'failed' }),
  session('payment session, given up', { latest_try: 'abandoned' }),
  session('payment session, token cancelled', { latest_try: 'reversed' }),
  session('payment session, became an order', { latest_try: 'approved', status: 'complete', order_id: 'order' }),
  session('payment session, expired', {}, LATER_MS),
  ...HOSTED_STATUSES.map((status) => hosted(status)),
  hosted('WAITING', LATER_MS),
  ...ORDER_STATUSES.map((status) => {
    const amount = CAPTURED[status];
    return order(`order ${status}`, { status, ...(amount !== undefined && captured(amount)) });
  }),
  order('order AUTHORIZED, in review', { fraud_status: 'PENDING' }),
  order('order CANCELLED while in review', { fraud_status: 'PENDING', status: 'CANCELLED' }),
  order('order AUTHORIZED, rejected', { fraud_status: 'REJECTED' }),
  order('order CANCELLED after the rejection', { fraud_status: 'REJECTED', status: 'CANCELLED' }),
  order('order CAPTURED, part released', { status: 'CAPTURED', ...captured(60) }),
  order('order CAPTURED, part refunded', { status: 'CAPTURED', ...captured(100, 40) }),
  order('order CAPTURED, all refunded', { status: 'CAPTURED', ...captured(100, 100) }),
  order('order CAPTURED, in dispute', {
    status: 'CAPTURED',
    ...captured(100),
    disputes: [{ dispute_id: 'dispute', amount: 100 }],
  }),
  {
    ...order('order CAPTURED, dispute lost', {
      status: 'CAPTURED',
      ...captured(100),
      disputes: [{ dispute_id: 'dispute', amount: 100, outcome: 'LOST' }],
    }),
    charged_back: ['capture'],
  },
];
