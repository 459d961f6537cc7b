/** Puts probes to a server: each with a purchase of its own, so that none depends on another, several at a time. */
import { randomUUID } from 'node:crypto';
import { at, fill, inShort, type Kept, problems } from './checks.ts';
import { type Answer, Client, encodeForm, headerOf, type Sent } from './client.ts';
import type { Expectation, Probe } from './probe.ts';
import type { Keep, Request, Variation } from './request.ts';
import { type Need, STEPS, type Step, type StepCall, type StepName, USUAL } from './steps.ts';

/** A server that speaks Klarna's APIs, and an account there. */
export interface Target {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** A mock keeps nothing, so a made-up token is as good for it as one that a shopper caused. */
  readonly mock?: boolean;
  /** Probes at a time. */
  readonly concurrency: number;
}

/**
 * `not_built`: the server said 501. `not_runnable`: the server has no shopper, clock or decision for us to use, so it was not asked;
 * that is neither right nor wrong.
 */
export type Result = 'passed' | 'failed' | 'not_built' | 'not_runnable';

export interface Outcome {
  readonly probe: Probe;
  readonly result: Result;
  /** What was wrong, or what kept the probe from being put. */
  readonly problems: readonly string[];
  /** The operation that answered 501, when one did. */
  readonly missing?: string;
}

/** All outcomes, in the order of the probes. @param tell called after each */
export async function run(
  probes: readonly Probe[],
  target: Target,
  tell: (done: number) => void = () => {},
): Promise<Outcome[]> {
  const client = new Client(target.url);
  const control = await controlOf(client);
  const outcomes: Outcome[] = [];
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let index = next++; index < probes.length; index = next++) {
      const probe = probes[index] as Probe;
      outcomes[index] = await runOne(probe, { client, target, control });
      tell(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: target.concurrency }, worker));
  } finally {
    client.close();
  }
  return outcomes;
}

interface Place {
  readonly client: Client;
  readonly target: Target;
  readonly control: Control | undefined;
}

/** What a server's control API can do; undefined where there is none. */
type Control = ReadonlySet<string>;

/** Why a probe ended before its answer could be looked at. */
class Ended extends Error {
  readonly result: Exclude<Result, 'passed'>;
  readonly missing: string | undefined;

  constructor(result: Ended['result'], message: string, missing?: string) {
    super(message);
    this.result = result;
    this.missing = missing;
  }
}

async function runOne(probe: Probe, place: Place): Promise<Outcome> {
  const lacking = place.control || place.target.mock ? [] : needs(probe);
  if (lacking.length > 0) return { probe, result: 'not_runnable', problems: [`needs ${lacking.join(', ')}`] };
  try {
    const account = await openAccount(place);
    try {
      const wrong = await new Purchase(place, account, variationOf(probe)).put(probe);
      return { probe, result: wrong.length > 0 ? 'failed' : 'passed', problems: wrong };
    } finally {
      await account.close();
    }
  } catch (error) {
    if (error instanceof Ended) {
      const { result, message, missing } = error;
      return { probe, result, problems: [message], ...(missing && { missing }) };
    }
    return { probe, result: 'failed', problems: [`no answer: ${(error as Error).message}`] };
  }
}

/** The steps that lead to one, first to last. */
function pathTo(name: StepName): Step[] {
  const step = STEPS[name];
  return step.after ? [...pathTo(step.after), step] : [step];
}

/** What a probe needs besides Klarna's own APIs. */
function needs({ given, variation }: Probe): string[] {
  const calls = pathTo(given).flatMap(({ calls }) => calls);
  const asked = calls.flatMap((call) => ('control' in call ? [call.needs] : []));
  return [...new Set([...asked, ...(variation?.settings ? ['settings of the account'] : [])])];
}

function variationOf({ given, variation }: Probe): Variation & { readonly purchase: object } {
  return Object.assign({}, USUAL, ...pathTo(given).map((step) => step.variation), variation) as typeof USUAL;
}

/** The control API lists itself; a server of another kind does not. */
async function controlOf(client: Client): Promise<Control | undefined> {
  const { status, json } = await client.send({ method: 'GET', path: '/control', headers: {} });
  const operations = at(json, 'operations');
  if (status !== 200 || !Array.isArray(operations)) return undefined;
  return new Set(operations.map((each) => anonymous(`${at(each, 'method')} ${at(each, 'path')}`)));
}

/** A path without the names in it: `/orders/{order_id}` and `/orders/$order_id` are the same. */
const anonymous = (path: string): string => path.replace(/\{\w+\}|\$\w+/g, '{}');

interface Account {
  readonly authorization: string;
  readonly merchant_id?: string;
  close(): Promise<void>;
}

/** An account of the probe's own where accounts can be made, so that each has its own clock, settings and limits. */
async function openAccount({ client, target, control }: Place): Promise<Account> {
  if (!control) return { authorization: basic(target.username, target.password), close: async () => {} };
  const made = await client.send({ method: 'POST', path: '/control/merchants', headers: {} });
  const merchant_id = String(at(made.json, 'merchant_id'));
  const [username, password] = ['username', 'password'].map((name) => String(at(made.json, `credentials[0].${name}`)));
  const path = `/control/merchants/${merchant_id}`;
  return {
    authorization: basic(username ?? '', password ?? ''),
    merchant_id,
    close: async () => void (await client.send({ method: 'DELETE', path, headers: {} })),
  };
}

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** One purchase and what is known of it. */
class Purchase {
  readonly #place: Place;
  readonly #account: Account;
  readonly #variation: Variation & { readonly purchase: object };
  readonly #kept: Map<string, string>;

