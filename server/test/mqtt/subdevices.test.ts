import assert from 'node:assert/strict';
import test from 'node:test';
import { type FakeCore, type KnownDevice, PRODUCT_KEY, subDeviceProof } from './support/fake-core.ts';
import { type Harness, startGateway, until } from './support/harness.ts';
import { RawClient } from './support/raw-client.ts';

const PK = PRODUCT_KEY;
const topo = (verb: string) => `/sys/${PK}/gateway-1/thing/topo/${verb}`;
const combine = (verb: string) => `/ext/session/${PK}/gateway-1/combine/${verb}`;
const names = (...devices: KnownDevice[]) =>
  devices.map(({ deviceName, productKey }) => ({ deviceName, productKey }));

async function ask(client: RawClient, topic: string, params: unknown, id: unknown = '1') {
  client.publish(topic, { id, version: '1.0', params });
  const message = await client.nextMessage();
  assert.equal(message.topic, `${topic}_reply`);
  assert.equal(/[\n] |": /.test(message.text), false, 'compact, as the C SDK needs it');
  return { ...JSON.parse(message.text), text: message.text };
}

async function gatewayWith(harness: Harness, ...subDevices: KnownDevice[]): Promise<RawClient> {
  const gateway = harness.core.addDevice('gateway-1');
  harness.core.topology.set(gateway.id, names(...subDevices));
  return RawClient.signedIn(harness.port, gateway);
}

const loginAll = (client: RawClient, ...devices: KnownDevice[]) =>
  ask(client, combine('batch_login'), { deviceList: devices.map((device) => subDeviceProof(device)) });

const push = (harness: Harness, device: KnownDevice) =>
  harness.gateway.push({ ...device, deviceId: device.id, messageId: 9, payload: '{"id":"9"}' });

test('topo/add, get and delete are answered with all four members in their order', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness);

  const added = await ask(client, topo('add'), [subDeviceProof(sensor)], 5);
  assert.equal(
    added.text,
    `{"id":"5","code":200,"message":"success","data":[{"deviceName":"sensor-1","productKey":"${PK}"}]}`,
  );
  assert.deepEqual((await ask(client, topo('get'), {})).data, names(sensor));
  assert.deepEqual((await ask(client, topo('get'), '{}')).data, names(sensor), 'params as a string');
  assert.equal((await ask(client, topo('delete'), names(sensor))).code, 200);
  assert.deepEqual((await ask(client, topo('get'), {})).data, []);
});

test('a login may follow the topo/add it needs before that is answered, and what the sub-device says does no harm', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness);
  const add = harness.core.addToTopology.bind(harness.core);
  const gate = Promise.withResolvers<void>();
  harness.core.addToTopology = async (...request) => {
    await gate.promise;
    return add(...request);
  };
  client.publish(topo('add'), { id: '1', params: [subDeviceProof(sensor)] });
  client.publish(combine('login'), { id: '2', params: subDeviceProof(sensor) });
  client.publish(`/sys/${PK}/sensor-1/thing/event/property/post`, { id: '3', params: {} });
  await until(() => harness.gateway.stats().packetsReceived === 4, 'all of it is read');
  gate.resolve();
  const replies = [await client.nextMessage(), await client.nextMessage()];
  assert.deepEqual(
    replies.map(({ topic, text }) => [topic, JSON.parse(text).code]),
    [
      [`${topo('add')}_reply`, 200],
      [`${combine('login')}_reply`, 200],
    ],
  );
  assert.equal(push(harness, sensor), true, 'it is there');
});

test('every spelling of a proof is read: signmethod, Sha256, numbers, one object for a list', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness);
  const { signMethod: _method, ...proof } = subDeviceProof(sensor);
  for (const spelling of [
    { signmethod: 'hmacSha256' },
    { signMethod: 'HMACSHA256' },
    { signMethod: 'Sha256' },
  ]) {
    const numeric = { ...proof, timestamp: Number(proof.timestamp), ...spelling };
    assert.equal((await ask(client, topo('add'), [numeric])).code, 200, JSON.stringify(spelling));
    assert.equal((await ask(client, topo('add'), numeric)).code, 200);
  }
});

