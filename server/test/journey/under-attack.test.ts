/**
 * A whole server and clients that mean harm. Under each attack a well-behaved device connects, asks, and fetches
 * its configuration within a bounded wait; afterwards the connections and their memory are gone.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createWebSocketStream, WebSocket } from 'ws';
import { selfSignedCertificate, TLS_SKIP_REASON } from '../mqtt/support/transports.ts';
import { AlinkDevice, download } from '../support/alink-device.ts';
import {
  Crowd,
  connectPacket,
  conversation,
  converse,
  dribble,
  publishPacket,
} from '../support/rude-client.ts';
import { createDevices, createProduct, type DeviceIdentity, numbered } from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

/** What an honest device waits at most; it is some milliseconds on a quiet machine. */
const SERVED_WITHIN_MS = 5_000;
/** What may be left of an attack: caches that fill once, not something per connection. */
const MEMORY_LEFT_MAX = 16 * 1024 * 1024;
const HUGE = Buffer.from([0xff, 0xff, 0xff, 0x7f]);

let server: TestServer;
let certificates: string;
/** A fresh one for each use: requests of a device are limited. */
let honest: DeviceIdentity[];
let rude: DeviceIdentity;
before(async () => {
  certificates = mkdtempSync(join(tmpdir(), 'opencota-attack-'));
  const environment: Record<string, string> = { OPENCOTA_MQTTS_PORT: '0' };
  if (TLS_SKIP_REASON === false) {
    const { cert, key } = selfSignedCertificate();
    for (const [name, text] of Object.entries({ cert, key })) {
      writeFileSync(join(certificates, name), text);
      environment[`OPENCOTA_TLS_${name.toUpperCase()}`] = join(certificates, name);
    }
  }
  server = await startTestServer({ environment });
  const { productKey } = await createProduct(server.admin, { configBytesMax: 1_048_576 });
  [rude, ...honest] = (await createDevices(server.admin, productKey, numbered('lamp', 40))) as [
    DeviceIdentity,
  ];
  await server.admin.saveVersion(productKey, JSON.stringify(['x'.repeat(200_000)]));
});
after(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(certificates, { recursive: true });
});

/** A device that was not connected before gets its configuration. */
async function serveSomebody(t: TestContext): Promise<void> {
  const startedAt = performance.now();
  await using device = await AlinkDevice.connect(server.mqttPort, honest.pop()!);
  await download((await device.get()).data);
  const ms = Math.round(performance.now() - startedAt);
  t.diagnostic(`served in ${ms} ms`);
  assert.ok(ms < SERVED_WITHIN_MS, `it took ${ms} ms`);
}

