/** The `kvitt` command. */
import { ConfigError, readConfig } from './config.ts';

const USAGE = `kvitt: Klarna payments on your own machine

  kvitt start           run the server (PORT, KVITT_DATA_DIR, DATABASE_URL, KVITT_USERNAME, KVITT_PASSWORD)
  kvitt demo            take a purchase from session to refund and print what happens
  kvitt explain CODE    what a status or error code means, and what to do about it
`;

type Command = (args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  start: async () => (await import('./start.ts')).start(readConfig(process.env)),
  demo: async () => (await import('./demo.ts')).demo(),
  explain: async ([code = '']) => {
    const { explain } = await import('./explain.ts');
    const { text, found } = explain(code);
    process.stdout.write(`${text.trimEnd()}\n`);
    return found ? 0 : 1;
  },
};

/** Errors that a person at the terminal can do something about end in one line; the rest keep their stack. */
function report(error: unknown): void {
  const known =
    error instanceof ConfigError ||
    (error as Error).name === 'StoreUnusable' ||
    typeof (error as NodeJS.ErrnoException).syscall === 'string';
  const { message, stack } = error as Error;
  process.stderr.write(`kvitt: ${known ? message : (stack ?? message)}\n`);
}

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const command = COMMANDS[name];
  if (!command) {
    const asked = name === '' || name === 'help' || name === '--help';
    (asked ? process.stdout : process.stderr).write(asked ? USAGE : `kvitt: there is no command "${name}"\n\n${USAGE}`);
    return asked ? 0 : 2;
  }
  return command(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  report(error);
  process.exitCode = 1;
}
