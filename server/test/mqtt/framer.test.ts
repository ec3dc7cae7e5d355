import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Framer } from '../../src/mqtt/framer.ts';
import { packet, remainingLength } from './support/bytes.ts';

const LIMIT = 300_000;

function takeAll(framer: Framer, limit = LIMIT): (Buffer | string)[] {
  const taken: (Buffer | string)[] = [];
  for (;;) {
    const next = framer.next(limit);
    if (next === undefined) return taken;
    taken.push(Buffer.isBuffer(next) ? Buffer.from(next) : next);
    if (typeof next === 'string') return taken;
  }
}

test('packets come out whole and in order, however the stream was cut', () => {
  const packets = [
    packet(0xc0),
    packet(0x30, Buffer.alloc(200, 1)),
    packet(0x30, Buffer.alloc(20_000, 2)),
    packet(0xe0),
  ];
  const stream = Buffer.concat(packets);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 60 }), (sizes) => {
      const framer = new Framer();
      const taken: (Buffer | string)[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const end = Math.min(stream.length, at + sizes[turn % sizes.length]!);
        framer.feed(Buffer.from(stream.subarray(at, end)));
        taken.push(...takeAll(framer));
        at = end;
      }
      assert.deepEqual(taken, packets);
      assert.equal(framer.isEmpty, true);
    }),
  );
});

test('a packet over the limit is refused from its header alone', () => {
  const framer = new Framer();
  framer.feed(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
  assert.equal(framer.next(4_096), 'packet-too-large');
});

test('a packet over the limit is refused when its header arrives byte by byte', () => {
  const framer = new Framer();
  const results = [0x10, 0x80, 0x80, 0x40].map((byte) => {
    framer.feed(Buffer.from([byte]));
    return framer.next(4_096);
  });
  assert.deepEqual(results, [undefined, undefined, undefined, 'packet-too-large']);
});

test('the limit counts the header: a packet of exactly the limit passes, one byte more does not', () => {
  const framer = new Framer();
  framer.feed(packet(0x30, Buffer.alloc(97)));
  assert.equal((framer.next(99) as Buffer).length, 99);
  framer.feed(packet(0x30, Buffer.alloc(98)));
  assert.equal(framer.next(99), 'packet-too-large');
});

test('a remaining length of five bytes is malformed (MQTT-2.2.3)', () => {
  const framer = new Framer();
  framer.feed(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]));
  assert.equal(framer.next(LIMIT), 'remaining-length-malformed');
});

test('input that was not taken yet comes before what is fed later', () => {
  const framer = new Framer();
  framer.feed(Buffer.concat([packet(0xc0), packet(0x30, [1])]));
  framer.next(LIMIT);
  framer.feed(packet(0x30, [2]));
  assert.deepEqual(takeAll(framer), [packet(0x30, [1]), packet(0x30, [2])]);
});

test('what an unfinished packet holds grows with the bytes received, not with the bytes announced', () => {
  const framers: Framer[] = [];
  const header = Buffer.from([0x30, ...remainingLength(260_000)]);
  const before = process.memoryUsage().arrayBuffers;
  for (let index = 0; index < 1_000; index++) {
    const framer = new Framer();
    framer.feed(Buffer.from(header));
    framer.next(LIMIT);
    framers.push(framer);
  }
  const grownBytes = process.memoryUsage().arrayBuffers - before;
  assert.ok(grownBytes < 2_000_000, `${framers.length} announced packets hold ${grownBytes} bytes`);
});
