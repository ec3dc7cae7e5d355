import assert from 'node:assert/strict';
import test from 'node:test';
import { configFile, PRODUCT_KEY } from './support/fake-core.ts';
import { startGateway, until } from './support/harness.ts';
import { RawClient } from './support/raw-client.ts';

const topic = (suffix: string) => `/sys/${PRODUCT_KEY}/lamp-1/thing/config/${suffix}`;

test('a device that asks is answered on get_reply without having subscribed', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.signedIn(harness.port, device);

  client.publish(topic('get'), '{"id":"123","params":{"configScope":"product","getType":"file"}}');

  const message = await client.nextMessage();
  assert.equal(message.topic, topic('get_reply'));
  assert.equal(message.qos, 0);
  const { data, id, code } = JSON.parse(message.text);
  assert.equal(id, '123');
  assert.equal(code, 200);
  assert.equal(data.configId, configFile('lamp-1').configId);
});

test('a push reaches the device at QoS 1 and its PUBACK reaches the core with the message id', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.signedIn(harness.port, device);

  const isSent = harness.gateway.push({
    ...device,
    deviceId: device.id,
    messageId: 77,
    payload: '{"id":"77"}',
  });
  const message = await client.nextMessage();
  assert.deepEqual(
    [isSent, message.topic, message.qos, message.text],
    [true, topic('push'), 1, '{"id":"77"}'],
  );
  assert.equal(harness.core.received.length, 0);

  client.send({ cmd: 'puback', messageId: message.messageId });
  await until(() => harness.core.received.length > 0, 'the push is acknowledged');
  assert.equal(harness.core.received[0]!.messageId, 77);
  assert.equal(harness.core.received[0]!.device.id, device.id);
});

test('a push_reply reaches the core and is acknowledged', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  await using client = await RawClient.signedIn(harness.port, device);

  client.publish(topic('push_reply'), '{"id":"77","code":200,"data":{}}', 5);

  assert.deepEqual(await client.next().then(({ cmd, messageId }) => [cmd, messageId]), ['puback', 5]);
  assert.deepEqual(harness.core.replies[0]!.reply, { kind: 'reply', id: '77', code: 200, message: '' });
});
