/** What a shopper leaves behind in the store, whoever asked for it: the page, the hosted page, the SDK or the control API. */
import type { Changes } from '../store/store.ts';
import type { Authorization, Callback, HostedSession, Order, Session } from './engine/state.ts';
import { hostedPut } from './klarna/hosted-payment-page.ts';
import { authorizationPut, orderPut, sessionPut } from './klarna/payments.ts';
import { outboxMessages } from './outbox.ts';
import type { World } from './world.ts';

/** What has become of a purchase; what is absent stays as it was. Authorizations and orders are new ones. */
interface Left {
  readonly hosted?: HostedSession | undefined;
  readonly session?: Session | undefined;
  readonly authorization?: Authorization | undefined;
  readonly order?: Order | undefined;
  readonly callbacks: readonly Callback[];
}

export function leftBehind(
  { hosted, session, authorization, order, callbacks }: Left,
  merchant_id: string,
  world: World,
): Changes {
  const put = [
    hosted && hostedPut(hosted),
    session && sessionPut(session),
    authorization && authorizationPut(authorization, true),
    order && orderPut(order, true),
  ].filter((record) => record !== undefined);
  return { put, outbox: outboxMessages(callbacks, merchant_id, world) };
}
