// Protects: whatever a merchant gives for images, the page's policy allows those images and nothing more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../../testing.ts';
import { hostedCsp } from './assets.ts';
import { imagesOf, lookOf } from './look.ts';

const nasty = fc.string({
  unit: fc.constantFrom(';', ',', ' ', "'", '*', '?', '#', '@', ':', '/', '.', 'a', 'ä', '%3B', '\n'),
});
const url = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc
    .tuple(fc.constantFrom('https://', 'http://', 'HTTPS:', 'https://shop.example/', 'javascript:', ''), nasty)
    .map((parts) => parts.join('')),
  fc.string(),
);

test('a policy of any images has the directives of one without, and its sources are addresses', async () => {
  const names = (policy: string) => policy.split('; ').map((directive) => directive.split(' ')[0]);
  const options = fc.record({ logo_url: url, background_images: fc.array(fc.record({ url }), { maxLength: 12 }) });
  await fuzz(
    fc.property(options, (given) => {
      const policy = hostedCsp(imagesOf(lookOf(given)));
      assert.deepEqual(names(policy), names(hostedCsp([])));
      const directive = policy.split('; ').find((each) => each.startsWith('img-src ')) ?? '';
      const [self, ...sources] = directive.split(' ').slice(1);
      assert.equal(self, "'self'");
      for (const source of sources) assert.match(source, /^https?:\/\/[\w.-]+(?::\d+)?\/[^\s;,?#]*$/);
    }),
    1000,
  );
});

test('what is no option is as Klarna has it by default', () => {
  assert.deepEqual(lookOf({}), { purchase_type: 'BUY', show_lines: true });
});
