/** A clock that writes down every wait, and lets the named ones pass at once. */
import { type Clock, systemClock, type TimerName } from '../../src/clock.ts';

export type WatchedClock = Clock & {
  waits: { name: TimerName; ms: number }[];
  waitsFor(name: TimerName): number[];
};

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
