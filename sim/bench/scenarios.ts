/**
 * What is measured, on one side and once. Each scenario brings about the state it starts from, lets the
 * process come to rest, and measures from a signal to the last answer; for a push, until everything is
 * recorded.
 */

import type { Load } from './load-processes.ts';
import type { LoadTask } from './messages.ts';
import type { Side } from './side.ts';
import { readCpuMs, readRssBytes, untilQuiet } from './usage.ts';

export const SCENARIO_NAMES = [
  'connect',
  'request',
  'download',
  'download-kept-alive',
  'idle',
  'rollout',
  'rollout-inline',
  'restart',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** What devices take: a link, or also the content in the message. */
export type Speech = 'link' | 'inline';

/** What it needs to run once. */
export type Bench = {
  side: Side;
  load: Load;
  devices: number;
  requestsPerDevice: number;
  /** Sides whose devices are connected, and as what. */
  connected: Map<Side, Speech>;
  /** Around what is measured, when somebody looks closer. */
  window: { open(): Promise<void>; close(): Promise<void> } | undefined;
};

export type Measured = {
  operations: number;
  /** Null: time is not what it measures. */
  seconds: number | null;
  /** Until the process was at rest again, so that nothing is left for later unpaid. */
  cpuMicros: number | null;
  loadCpuShare: number;
  bytesPerConnection: number | null;
};

export type Scenario = {
  meaning: string;
  /** Of the floor's devices a second, or bytes per connection. */
  target: { ratioMin: number } | { bytesMax: number } | null;
  /** Whether a broker can do the same, or near enough: `sim/README.md` says how near. */
  isOfBroker: boolean;
  /** A process that is new each time needs no round to warm up, and its rounds take long. */
  isOfNewProcess: boolean;
  /** After so many devices a program runs as one that has served for a while does. Default: one round. */
  warmUpDevices?: number;
  run(bench: Bench): Promise<Measured>;
};

const QUIET_MS_MAX = 10_000;
/** The way of a rollout is the longest, and the engine compiles it late. */
const WARM_UP_DEVICES = 15_000;
const CONNECT: LoadTask = { kind: 'connect', takesInline: false };

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  connect: {
    meaning: 'devices signed in',
    target: { ratioMin: 0.5 },
    isOfBroker: true,
    isOfNewProcess: false,
    async run(bench) {
      bench.connected.delete(bench.side);
      const measured = await measure(bench, CONNECT);
      bench.connected.set(bench.side, 'link');
      return measured;
    },
  },
  request: {
    meaning: 'requests answered',
    target: { ratioMin: 0.6 },
    isOfBroker: true,
    isOfNewProcess: false,
    async run(bench) {
      await ensureConnected(bench);
      return measure(bench, { kind: 'request', perDevice: bench.requestsPerDevice });
    },
  },
  download: {
    meaning: 'signed downloads, a new connection each',
    target: { ratioMin: 0.7 },
    isOfBroker: false,
    isOfNewProcess: false,
    async run(bench) {
      await ensureConnected(bench);
      return measure(bench, { kind: 'download', isKeptAlive: false });
    },
  },
  'download-kept-alive': {
    meaning: 'signed downloads on 64 connections',
    target: { ratioMin: 0.7 },
    isOfBroker: false,
    isOfNewProcess: false,
    async run(bench) {
      await ensureConnected(bench);
      return measure(bench, { kind: 'download', isKeptAlive: true });
    },
  },
  idle: {
    meaning: 'memory of a connection at rest',
    target: { bytesMax: 30 * 1024 },
    isOfBroker: true,
    isOfNewProcess: true,
    run: measureIdle,
  },
  rollout: {
    meaning: 'devices pushed to, downloaded, confirmed and recorded',
    target: { ratioMin: 0.6 },
    isOfBroker: false,
    isOfNewProcess: false,
    warmUpDevices: WARM_UP_DEVICES,
    async run(bench) {
      await ensureConnected(bench);
      const push = await bench.side.preparePush();
      return measure(
        bench,
        { kind: 'rollout', isInline: false },
        { begin: push.start, finish: push.recorded },
      );
    },
  },
  'rollout-inline': {
    meaning: 'devices pushed to with the content in the message, confirmed and recorded',
    target: null,
    isOfBroker: false,
    isOfNewProcess: false,
    warmUpDevices: WARM_UP_DEVICES,
    async run(bench) {
      await ensureConnected(bench, 'inline');
      const push = await bench.side.preparePush();
      return measure(
        bench,
        { kind: 'rollout', isInline: true },
        { begin: push.start, finish: push.recorded },
      );
    },
  },
  restart: {
    meaning: 'killed, started, all devices connected again',
    target: null,
    isOfBroker: false,
    isOfNewProcess: true,
    run: measureRestart,
  },
};

