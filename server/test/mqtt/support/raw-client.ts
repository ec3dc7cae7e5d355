/** A client that shows every packet as it comes, and can send any bytes at all. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  connectSignContent,
  registerSignContent,
  type SignMethod,
} from '@opencota/contract/alink/credentials';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { hmac, type KnownDevice, PRODUCT_SECRET } from './fake-core.ts';

const WAIT_MS = 5_000;

export class RawClient implements AsyncDisposable {
  readonly stream: Duplex;
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>;
  readonly #packets: Packet[] = [];
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(stream: Duplex) {
    this.stream = stream;
    const parser = mqttPacket.parser();
    parser.on('packet', (packet) => {
      this.#packets.push(packet);
      this.#wake();
    });
    stream.on('data', (chunk: Buffer) => parser.parse(chunk));
    stream.on('error', () => {});
    this.closed = new Promise((resolve) => {
      stream.once('close', () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  static async tcp(port: number, localAddress = '127.0.0.1'): Promise<RawClient> {
    const socket: Socket = connect({ host: '127.0.0.1', port, localAddress });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return client;
  }

  /** Connects and signs in; fails unless the CONNACK says 0. */
  static async signedIn(port: number, device: KnownDevice, options: ConnectOptions = {}): Promise<RawClient> {
    const client = await RawClient.tcp(port);
    client.send(connectPacket(device, options));
    const connack = await client.next();
    if (connack.cmd !== 'connack' || connack.returnCode !== 0)
      throw new Error(`not signed in: ${JSON.stringify(connack)}`);
    return client;
  }

  send(...packets: (Packet | Buffer)[]): void {
    this.stream.write(
      Buffer.concat(packets.map((packet) => (Buffer.isBuffer(packet) ? packet : encode(packet)))),
    );
  }

  publish(topic: string, payload: string | object, messageId = 0): void {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const qos = messageId === 0 ? 0 : 1;
    this.send({ cmd: 'publish', topic, payload: text, qos, dup: false, retain: false, messageId });
  }

  /** The next packet; fails when the connection closes first. */
  async next(): Promise<Packet> {
    const until = Date.now() + WAIT_MS;
    while (this.#packets.length === 0) {
      if (this.#isClosed) throw new Error('the connection was closed');
      await this.#somethingHappened(until);
    }
    return this.#packets.shift()!;
  }

  /** The next packet, which must be a PUBLISH. */
  async nextMessage(): Promise<{ topic: string; text: string; qos: number; messageId: number }> {
    const packet = await this.next();
    if (packet.cmd !== 'publish') throw new Error(`a ${packet.cmd} came`);
    const { topic, payload, qos, messageId = 0 } = packet;
    return { topic, text: payload.toString(), qos, messageId };
  }

  /** Sends PINGREQ and returns every packet that came before its answer. */
  async packetsBeforePong(): Promise<Packet[]> {
    this.send({ cmd: 'pingreq' });
    const packets: Packet[] = [];
    for (;;) {
      const packet = await this.next();
      if (packet.cmd === 'pingresp') return packets;
      packets.push(packet);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stream.destroy();
    await this.closed;
  }

  async #somethingHappened(until: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error('nothing came')), until - Date.now());
    this.#wake = resolve;
    await promise.finally(() => clearTimeout(timer));
  }
}

export function encode(packet: Packet): Buffer {
  return mqttPacket.generate(packet);
}

export type ConnectOptions = {
  clientId?: string;
  keepAliveSeconds?: number;
  clean?: boolean;
  signMethod?: SignMethod;
  deviceSecret?: string;
  extension?: string;
};

/** The CONNECT of a device, signed. */
export function connectPacket(device: KnownDevice, options: ConnectOptions = {}): Packet {
  const { productKey, deviceName } = device;
  const signMethod = options.signMethod ?? 'hmacsha256';
  const clientId = options.clientId ?? `${productKey}.${deviceName}`;
  const timestamp = '2524608000000';
  const content = connectSignContent({ clientId, deviceName, productKey, timestamp });
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: options.clean ?? true,
    keepalive: options.keepAliveSeconds ?? 60,
    clientId: `${clientId}|timestamp=${timestamp},securemode=3,signmethod=${signMethod}${options.extension ?? ''}|`,
    username: `${deviceName}&${productKey}`,
    password: Buffer.from(hmac(signMethod, options.deviceSecret ?? device.deviceSecret, content)),
  };
}

/** The CONNECT of a device that asks for a secret (`register`) or a token (`regnwl`). */
export function registerPacket(
  device: KnownDevice,
  authType: 'register' | 'regnwl',
  secret = PRODUCT_SECRET,
): Packet {
  const { productKey, deviceName } = device;
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    clientId: `${deviceName}.${productKey}|random=123,authType=${authType},securemode=2,signmethod=hmacsha256|`,
    username: `${deviceName}&${productKey}`,
    password: Buffer.from(hmac('hmacsha256', secret, registerSignContent(deviceName, productKey, '123'))),
  };
}
