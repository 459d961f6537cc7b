/** Disputes: version 4 with its own error shape, and version 2 over the same cases. */
import { type Expectation, operation, type Probe } from '../probe.ts';
import { long, NOBODY } from '../purchases.ts';
import { D, inferred } from '../sources.ts';
import type { StepName } from '../steps.ts';

const API = 'Disputes v4';
const PATH = '/v4/payment/disputes';
const ONE = `${PATH}/{dispute_id}`;
const nobody = {
  given: 'nothing',
  vars: { dispute_id: 'krn:network:eu1:test:payment:dispute:0', attachment_id: NOBODY },
} as const;

const TYPES = {
  400: ['INPUT_ERROR', 'VALIDATION_ERROR'],
  401: ['ACCESS_ERROR', 'UNAUTHORIZED'],
  404: ['RESOURCE_ERROR', 'RESOURCE_NOT_FOUND'],
  409: ['RESOURCE_ERROR', 'RESOURCE_CONFLICT'],
} as const;
function error(status: keyof typeof TYPES): Expectation {
  const [type, code] = TYPES[status];
  return { status, dispute_error: { type, code } };
}

const list = operation(API, 'disputes/list', `GET ${PATH}`, { given: 'disputed' });
const FOUND = { status: 200, fields: { 'disputes[0].payment_dispute_id': '$dispute_id' } } as const;
const NONE = { status: 200, fields: { disputes: { length: 0 }, 'pagination.count': 0 } } as const;

const LIST: readonly Probe[] = [
  list('200', 'Disputes are listed with a count', D.disputes, {
    status: 200,
    fields: { disputes: { length: 1 }, 'pagination.count': 1 },
  }),
  list('none', 'An account without disputes has an empty list', D.disputes, NONE, { given: 'order' }),
  list('order', 'Of an order', D.disputes, FOUND, { path: `${PATH}?order_ids=$order_id` }),
  list('other-order', 'And not of another', D.disputes, NONE, { path: `${PATH}?order_ids=${NOBODY}` }),
  list('transaction', 'Of a payment transaction, which is the order', D.disputes, FOUND, {
    path: `${PATH}?payment_transaction_ids=$order_id`,
  }),
  list('state', 'In a state', D.disputes, FOUND, { path: `${PATH}?state=INITIATED` }),
  list('other-state', 'And not in another', D.disputes, NONE, { path: `${PATH}?state=CLOSED` }),
  list('reason', 'For a reason', D.disputes, FOUND, { path: `${PATH}?reason=PRODUCTS_OR_SERVICES_NOT_RECEIVED` }),
  list('other-reason', 'And not for another', D.disputes, NONE, { path: `${PATH}?reason=PURCHASE_HIGH_RISK` }),
  list('since', 'Opened since', D.disputes, FOUND, { path: `${PATH}?created_at_start=2020-01-01T00:00:00Z` }),
  list('until', 'Opened before', D.disputes, NONE, { path: `${PATH}?created_at_end=2020-01-01T00:00:00Z` }),
  list('sorted', 'Newest first', D.disputes, FOUND, { path: `${PATH}?sort_by=-created_at` }),
  list('size', 'By pages', D.disputes, FOUND, { path: `${PATH}?size=1` }),
  list('state-unknown', 'A state that is none', D.disputes, error(400), { path: `${PATH}?state=ANGRY` }),
  list('reason-unknown', 'A reason that is none', D.disputes, error(400), { path: `${PATH}?reason=BOREDOM` }),
  list('sort-unknown', 'An order that is none', D.disputes, error(400), { path: `${PATH}?sort_by=beauty` }),
  list('date-unknown', 'A time that is none', D.disputes, error(400), { path: `${PATH}?created_at_start=yesterday` }),
  list(
    'partner-headers',
    'Headers of partners are taken',
    D.disputes,
    { status: 200, fields: { disputes: { length: 1 } } },
    { headers: { 'Partner-Correlation-Id': 'a', 'Klarna-Integration-Metadata': '{"integrator":{"name":"x"}}' } },
  ),
];

const read = operation(API, 'disputes/read', `GET ${ONE}`, { given: 'disputed' });
const inState = (state: string, more: NonNullable<Expectation['fields']> = {}) => ({
  status: 200,
  fields: { state, ...more },
});

