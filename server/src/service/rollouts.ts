/**
 * Rollouts: preview, start, look at, act on (R9–R15).
 *
 * Starting is one transaction that ends in a durable row; the reconciler does the rest. The gates
 * (switch, cool-down, step-up) are the same for every way to push, roll back included.
 */
import type { Instant } from '../domain/clock.ts';
import { wallTimeOf } from '../domain/clock.ts';
import { nextPushAllowedMs } from '../domain/cool-down.ts';
import type { DeliveryState } from '../domain/delivery.ts';
import { DomainError } from '../domain/errors.ts';
import type { Actor } from '../domain/people.ts';
import { type PlanSnapshot, waitingReason } from '../domain/planner.ts';
import type { Product } from '../domain/product.ts';
import {
  countFailed,
  isActive,
  outcomeOf,
  ROLLOUT_ACTIONS,
  type Rollout,
  type RolloutAction,
  type RolloutOutcome,
  type RolloutProgress,
} from '../domain/rollout.ts';
import type { DeliveryKey, DeliveryView, PageOf, Tx } from '../domain/store-port.ts';
import type { ConfigVersion } from '../domain/version.ts';
import { auditEntry, type Deed, demand, recordingRefusals } from './audited.ts';
import { findMade, type Once, onceOnly } from './once.ts';
import type { Parts } from './parts.ts';
import { demandSwitchOn, getProduct } from './products.ts';
import type { PushIntent } from './push-intent.ts';
import type { PushContext } from './step-up.ts';
import { getVersion } from './version-content.ts';
import { writeAs } from './write-as.ts';

export type RolloutView = {
  rollout: Rollout;
  progress: RolloutProgress;
  outcome: RolloutOutcome;
  /** What it waits for, in words. */
  reason: string;
  allowedActions: readonly RolloutAction[];
};

export type Preview = {
  version: ConfigVersion;
  devices: { total: number; online: number; offline: number; alreadyOnVersion: number };
  isEnabled: boolean;
  /** Wall time; null: now. */
  nextAllowedAt: number | null;
};

export type StartInput = {
  version: number;
  note: string;
  attemptTimeoutSeconds?: number;
  deadlineSeconds?: number;
};

type Start = {
  productKey: string;
  input: StartInput;
  context: PushContext;
  once: Once | undefined;
  deed: Deed;
};

export type RolloutService = ReturnType<typeof createRolloutService>;

export type RolloutParts = Parts & {
  /** Passes when the actor may push this, else throws (R10). */
  requireVerified(actor: Actor, intent: PushIntent, context: PushContext): Promise<void>;
  /** Sets the reconciler going, and gives it a moment. */
  carryOn(): Promise<void>;
};

export async function getRollout(tx: Tx, id: number): Promise<Rollout> {
  const rollout = await tx.rollouts.find(id);
  if (rollout === undefined) throw new DomainError('rollout-not-found', `There is no rollout ${id}.`);
  return rollout;
}

