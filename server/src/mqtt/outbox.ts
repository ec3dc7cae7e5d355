/**
 * What leaves on one connection.
 *
 * Packets written during one turn of the event loop are joined into one write: a PUBACK and the
 * reply it belongs to cost one system call and one segment. All connections that have something to
 * send in a turn share one scheduled callback (`WriteTurn`).
 */
import type { Duplex } from 'node:stream';

/** Flushes, once per turn of the event loop, the outboxes that were written to. */
export class WriteTurn {
  #outboxes: Outbox[] = [];

  add(outbox: Outbox): void {
    if (this.#outboxes.push(outbox) === 1) process.nextTick(flushAll, this);
  }

  flush(): void {
    const outboxes = this.#outboxes;
    this.#outboxes = [];
    for (const outbox of outboxes) outbox.flush();
  }
}

function flushAll(turn: WriteTurn): void {
  turn.flush();
}

const NOTHING: Buffer[] = [];
/** Joined bytes beyond which a turn's output is written before the turn ends. */
const JOINED_BYTES_MAX = 16 * 1024;

export class Outbox {
  readonly carrier: Duplex;
  readonly #turn: WriteTurn;
  #packets: Buffer[] = NOTHING;
  #bytes = 0;

  constructor(carrier: Duplex, turn: WriteTurn) {
    this.carrier = carrier;
    this.#turn = turn;
  }

  /** Bytes that were written and that the peer has not taken yet. */
  get waitingBytes(): number {
    return this.carrier.writableLength;
  }

  send(packet: Buffer): void {
    if (this.#packets.length === 0) {
      this.#packets = [packet];
      this.#turn.add(this);
    } else {
      this.#packets.push(packet);
    }
    this.#bytes += packet.length;
    if (this.#bytes > JOINED_BYTES_MAX) this.flush();
  }

  flush(): void {
    const packets = this.#packets;
    if (packets.length === 0) return;
    this.#packets = NOTHING;
    this.#bytes = 0;
    if (this.carrier.writable) this.carrier.write(packets.length === 1 ? packets[0] : Buffer.concat(packets));
  }

  /** Sends what waits and ends the stream. */
  end(): void {
    this.flush();
    this.carrier.end();
  }

  destroy(): void {
    this.#packets = NOTHING;
    this.#bytes = 0;
    this.carrier.destroy();
  }
}
