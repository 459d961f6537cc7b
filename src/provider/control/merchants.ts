/** Merchants and their settings. */

import { currencies } from '../../catalogue/index.ts';
import { header } from '../../http/exchange.ts';
import { read, type Work } from '../../store/store.ts';
import { country, currency, MAX_AMOUNT } from '../../wire/common.ts';
import { boolean, choice, type Infer, integer, list, required, text } from '../../wire/shape.ts';
import { DISPUTE_DEFAULTS } from '../engine/dispute-open.ts';
import { HOLD_POLICIES } from '../engine/dispute-state.ts';
import type { FaultRule } from '../engine/ordered-faults.ts';
import { PAYOUT_INTERVALS, SETTLEMENT_TYPES, type SettlementTerms } from '../engine/settlement-state.ts';
import { termsOf } from '../engine/settlement-terms.ts';
import {
  CATEGORIES,
  type Merchant,
  RATE_LIMITS,
  REGIONS,
  RISK_CODES,
  RISK_MOMENTS,
  type RiskRule,
  WINDOWS,
} from '../engine/state.ts';
import {
  apiKeyName,
  MERCHANT_DEFAULTS,
  merchantRecords,
  newApiKey,
  newCredential,
  newMerchant,
  newSecret,
} from '../merchants.ts';
import { everywhere, withFaults } from '../ordered-faults.ts';
import { ACCOUNT_DEFAULTS, apiKeyRecord } from '../purse/account.ts';
import { type ControlCall, type ControlOptions, type ControlReply, closed, ok, problem, readAs } from './reply.ts';

const NAME = /^[A-Za-z0-9._-]{1,64}$/;

const riskRule = closed({
  on: required(choice(RISK_MOMENTS)),
  when: closed({
    country: country(),
    currency: currency(),
    category: choice(CATEGORIES),
    amount_over: integer({ min: 0 }),
    amount_under: integer({ min: 0 }),
  }),
  decision: required(choice(['refuse', 'review'])),
  code: choice(RISK_CODES),
});

/** Basis points: 299 is 2.99 %. */
const rate = () => integer({ min: 0, max: 10_000 });
const amountByCurrency = () =>
  closed(Object.fromEntries(Object.keys(currencies).map((code) => [code, integer({ min: 0, max: MAX_AMOUNT })])));

const settlementTerms = closed({
  type: choice(SETTLEMENT_TYPES),
  interval: choice(PAYOUT_INTERVALS),
  delay_days: integer({ min: 0, max: 90 }),
  fees: closed({ rate: rate(), fixed: amountByCurrency(), return: amountByCurrency(), vat_rate: rate() }),
  reserve: closed({ rate: rate(), days: integer({ min: 1, max: 366 }) }),
});

const settingFields = {
  name: text({ min: 1, max: 255 }),
  status: choice(['active', 'inactive']),
  region: choice(REGIONS),
  payment_method_categories: list(choice(CATEGORIES), { max: CATEGORIES.length }),
  authorization_days: integer({ min: 1, max: WINDOWS.authorization_days_most }),
  lower_amount_allowed: boolean(),
  rate_limits: choice(RATE_LIMITS),
  risk_rules: list(riskRule, { max: 100 }),
  settlement: settlementTerms,
  disputes: closed({
    fee_amount: integer({ min: 0, max: MAX_AMOUNT }),
    hold_policy: choice(HOLD_POLICIES),
    threshold_amount: integer({ min: 0, max: MAX_AMOUNT }),
  }),
  cybersource_duplicates: choice(['refused', 'accepted']),
};
const credentialFields = {
  username: text({ pattern: /^[\w.-]{1,128}$/, like: 'up to 128 letters, digits, dots, dashes' }),
  password: text({ min: 1, max: 255 }),
};
const settings = closed(settingFields);
const credential = closed({ ...credentialFields, api_key: boolean() });
const creation = closed({
  merchant_id: text({ pattern: NAME, like: 'up to 64 letters, digits, dots, dashes' }),
  ...credentialFields,
  ...settingFields,
});
const resetRequest = closed({ merchant_id: text({ max: 64 }), all: boolean() });

