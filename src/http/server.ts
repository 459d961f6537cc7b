/**
 * The server kit over node:http: bodies with a limit, header names in the case they are given, an answer to every
 * request, and a shutdown that finishes what has begun.
 */
import { isUtf8 } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer, Body, Request } from './exchange.ts';

/** The limits of Klarna's API: body 1 MB, one header 6 KB, all headers 20 KB, idle 59 s. */
const LIMITS = {
  body_bytes: 1024 * 1024,
  header_bytes: 6 * 1024,
  headers_bytes: 20 * 1024,
  idle_ms: 59_000,
  /** What is read and thrown away of a body that is too large, so that the client gets to read the answer. */
  discard_bytes: 16 * 1024 * 1024,
  /** For a request to arrive whole. */
  request_ms: 60_000,
  connections: 10_000,
} as const;

export interface HttpServer {
  /** `http://host:port` */
  readonly url: string;
  /** Takes no more requests, answers those that have begun, for at most `grace_ms`. */
  close(grace_ms?: number): Promise<void>;
}

export interface Handlers {
  /** Must not reject: whatever happens, a client gets an answer. */
  answer(request: Request): Promise<Answer>;
  /** The answer to what node:http could not parse: 400, or 431 for headers over the limit. */
  unreadable(status: 400 | 431 | 408): Answer;
}

/** Listens, or rejects with the system's error (EADDRINUSE, EACCES, ...). Port 0 picks a free one. */
export function listen(options: { port: number; host: string }, handlers: Handlers): Promise<HttpServer> {
  const server = createServer(
    // Klarna's limit holds for names and values; node counts the request line too.
    { maxHeaderSize: LIMITS.headers_bytes + 2048, keepAliveTimeout: LIMITS.idle_ms, requestTimeout: LIMITS.request_ms },
    (incoming, outgoing) => void serve(incoming, outgoing, handlers),
  );
  server.maxConnections = LIMITS.connections;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => answerUnreadable(error, socket, handlers));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve({ url: urlOf(server, options.host), close: (grace_ms = 5_000) => close(server, grace_ms) });
    });
  });
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, handlers: Handlers): Promise<void> {
  const body = await readBody(incoming).catch(() => undefined);
  // The client went away in the middle of its request; nobody is left to answer.
  if (!body) return;
  const [target = '/', search = ''] = splitTarget(incoming.url ?? '/');
  const answer = hasOversizeHeader(incoming)
    ? handlers.unreadable(431)
    : await handlers.answer({
        method: incoming.method ?? '',
        path: target,
        query: new URLSearchParams(search),
        headers: incoming.headers,
        body,
      });
  send(outgoing, answer, body.fault === 'too_large');
}

function send(outgoing: ServerResponse, answer: Answer, close: boolean): void {
  const headers: string[] = [];
  for (const [name, value] of answer.headers) headers.push(name, value);
  if (answer.status !== 204) headers.push('Content-Length', String(Buffer.byteLength(answer.body)));
  if (close) headers.push('Connection', 'close');
  outgoing.writeHead(answer.status, headers);
  outgoing.end(answer.body);
}

/** Path and query; absolute targets (as proxies send them) lose their origin, duplicate slashes collapse. */
function splitTarget(url: string): [string, string] {
  const relative = url.startsWith('/') ? url : url.replace(/^[a-z]+:\/\/[^/]*/i, '');
  const mark = relative.indexOf('?');
  const path = mark < 0 ? relative : relative.slice(0, mark);
  return [path.includes('//') ? path.replace(/\/{2,}/g, '/') : path, mark < 0 ? '' : relative.slice(mark + 1)];
}

/** Resolves once the body has arrived, or is known to be too large and enough of it has been thrown away. */
function readBody(incoming: IncomingMessage): Promise<Body> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= LIMITS.body_bytes) chunks.push(chunk);
      else chunks.length = 0;
      if (bytes > LIMITS.discard_bytes) resolve({ text: '', fault: 'too_large' });
    });
    incoming.on('end', () => resolve(bytes > LIMITS.body_bytes ? { text: '', fault: 'too_large' } : decode(chunks)));
    incoming.on('error', reject);
    incoming.on('close', () => reject(new Error('the request was cut off')));
  });
}

function decode(chunks: readonly Buffer[]): Body {
  if (chunks.length === 0) return { text: '' };
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { text: '', fault: 'not_utf8' };
}

function hasOversizeHeader({ rawHeaders }: IncomingMessage): boolean {
  for (const part of rawHeaders) if (part.length > LIMITS.header_bytes) return true;
  return false;
}

function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket, handlers: Handlers): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const { headers, body } = handlers.unreadable(status);
  const reasons = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' };
  const lines = [...headers, ['Content-Length', String(Buffer.byteLength(body))], ['Connection', 'close']].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\n${lines.join('')}\r\n${body}`);
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

function close(server: Server, grace_ms: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), grace_ms);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
