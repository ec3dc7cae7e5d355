import assert from 'node:assert/strict';
import test from 'node:test';
import type { Packet } from 'mqtt-packet';
import { startGateway, until } from './support/harness.ts';
import { RawClient, registerPacket } from './support/raw-client.ts';

test('register: CONNACK 0, then the secret on /ext/register without a subscription', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.tcp(harness.port);

  client.send(registerPacket(device, 'register'));

  const connack = await client.next();
  assert.equal(connack.cmd === 'connack' && connack.returnCode, 0);
  const message = await client.nextMessage();
  assert.deepEqual([message.topic, message.qos], ['/ext/register', 0]);
  const { deviceSecret, productKey, deviceName } = device;
  assert.equal(message.text, JSON.stringify({ deviceSecret, productKey, deviceName }));
});

test('regnwl: the token comes on /ext/regnwl, and connwl signs in with it as it is', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using first = await RawClient.tcp(harness.port);
  first.send(registerPacket(device, 'regnwl'));
  await first.next();
  const message = await first.nextMessage();
  assert.equal(message.topic, '/ext/regnwl');
  const { clientId, productKey, deviceName, deviceToken } = JSON.parse(message.text);
  assert.deepEqual([productKey, deviceName], [device.productKey, device.deviceName]);

  await using second = await RawClient.tcp(harness.port);
  second.send({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    clientId: `${clientId}|authType=connwl,securemode=-2,_ss=1,ext=3,_v=sdk-c-4.2.0|`,
    username: `${deviceName}&${productKey}`,
    password: deviceToken,
  });
  const connack = await second.next();
  assert.equal(connack.cmd === 'connack' && connack.returnCode, 0);
  assert.equal(harness.gateway.sessionCount(), 1);
});

test('registrations take turns of their own: no sign-in waits for them', async () => {
  await using harness = await startGateway({ registrationsInFlightMax: 2, authenticationsInFlightMax: 1 });
  const register = harness.core.register.bind(harness.core);
  const gate = Promise.withResolvers<void>();
  let running = 0;
  harness.core.register = async (claim, address) => {
    running++;
    await gate.promise;
    return register(claim, address);
  };
  const devices = Array.from({ length: 5 }, (_, index) => harness.core.addDevice(`new-${index}`));
  const clients = await Promise.all(devices.map(() => RawClient.tcp(harness.port)));
  for (const [index, client] of clients.entries()) client.send(registerPacket(devices[index]!, 'register'));
  await until(() => harness.gateway.stats().packetsReceived === 5, 'every CONNECT is read');
  assert.equal(running, 2);
  await using _known = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  gate.resolve();
  for (const client of clients) {
    const connack = await client.next();
    assert.equal(connack.cmd === 'connack' && connack.returnCode, 0);
    await client[Symbol.asyncDispose]();
  }
  assert.equal(running, 5);
});

test('a registration is never a session: not counted, not told to the core, not pushed to, no PUBLISH', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.tcp(harness.port);
  client.send(registerPacket(device, 'register'));
  await client.next();
  await client.nextMessage();

  assert.equal(harness.gateway.sessionCount(), 0);
  assert.equal(harness.core.opened.length, 0);
  assert.equal(harness.gateway.push({ ...device, deviceId: device.id, messageId: 1, payload: '{}' }), false);
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '/ext/register', qos: 0 }] });
  const suback = await client.next();
  assert.deepEqual(suback.cmd === 'suback' && suback.granted, [0x80]);
  client.publish(`/sys/${device.productKey}/lamp-1/thing/config/get`, '{"id":"1"}');
  await client.closed;
  assert.deepEqual(harness.events.faults, ['packet-unexpected']);
  assert.equal(harness.core.requests.length, 0);
});

test('a registration has no keep-alive that could be too short', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.tcp(harness.port);
  client.send({ ...registerPacket(device, 'register'), keepalive: 10 } as Packet);
  const connack = await client.next();
  assert.equal(connack.cmd === 'connack' && connack.returnCode, 0);
  assert.equal((await client.nextMessage()).topic, '/ext/register');
});

test('a wrong product secret is answered with CONNACK 4, an unavailable store with 3', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using first = await RawClient.tcp(harness.port);
  first.send(registerPacket(device, 'register', 'wrong'));
  const refused = await first.next();
  assert.equal(refused.cmd === 'connack' && refused.returnCode, 4);
  await first.closed;

  harness.core.register = async () => ({ kind: 'unavailable' });
  await using second = await RawClient.tcp(harness.port);
  second.send(registerPacket(device, 'register'));
  const unavailable = await second.next();
  assert.equal(unavailable.cmd === 'connack' && unavailable.returnCode, 3);
});

test('a registration connection ends when its life is over, whatever it sends', async () => {
  await using harness = await startGateway({ registrationMs: 10_000 });
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.tcp(harness.port);
  client.send(registerPacket(device, 'register'));
  await client.next();
  await client.nextMessage();
  harness.advance(9_999);
  assert.deepEqual(await client.packetsBeforePong(), []);
  harness.advance(1);
  await client.closed;
  assert.deepEqual(harness.events.closeReasons, ['registered']);
});
