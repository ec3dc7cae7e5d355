/**
 * `npm run faults`: does what must not hurt to a server, and says what it promised and whether it held.
 *
 * It lives with the server's tests because it is made of their support: the server as a process, devices
 * by hand, a product in one call. A whole run in which everything held writes docs/faults.md.
 */
import { writeFileSync } from 'node:fs';
import { killAll } from '../support/server-process.ts';
import { type Fault, runFault, type Verdict } from './fault.ts';
import { type Options, readOptions, USAGE, UsageError } from './options.ts';
import { FAULTS_PAGE, faultsPage } from './page.ts';
import { FAULTS } from './table.ts';

const EXIT = { held: 0, broken: 1, usage: 2, notHere: 3, interrupted: 130 } as const;
const FAULT_WITHIN_MS = 180_000;
const NAME_WIDTH = 12;

type Tally = Map<string, Verdict['kind'][]>;

async function main(): Promise<number> {
  const names = FAULTS.flatMap(({ name, row }) => [name, String(row)]);
  const options = readOptions(process.argv.slice(2), names);
  if (options === 'help') {
    console.log(USAGE);
    return EXIT.held;
  }
  const faults = chosen(options);
  if (options.isList) {
    for (const { row, name, fault } of faults) console.log(`${row}  ${name.padEnd(NAME_WIDTH)} ${fault}`);
    return EXIT.held;
  }
  const tally: Tally = new Map(faults.map(({ name }) => [name, []]));
  for (let round = 0; round < options.repeat; round += 1) await runRound(faults, options, round, tally);
  if (options.repeat > 1) for (const line of tallyLines(tally)) console.log(line);
  const kinds = [...tally.values()].flat();
  if (kinds.includes('broken')) return EXIT.broken;
  if (kinds.includes('not here')) return EXIT.notHere;
  if (!options.isQuick && options.only.length === 0) writeFileSync(FAULTS_PAGE, faultsPage(FAULTS));
  return EXIT.held;
}

function chosen({ only, isQuick }: Options): readonly Fault[] {
  return FAULTS.filter(
    ({ name, row, shortForm }) =>
      (only.length === 0 || only.includes(name) || only.includes(String(row))) &&
      (!isQuick || only.length > 0 || shortForm === 'quick'),
  );
}

async function runRound(
  faults: readonly Fault[],
  { isQuick, seed: firstSeed, repeat }: Options,
  round: number,
  tally: Tally,
): Promise<void> {
  const seed = firstSeed + round;
  console.log(`${round === 0 ? '' : '\n'}seed ${seed}${repeat > 1 ? `, ${round + 1} of ${repeat}` : ''}`);
  for (const fault of faults) {
    const verdict = await runFault(fault, { isQuick, seed, withinMs: FAULT_WITHIN_MS });
    tally.get(fault.name)!.push(verdict.kind);
    const head = `${String(fault.row).padStart(2)}  ${fault.name.padEnd(NAME_WIDTH)}`;
    console.log(`${head} ${verdict.kind}, ${(verdict.ms / 1000).toFixed(1)} s`);
    for (const fact of verdict.facts) console.log(`      ${fact}`);
    if (verdict.kind === 'not here') console.log(`      ${verdict.reason}`);
    if (verdict.kind === 'broken') console.log(verdict.error);
  }
}

function tallyLines(tally: Tally): string[] {
  const lines = [...tally].map(([name, kinds]) => {
    const held = kinds.filter((kind) => kind === 'held').length;
    return `${name.padEnd(NAME_WIDTH)} held ${held} of ${kinds.length}`;
  });
  return ['', ...lines];
}

process.once('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => process.exit(EXIT.interrupted));

try {
  // At once: what a broken fault left open must not hold the verdict up.
  process.exit(await main());
} catch (error) {
  const isUsage = error instanceof UsageError;
  console.error(isUsage ? `${error.message}\n\n${USAGE}` : error);
  process.exit(isUsage ? EXIT.usage : EXIT.broken);
}
