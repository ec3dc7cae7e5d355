/** One device's MQTT connection in a load process. It does as it is told and waits for one packet at a time. */
import { connect, type Socket } from 'node:net';
import { createReader, type Downlink, encodePuback } from '../src/mqtt-wire.ts';
import type { Source } from './source.ts';

type Kind = Downlink['kind'];
type Of<K extends Kind> = Extract<Downlink, { kind: K }>;
type Waiting = { kind: Kind; resolve: (packet: Downlink) => void; reject: (error: Error) => void };

export class LoadSession {
  readonly #socket: Socket;
  #waiting: Waiting | undefined;
  #end: Error | undefined;

  constructor(port: number, source: Source) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...source() });
    const read = createReader((packet) => this.#receive(packet));
    this.#socket = socket;
    socket.on('data', read);
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('an MQTT connection was closed')));
  }

  send(packet: Buffer): void {
    this.#socket.write(packet);
  }

  /** Resolves with the next packet, which must be of this kind. */
  expect<K extends Kind>(kind: K): Promise<Of<K>> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) reject(this.#end);
      // `#receive` resolves with nothing but this kind.
      else this.#waiting = { kind, resolve: resolve as (packet: Downlink) => void, reject };
    });
  }

  /** Without a word, which a server must bear. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve();
      else this.#socket.once('close', () => resolve()).destroy();
    });
  }

  #receive(packet: Downlink): void {
    if (packet.kind === 'publish' && packet.qos > 0) this.send(encodePuback(packet.packetId));
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    if (packet.kind === waiting.kind) waiting.resolve(packet);
    else waiting.reject(new Error(`a device waited for ${waiting.kind} and got ${packet.kind}`));
  }

  #fail(error: Error): void {
    this.#end ??= error;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(this.#end);
    this.#socket.destroy();
  }
}
