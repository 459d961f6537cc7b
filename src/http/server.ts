/**
 * The server kit over node:http: bodies with a limit, header names in the case they are given, an answer to every
 * request, and a shutdown that finishes what has begun.
 */
import { isUtf8 } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Answer, Body, Cut, Request } from './exchange.ts';

/** The limits of Klarna's API: body 1 MB where it is no file, one header 6 KB, all headers 20 KB, idle 59 s. */
const LIMITS = {
  body_bytes: 1024 * 1024,
  header_bytes: 6 * 1024,
  headers_bytes: 20 * 1024,
  idle_ms: 59_000,
  /** The first line of a request, beside its headers. */
  target_bytes: 12 * 1024,
  /** What is read and thrown away of a body that is too large, so that the client gets to read the answer. */
  discard_bytes: 16 * 1024 * 1024,
  /** For a request to arrive whole. */
  request_ms: 60_000,
  connections: 10_000,
  /** Forms with files that are received and worked on together: each may be as large as eight bodies, and is held in memory. */
  uploads: 16,
  /** How long a connection whose request could not be read is kept, so that the client gets to read the answer. */
  linger_ms: 2_000,
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
  /** How many bytes of a form with files a path takes, as they are; undefined: it takes none. */
  fileLimit(method: string, path: string): number | undefined;
  /**
   * The answer to what is no request: 400 for what could not be parsed, 408 when it did not arrive in time, 431 for headers
   * over the limit. 503 where more files arrive than are held at once. And 500, the last resort, when an answer could not be made or sent.
   */
  unreadable(status: Unreadable): Answer;
}

type Unreadable = 400 | 408 | 431 | 500 | 503;

/** Listens, or rejects with the system's error (EADDRINUSE, EACCES, ...). Port 0 picks a free one. */
export function listen(options: { port: number; host: string }, handlers: Handlers): Promise<HttpServer> {
  const server = createServer({
    // Node counts the target along with the headers; the limit of the headers alone is checked in `unreadable`.
    maxHeaderSize: LIMITS.headers_bytes + LIMITS.target_bytes,
    keepAliveTimeout: LIMITS.idle_ms,
    requestTimeout: LIMITS.request_ms,
    // Node would refuse a request without Host in words of its own.
    requireHostHeader: false,
  });
  const take = (incoming: IncomingMessage, outgoing: ServerResponse) =>
    void serve(incoming, outgoing, server, handlers);
  server.on('request', take);
  // An expectation that is not known may be ignored (RFC 9110, 10.1.1); node would answer it in words of its own.
  server.on('checkExpectation', take);
  // Beyond a count, node drops headers without a word; their size is limited anyway.
  server.maxHeadersCount = 0;
  server.maxConnections = LIMITS.connections;
  const refuse = (status: Unreadable, socket: Socket) => answerUnreadable(status, socket, handlers);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    refuse(STATUSES[error.code ?? ''] ?? 400, socket),
  );
  server.on('connect', (_request: IncomingMessage, socket: Socket) => refuse(400, socket));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve({ url: urlOf(server, options.host), close: (grace_ms = 5_000) => close(server, grace_ms) });
    });
  });
}

/** What node:http found wrong, by its code; everything else is 400. */
const STATUSES: Readonly<Record<string, Unreadable>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  server: Server,
  handlers: Handlers,
): Promise<void> {
  begun(incoming, outgoing);
  const [path, search] = splitTarget(incoming.url ?? '/');
  const { method = '', headers } = incoming;
  // Files come in forms only, so nothing else asks for the path twice.
  const isForm = /^multipart\//i.test(headers['content-type'] ?? '');
  const file_bytes = isForm ? handlers.fileLimit(method, path) : undefined;
  const isBusy = file_bytes !== undefined && !mayUpload(server, outgoing);
  const body = await readBody(incoming, isBusy ? 0 : file_bytes).catch(() => undefined);
  // The client went away in the middle of its request; nobody is left to answer.
  if (!body) return;
  // Once the server closes, connections are given up with their next answer, so that nobody waits for them to idle out.
  const last = () => body.fault === 'too_large' || !server.listening;
  try {
    const status = unreadable(incoming) ?? (isBusy ? 503 : undefined);
    const query = new URLSearchParams(search);
    const answer = status
      ? handlers.unreadable(status)
      : await handlers.answer({ method, path, query, target: incoming.url, headers, body });
    send(outgoing, answer, last());
  } catch (error) {
    process.stderr.write(`kvitt: ${method} ${path}: no answer could be given: ${(error as Error).stack}\n`);
    if (outgoing.headersSent) outgoing.destroy();
    else send(outgoing, handlers.unreadable(500), last());
  }
}

/** Uploads that are under way, by server. */
const uploads = new WeakMap<Server, number>();

/** Whether there is room for one more upload; if so it is taken until the answer is sent, or nobody is left to send it to. */
function mayUpload(server: Server, outgoing: ServerResponse): boolean {
  const under_way = uploads.get(server) ?? 0;
  if (under_way >= LIMITS.uploads) return false;
  uploads.set(server, under_way + 1);
  outgoing.once('close', () => uploads.set(server, (uploads.get(server) ?? 1) - 1));
  return true;
}

