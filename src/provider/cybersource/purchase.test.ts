// Protects: what a shop sends to Cybersource is the same purchase at Klarna, to the cent, wherever shipping, discounts and tax are written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimalFromMinor } from '../../money/decimal.ts';
import { checkSums } from '../../money/lines.ts';
import { fuzz } from '../../testing.ts';
import { type CreateSession, createSession } from '../../wire/cybersource.ts';
import { bracketPath, check } from '../../wire/shape.ts';
import { fieldName, sessionOf } from './purchase.ts';
import { KLARNA, ORDER, sessionBody } from './testing.ts';

function read(orderInformation: object, more: object = {}) {
  const { value, faults } = check(createSession, sessionBody('inline', { orderInformation, ...more }));
  assert.equal(faults, undefined, JSON.stringify(faults));
  return sessionOf(value as CreateSession);
}
const faultsOf = (orderInformation: object) =>
  check(createSession, sessionBody('inline', { orderInformation })).faults?.map(({ path }) => bracketPath(path));

test('a purchase in Cybersource’s fields is one in Klarna’s', () => {
  const body = {
    ...ORDER,
    amountDetails: { totalAmount: '125.00', currency: 'sek', taxAmount: '25.00' },
    billTo: { ...ORDER.billTo, country: 'se', company: { name: 'Doe AB' } },
    lineItems: [
      {
        productSku: 'S1',
        productName: 'Shoe',
        quantity: '1',
        unitPrice: 125,
        totalAmount: '125.00',
        taxAmount: '25',
        taxRate: '25.00',
      },
    ],
    invoiceDetails: { purchaseOrderNumber: 'PO-7' },
  };
  const details = read(body, { buyerInformation: { language: 'sv_SE', dateOfBirth: '19700131' } });
  assert.deepEqual(
    { ...details, merchant_reference1: undefined },
    {
      purchase_country: 'SE',
      purchase_currency: 'SEK',
      locale: 'sv-SE',
      order_amount: 12_500,
      order_tax_amount: 2_500,
      order_lines: [
        {
          type: 'physical',
          reference: 'S1',
          name: 'Shoe',
          quantity: 1,
          unit_price: 12_500,
          total_amount: 12_500,
          total_tax_amount: 2_500,
          tax_rate: 2_500,
        },
      ],
      billing_address: {
        given_name: 'John',
        family_name: 'Doe',
        organization_name: 'Doe AB',
        street_address: 'Lombard St 10',
        city: 'San Francisco',
        region: 'CA',
        postal_code: '94133',
        country: 'SE',
        email: 'john@doe.example',
        phone: '+13106683312',
      },
      customer: { date_of_birth: '1970-01-31' },
      merchant_reference1: undefined,
      merchant_reference2: 'PO-7',
    },
  );
});

test('shipping, discounts and surcharges of the order are lines where the items do not add up without them', () => {
  const amountDetails = {
    ...ORDER.amountDetails,
    totalAmount: '104.50',
    shippingAmount: '7.00',
    shippingDiscountAmount: '1.50',
    discountAmount: '3.00',
    giftwrapAmount: '2.00',
  };
  const { order_lines } = read({ ...ORDER, amountDetails });
  assert.deepEqual(
    order_lines.slice(2).map(({ type, name, total_amount }) => [type, name, total_amount]),
    [
      ['shipping_fee', 'Shipping', 700],
      ['discount', 'Shipping discount', -150],
      ['surcharge', 'Gift wrap', 200],
      ['discount', 'Discount', -300],
    ],
  );
  const complete = read({ ...ORDER, amountDetails: { ...amountDetails, totalAmount: '100.00' } });
  assert.equal(complete.order_lines.length, 2, 'items that add up are all there is');
});

