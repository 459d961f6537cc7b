// Protects: a delivery is repeated when Cybersource's models say it is, and never for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { MINUTE_MS } from '../engine/state.ts';
import { repeatsOf } from './retries.ts';

/** When each repeat is due, in minutes after the first call. */
function due(policy: Parameters<typeof repeatsOf>[0]): number[] {
  let at = 0;
  return repeatsOf(policy).map((ms) => {
    at += ms / MINUTE_MS;
    return at;
  });
}

test('the examples of the models', () => {
  const ten = { firstRetry: 10, interval: 30, numberOfRetries: 3 };
  assert.deepEqual(due({}), [1, 2, 3], 'unless told otherwise');
  assert.deepEqual(due(ten), [10, 40, 70]);
  assert.deepEqual(due({ ...ten, algorithm: 'GEOMETRIC' }), [10, 300, 9_000]);
  const again = { ...ten, repeatSequenceCount: 2, repeatSequenceWaitTime: 10 };
  assert.deepEqual(due(again), [10, 40, 70, 90, 120, 150, 170, 200, 230]);
});

test('whatever the policy, the repeats are as many as it says, and none comes before the one it follows', async () => {
  const policy = fc.record(
    {
      algorithm: fc.constantFrom('ARITHMETIC' as const, 'GEOMETRIC' as const),
      firstRetry: fc.nat(1_440),
      interval: fc.nat(1_440),
      numberOfRetries: fc.nat(10),
      repeatSequenceCount: fc.nat(10),
      repeatSequenceWaitTime: fc.nat(10_080),
    },
    { requiredKeys: [] },
  );
  await fuzz(
    fc.property(policy, (sent) => {
      const repeats = repeatsOf(sent);
      assert.equal(repeats.length, (sent.numberOfRetries ?? 3) * ((sent.repeatSequenceCount ?? 0) + 1));
      assert.ok(repeats.every((ms) => ms >= 0 && Number.isFinite(ms)));
    }),
    300,
  );
});
