import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutboxMessage } from '../store/store.ts';
import { type Callback, HOUR_MS, MINUTE_MS } from './engine/state.ts';
import { afterAttempt, DELIVERY_RULES, explainAnswer, outboxMessage } from './outbox.ts';

const FIRST_MS = Date.UTC(2027, 0, 1);

function message(rule: Callback['rule']): OutboxMessage {
  const callback = { rule, url: 'http://localhost/x', body: '', due_at_ms: FIRST_MS, subject: '' };
  return outboxMessage(callback, 'K1', 'id');
}

/** When each attempt is due, ms after the first, if every one is answered by `status` after `took_ms`. */
function schedule(rule: Callback['rule'], status: number, took_ms = 0): number[] {
  const due: number[] = [];
  for (let next: OutboxMessage | undefined = message(rule); next; next = afterAttempt(next, status, took_ms))
    due.push(next.due_at_ms - FIRST_MS);
  return due;
}

// Protects: three attempts in all, one second after the first has failed, two after the second.
test('authorization and push: three attempts, 1 s and 2 s after a failure', () => {
  for (const rule of ['authorization', 'push'] as const) {
    assert.deepEqual(schedule(rule, 500), [0, 1_000, 3_000]);
    assert.deepEqual(schedule(rule, 0, 2_000), [0, 3_000, 7_000]);
  }
});

// Protects: which answers end a delivery. A redirect is no answer that does.
test('authorization and push end with any 2xx', () => {
  for (const status of [200, 201, 202, 204, 299]) assert.deepEqual(schedule('authorization', status), [0]);
  for (const status of [0, 199, 301, 302, 400, 404, 500]) assert.equal(schedule('push', status).length, 3);
});

// Protects: every ten minutes for 24 hours, however long an answer takes, until exactly 200.
test('fraud notification: every ten minutes for a day until exactly 200', () => {
  for (const status of [201, 202, 204, 302, 500, 0]) {
    const due = schedule('notification', status, 4_000);
    assert.equal(due.length, 145);
    due.forEach((at_ms, index) => {
      assert.equal(at_ms, index * 10 * MINUTE_MS);
    });
    assert.equal(due.at(-1), 24 * HOUR_MS);
  }
  assert.deepEqual(schedule('notification', 200), [0]);
});

// Protects: four calls in all, a few seconds apart, for the status of hosted sessions; any 2xx ends them.
test('hosted status: four attempts, five seconds after each failure', () => {
  assert.deepEqual(schedule('hosted_status', 500), [0, 5_000, 10_000, 15_000]);
  assert.deepEqual(schedule('hosted_status', 0, 3_000), [0, 8_000, 16_000, 24_000]);
  for (const status of [200, 202, 204]) assert.deepEqual(schedule('hosted_status', status), [0]);
  for (const status of [302, 404]) assert.equal(schedule('hosted_status', status).length, 4);
  assert.equal(DELIVERY_RULES.hosted_status.read_ms, 3_000);
});

// Protects: the documented time-outs of the authorization callback.
test('time-outs of the authorization callback: two seconds to connect, two to answer', () => {
  const { connect_ms, read_ms } = DELIVERY_RULES.authorization;
  assert.deepEqual([connect_ms, read_ms], [2_000, 2_000]);
});

// Protects: the log says why a call is repeated, which is the question behind most of them.
test('an answer that does not end the delivery is explained', () => {
  const [explanation] = explainAnswer('notification', 204, message('notification')).explanations ?? [];
  assert.match(explanation?.message ?? '', /exactly status 200; there was status 204\. It is called again/);
  assert.match(explainAnswer('push', 0, undefined).explanations?.[0]?.message ?? '', /no answer\. That was the last/);
  assert.deepEqual(explainAnswer('push', 204, undefined), {});
});
