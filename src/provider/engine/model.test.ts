/**
 * The life of an order against a second, smaller account of the rules, written from the order state table and not from
 * the engine: any commands in any order, with everything that must always be true checked after every one of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, fuzz } from '../../testing.ts';
import type { RefundRequest } from '../../wire/order-management.ts';
import { capture } from './capture.ts';
import { dueDateOptions, extendDueDate } from './due-date.ts';
import { assertOrder } from './invariants.ts';
import * as engine from './order.ts';
import { accept, type Outcome, refuse } from './outcome.ts';
import { refund } from './refund.ts';
import {
  type Callback,
  type Context,
  capturedAmount,
  type Merchant,
  type Order,
  type OrderStatus,
  type PaymentMethodType,
  refundedAmount,
  remainingAmount,
} from './state.ts';
import {
  contextWith,
  countingIds,
  linesOf,
  merchantWith,
  placedOrder,
  purchaseOf,
  reasonOf,
  START_MS,
} from './testing.ts';
import { bringUpToDate, decideReview, wakeAt } from './time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// ---- The second account of the rules -------------------------------------------------------------------------

/** What the table of documents says of a payment method; written down again on purpose. */
const EVERYWHERE_BUT_CH = ['SE', 'DE', 'GB', 'US'];
const INSTALMENT_MARKETS = ['SE', 'DE'];
const RAISABLE: Partial<Record<PaymentMethodType, readonly string[]>> = {
  invoice: EVERYWHERE_BUT_CH,
  b2b_invoice: EVERYWHERE_BUT_CH,
  base_account: EVERYWHERE_BUT_CH,
  direct_debit: EVERYWHERE_BUT_CH,
  fixed_amount: INSTALMENT_MARKETS,
};
const NOT_EXTENDABLE: readonly PaymentMethodType[] = ['card', 'pay_by_card', 'slice_it_by_card', 'fixed_sum_credit'];
const PAY_LATER: readonly PaymentMethodType[] = ['invoice', 'b2b_invoice', 'pay_later_by_card'];
const DUE_DATE_MARKETS = ['SE', 'DE', 'GB'];
const RETURN_FEE_MARKETS = ['SE', 'DE'];

interface ModelCapture {
  readonly amount: number;
  readonly references: readonly string[];
  refunded: number;
  extended?: number;
}

class Model {
  readonly setting: Setting;
  readonly original: number;
  now: number;
  expires: number;
  amount: number;
  status: OrderStatus = 'AUTHORIZED';
  fraud: Order['fraud_status'];
  review: { at: number; decision: 'accept' | 'reject' } | undefined;
  overrideUntil = Number.POSITIVE_INFINITY;
  captures: ModelCapture[] = [];
  refunded = 0;
  shipments = 0;
  decisions: string[] = [];

  constructor(setting: Setting) {
    this.setting = setting;
    this.original = setting.amount;
    this.amount = setting.amount;
    this.now = setting.placed_ms;
    this.expires = this.#midnight();
    this.review = setting.review && { at: this.now + setting.review.after_ms, decision: setting.review.decision };
    this.fraud = this.review ? 'PENDING' : 'ACCEPTED';
    if (!this.review && setting.auto_capture && this.amount > 0) this.#capture(this.amount, []);
  }

  get captured(): number {
    return this.captures.reduce((sum, { amount }) => sum + amount, 0);
  }
  get isOpen(): boolean {
    return this.status === 'AUTHORIZED' || this.status === 'PART_CAPTURED';
  }
  get remaining(): number {
    return this.isOpen ? this.amount - this.captured : 0;
  }

