/** Sessions are changed and read. */
import { error, operation, type Probe, refused } from '../../probe.ts';
import { ALMA, bought, line, long, NOBODY } from '../../purchases.ts';
import { D, inferred, O } from '../../sources.ts';
import { API, bad, READ, UPDATED } from './shared.ts';

const update = operation(API, 'payments/update-session', 'POST /payments/v1/sessions/{session_id}', {
  given: 'session',
  body: {},
});
export const UPDATE: readonly Probe[] = [
  update('204', 'An update answers 204 without a body', D.payments, UPDATED, { body: { merchant_reference1: 'a' } }),
  update('nothing', 'An update of nothing is fine', O.clients, UPDATED),
  update('reference', 'What it carries is read back, the rest stays', D.payments, UPDATED, {
    body: { merchant_reference1: 'a' },
    afterwards: {
      send: { call: READ },
      expect: { status: 200, fields: { merchant_reference1: 'a', order_amount: 10_000, locale: 'sv-SE' } },
    },
  }),
  update('amount', 'Amount and lines change together', D.payments, UPDATED, {
    body: { order_amount: 500, order_tax_amount: 0, order_lines: [line(500)] },
    afterwards: {
      send: { call: READ },
      expect: {
        status: 200,
        fields: { order_amount: 500, order_lines: { length: 1 }, 'order_lines[0].total_amount': 500 },
      },
    },
  }),
  update('address', 'An address is set', D.payments, UPDATED, {
    body: { billing_address: ALMA },
    afterwards: { send: { call: READ }, expect: { status: 200, fields: { 'billing_address.city': 'Stockholm' } } },
  }),
  update('sum', 'Sums are checked again', D.kp_errors, bad('order_amount'), { body: { order_amount: 1 } }),
  update('refused-changes-nothing', 'What is refused changes nothing', D.payments, bad('order_amount'), {
    body: { order_amount: 1, merchant_reference1: 'a' },
    afterwards: {
      send: { call: READ },
      expect: { status: 200, fields: { order_amount: 10_000 }, absent: ['merchant_reference1'] },
    },
  }),
  update('currency', 'A currency of another market', D.kp_errors, bad('purchase_currency'), {
    body: { purchase_currency: 'EUR' },
  }),
  update('locale', 'A locale of another market', D.kp_errors, bad('locale'), { body: { locale: 'de-DE' } }),
  update('billing-decides', 'A billing address spoils the currency', D.cart, bad('purchase_currency'), {
    body: { billing_address: { country: 'NO' } },
  }),
  update('limit', 'Limits hold in updates too', D.payments, bad('merchant_reference1'), {
    body: { merchant_reference1: long(256) },
  }),
  update('attachment', 'Extra merchant data is checked in updates', D.emd, bad('attachment.attachment'), {
    body: { attachment: { content_type: 'application/vnd.klarna.internal.emd-v2+json', body: '[' } },
  }),
  update('not-json', 'What is not JSON is 400 BAD_REQUEST', D.kp_errors, refused(400, 'BAD_REQUEST'), { body: '{' }),
  update('unknown', 'An unknown session is 404', D.kp_errors, refused(404, 'NOT_FOUND', 'Invalid session id'), {
    given: 'nothing',
    vars: { session_id: NOBODY },
  }),
  update('no-uuid', 'An id that cannot be is 4xx, not 500', O.recorded, error([400, 404]), {
    given: 'nothing',
    vars: { session_id: 'nonsense' },
  }),
  update(
    'completed',
    'A completed session is 404 SESSION_COMPLETED',
    D.kp_errors,
    refused(404, 'SESSION_COMPLETED', 'Session has already been completed'),
    { given: 'order' },
  ),
  update('expired', 'After 48 hours it is unknown', D.kp_errors, refused(404, 'NOT_FOUND', 'Invalid session id'), {
    given: 'session_expired',
  }),
];

const readSession = operation(API, 'payments/read-session', READ, { given: 'session' });

