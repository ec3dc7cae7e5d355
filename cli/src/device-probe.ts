/**
 * One MQTT conversation of one device, to see what a device sees: connect, ask for the configuration, leave.
 *
 * The few packets are written by hand, so that a diagnosis needs no MQTT library and shares no mistake with one.
 */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectSignContent } from '@opencota/contract/alink/credentials';
import { parseObject } from '@opencota/contract/alink/messages';
import { deviceTopic } from '@opencota/contract/alink/topics';

export type ProbeDevice = { productKey: string; deviceName: string; deviceSecret: string };
export type MqttAddress = { host: string; port: number; isTls: boolean };
/** `get_reply`: 200 comes with a link. */
export type GetReply = { code: number; message: string; url: string; sign: string; size: number };

const TIMEOUT_MS = 5_000;
const PACKET_BYTES_MAX = 64 * 1024;
const PACKET = { connect: 0x10, connack: 2, publish: 3, disconnect: 0xe0 } as const;
/** User name, password, clean session; then 60 s of keep-alive. */
const CONNECT_HEAD = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0xc2, 0, 60]);
const CONNACK_REASONS: Readonly<Record<number, string>> = {
  2: 'the client id was refused',
  4: 'user name or password were refused',
  5: 'the device may not connect',
};

/** Opens the port and closes it again. Throws when nothing listens. */
export async function probePort(address: MqttAddress): Promise<void> {
  (await open(address)).destroy();
}

async function open({ host, port, isTls }: MqttAddress): Promise<Socket> {
  const socket = isTls ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('it does not answer in time')));
  await once(socket, isTls ? 'secureConnect' : 'connect');
  return socket;
}

/** Asks for the configuration as the device does. Throws when it is not let in or not answered. */
export async function askAsDevice(address: MqttAddress, device: ProbeDevice): Promise<GetReply> {
  const socket = await open(address);
  try {
    const packets = readPackets(socket);
    socket.write(connectPacket(device));
    const connack = await nextOf(packets, PACKET.connack);
    const code = connack.body[1] ?? 0;
    if (code !== 0) throw new Error(CONNACK_REASONS[code] ?? `CONNACK says ${code}`);
    socket.write(getPacket(device));
    const { body } = await nextOf(packets, PACKET.publish);
    const topicBytes = body.readUInt16BE(0);
    return readReply(body.toString('utf8', 2 + topicBytes));
  } finally {
    socket.end(Buffer.from([PACKET.disconnect, 0]));
  }
}

function readReply(text: string): GetReply {
  const message = parseObject(text);
  const data = message?.data;
  const {
    url = '',
    sign = '',
    configSize = 0,
  } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  return {
    code: Number(message?.code),
    message: String(message?.message ?? ''),
    url: String(url),
    sign: String(sign),
    size: Number(configSize),
  };
}

function connectPacket({ productKey, deviceName, deviceSecret }: ProbeDevice): Buffer {
  const clientId = `${productKey}.${deviceName}`;
  const timestamp = String(Date.now());
  const content = connectSignContent({ clientId, deviceName, productKey, timestamp });
  const password = createHmac('sha256', deviceSecret).update(content).digest('hex');
  const parameters = `|timestamp=${timestamp},securemode=3,signmethod=hmacsha256|`;
  const parts = [`${clientId}${parameters}`, `${deviceName}&${productKey}`, password].map(text);
  return packet(PACKET.connect, [CONNECT_HEAD, ...parts]);
}

function getPacket({ productKey, deviceName }: ProbeDevice): Buffer {
  const params = { configScope: 'product', getType: 'file' };
  const body = JSON.stringify({ id: '1', version: '1.0', params, method: 'thing.config.get' });
  return packet(PACKET.publish << 4, [
    text(deviceTopic.configGet(productKey, deviceName)),
    Buffer.from(body),
  ]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function packet(header: number, parts: readonly Buffer[]): Buffer {
  const digits: number[] = [];
  let rest = parts.reduce((sum, part) => sum + part.length, 0);
  do {
    digits.push(rest > 127 ? (rest % 128) | 0x80 : rest);
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([header, ...digits]), ...parts]);
}

type Packet = { kind: number; body: Buffer };

async function nextOf(packets: AsyncGenerator<Packet>, kind: number): Promise<Packet> {
  for (;;) {
    const { value, done } = await packets.next();
    if (done) throw new Error('the server closed the connection');
    if (value.kind === kind) return value;
  }
}

async function* readPackets(socket: Socket): AsyncGenerator<Packet> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    pending = Buffer.concat([pending, chunk]);
    for (
      let size = sizeOf(pending);
      size !== undefined && pending.length >= size.whole;
      size = sizeOf(pending)
    ) {
      yield { kind: pending[0]! >> 4, body: pending.subarray(size.head, size.whole) };
      pending = pending.subarray(size.whole);
    }
    if (pending.length > PACKET_BYTES_MAX) throw new Error('what answers there does not speak MQTT');
  }
}

function sizeOf(bytes: Buffer): { head: number; whole: number } | undefined {
  let length = 0;
  for (let digit = 0; digit < 4; digit++) {
    const byte = bytes[1 + digit];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** digit;
    if (byte < 0x80) return { head: 2 + digit, whole: 2 + digit + length };
  }
  throw new Error('what answers there does not speak MQTT');
}
