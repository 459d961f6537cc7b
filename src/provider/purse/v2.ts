/** Purse's Payment API v2: client sessions and payments. The same sessions and payments as v1's, in other words. */
import { read } from '../../store/store.ts';
import type * as v1Wire from '../../wire/purse.ts';
import * as wire from '../../wire/purse-v2.ts';
import { addDuration } from '../control/duration.ts';
import { disableHosted } from '../engine/hosted.ts';
import { createSession } from '../engine/session.ts';
import type { HostedSession, PurseAccount, Session } from '../engine/state.ts';
import { hostedPut } from '../klarna/hosted-payment-page.ts';
import type { Failure } from './failure.ts';
import { keyPuts, type Made, operationKey, replayed, underKey } from './keys.ts';
import { withRoot } from './ledger.ts';
import {
  badField,
  type Call,
  type Handler,
  INFERRED,
  notFound,
  type Operation,
  ok,
  operationsOf,
  problem,
  type Reply,
} from './operation.ts';
import { type Asked, type Came, caughtUp, changesOf, operate, remembered, type Steps } from './payments.ts';
import { klarnaPurchase } from './purchase.ts';
import { sessionPut } from './records.ts';
import { apply, begin, chargeOffSession, newSession, withPayment } from './sessions.ts';
import type { PursePayment, PurseSession, Wanted } from './state.ts';
import { PSP_STATUSES } from './statuses.ts';
import { mySession, UNKNOWN_SESSION } from './v1.ts';
import { clientSessionStatus, iso, KLARNA, operationView, paymentView, returnData } from './views.ts';

type Purchase = wire.ClientSession | wire.Payment | wire.EligibleSolutions;

/** v2's order in v1's words, which are those that the mapping to Klarna is written in. Lines that are not sent are one. */
function orderOf({ amount, currency, order, customer = {}, ...rest }: Purchase): v1Wire.Order {
  const { billing_address = {}, shipments, reference, net_amount, tax_amount } = order;
  const { gender, ...place } = billing_address;
  const { type, company_name, birth_date, locale, email, phone } = customer;
  const lines = shipments?.flatMap(({ item_lines = [] }) => item_lines) ?? [];
  const whole = { name: `Order ${reference}`, price: net_amount, quantity: 1, amount: net_amount };
  const taxed = tax_amount === undefined ? whole : { ...whole, tax_lines: [{ amount: tax_amount }] };
  const redirection = 'shopper_redirection_url' in rest ? rest.shopper_redirection_url : undefined;
  return {
    ...(redirection !== undefined && { redirection }),
    reference,
    amount: Math.max(net_amount, amount),
    currency_code: currency,
    ...(tax_amount !== undefined && { tax_amount }),
    customer: {
      ...(customer.reference !== undefined && { reference: customer.reference }),
      ...(type !== undefined && { type }),
      ...(company_name !== undefined && { company_name }),
      ...((gender ?? customer.gender) !== undefined && { gender_code: gender ?? customer.gender ?? '' }),
      ...(birth_date !== undefined && { birthdate: birth_date }),
      ...(locale !== undefined && { locale_code: locale }),
      billing_address: {
        ...(email !== undefined && { email }),
        ...(phone !== undefined && { phone }),
        ...(customer.first_name !== undefined && { first_name: customer.first_name }),
        ...(customer.last_name !== undefined && { last_name: customer.last_name }),
        ...place,
      },
    },
    shipments:
      lines.length > 0 ? (shipments ?? []).map(shipmentOf) : [{ ...addressOfFirst(shipments), item_lines: [taxed] }],
  };
}

type Shipments = NonNullable<wire.ClientSession['order']['shipments']>;

function shipmentOf({ shipping_address, item_lines = [] }: Shipments[number]): v1Wire.Shipment {
  const { gender: _gender, ...place } = shipping_address ?? {};
  return { ...(shipping_address && { shipping_address: place }), item_lines };
}

function addressOfFirst(shipments: Shipments | undefined): Pick<v1Wire.Shipment, 'shipping_address'> {
  const { gender: _gender, ...place } = shipments?.[0]?.shipping_address ?? {};
  return Object.keys(place).length > 0 ? { shipping_address: place } : {};
}

