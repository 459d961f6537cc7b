/**
 * The store for many processes on one PostgreSQL database.
 *
 * A unit of work is one transaction on one connection: what it reads is locked row by row (`FOR UPDATE`), what it
 * changes is sent together with the COMMIT and so costs one round trip. Nothing that matters stays in the process, so
 * any number of processes may serve the same merchants. Why this driver and these locks: docs/decisions/0003-postgresql.md
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from './migrations.ts';
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

/** Connections of one process, when `open` is not told. */
const CONNECTIONS = 10;

/** How long a unit waits for a free or a new connection. */
const CONNECT_MOST_MS = 10_000;

/** How long a statement may take on the server, waiting for locks included. */
const STATEMENT_MOST_MS = 10_000;

/** How long an open transaction may sit idle: what frees the locks of a process that froze. */
const IDLE_MOST_MS = 10_000;

/** How long to wait for a server that fell silent. Above the server's own limit, whose message says more. */
const SILENCE_MOST_MS = 15_000;

/**
 * How often a unit is tried that the server undid for the sake of another: serialization failure, deadlock. A fresh id that somebody else
 * drew in the same millisecond (unique violation) will be another one the next time; where it is the same, the unit is at fault.
 */
const ATTEMPTS: ReadonlyMap<string, number> = new Map([
  ['40001', 8],
  ['40P01', 8],
  ['23505', 2],
]);

/** Log notes that may wait to be written; beyond it the oldest go (they are about exchanges that changed nothing). */
const NOTES_MOST = 10_000;
const NOTES_A_STATEMENT = 100;
const NOTES_EVERY_MS = 50;

/** How often (in calls of `hit`) and from what age the counts of old windows are removed. */
const SWEEP_EVERY = 1_000;
const SWEEP_AFTER = '1 day';

/** After every id: the last character there is. */
const LAST_ID = '\u{10ffff}';

const NOTHING_CHANGED = 'nothing was changed';
const OUTCOME_UNKNOWN = 'the connection broke during the commit, so whether the change was made is not known';

interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** A statement and its parameters. With a name it is parsed and planned once a connection. */
interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

interface Body {
  readonly body: string;
}

export class PostgresStore implements Store {
  readonly name = 'postgres';
  readonly #pool: pg.Pool;
  readonly #sql: Sql;
  readonly #running = new Set<Promise<unknown>>();
  readonly #schema: string;
  #notes: LogEntry[] = [];
  #notesDropped = 0;
  #notesTimer: NodeJS.Timeout | undefined;
  #notesWriting: Promise<void> = Promise.resolve();
  #hits = 0;
  #closing: Promise<void> | undefined;

  /**
   * Connects, and creates or updates the tables.
   * @param options.url postgres://user:password@host:port/database, with the query parameters that `pg` knows (sslmode ...)
   * @param options.schema where the tables are; made when it does not exist. One database can hold several stores
   * @param options.connections how many connections this process keeps at most
   * @throws StoreUnusable when there is no such server or database, or the user may not do what a store does
   */
  static async open(options: { url: string; schema?: string; connections?: number }): Promise<PostgresStore> {
    const address = parseAddress(options.url);
    const schema = options.schema ?? 'kvitt';
    const config = connectionConfig(options.url);
    try {
      await prepare(config, schema);
    } catch (error) {
      throw unusable(error, address, schema);
    }
    const pool = new pg.Pool({ ...config, pipeline: true, max: options.connections ?? CONNECTIONS });
    // A lost connection is also reported as an event, which without a listener would end the process.
    // Whoever uses the connection gets the error as the rejection of the query; nobody else is concerned.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    return new PostgresStore(pool, schema);
  }

  private constructor(pool: pg.Pool, schema: string) {
    this.#pool = pool;
    this.#schema = schema;
    this.#sql = sqlOf(schema);
  }

  /** How many log notes were lost because the database could not take them, or not in time. */
  get notesDropped(): number {
    return this.#notesDropped;
  }

  run<T>(work: () => Work<T>): Promise<T> {
    return this.#whileOpen(() => repeatedly(() => this.#attempt(work())));
  }

