/** One request and its answer, as the rest of the program sees them. */

export interface Request {
  readonly method: string;
  /** Path without query, duplicate slashes collapsed, not percent-decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query exactly as they came, which signatures are made of; absent for calls within the process. */
  readonly target?: string | undefined;
  /** Lower-case names, as node:http gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
}

/** The body as it came: text, or bytes where files are taken, or why it is neither. */
export type Body =
  | { readonly text: string; readonly bytes?: never; readonly fault?: never }
  | { readonly text: ''; readonly bytes: Uint8Array; readonly fault?: never }
  | { readonly text: ''; readonly bytes?: never; readonly fault: 'too_large' | 'not_utf8' };

export interface Answer {
  readonly status: number;
  /** Names in exactly the case that they are to travel in: deployed clients look them up by case. */
  readonly headers: readonly (readonly [string, string])[];
  /** Bytes where it is a file, or where the text was compressed. */
  readonly body: string | Buffer;
  /** How much of it is to be sent, when it is to break off on purpose. */
  readonly cut?: Cut;
}

/** An answer that does not arrive whole. What the client has got by then stays unfinished, and the connection ends. */
export interface Cut {
  /** Where it ends: before its first byte, within the headers, or within the body (without a body: before the end of the headers). */
  readonly at: 'start' | 'headers' | 'body';
  /** `reset`: the connection is reset. `stall`: nothing more comes for `stall_ms`, then it is closed. Else it is closed at once. */
  readonly end: 'close' | 'reset' | 'stall';
  readonly stall_ms?: number;
}

/** `http://host:port` as the client addressed this server, for links; `publicUrl` when the Host header cannot tell. */
export function baseOf(request: Request, publicUrl: string | undefined): string {
  return publicUrl ?? `http://${header(request, 'host') ?? 'localhost'}`;
}

/**
 * The body as a JSON object; none at all counts as the empty one. Undefined when it is anything else, or could not be read.
 * @param parse instead of `JSON.parse`
 */
export function jsonObject({ fault, text }: Body, parse: (text: string) => unknown = JSON.parse): object | undefined {
  if (fault) return undefined;
  if (text.trim() === '') return {};
  try {
    const value = parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** As many digits as a number keeps, whatever they are. */
const DIGITS_KEPT = 15;
const LONG_NUMBER = new RegExp(`\\d[\\d.]{${DIGITS_KEPT},}`);

/** JSON in which a number of more digits than a number keeps stays the text that was sent, so that nothing is rounded in silence. */
export function parseExactly(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, context?: { readonly source: string }) =>
    typeof value === 'number' && context && LONG_NUMBER.test(context.source) ? context.source : value,
  );
}

/** The one value of a header; the first when it was sent several times. */
export function header(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
