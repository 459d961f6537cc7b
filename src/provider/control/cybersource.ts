/** Keys of Cybersource's API, and what a shopper or Klarna does with a session or a transaction of it, by its 22-digit id. */
import { look, read, readShared, type Work } from '../../store/store.ts';
import { choice, integer, text } from '../../wire/shape.ts';
import { orderChanges } from '../bookkeeping.ts';
import { KEYS_MOST, newSharedSecret, sharedKey } from '../cybersource/keys.ts';
import { makeP12 } from '../cybersource/p12.ts';
import { type CybersourcePayment, type CybersourceSession, findPayment, findSession } from '../cybersource/records.ts';
import { disputeChanges } from '../disputes.ts';
import { acceptLoss } from '../engine/dispute.ts';
import { withDispute } from '../engine/dispute-moves.ts';
import { type Opening, openDispute } from '../engine/dispute-open.ts';
import { type Dispute, isOpen, OLD_REASONS, type OldReason } from '../engine/dispute-state.ts';
import { accept, type Outcome, type Refused, refuse } from '../engine/outcome.ts';
import type { CybersourceKey, Merchant, Order } from '../engine/state.ts';
import { bringUpToDate } from '../engine/time.ts';
import { installationSealer } from '../installation.ts';
import { outboxMessages } from '../outbox.ts';
import type { HostedControl } from './hosted.ts';
import {
  type About,
  type ControlCall,
  type ControlOptions,
  type ControlReply,
  closed,
  ok,
  problem,
  readAs,
  refusedBy,
} from './reply.ts';
import type { ShopperControl } from './shopper.ts';

const keyRequest = closed({
  type: choice(['shared_secret', 'p12']),
  key_id: text({ pattern: /^[\w.-]{1,128}$/, like: 'up to 128 letters, digits, dots, dashes' }),
  shared_secret: text({
    max: 1024,
    pattern: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
    like: 'base64',
  }),
  password: text({ min: 1, max: 255 }),
});

const chargebackRequest = closed({
  reason: choice(Object.keys(OLD_REASONS)),
  amount: integer({ min: 1 }),
});

/** What a shopper does, and the engine's word for it. */
const ACTS = { approve: 'approve', decline: 'decline', abandon: 'back' } as const;

export class CybersourceControl {
  readonly #options: ControlOptions;
  readonly #hosted: HostedControl;
  readonly #shopper: ShopperControl;

  constructor(options: ControlOptions, hosted: HostedControl, shopper: ShopperControl) {
    this.#options = options;
    this.#hosted = hosted;
    this.#shopper = shopper;
  }

  async listKeys({ params }: ControlCall): Promise<ControlReply> {
    const merchant = await this.#options.world.store.get<Merchant>('merchant', params.merchant_id ?? '');
    return merchant ? ok({ keys: keysOf(merchant).map(keyView) }) : unknownMerchant(params.merchant_id);
  }

  /** A new key. Its secret, or its file, is shown once, here. */
  async addKey({ params, body }: ControlCall): Promise<ControlReply> {
    const { value, refused } = readAs(keyRequest, body);
    if (refused) return refused;
    const { type = 'shared_secret', key_id, shared_secret, password } = value;
    if (type === 'p12' ? (key_id ?? shared_secret) : password)
      return problem(
        400,
        'BAD_VALUE',
        'A P12 key takes a password only, a shared secret key_id and shared_secret only',
      );
    const { merchant_id = '' } = params;
    const made = await (type === 'p12' ? this.#newP12(merchant_id, password) : this.#newShared(key_id, shared_secret));
    const outcome = await this.#add(merchant_id, made.key);
    if (outcome === 'unknown') return unknownMerchant(merchant_id);
    if (outcome === 'taken') return problem(409, 'CONFLICT', `The merchant has a key ${made.key.key_id} already`);
    if (outcome === 'full') return problem(409, 'CONFLICT', `A merchant has at most ${KEYS_MOST} keys`);
    return ok({ merchant_id, ...keyView(made.key), ...made.shown }, 201);
  }

  async #newShared(key_id: string | undefined, shared_secret = newSharedSecret()): Promise<NewKey> {
    const { store, id, now } = this.#options.world;
    const key = sharedKey(key_id ?? id(), shared_secret, await installationSealer(store), now());
    return { key, shown: { shared_secret } };
  }

