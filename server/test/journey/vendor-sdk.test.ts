/**
 * The vendor's own npm SDK, unmodified, against the whole server: as a device, as a gateway with a
 * sub-device, and registering itself. A device moves over by changing one host name; this is the proof.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { CONFIRM_GRACE_MS } from '../../src/domain/limits.ts';
import { AlinkDevice, download } from '../support/alink-device.ts';
import { createTestTime } from '../support/test-clock.ts';
import {
  changeProduct,
  createDevice,
  createDevices,
  createProduct,
  type DeviceIdentity,
  untilDelivered,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { answerOf, type VendorPush, type VendorReply, vendorSdk } from '../support/vendor-sdk.ts';

const CONFIG = '{"led":{"hz":50},"n":9007199254740993}';
const time = createTestTime();
let server: TestServer;

before(async () => {
  server = await startTestServer({ time, environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' } });
});
after(() => server[Symbol.asyncDispose]());

const connection = (identity: DeviceIdentity) => ({
  ...identity,
  brokerUrl: `mqtt://127.0.0.1:${server.mqttPort}`,
});

/** The SDK's client stays alive on its own; a test ends it with this. */
function ending<Thing extends { end(force?: boolean): void }>(thing: Thing): Disposable & { thing: Thing } {
  return { thing, [Symbol.dispose]: () => thing.end(true) };
}

/** A device that downloaded and says nothing is done after a grace. */
function untilSilenceCounts(rolloutId: number) {
  time.pass(CONFIRM_GRACE_MS);
  server.app.services.reconciler.wake();
  return untilEnded(server.admin, rolloutId);
}

test("the vendor's SDK gets a configuration as a device and downloads what was saved", async () => {
  const { productKey } = await createProduct(server.admin);
  const identity = await createDevice(server.admin, productKey);
  await server.admin.saveVersion(productKey, CONFIG);
  using device = ending(vendorSdk.device(connection(identity)));
  await once(device.thing, 'connect');
  const reply = await answerOf<VendorReply>((answered) => device.thing.getConfig(answered));
  assert.equal(reply.code, 200);
  assert.equal(await download(reply.data), CONFIG);
  await untilOnline(server.admin, productKey, 1);
});

test("the vendor's SDK is pushed a configuration, and the delivery ends downloaded without a word from it", async () => {
  const { productKey } = await createProduct(server.admin);
  const identity = await createDevice(server.admin, productKey);
  await server.admin.saveVersion(productKey, CONFIG);
  using device = ending(vendorSdk.device(connection(identity)));
  const pushed = answerOf<VendorPush>((answered) => device.thing.onConfig(answered));
  await once(device.thing, 'connect');
  await untilOnline(server.admin, productKey, 1);
  const { id } = await server.push(productKey, 1);
  const push = await pushed;
  assert.equal(push.method, 'thing.config.push');
  assert.equal(await download(push.params), CONFIG);
  const delivery = await untilDelivered(server.admin, identity, 'downloaded');
  assert.equal(delivery.attempt, 1);
  const ended = await untilSilenceCounts(id);
  assert.deepEqual([ended.outcome, ended.counters.downloaded], ['succeeded', 1]);
});

test("the vendor's SDK hears 6710 without a version and 6713 with the switch off", async () => {
  const { productKey } = await createProduct(server.admin);
  const identity = await createDevice(server.admin, productKey);
  using device = ending(vendorSdk.device(connection(identity)));
  await once(device.thing, 'connect');
  const ask = () => answerOf<VendorReply>((answered) => device.thing.getConfig(answered));
  assert.equal((await ask()).code, 6710);
  await changeProduct(server.admin, productKey, { enabled: false });
  assert.equal((await ask()).code, 6713);
});

