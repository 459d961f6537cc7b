/** Hosted sessions by example: links, categories, the ways out of the page, and what the modes make of an approval. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze } from '../../testing.ts';
import type { HostedCreate } from '../../wire/hosted-payment-page.ts';
import type { SessionCreate } from '../../wire/klarna-payments.ts';
import { type AuthorizeRequest, SHOPPER_OUTCOMES } from './authorize.ts';
import { delivered, INBOX_MOST } from './distribute.ts';
import {
  createHosted,
  hostedView,
  leaveHosted,
  openHosted,
  pageCategories,
  readableHosted,
  redirectOf,
} from './hosted.ts';
import { payHosted } from './hosted-pay.ts';
import { createSession } from './session.ts';
import { type Context, HOUR_MS, type HostedSession, type Merchant, type Session } from './state.ts';
import { accepted, contextWith, merchantWith, purchaseOf, reasonOf } from './testing.ts';

type Options = NonNullable<HostedCreate['options']>;
type Urls = NonNullable<HostedCreate['merchant_urls']>;

const ALL_URLS = {
  success: 'https://shop.example/success?t={{authorization_token}}&o={{order_id}}&s={{session_id}}',
  failure: 'https://shop.example/failure',
  error: 'https://shop.example/error',
  back: 'https://shop.example/back',
  cancel: 'https://shop.example/cancel',
  status_update: 'https://shop.example/status/%7B%7Bsession_id%7D%7D',
} as const;

interface Page {
  readonly hosted: HostedSession;
  readonly session: Session;
  readonly context: Context;
}

function pageWith({
  options = {},
  merchant_urls = ALL_URLS,
  merchant = {},
  details = {},
}: {
  options?: Options;
  merchant_urls?: Urls;
  merchant?: Partial<Merchant>;
  details?: Partial<SessionCreate>;
} = {}): Page {
  const context = contextWith({ merchant: merchantWith(merchant) });
  const session = deepFreeze(accepted(createSession({ ...purchaseOf(1_000), ...details }, context)));
  const hosted = deepFreeze(accepted(createHosted(session, { merchant_urls, options }, context)));
  return { hosted, session, context };
}

const pay = ({ hosted, session, context }: Page, request: Partial<AuthorizeRequest> = {}) =>
  accepted(payHosted(hosted, session, { data: {}, ...request }, context));
const body = (text: string) => JSON.parse(text) as { event_id: string; session: { status: string } };

const SPLIT = { payment_method_categories: ['pay_later', 'pay_now', 'pay_over_time'] } as const;
const IN_STORE = { acquiring_channel: 'IN_STORE' } as const;

// Protects: the lifetime that shops show to their shoppers.
test('a hosted session ends an hour before its payment session, and none is made in that hour', () => {
  const { hosted, session, context } = pageWith();
  assert.equal(hosted.expires_at_ms, session.expires_at_ms - HOUR_MS);
  const at = (ms: number) => ({ ...context, now_ms: ms });
  assert.equal(reasonOf(readableHosted(hosted, session, at(hosted.expires_at_ms - 1))), 'ok');
  assert.equal(reasonOf(readableHosted(hosted, session, at(hosted.expires_at_ms))), 'hosted_unknown');
  assert.equal(reasonOf(openHosted(hosted, session, at(hosted.expires_at_ms))), 'hosted_unknown');
  assert.equal(reasonOf(createHosted(session, {}, at(hosted.expires_at_ms - 1))), 'ok');
  assert.equal(reasonOf(createHosted(session, {}, at(hosted.expires_at_ms))), 'session_unknown');
});

// Protects: the redirect rules, each with and without the URL that it falls back on.
test('each ending sends the shopper to its URL, or to the one it falls back on, or nowhere', () => {
  const without = (...names: (keyof Urls)[]): Urls =>
    Object.fromEntries(Object.entries(ALL_URLS).filter(([name]) => !names.includes(name as keyof Urls)));
  const ending = (outcome: AuthorizeRequest['outcome'], merchant_urls: Urls, details = {}) => {
    const page = pageWith({ merchant_urls, details });
    const paid = pay(page, outcome ? { outcome } : {});
    return redirectOf(paid.hosted, paid.session);
  };
  assert.equal(ending('decline', ALL_URLS), ALL_URLS.failure);
  assert.equal(ending('decline', without('failure')), undefined);
  assert.equal(ending('error', ALL_URLS), ALL_URLS.error);
  assert.equal(ending('error', without('error')), ALL_URLS.failure);
  assert.equal(ending('error', { ...ALL_URLS, error: '' }), ALL_URLS.failure, 'an empty URL is none');
  assert.equal(ending('error', without('error', 'failure')), undefined);
  assert.equal(ending('back', ALL_URLS), ALL_URLS.back);
  assert.equal(ending('back', without('back')), ALL_URLS.cancel, 'e-commerce');
  assert.equal(ending('back', without('back'), IN_STORE), undefined, 'in store cancelling is another matter');
  assert.equal(ending('abandon', ALL_URLS), undefined);
  assert.equal(ending('approve', without('success')), undefined);
});

// Protects: in e-commerce a shopper who cancels can come back; in store it is over.
test('cancelling is going back in e-commerce and the end elsewhere', () => {
  for (const [channel, status, url] of [
    ['ECOMMERCE', 'BACK', ALL_URLS.back],
    ['IN_STORE', 'CANCELLED', ALL_URLS.cancel],
    ['TELESALES', 'CANCELLED', ALL_URLS.cancel],
  ] as const) {
    const { hosted, session, context } = pageWith({ details: { acquiring_channel: channel } });
    const left = accepted(leaveHosted('cancel', hosted, session, context));
    assert.equal(left.hosted.status, status, channel);
    assert.equal(redirectOf(left.hosted, session), url);
    const again = reasonOf(openHosted(left.hosted, session, context));
    assert.equal(again, status === 'BACK' ? 'ok' : 'hosted_ended');
  }
});

// Protects: double braces, plain and percent-encoded, in both kinds of URL; what is not known is left for the shop to see.
test('placeholders are filled with what there is', () => {
  const none = pay(pageWith());
  const { hosted_id, authorization_token } = none.hosted;
  assert.equal(
    redirectOf(none.hosted, none.session),
    `https://shop.example/success?t=${authorization_token}&o={{order_id}}&s=${hosted_id}`,
  );
  assert.ok(none.callbacks.every(({ url }) => url === `https://shop.example/status/${hosted_id}`));
  const placed = pay(pageWith({ options: { place_order_mode: 'PLACE_ORDER' } }));
  assert.equal(
    redirectOf(placed.hosted, placed.session),
    `https://shop.example/success?t={{authorization_token}}&o=${placed.order?.order_id}&s=${placed.hosted.hosted_id}`,
  );
});

// Protects: what each mode leaves behind, and that the order is the payment session's.
test('the modes: a token, an order, a captured order', () => {
  const none = pay(pageWith());
  assert.equal(none.hosted.status, 'COMPLETED');
  assert.equal(none.session.status, 'incomplete');
  assert.equal(none.hosted.authorization_token, none.authorization?.authorization_token);
  assert.equal(none.order, undefined);
  for (const [mode, status] of [
    ['PLACE_ORDER', 'AUTHORIZED'],
    ['CAPTURE_ORDER', 'CAPTURED'],
  ] as const) {
    const paid = pay(pageWith({ options: { place_order_mode: mode } }));
    assert.equal(paid.hosted.status, 'COMPLETED');
    assert.equal(paid.order?.status, status);
    assert.deepEqual(paid.order?.order_lines, purchaseOf(1_000).order_lines);
    assert.equal(paid.hosted.order_id, paid.order?.order_id);
    assert.equal(paid.hosted.klarna_reference, paid.order?.klarna_reference);
    assert.equal(paid.hosted.authorization_token, undefined, 'the token is used up');
    assert.equal(paid.authorization?.status, 'consumed');
    assert.equal(paid.session.status, 'complete');
  }
});

// Protects: shops that send no locale, whose sessions carry Klarna's default, get their order all the same.
test('a session without a locale becomes an order in any market', () => {
  const paid = pay(pageWith({ options: { place_order_mode: 'PLACE_ORDER' }, details: purchaseOf(500, 'CH') }));
  assert.equal(paid.refusal, undefined);
  assert.equal(paid.order?.purchase_country, 'CH');
});

// Protects: a captured order never comes from a purchase that is still in review.
test('CAPTURE_ORDER waits for a review', () => {
  const paid = pay(pageWith({ options: { place_order_mode: 'CAPTURE_ORDER' } }), { outcome: 'review' });
  assert.equal(paid.hosted.status, 'COMPLETED');
  assert.deepEqual([paid.order?.fraud_status, paid.order?.status], ['PENDING', 'AUTHORIZED']);
  assert.ok(paid.order?.auto_capture_id);
});

// Protects: a shopper who was approved and an order that was refused: the shop hears FAILED, not COMPLETED.
test('an order that a rule refuses is a decline', () => {
  const risk_rules = [{ on: 'create_order', decision: 'refuse' }] as const;
  const page = pageWith({ options: { place_order_mode: 'PLACE_ORDER' }, merchant: { risk_rules } });
  const paid = pay(page);
  assert.deepEqual([paid.hosted.status, paid.refusal?.reason, paid.order], ['FAILED', 'order_rejected', undefined]);
  assert.equal(paid.session.status, 'incomplete');
  assert.equal(redirectOf(paid.hosted, paid.session), ALL_URLS.failure);
});

// Protects: the categories that the shopper is shown.
test('the page offers what the merchant chose of what the payment session has', () => {
  const categories = (options: Options) => {
    const { hosted, session } = pageWith({ options, merchant: SPLIT_MERCHANT });
    return pageCategories(hosted, session);
  };
  assert.deepEqual(categories({}), ['pay_later', 'pay_now', 'pay_over_time']);
  assert.deepEqual(categories({ payment_method_categories: [] }), ['pay_later', 'pay_now', 'pay_over_time']);
  assert.deepEqual(categories({ payment_method_category: 'pay_now' }), ['pay_now']);
  assert.deepEqual(categories({ payment_method_categories: ['klarna', 'pay_over_time'] }), ['pay_over_time']);
  const { session, context } = pageWith();
  const both = { payment_method_category: 'pay_now', payment_method_categories: ['pay_later'] } as const;
  const options = { ...both, payment_method_categories: [...both.payment_method_categories] };
  assert.equal(reasonOf(createHosted(session, { options }, context)), 'bad_hosted_session');
});
const SPLIT_MERCHANT: Partial<Merchant> = { payment_method_categories: SPLIT.payment_method_categories };

// Protects: a chosen category that the account does not have ends in FAILED, with the reason, and not in a purchase.
test('a category that is not offered cannot be paid with', () => {
  const page = pageWith({ options: { payment_method_category: 'pay_now' } });
  const paid = pay(page);
  assert.deepEqual([paid.hosted.status, paid.tried.code], ['FAILED', 'PAYMENT_METHOD_NOT_AVAILABLE']);
  const asked = payHosted(page.hosted, page.session, { data: {}, category: 'klarna' }, page.context);
  assert.equal(reasonOf(asked), 'bad_hosted_session', 'offered by the session, not by the page');
});

// Protects: one second chance in the other categories, and no third.
test('the fallback: the first decline changes the offer, the second is FAILED', () => {
  const options = { payment_method_category: 'pay_later', payment_fallback: true } as const;
  const page = pageWith({ options, merchant: SPLIT_MERCHANT });
  const first = pay(page, { outcome: 'decline' });
  assert.equal(first.hosted.status, 'IN_PROGRESS');
  assert.equal(redirectOf(first.hosted, first.session), undefined);
  assert.deepEqual(pageCategories(first.hosted, first.session), ['pay_now', 'pay_over_time']);
  assert.deepEqual(
    first.callbacks.map((call) => body(call.body).session.status),
    ['IN_PROGRESS'],
  );
  const next = { ...page, hosted: first.hosted, session: first.session };
  assert.equal(pay(next, { outcome: 'decline' }).hosted.status, 'FAILED');
  assert.equal(pay(next).hosted.status, 'COMPLETED');
});

// Protects: without the option, a choice, or anything else to offer, a decline is a decline.
test('no fallback without the option, without a choice, or with nothing else to offer', () => {
  const rows: [Options, Partial<Merchant>][] = [
    [{ payment_method_category: 'pay_later' }, SPLIT_MERCHANT],
    [{ payment_fallback: true }, SPLIT_MERCHANT],
    [{ payment_fallback: true, payment_method_category: 'klarna' }, {}],
    [{ payment_fallback: true, payment_method_categories: ['pay_now', 'pay_later', 'pay_over_time'] }, SPLIT_MERCHANT],
  ];
  for (const [options, merchant] of rows)
    assert.equal(pay(pageWith({ options, merchant }), { outcome: 'decline' }).hosted.status, 'FAILED');
});

// Protects: what each ending of a try does to the page, and that data to correct is no ending.
test('every outcome of a try has its state', () => {
  const states = { approve: 'COMPLETED', review: 'COMPLETED', decline: 'FAILED', error: 'ERROR', back: 'BACK' };
  for (const outcome of SHOPPER_OUTCOMES) {
    const expected = { ...states, abandon: 'IN_PROGRESS' }[outcome];
    assert.equal(pay(pageWith(), { outcome }).hosted.status, expected, outcome);
  }
  const invalid = pay(pageWith(), { data: { billing_address: { email: 'nowhere' } } });
  assert.deepEqual([invalid.hosted.status, invalid.tried.invalid_fields], ['IN_PROGRESS', ['billing_address.email']]);
});

// Protects: the body that shops parse, and that one step is one call: two at once would arrive in any order.
test('each change is announced once, with what a read would answer', () => {
  const paid = pay(pageWith({ details: { merchant_urls: { authorization: 'https://shop.example/auth' } } }));
  assert.deepEqual(
    paid.callbacks.map(({ rule }) => rule),
    ['authorization', 'hosted_status'],
  );
  const [, completed] = paid.callbacks.map((call) => JSON.parse(call.body));
  const options = { place_order_mode: 'PLACE_ORDER' } as const;
  const placed = pay(pageWith({ options, details: { merchant_urls: { push: 'https://shop.example/{order.id}' } } }));
  assert.deepEqual(
    placed.callbacks.map(({ rule, url }) => [rule, url]),
    [
      ['push', `https://shop.example/${placed.order?.order_id}`],
      ['hosted_status', `https://shop.example/status/${placed.hosted.hosted_id}`],
    ],
  );
  assert.deepEqual(Object.keys(completed), ['event_id', 'session']);
  assert.deepEqual(completed.session, hostedView(paid.hosted));
  assert.deepEqual(Object.keys(completed.session), [
    'session_id',
    'status',
    'authorization_token',
    'updated_at',
    'expires_at',
  ]);
  const { hosted, session, context } = pageWith();
  const waiting = pay({ hosted, session, context }, { outcome: 'abandon' });
  assert.deepEqual(
    waiting.callbacks.map((call) => body(call.body).session.status),
    ['IN_PROGRESS'],
  );
  const once = accepted(openHosted(hosted, session, context));
  assert.deepEqual(accepted(openHosted(once.hosted, session, context)).callbacks, [], 'opened twice, changed once');
});

// Protects: who bought is shown to the store that has to know, and to nobody else.
test('the customer is read back in store only', () => {
  const customer = { date_of_birth: '1980-02-03', national_identification_number: '19800203-0001' };
  const shown = (details: Partial<SessionCreate>) =>
    (hostedView(pay(pageWith({ details: { ...details, customer } })).hosted) as { customer?: object }).customer;
  assert.deepEqual(shown(IN_STORE), { given_name: 'Alva', family_name: 'Lund', ...customer });
  assert.equal(shown({}), undefined);
});

// Protects: an inbox that is never emptied stays small, and what is new is in it.
test('an inbox keeps the newest messages', () => {
  let inbox = delivered(undefined, message(0));
  for (let n = 1; n < INBOX_MOST + 5; n++) inbox = delivered(inbox, message(n));
  assert.equal(inbox.messages.length, INBOX_MOST);
  assert.equal(inbox.messages[0]?.message_id, String(INBOX_MOST + 4));
  assert.equal(inbox.messages.at(-1)?.message_id, '5');
});

function message(n: number) {
  return {
    message_id: String(n),
    sent_at_ms: n,
    method: 'email',
    to: '',
    subject: '',
    text: '',
    url: '',
    hosted_id: '',
  } as const;
}
