import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CatalogueCode, type CatalogueEntry, catalogue } from './entries.ts';
import type { Origin } from './entry.ts';

/**
 * The status catalogue, transcribed independently of the tables: code, kind, levels, frequency, tier, HTTP statuses.
 * "-" where the catalogue names no HTTP status; there the tables may add Klarna's.
 */
const STATUS_CATALOGUE = `
  AUTHORIZED order-status pending+info common T0 -
  CAPTURED order-status success common T0 -
  PART_CAPTURED order-status pending+info occasional T0 -
  CANCELLED order-status info occasional T0 -
  EXPIRED order-status error+info occasional T0 -
  CLOSED order-status info occasional T0 -
  REFUNDED order-status info occasional T0 -
  PART_REFUNDED order-status info occasional T0 -
  ACCEPTED order-status success common T0 -
  PENDING order-status pending common T0 -
  REFUSED order-status decline common T2 -
  ABANDONED order-status info occasional T0 -
  FAILED order-status error+decline occasional T0 -
  AUTH_REVERSED order-status info occasional T0 -
  DISPUTE_OPENED dispute-status info occasional T1 -
  DISPUTE_LOST dispute-status info occasional T1 -
  DISPUTE_WON dispute-status success+info occasional T1 -
  UNAVAILABLE_PAYMENT_METHOD error decline occasional T2 -
  PAYMENT_METHOD_FAILED error decline occasional T2 -
  CAPTURE_NOT_ALLOWED error error occasional T0 403
  CANCEL_NOT_ALLOWED error error occasional T0 403
  REFUND_NOT_ALLOWED error error occasional T0 403
  NOT_ALLOWED error error occasional T0 403
  NO_SUCH_ORDER error error occasional T0 404
  NO_SUCH_CAPTURE error error occasional T0 404
  NOT_FOUND error error occasional T0 400+404
  CONFLICT error error occasional T0 409
  UNPROCESSABLE_ENTITY error error common T0 422
  INVALID_ADDRESS error error occasional T0 422
  REQUEST_TOO_LARGE error error rare T0 413
  TOO_MANY_REQUESTS error error occasional T0 429
  INTERNAL_SERVER_ERROR error error occasional T0 500
  UNEXPECTED_ERROR error error occasional T0 500
  TEMPORARILY_UNAVAILABLE error error occasional T0 502+503+504
  BAD_VALUE error error common T0 -
  BAD_VALUE:locale error error occasional T0 -
  BAD_VALUE:purchase_currency error error occasional T0 -
  BAD_VALUE:order_lines_tax error error occasional T0 -
  BAD_VALUE:billing_address error error occasional T0 -
  NOT_FOUND:session error error+decline occasional T0 -
  PAYMENT_METHOD_NOT_AVAILABLE error error+decline occasional T1 -
  MISSING_RETURN_URL error error occasional T0 -
  NO_INVOICE_LINES error error occasional T0 -
  ALLOWED_CATEGORY_EMPTY error error rare T0 -
  INVALID_AUTH_TOKEN error error occasional T0 -
`;

interface Expected {
  code: string;
  kind: string;
  levels: string[];
  frequency: string;
  tier: string;
  http: number[] | undefined;
}

const expected: Expected[] = STATUS_CATALOGUE.trim()
  .split('\n')
  .map((line) => {
    const [code = '', kind = '', levels = '', frequency = '', tier = '', http = ''] = line.trim().split(' ');
    return {
      code,
      kind,
      levels: levels.split('+'),
      frequency,
      tier,
      http: http === '-' ? undefined : http.split('+').map(Number),
    };
  });

const fromSeed = catalogue.filter(({ origin }) => origin === 'seed');

/**
 * Every code by name. The compiler refuses this table if a code is missing or too many, so that adding or renaming an entry
 * is a decision made here too; the first test below does the same at run time, where types are stripped.
 */
