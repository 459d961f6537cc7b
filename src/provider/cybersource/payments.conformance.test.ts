// Protects: Cybersource's API answers as documented on every store, each status comes from its cause, and what is refused changes nothing.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STORES, sharedProvider } from '../testing.ts';
import { STATUSES } from './statuses.ts';
import {
  type Answered,
  authorizationBody,
  CybersourceShop,
  KLARNA,
  ORDER,
  partBody,
  type Reading,
  sessionBody,
  URLS,
} from './testing.ts';

const REFERENCES = '/pts/v2/payment-references';
const PAYMENTS = '/pts/v2/payments';
const UNKNOWN = '7179500000000000000000';

/** Asserts a request that was wrong: 400, flat, without an id. @param fields those that are named */
function assertInvalid(answer: Answered, reason: string, fields?: readonly string[]): void {
  const { status, body } = answer;
  assert.deepEqual([status, body.status, body.reason], [400, 'INVALID_REQUEST', reason], answer.text);
  assert.equal(body.id, undefined);
  assert.match(String(body.submitTimeUtc), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  if (fields)
    assert.deepEqual(
      body.details?.map(({ field }) => field),
      fields,
      answer.text,
    );
}

/** Asserts a transaction that failed: it has an id, and says why. */
function assertFailed(answer: Answered, reason: string, code: string): Reading {
  const { status, body } = answer;
  assert.deepEqual([status, body.status, body.errorInformation?.reason], [201, 'FAILED', reason], answer.text);
  assert.match(body.id, /^7\d{21}$/);
  assert.equal(body.processorInformation.responseCode, code);
  return body;
}

for (const kind of STORES) {
  describe(`Cybersource on ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const open = (settings?: object) => CybersourceShop.open(() => world.provider, settings);
    const change = (shop: CybersourceShop, settings: object) =>
      shop.control('PATCH', `/merchants/${shop.key.merchant_id}`, settings);
    const orderOf = async (shop: CybersourceShop, id: string) => {
      const { order_id } = await shop.control('GET', `/cybersource/${id}`);
      return shop.control('GET', `/orders/${order_id}`);
    };
    const capture = (shop: CybersourceShop, id: string, amount?: string, more: object = {}) =>
      shop.call('POST', `${PAYMENTS}/${id}/captures`, partBody('AP_CAPTURE', amount, more));
    const refund = (shop: CybersourceShop, id: string, amount?: string) =>
      shop.call('POST', `/pts/v2/captures/${id}/refunds`, partBody('AP_REFUND', amount));
    const reverse = (shop: CybersourceShop, id: string, more: object = {}) =>
      shop.call('POST', `${PAYMENTS}/${id}/reversals`, partBody('AP_AUTH_REVERSAL', undefined, more));

    test('an answer has id, links, times and amounts in Cybersource’s forms', async () => {
      const shop = await open();
      const answer = await shop.call('POST', REFERENCES, sessionBody('HOP'));
      assert.equal(answer.headers.get('content-type'), 'application/hal+json;charset=utf-8');
      assert.match(answer.headers.get('v-c-correlation-id') ?? '', /^[0-9a-f-]{36}$/);
      const { id, _links } = answer.body;
      assert.match(id, /^7\d{21}$/);
      assert.deepEqual(_links.status, { method: 'POST', href: `/pts/v2/refresh-payment-status/${id}` });
      assert.match(String(answer.body.reconciliationId), /^[A-Z0-9]{12,16}$/);
      const authorized = await shop.authorize(await shop.approve(id));
      assert.deepEqual(authorized.orderInformation?.amountDetails, {
        totalAmount: '100.00',
        currency: 'USD',
        authorizedAmount: '100.00',
      });
      assert.equal(authorized._links.authReversal?.href, `${PAYMENTS}/${authorized.id}/reversals`);
      const captured = await shop.capture(authorized.id, '0.07');
      assert.deepEqual(captured.orderInformation?.amountDetails, { totalAmount: '0.07', currency: 'USD' });
      const reading = await shop.check(captured.id);
      assert.notEqual(reading.id, captured.id, 'a check has an id of its own');
      assert.equal((await orderOf(shop, captured.id)).captured_amount, 7);
    });

    test('a session is INITIATED, COMPLETED, ABANDONED or FAILED, as its shopper does', async () => {
      const shop = await open();
      for (const flow of ['HOP', 'inline'] as const) {
        const ends = { approve: 'COMPLETED', decline: 'FAILED', abandon: 'ABANDONED' };
        for (const [act, status] of Object.entries(ends)) {
          const { id } = await shop.session(flow);
          assert.equal((await shop.check(id, 'AP_SESSION_STATUS')).status, 'INITIATED');
          await shop.control('POST', `/cybersource/${id}/${act}`, {});
          const { status: now, processorInformation } = await shop.check(id);
          assert.equal(now, status, `${flow} ${act}`);
          assert.equal(processorInformation.token !== undefined, act === 'approve', 'only an approval has a token');
        }
      }
      const { id } = await shop.session('HOP');
      await shop.advance('PT48H');
      assert.equal((await shop.check(id)).status, 'ABANDONED', 'nobody came');
    });

    test('an approval is worth nothing after an hour, and everything after an authorization', async () => {
      const shop = await open();
      const { id } = await shop.session('inline');
      const token = await shop.approve(id);
      await shop.advance('PT61M');
      assert.equal((await shop.check(id)).status, 'FAILED');
      assertFailed(await shop.call('POST', PAYMENTS, authorizationBody(token)), 'PAYMENT_REFUSED', '10000');
      const again = await shop.approve(id);
      await shop.authorize(again);
      await shop.advance('PT47H');
      assert.equal((await shop.check(id)).status, 'COMPLETED');
    });

    test('a session is changed while it lasts, under the same id', async () => {
      const shop = await open();
      const { id } = await shop.session();
      const half = {
        ...ORDER,
        amountDetails: { ...ORDER.amountDetails, totalAmount: '20.00' },
        lineItems: [ORDER.lineItems[1]],
      };
      const update = {
        ...(sessionBody() as object),
        processingInformation: { actionList: ['AP_SESSIONS'], sessionType: 'U' },
      };
      const changed = await shop.expect('INITIATED', 'PATCH', `${REFERENCES}/${id}`, {
        ...update,
        orderInformation: half,
      });
      assert.equal(changed.id, id);
      const token = await shop.approve(id);
      assertFailed(await shop.call('POST', PAYMENTS, authorizationBody(token)), 'INVALID_DATA', '10000');
      await shop.authorize(token, { orderInformation: half });
      assertFailed(await shop.call('PATCH', `${REFERENCES}/${id}`, update), 'INVALID_DATA', '10000');
      const old = await shop.session();
      await shop.advance('PT48H');
      assertFailed(await shop.call('PATCH', `${REFERENCES}/${old.id}`, update), 'INVALID_DATA', '10000');
      const unknown = await shop.call('PATCH', `${REFERENCES}/${UNKNOWN}`, update);
      assert.deepEqual([unknown.status, unknown.body], [404, { response: { rmsg: 'Resource not found' } }]);
    });

    test('an authorization fails for its reason, keeps its id, and can be tried again', async () => {
      const shop = await open();
      const { id } = await shop.session('inline');
      const token = await shop.approve(id);
      const send = (body: object) => shop.call('POST', PAYMENTS, body);
      const other = {
        ...ORDER,
        amountDetails: { totalAmount: '80.00', currency: 'USD' },
        lineItems: [ORDER.lineItems[0]],
      };
      const failed = assertFailed(
        await send(authorizationBody(token, { orderInformation: other })),
        'INVALID_DATA',
        '10000',
      );
      const checked = await shop.check(failed.id, 'AP_AUTH_STATUS');
      assert.deepEqual([checked.status, checked.errorInformation?.reason], ['FAILED', 'INVALID_DATA']);
      await change(shop, { risk_rules: [{ on: 'create_order', decision: 'refuse' }] });
      assertFailed(await send(authorizationBody(token)), 'PROCESSOR_DECLINED', '30000');
      await change(shop, { risk_rules: [], status: 'inactive' });
      assertFailed(await send(authorizationBody(token)), 'INVALID_MERCHANT_CONFIGURATION', '20000');
      await change(shop, { status: 'active' });
      await shop.authorize(token);
      assertFailed(await send(authorizationBody(token)), 'PAYMENT_REFUSED', '10000');
      assertFailed(await send(authorizationBody('no-token-of-anybody')), 'PAYMENT_REFUSED', '10000');
      assertInvalid(await capture(shop, failed.id), 'MISSING_AUTH', ['id']);
    });

    test('an authorization for a session that its shopper gave up is ABANDONED when it is checked', async () => {
      const shop = await open();
      const { id, processorInformation } = await shop.session('inline');
      const tried = await shop.call('POST', PAYMENTS, authorizationBody(processorInformation.token ?? ''));
      const failed = assertFailed(tried, 'PAYMENT_REFUSED', '10000');
      assert.equal((await shop.check(failed.id)).status, 'FAILED', 'the shopper may still finish');
      await shop.control('POST', `/cybersource/${id}/abandon`, {});
      assert.equal((await shop.check(failed.id)).status, 'ABANDONED');
      const [entry] = await shop.log('path=/pts/v2/payments&limit=1');
      assert.ok(!JSON.stringify(entry).includes(processorInformation.token ?? '-'), 'a client token is not logged');
    });

    test('a capture that Klarna or time forbids fails or is refused, and leaves the rest to be captured', async () => {
      const shop = await open();
      const { id } = await shop.authorized();
      assertInvalid(await capture(shop, id, '100.01'), 'EXCEEDS_AUTH_AMOUNT', [
        'orderInformation.amountDetails.totalAmount',
      ]);
      await change(shop, { risk_rules: [{ on: 'capture', decision: 'refuse' }] });
      const failed = assertFailed(await capture(shop, id, '10.00'), 'INSUFFICIENT_FUND', '30350');
      assert.equal((await shop.check(failed.id, 'AP_CAPTURE_STATUS')).status, 'FAILED');
      await change(shop, { risk_rules: [] });
      await shop.capture(id, '60.00');
      assertInvalid(await reverse(shop, id), 'TRANSACTION_ALREADY_SETTLED');
      const rest = await shop.capture(id);
      assert.equal(rest.orderInformation?.amountDetails.totalAmount, '40.00', 'without an amount: all that is left');
      assertInvalid(await capture(shop, id, '0.01'), 'TRANSACTION_ALREADY_SETTLED');
      assertInvalid(await reverse(shop, id), 'TRANSACTION_ALREADY_SETTLED');
      assertInvalid(await capture(shop, UNKNOWN), 'MISSING_AUTH', ['id']);
      const late = await shop.authorized();
      await shop.advance('P28D');
      assertFailed(await capture(shop, late.id), 'PROCESSOR_DECLINED', '30100');
      assert.equal((await shop.check(late.id)).status, 'FAILED', 'what has expired needs a new authorization');
    });

    test('the last capture releases the rest', async () => {
      const shop = await open();
      const { id } = await shop.authorized();
      const final = { processingInformation: { actionList: 'AP_CAPTURE', captureOptions: { isFinal: 'true' } } };
      assert.equal((await capture(shop, id, '30.00', final)).body.status, 'SETTLED');
      assert.deepEqual((await orderOf(shop, id)).remaining_authorized_amount, 0);
      assertInvalid(await capture(shop, id, '1.00'), 'TRANSACTION_ALREADY_SETTLED');
    });

    test('an order in review can be captured once it is accepted, and has failed when it is rejected', async () => {
      const shop = await open({ risk_rules: [{ on: 'create_order', decision: 'review' }] });
      const [kept, lost] = [await shop.authorized(), await shop.authorized()];
      assertFailed(await capture(shop, kept.id), 'PROCESSOR_DECLINED', '30100');
      const decide = async (id: string, decision: string) =>
        shop.control('POST', `/orders/${(await orderOf(shop, id)).order_id}/fraud-decision`, { decision });
      await decide(kept.id, 'accept');
      await shop.capture(kept.id);
      await decide(lost.id, 'reject');
      assert.equal((await shop.check(lost.id)).status, 'FAILED');
    });

    test('refunds are of a capture, up to what is left of that capture', async () => {
      const shop = await open();
      const { id } = await shop.authorized();
      const [first, second] = [await shop.capture(id, '60.00'), await shop.capture(id, '40.00')];
      await shop.refund(second.id, '39.99');
      assertInvalid(await refund(shop, second.id, '0.02'), 'INVALID_AMOUNT', [
        'orderInformation.amountDetails.totalAmount',
      ]);
      await shop.refund(second.id);
      assertInvalid(await refund(shop, second.id), 'INVALID_AMOUNT');
      const reading = await shop.check(first.id);
      assert.equal(reading.orderInformation?.amountDetails.refundBalance, '60.00', 'the other capture is untouched');
      assertInvalid(await refund(shop, id), 'INVALID_DATA', ['id']);
      assertInvalid(await refund(shop, UNKNOWN), 'INVALID_DATA', ['id']);
      const { order_id } = await orderOf(shop, id);
      await shop.control('POST', `/orders/${order_id}/close`);
      const failed = assertFailed(await refund(shop, first.id, '1.00'), 'PROCESSOR_DECLINED', '30100');
      assert.equal((await shop.check(failed.id, 'AP_REFUND_STATUS')).status, 'FAILED');
    });

    test('a lost dispute is a CHARGEBACK of its capture, and of no other; a refund of it fails', async () => {
      const shop = await open({ disputes: { fee_amount: 0 } });
      const { id } = await shop.authorized();
      const [first, second] = [await shop.capture(id, '60.00'), await shop.capture(id, '40.00')];
      const { order_id } = await orderOf(shop, id);
      const done = await shop.control('POST', `/cybersource/${first.id}/chargeback`, {});
      assert.deepEqual([done.status, done.charged_back_amount], ['CHARGEBACK', 6_000]);
      const checked = await shop.check(first.id, 'AP_CAPTURE_STATUS');
      assert.deepEqual([checked.status, checked.processorInformation.responseCode], ['CHARGEBACK', '00007']);
      assert.equal((await shop.check(second.id)).status, 'SETTLED');
      assertFailed(await refund(shop, first.id, '1.00'), 'PROCESSOR_DECLINED', '30100');
      await shop.refund(second.id, '10.00');
      const { charged_back_amount, refunded_amount } = await shop.control('GET', `/orders/${order_id}`);
      assert.deepEqual([charged_back_amount, refunded_amount], [6_000, 1_000]);
      await assert.rejects(
        shop.control('POST', `/cybersource/${id}/chargeback`, {}),
        /404/,
        'only captures are disputed',
      );
    });

    test('a dispute is no chargeback until it is lost, whoever decides it, and a refund ends it', async () => {
      const shop = await open();
      const disputed = async () => {
        const captured = await shop.capture((await shop.authorized()).id);
        const { order_id } = await shop.control('GET', `/cybersource/${captured.id}`);
        const dispute = await shop.control('POST', `/orders/${order_id}/disputes`, {});
        assert.equal((await shop.check(captured.id)).status, 'SETTLED', 'open');
        return { captured, read: () => shop.control('GET', `/disputes/${dispute.dispute_id}`) };
      };
      const refunded = await disputed();
      await shop.refund(refunded.captured.id);
      assert.equal((await refunded.read()).open, false, 'nothing is left to dispute');
      assert.equal((await shop.check(refunded.captured.id)).status, 'SETTLED');
      const expired = await disputed();
      await shop.advance('P60D');
      assert.equal((await expired.read()).code, 'DISPUTE_LOST');
      assert.equal((await shop.check(expired.captured.id)).status, 'CHARGEBACK', 'nobody answered in time');
    });

    test('a reversal is of the whole authorization, and of nothing that was captured or reversed', async () => {
      const shop = await open();
      const { id } = await shop.authorized();
      const part = { reversalInformation: { amountDetails: { totalAmount: '50.00', currency: 'USD' } } };
      assertInvalid(await reverse(shop, id, part), 'INVALID_AMOUNT');
      const { id: reversal_id } = await shop.reverse(id);
      assertInvalid(await reverse(shop, id), 'AUTH_ALREADY_REVERSED');
      assertInvalid(await capture(shop, id), 'AUTH_ALREADY_REVERSED');
      assert.equal((await shop.check(reversal_id)).status, 'AUTH_REVERSED');
      assert.equal((await shop.check(id)).status, 'AUTHORIZED', 'the reversal has an id and a status of its own');
      const late = await shop.authorized();
      await shop.advance('P28D');
      assertFailed(await reverse(shop, late.id), 'PROCESSOR_DECLINED', '30100');
    });

    test('an authorization can be changed by another one that is linked to it', async () => {
      const shop = await open();
      const { id } = await shop.authorized();
      const lower = {
        processingInformation: { actionList: ['AP_AUTH'], linkId: id },
        orderInformation: { amountDetails: { totalAmount: '80.00', currency: 'USD' }, lineItems: [ORDER.lineItems[0]] },
      };
      const next = await shop.authorize('not needed', lower);
      assertInvalid(await capture(shop, next.id, '80.01'), 'EXCEEDS_AUTH_AMOUNT');
      await shop.reverse(next.id);
      assertInvalid(await shop.call('POST', PAYMENTS, authorizationBody('x', lower)), 'AUTH_ALREADY_REVERSED');
      const unknown = { ...lower, processingInformation: { actionList: ['AP_AUTH'], linkId: UNKNOWN } };
      assertInvalid(await shop.call('POST', PAYMENTS, authorizationBody('x', unknown)), 'INVALID_PAYMENT_ID');
    });

    test('a reference belongs to one authorization for 15 minutes, a transaction id for 60 days', async () => {
      const shop = await open();
      const code = { clientReferenceInformation: { code: 'once' } };
      const again = async () =>
        shop.call('POST', PAYMENTS, authorizationBody(await shop.approve((await shop.session()).id), code));
      const failed = await shop.call('POST', PAYMENTS, authorizationBody('unknown', code));
      assertFailed(failed, 'PAYMENT_REFUSED', '10000');
      assert.equal((await again()).body.status, 'AUTHORIZED', 'one that failed does not count');
      assertInvalid(await again(), 'DUPLICATE_REQUEST', ['clientReferenceInformation.code']);
      await change(shop, { cybersource_duplicates: 'accepted' });
      assert.equal((await again()).body.status, 'AUTHORIZED');
      await change(shop, { cybersource_duplicates: 'refused' });
      await shop.advance('PT15M');
      assert.equal((await again()).body.status, 'AUTHORIZED');
      const withId = async (reference: string) => {
        const token = await shop.approve((await shop.session()).id);
        const clientReferenceInformation = { code: reference, transactionId: 'till-7' };
        return shop.call('POST', PAYMENTS, authorizationBody(token, { clientReferenceInformation }));
      };
      assert.equal((await withId('a')).body.status, 'AUTHORIZED');
      assertInvalid(await withId('b'), 'DUPLICATE_REQUEST', ['clientReferenceInformation.transactionId']);
      await shop.advance('P60D');
      assert.equal((await withId('c')).body.status, 'AUTHORIZED');
    });

    test('an authorization whose answer was lost is undone by its transaction id', async () => {
      const shop = await open();
      const { id } = await shop.authorized({ clientReferenceInformation: { code: 'lost', transactionId: 'till-8' } });
      const undo = (transactionId: string) =>
        shop.call('POST', '/pts/v2/reversals', { clientReferenceInformation: { transactionId } });
      assert.equal((await undo('till-8')).body.status, 'AUTH_REVERSED');
      assert.equal((await orderOf(shop, id)).status, 'CANCELLED');
      assertInvalid(await undo('till-8'), 'AUTH_ALREADY_REVERSED');
      assertInvalid(await undo('till-9'), 'MISSING_AUTH');
    });

    test('the same request many times at once is done once', async () => {
      const shop = await open();
      const token = await shop.approve((await shop.session('inline')).id);
      const body = authorizationBody(token);
      const many = <T>(send: () => Promise<T>) => Promise.all(Array.from({ length: 12 }, send));
      const tried = await many(() => shop.call('POST', PAYMENTS, body));
      const [authorized, ...more] = tried.filter(({ body: { status } }) => status === 'AUTHORIZED');
      assert.equal(more.length, 0);
      const id = authorized?.body.id ?? '';
      const captures = await many(() => capture(shop, id, '60.00'));
      assert.equal(captures.filter(({ body: { status } }) => status === 'SETTLED').length, 1);
      const captured = captures.find(({ body: { status } }) => status === 'SETTLED')?.body.id ?? '';
      const refunds = await many(() => refund(shop, captured, '31.00'));
      assert.equal(refunds.filter(({ body: { status } }) => status === 'REFUNDED').length, 1);
      const { captured_amount, refunded_amount } = await orderOf(shop, id);
      assert.deepEqual([captured_amount, refunded_amount], [6000, 3100]);
    });

    test('of many authorizations under one reference at once, one is let through', async () => {
      const shop = await open();
      const code = { clientReferenceInformation: { code: 'cart-7', transactionId: 'till-9' } };
      const tokens: string[] = [];
      while (tokens.length < 8) tokens.push(await shop.approve((await shop.session('inline')).id));
      const tried = await Promise.all(
        tokens.map((token) => shop.call('POST', PAYMENTS, authorizationBody(token, code))),
      );
      const authorized = tried.filter(({ body: { status } }) => status === 'AUTHORIZED');
      const repeated = tried.filter(({ body: { reason } }) => reason === 'DUPLICATE_REQUEST');
      assert.deepEqual([authorized.length, repeated.length], [1, 7]);
    });

    test('what belongs to another merchant does not exist', async () => {
      const [mine, theirs] = [await open(), await open()];
      const { id } = await mine.authorized();
      const session = await mine.session();
      assertInvalid(await capture(theirs, id), 'MISSING_AUTH');
      assertInvalid(await reverse(theirs, id), 'MISSING_AUTH');
      for (const each of [id, session.id]) {
        const answer = await theirs.call('POST', `/pts/v2/refresh-payment-status/${each}`, partBody('AP_STATUS'));
        assert.equal(answer.status, 404);
      }
      const token = await mine.approve(session.id);
      assertFailed(await theirs.call('POST', PAYMENTS, authorizationBody(token)), 'PAYMENT_REFUSED', '10000');
    });

    test('a wrong request is 400 with its reason and its fields, and nothing has happened', async () => {
      const shop = await open();
      const wrong = async (more: object, reason: string, fields: readonly string[]) =>
        assertInvalid(await shop.call('POST', REFERENCES, sessionBody('HOP', more)), reason, fields);
      const amount = (totalAmount: unknown) => ({
        orderInformation: { ...ORDER, amountDetails: { ...ORDER.amountDetails, totalAmount } },
      });
      const action = (actionList: unknown) => ({ processingInformation: { actionList, paymentFlowMode: 'HOP' } });
      const TOTAL = 'orderInformation.amountDetails.totalAmount';
      const ACTION = 'processingInformation.actionList';
      for (const total of ['100.001', '1e2', '1,00', 'NaN', '', ' 1.00', '٣', '2000000.01', '-1.00', {}, true, 100.005])
        await wrong(amount(total), 'INVALID_DATA', [TOTAL]);
      await wrong(amount(undefined), 'MISSING_FIELD', [TOTAL]);
      for (const list of ['AP_NOTHING', ['AP_SESSIONS', 'AP_AUTH'], [], [7], { 0: 'AP_SESSIONS' }, ''])
        await wrong(action(list), 'INVALID_DATA', [ACTION]);
      for (const list of ['AP_SALE', ['AP_REAUTH'], 'AP_ORDER', ['AP_AUTH']])
        await wrong(action(list), 'NOT_SUPPORTED', [ACTION]);
      await wrong(
        { processingInformation: { actionList: 'AP_SESSIONS', sessionType: 'X', paymentFlowMode: 'HOP' } },
        'INVALID_DATA',
        ['processingInformation.sessionType'],
      );
      await wrong(
        { paymentInformation: { paymentType: { name: 'INVOICE', method: { name: 'AFTERPAY' } } } },
        'INVALID_DATA',
        ['paymentInformation.paymentType.method.name'],
      );
      await wrong({ paymentInformation: undefined }, 'MISSING_FIELD', ['paymentInformation']);
      await wrong({ merchantInformation: { ...URLS, successUrl: undefined } }, 'MISSING_FIELD', [
        'merchantInformation.successUrl',
      ]);
      await wrong({ merchantInformation: { ...URLS, cancelUrl: 'http://shop.example/' } }, 'INVALID_DATA', [
        'merchantInformation.cancelUrl',
      ]);
      await wrong({ clientReferenceInformation: {} }, 'MISSING_FIELD', ['clientReferenceInformation.code']);
      await wrong({ clientReferenceInformation: { code: 'x'.repeat(51) } }, 'INVALID_DATA', [
        'clientReferenceInformation.code',
      ]);
      for (const text of ['', '[]', 'null', '{', '"AP_SESSIONS"']) {
        const answer = await shop.call('POST', REFERENCES, text);
        assert.equal(answer.body.status, 'INVALID_REQUEST', answer.text);
      }
      assertInvalid(
        await shop.call('POST', PAYMENTS, authorizationBody('', { processorInformation: {} })),
        'MISSING_FIELD',
        ['processorInformation.preApprovalToken'],
      );
      assert.deepEqual((await shop.control('GET', `/orders?merchant_id=${shop.key.merchant_id}`)).orders, []);
    });

    test('what Klarna refuses of a purchase is FAILED and names Cybersource’s fields', async () => {
      const shop = await open();
      const refused = async (orderInformation: object, field: string) => {
        const answer = await shop.call('POST', REFERENCES, sessionBody('HOP', { orderInformation }));
        const { id, errorInformation } = assertFailed(answer, 'INVALID_DATA', '10000');
        assert.ok(JSON.stringify(errorInformation).includes(`"${field}"`), answer.text);
        assert.equal((await shop.check(id)).status, 'FAILED');
        const [entry] = await shop.log('path=/pts/v2/payment-references&limit=1');
        assert.match(JSON.stringify(entry?.explanations), /"change":/, 'the log says what to change');
      };
      const { amountDetails, lineItems } = ORDER;
      await refused(
        { ...ORDER, amountDetails: { ...amountDetails, currency: 'EUR' } },
        'orderInformation.amountDetails.currency',
      );
      await refused(
        { ...ORDER, amountDetails: { ...amountDetails, totalAmount: '99.99' } },
        'orderInformation.amountDetails.totalAmount',
      );
      const cheap = [{ ...lineItems[0], totalAmount: '70.00' }, lineItems[1]];
      await refused({ ...ORDER, lineItems: cheap }, 'orderInformation.lineItems[0].totalAmount');
      const nowhere = { ...ORDER, billTo: { ...ORDER.billTo, country: 'ZZ' } };
      await refused(nowhere, 'orderInformation.billTo.country');
    });

    test('a capture in another currency, a check of another kind, a step that Klarna has not', async () => {
      const shop = await open();
      const { id } = await shop.authorized();
      const euros = { orderInformation: { amountDetails: { totalAmount: '1.00', currency: 'EUR' } } };
      assertInvalid(await capture(shop, id, undefined, euros), 'INVALID_DATA', [
        'orderInformation.amountDetails.currency',
      ]);
      const about = (action: string) => shop.call('POST', `/pts/v2/refresh-payment-status/${id}`, partBody(action));
      assertInvalid(await about('AP_CAPTURE_STATUS'), 'INVALID_DATA', ['processingInformation.actionList']);
      const body = { clientReferenceInformation: { code: 'x' }, paymentInformation: KLARNA };
      assertInvalid(await shop.call('POST', `${PAYMENTS}/${id}/voids`, body), 'NOT_VOIDABLE');
      assertInvalid(await shop.call('POST', '/pts/v2/voids', body), 'NOT_VOIDABLE');
      assertInvalid(await shop.call('POST', `${REFERENCES}/${id}/intents`, body), 'NOT_SUPPORTED');
      assert.equal((await shop.call('GET', `${PAYMENTS}/${id}`)).status, 404);
      assert.equal((await shop.call('GET', PAYMENTS)).status, 405);
      assert.equal((await shop.call('GET', `/tss/v2/transactions/${id}`)).status, 501);
      assert.equal((await orderOf(shop, id)).captured_amount, 0);
    });

    test('no step is ever answered with a status that the workflow does not have', async () => {
      // The table is the guide's; what the other tests provoke is compared with it here, in one place.
      assert.deepEqual([...new Set(Object.values(STATUSES).flat())].sort(), [
        'ABANDONED',
        'AUTHORIZED',
        'AUTH_REVERSED',
        'CHARGEBACK',
        'COMPLETED',
        'FAILED',
        'INITIATED',
        'REFUNDED',
        'SETTLED',
      ]);
    });

    if (kind.durable) {
      test('ids hold after a restart, and so do keys', async () => {
        const shop = await open();
        const session = await shop.session();
        const { id } = await shop.authorized();
        const captured = await shop.capture(id, '10.00');
        await world.restart();
        assert.equal((await shop.check(session.id)).status, 'INITIATED');
        assert.equal((await shop.check(captured.id)).status, 'SETTLED');
        await shop.refund(captured.id, '10.00');
        await shop.capture(id);
      });
    }
  });
}
