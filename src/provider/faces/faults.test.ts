// Protects: whoever works with one of the APIs orders a fault by the name of its operation, and meets it in the words of that API.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { OPERATIONS as CYBERSOURCE } from '../cybersource/operations.ts';
import { authorizationBody } from '../cybersource/testing.ts';
import { renderFaultable, unknownOperation } from '../faultable.ts';
import { OPERATIONS as KLARNA } from '../klarna/operations.ts';
import { OPERATIONS as PURSE } from '../purse/paths.ts';
import { assertRefused, STORES, sharedProvider } from '../testing.ts';
import { ManyFaces } from './testing.ts';

for (const kind of STORES) {
  describe(`faults by the name of an operation, ${kind.name}`, () => {
    const world = sharedProvider(kind);

    async function ordered(operation: string): Promise<ManyFaces> {
      const faces = await ManyFaces.open(world);
      const { merchant_id } = faces.klarna;
      const fault = { on: { operation }, effect: 'error', code: 'INTERNAL_SERVER_ERROR', times: 1 };
      await faces.control('POST', '/faults', { merchant_id, ...fault });
      return faces;
    }

    /** What the fault has met: the call of the name, and no other. */
    async function met({ klarna, world: { provider } }: ManyFaces): Promise<readonly number[]> {
      const { faults } = await provider.control('GET', `/faults?merchant_id=${klarna.merchant_id}`);
      const [{ matched, fired } = { matched: 0, fired: 0 }] = faults as { matched: number; fired: number }[];
      return [matched, fired];
    }

    test('Klarna', async () => {
      const faces = await ordered('createCapture');
      const named = await faces.place({ begun: 'purse v2', market: 'FR', amount: 100, review: false });
      assert.ok((await faces.change('purse v2', { do: 'capture', amount: 40 }, named)).done);
      assert.deepEqual(await met(faces), [0, 0], 'Purse has an operation of this name too');
      const answer = await faces.klarna.manage('POST', named.order_id, '/captures', { captured_amount: 60 });
      assertRefused(answer, 500, 'INTERNAL_SERVER_ERROR');
      assert.deepEqual(await met(faces), [1, 1]);
      assert.equal((await faces.klarna.read(named.order_id)).captured_amount, 40);
    });

    test('Cybersource', async () => {
      const faces = await ordered('cybersource.authorize');
      const { id } = await faces.cybersource.session('inline');
      const token = await faces.cybersource.approve(id);
      const answer = await faces.cybersource.call('POST', '/pts/v2/payments', authorizationBody(token));
      assert.equal(answer.status, 502, answer.text);
      assert.deepEqual([answer.body.status, answer.body.reason], ['SERVER_ERROR', 'SYSTEM_ERROR']);
      assert.deepEqual(await met(faces), [1, 1]);
      await faces.cybersource.authorize(token);
    });

    test('Purse, v1 and v2', async () => {
      for (const [operation, face] of [
        ['purse.capture', 'purse v1'],
        ['purse.createCapture', 'purse v2'],
      ] as const) {
        const faces = await ordered(operation);
        const named = await faces.place({ begun: 'purse v1', market: 'FR', amount: 100, review: false });
        const struck = await faces.change(face, { do: 'capture', amount: 100 }, named);
        assert.equal(struck.done, false);
        assert.match(struck.told, /: 500 \{"type":"urn:eu\.purse:internal-server-error","status":500/);
        assert.deepEqual(await met(faces), [1, 1]);
        assert.equal((await faces.klarna.read(named.order_id)).captured_amount, 0);
        assert.ok((await faces.change(face, { do: 'capture', amount: 100 }, named)).done);
      }
    });
  });
}

test('every operation of every API has a name of its own, which the page of faults lists', () => {
  const names = [
    ...KLARNA.map(({ name }) => name),
    ...CYBERSOURCE.map(({ name }) => `cybersource.${name}`),
    ...PURSE.filter(({ access }) => access !== 'public').map(({ name }) => `purse.${name}`),
  ];
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.equal(unknownOperation(name), undefined);
  const page = readFileSync(new URL('../../../docs/faults.md', import.meta.url), 'utf8');
  assert.equal(page, renderFaultable(page), 'run npm run docs');
  for (const name of names) assert.ok(page.includes(`\`${name}\``), name);
});
