// Protects: whoever runs Klarna through Cybersource gets the documented workflow here, with its statuses and no others, whatever the official
// SDK signs with.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import forge from 'node-forge';
import { type Provider, startProvider } from '../index.ts';
import { STATUSES, type Step } from './statuses.ts';
import {
  authorizationBody,
  CybersourceShop,
  KLARNA,
  ORDER,
  officialSdk,
  partBody,
  type SdkAnswer,
  type SdkError,
  sessionBody,
  tokenIn,
} from './testing.ts';

type Sdk = ReturnType<typeof officialSdk>;

/** A certificate for localhost, and its key: what a user makes for a TLS proxy before a local server. */
function localhostCertificate(): { key: string; cert: string } {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
  certificate.setSubject([{ name: 'commonName', value: 'localhost' }]);
  certificate.setIssuer([{ name: 'commonName', value: 'localhost' }]);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
  ]);
  certificate.sign(keys.privateKey, forge.md.sha256.create());
  return { key: forge.pki.privateKeyToPem(keys.privateKey), cert: forge.pki.certificateToPem(certificate) };
}

/** Passes everything on to `url` as it is, behind TLS. */
function tlsProxy(url: string, certificate: { key: string; cert: string }): Promise<Server> {
  const server = createServer(certificate, (incoming, outgoing) => {
    const { method, headers, url: path } = incoming;
    const onward = httpRequest(url + path, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  return new Promise((resolve) => server.listen(0, 'localhost', () => resolve(server)));
}

describe('the official SDK drives the whole workflow', () => {
  let provider: Provider;
  let proxy: Server;
  const folder = mkdtempSync(join(tmpdir(), 'kvitt-cybersource-'));
  const ca = join(folder, 'ca.pem');
  before(async () => {
    provider = await startProvider();
    const certificate = localhostCertificate();
    writeFileSync(ca, certificate.cert);
    proxy = await tlsProxy(provider.url, certificate);
  });
  after(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await provider.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Reached {
    readonly name: string;
    readonly config: () => object;
  }
  const proxied = () => ({ runEnvironment: `localhost:${(proxy.address() as AddressInfo).port}`, sslCaCert: ca });
  const plain = () => ({ runEnvironment: 'apitest.cybersource.com', intermediateHost: provider.url });
  const WAYS: readonly Reached[] = [
    { name: 'over plain http, as intermediateHost', config: plain },
    { name: 'over TLS, as runEnvironment', config: proxied },
  ];
  interface Mode {
    readonly name: string;
    readonly config: (shop: CybersourceShop) => Promise<object>;
  }
  const secret = ({ key }: CybersourceShop) => ({
    merchantID: key.merchant_id,
    merchantKeyId: key.key_id,
    merchantsecretKey: key.shared_secret,
  });
  const MODES: readonly Mode[] = [
    { name: 'HTTP signature', config: async (shop) => ({ authenticationType: 'http_signature', ...secret(shop) }) },
    {
      name: 'JWT with a shared secret',
      config: async (shop) => ({ authenticationType: 'jwt', jwtKeyType: 'SHARED_SECRET', ...secret(shop) }),
    },
    {
      name: 'JWT with a P12 file',
      config: async ({ key: { merchant_id } }) => {
        const made = await provider.control('POST', `/merchants/${merchant_id}/cybersource-keys`, { type: 'p12' });
        writeFileSync(join(folder, `${merchant_id}.p12`), Buffer.from(String(made.p12), 'base64'));
        return {
          authenticationType: 'jwt',
          merchantID: merchant_id,
          keysDirectory: folder,
          keyFileName: merchant_id,
          keyAlias: made.key_alias,
          keyPass: made.password,
        };
      },
    },
  ];

  for (const way of WAYS) {
    for (const mode of MODES) {
      test(`${mode.name}, ${way.name}`, async () => {
        const shop = await CybersourceShop.open(() => provider);
        const sdk = officialSdk({ ...(await mode.config(shop)), ...way.config() });
        await drive(sdk, shop);
      });
    }
  }

  test('what the SDK has beside the workflow: a changed amount, a lost answer, sales and voids', async () => {
    const shop = await CybersourceShop.open(() => provider);
    const sdk = officialSdk({ authenticationType: 'http_signature', ...secret(shop), ...plain() });
    const refusal = async (answer: Promise<unknown>) => {
      const error = (await answer.then(
        () => assert.fail('it was not refused'),
        (reason) => reason,
      )) as SdkError;
      return `${error.status} ${JSON.parse(error.response?.text ?? '{}').reason}`;
    };
    const clientReferenceInformation = { code: 'changed', transactionId: 'till-7' };
    const { id } = await shop.authorized({ clientReferenceInformation });
    const lower = authorizationBody('not needed', {
      processingInformation: { actionList: ['AP_AUTH'], linkId: id },
      orderInformation: {
        ...ORDER,
        amountDetails: { totalAmount: '80.00', currency: 'USD' },
        lineItems: [ORDER.lineItems[0]],
      },
    });
    const next = await sdk('PaymentsApi', 'createPayment', lower);
    assert.deepEqual([next.status, next.body.status], [201, 'AUTHORIZED']);
    const sale = authorizationBody('token', { processingInformation: { actionList: ['AP_SALE'] } });
    assert.equal(await refusal(sdk('PaymentsApi', 'createPayment', sale)), '400 NOT_SUPPORTED');
    const cancel = partBody('AP_CANCEL');
    assert.equal(await refusal(sdk('VoidApi', 'voidPayment', cancel, id)), '400 NOT_VOIDABLE');
    assert.equal(await refusal(sdk('VoidApi', 'mitVoid', cancel)), '400 NOT_VOIDABLE');
    const undone = await sdk('ReversalApi', 'mitReversal', { clientReferenceInformation });
    assert.equal(undone.body.status, 'AUTH_REVERSED');
    assert.deepEqual(undone.body.reversalAmountDetails, {
      reversedAmount: '80.00',
      originalTransactionAmount: '80.00',
      currency: 'USD',
    });
    assert.equal(
      await refusal(sdk('CaptureApi', 'capturePayment', partBody('AP_CAPTURE'), next.body.id)),
      '400 AUTH_ALREADY_REVERSED',
    );
  });

  /** Both flows to the last step; every status is one that the workflow has for its step. */
  async function drive(sdk: Sdk, shop: CybersourceShop): Promise<void> {
    const step = async (name: Step, expected: string, answer: Promise<SdkAnswer>) => {
      const { status, body } = await answer.catch((error: SdkError) =>
        assert.fail(error.response?.text ?? String(error)),
      );
      assert.equal(`${name}: ${status} ${body.status}`, `${name}: 201 ${expected}`);
      assert.ok((STATUSES[name] as readonly string[]).includes(body.status));
      return body;
    };
    const check = (name: Step, expected: string, id: string, action = 'AP_STATUS') =>
      step(name, expected, sdk('PaymentsApi', 'refreshPaymentStatus', id, partBody(action)));
    const update = {
      clientReferenceInformation: { code: 'updated' },
      processingInformation: { actionList: ['AP_SESSIONS'], sessionType: 'U' },
      paymentInformation: KLARNA,
      orderInformation: ORDER,
    };

    // HOP: the shopper goes to Klarna's page and comes back with the token.
    const session = await step('session', 'INITIATED', sdk('PaymentsApi', 'createSessionRequest', sessionBody('HOP')));
    const page = session.processorInformation.paymentUrl ?? '';
    assert.ok(!page.includes('cybersource.com'), page);
    await step('session_update', 'INITIATED', sdk('PaymentsApi', 'updateSessionRequest', update, session.id));
    await check('check_session', 'INITIATED', session.id, 'AP_SESSION_STATUS');
    const { redirect_url } = await shop.control('POST', `/cybersource/${session.id}/approve`, {});
    assert.match(String(redirect_url), /^https:\/\/shop\.example\/klarna\/success\?cart=7&authorization_token=/);
    await check('check_session', 'COMPLETED', session.id);
    const authorized = await step(
      'authorization',
      'AUTHORIZED',
      sdk('PaymentsApi', 'createPayment', authorizationBody(tokenIn(String(redirect_url)) ?? '')),
    );
    await check('check_authorization', 'AUTHORIZED', authorized.id, 'AP_AUTH_STATUS');
    const capture = (amount: string) =>
      step('capture', 'SETTLED', sdk('CaptureApi', 'capturePayment', partBody('AP_CAPTURE', amount), authorized.id));
    const first = await capture('60.00');
    const second = await capture('40.00');
    await check('check_capture', 'SETTLED', first.id, 'AP_CAPTURE_STATUS');
    const refund = await step(
      'refund',
      'REFUNDED',
      sdk('RefundApi', 'refundCapture', partBody('AP_REFUND', '25.00'), first.id),
    );
    await check('check_refund', 'REFUNDED', refund.id, 'AP_REFUND_STATUS');
    await shop.control('POST', `/cybersource/${first.id}/chargeback`, {});
    await check('check_capture', 'CHARGEBACK', first.id);
    await step('refund', 'REFUNDED', sdk('RefundApi', 'refundPayment', partBody('AP_REFUND'), second.id));

    // Inline: the widget takes the token of the session and gives another one.
    const widget = await step(
      'session',
      'INITIATED',
      sdk('PaymentsApi', 'createSessionRequest', sessionBody('inline')),
    );
    assert.match(widget.processorInformation.token ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/);
    const token = await shop.approve(widget.id);
    // The documents show the action as a text as well.
    const asText = authorizationBody(token, { processingInformation: { actionList: 'AP_AUTH' } });
    const other = await step('authorization', 'AUTHORIZED', sdk('PaymentsApi', 'createPayment', asText));
    const reversal = await step(
      'reversal',
      'AUTH_REVERSED',
      sdk('ReversalApi', 'authReversal', other.id, partBody('AP_AUTH_REVERSAL')),
    );
    await check('check_reversal', 'AUTH_REVERSED', reversal.id);
    const refused = await sdk('CaptureApi', 'capturePayment', partBody('AP_CAPTURE'), other.id).catch((error) => error);
    assert.equal((refused as SdkError).status, 400);
    assert.equal(JSON.parse((refused as SdkError).response?.text ?? '').reason, 'AUTH_ALREADY_REVERSED');
  }
});
