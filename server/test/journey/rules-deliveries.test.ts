/** The rules of `product.md` about deliveries and links, seen from devices: R13–R17. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CONFIRM_GRACE_MS } from '../../src/domain/limits.ts';
import { AlinkDevice, download, type Offer, refusalOf } from '../support/alink-device.ts';
import { startSdkDevice } from '../support/sdk-device.ts';
import { createTestTime } from '../support/test-clock.ts';
import {
  changeProduct,
  createDevice,
  createDevices,
  createProduct,
  findDelivery,
  findDevice,
  findRollout,
  listDeliveries,
  untilDelivered,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';

const MINUTE_MS = 60_000;
const time = createTestTime();
let server: TestServer;

before(async () => {
  server = await startTestServer({ time, environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' } });
});
after(() => server[Symbol.asyncDispose]());

/** A product with one version and one registered device. */
async function oneDevice(settings: Record<string, unknown> = {}) {
  const { productKey } = await createProduct(server.admin, settings);
  const identity = await createDevice(server.admin, productKey);
  await server.admin.saveVersion(productKey, '{"a":1}');
  return { productKey, identity, connect: () => AlinkDevice.connect(server.mqttPort, identity) };
}

test('R13: an offline device gets the push when it next connects, with a fresh link', async () => {
  const { productKey, identity, connect } = await oneDevice();
  await server.push(productKey, 1);
  assert.equal((await findDelivery(server.admin, identity)).state, 'pending');
  time.pass(31 * MINUTE_MS);
  await using device = await connect();
  const offer = await device.nextPush();
  assert.equal(await download(offer), '{"a":1}', 'half an hour later the link is good');
  await untilDelivered(server.admin, identity, 'downloaded');
});

test('R13: a device that lost its connection is handed the push again when it is back', async () => {
  const { productKey, identity, connect } = await oneDevice();
  const first = await connect();
  await server.push(productKey, 1);
  const lost = await first.nextPush();
  await first[Symbol.asyncDispose]();
  await until('it is offline', async () => !(await findDevice(server.admin, identity)).online);
  await using second = await connect();
  const again = await second.nextPush();
  assert.notEqual(again.id, lost.id, 'it is another attempt');
  await second.reply(again.id, 200);
  assert.equal((await untilDelivered(server.admin, identity, 'applied')).attempt, 2);
});

test('R13: who has not come by the deadline ends as unreached; without one it is seven days', async () => {
  const { productKey, identity, connect } = await oneDevice();
  const { id, createdAt, deadlineAt } = await server.push(productKey, 1);
  const days = (Date.parse(String(deadlineAt)) - Date.parse(String(createdAt))) / 86_400_000;
  assert.equal(days, 7);
  const short = await server.push(productKey, 1, { deadlineSeconds: 60 });
  time.pass(MINUTE_MS);
  server.app.services.reconciler.wake();
  const ended = await untilEnded(server.admin, short.id);
  assert.deepEqual([ended.state, ended.outcome, ended.counters.unreached], ['completed', 'incomplete', 1]);
  assert.equal((await findRollout(server.admin, id)).state, 'superseded');
  await using device = await connect();
  assert.equal(await download((await device.get()).data), '{"a":1}', 'it can still ask');
  assert.equal(device.pushCount, 0, 'but is not pushed to any more');
  await server.app.services.reconciler.settled();
  assert.equal((await findDelivery(server.admin, identity)).state, 'unreached');
});

test('R14: a newer rollout supersedes what is open of an older one, and late words about that move nothing', async () => {
  const { admin } = server;
  const { productKey, identity, connect } = await oneDevice();
  await using device = await connect();
  await untilOnline(admin, productKey, 1);
  const older = await server.push(productKey, 1);
  const first = await device.nextPush();
  await admin.saveVersion(productKey, '{"a":2}');
  const newer = await server.push(productKey, 2);
  const second = await device.nextPush();
  await untilEnded(admin, older.id);
  assert.equal((await listDeliveries(admin, older.id))[0]!.state, 'superseded');
  await download(second);
  await device.reply(second.id, 200);
  await device.reply(first.id, 200);
  await device.reply(first.id, 100_001, { message: 'too late' });
  assert.equal((await findDevice(admin, identity)).confirmedVersion, 2);
  assert.equal((await listDeliveries(admin, older.id))[0]!.state, 'superseded');
  assert.equal((await listDeliveries(admin, newer.id))[0]!.state, 'applied');
});

