/** The rules of `product.md` about starting a push, seen from outside: R9–R12. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AlinkDevice, download } from '../support/alink-device.ts';
import { createApiClient } from '../support/api-client.ts';
import { startSdkDevice } from '../support/sdk-device.ts';
import { ServerProcess } from '../support/server-process.ts';
import { createTestTime } from '../support/test-clock.ts';
import {
  createDevice,
  createDevices,
  createProduct,
  findDevice,
  findRollout,
  untilDelivered,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const time = createTestTime();
let server: TestServer;

before(async () => {
  server = await startTestServer({ time });
});
after(() => server[Symbol.asyncDispose]());

const start = (productKey: string, version: number) =>
  server.admin.post(`/products/${productKey}/rollouts`, { version });

/** A wrong code of the right shape. */
const wrongCode = (code: string) => (code === '000000' ? '111111' : '000000');
const lastCode = () => /\b\d{6}\b/.exec(server.printed.at(-1)!)![0];

test('R9: a batch update reaches all devices of the product, after saying how many are online, offline and on it', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const [first, second] = await createDevices(admin, productKey, ['lamp-1', 'lamp-2', 'lamp-3']);
  const stranger = await createDevice(admin, (await createProduct(admin)).productKey);
  await admin.saveVersion(productKey, '{"a":1}');
  await using one = await startSdkDevice(server.mqttPort, first!);
  await using other = await AlinkDevice.connect(server.mqttPort, stranger);
  await download((await askOnce(second!)).data);
  await until('lamp-1 is online', async () => (await findDevice(admin, first!)).online);
  await untilOnline(admin, productKey, 1);

  const preview = await admin.post(`/products/${productKey}/rollouts/preview`, { version: 1 });
  const { total, online, offline, alreadyOnVersion } = preview.body.devices;
  assert.deepEqual([total, online, offline], [3, 1, 2]);
  assert.ok(alreadyOnVersion >= 1, 'a device that asked for it is on it');
  assert.equal(preview.body.nextAllowedAt, null);

  const { id } = await server.push(productKey, 1);
  await untilDelivered(admin, first!, 'applied');
  const rollout = await findRollout(admin, id);
  assert.deepEqual([rollout.deviceTotal, rollout.counters.pending], [3, 2]);
  assert.equal(one.applied.length, 1, 'it ran it already and only confirmed');
  assert.equal(other.pushCount, 0, 'a device of another product hears nothing');
});

/** Connects, asks and leaves. */
async function askOnce(identity: Parameters<typeof AlinkDevice.connect>[1]) {
  await using device = await AlinkDevice.connect(server.mqttPort, identity);
  const reply = await device.get();
  await device.publish('thing/deviceinfo/update', {}, 1);
  return reply;
}

test('R10: a push from an untrusted context needs a code, and the very same push then goes through', async () => {
  const { productKey } = await createProduct(server.admin);
  await server.admin.saveVersion(productKey, '{"a":1}');
  const operator = await server.signInAs('otto', ['operator']);
  const path = `/products/${productKey}/rollouts`;
  const refused = await operator.post(path, { version: 1 });
  assert.deepEqual([refused.status, refused.body.code], [403, 'step-up-required']);
  const { challengeId, channel } = (await operator.post('/step-up', {})).body;
  assert.equal(channel, 'log');
  const code = lastCode();
  const wrong = await operator.post(`/step-up/${challengeId}`, { code: wrongCode(code) });
  assert.equal(wrong.body.code, 'step-up-failed');
  assert.equal((await operator.post(`/step-up/${challengeId}`, { code })).status, 200);
  assert.equal((await operator.post(`/step-up/${challengeId}`, { code })).status, 403, 'never repeatable');
  assert.equal((await operator.post(path, { version: 1 })).status, 202);

  await server.admin.saveVersion(productKey, '{"a":2}');
  const other = await operator.post(path, { version: 2 });
  assert.equal(other.body.code, 'step-up-required', 'another digest needs another code');
  time.pass(11 * MINUTE_MS);
  assert.equal(
    (await operator.post(path, { version: 1 })).body.code,
    'step-up-required',
    'after ten minutes',
  );
});

