#!/usr/bin/env node
// The installed command. It stays parseable for old versions of Node, so that they get a sentence
// instead of a stack trace.
const version = process.versions.node;

if (Number.parseInt(version, 10) < 24) {
  console.error(`kvitt needs Node 24 or newer; this is Node ${version}.`);
  process.exit(1);
}

// node:sqlite announces itself as experimental on some versions; that is ours to know, not the user's.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'ExperimentalWarning') console.error(`${warning.name}: ${warning.message}`);
});

await import('../dist/cli/kvitt.js');
