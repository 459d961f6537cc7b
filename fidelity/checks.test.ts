/** The readers of expectations: each sees what is wrong, and nothing where all is right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fill, problems } from './checks.ts';
import type { Answer } from './client.ts';
import type { Expectation } from './probe.ts';

const BODY = {
  error_code: 'BAD_VALUE',
  error_messages: ['Bad value: a, b'],
  correlation_id: 'c-1',
  error_id: '7d2f1c30-8f61-4f3c-9a56-1f5b1a4d7e01',
  error_type: 'INPUT_ERROR',
  error_message: 'wrong',
  order: { lines: [{ name: 'Shoe', at: '2026-01-01T00:00:00.000Z', n: 1 }] },
  nothing: null,
};
const ANSWER: Answer = {
  status: 400,
  headers: [
    ['Klarna-Correlation-Id', 'c-1'],
    ['Content-Type', 'application/json'],
  ],
  text: JSON.stringify(BODY),
  json: BODY,
};
const KEPT = new Map([['name', 'Shoe']]);

/** What holds of the answer, and what of the same kind does not. */
const ROWS: readonly (readonly [right: Partial<Expectation>, ...wrong: Partial<Expectation>[]])[] = [
  [{ status: [400, 404] }, { status: 200 }, { status: [] }],
  [{ code: 'BAD_VALUE' }, { code: 'bad_value' }, { code: '' }],
  [
    { messages: ['Bad value: a, b'] },
    { messages: [] },
    { messages: ['Bad value: a, b', 'more'] },
    { messages: ['Bad value: a'] },
  ],
  [{ bad: ['b', 'a'] }, { bad: ['a'] }, { bad: ['a', 'b', 'c'] }],
  [
    { headers: { 'Content-Type': /json/ } },
    { headers: { 'content-type': /json/ } },
    { headers: { 'Content-Type': 'json' } },
    { headers: { Location: { is: 'url' } } },
  ],
  [{ no_headers: ['Retry-After'] }, { no_headers: ['content-type'] }],
  [{ text: /error/ }, { text: /^$/ }],
  [
    { fields: { 'order.lines[0].name': '$name' } },
    { fields: { 'order.lines[0].name': 'shoe' } },
    { fields: { 'order.lines[1].name': 'Shoe' } },
  ],
  [
    { fields: { 'order.lines': { length: 1 } } },
    { fields: { 'order.lines': { length: 0 } } },
    { fields: { order: { length: 1 } } },
  ],
  [
    { fields: { 'order.lines[0].name': { not: 'Hat' } } },
    { fields: { 'order.lines[0].name': { not: '$name' } } },
    { fields: { 'order.hat': { not: 'Hat' } } },
  ],
  [{ fields: { nothing: null } }, { fields: { order: null } }, { fields: { absent: null } }],
  [
    { fields: { 'order.lines[0].at': { is: 'midnight' } } },
    { fields: { correlation_id: { is: 'midnight' } } },
    { fields: { 'order.lines[0].at': { hours_ahead: [0, 48] } } },
  ],
  [
    { fields: { 'order.lines[0].n': { is: 'integer' } } },
    { fields: { 'order.lines[0].name': { is: 'integer' } } },
    { fields: { absent: { is: 'integer' } } },
  ],
  [
    { fields: { error_id: { is: 'uuid' } } },
    { fields: { correlation_id: { is: 'uuid' } } },
    { fields: { error_id: { is: 'jwt' } } },
  ],
  [
    { fields: { order: { is: 'object' } } },
    { fields: { order: { is: 'list' } } },
    { fields: { nothing: { is: 'object' } } },
    { fields: { nothing: { is: 'text' } } },
  ],
  [{ absent: ['order.hat', 'order.lines[1]'] }, { absent: ['order.lines[0].name'] }, { absent: ['nothing'] }],
  [
    { dispute_error: { type: 'INPUT_ERROR', code: 'BAD_VALUE' } },
    { dispute_error: { type: 'ACCESS_ERROR', code: 'BAD_VALUE' } },
    { dispute_error: { type: 'INPUT_ERROR', code: 'X' } },
  ],
  [{ correlated: true }],
];

test('every kind of expectation holds where it should, and only there', () => {
  // A reader that sees nothing passes every probe.
  for (const [right, ...wrong] of ROWS) {
    assert.deepEqual(problems({ status: 400, ...right }, ANSWER, KEPT), [], JSON.stringify(right));
    for (const each of wrong)
      assert.notDeepEqual(problems({ status: 400, ...each }, ANSWER, KEPT), [], JSON.stringify(each));
  }
});

test('a body where none should be is a problem, and so is a correlation id that differs', () => {
  // A client that reads until the end of an empty answer would wait.
  assert.notDeepEqual(problems({ status: 400, empty: true }, ANSWER, KEPT), []);
  assert.deepEqual(
    problems({ status: 204, empty: true }, { ...ANSWER, status: 204, text: '', json: undefined }, KEPT),
    [],
  );
  assert.notDeepEqual(problems({ status: 400, correlated: true }, { ...ANSWER, headers: [] }, KEPT), []);
  assert.notDeepEqual(
    problems({ status: 400, correlated: true }, { ...ANSWER, json: { ...BODY, correlation_id: 'c-2' } }, KEPT),
    [],
  );
});

test('an answer that is not JSON has no fields', () => {
  // A proxy’s page must be a failure and not an exception.
  const page: Answer = { status: 502, headers: [], text: '<html>', json: undefined };
  assert.equal(
    problems({ status: 200, code: 'X', messages: ['a'], bad: ['a'], fields: { a: 1 } }, page, KEPT).length,
    7,
  );
});

test('a time that lies ahead is one within the hours that are given', () => {
  // An order that expires a day early is money lost.
  const json = { soon: new Date(Date.now() + 3_600_000).toISOString() };
  const answer = { ...ANSWER, json };
  const wrong = (hours_ahead: readonly [number, number]) =>
    problems({ status: 400, fields: { soon: { hours_ahead } } }, answer, KEPT).length;
  assert.deepEqual([wrong([1, 1]), wrong([0, 2]), wrong([0, 0.5]), wrong([2, 3])], [0, 0, 1, 1]);
});

test('texts name what was kept, and nothing else is replaced', () => {
  // Placeholders of Klarna’s own must travel as they are.
  assert.equal(fill('$name {{session_id}} {order.id} $unknown 5$', KEPT), 'Shoe {{session_id}} {order.id} $unknown 5$');
});
