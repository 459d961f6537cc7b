/** Who is told of events, and with which key they are signed. Klarna has an API of its own for this, on another host. */
import { callbackUrl } from '../../wire/common.ts';
import { choice, list, required } from '../../wire/shape.ts';
import { EVENT_TYPES } from '../engine/dispute-events.ts';
import type { Webhook } from '../engine/state.ts';
import { installationSealer } from '../installation.ts';
import { newWebhook, WEBHOOKS_MOST } from '../webhooks.ts';
import type { MerchantControl } from './merchants.ts';
import { type ControlCall, type ControlOptions, type ControlReply, closed, ok, problem, readAs } from './reply.ts';

const creation = closed({
  url: required(callbackUrl()),
  event_types: list(choice(EVENT_TYPES), { max: 100 }),
});

export class WebhookControl {
  readonly #options: ControlOptions;
  readonly #merchants: MerchantControl;

  constructor(options: ControlOptions, merchants: MerchantControl) {
    this.#options = options;
    this.#merchants = merchants;
  }

  async list({ params }: ControlCall): Promise<ControlReply> {
    const { merchant, refused } = await this.#merchants.named(params.merchant_id);
    return refused ?? ok({ webhooks: (merchant.webhooks ?? []).map(withoutSecret) });
  }

  /** The secret is shown once, here. */
  async create({ params, body }: ControlCall): Promise<ControlReply> {
    const { value, refused } = readAs(creation, body);
    if (refused) return refused;
    const { merchant, refused: unknown } = await this.#merchants.named(params.merchant_id);
    if (unknown) return unknown;
    const { store, id } = this.#options.world;
    const sealer = await installationSealer(store);
    const { webhook: made, signing_key } = newWebhook(value.url, value.event_types ?? [], id, sealer);
    const after = await this.#merchants.change(merchant.merchant_id, (current) => {
      const known = current.webhooks ?? [];
      return known.length < WEBHOOKS_MOST ? { ...current, webhooks: [...known, made] } : current;
    });
    if (!after?.webhooks?.some(({ webhook_id }) => webhook_id === made.webhook_id))
      return problem(409, 'CONFLICT', `A merchant has at most ${WEBHOOKS_MOST} webhooks`);
    return ok({ ...withoutSecret(made), signing_key }, 201);
  }

  async remove({ params }: ControlCall): Promise<ControlReply> {
    const { merchant_id = '', webhook_id = '' } = params;
    const { merchant, refused } = await this.#merchants.named(merchant_id);
    if (refused) return refused;
    if (!merchant.webhooks?.some((each) => each.webhook_id === webhook_id))
      return problem(404, 'NOT_FOUND', `Merchant ${merchant_id} has no webhook ${webhook_id.slice(0, 64)}`);
    await this.#merchants.change(merchant_id, (current) => ({
      ...current,
      webhooks: (current.webhooks ?? []).filter((each) => each.webhook_id !== webhook_id),
    }));
    return ok({ removed: webhook_id });
  }
}

function withoutSecret({ sealed_secret: _shownOnce, ...webhook }: Webhook): object {
  return webhook;
}