  constructor(place: Place, account: Account, variation: Variation & { readonly purchase: object }) {
    this.#place = place;
    this.#account = account;
    this.#variation = variation;
    this.#kept = new Map([
      ['url', place.client.url],
      ['merchant_id', account.merchant_id ?? ''],
    ]);
  }

  /** Brings the purchase to where the probe begins, puts the probe, and says what is wrong with the answers. */
  async put({ given, first = [], send, expect, keep = {}, afterwards }: Probe): Promise<string[]> {
    for (const { calls } of pathTo(given)) for (const call of calls) await this.#step(call);
    const { settings } = this.#variation;
    if (settings) await this.#control('PATCH /merchants/$merchant_id', settings);
    for (const { keep = {}, ...request } of first) await this.#must(request, keep);
    const { answer, wrong } = await this.#look(send, expect);
    if (!afterwards || wrong.length > 0) return wrong;
    this.#keep(keep, answer);
    return (await this.#look(afterwards.send, afterwards.expect)).wrong.map((problem) => `afterwards: ${problem}`);
  }

  async #step(step: StepCall): Promise<void> {
    const { body, keep = {}, status } = step;
    const made = typeof body === 'function' ? body(this.#variation) : body;
    if ('send' in step) return this.#must({ ...step.send, ...(made !== undefined && { body: made }) }, keep, status);
    const names = Object.keys(keep);
    if (this.#place.target.mock && names.length > 0) for (const name of names) this.#kept.set(name, randomUUID());
    else this.#keep(keep, await this.#control(step.control, made, step.needs));
  }

  async #control(call: string, body: object | string = {}, need: Need = 'settings of the account'): Promise<Answer> {
    const { control } = this.#place;
    if (!control) throw new Ended('failed', `cannot be put: a mock has no ${need.replace(/^an? /, '')}`);
    const operation = call.replace(' ', ' /control');
    if (!control.has(anonymous(operation))) throw new Ended('not_built', `${operation} is not built`, operation);
    const [method = '', path = ''] = fill(call, this.#kept).split(' ');
    const headers = { Authorization: this.#account.authorization, 'Content-Type': 'application/json' };
    const text = JSON.stringify(body);
    const answer = await this.#place.client.send({ method, path: `/control${path}`, headers, body: text });
    if (answer.status < 300) return answer;
    throw new Ended('failed', `cannot be put: ${operation} answered ${inShort(answer)}`);
  }

  /** A request on the way to the one that counts. */
  async #must(request: Request, keep: Keep, status?: number): Promise<void> {
    const [answer] = await this.#send(request);
    if (status === undefined ? answer.status >= 300 : answer.status !== status)
      throw new Ended('failed', `cannot be put: ${request.call} answered ${inShort(answer)}`);
    this.#keep(keep, answer);
  }

  #keep(keep: Keep, answer: Answer): void {
    for (const [name, from] of Object.entries(keep)) {
      const value = 'header' in from ? headerOf(answer, from.header) : at(answer.json, from.field);
      if (value === undefined)
        throw new Ended('failed', `cannot be put: an answer before it has no ${Object.values(from).join()}`);
      this.#kept.set(name, String(value));
    }
  }

  async #look(request: Request, expect: Expectation): Promise<{ answer: Answer; wrong: string[] }> {
    const answers = await this.#send(request);
    const statuses = [expect.status].flat();
    const answer = answers.find(({ status }) => statuses.includes(status)) ?? answers[0];
    return { answer, wrong: problems(expect, answer, this.#kept) };
  }

  /** The answers, one for each time it is sent. Ends the probe when the server says that this is not built. */
  async #send(request: Request): Promise<[Answer, ...Answer[]]> {
    const { client } = this.#place;
    const sent = this.#compose(request);
    const answers = request.burst
      ? await Promise.all(Array.from({ length: request.burst }, () => client.send(sent)))
      : [await client.sendPatiently(sent)];
    if (answers[0]?.status === 501) throw new Ended('not_built', `${request.call} is not built`, request.call);
    return answers as [Answer, ...Answer[]];
  }

  #compose({ call, body, form, headers, vars = {}, path, credentials, pad = 0 }: Request): Sent {
    const [method = '', template = ''] = call.split(' ');
    const text =
      body === undefined ? undefined : fill(typeof body === 'string' ? body : JSON.stringify(body), this.#kept);
    const encoded = form && encodeForm(form);
    const content = encoded?.body ?? text?.padEnd(pad);
    const type = encoded?.type ?? (text === undefined ? undefined : 'application/json');
    return {
      method,
      path: path === undefined ? this.#path(template, vars) : fillPath(path, this.#kept),
      headers: {
        Accept: 'application/json',
        ...(credentials !== 'none' && {
          Authorization: credentials === 'wrong' ? basic('K999999_nobody', 'wrong') : this.#account.authorization,
        }),
        ...(type && { 'Content-Type': type }),
        ...filledValues(headers, this.#kept),
      },
      ...(content !== undefined && { body: content }),
    };
  }

  #path(template: string, vars: Readonly<Record<string, string>>): string {
    return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
      encodeURIComponent(fill(vars[name] ?? this.#kept.get(name) ?? whole, this.#kept)),
    );
  }
}

function filledValues(headers: Request['headers'] = {}, kept: Kept): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value, kept)]));
}

function fillPath(path: string, kept: Kept): string {
  return path.replace(/\$[a-z_0-9]+/g, (name) => encodeURIComponent(fill(name, kept)));
}
