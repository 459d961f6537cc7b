/**
 * The flags that Kvitt runs Node.js with, wherever it is started from.
 * - node:sqlite announces itself as experimental on some versions; that is ours to know, not the user's.
 * - A smaller young generation: a server of short-lived objects is as fast with it, and needs 90 MB less.
 * - `import 'kvitt/provider'` finds the sources in a clone; the published package has none, and there it finds the build.
 */
export const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=8',
  '--conditions=kvitt-source',
];
