import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type LastPush, nextPushAllowedMs } from '../../src/domain/cool-down.ts';
import { PUSH_SETTLE_MS } from '../../src/domain/limits.ts';

const ms = fc.nat(10_000_000);

test('without a push before, a push is allowed at once', () => {
  assert.equal(nextPushAllowedMs({ reachedMs: null, unreached: null }, 3_600), 0);
});

test('a push that reached a device holds the next one for the whole cool-down', () => {
  assert.equal(nextPushAllowedMs({ reachedMs: 5_000, unreached: null }, 3_600), 3_605_000);
});

test('without a cool-down nothing holds a push, not even a device that is reached this moment', () => {
  assert.equal(nextPushAllowedMs({ reachedMs: 5_000, unreached: null }, 0), 0);
  assert.equal(
    nextPushAllowedMs({ reachedMs: null, unreached: { startedMs: 5_000, onlineAtStart: 9 } }, 0),
    0,
  );
});

test('a push on its way to connected devices holds the next one until it may have settled', () => {
  const unreached = { startedMs: 9_000, onlineAtStart: 1 };
  assert.equal(nextPushAllowedMs({ reachedMs: null, unreached }, 3_600), 9_000 + PUSH_SETTLE_MS);
  assert.equal(
    nextPushAllowedMs({ reachedMs: null, unreached }, 10),
    19_000,
    'never longer than the cool-down',
  );
});

test('a push with nobody to reach holds nothing', () => {
  const unreached = { startedMs: 9_000, onlineAtStart: 0 };
  assert.equal(nextPushAllowedMs({ reachedMs: null, unreached }, 3_600), 0);
});

const lastPush: fc.Arbitrary<LastPush> = fc.record({
  reachedMs: fc.option(ms),
  unreached: fc.option(fc.record({ startedMs: ms, onlineAtStart: fc.nat(3) })),
});

test('a longer cool-down never allows a push earlier, and none holds one beyond its length', () => {
  fc.assert(
    fc.property(lastPush, fc.nat(604_800), fc.nat(604_800), (last, one, more) => {
      const allowedMs = nextPushAllowedMs(last, one);
      assert.ok(nextPushAllowedMs(last, one + more) >= allowedMs);
      const latest = Math.max(last.reachedMs ?? 0, last.unreached?.startedMs ?? 0);
      assert.ok(allowedMs <= latest + one * 1_000);
      if (last.reachedMs !== null && one > 0) assert.ok(allowedMs >= last.reachedMs + one * 1_000);
    }),
  );
});

test('of two pushes at the same moment on a product with connected devices only one is allowed', () => {
  fc.assert(
    fc.property(ms, fc.integer({ min: 1, max: 604_800 }), (nowMs, coolDownSeconds) => {
      const first = { reachedMs: null, unreached: { startedMs: nowMs, onlineAtStart: 1 } };
      assert.ok(nextPushAllowedMs(first, coolDownSeconds) > nowMs);
    }),
  );
});
