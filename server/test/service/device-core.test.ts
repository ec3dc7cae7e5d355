/** What the core answers to devices: from memory, in Alink's codes (R16), and what it believes of them. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { parseConfigGet, parseConfigPushReply } from '@opencota/contract/alink/messages';
import type { SignedInDevice } from '../../src/domain/gateway-port.ts';
import { createContentCache } from '../../src/service/content-cache.ts';
import { configFile, createDeviceCore } from '../../src/service/device-core.ts';
import { createInlineContents } from '../../src/service/inline-contents.ts';
import { createLinkService } from '../../src/service/links.ts';
import { createRecorder } from '../../src/service/recorder.ts';
import { createRevokedDevices } from '../../src/service/revoked-devices.ts';
import { createSessionDirectory } from '../../src/service/session-directory.ts';
import { saveVersion, startRollout } from '../conformance/store-bench.ts';
import { changeSettings, countOf, createLamps, diskFull, openBench } from './service-bench.ts';

/** A device that announces nothing of ours, one that knows its members, and one that also takes contents. */
type Speech = 'plain' | 'extension' | 'inline';

async function openCore(t: TestContext, speech: Speech = 'plain', content?: string) {
  const bench = openBench(t);
  const { product, devices } = await createLamps(bench, ['lamp-1'], content);
  const sessions = createSessionDirectory();
  const recorder = createRecorder({ ...bench, replica: 'here', gatherMs: 0, onRecorded() {} });
  const revoked = createRevokedDevices(bench.clock);
  const contents = createContentCache(bench.store);
  const links = createLinkService({ ...bench, contents, revoked, recorder, publicUrl: () => 'http://x' });
  // Whoever reads a content for a message waits for this.
  let reading = Promise.resolve();
  const inline = createInlineContents({
    ...contents,
    get: (productId, version) => reading.then(() => contents.get(productId, version)),
  });
  const core = createDeviceCore({
    ...bench,
    links,
    inline,
    recorder,
    sessions,
  });
  const { id, deviceName } = devices[0]!;
  const device: SignedInDevice = {
    id,
    productId: product.id,
    productKey: 'a1Lamp',
    deviceName,
    hasExtension: speech !== 'plain',
    takesInline: speech === 'inline',
  };
  return {
    ...bench,
    core,
    device,
    product,
    sessions,
    recorder,
    /** Contents are not read before the answer is called. */
    holdContents() {
      const { promise, resolve } = Promise.withResolvers<void>();
      reading = promise;
      return resolve;
    },
    async ask(text = '{"id":"123","params":{"configScope":"product","getType":"file"}}') {
      const answer = await core.requestConfig(device, parseConfigGet(text));
      return answer === undefined ? undefined : JSON.parse(answer);
    },
    reply: (text: string) => core.reportReply(device, parseConfigPushReply(text)),
    findDevice: async () => (await bench.store.read((tx) => tx.devices.findById(id)))!,
    async change(settings: Parameters<typeof changeSettings>[2]) {
      await changeSettings(bench, product.id, settings);
      await bench.products.refresh(product.id);
    },
  };
}

