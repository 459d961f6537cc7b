/** `kvitt start`: the server on its own, until it is told to stop. */
import { PURCHASE } from '../catalogue/provoke.ts';
import { type Provider, type ProviderOptions, startProvider } from '../provider/index.ts';
import { LOCAL_CREDENTIALS as PURSE } from '../provider/purse/account.ts';
import type { readConfig } from './config.ts';

/** Runs until it is told to stop by a signal, then finishes what has begun. Resolves with the exit code. */
export async function start(config: ReturnType<typeof readConfig>): Promise<number> {
  const provider = await startProvider(config).catch((error: NodeJS.ErrnoException) => {
    throw explainListen(error, config);
  });
  // Before the first word: whoever reads that we are there may tell us to stop.
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });
  process.stdout.write(greeting(provider, config));
  await told;
  await provider.close();
  return 0;
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program; set PORT to another one',
  EACCES: 'may not be used by this user; set PORT to one above 1023',
  EADDRNOTAVAIL: 'is not an address of this machine; check KVITT_HOST',
  ENOTFOUND: 'is not an address of this machine; check KVITT_HOST',
};

function explainListen(error: NodeJS.ErrnoException, { host, port }: ProviderOptions): Error {
  const problem = error.syscall === undefined ? undefined : LISTEN_PROBLEMS[error.code ?? ''];
  return problem ? Object.assign(error, { message: `${host}:${port} ${problem}` }) : error;
}

function greeting(
  { url, cybersource }: Pick<Provider, 'url' | 'cybersource'>,
  { username, password, store, control }: ReturnType<typeof readConfig>,
): string {
  const where = store.databaseUrl ? 'PostgreSQL' : `${store.dataDir}/kvitt.db`;
  const shown = password === 'local' ? 'local' : 'as in KVITT_PASSWORD';
  const signed =
    password === 'local' ? `shared secret ${cybersource.shared_secret}` : 'signed as docs/cybersource.md says';
  return `
Kvitt is listening at ${url}   (data: ${where})
Username ${username}, password ${shown}
Cybersource: merchant ${cybersource.merchant_id}, key ${cybersource.key_id}, ${signed}
Purse: entity ${PURSE.entity_id}, API key ${PURSE.api_key}, client ${PURSE.client_id} with the same password

${control ? tour(url, `${username}:${password === 'local' ? 'local' : '$KVITT_PASSWORD'}`) : CONTROL_OFF}
Stop with Ctrl+C.
`;
}

const CONTROL_OFF = 'The control API is off (KVITT_CONTROL=on switches it on).\n';

/** Three commands for any POSIX shell, each of which keeps for the next what that needs. */
function tour(url: string, user: string): string {
  const curl = `curl -s -u "${user}" -H 'Content-Type: application/json'`;
  return `A demo shop to click through: ${url}/shop

Try it. Paste these one after the other:

  1. start a purchase
     P='${JSON.stringify(PURCHASE)}'; SESSION=$(${curl} ${url}/payments/v1/sessions -d "$P" | tee -a /dev/stderr | ${pick('session_id')})

  2. be the shopper and approve it
     TOKEN=$(curl -s -X POST ${url}/control/sessions/$SESSION/authorize | tee -a /dev/stderr | ${pick('authorization_token')})

  3. place the order
     ${curl} ${url}/payments/v1/authorizations/$TOKEN/order -d "$P"

Everything else, from the clock to the log: ${url}/control
`;
}

/** Takes one field's text out of a JSON answer. */
function pick(field: string): string {
  return `sed -n 's/.*"${field}": *"\\([^"]*\\)".*/\\1/p'`;
}
