/**
 * Who is approved. Klarna's documented test people decide first, then the merchant's own rules, and whoever is
 * left is approved.
 */
import { type Category, MINUTE_MS, type Review, type RiskMoment, type RiskRule, WINDOWS } from './state.ts';

export interface RiskQuestion {
  readonly country: string;
  readonly currency: string;
  readonly category: Category | undefined;
  readonly amount: number;
}

/** The first rule of `rules` that holds for `question` at `moment`. */
export function decidingRule(
  rules: readonly RiskRule[],
  moment: RiskMoment,
  question: RiskQuestion,
): RiskRule | undefined {
  return rules.find((rule) => rule.on === moment && holds(rule, question));
}

function holds({ when = {} }: RiskRule, { country, currency, category, amount }: RiskQuestion): boolean {
  return (
    (when.country === undefined || when.country === country) &&
    (when.currency === undefined || when.currency === currency) &&
    (when.category === undefined || when.category === category) &&
    (when.amount_over === undefined || amount > when.amount_over) &&
    (when.amount_under === undefined || amount < when.amount_under)
  );
}

/** The rule in words, for explanations. */
export function ruleInWords({ on, when, decision }: RiskRule): string {
  const conditions = Object.entries(when ?? {}).map(([name, value]) => `${name.replace('_', ' ')} ${value}`);
  return `risk rule on ${on}${conditions.length > 0 ? ` (${conditions.join(', ')})` : ''}: ${decision}`;
}

export type TestPerson = { readonly outcome: 'refuse' } | { readonly outcome: 'review'; readonly review: Review };

/** Klarna's reviews exist in these markets only; elsewhere the test people for them are approved. */
const REVIEW_MARKETS = ['US', 'GB'];

/**
 * What Klarna's test people stand for: a `+word` in the local part of the e-mail address decides. Words combine.
 * Source: sample customer data of Klarna's documentation.
 */
export function testPerson(email: string | undefined, country: string): TestPerson | undefined {
  const words = testWords(email);
  if (words.includes('denied') || words.includes('red')) return { outcome: 'refuse' };
  if (!REVIEW_MARKETS.includes(country)) return undefined;
  for (const word of words) {
    const pending = /^pend-(accept|reject)(?:-(\d{2}))?$/.exec(word);
    if (pending) return { outcome: 'review', review: reviewOf(pending[1] as 'accept' | 'reject', pending[2]) };
  }
  return undefined;
}

/** The test person who is declined before anything is shown: `load` says so already. */
export function isPrescreened(email: string | undefined): boolean {
  return testWords(email).includes('red');
}

/** Whether nothing is to be sent to this address: `+blocked`, a word of ours, Klarna has none for it. */
export function isBlocked(email: string | undefined): boolean {
  return testWords(email).includes('blocked');
}

/** The words that a test person's address carries. */
export function testWords(email: string | undefined): string[] {
  return (email ?? '').toLowerCase().split('@')[0]?.split('+').slice(1) ?? [];
}

function reviewOf(decision: 'accept' | 'reject', minutes: string | undefined): Review {
  return { decision, decide_after_ms: minutes === undefined ? WINDOWS.review_ms : Number(minutes) * MINUTE_MS };
}
