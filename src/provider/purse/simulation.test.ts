/** The instalments that the widget shows, over HTTP. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { type Json, STORES, sharedProvider } from '../testing.ts';
import { PurseShop } from './testing.ts';

for (const kind of STORES.filter(({ name }) => name === 'SQLite memory')) {
  describe('simulation', () => {
    const world = sharedProvider(kind);
    /** As the widget asks, with the API key alone. */
    const ask = <T = Json>(shop: PurseShop, body: unknown, path = 'klarna/installments') =>
      shop.send<T>('POST', `/${shop.entity_id}/simulations/${path}`, body, { 'x-api-key': shop.api_key });

    // Protects: the shopper is shown instalments that add up to the price, and the same as on Klarna's page.
    test('instalments add up', async () => {
      const shop = await PurseShop.open(world);
      const { status, body } = await ask(shop, { amount: 100, currency_code: 'eur' });
      assert.equal(status, 200);
      assert.deepEqual(body, {
        initialInstallmentAmount: 16.7,
        installmentAmount: 16.66,
        finalInstallmentAmount: 16.66,
        installmentCount: 6,
        totalCost: 0,
        totalAmount: 100,
        aprc: 0,
      });
      const several = await ask(shop, { amount: 100, currency_code: 'EUR' }, 'klarna/installments/multi');
      assert.deepEqual(several.body, [body]);
      await fuzz(
        fc.asyncProperty(fc.integer({ min: 1, max: 200_000_000 }), async (minor) => {
          const plan = (await ask<Record<string, number>>(shop, { amount: minor / 100, currency_code: 'EUR' })).body;
          const cents = (name: string) => Math.round((plan[name] ?? Number.NaN) * 100);
          const middle = ((plan.installmentCount ?? 0) - 2) * cents('installmentAmount');
          assert.equal(cents('initialInstallmentAmount') + middle + cents('finalInstallmentAmount'), minor);
        }),
        50,
      );
    });

    // Protects: what cannot be simulated is said by the widget's own codes.
    test('what cannot be simulated', async () => {
      const shop = await PurseShop.open(world);
      const good = { amount: 100, currency_code: 'EUR' };
      const cases: readonly [RegExp, unknown, string?][] = [
        [/^METHOD_IS_NOT_SIMULABLE/, good, 'alma/installments'],
        [/^METHOD_IS_NOT_SIMULABLE/, good, 'klarna/paylater'],
        [/^INVALID_LOAN_SIMULATION/, { ...good, amount: 0 }],
        [/^INVALID_LOAN_SIMULATION/, { ...good, currency_code: 'JPY' }],
        [/^amount should be/, { ...good, amount: 1.234 }],
        [/^amount should be/, { ...good, amount: -1 }],
        [/^amount is missing/, { currency_code: 'EUR' }],
        [/^currency_code is missing/, { amount: 1 }],
        [/^the body should be/, []],
      ];
      for (const [detail, body, path] of cases) {
        const answer = await ask(shop, body, path);
        assert.equal(answer.status, 400, answer.text);
        assert.match(String(answer.body.detail), detail);
      }
      const { merchant_id } = shop.klarna;
      await world.provider.control('PATCH', `/merchants/${merchant_id}`, { payment_method_categories: ['pay_later'] });
      assert.match(String((await ask(shop, good)).body.detail), /^METHOD_IS_NOT_SIMULABLE/);
    });
  });
}
