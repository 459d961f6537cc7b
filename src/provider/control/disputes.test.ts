/** Disputes from Klarna's side: what the control API opens, decides and refuses, and the test people whose purchases are disputed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DisputeRead, disputed, represented, uploaded } from '../klarna/testing.ts';
import { ALMA, type Json, PURCHASE, type Shop, STORES, sharedProvider } from '../testing.ts';

describe('disputes through the control API', () => {
  const [memory] = STORES;
  assert.ok(memory);
  const world = sharedProvider(memory);
  const control = (method: string, path: string, body?: object) => world.provider.control(method, path, body);
  const refused = async (work: Promise<unknown>, pattern: RegExp) => assert.rejects(work, pattern);
  const captured = async (shop: Shop, amount = 10_000, email: string = ALMA.email) => {
    const billing_address = { ...ALMA, email };
    const order_id = await shop.placeOrder({ ...PURCHASE, billing_address });
    await shop.capture(order_id, amount);
    return order_id;
  };
  const disputesOf = async (order_id: string, { merchant_id }: Shop) =>
    (await control('GET', `/disputes?merchant_id=${merchant_id}&order_id=${order_id}`)).disputes as DisputeRead[];

  // Protects: no more is ever disputed than the merchant still has.
  test('what can be disputed is what was captured, less refunds, chargebacks and what is disputed already', async () => {
    const shop = await world.shop();
    const uncaptured = await shop.placeOrder();
    await refused(control('POST', `/orders/${uncaptured}/disputes`, {}), /403/);
    const order_id = await captured(shop, 9_000);
    const open = (body: object) => control('POST', `/orders/${order_id}/disputes`, body);
    await refused(open({ amount: 9_001 }), /403/);
    await shop.refund(order_id, 1_000);
    await refused(open({ amount: 8_001 }), /403/);
    const first = await open({ amount: 3_000 });
    await refused(open({ amount: 5_001 }), /403/);
    await shop.call('POST', `/v4/payment/disputes/${first.payment_dispute_id}/accept-loss`);
    const rest = await open({});
    assert.equal((rest.dispute_details as Json).dispute_amount, 5_000);
    await refused(open({}), /403/);
    const { codes, disputes } = await control('GET', `/orders/${order_id}`);
    assert.ok(['DISPUTE_OPENED', 'DISPUTE_LOST', 'PART_REFUNDED'].every((code) => (codes as string[]).includes(code)));
    const [{ capture_id } = { capture_id: '' }] = (await shop.read(order_id)).captures;
    assert.deepEqual(disputes, [
      { dispute_id: first.dispute_id, capture_id, amount: 3_000, outcome: 'LOST' },
      { dispute_id: rest.dispute_id, capture_id, amount: 5_000 },
    ]);
    assert.equal((await disputesOf(order_id, shop)).length, 2);
  });

  test('disputes are listed newest first, in pages, with how many there are', async () => {
    const shop = await world.shop();
    const order_id = await captured(shop, 9_000);
    const opened: unknown[] = [];
    for (const amount of [100, 200, 300, 400, 500])
      opened.unshift((await control('POST', `/orders/${order_id}/disputes`, { amount })).dispute_id);
    const page = async (query: string) => {
      const path = `/disputes?merchant_id=${shop.merchant_id}&limit=2${query}`;
      const { disputes, total, next } = await control('GET', path);
      return { ids: (disputes as Json[]).map(({ dispute_id }) => dispute_id), total, next };
    };
    assert.deepEqual(await page(''), { ids: opened.slice(0, 2), total: 5, next: opened[1] });
    assert.deepEqual(await page(`&after=${opened[1]}`), { ids: opened.slice(2, 4), total: 5, next: opened[3] });
    assert.deepEqual(await page(`&after=${opened[3]}`), { ids: opened.slice(4), total: 5, next: undefined });
    const other = await captured(shop, 1_000);
    assert.deepEqual(await page(`&order_id=${other}`), { ids: [], total: 0, next: undefined });
    for (const after of ['nothing', String(order_id), `${opened[0]}&order_id=${other}`])
      await refused(page(`&after=${after}`), /400: Bad value: after/);
  });

  test('a capture can be disputed for 180 days', async () => {
    const shop = await world.shop();
    const order_id = await captured(shop);
    await shop.advance('P179DT23H');
    const one = await control('POST', `/orders/${order_id}/disputes`, { amount: 1 });
    assert.equal(one.state, 'INITIATED');
    await shop.advance('PT1H');
    await refused(control('POST', `/orders/${order_id}/disputes`, { amount: 1 }), /403/);
  });

  test('everything about an opened dispute can be chosen', async () => {
    const shop = await world.shop({ region: 'na' });
    const order_id = await captured(shop, 4_000);
    const second = await shop.capture(order_id, 6_000);
    const opened = await control('POST', `/orders/${order_id}/disputes`, {
      reason: 'PURCHASE_UNAUTHORIZED',
      amount: 500,
      capture_id: second,
      created_by: 'KLARNA_AGENT',
      hold_policy: 'NONE',
      deadline: 'P2D',
    });
    assert.equal(opened.capture_id, second);
    assert.deepEqual(opened.dispute_details, { dispute_amount: 500, currency: 'SEK', created_by: 'KLARNA_AGENT' });
    assert.deepEqual(opened.movements, []);
    assert.match(String(opened.payment_dispute_id), /^krn:network:us1:/);
    const { expires_at } = (opened.state_context as { representment: { expires_at: string } }).representment;
    assert.equal(Date.parse(expires_at) - Date.parse(String(opened.created_at)), 2 * 86_400_000);
    for (const id of [opened.dispute_id, opened.payment_dispute_id, opened.dispute_krn])
      assert.equal((await control('GET', `/disputes/${id}`)).dispute_id, opened.dispute_id);
  });

  // Protects: a typing error in a test is told and not left out of account.
  test('bodies and moves that cannot be are refused, and change nothing', async () => {
    const shop = await world.shop();
    const dispute = await disputed(world.provider, shop);
    const before = await control('GET', `/disputes/${dispute.dispute_id}`);
    const order = `/orders/${dispute.order_id}/disputes`;
    for (const body of [
      { reason: 'NO_REASON' },
      { amount: 0 },
      { deadline: 'soon' },
      { lifecycle: 'dispute_x' },
      { typo: 1 },
    ])
      await refused(control('POST', order, body), /400/);
    await refused(control('POST', order, { capture_id: 'none' }), /403/);
    await refused(control('POST', order, { deadline: '2020-01-01T00:00:00Z' }), /403/);
    await refused(control('POST', '/orders/00000000-0000-4000-8000-000000000000/disputes', {}), /404/);
    const moves: readonly [string, object, RegExp][] = [
      ['decide', { outcome: 'WON' }, /409/],
      ['decide', {}, /400/],
      ['ask', { comment: 'And?' }, /409/],
      ['extend', { until: 'PT0S' }, /400/],
      ['extend', { until: 'tomorrow' }, /400/],
      ['extend', { until: '2020-01-01T00:00:00Z' }, /400/],
    ];
    for (const [move, body, pattern] of moves)
      await refused(control('POST', `/disputes/${dispute.dispute_id}/${move}`, body), pattern);
    await refused(control('POST', '/disputes/none/decide', { outcome: 'WON' }), /404/);
    await refused(control('GET', '/disputes/none'), /404/);
    assert.deepEqual(await control('GET', `/disputes/${dispute.dispute_id}`), before);
    const looked = await represented(world.provider, shop);
    const decide = (body: object) => control('POST', `/disputes/${looked.dispute_id}/decide`, body);
    await refused(decide({ outcome: 'LOST', chargeback_amount: 10_001 }), /400/);
    await refused(decide({ outcome: 'WON', chargeback_amount: 1 }), /400/);
    const bad = { comment: 'See', attachments: [{ filename: 'a.pdf', content: 'AAAA' }] };
    await refused(control('POST', `/disputes/${looked.dispute_id}/ask`, bad), /400/);
    for (let i = 0; i < 4; i++) await control('POST', `/disputes/${looked.dispute_id}/ask`, { comment: 'And?' });
    await refused(control('POST', `/disputes/${looked.dispute_id}/ask`, { comment: 'And?' }), /409/);
  });

  test('the shopper withdraws: the merchant keeps the money', async () => {
    const shop = await world.shop();
    const dispute = await disputed(world.provider, shop);
    const after = await control('POST', `/disputes/${dispute.dispute_id}/withdraw`, {});
    assert.deepEqual([after.state, after.code, after.held_amount], ['CLOSED', 'DISPUTE_WON', 0]);
    await refused(control('POST', `/disputes/${dispute.dispute_id}/withdraw`, {}), /409/);
  });

  test('three extensions are listed, whatever came before', async () => {
    const shop = await world.shop();
    const dispute = await disputed(world.provider, shop);
    for (const reason of ['A', 'B', 'C', 'D'])
      await control('POST', `/disputes/${dispute.dispute_id}/extend`, { until: 'P1D', reason });
    const { process_exceptions } = await control('GET', `/disputes/${dispute.dispute_id}`);
    assert.deepEqual(
      (process_exceptions as Json[]).map(({ reason }) => reason),
      ['B', 'C', 'D'],
    );
    await shop.advance('P24DT23H');
    const { state } = await control('GET', `/disputes/${dispute.dispute_id}`);
    assert.equal(state, 'INITIATED');
  });

  describe('test people', () => {
    // Protects: the documented words of the older versions.
    for (const [word, reason] of [
      ['return', 'REFUND_NOT_PROCESSED'],
      ['return_not_possible', 'REFUND_NOT_PROCESSED'],
      ['goods_not_received', 'PRODUCTS_OR_SERVICES_NOT_RECEIVED'],
      ['already_paid', 'INCORRECT_AMOUNT'],
      ['incorrect_invoice', 'INCORRECT_AMOUNT'],
      ['faulty_goods', 'PRODUCTS_DEFECTIVE_OR_NOT_AS_DESCRIBED'],
      ['high_risk_order', 'PURCHASE_HIGH_RISK'],
      ['unauthorized_purchase', 'PURCHASE_UNAUTHORIZED'],
      ['non_compliance', 'NON_COMPLIANCE'],
      ['non_guaranteed_payment_program', 'NON_GUARANTEED_PAYMENT_PROGRAM'],
    ] as const) {
      test(`+disputed-${word}: every capture is disputed`, async () => {
        const shop = await world.shop();
        const order_id = await captured(shop, 4_000, `customer+disputed-${word}@email.se`);
        await shop.capture(order_id, 6_000);
        await shop.advance('PT0S');
        const disputes = await disputesOf(order_id, shop);
        const facts = disputes.map(({ dispute_reason, dispute_details }) => [
          dispute_reason,
          (dispute_details as Json).dispute_amount,
        ]);
        assert.deepEqual(facts, [
          [reason, 6_000],
          [reason, 4_000],
        ]);
        await shop.advance('P1Y');
        assert.equal((await disputesOf(order_id, shop)).length, 2, 'each capture once');
      });
    }

    const opened = async (shop: Shop, word: string) => {
      const order_id = await captured(shop, 10_000, `customer+se+${word}@klarna.com`);
      await shop.advance('PT0S');
      const [dispute] = await disputesOf(order_id, shop);
      return dispute ?? assert.fail(`${word} opened nothing`);
    };
    const stateOf = async ({ dispute_id }: DisputeRead) => {
      const { state, code } = await control('GET', `/disputes/${dispute_id}`);
      return `${state} ${code}`;
    };
    const represent = async (shop: Shop, dispute: DisputeRead) => {
      const attachments = [{ payment_dispute_attachment_id: await uploaded(shop, dispute) }];
      await shop.call('POST', `/v4/payment/disputes/${dispute.payment_dispute_id}/represent`, { attachments });
      await shop.advance('PT1M');
    };
    const appeal = async (shop: Shop, dispute: DisputeRead) => {
      await shop.call('POST', `/v4/payment/disputes/${dispute.payment_dispute_id}/appeal`, {
        additional_information: 'No.',
      });
      await shop.advance('PT1M');
    };

    // Protects: a suite can rehearse each ending without the control API.
    test('dispute_win_on_evidence', async () => {
      const shop = await world.shop();
      const dispute = await opened(shop, 'dispute_win_on_evidence');
      await represent(shop, dispute);
      assert.equal(await stateOf(dispute), 'CLOSED DISPUTE_WON');
    });
    test('dispute_lose_on_expiry', async () => {
      const shop = await world.shop();
      const dispute = await opened(shop, 'dispute_lose_on_expiry');
      await shop.advance('P21D');
      assert.equal(await stateOf(dispute), 'CLOSED DISPUTE_LOST');
    });
    test('dispute_pre_arb_accept_loss and dispute_pre_arb_window_expired', async () => {
      const shop = await world.shop();
      const accepting = await opened(shop, 'dispute_pre_arb_accept_loss');
      await represent(shop, accepting);
      assert.equal(await stateOf(accepting), 'PRE_ARBITRATION DISPUTE_OPENED');
      await shop.call('POST', `/v4/payment/disputes/${accepting.payment_dispute_id}/accept-loss`);
      assert.equal(await stateOf(accepting), 'CLOSED DISPUTE_LOST');
      const silent = await opened(shop, 'dispute_pre_arb_window_expired');
      await represent(shop, silent);
      await shop.advance('P10D');
      assert.equal(await stateOf(silent), 'CLOSED DISPUTE_LOST');
    });
    for (const [word, code] of [
      ['dispute_pre_arb_lose_after_arbitration', 'DISPUTE_LOST'],
      ['dispute_pre_arb_win_after_arbitration', 'DISPUTE_WON'],
    ] as const) {
      test(word, async () => {
        const shop = await world.shop();
        const dispute = await opened(shop, word);
        await represent(shop, dispute);
        await appeal(shop, dispute);
        assert.equal(await stateOf(dispute), `CLOSED ${code}`);
      });
    }
    test('an ordinary shopper disputes nothing', async () => {
      const shop = await world.shop();
      const order_id = await captured(shop, 10_000, 'customer+disputed-nothing@email.se');
      await shop.advance('P1D');
      assert.deepEqual(await disputesOf(order_id, shop), []);
    });
  });
});
