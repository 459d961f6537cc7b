/**
 * Disputes against a small account of the rules: several about one order, refunds in between, any command at any time. The account
 * knows amounts and deadlines only; states and movements of the engine have to agree with it at every step.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, fuzz } from '../../testing.ts';
import { capture } from './capture.ts';
import { acceptLoss, afterRefund, appeal, attach, represent } from './dispute.ts';
import { decide, extendDeadline, withdraw } from './dispute-decide.ts';
import { assertDispute, heldAmount } from './dispute-money.ts';
import { type DisputeMoved, withDispute } from './dispute-moves.ts';
import { openDispute } from './dispute-open.ts';
import { answerRequest, ask } from './dispute-requests.ts';
import type { Dispute, OldReason } from './dispute-state.ts';
import { bringDisputeUpToDate, disputeWakeAt } from './dispute-time.ts';
import { disputeView } from './dispute-view.ts';
import { assertOrder } from './invariants.ts';
import { MOVEMENT_TYPES } from './movements.ts';
import type { Outcome } from './outcome.ts';
import { refund } from './refund.ts';
import { type Context, capturedAmount, type Order, refundedAmount } from './state.ts';
import { accepted, contextWith, countingIds, merchantWith, placedOrder, purchaseOf, START_MS } from './testing.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FEE = 700;
const TOTAL = 10_000;
const WINDOWS: Readonly<Record<string, number>> = {
  unauthorized_purchase: 7 * DAY,
  high_risk_order: 96 * HOUR,
  return: 21 * DAY,
};

type Command =
  | { do: 'open'; amount: number; reason: OldReason; hold: boolean }
  | { do: 'represent' | 'accept' | 'appeal' | 'withdraw' | 'ask' | 'attach' | 'answer'; which: number }
  | { do: 'decide'; which: number; outcome: 'WON' | 'LOST'; part: number }
  | { do: 'extend'; which: number; ms: number }
  | { do: 'capture' | 'refund'; amount: number }
  | { do: 'wait'; ms: number };

const which = fc.oneof(fc.constant(0), fc.nat(3));
const amount = fc.oneof(fc.constantFrom(0, 1, TOTAL), fc.integer({ min: 1, max: TOTAL }));
const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('open'),
      amount,
      reason: fc.constantFrom('unauthorized_purchase', 'high_risk_order', 'return'),
      hold: fc.boolean(),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'represent',
        'represent',
        'accept',
        'appeal',
        'appeal',
        'withdraw',
        'ask',
        'attach',
        'answer',
      ),
      which,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('decide'),
      which,
      outcome: fc.constantFrom('WON', 'LOST'),
      part: fc.oneof(fc.constant(0), fc.nat(12_000)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('extend'), which, ms: fc.integer({ min: -HOUR, max: 40 * DAY }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('capture', 'refund', 'refund'), amount }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      ms: fc.oneof(fc.constantFrom(1, 96 * HOUR, 7 * DAY, 10 * DAY, 21 * DAY, 21 * DAY - 1), fc.nat(15 * DAY)),
    }),
  },
) as fc.Arbitrary<Command>;

/** What the account knows of a dispute. */
interface Account {
  /** Open, or how it ended. */
  end: 'WON' | 'LOST' | undefined;
  amount: number;
  charged: number;
  readonly hold: boolean;
  /** When it is lost unless somebody does something; undefined while Klarna has to decide. */
  due: number | undefined;
  /** What a loss by silence costs, once a preliminary decision named a part. */
  part: number | undefined;
}

class World {
  readonly #ids = countingIds();
  now = START_MS;
  order: Order;
  readonly disputes: Dispute[] = [];
  readonly accounts: Account[] = [];
  #captured = 0;
  #refunded = 0;