  /** The password is the merchant's id unless told otherwise, as in the samples of the SDKs. */
  async #newP12(merchant_id: string, password = merchant_id): Promise<NewKey> {
    const now_ms = this.#options.world.now();
    const { p12, ...rest } = await makeP12(merchant_id, password, now_ms);
    return { key: { ...rest, type: 'p12', made_at_ms: now_ms }, shown: { p12, password, key_alias: merchant_id } };
  }

  #add(merchant_id: string, key: CybersourceKey): Promise<'made' | 'unknown' | 'taken' | 'full'> {
    return this.#options.world.store.run(function* (): Work<'made' | 'unknown' | 'taken' | 'full'> {
      const merchant = yield* read<Merchant>('merchant', merchant_id);
      if (!merchant) return { answer: 'unknown', changes: {} };
      const keys = keysOf(merchant);
      if (keys.some(({ key_id }) => key_id === key.key_id)) return { answer: 'taken', changes: {} };
      if (keys.length >= KEYS_MOST) return { answer: 'full', changes: {} };
      const state = { ...merchant, cybersource_keys: [...keys, key] };
      return { answer: 'made', changes: { put: [{ kind: 'merchant', id: merchant_id, merchant_id, state }] } };
    });
  }

  async removeKey({ params }: ControlCall): Promise<ControlReply> {
    const { merchant_id = '', key_id = '' } = params;
    const removed = await this.#options.world.store.run(function* (): Work<boolean> {
      const merchant = yield* read<Merchant>('merchant', merchant_id);
      const kept = merchant && keysOf(merchant).filter((key) => key.key_id !== key_id);
      if (!kept || kept.length === keysOf(merchant).length) return { answer: false, changes: {} };
      const state = { ...merchant, cybersource_keys: kept };
      return { answer: true, changes: { put: [{ kind: 'merchant', id: merchant_id, merchant_id, state }] } };
    });
    if (removed) return ok({ removed: key_id });
    return problem(404, 'NOT_FOUND', `Merchant ${merchant_id.slice(0, 64)} has no key ${key_id.slice(0, 128)}`);
  }

  /** What an id stands for: the record, with the ids of Klarna's session, order, capture or refund. */
  async read({ params }: ControlCall): Promise<ControlReply> {
    const found = (await this.#session(params)) ?? (await this.#payment(params));
    return found ? ok(recordView(found)) : unknownId(params.request_id);
  }

  /** The shopper of a session: on the hosted page in the mode HOP, in the widget otherwise. The body is as for `authorize`. */
  async act(act: keyof typeof ACTS, call: ControlCall): Promise<ControlReply> {
    const session = await this.#session(call.params);
    if (!session) return unknownId(call.params.request_id);
    const { hosted_id, session_id } = session;
    if (!session_id) return problem(409, 'CONFLICT', 'Klarna refused this session, so no shopper can be in it');
    const body = { ...(call.body as object), outcome: ACTS[act] };
    if (!hosted_id) return this.#shopper.authorize({ ...call, params: { session_id }, body });
    const on = { ...call, params: { session_id: hosted_id }, body };
    return act === 'abandon' ? this.#hosted.back(on) : this.#hosted.pay(on);
  }

  /** The shopper disputes a capture, or what is given of it, and the merchant loses at once. */
  async chargeBack({ params, body }: ControlCall): Promise<ControlReply> {
    const { value, refused } = readAs(chargebackRequest, body);
    if (refused) return refused;
    const payment = await this.#payment(params);
    if (payment?.type !== 'capture' || !payment.capture_id)
      return problem(404, 'NOT_FOUND', `${(params.request_id ?? '').slice(0, 64)} is not the id of a capture`);
    const { reason = 'goods_not_received', amount } = value;
    const opening = { old_reason: reason as OldReason, capture_id: payment.capture_id, ...(amount && { amount }) };
    const { outcome, about } = await this.#options.world.store.run(() => this.#losing(payment, opening));
    if (!outcome.ok) return refusedBy(outcome.refusal, 'dispute', about);
    this.#options.background.kick(payment.merchant_id);
    const { dispute_id, closed: end } = outcome.value;
    const charged = { dispute_id, status: 'CHARGEBACK', charged_back_amount: end?.chargeback_amount ?? 0 };
    return { ...ok(charged), ...(about && { about }) };
  }

  *#losing(
    { order_id = '', merchant_id }: CybersourcePayment,
    opening: Opening,
  ): Work<{ outcome: Outcome<Dispute>; about?: About }> {
    const { world } = this.#options;
    const stored = yield* read<Order>('order', order_id);
    const merchant = yield* readShared<Merchant>('merchant', merchant_id);
    if (!stored || !merchant) return { answer: { outcome: GONE }, changes: {} };
    const context = { ...world, merchant, now_ms: world.now() + merchant.clock_offset_ms };
    const about: About = { merchant_id, at_ms: context.now_ms, subject: order_id };
    const current = bringUpToDate(stored, context);
    const opened = openDispute(current.order, opening, context);
    // Below the merchant's threshold it is lost already.
    const lost = opened.ok && isOpen(opened.value.dispute) ? acceptLoss(opened.value.dispute, context) : opened;
    if (!opened.ok || !lost.ok)
      return { answer: { outcome: opened.ok ? (lost as Refused) : opened, about }, changes: {} };
    const { dispute } = lost.value;
    const callbacks = [...current.callbacks, ...opened.value.callbacks, ...lost.value.callbacks];
    const { order } = opened.value;
    const put = [
      ...disputeChanges(undefined, dispute, order, context),
      ...orderChanges(stored, withDispute(order, dispute), context),
    ];
    const outbox = outboxMessages(callbacks, merchant_id, world);
    return { answer: { outcome: accept(dispute), about }, changes: { put, outbox } };
  }

  async #session({ request_id = '' }: ControlCall['params']): Promise<CybersourceSession | undefined> {
    return (await look(this.#options.world.store, findSession(request_id)))?.record;
  }

  async #payment({ request_id = '' }: ControlCall['params']): Promise<CybersourcePayment | undefined> {
    return (await look(this.#options.world.store, findPayment(request_id)))?.record;
  }
}

const GONE = refuse('order_unknown', { message: 'The capture’s order is gone.', change: 'Make another purchase.' });

interface NewKey {
  readonly key: CybersourceKey;
  /** What is shown once. */
  readonly shown: object;
}

const keysOf = ({ cybersource_keys = [] }: Merchant) => cybersource_keys;

/** A key without what signs with it. */
function keyView({ key_id, type, made_at_ms }: CybersourceKey): object {
  return { key_id, type, made_at: new Date(made_at_ms).toISOString() };
}

function recordView({ made_at_ms, ...record }: CybersourceSession | CybersourcePayment): object {
  return { ...record, made_at: new Date(made_at_ms).toISOString() };
}

function unknownMerchant(merchant_id = ''): ControlReply {
  return problem(
    404,
    'NOT_FOUND',
    `There is no merchant ${merchant_id.slice(0, 64)}; GET /control/merchants lists them`,
  );
}

function unknownId(id = ''): ControlReply {
  return problem(404, 'NOT_FOUND', `No session or transaction of Cybersource’s API has the id ${id.slice(0, 64)}`);
}
