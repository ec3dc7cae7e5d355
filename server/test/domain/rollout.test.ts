import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DELIVERY_STATES, type DeliveryState } from '../../src/domain/delivery.ts';
import {
  type DeliveryCounts,
  isActive,
  outcomeOf,
  ROLLOUT_ACTIONS,
  ROLLOUT_STATES,
} from '../../src/domain/rollout.ts';

function countsOf(changes: Partial<DeliveryCounts>): DeliveryCounts {
  const none = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as DeliveryCounts;
  return { ...none, ...changes };
}

test('an active rollout is open, whatever its deliveries say', () => {
  for (const state of ['running', 'paused'] as const)
    assert.equal(outcomeOf({ state }, countsOf({ failed: 3, applied: 1 })), 'open');
});

test('a completed rollout succeeded when no device was missed', () => {
  const missed: readonly DeliveryState[] = ['failed', 'reverted', 'timedOut', 'unreached', 'cancelled'];
  for (const state of DELIVERY_STATES) {
    const outcome = outcomeOf({ state: 'completed' }, countsOf({ applied: 9, [state]: 1 }));
    assert.equal(outcome, missed.includes(state) ? 'incomplete' : 'succeeded', state);
  }
});

test('a completed rollout without devices succeeded', () => {
  assert.equal(outcomeOf({ state: 'completed' }, countsOf({})), 'succeeded');
});

test('a rollout that was stopped is incomplete, also when every device had it', () => {
  for (const state of ['cancelled', 'superseded'] as const)
    assert.equal(outcomeOf({ state }, countsOf({ applied: 9 })), 'incomplete');
});

test('every state has its actions: an ended one can only be retried, and only when it was completed', () => {
  assert.deepEqual(Object.keys(ROLLOUT_ACTIONS), [...ROLLOUT_STATES]);
  for (const state of ROLLOUT_STATES) {
    const actions = ROLLOUT_ACTIONS[state];
    assert.equal(actions.includes('cancel'), isActive({ state }));
    assert.equal(actions.includes('pause'), state === 'running');
    assert.equal(actions.includes('resume'), state === 'paused');
    assert.equal(actions.includes('retry-failed'), isActive({ state }) || state === 'completed');
  }
});
