/** Small contents in the message itself: for devices that say they take them, and for nobody else. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { INLINE_BYTES_MAX } from '../../src/domain/limits.ts';
import { AlinkDevice, download, refusalOf } from '../support/alink-device.ts';
import { startSdkDevice } from '../support/sdk-device.ts';
import {
  changeProduct,
  createDevice,
  createDevices,
  createProduct,
  type DeviceIdentity,
  findDelivery,
  findDevice,
  numbered,
  untilDelivered,
  untilEnded,
  untilOnline,
} from '../support/test-product.ts';
import { startTestServer, type TestServer, until } from '../support/test-server.ts';
import { answerOf, type VendorPush, vendorSdk } from '../support/vendor-sdk.ts';

const CONTENT = '{\r\n "n": 9007199254740993, "m": 1.0, "s": "\\u00e9\\/\\ud83d\\ude00 😀\u2028" }\n';
/** What the client id of a device says that takes contents in the message. */
const TAKES_INLINE = { parameters: ',_oc=1,_oci=1' };

let server: TestServer;

before(async () => {
  server = await startTestServer({ environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' } });
});
after(() => server[Symbol.asyncDispose]());

/** Downloads over links so far, of all devices. */
async function countDownloads(): Promise<number> {
  const { values } = await server.app.services.metrics.downloads.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

async function productWith(content: string, deviceCount = 1) {
  const { productKey } = await createProduct(server.admin, { doneWhen: 'applied' });
  const identities = await createDevices(server.admin, productKey, numbered('lamp', deviceCount));
  await server.admin.saveVersion(productKey, content);
  return { productKey, identities, identity: identities[0]! };
}

test('a device with our SDK is pushed a content and asks for one without a single download', async () => {
  const { productKey, identities } = await productWith(CONTENT, 2);
  const [pushed, asking] = identities;
  await changeProduct(server.admin, productKey, { requestPolicy: 'rolledOut' });
  const before = await countDownloads();
  await using first = await startSdkDevice(server.mqttPort, pushed!);
  await untilOnline(server.admin, productKey, 1);
  const { id } = await server.push(productKey, 1);
  await until('it applied what was pushed', () => first.applied[0]);
  // The other one is offered it by both, and asks first or is pushed first.
  await using second = await startSdkDevice(server.mqttPort, asking!);
  assert.equal((await untilEnded(server.admin, id)).counters.applied, 2);
  for (const device of [first, second]) assert.equal(device.applied[0]!.text, CONTENT);
  assert.equal(await countDownloads(), before);
  for (const identity of identities) {
    const { wantedVersion, downloadedVersion, confirmedVersion } = await findDevice(server.admin, identity);
    assert.deepEqual([wantedVersion, downloadedVersion, confirmedVersion], [1, 1, 1]);
  }
  const { usage } = (await server.admin.get(`/products/${productKey}`)).body;
  assert.deepEqual(usage, [{ version: 1, deviceCount: 2 }]);
});

test('what a device got by asking alone, without a push, stands on it when it has confirmed', async () => {
  const { identity } = await productWith(CONTENT);
  const before = await countDownloads();
  await using device = await startSdkDevice(server.mqttPort, identity);
  const found = await until('it is confirmed', async () => {
    const view = await findDevice(server.admin, identity);
    return view.confirmedVersion === 1 && view;
  });
  assert.deepEqual([found.downloadedVersion, found.lastError, device.applied.length], [1, null, 1]);
  assert.notEqual(found.downloadedAt, null);
  assert.equal(await countDownloads(), before);
});

test('a content above the limit goes by its link, and one of exactly the limit does not', async () => {
  for (const [bytes, isInline] of [
    [INLINE_BYTES_MAX, true],
    [INLINE_BYTES_MAX + 1, false],
  ] as const) {
    const content = JSON.stringify(['x'.repeat(bytes - 4)]);
    assert.equal(content.length, bytes);
    const { identity } = await productWith(content);
    await using device = await AlinkDevice.connect(server.mqttPort, identity, TAKES_INLINE);
    const { data } = await device.get();
    assert.equal('content' in data, isInline);
    assert.equal(await download(data), content);
  }
});

test('nothing counts as downloaded before the device says so or downloads, and its link works all the same', async () => {
  const { productKey, identity } = await productWith(CONTENT);
  await using device = await AlinkDevice.connect(server.mqttPort, identity, TAKES_INLINE);
  await server.push(productKey, 1);
  const offer = await device.nextPush();
  assert.equal(JSON.parse(offer.text).params.content, CONTENT);
  assert.equal((await untilDelivered(server.admin, identity, 'received')).downloadedAt, null);
  assert.equal((await findDevice(server.admin, identity)).downloadedVersion, 0);
  assert.equal(await download(offer), CONTENT);
  await untilDelivered(server.admin, identity, 'downloaded');
  await device.reply(offer.id, 200);
  assert.equal((await findDelivery(server.admin, identity)).state, 'applied');
});

test('with the switch off nothing comes in a message, and the link beside an earlier content is dead', async () => {
  const { productKey, identity } = await productWith(CONTENT);
  await using device = await AlinkDevice.connect(server.mqttPort, identity, TAKES_INLINE);
  const { data } = await device.get();
  await changeProduct(server.admin, productKey, { enabled: false });
  const { code, text } = await device.get();
  assert.deepEqual([code, text.includes('"content"')], [6713, false]);
  assert.equal(await refusalOf(data), 'link-revoked');
});

for (const [who, parameters] of [
  ['a Link SDK', ',_ss=1,_v=sdk-c-4.1.0,ext=3,_conn=tcp_0'],
  ['our SDK of before', ',_oc=1,_v=opencota-0.0.9'],
  ['a device that names the one and not the other', ',_oci=1'],
  ['a device that says no', ',_oc=1,_oci=0'],
] as const) {
  test(`${who} never sees a content in a message`, async () => {
    const { productKey, identity } = await productWith(CONTENT);
    await using device = await AlinkDevice.connect(server.mqttPort, identity, { parameters });
    const { text } = await device.get();
    await server.push(productKey, 1);
    const offer = await device.nextPush();
    for (const message of [text, offer.text]) assert.equal(message.includes('"content"'), false, message);
    assert.equal(await download(offer), CONTENT);
  });
}

test("the vendor's SDK never sees a content in a message", async () => {
  const { productKey, identity } = await productWith(CONTENT);
  const device = vendorSdk.device({ ...identity, brokerUrl: `mqtt://127.0.0.1:${server.mqttPort}` });
  try {
    const pushed = answerOf<VendorPush>((answered) => device.onConfig(answered));
    await once(device, 'connect');
    await untilOnline(server.admin, productKey, 1);
    await server.push(productKey, 1);
    assert.equal('content' in (await pushed).params, false);
  } finally {
    device.end(true);
  }
});

test('a sub-device never sees a content in a message, whatever its gateway takes', async () => {
  const { productKey, identity } = await productWith(CONTENT);
  const gates = await createProduct(server.admin);
  const gateway = await createDevice(server.admin, gates.productKey, 'gate-1');
  await using device = await AlinkDevice.connect(server.mqttPort, gateway, TAKES_INLINE);
  const proof = proofOf(identity);
  await device.publish('thing/topo/add', { id: '1', version: '1.0', params: [proof] });
  assert.equal(JSON.parse(await device.next('thing/topo/add_reply')).code, 200);
  const login = `/ext/session/${gates.productKey}/gate-1/combine/login`;
  await device.client.publishAsync(login, JSON.stringify({ id: '1', params: proof }));
  assert.equal(JSON.parse(await device.next('combine/login_reply')).code, 200);
  await untilOnline(server.admin, productKey, 1);
  await server.push(productKey, 1);
  const offer = await device.nextPush();
  assert.equal(offer.text.includes('"content"'), false);
  assert.equal(await download(offer), CONTENT);
});

/** What a sub-device signs for its gateway (`alink.md` 3.6). */
function proofOf({ productKey, deviceName, deviceSecret }: DeviceIdentity) {
  const names = { productKey, deviceName, clientId: deviceName, timestamp: '1' };
  const content = `clientId${deviceName}deviceName${deviceName}productKey${productKey}timestamp1`;
  const sign = createHmac('sha256', deviceSecret).update(content).digest('hex');
  return { ...names, signMethod: 'hmacSha256', cleanSession: 'false', sign };
}
