/** The loop that carries rollouts on: woken or by its timer, idempotent, and taking no for an answer. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Gateway, PushMessage } from '../../src/domain/gateway-port.ts';
import { createContentCache } from '../../src/service/content-cache.ts';
import { createInlineContents } from '../../src/service/inline-contents.ts';
import { createLinkService } from '../../src/service/links.ts';
import { createReconciler } from '../../src/service/reconciler.ts';
import { createRecorder } from '../../src/service/recorder.ts';
import { createRevokedDevices } from '../../src/service/revoked-devices.ts';
import { createSessionDirectory } from '../../src/service/session-directory.ts';
import { namesOf, startRollout } from '../conformance/store-bench.ts';
import { changeSettings, countOf, createLamps, diskFull, openBench } from './service-bench.ts';

const TICK_MS = 1_000;

async function openLoop(t: TestContext, deviceCount = 1, content = '{"a":1}') {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const bench = openBench(t);
  const { product, devices } = await createLamps(bench, namesOf(deviceCount), content);
  const pushed: PushMessage[] = [];
  let takes = true;
  const gateway: Gateway = {
    push(message) {
      if (takes) pushed.push(message);
      return takes;
    },
    endSession() {},
    topologyChanged() {},
    sessionCount: () => 0,
  };
  const sessions = createSessionDirectory();
  const recorder = createRecorder({ ...bench, replica: 'here', gatherMs: 0, onRecorded() {} });
  const revoked = createRevokedDevices(bench.clock);
  const contents = createContentCache(bench.store);
  const links = createLinkService({ ...bench, contents, revoked, recorder, publicUrl: () => 'http://x' });
  let saves = 0;
  const clock = {
    ...bench.clock,
    async save() {
      saves += 1;
    },
  };
  const inline = createInlineContents(contents);
  const loop = createReconciler({ ...bench, clock, replica: 'here', gateway, links, inline, sessions });
  t.after(() => loop[Symbol.asyncDispose]());
  return {
    ...bench,
    product,
    devices,
    pushed,
    loop,
    recorder,
    saveCount: () => saves,
    refusePushes() {
      takes = false;
    },
    takePushes() {
      takes = true;
    },
    /** As devices of our SDK; `inlineEvery`: of so many, one that takes contents in the message. */
    async connect(inlineEvery = Number.POSITIVE_INFINITY) {
      for (const [index, { id, deviceName }] of devices.entries()) {
        sessions.opened({
          id,
          productId: product.id,
          productKey: 'a1Lamp',
          deviceName,
          hasExtension: true,
          takesInline: index % inlineEvery === inlineEvery - 1,
        });
        const at = clock.now().wallMs;
        recorder.presence({
          deviceId: id,
          productId: product.id,
          deviceName,
          isOnline: true,
          remoteAddress: '',
          at,
        });
      }
      await recorder.drain();
    },
    async run() {
      loop.wake();
      await loop.settled();
    },
    progress: (id: number) => bench.store.read((tx) => tx.rollouts.findProgress(id)),
    find: (id: number) => bench.store.read((tx) => tx.rollouts.find(id)),
  };
}

