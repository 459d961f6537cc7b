/**
 * Delivers one merchant's callbacks: several at once, so that an endpoint which hangs does not hold up the others, and
 * each one's repeats in turn. The store decides what is due and which process has it.
 */
import { type Delivered, deliver } from '../http/deliver.ts';
import type { LogEntry, OutboxMessage } from '../store/store.ts';
import { addressOf, webhookHeaders as cybersourceHeaders } from './cybersource/events.ts';
import { resume, suspend, withhold } from './cybersource/held.ts';
import { INTERNAL } from './engine/follow.ts';
import type { Strike } from './engine/ordered-faults.ts';
import type { Merchant } from './engine/state.ts';
import { installationSealer } from './installation.ts';
import { faultNote, heldBack, type OrderedFaults } from './ordered-faults.ts';
import { afterAttempt, DELIVERY_RULES, explainAnswer, type Queued } from './outbox.ts';
import type { Sealer } from './sealing.ts';
import { webhookHeaders } from './webhooks.ts';
import type { World } from './world.ts';

/** Callbacks of a merchant that are under way at once. */
const AT_ONCE = 16;
/** A process that dies while it delivers gives its messages back after this long: longer than any attempt may take. */
const LEASE_MS = 15_000;
/** There is nobody to call any more, so this ends the delivery. */
const WEBHOOK_GONE: Came = { status: 0, detail: 'not sent: the webhook was removed', unsent: true };

type Headers = Readonly<Record<string, string>>;

/** What came of an attempt; `unsent`: nothing was, on purpose. */
interface Came {
  readonly status: number;
  readonly detail: string;
  readonly unsent?: true;
}

const WITHHELD: Came = { status: 0, detail: 'Kept until the subscription is active again', unsent: true };
const NOT_SUSPENDED: Came = { status: 0, detail: 'not sent: the subscription is not suspended any more', unsent: true };
const STOPPED: Came = { status: 0, detail: 'Kvitt was stopped before an answer came', unsent: true };
const HELD: Came = { status: 0, detail: 'Held back by a fault on order', unsent: true };
const LOST: Came = { status: 0, detail: 'Lost on its way by a fault on order', unsent: true };
const OVERTAKEN: Came = { status: 0, detail: 'Another call has overtaken it; it is sent now', unsent: true };

/** Takes a message to another face of this process, by the address after `kvitt:`. Rejects when it could not be acted on. */
export type Follow = (address: string) => Promise<void>;

/** What a courier asks besides the store. */
interface Ways {
  readonly faults: OrderedFaults;
  readonly follow: Follow;
}

export class Courier {
  readonly #world: World;
  readonly #merchant_id: string;
  readonly #faults: OrderedFaults;
  readonly #follow: Follow;
  readonly #abort = new AbortController();
  readonly #complain: (error: Error) => void;
  /** Opens what webhooks are signed with; made with the first that is. */
  #sealer: Sealer | undefined;
  #under_way = 0;
  #attempts = 0;
  #looking = false;
  /** Something may have become due since the last look. */
  #look_again = false;
  #stopped = false;
  #waiting: (() => void)[] = [];

