import assert from 'node:assert/strict';
import test from 'node:test';
import { startGateway, until } from './support/harness.ts';
import { connectPacket, RawClient } from './support/raw-client.ts';

test('a newer connection of a device replaces the older, and the core hears no end', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using older = await RawClient.signedIn(harness.port, device, { clientId: 'one' });
  await using newer = await RawClient.signedIn(harness.port, device, { clientId: 'two' });

  await older.closed;
  assert.equal(harness.gateway.push({ ...device, deviceId: device.id, messageId: 4, payload: '{}' }), true);
  assert.equal((await newer.nextMessage()).text, '{}');
  assert.deepEqual([harness.core.opened.length, harness.core.closed.length], [2, 0]);
  assert.equal(harness.gateway.sessionCount(), 1);
  assert.equal(harness.events.of('takenOver').length, 1);
  await newer[Symbol.asyncDispose]();
  await until(() => harness.core.closed.length === 1, 'the end of the newer one is told');
});

test('two devices with one identity are noticed, once a minute', async () => {
  await using harness = await startGateway({ takeoversPerMinute: 3 });
  const device = harness.core.addDevice('lamp-1');
  for (let count = 0; count < 10; count++) {
    await using client = await RawClient.tcp(harness.port);
    client.send(connectPacket(device));
    await client.next();
    await using rival = await RawClient.signedIn(harness.port, device);
    await client.closed;
    void rival;
  }
  assert.equal(harness.events.of('identityConflict').length, 1);
});

test('ending a session closes its connection and is told to the core once', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.signedIn(harness.port, device);
  harness.gateway.endSession(device.id);
  assert.equal(harness.gateway.sessionCount(), 0);
  assert.equal(harness.gateway.push({ ...device, deviceId: device.id, messageId: 1, payload: '{}' }), false);
  harness.gateway.endSession(device.id);
  await client.closed;
  await until(() => harness.gateway.stats().connections === 0, 'the connection is gone');
  assert.equal(harness.core.closed.length, 1);
});

test('a session that the core ends while it is being opened does not stay', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  harness.core.sessionOpened = () => harness.gateway.endSession(device.id);
  await using client = await RawClient.tcp(harness.port);
  client.send(connectPacket(device), { cmd: 'pingreq' });
  await client.closed;
  assert.equal(harness.gateway.sessionCount(), 0);
});

test('a push made while the session opens comes behind the CONNACK', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  harness.core.sessionOpened = () => {
    harness.gateway.push({ ...device, deviceId: device.id, messageId: 1, payload: '{"id":"1"}' });
  };
  await using client = await RawClient.tcp(harness.port);
  client.send(connectPacket(device));
  assert.equal((await client.next()).cmd, 'connack');
  assert.equal((await client.nextMessage()).text, '{"id":"1"}');
});

test('DISCONNECT ends the session (MQTT-3.14.4-2)', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.signedIn(harness.port, device);
  client.send({ cmd: 'disconnect' });
  await client.closed;
  assert.deepEqual(harness.events.closeReasons, ['disconnect-packet']);
  assert.equal(harness.core.closed.length, 1);
});

test('only so many pushes are in flight; an acknowledgement makes room; a repeated one is harmless', async () => {
  await using harness = await startGateway({ inFlightPushesMax: 3 });
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.signedIn(harness.port, device);
  const push = (messageId: number) =>
    harness.gateway.push({ ...device, deviceId: device.id, messageId, payload: '{}' });
  assert.deepEqual([1, 2, 3, 4].map(push), [true, true, true, false]);
  const ids = [];
  for (let count = 0; count < 3; count++) ids.push((await client.nextMessage()).messageId);
  assert.equal(new Set(ids).size, 3);

  const ack = { cmd: 'puback', messageId: ids[1]! } as const;
  client.send(ack, ack, { cmd: 'puback', messageId: 60_000 });
  await client.packetsBeforePong();
  assert.deepEqual(
    harness.core.received.map((entry) => entry.messageId),
    [2],
  );
  assert.deepEqual([push(5), push(6)], [true, false]);
});

test('a core that throws when it is told of a session costs only that connection', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using bystander = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-2'));
  harness.core.sessionOpened = () => {
    throw new Error('a bug');
  };
  harness.core.sessionClosed = () => {
    throw new Error('another bug');
  };
  await using client = await RawClient.tcp(harness.port);
  client.send(connectPacket(device));
  await client.closed;
  assert.equal(harness.gateway.sessionCount(), 1);
  assert.equal(harness.events.of('connectionFailed').length, 2);
  assert.deepEqual(await bystander.packetsBeforePong(), []);
});
