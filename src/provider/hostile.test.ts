/**
 * Bad input over real connections. Whatever arrives: the answer is a refusal in Klarna's shape and never a fault of the
 * server, nothing has changed, and the next good request is served.
 */
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { fuzz } from '../testing.ts';
import { MAX_LINES } from '../wire/common.ts';
import { type Provider, startProvider } from './index.ts';
import { KlarnaFace } from './klarna/face.ts';
import { OPERATIONS } from './klarna/operations.ts';
import { Authenticator } from './merchants.ts';
import { OrderedFaults } from './ordered-faults.ts';
import { realWorld } from './world.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const MIB = 1024 * 1024;
const USERNAME = 'K000001_hostile';
const PASSWORD = 'a-password-to-look-for';
const BASIC = Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64');
const LIVE = { authorization: `Basic ${BASIC}` };

// ---- A client that can say anything ------------------------------------------------------------------

interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

let provider: Provider;

function connect(): Socket {
  const { hostname, port } = new URL(provider.url);
  const socket = createConnection({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on('error', () => {});
  return socket;
}

/** Sends bytes over a connection of their own and reads `expected` answers, or fewer when the server hangs up. */
async function talk(
  bytes: string | Buffer | readonly (string | Buffer)[],
  { expected = 1, bodiless = false, half = false } = {},
): Promise<Answer[]> {
  const socket = connect();
  const answers = readAnswers(socket, expected, bodiless);
  for (const part of typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : bytes) socket.write(part);
  if (half) socket.end();
  try {
    return await answers;
  } finally {
    socket.destroy();
  }
}

function readAnswers(socket: Socket, expected: number, bodiless: boolean): Promise<Answer[]> {
  return new Promise((resolve) => {
    const answers: Answer[] = [];
    let chunks: Buffer[] = [];
    let bytes = 0;
    let wanted = 0;
    const done = () => resolve(answers);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      while (bytes >= wanted && bytes > 0) {
        const rest = Buffer.concat(chunks);
        const length = lengthOf(rest, bodiless);
        wanted = length ?? bytes + 1;
        if (length === undefined || bytes < length) return;
        const answer = parse(rest.subarray(0, length));
        if (answer.status !== 100) answers.push(answer);
        chunks = [rest.subarray(length)];
        bytes -= length;
        wanted = 0;
      }
      if (answers.length >= expected) done();
    });
    socket.on('end', done);
    socket.on('close', done);
  });
}

/** How many bytes the first answer has; undefined while its head is not there. */
function lengthOf(bytes: Buffer, bodiless: boolean): number | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(bytes.subarray(0, end).toString('latin1')) ?? [];
  return end + 4 + (bodiless ? 0 : Number(length));
}

function parse(bytes: Buffer): Answer {
  const end = bytes.indexOf('\r\n\r\n');
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(first.split(' ')[1]), headers, text: bytes.subarray(end + 4).toString() };
}

interface Call {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly chunked?: boolean;
}

/** A request as bytes. Header values are latin1, as on the wire. */
function inBytes({ method = 'POST', path, headers = {}, body = '', chunked = false }: Call): Buffer {
  const content = Buffer.from(body);
  const framing = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(content.length) };
  const all = { host: 'localhost', 'content-type': 'application/json', ...LIVE, ...framing, ...headers };
  const lines = Object.entries(all).filter(([, value]) => value !== '-');
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  const sent = chunked
    ? [Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n0\r\n\r\n')]
    : [content];
  return Buffer.concat([Buffer.from(head, 'latin1'), ...sent]);
}

async function send(call: Call): Promise<Answer> {
  const [answer] = await talk(inBytes(call), { bodiless: call.method === 'HEAD' });
  assert.ok(answer, `${call.method ?? 'POST'} ${call.path.slice(0, 80)} got no answer`);
  return answer;
}

function json(answer: Answer): Record<string, unknown> {
  return JSON.parse(answer.text) as Record<string, unknown>;
}

// ---- What is asserted of every refusal -----------------------------------------------------------------

function assertRefusal(answer: Answer, status: number | readonly number[] | undefined, what: string): void {
  const { error_code, error_message, error_messages = [error_message], ...rest } = json(answer);
  const correlation_id = rest.correlation_id ?? rest.error_id ?? answer.headers.get('klarna-correlation-id');
  const said = `${what}: ${answer.status} ${answer.text.slice(0, 300)}`;
  assert.ok(answer.status >= 400 && answer.status < 500, said);
  if (status !== undefined) assert.ok([status].flat().includes(answer.status), said);
  assert.match(String(error_code), /^[A-Z][A-Z_]+$/, said);
  assert.ok(Array.isArray(error_messages) && error_messages.length <= 100, said);
  assert.ok(
    error_messages.every((message) => typeof message === 'string'),
    said,
  );
  assert.match(String(correlation_id), UUID, said);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/, said);
  // As recorded, the one answer without this header.
  if (answer.status !== 401) assert.equal(answer.headers.get('klarna-correlation-id'), correlation_id, said);
}

/** An accepted call, or a refusal in the right shape: what a fuzzed call may come to. */
function assertSound(answer: Answer, what: string): void {
  if (answer.status >= 200 && answer.status < 300) return;
  assertRefusal(answer, undefined, what);
}

// ---- A shop with something to lose ---------------------------------------------------------------------

const ADDRESS = {
  given_name: 'Astrid',
  family_name: 'Öberg',
  organization_name: 'Öberg AB',
  attention: 'Reception',
  email: 'astrid@example.com',
  title: 'Ms',
  street_address: 'Sveavägen 44',
  street_address2: '2 tr',
  postal_code: '11134',
  city: 'Stockholm',
  region: 'Stockholm',
  phone: '+46701234567',
  country: 'SE',
};
const LINE = {
  type: 'physical',
  reference: 'MUG-1',
  name: 'Mug',
  quantity: 2,
  quantity_unit: 'pcs',
  unit_price: 5_000,
  tax_rate: 2_500,
  total_amount: 9_500,
  total_discount_amount: 500,
  total_tax_amount: 1_900,
  merchant_data: 'x',
  product_url: 'https://shop.example/mug',
  image_url: 'https://shop.example/mug.png',
  product_identifiers: { brand: 'Rör', category_path: 'A > B', global_trade_item_number: '7', color: 'red', size: 'M' },
  subscription: { name: 'Monthly', interval: 'MONTH', interval_count: 1 },
};
const PURCHASE = {
  purchase_country: 'SE',
  purchase_currency: 'SEK',
  locale: 'sv-SE',
  order_amount: 9_500,
  order_tax_amount: 1_900,
  order_lines: [LINE],
  billing_address: ADDRESS,
  shipping_address: ADDRESS,
  customer: { date_of_birth: '1980-01-02', gender: 'female', type: 'person' },
  merchant_urls: { confirmation: 'https://shop.example/{order.id}' },
  merchant_reference1: 'A1',
  merchant_reference2: 'B2',
  merchant_data: '{}',
  custom_payment_method_ids: ['x'],
};
const SESSION = {
  ...PURCHASE,
  acquiring_channel: 'ECOMMERCE',
  attachment: { content_type: 'application/vnd.klarna.internal.emd-v2+json', body: '{}' },
  design: 'plain',
  intent: 'buy_and_tokenize',
  options: { color_border: '#0A7CFF', radius_border: '4' },
};
const SHIPMENT = {
  shipping_company: 'Posten',
  shipping_method: 'Home',
  tracking_number: '1',
  tracking_uri: 'https://x.example',
};

