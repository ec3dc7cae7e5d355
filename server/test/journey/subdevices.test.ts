/** A gateway with many sub-devices: one connection carries the deliveries of all of them (`alink.md` 3.6). */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { AlinkDevice } from '../support/alink-device.ts';
import {
  createDevice,
  createDevices,
  createProduct,
  type DeviceIdentity,
  findDevice,
  listDeliveries,
  numbered,
  reached,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, until } from '../support/test-server.ts';

const SUB_DEVICES = 60;
/** Of one `topo/add`; a `batch_login` takes fifty. */
const PER_REQUEST = 30;

/** What a sub-device signs, as C 4.x sends it in a batch. */
function proofOf({ productKey, deviceName, deviceSecret }: DeviceIdentity) {
  const clientId = `${productKey}.${deviceName}`;
  const timestamp = '2524608000000';
  const content = `clientId${clientId}deviceName${deviceName}productKey${productKey}timestamp${timestamp}`;
  const sign = createHmac('sha256', deviceSecret).update(content).digest('hex').toUpperCase();
  return {
    productKey,
    deviceName,
    clientId,
    timestamp,
    signMethod: 'hmacSha256',
    cleanSession: 'false',
    sign,
  };
}

async function signInAll(gateway: AlinkDevice, subDevices: readonly DeviceIdentity[]): Promise<void> {
  const { productKey, deviceName } = gateway.identity;
  for (let from = 0; from < subDevices.length; from += PER_REQUEST) {
    const proofs = subDevices.slice(from, from + PER_REQUEST).map(proofOf);
    await gateway.publish('thing/topo/add', { id: '1', version: '1.0', params: proofs });
    assert.equal(JSON.parse(await gateway.next('thing/topo/add_reply')).code, 200);
    const login = { id: '1', params: { signMethod: 'hmacSha256', deviceList: proofs } };
    const topic = `/ext/session/${productKey}/${deviceName}/combine/batch_login`;
    await gateway.client.publishAsync(topic, JSON.stringify(login));
    assert.equal(JSON.parse(await gateway.next('combine/batch_login_reply')).code, 200);
  }
}

test('sixty sub-devices of one gateway are all handed their push at the first attempt', async () => {
  await using server = await startTestServer();
  const { admin } = server;
  const gateways = await createProduct(admin);
  const sensors = await createProduct(admin);
  const identities = await createDevices(admin, sensors.productKey, numbered('sensor', SUB_DEVICES));
  await admin.saveVersion(sensors.productKey, '{"v":1}');
  const gatewayIdentity = await createDevice(admin, gateways.productKey, 'gate-1');
  await using gateway = await AlinkDevice.connect(server.mqttPort, gatewayIdentity);
  await signInAll(gateway, identities);
  await untilOnline(admin, sensors.productKey, SUB_DEVICES);
  const { id } = await server.push(sensors.productKey, 1);
  const seen = await until('every sub-device has its push', () => {
    const pushes = gateway.messages.filter(({ topic }) => topic.endsWith('thing/config/push'));
    return pushes.length >= SUB_DEVICES && pushes;
  });
  assert.equal(new Set(seen.map(({ topic }) => topic)).size, SUB_DEVICES);
  for (const { topic, text } of seen) {
    const reply = JSON.stringify({ id: JSON.parse(text).id, code: 200, data: {} });
    await gateway.client.publishAsync(`${topic}_reply`, reply, { qos: 1 });
  }
  assert.deepEqual(reached(await untilEnded(admin, id)), { applied: SUB_DEVICES });
  const attempts = (await listDeliveries(admin, id)).map(({ attempt }) => attempt);
  assert.deepEqual(new Set(attempts), new Set([1]));
});

