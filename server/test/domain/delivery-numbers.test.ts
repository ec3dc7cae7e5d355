/** Message ids and retry delays: the arithmetic of a delivery. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { attemptOfMessageId, messageIdOf, retryDelayMs } from '../../src/domain/delivery.ts';
import { ATTEMPTS_MAX, RETRY_BACKOFF_MAX_MS, RETRY_BACKOFF_MIN_MS } from '../../src/domain/limits.ts';

const WIRE_ID_MAX = 4_294_967_295;
const id = fc.integer({ min: 1, max: 2 ** 45 });
const attempt = fc.integer({ min: 1, max: 1_000_000 });

test('a message id fits the wire and leads back to the attempt it was given to', () => {
  fc.assert(
    fc.property(id, attempt, (deliveryId, number) => {
      const messageId = messageIdOf(deliveryId, number);
      assert.ok(Number.isInteger(messageId) && messageId >= 0 && messageId <= WIRE_ID_MAX);
      assert.equal(attemptOfMessageId(messageId, { id: deliveryId, attempt: number }), number);
    }),
  );
});

test('ids of the last sixteen attempts are told apart', () => {
  fc.assert(
    fc.property(id, attempt, fc.integer({ min: 0, max: 15 }), (deliveryId, current, back) => {
      fc.pre(current - back >= 1);
      const messageId = messageIdOf(deliveryId, current - back);
      assert.equal(attemptOfMessageId(messageId, { id: deliveryId, attempt: current }), current - back);
    }),
  );
});

test('no id leads to an attempt that was never made', () => {
  fc.assert(
    fc.property(id, fc.nat(40), fc.nat(15), (deliveryId, current, low) => {
      const messageId = (deliveryId % 2 ** 28) * 16 + low;
      const found = attemptOfMessageId(messageId, { id: deliveryId, attempt: current });
      if (found !== undefined) assert.ok(found >= 1 && found <= current && current - found < 16);
      if (current === 0) assert.equal(found, undefined);
    }),
  );
});

test('the id of one delivery is not taken for that of another one of the device', () => {
  fc.assert(
    fc.property(id, id, attempt, (one, other, number) => {
      fc.pre(one % 2 ** 28 !== other % 2 ** 28);
      assert.equal(attemptOfMessageId(messageIdOf(one, number), { id: other, attempt: number }), undefined);
    }),
  );
});

test('a retry waits at least the minimum and at most the maximum, longer with every time-out', () => {
  const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.nat(2_000), jitter, jitter, (timeouts, one, other) => {
      const delay = retryDelayMs(timeouts, one);
      assert.ok(delay >= RETRY_BACKOFF_MIN_MS && delay <= RETRY_BACKOFF_MAX_MS && Number.isInteger(delay));
      assert.ok(retryDelayMs(timeouts + 1, one) >= delay);
      if (one < other) assert.ok(retryDelayMs(timeouts, other) >= delay);
    }),
  );
});

test('devices that failed together are spread over a time that doubles', () => {
  const latest = Array.from({ length: ATTEMPTS_MAX - 1 }, (_, index) => retryDelayMs(index + 1, 1));
  assert.deepEqual(latest, [4_000, 8_000, 16_000, 32_000]);
  assert.equal(retryDelayMs(1, 0), RETRY_BACKOFF_MIN_MS);
});