  constructor() {
    const purchase = purchaseOf(TOTAL);
    this.order = deepFreeze(placedOrder({ purchase, context: this.#context() }));
  }

  #context(hold = true): Context {
    const disputes = { fee_amount: FEE, hold_policy: hold ? 'ON_DISPUTE_INITIATED' : 'NONE' } as const;
    return contextWith({ merchant: merchantWith({ disputes }), now_ms: this.now, ...this.#ids });
  }

  do(command: Command): void {
    this.#time();
    switch (command.do) {
      case 'wait':
        this.now += command.ms;
        this.#time();
        break;
      case 'open':
        this.#open(command);
        break;
      case 'capture':
        this.#capture(command.amount);
        break;
      case 'refund':
        this.#refund(command.amount);
        break;
      default:
        this.#move(command);
    }
    this.#check();
  }

  /** Everything that was due by now has happened, at its own time. */
  #time(): void {
    for (const [index, dispute] of this.disputes.entries()) {
      const account = this.accounts[index] as Account;
      const wakes = disputeWakeAt(dispute);
      assert.equal(wakes, account.end ? undefined : account.due, 'the wake-up call');
      const { dispute: current } = bringDisputeUpToDate(dispute, this.#context());
      if (account.end === undefined && account.due !== undefined && account.due <= this.now) {
        account.end = 'LOST';
        account.charged = Math.min(account.part ?? account.amount, account.amount);
        assert.equal(current.closed?.closed_at_ms, account.due, 'the deadline’s own time');
      }
      this.#write(index, current);
    }
  }

  #open({ amount, reason, hold }: Command & { do: 'open' }): void {
    const outcome = openDispute(this.order, { old_reason: reason, amount }, this.#context(hold));
    const disputed = this.accounts.reduce((sum, { end, amount: each }) => (end ? sum : sum + each), 0);
    const fits = amount >= 1 && amount <= this.#left() - disputed && this.order.captures.length > 0;
    const isNew = this.now - (this.order.captures.at(-1)?.captured_at_ms ?? 0) <= 180 * DAY;
    assert.equal(outcome.ok, fits && isNew && this.disputes.length < 20, `opening over ${amount}`);
    if (!outcome.ok) return;
    this.accounts.push({
      end: undefined,
      amount,
      charged: 0,
      hold,
      due: this.now + (WINDOWS[reason] ?? 0),
      part: undefined,
    });
    assertDispute(undefined, outcome.value.dispute);
    this.disputes.push(deepFreeze(outcome.value.dispute));
    this.order = deepFreeze(outcome.value.order);
  }

  /** What is the merchant's still. */
  #left(): number {
    return this.#captured - this.#refunded - this.accounts.reduce((sum, { charged }) => sum + charged, 0);
  }

  #capture(amount: number): void {
    const outcome = capture(this.order, { captured_amount: amount }, this.#context());
    if (!outcome.ok) return;
    this.#captured += amount;
    this.order = deepFreeze(outcome.value.order);
  }

  #refund(amount: number): void {
    const outcome = refund(this.order, { refunded_amount: amount }, this.#context());
    assert.equal(outcome.ok, amount >= 1 && amount <= this.#left(), `a refund of ${amount}`);
    if (!outcome.ok) return;
    this.#refunded += amount;
    const after = afterRefund(outcome.value.order, this.disputes, this.#context());
    this.order = deepFreeze(after.order);
    for (const { dispute } of after.moved) {
      const index = this.disputes.findIndex(({ dispute_id }) => dispute_id === dispute.dispute_id);
      this.#write(index, dispute);
    }
    // The oldest give way first, and only as far as they have to.
    let excess = this.accounts.reduce((sum, { end, amount: each }) => (end ? sum : sum + each), 0) - this.#left();
    for (const account of this.accounts.filter(({ end }) => !end)) {
      const less = Math.max(0, Math.min(excess, account.amount));
      excess -= less;
      if (less === account.amount) account.end = 'WON';
      else account.amount -= less;
    }
  }

  #move(command: Exclude<Command, { do: 'wait' | 'open' | 'capture' | 'refund' }>): void {
    const index = this.disputes.length - 1 - command.which;
    const [dispute, account] = [this.disputes[index], this.accounts[index]];
    if (!dispute || !account) return;
    const outcome = this.#command(dispute, command);
    if (!outcome.ok) return;
    assert.equal(account.end, undefined, `${command.do} on a closed dispute`);
    this.#write(index, outcome.value.dispute);
    this.#account(account, dispute, command);
  }

  #command(
    dispute: Dispute,
    command: Exclude<Command, { do: 'wait' | 'open' | 'capture' | 'refund' }>,
  ): Outcome<DisputeMoved> {
    const context = this.#context();
    const attachments = dispute.attachments.slice(0, 10).map(({ attachment_id }) => attachment_id);
    const uses = attachments.map((attachment_id) => ({ attachment_id }));
    switch (command.do) {
      case 'attach':
        return attach(
          dispute,
          {
            attachment_id: context.id(),
            filename: 'a.pdf',
            mime_type: 'application/pdf',
            bytes: 1,
            uploaded_by: 'merchant',
          },
          context,
        );
      case 'represent':
        return represent(dispute, { attachments: uses }, context);
      case 'answer':
        return answerRequest(dispute, String(dispute.requests.length), { requested_fields: {}, attachments }, context);
      case 'ask':
        return ask(dispute, { comment: 'And?' }, context);
      case 'accept':
        return acceptLoss(dispute, context);
      case 'appeal':
        return appeal(dispute, { additional_information: 'No.', attachments: uses }, context);
      case 'withdraw':
        return withdraw(dispute, context);
      case 'extend':
        return extendDeadline(dispute, { until_ms: dispute.evidence_expires_at_ms + command.ms }, context);
      case 'decide': {
        const part = command.outcome === 'LOST' && command.part > 0 ? { chargeback_amount: command.part } : {};
        return decide(dispute, { outcome: command.outcome, ...part }, context);
      }
    }
  }

  /** What a command that was carried out means for the account. */
  #account(account: Account, { state }: Dispute, command: Command): void {
    switch (command.do) {
      case 'represent':
        account.due = undefined;
        break;
      case 'answer':
        if (state === 'INITIATED') account.due = undefined;
        break;
      case 'accept':
        account.end = 'LOST';
        account.charged = Math.min(account.part ?? account.amount, account.amount);
        break;
      case 'appeal':
        account.due = undefined;
        break;
      case 'withdraw':
        account.end = 'WON';
        break;
      case 'extend':
        account.due = (account.due ?? 0) + command.ms;
        break;
      case 'decide':
        if (command.outcome === 'WON') account.end = 'WON';
        else if (state === 'ARBITRATION') {
          account.end = 'LOST';
          account.charged = command.part > 0 ? command.part : account.amount;
        } else {
          account.due = this.now + 10 * DAY;
          account.part = command.part > 0 ? command.part : undefined;
        }
    }
  }

  #write(index: number, after: Dispute): void {
    const before = this.disputes[index] as Dispute;
    assertDispute(before, after);
    this.disputes[index] = deepFreeze(after);
    this.order = deepFreeze(withDispute(this.order, after));
  }

  #check(): void {
    assertOrder(this.order);
    assert.equal(capturedAmount(this.order) - refundedAmount(this.order), this.#captured - this.#refunded);
    const disputed = this.accounts.reduce((sum, { end, amount: each }) => (end ? sum : sum + each), 0);
    assert.ok(disputed <= this.#left(), `${disputed} disputed, ${this.#left()} left`);
    for (const [index, dispute] of this.disputes.entries()) this.#checkOne(dispute, this.accounts[index] as Account);
  }

  #checkOne(dispute: Dispute, account: Account): void {
    const { end, charged, hold } = account;
    assert.equal(dispute.closed?.outcome, end);
    assert.equal(dispute.closed?.chargeback_amount ?? 0, charged);
    const sums = Object.fromEntries(MOVEMENT_TYPES.map((type) => [type, 0]));
    for (const { type, amount: moved } of dispute.movements) sums[type] = (sums[type] ?? 0) + moved;
    const held = hold && !end ? account.amount : 0;
    const fee = end === 'LOST' || (hold && !end) ? FEE : 0;
    assert.equal(heldAmount(dispute), held);
    const { HOLDBACK = 0, RELEASE = 0, FEE: taken = 0, FEE_REFUND = 0, REVERSAL = 0, ...others } = sums;
    assert.deepEqual([HOLDBACK - RELEASE, REVERSAL, taken - FEE_REFUND], [held, charged, fee], 'held, reversed, fee');
    assert.ok(Object.values(others).every((sum) => sum === 0));
    // Whatever state it is in, it can be shown.
    assert.ok(JSON.stringify(disputeView(dispute, 'http://localhost')).includes(dispute.dispute_id));
  }
}

// Protects: the money of every dispute, in any history: nothing is charged twice, held for ever, or disputed that was given back.
test('held, charged back and fees add up, the end is the end, and no deadline passes unnoticed', async () => {
  await fuzz(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const world = new World();
      world.do({ do: 'capture', amount: TOTAL });
      for (const each of commands) world.do(each);
    }),
    400,
  );
});