  #midnight(): number {
    const today = new Date(this.now);
    return Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + this.setting.authorization_days);
  }

  /** Lets time pass, from one thing that happens to the next. */
  advance(by_ms: number): void {
    const until = this.now + by_ms;
    for (;;) {
      const review = this.review?.at ?? Number.POSITIVE_INFINITY;
      const withdrawal = this.status === 'AUTHORIZED' ? this.overrideUntil : Number.POSITIVE_INFINITY;
      const expiry = this.isOpen ? this.expires : Number.POSITIVE_INFINITY;
      const next = Math.min(review, withdrawal, expiry);
      if (next > until) break;
      this.now = next;
      if (next === review) this.#decide(this.review?.decision ?? 'accept');
      else if (next === withdrawal) this.#end('CANCELLED');
      else this.#end(this.status === 'AUTHORIZED' ? 'EXPIRED' : 'CAPTURED');
    }
    this.now = until;
  }

  #decide(decision: 'accept' | 'reject'): void {
    this.review = undefined;
    this.decisions.push(decision === 'accept' ? 'FRAUD_RISK_ACCEPTED' : 'FRAUD_RISK_REJECTED');
    this.fraud = decision === 'accept' ? 'ACCEPTED' : 'REJECTED';
    if (decision === 'reject') this.overrideUntil = this.now + 4 * HOUR;
    else if (this.setting.auto_capture && this.amount > 0) this.#capture(this.amount, []);
  }

  #end(status: OrderStatus): void {
    this.status = status;
    this.review = undefined;
  }

  #capture(amount: number, references: readonly string[]): void {
    this.captures.push({ amount, references, refunded: 0 });
    this.fraud = 'ACCEPTED';
    this.status = this.captured === this.amount ? 'CAPTURED' : 'PART_CAPTURED';
  }

  /** The reason for which the engine must refuse, or 'ok' after the command was carried out. */
  do(command: Command): string {
    switch (command.do) {
      case 'acknowledge':
        return this.isOpen || this.status === 'CAPTURED' ? 'ok' : 'acknowledge_not_allowed';
      case 'capture': {
        if (!this.isOpen || this.fraud === 'PENDING' || command.amount === 0) return 'capture_not_allowed';
        if (command.amount > this.remaining) return 'capture_exceeds_remaining';
        if (command.amount > this.setting.capture_limit) return 'capture_payment_failed';
        this.#capture(command.amount, command.references);
        return 'ok';
      }
      case 'refund':
        return this.#refund(command);
      case 'refund with fee':
        return this.#refundWithFee(command);
      case 'update': {
        if (!this.isOpen) return 'update_not_allowed';
        if (command.amount < this.captured) return 'update_below_captured';
        const raise = command.amount > this.amount;
        if (raise && !RAISABLE[this.setting.method]?.includes(this.setting.country)) return 'update_not_allowed';
        if (raise && command.amount > this.setting.raise_limit) return 'update_not_allowed';
        this.amount = command.amount;
        if (this.captures.length > 0 && this.captured === this.amount) this.status = 'CAPTURED';
        return 'ok';
      }
      case 'release':
        if (this.status !== 'PART_CAPTURED') return 'release_not_allowed';
        this.status = 'CAPTURED';
        return 'ok';
      case 'cancel':
        if (this.status !== 'AUTHORIZED' && this.status !== 'CANCELLED') return 'cancel_not_allowed';
        this.#end('CANCELLED');
        return 'ok';
      case 'extend': {
        const tooOld = this.now - this.setting.placed_ms > 180 * DAY;
        if (!this.isOpen || tooOld || NOT_EXTENDABLE.includes(this.setting.method)) return 'extend_not_allowed';
        this.expires = Math.max(this.expires, this.#midnight());
        return 'ok';
      }
      case 'references':
        return this.status === 'CANCELLED' ? 'references_not_allowed' : 'ok';
      case 'customer':
        if (!this.isOpen) return 'customer_details_not_allowed';
        if (command.billing) return 'customer_details_billing';
        return command.valid ? 'ok' : 'customer_details_invalid_address';
      case 'ship order':
        this.shipments++;
        return 'ok';
      case 'ship capture':
        return this.captures.length === 0 ? 'no_captures' : this.captures[command.capture] ? 'ok' : 'capture_unknown';
      case 'due date':
        return this.#dueDate(command);
      case 'decide':
        if (!this.review) return 'decision_not_allowed';
        this.#decide(command.decision);
        return 'ok';
      case 'close':
        if (this.status !== 'CAPTURED') return 'close_not_allowed';
        this.status = 'CLOSED';
        return 'ok';
      case 'wait':
        this.advance(command.ms);
        return 'ok';
    }
  }

  #refusesRefund(amount: number): string | undefined {
    if (this.captures.length === 0) return 'refund_without_captures';
    if (this.status === 'CLOSED' || amount <= 0) return 'refund_not_allowed';
    return amount > this.captured - this.refunded ? 'refund_exceeds_captured' : undefined;
  }

  #refund({ amount, references, linesOff }: Command & { do: 'refund' }): string {
    const refused = this.#refusesRefund(amount);
    if (refused) return refused;
    this.refunded += amount;
    if (references.length === 0) {
      let left = amount;
      for (const each of this.captures) {
        const part = Math.min(left, each.amount - each.refunded);
        each.refunded += part;
        left -= part;
      }
      return 'ok';
    }
    const match = this.captures.find(
      (each) =>
        each.amount - each.refunded >= amount && references.every((reference) => each.references.includes(reference)),
    );
    if (match && linesOff === 0) match.refunded += amount;
    return 'ok';
  }

  #refundWithFee({ amount, fee }: Command & { do: 'refund with fee' }): string {
    const refused = this.#refusesRefund(amount);
    if (refused) return refused;
    const [first, ...others] = this.captures;
    const whole = first?.amount === this.amount && others.length === 0;
    if (!whole || fee === 0 || !RETURN_FEE_MARKETS.includes(this.setting.country)) return 'refund_not_allowed';
    this.refunded += amount;
    if (first.references.includes('a') && first.amount - first.refunded >= amount) first.refunded += amount;
    return 'ok';
  }

  #dueDate({ capture: index, days }: Command & { do: 'due date' }): string {
    const found = this.captures[index];
    if (!found) return this.captures.length === 0 ? 'no_captures' : 'capture_unknown';
    const { method, country } = this.setting;
    const offered = PAY_LATER.includes(method) && DUE_DATE_MARKETS.includes(country) && found.extended === undefined;
    const freeIsGone = this.captures.some(({ extended }) => extended === 2);
    if (this.status !== 'PART_CAPTURED' && this.status !== 'CAPTURED') return 'due_date_not_allowed';
    if (!offered || ![2, 10, 30, 60].includes(days) || (days === 2 && freeIsGone)) return 'due_date_not_allowed';
    found.extended = days;
    return 'ok';
  }
}

