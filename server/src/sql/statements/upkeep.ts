import { IDEMPOTENCY_LIFETIME_MS, SESSION_IDLE_MS, SESSION_LIFETIME_MS } from '../../domain/limits.ts';
import type { UpkeepStore } from '../../domain/store-port.ts';
import { type Sql, text } from '../sql.ts';

export function upkeepStore(sql: Sql): UpkeepStore {
  return {
    async findIdempotent(actor, key) {
      const row = await sql.one(
        'SELECT request_sha256, reference FROM idempotency WHERE actor = ? AND key = ?',
        [actor, key],
      );
      if (row === undefined) return undefined;
      return { requestSha256: text(row, 'request_sha256'), reference: text(row, 'reference') };
    },
    async putIdempotent(actor, key, { requestSha256, reference, createdAt }) {
      await sql.run(
        'INSERT INTO idempotency (actor, key, request_sha256, reference, created_at) VALUES (?, ?, ?, ?, ?)',
        [actor, key, requestSha256, reference, createdAt],
      );
    },
    async findMeta(name) {
      const row = await sql.one('SELECT value FROM meta WHERE name = ?', [name]);
      return row === undefined ? undefined : text(row, 'value');
    },
    async putMeta(name, value) {
      await sql.run(
        'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        [name, value],
      );
    },
    async beat(replica, now) {
      await sql.run(
        `INSERT INTO replica (id, started_at, beat_ms) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET beat_ms = excluded.beat_ms`,
        [replica, now.wallMs, now.serviceMs],
      );
    },
    async sweep(now, limit) {
      const expired = (table: string, key: string, condition: string) =>
        `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${condition} LIMIT ?)`;
      await sql.run(expired('web_session', 'id', 'used_at < ? OR created_at < ?'), [
        now.wallMs - SESSION_IDLE_MS,
        now.wallMs - SESSION_LIFETIME_MS,
        limit,
      ]);
      await sql.run(expired('step_up', 'id', 'expires_at < ? AND coalesce(verified_until_at, 0) < ?'), [
        now.wallMs,
        now.wallMs,
        limit,
      ]);
      await sql.run(expired('trusted_browser', 'token_sha256', 'expires_at < ?'), [now.wallMs, limit]);
      await sql.run(expired('throttle', 'name', 'window_ends_ms < ?'), [now.serviceMs, limit]);
      await sql.run(
        'DELETE FROM idempotency WHERE (actor, key) IN (SELECT actor, key FROM idempotency WHERE created_at < ? LIMIT ?)',
        [now.wallMs - IDEMPOTENCY_LIFETIME_MS, limit],
      );
    },
  };
}
