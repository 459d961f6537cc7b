/** Outgoing calls to a merchant's URLs, with separate limits for connecting and for the answer. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface Delivery {
  readonly url: string;
  /** '' for a call without a body. */
  readonly body: string;
  /** Besides those that every call has. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly connect_ms: number;
  readonly read_ms: number;
  /** Ends the attempt at once. */
  readonly signal?: AbortSignal;
}

/** What came back: a status, or why none did. */
export interface Delivered {
  /** 0 when there was no answer. */
  readonly status: number;
  /** The first part of the answer's body, or the reason there is none. */
  readonly detail: string;
}

/** As much of an answer as is kept; the rest is not read. */
const DETAIL_MOST = 2_000;

/** POSTs once. Never rejects: a refused connection or a time-out is an outcome like any other. Redirects are not followed. */
export function deliver({ url, body, headers: more = {}, connect_ms, read_ms, signal }: Delivery): Promise<Delivered> {
  return new Promise((resolve) => {
    const send = /^https:/i.test(url) ? httpsRequest : httpRequest;
    const headers = {
      'User-Agent': 'Kvitt',
      ...(body && { 'Content-Type': 'application/json' }),
      'Content-Length': Buffer.byteLength(body),
      ...more,
    };
    const fail = (detail: string) => resolve({ status: 0, detail });
    let request: ReturnType<typeof send>;
    try {
      request = send(url, { method: 'POST', headers, agent: false, ...(signal && { signal }) }, (response) => {
        let detail = '';
        response.setEncoding('utf8');
        const finish = () => {
          clearTimeout(timer);
          response.destroy();
          resolve({ status: response.statusCode ?? 0, detail: detail.slice(0, DETAIL_MOST) });
        };
        response.on('data', (chunk: string) => {
          detail += chunk;
          if (detail.length >= DETAIL_MOST) finish();
        });
        response.on('end', finish);
        response.on('error', finish);
      });
    } catch (error) {
      fail((error as Error).message);
      return;
    }
    const giveUp = (what: string, after_ms: number) =>
      setTimeout(() => request.destroy(new Error(`${what} within ${after_ms} ms`)), after_ms);
    let timer = giveUp('no connection', connect_ms);
    request.on('socket', (socket) => {
      const connected = () => {
        clearTimeout(timer);
        timer = giveUp('no answer', read_ms);
      };
      if (socket.connecting) socket.once('connect', connected);
      else connected();
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(error.message || error.code || 'failed');
    });
    request.end(body);
  });
}
