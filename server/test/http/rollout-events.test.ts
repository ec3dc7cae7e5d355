/** Progress as server-sent events: from now until the rollout ends. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AlinkDevice, download } from '../support/alink-device.ts';
import type { ApiClient } from '../support/api-client.ts';
import { createDevice, createProduct, type DeviceIdentity, untilOnline } from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';
import { openEvents } from './support/event-stream.ts';

const environment = { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' };

describe('events of a rollout', () => {
  let server: TestServer;
  let admin: ApiClient;
  let lamp: DeviceIdentity;
  before(async () => {
    server = await startTestServer({ environment });
    ({ admin } = server);
  });
  beforeEach(async () => {
    const { productKey } = await createProduct(admin, { doneWhen: 'applied' });
    lamp = await createDevice(admin, productKey);
    await admin.saveVersion(productKey, '{"a":1}');
  });
  after(() => server[Symbol.asyncDispose]());

  test('tell of each step and end with the rollout', async () => {
    await using device = await AlinkDevice.connect(server.mqttPort, lamp);
    await untilOnline(admin, lamp.productKey, 1);
    const { id } = await server.push(lamp.productKey, 1);
    await using stream = await openEvents(server.baseUrl, id, admin.token);
    assert.equal(stream.status, 200);
    assert.match(stream.headers.get('content-type')!, /^text\/event-stream/);
    assert.equal(stream.headers.get('cache-control'), 'no-store');
    assert.equal(stream.headers.get('x-content-type-options'), 'nosniff');
    const offer = await device.nextPush();
    await download(offer);
    await until('the download is told', () =>
      stream.events.some(({ data }) => (data.counters as { downloaded: number }).downloaded === 1),
    );
    await device.reply(offer.id, 200);
    await stream.ended;
    const last = stream.events.at(-1)!;
    assert.equal(last.name, 'end');
    assert.equal(last.data.state, 'completed');
    assert.equal(last.data.outcome, 'succeeded');
    assert.ok(stream.events.slice(0, -1).every(({ name }) => name === 'progress'));
  });

  test('of a rollout that is over are its state and the end', async () => {
    const { id } = await server.push(lamp.productKey, 1);
    await admin.post(`/rollouts/${id}/actions/cancel`);
    await until('it is closed', async () => (await admin.get(`/rollouts/${id}`)).body.open === 0);
    await using stream = await openEvents(server.baseUrl, id, admin.token);
    await stream.ended;
    assert.deepEqual(
      stream.events.map(({ name }) => name),
      ['progress', 'end'],
    );
  });

  test('are refused as a problem to nobody, and of a rollout that is not there', async () => {
    const refused = await server.nobody.get('/rollouts/1/events');
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get('content-type')!, /^application\/problem\+json/);
    assert.equal((await admin.get('/rollouts/999/events')).body.code, 'rollout-not-found');
  });

  test('that are open do not keep a server from stopping', async () => {
    const other = await startTestServer({ environment });
    const { productKey } = await createProduct(other.admin);
    await createDevice(other.admin, productKey);
    await other.admin.saveVersion(productKey, '{}');
    const { id } = await other.push(productKey, 1);
    await using stream = await openEvents(other.baseUrl, id, other.admin.token);
    await until('the first event', () => stream.events.length > 0);
    const startedAt = performance.now();
    await other[Symbol.asyncDispose]();
    assert.ok(performance.now() - startedAt < 4_000, `it took ${performance.now() - startedAt} ms`);
    await stream.ended;
  });
});
