/**
 * Customer tokens against a small account of the rules: made, charged, suspended, broken, recovered and cancelled by two merchants
 * in any order and at any time, with the shopper there or not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, fuzz } from '../../testing.ts';
import type { CustomerTokenCreate, SessionCreate } from '../../wire/klarna-payments.ts';
import { authorize } from './authorize.ts';
import { charge, ownToken } from './charge.ts';
import { cancelToken, createToken, moveToken, readableToken, relink, setInstrument } from './customer-token.ts';
import { assertOrder, assertToken } from './invariants.ts';
import { accept, map, type Outcome } from './outcome.ts';
import { placeOrder } from './place-order.ts';
import { createSession } from './session.ts';
import {
  type Authorization,
  type CustomerToken,
  capturedAmount,
  type PaymentMethodType,
  type Session,
  type TokenStatus,
} from './state.ts';
import {
  accepted,
  contextWith,
  countingIds,
  linesOf,
  merchantWith,
  purchaseOf,
  reasonOf,
  START_MS,
} from './testing.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Above this the merchants' risk rule refuses a charge, and from half of it on it is reviewed. */
const LIMIT = 50_000;

/** What each method is charged by later; written down again on purpose. Those that are missing cannot be. */
const CHARGED_BY: Partial<Record<PaymentMethodType, PaymentMethodType>> = {
  invoice: 'invoice',
  base_account: 'invoice',
  fixed_amount: 'invoice',
  direct_debit: 'direct_debit',
  card: 'card',
  pay_by_card: 'pay_by_card',
  slice_it_by_card: 'pay_by_card',
};
const METHODS: readonly PaymentMethodType[] = [
  'invoice',
  'fixed_amount',
  'direct_debit',
  'pay_by_card',
  'slice_it_by_card',
  'direct_bank_transfer',
];
const BY_CARD: readonly (PaymentMethodType | undefined)[] = ['card', 'pay_by_card'];

interface ModelToken {
  readonly owner: number;
  status: TokenStatus;
  method: PaymentMethodType;
  works: boolean;
  cardEnds: number;
  /** When each failed charge that can be recovered ends. */
  recoverable: Map<string, number>;
}

type Command =
  | {
      do: 'make';
      merchant: number;
      intent: 'buy' | 'tokenize' | 'buy_and_tokenize';
      method: PaymentMethodType;
      order: 'none' | 'before' | 'after';
      country: string;
    }
  | {
      do: 'charge';
      merchant: number;
      token: number;
      amount: number;
      off: number;
      currency: string;
      capture: boolean;
      step_up: boolean;
    }
  | { do: 'move'; token: number; move: 'suspend' | 'activate' | 'cancel' }
  | { do: 'end'; merchant: number; token: number }
  | { do: 'read'; merchant: number; token: number }
  | { do: 'instrument'; token: number; works: boolean }
  | {
      do: 'recover';
      merchant: number;
      token: number;
      with: 'newest' | 'oldest' | 'unknown';
      method: PaymentMethodType;
      by: 'order' | 'token';
    }
  | { do: 'wait'; ms: number };

const merchant = fc.nat(9).map((n) => (n === 0 ? 1 : 0));
const token = fc.oneof(fc.constant(0), fc.constant(0), fc.nat(2));
const method = fc.constantFrom(...METHODS);
const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('make'),
      merchant: fc.constant(0),
      intent: fc.constantFrom('buy_and_tokenize', 'buy_and_tokenize', 'tokenize', 'buy'),
      method,
      order: fc.constantFrom('none', 'before', 'after'),
      country: fc.constantFrom('SE', 'SE', 'SE', 'DE'),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('charge'),
      merchant,
      token,
      amount: fc.constantFrom(1, 999, 10_000, LIMIT / 2 + 1, LIMIT, LIMIT + 1),
      off: fc.nat(9).map((n) => (n === 0 ? 1 : 0)),
      currency: fc.nat(9).map((n) => (n === 0 ? 'EUR' : 'SEK')),
      capture: fc.boolean(),
      step_up: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move'),
      token,
      move: fc.constantFrom('suspend', 'activate', 'activate', 'cancel'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end'), merchant, token }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read'), merchant, token }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('instrument'), token, works: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('recover'),
      merchant,
      token,
      with: fc.constantFrom('newest', 'newest', 'oldest', 'unknown'),
      method,
      by: fc.constantFrom('order', 'token'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      ms: fc.constantFrom(1, HOUR, 48 * HOUR - 1, 48 * HOUR, 700 * DAY, 1100 * DAY),
    }),
  },
) as fc.Arbitrary<Command>;

