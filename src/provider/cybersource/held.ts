/**
 * Calls to a subscriber who is not active: kept, and sent when the subscription is active again. A subscription is suspended when all
 * repeats of a call have failed and its retry policy says so. Source: models of the official SDK (`deactivateFlag`). How long a call is
 * kept is our own choice.
 */
import { type OutboxMessage, type Put, read, type Work } from '../../store/store.ts';
import { type Context, type CybersourceWebhook, DAY_MS, type Merchant } from '../engine/state.ts';
import { outboxMessage, outboxMessages, type Queued } from '../outbox.ts';
import type { World } from '../world.ts';
import { healthCheck, webhooksOf } from './events.ts';

/** A call that waits for its subscriber. */
interface Held {
  readonly held_id: string;
  readonly message: OutboxMessage;
  readonly kept_until_ms: number;
}

const KEPT_MS = 7 * DAY_MS;
/** Calls that are sent on together. */
const RELEASED_AT_ONCE = 100;

/** Keeps a call for later when its subscription is not active; whether it did. */
export function withhold(message: OutboxMessage, { store }: World): Promise<boolean> {
  return store.run(function* (): Work<boolean> {
    const { webhook } = yield* subscriptionOf(message);
    if (!webhook?.status) return { answer: false, changes: {} };
    return { answer: true, changes: { put: [heldPut(message, webhook)] } };
  });
}

/** The last repeat of a call has failed. Where the policy says so, the subscription is suspended, and the call kept. */
export function suspend(message: OutboxMessage, world: World): Promise<void> {
  return world.store.run(function* (): Work<void> {
    const { merchant, webhook } = yield* subscriptionOf(message);
    if (!merchant || !webhook?.retry?.deactivateFlag) return { answer: undefined, changes: {} };
    const put = [heldPut(message, webhook)];
    if (webhook.status) return { answer: undefined, changes: { put } };
    const suspended = withWebhook(merchant, { ...webhook, status: 'SUSPENDED' });
    const outbox = outboxMessages(healthCheck(webhook, message.due_at_ms), message.merchant_id, world);
    return { answer: undefined, changes: { put: [...put, suspended], outbox } };
  });
}

/** The subscriber is back: the subscription is active again. What was kept is sent by whoever follows, see `release`. */
export function resume(message: OutboxMessage, { store }: World): Promise<void> {
  return store.run(function* (): Work<void> {
    const { merchant, webhook } = yield* subscriptionOf(message);
    if (!merchant || webhook?.status !== 'SUSPENDED') return { answer: undefined, changes: {} };
    const { status: _suspended, ...active } = webhook;
    return { answer: undefined, changes: { put: [withWebhook(merchant, active)] } };
  });
}

/** Sends what was kept for a subscription that is active again, and forgets what was kept for one that is gone. */
export async function release(merchant_id: string, webhook_id: string, world: World): Promise<void> {
  for (;;) {
    const range = { merchant_id, after: `${webhook_id}/`, before: `${webhook_id}0`, limit: RELEASED_AT_ONCE };
    const held = await world.store.list<Held>('cybersource_held', range);
    if (held.length === 0) return;
    const isDone = await world.store.run(() => released(held, merchant_id, webhook_id, world));
    if (!isDone) return;
  }
}

function* released(listed: readonly Held[], merchant_id: string, webhook_id: string, world: World): Work<boolean> {
  const merchant = yield* read<Merchant>('merchant', merchant_id);
  const webhook = merchant && webhooksOf(merchant).find((each) => each.webhook_id === webhook_id);
  if (webhook?.status) return { answer: false, changes: {} };
  const now_ms = world.now() + (merchant?.clock_offset_ms ?? 0);
  const outbox: OutboxMessage[] = [];
  for (const { held_id } of listed) {
    // Another process may have sent it on.
    const held = yield* read<Held>('cybersource_held', held_id);
    if (!held || !webhook) continue;
    const { attempt: _made, first_due_at_ms: _then, ...callback } = held.message.state as Queued;
    outbox.push(outboxMessage({ ...callback, due_at_ms: now_ms }, merchant_id, world.id()));
  }
  const remove = listed.map(({ held_id }) => ({ kind: 'cybersource_held' as const, id: held_id }));
  return { answer: true, changes: { outbox, remove } };
}

/** The merchant, locked, and the subscription that a call is for. */
function* subscriptionOf({ merchant_id, state }: OutboxMessage) {
  const merchant = yield* read<Merchant>('merchant', merchant_id);
  const { cybersource_webhook_id } = state as Queued;
  const webhook = merchant && webhooksOf(merchant).find(({ webhook_id }) => webhook_id === cybersource_webhook_id);
  return { merchant, webhook };
}

function heldPut(message: OutboxMessage, { webhook_id }: CybersourceWebhook): Put {
  const { id, merchant_id, due_at_ms } = message;
  const held_id = `${webhook_id}/${id}`;
  const kept_until_ms = due_at_ms + KEPT_MS;
  const state: Held = { held_id, message, kept_until_ms };
  return { kind: 'cybersource_held', id: held_id, merchant_id, state, wake_at_ms: kept_until_ms };
}

/** The record of a merchant with a subscription as it is now. */
export function withWebhook(merchant: Context['merchant'], webhook: CybersourceWebhook): Put {
  const { merchant_id } = merchant;
  const cybersource_webhooks = webhooksOf(merchant).map((each) =>
    each.webhook_id === webhook.webhook_id ? webhook : each,
  );
  return { kind: 'merchant', id: merchant_id, merchant_id, state: { ...merchant, cybersource_webhooks } };
}
