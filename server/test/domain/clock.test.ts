import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiryAfter, hasExpired, wallTimeOf } from '../../src/domain/clock.ts';

const START = { wallMs: 1_800_000_000_000, serviceMs: 1_000 };
const MINUTE_MS = 60_000;

function later(wallMs: number, serviceMs: number) {
  return { wallMs: START.wallMs + wallMs, serviceMs: START.serviceMs + serviceMs };
}

test('what expires in half an hour is good until then and not a millisecond longer', () => {
  const expiry = expiryAfter(START, 30 * MINUTE_MS);
  assert.equal(hasExpired(expiry, later(30 * MINUTE_MS - 1, 30 * MINUTE_MS - 1)), false);
  assert.equal(hasExpired(expiry, later(30 * MINUTE_MS, 30 * MINUTE_MS)), true);
});

test('a clock set back does not prolong it, and one set forward does not keep it alive', () => {
  const expiry = expiryAfter(START, 30 * MINUTE_MS);
  assert.equal(hasExpired(expiry, later(-120 * MINUTE_MS, 30 * MINUTE_MS)), true);
  assert.equal(hasExpired(expiry, later(31 * MINUTE_MS, 1)), true);
  assert.equal(hasExpired(expiry, later(-120 * MINUTE_MS, 29 * MINUTE_MS)), false);
});

test('a service time is shown as the wall time at which it comes, by the clock of now', () => {
  assert.equal(wallTimeOf(START.serviceMs + 5_000, START), START.wallMs + 5_000);
  assert.equal(wallTimeOf(0, START), START.wallMs - 1_000);
  assert.equal(
    wallTimeOf(START.serviceMs + 5_000, later(-7_200_000, 2_000)),
    START.wallMs - 7_200_000 + 3_000,
  );
});
