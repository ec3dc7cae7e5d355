/**
 * A device of a few kilobytes on `node:net`, for fleets and for servers that are killed: it comes back by
 * itself, repeats what was not acknowledged, and remembers every push it saw. What it does with a push
 * is its behaviour, a function.
 */
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { signedConnect } from './alink-device.ts';
import type { DeviceIdentity } from './test-product.ts';

const RECONNECT_AFTER_MS = 25;

export type SeenPush = { id: string; url: string; sign: string; configSize: number };

/** What a device does with a push. It may throw: nobody hears, as with a device that dies. */
export type Behaviour = (device: LeanDevice, push: SeenPush) => Promise<void> | void;

/** What happened at a device, for tests that act upon it. */
export type WireEvent = 'push' | 'puback-sent' | 'downloaded' | 'report-acked';

export type LeanOptions = {
  identity: DeviceIdentity;
  port: number;
  behaviour?: Behaviour;
  /** False: pushes are never acknowledged. */
  isAcking?: boolean;
  onWire?: (event: WireEvent, device: LeanDevice) => void;
};

export class LeanDevice {
  readonly identity: DeviceIdentity;
  behaviour: Behaviour;
  isAcking: boolean;
  onWire: (event: WireEvent, device: LeanDevice) => void;
  /** Of every push that came, in order. */
  readonly pushes: SeenPush[] = [];
  /** The digest of what it downloaded last, and how often it downloaded. */
  runs = '';
  downloads = 0;
  /** Ids of the pushes whose reply the server acknowledged. */
  readonly acknowledgedReplies: string[] = [];

  readonly #port: number;
  readonly #reports = new Map<number, { topic: string; payload: string; about: string }>();
  #lastPacketId = 0;
  #socket: Socket | undefined;
  #isWanted = false;
  #isConnected = false;
  #retry: NodeJS.Timeout | undefined;

  constructor({ identity, port, behaviour = confirming, isAcking = true, onWire = () => {} }: LeanOptions) {
    this.identity = identity;
    this.behaviour = behaviour;
    this.isAcking = isAcking;
    this.onWire = onWire;
    this.#port = port;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Connects, and comes back whenever the connection is lost. */
  start(): this {
    this.#isWanted = true;
    this.#connect();
    return this;
  }

  stop(): void {
    this.#isWanted = false;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
  }

  /** At QoS 1, until the server has acknowledged it. `about` is the id of the push. */
  reply(about: string, code: number, message = ''): void {
    const { productKey, deviceName } = this.identity;
    const topic = `/sys/${productKey}/${deviceName}/thing/config/push_reply`;
    const payload = JSON.stringify({ id: about, code, ...(message && { message }), data: {} });
    this.#lastPacketId += 1;
    this.#reports.set(this.#lastPacketId, { topic, payload, about });
    this.#sendReport(this.#lastPacketId, false);
  }

  /** Fetches the file of a push and checks it. Throws what a device would report. */
  async download(push: SeenPush): Promise<void> {
    const { url, sign, configSize } = push;
    const response = await fetch(url);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200) throw new Error(`${response.status} ${bytes.toString()}`);
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (digest !== sign || bytes.length !== configSize) throw new Error('not what was announced');
    // Of two downloads at once the one that was pushed last counts, whichever ends last.
    if (this.pushes.slice(this.pushes.indexOf(push) + 1).every((later) => later.sign === sign))
      this.runs = digest;
    this.downloads += 1;
    this.onWire('downloaded', this);
  }

  #connect(): void {
    const socket = connect({ host: '127.0.0.1', port: this.#port });
    this.#socket = socket;
    const parser = mqttPacket.parser();
    parser.on('packet', (packet) => this.#receive(packet));
    socket.setNoDelay(true);
    // A device that a failed test left behind must not keep its process alive.
    socket.unref();
    socket.on('connect', () => this.#send(this.#connectPacket()));
    socket.on('data', (chunk: Buffer) => parser.parse(chunk));
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#isConnected = false;
      if (this.#isWanted) this.#retry = setTimeout(() => this.#connect(), RECONNECT_AFTER_MS).unref();
    });
  }

  #connectPacket(): Packet {
    const { clientId, username, password } = signedConnect(this.identity);
    return {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 1200,
      clientId,
      username,
      password: Buffer.from(password),
    };
  }

  #receive(packet: Packet): void {
    if (packet.cmd === 'connack' && packet.returnCode === 0) {
      this.#isConnected = true;
      for (const packetId of this.#reports.keys()) this.#sendReport(packetId, true);
    } else if (packet.cmd === 'puback') {
      const report = this.#reports.get(packet.messageId!);
      this.#reports.delete(packet.messageId!);
      if (report !== undefined) this.acknowledgedReplies.push(report.about);
      this.onWire('report-acked', this);
    } else if (packet.cmd === 'publish') {
      this.#take(packet.payload.toString(), packet.messageId);
    }
  }

  #take(text: string, packetId: number | undefined): void {
    const { id, params } = JSON.parse(text);
    const push: SeenPush = { ...params, id };
    this.pushes.push(push);
    this.onWire('push', this);
    if (this.isAcking && packetId !== undefined) {
      this.#send({ cmd: 'puback', messageId: packetId });
      this.onWire('puback-sent', this);
    }
    void Promise.resolve(this.behaviour(this, push)).catch(() => {});
  }

  #sendReport(packetId: number, dup: boolean): void {
    const { topic, payload } = this.#reports.get(packetId)!;
    if (!this.#isConnected) return;
    this.#send({ cmd: 'publish', topic, payload, qos: 1, dup, retain: false, messageId: packetId });
  }

  #send(packet: Packet): void {
    if (this.#socket?.writable) this.#socket.write(mqttPacket.generate(packet));
  }
}

/** Downloads and confirms, as our own SDK does. */
export const confirming: Behaviour = async (device, push) => {
  await device.download(push);
  device.reply(push.id, 200);
};

/** Downloads and says nothing, as unmodified Link SDKs do. */
export const downloading: Behaviour = (device, push) => device.download(push);

export const silent: Behaviour = () => {};

export function refusing(code: number, message = 'refused by the test'): Behaviour {
  return (device, push) => device.reply(push.id, code, message);
}
