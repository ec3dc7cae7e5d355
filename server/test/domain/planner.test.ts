/** What a rollout does next, in every situation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DELIVERY_STATES } from '../../src/domain/delivery.ts';
import { type Decision, type PlanSnapshot, plan, waitingReason } from '../../src/domain/planner.ts';
import { type DeliveryCounts, ROLLOUT_STATES, type Rollout } from '../../src/domain/rollout.ts';

const NO_COUNTS = Object.fromEntries(DELIVERY_STATES.map((state) => [state, 0])) as DeliveryCounts;

const ROLLOUT: Rollout = {
  id: 1,
  productId: 1,
  productKey: 'a1Lamp',
  version: 3,
  sha256: 'x',
  state: 'running',
  pauseReason: null,
  doneWhen: 'downloaded',
  attemptTimeoutMs: 60_000,
  generation: 1,
  isReopening: false,
  deviceIdMax: 10,
  expandedTo: 10,
  isExpanded: true,
  deviceTotal: 10,
  onlineAtStart: 4,
  startedMs: 0,
  deadlineMs: 1_000,
  firstReachedMs: null,
  createdAt: 1,
  createdBy: 'ann',
  note: '',
  deadlineAt: 2,
  endedAt: null,
};

type Situation = { openCount?: number; counts?: Partial<DeliveryCounts>; isEnabled?: boolean };

function snapshotOf(rollout: Partial<Rollout>, situation: Situation = {}): PlanSnapshot {
  const { openCount = 3, counts = {}, isEnabled = true } = situation;
  return {
    rollout: { ...ROLLOUT, ...rollout },
    progress: { counts: { ...NO_COUNTS, ...counts }, openCount },
    product: { isEnabled },
  };
}

function kindsOf(decisions: readonly Decision[]): string[] {
  return decisions.map((decision) => decision.kind);
}

function planned(rollout: Partial<Rollout>, situation: Situation = {}, nowMs = 500): string[] {
  return kindsOf(plan(snapshotOf(rollout, situation), nowMs));
}

test('a running rollout hands over, looks after time limits, and waits', () => {
  assert.deepEqual(planned({}), ['dispatch', 'expire', 'wait']);
});

test('a rollout that is not written yet writes on while it already hands over', () => {
  assert.deepEqual(planned({ isExpanded: false }), ['expand', 'dispatch', 'expire', 'wait']);
  assert.deepEqual(planned({ isExpanded: false }, { openCount: 0 }), ['expand', 'wait']);
});

test('a retry is carried out before anything is completed', () => {
  assert.deepEqual(planned({ isReopening: true }, { openCount: 0 }), ['reopen', 'wait']);
  assert.deepEqual(planned({ isReopening: true }), ['reopen', 'dispatch', 'expire', 'wait']);
});

test('a paused rollout hands nothing over, and still looks after what it handed over before', () => {
  assert.deepEqual(planned({ state: 'paused', pauseReason: 'operator' }), ['expire', 'wait']);
});

test('with the switch off a running rollout pauses, and says why', () => {
  const [pause, ...others] = plan(snapshotOf({}, { isEnabled: false }), 500);
  assert.partialDeepStrictEqual(pause, { kind: 'pause', because: 'switch-off' });
  assert.deepEqual(kindsOf(others), ['expire', 'wait']);
  assert.deepEqual(planned({ state: 'paused' }, { isEnabled: false }), ['expire', 'wait']);
});

test('a rollout with nothing open is complete, also a paused one and one past its deadline', () => {
  assert.deepEqual(planned({}, { openCount: 0 }), ['complete']);
  assert.deepEqual(planned({ state: 'paused' }, { openCount: 0 }), ['complete']);
  assert.deepEqual(planned({}, { openCount: 0 }, 9_999), ['complete']);
});

test('the deadline closes what is open, to the millisecond, also in a paused rollout', () => {
  assert.ok(!planned({}, {}, 999).includes('close'));
  for (const state of ['running', 'paused'] as const)
    assert.partialDeepStrictEqual(plan(snapshotOf({ state }), 1_000), [{ kind: 'close', as: 'deadline' }]);
});

test('past the deadline a rollout that is not written yet is written first, and hands nothing over', () => {
  assert.deepEqual(planned({ isExpanded: false }, {}, 2_000), ['expand', 'expire', 'wait']);
});

for (const state of ['cancelled', 'superseded'] as const) {
  test(`a ${state} rollout closes what is open as ${state}, then does nothing`, () => {
    assert.partialDeepStrictEqual(plan(snapshotOf({ state }), 500), [{ kind: 'close', as: state }]);
    assert.deepEqual(planned({ state }, { openCount: 0 }), []);
  });
}

test('a completed rollout does nothing', () => {
  assert.deepEqual(planned({ state: 'completed' }, { openCount: 0 }), []);
});

const anySnapshot = fc
  .record({
    state: fc.constantFrom(...ROLLOUT_STATES),
    isExpanded: fc.boolean(),
    isReopening: fc.boolean(),
    openCount: fc.constantFrom(0, 1, 500_000),
    isEnabled: fc.boolean(),
    nowMs: fc.constantFrom(0, 999, 1_000, 5_000),
  })
  .map(({ openCount, isEnabled, nowMs, ...rollout }) => ({
    nowMs,
    snapshot: snapshotOf(rollout, { openCount, isEnabled }),
  }));

test('in no situation is anything handed over when off, paused, ended or past the deadline', () => {
  fc.assert(
    fc.property(anySnapshot, ({ snapshot, nowMs }) => {
      const { rollout, product } = snapshot;
      if (!kindsOf(plan(snapshot, nowMs)).includes('dispatch')) return;
      assert.deepEqual(
        [rollout.state, product.isEnabled, nowMs < rollout.deadlineMs],
        ['running', true, true],
      );
    }),
    { numRuns: 1_000 },
  );
});

test('a rollout completes exactly when it is active, written, not retrying, and has nothing open', () => {
  fc.assert(
    fc.property(anySnapshot, ({ snapshot, nowMs }) => {
      const { rollout, progress } = snapshot;
      const isActive = rollout.state === 'running' || rollout.state === 'paused';
      const isOver = isActive && rollout.isExpanded && !rollout.isReopening && progress.openCount === 0;
      assert.equal(kindsOf(plan(snapshot, nowMs)).includes('complete'), isOver);
    }),
    { numRuns: 1_000 },
  );
});

test('every decision has a reason in words, an active rollout always has a decision, and a plan repeats nothing', () => {
  fc.assert(
    fc.property(anySnapshot, ({ snapshot, nowMs }) => {
      const decisions = plan(snapshot, nowMs);
      for (const decision of decisions) assert.match(decision.reason, /^[a-z].{10,}/);
      assert.equal(new Set(kindsOf(decisions)).size, decisions.length);
      if (['running', 'paused'].includes(snapshot.rollout.state)) assert.ok(decisions.length > 0);
    }),
    { numRuns: 1_000 },
  );
});

test('a waiting rollout says in one sentence what it waits for', () => {
  const cases: [PlanSnapshot, string][] = [
    [snapshotOf({}, { isEnabled: false }), 'paused: remote configuration of the product is off'],
    [
      snapshotOf({ state: 'paused', pauseReason: 'switch-off' }),
      'paused: remote configuration was turned off; resume it when it is on again',
    ],
    [snapshotOf({ state: 'paused', pauseReason: 'operator' }), 'paused by an operator'],
    [snapshotOf({ isExpanded: false }), 'preparing deliveries, devices: 10'],
    [
      snapshotOf(
        {},
        { openCount: 10, counts: { pending: 4, sent: 3, received: 2, downloaded: 5, applied: 7 } },
      ),
      'waiting for devices: 4 to connect or to be handed over, 3 to acknowledge, 2 to download, 1 to confirm',
    ],
    [
      snapshotOf({}, { openCount: 1, counts: { sent: 1, downloaded: 5 } }),
      'waiting for devices: 1 to acknowledge',
    ],
    [snapshotOf({}, { openCount: 0 }), 'nothing is open'],
  ];
  for (const [snapshot, words] of cases) assert.equal(waitingReason(snapshot), words);
});