class World {
  readonly #merchants = ['M1', 'M2'].map((merchant_id) =>
    merchantWith({
      merchant_id,
      risk_rules: [
        { on: 'charge', when: { amount_over: LIMIT }, decision: 'refuse' },
        { on: 'charge', when: { amount_over: LIMIT / 2 }, decision: 'review' },
      ],
    }),
  );
  readonly #ids = countingIds();
  now = START_MS;
  /** As stored: what a refusal must not change, but for the charge that may be recovered. */
  readonly tokens: CustomerToken[] = [];
  readonly models: ModelToken[] = [];
  charged = 0;

  #context(index: number) {
    const merchant = this.#merchants[index];
    assert.ok(merchant);
    return contextWith({ merchant, now_ms: this.now, ...this.#ids });
  }

  #at(fromNewest: number) {
    const index = this.tokens.length - 1 - fromNewest;
    return { index, token: this.tokens[index], model: this.models[index] };
  }

  #store(index: number, token: CustomerToken) {
    assertToken(token);
    assert.deepEqual(JSON.parse(JSON.stringify(token)), token, 'state survives a JSON round trip');
    this.tokens[index] = deepFreeze(token);
  }

  /** Engine and model do the command; returns what both answered. */
  do(command: Command): string {
    const answer = this.#answer(command);
    assert.equal(answer.got, answer.expected, JSON.stringify(command));
    this.check();
    return `${command.do} ${answer.got}`;
  }

  #answer(command: Command): { got: string; expected: string } {
    switch (command.do) {
      case 'wait':
        this.now += command.ms;
        return { got: 'ok', expected: 'ok' };
      case 'make':
        return this.#make(command);
      case 'charge':
        return this.#charge(command);
      case 'recover':
        return this.#recover(command);
      case 'end':
      case 'read':
        return this.#own(command);
      case 'move':
      case 'instrument':
        return this.#klarna(command);
    }
  }

  #make({ merchant, intent, method, order, country }: Command & { do: 'make' }) {
    const context = this.#context(merchant);
    const purchase = purchaseOf(1_000);
    const session = accepted(createSession({ ...purchase, intent }, context));
    const tried = accepted(authorize(session, { data: {}, payment_method: method }, context));
    let { authorization, session: current }: { authorization?: Authorization; session: Session } = tried;
    assert.ok(authorization);
    const place = () => {
      assert.ok(authorization);
      const placed = accepted(placeOrder(authorization, current, purchase, 'digest', context));
      assert.ok('order' in placed);
      ({ authorization, session: current } = placed);
    };
    if (order === 'before') place();
    const outcome = createToken(authorization, current, wanted(country), 'body', undefined, context);
    const expected =
      intent === 'buy'
        ? 'intent_without_token'
        : country === 'DE'
          ? 'order_differs_from_session'
          : CHARGED_BY[method] === undefined
            ? 'method_without_token'
            : 'ok';
    if (outcome.ok) {
      assert.ok('token' in outcome.value && outcome.value.isNew);
      ({ authorization } = outcome.value);
      this.#store(this.tokens.length, outcome.value.token);
      this.models.push(this.#linked({ owner: merchant, status: 'ACTIVE' }, method));
      this.#repeats(authorization, current, outcome.value.token.token_id);
    }
    if (order === 'after') place();
    return { got: reasonOf(outcome), expected };
  }

  /** The same call gets the same token, another one none, for an hour; nobody else gets any. */
  #repeats(authorization: Authorization, session: Session, token_id: string) {
    const again = (body: string, context = this.#context(0)) =>
      createToken(authorization, session, wanted('SE'), body, undefined, context);
    assert.deepEqual(accepted(again('body')), { token_id });
    assert.equal(reasonOf(again('another')), 'token_consumed');
    assert.equal(reasonOf(again('body', { ...this.#context(0), now_ms: this.now + HOUR })), 'token_consumed');
    assert.equal(reasonOf(again('body', this.#context(1))), 'token_unknown');
  }

  #linked(token: Pick<ModelToken, 'owner' | 'status'>, method: PaymentMethodType): ModelToken {
    const year = new Date(this.now).getUTCFullYear() + 2;
    const chargedBy = CHARGED_BY[method] ?? method;
    const cardEnds = BY_CARD.includes(chargedBy) ? Date.UTC(year + 1, 0, 1) : Number.POSITIVE_INFINITY;
    return { ...token, method: chargedBy, works: true, cardEnds, recoverable: new Map() };
  }

  #charge({ merchant, token: at, amount, off, currency, capture, step_up }: Command & { do: 'charge' }) {
    const { index, token, model } = this.#at(at);
    const context = this.#context(merchant);
    const request = {
      order_amount: amount,
      order_lines: linesOf(amount + off),
      purchase_currency: currency,
      auto_capture: capture,
      step_up: step_up ? ('SUPPORTED' as const) : ('NOT_SUPPORTED' as const),
    };
    const own = ownToken(token, context);
    const made = own.ok ? charge(own.value, request, context) : undefined;
    const outcome: Outcome<unknown> = made?.outcome ?? own;
    const expected = this.#charging(merchant, model, { amount, off, currency });
    if (made) this.#store(index, made.token);
    if (made?.outcome.ok) {
      const { order } = made.outcome.value;
      assertOrder(order);
      const review = amount > LIMIT / 2;
      assert.equal(order.order_amount, amount);
      assert.equal(order.customer_token_id, token?.token_id);
      assert.deepEqual(order.payment_method, token?.payment_method);
      assert.equal(order.fraud_status, review ? 'PENDING' : 'ACCEPTED');
      assert.equal(capturedAmount(order), capture && !review ? amount : 0);
      this.charged++;
    }
    if (made && !made.outcome.ok && model) {
      const { step_up_id } = made.outcome.refusal.facts;
      const failed = /^charge_/.test(expected);
      assert.equal(typeof step_up_id, failed && step_up ? 'string' : 'undefined');
      if (step_up_id !== undefined) {
        this.#forget(model);
        model.recoverable.set(String(step_up_id), this.now + 48 * HOUR);
        if (model.recoverable.size > 10) model.recoverable.delete([...model.recoverable.keys()][0] ?? '');
      }
    }
    return { got: reasonOf(outcome), expected };
  }

  #charging(
    merchant: number,
    model: ModelToken | undefined,
    request: { amount: number; off: number; currency: string },
  ) {
    if (!model) return 'customer_token_unknown';
    if (model.owner !== merchant) return 'customer_token_foreign';
    if (model.status !== 'ACTIVE') return `customer_token_${model.status.toLowerCase()}`;
    if (request.off !== 0) return 'bad_purchase';
    if (request.currency !== 'SEK') return 'charge_method_unavailable';
    return model.works && this.now < model.cardEnds && request.amount <= LIMIT ? 'ok' : 'charge_failed';
  }

  #forget(model: ModelToken) {
    for (const [id, ends] of model.recoverable) if (ends <= this.now) model.recoverable.delete(id);
  }

  #recover({ merchant, token: at, with: which, method, by }: Command & { do: 'recover' }) {
    const { index, token, model } = this.#at(at);
    const context = this.#context(merchant);
    if (model) this.#forget(model);
    const ids = [...(model?.recoverable.keys() ?? [])];
    const step_up_id = (which === 'unknown' ? undefined : which === 'newest' ? ids.at(-1) : ids[0]) ?? 'unknown';
    const details: SessionCreate = {
      ...purchaseOf(1_000),
      intent: 'buy_and_tokenize',
      step_up_id,
      customer: { customer_token: token?.token_id ?? 'nobody' },
    };
    const session = createSession(details, context, token);
    const possible = model?.owner === merchant && model.status !== 'CANCELLED' && model.recoverable.has(step_up_id);
    if (session.ok && token && model) {
      const relinked = this.#complete(session.value, token, { method, by, merchant });
      // A method that cannot be charged again pays the order and leaves the token as it was.
      assert.equal(relinked !== undefined, CHARGED_BY[method] !== undefined);
      if (relinked) {
        assert.equal(relinked.token_id, token.token_id);
        assert.notEqual(relinked.payment_method_reference, token.payment_method_reference);
        this.#store(index, relinked);
        this.models[index] = this.#linked(model, method);
      }
    }
    return { got: reasonOf(session), expected: possible ? 'ok' : 'bad_purchase' };
  }

  /** The shopper authorizes, and the merchant places the order or asks for the token; the token as it is then. */
  #complete(
    session: Session,
    token: CustomerToken,
    { method, by, merchant }: Pick<Command & { do: 'recover' }, 'method' | 'by' | 'merchant'>,
  ): CustomerToken | undefined {
    const context = this.#context(merchant);
    const tried = accepted(authorize(session, { data: {}, payment_method: method }, context));
    assert.ok(tried.authorization);
    if (by === 'token') {
      const made = createToken(tried.authorization, tried.session, wanted('SE'), 'body', token, context);
      if (!made.ok) return undefined;
      assert.ok('token' in made.value && !made.value.isNew);
      return made.value.token;
    }
    const placed = accepted(placeOrder(tried.authorization, tried.session, purchaseOf(1_000), 'digest', context));
    assert.ok('order' in placed);
    return relink(token, placed.session, placed.authorization, context);
  }

  #own({ do: what, merchant, token: at }: Command & { do: 'end' | 'read' }) {
    const { index, token, model } = this.#at(at);
    const context = this.#context(merchant);
    const outcome = what === 'end' ? cancelToken(token, context) : readableToken(token, context);
    const mine = model?.owner === merchant;
    if (outcome.ok) this.#store(index, outcome.value);
    if (mine && model && what === 'end') this.#ended(model);
    return { got: reasonOf(outcome), expected: mine ? 'ok' : 'customer_token_unknown' };
  }

  #ended(model: ModelToken) {
    model.status = 'CANCELLED';
    model.recoverable.clear();
  }

  #klarna(command: Command & { do: 'move' | 'instrument' }) {
    const { index, token, model } = this.#at(command.token);
    if (!token || !model) return { got: 'ok', expected: 'ok' };
    const cancels = command.do === 'move' && command.move === 'cancel';
    const outcome = command.do === 'move' ? moveToken(command.move, token) : setInstrument(token, command.works);
    const expected = model.status === 'CANCELLED' && !cancels ? 'customer_token_ended' : 'ok';
    if (outcome.ok) this.#store(index, outcome.value);
    if (expected === 'ok') {
      if (cancels) this.#ended(model);
      else if (command.do === 'instrument') model.works = command.works;
      else model.status = command.move === 'suspend' ? 'SUSPENDED' : 'ACTIVE';
    }
    return { got: reasonOf(map(outcome, () => accept(undefined))), expected };
  }

  check(): void {
    for (const [index, token] of this.tokens.entries()) {
      const model = this.models[index];
      assert.ok(model);
      assert.deepEqual(
        [token.status, token.payment_method.type, token.instrument.broken !== true],
        [model.status, model.method, model.works],
      );
      const open = token.step_ups.filter(({ expires_at_ms }) => this.now < expires_at_ms);
      const ids = [...model.recoverable].filter(([, ends]) => this.now < ends).map(([id]) => id);
      assert.deepEqual(
        open.map(({ step_up_id }) => step_up_id),
        ids,
      );
    }
    assert.equal(new Set(this.tokens.map(({ token_id }) => token_id)).size, this.tokens.length);
  }
}

