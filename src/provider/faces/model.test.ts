/**
 * Random purchases, each begun through any face and worked on through every face that can name it, with disputes, reviews, payouts and a
 * clock that moves. A small model knows what must have come of it. After every step all faces, the books and the table of statuses
 * agree with the model; at the end so do the settlements and the log.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decimalFromMinor } from '../../money/decimal.ts';
import { fuzz } from '../../testing.ts';
import { type Json, STORES, sharedProvider } from '../testing.ts';
import {
  BEGINNINGS,
  type Change,
  FACES,
  type Face,
  ManyFaces,
  type Market,
  type Named,
  type Purchase,
} from './testing.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

// ---- The model --------------------------------------------------------------------------------------------

interface ModelCapture {
  id: string;
  readonly amount: number;
  refunded: number;
  charged_back: number;
  readonly at_ms: number;
}

/** What must be true of an order, by the rules that Klarna publishes and nothing else. */
class ModelOrder {
  readonly purchase: Purchase;
  readonly named: Named;
  status = 'AUTHORIZED';
  fraud = 'ACCEPTED';
  amount: number;
  readonly captures: ModelCapture[] = [];
  readonly refunds: { id: string; readonly amount: number }[] = [];
  /** What was authorized and will never be captured. */
  released = 0;
  charged_back = 0;
  dispute: { id: string; krn: string; amount: number; capture_id: string | undefined; until_ms: number } | undefined;
  /** What lost disputes were about: a capture, or all of the order. */
  readonly lost: (string | undefined)[] = [];
  won = 0;
  review_until_ms = Number.POSITIVE_INFINITY;
  override_until_ms = Number.POSITIVE_INFINITY;
  expires_at_ms = Number.POSITIVE_INFINITY;
  readonly #captured_at_once: boolean;

  constructor(purchase: Purchase, named: Named, now_ms: number) {
    this.purchase = purchase;
    this.named = named;
    this.amount = purchase.amount;
    this.#captured_at_once = purchase.begun.endsWith('auto_capture') || purchase.begun.endsWith('one step');
    if (purchase.review) {
      this.fraud = 'PENDING';
      this.review_until_ms = now_ms + DAY_MS;
    } else if (this.#captured_at_once) this.#capture(this.amount, now_ms);
  }

  get captured(): number {
    return this.captures.reduce((sum, { amount }) => sum + amount, 0);
  }
  get refunded(): number {
    return this.refunds.reduce((sum, { amount }) => sum + amount, 0);
  }
  get isOpen(): boolean {
    return this.status === 'AUTHORIZED' || this.status === 'PART_CAPTURED';
  }
  get remaining(): number {
    return this.isOpen ? this.amount - this.captured : 0;
  }
  get refundable(): number {
    return this.captured - this.refunded - this.charged_back;
  }
  /** A shopper got money of the capture back by a dispute. Cybersource refunds no more of it then, and says that nothing is left. */
  isLost({ id }: ModelCapture): boolean {
    return this.lost.some((about) => about === undefined || about === id);
  }
  /** Of one capture, as an API says it that refunds captures. */
  leftOf({ amount, refunded, charged_back }: ModelCapture): number {
    return Math.max(Math.min(amount - refunded - charged_back, this.refundable), 0);
  }

  /** What time has done by now. */
  bringTo(now_ms: number): void {
    if (now_ms >= this.review_until_ms) this.decide('accept', this.review_until_ms);
    if (now_ms >= this.override_until_ms && this.status === 'AUTHORIZED') this.#letGo('CANCELLED');
    if (now_ms >= this.expires_at_ms && this.isOpen) this.#letGo(this.captured > 0 ? 'CAPTURED' : 'EXPIRED');
    if (this.dispute && now_ms >= this.dispute.until_ms) this.lose();
  }

  decide(decision: string, now_ms: number): void {
    if (this.fraud !== 'PENDING' || this.status !== 'AUTHORIZED') return;
    this.review_until_ms = Number.POSITIVE_INFINITY;
    this.fraud = decision === 'accept' ? 'ACCEPTED' : 'REJECTED';
    if (this.fraud === 'REJECTED') this.override_until_ms = now_ms + 4 * HOUR_MS;
    else if (this.#captured_at_once && this.remaining > 0) this.#capture(this.remaining, now_ms);
  }

  /** Makes the change, if Klarna allows it. Answers whether it does; undefined where it makes no difference. */
  change(face: Face, change: Change, now_ms: number): boolean | undefined {
    switch (change.do) {
      case 'capture': {
        const isAllowed =
          this.isOpen && this.fraud !== 'PENDING' && change.amount > 0 && change.amount <= this.remaining;
        if (isAllowed) this.#capture(change.amount, now_ms);
        if (isAllowed && change.final && face === 'cybersource' && this.isOpen) this.#letGo('CAPTURED');
        return isAllowed;
      }
      case 'refund':
        return this.#refund(face, change);
      case 'update':
        return this.#update(change.amount);
      default:
        return this.#giveBack(face, change.do);
    }
  }

  /** Purse's void is Klarna's release where a part was captured. */
  #giveBack(face: Face, asked: 'cancel' | 'release'): boolean | undefined {
    const isVoid = face.startsWith('purse');
    const act = isVoid ? (this.captured > 0 && this.remaining > 0 ? 'release' : 'cancel') : asked;
    if (act === 'cancel' && this.status === 'CANCELLED') return undefined;
    const isAllowed = this.status === (act === 'cancel' ? 'AUTHORIZED' : 'PART_CAPTURED');
    if (isAllowed) this.#letGo(act === 'cancel' ? 'CANCELLED' : 'CAPTURED');
    return isAllowed;
  }

  #update(amount: number): boolean {
    if (!this.isOpen || amount < this.captured || amount > this.amount) return false;
    this.released += this.amount - amount;
    this.amount = amount;
    if (this.captured > 0 && amount === this.captured) this.status = 'CAPTURED';
    return true;
  }