test("the vendor's gateway brings a sub-device online, which gets and is pushed its own configuration", async () => {
  const { admin } = server;
  const gateways = await createProduct(admin);
  const sensors = await createProduct(admin);
  const gatewayIdentity = await createDevice(admin, gateways.productKey, 'gate-1');
  const sensor = await createDevice(admin, sensors.productKey, 'sensor-1');
  await admin.saveVersion(sensors.productKey, CONFIG);
  using gateway = ending(vendorSdk.gateway(connection(gatewayIdentity)));
  await once(gateway.thing, 'connect');
  const added = await answerOf<VendorReply>((answered) => gateway.thing.addTopo([sensor], answered));
  assert.equal(added.code, 200, JSON.stringify(added));
  const topology = await answerOf<VendorReply>((answered) => gateway.thing.getTopo(answered));
  assert.deepEqual(topology.data, [{ deviceName: 'sensor-1', productKey: sensors.productKey }]);

  let subDevice: ReturnType<typeof gateway.thing.login> | undefined;
  const loggedIn = await answerOf<VendorReply>((answered) => {
    subDevice = gateway.thing.login(sensor, answered);
  });
  assert.equal(loggedIn.code, 200, JSON.stringify(loggedIn));
  const reply = await answerOf<VendorReply>((answered) => subDevice!.getConfig(answered));
  assert.equal(await download(reply.data), CONFIG);
  await untilOnline(admin, sensors.productKey, 1);

  const pushed = answerOf<VendorPush>((answered) => subDevice!.onConfig(answered));
  const { id } = await server.push(sensors.productKey, 1);
  assert.equal(await download((await pushed).params), CONFIG);
  await untilDelivered(admin, sensor, 'downloaded');
  assert.equal((await untilSilenceCounts(id)).outcome, 'succeeded');

  const { productKey, deviceName } = sensor;
  const left = await answerOf<VendorReply>((answered) =>
    gateway.thing.logout({ productKey, deviceName }, answered),
  );
  assert.equal(left.code, 200, JSON.stringify(left));
  await untilOnline(admin, sensors.productKey, 0);
});

test("the vendor's SDK registers a device over HTTP, where the product allows it, and it connects", async () => {
  const { admin } = server;
  const { productKey, productSecret } = await createProduct(admin);
  await createDevices(admin, productKey, ['lamp-1']);
  const registerURL = `${server.baseUrl}/auth/register/device`;
  const register = (deviceName: string) =>
    answerOf<{ code: number; data: DeviceIdentity }>((answered) =>
      vendorSdk.register({ productKey, productSecret, deviceName, registerURL }, answered),
    );
  assert.notEqual((await register('lamp-1')).code, 200, 'the product does not allow it yet');
  await changeProduct(admin, productKey, { registrationAllowed: true });
  const registered = await register('lamp-1');
  assert.equal(registered.code, 200);
  assert.equal(registered.data.deviceName, 'lamp-1');
  using device = ending(vendorSdk.device(connection(registered.data)));
  await once(device.thing, 'connect');
  await untilOnline(admin, productKey, 1);
  assert.notEqual((await register('lamp-1')).code, 200, 'nobody takes over a device that has connected');
  assert.notEqual((await register('lamp-2')).code, 200, 'nobody created that one');
  await changeProduct(admin, productKey, { unknownDevicesAllowed: true });
  assert.equal((await register('lamp-2')).code, 200);
});

/** Connects as `alink.md` 3.5 says, and returns the one message that comes without a subscription. */
async function registerOverMqtt(
  product: { productKey: string; productSecret: string },
  deviceName: string,
  authType: 'register' | 'regnwl',
  method: 'md5' | 'sha256' = 'sha256',
): Promise<{ topic: string; body: Record<string, string> }> {
  const { productKey, productSecret } = product;
  const content = `deviceName${deviceName}productKey${productKey}random4711`;
  const client = mqtt.connect(`mqtt://127.0.0.1:${server.mqttPort}`, {
    clientId: `${deviceName}.${productKey}|random=4711,authType=${authType},securemode=2,signmethod=hmac${method}|`,
    username: `${deviceName}&${productKey}`,
    password: createHmac(method, productSecret).update(content).digest('hex').toUpperCase(),
    reconnectPeriod: 0,
  });
  try {
    return await new Promise((resolve, reject) => {
      client.once('message', (topic, payload) => resolve({ topic, body: JSON.parse(payload.toString()) }));
      client.once('error', reject);
    });
  } finally {
    await client.endAsync(true);
  }
}

