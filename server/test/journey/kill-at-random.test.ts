/** `kill -9` at random moments of several rollouts, with a printed seed (fault 1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KillBench } from '../support/kill-bench.ts';
import { confirming } from '../support/lean-device.ts';
import { randomFrom } from '../support/random.ts';
import { reached, untilEnded } from '../support/test-product.ts';
import { until } from '../support/test-server.ts';

const FLEET = 40;
const KILLS = 3;
const EVENTS = ['push', 'puback-sent', 'downloaded', 'report-acked'] as const;

test('killed at random moments: every push that was answered reaches every device, each attempt once', async (t) => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  await using bench = await KillBench.start();
  await bench.addFleet(FLEET);
  // Devices that take their time, so that a kill meets them in different steps.
  for (const [index, device] of bench.fleet.entries()) {
    device.behaviour = async (each, push) => {
      for (let turn = 0; turn < index % 7; turn += 1) await new Promise(setImmediate);
      await confirming(each, push);
    };
  }
  let version = await bench.save();
  let rollout = await bench.push(version.number);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const event = EVENTS[random(EVENTS.length)]!;
    const count = 1 + random(FLEET / 2);
    t.diagnostic(`kill ${kill} at the ${count}th ${event}`);
    const killed = bench.killAt(event, count);
    // A kill that comes before the answer loses the answer, not what was answered.
    const saved = await bench.save().catch(() => undefined);
    const pushed = saved && (await bench.push(saved.number).catch(() => undefined));
    await killed;
    await bench.restart();
    version = saved ?? (await bench.save());
    rollout = pushed ?? (await bench.push(version.number));
  }
  await bench.untilAllRun(version.sha256, rollout.id);
  const ended = await untilEnded(bench.admin, rollout.id);
  assert.deepEqual([ended.state, reached(ended)], ['completed', { applied: FLEET }]);
  bench.assertNoAttemptTwice();
  const { items } = (await bench.admin.get(`/products/${bench.productKey}/versions`)).body;
  assert.equal(items[0].number, version.number);
  await until('no earlier rollout has anything open', async () => {
    const rollouts = (await bench.admin.get(`/products/${bench.productKey}/rollouts`)).body.items;
    return rollouts.every(({ open }: { open: number }) => open === 0);
  });
});
