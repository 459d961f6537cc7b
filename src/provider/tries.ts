/** What a shopper's try leaves behind in the store, whoever made it: the page, the SDK or the control API. */
import type { Changes } from '../store/store.ts';
import type { Try } from './engine/authorize.ts';
import { authorizationPut, sessionPut } from './klarna/payments.ts';
import { outboxMessages } from './outbox.ts';
import type { World } from './world.ts';

export function tryChanges({ session, authorization, callbacks }: Try, world: World): Changes {
  const put = [sessionPut(session), ...(authorization ? [authorizationPut(authorization, true)] : [])];
  return { put, outbox: outboxMessages(callbacks, session.merchant_id, world) };
}
