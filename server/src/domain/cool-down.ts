/**
 * The cool-down: one batch update per product in a time, counted from the last push that reached a
 * device (R11). Kept in service time, so a changed clock gets around it neither way.
 *
 * A push that had connected devices when it started and has not heard of the first one yet holds the
 * cool-down for `PUSH_SETTLE_MS`: otherwise two operators a second apart would both pass.
 */
import { PUSH_SETTLE_MS } from './limits.ts';

export type LastPush = {
  /** Service time at which the latest rollout that reached a device did so; null: none ever did. */
  reachedMs: number | null;
  /** The newest rollout, if it has not reached a device; whatever became of it, a message may be on its way. */
  unreached: { startedMs: number; onlineAtStart: number } | null;
};

/** The service time from which a push is allowed; at or before now: allowed. */
export function nextPushAllowedMs(last: LastPush, coolDownSeconds: number): number {
  // Without one, a device that is reached this very moment holds nobody up.
  if (coolDownSeconds === 0) return 0;
  const afterReached = last.reachedMs === null ? 0 : last.reachedMs + coolDownSeconds * 1000;
  const settleMs = Math.min(PUSH_SETTLE_MS, coolDownSeconds * 1000);
  const isOnItsWay = last.unreached !== null && last.unreached.onlineAtStart > 0;
  return Math.max(afterReached, isOnItsWay ? last.unreached!.startedMs + settleMs : 0);
}
