/** What must hold of a fleet after every step. */
import assert from 'node:assert/strict';
import { DELIVERY_STATES, type DeliveryState, RETRYABLE_STATES } from '../../src/domain/delivery.ts';
import { isActive, type Rollout } from '../../src/domain/rollout.ts';
import type { DeliveryView } from '../../src/domain/store-port.ts';
import { findProduct, findRollout } from '../conformance/store-bench.ts';
import type { Fleet } from './fleet.ts';

const FINAL: readonly DeliveryState[] = ['applied', 'cancelled', 'superseded'];
const RETRYABLE: readonly DeliveryState[] = RETRYABLE_STATES;
const ALL = { after: undefined, limit: 1_000 };

export async function checkFleet(fleet: Fleet): Promise<void> {
  const { deviceCount, onlineCount } = await findProduct(fleet.store, fleet.product);
  assert.deepEqual([deviceCount, onlineCount], [fleet.devices.length, fleet.online.size]);
  const active: number[] = [];
  for (const { id } of fleet.rollouts) {
    const rollout = await findRollout(fleet.store, id);
    if (isActive(rollout)) active.push(id);
    await checkCounts(fleet, rollout);
  }
  assert.ok(active.length === 0 || active.length === 1, 'one rollout of a product is active at most');
  assert.ok(
    active.every((id) => id === fleet.rollouts.at(-1)?.id),
    'and that is the newest',
  );
  checkClaims(fleet);
}

async function checkCounts(fleet: Fleet, rollout: Rollout): Promise<void> {
  const deliveries = await fleet.store.read((tx) => tx.deliveries.list(rollout.id, undefined, ALL));
  const { counts, openCount } = await fleet.store.read((tx) => tx.rollouts.findProgress(rollout.id));
  assert.equal(openCount, deliveries.filter((delivery) => delivery.isOpen).length, 'open count');
  const unwritten = rollout.isExpanded ? 0 : rollout.deviceTotal - deliveries.length;
  for (const state of DELIVERY_STATES) {
    const written = deliveries.filter((delivery) => delivery.state === state).length;
    assert.equal(counts[state], written + (state === 'pending' ? unwritten : 0), state);
  }
  const sum = Object.values(counts).reduce((a, b) => a + b, 0);
  assert.equal(sum, rollout.deviceTotal, 'the counts add up to the total');
  assert.equal(new Set(deliveries.map((delivery) => delivery.deviceId)).size, deliveries.length);
  for (const delivery of deliveries) checkStep(fleet, delivery);
}

/** A delivery against what it was a step ago. */
function checkStep(fleet: Fleet, after: DeliveryView): void {
  const before = fleet.before.get(after.id);
  fleet.before.set(after.id, after);
  if (before === undefined) return;
  assert.ok(after.attempt >= before.attempt, 'the attempt never falls');
  if (FINAL.includes(before.state)) assert.equal(after.state, before.state);
  if (RETRYABLE.includes(before.state) && after.generation === before.generation)
    assert.equal(after.state, before.state, 'what failed changes by a retry only');
  if (after.generation !== before.generation) assert.ok(fleet.retried, 'nothing retries by itself');
  if (!before.isOpen && after.isOpen) assert.ok(after.generation > before.generation);
}

function checkClaims({ handed }: Fleet): void {
  const attempts = new Set(handed.map((each) => `${each.id}/${each.attempt}`));
  assert.equal(attempts.size, handed.length, 'no attempt is handed over twice');
}

/** Nothing is at work any more: all rollouts have ended, and so has every delivery of theirs. */
export async function checkTheEnd(fleet: Fleet): Promise<void> {
  for (const { id, doneWhen } of fleet.rollouts) {
    const rollout = await findRollout(fleet.store, id);
    assert.equal(isActive(rollout), false);
    assert.ok(rollout.isExpanded);
    for (const delivery of await fleet.store.read((tx) => tx.deliveries.list(id, undefined, ALL))) {
      assert.equal(delivery.isOpen, false);
      const isEnd = FINAL.includes(delivery.state) || RETRYABLE.includes(delivery.state);
      assert.ok(isEnd || (delivery.state === 'downloaded' && doneWhen === 'downloaded'), delivery.state);
    }
  }
}
