/**
 * What happens without a request: orders that time changes, callbacks that are due, data that is past keeping.
 * Any process of an installation may do any of it; the store sees to it that each thing is done once.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Ask, type Put, read, readShared, type Work } from '../store/store.ts';
import { orderChanges } from './bookkeeping.ts';
import { Courier, type Follow } from './courier.ts';
import { FORGOTTEN, forget } from './cybersource/records.ts';
import { caseChanges, disputeChanges, readCase } from './disputes.ts';
import { openDueDisputes } from './engine/dispute-open.ts';
import { bringHostedUpToDate } from './engine/hosted.ts';
import type { Payout } from './engine/settlement-state.ts';
import {
  type Callback,
  type Context,
  DAY_MS,
  type HostedSession,
  type Merchant,
  type Order,
  type Session,
} from './engine/state.ts';
import { bringUpToDate } from './engine/time.ts';
import { hostedPut } from './klarna/hosted-payment-page.ts';
import { OrderedFaults } from './ordered-faults.ts';
import { outboxMessages } from './outbox.ts';
import { PayoutRunner } from './payouts.ts';
import { uuidFloor, type World } from './world.ts';

/** How often due orders and callbacks are looked for. */
const TICK_MS = 500;
/** Merchants that are looked at together, and records of one that are brought up to date together. */
const MERCHANTS_AT_ONCE = 50;
const RECORDS_AT_ONCE = 500;
/** How long a callback that is under way may hold up the end of the program. */
const STOP_GRACE_MS = 1_000;
/** How often old data is removed; in how many bites at the most, how large, and with which pause, so that requests come between. */
const PRUNE_EVERY_TICKS = 20;
const PRUNE_BITES = 50;
const PRUNE_LIMIT = 250;
const PRUNE_PAUSE_MS = 20;
/** Real time that sessions and the log are kept, and the most entries that the log holds. */
const KEEP_MS = 7 * DAY_MS;
const LOG_MOST = 500_000;

/** What time has done to a merchant's data. */
interface Happened {
  /** Orders that changed because of the time. */
  readonly orders: number;
  /** Disputes that it opened, moved on or ended. */
  readonly disputes: number;
  /** Payouts that were made. */
  readonly payouts: number;
}

/** What a look at the clock set off. */
export interface Fired extends Happened {
  /** Calls made to the merchant's URLs. */
  readonly callbacks: number;
  /** More are due and under way. */
  readonly still_running?: true;
}

/** What a record has become because of the time, and what that counts as; undefined when it is gone. */
type Settling = Generator<
  Ask,
  | { readonly happened: Partial<Happened>; readonly put: readonly Put[]; readonly callbacks: readonly Callback[] }
  | undefined,
  unknown
>;
type Settle = (id: string, context: Context) => Settling;

const NOTHING_YET: Happened = { orders: 0, disputes: 0, payouts: 0 };

function sum(all: readonly Partial<Happened>[]): Happened {
  const of = (what: keyof Happened) => all.reduce((total, each) => total + (each[what] ?? 0), 0);
  return { orders: of('orders'), disputes: of('disputes'), payouts: of('payouts') };
}

const NOBODY: Follow = () => Promise.resolve();

/**
 * Removes some of what is past keeping where age alone does not say so.
 * @param before_ms real time; what is younger stays @returns how many records it has looked at, 0 when there are no more
 */
export type Sweep = (before_ms: number, limit: number) => Promise<number>;
const NOTHING: Sweep = () => Promise.resolve(0);

export class Background {
  readonly #world: World;
  readonly faults: OrderedFaults;
  readonly #payouts: PayoutRunner;
  readonly #follow: Follow;
  readonly #sweep: Sweep;
  readonly #couriers = new Map<string, Courier>();
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #ticking: Promise<void> = Promise.resolve();
  #stopped = false;
  #complaint = '';

