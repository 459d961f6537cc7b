/** Methods of two steps, and what is known before the shopper sees a page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorize, begin, finalize, type Try } from './authorize.ts';
import { createSession, shownDetails } from './session.ts';
import { type Category, HOUR_MS, type Session } from './state.ts';
import { ADDRESS, accepted, contextWith, merchantWith, purchaseOf, reasonOf, START_MS } from './testing.ts';

const CATEGORIES: readonly Category[] = ['direct_bank_transfer', 'pay_later'];
const context = contextWith({ merchant: merchantWith({ payment_method_categories: CATEGORIES }) });
const later = (ms: number) => ({ ...context, now_ms: START_MS + ms });
const session = () => accepted(createSession(purchaseOf(10_000), context));

/** Approved, and without a token yet. */
function approved(from: Session = session()): Try {
  return accepted(authorize(from, { data: {}, category: 'direct_bank_transfer', auto_finalize: false }, context));
}

test('a method of two steps is approved without a token, a callback, or anything that could become an order', () => {
  const first = approved();
  assert.deepEqual([first.approved, first.finalize_required, first.authorization], [true, true, undefined]);
  assert.deepEqual(first.callbacks, []);
  assert.equal(first.session.authorization_token, undefined);
});

test('finalize makes the authorization, once', () => {
  const second = accepted(finalize(approved().session, { data: {} }, context));
  assert.equal(second.authorization?.authorized_amount, 10_000);
  assert.equal(second.authorization?.payment_method.type, 'direct_bank_transfer');
  assert.equal(second.session.authorization_token, second.authorization?.authorization_token);
  assert.equal(second.session.unfinalized, undefined);
  const again = accepted(finalize(second.session, { data: {} }, context));
  assert.deepEqual([again.approved, again.show_form, again.code], [false, true, 'FAILED']);
});

test('one step where the method has one, and where the shop does not ask for two', () => {
  const data = {};
  const bank = accepted(authorize(session(), { data, category: 'direct_bank_transfer' }, context));
  const invoice = accepted(authorize(session(), { data, category: 'pay_later', auto_finalize: false }, context));
  for (const tried of [bank, invoice]) assert.ok(tried.authorization && !tried.finalize_required);
});

test('an approval waits for an hour, for its amount and not more, and for no later try', () => {
  const { session: waiting } = approved();
  const outcome = (from: Session, data: object, ms: number) => accepted(finalize(from, { data }, later(ms))).approved;
  assert.equal(outcome(waiting, {}, HOUR_MS - 1), true);
  assert.equal(outcome(waiting, {}, HOUR_MS), false);
  const { order_amount, order_lines } = purchaseOf(10_001);
  assert.equal(outcome(waiting, { order_amount, order_lines }, 0), false);
  const declined = accepted(authorize(waiting, { data: {}, outcome: 'decline' }, context));
  assert.equal(outcome(declined.session, {}, 0), false);
});

test('finalize checks data, and a session that is at its end', () => {
  const { session: waiting } = approved();
  const bad = accepted(finalize(waiting, { data: { billing_address: { email: 'x', country: 'SE' } } }, context));
  assert.deepEqual(bad.invalid_fields, ['billing_address.email']);
  assert.equal(reasonOf(finalize(waiting, { data: {} }, later(48 * HOUR_MS))), 'session_unknown');
  assert.equal(reasonOf(finalize({ ...waiting, status: 'complete' }, { data: {} }, context)), 'session_completed');
});

test('bad data leaves the approval waiting: the shop corrects it and finalizes', () => {
  const { session: waiting } = approved();
  const bad = accepted(finalize(waiting, { data: { billing_address: { email: 'x', country: 'SE' } } }, context));
  const good = { data: { billing_address: { ...ADDRESS, country: 'SE' } } };
  assert.equal(accepted(finalize(bad.session, good, context)).approved, true);
});

// Protects: to load is no try, and what the shopper sent stays hidden from the merchant until an approval.
test('begin keeps what was sent without showing it, and does not touch the latest try', () => {
  const { billing_address: _none, ...purchase } = purchaseOf(10_000);
  const from = accepted(createSession(purchase, context));
  const billing_address = { ...ADDRESS, country: 'SE' };
  const { session: begun, ended } = accepted(begin(from, { data: { billing_address }, moment: 'load' }, context));
  assert.equal(ended, undefined);
  assert.deepEqual([begun.details.billing_address, begun.latest_try], [billing_address, undefined]);
  assert.equal(shownDetails(begun).billing_address, undefined);
  const tried = accepted(authorize(begun, { data: {}, category: 'pay_later' }, context));
  assert.deepEqual(shownDetails(tried.session).billing_address, billing_address);
});

test('begin ends at once for a category that is not offered, the test person +red, and, when the page opens, bad data', () => {
  const at = (moment: 'load' | 'authorize', email: string, category: Category = 'pay_later') => {
    const data = { billing_address: { ...ADDRESS, email, country: 'SE' } };
    const { ended } = accepted(begin(session(), { data, moment, categories: [category] }, context));
    return ended && [ended.show_form, ended.code];
  };
  assert.deepEqual(at('load', 'a@b.se', 'pay_now'), [false, 'PAYMENT_METHOD_NOT_AVAILABLE']);
  assert.deepEqual(at('load', 'customer+red@email.se'), [false, 'REFUSED']);
  assert.equal(at('load', 'customer+denied@email.se'), undefined);
  assert.equal(at('load', 'no address'), undefined);
  assert.deepEqual(at('authorize', 'no address'), [true, 'BAD_VALUE:billing_address']);
});

test('a test person who signs in counts where the billing address names nobody', () => {
  const { billing_address: _none, ...purchase } = purchaseOf(10_000);
  const from = accepted(createSession(purchase, context));
  const email = 'customer+denied@email.se';
  assert.equal(accepted(authorize(from, { data: {}, category: 'pay_later', email }, context)).approved, false);
  assert.equal(accepted(authorize(session(), { data: {}, category: 'pay_later', email }, context)).approved, true);
});