test('a rollout is expanded and handed to every connected device once, however often the loop is woken', async (t) => {
  const { connect, run, product, store, pushed, devices, progress, metrics } = await openLoop(t, 1_200);
  await connect();
  const rollout = await startRollout(store, product, { version: 1 });
  await run();
  await run();
  await run();
  assert.equal(pushed.length, 1_200);
  assert.equal(new Set(pushed.map(({ deviceId }) => deviceId)).size, devices.length);
  assert.equal(new Set(pushed.map(({ messageId }) => messageId)).size, devices.length);
  assert.equal((await progress(rollout.id)).counts.sent, 1_200);
  assert.equal(await countOf(metrics.pushes, { outcome: 'handed-over' }), 1_200);
  const { params } = JSON.parse(pushed[0]!.payload);
  assert.equal(params.configVersion, 1);
  assert.match(params.url, /^http:\/\/x\/d\//);
});

test('a content goes in the message to devices that take it there, beside its link', async (t) => {
  const content = '{"n":1.0,"s":"\\u00e9"}';
  const { connect, run, product, store, pushed, devices } = await openLoop(t, 1_200, content);
  await connect(2);
  await startRollout(store, product, { version: 1 });
  await run();
  assert.equal(pushed.length, 1_200);
  const odd = new Set(devices.filter((_, index) => index % 2 === 1).map(({ id }) => id));
  for (const { deviceId, payload } of pushed) {
    const { params } = JSON.parse(payload);
    assert.equal(params.content, odd.has(deviceId) ? content : undefined);
    assert.match(params.url, /^http:\/\/x\/d\//);
  }
});

test('devices that are not connected wait, and get it when they come', async (t) => {
  const { connect, run, product, store, pushed, progress } = await openLoop(t, 3);
  const rollout = await startRollout(store, product, { version: 1 });
  await run();
  assert.equal(pushed.length, 0);
  assert.equal((await progress(rollout.id)).counts.pending, 3);
  await connect();
  await run();
  assert.equal(pushed.length, 3);
});

test('the timer alone carries a rollout on', async (t) => {
  const { connect, loop, product, store, pushed } = await openLoop(t, 2);
  await connect();
  loop.wake();
  await loop.settled();
  await startRollout(store, product, { version: 1 });
  t.mock.timers.tick(TICK_MS);
  await loop.settled();
  assert.equal(pushed.length, 2);
});

test('what a connection does not take goes back and is tried again later, as another attempt', async (t) => {
  const { connect, run, product, store, pushed, refusePushes, takePushes, clock, progress, metrics } =
    await openLoop(t);
  await connect();
  refusePushes();
  const rollout = await startRollout(store, product, { version: 1 });
  await run();
  assert.equal((await progress(rollout.id)).counts.pending, 1);
  assert.equal(await countOf(metrics.pushes, { outcome: 'not-taken' }), 1);
  takePushes();
  await run();
  assert.equal(pushed.length, 0, 'not before its time');
  clock.advance(2_000);
  await run();
  assert.equal(pushed.length, 1);
});

test('with the switch off nothing leaves, the rollout is paused, and on again resumes nothing', async (t) => {
  const { connect, run, product, products, store, pushed, find, ...bench } = await openLoop(t, 5);
  await connect();
  const rollout = await startRollout(store, product, { version: 1 });
  for (const isEnabled of [false, true]) {
    await changeSettings({ ...bench, store, products }, product.id, { isEnabled });
    await products.refresh(product.id);
    await run();
    assert.equal(pushed.length, 0);
    assert.equal((await find(rollout.id))?.state, 'paused');
    assert.equal((await find(rollout.id))?.pauseReason, 'switch-off');
  }
  await store.write((tx) => tx.rollouts.resume(rollout.id));
  await run();
  assert.equal(pushed.length, 5);
});

test('a device that stays silent is tried again with a growing pause, and given up after five attempts', async (t) => {
  const { connect, run, product, store, pushed, clock, progress, find } = await openLoop(t);
  await connect();
  const rollout = await startRollout(store, product, { version: 1, attemptTimeoutMs: 1_000 });
  const ids = new Set<number>();
  for (let turn = 0; turn < 20; turn += 1) {
    await run();
    clock.advance(121_000);
  }
  for (const { messageId } of pushed) ids.add(messageId);
  assert.equal(pushed.length, 5);
  assert.equal(ids.size, 5);
  assert.equal((await progress(rollout.id)).counts.timedOut, 1);
  assert.equal((await find(rollout.id))?.state, 'completed');
});

test('at the deadline what was never reached ends as unreached, and the rollout with it', async (t) => {
  const { run, product, store, clock, progress, find } = await openLoop(t, 3);
  const deadlineMs = clock.now().serviceMs + 60_000;
  const rollout = await startRollout(store, product, { version: 1, deadlineMs });
  await run();
  clock.setWall(1_000_000_000);
  await run();
  assert.equal((await progress(rollout.id)).counts.pending, 3, 'a clock that was set is no deadline');
  clock.advance(60_000);
  await run();
  assert.equal((await progress(rollout.id)).counts.unreached, 3);
  assert.equal((await find(rollout.id))?.state, 'completed');
});

test('a store that refuses ends the turn, is counted, and the next tick goes on', async (t) => {
  const { connect, loop, product, store, pushed, metrics } = await openLoop(t);
  await connect();
  await startRollout(store, product, { version: 1 });
  store.failWrites(diskFull());
  loop.wake();
  await loop.settled();
  assert.equal(await countOf(metrics.loopFailures, { loop: 'reconciler' }), 1);
  assert.equal(pushed.length, 0);
  store.failWrites(undefined);
  t.mock.timers.tick(TICK_MS);
  await loop.settled();
  assert.equal(pushed.length, 1);
});

test('whoever listens hears of each turn that changed a rollout, and no more after leaving', async (t) => {
  const { connect, run, loop, product, store } = await openLoop(t, 2);
  const heard: number[] = [];
  const leave = loop.onProgress((id) => heard.push(id));
  await connect();
  const rollout = await startRollout(store, product, { version: 1 });
  await run();
  assert.ok(heard.length > 0 && heard.every((id) => id === rollout.id));
  const before = heard.length;
  await run();
  assert.equal(heard.length, before, 'a turn without a change is not told');
  leave();
  await store.write((tx) => tx.rollouts.cancel(rollout.id, 1));
  await run();
  assert.equal(heard.length, before);
});

test('reports are looked at together: the first ones at once, the next ones after a while', async (t) => {
  const { connect, loop, product, store, pushed, clock } = await openLoop(t);
  const report = async () => {
    loop.reported(new Set([product.id]));
    await loop.settled();
  };
  await connect();
  await startRollout(store, product, { version: 1 });
  await report();
  assert.equal(pushed.length, 1);
  const reads = store.readCount();
  for (let time = 0; time < 10; time += 1) await report();
  assert.equal(store.readCount(), reads);
  t.mock.timers.tick(25);
  await loop.settled();
  const after = store.readCount();
  assert.ok(after > reads);
  clock.advance(25);
  await report();
  assert.ok(store.readCount() > after);
});

test('the clock is saved every ten ticks', async (t) => {
  const { loop, saveCount } = await openLoop(t);
  loop.wake();
  for (let tick = 0; tick < 20; tick += 1) {
    t.mock.timers.tick(TICK_MS);
    await loop.settled();
  }
  assert.equal(saveCount(), 2);
});

test('a loop that was stopped does no more, and stopping waits for the turn under way', async (t) => {
  const { connect, loop, product, store, pushed } = await openLoop(t, 10);
  await connect();
  await startRollout(store, product, { version: 1 });
  loop.wake();
  await loop[Symbol.asyncDispose]();
  const atEnd = pushed.length;
  loop.wake();
  t.mock.timers.tick(10 * TICK_MS);
  await loop.settled();
  assert.equal(pushed.length, atEnd);
});
