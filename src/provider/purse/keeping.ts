/**
 * What Purse keeps and what goes. A session in which something was ordered, or a token was left, stays as long as the order, so that its
 * transactions can be listed when they are captured weeks later or charged again after months; what nobody needs of it any more goes. One
 * that came to nothing goes with the payments that were tried in it, links some time after they ran out.
 */
import type { Store, Work } from '../../store/store.ts';
import { read } from '../../store/store.ts';
import { uuidFloor } from '../world.ts';
import { sessionPut } from './records.ts';
import { LIMITS, type PurseLink, type PursePayment, type PurseSession } from './state.ts';

/** Where the sweep has come to, so that what stays is looked at once, and not again after every start. */
interface Progress {
  readonly after: string;
}
const PROGRESS = 'purse-swept';

/**
 * Removes what came to nothing before `before_ms` (real time), looking at up to `limit` sessions and links.
 * @returns how many it has looked at
 */
export async function sweep(store: Store, before_ms: number, limit: number): Promise<number> {
  return (await sweepSessions(store, uuidFloor(before_ms), limit)) + (await sweepLinks(store, before_ms, limit));
}

async function sweepSessions(store: Store, before: string, limit: number): Promise<number> {
  const { after } = (await store.get<Progress>('meta', PROGRESS)) ?? { after: '' };
  const page = await store.list<PurseSession>('purse_session', { after, before, limit });
  const last = page.at(-1);
  if (!last) return 0;
  await Promise.all(page.map((session) => sweepSession(store, session)));
  const progress: Progress = { after: last.session_id };
  await store.run(function* (): Work<void> {
    const put = [{ kind: 'meta' as const, id: PROGRESS, merchant_id: '', state: progress }];
    return { answer: undefined, changes: { put } };
  });
  return page.length;
}

async function sweepSession(store: Store, { session_id, payments }: PurseSession): Promise<void> {
  // Payments of what stays are not locked, and the first reason to stay is enough.
  for (const id of payments) {
    if (!isKept(await store.get<PursePayment>('purse_payment', id))) continue;
    return store.run(() => slimming(session_id));
  }
  return store.run(() => removal(session_id));
}

function isKept(payment: PursePayment | undefined): boolean {
  return payment?.order_id !== undefined || payment?.transactions[0].psp_status === 'COMPLETED';
}

const NO_CHANGE = { answer: undefined, changes: {} };

/** What stays goes on naming its payments; what was bought is in Klarna's order, and nobody can pay in the session any more. */
function* slimming(session_id: string): Work<void> {
  const session = yield* read<PurseSession>('purse_session', session_id);
  if (!session) return NO_CHANGE;
  const { begun: _page, order, ...rest } = session;
  const { reference, amount, currency_code, redirection } = order;
  const about = {
    ...(reference !== undefined && { reference }),
    ...(amount !== undefined && { amount }),
    ...(currency_code !== undefined && { currency_code }),
    ...(redirection !== undefined && { redirection }),
  };
  return { answer: undefined, changes: { put: [sessionPut({ ...rest, order: about })] } };
}

/** Looks again, with the records locked. */
function* removal(session_id: string): Work<void> {
  const session = yield* read<PurseSession>('purse_session', session_id);
  if (!session) return NO_CHANGE;
  for (const id of session.payments) {
    const payment = yield* read<PursePayment>('purse_payment', id);
    if (isKept(payment)) return NO_CHANGE;
  }
  const payments = session.payments.map((id) => ({ kind: 'purse_payment' as const, id }));
  const remove = [{ kind: 'purse_session' as const, id: session_id }, ...payments, ...keyOf(session)];
  return { answer: undefined, changes: { remove } };
}

async function sweepLinks(store: Store, before_ms: number, limit: number): Promise<number> {
  const page = await store.list<PurseLink>('purse_link', { before: uuidFloor(before_ms - LIMITS.link_ms), limit });
  const remove = page.flatMap(({ link_id, wanted }) => [
    { kind: 'purse_link' as const, id: link_id },
    ...keyOf(wanted),
  ]);
  if (page.length > 0)
    await store.run(function* (): Work<void> {
      return { answer: undefined, changes: { remove } };
    });
  return page.length;
}

function keyOf({
  made_under,
}: Pick<PurseSession, 'made_under'>): { readonly kind: 'purse_key'; readonly id: string }[] {
  return made_under === undefined ? [] : [{ kind: 'purse_key', id: made_under }];
}
