/**
 * What the rest of Kvitt tells this face, for those who subscribed to hear of it: a shopper did something, a dispute was lost, an
 * authorization came to nothing. Messages come out of the outbox, so none is lost; each only makes the face look.
 */
import { type Ask, type Put, readShared, type Work } from '../../store/store.ts';
import { orderChanges } from '../bookkeeping.ts';
import type { Dispute } from '../engine/dispute-state.ts';
import type { Callback, Context, Merchant, Order } from '../engine/state.ts';
import { bringUpToDate } from '../engine/time.ts';
import { sessionPut } from '../klarna/payments.ts';
import { outboxMessages } from '../outbox.ts';
import type { World } from '../world.ts';
import { amountDetails } from './check-status.ts';
import { webhookCallbacks } from './events.ts';
import { release } from './held.ts';
import { findPayment, findSession, noted, transactionsOf, withTold } from './records.ts';
import { checkSession } from './sessions.ts';
import { authorizationStatus, type Status } from './statuses.ts';
import { statusView } from './views.ts';

interface FollowerOptions {
  readonly world: World;
  onCallbacks(merchant_id: string): void;
}

const ADDRESS = /^cybersource\/(sessions|payments|disputes|webhooks)\/([^/]+)\/([^/]+)$/;

/** What is to be told, and stored with it. */
type News = Generator<Ask, { readonly put: readonly Put[]; readonly callbacks: readonly Callback[] }, unknown>;
const NOTHING = { put: [], callbacks: [] } as const;

/** A session that is INITIATED has yet to come to something. */
const WORTH_TELLING: readonly Status[] = ['COMPLETED', 'ABANDONED', 'FAILED'];

export class CybersourceFollower {
  readonly #options: FollowerOptions;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** @param address as `addressOf` makes it, without its scheme */
  async follow(address: string): Promise<void> {
    const [, kind, merchant_id = '', id = ''] = ADDRESS.exec(address) ?? [];
    const { world, onCallbacks } = this.#options;
    if (kind === 'webhooks') await release(merchant_id, id, world);
    else if (kind !== undefined)
      await world.store.run(() => unit(merchant_id, (context) => NEWS[kind as keyof typeof NEWS](id, context), world));
    onCallbacks(merchant_id);
  }
}

function* unit(merchant_id: string, news: (context: Context) => News, world: World): Work<void> {
  const merchant = yield* readShared<Merchant>('merchant', merchant_id);
  if (!merchant) return { answer: undefined, changes: {} };
  const { put, callbacks } = yield* news({ ...world, merchant, now_ms: world.now() + merchant.clock_offset_ms });
  return { answer: undefined, changes: { put, outbox: outboxMessages(callbacks, merchant_id, world) } };
}

/** What a session has come to, if that is another status than its subscribers know of. */
function* sessionNews(request_id: string, context: Context): News {
  const found = yield* findSession(request_id);
  if (!found?.session) return NOTHING;
  const { record, session } = found;
  const { state, token } = yield* checkSession(found, context);
  if (state === record.told) return NOTHING;
  const put = [sessionPut(noted(session, { ...record, told: state }))];
  if (!WORTH_TELLING.includes(state)) return { put, callbacks: [] };
  const payload = statusView(request_id, record, state, context.now_ms, { ...(token && { token }) });
  return { put, callbacks: webhookCallbacks(payload, session.session_id, context) };
}

/** An authorization that was rejected after a review, or has expired. */
function* authorizationNews(request_id: string, context: Context): News {
  const { record, order: stored } = (yield* findPayment(request_id)) ?? {};
  const order = stored && bringUpToDate(stored, context).order;
  if (!record || record.told || !order || authorizationStatus(order) !== 'FAILED') return NOTHING;
  const more = { amountDetails: amountDetails(record, order, 'FAILED') };
  const payload = statusView(request_id, record, 'FAILED', context.now_ms, more);
  // What time brought about is left to whoever looks after the order.
  const put = orderChanges(stored, withTold(stored, request_id), context);
  return { put, callbacks: webhookCallbacks(payload, order.order_id, context) };
}

/** Of each capture that a lost dispute was about, and that was made through this API and has a place in its order. */
function* disputeNews(dispute_id: string, context: Context): News {
  const dispute = yield* readShared<Dispute>('dispute', dispute_id);
  const order = dispute && (yield* readShared<Order>('order', dispute.order_id));
  if (!order) return NOTHING;
  const { capture_id } = dispute;
  const about = transactionsOf(order).filter(
    (record) => record.type === 'capture' && (capture_id === undefined || record.capture_id === capture_id),
  );
  const callbacks = about.flatMap((record) => {
    const more = { amountDetails: amountDetails(record, order, 'CHARGEBACK') };
    const payload = statusView(record.request_id, record, 'CHARGEBACK', context.now_ms, more);
    return webhookCallbacks(payload, order.order_id, context);
  });
  return { put: [], callbacks };
}

const NEWS = { sessions: sessionNews, payments: authorizationNews, disputes: disputeNews } as const;
