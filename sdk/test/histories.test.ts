/**
 * Laws of the handler over random histories of a whole device: it is never at work twice, every
 * configuration gets the right answer, and a restart finds the last good one. When one does not hold,
 * fast-check prints the seed and the history that breaks it; it is not shortened, as each takes seconds to fail.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { systemClock } from '../src/clock.ts';
import type { ApplyReason, Clock, ConfigHandler } from '../src/index.ts';
import { type Bench, createBench } from './support/bench.ts';
import { WAIT_MS_MAX } from './support/broker.ts';

type Fate =
  | 'take'
  | 'throw'
  /** Runs over its time and ends when it is told to: with an error, or as if nothing were. */
  | 'obey'
  | 'obey-and-take'
  /** Ignores its signal, and ends after it counts as stuck. */
  | 'late-take'
  | 'late-throw'
  | 'never';

/** What happens in one call: new configurations come before it ends, and while it is stuck. */
type Turn = { fate: Fate; pushes: number; pushesWhileStuck: number };
type Call = Turn & { version: number | undefined; reason: ApplyReason };
type Life = {
  calls: Call[];
  pushed: number;
  atWork: number;
  atWorkMax: number;
  /** A call never comes back. */
  isLost: boolean;
  hadToBeClosed: boolean;
};

const RUNS = 15;
/** A device that hangs has failed. */
const RUN_MS_MAX = 10_000;

const turn: fc.Arbitrary<Turn> = fc.record({
  fate: fc.oneof(
    { weight: 3, arbitrary: fc.constant('take' as const) },
    { weight: 5, arbitrary: fc.constantFrom('throw', 'obey', 'obey-and-take', 'late-take', 'late-throw') },
    { weight: 1, arbitrary: fc.constant('never' as const) },
  ),
  pushes: fc.nat({ max: 2 }),
  pushesWhileStuck: fc.nat({ max: 3 }),
});

function isStuck({ fate }: Turn): boolean {
  return fate === 'never' || fate === 'late-take' || fate === 'late-throw';
}

test('however the handler behaves, it is never called twice at once and every answer is right', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 12 }), async (turns) => {
      const cleanups: (() => unknown)[] = [];
      const bench = await createBench({ after: (cleanup) => cleanups.push(cleanup as () => unknown) });
      try {
        const life = await live(bench, turns);
        await checkRestart(bench, checkCalls(life, answers(bench)));
      } finally {
        for (const cleanup of cleanups) await cleanup();
      }
    }),
    { numRuns: RUNS, timeout: RUN_MS_MAX, endOnFailure: true },
  );
});
/** One life of a device: as long as turns are left and the handler comes back, there is a next push. */
async function live(bench: Bench, turns: readonly Turn[]): Promise<Life> {
  const left = [...turns];
  const life: Life = { calls: [], pushed: 0, atWork: 0, atWorkMax: 0, isLost: false, hadToBeClosed: false };
  const device = bench.start({ clock: hurry(life) }, createHandler(bench, life, left));
  await bench.event('connected');
  do {
    await push(bench, life, 1);
    await quiet(bench, life);
  } while (left.length > 0 && !life.isLost);
  if (!life.isLost) {
    await push(bench, life, 1);
    await quiet(bench, life);
    assert.equal(answers(bench).get(life.pushed), 200, 'it goes on when every call has ended');
  }
  assert.equal(life.atWorkMax, 1);
  await device.close();
  assert.equal(life.hadToBeClosed, false);
  return life;
}

