/** The conformance suite of the store on a SQLite store in a directory of its own, however it is opened. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/domain/store-port.ts';
import { testStore } from '../conformance/store.ts';

export function testSqliteStore(name: string, openStore: (path: string) => Store): void {
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
