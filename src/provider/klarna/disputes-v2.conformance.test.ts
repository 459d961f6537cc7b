/** Disputes, version 2, over HTTP: the same cases as questions and answers, for clients of the older API. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answered, Json, Shop } from '../testing.ts';
import { STORES, sharedProvider } from '../testing.ts';
import { type DisputeRead, disputed, download, FILES, represented, type Sent, upload } from './testing.ts';

const DISPUTES = '/disputes/v2/disputes';

interface Old extends Json {
  readonly dispute_krn: string;
  readonly status: string;
  readonly investigation_status: string;
  readonly deadline_expires_at?: string;
  readonly requests: readonly (Json & { readonly request_id: number; readonly responses: readonly Json[] })[];
}

function assertProblem(answer: Answered<unknown> | Sent, status: number, code: string): void {
  const { error_code, error_message, ...rest } = answer.body as Json;
  assert.deepEqual({ status: answer.status, error_code }, { status, error_code: code }, answer.text);
  assert.equal(typeof error_message, 'string');
  assert.deepEqual(rest, {});
}

for (const kind of STORES) {
  describe(`disputes v2 on ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const at = ({ dispute_krn }: DisputeRead, suffix = '') => `${DISPUTES}/${dispute_krn}${suffix}`;
    const read = async (shop: Shop, dispute: DisputeRead): Promise<Old> => {
      const answer = await shop.call<Old>('GET', at(dispute));
      assert.equal(answer.status, 200, answer.text);
      return answer.body;
    };
    const control = (dispute: DisputeRead, move: string, body: object = {}) =>
      world.provider.control('POST', `/disputes/${dispute.dispute_id}/${move}`, body);

    // Protects: what clients of the older API parse.
    test('a dispute shows order, amount, deadline and the first question', async () => {
      const shop = await world.shop();
      const opened = await disputed(world.provider, shop, { reason: 'already_paid', comment: 'Paid in cash?' });
      const body = await read(shop, opened);
      assert.match(body.dispute_krn, /^krn:klarna:eu1:dispute:already-paid:[0-9a-f-]{36}$/);
      const { opened_at, deadline_expires_at = '', requests, order, ...rest } = body;
      assert.equal(Date.parse(deadline_expires_at) - Date.parse(String(opened_at)), 21 * 86_400_000);
      assert.deepEqual(requests, [
        {
          request_id: 1,
          created_at: opened_at,
          comment: 'Paid in cash?',
          requested_fields: [],
          optional_requested_fields: [],
          attachments: [],
          responses: [],
        },
      ]);
      assert.equal((order as Json).order_id, opened.order_id);
      assert.equal((order as Json).order_amount, 10_000);
      const { capture_id, ...fields } = rest;
      assert.equal(typeof capture_id, 'string');
      assert.deepEqual(fields, {
        dispute_krn: opened.dispute_krn,
        status: 'open',
        investigation_status: 'started',
        reason: 'already_paid',
        region: 'eu1',
        disputed_amount: { amount: 10_000, currency: 'SEK' },
        disputed_order_lines: [{ reference: 'shoe', disputed_quantity: 1 }],
        merchant: { merchant_id: shop.merchant_id, name: shop.merchant_id },
      });
    });

    // Protects: evidence sent through either version is one and the same.
    test('an answer to the first question is the evidence, and can be amended for an hour', async () => {
      const shop = await world.shop();
      const dispute = await disputed(world.provider, shop);
      const file = await upload(shop, at(dispute, '/attachments'), 'slip.pdf', FILES['proof.pdf'], {
        filename: 'slip.pdf',
      });
      assert.equal(file.status, 201, file.text);
      assert.equal(file.body.filename, 'slip.pdf');
      const attachments = [file.body.attachment_id];
      const respond = (body: object) => shop.call('POST', at(dispute, '/requests/1/responses'), body);
      const answer = await respond({
        comment: 'Signed for.',
        attachments,
        requested_fields: { tracking_number: 'T1' },
      });
      assert.equal(answer.status, 201, answer.text);
      const response = {
        response_id: 1,
        created_at: answer.body.created_at,
        comment: 'Signed for.',
        requested_fields: { tracking_number: 'T1' },
        attachments: [{ attachment_id: file.body.attachment_id, filename: 'slip.pdf' }],
      };
      assert.deepEqual(answer.body, response);
      const replied = await read(shop, dispute);
      assert.equal(replied.investigation_status, 'replied');
      assert.deepEqual(replied.requests[0]?.responses, [response]);
      const modern = await shop.call('GET', `/v4/payment/disputes/${dispute.payment_dispute_id}`);
      assert.equal(modern.body.state, 'REPRESENTMENT');
      const evidence = (modern.body.state_context as Json).partner_evidence as Json;
      assert.equal(evidence.additional_information, 'Signed for.');
      const path = at(dispute, `/requests/1/responses/1/attachments/${attachments[0]}`);
      const back = await download(shop, path);
      assert.ok(back.bytes.equals(FILES['proof.pdf']));
      assertProblem(await shop.call('GET', path.replace('responses/1', 'responses/2')), 404, 'NOT_FOUND');
      assertProblem(await shop.call('GET', at(dispute, `/requests/1/attachments/${attachments[0]}`)), 404, 'NOT_FOUND');

      await shop.advance('PT59M');
      assert.equal((await respond({ comment: 'And a photo.' })).status, 201);
      await shop.advance('PT1M');
      assertProblem(await respond({ comment: 'Too late.' }), 409, 'CONFLICT');
      assert.equal((await read(shop, dispute)).requests[0]?.responses.length, 2);
    });

    // Protects: the follow-up that shops miss.
    test('Klarna asks more, with a file, fields and a deadline of its own', async () => {
      const shop = await world.shop();
      const dispute = await represented(world.provider, shop);
      const content = FILES['scan.png'].toString('base64');
      await control(dispute, 'ask', {
        comment: 'When was it sent?',
        requested_fields: ['shipping_date'],
        optional_requested_fields: ['carrier'],
        attachments: [{ filename: 'label.png', content }],
      });
      const asked = await read(shop, dispute);
      assert.equal(asked.investigation_status, 'started');
      const request = asked.requests[1] ?? assert.fail();
      assert.equal(
        Date.parse(asked.deadline_expires_at ?? '') - Date.parse(String(request.created_at)),
        7 * 86_400_000,
      );
      const [label] = request.attachments as { attachment_id: string }[];
      const file = await download(shop, at(dispute, `/requests/2/attachments/${label?.attachment_id}`));
      assert.ok(file.bytes.equals(FILES['scan.png']));
      const respond = (body: object, id = 2) => shop.call('POST', at(dispute, `/requests/${id}/responses`), body);
      assertProblem(await respond({ comment: 'Last week.' }), 400, 'BAD_VALUE');
      assertProblem(await respond({ requested_fields: { shipping_date: '2027-01-01' } }), 400, 'BAD_VALUE');
      assertProblem(await respond({ attachments: ['00000000-0000-4000-8000-000000000000'] }), 400, 'BAD_VALUE');
      assertProblem(await respond({ attachments: 'none' }), 400, 'BAD_VALUE');
      assertProblem(await respond({ comment: 'x' }, 3), 404, 'NOT_FOUND');
      assert.equal((await respond({ requested_fields: { shipping_date: '2027-01-01T10:00:00.000Z' } })).status, 201);
      assert.equal((await read(shop, dispute)).investigation_status, 'replied');

      await control(dispute, 'ask', { comment: 'Who signed?', deadline: 'P2D' });
      await shop.advance('P2D');
      const expired = await read(shop, dispute);
      assert.equal(expired.investigation_status, 'deadline_expired');
      assert.equal(expired.status, 'open');
      assertProblem(await respond({ comment: 'Me.' }, 3), 409, 'CONFLICT');
    });

    // Protects: how a case ended can be read, with what it cost.
    test('each ending in the words of version 2', async () => {
      const shop = await world.shop();
      const accepted = await disputed(world.provider, shop);
      assert.equal((await shop.call('POST', at(accepted, '/accept-loss'))).status, 204);
      const { closed_at, ...lost } = await read(shop, accepted);
      assert.equal(typeof closed_at, 'string');
      assert.deepEqual(
        [lost.status, lost.investigation_status, lost.closing_reason, lost.closing_reason_detailed],
        ['closed', 'loss_accepted', 'lost', 'partner_accepted_the_loss'],
      );
      assert.deepEqual(lost.chargeback_amount, { amount: 10_000, currency: 'SEK' });
      assert.deepEqual(lost.charged_disputes_fee, { amount: 1_500, currency: 'SEK' });
      assert.equal('deadline_expires_at' in lost, false);
      assertProblem(await shop.call('POST', at(accepted, '/accept-loss')), 409, 'CONFLICT');
      const fought = await represented(world.provider, shop);
      await control(fought, 'decide', { outcome: 'LOST' });
      const unresolved = await read(shop, fought);
      assert.equal(unresolved.investigation_status, 'unresolved');
      assert.equal(typeof unresolved.deadline_expires_at, 'string');
      const won = await represented(world.provider, shop);
      await control(won, 'decide', { outcome: 'WON' });
      const { investigation_status, closing_reason, ...rest } = await read(shop, won);
      assert.deepEqual([investigation_status, closing_reason], ['closed', 'won']);
      assert.equal('chargeback_amount' in rest || 'charged_disputes_fee' in rest, false);
      const missed = await disputed(world.provider, shop, { deadline: 'P1D' });
      await shop.advance('P1D');
      assert.equal((await read(shop, missed)).investigation_status, 'deadline_expired');
    });

    // Protects: whoever polls the older API finds all cases, filtered and page by page.
    test('the list, its filters and its pages', async () => {
      const shop = await world.shop();
      const made: DisputeRead[] = [];
      for (const reason of ['return', 'faulty_goods', 'high_risk_order'])
        made.push(await disputed(world.provider, shop, { reason }));
      const list = async (query: string) => {
        const answer = await shop.call('GET', `${DISPUTES}?${query}`);
        assert.equal(answer.status, 200, answer.text);
        const { disputes, pagination } = answer.body as { disputes: Old[]; pagination: Json & { next_page: string[] } };
        return { krns: disputes.map(({ dispute_krn }) => dispute_krn), pagination };
      };
      const krns = made.map(({ dispute_krn }) => dispute_krn);
      const newest = [...krns].reverse();
      assert.deepEqual((await list('')).krns, newest);
      assert.deepEqual((await list('sort_by=opened_at')).krns, krns);
      assert.deepEqual((await list('sort_by=deadline_expires_at')).krns[0], krns[2]);
      assert.deepEqual((await list('reason=faulty_goods')).krns, [krns[1]]);
      assert.deepEqual((await list(`order_id=${made[0]?.order_id}`)).krns, [krns[0]]);
      assert.deepEqual((await list('investigation_status=closed')).krns, []);
      assert.deepEqual((await list(`merchant_id=${shop.merchant_id}`)).krns, newest);
      assert.deepEqual((await list('merchant_id=K000001')).krns, []);
      const first = await list('limit=2');
      assert.deepEqual(first.krns, newest.slice(0, 2));
      const { next_page } = first.pagination;
      assert.deepEqual(first.pagination, { count: 2, limit: 2, next_page, total: 3 });
      const second = await list(`limit=2&next_page[]=${next_page[0]}`);
      assert.deepEqual(second.krns, newest.slice(2));
      assert.deepEqual(second.pagination.next_page, []);
      for (const query of ['limit=0', 'limit=251', 'sort_by=amount', 'next_page=x', 'investigation_status=lost'])
        assertProblem(await shop.call('GET', `${DISPUTES}?${query}`), 400, 'BAD_VALUE');
    });

    // Protects: errors of the older API have its shape, wherever they come from; what is another's does not exist.
    test('errors', async () => {
      const shop = await world.shop();
      const dispute = await disputed(world.provider, shop);
      assertProblem(await shop.call('GET', DISPUTES, undefined, { authorization: '' }), 401, 'UNAUTHORIZED');
      assertProblem(await shop.call('GET', '/disputes/v2/nothing'), 404, 'NOT_FOUND');
      assertProblem(await shop.call('GET', `${DISPUTES}/krn:klarna:eu1:dispute:return:1`), 404, 'NOT_FOUND');
      const stranger = await world.shop();
      assertProblem(await stranger.call('GET', at(dispute)), 404, 'NOT_FOUND');
      assertProblem(await stranger.call('POST', at(dispute, '/requests/1/responses'), {}), 404, 'NOT_FOUND');
      const large = Buffer.concat([FILES['proof.pdf']], 7_300_001);
      assertProblem(await upload(shop, at(dispute, '/attachments'), 'a.pdf', large), 400, 'BAD_VALUE');
      const fits = await upload(shop, at(dispute, '/attachments'), 'a.pdf', large.subarray(0, 7_300_000));
      assert.equal(fits.status, 201, fits.text);
      assert.equal((await shop.call('POST', '/disputes/v2/enroll')).status, 204);
    });
  });
}
