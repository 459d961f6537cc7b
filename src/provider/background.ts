/**
 * What happens without a request: orders that time changes, callbacks that are due, data that is past keeping.
 * Any process of an installation may do any of it; the store sees to it that each thing is done once.
 */
import { deliver } from '../http/deliver.ts';
import { type LogEntry, type OutboxMessage, read, readShared, type Work } from '../store/store.ts';
import { type Context, DAY_MS, type Merchant, type Order } from './engine/state.ts';
import { bringUpToDate, wakeAt } from './engine/time.ts';
import { orderPut } from './klarna/payments.ts';
import { afterAttempt, DELIVERY_RULES, outboxMessage, type Queued } from './outbox.ts';
import { uuidFloor, type World } from './world.ts';

/** How often due orders and callbacks are looked for. */
const TICK_MS = 500;
/** Orders that are brought up to date together, and callbacks that are under way at once for a merchant. */
const ORDERS_AT_ONCE = 500;
const CALLBACKS_AT_ONCE = 16;
/** A process that dies while it delivers gives its messages back after this long. */
const LEASE_MS = 30_000;
/** How often, and how much at a time, old data is removed. */
const PRUNE_EVERY_TICKS = 20;
const PRUNE_LIMIT = 2_000;
/** Real time that sessions and the log are kept, and the most entries that the log holds. */
const KEEP_MS = 7 * DAY_MS;
const LOG_MOST = 500_000;

/** What a look at the clock set off. */
export interface Fired {
  readonly orders: number;
  readonly callbacks: number;
}

export class Background {
  readonly #world: World;
  readonly #deliveries = new Map<string, Promise<number>>();
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #ticking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(world: World) {
    this.#world = world;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#ticking = this.#tick()
        .catch(
          (error: Error) =>
            void process.stderr.write(`kvitt: background work failed and will be tried again: ${error.message}\n`),
        )
        .finally(() => {
          if (!this.#stopped) this.start();
        });
    }, TICK_MS);
    this.#timer.unref();
  }

  /** Waits for what is under way; leaves the rest to the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#ticking;
    await Promise.allSettled(this.#deliveries.values());
  }

  /** Delivers a merchant's due callbacks now. */
  kick(merchant_id: string): void {
    this.deliverDue(merchant_id).catch(() => {
      // The next tick tries again, and says so if it fails too.
    });
  }

  /** Does everything that is due for a merchant: orders first, then the callbacks they lead to. */
  async catchUp(merchant_id: string): Promise<Fired> {
    const orders = await this.#settleOrders(merchant_id);
    return { orders, callbacks: await this.deliverDue(merchant_id) };
  }

  /** Attempts every due callback of a merchant, and the repeats that are due by now. Returns how many attempts it made. */
  deliverDue(merchant_id: string): Promise<number> {
    const running = this.#deliveries.get(merchant_id);
    // What was enqueued while a delivery runs is found by its next round, or by the one that follows it.
    const delivery = (running ?? Promise.resolve(0)).then(() => this.#deliverRounds(merchant_id));
    const tracked = delivery.finally(() => {
      if (this.#deliveries.get(merchant_id) === tracked) this.#deliveries.delete(merchant_id);
    });
    this.#deliveries.set(merchant_id, tracked);
    return tracked;
  }

  async #tick(): Promise<void> {
    for (let after = ''; ; ) {
      const merchants = await this.#world.store.list<Merchant>('merchant', { after, limit: 200 });
      for (const { merchant_id } of merchants) {
        if (this.#stopped) return;
        await this.#settleOrders(merchant_id);
        if (!this.#deliveries.has(merchant_id)) this.kick(merchant_id);
        after = merchant_id;
      }
      if (merchants.length < 200) break;
    }
    if (++this.#ticks % PRUNE_EVERY_TICKS === 0) await this.#prune();
  }

  async #settleOrders(merchant_id: string): Promise<number> {
    let settled = 0;
    for (;;) {
      const merchant = await this.#world.store.get<Merchant>('merchant', merchant_id);
      if (!merchant) return settled;
      const ids = await this.#world.store.due(
        'order',
        merchant_id,
        this.#world.now() + merchant.clock_offset_ms,
        ORDERS_AT_ONCE,
      );
      if (ids.length === 0) return settled;
      await Promise.all(ids.map((id) => this.#world.store.run(() => this.#settleOrder(id, merchant_id))));
      settled += ids.length;
    }
  }

  *#settleOrder(order_id: string, merchant_id: string): Work<void> {
    const merchant = yield* readShared<Merchant>('merchant', merchant_id);
    const order = yield* read<Order>('order', order_id);
    if (!merchant || !order) return { answer: undefined, changes: {} };
    const context: Context = { ...this.#world, merchant, now_ms: this.#world.now() + merchant.clock_offset_ms };
    const upToDate = bringUpToDate(order, context);
    if (upToDate.order === order && wakeAt(order) === undefined) return { answer: undefined, changes: {} };
    const outbox = upToDate.callbacks.map((callback) => outboxMessage(callback, merchant_id, this.#world.id()));
    return { answer: undefined, changes: { put: [orderPut(upToDate.order)], outbox } };
  }

  async #deliverRounds(merchant_id: string): Promise<number> {
    let attempts = 0;
    while (!this.#stopped) {
      const merchant = await this.#world.store.get<Merchant>('merchant', merchant_id);
      if (!merchant) break;
      const real_now_ms = this.#world.now();
      const now_ms = real_now_ms + merchant.clock_offset_ms;
      const claimed = await this.#world.store.claim(
        merchant_id,
        now_ms,
        real_now_ms,
        real_now_ms + LEASE_MS,
        CALLBACKS_AT_ONCE,
      );
      if (claimed.length === 0) break;
      await Promise.all(claimed.map((message) => this.#attempt(message)));
      attempts += claimed.length;
    }
    return attempts;
  }

  /** One attempt, at the time it was due: so a clock that was moved far sees the attempts that would have been made. */
  async #attempt(message: OutboxMessage): Promise<void> {
    const queued = message.state as Queued;
    const { url, body, rule } = queued;
    const { status, detail } = await deliver({ url, body, ...DELIVERY_RULES[rule] });
    const next = afterAttempt(message, status);
    const entry: LogEntry = {
      id: this.#world.id(),
      merchant_id: message.merchant_id,
      at_ms: message.due_at_ms,
      direction: 'outgoing',
      method: 'POST',
      path: url,
      status,
      subject: queued.subject,
      request: body,
      response: detail,
      note: JSON.stringify({
        callback: rule,
        attempt: queued.attempt,
        ...(next && { next_attempt_at: new Date(next.due_at_ms).toISOString() }),
      }),
    };
    await this.#world.store.settle(message.id, next, entry);
  }

  async #prune(): Promise<void> {
    const below = uuidFloor(this.#world.now() - KEEP_MS);
    await this.#world.store.prune({ sessions_below: below, log_below: below, log_most: LOG_MOST, limit: PRUNE_LIMIT });
  }
}
