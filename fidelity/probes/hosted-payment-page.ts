/** The Hosted Payment Page v1. */
import { error, operation, type Probe } from '../probe.ts';
import { ALMA, bought, IN_US, NOBODY } from '../purchases.ts';
import { D, inferred, O } from '../sources.ts';
import type { StepName } from '../steps.ts';

const API = 'Hosted Payment Page';
const READ = 'GET /hpp/v1/sessions/{session_id}';
const URL_OF_SESSION = '$url/payments/v1/sessions/$session_id';
const hosted = { vars: { session_id: '$hosted_id' } } as const;
const status = (wanted: string) => ({ status: 200, fields: { status: wanted } });

const create = operation(API, 'hosted/create', 'POST /hpp/v1/sessions', {
  given: 'session',
  body: { payment_session_url: URL_OF_SESSION },
});
const withOptions = (options: object) => ({ body: { payment_session_url: URL_OF_SESSION, options } });
const withUrls = (merchant_urls: object) => ({ body: { payment_session_url: URL_OF_SESSION, merchant_urls } });
const CREATED = { status: 201, fields: { session_id: { is: 'uuid' } } } as const;

const CREATE: readonly Probe[] = [
  create('201', 'A hosted session is created with 201, unlike a payment session', D.hosted, CREATED),
  create('redirect', 'It says where to send the shopper', D.hosted, {
    status: 201,
    fields: { redirect_url: { is: 'url' } },
  }),
  create('session-url', 'And where it is read', D.hosted, {
    status: 201,
    fields: { session_url: /\/hpp\/v1\/sessions\/[0-9a-f-]{36}$/ },
  }),
  create('distribution-url', 'And how its link is sent', D.hosted, {
    status: 201,
    fields: { distribution_url: /\/hpp\/v1\/sessions\/[0-9a-f-]{36}\/distribution$/ },
  }),
  create('qr', 'And a code to scan', D.hosted, { status: 201, fields: { qr_code_url: { is: 'url' } } }),
  create('expiry', 'And when it ends', D.hosted, { status: 201, fields: { expires_at: { is: 'timestamp' } } }),
  create('47-hours', 'That is an hour before the payment session', D.hosted_create, {
    status: 201,
    fields: { expires_at: { hours_ahead: [47, 47] } },
  }),
  create('module', 'And a module for distribution', D.hosted, {
    status: 201,
    fields: {
      'distribution_module.token': { is: 'text' },
      'distribution_module.standalone_url': { is: 'url' },
      'distribution_module.generation_url': { is: 'url' },
    },
  }),
  create('limit', 'It has a limit of its own: 40 a second, 5 in the playground', D.rates, {
    status: 201,
    headers: { 'X-Ratelimit-Limit': /^(?:40, 40|5, 5);w=1$/ },
  }),
  create(
    'sample',
    'URLs with placeholders',
    D.hosted_create,
    CREATED,
    withUrls({
      success: 'https://example.com/success?sid={{session_id}}&authorization_token={{authorization_token}}',
      cancel: 'https://example.com/cancel?sid={{session_id}}',
      back: 'https://example.com/back?sid={{session_id}}',
      failure: 'https://example.com/fail?sid={{session_id}}',
      error: 'https://example.com/error?sid={{session_id}}',
      status_update: 'https://example.com/status?sid={{session_id}}',
    }),
  ),
  ...['NONE', 'PLACE_ORDER', 'CAPTURE_ORDER'].map((place_order_mode) =>
    create(
      `mode-${place_order_mode}`,
      `Mode ${place_order_mode}`,
      D.hosted,
      CREATED,
      withOptions({ place_order_mode }),
    ),
  ),
  ...['BUY', 'RENT', 'BOOK', 'SUBSCRIBE', 'DOWNLOAD', 'ORDER', 'CONTINUE'].map((purchase_type) =>
    create(
      `type-${purchase_type}`,
      `Purchase type ${purchase_type}`,
      D.hosted,
      CREATED,
      withOptions({ purchase_type }),
    ),
  ),
  create(
    'category',
    'A category in upper case',
    D.hosted,
    CREATED,
    withOptions({ payment_method_category: 'PAY_LATER' }),
  ),
  create(
    'category-lower',
    'And in lower case, as in samples',
    D.hosted_create,
    CREATED,
    withOptions({ payment_method_category: 'pay_later' }),
  ),
  create(
    'categories',
    'A list of categories',
    D.hosted,
    CREATED,
    withOptions({ payment_method_categories: ['PAY_LATER', 'PAY_NOW'] }),
  ),
  create(
    'both',
    'Category and list together are refused',
    D.hosted,
    error(400),
    withOptions({ payment_method_category: 'PAY_LATER', payment_method_categories: ['PAY_NOW'] }),
  ),
  create(
    'in-store',
    'In store nobody is redirected; the link is sent',
    D.hosted_create,
    { status: 201, fields: { distribution_url: { is: 'url' } }, absent: ['redirect_url'] },
    { variation: { purchase: bought({ acquiring_channel: 'IN_STORE' }) } },
  ),
  create(
    'look',
    'Images, logo, title',
    D.hosted,
    CREATED,
    withOptions({
      background_images: [{ url: 'https://example.com/a.jpg', width: 1_600 }],
      logo_url: 'https://example.com/logo.jpg',
      page_title: 'Complete your purchase',
      show_subtotal_detail: 'HIDE',
    }),
  ),
  create('no-url', 'Without a payment session there is none', D.hosted, error(400), { body: {} }),
  create(
    'foreign-url',
    'A payment session of another host is refused',
    inferred('“on the same environment”'),
    error(400),
    { body: { payment_session_url: `https://example.com/payments/v1/sessions/${NOBODY}` } },
  ),
  create('mode-unknown', 'A mode that is none', D.hosted, error(400), withOptions({ place_order_mode: 'LATER' })),
  create('type-unknown', 'A purchase type that is none', D.hosted, error(400), withOptions({ purchase_type: 'STEAL' })),
  create(
    'category-unknown',
    'A category that is none',
    D.hosted,
    error(400),
    withOptions({ payment_method_category: 'CASH' }),
  ),
  create(
    'subtotal-unknown',
    'Subtotals are hidden or not',
    D.hosted,
    error(400),
    withOptions({ show_subtotal_detail: 'SHOW' }),
  ),
  create('expired', 'An expired payment session is 404', D.hosted, error(404), { given: 'session_expired' }),
  create('unknown', 'So is an unknown one', inferred('as an expired one'), error(404), {
    given: 'nothing',
    body: { payment_session_url: `$url/payments/v1/sessions/${NOBODY}` },
  }),
  create(
    'not-json',
    'What is not JSON is 400',
    inferred('as in Klarna Payments'),
    { status: 400, code: 'BAD_REQUEST' },
    { body: '{' },
  ),
  create(
    'two',
    'One payment session may have several',
    D.hosted,
    { status: 201, fields: { session_id: { not: '$hosted_id' } } },
    { given: 'hosted' },
  ),
];

