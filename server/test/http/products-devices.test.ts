/** Products and devices over the API (R1, R2): made, found, changed under an ETag, secrets shown once. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AlinkDevice } from '../support/alink-device.ts';
import type { ApiClient } from '../support/api-client.ts';
import { createDevices, createProduct, untilOnline } from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
let admin: ApiClient;
before(async () => {
  server = await startTestServer();
  ({ admin } = server);
});
after(() => server[Symbol.asyncDispose]());

describe('a product', () => {
  test('is made with its switch off, a key of eleven characters, and a secret that is shown once', async () => {
    const made = await admin.post('/products', { name: '灯 Lamp' });
    assert.equal(made.status, 201);
    const { productKey, productSecret, enabled, name } = made.body;
    assert.match(productKey, /^[A-Za-z][A-Za-z0-9]{10}$/);
    assert.match(productSecret, /^[0-9a-f]{32}$/);
    assert.equal(enabled, false);
    assert.equal(name, '灯 Lamp');
    assert.equal(made.headers.get('location'), `/api/v1/products/${productKey}`);
    for (const path of [`/products/${productKey}`, '/products']) {
      assert.ok(!(await admin.get(path)).text.includes(productSecret), path);
    }
  });

  test('may bring its own key, once, and only letters and digits', async () => {
    assert.equal((await admin.post('/products', { name: 'x', productKey: 'a1Own' })).status, 201);
    const again = await admin.post('/products', { name: 'y', productKey: 'a1Own' });
    assert.deepEqual([again.status, again.body.code], [409, 'already-exists']);
    for (const productKey of ['', 'a b', 'a/b', 'ä1', '..']) {
      assert.equal((await admin.post('/products', { name: 'x', productKey })).status, 400, productKey);
    }
  });

  test('is changed under its ETag: an older one is refused and changes nothing', async () => {
    const { productKey } = await createProduct(admin);
    const path = `/products/${productKey}`;
    const etag = (await admin.get(path)).headers.get('etag')!;
    const changed = await admin.patch(path, { coolDownSeconds: 60 }, { 'if-match': etag });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), etag);
    const stale = await admin.patch(path, { coolDownSeconds: 7 }, { 'if-match': etag });
    assert.deepEqual([stale.status, stale.body.code], [412, 'precondition-failed']);
    assert.equal((await admin.get(path)).body.coolDownSeconds, 60);
    assert.equal(
      (await admin.patch(path, { coolDownSeconds: 8 })).status,
      200,
      'without an ETag: whatever is there',
    );
  });

  test('takes every setting back as it was set', async () => {
    const { productKey } = await createProduct(admin);
    const settings = {
      name: 'Other',
      enabled: true,
      coolDownSeconds: 5,
      doneWhen: 'applied',
      requestPolicy: 'rolledOut',
      configBytesMax: 1000,
      attemptTimeoutSeconds: 7,
      deadlineSeconds: 100,
      registrationAllowed: true,
      unknownDevicesAllowed: true,
      strongSignRequired: true,
      retentionVersions: 9,
    };
    await admin.patch(`/products/${productKey}`, settings);
    const { body } = await admin.get(`/products/${productKey}`);
    assert.deepEqual(Object.fromEntries(Object.keys(settings).map((key) => [key, body[key]])), settings);
  });
});

describe('devices', () => {
  let productKey: string;
  let path: string;
  beforeEach(async () => {
    ({ productKey } = await createProduct(admin));
    path = `/products/${productKey}/devices`;
  });
  const namesAt = async (query: string) =>
    (await admin.get(`${path}?${query}`)).body.items.map(
      ({ deviceName }: { deviceName: string }) => deviceName,
    );

  test('are found by the start of the name, by tag, and by being connected', async () => {
    const names = ['lamp_1', 'lampX1', 'Lamp-2', 'pump-1'];
    const identities = await createDevices(admin, productKey, names);
    await admin.patch(`${path}/pump-1`, { tags: ['beta', 'floor=3', '三楼'] });
    await admin.patch(`${path}/lamp_1`, { tags: { floor: '3', beta: '' } });
    assert.deepEqual(await namesAt('search=lamp_'), ['lamp_1'], '_ stands for itself');
    assert.deepEqual(await namesAt('search=%25'), [], '% stands for itself');
    assert.deepEqual((await namesAt('tag=floor%3D3')).toSorted(), ['lamp_1', 'pump-1']);
    assert.deepEqual(await namesAt(`tag=${encodeURIComponent('三楼')}`), ['pump-1']);
    assert.deepEqual(await namesAt('tag=beta&search=pump'), ['pump-1']);
    await using _device = await AlinkDevice.connect(server.mqttPort, identities[3]!);
    await untilOnline(admin, productKey, 1);
    assert.deepEqual(await namesAt('online=true'), ['pump-1']);
    assert.equal((await namesAt('online=false')).length, 3);
    assert.equal((await namesAt('version=0')).length, 4);
    assert.equal((await admin.get(`${path}?online=yes`)).status, 400);
  });

  test('have a secret that is shown once, and may bring the one they have', async () => {
    const made = await admin.post(path, { deviceName: 'lamp-1' });
    assert.equal(made.status, 201);
    assert.match(made.body.deviceSecret, /^[0-9a-f]{32}$/);
    assert.ok(!(await admin.get(`${path}/lamp-1`)).text.includes(made.body.deviceSecret));
    assert.ok(!(await admin.get(path)).text.includes(made.body.deviceSecret));
    assert.equal((await admin.post(path, { deviceName: 'lamp-1' })).body.code, 'already-exists');
    const given = { deviceName: 'lamp-2', deviceSecret: 'a-fielded-device-secret' };
    assert.equal((await admin.post(path, given)).body.deviceSecret, given.deviceSecret);
    await using _device = await AlinkDevice.connect(server.mqttPort, { productKey, ...given });
    const short = await admin.post(path, { deviceName: 'lamp-3', deviceSecret: 'short' });
    assert.match(short.body.detail, /16 to 64 visible ASCII/);
  });

  test('keep the old secret for a day after a rotation, unless it is to die at once', async () => {
    const [old] = await createDevices(admin, productKey, ['lamp-1']);
    const rotated = await admin.post(`${path}/lamp-1/rotate-secret`, {});
    const connect = async (deviceSecret: string) => {
      await using _device = await AlinkDevice.connect(server.mqttPort, { ...old!, deviceSecret });
    };
    await connect(old!.deviceSecret);
    await connect(rotated.body.deviceSecret);
    await using connected = await AlinkDevice.connect(server.mqttPort, old!);
    const immediate = await admin.post(`${path}/lamp-1/rotate-secret`, { immediate: true });
    await connected.closed;
    await assert.rejects(connect(old!.deviceSecret));
    await assert.rejects(connect(rotated.body.deviceSecret));
    await connect(immediate.body.deviceSecret);
  });

  test('that are disabled are disconnected and kept out until they are enabled', async () => {
    const [lamp] = await createDevices(admin, productKey, ['lamp-1']);
    await using device = await AlinkDevice.connect(server.mqttPort, lamp!);
    await admin.patch(`${path}/lamp-1`, { enabled: false });
    await device.closed;
    await assert.rejects(AlinkDevice.connect(server.mqttPort, lamp!));
    await admin.patch(`${path}/lamp-1`, { enabled: true });
    await using _again = await AlinkDevice.connect(server.mqttPort, lamp!);
  });

  test('that are removed are gone, with their secret', async () => {
    const [lamp] = await createDevices(admin, productKey, ['lamp-1']);
    assert.equal((await admin.delete(`${path}/lamp-1`)).status, 204);
    assert.equal((await admin.delete(`${path}/lamp-1`)).status, 404);
    await assert.rejects(AlinkDevice.connect(server.mqttPort, lamp!));
    assert.equal((await admin.get(`/products/${productKey}`)).body.deviceCount, 0);
  });

  test('refuse tags that are no tags, in words', async () => {
    await createDevices(admin, productKey, ['lamp-1']);
    for (const tags of [['two words'], [''], ['a'.repeat(65)], ['<b>'], { 'a b': '1' }]) {
      const refused = await admin.patch(`${path}/lamp-1`, { tags });
      assert.equal(refused.status, 400, JSON.stringify(tags));
      assert.ok(refused.body.detail.length > 20, refused.text);
    }
  });
});
