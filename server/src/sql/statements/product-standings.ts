/** How far the rollouts of many products are: kept counts only, and the same few statements for one or fifty. */
import { DELIVERY_STATES, type DeliveryState } from '../../domain/delivery.ts';
import type { ProductStanding } from '../../domain/product.ts';
import {
  countFailed,
  type DeliveryCounts,
  outcomeOf,
  type PauseReason,
  type RolloutState,
} from '../../domain/rollout.ts';
import { inChunks, marks, number, numberOrNull, type Row, type Sql, text, textOrNull } from '../sql.ts';

const NOTHING = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as DeliveryCounts;

export async function listStandings(
  sql: Sql,
  productIds: readonly number[],
): Promise<Map<number, ProductStanding>> {
  const standings = new Map<number, ProductStanding>();
  await inChunks(productIds, async (chunk) => {
    const rows = await sql.all(
      `SELECT p.id AS product_id, coalesce(u.device_count, 0) AS on_rolled_out, r.id, r.version, r.state, r.pause_reason,
         r.device_total, r.open_count, r.created_at, r.ended_at
       FROM product p
         LEFT JOIN version_usage u ON u.product_id = p.id AND u.version = p.rolled_out_version
         LEFT JOIN rollout r ON r.id = (SELECT max(n.id) FROM rollout n WHERE n.product_id = p.id)
       WHERE p.id IN (${marks(chunk.length)})`,
      chunk,
    );
    const rolloutIds = rows.filter((row) => row.id != null).map((row) => number(row, 'id'));
    const counts = await countDeliveries(sql, rolloutIds);
    for (const row of rows) standings.set(number(row, 'product_id'), toStanding(row, counts));
  });
  return standings;
}

/** Without deliveries that are not written yet: those are all pending, which nobody asks for here. */
async function countDeliveries(
  sql: Sql,
  rolloutIds: readonly number[],
): Promise<Map<number, DeliveryCounts>> {
  const counts = new Map<number, DeliveryCounts>();
  if (rolloutIds.length === 0) return counts;
  const rows = await sql.all(
    `SELECT rollout_id, state, sum(device_count) AS device_count FROM rollout_counter
     WHERE rollout_id IN (${marks(rolloutIds.length)}) GROUP BY rollout_id, state`,
    rolloutIds,
  );
  for (const row of rows) {
    const id = number(row, 'rollout_id');
    // Written from the domain's own literals.
    const state = text(row, 'state') as DeliveryState;
    counts.set(id, { ...(counts.get(id) ?? NOTHING), [state]: number(row, 'device_count') });
  }
  return counts;
}

function toStanding(row: Row, countsOf: ReadonlyMap<number, DeliveryCounts>): ProductStanding {
  const onRolledOutVersion = number(row, 'on_rolled_out');
  const id = numberOrNull(row, 'id');
  if (id === null) return { onRolledOutVersion, latestRollout: null };
  const counts = countsOf.get(id) ?? NOTHING;
  // Both were written from the domain's own literals.
  const state = text(row, 'state') as RolloutState;
  const pauseReason = textOrNull(row, 'pause_reason') as PauseReason | null;
  return {
    onRolledOutVersion,
    latestRollout: {
      id,
      version: number(row, 'version'),
      state,
      pauseReason,
      outcome: outcomeOf({ state }, counts),
      deviceTotal: number(row, 'device_total'),
      openCount: number(row, 'open_count'),
      failedCount: countFailed(counts),
      createdAt: number(row, 'created_at'),
      endedAt: numberOrNull(row, 'ended_at'),
    },
  };
}
