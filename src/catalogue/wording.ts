/** The fixed words of entries as people read them, for the terminal and for the docs alike. */
import type { CatalogueEntry } from './entries.ts';
import type { Actor, Kind, Origin, Retry } from './entry.ts';

export const kindWords: Readonly<Record<Kind, string>> = {
  'order-status': 'order status',
  'dispute-status': 'dispute status',
  error: 'error code',
};

export const actorWords: Readonly<Record<Actor, string>> = {
  integration: 'the integration',
  'merchant-operations': 'merchant operations',
  klarna: 'Klarna',
  shopper: 'the shopper',
};

export const retryWords: Readonly<Record<Retry, string>> = {
  never: 'never',
  'after-fixing-the-request': 'after fixing the request',
  'with-back-off': 'with back-off',
  'new-session': 'in a new session',
  'other-method': 'with another payment method',
  'after-a-day-or-more': 'after a day or more',
};

export const originWords: Readonly<Record<Origin, string>> = {
  seed: 'status catalogue',
  'klarna-api': "Klarna's API documents",
  kvitt: 'Kvitt itself',
};

/** "error, decline; occasional; T0", and whose judgement that is. */
export function gradeOf(entry: CatalogueEntry): string {
  const grade = [entry.levels.join(', '), entry.frequency, entry.tier].join('; ');
  return entry.judged ? `${grade} (our judgement)` : grade;
}

/** When to retry, with the note if there is one. */
export function retryOf(entry: CatalogueEntry): string {
  const when = retryWords[entry.retry];
  return entry.retry_note === undefined ? `${when}.` : `${when}. ${entry.retry_note}`;
}