  /** @param follow takes messages to other faces of this process @param sweep is asked now and then, as the store is to prune */
  constructor(world: World, follow: Follow = NOBODY, sweep: Sweep = NOTHING) {
    this.#world = world;
    this.faults = new OrderedFaults({
      world,
      settled: (merchant_id, patience_ms) => this.catchUp(merchant_id, patience_ms),
    });
    this.#payouts = new PayoutRunner(world, () => this.#stopped);
    this.#follow = follow;
    this.#sweep = sweep;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#ticking = this.#tick()
        .then((error) => (error ? this.#complain(error) : this.#recovered()))
        .finally(() => {
          if (!this.#stopped) this.start();
        });
    }, TICK_MS);
    this.#timer.unref();
  }

  /** Gives what is under way a moment to end; leaves the rest to the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.faults.stop();
    clearTimeout(this.#timer);
    await this.#ticking;
    await Promise.all([...this.#couriers.values()].map((courier) => courier.stop(STOP_GRACE_MS)));
  }

  /** Delivers a merchant's due callbacks now. */
  kick(merchant_id: string): void {
    this.#courier(merchant_id)?.wake();
  }

  /**
   * Does everything that is due for a merchant: orders, hosted sessions and disputes first, then the callbacks they lead to and the repeats that are
   * due by now. Resolves when nothing due is left, or when `patience_ms` have passed with callbacks.
   */
  async catchUp(merchant_id: string, patience_ms: number): Promise<Fired> {
    const happened = await this.#settleAll(merchant_id);
    const merchant = await this.#world.store.get<Merchant>('merchant', merchant_id);
    if (merchant) await this.#forget(merchant);
    const courier = this.#courier(merchant_id);
    if (!courier) return { ...happened, callbacks: 0 };
    const before = courier.attempts;
    courier.wake();
    const isIdle = await within(patience_ms, courier.idle());
    return { ...happened, callbacks: courier.attempts - before, ...(!isIdle && { still_running: true }) };
  }

  /** Makes and stores what is due for a merchant by now, callbacks aside: for readers of what only the clock brings about. */
  async settle(merchant_id: string): Promise<void> {
    await this.#settleAll(merchant_id);
  }

  /** Pays a merchant out now, whatever the schedule. */
  async payOut(merchant_id: string): Promise<readonly Payout[]> {
    await this.#settleAll(merchant_id);
    return this.#payouts.payNow(merchant_id);
  }

  #courier(merchant_id: string): Courier | undefined {
    const existing = this.#couriers.get(merchant_id);
    if (existing || this.#stopped) return existing;
    const { faults } = this;
    const courier = new Courier(this.#world, merchant_id, { faults, follow: this.#follow }, (error) =>
      this.#complain(error),
    );
    this.#couriers.set(merchant_id, courier);
    return courier;
  }

  /** A look at everything. One merchant's failure does not keep it from the others; the first one is returned. */
  async #tick(): Promise<Error | undefined> {
    const failures: Error[] = [];
    const attempt = (work: Promise<unknown>) => work.catch((error: Error) => void failures.push(error));
    const prunes = ++this.#ticks % PRUNE_EVERY_TICKS === 0;
    await attempt(this.#lookAtMerchants(attempt, prunes));
    if (!this.#stopped && prunes) await attempt(this.#prune());
    return failures[0];
  }

  /** @param forgets also removes what only their own clocks can say the age of */
  async #lookAtMerchants(attempt: (work: Promise<unknown>) => Promise<unknown>, forgets: boolean): Promise<void> {
    for (let after: string | undefined = ''; after !== undefined && !this.#stopped; ) {
      const page: Merchant[] = await this.#world.store.list<Merchant>('merchant', { after, limit: MERCHANTS_AT_ONCE });
      await Promise.all(page.map(({ merchant_id }) => attempt(this.#settleAll(merchant_id))));
      if (forgets) await Promise.all(page.map((merchant) => attempt(this.#forget(merchant))));
      for (const { merchant_id } of page) this.kick(merchant_id);
      after = page.length < MERCHANTS_AT_ONCE ? undefined : page.at(-1)?.merchant_id;
    }
  }

  /** Brings all of a merchant's up to date that has something due. */
  async #settleAll(merchant_id: string): Promise<Happened> {
    const orders = await this.#settleKind('order', merchant_id, (id, context) => this.#settleOrder(id, context));
    await this.#settleKind('hosted', merchant_id, (id, context) => this.#settleHosted(id, context));
    const disputes = await this.#settleKind('dispute', merchant_id, (id, context) => this.#settleDispute(id, context));
    // Last, when all that moves money until now has moved it.
    const payouts = await this.#payouts.settle(merchant_id);
    return sum([orders, disputes, { payouts }]);
  }

  async #settleKind(kind: 'order' | 'hosted' | 'dispute', merchant_id: string, settle: Settle): Promise<Happened> {
    let happened = NOTHING_YET;
    while (!this.#stopped) {
      const merchant = await this.#world.store.get<Merchant>('merchant', merchant_id);
      if (!merchant) break;
      const now_ms = this.#world.now() + merchant.clock_offset_ms;
      const ids = await this.#world.store.due(kind, merchant_id, now_ms, RECORDS_AT_ONCE);
      if (ids.length === 0) break;
      const settled = await Promise.all(
        ids.map((id) => this.#world.store.run(() => this.#settleOne(id, merchant_id, settle))),
      );
      happened = sum([happened, ...settled]);
    }
    return happened;
  }

  /** Stores the record in any case: one that has nothing due any more must not be found again. */
  *#settleOne(id: string, merchant_id: string, settle: Settle): Work<Partial<Happened>> {
    const merchant = yield* readShared<Merchant>('merchant', merchant_id);
    if (!merchant) return { answer: {}, changes: {} };
    const now_ms = this.#world.now() + merchant.clock_offset_ms;
    const settled = yield* settle(id, { ...this.#world, merchant, now_ms });
    if (!settled) return { answer: {}, changes: {} };
    const outbox = outboxMessages(settled.callbacks, merchant_id, this.#world);
    return { answer: settled.happened, changes: { put: settled.put, outbox } };
  }

  *#settleOrder(id: string, context: Context): Settling {
    const before = yield* read<Order>('order', id);
    if (!before) return undefined;
    const current = bringUpToDate(before, context);
    const { order, disputes, callbacks } = openDueDisputes(current.order, context);
    const put = [
      ...orderChanges(before, order, context),
      ...disputes.flatMap((dispute) => disputeChanges(undefined, dispute, order, context)),
    ];
    const happened = { orders: order === before ? 0 : 1, disputes: disputes.length };
    return { happened, put, callbacks: [...current.callbacks, ...callbacks] };
  }

  *#settleHosted(id: string, context: Context): Settling {
    const before = yield* read<HostedSession>('hosted', id);
    if (!before) return undefined;
    const session = yield* read<Session>('session', before.session_id);
    const { hosted, callbacks } = bringHostedUpToDate(before, session, context);
    return { happened: {}, put: [hostedPut(hosted)], callbacks };
  }

  *#settleDispute(id: string, context: Context): Settling {
    const found = yield* readCase(id, context);
    if (!found) return undefined;
    const { dispute, before } = found;
    const happened = { disputes: dispute === before ? 0 : 1 };
    return { happened, ...caseChanges(found, { dispute, callbacks: [] }, context) };
  }

  /** Removes what was kept for a while of the merchant's time, each unit of work a bite. */
  async #forget({ merchant_id, clock_offset_ms }: Merchant): Promise<void> {
    const { store, now } = this.#world;
    const now_ms = now() + clock_offset_ms;
    for (const kind of FORGOTTEN) {
      for (let bite = 0; bite < PRUNE_BITES && !this.#stopped; bite++) {
        const ids = await store.due(kind, merchant_id, now_ms, PRUNE_LIMIT);
        if (ids.length === 0) break;
        await store.run(() => forget(kind, ids, now_ms));
        await pause(PRUNE_PAUSE_MS);
      }
    }
  }

  async #prune(): Promise<void> {
    const before_ms = this.#world.now() - KEEP_MS;
    const below = uuidFloor(before_ms);
    const bounds = { sessions_below: below, log_below: below, log_most: LOG_MOST, limit: PRUNE_LIMIT };
    for (let bite = 0; bite < PRUNE_BITES && !this.#stopped; bite++) {
      const removed = await this.#world.store.prune(bounds);
      const swept = await this.#sweep(before_ms, PRUNE_LIMIT);
      if (removed === 0 && swept === 0) return;
      await pause(PRUNE_PAUSE_MS);
    }
  }

  /** Says it once and not twice a second for as long as a database is away. */
  #complain({ message }: Error): void {
    if (message === this.#complaint || this.#stopped) return;
    this.#complaint = message;
    process.stderr.write(`kvitt: background work failed and will be tried again: ${message}\n`);
  }

  #recovered(): void {
    this.#complaint = '';
  }
}

/** Whether `work` ended within `patience_ms`. */
async function within(patience_ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, patience_ms, false);
  });
  const ended = await Promise.race([work.then(() => true), patience]);
  clearTimeout(timer);
  return ended;
}
