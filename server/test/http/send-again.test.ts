/** Where devices are in the newest rollout, in lists and on products, and sending it to one of them again. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AlinkDevice, download } from '../support/alink-device.ts';
import { type ApiClient, createApiClient } from '../support/api-client.ts';
import { createTestTime } from '../support/test-clock.ts';
import {
  createDevices,
  createProduct,
  type DeviceIdentity,
  findDelivery,
  findDevice,
  findRollout,
  numbered,
  untilDelivered,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

let server: TestServer;
let admin: ApiClient;
let productKey: string;
let path: string;
let devices: DeviceIdentity[];
const time = createTestTime();

before(async () => {
  server = await startTestServer({ environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' }, time });
  ({ admin } = server);
});
beforeEach(async () => {
  ({ productKey } = await createProduct(admin));
  path = `/products/${productKey}`;
  devices = await createDevices(admin, productKey, numbered('lamp', 3));
  await admin.saveVersion(productKey, '{"a":1}');
});
after(() => server[Symbol.asyncDispose]());

const send = (device = devices[0]!, client = admin) =>
  client.post(`${path}/devices/${device.deviceName}/send`);
const connect = async (device = devices[0]!) => {
  const connected = await AlinkDevice.connect(server.mqttPort, device);
  await untilOnline(admin, productKey, 1);
  return connected;
};
const push = (more = {}) => server.push(productKey, 1, more);

/** The first device refuses a push, which the others have a minute to come for. @returns the rollout's id. */
async function refuse(device: AlinkDevice): Promise<number> {
  const { id } = await push({ deadlineSeconds: 60 });
  await device.reply((await device.nextPush()).id, 100_001, { message: 'no room' });
  await untilDelivered(admin, devices[0]!, 'failed');
  return id;
}

async function expectRefused(code: string, detail: RegExp, device = devices[0]!): Promise<void> {
  const { status, body, text } = await send(device);
  assert.deepEqual([status, body.code], [code === 'rollout-not-found' ? 404 : 409, code], text);
  assert.match(body.detail, detail);
}

describe('a device that refused a push', () => {
  test('gets it again when somebody asks, and it alone', async () => {
    await using device = await connect();
    const rollout = await refuse(device);
    const sent = await send();
    assert.equal(sent.status, 200, sent.text);
    assert.equal(sent.body.latestDelivery.rolloutId, rollout);
    assert.equal(sent.body.latestDelivery.open, true);
    const again = await device.nextPush();
    assert.equal(await download(again), '{"a":1}');
    await device.reply(again.id, 200);
    assert.equal((await untilDelivered(admin, devices[0]!, 'applied')).attempt, 2);
    const { body } = await admin.get('/audit?action=device.send&limit=1');
    assert.deepEqual(
      [body.items[0].target, body.items[0].detail],
      ['lamp-0', { rollout, version: 1, before: 'failed' }],
    );
  });

  test('gets it also after the deadline, and from a program that may only push; the cool-down does not count', async () => {
    await admin.patch(path, { coolDownSeconds: 3600 });
    await using device = await connect();
    const id = await refuse(device);
    time.pass(60_000);
    const ended = await untilEnded(admin, id);
    assert.deepEqual([ended.state, ended.outcome], ['completed', 'incomplete']);
    const token = await admin.post('/tokens', { name: `pushes-${productKey}`, scopes: ['rollouts:write'] });
    assert.equal((await send(devices[0], createApiClient(server.baseUrl, token.body.token))).status, 200);
    await device.reply((await device.nextPush()).id, 200);
    await untilDelivered(admin, devices[0]!, 'applied');
    const { counters } = await untilEnded(admin, id);
    assert.deepEqual([counters.applied, counters.unreached], [1, 2], 'the others stay as they ended');
    assert.equal((await send(devices[1]!)).body.latestDelivery.state, 'pending', 'goes when it connects');
    assert.equal((await findRollout(admin, id)).state, 'running');
  });
});

