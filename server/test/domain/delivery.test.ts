/** The state machine of a delivery, held against its own table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DELIVERY_EVENTS,
  DELIVERY_STATES,
  type Delivery,
  type DeliveryEvent,
  type DeliveryEventKind,
  type DeliveryPolicy,
  type DeliveryState,
  next,
  RETRYABLE_STATES,
  UNSUCCESSFUL_STATES,
} from '../../src/domain/delivery.ts';
import { ATTEMPTS_MAX, CONFIRM_GRACE_MS, RETRY_BACKOFF_MIN_MS } from '../../src/domain/limits.ts';

const NOW = { wallMs: 1_800_000_000_000, serviceMs: 5_000 };
const DOWNLOADED: DeliveryPolicy = { doneWhen: 'downloaded', attemptTimeoutMs: 60_000 };
const APPLIED: DeliveryPolicy = { doneWhen: 'applied', attemptTimeoutMs: 60_000 };
const OPEN_STATES: readonly DeliveryState[] = ['pending', 'sent', 'received', 'downloaded'];

/** One event of every kind that is about the attempt under way. */
const EVENTS: Readonly<Record<DeliveryEventKind, DeliveryEvent>> = {
  claimed: { kind: 'claimed' },
  handOverFailed: { kind: 'handOverFailed', attempt: 2 },
  received: { kind: 'received', attempt: 2 },
  downloaded: { kind: 'downloaded' },
  confirmed: { kind: 'confirmed' },
  refused: { kind: 'refused', attempt: 2, code: 100_001, message: 'no' },
  connected: { kind: 'connected' },
  disconnected: { kind: 'disconnected' },
  timeout: { kind: 'timeout', isOnline: true, jitter: 0 },
  deadline: { kind: 'deadline' },
  cancelled: { kind: 'cancelled' },
  superseded: { kind: 'superseded' },
  retried: { kind: 'retried', generation: 2, isOnline: true },
};

function deliveryIn(state: DeliveryState, changes: Partial<Delivery> = {}): Delivery {
  const isOpen = OPEN_STATES.includes(state);
  return {
    id: 1,
    rolloutId: 1,
    deviceId: 1,
    wave: 1,
    version: 3,
    state,
    isOpen,
    attempt: 2,
    timeouts: 0,
    generation: 1,
    dueMs: isOpen ? 4_000 : null,
    code: null,
    message: null,
    sentAt: 1,
    receivedAt: null,
    downloadedAt: null,
    appliedAt: null,
    endedAt: isOpen ? null : 2,
    ...changes,
  };
}

for (const state of DELIVERY_STATES) {
  test(`in ${state} exactly the events of the table have an effect, and the others give back the same object`, () => {
    for (const [kind, event] of Object.entries(EVENTS)) {
      for (const policy of [DOWNLOADED, APPLIED]) {
        const delivery = deliveryIn(state);
        const isListed = DELIVERY_EVENTS[state].includes(event.kind);
        assert.equal(next(delivery, event, NOW, policy) !== delivery, isListed, `${kind} in ${state}`);
      }
    }
  });
}

test('the table knows every state, and names no event that does not exist', () => {
  assert.deepEqual(Object.keys(DELIVERY_EVENTS).toSorted(), [...DELIVERY_STATES].toSorted());
  for (const kind of Object.values(DELIVERY_EVENTS).flat()) assert.ok(kind in EVENTS, kind);
});

test('what may be tried again is what failed, and nothing else is ever opened again', () => {
  const retried = DELIVERY_STATES.filter((state) => DELIVERY_EVENTS[state].includes('retried'));
  assert.deepEqual(retried, [...RETRYABLE_STATES]);
  assert.deepEqual([...UNSUCCESSFUL_STATES], [...RETRYABLE_STATES, 'cancelled']);
});

test('a claim is a new attempt with a time limit', () => {
  assert.partialDeepStrictEqual(next(deliveryIn('pending'), EVENTS.claimed, NOW, DOWNLOADED), {
    state: 'sent',
    attempt: 3,
    sentAt: NOW.wallMs,
    dueMs: 65_000,
  });
});

for (const [kind, stale] of [
  ['handOverFailed', { kind: 'handOverFailed', attempt: 1 }],
  ['received', { kind: 'received', attempt: 1 }],
  ['received', { kind: 'received', attempt: 3 }],
  ['refused', { kind: 'refused', attempt: 1, code: 1, message: '' }],
] as const) {
  test(`${kind} of attempt ${stale.attempt} has no effect in attempt 2`, () => {
    for (const state of OPEN_STATES) {
      const delivery = deliveryIn(state);
      assert.equal(next(delivery, stale, NOW, DOWNLOADED), delivery);
    }
  });
}

