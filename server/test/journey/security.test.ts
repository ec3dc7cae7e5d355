/** What a whole server keeps to itself, and what it makes of text that means to do harm. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { AlinkDevice, download } from '../support/alink-device.ts';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { createDevice, createDevices, createProduct, numbered } from '../support/test-product.ts';

const PASSWORD = 'a long test password';
/** Each would do something somewhere if it were taken for more than text. */
const HARMFUL = [
  `'; DROP TABLE devices; --`,
  '" OR ""="',
  '%',
  '_',
  `\${process.exit(1)}`,
  '{{7*7}}',
  '$(touch /tmp/x)',
  '`id`',
  '../../etc/passwd',
  '<script>alert(1)</script>',
  '=HYPERLINK("http://evil.example")',
  '{"$ne":null}',
] as const;

let dir: string;
let app: App;
let admin: ApiClient;
/** Every line of the log, at its most talkative and without any masking. */
const lines: string[] = [];
const secrets: string[] = [PASSWORD];

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'opencota-security-'));
  const config = readConfig({
    OPENCOTA_DATA_DIR: dir,
    OPENCOTA_HOST: '127.0.0.1',
    OPENCOTA_HTTP_PORT: '0',
    OPENCOTA_MQTT_PORT: '0',
  });
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  app = await startApp({ config, log, print: () => undefined });
  const baseUrl = `http://127.0.0.1:${app.httpPort}`;
  const { username, oneTimePassword } = app.firstAdmin!;
  secrets.push(oneTimePassword);
  const first = await createApiClient(baseUrl).post('/session', { username, password: oneTimePassword });
  admin = createApiClient(baseUrl, first.body.token);
  secrets.push(first.body.token);
  const body = { currentPassword: oneTimePassword, newPassword: PASSWORD };
  assert.equal((await admin.send('PUT', '/session/password', { body })).status, 200);
});
after(async () => {
  await app[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});

test('MQTT without TLS is warned of at the start', () => {
  assert.ok(
    lines.some((line) => line.includes('"level":40') && /open without TLS.*OPENCOTA_TLS_CERT/.test(line)),
  );
});

test('the log holds no password, secret, token or link, whatever goes on and goes wrong', async () => {
  const { productKey, productSecret } = await createProduct(admin);
  const [lamp, other] = await createDevices(admin, productKey, ['lamp-1', 'lamp-2']);
  secrets.push(productSecret, lamp!.deviceSecret, other!.deviceSecret);
  const rotated = await admin.post(`/products/${productKey}/devices/lamp-2/rotate-secret`, {});
  secrets.push(rotated.body.deviceSecret);
  const token = await admin.post('/tokens', { name: 'ci', scopes: ['read'] });
  secrets.push(token.body.token);
  await admin.saveVersion(productKey, '{"apiKey":"secret of the configuration"}');
  secrets.push('secret of the configuration');
  await using device = await AlinkDevice.connect(app.mqttPort!, lamp!);
  const { data } = await device.get();
  await download(data);
  secrets.push(new URL(data.url!).pathname.slice('/d/'.length));
  await fetch(`${data.url}x`);
  await assert.rejects(
    AlinkDevice.connect(app.mqttPort!, { ...lamp!, deviceSecret: 'a wrong secret of a device' }),
  );
  await admin.post('/session', { username: 'admin', password: 'a wrong password' });
  await admin.send('POST', '/session', {
    raw: '{"password":"half of',
    headers: { 'content-type': 'application/json' },
  });
  secrets.push('a wrong secret of a device', 'a wrong password', 'half of');
  const log = lines.join('');
  assert.ok(log.includes('device refused'), 'the log is on');
  for (const secret of secrets) assert.ok(!log.includes(secret), `${secret} is in the log`);
});

test('what lies on the disk is for its owner only, and shows no secret', async () => {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (name === 'secret.key') assert.equal(statSync(path).mode & 0o077, 0, name);
    const bytes = readFileSync(path);
    for (const secret of secrets.filter((each) => each !== 'secret of the configuration'))
      assert.ok(!bytes.includes(secret), `${secret} lies in ${name}`);
  }
});

test('secrets of devices have 128 random bits and are never the same', async () => {
  const { productKey } = await createProduct(admin);
  const devices = await createDevices(admin, productKey, numbered('lamp', 50));
  for (const { deviceSecret } of devices) assert.match(deviceSecret, /^[0-9a-f]{32}$/);
  assert.equal(new Set(devices.map(({ deviceSecret }) => deviceSecret)).size, 50);
});

test('text that means to do harm is kept and shown as text, or refused, and does nothing', async () => {
  const { productKey } = await createProduct(admin);
  await createDevice(admin, productKey);
  const path = `/products/${productKey}`;
  for (const text of HARMFUL) {
    const named = await admin.patch(path, { name: text });
    assert.deepEqual([named.status, named.body.name], [200, text]);
    const saved = await admin.saveVersion(productKey, JSON.stringify({ text }), text);
    assert.equal(saved.note, text);
    const content = await admin.get(`${path}/versions/${saved.number}/content`);
    assert.deepEqual(content.body, { text });
    assert.match(content.headers.get('content-type')!, /^application\/json/);
    const query = encodeURIComponent(text);
    for (const filter of ['search', 'tag']) {
      const found = await admin.get(`${path}/devices?${filter}=${query}`);
      assert.deepEqual([found.status, found.body.items], [200, []], `${filter} ${text}`);
    }
    assert.ok([400, 404].includes((await admin.get(`/products/${query}`)).status), text);
    assert.ok([400, 404].includes((await admin.get(`${path}/devices/${query}`)).status), text);
    assert.equal((await admin.post(`${path}/devices`, { deviceName: text })).status, 400, text);
    assert.equal((await admin.post('/users', { username: text, roles: ['viewer'] })).status, 400, text);
    assert.equal((await admin.get(`/audit?actor=${query}`)).body.items?.length ?? 0, 0, text);
  }
  const { body } = await admin.get(`${path}/devices`);
  assert.deepEqual(
    body.items.map(({ deviceName }: { deviceName: string }) => deviceName),
    ['lamp-1'],
  );
});

test('a line end in what a stranger sends does not make a line of its own in the log', async () => {
  const before = lines.length;
  await admin.get('/products/a%0A%7B%22level%22%3A60%7D');
  await admin.post('/session', { username: 'x\n{"level":60,"msg":"forged"}', password: 'y' });
  for (const line of lines.slice(before)) {
    assert.equal(line.indexOf('\n'), line.length - 1);
    assert.notEqual(JSON.parse(line).level, 60);
  }
  const entries = JSON.stringify((await admin.get('/audit?limit=5')).body.items);
  assert.ok(!entries.includes('forged'), 'a name that nobody has is not repeated');
});
