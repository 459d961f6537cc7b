/** The data folders of a run: beside the sources, so on the disk that is measured; filled ones are kept for the next run. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  cpSync,
  existsSync,
  fsyncSync,
  globSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runScript } from './processes.ts';

const root = join(import.meta.dirname, '.data');
const FILLED = 'filled-';
/** Sessions are kept for seven days, and those in a filled folder are up to five days old when it is filled. */
const FRESH_MS = 24 * 3_600_000;
/** After gigabytes were removed and copied the system goes on tidying up for a while, which is not to be measured. */
const REST_MS = 4_000;
/** What the content of a filled folder follows from; when one of these changes it is filled again. */
const SOURCES = [
  'fill.ts',
  'scenarios.ts',
  '../src/store/*.ts',
  '../src/provider/bookkeeping.ts',
  '../src/provider/engine/*.ts',
];

/** An empty folder. */
export function emptyFolder(name: string): string {
  const folder = join(root, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A folder with so many stored orders, to be written to; a copy, so that every run begins with the same. */
export async function filledFolder(orders: number): Promise<string> {
  const kept = await keptFolder(orders);
  const folder = emptyFolder(`copy-${orders}`);
  cpSync(kept, folder, { recursive: true, mode: constants.COPYFILE_FICLONE });
  // Else the system would still be writing the copy while flushes to the same disk are measured.
  const file = openSync(join(folder, 'kvitt.db'), 'r+');
  fsyncSync(file);
  closeSync(file);
  await delay(REST_MS);
  return folder;
}

/** Removes everything but the filled folders. */
export function removeCopies(): void {
  if (!existsSync(root)) return;
  for (const name of readdirSync(root)) {
    if (!name.startsWith(FILLED)) rmSync(join(root, name), { recursive: true, force: true });
  }
}

async function keptFolder(orders: number): Promise<string> {
  const folder = join(root, `${FILLED}${orders}`);
  const stamp = join(folder, 'stamp');
  const digest = sourcesDigest();
  if (existsSync(stamp)) {
    const { at_ms, of } = JSON.parse(readFileSync(stamp, 'utf8')) as { at_ms: number; of: string };
    if (of === digest && Date.now() - at_ms < FRESH_MS) return folder;
  }
  process.stderr.write(`filling a file with ${orders.toLocaleString('en')} orders\n`);
  await runScript(import.meta.resolve('./fill.ts'), [emptyFolder(`${FILLED}${orders}`), String(orders)]);
  writeFileSync(stamp, JSON.stringify({ at_ms: Date.now(), of: digest }));
  return folder;
}

function sourcesDigest(): string {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap((pattern) => globSync(pattern, { cwd: import.meta.dirname })).sort())
    hash.update(readFileSync(join(import.meta.dirname, path)));
  return hash.digest('hex');
}
