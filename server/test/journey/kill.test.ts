/**
 * `kill -9` of the server at each step of a rollout (fault 1). After the restart on the same directory every
 * device ends right, none was handed the same attempt twice, and all that was acknowledged is there.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { refusalOf } from '../support/alink-device.ts';
import { KillBench } from '../support/kill-bench.ts';
import { confirming, refusing, silent } from '../support/lean-device.ts';
import { findRollout, listDeliveries, reached, untilEnded, untilOnline } from '../support/test-product.ts';
import { until } from '../support/test-server.ts';

const FLEET = 30;
let bench: KillBench;

before(async () => {
  bench = await KillBench.start();
  await bench.addFleet(FLEET);
});
afterEach(() => bench.assertNoAttemptTwice());
after(() => bench[Symbol.asyncDispose]());

test('killed after a save and a push were answered, before any device was there: both are there and all get it', async () => {
  for (const device of bench.fleet) device.stop();
  await untilOnline(bench.admin, bench.productKey, 0);
  const version = await bench.save();
  const rollout = await bench.push(version.number);
  await bench.restart();
  const kept = await bench.admin.get(`/products/${bench.productKey}/versions/${version.number}`);
  assert.equal(kept.body.sha256, version.sha256);
  assert.equal((await findRollout(bench.admin, rollout.id)).state, 'running');
  for (const device of bench.fleet) device.start();
  await bench.untilAllRun(version.sha256, rollout.id);
  for (const { pushes } of bench.fleet) assert.equal(pushes.length, 1, 'one attempt was enough');
});

test('killed the moment a push was answered, with every device connected', async () => {
  const version = await bench.save();
  const rollout = await bench.push(version.number);
  bench.server.signal('SIGKILL');
  await bench.restart();
  await bench.untilAllRun(version.sha256, rollout.id);
  assert.equal((await untilEnded(bench.admin, rollout.id)).outcome, 'succeeded');
});

/** Steps of a delivery, as the wire shows them, and at how many devices the kill comes. */
const MOMENTS = [
  { name: 'in the middle of dispatch, at the first push that arrives', event: 'push', count: 1 },
  { name: 'after a third of the fleet sent its PUBACK', event: 'puback-sent', count: 10 },
  { name: 'between the downloads and the reports', event: 'downloaded', count: 5 },
  { name: 'after half of the reports were acknowledged', event: 'report-acked', count: 15 },
] as const;

for (const { name, event, count } of MOMENTS) {
  test(`killed ${name}`, async () => {
    const version = await bench.save();
    const killed = bench.killAt(event, count);
    const answered = await bench.push(version.number).catch(() => undefined);
    await killed;
    const confirmed = bench.fleet.filter((device) =>
      device.acknowledgedReplies.includes(device.pushes.at(-1)?.id ?? ''),
    );
    const confirmedNames = new Set(
      confirmed.filter(({ runs }) => runs === version.sha256).map(({ identity }) => identity.deviceName),
    );
    await bench.restart();
    const { id } = answered ?? (await bench.push(version.number));
    assert.equal(await newestRollout(), id, 'a push that is repeated for want of an answer is the same push');
    const kept = await listDeliveries(bench.admin, id, 'applied');
    const lost = confirmedNames.difference(new Set(kept.map(({ deviceName }) => deviceName)));
    assert.deepEqual([...lost], [], 'a report that was acknowledged is stored');
    await bench.untilAllRun(version.sha256, id);
    assert.deepEqual(reached(await untilEnded(bench.admin, id)), { applied: FLEET });
    for (const { deviceName, attempt } of await listDeliveries(bench.admin, id))
      assert.ok(attempt <= 2, `${deviceName} needed ${attempt} attempts`);
  });
}

async function newestRollout(): Promise<number> {
  const { items } = (await bench.admin.get(`/products/${bench.productKey}/rollouts?limit=1`)).body;
  return items[0].id;
}

