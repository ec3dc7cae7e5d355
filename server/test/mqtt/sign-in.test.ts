import assert from 'node:assert/strict';
import test from 'node:test';
import { PRODUCT_KEY } from './support/fake-core.ts';
import { startGateway, until } from './support/harness.ts';
import { connectPacket, RawClient } from './support/raw-client.ts';

const PK = PRODUCT_KEY;
const DN = 'lamp-1';

test('an unavailable core, or one that throws, is answered with CONNACK 3', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice(DN);
  const answers = [
    async () => ({ kind: 'unavailable' }) as const,
    () => Promise.reject(new Error('the store is gone')),
  ];
  for (const answer of answers) {
    harness.core.signIn = answer;
    await using client = await RawClient.tcp(harness.port);
    client.send(connectPacket(device));
    const connack = await client.next();
    assert.equal(connack.cmd === 'connack' && connack.returnCode, 3);
    await client.closed;
  }
});

test('a core that takes longer than the limit is answered with CONNACK 3, and its late answer has no effect', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice(DN);
  const { promise, resolve } = Promise.withResolvers<{ kind: 'ok'; device: typeof device }>();
  let isAsked = false;
  harness.core.signIn = () => {
    isAsked = true;
    return promise;
  };
  await using client = await RawClient.tcp(harness.port);
  client.send(connectPacket(device));
  await until(() => isAsked, 'the core is asked');
  harness.advance(10_000);
  const connack = await client.next();
  assert.equal(connack.cmd === 'connack' && connack.returnCode, 3);
  await client.closed;
  resolve({ kind: 'ok', device });
  await promise;
  assert.equal(harness.gateway.sessionCount(), 0);
  assert.equal(harness.core.opened.length, 0);
});

test('packets sent right behind CONNECT wait for the sign-in and are then handled in order', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice(DN);
  const gate = Promise.withResolvers<void>();
  const signIn = harness.core.signIn.bind(harness.core);
  harness.core.signIn = async (claim, address) => {
    await gate.promise;
    return signIn(claim, address);
  };
  await using client = await RawClient.tcp(harness.port);
  const topic = `/sys/${PK}/${DN}/thing/config/get`;
  client.send(connectPacket(device), {
    cmd: 'subscribe',
    messageId: 3,
    subscriptions: [{ topic: `/sys/${PK}/${DN}/#`, qos: 1 }],
  });
  client.publish(topic, '{"id":"1"}');
  client.publish(topic, '{"id":"2"}');
  await until(() => harness.gateway.stats().packetsReceived === 1, 'CONNECT is read');
  gate.resolve();

  const kinds = [(await client.next()).cmd, (await client.next()).cmd];
  const replies = [
    JSON.parse((await client.nextMessage()).text).id,
    JSON.parse((await client.nextMessage()).text).id,
  ];
  assert.deepEqual([...kinds, ...replies], ['connack', 'suback', '1', '2']);
});

test('a second CONNECT closes the connection (MQTT-3.1.0-2)', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice(DN);
  await using client = await RawClient.signedIn(harness.port, device);
  client.send(connectPacket(device));
  await client.closed;
  assert.deepEqual(harness.events.faults, ['connect-repeated']);
});

test('anything before CONNECT closes the connection at its first byte (MQTT-3.1.0-1)', async () => {
  await using harness = await startGateway();
  for (const first of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from([0xc0]),
    Buffer.from([0x30]),
    Buffer.from([0x16, 3, 1]),
  ]) {
    await using client = await RawClient.tcp(harness.port);
    client.send(first);
    await client.closed;
  }
  assert.deepEqual(new Set(harness.events.faults), new Set(['connect-expected', 'flags-reserved']));
});

test('the client’s id never decides: another device with the same client id replaces nobody', async () => {
  await using harness = await startGateway();
  const [first, second] = [harness.core.addDevice(DN), harness.core.addDevice('lamp-2')];
  await using one = await RawClient.signedIn(harness.port, first, { clientId: 'same' });
  await using _two = await RawClient.signedIn(harness.port, second, { clientId: 'same' });
  assert.deepEqual(await one.packetsBeforePong(), []);
  assert.equal(harness.gateway.sessionCount(), 2);
});

test('failed sign-ins in a device’s name are throttled for their address only', async () => {
  await using harness = await startGateway({ failedSignInsPerDevicePerMinute: 2 });
  const device = harness.core.addDevice(DN);
  const attempt = async (address: string, deviceSecret: string) => {
    await using client = await RawClient.tcp(harness.port, address);
    client.send(connectPacket(device, { deviceSecret }));
    const connack = await client.next();
    return connack.cmd === 'connack' ? connack.returnCode : undefined;
  };
  const stranger = [];
  for (let count = 0; count < 4; count++) stranger.push(await attempt('127.0.0.2', 'wrong'));
  assert.deepEqual(stranger, [4, 4, 5, 5]);
  assert.equal(harness.core.claims.length, 2, 'the core is not asked once throttled');
  assert.equal(await attempt('127.0.0.3', device.deviceSecret), 0);
  harness.advance(60_000);
  assert.equal(await attempt('127.0.0.2', device.deviceSecret), 0);
});

test('at most so many sign-ins are asked of the core at a time, and all are answered', async () => {
  await using harness = await startGateway({ authenticationsInFlightMax: 2 });
  const signIn = harness.core.signIn.bind(harness.core);
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  harness.core.signIn = async (claim, address) => {
    most = Math.max(most, ++running);
    await gate.promise;
    running--;
    return signIn(claim, address);
  };
  const devices = Array.from({ length: 20 }, (_, index) => harness.core.addDevice(`lamp-${index}`));
  const signingIn = Promise.all(devices.map((device) => RawClient.signedIn(harness.port, device)));
  await until(() => harness.gateway.stats().packetsReceived === 20, 'every CONNECT is read');
  assert.equal(running, 2);
  gate.resolve();
  const clients = await signingIn;
  assert.equal(most, 2);
  assert.equal(harness.gateway.sessionCount(), 20);
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
});
