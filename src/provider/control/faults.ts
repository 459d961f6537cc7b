/** Faults on order: rules that say what is to go wrong, for one merchant or for all. */
import { randomInt } from 'node:crypto';
import { catalogue, lookup, suggest } from '../../catalogue/index.ts';
import { type Put, read, type Work } from '../../store/store.ts';
import { boolean, choice, type Infer, integer, type Rule, required, text } from '../../wire/shape.ts';
import {
  ANSWER_EFFECTS,
  CALLBACK_EFFECTS,
  FAULT_EFFECTS,
  type FaultRule,
  type FaultWait,
  GATEWAY_BODIES,
  REQUEST_EFFECTS,
} from '../engine/ordered-faults.ts';
import { HOUR_MS, type Merchant } from '../engine/state.ts';
import { unknownOperation } from '../faultable.ts';
import { isOrderable } from '../klarna/ordered-errors.ts';
import { everywhere, FAULTS_MOST, type FaultRecord, faultPut, withFaults } from '../ordered-faults.ts';
import { DELIVERY_RULES } from '../outbox.ts';
import type { World } from '../world.ts';
import { addDuration } from './duration.ts';
import type { MerchantControl } from './merchants.ts';
import { type ControlCall, type ControlOptions, type ControlReply, closed, ok, problem, readAs } from './reply.ts';

/** Nobody waits longer than Klarna would let them: its idle time-out. */
const REAL_WAIT_MOST_MS = 60_000;
/** Moves of a merchant's clock, and delays of callbacks. */
const MERCHANT_WAIT_MOST_MS = 30 * 24 * HOUR_MS;
/** How long a callback that is to be overtaken waits for another, unless told otherwise. */
const OVERTAKEN_WITHIN_MS = 60_000;
const SEED_MOST = 2 ** 32 - 1;

const fraction = (): Rule<number> => (value, scan) => {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  scan.faults.push({
    path: [...scan.path],
    rule: 'range',
    expected: 'above 0, at most 1',
    got: String(value).slice(0, 60),
  });
  return undefined;
};

const ms = () => integer({ min: 0, max: MERCHANT_WAIT_MOST_MS });

