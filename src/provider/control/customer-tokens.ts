/** Customer tokens from Klarna's side of the counter: look, suspend and activate, and break what is charged. */

import type { CatalogueCode } from '../../catalogue/index.ts';
import { read, readShared, type Work } from '../../store/store.ts';
import { boolean, required } from '../../wire/shape.ts';
import { moveToken, setInstrument } from '../engine/customer-token.ts';
import { type Outcome, refuse } from '../engine/outcome.ts';
import { METHODS } from '../engine/payment-methods.ts';
import type { CustomerToken, Merchant, TokenStatus } from '../engine/state.ts';
import { customerTokenPut } from '../klarna/token-records.ts';
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
  readAs,
  refusedBy,
} from './reply.ts';

const instrumentRequest = closed({ works: required(boolean()) });

type Command = (token: CustomerToken) => Outcome<CustomerToken>;

export class CustomerTokenControl {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  async list(call: ControlCall, merchants: MerchantControl): Promise<ControlReply> {
    const { merchant, refused } = await merchants.addressed(call);
    if (refused) return refused;
    const { merchant_id } = merchant;
    const limit = limitOf(call, 100);
    const after = call.request.query.get('after') ?? '';
    const found = await this.#options.world.store.list<CustomerToken>('customer_token', { merchant_id, after, limit });
    return ok({ customer_tokens: found.map(view) });
  }

  async read({ params }: ControlCall): Promise<ControlReply> {
    const token_id = (params.token_id ?? '').toLowerCase();
    const token = await this.#options.world.store.get<CustomerToken>('customer_token', token_id);
    return token ? ok(view(token)) : refusedBy(UNKNOWN.refusal, 'readCustomerToken');
  }

  move(call: ControlCall, move: 'suspend' | 'activate' | 'cancel'): Promise<ControlReply> {
    return this.#command(call, (token) => moveToken(move, token));
  }

  async instrument(call: ControlCall): Promise<ControlReply> {
    const { value, refused } = readAs(instrumentRequest, call.body);
    if (refused) return refused;
    return this.#command(call, (token) => setInstrument(token, value.works));
  }

  async #command({ params }: ControlCall, command: Command): Promise<ControlReply> {
    const token_id = (params.token_id ?? '').toLowerCase();
    const { outcome, about } = await this.#options.world.store.run(() => this.#unit(token_id, command));
    if (!outcome.ok) return refusedBy(outcome.refusal, 'readCustomerToken', about);
    return { ...ok(view(outcome.value)), ...(about && { about }) };
  }

  *#unit(token_id: string, command: Command): Work<Came<CustomerToken>> {
    const token = yield* read<CustomerToken>('customer_token', token_id);
    const merchant = token && (yield* readShared<Merchant>('merchant', token.merchant_id));
    if (!token || !merchant) return { answer: { outcome: UNKNOWN }, changes: {} };
    const at_ms = this.#options.world.now() + merchant.clock_offset_ms;
    const about: About = { merchant_id: token.merchant_id, at_ms, subject: token_id };
    const outcome = command(token);
    if (!outcome.ok) return { answer: { outcome, about }, changes: {} };
    return { answer: { outcome, about }, changes: { put: [customerTokenPut(outcome.value)] } };
  }
}

const UNKNOWN = refuse('customer_token_unknown', {
  message: 'There is no customer token with this id.',
  change: 'Use the token_id from the answer that made it.',
});

/** The catalogue's code for what a charge would be refused with; none while it can be charged. */
const CODES: Readonly<Record<TokenStatus, CatalogueCode | undefined>> = {
  ACTIVE: undefined,
  SUSPENDED: 'TOKEN_SUSPENDED',
  CANCELLED: 'TOKEN_CANCELED',
};

function view({ answers: _kept, created_at_ms, step_ups, payment_method, ...token }: CustomerToken): object {
  const code = CODES[token.status];
  return {
    ...token,
    created_at: new Date(created_at_ms).toISOString(),
    payment_method,
    payment_method_type: METHODS[payment_method.type].om_type,
    step_ups: step_ups.map(({ step_up_id, expires_at_ms }) => ({
      step_up_id,
      expires_at: new Date(expires_at_ms).toISOString(),
    })),
    ...(code && { code }),
  };
}
