/**
 * The default store: one SQLite file, owned by one process.
 *
 * Group commit: units of work that arrive in the same turn of the event loop run one after another inside one
 * transaction and share one flush to disk, so durability costs one fsync a batch and not one a request.
 * A batch begins and ends within one turn of the event loop, so a read outside a unit never sees an open transaction. Reads share
 * the connection of the writes because SQLite forgets a connection's cache when another one has written.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Checkpointer } from './sqlite-checkpointer.ts';
import { type Flusher, LogFlusher, NO_FLUSH } from './sqlite-flusher.ts';
import { createRecords, rekeyRecords, SqliteRecords } from './sqlite-records.ts';
import {
  type Ask,
  type Changes,
  KINDS,
  type Kind,
  type ListOptions,
  type LogEntry,
  type LogQuery,
  type OutboxMessage,
  type PruneBounds,
  type Store,
  StoreUnavailable,
  StoreUnusable,
  type Work,
} from './store.ts';

/**
 * The layout of the file; one that a newer Kvitt made is refused, not guessed at. Tables that were added are created on opening:
 * 2 added hosted sessions and the inbox. 3 put records under row numbers that follow from their ids. 4 added customer tokens, 5 faults on order,
 * 6 disputes and their files, 7 entries, ledgers and payouts, 8 what Cybersource's ids stand for,
 * 9 what Purse keeps, 10 what waits for a subscriber of Cybersource's, 11 Purse's payment links and idempotency keys.
 */
const SCHEMA_VERSION = 11;
const ROW_NUMBERS_SINCE = 3;

/** Units that one transaction takes at the most, so that a flood cannot hold an early answer back for long. */
const BATCH_MOST = 512;

/**
 * While the disk is busy with earlier batches, fewer units than these wait for it: nobody could answer them before its next flush, and each
 * batch writes the last page of every table that it touches anew.
 */
const BATCH_LEAST = 16;

/** Log notes that may wait for a commit; beyond it the oldest go (they are about exchanges that changed nothing). */
const NOTES_MOST = 10_000;

/** How long a note waits for a commit that it can join. */
const NOTES_WAIT_MS = 50;

/**
 * How many records are kept parsed in each of two generations, of the kinds that are read again soon: merchants with every request, the
 * others with the next step of a purchase. Nobody but this process changes them.
 */
const KEPT: Readonly<Partial<Record<Kind, number>>> = {
  merchant: 10_000,
  session: 500,
  authorization: 500,
  order: 500,
  hosted: 500,
  purse_session: 500,
  purse_payment: 500,
  purse_transaction: 500,
};

/** A kind's table. The plural, because ORDER is a word of SQL. */
const table = (kind: Kind) => PLURALS[kind] ?? `${kind}s`;
const PLURALS: Readonly<Partial<Record<Kind, string>>> = {
  hosted: 'hosted_sessions',
  inbox: 'inboxes',
  entry: 'entries',
};

/**
 * Log entries that are found by what they are about through an index. Reads are not among them: an index over reads of
 * random orders would dirty a random page for each read, and make reading a fifth slower.
 */
const CHANGES = "subject <> '' AND method <> 'GET'";

/** Reads about an order or session are looked for among this many of the newest entries. */
const READS_AMONG = 10_000;

const ABOUT = `(
  SELECT * FROM log WHERE ${CHANGES} AND subject = ?
  UNION ALL SELECT * FROM (SELECT * FROM log ORDER BY id DESC LIMIT ${READS_AMONG}) WHERE method = 'GET' AND subject = ?)`;

const CREATE = `
${KINDS.map((kind) => createRecords(table(kind))).join('')}
CREATE TABLE IF NOT EXISTS log (
  id TEXT PRIMARY KEY, merchant_id TEXT NOT NULL, at_ms INTEGER NOT NULL, direction TEXT NOT NULL, method TEXT NOT NULL,
  path TEXT NOT NULL, status INTEGER NOT NULL, subject TEXT NOT NULL, request TEXT NOT NULL, response TEXT NOT NULL, note TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS log_changes ON log (subject, id) WHERE ${CHANGES};
CREATE TABLE IF NOT EXISTS outbox (
  id TEXT PRIMARY KEY, merchant_id TEXT NOT NULL, due_at_ms INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (merchant_id, due_at_ms, id);
`;

