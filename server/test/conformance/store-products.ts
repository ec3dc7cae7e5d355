import assert from 'node:assert/strict';
import type { Rollout } from '../../src/domain/rollout.ts';
import {
  createDevices,
  createProduct,
  expandAll,
  findProduct,
  namesOf,
  readPages,
  replyOf,
  report,
  SECRET,
  SETTINGS,
  type StoreTests,
  saveVersion,
  startRollout,
} from './store-bench.ts';

export const productTests: StoreTests = {
  'a new product starts with nothing and is found by key and by id': async (store) => {
    const created = await createProduct(store, 'a1Lamp');
    assert.deepEqual(created, {
      ...SETTINGS,
      id: created.id,
      productKey: 'a1Lamp',
      revision: 1,
      deviceCount: 0,
      onlineCount: 0,
      latestVersion: 0,
      versionFloor: 0,
      rolledOutVersion: 0,
      linkEpoch: created.linkEpoch,
      createdAt: 1,
    });
    await store.read(async (tx) => {
      assert.deepEqual(await tx.products.find('a1Lamp'), created);
      assert.deepEqual(await tx.products.findById(created.id), created);
      assert.equal(await tx.products.find('a1lamp'), undefined);
      assert.equal(await tx.products.findById(created.id + 1), undefined);
    });
  },

  'a taken key is refused and the product that has it stays as it is': async (store) => {
    const first = await createProduct(store, 'a1Lamp');
    await assert.rejects(createProduct(store, 'a1Lamp'), { code: 'already-exists' });
    assert.deepEqual(await findProduct(store, first), first);
  },

  'products are listed by key, in pages without gaps or repeats': async (store) => {
    const keys = ['b', 'a', 'Z', 'c', 'a1', 'B'];
    for (const key of keys) await createProduct(store, key);
    for (const limit of [1, 2, 6, 7]) {
      const listed = await readPages(
        limit,
        (product: { productKey: string }) => product.productKey,
        (page) => store.read((tx) => tx.products.list(page)),
      );
      assert.deepEqual(
        listed.map((product) => product.productKey),
        [...keys].sort(),
      );
    }
  },

  'an update writes every setting and raises the revision': async (store) => {
    const product = await createProduct(store);
    const other = await createProduct(store, 'a1Other');
    const settings = {
      name: '灯 "x"',
      isEnabled: false,
      coolDownSeconds: 0,
      doneWhen: 'applied',
      requestPolicy: 'rolledOut',
      configBytesMax: 1_048_576,
      attemptTimeoutSeconds: 5,
      deadlineSeconds: 60,
      isRegistrationAllowed: true,
      isUnknownDeviceAllowed: true,
      isStrongSignRequired: true,
      retentionVersions: 5,
    } as const;
    const updated = await store.write((tx) => tx.products.update(product.id, settings));
    assert.deepEqual(updated, { ...product, ...settings, revision: 2, linkEpoch: updated.linkEpoch });
    assert.deepEqual(await findProduct(store, product), updated);
    assert.deepEqual(await findProduct(store, other), other);
  },

  'the link epoch rises exactly when the switch goes off': async (store) => {
    const product = await createProduct(store);
    const epochs: number[] = [product.linkEpoch];
    for (const isEnabled of [true, false, false, true, false]) {
      const updated = await store.write((tx) => tx.products.update(product.id, { ...SETTINGS, isEnabled }));
      epochs.push(updated.linkEpoch - epochs[0]!);
    }
    assert.deepEqual(epochs.slice(1), [0, 1, 1, 1, 2]);
  },

  'updating a product that is not there is refused': async (store) => {
    await assert.rejects(
      store.write((tx) => tx.products.update(7, SETTINGS)),
      { code: 'product-not-found' },
    );
  },

  'the secret is kept byte for byte and can be replaced': async (store) => {
    const product = await createProduct(store);
    const find = async () => [...((await store.read((tx) => tx.products.findSecret(product.id))) ?? [])];
    assert.deepEqual(await find(), [...SECRET]);
    await store.write((tx) => tx.products.setSecret(product.id, new Uint8Array([0, 255, 10])));
    assert.deepEqual(await find(), [0, 255, 10]);
    assert.equal(await store.read((tx) => tx.products.findSecret(product.id + 1)), undefined);
  },

  'a raised version counter only rises: the next version comes after it': async (store) => {
    const product = await createProduct(store);
    await store.write((tx) => tx.products.raiseVersion(product.id, 40));
    await store.write((tx) => tx.products.raiseVersion(product.id, 30));
    const { latestVersion, versionFloor } = await findProduct(store, product);
    assert.deepEqual([latestVersion, versionFloor], [0, 40]);
    assert.equal((await saveVersion(store, product)).number, 41);
    await store.write((tx) => tx.products.raiseVersion(product.id, 41));
    assert.equal((await saveVersion(store, product)).number, 42);
    assert.equal((await findProduct(store, product)).latestVersion, 42);
  },

  'the rolled-out version is what was set last': async (store) => {
    const product = await createProduct(store);
    await store.write((tx) => tx.products.setRolledOut(product.id, 3));
    assert.equal((await findProduct(store, product)).rolledOutVersion, 3);
  },

  'usage counts devices by the version they downloaded last, newest first, and no version nobody has': async (
    store,
  ) => {
    const product = await createProduct(store);
    const devices = await createDevices(store, product, namesOf(4));
    const download = (index: number, version: number) =>
      report(store, devices[index]!, { kind: 'downloaded', version, deliveryId: 0 });
    for (const [index, version] of [
      [0, 1],
      [1, 1],
      [2, 3],
      [1, 2],
      [0, 2],
      [2, 3],
    ] as const)
      await download(index, version);
    const usage = (limit: number) => store.read((tx) => tx.products.listUsage(product.id, limit));
    assert.deepEqual(await usage(10), [
      { version: 3, deviceCount: 1 },
      { version: 2, deviceCount: 2 },
    ]);
    assert.deepEqual(await usage(1), [{ version: 3, deviceCount: 1 }]);
  },

  'standings say of many products at once where the newest rollout is and how many run what was rolled out':
    async (store) => {
      const [none, lamp, lock] = [
        await createProduct(store, 'a1None'),
        await createProduct(store),
        await createProduct(store, 'a1Lock'),
      ];
      const devices = await createDevices(store, lamp, namesOf(4));
      await createDevices(store, lock, namesOf(2));
      await expandAll(store, await startRollout(store, lamp));
      const newest = await startRollout(store, lamp);
      const waiting = await startRollout(store, lock);
      await expandAll(store, newest);
      await store.write((tx) => tx.products.setRolledOut(lamp.id, 2));
      await report(store, devices[0]!, { kind: 'downloaded', version: 1, deliveryId: 0 });
      await report(store, devices[1]!, { kind: 'downloaded', version: 2, deliveryId: 0 });
      await report(store, devices[2]!, replyOf({ version: 2, code: 100_001, message: 'no' }));
      const ids = [none.id, lamp.id, lock.id, lock.id + 1];
      const standings = await store.read((tx) => tx.products.listStandings(ids));
      assert.deepEqual(
        standings,
        new Map([
          [none.id, { onRolledOutVersion: 0, latestRollout: null }],
          [
            lamp.id,
            { onRolledOutVersion: 1, latestRollout: { ...latestOf(newest), openCount: 3, failedCount: 1 } },
          ],
          [
            lock.id,
            { onRolledOutVersion: 0, latestRollout: { ...latestOf(waiting), openCount: 0, failedCount: 0 } },
          ],
        ]),
      );
      await store.write((tx) => tx.rollouts.cancel(newest.id, 77));
      const [ended] = (await store.read((tx) => tx.products.listStandings([lamp.id]))).values();
      assert.partialDeepStrictEqual(ended?.latestRollout, {
        state: 'cancelled',
        outcome: 'incomplete',
        endedAt: 77,
      });
      assert.deepEqual(await store.read((tx) => tx.products.listStandings([])), new Map());
    },
};

function latestOf({ id, version, state, pauseReason, deviceTotal, createdAt, endedAt }: Rollout) {
  return { id, version, state, pauseReason, outcome: 'open' as const, deviceTotal, createdAt, endedAt };
}
