/** The purchase of the benchmark as a client of Purse's API sends it: the same lines, in six calls. */
import type { Step } from 'autocannon';
import { LOCAL_CREDENTIALS } from '../src/provider/purse/account.ts';
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
  body: '',
};

type Context = Readonly<Record<string, string>>;

/** From session to refund in the widget's way: INIT, the shopper's approval, APPLY with what it yielded, capture, refund. */
export function purseLifecycle(): Step[] {
  // One token serves an hour, as with any client; without it the first call of all gets it, and the chain begins again.
  let access_token = '';
  const headers = () => ({ ...JSON_TYPE, 'x-api-key': api_key, authorization: `Bearer ${access_token}` });
  const call = (path: (context: Context) => string | undefined, body: (context: Context) => object): Step => ({
    method: 'POST',
    path: '/',
    setupRequest: (step, context) => {
      const target = path(context);
      if (target === undefined) return null;
      return Object.assign(step, { path: target, headers: headers(), body: JSON.stringify(body(context)) });
    },
  });
  const under = (kind: 'sessions' | 'transactions', name: string, act: string) => (context: Context) =>
    context[name] && `/${entity_id}/${kind}/${context[name]}/${act}`;
  return [
    {
      method: 'POST',
      path: '/',
      setupRequest: (step) =>
        Object.assign(
          step,
          access_token === ''
            ? LOGIN
            : { path: `/${entity_id}/sessions/create`, headers: headers(), body: JSON.stringify(SESSION) },
        ),
      onResponse: (_status, body, context) => {
        access_token = fieldOf(body, 'access_token') ?? access_token;
        const session = fieldOf(body, 'id');
        if (session !== undefined) context.session = session;
      },
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

/** Keeps the field `field` of an answer as `name` for the steps that follow. */
function keep(field: string, name: string): NonNullable<Step['onResponse']> {
  return (_status, body, context) => {
    const value = fieldOf(body, field);
    if (value !== undefined) context[name] = value;
  };
}

function fieldOf(body: string, field: string): string | undefined {
  return new RegExp(`"${field}": ?"([^"]+)"`).exec(body)?.[1];
}
