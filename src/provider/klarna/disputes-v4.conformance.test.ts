/** Disputes, version 4, over HTTP: every operation, every state, every error of its own shape, on every kind of store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answered, Json, Shop } from '../testing.ts';
import { STORES, sharedProvider } from '../testing.ts';
import {
  type DisputeRead,
  disputed,
  download,
  FILES,
  post,
  represented,
  type Sent,
  upload,
  uploaded,
} from './testing.ts';

const DISPUTES = '/v4/payment/disputes';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Asserts an error of version 4: all that its models demand. */
function assertProblem(
  answer: Answered | Sent,
  status: number,
  type: string,
  code: string,
  parameters?: string[],
): void {
  const { error_id, error_type, error_code, error_message, validation_errors } = answer.body;
  assert.deepEqual(
    { status: answer.status, error_type, error_code },
    { status, error_type: type, error_code: code },
    answer.text,
  );
  assert.match(String(error_id), UUID);
  assert.equal(typeof error_message, 'string');
  if (!parameters) return;
  const errors = validation_errors as { parameter: string; reason: string; doc_url: string }[];
  assert.deepEqual(
    errors.map(({ parameter }) => parameter),
    parameters,
    answer.text,
  );
  for (const { reason, doc_url } of errors) assert.ok(reason && doc_url);
}

