import assert from 'node:assert/strict';
import test from 'node:test';
import { PRODUCT_KEY } from './support/fake-core.ts';
import { startGateway, until } from './support/harness.ts';
import { RawClient } from './support/raw-client.ts';

const PUSH_REPLY = `/sys/${PRODUCT_KEY}/lamp-1/thing/config/push_reply`;
const GET = `/sys/${PRODUCT_KEY}/lamp-1/thing/config/get`;

/** Makes the core store a report only when its gate opens. */
function gates(harness: Awaited<ReturnType<typeof startGateway>>) {
  const opened = new Map<string, PromiseWithResolvers<void>>();
  harness.core.reportReply = async (device, reply) => {
    const gate = Promise.withResolvers<void>();
    opened.set(reply.kind === 'reply' ? reply.id : '', gate);
    harness.core.replies.push({ device, reply });
    await gate.promise;
  };
  return opened;
}

test('a report is acknowledged only when it is stored', async () => {
  await using harness = await startGateway();
  const stored = gates(harness);
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  client.publish(PUSH_REPLY, '{"id":"1","code":200}', 11);
  assert.deepEqual(await client.packetsBeforePong(), []);
  stored.get('1')!.resolve();
  const puback = await client.next();
  assert.deepEqual([puback.cmd, puback.messageId], ['puback', 11]);
});

test('acknowledgements leave in the order of the PUBLISHes, whatever order they are stored in', async () => {
  await using harness = await startGateway();
  const stored = gates(harness);
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  for (const id of [1, 2, 3]) client.publish(PUSH_REPLY, `{"id":"${id}","code":200}`, id);
  client.publish(GET, '{"id":"9"}', 4);
  await until(() => stored.size === 3, 'three reports are being stored');
  stored.get('3')!.resolve();
  stored.get('2')!.resolve();
  const early = await client.packetsBeforePong();
  assert.deepEqual(
    early.map((packet) => packet.cmd),
    ['publish'],
    'the get is answered, nothing is acknowledged',
  );
  stored.get('1')!.resolve();
  const acknowledged = [];
  for (let count = 0; count < 4; count++) acknowledged.push((await client.next()).messageId);
  assert.deepEqual(acknowledged, [1, 2, 3, 4]);
});

test('a report that cannot be stored is not acknowledged and the connection is closed', async () => {
  await using harness = await startGateway();
  const stored = gates(harness);
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  client.publish(PUSH_REPLY, '{"id":"1","code":200}', 1);
  client.publish(PUSH_REPLY, '{"id":"2","code":200}', 2);
  await until(() => stored.size === 2, 'both are being stored');
  stored.get('2')!.resolve();
  stored.get('1')!.reject(new Error('disk full'));
  await client.closed;
  await assert.rejects(client.next(), /closed/);
  assert.equal(harness.events.of('uplinkFailed').length, 1);
  assert.deepEqual(harness.events.closeReasons, ['uplink-failed']);
});

test('at QoS 0 a report that cannot be stored is told to nobody and the connection stays', async () => {
  await using harness = await startGateway();
  harness.core.reportReply = () => Promise.reject(new Error('disk full'));
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  client.publish(PUSH_REPLY, '{"id":"1","code":200}');
  assert.deepEqual(await client.packetsBeforePong(), []);
  await until(() => harness.events.of('uplinkFailed').length === 1, 'the failure is reported');
});

test('a device that repeats an unacknowledged report on a new connection is served (DUP)', async () => {
  await using harness = await startGateway();
  const device = harness.core.addDevice('lamp-1');
  harness.core.reportReply = () => Promise.reject(new Error('disk full'));
  await using first = await RawClient.signedIn(harness.port, device);
  first.publish(PUSH_REPLY, '{"id":"1","code":200}', 1);
  await first.closed;
  harness.core.reportReply = async () => {};
  await using second = await RawClient.signedIn(harness.port, device);
  second.send({
    cmd: 'publish',
    topic: PUSH_REPLY,
    payload: '{"id":"1","code":200}',
    qos: 1,
    dup: true,
    retain: false,
    messageId: 1,
  });
  assert.equal((await second.next()).cmd, 'puback');
});

test('a device with too many reports being stored is not read until there is room, and loses nothing', async () => {
  await using harness = await startGateway({ pendingUplinksMax: 4 });
  const stored = gates(harness);
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  for (let id = 1; id <= 40; id++) client.publish(PUSH_REPLY, `{"id":"${id}","code":200}`, id);
  await until(() => stored.size === 4, 'as many as may be are being stored');
  const acknowledged: (number | undefined)[] = [];
  for (let id = 1; id <= 40; id++) {
    await until(() => stored.has(String(id)), `report ${id} is read`);
    assert.ok(stored.size <= id + 3, 'never more than four at a time');
    stored.get(String(id))!.resolve();
    acknowledged.push((await client.next()).messageId);
  }
  assert.deepEqual(
    acknowledged,
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
});

test('what a held device goes on sending stays with the device', async () => {
  await using harness = await startGateway({ pendingUplinksMax: 1 });
  const stored = gates(harness);
  await using bystander = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-2'));
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  client.publish(PUSH_REPLY, '{"id":"1","code":200}', 1);
  await until(() => stored.size === 1, 'the first report is being stored');
  let isTaken = false;
  client.stream.write(Buffer.alloc(32 * 1_024 * 1_024), () => {
    isTaken = true;
  });
  for (let round = 0; round < 300; round++) await bystander.packetsBeforePong();
  assert.equal(isTaken, false);
});

test('a get whose answer fails is answered with 500; one with ack 0 not at all', async () => {
  await using harness = await startGateway();
  harness.core.requestConfig = () => Promise.reject(new Error('no'));
  await using client = await RawClient.signedIn(harness.port, harness.core.addDevice('lamp-1'));
  client.publish(GET, '{"id":"5"}');
  const { id, code } = JSON.parse((await client.nextMessage()).text);
  assert.deepEqual([id, code], ['5', 500]);
  client.publish(GET, '{"id":"6","sys":{"ack":0}}');
  assert.deepEqual(await client.packetsBeforePong(), []);
});

test('a core that throws costs only that connection', async () => {
  await using harness = await startGateway();
  const [first, second] = [harness.core.addDevice('lamp-1'), harness.core.addDevice('lamp-2')];
  await using healthy = await RawClient.signedIn(harness.port, second);
  await using client = await RawClient.signedIn(harness.port, first);
  harness.core.requestConfig = () => {
    throw new Error('a bug');
  };
  client.publish(GET, '{"id":"5"}');
  await client.closed;
  assert.equal(harness.events.of('connectionFailed').length, 1);
  assert.deepEqual(await healthy.packetsBeforePong(), []);
});
