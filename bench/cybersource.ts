/** The purchase of the benchmark as a client of Cybersource's API sends it: the same lines and steps, each request signed anew. */
import { createHash, createHmac } from 'node:crypto';
import type { Step } from 'autocannon';
import { localSecret } from '../src/provider/cybersource/keys.ts';
import { keep } from './keep.ts';
import { CREDENTIALS, PURCHASE } from './purchase.ts';

const HOST = 'kvitt.bench';
const MERCHANT = CREDENTIALS.username.split('_')[0] ?? '';
const SECRET = Buffer.from(localSecret(CREDENTIALS.password), 'base64');

const decimal = (minor: number) => (minor / 100).toFixed(2);
const { billing_address: address } = PURCHASE;
const PAYMENT = { paymentType: { name: 'INVOICE', method: { name: 'KLARNA' } } };
const AMOUNT = {
  totalAmount: decimal(PURCHASE.order_amount),
  currency: PURCHASE.purchase_currency,
  taxAmount: decimal(PURCHASE.order_tax_amount),
};
const ORDER = {
  amountDetails: AMOUNT,
  billTo: {
    firstName: address.given_name,
    lastName: address.family_name,
    address1: address.street_address,
    locality: address.city,
    postalCode: address.postal_code,
    country: address.country,
    email: address.email,
    phoneNumber: address.phone,
  },
  lineItems: PURCHASE.order_lines.map((line) => ({
    productCode: line.type,
    productSku: line.reference,
    productName: line.name,
    quantity: line.quantity,
    unitPrice: decimal(line.unit_price),
    totalAmount: decimal(line.total_amount),
    taxAmount: decimal(line.total_tax_amount),
    taxRate: decimal(line.tax_rate),
  })),
};
const part = (action: string) => ({
  clientReferenceInformation: { code: 'bench' },
  processingInformation: { actionList: [action] },
  paymentInformation: PAYMENT,
  orderInformation: { amountDetails: { totalAmount: AMOUNT.totalAmount, currency: AMOUNT.currency } },
});

let references = 0;

type Context = Readonly<Record<string, string>>;

/** A signed call; without the ids that it needs the chain is broken, and begins again. */
function call(path: (context: Context) => string | undefined, body: (context: Context) => object): Step {
  return {
    method: 'POST',
    path: '/',
    setupRequest: (step, context) => {
      const target = path(context);
      return target === undefined ? null : Object.assign(step, signedRequest(target, JSON.stringify(body(context))));
    },
  };
}

/** Path, headers and body of a request as Cybersource's SDK signs it. */
function signedRequest(path: string, body: string): Required<Pick<Step, 'path' | 'headers' | 'body'>> {
  const date = new Date().toUTCString();
  const digest = `SHA-256=${createHash('sha256').update(body).digest('base64')}`;
  const lines = [
    `host: ${HOST}`,
    `date: ${date}`,
    `request-target: post ${path}`,
    `digest: ${digest}`,
    `v-c-merchant-id: ${MERCHANT}`,
  ];
  const signature = createHmac('sha256', SECRET).update(lines.join('\n')).digest('base64');
  const names = 'host date request-target digest v-c-merchant-id';
  return {
    path,
    body,
    headers: {
      host: HOST,
      'content-type': 'application/json',
      date,
      digest,
      'v-c-merchant-id': MERCHANT,
      signature: `keyid="${CREDENTIALS.username}", algorithm="HmacSHA256", headers="${names}", signature="${signature}"`,
    },
  };
}

const under = (name: string, path: string) => (context: Context) => {
  const id = context[name];
  return id === undefined ? undefined : path.replace('{id}', id);
};

/** From session to refund and its check: the six calls of the Klarna face's purchase. */
export function cybersourceLifecycle(): Step[] {
  const session = {
    clientReferenceInformation: { code: 'bench' },
    processingInformation: { actionList: ['AP_SESSIONS'], sessionType: 'N', paymentFlowMode: 'inline' },
    paymentInformation: PAYMENT,
    orderInformation: ORDER,
    buyerInformation: { language: PURCHASE.locale },
  };
  const authorization = ({ token = '' }: Context) => ({
    clientReferenceInformation: { code: `bench-${process.pid}-${++references}` },
    processingInformation: { actionList: ['AP_AUTH'] },
    paymentInformation: PAYMENT,
    processorInformation: { preApprovalToken: token },
    orderInformation: ORDER,
  });
  return [
    {
      ...call(
        () => '/pts/v2/payment-references',
        () => session,
      ),
      onResponse: keep('id', 'session'),
    },
    {
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/json' },
      body: '{}',
      setupRequest: (step, { session: id }) =>
        id === undefined ? null : Object.assign(step, { path: `/control/cybersource/${id}/approve` }),
      onResponse: keep('authorization_token', 'token'),
    },
    { ...call(({ token }) => token && '/pts/v2/payments', authorization), onResponse: keep('id', 'authorization') },
    {
      ...call(under('authorization', '/pts/v2/payments/{id}/captures'), () => part('AP_CAPTURE')),
      onResponse: keep('id', 'capture'),
    },
    call(under('capture', '/pts/v2/captures/{id}/refunds'), () => part('AP_REFUND')),
    call(under('capture', '/pts/v2/refresh-payment-status/{id}'), () => part('AP_STATUS')),
  ];
}