const TOKEN = {
  description: 'x',
  intended_use: 'SUBSCRIPTION',
  locale: 'sv-SE',
  purchase_country: 'SE',
  purchase_currency: 'SEK',
};
const CHARGE = {
  order_amount: 9_500,
  order_tax_amount: 1_900,
  order_lines: [LINE],
  purchase_currency: 'SEK',
  shipping_address: ADDRESS,
  merchant_urls: { confirmation: 'https://shop.example/{order.id}', push: '' },
  merchant_reference1: 'A1',
  merchant_data: '{}',
  attachment: { content_type: 'application/vnd.klarna.internal.emd-v2+json', body: '{}' },
  auto_capture: false,
  step_up: 'SUPPORTED',
};

/** Bodies that are right, by operation; what is wrong in the tests is made from them. */
const GOOD: Readonly<Record<string, object>> = {
  createSession: SESSION,
  updateSession: SESSION,
  createOrder: { ...PURCHASE, auto_capture: false },
  createCustomerToken: TOKEN,
  createTokenOrder: CHARGE,
  updateCustomerToken: { status: 'CANCELLED' },
  updateAuthorization: { order_amount: 9_500, description: 'x', order_lines: [LINE] },
  createCapture: {
    captured_amount: 100,
    description: 'x',
    reference: 'r',
    order_lines: [LINE],
    shipping_info: [SHIPMENT],
    shipping_delay: 0,
  },
  addCaptureShipping: { shipping_info: [SHIPMENT] },
  extendDueDate: { number_of_days: 10 },
  updateCustomer: { shipping_address: ADDRESS },
  updateReferences: { merchant_reference1: 'a', merchant_reference2: 'b' },
  createRefund: { refunded_amount: 10, description: 'x', reference: 'r', order_lines: [LINE] },
  addOrderShipping: { shipping_info: [SHIPMENT] },
  represent: {
    attachments: [{ payment_dispute_attachment_id: UNKNOWN, description: 'x' }],
    additional_information: 'x',
    partner_proposed_refund_amount: 10,
  },
  appeal: { additional_information: 'x', attachments: [{ payment_dispute_attachment_id: UNKNOWN, description: 'x' }] },
  enrollPartner: { client_id: 'abc' },
  respondToDisputeV2: { comment: 'x', requested_fields: { tracking_number: '1' }, attachments: [UNKNOWN] },
};
const BUILT = OPERATIONS.filter(({ serve }) => serve.built);

/** One of everything: an open session with a live token, an order with a capture and a refund, and a customer token. */
interface Ids {
  readonly session_id: string;
  readonly authorization_token: string;
  readonly order_id: string;
  readonly capture_id: string;
  readonly refund_id: string;
  readonly customer_token: string;
  readonly dispute_id: string;
}
let ids: Ids;

async function accepted(call: Call): Promise<Answer> {
  const answer = await send(call);
  assert.ok(answer.status < 300, `${call.path}: ${answer.status} ${answer.text}`);
  return answer;
}

async function authorized(): Promise<Pick<Ids, 'session_id' | 'authorization_token'>> {
  const created = await accepted({ path: '/payments/v1/sessions', body: JSON.stringify(SESSION) });
  const session_id = String(json(created).session_id);
  const { authorization_token = '' } = await provider.authorize(session_id);
  return { session_id, authorization_token };
}

async function purchase(): Promise<Ids> {
  const bought = await authorized();
  const placed = await accepted({
    path: `/payments/v1/authorizations/${bought.authorization_token}/order`,
    body: JSON.stringify(PURCHASE),
  });
  const order_id = String(json(placed).order_id);
  const made = await accepted({
    path: `/payments/v1/authorizations/${bought.authorization_token}/customer-token`,
    body: JSON.stringify(TOKEN),
  });
  const order = `/ordermanagement/v1/orders/${order_id}`;
  const capture = await accepted({ path: `${order}/captures`, body: '{"captured_amount":4000}' });
  const refund = await accepted({ path: `${order}/refunds`, body: '{"refunded_amount":1000}' });
  const dispute = await accepted({ path: `/control/orders/${order_id}/disputes`, body: '{"amount":100}' });
  return {
    ...(await authorized()),
    order_id,
    capture_id: capture.headers.get('capture-id') ?? '',
    refund_id: refund.headers.get('refund-id') ?? '',
    customer_token: String(json(made).token_id),
    dispute_id: String(json(dispute).payment_dispute_id),
  };
}

function pathOf(operation: { path: string }, ownIds: Partial<Ids> = ids): string {
  return operation.path.replace(/\{(\w+)\}/g, (_, name: keyof Ids) => ownIds[name] ?? UNKNOWN);
}

/** All that a hostile request could have changed. */
async function state(): Promise<object> {
  const read = async (path: string) => json(await accepted({ method: 'GET', path }));
  const { now: _moves, ...merchant } = await read('/control/merchants/K000001');
  const { merchants } = await read('/control/merchants');
  return {
    merchant,
    merchants: (merchants as object[]).length,
    session: await read(`/payments/v1/sessions/${ids.session_id}`),
    order: await read(`/ordermanagement/v1/orders/${ids.order_id}`),
    dispute: await read(`/control/disputes/${ids.dispute_id}`),
    orders: await read('/control/orders?limit=100'),
    tokens: await read('/control/customer-tokens?limit=100'),
    callbacks: await read('/control/callbacks'),
  };
}

interface Hostile {
  readonly name: string;
  /** What the answer's status must be; absent: any 4xx. */
  readonly status?: number | readonly number[];
  readonly call: Call;
}

/** Sends each call; none may be accepted, none may leave a trace, and the server goes on. */
async function refuseAll(calls: readonly Hostile[]): Promise<void> {
  assert.ok(calls.length > 0);
  const untouched = await state();
  for (const { name, status, call } of calls) assertRefusal(await send(call), status, name);
  assert.deepEqual(await state(), untouched);
}

/** Sends bytes that are no request; the answer is a refusal after which the server hangs up. */
async function refuseBytes(name: string, bytes: string | Buffer, status: number | readonly number[]): Promise<void> {
  const untouched = await state();
  const [answer, ...more] = await talk(bytes, { expected: 2, half: true });
  assert.ok(answer, `${name} got no answer`);
  assert.equal(more.length, 0, `${name} got two answers`);
  assertRefusal(answer, status, name);
  assert.deepEqual(await state(), untouched, name);
}

const stderr: string[] = [];
const writeToStderr = process.stderr.write;

