/**
 * Sessions, authorizations and the orders placed from them, against a small account of the rules: any calls of two
 * merchants in any order and at any time, with right and wrong bodies.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, fuzz } from '../../testing.ts';
import type { OrderCreate } from '../../wire/klarna-payments.ts';
import { authorize, cancelAuthorization } from './authorize.ts';
import type { Outcome } from './outcome.ts';
import { placeOrder } from './place-order.ts';
import { createSession, readableSession, updateSession } from './session.ts';
import type { Authorization, Merchant, Order, Session } from './state.ts';
import { contextWith, countingIds, linesOf, merchantWith, purchaseOf, reasonOf, START_MS } from './testing.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface ModelSession {
  readonly owner: number;
  readonly expires: number;
  amount: number;
  order?: number;
  newestToken?: number;
}
interface ModelToken {
  readonly session: number;
  readonly expires: number;
  readonly amount: number;
  state: 'live' | 'cancelled' | 'consumed';
  body?: string;
}

type Command =
  | { do: 'create'; merchant: number; amount: number; sound: boolean }
  | { do: 'update'; merchant: number; session: number; amount: number; sound: boolean }
  | { do: 'authorize'; merchant: number; session: number; outcome: 'approve' | 'decline' | 'back'; amount?: number }
  | { do: 'cancel'; merchant: number; token: number }
  | { do: 'place'; merchant: number; token: number; body: 'as in session' | 'another amount' | 'with a reference' }
  | { do: 'read'; merchant: number; session: number }
  | { do: 'wait'; ms: number };

/** Which of the merchant's own sessions or tokens, counted from the newest; sometimes the other merchant calls. */
const merchant = fc.nat(9).map((n) => (n === 0 ? 1 : 0));
const which = fc.oneof(fc.constant(0), fc.constant(0), fc.nat(3));
const amount = fc.constantFrom(0, 1, 500, 999, 1_000, 200_000_000);
const sound = fc.nat(6).map((n) => n > 0);
const command = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('create'), merchant, amount, sound }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('update'), merchant, session: which, amount, sound }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('authorize'),
      merchant: fc.constant(0),
      session: which,
      outcome: fc.constantFrom('approve', 'approve', 'approve', 'decline', 'back'),
      amount: fc.option(amount, { nil: undefined, freq: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), merchant, token: which }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('place'),
      merchant,
      token: which,
      body: fc.constantFrom('as in session', 'as in session', 'as in session', 'another amount', 'with a reference'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read'), merchant, session: which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      ms: fc.oneof(
        fc.constantFrom(1, 59 * MINUTE, HOUR - 1, HOUR, 47 * HOUR, 48 * HOUR - 1, 48 * HOUR),
        fc.nat(2 * HOUR),
        fc.nat(49 * HOUR),
      ),
    }),
  },
) as fc.Arbitrary<Command>;

/** A body for the session's amount; `sound: false` does not add up. */
function bodyOf(amount: number, sound = true): OrderCreate {
  return { ...purchaseOf(amount), order_lines: linesOf(sound ? amount : amount + 1) };
}

class Shop {
  readonly #merchants: readonly Merchant[] = [merchantWith(), merchantWith({ merchant_id: 'M2' })];
  readonly #ids = countingIds();
  now = START_MS;
  /** As stored: what a refusal must not change. */
  readonly sessions: Session[] = [];
  readonly tokens: Authorization[] = [];
  readonly orders: Order[] = [];
  readonly modelSessions: ModelSession[] = [];
  readonly modelTokens: ModelToken[] = [];

  #context(merchant: number) {
    return contextWith({ merchant: this.#merchants[merchant] as Merchant, now_ms: this.now, ...this.#ids });
  }
  #index(fromNewest: number, length: number): number {
    return length - 1 - fromNewest;
  }

  /** Engine and model do the command; returns what both answered. */
  do(command: Command): string {
    switch (command.do) {
      case 'wait':
        this.now += command.ms;
        return 'wait';
      case 'create':
        return this.#create(command);
      case 'update':
      case 'read':
        return this.#touch(command);
      case 'authorize':
        return this.#authorize(command);
      case 'cancel':
        return this.#cancel(command);
      case 'place':
        return this.#place(command);
    }
  }

