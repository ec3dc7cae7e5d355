/** One test for each statement of MQTT 3.1.1 about what a client sends, by its number. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import mqttPacket, { type Packet } from 'mqtt-packet';
import {
  decodeConnect,
  decodePuback,
  decodePublish,
  decodeSubscribe,
  decodeUnsubscribe,
  findBareFault,
} from '../../src/mqtt/decode.ts';
import { DEFAULT_MQTT_LIMITS } from '../../src/mqtt/limits.ts';
import { connectBytes, packet, string, uint16 } from './support/bytes.ts';

const FILTERS_MAX = 100;
const publish = (bytes: Buffer) => decodePublish(bytes, DEFAULT_MQTT_LIMITS);
const subscribe = (bytes: Buffer) => decodeSubscribe(bytes, FILTERS_MAX);
const unsubscribe = (bytes: Buffer) => decodeUnsubscribe(bytes, FILTERS_MAX);
const publishTo = (topic: string | number[]) => publish(packet(0x30, string(topic), [1]));

test('a right packet of each kind is read', () => {
  assert.deepEqual(decodeConnect(connectBytes()), {
    clientId: 'id|securemode=3|',
    keepAliveSeconds: 60,
    hasWill: false,
    userName: 'lamp-1&a1Product01',
    password: '00',
  });
  assert.deepEqual(publish(packet(0x3a, string('/a/ä'), uint16(7), Buffer.from('x'))), {
    topic: '/a/ä',
    qos: 1,
    packetId: 7,
    payload: Buffer.from('x'),
  });
  assert.deepEqual(subscribe(packet(0x82, uint16(9), string('/a/#'), [2], string('+'), [0])), {
    packetId: 9,
    requests: [
      { filter: '/a/#', qos: 2 },
      { filter: '+', qos: 0 },
    ],
  });
  assert.deepEqual(unsubscribe(packet(0xa2, uint16(9), string('/a'))), { packetId: 9, filters: ['/a'] });
  assert.equal(decodePuback(packet(0x40, uint16(9))), 9);
  assert.equal(findBareFault(packet(0xc0)), undefined);
});

test('MQTT-1.5.3-1: ill-formed UTF-8 and surrogates are refused', () => {
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    assert.equal(publishTo(bytes), 'string-not-utf8', `topic ${bytes}`);
    assert.equal(
      decodeConnect(connectBytes({ payload: [string(bytes), string('u'), string('p')] })),
      'string-not-utf8',
    );
    assert.equal(subscribe(packet(0x82, uint16(1), string(bytes), [0])), 'string-not-utf8');
  }
});

test('MQTT-1.5.3-2: NUL is refused', () => {
  assert.equal(publishTo('/a\u0000'), 'string-with-nul');
  assert.equal(
    decodeConnect(connectBytes({ payload: [string('id'), string('u\u0000'), string('p')] })),
    'string-with-nul',
  );
  assert.equal(unsubscribe(packet(0xa2, uint16(1), string('\u0000'))), 'string-with-nul');
});

test('MQTT-1.5.3-3: U+FEFF is kept, not skipped', () => {
  const read = publishTo('\ufeff/a');
  assert.equal(typeof read === 'object' && read.topic, '\ufeff/a');
});

test('MQTT-1.5.3: control characters and non-characters in a topic are refused', () => {
  for (const code of [0x01, 0x0a, 0x1f, 0x7f, 0x9f, 0xfdd0, 0xfffe, 0xffff]) {
    assert.equal(
      publishTo(`/a${String.fromCharCode(code)}`),
      'topic-with-control-character',
      code.toString(16),
    );
    const filter = string(`/a${String.fromCharCode(code)}`);
    assert.equal(subscribe(packet(0x82, uint16(1), filter, [0])), 'filter-with-control-character');
  }
});

test('MQTT-2.2.2-2: reserved flags of a fixed header are refused', () => {
  for (let flags = 1; flags < 16; flags++) {
    assert.equal(decodeConnect(connectBytes({ header: 0x10 | flags })), 'flags-reserved');
    assert.equal(decodePuback(packet(0x40 | flags, uint16(1))), 'flags-reserved');
    assert.equal(findBareFault(packet(0xc0 | flags)), 'flags-reserved');
    assert.equal(findBareFault(packet(0xe0 | flags)), 'flags-reserved');
  }
});

test('MQTT-3.8.1-1 and MQTT-3.10.1-1: SUBSCRIBE and UNSUBSCRIBE have the flags 0010 and no other', () => {
  for (let flags = 0; flags < 16; flags++) {
    if (flags === 2) continue;
    assert.equal(subscribe(packet(0x80 | flags, uint16(1), string('/a'), [0])), 'flags-reserved');
    assert.equal(unsubscribe(packet(0xa0 | flags, uint16(1), string('/a'))), 'flags-reserved');
  }
});

test('MQTT-2.3.1-1: packet id 0 is refused', () => {
  assert.equal(publish(packet(0x32, string('/a'), uint16(0))), 'packet-id-zero');
  assert.equal(decodePuback(packet(0x40, uint16(0))), 'packet-id-zero');
  assert.equal(subscribe(packet(0x82, uint16(0), string('/a'), [0])), 'packet-id-zero');
  assert.equal(unsubscribe(packet(0xa2, uint16(0), string('/a'))), 'packet-id-zero');
});

test('MQTT-3.1.2-1: an unknown protocol name is refused', () => {
  for (const name of ['', 'mqtt', 'MQTT ', 'MQIsdP', 'HTTP']) {
    assert.equal(decodeConnect(connectBytes({ name })), 'protocol-name-unknown');
  }
});

test('MQTT-3.1.2-2: only level 4 of MQTT and level 3 of MQIsdp are supported', () => {
  for (let level = 0; level < 256; level++) {
    const isRight = (fault: unknown) => fault !== 'protocol-level-unsupported';
    assert.equal(isRight(decodeConnect(connectBytes({ level }))), level === 4);
    assert.equal(isRight(decodeConnect(connectBytes({ name: 'MQIsdp', level }))), level === 3);
  }
});

test('MQTT-3.1.2-3: the reserved connect flag is refused', () => {
  assert.equal(decodeConnect(connectBytes({ flags: 0xc3 })), 'connect-flag-reserved');
});

test('MQTT-3.1.2-9: a will needs its topic and message', () => {
  const credentials = [string('u'), string('p')];
  const complete = decodeConnect(
    connectBytes({ flags: 0xc6, payload: [string('id'), string('t'), string('m'), ...credentials] }),
  );
  assert.equal(typeof complete === 'object' && complete.hasWill, true);
  assert.equal(
    decodeConnect(connectBytes({ flags: 0xc6, payload: [string('id'), string('t')] })),
    'packet-too-short',
  );
});

test('MQTT-3.1.2-13, -14, -15: will QoS and retain follow the will flag', () => {
  assert.equal(decodeConnect(connectBytes({ flags: 0xca })), 'will-qos-without-will');
  assert.equal(decodeConnect(connectBytes({ flags: 0xd2 })), 'will-qos-without-will');
  assert.equal(decodeConnect(connectBytes({ flags: 0xde })), 'will-qos-3');
  assert.equal(decodeConnect(connectBytes({ flags: 0xe2 })), 'will-retain-without-will');
});

test('MQTT-3.1.2-18 to -21: user name and password are present exactly when flagged', () => {
  const without = decodeConnect(connectBytes({ flags: 0x02, payload: [string('id')] }));
  assert.deepEqual(typeof without === 'object' && [without.userName, without.password], [
    undefined,
    undefined,
  ]);
  const nameOnly = decodeConnect(connectBytes({ flags: 0x82, payload: [string('id'), string('u')] }));
  assert.deepEqual(typeof nameOnly === 'object' && [nameOnly.userName, nameOnly.password], ['u', undefined]);
  assert.equal(decodeConnect(connectBytes({ payload: [string('id'), string('u')] })), 'packet-too-short');
  assert.equal(decodeConnect(connectBytes({ flags: 0x02 })), 'packet-too-long');
});

test('MQTT-3.1.2-22: a password without a user name is refused', () => {
  assert.equal(decodeConnect(connectBytes({ flags: 0x42 })), 'password-without-user-name');
});

test('MQTT-3.1.3-1: the payload fields stand in their order and nothing follows them', () => {
  const payload = [string('id'), string('u'), string('p'), Buffer.from([0])];
  assert.equal(decodeConnect(connectBytes({ payload })), 'packet-too-long');
  assert.equal(decodeConnect(connectBytes({ payload: [] })), 'packet-too-short');
});

test('a password that is no text is read as none', () => {
  const read = decodeConnect(connectBytes({ payload: [string('id'), string('u'), string([0xff, 0x00])] }));
  assert.equal(typeof read === 'object' && read.password, undefined);
});

test('MQTT-3.3.1-2: DUP at QoS 0 is refused', () => {
  assert.equal(publish(packet(0x38, string('/a'))), 'publish-dup-at-qos-0');
});

test('MQTT-3.3.1-4: QoS 3 is refused; QoS 2 and retain, which Alink has not, too', () => {
  assert.equal(publish(packet(0x36, string('/a'), uint16(1))), 'publish-qos-3');
  assert.equal(publish(packet(0x34, string('/a'), uint16(1))), 'publish-qos-2');
  assert.equal(publish(packet(0x31, string('/a'))), 'publish-retained');
});

test('MQTT-3.3.2-2: wildcards in a topic name are refused', () => {
  for (const topic of ['#', '+', '/a/+/b', '/a/#', '/a#'])
    assert.equal(publishTo(topic), 'topic-with-wildcard');
});

test('MQTT-4.7.3-1: an empty topic name or filter is refused', () => {
  assert.equal(publishTo(''), 'topic-empty');
  assert.equal(subscribe(packet(0x82, uint16(1), string(''), [0])), 'filter-empty');
  assert.equal(unsubscribe(packet(0xa2, uint16(1), string(''))), 'filter-empty');
});

test('MQTT-4.7.1-2: # stands alone on the last level', () => {
  for (const filter of ['#/a', '/a#', '/a/#/b', '##', '/a/b#']) {
    assert.equal(
      subscribe(packet(0x82, uint16(1), string(filter), [0])),
      'filter-multi-level-misplaced',
      filter,
    );
  }
  assert.equal(typeof subscribe(packet(0x82, uint16(1), string('#'), [0])), 'object');
});

test('MQTT-4.7.1-3: + stands alone on its level', () => {
  for (const filter of ['a+', '+a', '/+a/b', '++']) {
    assert.equal(
      subscribe(packet(0x82, uint16(1), string(filter), [0])),
      'filter-single-level-misplaced',
      filter,
    );
  }
  assert.equal(typeof subscribe(packet(0x82, uint16(1), string('+/+/a/+'), [0])), 'object');
});

test('MQTT-3.8.3-3 and MQTT-3.10.3-2: a request without a filter is refused', () => {
  assert.equal(subscribe(packet(0x82, uint16(1))), 'subscribe-empty');
  assert.equal(unsubscribe(packet(0xa2, uint16(1))), 'unsubscribe-empty');
});

test('MQTT-3-8.3-4: reserved bits of a requested QoS, and QoS 3, are refused', () => {
  for (const qos of [3, 4, 0x80]) {
    assert.equal(subscribe(packet(0x82, uint16(1), string('/a'), [qos])), 'subscribe-qos-reserved');
  }
});

test('topics and payloads over their limits are refused', () => {
  const { topicBytesMax, topicLevelsMax, payloadBytesMax } = DEFAULT_MQTT_LIMITS;
  assert.equal(typeof publishTo('a'.repeat(topicBytesMax)), 'object');
  assert.equal(publishTo('a'.repeat(topicBytesMax + 1)), 'topic-too-long');
  assert.equal(publishTo('ä'.repeat(topicBytesMax / 2 + 1)), 'topic-too-long');
  assert.equal(typeof publishTo('/'.repeat(topicLevelsMax - 1)), 'object');
  assert.equal(publishTo('/'.repeat(topicLevelsMax)), 'topic-too-long');
  const large = (bytes: number) => publish(packet(0x30, string('/a'), Buffer.alloc(bytes)));
  assert.equal(typeof large(payloadBytesMax), 'object');
  assert.equal(large(payloadBytesMax + 1), 'publish-payload-too-large');
});

test('more filters than the limit are refused', () => {
  const filters = Array.from({ length: FILTERS_MAX + 1 }, () =>
    Buffer.concat([string('/a'), Buffer.from([0])]),
  );
  assert.equal(subscribe(packet(0x82, uint16(1), ...filters)), 'subscribe-too-many-filters');
  assert.equal(typeof subscribe(packet(0x82, uint16(1), ...filters.slice(1))), 'object');
});

test('bytes behind a packet that has none are refused', () => {
  assert.equal(findBareFault(packet(0xc0, [0])), 'packet-too-long');
  assert.equal(decodePuback(packet(0x40, uint16(1), [0])), 'packet-too-long');
  assert.equal(decodePuback(packet(0x40, [1])), 'packet-too-short');
});

test('random bytes never make a decoder throw', () => {
  const decoders = [decodeConnect, publish, decodePuback, subscribe, unsubscribe, findBareFault];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 100 }), (header, body) => {
      for (const decode of decoders) decode(packet(header, Buffer.from(body)));
    }),
    { numRuns: 2_000 },
  );
});

test('what is accepted reads the same as an independent parser reads it', () => {
  fc.assert(
    fc.property(mutatedPackets(), (bytes) => {
      const type = bytes[0]! >> 4;
      const mine = type === 3 ? publish(bytes) : type === 8 ? subscribe(bytes) : decodeConnect(bytes);
      if (typeof mine === 'string') return;
      const theirs = parseIndependently(bytes);
      if (theirs?.cmd === 'publish' && 'topic' in mine) {
        assert.deepEqual(
          [mine.topic, mine.qos, mine.payload.toString('hex')],
          [theirs.topic, theirs.qos, hexOf(theirs.payload)],
        );
      } else if (theirs?.cmd === 'subscribe' && 'requests' in mine) {
        assert.deepEqual(
          mine.requests.map(({ filter, qos }) => ({ topic: filter, qos })),
          theirs.subscriptions,
        );
      } else if (theirs?.cmd === 'connect' && 'clientId' in mine) {
        assert.deepEqual(
          [mine.clientId, mine.userName, mine.keepAliveSeconds],
          [theirs.clientId, theirs.username, theirs.keepalive],
        );
      } else {
        assert.fail(`accepted ${bytes.toString('hex')}, which the other parser reads as ${theirs?.cmd}`);
      }
    }),
    { numRuns: 3_000 },
  );
});

/** Right packets with up to three bytes of the body changed. */
function mutatedPackets(): fc.Arbitrary<Buffer> {
  const originals = [
    connectBytes(),
    packet(0x30, string('/sys/a/b/thing/config/get'), Buffer.from('{"id":1}')),
    packet(0x32, string('/sys/a/b'), uint16(4), Buffer.from('{}')),
    packet(0x82, uint16(3), string('/sys/a/b/#'), [1], string('/a/+/b'), [0]),
  ];
  const change = fc.record({ at: fc.nat(60), byte: fc.nat(255) });
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(change, { maxLength: 3 }))
    .map(([original, changes]) => {
      const bytes = Buffer.from(original);
      for (const { at, byte } of changes) bytes[2 + (at % (bytes.length - 2))] = byte;
      return bytes;
    });
}

function parseIndependently(bytes: Buffer): Packet | undefined {
  let parsed: Packet | undefined;
  const parser = mqttPacket.parser();
  parser.on('packet', (packet) => {
    parsed = packet;
  });
  parser.on('error', () => {});
  parser.parse(bytes);
  return parsed;
}

function hexOf(payload: string | Buffer): string {
  return Buffer.from(payload as Buffer).toString('hex');
}
