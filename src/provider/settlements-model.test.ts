/**
 * Random shops over HTTP, with refunds after payouts, disputes, reviews that the clock decides, corrections and payouts whenever: after every
 * step the books balance, and what the orders say was captured and refunded is what the books say.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../testing.ts';
import { type Json, PURCHASE, purchaseIn, type Shop, STORES, sharedProvider } from './testing.ts';

const PURCHASES: readonly Json[] = [
  PURCHASE,
  purchaseIn('DE', 'EUR', 'de-DE'),
  purchaseIn('US', 'USD', 'en-US'),
  purchaseIn('FR', 'EUR', 'fr-FR'),
];

const anOrder = fc.nat(20);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('place' as const),
      purchase: fc.nat(PURCHASES.length - 1),
      review: fc.boolean(),
      auto_capture: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('captures' as const, 'refunds' as const),
      order: anOrder,
      amount: fc.constantFrom(10_000, 5_000, 3_333, 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('book' as const),
      order: anOrder,
      type: fc.constantFrom('CORRECTION', 'CREDIT', 'CHARGE', 'HOLDBACK'),
      amount: fc.integer({ min: 1, max: 50_000 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('dispute' as const),
      order: anOrder,
      amount: fc.constantFrom(undefined, 3_000, 1),
      hold_policy: fc.constantFrom('NONE', 'ON_DISPUTE_INITIATED'),
      end: fc.constantFrom('withdrawn', 'accepted', 'deadline', 'stays open'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), duration: fc.constantFrom('PT1H', 'P1D', 'P9D', 'P40D') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pay now' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type DisputeStep = Extract<Step, { do: 'dispute' }>;

const start = fc.record({
  settlement: fc.record({
    type: fc.constantFrom('NET', 'GROSS', 'GROSS_FEE'),
    interval: fc.constantFrom('daily', 'daily', 'weekly', 'monthly'),
    delay_days: fc.constantFrom(0, 0, 2),
    fees: fc.record({
      rate: fc.constantFrom(0, 299),
      fixed: fc.constantFrom({}, { SEK: 350, EUR: 35, USD: 30 }),
      return: fc.constantFrom({}, { EUR: 99 }),
    }),
    reserve: fc.record({ rate: fc.constantFrom(0, 500), days: fc.constantFrom(1, 30) }),
  }),
  steps: fc.array(step, { minLength: 6, maxLength: 24, size: 'max' }),
});

interface CurrencyBooks {
  readonly currency: string;
  readonly summary: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

type Control = (method: string, path: string, body?: object) => Promise<Json>;

/** The shopper disputes what can be disputed, and it ends in one way or the other, or stays open. */
async function dispute({ amount, hold_policy, end }: DisputeStep, order_id: string, shop: Shop, control: Control) {
  const body = { hold_policy, ...(amount !== undefined && { amount }) };
  const opened = await control('POST', `/orders/${order_id}/disputes`, body).catch((error: Error) => {
    assert.match(error.message, /403/);
    return undefined;
  });
  if (!opened) return;
  if (end === 'withdrawn') await control('POST', `/disputes/${opened.dispute_id}/withdraw`);
  if (end === 'accepted') await shop.call('POST', `/v4/payment/disputes/${opened.payment_dispute_id}/accept-loss`);
  if (end === 'deadline') await shop.advance('P22D');
}

/** Right and wrong calls alike: what is refused must leave the books alone. */
async function take(each: Step, shop: Shop, orders: string[], control: Control): Promise<void> {
  if (each.do === 'place') {
    const outcome = each.review ? { outcome: 'review' } : {};
    const purchase = PURCHASES[each.purchase] ?? PURCHASE;
    orders.push(await shop.placeOrder(purchase, outcome, { auto_capture: each.auto_capture }));
  }
  if (each.do === 'wait') await shop.advance(each.duration);
  if (each.do === 'pay now') await control('POST', '/payouts', { merchant_id: shop.merchant_id });
  const order_id = 'order' in each ? orders[each.order % (orders.length || 1)] : undefined;
  if (order_id === undefined) return;
  if (each.do === 'dispute') await dispute(each, order_id, shop, control);
  if (each.do === 'book')
    await control('POST', `/orders/${order_id}/transactions`, { type: each.type, amount: each.amount });
  if (each.do !== 'captures' && each.do !== 'refunds') return;
  const field = each.do === 'captures' ? 'captured_amount' : 'refunded_amount';
  const answer = await shop.manage('POST', order_id, `/${each.do}`, { [field]: each.amount });
  assert.ok(answer.status === 201 || answer.status === 403, answer.text);
}

