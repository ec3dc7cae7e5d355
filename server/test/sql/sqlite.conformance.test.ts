/** The embedded store keeps every promise of the port. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/sql/store.ts';
import { testStore } from '../conformance/store.ts';

testStore('SQLite', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-store-'));
  const path = join(dir, 'opencota.db');
  const copy = join(dir, 'copy.db');
  let store = openSqliteStore(path);
  return {
    store,
    async reopen() {
      await store[Symbol.asyncDispose]();
      store = openSqliteStore(path);
      return store;
    },
    async dispose() {
      await store[Symbol.asyncDispose]();
      await rm(dir, { recursive: true });
    },
    backups: { path: copy, open: async () => openSqliteStore(copy) },
  };
});
