/**
 * The records of one kind in a table of an SQLite file.
 *
 * Nearly all ids are UUIDs of version 7, whose first 64 bits are time and count and fit a row number. Under that number a record is
 * found in one look-up and stored in sequence, where an index over the text of the ids would cost a second page for each read among a
 * million and a second write for each record. Every other id (a merchant's name, or the second of two UUIDs that begin alike) gets a
 * number below zero and is found through an index that holds only these.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Recent } from './recent.ts';
import type { ListOptions, Put } from './store.ts';

const UUID_V7 = /^[0-7][0-9a-f]{7}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Above every row number that an id can have. */
const ABOVE_ALL = 0x7fff_ffff_ffff_ffffn;

/** After every id: the last character there is. */
const LAST_ID = '\u{10ffff}';

/** The first 64 bits of a UUID of version 7, which order as its text does; undefined for any other id. */
function rowNumber(id: string): bigint | undefined {
  if (!UUID_V7.test(id)) return undefined;
  // 48 bits of time, 12 of count; the version between them is the same in all.
  return BigInt(`0x${id.slice(0, 8)}${id.slice(9, 13)}${id.slice(15, 18)}${id.charAt(19)}`);
}

/** The statements that make a kind's table, where it is not there yet. */
export function createRecords(table: string): string {
  return `
CREATE TABLE IF NOT EXISTS ${table} (key INTEGER PRIMARY KEY, id TEXT NOT NULL, merchant_id TEXT NOT NULL, wake_at_ms INTEGER, body TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS ${table}_named ON ${table} (id) WHERE key < 0;
CREATE INDEX IF NOT EXISTS ${table}_wake ON ${table} (merchant_id, wake_at_ms, id) WHERE wake_at_ms IS NOT NULL;`;
}

/** Brings a table of the layouts before, which had the text of the id as its key, into this one. */
export function rekeyRecords(database: DatabaseSync, table: string): void {
  database.function('row_number_of', { deterministic: true }, (id) => rowNumber(String(id)) ?? null);
  database.exec(`
    ALTER TABLE ${table} RENAME TO former;
    DROP INDEX IF EXISTS ${table}_wake;
    ${createRecords(table)}
    INSERT INTO ${table}
      SELECT iif(key IS NULL OR nth > 1, -number, key), id, merchant_id, wake_at_ms, body FROM (
        SELECT rowid AS number, row_number_of(id) AS key, row_number() OVER (PARTITION BY row_number_of(id) ORDER BY id) AS nth, * FROM former);
    DROP TABLE former;`);
}

export class SqliteRecords {
  readonly #table: string;
  readonly #database: DatabaseSync;
  readonly #select: StatementSync;
  readonly #selectNamed: StatementSync;
  readonly #idAt: StatementSync;
  readonly #insert: StatementSync;
  readonly #insertNamed: StatementSync;
  readonly #update: StatementSync;
  readonly #updateNamed: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteNamed: StatementSync;
  /** Whether a record may have a number below zero. While none has, looking for one is left out: most kinds never have any. */
  #hasNamed: boolean;
  readonly #recent: Recent;

