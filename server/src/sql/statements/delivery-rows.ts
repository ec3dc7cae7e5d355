/**
 * Deliveries in bulk: load rows, let the domain's `next` decide, write back what changed.
 *
 * One batch is a handful of statements whatever its size, so a report costs microseconds and no round
 * trip of its own. Counters and the rollout's open count move in the same transaction.
 */
import {
  type Delivery,
  type DeliveryEvent,
  type DeliveryMoment,
  type DeliveryPolicy,
  type DeliveryState,
  type DoneWhen,
  next,
} from '../../domain/delivery.ts';
import { assert } from '../../domain/errors.ts';
import {
  bit,
  flag,
  inChunks,
  marks,
  number,
  numberOrNull,
  type Row,
  type Sql,
  type SqlValue,
  text,
  textOrNull,
} from '../sql.ts';

export const DELIVERY_COLUMNS = `id, rollout_id, device_id, wave, version, state, is_open, attempt, timeouts, generation, replica,
  due_ms, code, message, sent_at, received_at, downloaded_at, applied_at, ended_at`;

/** A delivery and, which only the store knows, the replica that holds its device's connection. */
export type DeliveryRow = Delivery & { readonly replica: string | null };

/** Collects changes of one transaction and writes them together. */
export type DeliveryChanges = {
  /** The row as it is now, after earlier events of the same transaction. */
  current(id: number): DeliveryRow | undefined;
  add(rows: readonly DeliveryRow[]): void;
  /** @returns whether the event had an effect. */
  apply(id: number, event: DeliveryEvent): boolean;
  setReplica(id: number, replica: string | null): void;
  /** A device of the rollout was reached, also by a delivery that has ended since (R11). */
  reached(rolloutId: number): void;
  flush(): Promise<void>;
};

/** @param policies of every rollout whose deliveries will be added; see `loadPolicies`. */
export function deliveryChanges(
  sql: Sql,
  policies: ReadonlyMap<number, DeliveryPolicy>,
  now: DeliveryMoment,
): DeliveryChanges {
  const before = new Map<number, DeliveryRow>();
  const after = new Map<number, DeliveryRow>();
  const reached = new Set<number>();
  return {
    current: (id) => after.get(id),
    add(rows) {
      for (const row of rows) {
        if (before.has(row.id)) continue;
        before.set(row.id, row);
        after.set(row.id, row);
      }
    },
    apply(id, event) {
      const row = after.get(id);
      const policy = row && policies.get(row.rolloutId);
      assert(
        row !== undefined && policy !== undefined,
        'an event is for a delivery that was loaded with its policy',
      );
      const moved = next(row, event, now, policy);
      if (moved === row) return false;
      after.set(id, { ...moved, replica: row.replica });
      return true;
    },
    setReplica(id, replica) {
      const row = after.get(id);
      if (row !== undefined && row.replica !== replica) after.set(id, { ...row, replica });
    },
    reached(rolloutId) {
      reached.add(rolloutId);
    },
    async flush() {
      const changed: [DeliveryRow, DeliveryRow][] = [];
      for (const [id, row] of after) {
        const old = before.get(id)!;
        if (old !== row) changed.push([old, row]);
      }
      await writeRows(sql, changed);
      await moveCounters(sql, changed, reached, now);
      before.clear();
      after.clear();
    },
  };
}

/** The rules of the rollouts that these deliveries belong to. */
export async function loadPolicies(
  sql: Sql,
  rows: readonly DeliveryRow[],
): Promise<Map<number, DeliveryPolicy>> {
  const ids = [...new Set(rows.map((row) => row.rolloutId))];
  const policies = new Map<number, DeliveryPolicy>();
  await inChunks(ids, async (chunk) => {
    const found = await sql.all(
      `SELECT id, done_when, attempt_timeout_ms FROM rollout WHERE id IN (${marks(chunk.length)})`,
      chunk,
    );
    for (const row of found) {
      // Written from the domain's own literals.
      policies.set(number(row, 'id'), {
        doneWhen: text(row, 'done_when') as DoneWhen,
        attemptTimeoutMs: number(row, 'attempt_timeout_ms'),
      });
    }
  });
  return policies;
}

/** Columns in no index but of pending and running deliveries. */
const PROGRESS: Columns = {
  state: (row) => row.state,
  attempt: (row) => row.attempt,
  timeouts: (row) => row.timeouts,
  generation: (row) => row.generation,
  due_ms: (row) => row.dueMs,
  code: (row) => row.code,
  message: (row) => row.message,
  sent_at: (row) => row.sentAt,
  received_at: (row) => row.receivedAt,
  downloaded_at: (row) => row.downloadedAt,
  applied_at: (row) => row.appliedAt,
  ended_at: (row) => row.endedAt,
};
const EVERYTHING: Columns = { ...PROGRESS, is_open: (row) => bit(row.isOpen), replica: (row) => row.replica };

