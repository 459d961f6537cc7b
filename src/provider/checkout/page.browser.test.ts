/** The payment page in a real browser: what a shopper can do on it, and what can happen to it meanwhile. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PURCHASE } from '../testing.ts';
import { assertAccessible, browserWorld, buy, heard, newSession, signIn } from './testing.ts';

describe('the payment page in a browser', () => {
  const world = browserWorld();

  test('a phone number or an address, a code and a date of birth that cannot be are said so, and can be corrected', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({ size: 'phone' }, async (visit) => {
      const page = await visit.openPage(client_token);
      const complains = async (field: string, value: string, submit: string) => {
        await page.getByTestId(field).fill(value);
        await page.getByTestId(submit).click();
        await page.locator(`[data-testid=${field}][aria-invalid=true]`).waitFor();
        assert.notEqual(await page.getByTestId(`${field}-error`).textContent(), '');
        assert.equal(await page.evaluate('document.activeElement.dataset.testid'), field);
      };
      for (const wrong of ['', '12', 'alma@', '+46 70']) await complains('contact', wrong, 'continue');
      await page.getByTestId('contact').fill('070 123 45 67');
      await page.getByTestId('continue').click();
      await page.getByTestId('code').waitFor();
      for (const wrong of ['', '12345', '999999', 'abcdef']) await complains('code', wrong, 'continue');
      await page.getByTestId('code').fill('123 456');
      await page.getByTestId('continue').click();
      await page.getByTestId('step-choose').waitFor();
      await complains('date_of_birth', '', 'buy');
      await complains('date_of_birth', '2999-01-01', 'buy');
      // Who chooses another way to pay instead is not held to it.
      await buy(page, 'pay_now');
      await page.getByTestId('ending-approved').waitFor();
    });
  });

  test('a reload at every step stays at that step, with what was entered', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token });
      const popup = await visit.pay(page);
      const reload = async (step: string) => {
        await popup.getByTestId(`step-${step}`).waitFor();
        await popup.reload();
        await popup.getByTestId(`step-${step}`).waitFor();
      };
      await reload('sign_in');
      await popup.getByTestId('continue').click();
      await reload('code');
      await popup.getByTestId('code').fill('000000');
      await popup.getByTestId('continue').click();
      await popup.getByTestId('option-pay_over_time').check();
      await reload('choose');
      assert.equal(await popup.getByTestId('option-pay_over_time').isChecked(), true);
      assert.equal(await popup.getByTestId('plan').getByRole('listitem').count(), 6);
      await buy(popup, 'pay_over_time');
      const token = String((await heard(page, 'authorize'))[0]?.authorization_token);
      const placed = await shop.order(token);
      assert.deepEqual(placed.body.authorized_payment_method, { type: 'fixed_amount', number_of_installments: 6 });
    });
  });

  test('who agrees to be charged again is told so, also where nothing is paid today, and nobody else is', async () => {
    const shop = await world.shop();
    const lines = [{ name: 'A free month', quantity: 1, unit_price: 0, total_amount: 0 }];
    const free = { intent: 'tokenize', order_amount: 0, order_tax_amount: 0, order_lines: lines };
    await world.browse({}, async (visit) => {
      for (const [more, count] of [
        [{}, 0],
        [{ intent: 'buy_and_tokenize' }, 1],
        [free, 1],
      ] as const) {
        const page = await visit.openPage((await newSession(shop, more)).client_token);
        await signIn(page);
        await page.getByTestId('step-choose').waitFor();
        assert.equal(await page.getByTestId('recurring').count(), count);
        await assertAccessible(page, JSON.stringify(more));
        await buy(page);
        await page.getByTestId('ending-approved').waitFor();
        await page.close();
      }
    });
  });

  test('a shopper who is on the last step without having signed in is sent to the first', async () => {
    const shop = await world.shop();
    const { client_token, session_id } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.openPage(client_token);
      const progress = JSON.stringify({ step: 'choose', contact: 'alma@email.se', signed_in: 'x.y' });
      await page.evaluate(`sessionStorage.setItem('kvitt:${session_id}', ${JSON.stringify(progress)})`);
      await page.reload();
      await buy(page, 'pay_now');
      await page.getByTestId('step-sign_in').waitFor();
      await signIn(page);
      await buy(page, 'pay_now');
      await page.getByTestId('ending-approved').waitFor();
    });
  });

  test('two tabs on one session: the second is told that the purchase was completed', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const [one, two] = [await visit.enterShop({ client_token }), await visit.enterShop({ client_token })];
      const [first, second] = [await visit.pay(one), await visit.pay(two)];
      await signIn(first);
      await signIn(second);
      await buy(first);
      const token = String((await heard(one, 'authorize'))[0]?.authorization_token);
      assert.equal((await shop.order(token)).status, 200);
      await buy(second);
      await second.getByTestId('ending-session_completed').waitFor();
      await second.getByTestId('close').click();
      assert.deepEqual(await heard(two, 'authorize'), [{ approved: false, show_form: false }]);
    });
  });

  test('a session that expires while the page is open', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token });
      const popup = await visit.pay(page);
      await signIn(popup);
      await shop.advance('PT48H');
      await buy(popup);
      await popup.getByTestId('ending-session_expired').waitFor();
      await assertAccessible(popup, 'expired');
      await popup.getByTestId('close').click();
      assert.deepEqual(await heard(page, 'authorize'), [{ approved: false, show_form: false }]);
      const late = await visit.openPage(client_token);
      await late.getByTestId('ending-session_expired').waitFor();
    });
  });

  test('a server that cannot be reached is a technical error, and trying again goes on where it was', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({ expected: /ERR_FAILED|status of 50[03]/ }, async (visit) => {
      const page = await visit.openPage(client_token);
      await signIn(page);
      await page.route('**/checkout/api/authorize', (route) => route.abort());
      await buy(page, 'pay_now');
      await page.getByTestId('ending-error').waitFor();
      await assertAccessible(page, 'error');
      await page.unroute('**/checkout/api/authorize');
      for (const status of [500, 503]) {
        await page.route('**/checkout/api/authorize', (route) => route.fulfill({ status, json: {} }));
        await page.getByTestId('retry').click();
        await buy(page, 'pay_now');
        await page.getByTestId('ending-error').waitFor();
        await page.unroute('**/checkout/api/authorize');
      }
      await page.getByTestId('retry').click();
      await buy(page, 'pay_now');
      await page.getByTestId('ending-approved').waitFor();
    });
  });

  test('markup in names is text, images of shops are not fetched, and 1,000 lines fit', async () => {
    const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    const shop = await world.shop({ name: `${evil} & Co` });
    const order_lines = Array.from({ length: 1000 }, (_, index) => ({
      name: `${evil} ${index}`,
      quantity: 2,
      unit_price: 5,
      total_amount: 10,
      image_url: 'https://images.shop.example/broken.png',
      product_url: 'javascript:alert(3)',
    }));
    const { client_token } = await newSession(shop, { order_tax_amount: 0, order_lines });
    await world.browse({}, async (visit) => {
      const page = await visit.openPage(client_token);
      assert.equal(await page.getByTestId('merchant-name').textContent(), `${evil} & Co`);
      const lines = page.getByTestId('order-lines').getByRole('listitem');
      assert.equal(await lines.count(), 1000);
      assert.match((await lines.first().textContent()) ?? '', /^2 × <img src=x/);
      assert.equal(await page.evaluate('document.querySelectorAll("img, script:not([src])").length'), 0);
      await assertAccessible(page, '1,000 lines');
      await signIn(page);
      await buy(page);
      await page.getByTestId('ending-approved').waitFor();
    });
  });

  test('a purchase with the keyboard alone', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.openPage(client_token);
      const focus = async (testid: string) => {
        for (let presses = 0; presses < 30; presses++) {
          if ((await page.evaluate('document.activeElement?.dataset?.testid')) === testid) return;
          await page.keyboard.press('Tab');
        }
        assert.fail(`${testid} cannot be reached with the Tab key`);
      };
      await focus('contact');
      await page.keyboard.press('Enter');
      await page.getByTestId('code').waitFor();
      await focus('code');
      await page.keyboard.type('123456');
      await page.keyboard.press('Enter');
      await page.getByTestId('step-choose').waitFor();
      await focus('option-pay_later');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      assert.equal(await page.getByTestId('option-pay_now').isChecked(), true);
      await focus('buy');
      await page.keyboard.press('Enter');
      await page.getByTestId('ending-approved').waitFor();
    });
  });

  test('the shopper signs in as the test person who is declined', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop, { billing_address: undefined });
    await world.browse({}, async (visit) => {
      const page = await visit.openPage(client_token);
      await signIn(page, 'customer+denied@email.se');
      await buy(page);
      await page.getByTestId('ending-declined').waitFor();
    });
  });

  test('a page without a shop, and one for which no category is offered', async () => {
    const shop = await world.shop({ payment_method_categories: [] });
    const { client_token } = await newSession(shop, PURCHASE);
    await world.browse({}, async (visit) => {
      const page = await visit.openPage(client_token);
      await page.getByTestId('ending-declined').waitFor();
      const orphan = await visit.context.newPage();
      await orphan.goto(`${shop.url}/checkout/pay`);
      await orphan.getByTestId('ending-orphan').waitFor();
      await assertAccessible(orphan, 'orphan');
    });
  });
});
