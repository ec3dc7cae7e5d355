import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import test from 'node:test';
import { Connection } from '../../src/mqtt/connection.ts';
import { DEFAULT_MQTT_LIMITS } from '../../src/mqtt/limits.ts';
import { Outbox, WriteTurn } from '../../src/mqtt/outbox.ts';
import { FakeCore } from './support/fake-core.ts';
import { RecordedEvents } from './support/harness.ts';

function recordingCarrier() {
  const writes: string[] = [];
  const carrier = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString());
      done();
    },
  });
  return { carrier, writes };
}

test('what is sent in one turn leaves in one write, for each connection its own', async () => {
  const turn = new WriteTurn();
  const [one, two] = [recordingCarrier(), recordingCarrier()];
  const [first, second] = [new Outbox(one.carrier, turn), new Outbox(two.carrier, turn)];
  first.send(Buffer.from('a'));
  second.send(Buffer.from('x'));
  first.send(Buffer.from('b'));
  assert.deepEqual(one.writes, []);
  await new Promise((resolve) => setImmediate(resolve));
  first.send(Buffer.from('c'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([one.writes, two.writes], [['ab', 'c'], ['x']]);
});

test('ending sends what waits; destroying does not', async () => {
  const turn = new WriteTurn();
  const [one, two] = [recordingCarrier(), recordingCarrier()];
  const [ended, destroyed] = [new Outbox(one.carrier, turn), new Outbox(two.carrier, turn)];
  ended.send(Buffer.from('a'));
  ended.end();
  destroyed.send(Buffer.from('a'));
  destroyed.destroy();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([one.writes, two.writes], [['a'], []]);
});

test('pushes stop before a reader that is only slow counts as one that does not read', () => {
  const events = new RecordedEvents();
  const writes = new WriteTurn();
  const host = {
    limits: { ...DEFAULT_MQTT_LIMITS, inFlightPushesMax: 10_000 },
    events: events.sink(),
    writes,
    clock: () => 0,
    handle() {},
    closing() {},
  };
  // Takes nothing for the time being.
  const carrier = new Duplex({ read() {}, write() {} });
  const connection = new Connection(host, carrier, { remoteAddress: '127.0.0.1', isEncrypted: false });
  connection.open(60);
  const device = new FakeCore().addDevice('gateway-1');
  let pushes = 0;
  while (connection.push(device, 1, '/sys/a/b/thing/config/push', 'x'.repeat(500))) {
    pushes += 1;
    writes.flush();
  }
  connection.reply('/sys/a/b/thing/config/get_reply', 'x'.repeat(500));
  writes.flush();
  connection.sweep(1_000);
  assert.ok(pushes > 16);
  assert.deepEqual([connection.state, events.closeReasons], ['open', []]);
  carrier.destroy();
});
