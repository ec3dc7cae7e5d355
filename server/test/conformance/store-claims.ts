import assert from 'node:assert/strict';
import { RETRY_BACKOFF_MIN_MS } from '../../src/domain/limits.ts';
import {
  ATTEMPT_TIMEOUT_MS,
  at,
  claim,
  connect,
  DEADLINE_MS,
  deliveriesOf,
  deliveryOf,
  disconnect,
  findRollout,
  HERE,
  type StoreTests,
  startPush,
  startRollout,
  THERE,
} from './store-bench.ts';

export const claimTests: StoreTests = {
  'a claim hands a due delivery over once: sent, one attempt more, with a time limit': async (store) => {
    const { devices, rollout } = await startPush(store, 1);
    const before = await deliveryOf(store, rollout, devices[0]!);
    assert.deepEqual(await claim(store, rollout, at(5)), [
      { id: before.id, deviceId: devices[0]!.id, attempt: 1 },
    ]);
    assert.partialDeepStrictEqual(await deliveryOf(store, rollout, devices[0]!), {
      state: 'sent',
      attempt: 1,
      isOpen: true,
      sentAt: at(5).wallMs,
      dueMs: 5 + ATTEMPT_TIMEOUT_MS,
    });
    assert.deepEqual(await claim(store, rollout, at(5)), []);
  },

  'claims that run at the same time share the deliveries out: none is claimed twice, none is left': async (
    store,
  ) => {
    const { devices, rollout } = await startPush(store, 60);
    await connect(store, devices.slice(0, 30), THERE);
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        claim(store, rollout, at(5), index % 2 === 0 ? HERE : THERE, 7),
      ),
    );
    const claimed = claims.flat().map((each) => each.deviceId);
    assert.equal(claimed.length, 60);
    assert.equal(new Set(claimed).size, 60);
    const there = claims.filter((_, index) => index % 2 === 1).flat();
    assert.deepEqual(
      there.map((each) => each.deviceId).toSorted((a, b) => a - b),
      devices.slice(0, 30).map((device) => device.id),
    );
  },

  'a claim takes at most what it asked for, those that have been due longest first': async (store) => {
    const { devices, rollout } = await startPush(store, 4);
    await disconnect(store, [devices[0]!], HERE, at(1));
    await connect(store, [devices[0]!], HERE, at(2));
    const first = await claim(store, rollout, at(5), HERE, 3);
    assert.deepEqual(
      first.map((each) => each.deviceId).toSorted((a, b) => a - b),
      devices.slice(1).map((device) => device.id),
    );
    assert.equal((await claim(store, rollout, at(5), HERE, 3)).length, 1);
  },

  'a claim leaves alone what is not due yet, what waits for a connection, and other rollouts': async (
    store,
  ) => {
    const { product, devices, rollout } = await startPush(store, 2);
    await disconnect(store, [devices[0]!], HERE, at(10));
    await disconnect(store, [devices[1]!], HERE, at(10));
    await connect(store, [devices[1]!], HERE, at(20));
    assert.deepEqual(await claim(store, rollout, at(19)), []);
    const newer = await startRollout(store, product);
    assert.deepEqual(await claim(store, newer, at(20)), []);
  },

  'a rollout that is not running any more gives nothing out, whoever decided to dispatch before': async (
    store,
  ) => {
    const { product, rollout } = await startPush(store, 2);
    await store.write((tx) => tx.rollouts.pause(rollout.id, 'operator'));
    assert.deepEqual(await claim(store, rollout, at(5)), []);
    await store.write((tx) => tx.rollouts.resume(rollout.id));
    assert.equal((await claim(store, rollout, at(5), HERE, 1)).length, 1);
    await startRollout(store, product);
    assert.deepEqual(await claim(store, rollout, at(5)), []);
  },

  'what the connection did not take is due again after a while, or at once when the device connects': async (
    store,
  ) => {
    const { devices, rollout } = await startPush(store, 3);
    const claims = await claim(store, rollout, at(5));
    await store.write((tx) => tx.deliveries.unclaim(claims.slice(0, 2), at(6)));
    const deliveries = await deliveriesOf(store, rollout);
    assert.deepEqual(
      claims.map((each) => [deliveries.get(each.deviceId)?.state, deliveries.get(each.deviceId)?.dueMs]),
      [
        ['pending', 6 + RETRY_BACKOFF_MIN_MS],
        ['pending', 6 + RETRY_BACKOFF_MIN_MS],
        ['sent', 5 + ATTEMPT_TIMEOUT_MS],
      ],
    );
    const back = devices.filter((device) => device.id === claims[0]!.deviceId);
    await connect(store, back, HERE, at(7));
    assert.deepEqual(await claim(store, rollout, at(7)), [{ ...claims[0]!, attempt: 2 }]);
    const later = at(6 + RETRY_BACKOFF_MIN_MS);
    assert.deepEqual(await claim(store, rollout, later), [{ ...claims[1]!, attempt: 2 }]);
  },

  'what the connection did not take waits when the device leaves after all': async (store) => {
    const { devices, rollout } = await startPush(store, 1);
    await store.write(async (tx) => {
      const claims = await tx.deliveries.claimDue(rollout.id, HERE, 9, at(5));
      await tx.deliveries.unclaim(claims, at(6));
    });
    await disconnect(store, devices, HERE, at(7));
    assert.deepEqual(await claim(store, rollout, at(999_999)), []);
  },

  'giving back an attempt that is over, or a delivery that is gone, changes nothing': async (store) => {
    const { devices, rollout } = await startPush(store, 2);
    const first = await claim(store, rollout, at(5));
    await connect(store, devices, HERE, at(6));
    await claim(store, rollout, at(6));
    await store.write((tx) => tx.devices.remove(devices[1]!.id));
    await store.write((tx) => tx.deliveries.unclaim(first, at(7)));
    const delivery = await deliveryOf(store, rollout, devices[0]!);
    assert.deepEqual([delivery.state, delivery.attempt], ['sent', 2]);
  },

  'the next due time is the earliest at which this replica can claim or an attempt runs out': async (
    store,
  ) => {
    const { devices, rollout } = await startPush(store, 2);
    const nextDue = (replica: string) => store.read((tx) => tx.deliveries.findNextDue(rollout.id, replica));
    await disconnect(store, devices, HERE, at(1));
    assert.equal(await nextDue(HERE), undefined);
    await connect(store, [devices[0]!], HERE, at(100));
    assert.equal(await nextDue(HERE), 100);
    assert.equal(await nextDue(THERE), undefined);
    await claim(store, rollout, at(150));
    assert.equal(await nextDue(THERE), 150 + ATTEMPT_TIMEOUT_MS);
    await connect(store, [devices[1]!], THERE, at(200));
    assert.equal(await nextDue(THERE), 200);
    assert.equal(await nextDue(HERE), 150 + ATTEMPT_TIMEOUT_MS);
    await store.write((tx) => tx.deliveries.close(rollout.id, 'deadline', 9, at(DEADLINE_MS)));
    await store.write((tx) => tx.deliveries.close(rollout.id, 'deadline', 9, at(DEADLINE_MS)));
    assert.equal(await nextDue(HERE), undefined);
    assert.equal((await findRollout(store, rollout.id)).state, 'running');
  },
};
