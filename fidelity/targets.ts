/** The servers that the probes are put to, and how those that are ours are started. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PRISM } from '../bench/peers.ts';
import { startProvider } from '../src/provider/index.ts';
import type { Target } from './runner.ts';

export interface Running {
  readonly target: Target;
  stop(): Promise<void>;
}

/** Probes at a time on a server of ours, and on somebody else's. */
const CONCURRENCY = { ours: 8, theirs: 2 } as const;
const PRISM_START_MS = 60_000;

/** Kvitt in this process, with its state in memory. */
export async function startKvitt(): Promise<Running> {
  const provider = await startProvider();
  return {
    target: { url: provider.url, ...provider.credentials, concurrency: CONCURRENCY.ours },
    stop: () => provider.close(),
  };
}

/** Prism over Klarna's published document, as the benchmark runs it. Rejects when it does not come up. */
export async function startPrism(): Promise<Running> {
  const port = await freePort();
  const child = spawn(process.execPath, [...PRISM.command(port, '').args], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const stop = async () => {
    child.kill();
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + PRISM_START_MS;
  while (!(await answers(url))) {
    if (Date.now() > until || child.exitCode !== null) {
      await stop();
      throw new Error('Prism did not start');
    }
    await sleep(100);
  }
  return { target: { url, username: 'K000001', password: 'any', mock: true, concurrency: CONCURRENCY.ours }, stop };
}

/** A server that runs already, with an account there. */
export function theirs(
  url: string,
  username: string,
  password: string,
  concurrency: number = CONCURRENCY.theirs,
): Running {
  return { target: { url, username, password, concurrency }, stop: async () => {} };
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
