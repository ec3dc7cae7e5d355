/**
 * Two clocks, because a wall clock can be set and a fleet must not feel it (fault 17, promise P12).
 *
 * `wallMs` is what people read: epoch milliseconds, free to jump. `serviceMs` only rises, at one
 * millisecond per millisecond, and goes on across restarts: waits, deadlines of rollouts and the
 * cool-down are kept in it. Credentials that expire (links, codes) die by whichever clock gets
 * there first, so that no clock set back prolongs one and none set forward keeps one alive.
 */
export type Instant = {
  /** Epoch milliseconds by the server's wall clock. */
  wallMs: number;
  /** Milliseconds of service time. Comparable only with other service times of the same store. */
  serviceMs: number;
};

export type Clock = { now(): Instant };

/** A moment in both clocks at which something expires. */
export type Expiry = { wallMs: number; serviceMs: number };

export function expiryAfter(now: Instant, durationMs: number): Expiry {
  return { wallMs: now.wallMs + durationMs, serviceMs: now.serviceMs + durationMs };
}

export function hasExpired(expiry: Expiry, now: Instant): boolean {
  return now.wallMs >= expiry.wallMs || now.serviceMs >= expiry.serviceMs;
}

/** The wall time at which a service time will be reached, for people to read. */
export function wallTimeOf(serviceMs: number, now: Instant): number {
  return now.wallMs + (serviceMs - now.serviceMs);
}
