import assert from 'node:assert/strict';
import test from 'node:test';
import type { Packet } from 'mqtt-packet';
import { type ConnectParts, connectBytes, string } from './support/bytes.ts';
import { hmac, PRODUCT_KEY } from './support/fake-core.ts';
import { startGateway } from './support/harness.ts';
import { connectPacket, RawClient } from './support/raw-client.ts';

const PK = PRODUCT_KEY;
const DN = 'lamp-1';
const TIME = '1700000000000';

/** Each row is a client seen on the wire. */
const SPELLINGS = [
  {
    client: 'C Link SDK 4.x',
    id: `${PK}.${DN}`,
    rest: `timestamp=${TIME},_ss=1,_v=sdk-c-4.1.0,securemode=3,signmethod=hmacsha256,ext=3,_conn=tcp_0|`,
    hex: 'upper',
    keepAlive: 1200,
    clean: true,
  },
  {
    client: 'C 3.2.0',
    id: `${PK}.${DN}`,
    rest: `timestamp=${TIME},_v=sdk-c-3.2.0,securemode=3,signmethod=hmacsha256,lan=C,_ss=1,gw=0,ext=0|`,
    hex: 'upper',
    keepAlive: 60,
    clean: false,
  },
  {
    client: 'Node 1.2.8',
    id: `${PK}&${DN}`,
    rest: `securemode=3,signmethod=hmacsha1,timestamp=${TIME},lan=NodeJS,_v=1.2.8|`,
    hex: 'lower',
    keepAlive: 60,
    clean: false,
  },
  {
    client: 'Node 1.0.1',
    id: `${PK}&${DN}_aliyun-iot-device-sdk-js`,
    rest: `securemode=3,\n        signmethod=hmacsha1,\n        timestamp=${TIME}|`,
    hex: 'lower',
    keepAlive: 60,
    clean: false,
  },
  {
    client: 'Python linkkit',
    id: `${PK}&${DN}`,
    rest: `securemode=3,signmethod=hmacsha1,ext=1,_ss=1,lan=Python,_v=1.2.13,timestamp=${TIME}|`,
    hex: 'lower',
    keepAlive: 60,
    clean: true,
  },
  {
    client: 'yansongda',
    id: DN,
    rest: `securemode=3,signmethod=hmacsha1,timestamp=${TIME}|`,
    hex: 'lower',
    keepAlive: 60,
    clean: true,
  },
  {
    client: 'an empty id',
    id: '',
    rest: `timestamp=${TIME},securemode=3,signmethod=hmacsha256|`,
    hex: 'upper',
    keepAlive: 60,
    clean: true,
  },
  {
    client: 'a trailing comma',
    id: 'x',
    rest: `timestamp=${TIME},signmethod=hmacsha256,|`,
    hex: 'lower',
    keepAlive: 60,
    clean: true,
  },
];

for (const { client: name, id, rest, hex, keepAlive, clean } of SPELLINGS) {
  for (const protocol of [
    { protocolId: 'MQTT', protocolVersion: 4 },
    { protocolId: 'MQIsdp', protocolVersion: 3 },
  ] as const) {
    test(`the CONNECT of ${name} is accepted as ${protocol.protocolId} ${protocol.protocolVersion}`, async () => {
      await using harness = await startGateway();
      const device = harness.core.addDevice(DN);
      const method = rest.includes('hmacsha1') ? 'hmacsha1' : 'hmacsha256';
      const sign = hmac(
        method,
        device.deviceSecret,
        `clientId${id}deviceName${DN}productKey${PK}timestamp${TIME}`,
      );
      const password = Buffer.from(hex === 'upper' ? sign.toUpperCase() : sign);
      const identity = { clientId: `${id}|${rest}`, username: `${DN}&${PK}`, password };
      await using client = await RawClient.tcp(harness.port);

      client.send({ cmd: 'connect', ...protocol, keepalive: keepAlive, clean, ...identity });

      const connack = await client.next();
      assert.deepEqual(connack.cmd === 'connack' && [connack.returnCode, connack.sessionPresent], [0, false]);
      assert.equal(
        harness.core.claims[0]!.password,
        password.toString(),
        'the password reaches the core as it was sent',
      );
      assert.equal(harness.core.opened[0]!.id, device.id);
    });
  }
}

