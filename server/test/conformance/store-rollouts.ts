import assert from 'node:assert/strict';
import type { Store } from '../../src/domain/store-port.ts';
import {
  at,
  claim,
  createDevices,
  createProduct,
  DEADLINE_MS,
  expandAll,
  findRollout,
  namesOf,
  readPages,
  replyOf,
  report,
  type StoreTests,
  saveVersion,
  startPush,
  startRollout,
} from './store-bench.ts';

export const rolloutTests: StoreTests = {
  'a new rollout runs, names its version and digest, and holds the devices there are': async (store) => {
    const product = await createProduct(store);
    const devices = await createDevices(store, product, namesOf(3));
    const version = await saveVersion(store, product);
    const rollout = await startRollout(store, product, {
      version: version.number,
      note: '试',
      createdAt: 70,
    });
    assert.deepEqual(rollout, {
      id: rollout.id,
      productId: product.id,
      productKey: product.productKey,
      version: version.number,
      sha256: version.sha256,
      state: 'running',
      pauseReason: null,
      doneWhen: 'downloaded',
      attemptTimeoutMs: 60_000,
      generation: 1,
      isReopening: false,
      deviceIdMax: devices.at(-1)!.id,
      expandedTo: 0,
      isExpanded: false,
      deviceTotal: 3,
      onlineAtStart: 0,
      startedMs: 0,
      deadlineMs: DEADLINE_MS,
      firstReachedMs: null,
      createdAt: 70,
      createdBy: 'ann',
      note: '试',
      deadlineAt: 8,
      endedAt: null,
    });
    assert.deepEqual(await findRollout(store, rollout.id), rollout);
    assert.equal(await store.read((tx) => tx.rollouts.find(rollout.id + 1)), undefined);
  },

  'a rollout of a version that does not exist is a bug, and nothing is superseded by it': async (store) => {
    const { product, rollout } = await startPush(store, 1);
    await assert.rejects(startRollout(store, product, { version: 99 }), /Invariant/);
    assert.equal((await findRollout(store, rollout.id)).state, 'running');
  },

  "a newer rollout supersedes its product's active ones, running or paused, and no others": async (store) => {
    const product = await createProduct(store);
    const other = await createProduct(store, 'a1Other');
    const elsewhere = await startRollout(store, other);
    const completed = await startRollout(store, product);
    await expandAll(store, completed);
    await store.write((tx) => tx.rollouts.complete(completed.id, 50));
    const paused = await startRollout(store, product);
    await store.write((tx) => tx.rollouts.pause(paused.id, 'operator'));
    const newest = await startRollout(store, product, { createdAt: 60 });
    const states = [];
    for (const { id } of [elsewhere, completed, paused, newest]) {
      const { state, endedAt, pauseReason } = await findRollout(store, id);
      states.push([state, endedAt, pauseReason]);
    }
    assert.deepEqual(states, [
      ['running', null, null],
      ['completed', 50, null],
      ['superseded', 60, null],
      ['running', null, null],
    ]);
  },

  'an ended rollout writes no more deliveries, and its total is what was written': async (store) => {
    const product = await createProduct(store);
    await createDevices(store, product, namesOf(5));
    const end = {
      cancelled: (id: number) => store.write((tx) => tx.rollouts.cancel(id, 9)),
      superseded: () => startRollout(store, product).then(() => undefined),
    };
    for (const [state, stop] of Object.entries(end)) {
      const rollout = await startRollout(store, product);
      await store.write((tx) => tx.deliveries.expand(rollout.id, 2, at(0)));
      await stop(rollout.id);
      const stopped = await findRollout(store, rollout.id);
      assert.deepEqual([stopped.state, stopped.isExpanded, stopped.deviceTotal], [state, true, 2]);
      assert.equal(await store.write((tx) => tx.deliveries.expand(rollout.id, 2, at(0))), 0);
      const progress = await store.read((tx) => tx.rollouts.findProgress(rollout.id));
      assert.deepEqual([progress.counts.pending, progress.openCount], [2, 2]);
    }
  },

  'pause, resume, cancel and complete act only where they make sense': async (store) => {
    const { rollout } = await startPush(store, 1);
    const state = async (act: (id: number) => Promise<void>) => {
      await act(rollout.id);
      const found = await findRollout(store, rollout.id);
      return [found.state, found.pauseReason];
    };
    const acts = actsOn(store);
    assert.deepEqual(await state(acts.resume), ['running', null]);
    assert.deepEqual(await state(acts.complete), ['running', null], 'a delivery is open');
    assert.deepEqual(await state(acts.pause), ['paused', 'operator']);
    assert.deepEqual(await state(acts.pauseOff), ['paused', 'operator']);
    assert.deepEqual(await state(acts.resume), ['running', null]);
    assert.deepEqual(await state(acts.pauseOff), ['paused', 'switch-off']);
    assert.deepEqual(await state(acts.cancel), ['cancelled', null]);
    for (const act of Object.values(acts)) assert.deepEqual(await state(act), ['cancelled', null]);
    assert.equal((await findRollout(store, rollout.id)).endedAt, 30);
    assert.equal((await findRollout(store, rollout.id)).generation, 1);
  },

  'a rollout completes only when it is written, not about to try again, and has nothing open': async (
    store,
  ) => {
    const product = await createProduct(store);
    await createDevices(store, product, namesOf(1));
    const rollout = await startRollout(store, product);
    const complete = async () => {
      await store.write((tx) => tx.rollouts.complete(rollout.id, 40));
      return (await findRollout(store, rollout.id)).state;
    };
    assert.equal(await complete(), 'running', 'nothing is written yet');
    await expandAll(store, rollout);
    assert.equal(await complete(), 'running', 'its delivery is open');
    await store.write((tx) => tx.deliveries.close(rollout.id, 'deadline', 9, at(DEADLINE_MS)));
    await store.write((tx) => tx.rollouts.reopen(rollout.id, null));
    assert.equal(await complete(), 'running', 'a retry is on its way');
    await store.write((tx) => tx.deliveries.reopen(rollout.id, 9, at(0)));
    await store.write((tx) => tx.deliveries.close(rollout.id, 'deadline', 9, at(DEADLINE_MS)));
    assert.equal(await complete(), 'completed');
    assert.equal((await findRollout(store, rollout.id)).endedAt, 40);
  },

  "the switch pauses all of a product's running rollouts and names them": async (store) => {
    const product = await createProduct(store);
    const other = await createProduct(store, 'a1Other');
    const running = await startRollout(store, product);
    const elsewhere = await startRollout(store, other);
    const pauseAll = () => store.write((tx) => tx.rollouts.pauseAll(product.id, 'switch-off'));
    assert.deepEqual(await pauseAll(), [running.id]);
    assert.deepEqual(await pauseAll(), []);
    assert.equal((await findRollout(store, running.id)).pauseReason, 'switch-off');
    assert.equal((await findRollout(store, elsewhere.id)).state, 'running');
  },

  'rollouts of a product are listed newest first, in pages without gaps or repeats': async (store) => {
    const product = await createProduct(store);
    await startRollout(store, await createProduct(store, 'a1Other'));
    const ids: number[] = [];
    for (let count = 0; count < 5; count += 1) ids.unshift((await startRollout(store, product)).id);
    for (const limit of [1, 2, 5, 9]) {
      const listed = await readPages(
        limit,
        (rollout: { id: number }) => rollout.id,
        (page) => store.read((tx) => tx.rollouts.list(product.id, page)),
      );
      assert.deepEqual(
        listed.map((rollout) => rollout.id),
        ids,
      );
    }
  },

  'at work are those that are active and those that ended with something open, by id, in pages': async (
    store,
  ) => {
    const { product, rollout: superseded } = await startPush(store, 2);
    const cancelled = await startRollout(store, product);
    await expandAll(store, cancelled);
    await store.write((tx) => tx.rollouts.cancel(cancelled.id, 1));
    const empty = await createProduct(store, 'a1Empty');
    const completed = await startRollout(store, empty);
    await expandAll(store, completed);
    await store.write((tx) => tx.rollouts.complete(completed.id, 1));
    const paused = await startRollout(store, empty);
    await store.write((tx) => tx.rollouts.pause(paused.id, 'operator'));
    const atWork = async () => {
      const listed = await readPages(
        1,
        (rollout: { id: number }) => rollout.id,
        (page) => store.read((tx) => tx.rollouts.listAtWork(page)),
      );
      return listed.map((rollout) => rollout.id);
    };
    assert.deepEqual(await atWork(), [superseded.id, cancelled.id, paused.id]);
    await store.write((tx) => tx.deliveries.close(superseded.id, 'superseded', 9, at(0)));
    assert.deepEqual(await atWork(), [cancelled.id, paused.id]);
  },

  'the last push is the newest that reached a device, and the newest of all while it has reached none':
    async (store) => {
      const { product, devices, rollout } = await startPush(store, 1, { startedMs: 100, onlineAtStart: 1 });
      const lastPush = () => store.read((tx) => tx.rollouts.findLastPush(product.id));
      assert.deepEqual(await lastPush(), {
        reachedMs: null,
        unreached: { startedMs: 100, onlineAtStart: 1 },
      });
      await claim(store, rollout, at(150));
      assert.equal((await lastPush()).reachedMs, null, 'handed over is not reached');
      await report(store, devices[0]!, { kind: 'downloaded', version: 1, deliveryId: 0 }, at(200));
      assert.deepEqual(await lastPush(), { reachedMs: 200, unreached: null });
      await report(store, devices[0]!, replyOf({ version: 1 }), at(300));
      assert.deepEqual(await lastPush(), { reachedMs: 200, unreached: null });
      const second = await startRollout(store, product, { startedMs: 400, onlineAtStart: 0 });
      assert.deepEqual(await lastPush(), { reachedMs: 200, unreached: { startedMs: 400, onlineAtStart: 0 } });
      await store.write((tx) => tx.rollouts.cancel(second.id, 1));
      // A message of a cancelled push may still be on its way.
      assert.deepEqual(await lastPush(), { reachedMs: 200, unreached: { startedMs: 400, onlineAtStart: 0 } });
    },

  'a product that never pushed has no last push and no rolled-out version': async (store) => {
    const product = await createProduct(store);
    await store.read(async (tx) => {
      assert.deepEqual(await tx.rollouts.findLastPush(product.id), { reachedMs: null, unreached: null });
      assert.equal(await tx.rollouts.findRolledOutVersion(product.id), 0);
    });
  },

  'the rolled-out version is the highest of the rollouts that were not cancelled': async (store) => {
    const product = await createProduct(store);
    const rolledOut = () => store.read((tx) => tx.rollouts.findRolledOutVersion(product.id));
    await startRollout(store, product);
    const second = await startRollout(store, product);
    assert.equal(await rolledOut(), second.version);
    await store.write((tx) => tx.rollouts.cancel(second.id, 1));
    assert.equal(await rolledOut(), 1);
  },
};

function actsOn(
  store: Store,
): Record<'pause' | 'pauseOff' | 'resume' | 'cancel' | 'complete' | 'reopen', (id: number) => Promise<void>> {
  return {
    pause: (id) => store.write((tx) => tx.rollouts.pause(id, 'operator')),
    pauseOff: (id) => store.write((tx) => tx.rollouts.pause(id, 'switch-off')),
    resume: (id) => store.write((tx) => tx.rollouts.resume(id)),
    cancel: (id) => store.write((tx) => tx.rollouts.cancel(id, 30)),
    complete: async (id) => void (await store.write((tx) => tx.rollouts.complete(id, 40))),
    reopen: (id) => store.write((tx) => tx.rollouts.reopen(id, null)),
  };
}
