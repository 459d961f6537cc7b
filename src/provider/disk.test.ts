/** A disk that fails under the provider: clients are told, and whatever they were told before is there afterwards. */
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { SqliteStore } from '../store/sqlite.ts';
import { FailingDisk } from '../store/testing.ts';
import { startProvider } from './index.ts';
import { ensureMerchant } from './installation.ts';
import { KlarnaFace } from './klarna/face.ts';
import { Authenticator } from './merchants.ts';
import { OrderedFaults } from './ordered-faults.ts';
import { type Json, PURCHASE } from './testing.ts';
import { realWorld } from './world.ts';

// Protects: 200 means on disk. What the disk refused is answered 503, and nobody reads it back as if it were there.
test('a session that the disk did not take is 503, and so is all that follows', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kvitt-disk-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  t.after(() => mock.restoreAll());
  const stderr = mock.method(process.stderr, 'write', () => true);
  const disks: FailingDisk[] = [];
  const flusherOf = (log: string) => {
    const disk = new FailingDisk(log);
    disks.push(disk);
    return disk;
  };
  const store = await SqliteStore.open({ path: join(dataDir, 'kvitt.db'), flusherOf });
  await ensureMerchant(store, 'K1_local', 'secret');
  const world = realWorld(store);
  const face = new KlarnaFace({
    world,
    authenticator: new Authenticator(store),
    faults: new OrderedFaults({ world, settled: async () => {} }),
    secret: createSecretKey('key', 'utf8'),
    regions: {},
    onCallbacks: () => {},
    settle: async () => {},
  });
  const headers = { host: 'localhost', authorization: `Basic ${Buffer.from('K1_local:secret').toString('base64')}` };
  const call = async (method: string, path: string, body: object = {}) => {
    const text = JSON.stringify(body);
    const answer = await face.answer({ method, path, query: new URLSearchParams(), headers, body: { text } });
    return { status: answer.status, body: JSON.parse(String(answer.body)) as Json };
  };
  const taken = await call('POST', '/payments/v1/sessions', PURCHASE);
  assert.equal(taken.status, 200);
  for (const disk of disks) disk.isBroken = true;
  for (let i = 0; i < 3; i++) {
    const { status, body } = await call('POST', '/payments/v1/sessions', PURCHASE);
    assert.deepEqual([status, body.error_code], [503, 'TEMPORARILY_UNAVAILABLE']);
  }
  assert.equal((await call('GET', `/payments/v1/sessions/${taken.body.session_id}`)).status, 503);
  assert.match(String(stderr.mock.calls[0]?.arguments[0]), /the disk did not take the last changes/);
  await store.close();
  const provider = await startProvider({ store: { dataDir }, username: 'K1_local', password: 'secret' });
  t.after(() => provider.close());
  const read = await fetch(`${provider.url}/payments/v1/sessions/${taken.body.session_id}`, { headers });
  assert.equal(read.status, 200);
});