test('R10: a code dies after five minutes or five wrong tries, and a token needs a scope to push unattended', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  await admin.saveVersion(productKey, '{"a":1}');
  const operator = await server.signInAs('olga', ['operator']);
  const intent = { productKey, version: 1 };
  const late = (await operator.post('/step-up', intent)).body.challengeId;
  const lateCode = lastCode();
  time.pass(5 * MINUTE_MS + 1);
  assert.equal((await operator.post(`/step-up/${late}`, { code: lateCode })).status, 403);

  const worn = (await operator.post('/step-up', intent)).body.challengeId;
  const wornCode = lastCode();
  for (let tries = 0; tries < 5; tries += 1)
    await operator.post(`/step-up/${worn}`, { code: wrongCode(wornCode) });
  assert.equal((await operator.post(`/step-up/${worn}`, { code: wornCode })).status, 403);

  const withScopes = async (name: string, scopes: string[]) => {
    const made = await admin.post('/tokens', { name, scopes });
    assert.equal(made.status, 201, made.text);
    return createApiClient(server.baseUrl, made.body.token);
  };
  const attended = await withScopes('hand', ['rollouts:write', 'read']);
  const refused = await attended.post(`/products/${productKey}/rollouts`, { version: 1 });
  assert.equal(refused.body.code, 'scope-required');
  const unattended = await withScopes('ci', ['rollouts:write', 'rollouts:unattended', 'read']);
  assert.equal((await unattended.post(`/products/${productKey}/rollouts`, { version: 1 })).status, 202);
});

test('R11: one batch update in an hour, counted from the first device reached; acting on it is not a push', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin, { coolDownSeconds: 3600 });
  const [identity] = await createDevices(admin, productKey, ['lamp-1', 'never-there']);
  await admin.saveVersion(productKey, '{"a":1}');
  await using _device = await startSdkDevice(server.mqttPort, identity!);
  await untilOnline(admin, productKey, 1);
  const { id } = await server.push(productKey, 1);
  await untilDelivered(admin, identity!, 'applied');
  const refused = await start(productKey, 1);
  assert.deepEqual([refused.status, refused.body.code], [429, 'cool-down']);
  const waitSeconds = Number(refused.headers.get('retry-after'));
  assert.ok(waitSeconds > 3_500 && waitSeconds <= 3_600, `${waitSeconds}`);
  assert.ok(Math.abs(Date.parse(refused.body.nextAllowedAt) - time.wallMs() - HOUR_MS) < 60_000);
  for (const action of ['pause', 'resume', 'retry-failed'])
    assert.equal((await admin.post(`/rollouts/${id}/actions/${action}`)).status, 200, action);
  time.jumpWall(2 * HOUR_MS);
  assert.equal((await start(productKey, 1)).body.code, 'cool-down', 'a changed clock does not get around it');
  time.jumpWall(-2 * HOUR_MS);
  time.pass(HOUR_MS);
  await server.push(productKey, 1);
});

test('R11: a push that reached nobody holds no cool-down, and of two at the same moment one passes', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin, { coolDownSeconds: 3600 });
  const identity = await createDevice(admin, productKey);
  await admin.saveVersion(productKey, '{"a":1}');
  await server.push(productKey, 1);
  assert.equal((await start(productKey, 1)).status, 202, 'nobody was reached');
  await using _device = await startSdkDevice(server.mqttPort, identity);
  await untilDelivered(admin, identity, 'applied');
  time.pass(HOUR_MS);
  assert.equal((await start(productKey, 1)).body.code, 'step-up-required');
  await server.passStepUp(admin);
  const [one, two] = await Promise.all([start(productKey, 1), start(productKey, 1)]);
  assert.deepEqual([one.status, two.status].toSorted(), [202, 429]);
});

test('R12: a push is durable before it is answered: a killed server goes on where it was', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-killed-'));
  try {
    const first = await ServerProcess.start({ dir, environment: { OPENCOTA_TRUSTED_NETWORKS: '' } });
    const admin = await first.signIn();
    const { productKey } = await createProduct(admin);
    const identity = await createDevice(admin, productKey);
    await admin.saveVersion(productKey, '{"a":1}');
    const { challengeId } = (await admin.post('/step-up', { productKey, version: 1 })).body;
    const code = await until('the code is in the log', () => first.code);
    assert.equal((await admin.post(`/step-up/${challengeId}`, { code })).status, 200);
    const pushed = await admin.post(`/products/${productKey}/rollouts`, { version: 1 });
    await first.kill();
    assert.equal(pushed.status, 202, pushed.text);

    await using second = await first.restart();
    await using device = await AlinkDevice.connect(second.mqttPort, identity);
    const offer = await device.nextPush();
    assert.equal(await download(offer), '{"a":1}');
    await device.reply(offer.id, 200);
    const { state, attempt } = await untilDelivered(second.client(admin.token), identity, 'applied');
    assert.deepEqual([state, attempt, device.pushCount], ['applied', 1, 1]);
    assert.equal((await untilEnded(second.client(admin.token), pushed.body.id)).outcome, 'succeeded');
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