describe('sending again is refused', () => {
  test('before anything was pushed, and while the switch is off', async () => {
    await expectRefused('rollout-not-found', /Nothing was pushed/);
    await push();
    await admin.patch(path, { enabled: false });
    await expectRefused('switch-off', /Turn the switch on/);
  });

  test('while the device has it in hand, and once it has it', async () => {
    await using device = await connect();
    await push();
    const offer = await device.nextPush();
    await until('it is acknowledged', async () => (await findDelivery(admin, devices[0]!)).receivedAt);
    await expectRefused('action-not-allowed', /its answer is awaited/);
    await device.reply(offer.id, 200);
    await untilDelivered(admin, devices[0]!, 'applied');
    await expectRefused('action-not-allowed', /has version 1 already/);
    assert.equal(device.pushCount, 1);
  });

  test('to a device that has a newer version meanwhile, by asking', async () => {
    await using device = await connect();
    await refuse(device);
    await admin.saveVersion(productKey, '{"a":2}');
    await download((await device.get()).data);
    await until(
      'the download is recorded',
      async () => (await findDevice(admin, devices[0]!)).downloadedVersion === 2,
    );
    await expectRefused('action-not-allowed', /has version 2, which is newer/);
  });

  test('of a cancelled rollout, to a disabled device, and to one that came after the push', async () => {
    const { id } = await push();
    const [late] = await createDevices(admin, productKey, ['late']);
    await until(
      'the deliveries are written',
      async () => (await findDevice(admin, devices[0]!)).latestDelivery,
    );
    await expectRefused('action-not-allowed', /registered or enabled after that push/, late);
    await admin.patch(`${path}/devices/lamp-1`, { enabled: false });
    await expectRefused('action-not-allowed', /disabled/, devices[1]);
    await admin.post(`/rollouts/${id}/actions/cancel`);
    await expectRefused('action-not-allowed', /was cancelled/);
    assert.equal((await send({ ...devices[0]!, deviceName: 'nobody' })).body.code, 'device-not-found');
  });
});

test('what a rollout allows is what would be accepted: a retry only of the newest, and where something failed', async () => {
  await using device = await connect();
  const allowed = async (id: number) => (await findRollout(admin, id)).allowedActions;
  const first = await push({ deadlineSeconds: 60 });
  assert.deepEqual(await allowed(first.id), ['pause', 'cancel']);
  await device.reply((await device.nextPush()).id, 100_001);
  await untilDelivered(admin, devices[0]!, 'failed');
  assert.deepEqual(await allowed(first.id), ['pause', 'cancel', 'retry-failed']);
  await admin.patch(path, { enabled: false });
  assert.deepEqual(await allowed(first.id), ['cancel', 'retry-failed'], 'no resuming with the switch off');
  await admin.patch(path, { enabled: true });
  time.pass(60_000);
  await admin.post(`/rollouts/${first.id}/actions/resume`);
  await untilEnded(admin, first.id);
  assert.deepEqual(await allowed(first.id), ['retry-failed']);
  await push();
  assert.deepEqual(await allowed(first.id), []);
});

describe('lists', () => {
  test('of devices say where each is in the newest rollout, and are narrowed to a state or to disabled ones', async () => {
    const names = async (query: string) => {
      const { body } = await admin.get(`${path}/devices?${query}`);
      return body.items.map(({ deviceName }: { deviceName: string }) => deviceName);
    };
    assert.deepEqual(await names('state=pending'), [], 'nothing was pushed yet');
    assert.equal((await admin.get(`${path}/devices`)).body.items[0].deliveryState, null);
    await using device = await connect();
    await refuse(device);
    await admin.patch(`${path}/devices/lamp-2`, { enabled: false });
    const { body } = await admin.get(`${path}/devices`);
    assert.deepEqual(
      body.items.map((item: { deliveryState: string }) => item.deliveryState),
      ['failed', 'pending', 'pending'],
    );
    assert.deepEqual(await names('state=failed'), ['lamp-0']);
    assert.deepEqual(await names('state=pending'), ['lamp-1', 'lamp-2']);
    assert.deepEqual(await names('state=pending&enabled=true'), ['lamp-1']);
    assert.deepEqual(await names('enabled=false'), ['lamp-2']);
    assert.deepEqual(await names('state=failed&online=false'), []);
    assert.match((await admin.get(`${path}/devices?state=lost`)).body.detail, /must be one of "pending"/);
    assert.equal((await admin.get(`${path}/devices?enabled=maybe`)).status, 400);
  });

  test('of products say where the newest rollout is and how many devices run what was rolled out', async () => {
    const find = async () => {
      const { body } = await admin.get('/products?limit=500');
      return body.items.find((each: { productKey: string }) => each.productKey === productKey);
    };
    assert.deepEqual([(await find()).onRolledOutVersion, (await find()).latestRollout], [0, null]);
    // A download is not the end of it: what is open stays open.
    await admin.patch(path, { doneWhen: 'applied' });
    await using device = await connect();
    const { id } = await push();
    await download(await device.nextPush());
    const listed = await until('the download is counted', async () => {
      const found = await find();
      return found.onRolledOutVersion === 1 && found;
    });
    const { usage, ...page } = (await admin.get(path)).body;
    assert.deepEqual(page, listed);
    assert.deepEqual(usage, [{ version: 1, deviceCount: 1 }]);
    const { latestRollout } = listed;
    const { state, outcome, version, deviceTotal, open, failed, pauseReason } = latestRollout;
    assert.deepEqual(
      [latestRollout.id, state, outcome, version, deviceTotal, open, failed, pauseReason],
      [id, 'running', 'open', 1, 3, 3, 0, null],
    );
    const patched = await admin.patch(path, { enabled: false });
    assert.deepEqual(
      [patched.body.latestRollout.state, patched.body.latestRollout.pauseReason],
      ['paused', 'switch-off'],
    );
  });
});
