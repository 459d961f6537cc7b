import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../testing.ts';
import { callbackUrl, UUID } from './common.ts';
import { orderCreate, sessionCreate, sessionUpdate } from './klarna-payments.ts';
import * as om from './order-management.ts';
import {
  boolean,
  bracketPath,
  check,
  choice,
  decimal,
  type Fault,
  integer,
  list,
  object,
  type Rule,
  required,
  slashPath,
  text,
} from './shape.ts';

/** Every body that a client can send. */
const BODIES: Readonly<Record<string, Rule<unknown>>> = {
  sessionCreate,
  sessionUpdate,
  orderCreate,
  capture: om.capture,
  refund: om.refund,
  authorizationUpdate: om.authorizationUpdate,
  merchantReferences: om.merchantReferences,
  customerDetails: om.customerDetails,
  shippingInfoAppend: om.shippingInfoAppend,
  dueDateExtension: om.dueDateExtension,
};

const LINE = { name: 'Shoe', quantity: 1, unit_price: 100, total_amount: 100 };
const PURCHASE = { purchase_country: 'SE', purchase_currency: 'SEK', order_amount: 100, order_lines: [LINE] };

/** The faults as `rule path`, in short. */
function faultsOf(rule: Rule<unknown>, body: unknown): string[] {
  return (check(rule, body).faults ?? []).map((fault) => `${fault.rule} ${bracketPath(fault.path)}`);
}

// ---- Any body at all ---------------------------------------------------------------------------------------------

const NAMES = [
  ...['purchase_country', 'purchase_currency', 'locale', 'order_amount', 'order_tax_amount', 'order_lines', 'customer'],
  ...['billing_address', 'shipping_address', 'merchant_urls', 'merchant_reference1', 'options', 'attachment', 'intent'],
  ...['name', 'quantity', 'unit_price', 'total_amount', 'tax_rate', 'type', 'reference', 'email', 'country', 'phone'],
  ...['captured_amount', 'refunded_amount', 'description', 'shipping_info', 'shipping_company', 'number_of_days'],
  ...['auto_capture', 'product_identifiers', 'brand', 'subscription', 'interval', 'interval_count', 'push', 'body'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'toJSON', 'tracking_url', ''],
];
const HOSTILE = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'toJSON'];

const leaf = fc.oneof(
  fc.constantFrom(null, true, false, 0, -0, 1, 100, 10_000.0, 0.5, 1e21, 2 ** 53, -(2 ** 53), Infinity, ''),
  fc.constantFrom('SE', 'se', 'SEK', 'sv-SE', 'https://shop.example/x', 'person', 'DAY', 'buy', '2000-01-31', 'Home'),
  fc.integer(),
  fc.double(),
  fc.string({ maxLength: 12 }),
);

/** JSON whose keys are mostly the right ones, at mostly wrong places. Made as text is: `__proto__` is a key like any other. */
const { body: anyBody } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('list'), tie('body')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  body: fc.array(fc.tuple(fc.constantFrom(...NAMES), tie('value')), { maxLength: 8 }).map((entries) => {
    const made = {};
    for (const [key, value] of entries)
      Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
    return made;
  }),
}));

/** A body that is right but for what is mixed in. */
const nearlyRight = anyBody.map((extra) => {
  const kept = Object.entries(extra as object).filter(([key]) => !(key in PURCHASE));
  return { ...PURCHASE, ...Object.fromEntries(kept) };
});
const ruleNames = fc.constantFrom(...Object.keys(BODIES));
const ruleNamed = (name: string) => BODIES[name] as Rule<unknown>;

/** Every key of a value, at every depth. */
function keysWithin(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : Reflect.ownKeys(value).map(String);
  return [...own, ...Object.values(value).flatMap(keysWithin)];
}