  async get<S>(kind: Kind, id: string): Promise<S | undefined> {
    if (!storable(id)) return undefined;
    return stateOf(await this.#query<Body>({ ...this.#sql.select[kind], values: [id] })) as S | undefined;
  }

  async list<S>(kind: Kind, { merchant_id, after = '', before = LAST_ID, limit }: ListOptions): Promise<S[]> {
    const rows = await this.#query<Body>(
      merchant_id === undefined
        ? { ...this.#sql.list[kind], values: [text(after), text(before), limit] }
        : { ...this.#sql.listOfMerchant[kind], values: [text(after), text(before), limit, merchant_id] },
    );
    return rows.map((row) => JSON.parse(row.body) as S);
  }

  note(entry: LogEntry): void {
    if (this.#closing) return;
    this.#notes.push(entry);
    this.#boundNotes();
    this.#notesTimer ??= setTimeout(() => void this.#writeNotes(), NOTES_EVERY_MS).unref();
  }

  async due(kind: Kind, merchant_id: string, now_ms: number, limit: number): Promise<string[]> {
    const rows = await this.#query<{ id: string }>({ ...this.#sql.due[kind], values: [merchant_id, now_ms, limit] });
    return rows.map((row) => row.id);
  }

  async claim(
    merchant_id: string,
    now_ms: number,
    real_now_ms: number,
    lease_until_ms: number,
    limit: number,
  ): Promise<OutboxMessage[]> {
    const values = [merchant_id, now_ms, real_now_ms, lease_until_ms, limit];
    const rows = await this.#query<Omit<OutboxMessage, 'state'> & Body>({ ...this.#sql.claim, values });
    return rows.map(({ body, ...message }) => ({ ...message, state: JSON.parse(body) as object }));
  }

  async settle(id: string, next: OutboxMessage | undefined, entry: LogEntry): Promise<void> {
    const log = logValues(entry);
    await this.#query(
      next
        ? { ...this.#sql.postpone, values: [...log, id, ...outboxValues(next)] }
        : { ...this.#sql.settle, values: [...log, id] },
    );
  }

  async waiting(merchant_id: string): Promise<number> {
    const [row] = await this.#query<{ n: number }>({ ...this.#sql.waiting, values: [merchant_id] });
    return row?.n ?? 0;
  }

  async log(query: LogQuery): Promise<LogEntry[]> {
    const filters: [condition: string, value: string | number | undefined][] = [
      ['merchant_id =', query.merchant_id],
      ['id =', query.id],
      // Naming the condition of the partial index lets the planner use it.
      ["subject <> '' AND subject =", query.subject],
      ['at_ms >=', query.from_ms],
      ['at_ms <', query.to_ms],
    ];
    const given = filters.filter(([, value]) => value !== undefined);
    const where = given.map(([condition], index) => `${condition} $${index + 2}`).join(' AND ') || 'true';
    await this.#writeNotes();
    return this.#query<LogEntry>({
      text: `SELECT * FROM ${this.#sql.logTable} WHERE ${where} ORDER BY id DESC LIMIT $1`,
      values: [query.limit, ...given.map(([, value]) => (typeof value === 'string' ? text(value) : value))],
    });
  }

  async clear(merchant_id: string): Promise<void> {
    await this.#writeNotes();
    await this.#query({ ...this.#sql.clear, values: [merchant_id] });
  }

  async prune(bounds: PruneBounds): Promise<number> {
    const { sessions_below, log_below, log_most, limit } = bounds;
    const [row] = await this.#query<{ n: number }>({
      ...this.#sql.prune,
      values: [sessions_below, log_below, log_most, limit],
    });
    return row?.n ?? 0;
  }

