/** The request log: what clients asked, what they were answered, why, and what was called back. */
import { lookup } from '../../catalogue/index.ts';
import type { LogEntry, LogQuery } from '../../store/store.ts';
import type { HostedSession, Order, Session } from '../engine/state.ts';
import type { MerchantControl } from './merchants.ts';
import { type ControlCall, type ControlOptions, type ControlReply, ok, problem } from './reply.ts';

const LIMIT_DEFAULT = 50;
const LIMIT_MOST = 1_000;
/** The store finds entries by id, subject and time; by anything else they are picked from so many of the newest. */
const LOOK_THROUGH = 5_000;

/** What the log can be asked for. An order's entries are those of its session as well, and the other way round. */
export const LOG_FILTERS = [
  'order_id',
  'session_id',
  'merchant_id',
  'correlation_id',
  'from',
  'to',
  'direction',
  'status',
  'code',
  'path',
  'limit',
] as const;

export class LogControl {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  async find({ request: { query } }: ControlCall): Promise<ControlReply> {
    const unknown = [...query.keys()].find((name) => !LOG_FILTERS.some((known) => known === name));
    if (unknown)
      return problem(
        400,
        'BAD_VALUE',
        `The log has no filter ${unknown.slice(0, 60)}; it has ${LOG_FILTERS.join(', ')}`,
      );
    const [from_ms, to_ms] = [time(query.get('from')), time(query.get('to'))];
    if (Number.isNaN(from_ms) || Number.isNaN(to_ms))
      return problem(400, 'BAD_VALUE', 'from and to are ISO 8601 dates, 2027-01-01T00:00:00Z');
    const limit = Math.min(Math.max(Math.floor(Number(query.get('limit'))) || LIMIT_DEFAULT, 1), LIMIT_MOST);
    const picks = PICKS.filter(({ name }) => query.has(name));
    const wanted: LogQuery = {
      merchant_id: query.get('merchant_id') ?? undefined,
      id: query.get('correlation_id')?.toLowerCase(),
      from_ms,
      to_ms,
      limit: picks.length > 0 ? LOOK_THROUGH : limit,
    };
    const found = (await this.#entries(wanted, query))
      .filter((entry) => picks.every(({ name, fits }) => fits(entry, query.get(name) ?? '')))
      .slice(0, limit);
    return ok({ entries: found.map(view) });
  }

  async #entries(wanted: LogQuery, query: URLSearchParams): Promise<LogEntry[]> {
    const { store } = this.#options.world;
    const asked = query.get('order_id') ?? query.get('session_id');
    if (asked === null) return store.log(wanted);
    const subjects = await this.#purchase(asked.toLowerCase());
    const found = await Promise.all(subjects.map((subject) => store.log({ ...wanted, subject })));
    return found
      .flat()
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, wanted.limit);
  }

  /** Session and order of one purchase, by the id of either, or of a hosted session. */
  async #purchase(asked: string): Promise<string[]> {
    const { store } = this.#options.world;
    const id = (await store.get<HostedSession>('hosted', asked))?.session_id ?? asked;
    const [order, session] = await Promise.all([store.get<Order>('order', id), store.get<Session>('session', id)]);
    return [id, order?.session_id ?? session?.order_id].filter((each) => each !== undefined);
  }

  async read({ params }: ControlCall): Promise<ControlReply> {
    const id = (params.correlation_id ?? '').toLowerCase();
    const [entry] = await this.#options.world.store.log({ id, limit: 1 });
    return entry ? ok(view(entry)) : problem(404, 'NOT_FOUND', `No exchange has the correlation id ${id.slice(0, 80)}`);
  }

  async waiting(call: ControlCall, merchants: MerchantControl): Promise<ControlReply> {
    const { merchant, refused } = await merchants.addressed(call);
    if (refused) return refused;
    return ok({
      merchant_id: merchant.merchant_id,
      waiting: await this.#options.world.store.waiting(merchant.merchant_id),
    });
  }
}

/** Filters that are looked for entry by entry. */
const PICKS: readonly { name: (typeof LOG_FILTERS)[number]; fits: (entry: LogEntry, wanted: string) => boolean }[] = [
  { name: 'direction', fits: ({ direction }, wanted) => direction === wanted },
  // `4xx` stands for all of its hundred; 0 is a call that got no answer.
  {
    name: 'status',
    fits: ({ status }, wanted) =>
      wanted.toLowerCase() === String(status) || wanted.toLowerCase() === `${String(status)[0]}xx`,
  },
  { name: 'code', fits: ({ note }, wanted) => note !== '' && codeIn(note) === (lookup(wanted)?.code ?? wanted) },
  { name: 'path', fits: ({ path }, wanted) => path.includes(wanted) },
];

function codeIn(note: string): string | undefined {
  return (JSON.parse(note) as { code?: string }).code;
}

/** Undefined when not asked for, NaN when not a date. */
function time(value: string | null): number | undefined {
  return value === null ? undefined : Date.parse(value);
}

function view(entry: LogEntry): object {
  const { id, at_ms, subject, note, request, response, ...rest } = entry;
  return {
    correlation_id: id,
    at: new Date(at_ms).toISOString(),
    ...rest,
    ...(subject && { about: subject }),
    ...(note && (JSON.parse(note) as object)),
    ...(request && { request: parsed(request) }),
    ...(response && { response: parsed(response) }),
  };
}

/** Levels that no real body has. What is nested without measure could be parsed, but not written again. */
const DEPTH_MOST = 100;

/** JSON as JSON, so that it reads well; anything else as the text it is. */
function parsed(text: string): unknown {
  try {
    return isDeep(text) ? text : JSON.parse(text);
  } catch {
    return text;
  }
}

function isDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') inString = !inString;
    else if (inString) i += char === '\\' ? 1 : 0;
    else if (char === '[' || char === '{') depth++;
    else if (char === ']' || char === '}') depth--;
    if (depth > DEPTH_MOST) return true;
  }
  return false;
}
