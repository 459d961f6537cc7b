/**
 * Customer tokens: made of an authorization, read, suspended, cancelled, and given another payment method after a charge that
 * failed. Source: generate a customer token, check and cancel a customer token, recover a charge failure.
 */
import type { CustomerTokenCreate } from '../../wire/klarna-payments.ts';
import { liveAuthorization } from './authorize.ts';
import { type TokenMove, tokenStep } from './customer-token-states.ts';
import { accept, type Explanation, type Outcome, type Refused, refuse } from './outcome.ts';
import { METHODS, paymentMethod } from './payment-methods.ts';
import { decidingCountry, marketFaults } from './purchase.ts';
import { decidingRule, ruleInWords } from './risk.ts';
import { readableSession, refuseInactive } from './session.ts';
import { invalidAddressFields } from './shopper-data.ts';
import type { Authorization, Context, CustomerToken, Instrument, Session } from './state.ts';

/** Intents of a session whose authorizations may become a token. */
const TOKENIZING: readonly (string | undefined)[] = ['tokenize', 'buy_and_tokenize', 'buy_and_default_tokenize'];

/** Whether the shopper of a session is asked to be charged again later. */
export function isTokenizing({ intent }: Session['details']): boolean {
  return TOKENIZING.includes(intent);
}

export interface MadeToken {
  readonly token: CustomerToken;
  /** False: a token that was there before has got another method. */
  readonly isNew: boolean;
  readonly authorization: Authorization;
}

/** The same call came before: the token it made. */
export interface RepeatedToken {
  readonly token_id: string;
}

/**
 * Makes a token of an authorization, or finds the one that the same call made before. Whether the authorization has become an order
 * does not matter: with `buy_and_tokenize` it becomes both. In a session that recovers a failed charge, the token is the one that
 * is recovered.
 * @param digest of the body, the same for the same body
 * @param recovered the token that the session recovers, if it does
 */
export function createToken(
  authorization: Authorization | undefined,
  session: Session | undefined,
  request: CustomerTokenCreate,
  digest: string,
  recovered: CustomerToken | undefined,
  context: Context,
): Outcome<MadeToken | RepeatedToken> {
  const inactive = refuseInactive(context);
  if (inactive) return inactive;
  const mine = authorization?.merchant_id === context.merchant.merchant_id ? authorization : undefined;
  if (mine?.customer_token_id !== undefined) return repeat(mine, mine.customer_token_id, digest, context);
  // An order that was placed with the authorization does not take the token away.
  const live = liveAuthorization(mine?.status === 'consumed' ? { ...mine, status: 'live' } : mine, context);
  if (!live.ok) return live;
  const readable = readableSession(session, context);
  if (!readable.ok) return readable;
  const refused = refuseToken(live.value, readable.value, request, context);
  if (refused) return refused;
  const made = recovered && relink(recovered, readable.value, live.value, context);
  const token = made ?? newToken(live.value, readable.value, request, context);
  const used = { customer_token_id: token.token_id, customer_token_digest: digest };
  return accept({ token, isNew: made === undefined, authorization: { ...(mine ?? live.value), ...used } });
}

/** The same body gets the same token for as long as the authorization would have lived. */
function repeat(
  authorization: Authorization,
  token_id: string,
  digest: string,
  context: Context,
): Outcome<RepeatedToken> {
  const { customer_token_digest, expires_at_ms } = authorization;
  if (customer_token_digest === digest && context.now_ms < expires_at_ms) return accept({ token_id });
  return refuse('token_consumed', {
    message: `Customer token ${token_id} was made with this authorization token; only the very same call, within its 60 minutes, is answered with it again.`,
    change: 'Use the customer token; for another one the shopper authorizes again.',
  });
}

function refuseToken(
  authorization: Authorization,
  session: Session,
  request: CustomerTokenCreate,
  context: Context,
): Refused | undefined {
  const { intent = 'buy' } = session.details;
  if (!isTokenizing(session.details)) {
    return refuse(
      'intent_without_token',
      {
        field: 'intent',
        got: intent,
        expected: 'tokenize or buy_and_tokenize',
        message: `The session's intent is ${intent}; the shopper was not asked to be charged again.`,
        change: 'Create the session with intent "tokenize" or "buy_and_tokenize" and let the shopper authorize it.',
      },
      { intent },
    );
  }
  const faults = [...marketFaults(inMarket(session, request)), ...addressFaults(session, request)];
  if (faults.length > 0) return refuse('bad_purchase', faults);
  const differing = differences(session, request);
  if (differing.length > 0) return refuse('order_differs_from_session', differing);
  return refuseMethod(authorization, session, context);
}

/** The request with the address that decides about its currency: the shopper's own goes before the one of the request. */
function inMarket({ details }: Session, { billing_address, ...request }: CustomerTokenCreate): CustomerTokenCreate {
  // An address is no fault of a request for another country, which is not what the shopper authorized.
  if (request.purchase_country !== details.purchase_country) return request;
  const deciding = details.billing_address ?? billing_address;
  return { ...request, ...(deciding && { billing_address: deciding }) };
}

function addressFaults(
  { details }: Session,
  { billing_address, purchase_country }: CustomerTokenCreate,
): Explanation[] {
  if (details.billing_address) return [];
  return invalidAddressFields('billing_address', billing_address, purchase_country).map((field) => ({
    field,
    message: `${field} is not valid in the address’s country.`,
    change: `Correct ${field}.`,
  }));
}