/** Credentials a merchant may have at the same time. */
const CREDENTIALS_MOST = 50;

type Addressed = { merchant: Merchant; refused?: never } | { merchant?: never; refused: ControlReply };

export class MerchantControl {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** Which merchant a call is about: the one it names, the one whose credentials it carries, or the default one. */
  async addressed({ request, body }: ControlCall): Promise<Addressed> {
    const { store } = this.#options.world;
    const named = (body as { merchant_id?: unknown }).merchant_id ?? request.query.get('merchant_id');
    if (typeof named === 'object' && named !== null)
      return { refused: problem(400, 'BAD_VALUE', 'merchant_id is a text') };
    if (named !== null) {
      const merchant = await store.get<Merchant>('merchant', String(named));
      return merchant ? { merchant } : { refused: unknownMerchant(String(named)) };
    }
    const authorization = header(request, 'authorization');
    const principal = await this.#options.authenticator.identify(authorization);
    if (authorization && !principal)
      return {
        refused: problem(401, 'UNAUTHORIZED', 'The credentials are not those of any merchant; none are needed'),
      };
    const merchant_id = principal?.merchant_id ?? this.#options.defaultMerchantId;
    const merchant = await store.get<Merchant>('merchant', merchant_id);
    return merchant ? { merchant } : { refused: unknownMerchant(merchant_id) };
  }

  /** The merchant that a path names. */
  async named(merchant_id = ''): Promise<Addressed> {
    const merchant = await this.#options.world.store.get<Merchant>('merchant', merchant_id);
    return merchant ? { merchant } : { refused: unknownMerchant(merchant_id) };
  }

