/**
 * Time and chance, as the rest of the package sees them. Both come in through the options, so that a
 * test can watch every wait by name and decide how long it takes.
 */

/** Stops a timer that has not run yet; otherwise does nothing. */
export type Cancel = () => void;

export type Clock = {
  /** Epoch milliseconds. Only used to label things, never to measure a wait. */
  now(): number;
  /** Calls `run` once after `ms`. `name` says what is being waited for. */
  after(ms: number, name: TimerName, run: () => void): Cancel;
};

export type TimerName =
  | 'apply-grace'
  | 'apply-timeout'
  | 'close-timeout'
  | 'connect-timeout'
  | 'download-retry'
  | 'download-timeout'
  | 'lock-retry'
  | 'publish-timeout'
  | 'reconnect'
  | 'reply-retry'
  | 'request-spread'
  | 'request-retry'
  | 'request-timeout'
  | 'session-stable';

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, _name, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** The bounds of a wait that doubles with each failure. */
export type BackOff = { minMs: number; maxMs: number };

/**
 * Full jitter: anywhere between nothing and the bound, so that a fleet that lost its server at one
 * moment does not come back at one moment. `failures` counts from 0.
 */
export function backOffMs({ minMs, maxMs }: BackOff, failures: number, random: () => number): number {
  return Math.floor(random() * Math.min(maxMs, minMs * 2 ** failures));
}

/** Waits. Ends early, without an error, when `signal` is aborted. */
export function sleep(clock: Clock, ms: number, name: TimerName, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(ms, name, end);
    signal.addEventListener('abort', end);
  });
}

/**
 * Settles as `work` does, or with `'timeout'` when that takes longer than `ms`. Work that fails after
 * its time is ignored: the race has already taken its rejection.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  name: TimerName,
  work: Promise<T>,
): Promise<T | 'timeout'> {
  const timeout = Promise.withResolvers<'timeout'>();
  const cancel = clock.after(ms, name, () => timeout.resolve('timeout'));
  try {
    return await Promise.race([work, timeout.promise]);
  } finally {
    cancel();
  }
}
