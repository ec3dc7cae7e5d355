/**
 * Cuts a byte stream into complete MQTT packets, however it was segmented.
 *
 * It holds at most the chunk it was last fed and one unfinished packet. The announced length is
 * judged as soon as it can be read, so a packet over the limit is refused before its body arrives,
 * and storage grows with the bytes received, never with the bytes announced. Pulling (`next`)
 * rather than pushing lets a connection stop between two packets and go on later.
 */
import type { ProtocolFault } from './faults.ts';

const EMPTY = Buffer.alloc(0);
const LENGTH_BYTES_MAX = 4;
const HELD_BYTES_MIN = 64;

const HEADER_INCOMPLETE = 0;
const HEADER_MALFORMED = -1;

export class Framer {
  #chunk: Buffer = EMPTY;
  #at = 0;
  #held: Buffer = EMPTY;
  #heldBytes = 0;

  /** True when nothing at all is waiting, not even a part of a packet. */
  get isEmpty(): boolean {
    return this.#heldBytes === 0 && this.#at === this.#chunk.length;
  }

  /** Adds input. What an earlier chunk still holds comes first. */
  feed(chunk: Buffer): void {
    const hasRest = this.#at < this.#chunk.length;
    this.#chunk = hasRest ? Buffer.concat([this.#chunk.subarray(this.#at), chunk]) : chunk;
    this.#at = 0;
  }

  /**
   * Takes the next complete packet.
   *
   * @returns undefined when more input is needed. The packet is a view: use it up before `feed`.
   */
  next(bytesMax: number): Buffer | ProtocolFault | undefined {
    if (this.#heldBytes > 0) return this.#finishHeld(bytesMax);
    const bytes = packetBytes(this.#chunk, this.#at, this.#chunk.length);
    if (bytes === HEADER_MALFORMED) return 'remaining-length-malformed';
    if (bytes > bytesMax) return 'packet-too-large';
    if (bytes === HEADER_INCOMPLETE || this.#at + bytes > this.#chunk.length) {
      this.#hold(this.#chunk.length - this.#at, bytesMax);
      return undefined;
    }
    const packet = this.#chunk.subarray(this.#at, this.#at + bytes);
    this.#skip(bytes);
    return packet;
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunk = EMPTY;
    this.#held = EMPTY;
    this.#at = 0;
    this.#heldBytes = 0;
  }

  #finishHeld(bytesMax: number): Buffer | ProtocolFault | undefined {
    let bytes = packetBytes(this.#held, 0, this.#heldBytes);
    while (bytes === HEADER_INCOMPLETE && this.#at < this.#chunk.length) {
      this.#hold(1, bytesMax);
      bytes = packetBytes(this.#held, 0, this.#heldBytes);
    }
    if (bytes === HEADER_INCOMPLETE) return undefined;
    if (bytes === HEADER_MALFORMED) return 'remaining-length-malformed';
    if (bytes > bytesMax) return 'packet-too-large';
    this.#hold(Math.min(bytes - this.#heldBytes, this.#chunk.length - this.#at), bytes);
    if (this.#heldBytes < bytes) return undefined;
    const packet = this.#held.subarray(0, bytes);
    this.#held = EMPTY;
    this.#heldBytes = 0;
    return packet;
  }

  /** Moves `bytes` from the chunk to the held packet, which doubles when it must, up to its own size. */
  #hold(bytes: number, bytesMax: number): void {
    const needed = this.#heldBytes + bytes;
    if (needed > this.#held.length) {
      const capacity = Math.max(needed, Math.min(bytesMax, Math.max(HELD_BYTES_MIN, this.#held.length * 2)));
      const grown = Buffer.allocUnsafeSlow(capacity);
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    this.#chunk.copy(this.#held, this.#heldBytes, this.#at, this.#at + bytes);
    this.#heldBytes = needed;
    this.#skip(bytes);
  }

  #skip(bytes: number): void {
    this.#at += bytes;
    if (this.#at < this.#chunk.length) return;
    this.#chunk = EMPTY;
    this.#at = 0;
  }
}

/** The size of the packet that starts at `start`, header included, as far as `end` lets it be read. */
function packetBytes(buffer: Buffer, start: number, end: number): number {
  let length = 0;
  for (let index = 0; index < LENGTH_BYTES_MAX; index++) {
    const at = start + 1 + index;
    if (at >= end) return HEADER_INCOMPLETE;
    const byte = buffer[at]!;
    length += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return at + 1 - start + length;
  }
  return HEADER_MALFORMED;
}
