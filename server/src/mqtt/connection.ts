/**
 * One device's connection: bytes in, packets handled one after the other, bytes out.
 *
 * | state              | accepts                                        | leaves to                           |
 * |--------------------|------------------------------------------------|-------------------------------------|
 * | `awaiting-connect` | CONNECT, within `connectMs`                    | authenticating, closing             |
 * | `authenticating`   | nothing; input is held, within `connectMs`     | open, registering, closing          |
 * | `open`             | all that a signed-in device may send           | closing                             |
 * | `registering`      | the same but PUBLISH, for `registrationMs`     | closing                             |
 * | `closing`          | nothing; input is dropped                      | gone when the socket has closed     |
 *
 * Input is also held while too many uplinks of this connection are being stored. Held input is
 * bounded: the socket is paused. There is no timer here: the gateway's sweep calls `expire` on
 * connections whose deadline has passed.
 */
import type { Duplex } from 'node:stream';
import type { SignedInDevice } from '../domain/gateway-port.ts';
import { type AckOwner, AckQueue } from './ack-queue.ts';
import type { Waiting } from './admission.ts';
import { PACKET } from './decode.ts';
import { CONNACK, type ConnackCode, encodeConnack, encodePuback, encodePublish } from './encode.ts';
import type { CloseReason, EventSubject, MqttEvents, RefusalReason } from './events.ts';
import { FAULT_CLAUSE, type ProtocolFault } from './faults.ts';
import { Framer } from './framer.ts';
import { InFlightPushes } from './in-flight.ts';
import type { MqttLimits } from './limits.ts';
import { Outbox, type WriteTurn } from './outbox.ts';
import { type Bucket, fullBucket } from './throttle.ts';

export type ConnectionState = 'awaiting-connect' | 'authenticating' | 'open' | 'registering' | 'closing';

const CONNECT_HEADER = PACKET.connect << 4;

/** A device's session: its own on its connection, or a sub-device's on its gateway's connection. */
export type Session = {
  readonly device: SignedInDevice;
  readonly connection: Connection;
  /** Bits of the topics the device has unsubscribed from (`topics-allowed.ts`). */
  unsubscribedTopics: number;
  readonly messages: Bucket;
};

/** Where a connection comes from, and whether others can read it on the way. */
export type Origin = { remoteAddress: string; isEncrypted: boolean };

/** What a connection needs of the gateway around it. Shared by all connections. */
export type ConnectionHost = {
  readonly limits: MqttLimits;
  readonly events: MqttEvents;
  readonly writes: WriteTurn;
  /** Milliseconds that only rise. */
  readonly clock: () => number;
  /** One complete packet; a view, to be used up before it returns. */
  handle(connection: Connection, packet: Buffer): void;
  /** The connection begins to close: its sessions end now. Called once. */
  closing(connection: Connection): void;
};

export class Connection implements AckOwner, Waiting {
  readonly remoteAddress: string;
  readonly isEncrypted: boolean;
  /** The rate of packets of any type. */
  readonly packets: Bucket;
  session: Session | undefined;
  /** A gateway device's sub-devices by `productKey/deviceName`; made for the first login. */
  subSessions: Map<string, Session> | undefined;
  /** The last of its requests about sub-devices that is not answered yet. */
  subDeviceRequests: Promise<void> | undefined;
  /** Whether its device has sub-devices that may log in; asked when it speaks for one that has not. */
  hasTopology: Promise<boolean> | undefined;

  readonly #host: ConnectionHost;
  readonly #outbox: Outbox;
  readonly #framer = new Framer();
  #state: ConnectionState = 'awaiting-connect';
  #deadlineMs: number;
  #idleMs = 0;
  #isPaused = false;
  #isReading = false;
  #inFlight: InFlightPushes | undefined;
  #acks: AckQueue | undefined;

