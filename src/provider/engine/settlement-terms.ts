/** Fees and dates by the terms of a merchant. Amounts are integers throughout; halves are rounded up, to the minor unit. */
import type { PayoutInterval, SettlementTerms } from './settlement-state.ts';
import { DAY_MS } from './state.ts';

/** What holds unless a merchant has other terms. The rate is one that shops may meet, not one of Klarna's price list. */
export const DEFAULT_TERMS: SettlementTerms = {
  type: 'NET',
  interval: 'daily',
  delay_days: 0,
  fees: { rate: 299, fixed: {}, return: {}, vat_rate: 0 },
  reserve: { rate: 0, days: 90 },
};

/** The terms of a merchant; the default ones for a merchant that was stored before there were any. */
export function termsOf({ settlement = DEFAULT_TERMS }: { readonly settlement?: SettlementTerms }): SettlementTerms {
  return settlement;
}

/** `rate` of an amount, halves up: 2.99 % of 100.50 is 3.004…, so 3.00; 2.5 % of 0.20 is 0.005, so 0.01. */
export function shareOf(amount: number, rate: number): number {
  return Math.floor((amount * rate + 5_000) / 10_000);
}

/** The VAT in an amount that contains it: what is left when the net amount, rounded, is taken away. */
export function vatIn(amount: number, vat_rate: number): number {
  const gross = 10_000 + vat_rate;
  return amount - Math.floor((2 * amount * 10_000 + gross) / (2 * gross));
}

/** The first payout that may contain what moved at `at_ms`. */
export function payableAt(at_ms: number, { interval, delay_days }: SettlementTerms): number {
  return NEXT_RUN[interval](at_ms + delay_days * DAY_MS);
}

/** The first run after a time. */
export function nextRun(after_ms: number, interval: PayoutInterval): number {
  return NEXT_RUN[interval](after_ms);
}

const dayOf = (ms: number) => Math.floor(ms / DAY_MS);

/** Payouts are made at midnight UTC: each day, on Mondays, on the first of the month. (Day 0 of the epoch was a Thursday.) */
const NEXT_RUN: Readonly<Record<PayoutInterval, (after_ms: number) => number>> = {
  daily: (after_ms) => (dayOf(after_ms) + 1) * DAY_MS,
  weekly: (after_ms) => (dayOf(after_ms) + 7 - ((dayOf(after_ms) + 3) % 7)) * DAY_MS,
  monthly: (after_ms) => {
    const date = new Date(after_ms);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  },
};
