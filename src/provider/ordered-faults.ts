/**
 * Faults on order, at work: which rule a call meets, counted once over all processes, and what becomes of the call then. Faces and
 * courier ask here after they know whose call it is; handlers know nothing of it.
 *
 * ```ts
 * const strike = merchant.faults && (await faults.strike(merchant, { method, path, operation }))
 * return strike ? faults.during(strike, merchant, exchange) : carryOut()
 * ```
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Cut } from '../http/exchange.ts';
import { type OutboxMessage, type Put, read, type Store, type Work } from '../store/store.ts';
import {
  type FaultableCall,
  type FaultRule,
  isAbout,
  isSpent,
  meetCall,
  type RequestEffect,
  type Strike,
  type Tally,
} from './engine/ordered-faults.ts';
import type { Explanation } from './engine/outcome.ts';
import type { Merchant } from './engine/state.ts';
import type { World } from './world.ts';

/** A rule with what it has met so far: a record of its own, so that counting does not touch the merchant. */
export interface FaultRecord extends Tally {
  readonly rule: FaultRule;
  /** '' for a rule that holds everywhere. */
  readonly merchant_id: string;
  readonly created_at_ms: number;
  /** A callback that waits for another to overtake it, as it will be sent. */
  readonly held?: OutboxMessage;
}

/** What the log tells of a strike. */
export interface FaultNote extends Pick<FaultRule, 'fault_id' | 'name' | 'scenario' | 'effect' | 'when' | 'code'> {
  readonly nth: number;
  readonly waited_ms?: number;
}

/** What a face does with a call that is struck, in the words of its API. */
export interface Exchange {
  /** Carries the call out; the log entry holds the note. */
  carryOut(fault: FaultNote): Promise<Answer>;
  /** An error of the catalogue's. @param status one of the entry's; absent: the first */
  error(code: string, status: number | undefined): Answer;
  /** Logs a call that was not carried out, with what is sent in its place. */
  leaveOut(answer: Answer, fault: FaultNote): void;
}

interface OrderedFaultsOptions {
  readonly world: World;
  /** Resolves when the merchant's due callbacks are delivered, or after `patience_ms`. */
  settled(merchant_id: string, patience_ms: number): Promise<unknown>;
}

/** How long callbacks that a move of the clock set off may hold up the answer. */
const CATCH_UP_MS = 3_000;

export class OrderedFaults {
  readonly #world: World;
  readonly #settled: OrderedFaultsOptions['settled'];
  readonly #stopping = new AbortController();

  constructor({ world, settled }: OrderedFaultsOptions) {
    this.#world = world;
    this.#settled = settled;
  }

  /** Whoever waits goes on at once. */
  stop(): void {
    this.#stopping.abort();
  }

  /**
   * The first of a merchant's rules that strikes this call. Each rule asked counts the call, in one unit of work, so that `times` is
   * exact whoever else calls. @param hold the callback that a rule may hold back
   */
  async strike(merchant: Merchant, call: FaultableCall, hold?: OutboxMessage): Promise<Strike | undefined> {
    const { store, now } = this.#world;
    const now_ms = now() + merchant.clock_offset_ms;
    const about = (merchant.faults ?? []).filter((rule) => isAbout(rule, call, now_ms));
    if (about.length === 0) return undefined;
    const records = await Promise.all(about.map(({ fault_id }) => store.get<FaultRecord>('fault', fault_id)));
    const live = records.filter((record) => record !== undefined && !isSpent(record.rule, record));
    if (live.length === 0) return undefined;
    return store.run(() =>
      meetAll(
        live.map((record) => (record as FaultRecord).rule.fault_id),
        hold,
      ),
    );
  }

  /** A call's way when a rule struck it. */
  async during(strike: Strike, { merchant_id }: Merchant, exchange: Exchange): Promise<Answer> {
    const { rule } = strike;
    const note = faultNote(strike);
    if (rule.when === 'after') {
      const answer = await exchange.carryOut(note);
      await this.#wait(strike, merchant_id);
      return spoil(rule, answer, exchange);
    }
    await this.#wait(strike, merchant_id);
    if (rule.effect === 'delay') return exchange.carryOut(note);
    const answer = spoil(rule, NO_ANSWER, exchange);
    exchange.leaveOut(answer, note);
    return answer;
  }

  /** Lets a callback go that waited for the one that was just delivered. */
  async overtake({ merchant_id, faults = [] }: Merchant, delivered: OutboxMessage): Promise<OutboxMessage | undefined> {
    for (const { fault_id } of faults.filter(({ effect }) => effect === 'reorder')) {
      const held = await this.#world.store.run(() => letGo(fault_id, merchant_id));
      if (held && held.id !== delivered.id) return held;
    }
    return undefined;
  }

  async #wait({ rule: { wait }, wait_ms }: Strike, merchant_id: string): Promise<void> {
    if (!wait) return;
    if (wait.clock === 'merchant') {
      await this.#world.store.run(() => moveClock(merchant_id, wait_ms));
      await this.#settled(merchant_id, CATCH_UP_MS);
    } else if (wait.until) await this.#settled(merchant_id, wait_ms);
    else await pause(wait_ms, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
  }
}

/** Rules that one merchant may have of its own, and that there may be for all. */
export const FAULTS_MOST = 100;

/** The rules that hold for all merchants. */
export function everywhere(store: Store): Promise<FaultRecord[]> {
  return store.list<FaultRecord>('fault', { merchant_id: '', limit: FAULTS_MOST });
}