before(async () => {
  process.stderr.write = ((chunk: string | Uint8Array) => {
    stderr.push(String(chunk));
    return true;
  }) as typeof process.stderr.write;
  provider = await startProvider({ username: USERNAME, password: PASSWORD });
  ids = await purchase();
});
after(async () => {
  process.stderr.write = writeToStderr;
  await provider.close();
});

/** Bodies that are no JSON object, or not whole. `status` where the body is read at all. */
const NO_OBJECTS: Readonly<Record<string, string | Buffer>> = {
  'malformed JSON': '{"order_amount": }',
  'truncated JSON': JSON.stringify(SESSION).slice(0, -40),
  'two values': '{}{}',
  'a comment': '{} // hello',
  'single quotes': "{'a': 1}",
  NaN: '{"order_amount": NaN}',
  'an array': '[{}]',
  'a string': '"{}"',
  'a number': '7',
  true: 'true',
  null: 'null',
  '100,000 nested arrays': '['.repeat(100_000) + ']'.repeat(100_000),
  'an unfinished nest': '{"order_lines":'.repeat(20_000),
  'a byte order mark': '\uFEFF{}',
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  'UTF-8 cut in a character': Buffer.from('{"a":"ö"}').subarray(0, 7),
  'an overlong encoding': Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]),
  'UTF-16': Buffer.from('{"a":1}', 'utf16le'),
  'a NUL byte': '{"a":\0}',
  'a raw line break in a string': '{"a":"\n"}',
};

test('what is no JSON object is refused by every operation that takes one', async () => {
  for (const operation of BUILT.filter(({ name }) => GOOD[name])) {
    await refuseAll(
      Object.entries(NO_OBJECTS).map(([name, body]) => ({
        name: `${operation.name}: ${name}`,
        status: 400,
        call: { method: operation.method, path: pathOf(operation), body },
      })),
    );
  }
});

test('a nest of 100,000 levels is refused or overlooked wherever it hides, and the log can still be read', async () => {
  const deep = `${'{"a":['.repeat(50_000)}1${']}'.repeat(50_000)}`;
  for (const operation of BUILT.filter(({ name }) => GOOD[name])) {
    for (const field of [
      'order_lines',
      'billing_address',
      'shipping_address',
      'customer',
      'shipping_info',
      'unknown',
    ]) {
      const body = JSON.stringify({ ...GOOD[operation.name], [field]: 0 }).replace(
        `"${field}":0`,
        `"${field}":${deep}`,
      );
      const answer = await send({ method: operation.method, path: pathOf(operation), body });
      assertSound(answer, `${operation.name} ${field}`);
    }
  }
  ids = await purchase();
  const attachment = { content_type: 'x', body: '['.repeat(100_000) };
  await refuseAll([
    {
      name: 'attachment',
      status: 400,
      call: { path: '/payments/v1/sessions', body: JSON.stringify({ ...SESSION, attachment }) },
    },
  ]);
  const log = await accepted({ method: 'GET', path: '/control/log?limit=1000' });
  assert.ok((json(log).entries as object[]).length > 50);
});

/** JSON texts that no field of a kind takes. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  number: [
    'true',
    '"many"',
    '""',
    '[]',
    '{}',
    '[1]',
    '1.5',
    '-1.5',
    '1e-7',
    '1e308',
    '1e400',
    '-1e400',
    '9007199254740993',
  ],
  string: ['true', '[]', '{}', '["x"]', '1e400'],
  boolean: ['0', '1', '"true"', '[]', '{}'],
  list: ['true', '"x"', '0', '{}', '{"length":1}', '[null]', '[0]', '[[]]', '[true]'],
  object: ['true', '"x"', '0', '[]', '[{}]'],
};
const kindOf = (value: unknown) => (Array.isArray(value) ? 'list' : (typeof value as 'number' | 'string' | 'object'));

/** Every path to a value in a body. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Object.entries(value).flatMap(([key, each]) =>
    pathsOf(each, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return path.length === 0 ? inside : [path, ...inside];
}

const at = (body: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], body);

/** The body as text, with JSON text put in at a path: text, because a number such as 1e400 exists in no other way. */
function withText(body: object, path: readonly (string | number)[], text: string): string {
  const copy = structuredClone(body);
  const holder = at(copy, path.slice(0, -1)) as Record<string | number, unknown>;
  holder[path.at(-1) ?? ''] = '@@';
  return JSON.stringify(copy).replace('"@@"', text);
}

for (const operation of BUILT.filter(({ name }) => GOOD[name])) {
  test(`${operation.name}: a value of a wrong type is refused in every field`, async () => {
    const good = GOOD[operation.name] ?? {};
    const path = pathOf(operation);
    const { method } = operation;
    for (const field of pathsOf(good)) {
      const name = `${operation.name} ${field.join('.')}`;
      const wrong = (WRONG[kindOf(at(good, field))] ?? []).filter(
        // Only words are taken here, and a number is one where the list holds texts.
        (text) => !(field.at(-1) === 'custom_payment_method_ids' && text === '[0]'),
      );
      await refuseAll(
        wrong.map((text) => ({ name: `${name} = ${text}`, call: { method, path, body: withText(good, field, text) } })),
      );
    }
  });

  test(`${operation.name}: strange values in any field do no harm`, async () => {
    const good = GOOD[operation.name] ?? {};
    const strange = [
      'null',
      '-1',
      '-0',
      '0',
      '-9007199254740991',
      '9007199254740991',
      '200000001',
      '2147483648',
      '1e2',
    ];
    const texts = ['"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\u202e\u0007"', JSON.stringify('ö'.repeat(70_000))];
    for (const field of pathsOf(good)) {
      for (const text of [...strange, ...texts]) {
        const body = withText(good, field, text);
        const answer = await send({ method: operation.method, path: pathOf(operation), body });
        assertSound(answer, `${operation.name} ${field.join('.')} = ${text.slice(0, 40)}`);
      }
    }
    ids = await purchase();
  });
}

test('what is missing is refused, with one message in Klarna Payments', async () => {
  const required = ['purchase_country', 'purchase_currency', 'order_amount', 'order_lines'];
  const order = `/ordermanagement/v1/orders/${ids.order_id}`;
  const without = (name: string) => JSON.stringify({ ...SESSION, [name]: undefined });
  await refuseAll([
    ...required.map((name) => ({
      name,
      status: 400,
      call: { path: '/payments/v1/sessions', body: without(name) },
    })),
    { name: 'all of a session', status: 400, call: { path: '/payments/v1/sessions', body: '{}' } },
    { name: 'all of a session, no body', status: 400, call: { path: '/payments/v1/sessions' } },
    {
      name: 'all of an order',
      status: 400,
      call: { path: `/payments/v1/authorizations/${ids.authorization_token}/order`, body: '{}' },
    },
    { name: 'captured_amount', status: 422, call: { path: `${order}/captures`, body: '{}' } },
    { name: 'refunded_amount', status: 422, call: { path: `${order}/refunds`, body: '{}' } },
    { name: 'shipping_info', status: 422, call: { path: `${order}/shipping-info`, body: '{}' } },
    { name: 'order_amount', status: 422, call: { method: 'PATCH', path: `${order}/authorization`, body: '{}' } },
  ]);
  const { error_messages } = json(await send({ path: '/payments/v1/sessions', body: '{}' }));
  assert.equal((error_messages as string[]).length, 1);
});

