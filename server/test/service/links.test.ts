/** Links: handed out and checked without the store, dead at once when they must be (R17). */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { DeviceReport } from '../../src/domain/device.ts';
import { createContentCache } from '../../src/service/content-cache.ts';
import { createLinkService, LINK_PATH } from '../../src/service/links.ts';
import type { Recorder } from '../../src/service/recorder.ts';
import { createRevokedDevices } from '../../src/service/revoked-devices.ts';
import { changeSettings, countOf, createLamps, openBench } from './service-bench.ts';

const MINUTE_MS = 60_000;
const HOST = 'http://cota.example.com';

async function openLinks(t: TestContext, publicUrl = HOST) {
  const bench = openBench(t);
  const { product, devices } = await createLamps(bench);
  const revoked = createRevokedDevices(bench.clock);
  const contents = createContentCache(bench.store);
  const reports: DeviceReport[] = [];
  const recorder: Recorder = {
    presence() {},
    report: (report) => reports.push(report),
    reportDurably: async () => {},
    drain: async () => {},
  };
  const start = () =>
    createLinkService({ ...bench, contents, revoked, recorder, publicUrl: () => publicUrl });
  const links = start();
  const deviceId = devices[0]!.id;
  const create = (more = {}) => links.create(product, { deviceId, version: 1, deliveryId: 7, ...more });
  const tokenOf = (url: string) => url.slice(publicUrl.length + LINK_PATH.length);
  const open = async (url: string, by = links) =>
    Buffer.from((await by.open(tokenOf(url))).content).toString();
  return { ...bench, product, deviceId, revoked, reports, links, start, create, tokenOf, open };
}

test('a link is the public address and 68 characters, and opens to the bytes of its version', async (t) => {
  const { create, open, tokenOf } = await openLinks(t);
  const url = create();
  assert.match(url, /^http:\/\/cota\.example\.com\/d\/[A-Za-z0-9_-]{68}$/);
  assert.equal(tokenOf(url).length, 68);
  assert.equal(await open(url), '{"a":1}');
});

test('once the bytes are in memory, opening touches no store', async (t) => {
  const { create, open, links, tokenOf, store, clock } = await openLinks(t);
  clock.advance(2_000);
  const url = create();
  await open(url);
  const reads = store.readCount();
  const opened = links.open(tokenOf(url));
  assert.ok(!(opened instanceof Promise), 'the answer is there at once');
  assert.equal(store.readCount(), reads);
});

test('a link dies after half an hour of either clock', async (t) => {
  const { create, open, clock } = await openLinks(t);
  clock.advance(2_000);
  const url = create();
  clock.advance(30 * MINUTE_MS - 1);
  assert.equal(await open(url), '{"a":1}');
  clock.advance(1_001);
  await assert.rejects(async () => open(url), { code: 'link-expired' });
  const other = create();
  clock.setWall(-24 * 60 * MINUTE_MS);
  assert.equal(await open(other), '{"a":1}');
  clock.advance(31 * MINUTE_MS);
  await assert.rejects(async () => open(other), { code: 'link-expired' });
});

test('a link of a revoked device is dead, and a later one of it lives', async (t) => {
  const { create, open, revoked, deviceId, clock } = await openLinks(t);
  const url = create();
  clock.advance(10 * MINUTE_MS);
  revoked.add(deviceId);
  await assert.rejects(async () => open(url), { code: 'link-revoked' });
  clock.advance(1_000);
  const later = create();
  assert.equal(await open(later), '{"a":1}');
  await assert.rejects(async () => open(url), { code: 'link-revoked' });
  clock.advance(29 * MINUTE_MS);
  assert.equal(await open(later), '{"a":1}');
});

test('the switch kills the links before it for good, and revoked says more than expired', async (t) => {
  const { create, open, product, products, clock, ...bench } = await openLinks(t);
  const url = create();
  await products.get(product.id);
  for (const isEnabled of [false, true]) {
    await changeSettings({ ...bench, products, clock }, product.id, { isEnabled });
    await products.refresh(product.id);
    await assert.rejects(async () => open(url), { code: 'link-revoked' });
  }
  clock.advance(60 * MINUTE_MS);
  await assert.rejects(async () => open(url), { code: 'link-revoked' });
});

test('a link from before this start is checked against the device in the store', async (t) => {
  const { create, open, start, store, deviceId, clock } = await openLinks(t);
  const url = create();
  await open(url);
  clock.advance(5_000);
  const restarted = start();
  assert.equal(await open(url, restarted), '{"a":1}');
  await store.write((tx) => tx.devices.update(deviceId, { isEnabled: false }));
  await assert.rejects(async () => open(url, restarted), { code: 'link-revoked' });
  await store.write((tx) => tx.devices.remove(deviceId));
  await assert.rejects(async () => open(url, restarted), { code: 'link-revoked' });
});

test('a link of another server, or with any bit changed, is not genuine', async (t) => {
  const { create, links, tokenOf, metrics } = await openLinks(t);
  const stranger = await openLinks(t);
  const foreign = stranger.tokenOf(stranger.create());
  assert.throws(() => links.open(foreign), { code: 'link-invalid' });
  const bytes = Buffer.from(tokenOf(create()), 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const altered = Buffer.from(bytes);
    altered[at]! ^= 0x10;
    assert.throws(() => links.open(altered.toString('base64url')), { code: 'link-invalid' }, `byte ${at}`);
  }
  assert.equal(await countOf(metrics.downloads, { outcome: 'link-invalid' }), bytes.length + 1);
});

test('a link that would be too long for devices is never handed out', async (t) => {
  const { create } = await openLinks(t, `http://${'a'.repeat(180)}.example`);
  assert.throws(create, /OPENCOTA_PUBLIC_URL/);
});

test('a fetched file is reported for the delivery it was pushed for', async (t) => {
  const { create, links, tokenOf, reports, deviceId, product, clock } = await openLinks(t);
  const { claims } = await links.open(tokenOf(create()));
  links.fetched(claims);
  assert.deepEqual(reports, [
    {
      kind: 'downloaded',
      deviceId,
      productId: product.id,
      version: 1,
      deliveryId: 7,
      at: clock.now().wallMs,
    },
  ]);
});
