import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookup } from '../catalogue/index.ts';
import { run } from './testing.ts';

// Protects: the terminal shows the same entry as everything else, and scripts see whether there was one.
test('kvitt explain prints an entry', async () => {
  const { code, stdout, stderr } = await run(['explain', 'capture_not_allowed']);
  assert.deepEqual([code, stderr], [0, '']);
  assert.ok(stdout.startsWith(`CAPTURE_NOT_ALLOWED (error code)\n${lookup('CAPTURE_NOT_ALLOWED').title}\n`));
});

test('kvitt explain fails for a code that there is not', async () => {
  const { code, stdout } = await run(['explain', 'CAPTURE_NOT_ALOWED']);
  assert.equal(code, 1);
  assert.match(stdout, /\n {2}CAPTURE_NOT_ALLOWED\n/);
  assert.equal((await run(['explain'])).code, 1);
});

// Protects: help where it is looked for; a typing error is an error.
test('usage', async () => {
  for (const args of [[], ['help'], ['--help']]) {
    const { code, stdout, stderr } = await run(args);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /kvitt explain CODE/);
  }
  const wrong = await run(['strat']);
  assert.deepEqual([wrong.code, wrong.stdout], [2, '']);
  assert.match(wrong.stderr, /^kvitt: there is no command "strat"\n/);
});
