/** Hosted sessions against a small account of the rules: several over one payment session, two merchants, any calls at any time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, fuzz } from '../../testing.ts';
import { type AuthorizeRequest, authorize } from './authorize.ts';
import {
  bringHostedUpToDate,
  createHosted,
  disableHosted,
  hostedView,
  hostedWakeAt,
  identifyHosted,
  leaveHosted,
  openHosted,
  readableHosted,
} from './hosted.ts';
import { payHosted } from './hosted-pay.ts';
import type { Outcome } from './outcome.ts';
import { placeOrder } from './place-order.ts';
import { createSession } from './session.ts';
import type { Authorization, Callback, Context, HostedSession, Order, Session } from './state.ts';
import { accepted, contextWith, countingIds, merchantWith, purchaseOf, reasonOf, START_MS } from './testing.ts';

const HOUR = 3_600_000;
const LIFETIME = 47 * HOUR;

type Shopper = 'open' | 'back' | 'cancel' | 'identify' | 'pay';
type Command =
  | { do: 'create'; mode: 'NONE' | 'PLACE_ORDER' | 'CAPTURE_ORDER'; told: boolean }
  | { do: Shopper; which: number; outcome: NonNullable<AuthorizeRequest['outcome']> }
  | { do: 'disable' | 'read'; which: number; stranger: boolean }
  | { do: 'order elsewhere' }
  | { do: 'wait'; ms: number };

const which = fc.nat(3);
const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('create'),
      mode: fc.constantFrom('NONE', 'PLACE_ORDER', 'CAPTURE_ORDER'),
      told: fc.boolean(),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constantFrom('open', 'back', 'cancel', 'identify', 'pay', 'pay'),
      which,
      outcome: fc.constantFrom('approve', 'decline', 'error', 'back', 'abandon'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('disable', 'read'), which, stranger: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'order elsewhere' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      ms: fc.oneof(fc.constantFrom(1, LIFETIME - 1, LIFETIME, HOUR), fc.nat(12 * HOUR)),
    }),
  },
) as fc.Arbitrary<Command>;

interface Model {
  readonly mode: string;
  readonly told: boolean;
  status: string;
  /** The statuses that the merchant has been called with. */
  readonly calls: string[];
}

/** A state that the shopper cannot leave. */
const FINAL = ['COMPLETED', 'CANCELLED', 'DISABLED'];
const BY_OUTCOME = { approve: 'COMPLETED', decline: 'FAILED', error: 'ERROR', back: 'BACK', abandon: 'IN_PROGRESS' };

class World {
  readonly #ids = countingIds();
  readonly #inStore: boolean;
  now = START_MS;
  session: Session;
  readonly hosted: HostedSession[] = [];
  readonly orders: Order[] = [];
  readonly tokens: Authorization[] = [];
  readonly model: Model[] = [];
  readonly #called = new Map<string, string[]>();
  #paid = false;

  constructor(inStore: boolean) {
    this.#inStore = inStore;
    const channel = inStore ? 'IN_STORE' : 'ECOMMERCE';
    const details = { ...purchaseOf(1_000), acquiring_channel: channel } as const;
    this.session = deepFreeze(accepted(createSession(details, this.#context())));
  }

  #context(stranger = false): Context {
    const merchant = merchantWith(stranger ? { merchant_id: 'M2' } : {});
    return contextWith({ merchant, now_ms: this.now, ...this.#ids });
  }

  do(command: Command): string {
    const index = 'which' in command ? this.hosted.length - 1 - command.which : -1;
    switch (command.do) {
      case 'wait':
        this.now += command.ms;
        return 'wait';
      case 'create':
        return this.#create(command);
      case 'order elsewhere':
        return this.#orderElsewhere();
      case 'read':
      case 'disable':
        return this.#merchant(command, index);
      default:
        return this.#shopper(command, index);
    }
  }

  #expired(): boolean {
    return this.now >= START_MS + LIFETIME;
  }

  #create({ mode, told }: Command & { do: 'create' }): string {
    const merchant_urls = told ? { status_update: 'https://shop.example/{{session_id}}' } : {};
    const options = { place_order_mode: mode };
    const outcome = createHosted(this.session, { merchant_urls, options }, this.#context());
    const gone = this.now >= START_MS + LIFETIME + HOUR;
    const expected = gone
      ? 'session_unknown'
      : this.#paid
        ? 'session_completed'
        : this.#expired()
          ? 'session_unknown'
          : 'ok';
    assert.equal(reasonOf(outcome), expected);
    if (outcome.ok) {
      this.hosted.push(deepFreeze(outcome.value));
      this.model.push({ mode, told, status: 'WAITING', calls: [] });
    }
    return `create ${expected}`;
  }

  /** The merchant places the order with a token of its own page. */
  #orderElsewhere(): string {
    const context = this.#context();
    const tried = authorize(this.session, { data: {} }, context);
    if (!tried.ok || !tried.value.authorization) return 'order elsewhere refused';
    const placed = accepted(
      placeOrder(tried.value.authorization, tried.value.session, purchaseOf(1_000), 'digest', context),
    );
    assert.ok('order' in placed);
    this.session = deepFreeze(placed.session);
    this.orders.push(placed.order);
    this.#endOthers();
    return 'order elsewhere ok';
  }

  #endOthers(): void {
    this.#paid = true;
    for (const each of this.model) if (!FINAL.includes(each.status)) each.status = 'DISABLED';
  }

  /** As the rules have it, before the session's own state is looked at. */
  #fault(index: number, stranger = false): string | undefined {
    return !this.model[index] || stranger || this.#expired() ? 'hosted_unknown' : undefined;
  }

