/** Where the operating system allows few descriptors, the gateway takes fewer devices and leaves room for the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceConnectionsMax } from '../src/descriptors.ts';

test('with enough descriptors the limit is the one that is wanted', () => {
  assert.equal(deviceConnectionsMax(50_000, 1_048_576), 50_000);
});

test('with few, devices get three quarters of what the server does not need itself, and never none', () => {
  assert.equal(deviceConnectionsMax(50_000, 1_064), 750);
  assert.equal(deviceConnectionsMax(50_000, 256), 144);
  assert.equal(deviceConnectionsMax(50_000, 10), 1);
});
