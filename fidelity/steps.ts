/**
 * The points to which a purchase is brought before a probe's request, as data: each step is some calls after another step. Calls of
 * Klarna's APIs run anywhere; those of the control API (a shopper, a clock, a decision) need a server that has one.
 */

import { bought, DHL, KEY, PURCHASE } from './purchases.ts';
import type { Body, Keep, Request, Variation } from './request.ts';

type BodyOf = Body | ((variation: Variation & { readonly purchase: object }) => Body);

/** What Klarna's APIs give a merchant no means to bring about. */
export type Need = 'a shopper' | 'a clock' | 'Klarna’s own decisions' | 'settings of the account';

/** A call of Klarna's, or one of the control API: `POST /clock`. */
export type StepCall = (
  | { readonly send: Omit<Request, 'body'> }
  | { readonly control: string; readonly needs: Need }
) & {
  readonly body?: BodyOf;
  readonly keep?: Keep;
  /** The status that it must have when it is no success. */
  readonly status?: number;
};

export interface Step {
  readonly after?: StepName;
  /** What the purchase is unless the probe says otherwise. */
  readonly variation?: Variation;
  readonly calls: readonly StepCall[];
}

export type StepName = keyof typeof TABLE;

const field = (path: string) => ({ field: path });
const header = (name: string) => ({ header: name });

const authorize = (keep: string): StepCall => ({
  control: 'POST /sessions/$session_id/authorize',
  needs: 'a shopper',
  body: ({ shopper = {} }) => shopper,
  keep: { [keep]: field('authorization_token') },
});
const advance = (duration: string): StepCall => ({
  control: 'POST /clock',
  needs: 'a clock',
  body: { advance: duration },
});
const capture = (body: BodyOf): StepCall => ({
  send: { call: 'POST /ordermanagement/v1/orders/{order_id}/captures' },
  body,
  keep: { capture_id: header('Capture-Id') },
});
const extend: StepCall = { send: { call: 'POST /ordermanagement/v1/orders/{order_id}/extend-authorization-time' } };
const shopperOnPage = (move: string): StepCall => ({
  control: `POST /hpp/sessions/$hosted_id/${move}`,
  needs: 'a shopper',
});
const order = { call: 'POST /payments/v1/authorizations/{authorization_token}/order' } as const;
const amountOf = (purchase: object) => (purchase as { order_amount: number }).order_amount;
const linesOf = (purchase: object) => (purchase as { order_lines: readonly object[] }).order_lines;

const TOKENIZED: Variation = { purchase: bought({ intent: 'tokenize' }) };

