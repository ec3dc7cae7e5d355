/**
 * The reconciler: the loop that carries rollouts on.
 *
 * It is woken by a signal (a rollout was started, devices connected or reported) and by a timer, takes
 * no input, and does bounded work per turn: for each rollout at work it reads a snapshot, asks the
 * planner, and carries the decisions out. It chooses nothing itself. Everything it does is idempotent: a
 * server that was killed in the middle starts the loop again and goes on where the store says (R12).
 *
 * Claims are committed before a message leaves, so an attempt is handed over at most once; what the
 * connection did not take goes back to pending.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeConfigPush } from '@opencota/contract/alink/messages';
import { messageIdOf } from '../domain/delivery.ts';
import type { Gateway } from '../domain/gateway-port.ts';
import { CLAIM_BATCH, CLOSE_BATCH, EXPAND_BATCH, EXPIRE_BATCH } from '../domain/limits.ts';
import { type Decision, plan } from '../domain/planner.ts';
import type { Rollout } from '../domain/rollout.ts';
import type { ClaimedDelivery } from '../domain/store-port.ts';
import type { ConfigVersion } from '../domain/version.ts';
import { configFile } from './device-core.ts';
import type { InlineContents } from './inline-contents.ts';
import type { LinkService } from './links.ts';
import type { Parts } from './parts.ts';
import type { ServiceClock } from './service-clock.ts';
import type { SessionDirectory } from './session-directory.ts';

const TICK_MS = 1_000;
/** However many reports come, the loop looks at their rollouts no more often than this; at the first ones at once. */
const REPORTED_EVERY_MS = 25;
/** How long a turn works before it lets others through. */
const SLICE_MS = 10;
const ROLLOUTS_PER_PAGE = 100;
const STALE_SESSIONS_PER_TURN = 1_000;
const SWEEP_LIMIT = 1_000;
/** Ticks between two sweeps of what has expired. */
const SWEEP_EVERY_TICKS = 60;
const HEARTBEAT_EVERY_TICKS = 10;
const ANSWER_AFTER_MS = 50;

export interface Reconciler extends AsyncDisposable {
  /** Something changed: look at the rollouts now. */
  wake(): void;
  /**
   * Wakes the loop, and waits until it has nothing left to do at once, but never longer than `ANSWER_AFTER_MS`:
   * an answer then shows what it set going, and a large fleet keeps nobody waiting.
   */
  carryOn(): Promise<void>;
  /** Devices of these products did something: look at the rollouts now, and tell who watches them. */
  reported(productIds: ReadonlySet<number>): void;
  /** Resolves when the loop has nothing left to do at once. For tests and shutting down. */
  settled(): Promise<void>;
  /** Called when a turn changed a rollout, or its devices reported. */
  onProgress(listener: (rolloutId: number) => void): () => void;
}

export type ReconcilerParts = Omit<Parts, 'clock'> & {
  clock: ServiceClock;
  replica: string;
  gateway: Gateway;
  links: LinkService;
  inline: InlineContents;
  sessions: SessionDirectory;
};

