/** The Hosted Payment Page v1: its calls in terms of the engine's commands, and the engine's outcomes in its words. */
import { type Ask, type Put, read } from '../../store/store.ts';
import { type Distribution, distribution, type HostedCreate, hostedCreate } from '../../wire/hosted-payment-page.ts';
import { delivered, distribute } from '../engine/distribute.ts';
import { createHosted, disableHosted, hostedView, hostedWakeAt, isInStore, readableHosted } from '../engine/hosted.ts';
import { accept, type Outcome, refuse } from '../engine/outcome.ts';
import type { HostedSession, Inbox, Session } from '../engine/state.ts';
import { pageUrl, qrCodeUrl } from '../hosted-links.ts';
import { distributionFaults, paymentsFaults } from './faults.ts';
import { type Call, type Handler, json, type Operation, refusedReply } from './operation.ts';

/** The record that a hosted session is kept in. */
export function hostedPut(hosted: HostedSession, fresh = false): Put {
  return {
    kind: 'hosted',
    id: hosted.hosted_id,
    merchant_id: hosted.merchant_id,
    state: hosted,
    wake_at_ms: hostedWakeAt(hosted),
    fresh,
  };
}

const createHandler: Handler = function* (call) {
  const { payment_session_url, ...request } = call.body as HostedCreate;
  const named = paymentSessionId(payment_session_url, call.base);
  if (!named.ok) return refusedReply(named.refusal, call);
  const session = yield* read<Session>('session', named.value);
  const outcome = createHosted(session, request, call.context);
  if (!outcome.ok) return refusedReply(outcome.refusal, call);
  const hosted = outcome.value;
  const body = createdView(hosted, session as Session, call);
  return json(201, body, { subject: hosted.session_id, changes: { put: [hostedPut(hosted, true)] } });
};

const readHandler: Handler = function* (call) {
  const { hosted, session } = yield* readHosted(call);
  const outcome = readableHosted(hosted, session, call.context);
  if (!outcome.ok) return refusedReply(outcome.refusal, call);
  return json(200, hostedView(outcome.value), { subject: outcome.value.session_id });
};

const disableHandler: Handler = function* (call) {
  const { hosted, session } = yield* readHosted(call);
  const outcome = disableHosted(hosted, session, call.context);
  const subject = hosted?.session_id ?? '';
  if (!outcome.ok) return refusedReply(outcome.refusal, call, { subject });
  return { status: 204, subject, changes: { put: [hostedPut(outcome.value)] } };
};

const distributeHandler: Handler = function* (call) {
  const { hosted, session } = yield* readHosted(call);
  const url = hosted && session ? pageUrl(call.base, hosted, session) : '';
  const outcome = distribute(hosted, session, call.body as Distribution, url, call.context);
  const subject = hosted?.session_id ?? '';
  if (!outcome.ok) return refusedReply(outcome.refusal, call, { subject });
  const { merchant_id } = call.context.merchant;
  const inbox = yield* read<Inbox>('inbox', merchant_id);
  const state = delivered(inbox, outcome.value);
  return { status: 201, subject, changes: { put: [{ kind: 'inbox', id: merchant_id, merchant_id, state }] } };
};

function* readHosted(
  call: Call,
): Generator<Ask, { hosted: HostedSession | undefined; session: Session | undefined }, unknown> {
  const hosted = yield* read<HostedSession>('hosted', (call.params.session_id ?? '').toLowerCase());
  const session = hosted && (yield* read<Session>('session', hosted.session_id));
  return { hosted, session };
}

/** Every link is absolute and leads to the address that the client used. `redirect_url` is for e-commerce. */
function createdView(hosted: HostedSession, session: Session, { base, sign }: Call): object {
  const page = pageUrl(base, hosted, session);
  const session_url = `${base}/hpp/v1/sessions/${hosted.hosted_id}`;
  const qr_code_url = qrCodeUrl(base, hosted, session);
  const unsigned = Buffer.from(JSON.stringify({ session_id: hosted.hosted_id })).toString('base64url');
  return {
    session_id: hosted.hosted_id,
    ...(session.details.acquiring_channel === 'ECOMMERCE' && { redirect_url: page }),
    ...(isInStore(session) && { manual_identification_check_url: `${session_url}/manual-id-check` }),
    session_url,
    qr_code_url,
    distribution_url: `${session_url}/distribution`,
    expires_at: new Date(hosted.expires_at_ms).toISOString(),
    distribution_module: {
      token: `${unsigned}.${sign(unsigned)}`,
      standalone_url: page,
      generation_url: qr_code_url,
    },
  };
}

/** The payment session that a URL names. It must be one of this server's, by whichever of its names. */
function paymentSessionId(url: string, base: string): Outcome<string> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const [, id] = /^\/+payments\/+v1\/+sessions\/+([^/]+)\/*$/.exec(parsed?.pathname ?? '') ?? [];
  if (parsed && id && isSameServer(parsed, new URL(base))) return accept(id.toLowerCase());
  return refuse('bad_hosted_session', {
    field: 'payment_session_url',
    expected: `${base}/payments/v1/sessions/{session_id}`,
    got: url.slice(0, 200),
    message: /\/checkout\/v3\/orders\//.test(url)
      ? 'Hosted sessions over orders of Klarna Checkout are not built.'
      : 'This is not the URL of a payment session on this server.',
    change: 'Send the URL of the payment session as this client would read it.',
  });
}

const OWN_MACHINE = /^(?:localhost|[a-z0-9-]+\.localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal)$/;

/** A machine goes by several names to its own programs. */
function isSameServer(url: URL, base: URL): boolean {
  if (url.host === base.host) return true;
  return url.port === base.port && OWN_MACHINE.test(url.hostname) && OWN_MACHINE.test(base.hostname);
}

const hosted = (
  method: Operation['method'],
  path: string,
  name: string,
  serve: Operation['serve'],
  rate_class: Operation['rate_class'] = 'other',
): Operation => ({ api: 'Hosted Payment Page v1', method, path: `/hpp/v1/sessions${path}`, name, serve, rate_class });

export const HOSTED_PAYMENT_PAGE: readonly Operation[] = [
  hosted(
    'POST',
    '',
    'createHostedSession',
    { built: true, mode: 'write', body: hostedCreate, faults: paymentsFaults, handle: createHandler },
    'create_hosted_session',
  ),
  hosted('GET', '/{session_id}', 'readHostedSession', {
    built: true,
    mode: 'read',
    faults: paymentsFaults,
    handle: readHandler,
  }),
  hosted('DELETE', '/{session_id}', 'disableHostedSession', {
    built: true,
    mode: 'write',
    faults: paymentsFaults,
    handle: disableHandler,
  }),
  hosted('POST', '/{session_id}/distribution', 'distributeHostedSession', {
    built: true,
    mode: 'write',
    body: distribution,
    faults: distributionFaults,
    handle: distributeHandler,
  }),
  hosted('POST', '/{session_id}/manual-id-check', 'checkManualIdentification', {
    built: false,
    reason:
      'Klarna names this address and does not document the call. POST /control/hpp/sessions/{session_id}/identify begins a check, every other step there ends it.',
  }),
];
