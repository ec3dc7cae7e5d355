/** Laws of a delivery under any history of events. A failure prints its seed and path. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Delivery,
  type DeliveryEvent,
  type DeliveryPolicy,
  type DeliveryState,
  next,
  RETRYABLE_STATES,
} from '../../src/domain/delivery.ts';
import { ATTEMPTS_MAX } from '../../src/domain/limits.ts';

const FINAL: readonly DeliveryState[] = ['applied', 'cancelled', 'superseded'];
const RETRYABLE: readonly DeliveryState[] = RETRYABLE_STATES;
const ORDER: readonly DeliveryState[] = ['pending', 'sent', 'received', 'downloaded', 'applied'];
/** Events that let go of an attempt, so that another one can follow. */
const LETTING_GO = ['handOverFailed', 'connected', 'disconnected', 'timeout', 'retried'];

const NEW: Delivery = {
  id: 1,
  rolloutId: 1,
  deviceId: 1,
  wave: 1,
  version: 3,
  state: 'pending',
  isOpen: true,
  attempt: 0,
  timeouts: 0,
  generation: 1,
  dueMs: 0,
  code: null,
  message: null,
  sentAt: null,
  receivedAt: null,
  downloadedAt: null,
  appliedAt: null,
  endedAt: null,
};

const attempt = fc.integer({ min: 0, max: 6 });
const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const word = { code: fc.constantFrom(400, 100_001, 100_010), message: fc.string() };

const event: fc.Arbitrary<DeliveryEvent> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<DeliveryEvent>({ kind: 'claimed' }) },
  fc.record({ kind: fc.constant('handOverFailed' as const), attempt }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('received' as const), attempt }) },
  fc.constant<DeliveryEvent>({ kind: 'downloaded' }),
  fc.constant<DeliveryEvent>({ kind: 'confirmed' }),
  fc.record({ kind: fc.constant('refused' as const), attempt: fc.option(attempt), ...word }),
  fc.constantFrom<DeliveryEvent>({ kind: 'connected' }, { kind: 'disconnected' }),
  fc.record({ kind: fc.constant('timeout' as const), isOnline: fc.boolean(), jitter }),
  fc.constantFrom<DeliveryEvent>({ kind: 'deadline' }, { kind: 'cancelled' }, { kind: 'superseded' }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('retried' as const),
      generation: fc.nat(9),
      isOnline: fc.boolean(),
    }),
  },
);
const policy: fc.Arbitrary<DeliveryPolicy> = fc.record({
  doneWhen: fc.constantFrom('downloaded' as const, 'applied' as const),
  attemptTimeoutMs: fc.integer({ min: 1_000, max: 3_600_000 }),
});
const history = fc.array(fc.record({ event, afterMs: fc.nat(100_000) }), { maxLength: 40 });

type Step = { before: Delivery; event: DeliveryEvent; after: Delivery };

/** Plays a history and gives every step of it. The wall clock jumps about; the service clock only rises. */
function play(rules: DeliveryPolicy, events: { event: DeliveryEvent; afterMs: number }[]): Step[] {
  const steps: Step[] = [];
  let serviceMs = 0;
  let delivery = NEW;
  for (const { event, afterMs } of events) {
    serviceMs += afterMs;
    const after = next(delivery, event, { wallMs: 1_800_000_000_000 - 3 * afterMs, serviceMs }, rules);
    steps.push({ before: delivery, event, after });
    delivery = after;
  }
  return steps;
}

function law(name: string, check: (step: Step, rules: DeliveryPolicy) => void): void {
  test(name, () => {
    fc.assert(
      fc.property(policy, history, (rules, events) => {
        for (const step of play(rules, events)) check(step, rules);
      }),
      { numRuns: 500 },
    );
  });
}

law(
  'what ended without success changes by a retry only, and what ended for good never',
  ({ before, event, after }) => {
    if (FINAL.includes(before.state)) assert.equal(after, before);
    if (RETRYABLE.includes(before.state) && after !== before) assert.equal(event.kind, 'retried');
  },
);

law(
  'the attempt never falls, and rises by one with a claim and with nothing else',
  ({ before, event, after }) => {
    const isClaim = event.kind === 'claimed' && after !== before;
    assert.equal(after.attempt, before.attempt + (isClaim ? 1 : 0));
  },
);

law(
  'closed stays closed, but for a retry; a closed download may still get a word from its device',
  ({ before, event, after }) => {
    if (before.isOpen || after === before) return;
    if (event.kind === 'retried') return assert.equal(after.isOpen, true);
    assert.equal(before.state, 'downloaded');
    assert.ok(event.kind === 'confirmed' || event.kind === 'refused', event.kind);
    assert.equal(after.isOpen, false);
  },
);

law('what is late or repeated never moves a delivery back', ({ before, event, after }) => {
  const [from, to] = [ORDER.indexOf(before.state), ORDER.indexOf(after.state)];
  if (from < 0 || to < 0 || to >= from) return;
  assert.ok(LETTING_GO.includes(event.kind), `${event.kind} moved ${before.state} to ${after.state}`);
});

law('the same word twice is the same as once', ({ event, after }, rules) => {
  if (!['received', 'downloaded', 'confirmed', 'refused', 'cancelled', 'superseded'].includes(event.kind))
    return;
  assert.equal(next(after, event, { wallMs: 9, serviceMs: 9 }, rules), after);
});

law(
  'what is closed has an end, no due time and a final state, and what is open has none of them',
  ({ after }) => {
    assert.equal(after.endedAt !== null, !after.isOpen);
    if (!after.isOpen) assert.equal(after.dueMs, null);
    const isOpenState = ORDER.slice(0, 4).includes(after.state);
    assert.ok(after.isOpen ? isOpenState : !isOpenState || after.state === 'downloaded');
  },
);

law('a code and a text are there exactly when the device refused', ({ after }) => {
  const isRefused = after.state === 'failed' || after.state === 'reverted';
  assert.deepEqual([after.code !== null, after.message !== null], [isRefused, isRefused]);
});

law('handed over and open always has a time at which something happens next', ({ after }) => {
  if (after.isOpen && after.state !== 'pending') assert.notEqual(after.dueMs, null);
  assert.ok(after.timeouts <= ATTEMPTS_MAX);
});

test('every delivery ends: on a connected device by running out of time, on any by the deadline', () => {
  fc.assert(
    fc.property(policy, history, (rules, events) => {
      const last = play(rules, events).at(-1)?.after ?? NEW;
      const now = { wallMs: 1, serviceMs: 10_000_000 };
      assert.equal(next(last, { kind: 'deadline' }, now, rules).isOpen, false);
      let delivery = last;
      for (let turn = 0; turn < ATTEMPTS_MAX && delivery.isOpen; turn += 1) {
        if (delivery.state === 'pending') delivery = next(delivery, { kind: 'claimed' }, now, rules);
        delivery = next(delivery, { kind: 'timeout', isOnline: true, jitter: 0.5 }, now, rules);
      }
      assert.equal(delivery.isOpen, false);
    }),
    { numRuns: 500 },
  );
});
