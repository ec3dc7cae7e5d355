/**
 * Rollouts over the real store, with two replicas, under random histories of devices, operators and time.
 * The replicas decide with the real planner. After each step the laws of `fleet-laws.ts` must hold; in
 * the end the fleet is left alone, and every delivery must come to an end by itself.
 * A failure prints its seed and the shortest history that shows it.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { openSqliteStore } from '../../src/sql/store.ts';
import { createFleet, type Fleet, STEPS, type StepName, takeTurn } from './fleet.ts';
import { checkFleet, checkTheEnd } from './fleet-laws.ts';

const RUNS = 120;
const STEPS_MAX = 30;
const TURNS_MAX = 400;

/** How often each step is taken, in relation to the others. */
const WEIGHTS: Readonly<Record<StepName, number>> = {
  turn: 6,
  report: 6,
  claim: 4,
  connect: 4,
  push: 3,
  expand: 3,
  wait: 3,
  disconnect: 2,
  unclaim: 2,
  expire: 2,
  retry: 2,
  pause: 1,
  resume: 1,
  cancel: 1,
  passDeadline: 1,
  switchOff: 1,
  switchOn: 1,
  removeDevice: 1,
  killReplica: 1,
};

const name = fc.oneof(
  ...Object.entries(WEIGHTS).map(([step, weight]) => ({
    weight,
    // The keys of WEIGHTS are the names of the steps.
    arbitrary: fc.constant(step as StepName),
  })),
);
const history = fc.array(fc.tuple(name, fc.nat(1_000), fc.nat(1_000)), {
  minLength: 5,
  maxLength: STEPS_MAX,
});

test('whatever happens, counts are right, nothing is sent twice, nothing goes back, and every delivery ends', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-history-'));
  const store = openSqliteStore(join(dir, 'opencota.db'));
  let fleetCount = 0;
  try {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        fleetCount += 1;
        const fleet = await createFleet(store, `a1Fleet${fleetCount}`);
        for (const [step, one, other] of steps) {
          await STEPS[step](fleet, one, other);
          await checkFleet(fleet);
        }
        await leaveAlone(fleet);
      }),
      { numRuns: RUNS },
    );
  } finally {
    await store[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  }
});

/** Lets the replicas work until nothing is at work, then past the deadline if need be. */
async function leaveAlone(fleet: Fleet): Promise<void> {
  for (let turn = 0; (await takeTurn(fleet, turn % 2)) > 0; turn += 1) {
    assert.ok(turn < TURNS_MAX, 'the rollouts come to an end');
    fleet.now += 40_000;
  }
  await checkFleet(fleet);
  await checkTheEnd(fleet);
}
