import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test from 'node:test';
import { connect as connectTls } from 'node:tls';
import fc from 'fast-check';
import { packet, remainingLength, string } from './support/bytes.ts';
import { type KnownDevice, PRODUCT_KEY } from './support/fake-core.ts';
import { type Harness, startGateway, until } from './support/harness.ts';
import { connectPacket, encode, RawClient } from './support/raw-client.ts';
import { overTls, overWebSocket, TLS_SKIP_REASON } from './support/transports.ts';

const topic = (suffix: string) => `/sys/${PRODUCT_KEY}/lamp-1/thing/config/${suffix}`;

async function isServed(client: RawClient): Promise<boolean> {
  return (await client.packetsBeforePong()).length === 0;
}

test('256 MB announced before or after sign-in closes the connection at once', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using before = await RawClient.tcp(harness.port);
  before.send(Buffer.from([0x10, ...remainingLength(268_435_455)]));
  await before.closed;
  await using after = await RawClient.signedIn(harness.port, device);
  after.send(Buffer.from([0x30, ...remainingLength(268_435_455)]));
  await after.closed;
  assert.deepEqual(harness.events.faults, ['packet-too-large', 'packet-too-large']);
});

test('a CONNECT over its own, smaller limit is refused; a large PUBLISH of a signed-in device is not', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using before = await RawClient.tcp(harness.port);
  before.send(Buffer.from([0x10, ...remainingLength(4_096)]));
  await before.closed;
  await using after = await RawClient.signedIn(harness.port, device);
  after.publish(topic('get'), JSON.stringify({ id: '1', padding: 'x'.repeat(200_000) }));
  assert.equal((await after.nextMessage()).topic, topic('get_reply'));
  after.publish(topic('get'), JSON.stringify({ id: '1', padding: 'x'.repeat(256 * 1_024) }));
  await after.closed;
  assert.deepEqual(harness.events.faults, ['packet-too-large', 'publish-payload-too-large']);
});

test('mutated packets never harm the process or another device', async () => {
  await using harness = await startGateway({
    failedSignInsPerDevicePerMinute: 1e9,
    failedSignInsPerAddressPerMinute: 1e9,
  });
  const device = harness.core.addDevice('lamp-1');
  await using bystander = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-2'));
  const stream = Buffer.concat([
    encode(connectPacket(device)),
    encode({ cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: topic('+'), qos: 1 }] }),
    encode({
      cmd: 'publish',
      topic: topic('push_reply'),
      payload: '{"id":"1","code":200}',
      qos: 1,
      messageId: 8,
      dup: false,
      retain: false,
    }),
    encode({ cmd: 'publish', topic: topic('get'), payload: '{"id":"2"}', qos: 0, dup: false, retain: false }),
    encode({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: [topic('push')] }),
    encode({ cmd: 'puback', messageId: 1 }),
    encode({ cmd: 'pingreq' }),
  ]);
  const change = fc.record({ at: fc.nat(stream.length - 1), byte: fc.nat(255) });
  const property = fc.asyncProperty(
    fc.array(change, { minLength: 1, maxLength: 4 }),
    fc.nat(stream.length),
    async (changes, cut) => {
      const bytes = Buffer.from(stream);
      for (const { at, byte } of changes) bytes[at] = byte;
      const socket = connect({ host: '127.0.0.1', port: harness.port });
      socket.on('error', () => {});
      socket.resume();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(bytes.subarray(0, cut));
      socket.end(bytes.subarray(cut));
      await closed;
    },
  );
  await fc.assert(property, { numRuns: 400 });
  assert.equal(await isServed(bystander), true);
  await until(() => harness.gateway.stats().connections === 1, 'every hostile connection is gone');
  assert.equal(harness.events.of('connectionFailed').length, 0);
  assert.equal(harness.gateway.sessionCount(), 1);
});

test('server-only and reserved packet types close the connection', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  for (const type of [0, 2, 5, 6, 7, 9, 11, 13, 15]) {
    await using client = await RawClient.signedIn(harness.port, device);
    client.send(packet(type << 4, [0, 1]));
    await client.closed;
  }
  assert.equal(harness.events.faults.length, 9);
});

test('silent connections beyond the limit cost the oldest of them their place, not a device its', async () => {
  await using harness = await startGateway({ unauthenticatedConnectionsMax: 10 });
  const silent = await Promise.all(Array.from({ length: 30 }, () => RawClient.tcp(harness.port)));
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  assert.equal(await isServed(client), true);
  await until(() => harness.gateway.stats().connections === 10, 'only as many wait as may');
  assert.equal(new Set(harness.events.closeReasons).has('evicted'), true);
  await Promise.all(silent.map((one) => one[Symbol.asyncDispose]()));
});

test('connections beyond those of an address are closed at once; other addresses are unaffected', async () => {
  await using harness = await startGateway({ connectionsPerAddressMax: 3 });
  const held = await Promise.all([1, 2, 3].map(() => RawClient.tcp(harness.port, '127.0.0.2')));
  await using fourth = await RawClient.tcp(harness.port, '127.0.0.2');
  await fourth.closed;
  assert.deepEqual(
    harness.events.of('limitReached').map((event) => event.limit),
    ['connectionsPerAddressMax'],
  );
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  assert.equal(await isServed(client), true);
  await Promise.all(held.map((one) => one[Symbol.asyncDispose]()));
});

