/** What a shopper leaves behind in the store, whoever asked for it: the page, the hosted page, the SDK or the control API. */
import type { Changes } from '../store/store.ts';
import { orderChanges } from './bookkeeping.ts';
import { tellSessionFollower } from './engine/follow.ts';
import type { Authorization, Callback, Context, HostedSession, Order, Session } from './engine/state.ts';
import { hostedPut } from './klarna/hosted-payment-page.ts';
import { authorizationPut, sessionPut } from './klarna/payments.ts';
import { outboxMessages } from './outbox.ts';

/** What has become of a purchase; what is absent stays as it was. Authorizations and orders are new ones. */
interface Left {
  readonly hosted?: HostedSession | undefined;
  readonly session?: Session | undefined;
  readonly authorization?: Authorization | undefined;
  readonly order?: Order | undefined;
  readonly callbacks: readonly Callback[];
}

/** @param context of the merchant whose shopper it is */
export function leftBehind({ hosted, session, authorization, order, callbacks }: Left, context: Context): Changes {
  const put = [
    hosted && hostedPut(hosted),
    session && sessionPut(session),
    authorization && authorizationPut(authorization, true),
    ...(order ? orderChanges(undefined, order, context) : []),
  ].filter((record) => record !== undefined);
  const told = [...callbacks, ...(session ? tellSessionFollower(session, context) : [])];
  return { put, outbox: outboxMessages(told, context.merchant.merchant_id, context) };
}
