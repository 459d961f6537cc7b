/**
 * Kvitt as processes of its own, for tests that end them the hard way: `kill -9` at a moment of nobody's choosing. And shoppers
 * who write down what they were told, so that it can be compared with what is there afterwards.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from '../../cli/testing.ts';

// ---- Chance --------------------------------------------------------------------------------------------

/** Random numbers that are the same for the same seed (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 (inclusive) to 1 (exclusive). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** An integer from `least` to `most`, both inclusive. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** True in `share` of all cases. */
  hits(share: number): boolean {
    return this.next() < share;
  }

  /** Random numbers of their own: what one shopper does must not depend on how fast another one is served. */
  fork(): Chance {
    return new Chance(this.integer(0, 0x7fffffff));
  }
}

// ---- Processes -----------------------------------------------------------------------------------------

const running = new Set<Command>();
process.once('exit', () => {
  for (const command of running) void command.stop('SIGKILL');
});

/** A `kvitt start` of its own. */
export class KvittProcess {
  readonly #command: Command;
  #url: string | undefined;

  /** Starts without waiting. @param env settings beside PORT, which is 0 */
  constructor(env: Readonly<Record<string, string>>) {
    const command = new Command(['start'], { PORT: '0', ...env });
    this.#command = command;
    running.add(command);
    void command.ended.then(() => running.delete(command));
  }

  /** Starts and waits until it listens. */
  static async start(env: Readonly<Record<string, string>>): Promise<KvittProcess> {
    const started = new KvittProcess(env);
    await started.listening();
    return started;
  }

  /** Resolves when it listens; rejects when it ends instead. */
  async listening(): Promise<void> {
    const greeting = await this.#command.says('Stop with Ctrl+C');
    this.#url = /listening at (http:\/\/\S+)/.exec(greeting)?.[1];
  }

  get url(): string {
    return this.#url ?? assert.fail('the process does not listen yet');
  }

