/**
 * What the C Link SDKs put on the wire and how they read it (`alink.md` 1.3, 2, 3.2), byte for byte, against
 * the whole server. These clients are fielded by the million and cannot be changed.
 */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { IClientOptions } from 'mqtt';
import { AlinkDevice, download } from '../support/alink-device.ts';
import { rawRequest } from '../support/raw-http.ts';
import {
  changeProduct,
  createDevice,
  createProduct,
  type DeviceIdentity,
  findDevice,
  untilDelivered,
} from '../support/test-product.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const CONFIG = '{"url":"http://elsewhere/","sign":"{}","data":{"params":[1.0]}}';
let server: TestServer;

before(async () => {
  server = await startTestServer({ environment: { OPENCOTA_TRUSTED_NETWORKS: '127.0.0.0/8' } });
});
after(() => server[Symbol.asyncDispose]());

/** One row of `alink.md` 3.2: how a client names itself, and in which case it writes the signature. */
type ConnectForm = {
  id: (identity: DeviceIdentity) => string;
  extension: (timestamp: string) => string;
  timestamp: string | undefined;
  method: 'sha256' | 'sha1' | 'md5';
  isUpper: boolean;
  options: IClientOptions;
};

const dotted = ({ productKey, deviceName }: DeviceIdentity) => `${productKey}.${deviceName}`;
const joined = ({ productKey, deviceName }: DeviceIdentity) => `${productKey}&${deviceName}`;
const C_TIMESTAMP = '2524608000000';

const CONNECT_FORMS: Readonly<Record<string, ConnectForm>> = {
  'C 4.2.0': {
    id: dotted,
    extension: (ts) =>
      `|timestamp=${ts},_ss=1,_v=sdk-c-4.2.0,securemode=3,signmethod=hmacsha256,ext=3,_conn=tcp_0|`,
    timestamp: C_TIMESTAMP,
    method: 'sha256',
    isUpper: true,
    options: { keepalive: 1200, clean: true },
  },
  'C 3.2.0': {
    id: dotted,
    extension: (ts) =>
      `|timestamp=${ts},_v=sdk-c-3.2.0,securemode=3,signmethod=hmacsha256,lan=C,_ss=1,gw=0,ext=0|`,
    timestamp: C_TIMESTAMP,
    method: 'sha256',
    isUpper: true,
    options: { keepalive: 60, clean: false },
  },
  'npm 1.0.1, with newlines and blanks inside': {
    id: (identity) => `${joined(identity)}_aliyun-iot-device-sdk-js`,
    extension: (ts) => `|securemode=3,\n        signmethod=hmacsha1,\n        timestamp=${ts}|`,
    timestamp: '1700000000000',
    method: 'sha1',
    isUpper: false,
    options: { keepalive: 60, clean: false },
  },
  'Python linkkit, in seconds': {
    id: joined,
    extension: (ts) => `|securemode=3,signmethod=hmacsha1,ext=1,_ss=1,lan=Python,_v=1.2.13,timestamp=${ts}|`,
    timestamp: '1700000000',
    method: 'sha1',
    isUpper: false,
    options: { keepalive: 60, clean: true },
  },
  'a trailing comma': {
    id: ({ deviceName }) => deviceName,
    extension: (ts) => `|securemode=3,signmethod=hmacsha1,timestamp=${ts},|`,
    timestamp: '1700000000',
    method: 'sha1',
    isUpper: false,
    options: { keepalive: 60 },
  },
  'an empty id': {
    id: () => '',
    extension: (ts) => `|timestamp=${ts},securemode=3,signmethod=hmacsha256|`,
    timestamp: C_TIMESTAMP,
    method: 'sha256',
    isUpper: true,
    options: { keepalive: 300 },
  },
  'nothing but an id: MD5 without a timestamp': {
    id: ({ deviceName }) => deviceName,
    extension: () => '',
    timestamp: undefined,
    method: 'md5',
    isUpper: false,
    options: { keepalive: 60 },
  },
};

function connectAs(form: ConnectForm, identity: DeviceIdentity): Promise<AlinkDevice> {
  const { productKey, deviceName, deviceSecret } = identity;
  const id = form.id(identity);
  const timestamp = form.timestamp === undefined ? '' : `timestamp${form.timestamp}`;
  const content = `clientId${id}deviceName${deviceName}productKey${productKey}${timestamp}`;
  const sign = createHmac(form.method, deviceSecret).update(content).digest('hex');
  return AlinkDevice.connect(server.mqttPort, identity, {
    ...form.options,
    clientId: `${id}${form.extension(form.timestamp ?? '')}`,
    password: form.isUpper ? sign.toUpperCase() : sign,
  });
}