// Protects: the account above is not talking about nothing; every end and every state is really met.
test('the histories reach every state and every end', () => {
  const seen = new Set<string>();
  // The same histories each time: what these meet, the random ones can meet.
  for (const commands of fc.sample(fc.array(command, { minLength: 20, maxLength: 60 }), { seed: 1, numRuns: 1_000 })) {
    const world = new World();
    world.do({ do: 'capture', amount: TOTAL });
    for (const each of commands) world.do(each);
    for (const { state, closed, previous_state } of world.disputes)
      seen.add(closed ? `${previous_state} ${closed.outcome} ${closed.detailed}` : state);
  }
  for (const end of [
    'INITIATED LOST partner_did_not_reply_to_dispute_request',
    'INITIATED LOST partner_accepted_the_loss',
    'INITIATED WON partner_has_refunded_payment_to_customer',
    'INITIATED WON customer_cancelled_dispute',
    'REPRESENTMENT WON klarna_resolved_dispute_in_partner_favor',
    'PRE_ARBITRATION LOST partner_accepted_the_loss',
    'ARBITRATION WON klarna_resolved_dispute_in_partner_favor',
  ])
    assert.ok(seen.has(end), `${end} was never met; ${[...seen].join(', ')}`);
  for (const reason of ['PRE_ARBITRATION LOST', 'ARBITRATION LOST', 'REPRESENTMENT'])
    assert.ok(
      [...seen].some((each) => each.startsWith(reason)),
      `${reason} was never met`,
    );
});

// Protects: the assertion that stays on in production notices what it is there for.
test('a dispute whose figures were tampered with is not written', () => {
  const context = contextWith({ merchant: merchantWith({ disputes: { fee_amount: FEE } }) });
  const placed = placedOrder({ context });
  const { order } = accepted(capture(placed, { captured_amount: TOTAL }, context));
  const { dispute } = accepted(openDispute(order, { old_reason: 'return' }, context));
  assert.doesNotThrow(() => assertDispute(undefined, dispute));
  const broken: readonly [Partial<Dispute>, RegExp][] = [
    [{ amount: 0.5 }, /whole number/],
    [{ amount: 9_000 }, /do not add up/],
    [{ movements: [] }, /do not add up/],
    [{ state: 'CLOSED' }, /belong together/],
    [{ movements: [...dispute.movements].reverse() }, /was changed/],
  ];
  for (const [change, message] of broken)
    assert.throws(() => assertDispute(dispute, { ...dispute, ...change }), message, JSON.stringify(change));
  const { dispute: closed } = accepted(acceptLoss(dispute, context));
  assert.throws(() => assertDispute(closed, { ...closed, updated_at_ms: 1 }), /it was closed/);
});
