import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { renderCatalogueDoc } from './doc.ts';
import { catalogue } from './entries.ts';

const onDisk = readFileSync(new URL('../../docs/catalogue.md', import.meta.url), 'utf8');

// Protects: the document that people read is the catalogue that the code uses.
test('docs/catalogue.md is up to date', () => {
  assert.ok(
    onDisk === renderCatalogueDoc(),
    'docs/catalogue.md differs from the catalogue; regenerate it with: node scripts/docs.ts',
  );
});

// Protects: no section filter drops or repeats an entry.
test('the document lists exactly the codes of the catalogue, in tables and as headings', () => {
  const codes = catalogue.map(({ code }) => code).sort();
  const found = (pattern: RegExp) => [...onDisk.matchAll(pattern)].map(([, code]) => code).sort();
  assert.deepEqual(found(/^### (.+)$/gm), codes);
  assert.deepEqual(found(/^\| \[`([^`]+)`\]/gm), codes);
});

// Protects: links into the document, from its own tables and from other places.
test('every link of the tables has its heading', () => {
  const anchors = new Set(
    [...onDisk.matchAll(/^### (.+)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(/[^a-z0-9_-]/g, ''),
    ),
  );
  const links = [...onDisk.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link);
  assert.equal(links.length, catalogue.length);
  for (const link of links) assert.ok(anchors.has(link), link);
});

// Protects: every table row has the seven cells of its head.
test('table rows are whole', () => {
  const rows = onDisk.split('\n').filter((line) => line.startsWith('| ['));
  for (const row of rows) assert.equal(row.split(' | ').length, 7, row);
});