test('a request is answered 200 with the file, its size and digest, and a link', async (t) => {
  const { ask, store, product } = await openCore(t);
  const version = (await store.read((tx) => tx.configs.findVersion(product.id, 1)))!;
  const { code, id, data } = await ask();
  assert.equal(code, 200);
  assert.equal(id, '123');
  const { url, ...rest } = data;
  assert.deepEqual(rest, {
    configId: version.configId,
    configSize: 7,
    getType: 'file',
    sign: version.sha256,
    signMethod: 'Sha256',
  });
  assert.match(url, /^http:\/\/x\/d\//);
});

test('once the product is in memory, a request touches no store', async (t) => {
  const { ask, core, device, store } = await openCore(t);
  await ask();
  const reads = store.readCount();
  const answer = core.requestConfig(device, parseConfigGet('{"id":"1"}'));
  assert.equal(typeof answer, 'string', 'the answer is there at once');
  assert.equal(store.readCount(), reads);
});

test('the switch off is 6713, no version 6710, another scope or type 460', async (t) => {
  const { ask, change, metrics } = await openCore(t);
  await change({ requestPolicy: 'rolledOut' });
  assert.equal((await ask()).code, 6710);
  await change({ isEnabled: false });
  assert.equal((await ask()).code, 6713);
  assert.equal((await ask('{"id":"1","params":{"configScope":"device","getType":"file"}}')).code, 460);
  assert.equal((await ask('{"id":"1","params":{"configScope":"product","getType":"text"}}')).code, 460);
  assert.equal((await ask('not JSON')).code, 460);
  for (const outcome of ['no-config', 'switch-off', 'unreadable']) {
    assert.equal(await countOf(metrics.requests, { outcome }), 1, outcome);
  }
});

test('sys.ack 0 wants no reply, of whatever kind', async (t) => {
  const { ask, change } = await openCore(t);
  assert.equal(await ask('{"id":"1","sys":{"ack":0}}'), undefined);
  await change({ isEnabled: false });
  assert.equal(await ask('{"id":"1","sys":{"ack":0}}'), undefined);
  assert.equal((await ask('{"id":"1","sys":{"ack":1}}')).code, 6713);
});

test('our own member is sent only to a device that said it knows it', async (t) => {
  assert.equal('configVersion' in (await (await openCore(t)).ask()).data, false);
  assert.equal((await (await openCore(t, 'extension')).ask()).data.configVersion, 1);
  const version = { configId: 'c', bytes: 1, sha256: 's', number: 3 };
  const device = { hasExtension: true, takesInline: false };
  assert.deepEqual(configFile(version, device, { url: 'u', content: '"{}"' }), {
    configId: 'c',
    configSize: 1,
    sign: 's',
    url: 'u',
    configVersion: 3,
  });
});

test('a content comes in the answer to a device that takes it there, and to no other', async (t) => {
  const content = '{"n":1.0,\r\n"s":"\u2028\\u00e9"}';
  const { data } = await (await openCore(t, 'inline', content)).ask();
  assert.equal(data.content, content);
  assert.match(data.url, /^http:\/\/x\/d\//, 'its link is there all the same');
  for (const speech of ['plain', 'extension'] as const) {
    const { ask } = await openCore(t, speech, content);
    assert.equal('content' in (await ask()).data, false, speech);
  }
});

test('once a content is in memory, a request that brings it touches no store', async (t) => {
  const { ask, core, device, store } = await openCore(t, 'inline');
  await ask();
  const reads = store.readCount();
  assert.equal(typeof core.requestConfig(device, parseConfigGet('{"id":"1"}')), 'string');
  assert.equal(store.readCount(), reads);
});

test('a content is not handed out when the switch goes off while it is read', async (t) => {
  const { core, device, change, holdContents, product, products } = await openCore(t, 'inline');
  await products.get(product.id);
  const release = holdContents();
  const answer = core.requestConfig(device, parseConfigGet('{"id":"1"}'));
  await change({ isEnabled: false });
  release();
  const { code, data } = JSON.parse((await answer)!);
  assert.deepEqual([code, data], [6713, {}]);
});

test('a content never comes under the name of another version that was saved while it was read', async (t) => {
  const { core, device, holdContents, store, product, products } = await openCore(t, 'inline');
  await products.get(product.id);
  const release = holdContents();
  const answer = core.requestConfig(device, parseConfigGet('{"id":"1"}'));
  const { sha256 } = await saveVersion(store, product, '{"b":1}');
  await products.refresh(product.id);
  release();
  const { data } = JSON.parse((await answer)!);
  assert.equal(data.sign, sha256);
  assert.equal('content' in data, false, 'that one goes by its link');
});

test('a reply is stored before it is acknowledged, and rejected when it cannot be', async (t) => {
  const { reply, store, findDevice } = await openCore(t);
  await reply('{"id":"0","code":200,"data":{"configVersion":1}}');
  assert.equal((await findDevice()).confirmedVersion, 1);
  store.failWrites(diskFull());
  await assert.rejects(reply('{"id":"0","code":200,"data":{"configVersion":1}}'), { code: 'storage-full' });
});

test("a reply that nobody can read is kept as what it is: a failure in the device's own words", async (t) => {
  const { reply, findDevice, store, product } = await openCore(t);
  const rollout = await startRollout(store, product, { version: 1 });
  await store.write((tx) => tx.deliveries.expand(rollout.id, 10, { wallMs: 1, serviceMs: 1 }));
  await reply('"id":1001,"code":"400","data":{}');
  const { lastError } = await findDevice();
  assert.equal(lastError?.code, -1);
  assert.match(lastError.message, /not JSON: "id":1001/);
});

test('a device that runs more than the store knows raises the counter, so that its next version is above', async (t) => {
  const { reply, store, product } = await openCore(t);
  await reply('{"id":"0","code":200,"data":{"configVersion":41}}');
  assert.equal((await saveVersion(store, product, '{"b":1}')).number, 42);
});

test('a fleet that says so all at once costs one transaction', async (t) => {
  const { ask, store, product } = await openCore(t);
  await ask();
  const held = Promise.withResolvers<void>();
  const before = store.write(() => held.promise);
  const write = t.mock.method(store, 'write');
  for (let count = 0; count < 100; count += 1)
    await ask('{"id":"1","params":{"configScope":"product","getType":"file","configVersion":9}}');
  assert.equal(write.mock.callCount(), 1);
  await ask('{"id":"1","params":{"configScope":"product","getType":"file","configVersion":10}}');
  assert.equal(write.mock.callCount(), 2, 'one that says more is heard');
  held.resolve();
  await before;
  await store.write(async () => {});
  const { versionFloor } = (await store.read((tx) => tx.products.findById(product.id)))!;
  assert.equal(versionFloor, 10);
});

test('a device that claims a number beyond reason raises nothing', async (t) => {
  const { reply, ask, store, product } = await openCore(t);
  await reply('{"id":"0","code":200,"data":{"configVersion":9007199254740991}}');
  await ask('{"id":"1","params":{"configVersion":4000000000}}');
  assert.equal((await saveVersion(store, product, '{"b":1}')).number, 2);
});

test('who is connected is known at once, and written soon', async (t) => {
  const { core, device, sessions, recorder, findDevice } = await openCore(t);
  core.sessionOpened(device, '192.0.2.1');
  assert.equal(sessions.find(device.id), device);
  await recorder.drain();
  assert.equal((await findDevice()).isOnline, true);
  const newer = { ...device };
  core.sessionOpened(newer, '192.0.2.2');
  core.sessionClosed(device);
  assert.equal(
    sessions.find(device.id),
    newer,
    'an older session that ends takes nothing from the newer one',
  );
  core.sessionClosed(newer);
  assert.equal(sessions.find(device.id), undefined);
});
