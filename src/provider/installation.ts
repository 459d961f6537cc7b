/** What an installation has before its first request: a key of its own, and the default merchant. */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { read, type Store, type Work } from '../store/store.ts';
import { isKeyOf, localSecret, sharedKey } from './cybersource/keys.ts';
import type { Merchant, Webhook } from './engine/state.ts';
import { matches, merchantRecords, newCredential, newMerchant } from './merchants.ts';
import { accountRecords, apiKeyRecord, LOCAL_CREDENTIALS, newAccount, newCredentials } from './purse/account.ts';
import { type Sealer, sealer } from './sealing.ts';

interface Installation {
  /** Signs client tokens, and seals the secrets that have to be had again. Made once, so that tokens outlive a restart and hold on every process. */
  readonly secret: string;
  /** No secret of a webhook is kept readable, as versions before this one did. */
  readonly webhooks_sealed?: true;
}

/** The key of the installation, as a key object, which signs several times as fast as its text; made at the first start. */
export function installationKey(store: Store): Promise<KeyObject> {
  const made: Installation = { secret: randomBytes(32).toString('hex'), webhooks_sealed: true };
  return store.run(function* (): Work<KeyObject> {
    const existing = yield* read<Installation>('meta', 'installation');
    if (existing) return { answer: keyOf(existing), changes: {} };
    return {
      answer: keyOf(made),
      changes: { put: [{ kind: 'meta', id: 'installation', merchant_id: '', state: made }] },
    };
  });
}

const keyOf = ({ secret }: Installation) => createSecretKey(secret, 'utf8');

/** Opens what this installation sealed. */
export async function installationSealer(store: Store): Promise<Sealer> {
  const installation = await store.get<Installation>('meta', 'installation');
  return sealer(installation ? keyOf(installation) : await installationKey(store));
}

/** A webhook as versions before this one kept it. */
type ReadableWebhook = Omit<Webhook, 'sealed_secret'> & { readonly signing_secret: string };

/** Merchants that are looked at together. */
const PAGE = 500;

/** Seals what versions before this one kept readable: once, at the first start of this one on a store of theirs. */
export async function sealWebhooks(store: Store): Promise<void> {
  const installation = await store.get<Installation>('meta', 'installation');
  if (!installation || installation.webhooks_sealed) return;
  const own = sealer(keyOf(installation));
  for (let after = ''; ; ) {
    const page = await store.list<Merchant>('merchant', { after, limit: PAGE });
    for (const { merchant_id, webhooks } of page) if (webhooks) await sealWebhooksOf(merchant_id, own, store);
    if (page.length < PAGE) break;
    after = page.at(-1)?.merchant_id ?? '';
  }
  const state: Installation = { ...installation, webhooks_sealed: true };
  await store.run(function* (): Work<void> {
    return { answer: undefined, changes: { put: [{ kind: 'meta', id: 'installation', merchant_id: '', state }] } };
  });
}

function sealWebhooksOf(merchant_id: string, own: Sealer, store: Store): Promise<void> {
  return store.run(function* (): Work<void> {
    const merchant = yield* read<Merchant>('merchant', merchant_id);
    if (!merchant?.webhooks) return { answer: undefined, changes: {} };
    const state = { ...merchant, webhooks: merchant.webhooks.map((each) => sealed(each, own)) };
    return { answer: undefined, changes: { put: [{ kind: 'merchant', id: merchant_id, merchant_id, state }] } };
  });
}

function sealed(webhook: Webhook | ReadableWebhook, own: Sealer): Webhook {
  if (!('signing_secret' in webhook)) return webhook;
  const { signing_secret, ...rest } = webhook;
  return { ...rest, sealed_secret: own.seal(Buffer.from(signing_secret)) };
}

/**
 * Makes sure that a merchant answers to these credentials: `K000001_local` belongs to merchant `K000001`. In Cybersource's API the
 * username is the id of its key, whose secret follows from the password.
 */
export async function ensureMerchant(store: Store, username: string, password: string): Promise<string> {
  const credential = newCredential(username, password);
  const sealer = await installationSealer(store);
  const secret = localSecret(password);
  const key = sharedKey(username, secret, sealer, Date.now());
  return store.run(function* (): Work<string> {
    // A username that is in use already stays with its merchant, whatever that is called.
    const owner = yield* read<{ merchant_id: string }>('username', username);
    const merchant_id = owner?.merchant_id ?? (username.split('_')[0] || username);
    const existing = yield* read<Merchant>('merchant', merchant_id);
    const mine = existing?.credentials.find((each) => each.username === username);
    const keys = existing?.cybersource_keys ?? [];
    const myKey = keys.find(({ key_id }) => key_id === username);
    // What holds is left alone: another process may be serving with it.
    if (mine && matches(mine, password) && myKey && isKeyOf(myKey, secret, sealer))
      return { answer: merchant_id, changes: {} };
    const others = existing?.credentials.filter((each) => each.username !== username) ?? [];
    const merchant = existing ?? newMerchant(merchant_id, 'Local shop', 'any', []);
    const state = {
      ...merchant,
      credentials: [...others, credential],
      cybersource_keys: [...keys.filter(({ key_id }) => key_id !== username), key],
    };
    return { answer: merchant_id, changes: { put: merchantRecords(state) } };
  });
}

/**
 * Makes sure that the default merchant can be called through Purse's APIs too. An account that it has stays, but for the secret, which
 * follows the password.
 */
export function ensurePurseAccount(store: Store, merchant_id: string, client_secret: string): Promise<void> {
  const made = newAccount(newCredentials({ ...LOCAL_CREDENTIALS, client_secret }));
  return store.run(function* (): Work<void> {
    const merchant = yield* read<Merchant>('merchant', merchant_id);
    const taken = yield* read<{ merchant_id: string }>('username', apiKeyRecord(LOCAL_CREDENTIALS.api_key));
    const isOthers = taken !== undefined && taken.merchant_id !== merchant_id;
    if (!merchant || isOthers) return { answer: undefined, changes: {} };
    const { purse } = merchant;
    if (purse && (purse.client.username !== LOCAL_CREDENTIALS.client_id || matches(purse.client, client_secret)))
      return { answer: undefined, changes: {} };
    const account = purse ? { ...purse, client: made.client } : made;
    const state: Merchant = { ...merchant, purse: account };
    const put = [
      { kind: 'merchant' as const, id: merchant_id, merchant_id, state },
      ...accountRecords(merchant_id, account),
    ];
    return { answer: undefined, changes: { put } };
  });
}