test('when the gateway goes, so do its sub-devices; a sub-device that comes back directly gets the push there', async () => {
  await using server = await startTestServer();
  const { admin } = server;
  const gateways = await createProduct(admin);
  const sensors = await createProduct(admin);
  const identities = await createDevices(admin, sensors.productKey, numbered('sensor', 2));
  await admin.saveVersion(sensors.productKey, '{"v":1}');
  const gatewayIdentity = await createDevice(admin, gateways.productKey, 'gate-1');
  const gateway = await AlinkDevice.connect(server.mqttPort, gatewayIdentity);
  await signInAll(gateway, identities);
  await untilOnline(admin, sensors.productKey, 2);
  const { id } = await server.push(sensors.productKey, 1);
  const first = await gateway.nextPush();
  await gateway[Symbol.asyncDispose]();
  await untilOnline(admin, sensors.productKey, 0);
  await using sensor = await AlinkDevice.connect(server.mqttPort, identities[0]!);
  const again = await sensor.nextPush();
  assert.notEqual(again.id, first.id);
  await sensor.reply(again.id, 200);
  const view = (await admin.get(`/rollouts/${id}`)).body;
  assert.deepEqual(reached(view), { pending: 1, applied: 1 });
  assert.equal((await findDevice(admin, identities[1]!)).online, false);
});

test('a gateway registers its sub-devices for their secrets: all or none, and never one that has connected', async () => {
  await using server = await startTestServer();
  const { admin } = server;
  const own = await createProduct(admin);
  const gateway = await createDevice(admin, own.productKey);
  const { productKey } = await createProduct(admin, { registrationAllowed: true });
  const [first, second] = await createDevices(admin, productKey, numbered('sensor', 2));
  await using device = await AlinkDevice.connect(server.mqttPort, gateway);
  const register = async (...names: { productKey: string; deviceName: string }[]) => {
    const params = names.map(({ deviceName }) => ({ productKey, deviceName }));
    await device.publish('thing/sub/register', {
      id: 7,
      version: '1.0',
      params,
      method: 'thing.sub.register',
    });
    return JSON.parse(await device.next('thing/sub/register_reply'));
  };
  const unknown = await register(first!, { productKey, deviceName: 'nobody' });
  assert.deepEqual([unknown.id, unknown.code], ['7', 6100]);
  await using _kept = await AlinkDevice.connect(server.mqttPort, second!);
  await untilOnline(admin, productKey, 1);
  assert.equal((await register(first!, second!)).code, 6100);
  const { code, data } = await register(first!);
  assert.deepEqual([code, data.length, data[0].deviceName], [200, 1, first!.deviceName]);
  await signInAll(device, [{ ...first!, deviceSecret: data[0].deviceSecret }]);
  await untilOnline(admin, productKey, 2);
});

test('a gateway hears what others do to its sub-devices: moved away, disabled, enabled, deleted', async () => {
  await using server = await startTestServer();
  const { admin } = server;
  const gateways = await createProduct(admin);
  const { productKey } = await createProduct(admin);
  const [first, second] = await createDevices(admin, productKey, numbered('sensor', 2));
  const [oldHome, newHome] = await createDevices(admin, gateways.productKey, numbered('gate', 2));
  await using gateway = await AlinkDevice.connect(server.mqttPort, oldHome!);
  await using other = await AlinkDevice.connect(server.mqttPort, newHome!);
  await signInAll(gateway, [first!, second!]);
  const heard = async () => {
    const { params } = JSON.parse(await gateway.next('thing/topo/change'));
    return [params.status, ...params.subList.map(({ deviceName }: DeviceIdentity) => deviceName)];
  };
  await other.publish('thing/topo/add', { id: '1', params: [proofOf(first!)] });
  assert.deepEqual(await heard(), [1, first!.deviceName]);
  await untilOnline(admin, productKey, 1);
  const path = `/products/${productKey}/devices/${second!.deviceName}`;
  await admin.patch(path, { enabled: false });
  assert.deepEqual(await heard(), [8, second!.deviceName]);
  await admin.patch(path, { enabled: true });
  assert.deepEqual(await heard(), [2, second!.deviceName]);
  await admin.patch(path, { tags: ['hall'] });
  assert.equal((await admin.send('DELETE', path)).status, 204);
  assert.deepEqual(await heard(), [1, second!.deviceName]);
  assert.equal(
    other.messages.some(({ topic }) => topic.endsWith('topo/change')),
    false,
  );
});