  async hit(key: string, window: number): Promise<number> {
    if (++this.#hits % SWEEP_EVERY === 0) await this.#query({ ...this.#sql.sweep, values: [SWEEP_AFTER] });
    const [row] = await this.#query<{ hits: number }>({ ...this.#sql.hit, values: [text(key), window] });
    return row?.hits ?? 0;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#notesTimer);
    // The pool forgets who waits for a connection when it ends, so it may end only when nobody does.
    await Promise.allSettled(this.#running);
    await this.#writeNotes();
    await this.#pool.end();
  }

  /** Refuses after `close`, and lets `close` wait for what was accepted before. */
  async #whileOpen<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new StoreUnavailable('the store is closed');
    const running = action();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Runs one statement as a transaction of its own and returns its rows. */
  #query<Row extends pg.QueryResultRow>(statement: Statement): Promise<Row[]> {
    return this.#whileOpen(() => repeatedly(() => this.#single<Row>(statement)));
  }

  async #single<Row extends pg.QueryResultRow>(statement: Statement): Promise<Row[]> {
    try {
      return (await this.#pool.query<Row>(statement)).rows;
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** One transaction: read and decide, then write and commit. */
  async #attempt<T>(unit: Work<T>): Promise<T> {
    const client = await this.#connect();
    let usable = true;
    try {
      const { answer, changes } = await this.#decide(client, unit);
      await this.#commit(client, changes);
      return answer;
    } catch (error) {
      usable = await rolledBack(client);
      throw error;
    } finally {
      client.release(!usable);
    }
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Drives the unit to its end. BEGIN travels with the first question. */
  async #decide<T>(client: pg.PoolClient, unit: Work<T>): Promise<{ answer: T; changes: Changes }> {
    let step = unit.next();
    const begun = send(client, { text: 'BEGIN ISOLATION LEVEL READ COMMITTED', values: [] });
    try {
      while (!step.done) {
        const [state] = await Promise.all([this.#read(client, step.value), begun]);
        step = unit.next(state);
      }
      // Were BEGIN to fail after the writes were sent, each of them would commit by itself: nothing is written before it is answered.
      await begun;
    } finally {
      if (!step.done) unit.return(undefined as never);
    }
    return step.value;
  }

  async #read(client: pg.PoolClient, ask: Ask): Promise<unknown> {
    if (!storable(ask.id)) return undefined;
    const values = [ask.id];
    if (ask.shared) return stateOf(await send<Body>(client, { ...this.#sql.select[ask.kind], values }));
    const found = stateOf(await send<Body>(client, { ...this.#sql.lock[ask.kind], values }));
    if (found !== undefined) return found;
    // A row that is not there cannot be locked, so lock its name, and look again: who held the name may have made the row.
    const [, again] = await Promise.all([
      send(client, { ...this.#sql.lockName, values: [`kvitt/${this.#schema}/${ask.kind}/${ask.id}`] }),
      send<Body>(client, { ...this.#sql.lock[ask.kind], values }),
    ]);
    return stateOf(again);
  }

  /** Sends every change and the COMMIT in one go. Success is only what the server calls COMMIT: after a failed statement it answers ROLLBACK. */
  async #commit(client: pg.PoolClient, changes: Changes): Promise<void> {
    const writes = this.#writes(changes);
    const outcomes = await Promise.allSettled([...writes.map((write) => client.query(write)), client.query('COMMIT')]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw unavailable(failed.reason, isRefusal(failed.reason) ? NOTHING_CHANGED : OUTCOME_UNKNOWN);
    const last = outcomes.at(-1);
    const committed = last?.status === 'fulfilled' && last.value.command === 'COMMIT';
    if (!committed) throw new StoreUnavailable(`PostgreSQL undid the transaction; ${NOTHING_CHANGED}`);
  }

  #writes({ put = [], remove = [], outbox = [], log = [] }: Changes): Statement[] {
    const sql = this.#sql;
    return [
      ...put.map(({ kind, id, merchant_id, wake_at_ms, state, fresh }) => {
        if (!storable(id)) throw new TypeError(`not an id that can be stored: ${JSON.stringify(id)}`);
        return {
          ...(fresh ? sql.insert : sql.upsert)[kind],
          values: [id, merchant_id, wake_at_ms ?? null, JSON.stringify(state)],
        };
      }),
      ...remove.filter(({ id }) => storable(id)).map(({ kind, id }) => ({ ...sql.remove[kind], values: [id] })),
      ...outbox.map((message) => ({ ...sql.insertOutbox, values: outboxValues(message) })),
      ...log.map((entry) => ({ ...sql.insertLog, values: logValues(entry) })),
    ];
  }

  /** Writes the notes that wait. Never rejects: what cannot be written now waits for the next time. */
  #writeNotes(): Promise<void> {
    clearTimeout(this.#notesTimer);
    this.#notesTimer = undefined;
    this.#notesWriting = this.#notesWriting.then(() => this.#writeSomeNotes());
    return this.#notesWriting;
  }

  async #writeSomeNotes(): Promise<void> {
    while (this.#notes.length > 0) {
      const batch = this.#notes.splice(0, NOTES_A_STATEMENT);
      const rows = batch.map(logValues);
      const columns = LOG_COLUMNS.map((_, column) => rows.map((row) => row[column]));
      try {
        await repeatedly(() => this.#single({ ...this.#sql.insertLogs, values: columns }));
      } catch (error) {
        if (isUnacceptable(error)) {
          this.#notesDropped += batch.length;
          continue;
        }
        this.#notes.unshift(...batch);
        this.#boundNotes();
        if (!this.#closing) this.#notesTimer ??= setTimeout(() => void this.#writeNotes(), NOTES_EVERY_MS * 20).unref();
        return;
      }
    }
  }

  #boundNotes(): void {
    const excess = this.#notes.length - NOTES_MOST;
    if (excess <= 0) return;
    this.#notes.splice(0, excess);
    this.#notesDropped += excess;
  }
}

function connectionConfig(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    keepAlive: true,
    application_name: 'kvitt',
    connectionTimeoutMillis: CONNECT_MOST_MS,
    statement_timeout: STATEMENT_MOST_MS,
    idle_in_transaction_session_timeout: IDLE_MOST_MS,
    query_timeout: SILENCE_MOST_MS,
    types: { getTypeParser },
  };
}

/**
 * Brings the tables up to date over a connection of its own: a step over much data may take long, and a connection that
 * the server refuses must be hung up, which the pool leaves undone.
 */
async function prepare(config: pg.ClientConfig, schema: string): Promise<void> {
  const client = new pg.Client({ ...config, statement_timeout: 0, query_timeout: 0 });
  client.on('error', () => {});
  try {
    await client.connect();
    await migrate(client, schema);
  } finally {
    await client.end();
  }
}

/** Our bigints are times in ms, which a number holds exactly; the driver would hand them out as strings. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: string) =>
  oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text');

/** Tries again what the server undid for the sake of another transaction, after a pause of random length, so that the two do not meet again. */
async function repeatedly<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (tried >= attemptsAfter(error)) throw error;
      await delay(Math.random() * 10 * 2 ** tried);
    }
  }
}

function attemptsAfter(error: unknown): number {
  const code = error instanceof StoreUnavailable && isAnswer(error.cause) ? error.cause.code : undefined;
  return ATTEMPTS.get(code ?? '') ?? 1;
}

/** Whether the server itself said it, as opposed to a connection that broke. */
function isAnswer(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError;
}

/** Whether the server refused a statement, so that the transaction is surely undone; not when it was going down (57P01 to 57P05) at the time. */
function isRefusal(error: unknown): boolean {
  return isAnswer(error) && !error.code?.startsWith('57P');
}

/** Whether the data themselves were refused (classes 22 and 23 of SQLSTATE), so that trying again is of no use. */
function isUnacceptable(error: unknown): boolean {
  return error instanceof StoreUnavailable && isAnswer(error.cause) && /^2[23]/.test(error.cause.code ?? '');
}

async function send<Row extends pg.QueryResultRow>(client: pg.PoolClient, statement: Statement): Promise<Row[]> {
  try {
    return (await client.query<Row>(statement)).rows;
  } catch (error) {
    throw unavailable(error);
  }
}

/** Whether the connection is fit for the next unit; when not, it is thrown away and with it the transaction. */
async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

function stateOf(rows: readonly Body[]): unknown {
  return rows[0] && JSON.parse(rows[0].body);
}

function unavailable(error: unknown, consequence = NOTHING_CHANGED): StoreUnavailable {
  return new StoreUnavailable(`PostgreSQL: ${oneLine(error)}; ${consequence}`, { cause: error });
}

/** The message of an error; a refused connection to a name with several addresses has a code and no message. */
function oneLine(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return (message || code || String(error)).replaceAll(/\s+/g, ' ');
}

interface Address {
  readonly place: string;
  readonly hasPassword: boolean;
}

/** What of the URL may be shown. The password must appear in no message, so errors about the URL do not quote it. */
function parseAddress(url: string): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['postgres:', 'postgresql:'].includes(parsed.protocol)) {
    throw new StoreUnusable('not a PostgreSQL URL; it must look like postgres://user:password@host:5432/database');
  }
  const host = parsed.searchParams.get('host') ?? (parsed.hostname || 'localhost');
  return { place: `${host}:${parsed.port || '5432'}${parsed.pathname}`, hasPassword: parsed.password !== '' };
}

/** What to do about errors whose own message does not say it. */
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'is the server running?',
  '42501': 'the user needs the right to create a schema in the database, or to create tables in the schema',
  '42P07': 'the schema holds tables of something else: choose another',
};

function unusable(error: unknown, address: Address, schema: string): StoreUnusable {
  const where = `cannot use PostgreSQL at ${address.place}, schema "${schema}"`;
  const message = oneLine(error);
  if (error instanceof StoreUnusable) return new StoreUnusable(`${where}: ${message}`);
  if (message.startsWith('SASL') && !address.hasPassword)
    return new StoreUnusable(`${where}: the server asks for a password and the URL has none`);
  const advice = ADVICE[(error as { code?: string }).code ?? ''];
  return new StoreUnusable(`${where}: ${message}${advice ? ` (${advice})` : ''}`, { cause: error });
}

/** PostgreSQL's text cannot hold U+0000, and UTF-8 cannot hold half of a surrogate pair (the driver replaces it): no record has such an id. */
function storable(id: string): boolean {
  return id.isWellFormed() && !id.includes('\0');
}

/** Free text as PostgreSQL can hold it. JSON needs no such care: it escapes both. */
function text(value: string): string {
  return value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}

const LOG_COLUMNS = [
  'id',
  'merchant_id',
  'at_ms',
  'direction',
  'method',
  'path',
  'status',
  'subject',
  'request',
  'response',
  'note',
] as const;

function logValues(entry: LogEntry): (string | number)[] {
  return LOG_COLUMNS.map((column) => {
    const value = entry[column];
    return typeof value === 'string' ? text(value) : value;
  });
}

function outboxValues({ id, merchant_id, due_at_ms, state }: OutboxMessage): (string | number)[] {
  return [id, merchant_id, due_at_ms, JSON.stringify(state)];
}

type Sql = ReturnType<typeof sqlOf>;

/** Every statement of the store, for the tables of one schema. */
function sqlOf(schema: string) {
  const table = (name: string) => `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
  const named = (name: string, statement: string): Prepared => ({ name, text: statement });
  const perKind = (name: string, statement: (table: string) => string) =>
    Object.fromEntries(KINDS.map((kind) => [kind, named(`${name}_${kind}`, statement(table(kind)))])) as Record<
      Kind,
      Prepared
    >;

  const [log, outbox, rate] = [table('log'), table('outbox'), table('rate')];
  const insertLog = `INSERT INTO ${log} (${LOG_COLUMNS.join(', ')}) VALUES (${LOG_COLUMNS.map((_, i) => `$${i + 1}`).join(', ')})`;
  const logTypes = LOG_COLUMNS.map(
    (column, i) => `$${i + 1}::${column === 'at_ms' ? 'bigint' : column === 'status' ? 'integer' : 'text'}[]`,
  );
  const cleared = [...KINDS.filter((kind) => kind !== 'merchant' && kind !== 'username'), 'log'];
  // `= ANY (ARRAY (...))` and not `IN (...)`: the inner query, which locks and limits, must run exactly once.
  const removeSome = (from: string, condition: string) =>
    `DELETE FROM ${from} WHERE id = ANY (ARRAY (SELECT id FROM ${from} WHERE ${condition} ORDER BY id LIMIT $4 FOR UPDATE SKIP LOCKED)) RETURNING 1`;

  return {
    logTable: log,
    select: perKind('select', (kind) => `SELECT body FROM ${kind} WHERE id = $1`),
    lock: perKind('lock', (kind) => `SELECT body FROM ${kind} WHERE id = $1 FOR UPDATE`),
    lockName: named('lock_name', 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))'),
    list: perKind('list', (kind) => `SELECT body FROM ${kind} WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3`),
    listOfMerchant: perKind(
      'list_of',
      (kind) => `SELECT body FROM ${kind} WHERE merchant_id = $4 AND id > $1 AND id < $2 ORDER BY id LIMIT $3`,
    ),
    due: perKind(
      'due',
      (kind) => `SELECT id FROM ${kind} WHERE merchant_id = $1 AND wake_at_ms <= $2 ORDER BY wake_at_ms, id LIMIT $3`,
    ),
    insert: perKind(
      'insert',
      (kind) => `INSERT INTO ${kind} (id, merchant_id, wake_at_ms, body) VALUES ($1, $2, $3, $4)`,
    ),
    upsert: perKind(
      'upsert',
      (
        kind,
      ) => `INSERT INTO ${kind} (id, merchant_id, wake_at_ms, body) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE
        SET merchant_id = excluded.merchant_id, wake_at_ms = excluded.wake_at_ms, body = excluded.body`,
    ),
    remove: perKind('remove', (kind) => `DELETE FROM ${kind} WHERE id = $1`),
    insertLog: named('insert_log', insertLog),
    // An entry that is there already was written by an attempt whose answer got lost.
    insertLogs: named(
      'insert_logs',
      `INSERT INTO ${log} (${LOG_COLUMNS.join(', ')}) SELECT * FROM unnest(${logTypes.join(', ')}) ON CONFLICT (id) DO NOTHING`,
    ),
    insertOutbox: named(
      'insert_outbox',
      `INSERT INTO ${outbox} (id, merchant_id, due_at_ms, body) VALUES ($1, $2, $3, $4)`,
    ),
    claim: named(
      'claim',
      `WITH claimed AS (
         UPDATE ${outbox} SET lease_until_ms = $4 WHERE id = ANY (ARRAY (
           SELECT id FROM ${outbox} WHERE merchant_id = $1 AND due_at_ms <= $2 AND lease_until_ms <= $3
           ORDER BY due_at_ms, id LIMIT $5 FOR UPDATE SKIP LOCKED))
         RETURNING id, merchant_id, due_at_ms, body)
       SELECT * FROM claimed ORDER BY due_at_ms, id`,
    ),
    settle: named('settle', `WITH gone AS (DELETE FROM ${outbox} WHERE id = $12) ${insertLog}`),
    // An update, so that a message which was cleared while it was being delivered does not come back.
    postpone: named(
      'postpone',
      `WITH moved AS (UPDATE ${outbox} SET id = $13, merchant_id = $14, due_at_ms = $15, body = $16, lease_until_ms = 0 WHERE id = $12) ${insertLog}`,
    ),
    waiting: named('waiting', `SELECT count(*) AS n FROM ${outbox} WHERE merchant_id = $1`),
    clear: named(
      'clear',
      `WITH ${cleared.map((name) => `"no_${name}" AS (DELETE FROM ${table(name)} WHERE merchant_id = $1)`).join(', ')}
       DELETE FROM ${outbox} WHERE merchant_id = $1`,
    ),
    prune: named(
      'prune',
      `WITH sessions AS (${removeSome(table('session'), 'id < $1')}),
         authorizations AS (${removeSome(table('authorization'), 'id < $1')}),
         hosted AS (${removeSome(table('hosted'), 'id < $1')}),
         cybersource AS (${removeSome(table('cybersource_session'), 'id < $1')}),
         entries AS (${removeSome(log, `(id < $2 OR id <= (SELECT id FROM ${log} ORDER BY id DESC LIMIT 1 OFFSET $3))`)})
       SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM authorizations) + (SELECT count(*) FROM hosted)
         + (SELECT count(*) FROM cybersource) + (SELECT count(*) FROM entries) AS n`,
    ),
    hit: named(
      'hit',
      `INSERT INTO ${rate} (key, rate_window, hits) VALUES ($1, $2, 1)
       ON CONFLICT (key, rate_window) DO UPDATE SET hits = rate.hits + 1 RETURNING hits`,
    ),
    sweep: named('sweep', `DELETE FROM ${rate} WHERE begun_at < now() - $1::interval`),
  };
}