// ---- What a run begins with, and what can happen ------------------------------------------------------------------

interface Setting {
  readonly amount: number;
  readonly country: string;
  readonly method: PaymentMethodType;
  readonly placed_ms: number;
  readonly authorization_days: number;
  readonly auto_capture: boolean;
  readonly review: { readonly decision: 'accept' | 'reject'; readonly after_ms: number } | undefined;
  /** More than this the shopper's instrument does not bear. */
  readonly capture_limit: number;
  readonly raise_limit: number;
}

const setting: fc.Arbitrary<Setting> = fc.record({
  amount: fc.oneof(
    fc.constantFrom(0, 1, 2, 10_000, 29_999, 30_000, 75_001, 200_000_000),
    fc.integer({ min: 1, max: 500_000 }),
  ),
  country: fc.constantFrom('SE', 'DE', 'GB', 'US', 'CH'),
  method: fc.constantFrom<PaymentMethodType[]>(
    'invoice',
    'invoice',
    'invoice',
    'b2b_invoice',
    'base_account',
    'direct_debit',
    'fixed_amount',
    'direct_bank_transfer',
    'card',
    'pay_by_card',
    'pay_later_by_card',
    'slice_it_by_card',
    'fixed_sum_credit',
    'alternative_payment_method',
  ),
  placed_ms: fc.nat(40 * DAY).map((later) => START_MS + later),
  authorization_days: fc.oneof(fc.constantFrom(1, 28, 180), fc.integer({ min: 1, max: 180 })),
  auto_capture: fc.nat(4).map((n) => n === 0),
  review: fc.option(
    fc.record({
      decision: fc.constantFrom('accept' as const, 'reject' as const),
      after_ms: fc.constantFrom(0, 5 * MINUTE, 99 * MINUTE, DAY),
    }),
    { nil: undefined, freq: 3 },
  ),
  capture_limit: fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 20_000),
  raise_limit: fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 100_000),
});