/** What a session of v2's is made of, or what is wrong with the request for one. */
export function wantedOf(body: wire.ClientSession | wire.Payment, { account, desk }: Call): Wanted | Reply {
  const refused = refusePurchase(body, account.entity_id) ?? refuseFutureUsage(body, account);
  if (refused) return refused;
  const { capture_mode: capture = 'MANUAL', capture_delay, allow_future_usage: future_usage = false, webhook } = body;
  const delay = capture_delay === undefined ? undefined : delayOf(capture_delay, desk.context.now_ms);
  if (delay !== undefined && capture === 'MANUAL') {
    const detail = 'capture_delay goes with capture_mode AUTOMATIC only.';
    return badField('capture_delay', detail, 'Leave capture_delay out, or send capture_mode AUTOMATIC.');
  }
  const integration_mode = 'integration_mode' in body ? body.integration_mode : undefined;
  return {
    generation: 'v2',
    entity_id: account.entity_id,
    order: orderOf(body),
    amount: body.amount,
    capture,
    future_usage,
    ...(integration_mode && { integration_mode }),
    ...(delay !== undefined && { capture_delay_ms: delay }),
    ...(webhook && { hook: webhook.url }),
  };
}

function refuseFutureUsage({ allow_future_usage }: Purchase, { save_token }: PurseAccount): Reply | undefined {
  if (!allow_future_usage || save_token) return undefined;
  const detail = 'allow_future_usage: tokens are switched off for this account.';
  return badField('allow_future_usage', detail, 'Set save_token of the account to true.');
}

function delayOf(duration: string, now_ms: number): number {
  return (addDuration(now_ms, duration) ?? now_ms) - now_ms;
}

function refusePurchase({ entity_id, amount, order, allow_future_usage }: Purchase, mine: string): Reply | undefined {
  if (entity_id.toLowerCase() !== mine.toLowerCase())
    return problem(403, 'forbidden', 'Forbidden', 'The API key belongs to another entity.', 'Send your own entity_id.');
  if (amount === 0 && !allow_future_usage)
    return badField('amount', 'An amount of 0 needs allow_future_usage.', 'Send allow_future_usage true.');
  if (amount <= order.net_amount) return undefined;
  const detail = 'Amount must be less or equal to order net amount minus already paid net amount';
  return badField('amount', detail, `Send at most ${order.net_amount}.`);
}

const createHandler: Handler = function* (call) {
  const wanted = wantedOf(call.body as wire.ClientSession, call);
  if ('status' in wanted) return wanted;
  const made = newSession(wanted, call.desk.context);
  const { session_id, entity_id } = made;
  const { base } = call.desk;
  const data = Buffer.from(JSON.stringify({ session_id, entity_id, api_key: call.account.api_key, base })).toString(
    'base64',
  );
  const body = {
    ...clientSessionView(made, call.desk.context.now_ms),
    widget: { js_url: `${base}/kp/lib/v1/api.js`, data },
    links: { hosted_page: `${base}/entities/${entity_id}/sessions/${session_id}` },
  };
  return { ...ok(body, { subject: session_id, put: [sessionPut(made, true)] }), status: 201 };
};

function clientSessionView(session: PurseSession, now_ms: number): object {
  const { session_id: id, entity_id, amount, order, expires_at_ms, payments } = session;
  return {
    id,
    status: clientSessionStatus(session, now_ms),
    entity_id,
    amount,
    currency: order.currency_code,
    expiration_date: iso(expires_at_ms),
    ...(payments.length > 0 && { payment_id: payments.at(-1) }),
  };
}

const readHandler: Handler = function* (call) {
  const session = yield* mySession(call);
  if (!session) return UNKNOWN_SESSION;
  return ok(clientSessionView(session, call.desk.context.now_ms), { subject: session.session_id });
};

/** The shopper gives up: Klarna's page is withdrawn, and the shopper goes back to the shop. */
const abortHandler: Handler = function* (call) {
  const session = yield* mySession(call);
  if (!session) return UNKNOWN_SESSION;
  const { desk } = call;
  const last = session.payments.at(-1);
  const before = last === undefined ? undefined : yield* read<PursePayment>('purse_payment', last);
  const came = before && (yield* caughtUp(before, desk));
  const isPaid = came?.payment.order_id !== undefined;
  const hosted = session.begun && !isPaid ? yield* read<HostedSession>('hosted', session.begun.hosted_id) : undefined;
  const klarna = hosted && (yield* read<Session>('session', hosted.session_id));
  const withdrawn = hosted && disableHosted(hosted, klarna, desk.context);
  const aborted: PurseSession = isPaid ? session : { ...session, aborted: true };
  const ended = came && !isPaid ? { ...came, payment: withRoot(came.payment, 'DISABLED', desk.context) } : came;
  const changes = ended && changesOf(before, ended, desk);
  const put = [...(changes?.put ?? []), ...(withdrawn?.ok ? [hostedPut(withdrawn.value)] : []), sessionPut(aborted)];
  const body = { session_id: session.session_id, status: isPaid ? 'Submitted' : 'AbortedByCustomer' };
  const headers = [['Location', shopperUrl(aborted, changes?.payment, call.desk)]] as const;
  return {
    ...ok(body, { subject: session.session_id, put, callbacks: changes?.callbacks ?? [] }),
    status: 303,
    headers,
  };
};

