/** Clients that mean harm, or are broken: many sockets that send what they like and read when they like. */
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { signedConnect } from './alink-device.ts';
import type { DeviceIdentity } from './test-product.ts';

/** Not the address of honest devices, so that what is counted by address falls on these alone. */
const RUDE_ADDRESS = '127.0.0.66';
const ANSWER_MS = 10_000;

/** Many sockets at once, all gone when it is disposed of. */
export class Crowd implements AsyncDisposable {
  readonly sockets: Socket[] = [];

  /** Opens sockets that are connected when this resolves, or were turned away. */
  async open(port: number, count: number): Promise<Socket[]> {
    const opened = Array.from({ length: count }, () => {
      const socket = connect({ host: '127.0.0.1', port, localAddress: RUDE_ADDRESS });
      socket.on('error', () => {});
      return socket;
    });
    this.sockets.push(...opened);
    await Promise.all(opened.map((socket) => when(socket, 'connect', 'close')));
    return opened;
  }

  /** Opens sockets and lets each send this. */
  async send(port: number, count: number, bytes: string | Uint8Array): Promise<Socket[]> {
    const opened = await this.open(port, count);
    for (const socket of opened) if (socket.writable) socket.write(bytes);
    return opened;
  }

  /** Resolves when the server has closed all of them. */
  async closed(): Promise<void> {
    await Promise.all(this.sockets.map((socket) => socket.closed || when(socket.resume(), 'close')));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.sockets.map((socket) => {
        if (socket.closed) return undefined;
        const closed = when(socket, 'close');
        socket.destroy();
        return closed;
      }),
    );
  }
}

/** Resolves at the first of these events. An error is none of them: `close` follows it. */
function when(socket: Socket, ...events: ('connect' | 'close')[]): Promise<void> {
  return new Promise((resolve) => {
    for (const event of events) socket.once(event, () => resolve());
  });
}

/** Gives each of the sockets the bytes one by one, in turns, until they are through or `signal` says stop. */
export async function dribble(sockets: readonly Socket[], bytes: Buffer, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < bytes.length && !signal.aborted; at += 1) {
    for (const socket of sockets) if (socket.writable) socket.write(bytes.subarray(at, at + 1));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function connectPacket(identity: DeviceIdentity): Buffer {
  const { clientId, username, password } = signedConnect(identity);
  return mqttPacket.generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    clientId,
    username,
    password: Buffer.from(password),
  });
}

export function publishPacket(
  identity: DeviceIdentity,
  suffix: string,
  payload: object,
  messageId = 0,
): Buffer {
  const topic = `/sys/${identity.productKey}/${identity.deviceName}/${suffix}`;
  const qos = messageId === 0 ? 0 : 1;
  const rest = { dup: false, retain: false, payload: JSON.stringify(payload), qos, messageId } as const;
  return mqttPacket.generate({ cmd: 'publish', topic, ...rest });
}

/** CONNECT, a question, a report: what a device says in its first second. */
export function conversation(identity: DeviceIdentity): Buffer {
  return Buffer.concat([
    connectPacket(identity),
    publishPacket(identity, 'thing/config/get', {
      id: '7',
      version: '1.0',
      params: {},
      method: 'thing.config.get',
    }),
    publishPacket(identity, 'thing/config/push_reply', { id: '0', code: 200, data: {} }, 8),
  ]);
}

/** Writes a stream in pieces of one to three bytes. @returns the first packets that came back, in order. */
export async function converse(stream: Duplex, bytes: Buffer, answers: number): Promise<Packet[]> {
  const packets: Packet[] = [];
  const parser = mqttPacket.parser();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`only ${packets.length} answers came`)), ANSWER_MS);
  parser.on('packet', (packet) => {
    packets.push(packet);
    if (packets.length === answers) resolve();
  });
  stream.on('data', (chunk: Buffer) => parser.parse(chunk));
  for (let at = 0, piece = 1; at < bytes.length; at += piece, piece = (piece % 3) + 1) {
    stream.write(bytes.subarray(at, at + piece));
    await new Promise((next) => setImmediate(next));
  }
  await promise.finally(() => clearTimeout(timer));
  return packets;
}
