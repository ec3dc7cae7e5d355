/** What a gateway device is told unasked of its sub-devices, and what it registers for them by proxy. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { registerSignContent } from '@opencota/contract/alink/credentials';
import { hmac, type KnownDevice, PRODUCT_KEY, PRODUCT_SECRET, subDeviceProof } from './support/fake-core.ts';
import { type Harness, startGateway, until } from './support/harness.ts';
import { RawClient } from './support/raw-client.ts';

const own = (suffix: string) => `/sys/${PRODUCT_KEY}/gateway-1/thing/${suffix}`;
const PROXY_REGISTER = own('proxy/provisioning/product_register');
const nameOf = ({ productKey, deviceName }: KnownDevice) => ({ productKey, deviceName });

async function signIn(harness: Harness, ...subDevices: KnownDevice[]) {
  const device = harness.core.addDevice('gateway-1');
  harness.core.topology.set(device.id, subDevices.map(nameOf));
  const client = await RawClient.signedIn(harness.port, device);
  for (const subDevice of subDevices) {
    client.publish(`/ext/session/${PRODUCT_KEY}/gateway-1/combine/login`, {
      id: '1',
      params: subDeviceProof(subDevice),
    });
    await client.nextMessage();
  }
  return { device, client };
}

test('a notice has the documented members, goes out at QoS 0, and its id is a new number each time', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  const { device, client } = await signIn(harness);
  await using _client = client;
  const tell = async (status: 'removed' | 'enabled' | 'disabled') => {
    harness.gateway.topologyChanged({ gatewayId: device.id, status, devices: [nameOf(sensor)] });
    const { topic, text, qos } = await client.nextMessage();
    assert.deepEqual([topic, qos], [own('topo/change'), 0]);
    return text;
  };
  assert.equal(
    await tell('removed'),
    `{"id":"2147483648","version":"1.0","params":{"status":1,"subList":[{"productKey":"${PRODUCT_KEY}","deviceName":"sensor-1"}]},"method":"thing.topo.change"}`,
  );
  const others = [await tell('enabled'), await tell('disabled')].map((text) => JSON.parse(text));
  assert.deepEqual(
    others.map(({ id, params }) => [id, params.status]),
    [
      ['2147483649', 2],
      ['2147483650', 8],
    ],
  );
  client.publish(`${own('topo/change')}_reply`, { id: '3', code: 200, data: {} });
  client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [own('topo/change')] });
  await client.next();
  harness.gateway.topologyChanged({ gatewayId: device.id, status: 'removed', devices: [nameOf(sensor)] });
  assert.deepEqual(await client.packetsBeforePong(), [], 'nor after UNSUBSCRIBE');
});

test('a sub-device that was removed loses its session with the gateway, one that was enabled keeps it', async () => {
  await using harness = await startGateway();
  const sensors = [harness.core.addDevice('sensor-1'), harness.core.addDevice('sensor-2')];
  const { device, client } = await signIn(harness, ...sensors);
  await using _client = client;
  const [first, second] = sensors.map(nameOf);
  harness.gateway.topologyChanged({ gatewayId: device.id, status: 'enabled', devices: [first!] });
  harness.gateway.topologyChanged({ gatewayId: device.id, status: 'removed', devices: [second!] });
  assert.deepEqual(
    harness.core.closed.map(({ deviceName }) => deviceName),
    ['sensor-2'],
  );
  assert.equal(harness.gateway.sessionCount(), 2);
});

test('a gateway whose sub-devices another one adds is told what it lost', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  const { device, client } = await signIn(harness, sensor);
  await using _client = client;
  const lost = { gatewayId: device.id, status: 'removed', devices: [nameOf(sensor)] } as const;
  harness.core.addToTopology = async () => ({ kind: 'ok', moved: [lost] });
  await using other = await RawClient.signedIn(harness.port, harness.core.addDevice('gateway-2'));
  other.publish(`/sys/${PRODUCT_KEY}/gateway-2/thing/topo/add`, {
    id: '1',
    params: [subDeviceProof(sensor)],
  });
  assert.equal(JSON.parse((await other.nextMessage()).text).code, 200);
  assert.equal(JSON.parse((await client.nextMessage()).text).params.status, 1);
  assert.deepEqual(await other.packetsBeforePong(), [], 'the one that asked is not');
});

function proxied(device: { deviceName: string }, secret = PRODUCT_SECRET) {
  const random = 'A1B2';
  const content = registerSignContent(device.deviceName, PRODUCT_KEY, random);
  const sign = hmac('hmacsha256', secret, content).toUpperCase();
  return { productKey: PRODUCT_KEY, deviceName: device.deviceName, random, signMethod: 'hmacSha256', sign };
}

async function register(client: RawClient, params: unknown) {
  client.publish(PROXY_REGISTER, { id: 5, version: '1.0', params });
  const { topic, text } = await client.nextMessage();
  assert.equal(topic, `${PROXY_REGISTER}_reply`);
  return JSON.parse(text);
}

test('registration by proxy names who got a secret and who did not', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  const { client } = await signIn(harness);
  await using _client = client;
  const stranger = proxied({ deviceName: 'nobody-1' });
  assert.deepEqual(await register(client, { proxieds: [proxied(sensor), stranger] }), {
    id: '5',
    code: 200,
    message: 'success',
    data: {
      successes: [{ iotId: String(sensor.id), ...nameOf(sensor), deviceSecret: 'secret-of-sensor-1' }],
      failures: [
        { productKey: PRODUCT_KEY, deviceName: 'nobody-1', code: 6287, message: 'registration refused' },
      ],
    },
  });
  harness.core.registerByProxy = async () => ({ kind: 'unavailable' });
  const { data } = await register(client, { proxieds: proxied(sensor) });
  assert.deepEqual([data.successes, data.failures[0].code], [[], 500]);
});

test('a registration by proxy that cannot be read, or names a device twice or the gateway itself, is answered 460', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  const { client, device } = await signIn(harness);
  await using _client = client;
  const good = proxied(sensor);
  const many = Array.from({ length: 31 }, (_, index) => ({ ...good, deviceName: `sensor-${index}` }));
  for (const params of [
    undefined,
    [good],
    { proxieds: [] },
    { proxieds: many },
    { proxieds: [good, good] },
    { proxieds: [proxied(device)] },
    { proxieds: [{ ...good, deviceName: 'a/b' }] },
    { proxieds: [{ ...good, signMethod: 'rot13' }] },
    { proxieds: [{ ...good, sign: undefined }] },
  ]) {
    assert.equal((await register(client, params)).code, 460, JSON.stringify(params));
  }
});

test('guessing a product secret by proxy is slowed down as it is in person', async () => {
  await using harness = await startGateway({ failedSignInsPerDevicePerMinute: 2 });
  const sensor = harness.core.addDevice('sensor-1');
  const { client } = await signIn(harness);
  await using _client = client;
  const codes: number[] = [];
  for (let count = 0; count < 3; count++) {
    const { data } = await register(client, { proxieds: [proxied(sensor, 'wrong')] });
    codes.push(data.failures[0].code);
  }
  assert.deepEqual(codes, [6287, 6287, 429]);
  await until(() => harness.events.of('limitReached').length === 1, 'the limit is reported');
});

test('a sub-device may not register others: its topic is ignored', async () => {
  await using harness = await startGateway();
  const sensor = harness.core.addDevice('sensor-1');
  const { client } = await signIn(harness, sensor);
  await using _client = client;
  const topic = `/sys/${PRODUCT_KEY}/sensor-1/thing/proxy/provisioning/product_register`;
  client.publish(topic, { id: 5, params: { proxieds: [proxied(harness.core.addDevice('sensor-2'))] } });
  assert.deepEqual(await client.packetsBeforePong(), []);
});