  #agree(command: Command, expected: string, outcome: Outcome<unknown>): string {
    assert.equal(reasonOf(outcome), expected, JSON.stringify(command));
    return `${command.do} ${expected}`;
  }

  #create(command: Command & { do: 'create' }): string {
    const outcome = createSession(bodyOf(command.amount, command.sound), this.#context(command.merchant));
    if (outcome.ok) {
      this.sessions.push(deepFreeze(outcome.value));
      const expires = this.now + 48 * HOUR;
      this.modelSessions.push({ owner: command.merchant, expires, amount: command.amount });
    }
    return this.#agree(command, command.sound ? 'ok' : 'bad_purchase', outcome);
  }

  #sessionFault(merchant: number, model: ModelSession | undefined): string | undefined {
    if (!model || model.owner !== merchant || this.now >= model.expires) return 'session_unknown';
    return undefined;
  }

  #touch(command: Command & { do: 'update' | 'read' }): string {
    const index = this.#index(command.session, this.sessions.length);
    const [session, model] = [this.sessions[index], this.modelSessions[index]];
    const context = this.#context(command.merchant);
    const fault = this.#sessionFault(command.merchant, model);
    if (command.do === 'read') return this.#agree(command, fault ?? 'ok', readableSession(session, context));
    const { order_amount, order_lines } = bodyOf(command.amount, command.sound);
    const outcome = updateSession(session, { order_amount, order_lines }, context);
    const completed = model?.order === undefined ? undefined : 'session_completed';
    const expected = fault ?? completed ?? (command.sound ? 'ok' : 'bad_purchase');
    if (outcome.ok) this.sessions[index] = deepFreeze(outcome.value);
    if (expected === 'ok' && model) model.amount = command.amount;
    return this.#agree(command, expected, outcome);
  }

  #authorize(command: Command & { do: 'authorize' }): string {
    const index = this.#index(command.session, this.sessions.length);
    const [session, model] = [this.sessions[index], this.modelSessions[index]];
    const { amount, outcome: wanted } = command;
    const { order_amount, order_lines } = bodyOf(amount ?? 0);
    const data = amount === undefined ? {} : { order_amount, order_lines };
    const outcome = authorize(session, { data, outcome: wanted }, this.#context(command.merchant));
    const completed = model?.order === undefined ? undefined : 'session_completed';
    const expected = this.#sessionFault(command.merchant, model) ?? completed ?? 'ok';
    if (outcome.ok) {
      const tried = outcome.value;
      this.sessions[index] = deepFreeze(tried.session);
      assert.equal(tried.approved, wanted === 'approve');
      assert.equal(tried.authorization !== undefined, tried.approved, 'a token exactly when approved');
      assert.equal(tried.show_form, wanted !== 'decline');
      if (tried.authorization) this.tokens.push(deepFreeze(tried.authorization));
    }
    if (expected === 'ok' && model) {
      model.amount = amount ?? model.amount;
      if (wanted === 'approve') {
        model.newestToken = this.modelTokens.length;
        this.modelTokens.push({ session: index, expires: this.now + HOUR, amount: model.amount, state: 'live' });
      }
    }
    return this.#agree(command, expected, outcome);
  }

  #tokenOf(merchant: number, index: number): ModelToken | undefined {
    const token = this.modelTokens[index];
    return token && this.modelSessions[token.session]?.owner === merchant ? token : undefined;
  }

  #cancel(command: Command & { do: 'cancel' }): string {
    const index = this.#index(command.token, this.tokens.length);
    const token = this.#tokenOf(command.merchant, index);
    const sessionIndex = this.modelTokens[index]?.session ?? -1;
    const outcome = cancelAuthorization(
      this.tokens[index],
      this.sessions[sessionIndex],
      this.#context(command.merchant),
    );
    const usable = token?.state === 'live' && this.now < token.expires;
    const expected = token?.state === 'consumed' ? 'token_not_cancellable' : usable ? 'ok' : 'token_unknown';
    if (outcome.ok) {
      this.tokens[index] = deepFreeze(outcome.value.authorization);
      if (outcome.value.session) this.sessions[sessionIndex] = deepFreeze(outcome.value.session);
    }
    const model = this.modelSessions[sessionIndex];
    if (expected === 'ok' && token && model) {
      token.state = 'cancelled';
      if (model.newestToken === index) delete model.newestToken;
    }
    return this.#agree(command, expected, outcome);
  }

  #place(command: Command & { do: 'place' }): string {
    const index = this.#index(command.token, this.tokens.length);
    const sessionIndex = this.modelTokens[index]?.session ?? -1;
    const model = this.modelSessions[sessionIndex];
    const inSession = model?.amount ?? 1;
    const body =
      command.body === 'another amount'
        ? bodyOf(inSession === 0 ? 5 : inSession - 1)
        : { ...bodyOf(inSession), ...(command.body === 'with a reference' && { merchant_reference1: 'R' }) };
    const digest = JSON.stringify(body);
    const expected = this.#placing(command, this.#tokenOf(command.merchant, index), model, digest);
    const outcome = placeOrder(
      this.tokens[index],
      this.sessions[sessionIndex],
      body,
      digest,
      this.#context(command.merchant),
    );
    if (outcome.ok && 'order' in outcome.value) {
      const { order, session, authorization } = outcome.value;
      assert.equal(expected, 'ok');
      assert.equal(order.order_amount, inSession);
      assert.equal(order.original_order_amount, inSession);
      this.sessions[sessionIndex] = deepFreeze(session);
      this.tokens[index] = deepFreeze(authorization);
      this.orders.push(deepFreeze(order));
    } else if (outcome.ok && 'order_id' in outcome.value) {
      assert.equal(expected, 'repeated');
      assert.equal(outcome.value.order_id, this.orders[model?.order ?? -1]?.order_id, 'a repeat finds the same order');
    }
    const token = this.modelTokens[index];
    if (expected === 'ok' && token && model) {
      token.state = 'consumed';
      token.body = digest;
      model.order = this.orders.length - 1;
      delete model.newestToken;
    }
    this.#agree(command, expected === 'repeated' ? 'ok' : expected, outcome);
    return `place ${expected}`;
  }

  #placing(
    command: Command & { do: 'place' },
    token: ModelToken | undefined,
    model: ModelSession | undefined,
    body: string,
  ) {
    if (token?.state === 'consumed') {
      if (this.now >= token.expires) return 'token_consumed';
      return token.body === body ? 'repeated' : 'order_differs_from_first_call';
    }
    if (token?.state !== 'live' || this.now >= token.expires) return 'token_unknown';
    const fault = this.#sessionFault(command.merchant, model);
    if (fault || !model) return fault ?? 'session_unknown';
    if (model.order !== undefined) return 'session_completed';
    if (command.body === 'another amount') return 'order_differs_from_session';
    return model.amount > token.amount ? 'order_rejected' : 'ok';
  }

  /** What must hold whatever was called. */
  check(): void {
    const bySession = this.orders.map(({ session_id }) => session_id);
    assert.equal(new Set(bySession).size, bySession.length, 'at most one order a session');
    const consumed = this.tokens.filter(({ status }) => status === 'consumed');
    assert.deepEqual(
      consumed.map(({ order_id }) => order_id).sort(),
      this.orders.map(({ order_id }) => order_id).sort(),
    );
    for (const [index, session] of this.sessions.entries()) {
      const model = this.modelSessions[index];
      const newest = model?.newestToken === undefined ? undefined : this.tokens[model.newestToken];
      assert.equal(
        session.authorization_token,
        newest?.authorization_token,
        'the session names its newest usable token',
      );
      assert.equal(session.status, model?.order === undefined ? 'incomplete' : 'complete');
      assert.equal(session.order_id, model?.order === undefined ? undefined : this.orders[model.order]?.order_id);
      assert.equal(session.details.order_amount, model?.amount);
      assert.equal(session.expires_at_ms - session.created_at_ms, 48 * HOUR);
    }
    for (const state of [...this.sessions, ...this.tokens, ...this.orders])
      assert.deepEqual(JSON.parse(JSON.stringify(state)), state, 'state survives a JSON round trip');
  }
}

