/**
 * Writes the packets the gateway sends, each into one buffer.
 *
 * There are six kinds and their shape is fixed, so writing them directly costs a fraction of what a
 * general generator does, and these are the hot path.
 */

export const CONNACK = {
  accepted: 0,
  protocolLevel: 1,
  clientId: 2,
  unavailable: 3,
  credentials: 4,
  notAuthorised: 5,
} as const;

export type ConnackCode = (typeof CONNACK)[keyof typeof CONNACK];

/** A SUBACK return code that refuses the filter. */
export const SUBSCRIPTION_REFUSED = 0x80;

/** Session Present is always 0: what waits for a device is in the store, not in a broker's session. */
export function encodeConnack(code: ConnackCode): Buffer {
  return Buffer.from([0x20, 2, 0, code]);
}

export function encodePuback(packetId: number): Buffer {
  return encodeAcknowledgement(0x40, packetId);
}

export function encodeUnsuback(packetId: number): Buffer {
  return encodeAcknowledgement(0xb0, packetId);
}

function encodeAcknowledgement(header: number, packetId: number): Buffer {
  const packet = Buffer.allocUnsafe(4);
  packet[0] = header;
  packet[1] = 2;
  packet[2] = packetId >> 8;
  packet[3] = packetId & 0xff;
  return packet;
}

export const PINGRESP: Buffer = Buffer.from([0xd0, 0]);

export function encodeSuback(packetId: number, codes: readonly number[]): Buffer {
  const packet = allocatePacket(0x90, 2 + codes.length);
  let at = packet.length - 2 - codes.length;
  packet[at++] = packetId >> 8;
  packet[at++] = packetId & 0xff;
  for (const code of codes) packet[at++] = code;
  return packet;
}

/** A PUBLISH; at QoS 1 with a packet id, at QoS 0 with packet id 0. */
export function encodePublish(topic: string, payload: string, packetId: number): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const payloadBytes = Buffer.byteLength(payload);
  const idBytes = packetId === 0 ? 0 : 2;
  const packet = allocatePacket(packetId === 0 ? 0x30 : 0x32, 2 + topicBytes + idBytes + payloadBytes);
  let at = packet.length - payloadBytes - idBytes - topicBytes - 2;
  packet[at++] = topicBytes >> 8;
  packet[at++] = topicBytes & 0xff;
  at += packet.write(topic, at, topicBytes);
  if (packetId !== 0) {
    packet[at++] = packetId >> 8;
    packet[at++] = packetId & 0xff;
  }
  packet.write(payload, at, payloadBytes);
  return packet;
}

/** A buffer for header and body, the header written. */
function allocatePacket(header: number, bodyBytes: number): Buffer {
  const lengthBytes = bodyBytes < 128 ? 1 : bodyBytes < 16_384 ? 2 : bodyBytes < 2_097_152 ? 3 : 4;
  const packet = Buffer.allocUnsafe(1 + lengthBytes + bodyBytes);
  packet[0] = header;
  let rest = bodyBytes;
  for (let index = 1; index <= lengthBytes; index++) {
    packet[index] = index === lengthBytes ? rest : (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  return packet;
}