test('keys that mean something to JavaScript mean nothing here', async () => {
  const polluting = [
    '"__proto__":{"captured_amount":100,"order_amount":9500}',
    '"constructor":{"prototype":{"captured_amount":100}}',
    '"constructor.prototype.captured_amount":100,"prototype":{"captured_amount":100}',
    '"toString":1,"valueOf":null,"hasOwnProperty":[],"toJSON":{}',
  ];
  const order = `/ordermanagement/v1/orders/${ids.order_id}`;
  await refuseAll(
    polluting.flatMap((keys) => [
      { name: keys, status: 422, call: { path: `${order}/captures`, body: `{${keys}}` } },
      { name: keys, status: 400, call: { path: '/payments/v1/sessions', body: `{${keys}}` } },
      { name: keys, status: 400, call: { path: '/control/clock', body: `{${keys}}` } },
    ]),
  );
  assert.equal(({} as { captured_amount?: number }).captured_amount, undefined);
  // A key that is there twice counts as it was sent last, as in every JSON parser in use.
  const twice = '{"captured_amount":1,"captured_amount":99999999}';
  await refuseAll([{ name: 'a key twice', status: 403, call: { path: `${order}/captures`, body: twice } }]);
});

const ODD_IDS: Readonly<Record<string, string>> = {
  'an unknown id': UNKNOWN,
  'no UUID': 'nothing',
  'a number': '1',
  'a UUID and more': `${UNKNOWN}0`,
  NUL: '%00',
  'a UUID and NUL': `${UNKNOWN}%00`,
  slashes: '%2F..%2F..%2Fetc%2Fpasswd',
  dots: '..',
  'dots, encoded': '%2e%2e',
  'a line break': '%0d%0aX-Injected:%201',
  unicode: '%F0%9F%92%A9',
  'UTF-8 that is none': '%ff%fe',
  'broken encoding': '%zz',
  'half an encoding': '%',
  SQL: "'%20OR%20'1'='1",
  wildcards: '%25%25',
  'a prototype key': '__proto__',
  'a constructor': 'constructor',
  braces: '{order_id}',
  '8 KB': 'a'.repeat(8 * 1024),
  '8 KB of NUL': '%00'.repeat(2_700),
};

test('ids that are none, or nobody’s, are refused by every operation that has one', async () => {
  for (const operation of BUILT.filter(({ path }) => path.includes('{'))) {
    const all = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as keyof Ids);
    // Any partner may enrol a merchant whose credentials it has.
    const names = all.filter((name) => (name as string) !== 'partner_id');
    if (names.length === 0) continue;
    await refuseAll(
      names.flatMap((name) =>
        Object.entries(ODD_IDS).map(([what, id]) => ({
          name: `${operation.name} ${name}: ${what}`,
          call: {
            method: operation.method,
            path: pathOf(operation, { ...ids, [name]: id }),
            body: JSON.stringify(GOOD[operation.name] ?? {}),
          },
        })),
      ),
    );
  }
});

test('bytes above ASCII in the target are refused', async () => {
  for (const target of ['/payments/v1/sessions/ö', '/payments/v1/sessions/\x80\xff', '/ordermanagement/v1/orders/\x01'])
    await refuseBytes(target, inBytes({ method: 'GET', path: target, headers: { connection: 'close' } }), [400, 404]);
});

describe('the size of a body', () => {
  const body = JSON.stringify(SESSION);
  const padded = (bytes: number) => body + ' '.repeat(bytes - Buffer.byteLength(body));

  for (const chunked of [false, true]) {
    const how = chunked ? 'chunked' : 'with a Content-Length';
    test(`of exactly 1 MiB is accepted, ${how}`, async () => {
      await accepted({ path: '/payments/v1/sessions', body: padded(MIB), chunked });
    });
    test(`of a byte more is refused, ${how}`, async () => {
      await refuseAll([
        { name: 'a byte more', status: 413, call: { path: '/payments/v1/sessions', body: padded(MIB + 1), chunked } },
        { name: 'much more', status: 413, call: { path: '/payments/v1/sessions', body: padded(9 * MIB), chunked } },
        { name: 'control', status: 400, call: { path: '/control/clock', body: padded(MIB + 1), chunked } },
        {
          name: 'without credentials',
          status: 401,
          call: { path: '/payments/v1/sessions', body: padded(MIB + 1), chunked, headers: { authorization: '-' } },
        },
      ]);
    });
  }

  test('of more than anybody reads ends the connection after the answer', async () => {
    const head = inBytes({ path: '/payments/v1/sessions', headers: { 'content-length': String(1024 * MIB) } });
    const answers = await talk([head, ...Array.from({ length: 20 }, () => Buffer.alloc(MIB, 32))], { expected: 1 });
    assertRefusal(answers[0] as Answer, 413, '1 GiB announced');
  });

  test('counted in lines: 1000 are accepted, 1001 refused, and faults of all of them are capped', async () => {
    const line = { name: 'Mug', quantity: 1, unit_price: 1, total_amount: 1 };
    const lines = (count: number, each: object = line) =>
      JSON.stringify({
        ...PURCHASE,
        order_amount: count,
        order_tax_amount: 0,
        order_lines: Array.from({ length: count }, () => each),
      });
    await accepted({ path: '/payments/v1/sessions', body: lines(MAX_LINES) });
    const bad = {
      name: 1e300,
      quantity: 'x',
      unit_price: 'x',
      total_amount: 'x',
      type: 7,
      tax_rate: -1,
      reference: [],
    };
    const wrongSums = { ...line, total_amount: 5, total_tax_amount: 77, tax_rate: 100 };
    await refuseAll([
      { name: '1001', status: 400, call: { path: '/payments/v1/sessions', body: lines(MAX_LINES + 1) } },
      { name: 'bad lines', status: 400, call: { path: '/payments/v1/sessions', body: lines(MAX_LINES, bad) } },
      { name: 'bad sums', status: 400, call: { path: '/payments/v1/sessions', body: lines(MAX_LINES, wrongSums) } },
      { name: 'empty lines', status: 400, call: { path: '/payments/v1/sessions', body: lines(MAX_LINES, {}) } },
      {
        name: 'bad lines of a capture',
        status: [400, 422],
        call: {
          path: `/ordermanagement/v1/orders/${ids.order_id}/captures`,
          body: JSON.stringify({ captured_amount: 1, order_lines: Array.from({ length: MAX_LINES }, () => bad) }),
        },
      },
    ]);
  });
});

