// Protects the example that docs/cybersource.md points newcomers to: it runs, against a server as `npm start` gives.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startProvider } from 'kvitt/provider';

test('examples/cybersource.ts takes a purchase from session to chargeback, and hears of each step', async () => {
  const provider = await startProvider();
  try {
    const env = { ...process.env, KLARNA_URL: provider.url };
    const script = join(import.meta.dirname, 'cybersource.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
    assert.match(stdout, /createPayment → AUTHORIZED\n/);
    for (const status of ['COMPLETED', 'AUTHORIZED', 'SETTLED', 'REFUNDED', 'CHARGEBACK'])
      assert.match(stdout, new RegExp(`told of ${status}\n`));
    assert.doesNotMatch(stdout, /forgery/);
    assert.match(stdout, /refreshPaymentStatus → CHARGEBACK\n/);
  } finally {
    await provider.close();
  }
});
