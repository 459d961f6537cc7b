/**
 * The load, in a process of its own so that it can have a core of its own: `node load.ts '<Order as JSON>'` prints a
 * Measurement as JSON. Each connection sends its next request when the answer to the last one has arrived.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createHistogram } from 'node:perf_hooks';
import autocannon from 'autocannon';
import { cpuSeconds } from './proc.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';

export interface Order {
  readonly url: string;
  readonly scenario: ScenarioName;
  readonly connections: number;
  readonly warmup_s: number;
  readonly seconds: number;
  /** The server's process, whose processor time is counted. */
  readonly pid: number;
  /** Orders to read. */
  readonly ids?: string;
  /** Where to leave the ids of the orders that were placed. */
  readonly leave_ids?: string;
}

export interface Measurement {
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly longest_ms: number;
  /** Answers other than 2xx, and requests without an answer. */
  readonly failed: number;
  /** Processor time of the server for each request, all its threads together. Absent where /proc is. */
  readonly cpu_us: number | undefined;
  /** How busy the load's own process was, 0 to 1: near 1 it is the load that is measured. */
  readonly load_busy: number;
}

async function run(order: Order): Promise<Measurement> {
  const placed: string[] = [];
  const steps = await SCENARIOS[order.scenario]({
    url: order.url,
    ...(order.ids && { file: order.ids }),
    ...(order.leave_ids && { collect: (id) => placed.push(id) }),
  });
  const options = { url: order.url, connections: order.connections, requests: steps };
  if (order.warmup_s > 0) await autocannon({ ...options, duration: order.warmup_s });
  const measurement = await measure(order, options);
  if (order.leave_ids) writeFileSync(order.leave_ids, placed.join(''));
  return measurement;
}

async function measure(order: Order, options: Omit<autocannon.Options, 'duration'>): Promise<Measurement> {
  const histogram = createHistogram();
  const started_ms = performance.now();
  const cpuBefore_s = cpuSeconds(order.pid);
  const own = process.cpuUsage();
  const result = await autocannon({ ...options, duration: order.seconds }).on(
    'response',
    (_client, _status, _bytes, ms) => histogram.record(Math.max(1, Math.round(ms * 1000))),
  );
  const seconds = (performance.now() - started_ms) / 1000;
  const cpuAfter_s = cpuSeconds(order.pid);
  const { user, system } = process.cpuUsage(own);
  return {
    per_second: histogram.count / seconds,
    p50_ms: histogram.percentile(50) / 1000,
    p99_ms: histogram.percentile(99) / 1000,
    longest_ms: histogram.max / 1000,
    failed: result.non2xx + result.errors + result.timeouts + result.resets,
    cpu_us:
      cpuBefore_s === undefined || cpuAfter_s === undefined
        ? undefined
        : ((cpuAfter_s - cpuBefore_s) * 1e6) / Math.max(1, histogram.count),
    load_busy: (user + system) / 1e6 / seconds,
  };
}

const order = JSON.parse(process.argv[2] ?? readFileSync(0, 'utf8')) as Order;
process.stdout.write(`${JSON.stringify(await run(order))}\n`);