  #merchant({ do: what, stranger }: Command & { do: 'read' | 'disable' }, index: number): string {
    const [hosted, model] = [this.hosted[index], this.model[index]];
    const run = what === 'read' ? readableHosted : disableHosted;
    const outcome = run(hosted, this.session, this.#context(stranger));
    const completed = what === 'disable' && model?.status === 'COMPLETED' ? 'hosted_completed' : undefined;
    const expected = this.#fault(index, stranger) ?? completed ?? 'ok';
    assert.equal(reasonOf(outcome), expected);
    if (outcome.ok && model) {
      if (what === 'disable' && model.status !== 'CANCELLED') model.status = 'DISABLED';
      this.#keep(index, { hosted: outcome.value, callbacks: [] });
    }
    return `${what} ${expected}`;
  }

  #shopper({ do: what, outcome: wanted }: Command & { do: Shopper }, index: number): string {
    const [hosted, model] = [this.hosted[index], this.model[index]];
    const context = this.#context();
    const request: AuthorizeRequest = { data: {}, outcome: wanted };
    const commands = {
      open: () => openHosted(hosted, this.session, context),
      back: () => leaveHosted('back', hosted, this.session, context),
      cancel: () => leaveHosted('cancel', hosted, this.session, context),
      identify: () => identifyHosted(hosted, this.session, context),
      pay: () => payHosted(hosted, this.session, request, context),
    };
    const outcome: Outcome<Parameters<typeof this.keepAll>[1]> = commands[what]();
    const ended = model && FINAL.includes(model.status) ? 'hosted_ended' : undefined;
    const misplaced = what === 'identify' && !this.#inStore ? 'hosted_not_in_store' : undefined;
    const expected = this.#fault(index) ?? ended ?? misplaced ?? 'ok';
    assert.equal(reasonOf(outcome), expected, `${what} in ${model?.status}`);
    if (outcome.ok && model) this.#came(what, wanted, model, index, outcome.value);
    return `${what} ${expected}`;
  }

  #came(what: Shopper, wanted: keyof typeof BY_OUTCOME | 'review', model: Model, index: number, came: Came): void {
    const ending = {
      open: 'IN_PROGRESS',
      back: 'BACK',
      cancel: this.#inStore ? 'CANCELLED' : 'BACK',
      identify: 'MANUAL_ID_CHECK',
      pay: BY_OUTCOME[wanted as keyof typeof BY_OUTCOME],
    }[what];
    // Whoever does something on the page has opened it, so a second decline is a change as well.
    const changed = ending !== 'IN_PROGRESS' || model.status !== ending;
    if (changed && model.told) model.calls.push(ending);
    model.status = ending;
    this.keepAll(index, came);
    if (ending !== 'COMPLETED') return;
    assert.equal(came.order !== undefined, model.mode !== 'NONE', 'an order exactly in the modes that place one');
    assert.equal(
      came.order?.status,
      { NONE: undefined, PLACE_ORDER: 'AUTHORIZED', CAPTURE_ORDER: 'CAPTURED' }[model.mode],
    );
    if (came.order) this.#endOthers();
  }

  keepAll(index: number, came: Came): void {
    this.#keep(index, came);
    if (came.session) this.session = deepFreeze(came.session);
    if (came.order) this.orders.push(came.order);
    if (came.authorization) this.tokens.push(came.authorization);
  }

  #keep(index: number, { hosted, callbacks }: Pick<Came, 'hosted' | 'callbacks'>): void {
    this.hosted[index] = deepFreeze(hosted);
    for (const call of callbacks) if (call.rule === 'hosted_status') this.#call(call);
  }

  #call({ url, body }: Callback): void {
    const id = url.split('/').at(-1) ?? '';
    const { session } = JSON.parse(body) as { session: { session_id: string; status: string } };
    assert.equal(session.session_id, id);
    this.#called.set(id, [...(this.#called.get(id) ?? []), session.status]);
  }

  /** What must hold whatever was called. */
  check(): void {
    assert.ok(this.orders.length <= 1, 'at most one order from one payment session');
    assert.equal(this.session.status, this.orders.length > 0 ? 'complete' : 'incomplete');
    for (const [index, hosted] of this.hosted.entries()) {
      const model = this.model[index] as Model;
      const read = readableHosted(hosted, this.session, this.#context());
      if (read.ok) assert.equal(read.value.status, model.status);
      assert.deepEqual(this.#called.get(hosted.hosted_id) ?? [], model.calls, 'every change told, and only changes');
      assert.equal(hosted.authorization_token !== undefined, model.status === 'COMPLETED' && model.mode === 'NONE');
      assert.deepEqual(JSON.parse(JSON.stringify(hosted)), hosted, 'state survives a JSON round trip');
      this.#checkEnd(hosted, model);
    }
  }

  /** Time runs out once: told where there is something to end and somebody to tell. */
  #checkEnd(hosted: HostedSession, model: Model): void {
    const late = { ...this.#context(), now_ms: START_MS + LIFETIME };
    const ended = bringHostedUpToDate(hosted, this.session, late);
    const told = model.told && !FINAL.includes(model.status);
    const calls = ended.callbacks.map(({ body }) => (JSON.parse(body) as { session: object }).session);
    const updated_at_ms = hosted.expires_at_ms;
    assert.deepEqual(calls, told ? [hostedView({ ...hosted, updated_at_ms }, 'TIMEOUT')] : []);
    assert.equal(hostedWakeAt(ended.hosted), undefined, 'nothing is due after the end');
    assert.deepEqual(bringHostedUpToDate(ended.hosted, this.session, late).callbacks, []);
    const early = bringHostedUpToDate(hosted, this.session, { ...late, now_ms: late.now_ms - 1 });
    assert.deepEqual(early.callbacks, []);
  }
}

interface Came {
  readonly hosted: HostedSession;
  readonly callbacks: readonly Callback[];
  readonly session?: Session;
  readonly order?: Order;
  readonly authorization?: Authorization;
}

function run(inStore: boolean, commands: readonly Command[]): string[] {
  const world = new World(inStore);
  return commands.map((each) => {
    const before = structuredClone([world.session, world.hosted, world.orders]);
    const answer = world.do(each);
    if (!/ ok$/.test(answer))
      assert.deepEqual([world.session, world.hosted, world.orders], before, 'a refusal changes nothing');
    world.check();
    return answer;
  });
}

test('whatever shoppers and merchants do on several pages of one purchase, it is paid once and the merchant hears of every change', async () => {
  await fuzz(
    fc.property(fc.boolean(), fc.array(command, { minLength: 1, maxLength: 25, size: 'max' }), (inStore, commands) => {
      run(inStore, commands);
    }),
    2000,
  );
});

test('the random sequences reach every answer there is, so that the test above says something', () => {
  const sequences = fc.sample(fc.array(command, { minLength: 25, maxLength: 30 }), { numRuns: 400, seed: 20270115 });
  const seen = new Set(sequences.flatMap((commands, index) => run(index % 2 === 0, commands)));
  const expected = [
    ...['ok', 'session_unknown', 'session_completed'].map((each) => `create ${each}`),
    ...['ok', 'hosted_unknown'].map((each) => `read ${each}`),
    ...['ok', 'hosted_unknown', 'hosted_completed'].map((each) => `disable ${each}`),
    ...['open', 'back', 'cancel', 'identify', 'pay'].flatMap((what) =>
      ['ok', 'hosted_unknown', 'hosted_ended'].map((each) => `${what} ${each}`),
    ),
    'identify hosted_not_in_store',
    'order elsewhere ok',
    'order elsewhere refused',
  ];
  assert.deepEqual(
    expected.filter((each) => !seen.has(each)),
    [],
  );
});