const TABLE = {
  nothing: { calls: [] },
  /** An account with a key in the newer form. */
  keyed: {
    calls: [
      {
        control: 'POST /merchants/$merchant_id/credentials',
        needs: 'settings of the account',
        body: { api_key: true },
        keep: { api_key: field('api_key') },
      },
    ],
  },
  session: {
    calls: [
      {
        send: { call: 'POST /payments/v1/sessions' },
        body: ({ purchase }) => purchase,
        keep: { session_id: field('session_id') },
      },
    ],
  },
  authorized: { after: 'session', calls: [authorize('authorization_token')] },
  /** Approved twice; the second token is the newest. */
  authorized_twice: { after: 'session', calls: [authorize('authorization_token'), authorize('newest_token')] },
  /** Tried and not approved. */
  declined: { after: 'session', calls: [{ ...authorize('code'), keep: { code: field('code') } }] },
  order: {
    after: 'authorized',
    calls: [
      {
        send: order,
        body: ({ purchase, order: more = {} }) => ({ ...purchase, ...more }),
        keep: { order_id: field('order_id') },
      },
    ],
  },
  part_captured: { after: 'order', calls: [capture({ captured_amount: 4_000 })] },
  captured: {
    after: 'order',
    calls: [capture(({ purchase }) => ({ captured_amount: amountOf(purchase), order_lines: linesOf(purchase) }))],
  },
  refunded: {
    after: 'captured',
    calls: [
      {
        send: { call: 'POST /ordermanagement/v1/orders/{order_id}/refunds' },
        body: { refunded_amount: 1_000 },
        keep: { refund_id: header('Refund-Id') },
      },
    ],
  },
  cancelled: { after: 'order', calls: [{ send: { call: 'POST /ordermanagement/v1/orders/{order_id}/cancel' } }] },
  expired: { after: 'order', calls: [advance('P28D')] },
  closed: {
    after: 'captured',
    calls: [{ control: 'POST /orders/$order_id/close', needs: 'Klarna’s own decisions' }],
  },
  shipped: {
    after: 'order',
    calls: [
      { send: { call: 'POST /ordermanagement/v1/orders/{order_id}/shipping-info' }, body: { shipping_info: [DHL] } },
    ],
  },
  ten_days_old: {
    after: 'order',
    calls: [
      { send: { call: 'GET /ordermanagement/v1/orders/{order_id}' }, keep: { first_expiry: field('expires_at') } },
      advance('P10D'),
    ],
  },
  /** Extended every twenty days, and 181 days old. */
  half_a_year_old: {
    after: 'order',
    calls: [...Array.from({ length: 8 }, () => [advance('P20D'), extend]).flat(), advance('P21D')],
  },
  two_years_old: { after: 'order', calls: [advance('P2Y')] },
  three_years_old: { after: 'order', calls: [advance('P3Y'), advance('P1D')] },
  /** Captured under a key, more than a day ago. */
  captured_under_old_key: {
    after: 'order',
    calls: [
      {
        send: {
          call: 'POST /ordermanagement/v1/orders/{order_id}/captures',
          headers: { 'Klarna-Idempotency-Key': KEY },
        },
        body: { captured_amount: 1_000 },
        keep: { first_id: header('Capture-Id') },
      },
      advance('PT25H'),
    ],
  },
  /** A pending order five minutes later: decided, for the test people who wait that long. */
  decided: { after: 'order', calls: [advance('PT5M')] },
  decided_long_ago: { after: 'order', calls: [advance('PT5M'), advance('PT4H')] },
  session_expired: { after: 'session', calls: [advance('PT48H')] },
  token_expired: { after: 'authorized', calls: [advance('PT60M')] },
  /** The order was placed more than an hour ago, so its token would have expired. */
  order_of_old: { after: 'order', calls: [advance('PT61M')] },
  authorization_deleted: {
    after: 'authorized',
    calls: [{ send: { call: 'DELETE /payments/v1/authorizations/{authorization_token}' } }],
  },

  hosted: {
    after: 'session',
    calls: [
      {
        send: { call: 'POST /hpp/v1/sessions' },
        body: ({ hosted = {} }) => ({ payment_session_url: '$url/payments/v1/sessions/$session_id', ...hosted }),
        keep: { hosted_id: field('session_id') },
      },
    ],
  },
  hosted_opened: { after: 'hosted', calls: [shopperOnPage('open')] },
  hosted_completed: { after: 'hosted', calls: [shopperOnPage('complete')] },
  hosted_back: { after: 'hosted', calls: [shopperOnPage('back')] },
  hosted_cancelled: { after: 'hosted', calls: [shopperOnPage('cancel')] },
  hosted_failed: { after: 'hosted', calls: [shopperOnPage('fail')] },
  hosted_error: { after: 'hosted', calls: [shopperOnPage('error')] },
  hosted_disabled: {
    after: 'hosted',
    calls: [{ send: { call: 'DELETE /hpp/v1/sessions/{session_id}', vars: { session_id: '$hosted_id' } } }],
  },
  hosted_expired: { after: 'hosted', calls: [advance('PT47H')] },

  tokenized: { after: 'authorized', variation: TOKENIZED, calls: [] },
  token: {
    after: 'tokenized',
    calls: [
      {
        send: { call: 'POST /payments/v1/authorizations/{authorization_token}/customer-token' },
        body: ({ purchase }) => ({
          ...pick(purchase, ['purchase_country', 'purchase_currency', 'locale']),
          description: 'Membership',
          intended_use: 'SUBSCRIPTION',
        }),
        keep: { customer_token: field('token_id') },
      },
    ],
  },
  token_cancelled: {
    after: 'token',
    calls: [
      { send: { call: 'PATCH /customer-token/v1/tokens/{customer_token}/status' }, body: { status: 'CANCELLED' } },
    ],
  },
  /** What the token charges fails from now on. */
  token_failing: {
    after: 'token',
    calls: [
      {
        control: 'POST /customer-tokens/$customer_token/instrument',
        needs: 'Klarna’s own decisions',
        body: { works: false },
      },
    ],
  },
  /** A charge failed, and may be recovered with the shopper. */
  charge_failed: {
    after: 'token_failing',
    calls: [
      {
        send: { call: 'POST /customer-token/v1/tokens/{customer_token}/order' },
        body: ({ purchase }) => ({
          ...pick(purchase, ['purchase_currency', 'order_amount', 'order_tax_amount', 'order_lines']),
          step_up: 'SUPPORTED',
        }),
        status: 403,
        keep: { step_up_id: field('step_up_id') },
      },
    ],
  },
  token_suspended: {
    after: 'token',
    calls: [{ control: 'POST /customer-tokens/$customer_token/suspend', needs: 'Klarna’s own decisions' }],
  },

  disputed: {
    after: 'captured',
    calls: [
      {
        control: 'POST /orders/$order_id/disputes',
        needs: 'a shopper',
        body: { reason: 'PRODUCTS_OR_SERVICES_NOT_RECEIVED' },
      },
      {
        send: { call: 'GET /v4/payment/disputes', path: '/v4/payment/disputes?order_ids=$order_id' },
        keep: { dispute_id: field('disputes[0].payment_dispute_id') },
      },
    ],
  },
  dispute_attached: {
    after: 'disputed',
    calls: [
      {
        send: {
          call: 'POST /v4/payment/disputes/{dispute_id}/attachments',
          form: { file: { name: 'proof.pdf', type: 'application/pdf', bytes: 200 } },
        },
        keep: { attachment_id: field('payment_dispute_attachment_id') },
      },
    ],
  },
  represented: {
    after: 'dispute_attached',
    calls: [
      {
        send: { call: 'POST /v4/payment/disputes/{dispute_id}/represent' },
        body: { attachments: [{ payment_dispute_attachment_id: '$attachment_id' }] },
      },
    ],
  },
  pre_arbitration: {
    after: 'represented',
    calls: [
      {
        control: 'POST /disputes/$dispute_id/decide',
        needs: 'Klarna’s own decisions',
        body: { outcome: 'LOST' },
      },
    ],
  },
  arbitration: {
    after: 'pre_arbitration',
    calls: [
      {
        send: { call: 'POST /v4/payment/disputes/{dispute_id}/appeal' },
        body: { additional_information: 'The parcel was signed for.' },
      },
    ],
  },
  dispute_lost: {
    after: 'disputed',
    calls: [{ send: { call: 'POST /v4/payment/disputes/{dispute_id}/accept-loss' } }],
  },
  dispute_out_of_time: { after: 'disputed', calls: [advance('P22D')] },
  disputed_v2: {
    after: 'disputed',
    calls: [
      {
        send: { call: 'GET /disputes/v2/disputes', path: '/disputes/v2/disputes?order_id=$order_id' },
        keep: {
          dispute_krn: field('disputes[0].dispute_krn'),
          request_id: field('disputes[0].requests[0].request_id'),
        },
      },
    ],
  },

  paid_out: {
    after: 'captured',
    calls: [
      { control: 'POST /payouts', needs: 'Klarna’s own decisions' },
      {
        send: { call: 'GET /settlements/v1/payouts' },
        keep: { payment_reference: field('payouts[0].payment_reference') },
      },
    ],
  },
  refund_paid_out: {
    after: 'refunded',
    calls: [
      { control: 'POST /payouts', needs: 'Klarna’s own decisions' },
      {
        send: { call: 'GET /settlements/v1/payouts' },
        keep: { payment_reference: field('payouts[0].payment_reference') },
      },
    ],
  },
} as const satisfies Record<string, { after?: string; variation?: Variation; calls: readonly StepCall[] }>;

/** The steps by name. */
export const STEPS: Readonly<Record<StepName, Step>> = TABLE;

/** What the probes start from unless they, or a step, say otherwise. */
export const USUAL: Variation & { readonly purchase: object } = { purchase: PURCHASE };

function pick(from: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}
