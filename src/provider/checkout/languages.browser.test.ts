/** Every step of the payment page in every language and size: what it says, how it fits, and what axe finds. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { purchaseIn } from '../testing.ts';
import { assertAccessible, browserWorld, newSession, SIZES } from './testing.ts';

describe('the payment page in every language', () => {
  const world = browserWorld();

  const spoken = [
    ['SE', 'SEK', 'sv-SE', 'Hur vill du betala?', /100,00\skr/],
    ['DE', 'EUR', 'de-DE', 'Wie möchten Sie bezahlen?', /100,00\s€/],
    ['FI', 'EUR', 'fi-FI', 'Miten haluat maksaa?', /100,00\s€/],
    ['GB', 'GBP', 'en-GB', 'How do you want to pay?', /£100\.00/],
    ['FR', 'EUR', 'fr-FR', 'How do you want to pay?', /100,00\s€/],
  ] as const;

  for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) {
    test(`every step in every language, without a finding of axe or a sideways scroll, on a ${size}`, async () => {
      const shop = await world.shop({ name: 'Café Mimosa' });
      await world.browse({ size }, async (visit) => {
        // The words do not depend on the size; two languages are enough to see that the layout holds.
        for (const [country, currency, locale, title, money] of size === 'phone' ? spoken : spoken.slice(0, 2)) {
          const { client_token } = await newSession(shop, {
            ...purchaseIn(country, currency, locale),
            order_tax_amount: 0,
            billing_address: { email: 'customer@email.example', country },
          });
          const page = await visit.openPage(client_token);
          await assertAccessible(page, `${locale} sign-in`);
          await page.getByTestId('continue').click();
          await page.getByTestId('code').waitFor();
          await assertAccessible(page, `${locale} code`);
          await page.getByTestId('code').fill('123456');
          await page.getByTestId('continue').click();
          await page.getByRole('heading', { name: title }).waitFor();
          await page.getByTestId('option-pay_over_time').check();
          await assertAccessible(page, `${locale} choose`);
          assert.match((await page.getByTestId('total').textContent()) ?? '', money);
          assert.equal(
            await page.evaluate('document.documentElement.lang'),
            title.startsWith('How') ? 'en' : locale.slice(0, 2),
          );
          assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${locale} fits`);
          await page.getByTestId('outcome-decline').click();
          await page.getByTestId('ending-declined').waitFor();
          await assertAccessible(page, `${locale} declined`);
          await page.close();
        }
      });
    });
  }
});