type Command =
  | { do: 'acknowledge' | 'release' | 'cancel' | 'extend' | 'references' | 'ship order' | 'close' }
  | { do: 'capture'; amount: number; references: readonly string[] }
  | { do: 'refund'; amount: number; references: readonly string[]; linesOff: number }
  | { do: 'refund with fee'; amount: number; fee: number }
  | { do: 'update'; amount: number }
  | { do: 'customer'; valid: boolean; billing: boolean }
  | { do: 'ship capture'; capture: number }
  | { do: 'due date'; capture: number; days: number }
  | { do: 'decide'; decision: 'accept' | 'reject' }
  | { do: 'wait'; ms: number; stops: readonly number[] };

/** An amount at or beside an edge of the order as it will stand, or any other. */
interface Aim {
  readonly at: 'remaining' | 'refundable' | 'captured' | 'order' | 'original' | 'any';
  readonly share: number;
  readonly off: number;
}
/** A command before the order is known that it is given to. */
type Plan =
  | Command
  | { do: 'capture' | 'refund' | 'update' | 'refund with fee'; aim: Aim; references: string[]; fee: number };

function aimed({ at, share, off }: Aim, model: Model): number {
  const amounts = {
    remaining: model.remaining,
    refundable: model.captured - model.refunded,
    captured: model.captured,
    order: model.amount,
    original: model.original,
    any: 1_000_000,
  };
  return Math.max(0, Math.floor((amounts[at] * share) / 100) + off);
}

function planned(plan: Plan, model: Model): Command {
  if (!('aim' in plan)) return plan;
  const amount = aimed(plan.aim, model);
  if (plan.do === 'capture') return { do: 'capture', amount, references: plan.references };
  if (plan.do === 'update') return { do: 'update', amount };
  if (plan.do === 'refund with fee') return { do: 'refund with fee', amount, fee: plan.fee };
  return { do: 'refund', amount, references: plan.references, linesOff: plan.fee };
}

const aim: fc.Arbitrary<Aim> = fc.record({
  at: fc.constantFrom('remaining', 'remaining', 'refundable', 'refundable', 'captured', 'order', 'original', 'any'),
  share: fc.oneof(fc.constantFrom(100, 100, 50), fc.nat(120)),
  off: fc.constantFrom(0, 0, 0, 0, -1, 1),
});
const moneyPlan = fc.record({
  do: fc.constantFrom('capture', 'capture', 'capture', 'refund', 'refund', 'update', 'refund with fee'),
  aim,
  references: fc.constantFrom([], [], ['a'], ['b'], ['a', 'b'], ['z']),
  fee: fc.constantFrom(0, 0, 1, 500),
});
const span = fc.oneof(
  fc.constantFrom(0, 1, 1_000, 5 * MINUTE, HOUR, 4 * HOUR - 1, 4 * HOUR, DAY, 28 * DAY, 180 * DAY),
  fc.nat(10 * MINUTE),
  fc.nat(2 * DAY),
  fc.nat(200 * DAY),
);
const wait = fc.record({ do: fc.constant('wait'), ms: span, stops: fc.array(fc.nat(1000), { maxLength: 4 }) });
const plan = fc.oneof(
  { weight: 8, arbitrary: moneyPlan },
  { weight: 4, arbitrary: wait },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('acknowledge', 'release', 'cancel', 'extend', 'references', 'ship order', 'close', 'extend'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.oneof(
      fc.record({ do: fc.constant('customer'), valid: fc.boolean(), billing: fc.nat(3).map((n) => n === 0) }),
      fc.record({ do: fc.constant('ship capture'), capture: fc.nat(3) }),
      fc.record({ do: fc.constant('due date'), capture: fc.nat(2), days: fc.constantFrom(2, 2, 10, 30, 60, 7) }),
      fc.record({ do: fc.constant('decide'), decision: fc.constantFrom('accept', 'reject') }),
    ),
  },
) as fc.Arbitrary<Plan>;

