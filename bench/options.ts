/** What a run is asked to do. */
import { parseArgs } from 'node:util';

export const PARTS = ['sessions', 'purchases', 'growth', 'year', 'starting', 'page', 'faces'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly parts: readonly Part[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmup_s: number;
  readonly connections: number;
  /** Stored orders that `growth` compares with few. */
  readonly orders: number;
  /** A PostgreSQL to measure Kvitt on as well. */
  readonly postgres: string | undefined;
  /** Whether the results go to docs/performance.md. */
  readonly write: boolean;
  /** Says how far the run is. */
  tell(text: string): void;
}

export const USAGE = `usage: npm run bench -- [--only ${PARTS.join(',')}] [--rounds 3] [--seconds 10] [--warmup 3]
       [--connections 32] [--orders 1000000] [--postgres postgres://...] [--no-write]`;

/** What the arguments ask for; undefined when they ask for help. Throws an Error whose message is for the person at the terminal. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      only: { type: 'string', default: PARTS.join(',') },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '10' },
      warmup: { type: 'string', default: '3' },
      connections: { type: 'string', default: '32' },
      orders: { type: 'string', default: '1000000' },
      postgres: { type: 'string' },
      write: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    parts: values.only.split(',').map(part),
    rounds: count('rounds', values.rounds),
    seconds: count('seconds', values.seconds),
    warmup_s: count('warmup', values.warmup),
    connections: count('connections', values.connections),
    orders: count('orders', values.orders),
    postgres: values.postgres,
    write: values.write,
    tell: (text) => process.stderr.write(`${text}\n`),
  };
}

function part(name: string): Part {
  const found = PARTS.find((each) => each === name);
  if (!found) throw new Error(`there is no part "${name}"\n${USAGE}`);
  return found;
}

function count(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1\n${USAGE}`);
  return number;
}
