// Takes the pictures of docs/images anew: `node scripts/run.mjs screenshots`. Its parts come from the browser tests.
import { join } from 'node:path';
import { test } from 'node:test';
import { browserWorld, buy, newSession, SIZES, signIn } from '../src/provider/checkout/testing.ts';

const folder = join(import.meta.dirname, '../docs/images');

const PURCHASE = {
  purchase_country: 'SE',
  purchase_currency: 'SEK',
  locale: 'en-SE',
  order_amount: 129_900,
  order_tax_amount: 0,
  order_lines: [
    { name: 'Wool blanket, grey', quantity: 1, unit_price: 89_900, total_amount: 89_900 },
    { name: 'Coffee mug', quantity: 2, unit_price: 17_550, total_amount: 35_100 },
    { type: 'shipping_fee', name: 'Home delivery', quantity: 1, unit_price: 4_900, total_amount: 4_900 },
  ],
};

const world = browserWorld();

for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) {
  test(`the payment page on a ${size}`, async () => {
    const shop = await world.shop({ name: 'Café Mimosa' });
    const { client_token } = await newSession(shop, PURCHASE);
    await world.browse({ size }, async (visit) => {
      const page = await visit.openPage(client_token);
      await signIn(page);
      await page.getByTestId('option-pay_over_time').check();
      await page.getByTestId('date_of_birth').fill('1980-05-17');
      await page.getByRole('heading', { level: 1 }).focus();
      await page.screenshot({ path: join(folder, `payment-page-${size}.png`), fullPage: true });
    });
  });
}

test('the demo shop after a purchase', async () => {
  await world.browse({}, async ({ context }) => {
    const page = await context.newPage();
    await page.goto(`${world.provider.url}/shop`);
    await page.getByTestId('country').selectOption('US');
    await page.getByTestId('checkout').click();
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByTestId('pay').click()]);
    await signIn(popup);
    await buy(popup);
    await page.getByTestId('ship').waitFor();
    await page.screenshot({ path: join(folder, 'shop.png'), fullPage: true });
  });
});
