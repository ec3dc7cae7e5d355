/**
 * The load processes as the benchmark sees them: one voice for all.
 *
 * A process holds the connections of all sides, so it gets at most a quarter of the descriptors that a process
 * commonly may open. Each further process speaks from a loopback address of its own: a server counts
 * connections by address, and an address has only some 28,000 ports to one other.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Identity } from '../src/alink.ts';
import type { LoadAnswer, LoadCommand, LoadTask, Ports, SideName } from './messages.ts';

export type LoadDone = {
  operations: number;
  /** CPU time of the load processes as a share of what they can have beside the program: 1 is all of it. */
  cpuShare: number;
};

export type Load = AsyncDisposable & {
  open(side: SideName, devices: readonly Identity[]): Promise<void>;
  prepare(side: SideName, ports: Ports, task: LoadTask): Promise<void>;
  /** Carries out what was prepared. */
  go(): Promise<LoadDone>;
};

const DEVICES_PER_PROCESS = 5_000;
const COMMAND_MS_MAX = 120_000;

export function startLoad(deviceCount: number): Load {
  const count = Math.ceil(deviceCount / DEVICES_PER_PROCESS);
  const workers = Array.from({ length: count }, () =>
    fork(join(import.meta.dirname, 'load.ts'), { execArgv: ['--conditions=development'] }),
  );
  const all = (commandFor: (index: number) => LoadCommand) =>
    Promise.all(workers.map((worker, index) => ask(worker, commandFor(index))));
  return {
    async open(side, devices) {
      const share = Math.ceil(devices.length / count);
      await all((index) => ({
        kind: 'open',
        side,
        devices: devices.slice(index * share, (index + 1) * share),
        sourceAddress: index === 0 ? null : `127.0.0.${index + 1}`,
      }));
    },
    async prepare(side, ports, task) {
      await all(() => ({ kind: 'prepare', side, ports, task }));
    },
    async go() {
      const done = (await all(() => ({ kind: 'go' }))).filter((answer) => answer.kind === 'done');
      return {
        operations: done.reduce((sum, { operations }) => sum + operations, 0),
        cpuShare: done.reduce((sum, { cpuMs, wallMs }) => sum + cpuMs / wallMs, 0) / coresFor(count),
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map(end));
    },
  };
}

/** A core each, but one is the measured program's. */
function coresFor(processes: number): number {
  return Math.max(1, Math.min(processes, availableParallelism() - 1));
}

async function ask(worker: ChildProcess, command: LoadCommand): Promise<LoadAnswer> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(COMMAND_MS_MAX)]);
  const answered = once(worker, 'message', { signal });
  const lost = once(worker, 'exit', { signal });
  // Whichever comes second is of no interest.
  answered.catch(() => {});
  lost.catch(() => {});
  worker.send(command);
  try {
    // A load process sends nothing else.
    const answer = (await Promise.race([
      answered.then(([message]) => message),
      lost.then(() => ({ kind: 'failed', reason: 'a load process has ended' })),
    ])) as LoadAnswer;
    if (answer.kind === 'failed') throw new Error(answer.reason);
    return answer;
  } catch (cause) {
    const isLate = cause instanceof Error && cause.name === 'AbortError';
    throw isLate
      ? new Error(`the devices were not done within ${COMMAND_MS_MAX / 1000} s`, { cause })
      : cause;
  } finally {
    over.abort();
  }
}

async function end(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const ended = once(worker, 'exit');
  worker.kill('SIGKILL');
  await ended;
}
