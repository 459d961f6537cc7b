// Protects: the compatibility page and the state table say what the code does, because they are made from its tables.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { renderCompatibility, renderDisputes, renderOrderStates } from './doc.ts';
import { OPERATIONS } from './operations.ts';

const onDisk = (path: string) => readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8');
const STALE = 'the page is not what the tables give; write it anew with `npm run docs`';

test('docs/compatibility/klarna.md is what the tables give', () => {
  assert.equal(onDisk('compatibility/klarna.md'), renderCompatibility(), STALE);
});

test('docs/orders.md is what the state table gives', () => {
  assert.equal(onDisk('orders.md'), renderOrderStates(), STALE);
});

test('docs/disputes.md has the table that the state table gives', () => {
  const page = onDisk('disputes.md');
  assert.equal(page, renderDisputes(page), STALE);
  assert.ok(page.includes('| appeal | – | – | ARBITRATION | – | – |'));
});

test('every operation has a name and a path of its own', () => {
  const names = OPERATIONS.map(({ name }) => name);
  const paths = OPERATIONS.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`);
  assert.equal(new Set(names).size, names.length);
  assert.equal(new Set(paths).size, paths.length);
});
