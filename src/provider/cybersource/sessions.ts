/** Sessions: a payment session of Klarna's, in the mode HOP with a hosted session over it, in the mode inline with a token for the widget. */
import { type Ask, read } from '../../store/store.ts';
import type { CreateSession, UpdateSession } from '../../wire/cybersource.ts';
import type { Fault } from '../../wire/shape.ts';
import { follow } from '../engine/follow.ts';
import { createHosted } from '../engine/hosted.ts';
import { createSession, updateSession } from '../engine/session.ts';
import {
  CATEGORIES,
  type Callback,
  type Category,
  type Context,
  type HostedSession,
  type Session,
} from '../engine/state.ts';
import { pageUrl } from '../hosted-links.ts';
import { hostedPut } from '../klarna/hosted-payment-page.ts';
import { clientToken, sessionPut } from '../klarna/payments.ts';
import { NOT_FOUND } from './errors.ts';
import { addressOf, isHeard } from './events.ts';
import { requestId, SESSION_PLACE } from './ids.ts';
import { type Call, type Handler, json, problemReply, type Reply, refusedReply } from './operation.ts';
import { sessionChanges, sessionOf } from './purchase.ts';
import {
  type CybersourceSession,
  type Failure,
  type FoundSession,
  failedSessionPut,
  findSession,
  newKey,
  newRequest,
  noted,
} from './records.ts';
import { type StatusOf, sessionStatus } from './statuses.ts';
import { sessionView } from './views.ts';

/** The page has to send its shopper somewhere. */
export function togetherInSession(body: unknown): Fault[] {
  const { processingInformation, merchantInformation } = body as CreateSession;
  if (processingInformation.paymentFlowMode !== 'HOP') return [];
  return (['successUrl', 'cancelUrl', 'failureUrl'] as const)
    .filter((name) => merchantInformation?.[name] === undefined)
    .map((name) => ({ path: ['merchantInformation', name], rule: 'missing', expected: 'a URL', got: 'nothing' }));
}

export const createSessionHandler: Handler = function* (call) {
  const body = call.body as CreateSession;
  const flow = body.processingInformation.paymentFlowMode ?? 'inline';
  const key = newKey(call.context);
  const request = newRequest(body.clientReferenceInformation.code, call.context);
  const record: CybersourceSession = { ...request, request_id: requestId(key, SESSION_PLACE), flow };
  const created = createSession(sessionOf(body), call.context, undefined, key);
  if (!created.ok) return refusedReply(created.refusal, (failure) => failedSession(record, failure, call));
  if (created.value.categories.length === 0) return failedSession(record, NOTHING_OFFERED, call);
  const follower = isHeard(call.context.merchant) ? addressOf.session(record) : undefined;
  const session = flow === 'inline' && follower ? { ...created.value, follower } : created.value;
  const asked = hostedRequest(body, session, follower);
  const hosted = flow === 'HOP' ? createHosted(session, asked, call.context) : undefined;
  if (hosted && !hosted.ok) return refusedReply(hosted.refusal, (failure) => failedSession(record, failure, call));
  const made: CybersourceSession = {
    ...record,
    session_id: session.session_id,
    ...(hosted && { hosted_id: hosted.value.hosted_id }),
  };
  const put = [sessionPut(noted(session, made), true), ...(hosted ? [hostedPut(hosted.value, true)] : [])];
  return { ...sessionReply(made, session, hosted?.value, call, put), callbacks: atItsEnd(session) };
};

/** Nothing happens to a session in the widget when its time is over; who subscribed is told all the same. A page has a clock of its own. */
function atItsEnd({ follower, session_id, expires_at_ms }: Session): Callback[] {
  return follower === undefined ? [] : [follow(follower, session_id, expires_at_ms)];
}

const NOTHING_OFFERED: Failure = {
  reason: 'PROCESSOR_DECLINED',
  message: 'Klarna offers no way to pay for this purchase',
  response_code: '30000',
};

function failedSession(record: CybersourceSession, failure: Failure, { context }: Call): Reply {
  const failed = { ...record, failure };
  const view = sessionView(failed, undefined, 'FAILED', {}, context.now_ms);
  return json(201, view, { failure, changes: { put: [failedSessionPut(failed)] } });
}

