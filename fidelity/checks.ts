/** What can be expected of an answer, each kind with its one reader. A reader says what is wrong; nothing means that all is right. */
import { type Answer, headerOf } from './client.ts';
import type { Expectation, Kind, Wanted } from './probe.ts';

/** What earlier steps kept, by name. */
export type Kept = ReadonlyMap<string, string>;

type Readers = {
  readonly [K in keyof Expectation]-?: (wanted: NonNullable<Expectation[K]>, answer: Answer, kept: Kept) => string[];
};

const READERS: Readers = {
  status: (wanted, answer) => {
    const statuses = [wanted].flat();
    return statuses.includes(answer.status) ? [] : [`answered ${inShort(answer)}, not ${statuses.join(' or ')}`];
  },
  code: (wanted, answer) => [
    ...compare('error_code', at(answer.json, 'error_code'), wanted),
    ...compare('error_messages', at(answer.json, 'error_messages'), { is: 'list' }),
    ...compare('correlation_id', at(answer.json, 'correlation_id'), { is: 'text' }),
  ],
  messages: (wanted, { json }, kept) => {
    const got = sorted(at(json, 'error_messages'));
    const filled = wanted.map((message) => fill(message, kept)).sort();
    return JSON.stringify(got) === JSON.stringify(filled)
      ? []
      : [`error_messages ${show(got)}, not ${JSON.stringify(filled)}`];
  },
  bad: (wanted, { json }) => {
    const messages = at(json, 'error_messages');
    const fields = Array.isArray(messages) && messages.length === 1 ? badFields(String(messages[0])) : undefined;
    return JSON.stringify(fields) === JSON.stringify([...wanted].sort())
      ? []
      : [`error_messages ${show(messages)}, not one that names ${wanted.join(', ')}`];
  },
  headers: (wanted, answer, kept) =>
    Object.entries(wanted).flatMap(([name, value]) =>
      compare(`header ${name}`, headerOf(answer, name), filled(value, kept)),
    ),
  no_headers: (wanted, { headers }) =>
    wanted.flatMap((name) =>
      headers.some(([each]) => each.toLowerCase() === name.toLowerCase()) ? [`header ${name} is there`] : [],
    ),
  correlated: (_, answer) =>
    compare(
      'header Klarna-Correlation-Id',
      headerOf(answer, 'Klarna-Correlation-Id'),
      String(at(answer.json, 'correlation_id')),
    ),
  empty: (_, { text }) => (text === '' ? [] : [`a body where none should be: ${excerpt(text)}`]),
  fields: (wanted, { json }, kept) =>
    Object.entries(wanted).flatMap(([path, value]) => compare(path, at(json, path), filled(value, kept))),
  absent: (wanted, { json }) =>
    wanted.flatMap((path) => (at(json, path) === undefined ? [] : [`${path} is there: ${show(at(json, path))}`])),
  text: (wanted, { text }) => (wanted.test(text) ? [] : [`the body is not like ${wanted}: ${excerpt(text)}`]),
  dispute_error: ({ type, code }, { json }) => [
    ...compare('error_id', at(json, 'error_id'), { is: 'uuid' }),
    ...compare('error_type', at(json, 'error_type'), type),
    ...compare('error_code', at(json, 'error_code'), code),
    ...compare('error_message', at(json, 'error_message'), { is: 'text' }),
  ],
};

/** Everything about an answer that is not as expected. */
export function problems(expectation: Expectation, answer: Answer, kept: Kept): string[] {
  return Object.entries(expectation).flatMap(([kind, wanted]) => {
    const read = READERS[kind as keyof Expectation] as (wanted: unknown, answer: Answer, kept: Kept) => string[];
    return read(wanted, answer, kept);
  });
}

/** An answer in a few words: its status, and what an error says. */
export function inShort({ status, json, text }: Answer): string {
  const error = at(json, 'error_code');
  if (error === undefined) return `${status}${text === '' ? '' : ` ${excerpt(text)}`}`;
  return `${status} ${error} ${show(at(json, 'error_messages') ?? at(json, 'error_message'))}`;
}

/** Absent values are refused by every kind: what is looked for must be there. */
const KINDS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  uuid: (value) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(String(value)),
  text: (value) => typeof value === 'string' && value !== '',
  integer: (value) => Number.isSafeInteger(value),
  timestamp: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value)),
  midnight: (value) => /^\d{4}-\d\d-\d\dT00:00:00\.000Z$/.test(String(value)),
  list: (value) => Array.isArray(value),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  url: (value) => typeof value === 'string' && URL.canParse(value),
  jwt: (value) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(String(value)),
};

function compare(name: string, got: unknown, wanted: Wanted): string[] {
  return matches(got, wanted) ? [] : [`${name} is ${show(got)}, not ${wish(wanted)}`];
}

function matches(got: unknown, wanted: Wanted): boolean {
  if (wanted instanceof RegExp) return typeof got === 'string' && wanted.test(got);
  if (typeof wanted !== 'object' || wanted === null) return got === wanted;
  if ('is' in wanted) return got !== undefined && KINDS[wanted.is](got);
  if ('not' in wanted) return got !== undefined && got !== wanted.not;
  if ('hours_ahead' in wanted) return isAhead(Date.parse(String(got)), wanted.hours_ahead);
  return Array.isArray(got) && got.length === wanted.length;
}

const HOUR_MS = 3_600_000;
/** What clocks may differ by, and a run may take. */
const FORGIVEN_MS = 120_000;

function isAhead(time_ms: number, [from, to]: readonly [number, number]): boolean {
  const ahead_ms = time_ms - Date.now();
  return ahead_ms >= from * HOUR_MS - FORGIVEN_MS && ahead_ms <= to * HOUR_MS + FORGIVEN_MS;
}

function wish(wanted: Wanted): string {
  if (wanted instanceof RegExp) return `like ${wanted}`;
  if (typeof wanted !== 'object' || wanted === null) return JSON.stringify(wanted);
  if ('is' in wanted) return `of the kind ${wanted.is}`;
  if ('hours_ahead' in wanted) return `${wanted.hours_ahead.join(' to ')} hours ahead`;
  return 'not' in wanted ? `another than ${wanted.not}` : `${wanted.length} long`;
}

/** The value at a path such as `order_lines[0].name`. */
export function at(value: unknown, path: string): unknown {
  let current = value;
  for (const key of path.match(/[^.[\]]+/g) ?? []) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}

/** A text with what was kept in the place of `$names`. */
export function fill(text: string, kept: Kept): string {
  return text.replace(/\$([a-z_0-9]+)/g, (whole, name: string) => kept.get(name) ?? whole);
}

function filled(wanted: Wanted, kept: Kept): Wanted {
  if (typeof wanted === 'string') return fill(wanted, kept);
  if (typeof wanted === 'object' && wanted !== null && 'not' in wanted) return { not: fill(wanted.not, kept) };
  return wanted;
}

/** `Bad value: a, b` → a, b in the order of the alphabet. */
function badFields(message: string): string[] | undefined {
  return /^Bad value: (.+)$/.exec(message)?.[1]?.split(', ').sort();
}

function sorted(value: unknown): unknown {
  return Array.isArray(value) ? value.map(String).sort() : value;
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : excerpt(JSON.stringify(value));
}

const excerpt = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text).replace(/\s+/g, ' ');
