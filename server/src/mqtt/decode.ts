/**
 * Reads the packets a device may send, strictly.
 *
 * By hand and not with a library, because what matters here is what libraries let pass: ill-formed
 * UTF-8, reserved flags, packet id 0, trailing bytes. A packet that breaks the standard comes back
 * as the name of its fault; nothing throws. Each function takes one complete packet from the framer.
 */
import { isUtf8 } from 'node:buffer';
import type { ProtocolFault } from './faults.ts';
import type { MqttLimits } from './limits.ts';
import { findTopicFilterFault, findTopicNameFault, topicLevels } from './topic-grammar.ts';

export const PACKET = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

export type Connect = {
  clientId: string;
  keepAliveSeconds: number;
  hasWill: boolean;
  userName: string | undefined;
  /** undefined when absent or when it is not text; Alink's passwords are. */
  password: string | undefined;
};

/** `payload` is a view into the packet: read it before returning to the framer. */
export type Publish = { topic: string; qos: 0 | 1; packetId: number; payload: Buffer };
export type TopicRequest = { filter: string; qos: number };
export type Subscribe = { packetId: number; requests: TopicRequest[] };
export type Unsubscribe = { packetId: number; filters: string[] };

type TopicLimits = Pick<MqttLimits, 'topicBytesMax' | 'topicLevelsMax' | 'payloadBytesMax'>;

const CONNECT_FLAG = {
  reserved: 0x01,
  will: 0x04,
  willQos: 0x18,
  willRetain: 0x20,
  password: 0x40,
  userName: 0x80,
};

export function decodeConnect(packet: Buffer): Connect | ProtocolFault {
  if ((packet[0]! & 0x0f) !== 0) return 'flags-reserved';
  const reader = new Reader(packet);
  const name = reader.text();
  const level = reader.byte();
  if (reader.fault) return reader.fault;
  if (name !== 'MQTT' && name !== 'MQIsdp') return 'protocol-name-unknown';
  if (level !== (name === 'MQTT' ? 4 : 3)) return 'protocol-level-unsupported';
  const flags = reader.byte();
  const flagFault = findConnectFlagFault(flags);
  if (flagFault) return flagFault;
  const keepAliveSeconds = reader.uint16();
  const clientId = reader.text();
  const hasWill = (flags & CONNECT_FLAG.will) !== 0;
  if (hasWill) {
    reader.text();
    reader.bytes();
  }
  const userName = flags & CONNECT_FLAG.userName ? reader.text() : undefined;
  const password = flags & CONNECT_FLAG.password ? asText(reader.bytes()) : undefined;
  const fault = reader.finish();
  return fault ?? { clientId, keepAliveSeconds, hasWill, userName, password };
}

function findConnectFlagFault(flags: number): ProtocolFault | undefined {
  if (flags & CONNECT_FLAG.reserved) return 'connect-flag-reserved';
  if (flags & CONNECT_FLAG.will) {
    if ((flags & CONNECT_FLAG.willQos) === CONNECT_FLAG.willQos) return 'will-qos-3';
  } else {
    if (flags & CONNECT_FLAG.willQos) return 'will-qos-without-will';
    if (flags & CONNECT_FLAG.willRetain) return 'will-retain-without-will';
  }
  if (!(flags & CONNECT_FLAG.userName) && flags & CONNECT_FLAG.password) return 'password-without-user-name';
  return undefined;
}

/** Alink has no QoS 2 and keeps no retained messages, so both are faults here. */
export function decodePublish(packet: Buffer, limits: TopicLimits): Publish | ProtocolFault {
  const flags = packet[0]! & 0x0f;
  const qos = (flags >> 1) & 3;
  if (qos === 3) return 'publish-qos-3';
  if (qos === 2) return 'publish-qos-2';
  if (flags & 1) return 'publish-retained';
  if (qos === 0 && flags & 8) return 'publish-dup-at-qos-0';
  const reader = new Reader(packet);
  const topic = reader.text();
  const packetId = qos === 1 ? reader.packetId() : 0;
  if (reader.fault) return reader.fault;
  const topicFault = findTopicNameFault(topic);
  if (topicFault) return topicFault;
  if (isTopicTooLong(topic, limits)) return 'topic-too-long';
  const payload = reader.rest();
  if (payload.length > limits.payloadBytesMax) return 'publish-payload-too-large';
  return { topic, qos: qos === 1 ? 1 : 0, packetId, payload };
}

