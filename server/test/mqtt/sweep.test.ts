import assert from 'node:assert/strict';
import test from 'node:test';
import { startGateway } from './support/harness.ts';
import { connectPacket, RawClient } from './support/raw-client.ts';

test('a silent device is closed after one and a half keep-alives and not before (MQTT-3.1.2-24)', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.signedIn(harness.port, device, { keepAliveSeconds: 40 });
  harness.advance(59_999);
  assert.deepEqual(await client.packetsBeforePong(), []);
  harness.advance(59_999);
  assert.deepEqual(await client.packetsBeforePong(), []);
  harness.advance(60_000);
  await client.closed;
  assert.deepEqual(harness.events.closeReasons, ['keep-alive-timeout']);
  assert.equal(harness.core.closed.length, 1);
});

for (const keepAliveSeconds of [0, 1_201, 65_535]) {
  test(`a keep-alive of ${keepAliveSeconds} s is treated as 1200 s`, async () => {
    await using harness = await startGateway();
    const device = harness.core.addDevice('lamp-1');
    await using client = await RawClient.signedIn(harness.port, device, { keepAliveSeconds });
    harness.advance(1_799_999);
    assert.deepEqual(await client.packetsBeforePong(), []);
    harness.advance(1_800_000);
    await client.closed;
    assert.deepEqual(harness.events.closeReasons, ['keep-alive-timeout']);
  });
}

test('keep-alives of 30 s and 1200 s are accepted as they are', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  for (const keepAliveSeconds of [30, 1_200]) {
    await using client = await RawClient.signedIn(harness.port, device, { keepAliveSeconds });
    harness.advance(keepAliveSeconds * 1_500 - 1);
    assert.deepEqual(await client.packetsBeforePong(), []);
    harness.advance(keepAliveSeconds * 1_500);
    await client.closed;
  }
});

test('a connection that sends no CONNECT, or dribbles one, is closed after 10 s (MQTT-3.1.4-1)', async () => {
  await using harness = await startGateway();
  await using silent = await RawClient.tcp(harness.port);
  await using dribbling = await RawClient.tcp(harness.port);
  dribbling.send(Buffer.from([0x10, 0x40, 0x00]));
  await using signedIn = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  harness.advance(10_000);
  await silent.closed;
  await dribbling.closed;
  assert.deepEqual(harness.events.closeReasons, ['connect-timeout', 'connect-timeout']);
  assert.deepEqual(await signedIn.packetsBeforePong(), []);
});

test('a refused client that does not close its side is destroyed', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.tcp(harness.port);
  client.stream.allowHalfOpen = true;
  client.send(connectPacket(device, { deviceSecret: 'wrong' }));
  const connack = await client.next();
  assert.equal(connack.cmd === 'connack' && connack.returnCode, 4);
  assert.equal(harness.gateway.stats().connections, 1);
  client.stream.on('end', () => harness.advance(2_000));
  const tick = setInterval(() => client.stream.write(Buffer.from([0xc0, 0])), 5);
  await client.closed;
  clearInterval(tick);
  assert.equal(harness.gateway.stats().connections, 0);
});