test('killed during a cancel: what was answered holds, and every delivery ends', async () => {
  const version = await bench.save();
  let cancelled: Promise<number> | undefined;
  const atFirst = bench.at('push', 1, () => {
    cancelled = newestRollout().then(async (id) => {
      const answer = await bench.act(id, 'cancel');
      assert.equal(answer.status, 200, answer.text);
      bench.server.signal('SIGKILL');
      return id;
    });
  });
  await bench.push(version.number).catch(() => undefined);
  await atFirst;
  const id = await cancelled!;
  await bench.restart();
  const ended = await untilEnded(bench.admin, id);
  assert.equal(ended.state, 'cancelled');
  const { applied = 0, downloaded = 0, cancelled: stopped = 0, ...others } = reached(ended);
  assert.deepEqual([applied + downloaded + stopped, others], [FLEET, {}]);
});

test('killed after the switch was turned off: it stays off, the rollout paused and every link dead', async () => {
  const version = await bench.save();
  for (const device of bench.fleet) device.behaviour = silent;
  const { id } = await bench.push(version.number);
  const offered = bench.fleet[0]!;
  await until('a device has the link', () => offered.pushes.at(-1)!.sign === version.sha256);
  const off = await bench.admin.patch(`/products/${bench.productKey}`, { enabled: false });
  bench.server.signal('SIGKILL');
  assert.equal(off.status, 200);
  await bench.restart();
  await untilOnline(bench.admin, bench.productKey, FLEET);
  const { state, pauseReason } = await findRollout(bench.admin, id);
  assert.deepEqual([state, pauseReason], ['paused', 'switch-off']);
  assert.equal(await refusalOf(offered.pushes.at(-1)!), 'link-revoked');
  for (const device of bench.fleet) device.behaviour = confirming;
  await bench.admin.patch(`/products/${bench.productKey}`, { enabled: true });
  assert.equal((await bench.act(id, 'resume')).status, 200);
  await bench.untilAllRun(version.sha256, id);
});

test('killed during a retry: the failed devices are tried again, and only they', async () => {
  const version = await bench.save();
  const [broken, sound] = [bench.fleet.slice(0, 10), bench.fleet.slice(10)];
  for (const device of broken) device.behaviour = refusing(100_002);
  const { id } = await bench.push(version.number);
  assert.deepEqual(reached(await untilEnded(bench.admin, id)), { applied: 20, failed: 10 });
  const seen = sound.map((device) => device.pushes.length);
  for (const device of broken) device.behaviour = confirming;
  const killed = bench.killAt('push', 3);
  await bench.act(id, 'retry-failed').catch(() => undefined);
  await killed;
  await bench.restart();
  await bench.untilAllRun(version.sha256, id);
  const ended = await until('the retry ended', async () => {
    const rollout = await findRollout(bench.admin, id);
    return rollout.state === 'completed' && rollout;
  });
  assert.deepEqual(reached(ended), { applied: FLEET });
  assert.deepEqual(
    sound.map((device) => device.pushes.length),
    seen,
    'who had it was left alone',
  );
});

test('killed while the deliveries of 5,000 devices are being written: none is forgotten, none is there twice', async () => {
  await using large = await KillBench.start();
  await large.addFleet(FLEET, 5_000 - FLEET);
  const version = await large.save();
  const killed = large.killAt('push', 1);
  const rollout = await large.push(version.number).catch(() => undefined);
  await killed;
  await large.restart();
  const id =
    rollout?.id ?? (await large.admin.get(`/products/${large.productKey}/rollouts`)).body.items[0].id;
  await large.untilAllRun(version.sha256, id);
  const view = await findRollout(large.admin, id);
  assert.deepEqual([view.deviceTotal, reached(view)], [5_000, { pending: 4_970, applied: FLEET }]);
  assert.equal((await large.act(id, 'cancel')).status, 200);
  large.server.signal('SIGKILL');
  await large.restart();
  const ended = await untilEnded(large.admin, id, 20_000);
  assert.deepEqual([ended.open, reached(ended)], [0, { applied: FLEET, cancelled: 4_970 }]);
  const names = (await listDeliveries(large.admin, id)).map(({ deviceName }) => deviceName);
  assert.deepEqual([names.length, new Set(names).size], [5_000, 5_000]);
  large.assertNoAttemptTwice();
});
