import { DELIVERY_STATES, type DeliveryState, type DoneWhen } from '../../domain/delivery.ts';
import { assert } from '../../domain/errors.ts';
import type { PauseReason, Rollout, RolloutState } from '../../domain/rollout.ts';
import type { NewRollout, RolloutStore } from '../../domain/store-port.ts';
import { flag, number, numberOrNull, type Row, type Sql, text, textOrNull } from '../sql.ts';

const COLUMNS = `r.id, r.product_id, p.product_key, r.version, c.sha256, r.state, r.pause_reason, r.done_when, r.attempt_timeout_ms,
  r.generation, r.is_reopening, r.device_id_max, r.expanded_to, r.is_expanded, r.device_total, r.online_at_start, r.started_ms,
  r.deadline_ms, r.first_reached_ms, r.created_at, r.created_by, r.note, r.deadline_at, r.ended_at`;
const FROM = 'FROM rollout r JOIN product p ON p.id = r.product_id JOIN content c ON c.id = r.content_id';
const ACTIVE = "state IN ('running', 'paused')";

/** What was written of a rollout's deliveries; the rest never will be, once it is stopped. */
const WRITTEN =
  '(SELECT coalesce(sum(device_count), 0) FROM rollout_counter n WHERE n.rollout_id = rollout.id)';

export function rolloutStore(sql: Sql): RolloutStore {
  const find = async (id: number) => {
    const row = await sql.one(`SELECT ${COLUMNS} ${FROM} WHERE r.id = ?`, [id]);
    return row === undefined ? undefined : toRollout(row);
  };
  return {
    async create(rollout) {
      const created = await find(await insert(sql, rollout));
      assert(created !== undefined, 'a rollout that was written can be read');
      return created;
    },
    find,
    findProgress: (id) => findProgress(sql, id),
    async list(productId, { after, limit }) {
      const rows = await sql.all(
        `SELECT ${COLUMNS} ${FROM} WHERE r.product_id = ? AND r.id < ? ORDER BY r.id DESC LIMIT ?`,
        [productId, after ?? Number.MAX_SAFE_INTEGER, limit],
      );
      return rows.map(toRollout);
    },
    async listAtWork({ after, limit }) {
      const rows = await sql.all(
        `SELECT ${COLUMNS} ${FROM} WHERE (r.state IN ('running', 'paused') OR r.open_count > 0) AND r.id > ? ORDER BY r.id LIMIT ?`,
        [after ?? 0, limit],
      );
      return rows.map(toRollout);
    },
    async findLastPush(productId) {
      const reached = await sql.one(
        `SELECT max(first_reached_ms) AS reached_ms FROM rollout WHERE product_id = ?`,
        [productId],
      );
      const newest = await sql.one(
        `SELECT started_ms, online_at_start, first_reached_ms FROM rollout WHERE product_id = ? ORDER BY id DESC LIMIT 1`,
        [productId],
      );
      const isUnreached = newest !== undefined && newest.first_reached_ms === null;
      return {
        reachedMs: reached === undefined ? null : numberOrNull(reached, 'reached_ms'),
        unreached: isUnreached
          ? { startedMs: number(newest, 'started_ms'), onlineAtStart: number(newest, 'online_at_start') }
          : null,
      };
    },
    async pause(id, reason) {
      await sql.run(
        `UPDATE rollout SET state = 'paused', pause_reason = ? WHERE id = ? AND state = 'running'`,
        [reason, id],
      );
    },
    async resume(id) {
      await sql.run(
        `UPDATE rollout SET state = 'running', pause_reason = NULL WHERE id = ? AND state = 'paused'`,
        [id],
      );
    },
    async cancel(id, at) {
      await sql.run(
        `UPDATE rollout SET state = 'cancelled', pause_reason = NULL, ended_at = ?, is_expanded = 1, is_reopening = 0, device_total = ${WRITTEN}
         WHERE id = ? AND ${ACTIVE}`,
        [at, id],
      );
    },
    async complete(id, at) {
      const changed = await sql.run(
        `UPDATE rollout SET state = 'completed', pause_reason = NULL, ended_at = ? WHERE id = ? AND ${ACTIVE}
           AND open_count = 0 AND is_expanded = 1 AND is_reopening = 0`,
        [at, id],
      );
      return changed > 0;
    },
    async reopen(id, deadline) {
      await sql.run(
        `UPDATE rollout SET generation = generation + 1, is_reopening = 1, ended_at = NULL,
           state = CASE WHEN state = 'completed' THEN 'running' ELSE state END,
           deadline_ms = coalesce(?, deadline_ms), deadline_at = coalesce(?, deadline_at)
         WHERE id = ? AND state IN ('running', 'paused', 'completed')`,
        [deadline?.ms ?? null, deadline?.at ?? null, id],
      );
    },
    async revive(id, deadline) {
      await sql.run(
        `UPDATE rollout SET state = CASE WHEN state = 'completed' THEN 'running' ELSE state END, ended_at = NULL,
           deadline_ms = coalesce(?, deadline_ms), deadline_at = coalesce(?, deadline_at)
         WHERE id = ? AND state IN ('running', 'paused', 'completed')`,
        [deadline?.ms ?? null, deadline?.at ?? null, id],
      );
    },
    async pauseAll(productId, reason) {
      const rows = await sql.all(
        `UPDATE rollout SET state = 'paused', pause_reason = ? WHERE product_id = ? AND state = 'running' RETURNING id`,
        [reason, productId],
      );
      return rows.map((row) => number(row, 'id'));
    },
    async findRolledOutVersion(productId) {
      const row = await sql.one(
        `SELECT max(version) AS version FROM rollout WHERE product_id = ? AND (state <> 'cancelled' OR first_reached_ms IS NOT NULL)`,
        [productId],
      );
      return row === undefined ? 0 : (numberOrNull(row, 'version') ?? 0);
    },
  };
}