export function createRolloutService(parts: RolloutParts) {
  const { store, clock, products, events, requireVerified, carryOn } = parts;

  /** Through the gates and into the store. @returns the rollout's id. */
  const startNew = async (
    actor: Actor,
    { productKey, input, context, once, deed }: Start,
  ): Promise<number> => {
    const { version } = await store.read((tx) => readGates(tx, productKey, input.version, clock.now()));
    const intent = { productKey, version: version.number, sha256: version.sha256, target: 'all' };
    await requireVerified(actor, intent, context);
    const { reference, isNew } = await writeAs(store, actor, (tx) => {
      // Read in the transaction's turn, so that it is not older than what those before it wrote.
      const now = clock.now();
      return onceOnly(tx, actor, once, now.wallMs, async () => {
        // Again, inside the transaction: of two pushes at the same moment one sees the other (R11).
        const { product } = await readGates(tx, productKey, input.version, now);
        const created = await tx.rollouts.create(newRollout(actor, product, input, now));
        await tx.products.setRolledOut(product.id, await tx.rollouts.findRolledOutVersion(product.id));
        const target = `rollout ${created.id}`;
        const detail = { version: input.version, sha256: created.sha256, devices: created.deviceTotal };
        await tx.audit.append(auditEntry(actor, { ...deed, target }, now.wallMs, detail));
        return String(created.id);
      });
    });
    const id = Number(reference);
    if (!isNew) return id;
    const { productId, deviceTotal: devices } = await store.read((tx) => getRollout(tx, id));
    await products.refresh(productId);
    events.rolloutStarted({ id, productKey, version: input.version, devices, by: actor.name });
    await carryOn();
    return id;
  };

  return {
    /** What a push would do, before it starts (R9). */
    async preview(actor: Actor, productKey: string, versionNumber: number): Promise<Preview> {
      demand(actor, 'read');
      return store.read(async (tx) => {
        const product = await getProduct(tx, productKey);
        const version = await getVersion(tx, product, versionNumber);
        const usage = await tx.products.listUsage(product.id, Number.MAX_SAFE_INTEGER);
        const { deviceCount: total, onlineCount: online } = product;
        const now = clock.now();
        const allowedMs = nextPushAllowedMs(
          await tx.rollouts.findLastPush(product.id),
          product.coolDownSeconds,
        );
        return {
          version,
          devices: {
            total,
            online,
            offline: total - online,
            alreadyOnVersion: usage.find((each) => each.version === versionNumber)?.deviceCount ?? 0,
          },
          isEnabled: product.isEnabled,
          nextAllowedAt: allowedMs > now.serviceMs ? wallTimeOf(allowedMs, now) : null,
        };
      });
    },

    /** Starts a rollout. When it returns, the push is durable (R12). */
    async start(
      actor: Actor,
      productKey: string,
      input: StartInput,
      context: PushContext,
      once?: Once,
    ): Promise<RolloutView> {
      const deed = { action: 'rollout.start', productKey, target: `version ${input.version}` };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'rollouts:write');
        const made = await findMade(store, actor, once);
        if (made !== undefined) return this.get(actor, Number(made));
        try {
          return await this.get(actor, await startNew(actor, { productKey, input, context, once, deed }));
        } catch (refusal) {
          // Sent twice at once: the cool-down of the first must not be the answer to the second (P6).
          const meanwhile = await findMade(store, actor, once);
          if (meanwhile === undefined) throw refusal;
          return this.get(actor, Number(meanwhile));
        }
      });
    },

    async get(actor: Actor, id: number): Promise<RolloutView> {
      // Who may start a rollout may see it, also a token without the scope to read all else.
      if (!actor.permissions.has('rollouts:write')) demand(actor, 'read');
      return store.read(async (tx) => viewOf(tx, await getRollout(tx, id)));
    },

    async list(actor: Actor, productKey: string, page: PageOf<number>): Promise<RolloutView[]> {
      demand(actor, 'read');
      return store.read(async (tx) => {
        const rollouts = await tx.rollouts.list((await getProduct(tx, productKey)).id, page);
        const views: RolloutView[] = [];
        for (const rollout of rollouts) views.push(await viewOf(tx, rollout));
        return views;
      });
    },

    async listDeliveries(
      actor: Actor,
      id: number,
      state: DeliveryState | undefined,
      page: PageOf<DeliveryKey>,
    ): Promise<DeliveryView[]> {
      demand(actor, 'read');
      return store.read(async (tx) => {
        await getRollout(tx, id);
        return tx.deliveries.list(id, state, page);
      });
    },

    /** Pause, resume, cancel, retry what failed. None of them is a new push (R11). */
    async act(actor: Actor, id: number, action: RolloutAction): Promise<RolloutView> {
      const { productKey, productId } = await store.read((tx) => getRollout(tx, id));
      const deed = { action: `rollout.${action}`, productKey, target: `rollout ${id}` };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'rollouts:write');
        const now = clock.now();
        await writeAs(store, actor, async (tx) => {
          const rollout = await getRollout(tx, id);
          await demandAction(tx, rollout, action);
          await apply(tx, rollout, action, now);
          await tx.audit.append(auditEntry(actor, deed, now.wallMs, { before: rollout.state }));
        });
        await products.refresh(productId);
        await carryOn();
        return this.get(actor, id);
      });
    },
  };
}

async function viewOf(tx: Tx, rollout: Rollout): Promise<RolloutView> {
  const progress = await tx.rollouts.findProgress(rollout.id);
  const product = await tx.products.findById(rollout.productId);
  const outcome = outcomeOf(rollout, progress.counts);
  const snapshot = { rollout, progress, product: { isEnabled: product?.isEnabled ?? false } };
  const reason = outcome === 'open' ? waitingReason(snapshot) : `${rollout.state}, ${outcome}`;
  return { rollout, progress, outcome, reason, allowedActions: await listAllowed(tx, snapshot) };
}

/** Of what its state allows, what would be accepted now and has something to do. */
async function listAllowed(tx: Tx, snapshot: PlanSnapshot): Promise<RolloutAction[]> {
  const { rollout, progress, product } = snapshot;
  const allowed = ROLLOUT_ACTIONS[rollout.state].filter((action) => {
    if (action === 'retry-failed') return countFailed(progress.counts) > 0;
    return action !== 'resume' || product.isEnabled;
  });
  // An active rollout is the newest: the next one supersedes it.
  if (isActive(rollout) || allowed.length === 0 || (await isNewest(tx, rollout))) return allowed;
  return allowed.filter((action) => action !== 'retry-failed');
}

async function isNewest(tx: Tx, { id, productId }: Rollout): Promise<boolean> {
  const [newest] = await tx.rollouts.list(productId, { after: undefined, limit: 1 });
  return newest === undefined || newest.id === id;
}

