/**
 * Runs a scenario on both sides in turn, and puts their medians side by side.
 *
 * Whatever else the machine does, it does to both sides of a round alike, so the ratio is taken within
 * each round and only then its median. Who goes first changes from round to round.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attachProfiler, type CpuProfile, findHottest, type SelfTime } from './profiler.ts';
import { type Bench, type Measured, SCENARIOS, type ScenarioName } from './scenarios.ts';

export type ScenarioResult = {
  name: ScenarioName;
  devices: number;
  /** Of one round. */
  operations: number;
  perSecond: number | null;
  floorPerSecond: number | null;
  ratioToFloor: number | null;
  /** Of one operation: of one device's request, download, … */
  cpuMicrosPerDevice: number | null;
  floorCpuMicrosPerDevice: number | null;
  bytesPerConnection: number | null;
  floorBytesPerConnection: number | null;
  /** The broker beside them; null where it is not installed or has nothing alike. */
  mosquitto: BrokerResult | null;
  /** Of the cores it can have, in the round in which the load had most to do, beside either side. */
  loadCpuShare: number;
  floorLoadCpuShare: number;
  target: { ratioMin: number } | { bytesMax: number } | null;
  isTargetMet: boolean | null;
};

export type BrokerResult = {
  perSecond: number | null;
  cpuMicrosPerDevice: number | null;
  bytesPerConnection: number | null;
  loadCpuShare: number;
};

export type Profiled = { path: string; hottest: SelfTime[] };

export type Benches = { server: Bench; floor: Bench; mosquitto: Bench | undefined };

export type Rounds = {
  name: ScenarioName;
  benches: Benches;
  count: number;
  /** One round to warm up, however few devices. */
  isQuick: boolean;
  profileDir: string | undefined;
  onRound(text: string): void;
};

type Round = { server: Measured; floor: Measured; mosquitto: Measured | undefined };

const HOTTEST_SHOWN = 15;
/** With a handful of devices, nobody wants to wait until anything is warm. */
const WARM_UPS_MAX = 15;

export async function runScenario(
  rounds: Rounds,
): Promise<{ result: ScenarioResult; profiled: Profiled | undefined }> {
  const { name, benches, count, profileDir, onRound } = rounds;
  const { isOfNewProcess, isOfBroker } = SCENARIOS[name];
  const broker = isOfBroker ? benches.mosquitto : undefined;
  const measured: Round[] = [];
  let profiled: Profiled | undefined;
  for (let round = 1 - countWarmUps(rounds); round <= count; round++) {
    onRound(`${name}: ${round <= 0 ? 'warming up' : `round ${round} of ${count}`}`);
    const isProfiled = profileDir !== undefined && round === count && !isOfNewProcess;
    const runServer = async () => {
      if (!isProfiled) return run(benches.server, name);
      const profile = await runProfiled(benches.server, name);
      profiled = await keep(profile.profile, join(profileDir, `${name}.cpuprofile`));
      return profile.measured;
    };
    const runFloor = () => run(benches.floor, name);
    const isServerFirst = round % 2 === 0;
    const first = await (isServerFirst ? runServer() : runFloor());
    const second = await (isServerFirst ? runFloor() : runServer());
    const [server, floor] = isServerFirst ? [first, second] : [second, first];
    const mosquitto = broker && (await run(broker, name));
    if (round > 0) measured.push({ server, floor, mosquitto });
  }
  return { result: summarise(name, benches.server.devices, measured), profiled };
}

function countWarmUps({ name, benches, isQuick }: Rounds): number {
  const { isOfNewProcess, warmUpDevices = 0 } = SCENARIOS[name];
  if (isOfNewProcess) return 0;
  const wanted = Math.ceil(warmUpDevices / benches.server.devices);
  return isQuick ? 1 : Math.min(WARM_UPS_MAX, Math.max(1, wanted));
}

const run = (bench: Bench, name: ScenarioName): Promise<Measured> => SCENARIOS[name].run(bench);

async function runProfiled(
  bench: Bench,
  name: ScenarioName,
): Promise<{ measured: Measured; profile: CpuProfile }> {
  await using profiler = await attachProfiler(bench.side.child());
  let profile: CpuProfile | undefined;
  const close = async () => {
    profile = await profiler.stop();
  };
  const measured = await run({ ...bench, window: { open: profiler.start, close } }, name);
  return { measured, profile: profile! };
}

async function keep(profile: CpuProfile, path: string): Promise<Profiled> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, JSON.stringify(profile));
  return { path, hottest: findHottest(profile, HOTTEST_SHOWN) };
}

function summarise(name: ScenarioName, devices: number, measured: readonly Round[]): ScenarioResult {
  const { target } = SCENARIOS[name];
  const of = (side: 'server' | 'floor', pick: (measured: Measured) => number | null) =>
    medianOf(measured.map((round) => pick(round[side])));
  const ratioToFloor = medianOf(
    measured.map(({ server, floor }) => quotient(perSecond(server), perSecond(floor))),
  );
  const bytesPerConnection = of('server', (each) => each.bytesPerConnection);
  return {
    name,
    devices,
    operations: measured[0]!.server.operations,
    perSecond: rounded(of('server', perSecond)),
    floorPerSecond: rounded(of('floor', perSecond)),
    ratioToFloor: rounded(ratioToFloor, 1000),
    cpuMicrosPerDevice: rounded(of('server', cpuPerOperation)),
    floorCpuMicrosPerDevice: rounded(of('floor', cpuPerOperation)),
    bytesPerConnection,
    floorBytesPerConnection: of('floor', (each) => each.bytesPerConnection),
    mosquitto: summariseBroker(measured.flatMap(({ mosquitto }) => mosquitto ?? [])),
    loadCpuShare: rounded(Math.max(...measured.map(({ server }) => server.loadCpuShare)), 100)!,
    floorLoadCpuShare: rounded(Math.max(...measured.map(({ floor }) => floor.loadCpuShare)), 100)!,
    target,
    isTargetMet: judge(target, ratioToFloor, bytesPerConnection),
  };
}

function summariseBroker(measured: readonly Measured[]): BrokerResult | null {
  if (measured.length === 0) return null;
  const of = (pick: (measured: Measured) => number | null) => medianOf(measured.map(pick));
  return {
    perSecond: rounded(of(perSecond)),
    cpuMicrosPerDevice: rounded(of(cpuPerOperation)),
    bytesPerConnection: of((each) => each.bytesPerConnection),
    loadCpuShare: rounded(Math.max(...measured.map(({ loadCpuShare }) => loadCpuShare)), 100)!,
  };
}

function judge(target: ScenarioResult['target'], ratio: number | null, bytes: number | null): boolean | null {
  if (target === null) return null;
  if ('ratioMin' in target) return ratio === null ? null : ratio >= target.ratioMin;
  return bytes === null ? null : bytes <= target.bytesMax;
}

const perSecond = ({ operations, seconds }: Measured) => quotient(operations, seconds);
const cpuPerOperation = ({ operations, cpuMicros }: Measured) => quotient(cpuMicros, operations);

function quotient(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b;
}

function rounded(value: number | null, steps = 1): number | null {
  return value === null ? null : Math.round(value * steps) / steps;
}

/** Null when one is unknown. */
export function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0 || known.length < values.length) return null;
  const middle = known.length >> 1;
  return known.length % 2 === 1 ? known[middle]! : (known[middle - 1]! + known[middle]!) / 2;
}
