import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorize } from './authorize.ts';
import { capture } from './capture.ts';
import * as engine from './order.ts';
import { paymentMethod } from './payment-methods.ts';
import { placeOrder } from './place-order.ts';
import { decidingRule, ruleInWords, testPerson } from './risk.ts';
import { createSession } from './session.ts';
import { CATEGORIES, RISK_MOMENTS, type RiskRule } from './state.ts';
import { accepted, contextWith, linesOf, merchantWith, placedOrder, purchaseOf, reasonOf } from './testing.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const QUESTION = { country: 'SE', currency: 'SEK', category: 'klarna', amount: 500 } as const;

test('a rule holds when all its conditions do; amounts are over and under, never equal', () => {
  const rows: readonly [RiskRule['when'], boolean][] = [
    [undefined, true],
    [{}, true],
    [{ country: 'SE' }, true],
    [{ country: 'NO' }, false],
    [{ currency: 'SEK' }, true],
    [{ currency: 'EUR' }, false],
    [{ category: 'klarna' }, true],
    [{ category: 'pay_now' }, false],
    [{ amount_over: 499 }, true],
    [{ amount_over: 500 }, false],
    [{ amount_under: 501 }, true],
    [{ amount_under: 500 }, false],
    [{ country: 'SE', currency: 'SEK', category: 'klarna', amount_over: 1, amount_under: 1_000 }, true],
    [{ country: 'SE', amount_over: 1_000 }, false],
  ];
  for (const [when, holds] of rows) {
    const rule: RiskRule = { on: 'authorize', decision: 'refuse', ...(when && { when }) };
    assert.equal(decidingRule([rule], 'authorize', QUESTION), holds ? rule : undefined, JSON.stringify(when));
  }
});

test('the first rule that holds decides, and only rules of the moment are asked', () => {
  const review: RiskRule = { on: 'authorize', decision: 'review' };
  const refuse: RiskRule = { on: 'authorize', decision: 'refuse' };
  assert.equal(decidingRule([review, refuse], 'authorize', QUESTION), review);
  assert.equal(decidingRule([refuse, review], 'authorize', QUESTION), refuse);
  for (const moment of RISK_MOMENTS)
    assert.equal(decidingRule([review], moment, QUESTION), moment === 'authorize' ? review : undefined);
});

test('a rule is explained in words', () => {
  const rule: RiskRule = { on: 'capture', when: { country: 'SE', amount_over: 5 }, decision: 'refuse' };
  assert.equal(ruleInWords(rule), 'risk rule on capture (country SE, amount over 5): refuse');
  assert.equal(ruleInWords({ on: 'session', decision: 'review' }), 'risk rule on session: review');
});

test('the test people of the documents: who is refused, who is reviewed, and for how long', () => {
  const review = (decision: 'accept' | 'reject', decide_after_ms: number) => ({
    outcome: 'review',
    review: { decision, decide_after_ms },
  });
  const refuse = { outcome: 'refuse' };
  const rows: readonly [email: string | undefined, country: string, expected: object | undefined][] = [
    [undefined, 'SE', undefined],
    ['', 'SE', undefined],
    ['customer@email.se', 'SE', undefined],
    ['customer+se@klarna.com', 'SE', undefined],
    ['customer+denied@email.se', 'SE', refuse],
    ['Customer+DENIED@email.se', 'SE', refuse],
    ['customer+red@email.us', 'US', refuse],
    ['customer+us+denied@klarna.com', 'US', refuse],
    ['customer+denied+pend-accept-05@email.us', 'US', refuse],
    ['customer+reduced@email.se', 'SE', undefined],
    ['denied@email.se', 'SE', undefined],
    ['customer@denied+denied.se', 'SE', undefined],
    ['customer+pend-accept-00@email.us', 'US', review('accept', 0)],
    ['customer+pend-accept-05@email.us', 'US', review('accept', 5 * MINUTE)],
    ['customer+pend-reject-99@email.co.uk', 'GB', review('reject', 99 * MINUTE)],
    ['customer+pend-accept@email.us', 'US', review('accept', DAY)],
    ['customer+x+pend-reject-10@email.us', 'US', review('reject', 10 * MINUTE)],
    ['customer+pend-accept-5@email.us', 'US', undefined],
    ['customer+pend-accept-005@email.us', 'US', undefined],
    ['customer+pend-accept-05@email.se', 'SE', undefined],
    ['customer+pend-reject-05@email.de', 'DE', undefined],
  ];
  for (const [email, country, expected] of rows)
    assert.deepEqual(testPerson(email, country), expected, `${email} ${country}`);
});

