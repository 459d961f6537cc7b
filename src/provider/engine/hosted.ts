/**
 * The hosted payment page: Klarna's page over a payment session of the merchant's. What the merchant does with a hosted session,
 * and what the shopper does on the page short of paying. Source: create, read and disable an HPP session, status callbacks.
 */
import type { HostedCreate, HostedUrls } from '../../wire/hosted-payment-page.ts';
import { type HostedMove, hostedStep, isFinal } from './hosted-states.ts';
import { accept, map, type Outcome, refuse } from './outcome.ts';
import { openSession, refuseInactive } from './session.ts';
import {
  type Callback,
  type Category,
  type Context,
  type HostedCustomer,
  type HostedSession,
  type HostedStatus,
  type Session,
  WINDOWS,
} from './state.ts';

/** What a hosted session has become, and whom to tell. */
export interface Moved {
  readonly hosted: HostedSession;
  readonly callbacks: readonly Callback[];
}

/** A hosted session over the merchant's payment session. It ends an hour before that one. */
export function createHosted(
  session: Session | undefined,
  { merchant_urls = {}, options = {} }: Omit<HostedCreate, 'payment_session_url'>,
  context: Context,
): Outcome<HostedSession> {
  const inactive = refuseInactive(context);
  if (inactive) return inactive;
  if (options.payment_method_category && options.payment_method_categories?.length) return EITHER_CATEGORY;
  const open = openSession(session, context);
  if (!open.ok) return open;
  const { session_id, merchant_id, ...rest } = open.value;
  const expires_at_ms = rest.expires_at_ms - WINDOWS.hosted_ends_before_ms;
  if (context.now_ms >= expires_at_ms) return refuseTooLate(open.value, context);
  return accept({
    hosted_id: context.id(),
    merchant_id,
    session_id,
    created_at_ms: context.now_ms,
    updated_at_ms: context.now_ms,
    expires_at_ms,
    status: 'WAITING',
    merchant_urls,
    options,
  });
}

const EITHER_CATEGORY = refuse('bad_hosted_session', {
  field: 'options.payment_method_categories',
  message: 'Both payment_method_category and payment_method_categories are given.',
  change: 'Send one of the two; payment_method_categories takes one category as well.',
});

function refuseTooLate({ expires_at_ms }: Session, { now_ms }: Context) {
  return refuse('session_unknown', {
    message: `The payment session expires at ${iso(expires_at_ms)} and a hosted session over it an hour before; it is ${iso(now_ms)} for this merchant.`,
    change: 'Create a new payment session.',
  });
}

/** The merchant's hosted session as it stands, unless it is unknown, somebody else's, or expired. */
export function readableHosted(
  hosted: HostedSession | undefined,
  session: Session | undefined,
  context: Context,
): Outcome<HostedSession> {
  const mine = hosted?.merchant_id === context.merchant.merchant_id ? hosted : undefined;
  if (mine && context.now_ms < mine.expires_at_ms) return accept(endedWith(mine, session));
  return refuse('hosted_unknown', {
    message: mine
      ? `The hosted session expired at ${iso(mine.expires_at_ms)}, an hour before its payment session; it is ${iso(context.now_ms)} for this merchant.`
      : 'This merchant has no hosted session with this id.',
    change: mine
      ? 'Create a new payment session and a hosted session over it.'
      : 'Use the session_id from the answer to POST /hpp/v1/sessions.',
  });
}

/** An order was placed from the payment session by other means: nothing is left to pay on this page. */
function endedWith(hosted: HostedSession, session: Session | undefined): HostedSession {
  if (session?.status !== 'complete' || isFinal(hosted.status)) return hosted;
  return { ...hosted, status: 'DISABLED', updated_at_ms: session.completed_at_ms ?? hosted.updated_at_ms };
}

/** The merchant withdraws the page. Whoever opens it sees an error. Klarna is not said to call back for it. */
export function disableHosted(
  hosted: HostedSession | undefined,
  session: Session | undefined,
  context: Context,
): Outcome<HostedSession> {
  const current = readableHosted(hosted, session, context);
  if (!current.ok) return current;
  if (hostedStep('disable', current.value.status)) return accept(moved(current.value, 'disable', context).hosted);
  return refuse('hosted_completed', {
    message: `The shopper completed the purchase at ${iso(current.value.updated_at_ms)}.`,
    change: 'Cancel the order, or the authorization, instead.',
  });
}

