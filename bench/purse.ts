/** The purchase of the benchmark as a client of Purse's API sends it: the same lines, in six calls. */
import type { Step } from 'autocannon';
import { LOCAL_CREDENTIALS } from '../src/provider/purse/account.ts';
import { keep } from './keep.ts';
import { CREDENTIALS, PURCHASE } from './purchase.ts';

const { entity_id, api_key, client_id } = LOCAL_CREDENTIALS;
const { billing_address: address } = PURCHASE;

const major = (minor: number) => minor / 100;
const AMOUNT = major(PURCHASE.order_amount);
const OPERATION = { order: { amount: AMOUNT, currency_code: PURCHASE.purchase_currency }, amount: AMOUNT };
const SESSION = {
  order: {
    redirection: PURCHASE.merchant_urls.confirmation,
    reference: PURCHASE.merchant_reference1,
    amount: AMOUNT,
    tax_amount: major(PURCHASE.order_tax_amount),
    currency_code: PURCHASE.purchase_currency,
    customer: {
      locale_code: PURCHASE.locale,
      billing_address: {
        first_name: address.given_name,
        last_name: address.family_name,
        address_lines: [address.street_address],
        city: address.city,
        postal_code: address.postal_code,
        country_code: address.country,
        email: address.email,
        mobile_phone: address.phone,
      },
    },
    shipments: [
      {
        item_lines: PURCHASE.order_lines.map((line) => ({
          type_code: 'product',
          sku_reference: line.reference,
          name: line.name,
          quantity: line.quantity,
          price: major(line.unit_price),
          amount: major(line.total_amount),
          tax_lines: [{ rate: major(line.tax_rate), amount: major(line.total_tax_amount) }],
        })),
      },
    ],
  },
};
const ITEM = { partner: 'klarna', method: 'installments' };

const JSON_TYPE = { 'content-type': 'application/json' };
const LOGIN = {
  path: '/oauth/token?grant_type=client_credentials',
  headers: {
    'x-api-key': api_key,
    authorization: `Basic ${Buffer.from(`${client_id}:${CREDENTIALS.password}`).toString('base64')}`,
  },
};

type Context = Readonly<Record<string, string>>;

/** An access token, which serves for an hour. */
async function login(url: string): Promise<string> {
  const answer = await fetch(`${url}${LOGIN.path}`, { method: 'POST', headers: LOGIN.headers });
  if (!answer.ok) throw new Error(`no access token: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** From session to refund in the widget's way: INIT, the shopper's approval, APPLY with what it yielded, capture, refund. */
export async function purseLifecycle({ url }: { readonly url: string }): Promise<Step[]> {
  const headers = { ...JSON_TYPE, 'x-api-key': api_key, authorization: `Bearer ${await login(url)}` };
  const call = (path: (context: Context) => string | undefined, body: (context: Context) => object): Step => ({
    method: 'POST',
    path: '/',
    setupRequest: (step, context) => {
      const target = path(context);
      if (target === undefined) return null;
      return Object.assign(step, { path: target, headers, body: JSON.stringify(body(context)) });
    },
  });
  const under = (kind: 'sessions' | 'transactions', name: string, act: string) => (context: Context) =>
    context[name] && `/${entity_id}/${kind}/${context[name]}/${act}`;
  return [
    {
      method: 'POST',
      path: `/${entity_id}/sessions/create`,
      headers,
      body: JSON.stringify(SESSION),
      onResponse: keep('id', 'session'),
    },
    call(under('sessions', 'session', 'init'), () => ITEM),
    {
      ...call(
        ({ session }) => session && `/control/sessions/${session}/authorize`,
        () => ({}),
      ),
      onResponse: keep('authorization_token', 'token'),
    },
    {
      ...call(
        (context) => context.token && under('sessions', 'session', 'validate')(context),
        ({ token }) => [{ ...ITEM, payment_data: { authorization_token: token } }],
      ),
      onResponse: keep('transaction_id', 'authorize'),
    },
    {
      ...call(under('transactions', 'authorize', 'capture'), () => OPERATION),
      onResponse: keep('id', 'capture'),
    },
    call(under('transactions', 'capture', 'refund'), () => OPERATION),
  ];
}
