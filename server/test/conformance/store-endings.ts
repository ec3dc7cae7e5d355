import assert from 'node:assert/strict';
import type { DeliveryState } from '../../src/domain/delivery.ts';
import type { Device } from '../../src/domain/device.ts';
import { ATTEMPTS_MAX, CONFIRM_GRACE_MS, RETRY_BACKOFF_MIN_MS } from '../../src/domain/limits.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import type { Store } from '../../src/domain/store-port.ts';
import {
  ATTEMPT_TIMEOUT_MS,
  at,
  claim,
  DEADLINE_MS,
  deliveriesOf,
  deliveryOf,
  disconnect,
  findRollout,
  HERE,
  replyOf,
  report,
  type StoreTests,
  startPush,
} from './store-bench.ts';

export const endingTests: StoreTests = {
  'an attempt that runs out is tried again after a while, and the last one times out': async (store) => {
    const { devices, rollout } = await startPush(store, 1);
    let now = 0;
    for (let attempt = 1; attempt < ATTEMPTS_MAX; attempt += 1) {
      assert.equal((await claim(store, rollout, at(now)))[0]?.attempt, attempt);
      assert.equal(await expire(store, rollout, now + ATTEMPT_TIMEOUT_MS - 1), 0);
      now += ATTEMPT_TIMEOUT_MS;
      assert.equal(await expire(store, rollout, now), 1);
      const delivery = await deliveryOf(store, rollout, devices[0]!);
      assert.deepEqual([delivery.state, delivery.timeouts], ['pending', attempt]);
      assert.equal(delivery.dueMs, now + RETRY_BACKOFF_MIN_MS);
      now += RETRY_BACKOFF_MIN_MS;
    }
    await claim(store, rollout, at(now));
    assert.equal(await expire(store, rollout, now + ATTEMPT_TIMEOUT_MS), 1);
    const ended = await deliveryOf(store, rollout, devices[0]!);
    assert.deepEqual([ended.state, ended.isOpen, ended.dueMs], ['timedOut', false, null]);
    assert.equal(await expire(store, rollout, now * 10), 0);
  },

  'attempts run out in bounded steps, the oldest first': async (store) => {
    const { devices, rollout } = await startPush(store, 5);
    await claim(store, rollout, at(0), HERE, 2);
    await claim(store, rollout, at(1));
    const late = 1 + ATTEMPT_TIMEOUT_MS;
    assert.equal(await expire(store, rollout, late, 2), 2);
    const deliveries = await deliveriesOf(store, rollout);
    const states = devices.map((device) => deliveries.get(device.id)?.timeouts);
    assert.deepEqual(states, [1, 1, 0, 0, 0]);
    assert.deepEqual([await expire(store, rollout, late, 2), await expire(store, rollout, late, 2)], [2, 1]);
    assert.equal(await expire(store, rollout, late, 2), 0);
  },

  'silence after a download is success where a download is enough, and a failure where it is not': async (
    store,
  ) => {
    const { devices, rollout } = await startPush(store, 1);
    await claim(store, rollout, at(0));
    await report(store, devices[0]!, { kind: 'downloaded', version: 1, deliveryId: 0 }, at(10));
    assert.equal(await expire(store, rollout, 10 + CONFIRM_GRACE_MS), 1);
    const done = await deliveryOf(store, rollout, devices[0]!);
    assert.deepEqual([done.state, done.isOpen], ['downloaded', false]);
  },

  'silence after a download where applied counts is an attempt that ran out': async (store) => {
    const { devices, rollout } = await startPush(store, 1, { doneWhen: 'applied' });
    await claim(store, rollout, at(0));
    await report(store, devices[0]!, { kind: 'downloaded', version: 1, deliveryId: 0 }, at(10));
    assert.equal(await expire(store, rollout, 10 + CONFIRM_GRACE_MS), 0);
    assert.equal(await expire(store, rollout, 10 + ATTEMPT_TIMEOUT_MS), 1);
    const again = await deliveryOf(store, rollout, devices[0]!);
    assert.deepEqual([again.state, again.timeouts], ['pending', 1]);
  },

  'cancelling ends every open delivery in bounded steps, but a done download stays one': (store) =>
    checkClosing(store, 'cancelled', { pending: 'cancelled', sent: 'cancelled', downloaded: 'downloaded' }),

  'superseding ends every open delivery in bounded steps, but a done download stays one': (store) =>
    checkClosing(store, 'superseded', {
      pending: 'superseded',
      sent: 'superseded',
      downloaded: 'downloaded',
    }),

  'the deadline ends every open delivery in bounded steps, by how far it had come': (store) =>
    checkClosing(store, 'deadline', { pending: 'unreached', sent: 'timedOut', downloaded: 'downloaded' }),

  'a deadline ends nothing before its time, nor in a rollout that has ended': async (store) => {
    const { rollout } = await startPush(store, 2);
    const close = (ms: number) => store.write((tx) => tx.deliveries.close(rollout.id, 'deadline', 9, at(ms)));
    assert.equal(await close(DEADLINE_MS - 1), 0);
    // As when somebody sends it again while the loop is about to close it.
    await store.write((tx) => tx.rollouts.revive(rollout.id, { ms: DEADLINE_MS + 5, at: 77 }));
    assert.equal(await close(DEADLINE_MS), 0);
    assert.equal(await close(DEADLINE_MS + 5), 2);
    assert.equal(await store.write((tx) => tx.rollouts.complete(rollout.id, 1)), true);
    assert.equal(await store.write((tx) => tx.rollouts.complete(rollout.id, 2)), false);
    assert.equal(await close(DEADLINE_MS + 6), 0);
  },

  'a retry opens what failed, timed out or was not reached, once per generation, and nothing else': async (
    store,
  ) => {
    const { devices, rollout } = await endInManyWays(store);
    await disconnect(store, [devices[1]!]);
    const deadline = { ms: 99_000_000, at: 88 };
    await store.write((tx) => tx.rollouts.reopen(rollout.id, deadline));
    assert.partialDeepStrictEqual(await findRollout(store, rollout.id), {
      generation: 2,
      isReopening: true,
      state: 'running',
      deadlineMs: 99_000_000,
      deadlineAt: 88,
    });
    const reopen = () => store.write((tx) => tx.deliveries.reopen(rollout.id, 2, at(500)));
    assert.deepEqual([await reopen(), await reopen()], [2, 2]);
    assert.equal(await reopen(), 0);
    assert.equal((await findRollout(store, rollout.id)).isReopening, false);
    const deliveries = await deliveriesOf(store, rollout);
    const seen = devices.map((device) => {
      const { state, isOpen, dueMs, generation, timeouts, code } = deliveries.get(device.id)!;
      return [state, isOpen, dueMs, generation, timeouts, code];
    });
    assert.deepEqual(seen, [
      ['pending', true, 500, 2, 0, null],
      ['pending', true, null, 2, 0, null],
      ['pending', true, 500, 2, 0, null],
      ['pending', true, 500, 2, 0, null],
      ['applied', false, null, 1, 0, null],
    ]);
    assert.equal((await claim(store, rollout, at(500))).length, 3);
  },

  'a retry keeps the deadline it is not given, and a completed rollout runs again': async (store) => {
    const { rollout } = await endInManyWays(store);
    await store.write((tx) => tx.rollouts.complete(rollout.id, 1));
    assert.equal((await findRollout(store, rollout.id)).state, 'completed');
    await store.write((tx) => tx.rollouts.reopen(rollout.id, null));
    const { state, endedAt, deadlineMs } = await findRollout(store, rollout.id);
    assert.deepEqual([state, endedAt, deadlineMs], ['running', null, rollout.deadlineMs]);
  },

  'a cancelled rollout opens nothing again, whoever decided to retry before': async (store) => {
    const { rollout } = await endInManyWays(store);
    await store.write((tx) => tx.rollouts.reopen(rollout.id, null));
    await store.write((tx) => tx.rollouts.cancel(rollout.id, 1));
    assert.equal(await store.write((tx) => tx.deliveries.reopen(rollout.id, 9, at(0))), 0);
    await store.write((tx) => tx.rollouts.reopen(rollout.id, null));
    const { state, endedAt } = await findRollout(store, rollout.id);
    assert.deepEqual([state, endedAt], ['cancelled', 1]);
    const { openCount } = await store.read((tx) => tx.rollouts.findProgress(rollout.id));
    assert.equal(openCount, 0);
  },

  'one failed delivery is opened again without the others, and its completed rollout runs again': async (
    store,
  ) => {
    const { devices, rollout } = await endInManyWays(store);
    await store.write((tx) => tx.rollouts.complete(rollout.id, 1));
    const [failed, reverted] = devices as [Device, Device];
    await disconnect(store, [reverted]);
    await sendAgain(store, rollout, failed, { ms: 99_000_000, at: 88 });
    const { state, endedAt, deadlineMs, deadlineAt, generation } = await findRollout(store, rollout.id);
    assert.deepEqual(
      [state, endedAt, deadlineMs, deadlineAt, generation],
      ['running', null, 99_000_000, 88, 1],
    );
    await sendAgain(store, rollout, reverted, null);
    assert.equal((await findRollout(store, rollout.id)).deadlineMs, 99_000_000);
    await sendAgain(store, rollout, devices[4]!, null);
    const deliveries = await deliveriesOf(store, rollout);
    const seen = devices.map(({ id }) => [deliveries.get(id)!.state, deliveries.get(id)!.dueMs]);
    assert.deepEqual(seen, [
      ['pending', 500],
      ['pending', null],
      ['timedOut', null],
      ['unreached', null],
      ['applied', null],
    ]);
    const { counts, openCount } = await store.read((tx) => tx.rollouts.findProgress(rollout.id));
    assert.deepEqual([openCount, counts.pending, counts.failed, counts.reverted], [2, 2, 0, 0]);
    assert.deepEqual(
      (await claim(store, rollout, at(500))).map(({ deviceId, attempt }) => [deviceId, attempt]),
      [[failed.id, 2]],
    );
  },

  'a pending delivery that waits for its next try is due at once; one that was handed over is left alone':
    async (store) => {
      const { devices, rollout } = await startPush(store, 1);
      await claim(store, rollout);
      const sent = await deliveryOf(store, rollout, devices[0]!);
      await sendAgain(store, rollout, devices[0]!, null);
      assert.deepEqual(await deliveryOf(store, rollout, devices[0]!), sent);
      await expire(store, rollout, ATTEMPT_TIMEOUT_MS);
      assert.equal((await claim(store, rollout, at(500))).length, 0);
      await sendAgain(store, rollout, devices[0]!, null);
      const { state, dueMs, timeouts } = await deliveryOf(store, rollout, devices[0]!);
      assert.deepEqual([state, dueMs, timeouts], ['pending', 500, 1]);
      assert.equal((await claim(store, rollout, at(500))).length, 1);
    },

  'nothing of a cancelled rollout is sent again': async (store) => {
    const { devices, rollout } = await endInManyWays(store);
    await store.write((tx) => tx.rollouts.cancel(rollout.id, 1));
    await sendAgain(store, rollout, devices[0]!, { ms: 99_000_000, at: 88 });
    assert.equal((await deliveryOf(store, rollout, devices[0]!)).state, 'failed');
    const { state, endedAt, deadlineMs } = await findRollout(store, rollout.id);
    assert.deepEqual([state, endedAt, deadlineMs], ['cancelled', 1, rollout.deadlineMs]);
  },
};

