// Protects: browsers get what they can read, whatever they say they take, and it is what was written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Coded, codingFor } from './codings.ts';

test('the coding that the browser likes best, of two that it likes the same the smaller', () => {
  const rows: readonly [accepted: string | undefined, coding: string][] = [
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['GZIP ; Q=0.5', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0.2, gzip;q=0.8', 'gzip'],
    ['br;q=0, gzip;q=0', 'identity'],
    ['gzip;q=0.5, identity', 'identity'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['br;q=0, *', 'gzip'],
    ['deflate, zstd', 'identity'],
    ['gzip;q=much', 'identity'],
  ];
  for (const [accepted, coding] of rows) assert.equal(codingFor(accepted), coding, accepted);
});

test('every coding is of the same text, and is made once', () => {
  const text = 'Köp för 100 kr '.repeat(100);
  const coded = new Coded(text);
  assert.equal(brotliDecompressSync(coded.in('br')).toString(), text);
  assert.equal(gunzipSync(coded.in('gzip')).toString(), text);
  assert.equal(coded.in('identity').toString(), text);
  assert.equal(coded.in('br'), coded.in('br'));
});
