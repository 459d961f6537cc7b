// Protects: a 22-digit id leads back to what it stands for, no two are alike, and they rise with time as our own ids do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { uuidGenerator } from '../world.ts';
import { recordKey, requestId } from './ids.ts';

test('ids have 22 digits, rise, and are all different, however many are made in a millisecond', () => {
  const next = uuidGenerator(() => 1_795_171_234_567);
  const ids = Array.from({ length: 10_000 }, () => requestId(next()));
  for (const id of ids) assert.match(id, /^7\d{21}$/);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids, ids.toSorted());
});

test('an id and its key lead to each other, in the same order', async () => {
  const ms = fc.integer({ min: 0, max: 9_999_999_999_999 });
  const uuid = fc
    .tuple(ms, fc.integer({ min: 0, max: 4_095 }), fc.integer({ min: 0, max: 2 ** 48 - 1 }))
    .map(([time, count, chance]) => {
      const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
      return `${hex(time, 12).slice(0, 8)}-${hex(time, 12).slice(8)}-7${hex(count, 3)}-8000-${hex(chance, 12)}`;
    });
  await fuzz(
    fc.property(uuid, uuid, (one, other) => {
      const [a, b] = [requestId(one), requestId(other)];
      const [keyA = '', keyB = ''] = [recordKey(a), recordKey(b)];
      assert.equal(requestId(keyA), a);
      assert.equal(keyA.slice(0, 18), one.slice(0, 18), 'time and count are kept');
      assert.equal(a === b, keyA === keyB);
      assert.equal(a < b, keyA < keyB);
    }),
    500,
  );
});

test('what is no id of ours leads nowhere', () => {
  for (const id of [
    '',
    '7',
    '6'.repeat(22),
    '7'.repeat(23),
    `7${'9'.repeat(21)}`,
    '７179517757166200828787',
    "7'; DROP",
  ])
    assert.equal(recordKey(id), undefined, id);
});
