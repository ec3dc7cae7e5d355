/**
 * Words that come twice, too late, too early, out of order or from somebody else (faults 19–21), and people
 * who act while a rollout is under way. Nothing of it moves a device back or is counted twice.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CONFIRM_GRACE_MS } from '../../src/domain/limits.ts';
import { AlinkDevice, download, refusalOf } from '../support/alink-device.ts';
import { confirming, LeanDevice } from '../support/lean-device.ts';
import { createTestTime } from '../support/test-clock.ts';
import {
  createDevice,
  createDevices,
  createProduct,
  findDelivery,
  findDevice,
  findRollout,
  listDeliveries,
  numbered,
  reached,
  untilDelivered,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

const time = createTestTime();
let server: TestServer;

before(async () => {
  server = await startTestServer({ time, environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' } });
});
after(() => server[Symbol.asyncDispose]());

/** A product at version 1 whose devices are connected and have nothing yet. */
async function connected(count = 1) {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identities = await createDevices(admin, productKey, numbered('lamp', count));
  await admin.saveVersion(productKey, '{"v":1}');
  const devices = await Promise.all(
    identities.map((identity) => AlinkDevice.connect(server.mqttPort, identity)),
  );
  await untilOnline(admin, productKey, count);
  const stack = new AsyncDisposableStack();
  for (const device of devices) stack.use(device);
  return { productKey, devices, device: devices[0]!, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const stateIn = async (rolloutId: number) => (await listDeliveries(server.admin, rolloutId))[0]!.state;

test('a confirmation sent a hundred times is counted once', async () => {
  await using bench = await connected();
  const { device, productKey } = bench;
  const { id } = await server.push(productKey, 1);
  const push = await device.nextPush();
  await Promise.all(Array.from({ length: 100 }, () => device.reply(push.id, 200)));
  const rollout = await untilEnded(server.admin, id);
  assert.deepEqual([reached(rollout), rollout.open], [{ applied: 1 }, 0]);
  assert.equal(device.pushCount, 1);
});

test('a refusal after the confirmation, and a confirmation after the refusal, move nothing', async () => {
  await using bench = await connected();
  const { device, productKey } = bench;
  const first = await server.push(productKey, 1);
  const push = await device.nextPush();
  await device.reply(push.id, 200);
  await device.reply(push.id, 100_001);
  assert.equal(await stateIn(first.id), 'applied');
  await server.admin.saveVersion(productKey, '{"v":2}');
  const second = await server.push(productKey, 2);
  const other = await device.nextPush();
  await device.reply(other.id, 100_001, { message: 'first word' });
  await device.reply(other.id, 200);
  const [delivery] = await listDeliveries(server.admin, second.id);
  assert.deepEqual([delivery!.state, delivery!.message], ['failed', 'first word']);
  assert.deepEqual(reached(await untilEnded(server.admin, second.id)), { failed: 1 });
});

test('a confirmation of another rollout, of a number never given out, or without one, confirms nothing', async () => {
  await using bench = await connected();
  const { device, productKey } = bench;
  await device.reply('1', 200);
  const older = await server.push(productKey, 1);
  const first = await device.nextPush();
  await device.reply(first.id, 100_001);
  assert.equal(await stateIn(older.id), 'failed');
  await server.admin.saveVersion(productKey, '{"v":2}');
  const newer = await server.push(productKey, 2);
  const second = await device.nextPush();
  for (const id of [first.id, '', '4294967295', '4294967296', '-1', 'x', String(Number(second.id) + 1)])
    await device.reply(id, 200);
  assert.notEqual(await stateIn(newer.id), 'applied');
  assert.equal((await findDevice(server.admin, device.identity)).confirmedVersion, 0);
  await device.reply(second.id, 200);
  assert.equal(await stateIn(newer.id), 'applied');
});

test("a device cannot answer for another one by its message's number", async () => {
  await using bench = await connected(2);
  const { devices, productKey } = bench;
  const [honest, lying] = [devices[0]!, devices[1]!];
  await server.push(productKey, 1);
  const mine = await honest.nextPush();
  const theirs = await lying.nextPush();
  await lying.reply(mine.id, 200);
  await lying.reply(mine.id, 100_001);
  const untouched = await findDelivery(server.admin, honest.identity);
  assert.ok(['sent', 'received'].includes(untouched.state), untouched.state);
  assert.notEqual((await findDelivery(server.admin, lying.identity)).state, 'applied');
  await honest.reply(mine.id, 200);
  await lying.reply(theirs.id, 200);
  assert.equal((await findDelivery(server.admin, honest.identity)).state, 'applied');
});

test('reports out of order end where the last step says: confirmed before downloaded stays confirmed', async () => {
  await using bench = await connected();
  const { device, productKey } = bench;
  const { id } = await server.push(productKey, 1);
  const push = await device.nextPush();
  await device.reply(push.id, 200);
  await download(push);
  await until(
    'the download is known',
    async () => (await findDevice(server.admin, device.identity)).downloadedVersion === 1,
  );
  assert.equal(await stateIn(id), 'applied');
});

test('a late word about a lower version leaves the confirmed version and the newer delivery alone', async () => {
  await using bench = await connected();
  const { device, productKey } = bench;
  await server.push(productKey, 1);
  const first = await device.nextPush();
  await server.admin.saveVersion(productKey, '{"v":2}');
  const newer = await server.push(productKey, 2);
  const second = await device.nextPush();
  await download(second);
  await device.reply(second.id, 200);
  await download(first);
  await device.reply(first.id, 200, { data: { configVersion: 1, sign: first.sign } });
  const seen = await findDevice(server.admin, device.identity);
  assert.equal(seen.confirmedVersion, 2);
  assert.equal(await stateIn(newer.id), 'applied');
});

test('a late refusal of an older push is not the last error of a device that confirmed a newer version', async () => {
  await using bench = await connected();
  const { device, productKey } = bench;
  await server.push(productKey, 1);
  const first = await device.nextPush();
  await server.admin.saveVersion(productKey, '{"v":2}');
  await server.push(productKey, 2);
  const second = await device.nextPush();
  await device.reply(second.id, 200);
  await device.reply(first.id, 100_001, { message: 'about version 1' });
  const { lastError, confirmedVersion } = await findDevice(server.admin, device.identity);
  assert.deepEqual([lastError, confirmedVersion], [null, 2]);
});

test('a late word about an old content does not confirm its return as a newer version', async () => {
  await using bench = await connected();
  const { device, productKey } = bench;
  await server.push(productKey, 1);
  const first = await device.nextPush();
  await server.admin.saveVersion(productKey, '{"v":2}');
  await server.push(productKey, 2);
  await device.nextPush();
  const back = (await server.admin.post(`/products/${productKey}/roll-back`, { toVersion: 1 })).body;
  const third = await device.nextPush();
  assert.equal(third.sign, first.sign);
  await device.reply(first.id, 200, { data: { configVersion: 1, sign: first.sign } });
  assert.notEqual(await stateIn(back.rollout.id), 'applied');
  await device.reply(third.id, 200, { data: { configVersion: 3, sign: third.sign } });
  assert.equal(await stateIn(back.rollout.id), 'applied');
});

test('a file fetched ten times through one link is one download of one device', async () => {
  await using bench = await connected();
  const { device, productKey } = bench;
  const { id } = await server.push(productKey, 1);
  const push = await device.nextPush();
  await Promise.all(Array.from({ length: 10 }, () => download(push)));
  await untilDelivered(server.admin, device.identity, 'downloaded');
  time.pass(CONFIRM_GRACE_MS);
  server.app.services.reconciler.wake();
  assert.deepEqual(reached(await untilEnded(server.admin, id)), { downloaded: 1 });
  const { usage } = (await server.admin.get(`/products/${productKey}`)).body;
  assert.deepEqual(usage, [{ version: 1, deviceCount: 1 }]);
});

test('saving while a push is under way changes nothing about what is pushed', async () => {
  await using bench = await connected(3);
  const { devices, productKey } = bench;
  const [{ id }] = await Promise.all([
    server.push(productKey, 1),
    server.admin.saveVersion(productKey, '{"v":2}'),
  ]);
  for (const device of devices) {
    const push = await device.nextPush();
    assert.equal(await download(push), '{"v":1}');
    await device.reply(push.id, 200);
  }
  assert.deepEqual(reached(await untilEnded(server.admin, id)), { applied: 3 });
  assert.equal((await server.admin.get(`/products/${productKey}`)).body.latestVersion, 2);
});

test('cancelling in the middle ends everything at once, and what devices did before stays', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identities = await createDevices(admin, productKey, numbered('lamp', 40));
  await admin.saveVersion(productKey, '{"v":1}');
  const half = identities.slice(0, 20);
  const fleet = half.map((identity) => new LeanDevice({ identity, port: server.mqttPort }).start());
  await untilOnline(admin, productKey, 20);
  const { id } = await server.push(productKey, 1);
  await until('somebody confirmed', () => fleet.some((device) => device.acknowledgedReplies.length > 0));
  const confirmed = fleet.filter((device) => device.acknowledgedReplies.length > 0);
  assert.equal((await admin.post(`/rollouts/${id}/actions/cancel`)).status, 200);
  const ended = await untilEnded(admin, id);
  const { applied = 0, cancelled = 0, downloaded = 0, ...others } = reached(ended);
  assert.ok(applied >= confirmed.length && cancelled >= 20, JSON.stringify(reached(ended)));
  assert.deepEqual([applied + cancelled + downloaded, others, ended.open], [40, {}, 0]);
  for (const action of ['resume', 'retry-failed', 'cancel'])
    assert.equal((await admin.post(`/rollouts/${id}/actions/${action}`)).body.code, 'action-not-allowed');
  for (const device of fleet) device.stop();
  const late = new LeanDevice({ identity: identities[30]!, port: server.mqttPort }).start();
  await until('it is online', async () => (await findDevice(admin, identities[30]!)).online);
  await server.app.services.reconciler.settled();
  assert.equal(late.pushes.length, 0);
  late.stop();
});

test('a device deleted during a rollout leaves its counters, and the rollout ends without it', async () => {
  await using bench = await connected(3);
  const { devices, productKey } = bench;
  const { admin } = server;
  const { id } = await server.push(productKey, 1);
  const pushes = await Promise.all(devices.map((device) => device.nextPush()));
  await devices[0]!.reply(pushes[0]!.id, 200);
  for (const gone of [0, 1])
    assert.equal((await admin.delete(`/products/${productKey}/devices/lamp-${gone}`)).status, 204);
  await devices[1]!.closed;
  await devices[2]!.reply(pushes[2]!.id, 200);
  const ended = await untilEnded(admin, id);
  assert.deepEqual([ended.deviceTotal, reached(ended)], [1, { applied: 1 }]);
  const { deviceCount, onlineCount } = (await admin.get(`/products/${productKey}`)).body;
  assert.deepEqual([deviceCount, onlineCount], [1, 1]);
  assert.equal(await refusalOf(pushes[1]!), 'link-revoked');
});

test('rolling back during a rollout supersedes it, and devices end on the new number with the old content', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identities = await createDevices(admin, productKey, numbered('lamp', 30));
  await admin.saveVersion(productKey, '{"v":1}');
  await admin.saveVersion(productKey, '{"v":2}');
  const fleet = identities.map((identity) => new LeanDevice({ identity, port: server.mqttPort }).start());
  await untilOnline(admin, productKey, 30);
  const bad = await server.push(productKey, 2);
  await until('somebody has it', () => fleet.some((device) => device.pushes.length > 0));
  const back = (await admin.post(`/products/${productKey}/roll-back`, { toVersion: 1 })).body;
  assert.deepEqual([back.version.number, back.rollout?.state], [3, 'running']);
  assert.deepEqual(reached(await untilEnded(admin, back.rollout.id)), { applied: 30 });
  const { state, open } = await findRollout(admin, bad.id);
  assert.deepEqual([state, open], ['superseded', 0]);
  assert.ok(fleet.every((device) => device.runs === back.version.sha256));
  for (const device of fleet) device.stop();
});

test('a device that takes over its own connection in the middle gets the push, each attempt once', async () => {
  const { productKey } = await createProduct(server.admin);
  const identity = await createDevice(server.admin, productKey);
  await server.admin.saveVersion(productKey, '{"v":1}');
  const silent = await AlinkDevice.connect(server.mqttPort, identity);
  await untilOnline(server.admin, productKey, 1);
  const { id } = await server.push(productKey, 1);
  const first = await silent.nextPush();
  const lean = new LeanDevice({ identity, port: server.mqttPort, behaviour: confirming }).start();
  assert.deepEqual(reached(await untilEnded(server.admin, id)), { applied: 1 });
  assert.ok(lean.pushes.length > 0 && lean.pushes.every((push) => push.id !== first.id));
  lean.stop();
});
