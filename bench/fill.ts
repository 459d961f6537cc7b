/**
 * Fills a data folder: `node fill.ts FOLDER ORDERS`. Purchases as the engine makes them, stored through the store, spread over
 * the last five days, so that nothing of it is due or past keeping while it is measured. Leaves `orders.ids` beside the
 * data: what `scenarios.ts` reads.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { orderChanges } from '../src/provider/bookkeeping.ts';
import { authorize } from '../src/provider/engine/authorize.ts';
import { capture } from '../src/provider/engine/capture.ts';
import type { Outcome } from '../src/provider/engine/outcome.ts';
import { placeOrder } from '../src/provider/engine/place-order.ts';
import { refund } from '../src/provider/engine/refund.ts';
import { createSession } from '../src/provider/engine/session.ts';
import { DEFAULT_TERMS } from '../src/provider/engine/settlement-terms.ts';
import { type Context, DAY_MS, type Merchant } from '../src/provider/engine/state.ts';
import { ensureMerchant } from '../src/provider/installation.ts';
import { authorizationPut, sessionPut } from '../src/provider/klarna/payments.ts';
import { realWorld, uuidGenerator } from '../src/provider/world.ts';
import { openStore } from '../src/store/open.ts';
import type { Changes, LogEntry, Put, Store, Work } from '../src/store/store.ts';
import { type OrderCreate, orderCreate, type SessionCreate, sessionCreate } from '../src/wire/klarna-payments.ts';
import * as managed from '../src/wire/order-management.ts';
import { check } from '../src/wire/shape.ts';
import { CAPTURE, CREDENTIALS, PURCHASE, REFUND } from './purchase.ts';

const SPREAD_MS = 5 * DAY_MS;
/** Later than anything that is measured but the year: a server that makes payouts is busy. */
const PAYOUT_DELAY_DAYS = 60;
/** Purchases that are stored together. */
const BATCH = 2_000;
/** Of ten orders so many stay authorized, and so many are refunded after their capture. */
const AUTHORIZED_OF_TEN = 2;
const REFUNDED_OF_TEN = 1;
/**
 * The log holds no more than this (see provider/background.ts), and is full whatever is stored: so that files differ in their
 * orders and in nothing else. Of many purchases only the newest have entries, few have many each.
 */
const LOG_MOST = 500_000;
const LOG_EACH = 3;
const DIGEST = '0'.repeat(64);

interface Purchase {
  readonly order_id: string;
  readonly put: readonly Put[];
  readonly log: readonly LogEntry[];
}

async function fill(folder: string, orders: number): Promise<void> {
  const store = await openStore({ dataDir: folder });
  const merchant_id = await ensureMerchant(store, CREDENTIALS.username, CREDENTIALS.password);
  const stored = await store.get<Merchant>('merchant', merchant_id);
  if (!stored) throw new Error('the default merchant is missing');
  const merchant: Merchant = { ...stored, settlement: { ...DEFAULT_TERMS, delay_days: PAYOUT_DELAY_DAYS } };
  await store.run(function* (): Work<void> {
    const put = [{ kind: 'merchant' as const, id: merchant_id, merchant_id, state: merchant }];
    return { answer: undefined, changes: { put } };
  });
  const ids = openSync(join(folder, 'orders.ids'), 'w');
  const started_ms = Date.now();
  const make = purchases(merchant, store, started_ms - SPREAD_MS, SPREAD_MS / orders);
  const logFrom = orders - Math.floor(LOG_MOST / LOG_EACH);
  const times = Math.max(1, Math.floor(LOG_MOST / LOG_EACH / orders));
  const together = Math.ceil(BATCH / times);
  for (let done = 0; done < orders; ) {
    const batch = Array.from({ length: Math.min(together, orders - done) }, (_, index) =>
      make(done + index, done + index < logFrom ? 0 : times),
    );
    await storeAll(store, batch);
    writeSync(ids, batch.map(({ order_id }) => order_id).join(''));
    done += batch.length;
    tell(done, orders, started_ms);
  }
  closeSync(ids);
  await store.close();
}

