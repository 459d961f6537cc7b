// Protects: whatever is sent with a good signature, the answer is one of this API's own and never a fault of the server, and the next good request
// is served.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { type Provider, startProvider } from '../index.ts';
import { OPERATIONS } from './operations.ts';
import {
  type Answered,
  authorizationBody,
  CybersourceShop,
  ORDER,
  partBody,
  sessionBody,
  signed,
  webToken,
} from './testing.ts';

let provider: Provider;
let shop: CybersourceShop;
let ids: readonly string[];
before(async () => {
  provider = await startProvider();
  shop = await CybersourceShop.open(() => provider);
  const session = await shop.session('inline');
  const authorized = await shop.authorize(await shop.approve(session.id));
  const captured = await shop.capture(authorized.id, '10.00');
  ids = [session.id, authorized.id, captured.id, 'x', '%00', '7179500000000000000000'];
});
after(() => provider.close());

function assertOwn({ status, body, text, headers }: Answered): void {
  assert.match(headers.get('v-c-correlation-id') ?? '', /^[0-9a-f-]{36}$/);
  assert.ok([200, 201, 204, 400, 404, 405, 501].includes(status), `${status} ${text}`);
  if (status === 400) assert.equal(body.status, 'INVALID_REQUEST', text);
  if (status === 404 || status === 501) assert.equal(typeof body.response?.rmsg, 'string', text);
  assert.ok(text === '' || !body.status || body.status !== 'SERVER_ERROR');
}

const BODIES: readonly object[] = [
  sessionBody('HOP'),
  sessionBody('inline'),
  authorizationBody('token'),
  partBody('AP_CAPTURE', '1.00'),
  partBody('AP_REFUND', '1.00'),
  partBody('AP_AUTH_REVERSAL'),
  partBody('AP_STATUS'),
  { clientReferenceInformation: { transactionId: 'a' } },
];

const strange = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    '\u0000',
    '\ud800',
    [],
    {},
    [[]],
    true,
    -1,
    1e308,
    0.1,
    '1e9',
    '__proto__',
    'x'.repeat(5_000),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** The body with something strange in the place of one of its values, anywhere. */
const mutated = fc.tuple(fc.constantFrom(...BODIES), fc.nat(), strange).map(([body, at, value]) => {
  const copy = structuredClone(body) as Record<string, unknown>;
  const places: [Record<string, unknown>, string][] = [];
  const walk = (node: Record<string, unknown>) => {
    for (const [key, child] of Object.entries(node)) {
      places.push([node, key]);
      if (typeof child === 'object' && child !== null) walk(child as Record<string, unknown>);
    }
  };
  walk(copy);
  const [node, key] = places[at % places.length] as [Record<string, unknown>, string];
  Object.defineProperty(node, key, { value, enumerable: true });
  return copy;
});

test('bodies with anything in the place of any value; money moves when the answer says so, and then only', async () => {
  const moved = { SETTLED: 1_000, REFUNDED: 0 };
  const paths = OPERATIONS.filter(({ method }) => method !== 'GET' && method !== 'DELETE');
  await fuzz(
    fc.asyncProperty(mutated, fc.constantFrom(...paths), fc.nat(), async (body, { method, path }, at) => {
      const answer = await shop.call(method, path.replace(/\{\w+\}/, ids[at % ids.length] ?? ''), body);
      assertOwn(answer);
      const { status, orderInformation } = answer.body;
      if (!path.includes('refresh') && (status === 'SETTLED' || status === 'REFUNDED'))
        moved[status] += Math.round(Number(orderInformation?.amountDetails.totalAmount) * 100);
    }),
    400,
  );
  const { orders } = await shop.control('GET', `/orders?merchant_id=${shop.key.merchant_id}`);
  const [order] = orders as Record<string, unknown>[];
  assert.deepEqual([order?.captured_amount, order?.refunded_amount], [moved.SETTLED, moved.REFUNDED]);
  await shop.session();
});

