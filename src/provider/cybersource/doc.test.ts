// Protects: what the pages say of Cybersource's API, and of statuses across APIs, is what the code does, because they are made from its tables.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SITUATIONS } from '../situations.ts';
import { renderStatuses } from '../statuses-doc.ts';
import { renderCybersource } from './doc.ts';
import { OPERATIONS } from './operations.ts';
import { sessionStatus } from './statuses.ts';

const onDisk = (path: string) => readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8');
const STALE = 'the page is not what the tables give; write it anew with `npm run docs`';

test('docs/compatibility/cybersource.md is what the tables give', () => {
  assert.equal(onDisk('compatibility/cybersource.md'), renderCybersource(), STALE);
});

test('docs/compatibility/statuses.md is what the tables give', () => {
  assert.equal(onDisk('compatibility/statuses.md'), renderStatuses(), STALE);
});

test('a face adds a column by one row of a table', () => {
  const page = renderStatuses([{ title: 'Another', of: ({ about }) => `said of ${about}` }]);
  assert.match(page, /\| Engine \| Another \|/);
  assert.match(page, /\| order CAPTURED \| said of order \|/);
});

test('every operation has a name and a path of its own', () => {
  const names = OPERATIONS.map(({ name }) => name);
  const paths = OPERATIONS.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`);
  assert.equal(new Set(names).size, names.length);
  assert.equal(new Set(paths).size, paths.length);
});

test('a session whose record is past keeping was given up', () => {
  assert.equal(sessionStatus(undefined, undefined, SITUATIONS[0]?.now_ms ?? 0), 'ABANDONED');
});
