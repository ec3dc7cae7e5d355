/**
 * What a process costs: its CPU time and its memory, as Linux tells them from outside, so that measuring
 * needs nothing in the measured program. On other systems both are unknown.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Ticks of `/proc/<pid>/stat`; 100 a second on every Linux that Node runs on. */
const MS_PER_TICK = 10;
const QUIET_WINDOW_MS = 75;
const QUIET_WINDOWS = 2;
/** One tick in a window: a server's timers do that much. */
const QUIET_CPU_MS_MAX = 10;

/** User and system time of all threads. */
export function readCpuMs(pid: number): number | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  // The name of the program, in brackets, may have blanks; the fields after it are numbers.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Resident memory. */
export function readRssBytes(pid: number): number | undefined {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readProc(`/proc/${pid}/status`) ?? '');
  return match === null ? undefined : Number(match[1]) * 1024;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Resolves when the process has next to nothing left to do, or when the time is over. */
export async function untilQuiet(pid: number, withinMs: number): Promise<void> {
  const endMs = performance.now() + withinMs;
  let last = readCpuMs(pid) ?? 0;
  for (let quiet = 0; quiet < QUIET_WINDOWS && performance.now() < endMs; ) {
    await delay(QUIET_WINDOW_MS);
    const now = readCpuMs(pid) ?? 0;
    quiet = now - last <= QUIET_CPU_MS_MAX ? quiet + 1 : 0;
    last = now;
  }
}
