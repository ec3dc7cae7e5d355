/** Rude clients: slow ones, smugglers, upgrades to nowhere; and what machines may read without a sign-in. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { BlockList, connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import { WRITE_WAIT_MS_MAX } from '../../src/http/limits.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import { createEvents } from '../../src/observe/events.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { AlinkDevice } from '../support/alink-device.ts';
import { createDevice, createProduct } from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';
import { exchange, parseAnswer, rawRequest } from './support/raw-http.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server[Symbol.asyncDispose]());

describe('slow clients', () => {
  let hasty: HttpServer;
  let port: number;
  before(async () => {
    hasty = await createHttpServer({
      services: server.app.services,
      store: server.app.store,
      events: createEvents(pino({ level: 'silent' }), createMetrics()),
      trustedProxies: [],
      trustedNetworks: new BlockList(),
      metricsToken: null,
      timeouts: { requestMs: 300, checkEveryMs: 50 },
      isDraining: () => false,
      handleUpgrade: (_request, socket) => socket.destroy(),
    });
    ({ port } = await hasty.listen({ host: '127.0.0.1', port: 0 }));
  });
  after(() => hasty[Symbol.asyncDispose]());

  /** Sends a byte each few milliseconds until the server has had enough. @returns what it said. */
  async function drip(head: string, drop: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    let said = '';
    const socket: Socket = connect({ port, host: '127.0.0.1' }, () => socket.write(head));
    const timer = setInterval(() => socket.writable && socket.write(drop), 20);
    socket.on('data', (chunk) => {
      said += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      resolve(said);
    });
    return promise;
  }

  test('that drip a header are cut', async () => {
    assert.match(await drip('GET /healthz HTTP/1.1\r\nHost: x\r\nX: ', 'y'), /^HTTP\/1\.1 408 /);
  });

  test('that drip a body are cut, at sign-in, download and registration too', async () => {
    const head = (path: string, type: string) =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 4000\r\n\r\n`;
    assert.match(await drip(head('/api/v1/session', 'application/json'), ' '), /^HTTP\/1\.1 408 /);
    assert.match(
      await drip(head('/auth/register/device', 'application/x-www-form-urlencoded'), 'a'),
      /408|^$/,
    );
  });

  test('that say nothing at all are cut', async () => {
    await drip('', '');
  });

  test('that ask and never read are cut', async () => {
    const { productKey } = await createProduct(server.admin, { configBytesMax: 1_048_576 });
    await server.admin.saveVersion(productKey, JSON.stringify(['x'.repeat(1_000_000)]));
    await using device = await AlinkDevice.connect(
      server.mqttPort,
      await createDevice(server.admin, productKey),
    );
    const { pathname } = new URL((await device.get()).data.url!);
    const socket = connect({ port, host: '127.0.0.1' });
    socket.pause();
    socket.on('error', () => {});
    // More than the buffers of both ends hold.
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(50));
    const countConnections = () =>
      new Promise<number>((resolve) => hasty.app.server.getConnections((_error, count) => resolve(count)));
    await until('the connection is there', async () => (await countConnections()) === 1);
    await until('the connection is gone', async () => (await countConnections()) === 0);
    socket.destroy();
  });

  test('do not keep others waiting', async () => {
    const slow = Array.from({ length: 50 }, () => drip('GET / HTTP/1.1\r\nX: ', 'y'));
    assert.equal((await rawRequest(port, 'GET', '/healthz')).status, 200);
    await Promise.all(slow);
  });
});

describe('requests that two servers would read differently', () => {
  const body = 'POST /api/v1/session HTTP/1.1\r\nHost: x\r\n';
  const SMUGGLED: [what: string, text: string][] = [
    ['a length and chunks', `${body}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${body}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`],
    ['a length that is no number', `${body}Content-Length: +4\r\n\r\nabcd`],
    ['an unknown encoding', `${body}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['a header name with a blank', `${body}Content-Length : 4\r\n\r\nabcd`],
    ['a folded header', `${body}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`],
    ['a lone line feed', 'GET /healthz HTTP/1.1\nHost: x\n\n'],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['two hosts', 'GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'],
    ['a chunk size that is no number', `${body}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
  ];
  for (const [what, text] of SMUGGLED) {
    test(`are refused: ${what}`, async () => {
      const answer = parseAnswer(
        await exchange(server.app.httpPort, `${text}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`),
      );
      assert.ok(answer.status >= 400 && answer.status < 500, String(answer.status));
      assert.ok(!answer.body.toString().includes('"ok"'), 'nothing behind it is answered');
    });
  }
});

test('an address in the form for proxies is understood, and a question mark behind one of devices is no other address', async () => {
  const ask = async (line: string) =>
    parseAnswer(
      await exchange(
        server.app.httpPort,
        `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      ),
    );
  assert.equal((await ask('GET http://x/healthz')).body.toString(), '{"status":"ok"}');
  assert.match((await ask('GET HTTP://x/d/forged')).body.toString(), /link/);
  for (const address of ['http://x/auth/register/device', '/auth/register/device?a=b'])
    assert.equal(JSON.parse((await ask(`POST ${address}`)).body.toString()).code, 460, address);
});

