/** Whether it stays as fast, and as small, when the data grows: the same measurements with few and with many stored orders. */
import { join } from 'node:path';
import { table } from '../scripts/markdown.ts';
import { filledFolder } from './data.ts';
import type { Measurement } from './load.ts';
import { median, ms, orDash, whole } from './numbers.ts';
import type { Options } from './options.ts';
import { KVITT_FILE } from './peers.ts';
import { measure, startServer } from './processes.ts';
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

interface Round {
  readonly measured: ReadonlyMap<ScenarioName, Measurement>;
  readonly memory_mb: number | undefined;
}

export async function growth(options: Options): Promise<string> {
  const sizes = [FEW, options.orders];
  const rounds = new Map<number, Round[]>(sizes.map((size) => [size, []]));
  const many = await filledFolder(options.orders);
  for (let round = 1; round <= options.rounds; round++) {
    for (const size of sizes) {
      // The large copy grows by a few per cent in a round, the small one would grow to many times its size.
      const folder = size === FEW ? await filledFolder(FEW) : many;
      const measured = await once(folder, options);
      rounds.get(size)?.push(measured);
      const rates = MEASURED.map(({ scenario }) => whole(measured.measured.get(scenario)?.per_second ?? Number.NaN));
      options.tell(`growth, round ${round}, ${whole(size)} orders: ${rates.join(', ')} /s (read, session, purchase)`);
    }
  }
  return report(rounds, options.orders);
}

async function once(folder: string, { connections, warmup_s, seconds }: Options): Promise<Round> {
  const server = await startServer(KVITT_FILE, folder);
  const measured = new Map<ScenarioName, Measurement>();
  try {
    for (const { scenario, name } of MEASURED) {
      const load = { name, scenario, connections, warmup_s, seconds, ids: join(folder, 'orders.ids') };
      measured.set(scenario, await measure(server, load));
    }
    return { measured, memory_mb: server.memoryMb() };
  } finally {
    await server.stop();
  }
}

function report(rounds: ReadonlyMap<number, readonly Round[]>, many: number): string {
  const middle = (size: number, scenario: ScenarioName, field: (each: Measurement) => number | undefined) =>
    median((rounds.get(size) ?? []).map(({ measured }) => pick(measured.get(scenario), field)));
  const rate = (size: number, scenario: ScenarioName) => middle(size, scenario, ({ per_second }) => per_second);
  const cpu = (size: number, scenario: ScenarioName) => middle(size, scenario, ({ cpu_us }) => cpu_us);
  const ratio = (scenario: ScenarioName) => rate(many, scenario) / rate(FEW, scenario);
  const memory = (size: number) =>
    Math.max(...(rounds.get(size) ?? []).map(({ memory_mb }) => memory_mb ?? Number.NaN));
  const rows = MEASURED.map(({ scenario, name }) => [
    name,
    whole(rate(FEW, scenario)),
    whole(rate(many, scenario)),
    ratio(scenario).toFixed(2),
    `${ms(middle(FEW, scenario, ({ p99_ms }) => p99_ms))} → ${ms(middle(many, scenario, ({ p99_ms }) => p99_ms))}`,
    orDash(cpu(many, scenario) / cpu(FEW, scenario), (value) => value.toFixed(2)),
  ]);
  const head = ['operations/s with', `${whole(FEW)} orders`, `${whole(many)} orders`, 'ratio', 'p99 ms'];
  return [
    table([...head, 'processor per request, ratio'], rows),
    '',
    `Peak memory of the server: ${orDash(memory(FEW), whole)} MB with ${whole(FEW)} orders, ${orDash(memory(many), whole)} MB with ${whole(many)}.`,
    '',
    ...MEASURED.map(({ scenario, name }) =>
      target(`${name}: flat within 10 %`, `ratio ${ratio(scenario).toFixed(2)}`, ratio(scenario) >= 1 - FLAT_WITHIN),
    ),
    target(`memory under ${MEMORY_MOST_MB} MB`, `${orDash(memory(many), whole)} MB`, memory(many) < MEMORY_MOST_MB),
  ].join('\n');
}

function pick(measurement: Measurement | undefined, field: (each: Measurement) => number | undefined): number {
  return (measurement && field(measurement)) ?? Number.NaN;
}
