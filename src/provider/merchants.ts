/** Merchants and their credentials: how they are made, and how a request is matched to one. */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Put, Store } from '../store/store.ts';
import { DEFAULT_TERMS } from './engine/settlement-terms.ts';
import { type Credential, type Merchant, type Region, WINDOWS } from './engine/state.ts';

/** A username belongs to one merchant; the record finds it. */
interface Username {
  readonly username: string;
  readonly merchant_id: string;
}

/** Who is calling: the merchant, and the credential that proved it. */
export interface Principal {
  readonly merchant_id: string;
  readonly credential: Credential;
}

/** What a merchant is unless told otherwise, and what a reset goes back to. */
export const MERCHANT_DEFAULTS = {
  status: 'active',
  clock_offset_ms: 0,
  payment_method_categories: ['klarna'],
  authorization_days: WINDOWS.authorization_days,
  lower_amount_allowed: false,
  rate_limits: 'off',
  risk_rules: [],
  settlement: DEFAULT_TERMS,
  disputes: {},
  cybersource_webhooks: [],
  cybersource_duplicates: 'refused',
} as const satisfies Partial<Merchant>;

export function newMerchant(
  merchant_id: string,
  name: string,
  region: Region,
  credentials: readonly Credential[],
): Merchant {
  return { ...MERCHANT_DEFAULTS, merchant_id, name, region, credentials };
}

/** A credential whose secret is kept only as a hash. Generated secrets are long and random, so a fast salted hash holds. */
export function newCredential(username: string, secret: string): Credential {
  const salt = randomBytes(16).toString('hex');
  return { username, salt, hash: hashSecret(salt, secret) };
}

const API_KEY = /^klarna_(?:live|test)_api_/;

/** A key in Klarna's newer form: one string, sent as it is. */
export function newApiKey(): string {
  return `klarna_test_api_${newSecret()}`;
}

/** What a key is known by. It must find the key's credential and must not give the key away. */
export function apiKeyName(key: string): string {
  return `api_key_${hash('sha256', key, 'hex').slice(0, 16)}`;
}

/** A secret to hand out once. */
export function newSecret(): string {
  return randomBytes(24).toString('base64url');
}

/** The records that make a merchant reachable by its credentials. */
export function merchantRecords(merchant: Merchant): Put[] {
  const { merchant_id } = merchant;
  return [
    { kind: 'merchant', id: merchant_id, merchant_id, state: merchant },
    ...merchant.credentials.map(({ username }) => {
      const state: Username = { username, merchant_id };
      return { kind: 'username' as const, id: username, merchant_id, state };
    }),
  ];
}

function hashSecret(salt: string, secret: string): string {
  return hash('sha256', `${salt}:${secret}`, 'hex');
}

/** Credentials that were checked before, so that the hash is computed once and not for each request. */
const KNOWN_MOST = 10_000;

/**
 * Finds out who is calling from the Authorization header. That the credential still exists is checked again with
 * each request, when the merchant is read.
 */
export class Authenticator {
  readonly #store: Store;
  readonly #known = new Map<string, Principal>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** @param authorization `Basic base64(username:password)`, or `Basic <API key>` as newer keys are sent */
  identify(authorization: string | undefined): Principal | undefined | Promise<Principal | undefined> {
    if (!authorization) return undefined;
    return this.#known.get(authorization) ?? this.#verify(authorization);
  }

  /**
   * As `identify`, whatever was known: for a principal who is not current. The credential may have been withdrawn, or made anew
   * since, by any process on the same store.
   */
  identifyAgain(authorization: string | undefined): Promise<Principal | undefined> {
    if (!authorization) return Promise.resolve(undefined);
    this.#known.delete(authorization);
    return this.#verify(authorization);
  }

  async #verify(authorization: string): Promise<Principal | undefined> {
    for (const { username, secret } of readBasic(authorization)) {
      const found = await this.#store.get<Username>('username', username);
      const merchant = found && (await this.#store.get<Merchant>('merchant', found.merchant_id));
      const credential = merchant?.credentials.find((candidate) => candidate.username === username);
      if (!credential || !matches(credential, secret)) continue;
      const principal = { merchant_id: merchant?.merchant_id ?? '', credential };
      if (this.#known.size >= KNOWN_MOST) this.#known.clear();
      this.#known.set(authorization, principal);
      return principal;
    }
    return undefined;
  }
}

/** Whether the credential that a principal showed is still one of the merchant's. */
export function isCurrent(merchant: Merchant | undefined, { credential }: Principal): merchant is Merchant {
  return (
    merchant?.credentials.some(({ username, hash }) => username === credential.username && hash === credential.hash) ??
    false
  );
}

/** A header can be read in two ways: base64 of `username:password`, or a key that stands for itself. */
function readBasic(authorization: string): { username: string; secret: string }[] {
  const [scheme = '', value = ''] = authorization.trim().split(/\s+/);
  if (scheme.toLowerCase() !== 'basic' || value === '') return [];
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  const pair = colon > 0 ? [{ username: decoded.slice(0, colon), secret: decoded.slice(colon + 1) }] : [];
  return API_KEY.test(value) ? [{ username: apiKeyName(value), secret: value }] : pair;
}

/** Whether a secret is that of a credential. */
export function matches(credential: Credential, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(credential.salt, secret), 'hex'), Buffer.from(credential.hash, 'hex'));
}
