/** The store that a configuration names. */
import { join } from 'node:path';
import type { Store } from './store.ts';

export interface StoreOptions {
  /** `postgres://…`; wins over `dataDir`. */
  readonly databaseUrl?: string | undefined;
  /** Folder of the SQLite file. Neither given: in memory. */
  readonly dataDir?: string | undefined;
}

/** Opens the store. Only the driver that is needed is loaded. Rejects with StoreUnusable. */
export async function openStore({ databaseUrl, dataDir }: StoreOptions): Promise<Store> {
  if (databaseUrl) {
    const { PostgresStore } = await import('./postgres.ts');
    return PostgresStore.open({ url: databaseUrl });
  }
  const { SqliteStore } = await import('./sqlite.ts');
  return SqliteStore.open({ path: dataDir ? join(dataDir, 'kvitt.db') : ':memory:' });
}