export const READS: readonly Probe[] = [
  readSession('incomplete', 'A fresh session is incomplete', D.payments, {
    status: 200,
    fields: { status: 'incomplete' },
  }),
  readSession(
    'complete',
    'After the order it is complete',
    D.session,
    { status: 200, fields: { status: 'complete' } },
    { given: 'order' },
  ),
  readSession('purchase', 'It shows the purchase', D.payments, {
    status: 200,
    fields: {
      purchase_country: 'SE',
      purchase_currency: 'SEK',
      locale: 'sv-SE',
      order_amount: 10_000,
      order_tax_amount: 2_000,
      'order_lines[0].reference': 'shoe',
      'order_lines[0].tax_rate': 2_500,
    },
  }),
  readSession('read-only', 'Client token, categories and expiry are there', D.payments, {
    status: 200,
    fields: {
      client_token: { is: 'jwt' },
      'payment_method_categories[0].identifier': 'klarna',
      expires_at: { is: 'timestamp' },
    },
  }),
  readSession('48-hours', 'It ends 48 hours after it was created', D.initiate, {
    status: 200,
    fields: { expires_at: { hours_ahead: [48, 48] } },
  }),
  readSession('no-token', 'Before the shopper there is no authorization token', D.session, {
    status: 200,
    fields: { status: 'incomplete' },
    absent: ['authorization_token'],
  }),
  readSession(
    'token',
    'After the shopper there is one',
    D.session,
    { status: 200, fields: { authorization_token: '$authorization_token' } },
    { given: 'authorized' },
  ),
  readSession(
    'newest-token',
    'Of several tokens the newest is shown',
    inferred('callback page: use the newest'),
    { status: 200, fields: { authorization_token: '$newest_token' } },
    { given: 'authorized_twice' },
  ),
  readSession(
    'no-ssn',
    'What identifies a person is not given back',
    D.payments,
    {
      status: 200,
      fields: { 'customer.date_of_birth': '1970-01-01' },
      absent: ['customer.national_identification_number', 'customer.last_four_ssn'],
    },
    {
      variation: {
        purchase: bought({ customer: { date_of_birth: '1970-01-01', national_identification_number: '197001010000' } }),
      },
    },
  ),
  readSession(
    'shoppers-data',
    'Details that the shopper gave appear once there is an authorization',
    D.session,
    { status: 200, fields: { 'billing_address.city': 'Stockholm' } },
    { given: 'authorized', variation: { shopper: { billing_address: ALMA } } },
  ),
  readSession(
    'declined-data',
    'And not after a decline',
    D.session,
    { status: 200, fields: { status: 'incomplete' }, absent: ['billing_address.city', 'authorization_token'] },
    { given: 'declined', variation: { shopper: { outcome: 'decline', billing_address: ALMA } } },
  ),
  ...['denied', 'red'].map((word) =>
    readSession(
      `person-${word}`,
      `The test person ${word} is declined`,
      D.people,
      { status: 200, fields: { status: 'incomplete' }, absent: ['authorization_token'] },
      { given: 'declined', variation: { shopper: { billing_address: { email: `customer+${word}@email.se` } } } },
    ),
  ),
  readSession(
    'upper-case',
    'Countries come back in upper case',
    O.order,
    { status: 200, fields: { purchase_country: 'SE', purchase_currency: 'SEK' } },
    { variation: { purchase: bought({ purchase_country: 'se', purchase_currency: 'sek' }) } },
  ),
  readSession('default-intent', 'The intent is buy unless said otherwise', D.payments, {
    status: 200,
    fields: { intent: 'buy' },
  }),
  readSession('default-channel', 'The channel is ECOMMERCE unless said otherwise', D.payments, {
    status: 200,
    fields: { acquiring_channel: 'ECOMMERCE' },
  }),
  readSession('unknown', 'An unknown session is 404', D.kp_errors, refused(404, 'NOT_FOUND', 'Invalid session id'), {
    given: 'nothing',
    vars: { session_id: NOBODY },
  }),
  readSession('no-uuid', 'An id that cannot be is 4xx, not 500', O.recorded, error([400, 404]), {
    given: 'nothing',
    vars: { session_id: 'nonsense' },
  }),
  readSession('expired', 'After 48 hours it is unknown', D.kp_errors, refused(404, 'NOT_FOUND', 'Invalid session id'), {
    given: 'session_expired',
  }),
];
