import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextStep } from '../../src/pages/product/next-step.ts';

type Standing = Parameters<typeof nextStep>[0];

const ROLLOUT: NonNullable<Standing['latestRollout']> = {
  id: 7,
  version: 3,
  state: 'completed',
  pauseReason: null,
  outcome: 'succeeded',
  deviceTotal: 10,
  open: 0,
  failed: 0,
  createdAt: '2026-01-01T00:00:00Z',
  endedAt: null,
};
const DONE: Standing = {
  enabled: true,
  deviceCount: 10,
  latestVersion: 3,
  rolledOutVersion: 3,
  latestRollout: ROLLOUT,
};
const stepOf = (change: Partial<Standing>, hasDraft = false) =>
  nextStep({ ...DONE, ...change }, hasDraft).kind;

describe('the next step of a product', () => {
  it('is to write, then to save, while there is no version', () => {
    const nothing = {
      latestVersion: 0,
      rolledOutVersion: 0,
      latestRollout: null,
      deviceCount: 0,
      enabled: false,
    };
    assert.equal(stepOf(nothing), 'write');
    assert.equal(stepOf(nothing, true), 'save');
  });

  it('is to add a device before the switch matters', () => {
    assert.equal(stepOf({ deviceCount: 0, enabled: false }), 'addDevice');
    assert.equal(stepOf({ enabled: false, rolledOutVersion: 0, latestRollout: null }), 'switchOn');
  });

  it('is to push what is saved, also while an older version is still on its way', () => {
    const running = { ...ROLLOUT, version: 2, state: 'running' as const };
    assert.deepEqual(nextStep({ ...DONE, rolledOutVersion: 2, latestRollout: running }, false), {
      kind: 'push',
      version: 3,
    });
  });

  it('is to look at a rollout that stands still before anything new is pushed', () => {
    const paused = { ...ROLLOUT, version: 2, state: 'paused' as const };
    assert.equal(stepOf({ rolledOutVersion: 2, latestRollout: paused }), 'resume');
  });

  it('is to watch, then to look at failures, then nothing', () => {
    assert.equal(stepOf({ latestRollout: { ...ROLLOUT, state: 'running', failed: 1 } }), 'watch');
    assert.equal(stepOf({ latestRollout: { ...ROLLOUT, failed: 1 } }), 'failures');
    assert.equal(stepOf({}), 'edit');
  });
});
