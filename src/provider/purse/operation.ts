/** What an operation of Purse's APIs is here, what one call of it works with, and how it is answered. */

import type { Request } from '../../http/exchange.ts';
import type { Ask, Put } from '../../store/store.ts';
import type { Rule } from '../../wire/shape.ts';
import type { Explanation } from '../engine/outcome.ts';
import type { Callback, PurseAccount } from '../engine/state.ts';
import type { Desk } from './payments.ts';
import type { PspStatus } from './statuses.ts';

/**
 * Who may call: `client` the merchant's server, with API key and access token; `browser` the widget, with the API key, which is no
 * secret; `shopper` whoever has the link of a session; `login` a client that asks for a token; `public` anybody.
 */
export type Access = 'client' | 'browser' | 'shopper' | 'login' | 'public';

export interface Operation {
  readonly name: string;
  readonly api: 'OAuth' | 'Payment API v1' | 'Payment API v2' | 'Wallet API' | 'Pages';
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Purse's documents do not show the path, so it can be set. */
  readonly inferred?: true;
  readonly access: Access;
  readonly body?: Rule<unknown>;
  /** Absent: it is about no record of a merchant's, and the face answers it. */
  readonly handle?: Handler;
}

/** The operations of one of Purse's APIs. @param prefix of all its paths */
export const operationsOf =
  (api: Operation['api'], prefix = '') =>
  (
    method: Operation['method'],
    path: string,
    name: string,
    access: Access,
    handle: Handler,
    rest: Partial<Operation> = {},
  ): Operation => ({ api, method, path: `${prefix}${path}`, name, access, handle, ...rest });

/** Of operations whose path Purse's documents do not show. */
export const INFERRED = { inferred: true } as const;

export interface Call {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly request: Request;
  readonly account: PurseAccount;
  readonly desk: Desk;
}

export type Handler = (call: Call) => Generator<Ask, Reply, unknown>;

/** An error as both generations tell it (RFC 9457). Purse shows v2's; v1's is not known and takes the same shape. */
export interface Problem {
  readonly status: number;
  /** After `urn:eu.purse:`. */
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: object;
  readonly put?: readonly Put[];
  readonly callbacks?: readonly Callback[];
  /** The order or session that it was about, for the log. */
  readonly subject?: string;
  readonly problem?: Problem;
  /** How a transaction that failed ended. */
  readonly psp_status?: PspStatus;
  readonly explanations?: readonly Explanation[];
  readonly replayed?: true;
}

export function ok(body: object, rest: Partial<Reply> = {}): Reply {
  return { status: 200, ...rest, body };
}

/** A refusal of this face itself. @param change what to do about it, for the log */
export function problem(
  status: number,
  type: string,
  title: string,
  detail: string,
  change: string,
  rest: Partial<Omit<Problem, 'status' | 'type' | 'title' | 'detail'>> & { readonly subject?: string } = {},
): Reply {
  const { subject, ...more } = rest;
  const [first] = more.errors ?? [];
  const field = first && { field: first.pointer.slice(2).replaceAll('/', '.') };
  return {
    status,
    problem: { status, type, title, detail, ...more },
    explanations: [{ message: detail, change, ...field }],
    ...(subject !== undefined && { subject }),
  };
}

export function notFound(what: string, change: string): Reply {
  return problem(404, 'not-found', 'Not found', `There is no ${what} with this id.`, change);
}

export function badField(pointer: string, detail: string, change: string, subject?: string): Reply {
  const errors = [{ pointer: `#/${pointer}`, detail }];
  return problem(400, 'bad-request', 'Bad request', detail, change, {
    errors,
    ...(subject !== undefined && { subject }),
  });
}

export function conflict(type: string, detail: string, change: string, subject?: string): Reply {
  return problem(409, type, 'Conflict', detail, change, subject === undefined ? {} : { subject });
}
