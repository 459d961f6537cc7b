// Protects: what the documents promise to people who automate the page or write policies is what is served.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { assetAt, hostedCsp, PAGE_CSP } from './assets.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const doc = read('../../../docs/payment-page.md');

test('the policy of the page', () => {
  assert.ok(doc.includes(`Content-Security-Policy: ${PAGE_CSP}\n`));
  const hosted = read('../../../docs/hosted-payment-page.md');
  const policy = hostedCsp(['https://shop.example/logo.svg']);
  const images = policy.split('; ').find((directive) => directive.startsWith('img-src')) ?? assert.fail(policy);
  assert.ok(hosted.includes(`    ${images}\n`));
});

/** Names in the sources, and families of names that are put together there. */
const NAMED = [
  {
    document: '../../../docs/payment-page.md',
    sources: globSync('browser/*.ts', { cwd: import.meta.dirname }),
    families: /^(?:step|option|outcome|ending)-|-error$/,
  },
  {
    document: '../../../docs/demo-shop.md',
    sources: ['../shop/browser/shop.ts', '../shop/goods.ts'],
    families: /^(?:step|quantity)-/,
  },
];

for (const { document, sources, families } of NAMED)
  test(`every test id in the sources is promised in ${basename(document)}, and every promise is kept`, () => {
    const text = read(document);
    const table = text.slice(text.indexOf('| id | what |')).split('\n\n')[0] ?? '';
    const promised = [...table.matchAll(/^\| (.+?) \|/gm), ...table.matchAll(/in (`.+`) \|$/gm)].flatMap(
      ([, cell = '']) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, id = '']) => id),
    );
    const all = sources.map(read).join('\n');
    const literal = [
      ...all.matchAll(/testid: '([\w-]+)'/g),
      ...all.matchAll(/button\([^,]+, '([\w-]+)'/g),
      ...all.matchAll(/primary\(.*, '([\w-]+)'\)/g),
      ...all.matchAll(/field\('([\w-]+)'/g),
    ].map(([, id = '']) => id);
    for (const id of literal) assert.ok(promised.includes(id), `${id} is not in the docs`);
    const isMade = (id: string) => families.test(id) && all.includes(`'${id.replace(families, '')}'`);
    for (const id of promised) assert.ok(literal.includes(id) || isMade(id), `${id} is not in the page`);
  });

test('the sizes that the docs state are right to the tenth', () => {
  const size = (...paths: string[]) => {
    const body = paths.map((path) => assetAt(path)?.body.text ?? '').join('');
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
