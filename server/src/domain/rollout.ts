/**
 * A rollout: one push of one version to a set of devices (R9–R15).
 *
 * It has waves even when there is one. Its devices are fixed when it starts: those of the product whose
 * id is at most `deviceIdMax`. Their deliveries are written by the reconciler in batches
 * (`expandedTo` is the cursor), so that starting a push costs the same for ten devices and a million.
 */
import { type DeliveryState, type DoneWhen, RETRYABLE_STATES, UNSUCCESSFUL_STATES } from './delivery.ts';

export const ROLLOUT_STATES = ['running', 'paused', 'completed', 'cancelled', 'superseded'] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

export type PauseReason = 'operator' | 'switch-off';

export type Rollout = {
  readonly id: number;
  readonly productId: number;
  readonly productKey: string;
  readonly version: number;
  readonly sha256: string;
  readonly state: RolloutState;
  readonly pauseReason: PauseReason | null;
  readonly doneWhen: DoneWhen;
  readonly attemptTimeoutMs: number;
  /** Raised by a retry; deliveries that failed in an older generation are opened again. */
  readonly generation: number;
  /** True while a retry has deliveries of an older generation left to open. */
  readonly isReopening: boolean;
  readonly deviceIdMax: number;
  readonly expandedTo: number;
  readonly isExpanded: boolean;
  /** Devices in the set: an estimate until expanded, exact then. */
  readonly deviceTotal: number;
  /** Devices connected when it started; they make the cool-down hold before the first of them answers. */
  readonly onlineAtStart: number;
  readonly startedMs: number;
  readonly deadlineMs: number;
  /** Service time of the first delivery that was received; null: no device reached. */
  readonly firstReachedMs: number | null;
  // Wall times, for people.
  readonly createdAt: number;
  readonly createdBy: string;
  readonly note: string;
  readonly deadlineAt: number;
  readonly endedAt: number | null;
};

/** Devices per delivery state. `pending` counts those not yet written too. */
export type DeliveryCounts = Readonly<Record<DeliveryState, number>>;

export type RolloutProgress = { counts: DeliveryCounts; openCount: number };

export type RolloutAction = 'pause' | 'resume' | 'cancel' | 'retry-failed';

/** What an operator may do in which state. API, console and docs read this table. */
export const ROLLOUT_ACTIONS: Readonly<Record<RolloutState, readonly RolloutAction[]>> = {
  running: ['pause', 'cancel', 'retry-failed'],
  paused: ['resume', 'cancel', 'retry-failed'],
  completed: ['retry-failed'],
  cancelled: [],
  superseded: [],
};

/** How many deliveries a retry would open again. */
export function countFailed(counts: DeliveryCounts): number {
  return RETRYABLE_STATES.reduce((sum, state) => sum + counts[state], 0);
}

/** Whether the rollout may still change deliveries by itself. */
export function isActive(rollout: { state: RolloutState }): boolean {
  return rollout.state === 'running' || rollout.state === 'paused';
}

/** How the rollout went so far: `succeeded` only when it is completed and no device was missed. */
export type RolloutOutcome = 'open' | 'succeeded' | 'incomplete';

export function outcomeOf(rollout: { state: RolloutState }, counts: DeliveryCounts): RolloutOutcome {
  if (isActive(rollout)) return 'open';
  if (rollout.state !== 'completed') return 'incomplete';
  return UNSUCCESSFUL_STATES.some((state) => counts[state] > 0) ? 'incomplete' : 'succeeded';
}
