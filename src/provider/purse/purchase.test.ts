// Protects: every field of Purse's page for Klarna arrives where it should, exactly; what is mandatory is asked for by name.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseExactly } from '../../http/exchange.ts';
import { decimalFromMinor } from '../../money/decimal.ts';
import { checkSums } from '../../money/lines.ts';
import { fuzz } from '../../testing.ts';
import { type CreateSession, createSession } from '../../wire/purse.ts';
import { check } from '../../wire/shape.ts';
import { FIELDS, purseField } from './fields.ts';
import { klarnaPurchase } from './purchase.ts';
import { ORDER } from './testing.ts';
import { major } from './views.ts';

function read(body: object): CreateSession {
  const { value, faults } = check(createSession, body);
  assert.ok(value, JSON.stringify(faults));
  return value;
}

function mapped(order: object, amount?: number) {
  const session = read({ order });
  assert.ok(session.order);
  return klarnaPurchase({ order: session.order, amount, present: true });
}

function details(order: object, amount?: number) {
  const purchase = mapped(order, amount);
  assert.ok(purchase.ok, JSON.stringify(purchase));
  return purchase.details;
}

/** The value at a path, the first entry of each list. */
function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((found, name) => {
    const inner = Array.isArray(found) ? found[0] : found;
    return (inner as Record<string, unknown> | undefined)?.[name];
  }, value);
}

const ADDRESS = {
  first_name: 'Anne',
  last_name: 'Petit',
  address_lines: ['3 rue des Lilas', 'Bâtiment B', 'Code 12'],
  city: 'Lille',
  postal_code: '59000',
  country_code: 'fr',
  province_code: 'fr-59',
  email: 'customer@email.fr',
  phone: '+33320111111',
  mobile_phone: '+33611223344',
  work_phone: '+33320222222',
};
const DELIVERY = { ...ADDRESS, first_name: 'Paul', city: 'Lyon', postal_code: '69001', province_code: 'FR-69' };
const WHOLE = {
  ...ORDER,
  customer: {
    ...ORDER.customer,
    type: 'COMPANY',
    company_name: 'Petit SARL',
    billing_address: ADDRESS,
  },
  shipments: [{ ...ORDER.shipments[0], shipping_address: DELIVERY }],
};

