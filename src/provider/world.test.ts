import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../testing.ts';
import { uuidFloor, uuidGenerator } from './world.ts';

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const millisecondsOf = (id: string) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

test('ids are version 7, all different, and rise, even when many are made in one millisecond', () => {
  const id = uuidGenerator(() => 1_800_000_000_000);
  const made = Array.from({ length: 20_000 }, id);
  for (const each of made) assert.match(each, VERSION_7);
  assert.deepEqual([...made].sort(), made, 'in the order in which they were made');
  assert.equal(new Set(made).size, made.length);
});

test('ids rise whatever the clock does: stands, runs, jumps ahead or is set back', async () => {
  const steps = fc.array(fc.oneof(fc.constant(0), fc.nat(5), fc.integer({ min: -100_000, max: 100_000 })), {
    maxLength: 200,
  });
  await fuzz(
    fc.property(fc.integer({ min: 1_700_000_000_000, max: 4_000_000_000_000 }), steps, (start, moves) => {
      let now_ms = start;
      const id = uuidGenerator(() => now_ms);
      let before = id();
      for (const move of moves) {
        now_ms += move;
        const next = id();
        assert.ok(next > before, `${next} comes after ${before}`);
        assert.match(next, VERSION_7);
        before = next;
      }
    }),
    200,
  );
});

test('an id tells the millisecond it was made in', () => {
  for (const now_ms of [1, 1_700_000_000_123, 253_402_300_799_999]) {
    assert.equal(millisecondsOf(uuidGenerator(() => now_ms)()), now_ms);
  }
});

test('a clock set back for good does not let ids repeat: they go on from where they were', () => {
  let now_ms = 1_800_000_000_000;
  const id = uuidGenerator(() => now_ms);
  const before = Array.from({ length: 5_000 }, id);
  now_ms -= 86_400_000;
  const after = Array.from({ length: 10_000 }, id);
  const all = [...before, ...after];
  assert.deepEqual([...all].sort(), all);
  assert.equal(new Set(all).size, all.length);
});

test('the floor of a millisecond is at most every id made in it, and above every id made before', async () => {
  await fuzz(
    fc.property(fc.integer({ min: 1, max: 253_402_300_799_999 }), (ms) => {
      const floor = uuidFloor(ms);
      assert.match(floor, VERSION_7);
      assert.ok(floor <= uuidGenerator(() => ms)());
      assert.ok(floor > uuidGenerator(() => ms - 1)());
    }),
    200,
  );
  assert.equal(millisecondsOf(uuidFloor(-5)), 0);
  assert.equal(millisecondsOf(uuidFloor(12.9)), 12);
});