const read = operation(API, 'hosted/read', READ, { given: 'hosted', ...hosted });

const READS: readonly Probe[] = [
  read('waiting', 'At first it is WAITING', D.hosted_states, status('WAITING')),
  read('fields', 'It always has id, status and two times', D.hosted_read, {
    status: 200,
    fields: {
      session_id: '$hosted_id',
      status: { is: 'text' },
      updated_at: { is: 'timestamp' },
      expires_at: { is: 'timestamp' },
    },
  }),
  read('no-token', 'Before it is completed there is no token', D.hosted_read, {
    status: 200,
    fields: { session_id: '$hosted_id' },
    absent: ['authorization_token', 'order_id'],
  }),
  ...(
    [
      ['hosted_opened', 'IN_PROGRESS', 'An open page is IN_PROGRESS'],
      ['hosted_back', 'BACK', 'Going back is BACK'],
      ['hosted_cancelled', 'BACK', 'In e-commerce cancelling is going back'],
      ['hosted_failed', 'FAILED', 'A decline is FAILED'],
      ['hosted_error', 'ERROR', 'A technical error is ERROR'],
      ['hosted_completed', 'COMPLETED', 'An approval is COMPLETED'],
      ['hosted_disabled', 'DISABLED', 'A disabled session is DISABLED'],
    ] as const satisfies readonly (readonly [StepName, string, string])[]
  ).map(([given, wanted, shows]) =>
    read(`state-${given.replace('hosted_', '')}`, shows, D.hosted_states, status(wanted), { given }),
  ),
  read('cancelled-in-store', 'In store it is CANCELLED', D.hosted_states, status('CANCELLED'), {
    given: 'hosted_cancelled',
    variation: { purchase: bought({ acquiring_channel: 'IN_STORE' }) },
  }),
  read(
    'token',
    'Completed, it has the token',
    D.hosted_read,
    { status: 200, fields: { status: 'COMPLETED', authorization_token: { is: 'uuid' } }, absent: ['order_id'] },
    { given: 'hosted_completed' },
  ),
  read(
    'order',
    'With PLACE_ORDER it has the order instead',
    D.hosted_read,
    {
      status: 200,
      fields: { status: 'COMPLETED', order_id: { is: 'uuid' }, klarna_reference: { is: 'text' } },
      absent: ['authorization_token'],
    },
    { given: 'hosted_completed', variation: { hosted: { options: { place_order_mode: 'PLACE_ORDER' } } } },
  ),
  ...(['PLACE_ORDER', 'CAPTURE_ORDER'] as const).map((place_order_mode) =>
    read(
      `order-${place_order_mode}`,
      `${place_order_mode} leaves the order ${place_order_mode === 'PLACE_ORDER' ? 'AUTHORIZED' : 'CAPTURED'}`,
      D.hosted,
      { status: 200, fields: { order_id: { is: 'uuid' } } },
      {
        given: 'hosted_completed',
        variation: { hosted: { options: { place_order_mode } } },
        keep: { order_id: { field: 'order_id' } },
        afterwards: {
          send: { call: 'GET /ordermanagement/v1/orders/{order_id}' },
          expect: status(place_order_mode === 'PLACE_ORDER' ? 'AUTHORIZED' : 'CAPTURED'),
        },
      },
    ),
  ),
  read(
    'customer',
    'In e-commerce the shopper is not read back',
    D.hosted_read,
    { status: 200, fields: { status: 'COMPLETED' }, absent: ['customer'] },
    { given: 'hosted_completed', variation: { purchase: bought({ billing_address: ALMA }) } },
  ),
  read('expired', 'An hour before the payment session it is gone', D.hosted_create, error(404), {
    given: 'hosted_expired',
  }),
  read('unknown', 'An unknown one is 404', D.hosted, error(404), { given: 'nothing', vars: { session_id: NOBODY } }),
  read('no-uuid', 'An id that cannot be is 4xx, not 500', O.recorded, error([400, 404]), {
    given: 'nothing',
    vars: { session_id: 'nonsense' },
  }),
];

