import assert from 'node:assert/strict';
import { messageIdOf } from '../../src/domain/delivery.ts';
import { CONFIRM_GRACE_MS } from '../../src/domain/limits.ts';
import {
  ATTEMPT_TIMEOUT_MS,
  at,
  claim,
  connect,
  createDevices,
  createProduct,
  deliveryOf,
  expandAll,
  findDevice,
  findRollout,
  replyOf,
  report,
  reportOf,
  type StoreTests,
  startPush,
  startRollout,
} from './store-bench.ts';

export const reportTests: StoreTests = {
  'a PUBACK by message id moves a sent delivery to received, once': async (store) => {
    const { devices, rollout } = await startPush(store, 1);
    const [sent] = await claim(store, rollout, at(0));
    const received = { kind: 'received', messageId: messageIdOf(sent!.id, 1) } as const;
    await report(store, devices[0]!, received, at(10));
    const delivery = await deliveryOf(store, rollout, devices[0]!);
    assert.deepEqual(
      [delivery.state, delivery.receivedAt, delivery.dueMs],
      ['received', at(10).wallMs, 10 + ATTEMPT_TIMEOUT_MS],
    );
    await report(store, devices[0]!, received, at(20));
    assert.deepEqual(await deliveryOf(store, rollout, devices[0]!), delivery);
    assert.equal((await findRollout(store, rollout.id)).firstReachedMs, 10);
  },

  'a message id counts only for the device it was sent to: with a foreign one nothing moves': async (
    store,
  ) => {
    const { devices, rollout } = await startPush(store, 2);
    const claims = await claim(store, rollout);
    const [mine, foreign] = devices.map((device) => claims.find((each) => each.deviceId === device.id)!);
    const messageId = messageIdOf(foreign!.id, foreign!.attempt);
    const before = [
      await deliveryOf(store, rollout, devices[0]!),
      await deliveryOf(store, rollout, devices[1]!),
    ];
    await report(store, devices[0]!, { kind: 'received', messageId });
    await report(store, devices[0]!, replyOf({ messageId }));
    await report(store, devices[0]!, replyOf({ messageId, code: 100_001 }));
    assert.deepEqual(
      [await deliveryOf(store, rollout, devices[0]!), await deliveryOf(store, rollout, devices[1]!)],
      before,
    );
    assert.equal((await findDevice(store, devices[1]!)).lastError, null);
    assert.equal((await findDevice(store, devices[0]!)).confirmedVersion, 0);
    assert.notEqual(mine!.id, foreign!.id);
  },

  'a PUBACK of an earlier attempt, or of one never made, has no effect': async (store) => {
    const { devices, rollout } = await startPush(store, 1);
    const [first] = await claim(store, rollout, at(0));
    await connect(store, devices, undefined, at(1));
    await claim(store, rollout, at(1));
    const before = await deliveryOf(store, rollout, devices[0]!);
    assert.equal(before.attempt, 2);
    for (const attempt of [1, 3, 0])
      await report(store, devices[0]!, { kind: 'received', messageId: messageIdOf(first!.id, attempt) });
    assert.deepEqual(await deliveryOf(store, rollout, devices[0]!), before);
  },

  'a reply to a message that was never sent does not confirm a delivery that is still to be handed over':
    async (store) => {
      const { devices, rollout } = await startPush(store, 1);
      const before = await deliveryOf(store, rollout, devices[0]!);
      for (let attempt = 0; attempt < 16; attempt += 1) {
        await report(store, devices[0]!, replyOf({ messageId: messageIdOf(before.id, attempt) }));
      }
      assert.deepEqual(await deliveryOf(store, rollout, devices[0]!), before);
    },

  'a download moves the delivery and is kept on the device, also one that the device asked for itself':
    async (store) => {
      const { product, devices, rollout } = await startPush(store, 2);
      await claim(store, rollout, at(0), undefined, 1);
      for (const [index, device] of devices.entries())
        await report(store, device, { kind: 'downloaded', version: 1, deliveryId: 0 }, at(10 + index));
      for (const [index, device] of devices.entries()) {
        const delivery = await deliveryOf(store, rollout, device);
        assert.deepEqual(
          [delivery.state, delivery.downloadedAt, delivery.dueMs, delivery.isOpen],
          ['downloaded', at(10 + index).wallMs, 10 + index + CONFIRM_GRACE_MS, true],
        );
        const { downloadedVersion, downloadedAt } = await findDevice(store, device);
        assert.deepEqual([downloadedVersion, downloadedAt], [1, at(10 + index).wallMs]);
      }
      const usage = await store.read((tx) => tx.products.listUsage(product.id, 5));
      assert.deepEqual(usage, [{ version: 1, deviceCount: 2 }]);
    },

  'a download of a higher version ends the delivery of a lower one, and is kept on the device': async (
    store,
  ) => {
    const { devices, rollout } = await startPush(store, 1);
    await claim(store, rollout);
    await report(store, devices[0]!, { kind: 'downloaded', version: 7, deliveryId: 0 });
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).state, 'superseded');
    assert.equal((await findDevice(store, devices[0]!)).downloadedVersion, 7);
  },

  'a device that has fetched a higher version is not handed a lower one': async (store) => {
    const { devices, rollout } = await startPush(store, 2);
    await report(store, devices[0]!, { kind: 'downloaded', version: 7, deliveryId: 0 });
    assert.deepEqual(
      (await claim(store, rollout)).map(({ deviceId }) => deviceId),
      [devices[1]!.id],
    );
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).state, 'superseded');
  },

  'a thousand repeats of a report count once': async (store) => {
    const { product, devices, rollout } = await startPush(store, 1);
    const [sent] = await claim(store, rollout);
    const messageId = messageIdOf(sent!.id, 1);
    const batch = Array.from({ length: 250 }, () => [
      reportOf(devices[0]!, { kind: 'received', messageId }),
      reportOf(devices[0]!, { kind: 'downloaded', version: 1, deliveryId: sent!.id }),
      reportOf(devices[0]!, replyOf({ messageId })),
      reportOf(devices[0]!, replyOf({ messageId, code: 100_001 })),
    ]).flat();
    await store.write((tx) => tx.deliveries.record(batch, at(0)));
    const { counts, openCount } = await store.read((tx) => tx.rollouts.findProgress(rollout.id));
    assert.deepEqual([counts.applied, counts.failed, openCount], [1, 0, 0]);
    assert.deepEqual(await store.read((tx) => tx.products.listUsage(product.id, 5)), [
      { version: 1, deviceCount: 1 },
    ]);
  },

  'reports in the wrong order end where the furthest one says, and never go back': async (store) => {
    const { devices, rollout } = await startPush(store, 1);
    const [sent] = await claim(store, rollout);
    const messageId = messageIdOf(sent!.id, 1);
    await report(store, devices[0]!, { kind: 'downloaded', version: 1, deliveryId: sent!.id });
    await report(store, devices[0]!, { kind: 'received', messageId });
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).state, 'downloaded');
    await report(store, devices[0]!, replyOf({ messageId }));
    await report(store, devices[0]!, { kind: 'downloaded', version: 1, deliveryId: sent!.id });
    await report(store, devices[0]!, { kind: 'received', messageId });
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).state, 'applied');
  },

  'a batch holds reports of many devices and products, and of a device that was deleted meanwhile': async (
    store,
  ) => {
    const { devices, rollout } = await startPush(store, 400);
    const other = await createProduct(store, 'a1Other');
    const [stranger, gone] = await createDevices(store, other, ['stranger', 'gone']);
    await store.write((tx) => tx.devices.remove(gone!.id));
    const batch = [gone!, stranger!, ...devices].map((device) =>
      reportOf(device, { kind: 'downloaded', version: 1, deliveryId: 0 }),
    );
    await store.write((tx) => tx.deliveries.record(batch, at(0)));
    const { counts } = await store.read((tx) => tx.rollouts.findProgress(rollout.id));
    assert.equal(counts.downloaded, 400);
    assert.deepEqual(await store.read((tx) => tx.products.listUsage(other.id, 5)), [
      { version: 1, deviceCount: 1 },
    ]);
  },

  'a late word on a superseded delivery that is closed moves neither it nor the newer one': async (store) => {
    const { product, devices, rollout } = await startPush(store, 1);
    const [sent] = await claim(store, rollout);
    const newer = await startRollout(store, product);
    await expandAll(store, newer);
    await store.write((tx) => tx.deliveries.close(rollout.id, 'superseded', 9, at(1)));
    const messageId = messageIdOf(sent!.id, 1);
    await report(store, devices[0]!, { kind: 'received', messageId });
    await report(store, devices[0]!, { kind: 'downloaded', version: 1, deliveryId: sent!.id });
    await report(store, devices[0]!, replyOf({ messageId, version: 1 }));
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).state, 'superseded');
    assert.equal((await deliveryOf(store, newer, devices[0]!)).state, 'pending');
    const { downloadedVersion, confirmedVersion } = await findDevice(store, devices[0]!);
    assert.deepEqual([downloadedVersion, confirmedVersion], [1, 1]);
  },
};
