/**
 * How fast a rollout moves, from what its page has seen of it: counts at times, over the last window.
 *
 * A rate is only said when there is movement to measure, and an estimate only while it moves.
 */
export type Sample = {
  atMs: number;
  /** Devices on which nothing more is expected. */
  finished: number;
  /** Of them: failed, reverted, timed out, not reached. */
  bad: number;
};

export const WINDOW_MS = 60_000;
/** Less than this says more about chance than about speed. */
const MEASURED_MS_MIN = 3_000;
/** Without news for this long nothing moves. */
const STILL_MS = 20_000;
/** What the page's line is drawn from: half of it is dropped when it is full. */
export const SAMPLES_MAX = 600;

/** Counts that fall mean that a retry opened deliveries again: measuring starts over. */
export function addSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last === undefined) return [sample];
  if (sample.finished < last.finished) return [sample];
  if (sample.finished === last.finished && sample.bad === last.bad) return samples;
  const kept = samples.length < SAMPLES_MAX ? samples : thinned(samples, sample.atMs);
  return [...kept, sample];
}

/** Every second sample from before the window. */
function thinned(samples: readonly Sample[], nowMs: number): Sample[] {
  const isOld = ({ atMs }: Sample) => atMs < nowMs - WINDOW_MS;
  return samples.filter((sample, index) => index % 2 === 0 || !isOld(sample));
}

/** Whether nothing has moved for a while. */
export function isStill(samples: readonly Sample[], nowMs: number): boolean {
  const last = samples.at(-1);
  return last !== undefined && nowMs - last.atMs > STILL_MS;
}

/** Devices that finished per minute; undefined: too little was seen, or nothing moves. */
export function ratePerMinute(samples: readonly Sample[], nowMs: number): number | undefined {
  const last = samples.at(-1);
  if (last === undefined || isStill(samples, nowMs)) return undefined;
  // What was true when the window began: the last sample before it, else the first one there is.
  const first = samples.findLast(({ atMs }) => atMs <= nowMs - WINDOW_MS) ?? samples[0]!;
  const spanMs = nowMs - Math.max(first.atMs, nowMs - WINDOW_MS);
  const moved = last.finished - first.finished;
  return spanMs < MEASURED_MS_MIN || moved <= 0 ? undefined : (moved * 60_000) / spanMs;
}

/**
 * Of what is open: how many wait for their device to come online, and how many are under way. The counters do not
 * tell a device that is away from one whose turn has not come; the devices of the product that are offline do. Once
 * everything was handed over, what is still pending is away.
 */
export function splitOpen(
  { open, pending }: { open: number; pending: number },
  { deviceCount, onlineCount }: { deviceCount: number; onlineCount: number },
): { away: number; underWay: number } {
  const away = Math.min(open, pending, Math.max(0, deviceCount - onlineCount));
  return { away, underWay: open - away };
}

/** Seconds until the open ones are finished if it goes on like this; undefined: nobody can say. */
export function secondsLeft(open: number, perMinute: number | undefined): number | undefined {
  return perMinute === undefined || open === 0 ? undefined : (open * 60) / perMinute;
}