  #capture(amount: number, at_ms: number): void {
    this.captures.push({ id: '', amount, refunded: 0, charged_back: 0, at_ms });
    this.fraud = 'ACCEPTED';
    this.override_until_ms = Number.POSITIVE_INFINITY;
    this.status = this.captured === this.amount ? 'CAPTURED' : 'PART_CAPTURED';
  }

  #letGo(status: string): void {
    this.released += this.amount - this.captured;
    this.review_until_ms = Number.POSITIVE_INFINITY;
    this.status = status;
  }

  #refund(face: Face, { amount, capture_id, unmatched }: Extract<Change, { do: 'refund' }>): boolean {
    const isPossible = (this.status === 'PART_CAPTURED' || this.status === 'CAPTURED') && this.captures.length > 0;
    if (!isPossible || amount < 1 || amount > this.refundable) return false;
    const isNamed = face === 'cybersource' || face === 'purse v1';
    const named = this.captures.find(({ id }) => id === capture_id) ?? this.captures[0];
    if (isNamed && named && amount > this.leftOf(named)) return false;
    if (face === 'cybersource' && named && this.isLost(named)) return false;
    if (isNamed && named) named.refunded += amount;
    else if (!(face === 'klarna' && unmatched)) this.#fillOldest(amount);
    this.refunds.push({ id: '', amount });
    this.#settle();
    return true;
  }

  #fillOldest(amount: number): void {
    let left = amount;
    for (const capture of this.captures) {
      const part = Math.min(left, this.leftOf(capture));
      capture.refunded += part;
      left -= part;
    }
  }

  /** What was refunded cannot be disputed any more; a dispute of which nothing is left is won. */
  #settle(): void {
    if (!this.dispute) return;
    this.dispute.amount = Math.min(this.dispute.amount, this.refundable);
    if (this.dispute.amount === 0) this.win();
  }

  /** What a shopper could dispute. @param capture absent: all of the order */
  disputable(capture: ModelCapture | undefined, now_ms: number): number {
    const newest = capture ?? this.captures.at(-1);
    if (!newest || now_ms - newest.at_ms > 180 * DAY_MS) return 0;
    const left = this.refundable - (this.dispute?.amount ?? 0);
    return capture ? Math.min(left, this.leftOf(capture)) : left;
  }

  chargeBack(amount: number, about: string | undefined): void {
    this.charged_back += amount;
    this.lost.push(about);
    const capture = this.captures.find(({ id }) => id === about);
    if (capture) capture.charged_back += amount;
  }
  lose(): void {
    if (this.dispute) this.chargeBack(this.dispute.amount, this.dispute.capture_id);
    this.dispute = undefined;
  }
  win(): void {
    this.won += 1;
    this.dispute = undefined;
  }
}

