import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALMA, assertRefused, assertStatus, PURCHASE, STORES, sharedProvider } from '../testing.ts';

interface Made {
  readonly merchant_id: string;
  readonly credentials: readonly { readonly username: string; readonly password: string }[];
}

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

for (const kind of STORES) {
  describe(`merchants on ${kind.name}`, () => {
    const world = sharedProvider(kind);
    const control = (method: string, path: string, body?: object) => world.provider.control(method, path, body);
    const refused = (method: string, path: string, body: object, message: RegExp) =>
      assert.rejects(control(method, path, body), { message });
    const create = async (body: object = {}) => (await control('POST', '/merchants', body)) as unknown as Made;
    /** Whether Klarna's API lets these credentials in: an unknown order is 404 to those inside and 401 to the others. */
    const letsIn = async (username: string, password: string) => {
      const path = '/ordermanagement/v1/orders/00000000-0000-4000-8000-000000000000';
      const { status } = await fetch(world.provider.url + path, {
        headers: { authorization: basic(username, password) },
      });
      assert.ok(status === 404 || status === 401, String(status));
      return status === 404;
    };

    // Protects: a generated secret is long, is shown by the call that made it, and never by any other.
    test('a secret is shown once', async () => {
      const made = await create({ name: 'Once' });
      const { username = '', password = '' } = made.credentials[0] ?? {};
      assert.ok(password.length >= 32);
      assert.ok(await letsIn(username, password));
      const shown = JSON.stringify([
        await control('GET', `/merchants/${made.merchant_id}`),
        await control('PATCH', `/merchants/${made.merchant_id}`, { name: 'Twice' }),
        await control('GET', '/merchants'),
        await control('GET', '/log?limit=1000'),
      ]);
      assert.ok(shown.includes(username));
      assert.ok(!shown.includes(password));
      assert.ok(!/"(?:hash|salt)"/.test(shown));
    });

    // Protects: names, ids and passwords can be chosen, and settings can come along with the creation.
    test('a merchant can be made to order', async () => {
      const wanted = { merchant_id: `M-${Date.now()}.a`, username: `U_${Date.now()}`, password: 'p w:d' };
      const made = await control('POST', '/merchants', { ...wanted, region: 'na', authorization_days: 7 });
      assert.deepEqual(made.credentials, [{ username: wanted.username, password: wanted.password }]);
      const read = await control('GET', `/merchants/${wanted.merchant_id}`);
      assert.deepEqual([read.region, read.authorization_days, read.name], ['na', 7, wanted.merchant_id]);
      assert.ok(await letsIn(wanted.username, wanted.password));
      await refused('POST', '/merchants', { merchant_id: wanted.merchant_id }, /exists already/);
      await refused('POST', '/merchants', { username: wanted.username }, /exists already/);
    });

    // Protects: a suite that makes a merchant a test can clean up, down to the last credential and order.
    test('a merchant is removed with all that is its own', async () => {
      const shop = await world.shop();
      const order_id = await shop.placeOrder();
      const added = await control('POST', `/merchants/${shop.merchant_id}/credentials`, { password: 'second' });
      assert.deepEqual(await control('DELETE', `/merchants/${shop.merchant_id}`), { removed: shop.merchant_id });
      assertRefused(await shop.call('GET', `/ordermanagement/v1/orders/${order_id}`), 401, 'UNAUTHORIZED');
      assert.ok(!(await letsIn(String(added.username), 'second')));
      await assert.rejects(control('GET', `/orders/${order_id}`), { message: /cannot be found/ });
      assert.deepEqual((await control('GET', `/log?order_id=${order_id}`)).entries, []);
      await refused('DELETE', `/merchants/${shop.merchant_id}`, {}, /no merchant/);
      await control('POST', '/merchants', { merchant_id: shop.merchant_id, username: String(added.username) });
      assert.ok(!(await letsIn(String(added.username), 'second')), 'whoever takes the name over has another secret');
      await refused('DELETE', '/merchants/K000001', {}, /default merchant stays/);
    });

    // Protects: several credentials side by side; a withdrawn one is out at once, even where it was known before.
    test('credentials are added and withdrawn', async () => {
      const { merchant_id, credentials } = await create();
      const [first] = credentials;
      const second = await control('POST', `/merchants/${merchant_id}/credentials`, { password: 'second' });
      assert.ok(await letsIn(first?.username ?? '', first?.password ?? ''));
      assert.ok(await letsIn(String(second.username), 'second'));
      assert.ok(!(await letsIn(String(second.username), 'wrong')));
      const removed = await control('DELETE', `/merchants/${merchant_id}/credentials/${first?.username}`);
      assert.deepEqual(removed, { removed: first?.username });
      assert.ok(!(await letsIn(first?.username ?? '', first?.password ?? '')));
      assert.ok(await letsIn(String(second.username), 'second'));
      await refused('DELETE', `/merchants/${merchant_id}/credentials/${first?.username}`, {}, /has no credential/);
      await refused('POST', `/merchants/${merchant_id}/credentials`, { username: String(second.username) }, /exists/);
      await refused('POST', '/merchants/nobody/credentials', {}, /no merchant nobody/);
    });

    // Protects: one merchant sees nothing of another, not even that something exists.
    test('merchants never see each other’s data', async () => {
      const [mine, theirs] = [await world.shop(), await world.shop()];
      const { session_id, token } = await mine.newToken();
      const order_id = await mine.placeOrder();
      await mine.capture(order_id, 100);
      assertRefused(await theirs.call('GET', `/payments/v1/sessions/${session_id}`), 404, 'NOT_FOUND');
      assertRefused(await theirs.call('POST', `/payments/v1/sessions/${session_id}`, {}), 404, 'NOT_FOUND');
      assertRefused(await theirs.order(token), 404, 'NOT_FOUND');
      assertRefused(await theirs.call('DELETE', `/payments/v1/authorizations/${token}`), 404, 'NOT_FOUND');
      assertRefused(await theirs.manage('GET', order_id, ''), 404, 'NO_SUCH_ORDER');
      assertRefused(await theirs.manage('POST', order_id, '/cancel'), 404, 'NO_SUCH_ORDER');
      assertRefused(await theirs.manage('POST', order_id, '/captures', { captured_amount: 1 }), 404, 'NO_SUCH_ORDER');
      assert.equal((await mine.read(order_id)).captured_amount, 100);
      const { orders } = await control('GET', `/orders?merchant_id=${theirs.merchant_id}`);
      assert.deepEqual(orders, []);
    });

    // Protects: a typing error in a setting is said, not swallowed: what silently changes nothing costs an afternoon.
    test('settings are checked by name and value', async () => {
      const { merchant_id } = await create();
      const path = `/merchants/${merchant_id}`;
      const bad: readonly (readonly [object, RegExp])[] = [
        [{ risk_rule: [] }, /risk_rule should be one of name, status/],
        [{ status: 'off' }, /status should be one of active, inactive/],
        [{ authorization_days: 181 }, /authorization_days should be an integer from 1 to 180/],
        [{ authorization_days: 0 }, /authorization_days/],
        [{ rate_limits: 'on' }, /rate_limits should be one of off, playground, live/],
        [{ payment_method_categories: ['cash'] }, /payment_method_categories\[0\]/],
        [{ risk_rules: [{ on: 'authorize' }] }, /risk_rules\[0\]\.decision should be a value/],
        [
          { risk_rules: [{ on: 'authorize', verdict: 'refuse' }] },
          /risk_rules\[0\]\.verdict should be one of on, when/,
        ],
        [
          { risk_rules: [{ on: 'authorize', decision: 'refuse', when: { amount_above: 1 } }] },
          /risk_rules\[0\]\.when\.amount_above should be one of country/,
        ],
        [{ constructor: 1 }, /constructor should be one of/],
      ];
      const before = await control('GET', path);
      for (const [body, message] of bad) await refused('PATCH', path, body, message);
      const { now: _then, ...same } = before;
      const { now: _now, ...after } = await control('GET', path);
      assert.deepEqual(after, same);
      await refused('PATCH', '/merchants/nobody', {}, /no merchant nobody/);
      await refused('GET', '/merchants/nobody', {}, /no merchant nobody/);
    });

    // Protects: each setting does what it says.
    test('settings take effect', async () => {
      const shop = await world.shop({ payment_method_categories: ['pay_later', 'pay_over_time'] });
      const session = await shop.call('POST', '/payments/v1/sessions', PURCHASE);
      const offered = session.body.payment_method_categories as { identifier: string }[];
      assert.deepEqual(
        offered.map(({ identifier }) => identifier),
        ['pay_later', 'pay_over_time'],
      );
      await shop.set({ authorization_days: 2 });
      const order_id = await shop.placeOrder();
      const { created_at, expires_at } = await shop.read(order_id);
      assert.equal(Date.parse(expires_at), Date.parse(`${created_at.slice(0, 10)}T00:00:00Z`) + 2 * 86_400_000);
      await shop.set({ status: 'inactive' });
      assertRefused(await shop.call('POST', '/payments/v1/sessions', PURCHASE), 403, 'MERCHANT_INACTIVE');
      await shop.set({ status: 'active', region: 'na' });
      const elsewhere = await shop.call('GET', '/payments/v1/sessions/x', undefined, { host: 'ignored' });
      assert.equal(elsewhere.status, 404);
    });

    describe('risk rules', () => {
      // Protects: each moment at which risk is asked has a cause that a test can order, with the API's own words.
      test('session: the category is not offered', async () => {
        const shop = await world.shop({
          payment_method_categories: ['pay_later', 'pay_now'],
          risk_rules: [{ on: 'session', decision: 'refuse', when: { category: 'pay_later', amount_over: 5_000 } }],
        });
        const { body } = await shop.call('POST', '/payments/v1/sessions', PURCHASE);
        assert.deepEqual(
          (body.payment_method_categories as { identifier: string }[]).map(({ identifier }) => identifier),
          ['pay_now'],
        );
      });

      test('authorize: a refusal carries the code of the rule, and the log says which rule it was', async () => {
        const shop = await world.shop();
        for (const code of ['REFUSED', 'UNAVAILABLE_PAYMENT_METHOD', 'PAYMENT_METHOD_FAILED']) {
          await shop.set({ risk_rules: [{ on: 'authorize', decision: 'refuse', code, when: { country: 'SE' } }] });
          const session_id = await shop.newSession();
          const result = await shop.authorize(session_id);
          assert.deepEqual([result.approved, result.show_form, result.code], [false, false, code]);
          const { entries } = await control('GET', `/log?session_id=${session_id}&code=${code}`);
          assert.match(JSON.stringify(entries), /risk rule on authorize \(country SE\): refuse/);
        }
      });

      test('authorize: a review makes the order pending', async () => {
        const shop = await world.shop({ risk_rules: [{ on: 'authorize', decision: 'review' }] });
        assert.equal((await shop.read(await shop.placeOrder())).fraud_status, 'PENDING');
      });

      test('create_order: refused, or put in review', async () => {
        const shop = await world.shop();
        const { token } = await shop.newToken();
        await shop.set({ risk_rules: [{ on: 'create_order', decision: 'refuse', when: { currency: 'SEK' } }] });
        assertRefused(await shop.order(token), 403, 'REJECTED', ['Rejected']);
        await shop.set({ risk_rules: [{ on: 'create_order', decision: 'review' }] });
        const placed = await shop.order(token);
        assert.equal(placed.body.fraud_status, 'PENDING');
      });

      test('update: a raise is refused, anything else is not', async () => {
        const shop = await world.shop({ risk_rules: [{ on: 'update', decision: 'refuse' }] });
        const order_id = await shop.placeOrder();
        const update = (order_amount: number) => shop.manage('PATCH', order_id, '/authorization', { order_amount });
        assertRefused(await update(10_001), 403, 'NOT_ALLOWED', ['Update not allowed.']);
        assertStatus(await update(9_999), 204);
      });

      test('customer_details: the new address is refused', async () => {
        const shop = await world.shop({ risk_rules: [{ on: 'customer_details', decision: 'refuse' }] });
        const order_id = await shop.placeOrder();
        const answer = await shop.manage('PATCH', order_id, '/customer-details', {
          shipping_address: { city: 'Umeå' },
        });
        assertRefused(answer, 403, 'NOT_ALLOWED', ['Update not allowed.']);
      });

      test('capture: the instrument fails', async () => {
        const rules = [{ on: 'capture', decision: 'refuse', when: { amount_over: 4_000 } }];
        const shop = await world.shop({ risk_rules: rules });
        const order_id = await shop.placeOrder();
        const answer = await shop.manage('POST', order_id, '/captures', { captured_amount: 4_001 });
        assertRefused(answer, 403, 'PAYMENT_METHOD_FAILED');
        await shop.capture(order_id, 4_000);
      });

      test('the first rule that holds decides', async () => {
        const shop = await world.shop({
          risk_rules: [
            { on: 'authorize', decision: 'review', when: { amount_under: 10_000 } },
            { on: 'authorize', decision: 'refuse', code: 'REFUSED', when: { amount_over: 9_999 } },
            { on: 'authorize', decision: 'review' },
          ],
        });
        assert.equal((await shop.authorize(await shop.newSession())).code, 'REFUSED');
      });
    });

    describe('authorize', () => {
      // Protects: the SDK's answer for every way a shopper can leave, and the status that the session shows after it.
      const outcomes = [
        { outcome: 'approve', approved: true, show_form: true, code: 'ACCEPTED' },
        { outcome: 'review', approved: true, show_form: true, code: 'ACCEPTED' },
        { outcome: 'decline', approved: false, show_form: false, code: 'REFUSED' },
        { outcome: 'error', approved: false, show_form: true, code: 'FAILED' },
        { outcome: 'back', approved: false, show_form: true, code: 'ABANDONED' },
        { outcome: 'abandon', approved: false, show_form: true, code: 'ABANDONED' },
      ];
      for (const { outcome, ...expected } of outcomes) {
        test(`outcome ${outcome}`, async () => {
          const shop = await world.shop();
          const session_id = await shop.newSession();
          assert.equal((await control('GET', `/sessions/${session_id}`)).code, 'PENDING');
          const { approved, show_form, code, authorization_token } = await shop.authorize(session_id, { outcome });
          assert.deepEqual({ approved, show_form, code }, expected);
          assert.equal(authorization_token !== undefined, expected.approved);
          assert.equal((await control('GET', `/sessions/${session_id}`)).code, expected.code);
          assert.equal(
            (await shop.call('GET', `/payments/v1/sessions/${session_id}`)).body.authorization_token,
            authorization_token,
          );
        });
      }

      // Protects: the data of the SDK's call end in the session, and so in the order.
      test('the SDK’s data are merged into the session', async () => {
        const shop = await world.shop();
        const order_id = await shop.placeOrder(PURCHASE, { billing_address: ALMA, merchant_reference1: 'A-1' });
        const order = await shop.read(order_id);
        assert.equal((order.billing_address as { email: string }).email, ALMA.email);
        assert.equal(order.merchant_reference1, 'A-1');
      });

      // Protects: what a shopper could correct is named field by field, and the form stays.
      test('invalid fields are named', async () => {
        const shop = await world.shop();
        const session_id = await shop.newSession();
        const billing_address = { ...ALMA, postal_code: '1', phone: '12', email: 'nobody' };
        const result = await shop.authorize(session_id, { billing_address, customer: { date_of_birth: '2999-01-01' } });
        assert.deepEqual([result.approved, result.show_form], [false, true]);
        assert.deepEqual([...(result.error?.invalid_fields ?? [])].sort(), [
          'billing_address.email',
          'billing_address.phone',
          'billing_address.postal_code',
          'customer.date_of_birth',
        ]);
      });

      // Protects: the category that was chosen and the method in it end in the order.
      test('category and payment method', async () => {
        const shop = await world.shop({ payment_method_categories: ['pay_later', 'pay_over_time'] });
        const session_id = await shop.newSession();
        const other = await shop.authorize(session_id, { payment_method_category: 'pay_now' });
        assert.deepEqual([other.approved, other.code], [false, 'PAYMENT_METHOD_NOT_AVAILABLE']);
        const data = { payment_method_category: 'PAY_OVER_TIME', payment_method: 'slice_it_by_card' };
        const answer = await shop.order(await shop.approve(session_id, data));
        assert.deepEqual(answer.body.authorized_payment_method, {
          type: 'slice_it_by_card',
          number_of_installments: 3,
        });
      });

      // Protects: what cannot be authorized at all is Klarna's error, with the reason beside it.
      test('unknown, lapsed and completed sessions', async () => {
        const shop = await world.shop();
        await refused('POST', '/sessions/nowhere/authorize', {}, /404: Invalid session id/);
        await refused('GET', '/sessions/nowhere', {}, /404: Invalid session id/);
        const { session_id, token } = await shop.newToken();
        await shop.order(token);
        await refused('POST', `/sessions/${session_id}/authorize`, {}, /404: Session has already been completed/);
        const late = await shop.newSession();
        await shop.advance('P2D');
        await refused('POST', `/sessions/${late}/authorize`, {}, /404: Invalid session id/);
        assert.equal((await control('GET', `/sessions/${late}`)).code, 'ABANDONED');
        await refused('POST', `/sessions/${late}/authorize`, { outcome: 'maybe' }, /outcome should be one of approve/);
      });
    });
  });
}