test('a gateway is told why: a wrong signature, itself, a sub-device that is not its own; a timestamp is optional', async () => {
  await using server = await startTestServer();
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const [home, mine, foreign] = await createDevices(admin, productKey, ['gate-1', 'mine-1', 'foreign-1']);
  await using gateway = await AlinkDevice.connect(server.mqttPort, home!);
  const add = async (proof: object) => {
    await gateway.publish('thing/topo/add', { id: '1', params: [proof] });
    return JSON.parse(await gateway.next('thing/topo/add_reply')).code;
  };
  const login = async (proof: object) => {
    const topic = `/ext/session/${productKey}/gate-1/combine/login`;
    await gateway.client.publishAsync(topic, JSON.stringify({ id: '1', params: proof }));
    return JSON.parse(await gateway.next('combine/login_reply')).code;
  };
  const forged = { ...proofOf(mine!), sign: 'f00' };
  assert.deepEqual(
    [await add(forged), await add(proofOf(home!)), await add(proofOf(mine!))],
    [401, 6402, 200],
  );
  assert.deepEqual([await login(forged), await login(proofOf(foreign!))], [6287, 6401]);
  const { timestamp: _timestamp, ...proof } = proofOf(mine!);
  const content = `clientId${proof.clientId}deviceName${proof.deviceName}productKey${productKey}`;
  const sign = createHmac('sha256', mine!.deviceSecret).update(content).digest('hex');
  assert.equal(await login({ ...proof, sign }), 200);
});

test('a gateway registers sub-devices by proxy under the rules of dynamic registration, and the audit names it', async () => {
  await using server = await startTestServer();
  const { admin } = server;
  const own = await createProduct(admin);
  const gateway = await createDevice(admin, own.productKey, 'gate-1');
  const product = await createProduct(admin, { registrationAllowed: true, strongSignRequired: true });
  const { productKey } = product;
  const [first, second] = await createDevices(admin, productKey, numbered('sensor', 2));
  await using device = await AlinkDevice.connect(server.mqttPort, gateway);
  await using _connected = await AlinkDevice.connect(server.mqttPort, second!);
  await untilOnline(admin, productKey, 1);
  const proxied = (deviceName: string, method = 'sha256', secret = product.productSecret) => {
    const content = `deviceName${deviceName}productKey${productKey}random8Ygb7`;
    const sign = createHmac(method, secret).update(content).digest('hex').toUpperCase();
    return { productKey, deviceName, random: '8Ygb7', signMethod: `hmac${method}`, sign };
  };
  const register = async (...proxieds: object[]) => {
    const topic = 'thing/proxy/provisioning/product_register';
    await device.publish(topic, { id: '9', version: '1.0', params: { proxieds } });
    return JSON.parse(await device.next(`${topic}_reply`)).data;
  };
  const { successes, failures } = await register(
    proxied(first!.deviceName),
    proxied(second!.deviceName),
    proxied('nobody'),
  );
  assert.deepEqual(
    failures.map(({ deviceName }: DeviceIdentity) => deviceName),
    [second!.deviceName, 'nobody'],
  );
  assert.equal(successes[0].deviceName, first!.deviceName);
  const refused = [proxied(first!.deviceName, 'md5'), { ...proxied(first!.deviceName), sign: 'f00' }];
  for (const claim of refused) assert.equal((await register(claim)).failures.length, 1);
  await signInAll(device, [{ ...first!, deviceSecret: successes[0].deviceSecret }]);
  const { items } = (await admin.get('/audit?action=device.register')).body;
  assert.deepEqual(
    items.map(({ actor, target }: Record<string, string>) => [actor, target]),
    [[`device:${own.productKey}/gate-1`, first!.deviceName]],
  );
});
