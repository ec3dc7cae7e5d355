/** Pushing over the API (R9–R13): preview, gates, actions, and asking twice. Without devices that answer. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AlinkDevice, download } from '../support/alink-device.ts';
import type { ApiAnswer, ApiClient } from '../support/api-client.ts';
import { createTestTime } from '../support/test-clock.ts';
import {
  createDevice,
  createDevices,
  createProduct,
  numbered,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

let server: TestServer;
let admin: ApiClient;
let productKey: string;
let path: string;

// The administrator's network needs no second factor here; step-up has tests of its own.
const environment = { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' };
const time = createTestTime();

before(async () => {
  server = await startTestServer({ environment, time });
  ({ admin } = server);
});
beforeEach(async () => {
  ({ productKey } = await createProduct(admin));
  path = `/products/${productKey}`;
  await admin.saveVersion(productKey, '{"a":1}');
});
after(() => server[Symbol.asyncDispose]());

const start = (body: object, headers = {}) => admin.post(`${path}/rollouts`, body, headers);
const act = (id: number, action: string) => admin.post(`/rollouts/${id}/actions/${action}`);

async function started(body: object = { version: 1 }): Promise<ApiAnswer['body']> {
  const answer = await start(body);
  assert.equal(answer.status, 202, answer.text);
  return answer.body;
}

describe('R9: before a push', () => {
  test('the preview says how many devices there are, are connected, and are on that version already', async () => {
    const [lamp] = await createDevices(admin, productKey, numbered('lamp', 5));
    await using device = await AlinkDevice.connect(server.mqttPort, lamp!);
    await untilOnline(admin, productKey, 1);
    await download((await device.get()).data);
    const { body } = await until('the download is counted', async () => {
      const preview = await admin.post(`${path}/rollouts/preview`, { version: 1 });
      return preview.body.devices.alreadyOnVersion === 1 && preview;
    });
    assert.deepEqual(body.devices, { total: 5, online: 1, offline: 4, alreadyOnVersion: 1 });
    assert.equal(body.version.number, 1);
    assert.equal(body.enabled, true);
    assert.equal(body.nextAllowedAt, null);
    assert.equal(
      (await admin.post(`${path}/rollouts/preview`, { version: 2 })).body.code,
      'version-not-found',
    );
  });

  test('a push with the switch off is refused and leaves nothing behind', async () => {
    await admin.patch(path, { enabled: false });
    const refused = await start({ version: 1 });
    assert.equal(refused.status, 409);
    assert.equal(refused.body.code, 'switch-off');
    assert.deepEqual((await admin.get(`${path}/rollouts`)).body.items, []);
    assert.equal((await admin.get(path)).body.rolledOutVersion, 0);
  });
});

describe('a push', () => {
  test('is answered 202 with the rollout and where to find it', async () => {
    await createDevice(admin, productKey);
    const answer = await start({ version: 1, note: 'go', deadlineSeconds: 60, attemptTimeoutSeconds: 5 });
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.get('location'), `/api/v1/rollouts/${answer.body.id}`);
    const { body } = answer;
    assert.equal(body.state, 'running');
    assert.equal(body.note, 'go');
    assert.equal(body.createdBy, 'admin');
    assert.equal(Date.parse(body.deadlineAt) - Date.parse(body.createdAt), 60_000);
    const found = await admin.get(`/rollouts/${body.id}`);
    assert.equal(found.body.sha256, (await admin.get(`${path}/versions/1`)).body.sha256);
  });

  test('lives 7 days by default, as the product says otherwise', async () => {
    const first = await started();
    assert.equal(Date.parse(first.deadlineAt) - Date.parse(first.createdAt), 7 * 86_400_000);
    await admin.patch(path, { deadlineSeconds: 120 });
    const second = await started();
    assert.equal(Date.parse(second.deadlineAt) - Date.parse(second.createdAt), 120_000);
  });

  test('that is sent twice with one key is one rollout, a double click included', async () => {
    await createDevice(admin, productKey);
    const key = { 'idempotency-key': 'push-1' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => start({ version: 1 }, key)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    assert.equal((await admin.get(`${path}/rollouts`)).body.items.length, 1);
    const conflict = await start({ version: 1, note: 'other' }, key);
    assert.equal(conflict.body.code, 'idempotency-conflict');
  });

  test('that is sent twice with one key is one rollout also where a cool-down is in force', async () => {
    const lamp = await createDevice(admin, productKey);
    await admin.patch(path, { coolDownSeconds: 3600 });
    await using _device = await AlinkDevice.connect(server.mqttPort, lamp);
    await untilOnline(admin, productKey, 1);
    const key = { 'idempotency-key': 'push-2' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => start({ version: 1 }, key)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 202, 202, 202, 202],
    );
    assert.equal((await start({ version: 1 })).body.code, 'cool-down');
    assert.equal((await start({ version: 1 }, key)).status, 202, 'and later, too');
  });
});

describe('R11: the cool-down', () => {
  test('counts from the push that reached a device, says when the next may be, and ends then', async () => {
    const lamp = await createDevice(admin, productKey);
    await admin.patch(path, { coolDownSeconds: 3600 });
    await started();
    await started();
    await using device = await AlinkDevice.connect(server.mqttPort, lamp);
    await device.nextPush();
    const refused = await until('the cool-down has begun', async () => {
      const answer = await start({ version: 1 });
      // Until the device has it, a push only holds the next one for a moment.
      const isCounted = Number(answer.headers.get('retry-after')) > 60;
      return answer.status === 429 && isCounted && answer;
    });
    assert.equal(refused.body.code, 'cool-down');
    const seconds = Number(refused.headers.get('retry-after'));
    assert.ok(seconds > 3590 && seconds <= 3600, String(seconds));
    const inMs = Date.parse(refused.body.nextAllowedAt) - time.wallMs();
    assert.ok(Math.abs(inMs - seconds * 1000) < 5_000, String(inMs));
    assert.match(refused.body.detail, /next push is allowed at/);
    const preview = await admin.post(`${path}/rollouts/preview`, { version: 1 });
    assert.equal(
      Math.round(Date.parse(preview.body.nextAllowedAt) / 5000),
      Math.round(Date.parse(refused.body.nextAllowedAt) / 5000),
    );
    time.jumpWall(2 * 3_600_000);
    assert.equal((await start({ version: 1 })).status, 429, 'a changed clock does not get around it');
    time.jumpWall(-2 * 3_600_000);
    time.pass(3_600_000);
    await started();
  });
});

describe('actions', () => {
  test('do what their table says, and refuse the rest with what is possible', async () => {
    await createDevice(admin, productKey);
    const { id } = await started();
    const expectRefused = async (action: string, state: string, allowedActions: string[]) => {
      const { status, body } = await act(id, action);
      assert.deepEqual([status, body.code, body.state], [409, 'action-not-allowed', state], action);
      assert.deepEqual(body.allowedActions, allowedActions);
    };
    await expectRefused('resume', 'running', ['pause', 'cancel']);
    const paused = await act(id, 'pause');
    assert.deepEqual(
      [paused.status, paused.body.state, paused.body.pauseReason],
      [200, 'paused', 'operator'],
    );
    assert.equal(paused.body.reason, 'paused by an operator');
    await expectRefused('pause', 'paused', ['resume', 'cancel']);
    assert.equal((await act(id, 'retry-failed')).status, 200);
    const resumed = await act(id, 'resume');
    assert.deepEqual([resumed.body.state, resumed.body.pauseReason], ['running', null]);
    const cancelled = await act(id, 'cancel');
    assert.equal(cancelled.body.state, 'cancelled');
    assert.deepEqual(cancelled.body.allowedActions, []);
    for (const action of ['pause', 'resume', 'cancel', 'retry-failed'])
      await expectRefused(action, 'cancelled', []);
    assert.equal((await act(id, 'explode')).status, 404);
    assert.equal((await admin.get(path)).body.rolledOutVersion, 0);
  });

  test('need no new push: within the cool-down a rollout is paused and resumed', async () => {
    const lamp = await createDevice(admin, productKey);
    await admin.patch(path, { coolDownSeconds: 3600 });
    await using device = await AlinkDevice.connect(server.mqttPort, lamp);
    await untilOnline(admin, productKey, 1);
    const { id } = await started();
    await device.nextPush();
    assert.equal((await act(id, 'pause')).status, 200);
    assert.equal((await act(id, 'resume')).status, 200);
  });

  test('a rollout that the switch paused is resumed by a person, and only with the switch on', async () => {
    await createDevice(admin, productKey);
    const { id } = await started();
    await admin.patch(path, { enabled: false });
    const paused = await admin.get(`/rollouts/${id}`);
    assert.deepEqual([paused.body.state, paused.body.pauseReason], ['paused', 'switch-off']);
    assert.equal((await act(id, 'resume')).body.code, 'switch-off');
    await admin.patch(path, { enabled: true });
    assert.equal((await admin.get(`/rollouts/${id}`)).body.state, 'paused');
    assert.equal((await act(id, 'resume')).body.state, 'running');
  });

  test('a newer push supersedes an older one, which cannot be tried again', async () => {
    await createDevice(admin, productKey);
    const older = await started();
    await started();
    await until(
      'the older one is closed',
      async () => (await admin.get(`/rollouts/${older.id}`)).body.open === 0,
    );
    const { body } = await admin.get(`/rollouts/${older.id}`);
    assert.equal(body.state, 'superseded');
    assert.equal(body.counters.superseded, 1);
    assert.equal((await act(older.id, 'retry-failed')).body.code, 'action-not-allowed');
  });
});

describe('lists', () => {
  test('of rollouts are newest first and paged', async () => {
    const ids: number[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await started()).id);
    const seen: number[] = [];
    let cursor = '';
    do {
      const { body } = await admin.get(`${path}/rollouts?limit=2${cursor}`);
      assert.ok(body.items.length <= 2);
      seen.push(...body.items.map(({ id }: { id: number }) => id));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    assert.deepEqual(seen, ids);
  });

  test('of deliveries are paged over all states and narrowed to one', async () => {
    const devices = await createDevices(admin, productKey, numbered('lamp', 7));
    await using device = await AlinkDevice.connect(server.mqttPort, devices[0]!);
    await untilOnline(admin, productKey, 1);
    const { id } = await started();
    const push = await device.nextPush();
    await device.reply(push.id, 100_001, { message: 'no room' });
    await until(
      'one has failed',
      async () => (await admin.get(`/rollouts/${id}`)).body.counters.failed === 1,
    );
    const names: string[] = [];
    let cursor = '';
    do {
      const { body } = await admin.get(`/rollouts/${id}/deliveries?limit=3${cursor}`);
      names.push(...body.items.map(({ deviceName }: { deviceName: string }) => deviceName));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    assert.deepEqual(names.toSorted(), numbered('lamp', 7));
    const failed = await admin.get(`/rollouts/${id}/deliveries?state=failed`);
    assert.equal(failed.body.items.length, 1);
    const [delivery] = failed.body.items;
    assert.deepEqual(
      [delivery.deviceName, delivery.code, delivery.message, delivery.open, delivery.version],
      ['lamp-0', 100_001, 'no room', false, 1],
    );
    assert.equal((await admin.get(`/rollouts/${id}/deliveries?state=pending`)).body.items.length, 6);
    assert.match(
      (await admin.get(`/rollouts/${id}/deliveries?state=lost`)).body.detail,
      /must be one of "pending"/,
    );
  });
});