test('a body is either taken or refused with faults, never both, and never throws', async () => {
  await fuzz(
    fc.property(ruleNames, fc.oneof(anyBody, nearlyRight, leaf), (name, body) => {
      const { value, faults } = check(ruleNamed(name), body);
      assert.equal(value === undefined, faults !== undefined);
      for (const fault of faults ?? []) {
        assert.ok(
          fault.expected.length > 0 && fault.got.length < 120,
          'a fault says what was expected, and never a body',
        );
      }
    }),
    1000,
  );
});

test('a value that was taken is taken again and stays the same: normalising twice is normalising once', async () => {
  let taken = 0;
  await fuzz(
    fc.property(ruleNames, fc.oneof(anyBody, nearlyRight), (name, body) => {
      const rule = ruleNamed(name);
      const { value } = check(rule, body);
      if (value === undefined) return;
      taken++;
      assert.deepEqual(check(rule, value), { value });
      assert.deepEqual(check(rule, JSON.parse(JSON.stringify(value))), { value }, 'after a JSON round trip too');
    }),
    1500,
  );
  assert.ok(taken > 0, 'some bodies must be good, or this says nothing');
});

test('unknown keys and the names of Object.prototype never come through, at any depth, nor reach other objects', async () => {
  await fuzz(
    fc.property(ruleNames, fc.oneof(anyBody, nearlyRight), (name, body) => {
      const { value } = check(ruleNamed(name), body);
      for (const key of keysWithin(value))
        assert.ok(!HOSTILE.includes(key) && key !== 'tracking_url' && key !== '', key);
      if (value !== undefined) assert.equal(Object.getPrototypeOf(value), Object.prototype);
      assert.deepEqual(Object.keys(Object.prototype), []);
    }),
    1000,
  );
});

