import assert from 'node:assert/strict';
import test from 'node:test';
import mqttPacket, { type Packet } from 'mqtt-packet';
import {
  CONNACK,
  encodeConnack,
  encodePuback,
  encodePublish,
  encodeSuback,
  encodeUnsuback,
  PINGRESP,
} from '../../src/mqtt/encode.ts';

const same = (mine: Buffer, theirs: Packet) => assert.deepEqual(mine, mqttPacket.generate(theirs));

test('every packet the gateway sends is byte for byte what an independent encoder writes', () => {
  for (const returnCode of Object.values(CONNACK)) {
    same(encodeConnack(returnCode), { cmd: 'connack', returnCode, sessionPresent: false });
  }
  for (const messageId of [1, 255, 256, 65_535]) {
    same(encodePuback(messageId), { cmd: 'puback', messageId });
    assert.deepEqual(encodeUnsuback(messageId), Buffer.from([0xb0, 2, messageId >> 8, messageId & 0xff]));
    same(encodeSuback(messageId, [0, 1, 0x80]), { cmd: 'suback', messageId, granted: [0, 1, 0x80] });
  }
  same(encodeSuback(3, Array(300).fill(1)), { cmd: 'suback', messageId: 3, granted: Array(300).fill(1) });
  same(PINGRESP, { cmd: 'pingresp' });
});

test('a PUBLISH is right at every size at which its length grows a byte, and with any text', () => {
  const fixed = { cmd: 'publish', dup: false, retain: false } as const;
  for (const bytes of [0, 100, 119, 120, 121, 122, 127, 128, 16_374, 16_383, 16_384, 70_000, 2_097_151]) {
    const payload = 'x'.repeat(bytes);
    same(encodePublish('/topic', payload, 0), { ...fixed, topic: '/topic', payload, qos: 0 });
    same(encodePublish('/topic', payload, 9), { ...fixed, topic: '/topic', payload, qos: 1, messageId: 9 });
  }
  same(encodePublish('/t', '配置 ✓ 😀', 0), { ...fixed, topic: '/t', payload: '配置 ✓ 😀', qos: 0 });
});