  get hasEnded(): boolean {
    return !running.has(this.#command);
  }

  /** `kill -9`: nothing can be finished, nothing cleaned up. Resolves with what it had complained about. */
  async kill(): Promise<string> {
    return (await this.#command.stop('SIGKILL')).stderr;
  }

  /** Asks it to end and waits until it has. Resolves with what it complained about. */
  async stop(): Promise<string> {
    return (await this.#command.stop()).stderr;
  }
}

// ---- Calls ---------------------------------------------------------------------------------------------

export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const DEFAULT_CREDENTIALS = 'K000001_local:local';

/** One call; undefined when the connection broke before the whole answer was there, as it does when the server is killed. */
export function tryCall(
  url: string,
  method: string,
  path: string,
  body?: object | string,
  options: { readonly key?: string | undefined; readonly credentials?: string } = {},
): Promise<Answer | undefined> {
  const { key, credentials = DEFAULT_CREDENTIALS } = options;
  const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '');
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    'content-length': Buffer.byteLength(text),
    ...(text && { 'content-type': 'application/json' }),
    ...(key && { 'klarna-idempotency-key': key }),
  };
  return new Promise((resolve) => {
    const broken = () => resolve(undefined);
    const sent = request(url + path, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', broken);
      response.on('end', () => {
        if (!response.complete) return broken();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    sent.on('error', broken);
    sent.end(text);
  });
}

/** A call that must be answered, with this status. Resolves with the body. */
export async function call<T = Record<string, unknown>>(
  url: string,
  method: string,
  path: string,
  body?: object | string,
  options: Parameters<typeof tryCall>[4] & { readonly status?: number } = {},
): Promise<T & { readonly headers: Answer['headers'] }> {
  const { status = 200 } = options;
  const answer = await tryCall(url, method, path, body, options);
  assert.equal(answer?.status, status, `${method} ${path}: ${answer?.text ?? 'no answer'}`);
  return { ...(answer?.text ? (JSON.parse(answer.text) as T) : ({} as T)), headers: answer?.headers ?? {} };
}

/** Polls until something holds. No assertion about time: the runner's limit ends a wait for what never comes. */
export async function eventually<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await delay(50);
  }
}

// ---- A shop's endpoint for callbacks ---------------------------------------------------------------------

/** Receives callbacks and counts them by path. */
export class Receiver {
  readonly #server: Server;
  readonly received = new Map<string, number>();
  /** What is answered; undefined: nothing, ever. */
  status: number | undefined = 200;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<Receiver> {
    const server = createServer((incoming, outgoing) => {
      const path = incoming.url ?? '';
      receiver.received.set(path, (receiver.received.get(path) ?? 0) + 1);
      incoming.resume();
      if (receiver.status !== undefined) outgoing.writeHead(receiver.status).end();
    });
    const receiver = new Receiver(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

// ---- Shoppers who write down what they were told -----------------------------------------------------------

export const AMOUNT = 1_000_000;

/** 10,000.00 SEK. @param push the URL to be called when the order is placed */
export function purchase(push?: string): object {
  return {
    purchase_country: 'SE',
    purchase_currency: 'SEK',
    order_amount: AMOUNT,
    order_lines: [{ name: 'Bike', reference: 'bike', quantity: 1, unit_price: AMOUNT, total_amount: AMOUNT }],
    ...(push && { merchant_urls: { push } }),
  };
}

/** A capture or a refund that was asked for. Within an order no two are of the same amount, so that each can be recognised. */
interface Move {
  readonly kind: 'captures' | 'refunds';
  readonly amount: number;
  readonly key: string | undefined;
  /** What the server called it; undefined: the answer was lost. */
  id: string | undefined;
}

/** One purchase as far as the shopper knows. */
interface Story {
  readonly push: string | undefined;
  session_id: string;
  token?: string;
  /** Whether the order was asked for; without `order_id` the answer was lost. */
  asked: boolean;
  order_id?: string;
  readonly moves: Move[];
}

export interface OrderRead {
  readonly order_amount: number;
  readonly captured_amount: number;
  readonly refunded_amount: number;
  readonly remaining_authorized_amount: number;
  readonly status: string;
  readonly captures: readonly { capture_id: string; captured_amount: number; refunded_amount: number }[];
  readonly refunds: readonly { refund_id: string; refunded_amount: number }[];
}

const ID_HEADER = { captures: 'capture-id', refunds: 'refund-id' } as const;
const AMOUNT_FIELD = { captures: 'captured_amount', refunds: 'refunded_amount' } as const;

/** Purchases, and what their shoppers were told. */
export class Ledger {
  readonly #stories: Story[] = [];
  readonly #pushUrl: string | undefined;
  #unsettled: Story[] = [];
  #keys = 0;
  #pushes = 0;
  /** Writes that were acknowledged, and writes of which the shopper does not know whether they were carried out. */
  readonly counts = { acknowledged: 0, lost: 0 };

  /** @param pushUrl where the pushes of one order in four go */
  constructor(pushUrl?: string) {
    this.#pushUrl = pushUrl;
  }

  get orders(): readonly string[] {
    return this.#stories.flatMap(({ order_id }) => order_id ?? []);
  }

  /** The paths under `pushUrl` that must have been called. */
  get pushes(): readonly string[] {
    return this.#stories.flatMap(({ push, order_id }) => (push && order_id ? new URL(push).pathname : []));
  }

  /**
   * Buys, captures and refunds until `stop` says so. A purchase ends where an answer is lost.
   * @param urls of servers on the same data; each call goes to a random one
   */
  async shop(urls: readonly string[], chance: Chance, stop: () => boolean): Promise<void> {
    while (!stop()) if (!(await this.#buy(urls, chance, stop))) await delay(10);
  }

  /** False when an answer was lost. */
  async #buy(urls: readonly string[], chance: Chance, stop: () => boolean): Promise<boolean> {
    const url = () => urls[chance.integer(0, urls.length - 1)] ?? '';
    const push = this.#pushUrl && chance.hits(0.25) ? `${this.#pushUrl}/${++this.#pushes}` : undefined;
    const created = this.#note(await tryCall(url(), 'POST', '/payments/v1/sessions', purchase(push)), 200);
    if (!created) return false;
    const story: Story = { push, session_id: field(created, 'session_id'), asked: false, moves: [] };
    this.#stories.push(story);
    this.#unsettled.push(story);
    const path = `/control/sessions/${story.session_id}/authorize`;
    const approved = this.#note(await tryCall(url(), 'POST', path, {}), 200);
    if (!approved) return false;
    story.token = field(approved, 'authorization_token');
    story.asked = true;
    const placed = this.#note(await this.#order(url(), story), 200);
    if (!placed) return false;
    story.order_id = field(placed, 'order_id');
    const moves = chance.integer(0, 5);
    for (let i = 0; i < moves && !stop(); i++) {
      const kind = i > 0 && chance.hits(0.3) ? 'refunds' : 'captures';
      const amount = kind === 'captures' ? 10_000 + i : 100 + i;
      const key = chance.hits(0.7) ? `key-${++this.#keys}` : undefined;
      const move: Move = { kind, amount, key, id: undefined };
      story.moves.push(move);
      const done = this.#note(await this.#move(url(), story, move), 201);
      if (!done) return false;
      move.id = String(done.headers[ID_HEADER[kind]]);
    }
    return true;
  }

  #note(answer: Answer | undefined, status: number): Answer | undefined {
    if (!answer || isUnavailable(answer)) {
      this.counts.lost++;
      return undefined;
    }
    assert.equal(answer.status, status, answer.text);
    this.counts.acknowledged++;
    return answer;
  }

  #order(url: string, { token, push }: Story): Promise<Answer | undefined> {
    return tryCall(url, 'POST', `/payments/v1/authorizations/${token}/order`, purchase(push));
  }

  #move(url: string, { order_id }: Story, { kind, amount, key }: Move): Promise<Answer | undefined> {
    const path = `/ordermanagement/v1/orders/${order_id}/${kind}`;
    return tryCall(url, 'POST', path, { [AMOUNT_FIELD[kind]]: amount }, { key });
  }

  /**
   * Compares the server with what its shoppers were told since the last call, and with `samples` older purchases. What was
   * lost is asked for again, or looked up, and is known afterwards.
   */
  async verify(url: string, chance: Chance, samples = 20): Promise<void> {
    const latest = this.#unsettled;
    this.#unsettled = [];
    const older = Array.from({ length: this.#stories.length > 0 ? samples : 0 }, () => {
      return this.#stories[chance.integer(0, this.#stories.length - 1)] as Story;
    });
    await eachOf([...latest, ...older], (story) => this.#verifyStory(url, story));
  }

  /** Compares everything, and that there is no order that nobody asked for. */
  async verifyAll(url: string): Promise<void> {
    await eachOf(this.#stories, (story) => this.#verifyStory(url, story));
    const there: string[] = [];
    for (let more = true; more; ) {
      const page = await call<{ orders: { order_id: string }[] }>(
        url,
        'GET',
        `/control/orders?limit=100&after=${there.at(-1) ?? ''}`,
      );
      there.push(...page.orders.map(({ order_id }) => order_id));
      more = page.orders.length > 0;
    }
    assert.deepEqual(there.sort(), [...this.orders].sort(), 'the orders that are there are those that were asked for');
  }

  async #verifyStory(url: string, story: Story): Promise<void> {
    const { session_id, token } = story;
    if (story.asked) await this.#settleOrder(url, story);
    const session = await call(url, 'GET', `/control/sessions/${session_id}`);
    if (!story.order_id) {
      assert.equal(session.status, 'incomplete');
      if (token) assert.equal(session.authorization_token, token, 'an acknowledged authorization is there');
      return;
    }
    // Session, authorization and order are written by one unit of work: all of them or none.
    assert.equal(session.status, 'complete');
    assert.equal(session.order_id, story.order_id);
    for (const move of story.moves) await this.#settleMove(url, story, move);
    await this.#verifyOrder(url, story);
  }

  /** The same call again leads to the same order, whether or not the first one was carried out. */
  async #settleOrder(url: string, story: Story): Promise<void> {
    const answer = await this.#order(url, story);
    assert.equal(answer?.status, 200, answer?.text);
    const order_id = field(answer, 'order_id');
    if (story.order_id) assert.equal(order_id, story.order_id, 'the repeat of a create-order call');
    story.order_id = order_id;
  }

  async #settleMove(url: string, story: Story, move: Move): Promise<void> {
    if (move.key) {
      const answer = await this.#move(url, story, move);
      assert.equal(answer?.status, 201, answer?.text);
      const id = String(answer?.headers[ID_HEADER[move.kind]]);
      if (move.id) assert.equal(id, move.id, 'the repeat of a call with an idempotency key');
      move.id = id;
    } else if (!move.id) {
      const order = await call<OrderRead>(url, 'GET', `/ordermanagement/v1/orders/${story.order_id}`);
      const found = movesOf(order).filter(({ kind, amount }) => kind === move.kind && amount === move.amount);
      assert.ok(found.length <= 1, 'a write whose answer was lost was carried out once or not at all');
      move.id = found[0]?.id;
      if (!move.id) story.moves.splice(story.moves.indexOf(move), 1);
    }
  }

  async #verifyOrder(url: string, story: Story): Promise<void> {
    const order = await call<OrderRead>(url, 'GET', `/ordermanagement/v1/orders/${story.order_id}`);
    assertSums(order);
    assert.equal(order.order_amount, AMOUNT);
    const told = story.moves.map(({ kind, amount, id }) => `${kind} ${amount} ${id}`);
    const there = movesOf(order).map(({ kind, amount, id }) => `${kind} ${amount} ${id}`);
    assert.deepEqual(there.sort(), told.sort(), `order ${story.order_id}`);
  }
}

/** The answer of a server whose database is away, in Klarna's shape. */
function isUnavailable({ status, text }: Answer): boolean {
  if (status !== 503) return false;
  const { error_code, error_messages, correlation_id } = JSON.parse(text) as Record<string, unknown>;
  assert.equal(error_code, 'TEMPORARILY_UNAVAILABLE');
  assert.ok(Array.isArray(error_messages) && typeof correlation_id === 'string');
  return true;
}

/** What must hold of every order. */
export function assertSums(order: OrderRead): void {
  const { captures, refunds, captured_amount, refunded_amount, order_amount } = order;
  const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);
  assert.equal(captured_amount, sum(captures.map((capture) => capture.captured_amount)));
  assert.equal(refunded_amount, sum(refunds.map((refund) => refund.refunded_amount)));
  assert.ok(refunded_amount <= captured_amount && captured_amount <= order_amount);
  for (const capture of captures) assert.ok(capture.refunded_amount <= capture.captured_amount);
  const open = order.status === 'AUTHORIZED' || order.status === 'PART_CAPTURED';
  assert.equal(order.remaining_authorized_amount, open ? order_amount - captured_amount : 0);
  const expected = captured_amount === 0 ? 'AUTHORIZED' : captured_amount < order_amount ? 'PART_CAPTURED' : 'CAPTURED';
  if (open) assert.equal(order.status, expected);
  const ids = [...captures.map(({ capture_id }) => capture_id), ...refunds.map(({ refund_id }) => refund_id)];
  assert.equal(new Set(ids).size, ids.length);
}

function movesOf({ captures, refunds }: OrderRead): { kind: Move['kind']; amount: number; id: string }[] {
  return [
    ...captures.map(({ capture_id, captured_amount }) => ({
      kind: 'captures' as const,
      amount: captured_amount,
      id: capture_id,
    })),
    ...refunds.map(({ refund_id, refunded_amount }) => ({
      kind: 'refunds' as const,
      amount: refunded_amount,
      id: refund_id,
    })),
  ];
}

function field(answer: Answer | undefined, name: string): string {
  const value = (JSON.parse(answer?.text ?? '{}') as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : assert.fail(`no ${name} in ${answer?.text}`);
}

/** Eight at a time. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++] as T);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
