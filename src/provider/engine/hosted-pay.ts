/** The shopper pays on the hosted page: one try, and what it makes of the hosted session, the payment session and the order. */
import type { OrderCreate } from '../../wire/klarna-payments.ts';
import { type AuthorizeRequest, authorize, type Try } from './authorize.ts';
import { after, chosenCategories, inStoreCustomer, type Moved, moved, openHosted, pageCategories } from './hosted.ts';
import { accept, type Outcome, type Refusal, refuse } from './outcome.ts';
import { placeOrder } from './place-order.ts';
import type { Authorization, Category, Context, HostedSession, Order, Session } from './state.ts';

export interface Paid extends Moved {
  readonly session: Session;
  readonly tried: Try;
  readonly authorization?: Authorization;
  /** In the modes that place it. */
  readonly order?: Order;
  /** Why no order was placed although the shopper was approved. */
  readonly refusal?: Refusal;
}

/**
 * One try to pay on the page. A decline is no refusal: the refusals are those of a page that cannot be paid on at all.
 * @param request as the JavaScript SDK's `authorize` takes it; the category is one that the page offers, by default the first
 */
export function payHosted(
  hosted: HostedSession | undefined,
  session: Session | undefined,
  request: AuthorizeRequest,
  context: Context,
): Outcome<Paid> {
  const opened = openHosted(hosted, session, context);
  if (!opened.ok) return opened;
  const category = categoryFor(opened.value.hosted, session, request.category);
  if (!category.ok) return category;
  const tried = authorize(session, { ...request, ...(category.value && { category: category.value }) }, context);
  if (!tried.ok) return tried;
  const came = tried.value.authorization
    ? approved(opened.value.hosted, tried.value, tried.value.authorization, context)
    : withoutToken(opened.value.hosted, tried.value, request, context);
  return accept({ ...came, ...after(opened.value, came), tried: tried.value });
}

/** The asked category if the page offers it; else the first it offers, or one that will be found not to be available. */
function categoryFor(
  hosted: HostedSession,
  session: Session | undefined,
  asked: Category | undefined,
): Outcome<Category | undefined> {
  const offered = session ? pageCategories(hosted, session) : [];
  if (asked === undefined) return accept(offered[0] ?? chosenCategories(hosted.options)[0]);
  if (offered.includes(asked)) return accept(asked);
  return refuse('bad_hosted_session', {
    field: 'payment_method_category',
    expected: offered.join(', ') || 'none',
    got: asked,
    message: `The page does not offer ${asked}.`,
    change: 'Choose an offered category, or create the hosted session without a choice of categories.',
  });
}

type Came = Omit<Paid, 'tried'>;

/** No token. The shopper stays on the page when they closed Klarna's window, when there is data to correct, and for the fallback. */
function withoutToken(hosted: HostedSession, tried: Try, request: AuthorizeRequest, context: Context): Came {
  const { session } = tried;
  if (tried.approved || tried.invalid_fields || request.outcome === 'abandon')
    return { hosted, session, callbacks: [] };
  if (request.outcome === 'back' || request.outcome === 'error')
    return { ...moved(hosted, request.outcome, context), session };
  if (canFallBack(hosted, session)) return { hosted: { ...hosted, fallen_back: true }, session, callbacks: [] };
  return { ...moved(hosted, 'fail', context), session };
}

/** The merchant wants a decline in the chosen categories to be followed by an offer of the others, once. */
function canFallBack(hosted: HostedSession, session: Session): boolean {
  const { options, fallen_back } = hosted;
  if (!options.payment_fallback || fallen_back || chosenCategories(options).length === 0) return false;
  return pageCategories({ ...hosted, fallen_back: true }, session).length > 0;
}

/** Mode NONE hands the token to the merchant; the others place the order here, whether or not the shopper returns to the shop. */
function approved(hosted: HostedSession, tried: Try, authorization: Authorization, context: Context): Came {
  const { place_order_mode = 'NONE' } = hosted.options;
  const { session, callbacks } = tried;
  const customer = inStoreCustomer(session);
  if (place_order_mode === 'NONE') {
    const { authorization_token } = authorization;
    const done = moved(hosted, 'complete', context, { authorization_token, ...customer });
    return { ...done, callbacks: [...callbacks, ...done.callbacks], session, authorization };
  }
  const body = orderOf(session.details, place_order_mode === 'CAPTURE_ORDER');
  const placed = placeOrder(authorization, session, body, `hosted session ${hosted.hosted_id}`, context);
  if (!placed.ok) {
    const { refusal } = placed;
    const ended = moved(hosted, refusal.reason === 'order_rejected' ? 'fail' : 'error', context);
    return { ...ended, callbacks: [...callbacks, ...ended.callbacks], session, authorization, refusal };
  }
  if (!('order' in placed.value)) throw new Error('a token that was made just now had been used before');
  const { order } = placed.value;
  const { order_id, klarna_reference } = order;
  const done = moved(hosted, 'complete', context, { order_id, klarna_reference, ...customer });
  return { ...placed.value, ...done, callbacks: [...callbacks, ...placed.value.callbacks, ...done.callbacks] };
}

/** The order that the payment session describes. Its locale may be our default, which is no statement of the merchant's. */
export function orderOf(details: Session['details'], auto_capture: boolean): OrderCreate {
  const { acquiring_channel: _channel, attachment: _data, design: _design, intent: _intent, ...rest } = details;
  const { options: _options, step_up_id: _step_up, locale: _locale, ...purchase } = rest;
  return { ...purchase, auto_capture };
}
