// A purchase through Cybersource's REST API for Klarna, with its official SDK, and a receiver of its signed webhooks.
// Run `npm start` in one terminal and `npm install cybersource-rest-client && node examples/cybersource.ts` in another (Node 24 or newer).
// Without `intermediateHost`, and with the shopper's part (marked below) left to Klarna's own page, the same code runs against Cybersource.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

const KVITT_URL = process.env.KLARNA_URL ?? 'http://127.0.0.1:4010';
const MERCHANT = 'K000001';
const config = {
  authenticationType: 'http_signature',
  runEnvironment: 'apitest.cybersource.com',
  intermediateHost: KVITT_URL,
  merchantID: MERCHANT,
  merchantKeyId: 'K000001_local',
  merchantsecretKey: process.env.CYBERSOURCE_SECRET ?? 'Jb+OGiOT8RCNNwKbPfVZMjbHVXQuyTRlu6+pspC93PY=',
  logConfiguration: { enableLog: false },
};

type Done = (error: { response?: { text: string } } | null, data: unknown, response: { text: string }) => void;
// The SDK is CommonJS and has no types.
const sdk = createRequire(import.meta.url)('cybersource-rest-client');

/** A call of the SDK; what it answers is the whole body, of which the SDK's own types keep a part. */
function call(api: string, method: string, ...args: unknown[]) {
  return new Promise<{ id: string; status: string; processorInformation: Record<string, string> }>(
    (resolve, reject) => {
      const done: Done = (error, _data, response) =>
        error ? reject(new Error(error.response?.text ?? String(error))) : resolve(JSON.parse(response.text || '{}'));
      new sdk[api](config, new sdk.ApiClient())[method](...args, done);
    },
  ).then((body) => {
    console.log(`${method} → ${body.status ?? 'done'}`);
    return body;
  });
}

// Who is told. The signature covers the time, a point, and the bytes as they came.
let key = Buffer.alloc(0);
function isGenuine(body: string, header: string): boolean {
  const [, t, sig = ''] = /^t=(\d+);keyId=[^;]+;sig=(.+)$/.exec(header) ?? [];
  const expected = createHmac('sha256', key).update(`${t}.${body}`).digest();
  const sent = Buffer.from(sig, 'base64');
  return sent.length === expected.length && timingSafeEqual(sent, expected);
}
const receiver = createServer(async (incoming, outgoing) => {
  const body = await text(incoming);
  const genuine = isGenuine(body, String(incoming.headers['v-c-signature']));
  outgoing.writeHead(genuine ? 204 : 400).end();
  const { status } = genuine ? JSON.parse(body).payload : { status: 'a forgery' };
  console.log(`told of ${status}`);
  if (status === 'CHARGEBACK') receiver.emit('chargeback');
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
const heard = once(receiver, 'chargeback');

const keyInformation = { provider: 'nrtd', tenant: MERCHANT, keyType: 'sharedSecret', organizationId: MERCHANT };
const made = await call('CreateNewWebhooksApi', 'saveSymEgressKey', {
  saveSymEgressKey: { clientRequestAction: 'CREATE', keyInformation: { ...keyInformation, expiryDuration: 365 } },
});
key = Buffer.from((made as unknown as { keyInformation: { key: string } }).keyInformation.key, 'base64');
const webhook = await call('CreateNewWebhooksApi', 'notificationSubscriptionsV2WebhooksPost', {
  createWebhook: {
    organizationId: MERCHANT,
    products: [{ productId: 'alternativePaymentMethods', eventTypes: ['payments.payments.updated'] }],
    webhookUrl: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
  },
});

const clientReferenceInformation = { code: `order-${Date.now()}` };
const paymentInformation = { paymentType: { name: 'INVOICE', method: { name: 'KLARNA' } } };
const orderInformation = {
  amountDetails: { totalAmount: '100.00', currency: 'USD' },
  billTo: {
    firstName: 'John',
    lastName: 'Doe',
    address1: 'Lombard St 10',
    locality: 'San Francisco',
    administrativeArea: 'CA',
    postalCode: '94133',
    country: 'US',
    email: 'john@doe.example',
    phoneNumber: '+13106683312',
  },
  lineItems: [
    { productName: 'Running shoe', productSku: 'SKU-1', quantity: 2, unitPrice: '40.00', totalAmount: '80.00' },
    { productName: 'Sock', productSku: 'SKU-2', quantity: 4, unitPrice: '5.00', totalAmount: '20.00' },
  ],
};
const request = (action: string, more: object = {}) => ({
  clientReferenceInformation,
  paymentInformation,
  processingInformation: { actionList: [action], ...more },
});
const part = (action: string, totalAmount: string) => ({
  ...request(action),
  orderInformation: { amountDetails: { totalAmount, currency: 'USD' } },
});

const session = await call('PaymentsApi', 'createSessionRequest', {
  ...request('AP_SESSIONS', { paymentFlowMode: 'HOP' }),
  orderInformation,
  merchantInformation: {
    successUrl: 'https://shop.example/success',
    cancelUrl: 'https://shop.example/cancel',
    failureUrl: 'https://shop.example/failure',
  },
});
console.log(`the shopper goes to ${session.processorInformation.paymentUrl}`);

// The shopper's part. Live, this happens on Klarna's page, and the token comes with the shopper to the success URL.
const shopper = await fetch(`${KVITT_URL}/control/cybersource/${session.id}/approve`, { method: 'POST' });
const { redirect_url } = (await shopper.json()) as { redirect_url: string };
const preApprovalToken = new URL(redirect_url).searchParams.get('authorization_token');

await call('PaymentsApi', 'refreshPaymentStatus', session.id, request('AP_SESSION_STATUS'));
const payment = await call('PaymentsApi', 'createPayment', {
  ...request('AP_AUTH'),
  processorInformation: { preApprovalToken },
  orderInformation,
});
const shoes = await call('CaptureApi', 'capturePayment', part('AP_CAPTURE', '80.00'), payment.id);
await call('CaptureApi', 'capturePayment', part('AP_CAPTURE', '20.00'), payment.id);
await call('RefundApi', 'refundCapture', part('AP_REFUND', '40.00'), shoes.id);

// Klarna's part: the shopper disputes the shoes and gets the rest of the money back. Live, this takes weeks.
await fetch(`${KVITT_URL}/control/cybersource/${shoes.id}/chargeback`, { method: 'POST' });
await heard;
await call('PaymentsApi', 'refreshPaymentStatus', shoes.id, request('AP_CAPTURE_STATUS'));

const { webhookId } = webhook as unknown as { webhookId: string };
await call('ManageWebhooksApi', 'deleteWebhookSubscription', webhookId);
receiver.closeAllConnections();
receiver.close();
