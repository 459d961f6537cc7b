#!/usr/bin/env node
// The installed command. It stays parseable for old versions of Node, so that they get a sentence
// instead of a stack trace.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../scripts/node-flags.mjs';

const version = process.versions.node;

if (Number.parseInt(version, 10) < 24) {
  console.error(`kvitt needs Node 24 or newer; this is Node ${version}.`);
  process.exit(1);
}

// Flags of the runtime can only be given to a process of its own.
const script = fileURLToPath(new URL('../dist/cli/kvitt.js', import.meta.url));
const child = spawn(process.execPath, [...NODE_FLAGS, script, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
});
