/**
 * v2's idempotency keys. A repeat is an error that names what was made the first time, whatever its body. Keys of operations live in
 * their payment; the key that a payment or a link was made under is a record of its own, which lives as long as what was made.
 */
import { hash } from 'node:crypto';
import { header } from '../../http/exchange.ts';
import { type Ask, type Put, read } from '../../store/store.ts';
import { type Call, problem, type Reply } from './operation.ts';
import type { PurseSession } from './state.ts';

/** Keys are short, but a header may hold six kilobytes, which a payment need not keep. */
export function operationKey({ request }: Pick<Call, 'request'>, action: string): string | undefined {
  const key = header(request, 'x-idempotency-key');
  if (!key) return undefined;
  return `${action} ${key.length <= 64 ? key : sha256(key)}`;
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** What was made under a key, by the names that the answer to a repeat has. */
export interface Made {
  /** The payment or the link. */
  readonly resource_id: string;
  readonly payment_id?: string;
  /** The transaction; a payment's first one has the payment's id. */
  readonly operation_id?: string;
}

/** The answer to a repeat; else what is to be remembered of the key, nothing without one. */
export function* underKey({
  request,
  operation,
  desk,
}: Call): Generator<Ask, { readonly earlier?: Reply; readonly made_under?: { readonly made_under: string } }, unknown> {
  const key = header(request, 'x-idempotency-key');
  if (!key) return {};
  const made_under = sha256(`${desk.context.merchant.merchant_id} ${operation.name} ${key}`);
  const made = yield* read<Made>('purse_key', made_under);
  return made ? { earlier: replayed(made, made.resource_id) } : { made_under: { made_under } };
}

export function keyPuts(
  { made_under, merchant_id }: Pick<PurseSession, 'made_under' | 'merchant_id'>,
  made: Made,
): Put[] {
  return made_under === undefined ? [] : [{ kind: 'purse_key', id: made_under, merchant_id, state: made }];
}

/** @param subject for the log */
export function replayed(made: Made, subject: string): Reply {
  const detail = 'An operation was made under this idempotency key before.';
  const change = 'Use what the answer names; send another key for another operation.';
  const more = { ...made };
  const reply = problem(409, 'write-conflict', 'Idempotency violation', detail, change, { more });
  return { ...reply, subject, replayed: true };
}
