/** What an operation of Cybersource's API is here, and what one call of it works with. */
import type { Ask, Changes } from '../../store/store.ts';
import type { Fault, Rule } from '../../wire/shape.ts';
import type { Explanation, Refusal } from '../engine/outcome.ts';
import type { Callback, Context } from '../engine/state.ts';
import type { Sealer } from '../sealing.ts';
import { bodyProblem, type Problem, refusalAs } from './errors.ts';
import type { Failure } from './records.ts';

export interface Operation {
  /** The name by which tables and the log know it. */
  readonly name: string;
  readonly area: 'Payments' | 'Webhooks' | 'Reporting';
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly serve: Built | NotBuilt;
}

export interface Built {
  readonly built: true;
  /** A read sees the committed state and changes nothing; a write is one unit of work. */
  readonly mode: 'read' | 'write';
  /** What the body must look like; without it the body is ignored. */
  readonly body?: Rule<unknown>;
  /** What the fields need of each other. */
  readonly together?: (body: unknown) => readonly Fault[];
  readonly handle: Handler;
}

interface NotBuilt {
  readonly built: false;
  readonly reason: string;
}

/** One call, with everything a handler may know. */
export interface Call {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
  /** The body as its rule normalised it; undefined for operations without one. */
  readonly body: unknown;
  readonly context: Context;
  /** `http://host:port` as the client addressed this server, for links that a browser opens. */
  readonly base: string;
  readonly sealer: Sealer;
  /** Signs what only this installation may issue. */
  sign(text: string): string;
  /** The payment session that a client token names, if this installation made it. */
  sessionOf(client_token: string): string | undefined;
}

export type Handler = (call: Call) => Generator<Ask, Reply, unknown>;

export interface Reply {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
  readonly changes?: Changes;
  readonly callbacks?: readonly Callback[];
  /** The order or session that the call was about, for the log. */
  readonly subject?: string;
  readonly problem?: Problem;
  readonly failure?: Failure;
  readonly explanations?: readonly Explanation[];
  /** The body holds a secret, which the log does not; or only shows what can be asked for again. */
  readonly unlogged?: true;
}

export function json(status: number, body: object, rest: Partial<Reply> = {}): Reply {
  return { ...rest, status, body: JSON.stringify(body) };
}

/** A request that is wrong; the face makes status and body of it. */
export function problemReply(problem: Problem, explanations: readonly Explanation[], rest: Partial<Reply> = {}): Reply {
  return { ...rest, status: 0, body: '', problem, explanations };
}

/** A field that is missing or wrong, found by a handler. */
export function faultReply(
  path: string,
  rule: 'missing' | 'pattern',
  explanation: Explanation,
  rest: Partial<Reply> = {},
): Reply {
  const problem = bodyProblem([{ path: path.split('.'), rule, expected: '', got: '' }]);
  return problemReply(problem, [{ field: path, ...explanation }], rest);
}

/** Either way that the engine's refusal is told: a wrong request, or the failure that `failed` makes a transaction of. */
export function refusedReply(refusal: Refusal, failed: (failure: Failure) => Reply, rest: Partial<Reply> = {}): Reply {
  const { problem, failure } = refusalAs(refusal);
  const { explanations } = refusal;
  return problem ? problemReply(problem, explanations, rest) : { ...rest, ...failed(failure), failure, explanations };
}
