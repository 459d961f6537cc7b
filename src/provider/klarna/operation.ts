/** What an operation of Klarna's APIs is here, and what one call of it works with. */
import type { Ask, Changes, Store } from '../../store/store.ts';
import type { Rule } from '../../wire/shape.ts';
import type { Explanation, Refusal } from '../engine/outcome.ts';
import type { Callback, Context } from '../engine/state.ts';
import type { KlarnaError } from './errors.ts';
import { klarnaError } from './errors.ts';
import type { FaultDialect } from './faults.ts';

/** Klarna counts requests by class, per merchant and second. */
export type RateClass = 'create_session' | 'create_session_for_token' | 'create_hosted_session' | 'other';

export interface Operation {
  /** The name by which tables and the log know it. */
  readonly name: string;
  readonly api: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly rate_class: RateClass;
  readonly serve: Built | NotBuilt;
}

export type Built = Unit | Lookup;

interface Checked {
  readonly built: true;
  /** What the body must look like; without it the body is ignored. */
  readonly body?: Rule<unknown>;
  /** What the query must look like, all values being text; without it the query is not checked. */
  readonly parameters?: Rule<unknown>;
  readonly faults: FaultDialect;
  /** The body is a form with a file in it; the call's body is the `Upload`. */
  readonly upload?: UploadRule;
  /** Fails before the body is looked at when the path cannot be right. */
  readonly checkPath?: (params: Readonly<Record<string, string>>) => Refused | undefined;
}

/** An operation over records that it names. */
export interface Unit extends Checked {
  /** A read sees the committed state and changes nothing; a write is one unit of work. */
  readonly mode: 'read' | 'write';
  readonly handle: Handler;
  /** The answer kept under the call's idempotency key, for repeats whose body cannot be read. Changes nothing. */
  readonly replay?: (call: Call) => Generator<Ask, Reply | undefined, unknown>;
}

/** A read that looks through records. What is due by now is done and stored before it looks. */
export interface Lookup extends Checked {
  readonly mode: 'lookup';
  readonly look: Look;
}

export type Look = (call: Call, store: Records) => Promise<Reply>;

/** The committed records. */
export type Records = Pick<Store, 'get' | 'list'>;

/** Which files an operation takes. */
export interface UploadRule {
  readonly file_bytes: number;
  /** The same in words. */
  readonly size: string;
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
  /** The query as its rule normalised it; undefined for operations without one. */
  readonly parameters: unknown;
  /** The query as it came. */
  readonly query: URLSearchParams;
  readonly context: Context;
  /** `http://host:port` as the client addressed this server, for links in answers. */
  readonly base: string;
  readonly idempotency_key: string | undefined;
  /** Signs what only this installation may issue. */
  sign(text: string): string;
}

export type Handler = (call: Call) => Generator<Ask, Reply, unknown>;

export interface Reply {
  readonly status: number;
  readonly headers?: readonly (readonly [string, string])[];
  /** Text, JSON unless `type` says otherwise; absent for answers without a body. */
  readonly body?: string;
  /** A file, or another body that is no text. */
  readonly bytes?: Buffer;
  readonly type?: string;
  readonly changes?: Changes;
  readonly callbacks?: readonly Callback[];
  /** The order or session that the call was about, for the log. */
  readonly subject?: string;
  readonly error?: KlarnaError;
  readonly explanations?: readonly Explanation[];
  /** The answer was given before, under the same idempotency key or for the same call. */
  readonly replayed?: boolean;
}

/** A refusal of the path or the body, before any state was looked at. */
export interface Refused {
  readonly error: KlarnaError;
  readonly explanations: readonly Explanation[];
  readonly headers?: readonly (readonly [string, string])[];
}

/** A refusal of the engine as an answer. */
export function refusedReply(refusal: Refusal, call: Call, rest: Partial<Reply> = {}): Reply {
  const error = klarnaError(refusal, call.operation.name);
  return { ...rest, status: error.status, error, explanations: refusal.explanations };
}

/** An answer with a JSON body. */
export function json(status: number, body: unknown, rest: Partial<Reply> = {}): Reply {
  return { ...rest, status, body: JSON.stringify(body) };
}
