// Protects: what is kept to recognise repeats, and of what came to nothing, does not grow for ever, and is not forgotten while it is needed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openStore } from '../../store/open.ts';
import { startProvider } from '../index.ts';
import { STORES } from '../testing.ts';
import { authorizationBody, CybersourceShop } from './testing.ts';

const UNKNOWN_TOKEN = '00000000-0000-7000-8000-000000000000';

for (const kind of STORES.filter(({ durable }) => durable)) {
  describe(`references on ${kind.name}`, () => {
    test('a reference is removed when it may be used again, what failed after 60 days, and not before', async () => {
      const { options, drop } = await kind.open();
      try {
        const provider = await startProvider({ store: options });
        const shop = await CybersourceShop.open(() => provider);
        const authorize = (code: string, transactionId: string) =>
          shop.authorized({ clientReferenceInformation: { code, transactionId } });
        await authorize('a', 'till-1');
        await shop.expect('FAILED', 'POST', '/pts/v2/payments', authorizationBody(UNKNOWN_TOKEN));
        await shop.advance('PT15M');
        await authorize('b', 'till-2');
        await shop.advance('PT14M');
        const { merchant_id } = shop.key;
        const left = async () => {
          await provider.close();
          const store = await openStore(options);
          const due = (kept: 'cybersource_reference' | 'cybersource_payment') =>
            store.due(kept, merchant_id, Number.MAX_SAFE_INTEGER, 100);
          const [references, failed] = [await due('cybersource_reference'), await due('cybersource_payment')];
          await store.close();
          return [references.length, failed.length];
        };
        assert.deepEqual(await left(), [3, 1], 'the younger reference, both transaction ids, what failed');

        const again = await startProvider({ store: options });
        await again.control('POST', '/clock', { merchant_id, advance: 'P60D' });
        await again.close();
        assert.deepEqual(await left(), [0, 0]);
      } finally {
        await drop();
      }
    });
  });
}
