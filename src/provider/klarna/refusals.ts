/** What is refused before the engine is asked, in the order in which it is looked at: path, limits, size, type, JSON, fields. */
import { header, type Request } from '../../http/exchange.ts';
import type { Match } from '../../http/router.ts';
import { check } from '../../wire/shape.ts';
import type { Explanation } from '../engine/outcome.ts';
import { explainFaults } from './faults.ts';
import type { Built, Operation, Refused } from './operation.ts';
import type { Allowance } from './rate-limits.ts';

function refused(
  status: number,
  error_code: string,
  error_messages: readonly string[],
  explanation: Explanation,
): Refused {
  return { error: { status, error_code, error_messages }, explanations: [explanation] };
}

export const NO_SUCH_PATH = refused(404, 'NOT_FOUND', [], {
  message: 'None of Klarna’s APIs has this path.',
  change: 'Compare the path with the list in docs/compatibility/klarna.md.',
});

/** An unknown path, another method, or an operation that is not built. */
export function refuseRoute(match: Match<Operation> | undefined, request: Request): Refused | undefined {
  if (!match) return NO_SUCH_PATH;
  const { target, allowed = [] } = match as { target?: Operation; allowed?: readonly string[] };
  if (!target) {
    const explanation: Explanation = {
      expected: allowed.join(', '),
      got: request.method,
      message: `This path takes ${allowed.join(', ')}, not ${request.method}.`,
      change: `Send ${allowed.join(' or ')}.`,
    };
    const answer = refused(405, 'METHOD_NOT_ALLOWED', [`Method ${request.method} is not allowed`], explanation);
    return { ...answer, headers: [['Allow', allowed.join(', ')]] };
  }
  if (target.serve.built) return undefined;
  const message = `${target.serve.reason}`;
  return refused(501, 'NOT_IMPLEMENTED', [message], {
    message,
    change: 'See docs/compatibility/klarna.md for what is built.',
  });
}

export function refuseRate({ allowed }: Allowance): Refused | undefined {
  if (allowed) return undefined;
  return refused(429, 'TOO_MANY_REQUESTS', ['Too many requests'], {
    message: 'The merchant’s requests of this class in this second exceed the limit.',
    change: 'Wait for X-Ratelimit-Reset seconds, then go on more slowly.',
  });
}

/** Operations that take files have a limit of their own, and say so themselves. */
export function refuseSize(operation: Operation | undefined, { body }: Request): Refused | undefined {
  const takesFiles = operation?.serve.built && operation.serve.upload;
  if (body.fault !== 'too_large' || takesFiles) return undefined;
  return refused(413, 'REQUEST_TOO_LARGE', ['Request is too large'], {
    expected: '1048576 bytes',
    message: 'The body is larger than 1 MB.',
    change: 'Send fewer or shorter lines.',
  });
}

/** The query as the operation's rule reads it, or why it is refused. A parameter without a value counts as absent. */
export function readParameters(built: Built, { query }: Request): { parameters?: unknown; refused?: Refused } {
  if (!built.parameters) return {};
  const given = Object.fromEntries([...query].filter(([, value]) => value !== ''));
  const { value, faults } = check(built.parameters, given);
  return faults
    ? { refused: { error: built.faults(faults), explanations: explainFaults(faults) } }
    : { parameters: value };
}

/** The body as the operation's rule reads it, or the first stage that refuses it. */
export function readBody(built: Built, request: Request): { body?: unknown; refused?: Refused } {
  if (!built.body) return {};
  if (request.body.text !== '' && !isJsonType(header(request, 'content-type'))) return { refused: WRONG_TYPE };
  const parsed = parse(request);
  if (parsed.refused) return parsed;
  const { value, faults } = check(built.body, parsed.body);
  return faults ? { refused: { error: built.faults(faults), explanations: explainFaults(faults) } } : { body: value };
}

const WRONG_TYPE = refused(415, 'UNSUPPORTED_MEDIA_TYPE', ['Unsupported media type'], {
  field: 'Content-Type',
  expected: 'application/json',
  message: 'The body is not announced as JSON.',
  change: 'Send the header Content-Type: application/json.',
});

/** JSON of any flavour, or nothing said at all, as some clients do. */
function isJsonType(type: string | undefined): boolean {
  return type === undefined || /^application\/(?:[\w.+-]*\+)?json\s*(?:;|$)/i.test(type.trim());
}

/** Clients send calls without content as no body at all or as `{}`; both are the empty object. */
function parse({ body }: Request): { body?: unknown; refused?: Refused } {
  if (body.fault === 'not_utf8')
    return { refused: notJson('The body is not valid UTF-8.', 'Encode the body as UTF-8.') };
  if (body.text.trim() === '') return { body: {} };
  let value: unknown;
  try {
    value = JSON.parse(body.text);
  } catch (error) {
    return { refused: notJson(`The body is not JSON: ${(error as Error).message}`, 'Send well-formed JSON.') };
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { body: value };
  return { refused: notJson('The body is JSON, but not an object.', 'Send an object: { ... }.') };
}

function notJson(message: string, change: string): Refused {
  return refused(400, 'BAD_REQUEST', [], { message, change });
}