interface Waiting {
  readonly work: () => Work<unknown>;
  /** It writes by itself while it runs (claim, settle, clear, prune) and not through `Changes`. */
  readonly writes: boolean;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Tells a unit's caller how it ended, once that is on disk or known to have failed. */
type Answer = (failure?: StoreUnavailable) => void;

interface Row {
  readonly body: string;
}

export class SqliteStore implements Store {
  readonly name = 'sqlite';
  readonly #database: DatabaseSync;
  readonly #owner: DatabaseSync | undefined;
  readonly #checkpointer: Checkpointer | undefined;
  readonly #flusher: Flusher;
  readonly #records: Record<Kind, SqliteRecords>;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #insertLog: StatementSync;
  readonly #insertOutbox: StatementSync;
  readonly #anyDue: StatementSync;
  readonly #counts = new Map<string, { window: number; hits: number }>();
  #queue: Waiting[] = [];
  #notes: LogEntry[] = [];
  #notesTimer: NodeJS.Timeout | undefined;
  /** Batches that are committed and not yet on disk. */
  #unflushed = 0;
  /** What is told when the newest of them is. */
  #newest: Answer[] = [];
  /** Why the log could not be brought to disk. What was committed since may be lost, so nothing more is shown or taken. */
  #lost: StoreUnavailable | undefined;
  #scheduled = false;
  #closed = false;

  /**
   * Opens (and creates) the store.
   * @param options.path a file, or ':memory:' for a store that ends with the process
   * @param options.flusherOf what brings the write-ahead log of this path to disk
   * @throws StoreUnusable when the file cannot be used or another process owns it
   */
  static async open(options: { path: string; flusherOf?: (log: string) => Flusher }): Promise<SqliteStore> {
    try {
      return new SqliteStore(options.path, options.flusherOf ?? ((log) => new LogFlusher(log)));
    } catch (error) {
      if (error instanceof StoreUnusable) throw error;
      throw new StoreUnusable(`cannot use the data file ${options.path}: ${(error as Error).message}`);
    }
  }