/** The merchant with those of its rules that `keep` keeps; without the field when that is none. */
export function withFaults({ faults = [], ...merchant }: Merchant, keep: (rule: FaultRule) => boolean): Merchant {
  const kept = faults.filter(keep);
  return kept.length > 0 ? { ...merchant, faults: kept } : merchant;
}

const NO_ANSWER: Answer = { status: 0, headers: [], body: '' };

export function faultPut(record: FaultRecord): Put {
  return { kind: 'fault', id: record.rule.fault_id, merchant_id: record.merchant_id, state: record };
}

function* meetAll(fault_ids: readonly string[], hold: OutboxMessage | undefined): Work<Strike | undefined> {
  const put: Put[] = [];
  for (const fault_id of fault_ids) {
    const record = yield* read<FaultRecord>('fault', fault_id);
    if (!record) continue;
    const { tally, strike } = meetCall(record.rule, record);
    const held = strike && record.rule.effect === 'reorder' && hold ? heldBack(hold, strike) : record.held;
    put.push(faultPut({ ...record, ...tally, ...(held && { held }) }));
    if (strike) return { answer: strike, changes: { put } };
  }
  return { answer: undefined, changes: { put } };
}

function* letGo(fault_id: string, merchant_id: string): Work<OutboxMessage | undefined> {
  const record = yield* read<FaultRecord>('fault', fault_id);
  if (!record?.held || record.held.merchant_id !== merchant_id) return { answer: undefined, changes: {} };
  const { held, ...rest } = record;
  return { answer: held, changes: { put: [faultPut(rest)] } };
}

function* moveClock(merchant_id: string, by_ms: number): Work<void> {
  const merchant = yield* read<Merchant>('merchant', merchant_id);
  if (!merchant) return { answer: undefined, changes: {} };
  const state: Merchant = { ...merchant, clock_offset_ms: merchant.clock_offset_ms + by_ms };
  return { answer: undefined, changes: { put: [{ kind: 'merchant', id: merchant_id, merchant_id, state }] } };
}

/** A callback that comes later, and is then left in peace. */
export function heldBack(message: OutboxMessage, { wait_ms }: Pick<Strike, 'wait_ms'>): OutboxMessage {
  const due_at_ms = message.due_at_ms + wait_ms;
  return { ...message, due_at_ms, state: { ...message.state, first_due_at_ms: due_at_ms, met: true } };
}

export function faultNote({ rule, nth, wait_ms }: Strike): FaultNote {
  const { fault_id, name, scenario, effect, when, code } = rule;
  return {
    fault_id,
    ...(name !== undefined && { name }),
    ...(scenario !== undefined && { scenario }),
    effect,
    when,
    ...(code !== undefined && { code }),
    nth,
    ...(rule.wait && { waited_ms: wait_ms }),
  };
}

/** Why a call was not carried out, in plain words. */
export function explainFault({ fault_id, name, effect }: FaultNote): Explanation {
  const which = name === undefined ? fault_id : `${fault_id} (${name})`;
  return {
    message: `The fault ${which} was ordered through /control/faults: ${effect}. Nothing was carried out.`,
    change: `To be rid of it: DELETE /control/faults/${fault_id}.`,
  };
}

type Spoiling = (rule: FaultRule, answer: Answer, exchange: Exchange) => Answer;

const cut =
  (at: Cut['at'], end: Cut['end'] = 'close'): Spoiling =>
  (_, answer) => ({ ...answer, cut: { at, end } });

const SPOILINGS: Readonly<Record<RequestEffect, Spoiling>> = {
  delay: (_, answer) => answer,
  error: ({ code = '', status }, _, exchange) => exchange.error(code, status),
  gateway: ({ status = 503, body = 'html' }) => ({ status, ...GATEWAYS[body](status) }),
  drop: cut('start'),
  reset: cut('start', 'reset'),
  cut_headers: cut('headers'),
  cut_body: cut('body'),
  stall: cut('body', 'stall'),
  malformed: (_, answer) => malformed(answer),
};

function spoil(rule: FaultRule, answer: Answer, exchange: Exchange): Answer {
  return SPOILINGS[rule.effect as RequestEffect](rule, answer, exchange);
}

/** A body that stops half-way although the headers say that it is whole; where there was none, the beginning of one. */
function malformed(answer: Answer): Answer {
  if (answer.body !== '') return { ...answer, body: answer.body.slice(0, Math.ceil(answer.body.length / 2)) };
  const headers = [['Content-Type', 'application/json'] as const, ...answer.headers];
  return { status: answer.status === 204 ? 200 : answer.status, headers, body: '{"' };
}

const TITLES: Readonly<Record<number, string>> = {
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Time-out',
};

/** What stands in front of Klarna answers in its own way: no correlation id, no JSON. */
const GATEWAYS: Readonly<Record<NonNullable<FaultRule['body']>, (status: number) => Omit<Answer, 'status'>>> = {
  html: (status) => ({
    headers: [['Content-Type', 'text/html']],
    body: `<html><head><title>${status} ${TITLES[status]}</title></head><body><h1>${status} ${TITLES[status]}</h1></body></html>\r\n`,
  }),
  plain: (status) => ({ headers: [['Content-Type', 'text/plain']], body: `${TITLES[status]}\n` }),
  empty: () => ({ headers: [], body: '' }),
};
