/** What deployed clients send and the documents allow, in every market. */
import type { Probe } from '../../probe.ts';
import { bought, IN_US, inMarket, line, long, PURCHASE, purchase, withLine } from '../../purchases.ts';
import { D, O } from '../../sources.ts';
import { CREATED, create } from './shared.ts';

/** What deployed clients send, and what the documents allow. */
export const TAKEN: readonly Probe[] = [
  ...['en', 'EN', 'PL'].map((locale) =>
    create(`locale-${locale}`, `A language alone passes as locale: ${locale}`, O.clients, CREATED, {
      body: bought({ locale }),
    }),
  ),
  create('lower-case', 'Country and currency in lower case', O.clients, CREATED, {
    body: bought({ purchase_country: 'se', purchase_currency: 'sek' }),
  }),
  create('unknown-keys', 'Unknown keys are ignored', O.clients, CREATED, { body: bought({ nonsense: { a: [1] } }) }),
  create('read-only', 'Read-only fields are ignored', O.clients, CREATED, {
    body: bought({ client_token: 'x', status: 'complete', expires_at: 'never' }),
  }),
  create('nulls', 'Null is as absent', O.clients, CREATED, {
    body: bought({ options: null, billing_address: { phone: null } }),
  }),
  create('number-as-reference', 'A reference may be a number', O.clients, CREATED, {
    body: bought({ merchant_reference2: 4711 }),
  }),
  create('empty-identifiers', 'Product identifiers may be empty', O.clients, CREATED, {
    body: withLine({ product_identifiers: {} }),
  }),
  create('integral-float', 'An integer may be written with a point', O.clients, CREATED, {
    body: JSON.stringify(PURCHASE).replace('"order_amount":10000', '"order_amount":10000.0'),
  }),
  create('reference-255', 'References of 255 characters', D.payments, CREATED, {
    body: bought({ merchant_reference1: long(255), merchant_reference2: long(255) }),
  }),
  create('merchant-data-6000', 'Merchant data of 6000 characters', D.payments, CREATED, {
    body: bought({ merchant_data: long(6_000) }),
  }),
  create('app-url', 'An app’s own scheme to return to', D.payments, CREATED, {
    body: bought({ merchant_urls: { app_return_url: 'shop-app://return' } }),
  }),
  create('attachment', 'Extra merchant data as the text of JSON', D.emd, CREATED, {
    body: bought({
      attachment: {
        content_type: 'application/vnd.klarna.internal.emd-v2+json',
        body: '{"payment_history_simple":[]}',
      },
    }),
  }),
  create('ssn', 'Four digits of a social security number', D.payments, CREATED, {
    body: { ...IN_US, customer: { last_four_ssn: '1234' } },
  }),
  create('organization', 'A company buys', D.payments, CREATED, {
    body: bought({
      customer: {
        type: 'organization',
        organization_entity_type: 'SOLE_TRADER',
        organization_registration_id: '1',
        vat_id: '2',
      },
    }),
  }),
  ...['buy', 'tokenize', 'buy_and_tokenize'].map((intent) =>
    create(`intent-${intent}`, `Intent ${intent}`, D.payments, CREATED, { body: bought({ intent }) }),
  ),
  ...['buy_and_default_tokenize', 'buy_and_link'].map((intent) =>
    create(`intent-${intent}`, `Intent ${intent}`, D.subscriptions, CREATED, { body: bought({ intent }) }),
  ),
  create('quantity-0', 'A line of nothing', D.payments, CREATED, {
    body: purchase([line(10_000), line(0, { quantity: 0, unit_price: 500 })]),
  }),
  create('promotions', 'Configurations of promotions', D.payments, CREATED, {
    body: bought({ custom_payment_method_ids: ['a', 'b'] }),
  }),
  ...['ECOMMERCE', 'IN_STORE', 'TELESALES'].map((acquiring_channel) =>
    create(`channel-${acquiring_channel}`, `Channel ${acquiring_channel}`, D.payments, CREATED, {
      body: bought({ acquiring_channel }),
    }),
  ),
  ...['DAY', 'WEEK', 'MONTH', 'YEAR'].map((interval) =>
    create(`subscription-${interval}`, `A line is paid by the ${interval.toLowerCase()}`, D.subscriptions, CREATED, {
      body: withLine({ subscription: { name: 'Shoes', interval, interval_count: 1 } }),
    }),
  ),
];

/** Country, currency, locale. */
const MARKETS: readonly (readonly [string, string, string])[] = [
  ['AU', 'AUD', 'en-AU'],
  ['AT', 'EUR', 'de-AT'],
  ['BE', 'EUR', 'nl-BE'],
  ['CA', 'CAD', 'fr-CA'],
  ['CZ', 'CZK', 'cs-CZ'],
  ['DK', 'DKK', 'da-DK'],
  ['FI', 'EUR', 'sv-FI'],
  ['FR', 'EUR', 'fr-FR'],
  ['DE', 'EUR', 'de-DE'],
  ['GR', 'EUR', 'el-GR'],
  ['HU', 'HUF', 'hu-HU'],
  ['IE', 'EUR', 'en-IE'],
  ['IT', 'EUR', 'it-IT'],
  ['MX', 'MXN', 'es-MX'],
  ['NL', 'EUR', 'nl-NL'],
  ['NZ', 'NZD', 'en-NZ'],
  ['NO', 'NOK', 'nb-NO'],
  ['PL', 'PLN', 'pl-PL'],
  ['PT', 'EUR', 'pt-PT'],
  ['RO', 'RON', 'ro-RO'],
  ['SK', 'EUR', 'sk-SK'],
  ['ES', 'EUR', 'es-ES'],
  ['SE', 'SEK', 'sv-SE'],
  ['CH', 'CHF', 'it-CH'],
  ['GB', 'GBP', 'en-GB'],
  ['US', 'USD', 'es-US'],
];

export const PURCHASES_BY_MARKET: readonly Probe[] = MARKETS.map(([country, currency, locale]) =>
  create(`market-${country}`, `A purchase in ${country}: ${currency}, ${locale}`, D.countries, CREATED, {
    body: inMarket(country, currency, locale),
  }),
);