  private constructor(path: string, flusherOf: (log: string) => Flusher) {
    const inMemory = path === ':memory:';
    if (!inMemory) {
      mkdirSync(dirname(path), { recursive: true });
      this.#owner = claimOwnership(path);
    }
    this.#database = new DatabaseSync(path);
    // The flusher waits for the disk, so SQLite need not; the checkpointer copies the log, so SQLite need not.
    this.#database.exec('PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL');
    this.#database.exec('PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY');
    migrate(this.#database, path);
    this.#flusher = inMemory ? NO_FLUSH : flusherOf(`${path}-wal`);
    if (!inMemory) this.#checkpointer = new Checkpointer(path, this.#database);

    this.#records = Object.fromEntries(
      KINDS.map((kind) => [kind, new SqliteRecords(this.#database, table(kind), KEPT[kind] ?? 0)]),
    ) as Record<Kind, SqliteRecords>;
    this.#begin = this.#database.prepare('BEGIN IMMEDIATE');
    this.#commit = this.#database.prepare('COMMIT');
    this.#rollback = this.#database.prepare('ROLLBACK');
    this.#insertLog = this.#database.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#insertOutbox = this.#database.prepare(
      'INSERT INTO outbox (id, merchant_id, due_at_ms, body) VALUES (?, ?, ?, ?)',
    );
    this.#anyDue = this.#database.prepare(
      'SELECT 1 FROM outbox WHERE merchant_id = ? AND due_at_ms <= ? AND lease_until_ms <= ? LIMIT 1',
    );
  }

  run<T>(work: () => Work<T>): Promise<T> {
    return this.#enqueue(work, false);
  }

  #enqueue<T>(work: () => Work<T>, writes: boolean): Promise<T> {
    const unusable = this.#unusable();
    if (unusable) return Promise.reject(unusable);
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, writes, resolve: resolve as (answer: unknown) => void, reject });
      this.#schedule();
    });
  }

  note(entry: LogEntry): void {
    if (this.#closed) return;
    this.#notes.push(entry);
    if (this.#notes.length > NOTES_MOST) this.#notes.shift();
    this.#notesTimer ??= setTimeout(() => this.#schedule(), NOTES_WAIT_MS).unref();
  }

  async get<S>(kind: Kind, id: string): Promise<S | undefined> {
    this.#checkUsable();
    // Merchants are asked for with every request. Their settings may be seen a moment before they are on disk; they acknowledge nothing.
    if (kind === 'merchant') return this.#records.merchant.get(id, true) as S | undefined;
    const state = this.#records[kind].get(id, false);
    if (this.#unflushed > 0) await this.#flushed();
    return state as S | undefined;
  }

  async list<S>(kind: Kind, options: ListOptions): Promise<S[]> {
    await this.#settled();
    return this.#records[kind].list(options) as S[];
  }

  async due(kind: Kind, merchant_id: string, now_ms: number, limit: number): Promise<string[]> {
    await this.#settled();
    return this.#records[kind].due(merchant_id, now_ms, limit);
  }

  async claim(
    merchant_id: string,
    now_ms: number,
    real_now_ms: number,
    lease_until_ms: number,
    limit: number,
  ): Promise<OutboxMessage[]> {
    // Dispatchers ask all the time and mostly for nothing, which should cost no transaction.
    this.#checkUsable();
    if (!this.#anyDue.get(merchant_id, now_ms, real_now_ms)) return [];
    return this.#exclusively(() => {
      const rows = this.#database
        .prepare(
          `UPDATE outbox SET lease_until_ms = ? WHERE id IN (
             SELECT id FROM outbox WHERE merchant_id = ? AND due_at_ms <= ? AND lease_until_ms <= ? ORDER BY due_at_ms, id LIMIT ?)
           RETURNING id, merchant_id, due_at_ms, body`,
        )
        .all(lease_until_ms, merchant_id, now_ms, real_now_ms, limit) as unknown as (Omit<OutboxMessage, 'state'> &
        Row)[];
      return rows
        .map((row) => ({
          id: row.id,
          merchant_id: row.merchant_id,
          due_at_ms: row.due_at_ms,
          state: JSON.parse(row.body) as object,
        }))
        .sort((a, b) => a.due_at_ms - b.due_at_ms || (a.id < b.id ? -1 : 1));
    });
  }

  settle(id: string, next: OutboxMessage | undefined, entry: LogEntry): Promise<void> {
    return this.#exclusively(() => {
      // A message that is gone was cleared, or settled by whoever claimed it after the lease; it must not come back.
      const { changes } = this.#database.prepare('DELETE FROM outbox WHERE id = ?').run(id);
      if (next && changes > 0)
        this.#insertOutbox.run(next.id, next.merchant_id, next.due_at_ms, JSON.stringify(next.state));
      this.#writeLog(entry);
    });
  }

  async waiting(merchant_id: string): Promise<number> {
    await this.#settled();
    const row = this.#database.prepare('SELECT count(*) AS n FROM outbox WHERE merchant_id = ?').get(merchant_id);
    return (row as unknown as { n: number }).n;
  }

  async log(query: LogQuery): Promise<LogEntry[]> {
    await this.#settled();
    const filters: [string, string | number | undefined][] = [
      ['merchant_id = ?', query.merchant_id],
      ['id = ?', query.id],
      ['at_ms >= ?', query.from_ms],
      ['at_ms < ?', query.to_ms],
    ];
    const given = filters.filter((filter): filter is [string, string | number] => filter[1] !== undefined);
    const where = given.length === 0 ? '' : `WHERE ${given.map(([condition]) => condition).join(' AND ')}`;
    const [source, sources] = query.subject === undefined ? ['log', []] : [ABOUT, [query.subject, query.subject]];
    return this.#database
      .prepare(`SELECT * FROM ${source} ${where} ORDER BY id DESC LIMIT ?`)
      .all(...sources, ...given.map(([, value]) => value), query.limit)
      .map((row) => ({ ...row })) as unknown as LogEntry[];
  }

  clear(merchant_id: string): Promise<void> {
    return this.#exclusively(() => {
      this.#forget();
      const kept: readonly Kind[] = ['merchant', 'username'];
      for (const name of [...KINDS.filter((kind) => !kept.includes(kind)).map(table), 'log', 'outbox']) {
        this.#database.prepare(`DELETE FROM ${name} WHERE merchant_id = ?`).run(merchant_id);
      }
    });
  }

  prune(bounds: PruneBounds): Promise<number> {
    const { sessions_below, log_below, log_most, limit } = bounds;
    return this.#exclusively(() => {
      const removeLog = (where: string, bound: string | number) =>
        Number(
          this.#database
            .prepare(`DELETE FROM log WHERE rowid IN (SELECT rowid FROM log WHERE ${where} LIMIT ?)`)
            .run(bound, limit).changes,
        );
      // Row numbers rise by one an entry, so the excess is found without counting; what was cleared in between counts too.
      const newest = this.#database.prepare('SELECT max(rowid) AS n FROM log').get() as unknown as { n: number | null };
      return (
        this.#records.session.prune(sessions_below, limit) +
        this.#records.authorization.prune(sessions_below, limit) +
        this.#records.hosted.prune(sessions_below, limit) +
        this.#records.cybersource_session.prune(sessions_below, limit) +
        removeLog('id < ?', log_below) +
        removeLog('rowid <= ?', (newest.n ?? 0) - log_most)
      );
    });
  }

  /** One process owns the file, so the count may live in memory. */
  async hit(key: string, window: number): Promise<number> {
    this.#checkUsable();
    const count = this.#counts.get(key);
    if (count?.window === window) return ++count.hits;
    if (this.#counts.size > 10_000) this.#counts.clear();
    this.#counts.set(key, { window, hits: 1 });
    return 1;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    // Where the disk failed, whoever waited was told.
    const last = this.#exclusively(() => undefined).catch(() => undefined);
    this.#closed = true;
    await last;
    while (this.#queue.length > 0) await new Promise(setImmediate);
    await this.#checkpointer?.close();
    if (this.#unflushed > 0) await this.#flushed().catch(() => undefined);
    this.#flusher.close();
    this.#database.close();
    this.#owner?.close();
  }

  #unusable(): StoreUnavailable | undefined {
    return this.#closed ? new StoreUnavailable('the store is closed') : this.#lost;
  }

  #checkUsable(): void {
    if (!this.#closed && !this.#lost) return;
    throw this.#unusable();
  }

  /** Before a read outside a unit: rejects after close, and lets waiting notes be committed so that the log is complete. */
  async #settled(): Promise<void> {
    this.#checkUsable();
    if (this.#notes.length > 0 || this.#unflushed > 0) await this.#exclusively(() => undefined);
  }

  /** Runs `change`, which writes by itself, as a unit of the next batch. */
  #exclusively<T>(change: () => T): Promise<T> {
    const work = function* (): Work<T> {
      return { answer: change(), changes: {} };
    };
    return this.#enqueue(work, true);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  /** One batch: every waiting unit in one transaction, then one flush to disk, then the answers. */
  #flush(): void {
    this.#scheduled = false;
    if (this.#unflushed > 0 && this.#queue.length < BATCH_LEAST) return;
    const batch = this.#queue.splice(0, BATCH_MOST);
    const notes = this.#notes;
    this.#notes = [];
    clearTimeout(this.#notesTimer);
    this.#notesTimer = undefined;
    try {
      this.#commitTogether(batch, notes);
    } catch (error) {
      if (batch.length + notes.length > 1) this.#commitApart(batch, notes);
      else for (const waiting of batch) waiting.reject(unavailable(error));
    }
    this.#checkpointer?.committed();
    if (this.#queue.length > 0) this.#schedule();
  }

  #commitTogether(batch: readonly Waiting[], notes: readonly LogEntry[]): void {
    const answers: Answer[] = [];
    try {
      this.#begin.run();
      // Notes came before the units of this batch, so a unit that clears the log clears them too.
      for (const entry of notes) this.#writeLog(entry);
      for (const waiting of batch) answers.push(this.#attempt(waiting));
      this.#commit.run();
    } catch (error) {
      if (this.#database.isTransaction) this.#rollback.run();
      this.#forget();
      throw error;
    }
    // Nobody waits for notes alone, so nobody waits for the disk either.
    if (batch.length === 0) return;
    this.#unflushed++;
    this.#newest = answers;
    this.#flusher.flush((error) => {
      this.#unflushed--;
      if (error) this.#lost ??= lost(error);
      for (const answer of answers) answer(this.#lost);
      if (this.#queue.length > 0 || this.#notes.length > 0) this.#schedule();
    });
  }

  /** Resolves when all that is committed by now, and not yet on disk, is: with the answers of the newest batch. */
  #flushed(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#newest.push((failure) => (failure ? reject(failure) : resolve()));
    });
  }

  /** After a batch failed: each unit in a transaction of its own, so that only the one at fault fails. */
  #commitApart(batch: readonly Waiting[], notes: readonly LogEntry[]): void {
    try {
      this.#commitTogether([], notes);
    } catch {
      // Notes are about exchanges that changed nothing; the next failing write is reported to its caller.
    }
    for (const waiting of batch) {
      try {
        this.#commitTogether([waiting], []);
      } catch (error) {
        waiting.reject(unavailable(error));
      }
    }
  }

  /**
   * Runs one unit inside the open transaction and returns what to tell its caller once it is on disk. What the unit
   * throws while it decides is its own failure (it has written nothing yet); what writing throws fails the batch.
   */
  #attempt(waiting: Waiting): Answer {
    let result: { answer: unknown; changes: Changes };
    try {
      result = this.#decide(waiting.work());
    } catch (error) {
      if (waiting.writes) throw error;
      return () => waiting.reject(error);
    }
    this.#write(result.changes);
    return (failure) => (failure ? waiting.reject(failure) : waiting.resolve(result.answer));
  }

  #decide(work: Work<unknown>): { answer: unknown; changes: Changes } {
    let step = work.next();
    while (!step.done) {
      const { kind, id }: Ask = step.value;
      step = work.next(this.#records[kind].get(id, true));
    }
    return step.value;
  }

  #forget(): void {
    for (const kind of KINDS) this.#records[kind].forget();
  }

  #write(changes: Changes): void {
    if (changes.put) for (const put of changes.put) this.#records[put.kind].put(put);
    if (changes.remove) for (const { kind, id } of changes.remove) this.#records[kind].remove(id);
    if (changes.outbox) {
      for (const message of changes.outbox) {
        this.#insertOutbox.run(message.id, message.merchant_id, message.due_at_ms, JSON.stringify(message.state));
      }
    }
    if (changes.log) for (const entry of changes.log) this.#writeLog(entry);
  }

  #writeLog(e: LogEntry): void {
    this.#insertLog.run(
      e.id,
      e.merchant_id,
      e.at_ms,
      e.direction,
      e.method,
      e.path,
      e.status,
      e.subject,
      e.request,
      e.response,
      e.note,
    );
  }
}

