/** The demo shop as a newcomer meets it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertAccessible, browserWorld, buy, signIn } from '../checkout/testing.ts';

const PURCHASES = [
  { country: 'SE', size: 'phone', total: 'kr', lines: 2 },
  { country: 'DE', size: 'desktop', total: '€16.90', lines: 2 },
  { country: 'GB', size: 'phone', total: '£14.90', lines: 2 },
  { country: 'US', size: 'desktop', total: '$19.44', lines: 3 },
] as const;

describe('the demo shop in a browser', () => {
  const world = browserWorld();

  for (const { country, size, total, lines } of PURCHASES) {
    test(`a purchase in ${country} on a ${size}, shipped and sent back`, async () => {
      await world.browse({ size }, async ({ context }) => {
        const page = await context.newPage();
        await page.goto(`${world.provider.url}/shop`);
        await page.getByTestId('country').selectOption(country);
        await assertAccessible(page, 'shelves');
        await page.getByTestId('checkout').click();
        await page.frameLocator('#klarna iframe').getByTestId('widget').waitFor();
        await page.getByTestId('pay').waitFor();
        await assertAccessible(page, 'checkout');
        const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByTestId('pay').click()]);
        await signIn(popup);
        await buy(popup);
        await page.getByTestId('step-order').waitFor();
        const rows = await page.getByTestId('lines').getByRole('listitem').allInnerTexts();
        assert.equal(rows.length, lines);
        assert.ok(rows.at(-1)?.includes(total), rows.join());
        await page.getByTestId('ship').click();
        await page.getByTestId('refund').click();
        await page.getByTestId('refund').waitFor({ state: 'detached' });
        assert.equal(await page.getByTestId('status').getAttribute('data-status'), 'CAPTURED');
        await assertAccessible(page, 'order');
        const calls = (await page.getByTestId('call').locator('code').allInnerTexts()).join('\n');
        assert.match(calls, /POST \/payments\/v1\/sessions 200\n.*load\nSDK Klarna.Payments.authorize\n/s);
        assert.match(calls, /\/order 200\n.*\/captures 201\n.*\/refunds 201\n/s);
        const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        assert.equal(wide, false, 'nothing is wider than the screen');
        await page.reload();
        await page.getByTestId('step-order').waitFor();
      });
    });
  }

  test('after going back the shopper may try again; after a decline Klarna is gone', async () => {
    await world.browse({}, async ({ context }) => {
      const page = await context.newPage();
      await page.goto(`${world.provider.url}/shop`);
      await page.getByTestId('checkout').click();
      for (const [outcome, words] of [
        ['back', /Try again/],
        ['decline', /does not offer/],
      ] as const) {
        const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByTestId('pay').click()]);
        await popup.getByTestId(`outcome-${outcome}`).click();
        if (outcome === 'decline') await popup.getByTestId('close').click();
        await page.getByTestId('told').filter({ hasText: words }).waitFor();
        assert.equal(await page.getByTestId('pay').isVisible(), outcome === 'back');
      }
    });
  });

  test('a link to an order that is not there', async () => {
    await world.browse({ expected: /404/ }, async ({ context }) => {
      const page = await context.newPage();
      await page.goto(`${world.provider.url}/shop?order=../../x`);
      await page.getByTestId('step-failed').waitFor();
      assert.match(await page.getByTestId('told').innerText(), /no such/);
      await assertAccessible(page, 'failed');
      await page.getByRole('link', { name: 'To the shop' }).click();
      await page.getByTestId('step-shelves').waitFor();
    });
  });
});
