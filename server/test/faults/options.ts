/** The command line of `npm run faults`. */
import { parseArgs } from 'node:util';

export const USAGE = `npm run faults -- [options]

  --only NAME      only this fault, by its name or its row; may be repeated
  --repeat N       do everything N times, with the next seed each time (default 1)
  --seed N         where kills come and what is shuffled (default 1)
  --quick          only the short form of what no other test does: what the test suite runs
  --list           say what there is, and do nothing

A whole run that holds writes docs/faults.md.
Exit codes: 0 every promise held, 1 one was broken, 2 wrong usage, 3 something cannot be done on this machine.`;

const REPEAT_MAX = 1_000;
const SEED_MAX = 2 ** 31 - 1;

export type Options = {
  only: readonly string[];
  repeat: number;
  seed: number;
  isQuick: boolean;
  isList: boolean;
};

export class UsageError extends Error {}

/** @param names of all faults; rows are named by their number. */
export function readOptions(args: readonly string[], names: readonly string[]): Options | 'help' {
  const { values } = parse(args);
  if (values.help) return 'help';
  const unknown = values.only.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--only must be one of ${names.join(', ')}, not "${unknown}".`);
  return {
    only: values.only,
    repeat: wholeNumber('--repeat', values.repeat, REPEAT_MAX),
    seed: wholeNumber('--seed', values.seed, SEED_MAX),
    isQuick: values.quick,
    isList: values.list,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        repeat: { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        quick: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 1 || value > max)
    throw new UsageError(`${name} must be a whole number from 1 to ${max}, not "${text}".`);
  return value;
}
