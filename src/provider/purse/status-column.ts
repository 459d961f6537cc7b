/** What Purse says where a session or an order stands, for the table that compares the APIs. */
import type { HostedSession, Order } from '../engine/state.ts';
import { overviewOf, recorded } from './ledger.ts';
import type { PursePayment } from './state.ts';
import { authorizationStatus, HOSTED_TO_PSP, PSP_STATUSES, type PspStatus } from './statuses.ts';

interface Standing {
  readonly hosted?: HostedSession;
  readonly order?: Order;
  readonly now_ms: number;
}

/**
 * v1's transactions, each with its state and PSP status, and v2's authorization with what became of it. Purse's payments are over a hosted
 * session; to a payment session alone it has nothing to say.
 */
export function standingInPurse({ hosted, order, now_ms }: Standing): string {
  if (order) return orderInPurse(order, now_ms);
  if (!hosted) return '–';
  const status = now_ms < hosted.expires_at_ms ? HOSTED_TO_PSP[hosted.status] : 'UNKNOWN_RESPONSE';
  return `${authorizeInWords(status)}; v2 \`${authorizationStatus(status)}\``;
}

function authorizeInWords(status: PspStatus): string {
  return `AUTHORIZE \`${PSP_STATUSES[status].state}\` (\`${status}\`)`;
}

function orderInPurse(order: Order, now_ms: number): string {
  const payment = recorded(paymentOf(order), order, { now_ms, id: () => 'void' });
  const [root, ...followed] = payment.transactions;
  const others = followed.map(({ action, psp_status }) => `${action} \`${PSP_STATUSES[psp_status].state}\``);
  const v1 = [authorizeInWords(root.psp_status), ...others].join(', ');
  return `${v1}; v2 \`${authorizationStatus(root.psp_status)}\`, \`${overviewOf(payment)}\``;
}

/** A payment that has not looked at its order yet. */
function paymentOf(order: Order): PursePayment {
  const { merchant_id, session_id, created_at_ms, purchase_currency: currency, original_order_amount: amount } = order;
  return {
    payment_id: 'payment',
    merchant_id,
    entity_id: 'entity',
    generation: 'v1',
    session_id,
    created_at_ms,
    version: 1,
    currency,
    capture: 'MANUAL',
    future_usage: false,
    order_id: order.order_id,
    transactions: [{ id: 'payment', action: 'AUTHORIZE', psp_status: 'WAITING', amount, at_ms: created_at_ms }],
    answered: [],
  };
}
