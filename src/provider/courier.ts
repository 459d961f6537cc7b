/**
 * Delivers one merchant's callbacks: several at once, so that an endpoint which hangs does not hold up the others, and
 * each one's repeats in turn. The store decides what is due and which process has it.
 */
import { deliver } from '../http/deliver.ts';
import type { LogEntry, OutboxMessage } from '../store/store.ts';
import type { Merchant } from './engine/state.ts';
import { afterAttempt, DELIVERY_RULES, explainAnswer, type Queued } from './outbox.ts';
import type { World } from './world.ts';

/** Callbacks of a merchant that are under way at once. */
const AT_ONCE = 16;
/** A process that dies while it delivers gives its messages back after this long: longer than any attempt may take. */
const LEASE_MS = 15_000;

export class Courier {
  readonly #world: World;
  readonly #merchant_id: string;
  readonly #abort = new AbortController();
  readonly #complain: (error: Error) => void;
  #under_way = 0;
  #attempts = 0;
  #looking = false;
  /** Something may have become due since the last look. */
  #look_again = false;
  #stopped = false;
  #waiting: (() => void)[] = [];

  /** @param complain told of failures of the store; the message stays in the outbox and a later look finds it */
  constructor(world: World, merchant_id: string, complain: (error: Error) => void) {
    this.#world = world;
    this.#merchant_id = merchant_id;
    this.#complain = complain;
  }

  /** How many attempts were made so far. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Delivers what is due. However often it is called while a delivery is under way, one further look follows. */
  wake(): void {
    this.#look_again = true;
    if (!this.#looking) void this.#look();
  }

  /** Resolves when nothing is due and nothing under way. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Begins nothing more; what is under way gets `grace_ms` to end and is otherwise put back as if it had not begun. */
  async stop(grace_ms: number): Promise<void> {
    this.#stopped = true;
    this.#look_again = false;
    const impatience = setTimeout(() => this.#abort.abort(), grace_ms);
    await this.idle();
    clearTimeout(impatience);
  }

  #isIdle(): boolean {
    return !this.#looking && !this.#look_again && this.#under_way === 0;
  }

  async #look(): Promise<void> {
    this.#looking = true;
    try {
      while (this.#look_again && !this.#stopped && this.#under_way < AT_ONCE) {
        this.#look_again = false;
        const claimed = await this.#claim(AT_ONCE - this.#under_way);
        for (const message of claimed) void this.#begin(message);
        // The claim may have left some; only an empty one says that nothing is due.
        if (claimed.length > 0) this.#look_again = true;
      }
    } catch (error) {
      this.#look_again = false;
      this.#complain(error as Error);
    }
    if (this.#stopped) this.#look_again = false;
    this.#looking = false;
    this.#tellIfIdle();
  }

  async #claim(limit: number): Promise<OutboxMessage[]> {
    const { store, now } = this.#world;
    const merchant = await store.get<Merchant>('merchant', this.#merchant_id);
    if (!merchant) return [];
    const real_now_ms = now();
    const now_ms = real_now_ms + merchant.clock_offset_ms;
    return store.claim(this.#merchant_id, now_ms, real_now_ms, real_now_ms + LEASE_MS, limit);
  }

  async #begin(message: OutboxMessage): Promise<void> {
    this.#under_way++;
    await this.#attempt(message).catch((error: Error) => this.#complain(error));
    this.#under_way--;
    this.#attempts++;
    // Its repeat may be due already, and there is room for another.
    if (!this.#stopped) this.wake();
    this.#tellIfIdle();
  }

  /** One attempt, at the time it was due: so a clock that was moved far sees the attempts that would have been made. */
  async #attempt(message: OutboxMessage): Promise<void> {
    const queued = message.state as Queued;
    const { url, body, rule, attempt } = queued;
    const { signal } = this.#abort;
    const started_ms = this.#world.now();
    const { status, detail } = await deliver({ url, body, ...DELIVERY_RULES[rule], signal });
    const interrupted = signal.aborted && status === 0;
    const next = interrupted ? message : afterAttempt(message, status, this.#world.now() - started_ms);
    const note = {
      callback: rule,
      attempt,
      ...(next && { next_attempt_at: new Date(next.due_at_ms).toISOString() }),
      ...(!interrupted && explainAnswer(rule, status, next)),
    };
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
      response: interrupted ? 'Kvitt was stopped before an answer came' : detail,
      note: JSON.stringify(note),
    };
    await this.#world.store.settle(message.id, next, entry);
  }

  #tellIfIdle(): void {
    if (!this.#isIdle()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
