/** The gateway's limits at their value, where other tests only go beyond them: what is at the limit is taken. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseDeviceClaim } from '@opencota/contract/alink/credentials';
import { parseConfigGet } from '@opencota/contract/alink/messages';
import { DEFAULT_MQTT_LIMITS } from '../../src/mqtt/limits.ts';
import { parseSubDeviceClaim } from '../../src/mqtt/request.ts';
import { packet, remainingLength, string, uint16 } from './support/bytes.ts';
import { PRODUCT_KEY, subDeviceProof } from './support/fake-core.ts';
import { startGateway, until } from './support/harness.ts';
import { connectPacket, RawClient } from './support/raw-client.ts';
import { overWebSocket } from './support/transports.ts';

const topic = (suffix: string) => `/sys/${PRODUCT_KEY}/lamp-1/thing/config/${suffix}`;
const pings = (count: number) => Buffer.alloc(2 * count, Buffer.from([0xc0, 0]));

async function isServed(client: RawClient): Promise<boolean> {
  return (await client.packetsBeforePong()).length === 0;
}

test('a CONNECT of exactly its limit is judged by what it says, and one byte more by its size', async () => {
  await using harness = await startGateway();
  const connect = async (bytes: number) => {
    const rest = Buffer.concat([
      string('MQTT'),
      Buffer.from([4, 0xc2]),
      uint16(60),
      string('id|securemode=3|'),
    ]);
    const names = string('lamp-1&a1Product01');
    const password = bytes - 3 - rest.length - names.length - 2;
    await using client = await RawClient.tcp(harness.port);
    client.send(packet(0x10, rest, names, string('0'.repeat(password))));
    await client.closed;
  };
  await connect(DEFAULT_MQTT_LIMITS.connectPacketBytesMax);
  assert.deepEqual(harness.events.faults, []);
  await connect(DEFAULT_MQTT_LIMITS.connectPacketBytesMax + 1);
  assert.deepEqual(harness.events.faults, ['packet-too-large']);
});

test('a packet of exactly the limit is read before its payload is judged, and one byte more is not', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  for (const bytes of [DEFAULT_MQTT_LIMITS.packetBytesMax, DEFAULT_MQTT_LIMITS.packetBytesMax + 1]) {
    await using client = await RawClient.signedIn(harness.port, device);
    // Four bytes of header: 0x30 and three of length.
    client.send(Buffer.from([0x30, ...remainingLength(bytes - 4)]), string(topic('get')));
    client.send(Buffer.alloc(bytes - 4 - string(topic('get')).length));
    await client.closed;
  }
  assert.deepEqual(harness.events.faults, ['publish-payload-too-large', 'packet-too-large']);
});

test('a WebSocket frame of exactly its limit is taken', async () => {
  const webSocketFrameBytesMax = 1_024;
  await using harness = await startGateway({ webSocketFrameBytesMax });
  await using transport = await overWebSocket(harness.gateway);
  await using client = await transport.connect();
  client.send(connectPacket(harness.core.addDevice('lamp-1')));
  await client.next();
  // 1,024 bytes are 512 PINGREQs in one frame.
  client.stream.write(pings(webSocketFrameBytesMax / 2));
  for (let count = 0; count < webSocketFrameBytesMax / 2; count++)
    assert.equal((await client.next()).cmd, 'pingresp');
  client.stream.write(pings(webSocketFrameBytesMax / 2 + 1));
  await client.closed;
});

test('as many packets as the burst are answered, and the next one closes the connection', async () => {
  // The CONNECT is one of them.
  await using harness = await startGateway({ packetsPerSecond: 1, packetsBurst: 50 });
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  client.send(pings(49));
  for (let count = 0; count < 49; count++) await client.next();
  assert.equal(harness.gateway.stats().connections, 1);
  client.send(pings(1));
  await client.closed;
  assert.deepEqual(harness.events.closeReasons, ['rate']);
});

test('a connection has its whole time for CONNECT and no more', async () => {
  await using harness = await startGateway();
  await using silent = await RawClient.tcp(harness.port);
  await until(() => harness.gateway.stats().connections === 1, 'it is there');
  harness.advance(DEFAULT_MQTT_LIMITS.connectMs - 1);
  await using late = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  assert.equal(await isServed(late), true);
  assert.equal(harness.gateway.stats().connections, 2);
  harness.advance(1);
  await silent.closed;
  assert.deepEqual(harness.events.closeReasons, ['connect-timeout']);
});

test('connections up to the limit of all are taken, whatever their address', async () => {
  await using harness = await startGateway({ connectionsMax: 2 });
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  await using _second = await RawClient.tcp(harness.port, '127.0.0.2');
  await using third = await RawClient.tcp(harness.port, '127.0.0.3');
  await third.closed;
  assert.equal(await isServed(client), true);
  assert.deepEqual(
    harness.events.of('limitReached').map(({ limit }) => limit),
    ['connectionsMax'],
  );
});

test('as many devices as one request may name are taken', async () => {
  await using harness = await startGateway();
  const { devicesPerBatchMax, devicesPerTopoRequestMax } = DEFAULT_MQTT_LIMITS;
  const sensors = Array.from({ length: devicesPerBatchMax }, (_, index) =>
    harness.core.addDevice(`sensor-${index}`),
  );
  const proofs = sensors.map((sensor) => subDeviceProof(sensor));
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('gateway-1'));
  const ask = async (at: string, params: unknown) => {
    client.publish(at, { id: '1', version: '1.0', params });
    return JSON.parse((await client.nextMessage()).text).code;
  };
  const add = `/sys/${PRODUCT_KEY}/gateway-1/thing/topo/add`;
  assert.equal(await ask(add, proofs.slice(0, devicesPerTopoRequestMax)), 200);
  assert.equal(await ask(add, proofs.slice(devicesPerTopoRequestMax)), 200);
  const login = `/ext/session/${PRODUCT_KEY}/gateway-1/combine/batch_login`;
  assert.equal(await ask(login, { deviceList: proofs }), 200);
  assert.equal(harness.gateway.sessionCount(), devicesPerBatchMax + 1);
});

test('a client id has 512 characters and 32 parameters at most, an id of a message 64', () => {
  const claim = (clientId: string) => parseDeviceClaim(clientId, 'lamp-1&a1Product01', '00');
  const isRefused = (clientId: string) => 'refusal' in claim(clientId);
  assert.deepEqual([isRefused('a'.repeat(512)), isRefused('a'.repeat(513))], [false, true]);
  const parameters = (count: number) =>
    `a|${Array.from({ length: count }, (_, index) => `p${index}=1`).join()}|`;
  assert.deepEqual([isRefused(parameters(32)), isRefused(parameters(33))], [false, true]);
  const idOf = (length: number) => parseConfigGet(JSON.stringify({ id: 'i'.repeat(length) }))?.id.length;
  assert.deepEqual([idOf(64), idOf(65)], [64, 64]);
});

test("a member of a sub-device's proof has 512 characters at most", () => {
  const claim = { productKey: PRODUCT_KEY, deviceName: 'sensor-1', timestamp: '1', sign: '00' };
  const isRead = (length: number) =>
    parseSubDeviceClaim({ ...claim, clientId: 'c'.repeat(length) }) !== undefined;
  assert.deepEqual([isRead(512), isRead(513)], [true, false]);
});