test('requests that cannot be read are answered 460: no JSON, no list, too many, bad names, unknown method', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness, sensor);
  const proof = subDeviceProof(sensor);
  const cases: [string, unknown][] = [
    [topo('add'), []],
    [topo('add'), Array(31).fill(proof)],
    [topo('add'), [{ ...proof, deviceName: 'a/b' }]],
    [topo('add'), [{ ...proof, signMethod: 'rot13' }]],
    [topo('add'), 7],
    [topo('delete'), [null]],
    [combine('login'), [proof]],
    [combine('batch_login'), { deviceList: Array(51).fill(proof) }],
    [combine('batch_login'), [proof]],
    [combine('logout'), 'x'],
  ];
  for (const [topic, params] of cases) assert.equal((await ask(client, topic, params)).code, 460, topic);
  client.publish(topo('add'), 'not JSON');
  assert.deepEqual(JSON.parse((await client.nextMessage()).text), {
    id: '',
    code: 460,
    message: 'request parameter error',
    data: {},
  });
});

test('a logged-in sub-device asks, reports and is pushed to over its gateway’s connection', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness, sensor);
  assert.equal((await ask(client, combine('login'), subDeviceProof(sensor))).code, 200);
  assert.equal(harness.gateway.sessionCount(), 2);

  const topic = (suffix: string) => `/sys/${PK}/sensor-1/thing/config/${suffix}`;
  client.publish(topic('get'), '{"id":"4"}');
  const answer = await client.nextMessage();
  assert.deepEqual(
    [answer.topic, JSON.parse(answer.text).data.configId],
    [topic('get_reply'), 'config-of-sensor-1'],
  );
  client.publish(topic('push_reply'), '{"id":"9","code":200}', 3);
  assert.equal((await client.next()).cmd, 'puback');
  assert.equal(harness.core.replies[0]!.device.id, sensor.id);
  assert.equal(push(harness, sensor), true);
  const pushed = await client.nextMessage();
  assert.equal(pushed.topic, topic('push'));
  client.send({ cmd: 'puback', messageId: pushed.messageId });
  await until(() => harness.core.received.length === 1, 'the push is acknowledged');
  assert.equal(harness.core.received[0]!.device.id, sensor.id);
});

test('a batch logs in all or none', async () => {
  await using harness = await startGateway();
  const [one, two] = [harness.core.addDevice('sensor-1'), harness.core.addDevice('sensor-2')];
  await using client = await gatewayWith(harness, one, two);
  const wrong = { ...subDeviceProof(two), sign: 'f00' };
  const refused = await ask(client, combine('batch_login'), { deviceList: [subDeviceProof(one), wrong] });
  assert.equal(refused.code, 6287);
  assert.equal(harness.gateway.sessionCount(), 1);
  const { signMethod, ...proof } = subDeviceProof(one);
  const accepted = await ask(client, combine('batch_login'), {
    signMethod,
    deviceList: [proof, subDeviceProof(two)],
  });
  assert.deepEqual([accepted.code, accepted.data], [200, names(one, two)]);
  assert.equal(harness.gateway.sessionCount(), 3);
});

test('login is refused for a device outside the topology, for the gateway itself, and when the store is away', async () => {
  await using harness = await startGateway();
  const stranger = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness);
  assert.equal((await ask(client, combine('login'), subDeviceProof(stranger))).code, 6401);
  const forged = { ...subDeviceProof(stranger), sign: 'f00' };
  assert.equal(
    (await ask(client, combine('login'), forged)).code,
    6287,
    'nothing is said without a signature',
  );
  const gateway = harness.core.devices.get(`${PK}/gateway-1`)!;
  assert.equal((await ask(client, combine('login'), subDeviceProof(gateway))).code, 460);
  harness.core.signInSubDevice = async () => ({ kind: 'unavailable' });
  assert.equal((await ask(client, combine('login'), subDeviceProof(stranger))).code, 500);
  assert.equal(harness.gateway.sessionCount(), 1);
});

