/** Customer tokens under Purse's names: made when a shopper agrees to be charged again, listed in the shopper's wallet, charged later. */
import { type Ask, type Put, read } from '../../store/store.ts';
import { tokenOrder } from '../../wire/customer-token.ts';
import type { SessionCreate } from '../../wire/klarna-payments.ts';
import { check } from '../../wire/shape.ts';
import { charge, ownToken } from '../engine/charge.ts';
import { cancelToken, createToken } from '../engine/customer-token.ts';
import { accept, type Outcome, refuse } from '../engine/outcome.ts';
import { DEFAULT_LOCALE } from '../engine/purchase.ts';
import type { Authorization, Context, CustomerToken, Order, Session } from '../engine/state.ts';
import { customerTokenPut, readCustomerToken } from '../klarna/token-records.ts';
import { type Failure, failureOf, failureOfFaults } from './failure.ts';
import { KLARNA } from './views.ts';

/** Tokens that a wallet shows; beyond it the oldest are left out. */
const WALLET_MOST = 50;

export interface MadeToken {
  readonly token: CustomerToken;
  readonly authorization: Authorization;
  readonly put: readonly Put[];
}

/** The token of an authorization that asked for one. */
export function tokenFrom(
  authorization: Authorization | undefined,
  session: Session | undefined,
  context: Context,
): Outcome<MadeToken> {
  const { purchase_country = '', purchase_currency = '', locale = DEFAULT_LOCALE } = session?.details ?? {};
  const request = {
    description: 'Payments without the shopper',
    intended_use: 'SUBSCRIPTION' as const,
    // Where nobody said a locale, the default one need not be one of the country's; its language is one of every country's.
    locale: locale === DEFAULT_LOCALE ? 'en' : locale,
    purchase_country,
    purchase_currency,
  };
  const outcome = createToken(authorization, session, request, 'purse', undefined, context);
  if (!outcome.ok) return outcome;
  if ('token' in outcome.value) {
    const { token, authorization: used, isNew } = outcome.value;
    return accept({ token, authorization: used, put: [customerTokenPut(token, isNew)] });
  }
  return refuse('token_consumed', {
    message: `Customer token ${outcome.value.token_id} was made of this authorization before.`,
    change: 'Charge that token.',
  });
}

/** A shopper's tokens, oldest first. */
interface Wallet {
  readonly token_ids: readonly string[];
}

const walletId = (merchant_id: string, customer_reference: string) => `${merchant_id}/${customer_reference}`;

/** Puts a token into the wallet of the shopper, whom the merchant's reference names. */
export function* intoWallet(
  merchant_id: string,
  customer_reference: string | undefined,
  token_id: string,
): Generator<Ask, Put[], unknown> {
  if (!customer_reference) return [];
  const id = walletId(merchant_id, customer_reference);
  const wallet = yield* read<Wallet>('purse_wallet', id);
  const state: Wallet = { token_ids: [...(wallet?.token_ids ?? []), token_id].slice(-WALLET_MOST) };
  return [{ kind: 'purse_wallet', id, merchant_id, state }];
}

/** The shopper's tokens that can be charged. */
export function* walletOf(
  merchant_id: string,
  customer_reference: string | undefined,
): Generator<Ask, CustomerToken[], unknown> {
  if (!customer_reference) return [];
  const wallet = yield* read<Wallet>('purse_wallet', walletId(merchant_id, customer_reference));
  const tokens: CustomerToken[] = [];
  for (const token_id of wallet?.token_ids ?? []) {
    const token = yield* readCustomerToken(token_id);
    if (token?.status === 'ACTIVE') tokens.push(token);
  }
  return tokens;
}

/**
 * Takes a token out of the shopper's wallet. It ends at Klarna too: whoever deletes a way to pay expects that nothing is charged to it
 * any more. Undefined: the wallet has no such token.
 */
export function* deleted(
  customer_reference: string,
  token_id: string,
  context: Context,
): Generator<Ask, Put[] | undefined, unknown> {
  const { merchant_id } = context.merchant;
  const id = walletId(merchant_id, customer_reference);
  const wallet = yield* read<Wallet>('purse_wallet', id);
  if (!wallet?.token_ids.includes(token_id)) return undefined;
  const ended = cancelToken(yield* readCustomerToken(token_id), context);
  const state: Wallet = { token_ids: wallet.token_ids.filter((each) => each !== token_id) };
  const put: Put = { kind: 'purse_wallet', id, merchant_id, state };
  return ended.ok ? [put, customerTokenPut(ended.value)] : [put];
}

/** A token as the session's `integrated_tokens` and the wallet show it. */
export function tokenView(token: CustomerToken, owner_reference: string) {
  const { token_id, merchant_id, created_at_ms, billing_address, instrument } = token;
  return {
    id: token_id,
    value: token_id,
    uniqueness_token: token.payment_method_reference,
    expiration_date: expiryOf(instrument),
    owner_reference,
    merchant: merchant_id,
    favorite: false,
    description: {
      brand_name: 'klarna',
      // As Purse shows an account that has no number.
      display_token: instrument.card?.masked_number ?? billing_address.email ?? '',
    },
    payment_id: { origin: 'EXTERNAL', ...KLARNA },
    source: 'MERCHANT',
    created_at: new Date(created_at_ms).toISOString(),
  };
}

/** The widget's types ask for a date. A card has one; Klarna's tokens have none. */
function expiryOf({ card }: CustomerToken['instrument']): string {
  const [month = 0, year = 0] = (card?.expiry_date ?? '').split('/').map(Number);
  return new Date(year > 0 ? Date.UTC(year, month, 1) - 1 : Date.UTC(9999, 11, 31)).toISOString();
}

export type Charged =
  | { readonly ok: true; readonly order: Order; readonly put: readonly Put[] }
  | { readonly ok: false; readonly failure: Failure };

/** Charges a token. @param details what is bought, as `klarnaPurchase` makes it */
export function* chargeToken(
  token_id: string | undefined,
  details: SessionCreate,
  auto_capture: boolean,
  context: Context,
): Generator<Ask, Charged, unknown> {
  const { order_amount, order_tax_amount, order_lines, purchase_currency, merchant_reference1 } = details;
  const asked = { order_amount, order_tax_amount, order_lines, purchase_currency, merchant_reference1, auto_capture };
  const { value: request, faults } = check(tokenOrder, asked);
  if (faults) return { ok: false, failure: failureOfFaults(faults) };
  const found = ownToken(token_id === undefined ? undefined : yield* readCustomerToken(token_id), context);
  if (!found.ok) return { ok: false, failure: failureOf(found.refusal) };
  const { outcome, token } = charge(found.value, request, context);
  if (!outcome.ok) return { ok: false, failure: failureOf(outcome.refusal) };
  const put = token === found.value ? [] : [customerTokenPut(token)];
  return { ok: true, order: outcome.value.order, put };
}