// Garbage is collected when it is asked for, so that what is weighed is what is held.
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Bytes that the process holds on to. */
function weigh(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Runs an attack; an honest device is served meanwhile and afterwards, and nothing of the attack stays. */
async function withstand(
  t: TestContext,
  attack: (crowd: Crowd, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const earlier = weigh();
  {
    await using crowd = new Crowd();
    const stop = new AbortController();
    const attacking = attack(crowd, stop.signal);
    await serveSomebody(t);
    stop.abort();
    await attacking;
    await serveSomebody(t);
  }
  await until('every connection is gone', () => server.app.gateway.stats().connections === 0);
  const left = await until('its memory is free again', () => {
    const bytes = weigh() - earlier;
    return bytes < MEMORY_LEFT_MAX && { bytes };
  });
  t.diagnostic(`${Math.round(left.bytes / 1024)} KiB more than before`);
}

test('silent connections, and ones that come and go, on every port', (t) =>
  withstand(t, async (crowd) => {
    for (const port of [server.mqttPort, server.app.mqttsPort, server.app.httpPort])
      if (port !== null) await crowd.open(port, 150);
    for (let round = 0; round < 5; round += 1) {
      await using passing = new Crowd();
      await passing.open(server.mqttPort, 100);
    }
  }));

test('CONNECT that comes byte by byte, and never to its end', (t) =>
  withstand(t, async (crowd, signal) => {
    const sockets = await crowd.open(server.mqttPort, 100);
    await dribble(sockets, connectPacket(rude).subarray(0, -1), signal);
  }));

test('packets, frames and bodies of 256 MB that are announced', (t) =>
  withstand(t, async (crowd) => {
    await crowd.send(server.mqttPort, 100, Buffer.concat([Buffer.from([0x10]), HUGE]));
    await crowd.closed();
    await crowd.send(server.mqttPort, 5, Buffer.concat([connectPacket(rude), Buffer.from([0x30]), HUGE]));
    const upgrade = `GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`;
    const frame = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]);
    await crowd.send(server.app.httpPort, 20, Buffer.concat([Buffer.from(upgrade), frame]));
    await crowd.closed();
    for (const path of ['/api/v1/session', '/auth/register/device', '/d/x', '/healthz'])
      await crowd.send(
        server.app.httpPort,
        20,
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 268435456\r\n\r\n{`,
      );
  }));

test('readers that do not read', (t) =>
  withstand(t, async (crowd) => {
    await using device = await AlinkDevice.connect(server.mqttPort, honest.pop()!);
    const { pathname } = new URL((await device.get()).data.url!);
    const readers = await crowd.open(server.app.httpPort, 50);
    for (const socket of readers) {
      socket.pause();
      socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(20));
    }
    const devices = await crowd.send(server.mqttPort, 1, connectPacket(rude));
    devices[0]!.pause();
    devices[0]!.write(Buffer.alloc(8_000, Buffer.from([0xc0, 0])));
  }));

test('requests of one device without a pause', async (t) => {
  const question = publishPacket(rude, 'thing/config/get', { id: '1', version: '1.0', params: {} });
  const report = publishPacket(rude, 'thing/config/push_reply', { id: '0', code: 200, data: {} }, 9);
  await withstand(t, async (crowd, signal) => {
    for (let round = 0; round < 10 && !signal.aborted; round += 1) {
      const flood = Buffer.concat([
        connectPacket(rude),
        ...Array(1_000).fill(round % 2 === 0 ? question : report),
      ]);
      await crowd.send(server.mqttPort, 1, flood);
      await crowd.closed();
    }
  });
});

test('packets with bytes changed at random', async (t) => {
  let seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const stream = conversation(rude);
  await withstand(t, async (crowd) => {
    const sockets = await crowd.open(server.mqttPort, 200);
    for (const socket of sockets) {
      const bytes = Buffer.from(stream);
      for (let change = 0; change <= random(4); change += 1) bytes[random(bytes.length)] = random(256);
      socket.end(bytes);
    }
    await crowd.closed();
  });
});

test('wrong signatures in many names, as fast as they can be sent', async (t) => {
  const strangers = numbered('stranger', 300).map((deviceName) => connectPacket({ ...rude, deviceName }));
  await withstand(t, async (crowd) => {
    const sockets = await crowd.open(server.mqttPort, strangers.length);
    for (const [index, socket] of sockets.entries()) socket.write(strangers[index]!);
    await crowd.closed();
  });
});

test('handshakes of TLS that are none, or stop half way', { skip: TLS_SKIP_REASON }, (t) =>
  withstand(t, async (crowd) => {
    const port = server.app.mqttsPort!;
    await crowd.send(port, 50, Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await crowd.closed();
    // The head of a handshake record, whose body never comes.
    await crowd.send(port, 100, Buffer.from([0x16, 3, 1, 2, 0, 1]));
  }),
);

test('heads and bodies of HTTP that come byte by byte', (t) =>
  withstand(t, async (crowd, signal) => {
    const { httpPort } = server.app;
    const heads = await crowd.open(httpPort, 100);
    const bodies = await crowd.send(
      httpPort,
      100,
      'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n',
    );
    await Promise.all([
      dribble(heads, Buffer.from('GET /healthz HTTP/1.1\r\nHost: x\r\nX: yyyyyyyy'), signal),
      dribble(bodies, Buffer.alloc(50, ' '), signal),
    ]);
  }));

test('requests over HTTP without a pause, and guessed passwords', (t) =>
  withstand(t, async (crowd) => {
    const { httpPort } = server.app;
    const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    await crowd.send(httpPort, 10, ask('/api/v1/products').repeat(200));
    await crowd.send(httpPort, 10, ask(`/d/${'A'.repeat(68)}`).repeat(200));
    const guess = JSON.stringify({ username: 'admin', password: 'a guess of many' });
    const head = `POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${guess.length}\r\n\r\n`;
    await crowd.send(httpPort, 30, head + guess);
  }));

test('a stream in pieces of one to three bytes is answered over TCP, TLS and WebSocket, with a sign-in that takes its time', async () => {
  const { mqttPort, mqttsPort, httpPort } = { ...server, ...server.app };
  const ways = [
    () => new Crowd().open(mqttPort!, 1).then(([socket]) => socket!),
    () => createWebSocketStream(new WebSocket(`ws://127.0.0.1:${httpPort}/mqtt`, 'mqtt')),
    ...(mqttsPort === null
      ? []
      : [() => connectTls({ host: '127.0.0.1', port: mqttsPort, rejectUnauthorized: false })]),
  ];
  for (const open of ways) {
    const stream = await open();
    stream.on('error', () => {});
    const packets = await converse(stream, conversation(honest.pop()!), 3);
    assert.deepEqual(packets.map(({ cmd }) => cmd).toSorted(), ['connack', 'puback', 'publish']);
    stream.destroy();
  }
});