function send(outgoing: ServerResponse, answer: Answer, close: boolean): void {
  if (answer.cut) {
    breakOff(outgoing, answer, answer.cut);
    return;
  }
  const headers: string[] = [];
  for (const [name, value] of answer.headers) headers.push(name, value);
  if (answer.status !== 204) headers.push('Content-Length', String(Buffer.byteLength(answer.body)));
  if (close) headers.push('Connection', 'close');
  outgoing.writeHead(answer.status, headers);
  // Of an answer to HEAD node leaves the body out (RFC 9110, 9.3.2): the length is that of what GET would get.
  outgoing.end(answer.body);
}

/** Sends as much of an answer as it is to have, past node's own bookkeeping, and ends the connection. */
function breakOff(outgoing: ServerResponse, answer: Answer, cut: Cut): void {
  const end = (socket: Socket) => {
    const sent = beginning(answer, cut);
    if (cut.end === 'reset') {
      socket.resetAndDestroy();
    } else if (cut.end === 'stall') {
      socket.write(sent);
      const timer = setTimeout(() => socket.destroy(), cut.stall_ms ?? LIMITS.idle_ms).unref();
      socket.once('close', () => clearTimeout(timer));
    } else {
      socket.end(sent, () => socket.destroy());
    }
  };
  // Answers to earlier requests on the same connection go first.
  if (outgoing.socket) end(outgoing.socket);
  else outgoing.once('socket', end);
}

/** The bytes of an answer up to where it is cut. */
function beginning(answer: Answer, { at }: Cut): Buffer {
  if (at === 'start') return Buffer.alloc(0);
  const whole = Buffer.from(inBytes(answer.status, answer));
  const body_bytes = Buffer.byteLength(answer.body);
  const head_bytes = whole.length - body_bytes;
  if (at === 'headers') return whole.subarray(0, Math.floor(head_bytes / 2));
  return whole.subarray(0, body_bytes > 0 ? head_bytes + Math.floor(body_bytes / 2) : head_bytes - 2);
}

/** Path and query; absolute targets (as proxies send them) lose their origin, duplicate slashes collapse. */
function splitTarget(url: string): [string, string] {
  const relative = url.startsWith('/') ? url : url.replace(/^[a-z]+:\/\/[^/?]*/i, '');
  const mark = relative.indexOf('?');
  const path = (mark < 0 ? relative : relative.slice(0, mark)) || '/';
  return [path.includes('//') ? path.replace(/\/{2,}/g, '/') : path, mark < 0 ? '' : relative.slice(mark + 1)];
}

/** Resolves once the body has arrived, or is known to be too large and enough of it has been thrown away. */
function readBody(incoming: IncomingMessage, file_bytes: number | undefined): Promise<Body> {
  const most = file_bytes ?? LIMITS.body_bytes;
  const whole = (chunks: readonly Buffer[]): Body =>
    file_bytes === undefined ? decode(chunks) : { text: '', bytes: Buffer.concat(chunks) };
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= most) chunks.push(chunk);
      else chunks.length = 0;
      if (bytes > LIMITS.discard_bytes) resolve({ text: '', fault: 'too_large' });
    });
    incoming.on('end', () => resolve(bytes > most ? { text: '', fault: 'too_large' } : whole(chunks)));
    incoming.on('error', reject);
    // Every request is closed in the end; only one that is not complete was cut off.
    incoming.on('close', () => {
      if (!incoming.complete) reject(new Error('the request was cut off'));
    });
  });
}

function decode(chunks: readonly Buffer[]): Body {
  if (chunks.length === 0) return { text: '' };
  const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { text: '', fault: 'not_utf8' };
}

/** What is wrong with a request that node:http lets pass. */
function unreadable({ rawHeaders, httpVersion, headers }: IncomingMessage): Unreadable | undefined {
  let bytes = 0;
  for (const part of rawHeaders) {
    if (part.length > LIMITS.header_bytes) return 431;
    bytes += part.length;
  }
  if (bytes > LIMITS.headers_bytes) return 431;
  return httpVersion === '1.1' && headers.host === undefined ? 400 : undefined;
}

/** The requests of each connection that are not answered yet. */
const unanswered = new WeakMap<Socket, Map<ServerResponse, IncomingMessage>>();

function begun(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { socket } = incoming;
  const open = unanswered.get(socket) ?? new Map<ServerResponse, IncomingMessage>();
  unanswered.set(socket, open.set(outgoing, incoming));
  outgoing.once('close', () => open.delete(outgoing));
}

const refused = new WeakSet<Socket>();

/**
 * Answers bytes that are no request, and hangs up. Requests that came whole before them on the same connection are answered
 * first: otherwise their client would take the refusal for the answer to a request that was carried out.
 */
function answerUnreadable(status: Unreadable, socket: Socket, handlers: Handlers): void {
  // Node reports again with every further packet.
  if (refused.has(socket)) return;
  refused.add(socket);
  socket.on('error', () => socket.destroy());
  const whole = [...(unanswered.get(socket) ?? [])].filter(([, incoming]) => incoming.complete);
  let waiting = whole.length;
  const hangUp = () => {
    if (socket.writable) socket.end(inBytes(status, handlers.unreadable(status)));
    // Hanging up at once, with bytes unread, would take the answer away from the client as well.
    const timer = setTimeout(() => socket.destroy(), LIMITS.linger_ms).unref();
    socket.once('close', () => clearTimeout(timer));
  };
  for (const [outgoing] of whole) outgoing.once('close', () => --waiting === 0 && hangUp());
  if (waiting === 0) hangUp();
}

function inBytes(status: number, { headers, body }: Answer): string {
  const all = [...headers, ['Content-Length', String(Buffer.byteLength(body))], ['Connection', 'close']];
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
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