/** The shopper is on the page. Whatever they do there, they have opened it: every other move of theirs begins with this one. */
export function openHosted(
  hosted: HostedSession | undefined,
  session: Session | undefined,
  context: Context,
): Outcome<Moved> {
  const current = usableHosted(hosted, session, context);
  return map(current, (value) => moved(value, 'open', context));
}

/** A hosted session with which the shopper can still do something. */
export function usableHosted(
  hosted: HostedSession | undefined,
  session: Session | undefined,
  context: Context,
): Outcome<HostedSession> {
  const current = readableHosted(hosted, session, context);
  if (!current.ok || !isFinal(current.value.status)) return current;
  const { status, updated_at_ms } = current.value;
  return refuse(
    'hosted_ended',
    {
      message: `The hosted session is ${status} since ${iso(updated_at_ms)}${session?.status === 'complete' ? `; order ${session.order_id} was placed from its payment session` : ''}.`,
      change: 'Create a new payment session and a hosted session over it.',
    },
    { status },
  );
}

/** The shopper goes back, or confirms that they cancel. In e-commerce both are the same: there cancelling is not final. */
export function leaveHosted(
  way: 'back' | 'cancel',
  hosted: HostedSession | undefined,
  session: Session | undefined,
  context: Context,
): Outcome<Moved> {
  const move = isECommerce(session) ? 'back' : way;
  return map(openHosted(hosted, session, context), (opened) => after(opened, moved(opened.hosted, move, context)));
}

const CHALLENGE_LENGTH = 3;

/** In store, somebody is to look at the shopper's papers. */
export function identifyHosted(
  hosted: HostedSession | undefined,
  session: Session | undefined,
  context: Context,
): Outcome<Moved> {
  const opened = openHosted(hosted, session, context);
  if (!opened.ok) return opened;
  if (session && isInStore(session)) {
    const challenge = context.reference().slice(0, CHALLENGE_LENGTH);
    const more = { challenge, ...inStoreCustomer(session) };
    return accept(after(opened.value, moved(opened.value.hosted, 'identify', context, more)));
  }
  return refuse('hosted_not_in_store', {
    field: 'acquiring_channel',
    expected: 'IN_STORE',
    got: session?.details.acquiring_channel ?? '',
    message: 'Shoppers are identified by hand in store only.',
    change: 'Create the payment session with acquiring_channel IN_STORE.',
  });
}

/** The state after a move that the table allows, with the callback that announces it. @param more what else changes with it */
export function moved(
  hosted: HostedSession,
  move: HostedMove,
  context: Context,
  more: Partial<HostedSession> = {},
): Moved {
  const status = hostedStep(move, hosted.status);
  if (!status) throw new Error(`hosted session: ${move} is not possible in ${hosted.status}`);
  if (status === hosted.status) return { hosted, callbacks: [] };
  const next = { ...hosted, ...more, status, updated_at_ms: context.now_ms };
  return { hosted: next, callbacks: statusCallback(next, status, context) };
}

/**
 * Two moves of the same moment. Only where they end is announced: in between nobody could have read it, and two calls at once
 * would arrive in any order.
 */
export function after(first: Moved, second: Moved): Moved {
  const announced = second.callbacks.some(({ rule }) => rule === 'hosted_status');
  return announced ? second : { ...second, callbacks: [...first.callbacks, ...second.callbacks] };
}

/** What time and other pages do to a hosted session without anybody asking: it runs out, and the merchant is told once. */
export function bringHostedUpToDate(hosted: HostedSession, session: Session | undefined, context: Context): Moved {
  const current = endedWith(hosted, session);
  const due_at_ms = hostedWakeAt(current);
  if (due_at_ms === undefined || context.now_ms < due_at_ms) return { hosted: current, callbacks: [] };
  const ended = { ...current, updated_at_ms: due_at_ms };
  return {
    hosted: { ...current, timed_out: true },
    callbacks: statusCallback(ended, 'TIMEOUT', { ...context, now_ms: due_at_ms }),
  };
}

/** When the hosted session runs out, if that is yet to be told to somebody. */
export function hostedWakeAt({ status, timed_out, merchant_urls, expires_at_ms }: HostedSession): number | undefined {
  return isFinal(status) || timed_out || !merchant_urls.status_update ? undefined : expires_at_ms;
}

/** A hosted session as its merchant reads it, and as status callbacks carry it. */
export function hostedView(hosted: HostedSession, status: HostedStatus | 'TIMEOUT' = hosted.status): object {
  const { authorization_token, order_id, klarna_reference, customer, challenge } = hosted;
  return {
    session_id: hosted.hosted_id,
    status,
    ...(authorization_token && { authorization_token }),
    ...(order_id && { order_id, klarna_reference }),
    ...(status === 'COMPLETED' && customer && { customer }),
    ...(status === 'MANUAL_ID_CHECK' && challenge && { manual_identification: identificationView(hosted) }),
    updated_at: iso(hosted.updated_at_ms),
    expires_at: iso(hosted.expires_at_ms),
  };
}

