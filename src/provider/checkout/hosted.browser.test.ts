/** The hosted payment page in a real browser: the link that a shop sends its shoppers to, and where it leaves them. */
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Json, purchaseIn, type Shop } from '../testing.ts';
import {
  assertAccessible,
  browserWorld,
  buy,
  type Hosted,
  listening,
  newHosted,
  newSession,
  SIZES,
  signIn,
  type Visit,
} from './testing.ts';

/** Pages of the shop that load without a script. */
const urlsOf = ({ shopUrl }: Visit) => ({
  success: `${shopUrl}/icon.svg?end=success&id={{session_id}}&token={{authorization_token}}&order={{order_id}}`,
  failure: `${shopUrl}/icon.svg?end=failure`,
  error: `${shopUrl}/icon.svg?end=error`,
  back: `${shopUrl}/icon.svg?end=back&id={{session_id}}`,
  cancel: `${shopUrl}/icon.svg?end=cancel`,
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
      // The browser's back button leads to where the shopper came from; the link, if it is opened again, to the success URL.
      await page.goto(hosted.redirect_url);
      await page.waitForURL(/end=success/);
      assert.equal(new URL(page.url()).searchParams.get('token'), authorization_token);
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
      await plain.reload();
      await plain.getByTestId('ending-session_completed').waitFor();
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

  test('each kind of decline leads to the failure URL', async () => {
    await world.browse({}, async (visit) => {
      const denied = { billing_address: { email: 'customer+denied@email.se', country: 'SE' } };
      const placed = { options: { place_order_mode: 'PLACE_ORDER' } };
      const kinds: readonly [rules: object[], body: object, purchase: object][] = [
        [[], {}, denied],
        [[{ on: 'authorize', decision: 'refuse', code: 'UNAVAILABLE_PAYMENT_METHOD' }], {}, {}],
        [[{ on: 'create_order', decision: 'refuse' }], placed, {}],
      ];
      for (const [risk_rules, body, purchase] of kinds) {
        const shop = await world.shop({ risk_rules });
        const hosted = await newHosted(shop, { ...body, merchant_urls: urlsOf(visit) }, purchase);
        const page = await visit.openLink(hosted.redirect_url);
        await signIn(page);
        await buy(page, 'pay_now');
        await page.waitForURL(/end=failure/);
        assert.equal((await read(shop, hosted)).status, 'FAILED');
        await page.close();
      }
    });
  });

  test('a message with the link is in the inbox, and leads to the page', async () => {
    const shop = await world.shop({ name: '<i>Café</i> Mimosa' });
    await world.browse({ size: 'phone' }, async (visit) => {
      const inbox = await visit.context.newPage();
      await inbox.goto(`${shop.url}/inbox?merchant_id=${shop.merchant_id}`);
      await inbox.getByText('Nothing yet').waitFor();
      await assertAccessible(inbox, 'empty inbox');
      const hosted = await newHosted(shop, { options: { page_title: 'Your <b>shoes</b>' } });
      const contact_information = { email: 'alva@email.example' };
      const path = `/hpp/v1/sessions/${hosted.session_id}/distribution`;
      assert.equal((await shop.call('POST', path, { method: 'email', contact_information })).status, 201);
      await inbox.getByTestId('refresh').click();
      assert.match(
        await inbox.getByTestId('message').innerText(),
        /^E-mail to alva@email\.example.*Your <b>shoes<\/b>/s,
      );
      await assertAccessible(inbox, 'inbox');
      const [page] = await Promise.all([inbox.waitForEvent('popup'), inbox.getByTestId('link').click()]);
      await page.getByTestId('step-sign_in').waitFor();
      assert.equal(page.url(), hosted.redirect_url);
    });
  });

  test('two tabs on one link: the purchase is made once, and both are at the success URL', async () => {
    const shop = await world.shop();
    await world.browse({}, async (visit) => {
      const options = { place_order_mode: 'PLACE_ORDER' };
      const hosted = await newHosted(shop, { options, merchant_urls: urlsOf(visit) });
      const tabs = [await visit.openLink(hosted.redirect_url), await visit.openLink(hosted.redirect_url)];
      for (const tab of tabs) await signIn(tab);
      for (const tab of tabs) {
        await buy(tab);
        await tab.waitForURL(/end=success/);
      }
      const orders = tabs.map((tab) => new URL(tab.url()).searchParams.get('order'));
      assert.equal(orders[0], orders[1]);
    });
  });

  test('what the shopper does is told to the shop’s server, and kept in the log without link or sign-in', async (t) => {
    const shop = await world.shop();
    const told: string[] = [];
    const take = async (request: Parameters<Parameters<typeof listening>[0]>[0]) => {
      const { session } = JSON.parse(await text(request)) as { session: { status: string } };
      told.push(session.status);
    };
    const { server, url } = await listening(take);
    t.after(() => server.close());
    await world.browse({}, async (visit) => {
      const merchant_urls = { ...urlsOf(visit), status_update: `${url}/status` };
      const options = { place_order_mode: 'CAPTURE_ORDER' };
      const hosted = await newHosted(shop, { options, merchant_urls });
      const once = async (status: string) => {
        while (told.at(-1) !== status) await setTimeout(10);
      };
      const page = await visit.openLink(hosted.redirect_url);
      await once('IN_PROGRESS');
      await page.getByTestId('back').click();
      await once('BACK');
      await page.waitForURL(/end=back/);
      await page.goto(hosted.redirect_url);
      await once('IN_PROGRESS');
      await signIn(page);
      await buy(page);
      await once('COMPLETED');
      assert.deepEqual(told, ['IN_PROGRESS', 'BACK', 'IN_PROGRESS', 'COMPLETED']);
      await page.waitForURL(/end=success/);
      const { order_id } = await read(shop, hosted);
      assert.equal((await shop.read(String(order_id))).status, 'CAPTURED');
      const log = await world.provider.control('GET', `/log?session_id=${hosted.payment_session_id}`);
      const entries = (log.entries as Json[]).filter(({ path }) => String(path).startsWith('/checkout/'));
      const expected = ['authorize', 'open', 'authorize', 'open'].map((name) => `/checkout/api/hosted/${name}`);
      assert.deepEqual(
        entries.map(({ path }) => path),
        expected,
      );
      const link = hosted.redirect_url.slice(hosted.redirect_url.lastIndexOf('/') + 1);
      for (const secret of [link, 'signed_in']) assert.ok(!JSON.stringify(entries).includes(secret));
    });
  });

  test('in store, cancelling is final', async () => {
    const shop = await world.shop();
    await world.browse({ size: 'phone' }, async (visit) => {
      const purchase = { acquiring_channel: 'IN_STORE' };
      const hosted = await newHosted(shop, { merchant_urls: urlsOf(visit) }, purchase);
      const page = await visit.openLink(hosted.redirect_url);
      await page.getByTestId('cancel').click();
      await page.waitForURL(/end=cancel/);
      assert.equal((await read(shop, hosted)).status, 'CANCELLED');
      const late = await visit.openLink(hosted.redirect_url);
      await late.getByTestId('ending-link_ended').waitFor();
    });
  });

  test('what the shop has wrong about the shopper is corrected in the shop: no retry that cannot help', async () => {
    const shop = await world.shop();
    const billing_address = { email: 'nowhere', given_name: 'Alma', postal_code: 'x', country: 'SE' };
    await world.browse({}, async (visit) => {
      const hosted = await newHosted(shop, { merchant_urls: urlsOf(visit) }, { billing_address });
      const page = await visit.openLink(hosted.redirect_url);
      await signIn(page, 'alma@email.se');
      await buy(page);
      const said = page.getByTestId('ending-details');
      assert.match(await said.innerText(), /e-post, postnummer/);
      assert.equal(await page.getByTestId('retry').count(), 0);
      await assertAccessible(page, 'details');
      await page.getByTestId('close').click();
      await page.waitForURL(/end=back/);
      assert.equal((await read(shop, hosted)).status, 'BACK');
    });
  });

  for (const size of Object.keys(SIZES) as (keyof typeof SIZES)[]) {
    test(`title, logo, picture and wording are the merchant's, on a ${size}`, async () => {
      const shop = await world.shop({ name: 'Café Mimosa' });
      await world.browse({ size }, async (visit) => {
        const options = {
          page_title: '<b>Rent & go</b>',
          logo_url: `${visit.shopUrl}/icon.svg?logo`,
          background_images: [400, 1300, 4000].map((width) => ({ url: `${visit.shopUrl}/icon.svg?${width}`, width })),
          purchase_type: 'RENT',
          show_subtotal_detail: 'HIDE',
        };
        const { redirect_url } = await newHosted(shop, { options });
        const page = await visit.openLink(redirect_url);
        assert.equal(await page.getByTestId('page-title').textContent(), options.page_title);
        assert.match(await page.title(), /<b>Rent & go<\/b> · Café Mimosa$/);
        assert.equal(await page.getByTestId('logo').getAttribute('alt'), 'Café Mimosa');
        const picture = await page.getByTestId('background').getAttribute('src');
        assert.equal(picture, `${visit.shopUrl}/icon.svg?${size === 'phone' ? 400 : 1300}`);
        assert.equal(await page.getByTestId('order-lines').count(), 0);
        assert.match(await page.getByTestId('total').innerText(), /100,00/);
        await assertAccessible(page, 'as the merchant wants it');
        await signIn(page);
        assert.match(await page.getByTestId('buy').innerText(), /^Hyr för 100,00/);
        assert.equal(await page.getByTestId('background').count(), 1);
        await assertAccessible(page, 'as the merchant wants it, to choose');
      });
    });
  }

  test('the button says what kind of purchase it is, in every language', async () => {
    const shop = await world.shop();
    const spoken = [
      ['GB', 'GBP', 'en-GB', 'SUBSCRIBE', /^Subscribe for £100\.00$/, 'Complete your purchase'],
      ['SE', 'SEK', 'sv-SE', 'BOOK', /^Boka för 100,00\skr$/, 'Slutför ditt köp'],
      ['DE', 'EUR', 'de-DE', 'DOWNLOAD', /^Für 100,00\s€ herunterladen$/, 'Schließen Sie Ihren Kauf ab'],
      ['FI', 'EUR', 'fi-FI', 'CONTINUE', /^Jatka, 100,00\s€$/, 'Viimeistele ostos'],
    ] as const;
    await world.browse({}, async (visit) => {
      for (const [country, currency, locale, purchase_type, words, title] of spoken) {
        const billing_address = { email: 'customer@email.example', country };
        const purchase = { ...purchaseIn(country, currency, locale), order_tax_amount: 0, billing_address };
        const { redirect_url } = await newHosted(shop, { options: { purchase_type } }, purchase);
        const page = await visit.openLink(redirect_url);
        assert.equal(await page.getByTestId('page-title').textContent(), title);
        await signIn(page);
        assert.match(await page.getByTestId('buy').innerText(), words);
        await page.close();
      }
    });
  });

  test('links to images that are broken leave the merchant’s name, and the page as it is', async () => {
    const shop = await world.shop({ name: 'Café Mimosa' });
    await world.browse({ expected: /ERR_|Failed to load/ }, async (visit) => {
      const options = {
        logo_url: `${visit.shopUrl}/gone.png`,
        background_images: [{ url: 'http://127.0.0.1:1/gone.jpg' }],
      };
      const { redirect_url } = await newHosted(shop, { options });
      const page = await visit.openLink(redirect_url);
      await page.getByTestId('logo').waitFor({ state: 'detached' });
      await page.getByTestId('background').waitFor({ state: 'detached' });
      assert.equal(await page.getByTestId('merchant-name').textContent(), 'Café Mimosa');
      await signIn(page);
      await buy(page);
      await page.getByTestId('ending-approved').waitFor();
    });
  });

  test('the page that shoppers are sent to cannot be framed', async () => {
    const shop = await world.shop();
    await world.browse({ expected: /frame-ancestors|ERR_BLOCKED_BY_RESPONSE/ }, async (visit) => {
      const { redirect_url, session_id } = await newHosted(shop);
      const page = await visit.enterShop(await newSession(shop));
      const said = page.waitForEvent('console', (message) => /frame-ancestors/.test(message.text()));
      await page.evaluate(
        `document.body.append(Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(redirect_url)} }))`,
      );
      await said;
      const { status } = (await shop.call('GET', `/hpp/v1/sessions/${session_id}`)).body;
      assert.equal(status, 'WAITING');
    });
  });

  test('going back leads to the back URL; a reload stays at its step', async () => {
    const shop = await world.shop();
    await world.browse({}, async (visit) => {
      const hosted = await newHosted(shop, { merchant_urls: urlsOf(visit) });
      const page = await visit.openLink(hosted.redirect_url);
      await page.getByTestId('continue').click();
      await page.getByTestId('code').waitFor();
      await page.reload();
      await page.getByTestId('code').fill('123456');
      await page.getByTestId('continue').click();
      await page.getByTestId('step-choose').waitFor();
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
