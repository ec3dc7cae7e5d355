/** A handler that ignores its time limit: nothing is called beside it, and what comes waits for it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import type { Device, TimerName } from '../src/index.ts';
import { type Bench, createBench } from './support/bench.ts';
import { type HeldClock, holdClock } from './support/clock.ts';
import { createPuppet, type Puppet, type PuppetCall } from './support/puppet.ts';

const STUCK = 'the handler took longer than 30000 ms and was still at work 10000 ms later';

type Scene = { bench: Bench; device: Device; clock: HeldClock; puppet: Puppet };

/** A device whose handler and time are the test's. */
function start(bench: Bench, ...held: TimerName[]): Scene {
  const clock = holdClock('apply-timeout', 'apply-grace', ...held);
  const puppet = createPuppet();
  return { bench, device: bench.start({ clock }, puppet.handler), clock, puppet };
}

async function createScene(t: TestContext, ...held: TimerName[]): Promise<Scene> {
  const scene = start(await createBench(t), ...held);
  await scene.bench.event('connected');
  return scene;
}

/** Pushes a version; its id is the same number. */
function push({ bench }: Scene, version: number): void {
  bench.push(version, bench.files.offer(`{"v":${version}}`, version));
}

/** Pushes a version and resolves when the handler is at work with it. */
async function begin(scene: Scene, version: number): Promise<PuppetCall> {
  push(scene, version);
  return scene.puppet.next();
}

async function runOut({ clock }: Scene): Promise<void> {
  await clock.pass('apply-timeout');
  await clock.pass('apply-grace');
}

/** Version 1 is running. */
async function createRunningScene(t: TestContext, ...held: TimerName[]): Promise<Scene> {
  const scene = await createScene(t, ...held);
  (await begin(scene, 1)).take();
  assert.equal((await scene.bench.reply()).code, 200);
  return scene;
}

async function replyOf({ bench }: Scene): Promise<[string, number, string]> {
  const { id, code, message } = await bench.reply();
  return [id, code, message];
}

function called({ puppet }: Scene): [number | undefined, string][] {
  return puppet.calls.map(({ version, reason }) => [version, reason]);
}

test('the handler is not called again before the call that ran out of time has ended', async (t) => {
  const scene = await createRunningScene(t);
  const overdue = await begin(scene, 2);
  assert.equal(overdue.signal.aborted, false);
  const told = once(overdue.signal, 'abort');
  await scene.clock.pass('apply-timeout');
  await told;
  assert.equal(scene.puppet.calls.length, 2);
  overdue.fail('obeyed');
  (await scene.puppet.next()).take();
  assert.deepEqual(await replyOf(scene), ['2', 100010, 'the handler took longer than 30000 ms']);
  assert.deepEqual(called(scene).at(-1), [1, 'revert']);
  assert.equal(scene.puppet.atWorkMax(), 1);
  assert.equal(scene.clock.isPending('apply-grace'), false);
});

test('a stuck call is answered 100011; when it ends, the last good one comes first and then the newest', async (t) => {
  const scene = await createRunningScene(t);
  const { bench, puppet } = scene;
  const stuck = await begin(scene, 2);
  await runOut(scene);
  assert.deepEqual(await replyOf(scene), ['2', 100011, `${STUCK} (the earlier configuration has to wait)`]);
  assert.equal((await bench.event('handler-stuck')).type, 'handler-stuck');
  for (const version of [3, 5, 4]) push(scene, version);
  await bench.event('superseded');
  await bench.event('superseded');
  assert.equal(puppet.calls.length, 2);
  stuck.take();
  const revert = await puppet.next();
  assert.deepEqual([revert.version, revert.reason], [1, 'revert']);
  revert.take();
  (await puppet.next()).take();
  assert.deepEqual(await replyOf(scene), ['5', 200, 'success']);
  assert.deepEqual(called(scene).slice(2), [
    [1, 'revert'],
    [5, 'new'],
  ]);
  assert.equal(puppet.atWorkMax(), 1);
});

