/**
 * Devices whose links must not open any more: disabled or removed. A link that is handed out later, to a
 * device that was enabled again, is not meant.
 *
 * Links live half an hour and are checked without the store, so only those revoked within that time
 * matter, and memory is enough: a link from before this start of the server is checked in the store
 * (`links.ts`).
 */
import type { Clock } from '../domain/clock.ts';
import { LINK_LIFETIME_MS } from '../domain/limits.ts';

const SWEEP_EVERY = 1_000;
/** A link's expiry is rounded up to a second. */
const ROUNDING_MS = 1_000;

export interface RevokedDevices {
  add(deviceId: number): void;
  /** Whether a link of the device that expires at this service time was handed out before the revocation. */
  has(deviceId: number, expiresMs: number): boolean;
}

export function createRevokedDevices(clock: Clock): RevokedDevices {
  const until = new Map<number, number>();
  let added = 0;
  const sweep = () => {
    const nowMs = clock.now().serviceMs;
    for (const [id, endMs] of until) if (endMs + ROUNDING_MS <= nowMs) until.delete(id);
  };
  return {
    add(deviceId) {
      until.set(deviceId, clock.now().serviceMs + LINK_LIFETIME_MS);
      added += 1;
      if (added % SWEEP_EVERY === 0) sweep();
    },
    has: (deviceId, expiresMs) => expiresMs < (until.get(deviceId) ?? 0) + ROUNDING_MS,
  };
}