const READ: readonly Probe[] = [
  read('200', 'A dispute is read by its id', D.disputes, {
    status: 200,
    fields: { payment_dispute_id: '$dispute_id', order_id: '$order_id', payment_transaction_id: '$order_id' },
  }),
  read('reason', 'It has its reason', D.disputes, {
    status: 200,
    fields: { dispute_reason: 'PRODUCTS_OR_SERVICES_NOT_RECEIVED' },
  }),
  read('details', 'Amount, currency, and who opened it', D.disputes, {
    status: 200,
    fields: {
      'dispute_details.dispute_amount': { is: 'integer' },
      'dispute_details.currency': 'SEK',
      'dispute_details.created_by': /^(?:CUSTOMER|KLARNA_AGENT)$/,
    },
  }),
  read('account', 'The account', D.disputes, { status: 200, fields: { payment_account_id: { is: 'text' } } }),
  read('times', 'Two times', D.disputes, {
    status: 200,
    fields: { created_at: { is: 'timestamp' }, updated_at: { is: 'timestamp' } },
  }),
  read(
    'initiated',
    'INITIATED, with evidence requested until',
    D.dispute_states,
    inState('INITIATED', {
      'state_context.representment.state': 'EVIDENCE_REQUESTED',
      'state_context.representment.expires_at': { is: 'timestamp' },
    }),
  ),
  read(
    'represented',
    'With evidence it is REPRESENTMENT',
    D.dispute_states,
    inState('REPRESENTMENT', { previous_state: 'INITIATED', 'representment.state': 'EVIDENCE_RECEIVED' }),
    { given: 'represented' },
  ),
  read(
    'pre-arbitration',
    'Lost in the first round it is PRE_ARBITRATION until',
    D.dispute_states,
    inState('PRE_ARBITRATION', {
      previous_state: 'REPRESENTMENT',
      'state_context.arbitration_expires_at': { is: 'timestamp' },
      'arbitration.preliminary_outcome': 'LOST',
    }),
    { given: 'pre_arbitration' },
  ),
  read(
    'arbitration',
    'Appealed it is ARBITRATION',
    D.dispute_states,
    inState('ARBITRATION', { previous_state: 'PRE_ARBITRATION' }),
    { given: 'arbitration' },
  ),
  read(
    'lost',
    'Accepted it is CLOSED and LOST',
    D.dispute_states,
    inState('CLOSED', { 'state_context.dispute_outcome': 'LOST', 'state_context.closed_at': { is: 'timestamp' } }),
    { given: 'dispute_lost' },
  ),
  read(
    'out-of-time',
    'Without an answer in time too',
    D.dispute_states,
    inState('CLOSED', { 'state_context.dispute_outcome': 'LOST', 'representment.state': 'EVIDENCE_REQUEST_EXPIRED' }),
    { given: 'dispute_out_of_time' },
  ),
  read('unknown', 'An unknown one is 404', D.disputes, error(404), nobody),
];

const accept = operation(API, 'disputes/accept-loss', `POST ${ONE}/accept-loss`, { given: 'disputed' });
const attach = operation(API, 'disputes/attach', `POST ${ONE}/attachments`, {
  given: 'disputed',
  form: { file: { name: 'proof.pdf', type: 'application/pdf', bytes: 200 } },
});
const file = (name: string, type: string, bytes = 200) => ({ form: { file: { name, type, bytes } } });
const STORED = { status: 201, fields: { payment_dispute_attachment_id: { is: 'text' } } } as const;
const represent = operation(API, 'disputes/represent', `POST ${ONE}/represent`, {
  given: 'dispute_attached',
  body: { attachments: [{ payment_dispute_attachment_id: '$attachment_id' }] },
});
const appeal = operation(API, 'disputes/appeal', `POST ${ONE}/appeal`, {
  given: 'pre_arbitration',
  body: { additional_information: 'The parcel was signed for.' },
});
const download = operation(API, 'disputes/download', `GET ${ONE}/attachments/{attachment_id}/download`, {
  given: 'dispute_attached',
});
const evidence = (more: object) => ({
  body: { attachments: [{ payment_dispute_attachment_id: '$attachment_id' }], ...more },
});

/** Enrolling changes an account for good, so it is tried on accounts of our own only. */
const OWN_ACCOUNT = { variation: { settings: {} } } as const;