test('a method that a path does not take is refused', async () => {
  const paths = [...new Set(BUILT.map((operation) => operation.path))];
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE'];
  await refuseAll(
    paths.flatMap((path) =>
      methods
        .filter((method) => !BUILT.some((operation) => operation.path === path && operation.method === method))
        .map((method) => ({ name: `${method} ${path}`, status: 405, call: { method, path: pathOf({ path }) } })),
    ),
  );
  for (const path of [...paths, '/', '/control', '/nowhere']) {
    const answer = await send({ method: 'HEAD', path: pathOf({ path }) });
    assert.ok(answer.status < 500, `HEAD ${path}: ${answer.status}`);
    assert.equal(answer.text, '');
  }
  await refuseBytes('a method that is none', 'STEAL / HTTP/1.1\r\nhost: localhost\r\n\r\n', 400);
  await refuseBytes('CONNECT', 'CONNECT localhost:22 HTTP/1.1\r\nhost: localhost\r\n\r\n', 400);
});

test('paths that are none are refused', async () => {
  const paths = [
    '/payments',
    '/payments/v2/sessions',
    '/ordermanagement/v1',
    '/hpp',
    '/v4',
    '/payments/v1/sessions/a/b/c',
  ];
  const outside = ['/nowhere', '/.env', '/../../etc/passwd', '/control/nowhere', '/redirect/x', `/redirect/${UNKNOWN}`];
  await refuseAll(
    [...paths, ...outside, '/%00', '/\\', '/;a=b', '//', `/${'a/'.repeat(3000)}`]
      .filter((path) => path !== '//')
      .map((path) => ({ name: path.slice(0, 40), status: 404, call: { method: 'GET', path } })),
  );
});

test('a body that is announced as something else than JSON is refused', async () => {
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json',
    '',
    ';',
  ];
  await refuseAll(
    types.map((type) => ({
      name: type,
      status: 415,
      call: { path: '/payments/v1/sessions', body: JSON.stringify(SESSION), headers: { 'content-type': type } },
    })),
  );
  for (const type of ['application/json', 'APPLICATION/JSON; charset=utf-8', 'application/vnd.api+json', '-']) {
    await accepted({
      path: '/payments/v1/sessions',
      body: JSON.stringify(SESSION),
      headers: { 'content-type': type },
    });
  }
});

test('credentials that are none are refused, whatever they look like', async () => {
  const basic = (pair: string | Buffer) => `Basic ${Buffer.from(pair).toString('base64')}`;
  const bad: Readonly<Record<string, string>> = {
    none: '-',
    empty: '',
    'the scheme alone': 'Basic',
    'no colon': basic('K000001_hostile'),
    'empty username': basic(`:${PASSWORD}`),
    'empty password': basic(`${USERNAME}:`),
    'both empty': basic(':'),
    'wrong password': basic(`${USERNAME}:${PASSWORD}x`),
    'wrong case': basic(`${USERNAME.toLowerCase()}:${PASSWORD}`),
    'no base64': 'Basic !!!###***',
    'an API key that is none': 'Basic klarna_test_api_x',
    'another scheme': `Bearer ${BASIC}`,
    'a NUL in the username': basic(`\0${USERNAME}:${PASSWORD}`),
    'a NUL in the password': basic(`${USERNAME}:${PASSWORD}\0`),
    'no UTF-8': basic(Buffer.from([0xff, 0xfe, 0x3a, 0x80])),
    'a username of a prototype': basic('__proto__:x'),
    'a merchant id for a username': basic(`K000001:${PASSWORD}`),
    huge: basic('x'.repeat(4_000)),
    'huge, no colon': `Basic ${'A'.repeat(6_000)}`,
    'bytes above ASCII': 'Basic \xff\xfe\xfd',
  };
  await refuseAll(
    Object.entries(bad).flatMap(([name, authorization]) =>
      [
        { method: 'GET', path: `/ordermanagement/v1/orders/${ids.order_id}` },
        { path: `/ordermanagement/v1/orders/${ids.order_id}/captures`, body: '{"captured_amount":1}' },
        { path: '/payments/v1/sessions', body: '{' },
      ].map((call) => ({ name, status: 401, call: { ...call, headers: { authorization } } })),
    ),
  );
  const larger = { authorization: basic('x'.repeat(6_000)) };
  await refuseAll([
    { name: 'larger than a header may be', status: 431, call: { path: '/payments/v1/sessions', headers: larger } },
  ]);
});

test('headers beyond the limits are refused, and none below them are lost', async () => {
  const path = `/ordermanagement/v1/orders/${ids.order_id}`;
  const many = (count: number, bytes: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, 'v'.repeat(bytes)]));
  await refuseAll([
    {
      name: 'one of 6 KB',
      status: 431,
      call: { method: 'GET', path, headers: { 'x-large': 'v'.repeat(6 * 1024 + 1) } },
    },
    { name: 'all of 20 KB', status: 431, call: { method: 'GET', path, headers: many(5, 4_200) } },
    { name: 'all of 21 KB, small', status: 431, call: { method: 'GET', path, headers: many(4_000, 2) } },
    { name: 'all of 200 KB', status: 431, call: { method: 'GET', path, headers: many(50, 4_000) } },
    { name: 'a name of 6 KB', status: 431, call: { method: 'GET', path, headers: { ['x'.repeat(6_200)]: 'v' } } },
  ]);
  // More headers than node:http keeps by itself, with the credentials after them all.
  const last = { authorization: '-', ...many(2_500, 1), Authorization: LIVE.authorization };
  await accepted({ method: 'GET', path, headers: last });
  await accepted({ method: 'GET', path, headers: { 'x-large': 'v'.repeat(6 * 1024) } });
});

test('idempotency keys may be anything that a header can hold', async () => {
  const order = (await purchase()).order_id;
  const path = `/ordermanagement/v1/orders/${order}/captures`;
  const keys = ['k'.repeat(5 * 1024), '\x80\xff\xfe', 'a b\tc', '"\\\'', '__proto__', '%00', '0', 'null', '🙂'];
  for (const [index, key] of keys.entries()) {
    const call = {
      path,
      body: `{"captured_amount":${index + 1}}`,
      headers: { 'klarna-idempotency-key': Buffer.from(key).toString('latin1') },
    };
    const first = await accepted(call);
    const again = await accepted(call);
    assert.equal(again.headers.get('capture-id'), first.headers.get('capture-id'), `key ${key.slice(0, 20)}`);
  }
  const { captured_amount } = json(await accepted({ method: 'GET', path: `/ordermanagement/v1/orders/${order}` }));
  assert.equal(captured_amount, 4_000 + (keys.length * (keys.length + 1)) / 2);
});