function differences({ details }: Session, request: CustomerTokenCreate): Explanation[] {
  const fields = ['purchase_country', 'purchase_currency'] as const;
  return fields
    .filter((field) => request[field] !== details[field])
    .map((field) => ({
      field,
      expected: details[field],
      got: request[field],
      message: `${field} is ${details[field]} in the session and ${request[field]} here.`,
      change: 'Send what the shopper authorized.',
    }));
}

function refuseMethod(
  { category, payment_method: { type } }: Authorization,
  { details }: Session,
  { merchant }: Context,
): Refused | undefined {
  const country = decidingCountry(details);
  const facts = { type, country };
  const change = 'Let the shopper authorize with another payment method.';
  if (METHODS[type].tokenized_as === undefined) {
    return refuse(
      'method_without_token',
      { got: type, message: `${type} cannot be charged again later.`, change },
      facts,
    );
  }
  const question = { country, currency: details.purchase_currency, category, amount: details.order_amount };
  const rule = decidingRule(merchant.risk_rules, 'tokenize', question);
  if (rule?.decision !== 'refuse') return undefined;
  return refuse('method_without_token', { message: `Refused by the merchant's ${ruleInWords(rule)}.`, change }, facts);
}

function newToken(
  authorization: Authorization,
  { session_id, merchant_id, details }: Session,
  request: CustomerTokenCreate,
  context: Context,
): CustomerToken {
  const purchase_country = decidingCountry(details);
  const customer = details.customer ?? request.customer;
  return {
    token_id: context.id(),
    merchant_id,
    session_id,
    created_at_ms: context.now_ms,
    status: 'ACTIVE',
    description: request.description,
    locale: request.locale,
    purchase_country,
    purchase_currency: request.purchase_currency,
    billing_address: { country: purchase_country, ...(details.billing_address ?? request.billing_address) },
    ...(customer && { customer }),
    merchant_urls: details.merchant_urls ?? {},
    ...chosenMethod(authorization, context),
    step_ups: [],
    answers: [],
  };
}

type ChosenMethod = Pick<CustomerToken, 'category' | 'payment_method' | 'payment_method_reference' | 'instrument'>;

/** What charges use from now on. Throws for a method that no token can be made of. */
function chosenMethod({ category, payment_method: { type } }: Authorization, context: Context): ChosenMethod {
  const { tokenized_as } = METHODS[type];
  if (tokenized_as === undefined) throw new Error(`no customer token can be made of ${type}`);
  return {
    category,
    payment_method: paymentMethod(category, tokenized_as),
    payment_method_reference: context.id(),
    instrument: INSTRUMENTS[METHODS[tokenized_as].instrument ?? 'none'](context.now_ms),
  };
}

/** Klarna's test card and account. The card is good until the end of the second year after this one. */
const INSTRUMENTS: Readonly<Record<'card' | 'direct_debit' | 'none', (now_ms: number) => Instrument>> = {
  card: (now_ms) => {
    const expiry_date = `12/${new Date(now_ms).getUTCFullYear() + 2}`;
    return { card: { brand: 'VISA', masked_number: '************1111', expiry_date } };
  },
  direct_debit: () => ({ direct_debit: { masked_number: '**********131' } }),
  none: () => ({}),
};

/** The merchant's token, unless it is unknown or somebody else's. */
export function readableToken(token: CustomerToken | undefined, context: Context): Outcome<CustomerToken> {
  if (token?.merchant_id === context.merchant.merchant_id) return accept(token);
  return refuse('customer_token_unknown', {
    message: 'This merchant has no customer token with this id.',
    change: 'Use the token_id from the answer that made it, with the credentials that made it.',
  });
}

/** The merchant ends the consent. A token that is cancelled stays so. */
export function cancelToken(token: CustomerToken | undefined, context: Context): Outcome<CustomerToken> {
  const mine = readableToken(token, context);
  return mine.ok ? moveToken('cancel', mine.value) : mine;
}

/** Suspends, activates or cancels, as Klarna does. */
export function moveToken(
  move: Extract<TokenMove, 'suspend' | 'activate' | 'cancel'>,
  token: CustomerToken,
): Outcome<CustomerToken> {
  const status = tokenStep(move, token.status);
  if (status) return accept({ ...token, status, ...(status === 'CANCELLED' && { step_ups: [] }) });
  return refuseEnded(`${move} is not possible`);
}

/** Klarna's side: from now on charges fail, or work again. */
export function setInstrument(token: CustomerToken, works: boolean): Outcome<CustomerToken> {
  if (tokenStep('relink', token.status) === undefined) return refuseEnded('Nothing is charged any more');
  const { broken: _mended, ...instrument } = token.instrument;
  return accept({ ...token, instrument: works ? instrument : { ...instrument, broken: true } });
}

function refuseEnded(what: string): Refused {
  return refuse('customer_token_ended', {
    message: `${what}: the customer token is CANCELLED, which is for good.`,
    change: 'Let the shopper authorize again and make a new token.',
  });
}

/**
 * The token with the method that its shopper chose in a session that recovers it; undefined when it stays what it is, because the
 * session is about another token, the method cannot be charged again, or the token was cancelled meanwhile.
 */
export function relink(
  token: CustomerToken,
  session: Session,
  authorization: Authorization,
  context: Context,
): CustomerToken | undefined {
  const status = tokenStep('relink', token.status);
  const chargeable = METHODS[authorization.payment_method.type].tokenized_as !== undefined;
  if (session.recovers !== token.token_id || status === undefined || !chargeable) return undefined;
  return { ...token, status, ...chosenMethod(authorization, context), step_ups: [] };
}
