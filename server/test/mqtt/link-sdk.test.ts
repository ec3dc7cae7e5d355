/** The vendor's own Node SDK, unmodified, and the `mqtt` client, against this gateway. */
import assert from 'node:assert/strict';
import { type EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import test from 'node:test';
import mqtt from 'mqtt';
import { type KnownDevice, PRODUCT_KEY } from './support/fake-core.ts';
import { type Harness, startGateway, until } from './support/harness.ts';
import { connectPacket } from './support/raw-client.ts';

type Answer = { id: string; code: number; data: { configId: string }; params: { configId: string } };
type Callback = (answer: Answer) => void;

/** What is used here of the SDK, which comes without types. */
type LinkThing = EventEmitter & {
  getConfig(callback: Callback): void;
  onConfig(callback: Callback): void;
  postProps(properties: object): void;
  end(isForced: boolean): void;
};
type LinkGateway = LinkThing & {
  readonly mqttClient: { options: { reconnectPeriod: number } };
  addTopo(devices: object[], callback: Callback): void;
  getTopo(callback: Callback): void;
  login(device: object, callback: Callback): LinkThing;
  logout(devices: object, callback: Callback): void;
};
type LinkSdk = { device(options: object): LinkThing; gateway(options: object): LinkGateway };

const sdk: LinkSdk = createRequire(import.meta.url)('alibabacloud-iot-device-sdk');

const triple = ({ productKey, deviceName, deviceSecret }: KnownDevice) => ({
  productKey,
  deviceName,
  deviceSecret,
});
const answerOf = (ask: (callback: Callback) => void) => new Promise<Answer>((resolve) => ask(resolve));

/** The first argument of the next event. */
const happened = (client: mqtt.MqttClient, name: 'connect' | 'message') =>
  new Promise<unknown>((resolve) => client.once(name, (first: unknown) => resolve(first)));

const pushTo = (harness: Harness, device: KnownDevice) => {
  const payload = '{"id":"9","version":"1.0","params":{"configId":"pushed"},"method":"thing.config.push"}';
  return harness.gateway.push({ ...device, deviceId: device.id, messageId: 9, payload });
};

test('a device with the vendor’s SDK asks for its configuration and is pushed one', async (t) => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  const thing = sdk.device({ ...triple(device), brokerUrl: `mqtt://127.0.0.1:${harness.port}` });
  t.after(() => thing.end(true));
  await once(thing, 'connect');

  const answer = await answerOf((callback) => thing.getConfig(callback));
  assert.deepEqual([answer.code, answer.data.configId], [200, 'config-of-lamp-1']);
  const pushed = answerOf((callback) => thing.onConfig(callback));
  assert.equal(pushTo(harness, device), true);
  assert.equal((await pushed).params.configId, 'pushed');
  await until(() => harness.core.received.length === 1, 'the push is acknowledged');
  assert.equal(harness.events.of('topicRefused').length, 0, 'none of its sixteen subscriptions is refused');
});

test('a gateway with the vendor’s SDK adds and logs in a sub-device, which asks and is pushed to', async (t) => {
  await using harness = await startGateway();
  const [gateway, sensor] = [harness.core.addDevice('gateway-1'), harness.core.addDevice('sensor-1')];
  const thing = sdk.gateway({ ...triple(gateway), brokerUrl: `mqtt://127.0.0.1:${harness.port}` });
  t.after(() => thing.end(true));
  await once(thing, 'connect');

  assert.equal((await answerOf((callback) => thing.addTopo([triple(sensor)], callback))).code, 200);
  assert.equal((await answerOf((callback) => thing.getTopo(callback))).code, 200);
  const { promise: loggedIn, resolve } = Promise.withResolvers<Answer>();
  const subDevice = thing.login(triple(sensor), resolve);
  assert.equal((await loggedIn).code, 200);

  const answer = await answerOf((callback) => subDevice.getConfig(callback));
  assert.equal(answer.data.configId, 'config-of-sensor-1');
  const pushed = answerOf((callback) => subDevice.onConfig(callback));
  assert.equal(pushTo(harness, sensor), true);
  assert.equal((await pushed).params.configId, 'pushed');
  const { productKey, deviceName } = sensor;
  assert.equal((await answerOf((callback) => thing.logout({ productKey, deviceName }, callback))).code, 200);
  assert.equal(pushTo(harness, sensor), false);
});

test('a gateway with the vendor’s SDK, which sends what its sub-devices said meanwhile first, recovers from a reconnect', async (t) => {
  await using harness = await startGateway();
  const [gateway, sensor] = [harness.core.addDevice('gateway-1'), harness.core.addDevice('sensor-1')];
  harness.core.topology.set(gateway.id, [triple(sensor)]);
  const thing = sdk.gateway({ ...triple(gateway), brokerUrl: `mqtt://127.0.0.1:${harness.port}` });
  t.after(() => thing.end(true));
  thing.mqttClient.options.reconnectPeriod = 1;
  await once(thing, 'connect');
  const login = () => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const subDevice = thing.login(triple(sensor), resolve);
    return promise.then(({ code }) => ({ subDevice, code }));
  };
  const { subDevice } = await login();

  const [closed, back] = [once(thing, 'close'), once(thing, 'connect')];
  harness.gateway.endSession(gateway.id);
  await closed;
  for (let post = 0; post < 3; post += 1) subDevice.postProps({ celsius: 21 });
  await back;
  const again = await login();
  assert.equal(again.code, 200);
  assert.equal((await answerOf((callback) => again.subDevice.getConfig(callback))).code, 200);
  assert.deepEqual(harness.events.closeReasons, ['session-ended']);
  assert.equal(harness.events.of('uplinkIgnored').length, 3);
});

test('the mqtt client connects, subscribes, asks at QoS 1 and reconnects after the session was ended', async (t) => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  const connectOptions = connectPacket(device);
  if (connectOptions.cmd !== 'connect') throw new Error('not a CONNECT');
  const { clientId, username, password } = connectOptions;
  const client = mqtt.connect(`mqtt://127.0.0.1:${harness.port}`, {
    clientId,
    username: username!,
    password: password!,
    reconnectPeriod: 1,
  });
  t.after(() => client.endAsync(true));
  await happened(client, 'connect');
  const topic = `/sys/${PRODUCT_KEY}/lamp-1/thing/config/get`;
  const granted = await client.subscribeAsync(`${topic}_reply`, { qos: 1 });
  assert.equal(granted[0]!.qos, 1);
  const message = happened(client, 'message');
  await client.publishAsync(topic, '{"id":"1"}', { qos: 1 });
  assert.equal(await message, `${topic}_reply`);

  const again = happened(client, 'connect');
  harness.gateway.endSession(device.id);
  await again;
  assert.equal(harness.core.opened.length, 2);
});