test('tax is added to the prices in the US, and part of them elsewhere', () => {
  const taxed = { ...ORDER, amountDetails: { totalAmount: '108.00', currency: 'USD', taxAmount: '8.00' } };
  const items = taxed.lineItems.map(({ productName, quantity, unitPrice, totalAmount }) => ({
    productName,
    quantity,
    unitPrice,
    totalAmount,
  }));
  const inUs = read({ ...taxed, lineItems: items });
  assert.deepEqual(inUs.order_lines.at(-1), {
    type: 'sales_tax',
    name: 'Tax',
    quantity: 1,
    unit_price: 800,
    total_amount: 800,
  });
  assert.equal(inUs.order_tax_amount, 800);
  assert.deepEqual(checkSums(inUs), []);
  const billTo = { ...ORDER.billTo, country: 'DE' };
  const inGermany = read({
    ...taxed,
    billTo,
    lineItems: items,
    amountDetails: { totalAmount: '100.00', currency: 'EUR', taxAmount: '19.00' },
  });
  assert.equal(inGermany.order_tax_amount, undefined, 'no line says how much of it is tax');
  assert.deepEqual(checkSums(inGermany), []);
});

test('a coupon lowers the amount whichever sign it is sent with, and an order without items is one line', () => {
  for (const sign of ['', '-']) {
    const coupon = {
      productCode: 'coupon',
      productName: 'SAVE5',
      quantity: 1,
      unitPrice: `${sign}5.00`,
      totalAmount: `${sign}5.00`,
    };
    const amountDetails = { totalAmount: '95.00', currency: 'USD' };
    const { order_lines } = read({ ...ORDER, amountDetails, lineItems: [...ORDER.lineItems, coupon] });
    assert.equal(order_lines.at(-1)?.total_amount, -500);
    assert.equal(order_lines.at(-1)?.type, 'discount');
  }
  const { lineItems: _none, ...bare } = ORDER;
  assert.deepEqual(read(bare).order_lines, [{ name: 'Order', quantity: 1, unit_price: 10_000, total_amount: 10_000 }]);
});

test('tax rates are per cent, or fractions below one', () => {
  const rate = (taxRate: unknown) => {
    const lineItems = [{ productName: 'Shoe', quantity: 1, unitPrice: '100.00', taxRate }];
    return read({ ...ORDER, lineItems }).order_lines[0]?.tax_rate;
  };
  const rows: readonly [unknown, number][] = [
    ['25.00', 2_500],
    ['7.7', 770],
    [19, 1_900],
    ['0.25', 2_500],
    ['0.065', 650],
    [0.2, 2_000],
    ['0', 0],
    ['0.00', 0],
  ];
  for (const [sent, expected] of rows) assert.equal(rate(sent), expected, String(sent));
  const item = { productName: 'Shoe', quantity: 1, unitPrice: '100.00' };
  for (const taxRate of ['-1', '101', '1.005', 'VAT', {}])
    assert.deepEqual(faultsOf({ ...ORDER, lineItems: [{ ...item, taxRate }] }), [
      'orderInformation.lineItems[0].taxRate',
    ]);
});

test('whatever adds up at Cybersource adds up at Klarna, and nothing is lost on the way', async () => {
  const item = fc.record({ quantity: fc.integer({ min: 1, max: 9 }), cents: fc.integer({ min: 0, max: 99_999 }) });
  const extra = fc.integer({ min: 0, max: 50_000 });
  await fuzz(
    fc.property(fc.array(item, { minLength: 1, maxLength: 8 }), extra, extra, (items, shipping, handling) => {
      const total = items.reduce((sum, { quantity, cents }) => sum + quantity * cents, shipping + handling);
      const lineItems = items.map(({ quantity, cents }, index) => ({
        productName: `Item ${index}`,
        quantity,
        unitPrice: decimalFromMinor(cents),
      }));
      const amountDetails = {
        totalAmount: decimalFromMinor(total),
        currency: 'USD',
        shippingAmount: decimalFromMinor(shipping),
        handlingAmount: decimalFromMinor(handling),
      };
      const details = read({ ...ORDER, amountDetails, lineItems });
      assert.equal(details.order_amount, total);
      assert.deepEqual(checkSums(details), []);
    }),
    200,
  );
});

test('Klarna’s names of fields are Cybersource’s in answers', () => {
  const rows: readonly [string, string][] = [
    ['order_lines[3].total_amount', 'orderInformation.lineItems[3].totalAmount'],
    ['order_lines[0].name', 'orderInformation.lineItems[0]'],
    ['order_amount', 'orderInformation.amountDetails.totalAmount'],
    ['billing_address.email', 'orderInformation.billTo'],
    ['something_else', 'something_else'],
  ];
  for (const [field, name] of rows) assert.equal(fieldName(field), name);
  assert.equal(KLARNA.paymentType.method.name, 'KLARNA');
});
