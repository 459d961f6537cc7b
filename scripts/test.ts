// `npm test [-- path ...]`: runs the test files and closes with one line, `N passed, N failed`.
// The counting is our own because node:test calls a file that stops half-way with exit code 0 a pass,
// leaves failing suite hooks out of its counts, and lets skipped tests through.
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { dot, spec } from 'node:test/reporters';
import { NODE_FLAGS } from './node-flags.mjs';

const TEST_TIMEOUT_MS = 60_000;
const SILENCE_LIMIT_MS = 120_000;

type TestEvent = {
  name: string;
  file?: string;
  skip?: string | boolean;
  todo?: string | boolean;
  details: { type?: string; error?: Error & { failureType?: string } };
};

process.chdir(join(import.meta.dirname, '..'));

const wanted = process.argv.slice(2).map((path) => resolve(path));
const files = globSync('{src,scripts,bench,fidelity,examples}/**/*.test.ts', { exclude: ['**/node_modules/**'] })
  .map((file) => resolve(file))
  .filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path)))
  .sort();

const completed = new Set<string>();
const crashed = new Set<string>();
const complaints: string[] = [];
let passed = 0;
let failed = 0;

const standsForFile = (event: TestEvent) => event.file !== undefined && resolve(event.name) === event.file;

function onPass(event: TestEvent) {
  if (event.details.type === 'suite' || standsForFile(event)) return;
  if (!setAside(event)) passed += 1;
}

function onFail(event: TestEvent) {
  // A suite fails along with its tests, which are counted already; only its own hooks count here.
  if (event.details.type === 'suite' && event.details.error?.failureType === 'subtestsFailed') return;
  if (standsForFile(event) && event.file) crashed.add(event.file);
  if (!setAside(event)) failed += 1;
}

function setAside(event: TestEvent) {
  if (!event.skip && !event.todo) return false;
  complaints.push(`${event.skip ? 'skipped' : 'todo'}: ${event.name} (${event.file})`);
  return true;
}

function complainAboutUnfinishedFiles() {
  for (const file of files) {
    if (completed.has(file) || crashed.has(file)) continue;
    failed += 1;
    complaints.push(`ended without a result (no tests in it, or it exited early): ${file}`);
  }
}

// The runner's timeout ends a test but not a file that hangs, or that a forgotten server keeps alive.
function watchForSilence(events: ReturnType<typeof run>, abort: () => void) {
  const giveUp = () => {
    complaints.push(
      `stopped: nothing happened for ${SILENCE_LIMIT_MS / 1000} s (a file hangs, or left something open)`,
    );
    abort();
  };
  let timer = setTimeout(giveUp, SILENCE_LIMIT_MS);
  events.on('data', () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, SILENCE_LIMIT_MS);
  });
  return () => clearTimeout(timer);
}

async function runFiles() {
  const concurrency = Math.max(2, availableParallelism());
  const controller = new AbortController();
  const events = run({ files, concurrency, execArgv: NODE_FLAGS, timeout: TEST_TIMEOUT_MS, signal: controller.signal });
  events.on('test:pass', onPass);
  events.on('test:fail', onFail);
  events.on('test:summary', (summary) => {
    if (summary.file) completed.add(resolve(summary.file));
  });
  const stopWatching = watchForSilence(events, () => controller.abort());
  const output = process.env.CI ? events.compose(dot) : events.compose(new spec());
  output.pipe(process.stdout, { end: false });
  await finished(output);
  stopWatching();
}

// One PostgreSQL for the whole run instead of one per file; a run of chosen files leaves it to them.
async function startSharedPostgres() {
  if (wanted.length > 0 || process.env.KVITT_TEST_POSTGRES_URL) return undefined;
  try {
    const { startTestPostgres } = await import('../src/store/testing.ts');
    const server = await startTestPostgres();
    process.env.KVITT_TEST_POSTGRES_URL = server.url;
    return server;
  } catch (error) {
    complaints.push(`the shared PostgreSQL did not start: ${error}`);
    return undefined;
  }
}

const postgres = await startSharedPostgres();
if (files.length > 0) await runFiles();
await postgres?.stop();
complainAboutUnfinishedFiles();
if (passed + failed === 0) complaints.push('no tests ran');
for (const complaint of complaints) console.error(complaint);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && complaints.length === 0 ? 0 : 1;
