import type { Instant } from '../../domain/clock.ts';
import type { Presence } from '../../domain/device.ts';
import type { SessionStore } from '../../domain/store-port.ts';
import { bit, inChunks, marks, number, type Sql, type SqlValue, text } from '../sql.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryRow,
  deliveryChanges,
  loadPolicies,
  toDeliveryRow,
} from './delivery-rows.ts';

export function sessionStore(sql: Sql): SessionStore {
  return {
    record: (batch, replica, now) => record(sql, batch, replica, now),
    async endStale(liveReplica, limit, now) {
      const rows = await sql.all(
        'SELECT device_id, product_id, device_name, replica FROM session WHERE replica < ? OR replica > ? LIMIT ?',
        [liveReplica, liveReplica, limit],
      );
      for (const [replica, group] of Map.groupBy(rows, (row) => text(row, 'replica'))) {
        const batch = group.map(
          (row): Presence => ({
            deviceId: number(row, 'device_id'),
            productId: number(row, 'product_id'),
            deviceName: text(row, 'device_name'),
            isOnline: false,
            remoteAddress: '',
            at: now.wallMs,
          }),
        );
        await record(sql, batch, replica, now);
      }
      return rows.length;
    },
  };
}

async function record(sql: Sql, batch: readonly Presence[], replica: string, now: Instant): Promise<void> {
  const latest = new Map(batch.map((presence) => [presence.deviceId, presence]));
  const known = await findDevices(sql, [...latest.keys()]);
  const online = new Map<number, number>();
  const moved: Presence[] = [];
  for (const presence of latest.values()) {
    const holder = known.get(presence.deviceId);
    // Deleted meanwhile, or gone from here because another replica holds it now.
    if (holder === undefined || (!presence.isOnline && holder !== replica)) continue;
    moved.push(presence);
    const by = Number(presence.isOnline) - Number(holder !== null);
    online.set(presence.productId, (online.get(presence.productId) ?? 0) + by);
  }
  await writeSessions(sql, moved, replica);
  await moveDeliveries(sql, moved, replica, now);
  for (const [productId, by] of online) {
    if (by !== 0)
      await sql.run('UPDATE product SET online_count = online_count + ? WHERE id = ?', [by, productId]);
  }
}

/** Which of the devices exist, and which replica holds each (null: none). */
async function findDevices(sql: Sql, ids: readonly number[]): Promise<Map<number, string | null>> {
  const known = new Map<number, string | null>();
  await inChunks(ids, async (chunk) => {
    const rows = await sql.all(
      `SELECT d.id, s.replica FROM device d LEFT JOIN session s ON s.device_id = d.id WHERE d.id IN (${marks(chunk.length)})`,
      chunk,
    );
    for (const row of rows) known.set(number(row, 'id'), row.replica === null ? null : text(row, 'replica'));
  });
  return known;
}

async function writeSessions(sql: Sql, moved: readonly Presence[], replica: string): Promise<void> {
  await inChunks(
    moved.filter((presence) => presence.isOnline),
    async (chunk) => {
      const values: SqlValue[] = chunk.flatMap((each) => [
        each.deviceId,
        each.productId,
        each.deviceName,
        replica,
        each.remoteAddress,
        each.at,
      ]);
      await sql.run(
        `INSERT INTO session (device_id, product_id, device_name, replica, remote_address, opened_at)
       VALUES ${new Array(chunk.length).fill(`(${marks(6)})`).join(', ')}
       ON CONFLICT (device_id) DO UPDATE SET replica = excluded.replica, remote_address = excluded.remote_address, opened_at = excluded.opened_at`,
        values,
      );
    },
  );
  await inChunks(
    moved.filter((presence) => !presence.isOnline),
    async (chunk) => {
      await sql.run(
        `DELETE FROM session WHERE device_id IN (${marks(chunk.length)})`,
        chunk.map((each) => each.deviceId),
      );
    },
  );
  await inChunks(moved, async (chunk) => {
    await sql.run(
      `WITH seen (id, is_online, at) AS (VALUES ${new Array(chunk.length).fill('(?, ?, ?)').join(', ')})
       UPDATE device SET is_online = seen.is_online, last_seen_at = seen.at FROM seen WHERE device.id = seen.id`,
      chunk.flatMap((each) => [each.deviceId, bit(each.isOnline), each.at]),
    );
  });
}

async function moveDeliveries(
  sql: Sql,
  moved: readonly Presence[],
  replica: string,
  now: Instant,
): Promise<void> {
  const rows: DeliveryRow[] = [];
  await inChunks(moved, async (chunk) => {
    const found = await sql.all(
      `SELECT ${DELIVERY_COLUMNS} FROM delivery WHERE device_id IN (${marks(chunk.length)}) AND is_open = 1`,
      chunk.map((each) => each.deviceId),
    );
    for (const row of found) rows.push(toDeliveryRow(row));
  });
  if (rows.length === 0) return;
  const isOnline = new Map(moved.map((each) => [each.deviceId, each.isOnline]));
  const changes = deliveryChanges(sql, await loadPolicies(sql, rows), now);
  changes.add(rows);
  for (const { id, deviceId } of rows) {
    changes.setReplica(id, isOnline.get(deviceId) ? replica : null);
    changes.apply(id, { kind: isOnline.get(deviceId) ? 'connected' : 'disconnected' });
  }
  await changes.flush();
}
