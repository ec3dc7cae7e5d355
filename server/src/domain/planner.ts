/**
 * The planner: what a rollout should do next. Pure; it sees counters, never devices, so a million
 * devices cost it the same as ten. The executor (`service/reconciler.ts`) carries its decisions out
 * and chooses nothing. Each decision has a reason in words that the console and the log show.
 *
 * Room for what comes later: gates and waves are further decisions of the same kind; `plan` already
 * gets the product and the counts that a gate would look at.
 */
import { isActive, type Rollout, type RolloutProgress } from './rollout.ts';

export type PlanSnapshot = {
  rollout: Rollout;
  progress: RolloutProgress;
  product: { isEnabled: boolean };
};

export type Decision =
  /** Stop letting devices go. */
  | { kind: 'pause'; because: 'switch-off'; reason: string }
  /** Write the next batch of deliveries. */
  | { kind: 'expand'; reason: string }
  /** Open again the deliveries that failed before the last retry. */
  | { kind: 'reopen'; reason: string }
  /** Hand pending deliveries that are due to connected devices. */
  | { kind: 'dispatch'; reason: string }
  /** Look after attempts whose time is over. */
  | { kind: 'expire'; reason: string }
  /** End what is open. */
  | { kind: 'close'; as: 'cancelled' | 'superseded' | 'deadline'; reason: string }
  /** Nothing is open any more. */
  | { kind: 'complete'; reason: string }
  | { kind: 'wait'; reason: string };

/** Decides. The order matters: the executor works through it from first to last. */
export function plan(snapshot: PlanSnapshot, nowServiceMs: number): Decision[] {
  const { rollout, progress, product } = snapshot;
  if (!isActive(rollout)) return planEnded(rollout, progress);

  const decisions: Decision[] = [];
  if (rollout.state === 'running' && !product.isEnabled) {
    decisions.push({
      kind: 'pause',
      because: 'switch-off',
      reason: 'paused: remote configuration of the product is off',
    });
  }
  if (!rollout.isExpanded) {
    decisions.push({ kind: 'expand', reason: `preparing deliveries, devices: ${rollout.deviceTotal}` });
  }
  if (rollout.isReopening) decisions.push({ kind: 'reopen', reason: 'trying again on devices that failed' });
  const isNothingOpen = rollout.isExpanded && !rollout.isReopening && progress.openCount === 0;
  const isOverdue = nowServiceMs >= rollout.deadlineMs;
  if (isOverdue && rollout.isExpanded && !isNothingOpen) {
    return [...decisions, { kind: 'close', as: 'deadline', reason: 'the deadline has passed' }];
  }
  if (rollout.state === 'running' && product.isEnabled && progress.openCount > 0 && !isOverdue) {
    decisions.push({ kind: 'dispatch', reason: 'handing over to connected devices' });
  }
  if (progress.openCount > 0)
    decisions.push({ kind: 'expire', reason: 'looking after attempts that ran out of time' });
  if (isNothingOpen) return [...decisions, { kind: 'complete', reason: 'every delivery has ended' }];
  return [...decisions, { kind: 'wait', reason: waitingReason(snapshot) }];
}

function planEnded(rollout: Rollout, progress: RolloutProgress): Decision[] {
  if (rollout.state === 'completed' || progress.openCount === 0) return [];
  const as = rollout.state === 'cancelled' ? 'cancelled' : 'superseded';
  return [{ kind: 'close', as, reason: `the rollout was ${rollout.state}` }];
}

/** One sentence on what the rollout waits for. */
export function waitingReason({ rollout, progress, product }: PlanSnapshot): string {
  const { counts } = progress;
  if (!product.isEnabled) return 'paused: remote configuration of the product is off';
  if (rollout.state === 'paused') {
    return rollout.pauseReason === 'switch-off'
      ? 'paused: remote configuration was turned off; resume it when it is on again'
      : 'paused by an operator';
  }
  if (!rollout.isExpanded) return `preparing deliveries, devices: ${rollout.deviceTotal}`;
  const parts = [
    counts.pending > 0 && `${counts.pending} to connect or to be handed over`,
    counts.sent > 0 && `${counts.sent} to acknowledge`,
    counts.received > 0 && `${counts.received} to download`,
    counts.downloaded > 0 &&
      progress.openCount > counts.pending + counts.sent + counts.received &&
      `${progress.openCount - counts.pending - counts.sent - counts.received} to confirm`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? 'nothing is open' : `waiting for devices: ${parts.join(', ')}`;
}
