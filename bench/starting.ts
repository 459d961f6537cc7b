/** How long one waits for it: after a crash with much data, and inside a test suite. */
import { setTimeout as delay } from 'node:timers/promises';
import { table } from '../scripts/markdown.ts';
import { filledFolder } from './data.ts';
import { median, ms, whole } from './numbers.ts';
import type { Options } from './options.ts';
import { KVITT_FILE } from './peers.ts';
import { measure, runScript, startServer } from './processes.ts';
import { target } from './report.ts';

const ORDERS = 100_000;
const SUITES = 10;
const RESTART_MOST_MS = 1_000;
const IN_PROCESS_MOST_MS = 400;

export async function starting(options: Options): Promise<string> {
  const restarts_ms = await restarts(options);
  options.tell(`starting, after kill -9 with ${whole(ORDERS)} orders: ${restarts_ms.map(ms).join(', ')} ms`);
  const suites = await inProcess();
  const fromImport_ms = median(suites.map(({ from_import_ms }) => from_import_ms));
  options.tell(`starting, in process: ${ms(fromImport_ms)} ms`);
  return [
    table(
      ['start', 'median ms', 'longest ms'],
      [
        [
          `\`kvitt start\` to its first answer, after \`kill -9\` under load, ${whole(ORDERS)} orders stored`,
          ms(median(restarts_ms)),
          ms(Math.max(...restarts_ms)),
        ],
        ['`startProvider()` in a fresh process, from the import to listening', ...pair(suites, 'from_import_ms')],
        ['the same from the start of the process', ...pair(suites, 'from_start_ms')],
      ],
    ),
    '',
    target(
      `restart under a second with ${whole(ORDERS)} orders`,
      `${ms(median(restarts_ms))} ms`,
      median(restarts_ms) < RESTART_MOST_MS,
    ),
    target('in-process listening within 400 ms', `${ms(fromImport_ms)} ms`, fromImport_ms < IN_PROCESS_MOST_MS),
  ].join('\n');
}

async function restarts({ rounds, connections }: Options): Promise<number[]> {
  const folder = await filledFolder(ORDERS);
  const started_ms: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const victim = await startServer(KVITT_FILE, folder);
    // Killed in the middle of a load that goes on, so that the log it left must be read again.
    const load = {
      name: 'the load that is cut off',
      scenario: 'session' as const,
      connections,
      warmup_s: 0,
      seconds: 3,
    };
    const cutOff = measure(victim, load).catch(() => undefined);
    await delay(2_000);
    await victim.stop('SIGKILL');
    await cutOff;
    const server = await startServer(KVITT_FILE, folder);
    started_ms.push(server.started_ms);
    await server.stop();
  }
  return started_ms;
}

interface Suite {
  readonly from_import_ms: number;
  readonly from_start_ms: number;
}

async function inProcess(): Promise<Suite[]> {
  const suites: Suite[] = [];
  while (suites.length < SUITES)
    suites.push(JSON.parse(await runScript(import.meta.resolve('./servers/in-process.ts'))) as Suite);
  return suites;
}

function pair(suites: readonly Suite[], field: keyof Suite): string[] {
  const values = suites.map((suite) => suite[field]);
  return [ms(median(values)), ms(Math.max(...values))];
}