/** The switch, the version and the cool-down: throws the first refusal. */
async function readGates(
  tx: Tx,
  productKey: string,
  versionNumber: number,
  now: Instant,
): Promise<{ product: Product; version: ConfigVersion }> {
  const product = await getProduct(tx, productKey);
  const version = await getVersion(tx, product, versionNumber);
  demandSwitchOn(product);
  await demandRising(tx, product, version);
  const allowedMs = nextPushAllowedMs(await tx.rollouts.findLastPush(product.id), product.coolDownSeconds);
  if (allowedMs > now.serviceMs && !(await isRollbackOfRunning(tx, version))) {
    const nextAllowedAt = new Date(wallTimeOf(allowedMs, now)).toISOString();
    throw new DomainError(
      'cool-down',
      `This product was pushed to a short time ago. The next push is allowed at ${nextAllowedAt}.`,
      {
        nextAllowedAt,
        retryAfterSeconds: Math.ceil((allowedMs - now.serviceMs) / 1000),
      },
    );
  }
  return { product, version };
}

/** Versions only rise (P4): what devices may have is never pushed over with a lower number. */
async function demandRising(tx: Tx, product: Product, version: ConfigVersion): Promise<void> {
  const pushed = await tx.rollouts.findRolledOutVersion(product.id);
  if (version.number >= pushed) return;
  throw new DomainError(
    'action-not-allowed',
    `Version ${pushed} was pushed already, and versions only rise. To go back to version ${version.number}, roll back: its content becomes a new version.`,
    { pushedVersion: pushed },
  );
}

/** Going back from a rollout that is still running is not a new push (R11). */
async function isRollbackOfRunning(tx: Tx, version: ConfigVersion): Promise<boolean> {
  if (version.origin.kind !== 'rollback') return false;
  const [newest] = await tx.rollouts.list(version.productId, { after: undefined, limit: 1 });
  return newest !== undefined && isActive(newest);
}

function newRollout(actor: Actor, product: Product, input: StartInput, now: Instant) {
  const deadlineMs = (input.deadlineSeconds ?? product.deadlineSeconds) * 1000;
  return {
    productId: product.id,
    version: input.version,
    deviceTotal: product.deviceCount,
    onlineAtStart: product.onlineCount,
    doneWhen: product.doneWhen,
    attemptTimeoutMs: (input.attemptTimeoutSeconds ?? product.attemptTimeoutSeconds) * 1000,
    startedMs: now.serviceMs,
    deadlineMs: now.serviceMs + deadlineMs,
    createdAt: now.wallMs,
    deadlineAt: now.wallMs + deadlineMs,
    createdBy: actor.name,
    note: input.note,
  };
}

async function demandAction(tx: Tx, rollout: Rollout, action: RolloutAction): Promise<void> {
  if (!ROLLOUT_ACTIONS[rollout.state].includes(action)) {
    const allowed = (await viewOf(tx, rollout)).allowedActions;
    const choice =
      allowed.length === 0 ? 'nothing can be done with it any more' : `it can: ${allowed.join(', ')}`;
    throw new DomainError('action-not-allowed', `Rollout ${rollout.id} is ${rollout.state}; ${choice}.`, {
      state: rollout.state,
      allowedActions: allowed,
    });
  }
  const product = await tx.products.findById(rollout.productId);
  if (action === 'resume' && !product?.isEnabled) {
    throw new DomainError(
      'switch-off',
      `Remote configuration of product ${rollout.productKey} is off. Turn the switch on, then resume.`,
    );
  }
  const [newest] = await tx.rollouts.list(rollout.productId, { after: undefined, limit: 1 });
  if (action === 'retry-failed' && newest !== undefined && newest.id !== rollout.id) {
    throw new DomainError(
      'action-not-allowed',
      `Rollout ${newest.id} is newer; trying version ${rollout.version} again would move devices back. Retry the newer one.`,
    );
  }
}

async function apply(tx: Tx, rollout: Rollout, action: RolloutAction, now: Instant): Promise<void> {
  switch (action) {
    case 'pause':
      return tx.rollouts.pause(rollout.id, 'operator');
    case 'resume':
      return tx.rollouts.resume(rollout.id);
    case 'cancel':
      await tx.rollouts.cancel(rollout.id, now.wallMs);
      return tx.products.setRolledOut(
        rollout.productId,
        await tx.rollouts.findRolledOutVersion(rollout.productId),
      );
    case 'retry-failed':
      return tx.rollouts.reopen(rollout.id, extendedDeadline(rollout, now));
    default:
      return action satisfies never;
  }
}

/** For a second try: a deadline that has passed gets as long again as it had. Null: it has not passed. */
export function extendedDeadline(rollout: Rollout, now: Instant): { ms: number; at: number } | null {
  if (rollout.deadlineMs > now.serviceMs) return null;
  const lengthMs = rollout.deadlineMs - rollout.startedMs;
  return { ms: now.serviceMs + lengthMs, at: now.wallMs + lengthMs };
}
