/**
 * Writes what devices do, many facts in one transaction.
 *
 * Presence and reports arrive one by one, thousands a second; each would cost a commit of its own. The
 * recorder gathers them for a few milliseconds, or until a batch is full, and writes them together. A
 * `push_reply` waits for its batch, because its PUBACK may only go out when it is stored (P2). When the store
 * refuses (full disk), waiting replies are rejected, so their devices repeat them; what nobody would repeat
 * stays queued, bounded, and is tried again.
 */
import type { Clock } from '../domain/clock.ts';
import type { DeviceReport, Presence } from '../domain/device.ts';
import { DomainError } from '../domain/errors.ts';
import { PRESENCE_BATCH, REPORT_BATCH } from '../domain/limits.ts';
import type { Store } from '../domain/store-port.ts';
import type { Events } from '../observe/events.ts';

const REPORTS_WAITING_MAX = 100_000;
const RETRY_AFTER_MS = 500;
/** How long facts are gathered before they are written: many commits' worth, and nobody notices. */
const GATHER_MS = 5;
/** A batch of this many facts says that more are on their way. */
const BUSY_FACTS = 20;
/** While they come, gathering longer makes fewer commits, and one row of several facts of a device. */
const GATHER_BUSY_MS = 25;

type Waiter = { resolve: () => void; reject: (error: unknown) => void };
type QueuedReport = { report: DeviceReport; waiter: Waiter | undefined };
type Batch = { presences: Presence[]; reports: QueuedReport[] };

export interface Recorder {
  presence(presence: Presence): void;
  /** Dropped, and counted, when the queue is full: the timers of the rollout make up for it. */
  report(report: DeviceReport): void;
  /** Resolves when the report is stored. Rejects `storage-unavailable` and the like: it was not. */
  reportDurably(report: DeviceReport): Promise<void>;
  /** Writes everything that waits, and tries no more what the store refuses. Used before shutting down. */
  drain(): Promise<void>;
}

export type RecorderParts = {
  store: Store;
  clock: Clock;
  replica: string;
  events: Events;
  /** Called after each batch with the products it touched. */
  onRecorded(productIds: ReadonlySet<number>): void;
  /** Default 5. Zero: written when the current turn of the event loop is over. */
  gatherMs?: number;
};

export function createRecorder({
  store,
  clock,
  replica,
  events,
  onRecorded,
  gatherMs = GATHER_MS,
}: RecorderParts): Recorder {
  // One entry per device: only its latest presence counts.
  const presences = new Map<number, Presence>();
  let reports: QueuedReport[] = [];
  let writing: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isBusy = false;
  let stopGathering = () => {};

  const takeBatch = (): Batch => {
    const batch = {
      presences: [...presences.values()].slice(0, PRESENCE_BATCH),
      reports: reports.slice(0, REPORT_BATCH),
    };
    for (const { deviceId } of batch.presences) presences.delete(deviceId);
    reports = reports.slice(batch.reports.length);
    isBusy = batch.presences.length + batch.reports.length >= BUSY_FACTS;
    return batch;
  };
  const giveBack = (batch: Batch, error: unknown) => {
    // A newer presence of the same device wins over the one that could not be written.
    for (const presence of batch.presences)
      if (!presences.has(presence.deviceId)) presences.set(presence.deviceId, presence);
    for (const { waiter } of batch.reports) waiter?.reject(error);
    reports = [...batch.reports.filter(({ waiter }) => waiter === undefined), ...reports];
  };
  const write = (batch: Batch) =>
    store.write(async (tx) => {
      const now = clock.now();
      const facts = batch.reports.map(({ report }) => report);
      if (batch.presences.length > 0) await tx.sessions.record(batch.presences, replica, now);
      if (facts.length > 0) await tx.deliveries.record(facts, now);
    });
  const recorded = (batch: Batch) => {
    for (const { waiter } of batch.reports) waiter?.resolve();
    events.recorded({ reports: batch.reports.length, presences: batch.presences.length });
    const facts = [...batch.presences, ...batch.reports.map(({ report }) => report)];
    onRecorded(new Set(facts.map(({ productId }) => productId)));
  };
  /** One fact that cannot be written is a bug; it must cost only itself, and not the records of a whole fleet. */
  const writeOneByOne = async (batch: Batch) => {
    const singles: Batch[] = [
      ...batch.presences.map((presence) => ({ presences: [presence], reports: [] })),
      ...batch.reports.map((report) => ({ presences: [], reports: [report] })),
    ];
    for (const single of singles) {
      try {
        await write(single);
        recorded(single);
      } catch (error) {
        if (error instanceof DomainError) giveBack(single, error);
        else for (const { waiter } of single.reports) waiter?.reject(error);
        events.recordingFailed({ error, waiting: reports.length + presences.size });
        if (!(error instanceof DomainError)) events.reportDropped();
      }
    }
  };
  const writeBatch = async () => {
    const batch = takeBatch();
    try {
      await write(batch);
    } catch (error) {
      if (!(error instanceof DomainError)) {
        await writeOneByOne(batch);
        return true;
      }
      giveBack(batch, error);
      events.recordingFailed({ error, waiting: reports.length + presences.size });
      return false;
    }
    recorded(batch);
    return true;
  };
  const isWaiting = () => presences.size > 0 || reports.length > 0;
  const isFull = () => presences.size >= PRESENCE_BATCH || reports.length >= REPORT_BATCH;
  /** Writes what was gathered; goes on at once only while whole batches wait, or at the end. */
  const writeGathered = async () => {
    do {
      if (!(await writeBatch())) {
        // Try again later; new facts meanwhile join the queue.
        if (!isClosed) retry ??= setTimeout(tryAgain, RETRY_AFTER_MS).unref();
        return;
      }
      // Let requests through between two batches.
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (isFull() || (isClosed && isWaiting()));
  };
  const gather = () =>
    new Promise<void>((resolve) => {
      stopGathering = resolve;
      if (gatherMs === 0 || isFull() || isClosed) setImmediate(resolve);
      else setTimeout(resolve, isBusy ? GATHER_BUSY_MS : gatherMs);
    });
  const schedule = () => {
    if (isFull()) stopGathering();
    writing ??= gather()
      .then(writeGathered)
      .finally(() => {
        writing = undefined;
        // What came after the last look and before this moment has nobody else to write it.
        if (!isClosed && retry === undefined && isWaiting()) schedule();
      });
  };
  const tryAgain = () => {
    retry = undefined;
    schedule();
  };
  const enqueue = (queued: QueuedReport): boolean => {
    if (reports.length >= REPORTS_WAITING_MAX) return false;
    reports.push(queued);
    schedule();
    return true;
  };
  return {
    presence(presence) {
      presences.set(presence.deviceId, presence);
      schedule();
    },
    report(report) {
      if (!enqueue({ report, waiter: undefined })) events.reportDropped();
    },
    reportDurably(report) {
      return new Promise((resolve, reject) => {
        if (enqueue({ report, waiter: { resolve, reject } })) return;
        reject(
          new DomainError(
            'storage-unavailable',
            'Too many reports are waiting to be stored. Send it again later.',
          ),
        );
      });
    },
    async drain() {
      isClosed = true;
      clearTimeout(retry);
      stopGathering();
      if (isWaiting()) schedule();
      await writing;
    },
  };
}
