/** The embedded store keeps every promise of the port, in this thread and in one of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/sql/store.ts';
import { openThreadedSqliteStore } from '../../src/sql/threaded-store.ts';
import { testStore } from '../conformance/store.ts';

const ENGINES = { SQLite: openSqliteStore, 'SQLite in a thread': openThreadedSqliteStore };

for (const [name, openStore] of Object.entries(ENGINES)) {
  testStore(name, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'opencota-store-'));
    const path = join(dir, 'opencota.db');
    const copy = join(dir, 'copy.db');
    let store = openStore(path);
    return {
      store,
      async reopen() {
        await store[Symbol.asyncDispose]();
        store = openStore(path);
        return store;
      },
      async dispose() {
        await store[Symbol.asyncDispose]();
        await rm(dir, { recursive: true });
      },
      backups: { path: copy, open: async () => openStore(copy) },
    };
  });
}
