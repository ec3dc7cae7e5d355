/**
 * The virtual devices of this tab, one per product. They stay connected while their person goes to other pages: so a
 * push can be made and watched. The secret stays in this tab (`sessionStorage`), and belongs to who made the device.
 */
import { type Running, VirtualDevice } from './virtual-device.ts';
import type { Identity } from './wire.ts';

type Kept = { deviceName: string; deviceSecret: string; running?: Running };

const devices = new Map<string, VirtualDevice>();

const keyOf = (username: string, productKey: string) => `opencota.try.${username}.${productKey}`;

export function findDeviceHere(username: string, productKey: string): VirtualDevice | undefined {
  const key = keyOf(username, productKey);
  const present = devices.get(key);
  if (present !== undefined) return present;
  const kept = read(key);
  if (kept === undefined) return undefined;
  const { running, ...secret } = kept;
  return wake(key, { productKey, ...secret }, running);
}

export function addDeviceHere(username: string, identity: Identity): VirtualDevice {
  const { productKey, ...secret } = identity;
  const key = keyOf(username, productKey);
  write(key, secret);
  return wake(key, identity);
}

/** Disconnects it and forgets its secret; the server is told by the caller. */
export function forgetDeviceHere(username: string, productKey: string): void {
  const key = keyOf(username, productKey);
  devices.get(key)?.disconnect();
  devices.delete(key);
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

function wake(key: string, identity: Identity, running?: Running): VirtualDevice {
  const { deviceName, deviceSecret } = identity;
  const device = new VirtualDevice({
    identity,
    running,
    keep: (now) => write(key, { deviceName, deviceSecret, running: now }),
    network: {
      origin: location.origin,
      open: async (words, events) => (await import('./mqtt-network.ts')).openLink(socketUrl(), words, events),
      download: async (url) => (await import('./mqtt-network.ts')).download(url),
    },
  });
  devices.set(key, device);
  return device;
}

const socketUrl = () => `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/mqtt`;

function write(key: string, kept: Kept): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // No storage, or a configuration too large for it: the device lasts until the page is reloaded.
  }
}

function read(key: string): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null');
    if (typeof kept !== 'object' || kept === null || !('deviceSecret' in kept)) return undefined;
    // Written by `write`, and readable by this origin's tab only.
    return kept as Kept;
  } catch {
    return undefined;
  }
}
