/** Two devices of one name in one directory: the second one waits. That `kill -9` frees it is in restart.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBench } from './support/bench.ts';
import { holdClock } from './support/clock.ts';

const isLinux = process.platform === 'linux';

test('a second device waits with one error, and starts when the first has ended', {
  skip: !isLinux,
}, async (t) => {
  const bench = await createBench(t);
  const first = await bench.connect();
  bench.push(1, bench.files.offer('{"v":1}', 1));
  await bench.reply();
  const clock = holdClock('lock-retry');
  bench.start({ clock });
  await clock.pass('lock-retry');
  await clock.pending('lock-retry');
  assert.deepEqual(
    bench.errors.map(({ code, message }) => [code, message]),
    [['storage', `${bench.dir} is in use by another lamp-01; waiting until that ends`]],
  );
  assert.equal(bench.applied.length, 1);
  await first.close();
  await clock.pass('lock-retry');
  await bench.event('connected');
  assert.deepEqual(bench.applied.at(-1), { text: '{"v":1}', version: 1, reason: 'stored' });
});

test('a device that waits for its directory can be closed', { skip: !isLinux }, async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  const clock = holdClock('lock-retry', 'close-timeout');
  const second = bench.start({ clock });
  await second.close();
  assert.equal(bench.broker.connects.length, 1);
});

test('devices of different names share a directory', async (t) => {
  const bench = await createBench(t);
  await bench.connect();
  await bench.connect({ deviceName: 'lamp-02' });
  assert.deepEqual(bench.errors, []);
});