// ---- Histories ---------------------------------------------------------------------------------------------

const anOrder = fc.nat(9);
const anAmount = fc.constantFrom('all', 'all', 'half', 'half', 'third', 'third', 'one', 'too much', 'nothing');
const aPurchase = fc.record({
  do: fc.constant('place' as const),
  begun: fc.constantFrom(...BEGINNINGS),
  market: fc.constantFrom<Market>('FR', 'US'),
  amount: fc.constantFrom(10_000, 9_999, 12_345, 3, 1),
  review: fc.nat(3).map((n) => n === 0),
});
const step = fc.oneof(
  { weight: 1, arbitrary: aPurchase },
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      order: anOrder,
      face: fc.constantFrom(...FACES),
      change: fc.constantFrom(
        ...(['capture', 'capture', 'capture', 'refund', 'refund', 'refund', 'cancel', 'release', 'update'] as const),
      ),
      amount: anAmount,
      capture: fc.nat(2),
      odd: fc.nat(3).map((n) => n === 0),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('dispute' as const),
      order: anOrder,
      how: fc.constantFrom('open', 'withdraw', 'accept', 'open and accept', 'open and accept', 'cybersource'),
      capture: fc.option(fc.nat(2), { nil: undefined }),
      amount: anAmount,
      hold_policy: fc.constantFrom('NONE', 'ON_DISPUTE_INITIATED'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('decide' as const),
      order: anOrder,
      decision: fc.constantFrom('accept', 'reject'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), order: anOrder }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), duration: fc.constantFrom('PT1H', 'PT5H', 'P1D', 'P9D') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pay now' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const start = fc.record({
  settlement: fc.record({
    type: fc.constantFrom('NET', 'GROSS', 'GROSS_FEE'),
    interval: fc.constantFrom('daily', 'weekly'),
    delay_days: fc.constantFrom(0, 2),
    fees: fc.record({ rate: fc.constantFrom(0, 299), fixed: fc.constantFrom({}, { EUR: 35, USD: 30 }) }),
    reserve: fc.record({ rate: fc.constantFrom(0, 500), days: fc.constantFrom(1, 30) }),
  }),
  first: aPurchase,
  steps: fc.array(step, { minLength: 8, maxLength: 24, size: 'max' }),
});

function part(of: number, share: string): number {
  const parts: Record<string, number> = {
    all: of,
    half: Math.ceil(of / 2),
    third: Math.ceil(of / 3),
    one: 1,
    'too much': of + 1,
    nothing: 0,
  };
  return parts[share] ?? 0;
}

class History {
  readonly #faces: ManyFaces;
  readonly #orders: ModelOrder[] = [];

  constructor(faces: ManyFaces) {
    this.#faces = faces;
  }

  async take(each: Step): Promise<void> {
    if (each.do === 'place') return this.#place(each);
    if (each.do === 'wait') return this.wait(each.duration);
    if (each.do === 'pay now') return this.#payNow();
    const order = this.#pick(each);
    if (!order) return;
    if (each.do === 'change') await this.#change(order, each);
    if (each.do === 'dispute') await this.#dispute(order, each);
    if (each.do === 'decide') await this.#decide(order, each.decision);
    if (each.do === 'close') await this.#close(order);
    await this.#learn(order);
  }

