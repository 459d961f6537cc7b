/** What merchants are told about their disputes: webhooks. They are signed when they are sent. Source: dispute webhooks, SDK models. */
import type { Decision, Dispute, DisputeState } from './dispute-state.ts';
import {
  accountKrn,
  appealView,
  arbitrationView,
  closingView,
  detailsView,
  evidenceView,
  identityView,
  iso,
  representmentView,
} from './dispute-view.ts';
import type { Callback, Context } from './state.ts';

const STATE_EVENTS: Readonly<Record<DisputeState, string>> = {
  INITIATED: 'payment.dispute.state-change.initiated',
  REPRESENTMENT: 'payment.dispute.state-change.representment',
  PRE_ARBITRATION: 'payment.dispute.state-change.pre-arbitration',
  ARBITRATION: 'payment.dispute.state-change.arbitration',
  CLOSED: 'payment.dispute.state-change.closed',
};
const EXTENDED_EVENT = 'payment.dispute.updated.representment-deadline-extended';

/** Every event that a webhook can ask for. */
export const EVENT_TYPES: readonly string[] = [...Object.values(STATE_EVENTS), EXTENDED_EVENT];

/** The dispute has come into its present state. */
export function stateChanged(dispute: Dispute, context: Context): Callback[] {
  const payload = { ...identityView(dispute), ...STATE_PAYLOADS[dispute.state](dispute) };
  return announce(STATE_EVENTS[dispute.state], payload, dispute, context);
}

/** What each state's event carries besides what all carry. */
const STATE_PAYLOADS: Readonly<Record<DisputeState, (dispute: Dispute) => object>> = {
  INITIATED: (dispute) => ({
    dispute_reason: dispute.reason,
    dispute_details: detailsView(dispute),
    representment: representmentView(dispute),
    created_at: iso(dispute.created_at_ms),
  }),
  REPRESENTMENT: (dispute) => ({ partner_evidence: evidenceView(dispute) }),
  PRE_ARBITRATION: (dispute) => ({
    arbitration_expires_at: iso(dispute.arbitration_expires_at_ms ?? 0),
    arbitration: arbitrationView(dispute, dispute.preliminary as Decision),
  }),
  ARBITRATION: (dispute) => ({ arbitration_request: appealView(dispute) }),
  CLOSED: closingView,
};

/** Klarna gave the merchant more time for evidence. */
export function deadlineExtended(before: Dispute, after: Dispute, context: Context): Callback[] {
  const payload = {
    ...identityView(after),
    currency: after.currency,
    updated_fields: { evidence_response_deadline_at: iso(after.evidence_expires_at_ms) },
    previous_fields: { evidence_response_deadline_at: iso(before.evidence_expires_at_ms) },
  };
  return announce(EXTENDED_EVENT, payload, after, context);
}

/** One event for all who asked for its kind: the same id, each with the name of its webhook. */
function announce(event_type: string, payload: object, dispute: Dispute, context: Context): Callback[] {
  const wanted = (context.merchant.webhooks ?? []).filter(
    ({ event_types }) => event_types.length === 0 || event_types.includes(event_type),
  );
  if (wanted.length === 0) return [];
  const about = { event_type, event_id: context.id(), occurred_at: iso(context.now_ms) };
  const account = accountKrn(dispute);
  return wanted.map(({ webhook_id, url }) => ({
    rule: 'webhook',
    url,
    body: JSON.stringify({
      ...about,
      metadata: {
        ...about,
        event_version: 'v1',
        correlation_id: about.event_id,
        subject_account_id: account,
        recipient_account_id: account,
        webhook_id,
        live: false,
        merchant_id: dispute.merchant_id,
      },
      payload,
    }),
    due_at_ms: context.now_ms,
    subject: dispute.order_id,
    webhook_id,
  }));
}
