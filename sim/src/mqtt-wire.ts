/**
 * MQTT 3.1.1 as far as a device needs it, written by hand so that thousands of devices are cheap.
 *
 * The simulator deliberately has a wire of its own: one shared with the server would hide a mistake that
 * both make.
 */
export type Connect = { clientId: string; username: string; password: string; keepAliveSeconds: number };

/** What a server says to a device. */
export type Downlink =
  | { kind: 'connack'; code: number }
  | { kind: 'publish'; topic: string; payload: string; qos: number; packetId: number }
  | { kind: 'puback'; packetId: number }
  | { kind: 'suback'; packetId: number; codes: number[] }
  | { kind: 'pingresp' };

export const PINGREQ: Buffer = Buffer.from([0xc0, 0]);
export const DISCONNECT: Buffer = Buffer.from([0xe0, 0]);

const PROTOCOL = Buffer.from([0, 4, 0x4d, 0x51, 0x54, 0x54, 4]);
/** User name, password, clean session. */
const CONNECT_FLAGS = 0xc2;

export function encodeConnect({ clientId, username, password, keepAliveSeconds }: Connect): Buffer {
  const settings = Buffer.from([CONNECT_FLAGS, keepAliveSeconds >> 8, keepAliveSeconds & 0xff]);
  return packet(0x10, [PROTOCOL, settings, text(clientId), text(username), text(password)]);
}

export function encodeSubscribe(packetId: number, topics: readonly string[]): Buffer {
  const filters = topics.flatMap((topic) => [text(topic), Buffer.from([1])]);
  return packet(0x82, [number16(packetId), ...filters]);
}

/** With QoS 1 when a packet id is given, else with QoS 0. */
export function encodePublish(topic: string, payload: string, packetId?: number): Buffer {
  const body = Buffer.from(payload);
  return packetId === undefined
    ? packet(0x30, [text(topic), body])
    : packet(0x32, [text(topic), number16(packetId), body]);
}

export function encodePuback(packetId: number): Buffer {
  return packet(0x40, [number16(packetId)]);
}

function number16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number16(bytes.length), bytes]);
}

function packet(header: number, parts: readonly Buffer[]): Buffer {
  const length: number[] = [];
  let rest = parts.reduce((sum, part) => sum + part.length, 0);
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    length.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([header, ...length]), ...parts]);
}

/** Far above anything a server has to say to a device. */
const PACKET_BYTES_MAX = 300 * 1024;
const LENGTH_DIGITS_MAX = 4;

/**
 * Takes a stream of bytes apart into packets.
 *
 * @returns a function to feed; it throws when the bytes are not what a server may send.
 */
export function createReader(onPacket: (packet: Downlink) => void): (bytes: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (bytes) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    for (;;) {
      const size = sizeOf(pending);
      if (size === undefined || pending.length < size.whole) return;
      const whole = pending.subarray(0, size.whole);
      pending = pending.subarray(size.whole);
      onPacket(decode(whole[0]!, whole.subarray(size.head)));
    }
  };
}

/** Undefined: more bytes are needed to know. */
function sizeOf(bytes: Buffer): { head: number; whole: number } | undefined {
  let length = 0;
  for (let digit = 0; digit < LENGTH_DIGITS_MAX; digit++) {
    const byte = bytes[1 + digit];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** digit;
    if (length > PACKET_BYTES_MAX) throw new Error(`the server sent a packet of ${length} bytes`);
    if (byte < 0x80) return { head: 2 + digit, whole: 2 + digit + length };
  }
  throw new Error('the server sent a packet without an end to its length');
}

function decode(header: number, body: Buffer): Downlink {
  switch (header >> 4) {
    case 2:
      return { kind: 'connack', code: body.readUInt8(1) };
    case 3:
      return decodePublish((header >> 1) & 3, body);
    case 4:
      return { kind: 'puback', packetId: body.readUInt16BE(0) };
    case 9:
      return { kind: 'suback', packetId: body.readUInt16BE(0), codes: [...body.subarray(2)] };
    case 13:
      return { kind: 'pingresp' };
    default:
      throw new Error(`the server sent a packet of type ${header >> 4}`);
  }
}

function decodePublish(qos: number, body: Buffer): Downlink {
  const topicEnd = 2 + body.readUInt16BE(0);
  const payloadStart = qos === 0 ? topicEnd : topicEnd + 2;
  return {
    kind: 'publish',
    topic: body.toString('utf8', 2, topicEnd),
    payload: body.toString('utf8', payloadStart),
    qos,
    packetId: qos === 0 ? 0 : body.readUInt16BE(topicEnd),
  };
}