// ---- The engine, driven as its dialects drive it -------------------------------------------------------------------

function merchantOf({ authorization_days, capture_limit, raise_limit }: Setting): Merchant {
  return merchantWith({
    authorization_days,
    risk_rules: [
      { on: 'capture', when: { amount_over: capture_limit }, decision: 'refuse' },
      { on: 'update', when: { amount_over: raise_limit }, decision: 'refuse' },
    ],
  });
}

function placed(setting: Setting, context: Context): Order {
  const { amount, country, method, auto_capture, review } = setting;
  const minutes = String((review?.after_ms ?? 0) / MINUTE).padStart(2, '0');
  const word = review?.after_ms === DAY ? `pend-${review.decision}` : `pend-${review?.decision}-${minutes}`;
  const reviewable = country === 'GB' || country === 'US';
  const purchase = {
    ...purchaseOf(amount, country),
    auto_capture,
    billing_address: {
      country,
      email: review && reviewable ? `customer+${word}@email.example` : 'customer@email.example',
    },
    merchant_urls: { notification: 'https://shop.example/notify?o={order.id}&s={session.id}' },
  };
  const order = placedOrder({ purchase, shopper: { payment_method: method }, context });
  if (!review || reviewable) return order;
  // Where Klarna reviews nothing by itself, a review is put there: the engine's part is the same everywhere.
  const { captures: _none, ...rest } = placedOrder({
    purchase: { ...purchase, auto_capture: false },
    shopper: { payment_method: method },
    context,
  });
  return {
    ...rest,
    captures: [],
    fraud_status: 'PENDING',
    review: { decision: review.decision, decide_at_ms: context.now_ms + review.after_ms },
    ...(auto_capture && { auto_capture_id: context.id() }),
  };
}

/** Lines with the references, that add up to the amount, or miss it by `off`. */
function refundLines(references: readonly string[], amount: number, off: number): RefundRequest['order_lines'] {
  const amounts = references.map((_, index) => (index === 0 ? amount + off : 0));
  return linesOf(...amounts).map((line, index) => ({ ...line, reference: references[index] ?? '' }));
}

type Driven = Outcome<{ order: Order; callbacks?: readonly Callback[] }>;
const only = (outcome: Outcome<Order>): Driven => (outcome.ok ? accept({ order: outcome.value }) : outcome);

function drive(order: Order, command: Command, context: Context): Driven {
  const captureId = (index: number) => order.captures[index]?.capture_id ?? '00000000-0000-0000-0000-000000000000';
  switch (command.do) {
    case 'acknowledge':
      return only(engine.acknowledge(order));
    case 'release':
      return only(engine.release(order));
    case 'cancel':
      return only(engine.cancel(order));
    case 'extend':
      return only(engine.extendAuthorization(order, context));
    case 'close':
      return only(engine.close(order));
    case 'references':
      return only(engine.updateReferences(order, { merchant_reference1: 'R-1' }));
    case 'ship order':
      return only(engine.addOrderShipping(order, [{ tracking_number: '1' }]));
    case 'ship capture':
      return only(engine.addCaptureShipping(order, captureId(command.capture), [{ tracking_number: '2' }]));
    case 'customer': {
      const shipping_address = { given_name: command.valid ? 'Ebba' : '1' };
      return only(
        engine.updateCustomer(order, { shipping_address, ...(command.billing && { billing_address: true }) }, context),
      );
    }
    case 'due date':
      return only(extendDueDate(order, captureId(command.capture), command.days, context));
    case 'update':
      return only(engine.updateAuthorization(order, { order_amount: command.amount }, context));
    case 'capture': {
      const order_lines = refundLines(command.references, command.amount, 0) ?? [];
      return capture(order, { captured_amount: command.amount, order_lines }, context);
    }
    case 'refund': {
      const { amount, references, linesOff } = command;
      const order_lines = refundLines(references, amount, linesOff) ?? [];
      return refund(order, { refunded_amount: amount, order_lines }, context);
    }
    case 'refund with fee': {
      const fee = {
        name: 'Return fee',
        type: 'return_fee' as const,
        quantity: 1,
        unit_price: -command.fee,
        total_amount: -command.fee,
      };
      const order_lines = [...linesOf(command.amount + command.fee), fee];
      return refund(order, { refunded_amount: command.amount, order_lines }, context);
    }
    case 'decide':
      if (order.fraud_status === 'PENDING' && order.review)
        return accept(decideReview(order, command.decision, context));
      return refuse('decision_not_allowed', { message: 'not in review', change: '' });
    case 'wait':
      return accept({ order });
  }
}

