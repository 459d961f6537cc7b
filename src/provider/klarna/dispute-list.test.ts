// Protects: a page of disputes is the same as if all of them had been sorted and cut, in whichever order they come by and however many there are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import type { Dispute } from '../engine/dispute-state.ts';
import { orderBy, pageOf } from './dispute-list.ts';

/** As far as a list looks at a dispute. */
const disputes = fc.uniqueArray(
  fc.record({
    dispute_id: fc.stringMatching(/^[0-9a-f]{4}$/),
    created_at_ms: fc.nat(5),
    closed: fc.option(fc.record({ closed_at_ms: fc.nat(5) }), { nil: undefined }),
    reason: fc.constantFrom('A', 'B'),
  }),
  { selector: ({ dispute_id }) => dispute_id, maxLength: 40 },
) as unknown as fc.Arbitrary<Dispute[]>;

async function* passing(all: readonly Dispute[]) {
  yield* all;
}

test('pages are what a sorted list would be cut into, forwards and backwards', async () => {
  const sorts = fc.subarray(['created_at', '-closed_at', 'closed_at', '-created_at'] as const, { minLength: 1 });
  const asked = fc.constantFrom('first', 'starting_after', 'ending_before');
  await fuzz(
    fc.asyncProperty(
      disputes,
      sorts,
      asked,
      fc.integer({ min: 1, max: 12 }),
      fc.nat(60),
      async (all, sort, how, size, at) => {
        const isListed = ({ reason }: Dispute) => String(reason) === 'A';
        const order = orderBy(sort);
        const sorted = all.filter(isListed).sort(order);
        const index = at % (sorted.length || 1);
        const cursor = how === 'first' ? undefined : sorted[index];
        const [from, to] = !cursor
          ? [0, size]
          : how === 'starting_after'
            ? [index + 1, index + 1 + size]
            : [Math.max(0, index - size), index];
        const page = await pageOf(passing(all), { fits: isListed, order, size, ...(cursor && { [how]: cursor }) });
        assert.deepEqual(page, {
          items: sorted.slice(from, to),
          total: sorted.length,
          before: from > 0,
          more: to < sorted.length,
        });
      },
    ),
    500,
  );
});