test('a reader that does not read is dropped alone', async () => {
  await using harness = await startGateway({ inFlightPushesMax: 10_000 });
  const [slow, quick] = [harness.core.addDevice('lamp-1'), harness.core.addDevice('lamp-2')];
  await using reader = await RawClient.signedIn(harness.port, quick);
  await using stuck = await RawClient.signedIn(harness.port, slow);
  stuck.stream.pause();
  await flood(harness, slow);
  await until(() => harness.gateway.stats().connections === 1, 'the slow reader is dropped');
  assert.deepEqual(harness.events.closeReasons, ['slow-reader']);
  assert.equal(harness.gateway.push({ ...quick, deviceId: quick.id, messageId: 1, payload: '{}' }), true);
  assert.equal((await reader.nextMessage()).text, '{}');
});

async function flood(harness: Harness, device: KnownDevice): Promise<void> {
  const payload = 'x'.repeat(100_000);
  const push = () => harness.gateway.push({ ...device, deviceId: device.id, messageId: 1, payload });
  for (let count = 0; count < 1_000 && push(); count++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(push(), false, 'a push to a full connection is not handed over');
}

test('a device over its message rate loses QoS 0 messages first, then its connection', async () => {
  await using harness = await startGateway({ messagesPerSecond: 1, messagesBurst: 5, getsBurst: 100 });
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.signedIn(harness.port, device);
  for (let count = 0; count < 8; count++) client.publish(topic('get'), '{"id":"1"}');
  assert.equal((await client.packetsBeforePong()).length, 5);
  assert.equal(await isServed(client), true);
  for (let count = 0; count < 3; count++) client.publish(topic('get'), '{"id":"1"}');
  await client.closed;

  await using second = await RawClient.signedIn(harness.port, device);
  for (let count = 1; count <= 6; count++) second.publish(topic('get'), '{"id":"1"}', count);
  await second.closed;
  assert.deepEqual(harness.events.closeReasons, ['rate', 'rate']);
  assert.equal(
    harness.events.of('limitReached').filter((event) => event.limit === 'messagesPerSecond').length,
    2,
  );
});

test('a get over its rate is answered 429 with the time to wait, also after a reconnect', async () => {
  await using harness = await startGateway({ getsPerMinute: 6, getsBurst: 2 });
  const device = harness.core.addDevice('lamp-1');
  const codes: unknown[] = [];
  const ask = async (client: RawClient) => {
    client.publish(topic('get'), '{"id":"1"}');
    const { code, data } = JSON.parse((await client.nextMessage()).text);
    codes.push(code, data.retryAfterSeconds);
  };
  await using first = await RawClient.signedIn(harness.port, device);
  await ask(first);
  await ask(first);
  await using second = await RawClient.signedIn(harness.port, device);
  await ask(second);
  harness.advance(10_000);
  await ask(second);
  assert.deepEqual(codes, [200, undefined, 200, undefined, 429, 10, 200, undefined]);
});

test('a flood of packets of any kind closes the connection', async () => {
  await using harness = await startGateway({ packetsPerSecond: 1, packetsBurst: 50 });
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  client.send(Buffer.concat(Array(100).fill(Buffer.from([0xc0, 0]))));
  await client.closed;
  assert.deepEqual(harness.events.closeReasons, ['rate']);
});

test('a TLS port that hears no handshake gives its places back', { skip: TLS_SKIP_REASON }, async () => {
  await using harness = await startGateway({ unauthenticatedConnectionsMax: 4 });
  await using transport = await overTls(harness.gateway);
  const silent = await Promise.all(Array.from({ length: 12 }, () => RawClient.tcp(transport.port)));
  await using client = await transport.connect();
  client.send(connectPacket(harness.core.addDevice('lamp-1')));
  assert.equal((await client.next()).cmd, 'connack');
  await Promise.race(silent.map((one) => one.closed));
  await Promise.all(silent.map((one) => one[Symbol.asyncDispose]()));
});

test('a WebSocket frame over its limit closes that connection before it is buffered', async () => {
  await using harness = await startGateway({ webSocketFrameBytesMax: 1_024 });
  await using transport = await overWebSocket(harness.gateway);
  await using client = await transport.connect();
  client.stream.write(packet(0x10, string('MQTT'), Buffer.alloc(2_000)));
  await client.closed;
  await until(() => harness.gateway.stats().connections === 0, 'the connection is gone');
  assert.equal(harness.gateway.stats().packetsReceived, 0);
});

test('a reset connection harms nothing, over TCP or TLS', { skip: TLS_SKIP_REASON }, async () => {
  await using harness = await startGateway();
  await using transport = await overTls(harness.gateway);
  const device = harness.core.addDevice('lamp-1');
  for (const isTls of [false, true]) {
    const socket = connect({ host: '127.0.0.1', port: isTls ? transport.port : harness.port });
    socket.on('error', () => {});
    await using client = new RawClient(isTls ? connectTls({ socket, rejectUnauthorized: false }) : socket);
    client.send(connectPacket(device));
    await client.next();
    socket.resetAndDestroy();
    await until(() => harness.gateway.stats().connections === 0, 'the connection is gone');
  }
  assert.equal(harness.core.closed.length, 2);
});
