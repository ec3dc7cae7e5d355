/** A wall clock that is set, forwards or back, neither sticks nor doubles a rollout (fault 17, promise P12). */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AlinkDevice, download, refusalOf } from '../support/alink-device.ts';
import { confirming, LeanDevice, silent } from '../support/lean-device.ts';
import { createTestTime } from '../support/test-clock.ts';
import {
  createDevice,
  createDevices,
  createProduct,
  findRollout,
  numbered,
  reached,
  untilDelivered,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

for (const jumpMs of [6 * HOUR_MS, -6 * HOUR_MS]) {
  const direction = jumpMs > 0 ? 'forwards' : 'back';
  test(`a clock set six hours ${direction} in the middle neither ends a rollout early nor hands it out twice`, async () => {
    const time = createTestTime();
    await using server = await startTestServer({ time });
    const { admin } = server;
    const { productKey } = await createProduct(admin);
    const identities = await createDevices(admin, productKey, numbered('lamp', 20));
    await admin.saveVersion(productKey, '{"v":1}');
    const start = (from: number, to: number) =>
      identities
        .slice(from, to)
        .map((identity) => new LeanDevice({ identity, port: server.mqttPort }).start());
    const early = start(0, 10);
    await untilOnline(admin, productKey, 10);
    const { id } = await server.push(productKey, 1, { deadlineSeconds: 3600 });
    await until('somebody has it', () => early.some((device) => device.pushes.length > 0));
    time.jumpWall(jumpMs);
    await until('the first half is done', async () => {
      // Links that the jump killed are handed out afresh once their attempts have run out.
      if (jumpMs > 0) time.pass(5_000);
      server.app.services.reconciler.wake();
      await server.app.services.reconciler.settled();
      return (await findRollout(admin, id)).counters.applied === 10;
    });
    assert.equal((await findRollout(admin, id)).state, 'running', 'the others are still waited for');
    const late = start(10, 20);
    const ended = await untilEnded(admin, id);
    assert.deepEqual(reached(ended), { applied: 20 });
    for (const device of [...early, ...late]) {
      const ids = device.pushes.map((push) => push.id);
      assert.ok(ids.length <= (jumpMs > 0 ? 2 : 1), `${device.identity.deviceName}: ${ids.join(', ')}`);
      assert.equal(new Set(ids).size, ids.length);
      device.stop();
    }
  });
}

test('attempts time out and the deadline comes by the time that passed, with the clock set back meanwhile', async () => {
  const time = createTestTime();
  await using server = await startTestServer({ time });
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const [mute] = await createDevices(admin, productKey, ['mute', 'absent']);
  await admin.saveVersion(productKey, '{"v":1}');
  const device = new LeanDevice({ identity: mute!, port: server.mqttPort, behaviour: silent }).start();
  await untilOnline(admin, productKey, 1);
  const { id } = await server.push(productKey, 1, { attemptTimeoutSeconds: 1, deadlineSeconds: 3600 });
  await until('the first attempt', () => device.pushes.length > 0);
  time.jumpWall(-6 * HOUR_MS);
  await until('the attempts have run out', async () => {
    time.pass(2 * MINUTE_MS);
    server.app.services.reconciler.wake();
    await server.app.services.reconciler.settled();
    return (await findRollout(admin, id)).counters.timedOut === 1;
  });
  time.pass(HOUR_MS);
  server.app.services.reconciler.wake();
  assert.deepEqual(reached(await untilEnded(admin, id)), { timedOut: 1, unreached: 1 });
  device.stop();
});

test('a link dies by whichever clock gets there first, and a clock set back brings none to life', async () => {
  const time = createTestTime();
  await using server = await startTestServer({ time });
  const { productKey } = await createProduct(server.admin);
  const identity = await createDevice(server.admin, productKey);
  await server.admin.saveVersion(productKey, '{"v":1}');
  await using device = await AlinkDevice.connect(server.mqttPort, identity);
  const first = (await device.get()).data;
  time.jumpWall(31 * MINUTE_MS);
  assert.equal(await refusalOf(first), 'link-expired');
  await download((await device.get()).data);
  const second = (await device.get()).data;
  time.jumpWall(-2 * HOUR_MS);
  await download(second);
  time.pass(31 * MINUTE_MS);
  assert.equal(
    await refusalOf(second),
    'link-expired',
    'the clock was set back, the time passed all the same',
  );
});

/** Pushes once, so that a device is reached and the hour begins. */
async function beginCoolDown(server: TestServer) {
  const { productKey } = await createProduct(server.admin, { coolDownSeconds: 3600 });
  const identity = await createDevice(server.admin, productKey);
  await server.admin.saveVersion(productKey, '{"v":1}');
  const device = new LeanDevice({ identity, port: server.mqttPort, behaviour: confirming }).start();
  await untilOnline(server.admin, productKey, 1);
  await server.push(productKey, 1);
  await untilDelivered(server.admin, identity, 'applied');
  device.stop();
  return productKey;
}

const pushAgain = async (server: TestServer, productKey: string) =>
  (await server.admin.post(`/products/${productKey}/rollouts`, { version: 1 })).body.code;

test('the cool-down is not dodged by a restart with the clock set forwards, and does not stick when it is set back', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-clock-'));
  const time = createTestTime();
  const environment = { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' };
  try {
    const first = await startTestServer({ dir, time, environment });
    const productKey = await beginCoolDown(first);
    await first[Symbol.asyncDispose]();

    time.jumpWall(2 * HOUR_MS);
    const second = await startTestServer({ dir, time, environment });
    assert.equal(await pushAgain(second, productKey), 'cool-down');
    await second[Symbol.asyncDispose]();

    time.jumpWall(-6 * HOUR_MS);
    time.pass(HOUR_MS);
    await using third = await startTestServer({ dir, time, environment });
    assert.equal(
      await pushAgain(third, productKey),
      undefined,
      'an hour has passed, whatever the clock says',
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('after a reboot with the clock set back, the cool-down goes on and ends within its hour', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-clock-'));
  const environment = { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' };
  try {
    const before = await startTestServer({ dir, time: createTestTime('boot-1'), environment });
    const productKey = await beginCoolDown(before);
    await before[Symbol.asyncDispose]();
    const time = createTestTime('boot-2');
    time.jumpWall(-6 * HOUR_MS);
    await using rebooted = await startTestServer({ dir, time, environment });
    assert.equal(await pushAgain(rebooted, productKey), 'cool-down');
    time.pass(HOUR_MS);
    assert.equal(await pushAgain(rebooted, productKey), undefined);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
