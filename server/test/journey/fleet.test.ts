/** Three hundred devices of every kind on one server: the counters add up and every delivery ends (R15). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ATTEMPTS_MAX } from '../../src/domain/limits.ts';
import {
  type Behaviour,
  confirming,
  downloading,
  LeanDevice,
  refusing,
  silent,
} from '../support/lean-device.ts';
import { createTestTime, type TestTime } from '../support/test-clock.ts';
import {
  createDevices,
  createProduct,
  type DeviceIdentity,
  findRollout,
  listDeliveries,
  numbered,
  reached,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

type Kind = { count: number; behaviour: Behaviour; endsAs: string; isAcking?: boolean; isOffline?: boolean };

const KINDS: Readonly<Record<string, Kind>> = {
  confirming: { count: 100, behaviour: confirming, endsAs: 'applied' },
  linksdk: { count: 60, behaviour: downloading, endsAs: 'downloaded' },
  broken: { count: 30, behaviour: refusing(100_002, 'wrong digest'), endsAs: 'failed' },
  reverting: { count: 20, behaviour: refusing(100_010, 'put it back'), endsAs: 'reverted' },
  silent: { count: 20, behaviour: silent, endsAs: 'timedOut' },
  deaf: { count: 20, behaviour: silent, isAcking: false, endsAs: 'timedOut' },
  offline: { count: 50, behaviour: silent, isOffline: true, endsAs: 'unreached' },
};
const TOTAL = Object.values(KINDS).reduce((sum, { count }) => sum + count, 0);
const ONLINE = TOTAL - KINDS.offline!.count;
const DEADLINE_SECONDS = 4 * 3600;
const STEP_MS = 121_000;

const kindOf = (deviceName: string) => KINDS[deviceName.split('-')[0]!]!;

function connectFleet(server: TestServer, identities: readonly DeviceIdentity[]): LeanDevice[] {
  return identities
    .filter(({ deviceName }) => !kindOf(deviceName).isOffline)
    .map((identity) => {
      const { behaviour, isAcking = true } = kindOf(identity.deviceName);
      return new LeanDevice({ identity, port: server.mqttPort, behaviour, isAcking }).start();
    });
}

/** Lets service time pass until every attempt has run out. */
async function letAttemptsRunOut(server: TestServer, time: TestTime, rolloutId: number): Promise<void> {
  const { reconciler } = server.app.services;
  await until('every attempt has ended', async () => {
    time.pass(STEP_MS);
    reconciler.wake();
    await reconciler.settled();
    return (await findRollout(server.admin, rolloutId)).open === KINDS.offline!.count;
  });
}

test('a mixed fleet ends with every device counted once, in the state its behaviour leads to', async () => {
  const time = createTestTime();
  await using server = await startTestServer({ time });
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const names = Object.entries(KINDS).flatMap(([kind, { count }]) => numbered(kind, count));
  const identities = await createDevices(admin, productKey, names);
  await admin.saveVersion(productKey, '{"v":1}');
  const fleet = connectFleet(server, identities);
  await untilOnline(admin, productKey, ONLINE);
  const { id } = await server.push(productKey, 1, {
    attemptTimeoutSeconds: 1,
    deadlineSeconds: DEADLINE_SECONDS,
  });
  const quick = ['applied', 'failed', 'reverted'] as const;
  await until('those that speak have spoken', async () => {
    const { counters } = await findRollout(admin, id);
    const spoken = quick.reduce((sum, state) => sum + counters[state], 0);
    const sum = Object.values(counters).reduce((all, count) => all + count, 0);
    assert.equal(sum, TOTAL, 'the counters add up at every moment');
    return spoken === 150 && fleet.filter(({ downloads }) => downloads > 0).length === 160;
  });
  await letAttemptsRunOut(server, time, id);
  time.pass(DEADLINE_SECONDS * 1000);
  server.app.services.reconciler.wake();

  const ended = await untilEnded(admin, id);
  const expected: Record<string, number> = {};
  for (const { endsAs, count } of Object.values(KINDS)) expected[endsAs] = (expected[endsAs] ?? 0) + count;
  assert.deepEqual(reached(ended), expected);
  assert.deepEqual([ended.state, ended.outcome, ended.deviceTotal], ['completed', 'incomplete', TOTAL]);

  const deliveries = await listDeliveries(admin, id);
  assert.equal(deliveries.length, TOTAL);
  for (const { deviceName, state, attempt, endedAt } of deliveries) {
    assert.equal(state, kindOf(deviceName).endsAs, deviceName);
    assert.ok(endedAt !== null, deviceName);
    assert.ok(attempt <= ATTEMPTS_MAX, `${deviceName} was tried ${attempt} times`);
  }
  for (const device of fleet) {
    const ids = device.pushes.map((push) => push.id);
    assert.equal(new Set(ids).size, ids.length, `${device.identity.deviceName} saw an attempt twice`);
    device.stop();
  }
  const { usage } = (await admin.get(`/products/${productKey}`)).body;
  assert.deepEqual(usage, [{ version: 1, deviceCount: 160 }]);
});

test('retrying what failed reaches exactly those devices, and the rollout then succeeds', async () => {
  const time = createTestTime();
  await using server = await startTestServer({ time });
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identities = await createDevices(admin, productKey, [
    ...numbered('confirming', 20),
    ...numbered('broken', 20),
  ]);
  await admin.saveVersion(productKey, '{"v":1}');
  const fleet = connectFleet(server, identities);
  await untilOnline(admin, productKey, 40);
  const { id } = await server.push(productKey, 1);
  assert.deepEqual(reached(await untilEnded(admin, id)), { applied: 20, failed: 20 });
  for (const device of fleet) device.behaviour = confirming;
  assert.equal((await admin.post(`/rollouts/${id}/actions/retry-failed`)).body.state, 'running');
  const ended = await until('the retry ended', async () => {
    const rollout = await findRollout(admin, id);
    return rollout.state === 'completed' && rollout;
  });
  assert.deepEqual([ended.outcome, reached(ended)], ['succeeded', { applied: 40 }]);
  for (const device of fleet) {
    const expected = device.identity.deviceName.startsWith('broken') ? 2 : 1;
    assert.equal(device.pushes.length, expected, device.identity.deviceName);
    device.stop();
  }
});
