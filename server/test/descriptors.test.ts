/** Where the operating system allows few descriptors, fewer may connect, and nobody is starved by the others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareDescriptors } from '../src/descriptors.ts';

const WANTED = { mqtt: 50_000, http: 10_000 };

test('with enough descriptors the limits are those that are wanted', () => {
  assert.deepEqual(shareDescriptors(WANTED, 1_048_576), WANTED);
});

test('with few, devices get three quarters of what the server does not need itself, and HTTP the rest', () => {
  assert.deepEqual(shareDescriptors(WANTED, 1_064), { mqtt: 750, http: 250 });
  assert.deepEqual(shareDescriptors(WANTED, 256), { mqtt: 144, http: 48 });
});

test('HTTP keeps no more than it can make use of: the rest is for devices', () => {
  assert.deepEqual(shareDescriptors(WANTED, 20_000), { mqtt: 18_436, http: 1_500 });
  assert.deepEqual(shareDescriptors(WANTED, 55_000), { mqtt: 50_000, http: 4_936 });
});

test('somebody can always connect', () => {
  assert.deepEqual(shareDescriptors(WANTED, 10), { mqtt: 1, http: 1 });
});