const ruleFields = {
  name: text({ min: 1, max: 100 }),
  on: closed({
    method: choice(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], { anyCase: true }),
    path: text({ max: 300, pattern: /^\//, like: 'a path, /ordermanagement/v1/orders/*/captures' }),
    operation: text({ max: 60 }),
    callback: choice(['any', ...Object.keys(DELIVERY_RULES).filter((rule) => rule !== 'follower')]),
  }),
  effect: required(choice(FAULT_EFFECTS)),
  when: choice(['before', 'after']),
  code: text({ max: 60 }),
  status: integer({ min: 400, max: 599 }),
  body: choice(GATEWAY_BODIES),
  wait: closed({
    ms: ms(),
    min_ms: ms(),
    max_ms: ms(),
    clock: choice(['real', 'merchant']),
    until: choice(['callbacks']),
  }),
  skip: integer({ min: 0, max: 1_000_000 }),
  times: integer({ min: 1, max: 1_000_000 }),
  probability: fraction(),
  seed: integer({ min: 0, max: SEED_MOST }),
  for: text({ max: 64 }),
};
const wantedRule = closed({ ...ruleFields, merchant_id: text({ max: 64 }), all: boolean() });
const rule = closed(ruleFields);
/** A rule as it is ordered. */
export type WantedFault = Infer<typeof rule>;

type Checked =
  | { readonly rule: Omit<FaultRule, 'fault_id'>; readonly refused?: never }
  | { readonly refused: ControlReply };

export class FaultControl {
  readonly #world: World;
  readonly #merchants: MerchantControl;

  constructor({ world }: ControlOptions, merchants: MerchantControl) {
    this.#world = world;
    this.#merchants = merchants;
  }

  async create(call: ControlCall): Promise<ControlReply> {
    const { value, refused } = readAs(wantedRule, call.body);
    if (refused) return refused;
    const { all, merchant_id, ...wanted } = value;
    if (all && merchant_id !== undefined) return bad('Send merchant_id or all, not both');
    const { merchant, refused: unknown } = await this.#merchants.addressed(call);
    if (unknown) return unknown;
    return all ? this.#orderEverywhere(wanted) : this.order(merchant, [wanted]);
  }

  /** Orders rules for one merchant. @param more changes the merchant in the same step */
  async order(
    { merchant_id }: Merchant,
    wanted: readonly WantedFault[],
    scenario?: string,
    more: (merchant: Merchant) => Merchant = (merchant) => merchant,
  ): Promise<ControlReply> {
    const { rules, refused } = this.#checked(wanted, scenario);
    if (refused) return refused;
    const { now } = this.#world;
    const made = await this.#world.store.run(function* (): Work<FaultRecord[] | 'gone' | 'full'> {
      const merchant = yield* read<Merchant>('merchant', merchant_id);
      if (!merchant) return { answer: 'gone', changes: {} };
      const own = merchant.faults?.filter((each) => !each.everywhere) ?? [];
      if (own.length + rules.length > FAULTS_MOST) return { answer: 'full', changes: {} };
      const now_ms = now() + merchant.clock_offset_ms;
      const timed = rules.map((each, index) => withEnd(each, wanted[index]?.for, now_ms));
      const records = timed.map((each) => newRecord(each, merchant_id, now()));
      const state = more({ ...merchant, faults: [...(merchant.faults ?? []), ...timed] });
      return { answer: records, changes: { put: [merchantPut(state), ...records.map(faultPut)] } };
    });
    if (made === 'gone') return problem(404, 'NOT_FOUND', `There is no merchant ${merchant_id}`);
    if (made === 'full') return FULL;
    const views = made.map(view);
    return ok(scenario === undefined ? (views[0] ?? {}) : { scenario, faults: views }, 201);
  }

  async #orderEverywhere(wanted: WantedFault): Promise<ControlReply> {
    const { rules, refused } = this.#checked([wanted]);
    if (refused) return refused;
    const { store, now } = this.#world;
    if ((await everywhere(store)).length >= FAULTS_MOST) return FULL;
    const base: FaultRule = { ...(rules[0] as FaultRule), everywhere: true };
    const record = newRecord(base, '', now());
    await store.run(function* (): Work<void> {
      return { answer: undefined, changes: { put: [faultPut(record)] } };
    });
    await this.#eachMerchant((merchant) => {
      const timed = withEnd(base, wanted.for, now() + merchant.clock_offset_ms);
      return { ...merchant, faults: [...(merchant.faults ?? []), timed] };
    });
    return ok(view(record), 201);
  }

  async list(call: ControlCall): Promise<ControlReply> {
    const { merchant, refused } = await this.#merchants.addressed(call);
    if (refused) return refused;
    const { merchant_id, faults = [] } = merchant;
    const records = await Promise.all(faults.map(({ fault_id }) => this.#record(fault_id)));
    return ok({ merchant_id, faults: records.filter((record) => record !== undefined).map(view) });
  }

  async read({ params }: ControlCall): Promise<ControlReply> {
    const record = await this.#record(params.fault_id ?? '');
    return record ? ok(view(record)) : unknownFault(params.fault_id);
  }

  async remove({ params }: ControlCall): Promise<ControlReply> {
    const record = await this.#record(params.fault_id ?? '');
    if (!record) return unknownFault(params.fault_id);
    await this.#remove([record]);
    return ok({ removed: [record.rule.fault_id] });
  }

  /** All of a merchant's own; with `?all=true` those for all merchants instead. */
  async clear(call: ControlCall): Promise<ControlReply> {
    const { merchant, refused } = await this.#merchants.addressed(call);
    if (refused) return refused;
    const records =
      call.request.query.get('all') === 'true'
        ? await everywhere(this.#world.store)
        : await this.#world.store.list<FaultRecord>('fault', { merchant_id: merchant.merchant_id, limit: FAULTS_MOST });
    await this.#remove(records);
    return ok({ removed: records.map((record) => record.rule.fault_id) });
  }

  #record(fault_id: string): Promise<FaultRecord | undefined> {
    return this.#world.store.get<FaultRecord>('fault', fault_id.toLowerCase());
  }

  async #remove(records: readonly FaultRecord[]): Promise<void> {
    const gone = new Set(records.map((record) => record.rule.fault_id));
    const without = (merchant: Merchant) => withFaults(merchant, (each) => !gone.has(each.fault_id));
    const owners = new Set(records.map(({ merchant_id }) => merchant_id));
    if (owners.has('')) await this.#eachMerchant(without);
    for (const owner of owners) if (owner !== '') await this.#merchants.change(owner, without);
    await this.#world.store.run(function* (): Work<void> {
      return { answer: undefined, changes: { remove: [...gone].map((id) => ({ kind: 'fault' as const, id })) } };
    });
  }

  async #eachMerchant(make: (merchant: Merchant) => Merchant): Promise<void> {
    for (let after = ''; ; ) {
      const page = await this.#world.store.list<Merchant>('merchant', { after, limit: 100 });
      for (const { merchant_id } of page) await this.#merchants.change(merchant_id, make);
      if (page.length < 100) return;
      after = page.at(-1)?.merchant_id ?? '';
    }
  }

  #checked(wanted: readonly WantedFault[], scenario?: string): { rules: FaultRule[]; refused?: ControlReply } {
    const rules: FaultRule[] = [];
    for (const each of wanted) {
      const checked = checkRule(each);
      if (checked.refused) return { rules, refused: checked.refused };
      rules.push({ fault_id: this.#world.id(), ...(scenario !== undefined && { scenario }), ...checked.rule });
    }
    return { rules };
  }
}