  /** What is refunded or disputed has to be captured first, so that most of the time it is. */
  #pick(each: Extract<Step, { readonly order: number }>): ModelOrder | undefined {
    const isAboutCaptures = each.do === 'dispute' || (each.do === 'change' && each.change === 'refund');
    const captured = this.#orders.filter(({ captures }) => captures.length > 0);
    const among = isAboutCaptures && captured.length > 0 ? captured : this.#orders;
    return among[each.order % (among.length || 1)];
  }

  async #now(): Promise<number> {
    const { now } = await this.#faces.control('GET', `/clock?merchant_id=${this.#faces.klarna.merchant_id}`);
    return Date.parse(String(now));
  }

  async wait(duration: string): Promise<void> {
    await this.#faces.klarna.advance(duration);
    const now_ms = await this.#now();
    for (const order of this.#orders) {
      order.bringTo(now_ms);
      await this.#learn(order);
    }
  }

  async #payNow(): Promise<void> {
    await this.#faces.control('POST', '/payouts', { merchant_id: this.#faces.klarna.merchant_id });
  }

  async #place(wanted: Purchase): Promise<void> {
    // Nobody chooses how a charge without the shopper turns out.
    const purchase = wanted.begun === 'purse v1, off session' ? { ...wanted, review: false } : wanted;
    const now_ms = await this.#now();
    const named = await this.#faces.place(purchase);
    const order = new ModelOrder(purchase, named, now_ms);
    order.expires_at_ms = Date.parse((await this.#faces.klarna.read(named.order_id)).expires_at);
    this.#orders.push(order);
    await this.#learn(order);
  }

  async #change(order: ModelOrder, each: Extract<Step, { do: 'change' }>): Promise<void> {
    const { captures, named } = order;
    const capture = captures[each.capture % (captures.length || 1)];
    const change = changeOf(each, order, capture);
    const now_ms = await this.#now();
    const came = await this.#faces.change(each.face, change, named);
    if (!came.asked || isOfOneStep(each.face, change, order)) {
      assert.equal(came.done, false, came.told);
      return;
    }
    const expected = order.change(each.face, change, now_ms);
    if (expected !== undefined) assert.equal(came.done, expected, came.told);
  }

  async #dispute(order: ModelOrder, each: Extract<Step, { do: 'dispute' }>): Promise<void> {
    const { named } = order;
    const now_ms = await this.#now();
    if (each.how === 'cybersource') {
      const [capture] = order.captures.filter(({ id }) => named.captures.has(id));
      const most = order.disputable(capture, now_ms);
      if (!capture || most < 1) return;
      const id = named.captures.get(capture.id);
      const amount = Math.min(Math.max(part(most, each.amount), 1), most);
      await this.#faces.control('POST', `/cybersource/${id}/chargeback`, { amount });
      order.chargeBack(amount, capture.id);
      return;
    }
    if (each.how.startsWith('open') && !order.dispute) await this.#openDispute(order, each, now_ms);
    const { dispute } = order;
    if (each.how === 'withdraw' && dispute) {
      await this.#faces.control('POST', `/disputes/${dispute.id}/withdraw`);
      order.win();
    }
    if (each.how.endsWith('accept') && dispute) {
      const answer = await this.#faces.klarna.call('POST', `/v4/payment/disputes/${dispute.krn}/accept-loss`);
      assert.ok(answer.status < 300, answer.text);
      order.lose();
    }
  }

  async #openDispute(order: ModelOrder, each: Extract<Step, { do: 'dispute' }>, now_ms: number): Promise<void> {
    const { captures } = order;
    const named = each.capture === undefined ? undefined : captures[each.capture % captures.length];
    // A dispute that names no capture is about the only one, or about all of the order.
    const capture = named ?? (captures.length === 1 ? captures[0] : undefined);
    const most = order.disputable(capture, now_ms);
    if (most < 1) return;
    const amount = Math.min(Math.max(part(most, each.amount), 1), most);
    const { hold_policy } = each;
    const opened = await this.#faces.control('POST', `/orders/${order.named.order_id}/disputes`, {
      amount,
      hold_policy,
      ...(named && { capture_id: named.id }),
    });
    order.dispute = {
      id: String(opened.dispute_id),
      krn: String(opened.payment_dispute_id),
      amount,
      capture_id: capture?.id,
      until_ms: now_ms + 21 * DAY_MS,
    };
  }

  async #decide(order: ModelOrder, decision: string): Promise<void> {
    if (order.fraud !== 'PENDING' || order.status !== 'AUTHORIZED') return;
    const now_ms = await this.#now();
    await this.#faces.control('POST', `/orders/${order.named.order_id}/fraud-decision`, { decision });
    order.decide(decision, now_ms);
  }

  async #close(order: ModelOrder): Promise<void> {
    if (order.status !== 'CAPTURED') return;
    await this.#faces.control('POST', `/orders/${order.named.order_id}/close`);
    order.status = 'CLOSED';
  }

  /** Ids are Klarna's to give; which is which follows from the order in which they were made. */
  async #learn(order: ModelOrder): Promise<void> {
    const { captures, refunds } = await this.#faces.klarna.read(order.named.order_id);
    assert.equal(captures.length, order.captures.length, 'captures');
    assert.equal(refunds.length, order.refunds.length, 'refunds');
    for (const [at, { capture_id }] of captures.entries()) if (order.captures[at]) order.captures[at].id = capture_id;
    for (const [at, { refund_id }] of refunds.entries()) if (order.refunds[at]) order.refunds[at].id = refund_id;
  }

  // ---- What must hold ------------------------------------------------------------------------------------

  async check(): Promise<void> {
    for (const order of this.#orders) {
      const told = {
        Klarna: await this.#klarnaSays(order),
        Cybersource: await this.#cybersourceSays(order),
        Purse: await this.#purseSays(order),
      };
      checkTable(order, told);
    }
    await this.#checkBooks();
  }

  async #klarnaSays(order: ModelOrder): Promise<Told> {
    const { order_id } = order.named;
    const read = await this.#faces.klarna.read(order_id);
    const wanted = {
      status: order.status,
      fraud_status: order.fraud,
      order_amount: order.amount,
      original_order_amount: order.purchase.amount,
      captured_amount: order.captured,
      refunded_amount: order.refunded,
      remaining_authorized_amount: order.remaining,
    };
    assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, read[name]])), wanted);
    assert.deepEqual(
      read.captures.map(({ captured_amount, refunded_amount }) => [captured_amount, refunded_amount]),
      order.captures.map(({ amount, refunded }) => [amount, refunded]),
    );
    const { charged_back_amount = 0, codes } = await this.#faces.control('GET', `/orders/${order_id}`);
    assert.equal(charged_back_amount, order.charged_back);
    const head = [`\`${read.status}\``, `\`${read.fraud_status}\``];
    return { head, all: head, codes: (codes as string[]).map((code) => `\`${code}\``) };
  }

  /** Each transaction that was made here has the status that follows from the order, whoever changed it since. */
  async #cybersourceSays(order: ModelOrder): Promise<Told | undefined> {
    const { authorization, captures, refunds, reversals } = order.named;
    if (!authorization) return undefined;
    const { cybersource } = this.#faces;
    const head = [`\`${(await cybersource.check(authorization)).status}\``];
    const all = [...head];
    for (const capture of order.captures) {
      const id = captures.get(capture.id);
      if (!id) continue;
      const { status, orderInformation } = await cybersource.check(id);
      const isLost = order.isLost(capture);
      assert.equal(status, isLost ? 'CHARGEBACK' : 'SETTLED');
      const { totalAmount, refundBalance } = orderInformation?.amountDetails ?? {};
      assert.deepEqual(
        [totalAmount, refundBalance],
        [capture.amount, isLost ? 0 : order.leftOf(capture)].map((amount) => decimalFromMinor(amount)),
        'what is left to refund of a capture',
      );
      all.push(`capture \`${status}\``);
    }
    for (const { id: refund_id, amount } of order.refunds) {
      const id = refunds.get(refund_id);
      if (!id) continue;
      const { status, orderInformation } = await cybersource.check(id);
      assert.equal(orderInformation?.amountDetails.totalAmount, decimalFromMinor(amount));
      all.push(`refund \`${status}\``);
    }
    for (const id of reversals) {
      assert.equal((await cybersource.check(id)).status, 'AUTH_REVERSED');
      // The table has orders that time has cancelled after the rejection; the merchant may have been faster.
      if (order.fraud !== 'REJECTED') all.push('reversal `AUTH_REVERSED`');
    }
    return { head, all };
  }

  async #purseSays(order: ModelOrder): Promise<Told | undefined> {
    const { purse } = order.named;
    if (!purse) return undefined;
    const { amounts, authorization, overview } = await this.#faces.payment(purse.payment_id);
    const transactions = await this.#faces.transactions(purse);
    const [root] = transactions;
    assert.ok(root);
    checkPurseAmounts(order, amounts);
    const successful = (action: string) =>
      transactions
        .filter(({ status }) => status.action === action && status.state === 'SUCCESS')
        .map(({ plugin_result }) => decimalFromMinor(Math.round(plugin_result.amount * 100)))
        .toSorted();
    const decimals = (made: readonly { readonly amount: number }[]) =>
      made.map(({ amount }) => decimalFromMinor(amount)).toSorted();
    assert.deepEqual(successful('CAPTURE'), decimals(order.captures), 'captures at Purse');
    assert.deepEqual(successful('REFUND'), decimals(order.refunds), 'refunds at Purse');
    // A void of what was rejected is one of nothing: it tells that the merchant let go, not that anything was authorized.
    const others = transactions
      .slice(1)
      .filter(({ status, plugin_result }) => status.state === 'SUCCESS' && plugin_result.amount > 0);
    const head = [
      `AUTHORIZE \`${root.status.state}\` (\`${root.plugin_result.status}\`)`,
      `v2 \`${authorization.status}\``,
    ];
    // The table is about payments with an authorization of their own.
    if (root.status.action === 'CAPTURE') return { head, all: head };
    const followed = others.map(({ status }) => `${status.action} \`${status.state}\``);
    return { head, all: [...head, ...followed, `\`${overview}\``] };
  }

  async #checkBooks(): Promise<void> {
    const books = await this.#faces.control('GET', `/books?merchant_id=${this.#faces.klarna.merchant_id}`);
    assert.equal(books.balanced, true, JSON.stringify(books));
    const currencies = books.currencies as { currency: string; summary: Record<string, number> }[];
    for (const currency of ['EUR', 'USD']) {
      const own = this.#orders.filter(({ named }) => named.currency === currency);
      const sum = (of: (order: ModelOrder) => number) => own.reduce((total, order) => total + of(order), 0);
      const { summary = {} } = currencies.find((each) => each.currency === currency) ?? {};
      const { captured = 0, refunded = 0, disputes = 0, fees = 0, corrections = 0 } = summary;
      const { paid_out = 0, to_be_paid = 0, held_back = 0, debt = 0, invoiced = 0 } = summary;
      assert.deepEqual(
        [captured, refunded, disputes],
        [sum((order) => order.captured), sum((order) => order.refunded), sum((order) => order.charged_back)],
        `books in ${currency}`,
      );
      assert.equal(
        captured - refunded - fees - disputes + corrections,
        paid_out + to_be_paid + held_back - debt - invoiced,
        `every cent in ${currency} is somewhere`,
      );
    }
  }

  /** Every capture and refund is in one payout and no other, and what was charged back is too. */
  async checkSettlements(): Promise<void> {
    const { klarna } = this.#faces;
    const { body } = await klarna.call('GET', '/settlements/v1/payouts?size=500');
    const settled: Json[] = [];
    for (const { payment_reference } of body.payouts as { payment_reference: string }[]) {
      const path = `/settlements/v1/transactions?size=500&payment_reference=${payment_reference}`;
      settled.push(...((await klarna.call('GET', path)).body.transactions as Json[]));
    }
    for (const order of this.#orders) {
      const own = settled.filter(({ order_id }) => order_id === order.named.order_id);
      const amounts = (type: string) => own.filter((each) => each.type === type).map(({ amount }) => Number(amount));
      const numerically = (made: readonly number[]) => made.toSorted((one, other) => one - other);
      const made = (of: readonly { readonly amount: number }[]) => numerically(of.map(({ amount }) => amount));
      assert.deepEqual(numerically(amounts('SALE')), made(order.captures), 'settled captures');
      assert.deepEqual(numerically(amounts('RETURN')), made(order.refunds), 'settled refunds');
      const reversed = amounts('REVERSAL').reduce((total, amount) => total + amount, 0);
      assert.equal(reversed, order.charged_back, 'settled chargebacks');
    }
  }

  /** The log of an order has every call that was made about it, through whichever face, in their order. */
  async checkLog(): Promise<void> {
    const { merchant_id } = this.#faces.klarna;
    for (const { named } of this.#orders) {
      const query = `merchant_id=${merchant_id}&order_id=${named.order_id}&limit=1000`;
      const { entries } = await this.#faces.control('GET', `/log?${query}`);
      const logged = (entries as Json[])
        .toReversed()
        .filter(({ method, path }) => method !== 'GET' && CHANGES.test(String(path)))
        .map(({ method, path, status }) => `${method} ${path} ${status}`);
      const made = this.#faces.trail
        .filter(({ order_id }) => order_id === named.order_id)
        .map(({ method, path, status }) => `${method} ${path} ${status}`);
      assert.deepEqual(logged, made);
    }
  }
}

