/**
 * What a JSON body may look like, as data: one description gives the check, the normalised value and the TypeScript type.
 *
 * It is lenient where deployed clients need it (null means absent, a number where a text is due becomes text, unknown
 * keys are dropped) and strict elsewhere. Faults carry a path and plain facts; each API words them in its own way.
 */
import { decimalFromMinor, minorFromDecimal } from '../money/decimal.ts';

export interface Fault {
  readonly path: readonly (string | number)[];
  readonly rule: 'missing' | 'type' | 'size' | 'range' | 'pattern';
  /** The bounds of a `size` or `range` fault. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** In plain words: what would have been right. */
  readonly expected: string;
  /** What came, shortened. */
  readonly got: string;
}

/** Where a check stands in the body, and what it found so far. */
interface Scan {
  readonly path: (string | number)[];
  readonly faults: Fault[];
}

/** Checks a present value and returns it normalised; undefined once a fault is recorded. */
export type Rule<T> = (value: unknown, scan: Scan) => T | undefined;

interface Required<T> {
  readonly required: true;
  readonly rule: Rule<T>;
}
type Fields = Readonly<Record<string, Rule<unknown> | Required<unknown>>>;

type ValueOf<R> = R extends Rule<infer T> ? T : never;
/** The type of a value that a rule accepts. */
export type Infer<R> = ValueOf<R>;
type Simplify<T> = { [K in keyof T]: T[K] };
type Shaped<F extends Fields> = Simplify<
  { [K in keyof F as F[K] extends Required<unknown> ? K : never]: F[K] extends Required<infer T> ? T : never } & {
    [K in keyof F as F[K] extends Required<unknown> ? never : K]?: F[K] extends Rule<infer T> ? T : never;
  }
>;

/** Applies a rule to a parsed body. `value` is present when there are no faults. */
export function check<T>(
  rule: Rule<T>,
  body: unknown,
): { value: T; faults?: never } | { value?: never; faults: Fault[] } {
  const scan: Scan = { path: [], faults: [] };
  const value = rule(body, scan);
  return scan.faults.length > 0 ? { faults: scan.faults } : { value: value as T };
}

export function required<T>(rule: Rule<T>): Required<T> {
  return { required: true, rule };
}

/** Text of `min` to `max` UTF-16 units, optionally of a pattern. A number is taken as its digits. */
export function text(limits: { min?: number; max?: number; pattern?: RegExp; like?: string } = {}): Rule<string> {
  const { min = 0, max = 65_535, pattern, like } = limits;
  return (value, scan) => {
    const string =
      typeof value === 'string'
        ? value
        : typeof value === 'number' && Number.isFinite(value)
          ? String(value)
          : undefined;
    if (string === undefined) return fault(scan, 'type', 'a text', value);
    if (string.length < min || string.length > max)
      return fault(scan, 'size', `${min} to ${max} characters`, value, min, max);
    if (pattern && !pattern.test(string)) return fault(scan, 'pattern', like ?? `a text like ${pattern.source}`, value);
    return string;
  };
}

/** An integer; `10000.0` is one. */
export function integer(limits: { min?: number; max?: number } = {}): Rule<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = limits;
  return (value, scan) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return fault(scan, 'type', 'an integer', value);
    if (value < min || value > max)
      return fault(scan, 'range', rangeInWords(limits), value, limits.min, limits.max ?? Number.MAX_SAFE_INTEGER);
    // Adding zero turns -0, which JSON can carry, into 0.
    return value + 0;
  };
}

/** Fifteen digits: of no longer decimal can be said that the double nearest to it is nearest to no other. */
const DECIMAL_MOST = 10 ** 15 - 1;

/**
 * A decimal of two places at the most, as a text or a number, in hundredths: `"12.50"` and `12.5` → 1250. Nothing is rounded.
 *
 * A number is read through the shortest text that stands for it. That is the text that was sent, if it had no more than fifteen digits;
 * longer ones are kept as texts by whoever parses (`parseExactly`). A value of more than fifteen digits, as `90071992547409.93`, could not
 * be a number of an answer either, so it is refused.
 * @param limits in hundredths; at most fifteen digits in any case
 */