  async list({ request }: ControlCall): Promise<ControlReply> {
    const found = await this.#options.world.store.list<Merchant>('merchant', {
      after: request.query.get('after') ?? '',
      limit: 100,
    });
    return ok({ merchants: found.map((merchant) => this.#view(merchant)) });
  }

  async read({ params }: ControlCall): Promise<ControlReply> {
    const { merchant, refused } = await this.named(params.merchant_id);
    return refused ?? ok(this.#view(merchant));
  }

  async create({ body }: ControlCall): Promise<ControlReply> {
    const { value: wanted, refused } = readAs(creation, body);
    if (refused) return refused;
    const { reference, store } = this.#options.world;
    const { merchant_id = `K${reference()}`, password = newSecret(), ...given } = wanted;
    const { username = `${merchant_id}_${reference().toLowerCase()}`, ...chosen } = given;
    const credentials = [newCredential(username, password)];
    const merchant = withSettings(newMerchant(merchant_id, merchant_id, 'any', credentials), chosen);
    const faults = (await everywhere(store)).map(({ rule }) => rule);
    const created = await store.run(function* (): Work<boolean> {
      const taken = (yield* read('merchant', merchant_id)) ?? (yield* read('username', username));
      const state = faults.length > 0 ? { ...merchant, faults } : merchant;
      return { answer: !taken, changes: taken ? {} : { put: merchantRecords(state) } };
    });
    if (!created) return problem(409, 'CONFLICT', `Merchant ${merchant_id} or username ${username} exists already`);
    return ok({ ...this.#view(merchant), credentials: [{ username, password }] }, 201);
  }

  async update({ params, body }: ControlCall): Promise<ControlReply> {
    const { value: changes, refused } = readAs(settings, body);
    if (refused) return refused;
    const merchant = await this.change(params.merchant_id ?? '', (current) => withSettings(current, changes));
    return merchant ? ok(this.#view(merchant)) : unknownMerchant(params.merchant_id);
  }

  async addCredential({ params, body }: ControlCall): Promise<ControlReply> {
    const { value: wanted, refused } = readAs(credential, body);
    if (refused) return refused;
    const merchant_id = params.merchant_id ?? '';
    if (wanted.api_key && (wanted.username ?? wanted.password)) {
      return problem(400, 'BAD_VALUE', 'An API key is made here; send api_key without username and password');
    }
    const { username, password } = wanted.api_key ? newKeyPair() : this.#newPair(merchant_id, wanted);
    const made = newCredential(username, password);
    const outcome = await this.#options.world.store.run(function* (): Work<'made' | 'unknown' | 'taken' | 'full'> {
      const merchant = yield* read<Merchant>('merchant', merchant_id);
      if (!merchant) return { answer: 'unknown', changes: {} };
      if (yield* read('username', username)) return { answer: 'taken', changes: {} };
      if (merchant.credentials.length >= CREDENTIALS_MOST) return { answer: 'full', changes: {} };
      return {
        answer: 'made',
        changes: { put: merchantRecords({ ...merchant, credentials: [...merchant.credentials, made] }) },
      };
    });
    if (outcome === 'unknown') return unknownMerchant(merchant_id);
    if (outcome === 'taken') return problem(409, 'CONFLICT', `Username ${username} exists already`);
    if (outcome === 'full') return problem(409, 'CONFLICT', `A merchant has at most ${CREDENTIALS_MOST} credentials`);
    return ok(wanted.api_key ? { username, api_key: password } : { username, password }, 201);
  }

  #newPair(
    merchant_id: string,
    wanted: { username?: string; password?: string },
  ): { username: string; password: string } {
    const { username = `${merchant_id}_${this.#options.world.reference().toLowerCase()}`, password = newSecret() } =
      wanted;
    return { username, password };
  }

  async removeCredential({ params }: ControlCall): Promise<ControlReply> {
    const { merchant_id = '', username = '' } = params;
    const removed = await this.#options.world.store.run(function* (): Work<boolean> {
      const merchant = yield* read<Merchant>('merchant', merchant_id);
      const kept = merchant?.credentials.filter((each) => each.username !== username);
      if (!merchant || kept?.length === merchant.credentials.length) return { answer: false, changes: {} };
      const put = [
        { kind: 'merchant' as const, id: merchant_id, merchant_id, state: { ...merchant, credentials: kept } },
      ];
      return { answer: true, changes: { put, remove: [{ kind: 'username', id: username }] } };
    });
    return removed
      ? ok({ removed: username })
      : problem(404, 'NOT_FOUND', `Merchant ${merchant_id} has no credential ${username}`);
  }

  /** Removes a merchant with all that is its own. The default merchant stays, because calls that name nobody mean it. */
  async remove({ params }: ControlCall): Promise<ControlReply> {
    const { merchant_id = '' } = params;
    if (merchant_id === this.#options.defaultMerchantId) {
      return problem(409, 'CONFLICT', 'The default merchant stays; POST /control/reset empties it');
    }
    const { store } = this.#options.world;
    // First nobody can call in its name any more, then its data goes.
    const removed = await store.run(function* (): Work<boolean> {
      const merchant = yield* read<Merchant>('merchant', merchant_id);
      if (!merchant) return { answer: false, changes: {} };
      const names = merchant.credentials.map(({ username }) => username);
      const keys = merchant.purse ? [apiKeyRecord(merchant.purse.api_key)] : [];
      const usernames = [...names, ...keys].map((id) => ({ kind: 'username' as const, id }));
      return { answer: true, changes: { remove: [{ kind: 'merchant', id: merchant_id }, ...usernames] } };
    });
    if (!removed) return unknownMerchant(merchant_id);
    await store.clear(merchant_id);
    return ok({ removed: merchant_id });
  }

  /** Removes sessions, orders, log and callbacks, and sets clock and settings back; credentials, name and region stay. */
  async reset(call: ControlCall): Promise<ControlReply> {
    const { value: wanted, refused } = readAs(resetRequest, call.body);
    if (refused) return refused;
    if (wanted.all) return ok({ reset: await this.#resetAll() });
    const { merchant, refused: unknown } = await this.addressed(call);
    if (unknown) return unknown;
    await this.#reset(merchant.merchant_id);
    return ok({ reset: [merchant.merchant_id] });
  }

  async #resetAll(): Promise<string[]> {
    const { store } = this.#options.world;
    const shared = (await everywhere(store)).map(({ rule }) => ({ kind: 'fault' as const, id: rule.fault_id }));
    await store.run(function* (): Work<void> {
      return { answer: undefined, changes: { remove: shared } };
    });
    const done: string[] = [];
    for (let after = ''; ; after = done.at(-1) ?? '') {
      const page = await this.#options.world.store.list<Merchant>('merchant', { after, limit: 100 });
      for (const { merchant_id } of page) {
        await this.#reset(merchant_id, () => false);
        done.push(merchant_id);
      }
      if (page.length < 100) return done;
    }
  }

  /** @param keep which of the faults on order stay: those for all merchants, when only one is reset */
  async #reset(merchant_id: string, keep = (rule: FaultRule) => rule.everywhere === true): Promise<void> {
    await this.#options.world.store.clear(merchant_id);
    await this.change(merchant_id, ({ purse, ...current }) => {
      const account = purse && { purse: { ...purse, ...ACCOUNT_DEFAULTS } };
      return withFaults({ ...current, ...MERCHANT_DEFAULTS, ...account }, keep);
    });
  }

  /** Replaces a merchant's state by what `make` makes of it. */
  change(merchant_id: string, make: (merchant: Merchant) => Merchant): Promise<Merchant | undefined> {
    return this.#options.world.store.run(function* (): Work<Merchant | undefined> {
      const merchant = yield* read<Merchant>('merchant', merchant_id);
      if (!merchant) return { answer: undefined, changes: {} };
      const state = make(merchant);
      return { answer: state, changes: { put: [{ kind: 'merchant', id: merchant_id, merchant_id, state }] } };
    });
  }

  #view({
    credentials,
    clock_offset_ms,
    disputes,
    disputes_enrolled,
    webhooks = [],
    faults: _ordered,
    cybersource_keys = [],
    cybersource_webhook_key: _secret,
    purse,
    ...merchant
  }: Merchant): object {
    return {
      ...merchant,
      disputes: { ...DISPUTE_DEFAULTS, ...disputes },
      disputes_enrolled: disputes_enrolled ?? false,
      webhooks: webhooks.map(({ webhook_id, url }) => ({ webhook_id, url })),
      ...(purse && { purse: { entity_id: purse.entity_id, api_key: purse.api_key, client_id: purse.client.username } }),
      now: new Date(this.#options.world.now() + clock_offset_ms).toISOString(),
      credentials: credentials.map(({ username }) => ({ username })),
      cybersource_keys: cybersource_keys.map(({ key_id, type }) => ({ key_id, type })),
    };
  }
}