test('R15: a delivery goes pending, sent, received, downloaded, applied, and says when', async () => {
  const { productKey, identity, connect } = await oneDevice();
  await server.push(productKey, 1);
  assert.equal((await findDelivery(server.admin, identity)).state, 'pending');
  await using device = await connect();
  const offer = await device.nextPush();
  await untilDelivered(server.admin, identity, 'received');
  await download(offer);
  await untilDelivered(server.admin, identity, 'downloaded');
  await device.reply(offer.id, 200);
  const delivery = await findDelivery(server.admin, identity);
  assert.equal(delivery.state, 'applied');
  const { sentAt, receivedAt, downloadedAt, appliedAt, endedAt } = delivery;
  const times = [sentAt, receivedAt, downloadedAt, appliedAt, endedAt].map((at) => Date.parse(at!));
  assert.deepEqual(times, times.toSorted());
});

test('R15: an unmodified Link SDK that says nothing is done once it downloaded, where the product says so', async () => {
  const { productKey, identity, connect } = await oneDevice();
  await using device = await connect();
  const { id } = await server.push(productKey, 1);
  await download(await device.nextPush());
  await untilDelivered(server.admin, identity, 'downloaded');
  time.pass(CONFIRM_GRACE_MS);
  server.app.services.reconciler.wake();
  const ended = await untilEnded(server.admin, id);
  assert.deepEqual([ended.outcome, ended.counters.downloaded], ['succeeded', 1]);
});

test('R15: where applied counts, a silent download runs out of time; a failure counts in any case', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin, { doneWhen: 'applied' });
  const [quiet, broken] = await createDevices(admin, productKey, ['quiet', 'broken']);
  await admin.saveVersion(productKey, '{"a":1}');
  await using silent = await AlinkDevice.connect(server.mqttPort, quiet!);
  await using failing = await startSdkDevice(server.mqttPort, broken!, () => {
    throw new Error('no such lamp');
  });
  await untilOnline(admin, productKey, 2);
  const { id } = await server.push(productKey, 1);
  const failed = await untilDelivered(admin, broken!, 'failed');
  assert.match(failed.message!, /no such lamp/);
  assert.equal(failing.applied.length, 0);
  const attempts: Offer[] = [];
  while ((await findRollout(admin, id)).open > 0) {
    const offer = await until('the next attempt or the end', async () => {
      if (silent.pushCount > attempts.length) return silent.nextPush();
      time.pass(MINUTE_MS);
      server.app.services.reconciler.wake();
      await server.app.services.reconciler.settled();
      return (await findRollout(admin, id)).open === 0 && ('end' as const);
    });
    if (offer === 'end') break;
    attempts.push(offer);
    await download(offer);
  }
  assert.ok(attempts.length >= 2 && attempts.length <= 5, `${attempts.length} attempts`);
  assert.equal(new Set(attempts.map((offer) => offer.id)).size, attempts.length);
  assert.equal((await findDelivery(admin, quiet!)).state, 'timedOut');
});