test('a confirmation counts in whatever attempt, and a refusal without a number too', () => {
  for (const state of OPEN_STATES) {
    assert.equal(next(deliveryIn(state), EVENTS.confirmed, NOW, DOWNLOADED).state, 'applied');
    const unnumbered = { kind: 'refused', attempt: null, code: 7, message: 'x' } as const;
    assert.partialDeepStrictEqual(next(deliveryIn(state), unnumbered, NOW, DOWNLOADED), {
      state: 'failed',
      code: 7,
      message: 'x',
      isOpen: false,
      endedAt: NOW.wallMs,
    });
  }
});

test('only the code for reverted ends as reverted', () => {
  const refused = (code: number) =>
    next(deliveryIn('sent'), { kind: 'refused', attempt: 2, code, message: '' }, NOW, DOWNLOADED).state;
  assert.deepEqual(
    [refused(100_010), refused(100_011), refused(100_001), refused(500)],
    ['reverted', 'failed', 'failed', 'failed'],
  );
});

test('a done download can still be confirmed or refused, and nothing else moves it', () => {
  const done = deliveryIn('downloaded', { isOpen: false, dueMs: null, endedAt: 3 });
  const moving = Object.values(EVENTS).filter((event) => next(done, event, NOW, DOWNLOADED) !== done);
  assert.deepEqual(
    moving.map((event) => event.kind),
    ['confirmed', 'refused'],
  );
});

test('a download waits for a word shortly where it is enough, and an attempt long where it is not', () => {
  const due = (policy: DeliveryPolicy) =>
    next(deliveryIn('sent'), EVENTS.downloaded, NOW, policy).dueMs! - NOW.serviceMs;
  assert.deepEqual([due(DOWNLOADED), due(APPLIED)], [CONFIRM_GRACE_MS, 60_000]);
});

test('silence after a download ends it where that is enough, connected or not', () => {
  for (const isOnline of [true, false])
    assert.partialDeepStrictEqual(
      next(deliveryIn('downloaded'), { kind: 'timeout', isOnline, jitter: 0 }, NOW, DOWNLOADED),
      { state: 'downloaded', isOpen: false, timeouts: 0 },
    );
});

test('time that runs out without a connection costs no attempt: the device gets it when it connects', () => {
  for (const state of ['sent', 'received'] as const)
    assert.partialDeepStrictEqual(
      next(deliveryIn(state), { kind: 'timeout', isOnline: false, jitter: 0 }, NOW, DOWNLOADED),
      { state: 'pending', timeouts: 0, dueMs: null },
    );
});

test('time that runs out on a connected device is tried again after a while, the last time not', () => {
  const timeout = (timeouts: number) =>
    next(deliveryIn('sent', { timeouts }), EVENTS.timeout, NOW, DOWNLOADED);
  assert.partialDeepStrictEqual(timeout(0), {
    state: 'pending',
    timeouts: 1,
    dueMs: NOW.serviceMs + RETRY_BACKOFF_MIN_MS,
  });
  assert.partialDeepStrictEqual(timeout(ATTEMPTS_MAX - 1), { state: 'timedOut', isOpen: false, dueMs: null });
});

test('the deadline ends what waited as unreached, what was handed over as timed out, a done download as it is', () => {
  const end = (state: DeliveryState, policy: DeliveryPolicy) =>
    next(deliveryIn(state), EVENTS.deadline, NOW, policy).state;
  assert.deepEqual(
    OPEN_STATES.map((state) => [end(state, DOWNLOADED), end(state, APPLIED)]),
    [
      ['unreached', 'unreached'],
      ['timedOut', 'timedOut'],
      ['timedOut', 'timedOut'],
      ['downloaded', 'timedOut'],
    ],
  );
});

test('a download that is enough stays one when its rollout is cancelled or superseded', () => {
  for (const kind of ['cancelled', 'superseded'] as const) {
    assert.equal(next(deliveryIn('downloaded'), EVENTS[kind], NOW, DOWNLOADED).state, 'downloaded');
    assert.equal(next(deliveryIn('downloaded'), EVENTS[kind], NOW, APPLIED).state, kind);
  }
});

test('a retry opens a delivery as new, and keeps the number of its attempts', () => {
  const failed = deliveryIn('failed', { code: 1, message: 'x', timeouts: 3 });
  const retry = (isOnline: boolean) =>
    next(failed, { kind: 'retried', generation: 4, isOnline }, NOW, DOWNLOADED);
  assert.partialDeepStrictEqual(retry(true), {
    state: 'pending',
    isOpen: true,
    timeouts: 0,
    generation: 4,
    attempt: 2,
    code: null,
    message: null,
    endedAt: null,
    dueMs: NOW.serviceMs,
  });
  assert.equal(retry(false).dueMs, null);
});
