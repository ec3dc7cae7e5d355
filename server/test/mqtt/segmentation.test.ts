import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { WebSocket } from 'ws';
import { type KnownDevice, PRODUCT_KEY } from './support/fake-core.ts';
import { startGateway, until } from './support/harness.ts';
import { connectPacket, encode, RawClient } from './support/raw-client.ts';
import { overTcp, overTls, overWebSocket, TLS_SKIP_REASON } from './support/transports.ts';

const topic = (suffix: string) => `/sys/${PRODUCT_KEY}/lamp-1/thing/config/${suffix}`;

/** CONNECT, SUBSCRIBE, a report, a question: what a device sends in its first second. */
function conversation(device: KnownDevice): Buffer {
  const report = {
    topic: topic('push_reply'),
    payload: '{"id":"1","code":200}',
    qos: 1,
    messageId: 8,
  } as const;
  const question = { topic: topic('get'), payload: '{"id":"2"}', qos: 0 } as const;
  return Buffer.concat([
    encode(connectPacket(device)),
    encode({ cmd: 'subscribe', messageId: 7, subscriptions: [{ topic: topic('get_reply'), qos: 0 }] }),
    encode({ cmd: 'publish', dup: false, retain: false, ...report }),
    encode({ cmd: 'publish', dup: false, retain: false, ...question }),
  ]);
}

async function answersTo(client: RawClient): Promise<string[]> {
  const kinds: string[] = [];
  for (let count = 0; count < 4; count++) kinds.push((await client.next()).cmd);
  return kinds.toSorted();
}

const ANSWERS = ['connack', 'puback', 'publish', 'suback'];

/** Writes pieces, each in a turn of its own so that they are sent apart. */
async function writePieces(client: RawClient, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    client.stream.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A small generator with a seed, so that a failing cut can be made again. */
function randomPieces(stream: Buffer, seed: number): Buffer[] {
  const pieces: Buffer[] = [];
  let state = seed;
  for (let at = 0; at < stream.length; ) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    const size = 1 + ((state >> 16) % 40);
    pieces.push(stream.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const TRANSPORTS = [
  { name: 'TCP', open: overTcp, skip: false as const },
  { name: 'TLS', open: overTls, skip: TLS_SKIP_REASON },
  { name: 'WebSocket', open: overWebSocket, skip: false as const },
];

for (const { name, open, skip } of TRANSPORTS) {
  test(`a conversation in pieces of one byte is answered over ${name}`, { skip }, async () => {
    await using harness = await startGateway();
    const device = harness.core.addDevice('lamp-1');
    await using transport = await open(harness.gateway);
    await using client = await transport.connect();
    await writePieces(
      client,
      Array.from(conversation(device), (byte) => Buffer.from([byte])),
    );
    assert.deepEqual(await answersTo(client), ANSWERS);
  });

  test(`a conversation cut at random is answered over ${name}`, { skip }, async (t) => {
    await using harness = await startGateway();
    const device = harness.core.addDevice('lamp-1');
    await using transport = await open(harness.gateway);
    for (let round = 0; round < 5; round++) {
      const seed = Math.floor(Math.random() * 1e9);
      t.diagnostic(`seed ${seed}`);
      await using client = await transport.connect();
      await writePieces(client, randomPieces(conversation(device), seed));
      assert.deepEqual(await answersTo(client), ANSWERS, `seed ${seed}`);
    }
  });
}

test('a conversation cut in two at every place is answered', async () => {
  await using harness = await startGateway({
    takeoversPerMinute: 1_000,
    getsPerMinute: 60_000,
    getsBurst: 1_000,
  });
  const device = harness.core.addDevice('lamp-1');
  const stream = conversation(device);
  for (let cut = 1; cut < stream.length; cut++) {
    await using client = await RawClient.tcp(harness.port);
    await writePieces(client, [stream.subarray(0, cut), stream.subarray(cut)]);
    assert.deepEqual(await answersTo(client), ANSWERS, `cut at ${cut} of ${stream.length}`);
  }
});

test('the subprotocol of MQTT 3.1 is taken too, and no subprotocol is refused (MQTT-6.0.0-3)', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using transport = await overWebSocket(harness.gateway, 'mqttv3.1');
  await using client = await transport.connect();
  client.send(connectPacket(device));
  assert.equal((await client.next()).cmd, 'connack');

  const without = new WebSocket(`ws://127.0.0.1:${transport.port}/mqtt`);
  const [error] = await once(without, 'error');
  assert.match(String(error), /400/);
});

test('a device that leaves is noticed over WebSocket, whether it says goodbye or not', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using transport = await overWebSocket(harness.gateway);
  for (const goodbye of ['end', 'destroy'] as const) {
    await using client = await transport.connect();
    client.send(connectPacket(device));
    await client.next();
    client.stream[goodbye]();
    await until(() => harness.gateway.sessionCount() === 0, `the session ends after ${goodbye}`);
    await until(() => harness.gateway.stats().connections === 0, `the connection is gone after ${goodbye}`);
  }
});

test('a text frame closes the WebSocket (MQTT-6.0.0-1)', async () => {
  await using harness = await startGateway();
  await using transport = await overWebSocket(harness.gateway);
  const webSocket = new WebSocket(`ws://127.0.0.1:${transport.port}/mqtt`, 'mqtt');
  await once(webSocket, 'open');
  webSocket.send('hello');
  await once(webSocket, 'close');
  assert.equal(harness.gateway.stats().packetsReceived, 0);
});