// ---- What must always be true ---------------------------------------------------------------------------------------

const TERMINAL: readonly OrderStatus[] = ['CANCELLED', 'EXPIRED', 'CLOSED'];
const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);

function checkInvariants(order: Order, original: number): void {
  assertOrder(order);
  const captured = sum(order.captures.map(({ captured_amount }) => captured_amount));
  const refunded = sum(order.refunds.map(({ refunded_amount }) => refunded_amount));
  assert.equal(capturedAmount(order), captured);
  assert.equal(refundedAmount(order), refunded);
  assert.ok(captured <= order.order_amount, 'no more is captured than is authorized');
  assert.ok(refunded <= captured, 'no more is refunded than was captured');
  assert.equal(order.original_order_amount, original, 'the original amount never changes');
  const open = order.status === 'AUTHORIZED' || order.status === 'PART_CAPTURED';
  assert.equal(remainingAmount(order), open ? order.order_amount - captured : 0);
  assert.ok(remainingAmount(order) >= 0);
  for (const { capture_id, captured_amount, refunded_amount } of order.captures) {
    assert.ok(captured_amount >= 1);
    assert.ok(refunded_amount <= captured_amount, 'no capture is refunded beyond itself');
    const booked = order.refunds.flatMap(({ allocations }) =>
      allocations.filter((each) => each.capture_id === capture_id),
    );
    assert.equal(
      refunded_amount,
      sum(booked.map(({ amount }) => amount)),
      'a capture’s refunds are those booked against it',
    );
  }
  for (const { refunded_amount, allocations } of order.refunds) {
    assert.ok(refunded_amount >= 1);
    assert.ok(sum(allocations.map(({ amount }) => amount)) <= refunded_amount, 'no refund is booked twice');
    assert.ok(allocations.every(({ amount }) => amount > 0));
  }
  if (order.fraud_status === 'PENDING') assert.equal(captured, 0, 'a pending order is not captured');
  const authorized = order.status === 'AUTHORIZED';
  assert.equal(
    order.review !== undefined,
    authorized && order.fraud_status === 'PENDING',
    'no review without a decision to come',
  );
  assert.equal(
    order.override_until_ms !== undefined,
    authorized && order.fraud_status === 'REJECTED',
    'nor a deadline',
  );
  if (order.auto_capture_id !== undefined) assert.ok(order.review, 'nor a capture to come');
  if (order.status === 'AUTHORIZED' || order.status === 'CANCELLED' || order.status === 'EXPIRED')
    assert.equal(order.captures.length, 0);
  if (order.status === 'PART_CAPTURED' || order.status === 'CLOSED') assert.ok(order.captures.length > 0);
  if (captured > 0) assert.ok(order.acknowledged, 'a capture acknowledges');
  assert.equal(
    order.captures.every((each, n) => each.klarna_reference === `${order.klarna_reference}-${n + 1}`),
    true,
  );
  const ids = [...order.captures.map((each) => each.capture_id), ...order.refunds.map((each) => each.refund_id)];
  assert.equal(new Set(ids).size, ids.length, 'ids are unique');
  assert.deepEqual(JSON.parse(JSON.stringify(order)), order, 'state survives a JSON round trip');
}