  constructor(host: ConnectionHost, carrier: Duplex, { remoteAddress, isEncrypted }: Origin) {
    const nowMs = host.clock();
    this.#host = host;
    this.#outbox = new Outbox(carrier, host.writes);
    this.#deadlineMs = nowMs + host.limits.connectMs;
    this.remoteAddress = remoteAddress;
    this.isEncrypted = isEncrypted;
    this.packets = fullBucket(host.limits.packetsBurst, nowMs);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** How many uplinks are being stored. */
  get pendingUplinks(): number {
    return this.#acks?.size ?? 0;
  }

  /** The session of one of the devices that speak here, by name. */
  sessionOf(productKey: string, deviceName: string): Session | undefined {
    const own = this.session?.device;
    if (own?.deviceName === deviceName && own.productKey === productKey) return this.session;
    return this.subSessions?.get(`${productKey}/${deviceName}`);
  }

  /** Takes input. Nothing that goes wrong in here reaches another connection. */
  receive(chunk: Buffer): void {
    if (this.#state === 'closing') return;
    if (this.#state === 'awaiting-connect' && this.#framer.isEmpty && chunk[0] !== CONNECT_HEADER) {
      this.violate(chunk[0]! >> 4 === PACKET.connect ? 'flags-reserved' : 'connect-expected');
      return;
    }
    this.#framer.feed(chunk);
    this.resume();
  }

  /** Goes on with the input there is, until it has no complete packet or has to be held. */
  resume(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#mayRead()) {
        const packet = this.#framer.next(this.#packetBytesMax());
        if (packet === undefined) break;
        if (typeof packet === 'string') this.violate(packet);
        else this.#handle(packet);
      }
    } catch (error) {
      this.#host.events.connectionFailed({ ...this.subject(), error });
      this.close('fault');
    } finally {
      this.#isReading = false;
    }
    this.#pauseOrResume();
  }

  #handle(packet: Buffer): void {
    if (this.#state === 'open') this.#deadlineMs = this.#host.clock() + this.#idleMs;
    this.#host.handle(this, packet);
  }

  #mayRead(): boolean {
    if (this.#state === 'closing' || this.#state === 'authenticating') return false;
    return this.pendingUplinks < this.#host.limits.pendingUplinksMax;
  }