/** Where the shopper goes: the shop's address; v2's with what came of it, signed. */
export function shopperUrl(
  session: PurseSession,
  payment: PursePayment | undefined,
  { context, signer }: Call['desk'],
): string {
  const { redirection = '' } = session.order;
  if (session.generation === 'v1' || redirection === '') return redirection;
  const [plain = '', fragment] = redirection.split('#');
  const mark = plain.includes('?') ? '&' : '?';
  const data = signer.jws(returnData(session, payment, context.now_ms));
  return `${plain}${mark}purse-redirection-data=${data}${fragment === undefined ? '' : `#${fragment}`}`;
}

/** Whether Klarna would take the purchase, asked of Klarna without leaving a session behind. */
const eligibleHandler: Handler = function* (call) {
  const body = call.body as wire.EligibleSolutions;
  const { amount, currency } = body;
  const refused = refusePurchase(body, call.account.entity_id);
  if (refused) return refused;
  const purchase = klarnaPurchase({ order: orderOf(body), amount, present: false });
  const asked = purchase.ok ? createSession(purchase.details, call.desk.context) : undefined;
  const isRemembered = !body.allow_future_usage || call.account.save_token;
  const isEligible = asked?.ok === true && asked.value.categories.length > 0 && isRemembered;
  return ok({ amount, currency, eligible_solutions: isEligible ? [KLARNA] : [] });
};

/** Server-to-server: session, INIT and APPLY in one; the answer says where the shopper goes. */
const payHandler: Handler = function* (call) {
  const body = call.body as wire.Payment;
  const wanted = wantedOf(body, call);
  if ('status' in wanted) return wanted;
  const { earlier, made_under } = yield* underKey(call);
  if (earlier) return earlier;
  const session = newSession({ ...wanted, ...made_under }, call.desk.context);
  const [part] = body.split;
  const refused = refuseSplit(body);
  if (refused || !part) return refused ?? UNKNOWN_SESSION;
  const save_token = session.future_usage || (part.save_token === true && call.account.save_token);
  const chosen = { amount: body.amount, save_token };
  if (part.wallet_token !== undefined) return yield* walletPayment(session, part.wallet_token, call);
  const { redirection } = session.order;
  if (redirection === undefined) {
    const detail = 'shopper_redirection_url is missing: the shopper pays on Klarna’s page and has to come back.';
    return badField('shopper_redirection_url', detail, 'Send shopper_redirection_url.');
  }
  const begun = yield* begin(session, chosen, call.desk);
  if (!begun.ok) return refusedPayment(begun.failure, session);
  const applied = yield* apply(begun.session, chosen, undefined, call.desk);
  const changes = changesOf(undefined, applied.came, call.desk);
  const { base } = call.desk;
  const view = {
    ...paymentView(changes.payment, base),
    redirection: { href: begun.session.begun?.url, method: 'GET' },
  };
  const kept = [sessionPut(applied.session, true), ...keyPuts(session, paymentMade(changes.payment))];
  const put = [...begun.put, ...kept, ...changes.put];
  return { ...ok(view, { subject: session.session_id, put, callbacks: changes.callbacks }), status: 201 };
};

/** With a token no shopper is needed: the payment is over at once. */
function* walletPayment(session: PurseSession, wallet_token: string, { desk }: Call): Steps<Reply> {
  const earlier = yield* read<PursePayment>('purse_payment', wallet_token.toLowerCase());
  const mine = earlier?.merchant_id === desk.context.merchant.merchant_id ? earlier : undefined;
  const token_id = mine ? mine.customer_token_id : wallet_token;
  const came = yield* chargeOffSession(session, session.amount, token_id, desk);
  const { payment, put, callbacks } = changesOf(undefined, came, desk);
  const stored = [sessionPut(withPayment(session, payment), true), ...keyPuts(session, paymentMade(payment))];
  const [{ psp_status }] = payment.transactions;
  const failed = PSP_STATUSES[psp_status].state === 'ERROR';
  const why = { ...(failed && { psp_status }), explanations: came.explanations };
  const subject = payment.order_id ?? session.session_id;
  return {
    ...ok(paymentView(payment, desk.base), { subject, put: [...put, ...stored], callbacks, ...why }),
    status: 201,
  };
}

const paymentMade = ({ payment_id }: PursePayment): Made => ({
  resource_id: payment_id,
  payment_id,
  operation_id: payment_id,
});

function refuseSplit({ split, amount }: wire.Payment): Reply | undefined {
  const [part] = split;
  if (split.length !== 1 || part?.partner !== KLARNA.partner || part.method !== KLARNA.method) {
    const detail = `Here a payment has one part, ${KLARNA.partner}/${KLARNA.method}.`;
    return badField('split/0/partner', detail, 'Send one split item, for klarna/installments.');
  }
  if (part.amount === undefined || part.amount === amount) return undefined;
  return badField('split/0/amount', `The parts add up to ${part.amount}, not to ${amount}.`, 'Let the parts add up.');
}

