import type { Instant } from '../../domain/clock.ts';
import type { PeopleStore, StepUpRow } from '../../domain/store-port.ts';
import { number, numberOrNull, type Row, type Sql, text, textOrNull } from '../sql.ts';

const COLUMNS = `id, account_id, session_id, channel, binding, code_hash, attempts_left, expires_at, expires_ms, verified_until_at,
  verified_until_ms, created_at`;

export function stepUpStatements(sql: Sql) {
  return {
    async createStepUp(row) {
      await sql.run(
        `INSERT INTO step_up (id, account_id, session_id, channel, binding, code_hash, attempts_left, expires_at, expires_ms, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          row.id,
          row.accountId,
          row.sessionId,
          row.channel,
          row.binding,
          row.codeHash,
          row.attemptsLeft,
          row.expiresAt,
          row.expiresMs,
          row.createdAt,
        ],
      );
    },
    async findStepUp(id) {
      const row = await sql.one(`SELECT ${COLUMNS} FROM step_up WHERE id = ?`, [id]);
      return row === undefined ? undefined : toStepUp(row);
    },
    async takeStepUpAttempt(id) {
      return (
        (await sql.run(
          'UPDATE step_up SET attempts_left = attempts_left - 1 WHERE id = ? AND attempts_left > 0',
          [id],
        )) === 1
      );
    },
    async verifyStepUp(id, until) {
      // The code is spent: it is never compared again.
      await sql.run(
        'UPDATE step_up SET verified_until_at = ?, verified_until_ms = ?, attempts_left = 0, code_hash = NULL WHERE id = ?',
        [until.at, until.ms, id],
      );
    },
    async listVerifiedStepUps(sessionId) {
      const rows = await sql.all(
        `SELECT ${COLUMNS} FROM step_up WHERE session_id = ? AND verified_until_at IS NOT NULL ORDER BY created_at DESC LIMIT 50`,
        [sessionId],
      );
      return rows.map(toStepUp);
    },
    async throttle(name, windowMs, now) {
      const row = await sql.one(
        `INSERT INTO throttle (name, count, window_ends_ms) VALUES (?, 1, ?)
         ON CONFLICT (name) DO UPDATE SET
           count = CASE WHEN throttle.window_ends_ms <= ? THEN 1 ELSE throttle.count + 1 END,
           window_ends_ms = CASE WHEN throttle.window_ends_ms <= ? THEN excluded.window_ends_ms ELSE throttle.window_ends_ms END
         RETURNING count, window_ends_ms`,
        [name, now.serviceMs + windowMs, now.serviceMs, now.serviceMs],
      );
      return { count: number(row!, 'count'), endsMs: number(row!, 'window_ends_ms') };
    },
    async findThrottle(name, now: Instant) {
      const row = await sql.one(
        'SELECT count, window_ends_ms FROM throttle WHERE name = ? AND window_ends_ms > ?',
        [name, now.serviceMs],
      );
      return row === undefined
        ? { count: 0, endsMs: now.serviceMs }
        : { count: number(row, 'count'), endsMs: number(row, 'window_ends_ms') };
    },
    async resetThrottle(name) {
      await sql.run('DELETE FROM throttle WHERE name = ?', [name]);
    },
  } satisfies Partial<PeopleStore>;
}

function toStepUp(row: Row): StepUpRow {
  return {
    id: text(row, 'id'),
    accountId: number(row, 'account_id'),
    sessionId: text(row, 'session_id'),
    // Written from the domain's own literals.
    channel: text(row, 'channel') as StepUpRow['channel'],
    binding: text(row, 'binding'),
    codeHash: textOrNull(row, 'code_hash'),
    attemptsLeft: number(row, 'attempts_left'),
    expiresAt: number(row, 'expires_at'),
    expiresMs: number(row, 'expires_ms'),
    verifiedUntilAt: numberOrNull(row, 'verified_until_at'),
    verifiedUntilMs: numberOrNull(row, 'verified_until_ms'),
    createdAt: number(row, 'created_at'),
  };
}
