/** The benchmark's command line. */
import { parseArgs } from 'node:util';
import { SCENARIO_NAMES, type ScenarioName } from './scenarios.ts';

const DEVICES_DEFAULT = 5_000;
const DEVICES_QUICK = 1_000;
const DEVICES_MAX = 18_000;
const ROUNDS_DEFAULT = 3;
const ROUNDS_QUICK = 1;
/** A device may ask ten times at once, and the rounds share that (`requestsPerDevice`). */
const ROUNDS_MAX = 8;

export const USAGE = `npm run bench -- [options]

  --devices N      connected devices, 1 to ${DEVICES_MAX} (default ${DEVICES_DEFAULT}; quick: ${DEVICES_QUICK})
  --rounds N       measured rounds, 1 to ${ROUNDS_MAX} (default ${ROUNDS_DEFAULT}; quick: ${ROUNDS_QUICK}); more warm up
  --quick          fewer devices and rounds, in under a minute
  --only NAME      only this scenario; may be repeated: ${SCENARIO_NAMES.join(', ')}
  --profile DIR    write a CPU profile of the server's last round of each scenario into DIR
  --million        instead: a store of a million devices and ten million deliveries; minutes, and 5 GB of disk
  --json           print one JSON object on the last line of stdout; talk goes to stderr

Exit codes: 0 measured (also when a target was missed), 1 something failed, 2 wrong usage, 130 interrupted.`;

export type BenchOptions = {
  devices: number;
  rounds: number;
  names: readonly ScenarioName[];
  profileDir: string | undefined;
  isQuick: boolean;
  isMillion: boolean;
  isJson: boolean;
};

export class UsageError extends Error {}

export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parse(args);
  if (values.help) return 'help';
  const { quick } = values;
  return {
    devices: wholeNumber('--devices', values.devices, quick ? DEVICES_QUICK : DEVICES_DEFAULT, DEVICES_MAX),
    rounds: wholeNumber('--rounds', values.rounds, quick ? ROUNDS_QUICK : ROUNDS_DEFAULT, ROUNDS_MAX),
    names: values.only === undefined ? SCENARIO_NAMES : readNames(values.only),
    profileDir: values.profile,
    isQuick: quick,
    isMillion: values.million,
    isJson: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        devices: { type: 'string' },
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        profile: { type: 'string' },
        million: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readNames(wanted: readonly string[]): ScenarioName[] {
  const unknown = wanted.find((name) => !SCENARIO_NAMES.some((known) => known === name));
  if (unknown !== undefined)
    throw new UsageError(`--only must be one of ${SCENARIO_NAMES.join(', ')}, not "${unknown}".`);
  return SCENARIO_NAMES.filter((name) => wanted.includes(name));
}

function wholeNumber(name: string, text: string | undefined, otherwise: number, max: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 1 || value > max) {
    throw new UsageError(`${name} must be a whole number from 1 to ${max}, not "${text}".`);
  }
  return value;
}
