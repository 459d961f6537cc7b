/** A client that shows answers as they travelled: header names in their case, bodies as text. */
import { randomUUID } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Form } from './request.ts';

export interface Answer {
  readonly status: number;
  /** In the order and the case in which they came. */
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
  /** The parsed body; undefined when there is none, or none in JSON. */
  readonly json: unknown;
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const ANSWER_MS = 15_000;
/** How often a request over the limit is sent again, and how long it waits when the answer does not say. */
const LIMITED = { tries: 20, wait_ms: 1_000 } as const;

export class Client {
  readonly #url: URL;
  readonly #agent: HttpAgent;

  constructor(url: string) {
    this.#url = new URL(url);
    const Agent = this.#url.protocol === 'https:' ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({ keepAlive: true });
  }

  /** Without a slash at its end. */
  get url(): string {
    return this.#url.href.replace(/\/$/, '');
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Sends a request again while the server says that there were too many: the limits of an account are no probe's fault. */
  async sendPatiently(sent: Sent): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const answer = await this.send(sent);
      if (answer.status !== 429 || tries === LIMITED.tries) return answer;
      await sleep(Number(headerOf(answer, 'X-Ratelimit-Reset') ?? 0) * 1_000 || LIMITED.wait_ms);
    }
  }

  send({ method, path, headers, body }: Sent): Promise<Answer> {
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    const url = new URL(this.#url);
    return new Promise((resolve, reject) => {
      const outgoing = send(
        {
          protocol: url.protocol,
          host: url.hostname.replace(/^\[|\]$/g, ''),
          port: url.port,
          // Not parsed as a URL: a path with doubled slashes travels as it is.
          path: url.pathname.replace(/\/$/, '') + path,
          method,
          headers: withLength(headers, body),
          agent: this.#agent,
          timeout: ANSWER_MS,
        },
        (incoming) => read(incoming).then(resolve, reject),
      );
      outgoing.on('error', reject);
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${ANSWER_MS / 1_000} s`)));
      outgoing.end(body);
    });
  }
}

/** The length of the body, unless it is sent in pieces. */
function withLength(headers: Sent['headers'], body: Sent['body']): Readonly<Record<string, string>> {
  if (body === undefined || 'Transfer-Encoding' in headers) return headers;
  return { ...headers, 'Content-Length': String(Buffer.byteLength(body)) };
}

async function read(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const { rawHeaders, statusCode = 0 } = incoming;
  const headers = rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : [],
  );
  return { status: statusCode, headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A header by its name in exactly this case. */
export function headerOf({ headers }: Answer, name: string): string | undefined {
  return headers.find(([each]) => each === name)?.[1];
}

/** A multipart form as a browser or an SDK would send it. */
export function encodeForm({ file, fields = {} }: Form): { readonly type: string; readonly body: Buffer } {
  const boundary = `form-${randomUUID()}`;
  const parts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  if (file)
    parts.push(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: ${file.type}\r\n\r\n`,
    );
  const end = file ? [content(file), Buffer.from('\r\n')] : [];
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(parts.join('')), ...end, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** How files of each type begin, since servers look. */
const SIGNATURES: Readonly<Record<string, readonly number[]>> = {
  'application/pdf': [...Buffer.from('%PDF-1.4\n')],
  'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  'image/jpeg': [0xff, 0xd8, 0xff, 0xe0],
};

function content({ type, bytes }: NonNullable<Form['file']>): Buffer {
  const head = Buffer.from(SIGNATURES[type] ?? []);
  return Buffer.concat([head, Buffer.alloc(Math.max(0, bytes - head.length), 0x20)]);
}
