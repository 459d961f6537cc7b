/**
 * The one interface behind which state is kept. Two implementations: `sqlite.ts` (default, one process)
 * and `postgres.ts` (any number of processes). `store.conformance.test.ts` runs one suite against both.
 *
 * A store knows nothing of sessions or orders. It keeps records (a kind, an id, a JSON body), the request
 * log and the outbox, and it runs units of work: each is atomic, isolated, and durable before it resolves.
 */

/** The kinds of record there are, each in a table of its own. */
export const KINDS = [
  'meta',
  'merchant',
  'username',
  'session',
  'authorization',
  'order',
  'hosted',
  'inbox',
  'customer_token',
  'fault',
  'dispute',
  'attachment',
  'entry',
  'ledger',
  'payout',
  'payout_page',
  'cybersource_session',
  'cybersource_payment',
  'cybersource_reference',
  'cybersource_held',
  'purse_session',
  'purse_payment',
  'purse_transaction',
  'purse_wallet',
  'purse_link',
  'purse_key',
] as const;
export type Kind = (typeof KINDS)[number];

/** A record that a unit of work writes. `state` must survive a JSON round trip. */
export interface Put {
  readonly kind: Kind;
  readonly id: string;
  /** Who owns the record; `''` for what belongs to the installation. */
  readonly merchant_id: string;
  readonly state: object;
  /** The owner's time (epoch ms) at which the record next has something due; absent: nothing is due. */
  readonly wake_at_ms?: number | undefined;
  /**
   * The unit of work made the record and nobody can have another under this id (a fresh random id).
   * A store may then insert without looking; it must fail, not overwrite, when the record exists.
   */
  readonly fresh?: boolean;
}

/** One exchange, incoming (a client called us) or outgoing (we called a merchant's URL). Bodies appear once. */
export interface LogEntry {
  /** The correlation id: a time-ordered UUID, unique. */
  readonly id: string;
  readonly merchant_id: string;
  /** The merchant's time, epoch ms (moves with the merchant's clock). */
  readonly at_ms: number;
  readonly direction: 'incoming' | 'outgoing';
  readonly method: string;
  readonly path: string;
  /** HTTP status; 0 when an outgoing call got no answer. */
  readonly status: number;
  /** The order or session the exchange was about; `''` when none. */
  readonly subject: string;
  readonly request: string;
  readonly response: string;
  /** JSON text of further facts (explanation of a refusal, idempotency key, attempt); `''` when none. */
  readonly note: string;
}

/** A callback waiting to be delivered. Times are the merchant's, epoch ms. */
export interface OutboxMessage {
  /** A time-ordered UUID, unique. */
  readonly id: string;
  readonly merchant_id: string;
  readonly due_at_ms: number;
  /** What the dispatcher needs to deliver and to schedule the next attempt. Must survive a JSON round trip. */
  readonly state: object;
}

/** What a unit of work changes. Everything is written, or nothing. */
export interface Changes {
  readonly put?: readonly Put[];
  readonly remove?: readonly { readonly kind: Kind; readonly id: string }[];
  readonly log?: readonly LogEntry[];
  readonly outbox?: readonly OutboxMessage[];
}

/** A record that a unit of work wants to see. It stays locked until the unit ends, unless `shared` is true. */
export interface Ask {
  readonly kind: Kind;
  readonly id: string;
  readonly shared?: boolean;
}

/**
 * A unit of work: a generator that yields what it must read, receives each record's state (or undefined),
 * and returns its answer with the changes to make. A generator rather than an async function, so that SQLite can
 * run many units inside one transaction without interleaving them. It may run twice (PostgreSQL repeats a unit after a
 * deadlock), so it must have no effect but its return value.
 */
export type Work<T> = Generator<Ask, { readonly answer: T; readonly changes: Changes }, unknown>;

/** Reads and locks a record within a unit of work. The caller names the type that it stored under this kind. */
export function* read<S>(kind: Kind, id: string): Generator<Ask, S | undefined, unknown> {
  return (yield { kind, id }) as S | undefined;
}

/** As `read`, without keeping others from the record. For what is read by everybody and seldom written. */
export function* readShared<S>(kind: Kind, id: string): Generator<Ask, S | undefined, unknown> {
  return (yield { kind, id, shared: true }) as S | undefined;
}

