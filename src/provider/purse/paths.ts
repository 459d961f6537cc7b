/** Every operation of Purse's APIs, and those paths that can be set because Purse's documents do not show them. */
import type { Operation } from './operation.ts';
import { PAGES } from './pages.ts';
import { PAYMENT_LINK_PAGE, PAYMENT_LINKS } from './payment-links.ts';
import { SIMULATION } from './simulation.ts';
import { V1 } from './v1.ts';
import { V2 } from './v2.ts';
import { WALLET } from './wallet.ts';

const LOGIN: Operation = { api: 'OAuth', method: 'POST', path: '/oauth/token', name: 'token', access: 'login' };

export const OPERATIONS: readonly Operation[] = [
  LOGIN,
  ...V1,
  ...SIMULATION,
  ...V2,
  ...PAYMENT_LINKS,
  ...WALLET,
  ...PAGES,
  PAYMENT_LINK_PAGE,
];

/** The names of the operations whose path can be set. */
export const SETTABLE: readonly string[] = OPERATIONS.filter(({ inferred }) => inferred).map(({ name }) => name);

/** Paths by the name of the operation: `{ init: '/{entity}/sessions/{session}/initialize' }`. */
export type PursePaths = Readonly<Record<string, string>>;

/** The operations with these paths. @throws Error, in one line, for a path that cannot be the operation's */
export function operationsAt(paths: PursePaths): readonly Operation[] {
  const unknown = Object.keys(paths).find((name) => !SETTABLE.includes(name));
  if (unknown !== undefined)
    throw new Error(`Purse's path of "${unknown}" cannot be set; those of ${SETTABLE.join(', ')} can`);
  return OPERATIONS.map((operation) => {
    const path = paths[operation.name];
    if (path === undefined) return operation;
    const wanted = parametersOf(operation.path);
    if (!/^(?:\/(?:[\w.~-]+|\{\w+\}))+$/.test(path) || parametersOf(path) !== wanted)
      throw new Error(
        `Purse's path of "${operation.name}" must be like ${operation.path}, with ${wanted}; not "${path}"`,
      );
    return { ...operation, path };
  });
}

function parametersOf(path: string): string {
  return [...path.matchAll(/\{\w+\}/g)]
    .map(([name]) => name)
    .sort()
    .join(', ');
}
