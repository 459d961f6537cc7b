import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { markets } from '../../catalogue/index.ts';
import { fuzz } from '../../testing.ts';
import type { Address } from '../../wire/klarna-payments.ts';
import { invalidAddressFields, invalidCustomerFields } from './shopper-data.ts';
import { START_MS } from './testing.ts';

/** Whether one field of an address passes in a country. */
function passes(field: keyof Address, value: string, country = 'SE'): boolean {
  const faults = invalidAddressFields('billing_address', { [field]: value }, country);
  if (faults.length > 0) assert.deepEqual(faults, [`billing_address.${field}`]);
  return faults.length === 0;
}

function table(field: keyof Address, country: string, good: readonly string[], bad: readonly string[]): void {
  for (const value of good)
    assert.ok(passes(field, value, country), `${field} ${JSON.stringify(value)} passes in ${country}`);
  for (const value of bad)
    assert.ok(!passes(field, value, country), `${field} ${JSON.stringify(value)} fails in ${country}`);
}

test('names: letters of any script Klarna knows, at least two characters, never digits alone', () => {
  const good = [
    'Al',
    'Anna-Karin',
    "O'Neill",
    'O’Neill',
    'Åsa',
    'José Ñúñez',
    'M.',
    'Müller',
    'Łukasz',
    'Γιώργος',
    'Mª José',
    'Nº Uno',
    'John 2',
  ];
  for (const field of ['given_name', 'family_name'] as const)
    table(field, 'SE', good, ['A', '12', '1234', 'Bob!', 'Bob@x', '<b>Bob</b>', 'A\tB', 'Bob 😀', '--', 'Bob\u0000']);
});

test('a name written in combining letters is a name too', () => {
  assert.ok(passes('given_name', 'Åsa'.normalize('NFD')));
});

test('streets: letters, digits and the signs of the documents', () => {
  const good = [
    'Storgatan 1',
    'Main St. #5, Apt 2/B',
    'C/ Mayor, 3º',
    "Rue de l'Église",
    'A & B + C (D) @ "E"; F: G',
    'x_y\\z',
    'Sendlinger Straße 47',
  ];
  for (const field of ['street_address', 'street_address2'] as const)
    table(field, 'SE', good, ['a <script>', 'Street 1!', 'Street\n1', '5 % lane', 'A = B', 'Street ?', '😀']);
});

test('e-mail addresses: a dot-atom, an @, and a domain with a top level', () => {
  const good = [
    'a@b.se',
    'customer+denied@email.se',
    'first.last@sub.example.co.uk',
    "o'x!#$%&*/=?^_`{|}~-@example.com",
    'A@B.MUSEUM',
    '1@2.de',
  ];
  const bad = [
    'a',
    'a@b',
    '@b.se',
    'a@',
    'a@@b.se',
    'a b@c.se',
    '.a@b.se',
    'a.@b.se',
    'a..b@c.se',
    'a@-b.se',
    'a@b-.se',
    'a@b.s',
    'a@b.se.',
    'a@b.123',
    'ä@b.se',
    'a@b_c.se',
  ];
  table('email', 'SE', good, bad);
});

test('an e-mail address made to be slow is judged at once', () => {
  assert.ok(!passes('email', `${'a.'.repeat(5_000)}@`));
  assert.ok(!passes('email', `a@${'a-'.repeat(5_000)}`));
  assert.ok(!passes('email', `a@${'a.'.repeat(5_000)}`));
});

test('phones: valid in the country, with or without its prefix', () => {
  table(
    'phone',
    'SE',
    ['0701234567', '+46 70 123 45 67', '+46701234567', '+4915112345678'],
    ['1', '12345', '070', 'abc', '+46 70', '+46000000000'],
  );
  table('phone', 'US', ['212-555-0123', '(212) 555-0123', '+1 212 555 0123'], ['555-0123', '112-555-0123', '+1 212']);
  table('phone', 'DE', ['030 901820', '+49 30 901820', '0151 12345678'], ['12', '+49']);
  table('phone', 'GB', ['020 7946 0018', '+44 7911 123456'], ['020', '+44 20']);
});

/** One right postal code a market, one with small liberties where there are some, and wrong ones. */
const POSTAL_CODES: Readonly<Record<string, { good: string[]; bad: string[] }>> = {
  AU: { good: ['2000', '0800'], bad: ['200', '20000', 'ABCD'] },
  AT: { good: ['1010'], bad: ['101', '10100'] },
  BE: { good: ['1000'], bad: ['100', 'B-1000'] },
  CA: { good: ['K1A 0B1', 'k1a0b1', 'K1A-0B1'], bad: ['K1A', 'D1A 0B1', '12345'] },
  CH: { good: ['8001'], bad: ['801', '80011'] },
  CZ: { good: ['110 00', '11000'], bad: ['1100', '110-00'] },
  DE: { good: ['10115'], bad: ['1011', '101155', 'D-10115'] },
  DK: { good: ['1050'], bad: ['105', '10500'] },
  ES: { good: ['28001', '01001', '52001'], bad: ['00001', '53001', '2800'] },
  FI: { good: ['00100'], bad: ['0010', '001000'] },
  FR: { good: ['75001'], bad: ['7500', '750011'] },
  GB: { good: ['SW1A 1AA', 'sw1a1aa', 'M1 1AE', 'GIR 0AA', 'EC1A 1BB'], bad: ['SW1A', '12345', 'QQ1 1AA', 'SW1A 1A'] },
  GR: { good: ['104 31', '10431'], bad: ['1043', '104-31'] },
  HU: { good: ['1051'], bad: ['105', '10511'] },
  IE: { good: ['D02 AF30', 'D6W XY00', 'd02af30'], bad: ['D02', 'B02 AF30', '12345'] },
  IT: { good: ['00118'], bad: ['0011', '001188'] },
  MX: { good: ['06000'], bad: ['0600', '060000'] },
  NL: { good: ['1012 AB', '1012ab'], bad: ['0012 AB', '1012', '1012 A'] },
  NO: { good: ['0150'], bad: ['015', '01500'] },
  NZ: { good: ['6011'], bad: ['601', '60111'] },
  PL: { good: ['00-001', '00001', '00 001'], bad: ['0-0001', '0000'] },
  PT: { good: ['1000-001', '1000001', '1000 001'], bad: ['0000-001', '1000'] },
  RO: { good: ['010011'], bad: ['01001', '0100111'] },
  SE: { good: ['123 45', '12345', ' 12345 '], bad: ['1234', '123-45', '123456', 'SE-12345'] },
  SK: { good: ['811 01', '81101'], bad: ['8110', '811-01'] },
  US: { good: ['10001', '10001-1234', '10001 1234'], bad: ['1000', '10001-12', 'ABCDE'] },
};

