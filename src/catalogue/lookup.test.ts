import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from './entries.ts';
import { lookup, suggest } from './lookup.ts';

// Protects: each entry is found under its own code, in either case; two codes that differ only in case would hide one another.
test('every code finds its own entry in either case', () => {
  for (const entry of catalogue) {
    assert.equal(lookup(entry.code), entry);
    assert.equal(lookup(entry.code.toLowerCase()), entry);
  }
});

// Protects: the way people write qualified codes, and that a near miss is no hit.
test('a blank after the colon is forgiven, anything else is not', () => {
  assert.equal(lookup(' bad_value: Locale ')?.code, 'BAD_VALUE:locale');
  for (const wrong of ['', 'CAPTURE', 'BAD_VALUE:', 'BAD_VALUE:order_amount', 'AUTHORIZEDX', '__proto__']) {
    assert.equal(lookup(wrong), undefined, wrong);
  }
});

// Protects: the nearest code comes first.
test('typos lead to the code that was meant', () => {
  const typos = {
    CAPTURD: 'CAPTURED',
    CAPTURE_NOT_ALOWED: 'CAPTURE_NOT_ALLOWED',
    'no such order': 'NO_SUCH_ORDER',
    'too-many-request': 'TOO_MANY_REQUESTS',
    AUTHORISED: 'AUTHORIZED',
    CANCELED: 'CANCELLED',
    locale: 'BAD_VALUE:locale',
    'BAD_VALUE:order_amount': 'BAD_VALUE',
  };
  for (const [typo, meant] of Object.entries(typos)) assert.equal(suggest(typo)[0], meant, typo);
});

// Protects: no suggestion is better than a random one, and long input costs nothing.
test('what resembles nothing suggests nothing', () => {
  for (const text of ['', '   ', 'xyzzy', 'ok', 'A'.repeat(1_000_000)])
    assert.deepEqual(suggest(text), [], text.slice(0, 10));
});

// Protects: the list stays readable in a terminal.
test('at most five suggestions', () => {
  assert.equal(suggest('NOT_').length, 5);
});
