import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { addDuration } from './duration.ts';

const DAY = 86_400_000;
const after = (from: string, duration: string) => {
  const ms = addDuration(Date.parse(from), duration);
  return ms === undefined ? undefined : new Date(ms).toISOString();
};

test('durations of ISO 8601: every unit, together and alone', () => {
  const rows: readonly [string, string][] = [
    ['P28D', '2027-02-12T09:48:00.000Z'],
    ['P1W', '2027-01-22T09:48:00.000Z'],
    ['P1M', '2027-02-15T09:48:00.000Z'],
    ['P1Y', '2028-01-15T09:48:00.000Z'],
    ['PT1H', '2027-01-15T10:48:00.000Z'],
    ['PT90M', '2027-01-15T11:18:00.000Z'],
    ['PT1.5S', '2027-01-15T09:48:01.500Z'],
    ['PT0.001S', '2027-01-15T09:48:00.001Z'],
    ['PT0S', '2027-01-15T09:48:00.000Z'],
    ['P0D', '2027-01-15T09:48:00.000Z'],
    ['P1Y2M3W4DT5H6M7S', '2028-04-09T14:54:07.000Z'],
    ['P14M', '2028-03-15T09:48:00.000Z'],
  ];
  for (const [duration, expected] of rows) assert.equal(after('2027-01-15T09:48:00Z', duration), expected, duration);
  assert.equal(after('2027-12-31T23:59:59Z', 'PT1S'), '2028-01-01T00:00:00.000Z');
  assert.equal(after('2027-01-01T00:00:00Z', 'P1Y2M3W4DT5H6M7.089S'), '2028-03-26T05:06:07.089Z');
  assert.equal(
    after('2027-03-28T00:30:00Z', 'P1D'),
    '2027-03-29T00:30:00.000Z',
    'a day in UTC, whatever clocks do in Europe',
  );
});

test('a month without the day ends on its last one; a leap day has no anniversary', () => {
  assert.equal(after('2027-01-31T00:00:00Z', 'P1M'), '2027-02-28T00:00:00.000Z');
  assert.equal(after('2028-01-31T00:00:00Z', 'P1M'), '2028-02-29T00:00:00.000Z');
  assert.equal(after('2027-08-31T00:00:00Z', 'P1M'), '2027-09-30T00:00:00.000Z');
  assert.equal(after('2028-02-29T00:00:00Z', 'P1Y'), '2029-02-28T00:00:00.000Z');
  assert.equal(after('2027-01-31T00:00:00Z', 'P1M1D'), '2027-03-01T00:00:00.000Z', 'months first, then days');
});

test('what is no duration is none: empty, negative, misspelt, in lower case, or without a number', () => {
  const wrong = [
    '',
    'P',
    'PT',
    'P1',
    '1D',
    'P1DT',
    'P-1D',
    '-P1D',
    'P1.5D',
    'p1d',
    'P1H',
    'PT1D',
    'P1D ',
    'P1D\n',
    ' P1D',
    'PT1.S',
    'P1S',
    'P1M1Y',
    'PT,5S',
    'P1e3D',
  ];
  for (const duration of wrong) assert.equal(addDuration(0, duration), undefined, JSON.stringify(duration));
});

test('beyond what a date can hold there is no answer, rather than a wrong one', () => {
  for (const duration of ['P300000Y', 'P99999999Y', 'P99999999999D', `P${'9'.repeat(40)}D`, `PT${'9'.repeat(400)}S`])
    assert.equal(addDuration(0, duration), undefined, duration.slice(0, 20));
});

test('days, hours, minutes and seconds are exact, and no duration leads back', async () => {
  const start = fc.integer({ min: 0, max: 4_000_000_000_000 });
  await fuzz(
    fc.property(start, fc.nat(1_000), fc.nat(100), fc.nat(100), fc.nat(100), (from, days, hours, minutes, seconds) => {
      const duration = `P${days}DT${hours}H${minutes}M${seconds}S`;
      const expected = from + days * DAY + hours * 3_600_000 + minutes * 60_000 + seconds * 1_000;
      assert.equal(addDuration(from, duration), expected);
    }),
    200,
  );
  await fuzz(
    fc.property(start, fc.nat(50), fc.nat(50), (from, years, months) => {
      const to = addDuration(from, `P${years}Y${months}M`) ?? Number.NaN;
      assert.ok(to >= from);
      assert.equal(to % DAY, from % DAY, 'the time of day stays');
      const [a, b] = [new Date(from), new Date(to)];
      const passed = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
      assert.equal(passed, years * 12 + months, 'never a month too far');
    }),
    200,
  );
});