/** Calls of any face that change an order. */
const CHANGES =
  /^\/(?:ordermanagement\/|pts\/v2\/(?:payments|captures)|payment\/v2\/payments\/|[0-9a-f-]{36}\/transactions\/[^/]+\/(?:capture|void|refund)$)/;

/** v1 has no authorization to capture or void where there is one step. */
function isOfOneStep(face: Face, change: Change, { purchase }: ModelOrder): boolean {
  return face === 'purse v1' && purchase.begun === 'purse v1, one step' && change.do !== 'refund';
}

function changeOf(
  { change, amount, odd }: Extract<Step, { do: 'change' }>,
  order: ModelOrder,
  capture: ModelCapture | undefined,
): Change {
  if (change === 'capture') return { do: change, amount: part(order.remaining, amount), ...(odd && { final: true }) };
  if (change === 'update') return { do: change, amount: part(order.amount, amount === 'too much' ? 'all' : amount) };
  if (change !== 'refund') return { do: change };
  const named = capture ? { capture_id: capture.id } : {};
  return { do: change, amount: part(order.refundable, amount), ...named, ...(odd && { unmatched: true }) };
}

function checkPurseAmounts(order: ModelOrder, amounts: Readonly<Record<string, number>>): void {
  const isOneStep = order.purchase.begun === 'purse v1, one step';
  const stands = order.fraud === 'ACCEPTED' ? order.remaining : 0;
  const available = isOneStep ? 0 : stands;
  const wanted = {
    total_captured: order.captured,
    total_refunded: order.refunded,
    available_to_capture: available,
    available_to_void: available,
    available_to_refund: order.refundable,
    // What Klarna rejected was never authorized, so nothing of it is voided.
    ...(!isOneStep && order.fraud !== 'REJECTED' && { total_voided: order.released }),
    ...(!isOneStep &&
      order.fraud === 'ACCEPTED' && { total_authorized: order.captured + order.remaining + order.released }),
  };
  assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, amounts[name]])), wanted);
}