export function refusedPayment({ psp_status, description, explanations }: Failure, session: PurseSession): Reply {
  const reply = badField('', description, 'See the explanations in the log.', session.session_id);
  const { errors: _field, ...rest } = reply.problem ?? { status: 400, type: '', title: '', detail: '' };
  const problem_ = { ...rest, more: { partner_status: psp_status, ...KLARNA } };
  return { ...reply, problem: problem_, psp_status, explanations };
}

const readPaymentHandler: Handler = function* (call) {
  const before = yield* myPayment(call);
  if (!before) return UNKNOWN_PAYMENT;
  const { payment, put, callbacks } = changesOf(before, yield* caughtUp(before, call.desk), call.desk);
  const subject = payment.order_id ?? payment.session_id;
  return ok(paymentView(payment, call.desk.base), { subject, put, callbacks });
};

function operationHandler(action: Asked['action']): Handler {
  return function* (call) {
    const before = yield* myPayment(call);
    if (!before) return UNKNOWN_PAYMENT;
    const key = operationKey(call, action);
    const earlier = before.answered.find((each) => each.key === key);
    if (earlier)
      return replayed(
        { ...paymentMade(before), operation_id: earlier.operation_id },
        before.order_id ?? before.session_id,
      );
    const { amount } = call.body as wire.Operation;
    // v2 names no capture to refund: Klarna chooses.
    const asked = { action, amount, ...(action !== 'REFUND' && { parent: before.payment_id }) };
    const operated = yield* operate(before, asked, call.desk);
    return answered(before, operated, key, call);
  };
}

function answered(
  before: PursePayment,
  operated: Came & { readonly transaction?: PursePayment['transactions'][number] },
  key: string | undefined,
  { desk }: Call,
): Reply {
  const { transaction } = operated;
  const kept =
    key !== undefined && transaction
      ? { ...operated, payment: remembered(operated.payment, { key, operation_id: transaction.id }) }
      : operated;
  const { payment, put, callbacks } = changesOf(before, kept, desk);
  const subject = payment.order_id ?? payment.session_id;
  if (!transaction) return { ...NOTHING_LEFT, subject, put, callbacks };
  const { psp_status } = transaction;
  const failed = PSP_STATUSES[psp_status].state === 'ERROR';
  const why = failed && { psp_status, explanations: operated.explanations };
  const body = { ...operationView(transaction), payment_id: payment.payment_id };
  return { ...ok(body, { subject, put, callbacks, ...why }), status: 201 };
}

const NOTHING_LEFT = problem(
  409,
  'conflict',
  'Conflict',
  'Nothing of the authorization is left: it was voided before, or the payment has too many operations.',
  'Read the payment.',
);

function* myPayment({ params, desk }: Call): Steps<PursePayment | undefined> {
  const payment = yield* read<PursePayment>('purse_payment', (params.payment ?? '').toLowerCase());
  return payment?.merchant_id === desk.context.merchant.merchant_id ? payment : undefined;
}

const UNKNOWN_PAYMENT = notFound('payment', 'Use the id from the answer that created the payment.');

const v2 = operationsOf('Payment API v2', '/payment/v2');

export const V2: readonly Operation[] = [
  v2('POST', '/client-sessions', 'createClientSession', 'client', createHandler, { body: wire.clientSession }),
  v2('GET', '/client-sessions/{session}', 'readClientSession', 'client', readHandler, INFERRED),
  v2('POST', '/client-sessions/{session}/abort', 'abortClientSession', 'browser', abortHandler),
  v2('POST', '/eligible-solutions', 'eligibleSolutions', 'client', eligibleHandler, { body: wire.eligibleSolutions }),
  v2('POST', '/payments', 'createPayment', 'client', payHandler, { body: wire.payment }),
  v2('GET', '/payments/{payment}', 'readPayment', 'client', readPaymentHandler),
  v2('POST', '/payments/{payment}/captures', 'createCapture', 'client', operationHandler('CAPTURE'), {
    body: wire.operation,
  }),
  v2('POST', '/payments/{payment}/refunds', 'createRefund', 'client', operationHandler('REFUND'), {
    body: wire.operation,
    ...INFERRED,
  }),
  v2('POST', '/payments/{payment}/voids', 'createVoid', 'client', operationHandler('VOID'), {
    body: wire.operation,
    ...INFERRED,
  }),
  { api: 'Payment API v2', method: 'GET', path: '/payment/v2/signing-jwks', name: 'signingKeys', access: 'public' },
];
