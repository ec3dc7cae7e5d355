import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { devicesByVersion, gatesOf, pushBody } from '../../src/pages/rollouts/push-gates.ts';

const NOW_MS = Date.parse('2026-03-01T10:00:00Z');
const open = {
  mayPush: true,
  version: 3,
  rolledOutVersion: 2,
  isEnabled: true,
  nextAllowedAt: null,
  nowMs: NOW_MS,
};
const kinds = (change: Partial<Omit<typeof open, 'nextAllowedAt'>> & { nextAllowedAt?: string | null }) =>
  gatesOf({ ...open, ...change }).map(({ kind }) => kind);

describe('the gates before a push', () => {
  it('are open for an allowed person, a rising version, the switch on and no cool-down', () => {
    assert.deepEqual(kinds({}), []);
    assert.deepEqual(kinds({ rolledOutVersion: 3 }), [], 'the same version may be pushed again');
  });

  it('are all named, what cannot be waited for first', () => {
    const closed = {
      mayPush: false,
      rolledOutVersion: 4,
      isEnabled: false,
      nextAllowedAt: '2026-03-01T10:00:01Z',
    };
    assert.deepEqual(kinds(closed), ['right', 'lower', 'switch-off', 'cool-down']);
  });

  it('count the cool-down down to its end', () => {
    const nextAllowedAt = '2026-03-01T10:05:00Z';
    assert.deepEqual(gatesOf({ ...open, nextAllowedAt }), [
      { kind: 'cool-down', nextAllowedAt, leftMs: 300_000 },
    ]);
    assert.deepEqual(gatesOf({ ...open, nextAllowedAt, nowMs: NOW_MS + 300_000 }), []);
  });
});

describe('the request of a push', () => {
  it('leaves out what was not chosen', () => {
    assert.deepEqual(pushBody(3, { note: ' ', deadlineHours: null, attemptTimeoutSeconds: null }), {
      version: 3,
    });
    assert.deepEqual(pushBody(3, { note: ' winter ', deadlineHours: 1.5, attemptTimeoutSeconds: 30 }), {
      version: 3,
      note: 'winter',
      deadlineSeconds: 5_400,
      attemptTimeoutSeconds: 30,
    });
  });
});

describe('what devices run', () => {
  it('adds up to all devices, the most common first', () => {
    const usage = [
      { version: 2, deviceCount: 5 },
      { version: 0, deviceCount: 1 },
      { version: 1, deviceCount: 9 },
    ];
    assert.deepEqual(devicesByVersion({ deviceCount: 20, usage }), [
      { version: 1, deviceCount: 9 },
      { version: 0, deviceCount: 6 },
      { version: 2, deviceCount: 5 },
    ]);
  });
});
