// How a shop tests its Klarna integration: a Klarna of its own for the suite, in this process.
// In your project: npm install --save-dev kvitt
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Provider, startProvider } from 'kvitt/provider';

let klarna: Provider;
before(async () => {
  klarna = await startProvider();
});
after(() => klarna.close());

/** Stands for the shop's own code, which only knows a base URL and credentials. */
async function shop(method: string, path: string, body?: object) {
  const { username, password } = klarna.credentials;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const response = await fetch(klarna.url + path, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

const purchase = {
  purchase_country: 'DE',
  purchase_currency: 'EUR',
  order_amount: 4990,
  order_lines: [{ name: 'Lamp', quantity: 1, unit_price: 4990, total_amount: 4990 }],
};

async function placeOrder(shopper: Record<string, unknown> = {}): Promise<string> {
  const session = await shop('POST', '/payments/v1/sessions', purchase);
  const { authorization_token } = await klarna.authorize(session.body.session_id, shopper);
  const order = await shop('POST', `/payments/v1/authorizations/${authorization_token}/order`, purchase);
  return order.body.order_id;
}

test('an order that nobody captures lapses after 28 days', async () => {
  const order_id = await placeOrder();
  await klarna.clock.advance('P28D');
  const { body } = await shop('GET', `/ordermanagement/v1/orders/${order_id}`);
  assert.equal(body.status, 'EXPIRED');
  const capture = await shop('POST', `/ordermanagement/v1/orders/${order_id}/captures`, { captured_amount: 4990 });
  assert.equal(capture.status, 403);
  assert.equal(capture.body.error_code, 'CAPTURE_NOT_ALLOWED');
});

test('a shopper is declined', async () => {
  const session = await shop('POST', '/payments/v1/sessions', purchase);
  const answer = await klarna.authorize(session.body.session_id, {
    billing_address: { email: 'customer+denied@email.de' },
  });
  assert.deepEqual(
    { approved: answer.approved, show_form: answer.show_form, code: answer.code },
    { approved: false, show_form: false, code: 'REFUSED' },
  );
});

test('a purchase in review must not be shipped', async () => {
  const order_id = await placeOrder({ outcome: 'review' });
  const path = `/ordermanagement/v1/orders/${order_id}`;
  assert.equal((await shop('GET', path)).body.fraud_status, 'PENDING');
  assert.equal((await shop('POST', `${path}/captures`, { captured_amount: 4990 })).status, 403);
  await klarna.control('POST', `/orders/${order_id}/fraud-decision`, { decision: 'accept' });
  assert.equal((await shop('POST', `${path}/captures`, { captured_amount: 4990 })).status, 201);
});

test('a sum that is one cent off is explained', async () => {
  const refused = await shop('POST', '/payments/v1/sessions', { ...purchase, order_amount: 4991 });
  assert.deepEqual(refused.body.error_messages, ['Bad value: order_amount']);
  const entry = await klarna.control('GET', `/log/${refused.body.correlation_id}`);
  const [explanation] = entry.explanations as { off_by: number; change: string }[];
  assert.equal(explanation?.off_by, 1);
  assert.match(explanation?.change ?? '', /order_amount = 4990/);
});

test('the bookkeeping finds an order in its payout, less the fee', async () => {
  const order_id = await placeOrder();
  await shop('POST', `/ordermanagement/v1/orders/${order_id}/captures`, { captured_amount: 4990 });
  await klarna.clock.advance('P1D');
  const { body } = await shop('GET', `/settlements/v1/transactions?order_id=${order_id}`);
  const [sale, fee] = body.transactions;
  assert.deepEqual([sale.type, sale.amount, fee.type, fee.amount], ['SALE', 4990, 'FEE', 149]);
  const payout = await shop('GET', `/settlements/v1/payouts/${sale.payment_reference}`);
  assert.equal(payout.status, 200);
  const { balanced } = await klarna.control('GET', '/books');
  assert.equal(balanced, true);
});

test('a subscription survives a card that has run out', async () => {
  const approve = async (more: object, shopper: Record<string, unknown>) => {
    const session = await shop('POST', '/payments/v1/sessions', { ...purchase, intent: 'buy_and_tokenize', ...more });
    return (await klarna.authorize(session.body.session_id, shopper)).authorization_token;
  };
  const first = await approve({}, { payment_method: 'pay_by_card' });
  const made = await shop('POST', `/payments/v1/authorizations/${first}/customer-token`, {
    description: 'A lamp a year',
    intended_use: 'SUBSCRIPTION',
    locale: 'de-DE',
    purchase_country: 'DE',
    purchase_currency: 'EUR',
  });
  const charge = () =>
    shop('POST', `/customer-token/v1/tokens/${made.body.token_id}/order`, { ...purchase, step_up: 'SUPPORTED' });
  assert.equal((await charge()).status, 200);

  await klarna.clock.advance('P3Y');
  const refused = await charge();
  assert.equal(refused.body.error_code, 'PAYMENT_METHOD_FAILED');
  const { step_up_id } = refused.body;
  const second = await approve(
    { step_up_id, customer: { customer_token: made.body.token_id } },
    { payment_method: 'direct_debit' },
  );
  assert.equal((await shop('POST', `/payments/v1/authorizations/${second}/order`, purchase)).status, 200);
  assert.equal((await charge()).status, 200);
});
