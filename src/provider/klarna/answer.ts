/** Replies as answers on the wire, and as entries of the request log. */
import { catalogueCodeFor } from '../../catalogue/index.ts';
import { type Answer, header, type Request } from '../../http/exchange.ts';
import type { LogEntry } from '../../store/store.ts';
import type { Arrival as AnyArrival } from '../arrival.ts';
import type { Context } from '../engine/state.ts';
import { redacted } from '../redact.ts';
import { errorBody, worded } from './dialects.ts';
import type { KlarnaError } from './errors.ts';
import type { Reply } from './operation.ts';
import type { Allowance } from './rate-limits.ts';

export interface Arrival extends AnyArrival {
  readonly base: string;
}

/** Payments names the charset, the other APIs do not; clients compare the whole value. */
export const jsonType = (path: string) =>
  path.startsWith('/payments/') ? 'application/json;charset=utf-8' : 'application/json';
/** What node:http cannot read, and what cannot be answered, in Klarna's codes. */
export const UNREADABLE = {
  400: 'BAD_REQUEST',
  408: 'TIMEOUT',
  431: 'REQUEST_TOO_LARGE',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'TEMPORARILY_UNAVAILABLE',
} as const;

/** An operation's reply, or its refusal, with the headers that every answer has. */
export function replyAnswer(
  reply: Reply,
  { correlation_id, request: { path } }: Arrival,
  { headers }: Allowance,
): Answer {
  if (reply.error) return errorAnswer(reply.error, { correlation_id, path }, [...headers, ...(reply.headers ?? [])]);
  const type: [string, string][] = reply.body || reply.bytes ? [['Content-Type', reply.type ?? jsonType(path)]] : [];
  return {
    status: reply.status,
    headers: [...type, ['Klarna-Correlation-Id', correlation_id], ...headers, ...(reply.headers ?? [])],
    body: reply.bytes ?? reply.body ?? '',
  };
}

export function errorAnswer(
  error: KlarnaError,
  about: { correlation_id: string; path: string },
  headers: Allowance['headers'],
): Answer {
  const spoken = worded(error, about.path);
  return {
    status: spoken.status,
    headers: [['Content-Type', jsonType(about.path)], ['Klarna-Correlation-Id', about.correlation_id], ...headers],
    body: errorBody(spoken, about.correlation_id, about.path),
  };
}

/** A request's body as the log keeps it. Of a form with files only that there was one: files are read where they are stored. */
function loggable(request: Request): string {
  const { text, bytes } = request.body;
  if (!bytes) return redacted(text);
  const [type = ''] = (header(request, 'content-type') ?? '').split(';');
  return JSON.stringify({ not_logged: type.slice(0, 100), bytes: bytes.length });
}

/** The entry of an exchange with a known merchant. */
export function logEntry(arrival: Arrival, { merchant, now_ms }: Context, reply: Reply): LogEntry {
  return {
    ...logFields(arrival, reply),
    merchant_id: merchant.merchant_id,
    at_ms: now_ms,
    request: loggable(arrival.request),
  };
}

/** Answers to reads are not kept: what they showed can be read again. Neither is the client token, which lets a browser act. */
export function logFields(arrival: Arrival, reply: Reply): Omit<LogEntry, 'merchant_id' | 'at_ms' | 'request'> {
  const { request, correlation_id } = arrival;
  const error = reply.error && worded(reply.error, request.path);
  const keep = request.method !== 'GET' && reply.body !== undefined && !reply.body.includes('"client_token"');
  return {
    id: correlation_id,
    direction: 'incoming',
    method: request.method,
    path: request.path,
    status: error?.status ?? reply.status,
    subject: reply.subject ?? '',
    response: error ? errorBody(error, correlation_id, request.path) : keep ? (reply.body ?? '') : '',
    note: noteOf(arrival, reply),
  };
}

function noteOf({ request, fault }: Arrival, reply: Reply): string {
  const { error, explanations, replayed } = reply;
  const idempotency_key = header(request, 'klarna-idempotency-key');
  if (!error && !replayed && !idempotency_key && !fault) return '';
  const spoken = error && worded(error, request.path);
  const code = spoken && catalogueCodeFor(spoken.error_code, spoken.error_messages);
  return JSON.stringify({
    ...(code && { code }),
    ...(explanations && { explanations }),
    ...(idempotency_key && { idempotency_key }),
    ...(replayed && { replayed }),
    ...(fault && { fault: { ...fault, took_effect: tookEffect(request, reply) } }),
  });
}

/** Whether something is different from before, whatever the client was told. */
function tookEffect({ method }: Request, { status, error, replayed }: Reply): boolean {
  return method !== 'GET' && !error && !replayed && status >= 200 && status < 300;
}