describe('connections that do not speak HTTP', () => {
  const head = (more = '') =>
    `POST /payments/v1/sessions HTTP/1.1\r\nhost: localhost\r\nauthorization: ${LIVE.authorization}\r\n${more}`;
  const bytes: Readonly<Record<string, string | Buffer>> = {
    garbage: 'hello, is this a bank?\r\n\r\n',
    'random bytes': Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 167 + 13) % 256)),
    'a TLS greeting': Buffer.from('16030100c8010000c40303', 'hex'),
    'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'HTTP/9.9': 'GET / HTTP/9.9\r\nhost: x\r\n\r\n',
    'HTTP/1.1 without Host': 'GET /payments/v1/sessions HTTP/1.1\r\nconnection: close\r\n\r\n',
    // Which is HTTP/0.9: read as a request without headers.
    'no version': 'GET /payments/v1/sessions\r\nhost: localhost\r\n\r\n',
    'a header without a colon': `${head()}nonsense\r\n\r\n`,
    'a header with a NUL': `${head()}x-nul: a\0b\r\n\r\n`,
    'a folded header': `${head()}x-fold: a\r\n b\r\ncontent-length: 0\r\n\r\n`,
    'a space before the colon': `${head()}content-length : 2\r\n\r\n{}`,
    'a Content-Length that is no number': head('content-length: many\r\n\r\n'),
    'a negative Content-Length': head('content-length: -1\r\n\r\n'),
    'two Content-Lengths': head('content-length: 2\r\ncontent-length: 3\r\n\r\n{} '),
    'Content-Length and Transfer-Encoding': head(
      'content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ),
    'an unknown Transfer-Encoding': head('transfer-encoding: chunked, zip\r\n\r\n{}'),
    'a chunk size that is no number': head('transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'),
    'a chunk that is longer than it says': head('transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n'),
    'a half request line': 'POST /paym',
    'half its headers': head().slice(0, -20),
    'half a body': head('content-length: 100\r\n\r\n{"purchase_country":'),
    'half a chunk': head('transfer-encoding: chunked\r\n\r\n50\r\n{"purch'),
    'a NUL in the target': 'GET /payments/\0 HTTP/1.1\r\nhost: localhost\r\n\r\n',
  };
  for (const [name, sent] of Object.entries(bytes)) {
    test(`${name}: one refusal, then the server hangs up`, () =>
      refuseBytes(name, sent, name === 'no version' ? 401 : 400));
  }

  test('headers without end are refused while they arrive', async () => {
    await refuseBytes('64 KB of header', `${head('x-endless: ')}${'v'.repeat(65_536)}`, 431);
    await refuseBytes('a target of 64 KB', `GET /${'a'.repeat(65_536)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 431);
  });

  test('a good request before garbage on the same connection gets its own answer first', async () => {
    const good = inBytes({ method: 'GET', path: `/ordermanagement/v1/orders/${ids.order_id}` });
    const capture = inBytes({
      path: `/ordermanagement/v1/orders/${ids.order_id}/captures`,
      body: '{"captured_amount":1}',
    });
    const answers = await talk(Buffer.concat([good, capture, Buffer.from('garbage\r\n\r\n')]), { expected: 4 });
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 201, 400],
    );
    assertRefusal(answers[2] as Answer, 400, 'garbage');
  });

  test('pipelined requests are answered in order, good and bad', async () => {
    const good = inBytes({ method: 'GET', path: `/ordermanagement/v1/orders/${ids.order_id}` });
    const large = inBytes({ path: '/payments/v1/sessions', body: ' '.repeat(MIB / 2) });
    const unknown = inBytes({ method: 'GET', path: `/ordermanagement/v1/orders/${UNKNOWN}` });
    const answers = await talk(Buffer.concat([good, large, unknown, good]), { expected: 4 });
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 400, 404, 200],
    );
  });

  test('absolute targets, expectations and upgrades are taken as plain requests', async () => {
    const path = `/ordermanagement/v1/orders/${ids.order_id}`;
    await accepted({ method: 'GET', path: `http://user:secret@elsewhere.example${path}` });
    await accepted({ method: 'GET', path: `/${path}` });
    await accepted({ method: 'GET', path, headers: { connection: 'upgrade', upgrade: 'h2c' } });
    for (const expect of ['100-continue', 'a miracle']) {
      await refuseAll([
        { name: expect, status: 422, call: { path: `${path}/captures`, body: '{}', headers: { expect } } },
      ]);
    }
    await accepted({ method: 'GET', path: 'http://localhost' });
    await refuseAll([{ name: 'OPTIONS *', status: 404, call: { method: 'OPTIONS', path: '*' } }]);
  });

  test('two hundred clients that never finish their request keep nobody waiting', async () => {
    const slow = Array.from({ length: 200 }, () => connect());
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    for (const [index, socket] of slow.entries()) socket.write(head('content-length: 9\r\n\r\n{').slice(0, 10 + index));
    for (let i = 0; i < 5; i++) {
      for (const socket of slow) socket.write(' ');
      await state();
      await delay(20);
    }
    for (const socket of slow) socket.destroy();
    await state();
  });

  test('clients that hang up at once, or before they read the answer, harm nobody', async () => {
    const untouched = await state();
    for (let i = 0; i < 100; i++) {
      const socket = connect();
      await once(socket, 'connect');
      if (i % 4 === 1) socket.write(head('content-length: 100\r\n\r\n{'));
      if (i % 4 === 2) socket.write(inBytes({ method: 'GET', path: `/ordermanagement/v1/orders/${ids.order_id}` }));
      if (i % 4 === 3) socket.write('garbage\r\n\r\n');
      if (i % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    assert.deepEqual(await state(), untouched);
  });
});

test('a confirmation URL of any letters leads the shopper on', async () => {
  const merchant_urls = { confirmation: 'https://shop.example/tack så mycket/\u{1F642}\n?order={order.id}' };
  const { session_id } = json(
    await accepted({ path: '/payments/v1/sessions', body: JSON.stringify({ ...SESSION, merchant_urls }) }),
  );
  const { authorization_token } = await provider.authorize(String(session_id));
  const placed = await accepted({
    path: `/payments/v1/authorizations/${authorization_token}/order`,
    body: JSON.stringify({ ...PURCHASE, merchant_urls: undefined }),
  });
  const { order_id, redirect_url } = json(placed);
  const redirect = await send({ method: 'GET', path: new URL(String(redirect_url)).pathname });
  assert.equal(redirect.status, 302);
  assert.equal(
    redirect.headers.get('location'),
    `https://shop.example/tack%20s%C3%A5%20mycket/%F0%9F%99%82%0A?order=${order_id}`,
  );
});

describe('the control API', () => {
  interface Route {
    readonly method: string;
    readonly path: string;
  }
  const list = async () =>
    (json(await accepted({ method: 'GET', path: '/control' })).operations as Route[]).map(({ method, path }) => ({
      method,
      path: path.replace(/\{(\w+)\}/g, (_, name: string) =>
        name === 'merchant_id' ? 'K000001' : (ids[name as keyof Ids] ?? UNKNOWN),
      ),
    }));

  test('refuses bodies that are no JSON object', async () => {
    const bodies = Object.entries(NO_OBJECTS);
    await refuseAll(
      (await list()).flatMap(({ method, path }) =>
        bodies.map(([name, body]) => ({
          name: `${method} ${path}: ${name}`,
          status: 400,
          call: { method, path, body },
        })),
      ),
    );
  });

  test('refuses pages of other origins, whatever they ask', async () => {
    const origins = ['https://evil.example', 'null', 'http://localhost:1', 'http://localhost.evil.example', 'file://'];
    await refuseAll([
      ...(await list()).flatMap(({ method, path }) =>
        origins.map((origin) => ({
          name: `${method} ${path} from ${origin}`,
          status: 403,
          call: { method, path, headers: { origin } },
        })),
      ),
      {
        name: 'a form of another site',
        status: 403,
        call: { path: '/control/reset', headers: { 'sec-fetch-site': 'cross-site' } },
      },
    ]);
  });

  test('refuses wrong types, values and ids, and methods that a path does not take', async () => {
    const merchant = '/control/merchants/K000001';
    const session = `/control/sessions/${ids.session_id}/authorize`;
    const post = (path: string, body: string, method = 'POST') => ({
      name: `${path} ${body}`,
      call: { method, path, body },
    });
    await refuseAll([
      ...[
        '{}',
        '{"advance":1}',
        '{"advance":[]}',
        '{"advance":"soon"}',
        '{"advance":"-P1D"}',
        '{"now":"yesterday"}',
      ].map((body) => post('/control/clock', body)),
      ...[
        '{"advance":"P99999Y"}',
        '{"advance":"P1e3D"}',
        `{"advance":"P${'9'.repeat(60)}D"}`,
        '{"now":"1999-01-01"}',
      ].map((body) => post('/control/clock', body)),
      ...['{"advance":"P1D","now":"2099-01-01"}', '{"now":"+275760-09-13"}', '{"advance":"P1D","merchant_id":"?"}'].map(
        (body) => post('/control/clock', body),
      ),
      ...['{"merchant_id":[]}', '{"merchant_id":{}}', '{"merchant_id":7}', '{"merchant_id":true}', '{"all":"yes"}'].map(
        (body) => post('/control/reset', body),
      ),
      ...[
        '{"merchant_id":"a/b"}',
        '{"merchant_id":""}',
        '{"username":"a:b"}',
        '{"password":""}',
        '{"region":"mars"}',
      ].map((body) => post('/control/merchants', body)),
      post('/control/merchants', '{"merchant_id":"K000001"}'),
      post('/control/merchants', `{"username":"${USERNAME}"}`),
      ...[
        '{"status":"rich"}',
        '{"risk_rules":[{}]}',
        '{"risk_rules":{}}',
        '{"authorization_days":1e9}',
        '{"name":""}',
      ].map((body) => post(merchant, body, 'PATCH')),
      post(`${merchant}/credentials`, `{"username":"${USERNAME}"}`),
      post(`${merchant}/credentials`, '{"username":["a"]}'),
      ...['{"outcome":"win"}', '{"payment_method":7}', '{"payment_method_category":{}}', '{"order_lines":[]}'].map(
        (body) => post(session, body),
      ),
      ...['{}', '{"decision":1}', '{"decision":"maybe"}', '{"decision":"accept"}'].map((body) =>
        post(`/control/orders/${ids.order_id}/fraud-decision`, body),
      ),
      post(`/control/orders/${ids.order_id}/close`, '{}'),
      ...['/control/clock', '/control/log', session].map((path) => post(path, '{}', 'PUT')),
      post('/control/log?from=then', '', 'GET'),
    ]);
    for (const id of Object.values(ODD_IDS)) {
      await refuseAll(
        [
          { method: 'GET', path: `/control/sessions/${id}` },
          { method: 'GET', path: `/control/orders/${id}` },
          { method: 'GET', path: `/control/log/${id}` },
          { method: 'GET', path: `/control/catalogue/${id}` },
          { method: 'GET', path: `/control/merchants/${id}` },
          { method: 'PATCH', path: `/control/merchants/${id}`, body: '{}' },
          { path: `/control/sessions/${id}/authorize` },
          { path: `/control/orders/${id}/close` },
          { path: `/control/merchants/${id}/credentials` },
          { method: 'DELETE', path: `/control/merchants/K000001/credentials/${id}` },
        ].map((call) => ({ name: call.path.slice(0, 80), status: 404, call })),
      );
    }
  });

  test('answers a GET with a strange body', async () => {
    const bodies = ['{"merchant_id":{"toString":1,"valueOf":1}}', '{"merchant_id":[[]]}', '{"merchant_id":"\\u0000"}'];
    for (const { method, path } of (await list()).filter((route) => route.method === 'GET'))
      for (const body of bodies) assertSound(await send({ method, path, body }), `${path} ${body}`);
  });

  test('queries of any kind are answered', async () => {
    const values = [
      '',
      '0',
      '-1',
      '1.5',
      '1e9',
      'NaN',
      'Infinity',
      'x',
      '%00',
      '%ff',
      "'",
      '9'.repeat(400),
      'ö'.normalize(),
    ];
    for (const name of ['limit', 'after', 'from', 'to', 'correlation_id', 'order_id', 'merchant_id', '__proto__']) {
      for (const value of values) {
        for (const path of [
          '/control/log',
          '/control/orders',
          '/control/merchants',
          '/control/clock',
          '/control/callbacks',
        ]) {
          const call = { method: 'GET', path: `${path}?${name}=${encodeURI(value)}` };
          assertSound(await send(call), call.path);
        }
      }
    }
  });
});

describe('fuzzing', () => {
  const RUNS = 40;
  const anyJson = fc.jsonValue({ maxDepth: 4 });
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('', '\0', '\ud800', '__proto__', '1e400', 'ö'.repeat(300)),
  );
  const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger(), fc.constantFrom(-0, 1e308, 2 ** 53, 0.1));
  const anyValue = fc.oneof(anyJson, anyText, anyNumber, fc.constantFrom(null, true, [], {}, [[]]));

  /** A right body with up to four of its values replaced, removed or renamed. */
  const mutated = (good: object) =>
    fc
      .array(fc.tuple(fc.constantFrom(...pathsOf(good)), fc.constantFrom('replace', 'remove', 'rename'), anyValue), {
        minLength: 1,
        maxLength: 4,
      })
      .map((changes) => {
        const body = structuredClone(good);
        for (const [path, change, given] of changes) {
          // Of its own, because a value that is put into itself would be a circle.
          const value = structuredClone(given);
          const holder = path
            .slice(0, -1)
            .reduce<unknown>((each, key) => (each as Record<string, unknown>)?.[key], body);
          if (typeof holder !== 'object' || holder === null) continue;
          const fields = holder as Record<string, unknown>;
          const key = String(path.at(-1));
          if (change === 'replace') fields[key] = value;
          else delete fields[key];
          if (change === 'rename') fields[`${key}_`] = value;
        }
        return JSON.stringify(body);
      });

  for (const operation of BUILT) {
    const { name, method } = operation;
    test(`${name}: random and mutated bodies never break it`, async () => {
      const good = GOOD[name];
      const bodies = fc.oneof(
        anyJson.map((value) => JSON.stringify(value)),
        fc.dictionary(anyText, anyValue).map((value) => JSON.stringify(value)),
        anyText,
        ...(good ? [mutated(good), mutated(good), mutated(good)] : []),
      );
      await fuzz(
        fc.asyncProperty(bodies, async (body) =>
          assertSound(await send({ method, path: pathOf(operation), body }), name),
        ),
        RUNS,
      );
      // What was accepted may have changed everything; what follows wants it whole.
      ids = await purchase();
      await state();
    });
  }

  test('the control API: random and mutated bodies never break it', async () => {
    const routes = [
      [
        'POST',
        `/control/sessions/${ids.session_id}/authorize`,
        { ...SESSION, outcome: 'approve', payment_method: 'invoice' },
      ],
      ['POST', '/control/merchants', { name: 'x', region: 'eu', username: 'u', password: 'p' }],
      [
        'PATCH',
        '/control/merchants/fuzzed',
        { name: 'x', status: 'active', risk_rules: [{ on: 'capture', decision: 'refuse' }] },
      ],
      ['POST', '/control/merchants/fuzzed/credentials', { username: 'u', password: 'p' }],
      ['POST', `/control/orders/${ids.order_id}/fraud-decision`, { decision: 'accept' }],
      [
        'POST',
        `/control/orders/${ids.order_id}/disputes`,
        { reason: 'return', amount: 1, deadline: 'P1D', comment: 'x' },
      ],
      ['POST', `/control/disputes/${ids.dispute_id}/extend`, { until: 'P1D', reason: 'x' }],
      ['POST', `/control/disputes/${ids.dispute_id}/ask`, { comment: 'x', requested_fields: ['x'], deadline: 'P1D' }],
      ['POST', `/control/disputes/${ids.dispute_id}/decide`, { outcome: 'WON', detailed: 'x', chargeback_amount: 1 }],
      ['POST', '/control/merchants/fuzzed/webhooks', { url: 'https://shop.example', event_types: [] }],
      ['POST', '/control/clock', { advance: 'PT1S', merchant_id: 'fuzzed' }],
      ['POST', '/control/reset', { merchant_id: 'fuzzed' }],
    ] as const;
    await accepted({ path: '/control/merchants', body: '{"merchant_id":"fuzzed"}' });
    for (const [method, path, good] of routes) {
      await fuzz(
        fc.asyncProperty(fc.oneof(anyText, mutated(good), mutated(good)), async (body) =>
          assertSound(await send({ method, path, body }), path),
        ),
        RUNS,
      );
    }
    await send({ path: '/control/reset' });
    ids = await purchase();
  });

  test('random bytes never get anything but a refusal', async () => {
    const untouched = await state();
    const start = fc.constantFrom(
      '',
      'GET / HTTP/1.1\r\n',
      'POST /payments/v1/sessions HTTP/1.1\r\nhost: a\r\n',
      'GET /',
    );
    await fuzz(
      fc.asyncProperty(start, fc.uint8Array({ minLength: 1, maxLength: 500 }), async (head, bytes) => {
        const answers = await talk([head, Buffer.from(bytes)], { expected: 2, half: true });
        for (const answer of answers.filter(({ status }) => status !== 200)) assertRefusal(answer, undefined, 'bytes');
      }),
      200,
    );
    assert.deepEqual(await state(), untouched);
  });
});