const disable = operation(API, 'hosted/disable', 'DELETE /hpp/v1/sessions/{session_id}', {
  given: 'hosted',
  ...hosted,
});
const DONE = { status: 204, empty: true } as const;

const DISABLE: readonly Probe[] = [
  disable('204', 'Disabling is 204', D.hosted_disable, DONE),
  disable('state', 'And leaves it DISABLED', D.hosted_states, DONE, {
    afterwards: { send: { call: READ, ...hosted }, expect: status('DISABLED') },
  }),
  ...(['hosted_opened', 'hosted_failed', 'hosted_back'] as const).map((given) =>
    disable(
      `from-${given.replace('hosted_', '')}`,
      `Also when it is ${given.replace('hosted_', '')}`,
      D.hosted_states,
      DONE,
      { given },
    ),
  ),
  disable('completed', 'A completed one is 400', D.hosted, error(400), { given: 'hosted_completed' }),
  disable('expired', 'An expired one is 404', D.hosted, error(404), { given: 'hosted_expired' }),
  disable('unknown', 'An unknown one too', D.hosted, error(404), { given: 'nothing', vars: { session_id: NOBODY } }),
];

const distribute = operation(API, 'hosted/distribute', 'POST /hpp/v1/sessions/{session_id}/distribution', {
  given: 'hosted',
  ...hosted,
  body: { method: 'email', contact_information: { email: 'customer@example.com' } },
});
const SENT = { status: [201, 204, 200] } as const;
const faulty = (code: string) => ({ status: 400, code });

const DISTRIBUTE: readonly Probe[] = [
  distribute('email', 'By e-mail', D.hosted, SENT),
  distribute('sms', 'By text message', D.hosted, SENT, {
    body: { method: 'sms', contact_information: { phone: '0700123456', phone_country: 'SE' } },
  }),
  distribute('token', 'By token', D.hosted, SENT, {
    body: { method: 'token', contact_information: { access_id: '278352' } },
  }),
  distribute('template', 'With a template', D.hosted, SENT, {
    body: { method: 'email', template: 'INSTORE_PURCHASE', contact_information: { email: 'customer@example.com' } },
  }),
  distribute(
    'no-email',
    'Without the address it is MISSING_CONTACT_DATA',
    D.distribution,
    faulty('MISSING_CONTACT_DATA'),
    { body: { method: 'email', contact_information: {} } },
  ),
  distribute('no-phone', 'Without the number too', D.distribution, faulty('MISSING_CONTACT_DATA'), {
    body: { method: 'sms', contact_information: { email: 'customer@example.com' } },
  }),
  distribute(
    'no-method',
    'Without a method it is CONSTRAINT_VIOLATION',
    D.distribution,
    faulty('CONSTRAINT_VIOLATION'),
    { body: { contact_information: { email: 'customer@example.com' } } },
  ),
  distribute('method', 'A method that is none too', D.distribution, faulty('CONSTRAINT_VIOLATION'), {
    body: { method: 'pigeon', contact_information: {} },
  }),
  distribute('no-contact', 'And no contact at all', D.distribution, faulty('CONSTRAINT_VIOLATION'), {
    body: { method: 'email' },
  }),
  distribute(
    'country',
    'A phone of another region is UNSUPPORTED_COUNTRY',
    D.distribution,
    faulty('UNSUPPORTED_COUNTRY'),
    {
      variation: { purchase: IN_US },
      body: { method: 'sms', contact_information: { phone: '0700123456', phone_country: 'SE' } },
    },
  ),
  distribute(
    'unknown',
    'An unknown session is 404 NOT_FOUND',
    D.distribution,
    { status: 404, code: 'NOT_FOUND' },
    { given: 'nothing', vars: { session_id: NOBODY } },
  ),
  distribute(
    'expired',
    'An expired one is 404',
    D.hosted,
    { status: 404, code: 'NOT_FOUND' },
    { given: 'hosted_expired' },
  ),
  distribute('ended', 'One that is over is 400', D.hosted, error(400), { given: 'hosted_disabled' }),
];

export const HOSTED_PAYMENT_PAGE: readonly Probe[] = [...CREATE, ...READS, ...DISABLE, ...DISTRIBUTE];
