/** The SDK in a shop's page on another origin, in a real browser, under the Content-Security-Policy that the docs recommend. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ALMA, type Json, PURCHASE } from '../testing.ts';
import { browserWorld, buy, heard, newSession, SIZES, signIn, until } from './testing.ts';

const CLOSED = { approved: false, show_form: true };
const REFUSED = { approved: false, show_form: false };

describe('the SDK in a browser', () => {
  const world = browserWorld();

  for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) {
    test(`a purchase from load to the placed order, on a ${size}`, async () => {
      const shop = await world.shop();
      const { client_token, session_id } = await newSession(shop);
      await world.browse({ size }, async (visit) => {
        const page = await visit.enterShop({ client_token });
        assert.deepEqual(await heard(page, 'load'), [{ show_form: true }]);
        const widget = page.frameLocator('#klarna iframe').getByTestId('widget');
        await widget.waitFor();
        await until(page, 'window.heard.events.some(([name, height]) => name === "heightChanged" && height > 50)');
        const popup = await visit.pay(page);
        await signIn(popup);
        await buy(popup);
        const [result] = await heard(page, 'authorize');
        assert.deepEqual(
          { ...result, authorization_token: '' },
          { approved: true, show_form: true, authorization_token: '' },
        );
        const placed = await shop.order(String(result?.authorization_token));
        assert.equal(placed.status, 200, placed.text);
        assert.equal(placed.body.fraud_status, 'ACCEPTED');
        const read = await shop.call('GET', `/payments/v1/sessions/${session_id}`);
        assert.equal(read.body.status, 'complete');
      });
    });
  }

  test('without a click no window is opened, and the page lies over the shop', async () => {
    // A browser would block the window, and some take it amiss that it was tried.
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.context.newPage();
      const session = await visit.context.newCDPSession(page);
      // Playwright's own ways to look into a page count as a click.
      const look = async (expression: string) =>
        (await session.send('Runtime.evaluate', { expression, userGesture: false, returnByValue: true })).result.value;
      const script = encodeURIComponent(JSON.stringify({ client_token, unclicked: true }));
      await page.goto(`${visit.shopUrl}/#${script}`);
      while (!(await look('Boolean(document.querySelector("#klarna-payments-overlay"))'))) await setTimeout(20);
      assert.deepEqual(await look('[navigator.userActivation.hasBeenActive, window.windows]'), [false, 0]);
    });
  });

  test('where the browser blocks the window, the page lies over the shop, takes the focus, and gives it back', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token, hasty: true });
      const overlay = page.getByRole('dialog', { name: 'Klarna' });
      const frame = page.frameLocator('#klarna-payments-overlay iframe');
      await frame.getByTestId('outcome-approve').click();
      const [result] = await heard(page, 'authorize');
      assert.equal(result?.approved, true);
      await overlay.waitFor({ state: 'detached' });
      const events = ((await page.evaluate('window.heard.events')) as [string][]).map(([name]) => name);
      const overlays = events.filter((name) => name.startsWith('fullscreen'));
      assert.deepEqual(overlays, ['fullscreenOverlayShown', 'fullscreenOverlayHidden']);
    });
  });

  test('the overlay keeps the focus; Escape closes it', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token, hasty: true });
      await page.frameLocator('#klarna-payments-overlay iframe').getByTestId('contact').waitFor();
      await page.locator('#pay').focus();
      assert.equal(
        await page.evaluate(
          'document.querySelector("#klarna-payments-overlay").contains(document.activeElement) || document.activeElement === document.body',
        ),
        true,
      );
      await page.locator('#klarna-payments-overlay').focus();
      await page.keyboard.press('Escape');
      assert.deepEqual(await heard(page, 'authorize'), [CLOSED]);
      assert.equal(await page.locator('#klarna-payments-overlay').count(), 0);
    });
  });

  test('a shop’s page that is left while the window is open does not leave the shopper in the dark', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token });
      const popup = await visit.pay(page);
      await page.goto('about:blank');
      await popup.getByTestId('outcome-approve').click();
      await popup.getByTestId('ending-approved').waitFor();
    });
  });

  const OUTCOMES: readonly [name: string, then: string | undefined, expected: Json][] = [
    ['review', undefined, { approved: true, show_form: true }],
    ['decline', 'close', REFUSED],
    ['error', 'close', CLOSED],
    ['back', undefined, CLOSED],
    ['cancel', undefined, CLOSED],
    ['leave', undefined, CLOSED],
  ];
  for (const [name, then, expected] of OUTCOMES) {
    test(`the panel's outcome "${name}", as the shop hears it`, async () => {
      const shop = await world.shop();
      await world.browse({}, async (visit) => {
        const { client_token } = await newSession(shop);
        const page = await visit.enterShop({ client_token });
        const popup = await visit.pay(page);
        await popup.getByTestId(`outcome-${name}`).click();
        if (then) await popup.getByTestId(then).click();
        const [result] = await heard(page, 'authorize');
        const { authorization_token, ...rest } = result as Json;
        assert.deepEqual(rest, expected);
        assert.equal(authorization_token !== undefined, expected.approved);
      });
    });
  }

  test('the shopper goes back, cancels, or closes the window; and can try again afterwards', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token });
      const back = await visit.pay(page);
      await back.getByTestId('back').click();
      await heard(page, 'authorize', 1);
      const cancel = await visit.pay(page);
      await cancel.getByTestId('cancel').click();
      await heard(page, 'authorize', 2);
      const close = await visit.pay(page);
      await close.close();
      assert.deepEqual(await heard(page, 'authorize', 3), [CLOSED, CLOSED, CLOSED]);
      const again = await visit.pay(page);
      await signIn(again);
      await buy(again);
      assert.equal((await heard(page, 'authorize', 4)).at(-1)?.approved, true);
    });
  });

  test('test people: declined at load, declined on the page, reviewed', async () => {
    const shop = await world.shop();
    const us = { ...PURCHASE, purchase_country: 'US', purchase_currency: 'USD', locale: 'en-US' };
    await world.browse({}, async (visit) => {
      const red = await newSession(shop, { billing_address: { email: 'customer+red@email.se', country: 'SE' } });
      const atLoad = await visit.enterShop({ client_token: red.client_token });
      assert.deepEqual(await heard(atLoad, 'load'), [{ show_form: false }]);

      const denied = await newSession(shop, { billing_address: { email: 'customer+denied@email.se', country: 'SE' } });
      const page = await visit.enterShop({ client_token: denied.client_token });
      const popup = await visit.pay(page);
      await signIn(popup);
      await buy(popup, 'pay_now');
      await popup.getByTestId('ending-declined').waitFor();
      // Whoever closes the window now has read it: the shop hears of the decline all the same.
      await popup.close();
      assert.deepEqual(await heard(page, 'authorize'), [REFUSED]);

      const email = 'customer+pend-accept-05@email.us';
      const pending = await newSession(shop, { ...us, billing_address: { email, country: 'US' } });
      const reviewed = await visit.enterShop({ client_token: pending.client_token });
      const review = await visit.pay(reviewed);
      await signIn(review);
      await buy(review);
      const token = String((await heard(reviewed, 'authorize'))[0]?.authorization_token);
      const placed = await shop.order(token, us);
      assert.equal(placed.body.fraud_status, 'PENDING', placed.text);
      await shop.advance('PT6M');
      assert.equal((await shop.read(String(placed.body.order_id))).fraud_status, 'ACCEPTED');
    });
  });

  test('data with faults comes back as fields, and the corrected data passes', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop, { billing_address: { country: 'SE' } });
    const address = (email: string) => ({ billing_address: { email, given_name: 'Alma', country: 'SE' } });
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({
        client_token,
        firstData: { ...address('not an address'), order_amount: 10_000 },
        data: address('customer@email.se'),
      });
      await page.click('#pay');
      assert.deepEqual(await heard(page, 'authorize'), [
        { approved: false, show_form: true, error: { invalid_fields: ['billing_address.email'] } },
      ]);
      const popup = await visit.pay(page);
      await signIn(popup);
      await buy(popup);
      const token = String((await heard(page, 'authorize', 2))[1]?.authorization_token);
      assert.equal((await shop.order(token)).status, 200);
    });
  });

  test('sums that do not add up are the shop’s to correct', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token, firstData: { order_amount: 9_999 } });
      await page.click('#pay');
      assert.deepEqual(await heard(page, 'authorize'), [
        { approved: false, show_form: true, error: { invalid_fields: ['order_amount'] } },
      ]);
    });
  });

  test('two steps: approved without a token, finalized with one; reauthorized without the page', async () => {
    const shop = await world.shop({ payment_method_categories: ['direct_bank_transfer', 'pay_later'] });
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const options = { payment_method_category: 'direct_bank_transfer' };
      const page = await visit.enterShop({ client_token, options, authorize: { auto_finalize: false } });
      const popup = await visit.pay(page);
      await signIn(popup);
      await buy(popup, 'direct_bank_transfer');
      const first = await heard(page, 'authorize');
      assert.deepEqual(first, [{ approved: true, show_form: true, finalize_required: true }]);
      await page.click('#finalize');
      const [finalized] = await heard(page, 'finalize');
      assert.equal(finalized?.approved, true);
      await page.click('#reauthorize');
      const [again] = await heard(page, 'reauthorize');
      assert.ok(again?.authorization_token && again.authorization_token !== finalized?.authorization_token);
      assert.equal((await shop.order(String(again.authorization_token))).status, 200);
    });
  });

  test('the page shows and authorizes the purchase as the shop’s data left it, with the method the shop prefers', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    const less = { order_amount: 5_000, order_tax_amount: 1_000 };
    const order_lines = [
      { ...PURCHASE.order_lines[0], unit_price: 5_000, total_amount: 5_000, total_tax_amount: 1_000 },
    ];
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({
        client_token,
        options: { preferred_payment_method: 'pay_by_card' },
        data: { ...less, order_lines },
      });
      const popup = await visit.pay(page);
      assert.match((await popup.getByTestId('total').textContent()) ?? '', /^50,00/);
      await signIn(popup);
      assert.equal(await popup.getByTestId('option-pay_now').isChecked(), true);
      await popup.getByTestId('buy').click();
      await heard(page, 'authorize');
      // Anew without the page: the same way to pay.
      await page.click('#reauthorize');
      const token = String((await heard(page, 'reauthorize'))[0]?.authorization_token);
      const placed = await shop.order(token, { ...PURCHASE, ...less, order_lines });
      assert.deepEqual(placed.body.authorized_payment_method, { type: 'pay_by_card' }, placed.text);
    });
  });

  test('a session with several categories shows the one that was asked for, or those', async () => {
    const shop = await world.shop({ payment_method_categories: ['pay_now', 'pay_later', 'pay_over_time'] });
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const shown = async (options: object, expected: readonly string[]) => {
        const page = await visit.enterShop({ client_token, options });
        const popup = await visit.pay(page);
        await signIn(popup);
        const kinds = await popup.evaluate('[...document.querySelectorAll("[name=kind]")].map(({ value }) => value)');
        assert.deepEqual(kinds, expected);
        await page.close();
        await popup.close();
      };
      await shown({ payment_method_category: 'pay_over_time' }, ['pay_over_time']);
      const several = { payment_method_categories: ['pay_now', 'pay_later'], instance_id: 'one' };
      await shown(several, ['pay_later', 'pay_now']);
    });
  });

  test('what is used wrongly is thrown by name, after the callback has run', async () => {
    const shop = await world.shop({ payment_method_categories: ['pay_now', 'pay_later'] });
    const { client_token } = await newSession(shop);
    const hidden = { show_form: false };
    const rows: readonly [call: string, name: string, heard: Json | undefined][] = [
      ['K.init({})', 'InvalidClientTokenError', undefined],
      ['K.init({ client_token: "a.e30.c" })', 'InvalidClientTokenError', undefined],
      ['K.load({ container: "#klarna" }, {}, cb)', 'ApplicationNotInitializedError', hidden],
      ['K.authorize({}, {}, cb)', 'ApplicationNotInitializedError', REFUSED],
      ['K.init(token), K.authorize({ payment_method_category: "pay_now" }, cb)', 'ApplicationNotLoadedError', REFUSED],
      ['K.load({}, {}, cb)', 'InvalidContainerSelectorError', hidden],
      ['K.load({ container: "#none" }, {}, cb)', 'InvalidContainerSelectorError', hidden],
      ['K.load({ container: ">>" }, cb)', 'InvalidContainerSelectorError', hidden],
      ['K.load({ container: "#klarna" }, {}, cb)', 'PaymentMethodCategoryNotProvidedError', hidden],
      [
        'K.load({ container: "#klarna", payment_method_category: "gold" }, {}, cb)',
        'PaymentMethodCategoryNotSupportedError',
        hidden,
      ],
      [
        'K.load({ container: "#klarna", payment_method_category: "pay_now", preferred_payment_method: "gold" }, {}, cb)',
        'PreferredPaymentMethodNotSupportedError',
        hidden,
      ],
      ['K.loadPaymentReview({ container: "#klarna" }, cb)', 'OperationNotSupportedError', hidden],
      [
        'K.load({ container: "#klarna", payment_method_category: "pay_now" }), K.authorize({}, {}, cb)',
        'PaymentMethodCategoryNotProvidedError',
        REFUSED,
      ],
      ['K.authorize({ payment_method_category: "pay_later" }, {}, cb)', 'ApplicationNotLoadedError', REFUSED],
      ['K.finalize({ payment_method_category: "pay_now" }, {}, cb)', 'OperationNotSupportedError', REFUSED],
      ['K.on("click", cb)', 'EventNotSupportedError', undefined],
      ['K.off("click", cb)', 'EventNotSupportedError', undefined],
    ];
    await world.browse({}, async (visit) => {
      const blank = await visit.enterShop({ client_token, options: { payment_method_category: 'pay_now' } });
      // A second copy of the SDK, before `init`.
      await blank.evaluate('delete window.Klarna; delete window.klarnaAsyncCallback; 0');
      await blank.addScriptTag({ url: `${shop.url}/kp/lib/v1/api.js` });
      const thrown = (call: string) =>
        blank.evaluate(`(() => {
          const K = Klarna.Payments, token = ${JSON.stringify({ client_token })};
          let result, cb = (value) => { result = value; };
          try { ${call}; } catch (error) { return [error.name, result]; }
        })()`);
      for (const [call, name, result] of rows) assert.deepEqual(await thrown(call), [name, result], call);
    });
  });

  test('a session that mends the charge of a customer token is authorized without load', async () => {
    // Such shops show no widget: they have the shopper's token, and Klarna asks for another method only.
    const shop = await world.shop();
    const purchase = { ...PURCHASE, intent: 'buy_and_tokenize', billing_address: ALMA };
    const { purchase_country, locale, ...charge } = PURCHASE;
    const { purchase_currency } = charge;
    const wanted = { purchase_country, purchase_currency, locale, description: 'Shoes', intended_use: 'SUBSCRIPTION' };
    const { token } = await shop.newToken(purchase);
    const made = await shop.call('POST', `/payments/v1/authorizations/${token}/customer-token`, wanted);
    const customer_token = String(made.body.token_id);
    await world.provider.control('POST', `/customer-tokens/${customer_token}/instrument`, { works: false });
    const body = { ...charge, step_up: 'SUPPORTED' };
    const { step_up_id } = (await shop.call('POST', `/customer-token/v1/tokens/${customer_token}/order`, body)).body;
    const mending = { ...purchase, step_up_id, customer: { customer_token } };
    const { client_token } = await newSession(shop, mending);
    const other = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token: other.client_token });
      await page.evaluate(`Klarna.Payments.init(${JSON.stringify({ client_token })})`);
      const popup = await visit.pay(page);
      await signIn(popup);
      await buy(popup, 'pay_now');
      const [result] = await heard(page, 'authorize');
      assert.equal((await shop.order(String(result?.authorization_token))).status, 200);
      const again = await shop.call('POST', `/customer-token/v1/tokens/${customer_token}/order`, charge);
      assert.equal(again.status, 200, again.text);
    });
  });

  test('reviews of a payment are shown in the US', async () => {
    const shop = await world.shop();
    const us = {
      purchase_country: 'US',
      purchase_currency: 'USD',
      locale: 'en-US',
      billing_address: { country: 'US' },
    };
    const { client_token } = await newSession(shop, us);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token });
      const result = await page.evaluate(
        'new Promise((resolve) => Klarna.Payments.loadPaymentReview({ container: "#klarna" }, resolve))',
      );
      assert.deepEqual(result, { show_form: true });
    });
  });

  test('a shop that isolates itself gets the page over its own, since it cannot keep a window', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token }, 'same-origin');
      await page.click('#pay');
      const frame = page.frameLocator('#klarna-payments-overlay iframe');
      await frame.getByTestId('outcome-approve').click();
      assert.equal((await heard(page, 'authorize'))[0]?.approved, true);
    });
  });

  test('a second click on the shop’s button joins the window that is open', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token });
      const popup = await visit.pay(page);
      await page.click('#pay');
      await popup.getByTestId('outcome-approve').click();
      const [one, two] = await heard(page, 'authorize', 2);
      assert.deepEqual(one, two);
      assert.equal(visit.context.pages().length, 1);
    });
  });

  test('tokens that were changed, and sessions that have expired, hide Klarna', async () => {
    const shop = await world.shop();
    const { client_token } = await newSession(shop);
    const [head, claims, signature = ''] = client_token.split('.');
    const changed = [head, claims, signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))].join('.');
    await world.browse({ expected: /status of 401/ }, async (visit) => {
      const page = await visit.enterShop({ client_token: changed });
      assert.deepEqual(await heard(page, 'load'), [{ show_form: false }]);
      await page.click('#pay');
      assert.deepEqual(await heard(page, 'authorize'), [REFUSED]);
    });
    await world.browse({}, async (visit) => {
      const page = await visit.enterShop({ client_token });
      await shop.advance('PT48H');
      await page.click('#pay');
      assert.deepEqual(await heard(page, 'authorize'), [REFUSED]);
    });
  });
});
