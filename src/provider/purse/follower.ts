/**
 * What the rest of Kvitt tells this face: a shopper did something on Klarna's page, an order was changed through another face, a
 * payment is due to be captured. Messages come out of the outbox, so none is lost; each only makes the face look again.
 */
import { readShared, type Work } from '../../store/store.ts';
import type { Context, Merchant } from '../engine/state.ts';
import { outboxMessages } from '../outbox.ts';
import type { World } from '../world.ts';
import { type Came, caughtUp, changesOf, type Desk, operate, type Steps } from './payments.ts';
import { readPaymentOf } from './records.ts';
import type { Signer } from './signing.ts';
import type { PursePayment, PurseSession } from './state.ts';

interface FollowerOptions {
  readonly world: World;
  readonly signer: () => Promise<Signer>;
  /** Links in notifications lead here. */
  readonly base: () => string;
  onCallbacks(merchant_id: string): void;
}

const ADDRESS = /^purse\/(sessions|payments)\/([0-9a-f-]{36})(\/capture)?$/;

export class PurseFollower {
  readonly #options: FollowerOptions;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** @param address as `addressOf` makes it, without its scheme */
  async follow(address: string): Promise<void> {
    const [, kind, id = '', capture] = ADDRESS.exec(address) ?? [];
    if (kind === 'payments') return this.#look(id, capture !== undefined);
    if (kind !== 'sessions') return;
    const session = await this.#options.world.store.get<PurseSession>('purse_session', id);
    for (const payment_id of session?.payments ?? []) await this.#look(payment_id, false);
  }

  async #look(payment_id: string, isDue: boolean): Promise<void> {
    const { world, onCallbacks } = this.#options;
    const signer = await this.#options.signer();
    const told = await world.store.run(() => this.#unit(payment_id, isDue, signer));
    if (told !== undefined) onCallbacks(told);
  }

  /** Answers with the merchant for whom there is something to deliver. */
  *#unit(payment_id: string, isDue: boolean, signer: Signer): Work<string | undefined> {
    const before = yield* readPaymentOf(payment_id);
    const merchant = before && (yield* readShared<Merchant>('merchant', before.merchant_id));
    if (!before || !merchant) return { answer: undefined, changes: {} };
    const { world, base } = this.#options;
    const context: Context = { ...world, merchant, now_ms: world.now() + merchant.clock_offset_ms };
    const desk: Desk = { context, signer, base: base() };
    const came = isDue ? yield* captured(before, desk) : yield* caughtUp(before, desk);
    const { put, callbacks } = changesOf(before, came, desk);
    const outbox = outboxMessages(callbacks, merchant.merchant_id, world);
    return { answer: outbox.length > 0 ? merchant.merchant_id : undefined, changes: { put, outbox } };
  }
}

/** All that can still be captured; the merchant may have captured or voided it before it was due. */
function* captured(before: PursePayment, desk: Desk): Steps<Came> {
  const came = yield* caughtUp(before, desk);
  const isOpen = came.order?.status === 'AUTHORIZED' || came.order?.status === 'PART_CAPTURED';
  if (!isOpen) return came;
  return yield* operate(before, { action: 'CAPTURE', parent: before.payment_id, amount: undefined }, desk);
}