type Around = {
  /** Sets off what the devices wait for. */
  begin?: () => Promise<void>;
  /** What must be so before the clock stops. */
  finish?: () => Promise<void>;
};

async function measure(bench: Bench, task: LoadTask, { begin, finish }: Around = {}): Promise<Measured> {
  const { side, load, window } = bench;
  await load.prepare(side.name, side.ports(), task);
  const { pid } = side.child();
  await untilQuiet(pid, QUIET_MS_MAX);
  await window?.open();
  const startCpuMs = readCpuMs(pid);
  const startMs = performance.now();
  const going = load.go();
  // When the push itself fails, its reason is the one to tell.
  going.catch(() => {});
  await begin?.();
  const { operations, cpuShare } = await going;
  await finish?.();
  const seconds = (performance.now() - startMs) / 1000;
  await untilQuiet(pid, QUIET_MS_MAX);
  const cpuMicros = microsSince(startCpuMs, pid);
  await window?.close();
  return { operations, seconds, cpuMicros, loadCpuShare: cpuShare, bytesPerConnection: null };
}

function microsSince(startCpuMs: number | undefined, pid: number): number | null {
  const endCpuMs = readCpuMs(pid);
  return startCpuMs === undefined || endCpuMs === undefined ? null : (endCpuMs - startCpuMs) * 1000;
}

async function ensureConnected({ side, load, connected }: Bench, speech: Speech = 'link'): Promise<void> {
  if (connected.get(side) === speech) return;
  await load.prepare(side.name, side.ports(), { kind: 'connect', takesInline: speech === 'inline' });
  await load.go();
  connected.set(side, speech);
}

/** In a new process: one that has had connections before has the memory for them already. */
async function measureIdle(bench: Bench): Promise<Measured> {
  const { side, load, connected, devices } = bench;
  await killWithDevices(bench);
  await side.start();
  const before = await restingRssBytes(side);
  await load.prepare(side.name, side.ports(), CONNECT);
  const { operations, cpuShare } = await load.go();
  connected.set(side, 'link');
  const after = await restingRssBytes(side);
  const grown = before === undefined || after === undefined ? null : Math.max(0, after - before);
  return {
    operations,
    seconds: null,
    cpuMicros: null,
    loadCpuShare: cpuShare,
    bytesPerConnection: grown === null ? null : Math.round(grown / devices),
  };
}

async function restingRssBytes(side: Side): Promise<number | undefined> {
  const { pid } = side.child();
  await untilQuiet(pid, QUIET_MS_MAX);
  side.child().collectGarbage();
  await untilQuiet(pid, QUIET_MS_MAX);
  return readRssBytes(pid);
}

async function measureRestart(bench: Bench): Promise<Measured> {
  const { side, load, connected } = bench;
  await ensureConnected(bench);
  await killWithDevices(bench);
  const startMs = performance.now();
  await side.start();
  await load.prepare(side.name, side.ports(), CONNECT);
  const { operations, cpuShare } = await load.go();
  const seconds = (performance.now() - startMs) / 1000;
  connected.set(side, 'link');
  const { pid } = side.child();
  await untilQuiet(pid, QUIET_MS_MAX);
  const cpuMicros = microsSince(0, pid);
  return { operations, seconds, cpuMicros, loadCpuShare: cpuShare, bytesPerConnection: null };
}

async function killWithDevices({ side, load, connected }: Bench): Promise<void> {
  await load.prepare(side.name, side.ports(), { kind: 'disconnect' });
  connected.delete(side);
  await side.child().kill();
  await load.go();
}
