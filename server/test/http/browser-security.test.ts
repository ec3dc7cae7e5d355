/** What browsers are told and what is believed of them: headers, cookies, foreign pages, proxies. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import mqtt from 'mqtt';
import { signedConnect } from '../support/alink-device.ts';
import { createDevice, createProduct } from '../support/test-product.ts';
import { startTestServer, TEST_PASSWORD, type TestServer } from '../support/test-server.ts';

const CREDENTIALS = { username: 'admin', password: TEST_PASSWORD };
const HTTPS = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.5' };

let server: TestServer;
/** Believes proxies on this machine. */
let behindProxy: TestServer;
before(async () => {
  server = await startTestServer();
  behindProxy = await startTestServer({ environment: { OPENCOTA_TRUSTED_PROXIES: '127.0.0.1/32' } });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await behindProxy[Symbol.asyncDispose]();
});

async function signIn(at: TestServer, headers: Record<string, string> = {}) {
  const answer = await at.nobody.post('/session', CREDENTIALS, headers);
  assert.equal(answer.status, 201, answer.text);
  const [setCookie = ''] = answer.headers.getSetCookie();
  const [cookie = '', ...attributes] = setCookie.split('; ');
  return { cookie, attributes, setCookie };
}

describe('headers', () => {
  test('of every answer keep it in its place: no guessing, no framing, no referrer, no store', async () => {
    for (const path of ['/products', '/nothing', '/openapi.json']) {
      const { headers } = await server.admin.get(path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.equal(headers.get('referrer-policy'), 'no-referrer');
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin');
      assert.match(headers.get('strict-transport-security')!, /max-age=\d{7,}/);
      assert.match(headers.get('content-type')!, /charset=utf-8/);
      const policy = headers.get('content-security-policy')!;
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.match(policy, /base-uri 'none'/);
      assert.match(headers.get('cache-control')!, /^no-(store|cache)$/);
    }
  });

  test('say nothing about what runs here, and let no other site read', async () => {
    const { headers } = await server.admin.get('/products', { origin: 'https://evil.example' });
    for (const name of [
      'server',
      'x-powered-by',
      'access-control-allow-origin',
      'access-control-allow-credentials',
    ])
      assert.equal(headers.get(name), null, name);
  });

  test('of the API reader allow its own scripts by their digest, and no inline script else', async () => {
    const response = await fetch(`${server.baseUrl}/docs/`);
    assert.equal(response.status, 200);
    const html = await response.text();
    const policy = response.headers.get('content-security-policy')!;
    const scripts = /script-src ([^;]*)/.exec(policy)![1]!;
    assert.ok(!scripts.includes('unsafe'), scripts);
    const [inline] = [...html.matchAll(/<script[^>]*>([^<]+)<\/script>/g)].map(([, script]) => script!);
    assert.ok(scripts.includes(createHash('sha256').update(inline!).digest('base64')), scripts);
    assert.doesNotMatch(html, /https?:\/\//, 'nothing comes from elsewhere');
    const bundle = await fetch(`${server.baseUrl}/docs/js/scalar.js`);
    assert.equal(bundle.status, 200);
    assert.equal((await fetch(`${server.baseUrl}/docs/js/scalar.js.map`)).status, 404);
  });

  test('files that may lie beside the server are not served', async () => {
    for (const path of [
      '/.git/config',
      '/.env',
      '/opencota.db',
      '/secret.key',
      '/docs/../package.json',
      '/package.json',
    ]) {
      assert.equal((await fetch(server.baseUrl + path)).status, 404, path);
    }
  });
});

describe('cookies', () => {
  test('of a session are for this host, this site and no script', async () => {
    const { cookie, attributes } = await signIn(server);
    assert.match(cookie, /^opencota-session=[A-Za-z0-9_-]{43}$/);
    for (const expected of ['HttpOnly', 'SameSite=Strict', 'Path=/'])
      assert.ok(attributes.includes(expected), expected);
    assert.ok(attributes.some((each) => each.startsWith('Expires=')));
    assert.ok(!attributes.includes('Secure') && !attributes.some((each) => each.startsWith('Domain')));
    assert.equal((await server.nobody.get('/session', { cookie })).body.name, 'admin');
  });

  test("over a trusted proxy's https are Secure and bound to the host by their name", async () => {
    const { cookie, attributes } = await signIn(behindProxy, HTTPS);
    assert.match(cookie, /^__Host-opencota-session=/);
    assert.ok(attributes.includes('Secure'));
    assert.equal((await behindProxy.nobody.get('/session', { ...HTTPS, cookie })).status, 200);
    const renamed = cookie.replace('__Host-', '');
    assert.equal((await behindProxy.nobody.get('/session', { ...HTTPS, cookie: renamed })).status, 401);
  });

  test('are taken back by a sign-out in the very way they were set, and are worth nothing then', async () => {
    const { cookie } = await signIn(behindProxy, HTTPS);
    const headers = { ...HTTPS, cookie, 'sec-fetch-site': 'same-origin' };
    const out = await behindProxy.nobody.delete('/session', headers);
    assert.equal(out.status, 204);
    const [cleared = ''] = out.headers.getSetCookie();
    assert.match(cleared, /^__Host-opencota-session=;/);
    for (const part of ['Path=/', 'Secure', 'HttpOnly', 'Expires=Thu, 01 Jan 1970'])
      assert.ok(cleared.includes(part), part);
    assert.equal((await behindProxy.nobody.get('/session', { ...HTTPS, cookie })).status, 401);
  });

  test('from before a sign-in are not taken over by it', async () => {
    const planted = `opencota-session=${'A'.repeat(43)}`;
    const { cookie } = await signIn(server, { cookie: planted });
    assert.notEqual(cookie, planted);
    assert.equal((await server.nobody.get('/session', { cookie: planted })).status, 401);
  });
});

describe('a page of another site', () => {
  const change = (headers: Record<string, string>) =>
    server.nobody.post('/products', { name: 'made by a page' }, headers);
  const host = () => `127.0.0.1:${server.app.httpPort}`;

  test('changes nothing with a cookie', async () => {
    const { cookie } = await signIn(server);
    const foreign = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'not an origin' },
      { origin: `http://${host()}.evil.example` },
      { origin: `http://127.0.0.1:${server.app.httpPort + 1}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site', origin: `http://${host()}` },
    ];
    for (const headers of foreign) {
      const refused = await change({ cookie, ...headers } as Record<string, string>);
      assert.equal(refused.status, 403, JSON.stringify(headers));
      assert.equal(refused.body.code, 'cross-origin');
    }
    assert.deepEqual((await server.admin.get('/products')).body.items, []);
  });

  test('is told from our own, also behind a proxy that changes the host', async () => {
    const { cookie } = await signIn(server);
    const own = [
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'same-origin', origin: 'https://cota.example.com' },
      { 'sec-fetch-site': 'none' },
      { origin: `http://${host()}` },
      {},
    ];
    for (const headers of own) {
      const done = await change({ cookie, ...headers } as Record<string, string>);
      assert.equal(done.status, 201, JSON.stringify(headers));
    }
    assert.equal(
      (await server.nobody.get('/products', { cookie, 'sec-fetch-site': 'cross-site' })).status,
      200,
    );
  });

  test('has no bearer token to send, so one is taken from anywhere', async () => {
    const made = await server.admin.post('/products', { name: 'x' }, { origin: 'https://tool.example' });
    assert.equal(made.status, 201);
  });

  test('does not get in by a cookie when the bearer token is wrong', async () => {
    const { cookie } = await signIn(server);
    const headers = { cookie, authorization: `Bearer ${'x'.repeat(43)}`, origin: 'https://evil.example' };
    assert.equal((await change(headers)).body.code, 'unauthenticated');
  });
});