export function decimal(limits: { min?: number; max?: number } = {}): Rule<number> {
  const { min = -DECIMAL_MOST, max = DECIMAL_MOST } = limits;
  return (value, scan) => {
    if (typeof value !== 'string' && typeof value !== 'number') return fault(scan, 'type', DECIMAL, value);
    const { amount_minor, fault: problem } = minorFromDecimal(String(value));
    if (problem === 'not_decimal') return fault(scan, 'pattern', DECIMAL, value);
    if (problem === 'too_many_decimals') return fault(scan, 'pattern', 'a decimal with at most two places', value);
    if (problem || amount_minor < min || amount_minor > max)
      return fault(scan, 'range', `a decimal from ${decimalFromMinor(min)} to ${decimalFromMinor(max)}`, value);
    return amount_minor;
  };
}
const DECIMAL = 'a decimal such as "12.50"';

export function boolean(): Rule<boolean> {
  return (value, scan) => (typeof value === 'boolean' ? value : fault(scan, 'type', 'true or false', value));
}

/** One of a list of words; with `anyCase` in any case, returned as listed. */
export function choice<const W extends string>(words: readonly W[], options: { anyCase?: boolean } = {}): Rule<W> {
  return (value, scan) => {
    const word =
      options.anyCase && typeof value === 'string'
        ? words.find((w) => w.toLowerCase() === value.toLowerCase())
        : (value as W);
    if (word !== undefined && words.includes(word)) return word;
    return fault(scan, typeof value === 'string' ? 'pattern' : 'type', `one of ${words.join(', ')}`, value);
  };
}

export function list<T>(rule: Rule<T>, limits: { min?: number; max: number }): Rule<T[]> {
  const { min = 0, max } = limits;
  return (value, scan) => {
    if (!Array.isArray(value)) return fault(scan, 'type', 'a list', value);
    if (value.length < min || value.length > max)
      return fault(scan, 'size', `${min} to ${max} entries`, `${value.length} entries`, min, max);
    const result: T[] = [];
    for (let index = 0; index < value.length; index++) {
      scan.path.push(index);
      const entry = value[index] === null ? fault(scan, 'type', 'a value', null) : rule(value[index], scan);
      if (entry !== undefined) result.push(entry as T);
      scan.path.pop();
    }
    return result;
  };
}

/** An object of known fields; unknown ones are dropped, null counts as absent. */
export function object<const F extends Fields>(fields: F): Rule<Shaped<F>> {
  const entries = Object.entries(fields).map(([name, field]) =>
    typeof field === 'function' ? { name, rule: field, required: false } : { name, rule: field.rule, required: true },
  );
  return (value, scan) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return fault(scan, 'type', 'an object', value);
    const body = value as Record<string, unknown>;
    const result: Record<string, unknown> = {};
    for (const { name, rule, required: isRequired } of entries) {
      const present = body[name];
      if (present === undefined || present === null) {
        if (isRequired) missing(scan, name);
        continue;
      }
      scan.path.push(name);
      const read = rule(present, scan);
      if (read !== undefined) result[name] = read;
      scan.path.pop();
    }
    return result as Shaped<F>;
  };
}

/** `order_lines[0].total_amount`: how Klarna Payments writes a path. */
export function bracketPath(path: readonly (string | number)[]): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}

/** `shipping_info/shipping_company`: how Order Management writes a path, without positions. */
export function slashPath(path: readonly (string | number)[]): string {
  return path.filter((step) => typeof step === 'string').join('/');
}

function missing(scan: Scan, name: string): void {
  scan.faults.push({ path: [...scan.path, name], rule: 'missing', expected: 'a value', got: 'nothing' });
}

function fault(scan: Scan, rule: Fault['rule'], expected: string, got: unknown, min?: number, max?: number): undefined {
  // Else "an integer; got 2" would leave whoever sent "2" none the wiser.
  const isText = rule === 'type' && typeof got === 'string';
  scan.faults.push({
    path: [...scan.path],
    rule,
    expected,
    got: isText ? `the text "${shorten(got)}"` : shorten(got),
    min,
    max,
  });
  return undefined;
}

function rangeInWords({ min, max }: { min?: number; max?: number }): string {
  if (min !== undefined && max !== undefined) return `an integer from ${min} to ${max}`;
  if (max !== undefined) return `an integer up to ${max}`;
  return `an integer from ${min} up`;
}

/** Enough of a value to recognise it; never a whole body. */
function shorten(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const string = typeof value === 'string' ? value : String(value);
  return string.length > 60 ? `${string.slice(0, 60)}… (${string.length} characters)` : string;
}
