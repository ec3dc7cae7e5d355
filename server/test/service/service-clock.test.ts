/** Service time across restarts, reboots and clocks that somebody sets (fault 17, P12). */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openServiceClock, systemUptime, type UptimeSource } from '../../src/service/service-clock.ts';
import { openBench } from './service-bench.ts';

const HOUR_MS = 3_600_000;

/** A machine whose uptime and wall clock the test moves apart from each other. */
function openMachine(t: TestContext) {
  const { store } = openBench(t);
  const machine = { bootId: 'first', uptime: 50_000, wall: Date.UTC(2026, 5, 1) };
  const source = (): UptimeSource => ({ bootId: machine.bootId, uptimeMs: () => machine.uptime });
  return {
    machine,
    pass(ms: number) {
      machine.uptime += ms;
      machine.wall += ms;
    },
    reboot(offMs: number) {
      machine.bootId += "'";
      machine.uptime = 1_000;
      machine.wall += offMs;
    },
    start: () => openServiceClock(store, source(), () => machine.wall),
  };
}

test('a new store begins at nought and goes on with the uptime', async (t) => {
  const { start, pass } = openMachine(t);
  const clock = await start();
  assert.equal(clock.now().serviceMs, 0);
  pass(1_234);
  assert.equal(clock.now().serviceMs, 1_234);
});

test("a wall clock that is set moves people's time and not the service's", async (t) => {
  const { start, machine, pass } = openMachine(t);
  const clock = await start();
  pass(1_000);
  for (const jump of [HOUR_MS, -40 * 24 * HOUR_MS, 100 * 365 * 24 * HOUR_MS]) {
    machine.wall += jump;
    assert.equal(clock.now().serviceMs, 1_000);
    assert.equal(clock.now().wallMs, machine.wall);
  }
});

test('a restart in the same boot counts the time in between, whatever the wall clock says', async (t) => {
  const { start, machine, pass } = openMachine(t);
  const clock = await start();
  pass(5_000);
  await clock.save();
  pass(HOUR_MS);
  machine.wall -= 10 * HOUR_MS;
  assert.equal((await start()).now().serviceMs, HOUR_MS + 5_000);
});

test('a reboot counts the time that the machine was off by the wall clock', async (t) => {
  const { start, pass, reboot } = openMachine(t);
  const clock = await start();
  pass(5_000);
  await clock.save();
  reboot(2 * HOUR_MS);
  assert.equal((await start()).now().serviceMs, 2 * HOUR_MS + 5_000);
});

test('a reboot with a clock that went back counts as no time, and never goes back', async (t) => {
  const { start, pass, reboot } = openMachine(t);
  const clock = await start();
  pass(5_000);
  await clock.save();
  reboot(-3 * HOUR_MS);
  const after = await start();
  assert.equal(after.now().serviceMs, 5_000);
  pass(100);
  assert.equal(after.now().serviceMs, 5_100);
});

test('a killed server loses nothing: the uptime bridges what was not saved', async (t) => {
  const { start, pass } = openMachine(t);
  await start();
  pass(HOUR_MS);
  // Killed: nothing was saved since the start.
  assert.equal((await start()).now().serviceMs, HOUR_MS);
});

test('service time never goes back, not even when the uptime does', async (t) => {
  const { start, machine } = openMachine(t);
  const clock = await start();
  machine.uptime -= 10_000;
  assert.equal(clock.now().serviceMs, 0);
});

test('the uptime of this machine rises, and its boot has a name', async () => {
  const { bootId, uptimeMs } = systemUptime();
  assert.notEqual(bootId, '');
  const first = uptimeMs();
  assert.ok(first > 0);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(uptimeMs() >= first);
  assert.equal(systemUptime().bootId, bootId);
});
