import assert from 'node:assert/strict';
import type { DeliveryView } from '../../src/domain/store-port.ts';
import {
  at,
  connect,
  createDevices,
  createProduct,
  deliveriesOf,
  expandAll,
  findRollout,
  HERE,
  namesOf,
  readPages,
  type StoreTests,
  startRollout,
} from './store-bench.ts';

export const expansionTests: StoreTests = {
  'the batches add up to the devices there were at the start, each once, and to none that came later': async (
    store,
  ) => {
    const product = await createProduct(store);
    const other = await createProduct(store, 'a1Other');
    const devices: number[] = [];
    for (const names of [namesOf(4, 'a'), namesOf(3, 'b')]) {
      for (const device of await createDevices(store, product, names)) devices.push(device.id);
      await createDevices(store, other, names);
    }
    const rollout = await startRollout(store, product);
    await createDevices(store, product, namesOf(5, 'late'));
    const written: number[] = [];
    while (!(await findRollout(store, rollout.id)).isExpanded) {
      written.push(await store.write((tx) => tx.deliveries.expand(rollout.id, 3, at(0))));
      await createDevices(store, product, [`later-${written.length}`]);
    }
    assert.deepEqual(written, [3, 3, 1]);
    assert.deepEqual([...(await deliveriesOf(store, rollout)).keys()], devices);
    assert.equal((await findRollout(store, rollout.id)).deviceTotal, 7);
    assert.equal(await store.write((tx) => tx.deliveries.expand(rollout.id, 3, at(0))), 0);
  },

  'a batch that ends with the last device leaves one more turn, which writes nothing': async (store) => {
    const product = await createProduct(store);
    await createDevices(store, product, namesOf(4));
    const rollout = await startRollout(store, product);
    const expand = () => store.write((tx) => tx.deliveries.expand(rollout.id, 2, at(0)));
    assert.deepEqual([await expand(), await expand()], [2, 2]);
    await expandAll(store, rollout);
    assert.equal((await deliveriesOf(store, rollout)).size, 4);
  },

  'disabled devices are left out, also where they fill a whole batch, and the total says so': async (
    store,
  ) => {
    const product = await createProduct(store);
    const devices = await createDevices(store, product, namesOf(6));
    for (const device of devices.slice(1, 5))
      await store.write((tx) => tx.devices.update(device.id, { isEnabled: false }));
    const rollout = await startRollout(store, product);
    const turns: number[] = [];
    while (!(await findRollout(store, rollout.id)).isExpanded)
      turns.push(await store.write((tx) => tx.deliveries.expand(rollout.id, 2, at(0))));
    assert.deepEqual(turns.slice(0, 3), [1, 0, 1]);
    assert.deepEqual([...(await deliveriesOf(store, rollout)).keys()], [devices[0]!.id, devices[5]!.id]);
    assert.equal((await findRollout(store, rollout.id)).deviceTotal, 2);
  },

  'a rollout without devices is expanded at once': async (store) => {
    const product = await createProduct(store);
    const rollout = await startRollout(store, product);
    assert.equal(await store.write((tx) => tx.deliveries.expand(rollout.id, 10, at(0))), 0);
    const { isExpanded, deviceTotal } = await findRollout(store, rollout.id);
    assert.deepEqual([isExpanded, deviceTotal], [true, 0]);
  },

  'deliveries of connected devices are due at once, the others wait for a connection': async (store) => {
    const product = await createProduct(store);
    const devices = await createDevices(store, product, namesOf(3));
    await connect(store, devices.slice(0, 1), HERE);
    const rollout = await startRollout(store, product);
    await expandAll(store, rollout, at(77));
    const deliveries = [...(await deliveriesOf(store, rollout)).values()];
    assert.deepEqual(
      deliveries.map((delivery) => delivery.dueMs),
      [77, null, null],
    );
    const [first] = deliveries;
    const expected = {
      id: first!.id,
      rolloutId: rollout.id,
      deviceId: devices[0]!.id,
      wave: 1,
      version: rollout.version,
      state: 'pending',
      isOpen: true,
      attempt: 0,
      timeouts: 0,
      generation: 1,
      code: null,
      message: null,
      sentAt: null,
      endedAt: null,
      deviceName: devices[0]!.deviceName,
      sha256: rollout.sha256,
    };
    assert.partialDeepStrictEqual(first, expected);
    await connect(store, devices.slice(1, 2), HERE, at(90));
    assert.equal((await deliveriesOf(store, rollout)).get(devices[1]!.id)?.dueMs, 90);
  },

  'the counts add up to the total before, while and after the deliveries are written': async (store) => {
    const product = await createProduct(store);
    const devices = await createDevices(store, product, namesOf(5));
    const rollout = await startRollout(store, product);
    for (let turn = 0; turn < 5; turn += 1) {
      const { deviceTotal } = await findRollout(store, rollout.id);
      const { counts } = await store.read((tx) => tx.rollouts.findProgress(rollout.id));
      const sum = Object.values(counts).reduce((a, b) => a + b, 0);
      assert.equal(sum, deviceTotal);
      assert.equal(sum, turn < 2 ? 5 : 4);
      await store.write((tx) => tx.deliveries.expand(rollout.id, 2, at(0)));
      if (turn === 1) await store.write((tx) => tx.devices.remove(devices[0]!.id));
    }
  },

  'deliveries are listed by state and then id, with their device names, in pages without gaps or repeats':
    async (store) => {
      const product = await createProduct(store);
      const devices = await createDevices(store, product, namesOf(9));
      await connect(store, devices.slice(0, 4));
      const rollout = await startRollout(store, product);
      await expandAll(store, rollout);
      await expandAll(store, await startRollout(store, await createProduct(store, 'a1Other')));
      await store.write((tx) => tx.deliveries.claimDue(rollout.id, HERE, 9, at(1)));
      const names = devices.map((device) => device.deviceName);
      const byState = { sent: names.slice(0, 4), pending: names.slice(4), failed: [] as string[] };
      for (const limit of [1, 2, 9]) {
        const pages = (state: 'sent' | 'pending' | 'failed' | undefined) =>
          readPages(
            limit,
            (delivery: DeliveryView) => ({ state: delivery.state, id: delivery.id }),
            (page) => store.read((tx) => tx.deliveries.list(rollout.id, state, page)),
          );
        const all = await pages(undefined);
        assert.deepEqual(
          all.map((delivery) => delivery.deviceName),
          [...byState.pending, ...byState.sent],
        );
        for (const state of ['sent', 'pending', 'failed'] as const)
          assert.deepEqual(
            (await pages(state)).map((delivery) => delivery.deviceName),
            byState[state],
          );
      }
    },

  "a device's deliveries are listed newest first, one page after the rollout of the last": async (store) => {
    const product = await createProduct(store);
    const [device] = await createDevices(store, product, namesOf(2));
    const rollouts: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      const rollout = await startRollout(store, product);
      await expandAll(store, rollout);
      rollouts.unshift(rollout.id);
    }
    for (const limit of [1, 3, 9]) {
      const listed = await readPages(
        limit,
        (delivery: DeliveryView) => delivery.rolloutId,
        (page) => store.read((tx) => tx.deliveries.listOfDevice(device!.id, page)),
      );
      assert.deepEqual(
        listed.map((delivery) => delivery.rolloutId),
        rollouts,
      );
    }
  },
};