describe('addresses that a proxy names', () => {
  const lastAddress = async (at: TestServer) =>
    (await at.admin.get('/audit?action=session.create&limit=1')).body.items[0].remoteAddress;

  test('are believed of a trusted proxy only, and the nearest one counts', async () => {
    const forwarded = { 'x-forwarded-for': '198.51.100.1, 203.0.113.77' };
    await signIn(server, forwarded);
    assert.equal(await lastAddress(server), '127.0.0.1');
    await signIn(behindProxy, forwarded);
    assert.equal(await lastAddress(behindProxy), '203.0.113.77');
  });

  test('tell devices apart: a stranger behind the same proxy locks nobody out', async () => {
    const { productKey } = await createProduct(behindProxy.admin);
    const device = await createDevice(behindProxy.admin, productKey);
    const connect = (sender: string, password?: string) => {
      const signed = signedConnect(device);
      const client = mqtt.connect(`${behindProxy.baseUrl.replace('http', 'ws')}/mqtt`, {
        ...signed,
        ...(password === undefined ? {} : { password }),
        protocolVersion: 4,
        reconnectPeriod: 0,
        wsOptions: { headers: { 'x-forwarded-for': sender } },
      });
      return new Promise<number>((resolve) => {
        client.on('connect', () => resolve(0));
        client.on('error', (error) => resolve('code' in error ? Number(error.code) : -1));
      }).finally(() => client.end(true));
    };
    const tries = Array.from({ length: 12 }, () => connect('203.0.113.66', 'f'.repeat(64)));
    assert.ok((await Promise.all(tries)).includes(5), 'the stranger is throttled');
    assert.equal(await connect('203.0.113.66'), 5);
    assert.equal(await connect('203.0.113.67'), 0);
  });

  test('do not make a session cookie Secure unless the proxy is trusted', async () => {
    const { cookie } = await signIn(server, HTTPS);
    assert.match(cookie, /^opencota-session=/);
  });
});
