import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readReason } from '../../src/pages/rollouts/reason.ts';

describe('the reason of a rollout', () => {
  it('is taken apart in every form that the planner has', () => {
    assert.deepEqual(readReason('paused by an operator'), { kind: 'pausedByPerson' });
    assert.deepEqual(readReason('paused: remote configuration of the product is off'), { kind: 'switchOff' });
    assert.deepEqual(
      readReason('paused: remote configuration was turned off; resume it when it is on again'),
      { kind: 'switchWasOff' },
    );
    assert.deepEqual(readReason('preparing deliveries, devices: 12'), { kind: 'preparing', count: 12 });
    assert.deepEqual(readReason('nothing is open'), { kind: 'nothingOpen' });
    assert.deepEqual(
      readReason(
        'waiting for devices: 4 to connect or to be handed over, 3 to acknowledge, 2 to download, 1 to confirm',
      ),
      {
        kind: 'waiting',
        steps: [
          { step: 'handOver', count: 4 },
          { step: 'acknowledge', count: 3 },
          { step: 'download', count: 2 },
          { step: 'confirm', count: 1 },
        ],
      },
    );
    assert.deepEqual(readReason('completed, incomplete'), {
      kind: 'ended',
      state: 'completed',
      outcome: 'incomplete',
    });
  });

  it('is kept as it is when it is new', () => {
    for (const text of [
      'waiting for devices: 3 to connect or to be handed over, 2 to dance',
      'held: 4 % failed, limit 2 %',
      'completed, splendid',
    ])
      assert.deepEqual(readReason(text), { kind: 'unknown', text });
  });
});
