/** The console as it is served: what its policy lets run, and that nothing beside its files gets out. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { rawRequest } from './support/raw-http.ts';

const PERSON = { accept: 'text/html' };
const HIDDEN = 'nobody may read this';

let directory: string;
let server: TestServer;
before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'opencota-console-'));
  const dist = join(directory, 'dist');
  mkdirSync(join(dist, 'assets/.git'), { recursive: true });
  const files: Record<string, string> = {
    'index.html':
      '<!doctype html><style nonce="__CSP_NONCE__"></style><script src="/assets/app.js"></script>',
    'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'assets/app.js': 'export {}',
    'assets/app.js.map': HIDDEN,
    'assets/.env': HIDDEN,
    'assets/.git/config': HIDDEN,
    'beside.txt': HIDDEN,
    '../secret.key': HIDDEN,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dist, name), text);
  server = await startTestServer({ consoleDirectory: dist });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

test('its policy lets its own scripts run and no inline one, and its nonce is another each time', async () => {
  const nonces = new Set<string>();
  for (const path of ['/', '/products/a1Lamp', '/a"><script>alert(1)</script>']) {
    const response = await fetch(server.baseUrl + path, { headers: PERSON });
    assert.equal(response.status, 200, path);
    const policy = response.headers.get('content-security-policy')!;
    assert.match(policy, /script-src 'self';/);
    assert.ok(!policy.includes('unsafe'), policy);
    for (const rule of [
      "default-src 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "form-action 'none'",
    ])
      assert.ok(policy.includes(rule), rule);
    const nonce = /'nonce-([^']+)'/.exec(policy)![1]!;
    const html = await response.text();
    assert.ok(html.includes(`nonce="${nonce}"`));
    assert.ok(!html.includes('alert(1)'), 'the address is not repeated');
    nonces.add(nonce);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.match(response.headers.get('cache-control')!, /no-store|no-cache/);
  }
  assert.equal(nonces.size, 3);
});

test('the front is a page also for who takes anything, and every other address says what is wrong', async () => {
  const statusOf = async (path: string, headers: string[]) =>
    (await rawRequest(server.app.httpPort, 'GET', path, headers)).status;
  for (const headers of [[], ['Accept: */*']]) {
    assert.equal(await statusOf('/', headers), 200);
    assert.equal(await statusOf('/products', headers), 404);
  }
  assert.equal(await statusOf('/', ['Accept: application/json']), 404);
});

test('nothing gets out but its files: no directory, dotfile, source map, or file beside', async () => {
  assert.equal((await rawRequest(server.app.httpPort, 'GET', '/assets/app.js')).status, 200);
  for (const path of [
    '/assets/',
    '/assets',
    '/assets/.env',
    '/assets/.git/config',
    '/assets/app.js.map',
    '/assets/../beside.txt',
    '/assets/%2e%2e/beside.txt',
    '/assets/..%2fbeside.txt',
    '/assets/..%5cbeside.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.key',
    '/assets//etc/passwd',
    '/beside.txt',
    '/.git/config',
    '/secret.key',
  ]) {
    for (const headers of [[], ['Accept: text/html']]) {
      const { status, body } = await rawRequest(server.app.httpPort, 'GET', path, headers);
      assert.ok(!body.toString().includes(HIDDEN), `${path} is served`);
      assert.ok(headers.length > 0 || status >= 400, `${path}: ${status}`);
    }
  }
});