test('R15: reverted and cancelled are ends of their own', async () => {
  const { admin } = server;
  const { productKey, identity } = await oneDevice();
  let isBroken = false;
  await using device = await startSdkDevice(server.mqttPort, identity, (config) => {
    if (isBroken && config.version === 2) throw new Error('cannot');
  });
  await until('it runs version 1', () => device.applied.length > 0);
  isBroken = true;
  await admin.saveVersion(productKey, '{"a":2}');
  const { id } = await server.push(productKey, 2);
  const reverted = await untilDelivered(admin, identity, 'reverted');
  assert.equal(reverted.code, 100_010);
  assert.deepEqual(
    device.applied.map(({ version, reason }) => [version, reason]),
    [
      [1, 'new'],
      [1, 'revert'],
    ],
  );
  await untilEnded(admin, id);
  const [absent] = await createDevices(admin, productKey, ['absent']);
  const again = await server.push(productKey, 2);
  await untilDelivered(admin, identity, 'reverted');
  assert.equal((await admin.post(`/rollouts/${again.id}/actions/cancel`)).body.state, 'cancelled');
  const ended = await untilEnded(admin, again.id);
  assert.deepEqual([ended.counters.cancelled, ended.counters.reverted], [1, 1]);
  assert.equal((await findDelivery(admin, absent!)).state, 'cancelled');
});

test('R16: a request is answered 200, 6710, 6713, 460 or 429, without a subscription, and not at all for ack 0', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  await using device = await AlinkDevice.connect(server.mqttPort, await createDevice(admin, productKey));
  assert.equal((await device.get()).code, 6710);
  await admin.saveVersion(productKey, '{"a":1}');
  assert.equal((await device.get()).code, 200);
  assert.equal((await device.get({ configScope: 'device', getType: 'file' })).code, 460);
  assert.equal((await device.get({ configScope: 'product', getType: 'content' })).code, 460);
  await device.publish('thing/config/get', {
    id: '77',
    sys: { ack: 0 },
    params: { configScope: 'product', getType: 'file' },
  });
  const next = await device.get();
  assert.equal(next.id, '1', 'the request without a wish for an answer got none');
  await changeProduct(admin, productKey, { enabled: false });
  assert.equal((await device.get()).code, 6713);
  const codes: number[] = [];
  while (codes.at(-1) !== 429 && codes.length < 50) codes.push((await device.get()).code);
  assert.equal(codes.at(-1), 429);
});

test('R17: a link opens with ranges and an exact length, for thirty minutes, and every other one says why not', async () => {
  const { productKey, connect } = await oneDevice();
  await using device = await connect();
  const { data } = await device.get();
  assert.ok(data.url!.length <= 254);
  const part = await fetch(data.url!, { headers: { range: 'bytes=2-', 'accept-encoding': 'gzip' } });
  assert.deepEqual([part.status, await part.text()], [206, 'a":1}']);
  assert.equal(part.headers.get('content-length'), '5');
  assert.equal(part.headers.get('content-range'), 'bytes 2-6/7');
  assert.equal(part.headers.get('content-encoding'), null);
  const whole = await fetch(data.url!, { redirect: 'error' });
  assert.deepEqual([whole.headers.get('content-length'), await whole.text()], ['7', '{"a":1}']);
  const forged = data.url!.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  assert.equal(await refusalOf({ url: forged }), 'link-invalid');
  time.pass(29 * MINUTE_MS);
  await download(data);
  time.pass(MINUTE_MS + 1_000);
  assert.equal(await refusalOf(data), 'link-expired');
  const fresh = (await device.get()).data;
  await changeProduct(server.admin, productKey, { enabled: false });
  assert.equal(await refusalOf(fresh), 'link-revoked');
});

test('R17: a link belongs to a device: disabling it kills its link and no other', async () => {
  const { admin } = server;
  const { productKey } = await createProduct(admin);
  const identities = await createDevices(admin, productKey, ['lamp-1', 'lamp-2']);
  await admin.saveVersion(productKey, '{"a":1}');
  await using one = await AlinkDevice.connect(server.mqttPort, identities[0]!);
  await using two = await AlinkDevice.connect(server.mqttPort, identities[1]!);
  const [first, second] = [(await one.get()).data, (await two.get()).data];
  assert.notEqual(first.url, second.url);
  await admin.patch(`/products/${productKey}/devices/lamp-1`, { enabled: false });
  assert.equal(await refusalOf(first), 'link-revoked');
  await download(second);
  await one.closed;
});