async function chargedBack(orders: readonly { order_id: string }[], control: Control): Promise<number> {
  let sum = 0;
  for (const { order_id } of orders)
    sum += Number((await control('GET', `/orders/${order_id}`)).charged_back_amount ?? 0);
  return sum;
}

async function checkBooks(shop: Shop, orders: readonly string[], control: Control): Promise<void> {
  const books = await control('GET', `/books?merchant_id=${shop.merchant_id}`);
  const currencies = books.currencies as CurrencyBooks[];
  assert.deepEqual(
    currencies.flatMap(({ faults }) => faults),
    [],
  );
  assert.equal(books.balanced, true);
  const read = await Promise.all(orders.map((order_id) => shop.read(order_id)));
  for (const currency of ['SEK', 'EUR', 'USD']) {
    const own = read.filter((order) => order.purchase_currency === currency);
    const sum = (name: 'captured_amount' | 'refunded_amount') => own.reduce((total, order) => total + order[name], 0);
    const { captured = 0, refunded = 0, ...on } = currencies.find((each) => each.currency === currency)?.summary ?? {};
    assert.equal(captured, sum('captured_amount'), `captured in ${currency}`);
    assert.equal(refunded, sum('refunded_amount'), `refunded in ${currency}`);
    assert.equal(on.disputes ?? 0, await chargedBack(own, control), `charged back in ${currency}`);
    const {
      fees = 0,
      disputes = 0,
      corrections = 0,
      paid_out = 0,
      to_be_paid = 0,
      held_back = 0,
      debt = 0,
      invoiced = 0,
    } = on;
    assert.equal(
      captured - refunded - fees - disputes + corrections,
      paid_out + to_be_paid + held_back - debt - invoiced,
    );
  }
}

/** As a shop's bookkeeping would: every payout is the sum of its transactions, and no transaction comes twice. */
async function checkPayouts(shop: Shop): Promise<void> {
  const { body } = await shop.call('GET', '/settlements/v1/payouts?size=500');
  const seen = new Set<string>();
  for (const { payment_reference, totals } of body.payouts as { payment_reference: string; totals: Json }[]) {
    const answer = await shop.call(
      'GET',
      `/settlements/v1/transactions?size=500&payment_reference=${payment_reference}`,
    );
    const transactions = answer.body.transactions as Json[];
    const sum = (type: string) =>
      transactions.filter((each) => each.type === type).reduce((total, { amount }) => total + Number(amount), 0);
    assert.equal(totals.sale_amount, sum('SALE'));
    assert.equal(totals.return_amount, sum('RETURN'));
    assert.equal(totals.fee_amount, sum('FEE'));
    const key = (each: Json) => JSON.stringify({ ...each, payment_reference: '', payout: '' });
    for (const each of transactions.filter(({ type }) => type === 'SALE' || type === 'RETURN')) {
      assert.ok(!seen.has(key(each)), `a transaction is in two payouts: ${key(each)}`);
      seen.add(key(each));
    }
  }
}

for (const kind of STORES) {
  describe(kind.name, () => {
    const world = sharedProvider(kind);
    test('whatever a shop does, and whenever it is paid, its books balance', async () => {
      const control: Control = (method, path, body) => world.provider.control(method, path, body);
      const property = fc.asyncProperty(start, async ({ settlement, steps }) => {
        const shop = await world.shop({ settlement });
        const orders: string[] = [];
        for (const each of steps) {
          await take(each, shop, orders, control);
          await checkBooks(shop, orders, control);
        }
        await shop.advance('P400D');
        await checkBooks(shop, orders, control);
        await checkPayouts(shop);
      });
      await fuzz(property, kind.durable ? 8 : 40);
    });
  });
}
