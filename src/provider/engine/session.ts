/** Payment sessions: created, changed, read, expired. Source: Klarna Payments, steps 1 and 2; session states. */

import type { SessionCreate, SessionUpdate } from '../../wire/klarna-payments.ts';
import { accept, type Outcome, refuse } from './outcome.ts';
import { DEFAULT_LOCALE, decidingCountry, purchaseFaults } from './purchase.ts';
import { refuseRecovery } from './recovery.ts';
import { decidingRule } from './risk.ts';
import { type Category, type Context, type CustomerToken, type Session, WINDOWS } from './state.ts';

/**
 * A new session of 48 hours, or everything that is wrong with the purchase.
 * @param recovered the customer token that the details name, where they have a `step_up_id`
 * @param session_id nobody else's; where a face names it after an id of its own
 */
export function createSession(
  details: SessionCreate,
  context: Context,
  recovered?: CustomerToken | undefined,
  session_id?: string,
): Outcome<Session> {
  const inactive = refuseInactive(context);
  if (inactive) return inactive;
  const faults = purchaseFaults(details);
  if (faults.length > 0) return refuse('bad_purchase', faults);
  const { step_up_id } = details;
  const unrecoverable = step_up_id === undefined ? undefined : refuseRecovery(step_up_id, recovered, context);
  if (unrecoverable) return unrecoverable;
  return accept({
    session_id: session_id ?? context.id(),
    merchant_id: context.merchant.merchant_id,
    created_at_ms: context.now_ms,
    expires_at_ms: context.now_ms + WINDOWS.session_ms,
    status: 'incomplete',
    details: { acquiring_channel: 'ECOMMERCE', intent: 'buy', locale: DEFAULT_LOCALE, ...details },
    categories: offeredCategories(details, context),
    ...(step_up_id !== undefined && recovered && { recovers: recovered.token_id }),
  });
}

/** The session with the given fields replaced. What is refused changes nothing. */
export function updateSession(
  session: Session | undefined,
  changes: SessionUpdate,
  context: Context,
): Outcome<Session> {
  const inactive = refuseInactive(context);
  if (inactive) return inactive;
  const open = openSession(session, context);
  if (!open.ok) return open;
  const details = { ...open.value.details, ...changes };
  // The default locale is no statement of the merchant's, so it is not held against a later country.
  const stated = details.locale === DEFAULT_LOCALE && changes.locale === undefined ? omitLocale(details) : details;
  const faults = purchaseFaults(stated);
  if (faults.length > 0) return refuse('bad_purchase', faults);
  const { unshown = [], ...rest } = open.value;
  const still = unshown.filter((field) => changes[field] === undefined);
  return accept({
    ...rest,
    ...(still.length > 0 && { unshown: still }),
    details,
    categories: offeredCategories(details, context),
  });
}

/** The session as the merchant may see it: what a shopper sent without being approved is left out. Source: check a session. */
export function shownDetails({ details, unshown = [] }: Session): Partial<SessionCreate> {
  const shown: Partial<SessionCreate> = { ...details };
  for (const field of unshown) delete shown[field];
  return shown;
}

/** The merchant's session unless it is unknown, somebody else's, or expired. */
export function readableSession(session: Session | undefined, context: Context): Outcome<Session> {
  if (session && session.merchant_id === context.merchant.merchant_id && context.now_ms < session.expires_at_ms)
    return accept(session);
  const mine = session?.merchant_id === context.merchant.merchant_id ? session : undefined;
  return refuse('session_unknown', {
    message: mine
      ? `The session expired at ${new Date(mine.expires_at_ms).toISOString()}, 48 hours after it was created; it is ${new Date(context.now_ms).toISOString()} for this merchant.`
      : 'This merchant has no session with this id.',
    change: 'Create a new session.',
  });
}

/** A readable session that can still be changed, authorized and turned into an order. */
export function openSession(session: Session | undefined, context: Context): Outcome<Session> {
  const readable = readableSession(session, context);
  if (!readable.ok || readable.value.status === 'incomplete') return readable;
  return refuse(
    'session_completed',
    {
      message: `Order ${readable.value.order_id} was placed from this session; nothing but reading is possible now.`,
      change: 'Use Order Management on the order, or create a new session for another purchase.',
    },
    { order_id: readable.value.order_id ?? '' },
  );
}

/** Refuses a merchant whose account is disabled. */
export function refuseInactive({ merchant }: Context): ReturnType<typeof refuse> | undefined {
  if (merchant.status === 'active') return undefined;
  return refuse('merchant_inactive', {
    message: `The account of merchant ${merchant.merchant_id} is disabled.`,
    change: `Enable it: PATCH /control/merchants/${merchant.merchant_id} {"status":"active"}.`,
  });
}

/** The account's categories less those that a rule on 'session' refuses. May be empty. */
function offeredCategories(details: SessionCreate, { merchant }: Context): Category[] {
  const question = {
    country: decidingCountry(details),
    currency: details.purchase_currency,
    amount: details.order_amount,
  };
  return merchant.payment_method_categories.filter(
    (category) => decidingRule(merchant.risk_rules, 'session', { ...question, category })?.decision !== 'refuse',
  );
}

function omitLocale({ locale: _default, ...rest }: SessionCreate): SessionCreate {
  return rest;
}