// ---- docs/compatibility/statuses.md ---------------------------------------------------------------------------

/** What a face said of an order: `head` of the order itself, `all` with what followed. Klarna's has the catalogue's codes beside. */
interface Told {
  readonly head: readonly string[];
  readonly all: readonly string[];
  readonly codes?: readonly string[];
}
type Tells = Readonly<Record<'Klarna' | 'Cybersource' | 'Purse', Told | undefined>>;

/** Title → what Klarna, Cybersource, Purse and the catalogue say. */
const TABLE = new Map(
  readFileSync(new URL('../../../docs/compatibility/statuses.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| order '))
    .map((line): [string, readonly string[]] => {
      const [title = '', ...cells] = line.replace(/^\| | \|$/g, '').split(' | ');
      return [title, cells];
    }),
);

const wordsOf = (cell: string): string[] => cell.split(/[,;] /);

/** The row for status and review; with the one thing that happened besides, where the table has a row for it. */
function rowsOf(order: ModelOrder): { base: readonly string[]; exact?: readonly string[] } {
  const { status, fraud, captures, refunded, captured, released } = order;
  const reviewed: Record<string, string> = {
    'AUTHORIZED PENDING': ', in review',
    'AUTHORIZED REJECTED': ', rejected',
    'CANCELLED REJECTED': ' after the rejection',
    'CANCELLED PENDING': ' while in review',
  };
  const title = `order ${status}${reviewed[`${status} ${fraud}`] ?? ''}`;
  const base = TABLE.get(title);
  assert.ok(base, `the table has no row ${title}`);
  const wasLowered = released > 0 && (order.isOpen || status === 'CLOSED');
  const features = [
    ...(status === 'CAPTURED' && released > 0 ? [', part released'] : []),
    ...(refunded > 0 ? [refunded === captured ? ', all refunded' : ', part refunded'] : []),
    ...(order.dispute ? [', in dispute'] : []),
    ...(order.lost.length > 0 ? [', dispute lost'] : []),
  ];
  const isSingular = !wasLowered && features.length < 2 && captures.length < 2 && order.won === 0;
  const exact = isSingular
    ? TABLE.get(`order ${status}${features[0] ?? reviewed[`${status} ${fraud}`] ?? ''}`)
    : undefined;
  return { base, ...(exact && { exact }) };
}