type Settings = Infer<typeof settings>;

function withSettings(merchant: Merchant, { risk_rules, settlement, disputes, ...changes }: Settings): Merchant {
  return {
    ...merchant,
    ...changes,
    risk_rules: (risk_rules as RiskRule[] | undefined) ?? merchant.risk_rules,
    settlement: withTerms(termsOf(merchant), settlement),
    disputes: { ...merchant.disputes, ...disputes },
  };
}

/** Terms that are not named stay as they are, fees and reserve likewise. */
function withTerms(
  terms: SettlementTerms,
  { fees, reserve, ...changes }: Infer<typeof settlementTerms> = {},
): SettlementTerms {
  return {
    ...terms,
    ...changes,
    fees: { ...terms.fees, ...(fees as Partial<SettlementTerms['fees']>) },
    reserve: { ...terms.reserve, ...reserve },
  };
}

function unknownMerchant(merchant_id: string | undefined): ControlReply {
  return problem(
    404,
    'NOT_FOUND',
    `There is no merchant ${(merchant_id ?? '').slice(0, 64)}; GET /control/merchants lists them`,
  );
}

/** An API key is a secret with a name of its own. */
function newKeyPair(): { username: string; password: string } {
  const key = newApiKey();
  return { username: apiKeyName(key), password: key };
}
