/**
 * `npm run fidelity`: puts the probes to Kvitt, to a mock or to a server that somebody names, prints the score by operation, and keeps
 * those of Kvitt and the mock in docs/fidelity.md.
 */
import { parseArgs } from 'node:util';
import { PROBES } from './probes/index.ts';
import { list, report, writeReport } from './report.ts';
import { run } from './runner.ts';
import { percentOfBuilt, score } from './score.ts';
import { type Running, startKvitt, startPrism, theirs } from './targets.ts';

const USAGE = `usage: npm run fidelity -- [--prism | --url https://... --username ... --password ... [--concurrency 2]]
       [--only payments/create] [--json] [--no-write] | --list`;

/** What Kvitt is held to, of the documented and observed probes whose operations are built. */
const KVITT_PERCENT = 98;

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      prism: { type: 'boolean', default: false },
      url: { type: 'string' },
      username: { type: 'string', default: '' },
      password: { type: 'string', default: '' },
      concurrency: { type: 'string' },
      only: { type: 'string', default: '' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  const probes = PROBES.filter(({ id }) => id.startsWith(values.only));
  if (values.help) return console.log(USAGE);
  if (probes.length === 0) throw new Error(`no probe begins with "${values.only}"\n${USAGE}`);
  if (values.list) return console.log(list(probes));
  const server = values.url ? undefined : values.prism ? 'prism' : 'kvitt';
  const running = await start(values);
  try {
    const outcomes = await run(probes, running.target, progress(probes.length));
    if (values.json) console.log(JSON.stringify(outcomes.map(plain), null, 2));
    else console.log(report(outcomes, { allFailures: true }));
    if (server && values.write && values.only === '')
      writeReport(server, report(outcomes, { allFailures: server === 'kvitt' }));
    if (server === 'kvitt' && (percentOfBuilt(score(outcomes).known) ?? 100) < KVITT_PERCENT) process.exitCode = 1;
  } finally {
    await running.stop();
  }
}

interface Wanted {
  readonly prism: boolean;
  readonly url?: string;
  readonly username: string;
  readonly password: string;
  readonly concurrency?: string;
}

function start({ prism, url, username, password, concurrency }: Wanted): Promise<Running> | Running {
  if (!url) return prism ? startPrism() : startKvitt();
  if (!URL.canParse(url)) throw new Error(`"${url}" is no URL\n${USAGE}`);
  const several = concurrency === undefined ? undefined : Number(concurrency);
  if (several !== undefined && !(Number.isInteger(several) && several > 0))
    throw new Error(`--concurrency takes a whole number from 1\n${USAGE}`);
  return theirs(url, username, password, several);
}

const plain = ({ probe, result, problems }: Awaited<ReturnType<typeof run>>[number]) => ({
  id: probe.id,
  operation: probe.send.call,
  basis: probe.source.basis,
  source: probe.source.where,
  result,
  problems,
});

/** Says how far the run is, on the terminal only. */
function progress(all: number): (done: number) => void {
  if (!process.stderr.isTTY) return () => {};
  return (done) => process.stderr.write(done === all ? '\r\x1b[K' : `\r${done} of ${all}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`fidelity: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
