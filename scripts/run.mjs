#!/usr/bin/env node
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
// Starts every Kvitt command. Plain JavaScript without dependencies, because it runs before anything
// is installed and on any Node from 20: it fetches what the command needs, then hands over to Node 24.
import { NODE_FLAGS } from './node-flags.mjs';

const MINIMUM_NODE = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const runtime = join(root, 'runtime');

const commands = {
  start: { script: 'src/cli/kvitt.ts', args: ['start'], needs: ['prod'] },
  demo: { script: 'src/cli/kvitt.ts', args: ['demo'], needs: ['prod'] },
  explain: { script: 'src/cli/kvitt.ts', args: ['explain'], needs: ['prod'] },
  kvitt: { script: 'src/cli/kvitt.ts', needs: ['prod'] },
  bench: { script: 'bench/run.ts', needs: ['prod', 'bench'] },
  // What the benchmark compares with is installed only when it is asked for.
  fidelity: { script: 'fidelity/run.ts', needs: ['prod'], needsWith: { '--prism': 'bench' } },
  test: { script: 'scripts/test.ts', needs: ['all'] },
  check: { script: 'scripts/check.ts', needs: ['all', 'bench'] },
  docs: { script: 'scripts/docs.ts', needs: ['all'] },
  screenshots: { script: 'scripts/screenshots.ts', needs: ['all'] },
  build: { script: 'scripts/build.ts', needs: ['all'] },
};

const dependencySets = {
  prod: { folder: root, dev: false },
  all: { folder: root, dev: true },
  bench: { folder: join(root, 'bench'), dev: true },
};

class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

// Notices go to stderr: stdout belongs to the command.
const notice = (text) => process.stderr.write(`kvitt: ${text}\n`);

// ---- Running children -------------------------------------------------------------------------------

// A terminal sends Ctrl-C to the whole process group, so the child already has it; passing it on as
// well would look like a second, impatient Ctrl-C. Without a terminal nobody else tells the child.
function forwardSignals(child) {
  const send = (signal) => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, send);
  return () => {
    for (const signal of signals) process.off(signal, send);
  };
}

// npm passes SIGTERM only to the shell between us, which dies of it without a word; without this a
// stopped `npm start` would leave its server behind.
function stopWithParent(child) {
  if (!process.env.npm_lifecycle_event) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 250);
  return () => clearInterval(timer);
}

function finished(child) {
  const undo = [forwardSignals(child), stopWithParent(child)];
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  }).finally(() => {
    for (const step of undo) step();
  });
}

// Tools and install scripts that say `node` must get the chosen one.
function environment(node) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
}

// ---- One install at a time --------------------------------------------------------------------------

const lock = join(root, '.kvitt', 'install.lock');

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// The lock holds one empty file per process that works under it (ours and npm's), named by its pid:
// when ours is killed, npm may still be writing, and then the lock is not stale yet.
const holders = (folder) => readdirSync(folder).map(Number);

function takeLock() {
  const mine = `${lock}.${process.pid}`;
  mkdirSync(mine, { recursive: true });
  writeFileSync(join(mine, String(process.pid)), '');
  try {
    // Renaming onto a folder that holds something fails, so exactly one process wins.
    renameSync(mine, lock);
    return true;
  } catch {
    rmSync(mine, { recursive: true, force: true });
    return false;
  }
}

function clearStaleLock() {
  try {
    const pids = holders(lock);
    if (pids.some(alive)) return;
    // Removing only the names just judged, and the folder only when empty, keeps a lock that somebody
    // took in the meantime.
    for (const pid of pids) rmSync(join(lock, String(pid)), { force: true });
    rmdirSync(lock);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error;
  }
}

// Moving it away first makes the release one step for everybody else.
function releaseLock() {
  const mine = `${lock}.${process.pid}`;
  renameSync(lock, mine);
  rmSync(mine, { recursive: true, force: true });
}

async function withLock(work) {
  let told = false;
  while (!takeLock()) {
    clearStaleLock();
    if (existsSync(lock) && !told) {
      notice('another install is running here, waiting for it');
      told = true;
    }
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    releaseLock();
  }
}

// ---- Installing -------------------------------------------------------------------------------------

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

// npm writes node_modules/.package-lock.json last of all, so it tells what is completely installed.
// 'complete': everything wanted is there; 'partial': what is there is right, but more is wanted.
function installState({ folder, dev }) {
  if (!existsSync(join(folder, 'package-lock.json'))) return 'complete';
  const { '': _root, ...wanted } = readJson(join(folder, 'package-lock.json')).packages;
  const record = join(folder, 'node_modules', '.package-lock.json');
  const present = existsSync(record) ? readJson(record).packages : {};
  const same = (path) => present[path]?.integrity === wanted[path]?.integrity;
  if (!Object.keys(present).every(same)) return 'outdated';
  // A missing optional package is one for another platform.
  const missing = Object.keys(wanted).filter((path) => !present[path] && !wanted[path].optional);
  if (missing.every((path) => wanted[path].dev && !dev)) return 'complete';
  return Object.keys(present).length > 0 ? 'partial' : 'missing';
}

