/** The rules of `product.md` about what a device may say and what people see and may do: R18–R21. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AlinkDevice, download } from '../support/alink-device.ts';
import { createApiClient } from '../support/api-client.ts';
import {
  changeProduct,
  createDevice,
  createDevices,
  createProduct,
  findDevice,
  untilDelivered,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

let server: TestServer;

before(async () => {
  server = await startTestServer({ environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' } });
});
after(() => server[Symbol.asyncDispose]());

test('R18: a wrong secret, an unknown device and a disabled one are refused alike', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identity = await createDevice(admin, productKey);
  const connect = (change: object) => AlinkDevice.connect(server.mqttPort, { ...identity, ...change });
  await assert.rejects(connect({ deviceSecret: '0'.repeat(32) }), { code: 4 });
  await assert.rejects(connect({ deviceName: 'lamp-2' }), { code: 4 });
  await admin.patch(`/products/${productKey}/devices/lamp-1`, { enabled: false });
  await assert.rejects(connect({}), { code: 4 });
  await admin.patch(`/products/${productKey}/devices/lamp-1`, { enabled: true });
  await (await connect({}))[Symbol.asyncDispose]();
});

test("R18: a device publishes and receives on its own topics only, and never another's", async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const [mine, other] = await createDevices(admin, productKey, ['lamp-1', 'lamp-2']);
  await admin.saveVersion(productKey, '{"a":1}');
  await using victim = await AlinkDevice.connect(server.mqttPort, other!);
  await using nosy = await AlinkDevice.connect(server.mqttPort, mine!);
  const filters = [
    `/sys/${productKey}/lamp-2/thing/config/push`,
    '#',
    `/sys/${productKey}/+/thing/config/push`,
  ];
  // The client rejects when the server refuses a filter.
  for (const filter of filters) await assert.rejects(nosy.client.subscribeAsync(filter), filter);
  await untilOnline(admin, productKey, 2);
  await server.push(productKey, 1);
  const offer = await victim.nextPush();
  await nosy.nextPush();
  assert.ok(nosy.messages.every(({ topic }) => topic.includes('/lamp-1/')));
  const topic = `/sys/${productKey}/lamp-2/thing/config/push_reply`;
  nosy.client.publish(topic, JSON.stringify({ id: offer.id, code: 200, data: {} }), { qos: 1 });
  await nosy.closed;
  await victim.publish('thing/deviceinfo/update', {}, 1);
  assert.equal((await findDevice(admin, other!)).confirmedVersion, 0);
});

test('R18: a second connection of the same device replaces the first, whatever its client id', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identity = await createDevice(admin, productKey);
  await admin.saveVersion(productKey, '{"a":1}');
  await using first = await AlinkDevice.connect(server.mqttPort, identity);
  await using second = await AlinkDevice.connect(server.mqttPort, identity, { parameters: ',lan=C' });
  await first.closed;
  await server.push(productKey, 1);
  await second.nextPush();
  assert.equal((await findDevice(admin, identity)).online, true);
});

test('R19: per device: online, last seen, wanted, downloaded and confirmed version, last error in full, timeline', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identity = await createDevice(admin, productKey);
  const before = await findDevice(admin, identity);
  assert.deepEqual([before.online, before.lastSeenAt, before.wantedVersion], [false, null, 0]);
  await admin.saveVersion(productKey, '{"a":1}');
  const device = await AlinkDevice.connect(server.mqttPort, identity);
  await server.push(productKey, 1);
  const first = await device.nextPush();
  await download(first);
  await device.reply(first.id, 200);
  await admin.saveVersion(productKey, '{"a":2}');
  await server.push(productKey, 2);
  const second = await device.nextPush();
  const words = 'the relay did not answer: 繼電器';
  await device.reply(second.id, 100_123, { message: words });
  const seen = await findDevice(admin, identity);
  assert.equal(seen.online, true);
  assert.ok(seen.lastSeenAt !== null);
  assert.deepEqual([seen.wantedVersion, seen.downloadedVersion, seen.confirmedVersion], [2, 1, 1]);
  assert.deepEqual(
    [seen.lastError!.code, seen.lastError!.message, seen.lastError!.version],
    [100_123, words, 2],
  );
  const timeline = await admin.get(`/products/${productKey}/devices/lamp-1/deliveries`);
  assert.deepEqual(
    timeline.body.items.map(({ version, state }: { version: number; state: string }) => [version, state]),
    [
      [2, 'failed'],
      [1, 'applied'],
    ],
  );
  await device[Symbol.asyncDispose]();
  await until('it is offline', async () => !(await findDevice(admin, identity)).online);
});

test('R20: editing and pushing are separate rights, and tokens have scopes and are shown once', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  await admin.saveVersion(productKey, '{"a":1}');
  const [viewer, editor, operator] = [
    await server.signInAs('vera', ['viewer']),
    await server.signInAs('emil', ['editor']),
    await server.signInAs('otis', ['operator']),
  ];
  const path = `/products/${productKey}`;
  assert.equal((await viewer.get(path)).status, 200);
  assert.equal((await viewer.patch(path, { enabled: false })).status, 403);
  assert.equal((await editor.post(`${path}/rollouts`, { version: 1 })).status, 403);
  assert.ok((await editor.saveVersion(productKey, '{"a":2}')).number === 2);
  assert.equal((await operator.post(`${path}/versions`, {})).status, 403);
  assert.equal((await operator.post(`${path}/rollouts`, { version: 2 })).status, 202);
  assert.equal((await operator.post('/users', { username: 'x', roles: ['admin'] })).status, 403);

  const made = await admin.post('/tokens', { name: 'reader', scopes: ['read'], expiresInDays: 1 });
  assert.ok(Date.parse(made.body.expiresAt) > Date.now());
  const token = createApiClient(server.baseUrl, made.body.token);
  assert.equal((await token.get(path)).status, 200);
  assert.equal((await token.patch(path, { enabled: false })).status, 403);
  assert.ok(!(await admin.get('/tokens')).text.includes(made.body.token));
  assert.equal((await server.nobody.get(path)).status, 401);
});

test('R20: the first administrator has a one-time password, and no default password opens the door', async () => {
  await using fresh = await startTestServer();
  assert.match(fresh.app.firstAdmin!.oneTimePassword, /^\S{12,}$/);
  for (const password of ['admin', 'password', 'opencota', '', fresh.app.firstAdmin!.oneTimePassword])
    assert.equal((await fresh.nobody.post('/session', { username: 'admin', password })).status, 401);
});

test('R21: every change, push, verification, sign-in and refusal is in the audit log with who, when, from where, what', async () => {
  await using audited = await startTestServer();
  const { admin } = audited;
  const { productKey } = await createProduct(admin, { coolDownSeconds: 3600 });
  const identity = await createDevice(admin, productKey);
  await admin.saveVersion(productKey, '{"a":1}');
  await using device = await AlinkDevice.connect(audited.mqttPort, identity);
  await audited.push(productKey, 1);
  await device.nextPush();
  await untilDelivered(admin, identity, 'received');
  await admin.post(`/products/${productKey}/rollouts`, { version: 1 });
  await audited.nobody.post('/session', { username: 'admin', password: 'wrong' });
  await changeProduct(admin, productKey, { enabled: false });
  const { items } = (await admin.get('/audit?limit=500')).body;
  const has = (action: string, outcome: string) =>
    items.some((each: Record<string, string>) => each.action === action && each.outcome === outcome);
  const expected: [string, string][] = [
    ['product.create', 'ok'],
    ['product.switch', 'ok'],
    ['draft.write', 'ok'],
    ['version.save', 'ok'],
    ['rollout.start', 'refused'],
    ['step-up.send', 'ok'],
    ['step-up.verify', 'ok'],
    ['rollout.start', 'ok'],
    ['session.create', 'ok'],
    ['session.create', 'refused'],
  ];
  const missing = expected.filter(([action, outcome]) => !has(action, outcome));
  const known = [...new Set(items.map((each: Record<string, string>) => `${each.action} ${each.outcome}`))];
  assert.deepEqual(missing, [], `there are: ${known.join(', ')}`);
  for (const entry of items) {
    assert.ok(entry.actor !== '' && entry.target !== '' && !Number.isNaN(Date.parse(entry.at)));
    assert.ok(entry.actor === 'system' || entry.remoteAddress.includes('127.0.0.1'), JSON.stringify(entry));
  }
});
