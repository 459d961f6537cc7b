/** Whether it stays as fast, and as small, when the data grows: the same measurements with few and with many stored orders. */
import { join } from 'node:path';
import { table } from '../scripts/markdown.ts';
import { filledFolder } from './data.ts';
import type { Measurement } from './load.ts';
import { median, ms, orDash, whole } from './numbers.ts';
import type { Options } from './options.ts';
import { KVITT_FILE } from './peers.ts';
import { measure, type Running, startServer } from './processes.ts';
import { target } from './report.ts';
import type { ScenarioName } from './scenarios.ts';

const FEW = 1_000;
const FLAT_WITHIN = 0.1;
const MEMORY_MOST_MB = 300;

/** Reads first: what the others write is then not there yet. */
const MEASURED: readonly { readonly scenario: ScenarioName; readonly name: string }[] = [
  { scenario: 'read', name: 'order read, any of the stored orders' },
  { scenario: 'session', name: 'session creation' },
  { scenario: 'lifecycle', name: 'purchase, six calls' },
];

/** Seconds that few and many are measured in turn: what else the machine does then comes to both alike. */
const SLICE_S = 2;

interface Side {
  readonly orders: number;
  readonly server: Running;
  readonly ids: string;
}
/** One slice of few and the slice of many right after it. */
type Pair = readonly [few: Measurement, many: Measurement];
type Pairs = ReadonlyMap<ScenarioName, readonly Pair[]>;

/** Both servers run all the time on one core; the one that is not asked does nothing. */
export async function growth(options: Options): Promise<string> {
  const few = await side(FEW, await filledFolder(FEW));
  const many = await side(options.orders, await filledFolder(options.orders));
  try {
    const pairs = new Map<ScenarioName, Pair[]>();
    for (const { scenario, name } of MEASURED) pairs.set(scenario, await inTurn(scenario, name, [few, many], options));
    return report(pairs, options.orders, [few.server.memoryMb(), many.server.memoryMb()]);
  } finally {
    await few.server.stop();
    await many.server.stop();
  }
}

async function side(orders: number, folder: string): Promise<Side> {
  return { orders, server: await startServer(KVITT_FILE, folder), ids: join(folder, 'orders.ids') };
}

async function inTurn(
  scenario: ScenarioName,
  name: string,
  [few, many]: readonly [Side, Side],
  { connections, warmup_s, seconds, rounds, tell }: Options,
): Promise<Pair[]> {
  const slice = ({ server, ids }: Side, length_s: number) =>
    measure(server, { name, scenario, connections, warmup_s: 0, seconds: length_s, ids });
  await slice(few, warmup_s);
  await slice(many, warmup_s);
  const pairs: Pair[] = [];
  while (pairs.length * SLICE_S < rounds * seconds) pairs.push([await slice(few, SLICE_S), await slice(many, SLICE_S)]);
  const rates = pairs.map((pair) => pair.map(({ per_second }) => whole(per_second)).join(' and '));
  tell(`growth, ${name}, ${whole(few.orders)} and ${whole(many.orders)} orders: ${rates.join(', ')} /s`);
  return pairs;
}

function report(pairs: Pairs, many: number, memory: readonly (number | undefined)[]): string {
  const middle = (scenario: ScenarioName, of: (pair: Pair) => number | undefined) =>
    median((pairs.get(scenario) ?? []).map((pair) => of(pair) ?? Number.NaN));
  const ratio = (scenario: ScenarioName) => middle(scenario, ([one, other]) => other.per_second / one.per_second);
  const [memoryFew = Number.NaN, memoryMany = Number.NaN] = memory;
  const rows = MEASURED.map(({ scenario, name }) => [
    name,
    whole(middle(scenario, ([{ per_second }]) => per_second)),
    whole(middle(scenario, ([, { per_second }]) => per_second)),
    ratio(scenario).toFixed(2),
    `${ms(middle(scenario, ([{ p99_ms }]) => p99_ms))} → ${ms(middle(scenario, ([, { p99_ms }]) => p99_ms))}`,
    orDash(
      middle(scenario, ([one, other]) => (other.cpu_us ?? Number.NaN) / (one.cpu_us ?? Number.NaN)),
      (value) => value.toFixed(2),
    ),
  ]);
  const head = ['operations/s with', `${whole(FEW)} orders`, `${whole(many)} orders`, 'ratio', 'p99 ms'];
  return [
    table([...head, 'processor per request, ratio'], rows),
    '',
    `Peak memory of the server: ${orDash(memoryFew, whole)} MB with ${whole(FEW)} orders, ${orDash(memoryMany, whole)} MB with ${whole(many)}.`,
    '',
    ...MEASURED.map(({ scenario, name }) =>
      target(`${name}: flat within 10 %`, `ratio ${ratio(scenario).toFixed(2)}`, ratio(scenario) >= 1 - FLAT_WITHIN),
    ),
    target(`memory under ${MEMORY_MOST_MB} MB`, `${orDash(memoryMany, whole)} MB`, memoryMany < MEMORY_MOST_MB),
  ].join('\n');
}