async function insert(sql: Sql, rollout: NewRollout): Promise<number> {
  await sql.run(
    `UPDATE rollout SET state = 'superseded', pause_reason = NULL, ended_at = ?, is_expanded = 1, is_reopening = 0, device_total = ${WRITTEN}
     WHERE product_id = ? AND ${ACTIVE}`,
    [rollout.createdAt, rollout.productId],
  );
  const row = await sql.one(
    `INSERT INTO rollout (product_id, version, content_id, state, done_when, attempt_timeout_ms, generation, is_reopening, device_id_max,
       expanded_to, is_expanded, device_total, online_at_start, started_ms, deadline_ms, created_at, created_by, note, deadline_at, open_count)
     SELECT v.product_id, v.number, v.content_id, 'running', ?, ?, 1, 0,
       (SELECT coalesce(max(id), 0) FROM device WHERE product_id = v.product_id), 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, 0
     FROM version v WHERE v.product_id = ? AND v.number = ? RETURNING id`,
    [
      rollout.doneWhen,
      rollout.attemptTimeoutMs,
      rollout.deviceTotal,
      rollout.onlineAtStart,
      rollout.startedMs,
      rollout.deadlineMs,
      rollout.createdAt,
      rollout.createdBy,
      rollout.note,
      rollout.deadlineAt,
      rollout.productId,
      rollout.version,
    ],
  );
  assert(row !== undefined, 'a rollout names a version that exists');
  const id = number(row, 'id');
  await sql.run('INSERT INTO wave (rollout_id, number, device_total, started_ms) VALUES (?, 1, ?, ?)', [
    id,
    rollout.deviceTotal,
    rollout.startedMs,
  ]);
  return id;
}

async function findProgress(sql: Sql, id: number) {
  // A null-prototype-free literal of every state keeps the type honest.
  const counts = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as Record<
    DeliveryState,
    number
  >;
  const rollout = await sql.one('SELECT is_expanded, device_total, open_count FROM rollout WHERE id = ?', [
    id,
  ]);
  if (rollout === undefined) return { counts, openCount: 0 };
  let written = 0;
  for (const row of await sql.all(
    'SELECT state, sum(device_count) AS device_count FROM rollout_counter WHERE rollout_id = ? GROUP BY state',
    [id],
  )) {
    // Written from DeliveryState only.
    counts[text(row, 'state') as DeliveryState] = number(row, 'device_count');
    written += number(row, 'device_count');
  }
  if (!flag(rollout, 'is_expanded')) counts.pending += Math.max(0, number(rollout, 'device_total') - written);
  return { counts, openCount: number(rollout, 'open_count') };
}

function toRollout(row: Row): Rollout {
  return {
    id: number(row, 'id'),
    productId: number(row, 'product_id'),
    productKey: text(row, 'product_key'),
    version: number(row, 'version'),
    sha256: text(row, 'sha256'),
    // The next three were written from the domain's own literals.
    state: text(row, 'state') as RolloutState,
    pauseReason: textOrNull(row, 'pause_reason') as PauseReason | null,
    doneWhen: text(row, 'done_when') as DoneWhen,
    attemptTimeoutMs: number(row, 'attempt_timeout_ms'),
    generation: number(row, 'generation'),
    isReopening: flag(row, 'is_reopening'),
    deviceIdMax: number(row, 'device_id_max'),
    expandedTo: number(row, 'expanded_to'),
    isExpanded: flag(row, 'is_expanded'),
    deviceTotal: number(row, 'device_total'),
    onlineAtStart: number(row, 'online_at_start'),
    startedMs: number(row, 'started_ms'),
    deadlineMs: number(row, 'deadline_ms'),
    firstReachedMs: numberOrNull(row, 'first_reached_ms'),
    createdAt: number(row, 'created_at'),
    createdBy: text(row, 'created_by'),
    note: text(row, 'note'),
    deadlineAt: number(row, 'deadline_at'),
    endedAt: numberOrNull(row, 'ended_at'),
  };
}
