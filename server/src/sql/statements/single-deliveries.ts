/** Deliveries looked at one by one: of the devices on a page, and one that somebody wants sent again. */
import type { Instant } from '../../domain/clock.ts';
import type { DeliveryState } from '../../domain/delivery.ts';
import { inChunks, marks, number, type Sql, text } from '../sql.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryRow,
  deliveryChanges,
  loadPolicies,
  toDeliveryRow,
} from './delivery-rows.ts';

export async function findDelivery(
  sql: Sql,
  rolloutId: number,
  deviceId: number,
): Promise<DeliveryRow | undefined> {
  const row = await sql.one(
    `SELECT ${DELIVERY_COLUMNS} FROM delivery WHERE device_id = ? AND rollout_id = ?`,
    [deviceId, rolloutId],
  );
  return row === undefined ? undefined : toDeliveryRow(row);
}

export async function findStates(
  sql: Sql,
  rolloutId: number,
  deviceIds: readonly number[],
): Promise<Map<number, DeliveryState>> {
  const states = new Map<number, DeliveryState>();
  await inChunks(deviceIds, async (chunk) => {
    const rows = await sql.all(
      `SELECT device_id, state FROM delivery WHERE device_id IN (${marks(chunk.length)}) AND rollout_id = ?`,
      [...chunk, rolloutId],
    );
    // Written from the domain's own literals.
    for (const row of rows) states.set(number(row, 'device_id'), text(row, 'state') as DeliveryState);
  });
  return states;
}

export async function sendAgain(sql: Sql, id: number, now: Instant): Promise<void> {
  const found = await sql.one(
    `SELECT ${DELIVERY_COLUMNS}, (SELECT generation FROM rollout WHERE rollout.id = rollout_id) AS rollout_generation,
       (SELECT s.replica FROM session s WHERE s.device_id = delivery.device_id) AS session_replica
     FROM delivery WHERE id = ? AND rollout_id IN (SELECT r.id FROM rollout r WHERE r.state IN ('running', 'paused'))`,
    [id],
  );
  if (found === undefined) return;
  const delivery = toDeliveryRow(found);
  const replica = found.session_replica == null ? null : text(found, 'session_replica');
  const changes = deliveryChanges(sql, await loadPolicies(sql, [delivery]), now);
  changes.add([delivery]);
  changes.setReplica(id, replica);
  if (delivery.state !== 'pending') {
    const generation = number(found, 'rollout_generation');
    changes.apply(id, { kind: 'retried', generation, isOnline: replica !== null });
  } else if (replica !== null && (delivery.dueMs === null || delivery.dueMs > now.serviceMs)) {
    // Due at once, as if the device had just come.
    changes.apply(id, { kind: 'connected' });
  }
  await changes.flush();
}
