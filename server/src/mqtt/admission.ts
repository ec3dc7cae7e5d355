/**
 * Who may come in: connections in all, per address, not signed in yet, and sign-ins at a time.
 *
 * When too many have not signed in, the one that has waited longest without a complete CONNECT is
 * dropped instead of the newest: an honest device sends its CONNECT at once, so a crowd of silent
 * connections costs it nothing.
 */
import type { MqttLimits } from './limits.ts';

/** Something that can be dropped to make room: a TLS handshake or a connection without CONNECT. */
export type Waiting = { evict(): void };

type AdmissionLimits = Pick<
  MqttLimits,
  'connectionsMax' | 'connectionsPerAddressMax' | 'unauthenticatedConnectionsMax'
>;

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #perAddress = new Map<string, number>();
  /** In the order they came; the first is the oldest. */
  readonly #waiting = new Set<Waiting>();
  /** Connections whose CONNECT is being checked. They are not evicted. */
  #authenticating = 0;
  #total = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Counts a connection in. Each true must be followed by one `leave`. @returns the limit in the way. */
  enter(remoteAddress: string): keyof AdmissionLimits | undefined {
    const ofAddress = this.#perAddress.get(remoteAddress) ?? 0;
    if (this.#total >= this.#limits.connectionsMax) return 'connectionsMax';
    if (ofAddress >= this.#limits.connectionsPerAddressMax) return 'connectionsPerAddressMax';
    this.#total++;
    this.#perAddress.set(remoteAddress, ofAddress + 1);
    return undefined;
  }

  leave(remoteAddress: string): void {
    const left = (this.#perAddress.get(remoteAddress) ?? 0) - 1;
    this.#total--;
    if (left > 0) this.#perAddress.set(remoteAddress, left);
    else this.#perAddress.delete(remoteAddress);
  }

  /** Lets one wait for its CONNECT, at the cost of the oldest. @returns false when all room is authenticating. */
  wait(waiting: Waiting): boolean {
    if (this.#waiting.size + this.#authenticating >= this.#limits.unauthenticatedConnectionsMax) {
      const [oldest] = this.#waiting;
      if (oldest === undefined) return false;
      this.#waiting.delete(oldest);
      oldest.evict();
    }
    this.#waiting.add(waiting);
    return true;
  }

  /** It waits no longer: it left, or its CONNECT came. No-op for one that does not wait. */
  settle(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  /** Drops everything that waits: the gateway is closing. */
  evictAll(): void {
    for (const waiting of this.#waiting) waiting.evict();
    this.#waiting.clear();
  }

  authenticationStarted(): void {
    this.#authenticating++;
  }

  authenticationEnded(): void {
    this.#authenticating--;
  }
}

/** Runs at most `slots` tasks at a time, the others in the order they came. */
export class Slots {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(slots: number) {
    this.#free = slots;
  }

  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