test('secrets appear neither in the log nor on stderr', async () => {
  const created = json(await accepted({ path: '/payments/v1/sessions', body: JSON.stringify(SESSION) }));
  const client_token = String(created.client_token);
  const session = `/payments/v1/sessions/${String(created.session_id)}`;
  const order = `/ordermanagement/v1/orders/${ids.order_id}`;
  await accepted({ method: 'GET', path: session });
  // Clients send back what they read.
  await accepted({ path: session, body: JSON.stringify({ ...SESSION, client_token, status: 'incomplete' }) });
  await send({ path: session, body: `{"client_token" : "${client_token}", "order_amount": -1}` });
  await send({ path: session, body: `{"client_token":"${client_token}` });
  await send({ path: `${session}?token=${client_token}`, body: '{}' });
  await send({ path: `${order}/captures`, body: '{}', headers: { 'klarna-idempotency-key': 'a' } });
  await send({ path: order, headers: { authorization: `Basic ${BASIC}x` } });
  await accepted({ path: `/control/sessions/${created.session_id}/authorize`, body: JSON.stringify({ client_token }) });
  await send({ method: 'GET', path: `http://${USERNAME}:${PASSWORD}@localhost${order}` });
  await send({ path: '/control/merchants', body: `{"merchant_id":"secretive","password":"${PASSWORD}"}` });
  await send({ path: '/control/merchants/secretive/credentials', body: `{"password":"${PASSWORD}","username":7}` });

  const answers = await Promise.all(
    [
      '/control/log?limit=1000',
      '/control/merchants',
      '/control/merchants/secretive',
      `/control/sessions/${String(created.session_id)}`,
    ].map((path) => accepted({ method: 'GET', path })),
  );
  const seen = [...answers.map(({ text }) => text), ...stderr].join('\n');
  for (const secret of [client_token, PASSWORD, BASIC, 'Authorization":', '"hash"', '"salt"']) {
    assert.ok(!seen.includes(secret), `${secret.slice(0, 30)} was seen`);
  }
  assert.equal(stderr.join(''), '', 'hostile input is nothing to report on stderr');
});

