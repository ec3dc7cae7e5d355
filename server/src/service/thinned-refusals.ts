/**
 * Which of many equal refusals get a line in the audit log: the first of a window, the second, the fourth, the
 * eighth, … each with how many there were. A stranger who is turned away a million times writes twenty lines,
 * and the log still says how long he tried.
 */
import type { Clock } from '../domain/clock.ts';

/** Beyond it the one that began longest ago is forgotten, and its next refusal counts as a first. */
export const THINNED_KEYS_MAX = 10_000;

/** @returns how many there were, when this one is worth a line. */
export type CountRefusal = (key: string) => number | undefined;

export function createThinning(clock: Clock, windowMs: number): CountRefusal {
  const counts = new Map<string, { count: number; endsMs: number }>();
  return (key) => {
    const { serviceMs } = clock.now();
    let found = counts.get(key);
    if (found === undefined || found.endsMs <= serviceMs) {
      counts.delete(key);
      if (counts.size >= THINNED_KEYS_MAX) counts.delete(counts.keys().next().value!);
      found = { count: 0, endsMs: serviceMs + windowMs };
      counts.set(key, found);
    }
    found.count += 1;
    return Number.isInteger(Math.log2(found.count)) ? found.count : undefined;
  };
}