function bad(message: string): ControlReply {
  return problem(400, 'BAD_VALUE', message);
}

const FULL = problem(409, 'CONFLICT', `A merchant has at most ${FAULTS_MOST} faults on order; DELETE /control/faults`);

function unknownFault(fault_id = ''): ControlReply {
  return problem(404, 'NOT_FOUND', `There is no fault ${fault_id.slice(0, 80)}; GET /control/faults lists them`);
}

function merchantPut(state: Merchant): Put {
  return { kind: 'merchant', id: state.merchant_id, merchant_id: state.merchant_id, state };
}

function newRecord(each: FaultRule, merchant_id: string, created_at_ms: number): FaultRecord {
  return { rule: each, merchant_id, created_at_ms, matched: 0, fired: 0 };
}

function withEnd(each: FaultRule, duration: string | undefined, now_ms: number): FaultRule {
  const ends_at_ms = duration === undefined ? undefined : addDuration(now_ms, duration);
  return ends_at_ms === undefined ? each : { ...each, ends_at_ms };
}

/** The rule with its defaults, or what does not fit together. */
function checkRule(wanted: WantedFault): Checked {
  const { for: duration, wait, when, ...given } = wanted;
  const message = contradictionIn(wanted);
  if (message !== undefined) return { refused: bad(message) };
  const read_wait = waitOf(wanted);
  return {
    rule: {
      ...given,
      on: given.on ?? {},
      when: when ?? (ANSWER_EFFECTS.includes(given.effect) ? 'after' : 'before'),
      ...(read_wait && { wait: read_wait }),
      skip: given.skip ?? 0,
      probability: given.probability ?? 1,
      seed: given.seed ?? randomInt(SEED_MOST),
      ...(given.code !== undefined && { code: lookup(given.code)?.code ?? given.code }),
    },
  };
}

function waitOf({ wait, effect, on }: WantedFault): FaultWait | undefined {
  if (!wait) return effect === 'reorder' ? between(OVERTAKEN_WITHIN_MS, OVERTAKEN_WITHIN_MS, 'merchant') : undefined;
  const { ms: exactly, min_ms = exactly ?? 0, max_ms = exactly ?? min_ms } = wait;
  const clock = wait.clock ?? (on?.callback === undefined ? 'real' : 'merchant');
  return { ...between(min_ms, max_ms, clock), ...(wait.until && { until: wait.until }) };
}

function between(min_ms: number, max_ms: number, clock: FaultWait['clock']): FaultWait {
  return { min_ms, max_ms, clock };
}

