// Takes the pictures of docs/images anew: `node scripts/run.mjs screenshots`. Its parts come from the browser tests.
import { join } from 'node:path';
import { test } from 'node:test';
import { browserWorld, buy, newHosted, newSession, SIZES, signIn } from '../src/provider/checkout/testing.ts';

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

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60"><text x="100" y="42" text-anchor="middle" font-family="serif" font-style="italic" font-size="34" fill="#7a2f1d">Café Mimosa</text></svg>';
const WALL =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 10" preserveAspectRatio="none"><path fill="#f3ddc0" d="M0 0h16v10H0z"/><path fill="#e9c8a2" d="M0 10 16 3v7z"/></svg>';

test('the hosted payment page as a merchant wants it', async () => {
  const shop = await world.shop({ name: 'Café Mimosa' });
  await world.browse({}, async (visit) => {
    const picture = (body: string) => ({ contentType: 'image/svg+xml', body });
    await visit.context.route('**/logo.svg', (route) => route.fulfill(picture(LOGO)));
    await visit.context.route('**/wall.svg', (route) => route.fulfill(picture(WALL)));
    const options = {
      page_title: 'Book your table',
      logo_url: `${visit.shopUrl}/logo.svg`,
      background_images: [{ url: `${visit.shopUrl}/wall.svg` }],
      purchase_type: 'BOOK',
    };
    const order_lines = [
      { name: 'Table for two, Friday 19:00', quantity: 1, unit_price: 40_000, total_amount: 40_000 },
    ];
    const { redirect_url } = await newHosted(shop, { options }, { ...PURCHASE, order_amount: 40_000, order_lines });
    const page = await visit.openLink(redirect_url);
    await signIn(page);
    await page.getByTestId('option-pay_now').check();
    await page.getByRole('heading', { level: 1 }).focus();
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(folder, 'hosted-payment-page.png') });
  });
});

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
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(folder, 'shop.png'), fullPage: true });
  });
});
