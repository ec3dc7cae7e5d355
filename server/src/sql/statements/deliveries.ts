import type { Instant } from '../../domain/clock.ts';
import { type DeliveryEvent, type DeliveryState, RETRYABLE_STATES } from '../../domain/delivery.ts';
import type {
  ClaimedDelivery,
  DeliveryKey,
  DeliveryStore,
  DeliveryView,
  PageOf,
} from '../../domain/store-port.ts';
import { inChunks, marks, number, numberOrNull, type Row, type Sql, type SqlValue, text } from '../sql.ts';
import {
  addToCounter,
  DELIVERY_COLUMNS,
  type DeliveryChanges,
  type DeliveryRow,
  deliveryChanges,
  loadPolicies,
  toDeliveryRow,
} from './delivery-rows.ts';
import { recordReports } from './reports.ts';
import { findDelivery, findStates, sendAgain } from './single-deliveries.ts';

/** Its multiples lie evenly over [0, 1) when only their fractions are taken, however many there are. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

export function deliveryStore(sql: Sql): DeliveryStore {
  return {
    expand: (rolloutId, limit, now) => expand(sql, rolloutId, limit, now),
    claimDue: (rolloutId, replica, limit, now) => claimDue(sql, rolloutId, replica, limit, now),
    async unclaim(claims, now) {
      const rows = await loadByIds(
        sql,
        claims.map((claim) => claim.id),
      );
      const changes = await begin(sql, rows, now);
      for (const claim of claims) {
        if (changes.current(claim.id) !== undefined)
          changes.apply(claim.id, { kind: 'handOverFailed', attempt: claim.attempt });
      }
      await changes.flush();
    },
    async expire(rolloutId, limit, now, jitter) {
      const rows = await load(
        sql,
        "rollout_id = ? AND is_open = 1 AND state <> 'pending' AND due_ms <= ? ORDER BY due_ms LIMIT ?",
        [rolloutId, now.serviceMs, limit],
      );
      return applyToAll(sql, rows, now, (row, index) => ({
        kind: 'timeout',
        isOnline: row.replica !== null,
        jitter: (jitter + index * GOLDEN_RATIO) % 1,
      }));
    },
    async close(rolloutId, as, limit, now) {
      if (as === 'deadline' && !(await isOverdue(sql, rolloutId, now))) return 0;
      const pending = await load(sql, "rollout_id = ? AND state = 'pending' LIMIT ?", [rolloutId, limit]);
      const rows =
        pending.length > 0
          ? pending
          : await load(sql, "rollout_id = ? AND is_open = 1 AND state <> 'pending' ORDER BY due_ms LIMIT ?", [
              rolloutId,
              limit,
            ]);
      return applyToAll(sql, rows, now, () => ({ kind: as }));
    },
    reopen: (rolloutId, limit, now) => reopen(sql, rolloutId, limit, now),
    record: (reports, now) => recordReports(sql, reports, now),
    async findNextDue(rolloutId, replica) {
      const row = await sql.one(
        `SELECT min(due_ms) AS due_ms FROM (
           SELECT min(due_ms) AS due_ms FROM delivery WHERE rollout_id = ? AND state = 'pending' AND replica = ?
           UNION ALL SELECT min(due_ms) FROM delivery WHERE rollout_id = ? AND is_open = 1 AND state <> 'pending') AS dues`,
        [rolloutId, replica, rolloutId],
      );
      return row === undefined ? undefined : (numberOrNull(row, 'due_ms') ?? undefined);
    },
    list: (rolloutId, state, page) => list(sql, rolloutId, state, page),
    find: (rolloutId, deviceId) => findDelivery(sql, rolloutId, deviceId),
    sendAgain: (id, now) => sendAgain(sql, id, now),
    findStates: (rolloutId, deviceIds) => findStates(sql, rolloutId, deviceIds),
    async listOfDevice(deviceId, { after, limit }) {
      const rows = await sql.all(
        `${VIEW} WHERE y.device_id = ? AND y.rollout_id < ? ORDER BY y.rollout_id DESC LIMIT ?`,
        [deviceId, after ?? Number.MAX_SAFE_INTEGER, limit],
      );
      return rows.map(toView);
    },
  };
}

/** Somebody may have opened it again since the planner looked. */
async function isOverdue(sql: Sql, rolloutId: number, { serviceMs }: Instant): Promise<boolean> {
  const found = await sql.one(
    "SELECT id FROM rollout WHERE id = ? AND state IN ('running', 'paused') AND deadline_ms <= ?",
    [rolloutId, serviceMs],
  );
  return found !== undefined;
}