for (const kind of STORES) {
  describe(`disputes v4 on ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const at = ({ payment_dispute_id }: DisputeRead, suffix = '') => `${DISPUTES}/${payment_dispute_id}${suffix}`;
    const read = async (shop: Shop, dispute: DisputeRead): Promise<Json> => {
      const answer = await shop.call('GET', at(dispute));
      assert.equal(answer.status, 200, answer.text);
      return answer.body;
    };
    const control = (dispute: DisputeRead, move: string, body: object = {}) =>
      world.provider.control(
        'POST',
        `/disputes/${dispute.dispute_id}/${move}`,
        body,
      ) as Promise<unknown> as Promise<DisputeRead>;
    const look = (dispute: DisputeRead) =>
      world.provider.control('GET', `/disputes/${dispute.dispute_id}`) as Promise<unknown> as Promise<DisputeRead>;
    const money = async (dispute: DisputeRead) =>
      (await look(dispute)).movements.map(({ type, detailed_type, amount }) => `${type}/${detailed_type} ${amount}`);

    // Protects: what a client first sees of a case, field by field.
    test('an opened dispute shows the purchase, the request for evidence and its deadline', async () => {
      const shop = await world.shop();
      const order_id = await shop.placeOrder(undefined, {}, { merchant_reference1: 'R1', merchant_reference2: 'R2' });
      const capture_id = await shop.capture(order_id, 10_000, { reference: 'C1' });
      const opened = await world.provider.control('POST', `/orders/${order_id}/disputes`, { comment: 'Where is it?' });
      const { body } = await shop.call('GET', `${DISPUTES}/${opened.payment_dispute_id}`);
      const created = Date.parse(String(body.created_at));
      const account = `krn:partner:eu1:test:account:${shop.merchant_id}`;
      assert.deepEqual(body, {
        payment_dispute_id: opened.payment_dispute_id,
        order_id,
        payment_transaction_id: order_id,
        payment_account_id: account,
        payment_transaction_reference: 'R1',
        purchase_reference: 'R1',
        merchant_reference2: 'R2',
        capture_id,
        payment_capture_id: capture_id,
        payment_capture_reference: 'C1',
        state: 'INITIATED',
        updated_at: body.created_at,
        configuration: { base_framework: 'FRAMEWORK_2026', options: { hold_policy: 'ON_DISPUTE_INITIATED' } },
        partner_account_id: account,
        dispute_reason: 'PRODUCTS_OR_SERVICES_NOT_RECEIVED',
        dispute_details: { dispute_amount: 10_000, currency: 'SEK', created_by: 'CUSTOMER' },
        created_at: body.created_at,
        state_context: {
          representment: {
            state: 'EVIDENCE_REQUESTED',
            expires_at: new Date(created + 21 * 86_400_000).toISOString(),
            request: { additional_information: 'Where is it?', requested_at: body.created_at },
          },
        },
        process_exceptions: [],
        customer_evidences: [],
      });
      assert.match(String(opened.payment_dispute_id), /^krn:network:eu1:test:payment:dispute:/);
    });

    // Protects: the deadlines that people miss.
    for (const [reason, hours] of [
      ['PURCHASE_UNAUTHORIZED', 7 * 24],
      ['PURCHASE_HIGH_RISK', 96],
      ['REFUND_NOT_PROCESSED', 21 * 24],
      ['NON_COMPLIANCE', 21 * 24],
    ] as const) {
      test(`${reason}: evidence is taken for ${hours} hours, then the dispute is lost`, async () => {
        const shop = await world.shop();
        const dispute = await disputed(world.provider, shop, { reason });
        await shop.advance(`PT${hours - 1}H`);
        assert.equal((await read(shop, dispute)).state, 'INITIATED');
        await shop.advance('PT1H');
        const closed = await read(shop, dispute);
        assert.equal(closed.state, 'CLOSED');
        assert.equal(closed.previous_state, 'INITIATED');
        const { closed_at, ...outcome } = closed.state_context as Json;
        assert.deepEqual(outcome, {
          dispute_outcome: 'LOST',
          dispute_outcome_detailed: 'partner_did_not_reply_to_dispute_request',
        });
        assert.equal(Date.parse(String(closed_at)) - Date.parse(String(closed.created_at)), hours * 3_600_000);
        assert.equal((closed.representment as Json).state, 'EVIDENCE_REQUEST_EXPIRED');
      });
    }

    // Protects: the whole way through all five states, with what each shows and what each does to the money.
    test('evidence, preliminary loss, appeal, final win', async () => {
      const shop = await world.shop();
      const dispute = await disputed(world.provider, shop);
      assert.deepEqual(await money(dispute), ['HOLDBACK/UNDER_REVIEW 10000', 'FEE/DISPUTE_FEE 1500']);
      const proof = await uploaded(shop, dispute);
      const attachments = [{ payment_dispute_attachment_id: proof, description: 'Signed for' }];
      const sent = await shop.call('POST', at(dispute, '/represent'), {
        attachments,
        additional_information: 'Delivered.',
      });
      assert.equal(sent.status, 201, sent.text);
      const { created_at, ...told } = sent.body;
      assert.deepEqual(told, { state: 'REPRESENTMENT', additional_information: 'Delivered.', attachments });
      const looking = await read(shop, dispute);
      const url = `${shop.url}${at(dispute, `/attachments/${proof}/download`)}`;
      const shown = { ...attachments[0], mime_type: 'application/pdf', url };
      const evidence = { created_at, additional_information: 'Delivered.', attachments: [shown] };
      assert.deepEqual(looking.state_context, { partner_evidence: evidence });
      assert.equal((looking.representment as Json).state, 'EVIDENCE_RECEIVED');
      assert.equal(looking.previous_state, 'INITIATED');
      assert.equal('arbitration' in looking, false);

      await control(dispute, 'decide', { outcome: 'LOST', detailed: 'no_proof_of_delivery' });
      const preliminary = await read(shop, dispute);
      assert.equal(preliminary.state, 'PRE_ARBITRATION');
      assert.deepEqual(preliminary.arbitration, {
        preliminary_outcome: 'LOST',
        preliminary_outcome_detailed: 'no_proof_of_delivery',
      });
      const { arbitration_expires_at } = preliminary.state_context as Json;
      assert.equal(
        Date.parse(String(arbitration_expires_at)) - Date.parse(String(preliminary.updated_at)),
        10 * 86_400_000,
      );
      assert.deepEqual((preliminary.representment as Json).partner_evidence, evidence);

      const appealed = await shop.call('POST', at(dispute, '/appeal'), { additional_information: 'Look again.' });
      assert.equal(appealed.status, 201, appealed.text);
      assert.deepEqual(
        { ...appealed.body, created_at: '' },
        { state: 'ARBITRATION', created_at: '', additional_information: 'Look again.' },
      );
      const arbitrated = await read(shop, dispute);
      assert.equal(arbitrated.state, 'ARBITRATION');
      assert.equal('state_context' in arbitrated, false);
      assert.deepEqual((arbitrated.arbitration as Json).arbitration_request, {
        requested_at: appealed.body.created_at,
        additional_information: 'Look again.',
      });

      await control(dispute, 'decide', { outcome: 'WON' });
      const closed = await read(shop, dispute);
      assert.equal((closed.state_context as Json).dispute_outcome, 'WON');
      assert.equal((closed.arbitration as Json).preliminary_outcome, 'LOST');
      assert.deepEqual(await money(dispute), [
        'HOLDBACK/UNDER_REVIEW 10000',
        'FEE/DISPUTE_FEE 1500',
        'RELEASE/UNDER_REVIEW 10000',
        'FEE_REFUND/DISPUTE_FEE_REFUND 1500',
      ]);
      assert.equal((await shop.read(dispute.order_id)).status, 'CAPTURED');
    });

    // Protects: a loss is charged back once, and is not refunded on top.
    test('a loss is charged back, keeps the fee, and leaves nothing to refund', async () => {
      const shop = await world.shop();
      const dispute = await disputed(world.provider, shop, { amount: 4_000 });
      const answer = await shop.call('POST', at(dispute, '/accept-loss'));
      assert.equal(answer.status, 202);
      assert.deepEqual(answer.body, { state: 'CLOSED' });
      const closed = await read(shop, dispute);
      assert.equal((closed.representment as Json).state, 'EVIDENCE_WAIVED');
      assert.equal((closed.state_context as Json).dispute_outcome_detailed, 'partner_accepted_the_loss');
      assert.deepEqual(await money(dispute), [
        'HOLDBACK/UNDER_REVIEW 4000',
        'FEE/DISPUTE_FEE 1500',
        'RELEASE/UNDER_REVIEW 4000',
        'REVERSAL/REVERSAL 4000',
      ]);
      const tooMuch = await shop.manage('POST', dispute.order_id, '/refunds', { refunded_amount: 6_001 });
      assert.equal(tooMuch.status, 403);
      await shop.refund(dispute.order_id, 6_000);
      const order = await world.provider.control('GET', `/orders/${dispute.order_id}`);
      assert.equal(order.charged_back_amount, 4_000);
      assert.ok((order.codes as string[]).includes('DISPUTE_LOST'));
    });

    // Protects: merchants whose disputes are not held pay only when they lose.
    test('without a hold nothing moves until the dispute is lost', async () => {
      const shop = await world.shop({ disputes: { hold_policy: 'NONE', fee_amount: 300 } });
      const won = await represented(world.provider, shop, { reason: 'PURCHASE_UNAUTHORIZED' });
      assert.deepEqual(await money(won), []);
      await control(won, 'decide', { outcome: 'WON' });
      assert.deepEqual(await money(won), []);
      const lost = await disputed(world.provider, shop, { reason: 'PURCHASE_UNAUTHORIZED' });
      await shop.call('POST', at(lost, '/accept-loss'));
      assert.deepEqual(await money(lost), ['REVERSAL/FRAUD_POLICY_CHARGE 10000', 'FEE/DISPUTE_FEE 300']);
    });

    // Protects: who chose not to fight over small sums is not asked to.
    test('below the merchant’s threshold a dispute is lost at once', async () => {
      const shop = await world.shop({ disputes: { threshold_amount: 5_000 } });
      const order_id = await shop.placeOrder();
      await shop.capture(order_id, 10_000);
      const opened = await world.provider.control('POST', `/orders/${order_id}/disputes`, { amount: 4_999 });
      assert.equal(opened.state, 'CLOSED');
      const { body } = await shop.call('GET', `${DISPUTES}/${opened.payment_dispute_id}`);
      assert.equal((body.representment as Json).state, 'REPRESENTMENT_AUTOMATICALLY_REJECTED');
      assert.equal((body.state_context as Json).dispute_outcome, 'LOST');
      const other = await world.provider.control('POST', `/orders/${order_id}/disputes`, { amount: 5_001 });
      assert.equal(other.state, 'INITIATED');
    });

    // Protects: silence after the preliminary decision makes it final.
    test('ten days without an appeal, and the preliminary decision stands', async () => {
      const shop = await world.shop();
      const dispute = await represented(world.provider, shop);
      await control(dispute, 'decide', { outcome: 'LOST', chargeback_amount: 2_500 });
      await shop.advance('P9DT23H59M');
      assert.equal((await read(shop, dispute)).state, 'PRE_ARBITRATION');
      await shop.advance('PT1M');
      assert.equal((await read(shop, dispute)).state, 'CLOSED');
      const { code, charged_back_amount } = await look(dispute);
      assert.deepEqual({ code, charged_back_amount }, { code: 'DISPUTE_LOST', charged_back_amount: 2_500 });
      await shop.refund(dispute.order_id, 7_500);
    });

    // Protects: a shop that refunds what is disputed does not pay twice.
    test('a refund takes from what is disputed only what must be, and ends the dispute when nothing is left', async () => {
      const shop = await world.shop();
      const dispute = await disputed(world.provider, shop, { amount: 6_000 });
      await shop.refund(dispute.order_id, 4_000);
      assert.deepEqual((await read(shop, dispute)).dispute_details, {
        dispute_amount: 6_000,
        currency: 'SEK',
        created_by: 'CUSTOMER',
      });
      await shop.refund(dispute.order_id, 1_000);
      assert.equal(((await read(shop, dispute)).dispute_details as Json).dispute_amount, 5_000);
      assert.equal((await look(dispute)).held_amount, 5_000);
      await shop.refund(dispute.order_id, 5_000);
      const closed = await read(shop, dispute);
      const { dispute_outcome, dispute_outcome_detailed } = closed.state_context as Json;
      assert.deepEqual(
        [dispute_outcome, dispute_outcome_detailed],
        ['WON', 'partner_has_refunded_payment_to_customer'],
      );
      assert.deepEqual((await money(dispute)).slice(2), [
        'RELEASE/UNDER_REVIEW 1000',
        'RELEASE/UNDER_REVIEW 5000',
        'FEE_REFUND/DISPUTE_FEE_REFUND 1500',
      ]);
    });

    // Protects: whoever answers at the same moment, the case is decided once and charged back once.
    test('of answers that come at once, one counts', async () => {
      const shop = await world.shop();
      const dispute = await disputed(world.provider, shop);
      const file = await uploaded(shop, dispute);
      const evidence = { attachments: [{ payment_dispute_attachment_id: file }] };
      const answers = await Promise.all([
        ...Array.from({ length: 6 }, () => shop.call('POST', at(dispute, '/accept-loss'))),
        ...Array.from({ length: 6 }, () => shop.call('POST', at(dispute, '/represent'), evidence)),
        ...Array.from({ length: 6 }, () =>
          shop.manage('POST', dispute.order_id, '/refunds', { refunded_amount: 10_000 }),
        ),
      ]);
      const done = answers.slice(0, 12).filter(({ status }) => status < 300).length;
      const refunds = answers.slice(12).filter(({ status }) => status === 201).length;
      const order = await world.provider.control('GET', `/orders/${dispute.order_id}`);
      const { charged_back_amount, held_amount } = await look(dispute);
      assert.ok(done <= 1 && refunds <= 1 && done + refunds >= 1, `${done} answered, ${refunds} refunded`);
      assert.ok(charged_back_amount + Number(order.refunded_amount) <= 10_000);
      assert.ok(held_amount <= 10_000 - charged_back_amount - Number(order.refunded_amount));
    });

    // Protects: the state table towards clients; nothing changes by asking for what is not possible.
    test('what a state does not allow is 409 RESOURCE_CONFLICT and changes nothing', async () => {
      const shop = await world.shop();
      const dispute = await disputed(world.provider, shop);
      const file = await uploaded(shop, dispute);
      const evidence = { attachments: [{ payment_dispute_attachment_id: file }] };
      const refused = async (suffixes: readonly string[]) => {
        const before = await read(shop, dispute);
        for (const suffix of suffixes) {
          const body = { ...evidence, additional_information: 'x' };
          const answer =
            suffix === '/attachments'
              ? await upload(shop, at(dispute, suffix), 'proof.pdf', FILES['proof.pdf'])
              : await shop.call('POST', at(dispute, suffix), body);
          assertProblem(answer, 409, 'RESOURCE_ERROR', 'RESOURCE_CONFLICT');
        }
        assert.deepEqual(await read(shop, dispute), before);
      };
      await refused(['/appeal']);
      assert.equal((await shop.call('POST', at(dispute, '/represent'), evidence)).status, 201);
      await refused(['/represent', '/accept-loss', '/appeal', '/attachments']);
      await control(dispute, 'decide', { outcome: 'LOST' });
      await refused(['/represent']);
      await uploaded(shop, dispute);
      assert.equal((await shop.call('POST', at(dispute, '/appeal'), { additional_information: 'x' })).status, 201);
      await refused(['/represent', '/accept-loss', '/appeal', '/attachments']);
      await control(dispute, 'decide', { outcome: 'LOST' });
      await refused(['/represent', '/accept-loss', '/appeal', '/attachments']);
    });

    // Protects: evidence arrives at Klarna as it was sent, whatever its bytes, and survives a restart.
    test('files of every type come back byte by byte', async () => {
      const shop = await world.shop();
      const dispute = await disputed(world.provider, shop);
      const ids = new Map<string, string>();
      for (const [name, content] of Object.entries(FILES)) {
        const answer = await upload(shop, at(dispute, '/attachments'), name, content);
        assert.equal(answer.status, 201, answer.text);
        assert.deepEqual(Object.keys(answer.body), ['payment_dispute_attachment_id']);
        ids.set(name, String(answer.body.payment_dispute_attachment_id));
      }
      const large = Buffer.alloc(7 * 1024 * 1024, 0xa5);
      FILES['proof.pdf'].copy(large);
      const whole = await upload(shop, at(dispute, '/attachments'), 'große "Datei".PDF', large, {
        filename: 'Ünder\r\nX: 1.pdf',
      });
      assert.equal(whole.status, 201, whole.text);
      if (kind.durable) await world.restart();
      for (const [name, content] of Object.entries(FILES)) {
        const { status, bytes, headers } = await download(shop, at(dispute, `/attachments/${ids.get(name)}/download`));
        assert.equal(status, 200);
        assert.ok(bytes.equals(content), name);
        assert.match(headers.get('content-disposition') ?? '', new RegExp(`^attachment; filename="${name}"`));
      }
      const back = await download(
        shop,
        at(dispute, `/attachments/${whole.body.payment_dispute_attachment_id}/download`),
      );
      assert.ok(back.bytes.equals(large));
      assert.equal(back.headers.get('content-type'), 'application/pdf');
      assert.equal(back.headers.get('x'), null);
    });

    // Protects: a file belongs to its dispute and a dispute to its merchant.
    test('what belongs to another dispute or merchant does not exist', async () => {
      const shop = await world.shop();
      const [one, other] = [await disputed(world.provider, shop), await disputed(world.provider, shop)];
      const file = await uploaded(shop, one);
      const elsewhere = await shop.call('GET', at(other, `/attachments/${file}/download`));
      assertProblem(elsewhere, 404, 'RESOURCE_ERROR', 'RESOURCE_NOT_FOUND');
      const evidence = { attachments: [{ payment_dispute_attachment_id: file }] };
      const foreignFile = await shop.call('POST', at(other, '/represent'), evidence);
      assertProblem(foreignFile, 400, 'INPUT_ERROR', 'VALIDATION_ERROR', [
        'attachments[0].payment_dispute_attachment_id',
      ]);
      const stranger = await world.shop();
      for (const [method, suffix, body] of [
        ['GET', ''],
        ['POST', '/accept-loss'],
        ['POST', '/represent', evidence],
        ['POST', '/appeal', { additional_information: 'x' }],
        ['GET', `/attachments/${file}/download`],
      ] as const) {
        const answer = await stranger.call(method, at(one, suffix), body);
        assertProblem(answer, 404, 'RESOURCE_ERROR', 'RESOURCE_NOT_FOUND');
      }
      const put = await upload(stranger, at(one, '/attachments'), 'proof.pdf', FILES['proof.pdf']);
      assertProblem(put, 404, 'RESOURCE_ERROR', 'RESOURCE_NOT_FOUND');
      for (const id of [
        'x',
        one.dispute_id,
        `krn:network:us1:test:payment:dispute:${one.dispute_id}`,
        'krn:',
        '%00',
        'a'.repeat(300),
      ]) {
        const answer = await shop.call('GET', `${DISPUTES}/${id}`);
        assertProblem(answer, 404, 'RESOURCE_ERROR', 'RESOURCE_NOT_FOUND');
      }
      assert.equal((await read(shop, one)).state, 'INITIATED');
    });
  });
}

describe('disputes v4, whatever the store', () => {
  const [memory] = STORES;
  assert.ok(memory);
  const world = sharedProvider(memory);
  const at = ({ payment_dispute_id }: DisputeRead, suffix = '') => `${DISPUTES}/${payment_dispute_id}${suffix}`;

  // Protects: nothing gets in under a false name, and each refusal says which parameter and why.
  describe('files that are refused', () => {
    const boundary = 'multipart/form-data; boundary=b';
    const form = (part: string) => `--b\r\n${part}\r\n--b--\r\n`;
    const pdf = FILES['proof.pdf'];
    const cases: readonly [string, (shop: Shop, path: string) => Promise<Sent>, string][] = [
      ['a type that is not taken', (shop, path) => upload(shop, path, 'proof.exe', pdf), 'filename'],
      ['no extension', (shop, path) => upload(shop, path, 'proof', pdf), 'filename'],
      ['another type than the extension says', (shop, path) => upload(shop, path, 'proof.png', pdf), 'file'],
      [
        'a zip archive that is no document',
        (shop, path) => upload(shop, path, 'a.docx', Buffer.from('PK\x03\x04 xl/')),
        'file',
      ],
      [
        'a script with the extension of a picture',
        (shop, path) => upload(shop, path, 'a.jpg', Buffer.from('<script>')),
        'file',
      ],
      ['an empty file', (shop, path) => upload(shop, path, 'proof.pdf', Buffer.alloc(0)), 'file'],
      [
        'a byte more than 7 MB',
        (shop, path) => upload(shop, path, 'proof.pdf', Buffer.concat([pdf], 7 * 1024 * 1024 + 1)),
        'file',
      ],
      [
        'far more than 7 MB',
        (shop, path) => upload(shop, path, 'proof.pdf', Buffer.concat([pdf], 12 * 1024 * 1024)),
        'file',
      ],
      [
        'a filename of another extension',
        (shop, path) => upload(shop, path, 'a.pdf', pdf, { filename: 'a.png' }),
        'filename',
      ],
      [
        'a filename that is too long',
        (shop, path) => upload(shop, path, 'a.pdf', pdf, { filename: `${'a'.repeat(997)}.pdf` }),
        'filename',
      ],
      [
        'no part named file',
        (shop, path) => post(shop, path, form('Content-Disposition: form-data; name="x"\r\n\r\ny'), boundary),
        'file',
      ],
      [
        'a form without an end',
        (shop, path) =>
          post(
            shop,
            path,
            '--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-',
            boundary,
          ),
        'file',
      ],
      ['no boundary', (shop, path) => post(shop, path, form('x'), 'multipart/form-data'), 'file'],
      ['an empty body', (shop, path) => post(shop, path, '', boundary), 'file'],
      [
        'a hundred thousand parts',
        (shop, path) =>
          post(
            shop,
            path,
            `${'--b\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n\r\n'.repeat(100_000)}--b--\r\n`,
            boundary,
          ),
        'file',
      ],
    ];
    for (const [name, send, parameter] of cases) {
      test(name, async () => {
        const shop = await world.shop();
        const dispute = await disputed(world.provider, shop);
        assertProblem(await send(shop, at(dispute, '/attachments')), 400, 'INPUT_ERROR', 'VALIDATION_ERROR', [
          parameter,
        ]);
        const { attachments } = await world.provider.control('GET', `/disputes/${dispute.dispute_id}`);
        assert.deepEqual(attachments, []);
      });
    }

    test('a body that is no form', async () => {
      const shop = await world.shop();
      const dispute = await disputed(world.provider, shop);
      const answer = await post(shop, at(dispute, '/attachments'), '{}', 'application/json');
      assertProblem(answer, 400, 'INPUT_ERROR', 'INVALID_CONTENT_TYPE');
    });

    // Protects: the store does not fill up through one case.
    test('more files than a dispute takes', async () => {
      const shop = await world.shop();
      const dispute = await disputed(world.provider, shop);
      for (let i = 0; i < 30; i++) await uploaded(shop, dispute);
      const answer = await upload(shop, at(dispute, '/attachments'), 'proof.pdf', pdf);
      assertProblem(answer, 409, 'RESOURCE_ERROR', 'RESOURCE_CONFLICT');
    });
  });

  // Protects: clients that do not quote as browsers do.
  test('forms of other clients are understood', async () => {
    const shop = await world.shop();
    const dispute = await disputed(world.provider, shop);
    const part = (disposition: string) =>
      Buffer.concat([
        Buffer.from(
          `--b\r\n${disposition}\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: binary\r\n\r\n`,
        ),
        FILES['proof.pdf'],
        Buffer.from('\r\n--b--\r\n'),
      ]);
    for (const disposition of [
      'Content-Disposition: form-data; name="file"; filename="a.pdf"',
      "Content-Disposition: form-data; name=file; filename=a.pdf; filename*=utf-8''a.pdf",
      'content-disposition: form-data; filename="a.pdf"; name="file"',
    ]) {
      const answer = await post(
        shop,
        at(dispute, '/attachments'),
        part(disposition),
        'multipart/form-data; boundary="b"',
      );
      assert.equal(answer.status, 201, `${disposition}: ${answer.text}`);
      const file = await download(
        shop,
        at(dispute, `/attachments/${answer.body.payment_dispute_attachment_id}/download`),
      );
      assert.ok(file.bytes.equals(FILES['proof.pdf']), disposition);
    }
  });

  // Protects: the log tells what was sent and stays readable and small.
  test('the log shows that a file came and not its bytes', async () => {
    const shop = await world.shop();
    const dispute = await disputed(world.provider, shop);
    await uploaded(shop, dispute);
    const { entries } = await world.provider.control('GET', `/log?order_id=${dispute.order_id}&path=attachments`);
    const [entry] = entries as Json[];
    assert.ok(entry);
    assert.equal((entry.request as Json).not_logged, 'multipart/form-data');
    assert.ok(!JSON.stringify(entry).includes('%PDF'));
  });

  // Protects: bodies are checked before anything is looked at.
  test('bodies that do not fit are told parameter by parameter', async () => {
    const shop = await world.shop();
    const dispute = await disputed(world.provider, shop);
    const file = await uploaded(shop, dispute);
    const use = { payment_dispute_attachment_id: file };
    const cases: readonly [string, object | string, readonly string[]][] = [
      ['/represent', {}, ['attachments']],
      ['/represent', { attachments: [] }, ['attachments']],
      ['/represent', { attachments: [{}] }, ['attachments[0].payment_dispute_attachment_id']],
      ['/represent', { attachments: Array(11).fill(use) }, ['attachments']],
      ['/represent', { attachments: [{ ...use, description: 'x'.repeat(1001) }] }, ['attachments[0].description']],
      ['/represent', { attachments: [use], additional_information: 'x'.repeat(5001) }, ['additional_information']],
      [
        '/represent',
        { attachments: [use], partner_proposed_refund_amount: 10_000 },
        ['partner_proposed_refund_amount'],
      ],
      ['/represent', { attachments: [use], partner_proposed_refund_amount: '1' }, ['partner_proposed_refund_amount']],
      ['/appeal', {}, ['additional_information']],
      ['/appeal', { additional_information: '' }, ['additional_information']],
      [
        '/appeal',
        { additional_information: 'x'.repeat(10_001), attachments: [] },
        ['additional_information', 'attachments'],
      ],
    ];
    for (const [suffix, body, parameters] of cases) {
      const answer = await shop.call('POST', at(dispute, suffix), body);
      assertProblem(answer, 400, 'INPUT_ERROR', 'VALIDATION_ERROR', [...parameters]);
    }
    for (const body of ['{', '[]', 'x'])
      assertProblem(await shop.call('POST', at(dispute, '/represent'), body), 400, 'INPUT_ERROR', 'VALIDATION_ERROR');
    const { state } = (await shop.call('GET', at(dispute))).body;
    assert.equal(state, 'INITIATED');
  });

  // Protects: what is refused before the operation speaks the same language.
  test('errors around the operation have the same shape', async () => {
    const shop = await world.shop();
    const anonymous = await shop.call('GET', DISPUTES, undefined, { authorization: '' });
    assertProblem(anonymous, 401, 'ACCESS_ERROR', 'UNAUTHORIZED');
    assertProblem(await shop.call('GET', '/v4/payment/nothing'), 404, 'RESOURCE_ERROR', 'RESOURCE_NOT_FOUND');
    assertProblem(await shop.call('DELETE', DISPUTES), 405, 'INPUT_ERROR', 'METHOD_NOT_ALLOWED');
    const dispute = await disputed(world.provider, shop);
    const text = await post(shop, at(dispute, '/represent'), '{}', 'text/plain');
    assertProblem(text, 400, 'INPUT_ERROR', 'INVALID_CONTENT_TYPE');
    const large = await shop.call('POST', at(dispute, '/represent'), 'x'.repeat(1024 * 1024 + 1));
    assertProblem(large, 413, 'INPUT_ERROR', 'VALIDATION_ERROR');
    const entry = await world.provider.control('GET', `/log/${text.body.error_id}`);
    assert.equal(entry.code, 'INVALID_CONTENT_TYPE');
  });

  // Protects: enrolling is idempotent and is nobody else's business.
  test('enrolment', async () => {
    const shop = await world.shop();
    for (let i = 0; i < 2; i++) {
      assert.equal((await shop.call('POST', `${DISPUTES}/merchants/${shop.merchant_id}/enroll`)).status, 204);
      assert.equal((await shop.call('POST', `${DISPUTES}/partners/P1/enroll`, { client_id: 'abc123' })).status, 204);
    }
    const { disputes_enrolled } = await world.provider.control('GET', `/merchants/${shop.merchant_id}`);
    assert.equal(disputes_enrolled, true);
    assertProblem(
      await shop.call('POST', `${DISPUTES}/merchants/K000001/enroll`),
      403,
      'RESOURCE_ERROR',
      'OPERATION_FORBIDDEN',
    );
    const dashed = await shop.call('POST', `${DISPUTES}/partners/P1/enroll`, { client_id: 'a-b' });
    assertProblem(dashed, 400, 'INPUT_ERROR', 'VALIDATION_ERROR', ['client_id']);
    for (const partner of ['%00', 'a%2Fb', 'x'.repeat(256)]) {
      const odd = await shop.call('POST', `${DISPUTES}/partners/${partner}/enroll`, { client_id: 'abc' });
      assertProblem(odd, 400, 'INPUT_ERROR', 'VALIDATION_ERROR', ['partner_id']);
    }
  });

  describe('the list', () => {
    interface List {
      readonly disputes: readonly { payment_dispute_id: string; order_id: string; state: string }[];
      readonly pagination: {
        readonly count: number;
        readonly total: number;
        readonly first_item?: string;
        readonly last_item?: string;
        readonly links: Readonly<Partial<Record<'next' | 'prev', { href: string; method: string; rel: string }>>>;
      };
    }
    const list = async (shop: Shop, query = ''): Promise<List> => {
      const answer = await shop.call<List>('GET', `${DISPUTES}${query}`);
      assert.equal(answer.status, 200, answer.text);
      return answer.body;
    };
    const idsOf = ({ disputes }: List) => disputes.map(({ payment_dispute_id }) => payment_dispute_id);

    // Protects: whoever polls for work gets all of it, in order, and nothing twice.
    test('pages lead from the newest to the oldest and back', async () => {
      const shop = await world.shop();
      const made: string[] = [];
      for (let i = 0; i < 5; i++) {
        made.unshift((await disputed(world.provider, shop)).payment_dispute_id);
        await shop.advance('PT1H');
      }
      assert.deepEqual(idsOf(await list(shop)), made);
      const first = await list(shop, '?size=2');
      assert.deepEqual(idsOf(first), made.slice(0, 2));
      assert.equal(first.pagination.count, 2);
      assert.equal(first.pagination.total, 5);
      assert.equal(first.pagination.last_item, made[1]);
      assert.equal(first.pagination.links.prev, undefined);
      const follow = async (page: List, rel: 'next' | 'prev') => {
        const href = page.pagination.links[rel]?.href ?? assert.fail(`no ${rel}`);
        assert.ok(href.startsWith(shop.url));
        return list(shop, href.slice(`${shop.url}${DISPUTES}`.length));
      };
      const second = await follow(first, 'next');
      const third = await follow(second, 'next');
      assert.deepEqual([idsOf(second), idsOf(third)], [made.slice(2, 4), made.slice(4)]);
      assert.equal(third.pagination.links.next, undefined);
      assert.equal(third.pagination.last_item, undefined);
      assert.deepEqual(idsOf(await follow(third, 'prev')), made.slice(2, 4));
      assert.deepEqual(idsOf(await list(shop, '?sort_by=created_at')), [...made].reverse());
      assert.deepEqual((await list(await world.shop())).disputes, []);
    });

    // Protects: each filter narrows, and they narrow together.
    test('filters', async () => {
      const shop = await world.shop();
      const [a, b, c] = [
        await disputed(world.provider, shop, { reason: 'INCORRECT_AMOUNT' }),
        await disputed(world.provider, shop, { reason: 'PURCHASE_HIGH_RISK' }),
        await disputed(world.provider, shop, { reason: 'PURCHASE_HIGH_RISK' }),
      ];
      const now = async () =>
        String((await world.provider.control('GET', `/clock?merchant_id=${shop.merchant_id}`)).now);
      await shop.advance('PT1H');
      const before = await now();
      await shop.advance('PT1H');
      await shop.call('POST', at(a, '/accept-loss'));
      await shop.advance('PT1H');
      await shop.call('POST', at(b, '/accept-loss'));
      const ids = async (query: string) => idsOf(await list(shop, query)).sort();
      const of = (...disputes: DisputeRead[]) => disputes.map(({ payment_dispute_id }) => payment_dispute_id).sort();
      assert.deepEqual(await ids('?state=CLOSED'), of(a, b));
      assert.deepEqual(await ids('?state=CLOSED&state=INITIATED'), of(a, b, c));
      assert.deepEqual(await ids('?state=CLOSED,INITIATED&reason=PURCHASE_HIGH_RISK'), of(b, c));
      assert.deepEqual(await ids(`?order_ids=${a.order_id}&payment_transaction_ids=${c.order_id}`), of(a, c));
      assert.deepEqual(await ids(`?created_at_start=${before}`), []);
      assert.deepEqual(await ids(`?created_at_end=${before}`), of(a, b, c));
      assert.deepEqual(await ids(`?closed_at_start=${before}`), of(a, b));
      assert.deepEqual(await ids(`?updated_at_end=${before}`), of(c));
      assert.deepEqual(
        idsOf(await list(shop, '?sort_by=-closed_at')),
        [b, a, c].map((each) => each.payment_dispute_id),
      );
      const { closed_at } = (await shop.call('GET', at(a))).body.state_context as Json;
      assert.deepEqual(await ids(`?closed_at_start=${closed_at}`), of(a, b));
      assert.deepEqual(await ids(`?closed_at_end=${closed_at}`), []);
      assert.deepEqual(await ids('?purchase_references=none'), []);
    });

    test('a query that does not fit is told parameter by parameter', async () => {
      const shop = await world.shop();
      const cases: readonly [string, readonly string[]][] = [
        ['?state=OPEN', ['state[0]']],
        ['?size=0&sort_by=amount', ['sort_by[0]', 'size']],
        ['?size=many', ['size']],
        ['?created_at_start=yesterday', ['created_at_start']],
        ['?starting_after=krn:network:x', ['starting_after']],
        [`?reason=${Array(11).fill('INCORRECT_AMOUNT').join(',')}`, ['reason']],
        [`?order_ids=${Array(101).fill('x').join(',')}`, ['order_ids']],
      ];
      for (const [query, parameters] of cases) {
        const answer = await shop.call('GET', DISPUTES + query);
        assertProblem(answer, 400, 'INPUT_ERROR', 'VALIDATION_ERROR', [...parameters]);
      }
    });
  });
});
