// Protects: what of a capture can still be given back is one figure, whichever face says it, and what a face has done it does not deny.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STORES, sharedProvider } from '../testing.ts';
import { type Change, ManyFaces } from './testing.ts';

const PURCHASE = { market: 'US', amount: 10_000, review: false } as const;

for (const kind of STORES) {
  describe(`money between the faces, ${kind.name}`, () => {
    const world = sharedProvider(kind);

    test('what was charged back of one capture is not refunded by another way, and the other capture is as it was', async () => {
      const faces = await ManyFaces.open(world);
      const { cybersource } = faces;
      const named = await faces.place({ ...PURCHASE, begun: 'cybersource inline' });
      const first = await cybersource.capture(named.authorization ?? '', '60.00');
      const second = await cybersource.capture(named.authorization ?? '', '40.00');
      await faces.control('POST', `/cybersource/${first.id}/chargeback`, { amount: 5_500 });
      // Klarna chooses the capture: of the first there are five left, so the rest is the second's.
      assert.ok((await faces.change('klarna', { do: 'refund', amount: 1_500 }, named)).done);
      const { captures } = await faces.klarna.read(named.order_id);
      assert.deepEqual(
        captures.map(({ refunded_amount }) => refunded_amount),
        [500, 1_000],
      );
      assert.equal((await cybersource.check(first.id)).status, 'CHARGEBACK');
      const { status, orderInformation } = await cybersource.check(second.id);
      assert.deepEqual([status, orderInformation?.amountDetails.refundBalance], ['SETTLED', '30.00']);
      const rest = await cybersource.refund(second.id);
      assert.equal(rest.orderInformation?.amountDetails.totalAmount, '30.00');
    });

    test('a refund that Klarna books on no capture is not offered a second time', async () => {
      const faces = await ManyFaces.open(world);
      const { cybersource } = faces;
      const named = await faces.place({ ...PURCHASE, begun: 'cybersource inline' });
      const { id } = await cybersource.capture(named.authorization ?? '');
      const elsewhere = { do: 'refund', amount: 7_000, unmatched: true } as const;
      assert.ok((await faces.change('klarna', elsewhere, named)).done);
      assert.equal((await cybersource.check(id)).orderInformation?.amountDetails.refundBalance, '30.00');
      const rest = await cybersource.refund(id);
      assert.equal(rest.orderInformation?.amountDetails.totalAmount, '30.00');
    });

    test('a refund through Purse without an amount is of what is left', async () => {
      const faces = await ManyFaces.open(world);
      const named = await faces.place({ ...PURCHASE, begun: 'purse v1' });
      const { session_id = '', payment_id = '' } = named.purse ?? {};
      await faces.change('klarna', { do: 'capture', amount: 6_000 }, named);
      await faces.change('klarna', { do: 'capture', amount: 4_000 }, named);
      const [, capture] = await faces.purse.list(session_id);
      assert.equal((await faces.purse.about(capture?.id ?? '', 'refund', { amount: 20 })).body.status.state, 'SUCCESS');
      const rest = await faces.purse.about(capture?.id ?? '', 'refund', {});
      assert.deepEqual([rest.body.status.state, rest.body.plugin_result.amount], ['SUCCESS', 40]);
      const dispute = await faces.control('POST', `/orders/${named.order_id}/disputes`, { amount: 1_500 });
      await faces.klarna.call('POST', `/v4/payment/disputes/${dispute.payment_dispute_id}/accept-loss`);
      const whole = await faces.purse.call('POST', `/payment/v2/payments/${payment_id}/refunds`, {});
      assert.deepEqual([whole.status, whole.body.status, whole.body.amount], [201, 'SUCCESS', 2_500]);
      assert.equal((await faces.payment(payment_id)).amounts.available_to_refund, 0);
    });

    test('a void of what Klarna rejected is a void, and cancels the order', async () => {
      const faces = await ManyFaces.open(world);
      const named = await faces.place({ ...PURCHASE, begun: 'purse v1', review: true });
      await faces.control('POST', `/orders/${named.order_id}/fraud-decision`, { decision: 'reject' });
      const voided = await faces.change('purse v1', { do: 'cancel' }, named);
      assert.ok(voided.done, voided.told);
      assert.equal((await faces.klarna.read(named.order_id)).status, 'CANCELLED');
      const again = await faces.change('purse v1', { do: 'cancel' }, named);
      assert.match(again.told, /: 409 /);
    });

    test('whoever captures and refunds at the same time, no more moves than there is, and all saw the same', async () => {
      const faces = await ManyFaces.open(world);
      for (const [begun, others] of [
        ['cybersource HOP', ['klarna', 'cybersource']],
        ['purse v2', ['klarna', 'purse v1', 'purse v2']],
      ] as const) {
        const named = await faces.place({ ...PURCHASE, begun });
        const at_once = async (change: Change) => {
          const twelve = Array.from({ length: 12 }, (_, at) => others[at % others.length] ?? 'klarna');
          const came = await Promise.all(twelve.map((face) => faces.change(face, change, named)));
          return came.filter(({ done }) => done).length;
        };
        assert.equal(await at_once({ do: 'capture', amount: 2_500 }), 4, begun);
        const { status, captured_amount, captures } = await faces.klarna.read(named.order_id);
        assert.deepEqual([status, captured_amount, captures.length], ['CAPTURED', 10_000, 4]);
        const [{ capture_id } = { capture_id: '' }] = captures.filter(
          (each) => named.captures.size === 0 || named.captures.has(each.capture_id),
        );
        const refunded = await at_once({ do: 'refund', amount: 700, capture_id });
        const after = await faces.klarna.read(named.order_id);
        assert.equal(after.refunded_amount, refunded * 700);
        assert.ok(after.captures.every((each) => each.refunded_amount <= 2_500));
        if (!named.purse) continue;
        const { amounts } = await faces.payment(named.purse.payment_id);
        assert.deepEqual([amounts.total_captured, amounts.total_refunded], [10_000, refunded * 700]);
      }
      const { balanced } = await faces.control('GET', `/books?merchant_id=${faces.klarna.merchant_id}`);
      assert.equal(balanced, true);
    });
  });
}