test('logout ends the session; what is not logged in is answered 520 and a batch is all or nothing', async () => {
  await using harness = await startGateway();
  const [one, two] = [harness.core.addDevice('sensor-1'), harness.core.addDevice('sensor-2')];
  await using client = await gatewayWith(harness, one, two);
  await loginAll(client, one, two);
  assert.equal((await ask(client, combine('logout'), names(one)[0])).code, 200);
  assert.deepEqual(
    harness.core.closed.map((device) => device.deviceName),
    ['sensor-1'],
  );
  assert.equal((await ask(client, combine('batch_logout'), names(one, two))).code, 520);
  assert.equal(push(harness, two), true);
  await client.nextMessage();
  assert.equal((await ask(client, combine('batch_logout'), names(two))).code, 200);
  assert.equal(push(harness, two), false);
});

test('a sub-device’s topics are allowed only while it is logged in, and only there', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness, sensor);
  const subscription = { topic: `/sys/${PK}/sensor-1/thing/config/push`, qos: 1 } as const;
  const granted = async () => {
    client.send({ cmd: 'subscribe', messageId: 2, subscriptions: [subscription] });
    const suback = await client.next();
    return suback.cmd === 'suback' && suback.granted;
  };
  assert.deepEqual(await granted(), [0x80]);
  await loginAll(client, sensor);
  assert.deepEqual(await granted(), [1]);
  await ask(client, combine('logout'), names(sensor)[0]);
  client.publish(`/sys/${PK}/sensor-1/thing/config/get`, '{"id":"1"}');
  client.publish(`/sys/${PK}/sensor-1/thing/config/push_reply`, '{"id":"1","code":200}', 4);
  assert.deepEqual(
    (await client.packetsBeforePong()).map((packet) => [packet.cmd, packet.messageId]),
    [['puback', 4]],
  );
  assert.equal(harness.core.requests.length + harness.core.replies.length, 0);
});

test('what a reconnecting gateway had queued for its sub-devices is dropped before they log in, and it stays', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness, sensor);
  for (const messageId of [0, 1, 2, 0, 3])
    client.publish(`/sys/${PK}/sensor-1/thing/event/property/post`, '{"id":"1"}', messageId);
  client.publish(`/sys/${PK}/sensor-1/thing/config/get`, '{"id":"1"}', 4);
  for (const messageId of [1, 2, 3, 4]) {
    const puback = await client.next();
    assert.deepEqual([puback.cmd, puback.messageId], ['puback', messageId]);
  }
  assert.equal((await ask(client, combine('login'), subDeviceProof(sensor))).code, 200);
  assert.equal(harness.events.of('uplinkIgnored').length, 6);
  assert.equal(harness.core.requests.length, 0);
  client.publish(`/sys/${PK}/sensor-1/thing/config/get_reply`, '{}');
  await client.closed;
});

test('when the topology cannot be read, a gateway hears 500, and no PUBACK for a sub-device that is not logged in', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness, sensor);
  harness.core.listTopology = async () => {
    throw new Error('the store is away');
  };
  assert.equal((await ask(client, topo('get'), {})).code, 500);
  client.publish(`/sys/${PK}/sensor-1/thing/event/property/post`, '{"id":"1"}');
  assert.deepEqual(await client.packetsBeforePong(), [], 'at QoS 0 nobody waits for anything');
  client.publish(`/sys/${PK}/sensor-1/thing/event/property/post`, '{"id":"1"}', 1);
  await client.closed;
  assert.equal(harness.events.of('uplinkFailed').length, 3);
  assert.deepEqual(harness.events.closeReasons, ['uplink-failed']);
});

