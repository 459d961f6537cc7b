/** Which call a rule strikes: counts, chance, paths. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { type FaultRule, type FaultTarget, isAbout, meetCall, type Strike, type Tally } from './ordered-faults.ts';

const RULE: FaultRule = { fault_id: 'f', on: {}, effect: 'drop', when: 'before', skip: 0, probability: 1, seed: 1 };
const CALL = { method: 'POST', path: '/ordermanagement/v1/orders/7/captures', operation: 'createCapture' };

/** What a rule does with so many calls. */
function strikes(rule: FaultRule, calls: number): (Strike | undefined)[] {
  let tally: Tally = { matched: 0, fired: 0 };
  return Array.from({ length: calls }, () => {
    const met = meetCall(rule, tally);
    tally = met.tally;
    return met.strike;
  });
}

// Protects: `skip n, then times m` means exactly that.
test('skip and times count calls', async () => {
  const counts = fc.record({ skip: fc.nat(20), times: fc.integer({ min: 1, max: 20 }), calls: fc.nat(60) });
  await fuzz(
    fc.property(counts, ({ skip, times, calls }) => {
      const struck = strikes({ ...RULE, skip, times }, calls).map((strike) => strike !== undefined);
      const expected = Array.from({ length: calls }, (_, i) => i >= skip && i < skip + times);
      assert.deepEqual(struck, expected);
    }),
    200,
  );
});

// Protects: a failing run can be had again by its seed, and another seed is another run.
test('chance follows from the seed alone', async () => {
  const chances = fc.record({
    seed: fc.nat(2 ** 32 - 1),
    probability: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
  });
  await fuzz(
    fc.property(chances, ({ seed, probability }) => {
      const rule: FaultRule = {
        ...RULE,
        seed,
        probability,
        wait: { min_ms: 10, max_ms: 1_000, clock: 'real' },
      };
      const [once, again] = [strikes(rule, 2_000), strikes(rule, 2_000)];
      assert.deepEqual(once, again);
      const struck = once.filter((strike) => strike !== undefined);
      // Six standard deviations: chance alone will not get there.
      assert.ok(
        Math.abs(struck.length - 2_000 * probability) < 6 * Math.sqrt(2_000 * probability * (1 - probability)) + 1,
      );
      for (const { wait_ms } of struck) assert.ok(Number.isInteger(wait_ms) && wait_ms >= 10 && wait_ms <= 1_000);
      assert.deepEqual(
        struck.map(({ nth }) => nth),
        struck.map((_, index) => index + 1),
      );
      const other = strikes({ ...rule, seed: seed ^ 1 }, 2_000);
      assert.notDeepEqual(
        once.map((strike) => strike !== undefined),
        other.map((strike) => strike !== undefined),
      );
    }),
    50,
  );
});

// Protects: a rule strikes the calls that it names and no others.
test('what a rule is about', () => {
  const about = (on: FaultTarget, call: Parameters<typeof isAbout>[1] = CALL) => isAbout({ ...RULE, on }, call, 0);
  const yes: FaultTarget[] = [
    {},
    { method: 'POST' },
    { operation: 'createCapture' },
    { path: CALL.path },
    { path: '/ordermanagement/v1/orders/*/captures' },
    { path: '/ordermanagement/v1/orders/{order_id}/captures/' },
    { path: '/ordermanagement/**' },
    { path: '/**' },
    { method: 'POST', path: '/ordermanagement/v1/**', operation: 'createCapture' },
  ];
  for (const on of yes) assert.ok(about(on), JSON.stringify(on));
  const no: FaultTarget[] = [
    { method: 'GET' },
    { operation: 'createRefund' },
    { path: '/ordermanagement/v1/orders/*' },
    { path: '/ordermanagement/v1/orders/*/capt*' },
    { path: '/ordermanagement/v1/orders/*/captures/*' },
    { path: '/payments/**' },
    { method: 'POST', path: '/ordermanagement/**', operation: 'createRefund' },
    { callback: 'any' },
  ];
  for (const on of no) assert.ok(!about(on), JSON.stringify(on));
  const push = { method: 'POST', path: 'http://localhost/push', callback: 'push' };
  for (const callback of ['push', 'any']) assert.ok(about({ callback }, push));
  for (const on of [{}, { callback: 'notification' }, { path: '/**' }]) assert.ok(!about(on, push));
});

test('a rule ends at its time', () => {
  const rule = { ...RULE, ends_at_ms: 1_000 };
  assert.ok(isAbout(rule, CALL, 999));
  assert.ok(!isAbout(rule, CALL, 1_000));
});
