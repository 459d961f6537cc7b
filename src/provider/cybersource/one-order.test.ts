// Protects: an order made through Cybersource is one order. Klarna's own API, control, the hosted page and the log tell the same story of it, and
// what is done through one of them is seen by the others.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type OrderRead, STORES, sharedProvider } from '../testing.ts';
import { CybersourceShop, tokenIn } from './testing.ts';

for (const kind of STORES) {
  describe(`one order, three views, on ${kind.name}`, () => {
    const world = sharedProvider(kind);

    async function open() {
      const shop = await CybersourceShop.open(() => world.provider);
      const made = await shop.control('POST', `/merchants/${shop.key.merchant_id}/credentials`, {});
      const authorization = `Basic ${Buffer.from(`${made.username}:${made.password}`).toString('base64')}`;
      const klarna = async (method: string, path: string, body?: object) => {
        const answer = await fetch(shop.url + path, {
          method,
          headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
          ...(body && { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
      };
      const readOrder = async (order_id: string) =>
        (await klarna('GET', `/ordermanagement/v1/orders/${order_id}`)).body as OrderRead;
      return { shop, klarna, readOrder };
    }

    test('a purchase from page to refund, done through Cybersource', async () => {
      const { shop, klarna, readOrder } = await open();
      const session = await shop.session('HOP');
      const { session_id, hosted_id } = await shop.control('GET', `/cybersource/${session.id}`);
      const hosted = async () => (await klarna('GET', `/hpp/v1/sessions/${hosted_id}`)).body;
      assert.equal((await hosted()).status, 'WAITING');
      assert.equal(session.processorInformation.transactionId, session_id);

      const paid = await shop.control('POST', `/cybersource/${session.id}/approve`, {});
      const token = tokenIn(String(paid.redirect_url)) ?? '';
      assert.deepEqual([(await hosted()).status, (await hosted()).authorization_token], ['COMPLETED', token]);
      assert.equal((await shop.check(session.id)).processorInformation.token, token);

      const code = { clientReferenceInformation: { code: 'web-4711' } };
      const authorized = await shop.authorize(token, code);
      const order_id = authorized.processorInformation.transactionId;
      const order = await readOrder(order_id);
      assert.deepEqual(
        [
          order.status,
          order.order_amount,
          order.purchase_currency,
          order.merchant_reference1,
          order.order_lines.length,
        ],
        ['AUTHORIZED', 10_000, 'USD', 'web-4711', 2],
      );
      assert.equal((await klarna('GET', `/payments/v1/sessions/${session_id}`)).body.status, 'complete');

      const captured = await shop.capture(authorized.id, '60.00');
      const refunded = await shop.refund(captured.id, '25.50');
      const after = await readOrder(order_id);
      assert.deepEqual(
        [after.status, after.captured_amount, after.refunded_amount, after.remaining_authorized_amount],
        ['PART_CAPTURED', 6_000, 2_550, 4_000],
      );
      assert.equal(after.captures[0]?.capture_id, captured.processorInformation.transactionId);
      assert.equal(after.captures[0]?.refunded_amount, 2_550);
      assert.equal(after.refunds[0]?.refund_id, refunded.processorInformation.transactionId);
      const control = await shop.control('GET', `/orders/${order_id}`);
      assert.deepEqual(control.codes, ['PART_CAPTURED', 'ACCEPTED', 'PART_REFUNDED']);

      // The log of the purchase: every step that changed something, oldest first.
      const entries = (await shop.log(`order_id=${order_id}&limit=100`)).toReversed();
      const changes = entries.filter(
        ({ path }) => !/refresh-payment-status/.test(String(path)) && !String(path).startsWith('/control/'),
      );
      assert.deepEqual(
        changes.filter(({ method }) => method !== 'GET').map(({ path, status }) => `${path} ${status}`),
        [
          '/pts/v2/payment-references 201',
          '/pts/v2/payments 201',
          `/pts/v2/payments/${authorized.id}/captures 201`,
          `/pts/v2/captures/${captured.id}/refunds 201`,
        ],
      );
    });

    test('books, payout and disputes have the same purchase, with the same ids', async () => {
      const { shop, klarna, readOrder } = await open();
      const code = { clientReferenceInformation: { code: 'web-4712' } };
      const authorized = await shop.authorized(code);
      const captured = await shop.capture(authorized.id, '60.00');
      const refunded = await shop.refund(captured.id, '25.50');
      await shop.control('POST', `/cybersource/${captured.id}/chargeback`, {});
      assert.equal((await shop.check(captured.id)).status, 'CHARGEBACK');
      const order_id = authorized.processorInformation.transactionId;
      const [dispute] = (await klarna('GET', '/v4/payment/disputes')).body.disputes as Record<string, unknown>[];
      assert.equal(JSON.stringify(dispute).includes(captured.processorInformation.transactionId), true);
      assert.equal((await readOrder(order_id)).refunded_amount, 2_550);

      await shop.advance('P1D');
      const { transactions } = (await klarna('GET', '/settlements/v1/transactions')).body as {
        transactions: Readonly<Record<string, unknown>>[];
      };
      const told = transactions.map(({ type, amount, order_id: of, merchant_reference1 }) => [
        type,
        amount,
        of,
        merchant_reference1,
      ]);
      for (const row of [
        ['SALE', 6_000],
        ['RETURN', 2_550],
        ['REVERSAL', 3_450],
      ] as const)
        assert.deepEqual(
          told.filter(([type]) => type === row[0]),
          [[...row, order_id, 'web-4712']],
        );
      const ids = transactions.flatMap(({ capture_id, refund_id }) => [capture_id, refund_id]);
      assert.ok(ids.includes(captured.processorInformation.transactionId));
      assert.ok(ids.includes(refunded.processorInformation.transactionId));
      const books = await shop.control('GET', `/books?merchant_id=${shop.key.merchant_id}`);
      assert.equal(books.balanced, true, JSON.stringify(books));
    });

    test('what is done through Order Management is seen through Cybersource', async () => {
      const { shop, klarna, readOrder } = await open();
      const authorized = await shop.authorized();
      const order_id = authorized.processorInformation.transactionId;
      const manage = (path: string, body?: object) =>
        klarna('POST', `/ordermanagement/v1/orders/${order_id}${path}`, body);
      const captured = await shop.capture(authorized.id, '50.00');
      assert.equal((await manage('/refunds', { refunded_amount: 1_200 })).status, 201);
      const reading = await shop.check(captured.id, 'AP_CAPTURE_STATUS');
      assert.deepEqual([reading.status, reading.orderInformation?.amountDetails.refundBalance], ['SETTLED', '38.00']);
      assert.equal((await manage('/captures', { captured_amount: 5_000 })).status, 201);
      const refused = await shop.call('POST', `/pts/v2/payments/${authorized.id}/captures`, {
        processingInformation: { actionList: 'AP_CAPTURE' },
        paymentInformation: { paymentType: { method: { name: 'KLARNA' } } },
      });
      assert.equal(refused.body.reason, 'TRANSACTION_ALREADY_SETTLED');
      await shop.refund(captured.id);
      assert.equal((await readOrder(order_id)).refunded_amount, 5_000);

      const cancelled = await shop.authorized();
      const other = cancelled.processorInformation.transactionId;
      assert.equal((await klarna('POST', `/ordermanagement/v1/orders/${other}/cancel`)).status, 204);
      const late = await shop.call('POST', `/pts/v2/payments/${cancelled.id}/captures`, {
        processingInformation: { actionList: 'AP_CAPTURE' },
        paymentInformation: { paymentType: { method: { name: 'KLARNA' } } },
      });
      assert.equal(late.body.reason, 'AUTH_ALREADY_REVERSED');
      const reversed = await shop.authorized();
      await shop.reverse(reversed.id);
      assert.equal((await readOrder(reversed.processorInformation.transactionId)).status, 'CANCELLED');
    });
  });
}
