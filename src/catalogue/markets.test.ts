import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CountryCode, currencies, isSupportedLocale, marketOf, markets } from './markets.ts';

/** Klarna's table of purchase countries, transcribed independently of the code: country, region, currency, locales. */
const PURCHASE_COUNTRIES = `
  AU oc AUD en-AU
  AT eu EUR de-AT en-AT
  BE eu EUR nl-BE fr-BE en-BE
  CA na CAD en-CA fr-CA
  CZ eu CZK cs-CZ en-CZ
  DK eu DKK da-DK en-DK
  FI eu EUR fi-FI sv-FI en-FI
  FR eu EUR fr-FR en-FR
  DE eu EUR de-DE en-DE
  GR eu EUR el-GR en-GR
  HU eu HUF hu-HU en-HU
  IE eu EUR en-IE
  IT eu EUR it-IT en-IT
  MX na MXN es-MX en-MX
  NL eu EUR nl-NL en-NL
  NZ oc NZD en-NZ
  NO eu NOK nb-NO en-NO
  PL eu PLN pl-PL en-PL
  PT eu EUR pt-PT en-PT
  RO eu RON ro-RO en-RO
  SK eu EUR sk-SK en-SK
  ES eu EUR es-ES en-ES
  SE eu SEK sv-SE en-SE
  CH eu CHF de-CH fr-CH it-CH en-CH
  GB eu GBP en-GB
  US na USD en-US es-US
`;

/** For each market codes as they are written there and as shops send them, then codes that must not pass. */
const POSTAL_CODES: Record<CountryCode, { good: string[]; bad: string[] }> = {
  AU: { good: ['2000', '0800', ' 2000 '], bad: ['200', '20000', '20 00'] },
  AT: { good: ['1010'], bad: ['101', 'A-1010'] },
  BE: { good: ['1000'], bad: ['10000'] },
  CA: { good: ['K1A 0B1', 'k1a0b1', 'K1A-0B1'], bad: ['K1A 0B', 'D1A 0B1', '11A 0B1'] },
  CZ: { good: ['110 00', '11000'], bad: ['1100', '11 000'] },
  DK: { good: ['1050', '0999'], bad: ['105', 'DK1050X'] },
  FI: { good: ['00100'], bad: ['0010', '001000'] },
  FR: { good: ['75001'], bad: ['7500', '75 001 2'] },
  DE: { good: ['10115', '01067'], bad: ['1011', 'D10115'] },
  GR: { good: ['104 31', '10431'], bad: ['1043'] },
  HU: { good: ['1051'], bad: ['10511'] },
  IE: { good: ['D02 AF30', 'd02af30', 'D6W XY00', 'A65 F4E2'], bad: ['D02', 'B02 AF30', 'D02 AF3'] },
  IT: { good: ['00118'], bad: ['0118'] },
  MX: { good: ['06000'], bad: ['6000'] },
  NL: { good: ['1012 JS', '1012js'], bad: ['0012 JS', '1012', '1012 J'] },
  NZ: { good: ['6011'], bad: ['60111'] },
  NO: { good: ['0150'], bad: ['150'] },
  PL: { good: ['00-950', '00950', '00 950'], bad: ['00-95', '0-0950'] },
  PT: { good: ['1000-205', '1000205', '1000 205'], bad: ['1000', '0000-205'] },
  RO: { good: ['010011'], bad: ['10011'] },
  SK: { good: ['811 01', '81101'], bad: ['8110'] },
  ES: { good: ['28001', '01001', '52001'], bad: ['53001', '00001'] },
  SE: { good: ['111 22', '11122', '11122 '], bad: ['1112', 'ABC', '111-22'] },
  CH: { good: ['8001'], bad: ['80011'] },
  GB: {
    good: ['SW1A 1AA', 'sw1a1aa', 'M1 1AE', 'EC1A 1BB', 'W1A 0AX', 'B33 8TH', 'CR2 6XH', 'DN55 1PT', 'GIR 0AA'],
    bad: ['SW1A', 'Q1 1AA', 'M1 1CE', '12345'],
  },
  US: { good: ['94103', '94103-1234', '941031234'], bad: ['9410', '94103-12', 'ABCDE'] },
};

// Protects: 26 markets, each with its one currency and exactly its locales.
test("the markets are those of Klarna's table of purchase countries", () => {
  const actual = markets.map(({ country, region, currency, locales }) =>
    [country, region, currency, ...locales].join(' '),
  );
  assert.deepEqual(actual, PURCHASE_COUNTRIES.trim().split(/\n\s*/));
  assert.equal(markets.length, 26);
});

// Protects: nine processing currencies, and an exponent for every currency that a market uses.
test('currencies: exponent two throughout, nine of them processing', () => {
  const processing = Object.entries(currencies)
    .filter(([, row]) => row.processing)
    .map(([code]) => code);
  assert.deepEqual(processing.sort(), ['AUD', 'CAD', 'DKK', 'EUR', 'GBP', 'NOK', 'NZD', 'SEK', 'USD']);
  assert.deepEqual(Object.keys(currencies), [...new Set(markets.map(({ currency }) => currency))].sort());
  for (const [code, { exponent }] of Object.entries(currencies)) assert.equal(exponent, 2, code);
});

// Protects: the locale advice of the catalogue, which promises English everywhere, and the form of locales.
test('every market is named, speaks English, and its locales carry its country', () => {
  for (const { country, name, locales } of markets) {
    assert.ok(name.length > 3, country);
    assert.ok(locales.includes(`en-${country}`), country);
    for (const locale of locales) assert.match(locale, new RegExp(`^[a-z]{2}-${country}$`));
  }
});

// Protects: real postal codes pass in the ways shops send them, and wrong ones do not.
test('postal codes', () => {
  for (const { country, postal_code } of markets) {
    for (const code of POSTAL_CODES[country].good) assert.match(code, postal_code, country);
    for (const code of POSTAL_CODES[country].bad) assert.doesNotMatch(code, postal_code, country);
    for (const code of ['', ' ', '\n', '<script>']) assert.doesNotMatch(code, postal_code, country);
  }
});

// Protects: postal codes come from outside; no pattern may run away, and none may keep state between calls.
test('postal code patterns are linear and stateless', () => {
  const start = performance.now();
  for (const { country, postal_code } of markets) {
    assert.equal(postal_code.flags, 'i', country);
    for (const filler of [' ', '1', 'A', '1 ', 'A1']) postal_code.test(`${filler.repeat(200_000)}!`);
    for (const code of POSTAL_CODES[country].good)
      assert.doesNotMatch(`${code}${' '.repeat(200_000)}!`, postal_code, country);
  }
  assert.ok(performance.now() - start < 3_000);
});

// Protects: countries and locales arrive in either case.
test('look-ups do not mind case', () => {
  assert.equal(marketOf('se')?.country, 'SE');
  assert.equal(marketOf('SE'), marketOf('se'));
  assert.ok(isSupportedLocale('ch', 'FR-ch'));
});

// Protects: neighbours are not mixed up, and unknown input is no market.
test('what is not supported is not found', () => {
  for (const country of ['', 'JP', 'UK', 'SWE', '__proto__', 'constructor'])
    assert.equal(marketOf(country), undefined, country);
  const wrong = [
    ['SE', 'sv-FI'],
    ['SE', 'sv'],
    ['SE', 'sv_SE'],
    ['AU', 'en-GB'],
    ['JP', 'ja-JP'],
    ['SE', ''],
  ] as const;
  for (const [country, locale] of wrong)
    assert.equal(isSupportedLocale(country, locale), false, `${country} ${locale}`);
});