export function isTopicTooLong(topic: string, limits: TopicLimits): boolean {
  return Buffer.byteLength(topic) > limits.topicBytesMax || topicLevels(topic) > limits.topicLevelsMax;
}

/** @returns the packet id of a PUBACK. */
export function decodePuback(packet: Buffer): number | ProtocolFault {
  if ((packet[0]! & 0x0f) !== 0) return 'flags-reserved';
  const reader = new Reader(packet);
  const packetId = reader.packetId();
  return reader.finish() ?? packetId;
}

export function decodeSubscribe(packet: Buffer, filtersMax: number): Subscribe | ProtocolFault {
  if ((packet[0]! & 0x0f) !== 2) return 'flags-reserved';
  const reader = new Reader(packet);
  const packetId = reader.packetId();
  const requests: TopicRequest[] = [];
  while (!reader.isAtEnd && !reader.fault) {
    const filter = reader.text();
    const qos = reader.byte();
    if (reader.fault) break;
    if (qos > 2) return 'subscribe-qos-reserved';
    const fault = findTopicFilterFault(filter);
    if (fault) return fault;
    if (requests.push({ filter, qos }) > filtersMax) return 'subscribe-too-many-filters';
  }
  if (reader.fault) return reader.fault;
  return requests.length === 0 ? 'subscribe-empty' : { packetId, requests };
}

export function decodeUnsubscribe(packet: Buffer, filtersMax: number): Unsubscribe | ProtocolFault {
  if ((packet[0]! & 0x0f) !== 2) return 'flags-reserved';
  const reader = new Reader(packet);
  const packetId = reader.packetId();
  const filters: string[] = [];
  while (!reader.isAtEnd && !reader.fault) {
    const filter = reader.text();
    if (reader.fault) break;
    const fault = findTopicFilterFault(filter);
    if (fault) return fault;
    if (filters.push(filter) > filtersMax) return 'subscribe-too-many-filters';
  }
  if (reader.fault) return reader.fault;
  return filters.length === 0 ? 'unsubscribe-empty' : { packetId, filters };
}

/** PINGREQ and DISCONNECT: nothing but a header of zeroes. */
export function findBareFault(packet: Buffer): ProtocolFault | undefined {
  if ((packet[0]! & 0x0f) !== 0) return 'flags-reserved';
  return new Reader(packet).finish();
}

function asText(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** Walks through one packet. After the first fault it yields blanks, and the fault stays. */
class Reader {
  fault: ProtocolFault | undefined;
  readonly #packet: Buffer;
  #at = 1;

  constructor(packet: Buffer) {
    this.#packet = packet;
    while (packet[this.#at++]! >= 0x80);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#packet.length;
  }

  byte(): number {
    return this.#has(1) ? this.#packet[this.#at++]! : 0;
  }

  uint16(): number {
    if (!this.#has(2)) return 0;
    this.#at += 2;
    return (this.#packet[this.#at - 2]! << 8) | this.#packet[this.#at - 1]!;
  }

  packetId(): number {
    const id = this.uint16();
    if (id === 0) this.fault ??= 'packet-id-zero';
    return id;
  }

  bytes(): Buffer {
    const length = this.uint16();
    if (!this.#has(length)) return this.#packet.subarray(0, 0);
    this.#at += length;
    return this.#packet.subarray(this.#at - length, this.#at);
  }

  /** A string: well-formed UTF-8 without surrogates and without NUL. */
  text(): string {
    const length = this.uint16();
    if (!this.#has(length)) return '';
    const start = this.#at;
    this.#at += length;
    let isAscii = true;
    for (let index = start; index < this.#at; index++) {
      const byte = this.#packet[index]!;
      if (byte === 0) this.fault ??= 'string-with-nul';
      if (byte >= 0x80) isAscii = false;
    }
    if (isAscii) return this.#packet.toString('latin1', start, this.#at);
    if (!isUtf8(this.#packet.subarray(start, this.#at))) this.fault ??= 'string-not-utf8';
    return this.#packet.toString('utf8', start, this.#at);
  }

  rest(): Buffer {
    return this.#packet.subarray(this.#at);
  }

  /** The fault met so far, or bytes left over. */
  finish(): ProtocolFault | undefined {
    return this.fault ?? (this.isAtEnd ? undefined : 'packet-too-long');
  }

  #has(bytes: number): boolean {
    if (this.fault) return false;
    if (this.#at + bytes <= this.#packet.length) return true;
    this.fault = 'packet-too-short';
    return false;
  }
}
