/** Servers and loads as child processes, each on a core of its own where the system can do that. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Measurement, Order } from './load.ts';
import type { Peer } from './peers.ts';
import { peakMemoryMb } from './proc.ts';

/** Of util-linux: runs a command on given cores. */
const PIN = 'taskset';
const SERVER_CORE = 0;
const LOAD_CORE = 1;
const START_MOST_MS = 60_000;
const STOP_MOST_MS = 30_000;

/** Why server and load do not each have a core; undefined when they do. */
export const notPinned =
  availableParallelism() < 2
    ? 'this machine has one core, which server and load share'
    : spawnSync(PIN, ['--version']).status !== 0
      ? `there is no \`${PIN}\` here, so the system moves server and load between cores`
      : undefined;

type Child = ChildProcessByStdio<null, Readable, Readable>;

function spawnOn(core: number, args: readonly string[], env: Record<string, string> = {}): Child {
  const pin = notPinned === undefined ? [PIN, '-c', String(core)] : [];
  const [command = '', ...rest] = [...pin, process.execPath, ...args];
  const child = spawn(command, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

const children = new Set<Child>();
// A server that outlives the run would take its core from the next one.
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

export interface Running {
  readonly url: string;
  readonly pid: number;
  /** Time from the start of the process to its first answer. */
  readonly started_ms: number;
  /** The most memory it had so far. */
  memoryMb(): number | undefined;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts a peer and waits until it answers. */
export async function startServer(peer: Peer, folder: string): Promise<Running> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { args, env } = peer.command(port, folder);
  const started_ms = performance.now();
  const child = spawnOn(SERVER_CORE, args, env);
  const exited = once(child, 'exit');
  const errors = keepEnd(child);
  while (!(await answers(url))) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || performance.now() - started_ms > START_MOST_MS) {
      child.kill('SIGKILL');
      throw new Error(`${peer.name} did not start: ${errors()}`);
    }
    await delay(2);
  }
  const pid = child.pid ?? 0;
  return {
    url,
    pid,
    started_ms: performance.now() - started_ms,
    memoryMb: () => peakMemoryMb(pid),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_MOST_MS);
      await exited;
      clearTimeout(force);
    },
  };
}

/** Any answer will do: that it is the right one shows in the measurement. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(`${url}/payments/v1/sessions`, { agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(true));
    });
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}

/** Reads what a child prints, so that it never waits for us, and keeps the end of what it complains of. */
function keepEnd(child: Child): () => string {
  let end = '';
  child.stdout.resume();
  child.stderr.on('data', (chunk: Buffer) => {
    end = (end + chunk.toString()).slice(-2_000);
  });
  return () => end.trim() || 'it said nothing';
}

/** Runs one load against a running server. Rejects when a request failed: numbers with errors in them mean nothing. */
export async function measure(
  server: Running,
  { name, ...order }: Omit<Order, 'url' | 'pid'> & { name: string },
): Promise<Measurement> {
  const all: Order = { ...order, url: server.url, pid: server.pid };
  const child = spawnOn(LOAD_CORE, [...LOAD, JSON.stringify(all)]);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (output === '') throw new Error(`the load on ${name} ended without a result: ${errors.trim()}`);
  const measurement = JSON.parse(output) as Measurement;
  if (measurement.failed > 0) throw new Error(`${name}: ${measurement.failed} requests failed`);
  return measurement;
}

const LOAD = ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.resolve('./load.ts'))];

/** Runs a script to its end, its progress shown; returns what it printed. */
export async function runScript(url: string, args: readonly string[] = []): Promise<string> {
  const child = spawnOn(SERVER_CORE, ['--disable-warning=ExperimentalWarning', fileURLToPath(url), ...args]);
  child.stderr.pipe(process.stderr, { end: false });
  const closed = once(child, 'close');
  const output = await text(child.stdout);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${fileURLToPath(url)} ended with code ${code}`);
  return output;
}
