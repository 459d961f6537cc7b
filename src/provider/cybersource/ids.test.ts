// Protects: a 22-digit id leads back to what it stands for, no two are alike, and they rise with time as our own ids do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { uuidGenerator } from '../world.ts';
import { keyFrom, ORDER_PLACES, placeOf, requestId } from './ids.ts';

test('ids have 22 digits, rise, and are all different, however many are made in a millisecond', () => {
  const next = uuidGenerator(() => 1_795_171_234_567);
  const ids = Array.from({ length: 10_000 }, () => requestId(keyFrom(next()), 0));
  for (const id of ids) assert.match(id, /^7\d{21}$/);
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids, ids.toSorted());
});

test('an id leads to its key and place and back, in the same order', async () => {
  const ms = fc.integer({ min: Date.UTC(2020), max: Date.UTC(2051) });
  const uuid = fc
    .tuple(ms, fc.integer({ min: 0, max: 4_095 }), fc.integer({ min: 0, max: 2 ** 48 - 1 }))
    .map(([time, count, chance]) => {
      const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
      return `${hex(time, 12).slice(0, 8)}-${hex(time, 12).slice(8)}-7${hex(count, 3)}-b000-${hex(chance, 12)}`;
    });
  const place = fc.integer({ min: 0, max: ORDER_PLACES });
  await fuzz(
    fc.property(uuid, uuid, place, place, (one, other, p, q) => {
      const [keyA, keyB] = [keyFrom(one), keyFrom(other)];
      const [a, b] = [requestId(keyA, p), requestId(keyB, q)];
      assert.deepEqual(placeOf(a), { key: keyA, place: p });
      assert.equal(keyFrom(keyA), keyA, 'a key is a key of its own');
      assert.equal(keyA.slice(0, 18), one.slice(0, 18), 'time and count are kept');
      assert.equal(a === b, keyA === keyB && p === q);
      if (keyA !== keyB) assert.equal(a < b, keyA < keyB);
      else assert.equal(a < b, p < q);
    }),
    500,
  );
});

test('what is no id of ours leads nowhere', () => {
  for (const id of ['', '7', '6'.repeat(22), '7'.repeat(23), `7${'9'.repeat(21)}`, '7179517757166a0828787', "7'; DROP"])
    assert.equal(placeOf(id), undefined, id);
});
