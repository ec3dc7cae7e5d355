/** Every limit of the HTTP side at its value and just above it: what is at the limit is taken. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { BlockList, connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import {
  BULK_ROWS_MAX,
  CONFIG_BYTES_CEILING,
  IDEMPOTENCY_KEY_CHARS_MAX,
  NAME_CHARS_MAX,
  PAGE_SIZE_MAX,
  SCHEMA_BYTES_MAX,
  TAG_CHARS_MAX,
  TAGS_MAX,
} from '../../src/domain/limits.ts';
import { createRegistrationEndpoint } from '../../src/http/device-registration.ts';
import * as limits from '../../src/http/limits.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import { createEvents } from '../../src/observe/events.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { ApiRequest } from '../support/api-client.ts';
import { createDevice, createProduct } from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';
import { exchange, parseAnswer, rawRequest } from './support/raw-http.ts';

let server: TestServer;
let productKey: string;
let product: string;
before(async () => {
  server = await startTestServer({ environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' } });
  ({ productKey } = await createProduct(server.admin));
  await createDevice(server.admin, productKey);
  product = `/products/${productKey}`;
});
after(() => server[Symbol.asyncDispose]());

async function statusOf(method: string, path: string, request: ApiRequest = {}): Promise<number> {
  return (await server.admin.send(method, path, request)).status;
}

describe('members of a request, at the limit and above', () => {
  /** A change of the product, with the largest value that is taken and the first that is not. */
  const NUMBERS: [member: string, atLimit: number, above: number][] = [
    ['configBytesMax', CONFIG_BYTES_CEILING, CONFIG_BYTES_CEILING + 1],
    ['coolDownSeconds', 604_800, 604_801],
    ['attemptTimeoutSeconds', 3_600, 3_601],
    ['deadlineSeconds', 7_776_000, 7_776_001],
    ['retentionVersions', 1_000_000, 1_000_001],
    ['retentionVersions', 5, 4],
  ];
  test('settings of a product', async () => {
    const { productKey: key } = await createProduct(server.admin);
    for (const [member, atLimit, above] of NUMBERS) {
      const change = (value: number) => statusOf('PATCH', `/products/${key}`, { body: { [member]: value } });
      assert.deepEqual([await change(atLimit), await change(above)], [200, 400], member);
    }
  });

  test('names, keys, tags and notes', async () => {
    const name = (length: number) => statusOf('PATCH', product, { body: { name: 'n'.repeat(length) } });
    assert.deepEqual([await name(NAME_CHARS_MAX), await name(NAME_CHARS_MAX + 1)], [200, 400]);
    const key = (length: number) =>
      statusOf('POST', '/products', { body: { name: 'Lamp', productKey: 'k'.repeat(length) } });
    assert.deepEqual([await key(64), await key(65)], [201, 400]);
    const device = (length: number) =>
      statusOf('POST', `${product}/devices`, { body: { deviceName: 'd'.repeat(length) } });
    assert.deepEqual(
      [await device(3), await device(4), await device(32), await device(33)],
      [400, 201, 201, 400],
    );
    const tagged = (tags: unknown) => statusOf('PATCH', `${product}/devices/lamp-1`, { body: { tags } });
    const tags = (count: number) => tagged(Array.from({ length: count }, (_, index) => `tag-${index}`));
    assert.deepEqual([await tags(TAGS_MAX), await tags(TAGS_MAX + 1)], [200, 400]);
    const tag = (length: number) => tagged(['t'.repeat(length)]);
    assert.deepEqual([await tag(TAG_CHARS_MAX), await tag(TAG_CHARS_MAX + 1)], [200, 400]);
    await server.admin.saveVersion(productKey, '{"a":1}', 'n'.repeat(500));
    assert.equal(await statusOf('POST', `${product}/versions`, { body: { note: 'n'.repeat(501) } }), 400);
  });

  test('idempotency keys, pages and tokens', async () => {
    const save = (length: number) =>
      statusOf('POST', `${product}/versions`, {
        body: {},
        headers: { 'idempotency-key': 'k'.repeat(length) },
      });
    assert.deepEqual(
      [await save(IDEMPOTENCY_KEY_CHARS_MAX), await save(IDEMPOTENCY_KEY_CHARS_MAX + 1)],
      [201, 400],
    );
    const page = (size: number) => statusOf('GET', `/products?limit=${size}`);
    assert.deepEqual([await page(PAGE_SIZE_MAX), await page(PAGE_SIZE_MAX + 1)], [200, 400]);
    const cursor = async (length: number) =>
      (await server.admin.get(`/products?cursor=${'c'.repeat(length)}`)).body.detail;
    assert.match(await cursor(512), /nextCursor of an earlier page/);
    assert.match(await cursor(513), /512 characters/);
    const token = (expiresInDays: number) =>
      statusOf('POST', '/tokens', { body: { name: 'ci', scopes: ['read'], expiresInDays } });
    assert.deepEqual([await token(365), await token(366)], [201, 400]);
  });
});

