// A purchase through Klarna's API, with nothing but fetch: session, authorization, order, capture, refund.
// Run `npm start` in one terminal and `node examples/purchase.ts` in another (Node 24 or newer).
// With the shopper's part (marked below) left to Klarna's own page, the same code runs against api.playground.klarna.com.

const KLARNA_URL = process.env.KLARNA_URL ?? 'http://127.0.0.1:4010';
const CREDENTIALS = process.env.KLARNA_CREDENTIALS ?? 'K000001_local:local';

async function call(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${KLARNA_URL}${path}`, {
    method,
    headers: {
      Authorization: `Basic ${Buffer.from(CREDENTIALS).toString('base64')}`,
      'Content-Type': 'application/json',
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  console.log(`${method} ${path} → ${response.status}`);
  if (!response.ok) throw new Error(text);
  return { headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

const purchase = {
  purchase_country: 'SE',
  purchase_currency: 'SEK',
  locale: 'sv-SE',
  order_amount: 64900,
  order_tax_amount: 12980,
  order_lines: [
    {
      reference: 'MUG-2',
      name: 'Enamel mug',
      quantity: 2,
      unit_price: 12500,
      tax_rate: 2500,
      total_amount: 25000,
      total_tax_amount: 5000,
    },
    {
      reference: 'KETTLE',
      name: 'Kettle',
      quantity: 1,
      unit_price: 39900,
      tax_rate: 2500,
      total_amount: 39900,
      total_tax_amount: 7980,
    },
  ],
};

const session = await call('POST', '/payments/v1/sessions', purchase);

// The shopper's part. Live, this happens in Klarna's page and the token comes from the JavaScript SDK or the callback.
const shopper = await call('POST', `/control/sessions/${session.body.session_id}/authorize`);

const order = await call('POST', `/payments/v1/authorizations/${shopper.body.authorization_token}/order`, purchase);
const path = `/ordermanagement/v1/orders/${order.body.order_id}`;

// One key for one intention: however often this call is repeated, the mugs are captured once.
const key = { 'Klarna-Idempotency-Key': crypto.randomUUID() };
const mugs = { captured_amount: 25000, order_lines: purchase.order_lines.slice(0, 1) };
const capture = await call('POST', `${path}/captures`, mugs, key);
const again = await call('POST', `${path}/captures`, mugs, key);
console.log('captured once:', capture.headers.get('Capture-Id') === again.headers.get('Capture-Id'));

await call('POST', `${path}/refunds`, { refunded_amount: 12500, description: 'One mug came back' });
await call('POST', `${path}/release-remaining-authorization`);

const { body } = await call('GET', path);
console.log(
  `${body.status}: captured ${body.captured_amount}, refunded ${body.refunded_amount}, remaining ${body.remaining_authorized_amount}`,
);
