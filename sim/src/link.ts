/**
 * One MQTT session of one device, from the TCP connection to its end. A device that comes back makes a
 * new one.
 */
import { connect, type Socket } from 'node:net';
import {
  type Connect,
  createReader,
  DISCONNECT,
  type Downlink,
  encodeConnect,
  encodePuback,
  encodePublish,
  encodeSubscribe,
  PINGREQ,
} from './mqtt-wire.ts';

export type LinkListener = {
  /** Connected and, where it subscribes, subscribed. */
  up(): void;
  message(topic: string, payload: string): void;
  acknowledged(packetId: number): void;
  /** Called once, whatever the end was. */
  down(reason: string): void;
};

export type LinkOptions = {
  host: string;
  port: number;
  connect: Connect;
  /** Empty: the device never subscribes. */
  subscriptions: readonly string[];
  listener: LinkListener;
};

const CONNECT_MS_MAX = 30_000;
const PACKET_ID_MAX = 65_535;
/** A device pings at this part of its keep-alive, and gives up at one and a half of it. */
const PING_AT = 0.75;
const SILENCE_AT = 1.5;

export class DeviceLink {
  readonly #options: LinkOptions;
  readonly #socket: Socket;
  readonly #openedMs = performance.now();
  #state: 'connecting' | 'up' | 'over' = 'connecting';
  #lastSentMs = performance.now();
  #lastHeardMs = performance.now();
  #lastPacketId = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { host, port, listener } = options;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    const read = createReader((packet) => this.#handle(packet));
    socket.on('connect', () => this.#send(encodeConnect(options.connect)));
    socket.on('data', (bytes: Buffer) => {
      this.#lastHeardMs = performance.now();
      try {
        read(bytes);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    let reason = 'the server closed the connection';
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      this.#state = 'over';
      listener.down(reason);
    });
  }

  /** @returns the packet id of a publish with QoS 1. */
  publish(topic: string, payload: string, qos: 0 | 1): number {
    const packetId = qos === 0 ? undefined : this.#takePacketId();
    this.#send(encodePublish(topic, payload, packetId));
    return packetId ?? 0;
  }

  /** Pings when it is time, and gives up a connection that is dead or never came about. */
  sweep(nowMs: number): void {
    const keepAliveMs = this.#options.connect.keepAliveSeconds * 1000;
    if (this.#state === 'connecting' && nowMs - this.#openedMs > CONNECT_MS_MAX) {
      this.#socket.destroy(new Error('connecting took too long'));
    }
    if (this.#state !== 'up') return;
    if (nowMs - this.#lastHeardMs > keepAliveMs * SILENCE_AT) {
      this.#socket.destroy(new Error('the server has gone silent'));
    } else if (nowMs - this.#lastSentMs > keepAliveMs * PING_AT) {
      this.#send(PINGREQ);
    }
  }

  /** Says goodbye. */
  close(): void {
    if (this.#state === 'up') this.#socket.end(DISCONNECT);
    else this.#socket.destroy();
  }

  /** Drops the connection without a word. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }

  #handle(packet: Downlink): void {
    const { listener, subscriptions } = this.#options;
    switch (packet.kind) {
      case 'connack':
        if (packet.code !== 0) this.#socket.destroy(new Error(`refused with CONNACK ${packet.code}`));
        else if (subscriptions.length === 0) this.#up();
        else this.#send(encodeSubscribe(this.#takePacketId(), subscriptions));
        return;
      case 'suback':
        if (packet.codes.some((code) => code > 2))
          this.#socket.destroy(new Error('a subscription was refused'));
        else this.#up();
        return;
      case 'publish':
        if (packet.qos > 0) this.#send(encodePuback(packet.packetId));
        listener.message(packet.topic, packet.payload);
        return;
      case 'puback':
        listener.acknowledged(packet.packetId);
        return;
      case 'pingresp':
        return;
      default:
        packet satisfies never;
    }
  }

  #up(): void {
    this.#state = 'up';
    this.#options.listener.up();
  }

  #send(bytes: Buffer): void {
    this.#lastSentMs = performance.now();
    this.#socket.write(bytes);
  }

  #takePacketId(): number {
    this.#lastPacketId = (this.#lastPacketId % PACKET_ID_MAX) + 1;
    return this.#lastPacketId;
  }
}
