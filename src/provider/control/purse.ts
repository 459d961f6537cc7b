/** A merchant's account at Purse: made with its credentials, looked at, set up; and access tokens that are made to end. */
import { read, type Work } from '../../store/store.ts';
import { boolean, choice, text } from '../../wire/shape.ts';
import type { Merchant, PurseAccount } from '../engine/state.ts';
import { accountRecords, apiKeyRecord, newAccount, newCredentials } from '../purse/account.ts';
import type { Signer } from '../purse/signing.ts';
import { type ControlCall, type ControlOptions, type ControlReply, closed, ok, problem, readAs } from './reply.ts';

const word = () => text({ pattern: /^[\w.-]{1,100}$/, like: 'up to 100 letters, digits, dots, dashes' });
const settingFields = {
  capture: choice(['MANUAL', 'AUTOMATIC']),
  integration_mode: choice(['popup', 'redirection']),
  save_token: boolean(),
};
const creation = closed({
  entity_id: text({ pattern: /^[\w-]{1,36}$/, like: 'up to 36 letters, digits, dashes' }),
  api_key: word(),
  client_id: word(),
  client_secret: text({ min: 1, max: 100 }),
  ...settingFields,
});
const settings = closed(settingFields);

type Made = PurseAccount | 'unknown' | 'taken';

export class PurseControl {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** The account, and the key that notifications are checked with. */
  async read({ params }: ControlCall): Promise<ControlReply> {
    const merchant = await this.#options.world.store.get<Merchant>('merchant', params.merchant_id ?? '');
    if (!merchant?.purse) return unknown(params.merchant_id);
    return ok(accountView(merchant.purse, await this.#options.signer()));
  }

  /** A new account in place of an old one, whose credentials end with it. */
  async create({ params, body }: ControlCall): Promise<ControlReply> {
    const { value: wanted, refused } = readAs(creation, body);
    if (refused) return refused;
    const credentials = newCredentials(wanted);
    const { capture, integration_mode, save_token } = wanted;
    const chosen = {
      ...(capture && { capture }),
      ...(integration_mode && { integration_mode }),
      ...(save_token !== undefined && { save_token }),
    };
    const account = { ...newAccount(credentials), ...chosen };
    const merchant_id = params.merchant_id ?? '';
    const made = await this.#options.world.store.run(() => replaced(merchant_id, account));
    if (made === 'unknown') return unknown(merchant_id);
    if (made === 'taken') return problem(409, 'CONFLICT', `The API key ${account.api_key} is another merchant’s`);
    const view = accountView(account, await this.#options.signer());
    return ok({ ...view, client_secret: credentials.client_secret }, 201);
  }

  async update({ params, body }: ControlCall): Promise<ControlReply> {
    const { value: changes, refused } = readAs(settings, body);
    if (refused) return refused;
    return this.#change(params.merchant_id, (account) => ({ ...account, ...changes }));
  }

  /** Every access token that there is now ends. */
  async expireTokens({ params }: ControlCall): Promise<ControlReply> {
    const tokens_since_ms = this.#options.world.now() + 1;
    return this.#change(params.merchant_id, (account) => ({ ...account, tokens_since_ms }));
  }

  async #change(merchant_id = '', make: (account: PurseAccount) => PurseAccount): Promise<ControlReply> {
    const account = await this.#options.world.store.run(function* (): Work<PurseAccount | undefined> {
      const merchant = yield* read<Merchant>('merchant', merchant_id);
      if (!merchant?.purse) return { answer: undefined, changes: {} };
      const purse = make(merchant.purse);
      const put = [{ kind: 'merchant' as const, id: merchant_id, merchant_id, state: { ...merchant, purse } }];
      return { answer: purse, changes: { put } };
    });
    return account ? ok(accountView(account, await this.#options.signer())) : unknown(merchant_id);
  }
}

function* replaced(merchant_id: string, account: PurseAccount): Work<Made> {
  const merchant = yield* read<Merchant>('merchant', merchant_id);
  if (!merchant) return { answer: 'unknown', changes: {} };
  const owner = yield* read<{ merchant_id: string }>('username', apiKeyRecord(account.api_key));
  if (owner && owner.merchant_id !== merchant_id) return { answer: 'taken', changes: {} };
  const old = merchant.purse;
  const state: Merchant = { ...merchant, purse: account };
  const put = [
    { kind: 'merchant' as const, id: merchant_id, merchant_id, state },
    ...accountRecords(merchant_id, account),
  ];
  const remove =
    old && old.api_key !== account.api_key ? [{ kind: 'username' as const, id: apiKeyRecord(old.api_key) }] : [];
  return { answer: account, changes: { put, remove } };
}

function accountView({ client, tokens_since_ms: _since, ...account }: PurseAccount, signer: Signer): object {
  return { ...account, client_id: client.username, signature_public_key: signer.public_key };
}

function unknown(merchant_id = ''): ControlReply {
  const path = `/control/merchants/${merchant_id.slice(0, 64)}/purse`;
  return problem(404, 'NOT_FOUND', `There is no such merchant, or it has no account at Purse; POST ${path} makes one`);
}
