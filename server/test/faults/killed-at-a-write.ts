/** Row 1: `kill -9` at the n-th write or sync of a story that takes every step, for rising n. */
import assert from 'node:assert/strict';
import { KillBench } from '../support/kill-bench.ts';
import { untilEnded, untilOnline } from '../support/test-product.ts';
import type { Fault, FaultRun } from './fault.ts';
import { Ledger } from './ledger.ts';
import { killingAt, SYNCS, WRITES } from './strace.ts';

const FLEET = 5;
/** Steps of one kind are this far apart; the seed says where they begin, so that runs differ. */
const STRIDE = { syncs: 16, writes: 220 } as const;
const STEPS_MAX = 12;

export const killedAtAWrite: Fault = {
  row: 1,
  name: 'kill',
  fault:
    '`kill -9` at a write or sync of the store: start, save, push, hand-over, reports, cancel, rollback, stop',
  promise:
    'the next start goes on from the store: what was answered is there, no device is skipped, no attempt is handed over twice',
  done: 'the story is run again and again with a kill at the n-th sync and at the n-th write, for rising n, until it passes unharmed',
  shortForm: { test: 'journey/kill.test.ts' },
  async run(run) {
    await using bench = await KillBench.start();
    await bench.addFleet(FLEET);
    const ledger = new Ledger();
    await killAlong(run, bench, ledger, 'syncs');
    await killAlong(run, bench, ledger, 'writes');
  },
};

async function killAlong(
  run: FaultRun,
  bench: KillBench,
  ledger: Ledger,
  kind: 'syncs' | 'writes',
): Promise<void> {
  const calls = kind === 'syncs' ? SYNCS : WRITES;
  let count = 1 + run.random(STRIDE[kind]);
  const killedAt: number[] = [];
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const isUnharmed = await liveThrough(bench, ledger, killingAt(calls, count));
    await recover(bench, ledger);
    if (isUnharmed) break;
    killedAt.push(count);
    count += STRIDE[kind];
  }
  run.say(`killed at ${kind} ${killedAt.join(', ')}; unharmed at ${count}`);
  assert.ok(killedAt.length > 0, 'no kill happened');
  assert.ok(killedAt.length < STEPS_MAX, `still killed after ${STEPS_MAX} steps`);
}

/** @returns whether nothing killed it. */
async function liveThrough(bench: KillBench, ledger: Ledger, wrapper: readonly string[]): Promise<boolean> {
  await bench.server.terminate();
  try {
    await bench.restart({ wrapper });
    await story(bench, ledger);
    return (await bench.server.terminate()).code === 0;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return false;
  }
}

/** Every step that a rollout has. Throws when the server is gone. */
async function story(bench: KillBench, ledger: Ledger): Promise<void> {
  const version = await ledger.save(bench);
  if (version === undefined) throw new Error('no answer to a save');
  const id = await ledger.push(bench, version.number);
  if (id === undefined) throw new Error('no answer to a push');
  await untilEnded(bench.admin, id);
  const halted = await ledger.save(bench);
  const haltedId = halted && (await ledger.push(bench, halted.number));
  if (haltedId === undefined) throw new Error('no answer to a save or a push');
  await bench.act(haltedId, 'cancel');
  const path = `/products/${bench.productKey}/roll-back`;
  const back = await bench.admin.post(path, { toVersion: version.number });
  assert.equal(back.status, 201, back.text);
  ledger.rolledBack(back.body);
  await untilEnded(bench.admin, back.body.rollout.id);
}

/** The next start is a plain one, and everything is as it was promised. */
async function recover(bench: KillBench, ledger: Ledger): Promise<void> {
  await bench.restart({ wrapper: [] });
  await ledger.checkReports(bench);
  await untilOnline(bench.admin, bench.productKey, FLEET);
  const version = await bench.save();
  const { id } = await bench.push(version.number);
  await bench.untilAllRun(version.sha256, id);
  await ledger.check(bench);
}
