// Protects: what docs/payment-page.md promises to people who automate the page or write policies is what is served.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { assetAt, PAGE_CSP } from './assets.ts';

const doc = readFileSync(new URL('../../../docs/payment-page.md', import.meta.url), 'utf8');
const sources = globSync('browser/*.ts', { cwd: import.meta.dirname }).map((file) =>
  readFileSync(new URL(file, import.meta.url), 'utf8'),
);

test('the policy of the page', () => {
  assert.ok(doc.includes(`Content-Security-Policy: ${PAGE_CSP}\n`));
});

test('every test id of the page is promised, and every promise is kept', () => {
  const table = doc.slice(doc.indexOf('| id | what |'), doc.indexOf('```ts\nawait popup'));
  const promised = [...table.matchAll(/^\| (.+?) \|/gm), ...table.matchAll(/in (`.+`) \|$/gm)].flatMap(
    ([, cell = '']) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, id = '']) => id),
  );
  const all = sources.join('\n');
  const literal = [
    ...all.matchAll(/testid: '([\w-]+)'/g),
    ...all.matchAll(/button\([^,]+, '([\w-]+)'/g),
    ...all.matchAll(/primary\(.*, '([\w-]+)'\)/g),
    ...all.matchAll(/field\('([\w-]+)'/g),
  ].map(([, id = '']) => id);
  for (const id of literal) assert.ok(promised.includes(id), `${id} is not in the docs`);
  const families = /^(?:step|option|outcome|ending)-|-error$/;
  for (const id of promised) assert.ok(literal.includes(id) || families.test(id), `${id} is not in the page`);
});

test('the sizes that the docs state are right to the tenth', () => {
  const size = (...paths: string[]) => {
    const body = paths.map((path) => assetAt(path)?.body ?? '').join('');
    return [body.length / 1000, gzipSync(body).length / 1000];
  };
  const near = (actual: number, stated: number) => Math.abs(actual - stated) <= Math.max(1, stated * 0.1);
  const actual = [
    ...size('/kp/lib/v1/api.js'),
    ...size('/checkout/pay', '/checkout/page.js', '/checkout/page.css', '/checkout/icon.svg'),
  ];
  const stated = /about (\d+) kB, ([\d.]+) kB with gzip, and the\s+page with all that it loads (\d+) kB, (\d+) kB/.exec(
    doc,
  );
  assert.ok(stated, 'the sentence that states the sizes');
  actual.forEach((value, index) => {
    assert.ok(near(value, Number(stated[index + 1])), `${value} kB is stated as ${stated[index + 1]} kB`);
  });
});