export function createReconciler(parts: ReconcilerParts): Reconciler {
  const { store, clock, replica, events } = parts;
  const listeners = new Set<(rolloutId: number) => void>();
  const reportedProducts = new Set<number>();
  let isWoken = true;
  let isFullTurnDue = true;
  let isStopped = false;
  // Sessions of servers before this one are ended first, a batch a turn.
  let mayHaveStaleSessions = true;
  let ticks = 0;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let nextLook: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const endStaleSessions = async (): Promise<boolean> => {
    const ended = await store.write((tx) =>
      tx.sessions.endStale(replica, STALE_SESSIONS_PER_TURN, clock.now()),
    );
    mayHaveStaleSessions = ended === STALE_SESSIONS_PER_TURN;
    return mayHaveStaleSessions;
  };
  /** A full turn looks at every rollout at work; another only at those whose devices reported. */
  const turn = async (): Promise<boolean> => {
    let hasMore = mayHaveStaleSessions && (await endStaleSessions());
    const isFull = isFullTurnDue || hasMore;
    isFullTurnDue = false;
    const reported = new Set(reportedProducts);
    reportedProducts.clear();
    let sliceEndsAt = performance.now() + SLICE_MS;
    let after: number | undefined;
    for (;;) {
      const rollouts = await store.read((tx) => tx.rollouts.listAtWork({ after, limit: ROLLOUTS_PER_PAGE }));
      for (const rollout of rollouts) {
        if (isStopped) return false;
        if (!isFull && !reported.has(rollout.productId)) continue;
        const outcome = await lookSafely(parts, rollout);
        if (outcome.hasChanged || reported.has(rollout.productId)) {
          for (const listener of listeners) listener(rollout.id);
        }
        if (outcome.hasMore) reportedProducts.add(rollout.productId);
        hasMore ||= outcome.hasMore;
        if (performance.now() < sliceEndsAt) continue;
        // Requests and reports are served between two slices of a turn.
        await new Promise<void>((resolve) => setImmediate(resolve));
        sliceEndsAt = performance.now() + SLICE_MS;
      }
      if (rollouts.length < ROLLOUTS_PER_PAGE) return hasMore;
      after = rollouts.at(-1)!.id;
    }
  };
  const run = async () => {
    while (isWoken && !isStopped) {
      isWoken = false;
      try {
        if (await turn()) isWoken = true;
      } catch (error) {
        events.loopFailed({ loop: 'reconciler', error });
        // Not at once: the timer tries again.
        isWoken = false;
        return;
      }
      // Requests and reports are served between two turns.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  };
  const start = () => {
    if (isStopped) return;
    running ??= run().finally(() => {
      running = undefined;
      lookedAtMs = clock.now().serviceMs;
      // Woken after the loop had looked for the last time.
      if (isWoken) start();
    });
  };
  const upkeep = async () => {
    ticks += 1;
    if (ticks % HEARTBEAT_EVERY_TICKS === 0) {
      await clock.save();
      await store.write((tx) => tx.upkeep.beat(replica, clock.now()));
    }
    if (ticks % SWEEP_EVERY_TICKS === 0) await store.write((tx) => tx.upkeep.sweep(clock.now(), SWEEP_LIMIT));
  };
  let timer: NodeJS.Timeout | undefined;
  const tick = () => {
    upkeep().catch((error: unknown) => events.loopFailed({ loop: 'upkeep', error }));
    wake();
  };
  const begin = () => {
    isWoken = true;
    // The first wake starts the timer: nothing runs in a server that is still being put together.
    if (!isStopped) timer ??= setInterval(tick, TICK_MS).unref();
    start();
  };
  const wake = () => {
    isFullTurnDue = true;
    begin();
  };
  /** A turn costs the same for one report as for five hundred. */
  const beginSoon = () => {
    if (isStopped) return;
    const waitMs = lookedAtMs + REPORTED_EVERY_MS - clock.now().serviceMs;
    if (waitMs <= 0) return begin();
    nextLook ??= setTimeout(() => {
      nextLook = undefined;
      begin();
    }, waitMs).unref();
  };

  const settled = async () => {
    while (running !== undefined) await running;
  };

  return {
    wake,
    async carryOn() {
      wake();
      const over = new AbortController();
      const wait = sleep(ANSWER_AFTER_MS, undefined, { signal: over.signal }).catch(() => {});
      await Promise.race([settled(), wait]);
      over.abort();
    },
    reported(productIds) {
      for (const id of productIds) reportedProducts.add(id);
      beginSoon();
    },
    settled,
    onProgress(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      isStopped = true;
      clearInterval(timer);
      clearTimeout(nextLook);
      await running;
    },
  };
}

type LookOutcome = { hasChanged: boolean; hasMore: boolean };
const NOTHING_DONE: Readonly<LookOutcome> = { hasChanged: false, hasMore: false };

/** A rollout that cannot be looked at must not keep the others waiting; the timer looks at it again. */
async function lookSafely(parts: ReconcilerParts, rollout: Rollout): Promise<LookOutcome> {
  try {
    return await look(parts, rollout);
  } catch (error) {
    parts.events.loopFailed({ loop: 'rollout', error });
    return { hasChanged: false, hasMore: false };
  }
}

/** One rollout: snapshot, plan, carry out. */
async function look(parts: ReconcilerParts, rollout: Rollout): Promise<LookOutcome> {
  const { store, clock, products } = parts;
  const cached = await products.get(rollout.productId);
  const progress = await store.read((tx) => tx.rollouts.findProgress(rollout.id));
  const snapshot = { rollout, progress, product: { isEnabled: cached?.product.isEnabled ?? false } };
  const outcome: LookOutcome = { hasChanged: false, hasMore: false };
  for (const decision of plan(snapshot, clock.now().serviceMs)) {
    const done = await carryOut(parts, rollout, decision);
    outcome.hasChanged ||= done.hasChanged;
    outcome.hasMore ||= done.hasMore;
  }
  return outcome;
}

async function carryOut(parts: ReconcilerParts, rollout: Rollout, decision: Decision): Promise<LookOutcome> {
  const { store, clock } = parts;
  const { id } = rollout;
  const now = clock.now();
  const batch = (count: number, limit: number): LookOutcome => ({
    hasChanged: count > 0,
    hasMore: count >= limit,
  });
  switch (decision.kind) {
    case 'wait':
      return NOTHING_DONE;
    case 'pause': {
      // The switch may be on again by the time this is its turn.
      const isPaused = await store.write(async (tx) => {
        if ((await tx.products.findById(rollout.productId))?.isEnabled) return false;
        await tx.rollouts.pause(id, decision.because);
        return true;
      });
      return isPaused ? announce(parts, rollout, decision) : NOTHING_DONE;
    }
    case 'expand': {
      const count = await store.write((tx) => tx.deliveries.expand(id, EXPAND_BATCH, now));
      // A batch of disabled devices only writes nothing and still has to go on.
      return { hasChanged: count > 0, hasMore: true };
    }
    case 'reopen':
      return batch(await store.write((tx) => tx.deliveries.reopen(id, CLOSE_BATCH, now)), CLOSE_BATCH);
    case 'dispatch':
      return batch(await dispatch(parts, rollout), CLAIM_BATCH);
    case 'expire':
      return batch(
        await store.write((tx) => tx.deliveries.expire(id, EXPIRE_BATCH, now, jitter())),
        EXPIRE_BATCH,
      );
    case 'close': {
      const count = await store.write((tx) => tx.deliveries.close(id, decision.as, CLOSE_BATCH, now));
      return { hasChanged: count > 0, hasMore: count > 0 };
    }
    case 'complete': {
      const isCompleted = await store.write((tx) => tx.rollouts.complete(id, now.wallMs));
      return isCompleted ? announceEnd(parts, rollout, decision) : NOTHING_DONE;
    }
    default:
      return decision satisfies never;
  }
}

const JITTER_STEPS = 2 ** 32;
const jitter = () => randomInt(JITTER_STEPS) / JITTER_STEPS;

function announce({ events }: ReconcilerParts, rollout: Rollout, decision: Decision): LookOutcome {
  events.rolloutDecided({
    id: rollout.id,
    productKey: rollout.productKey,
    kind: decision.kind,
    reason: decision.reason,
  });
  return { hasChanged: true, hasMore: false };
}

async function announceEnd(
  parts: ReconcilerParts,
  rollout: Rollout,
  decision: Decision,
): Promise<LookOutcome> {
  const { counts } = await parts.store.read((tx) => tx.rollouts.findProgress(rollout.id));
  const reached = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  parts.events.rolloutEnded({
    id: rollout.id,
    productKey: rollout.productKey,
    state: 'completed',
    counts: reached,
  });
  return announce(parts, rollout, decision);
}

/** Claims due deliveries of devices connected here and hands them over. @returns how many were claimed. */
async function dispatch(parts: ReconcilerParts, rollout: Rollout): Promise<number> {
  const { store, clock, replica, products, inline, events } = parts;
  const claims = await store.write((tx) =>
    tx.deliveries.claimDue(rollout.id, replica, CLAIM_BATCH, clock.now()),
  );
  if (claims.length === 0) return 0;
  const version = await store.read((tx) => tx.configs.findVersion(rollout.productId, rollout.version));
  const content = version && (await inline.find(version));
  const notTaken: ClaimedDelivery[] = [];
  for (const claim of claims) {
    const product = products.peek(rollout.productId)?.product;
    // The switch may have gone off since the claim: nothing leaves any more (R1).
    const isTaken =
      version !== undefined &&
      product?.isEnabled === true &&
      push(parts, rollout, { version, content }, claim);
    if (!isTaken) notTaken.push(claim);
  }
  events.pushed(claims.length - notTaken.length);
  if (notTaken.length > 0) {
    events.pushNotTaken(notTaken.length);
    await store.write((tx) => tx.deliveries.unclaim(notTaken, clock.now()));
  }
  return claims.length;
}

function push(
  { gateway, links, products, sessions }: ReconcilerParts,
  rollout: Rollout,
  { version, content }: { version: ConfigVersion; content: string | undefined },
  claim: ClaimedDelivery,
): boolean {
  const device = sessions.find(claim.deviceId);
  const product = products.peek(rollout.productId)?.product;
  if (device === undefined || product === undefined) return false;
  const messageId = messageIdOf(claim.id, claim.attempt);
  const url = links.create(product, {
    deviceId: claim.deviceId,
    version: version.number,
    deliveryId: claim.id,
  });
  return gateway.push({
    deviceId: claim.deviceId,
    productKey: device.productKey,
    deviceName: device.deviceName,
    messageId,
    payload: encodeConfigPush(messageId, configFile(version, device, { url, content })),
  });
}