test('postal codes of every market', () => {
  assert.deepEqual(Object.keys(POSTAL_CODES).sort(), markets.map(({ country }) => country).sort());
  for (const [country, { good, bad }] of Object.entries(POSTAL_CODES)) table('postal_code', country, good, bad);
});

test('where Klarna does not sell, a postal code is any text with something in it', () => {
  table('postal_code', 'JP', ['100-0001', 'x'], ['-', ' . ']);
});

test('regions in the form their market has', () => {
  table('region', 'US', ['NY', 'ny', 'US-NY'], ['New York', 'N', 'CA-NY']);
  table('region', 'CA', ['ON', 'CA-ON'], ['Ontario']);
  table('region', 'MX', ['DF', 'JAL', 'MX-JAL'], ['Jalisco']);
  table('region', 'AU', ['NSW', 'AU-VIC', 'act'], ['XYZ', 'New South Wales']);
  table('region', 'IT', ['RM', 'IT-MI'], ['Roma']);
  table('region', 'RO', ['Cluj', 'Sector 1'], ['-']);
  table('region', 'SE', ['Skåne'], ['...']);
});

test('cities are texts with something in them', () => {
  table('city', 'SE', ['Ystad', 'St. Gallen', 'Åre', '1'], ['-', ' ', '!!!']);
});

test('the address’s own country decides, in either case, before the purchase’s', () => {
  const address = { postal_code: '1012 AB', country: 'nl' };
  assert.deepEqual(invalidAddressFields('shipping_address', address, 'SE'), []);
  assert.deepEqual(invalidAddressFields('shipping_address', { postal_code: '1012 AB' }, 'SE'), [
    'shipping_address.postal_code',
  ]);
});

test('nothing is asked of fields that are empty, absent or unchecked', () => {
  assert.deepEqual(invalidAddressFields('billing_address', undefined, 'SE'), []);
  assert.deepEqual(invalidAddressFields('billing_address', {}, 'SE'), []);
  const empty = { given_name: '', email: '', phone: '', postal_code: '', region: '' };
  assert.deepEqual(invalidAddressFields('billing_address', empty, 'SE'), []);
  assert.deepEqual(
    invalidAddressFields('billing_address', { title: '?', organization_name: '!', attention: '<>' }, 'SE'),
    [],
  );
});

test('all wrong fields are named at once', () => {
  const address = { given_name: '1', email: 'x', postal_code: '1', phone: '1', city: '-' };
  assert.deepEqual(invalidAddressFields('a', address, 'SE'), [
    'a.given_name',
    'a.email',
    'a.postal_code',
    'a.city',
    'a.phone',
  ]);
});

test('a date of birth is a real day in the past', () => {
  const good = ['1977-01-11', '2000-02-29', '1900-01-01', '2027-01-15'];
  const bad = [
    '2001-02-29',
    '2000-02-30',
    '2000-13-01',
    '2000-00-10',
    '2000-01-00',
    '2000-01-32',
    '2027-01-16',
    '9999-12-31',
  ];
  for (const date_of_birth of good)
    assert.deepEqual(invalidCustomerFields({ date_of_birth }, START_MS), [], date_of_birth);
  for (const date_of_birth of bad)
    assert.deepEqual(invalidCustomerFields({ date_of_birth }, START_MS), ['customer.date_of_birth'], date_of_birth);
  assert.deepEqual(invalidCustomerFields(undefined, START_MS), []);
  assert.deepEqual(invalidCustomerFields({}, START_MS), []);
});

test('whatever a shopper types, it is judged and never thrown at', async () => {
  const fields: (keyof Address)[] = ['given_name', 'email', 'street_address', 'postal_code', 'city', 'region', 'phone'];
  const country = fc.oneof(fc.constantFrom(...markets.map((market) => market.country as string)), fc.string());
  await fuzz(
    fc.property(
      fc.constantFrom(...fields),
      fc.string({ unit: 'binary', maxLength: 99 }),
      country,
      (field, value, where) => {
        const faults = invalidAddressFields('a', { [field]: value }, where);
        assert.ok(faults.length === 0 || (faults.length === 1 && faults[0] === `a.${field}`));
      },
    ),
    500,
  );
});