/** Each command in each state in which it does not belong. */
const WRONG_STATES: readonly Probe[] = (
  [
    ['accept-loss', accept, ['represented', 'arbitration', 'dispute_lost']],
    ['represent', represent, ['represented', 'pre_arbitration', 'arbitration']],
    ['appeal', appeal, ['disputed', 'represented', 'arbitration', 'dispute_lost']],
    ['attach', attach, ['represented', 'dispute_lost']],
  ] as const satisfies readonly (readonly [string, typeof accept, readonly StepName[]])[]
).flatMap(([name, make, states]) =>
  states.map((given) =>
    make(
      `when-${given.replaceAll('_', '-')}`,
      `Not ${name.replace('-', ' ')} when the dispute is ${given.replaceAll('_', ' ')}`,
      D.dispute_states,
      error(409),
      { given },
    ),
  ),
);

const COMMANDS: readonly Probe[] = [
  accept('202', 'A loss is accepted with 202', D.disputes, { status: 202, fields: { state: 'CLOSED' } }),
  accept(
    'pre-arbitration',
    'Also after the first round',
    D.dispute_states,
    { status: 202, fields: { state: 'CLOSED' } },
    { given: 'pre_arbitration' },
  ),
  accept('unknown', 'An unknown one is 404', D.disputes, error(404), nobody),
  attach('201', 'A file is stored with 201', D.disputes, STORED),
  ...(
    [
      ['jpg', 'image/jpeg'],
      ['jpeg', 'image/jpeg'],
      ['png', 'image/png'],
    ] as const
  ).map(([end, type]) => attach(end, `A ${end} is taken`, D.disputes, STORED, file(`proof.${end}`, type))),
  attach('named', 'With a name of the same ending', D.disputes, STORED, {
    form: { file: { name: 'a.pdf', type: 'application/pdf', bytes: 200 }, fields: { filename: 'proof.pdf' } },
  }),
  attach('renamed', 'Not of another', D.disputes, error(400), {
    form: { file: { name: 'a.pdf', type: 'application/pdf', bytes: 200 }, fields: { filename: 'proof.png' } },
  }),
  attach(
    'exe',
    'Other files are refused',
    D.disputes,
    { status: 400, fields: { error_type: 'INPUT_ERROR' } },
    file('proof.exe', 'application/octet-stream'),
  ),
  attach('no-file', 'Without a file there is nothing', D.disputes, error(400), {
    form: { fields: { filename: 'proof.pdf' } },
  }),
  attach(
    'too-large',
    'Files end at 7 MB',
    D.dispute_states,
    { status: [400, 413] },
    file('proof.pdf', 'application/pdf', 7_500_000),
  ),
  attach('unknown', 'An unknown dispute is 404', D.disputes, error(404), nobody),
  represent('201', 'Evidence is taken with 201', D.disputes, {
    status: 201,
    fields: {
      state: 'REPRESENTMENT',
      created_at: { is: 'timestamp' },
      'attachments[0].payment_dispute_attachment_id': '$attachment_id',
    },
  }),
  represent(
    'information',
    'With words',
    D.disputes,
    { status: 201, fields: { additional_information: 'Signed for' } },
    evidence({ additional_information: 'Signed for' }),
  ),
  represent(
    'proposal',
    'And a proposed refund',
    D.disputes,
    { status: 201, fields: { state: 'REPRESENTMENT' } },
    evidence({ partner_proposed_refund_amount: 100 }),
  ),
  represent(
    'proposal-whole',
    'Of less than the dispute',
    D.disputes,
    error(400),
    evidence({ partner_proposed_refund_amount: 10_000 }),
  ),
  represent('no-attachments', 'Without a file there is no evidence', D.disputes, error(400), {
    body: { additional_information: 'a' },
  }),
  represent('empty', 'Nor with an empty list', D.disputes, error(400), { body: { attachments: [] } }),
  represent(
    'words-5001',
    'Words end at 5000 characters',
    D.disputes,
    error(400),
    evidence({ additional_information: long(5_001) }),
  ),
  represent('description-1001', 'Descriptions at 1000', D.disputes, error(400), {
    body: { attachments: [{ payment_dispute_attachment_id: '$attachment_id', description: long(1_001) }] },
  }),
  represent(
    'foreign-file',
    'Files that nobody sent',
    inferred('the file must belong to the dispute'),
    { status: [400, 404] },
    { body: { attachments: [{ payment_dispute_attachment_id: NOBODY }] } },
  ),
  represent('unknown', 'An unknown dispute is 404', D.disputes, error(404), {
    ...nobody,
    body: { attachments: [{ payment_dispute_attachment_id: NOBODY }] },
  }),
  appeal('201', 'An appeal is taken with 201', D.disputes, {
    status: 201,
    fields: {
      state: 'ARBITRATION',
      created_at: { is: 'timestamp' },
      additional_information: 'The parcel was signed for.',
    },
  }),
  appeal('no-words', 'It needs words', D.disputes, error(400), { body: {} }),
  appeal('empty', 'At least one', D.disputes, error(400), { body: { additional_information: '' } }),
  appeal('words-10001', 'At most 10000 characters', D.disputes, error(400), {
    body: { additional_information: long(10_001) },
  }),
  appeal('unknown', 'An unknown dispute is 404', D.disputes, error(404), nobody),
  download('200', 'A file is read as it was sent', D.disputes, {
    status: 200,
    headers: { 'Content-Type': /^application\/pdf/, 'Content-Disposition': { is: 'text' } },
    text: /^%PDF-1\.4/,
  }),
  download('unknown-file', 'A file that nobody sent is 404', D.disputes, error(404), {
    vars: { attachment_id: NOBODY },
  }),
  download('unknown', 'So is that of an unknown dispute', D.disputes, error(404), nobody),
  operation(API, 'disputes/enrol', `POST ${PATH}/merchants/{merchant_id}/enroll`)(
    '204',
    'A merchant enrols with 204',
    D.disputes,
    { status: 204, empty: true },
    OWN_ACCOUNT,
  ),
  operation(API, 'disputes/enrol', `POST ${PATH}/merchants/{merchant_id}/enroll`)(
    'again',
    'And again',
    D.disputes,
    { status: 204 },
    { ...OWN_ACCOUNT, first: [{ call: `POST ${PATH}/merchants/{merchant_id}/enroll` }] },
  ),
  operation(API, 'disputes/enrol-partner', `POST ${PATH}/partners/{partner_id}/enroll`)(
    '204',
    'A partner enrols with 204',
    D.disputes,
    { status: 204, empty: true },
    { ...OWN_ACCOUNT, vars: { partner_id: '$merchant_id' }, body: { client_id: 'client' } },
  ),
];

