/** What tests of the engine share: a merchant, a world whose ids count up, and orders placed the way shops place them. */
import type { OrderCreate, OrderLine } from '../../wire/klarna-payments.ts';
import { newMerchant } from '../merchants.ts';
import { type AuthorizeRequest, authorize } from './authorize.ts';
import type { Outcome } from './outcome.ts';
import { placeOrder } from './place-order.ts';
import { createSession } from './session.ts';
import type { Context, Merchant, Order } from './state.ts';

/** A day in the middle of things: not midnight, not the end of a month. */
export const START_MS = Date.UTC(2027, 0, 15, 9, 48, 30, 250);

export function merchantWith(settings: Partial<Merchant> = {}): Merchant {
  return { ...newMerchant('M1', 'Shop', 'any', []), ...settings };
}

/** Ids that count up: no two alike, and a run with the same commands has the same ones. */
export function countingIds(): Pick<Context, 'id' | 'reference'> {
  let made = 0;
  return {
    id: () => `00000000-0000-7000-8000-${(++made).toString(16).padStart(12, '0')}`,
    reference: () => `REF${String(++made).padStart(5, '0')}`,
  };
}

export function contextWith(parts: Partial<Context> = {}): Context {
  return { merchant: merchantWith(), now_ms: START_MS, ...countingIds(), ...parts };
}

/** The value of an outcome that must not be a refusal. */
export function accepted<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new Error(`refused: ${outcome.refusal.reason} ${JSON.stringify(outcome.refusal.explanations)}`);
}

/** The reason of an outcome that must be a refusal, or 'ok'. */
export function reasonOf(outcome: Outcome<unknown>): string {
  return outcome.ok ? 'ok' : outcome.refusal.reason;
}

/** Lines with references `a`, `b`, ... of the given totals. */
export function linesOf(...totals: number[]): OrderLine[] {
  return totals.map((total_amount, index) => ({
    name: `Item ${index + 1}`,
    reference: String.fromCharCode(97 + index),
    quantity: 1,
    unit_price: total_amount,
    total_amount,
  }));
}

export const ADDRESS = {
  given_name: 'Alva',
  family_name: 'Lund',
  email: 'customer@email.example',
  street_address: 'Storgatan 1',
  city: 'Ystad',
} as const;

/** A purchase of one line in the currency of `country`. */
export function purchaseOf(amount: number, country = 'SE', currency = CURRENCIES[country] ?? 'EUR'): OrderCreate {
  return {
    purchase_country: country,
    purchase_currency: currency,
    order_amount: amount,
    order_lines: linesOf(amount),
    billing_address: { ...ADDRESS, country },
  };
}
const CURRENCIES: Readonly<Record<string, string>> = { SE: 'SEK', US: 'USD', GB: 'GBP', CH: 'CHF' };

export interface Placing {
  readonly purchase?: OrderCreate;
  readonly shopper?: Omit<AuthorizeRequest, 'data'>;
  readonly context?: Context;
}

/** An order, placed through a session and an authorization of the same moment. */
export function placedOrder({ purchase = purchaseOf(10_000), shopper = {}, context = contextWith() }: Placing): Order {
  const { auto_capture: _atOrder, ...details } = purchase;
  const session = accepted(createSession(details, context));
  const tried = accepted(authorize(session, { data: {}, ...shopper }, context));
  if (!tried.authorization) throw new Error(`the shopper was not approved: ${tried.code}`);
  const placed = accepted(placeOrder(tried.authorization, tried.session, purchase, 'digest', context));
  if (!('order' in placed)) throw new Error('a fresh authorization had been used before');
  return placed.order;
}