function sendAgain(
  store: Store,
  rollout: Rollout,
  device: Device,
  deadline: { ms: number; at: number } | null,
): Promise<void> {
  return store.write(async (tx) => {
    const delivery = (await tx.deliveries.find(rollout.id, device.id))!;
    assert.equal(delivery.deviceId, device.id);
    await tx.rollouts.revive(rollout.id, deadline);
    await tx.deliveries.sendAgain(delivery.id, at(500));
  });
}

/** @param byState how a delivery in each state must end. */
async function checkClosing(
  store: Store,
  as: 'cancelled' | 'superseded' | 'deadline',
  byState: Partial<Record<DeliveryState, DeliveryState>>,
): Promise<void> {
  const { devices, rollout } = await startPush(store, 6);
  await claim(store, rollout, at(0), HERE, 4);
  for (const device of devices.slice(0, 2))
    await report(store, device, { kind: 'downloaded', version: 1, deliveryId: 0 });
  const before = await deliveriesOf(store, rollout);
  const steps: number[] = [];
  do {
    steps.push(await store.write((tx) => tx.deliveries.close(rollout.id, as, 2, at(DEADLINE_MS))));
  } while (steps.at(-1) !== 0);
  assert.equal(
    steps.reduce((a, b) => a + b),
    6,
  );
  assert.ok(steps.every((count) => count <= 2));
  for (const [deviceId, delivery] of await deliveriesOf(store, rollout)) {
    const was = before.get(deviceId)!.state;
    assert.deepEqual(
      [delivery.state, delivery.isOpen, delivery.dueMs, delivery.endedAt],
      [byState[was], false, null, at(DEADLINE_MS).wallMs],
    );
  }
  const { openCount } = await store.read((tx) => tx.rollouts.findProgress(rollout.id));
  assert.equal(openCount, 0);
}