describe('bytes of a request, at the limit and above', () => {
  test('a JSON body', async () => {
    const post = (bytes: number) => {
      const text = '{"name":""}';
      const raw = text + ' '.repeat(bytes - text.length);
      return statusOf('POST', '/products', { raw, headers: { 'content-type': 'application/json' } });
    };
    // At the limit it is read, and refused for what it says.
    assert.deepEqual([await post(limits.JSON_BYTES_MAX), await post(limits.JSON_BYTES_MAX + 1)], [400, 413]);
  });

  test('a draft and a schema', async () => {
    const draft = (bytes: number) =>
      statusOf('PUT', `${product}/draft`, { raw: new Uint8Array(bytes), headers: { 'if-match': '*' } });
    const { headers } = await server.admin.get(`${product}/draft`);
    const atLimit = await statusOf('PUT', `${product}/draft`, {
      raw: new Uint8Array(limits.RAW_BYTES_MAX),
      headers: { 'if-match': headers.get('etag')! },
    });
    assert.deepEqual([atLimit, await draft(limits.RAW_BYTES_MAX + 1)], [200, 413]);
    const { productKey: strict } = await createProduct(server.admin);
    const schema = async (bytes: number) => {
      const text = '{"$comment":""}';
      const raw = text.replace('""', `"${'x'.repeat(bytes - text.length)}"`);
      const found = await server.admin.get(`/products/${strict}/schema`);
      const etag = found.headers.get('etag');
      const guard = etag === null ? { 'if-none-match': '*' } : { 'if-match': etag };
      return statusOf('PUT', `/products/${strict}/schema`, { raw, headers: guard as Record<string, string> });
    };
    assert.deepEqual([await schema(SCHEMA_BYTES_MAX), await schema(SCHEMA_BYTES_MAX + 1)], [200, 413]);
  });

  test('a list of devices', async () => {
    // One name of the wrong length after the other, more of them than rows may be: read, and refused for that.
    const row = 'x\n';
    const post = (bytes: number) => {
      const raw = row.repeat(bytes / row.length) + 'x'.repeat(bytes % row.length);
      return statusOf('POST', `${product}/devices/bulk`, { raw, headers: { 'content-type': 'text/csv' } });
    };
    assert.ok(limits.CSV_BYTES_MAX / row.length > BULK_ROWS_MAX);
    assert.deepEqual([await post(limits.CSV_BYTES_MAX), await post(limits.CSV_BYTES_MAX + 1)], [422, 413]);
  });

  test('a head and a part of an address', async () => {
    const { httpPort } = server.app;
    const head = async (bytes: number) => {
      const start = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: ';
      const text = `${start}${'y'.repeat(bytes - start.length - 4)}\r\n\r\n`;
      return parseAnswer(await exchange(httpPort, text)).status;
    };
    // Which of the line ends count is the parser's own affair.
    assert.equal(await head(limits.HEADER_BYTES_MAX - 64), 200);
    assert.equal(await head(limits.HEADER_BYTES_MAX + 64), 431);
    const part = async (chars: number) =>
      (await server.admin.get(`/products/${'a'.repeat(chars)}`)).body.detail;
    assert.match(await part(limits.PATH_PART_CHARS_MAX), /64 characters/);
    assert.match(await part(limits.PATH_PART_CHARS_MAX + 1), /A part of the address is too long/);
  });
});