type Refusal = { why: string; packet: Packet | Buffer; code: number; reason: string };

const good = {
  id: 1,
  productId: 1,
  productKey: PK,
  deviceName: DN,
  hasExtension: false,
  takesInline: false,
  deviceSecret: `secret-of-${DN}`,
};
const bytes = (parts: ConnectParts) => connectBytes(parts);
const withPayload = (clientId: string, userName: string) =>
  bytes({ payload: [string(clientId), string(userName), string('00')] });

const REFUSALS: Refusal[] = [
  { why: 'protocol level 5', packet: bytes({ level: 5 }), code: 1, reason: 'protocol-level' },
  { why: 'a bridge level', packet: bytes({ level: 132 }), code: 1, reason: 'protocol-level' },
  { why: 'an empty client id', packet: withPayload('', `${DN}&${PK}`), code: 2, reason: 'client-id' },
  {
    why: 'control characters in the client id',
    packet: withPayload('a\u0007|securemode=3|', `${DN}&${PK}`),
    code: 2,
    reason: 'client-id',
  },
  {
    why: 'an unknown sign method',
    packet: withPayload('a|signmethod=rot13|', `${DN}&${PK}`),
    code: 2,
    reason: 'client-id',
  },
  {
    why: 'an unknown authType',
    packet: withPayload('a|authType=magic|', `${DN}&${PK}`),
    code: 2,
    reason: 'client-id',
  },
  {
    why: 'a client id beyond any length',
    packet: withPayload(`${'a'.repeat(600)}|securemode=3|`, `${DN}&${PK}`),
    code: 2,
    reason: 'client-id',
  },
  {
    why: 'a user name without &',
    packet: withPayload('a|securemode=3|', 'lamp-1'),
    code: 4,
    reason: 'user-name',
  },
  {
    why: 'no user name',
    packet: bytes({ flags: 0x02, payload: [string('a|securemode=3|')] }),
    code: 4,
    reason: 'user-name',
  },
  {
    why: 'no password',
    packet: bytes({ flags: 0x82, payload: [string('a'), string(`${DN}&${PK}`)] }),
    code: 4,
    reason: 'user-name',
  },
  {
    why: 'an unknown device',
    packet: connectPacket({ ...good, deviceName: 'nobody' }),
    code: 4,
    reason: 'signature',
  },
  {
    why: 'a wrong signature',
    packet: connectPacket(good, { deviceSecret: 'wrong' }),
    code: 4,
    reason: 'signature',
  },
  {
    why: 'a keep-alive of 29 s',
    packet: connectPacket(good, { keepAliveSeconds: 29 }),
    code: 5,
    reason: 'keep-alive',
  },
  {
    why: 'a keep-alive of 1 s',
    packet: connectPacket(good, { keepAliveSeconds: 1 }),
    code: 5,
    reason: 'keep-alive',
  },
  {
    why: 'a will',
    packet: { ...connectPacket(good), will: { topic: '/x', payload: Buffer.from('x') } } as Packet,
    code: 5,
    reason: 'will',
  },
];

for (const { why, packet, code, reason } of REFUSALS) {
  test(`${why} is answered with CONNACK ${code} and the connection ends (MQTT-3.2.2-5)`, async () => {
    await using harness = await startGateway();
    harness.core.addDevice(DN);
    await using client = await RawClient.tcp(harness.port);

    client.send(packet, { cmd: 'pingreq' });

    const connack = await client.next();
    assert.deepEqual(connack.cmd === 'connack' && [connack.returnCode, connack.sessionPresent], [
      code,
      false,
    ]);
    await client.closed;
    await assert.rejects(
      client.next(),
      /closed/,
      'nothing behind a refused CONNECT is handled (MQTT-3.1.4-5)',
    );
    assert.equal(harness.events.of('connectionRefused')[0]!.reason, reason);
    assert.equal(harness.gateway.sessionCount(), 0);
  });
}