  #packetBytesMax(): number {
    const { connectPacketBytesMax, packetBytesMax } = this.#host.limits;
    return this.#state === 'open' ? packetBytesMax : connectPacketBytesMax;
  }

  /** A socket is paused only when input waits: most clients are silent while they are signed in. */
  #pauseOrResume(): void {
    const shouldPause = this.#state !== 'closing' && !this.#framer.isEmpty && !this.#mayRead();
    if (shouldPause === this.#isPaused) return;
    this.#isPaused = shouldPause;
    if (shouldPause) this.#outbox.carrier.pause();
    else this.#outbox.carrier.resume();
  }

  /** CONNECT was read: input is held until `open` or `register`. */
  authenticate(): void {
    this.#state = 'authenticating';
  }

  /** CONNACK 0 for a device. Held input is not read before `resume`. */
  open(keepAliveSeconds: number): void {
    this.#state = 'open';
    this.#idleMs = keepAliveSeconds * 1_500;
    this.#deadlineMs = this.#host.clock() + this.#idleMs;
    this.send(encodeConnack(CONNACK.accepted));
  }

  /** CONNACK 0 for a registration, whose connection has a fixed life and no keep-alive (`alink.md` 3.3). */
  register(): void {
    this.#state = 'registering';
    this.#deadlineMs = this.#host.clock() + this.#host.limits.registrationMs;
    this.send(encodeConnack(CONNACK.accepted));
  }

  /** Sends a packet with this turn's others. A reader so slow that too much waits is dropped, alone. */
  send(packet: Buffer): void {
    if (this.#state === 'closing') return;
    if (this.#outbox.waitingBytes > this.#host.limits.outgoingBytesMax) this.#dropSlowReader();
    else this.#outbox.send(packet);
  }

  #dropSlowReader(): void {
    this.#host.events.limitReached({ ...this.subject(), limit: 'outgoingBytesMax' });
    this.close('slow-reader');
  }

  /** Publishes at QoS 0: every reply. */
  reply(topic: string, payload: string): void {
    this.send(encodePublish(topic, payload, 0));
  }

  /** Publishes at QoS 1. @returns false when this connection takes no more. */
  push(device: SignedInDevice, messageId: number, topic: string, payload: string): boolean {
    const { inFlightPushesMax, outgoingBytesMax } = this.#host.limits;
    this.#inFlight ??= new InFlightPushes();
    // A gateway's connection carries the pushes of all its sub-devices.
    const devices = 1 + (this.subSessions?.size ?? 0);
    if (this.#state !== 'open' || this.#inFlight.size >= inFlightPushesMax * devices) return false;
    // Half, so that the pushes of many sub-devices on a slow line do not make their gateway a slow reader.
    if (this.#outbox.waitingBytes > outgoingBytesMax / 2) return false;
    this.send(encodePublish(topic, payload, this.#inFlight.add(device, messageId)));
    return true;
  }

  /** A PUBACK came. @returns what it acknowledges, if anything. */
  acknowledged(packetId: number): { device: SignedInDevice; messageId: number } | undefined {
    return this.#inFlight?.take(packetId);
  }

  /** Acknowledges an uplink once it is stored, in its turn. Packet id 0 stands for QoS 0. */
  settle(packetId: number, stored: Promise<void> | undefined, failed: (error: unknown) => void): void {
    if (stored === undefined && this.pendingUplinks === 0) {
      if (packetId !== 0) this.acknowledge(packetId);
      return;
    }
    this.#acks ??= new AckQueue(this);
    this.#acks.add(packetId, stored, failed);
  }

  acknowledge(packetId: number): void {
    this.send(encodePuback(packetId));
  }

  abandon(): void {
    this.close('uplink-failed');
  }

  /** The client broke the standard: closed at once, without a word (MQTT-4.8.0-1). */
  violate(fault: ProtocolFault): void {
    if (this.#state === 'closing') return;
    this.#host.events.protocolError({ ...this.subject(), fault, clause: FAULT_CLAUSE[fault] });
    this.close('protocol-error');
  }

  /** Answers CONNECT with a refusal and ends. */
  refuse(code: ConnackCode, reason: RefusalReason, userName?: string): void {
    if (this.#state === 'closing') return;
    const who = userName === undefined ? {} : { userName };
    this.#host.events.connectionRefused({ ...this.subject(), ...who, reason });
    this.send(encodeConnack(code));
    this.#close('refused', () => this.#outbox.end());
  }

  /** Closes at once: what was not sent yet is dropped. */
  close(reason: CloseReason): void {
    this.#close(reason, () => this.#outbox.destroy());
  }

  /** Sends what waits, then closes. */
  end(reason: CloseReason): void {
    this.#close(reason, () => this.#outbox.end());
  }

  /** Makes room: it has not sent its CONNECT. */
  evict(): void {
    this.close('evicted');
  }

  /** Ends the socket of a connection that is closing politely. */
  destroy(): void {
    this.#outbox.destroy();
  }

  /** The deadline has passed, or the reader is too slow; called by the sweep. */
  sweep(nowMs: number): void {
    const isClogged = this.#outbox.waitingBytes > this.#host.limits.outgoingBytesMax;
    if (isClogged && this.#state !== 'closing') this.#dropSlowReader();
    else if (nowMs >= this.#deadlineMs) this.#expire();
  }

  #expire(): void {
    if (this.#state === 'awaiting-connect') this.close('connect-timeout');
    else if (this.#state === 'authenticating') this.refuse(CONNACK.unavailable, 'unavailable');
    else if (this.#state === 'open') this.close('keep-alive-timeout');
    else if (this.#state === 'registering') this.end('registered');
    else this.destroy();
  }

  #close(reason: CloseReason, part: () => void): void {
    if (this.#state === 'closing') return;
    const subject = this.subject();
    this.#state = 'closing';
    this.#deadlineMs = this.#host.clock() + this.#host.limits.closeMs;
    this.#framer.clear();
    if (this.#isPaused) this.#outbox.carrier.resume();
    part();
    try {
      this.#host.closing(this);
    } catch (error) {
      this.#host.events.connectionFailed({ ...subject, error });
    }
    this.#host.events.connectionClosed({ ...subject, reason });
  }

  /** Who this is, for events. */
  subject(): EventSubject {
    const device = this.session?.device;
    return device === undefined
      ? { remoteAddress: this.remoteAddress }
      : { remoteAddress: this.remoteAddress, device };
  }
}