/** A product with a version, and a device that connects as C 4.2.0 does and subscribes nothing. */
async function cDevice() {
  const { productKey } = await createProduct(server.admin);
  const identity = await createDevice(server.admin, productKey);
  await server.admin.saveVersion(productKey, CONFIG);
  const device = await connectAs(CONNECT_FORMS['C 4.2.0']!, identity);
  return { productKey, identity, device };
}

/**
 * The finder of the C SDKs (`core_json_value`): the first `"key":` anywhere in the text, the value right
 * behind it; no escapes, no blanks. Objects by counting braces wherever they stand.
 */
function find(text: string, key: string): string | undefined {
  const at = text.indexOf(`"${key}"`);
  const start = at + key.length + 3;
  if (at < 0 || text[start - 1] !== ':') return undefined;
  if (text[start] === '"') return text.slice(start + 1, text.indexOf('"', start + 1));
  if (text[start] === '{') {
    let depth = 0;
    for (let index = start; index < text.length; index += 1) {
      if (text[index] === '{') depth += 1;
      if (text[index] === '}' && --depth === 0) return text.slice(start, index + 1);
    }
    return undefined;
  }
  return /^-?\d+/.exec(text.slice(start))?.[0];
}

/** What a C device must find in a message; fails where one of them would ignore it or crash. */
function readAsC(text: string, member: 'data' | 'params') {
  assert.doesNotMatch(text, /\s(?=")|\n|\t|: /, 'compact');
  const file = find(text, member)!;
  const read = (key: string) => {
    const value = find(file, key);
    assert.ok(value !== undefined, `${key} is found in ${file}`);
    return value;
  };
  assert.equal(read('signMethod'), 'Sha256');
  assert.match(read('sign'), /^[0-9a-f]{64}$/);
  assert.equal(read('getType'), 'file');
  assert.match(file, /"configSize":\d+[,}]/, 'a number');
  assert.match(read('configId'), /^[A-Za-z0-9]+$/);
  const url = read('url');
  assert.match(url, /^http:\/\/[^{}"\\\s]+$/);
  assert.ok(url.length <= 254 && new URL(url).pathname.length < 256);
  return { url, sign: read('sign'), configSize: Number(read('configSize')) };
}

for (const [name, form] of Object.entries(CONNECT_FORMS)) {
  test(`the CONNECT of ${name} is accepted`, async () => {
    const { productKey } = await createProduct(server.admin);
    await using device = await connectAs(form, await createDevice(server.admin, productKey));
    assert.equal((await device.get()).code, 6710);
  });
}

const GETS: Readonly<Record<string, { text: string; id: string }>> = {
  'C 4.x, always "123"': {
    text: '{"id":"123","params":{"configScope":"product","getType":"file"}}',
    id: '123',
  },
  'iotkit 3.2, a number with blanks': {
    text: '{"id" : 0,"version":"1.0","params":{"configScope":"product","getType":"file","attributeKeys":""},"method":"thing.config.get"}',
    id: '0',
  },
  'Rust, with sys.ack': {
    text: '{"id":"4294967295","version":"1.0","sys":{"ack":1},"params":{"configScope":"product","getType":"file"},"method":"thing.config.get"}',
    id: '4294967295',
  },
};

for (const [name, { text, id }] of Object.entries(GETS)) {
  test(`the request of ${name} is answered without a subscription, as the C finder reads it`, async () => {
    const { device } = await cDevice();
    await using _device = device;
    for (let round = 0; round < 2; round += 1) {
      await device.publish('thing/config/get', text);
      const reply = await device.next('thing/config/get_reply');
      assert.equal(find(reply, 'code'), '200');
      assert.ok(reply.includes(`"id":"${id}"`), `the id comes back as a string: ${reply}`);
      assert.equal(await download(readAsC(reply, 'data')), CONFIG);
    }
  });
}

test('a request that is not JSON, or without params, gets an answer and not the end of the connection', async () => {
  const { device } = await cDevice();
  await using _device = device;
  await device.publish('thing/config/get', '{"id":"5",');
  assert.equal(find(await device.next('thing/config/get_reply'), 'code'), '460');
  await device.publish('thing/config/get', '{"id":"6"}');
  assert.equal(find(await device.next('thing/config/get_reply'), 'code'), '200');
});

test('a push comes without a subscription, and the C finder reads all of it', async () => {
  const { productKey, device } = await cDevice();
  await using _device = device;
  await server.push(productKey, 1);
  const text = await device.next('thing/config/push');
  const id = find(text, 'id')!;
  assert.ok(text.startsWith(`{"id":"${id}"`) && Number(id) <= 4_294_967_295);
  assert.equal(await download(readAsC(text, 'params')), CONFIG);
  assert.ok(!text.includes('configVersion'), 'nothing of ours for a device that did not ask for it');
});

test('refusals have data, so that a finder that looks for it finds nothing else', async () => {
  const { productKey, device } = await cDevice();
  await using _device = device;
  await changeProduct(server.admin, productKey, { enabled: false });
  await device.publish('thing/config/get', GETS['C 4.x, always "123"']!.text);
  const reply = await device.next('thing/config/get_reply');
  assert.deepEqual([find(reply, 'code'), find(reply, 'data')], ['6713', '{}']);
});

const REFUSALS: Readonly<Record<string, { reply: (id: string) => string; code: number }>> = {
  'the text of iotkit 3.2, which is not JSON': {
    reply: () => '"id":1001,"code":"400","data":{}',
    code: -1,
  },
  'a code as a string': { reply: (id) => `{"id":"${id}","code":"400","data":{}}`, code: 400 },
  'a number as id': { reply: (id) => `{"id":${id},"code":400,"data":{}}`, code: 400 },
};

for (const [name, { reply, code }] of Object.entries(REFUSALS)) {
  test(`${name} is a failure of the push it answers`, async () => {
    const { productKey, identity, device } = await cDevice();
    await using _device = device;
    await server.push(productKey, 1);
    const { id } = await device.nextPush();
    await device.publish('thing/config/push_reply', reply(id));
    assert.equal((await untilDelivered(server.admin, identity, 'failed')).code, code);
  });
}

test('the success of the Go client, whose data is a string, confirms the push', async () => {
  const { productKey, identity, device } = await cDevice();
  await using _device = device;
  await server.push(productKey, 1);
  const { id } = await device.nextPush();
  await device.publish('thing/config/push_reply', `{"id":"${id}","code":200,"data":"{}"}`);
  await untilDelivered(server.admin, identity, 'applied');
  assert.equal((await findDevice(server.admin, identity)).confirmedVersion, 1);
});

test('what C SDKs publish beside configurations is taken without losing the connection', async () => {
  const { device } = await cDevice();
  await using _device = device;
  const { productKey, deviceName } = device.identity;
  const topics = [
    `/ota/device/inform/${productKey}/${deviceName}`,
    `/ota/device/progress/${productKey}/${deviceName}`,
    `/ota/device/request/${productKey}/${deviceName}`,
    device.topic('thing/deviceinfo/update'),
    device.topic('thing/event/property/post'),
    `/shadow/update/${productKey}/${deviceName}`,
    `/ext/ntp/${productKey}/${deviceName}/request`,
  ];
  for (const topic of topics) await device.client.publishAsync(topic, '{"id":1, "params":{}}', { qos: 1 });
  assert.equal((await device.get()).code, 200);
});

test('the download of a C SDK has Content-Length in this very spelling, short headers and no chunks', async () => {
  const { device } = await cDevice();
  await using _device = device;
  const { data } = await device.get();
  const asC4 = await rawRequest(data.url!, [
    'Accept: text/html, */*',
    'Range: bytes=0-',
    'Content-Length: 0',
  ]);
  assert.equal(asC4.status, 206);
  assert.ok(asC4.headers.includes(`Content-Length: ${CONFIG.length}`), asC4.head);
  assert.ok(asC4.headers.every((line) => line.length < 128) && asC4.head.length < 1024);
  assert.doesNotMatch(asC4.head, /transfer-encoding|content-encoding|location/i);
  assert.equal(createHash('sha256').update(asC4.body).digest('hex'), data.sign);

  const resumed = await rawRequest(data.url!, ['Range: bytes=10-', 'Accept-Encoding: gzip, deflate']);
  assert.ok(resumed.headers.includes(`Content-Length: ${CONFIG.length - 10}`), resumed.head);
  assert.equal(resumed.body.toString(), CONFIG.slice(10));
  const whole = await rawRequest(data.url!, ['Accept-Encoding: gzip, deflate']);
  assert.deepEqual([whole.status, whole.body.toString()], [200, CONFIG]);
});
