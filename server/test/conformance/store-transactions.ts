import assert from 'node:assert/strict';
import {
  createDevices,
  createProduct,
  expandAll,
  namesOf,
  readPages,
  SECRET,
  SETTINGS,
  type StoreTests,
  saveVersion,
  startPush,
  startRollout,
} from './store-bench.ts';

export const transactionTests: StoreTests = {
  'work that throws leaves nothing behind, and its error comes out as it is': async (store) => {
    const product = await createProduct(store);
    const fault = new Error('half way');
    const work = store.write(async (tx) => {
      await tx.devices.create(product.id, { deviceName: 'lamp', secretSealed: SECRET, tags: ['a'] }, 1);
      await tx.upkeep.putMeta('name', 'value');
      await tx.configs.putDraft(product.id, Buffer.from('{}'), 0, 'ann', 1);
      throw fault;
    });
    await assert.rejects(work, (error) => error === fault);
    await store.read(async (tx) => {
      assert.equal(await tx.devices.find(product.id, 'lamp'), undefined);
      assert.equal(await tx.upkeep.findMeta('name'), undefined);
      assert.equal(await tx.configs.findDraft(product.id), undefined);
      assert.equal((await tx.products.findById(product.id))?.deviceCount, 0);
    });
  },

  'after work that threw the next work goes on': async (store) => {
    await assert.rejects(store.write(() => Promise.reject(new Error('no'))));
    await store.write((tx) => tx.upkeep.putMeta('name', 'value'));
    assert.equal(await store.read((tx) => tx.upkeep.findMeta('name')), 'value');
  },

  'a refused statement does not undo what else its work did when the work goes on': async (store) => {
    await createProduct(store, 'a1Taken');
    await store.write(async (tx) => {
      await tx.upkeep.putMeta('before', '1');
      const again = { productKey: 'a1Taken', secretSealed: SECRET, settings: SETTINGS, createdAt: 1 };
      await assert.rejects(tx.products.create(again), { code: 'already-exists' });
      await tx.upkeep.putMeta('after', '1');
    });
    assert.equal(await store.read((tx) => tx.upkeep.findMeta('before')), '1');
    assert.equal(await store.read((tx) => tx.upkeep.findMeta('after')), '1');
  },

  'work started at the same time runs one after another: no increment is lost': async (store) => {
    const increment = () =>
      store.write(async (tx) => {
        const count = Number((await tx.upkeep.findMeta('count')) ?? 0);
        await tx.upkeep.putMeta('count', String(count + 1));
      });
    await Promise.all(Array.from({ length: 50 }, increment));
    assert.equal(await store.read((tx) => tx.upkeep.findMeta('count')), '50');
  },

  'reads never see what is not committed': async (store) => {
    const seen = new Set<string | undefined>();
    const work = store.write(async (tx) => {
      await tx.upkeep.putMeta('name', 'uncommitted');
      seen.add(await store.read((outside) => outside.upkeep.findMeta('name')));
      await tx.upkeep.putMeta('name', 'committed');
      seen.add(await store.read((outside) => outside.upkeep.findMeta('name')));
    });
    await work;
    assert.deepEqual([...seen], [undefined]);
    assert.equal(await store.read((tx) => tx.upkeep.findMeta('name')), 'committed');
  },

  'what is read in one go is of one moment, whatever is committed meanwhile': async (store) => {
    const writeBoth = (value: string) =>
      store.write(async (tx) => {
        await tx.upkeep.putMeta('one', value);
        await tx.upkeep.putMeta('other', value);
      });
    const readBoth = () =>
      store.read(async (tx) => [await tx.upkeep.findMeta('one'), await tx.upkeep.findMeta('other')]);
    let isOver = false;
    const writing = (async () => {
      for (let value = 0; value < 50; value += 1) await writeBoth(String(value));
    })().finally(() => {
      isOver = true;
    });
    while (!isOver) {
      for (let times = 0; times < 50; times += 1) {
        const [one, other] = await readBoth();
        assert.equal(one, other);
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await writing;
    assert.deepEqual(await readBoth(), ['49', '49'], 'and what was written is there at once');
  },

  'how long the oldest work has waited is known, and is nothing when none waits': async (store) => {
    assert.equal(store.writeWaitMs(), 0);
    const held = Promise.withResolvers<void>();
    const first = store.write(() => held.promise);
    const second = store.write((tx) => tx.upkeep.putMeta('name', 'value'));
    const since = performance.now();
    while (performance.now() - since < 2) await new Promise<void>((resolve) => setImmediate(resolve));
    assert.ok(store.writeWaitMs() >= 2);
    held.resolve();
    await Promise.all([first, second]);
    assert.equal(store.writeWaitMs(), 0);
    await assert.rejects(store.write(() => Promise.reject(new Error('no'))));
    assert.equal(store.writeWaitMs(), 0);
  },

  'a store that is closed and opened again has everything, and goes on with new numbers': async (
    first,
    opened,
  ) => {
    const { product, rollout } = await startPush(first, 5);
    const before = await first.read(async (tx) => ({
      product: await tx.products.find(product.productKey),
      content: await tx.configs.findContent(product.id, 1),
      rollout: await tx.rollouts.find(rollout.id),
      progress: await tx.rollouts.findProgress(rollout.id),
      deliveries: await tx.deliveries.list(rollout.id, undefined, { after: undefined, limit: 10 }),
    }));
    const store = await opened.reopen();
    const after = await store.read(async (tx) => ({
      product: await tx.products.find(product.productKey),
      content: await tx.configs.findContent(product.id, 1),
      rollout: await tx.rollouts.find(rollout.id),
      progress: await tx.rollouts.findProgress(rollout.id),
      deliveries: await tx.deliveries.list(rollout.id, undefined, { after: undefined, limit: 10 }),
    }));
    assert.deepEqual(after, before);
    assert.equal(after.deliveries.length, 5);
    const next = await startRollout(store, product);
    assert.ok(next.id > rollout.id);
    assert.equal(next.version, 2);
  },

  'a backup is a store with everything as of one moment, taken while work goes on': async (
    store,
    { backups },
  ) => {
    if (backups === undefined) return; // This engine is backed up with its own tools.
    const product = await createProduct(store);
    await saveVersion(store, product, Buffer.from([0xff, 0x00]));
    let isBackingUp = true;
    let created = 0;
    // Each piece of work adds two devices: a copy with an odd number would have cut one in half.
    const work = (async () => {
      while (isBackingUp && created < 2000) {
        await createDevices(store, product, namesOf(2, `d${created}`));
        created += 2;
        await new Promise(setImmediate);
      }
    })();
    const backup = store.backup(backups.path).finally(() => {
      isBackingUp = false;
    });
    await Promise.all([backup, work]);
    const copy = await backups.open();
    try {
      await copy.read(async (tx) => {
        assert.deepEqual(
          Buffer.from((await tx.configs.findContent(product.id, 1))!),
          Buffer.from([0xff, 0x00]),
        );
        const devices = await readPages(
          100,
          (device: { deviceName: string }) => device.deviceName,
          (page) => tx.devices.list({ productId: product.id }, page),
        );
        assert.equal((await tx.products.findById(product.id))?.deviceCount, devices.length);
        assert.equal(devices.length % 2, 0);
      });
      await expandAll(copy, await startRollout(copy, product));
    } finally {
      await copy[Symbol.asyncDispose]();
    }
    assert.equal((await store.read((tx) => tx.products.findById(product.id)))?.deviceCount, created);
  },

  'a backup never overwrites a file': async (store, { backups }) => {
    if (backups === undefined) return; // This engine is backed up with its own tools.
    await createProduct(store);
    await store.backup(backups.path);
    await assert.rejects(store.backup(backups.path), { code: 'already-exists' });
    const copy = await backups.open();
    assert.equal((await copy.read((tx) => tx.products.list({ after: undefined, limit: 9 }))).length, 1);
    await copy[Symbol.asyncDispose]();
  },
};