/** Drives a unit that only reads, over the committed state and without a lock; its changes, if it has any, are the caller's. */
export async function look<T>(store: Pick<Store, 'get'>, unit: Generator<Ask, T, unknown>): Promise<T> {
  let step = unit.next();
  while (!step.done) step = unit.next(await store.get(step.value.kind, step.value.id));
  return step.value;
}

/**
 * Which log entries to return; newest first. All given fields must match. With `subject`, entries of reads (GET) may be missing
 * when they are not among the newest ten thousand.
 */
export interface LogQuery {
  readonly merchant_id?: string | undefined;
  readonly id?: string | undefined;
  readonly subject?: string | undefined;
  /** Inclusive lower and exclusive upper bound of `at_ms`. */
  readonly from_ms?: number | undefined;
  readonly to_ms?: number | undefined;
  /** At most this many; the caller bounds it. */
  readonly limit: number;
}

/** Which records to list. */
export interface ListOptions {
  readonly merchant_id?: string;
  readonly after?: string;
  readonly before?: string;
  readonly limit: number;
}

/** What `Store.prune` may remove. */
export interface PruneBounds {
  readonly sessions_below: string;
  readonly log_below: string;
  readonly log_most: number;
  readonly limit: number;
}

export interface Store {
  /** 'sqlite' or 'postgres', for messages and the control API. */
  readonly name: string;

  /**
   * Runs a unit of work. Resolves with its answer once the changes are durable.
   * Rejects with `StoreUnavailable` when they could not be made durable, or with whatever the unit threw. Nothing was changed
   * then, but in one case: when the connection to a database server is lost during the commit nobody knows, and the message says so.
   */
  run<T>(work: () => Work<T>): Promise<T>;

  /** The committed, durable state of a record, without locking it. */
  get<S>(kind: Kind, id: string): Promise<S | undefined>;

  /** Records of a kind with ids between `after` and `before` (both exclusive) in order of id, optionally of one merchant. */
  list<S>(kind: Kind, options: ListOptions): Promise<S[]>;

  /** Adds log entries with the next commit; does not wait for it. For exchanges that changed nothing. */
  note(entry: LogEntry): void;

  /** Ids of a merchant's records of a kind with `wake_at_ms <= now_ms`, earliest first. */
  due(kind: Kind, merchant_id: string, now_ms: number, limit: number): Promise<string[]>;

  /**
   * Takes up to `limit` of a merchant's messages with `due_at_ms <= now_ms`, earliest first, and keeps them from
   * every other dispatcher until `lease_until_ms` (real time, epoch ms; compared with `real_now_ms`).
   */
  claim(
    merchant_id: string,
    now_ms: number,
    real_now_ms: number,
    lease_until_ms: number,
    limit: number,
  ): Promise<OutboxMessage[]>;

  /**
   * Ends a claimed message (`next` absent) or schedules its next attempt; logs the delivery in the same transaction.
   * A message that is gone meanwhile stays gone.
   */
  settle(id: string, next: OutboxMessage | undefined, entry: LogEntry): Promise<void>;

  /** How many of a merchant's messages wait, due or not. */
  waiting(merchant_id: string): Promise<number>;

  log(query: LogQuery): Promise<LogEntry[]>;

  /** Removes all that belongs to a merchant but the records of kind `merchant` and `username`. */
  clear(merchant_id: string): Promise<void>;

  /**
   * Removes what goes by its age, a little at a time: up to `limit` each of sessions (Klarna's, hosted and Cybersource's) and
   * authorizations with an id below `sessions_below`, and up to `limit` log entries with an id below `log_below` or in excess of
   * `log_most` entries.
   * Returns how many rows went.
   */
  prune(bounds: PruneBounds): Promise<number>;

  /**
   * Counts one request in the window `window` of `key` and returns how many it has now, over all processes.
   * Need not survive a restart.
   */
  hit(key: string, window: number): Promise<number>;

  /** Commits what waits and closes. Later calls reject with `StoreUnavailable`. */
  close(): Promise<void>;
}

/** The store cannot take or return data now (disk full, connection lost, closed). See `Store.run` for what that leaves. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** The store cannot be opened with this configuration; the message is one line for the person who started it. */
export class StoreUnusable extends Error {
  override name = 'StoreUnusable';
}
