/** Answers under idempotency keys, kept in the record that they are about. See decision 5. */
import { hash } from 'node:crypto';
import { type Context, type KeptAnswer, WINDOWS } from '../engine/state.ts';
import type { Call, Reply } from './operation.ts';

/** Answers kept a record for repeats; beyond it the oldest go, whatever their age. */
const ANSWERS_MOST = 2_000;

/** A record that keeps answers: an order, a customer token. */
interface Keeper {
  readonly answers: readonly KeptAnswer[];
}

/** The first answer under the call's idempotency key; undefined when it has none, or was not answered yet. */
export function keptReply(keeper: Keeper, call: Call): Reply | undefined {
  const key = answerKey(call);
  const kept = key && keptAnswers(keeper, call.context).find((answer) => answer.key === key);
  return kept ? { ...kept, replayed: true } : undefined;
}

/** The record with the answer, if the call has a key. Refusals are kept too: the key stands for the whole answer. */
export function keepAnswer<K extends Keeper>(keeper: K, call: Call, reply: Reply): K {
  const key = answerKey(call);
  if (key === undefined) return keeper;
  const { status, headers = [], body, error } = reply;
  const kept: KeptAnswer = {
    key,
    at_ms: call.context.now_ms,
    status,
    headers,
    ...(body !== undefined && { body }),
    ...(error && { error }),
  };
  return { ...keeper, answers: [...keptAnswers(keeper, call.context), kept].slice(-ANSWERS_MOST) };
}

/** Keys are UUIDs, but a header may hold six kilobytes, which a record need not keep two thousand times. */
function answerKey({ operation, params, idempotency_key }: Call): string | undefined {
  if (idempotency_key === undefined) return undefined;
  const key = idempotency_key.length <= 64 ? idempotency_key : hash('sha256', idempotency_key, 'hex');
  return [operation.name, params.capture_id ?? '', key].join(' ');
}

function keptAnswers({ answers }: Keeper, { now_ms }: Context): readonly KeptAnswer[] {
  return answers.filter(({ at_ms }) => now_ms - at_ms < WINDOWS.idempotency_ms);
}
