/** Device downloads (R17): what the C SDKs can read, byte by byte. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { AlinkDevice } from '../support/alink-device.ts';
import { createDevice, createProduct } from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';
import { exchange, parseAnswer, rawRequest } from './support/raw-http.ts';

/** What a C SDK holds of a head and of one of its lines (`alink.md` 2). */
const HEAD_BYTES_MAX = 1024;
const LINE_BYTES_MAX = 128;

const CONTENT = JSON.stringify({ a: 1.5, text: randomBytes(20_000).toString('hex'), 灯: '亮' });
const SIZE = Buffer.byteLength(CONTENT);

describe('R17: a download', () => {
  let server: TestServer;
  let device: AlinkDevice;
  let url: URL;
  let productKey: string;
  before(async () => {
    server = await startTestServer();
    ({ productKey } = await createProduct(server.admin));
    await server.admin.saveVersion(productKey, CONTENT);
    device = await AlinkDevice.connect(server.mqttPort, await createDevice(server.admin, productKey));
    url = new URL((await device.get()).data.url!);
  });
  after(async () => {
    await device[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const get = (headers: string[] = [], path = url.pathname, method = 'GET') =>
    rawRequest(server.app.httpPort, method, path, headers);

  test('has the exact length in the exact spelling, a short head, and the bytes as they were saved', async () => {
    const answer = await get();
    assert.equal(answer.lines[0], 'HTTP/1.1 200 OK');
    assert.ok(answer.lines.includes(`Content-Length: ${SIZE}`), answer.lines.join('\n'));
    assert.equal(answer.header('transfer-encoding'), undefined);
    assert.ok(answer.headBytes < HEAD_BYTES_MAX);
    for (const line of answer.lines) assert.ok(line.length < LINE_BYTES_MAX, line);
    assert.equal(answer.body.toString(), CONTENT);
  });

  test('is never compressed, whatever the client says it takes', async () => {
    const answer = await get(['Accept-Encoding: gzip, deflate, br']);
    assert.equal(answer.header('content-encoding'), undefined);
    assert.equal(answer.body.length, SIZE);
  });

  test('is answered to what each C SDK sends', async () => {
    const link4 = await get([
      'Accept: text/html, application/xhtml+xml',
      'Range: bytes=0-',
      'Content-Length: 0',
    ]);
    assert.equal(link4.status, 206);
    assert.equal(link4.body.toString(), CONTENT);
    const iotkit = await get(['Accept: text/html', 'Accept-Encoding: gzip, deflate', 'Range: bytes=100-']);
    assert.equal(iotkit.body.toString('latin1'), Buffer.from(CONTENT).subarray(100).toString('latin1'));
    const old = parseAnswer(await exchange(server.app.httpPort, `GET ${url.pathname} HTTP/1.0\r\n\r\n`));
    assert.equal(old.status, 200);
    assert.equal(old.body.toString(), CONTENT);
  });

  const RANGES: [range: string, status: number, start: number, end: number][] = [
    ['bytes=0-', 206, 0, SIZE],
    ['bytes=1-', 206, 1, SIZE],
    ['bytes=0-0', 206, 0, 1],
    ['bytes=5-9', 206, 5, 10],
    [`bytes=${SIZE - 1}-`, 206, SIZE - 1, SIZE],
    ['bytes=10-999999999', 206, 10, SIZE],
    ['bytes=-7', 206, SIZE - 7, SIZE],
    ['bytes=-999999999', 206, 0, SIZE],
    ['bytes=0-1,5-6', 200, 0, SIZE],
    ['bytes=9-5', 200, 0, SIZE],
    ['bytes=-', 200, 0, SIZE],
    ['lines=0-1', 200, 0, SIZE],
    ['bytes=x', 200, 0, SIZE],
    [`bytes=0-${'9'.repeat(40)}`, 200, 0, SIZE],
  ];
  for (const [range, status, start, end] of RANGES) {
    test(`of ${range.slice(0, 30)} is ${status} with bytes ${start} to ${end}`, async () => {
      const answer = await get([`Range: ${range}`]);
      assert.equal(answer.status, status);
      assert.equal(answer.header('content-length'), String(end - start));
      assert.deepEqual(answer.body, Buffer.from(CONTENT).subarray(start, end));
      const expected = status === 206 ? `bytes ${start}-${end - 1}/${SIZE}` : undefined;
      assert.equal(answer.header('content-range'), expected);
      assert.ok(answer.headBytes < HEAD_BYTES_MAX);
    });
  }

  test('from behind the end is 416 with the size', async () => {
    for (const range of [`bytes=${SIZE}-`, 'bytes=99999999-', 'bytes=-0']) {
      const answer = await get([`Range: ${range}`]);
      assert.equal(answer.status, 416, range);
      assert.equal(answer.header('content-range'), `bytes */${SIZE}`);
      assert.equal(answer.body.length, 0);
    }
  });

  test('in pieces over one connection is the same file', async () => {
    const head = (range: string, last: string) =>
      `GET ${url.pathname} HTTP/1.1\r\nHost: x\r\nRange: bytes=${range}\r\n${last}\r\n`;
    const half = Math.floor(SIZE / 2);
    const bytes = await exchange(
      server.app.httpPort,
      head(`0-${half - 1}`, '') + head(`${half}-`, 'Connection: close\r\n'),
    );
    const first = parseAnswer(bytes);
    const second = parseAnswer(bytes.subarray(first.headBytes + half));
    assert.equal(Buffer.concat([first.body.subarray(0, half), second.body]).toString(), CONTENT);
  });

  test('counts when its last byte went out, not at a look at the head or a first piece', async () => {
    const countWhole = async () => {
      const { values } = await server.app.services.metrics.downloads.get();
      return values.find(({ labels }) => labels.outcome === 'ok')?.value ?? 0;
    };
    const before = await countWhole();
    const other = await createDevice(server.admin, productKey, 'lamp-2');
    await using lamp = await AlinkDevice.connect(server.mqttPort, other);
    const { pathname } = new URL((await lamp.get()).data.url!);
    const head = await get([], pathname, 'HEAD');
    assert.equal(head.header('content-length'), String(SIZE));
    assert.equal(head.body.length, 0);
    await get(['Range: bytes=0-99'], pathname);
    assert.equal(await countWhole(), before);
    await get(['Range: bytes=100-'], pathname);
    assert.equal(await countWhole(), before + 1);
    const counted = await until('the download is counted', async () => {
      const view = (await server.admin.get(`/products/${productKey}/devices/lamp-2`)).body;
      return view.downloadedVersion === 1 && view;
    });
    assert.notEqual(counted.downloadedAt, null);
  });

  test('is answered to GET and HEAD only', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      const answer = await get(['Content-Length: 0'], url.pathname, method);
      assert.equal(answer.status, 405, method);
      assert.equal(answer.header('Allow'), 'GET, HEAD');
      assert.equal(JSON.parse(answer.body.toString()).code, 'method-not-allowed');
    }
  });

  test('has a link that no request header and no parameter changes', async () => {
    assert.ok(url.href.length <= 254);
    const asked = await rawRequest(server.app.httpPort, 'GET', '/api/v1/products', [
      `Authorization: Bearer ${server.admin.token}`,
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-For: 203.0.113.1',
    ]);
    assert.equal(asked.status, 200);
    assert.equal(new URL((await device.get()).data.url!).host, `127.0.0.1:${server.app.httpPort}`);
    for (const suffix of ['?', '?x=1', '/', '/..', '%20', '#x', '&a=b']) {
      const answer = await get([], url.pathname + suffix);
      assert.equal(JSON.parse(answer.body.toString()).code, 'link-invalid', suffix);
    }
  });

  test('of a forged link gives nothing: any character that is changed makes it one', async () => {
    const token = url.pathname.slice('/d/'.length);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = 0; at < token.length; at += 1) {
      const letter = alphabet[(alphabet.indexOf(token[at]!) + 1 + (at % 62)) % 64]!;
      const forged = token.slice(0, at) + letter + token.slice(at + 1);
      const response = await fetch(`${server.baseUrl}/d/${forged}`);
      const body = await response.text();
      assert.equal(response.status, 403, `${at}: ${body}`);
      assert.equal(JSON.parse(body).code, 'link-invalid');
    }
    for (const forged of [
      '',
      'x',
      token.slice(1),
      `${token}A`,
      `${token}==`,
      token.toLowerCase(),
      'A'.repeat(5000),
    ]) {
      assert.equal((await fetch(`${server.baseUrl}/d/${forged}`)).status, 403);
    }
  });

  test('that is refused is a whole problem with a head that devices can hold', async () => {
    const answer = await get([], '/d/nothing');
    assert.equal(answer.status, 403);
    assert.equal(answer.header('content-type'), 'application/problem+json');
    assert.ok(answer.headBytes < HEAD_BYTES_MAX);
    const body = JSON.parse(answer.body.toString());
    assert.deepEqual(Object.keys(body).toSorted(), [
      'code',
      'detail',
      'requestId',
      'status',
      'title',
      'type',
    ]);
    assert.match(body.requestId, /^[0-9a-f-]{36}$/);
  });
});
