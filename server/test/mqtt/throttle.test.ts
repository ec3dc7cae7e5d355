import assert from 'node:assert/strict';
import test from 'node:test';
import { Admission, Slots } from '../../src/mqtt/admission.ts';
import { SignInThrottle } from '../../src/mqtt/sign-in-throttle.ts';
import { BucketTable, fullBucket, MinuteCounter, takeToken } from '../../src/mqtt/throttle.ts';

test('a bucket gives its burst at once and then its rate', () => {
  const bucket = fullBucket(3, 0);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => takeToken(bucket, 10, 3, 0)),
    [2, 1, 0, -1],
  );
  assert.equal(takeToken(bucket, 10, 3, 200), 0);
  assert.equal(takeToken(bucket, 10, 3, 100_000), 2);
});

test('a bucket never owes more than its burst', () => {
  const bucket = fullBucket(2, 0);
  for (let count = 0; count < 50; count++) takeToken(bucket, 1, 2, 0);
  assert.equal(bucket.tokens, -2);
});

test('a table says how long to wait, and after that wait gives a token', () => {
  const table = new BucketTable<number>({ perMinute: 6, burst: 1, entriesMax: 10 });
  assert.equal(table.take(1, 0), 0);
  assert.equal(table.take(1, 4_000), 6_000);
  assert.equal(table.take(2, 4_000), 0);
  assert.equal(table.take(1, 10_000), 0);
});

test('a table forgets buckets that are full again, and the oldest when it has too many', () => {
  const table = new BucketTable<number>({ perMinute: 60, burst: 1, entriesMax: 3 });
  for (let key = 0; key < 100; key++) table.take(key, 0);
  assert.equal(table.size, 3);
  table.prune(500);
  assert.equal(table.size, 3);
  table.prune(1_000);
  assert.equal(table.size, 0);
});

test('a minute counter starts anew every minute and stays bounded', () => {
  const counter = new MinuteCounter<string>(2);
  assert.deepEqual([counter.add('a', 0), counter.add('a', 100), counter.add('b', 100)], [1, 2, 1]);
  counter.add('c', 200);
  assert.deepEqual([counter.count('a', 200), counter.count('b', 200), counter.count('c', 200)], [0, 1, 1]);
  assert.equal(counter.count('c', 60_100), 0);
});

test('failures of one address in a device’s name do not stop that device at another address', () => {
  const limits = {
    failedSignInsPerAddressPerMinute: 100,
    failedSignInsPerDevicePerMinute: 2,
    throttleEntriesMax: 100,
  };
  const throttle = new SignInThrottle(limits);
  for (let count = 0; count < 5; count++) throttle.failed('10.0.0.9', 'lamp&pk', 0);
  assert.equal(throttle.findLimit('10.0.0.9', 'lamp&pk', 0), 'failedSignInsPerDevicePerMinute');
  assert.equal(throttle.findLimit('10.0.0.9', 'other&pk', 0), undefined);
  assert.equal(throttle.findLimit('10.0.0.1', 'lamp&pk', 0), undefined);
});

test('failures in many names stop the address', () => {
  const limits = {
    failedSignInsPerAddressPerMinute: 3,
    failedSignInsPerDevicePerMinute: 2,
    throttleEntriesMax: 100,
  };
  const throttle = new SignInThrottle(limits);
  for (const name of ['a', 'b', 'c']) throttle.failed('10.0.0.9', name, 0);
  assert.equal(throttle.findLimit('10.0.0.9', 'd', 0), 'failedSignInsPerAddressPerMinute');
  assert.equal(throttle.findLimit('10.0.0.9', 'd', 60_000), undefined);
});

test('when too many wait for their CONNECT, the one that has waited longest goes', () => {
  const admission = new Admission({
    connectionsMax: 9,
    connectionsPerAddressMax: 9,
    unauthenticatedConnectionsMax: 2,
  });
  const evicted: string[] = [];
  const waiting = (name: string) => ({ evict: () => void evicted.push(name) });
  const [first, second, third] = [waiting('first'), waiting('second'), waiting('third')];
  assert.deepEqual(
    [admission.wait(first), admission.wait(second), admission.wait(third)],
    [true, true, true],
  );
  assert.deepEqual(evicted, ['first']);
  admission.settle(second);
  admission.authenticationStarted();
  admission.settle(third);
  admission.authenticationStarted();
  assert.equal(admission.wait(waiting('fourth')), false);
});

test('connections are counted in all and per address, and given back', () => {
  const admission = new Admission({
    connectionsMax: 3,
    connectionsPerAddressMax: 2,
    unauthenticatedConnectionsMax: 9,
  });
  const results = ['a', 'a', 'a', 'b', 'b'].map((address) => admission.enter(address));
  assert.deepEqual(results, [undefined, undefined, 'connectionsPerAddressMax', undefined, 'connectionsMax']);
  admission.leave('a');
  assert.equal(admission.enter('a'), undefined);
});

test('slots run so many tasks at a time, the others in their order, also after a failure', async () => {
  const slots = new Slots(2);
  const started: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const runs = gates.map((gate, index) =>
    slots.run(() => {
      started.push(index);
      return gate.promise;
    }),
  );
  assert.deepEqual(started, [0, 1]);
  gates[1]!.reject(new Error('failed'));
  await assert.rejects(runs[1]!);
  gates[0]!.resolve();
  await runs[0];
  gates[2]!.resolve();
  gates[3]!.resolve();
  await Promise.all([runs[2], runs[3]]);
  assert.deepEqual(started, [0, 1, 2, 3]);
});
