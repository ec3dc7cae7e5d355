/** What the counters of a rollout say in four numbers that add up. */
import type { RolloutView } from '@opencota/contract/http/rollouts';
import type { DeliveryCounters } from '../../ui/states.tsx';

type Progress = Pick<RolloutView, 'counters' | 'open' | 'doneWhen'>;

export type Parts = {
  total: number;
  /** Has what was asked for. */
  done: number;
  /** Something is still expected. */
  open: number;
  /** Failed, reverted, timed out, not reached. */
  bad: number;
  /** Ended without a word of the device: cancelled or superseded. */
  dropped: number;
};

export function partsOf({ counters, open: openCount, doneWhen }: Progress): Parts {
  const total = Object.values(counters).reduce((sum, count) => sum + count, 0);
  const bad = badOf(counters);
  const dropped = counters.cancelled + counters.superseded;
  const waiting = counters.pending + counters.sent + counters.received;
  // A download is open while the device may still refuse it, and until it confirms where that is what counts.
  const confirming =
    doneWhen === 'applied'
      ? counters.downloaded
      : Math.min(counters.downloaded, Math.max(0, openCount - waiting));
  const open = waiting + confirming;
  return { total, done: total - open - bad - dropped, open, bad, dropped };
}

export function badOf({ failed, reverted, timedOut, unreached }: DeliveryCounters): number {
  return failed + reverted + timedOut + unreached;
}

/** Whether nothing will move any more by itself. */
export function isOver({ state, open }: Pick<RolloutView, 'state' | 'open'>): boolean {
  return state !== 'running' && state !== 'paused' && open === 0;
}

/** How long it took, or takes so far. */
export function secondsOf({ createdAt, endedAt }: Pick<RolloutView, 'createdAt' | 'endedAt'>, nowMs: number) {
  const end = endedAt === null ? nowMs : Date.parse(endedAt);
  return Math.max(0, end - Date.parse(createdAt)) / 1000;
}
