// Protects: both ways to Klarna's page work for a shopper with a browser, and lead back to the shop with the payment up to date.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { browserWorld, buy, signIn, type Visit } from '../checkout/testing.ts';
import { ORDER, PurseShop, purchaseFor, statusOf } from './testing.ts';

describe('Purse’s flows in a browser', () => {
  const world = browserWorld();
  const orderFor = ({ shopUrl }: Visit) => ({ ...ORDER, redirection: `${shopUrl}/icon.svg?back` });

  test('redirection: the shopper pays on Klarna’s page and is back at the shop', async () => {
    const shop = await PurseShop.open(world, { integration_mode: 'redirection' });
    await world.browse({ size: 'phone' }, async (visit) => {
      const session_id = await shop.session(orderFor(visit));
      await shop.init(session_id);
      const { redirection, results } = await shop.apply(session_id);
      const id = results[0]?.transaction_id ?? '';
      const page = await visit.openLink(redirection?.url ?? '');
      assert.equal(statusOf(await shop.transaction(session_id, id)), 'WAITING SUCCEEDED IN_PROGRESS');
      await signIn(page);
      await buy(page);
      await page.waitForURL(/icon\.svg\?back$/);
      assert.equal(statusOf(await shop.transaction(session_id, id)), 'SUCCESS SUCCEEDED SUCCESS');
      assert.equal(statusOf(await shop.act(id, 'capture', ORDER.amount)), 'SUCCESS SUCCEEDED SUCCESS');
    });
  });

  test('pop-in: the page opens in a window over the shop, which is still there afterwards', async () => {
    const shop = await PurseShop.open(world, { integration_mode: 'popup' });
    await world.browse({}, async (visit) => {
      const session_id = await shop.session(orderFor(visit));
      await shop.init(session_id);
      const { redirection, results } = await shop.apply(session_id);
      const page = await visit.context.newPage();
      await page.goto(`${visit.shopUrl}/icon.svg?shop`);
      const opened = page.waitForEvent('popup');
      await page.evaluate(
        `void window.open(${JSON.stringify(redirection?.url)}, 'klarna', 'popup,width=480,height=720')`,
      );
      const popup = await opened;
      await signIn(popup);
      await buy(popup);
      await popup.waitForURL(/icon\.svg\?back$/);
      assert.match(page.url(), /\?shop$/);
      const { transaction_id = '' } = results[0] ?? {};
      assert.equal(statusOf(await shop.transaction(session_id, transaction_id)), 'SUCCESS SUCCEEDED SUCCESS');
    });
  });

  test('a payment link: paid where it leads, and closed when it is opened again', async () => {
    const shop = await PurseShop.open(world);
    await world.browse({ size: 'phone' }, async (visit) => {
      const shopper_redirection_url = `${visit.shopUrl}/icon.svg?back`;
      const purchase = { ...purchaseFor(shop), shopper_redirection_url };
      const { body } = await shop.call<{ id: string; links: { hosted_page: string } }>(
        'POST',
        '/payment/v2/payment-links',
        purchase,
      );
      const status = async () => (await shop.call('GET', `/payment/v2/payment-links/${body.id}`)).body.status;
      const declined = await visit.openLink(body.links.hosted_page);
      await declined.getByTestId('outcome-decline').click();
      await declined.waitForURL(/icon\.svg\?back&purse-redirection-data=/);
      assert.equal(await status(), 'OPENED');
      const page = await visit.openLink(body.links.hosted_page);
      await signIn(page);
      await buy(page);
      await page.waitForURL(/icon\.svg\?back&purse-redirection-data=/);
      assert.equal(await status(), 'PAID');
      await page.goto(body.links.hosted_page);
      assert.match(page.url(), /icon\.svg\?back&purse-redirection-data=/);
    });
  });

  test('a decline, an error and a change of mind lead back too', async () => {
    const shop = await PurseShop.open(world);
    await world.browse({}, async (visit) => {
      for (const [outcome, status] of [
        ['cancel', 'WAITING SUCCEEDED BACK'],
        ['decline', 'ERROR FAILED FAILED'],
        ['error', 'ERROR FAILED ERROR'],
      ] as const) {
        const session_id = await shop.session(orderFor(visit));
        const { transaction_id } = await shop.begin(session_id);
        const { redirection } = await shop.apply(session_id);
        const page = await visit.openLink(redirection?.url ?? '');
        await page.getByTestId(`outcome-${outcome}`).click();
        await page.waitForURL(/icon\.svg\?back$/);
        assert.equal(statusOf(await shop.transaction(session_id, transaction_id)), status);
      }
    });
  });
});
