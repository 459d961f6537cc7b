/** Orders from Klarna's side of the counter: decide a review, close, and look without credentials. */
import { read, readShared, type Work } from '../../store/store.ts';
import { UUID } from '../../wire/common.ts';
import { choice, required } from '../../wire/shape.ts';
import { orderChanges } from '../bookkeeping.ts';
import { tellFollower } from '../engine/follow.ts';
import { close } from '../engine/order.ts';
import { accept, type Outcome, refuse } from '../engine/outcome.ts';
import { type Context, chargedBackAmount, type Merchant, type Order } from '../engine/state.ts';
import { orderCodes } from '../engine/statuses.ts';
import { bringUpToDate, decideReview, type UpToDate } from '../engine/time.ts';
import { orderView } from '../klarna/order-view.ts';
import { outboxMessages } from '../outbox.ts';
import type { MerchantControl } from './merchants.ts';
import {
  type About,
  type Came,
  type ControlCall,
  type ControlOptions,
  type ControlReply,
  closed,
  limitOf,
  ok,
  problem,
  readAs,
  refusedBy,
} from './reply.ts';

const decisionRequest = closed({ decision: required(choice(['accept', 'reject'])) });

type Command = (order: Order, context: Context) => Outcome<UpToDate>;

export class OrderControl {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  async list(call: ControlCall, merchants: MerchantControl): Promise<ControlReply> {
    const { merchant, refused } = await merchants.addressed(call);
    if (refused) return refused;
    const limit = limitOf(call, 100);
    const after = (call.request.query.get('after') ?? '').toLowerCase();
    if (after !== '' && !UUID.test(after))
      return problem(400, 'BAD_VALUE', 'Bad value: after is the order_id of the last order of the page before');
    const found = await this.#options.world.store.list<Order>('order', {
      merchant_id: merchant.merchant_id,
      after,
      limit,
    });
    return ok({ orders: found.map((order) => view(this.#upToDate(order, merchant).order)) });
  }

  /** An order as Order Management shows it, with the catalogue's codes. */
  async read({ params }: ControlCall): Promise<ControlReply> {
    const { store } = this.#options.world;
    const order = await store.get<Order>('order', (params.order_id ?? '').toLowerCase());
    const merchant = order && (await store.get<Merchant>('merchant', order.merchant_id));
    if (!order || !merchant) return refusedBy(unknownOrder(params.order_id).refusal, 'readOrder');
    return ok(view(this.#upToDate(order, merchant).order));
  }

  async decide(call: ControlCall): Promise<ControlReply> {
    const { value, refused } = readAs(decisionRequest, call.body);
    if (refused) return refused;
    return this.#command(call, 'decide', (order, context) => {
      if (order.fraud_status === 'PENDING' && order.review) return accept(decideReview(order, value.decision, context));
      return refuse('decision_not_allowed', {
        message: `The order's fraud_status is ${order.fraud_status} and its status ${order.status}.`,
        change: 'Make a pending order: authorize with {"outcome":"review"}.',
      });
    });
  }

  close(call: ControlCall): Promise<ControlReply> {
    return this.#command(call, 'close', (order) => {
      const outcome = close(order);
      return outcome.ok ? accept({ order: outcome.value, callbacks: [] }) : outcome;
    });
  }

  async #command({ params }: ControlCall, operation: string, command: Command): Promise<ControlReply> {
    const order_id = params.order_id ?? '';
    const { outcome, about } = await this.#options.world.store.run(() => this.#unit(order_id, command));
    if (!outcome.ok) return refusedBy(outcome.refusal, operation, about);
    const { order } = outcome.value;
    this.#options.background.kick(order.merchant_id);
    return { ...ok(view(order)), ...(about && { about }) };
  }

  *#unit(order_id: string, command: Command): Work<Came<UpToDate>> {
    const order = yield* read<Order>('order', order_id.toLowerCase());
    const merchant = order && (yield* readShared<Merchant>('merchant', order.merchant_id));
    if (!order || !merchant) return { answer: { outcome: unknownOrder(order_id) }, changes: {} };
    const context = this.#context(merchant);
    const about: About = { merchant_id: order.merchant_id, at_ms: context.now_ms, subject: order.order_id };
    const current = bringUpToDate(order, context);
    const outcome = command(current.order, context);
    if (!outcome.ok) return { answer: { outcome, about }, changes: {} };
    const told = tellFollower(current.order, outcome.value.order, context);
    const callbacks = [...current.callbacks, ...outcome.value.callbacks, ...told];
    const outbox = outboxMessages(callbacks, merchant.merchant_id, this.#options.world);
    const put = orderChanges(order, outcome.value.order, context);
    return { answer: { outcome, about }, changes: { put, outbox } };
  }

  #context(merchant: Merchant): Context {
    const { world } = this.#options;
    return { ...world, merchant, now_ms: world.now() + merchant.clock_offset_ms };
  }

  #upToDate(order: Order, merchant: Merchant): UpToDate {
    return bringUpToDate(order, this.#context(merchant));
  }
}

function view(order: Order): object {
  return {
    ...orderView(order),
    merchant_id: order.merchant_id,
    session_id: order.session_id,
    customer_token_id: order.customer_token_id,
    acknowledged: order.acknowledged,
    ...(order.disputes && { disputes: order.disputes, charged_back_amount: chargedBackAmount(order) }),
    codes: orderCodes(order),
  };
}

function unknownOrder(order_id: string | undefined) {
  const explanation = {
    message: 'There is no order with this id.',
    change: 'Use the order_id from the answer to the create-order call.',
  };
  return refuse('order_unknown', explanation, { order_id: (order_id ?? '').slice(0, 80) });
}