function checkAgainst(model: Model, order: Order): void {
  assert.deepEqual(
    {
      status: order.status,
      fraud_status: order.fraud_status,
      order_amount: order.order_amount,
      remaining: remainingAmount(order),
      refunded: refundedAmount(order),
      expires: new Date(order.expires_at_ms).toISOString(),
      captures: order.captures.map((each) => [
        each.captured_amount,
        each.refunded_amount,
        each.due_date_extension?.number_of_days,
      ]),
      shipments: order.shipping_info.length,
    },
    {
      status: model.status,
      fraud_status: model.fraud,
      order_amount: model.amount,
      remaining: model.remaining,
      refunded: model.refunded,
      expires: new Date(model.expires).toISOString(),
      captures: model.captures.map((each) => [each.amount, each.refunded, each.extended]),
      shipments: model.shipments,
    },
  );
}

/** The order at `now_ms`, having checked that it makes no difference how one gets there. */
function atTime(order: Order, context: Context, from_ms: number, stops: readonly number[]) {
  const atOnce = bringUpToDate(order, { ...context, ...countingIds() });
  const again = bringUpToDate(atOnce.order, context);
  assert.equal(again.order, atOnce.order, 'once up to date there is nothing to do');
  assert.deepEqual(again.callbacks, []);
  const wake = wakeAt(atOnce.order);
  assert.ok(wake === undefined || wake > context.now_ms, 'what is due next lies ahead');
  const times = stops
    .map((stop) => from_ms + Math.floor(((context.now_ms - from_ms) * stop) / 1000))
    .sort((a, b) => a - b);
  let stepwise: { order: Order; callbacks: readonly Callback[] } = { order, callbacks: [] };
  for (const now_ms of [...times, context.now_ms]) {
    const next = bringUpToDate(stepwise.order, { ...context, now_ms });
    stepwise = { order: next.order, callbacks: [...stepwise.callbacks, ...next.callbacks] };
  }
  assert.deepEqual(stepwise, atOnce, 'in one step or in many, the same order and the same callbacks');
  return atOnce;
}

interface Run {
  readonly setting: Setting;
  readonly plans: readonly Plan[];
}

/** Runs the plans on engine and model, checking after each; returns what was answered to each. */
function run({ setting, plans }: Run): string[] {
  const ids = countingIds();
  const merchant = merchantOf(setting);
  const contextAt = (now_ms: number) => contextWith({ merchant, now_ms, ...ids });
  const model = new Model(setting);
  let order = deepFreeze(placed(setting, contextAt(setting.placed_ms)));
  let written_ms = setting.placed_ms;
  const events: string[] = [];
  const answers: string[] = [];
  checkInvariants(order, setting.amount);
  for (const plan of plans) {
    const command = planned(plan, model);
    const before = structuredClone(order);
    // What came about by time is written with the next command, or not at all until then: both must do.
    if (command.do === 'wait') {
      model.advance(command.ms);
      const seen = atTime(order, contextAt(model.now), written_ms, command.stops);
      checkInvariants(seen.order, setting.amount);
      checkAgainst(model, seen.order);
      assert.deepEqual(order, before, 'looking changes nothing');
      continue;
    }
    const context = contextAt(model.now);
    model.advance(0);
    const current = atTime(order, context, written_ms, []);
    events.push(...current.callbacks.map(({ body }) => (JSON.parse(body) as { event_type: string }).event_type));
    const upToDate = deepFreeze(current.order);
    const asItStood = structuredClone(upToDate);
    const outcome = drive(upToDate, command, context);
    assert.deepEqual(upToDate, asItStood, 'a command makes a new order and leaves the old one as it was');
    assert.deepEqual(order, before);
    const expected = model.do(command);
    assert.equal(reasonOf(outcome), expected, JSON.stringify(command));
    order = outcome.ok ? deepFreeze(outcome.value.order) : upToDate;
    written_ms = context.now_ms;
    if (outcome.ok)
      events.push(
        ...(outcome.value.callbacks ?? []).map(({ body }) => (JSON.parse(body) as { event_type: string }).event_type),
      );
    checkInvariants(order, setting.amount);
    checkAgainst(model, order);
    assert.deepEqual(events, model.decisions, 'each decision is notified once');
    if (TERMINAL.includes(asItStood.status)) assert.equal(order.status, asItStood.status, 'the end is the end');
    if (!outcome.ok)
      assert.ok(outcome.refusal.explanations.every(({ message, change }) => message !== '' && change !== undefined));
    answers.push(`${command.do} ${expected}`);
  }
  return answers;
}

