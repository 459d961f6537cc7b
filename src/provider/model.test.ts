/**
 * Random shops on a running provider, over HTTP: whatever they send, right or wrong, in whatever order and at whatever
 * time, the order they read back adds up, no answer is a failure of ours, and every error says what it is.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../testing.ts';
import { type Answered, type OrderRead, type Shop, STORES, sharedProvider } from './testing.ts';

type Share = { readonly of: 'remaining' | 'refundable' | 'order'; readonly percent: number; readonly off: number };
type Command =
  | { do: 'money'; path: '/captures' | '/refunds' | '/authorization'; share: Share; lines: string; key: boolean }
  | { do: 'plain'; path: string }
  | { do: 'capture'; index: number; path: string }
  | { do: 'patch'; path: string; body: object }
  | { do: 'decide'; decision: string }
  | { do: 'wait'; duration: string }
  | { do: 'nonsense'; method: string; path: string; body: string };

const share: fc.Arbitrary<Share> = fc.record({
  of: fc.constantFrom('remaining', 'remaining', 'refundable', 'order'),
  percent: fc.constantFrom(100, 100, 50, 33, 120, 0),
  off: fc.constantFrom(0, 0, 0, 1, -1),
});

/** What a body must not be, and what is sent all the same. */
const nonsense = fc.oneof(
  fc.constantFrom('', '{', '[]', 'null', '"x"', '{"captured_amount":"1"}', '{"captured_amount":-1}', '{"a":1e400}'),
  fc.constantFrom('{"captured_amount":1e400}', '{"captured_amount":0.5}', '{"order_amount":9007199254740993}'),
  fc.constantFrom(
    '{"__proto__":{"captured_amount":1}}',
    '{"captured_amount":{"valueOf":1}}',
    '{"shipping_info":[null]}',
  ),
  fc.constantFrom(
    '{"shipping_address":{"country":"\\u0000"}}',
    '{"merchant_reference1":"\\ud800"}',
    '['.repeat(20_000),
  ),
  fc.json(),
);

const command = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('money'),
      path: fc.constantFrom('/captures', '/captures', '/captures', '/refunds', '/refunds', '/authorization'),
      share,
      lines: fc.constantFrom('none', 'none', 'matching', 'other'),
      key: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('plain'),
      path: fc.constantFrom(
        '/acknowledge',
        '/cancel',
        '/release-remaining-authorization',
        '/extend-authorization-time',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('capture'),
      index: fc.nat(2),
      path: fc.constantFrom('/shipping-info', '/trigger-send-out', '/extend-due-date', '/extend-due-date-options', ''),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('patch'),
      path: fc.constantFrom('/merchant-references', '/customer-details'),
      body: fc.constantFrom<object[]>(
        { merchant_reference1: 4711 },
        { merchant_reference2: '' },
        { shipping_address: { given_name: 'Ebba', postal_code: '123 45' } },
        { shipping_address: { postal_code: 'x' } },
        { billing_address: {} },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('decide'), decision: fc.constantFrom('accept', 'reject') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      duration: fc.constantFrom('PT1S', 'PT5M', 'PT4H', 'PT23H', 'P1D', 'P27D', 'P29D', 'P200D'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('nonsense'),
      method: fc.constantFrom('POST', 'PATCH', 'PUT', 'DELETE'),
      path: fc.constantFrom(
        '/captures',
        '/refunds',
        '/authorization',
        '/customer-details',
        '/shipping-info',
        '/captures/%2e%2e',
        '/x',
      ),
      body: nonsense,
    }),
  },
) as fc.Arbitrary<Command>;

const start = fc.record({
  amount: fc.constantFrom(1, 2, 3, 10_000, 99_999, 200_000_000),
  outcome: fc.constantFrom('approve', 'approve', 'approve', 'review'),
  payment_method: fc.constantFrom('invoice', 'invoice', 'pay_by_card', 'fixed_amount'),
  auto_capture: fc.nat(3).map((n) => n === 0),
  commands: fc.array(command, { minLength: 5, maxLength: 18, size: 'max' }),
});
type Start = typeof start extends fc.Arbitrary<infer T> ? T : never;

/** The figures that every order must keep, as its merchant reads them. */
function checkOrder(order: OrderRead, before: OrderRead | undefined): void {
  const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);
  const figures = [
    'order_amount',
    'original_order_amount',
    'captured_amount',
    'refunded_amount',
    'remaining_authorized_amount',
  ];
  for (const figure of figures)
    assert.ok(Number.isSafeInteger(order[figure]) && (order[figure] as number) >= 0, figure);
  assert.ok(order.captured_amount <= order.order_amount, 'no more is captured than is authorized');
  assert.ok(order.refunded_amount <= order.captured_amount, 'no more is refunded than was captured');
  assert.equal(order.captured_amount, sum(order.captures.map((each) => each.captured_amount as number)));
  assert.equal(order.refunded_amount, sum(order.refunds.map((each) => each.refunded_amount as number)));
  for (const each of order.captures) assert.ok(each.refunded_amount <= (each.captured_amount as number));
  assert.ok(sum(order.captures.map((each) => each.refunded_amount)) <= order.refunded_amount);
  const open = order.status === 'AUTHORIZED' || order.status === 'PART_CAPTURED';
  assert.equal(order.remaining_authorized_amount, open ? order.order_amount - order.captured_amount : 0);
  if (order.fraud_status === 'PENDING') assert.equal(order.captures.length, 0, 'a pending order is not captured');
  if (!before) return;
  assert.equal(order.original_order_amount, before.original_order_amount);
  assert.ok(order.captured_amount >= before.captured_amount, 'what was captured stays captured');
  assert.ok(order.refunded_amount >= before.refunded_amount);
  for (const [index, each] of before.captures.entries())
    assert.equal(order.captures[index]?.capture_id, each.capture_id);
  if (['CANCELLED', 'EXPIRED', 'CLOSED'].includes(before.status)) assert.equal(order.status, before.status);
}

