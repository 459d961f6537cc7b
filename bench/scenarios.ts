/** What is sent to the servers: steps that each of the connections goes through again and again, one request at a time. */
import { readFileSync } from 'node:fs';
import type { Step } from 'autocannon';
import { cybersourceLifecycle } from './cybersource.ts';
import { keep } from './keep.ts';
import { CAPTURE, CREDENTIALS, PURCHASE, REFUND } from './purchase.ts';
import { purseLifecycle } from './purse.ts';

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
const AUTHORIZED = { Authorization: basic(CREDENTIALS.username, CREDENTIALS.password) };
const JSON_BODY = { ...AUTHORIZED, 'Content-Type': 'application/json' };

const CREATE_SESSION: Step = {
  method: 'POST',
  path: '/payments/v1/sessions',
  headers: JSON_BODY,
  body: JSON.stringify(PURCHASE),
};

/** The nearest that a mock of Stripe has to a payment session: a charge that is authorized and not captured. */
const CREATE_CHARGE: Step = {
  method: 'POST',
  path: '/v1/charges',
  headers: { Authorization: basic('sk_test_bench', ''), 'Content-Type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({
    amount: String(PURCHASE.order_amount),
    currency: 'sek',
    source: 'tok_visa',
    capture: 'false',
    description: 'Red T-shirt, Mug',
    receipt_email: PURCHASE.billing_address.email,
    'metadata[merchant_reference1]': PURCHASE.merchant_reference1,
  }).toString(),
};

/** What a scenario may need: the server, and where the order ids that it reads come from or go to, 36 characters each. */
interface Needs {
  readonly url: string;
  readonly file?: string;
  readonly collect?: (order_id: string) => void;
}

export const SCENARIOS = {
  session: () => [CREATE_SESSION],
  charge: () => [CREATE_CHARGE],
  lifecycle,
  read,
  cybersource: cybersourceLifecycle,
  purse: purseLifecycle,
} as const;
export type ScenarioName = keyof typeof SCENARIOS;

/** From session to refund, each step with the ids that the steps before it were answered with. */
function lifecycle({ collect }: Needs): Step[] {
  const order = '/ordermanagement/v1/orders/{order_id}';
  return [
    { ...CREATE_SESSION, onResponse: keep('session_id') },
    { ...post('/control/sessions/{session_id}/authorize', {}), onResponse: keep('authorization_token') },
    {
      ...post('/payments/v1/authorizations/{authorization_token}/order', PURCHASE),
      onResponse: keep('order_id', 'order_id', collect),
    },
    post(`${order}/captures`, CAPTURE),
    post(`${order}/refunds`, REFUND),
    { method: 'GET', path: order, headers: AUTHORIZED, setupRequest: filled(order) },
  ];
}

/** Any one of the stored orders, each as likely as the other. */
function read({ file }: Needs): Step[] {
  const ids = file === undefined ? '' : readFileSync(file, 'latin1');
  const count = Math.floor(ids.length / 36);
  if (count === 0) throw new Error('no orders to read');
  const path = () => {
    const at = Math.floor(Math.random() * count) * 36;
    return `/ordermanagement/v1/orders/${ids.slice(at, at + 36)}`;
  };
  return [
    { method: 'GET', path: '/', headers: AUTHORIZED, setupRequest: (step) => Object.assign(step, { path: path() }) },
  ];
}

function post(path: string, body: object): Step {
  return { method: 'POST', path, headers: JSON_BODY, body: JSON.stringify(body), setupRequest: filled(path) };
}

/** Puts ids into the path; without them the chain is broken, and begins again. */
function filled(template: string): NonNullable<Step['setupRequest']> {
  const [before = '', name = '', after = ''] = template.split(/[{}]/);
  return (step, context) => {
    const id = context[name];
    return id === undefined ? null : Object.assign(step, { path: before + id + after });
  };
}