function checkTable(order: ModelOrder, told: Tells): void {
  const { base, exact } = rowsOf(order);
  for (const [at, face] of (['Klarna', 'Cybersource', 'Purse'] as const).entries()) {
    const says = told[face];
    if (!says) continue;
    for (const word of says.head) assert.ok(wordsOf(base[at] ?? '').includes(word), `${face}: ${word} in ${base[at]}`);
    if (!exact) continue;
    const allowed = wordsOf(exact[at] ?? '');
    for (const word of says.all) assert.ok(allowed.includes(word), `${face}: ${word} in ${exact[at]}`);
  }
  if (exact)
    assert.deepEqual(told.Klarna?.codes?.toSorted(), wordsOf(exact[3] ?? '').toSorted(), 'codes of the catalogue');
}

// ---- The property -----------------------------------------------------------------------------------------------

for (const kind of STORES) {
  describe(`faces of one engine, ${kind.name}`, () => {
    const world = sharedProvider(kind);
    test('whichever face does what to an order, all of them tell one story of it', async () => {
      const property = fc.asyncProperty(start, async ({ settlement, first, steps }) => {
        const faces = await ManyFaces.open(world, { settlement });
        const history = new History(faces);
        for (const each of [first, ...steps]) {
          await history.take(each);
          await history.check();
        }
        await history.wait('P60D');
        await history.check();
        await history.checkSettlements();
        await history.checkLog();
      });
      await fuzz(property, kind.durable ? 6 : 30);
    });
  });
}
