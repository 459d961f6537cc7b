import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProvider } from '../provider/index.ts';
import { demo } from './demo.ts';
import { run } from './testing.ts';

// Protects: the demo as a whole. It is the first thing a visitor runs, and its sums are its point.
test('the demo tells a purchase from session to refund', async () => {
  const { code, stdout, stderr } = await run(['demo']);
  assert.deepEqual([code, stderr], [0, '']);
  const steps = stdout.split('\n').filter((line) => /^ ?\d+\. /.test(line));
  assert.equal(steps.length, 10);
  const statuses = [...stdout.matchAll(/ {2}-> {2}(\d+)$/gm)].map(([, status]) => Number(status));
  assert.deepEqual(statuses, [200, 200, 200, 201, 201, 201, 200, 200, 403, 400]);
  const sums = [...stdout.matchAll(/^ {4}= (.*)$/gm)].map(([, sum]) => sum);
  assert.deepEqual(sums, [
    'authorised 2303.00 SEK, captured 0.00 SEK, refunded 0.00 SEK, remaining 2303.00 SEK',
    'authorised 2303.00 SEK, captured 1047.00 SEK, refunded 0.00 SEK, remaining 1256.00 SEK',
    'authorised 2303.00 SEK, captured 1254.00 SEK, refunded 0.00 SEK, remaining 1049.00 SEK',
    'authorised 2303.00 SEK, captured 1254.00 SEK, refunded 499.00 SEK, remaining 1049.00 SEK',
    'authorised 2303.00 SEK, captured 1254.00 SEK, refunded 499.00 SEK, remaining 0.00 SEK',
  ]);
  assert.match(stdout, /Kvitt explains: Line 1 \("Wool blanket"\).* off by 1 minor unit/);
  assert.match(
    stdout,
    /called back:\n {4}POST \/authorized \{"authorization_token":"[^\n]*\n {4}POST \/push\?order=[0-9a-f-]{36}\n/,
  );
});

// Protects: a demo that went wrong says where, and fails.
test('a step that is not answered as expected ends it with 1', async () => {
  let told = '';
  const disabled = async () => {
    const provider = await startProvider();
    await provider.control('PATCH', '/merchants/K000001', { status: 'inactive' });
    return provider;
  };
  const write = (words: string) => {
    told += words;
  };
  assert.equal(await demo(disabled, write), 1);
  assert.match(told, /Expected 200, got 403: .*MERCHANT_INACTIVE/);
});
