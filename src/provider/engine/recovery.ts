/** Failed charges of a customer token that the shopper can recover. Source: recover a charge failure. */
import { tokenStep } from './customer-token-states.ts';
import { type Refused, refuse } from './outcome.ts';
import type { Context, CustomerToken } from './state.ts';

/**
 * Whether a new session may recover a failed charge: the token is the merchant's and not cancelled, and the step-up is one of its
 * own that has not been used and has not run out.
 */
export function refuseRecovery(
  step_up_id: string,
  token: CustomerToken | undefined,
  context: Context,
): Refused | undefined {
  const mine = token?.merchant_id === context.merchant.merchant_id ? token : undefined;
  const fault = (field: string, message: string, change: string) => refuse('bad_purchase', { field, message, change });
  if (!mine || tokenStep('relink', mine.status) === undefined) {
    return fault(
      'customer.customer_token',
      mine ? 'The customer token is CANCELLED.' : 'This merchant has no customer token with this id.',
      'Send the token whose charge failed.',
    );
  }
  if (openStepUps(mine, context).some((each) => each.step_up_id === step_up_id)) return undefined;
  return fault(
    'step_up_id',
    'The customer token has no failed charge with this id that can still be recovered: it was recovered, or is over 48 hours old.',
    'Send the step_up_id of the latest refused charge, or charge again with step_up SUPPORTED.',
  );
}

/** The failed charges that can still be recovered. */
export function openStepUps({ step_ups }: CustomerToken, { now_ms }: Context): CustomerToken['step_ups'] {
  return step_ups.filter(({ expires_at_ms }) => now_ms < expires_at_ms);
}
