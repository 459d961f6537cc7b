/**
 * States of a dispute as payment platforms report them. Klarna's own states are finer (INITIATED, REPRESENTMENT,
 * PRE_ARBITRATION, ARBITRATION, CLOSED with an outcome) and fold into these three.
 *
 * Source of codes, levels, frequencies and tiers: the status catalogue. Deadlines: Klarna disputes, version 4. What some platforms
 * call a chargeback is the money of a lost dispute: `charged_back_amount` of the order, REVERSAL in a payout.
 */
import type { EntryRow } from './entry.ts';
import { A_DISPUTE, by, DISPUTES, NOTHING_FAILED } from './provoke.ts';

const SEE_DISPUTE = 'GET /control/disputes/{payment_dispute_id}';

export const disputeStatuses = [
  {
    code: 'DISPUTE_OPENED',
    title: 'Dispute opened',
    levels: ['info'],
    frequency: 'occasional',
    tier: 'T1',
    http: [],
    happened:
      'The shopper, or a Klarna agent for them, contests a captured purchase. The clock runs: 96 hours for a high-risk purchase, 7 days for one the shopper says was not theirs, ' +
      '21 days for every other reason. Silence loses.',
    actor: 'merchant-operations',
    action:
      'Send evidence (tracking, proof of delivery, correspondence, refunds already made) before the deadline, or accept the loss if the shopper is right.',
    retry: 'never',
    retry_note: 'Collect everything first: once evidence is in, further attachments are turned away.',
    provoke: by(...A_DISPUTE),
  },
  {
    code: 'DISPUTE_LOST',
    title: 'Dispute lost',
    levels: ['info'],
    frequency: 'occasional',
    tier: 'T1',
    http: [],
    happened:
      'The shopper won, or nobody answered in time, or the shop accepted the loss. The disputed amount goes back to the shopper and a dispute fee may stay with the shop.',
    actor: 'merchant-operations',
    action:
      'Book amount and fee, and do not refund on top. While the loss is only preliminary (PRE_ARBITRATION, 10 days) an appeal is open.',
    retry: 'never',
    retry_note: 'A closed dispute stays closed.',
    provoke: by(...A_DISPUTE, `POST ${DISPUTES}/{payment_dispute_id}/accept-loss`, SEE_DISPUTE),
  },
  {
    code: 'DISPUTE_WON',
    title: 'Dispute won',
    levels: ['success', 'info'],
    frequency: 'occasional',
    tier: 'T1',
    http: [],
    happened: 'Klarna found for the shop. The money stays there, and an amount that was held meanwhile is let go.',
    actor: 'merchant-operations',
    action: 'Close the case and look for the returned hold or fee in a later payout.',
    retry: 'never',
    retry_note: NOTHING_FAILED,
    provoke: by(...A_DISPUTE, 'POST /control/disputes/{payment_dispute_id}/withdraw'),
  },
] as const satisfies readonly EntryRow[];
