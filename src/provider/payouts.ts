/**
 * Makes payouts of what is payable, in steps of one unit of work each, so that a payout of any size never holds up anybody else for long.
 * Between steps the payout stays open in the ledger; as long as it does, entries of it are due, so whoever looks next goes on with it.
 */
import { type Ask, type Put, read, readShared, type Work } from '../store/store.ts';
import { entryPut, ledgerPut, pagePut, payoutPut } from './bookkeeping.ts';
import { isPayable } from './engine/entries.ts';
import { closePayouts, emptyLedger, runNow, type Settled, settleEntries } from './engine/payouts.ts';
import type { Entry, Ledger, Payout } from './engine/settlement-state.ts';
import type { Context, Merchant } from './engine/state.ts';
import type { World } from './world.ts';

/** Entries that one unit of work settles. */
const ENTRIES_AT_ONCE = 250;
/** After everything that can ever be due. */
const FAR_MS = 8_640_000_000_000_000;

/** Which entries a step takes, for when, and until when nothing more will come. */
interface Step {
  readonly ids: readonly string[];
  readonly takes: (entry: Entry) => boolean;
  readonly at_ms: (entry: Entry, ledger: Ledger) => number;
  /** Undefined: more entries follow. */
  readonly complete_until_ms: number | undefined;
}

interface Stepped {
  readonly payouts: readonly Payout[];
  /** Entries that the step left alone. */
  readonly left: readonly string[];
}

export class PayoutRunner {
  readonly #world: World;
  readonly #isStopped: () => boolean;

  constructor(world: World, isStopped: () => boolean) {
    this.#world = world;
    this.#isStopped = isStopped;
  }

  /** Makes every payout whose date has come. Resolves with how many that were. */
  async settle(merchant_id: string): Promise<number> {
    let made = 0;
    for (let more = true; more && !this.#isStopped(); ) {
      const now_ms = await this.#now(merchant_id);
      if (now_ms === undefined) break;
      const due = await this.#world.store.due('entry', merchant_id, now_ms, ENTRIES_AT_ONCE + 1);
      if (due.length === 0) break;
      more = due.length > ENTRIES_AT_ONCE;
      const { payouts } = await this.#step(merchant_id, {
        ids: due.slice(0, ENTRIES_AT_ONCE),
        // Another process may have moved an entry to a later payout since it was looked for.
        takes: ({ payable_at_ms }) => payable_at_ms <= now_ms,
        at_ms: ({ payable_at_ms }) => payable_at_ms,
        complete_until_ms: more ? undefined : now_ms,
      });
      made += payouts.length;
    }
    return made;
  }

  /** One payout a currency of everything that has moved by now, whenever it would have been payable. */
  async payNow(merchant_id: string): Promise<readonly Payout[]> {
    const payouts: Payout[] = [];
    const left = new Set<string>();
    const now_ms = await this.#now(merchant_id);
    for (let more = now_ms !== undefined; more && now_ms !== undefined; ) {
      const limit = ENTRIES_AT_ONCE + 1 + left.size;
      const unsettled = await this.#world.store.due('entry', merchant_id, FAR_MS, limit);
      const ids = unsettled.filter((id) => !left.has(id));
      more = ids.length > ENTRIES_AT_ONCE;
      const made = await this.#step(merchant_id, {
        ids: ids.slice(0, ENTRIES_AT_ONCE),
        takes: ({ at_ms }) => at_ms <= now_ms,
        at_ms: (_, ledger) => runNow(ledger, now_ms),
        complete_until_ms: more ? undefined : FAR_MS,
      });
      payouts.push(...made.payouts);
      for (const id of made.left) left.add(id);
    }
    return payouts;
  }

  async #now(merchant_id: string): Promise<number | undefined> {
    const merchant = await this.#world.store.get<Merchant>('merchant', merchant_id);
    return merchant && this.#world.now() + merchant.clock_offset_ms;
  }

  #step(merchant_id: string, step: Step): Promise<Stepped> {
    return this.#world.store.run(() => this.#unit(merchant_id, step));
  }

  *#unit(merchant_id: string, { ids, takes, at_ms, complete_until_ms }: Step): Work<Stepped> {
    const merchant = yield* readShared<Merchant>('merchant', merchant_id);
    if (!merchant) return { answer: { payouts: [], left: [] }, changes: {} };
    // Locked first: steps of one merchant, in whatever process, go one after the other.
    const stored = yield* read<Ledger>('ledger', merchant_id);
    const ledger = stored ?? emptyLedger(merchant_id);
    const context: Context = { ...this.#world, merchant, now_ms: this.#world.now() + merchant.clock_offset_ms };
    const entries = yield* readPayable(ids);
    const taken = entries.filter(takes);
    const run = settleEntries(ledger, taken, (entry) => at_ms(entry, ledger), context);
    const settled = complete_until_ms === undefined ? run : closePayouts(run, complete_until_ms, context);
    const left = entries.filter((entry) => !takes(entry)).map(({ entry_id }) => entry_id);
    return { answer: { payouts: settled.payouts, left }, changes: { put: puts(settled, ledger) } };
  }
}

/** The entries of these that no payout contains yet. Nobody changes an entry without the lock on the ledger. */
function* readPayable(ids: readonly string[]): Generator<Ask, Entry[], unknown> {
  const entries: Entry[] = [];
  for (const id of ids) {
    const entry = yield* readShared<Entry>('entry', id);
    if (entry && isPayable(entry)) entries.push(entry);
  }
  return entries;
}

function puts({ ledger, entries, pages, payouts }: Settled, before: Ledger): Put[] {
  return [
    ...(ledger === before ? [] : [ledgerPut(ledger)]),
    ...entries.map((entry) => entryPut(entry)),
    ...pages.map(pagePut),
    ...payouts.map(payoutPut),
  ];
}