function createHandler(bench: Bench, life: Life, left: Turn[]): ConfigHandler {
  return async ({ version }, { reason, signal }) => {
    const turn = left.shift() ?? { fate: 'take', pushes: 0, pushesWhileStuck: 0 };
    life.calls.push({ ...turn, version, reason });
    life.atWork += 1;
    life.atWorkMax = Math.max(life.atWorkMax, life.atWork);
    try {
      await push(bench, life, turn.pushes);
      if (turn.fate === 'throw') throw new Error('no');
      if (turn.fate === 'take') return;
      if (!signal.aborted) await once(signal, 'abort');
      if (turn.fate === 'obey') throw new Error('too slow');
      if (turn.fate === 'obey-and-take') return;
      await bench.event('handler-stuck');
      await push(bench, life, turn.pushesWhileStuck);
      life.isLost = turn.fate === 'never';
      if (life.isLost) await new Promise(() => {});
      if (turn.fate === 'late-throw') throw new Error('too late');
    } finally {
      life.atWork -= 1;
    }
  };
}

/** Time runs out at once for a call that is to run out of it, and never for another. */
function hurry(life: Life): Clock {
  return {
    now: systemClock.now,
    after(ms, name, run) {
      const call = life.calls.at(-1);
      const isOver =
        (name === 'apply-timeout' && call?.fate !== 'take' && call?.fate !== 'throw') ||
        (name === 'apply-grace' && call !== undefined && isStuck(call));
      if (isOver) return systemClock.after(0, name, run);
      if (name.startsWith('apply')) return () => {};
      if (name !== 'close-timeout') return systemClock.after(ms, name, run);
      return systemClock.after(ms, name, () => {
        life.hadToBeClosed = true;
        run();
      });
    },
  };
}

async function push(bench: Bench, life: Life, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    life.pushed += 1;
    bench.push(life.pushed, bench.files.offer(`{"v":${life.pushed}}`, life.pushed));
    await bench.event('offered');
  }
}

/** Every push has been answered or displaced; of a device that is lost, all but the one that waits. */
async function quiet(bench: Bench, life: Life): Promise<void> {
  const isQuiet = () => {
    const known = answers(bench);
    const displaced = bench.events.filter(({ type }) => type === 'superseded').length;
    const open = life.pushed - known.size - displaced;
    if (!life.isLost) return life.atWork === 0 && open === 0;
    const last = life.calls.findLast(({ reason }) => reason === 'new')?.version;
    return open <= 1 && last !== undefined && known.has(last);
  };
  const signal = AbortSignal.timeout(WAIT_MS_MAX);
  while (!isQuiet()) await setImmediate(undefined, { signal });
}

/** The code each pushed version was answered with. */
function answers({ broker }: Bench): Map<number, number> {
  const replies = broker.published.filter(({ topic }) => topic.endsWith('/push_reply'));
  return new Map(replies.map(({ body }) => [Number(body.id), Number(body.code)]));
}

/** Goes through the calls as the rules have them. @returns the last good version. */
function checkCalls({ calls }: Life, known: ReadonlyMap<number, number>): number | undefined {
  let lastGood: number | undefined;
  let isRevertOwed = false;
  for (const [index, call] of calls.entries()) {
    const [before, next] = [calls[index - 1], calls[index + 1]];
    if (isRevertOwed && lastGood !== undefined) assert.equal(call.reason, 'revert');
    if (call.reason === 'revert') {
      assert.equal(call.version, lastGood);
      isRevertOwed = isStuck(call) && before !== undefined && !isStuck(before);
      continue;
    }
    assert.equal(call.reason, 'new');
    isRevertOwed = call.fate !== 'take';
    const isReverted = lastGood !== undefined && !isStuck(call) && next?.fate === 'take';
    const expected = call.fate === 'take' ? 200 : isReverted ? 100010 : 100011;
    assert.equal(known.get(Number(call.version)), expected, `the answer to ${call.version}`);
    if (call.fate === 'take') lastGood = call.version;
  }
  return lastGood;
}

async function checkRestart(bench: Bench, lastGood: number | undefined): Promise<void> {
  bench.applied.length = 0;
  bench.start();
  await bench.event('connected');
  const stored = bench.applied.map(({ version, reason }) => [version, reason]);
  assert.deepEqual(stored, lastGood === undefined ? [] : [[lastGood, 'stored']]);
}
