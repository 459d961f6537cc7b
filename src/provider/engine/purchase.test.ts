import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSupportedLocale, markets } from '../../catalogue/index.ts';
import type { SessionCreate } from '../../wire/klarna-payments.ts';
import { authorize } from './authorize.ts';
import { purchaseFaults } from './purchase.ts';
import { createSession, updateSession } from './session.ts';
import { accepted, contextWith, linesOf, merchantWith, purchaseOf, reasonOf } from './testing.ts';

function fieldsOf(purchase: SessionCreate): (string | undefined)[] {
  return purchaseFaults(purchase).map(({ field }) => field);
}

test('every market with its currency and each of its locales is accepted', () => {
  for (const { country, currency, locales } of markets)
    for (const locale of locales)
      assert.deepEqual(fieldsOf({ ...purchaseOf(100, country, currency), locale }), [], `${country} ${locale}`);
});

test('a country takes its own currency only, and a locale that it speaks', () => {
  for (const { country, currency } of markets) {
    const foreign = currency === 'NZD' ? 'EUR' : 'NZD';
    assert.deepEqual(fieldsOf(purchaseOf(100, country, foreign)), ['purchase_currency'], country);
    const locale = isSupportedLocale(country, 'en-NZ') ? 'sv-SE' : 'en-NZ';
    assert.deepEqual(fieldsOf({ ...purchaseOf(100, country, currency), locale }), ['locale'], country);
    assert.deepEqual(fieldsOf({ ...purchaseOf(100, country, currency), locale: 'pl' }), [], 'a language alone passes');
  }
});

test('a country that Klarna does not serve is the one fault named', () => {
  const { billing_address: _billing, ...purchase } = purchaseOf(100, 'SE');
  assert.deepEqual(fieldsOf({ ...purchase, purchase_country: 'JP' }), ['purchase_country']);
});

test('the billing country overrides the purchase country, so it is the currency that does not fit', () => {
  const purchase = { ...purchaseOf(100, 'SE'), billing_address: { country: 'NO' } };
  const [fault, ...others] = purchaseFaults(purchase);
  assert.equal(others.length, 0);
  assert.deepEqual([fault?.field, fault?.got, fault?.expected], ['purchase_currency', 'SEK', 'NOK']);
  assert.match(fault?.message ?? '', /billing country overrides purchase_country SE/);
  assert.deepEqual(fieldsOf({ ...purchaseOf(100, 'SE'), billing_address: { country: 'JP' } }), ['purchase_currency']);
});

test('all faults at once, sums first, each with what was expected, what came and how far it is off', () => {
  const [first] = linesOf(100);
  assert.ok(first);
  const wrong: SessionCreate = {
    ...purchaseOf(100, 'SE', 'EUR'),
    order_amount: 90,
    order_tax_amount: 5,
    order_lines: [{ ...first, total_amount: 99, tax_rate: 2_500, total_tax_amount: 40 }],
    locale: 'de-DE',
    attachment: { content_type: 'x', body: 'not json' },
  };
  assert.deepEqual(
    purchaseFaults(wrong).map(({ field, expected, got, off_by }) => [field, expected, got, off_by]),
    [
      ['order_lines[0].total_amount', 100, 99, -1],
      ['order_lines[0].total_tax_amount', 20, 40, 20],
      ['order_amount', 99, 90, -9],
      ['order_tax_amount', 40, 5, -35],
      ['purchase_currency', 'SEK', 'EUR', undefined],
      ['locale', 'sv-SE, en-SE', 'de-DE', undefined],
      ['attachment.attachment', undefined, undefined, undefined],
    ],
  );
});

test('extra merchant data is the text of a JSON object', () => {
  const withBody = (body: string) => fieldsOf({ ...purchaseOf(100), attachment: { content_type: 'x', body } });
  assert.deepEqual(withBody('{}'), []);
  assert.deepEqual(withBody('{"a":[1]}'), []);
  for (const body of ['', '[]', 'null', '1', '"{}"', '{'])
    assert.deepEqual(withBody(body), ['attachment.attachment'], body);
});

test('a session begins with the documented defaults, and what is sent wins over them', () => {
  const { details } = accepted(createSession(purchaseOf(100), contextWith()));
  assert.deepEqual([details.locale, details.intent, details.acquiring_channel], ['en-US', 'buy', 'ECOMMERCE']);
  const stated = { ...purchaseOf(100), locale: 'sv-SE', intent: 'tokenize', acquiring_channel: 'IN_STORE' } as const;
  const own = accepted(createSession(stated, contextWith())).details;
  assert.deepEqual([own.locale, own.intent, own.acquiring_channel], ['sv-SE', 'tokenize', 'IN_STORE']);
});

test('the default locale is not held against the country, at creation or at an update', () => {
  const session = accepted(createSession(purchaseOf(100, 'DE'), contextWith()));
  assert.equal(reasonOf(updateSession(session, { merchant_data: 'x' }, contextWith())), 'ok');
  assert.equal(reasonOf(updateSession(session, { locale: 'sv-SE' }, contextWith())), 'bad_purchase');
});

test('a disabled account creates no session and authorizes none', () => {
  const session = accepted(createSession(purchaseOf(100), contextWith()));
  const context = contextWith({ merchant: merchantWith({ status: 'inactive' }) });
  assert.equal(reasonOf(createSession(purchaseOf(100), context)), 'merchant_inactive');
  assert.equal(reasonOf(authorize(session, { data: {} }, context)), 'merchant_inactive');
});

test('wrong shopper data asks for correction, names the fields, and the next try may succeed', () => {
  const context = contextWith();
  const session = accepted(createSession(purchaseOf(100), context));
  const billing_address = { email: 'x', postal_code: '1', country: 'SE' };
  const tried = accepted(
    authorize(session, { data: { billing_address, customer: { date_of_birth: '2000-02-30' } } }, context),
  );
  assert.deepEqual([tried.approved, tried.show_form, tried.authorization], [false, true, undefined]);
  assert.deepEqual(tried.invalid_fields, [
    'billing_address.email',
    'billing_address.postal_code',
    'customer.date_of_birth',
  ]);
  const data = { billing_address: { country: 'SE' }, customer: {} };
  assert.equal(accepted(authorize(tried.session, { data }, context)).approved, true);
});

test('what a shopper can end a try with: the SDK’s three flags and the code', () => {
  const context = contextWith();
  const session = accepted(createSession(purchaseOf(100), context));
  const rows = [
    ['approve', true, true, 'ACCEPTED', 'approved'],
    ['review', true, true, 'ACCEPTED', 'approved'],
    ['decline', false, false, 'REFUSED', 'refused'],
    ['error', false, true, 'FAILED', 'failed'],
    ['back', false, true, 'ABANDONED', 'abandoned'],
    ['abandon', false, true, 'ABANDONED', 'abandoned'],
  ] as const;
  for (const [outcome, approved, show_form, code, latest_try] of rows) {
    const tried = accepted(authorize(session, { data: {}, outcome }, context));
    assert.deepEqual(
      [tried.approved, tried.show_form, tried.code, tried.session.latest_try],
      [approved, show_form, code, latest_try],
    );
  }
});