function storeAll(store: Store, batch: readonly Purchase[]): Promise<void> {
  const changes: Changes = { put: batch.flatMap(({ put }) => put), log: batch.flatMap(({ log }) => log) };
  return store.run(function* (): Work<void> {
    return { answer: undefined, changes };
  });
}

/** Makes the n-th purchase, at the time that its number says. */
function purchases(
  merchant: Merchant,
  store: Store,
  first_ms: number,
  step_ms: number,
): (n: number, logTimes: number) => Purchase {
  let now_ms = first_ms;
  const id = uuidGenerator(() => now_ms);
  const { reference } = realWorld(store);
  const bodies = {
    session: checked<SessionCreate>(check(sessionCreate, PURCHASE)),
    order: checked<OrderCreate>(check(orderCreate, PURCHASE)),
    capture: checked<managed.CaptureRequest>(check(managed.capture, CAPTURE)),
    refund: checked<managed.RefundRequest>(check(managed.refund, REFUND)),
  };
  return (n, logTimes) => {
    now_ms = Math.floor(first_ms + n * step_ms);
    const context: Context = { merchant, now_ms, id, reference };
    const session = done(createSession(bodies.session, context));
    const tried = done(authorize(session, { data: {}, outcome: 'approve' }, context));
    const placed = done(placeOrder(tried.authorization, tried.session, bodies.order, DIGEST, context));
    if (!('order' in placed)) throw new Error('the order was placed before');
    const { order, authorization, session: complete } = placed;
    const captured = n % 10 < AUTHORIZED_OF_TEN ? order : done(capture(order, bodies.capture, context)).order;
    const last = n % 10 >= 10 - REFUNDED_OF_TEN ? done(refund(captured, bodies.refund, context)).order : captured;
    const { order_id } = order;
    const put = [
      sessionPut(complete, true),
      authorizationPut(authorization, true),
      ...orderChanges(undefined, last, context),
    ];
    const log = Array.from({ length: logTimes }, () => entries(context, session.session_id, order_id)).flat();
    return { order_id, put, log };
  };
}

/** What the request log holds of a purchase: the session, the order, the capture. */
function entries({ merchant, now_ms, id }: Context, session_id: string, order_id: string): LogEntry[] {
  const entry = (path: string, subject: string, status: number, request: object, response = ''): LogEntry => ({
    id: id(),
    merchant_id: merchant.merchant_id,
    at_ms: now_ms,
    direction: 'incoming',
    method: 'POST',
    path,
    status,
    subject,
    request: JSON.stringify(request),
    response,
    note: '',
  });
  const answer = JSON.stringify({ order_id, fraud_status: 'ACCEPTED' });
  return [
    entry('/payments/v1/sessions', session_id, 200, PURCHASE),
    entry(`/payments/v1/authorizations/${session_id}/order`, order_id, 200, PURCHASE, answer),
    entry(`/ordermanagement/v1/orders/${order_id}/captures`, order_id, 201, CAPTURE),
  ];
}

function checked<T>({ value, faults }: { value?: unknown; faults?: unknown }): T {
  if (faults) throw new Error(`the benchmark's own body is wrong: ${JSON.stringify(faults)}`);
  return value as T;
}

function done<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`the engine refused: ${JSON.stringify(outcome.refusal)}`);
  return outcome.value;
}

function tell(count: number, orders: number, started_ms: number): void {
  const seconds = (Date.now() - started_ms) / 1000;
  if (count % 50_000 !== 0 && count !== orders) return;
  process.stderr.write(
    `  ${count.toLocaleString('en')} of ${orders.toLocaleString('en')} orders, ${Math.round(count / seconds).toLocaleString('en')}/s\n`,
  );
}

const [folder = '', orders = ''] = process.argv.slice(2);
if (folder === '' || !(Number(orders) > 0)) throw new Error('usage: node fill.ts FOLDER ORDERS');
await fill(folder, Number(orders));