test('a sub-device may not speak for the gateway: its own topo and combine topics are ignored', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness, sensor);
  await loginAll(client, sensor);
  client.publish(`/sys/${PK}/sensor-1/thing/topo/get`, '{"id":"1","params":{}}');
  assert.deepEqual(await client.packetsBeforePong(), []);
});

test('sub-device sessions end with their gateway’s connection, and also when it is taken over', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness, sensor);
  await loginAll(client, sensor);
  const gateway = harness.core.devices.get(`${PK}/gateway-1`)!;
  await using newer = await RawClient.signedIn(harness.port, gateway);
  assert.deepEqual(
    harness.core.closed.map((device) => device.deviceName),
    ['sensor-1'],
  );
  await loginAll(newer, sensor);
  await newer[Symbol.asyncDispose]();
  await until(() => harness.gateway.sessionCount() === 0, 'all sessions end');
  assert.deepEqual(
    harness.core.closed.map((device) => device.deviceName),
    ['sensor-1', 'sensor-1', 'gateway-1'],
  );
});

test('a sub-device that logs in behind another gateway, or directly, moves without an end in between', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness, sensor);
  await loginAll(client, sensor);
  const direct = await RawClient.signedIn(harness.port, sensor);
  assert.equal(push(harness, sensor), true);
  assert.equal((await direct.nextMessage()).text, '{"id":"9"}');
  assert.deepEqual(await client.packetsBeforePong(), [], 'the gateway’s connection stays and hears nothing');

  await loginAll(client, sensor);
  await direct.closed;
  assert.equal(push(harness, sensor), true);
  assert.equal((await client.nextMessage()).text, '{"id":"9"}');
  assert.equal(harness.core.closed.length, 0);
});

test('ending a sub-device’s session, or deleting it from the topology, leaves the gateway connected', async () => {
  await using harness = await startGateway();
  const [one, two] = [harness.core.addDevice('sensor-1'), harness.core.addDevice('sensor-2')];
  await using client = await gatewayWith(harness, one, two);
  await loginAll(client, one, two);
  harness.gateway.endSession(one.id);
  await ask(client, topo('delete'), names(two));
  assert.equal(harness.gateway.sessionCount(), 1);
  assert.deepEqual(
    harness.core.closed.map((device) => device.deviceName),
    ['sensor-1', 'sensor-2'],
  );
  assert.deepEqual(await client.packetsBeforePong(), []);
});

test('too many sub-devices are answered 428, too many logins 429', async () => {
  await using harness = await startGateway({ subDevicesPerGatewayMax: 1, subDeviceLoginsPerMinute: 2 });
  const [one, two] = [harness.core.addDevice('sensor-1'), harness.core.addDevice('sensor-2')];
  await using client = await gatewayWith(harness, one, two);
  assert.equal((await loginAll(client, one, two)).code, 428);
  const login = async () => (await ask(client, combine('login'), subDeviceProof(one))).code;
  const logout = () => ask(client, combine('logout'), names(one)[0]);
  const codes = [await login()];
  await logout();
  codes.push(await login());
  await logout();
  codes.push(await login());
  assert.deepEqual(codes, [200, 200, 429]);
});

test('a login that is answered after the gateway has gone opens nothing', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  await using client = await gatewayWith(harness, sensor);
  const gate = Promise.withResolvers<void>();
  const core: FakeCore = harness.core;
  const signIn = core.signInSubDevice.bind(core);
  let answered: Promise<unknown> | undefined;
  core.signInSubDevice = (gateway, claim) => {
    const answer = gate.promise.then(() => signIn(gateway, claim));
    answered = answer;
    return answer;
  };
  client.publish(combine('login'), { id: '1', params: subDeviceProof(sensor) });
  await until(() => answered !== undefined, 'the core is asked');
  await client[Symbol.asyncDispose]();
  await until(() => harness.gateway.sessionCount() === 0, 'the gateway has gone');
  gate.resolve();
  await answered;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(harness.gateway.sessionCount(), 0);
  assert.equal(core.opened.length, 1);
});
