// Protects: whatever is done to an order by whichever API, Purse's transactions add up to what Klarna has, and none is ever changed or lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deepFreeze, fuzz } from '../../testing.ts';
import { capture } from '../engine/capture.ts';
import { cancel, release, updateAuthorization } from '../engine/order.ts';
import type { Outcome } from '../engine/outcome.ts';
import { refund } from '../engine/refund.ts';
import { type Context, capturedAmount, type Order, refundedAmount, remainingAmount } from '../engine/state.ts';
import { contextWith, linesOf, placedOrder } from '../engine/testing.ts';
import { bringUpToDate } from '../engine/time.ts';
import { amountsOf, overviewOf, recorded } from './ledger.ts';
import type { PursePayment } from './state.ts';

const DAY = 86_400_000;

type Command =
  | { readonly do: 'capture' | 'refund' | 'update'; readonly amount: number }
  | { readonly do: 'cancel' | 'release' }
  | { readonly do: 'wait'; readonly days: number };

const amount = fc.integer({ min: 1, max: 12_000 });
const COMMANDS = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('capture' as const), amount: fc.integer({ min: 1, max: 6_000 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('refund' as const), amount: fc.integer({ min: 1, max: 4_000 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('update' as const), amount }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cancel' as const, 'release' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.constantFrom(1, 28) }) },
  ),
  { maxLength: 12 },
);

function carriedOut(order: Order, command: Command, context: Context): Outcome<Order> | Order {
  switch (command.do) {
    case 'capture': {
      const made = capture(order, { captured_amount: command.amount }, context);
      return made.ok ? made.value.order : made;
    }
    case 'refund': {
      const made = refund(order, { refunded_amount: command.amount }, context);
      return made.ok ? made.value.order : made;
    }
    case 'update':
      return updateAuthorization(
        order,
        { order_amount: command.amount, order_lines: linesOf(command.amount) },
        context,
      );
    case 'cancel':
      return cancel(order);
    case 'release':
      return release(order);
    case 'wait':
      return bringUpToDate(order, context).order;
  }
}

function paymentOf({ order_id, merchant_id, session_id, order_amount }: Order): PursePayment {
  return {
    payment_id: 'payment',
    merchant_id,
    entity_id: 'entity',
    generation: 'v1',
    session_id,
    created_at_ms: 0,
    version: 1,
    currency: 'SEK',
    capture: 'MANUAL',
    future_usage: false,
    order_id,
    transactions: [{ id: 'payment', action: 'AUTHORIZE', psp_status: 'WAITING', amount: order_amount, at_ms: 0 }],
    answered: [],
  };
}

function check(payment: PursePayment, order: Order): void {
  const amounts = amountsOf(payment);
  const [root] = payment.transactions;
  assert.equal(amounts.total_captured, capturedAmount(order));
  assert.equal(amounts.total_refunded, refundedAmount(order));
  assert.equal(amounts.available_to_capture, remainingAmount(order));
  assert.equal(root.amount, capturedAmount(order) + remainingAmount(order) + (amounts.total_voided ?? 0));
  assert.equal(new Set(payment.transactions.map(({ id }) => id)).size, payment.transactions.length);
  for (const { action, parent, psp_status } of payment.transactions.slice(1)) {
    assert.equal(psp_status, 'SUCCESS');
    const named = payment.transactions.find(({ id }) => id === parent);
    assert.equal(named?.action, action === 'REFUND' ? 'CAPTURE' : 'AUTHORIZE');
  }
  assert.match(overviewOf(payment), /^(NOT|(TOTALLY|PARTIALLY)_(CAPTURED|REFUNDED|VOIDED))$/);
}

test('transactions add up to the order, however often and seldom they are brought up to date', async () => {
  await fuzz(
    fc.property(COMMANDS, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (commands, looks) => {
      let context = contextWith();
      let order = placedOrder({ context });
      let payment = deepFreeze(recorded(paymentOf(order), order, context));
      check(payment, order);
      commands.forEach((command, at) => {
        if (command.do === 'wait') context = { ...context, now_ms: context.now_ms + command.days * DAY };
        const outcome = carriedOut(bringUpToDate(order, context).order, command, context);
        order = 'ok' in outcome ? (outcome.ok ? outcome.value : order) : outcome;
        if (!looks[at]) return;
        const next = deepFreeze(recorded(payment, order, context));
        assert.equal(recorded(next, order, context), next, 'nothing new the second time');
        const kept = payment.transactions.slice(1);
        assert.deepEqual(next.transactions.slice(1, 1 + kept.length), kept, 'nothing lost');
        check(next, order);
        payment = next;
      });
    }),
    500,
  );
});
