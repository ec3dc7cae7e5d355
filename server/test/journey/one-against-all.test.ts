/**
 * What one device, one operator or one stranger must not be able to do to all the others. Each of these
 * went wrong once.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AlinkDevice, download } from '../support/alink-device.ts';
import {
  createDevice,
  createDevices,
  createProduct,
  findDevice,
  findRollout,
  numbered,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

let server: TestServer;

before(async () => {
  server = await startTestServer({ environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' } });
});
after(() => server[Symbol.asyncDispose]());

test('a reply with a code beyond any range is kept as unreadable, and everybody else is recorded all the same', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const [loud, quiet] = await createDevices(admin, productKey, numbered('lamp', 2));
  await admin.saveVersion(productKey, '{"v":1}');
  await using first = await AlinkDevice.connect(server.mqttPort, loud!);
  await using second = await AlinkDevice.connect(server.mqttPort, quiet!);
  await untilOnline(admin, productKey, 2);
  const { id } = await server.push(productKey, 1);
  const offer = await first.nextPush();
  await first.publish(
    'thing/config/push_reply',
    `{"id":"${offer.id}","code":1000000000000000000,"data":{}}`,
    1,
  );
  await download(await second.nextPush());
  await until(
    'the other download is recorded',
    async () => (await findDevice(admin, quiet!)).downloadedVersion === 1,
  );
  assert.equal((await findRollout(admin, id)).counters.failed, 1);
  assert.equal((await admin.post(`/rollouts/${id}/actions/retry-failed`)).status, 200);
  assert.notEqual((await first.nextPush()).id, offer.id);
});

test('an older version is not pushed over a newer one: going back is a new version', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  for (const v of [1, 2]) await admin.saveVersion(productKey, `{"v":${v}}`);
  await server.push(productKey, 2);
  const refused = await admin.post(`/products/${productKey}/rollouts`, { version: 1 });
  assert.deepEqual(
    [refused.status, refused.body.code, refused.body.pushedVersion],
    [409, 'action-not-allowed', 2],
  );
  const back = await admin.post(`/products/${productKey}/roll-back`, { toVersion: 1 });
  assert.deepEqual([back.status, back.body.rollout.version], [201, 3]);
});

test('a device that fetched a newer version by asking is not handed the older push again', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin, { doneWhen: 'applied' });
  const lamp = await createDevice(admin, productKey);
  await admin.saveVersion(productKey, '{"v":1}');
  const { id } = await server.push(productKey, 1);
  await admin.saveVersion(productKey, '{"v":2}');
  await using device = await AlinkDevice.connect(server.mqttPort, lamp);
  await device.nextPush();
  assert.equal(await download((await device.get()).data), '{"v":2}');
  const ended = await until('the older push is over', async () => {
    const rollout = await findRollout(admin, id);
    return rollout.state === 'completed' && rollout;
  });
  assert.deepEqual([ended.counters.superseded, device.pushCount], [1, 1]);
});

test('a push that was started and cancelled holds the cool-down, because its message is on its way', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin, { coolDownSeconds: 3_600 });
  const lamp = await createDevice(admin, productKey);
  await using _device = await AlinkDevice.connect(server.mqttPort, lamp);
  await untilOnline(admin, productKey, 1);
  await admin.saveVersion(productKey, '{"v":1}');
  const { id } = await server.push(productKey, 1);
  assert.equal((await admin.post(`/rollouts/${id}/actions/cancel`)).status, 200);
  await admin.saveVersion(productKey, '{"v":2}');
  const again = await admin.post(`/products/${productKey}/rollouts`, { version: 2 });
  assert.deepEqual([again.status, again.body.code], [429, 'cool-down']);
});

test('going back from a rollout that still runs does not wait for the cool-down', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin, { coolDownSeconds: 3_600 });
  const [online] = await createDevices(admin, productKey, numbered('lamp', 2));
  for (const v of [1, 2]) await admin.saveVersion(productKey, `{"v":${v}}`);
  await using device = await AlinkDevice.connect(server.mqttPort, online!);
  await untilOnline(admin, productKey, 1);
  await server.push(productKey, 2);
  await download(await device.nextPush());
  await until('the cool-down has begun', async () => {
    const preview = await admin.post(`/products/${productKey}/rollouts/preview`, { version: 2 });
    return preview.body.nextAllowedAt !== null;
  });
  const back = await admin.post(`/products/${productKey}/roll-back`, { toVersion: 1 });
  assert.equal(back.body.rollout?.version, 3, back.text);
  assert.equal(await download(await device.nextPush()), '{"v":1}');
});

test('a refused roll-back is repeated without making further versions', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  await admin.saveVersion(productKey, '{"v":1}');
  await admin.patch(`/products/${productKey}`, { enabled: false });
  const path = `/products/${productKey}/roll-back`;
  const refused = await admin.post(path, { toVersion: 1 });
  assert.deepEqual([refused.body.version.number, refused.body.refusal.code], [2, 'switch-off']);
  await admin.patch(`/products/${productKey}`, { enabled: true });
  const pushed = await admin.post(path, { toVersion: 1 });
  assert.deepEqual([pushed.body.version.number, pushed.body.rollout.version], [2, 2]);
});