test('a device registers over MQTT, gets its secret without subscribing, and connects with it', async () => {
  const { admin } = server;
  const product = await createProduct(admin, { registrationAllowed: true });
  await createDevices(admin, product.productKey, ['lamp-1']);
  const { topic, body } = await registerOverMqtt(product, 'lamp-1', 'register');
  assert.equal(topic, '/ext/register');
  const { productKey, deviceName, deviceSecret } = body;
  assert.ok(deviceSecret!.length > 0 && deviceSecret!.length < 64);
  assert.equal((await admin.get(`/products/${productKey}`)).body.onlineCount, 0, 'it was no session');
  const identity = { productKey: productKey!, deviceName: deviceName!, deviceSecret: deviceSecret! };
  await using device = await AlinkDevice.connect(server.mqttPort, identity);
  assert.equal((await device.get()).code, 6710);
});

test('a device without a secret registers for a token over MQTT, and connects with the token', async () => {
  const { admin } = server;
  const product = await createProduct(admin, { registrationAllowed: true, unknownDevicesAllowed: true });
  await admin.saveVersion(product.productKey, CONFIG);
  const { topic, body } = await registerOverMqtt(product, 'lamp-9', 'regnwl');
  assert.equal(topic, '/ext/regnwl');
  const { productKey, deviceName, clientId, deviceToken } = body;
  assert.ok(deviceToken!.length < 64 && clientId!.length < 128);
  const identity = { productKey: productKey!, deviceName: deviceName!, deviceSecret: '' };
  const asToken = (token: string) =>
    AlinkDevice.connect(server.mqttPort, identity, {
      clientId: `${clientId}|authType=connwl,securemode=-2,_ss=1,ext=3,_v=sdk-c-4.2.0|`,
      username: `${deviceName}&${productKey}`,
      password: token,
    });
  await using device = await asToken(deviceToken!);
  assert.equal(await download((await device.get()).data), CONFIG);
  await assert.rejects(asToken('0'.repeat(48)), { code: 4 });
});

test('who knows the product secret does not take over a device that connected with a secret of its own', async () => {
  const { admin } = server;
  const product = await createProduct(admin, { registrationAllowed: true });
  const [identity] = await createDevices(admin, product.productKey, ['lamp-1']);
  await using _device = await AlinkDevice.connect(server.mqttPort, identity!);
  await untilOnline(admin, product.productKey, 1);
  for (const authType of ['register', 'regnwl'] as const) {
    await assert.rejects(registerOverMqtt(product, 'lamp-1', authType), { code: 4 });
  }
});

test('a product that wants strong signatures wants them for registration too', async () => {
  const { admin } = server;
  const product = await createProduct(admin, { registrationAllowed: true, strongSignRequired: true });
  await createDevices(admin, product.productKey, ['lamp-1']);
  await assert.rejects(registerOverMqtt(product, 'lamp-1', 'register', 'md5'), { code: 4 });
  assert.equal((await registerOverMqtt(product, 'lamp-1', 'register')).topic, '/ext/register');
});

test('a registration with the wrong product secret is refused', async () => {
  const product = await createProduct(server.admin, { registrationAllowed: true });
  await createDevices(server.admin, product.productKey, ['lamp-1']);
  const wrong = { ...product, productSecret: '0'.repeat(32) };
  const refused = registerOverMqtt(wrong, 'lamp-1', 'register');
  await assert.rejects(refused, { code: 4 });
});