  /** @param kept how many states are kept parsed */
  constructor(database: DatabaseSync, table: string, kept: number) {
    this.#recent = new Recent(kept);
    const prepare = (sql: string) => database.prepare(sql);
    const set = `UPDATE ${table} SET merchant_id = ?, wake_at_ms = ?, body = ?`;
    this.#table = table;
    this.#database = database;
    this.#select = prepare(`SELECT body FROM ${table} WHERE key = ? AND id = ?`);
    this.#selectNamed = prepare(`SELECT body FROM ${table} WHERE key < 0 AND id = ?`);
    this.#idAt = prepare(`SELECT id FROM ${table} WHERE key = ?`);
    this.#insert = prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`);
    this.#insertNamed = prepare(
      `INSERT INTO ${table} SELECT min(0, coalesce(min(key), 0)) - 1, ?, ?, ?, ? FROM ${table}`,
    );
    this.#update = prepare(`${set} WHERE key = ? AND id = ?`);
    this.#updateNamed = prepare(`${set} WHERE key < 0 AND id = ?`);
    this.#delete = prepare(`DELETE FROM ${table} WHERE key = ? AND id = ?`);
    this.#deleteNamed = prepare(`DELETE FROM ${table} WHERE key < 0 AND id = ?`);
    this.#hasNamed = prepare(`SELECT 1 FROM ${table} WHERE key < 0 LIMIT 1`).get() !== undefined;
  }

  /**
   * A record's state; undefined when there is none.
   * @param keep for what the next unit of a purchase reads again. A read outside a unit may be of any record, old ones too, which is not to
   * take the place of what purchases need.
   */
  get(id: string, keep: boolean): unknown {
    const known = this.#recent.get(id);
    if (known !== undefined) return known;
    const key = rowNumber(id);
    const row = (key === undefined ? undefined : this.#select.get(key, id)) ?? this.#named(id);
    if (row === undefined) return undefined;
    const { body } = row as unknown as { body: string };
    const state = JSON.parse(body) as object;
    if (keep) this.#recent.set(id, state, body.length);
    return state;
  }

  /** Writes a record; a `fresh` one must not exist. */
  put(put: Put): void {
    const body = JSON.stringify(put.state);
    if (put.fresh || !this.#replace(put, body)) this.#add(put, body);
    this.#recent.set(put.id, put.state, body.length);
  }

  /** Forgets what it knows: something else changed the table, or a transaction was undone. */
  forget(): void {
    this.#recent.clear();
  }

  remove(id: string): void {
    this.#recent.delete(id);
    const key = rowNumber(id);
    if (key !== undefined && this.#delete.run(key, id).changes > 0) return;
    if (this.#hasNamed) this.#deleteNamed.run(id);
  }

  /** States in the order of the bytes of the ids. */
  list({ after = '', before = LAST_ID, merchant_id, limit }: ListOptions): unknown[] {
    const where = 'id > ?1 AND id < ?5 AND (?2 IS NULL OR merchant_id = ?2)';
    const rows = this.#database
      .prepare(
        `SELECT * FROM (SELECT id, body FROM ${this.#table} WHERE key BETWEEN ?4 AND ?6 AND ${where} ORDER BY key LIMIT ?3)
         UNION ALL SELECT * FROM (SELECT id, body FROM ${this.#table} WHERE key < 0 AND ${where} ORDER BY id LIMIT ?3)
         ORDER BY id LIMIT ?3`,
      )
      .all(after, merchant_id ?? null, limit, rowNumber(after) ?? 0n, before, rowNumber(before) ?? ABOVE_ALL);
    return (rows as unknown as { body: string }[]).map(({ body }) => JSON.parse(body));
  }

  /** Ids with something due at `now_ms`, earliest first. */
  due(merchant_id: string, now_ms: number, limit: number): string[] {
    const rows = this.#database
      .prepare(
        `SELECT id FROM ${this.#table} WHERE merchant_id = ? AND wake_at_ms <= ? ORDER BY wake_at_ms, id LIMIT ?`,
      )
      .all(merchant_id, now_ms, limit) as unknown as { id: string }[];
    return rows.map(({ id }) => id);
  }

  /** Removes up to `limit` records with an id below `bound`; returns how many. */
  prune(bound: string, limit: number): number {
    this.forget();
    const { changes } = this.#database
      .prepare(
        `DELETE FROM ${this.#table} WHERE key IN (SELECT key FROM ${this.#table} WHERE key <= ? AND id < ? LIMIT ?)`,
      )
      .run(rowNumber(bound) ?? ABOVE_ALL, bound, limit);
    return Number(changes);
  }

  #replace({ id, merchant_id, wake_at_ms }: Put, body: string): boolean {
    const key = rowNumber(id);
    const values = [merchant_id, wake_at_ms ?? null, body] as const;
    if (key !== undefined && this.#update.run(...values, key, id).changes > 0) return true;
    return this.#hasNamed && this.#updateNamed.run(...values, id).changes > 0;
  }

  #named(id: string): unknown {
    return this.#hasNamed ? this.#selectNamed.get(id) : undefined;
  }

  #add({ id, merchant_id, wake_at_ms }: Put, body: string): void {
    const key = rowNumber(id);
    const values = [id, merchant_id, wake_at_ms ?? null, body] as const;
    // The record may be there under a number below zero although the one that had taken its own is gone by now.
    if (this.#named(id) !== undefined) throw this.#exists(id);
    if (key !== undefined && this.#insert.run(key, ...values).changes > 0) return;
    const taken = key === undefined ? undefined : (this.#idAt.get(key) as { id: string } | undefined);
    if (taken?.id === id) throw this.#exists(id);
    this.#insertNamed.run(...values);
    this.#hasNamed = true;
  }

  #exists(id: string): Error {
    return new Error(`there is a record ${id} in ${this.#table} already`);
  }
}
