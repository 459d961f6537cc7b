import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderCreate } from '../../wire/klarna-payments.ts';
import { authorize, fillUrl } from './authorize.ts';
import { differences } from './compare.ts';
import { midnightAfter, placeOrder } from './place-order.ts';
import { createSession } from './session.ts';
import { ADDRESS, accepted, contextWith, linesOf, merchantWith, placedOrder, purchaseOf, reasonOf } from './testing.ts';

const DAY = 24 * 60 * 60_000;

test('an authorization ends at midnight UTC: the two recorded examples, and the edges of a day', () => {
  const rows: readonly [at: string, days: number, end: string][] = [
    ['2022-07-08T09:48:00Z', 28, '2022-08-05T00:00:00.000Z'],
    ['2023-06-06T13:34:00Z', 28, '2023-07-04T00:00:00.000Z'],
    ['2027-01-15T00:00:00.000Z', 28, '2027-02-12T00:00:00.000Z'],
    ['2027-01-15T23:59:59.999Z', 28, '2027-02-12T00:00:00.000Z'],
    ['2028-02-28T12:00:00Z', 1, '2028-02-29T00:00:00.000Z'],
    ['2027-12-31T12:00:00Z', 180, '2028-06-28T00:00:00.000Z'],
    // The nights on which European clocks change are nights like any other in UTC.
    ['2027-03-27T23:30:00Z', 1, '2027-03-28T00:00:00.000Z'],
    ['2027-10-30T23:30:00Z', 1, '2027-10-31T00:00:00.000Z'],
  ];
  for (const [at, days, end] of rows) assert.equal(new Date(midnightAfter(Date.parse(at), days)).toISOString(), end);
});

test('an order lasts as long as the account says', () => {
  const now_ms = Date.parse('2022-07-08T09:48:00Z');
  for (const authorization_days of [1, 28, 180]) {
    const order = placedOrder({ context: contextWith({ now_ms, merchant: merchantWith({ authorization_days }) }) });
    assert.equal(order.expires_at_ms, Date.parse('2022-07-08T00:00:00Z') + authorization_days * DAY);
  }
});

test('placeholders in URLs are filled, plain and percent-encoded, as often as they stand there', () => {
  const ids = { session_id: 's-1', order_id: 'o-1' };
  const rows: readonly [string, string][] = [
    ['https://x/{session.id}/{order.id}', 'https://x/s-1/o-1'],
    ['https://x/?a={order.id}&b={order.id}', 'https://x/?a=o-1&b=o-1'],
    ['https://x/%7Bsession.id%7D?o=%7border.id%7d', 'https://x/s-1?o=o-1'],
    ['https://x/{Order.ID}', 'https://x/o-1'],
    ['https://x/{checkout.order.id}/{{other}}', 'https://x/{checkout.order.id}/{{other}}'],
    ['https://x/', 'https://x/'],
  ];
  for (const [url, expected] of rows) assert.equal(fillUrl(url, ids), expected);
  assert.equal(
    fillUrl('https://x/{session.id}/{order.id}', { session_id: 's-1' }),
    'https://x/s-1/{order.id}',
    'no order yet',
  );
});

test('the push goes out with the order’s ids in its address, once, at the moment of the order', () => {
  const context = contextWith();
  const purchase = { ...purchaseOf(500), merchant_urls: { push: 'https://shop.example/push?o={order.id}' } };
  const session = accepted(createSession(purchase, context));
  const { authorization, session: tried } = accepted(authorize(session, { data: {} }, context));
  const placed = accepted(placeOrder(authorization, tried, purchase, 'd', context));
  assert.ok('order' in placed);
  const { order_id } = placed.order;
  assert.deepEqual(placed.callbacks, [
    {
      rule: 'push',
      url: `https://shop.example/push?o=${order_id}`,
      body: '',
      due_at_ms: context.now_ms,
      subject: order_id,
    },
  ]);
});

test('Klarna ships to the billing address unless told otherwise, and never to a mixture of the two', () => {
  const billing_address = { ...ADDRESS, street_address2: 'c/o Lund', country: 'SE' };
  const shipping_address = { given_name: 'Ebba', street_address: 'Lilla vägen 2', city: 'Lund', country: 'SE' };
  const purchase = { ...purchaseOf(500), billing_address };
  assert.deepEqual(placedOrder({ purchase }).shipping_address, billing_address);
  assert.deepEqual(placedOrder({ purchase: { ...purchase, shipping_address } }).shipping_address, shipping_address);

  const context = contextWith();
  const session = accepted(createSession(purchase, context));
  const tried = accepted(authorize(session, { data: {} }, context));
  const placed = accepted(
    placeOrder(tried.authorization, tried.session, { ...purchase, shipping_address }, 'd', context),
  );
  assert.ok('order' in placed);
  assert.deepEqual(placed.order.shipping_address, shipping_address, 'told only with the order');
});

