/**
 * A store as it is after years: a million devices of one product, and ten rollouts to all of them.
 *
 * Written straight into the database of a server that is stopped, in the store's own shape, because over the
 * API it would take hours. The devices have made-up secrets, so none of them can connect.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export const MILLION = { devices: 1_000_000, rollouts: 10 } as const;
/** Of the names of the devices that are made here. */
export const NAME_PREFIX = 'unit-';
const CACHE_KIB = 2 * 1024 * 1024;
const BUSY_TIMEOUT_MS = 10_000;
const SESSIONS_AT_ONCE = 20_000;
/** Of a thousand devices, in order of their numbers: how they ended. */
const ENDINGS =
  "CASE WHEN n < 980 THEN 'applied' WHEN n < 990 THEN 'failed' WHEN n < 995 THEN 'timedOut' ELSE 'unreached' END";

/** @returns how many rows the larger tables have. */
export function fillStore(path: string, productKey: string): { devices: number; deliveries: number } {
  const filled = writeAll(path, productKey);
  flushToDisk(path);
  return filled;
}

function writeAll(path: string, productKey: string): { devices: number; deliveries: number } {
  using database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY; BEGIN`);
  const productId = numberOf(database, 'SELECT id AS n FROM product WHERE product_key = ?', productKey);
  const withIndexes = setIndexesAside(database);
  insertDevices(database, productId);
  for (let version = 1; version <= MILLION.rollouts; version++) insertRollout(database, productId, version);
  withIndexes();
  updateCounts(database, productId);
  database.exec('COMMIT');
  return {
    devices: numberOf(database, 'SELECT count(*) AS n FROM device'),
    deliveries: numberOf(database, 'SELECT count(*) AS n FROM delivery'),
  };
}

/** It was written without fsync: what the system still holds would be waited for at the server's first one. */
function flushToDisk(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function numberOf(database: DatabaseSync, sql: string, ...values: (string | number)[]): number {
  return Number(database.prepare(sql).get(...values)?.n);
}

/** Indexes are built faster at the end, sorted. @returns what builds them. */
function setIndexesAside(database: DatabaseSync): () => void {
  const indexes = database
    .prepare(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('device', 'device_tag', 'delivery')",
    )
    .all();
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
  return () => {
    for (const { sql } of indexes) database.exec(String(sql));
  };
}

function insertDevices(database: DatabaseSync, productId: number): void {
  database
    .prepare(
      `INSERT INTO device (product_id, device_name, secret_sealed, tags, is_enabled, created_at, last_seen_at, downloaded_version,
         downloaded_at, confirmed_version, confirmed_at)
       WITH RECURSIVE unit (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM unit WHERE i < ? - 1)
       SELECT ?, printf('${NAME_PREFIX}%07d', i), randomblob(61),
         CASE WHEN i % 100 = 0 THEN '["beta"]' ELSE '["site=' || (i % 20) || '"]' END, i % 5000 <> 0, 1, 2,
         CASE WHEN i % 1000 < 900 THEN 10 WHEN i % 1000 < 980 THEN 9 WHEN i % 1000 < 999 THEN 8 ELSE 0 END, 3,
         CASE WHEN i % 1000 < 900 THEN 10 WHEN i % 1000 < 980 THEN 9 WHEN i % 1000 < 999 THEN 8 ELSE 0 END, 3
       FROM unit`,
    )
    .run(MILLION.devices, productId);
  database.exec(`INSERT INTO device_tag (product_id, tag, device_name, device_id)
    SELECT d.product_id, t.value, d.device_name, d.id FROM device d, json_each(d.tags) t ORDER BY t.value, d.device_name`);
}

function insertRollout(database: DatabaseSync, productId: number, version: number): void {
  const { lastInsertRowid: rolloutId } = database
    .prepare(
      `INSERT INTO rollout (product_id, version, content_id, state, done_when, attempt_timeout_ms, generation, is_reopening,
         device_id_max, expanded_to, is_expanded, device_total, online_at_start, started_ms, deadline_ms, first_reached_ms,
         created_at, created_by, note, deadline_at, ended_at, open_count)
       SELECT product_id, number, content_id, 'completed', 'applied', 60000, 1, 0, ?, ?, 1, ?, ?, 0, 1, 0, 1, 'admin', '', 2, 3, 0
       FROM version WHERE product_id = ? AND number = ?`,
    )
    .run(MILLION.devices, MILLION.devices, MILLION.devices, MILLION.devices, productId, version);
  database
    .prepare(
      `INSERT INTO delivery (rollout_id, device_id, wave, version, content_id, state, is_open, attempt, timeouts, generation, code,
         message, sent_at, received_at, downloaded_at, applied_at, ended_at)
       SELECT r.id, d.id, 1, r.version, r.content_id, d.state, 0, 1, 0, 1, CASE d.state WHEN 'failed' THEN 100011 END,
         CASE d.state WHEN 'failed' THEN 'the boiler bears 60 °C' END, 4, 5, 6, 7, 8
       FROM rollout r, (SELECT id, ${ENDINGS} AS state FROM (SELECT id, (id + ?) % 1000 AS n FROM device WHERE product_id = ?) ORDER BY id) d
       WHERE r.id = ?`,
    )
    .run(version * 7, productId, Number(rolloutId));
  database
    .prepare(
      `INSERT INTO rollout_counter (rollout_id, wave, state, device_count)
       SELECT rollout_id, wave, state, count(*) FROM delivery WHERE rollout_id = ? GROUP BY state`,
    )
    .run(Number(rolloutId));
}

function updateCounts(database: DatabaseSync, productId: number): void {
  database.prepare('DELETE FROM version_usage WHERE product_id = ?').run(productId);
  database
    .prepare(
      `INSERT INTO version_usage (product_id, version, device_count)
       SELECT product_id, downloaded_version, count(*) FROM device WHERE product_id = ? AND downloaded_version > 0 GROUP BY downloaded_version`,
    )
    .run(productId);
  database
    .prepare(
      `UPDATE product SET rolled_out_version = ?, device_count = (SELECT count(*) FROM device WHERE product_id = product.id) WHERE id = ?`,
    )
    .run(MILLION.rollouts, productId);
}

/**
 * As if all but one device in two hundred were connected to the server that runs on this store. It is written
 * beside the server, as the same replica that holds the sessions of devices that really are.
 */
export function connectNearlyAll(path: string, productKey: string): number {
  using database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  const productId = numberOf(database, 'SELECT id AS n FROM product WHERE product_key = ?', productKey);
  const replica = String(database.prepare('SELECT replica FROM session LIMIT 1').get()?.replica);
  const insert = database.prepare(
    `INSERT INTO session (device_id, product_id, device_name, replica, remote_address, opened_at)
     SELECT id, product_id, device_name, ?, '192.0.2.1', 9 FROM device
     WHERE product_id = ? AND id > ? AND id <= ? AND id % 200 <> 0 ON CONFLICT (device_id) DO NOTHING`,
  );
  const last = numberOf(database, 'SELECT max(id) AS n FROM device WHERE product_id = ?', productId);
  for (let from = 0; from < last; from += SESSIONS_AT_ONCE)
    insert.run(replica, productId, from, from + SESSIONS_AT_ONCE);
  database.exec('UPDATE device SET is_online = 1 WHERE id IN (SELECT device_id FROM session)');
  database
    .prepare(
      'UPDATE product SET online_count = (SELECT count(*) FROM session WHERE product_id = product.id) WHERE id = ?',
    )
    .run(productId);
  return numberOf(database, 'SELECT count(*) AS n FROM session WHERE product_id = ?', productId);
}
