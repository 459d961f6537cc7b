/**
 * The shape of a catalogue entry. The vocabulary itself lives in the tables beside this file,
 * one file per kind; `entries.ts` puts them together.
 */

/** How an entry reads at a glance. One entry may carry two: an expired order is an error to the shop and information to its books. */
export type Level = 'success' | 'pending' | 'info' | 'decline' | 'error';

export type Frequency = 'common' | 'occasional' | 'rare';

/**
 * Resolution tier, as the status catalogue gives it. The catalogue does not define the tiers; read off its entries,
 * T0 is settled by the integration itself, T1 needs a person at the merchant, T2 rests on the shopper's standing with Klarna.
 */
export type Tier = 'T0' | 'T1' | 'T2';

export type Kind = 'order-status' | 'dispute-status' | 'error';

/**
 * Where a code comes from: `seed` is the published status catalogue, `klarna-api` the documents of Klarna's APIs,
 * `kvitt` an answer of our own server that Klarna's documents do not list.
 */
export type Origin = 'seed' | 'klarna-api' | 'kvitt';

/** Who has to move. */
export type Actor = 'integration' | 'merchant-operations' | 'klarna' | 'shopper';

/** When, if ever, trying again can end differently. */
export type Retry =
  | 'never'
  | 'after-fixing-the-request'
  | 'with-back-off'
  | 'new-session'
  | 'other-method'
  | 'after-a-day-or-more';

/** How to bring the code about on a local Kvitt. `request` holds one step a line. */
export type Provoke =
  | { readonly reachable: true; readonly request: string }
  | { readonly reachable: false; readonly reason: string };

/** One row of a table: what is particular to a code. Kind and origin belong to the whole table, see `entries.ts`. */
export interface EntryRow {
  readonly code: string;
  readonly title: string;
  readonly levels: readonly Level[];
  readonly frequency: Frequency;
  readonly tier: Tier;
  /**
   * HTTP statuses the code travels with: the status catalogue's where it names any, else those of Klarna's error tables.
   * Empty for a state, which is read from an object and is nobody's HTTP answer.
   */
  readonly http: readonly number[];
  readonly happened: string;
  readonly actor: Actor;
  readonly action: string;
  readonly retry: Retry;
  readonly retry_note?: string;
  readonly provoke: Provoke;
}
