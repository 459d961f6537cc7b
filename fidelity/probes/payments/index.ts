/** Klarna Payments v1: sessions, authorizations, and the order that becomes of them. */
import type { Probe } from '../../probe.ts';
import { CREATE, SUMS, VERDICTS } from './creating.ts';
import { PURCHASES_BY_MARKET, TAKEN } from './leniency.ts';
import { AUTHORIZATIONS, AUTO, ORDERS } from './orders.ts';
import { FAULTS, LIMITS } from './refusals.ts';
import { READS, UPDATE } from './sessions.ts';

export const PAYMENTS: readonly Probe[] = [
  ...CREATE,
  ...VERDICTS,
  ...SUMS,
  ...FAULTS,
  ...LIMITS,
  ...TAKEN,
  ...PURCHASES_BY_MARKET,
  ...UPDATE,
  ...READS,
  ...AUTHORIZATIONS,
  ...ORDERS,
  ...AUTO,
];
