/** A customer token becomes an order, without the shopper. Source: create an order using a customer token; recover a charge failure. */
import type { TokenOrder } from '../../wire/customer-token.ts';
import { tokenStep } from './customer-token-states.ts';
import { accept, type Explanation, type Outcome, type Reason, type Refused, refuse } from './outcome.ts';
import { makeOrder, type NewOrder } from './place-order.ts';
import { chargeFaults } from './purchase.ts';
import { openStepUps } from './recovery.ts';
import { decidingRule, type RiskQuestion, ruleInWords, testPerson } from './risk.ts';
import { refuseInactive } from './session.ts';
import { type Context, type CustomerToken, type Review, WINDOWS } from './state.ts';

/** Failed charges of a token that can be recovered at the same time; beyond it the oldest go. */
export const STEP_UPS_MOST = 10;

/** What a charge came to. A charge that fails leaves something behind as well: how the shopper can recover it. */
export interface Charge {
  readonly outcome: Outcome<NewOrder>;
  readonly token: CustomerToken;
}

/** The merchant's token. To charge one of another merchant is another refusal than to read it. */
export function ownToken(token: CustomerToken | undefined, { merchant }: Context): Outcome<CustomerToken> {
  if (!token) {
    return refuse('customer_token_unknown', {
      message: 'There is no customer token with this id.',
      change: 'Use the token_id from the answer that made it.',
    });
  }
  if (token.merchant_id === merchant.merchant_id) return accept(token);
  return refuse('customer_token_foreign', {
    message: 'The customer token belongs to another merchant.',
    change: 'Charge it with the credentials that made it.',
  });
}

/** Charges the merchant's token: an order, or why not. */
export function charge(token: CustomerToken, request: TokenOrder, context: Context): Charge {
  const refused = refuseInactive(context) ?? refuseStatus(token) ?? refuseSums(token, request);
  if (refused) return { outcome: refused, token };
  const decided = decide(token, request, context);
  if (!decided.ok) return failed(token, decided, request, context);
  return { outcome: accept(orderOf(token, request, decided.value, context)), token };
}

function refuseStatus({ status }: CustomerToken): Refused | undefined {
  if (tokenStep('charge', status)) return undefined;
  return status === 'SUSPENDED'
    ? refuse('customer_token_suspended', {
        message: 'Klarna has suspended the customer token.',
        change: 'Read the token before the next charge; Klarna may activate it again (here: the control API).',
      })
    : refuse('customer_token_cancelled', {
        message: `The customer token is ${status}, which is for good.`,
        change: 'Let the shopper authorize again and make a new token.',
      });
}

function refuseSums({ purchase_country }: CustomerToken, request: TokenOrder): Refused | undefined {
  const faults = chargeFaults({ ...request, purchase_country });
  return faults.length > 0 ? refuse('bad_purchase', faults) : undefined;
}

/** The order's review, if it gets one; or the refusal of the method. */
function decide(
  token: CustomerToken,
  request: TokenOrder,
  context: Context,
): Outcome<{ readonly review: Review | undefined }> {
  if (request.purchase_currency !== token.purchase_currency) {
    return notCharged('charge_method_unavailable', token, {
      field: 'purchase_currency',
      expected: token.purchase_currency,
      got: request.purchase_currency,
      message: `The customer token was made for ${token.purchase_currency}.`,
      change: `Charge in ${token.purchase_currency}, or make a token of the other currency.`,
    });
  }
  const broken = brokenInstrument(token, context);
  if (broken) return notCharged('charge_failed', token, { message: broken, change: RECOVER });
  const { email } = token.billing_address;
  const person = testPerson(email, token.purchase_country);
  if (person?.outcome === 'refuse') {
    const message = `The test person ${email} is always declined.`;
    return notCharged('charge_failed', token, { message, change: RECOVER });
  }
  if (person) return accept({ review: person.review });
  return decideByRule(token, request, context);
}

function decideByRule(
  token: CustomerToken,
  request: TokenOrder,
  { merchant }: Context,
): Outcome<{ readonly review: Review | undefined }> {
  const question: RiskQuestion = {
    country: token.purchase_country,
    currency: request.purchase_currency,
    category: token.category,
    amount: request.order_amount,
  };
  const rule = decidingRule(merchant.risk_rules, 'charge', question);
  if (rule?.decision === 'refuse') {
    const reason = rule.code === 'UNAVAILABLE_PAYMENT_METHOD' ? 'charge_method_unavailable' : 'charge_failed';
    return notCharged(reason, token, { message: `Refused by the merchant's ${ruleInWords(rule)}.`, change: RECOVER });
  }
  return accept({ review: rule && { decision: 'accept', decide_after_ms: WINDOWS.review_ms } });
}

const RECOVER =
  'Charge with step_up SUPPORTED and let the shopper choose another method in a session with the step_up_id.';

function notCharged(reason: Reason, { payment_method: { type } }: CustomerToken, explanation: Explanation): Refused {
  return refuse(reason, explanation, { type });
}

/** Why the shopper's instrument cannot be charged: it was broken, or it is a card past its last day. */
function brokenInstrument({ instrument }: CustomerToken, { now_ms }: Context): string | undefined {
  if (instrument.broken) return 'The shopper’s instrument does not work (the control API says so).';
  const { expiry_date } = instrument.card ?? {};
  if (expiry_date === undefined) return undefined;
  const [month = 0, year = 0] = expiry_date.split('/').map(Number);
  return now_ms < Date.UTC(year, month, 1) ? undefined : `The shopper’s card was good until the end of ${expiry_date}.`;
}

/** A merchant that can lead the shopper through it gets an id under which the charge can be recovered. */
function failed(token: CustomerToken, refused: Refused, { step_up }: TokenOrder, context: Context): Charge {
  if (step_up !== 'SUPPORTED') return { outcome: refused, token };
  const step_up_id = context.id();
  const made = { step_up_id, expires_at_ms: context.now_ms + WINDOWS.step_up_ms };
  const { reason, explanations, facts } = refused.refusal;
  return {
    outcome: refuse(reason, explanations, { ...facts, step_up_id }),
    token: { ...token, step_ups: [...openStepUps(token, context), made].slice(-STEP_UPS_MOST) },
  };
}

/** An order as any other; what the request does not say is the token's. */
function orderOf(
  token: CustomerToken,
  request: TokenOrder,
  { review }: { readonly review: Review | undefined },
  context: Context,
): NewOrder {
  const { token_id, merchant_id, session_id, purchase_country, payment_method, billing_address, customer } = token;
  const { notification } = token.merchant_urls;
  const purchase = { ...request, purchase_country };
  const details = {
    ...purchase,
    locale: token.locale,
    billing_address,
    ...(customer && { customer }),
    merchant_urls: { ...(notification && { notification }) },
  };
  const made = makeOrder({ merchant_id, session_id, payment_method, details, review }, purchase, context);
  return { ...made, order: { ...made.order, customer_token_id: token_id } };
}
