// Protects: what is kept to recognise repeats does not grow for ever, and is not forgotten while it is needed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openStore } from '../../store/open.ts';
import { startProvider } from '../index.ts';
import { STORES } from '../testing.ts';
import { CybersourceShop } from './testing.ts';

for (const kind of STORES.filter(({ durable }) => durable)) {
  describe(`references on ${kind.name}`, () => {
    test('a reference is removed when it may be used again, and not before', async () => {
      const { options, drop } = await kind.open();
      try {
        const provider = await startProvider({ store: options });
        const shop = await CybersourceShop.open(() => provider);
        const authorize = (code: string, transactionId: string) =>
          shop.authorized({ clientReferenceInformation: { code, transactionId } });
        await authorize('a', 'till-1');
        await shop.advance('PT15M');
        await authorize('b', 'till-2');
        await shop.advance('PT14M');
        const { merchant_id } = shop.key;
        const left = async () => {
          await provider.close();
          const store = await openStore(options);
          const ids = await store.due('cybersource_reference', merchant_id, Number.MAX_SAFE_INTEGER, 100);
          await store.close();
          return ids.length;
        };
        assert.equal(await left(), 3, 'the younger reference, and both transaction ids');

        const again = await startProvider({ store: options });
        await again.control('POST', '/clock', { merchant_id, advance: 'P60D' });
        await again.close();
        assert.equal(await left(), 0);
      } finally {
        await drop();
      }
    });
  });
}