describe('upgrades', () => {
  const upgrade = (path: string, to: string) =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: ${to}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n`;

  test('to something unknown are ignored, so that a client that offers HTTP/2 is served', async () => {
    const answer = parseAnswer(await exchange(server.app.httpPort, upgrade('/healthz', 'h2c')));
    assert.equal(answer.status, 200);
    assert.equal(answer.body.toString(), '{"status":"ok"}');
  });

  test('to a WebSocket are taken at /mqtt, and at / where browsers of the managed service go', async () => {
    for (const path of ['/mqtt', '/', '/mqtt?from=anywhere']) {
      const request = upgrade(path, 'websocket').replace(', close', '').trimEnd();
      const socket = connect({ port: server.app.httpPort, host: '127.0.0.1' });
      socket.write(`${request}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`);
      const [answer] = await once(socket, 'data');
      socket.destroy();
      assert.match(answer.toString(), /^HTTP\/1\.1 101 /, path);
    }
  });

  test('to a WebSocket elsewhere than MQTT are refused in words', async () => {
    const answer = parseAnswer(await exchange(server.app.httpPort, upgrade('/api/v1/products', 'websocket')));
    assert.equal(answer.status, 404);
    assert.match(JSON.parse(answer.body.toString()).detail, /\/mqtt/);
  });
});

describe('for machines', () => {
  const get = (path: string, headers: Record<string, string> = {}, at = server) =>
    fetch(at.baseUrl + path, { headers });

  test('health and readiness are open and say no more than that', async () => {
    assert.equal(await (await get('/healthz')).text(), '{"status":"ok"}');
    assert.equal(await (await get('/readyz')).text(), '{"status":"ready"}');
  });

  test('metrics are for this machine, unless a proxy passed the request on', async () => {
    const response = await get('/metrics');
    assert.equal(response.status, 200);
    assert.match(await response.text(), /^opencota_rollouts_total 0$/m);
    for (const headers of [{ 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }]) {
      const refused = await get('/metrics', headers as Record<string, string>);
      assert.equal(refused.status, 403);
      assert.match(await refused.text(), /OPENCOTA_METRICS_TOKEN/);
    }
  });

  test('metrics with a token are for whoever has it, and for nobody else', async () => {
    await using guarded = await startTestServer({
      environment: { OPENCOTA_METRICS_TOKEN: 'a metrics token' },
    });
    assert.equal((await get('/metrics', {}, guarded)).status, 401);
    assert.equal((await get('/metrics', { authorization: 'Bearer wrong' }, guarded)).status, 401);
    assert.equal((await get('/metrics', { authorization: 'Bearer a metrics token' }, guarded)).status, 200);
  });

  test('readiness ends when the server begins to stop, cannot read its store, or waits for its disk too long', async () => {
    let isDraining = false;
    let writeWaitMs = 0;
    let isBroken = false;
    const stopping = await createHttpServer({
      services: server.app.services,
      store: {
        ...server.app.store,
        read: (work) =>
          isBroken ? Promise.reject(new Error('disk gone at /data')) : server.app.store.read(work),
        writeWaitMs: () => writeWaitMs,
      },
      events: createEvents(pino({ level: 'silent' }), createMetrics()),
      trustedProxies: [],
      trustedNetworks: new BlockList(),
      metricsToken: null,
      isDraining: () => isDraining,
      handleUpgrade: (_request, socket) => socket.destroy(),
    });
    const { port } = await stopping.listen({ host: '127.0.0.1', port: 0 });
    const readiness = async () => (await rawRequest(port, 'GET', '/readyz')).status;
    writeWaitMs = WRITE_WAIT_MS_MAX;
    assert.equal(await readiness(), 200);
    writeWaitMs += 1;
    assert.equal(await readiness(), 503);
    writeWaitMs = 0;
    isBroken = true;
    const broken = await rawRequest(port, 'GET', '/readyz');
    assert.equal(broken.status, 500);
    assert.ok(!broken.body.toString().includes('/data'), 'the cause stays inside');
    isDraining = true;
    const answer = await rawRequest(port, 'GET', '/readyz');
    assert.equal(answer.status, 503);
    assert.equal(answer.header('retry-after'), '1');
    assert.equal(JSON.parse(answer.body.toString()).code, 'unavailable');
    assert.equal((await rawRequest(port, 'GET', '/healthz')).status, 200);
    await stopping[Symbol.asyncDispose]();
  });
});
