/** Order Management v1: what a merchant does with an order. */
import type { Probe } from '../../probe.ts';
import { CAPTURE_READS, CAPTURES, KEYS, RACES } from './captures.ts';
import { CHANGES } from './changes.ts';
import { ALL_MISFITS } from './misfits.ts';
import { AGES, READS } from './reading.ts';
import { REFUNDS } from './refunds.ts';
import { AFTER_CAPTURE } from './shipments.ts';
import { BY_STATE, IDS } from './states.ts';

export const ORDER_MANAGEMENT: readonly Probe[] = [
  ...READS,
  ...AGES,
  ...IDS,
  ...BY_STATE,
  ...CAPTURES,
  ...RACES,
  ...KEYS,
  ...CAPTURE_READS,
  ...REFUNDS,
  ...CHANGES,
  ...AFTER_CAPTURE,
  ...ALL_MISFITS,
];