// Running npm's own file with the chosen Node avoids shells, PATH and the machine's older Node.
function npmCommand(node) {
  const path = process.env.npm_execpath;
  if (path?.endsWith(`${sep}npm-cli.js`) && existsSync(path)) return { file: node, first: [path], shell: false };
  return { file: 'npm', first: [], shell: process.platform === 'win32' };
}

async function npm(node, what, args) {
  const { file, first, shell } = npmCommand(node);
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier', '--fetch-retries=1'];
  // No dependency needs its install script, so none gets to run one.
  const safe = ['--ignore-scripts'];
  const stdio = ['ignore', 'ignore', 'pipe'];
  const child = spawn(file, [...first, ...args, ...quiet, ...safe], {
    cwd: root,
    env: environment(node),
    shell,
    stdio,
  });
  if (child.pid) writeFileSync(join(lock, String(child.pid)), '');
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await finished(child).catch((error) => {
    throw new Failure(`could not run npm: ${error.message}`);
  });
  if (code > 128) throw new Failure('install interrupted', code);
  if (code !== 0) throw new Failure(`installing ${what} failed (${npmReason(stderr)})`);
}

function npmReason(stderr) {
  const lines = stderr.split('\n').map((line) => line.replace(/^npm (error|ERR!)/, '').trim());
  const code = lines.find((line) => line.startsWith('code '))?.slice('code '.length);
  const network = /^(E(NOTFOUND|AI_AGAIN|CONN|TIMEDOUT|NETUNREACH)|ERR_SOCKET)/.test(code ?? '');
  if (network) return `${code}: is the network up and the npm registry reachable?`;
  const words = lines.find((line) => line !== '' && !/^(code|errno|syscall) /.test(line));
  return [code, words].filter(Boolean).join(': ') || 'npm gave no reason';
}

async function ensureInstalled(node, name) {
  const set = dependencySets[name];
  if (installState(set) === 'complete') return;
  await withLock(async () => {
    const state = installState(set);
    if (state === 'complete') return;
    notice('installing dependencies (once) ...');
    // `npm ci` begins by deleting node_modules, under the feet of a Kvitt that may be running from it;
    // so what is right but not enough is added to instead.
    const how = state === 'partial' ? ['install', '--no-save'] : ['ci'];
    await npm(node, 'the dependencies', [...how, '--prefix', set.folder, set.dev ? '--include=dev' : '--omit=dev']);
  });
}

// ---- Finding Node 24 --------------------------------------------------------------------------------

function bundledNode() {
  const modules = join(runtime, 'node_modules');
  if (!existsSync(modules) || installState({ folder: runtime, dev: false }) === 'outdated') return undefined;
  const packages = readdirSync(modules).filter((name) => name.startsWith('node-'));
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  return packages.map((name) => join(modules, name, 'bin', file)).find((path) => existsSync(path));
}

async function findNode() {
  if (Number.parseInt(process.versions.node, 10) >= MINIMUM_NODE) return process.execPath;
  return bundledNode() ?? (await withLock(async () => bundledNode() ?? (await installNode())));
}

async function installNode() {
  notice(
    `Node ${process.versions.node} is older than ${MINIMUM_NODE}: fetching a newer one for this folder (once) ...`,
  );
  await npm(process.execPath, 'the Node runtime', ['ci', '--prefix', runtime]);
  const node = bundledNode();
  // The packages are optional, so npm succeeds even when it could fetch none.
  if (node && (await works(node))) return node;
  const platform = `${process.platform}-${process.arch}`;
  throw new Failure(
    `no Node ${MINIMUM_NODE} could be fetched for ${platform}; check the network, or install Node ${MINIMUM_NODE} yourself`,
  );
}

const works = (node) =>
  finished(spawn(node, ['--version'], { stdio: 'ignore' })).then(
    (code) => code === 0,
    () => false,
  );

// ---- Main -------------------------------------------------------------------------------------------

async function main([name, ...rest]) {
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (!command) throw new Failure(`usage: node scripts/run.mjs <${Object.keys(commands).join('|')}> [arguments]`, 2);
  const node = await findNode();
  const asked = Object.entries(command.needsWith ?? {}).filter(([flag]) => rest.includes(flag));
  for (const set of [...command.needs, ...asked.map(([, set]) => set)]) await ensureInstalled(node, set);
  const script = join(root, command.script);
  const args = [...NODE_FLAGS, script, ...(command.args ?? []), ...rest];
  return await finished(spawn(node, args, { stdio: 'inherit', env: environment(node) }));
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  notice(error.message);
  process.exitCode = error.exitCode;
}
