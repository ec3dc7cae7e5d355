/** Clocks for tests: one that writes down every wait, and one whose waits the test ends. */
import { once } from 'node:events';
import { type Clock, systemClock, type TimerName } from '../../src/clock.ts';
import { WAIT_MS_MAX } from './broker.ts';

export type WatchedClock = Clock & {
  waits: { name: TimerName; ms: number }[];
  waitsFor(name: TimerName): number[];
};

/** Lets the named waits pass at once. */
export function watchClock(...instant: TimerName[]): WatchedClock {
  const waits: { name: TimerName; ms: number }[] = [];
  return {
    waits,
    waitsFor: (name) => waits.filter((wait) => wait.name === name).map((wait) => wait.ms),
    now: systemClock.now,
    after(ms, name, run) {
      waits.push({ name, ms });
      return systemClock.after(instant.includes(name) ? 0 : ms, name, run);
    },
  };
}

export type HeldClock = Clock & {
  /** Lets the pending wait of this name be over; waits until there is one. */
  pass(name: TimerName): Promise<void>;
  /** Resolves when a wait of this name has begun and is not over. */
  pending(name: TimerName): Promise<void>;
  isPending(name: TimerName): boolean;
};

/** A clock on which the named waits end only when the test says so. */
export function holdClock(...names: TimerName[]): HeldClock {
  const pending = new Map<TimerName, () => void>();
  const began = new EventTarget();
  async function hasBegun(name: TimerName): Promise<void> {
    while (!pending.has(name)) await once(began, name, { signal: AbortSignal.timeout(WAIT_MS_MAX) });
  }
  return {
    now: systemClock.now,
    pending: hasBegun,
    isPending: (name) => pending.has(name),
    async pass(name) {
      await hasBegun(name);
      pending.get(name)?.();
      pending.delete(name);
    },
    after(ms, name, run) {
      if (!names.includes(name)) return systemClock.after(ms, name, run);
      pending.set(name, run);
      began.dispatchEvent(new Event(name));
      return () => {
        if (pending.get(name) === run) pending.delete(name);
      };
    },
  };
}
