/**
 * What Purse remembers besides Klarna's own state: the merchant's session, and a payment with its transactions, each of which stands for
 * something that was tried at Klarna. Amounts are minor units, times epoch ms of the merchant's clock.
 */
import type { Order } from '../../wire/purse.ts';
import { DAY_MS } from '../engine/state.ts';
import type { PspStatus } from './statuses.ts';

type Generation = 'v1' | 'v2';
/** MANUAL: the shop captures (two steps). AUTOMATIC: captured with the authorization (one step), or some time after it. */
type CaptureMode = 'MANUAL' | 'AUTOMATIC';

export interface PurseSession {
  /** Also the id of the payment session at Klarna, once there is one: so the log tells one story. */
  readonly session_id: string;
  readonly merchant_id: string;
  readonly entity_id: string;
  readonly generation: Generation;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
  /** Less than the order's when a part is paid another way. Absent: the order's. */
  readonly amount?: number;
  readonly order: Order;
  /** Where transactions are announced. */
  readonly hook?: string;
  readonly capture: CaptureMode;
  readonly capture_delay_ms?: number;
  /** The shopper agrees to be charged again without being there. */
  readonly future_usage: boolean;
  readonly integration_mode: 'EMBEDDED' | 'HOSTED_PAGE';
  /** Klarna's hosted session over which the shopper pays; made by INIT. */
  readonly begun?: Begun;
  /** Ids of the payments that were tried, oldest first. */
  readonly payments: readonly string[];
  /** The merchant withdrew it. */
  readonly aborted?: true;
  /** The payment link whose try it is. */
  readonly link?: LinkMark;
  /** The record of the idempotency key that it was made under. */
  readonly made_under?: string;
}

/** What a merchant's session is made of; the rest follows from the account and the time. */
export type Wanted = Pick<PurseSession, 'generation' | 'entity_id' | 'order' | 'capture' | 'future_usage'> &
  Partial<Pick<PurseSession, 'amount' | 'hook' | 'capture_delay_ms' | 'integration_mode' | 'link' | 'made_under'>>;

export interface LinkMark {
  readonly link_id: string;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
}

/** A payment link: paid once, tried as often as it takes, each time in a session of its own once the last one cannot be paid in. */
export interface PurseLink extends LinkMark {
  readonly merchant_id: string;
  readonly wanted: Wanted;
  /** Of the latest try. */
  readonly session_id?: string;
}

interface Begun {
  readonly hosted_id: string;
  readonly url: string;
  readonly step_id: number;
  /** As the shopper chose; another choice begins anew. */
  readonly amount?: number;
  readonly save_token: boolean;
}

export type Action = 'INIT' | 'APPLY' | 'AUTHORIZE' | 'CAPTURE' | 'VOID' | 'REFUND';

export interface Transaction {
  /** A capture's and a refund's is the id that Klarna gave them. */
  readonly id: string;
  readonly action: Action;
  /** CAPTURE and VOID: the authorization. REFUND: the capture. */
  readonly parent?: string;
  readonly psp_status: PspStatus;
  readonly amount: number;
  readonly at_ms: number;
  /** What was wrong, in Purse's words: `Bad value: order.currency_code`. */
  readonly description?: string;
}

export interface PursePayment {
  /** The id of its first transaction, the authorization (or the capture, where there is one step only). */
  readonly payment_id: string;
  readonly merchant_id: string;
  readonly entity_id: string;
  readonly generation: Generation;
  /** Purse's session, and Klarna's. */
  readonly session_id: string;
  readonly created_at_ms: number;
  /** Rises with each change, so that a notification that was overtaken can be told. */
  readonly version: number;
  readonly currency: string;
  readonly order_reference?: string;
  readonly customer_reference?: string;
  readonly redirection?: string;
  readonly hook?: string;
  readonly capture: CaptureMode;
  readonly capture_delay_ms?: number;
  readonly future_usage: boolean;
  readonly hosted_id?: string;
  /** The token that a page of the shop's own brought, in place of a hosted session. */
  readonly authorization_token?: string;
  readonly order_id?: string;
  readonly customer_token_id?: string;
  readonly link?: LinkMark;
  /** What lost disputes gave back to the shopper. Purse has no transaction for it. */
  readonly charged_back?: number;
  /** The first one is the authorization. */
  readonly transactions: readonly [Transaction, ...Transaction[]];
  /** Operations that carried an idempotency key, oldest first. */
  readonly answered: readonly Answered[];
}

/** An operation that was made under a key: a repeat is told its id. */
export interface Answered {
  readonly key: string;
  readonly operation_id: string;
}

export const LIMITS = {
  /** How long a payment link can be paid. Purse does not say. */
  link_ms: 30 * DAY_MS,
  /** Payments that may be tried in one session. */
  payments: 100,
  /** Transactions of one payment. */
  transactions: 2_000,
  /** Keys that a payment remembers; beyond it the oldest go. */
  answered: 2_000,
} as const;