  /** @param complain told of failures of the store; the message stays in the outbox and a later look finds it */
  constructor(world: World, merchant_id: string, { faults, follow }: Ways, complain: (error: Error) => void) {
    this.#world = world;
    this.#merchant_id = merchant_id;
    this.#faults = faults;
    this.#follow = follow;
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
        const { merchant, claimed } = await this.#claim(AT_ONCE - this.#under_way);
        for (const message of claimed) void this.#begin(message, merchant);
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

  async #claim(limit: number): Promise<{ merchant: Merchant | undefined; claimed: OutboxMessage[] }> {
    const { store, now } = this.#world;
    const merchant = await store.get<Merchant>('merchant', this.#merchant_id);
    if (!merchant) return { merchant, claimed: [] };
    const real_now_ms = now();
    const now_ms = real_now_ms + merchant.clock_offset_ms;
    const claimed = await store.claim(this.#merchant_id, now_ms, real_now_ms, real_now_ms + LEASE_MS, limit);
    return { merchant, claimed };
  }

  async #begin(message: OutboxMessage, merchant: Merchant | undefined): Promise<void> {
    this.#under_way++;
    const sent = merchant?.faults ? this.#disturbed(message, merchant) : this.#attempt(message);
    await sent.catch((error: Error) => this.#complain(error));
    this.#under_way--;
    this.#attempts++;
    // Its repeat may be due already, and there is room for another.
    if (!this.#stopped) this.wake();
    this.#tellIfIdle();
  }

  /** An attempt by a merchant for whom faults are ordered. */
  async #disturbed(message: OutboxMessage, merchant: Merchant): Promise<void> {
    const { rule, url, met } = message.state as Queued;
    const call = { method: 'POST', path: url, callback: rule };
    // What stays in this process is no call to anybody, and cannot be lost on its way.
    const strike = met || url.startsWith(INTERNAL) ? undefined : await this.#faults.strike(merchant, call, message);
    if (strike) return this.#struck(message, strike, merchant);
    await this.#attempt(message);
    await this.#letOvertaken(message, merchant);
  }

  /** What becomes of an attempt that a fault struck. Twice is two calls, and the repeats of the second. */
  async #struck(message: OutboxMessage, strike: Strike, merchant: Merchant): Promise<void> {
    const { effect } = strike.rule;
    if (effect === 'double') {
      const once = await this.#call(message, strike);
      this.#world.store.note(once.entry);
      await this.#attempt({ ...message, state: { ...message.state, met: true } }, strike);
      await this.#letOvertaken(message, merchant);
      return;
    }
    const held = effect === 'delay' || effect === 'reorder';
    const next = held ? heldBack(message, strike) : effect === 'miss' ? afterAttempt(message, 0, 0) : undefined;
    const entry = this.#entry(message, held ? HELD : LOST, next, strike);
    await this.#world.store.settle(message.id, next, entry);
  }

  /** A callback that was held back until another had gone may go now. */
  async #letOvertaken(delivered: OutboxMessage, merchant: Merchant): Promise<void> {
    const held = await this.#faults.overtake(merchant, delivered);
    if (!held) return;
    const due = { ...held, due_at_ms: Math.min(held.due_at_ms, delivered.due_at_ms) };
    await this.#world.store.settle(held.id, due, this.#entry(held, OVERTAKEN, due));
  }