async function load(sql: Sql, condition: string, values: SqlValue[]): Promise<DeliveryRow[]> {
  const rows = await sql.all(`SELECT ${DELIVERY_COLUMNS} FROM delivery WHERE ${condition}`, values);
  return rows.map(toDeliveryRow);
}

async function loadByIds(sql: Sql, ids: readonly number[]): Promise<DeliveryRow[]> {
  const rows: DeliveryRow[] = [];
  await inChunks(ids, async (chunk) => {
    rows.push(...(await load(sql, `id IN (${marks(chunk.length)})`, [...chunk])));
  });
  return rows;
}

async function begin(sql: Sql, rows: readonly DeliveryRow[], now: Instant): Promise<DeliveryChanges> {
  const changes = deliveryChanges(sql, await loadPolicies(sql, rows), now);
  changes.add(rows);
  return changes;
}

async function applyToAll(
  sql: Sql,
  rows: readonly DeliveryRow[],
  now: Instant,
  event: (row: DeliveryRow, index: number) => DeliveryEvent,
): Promise<number> {
  if (rows.length === 0) return 0;
  const changes = await begin(sql, rows, now);
  for (const [index, row] of rows.entries()) changes.apply(row.id, event(row, index));
  await changes.flush();
  return rows.length;
}

async function expand(sql: Sql, rolloutId: number, limit: number, now: Instant): Promise<number> {
  const rollout = await sql.one(
    `SELECT product_id, version, content_id, generation, device_id_max, expanded_to FROM rollout
     WHERE id = ? AND is_expanded = 0 AND state IN ('running', 'paused')`,
    [rolloutId],
  );
  if (rollout === undefined) return 0;
  const productId = number(rollout, 'product_id');
  const from = number(rollout, 'expanded_to');
  const end = number(rollout, 'device_id_max');
  const last = await sql.one(
    'SELECT id FROM device WHERE product_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT 1 OFFSET ?',
    [productId, from, end, limit - 1],
  );
  const to = last === undefined ? end : number(last, 'id');
  const written = await sql.run(
    `INSERT INTO delivery (rollout_id, device_id, wave, version, content_id, state, is_open, attempt, timeouts, generation, replica, due_ms)
     SELECT ?, d.id, 1, ?, ?, 'pending', 1, 0, 0, ?, s.replica, CASE WHEN s.replica IS NULL THEN NULL ELSE ? END
     FROM device d LEFT JOIN session s ON s.device_id = d.id
     WHERE d.product_id = ? AND d.id > ? AND d.id <= ? AND d.is_enabled = 1 ORDER BY d.id`,
    [
      rolloutId,
      number(rollout, 'version'),
      number(rollout, 'content_id'),
      number(rollout, 'generation'),
      now.serviceMs,
      productId,
      from,
      to,
    ],
  );
  if (written > 0) await addToCounter(sql, rolloutId, 1, 'pending', written);
  await sql.run('UPDATE rollout SET expanded_to = ?, open_count = open_count + ? WHERE id = ?', [
    to,
    written,
    rolloutId,
  ]);
  if (last === undefined) await finishExpansion(sql, rolloutId);
  return written;
}

async function finishExpansion(sql: Sql, rolloutId: number): Promise<void> {
  const total = '(SELECT coalesce(sum(device_count), 0) FROM rollout_counter WHERE rollout_id = ?)';
  await sql.run(`UPDATE rollout SET is_expanded = 1, device_total = ${total} WHERE id = ?`, [
    rolloutId,
    rolloutId,
  ]);
  await sql.run(`UPDATE wave SET device_total = ${total} WHERE rollout_id = ?`, [rolloutId, rolloutId]);
}

