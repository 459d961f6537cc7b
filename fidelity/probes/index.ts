/** Every probe. */
import type { Probe } from '../probe.ts';
import { COMMON } from './common.ts';
import { CUSTOMER_TOKENS } from './customer-tokens.ts';
import { DISPUTES } from './disputes.ts';
import { HOSTED_PAYMENT_PAGE } from './hosted-payment-page.ts';
import { ORDER_MANAGEMENT } from './order-management/index.ts';
import { PAYMENTS } from './payments/index.ts';
import { SETTLEMENTS } from './settlements.ts';

export const PROBES: readonly Probe[] = [
  ...PAYMENTS,
  ...ORDER_MANAGEMENT,
  ...CUSTOMER_TOKENS,
  ...HOSTED_PAYMENT_PAGE,
  ...DISPUTES,
  ...SETTLEMENTS,
  ...COMMON,
];
