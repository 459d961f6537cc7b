/** What all of Klarna's APIs have in common: credentials, headers as they travel, limits, forms of requests. */
import { OPERATIONS } from '../operations.ts';
import { operation, type Probe, refused } from '../probe.ts';
import { line, long, NOBODY, PURCHASE, purchase } from '../purchases.ts';
import { D, inferred, O } from '../sources.ts';

const CREATE = 'POST /payments/v1/sessions';
const ORDER = '/ordermanagement/v1/orders/{order_id}';

/** Ids that nobody has, for every name in a path. */
const anyIds = Object.fromEntries(
  OPERATIONS.flatMap(({ call }) => [...call.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, NOBODY])),
);

/** Credentials are looked at before anything else, so every operation answers a stranger alike. */
const STRANGERS: readonly Probe[] = OPERATIONS.map(({ api, id, call }) =>
  operation(api, id, call)(
    'stranger',
    'Without credentials it is 401',
    D.auth,
    { status: 401 },
    { credentials: 'none', vars: anyIds },
  ),
);

const wire = operation('All APIs', 'wire', CREATE, { body: PURCHASE });
const orders = operation('All APIs', 'wire/orders', `GET ${ORDER}`, { given: 'order' });
const captures = operation('All APIs', 'wire/captures', `POST ${ORDER}/captures`, {
  given: 'order',
  body: { captured_amount: 10 },
});
const acknowledged = operation('All APIs', 'wire/acknowledge', `POST ${ORDER}/acknowledge`, { given: 'order' });
const MADE = { status: 200, fields: { session_id: { is: 'uuid' } } } as const;
const CORRELATED = { 'Klarna-Correlation-Id': { is: 'text' } } as const;
const limits = (limit: RegExp) => ({
  'X-Ratelimit-Limit': limit,
  'X-Ratelimit-Remaining': /^\d+$/,
  'X-Ratelimit-Reset': /^\d+$/,
});

const CREDENTIALS: readonly Probe[] = [
  wire('wrong-password', 'Wrong credentials are 401', D.auth, { status: 401 }, { credentials: 'wrong' }),
  wire(
    'challenge',
    'The 401 says what is wanted',
    O.recorded,
    { status: 401, headers: { 'WWW-Authenticate': /^Basic realm=/ } },
    { credentials: 'none' },
  ),
  wire(
    '401-code',
    'Its code is UNAUTHORIZED with no message',
    D.kp_errors,
    { status: 401, code: 'UNAUTHORIZED', fields: { error_messages: { length: 0 } } },
    { credentials: 'none' },
  ),
  wire(
    '401-no-correlation',
    'It alone has no correlation id among its headers',
    O.recorded,
    { status: 401, no_headers: ['Klarna-Correlation-Id'] },
    { credentials: 'none' },
  ),
  wire(
    'before-validation',
    'Credentials come before the body: {} is 401',
    O.recorded,
    { status: 401 },
    { credentials: 'none', body: {} },
  ),
  wire('then-validation', 'And 400 with them', O.recorded, { status: 400, code: 'BAD_VALUE' }, { body: {} }),
  wire(
    'not-basic',
    'Another scheme is 401',
    D.auth,
    { status: 401 },
    { credentials: 'none', headers: { Authorization: 'Bearer x' } },
  ),
  wire(
    'not-base64',
    'Nonsense after Basic too',
    D.auth,
    { status: 401 },
    { credentials: 'none', headers: { Authorization: 'Basic !' } },
  ),
  wire(
    'no-permission',
    'An unknown path is 403 or 404',
    D.auth,
    { status: [403, 404] },
    { path: '/payments/v9/nothing' },
  ),
];

