/** Customer Token v1, and how a token is made in Klarna Payments: the calls as the engine's commands, its outcomes in Klarna's words. */
import { hash } from 'node:crypto';
import type { Ask, Put } from '../../store/store.ts';
import { type TokenOrder, tokenOrder, tokenStatus } from '../../wire/customer-token.ts';
import { type CustomerTokenCreate, customerTokenCreate } from '../../wire/klarna-payments.ts';
import { orderChanges } from '../bookkeeping.ts';
import { charge, ownToken } from '../engine/charge.ts';
import {
  cancelToken,
  createToken,
  type MadeToken,
  type RepeatedToken,
  readableToken,
} from '../engine/customer-token.ts';
import { METHODS } from '../engine/payment-methods.ts';
import type { CustomerToken } from '../engine/state.ts';
import { paymentsFaults } from './faults.ts';
import { keepAnswer, keptReply } from './idempotency.ts';
import {
  type Built,
  type Call,
  type Handler,
  json,
  type Operation,
  type Reply,
  refusedReply,
  type Unit,
} from './operation.ts';
import { authorizationPut, placedView, readAuthorization } from './payments.ts';
import { customerTokenPut, readCustomerToken, readRecovered } from './token-records.ts';

const createHandler: Handler = function* (call) {
  const { authorization, session } = yield* readAuthorization(call);
  const recovered = yield* readRecovered(session);
  const request = call.body as CustomerTokenCreate;
  const digest = hash('sha256', JSON.stringify(request), 'hex');
  const outcome = createToken(authorization, session, request, digest, recovered, call.context);
  const subject = authorization?.session_id ?? '';
  if (!outcome.ok) return refusedReply(outcome.refusal, call, { subject });
  return yield* createdReply(outcome.value, call, subject);
};

function* createdReply(made: MadeToken | RepeatedToken, call: Call, subject: string): Generator<Ask, Reply, unknown> {
  if ('token' in made) {
    const { token, isNew, authorization } = made;
    const put = [customerTokenPut(token, isNew), authorizationPut(authorization)];
    return json(200, createdView(token, call), { subject, changes: { put } });
  }
  const token = yield* readCustomerToken(made.token_id);
  if (!token) throw new Error(`customer token ${made.token_id} of an authorization is gone`);
  return json(200, createdView(token, call), { subject, replayed: true });
}

function createdView(token: CustomerToken, { base }: Call): object {
  const { token_id, billing_address, customer: { date_of_birth, gender } = {} } = token;
  const known = { ...(date_of_birth !== undefined && { date_of_birth }), ...(gender !== undefined && { gender }) };
  return {
    token_id,
    ...(token.merchant_urls.confirmation && { redirect_url: `${base}/redirect/${token_id}` }),
    payment_method_reference: token.payment_method_reference,
    billing_address,
    ...(Object.keys(known).length > 0 && { customer: known }),
  };
}

const readHandler: Handler = function* (call) {
  const outcome = readableToken(yield* readToken(call), call.context);
  if (!outcome.ok) return refusedReply(outcome.refusal, call);
  return json(200, customerTokenView(outcome.value), { subject: outcome.value.token_id });
};

/** A token as its merchant reads it: where it stands, and what is charged, as far as that may be shown. */
function customerTokenView({ status, payment_method, instrument }: CustomerToken): object {
  const { card, direct_debit } = instrument;
  const payment_method_type = METHODS[payment_method.type].om_type;
  return { payment_method_type, status, ...(card && { card }), ...(direct_debit && { direct_debit }) };
}

/** The only status that a merchant can set is CANCELLED. Klarna says that it is being processed; here it is done. */
const cancelHandler: Handler = function* (call) {
  const outcome = cancelToken(yield* readToken(call), call.context);
  if (!outcome.ok) return refusedReply(outcome.refusal, call);
  const token = outcome.value;
  return { status: 202, subject: token.token_id, changes: { put: [customerTokenPut(token)] } };
};

/** One order for each idempotency key. A refusal of the merchant's own token is kept under the key as well. */
const chargeHandler: Handler = function* (call) {
  const found = ownToken(yield* readToken(call), call.context);
  if (!found.ok) return refusedReply(found.refusal, call);
  const before = found.value;
  const subject = before.token_id;
  const kept = keptReply(before, call);
  if (kept) return { ...kept, subject };
  const { outcome, token } = charge(before, call.body as TokenOrder, call.context);
  if (!outcome.ok) {
    const reply = refusedReply(outcome.refusal, call, { subject });
    return { ...reply, changes: { put: changedPut(before, keepAnswer(token, call, reply)) } };
  }
  const { order, callbacks } = outcome.value;
  const reply = json(200, placedView(order, call), { subject: order.order_id, callbacks });
  const put = [...orderChanges(undefined, order, call.context), ...changedPut(before, keepAnswer(token, call, reply))];
  return { ...reply, changes: { put } };
};

/** Most charges change nothing about the token. */
function changedPut(before: CustomerToken, after: CustomerToken): Put[] {
  return before === after ? [] : [customerTokenPut(after)];
}

function* replay(call: Call): Generator<Ask, Reply | undefined, unknown> {
  const found = ownToken(yield* readToken(call), call.context);
  if (!found.ok) return undefined;
  const kept = keptReply(found.value, call);
  return kept && { ...kept, subject: found.value.token_id };
}

function readToken(call: Call): Generator<Ask, CustomerToken | undefined, unknown> {
  return readCustomerToken(call.params.customer_token ?? '');
}

const common = { built: true, faults: paymentsFaults } as const;
const write = (body: Built['body'] & object, handle: Handler): Unit => ({ ...common, mode: 'write', body, handle });

const tokens = (
  method: Operation['method'],
  path: string,
  name: string,
  serve: Built,
  rate_class: Operation['rate_class'] = 'other',
): Operation => ({
  api: 'Customer Token v1',
  method,
  path: `/customer-token/v1/tokens/{customer_token}${path}`,
  name,
  serve,
  rate_class,
});

export const CUSTOMER_TOKENS: readonly Operation[] = [
  {
    api: 'Klarna Payments v1',
    method: 'POST',
    path: '/payments/v1/authorizations/{authorization_token}/customer-token',
    name: 'createCustomerToken',
    serve: write(customerTokenCreate, createHandler),
    rate_class: 'other',
  },
  tokens('GET', '', 'readCustomerToken', { ...common, mode: 'read', handle: readHandler }),
  tokens(
    'POST',
    '/order',
    'createTokenOrder',
    { ...write(tokenOrder, chargeHandler), replay },
    'create_session_for_token',
  ),
  tokens('PATCH', '/status', 'updateCustomerToken', write(tokenStatus, cancelHandler)),
];