test('a stuck first configuration has nothing to go back to, and the next one waits for it', async (t) => {
  const scene = await createScene(t);
  const stuck = await begin(scene, 1);
  await runOut(scene);
  assert.deepEqual(await replyOf(scene), ['1', 100011, `${STUCK} (no earlier configuration)`]);
  push(scene, 2);
  await scene.bench.event('offered');
  await scene.bench.event('offered');
  assert.equal(scene.puppet.calls.length, 1);
  stuck.fail('late');
  (await scene.puppet.next()).take();
  assert.deepEqual(await replyOf(scene), ['2', 200, 'success']);
});

test('a revert can be stuck too, and is made again when it has ended', async (t) => {
  const scene = await createRunningScene(t);
  (await begin(scene, 2)).fail('no');
  const stuck = await scene.puppet.next();
  await runOut(scene);
  assert.deepEqual(await replyOf(scene), [
    '2',
    100011,
    `no (the earlier configuration failed too: ${STUCK})`,
  ]);
  stuck.fail('late');
  (await scene.puppet.next()).take();
  await scene.bench.event('reverted');
  assert.deepEqual(called(scene).slice(2), [
    [1, 'revert'],
    [1, 'revert'],
  ]);
});

test('when going back is stuck again, the newest is not kept waiting for another attempt', async (t) => {
  const scene = await createRunningScene(t);
  const stuck = await begin(scene, 2);
  await runOut(scene);
  await replyOf(scene);
  push(scene, 3);
  stuck.take();
  const again = await scene.puppet.next();
  await runOut(scene);
  await scene.bench.event('handler-stuck');
  await scene.bench.event('handler-stuck');
  assert.equal(scene.puppet.calls.length, 3);
  again.take();
  (await scene.puppet.next()).take();
  assert.deepEqual(await replyOf(scene), ['3', 200, 'success']);
  assert.deepEqual(called(scene).at(-1), [3, 'new']);
  assert.match(scene.bench.errors.at(-1)?.message ?? '', /could not be applied again/);
});

test('the running version is not confirmed while its last revert failed', async (t) => {
  const scene = await createRunningScene(t);
  (await begin(scene, 2)).fail('no');
  (await scene.puppet.next()).fail('no either');
  assert.equal((await scene.bench.reply()).code, 100011);
  (await begin(scene, 1)).take();
  assert.deepEqual(await replyOf(scene), ['1', 200, 'success']);
  assert.equal(scene.puppet.calls.length, 4);
});

test('a device whose start is stuck connects all the same, and goes on when it has ended', async (t) => {
  const earlier = await createRunningScene(t);
  await earlier.device.close();
  const scene = start(earlier.bench);
  const stuck = await scene.puppet.next();
  await runOut(scene);
  await scene.bench.event('connected');
  push(scene, 2);
  stuck.take();
  (await scene.puppet.next()).take();
  (await scene.puppet.next()).take();
  assert.deepEqual(await replyOf(scene), ['2', 200, 'success']);
  assert.deepEqual(called(scene), [
    [1, 'stored'],
    [1, 'revert'],
    [2, 'new'],
  ]);
});

test('close does not wait for a stuck call, and the next start has the last good configuration', {
  timeout: 10_000,
}, async (t) => {
  const earlier = await createRunningScene(t, 'close-timeout');
  const stuck = await begin(earlier, 2);
  await runOut(earlier);
  await replyOf(earlier);
  // The time limit of close does not pass on this clock.
  await earlier.device.close();
  const scene = start(earlier.bench);
  const stored = await scene.puppet.next();
  assert.deepEqual([stored.version, stored.reason], [1, 'stored']);
  stored.take();
  stuck.take();
  await scene.bench.event('connected');
  (await begin(scene, 3)).take();
  assert.deepEqual(await replyOf(scene), ['3', 200, 'success']);
  assert.equal(earlier.puppet.calls.length, 2);
});

test('a call that outlives close is told, and what it takes is neither kept nor answered', async (t) => {
  const scene = await createScene(t, 'close-timeout');
  const call = await begin(scene, 1);
  const closing = scene.device.close();
  await scene.clock.pass('close-timeout');
  await closing;
  assert.equal(call.signal.aborted, true);
  call.take();
  assert.deepEqual(await readdir(scene.bench.dir), []);
  assert.equal(
    scene.bench.broker.published.some(({ topic }) => topic.endsWith('/push_reply')),
    false,
  );
});