const originOf: Record<CatalogueCode, Origin> = {
  AUTHORIZED: 'seed',
  CAPTURED: 'seed',
  PART_CAPTURED: 'seed',
  CANCELLED: 'seed',
  EXPIRED: 'seed',
  CLOSED: 'seed',
  REFUNDED: 'seed',
  PART_REFUNDED: 'seed',
  ACCEPTED: 'seed',
  PENDING: 'seed',
  REFUSED: 'seed',
  ABANDONED: 'seed',
  FAILED: 'seed',
  AUTH_REVERSED: 'seed',
  DISPUTE_OPENED: 'seed',
  DISPUTE_LOST: 'seed',
  DISPUTE_WON: 'seed',
  UNAVAILABLE_PAYMENT_METHOD: 'seed',
  PAYMENT_METHOD_FAILED: 'seed',
  CAPTURE_NOT_ALLOWED: 'seed',
  CANCEL_NOT_ALLOWED: 'seed',
  REFUND_NOT_ALLOWED: 'seed',
  NOT_ALLOWED: 'seed',
  NO_SUCH_ORDER: 'seed',
  NO_SUCH_CAPTURE: 'seed',
  NOT_FOUND: 'seed',
  CONFLICT: 'seed',
  UNPROCESSABLE_ENTITY: 'seed',
  INVALID_ADDRESS: 'seed',
  REQUEST_TOO_LARGE: 'seed',
  TOO_MANY_REQUESTS: 'seed',
  INTERNAL_SERVER_ERROR: 'seed',
  UNEXPECTED_ERROR: 'seed',
  TEMPORARILY_UNAVAILABLE: 'seed',
  BAD_VALUE: 'seed',
  'BAD_VALUE:locale': 'seed',
  'BAD_VALUE:purchase_currency': 'seed',
  'BAD_VALUE:order_lines_tax': 'seed',
  'BAD_VALUE:billing_address': 'seed',
  'NOT_FOUND:session': 'seed',
  PAYMENT_METHOD_NOT_AVAILABLE: 'seed',
  MISSING_RETURN_URL: 'seed',
  NO_INVOICE_LINES: 'seed',
  ALLOWED_CATEGORY_EMPTY: 'seed',
  INVALID_AUTH_TOKEN: 'seed',
  BAD_REQUEST: 'klarna-api',
  UNAUTHORIZED: 'klarna-api',
  INVALID_OPERATION: 'klarna-api',
  MERCHANT_INACTIVE: 'klarna-api',
  REJECTED: 'klarna-api',
  SESSION_COMPLETED: 'klarna-api',
  INVALID_ORDER_ID: 'klarna-api',
  TOKEN_SUSPENDED: 'klarna-api',
  TOKEN_CANCELED: 'klarna-api',
  TOKEN_NOT_FOUND: 'klarna-api',
  SERVICE_UNAVAILABLE: 'klarna-api',
  TIMEOUT: 'klarna-api',
  UNKNOWN: 'klarna-api',
  MISSING_CONTACT_DATA: 'klarna-api',
  CONSTRAINT_VIOLATION: 'klarna-api',
  UNSUPPORTED_COUNTRY: 'klarna-api',
  VALIDATION_ERROR: 'klarna-api',
  INVALID_CONTENT_TYPE: 'klarna-api',
  OPERATION_FORBIDDEN: 'klarna-api',
  RESOURCE_NOT_FOUND: 'klarna-api',
  RESOURCE_CONFLICT: 'klarna-api',
  RATE_LIMITED: 'klarna-api',
  INTERNAL_ERROR: 'klarna-api',
  SERVER_CONFIGURATION_ERROR: 'klarna-api',
  METHOD_NOT_ALLOWED: 'kvitt',
  UNSUPPORTED_MEDIA_TYPE: 'kvitt',
  NOT_IMPLEMENTED: 'kvitt',
};

function gradeOf(entry: CatalogueEntry | Expected) {
  return {
    code: entry.code,
    kind: entry.kind,
    levels: [...entry.levels],
    frequency: entry.frequency,
    tier: entry.tier,
  };
}

// Protects: types and data name the same codes, each once and with its origin.
test('data and types list exactly the same codes', () => {
  assert.deepEqual(Object.fromEntries(catalogue.map(({ code, origin }) => [code, origin])), originOf);
  assert.equal(catalogue.length, Object.keys(originOf).length, 'a code stands in the catalogue twice');
});

