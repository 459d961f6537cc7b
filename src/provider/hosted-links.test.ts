import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fuzz } from '../testing.ts';
import type { HostedSession, Session } from './engine/state.ts';
import { hostedIdAt, pageUrl, qrCodeUrl } from './hosted-links.ts';

const sessionIn = (purchase_country: string) => ({ details: { purchase_country } }) as Session;
const hosted = (hosted_id: string) => ({ hosted_id }) as HostedSession;
const BASE = 'http://127.0.0.1:4010';

// Protects: every link leads back to its own hosted session and to no other.
test('the path of a page names its hosted session', async () => {
  await fuzz(
    fc.property(fc.uuid(), fc.constantFrom('SE', 'US', 'AU', 'ZZ'), (id, country) => {
      const url = new URL(pageUrl(BASE, hosted(id), sessionIn(country)));
      assert.match(url.pathname, { SE: /^\/eu\//, US: /^\/na\//, AU: /^\/oc\//, ZZ: /^\/eu\// }[country] as RegExp);
      assert.equal(hostedIdAt(url.pathname), id);
      assert.equal(hostedIdAt(new URL(qrCodeUrl(BASE, hosted(id), sessionIn(country))).pathname), undefined);
    }),
    200,
  );
});

// Protects: one session has one link. Letters whose last bits do not count must not make a second one.
test('what is no page’s path names nothing', () => {
  const { pathname } = new URL(pageUrl(BASE, hosted('01a1f851-1b3f-707e-8fa8-b262b3f28d5a'), sessionIn('SE')));
  const last = pathname.at(-1) ?? '';
  const twin = pathname.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1);
  for (const path of [
    '',
    '/',
    pathname.slice(1),
    `${pathname}x`,
    pathname.slice(0, -1),
    `/xx${pathname.slice(3)}`,
    twin,
  ])
    assert.equal(hostedIdAt(path), undefined, path);
  assert.equal(hostedIdAt(`${pathname}/`), '01a1f851-1b3f-707e-8fa8-b262b3f28d5a');
});
