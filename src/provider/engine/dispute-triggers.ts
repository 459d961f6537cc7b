/**
 * Test people whose purchases are disputed: a `+word` in the local part of the billing address's e-mail. Each capture opens a dispute.
 * Source: sample customer data for disputes.
 */
import { OLD_REASONS, type Script } from './dispute-state.ts';
import { testWords } from './risk.ts';
import type { Capture, DueDispute, Order } from './state.ts';

/** How Klarna decides for a test person, once the merchant has done what the word waits for. The list of the documents is incomplete. */
export const DISPUTE_LIFECYCLES: Readonly<Record<string, Script>> = {
  dispute_win_on_evidence: { preliminary: 'WON' },
  dispute_lose_on_expiry: {},
  dispute_pre_arb_accept_loss: { preliminary: 'LOST' },
  dispute_pre_arb_window_expired: { preliminary: 'LOST' },
  dispute_pre_arb_lose_after_arbitration: { preliminary: 'LOST', final: 'LOST' },
  dispute_pre_arb_win_after_arbitration: { preliminary: 'LOST', final: 'WON' },
};

/** What the words name no reason for is disputed for this one. */
const LIFECYCLE_REASON = 'goods_not_received';

/** The dispute that a capture of the order leads to, if its shopper is such a test person. The two kinds of word do not go together. */
export function dueDispute(order: Order, { capture_id, captured_at_ms: at_ms }: Capture): DueDispute | undefined {
  const words = testWords(order.billing_address.email);
  const reasons = words.filter((word) => word.startsWith('disputed-')).map((word) => word.slice('disputed-'.length));
  const old_reason = reasons.find((reason) => Object.hasOwn(OLD_REASONS, reason));
  if (old_reason) return { capture_id, at_ms, old_reason };
  const lifecycle = words.find((word) => Object.hasOwn(DISPUTE_LIFECYCLES, word));
  const script = lifecycle === undefined ? undefined : DISPUTE_LIFECYCLES[lifecycle];
  return script && { capture_id, at_ms, old_reason: LIFECYCLE_REASON, script };
}