const SETTING_OF_EXAMPLES: Setting = {
  amount: 10_000,
  country: 'SE',
  method: 'invoice',
  placed_ms: START_MS,
  authorization_days: 28,
  auto_capture: false,
  review: undefined,
  capture_limit: Number.MAX_SAFE_INTEGER,
  raise_limit: Number.MAX_SAFE_INTEGER,
};

test('whatever is done to an order in whatever sequence, engine and table agree and the money holds', async () => {
  await fuzz(
    fc.property(fc.record({ setting, plans: fc.array(plan, { minLength: 1, maxLength: 25, size: 'max' }) }), (each) => {
      run(each);
    }),
    3000,
  );
});

test('the random sequences reach every answer there is, so that the test above says something', () => {
  const seen = new Set<string>();
  const sequences = fc.sample(fc.record({ setting, plans: fc.array(plan, { minLength: 10, maxLength: 40 }) }), {
    numRuns: 2500,
    seed: 20270115,
  });
  for (const each of sequences) for (const answer of run(each)) seen.add(answer);
  const expected = [
    ...[
      'acknowledge',
      'capture',
      'refund',
      'refund with fee',
      'update',
      'release',
      'cancel',
      'extend',
      'references',
      'customer',
      'ship order',
      'ship capture',
      'due date',
      'decide',
      'close',
    ].map((each) => `${each} ok`),
    'acknowledge acknowledge_not_allowed',
    'capture capture_not_allowed',
    'capture capture_exceeds_remaining',
    'capture capture_payment_failed',
    'refund refund_without_captures',
    'refund refund_not_allowed',
    'refund refund_exceeds_captured',
    'refund with fee refund_not_allowed',
    'update update_not_allowed',
    'update update_below_captured',
    'release release_not_allowed',
    'cancel cancel_not_allowed',
    'extend extend_not_allowed',
    'references references_not_allowed',
    'customer customer_details_not_allowed',
    'customer customer_details_billing',
    'customer customer_details_invalid_address',
    'ship capture no_captures',
    'ship capture capture_unknown',
    'due date no_captures',
    'due date capture_unknown',
    'due date due_date_not_allowed',
    'decide decision_not_allowed',
    'close close_not_allowed',
  ];
  assert.deepEqual(
    expected.filter((each) => !seen.has(each)),
    [],
  );
});

test('the due-date options on offer are those that are accepted', async () => {
  await fuzz(
    fc.property(setting, fc.integer({ min: -1, max: 61 }), (each, days) => {
      const merchant = merchantWith();
      const context = contextWith({ merchant, now_ms: each.placed_ms });
      const order = placed(
        { ...each, amount: Math.max(1, each.amount), review: undefined, auto_capture: true },
        context,
      );
      const [only] = order.captures;
      assert.ok(only);
      const offered = dueDateOptions(order, only).some(({ number_of_days }) => number_of_days === days);
      assert.equal(
        reasonOf(extendDueDate(order, only.capture_id, days, context)),
        offered ? 'ok' : 'due_date_not_allowed',
      );
    }),
    200,
  );
});

test('an order that is read while its automatic capture is due shows the capture that is written later', () => {
  const context = contextWith();
  const order = placed(
    { ...SETTING_OF_EXAMPLES, country: 'GB', auto_capture: true, review: { decision: 'accept', after_ms: 0 } },
    context,
  );
  const read = bringUpToDate(order, context).order;
  const written = bringUpToDate(order, { ...context, now_ms: context.now_ms + HOUR }).order;
  assert.equal(read.captures.length, 1);
  assert.deepEqual(read, written);
});