/** After a failed flush nobody knows what is on disk; a start reads what is. */
function lost(error: Error): StoreUnavailable {
  const message = `the disk did not take the last changes, which may be lost: ${error.message}; start again once it does`;
  return new StoreUnavailable(message, { cause: error });
}

function unavailable(error: unknown): StoreUnavailable {
  return new StoreUnavailable(`the write failed and nothing was changed: ${(error as Error).message}`, {
    cause: error,
  });
}

/**
 * Holds a lock beside the data file for as long as the process lives, so that a second process is told at once
 * and the operating system frees it whatever way the first one ends.
 */
function claimOwnership(path: string): DatabaseSync {
  const owner = new DatabaseSync(`${path}.owner`, { timeout: 0 });
  try {
    owner.exec('BEGIN EXCLUSIVE');
  } catch {
    owner.close();
    throw new StoreUnusable(`the data file ${path} is in use by another process`);
  }
  return owner;
}

function migrate(database: DatabaseSync, path: string): void {
  const { user_version } = database.prepare('PRAGMA user_version').get() as unknown as { user_version: number };
  if (user_version > SCHEMA_VERSION) {
    throw new StoreUnusable(
      `the data file ${path} was made by a newer Kvitt (layout ${user_version}, this one knows ${SCHEMA_VERSION})`,
    );
  }
  database.exec('BEGIN IMMEDIATE');
  if (user_version > 0 && user_version < ROW_NUMBERS_SINCE) rekey(database);
  database.exec(`${CREATE} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

function rekey(database: DatabaseSync): void {
  const there = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
  for (const name of KINDS.map(table)) if (there.get(name)) rekeyRecords(database, name);
}