const OLD = 'Disputes v2';
const OLD_ONE = '/disputes/v2/disputes/{dispute_krn}';
const oldNobody = {
  given: 'nothing',
  vars: {
    dispute_krn: 'krn:klarna:eu1:dispute:faulty-goods:0',
    request_id: '1',
    response_id: '1',
    attachment_id: NOBODY,
  },
} as const;
const listOld = operation(OLD, 'disputes-v2/list', 'GET /disputes/v2/disputes', { given: 'disputed' });
const readOld = operation(OLD, 'disputes-v2/read', `GET ${OLD_ONE}`, { given: 'disputed_v2' });
const path = (query: string) => ({ path: `/disputes/v2/disputes?${query}` });
const OLD_FOUND = { status: 200, fields: { disputes: { length: 1 }, 'pagination.count': 1 } } as const;
const OLD_NONE = { status: 200, fields: { disputes: { length: 0 } } } as const;
const respond = operation(OLD, 'disputes-v2/respond', `POST ${OLD_ONE}/requests/{request_id}/responses`, {
  given: 'disputed_v2',
  body: { comment: 'It was delivered.' },
});
const attachOld = operation(OLD, 'disputes-v2/attach', `POST ${OLD_ONE}/attachments`, {
  given: 'disputed_v2',
  form: { file: { name: 'proof.pdf', type: 'application/pdf', bytes: 200 }, fields: { filename: 'proof.pdf' } },
});

/** Version 2 has a shape of its own for errors. */
const oldError = (status: number) => ({
  status,
  fields: { error_code: { is: 'text' }, error_message: { is: 'text' } } as const,
});

