/**
 * What moves money between Klarna and a merchant: the rows of a settlement. Whatever causes one (a capture, a refund, a dispute) says so in
 * this form; the books take it from there. Amounts are positive minor units; the type implies the sign. Source: settlements API, transaction types.
 */

export const MOVEMENT_TYPES = [
  'SALE',
  'RETURN',
  'FEE',
  'FEE_REFUND',
  'REVERSAL',
  'REVERSAL_MERCHANT_PROTECTION',
  'CREDIT',
  'CHARGE',
  'CORRECTION',
  'HOLDBACK',
  'RELEASE',
] as const;
export type MovementType = (typeof MOVEMENT_TYPES)[number];

export interface Movement {
  readonly type: MovementType;
  /** `PURCHASE`, `PURCHASE_RETURN`, `DISPUTE_FEE`, `DISPUTE_FEE_REFUND`, `REVERSAL`, `FRAUD_POLICY_CHARGE`, … */
  readonly detailed_type: string;
  readonly amount: number;
  readonly currency: string;
  readonly at_ms: number;
  readonly order_id: string;
  readonly capture_id?: string;
  readonly refund_id?: string;
  readonly dispute_krn?: string;
}
