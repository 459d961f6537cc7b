/** A year in one step: how long the clock takes to carry out everything that falls due for many orders, and who must wait meanwhile. */
import { request } from 'node:http';
import { table } from '../scripts/markdown.ts';
import { filledFolder } from './data.ts';
import { median, percentile, whole } from './numbers.ts';
import type { Options } from './options.ts';
import { KVITT_FILE } from './peers.ts';
import { type Running, startServer } from './processes.ts';
import { CREDENTIALS } from './purchase.ts';
import { target } from './report.ts';

const ORDERS = 100_000;
const YEAR_MOST_S = 60;
/** How long an answer of the clock is waited for. */
const PATIENCE_MS = 10 * 60_000;

interface Year {
  readonly seconds: number;
  readonly payouts: number;
  readonly transactions: number;
  readonly memory_mb: number | undefined;
  /** How long reads took that were made meanwhile. */
  readonly reads_ms: readonly number[];
}

export async function year(options: Options): Promise<string> {
  const years: Year[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const server = await startServer(KVITT_FILE, await filledFolder(ORDERS));
    try {
      years.push(await once(server));
    } finally {
      await server.stop();
    }
    options.tell(`year, round ${round}: ${years.at(-1)?.seconds.toFixed(1)} s`);
  }
  return report(years);
}

async function once(server: Running): Promise<Year> {
  const clock = { begun_ms: performance.now(), over: false };
  const moving = ask(server, 'POST', '/control/clock', { advance: 'P1Y' }).finally(() => {
    clock.over = true;
  });
  const reads_ms: number[] = [];
  while (!clock.over) {
    const begun_ms = performance.now();
    await ask(server, 'GET', '/payments/v1/sessions/00000000-0000-7000-8000-000000000000');
    reads_ms.push(performance.now() - begun_ms);
  }
  await moving;
  const seconds = (performance.now() - clock.begun_ms) / 1000;
  const memory_mb = server.memoryMb();
  const books = await ask(server, 'GET', '/control/books');
  if (books.balanced !== true) throw new Error(`the books do not balance: ${JSON.stringify(books)}`);
  const [{ payouts, summary }] = books.currencies as [{ payouts: number; summary: Record<string, number> }];
  if (summary.to_be_paid !== 0) throw new Error(`${summary.to_be_paid} are still to be paid after a year`);
  const transactions = await countTransactions(server);
  return { seconds, payouts, transactions, memory_mb, reads_ms };
}

async function countTransactions(server: Running): Promise<number> {
  const { payouts } = await ask(server, 'GET', '/settlements/v1/payouts?size=500');
  let transactions = 0;
  for (const { payment_reference } of payouts as { payment_reference: string }[]) {
    const path = `/settlements/v1/transactions?size=1&payment_reference=${payment_reference}`;
    transactions += ((await ask(server, 'GET', path)).pagination as { total: number }).total;
  }
  return transactions;
}

function ask(server: Running, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const authorization = `Basic ${Buffer.from(`${CREDENTIALS.username}:${CREDENTIALS.password}`).toString('base64')}`;
  return new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': 'application/json' };
    const asked = request(`${server.url}${path}`, { method, headers, timeout: PATIENCE_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body && JSON.stringify(body));
  });
}

function report(years: readonly Year[]): string {
  const seconds = median(years.map((each) => each.seconds));
  const [one] = years;
  const reads_ms = years.flatMap((each) => each.reads_ms);
  const memory_mb = Math.max(...years.map((each) => each.memory_mb ?? Number.NaN));
  return [
    table(
      [
        'a year with',
        'seconds',
        'rounds',
        'payouts',
        'transactions in them',
        'peak MB',
        'a read meanwhile, p50 / p99 ms',
      ],
      [
        [
          `${whole(ORDERS)} orders`,
          seconds.toFixed(1),
          years.map((each) => each.seconds.toFixed(1)).join(', '),
          whole(one?.payouts ?? 0),
          whole(one?.transactions ?? 0),
          whole(memory_mb),
          `${percentile(reads_ms, 0.5).toFixed(0)} / ${percentile(reads_ms, 0.99).toFixed(0)}`,
        ],
      ],
    ),
    '',
    target(
      `a year in one step with ${whole(ORDERS)} orders in under ${YEAR_MOST_S} s`,
      `${seconds.toFixed(1)} s`,
      seconds < YEAR_MOST_S,
    ),
  ].join('\n');
}