test('what is written to stderr when the store fails names no secret', async () => {
  const failing = new Proxy({} as Store, {
    get: () => () => Promise.reject(new StoreUnavailable('the disk is full')),
  });
  const world = realWorld(failing);
  const face = new KlarnaFace({
    world,
    authenticator: new Authenticator(failing),
    faults: new OrderedFaults({ world, settled: async () => {} }),
    secret: createSecretKey('signing-key', 'utf8'),
    regions: {},
    onCallbacks: () => {},
    settle: async () => {},
  });
  stderr.length = 0;
  const headers = { host: 'localhost', authorization: LIVE.authorization };
  const body = { text: '{"client_token":"token-to-look-for"}' };
  const path = '/payments/v1/sessions';
  const answer = await face.answer({ method: 'POST', path, query: new URLSearchParams(), headers, body });
  assert.equal(answer.status, 503);
  assert.equal((JSON.parse(String(answer.body)) as { error_code: string }).error_code, 'TEMPORARILY_UNAVAILABLE');
  const said = stderr.join('');
  stderr.length = 0;
  assert.match(said, /the disk is full/);
  for (const secret of [BASIC, PASSWORD, 'token-to-look-for', 'signing-key']) assert.ok(!said.includes(secret));
});

test('closing answers what has begun and does not wait for connections that idle', async () => {
  const own = await startProvider();
  const { hostname, port } = new URL(own.url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  const answers = readAnswers(socket, 2, false);
  socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await once(socket, 'data');
  socket.write('POST /health HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{');
  await delay(50);
  const closed = own.close();
  await delay(50);
  socket.write('}');
  await closed;
  assert.deepEqual(
    (await answers).map(({ status, headers }) => [status, headers.get('connection')]),
    [
      [200, 'keep-alive'],
      [200, 'close'],
    ],
  );
});
