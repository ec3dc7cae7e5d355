/**
 * System calls of a server that fail, kill it or are written down, by `strace`.
 *
 * The calls are the real ones of the real process: SQLite, Node and the kernel each see what they would
 * see. Where tracing is not allowed (a container without ptrace) the fault is not done.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/test-server.ts';
import { demandProgram, NotHere } from './fault.ts';

/** Calls with which SQLite changes files and makes changes durable. */
export const WRITES = 'pwrite64';
export const SYNCS = 'fsync,fdatasync';

let mayTrace: boolean | undefined;

function demandStrace(): string {
  const strace = demandProgram('strace');
  mayTrace ??= spawnSync(strace, ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true']).status === 0;
  if (!mayTrace) throw new NotHere('may not trace a process');
  return strace;
}

/**
 * A wrapper that kills the server at its n-th such call, before the call is done. Without a filter for
 * the calls, which would be quicker: strace 6.1 delivers no signal with one.
 */
export function killingAt(calls: string, count: number): string[] {
  const inject = `inject=${calls}:signal=SIGKILL:when=${count}`;
  return [demandStrace(), '-D', '-f', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject];
}

/** A wrapper that writes down every change of a file, a file for each thread under this prefix. */
export function recordingTo(prefix: string, bytesMax: number): string[] {
  const trace = `trace=${WRITES},${SYNCS},ftruncate`;
  const form = ['-ff', '-ttt', '-T', '-y', '-xx', '-s', String(bytesMax)];
  return [demandStrace(), '-D', '--seccomp-bpf', ...form, '-e', trace, '-o', prefix];
}

/** From now until it is disposed of, these calls of the process fail so. */
export function failing(pid: number, calls: string, error: string): Promise<AsyncDisposable> {
  return injecting(pid, calls, `error=${error}`);
}

/** From now until it is disposed of, each of these calls of the process takes so much longer. */
export function slowing(pid: number, calls: string, ms: number): Promise<AsyncDisposable> {
  return injecting(pid, calls, `delay_enter=${ms * 1_000}`);
}

async function injecting(pid: number, calls: string, what: string): Promise<AsyncDisposable> {
  const dir = mkdtempSync(join(tmpdir(), 'opencota-strace-'));
  const log = join(dir, 'log');
  const inject = `inject=${calls}:${what}`;
  const child = spawn(
    demandStrace(),
    ['-f', '-o', log, '-e', `trace=${calls}`, '-e', inject, '-p', String(pid)],
    { stdio: 'ignore' },
  );
  await until('strace is attached', () => child.exitCode !== null || isTraced(pid));
  if (child.exitCode !== null) throw new NotHere('may not trace a running process');
  return {
    async [Symbol.asyncDispose]() {
      await stop(child);
      rmSync(dir, { recursive: true });
    },
  };
}

/** Every thread: SQLite may work on any. */
function isTraced(pid: number): boolean {
  return !readFileSync(`/proc/${pid}/status`, 'utf8').includes('TracerPid:\t0\n');
}

/** It lets the process go on as it was. */
async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGINT');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