function expire(store: Store, rollout: Rollout, nowMs: number, limit = 100): Promise<number> {
  return store.write((tx) => tx.deliveries.expire(rollout.id, limit, at(nowMs), 0));
}

/** Five devices that ended as failed, reverted, timed out, unreached and applied. */
async function endInManyWays(store: Store) {
  const push = await startPush(store, 5);
  const { devices, rollout } = push;
  await disconnect(store, [devices[3]!]);
  await claim(store, rollout);
  const reply = (code: number) => replyOf({ code, version: 1 });
  await report(store, devices[0]!, reply(100_001));
  await report(store, devices[1]!, reply(100_010));
  await report(store, devices[4]!, reply(200));
  while ((await store.write((tx) => tx.deliveries.close(rollout.id, 'deadline', 9, at(DEADLINE_MS)))) > 0);
  await store.write((tx) => tx.sessions.record([{ ...presence(devices[3]!), isOnline: true }], HERE, at(0)));
  const deliveries = await deliveriesOf(store, rollout);
  const states: DeliveryState[] = devices.map((device) => deliveries.get(device.id)!.state);
  assert.deepEqual(states, ['failed', 'reverted', 'timedOut', 'unreached', 'applied']);
  return push;
}

function presence(device: { id: number; productId: number; deviceName: string }) {
  return {
    deviceId: device.id,
    productId: device.productId,
    deviceName: device.deviceName,
    remoteAddress: '',
    at: 1,
  };
}
