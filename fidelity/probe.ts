/**
 * What a probe is, as data: a purchase brought to some point, one request, what must come back, and how anybody knows. Nothing
 * here knows of a server; the same probe is put to Kvitt, to a mock and to Klarna's playground.
 */
import type { Keep, Request, Variation } from './request.ts';
import type { StepName } from './steps.ts';

/** How an expectation is known. What is inferred is counted apart. */
type Basis = 'documented' | 'observed' | 'inferred';

export interface Source {
  readonly basis: Basis;
  /** The document, the recording or the thread; for an inference what it leans on. */
  readonly where: string;
}

/** What a value in an answer must be: itself (texts filled like a request's), or of a kind. */
export type Wanted =
  | string
  | number
  | boolean
  | null
  | { readonly is: Kind }
  | { readonly not: string }
  | RegExp
  | Size
  | Ahead;
export type Kind = 'uuid' | 'text' | 'integer' | 'timestamp' | 'midnight' | 'list' | 'object' | 'url' | 'jwt';
interface Size {
  readonly length: number;
}
/** A time that lies ahead, by at least and at most so many hours; two minutes are forgiven on either side. */
interface Ahead {
  readonly hours_ahead: readonly [number, number];
}

/** What must be true of an answer. All of it. */
export interface Expectation {
  /** One status, or any of several where the documents leave it open. */
  readonly status: number | readonly number[];
  /** `error_code`, in the usual body of three keys. */
  readonly code?: string;
  /** `error_messages`, all of them, in any order. */
  readonly messages?: readonly string[];
  /** One message names exactly these fields, in any order: `Bad value: a, b`. */
  readonly bad?: readonly string[];
  /** Header names in exactly this case, with their values. */
  readonly headers?: Readonly<Record<string, Wanted>>;
  /** Header names that must not be there, in any case. */
  readonly no_headers?: readonly string[];
  /** The correlation id among the headers is that of the body. */
  readonly correlated?: true;
  /** No body at all. */
  readonly empty?: true;
  /** Values by path: `order_lines[0].name`. */
  readonly fields?: Readonly<Record<string, Wanted>>;
  /** Paths that must not be there. */
  readonly absent?: readonly string[];
  /** What the body must contain as text, for answers that are not JSON. */
  readonly text?: RegExp;
  /** The error body of Disputes v4. */
  readonly dispute_error?: { readonly type: string; readonly code: string };
}

export interface Probe {
  readonly id: string;
  readonly api: string;
  /** A sentence for the list. */
  readonly shows: string;
  readonly source: Source;
  /** Where the purchase stands when the request is sent. */
  readonly given: StepName;
  readonly variation?: Variation;
  /** Requests before the one that counts; each must succeed, and what it keeps can be named. */
  readonly first?: readonly (Request & { readonly keep?: Keep })[];
  readonly send: Request;
  readonly expect: Expectation;
  /** What the second look can name of this answer. */
  readonly keep?: Keep;
  /** A second look, at what came of it. */
  readonly afterwards?: { readonly send: Request; readonly expect: Expectation };
}

interface More extends Omit<Request, 'call'>, Pick<Probe, 'first' | 'keep' | 'afterwards'> {
  readonly given?: StepName;
  readonly variation?: Variation;
}
type Make = (id: string, shows: string, source: Source, expect: Expectation, more?: More) => Probe;

/**
 * Makes the probes of one operation, so that a row says only what is its own.
 * @param name how the ids of its probes begin: `payments/create-session`
 */
export function operation(api: string, name: string, call: string, usual: More = {}): Make {
  return (id, shows, source, expect, more = {}) => {
    const { given = 'nothing', variation, first, keep, afterwards, ...request } = { ...usual, ...more };
    return {
      id: `${name}/${id}`,
      api,
      shows,
      source,
      given,
      ...(variation && { variation }),
      ...(first && { first }),
      send: { call, ...request },
      expect,
      ...(keep && { keep }),
      ...(afterwards && { afterwards }),
    };
  };
}

/** An error in the usual shape. Without messages they are not compared. */
export function refused(status: number, code: string, ...messages: readonly string[]): Expectation {
  return { status, code, ...(messages.length > 0 && { messages }) };
}

/** An error in the usual shape, where no document names the code. */
export function error(status: number | readonly number[]): Expectation {
  const fields = {
    error_code: { is: 'text' },
    error_messages: { is: 'list' },
    correlation_id: { is: 'text' },
  } as const;
  return { status, fields };
}