  /** One attempt, at the time it was due: so a clock that was moved far sees the attempts that would have been made. */
  async #attempt(message: OutboxMessage, strike?: Strike): Promise<void> {
    const { next, entry } = await this.#call(message, strike);
    await this.#world.store.settle(message.id, next, entry);
  }

  async #call(message: OutboxMessage, strike?: Strike): Promise<{ next: OutboxMessage | undefined; entry: LogEntry }> {
    const queued = message.state as Queued;
    const { signal } = this.#abort;
    const started_ms = this.#world.now();
    const came = await this.#deliver(message);
    if (came.unsent) return { next: undefined, entry: this.#entry(message, came, undefined, strike) };
    const { status, detail } = came;
    if (signal.aborted && status === 0) return { next: message, entry: this.#entry(message, STOPPED, message, strike) };
    const next = afterAttempt(message, status, this.#world.now() - started_ms);
    if (queued.cybersource_webhook_id !== undefined) await this.#concluded(message, status, next);
    return { next, entry: this.#entry(message, { status, detail }, next, strike) };
  }

  /** What the end of a delivery means for a subscription of Cybersource's. */
  async #concluded(message: OutboxMessage, status: number, next: OutboxMessage | undefined): Promise<void> {
    const { rule, cybersource_webhook_id = '' } = message.state as Queued;
    const isDone = DELIVERY_RULES[rule].done(status);
    if (rule === 'cybersource' && !isDone && !next) await suspend(message, this.#world);
    if (rule !== 'cybersource_health' || !isDone) return;
    await resume(message, this.#world);
    await this.#release(cybersource_webhook_id);
  }

  /** What was kept for a subscription goes out, now that it is active. */
  #release(webhook_id: string): Promise<void> {
    return this.#follow(addressOf.webhook(this.#merchant_id, webhook_id).slice(INTERNAL.length));
  }

  #entry(message: OutboxMessage, came: Came, next: OutboxMessage | undefined, strike?: Strike): LogEntry {
    const { url, body, rule, attempt, subject } = message.state as Queued;
    const note = {
      callback: rule,
      attempt,
      ...(next && { next_attempt_at: new Date(next.due_at_ms).toISOString() }),
      ...(!came.unsent && explainAnswer(rule, came.status, next)),
      ...(strike && { fault: faultNote(strike) }),
    };
    return {
      id: this.#world.id(),
      merchant_id: message.merchant_id,
      at_ms: message.due_at_ms,
      direction: 'outgoing',
      method: 'POST',
      path: url,
      status: came.status,
      subject,
      request: body,
      response: came.detail,
      note: JSON.stringify(note),
    };
  }

  async #deliver(message: OutboxMessage): Promise<Came> {
    const queued = message.state as Queued;
    const { url, body, rule, headers, webhook_id, cybersource_webhook_id } = queued;
    if (url.startsWith(INTERNAL)) return followed(this.#follow(url.slice(INTERNAL.length)));
    const merchant = (webhook_id ?? cybersource_webhook_id) ? await this.#merchant() : undefined;
    const withheld = cybersource_webhook_id && (await this.#withheld(message, merchant));
    if (withheld) return withheld;
    const signed = headers ?? (await this.#signature(queued, merchant));
    const { signal } = this.#abort;
    return signed ? deliver({ url, body, ...DELIVERY_RULES[rule], headers: signed, signal }) : WEBHOOK_GONE;
  }

  #merchant(): Promise<Merchant | undefined> {
    return this.#world.store.get<Merchant>('merchant', this.#merchant_id);
  }

  /** Why a subscriber of Cybersource's is not called now. */
  async #withheld(message: OutboxMessage, merchant: Merchant | undefined): Promise<Came | undefined> {
    const { rule, cybersource_webhook_id } = message.state as Queued;
    const webhook = merchant?.cybersource_webhooks?.find((each) => each.webhook_id === cybersource_webhook_id);
    if (!webhook) return WEBHOOK_GONE;
    if (rule === 'cybersource_health' && webhook.status !== 'SUSPENDED') {
      // Whoever made it active may have been stopped before the rest.
      await this.#release(webhook.webhook_id);
      return NOT_SUSPENDED;
    }
    if (rule === 'cybersource_health') return undefined;
    return webhook.status && (await withhold(message, this.#world)) ? WITHHELD : undefined;
  }

  /** What a webhook is signed with, as the merchant has it now; undefined when the webhook was removed meanwhile. */
  async #signature(queued: Queued, merchant: Merchant | undefined): Promise<Headers | undefined> {
    const { rule, webhook_id, cybersource_webhook_id, body, attempt } = queued;
    if (rule !== 'cybersource' && webhook_id === undefined) return {};
    this.#sealer ??= await installationSealer(this.#world.store);
    const sealer = this.#sealer;
    if (rule === 'cybersource') {
      const about = { body, webhook_id: cybersource_webhook_id ?? '', attempt, now_ms: this.#world.now() };
      return cybersourceHeaders(about, merchant, sealer);
    }
    const webhook = merchant?.webhooks?.find((each) => each.webhook_id === webhook_id);
    return webhook && webhookHeaders(webhook, body, sealer);
  }

  #tellIfIdle(): void {
    if (!this.#isIdle()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function followed(work: Promise<void>): Promise<Delivered> {
  return work.then(
    () => ({ status: 200, detail: '' }),
    (error: Error) => ({ status: 0, detail: error.message }),
  );
}
