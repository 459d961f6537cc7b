// Protects the example that the README points newcomers to: it runs, against a server as `npm start` gives.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startProvider } from 'kvitt/provider';

test('examples/purchase.ts takes a purchase from session to refund', async () => {
  const provider = await startProvider();
  try {
    const env = { ...process.env, KLARNA_URL: provider.url };
    const script = join(import.meta.dirname, 'purchase.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
    assert.match(stdout, /captured once: true/);
    assert.match(stdout, /CAPTURED: captured 25000, refunded 12500, remaining 0/);
  } finally {
    await provider.close();
  }
});
