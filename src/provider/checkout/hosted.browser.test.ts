/** The hosted payment page in a real browser: the link that a shop sends its shoppers to, and where it leaves them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Shop } from '../testing.ts';
import { assertAccessible, browserWorld, buy, type Hosted, newHosted, signIn, type Visit } from './testing.ts';

/** Pages of the shop that load without a script. */
const urlsOf = ({ shopUrl }: Visit) => ({
  success: `${shopUrl}/icon.svg?end=success&id={{session_id}}&token={{authorization_token}}&order={{order_id}}`,
  failure: `${shopUrl}/icon.svg?end=failure`,
  error: `${shopUrl}/icon.svg?end=error`,
  back: `${shopUrl}/icon.svg?end=back&id={{session_id}}`,
});

const read = async (shop: Shop, { session_id }: Hosted) =>
  (await shop.call('GET', `/hpp/v1/sessions/${session_id}`)).body;

describe('the hosted payment page in a browser', () => {
  const world = browserWorld();

  test('approved: the shopper is at the success URL with the token, from which the shop places the order', async () => {
    const shop = await world.shop({ payment_method_categories: ['direct_bank_transfer'] });
    await world.browse({ size: 'phone' }, async (visit) => {
      const hosted = await newHosted(shop, { merchant_urls: urlsOf(visit) });
      assert.equal((await read(shop, hosted)).status, 'WAITING');
      const page = await visit.openLink(hosted.redirect_url);
      assert.equal((await read(shop, hosted)).status, 'IN_PROGRESS');
      await assertAccessible(page, 'hosted');
      await signIn(page);
      // A method of two steps elsewhere: here there is one.
      await buy(page, 'direct_bank_transfer');
      await page.waitForURL(/end=success/);
      const { searchParams } = new URL(page.url());
      const { status, authorization_token } = await read(shop, hosted);
      assert.equal(status, 'COMPLETED');
      assert.equal(searchParams.get('id'), hosted.session_id);
      assert.equal(searchParams.get('token'), authorization_token);
      assert.equal((await shop.order(String(authorization_token))).status, 200);
      const again = await visit.openLink(hosted.redirect_url);
      await again.getByTestId('ending-session_completed').waitFor();
    });
  });

  test('PLACE_ORDER: the order is there when the shopper is back, also where the shop has no page for it', async () => {
    const shop = await world.shop();
    const options = { place_order_mode: 'PLACE_ORDER' };
    await world.browse({}, async (visit) => {
      const sent = await newHosted(shop, { options, merchant_urls: urlsOf(visit) });
      const page = await visit.openLink(sent.redirect_url);
      await signIn(page);
      await buy(page);
      await page.waitForURL(/end=success/);
      const order_id = String(new URL(page.url()).searchParams.get('order'));
      assert.equal((await read(shop, sent)).order_id, order_id);
      assert.equal((await shop.call('GET', `/ordermanagement/v1/orders/${order_id}`)).status, 200);
      const kept = await newHosted(shop, { options });
      const plain = await visit.openLink(kept.redirect_url);
      await signIn(plain);
      await buy(plain);
      await plain.getByTestId('ending-approved').waitFor();
      assert.equal((await read(shop, kept)).status, 'COMPLETED');
    });
  });

  test('a decline leads to the failure URL, an error to that of errors, and the same link works again', async () => {
    const shop = await world.shop();
    await world.browse({}, async (visit) => {
      const hosted = await newHosted(shop, { merchant_urls: urlsOf(visit) });
      for (const [outcome, end, status] of [
        ['decline', 'failure', 'FAILED'],
        ['error', 'error', 'ERROR'],
        ['cancel', 'back', 'BACK'],
      ] as const) {
        const page = await visit.openLink(hosted.redirect_url);
        await page.getByTestId(`outcome-${outcome}`).click();
        await page.waitForURL(new RegExp(`end=${end}`));
        assert.equal((await read(shop, hosted)).status, status);
      }
      const kept = await newHosted(shop);
      const page = await visit.openLink(kept.redirect_url);
      await page.getByTestId('outcome-error').click();
      await page.getByTestId('retry').click();
      await page.getByTestId('outcome-decline').click();
      await page.getByTestId('ending-declined').waitFor();
      assert.equal((await read(shop, kept)).status, 'FAILED');
    });
  });

  test('going back leads to the back URL; a reload stays at its step', async () => {
    const shop = await world.shop();
    await world.browse({}, async (visit) => {
      const hosted = await newHosted(shop, { merchant_urls: urlsOf(visit) });
      const page = await visit.openLink(hosted.redirect_url);
      await signIn(page);
      await page.reload();
      await page.getByTestId('step-choose').waitFor();
      await page.getByTestId('back').click();
      await page.getByTestId('step-sign_in').waitFor();
      await page.getByTestId('back').click();
      await page.waitForURL(/end=back/);
      assert.equal(new URL(page.url()).searchParams.get('id'), hosted.session_id);
      assert.equal((await read(shop, hosted)).status, 'BACK');
    });
  });

  test('a date of birth that cannot be is corrected after a reload', async () => {
    const shop = await world.shop();
    await world.browse({}, async (visit) => {
      const { redirect_url } = await newHosted(shop, { merchant_urls: urlsOf(visit) });
      const page = await visit.openLink(redirect_url);
      await signIn(page);
      await page.getByTestId('option-pay_later').check();
      await page.getByTestId('date_of_birth').fill('2999-01-01');
      await page.getByTestId('buy').click();
      await page.locator('[data-testid=date_of_birth][aria-invalid=true]').waitFor();
      await page.reload();
      await page.getByTestId('step-choose').waitFor();
      await buy(page);
      await page.waitForURL(/end=success/);
    });
  });

  test('payment_fallback: after a decline the other ways to pay are offered, once', async () => {
    const shop = await world.shop({ payment_method_categories: ['pay_now', 'pay_later'] });
    await world.browse({}, async (visit) => {
      const options = { payment_method_category: 'pay_now', payment_fallback: true };
      const hosted = await newHosted(shop, { options, merchant_urls: urlsOf(visit) });
      const page = await visit.openLink(hosted.redirect_url);
      await signIn(page);
      assert.equal(await page.getByTestId('option-pay_later').count(), 0);
      await page.getByTestId('outcome-decline').click();
      await page.getByTestId('option-pay_later').waitFor();
      assert.equal(await page.getByTestId('option-pay_now').count(), 0);
      assert.notEqual(await page.getByRole('alert').textContent(), '');
      assert.equal((await read(shop, hosted)).status, 'IN_PROGRESS');
      await page.getByTestId('outcome-decline').click();
      await page.waitForURL(/end=failure/);
    });
  });

  test('a link that was withdrawn, has run out or never was says so', async () => {
    const shop = await world.shop();
    await world.browse({}, async (visit) => {
      const disabled = await newHosted(shop);
      const open = await visit.openLink(disabled.redirect_url);
      await shop.call('DELETE', `/hpp/v1/sessions/${disabled.session_id}`);
      await open.getByTestId('outcome-approve').click();
      await open.getByTestId('ending-link_ended').waitFor();
      const late = await visit.openLink(disabled.redirect_url);
      await late.getByTestId('ending-link_ended').waitFor();
      await assertAccessible(late, 'withdrawn');
      for (const end of ['AAAAAAAAAAAAAAAAAAAAAA', 'cut-short']) {
        const unknown = await visit.openLink(`${shop.url}/eu/hpp/payments/${end}`);
        await unknown.getByTestId('ending-session_expired').waitFor();
      }
      const { redirect_url } = await newHosted(shop);
      await shop.advance('PT47H');
      const expired = await visit.openLink(redirect_url);
      await expired.getByTestId('ending-session_expired').waitFor();
    });
  });
});
