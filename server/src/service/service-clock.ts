/**
 * The two clocks of `domain/clock.ts`, on this machine.
 *
 * Service time is the machine's uptime, continued across restarts: the last reading is kept in the
 * store. After a restart in the same boot the uptime itself bridges the gap, so a wall clock that was
 * changed meanwhile has no say. After a reboot only the wall clock knows how long the machine was off;
 * a clock that went back counts as no time at all.
 */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Clock } from '../domain/clock.ts';
import type { Store } from '../domain/store-port.ts';

const META_NAME = 'service-clock';

export type UptimeSource = { bootId: string; uptimeMs(): number };

type Reading = { bootId: string; uptimeMs: number; wallMs: number; serviceMs: number };

export interface ServiceClock extends Clock {
  /** Keeps the reading for the next start. Called by the reconciler's heartbeat and at the end. */
  save(): Promise<void>;
}

export async function openServiceClock(
  store: Store,
  source: UptimeSource = systemUptime(),
  wallMs = Date.now,
): Promise<ServiceClock> {
  const kept = await store.read((tx) => tx.upkeep.findMeta(META_NAME));
  const startUptimeMs = source.uptimeMs();
  const startServiceMs =
    kept === undefined ? 0 : continued(JSON.parse(kept) as Reading, source.bootId, startUptimeMs, wallMs());
  const now = () => ({
    wallMs: wallMs(),
    serviceMs: startServiceMs + Math.max(0, Math.floor(source.uptimeMs() - startUptimeMs)),
  });
  const save = async () => {
    const { wallMs: wall, serviceMs } = now();
    const reading: Reading = { bootId: source.bootId, uptimeMs: source.uptimeMs(), wallMs: wall, serviceMs };
    await store.write((tx) => tx.upkeep.putMeta(META_NAME, JSON.stringify(reading)));
  };
  await save();
  return { now, save };
}

function continued(kept: Reading, bootId: string, uptimeMs: number, wallMs: number): number {
  const passed = kept.bootId === bootId ? uptimeMs - kept.uptimeMs : wallMs - kept.wallMs;
  return Math.ceil(kept.serviceMs + Math.max(0, passed));
}

const UPTIME_FILE = '/proc/uptime';
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/**
 * The uptime at start is read from the kernel (a file, which is not affected by a faked library clock),
 * then advanced by the process's own monotonic clock, which costs nothing to read.
 */
export function systemUptime(): UptimeSource {
  const startMs = readUptimeMs();
  const startMark = performance.now();
  return { bootId: readBootId(), uptimeMs: () => startMs + (performance.now() - startMark) };
}

function readUptimeMs(): number {
  try {
    return Number(readFileSync(UPTIME_FILE, 'utf8').split(' ')[0]) * 1000;
  } catch {
    return uptime() * 1000;
  }
}

function readBootId(): string {
  try {
    return readFileSync(BOOT_ID_FILE, 'utf8').trim();
  } catch {
    // Systems without it: the boot is named by its start, which a clock change may alter; then the wall clock decides.
    return `boot-${Math.round((Date.now() - uptime() * 1000) / 60_000)}`;
  }
}
