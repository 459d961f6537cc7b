// Protects: both flows work for a shopper with a browser: Klarna's page leads back to the shop with the token, and the widget hands one over.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { browserWorld, buy, heard, signIn, type Visit } from '../checkout/testing.ts';
import { CybersourceShop, tokenIn } from './testing.ts';

describe('Cybersource’s flows in a browser', () => {
  const world = browserWorld();
  const urlsOf = ({ shopUrl }: Visit) => ({
    successUrl: `${shopUrl}/icon.svg?end=success#cart`,
    cancelUrl: `${shopUrl}/icon.svg?end=cancel`,
    failureUrl: `${shopUrl}/icon.svg?end=failure`,
  });

  test('HOP: the shopper pays on Klarna’s page and is back at the shop with the token', async () => {
    const shop = await CybersourceShop.open(() => world.provider);
    await world.browse({ size: 'phone' }, async (visit) => {
      const session = await shop.session('HOP', { merchantInformation: urlsOf(visit) });
      const page = await visit.openLink(session.processorInformation.paymentUrl ?? '');
      assert.equal((await shop.check(session.id)).status, 'INITIATED');
      await signIn(page);
      await buy(page);
      await page.waitForURL(/end=success/);
      assert.match(page.url(), /\?end=success&authorization_token=[0-9a-f-]{36}#cart$/);
      assert.equal((await shop.check(session.id)).status, 'COMPLETED');
      const authorized = await shop.authorize(tokenIn(page.url()) ?? '');
      await shop.capture(authorized.id);
    });
  });

  test('HOP: a decline and a change of mind lead to the shop’s other pages', async () => {
    const shop = await CybersourceShop.open(() => world.provider);
    await world.browse({}, async (visit) => {
      for (const [outcome, end, status] of [
        ['cancel', 'cancel', 'ABANDONED'],
        ['decline', 'failure', 'FAILED'],
        ['error', 'failure', 'FAILED'],
      ] as const) {
        const session = await shop.session('HOP', { merchantInformation: urlsOf(visit) });
        const page = await visit.openLink(session.processorInformation.paymentUrl ?? '');
        await page.getByTestId(`outcome-${outcome}`).click();
        await page.waitForURL(new RegExp(`end=${end}`));
        assert.equal((await shop.check(session.id)).status, status);
      }
    });
  });

  test('inline: the widget takes the session’s token and hands over the shopper’s', async () => {
    const shop = await CybersourceShop.open(() => world.provider);
    await world.browse({}, async (visit) => {
      const session = await shop.session('inline');
      const page = await visit.enterShop({ client_token: session.processorInformation.token ?? '' });
      const popup = await visit.pay(page);
      await signIn(popup);
      await buy(popup);
      const [result] = await heard(page, 'authorize');
      assert.equal((await shop.check(session.id)).status, 'COMPLETED');
      await shop.authorize(String(result?.authorization_token));
    });
  });
});
