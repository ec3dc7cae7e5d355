/** The whole demo as a child process, on free ports: its answer, its exit code, and that nothing stays. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Summary } from '../src/demo/scenario.ts';

const DEMO = join(import.meta.dirname, '../src/demo.ts');
const ROOM_MS = 90_000;

type Run = AsyncDisposable & {
  child: ChildProcess;
  /** Its temporary directory, in which everything it makes must be. */
  dir: string;
  output: { stdout: string; stderr: string };
  /** Resolves as soon as stderr matches. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  exited: Promise<number | null>;
};

async function runDemo(...args: string[]): Promise<Run> {
  const dir = await mkdtemp(join(tmpdir(), 'opencota-demo-test-'));
  const child = spawn(
    process.execPath,
    ['--conditions=development', DEMO, '--json', '--http-port', '0', '--mqtt-port', '0', ...args],
    { env: { ...process.env, TMPDIR: dir, LANG: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output = { stdout: '', stderr: '' };
  const changed = new EventTarget();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      changed.dispatchEvent(new Event('change'));
    });
  }
  const exited = once(child, 'close').then(([code]) => code);
  const said = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(output.stderr);
      if (match !== null) return match;
      await once(changed, 'change', { signal: AbortSignal.timeout(ROOM_MS) });
    }
  };
  const dispose = async () => {
    if (child.exitCode === null) child.kill('SIGINT');
    await exited;
    await rm(dir, { recursive: true, force: true });
  };
  return { child, dir, output, said, exited, [Symbol.asyncDispose]: dispose };
}

async function assertNothingStays(run: Run): Promise<void> {
  assert.deepEqual(await readdir(run.dir), [], 'its directories are removed');
  const [, port] = await run.said(/http (\d+)/);
  const socket = connect(Number(port), '127.0.0.1');
  const [error] = await once(socket, 'error');
  assert.equal(error.code, 'ECONNREFUSED', 'its server is gone');
}

describe('the demo', { concurrency: true, timeout: ROOM_MS }, () => {
  it('brings every device to the state the scenario expects and says so in one line of JSON', async () => {
    await using run = await runDemo('--exit');
    assert.equal(await run.exited, 0, run.output.stderr);
    const lines = run.output.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 1, 'stdout is data only');
    const summary: Summary = JSON.parse(lines[0]!);
    assert.equal(summary.ok, true);
    const counts = Object.entries(summary.counts).filter(([, count]) => count > 0);
    assert.deepEqual(Object.fromEntries(counts), { applied: 18, downloaded: 1, failed: 1 });
    assert.ok(summary.secondsToFirstConfirmed! > 0 && summary.secondsToFirstConfirmed! <= summary.seconds);
    assert.equal(Object.keys(summary.outcomes).length, 20);
    const refused = summary.outcomes['thermostat-19']!;
    assert.equal(refused.code, 100011);
    assert.match(refused.message!, /boiler/);
    await assertNothingStays(run);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    await using run = await runDemo();
    await run.said(/✓ Devices/);
    run.child.kill('SIGINT');
    assert.equal(await run.exited, 130);
    assert.equal(run.output.stdout, '');
    await assertNothingStays(run);
  });

  it('ends with the server’s own words when the server cannot start', async () => {
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    // A TCP server that listens has such an address.
    const { port } = other.address() as AddressInfo;
    await using run = await runDemo('--http-port', String(port));
    assert.equal(await run.exited, 1);
    other.close();
    assert.match(run.output.stderr, new RegExp(`Port ${port} cannot be opened`));
    assert.deepEqual(await readdir(run.dir), []);
  });

  it('says what is wrong with its options', async () => {
    await using run = await runDemo('--devices', '4');
    assert.equal(await run.exited, 2);
    assert.match(run.output.stderr, /--devices must be a whole number from 5/);
  });
});
