/** Shipments, and later due dates. */
import { error, type Probe, refused } from '../../probe.ts';
import { DHL, inMarket, NOBODY } from '../../purchases.ts';
import type { Variation } from '../../request.ts';
import { D, inferred } from '../../sources.ts';
import { CALLS, DONE, leaves, on, paidBy } from './shared.ts';

const shipping = on('order-shipping');
/** The document names no code here. */
const REFUSED = error(403);

const later = on('due-date', 'captured');
const options = on('due-date-options', 'captured');
const invoiceIn = (country: string, currency: string, locale: string, amount: number): Variation =>
  paidBy('invoice', inMarket(country, currency, locale, amount));

/** The first capture took the free days; the second is the one that is asked about. */
const twoCaptures = {
  first: [
    { ...CALLS['due-date'], body: { number_of_days: 2 } },
    { ...CALLS.capture, keep: { second_capture: { header: 'Capture-Id' } } },
  ],
  vars: { capture_id: '$second_capture' },
} as const;

/** Market and amount, and the price of each number of days. */
const PRICES: readonly (readonly [string, string, string, number, readonly [number, number, number]])[] = [
  ['DE', 'EUR', 'de-DE', 299_99, [1_00, 1_99, 4_99]],
  ['AT', 'EUR', 'de-AT', 500_00, [1_00, 4_99, 9_99]],
  ['GB', 'GBP', 'en-GB', 750_01, [1_00, 7_99, 12_99]],
  ['FI', 'EUR', 'fi-FI', 100_00, [1_00, 1_99, 4_99]],
  ['NL', 'EUR', 'nl-NL', 400_00, [1_00, 4_99, 9_99]],
  ['SE', 'SEK', 'sv-SE', 2_999_00, [10_00, 19_00, 49_00]],
  ['NO', 'NOK', 'nb-NO', 5_000_00, [10_00, 49_00, 99_00]],
  ['DK', 'DKK', 'da-DK', 8_000_00, [10_00, 79_00, 129_00]],
];

export const AFTER_CAPTURE: readonly Probe[] = [
  shipping('appended', 'Shipments are added to the order', D.capture, DONE, {
    given: 'shipped',
    afterwards: leaves({ shipping_info: { length: 2 } }),
  }),
  shipping('sample', 'With a way back', D.capture, DONE, {
    body: {
      shipping_info: [
        {
          ...DHL,
          return_shipping_company: 'UPS',
          return_tracking_number: '1',
          return_tracking_uri: 'http://shipping.example/1',
          tracking_uri: 'http://shipping.example/2',
        },
      ],
    },
    afterwards: leaves({ 'shipping_info[0].return_shipping_company': 'UPS' }),
  }),
  ...['PickUpStore', 'Home', 'BoxReg', 'BoxUnreg', 'PickUpPoint', 'Own', 'Postal', 'DHLPackstation', 'Digital'].map(
    (shipping_method) =>
      shipping(`method-${shipping_method}`, `By ${shipping_method}`, D.management, DONE, {
        body: { shipping_info: [{ shipping_method }] },
      }),
  ),
  on('capture-shipping', 'part_captured')('appended', 'Shipments are added to the capture', D.capture, DONE, {
    afterwards: leaves({
      'captures[0].shipping_info': { length: 1 },
      'captures[0].shipping_info[0].tracking_number': DHL.tracking_number,
    }),
  }),
  on('capture-shipping', 'part_captured')(
    'unknown',
    'A capture that nobody has is NO_SUCH_CAPTURE',
    D.om_errors,
    refused(404, 'NO_SUCH_CAPTURE', `Capture could not be found. Shipping info cannot be added to capture ${NOBODY}`),
    { vars: { capture_id: NOBODY } },
  ),
  on('send-out', 'part_captured')(
    'unknown',
    'A capture that nobody has is NO_SUCH_CAPTURE',
    D.management,
    refused(404, 'NO_SUCH_CAPTURE'),
    { vars: { capture_id: NOBODY } },
  ),
  ...PRICES.map(([country, currency, locale, amount, [ten, thirty, sixty]]) =>
    options(
      `price-${country}`,
      `${amount / 100} ${currency} in ${country}: 2, 10, 30 and 60 days have their prices`,
      D.due_date,
      {
        status: 200,
        fields: {
          currency,
          options: { length: 4 },
          'options[0].number_of_days': 2,
          'options[0].amount': 0,
          'options[1].number_of_days': 10,
          'options[1].amount': ten,
          'options[2].number_of_days': 30,
          'options[2].amount': thirty,
          'options[3].number_of_days': 60,
          'options[3].amount': sixty,
        },
      },
      { variation: invoiceIn(country, currency, locale, amount) },
    ),
  ),
  options('unknown', 'A capture that nobody has is 404', D.management, error(404), { vars: { capture_id: NOBODY } }),
  later('204', 'A due date is extended', D.management, DONE, { variation: paidBy('invoice') }),
  later('free-once', 'The two free days are for one capture of an order', D.due_date, REFUSED, {
    given: 'part_captured',
    variation: paidBy('invoice'),
    ...twoCaptures,
    body: { number_of_days: 2 },
  }),
  options(
    'free-once',
    'After that they are not offered',
    D.due_date,
    { status: 200, fields: { options: { length: 3 }, 'options[0].number_of_days': 10 } },
    { given: 'part_captured', variation: paidBy('invoice'), ...twoCaptures },
  ),
  later('not-offered', 'Only by what is offered', D.management, REFUSED, {
    variation: paidBy('invoice'),
    body: { number_of_days: 11 },
  }),
  later('twice', 'Once a capture', inferred('one extension of a capture is recorded'), REFUSED, {
    variation: paidBy('invoice'),
    first: [{ ...CALLS['due-date'] }],
  }),
  later('card', 'What was paid at once has no due date', D.management, REFUSED, { variation: paidBy('pay_by_card') }),
  later('unknown', 'A capture that nobody has is 404', D.management, error(404), { vars: { capture_id: NOBODY } }),
];