/** No answer is a failure of ours, and every error has Klarna's shape. */
function checkAnswer({ status, body, headers, text }: Answered): void {
  assert.ok(status < 500, `${status} ${text}`);
  if (status < 400) return;
  assert.equal(typeof body.error_code, 'string', text);
  assert.ok(Array.isArray(body.error_messages) && body.error_messages.every((each) => typeof each === 'string'), text);
  assert.match(String(body.correlation_id), /^[0-9a-f-]{36}$/);
  assert.equal(headers.get('klarna-correlation-id'), body.correlation_id);
}

class Visit {
  readonly #shop: Shop;
  readonly #decide: (order_id: string, decision: string) => Promise<unknown>;
  readonly order_id: string;
  #keys = 0;

  constructor(shop: Shop, order_id: string, decide: (order_id: string, decision: string) => Promise<unknown>) {
    this.#shop = shop;
    this.order_id = order_id;
    this.#decide = decide;
  }

  async do(command: Command, order: OrderRead): Promise<Answered | undefined> {
    switch (command.do) {
      case 'money':
        return this.#money(command, order);
      case 'plain':
        return this.#shop.manage('POST', this.order_id, command.path);
      case 'capture':
        return this.#ofCapture(command, order);
      case 'patch':
        return this.#shop.manage('PATCH', this.order_id, command.path, command.body);
      case 'nonsense':
        return this.#shop.manage(command.method, this.order_id, command.path, command.body);
      case 'decide':
        await this.#decide(this.order_id, command.decision).catch((error: Error) =>
          assert.match(error.message, / 403:/),
        );
        return undefined;
      case 'wait':
        await this.#shop.advance(command.duration);
        return undefined;
    }
  }

  async #money({ path, share, lines, key }: Command & { do: 'money' }, order: OrderRead): Promise<Answered> {
    const remaining = order.remaining_authorized_amount;
    const amounts = { remaining, refundable: order.captured_amount - order.refunded_amount, order: order.order_amount };
    const amount = Math.max(0, Math.floor((amounts[share.of] * share.percent) / 100) + share.off);
    const line = {
      name: 'x',
      quantity: 1,
      unit_price: amount,
      total_amount: amount,
      reference: lines === 'matching' ? 'a' : 'b',
    };
    const order_lines = lines === 'none' ? {} : { order_lines: [line] };
    const name = { '/captures': 'captured_amount', '/refunds': 'refunded_amount', '/authorization': 'order_amount' }[
      path
    ];
    const method = path === '/authorization' ? 'PATCH' : 'POST';
    const body = { [name]: amount, ...order_lines };
    const idempotency_key = key ? `key-${++this.#keys}` : undefined;
    const answer = await this.#shop.manage(method, this.order_id, path, body, idempotency_key);
    if (!key) return answer;
    const again = await this.#shop.manage(method, this.order_id, path, body, idempotency_key);
    assert.equal(again.status, answer.status, 'the repeat under the same key gets the same answer');
    for (const header of ['capture-id', 'refund-id', 'location'])
      assert.equal(again.headers.get(header), answer.headers.get(header));
    return again;
  }

  #ofCapture({ index, path }: Command & { do: 'capture' }, order: OrderRead): Promise<Answered> {
    const id = order.captures[index]?.capture_id ?? order.order_id;
    if (path === '/shipping-info')
      return this.#shop.manage('POST', this.order_id, `/captures/${id}${path}`, {
        shipping_info: [{ tracking_number: 1 }],
      });
    if (path === '/extend-due-date')
      return this.#shop.manage('PATCH', this.order_id, `/captures/${id}${path}`, {
        number_of_days: index === 0 ? 2 : 30,
      });
    return this.#shop.manage(path === '/trigger-send-out' ? 'POST' : 'GET', this.order_id, `/captures/${id}${path}`);
  }
}

async function visit(
  shop: Shop,
  decide: (order_id: string, decision: string) => Promise<unknown>,
  start: Start,
): Promise<void> {
  const { amount, outcome, payment_method, auto_capture, commands } = start;
  const line = { name: 'Shoe', reference: 'a', quantity: 1, unit_price: amount, total_amount: amount };
  const purchase = { purchase_country: 'SE', purchase_currency: 'SEK', order_amount: amount, order_lines: [line] };
  const order_id = await shop.placeOrder(purchase, { outcome, payment_method }, { auto_capture });
  const steps = new Visit(shop, order_id, decide);
  let order = await shop.read(order_id);
  checkOrder(order, undefined);
  for (const each of commands) {
    const answer = await steps.do(each, order);
    if (answer) checkAnswer(answer);
    const now = await shop.read(order_id);
    checkOrder(now, order);
    if (answer && answer.status >= 400)
      assert.deepEqual(now, order, `a refusal changes nothing: ${JSON.stringify(each)}`);
    order = now;
  }
}

for (const kind of STORES.filter(({ name }) => name.startsWith('SQLite'))) {
  describe(kind.name, () => {
    const world = sharedProvider(kind);
    test('whatever is sent, orders add up, nothing fails with 5xx and errors have their shape', async () => {
      const decide = (order_id: string, decision: string) =>
        world.provider.control('POST', `/orders/${order_id}/fraud-decision`, { decision });
      // A merchant a run, because its clock moves and never goes back.
      const property = fc.asyncProperty(start, async (each) => visit(await world.shop(), decide, each));
      await fuzz(property, kind.durable ? 20 : 100);
    });
  });
}
