/** A disk that fails: whoever waits is told, nobody is shown what may be lost, and nothing that was acknowledged goes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SqliteStore } from './sqlite.ts';
import { LogFlusher } from './sqlite-flusher.ts';
import { read, type Store, StoreUnavailable, type Work } from './store.ts';
import { FailingDisk } from './testing.ts';

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'kvitt-flusher-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function put(store: Store, id: string): Promise<string> {
  return store.run(function* (): Work<string> {
    yield* read('order', id);
    return { answer: id, changes: { put: [{ kind: 'order', id, merchant_id: 'm', state: { id } }] } };
  });
}

// Protects: an answer that was sent is on disk, also when the disk says no.
test('a failed flush acknowledges nothing, and the store stops', async (t) => {
  const path = join(directory(t), 'kvitt.db');
  let disk: FailingDisk | undefined;
  const flusherOf = (log: string) => {
    disk = new FailingDisk(log);
    return disk;
  };
  const store = await SqliteStore.open({ path, flusherOf });
  assert.equal(await put(store, 'safe'), 'safe');
  assert.ok(disk);
  disk.isBroken = true;
  const refused = (error: unknown) => {
    assert.ok(error instanceof StoreUnavailable);
    assert.match(error.message, /the disk did not take the last changes, which may be lost: EIO/);
    return true;
  };
  const waiting = ['a', 'b', 'c'].map((id) => put(store, id));
  for (const each of waiting) await assert.rejects(each, refused);
  // The disk is well again; what was committed meanwhile may still be gone, so nobody may see it or build on it.
  disk.isBroken = false;
  await assert.rejects(store.get('order', 'a'), refused);
  await assert.rejects(store.get('order', 'safe'), refused);
  await assert.rejects(store.list('order', { limit: 10 }), refused);
  await assert.rejects(put(store, 'd'), refused);
  await store.close();
  const again = await SqliteStore.open({ path });
  t.after(() => again.close());
  assert.deepEqual(await again.get('order', 'safe'), { id: 'safe' });
  assert.equal(await again.get('order', 'd'), undefined);
});

// Protects: after a failure a second flush may report success for data that the first one lost.
test('a log that could not be flushed once is never called flushed again', async (t) => {
  const path = join(directory(t), 'log');
  writeFileSync(path, '');
  const flusher = new LogFlusher(path);
  const flush = () => new Promise<Error | undefined>((resolve) => flusher.flush(resolve));
  assert.equal(await flush(), undefined);
  flusher.close();
  const errors = await Promise.all([flush(), flush(), flush()]);
  errors.push(await flush());
  for (const error of errors) assert.match(String(error), /EBADF/);
});