test('a "__proto__" key cannot stand in for the fields that are missing', () => {
  const body: unknown = JSON.parse(`{"__proto__": ${JSON.stringify(PURCHASE)}, "polluted": true}`);
  assert.deepEqual(faultsOf(sessionCreate, body), [
    'missing purchase_country',
    'missing purchase_currency',
    'missing order_amount',
    'missing order_lines',
  ]);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('null counts as absent, wherever it stands: optional fields vanish, required ones are missing', () => {
  const { value } = check(sessionUpdate, {
    options: null,
    billing_address: { phone: null, city: 'Umeå' },
    locale: null,
  });
  assert.deepEqual(value, { billing_address: { city: 'Umeå' } });
  assert.deepEqual(faultsOf(om.capture, { captured_amount: null }), ['missing captured_amount']);
  assert.deepEqual(faultsOf(sessionCreate, { ...PURCHASE, order_lines: [{ ...LINE, name: null }] }), [
    'missing order_lines[0].name',
  ]);
  assert.deepEqual(faultsOf(sessionCreate, { ...PURCHASE, order_lines: [null] }), ['type order_lines[0]']);
});

test('a number where a text is due is taken as its digits, as deployed shops send references', () => {
  assert.deepEqual(check(om.merchantReferences, { merchant_reference2: 4711 }).value, { merchant_reference2: '4711' });
  assert.deepEqual(check(om.shippingInfoAppend, { shipping_info: [{ tracking_number: 12345 }] }).value, {
    shipping_info: [{ tracking_number: '12345' }],
  });
  for (const wrong of [true, {}, [], Infinity, Number.NaN])
    assert.deepEqual(faultsOf(om.merchantReferences, { merchant_reference1: wrong }), ['type merchant_reference1']);
});

test('an amount is a whole number however it is written, and nothing else', () => {
  const amountOf = (json: string) => check(om.capture, JSON.parse(`{"captured_amount": ${json}}`));
  for (const [json, expected] of [
    ['10000', 10_000],
    ['10000.0', 10_000],
    ['1e4', 10_000],
    ['-0', 0],
    ['-0.0', 0],
    ['200000000', 200_000_000],
  ] as const) {
    const { value } = amountOf(json);
    assert.ok(Object.is(value?.captured_amount, expected), `${json} is ${expected}, without a negative zero`);
  }
  const refused = (json: string) => amountOf(json).faults?.map(({ rule }) => rule);
  for (const json of ['1e400', '-1e400', '0.5', '"100"', 'true', '[100]', '{}'])
    assert.deepEqual(refused(json), ['type']);
  for (const json of ['-1', '200000001', '9007199254740993', '1e300']) assert.deepEqual(refused(json), ['range']);
});

test('integers without limits of their own stay within what can be counted exactly', () => {
  const within = (value: number) => faultsOf(integer(), value);
  assert.deepEqual(within(Number.MAX_SAFE_INTEGER), []);
  assert.deepEqual(within(Number.MIN_SAFE_INTEGER), []);
  assert.deepEqual(within(Number.MAX_SAFE_INTEGER + 1), ['range ']);
  assert.deepEqual(within(Number.MIN_SAFE_INTEGER - 1), ['range ']);
});

test('nesting as deep as a body can carry is answered, not died of', () => {
  const depth = 400_000;
  const lists: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  const objects: unknown = JSON.parse(`${'{"order_lines":'.repeat(60_000)}1${'}'.repeat(60_000)}`);
  for (const rule of Object.values(BODIES)) {
    check(rule, lists);
    check(rule, objects);
    check(rule, { unknown: lists, billing_address: objects, order_lines: lists, shipping_info: lists });
  }
  assert.deepEqual(faultsOf(sessionCreate, { ...PURCHASE, order_lines: lists }), ['type order_lines[0]']);
});

// ---- Limits at their edges ---------------------------------------------------------------------------------------

type Field = readonly [path: string, most: number];

/** Longest texts of Klarna Payments, from its OpenAPI document. */
const PAYMENTS_TEXTS: readonly Field[] = [
  ...['billing_address', 'shipping_address'].flatMap((address): Field[] => [
    ...['attention', 'city', 'email', 'family_name', 'given_name', 'organization_name', 'phone', 'region'].map(
      (field): Field => [`${address}.${field}`, 99],
    ),
    [`${address}.street_address`, 99],
    [`${address}.street_address2`, 99],
    [`${address}.postal_code`, 10],
    [`${address}.title`, 20],
  ]),
  ['merchant_data', 6000],
  ['merchant_reference1', 255],
  ['merchant_reference2', 255],
  ['order_lines.0.name', 255],
  ['order_lines.0.reference', 255],
  ['order_lines.0.quantity_unit', 8],
  ['order_lines.0.image_url', 1024],
  ['order_lines.0.product_url', 1024],
  ['order_lines.0.merchant_data', 1024],
  ['order_lines.0.product_identifiers.brand', 70],
  ['order_lines.0.product_identifiers.category_path', 750],
  ['order_lines.0.product_identifiers.global_trade_item_number', 50],
  ['order_lines.0.product_identifiers.manufacturer_part_number', 70],
  ['order_lines.0.product_identifiers.color', 64],
  ['order_lines.0.product_identifiers.size', 64],
];

/** Where Order Management's differ. */
const DETAILS_TEXTS: readonly Field[] = [
  ...['given_name', 'family_name', 'email', 'phone', 'street_address', 'street_address2'].map(
    (field): Field => [`shipping_address.${field}`, 100],
  ),
  ['shipping_address.city', 200],
  ['shipping_address.region', 200],
  ['shipping_address.attention', 255],
  ['shipping_address.organization_name', 255],
  ['shipping_address.postal_code', 10],
  ['shipping_address.title', 20],
];
const CAPTURE_TEXTS: readonly Field[] = [
  ['description', 255],
  ['reference', 255],
  ['order_lines.0.quantity_unit', 10],
  ['order_lines.0.name', 255],
  ['shipping_info.0.shipping_company', 100],
  ['shipping_info.0.tracking_number', 100],
  ['shipping_info.0.return_shipping_company', 100],
  ['shipping_info.0.return_tracking_number', 100],
  ['shipping_info.0.tracking_uri', 1024],
  ['shipping_info.0.return_tracking_uri', 1024],
];

/** `body` with one value put in at a dotted path. */
function putIn(body: object, path: string, value: unknown): object {
  const made = structuredClone(body) as Record<string, unknown>;
  const steps = path.split('.');
  const last = steps.pop() as string;
  let place = made;
  for (const [i, step] of steps.entries()) {
    place[step] ??= /^\d+$/.test(steps[i + 1] ?? '') ? [] : {};
    place = place[step] as Record<string, unknown>;
  }
  place[last] = value;
  return made;
}

test('the longest text passes and one more character is refused, for every text with a documented limit', () => {
  const capture = { captured_amount: 1, order_lines: [LINE] };
  const tables: readonly [Rule<unknown>, object, readonly Field[]][] = [
    [sessionCreate, PURCHASE, PAYMENTS_TEXTS],
    [orderCreate, PURCHASE, PAYMENTS_TEXTS],
    [om.customerDetails, {}, DETAILS_TEXTS],
    [om.capture, capture, CAPTURE_TEXTS],
  ];
  for (const [rule, body, fields] of tables) {
    for (const [path, most] of fields) {
      assert.deepEqual(faultsOf(rule, putIn(body, path, 'x'.repeat(most))), [], path);
      const [fault, ...others] = check(rule, putIn(body, path, 'x'.repeat(most + 1))).faults ?? [];
      assert.equal(others.length, 0);
      assert.equal(fault?.path.join('.'), path);
      assert.deepEqual(
        [fault?.rule, fault?.min, fault?.max],
        ['size', path.endsWith('.name') && rule !== om.capture ? 1 : 0, most],
      );
    }
  }
});

test('the least and the most of every figure pass, and one less or more is refused', () => {
  const figures: readonly [Rule<unknown>, object, string, min: number | undefined, max: number | undefined][] = [
    [sessionCreate, PURCHASE, 'order_amount', 0, undefined],
    [sessionCreate, PURCHASE, 'order_tax_amount', 0, undefined],
    [sessionCreate, PURCHASE, 'order_lines.0.quantity', 0, 2_147_483_647],
    [sessionCreate, PURCHASE, 'order_lines.0.unit_price', undefined, 200_000_000],
    [sessionCreate, PURCHASE, 'order_lines.0.total_amount', undefined, 200_000_000],
    [sessionCreate, PURCHASE, 'order_lines.0.tax_rate', 0, 10_000],
    [sessionCreate, PURCHASE, 'order_lines.0.total_discount_amount', 0, undefined],
    [om.capture, { captured_amount: 1 }, 'captured_amount', 0, 200_000_000],
    [om.capture, { captured_amount: 1 }, 'shipping_delay', 0, undefined],
    [om.refund, {}, 'refunded_amount', 0, 200_000_000],
    [om.authorizationUpdate, {}, 'order_amount', 0, 200_000_000],
  ];
  for (const [rule, body, path, min, max] of figures) {
    for (const good of [min, max])
      if (good !== undefined) assert.deepEqual(faultsOf(rule, putIn(body, path, good)), []);
    for (const bad of [min === undefined ? undefined : min - 1, max === undefined ? undefined : max + 1]) {
      if (bad === undefined) continue;
      const faults: readonly Fault[] = check(rule, putIn(body, path, bad)).faults ?? [];
      assert.deepEqual(
        faults.map((fault) => [fault.rule, fault.path.join('.')]),
        [['range', path]],
        `${path} ${bad}`,
      );
    }
  }
});

test('lists hold as many entries as documented and not one more', () => {
  const sized = (rule: Rule<unknown>, body: object, name: string, entry: unknown, min: number, max: number) => {
    const of = (length: number) => faultsOf(rule, { ...body, [name]: Array.from({ length }, () => entry) });
    assert.deepEqual(of(min), []);
    assert.deepEqual(of(max), []);
    assert.deepEqual(of(max + 1), [`size ${name}`]);
    if (min > 0) assert.deepEqual(of(min - 1), [`size ${name}`]);
  };
  sized(sessionCreate, PURCHASE, 'order_lines', LINE, 1, 1000);
  sized(om.capture, { captured_amount: 1 }, 'order_lines', LINE, 0, 1000);
  sized(om.capture, { captured_amount: 1 }, 'shipping_info', {}, 0, 500);
  sized(om.shippingInfoAppend, {}, 'shipping_info', {}, 1, 500);
});

// ---- The parts ---------------------------------------------------------------------------------------------------

test('every fault is reported, each with its own path, in the order of the fields, and none hides another', () => {
  const body = {
    purchase_country: 'Sweden',
    order_amount: -1,
    order_lines: [LINE, { ...LINE, name: '', quantity: 1.5, product_identifiers: { brand: 'x'.repeat(71) } }],
    merchant_urls: { push: 'ftp://x' },
  };
  assert.deepEqual(faultsOf(sessionCreate, body), [
    'pattern purchase_country',
    'missing purchase_currency',
    'range order_amount',
    'size order_lines[1].name',
    'type order_lines[1].quantity',
    'size order_lines[1].product_identifiers.brand',
    'pattern merchant_urls.push',
  ]);
});

test('paths are written with brackets for Payments and with slashes for Order Management', () => {
  assert.equal(bracketPath(['order_lines', 0, 'total_amount']), 'order_lines[0].total_amount');
  assert.equal(bracketPath(['customer', 'date_of_birth']), 'customer.date_of_birth');
  assert.equal(bracketPath([]), '');
  assert.equal(slashPath(['shipping_info', 3, 'shipping_company']), 'shipping_info/shipping_company');
});

test('a choice takes its words only, in any case where that is said', () => {
  const rule = choice(['DAY', 'WEEK'], { anyCase: true });
  assert.equal(check(rule, 'day').value, 'DAY');
  assert.deepEqual(faultsOf(rule, 'YEAR'), ['pattern ']);
  assert.deepEqual(faultsOf(choice(['DAY']), 'day'), ['pattern ']);
  for (const wrong of [1, {}, ['DAY'], true]) assert.deepEqual(faultsOf(rule, wrong), ['type ']);
});

test('a body that is no object, a list that is none, and a switch that is none are told apart by type', () => {
  const rule = object({
    on: boolean(),
    tags: list(text({ min: 1 }), { max: 2 }),
    id: required(text({ pattern: /^\d+$/ })),
  });
  assert.deepEqual(check(rule, { on: false, tags: [], id: 7 }).value, { on: false, tags: [], id: '7' });
  assert.deepEqual(faultsOf(rule, { on: 'true', tags: {}, id: 'x' }), ['type on', 'type tags', 'pattern id']);
  assert.deepEqual(faultsOf(rule, { tags: ['a', ''], id: '1' }), ['size tags[1]']);
  for (const wrong of [[], 'x', 1, null]) assert.deepEqual(faultsOf(rule, wrong), ['type ']);
});

test('countries and currencies are taken in either case and kept in upper case', () => {
  const { value } = check(sessionUpdate, { purchase_country: 'se', purchase_currency: 'sek', locale: 'EN' });
  assert.deepEqual(value, { purchase_country: 'SE', purchase_currency: 'SEK', locale: 'EN' });
  for (const locale of ['en', 'PL', 'sv-SE', 'zh-CN-HK']) assert.deepEqual(faultsOf(sessionUpdate, { locale }), []);
  for (const locale of ['eng', 'sv_SE', 'sv-', '', 'sv-SE-'])
    assert.deepEqual(faultsOf(sessionUpdate, { locale }), ['pattern locale']);
});

test('callback URLs: https anywhere, http only to one’s own machine', () => {
  const good = [
    'https://shop.example/x',
    'HTTPS://shop.example',
    'http://localhost:3000/x',
    'http://127.0.0.1/',
    'http://[::1]:80/',
  ];
  const bad = [
    'http://shop.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'ftp://x',
    'javascript:alert(1)',
    'https://',
    '',
    ' https://x',
  ];
  for (const url of good) assert.deepEqual(faultsOf(callbackUrl(), url), [], url);
  for (const url of bad) assert.deepEqual(faultsOf(callbackUrl(), url), ['pattern '], url);
  assert.deepEqual(faultsOf(callbackUrl(), `https://x/${'a'.repeat(1990)}`), []);
  assert.deepEqual(faultsOf(callbackUrl(), `https://x/${'a'.repeat(1991)}`), ['size ']);
});

test('ids are UUIDs of any version in either case, whole and not in part', () => {
  assert.match('0197DFF2-6c04-7abc-8def-0123456789ab', UUID);
  for (const wrong of [
    '',
    'x',
    '0197dff2-6c04-7abc-8def-0123456789abc',
    '0197dff26c047abc8def0123456789ab',
    '\n0197dff2-6c04-7abc-8def-0123456789ab',
  ])
    assert.doesNotMatch(wrong, UUID);
});

// Protects: two APIs take amounts as decimals, and both read the same: no amount of anybody's is rounded.
test('a decimal, as a text or a number, is hundredths; what is none, or too long to be exact, is refused', () => {
  const read = (value: unknown, limits = {}) => {
    const { value: hundredths, faults } = check(decimal(limits), value);
    return faults ? faults.map(({ rule, expected }) => `${rule}: ${expected}`).join() : hundredths;
  };
  const rows: readonly (readonly [unknown, number | string])[] = [
    ['12.50', 1_250],
    [12.5, 1_250],
    [0.1, 10],
    [-3, -300],
    [JSON.parse('-0.00'), 0],
    [JSON.parse('1e3'), 100_000],
    [9_999_999_999_999.99, 999_999_999_999_999],
    ['9999999999999.99', 999_999_999_999_999],
    [10_000_000_000_000, 'range: a decimal from -9999999999999.99 to 9999999999999.99'],
    ['90071992547409.93', 'range: a decimal from -9999999999999.99 to 9999999999999.99'],
    [JSON.parse('90071992547409.93'), 'range: a decimal from -9999999999999.99 to 9999999999999.99'],
    [JSON.parse('-90071992547409.93'), 'range: a decimal from -9999999999999.99 to 9999999999999.99'],
    [0.1 + 0.2, 'pattern: a decimal with at most two places'],
    ['12.500', 'pattern: a decimal with at most two places'],
    ['', 'pattern: a decimal such as "12.50"'],
    [' 1', 'pattern: a decimal such as "12.50"'],
    ['1,50', 'pattern: a decimal such as "12.50"'],
    [JSON.parse('1e999'), 'pattern: a decimal such as "12.50"'],
    [true, 'type: a decimal such as "12.50"'],
    [['1'], 'type: a decimal such as "12.50"'],
  ];
  for (const [value, expected] of rows) assert.equal(read(value), expected, String(value));
  assert.equal(read('0.00', { min: 1 }), 'range: a decimal from 0.01 to 9999999999999.99');
  assert.equal(read('2000000.01', { max: 200_000_000 }), 'range: a decimal from -9999999999999.99 to 2000000.00');
});

// Protects: the border at which a JSON number stops being what was sent. Read by digits, with integers of any size to compare.
test('a JSON number is the decimal that was sent, to the last digit, or is refused', async () => {
  const hundredths = fc.oneof(
    fc.bigInt({ min: 0n, max: 10n ** 18n }),
    fc.bigInt({ min: 10n ** 15n - 100n, max: 10n ** 15n + 100n }),
    fc.bigInt({ min: 2n ** 53n - 100n, max: 2n ** 53n + 100n }),
  );
  await fuzz(
    fc.property(hundredths, fc.boolean(), fc.boolean(), (amount, isNegative, isText) => {
      const sent = `${isNegative ? '-' : ''}${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`;
      const { value, faults } = check(decimal(), JSON.parse(isText ? `"${sent}"` : sent));
      if (amount >= 10n ** 15n)
        assert.deepEqual(
          faults?.map(({ rule }) => rule),
          ['range'],
          sent,
        );
      else assert.equal(BigInt(value ?? Number.NaN), isNegative ? -amount : amount, sent);
    }),
    2_000,
  );
});
