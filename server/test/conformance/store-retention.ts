import assert from 'node:assert/strict';
import type { Product } from '../../src/domain/product.ts';
import type { Store } from '../../src/domain/store-port.ts';
import {
  createDevices,
  createProduct,
  namesOf,
  replyOf,
  report,
  type StoreTests,
  saveVersion,
  startRollout,
} from './store-bench.ts';

export const retentionTests: StoreTests = {
  'the oldest beyond the newest kept go first, at most so many at a time': async (store) => {
    const product = await createProductWithVersions(store, 9);
    const remove = () => store.write((tx) => tx.configs.removeOldVersions(product.id, 5, 3));
    assert.deepEqual(await remove(), [1, 2, 3]);
    assert.deepEqual(await remove(), [4]);
    assert.deepEqual(await remove(), []);
    assert.deepEqual(await numbersOf(store, product), [9, 8, 7, 6, 5]);
    assert.equal((await saveVersion(store, product)).number, 10);
  },

  'with no more versions than are kept none goes': async (store) => {
    const product = await createProductWithVersions(store, 5);
    assert.deepEqual(await store.write((tx) => tx.configs.removeOldVersions(product.id, 5, 9)), []);
    assert.equal((await numbersOf(store, product)).length, 5);
  },

  'a version stays that a rollout names, that a device fetched, or that a device confirmed': async (
    store,
  ) => {
    const product = await createProductWithVersions(store, 10);
    const [fetched, failed] = await createDevices(store, product, namesOf(2));
    await startRollout(store, product, { version: 2 });
    await report(store, fetched!, { kind: 'downloaded', version: 3, deliveryId: 0 });
    // Runs version 4: it confirmed that one, and could not apply the later one it fetched.
    await report(store, failed!, { kind: 'downloaded', version: 4, deliveryId: 0 });
    await report(store, failed!, replyOf({ version: 4 }));
    await report(store, failed!, { kind: 'downloaded', version: 9, deliveryId: 0 });
    const removed = await store.write((tx) => tx.configs.removeOldVersions(product.id, 5, 9));
    assert.deepEqual(removed, [1, 5]);
    assert.deepEqual(await numbersOf(store, product), [10, 9, 8, 7, 6, 4, 3, 2]);
  },

  'a version nobody has any more goes': async (store) => {
    const product = await createProductWithVersions(store, 7);
    const [moved, deleted] = await createDevices(store, product, namesOf(2));
    await report(store, moved!, { kind: 'downloaded', version: 1, deliveryId: 0 });
    await report(store, deleted!, { kind: 'downloaded', version: 2, deliveryId: 0 });
    assert.deepEqual(await store.write((tx) => tx.configs.removeOldVersions(product.id, 5, 9)), []);
    await report(store, moved!, { kind: 'downloaded', version: 7, deliveryId: 0 });
    await store.write((tx) => tx.devices.remove(deleted!.id));
    assert.deepEqual(await store.write((tx) => tx.configs.removeOldVersions(product.id, 5, 9)), [1, 2]);
  },

  'the content of a removed version stays where another version has the same': async (store) => {
    const product = await createProductWithVersions(store, 6);
    const again = await saveVersion(store, product, '{"v":1}');
    assert.deepEqual(await store.write((tx) => tx.configs.removeOldVersions(product.id, 5, 9)), [1, 2]);
    const content = await store.read((tx) => tx.configs.findContent(product.id, again.number));
    assert.equal(Buffer.from(content!).toString(), '{"v":1}');
    assert.equal(await store.read((tx) => tx.configs.findContent(product.id, 1)), undefined);
  },

  'retention of one product touches no other': async (store) => {
    const product = await createProductWithVersions(store, 6);
    const other = await createProductWithVersions(store, 6, 'a1Other');
    await store.write((tx) => tx.configs.removeOldVersions(product.id, 5, 9));
    assert.equal((await numbersOf(store, other)).length, 6);
    assert.ok(await store.read((tx) => tx.configs.findContent(other.id, 1)));
  },
};

async function createProductWithVersions(store: Store, count: number, key = 'a1Lamp'): Promise<Product> {
  const product = await createProduct(store, key);
  for (let number = 1; number <= count; number += 1) await saveVersion(store, product, `{"v":${number}}`);
  return product;
}

async function numbersOf(store: Store, product: Product): Promise<number[]> {
  const versions = await store.read((tx) =>
    tx.configs.listVersions(product.id, { after: undefined, limit: 100 }),
  );
  return versions.map((version) => version.number);
}
