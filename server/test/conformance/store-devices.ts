import assert from 'node:assert/strict';
import {
  connect,
  createDevices,
  createProduct,
  findDevice,
  findProduct,
  findRollout,
  namesOf,
  report,
  SECRET,
  type StoreTests,
  startPush,
} from './store-bench.ts';

export const deviceTests: StoreTests = {
  'a new device is enabled, offline, without versions, and found by name and by id': async (store) => {
    const product = await createProduct(store);
    const input = { deviceName: 'Lamp-1:@.', secretSealed: SECRET, tags: ['floor=3', '灯'] };
    const created = await store.write((tx) => tx.devices.create(product.id, input, 12));
    assert.deepEqual(created, {
      id: created.id,
      productId: product.id,
      deviceName: 'Lamp-1:@.',
      tags: ['floor=3', '灯'],
      isEnabled: true,
      isOnline: false,
      createdAt: 12,
      lastSeenAt: null,
      downloadedVersion: 0,
      downloadedAt: null,
      confirmedVersion: 0,
      confirmedAt: null,
      lastError: null,
    });
    await store.read(async (tx) => {
      assert.deepEqual(await tx.devices.find(product.id, 'Lamp-1:@.'), created);
      assert.deepEqual(await tx.devices.findById(created.id), created);
      assert.equal(await tx.devices.find(product.id, 'lamp-1:@.'), undefined);
      assert.equal(await tx.devices.find(product.id + 1, 'Lamp-1:@.'), undefined);
    });
  },

  'a taken name is refused within a product and free in another': async (store) => {
    const product = await createProduct(store);
    const other = await createProduct(store, 'a1Other');
    await createDevices(store, product, ['lamp']);
    const create = (productId: number) =>
      store.write((tx) =>
        tx.devices.create(productId, { deviceName: 'lamp', secretSealed: SECRET, tags: [] }, 1),
      );
    await assert.rejects(create(product.id), { code: 'already-exists' });
    assert.equal((await create(other.id)).productId, other.id);
    assert.equal((await findProduct(store, product)).deviceCount, 1);
    assert.equal((await findProduct(store, other)).deviceCount, 1);
  },

  'of many devices those with a free name are created and the others named, also a name given twice': async (
    store,
  ) => {
    const product = await createProduct(store);
    await createDevices(store, product, ['b', 'd']);
    const names = ['a', 'b', 'c', 'd', 'a'];
    const taken = await store.write((tx) =>
      tx.devices.createMany(
        product.id,
        names.map((deviceName) => ({ deviceName, secretSealed: SECRET, tags: ['new', 'new'] })),
        2,
      ),
    );
    assert.deepEqual(taken.toSorted(), ['a', 'b', 'd']);
    assert.equal((await findProduct(store, product)).deviceCount, 4);
    const tagged = await store.read((tx) =>
      tx.devices.list({ productId: product.id, tag: 'new' }, { after: undefined, limit: 10 }),
    );
    assert.deepEqual(
      tagged.map((device) => device.deviceName),
      ['a', 'c'],
    );
  },

  'names are found for those ids that exist, however many are asked for': async (store) => {
    const product = await createProduct(store);
    const devices = await createDevices(store, product, namesOf(600));
    const ids = devices.map((device) => device.id);
    const names = await store.read((tx) => tx.devices.findNames([...ids, 99_999]));
    assert.deepEqual(names, new Map(devices.map((device) => [device.id, device.deviceName])));
    assert.equal((await store.read((tx) => tx.devices.findNames([]))).size, 0);
  },

  'an update changes what it names and nothing else': async (store) => {
    const product = await createProduct(store);
    const [device] = await createDevices(store, product, ['lamp']);
    await store.write((tx) => tx.devices.update(device!.id, { tags: ['a', 'b'] }));
    await store.write((tx) => tx.devices.update(device!.id, { isEnabled: false }));
    assert.deepEqual(await findDevice(store, device!), { ...device, tags: ['a', 'b'], isEnabled: false });
    await store.write((tx) => tx.devices.update(device!.id, { tags: ['b', 'c'] }));
    const listed = async (tag: string) =>
      (
        await store.read((tx) =>
          tx.devices.list({ productId: product.id, tag }, { after: undefined, limit: 5 }),
        )
      ).length;
    assert.deepEqual([await listed('a'), await listed('b'), await listed('c')], [0, 1, 1]);
  },

  'credentials are read by the names a device signs with': async (store) => {
    const product = await createProduct(store);
    const [device] = await createDevices(store, product, ['lamp']);
    const find = (key: string, name: string) => store.read((tx) => tx.devices.findCredentials(key, name));
    assert.deepEqual(await find('a1Lamp', 'lamp'), {
      deviceId: device!.id,
      productId: product.id,
      isEnabled: true,
      secretSealed: SECRET,
      previousSecretSealed: null,
      previousUntil: null,
    });
    assert.equal(await find('a1Lamp', 'lamb'), undefined);
    assert.equal(await find('a1Other', 'lamp'), undefined);
    await store.write((tx) => tx.devices.update(device!.id, { isEnabled: false }));
    assert.equal((await find('a1Lamp', 'lamp'))?.isEnabled, false);
  },

  'a rotated secret leaves the one before it good for a while, or not at all': async (store) => {
    const product = await createProduct(store);
    const [device] = await createDevices(store, product, ['lamp']);
    const rotate = async (byte: number, until: number | null) => {
      await store.write((tx) => tx.devices.setSecret(device!.id, new Uint8Array([byte]), until));
      const found = await store.read((tx) => tx.devices.findCredentials('a1Lamp', 'lamp'));
      return [found?.secretSealed, found?.previousSecretSealed, found?.previousUntil];
    };
    assert.deepEqual(await rotate(7, 5000), [new Uint8Array([7]), SECRET, 5000]);
    assert.deepEqual(await rotate(8, 6000), [new Uint8Array([8]), new Uint8Array([7]), 6000]);
    assert.deepEqual(await rotate(9, null), [new Uint8Array([9]), null, null]);
  },

  'a device keeps only its newest connection tokens': async (store) => {
    const product = await createProduct(store);
    const [device, other] = await createDevices(store, product, ['lamp', 'lamq']);
    for (let index = 1; index <= 5; index += 1) {
      const token = { clientId: `client${index}`, tokenSha256: `sha${index}` };
      await store.write((tx) => tx.devices.addToken(device!.id, token, 3, index));
    }
    const tokens = await store.read((tx) => tx.devices.findTokens(device!.id));
    assert.deepEqual(
      tokens.toSorted((a, b) => a.clientId.localeCompare(b.clientId)),
      [3, 4, 5].map((index) => ({ clientId: `client${index}`, tokenSha256: `sha${index}` })),
    );
    assert.deepEqual(await store.read((tx) => tx.devices.findTokens(other!.id)), []);
  },

  'a sub-device has one gateway, the latest, and only that one can let it go': async (store) => {
    const product = await createProduct(store);
    const [first, second, a, b] = await createDevices(store, product, ['gw-1', 'gw-2', 'sub-a', 'sub-b']);
    await store.write(async (tx) => {
      await tx.devices.setGateway(a!.id, first!.id, 1);
      await tx.devices.setGateway(b!.id, first!.id, 1);
      await tx.devices.setGateway(a!.id, second!.id, 2);
      await tx.devices.removeFromGateway(a!.id, first!.id);
    });
    const topology = async (id: number, limit = 10) =>
      (await store.read((tx) => tx.devices.listTopology(id, limit))).map((each) => each.deviceName);
    assert.equal(await store.read((tx) => tx.devices.findGateway(a!.id)), second!.id);
    assert.deepEqual(await topology(first!.id), ['sub-b']);
    assert.deepEqual(await store.read((tx) => tx.devices.listTopology(second!.id, 10)), [
      { deviceId: a!.id, productKey: 'a1Lamp', deviceName: 'sub-a' },
    ]);
    await store.write((tx) => tx.devices.setGateway(b!.id, second!.id, 3));
    assert.equal((await topology(second!.id, 1)).length, 1);
    await store.write((tx) => tx.devices.removeFromGateway(a!.id, second!.id));
    assert.equal(await store.read((tx) => tx.devices.findGateway(a!.id)), undefined);
  },

  'a removed device is gone with all that hangs on it, and every count follows': async (store) => {
    const { product, devices, rollout } = await startPush(store, 3);
    const [gone, gateway] = devices;
    await store.write(async (tx) => {
      await tx.devices.update(gone!.id, { tags: ['x'] });
      await tx.devices.setGateway(gone!.id, gateway!.id, 1);
      await tx.devices.addToken(gone!.id, { clientId: 'c', tokenSha256: 's' }, 3, 1);
    });
    await report(store, gone!, { kind: 'downloaded', version: 1, deliveryId: 0 });
    await store.write((tx) => tx.devices.remove(gone!.id));
    await store.write((tx) => tx.devices.remove(gone!.id));
    await store.read(async (tx) => {
      assert.equal(await tx.devices.findById(gone!.id), undefined);
      assert.equal(await tx.devices.findCredentials('a1Lamp', gone!.deviceName), undefined);
      assert.deepEqual(await tx.devices.findTokens(gone!.id), []);
      assert.deepEqual(await tx.devices.listTopology(gateway!.id, 5), []);
      assert.deepEqual(
        await tx.devices.list({ productId: product.id, tag: 'x' }, { after: undefined, limit: 5 }),
        [],
      );
      assert.deepEqual(await tx.deliveries.listOfDevice(gone!.id, { after: undefined, limit: 5 }), []);
      assert.deepEqual(await tx.products.listUsage(product.id, 5), []);
      const progress = await tx.rollouts.findProgress(rollout.id);
      assert.deepEqual([progress.counts.pending, progress.counts.downloaded, progress.openCount], [2, 0, 2]);
    });
    const { deviceCount, onlineCount } = await findProduct(store, product);
    assert.deepEqual([deviceCount, onlineCount], [2, 2]);
    assert.equal((await findRollout(store, rollout.id)).deviceTotal, 2);
  },

  'a name that was removed is free again, for a device that is another one': async (store) => {
    const product = await createProduct(store);
    const [first] = await createDevices(store, product, ['lamp']);
    await connect(store, [first!]);
    await store.write((tx) => tx.devices.remove(first!.id));
    const [second] = await createDevices(store, product, ['lamp']);
    assert.ok(second!.id > first!.id);
    assert.equal(second!.isOnline, false);
    assert.equal((await findProduct(store, product)).onlineCount, 0);
  },

  'removing a gateway frees its sub-devices and leaves them': async (store) => {
    const { product, devices } = await startPush(store, 2);
    const [gateway, sub] = devices;
    await store.write((tx) => tx.devices.setGateway(sub!.id, gateway!.id, 1));
    await store.write((tx) => tx.devices.remove(gateway!.id));
    assert.equal(await store.read((tx) => tx.devices.findGateway(sub!.id)), undefined);
    assert.equal((await findProduct(store, product)).deviceCount, 1);
  },
};
