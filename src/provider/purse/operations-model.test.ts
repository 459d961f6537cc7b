/**
 * Protects: whatever is captured, voided and refunded, in whichever order and by whichever of Purse's APIs, is allowed exactly as far as
 * the money goes, and all three views of it have the same sums.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { type Json, STORES, sharedProvider } from '../testing.ts';
import { PurseShop, purchaseFor, type TransactionRead } from './testing.ts';

const WHOLE = 11_500;

interface Move {
  readonly action: 'capture' | 'void' | 'refund';
  readonly amount: number;
  readonly by: 'v1' | 'v2';
}

/** Amounts that meet often, so that what is left is met to the cent. */
const MOVE: fc.Arbitrary<Move> = fc.record({
  action: fc.constantFrom('capture', 'capture', 'void', 'refund'),
  amount: fc.oneof(fc.constantFrom(1, 500, 3_000, 4_000, 4_500, 11_500, 11_501), fc.integer({ min: 1, max: 12_000 })),
  by: fc.constantFrom('v1', 'v2'),
});

interface Model {
  readonly captured: number;
  readonly voided: number;
  readonly refunded: number;
}

/** What may be done, by sums alone. Undefined: it may not. */
function moved({ captured, voided, refunded }: Model, { action, amount }: Move): Model | undefined {
  const left = WHOLE - captured - voided;
  if (action === 'refund')
    return amount <= captured - refunded ? { captured, voided, refunded: refunded + amount } : undefined;
  if (amount > left) return undefined;
  return action === 'capture'
    ? { captured: captured + amount, voided, refunded }
    : { captured, voided: voided + amount, refunded };
}

for (const kind of STORES.filter(({ name }) => name !== 'SQLite file')) {
  describe(`operations of Purse, ${kind.name}`, () => {
    const world = sharedProvider(kind);

    async function authorized(shop: PurseShop): Promise<{ id: string; session_id: string; order_id: string }> {
      const split = [{ partner: 'klarna', method: 'installments', amount: WHOLE }];
      const made = await shop.call<{ id: string; client_session_id: string; redirection: { href: string } }>(
        'POST',
        '/payment/v2/payments',
        { ...purchaseFor(shop), split },
      );
      await shop.onPage(made.body.redirection.href, 'complete');
      const { id, client_session_id: session_id } = made.body;
      const root = await shop.transaction(session_id, id);
      return { id, session_id, order_id: String(root.plugin_result.klarna_order_id) };
    }

    /** Whether it was done. v1 refunds one capture, v2 what Klarna chooses: v1 is asked where one capture is known to have room. */
    async function carryOut(
      shop: PurseShop,
      payment: { id: string; session_id: string },
      move: Move,
    ): Promise<boolean> {
      const { action, amount, by } = move;
      const list = await shop.list(payment.session_id);
      const captures = list.filter(({ status }) => status.action === 'CAPTURE' && status.state === 'SUCCESS');
      const isFirst = list.every(({ status }) => status.action !== 'REFUND');
      const roomy = captures.find(({ plugin_result }) => isFirst && plugin_result.amount * 100 >= amount);
      const target = action === 'refund' ? roomy?.id : payment.id;
      if (by === 'v2' || target === undefined) {
        const answer = await shop.call('POST', `/payment/v2/payments/${payment.id}/${action}s`, { amount });
        assert.ok([201, 409].includes(answer.status), answer.text);
        return answer.body.status === 'SUCCESS';
      }
      const body = { order: { amount: amount / 100, currency_code: 'EUR' }, amount: amount / 100 };
      const answer = await shop.about<TransactionRead>(target, action, body);
      assert.ok([200, 409].includes(answer.status), answer.text);
      return answer.status === 200 && answer.body.status.state === 'SUCCESS';
    }

    test('are allowed as far as the money goes', async () => {
      const shop = await PurseShop.open(world);
      await fuzz(
        fc.asyncProperty(fc.array(MOVE, { minLength: 1, maxLength: 8 }), async (moves) => {
          const payment = await authorized(shop);
          let model: Model = { captured: 0, voided: 0, refunded: 0 };
          for (const move of moves) {
            const next = moved(model, move);
            assert.equal(await carryOut(shop, payment, move), next !== undefined, JSON.stringify({ model, move }));
            model = next ?? model;
            const { captured, voided, refunded } = model;
            const { body } = await shop.call<{ amounts: Json }>('GET', `/payment/v2/payments/${payment.id}`);
            const { total_captured, total_voided, total_refunded, available_to_capture, available_to_refund } =
              body.amounts;
            assert.deepEqual(
              [total_captured, total_voided, total_refunded, available_to_capture, available_to_refund],
              [captured, voided, refunded, WHOLE - captured - voided, captured - refunded],
            );
            const list = await shop.list(payment.session_id);
            const sum = (action: string) =>
              list
                .filter(({ status }) => status.action === action && status.state === 'SUCCESS')
                .reduce((total, { plugin_result }) => total + Math.round(plugin_result.amount * 100), 0);
            assert.deepEqual([sum('CAPTURE'), sum('VOID'), sum('REFUND')], [captured, voided, refunded]);
            const order = await shop.klarna.read(payment.order_id);
            assert.deepEqual(
              [order.captured_amount, order.refunded_amount, order.remaining_authorized_amount],
              [captured, refunded, WHOLE - captured - voided],
            );
          }
        }),
        20,
      );
    });
  });
}
