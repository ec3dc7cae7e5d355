/** A data directory of its own for a test, and what is needed to damage the store in it. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ProductSettings } from '../../src/domain/product.ts';
import type { Store } from '../../src/domain/store-port.ts';
import { openSqliteStore } from '../../src/sql/store.ts';
import { SETTINGS } from '../conformance/store-bench.ts';

/** Small enough to fill in a moment. */
const DISK_BYTES = 3 * 1024 * 1024;

export type StoreDirectory = { dir: string; path: string; bytes(): Promise<Buffer> };

export async function createDirectory(t: TestContext): Promise<StoreDirectory> {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-driver-'));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, 'opencota.db');
  return { dir, path, bytes: () => readFile(path) };
}

/** A directory with a store that holds one product and was closed properly. */
export async function createFilled(t: TestContext): Promise<StoreDirectory> {
  const directory = await createDirectory(t);
  const store = openSqliteStore(directory.path);
  await addProduct(store, 'a1Lamp');
  await store[Symbol.asyncDispose]();
  return directory;
}

export async function addProduct(
  store: Store,
  productKey: string,
  settings: ProductSettings = SETTINGS,
): Promise<void> {
  await store.write((tx) =>
    tx.products.create({ productKey, secretSealed: new Uint8Array([1]), settings, createdAt: 1 }),
  );
}

export async function keysOf(store: Store): Promise<string[]> {
  const products = await store.read((tx) => tx.products.list({ after: undefined, limit: 1000 }));
  return products.map((product) => product.productKey);
}

/** A disk of its own, small enough to fill; undefined where this user cannot mount one. */
export async function mountDisk(t: TestContext): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    await rm(dir, { recursive: true });
    return undefined;
  }
  t.after(async () => {
    execFileSync('umount', ['--lazy', dir]);
    await rm(dir, { recursive: true });
  });
  return dir;
}