describe('registration over HTTP, at the limit and above', () => {
  const register = async (bytes: number) => {
    const form = `productKey=${productKey}&deviceName=lamp-1&random=1&signMethod=hmacsha256&sign=`;
    const response = await fetch(`${server.baseUrl}/auth/register/device`, {
      method: 'POST',
      body: form + '0'.repeat(bytes - form.length),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    return JSON.parse(await response.text()).code;
  };

  test('a form, and failures of one address in a minute', async () => {
    const codes = [
      await register(limits.REGISTRATION_BYTES_MAX),
      await register(limits.REGISTRATION_BYTES_MAX + 1),
    ];
    assert.deepEqual(codes, [6288, 460]);
    for (let count = codes.length; count < limits.REGISTRATION_FAILURES_PER_MINUTE; count += 1)
      assert.equal(await register(200), 6288);
    assert.equal(await register(200), 429);
    assert.equal((await rawRequest(server.app.httpPort, 'GET', '/healthz')).status, 200);
  });

  test('addresses that are remembered: beyond them the one that failed longest ago is forgotten', async () => {
    const endpoint = createRegistrationEndpoint(server.app.services.registration, assert.ifError, {
      mayRegister: () => true,
      senderOf: ({ socket }) => socket.remoteAddress!,
    });
    /** Fails once from an address. @returns the code of the answer. */
    const fail = async (remoteAddress: string): Promise<number> => {
      let code = 0;
      const response = {
        writeHead: () => undefined,
        end(body: Buffer) {
          ({ code } = JSON.parse(body.toString()));
        },
      };
      // The endpoint asks no more of a GET than this.
      await endpoint({ method: 'GET', socket: { remoteAddress } } as never, response as never);
      return code;
    };
    for (let count = 0; count < limits.REGISTRATION_FAILURES_PER_MINUTE; count += 1) await fail('first');
    assert.equal(await fail('first'), 429);
    for (let count = 1; count < limits.REGISTRATION_ADDRESSES_MAX; count += 1) await fail(`other ${count}`);
    assert.equal(await fail('first'), 429);
    await fail('one too many');
    assert.equal(await fail('first'), 460);
  });
});

describe('connections, and who is behind them', () => {
  let small: HttpServer;
  let port: number;
  before(async () => {
    small = await createHttpServer({
      services: server.app.services,
      store: server.app.store,
      events: createEvents(pino({ level: 'silent' }), createMetrics()),
      trustedProxies: ['127.0.0.1'],
      trustedNetworks: new BlockList(),
      metricsToken: null,
      isDraining: () => false,
      handleUpgrade: (_request, socket) => socket.destroy(),
    });
    ({ port } = await small.listen({ host: '127.0.0.1', port: 0 }));
  });
  after(() => small[Symbol.asyncDispose]());

  test('have the limits and times that are documented', () => {
    const { maxConnections, keepAliveTimeout, requestTimeout, headersTimeout, timeout } = small.app.server;
    assert.deepEqual(
      { maxConnections, keepAliveTimeout, requestTimeout, headersTimeout, timeout },
      {
        maxConnections: limits.CONNECTIONS_MAX,
        keepAliveTimeout: limits.KEEP_ALIVE_MS,
        requestTimeout: limits.REQUEST_MS,
        headersTimeout: limits.REQUEST_MS,
        timeout: limits.REQUEST_MS,
      },
    );
  });

  test('beyond the limit are closed at once, and there is room again when one leaves', async () => {
    small.app.server.maxConnections = 3;
    const open = () => connect({ port, host: '127.0.0.1' }).on('error', () => {});
    const held: Socket[] = [open(), open(), open()];
    await until('three are there', async () => (await count(small)) === 3);
    assert.equal((await exchange(port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')).length, 0);
    held.pop()!.destroy();
    await until('one has left', async () => (await count(small)) === 2);
    assert.equal((await rawRequest(port, 'GET', '/healthz')).status, 200);
    for (const socket of held) socket.destroy();
    small.app.server.maxConnections = limits.CONNECTIONS_MAX;
  });

  test('beyond half of the limit a download closes its connection behind it; before, it may be used again', async () => {
    small.app.server.maxConnections = 4;
    const said = async (): Promise<string | undefined> => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.write('GET /d/forged HTTP/1.1\r\nHost: x\r\n\r\n');
      const [head] = await once(socket, 'data');
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
      return /^Connection: (.*)\r$/m.exec(head.toString())?.[1];
    };
    const held = [connect({ port, host: '127.0.0.1' })];
    await until('one is there', async () => (await count(small)) === 1);
    assert.equal(await said(), 'keep-alive');
    held.push(connect({ port, host: '127.0.0.1' }));
    await until('two are there', async () => (await count(small)) === 2);
    assert.equal(await said(), 'close');
    for (const socket of held) socket.destroy();
    small.app.server.maxConnections = limits.CONNECTIONS_MAX;
  });

  test('behind a trusted proxy the failures of one sender do not keep another from registering', async () => {
    const failFrom = async (sender: string, at = port): Promise<number> => {
      const headers = [`X-Forwarded-For: 198.51.100.1, ${sender}`, 'Content-Length: 0'];
      const answer = await rawRequest(at, 'POST', '/auth/register/device', headers);
      return JSON.parse(answer.body.toString()).code;
    };
    for (let count = 0; count < limits.REGISTRATION_FAILURES_PER_MINUTE; count += 1)
      await failFrom('203.0.113.5');
    assert.equal(await failFrom('203.0.113.5'), 429);
    assert.equal(await failFrom('203.0.113.6'), 460);
    // Nobody else is believed: this server trusts no proxy, and its sender has failed often enough above.
    assert.equal(await failFrom('203.0.113.7', server.app.httpPort), 429);
  });
});

function count({ app }: HttpServer): Promise<number> {
  return new Promise((resolve) => app.server.getConnections((_error, found) => resolve(found)));
}

test('progress streams that ask all at once are counted one by one: beyond the limit they are told to come later', async () => {
  const { productKey: streamed } = await createProduct(server.admin);
  await createDevice(server.admin, streamed);
  await server.admin.saveVersion(streamed, '{"a":1}');
  const { id } = await server.push(streamed, 1);
  const above = 5;
  const requests: ClientRequest[] = [];
  const options = { headers: { authorization: `Bearer ${server.admin.token}` }, agent: false } as const;
  const open = () =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const request = get(`${server.baseUrl}/api/v1/rollouts/${id}/events`, options, resolve);
      requests.push(request.on('error', reject));
    });
  const answers = await Promise.all(Array.from({ length: limits.STREAMS_MAX + above }, open));
  const statuses = answers.map(({ statusCode }) => statusCode);
  assert.equal(statuses.filter((status) => status === 200).length, limits.STREAMS_MAX);
  assert.equal(statuses.filter((status) => status === 503).length, above);
  for (const request of requests) request.destroy();
  await until('there is room again', async () => {
    const answer = await open().catch(() => undefined);
    requests.at(-1)!.destroy();
    return answer?.statusCode === 200;
  });
});