function wanted(country: string): CustomerTokenCreate {
  const purchase_currency = country === 'SE' ? 'SEK' : 'EUR';
  return {
    description: 'Mugs',
    intended_use: 'SUBSCRIPTION',
    locale: country === 'SE' ? 'sv-SE' : 'de-DE',
    purchase_country: country,
    purchase_currency,
  };
}

function run(commands: readonly Command[]): string[] {
  const world = new World();
  return commands.map((each) => world.do(each));
}

// Protects: nobody is charged on a token that is another's, suspended, cancelled or out of money; and whoever recovers can go on.
test('whatever two merchants, Klarna and the shopper do, a token is charged exactly when it may be', async () => {
  await fuzz(
    fc.property(fc.array(command, { minLength: 1, maxLength: 40, size: 'max' }), (commands) => {
      run(commands);
    }),
    1500,
  );
});

test('the random sequences reach every answer there is, so that the test above says something', () => {
  const seen = new Set(
    fc.sample(fc.array(command, { minLength: 40, maxLength: 50 }), { numRuns: 400, seed: 20270115 }).flatMap(run),
  );
  const charges = ['customer_token_unknown', 'customer_token_foreign', 'customer_token_suspended'];
  const refusals = ['customer_token_cancelled', 'bad_purchase', 'charge_method_unavailable', 'charge_failed'];
  const expected = [
    ...['ok', ...charges, ...refusals].map((each) => `charge ${each}`),
    ...['ok', 'intent_without_token', 'order_differs_from_session', 'method_without_token'].map(
      (each) => `make ${each}`,
    ),
    ...['ok', 'bad_purchase'].map((each) => `recover ${each}`),
    ...['ok', 'customer_token_unknown'].flatMap((each) => [`end ${each}`, `read ${each}`]),
    ...['ok', 'customer_token_ended'].flatMap((each) => [`move ${each}`, `instrument ${each}`]),
  ];
  assert.deepEqual(
    expected.filter((each) => !seen.has(each)),
    [],
  );
});
