/** Customer tokens in the store: how they are kept, found, and changed by a purchase that recovers a failed charge. */
import { type Ask, type Put, read } from '../../store/store.ts';
import { relink } from '../engine/customer-token.ts';
import { assertToken } from '../engine/invariants.ts';
import type { Authorization, Context, CustomerToken, Session } from '../engine/state.ts';

/** The record that a customer token is kept in. */
export function customerTokenPut(token: CustomerToken, fresh = false): Put {
  assertToken(token);
  return { kind: 'customer_token', id: token.token_id, merchant_id: token.merchant_id, state: token, fresh };
}

/** A token by the id that a client gave. Read last in a unit of work: whoever locks several records ends with the token. */
export function* readCustomerToken(token_id: string): Generator<Ask, CustomerToken | undefined, unknown> {
  return yield* read<CustomerToken>('customer_token', token_id.toLowerCase());
}

/** The token that the session recovers, if it does. */
export function* readRecovered(session: Session | undefined): Generator<Ask, CustomerToken | undefined, unknown> {
  return session?.recovers === undefined ? undefined : yield* readCustomerToken(session.recovers);
}

/** What an order leaves behind besides itself when its session recovers a failed charge: the token with the new method. */
export function* recoveryPuts(
  session: Session,
  authorization: Authorization,
  context: Context,
): Generator<Ask, Put[], unknown> {
  const token = yield* readRecovered(session);
  const relinked = token && relink(token, session, authorization, context);
  return relinked ? [customerTokenPut(relinked)] : [];
}
