/** `kvitt start`: the server on its own, until it is told to stop. */
import { type ProviderOptions, startProvider } from '../provider/index.ts';
import type { readConfig } from './config.ts';

/** Runs until SIGINT or SIGTERM, then finishes what has begun. Resolves with the exit code. */
export async function start(config: ReturnType<typeof readConfig>): Promise<number> {
  const provider = await startProvider(config).catch((error: NodeJS.ErrnoException) => {
    throw explainListen(error, config);
  });
  process.stdout.write(greeting(provider.url, config));
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
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

function greeting(url: string, { username, password, store, control }: ReturnType<typeof readConfig>): string {
  const where = store.databaseUrl ? 'PostgreSQL' : `${store.dataDir}/kvitt.db`;
  const secret = password === 'local' ? 'local' : '(KVITT_PASSWORD)';
  const pair = `${username}:${secret}`;
  const shopper = control
    ? `
  2. be the shopper and approve it (SESSION_ID from the first answer)
     curl -X POST ${url}/control/sessions/SESSION_ID/authorize

  3. place the order (TOKEN from the second answer)
     curl -u ${pair} -H 'Content-Type: application/json' ${url}/payments/v1/authorizations/TOKEN/order -d '${PURCHASE}'
`
    : `
  The control API is off (KVITT_CONTROL=on switches it on).
`;
  return `
Kvitt is listening at ${url}   (data: ${where})
Username ${username}, password ${secret}

Try it:
  1. start a purchase
     curl -u ${pair} -H 'Content-Type: application/json' ${url}/payments/v1/sessions -d '${PURCHASE}'
${shopper}
Stop with Ctrl+C. ${control ? `Everything else: ${url}/control` : ''}

`;
}

const PURCHASE = JSON.stringify({
  purchase_country: 'SE',
  purchase_currency: 'SEK',
  order_amount: 10000,
  order_lines: [{ name: 'Mug', quantity: 1, unit_price: 10000, total_amount: 10000 }],
});
