import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import test from 'node:test';
import { Outbox, WriteTurn } from '../../src/mqtt/outbox.ts';

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