const HEADERS: readonly Probe[] = [
  wire('content-type', 'Payments names the charset', O.sdk_php, {
    status: 200,
    headers: { 'Content-Type': 'application/json;charset=utf-8' },
  }),
  wire(
    'error-type',
    'Refusals are JSON too',
    D.payments,
    { status: 400, headers: { 'Content-Type': /^application\/json/ } },
    { body: {} },
  ),
  wire('correlation', 'Every answer has a correlation id', D.cancel_authorization, {
    status: 200,
    headers: CORRELATED,
  }),
  wire(
    'correlation-400',
    'So does a refusal',
    D.cancel_authorization,
    { status: 400, headers: CORRELATED },
    { body: {} },
  ),
  wire('rate', 'Every answer announces the limit in two parts', D.rates, {
    status: 200,
    headers: limits(/^\d+, \d+;w=1$/),
  }),
  wire('rate-400', 'So does a refusal', D.rates, { status: 400, headers: limits(/^\d+, \d+;w=1$/) }, { body: {} }),
  orders('correlation', 'Also in Order Management', D.cancel_authorization, { status: 200, headers: CORRELATED }),
  orders('content-type', 'Which says application/json', O.sdk_php, {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
  }),
  orders('rate', 'Other operations: 200 a second, 50 in the playground', D.rates, {
    status: 200,
    headers: limits(/^(?:200, 200|50, 50);w=1$/),
  }),
  wire(
    'same-correlation',
    'A refusal has one id, in headers and body',
    D.kp_errors,
    { status: 400, correlated: true },
    { body: {} },
  ),
  orders(
    'same-correlation',
    'In Order Management too',
    D.om_errors,
    { status: 404, correlated: true },
    { given: 'nothing', vars: { order_id: NOBODY } },
  ),
  orders(
    '404-correlation',
    'A 404 has one too',
    D.om_errors,
    { status: 404, headers: CORRELATED, fields: { correlation_id: { is: 'text' } } },
    { given: 'nothing', vars: { order_id: NOBODY } },
  ),
  captures('capture-id', 'Capture-Id in exactly this case', O.sdk_php, {
    status: 201,
    headers: { 'Capture-Id': { is: 'uuid' } },
  }),
  captures('location', 'Location too, and absolute', O.sdk_php, { status: 201, headers: { Location: { is: 'url' } } }),
  captures('no-content-type', 'A 201 without a body has no type', O.recorded, {
    status: 201,
    no_headers: ['Content-Type'],
    headers: { 'Content-Length': '0' },
  }),
  captures('correlation', 'And a correlation id', D.cancel_authorization, { status: 201, headers: CORRELATED }),
  acknowledged('204', 'A 204 has neither type nor length', O.recorded, {
    status: 204,
    no_headers: ['Content-Type', 'Content-Length'],
  }),
  acknowledged('204-correlation', 'But a correlation id', D.cancel_authorization, { status: 204, headers: CORRELATED }),
  acknowledged('transaction', 'And a Transaction-Id', O.recorded, {
    status: 204,
    headers: { 'Transaction-Id': { is: 'text' } },
  }),
  acknowledged(
    'transaction-again',
    'The same when it was done already',
    O.recorded,
    { status: 204, headers: { 'Transaction-Id': '$first_transaction' } },
    {
      first: [{ call: `POST ${ORDER}/acknowledge`, keep: { first_transaction: { header: 'Transaction-Id' } } }],
    },
  ),
];

const FORMS: readonly Probe[] = [
  wire('double-slash', 'Doubled slashes in a path', O.clients, MADE, { path: '//payments/v1/sessions' }),
  wire('charset', 'A content type with a charset', O.clients, MADE, {
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
  }),
  wire('integration', 'A header of integrators', O.clients, MADE, {
    headers: { 'X-Klarna-Integration-Metadata': '{"integrator":{"name":"probe"}}' },
  }),
  wire('any-accept', 'Whatever the client accepts', O.clients, MADE, { headers: { Accept: '*/*' } }),
  wire('chunked', 'A body in pieces', O.clients, MADE, { headers: { 'Transfer-Encoding': 'chunked' } }),
  wire('unicode', 'Names of any alphabet', D.payments, MADE, {
    body: purchase([line(10_000, { name: 'Schuh «größer» 靴 👟' })]),
  }),
  wire('large', 'A body of almost a megabyte', D.limits, MADE, { pad: 1_000_000 }),
  wire('too-large', 'One of more is 413', D.limits, { status: 413 }, { pad: 1_100_000 }),
  captures(
    'too-large',
    'With words in Order Management',
    D.om_errors,
    refused(413, 'REQUEST_TOO_LARGE', 'Request is too large'),
    { pad: 1_100_000 },
  ),
  wire('header', 'A header of 5 KB', D.limits, MADE, { headers: { 'X-Long': long(5_000) } }),
  wire(
    'header-too-long',
    'One of 7 KB is refused',
    D.limits,
    { status: [400, 413, 431] },
    { headers: { 'X-Long': long(7_000) } },
  ),
  wire(
    'headers-too-long',
    'So are headers of 21 KB',
    D.limits,
    { status: [400, 413, 431] },
    {
      headers: Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`X-Long-${index}`, long(4_300)])),
    },
  ),
  wire(
    'form',
    'A form is no JSON',
    inferred('415 is HTTP’s word for it'),
    { status: [400, 415] },
    { body: 'a=b', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
  ),
  acknowledged('empty-string', 'A write without content may be empty', O.clients, { status: 204 }, { body: '' }),
  acknowledged('empty-object', 'Or an empty object', O.clients, { status: 204 }, { body: {} }),
  acknowledged('nothing', 'Or nothing', O.clients, { status: 204 }),
];

export const COMMON: readonly Probe[] = [...STRANGERS, ...CREDENTIALS, ...HEADERS, ...FORMS];
