/** Our hand-made wire against an implementation that is not ours. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generate, type Packet, parser } from 'mqtt-packet';
import {
  createReader,
  type Downlink,
  encodeConnect,
  encodePublish,
  encodeSubscribe,
} from '../src/mqtt-wire.ts';

function readWhole(bytes: Buffer): Packet {
  const packets: Packet[] = [];
  const read = parser({ protocolVersion: 4 });
  read.on('packet', (packet) => packets.push(packet));
  read.parse(bytes);
  assert.equal(packets.length, 1);
  return packets[0]!;
}

describe('what a device writes', () => {
  it('is a CONNECT with a clean session, user name, password and keep-alive', () => {
    const packet = readWhole(
      encodeConnect({ clientId: 'pk.dn|x=1|', username: 'dn&pk', password: 'abc', keepAliveSeconds: 300 }),
    );
    assert.ok(packet.cmd === 'connect');
    const { clientId, username, password, keepalive, clean, protocolVersion } = packet;
    assert.deepEqual(
      [clientId, username, String(password), keepalive, clean, protocolVersion],
      ['pk.dn|x=1|', 'dn&pk', 'abc', 300, true, 4],
    );
  });

  it('is a PUBLISH of any length, with and without a packet id', () => {
    for (const size of [0, 100, 127, 128, 20_000]) {
      const payload = 'é'.repeat(size);
      const packet = readWhole(encodePublish('/a/b', payload, 77));
      assert.ok(packet.cmd === 'publish');
      assert.deepEqual([packet.qos, packet.messageId, String(packet.payload)], [1, 77, payload]);
    }
    assert.equal(readWhole(encodePublish('/a/b', 'x')).cmd, 'publish');
  });

  it('is a SUBSCRIBE for all topics with QoS 1', () => {
    const packet = readWhole(encodeSubscribe(3, ['/a', '/b']));
    assert.ok(packet.cmd === 'subscribe');
    assert.deepEqual(
      packet.subscriptions.map(({ topic, qos }) => [topic, qos]),
      [
        ['/a', 1],
        ['/b', 1],
      ],
    );
  });
});

describe('what a device reads', () => {
  const payload = 'ü'.repeat(300);
  const stream = Buffer.concat([
    generate({ cmd: 'connack', returnCode: 0, sessionPresent: false }),
    generate({ cmd: 'publish', topic: '/t', payload, qos: 1, messageId: 9, dup: false, retain: false }),
    generate({ cmd: 'publish', topic: '/t', payload: '', qos: 0, dup: false, retain: false }),
    generate({ cmd: 'puback', messageId: 500 }),
    generate({ cmd: 'pingresp' }),
  ]);
  const expected: Downlink[] = [
    { kind: 'connack', code: 0 },
    { kind: 'publish', topic: '/t', payload, qos: 1, packetId: 9 },
    { kind: 'publish', topic: '/t', payload: '', qos: 0, packetId: 0 },
    { kind: 'puback', packetId: 500 },
    { kind: 'pingresp' },
  ];

  it('is the same packets wherever the stream is cut', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const packets: Downlink[] = [];
      const read = createReader((packet) => packets.push(packet));
      read(stream.subarray(0, cut));
      read(stream.subarray(cut));
      assert.deepEqual(packets, expected, `cut at ${cut}`);
    }
  });

  it('is not followed into a packet that no server would send', () => {
    assert.throws(() => createReader(() => {})(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])), /bytes/);
    assert.throws(() => createReader(() => {})(Buffer.from([0x10, 0])), /type 1/);
  });
});