test('texts that are no JSON, and paths that are none', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((each) => each.isWellFormed());
  await fuzz(
    fc.asyncProperty(text, fc.constantFrom(...OPERATIONS), async (body, { method, path }) => {
      if (method !== 'GET' && method !== 'DELETE')
        assertOwn(await shop.call(method, path.replace(/\{\w+\}/, 'x'), body));
      assertOwn(await shop.call('POST', `/pts/v2/${encodeURIComponent(body)}`, '{}'));
    }),
    150,
  );
  await shop.session();
});

test('headers of a signature that are anything', async () => {
  const printable = fc
    .string({ unit: 'binary-ascii', maxLength: 60 })
    .map((each) => each.replace(/[^ -~]/g, '"').trim());
  await fuzz(
    fc.asyncProperty(printable, printable, printable, async (signature, merchant, bearer) => {
      const headers = {
        signature: `keyid="${signature}", headers="${signature}", signature="${signature}"`,
        'v-c-merchant-id': merchant,
      };
      const target = '/pts/v2/payments';
      assert.equal((await shop.send({ method: 'POST', target, body: '{}', headers })).status, 401);
      const authorization = `Bearer ${bearer.replaceAll(' ', '.')}`;
      assert.equal((await shop.send({ method: 'POST', target, body: '{}', headers: { authorization } })).status, 401);
    }),
    200,
  );
});

test('what is too large, or no text, is said to be that to whoever signed it, and to nobody else', async () => {
  const target = '/pts/v2/payments';
  const large = JSON.stringify({ ...authorizationBody('token'), filler: 'x'.repeat(1_100_000) });
  const { status, body } = await shop.call('POST', target, large);
  assert.deepEqual([status, body.response?.rmsg], [413, 'The request is too large']);
  const token = webToken(shop.key, 'POST', target, large);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  assert.equal((await shop.send({ method: 'POST', target, body: large, headers })).status, 413);
  const stranger = { ...shop.key, shared_secret: Buffer.from('another').toString('base64') };
  assert.equal((await shop.send(signed(stranger, 'POST', target, large, shop.host))).status, 401);
});

test('numbers beyond all bounds are refused, wherever one is due', async () => {
  const huge = [999_999_999, '999999999', 1e21, '99999999999999999999', -1, '1e3', 0.1 + 0.2];
  for (const expiryDuration of huge) {
    const keyInformation = { keyType: 'sharedSecret', organizationId: shop.key.merchant_id, expiryDuration };
    assertOwn(await shop.call('POST', '/kms/egress/v2/keys-sym', { clientRequestAction: 'CREATE', keyInformation }));
  }
  const { lineItems, ...order } = ORDER;
  for (const quantity of huge)
    for (const unitPrice of ['2000000.00', 2_000_000, '-2000000.00', '99999999999999.99']) {
      const items = [{ ...lineItems[0], quantity, unitPrice, totalAmount: undefined }, lineItems[1]];
      const answer = await shop.call('POST', '/pts/v2/payment-references', {
        ...sessionBody('inline'),
        orderInformation: { ...order, lineItems: items },
      });
      assertOwn(answer);
      assert.ok(answer.status === 400 || answer.body.status === 'FAILED', answer.text);
    }
});

test('a number is the digits that were sent, however many', async () => {
  const body = JSON.stringify(sessionBody('inline'));
  const send = (total: string) =>
    shop.call('POST', '/pts/v2/payment-references', body.replace('"totalAmount":"100.00"', `"totalAmount":${total}`));
  for (const total of ['100', '100.0', '1e2', '"100.00"']) assert.equal((await send(total)).body.status, 'INITIATED');
  for (const total of ['100.000000000000000001', '99.99999999999999999', '100.00000000000000000000', '1e400']) {
    const { status, body: answer } = await send(total);
    assert.deepEqual(
      [status, answer.details?.map(({ field }) => field)],
      [400, ['orderInformation.amountDetails.totalAmount']],
      total,
    );
  }
  const long = body.replace(/"code":"[^"]*"/, '"code":12345678901234567890');
  const { body: session } = await shop.call('POST', '/pts/v2/payment-references', long);
  assert.deepEqual(session.clientReferenceInformation, { code: '12345678901234567890' });
});
