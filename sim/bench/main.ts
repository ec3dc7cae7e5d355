/**
 * `npm run bench`: how fast the server is, beside the least program that does the same wire work.
 *
 * Server, floor and load are processes of their own; this one starts them, gives the signals, and counts.
 * `scenarios.ts` says what is measured, `rounds.ts` how it is compared, sim/README.md how not to misread it.
 */
import { availableParallelism, loadavg } from 'node:os';
import { startFloor } from './floor-side.ts';
import { startLoad } from './load-processes.ts';
import { benchMillion } from './million.ts';
import { startMosquitto } from './mosquitto-side.ts';
import { type BenchOptions, readOptions, USAGE, UsageError } from './options.ts';
import { brokerLines, noteLines, profileLines, tableLines } from './report.ts';
import { type Benches, runScenario, type ScenarioResult } from './rounds.ts';
import { SCENARIOS, type Speech } from './scenarios.ts';
import { startServerSide } from './server-side.ts';
import { CONFIGURATION_BYTES, type Side } from './side.ts';

const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;
/** What a device may ask at once; its links take one. */
const REQUESTS_BURST = 9;

export type BenchReport = {
  devices: number;
  rounds: number;
  configurationBytes: number;
  node: string;
  cores: number;
  /** Of one minute, at the start: what else this machine was doing. */
  machineLoad: number;
  /** Its version; null where it is not installed or nothing it can do was measured. */
  mosquitto: string | null;
  seconds: number;
  scenarios: ScenarioResult[];
};

async function bench(options: BenchOptions, say: (line: string) => void): Promise<BenchReport> {
  const { devices: count, rounds, names, profileDir, isQuick } = options;
  const machineLoad = Math.round(loadavg()[0]! * 100) / 100;
  say(`${count} devices, ${rounds} rounds; the machine's load before: ${machineLoad}`);
  await using load = startLoad(count);
  const { side, devices } = await startServerSide(count, { isInspectable: profileDir !== undefined });
  await using server = side;
  await using floor = await startFloor(devices);
  const broker = names.some((name) => SCENARIOS[name].isOfBroker) ? await startMosquitto(devices) : undefined;
  await using mosquitto = broker?.side;
  await load.open('server', devices);
  await load.open('floor', devices);
  if (mosquitto !== undefined) await load.open('mosquitto', devices);
  const connected = new Map<Side, Speech>();
  const shared = { load, devices: count, requestsPerDevice: requestsPerDevice(rounds), connected };
  const benches: Benches = {
    server: { ...shared, side: server, window: undefined },
    floor: { ...shared, side: floor, window: undefined },
    mosquitto: mosquitto && { ...shared, side: mosquitto, window: undefined },
  };
  const scenarios: ScenarioResult[] = [];
  for (const name of names) {
    const { result, profiled } = await runScenario({
      name,
      benches,
      count: rounds,
      isQuick,
      profileDir,
      onRound: say,
    });
    scenarios.push(result);
    if (profiled !== undefined) for (const line of profileLines(profiled)) say(line);
  }
  return {
    devices: count,
    rounds,
    configurationBytes: CONFIGURATION_BYTES,
    node: process.version,
    cores: availableParallelism(),
    machineLoad,
    mosquitto: broker?.version ?? null,
    seconds: Math.round(performance.now() / 1000),
    scenarios,
  };
}

/** All rounds together, the first included, stay within what a device may ask at once. */
function requestsPerDevice(rounds: number): number {
  return Math.max(1, Math.floor(REQUESTS_BURST / (rounds + 1)));
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return EXIT.ok;
  }
  const talk = options.isJson ? console.error : console.log;
  if (options.isMillion) {
    const report = await benchMillion(talk);
    if (options.isJson) console.log(JSON.stringify(report));
    return EXIT.ok;
  }
  const report = await bench(options, talk);
  for (const line of [
    '',
    ...tableLines(report.scenarios),
    '',
    ...brokerLines(report),
    ...noteLines(report.scenarios),
  ])
    talk(line);
  if (options.isJson) console.log(JSON.stringify(report));
  return EXIT.ok;
}

// `exit` handlers take the child processes and the data directory along.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => process.exit(EXIT.interrupted));

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = isUsage ? EXIT.usage : EXIT.failed;
}
