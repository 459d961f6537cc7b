/**
 * The engine's state: plain objects that survive a JSON round trip. Times are epoch ms of the merchant's clock,
 * amounts are minor units of the purchase currency.
 */

import type { RetryPolicy } from '../../wire/cybersource.ts';
import type { HostedOptions, HostedUrls } from '../../wire/hosted-payment-page.ts';
import type { Address, Customer, MerchantUrls, OrderLine, SessionCreate } from '../../wire/klarna-payments.ts';
import type { ManagedAddress, ManagedLine, ShippingInfo } from '../../wire/order-management.ts';
import type { FaultRule } from './ordered-faults.ts';
import type { SettlementTerms } from './settlement-state.ts';

export const REGIONS = ['any', 'eu', 'na', 'oc'] as const;
export type Region = (typeof REGIONS)[number];

export const CATEGORIES = [
  'klarna',
  'pay_later',
  'pay_now',
  'pay_over_time',
  'direct_bank_transfer',
  'direct_debit',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** The moments at which risk is asked. */
export const RISK_MOMENTS = [
  'session',
  'authorize',
  'create_order',
  'update',
  'customer_details',
  'capture',
  'tokenize',
  'charge',
] as const;
export type RiskMoment = (typeof RISK_MOMENTS)[number];

export const RISK_CODES = ['REFUSED', 'UNAVAILABLE_PAYMENT_METHOD', 'PAYMENT_METHOD_FAILED'] as const;

/** One rule of a merchant. All given conditions must hold; the first rule that holds decides. Amounts in minor units. */
export interface RiskRule {
  readonly on: RiskMoment;
  readonly when?: {
    readonly country?: string;
    readonly currency?: string;
    readonly category?: Category;
    readonly amount_over?: number;
    readonly amount_under?: number;
  };
  readonly decision: 'refuse' | 'review';
  /** The catalogue's code for the refusal. */
  readonly code?: (typeof RISK_CODES)[number];
}

export interface Merchant {
  readonly merchant_id: string;
  readonly name: string;
  readonly status: 'active' | 'inactive';
  /** The regional host the credentials belong to; 'any' works on every host. */
  readonly region: Region;
  /** How far the merchant's clock is ahead of real time. Never shrinks. */
  readonly clock_offset_ms: number;
  readonly credentials: readonly Credential[];
  readonly payment_method_categories: readonly Category[];
  /** Days that an authorization lasts: 28 unless the account has another period, at most 180. */
  readonly authorization_days: number;
  /** Whether an order may be placed for less than was authorized. */
  readonly lower_amount_allowed: boolean;
  /** Whether Klarna's request limits are enforced, and which. */
  readonly rate_limits: RateLimits;
  readonly risk_rules: readonly RiskRule[];
  /** What was ordered to go wrong. Absent as long as nothing is, so that looking costs nothing. */
  readonly faults?: readonly FaultRule[];
  /** Fees and payouts; absent in merchants that were stored before there were any. */
  readonly settlement?: SettlementTerms;
  /** How its disputes are handled; what is missing is as by default. */
  readonly disputes?: Partial<DisputeSettings>;
  readonly disputes_enrolled?: true;
  /** Who is told of what happens to its disputes. */
  readonly webhooks?: readonly Webhook[];
  /** With which calls of Cybersource's API are signed. */
  readonly cybersource_keys?: readonly CybersourceKey[];
  /** With which its webhooks are signed. */
  readonly cybersource_webhook_key?: CybersourceWebhookKey;
  readonly cybersource_webhooks?: readonly CybersourceWebhook[];
  /** Whether an authorization may repeat the merchant's reference of one in the last 15 minutes. */
  readonly cybersource_duplicates?: 'refused' | 'accepted';
  /** Who the merchant is to Purse's APIs; absent: nobody. */
  readonly purse?: PurseAccount;
}

export interface DisputeSettings {
  /** What a lost dispute costs, in minor units of the purchase currency. */
  readonly fee_amount: number;
  readonly hold_policy: 'NONE' | 'ON_DISPUTE_INITIATED';
  /** Disputes of less than this are lost without a question. */
  readonly threshold_amount: number;
}

/** An endpoint that is called with signed events. */
export interface Webhook {
  readonly webhook_id: string;
  readonly url: string;
  /** Empty: all there are. */
  readonly event_types: readonly string[];
  readonly signing_key_id: string;
  /** Every event is signed with it, so it has to be had again; shown once. */
  readonly sealed_secret: string;
}

/** A key of Cybersource's API. What signs symmetrically has to be had again, so it is kept sealed and not as a hash. */
export interface CybersourceKey {
  readonly key_id: string;
  readonly type: 'shared_secret' | 'p12';
  readonly made_at_ms: number;
  readonly sealed_secret?: string;
  /** PEM, of a certificate. */
  readonly public_key?: string;
}

interface CybersourceWebhookKey {
  readonly key_id: string;
  readonly sealed_key: string;
  readonly expires_at_ms: number;
}

/** A subscription to what happens to payments. */
export interface CybersourceWebhook {
  readonly webhook_id: string;
  readonly url: string;
  readonly health_check_url?: string;
  readonly name?: string;
  readonly description?: string;
  readonly products: readonly { readonly productId: string; readonly eventTypes: readonly string[] }[];
  readonly made_at_ms: number;
  /** Its own rule of repetition, as it was sent. */
  readonly retry?: RetryPolicy;
  /** Absent: active. SUSPENDED because nobody answered, INACTIVE because its owner said so. What happens meanwhile is kept for it. */
  readonly status?: 'SUSPENDED' | 'INACTIVE';
}

export const RATE_LIMITS = ['off', 'playground', 'live'] as const;
export type RateLimits = (typeof RATE_LIMITS)[number];

/** The secret is kept only as a salted hash. */
export interface Credential {
  readonly username: string;
  readonly salt: string;
  readonly hash: string;
}

/** A merchant's account at Purse, and how Klarna is set up there. */
export interface PurseAccount {
  readonly entity_id: string;
  /** Known to browsers. */
  readonly api_key: string;
  readonly client: Credential;
  /** Access tokens that were made before this real time are over. */
  readonly tokens_since_ms: number;
  /** AUTOMATIC: one step, captured with the authorization, where the session does not say. */
  readonly capture: 'MANUAL' | 'AUTOMATIC';
  readonly integration_mode: 'popup' | 'redirection';
  /** Whether a shopper can leave a token behind that is charged later. */
  readonly save_token: boolean;
}

/** What the engine may know of the world: the merchant, the merchant's time, and where new ids come from. */
export interface Context {
  readonly merchant: Merchant;
  readonly now_ms: number;
  /** A new UUID, ordered by time. */
  id(): string;
  /** A new customer-friendly reference: eight upper-case letters and digits. */
  reference(): string;
}

/** What a face keeps of its own with a session or an order. The engine carries it along and never looks inside. */
interface FaceNotes {
  readonly cybersource?: object;
}

export interface Session {
  readonly session_id: string;
  readonly merchant_id: string;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
  readonly status: 'incomplete' | 'complete';
  /** What the merchant and the shopper's page sent, merged. */
  readonly details: SessionCreate;
  readonly categories: readonly Category[];
  /** The newest authorization's token, and until when it can be used. */
  readonly authorization_token?: string;
  readonly authorization_expires_at_ms?: number;
  readonly order_id?: string;
  readonly completed_at_ms?: number;
  /** What only the shopper has sent; not shown to the merchant until there is an authorization. */
  readonly unshown?: readonly PersonalField[];
  /** The newest approval, while it waits for `finalize`. */
  readonly unfinalized?: Unfinalized;
  /** What the shopper's latest try came to. */
  readonly latest_try?: 'approved' | 'refused' | 'abandoned' | 'failed' | 'reversed';
  /** The customer token that gets the method chosen here, because charging it failed. */
  readonly recovers?: string;
  /** Another face that tells what becomes of it, see `follow.ts`. */
  readonly follower?: string;
  readonly notes?: FaceNotes;
}

export const PERSONAL_FIELDS = ['billing_address', 'shipping_address', 'customer'] as const;
export type PersonalField = (typeof PERSONAL_FIELDS)[number];

/** How a pending order will be decided, unless somebody decides before. */
export interface Review {
  readonly decide_after_ms: number;
  readonly decision: 'accept' | 'reject';
}

export interface PaymentMethod {
  /** As Klarna Payments names it. */
  readonly type: PaymentMethodType;
  readonly number_of_days?: number;
  readonly number_of_installments?: number;
}

export const PAYMENT_METHOD_TYPES = [
  'invoice',
  'fixed_amount',
  'base_account',
  'direct_debit',
  'direct_bank_transfer',
  'b2b_invoice',
  'card',
  'slice_it_by_card',
  'pay_later_by_card',
  'pay_by_card',
  'fixed_sum_credit',
  'alternative_payment_method',
] as const;
export type PaymentMethodType = (typeof PAYMENT_METHOD_TYPES)[number];

export interface Authorization {
  readonly authorization_token: string;
  readonly session_id: string;
  readonly merchant_id: string;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
  readonly status: 'live' | 'cancelled' | 'consumed';
  readonly category: Category;
  readonly payment_method: PaymentMethod;
  /** The amount that was approved; more than this needs a new decision. */
  readonly authorized_amount: number;
  readonly review?: Review;
  readonly order_id?: string;
  /** A digest of the body that placed the order, to tell a repeat from another order. */
  readonly order_digest?: string;
  /** The customer token that was made of it, and a digest of the body that asked for it. */
  readonly customer_token_id?: string;
  readonly customer_token_digest?: string;
}

/** An approval of a method that has two steps: no token until the second. */
export interface Unfinalized {
  readonly category: Category;
  readonly payment_method: PaymentMethod;
  readonly authorized_amount: number;
  readonly review?: Review;
  readonly approved_at_ms: number;
}

export const HOSTED_STATUSES = [
  'WAITING',
  'IN_PROGRESS',
  'BACK',
  'FAILED',
  'ERROR',
  'MANUAL_ID_CHECK',
  'COMPLETED',
  'CANCELLED',
  'DISABLED',
] as const;
export type HostedStatus = (typeof HOSTED_STATUSES)[number];

/** A session of the hosted payment page: Klarna's own page over a payment session. Several may be over the same one. */
export interface HostedSession {
  readonly hosted_id: string;
  readonly merchant_id: string;
  /** The payment session behind it. */
  readonly session_id: string;
  readonly created_at_ms: number;
  /** When the status last changed. */
  readonly updated_at_ms: number;
  readonly expires_at_ms: number;
  readonly status: HostedStatus;
  readonly merchant_urls: HostedUrls;
  readonly options: HostedOptions;
  /** The chosen categories have been declined, and the others offered in their place. */
  readonly fallen_back?: true;
  /** What it came to. */
  readonly authorization_token?: string;
  readonly order_id?: string;
  readonly klarna_reference?: string;
  /** Who bought, or whose papers are looked at; in store only. */
  readonly customer?: HostedCustomer;
  /** What shopper and shop compare when papers are looked at. */
  readonly challenge?: string;
  /** The merchant was told that time ran out. */
  readonly timed_out?: true;
}

export interface HostedCustomer {
  readonly title?: string;
  readonly given_name?: string;
  readonly family_name?: string;
  readonly date_of_birth?: string;
  readonly national_identification_number?: string;
}

/** A message that a shopper would have got, kept to be read instead of sent. */
export interface InboxMessage {
  readonly message_id: string;
  readonly sent_at_ms: number;
  readonly method: 'sms' | 'email' | 'token';
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly url: string;
  readonly hosted_id: string;
}

/** A merchant's messages, newest first. */
export interface Inbox {
  readonly messages: readonly InboxMessage[];
}

export const TOKEN_STATUSES = ['ACTIVE', 'SUSPENDED', 'CANCELLED'] as const;
export type TokenStatus = (typeof TOKEN_STATUSES)[number];

/** A shopper's consent to be charged again, with the method that is charged. Kept for good. */
export interface CustomerToken {
  readonly token_id: string;
  readonly merchant_id: string;
  /** The session whose authorization it was made of. */
  readonly session_id: string;
  readonly created_at_ms: number;
  readonly status: TokenStatus;
  readonly description: string;
  readonly locale: string;
  /** The country and currency that it can be charged in. */
  readonly purchase_country: string;
  readonly purchase_currency: string;
  readonly billing_address: Address;
  readonly customer?: Customer;
  /** Of the session. A charge is notified of a review where its own URLs do not say. */
  readonly merchant_urls: MerchantUrls;
  readonly category: Category;
  readonly payment_method: PaymentMethod;
  /** Names the shopper's instrument; another one has another. */
  readonly payment_method_reference: string;
  readonly instrument: Instrument;
  /** Failed charges that the shopper can recover, oldest first. */
  readonly step_ups: readonly StepUp[];
  /** Answers given to charges under idempotency keys in the last 24 hours, oldest first. */
  readonly answers: readonly KeptAnswer[];
}

/** What is charged in the end, as far as Klarna shows it. */
export interface Instrument {
  readonly card?: {
    readonly brand: string;
    readonly masked_number: string /** MM/YYYY */;
    readonly expiry_date: string;
  };
  readonly direct_debit?: { readonly masked_number: string };
  /** The control API broke it: every charge fails until the shopper gives another one. */
  readonly broken?: true;
}

interface StepUp {
  readonly step_up_id: string;
  readonly expires_at_ms: number;
}

export const ORDER_STATUSES = ['AUTHORIZED', 'PART_CAPTURED', 'CAPTURED', 'CANCELLED', 'EXPIRED', 'CLOSED'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

export interface Order {
  readonly order_id: string;
  readonly merchant_id: string;
  readonly session_id: string;
  /** The customer token that was charged, for an order that no shopper was present at. */
  readonly customer_token_id?: string;
  /** Another face that shows what becomes of it, see `follow.ts`. */
  readonly follower?: string;
  readonly notes?: FaceNotes;
  readonly klarna_reference: string;
  readonly created_at_ms: number;
  readonly expires_at_ms: number;
  readonly status: OrderStatus;
  readonly fraud_status: 'ACCEPTED' | 'PENDING' | 'REJECTED';
  readonly acknowledged: boolean;
  readonly order_amount: number;
  readonly original_order_amount: number;
  readonly purchase_country: string;
  readonly purchase_currency: string;
  readonly locale: string;
  readonly order_lines: readonly (OrderLine | ManagedLine)[];
  readonly billing_address: Address;
  readonly shipping_address?: Address | ManagedAddress;
  readonly customer?: Customer;
  readonly merchant_reference1?: string;
  readonly merchant_reference2?: string;
  readonly merchant_data?: string;
  readonly merchant_urls: MerchantUrls;
  readonly payment_method: PaymentMethod;
  readonly captures: readonly Capture[];
  readonly refunds: readonly Refund[];
  readonly shipping_info: readonly ShippingInfo[];
  /** While PENDING: when the review ends, and how. */
  readonly review?: { readonly decide_at_ms: number; readonly decision: 'accept' | 'reject' };
  /** After REJECTED: until when a capture overrides the decision. */
  readonly override_until_ms?: number;
  /**
   * The whole amount is to be captured, under this id, as soon as the review accepts. Chosen when the order is placed, so that
   * whoever brings the order up to date, reads included, sees the same capture.
   */
  readonly auto_capture_id?: string;
  /** Answers given under idempotency keys in the last 24 hours, oldest first. */
  readonly answers: readonly KeptAnswer[];
  /** Disputes about it, as far as its money is concerned; each is a record of its own. */
  readonly disputes?: readonly OrderDispute[];
  /** Disputes that a test person is about to open. */
  readonly disputes_due?: readonly DueDispute[];
}

/** While the dispute is open, what is disputed; once it is closed, what was charged back. */
interface OrderDispute {
  readonly dispute_id: string;
  /** Absent: about the order as a whole. */
  readonly capture_id?: string;
  readonly amount: number;
  readonly outcome?: 'WON' | 'LOST';
}

export interface DueDispute {
  readonly capture_id: string;
  readonly at_ms: number;
  readonly old_reason: string;
  readonly script?: { readonly preliminary?: 'WON' | 'LOST'; readonly final?: 'WON' | 'LOST' };
}

export interface Capture {
  readonly capture_id: string;
  readonly klarna_reference: string;
  readonly captured_amount: number;
  readonly captured_at_ms: number;
  readonly refunded_amount: number;
  readonly description: string;
  readonly reference?: string;
  readonly order_lines: readonly (OrderLine | ManagedLine)[];
  readonly shipping_info: readonly ShippingInfo[];
  readonly shipping_address?: Address | ManagedAddress;
  readonly due_date_extension?: {
    readonly number_of_days: number;
    readonly fee_amount: number;
    readonly extended_at_ms: number;
  };
}

export interface Refund {
  readonly refund_id: string;
  readonly refunded_amount: number;
  readonly refunded_at_ms: number;
  readonly description: string;
  readonly reference: string;
  readonly order_lines: readonly ManagedLine[];
  /** Which captures it was booked against; fewer than `refunded_amount` in sum when it could not be matched. */
  readonly allocations: readonly { readonly capture_id: string; readonly amount: number }[];
}

/** An answer kept for the repeat of a call: what the dialect said, to be said again. */
export interface KeptAnswer {
  /** Operation and idempotency key. */
  readonly key: string;
  readonly at_ms: number;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** The body's text; absent for answers without one, and for refusals, which `error` holds. */
  readonly body?: string;
  readonly error?: {
    readonly status: number;
    readonly error_code: string;
    readonly error_messages: readonly string[];
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

/** Something that must leave the system: a call to one of the merchant's URLs. */
export interface Callback {
  readonly rule:
    | 'authorization'
    | 'push'
    | 'notification'
    | 'hosted_status'
    | 'webhook'
    | 'cybersource'
    | 'cybersource_health'
    | 'follower'
    | 'purse_hook';
  readonly url: string;
  /** Besides those that every call has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or '' for a call without a body. */
  readonly body: string;
  readonly due_at_ms: number;
  /** The order or session it is about. */
  readonly subject: string;
  /** Of a webhook: whose key signs the body when it is sent. */
  readonly webhook_id?: string;
  /** Of a webhook of Cybersource's: which one, to be signed when it is sent. */
  readonly cybersource_webhook_id?: string;
  /** How long after each attempt the next is due, where the subscriber has a rule of its own. */
  readonly repeats_ms?: readonly number[];
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The windows of Klarna's documents, in one place. */
export const WINDOWS = {
  session_ms: 48 * HOUR_MS,
  authorization_token_ms: HOUR_MS,
  /** How long before its payment session a hosted session ends. */
  hosted_ends_before_ms: HOUR_MS,
  /** After which an order that was rejected, and not captured against the advice, is cancelled. */
  override_ms: 4 * HOUR_MS,
  /** After which a review that nobody decided is accepted. */
  review_ms: DAY_MS,
  idempotency_ms: DAY_MS,
  /** How long a failed charge of a customer token can be recovered. */
  step_up_ms: 48 * HOUR_MS,
  /** How long an order can be read. */
  order_readable_years: 3,
  authorization_days: 28,
  authorization_days_most: 180,
} as const;

export function capturedAmount(order: Order): number {
  return order.captures.reduce((sum, capture) => sum + capture.captured_amount, 0);
}

export function refundedAmount(order: Order): number {
  return order.refunds.reduce((sum, refund) => sum + refund.refunded_amount, 0);
}

/** What can still be captured: nothing once the order is released, cancelled, expired or closed. */
export function remainingAmount(order: Order): number {
  return order.status === 'AUTHORIZED' || order.status === 'PART_CAPTURED'
    ? order.order_amount - capturedAmount(order)
    : 0;
}

/** What is fought over of the order's money. */
export function disputedAmount({ disputes = [] }: Order): number {
  return disputes.reduce((sum, { outcome, amount }) => (outcome === undefined ? sum + amount : sum), 0);
}

/** What lost disputes gave back to the shopper. */
export function chargedBackAmount({ disputes = [] }: Order): number {
  return disputes.reduce((sum, { outcome, amount }) => (outcome === 'LOST' ? sum + amount : sum), 0);
}

/** What was captured and is still the merchant's to give back. */
export function refundableAmount(order: Order): number {
  return capturedAmount(order) - refundedAmount(order) - chargedBackAmount(order);
}

/** What of one capture is still the merchant's to give back: no more than is left of the order. */
export function refundableOf(order: Order, { capture_id, captured_amount, refunded_amount }: Capture): number {
  const own = (order.disputes ?? []).filter((each) => each.outcome === 'LOST' && each.capture_id === capture_id);
  const charged_back = own.reduce((sum, { amount }) => sum + amount, 0);
  return Math.max(Math.min(captured_amount - refunded_amount - charged_back, refundableAmount(order)), 0);
}
