/**
 * The layout of the PostgreSQL database as numbered steps, and what brings a database up to date when a store opens.
 * SQLite needs none of this: its file has one owner and its layout is in `sqlite.ts`.
 */
import pg from 'pg';
import { StoreUnusable } from './store.ts';

/**
 * Step n makes version n + 1. A step that was released is never edited (databases hold its result): a change is a new step.
 * Ids have the collation "C", so that their order is that of their bytes on every server, as in SQLite.
 */
const STEPS: readonly string[] = [
  `
  ${tablesOf('meta', 'merchant', 'username', 'session', 'authorization', 'order')}

  CREATE TABLE log (
    id text COLLATE "C" PRIMARY KEY, merchant_id text COLLATE "C" NOT NULL, at_ms bigint NOT NULL, direction text NOT NULL,
    method text NOT NULL, path text NOT NULL, status integer NOT NULL, subject text COLLATE "C" NOT NULL,
    request text NOT NULL, response text NOT NULL, note text NOT NULL);
  CREATE INDEX log_merchant ON log (merchant_id, id);
  CREATE INDEX log_subject ON log (subject, id) WHERE subject <> '';

  CREATE TABLE outbox (
    id text COLLATE "C" PRIMARY KEY, merchant_id text COLLATE "C" NOT NULL, due_at_ms bigint NOT NULL,
    lease_until_ms bigint NOT NULL DEFAULT 0, body text NOT NULL);
  CREATE INDEX outbox_due ON outbox (merchant_id, due_at_ms, id);

  -- Unlogged: a count that a crash of the server forgets costs a client nothing, and a count is written with every request.
  CREATE UNLOGGED TABLE rate (
    key text COLLATE "C", rate_window bigint, hits integer NOT NULL, begun_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (key, rate_window));
  `,
  tablesOf('hosted', 'inbox'),
  tablesOf('customer_token'),
  tablesOf('fault'),
  tablesOf('dispute', 'attachment'),
  tablesOf('entry', 'ledger', 'payout', 'payout_page'),
  tablesOf('cybersource_session', 'cybersource_payment', 'cybersource_reference'),
  tablesOf('purse_session', 'purse_payment', 'purse_transaction', 'purse_wallet'),
  tablesOf('cybersource_held'),
  tablesOf('purse_link', 'purse_key'),
];

/** The table of each kind of record, with the ways in which it is looked through. */
function tablesOf(...kinds: readonly string[]): string {
  return kinds
    .map(
      (kind) => `
  CREATE TABLE "${kind}" (id text COLLATE "C" PRIMARY KEY, merchant_id text COLLATE "C" NOT NULL, wake_at_ms bigint, body text NOT NULL);
  CREATE INDEX "${kind}_merchant" ON "${kind}" (merchant_id, id);
  CREATE INDEX "${kind}_wake" ON "${kind}" (merchant_id, wake_at_ms, id) WHERE wake_at_ms IS NOT NULL;`,
    )
    .join('');
}

/** Who may use the store must be able to do all of this to every table of it. */
const RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/**
 * Brings the schema up to date, in one transaction and under a lock, so that any number of processes may open at once.
 * @throws StoreUnusable when the database is not one that a store can live in; errors of the server as they are
 */
export async function migrate(client: pg.ClientBase, schema: string): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`kvitt/${schema}/migrations`]);
  await check(client);
  const version = await versionOf(client, schema);
  if (version > STEPS.length) {
    throw new StoreUnusable(
      `schema "${schema}" is of version ${version}, made by a newer Kvitt; this one knows up to ${STEPS.length}`,
    );
  }
  if (version < STEPS.length) await advance(client, schema, version);
  await checkRights(client, schema);
  await client.query('COMMIT');
}

/** A server may accept connections and still be no place for a store. */
async function check(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ encoding: string; read_only: string }>(
    `SELECT current_setting('server_encoding') AS encoding, current_setting('transaction_read_only') AS read_only`,
  );
  if (rows[0]?.read_only === 'on') throw new StoreUnusable('the database is read-only (a standby server?)');
  if (rows[0]?.encoding !== 'UTF8')
    throw new StoreUnusable(`the database has the encoding ${rows[0]?.encoding}; Kvitt needs UTF8`);
}

/** The version of the schema; 0 when Kvitt has not been here. */
async function versionOf(client: pg.ClientBase, schema: string): Promise<number> {
  const table = `${pg.escapeIdentifier(schema)}.migration`;
  const { rows } = await client.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [table]);
  if (!rows[0]?.exists) return 0;
  const found = await client.query<{ version: number }>(`SELECT max(version) AS version FROM ${table}`);
  return found.rows[0]?.version ?? 0;
}

async function advance(client: pg.ClientBase, schema: string, version: number): Promise<void> {
  const name = pg.escapeIdentifier(schema);
  // Asked first: `CREATE SCHEMA IF NOT EXISTS` demands the right to create one even when it is there.
  const { rows } = await client.query<{ exists: boolean }>('SELECT to_regnamespace($1) IS NOT NULL AS exists', [name]);
  if (!rows[0]?.exists) await client.query(`CREATE SCHEMA ${name}`);
  await client.query(`SET LOCAL search_path TO ${name}`);
  await client.query(
    'CREATE TABLE IF NOT EXISTS migration (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  for (const [index, step] of STEPS.entries()) {
    if (index < version) continue;
    await client.query(step);
    await client.query('INSERT INTO migration (version) VALUES ($1)', [index + 1]);
  }
}

/** Finds out now, and not at the first order, that the user may look but not write. */
async function checkRights(client: pg.ClientBase, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = to_regnamespace($1) AND relkind = 'r' AND relname <> 'migration'
       AND NOT (SELECT bool_and(has_table_privilege(pg_class.oid, wanted)) FROM unnest($2::text[]) AS wanted)`,
    [pg.escapeIdentifier(schema), RIGHTS],
  );
  if (rows.length === 0) return;
  const tables = rows.map((row) => row.name).join(', ');
  throw new StoreUnusable(
    `the user needs the rights ${RIGHTS.join(', ')} on these tables of schema "${schema}": ${tables}`,
  );
}