// Protects: the 45 entries of the status catalogue, their order and grades; a slip in one level or tier fails here.
test('the status catalogue is there whole: 14 order statuses, 3 dispute statuses, 28 error codes', () => {
  assert.deepEqual(fromSeed.map(gradeOf), expected.map(gradeOf));
  const count = (kind: string) => fromSeed.filter((entry) => entry.kind === kind).length;
  assert.deepEqual([count('order-status'), count('dispute-status'), count('error')], [14, 3, 28]);
});

// Protects: HTTP statuses that the status catalogue names are neither changed nor added to.
test('HTTP statuses are those of the status catalogue wherever it names any', () => {
  for (const [index, { code, http }] of expected.entries()) {
    if (http !== undefined) assert.deepEqual(fromSeed[index]?.http, http, code);
  }
});

// Protects: a reader never takes our judgement for the catalogue's, or the other way round.
test('exactly the entries beyond the status catalogue are marked as judged', () => {
  for (const entry of catalogue) assert.equal(entry.judged, entry.origin !== 'seed', entry.code);
});

// Protects: a state is never given as an HTTP answer, and every error of Klarna's API says which status it comes with.
test('states have no HTTP status; wire errors have valid ones', () => {
  for (const entry of catalogue) {
    if (entry.kind !== 'error') assert.deepEqual(entry.http, [], entry.code);
    if (entry.origin !== 'seed') assert.notEqual(entry.http.length, 0, entry.code);
    for (const status of entry.http) assert.ok(status >= 400 && status <= 599, `${entry.code}: ${status}`);
  }
});

// Protects: no entry leaves the reader without an answer, and no text was pasted from one entry into the next.
test('every entry says in its own sentences what happened and what to do', () => {
  const seen = new Map<string, string>();
  for (const { code, title, happened, action } of catalogue) {
    assert.ok(title.length > 0 && !title.endsWith('.'), `${code}: a title is no sentence`);
    for (const text of [happened, action]) {
      assert.match(text, /^[A-Z].{20,}\.$/, `${code}: "${text}"`);
      assert.equal(seen.get(text), undefined, `${code} repeats the text of ${seen.get(text)}`);
      seen.set(text, code);
    }
  }
});

// Protects: "reachable" means that a reader can type it, and "not reachable" gives a reason.
test('every entry has requests that provoke it or the reason why there are none', () => {
  const request =
    /\b(?:GET|POST|PUT|PATCH|DELETE) \/(?:payments|ordermanagement|customer-token|merchantcard|settlements|control|hpp|v4)\/\S+/;
  for (const { code, provoke } of catalogue) {
    if (!provoke.reachable) {
      assert.match(provoke.reason, /^[A-Z].{20,}\.$/, code);
      continue;
    }
    for (const step of provoke.request.split('\n')) assert.match(step, request, `${code}: ${step}`);
  }
});

// Protects: bodies in steps can be copied; a missing brace would send the reader after the wrong error.
test('complete JSON bodies in the steps parse', () => {
  const bodies = catalogue
    .flatMap(({ provoke }) => (provoke.reachable ? provoke.request.split('\n') : []))
    .map(
      (step) =>
        /^[A-Z]+ \S+ (\{.*\})$/.exec(step.replaceAll(/<[a-z_]+>/g, '1').replaceAll(/\/\{[a-z_]+\}/g, '/1'))?.[1],
    )
    .filter((body) => body !== undefined);
  assert.ok(bodies.length > 20, 'the pattern no longer finds the bodies');
  for (const body of bodies) assert.doesNotThrow(() => JSON.parse(body), body);
});

// Protects: the split between what this version can show and what it honestly cannot.
test('what is not built is not claimed to be reachable', () => {
  const unreachable = fromSeed.filter(({ provoke }) => !provoke.reachable).map(({ code }) => code);
  assert.deepEqual(unreachable, ['MISSING_RETURN_URL']);
});
