/**
 * Klarna's request limits: per merchant, per class of operation, per second, announced on every answer. Enforced only
 * when the merchant's limits are switched on; otherwise the live figures are announced and nothing is refused.
 */
import type { Store } from '../../store/store.ts';
import type { Merchant, RateLimits } from '../engine/state.ts';
import type { RateClass } from './operation.ts';

/** Requests a second. Source: Klarna's rate limit page. */
const PER_SECOND: Readonly<Record<Exclude<RateLimits, 'off'>, Readonly<Record<RateClass, number>>>> = {
  live: { create_session: 40, create_session_for_token: 40, create_hosted_session: 40, other: 200 },
  playground: { create_session: 5, create_session_for_token: 5, create_hosted_session: 5, other: 50 },
};

export interface Allowance {
  readonly allowed: boolean;
  readonly headers: readonly (readonly [string, string])[];
}

/** Counts one request of a merchant. The count is shared by all processes on one store while limits are enforced. */
export class RateLimiter {
  readonly #store: Store;
  readonly #announced = new Map<string, { second: number; hits: number }>();

  constructor(store: Store) {
    this.#store = store;
  }

  take(
    merchant: Pick<Merchant, 'merchant_id' | 'rate_limits'>,
    rate_class: RateClass,
    real_now_ms: number,
  ): Allowance | Promise<Allowance> {
    const key = `${merchant.merchant_id} ${rate_class}`;
    const second = Math.floor(real_now_ms / 1000);
    if (merchant.rate_limits === 'off')
      return { allowed: true, headers: announce(PER_SECOND.live[rate_class], this.#count(key, second)) };
    const limit = PER_SECOND[merchant.rate_limits][rate_class];
    return this.#store.hit(key, second).then((hits) => ({ allowed: hits <= limit, headers: announce(limit, hits) }));
  }

  /** Without enforcement the remaining allowance is only announced, so each process counts for itself. */
  #count(key: string, second: number): number {
    const count = this.#announced.get(key);
    if (count?.second === second) return ++count.hits;
    if (this.#announced.size > 10_000) this.#announced.clear();
    this.#announced.set(key, { second, hits: 1 });
    return 1;
  }
}

/** The headers of a request that is refused for its number. */
export function exhausted({ headers }: Allowance): Allowance['headers'] {
  return headers.map(([name, value]) => [name, name === 'X-Ratelimit-Remaining' ? '0' : value]);
}

function announce(limit: number, hits: number): readonly (readonly [string, string])[] {
  return [
    ['X-Ratelimit-Limit', `${limit}, ${limit};w=1`],
    ['X-Ratelimit-Remaining', String(Math.max(0, limit - hits))],
    ['X-Ratelimit-Reset', '1'],
  ];
}
