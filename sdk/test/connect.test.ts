/** The session: who the device says it is, how it comes back, and how patiently. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createBench, DEVICE_SECRET, topic } from './support/bench.ts';
import { watchClock } from './support/clock.ts';

test('connects as an Alink device that announces the extension', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  const connect = bench.broker.connects[0]!;
  const timestamp = /timestamp=(\d+)/.exec(connect.clientId)?.[1];
  assert.equal(
    connect.clientId,
    `a1B2c3D4e5F.lamp-01|securemode=3,signmethod=hmacsha256,timestamp=${timestamp},_oc=1,_oci=1,_v=opencota-0.1.0|`,
  );
  assert.equal(connect.username, 'lamp-01&a1B2c3D4e5F');
  const signed = `clientIda1B2c3D4e5F.lamp-01deviceNamelamp-01productKeya1B2c3D4e5Ftimestamp${timestamp}`;
  assert.equal(String(connect.password), createHmac('sha256', DEVICE_SECRET).update(signed).digest('hex'));
  assert.deepEqual([connect.protocolVersion, connect.clean, connect.keepalive], [4, true, 300]);
});

test('subscribes its own get_reply and push with QoS 1 in every session', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  bench.broker.drop();
  await bench.event('connected');
  const own = [
    { topic: topic('get_reply'), qos: 1 },
    { topic: topic('push'), qos: 1 },
  ];
  assert.deepEqual(bench.broker.subscriptions, [...own, ...own]);
});

test('takes a push that arrives before the subscription is granted', async (t) => {
  const bench = await createBench(t);
  const members = bench.files.offer('{"v":1}', 1);
  const { behaviour } = bench.broker;
  let isPushed = false;
  Object.defineProperty(behaviour, 'subackCode', {
    get() {
      if (!isPushed) bench.push(1, members);
      isPushed = true;
      return 1;
    },
  });
  await bench.connect();
  assert.equal((await bench.reply()).code, 200);
});

test('comes back after being refused with CONNACK 3 and 5 for a while', async (t) => {
  const bench = await createBench(t);
  bench.broker.behaviour.connackCodes = [5, 3, 5, 4];
  await bench.connect();
  assert.equal(bench.broker.connects.length, 5);
  assert.deepEqual(
    bench.errors.map(({ code, message }) => [code, message]),
    [['connection', 'Connection refused: Not authorized']],
  );
});

test('comes back when the subscription is refused', async (t) => {
  const bench = await createBench(t);
  bench.broker.behaviour.subackCode = 128;
  bench.start();
  await bench.event('disconnected');
  bench.broker.behaviour.subackCode = 1;
  await bench.event('connected');
});

test('waits a random part of a bound that doubles up to its limit', async (t) => {
  const bench = await createBench(t);
  const clock = watchClock('reconnect');
  bench.broker.behaviour.connackCodes = [5, 5, 5, 5, 5, 5];
  await bench.connect({ clock, random: () => 0.5, reconnect: { minMs: 1000, maxMs: 10_000 } });
  assert.deepEqual(clock.waitsFor('reconnect'), [500, 1000, 2000, 4000, 5000, 5000]);
});

test('a session that did not last does not make it less patient', async (t) => {
  const bench = await createBench(t);
  const clock = watchClock('reconnect');
  await bench.connect({ clock, random: () => 0.5, reconnect: { minMs: 1000, maxMs: 10_000 } });
  for (let times = 0; times < 3; times += 1) {
    bench.broker.drop();
    await bench.event('connected');
  }
  assert.deepEqual(clock.waitsFor('reconnect'), [500, 1000, 2000]);
});

test('a session that lasted starts the waits anew', async (t) => {
  const bench = await createBench(t);
  const clock = watchClock('reconnect', 'session-stable');
  bench.broker.behaviour.connackCodes = [5, 5];
  await bench.connect({ clock, random: () => 0.5, reconnect: { minMs: 1000, maxMs: 10_000 } });
  await bench.broker.take('/get');
  bench.broker.drop();
  await bench.event('connected');
  assert.deepEqual(clock.waitsFor('reconnect'), [500, 1000, 500]);
});

test('a server that accepts the socket and then says nothing is left after a while', async (t) => {
  const bench = await createBench(t);
  const clock = watchClock('connect-timeout');
  bench.broker.behaviour.isSilent = true;
  bench.start({ clock });
  const event = await bench.event('disconnected');
  assert.equal(event.type === 'disconnected' && event.reason, 'connecting took too long');
  assert.equal(clock.waitsFor('connect-timeout')[0], 30_000);
});

test('repeats a reply the server has not taken in the next session', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  bench.broker.behaviour.isAcknowledging = false;
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await bench.reply();
  bench.broker.behaviour.isAcknowledging = true;
  bench.broker.drop();
  const again = await bench.reply();
  assert.deepEqual([again.id, again.code], ['1', 200]);
  await bench.event('replied');
  bench.broker.drop();
  await bench.broker.subscribed(3);
  await bench.event('requested');
  assert.equal(bench.broker.published.filter((one) => one.topic === topic('push_reply')).length, 2);
});

test('repeats a reply that is not acknowledged in time, and of several only the newest', async (t) => {
  const bench = await createBench(t);
  await bench.connect({ replyTimeoutMs: 40 });
  bench.broker.behaviour.isAcknowledging = false;
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await bench.reply();
  bench.push(2, bench.files.offer('{"v":2}', 2));
  while ((await bench.reply()).id !== '2');
  assert.equal((await bench.reply()).id, '2');
  assert.equal((await bench.reply()).id, '2');
  bench.broker.behaviour.isAcknowledging = true;
  const replied = await bench.event('replied');
  assert.equal(replied.type === 'replied' && replied.id, '2');
});

test('says once that it is offline, not at every attempt', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  bench.broker.behaviour.connackCodes = [3, 3, 3];
  bench.broker.drop();
  await bench.event('connected');
  assert.deepEqual(
    bench.errors.map(({ message }) => message),
    ['the connection was closed'],
  );
});

test('an error in a callback does not stop the device', async (t) => {
  const bench = await createBench(t);
  const errors: string[] = [];
  bench.start({
    onEvent: () => {
      throw new Error('mine');
    },
    onError: ({ code }) => errors.push(code),
  });
  await bench.broker.subscribed(1);
  bench.push(1, bench.files.offer('{"v":1}', 1));
  assert.equal((await bench.reply()).code, 200);
  assert.ok(errors.every((code) => code === 'callback') && errors.length > 0);
});