export const updateSessionHandler: Handler = function* (call) {
  const body = call.body as UpdateSession;
  const found = yield* findSession(call.params.id ?? '');
  if (found?.record.merchant_id !== call.context.merchant.merchant_id)
    return problemReply(NOT_FOUND, [UNKNOWN_SESSION]);
  const { record, session } = found;
  const hosted = record.hosted_id ? yield* read<HostedSession>('hosted', record.hosted_id) : undefined;
  const changes = sessionChanges(
    body,
    body.orderInformation.billTo?.country ?? session?.details.purchase_country ?? '',
  );
  const updated = updateSession(session, changes, call.context);
  const subject = record.session_id ?? '';
  if (!updated.ok)
    return refusedReply(updated.refusal, (failure) => unchangedSession(record, failure, call), { subject });
  const renamed = { ...record, code: body.clientReferenceInformation.code };
  return sessionReply(renamed, updated.value, hosted, call, [sessionPut(noted(updated.value, renamed))]);
};

/** An update that failed leaves the session as it was. */
function unchangedSession(record: CybersourceSession, failure: Failure, { context }: Call): Reply {
  return json(201, sessionView({ ...record, failure }, undefined, 'FAILED', {}, context.now_ms), { failure });
}

const UNKNOWN_SESSION = {
  field: 'id',
  message: 'This merchant has no session with this id.',
  change: 'Use the id from the answer to POST /pts/v2/payment-references. Sessions are kept for seven days.',
};

function sessionReply(
  record: CybersourceSession,
  session: Session,
  hosted: HostedSession | undefined,
  call: Call,
  put: NonNullable<Reply['changes']>['put'] & object,
): Reply {
  const { now_ms } = call.context;
  const state = sessionStatus(session, hosted, now_ms);
  const opened = hosted ? { paymentUrl: pageUrl(call.base, hosted, session) } : { token: clientToken(session, call) };
  // A session of which the page was left a moment ago takes the shopper again: the answers to create and update know no ABANDONED.
  const shown: StatusOf<'session'> = state === 'ABANDONED' ? 'INITIATED' : state;
  const view = sessionView(record, session, shown, opened, now_ms);
  return json(201, view, { subject: session.session_id, changes: { put }, ...(!hosted && { unlogged: true }) });
}

/**
 * The hosted session: where each end sends the shopper, and the method that the shop has chosen already.
 * @param follower whom to tell of what the shopper does
 */
function hostedRequest(body: CreateSession, session: Session, follower: string | undefined) {
  const { successUrl = '', cancelUrl = '', failureUrl = '' } = body.merchantInformation ?? {};
  const { method, subTypeName } = body.paymentInformation.paymentType;
  const asked = [method.type, subTypeName].map((name) =>
    CATEGORIES.find((category) => category === name?.toLowerCase()),
  );
  const chosen = asked.find((category): category is Category => !!category && session.categories.includes(category));
  return {
    merchant_urls: {
      success: withToken(successUrl),
      cancel: cancelUrl,
      back: cancelUrl,
      failure: failureUrl,
      error: failureUrl,
      ...(follower && { status_update: follower }),
    },
    options: chosen ? { payment_method_category: chosen } : {},
  };
}

const PLACEHOLDER = '{{authorization_token}}';

/** The success URL with the token at its end. Cybersource does not name the parameter; this is Klarna's name for it (inferred). */
function withToken(url: string): string {
  if (/(?:\{\{|%7B%7B)authorization_token/i.test(url)) return url;
  const [, before = '', fragment = ''] = /^([^#]*)(#.*)?$/s.exec(url) ?? [];
  const separator = !before.includes('?') ? '?' : /[?&]$/.test(before) ? '' : '&';
  return `${before}${separator}authorization_token=${PLACEHOLDER}${fragment}`;
}

/** The session's status as of now, with the token while it can be used. */
export function* checkSession(
  { record, session }: FoundSession,
  { now_ms }: Context,
): Generator<Ask, { state: StatusOf<'check_session'>; token?: string }, unknown> {
  const hosted = record.hosted_id ? yield* read<HostedSession>('hosted', record.hosted_id) : undefined;
  const state = record.failure ? 'FAILED' : sessionStatus(session, hosted, now_ms);
  const { authorization_token: token, authorization_expires_at_ms = 0 } = session ?? {};
  return { state, ...(token && now_ms < authorization_expires_at_ms && { token }) };
}
