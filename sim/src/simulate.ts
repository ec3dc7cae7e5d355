/**
 * A fleet: thousands of simulated devices in one process, over real MQTT and HTTP, each with its own
 * behaviour, all from one seed.
 *
 * One timer looks after all of them (pings, answers that do not come, sessions that end on purpose), and
 * one HTTP agent bounds how many download at once. Everything a device lives through is in its log.
 */
import { Agent } from 'node:http';
import { type DeviceSurroundings, type Running, SimDevice, type SimDeviceSpec } from './device.ts';
import { EVENT_TYPES, type LogEntry, type SimEventType } from './device-log.ts';
import { createRandom, seedFor } from './random.ts';

export type FleetOptions = {
  /** `mqtt://host:port`; 1883 when there is no port. */
  mqttUrl: string;
  devices: readonly SimDeviceSpec[];
  seed: number;
  /** How fast the fleet connects at start. Default 500. */
  connectsPerSecond?: number;
  /** Downloads at once; the others wait. Default 256. */
  downloadsMax?: number;
  /** The request after connecting is spread over this time. Default 2000. */
  requestJitterMs?: number;
  /** Default 300. The server accepts 30 to 1200. */
  keepAliveSeconds?: number;
  /** How long to wait before connecting again: a random part of a bound that doubles. Default 1 s to 30 s. */
  reconnect?: { minMs: number; maxMs: number };
  /** Everything that happens, as it happens. */
  onEvent?: (deviceName: string, entry: LogEntry) => void;
};

export type FleetCounts = {
  devices: number;
  /** Connected at this moment. */
  online: number;
  /** How often each thing has happened, over all devices. */
  events: Readonly<Record<SimEventType, number>>;
};

export type Fleet = AsyncDisposable & {
  /** Begins to connect. Once. */
  start(): void;
  counts(): FleetCounts;
  /** Resolves as soon as the counts are so; rejects when they are not within the time. */
  until(what: string, isSo: (counts: FleetCounts) => boolean, withinMs: number): Promise<void>;
  /** Devices that connect as soon as they are started. */
  readonly punctualCount: number;
  deviceNames(): string[];
  /** What the device lived through, oldest first. */
  log(deviceName: string): readonly LogEntry[];
  /** What the device runs; undefined: nothing yet. */
  running(deviceName: string): Running | undefined;
  /** Drops the device's connection without a word; it comes back by itself. */
  cut(deviceName: string): void;
  /** Ends all connections politely, within a second. */
  stop(): Promise<void>;
};

const CONNECTS_PER_SECOND = 500;
const DOWNLOADS_MAX = 256;
const REQUEST_JITTER_MS = 2_000;
const KEEP_ALIVE_SECONDS = 300;
const RECONNECT = { minMs: 1_000, maxMs: 30_000 };
const MQTT_PORT = 1883;
const SWEEP_MS = 1_000;
const GOODBYE_MS_MAX = 1_000;

export function createFleet(options: FleetOptions): Fleet {
  const events = createTally();
  const waiters = new Set<() => void>();
  const agent = new Agent({ keepAlive: false, maxSockets: options.downloadsMax ?? DOWNLOADS_MAX });
  const surroundings = surroundingsOf(options, agent, (deviceName, entry) => {
    events[entry.type] += 1;
    options.onEvent?.(deviceName, entry);
    for (const check of waiters) check();
  });
  const devices = new Map(
    options.devices.map((spec) => {
      const random = createRandom(seedFor(options.seed, spec.deviceName));
      return [spec.deviceName, new SimDevice(spec, surroundings, random)];
    }),
  );
  const counts = (): FleetCounts => ({
    devices: devices.size,
    online: events.connected - events.disconnected,
    events,
  });
  let sweeper: NodeJS.Timeout | undefined;
  const start = () => {
    if (sweeper !== undefined) throw new Error('the fleet has been started already');
    const spreadMs = 1_000 / (options.connectsPerSecond ?? CONNECTS_PER_SECOND);
    let index = 0;
    for (const device of devices.values()) device.start(Math.floor(index++ * spreadMs));
    sweeper = setInterval(() => {
      const nowMs = performance.now();
      for (const device of devices.values()) device.sweep(nowMs);
    }, SWEEP_MS);
  };
  const until: Fleet['until'] = (what, isSo, withinMs) =>
    waitUntil(waiters, () => isSo(counts()), { what, withinMs });
  const stop = async () => {
    clearInterval(sweeper);
    for (const device of devices.values()) device.stop();
    await until('all devices are gone', ({ online }) => online === 0, GOODBYE_MS_MAX).catch(() => {
      for (const device of devices.values()) device.cut();
    });
    agent.destroy();
  };
  const get = (deviceName: string): SimDevice => {
    const device = devices.get(deviceName);
    if (device === undefined) throw new RangeError(`there is no device ${deviceName} in this fleet`);
    return device;
  };
  return {
    start,
    counts,
    until,
    punctualCount: [...devices.values()].filter(({ isPunctual }) => isPunctual).length,
    deviceNames: () => [...devices.keys()],
    log: (deviceName) => get(deviceName).log.entries(),
    running: (deviceName) => get(deviceName).running,
    cut: (deviceName) => get(deviceName).cut(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function surroundingsOf(
  options: FleetOptions,
  agent: Agent,
  onEvent: DeviceSurroundings['onEvent'],
): DeviceSurroundings {
  const { hostname, port, protocol } = new URL(options.mqttUrl);
  if (protocol !== 'mqtt:') throw new RangeError(`${options.mqttUrl} is not an mqtt:// address`);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? MQTT_PORT : Number(port),
    agent,
    keepAliveSeconds: options.keepAliveSeconds ?? KEEP_ALIVE_SECONDS,
    requestJitterMs: options.requestJitterMs ?? REQUEST_JITTER_MS,
    reconnect: options.reconnect ?? RECONNECT,
    onEvent,
  };
}

function createTally(): Record<SimEventType, number> {
  // Every type of event is in the list.
  return Object.fromEntries(EVENT_TYPES.map((type) => [type, 0])) as Record<SimEventType, number>;
}

/** `waiters` are called whenever something has happened. */
function waitUntil(
  waiters: Set<() => void>,
  isSo: () => boolean,
  { what, withinMs }: { what: string; withinMs: number },
): Promise<void> {
  if (isSo()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const check = () => {
      if (!isSo()) return;
      waiters.delete(check);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      waiters.delete(check);
      reject(new Error(`waited in vain for ${withinMs} ms: ${what}`));
    }, withinMs);
    waiters.add(check);
  });
}
