/**
 * `npm run bench`: measures Kvitt beside its peers, prints what it found and keeps it in docs/performance.md. A target that
 * is missed is printed as missed and is no failure of the run; a request that fails is.
 */
import { removeCopies } from './data.ts';
import { faces } from './faces.ts';
import { growth } from './growth.ts';
import { describeMachine } from './machine.ts';
import { type Options, type Part, readOptions, USAGE } from './options.ts';
import { page } from './page.ts';
import { purchases } from './purchases.ts';
import { writeReport } from './report.ts';
import { sessions } from './sessions.ts';
import { starting } from './starting.ts';
import { year } from './year.ts';

const RUNS: Readonly<Record<Part, (options: Options) => Promise<string>>> = {
  sessions,
  purchases,
  growth,
  year,
  starting,
  page,
  faces,
};

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  if (!options) {
    console.log(USAGE);
    return;
  }
  const { rounds, seconds, connections } = options;
  const origin = [
    `Measured ${new Date().toISOString().slice(0, 10)}: \`${['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')}\``,
    `(${rounds} rounds of ${seconds} s, ${connections} connections; medians of the rounds). ${describeMachine()}.`,
  ].join(' ');
  options.tell(origin);
  for (const part of options.parts) {
    const text = await RUNS[part](options);
    console.log(`\n## ${part}\n\n${text}`);
    if (options.write) writeReport(part, `${origin}\n\n${text}`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  removeCopies();
}
