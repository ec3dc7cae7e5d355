/**
 * Notices a second device with the same directory and name, in this process or another one: the two
 * would replace each other's kept file and call two handlers for one thing.
 *
 * The lock is a listening socket in Linux's abstract namespace. The kernel gives it back when its
 * owner ends, also by `kill -9` or a power cut, so there is no stale lock to detect. A file with a
 * process id could not tell its owner from whatever runs under that id after a reboot (in a container,
 * always 1), and a device that waits for nobody is worse than one that does not notice a mistake.
 * Where there is no such namespace, or in containers with a network each, nothing is noticed.
 */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { sleep } from './clock.ts';
import { messageOf } from './events.ts';
import type { Settings } from './options.ts';

export type Lock = { release(): Promise<void> };

type Place = Pick<Settings, 'dir' | 'productKey' | 'deviceName'>;

/** How often a device looks whether the other one has ended. */
const LOCK_RETRY_MS = 1_000;
const NO_LOCK: Lock = { release: async () => {} };

/** Waits, after one error, while another device has the lock. Undefined when `signal` is aborted first. */
export async function lockWhenFree(settings: Settings, signal: AbortSignal): Promise<Lock | undefined> {
  let hasTold = false;
  while (!signal.aborted) {
    const lock = await takeLock(settings);
    if (lock !== undefined) return lock;
    const { dir, deviceName, voice, clock } = settings;
    if (!hasTold)
      voice.error('storage', `${dir} is in use by another ${deviceName}; waiting until that ends`);
    hasTold = true;
    await sleep(clock, LOCK_RETRY_MS, 'lock-retry', signal);
  }
  return undefined;
}

async function takeLock(place: Place): Promise<Lock | undefined> {
  if (process.platform !== 'linux') return NO_LOCK;
  const server = createServer((socket) => socket.destroy()).unref();
  try {
    server.listen(await socketName(place));
    await once(server, 'listening');
  } catch (error) {
    // Anything else is for the store to report: a lock that cannot be had must not stop the device.
    return messageOf(error).includes('EADDRINUSE') ? undefined : NO_LOCK;
  }
  server.on('error', () => {});
  return {
    async release() {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

/** Two paths to one directory are one directory. */
async function socketName({ dir, productKey, deviceName }: Place): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const { dev, ino } = await stat(dir, { bigint: true });
  return `\0opencota-device-${hash('sha256', [dev, ino, productKey, deviceName].join('\n'))}`;
}
