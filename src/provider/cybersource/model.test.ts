// Protects: whatever a merchant does with an authorization, in whatever order, answers, order and balances agree to the cent with a model that
// fits on a screen, and what was refused has changed nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { decimalFromMinor } from '../../money/decimal.ts';
import { fuzz } from '../../testing.ts';
import { type Provider, startProvider } from '../index.ts';
import { type Answered, authorizationBody, CybersourceShop, partBody } from './testing.ts';

let provider: Provider;
let shop: CybersourceShop;
before(async () => {
  provider = await startProvider();
  shop = await CybersourceShop.open(() => provider, { cybersource_duplicates: 'accepted' });
});
after(() => provider.close());

type Step =
  | { readonly kind: 'capture'; readonly amount: number | undefined; readonly isFinal: boolean }
  | { readonly kind: 'refund'; readonly of: number; readonly amount: number | undefined }
  | { readonly kind: 'reverse' }
  | { readonly kind: 'change'; readonly amount: number };

/** Small amounts meet their bounds often; the authorization is of 100.00. */
const amount = fc.oneof(fc.constant(undefined), fc.constantFrom(1, 5_000, 9_999, 10_000, 10_001), fc.nat(4_000));
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('capture' as const), amount, isFinal: fc.boolean() }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('refund' as const), of: fc.nat(), amount }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reverse' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('change' as const), amount: fc.nat(10_000) }) },
  ),
  { minLength: 3, maxLength: 12 },
);

interface Captured {
  readonly id: string;
  readonly amount: number;
  refunded: number;
}

/** What an authorization should be, in minor units. */
class Model {
  authorized = 10_000;
  readonly captures: Captured[] = [];
  state: 'open' | 'reversed' | 'settled' = 'open';

  get captured(): number {
    return this.captures.reduce((sum, { amount }) => sum + amount, 0);
  }
  get refunded(): number {
    return this.captures.reduce((sum, { refunded }) => sum + refunded, 0);
  }

  /** The status or the reason that a step should be answered with. */
  answerTo(step: Step): string {
    // Nothing is no amount, whatever the order.
    if ((step.kind === 'capture' || step.kind === 'refund') && step.amount === 0) return 'INVALID_DATA';
    if (step.kind === 'refund') return this.#answerToRefund(step);
    if (this.state === 'reversed') return 'AUTH_ALREADY_REVERSED';
    if (this.state === 'settled') return 'TRANSACTION_ALREADY_SETTLED';
    if (step.kind === 'reverse') return this.captured > 0 ? 'TRANSACTION_ALREADY_SETTLED' : 'AUTH_REVERSED';
    if (step.kind === 'change') return step.amount < this.captured ? 'INVALID_AMOUNT' : 'AUTHORIZED';
    const left = this.authorized - this.captured;
    if (step.amount === undefined && left === 0) return 'INVALID_AMOUNT';
    return (step.amount ?? left) > left ? 'EXCEEDS_AUTH_AMOUNT' : 'SETTLED';
  }

  #answerToRefund(step: Extract<Step, { kind: 'refund' }>): string {
    const capture = this.captureOf(step);
    if (!capture) return 'INVALID_DATA';
    const left = capture.amount - capture.refunded;
    return left === 0 || (step.amount ?? left) > left ? 'INVALID_AMOUNT' : 'REFUNDED';
  }

  captureOf({ of }: { readonly of: number }): Captured | undefined {
    return this.captures[of % Math.max(1, this.captures.length)];
  }

  /** A step that was carried out. @param id of the transaction */
  apply(step: Step, id: string): void {
    if (step.kind === 'capture') {
      this.captures.push({ id, amount: step.amount ?? this.authorized - this.captured, refunded: 0 });
      if (step.isFinal || this.captured === this.authorized) this.state = 'settled';
    } else if (step.kind === 'refund') {
      const capture = this.captureOf(step) as Captured;
      capture.refunded += step.amount ?? capture.amount - capture.refunded;
    } else if (step.kind === 'reverse') this.state = 'reversed';
    else this.authorized = step.amount;
  }
}

function send(step: Step, id: string, model: Model): Promise<Answered> {
  const decimal = 'amount' in step && step.amount !== undefined ? decimalFromMinor(step.amount) : undefined;
  if (step.kind === 'capture') {
    const processingInformation = { actionList: 'AP_CAPTURE', captureOptions: { isFinal: String(step.isFinal) } };
    const body = partBody('AP_CAPTURE', decimal, { processingInformation });
    return shop.call('POST', `/pts/v2/payments/${id}/captures`, body);
  }
  if (step.kind === 'refund') {
    const of = model.captureOf(step)?.id ?? '7217350148269012056999';
    return shop.call('POST', `/pts/v2/captures/${of}/refunds`, partBody('AP_REFUND', decimal));
  }
  if (step.kind === 'reverse')
    return shop.call('POST', `/pts/v2/payments/${id}/reversals`, partBody('AP_AUTH_REVERSAL'));
  const processingInformation = { actionList: ['AP_AUTH'], linkId: id };
  const orderInformation = { amountDetails: { totalAmount: decimal, currency: 'USD' } };
  return shop.call('POST', '/pts/v2/payments', authorizationBody('none', { processingInformation, orderInformation }));
}

async function assertAgree(id: string, model: Model): Promise<void> {
  const { order_id } = await shop.control('GET', `/cybersource/${id}`);
  const order = await shop.control('GET', `/orders/${order_id}`);
  assert.deepEqual([order.captured_amount, order.refunded_amount], [model.captured, model.refunded]);
  for (const { id: capture_id, amount, refunded } of model.captures) {
    const { status, orderInformation } = await shop.check(capture_id, 'AP_CAPTURE_STATUS');
    const { totalAmount, refundBalance } = orderInformation?.amountDetails ?? {};
    assert.deepEqual(
      [status, totalAmount, refundBalance],
      ['SETTLED', decimalFromMinor(amount), decimalFromMinor(amount - refunded)],
    );
  }
}

test('captures, refunds, reversals and changes in any order', async () => {
  await fuzz(
    fc.asyncProperty(steps, async (all) => {
      const { id } = await shop.authorized();
      const model = new Model();
      for (const step of all) {
        const expected = model.answerTo(step);
        const { status, body, text } = await send(step, id, model);
        const isDone = status === 201 && body.status !== 'FAILED';
        assert.equal(isDone ? body.status : (body.reason ?? body.errorInformation?.reason), expected, text);
        if (isDone) model.apply(step, body.id);
      }
      await assertAgree(id, model);
    }),
    60,
  );
});