type Columns = Readonly<Record<string, (row: DeliveryRow) => SqlValue>>;

/** Most changes leave a delivery open and where it was; those leave the index of open ones alone. */
async function writeRows(sql: Sql, changed: readonly [DeliveryRow, DeliveryRow][]): Promise<void> {
  const isProgress = ([old, row]: [DeliveryRow, DeliveryRow]) =>
    old.isOpen === row.isOpen && old.replica === row.replica;
  const groups = Object.groupBy(changed, (change) => (isProgress(change) ? 'progress' : 'everything'));
  await writeColumns(sql, groups.progress ?? [], PROGRESS);
  await writeColumns(sql, groups.everything ?? [], EVERYTHING);
}

async function writeColumns(
  sql: Sql,
  changed: readonly [DeliveryRow, DeliveryRow][],
  columns: Columns,
): Promise<void> {
  const names = Object.keys(columns);
  const readers = Object.values(columns);
  const settings = names.map((name) => `${name} = moved.${name}`).join(', ');
  await inChunks(changed, async (chunk) => {
    const values: SqlValue[] = [];
    for (const [, row] of chunk) {
      values.push(row.id);
      for (const read of readers) values.push(read(row));
    }
    const rows = new Array(chunk.length).fill(`(${marks(names.length + 1)})`).join(', ');
    await sql.run(
      `WITH moved (id, ${names.join(', ')}) AS (VALUES ${rows}) UPDATE delivery SET ${settings} FROM moved WHERE delivery.id = moved.id`,
      values,
    );
  });
}

/** States that show the device has been reached: they start the cool-down (R11). */
const REACHED: readonly DeliveryState[] = ['received', 'downloaded', 'applied', 'failed', 'reverted'];

async function moveCounters(
  sql: Sql,
  changed: readonly [DeliveryRow, DeliveryRow][],
  reached: Set<number>,
  now: DeliveryMoment,
): Promise<void> {
  const counts = new Map<string, { rolloutId: number; wave: number; state: DeliveryState; by: number }>();
  const opens = new Map<number, number>();
  const count = (row: DeliveryRow, by: number) => {
    const key = `${row.rolloutId} ${row.wave} ${row.state}`;
    const entry = counts.get(key) ?? { rolloutId: row.rolloutId, wave: row.wave, state: row.state, by: 0 };
    entry.by += by;
    counts.set(key, entry);
    if (row.isOpen) opens.set(row.rolloutId, (opens.get(row.rolloutId) ?? 0) + by);
  };
  for (const [old, row] of changed) {
    count(old, -1);
    count(row, 1);
    if (REACHED.includes(row.state)) reached.add(row.rolloutId);
  }
  for (const { rolloutId, wave, state, by } of counts.values())
    if (by !== 0) await addToCounter(sql, rolloutId, wave, state, by);
  for (const [rolloutId, by] of opens)
    if (by !== 0)
      await sql.run('UPDATE rollout SET open_count = open_count + ? WHERE id = ?', [by, rolloutId]);
  for (const rolloutId of reached) {
    await sql.run('UPDATE rollout SET first_reached_ms = ? WHERE id = ? AND first_reached_ms IS NULL', [
      now.serviceMs,
      rolloutId,
    ]);
  }
}

export async function addToCounter(
  sql: Sql,
  rolloutId: number,
  wave: number,
  state: DeliveryState,
  by: number,
): Promise<void> {
  await sql.run(
    `INSERT INTO rollout_counter (rollout_id, wave, state, device_count) VALUES (?, ?, ?, ?)
     ON CONFLICT (rollout_id, wave, state) DO UPDATE SET device_count = rollout_counter.device_count + excluded.device_count`,
    [rolloutId, wave, state, by],
  );
}

export function toDeliveryRow(row: Row): DeliveryRow {
  return {
    id: number(row, 'id'),
    rolloutId: number(row, 'rollout_id'),
    deviceId: number(row, 'device_id'),
    wave: number(row, 'wave'),
    version: number(row, 'version'),
    // Written from the domain's own literals.
    state: text(row, 'state') as DeliveryState,
    isOpen: flag(row, 'is_open'),
    attempt: number(row, 'attempt'),
    timeouts: number(row, 'timeouts'),
    generation: number(row, 'generation'),
    replica: textOrNull(row, 'replica'),
    dueMs: numberOrNull(row, 'due_ms'),
    code: numberOrNull(row, 'code'),
    message: textOrNull(row, 'message'),
    sentAt: numberOrNull(row, 'sent_at'),
    receivedAt: numberOrNull(row, 'received_at'),
    downloadedAt: numberOrNull(row, 'downloaded_at'),
    appliedAt: numberOrNull(row, 'applied_at'),
    endedAt: numberOrNull(row, 'ended_at'),
  };
}