/** What keeps a rule from making sense, in the order in which it is looked for. */
const CONTRADICTIONS: readonly ((wanted: WantedFault) => string | false | undefined)[] = [
  ({ on, effect }) =>
    on?.callback !== undefined && !among(CALLBACK_EFFECTS, effect) && oneOf('callbacks', effect, CALLBACK_EFFECTS),
  ({ on, effect }) =>
    on?.callback === undefined && !among(REQUEST_EFFECTS, effect) && oneOf('requests', effect, REQUEST_EFFECTS),
  ({ on }) =>
    on?.callback !== undefined &&
    (on.method ?? on.path ?? on.operation) !== undefined &&
    'A rule about callbacks has no method, path or operation',
  ({ on }) => on?.operation !== undefined && unknownOperation(on.operation),
  ({ on, when }) => on?.callback !== undefined && when !== undefined && 'A rule about callbacks has no when',
  ({ effect, when }) =>
    ANSWER_EFFECTS.includes(effect) && when === 'before' && `${effect} spoils an answer, so it can only come after`,
  ({ effect, code }) => (effect === 'error') !== (code !== undefined) && 'effect error, and no other, has a code',
  ({ code }) => code !== undefined && unknownCode(code),
  ({ code, status }) => code !== undefined && status !== undefined && unfitStatus(code, status),
  ({ effect, status }) =>
    effect === 'gateway' &&
    status !== undefined &&
    !GATEWAY_STATUSES.includes(status) &&
    'A gateway answers 502, 503 or 504',
  ({ effect, status }) =>
    status !== undefined && effect !== 'error' && effect !== 'gateway' && `${effect} has no status`,
  ({ effect, body }) => body !== undefined && effect !== 'gateway' && `${effect} has no body`,
  ({ effect, wait }) => effect === 'delay' && !wait && 'delay needs a wait: {"wait":{"ms":1500}}',
  ({ wait }) => wait && wrongBounds(wait),
  (wanted) => wrongClock(wanted),
  ({ for: duration }) =>
    duration !== undefined &&
    addDuration(0, duration) === undefined &&
    `${duration} is no ISO 8601 duration like PT10M`,
];

const GATEWAY_STATUSES: readonly number[] = [502, 503, 504];

function contradictionIn(wanted: WantedFault): string | undefined {
  for (const find of CONTRADICTIONS) {
    const message = find(wanted);
    if (message) return message;
  }
  return undefined;
}

function among(words: readonly string[], word: string): boolean {
  return words.includes(word);
}

function oneOf(what: string, effect: string, effects: readonly string[]): string {
  return `${effect} does not happen to ${what}; what does: ${effects.join(', ')}`;
}

function unknownCode(code: string): string | undefined {
  if (isOrderable(code)) return undefined;
  if (lookup(code)) return `${code} is no error that an API answers; those are: ${ORDERABLE}`;
  const near = suggest(code);
  return `The catalogue has no ${code}${near.length > 0 ? `; did you mean ${near.join(', ')}?` : ''}`;
}

const ORDERABLE = catalogue
  .filter(({ code }) => isOrderable(code))
  .map(({ code }) => code)
  .join(', ');

function unfitStatus(code: string, status: number): string | undefined {
  const statuses = lookup(code)?.http ?? [];
  return statuses.includes(status) ? undefined : `${code} travels with ${statuses.join(', ')}, not with ${status}`;
}

function wrongBounds({ ms: exactly, min_ms, max_ms }: NonNullable<WantedFault['wait']>): string | undefined {
  if (exactly !== undefined && (min_ms ?? max_ms) !== undefined) return 'wait has ms, or min_ms and max_ms';
  if ((min_ms === undefined) !== (max_ms === undefined)) return 'wait has min_ms and max_ms, or ms alone';
  if (exactly === undefined && min_ms === undefined) return 'wait says how long: ms, or min_ms and max_ms';
  return (min_ms ?? 0) > (max_ms ?? 0) ? `min_ms ${min_ms} is above max_ms ${max_ms}` : undefined;
}

function wrongClock({ wait, on, when }: WantedFault): string | undefined {
  if (!wait) return undefined;
  if (on?.callback !== undefined)
    return wait.until || wait.clock === 'real' ? 'Callbacks wait by the merchant’s clock' : undefined;
  if (wait.until && (when !== 'after' || wait.clock === 'merchant'))
    return 'until callbacks is for answers: it needs when after, and waits in real time';
  const most_ms = wait.max_ms ?? wait.ms ?? 0;
  if (wait.clock === 'merchant' || most_ms <= REAL_WAIT_MOST_MS) return undefined;
  return `${most_ms} ms is too long to wait for; at most ${REAL_WAIT_MOST_MS}, or let "clock":"merchant" move on instead`;
}

function view({
  rule: { everywhere: all, ends_at_ms, ...each },
  merchant_id,
  created_at_ms,
  matched,
  fired,
}: FaultRecord): object {
  return {
    ...each,
    ...(all ? { all: true } : { merchant_id }),
    created_at: new Date(created_at_ms).toISOString(),
    ...(ends_at_ms !== undefined && { ends_at: new Date(ends_at_ms).toISOString() }),
    matched,
    fired,
  };
}