async function claimDue(
  sql: Sql,
  rolloutId: number,
  replica: string,
  limit: number,
  now: Instant,
): Promise<ClaimedDelivery[]> {
  // Who decided to dispatch may have looked before somebody else paused: the pause wins.
  const running = await sql.one("SELECT id FROM rollout WHERE id = ? AND state = 'running'", [rolloutId]);
  if (running === undefined) return [];
  const rows = await load(
    sql,
    "rollout_id = ? AND state = 'pending' AND replica = ? AND due_ms <= ? ORDER BY due_ms LIMIT ?",
    [rolloutId, replica, now.serviceMs, limit],
  );
  const ahead = await findAhead(sql, rows);
  await applyToAll(sql, rows, now, ({ id }) => ({ kind: ahead.has(id) ? 'superseded' : 'claimed' }));
  return rows
    .filter(({ id }) => !ahead.has(id))
    .map(({ id, deviceId, attempt }) => ({ id, deviceId, attempt: attempt + 1 }));
}

/** Deliveries whose devices have fetched a higher version meanwhile, by asking: they are not moved down (P4). */
async function findAhead(sql: Sql, rows: readonly DeliveryRow[]): Promise<Set<number>> {
  const versions = new Map<number, number>();
  await inChunks(rows, async (chunk) => {
    const found = await sql.all(
      `SELECT id, downloaded_version FROM device WHERE id IN (${marks(chunk.length)})`,
      chunk.map(({ deviceId }) => deviceId),
    );
    for (const row of found) versions.set(number(row, 'id'), number(row, 'downloaded_version'));
  });
  return new Set(
    rows.filter(({ deviceId, version }) => (versions.get(deviceId) ?? 0) > version).map(({ id }) => id),
  );
}

async function reopen(sql: Sql, rolloutId: number, limit: number, now: Instant): Promise<number> {
  const rollout = await sql.one(
    "SELECT generation FROM rollout WHERE id = ? AND state IN ('running', 'paused')",
    [rolloutId],
  );
  if (rollout === undefined) return 0;
  const generation = number(rollout, 'generation');
  const rows = await load(
    sql,
    `rollout_id = ? AND state IN (${marks(RETRYABLE_STATES.length)}) AND generation < ? LIMIT ?`,
    [rolloutId, ...RETRYABLE_STATES, generation, limit],
  );
  const online = await findReplicas(
    sql,
    rows.map((row) => row.deviceId),
  );
  const changes = await begin(sql, rows, now);
  for (const row of rows) {
    const replica = online.get(row.deviceId) ?? null;
    changes.setReplica(row.id, replica);
    changes.apply(row.id, { kind: 'retried', generation, isOnline: replica !== null });
  }
  await changes.flush();
  if (rows.length < limit) await sql.run('UPDATE rollout SET is_reopening = 0 WHERE id = ?', [rolloutId]);
  return rows.length;
}

async function findReplicas(sql: Sql, deviceIds: readonly number[]): Promise<Map<number, string>> {
  const replicas = new Map<number, string>();
  await inChunks(deviceIds, async (chunk) => {
    const rows = await sql.all(
      `SELECT device_id, replica FROM session WHERE device_id IN (${marks(chunk.length)})`,
      chunk,
    );
    for (const row of rows) replicas.set(number(row, 'device_id'), text(row, 'replica'));
  });
  return replicas;
}

const VIEW = `SELECT ${DELIVERY_COLUMNS.split(',')
  .map((name) => `y.${name.trim()}`)
  .join(', ')}, d.device_name, c.sha256
  FROM delivery y JOIN device d ON d.id = y.device_id JOIN content c ON c.id = y.content_id`;

async function list(
  sql: Sql,
  rolloutId: number,
  state: DeliveryState | undefined,
  { after, limit }: PageOf<DeliveryKey>,
): Promise<DeliveryView[]> {
  const rows =
    state === undefined && after === undefined
      ? []
      : await sql.all(`${VIEW} WHERE y.rollout_id = ? AND y.state = ? AND y.id > ? ORDER BY y.id LIMIT ?`, [
          rolloutId,
          state ?? after!.state,
          after?.id ?? 0,
          limit,
        ]);
  // The next states in a statement of their own: as one, it would walk all of the state before the page.
  if (state === undefined && rows.length < limit) {
    const others = await sql.all(
      `${VIEW} WHERE y.rollout_id = ? AND y.state > ? ORDER BY y.state, y.id LIMIT ?`,
      [rolloutId, after?.state ?? '', limit - rows.length],
    );
    rows.push(...others);
  }
  return rows.map(toView);
}

function toView(row: Row): DeliveryView {
  return { ...toDeliveryRow(row), deviceName: text(row, 'device_name'), sha256: text(row, 'sha256') };
}