/** What the people in the store compare the shopper's papers with. Klarna documents the fields and not what is in them. */
function identificationView({ challenge, customer, expires_at_ms }: HostedSession): object {
  const hide = (value: string) => value.slice(0, 1) + '*'.repeat(value.length - 1);
  const hidden = Object.entries(customer ?? {}).map(([field, value]) => [field, hide(value)]);
  return {
    challenge,
    ...(customer && { customer, customer_obfuscated: Object.fromEntries(hidden) }),
    expires_at: iso(expires_at_ms),
  };
}

/** Klarna numbers each event; its repeats carry the same number. */
function statusCallback(hosted: HostedSession, status: HostedStatus | 'TIMEOUT', context: Context): Callback[] {
  const { status_update } = hosted.merchant_urls;
  if (!status_update) return [];
  return [
    {
      rule: 'hosted_status',
      url: fillHostedUrl(status_update, hosted),
      body: JSON.stringify({ event_id: context.id(), session: hostedView(hosted, status) }),
      due_at_ms: context.now_ms,
      subject: hosted.session_id,
    },
  ];
}

/** Where each state sends the shopper: the first of these URLs that the merchant gave. */
const REDIRECTS: Readonly<Record<HostedStatus, readonly (keyof HostedUrls)[]>> = {
  COMPLETED: ['success'],
  FAILED: ['failure'],
  ERROR: ['error', 'failure'],
  BACK: ['back'],
  CANCELLED: ['cancel'],
  WAITING: [],
  IN_PROGRESS: [],
  MANUAL_ID_CHECK: [],
  DISABLED: [],
};

/** Where the shopper is sent from the hosted session as it stands; undefined: they stay on Klarna's page. */
export function redirectOf(hosted: HostedSession, session: Session | undefined): string | undefined {
  const { status, merchant_urls } = hosted;
  const names = status === 'BACK' && isECommerce(session) ? (['back', 'cancel'] as const) : REDIRECTS[status];
  const url = names.map((name) => merchant_urls[name]).find(Boolean);
  return url && fillHostedUrl(url, hosted);
}

/** The hosted page's placeholders, `{{session_id}}` and the like, plain or percent-encoded. What is not known stays as it is. */
function fillHostedUrl(url: string, { hosted_id, authorization_token, order_id }: HostedSession): string {
  const values: Readonly<Record<string, string | undefined>> = { session_id: hosted_id, authorization_token, order_id };
  return url.replace(
    /(?:\{\{|%7B%7B)(session_id|authorization_token|order_id)(?:\}\}|%7D%7D)/gi,
    (placeholder, name: string) => values[name.toLowerCase()] ?? placeholder,
  );
}

/** The categories that the page offers: those the merchant chose of the payment session's, or the others after a fallback. */
export function pageCategories({ options, fallen_back }: HostedSession, session: Session): Category[] {
  const chosen = chosenCategories(options);
  if (chosen.length === 0) return [...session.categories];
  return session.categories.filter((category) => chosen.includes(category) !== (fallen_back ?? false));
}

/** Empty: all that there are. */
export function chosenCategories(options: HostedSession['options']): readonly Category[] {
  return options.payment_method_category
    ? [options.payment_method_category]
    : (options.payment_method_categories ?? []);
}

/** Who stands in the store, as far as it is known. Elsewhere Klarna does not say. */
export function inStoreCustomer(session: Session): Pick<HostedSession, 'customer'> {
  if (!isInStore(session)) return {};
  const { billing_address = {}, customer = {} } = session.details;
  const { title = customer.title, given_name, family_name } = billing_address;
  const { date_of_birth, national_identification_number } = customer;
  const known: HostedCustomer = {
    ...(title && { title }),
    ...(given_name && { given_name }),
    ...(family_name && { family_name }),
    ...(date_of_birth && { date_of_birth }),
    ...(national_identification_number && { national_identification_number }),
  };
  return Object.keys(known).length > 0 ? { customer: known } : {};
}

export function isInStore(session: Session | undefined): boolean {
  return session?.details.acquiring_channel === 'IN_STORE';
}

function isECommerce(session: Session | undefined): boolean {
  return (session?.details.acquiring_channel ?? 'ECOMMERCE') === 'ECOMMERCE';
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
