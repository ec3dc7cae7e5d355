/**
 * The uplinks of one connection that are still being stored.
 *
 * A PUBACK promises that a report is stored (P2), so it waits for the core; and PUBACKs leave in
 * the order of the PUBLISHes (MQTT-4.6.0-2), so one that is ready waits for those before it. QoS 0
 * uplinks are listed too, with packet id 0: they are bounded in number like the others and
 * acknowledged to nobody.
 *
 * An uplink that cannot be stored is never acknowledged, nor is any behind it: the owner closes the
 * connection, and the device sends them again on the next (MQTT-4.4.0-1). At QoS 0 there is nobody
 * to tell.
 */
export type AckOwner = {
  acknowledge(packetId: number): void;
  /** A QoS 1 uplink could not be stored. */
  abandon(): void;
  /** There may be room for more. */
  resume(): void;
};

type Entry = { packetId: number; isDone: boolean };

export class AckQueue {
  readonly #owner: AckOwner;
  readonly #entries: Entry[] = [];

  constructor(owner: AckOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Appends an uplink; without a promise it is stored already. */
  add(packetId: number, stored: Promise<void> | undefined, failed: (error: unknown) => void): void {
    const entry = { packetId, isDone: stored === undefined };
    this.#entries.push(entry);
    stored?.then(
      () => this.#done(entry),
      (error: unknown) => {
        failed(error);
        if (packetId !== 0) this.#owner.abandon();
        this.#done(entry);
      },
    );
  }

  #done(entry: Entry): void {
    entry.isDone = true;
    while (this.#entries[0]?.isDone) {
      const { packetId } = this.#entries.shift()!;
      if (packetId !== 0) this.#owner.acknowledge(packetId);
    }
    this.#owner.resume();
  }
}
