import assert from 'node:assert/strict';
import { type DeliveryState, messageIdOf } from '../../src/domain/delivery.ts';
import type { Device } from '../../src/domain/device.ts';
import type { Store } from '../../src/domain/store-port.ts';
import {
  at,
  claim,
  connect,
  deliveryOf,
  expandAll,
  findDevice,
  replyOf,
  report,
  reportOf,
  type StoreTests,
  saveVersion,
  startPush,
  startRollout,
} from './store-bench.ts';

export const replyTests: StoreTests = {
  'a confirmation by message id ends the delivery as applied and is kept on the device': async (store) => {
    const { devices, rollout } = await startPush(store, 1);
    const [sent] = await claim(store, rollout);
    await reply(store, devices[0]!, { messageId: messageIdOf(sent!.id, 1) }, 20);
    const delivery = await deliveryOf(store, rollout, devices[0]!);
    assert.deepEqual(
      [delivery.state, delivery.isOpen, delivery.appliedAt, delivery.endedAt],
      ['applied', false, at(20).wallMs, at(20).wallMs],
    );
    const device = await findDevice(store, devices[0]!);
    assert.deepEqual([device.confirmedVersion, device.confirmedAt], [1, at(20).wallMs]);
  },

  'a refusal ends the delivery as failed, with code and text in full': async (store) => {
    await checkRefusal(store, 100_001, 'failed');
  },

  'a code from outside the range of devices is a refusal too': async (store) => {
    await checkRefusal(store, 400, 'failed');
  },

  'a code below zero is a refusal too': async (store) => {
    await checkRefusal(store, -1, 'failed');
  },

  'a confirmation by digest of a version that was never downloaded says that the device has it': async (
    store,
  ) => {
    const { product, devices, rollout } = await startPush(store, 2);
    const newer = await saveVersion(store, product, '{"c":2}');
    const said = { version: newer.number, sha256: newer.sha256 };
    const batch = devices.map((device) => reportOf(device, replyOf({ messageId: 0, ...said }), at(30)));
    await store.write((tx) => tx.deliveries.record(batch, at(30)));
    for (const device of devices) {
      const found = await findDevice(store, device);
      assert.deepEqual(
        [found.downloadedVersion, found.downloadedAt, found.confirmedVersion],
        [newer.number, at(30).wallMs, newer.number],
      );
      assert.equal((await deliveryOf(store, rollout, device)).state, 'superseded', 'a lower one is over');
    }
    assert.deepEqual(await store.read((tx) => tx.products.listUsage(product.id, 5)), [
      { version: newer.number, deviceCount: 2 },
    ]);
  },

  'a confirmation that names no digest, a wrong one, or a version that is not there counts as no download':
    async (store) => {
      const { product, devices } = await startPush(store, 1);
      const { number, sha256 } = await saveVersion(store, product, '{"c":2}');
      const lies = [
        { version: number },
        { version: number, sha256: 'ab'.repeat(32) },
        { version: number + 1, sha256 },
        { version: null, sha256 },
      ];
      for (const lie of lies) await reply(store, devices[0]!, { messageId: 0, ...lie });
      assert.equal((await findDevice(store, devices[0]!)).downloadedVersion, 0);
      assert.deepEqual(await store.read((tx) => tx.products.listUsage(product.id, 5)), []);
    },

  'a late confirmation of a lower version takes nothing back from a download': async (store) => {
    const { product, devices } = await startPush(store, 1);
    const older = await saveVersion(store, product, '{"c":2}');
    const newer = await saveVersion(store, product, '{"c":3}');
    await report(store, devices[0]!, { kind: 'downloaded', version: newer.number, deliveryId: 0 });
    await reply(store, devices[0]!, { messageId: 0, version: older.number, sha256: older.sha256 });
    const { downloadedVersion, confirmedVersion } = await findDevice(store, devices[0]!);
    assert.deepEqual([downloadedVersion, confirmedVersion], [newer.number, older.number]);
  },

  'a refusal of a version that was never downloaded counts as no download': async (store) => {
    const { product, devices } = await startPush(store, 1);
    const { number: version, sha256 } = await saveVersion(store, product, '{"c":2}');
    await reply(store, devices[0]!, { messageId: 0, code: 100_010, version, sha256 });
    assert.equal((await findDevice(store, devices[0]!)).downloadedVersion, 0);
  },

  'the code for reverted ends the delivery as reverted': async (store) => {
    await checkRefusal(store, 100_010, 'reverted');
  },

  'a refusal of an earlier attempt does not end the one under way': async (store) => {
    const { devices, rollout } = await startPush(store, 1);
    const [first] = await claim(store, rollout, at(0));
    await connect(store, devices, undefined, at(1));
    await claim(store, rollout, at(1));
    await reply(store, devices[0]!, { messageId: messageIdOf(first!.id, 1), code: 100_001 });
    const delivery = await deliveryOf(store, rollout, devices[0]!);
    assert.deepEqual([delivery.state, delivery.attempt, delivery.isOpen], ['sent', 2, true]);
    await reply(store, devices[0]!, { messageId: messageIdOf(first!.id, 1), code: 200 });
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).state, 'applied', 'but it can be confirmed');
  },

  'a device that names the version it runs confirms the delivery of that version': async (store) => {
    const { devices, rollout } = await startPush(store, 2);
    await claim(store, rollout);
    await reply(store, devices[0]!, { version: 1 });
    await reply(store, devices[1]!, { version: 9 });
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).state, 'applied');
    assert.equal((await deliveryOf(store, rollout, devices[1]!)).state, 'sent');
    assert.equal((await findDevice(store, devices[1]!)).confirmedVersion, 9);
  },

  'a device that names the digest confirms or refuses the delivery that carries it, whatever it runs': async (
    store,
  ) => {
    const { devices, rollout } = await startPush(store, 3);
    await claim(store, rollout);
    const { sha256 } = rollout;
    await reply(store, devices[0]!, { sha256, version: 1 });
    await reply(store, devices[1]!, { sha256, version: 7, code: 100_001 });
    await reply(store, devices[2]!, { sha256: 'another', version: 1 });
    const states = [];
    for (const device of devices) states.push((await deliveryOf(store, rollout, device)).state);
    assert.deepEqual(states, ['applied', 'failed', 'sent']);
    assert.equal((await findDevice(store, devices[1]!)).lastError?.version, 1);
  },

  'a version pushed twice is confirmed in the newer push': async (store) => {
    const { product, devices, rollout } = await startPush(store, 1);
    await claim(store, rollout);
    const again = await startRollout(store, product, { version: 1 });
    await expandAll(store, again);
    await claim(store, again);
    await reply(store, devices[0]!, { version: 1 });
    assert.equal((await deliveryOf(store, again, devices[0]!)).state, 'applied');
  },

  'a failure that cannot be read is about what the device was handed last': async (store) => {
    const { product, devices, rollout } = await startPush(store, 1);
    const unreadable = { messageId: null, code: 100_001, message: 'not JSON' };
    await reply(store, devices[0]!, unreadable);
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).state, 'pending', 'nothing was handed');
    await claim(store, rollout);
    const newer = await startRollout(store, product);
    await expandAll(store, newer);
    await claim(store, newer);
    await reply(store, devices[0]!, unreadable);
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).state, 'sent');
    assert.partialDeepStrictEqual(await deliveryOf(store, newer, devices[0]!), {
      state: 'failed',
      code: 100_001,
      message: 'not JSON',
    });
  },

  'two unreadable failures in one batch fail one delivery, not the next older one too': async (store) => {
    const { devices, rollout } = await startPush(store, 1);
    await claim(store, rollout);
    const batch = [1, 2].map((code) => reportOf(devices[0]!, replyOf({ code })));
    await store.write((tx) => tx.deliveries.record(batch, at(0)));
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).code, 1);
    const { counts } = await store.read((tx) => tx.rollouts.findProgress(rollout.id));
    assert.equal(counts.failed, 1);
  },

  'a done download that is confirmed later becomes applied, and one that is refused later failed': async (
    store,
  ) => {
    const { devices, rollout } = await startPush(store, 2);
    const claims = await claim(store, rollout);
    for (const device of devices)
      await report(store, device, { kind: 'downloaded', version: 1, deliveryId: 0 }, at(0));
    await store.write((tx) => tx.deliveries.expire(rollout.id, 9, at(1_000_000), 0));
    for (const [index, code] of [200, 100_010].entries()) {
      const sent = claims.find((each) => each.deviceId === devices[index]!.id)!;
      await reply(store, devices[index]!, { messageId: messageIdOf(sent.id, 1), code });
    }
    const { counts, openCount } = await store.read((tx) => tx.rollouts.findProgress(rollout.id));
    assert.deepEqual([counts.applied, counts.reverted, counts.downloaded, openCount], [1, 1, 0, 0]);
  },

  'a confirmation clears the error of its version and of older ones, and a repeated older one does not':
    async (store) => {
      const { devices } = await startPush(store, 1);
      const [device] = devices;
      await reply(store, device!, { version: 2 });
      await reply(store, device!, { version: 3, code: 100_001 });
      await reply(store, device!, { version: 2 });
      assert.equal((await findDevice(store, device!)).lastError?.version, 3, 'the old word came late');
      await reply(store, device!, { version: 3 });
      assert.equal((await findDevice(store, device!)).lastError, null);
    },

  'what a device confirmed never goes down: late words on lower versions change nothing': async (store) => {
    const { devices } = await startPush(store, 1);
    const [device] = devices;
    await reply(store, device!, { version: 5 }, 100);
    const confirmed = await findDevice(store, device!);
    await reply(store, device!, { version: 4 }, 200);
    await reply(store, device!, { version: 4, code: 100_001 }, 300);
    assert.deepEqual(await findDevice(store, device!), confirmed);
    await reply(store, device!, { version: 6 }, 400);
    assert.equal((await findDevice(store, device!)).confirmedVersion, 6);
  },
};

async function checkRefusal(store: Store, code: number, state: DeliveryState): Promise<void> {
  const { devices, rollout } = await startPush(store, 1);
  const [sent] = await claim(store, rollout);
  const message = '磁盘满 "x"\n'.repeat(50);
  await reply(store, devices[0]!, { messageId: messageIdOf(sent!.id, 1), code, message }, 20);
  const delivery = await deliveryOf(store, rollout, devices[0]!);
  assert.deepEqual(
    [delivery.state, delivery.isOpen, delivery.code, delivery.message],
    [state, false, code, message],
  );
  const { lastError } = await findDevice(store, devices[0]!);
  assert.deepEqual(lastError, { version: 1, code, message, at: at(20).wallMs });
}

function reply(store: Store, device: Device, body: Parameters<typeof replyOf>[0], nowMs = 0): Promise<void> {
  return report(store, device, replyOf(body), at(nowMs));
}