function run(commands: readonly Command[]): string[] {
  const shop = new Shop();
  return commands.map((each) => {
    const before = structuredClone([shop.sessions, shop.tokens, shop.orders]);
    const answer = shop.do(each);
    if (!/ ok$/.test(answer))
      assert.deepEqual([shop.sessions, shop.tokens, shop.orders], before, 'a refusal changes nothing');
    shop.check();
    return answer;
  });
}

test('whatever two merchants call, a session becomes one order at most, and a used, cancelled or old token none', async () => {
  await fuzz(
    fc.property(fc.array(command, { minLength: 1, maxLength: 30, size: 'max' }), (commands) => {
      run(commands);
    }),
    2000,
  );
});

test('the random sequences reach every answer there is, so that the test above says something', () => {
  const seen = new Set(
    fc.sample(fc.array(command, { minLength: 30, maxLength: 40 }), { numRuns: 400, seed: 20270115 }).flatMap(run),
  );
  const places = ['ok', 'repeated', 'token_unknown', 'token_consumed', 'session_unknown', 'session_completed'];
  const expected = [
    ...[...places, 'order_differs_from_session', 'order_differs_from_first_call', 'order_rejected'].map(
      (each) => `place ${each}`,
    ),
    ...['ok', 'token_not_cancellable', 'token_unknown'].map((each) => `cancel ${each}`),
    ...['ok', 'session_unknown', 'session_completed'].map((each) => `authorize ${each}`),
    ...['ok', 'session_unknown', 'session_completed', 'bad_purchase'].map((each) => `update ${each}`),
    ...['ok', 'session_unknown'].map((each) => `read ${each}`),
    ...['ok', 'bad_purchase'].map((each) => `create ${each}`),
  ];
  assert.deepEqual(
    expected.filter((each) => !seen.has(each)),
    [],
  );
});
