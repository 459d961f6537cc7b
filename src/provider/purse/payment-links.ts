/**
 * v2's payment links: an address that the merchant sends to the shopper by whatever way. It leads to the hosted page; a try that fails
 * leaves the link OPENED, and one payment that is authorized makes it PAID for good.
 */
import type * as wire from '../../wire/purse-v2.ts';
import { clientSession } from '../../wire/purse-v2.ts';
import type { Context } from '../engine/state.ts';
import { keyPuts, underKey } from './keys.ts';
import { type Call, type Handler, INFERRED, notFound, type Operation, ok, operationsOf } from './operation.ts';
import { backToShop, onToKlarna } from './pages.ts';
import type { Came, Steps } from './payments.ts';
import { linkPut, readLink, readSession } from './records.ts';
import { newSession } from './sessions.ts';
import { LIMITS, type PurseLink, type PursePayment, type PurseSession, type Wanted } from './state.ts';
import { refuseClosed, transactionsOf } from './v1.ts';
import { wantedOf } from './v2.ts';
import { type LinkStatus, linkStatus, linkView } from './views.ts';

function newLink(wanted: Wanted, { id, merchant, now_ms }: Context): PurseLink {
  const { merchant_id } = merchant;
  return { link_id: id(), merchant_id, created_at_ms: now_ms, expires_at_ms: now_ms + LIMITS.link_ms, wanted };
}

const createHandler: Handler = function* (call) {
  const wanted = wantedOf(call.body as wire.ClientSession, call);
  if ('status' in wanted) return wanted;
  const { earlier, made_under } = yield* underKey(call);
  if (earlier) return earlier;
  const link = newLink({ ...wanted, ...made_under }, call.desk.context);
  const put = [
    linkPut(link, true),
    ...keyPuts({ ...made_under, merchant_id: link.merchant_id }, { resource_id: link.link_id }),
  ];
  return { ...ok(shown(link, 'OPENED', undefined, call), { subject: link.link_id, put }), status: 201 };
};

const readHandler: Handler = function* (call) {
  const link = yield* myLink(call);
  if (!link) return UNKNOWN_LINK;
  const { status, payment, put, callbacks } = yield* standing(link, call);
  return ok(shown(link, status, payment, call), { subject: payment?.order_id ?? link.link_id, put, callbacks });
};

/** The shopper opens the link: on to Klarna's page while the link can be paid, else back to the shop. */
const openHandler: Handler = function* (call) {
  const link = yield* myLink(call);
  if (!link) return UNKNOWN_LINK;
  const { status, session } = yield* standing(link, call);
  const { context } = call.desk;
  if (status !== 'OPENED') return yield* backToShop(session ?? untried(link, context), call);
  if (session && !(yield* refuseClosed(session, call))) return yield* onToKlarna(session, call);
  const { link_id, created_at_ms, expires_at_ms } = link;
  const next = newSession({ ...link.wanted, link: { link_id, created_at_ms, expires_at_ms } }, context);
  const reply = yield* onToKlarna(next, call);
  if (reply.problem) return reply;
  return { ...reply, put: [...(reply.put ?? []), linkPut({ ...link, session_id: next.session_id })] };
};

/** The session of a link that ran out before anybody opened it, for the data that the shop is told. */
function untried({ link_id, expires_at_ms, wanted }: PurseLink, context: Context): PurseSession {
  return { ...newSession(wanted, context), session_id: link_id, expires_at_ms };
}

interface Standing extends Pick<Came, 'put' | 'callbacks'> {
  readonly status: LinkStatus;
  /** Of the latest try. */
  readonly session?: PurseSession | undefined;
  readonly payment?: PursePayment | undefined;
}

/** What the latest try has come to. */
function* standing({ session_id, expires_at_ms }: PurseLink, call: Call): Steps<Standing> {
  const session = session_id === undefined ? undefined : yield* readSession(session_id);
  const { payments, put, callbacks } = session ? yield* transactionsOf(session, call) : NO_TRY;
  const payment = payments.find((each) => linkStatus(each) !== 'OPENED') ?? payments.at(-1);
  const isOver = linkStatus(payment) === 'OPENED' && call.desk.context.now_ms >= expires_at_ms;
  return { status: isOver ? 'EXPIRED' : linkStatus(payment), session, payment, put, callbacks };
}
const NO_TRY = { payments: [], put: [], callbacks: [] } as const;

function shown(link: PurseLink, status: LinkStatus, payment: PursePayment | undefined, { desk }: Call): object {
  const { entity_id, order, amount = 0 } = link.wanted;
  const { currency_code: currency = '', reference = '' } = order;
  const { session_id } = link;
  return linkView(
    { ...link, status, entity_id, amount, currency, reference, session_id, payment_id: payment?.payment_id },
    desk.base,
  );
}

function* myLink({ params, desk }: Call): Steps<PurseLink | undefined> {
  const link = yield* readLink(params.link ?? '');
  return link?.merchant_id === desk.context.merchant.merchant_id ? link : undefined;
}

const UNKNOWN_LINK = notFound('payment link', 'Use the id from the answer that created the link.');

const v2 = operationsOf('Payment API v2', '/payment/v2');

export const PAYMENT_LINKS: readonly Operation[] = [
  v2('POST', '/payment-links', 'createPaymentLink', 'client', createHandler, { body: clientSession }),
  v2('GET', '/payment-links/{link}', 'readPaymentLink', 'client', readHandler, INFERRED),
];

/** What the shopper opens. */
export const PAYMENT_LINK_PAGE = operationsOf('Pages')(
  'GET',
  '/entities/{entity}/payment-links/{link}',
  'paymentLink',
  'shopper',
  openHandler,
);
