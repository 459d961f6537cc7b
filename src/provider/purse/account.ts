/**
 * A merchant's account at Purse: the entity with its API key, which browsers may know, and the client with its secret, which gets
 * access tokens. Of the secret only a hash is kept.
 */
import { createHmac, type KeyObject, randomUUID, timingSafeEqual } from 'node:crypto';
import type { Put, Store } from '../../store/store.ts';
import type { Merchant, PurseAccount } from '../engine/state.ts';
import { matches, newCredential, newSecret } from '../merchants.ts';

/** What a merchant needs to call Purse; the secret is shown once. */
export interface PurseCredentials {
  readonly entity_id: string;
  readonly api_key: string;
  readonly client_id: string;
  readonly client_secret: string;
}

/** The default merchant's, unless the account was made with others. The secret is the merchant's password. */
export const LOCAL_CREDENTIALS = {
  entity_id: '00000000-0000-4000-8000-000000004010',
  api_key: 'local-purse-key',
  client_id: 'local-purse-client',
} as const;

/** How Klarna is set up unless told otherwise, and what a reset goes back to. */
export const ACCOUNT_DEFAULTS = {
  capture: 'MANUAL',
  integration_mode: 'popup',
  save_token: true,
} as const satisfies Partial<PurseAccount>;

export function newCredentials(given: Partial<PurseCredentials> = {}): PurseCredentials {
  return {
    entity_id: given.entity_id ?? randomUUID(),
    api_key: given.api_key ?? randomUUID(),
    client_id: given.client_id ?? `purse-${newSecret().slice(0, 12)}`,
    client_secret: given.client_secret ?? newSecret(),
  };
}

export function newAccount({ entity_id, api_key, client_id, client_secret }: PurseCredentials): PurseAccount {
  return {
    ...ACCOUNT_DEFAULTS,
    entity_id,
    api_key,
    client: newCredential(client_id, client_secret),
    tokens_since_ms: 0,
  };
}

/** The id of the record that finds a merchant by API key. Usernames have no colon, so it can be none of them. */
export function apiKeyRecord(api_key: string): string {
  return `purse:${api_key}`;
}

/** What makes a merchant reachable by its account. */
export function accountRecords(merchant_id: string, { api_key }: PurseAccount): Put[] {
  const id = apiKeyRecord(api_key);
  return [{ kind: 'username', id, merchant_id, state: { username: id, merchant_id } }];
}

/** API keys whose merchant is remembered. */
const KEYS_MOST = 10_000;

/** Finds merchants by their API key. That the key is still the merchant's is seen with each call, when the merchant is read. */
export class ApiKeys {
  readonly #store: Store;
  readonly #known = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  async merchantOf(api_key: string | undefined): Promise<Merchant | undefined> {
    if (!api_key || api_key.length > 100) return undefined;
    const known = this.#known.get(api_key);
    const merchant = known === undefined ? undefined : await this.#store.get<Merchant>('merchant', known);
    return merchant?.purse?.api_key === api_key ? merchant : this.#find(api_key);
  }

  async #find(api_key: string): Promise<Merchant | undefined> {
    const found = await this.#store.get<{ merchant_id: string }>('username', apiKeyRecord(api_key));
    const merchant = found && (await this.#store.get<Merchant>('merchant', found.merchant_id));
    if (!found || merchant?.purse?.api_key !== api_key) return undefined;
    if (this.#known.size >= KEYS_MOST) this.#known.clear();
    this.#known.set(api_key, found.merchant_id);
    return merchant;
  }
}

/** @param authorization `Basic base64(client_id:client_secret)` */
export function isClient({ client }: PurseAccount, authorization: string | undefined): boolean {
  const [scheme = '', value = ''] = (authorization ?? '').trim().split(/\s+/);
  if (scheme.toLowerCase() !== 'basic') return false;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon > 0 && pair.slice(0, colon) === client.username && matches(client, pair.slice(colon + 1));
}

/** Life of an access token, in seconds. Source: the answer of the token endpoint. */
export const TOKEN_SECONDS = 3_600;

/**
 * An access token that proves itself, so that nothing is stored. It counts real time, not the merchant's: clients keep their token by
 * their own clock, and a clock that is moved here must not lock them out.
 */
export function accessToken(
  { client }: PurseAccount,
  merchant_id: string,
  real_now_ms: number,
  secret: KeyObject,
): string {
  const claims = { merchant_id, client_id: client.username, iat_ms: real_now_ms };
  const unsigned = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${unsigned}.${mac(unsigned, client.hash, secret)}`;
}

export type TokenFault = 'missing' | 'foreign' | 'expired';

/** What is wrong with the access token of a call in the merchant's name; undefined when it holds. */
export function tokenFault(
  authorization: string | undefined,
  { merchant_id, purse }: Merchant,
  real_now_ms: number,
  secret: KeyObject,
): TokenFault | undefined {
  if (authorization === undefined) return 'missing';
  const claims = purse && claimsOf(authorization, purse.client.hash, secret);
  if (claims?.merchant_id !== merchant_id) return 'foreign';
  const isCurrent = claims.iat_ms >= (purse?.tokens_since_ms ?? 0);
  return isCurrent && real_now_ms < claims.iat_ms + TOKEN_SECONDS * 1_000 ? undefined : 'expired';
}

interface Claims {
  readonly merchant_id: string;
  readonly iat_ms: number;
}

/** Tokens that were verified before: a client sends the same one for an hour. By the secret that made them, which may change. */
const verified = new WeakMap<KeyObject, Map<string, Claims>>();
const VERIFIED_MOST = 10_000;

/** What a token says; undefined unless this installation made it for a client with this secret. */
function claimsOf(authorization: string, client_hash: string, secret: KeyObject): Claims | undefined {
  const known = verified.get(secret) ?? new Map<string, Claims>();
  const name = `${client_hash} ${authorization}`;
  const found = known.get(name);
  if (found) return found;
  const [, unsigned = '', signature = ''] = /^Bearer +([\w-]+)\.([\w-]+)$/i.exec(authorization) ?? [];
  if (unsigned === '' || !isEqual(signature, mac(unsigned, client_hash, secret))) return undefined;
  const claims = JSON.parse(Buffer.from(unsigned, 'base64url').toString('utf8')) as Claims;
  if (known.size >= VERIFIED_MOST) known.clear();
  verified.set(secret, known.set(name, claims));
  return claims;
}

/** Another secret of the client makes other signatures, so old tokens end with the old secret. */
function mac(text: string, client_hash: string, secret: KeyObject): string {
  return createHmac('sha256', secret).update(`purse ${client_hash} ${text}`).digest('base64url');
}

function isEqual(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
