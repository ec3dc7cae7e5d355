import assert from 'node:assert/strict';
import test from 'node:test';
import { PRODUCT_KEY } from './support/fake-core.ts';
import { startGateway } from './support/harness.ts';
import { RawClient } from './support/raw-client.ts';

const PK = PRODUCT_KEY;
const own = (suffix: string) => `/sys/${PK}/lamp-1/${suffix}`;
const PUSH = own('thing/config/push');

async function subscribe(client: RawClient, ...topics: string[]): Promise<number[]> {
  client.send({ cmd: 'subscribe', messageId: 9, subscriptions: topics.map((topic) => ({ topic, qos: 2 })) });
  const suback = await client.next();
  if (suback.cmd !== 'suback') throw new Error(`a ${suback.cmd} came`);
  assert.equal(suback.messageId, 9, 'the SUBACK has the packet id of its SUBSCRIBE (MQTT-3.8.4-2)');
  return suback.granted as number[];
}

async function unsubscribe(client: RawClient, ...topics: string[]): Promise<void> {
  client.send({ cmd: 'unsubscribe', messageId: 10, unsubscriptions: topics });
  const unsuback = await client.next();
  assert.deepEqual([unsuback.cmd, unsuback.messageId], ['unsuback', 10]);
}

test('own filters are granted at QoS 1 at most, in their order, beside refused ones (MQTT-3.8.4-5)', async () => {
  await using harness = await startGateway();
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  const granted = await subscribe(
    client,
    ...[
      PUSH,
      '#',
      own('thing/config/get_reply'),
      own('thing/config/push_reply'),
      own('#'),
      `/sys/${PK}/lamp-2/#`,
    ],
    ...[`/ext/session/${PK}/lamp-1/combine/login_reply`, '+/+', own('thing/event/+/post_reply'), '$SYS/#'],
    ...[
      `/shadow/get/${PK}/lamp-1`,
      `/ota/device/upgrade/${PK}/lamp-1`,
      `$share/all${PUSH}`,
      `/sys/${PK}/+/thing/config/push`,
    ],
  );
  assert.deepEqual(granted, [1, 128, 1, 1, 1, 128, 1, 128, 1, 128, 1, 1, 128, 128]);
  assert.equal(harness.events.of('topicRefused').length, 6);
});

test('a filter that is too long is refused and not a fault', async () => {
  await using harness = await startGateway();
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  assert.deepEqual(await subscribe(client, own('x'.repeat(300)), own('a/'.repeat(20)), PUSH), [128, 128, 1]);
});

test('after UNSUBSCRIBE a push is not handed over; after SUBSCRIBE it is again', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.signedIn(harness.port, device);
  const push = () => harness.gateway.push({ ...device, deviceId: device.id, messageId: 1, payload: '{}' });

  await unsubscribe(client, PUSH);
  assert.equal(push(), false);
  await subscribe(client, own('thing/config/get_reply'));
  assert.equal(push(), false);
  await subscribe(client, own('thing/config/+'));
  assert.equal(push(), true);
  assert.equal((await client.nextMessage()).topic, PUSH);
});

test('UNSUBSCRIBE of a wildcard, of get_reply or of another device’s topic leaves the push alone', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.signedIn(harness.port, device);
  await unsubscribe(
    client,
    own('#'),
    own('thing/config/get_reply'),
    `/sys/${PK}/lamp-2/thing/config/push`,
    'never/subscribed',
  );
  assert.equal(harness.gateway.push({ ...device, deviceId: device.id, messageId: 1, payload: '{}' }), true);
  await client.nextMessage();

  client.publish(own('thing/config/get'), '{"id":"1"}');
  assert.deepEqual(await client.packetsBeforePong(), [], 'get_reply was unsubscribed');
  assert.equal(harness.core.requests.length, 1);
});

test('a new connection starts with nothing unsubscribed', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using first = await RawClient.signedIn(harness.port, device, { clean: false });
  await unsubscribe(first, PUSH);
  await using _second = await RawClient.signedIn(harness.port, device, { clean: false });
  assert.equal(harness.gateway.push({ ...device, deviceId: device.id, messageId: 1, payload: '{}' }), true);
});

const IGNORED = [
  own('thing/event/property/post'),
  own('thing/deviceinfo/update'),
  own('thing/config/log/get'),
  own('thing/service/property/set_reply'),
  `/ext/ntp/${PK}/lamp-1/request`,
  `/ota/device/inform/${PK}/lamp-1`,
  `/ota/device/progress/${PK}/lamp-1`,
  `/ota/device/request/${PK}/lamp-1`,
  `/shadow/update/${PK}/lamp-1`,
  `/${PK}/lamp-1/user/update`,
];

test('own topics that carry nothing for us are acknowledged and ignored', async () => {
  await using harness = await startGateway();
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  for (const [index, topic] of IGNORED.entries()) client.publish(topic, 'not even JSON', index + 1);
  const acknowledged = (await client.packetsBeforePong()).map((packet) => [packet.cmd, packet.messageId]);
  assert.deepEqual(
    acknowledged,
    IGNORED.map((_, index) => ['puback', index + 1]),
  );
  assert.deepEqual(
    harness.events.of('uplinkIgnored').map((event) => event.topic),
    IGNORED,
  );
});

const REFUSED = [
  `/sys/${PK}/lamp-2/thing/config/get`,
  `/sys/other/lamp-1/thing/config/push_reply`,
  own('thing/config/push'),
  own('thing/config/get_reply'),
  `/ext/session/${PK}/lamp-1/combine/login_reply`,
  '/ext/register',
  '$SYS/uptime',
  'hello',
  `/shadow/update/${PK}/lamp-2`,
];

for (const topic of REFUSED) {
  test(`a PUBLISH to ${topic} closes the connection at either QoS and is reported`, async () => {
    await using harness = await startGateway();
    const device = harness.core.addDevice('lamp-1');
    harness.core.addDevice('lamp-2');
    for (const messageId of [0, 5]) {
      await using client = await RawClient.signedIn(harness.port, device);
      client.publish(topic, '{"id":"1"}', messageId);
      await client.closed;
      await assert.rejects(client.next(), /closed/, 'no PUBACK');
    }
    assert.deepEqual(
      harness.events.of('topicRefused').map((event) => [event.action, event.topic]),
      [
        ['publish', topic],
        ['publish', topic],
      ],
    );
    assert.equal(harness.core.requests.length + harness.core.replies.length, 0);
  });
}

test('a PUBLISH at QoS 2, retained, or to a wildcard closes the connection', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  const topic = own('thing/config/get');
  const cases = [{ qos: 2 as const }, { retain: true }, { topic: own('+') }];
  for (const change of cases) {
    await using client = await RawClient.signedIn(harness.port, device);
    client.send({
      cmd: 'publish',
      topic,
      payload: '{}',
      qos: 0,
      dup: false,
      retain: false,
      messageId: 1,
      ...change,
    });
    await client.closed;
  }
  assert.deepEqual(harness.events.faults, ['publish-qos-2', 'publish-retained', 'topic-with-wildcard']);
});
