/** The benchmark as a child process, with a handful of devices: that it measures, and that nothing stays. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { BenchReport } from '../bench/main.ts';
import { findMosquitto } from '../bench/mosquitto-side.ts';
import { findHottest } from '../bench/profiler.ts';
import { medianOf } from '../bench/rounds.ts';

const BENCH = join(import.meta.dirname, '../bench/main.ts');
const ROOM_MS = 60_000;

type Run = AsyncDisposable & {
  child: ChildProcess;
  dir: string;
  output: { stdout: string; stderr: string };
  exited: Promise<number | null>;
};

async function runBench(...args: string[]): Promise<Run> {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-bench-test-'));
  const child = spawn(process.execPath, ['--conditions=development', BENCH, ...args], {
    env: { ...process.env, TMPDIR: dir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const exited = once(child, 'close').then(([code]) => code);
  const dispose = async () => {
    if (child.exitCode === null) child.kill('SIGINT');
    await exited;
    await rm(dir, { recursive: true, force: true });
  };
  return { child, dir, output, exited, [Symbol.asyncDispose]: dispose };
}

describe('the benchmark', { concurrency: true, timeout: ROOM_MS }, () => {
  it('compares the server with the floor and prints one object as its last line', async () => {
    await using run = await runBench('--quick', '--devices', '20', '--json', '--only', 'rollout');
    assert.equal(await run.exited, 0, run.output.stderr);
    const lines = run.output.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 1, 'stdout is data only');
    const report: BenchReport = JSON.parse(lines[0]!);
    assert.deepEqual(
      report.scenarios.map(({ name, devices, operations }) => ({ name, devices, operations })),
      [{ name: 'rollout', devices: 20, operations: 20 }],
    );
    for (const { perSecond, floorPerSecond, ratioToFloor } of report.scenarios) {
      assert.ok(perSecond! > 0 && floorPerSecond! > 0);
      assert.ok(Math.abs(ratioToFloor! - perSecond! / floorPerSecond!) < 0.05);
    }
    assert.deepEqual(await readdir(run.dir), [], 'its data are removed');
  });

  it('measures Mosquitto beside it, where it is installed, in what it does alike', async () => {
    await using run = await runBench(
      '--quick',
      '--devices',
      '20',
      '--json',
      '--only',
      'connect',
      '--only',
      'request',
    );
    assert.equal(await run.exited, 0, run.output.stderr);
    const { mosquitto, scenarios }: BenchReport = JSON.parse(run.output.stdout);
    const isInstalled = findMosquitto() !== undefined;
    assert.equal(mosquitto !== null, isInstalled);
    for (const { name, mosquitto: broker } of scenarios)
      assert.equal((broker?.perSecond ?? 0) > 0, isInstalled, `${name} ${JSON.stringify(broker)}`);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    await using run = await runBench('--quick', '--devices', '20');
    while (!run.output.stdout.includes('connect: warming up')) await once(run.child.stdout!, 'data');
    run.child.kill('SIGINT');
    assert.equal(await run.exited, 130);
    assert.deepEqual(await readdir(run.dir), []);
  });

  it('says what is wrong with its options', async () => {
    await using run = await runBench('--only', 'everything');
    assert.equal(await run.exited, 2);
    assert.match(run.output.stderr, /--only must be one of connect, request/);
  });
});

describe('a median', () => {
  it('is the middle one, or between the two in the middle', () => {
    assert.equal(medianOf([9, 1, 4]), 4);
    assert.equal(medianOf([9, 1, 4, 2]), 3);
  });

  it('is unknown when one of the values is', () => {
    assert.equal(medianOf([1, null, 3]), null);
  });
});

describe('a profile', () => {
  it('names native functions by their callers and leaves idle time out', () => {
    const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
    const hottest = findHottest(
      {
        nodes: [
          { id: 1, callFrame: frame('save', 'file:///a/b/store.ts'), children: [2] },
          { id: 2, callFrame: frame('run', '') },
          { id: 3, callFrame: frame('(idle)', '') },
        ],
        samples: [1, 2, 3],
        timeDeltas: [100, 300, 5_000],
      },
      5,
    );
    assert.deepEqual(hottest, [
      { name: 'run', where: '← save', share: 0.75 },
      { name: 'save', where: 'b/store.ts:10', share: 0.25 },
    ]);
  });
});