test('an automatic capture takes all at once; an order of nothing has nothing to capture', () => {
  const order = placedOrder({ purchase: { ...purchaseOf(500), auto_capture: true } });
  assert.deepEqual([order.status, order.acknowledged, order.captures.length], ['CAPTURED', true, 1]);
  assert.equal(order.captures[0]?.captured_amount, 500);
  assert.deepEqual(order.captures[0]?.order_lines, []);
  const free = placedOrder({ purchase: { ...purchaseOf(0), auto_capture: true } });
  assert.deepEqual([free.status, free.captures.length], ['AUTHORIZED', 0]);
});

// ---- Comparing the order with the session -----------------------------------------------------------------------

const SESSION: OrderCreate = {
  ...purchaseOf(500),
  order_lines: linesOf(200, 300),
  billing_address: { ...ADDRESS, postal_code: '123 45', country: 'SE' },
};

function namesOf(order: OrderCreate, session: OrderCreate = SESSION, lowerAllowed = false): (string | undefined)[] {
  return differences(session, order, lowerAllowed).map(({ field }) => field);
}

test('what both sides say must be equal, what one side leaves out matches anything', () => {
  assert.deepEqual(namesOf(SESSION), []);
  const { billing_address: _billing, ...without } = SESSION;
  assert.deepEqual(namesOf(without), []);
  assert.deepEqual(namesOf(SESSION, without), []);
  assert.deepEqual(namesOf({ ...SESSION, shipping_address: { city: 'Lund' } }), []);
  assert.deepEqual(namesOf({ ...SESSION, billing_address: { phone: '0701234567' } }), []);
  assert.deepEqual(
    namesOf({ ...SESSION, billing_address: { ...SESSION.billing_address, city: '' } }),
    [],
    'left empty',
  );
  assert.deepEqual(namesOf({ ...SESSION, merchant_reference1: 'x', merchant_data: 'y', locale: 'sv-SE' }), []);
});

test('each difference is named with its path, all of them at once', () => {
  const changed: OrderCreate = {
    ...SESSION,
    order_amount: 501,
    order_lines: [
      SESSION.order_lines[0],
      { ...SESSION.order_lines[1], total_amount: 301, name: 'X' },
    ] as OrderCreate['order_lines'],
    billing_address: { ...SESSION.billing_address, postal_code: '123 46' },
    purchase_country: 'NO',
    purchase_currency: 'NOK',
  };
  assert.deepEqual(namesOf(changed).sort(), [
    'billing_address.postal_code',
    'order_amount',
    'order_lines[1].name',
    'order_lines[1].total_amount',
    'purchase_country',
    'purchase_currency',
  ]);
  const [amount] = differences(SESSION, changed, false).filter(({ field }) => field === 'order_amount');
  assert.deepEqual([amount?.expected, amount?.got, amount?.off_by], [500, 501, 1]);
});

test('another number of lines is told as a sentence, and lines are compared in their order', () => {
  assert.deepEqual(namesOf({ ...SESSION, order_lines: linesOf(200, 200, 100) }), [
    'Incorrect number of items in the cart. Expected: 2, Actual: 3',
  ]);
  assert.ok(namesOf({ ...SESSION, order_lines: [...SESSION.order_lines].reverse() }).length > 0);
});

test('objects within a line are compared by what they hold', () => {
  const withBrand = (brand: string) => ({
    ...SESSION,
    order_lines: SESSION.order_lines.map((line) => ({ ...line, product_identifiers: { brand } })),
  });
  assert.deepEqual(namesOf(withBrand('a'), withBrand('a')), []);
  assert.deepEqual(namesOf(withBrand('b'), withBrand('a')), [
    'order_lines[0].product_identifiers',
    'order_lines[1].product_identifiers',
  ]);
});

test('an account that may place orders for less may send other lines with them, but no other currency or address', () => {
  const less: OrderCreate = { ...SESSION, order_amount: 200, order_lines: linesOf(200) };
  assert.deepEqual(namesOf(less, SESSION, true), []);
  assert.deepEqual(namesOf(less, SESSION, false).length, 2);
  assert.deepEqual(
    namesOf({ ...less, order_amount: 600, order_lines: linesOf(600) }, SESSION, true).length,
    2,
    'more is not less',
  );
  const elsewhere = { ...less, purchase_currency: 'NOK', billing_address: { city: 'Oslo' } };
  assert.deepEqual(namesOf(elsewhere, SESSION, true), ['purchase_currency', 'billing_address.city']);
});

test('refusals of create-order that no random run needs to look for: a disabled account, and sums that do not hold', () => {
  const context = contextWith();
  const session = accepted(createSession(SESSION, context));
  const tried = accepted(authorize(session, { data: {} }, context));
  const inactive = { ...context, merchant: merchantWith({ status: 'inactive' }) };
  assert.equal(reasonOf(placeOrder(tried.authorization, tried.session, SESSION, 'd', inactive)), 'merchant_inactive');
  const wrong = { ...SESSION, order_amount: 499 };
  assert.equal(reasonOf(placeOrder(tried.authorization, tried.session, wrong, 'd', context)), 'bad_purchase');
  assert.equal(reasonOf(placeOrder(undefined, undefined, SESSION, 'd', context)), 'token_unknown');
});
