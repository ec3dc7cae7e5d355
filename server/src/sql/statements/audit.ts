import type { AuditEntry, AuditStore } from '../../domain/store-port.ts';
import { json, number, type Row, type Sql, type SqlValue, text, textOrNull } from '../sql.ts';

export function auditStore(sql: Sql): AuditStore {
  return {
    async append(entry) {
      await sql.run(
        'INSERT INTO audit (at, actor, remote_address, action, outcome, product_key, target, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        [
          entry.at,
          entry.actor,
          entry.remoteAddress,
          entry.action,
          entry.outcome,
          entry.productKey,
          entry.target,
          JSON.stringify(entry.detail),
        ],
      );
    },
    async list(filter, { after, limit }) {
      const conditions = ['id < ?'];
      const values: SqlValue[] = [after ?? Number.MAX_SAFE_INTEGER];
      const filters = { product_key: filter.productKey, actor: filter.actor, action: filter.action };
      for (const [column, value] of Object.entries(filters)) {
        if (value === undefined) continue;
        conditions.push(`${column} = ?`);
        values.push(value);
      }
      const rows = await sql.all(
        `SELECT id, at, actor, remote_address, action, outcome, product_key, target, detail FROM audit
         WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ?`,
        [...values, limit],
      );
      return rows.map(toEntry);
    },
  };
}

function toEntry(row: Row): AuditEntry & { id: number } {
  return {
    id: number(row, 'id'),
    at: number(row, 'at'),
    actor: text(row, 'actor'),
    remoteAddress: text(row, 'remote_address'),
    action: text(row, 'action'),
    outcome: text(row, 'outcome') === 'ok' ? 'ok' : 'refused',
    productKey: textOrNull(row, 'product_key'),
    target: text(row, 'target'),
    // Written by append from an object.
    detail: json(row, 'detail') as Record<string, unknown>,
  };
}
