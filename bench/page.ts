/** The payment page until there is something to see: what the server takes for all that a browser asks for first, and its size. */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { table } from '../scripts/markdown.ts';
import { emptyFolder } from './data.ts';
import { median, ms, percentile, whole } from './numbers.ts';
import type { Options } from './options.ts';
import { KVITT_FILE } from './peers.ts';
import { type Running, startServer } from './processes.ts';
import { CREDENTIALS, PURCHASE } from './purchase.ts';
import { target } from './report.ts';

const RENDER_MOST_MS = 100;
const SIZE_MOST_KB = 60;

/** Fields of the answers to the calls that make a page. */
interface Created {
  readonly session_id: string;
  readonly client_token: string;
  readonly redirect_url: string;
}

/** A page and the call that its first render waits for. */
interface Visit {
  readonly path: string;
  readonly call: { readonly method: string; readonly path: string; readonly bearer: string };
}

interface Render {
  readonly ms: number;
  /** Answers with their headers, compressed. */
  readonly bytes: number;
}

const PAGES = {
  'payment page: a session': async (url: string): Promise<Visit> => {
    const { client_token } = await create(url, '/payments/v1/sessions', PURCHASE);
    return { path: '/checkout/pay', call: { method: 'GET', path: '/checkout/api/session', bearer: client_token } };
  },
  'hosted payment page: a link': async (url: string): Promise<Visit> => {
    const { session_id } = await create(url, '/payments/v1/sessions', PURCHASE);
    const payment_session_url = `${url}/payments/v1/sessions/${session_id}`;
    const { redirect_url } = await create(url, '/hpp/v1/sessions', { payment_session_url });
    const path = new URL(redirect_url).pathname;
    const bearer = path.slice(path.lastIndexOf('/') + 1);
    return { path, call: { method: 'POST', path: '/checkout/api/hosted/open', bearer } };
  },
} as const;
type PageName = keyof typeof PAGES;
const NAMES = Object.keys(PAGES) as PageName[];

interface Round {
  /** Right after the server's start, when nothing is prepared. */
  readonly first: Render;
  readonly later: readonly Render[];
}

export async function page(options: Options): Promise<string> {
  const rounds = new Map<PageName, Round[]>(NAMES.map((name) => [name, []]));
  for (let round = 1; round <= options.rounds; round++) {
    for (const name of NAMES) {
      const measured = await measureOne(name, options);
      rounds.get(name)?.push(measured);
      const times = measured.later.map((render) => render.ms);
      options.tell(`page, round ${round}, ${name}: ${ms(median(times))} ms, the first ${ms(measured.first.ms)} ms`);
    }
  }
  return report(rounds);
}

async function measureOne(name: PageName, { seconds, warmup_s }: Options): Promise<Round> {
  const server = await startServer(KVITT_FILE, emptyFolder('page'));
  try {
    const first = await visit(name, server);
    await visitFor(name, server, warmup_s);
    return { first, later: await visitFor(name, server, seconds) };
  } finally {
    await server.stop();
  }
}

/** One shopper after the other, each with a purchase and connections of their own. */
async function visitFor(name: PageName, server: Running, seconds: number): Promise<Render[]> {
  const renders: Render[] = [];
  for (const until = performance.now() + seconds * 1_000; performance.now() < until; )
    renders.push(await visit(name, server));
  return renders;
}

/** As a browser does it: the document, then all that it names at once, then the call that the script makes. */
async function visit(name: PageName, { url }: Running): Promise<Render> {
  const { path, call } = await PAGES[name](url);
  const agent = new Agent({ keepAlive: true });
  const ask = (way: string, headers: object = {}, method = 'GET') =>
    fetchRaw(url + way, { agent, method, headers: { 'accept-encoding': 'gzip, deflate, br', ...headers } });
  const started_ms = performance.now();
  const document = await ask(path);
  const files = await Promise.all(['/checkout/page.js', '/checkout/page.css'].map((file) => ask(file)));
  const answer = await ask(call.path, { authorization: `Bearer ${call.bearer}` }, call.method);
  const ended_ms = performance.now();
  agent.destroy();
  return { ms: ended_ms - started_ms, bytes: [document, ...files, answer].reduce((sum, bytes) => sum + bytes, 0) };
}

/** @returns the size of the answer, headers included. Rejects when it is none of a page that works. */
async function fetchRaw(url: string, options: object): Promise<number> {
  const [answer] = (await once(request(url, options).end(), 'response')) as [IncomingMessage];
  let bytes = answer.rawHeaders.reduce((sum, part) => sum + part.length + 2, 0);
  for await (const chunk of answer) bytes += (chunk as Buffer).length;
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
  return bytes;
}

async function create(url: string, path: string, body: object): Promise<Created> {
  const { username, password } = CREDENTIALS;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return (await answer.json()) as Created;
}

function report(rounds: ReadonlyMap<PageName, readonly Round[]>): string {
  const all = (name: PageName) => (rounds.get(name) ?? []).flatMap(({ later }) => later);
  const times = (name: PageName) => all(name).map((render) => render.ms);
  const firsts = (name: PageName) => (rounds.get(name) ?? []).map(({ first }) => first.ms);
  const size_kb = (name: PageName) => Math.max(...all(name).map(({ bytes }) => bytes)) / 1_000;
  const rows = NAMES.map((name) => [
    name,
    whole(all(name).length),
    ms(median(times(name))),
    ms(percentile(times(name), 0.99)),
    ms(Math.max(...times(name))),
    ms(median(firsts(name))),
    size_kb(name).toFixed(1),
  ]);
  const worst = (value: (name: PageName) => number) => Math.max(...NAMES.map(value));
  const p99_ms = worst((name) => percentile(times(name), 0.99));
  const first_ms = worst((name) => median(firsts(name)));
  const kb = worst(size_kb);
  const head = [
    'first render',
    'renders',
    'p50 ms',
    'p99 ms',
    'longest ms',
    'first after the start, ms',
    'kB, compressed',
  ];
  return [
    table(head, rows),
    '',
    target(`first render under ${RENDER_MOST_MS} ms of server time`, `p99 ${ms(p99_ms)} ms`, p99_ms < RENDER_MOST_MS),
    target(`also the first after the start`, `${ms(first_ms)} ms`, first_ms < RENDER_MOST_MS),
    target(`under ${SIZE_MOST_KB} kB in total, compressed`, `${kb.toFixed(1)} kB`, kb < SIZE_MOST_KB),
  ].join('\n');
}