/** What each of the 38 rows becomes. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  amount: { order_amount: 27_192 },
  'order.redirection': { 'merchant_urls.confirmation': ORDER.redirection },
  'order.reference': { merchant_reference1: 'cart-7' },
  'order.amount': { order_amount: 27_192 },
  'order.tax_amount': { order_tax_amount: 4_532 },
  'order.currency_code': { purchase_currency: 'EUR' },
  'customer.type': { 'customer.type': 'organization' },
  'customer.company_name': { 'billing_address.organization_name': 'Petit SARL' },
  'customer.gender_code': { 'customer.gender': 'female' },
  'customer.birthdate': { 'customer.date_of_birth': '1988-02-29' },
  'customer.billing_address.first_name': { 'billing_address.given_name': 'Anne' },
  'customer.billing_address.last_name': { 'billing_address.family_name': 'Petit' },
  'customer.billing_address.address_lines': {
    'billing_address.street_address': '3 rue des Lilas',
    'billing_address.street_address2': 'Bâtiment B, Code 12',
  },
  'customer.billing_address.city': { 'billing_address.city': 'Lille' },
  'customer.billing_address.postal_code': { 'billing_address.postal_code': '59000' },
  'customer.billing_address.country_code': { 'billing_address.country': 'FR', purchase_country: 'FR' },
  'customer.billing_address.province_code': { 'billing_address.region': '59' },
  'customer.billing_address.email': { 'billing_address.email': 'customer@email.fr' },
  'customer.billing_address.phone': { 'billing_address.phone': '+33611223344' },
  'customer.billing_address.mobile_phone': { 'billing_address.phone': '+33611223344' },
  'customer.billing_address.work_phone': { 'billing_address.phone': '+33611223344' },
  'shipments.shipping_address.first_name': { 'shipping_address.given_name': 'Paul' },
  'shipments.shipping_address.last_name': { 'shipping_address.family_name': 'Petit' },
  'shipments.shipping_address.address_lines': { 'shipping_address.street_address': '3 rue des Lilas' },
  'shipments.shipping_address.city': { 'shipping_address.city': 'Lyon' },
  'shipments.shipping_address.postal_code': { 'shipping_address.postal_code': '69001' },
  'shipments.shipping_address.country_code': { 'shipping_address.country': 'FR' },
  'shipments.shipping_address.province_code': { 'shipping_address.region': '69' },
  'shipments.shipping_address.email': { 'shipping_address.email': 'customer@email.fr' },
  'shipments.shipping_address.phone': { 'shipping_address.phone': '+33611223344' },
  'shipments.shipping_address.mobile_phone': { 'shipping_address.phone': '+33611223344' },
  'shipments.shipping_address.work_phone': { 'shipping_address.phone': '+33611223344' },
  'shipments.item_lines.name': { 'order_lines.name': 'Chair' },
  'shipments.item_lines.price': { 'order_lines.unit_price': 13_002 },
  'shipments.item_lines.quantity': { 'order_lines.quantity': 2 },
  'shipments.item_lines.amount': { 'order_lines.total_amount': 26_004 },
  'shipments.item_lines.tax_lines.rate': { 'order_lines.tax_rate': 2_000 },
  'shipments.item_lines.tax_lines.amount': { 'order_lines.total_tax_amount': 4_334 },
};

describe('fields', () => {
  test('all 38 rows, each where the table says', () => {
    const got = details(WHOLE);
    assert.deepEqual(
      FIELDS.map(({ purse }) => purse),
      Object.keys(EXPECTED),
    );
    for (const { purse, klarna } of FIELDS) {
      for (const path of klarna) {
        assert.ok(Object.hasOwn(EXPECTED[purse] ?? {}, path), `${purse}: ${path}`);
        assert.equal(at(got, path), EXPECTED[purse]?.[path], `${purse}: ${path}`);
      }
    }
  });

  test('the eight mandatory ones are asked for by name, alone and together', () => {
    const without = (path: string): object => {
      const copy = JSON.parse(JSON.stringify(ORDER)) as Record<string, unknown>;
      const steps = path.replace(/^order\./, '').split('.');
      const last = steps.pop() ?? '';
      const holder = steps.reduce<unknown>((found, name) => {
        const inner = (found as Record<string, unknown> | undefined)?.[name];
        return Array.isArray(inner) ? inner[0] : inner;
      }, copy);
      if (holder) delete (holder as Record<string, unknown>)[last];
      return copy;
    };
    const mandatory = FIELDS.filter((field) => field.mandatory).map(({ purse }) => purse);
    assert.equal(mandatory.length, 8);
    for (const purse of mandatory) {
      const purchase = mapped(without(purse));
      assert.ok(!purchase.ok);
      assert.deepEqual(
        [purchase.failure.psp_status, purchase.failure.description],
        ['BAD_REQUEST', `Bad format: ${purse}`],
      );
    }
    const nothing = mapped({});
    assert.ok(!nothing.ok);
    assert.equal(nothing.failure.description, `Bad format: ${mandatory.join(', ')}`);
    for (const { purse, mandatory: is } of FIELDS.filter(({ purse }) => purse !== 'amount'))
      if (!is) assert.ok(mapped(without(purse)).ok, `${purse} is not mandatory`);
  });

  test('a charge without the shopper needs no address to come back to', () => {
    const { redirection: _none, ...order } = ORDER;
    const { order: read_ } = read({ order });
    assert.ok(read_ && klarnaPurchase({ order: read_, amount: undefined, present: false }).ok);
  });

  test('words that Klarna has no word for', () => {
    const cases: readonly [object, string][] = [
      [{ type_code: 'robot' }, 'Bad value: customer.type'],
      [{ gender_code: 'X' }, 'Bad value: customer.gender_code'],
      [{ birthdate: '29/02/1988' }, 'Bad value: customer.birthdate'],
    ];
    for (const [customer, description] of cases) {
      const purchase = mapped({ ...ORDER, customer: { ...ORDER.customer, ...customer } });
      assert.ok(!purchase.ok);
      assert.equal(purchase.failure.description, description);
      assert.equal(purchase.failure.psp_status, 'BAD_VALUE');
    }
  });

  test('phones: the mobile one first, then the other, then the one at work', () => {
    const phone = (address: object) =>
      details({ ...ORDER, customer: { billing_address: { country_code: 'FR', ...address } } }).billing_address?.phone;
    const { phone: other, mobile_phone, work_phone } = ADDRESS;
    assert.equal(phone({ phone: other, work_phone }), other);
    assert.equal(phone({ work_phone }), work_phone);
    assert.equal(phone({ mobile_phone: '', work_phone }), work_phone);
    assert.equal(phone({ mobile_phone, phone: other }), mobile_phone);
  });

  test('a shipment by e-mail has no address', () => {
    const shipments = [{ ...ORDER.shipments[0], shipping_address: { email: 'a@b.fr' } }];
    assert.equal(details({ ...ORDER, shipments }).shipping_address, undefined);
  });

  test('Klarna’s fields are told by Purse’s names', () => {
    assert.equal(purseField('order_lines[3].tax_rate'), 'shipments.item_lines.tax_lines.rate');
    assert.equal(purseField('purchase_country'), 'customer.billing_address.country_code');
    assert.equal(purseField('order_amount'), 'order.amount');
    assert.equal(purseField('billing_address.street_address2'), 'customer.billing_address.address_lines');
    assert.equal(purseField('something_else'), 'something_else');
  });
});

describe('lines', () => {
  const withLine = (line: object, amount: number) => ({
    ...ORDER,
    amount,
    tax_amount: undefined,
    shipments: [{ item_lines: [{ name: 'Chair', quantity: 3, price: 100, amount: 300, ...line }] }],
  });

  test('a discount that is in the amount only is Klarna’s discount', () => {
    const [line] = details(withLine({ amount: 270 }, 270)).order_lines;
    assert.deepEqual([line?.unit_price, line?.total_discount_amount, line?.total_amount], [10_000, 3_000, 27_000]);
  });

  test('a price without tax is made one with', () => {
    const [line] = details(withLine({ amount: 360 }, 360)).order_lines;
    assert.deepEqual([line?.unit_price, line?.total_discount_amount], [12_000, undefined]);
  });

  test('what the lines leave over is shipping, with what they leave over of the tax', () => {
    const { order_lines } = details(ORDER);
    assert.deepEqual(order_lines[1], {
      type: 'shipping_fee',
      name: 'Shipping',
      quantity: 1,
      unit_price: 1_188,
      total_amount: 1_188,
      total_tax_amount: 198,
    });
  });

  test('sales tax in the US is a line of its own', () => {
    const item_lines = [{ name: 'Chair', quantity: 1, price: 200, amount: 200 }];
    const billing_address = { country_code: 'US' };
    const taxed = {
      amount: 215,
      tax_amount: 10,
      currency_code: 'USD',
      customer: { billing_address },
      shipments: [{ item_lines }],
    };
    const got = details({ ...ORDER, ...taxed });
    assert.deepEqual(
      got.order_lines.map(({ type, total_amount }) => [type, total_amount]),
      [
        ['physical', 20_000],
        ['sales_tax', 1_000],
        ['shipping_fee', 500],
      ],
    );
    assert.deepEqual(checkSums({ ...got, purchase_country: 'US' }), []);
  });

  test('what is paid another way is a gift card', () => {
    const { order_amount, order_lines } = details(ORDER, 20_000);
    assert.equal(order_amount, 20_000);
    assert.deepEqual([order_lines.at(-1)?.type, order_lines.at(-1)?.total_amount], ['gift_card', -7_192]);
  });

  test('several taxes have their effective rate', () => {
    const taxes = {
      tax_lines: [
        { rate: 10, amount: 20 },
        { rate: 10, amount: 30 },
      ],
    };
    const [line] = details(withLine({ amount: 300, ...taxes }, 300)).order_lines;
    assert.deepEqual([line?.total_tax_amount, line?.tax_rate], [5_000, 2_000]);
  });

  test('whatever is sold, Klarna’s sums hold', async () => {
    const line = fc.record({
      quantity: fc.integer({ min: 1, max: 20 }),
      price: fc.integer({ min: 1, max: 100_000 }),
      percent: fc.constantFrom(0, 550, 1_000, 2_000, 2_500),
      discount: fc.integer({ min: 0, max: 100 }),
      net: fc.boolean(),
    });
    const cart = fc.record({
      lines: fc.array(line, { minLength: 1, maxLength: 6 }),
      shipping: fc.integer({ min: 0, max: 5_000 }),
    });
    await fuzz(
      fc.property(cart, ({ lines, shipping }) => {
        const item_lines = lines.map(({ quantity, price, percent, discount, net }, index) => {
          const gross = Math.round((price * quantity * (100 - discount)) / 100);
          const tax = Math.round((gross * percent) / (10_000 + percent));
          const shown = net && discount === 0 ? Math.floor((gross - tax) / quantity) : price;
          return {
            name: `Line ${index}`,
            quantity,
            price: major(shown),
            amount: major(gross),
            tax_lines: [{ rate: percent / 100, amount: major(tax) }],
          };
        });
        const whole = item_lines.reduce((sum, { amount }) => sum + Math.round(amount * 100), 0) + shipping;
        const order = { ...ORDER, tax_amount: undefined, amount: decimalFromMinor(whole), shipments: [{ item_lines }] };
        const got = details(order);
        assert.deepEqual(checkSums({ ...got, purchase_country: 'FR' }), []);
        assert.equal(got.order_amount, whole);
      }),
      300,
    );
  });
});

describe('amounts', () => {
  const amountOf = (amount: unknown) => check(createSession, { amount });

  test('numbers and texts are the same to the cent, and come back as they were sent', async () => {
    await fuzz(
      fc.property(fc.integer({ min: 0, max: 20_000_000_000 }), (minor) => {
        const text = decimalFromMinor(minor);
        const number = JSON.parse(`{"amount":${text}}`) as { amount: number };
        assert.equal(amountOf(number.amount).value?.amount, minor);
        assert.equal(amountOf(text).value?.amount, minor);
        assert.equal(major(minor), Number(text));
        assert.equal(amountOf(major(minor)).value?.amount, minor);
      }),
      2_000,
    );
  });

  test('more decimals than the currency has, and what is no amount, are refused', () => {
    for (const amount of [1.234, '1.234', 0.1 + 0.2, '1,50', 'abc', '', {}, true, -1, 1e21, 1e-7, '1e3'])
      assert.equal(amountOf(amount).faults?.length, 1, String(amount));
  });

  // Protects: an amount of more digits than a double holds is refused, not taken for the one it would be rounded to.
  test('no digit is lost, however many are sent', async () => {
    const read = (text: string) => amountOf((parseExactly(`{"amount":${text}}`) as { amount: unknown }).amount);
    const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[1-9][0-9]{${min},${max}}$`));
    await fuzz(
      fc.property(fc.nat(9_999), fc.stringMatching(/^[0-9]{3,20}0{0,20}$/), (whole, fraction) => {
        const text = `${whole}.${fraction}`;
        const { value, faults } = read(text);
        // Of a short number the zeros at the end are gone before anybody reads it; a long one is what was sent.
        const isMore = text.length > 15 || /[^0]/.test(fraction.slice(2));
        if (isMore) assert.equal(faults?.length, 1, text);
        else assert.equal(value?.amount, Number(`${whole}${fraction.slice(0, 2)}`), text);
      }),
      500,
    );
    await fuzz(
      fc.property(digits(14, 40), (text) => {
        const exact = BigInt(text) * 100n;
        const { value } = read(text);
        if (exact <= BigInt(Number.MAX_SAFE_INTEGER)) assert.equal(BigInt(value?.amount ?? -1), exact);
        else assert.equal(value, undefined, text);
      }),
      500,
    );
    assert.equal(read('271.9200000000000000001').faults?.length, 1);
    assert.equal(read('2.7192e2').value?.amount, 27_192, 'the same number, written otherwise');
    assert.deepEqual(parseExactly('{"a":12345678901234567890,"b":[1.5,"1234567890123456"]}'), {
      a: '12345678901234567890',
      b: [1.5, '1234567890123456'],
    });
  });

  test('rates are percent; what is finer than Klarna’s is rounded half up', () => {
    const line = (rate: unknown) => ({ order: { shipments: [{ item_lines: [{ tax_lines: [{ rate }] }] }] } });
    const rate = (value: unknown) =>
      check(createSession, line(value)).value?.order?.shipments?.[0]?.item_lines?.[0]?.tax_lines?.[0]?.rate;
    assert.deepEqual([rate(20), rate(5.5), rate('19.6'), rate(8.25)], [2_000, 550, 1_960, 825]);
    assert.deepEqual([rate(8.875), rate('8.8749'), rate(0.005)], [888, 887, 1]);
    for (const wrong of [-1, 'much', '1e2', true, {}])
      assert.equal(check(createSession, line(wrong)).faults?.length, 1);
  });
});
