/**
 * Pushes sent at QoS 1 on one connection and not acknowledged yet, by packet id.
 *
 * They are not sent again on the same connection: TCP does that. When the connection is lost they
 * are forgotten, because the store knows which deliveries are still open.
 */
import type { SignedInDevice } from '../domain/gateway-port.ts';

export type InFlightPush = { device: SignedInDevice; messageId: number };

const PACKET_ID_MAX = 0xffff;

export class InFlightPushes {
  readonly #pushes = new Map<number, InFlightPush>();
  #lastPacketId = 0;

  get size(): number {
    return this.#pushes.size;
  }

  /** @returns the packet id given to it. The caller keeps `size` far below the 65,535 there are. */
  add(device: SignedInDevice, messageId: number): number {
    do {
      this.#lastPacketId = this.#lastPacketId === PACKET_ID_MAX ? 1 : this.#lastPacketId + 1;
    } while (this.#pushes.has(this.#lastPacketId));
    this.#pushes.set(this.#lastPacketId, { device, messageId });
    return this.#lastPacketId;
  }

  /** @returns undefined for a packet id that is not in flight: a PUBACK sent twice. */
  take(packetId: number): InFlightPush | undefined {
    const push = this.#pushes.get(packetId);
    this.#pushes.delete(packetId);
    return push;
  }
}
