/** What turns measurements into the page: wrong here, the page would say what nobody measured. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { place } from '../scripts/markdown.ts';
import { median, percentile } from './numbers.ts';
import { PARTS } from './options.ts';

test('the median is the middle round, whatever the order of the rounds', () => {
  assert.equal(median([11, 30, 10]), 11);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test('a percentile is a value that was measured', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.equal(percentile(hundred, 0.99), 100);
  assert.equal(percentile(hundred, 0.5), 51);
});

test('a report replaces the one before it and touches nothing else', () => {
  const page = (text: string) =>
    `# Page\n<!-- bench:one -->${text}<!-- /bench:one -->\n<!-- bench:two -->kept<!-- /bench:two -->\n`;
  const first = place(page(''), 'bench:one', 'first');
  assert.equal(first, page('\n\nfirst\n\n'));
  assert.equal(place(first, 'bench:one', 'second'), page('\n\nsecond\n\n'));
  assert.throws(() => place(page(''), 'bench:three', 'text'), /no place for bench:three/);
});

test('every part of the benchmark has a place in the document, so that a run of them all ends', () => {
  const document = readFileSync(new URL('../docs/performance.md', import.meta.url), 'utf8');
  for (const part of PARTS) place(document, `bench:${part}`, '');
});