const V2: readonly Probe[] = [
  listOld('200', 'Disputes are listed with a count', D.disputes_v2, OLD_FOUND),
  listOld('none', 'An account without disputes has an empty list', D.disputes_v2, OLD_NONE, { given: 'order' }),
  listOld('order', 'Of an order', D.disputes_v2, OLD_FOUND, path('order_id=$order_id')),
  listOld('other-order', 'And not of another', D.disputes_v2, OLD_NONE, path(`order_id=${NOBODY}`)),
  listOld('reason', 'For a reason', D.disputes_v2, OLD_FOUND, path('reason=goods_not_received')),
  listOld('sorted', 'By deadline', D.disputes_v2, OLD_FOUND, path('sort_by=-deadline_expires_at')),
  listOld('limit', 'At most 250 at once', D.disputes_v2, oldError(400), path('limit=251')),
  readOld('200', 'A dispute is read by its KRN', D.disputes_v2, {
    status: 200,
    fields: { dispute_krn: '$dispute_krn', reason: 'goods_not_received' },
  }),
  readOld('amount', 'It has amount and currency', D.disputes_v2, {
    status: 200,
    fields: { 'disputed_amount.amount': { is: 'integer' }, 'disputed_amount.currency': 'SEK' },
  }),
  readOld('order', 'And the order', D.disputes_v2, {
    status: 200,
    fields: { 'order.order_id': '$order_id', 'order.order_amount': 10_000, 'order.purchase_currency': 'SEK' },
  }),
  readOld('deadline', 'And a deadline', D.disputes_v2, {
    status: 200,
    fields: { deadline_expires_at: { is: 'text' }, opened_at: { is: 'text' } },
  }),
  readOld('request', 'And Klarna’s request', D.disputes_v2, {
    status: 200,
    fields: {
      'requests[0].request_id': { is: 'integer' },
      'requests[0].created_at': { is: 'text' },
      'requests[0].responses': { is: 'list' },
    },
  }),
  readOld('state', 'And how far the investigation is', D.disputes_v2, {
    status: 200,
    fields: { investigation_status: /^(?:opened|started|unresolved|replied|closed|deadline_expired|loss_accepted)$/ },
  }),
  readOld('unknown', 'An unknown one is 404', D.disputes_v2, oldError(404), oldNobody),
  operation(OLD, 'disputes-v2/accept-loss', `POST ${OLD_ONE}/accept-loss`)(
    '2xx',
    'A loss is accepted',
    D.disputes_v2,
    { status: [200, 201, 202, 204] },
    {
      given: 'disputed_v2',
      afterwards: {
        send: { call: `GET ${OLD_ONE}` },
        expect: { status: 200, fields: { investigation_status: 'loss_accepted' } },
      },
    },
  ),
  operation(OLD, 'disputes-v2/accept-loss', `POST ${OLD_ONE}/accept-loss`)(
    'unknown',
    'An unknown one is 404',
    D.disputes_v2,
    oldError(404),
    oldNobody,
  ),
  attachOld('201', 'A file is stored with 201', D.disputes_v2, {
    status: 201,
    fields: { attachment_id: { is: 'text' }, filename: 'proof.pdf' },
  }),
  attachOld('unknown', 'An unknown dispute is 404', D.disputes_v2, oldError(404), oldNobody),
  respond('201', 'A request is answered with 201', D.disputes_v2, {
    status: 201,
    fields: { response_id: { is: 'integer' }, created_at: { is: 'text' } },
  }),
  respond('unknown', 'An unknown dispute is 404', D.disputes_v2, oldError(404), oldNobody),
  respond('unknown-request', 'So is an unknown request', D.disputes_v2, oldError(404), {
    vars: { request_id: '999999' },
  }),
  operation(OLD, 'disputes-v2/request-file', `GET ${OLD_ONE}/requests/{request_id}/attachments/{attachment_id}`)(
    'unknown',
    'A file that is not there is 404',
    D.disputes_v2,
    oldError(404),
    oldNobody,
  ),
  operation(
    OLD,
    'disputes-v2/response-file',
    `GET ${OLD_ONE}/requests/{request_id}/responses/{response_id}/attachments/{attachment_id}`,
  )('unknown', 'A file that is not there is 404', D.disputes_v2, oldError(404), oldNobody),
  operation(OLD, 'disputes-v2/enrol', 'POST /disputes/v2/enroll')(
    '2xx',
    'A merchant enrols',
    D.disputes_v2,
    { status: [200, 201, 202, 204] },
    { body: {}, ...OWN_ACCOUNT },
  ),
];

export const DISPUTES: readonly Probe[] = [...LIST, ...READ, ...COMMANDS, ...WRONG_STATES, ...V2];