test('each moment asks its rules: the refusal of each is its own', () => {
  const ruled = (on: RiskRule['on'], code?: RiskRule['code']) =>
    contextWith({ merchant: merchantWith({ risk_rules: [{ on, decision: 'refuse', ...(code && { code }) }] }) });

  const session = accepted(createSession(purchaseOf(500), ruled('session')));
  assert.deepEqual(session.categories, [], 'session: the categories are not offered');

  const open = accepted(createSession(purchaseOf(500), contextWith()));
  const refused = accepted(authorize(open, { data: {} }, ruled('authorize')));
  assert.deepEqual([refused.approved, refused.show_form, refused.code], [false, false, 'REFUSED']);
  const failed = accepted(authorize(open, { data: {} }, ruled('authorize', 'PAYMENT_METHOD_FAILED')));
  assert.equal(failed.code, 'PAYMENT_METHOD_FAILED');

  const { authorization, session: tried } = accepted(authorize(open, { data: {} }, contextWith()));
  const place = placeOrder(authorization, tried, purchaseOf(500), 'd', ruled('create_order'));
  assert.equal(reasonOf(place), 'order_rejected');

  const order = placedOrder({});
  assert.equal(reasonOf(capture(order, { captured_amount: 1 }, ruled('capture'))), 'capture_payment_failed');
  assert.equal(
    reasonOf(engine.updateAuthorization(order, { order_amount: 20_000 }, ruled('update'))),
    'update_not_allowed',
  );
  assert.equal(
    reasonOf(engine.updateAuthorization(order, { order_amount: 5 }, ruled('update'))),
    'ok',
    'less needs no decision',
  );
  const details = { shipping_address: { city: 'Lund' } };
  assert.equal(
    reasonOf(engine.updateCustomer(order, details, ruled('customer_details'))),
    'customer_details_not_allowed',
  );
});

test('a rule that reviews makes the order pending for a day, whether it is asked at authorize or at create-order', () => {
  for (const on of ['authorize', 'create_order'] as const) {
    const context = contextWith({ merchant: merchantWith({ risk_rules: [{ on, decision: 'review' }] }) });
    const order = placedOrder({ context });
    assert.equal(order.fraud_status, 'PENDING');
    assert.deepEqual(order.review, { decision: 'accept', decide_at_ms: context.now_ms + DAY });
  }
});

test('a category that a rule refuses is not offered and cannot be authorized; the others stay', () => {
  const merchant = merchantWith({
    payment_method_categories: ['pay_later', 'pay_now'],
    risk_rules: [{ on: 'session', when: { category: 'pay_later', amount_over: 100 }, decision: 'refuse' }],
  });
  const context = contextWith({ merchant });
  assert.deepEqual(accepted(createSession(purchaseOf(100), context)).categories, ['pay_later', 'pay_now']);
  const session = accepted(createSession(purchaseOf(101), context));
  assert.deepEqual(session.categories, ['pay_now']);
  const tried = accepted(authorize(session, { data: {}, category: 'pay_later' }, context));
  assert.deepEqual([tried.approved, tried.code], [false, 'PAYMENT_METHOD_NOT_AVAILABLE']);
  assert.equal(accepted(authorize(session, { data: {} }, context)).authorization?.category, 'pay_now');
});

test('every category has a payment method, and what is asked for is taken', () => {
  const methods = Object.fromEntries(CATEGORIES.map((category) => [category, paymentMethod(category)]));
  assert.deepEqual(methods, {
    klarna: { type: 'invoice', number_of_days: 30 },
    pay_later: { type: 'invoice', number_of_days: 30 },
    pay_now: { type: 'pay_by_card' },
    pay_over_time: { type: 'fixed_amount', number_of_installments: 6 },
    direct_bank_transfer: { type: 'direct_bank_transfer' },
    direct_debit: { type: 'direct_debit' },
  });
  assert.deepEqual(paymentMethod('pay_now', 'slice_it_by_card'), {
    type: 'slice_it_by_card',
    number_of_installments: 3,
  });
});

test('a purchase is judged by the country of the bill', () => {
  const risk_rules: RiskRule[] = [{ on: 'authorize', when: { country: 'AT' }, decision: 'refuse' }];
  const context = contextWith({ merchant: merchantWith({ risk_rules }) });
  const purchase = { ...purchaseOf(500, 'DE'), billing_address: { country: 'AT' }, order_lines: linesOf(500) };
  const session = accepted(createSession(purchase, context));
  assert.equal(accepted(authorize(session, { data: {} }, context)).approved, false);
});
