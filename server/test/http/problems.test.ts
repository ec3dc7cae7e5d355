/** Refusals: each is a problem (RFC 9457) with a stable code, and tells nothing about the inside. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PROBLEMS } from '../../src/http/problems.ts';
import type { ApiRequest } from '../support/api-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { exchange, parseAnswer, rawRequest } from './support/raw-http.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('problems', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
    await server.admin.post('/products', { name: 'Lamp', productKey: 'a1Lamp' });
  });
  after(() => server[Symbol.asyncDispose]());

  /** Sends as the administrator; the answer must be a whole problem with this status and code. */
  async function refused(method: string, path: string, request: ApiRequest, status: number, code: string) {
    const answer = await server.admin.send(method, path, request);
    const what = `${method} ${path}: ${answer.status} ${answer.text}`;
    assert.equal(answer.status, status, what);
    assert.match(answer.headers.get('content-type')!, /^application\/problem\+json/, what);
    const { body } = answer;
    assert.equal(body.code, code, what);
    assert.equal(body.type, `urn:opencota:problem:${code}`);
    assert.equal(body.status, status);
    assert.equal(body.title, PROBLEMS[code as keyof typeof PROBLEMS].title);
    assert.match(body.requestId, /^[0-9a-f-]{36}$/);
    assert.equal(body.requestId, answer.headers.get('x-request-id'));
    assert.ok(body.detail.length > 10, what);
    assert.doesNotMatch(answer.text, /\bat \w+.*:\d+:\d+|node_modules|\/server\/|SELECT|SQLITE|FST_/, what);
    return answer;
  }

  test('an unknown address says so', async () => {
    const { body } = await refused('GET', '/nothing', {}, 404, 'not-found');
    assert.equal(body.detail, 'Nothing answers GET at this address.');
    await refused('GET', '/rollouts/999', {}, 404, 'rollout-not-found');
    await refused('GET', '/products/none', {}, 404, 'product-not-found');
    await refused('GET', '/products/a1Lamp/versions/9', {}, 404, 'version-not-found');
    await refused('GET', '/products/a1Lamp/devices/lamp-9', {}, 404, 'device-not-found');
  });

  test('a method that a known address does not take says which it does', async () => {
    const { headers, body } = await refused('PUT', '/products?limit=1', {}, 405, 'method-not-allowed');
    assert.equal(headers.get('allow'), 'GET, HEAD, POST');
    assert.equal(body.detail, 'This address takes GET, HEAD, POST.');
    await refused('OPTIONS', '/products', {}, 405, 'method-not-allowed');
    const nested = await refused('GET', '/rollouts/1/actions/pause', {}, 405, 'method-not-allowed');
    assert.equal(nested.headers.get('allow'), 'POST');
    const twice = await refused('PUT', '/products/a1Lamp/devices/bulk', {}, 405, 'method-not-allowed');
    assert.equal(twice.headers.get('allow'), 'DELETE, GET, HEAD, PATCH, POST');
    await refused('GET', '/rollouts/1/actions/pause/', {}, 404, 'not-found');
  });

  test('an address that cannot be read is a problem too', async () => {
    await refused('GET', '/products/%zz', {}, 400, 'invalid-request');
    const { body } = await refused('GET', `/products/${'a'.repeat(300)}`, {}, 400, 'invalid-request');
    assert.ok(body.detail.length < 100, 'the address is not echoed');
    await refused('GET', `/products/${'a'.repeat(65)}`, {}, 400, 'invalid-request');
    await refused('GET', '/rollouts/abc', {}, 400, 'invalid-request');
  });

  test('TRACE is refused and HEAD answers like GET without a body', async () => {
    const { httpPort } = server.app;
    assert.equal((await rawRequest(httpPort, 'TRACE', '/api/v1/products')).status, 405);
    const auth = `Authorization: Bearer ${server.admin.token}`;
    const head = await rawRequest(httpPort, 'HEAD', '/api/v1/products', [auth]);
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    assert.equal((await rawRequest(httpPort, 'HEAD', '/api/v1/rollouts/1/events', [auth])).status, 405);
  });

  test('only JSON is taken where JSON is documented', async () => {
    const raw = '{"name":"x"}';
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      await refused(
        'POST',
        '/products',
        { raw, headers: { 'content-type': type } },
        415,
        'unsupported-media-type',
      );
    }
    await refused('POST', '/products', { raw }, 415, 'unsupported-media-type');
  });

  test('where nothing is sent the type of it does not matter, and a merge patch is JSON', async () => {
    const typed = (method: string, path: string, type: string, raw: string) =>
      server.admin.send(method, path, { raw, headers: { 'content-type': type } });
    const form = 'application/x-www-form-urlencoded';
    const rotated = await typed('POST', '/products/a1Lamp/rotate-secret', form, '');
    assert.equal(rotated.status, 200, rotated.text);
    const { body } = await refused(
      'POST',
      '/products',
      { raw: '', headers: { 'content-type': form } },
      400,
      'invalid-request',
    );
    assert.match(body.detail, /lacks the member "name"/);
    const patched = await typed(
      'PATCH',
      '/products/a1Lamp',
      'application/merge-patch+json',
      '{"name":"Light"}',
    );
    assert.equal(patched.body.name, 'Light');
  });

  test('a content type with an odd end is still checked like JSON', async () => {
    for (const type of ['application/json;', 'application/json\t;', 'application/json ; charset=utf-8']) {
      const headers = { 'content-type': type };
      const extra = await refused(
        'POST',
        '/products',
        { raw: '{"nmae":"x"}', headers },
        400,
        'invalid-request',
      );
      assert.match(extra.body.detail, /name/, type);
    }
  });

  test('a form in place of the text itself is refused with what to do', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const raw = '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nlamp-1\r\n--x--';
    const path = '/products/a1Lamp/devices/bulk';
    const { body } = await refused('POST', path, { raw, headers }, 415, 'unsupported-media-type');
    assert.match(body.detail, /not a form/);
  });

  test('a body that is not JSON, or would change what objects are, is refused', async () => {
    const post = (raw: string) =>
      refused('POST', '/products', { raw, headers: JSON_TYPE }, 400, 'invalid-request');
    await post('{"name":');
    await post('{"name":"x","__proto__":{"admin":true}}');
    await post('{"name":"x","constructor":{"prototype":{"admin":true}}}');
    await post(`{"name":"x"${','.repeat(10)}}`);
    await post('[]');
    await post('"x"');
  });

  test('a body without anything names what is missing', async () => {
    const headers = JSON_TYPE;
    const { body } = await refused('POST', '/products', { raw: '', headers }, 400, 'invalid-request');
    assert.equal(body.detail, 'body lacks the member "name".');
    await refused('POST', '/products', {}, 400, 'invalid-request');
  });

  test('an extra member is refused by its name', async () => {
    const { body } = await refused(
      'POST',
      '/products',
      { body: { name: 'x', revision: 7 } },
      400,
      'invalid-request',
    );
    assert.equal(body.detail, 'body has an unknown member "revision".');
    await refused('POST', '/users', { body: { username: 'x', id: 1 } }, 400, 'invalid-request');
    await refused('PATCH', '/products/a1Lamp', { body: { linkEpoch: 0 } }, 400, 'invalid-request');
    await refused('PATCH', '/products/a1Lamp', { body: {} }, 400, 'invalid-request');
  });

  test('a wrong value says what it must be', async () => {
    const say = async (path: string, body: unknown, detail: RegExp) => {
      const answer = await refused('PATCH', path, { body }, 400, 'invalid-request');
      assert.match(answer.body.detail, detail);
      return answer.body.pointer;
    };
    const product = '/products/a1Lamp';
    assert.equal(
      await say(product, { doneWhen: 'maybe' }, /must be one of "downloaded", "applied"/),
      '/doneWhen',
    );
    await say(product, { coolDownSeconds: -1 }, /coolDownSeconds must be >= 0/);
    await say(product, { coolDownSeconds: '60' }, /coolDownSeconds must be integer/);
    await say(product, { name: ' \t' }, /needs a character to read/);
    await say(product, { name: 'two\nlines' }, /no control characters/);
    await say('/users/ghost', { roles: ['god'] }, /must be one of "viewer", "editor", "operator", "admin"/);
    await refused('POST', '/products', { body: { name: '\u0000' } }, 400, 'invalid-request');
    const devices = '/products/a1Lamp/devices';
    for (const deviceName of ['abc', 'a'.repeat(33), 'lamp 1', 'lamp\u00001', '灯-001']) {
      await refused('POST', devices, { body: { deviceName } }, 400, 'invalid-request');
    }
  });

  test('a body over the limit is refused with 413', async () => {
    const name = 'x'.repeat(300 * 1024);
    await refused('POST', '/products', { body: { name } }, 413, 'too-large');
    const raw = 'x'.repeat(2 * 1024 * 1024 + 1);
    await refused('PUT', '/products/a1Lamp/draft', { raw, headers: { 'if-match': '"0"' } }, 413, 'too-large');
  });

  test('limits and cursors that no list gave are refused', async () => {
    for (const limit of ['0', '501', '-1', 'ten', '1e2', '', '1&limit=2']) {
      await refused('GET', `/products?limit=${limit}`, {}, 400, 'invalid-request');
    }
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const cursor of ['%00', 'abc', encode(1), encode(null), encode({}), 'x'.repeat(513)]) {
      await refused('GET', `/products?cursor=${cursor}`, {}, 400, 'invalid-request');
    }
    const number = '/products/a1Lamp/versions?cursor=';
    for (const text of ['1e400', '1.5', '"1"', '-1e30']) {
      const cursor = Buffer.from(text).toString('base64url');
      await refused('GET', number + cursor, {}, 400, 'invalid-request');
    }
  });

  test('numbers beyond what a store holds find nothing and break nothing', async () => {
    await refused(
      'POST',
      '/products/a1Lamp/rollouts',
      { body: { version: 1e300 } },
      404,
      'version-not-found',
    );
    await refused('GET', '/rollouts/999999999999999', {}, 404, 'rollout-not-found');
    assert.equal((await server.admin.get('/products/a1Lamp/devices?version=999999999999999')).status, 200);
  });

  test('what is no HTTP is answered with a problem and the end of the connection', async () => {
    const answers = [
      { text: 'HELLO\r\n\r\n', status: 400 },
      { text: `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, status: 431 },
    ];
    for (const { text, status } of answers) {
      const answer = parseAnswer(await exchange(server.app.httpPort, text));
      assert.equal(answer.status, status);
      assert.equal(answer.header('content-type'), 'application/problem+json');
      assert.equal(JSON.parse(answer.body.toString()).status, status);
    }
  });
});
