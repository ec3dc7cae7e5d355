/** The life of a download link (R1, R17): expired, revoked, and what a restart changes about it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AlinkDevice } from '../support/alink-device.ts';
import type { ApiClient } from '../support/api-client.ts';
import { createTestTime } from '../support/test-clock.ts';
import { createDevice, createProduct, type DeviceIdentity } from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MINUTE_MS = 60_000;
const CONTENT = '{"a":1}';

/** The content, or the code of the refusal. */
async function fetchLink(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  if (response.ok) return text;
  assert.equal(response.status, 403, text);
  assert.ok(!text.includes(CONTENT));
  return JSON.parse(text).code;
}

async function askForLink(server: TestServer, identity: DeviceIdentity): Promise<string> {
  await using device = await AlinkDevice.connect(server.mqttPort, identity);
  return (await device.get()).data.url!;
}

describe('a link', () => {
  const time = createTestTime();
  let server: TestServer;
  let admin: ApiClient;
  let lamp: DeviceIdentity;
  let url: string;
  before(async () => {
    server = await startTestServer({ time });
    ({ admin } = server);
  });
  beforeEach(async () => {
    const { productKey } = await createProduct(admin);
    lamp = await createDevice(admin, productKey);
    await admin.saveVersion(productKey, CONTENT);
    url = await askForLink(server, lamp);
  });
  after(() => server[Symbol.asyncDispose]());
  const productPath = () => `/products/${lamp.productKey}`;
  const devicePath = () => `${productPath()}/devices/${lamp.deviceName}`;

  test('lives 30 minutes', async () => {
    assert.equal(await fetchLink(url), CONTENT);
    time.pass(29 * MINUTE_MS);
    assert.equal(await fetchLink(url), CONTENT);
    time.pass(2 * MINUTE_MS);
    assert.equal(await fetchLink(url), 'link-expired');
  });

  test('dies when the clock is set ahead, and lives no longer when it is set back', async () => {
    time.jumpWall(31 * MINUTE_MS);
    assert.equal(await fetchLink(url), 'link-expired');
    time.jumpWall(-31 * MINUTE_MS);
    assert.equal(await fetchLink(url), CONTENT);
    time.jumpWall(-120 * MINUTE_MS);
    assert.equal(await fetchLink(url), CONTENT);
    time.pass(31 * MINUTE_MS);
    assert.equal(await fetchLink(url), 'link-expired');
    time.jumpWall(120 * MINUTE_MS);
  });

  test('dies at once with the switch, for good', async () => {
    assert.equal(await fetchLink(url), CONTENT);
    await admin.patch(productPath(), { enabled: false });
    assert.equal(await fetchLink(url), 'link-revoked');
    await admin.patch(productPath(), { enabled: true });
    assert.equal(await fetchLink(url), 'link-revoked');
    assert.equal(await fetchLink(await askForLink(server, lamp)), CONTENT);
  });

  test('dies with its device; enabled again, the device gets a new one that opens', async () => {
    await admin.patch(devicePath(), { enabled: false });
    assert.equal(await fetchLink(url), 'link-revoked');
    await admin.patch(devicePath(), { enabled: true });
    assert.equal(await fetchLink(url), 'link-revoked');
    // A link's age is known to the second.
    time.pass(1_000);
    assert.equal(await fetchLink(await askForLink(server, lamp)), CONTENT);
    assert.equal(await fetchLink(url), 'link-revoked');
  });

  test('dies with the removal of its device, also when another one takes its name', async () => {
    await admin.delete(devicePath());
    assert.equal(await fetchLink(url), 'link-revoked');
    const again = await createDevice(admin, lamp.productKey);
    assert.equal(await fetchLink(url), 'link-revoked');
    assert.equal(await fetchLink(await askForLink(server, again)), CONTENT);
  });

  test('gives the version it was made for, whatever was saved since', async () => {
    await admin.saveVersion(lamp.productKey, '{"a":2}');
    assert.equal(await fetchLink(url), CONTENT);
    assert.equal(await fetchLink(await askForLink(server, lamp)), '{"a":2}');
  });
});

test('after a restart a link still opens, but not of a device that was disabled or removed, or after the switch went off', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-links-'));
  t.after(() => rm(dir, { recursive: true }));
  const time = createTestTime();
  const links = new Map<string, string>();
  let productKey = '';
  {
    await using server = await startTestServer({ dir, time });
    ({ productKey } = await createProduct(server.admin));
    await server.admin.saveVersion(productKey, CONTENT);
    for (const name of ['kept', 'disabled', 'removed']) {
      links.set(name, await askForLink(server, await createDevice(server.admin, productKey, name)));
    }
    const other = await createProduct(server.admin);
    await server.admin.saveVersion(other.productKey, CONTENT);
    links.set(
      'switched',
      await askForLink(server, await createDevice(server.admin, other.productKey, 'switched')),
    );
    for (const enabled of [false, true])
      await server.admin.patch(`/products/${other.productKey}`, { enabled });
    await server.admin.patch(`/products/${productKey}/devices/disabled`, { enabled: false });
    await server.admin.delete(`/products/${productKey}/devices/removed`);
  }
  await using server = await startTestServer({ dir, time });
  const fetchAgain = (name: string) => fetchLink(server.baseUrl + new URL(links.get(name)!).pathname);
  assert.equal(await fetchAgain('kept'), CONTENT);
  assert.equal(await fetchAgain('disabled'), 'link-revoked');
  assert.equal(await fetchAgain('removed'), 'link-revoked');
  assert.equal(await fetchAgain('switched'), 'link-revoked');
  await server.admin.patch(`/products/${productKey}/devices/kept`, { enabled: false });
  assert.equal(await fetchAgain('kept'), 'link-revoked');
});

test('a link under the longest allowed address fits what devices can hold', async () => {
  const publicUrl = `http://${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(50)}`;
  await using server = await startTestServer({ environment: { OPENCOTA_PUBLIC_URL: publicUrl } });
  const { productKey } = await createProduct(server.admin);
  await server.admin.saveVersion(productKey, CONTENT);
  const url = await askForLink(server, await createDevice(server.admin, productKey));
  assert.ok(url.startsWith(`${publicUrl}/d/`));
  assert.ok(url.length <= 254, `${url.length}`);
  assert.equal(await fetchLink(server.baseUrl + new URL(url).pathname), CONTENT);
});
