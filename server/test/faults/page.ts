/**
 * docs/faults.md, from the tables of the program. It has no date and no machine in it: a whole run in which
 * every promise held writes the same page again.
 */
import { join } from 'node:path';
import { ELSEWHERE, type Elsewhere } from './elsewhere.ts';
import type { Fault } from './fault.ts';

export const FAULTS_PAGE = join(import.meta.dirname, '../../../docs/faults.md');

const HEAD = `# Faults, and what holds

Made by \`npm run faults\`, which does these things to a server and writes this page when every promise held; a test compares the two. Common to all
of its rows: what was answered before the fault is still there, nothing is there twice (versions, rollouts, deliveries, attempts, audit lines), and
afterwards every device reaches the wanted version without a person.

Numbers are those of the project's list of faults. **held**: done by the program. **test**: held by tests that run with every change. **not here**: why.
Where the program needs \`strace\`, \`prlimit\` or the right to mount and a machine has none, it says so and writes no page.

| # | fault | promise | what is done | result |
|---|---|---|---|---|`;

type Row = { row: number; cells: readonly string[] };

/** The page of a run in which these faults held. */
export function faultsPage(held: readonly Fault[]): string {
  const rows = [...held.map(heldRow), ...ELSEWHERE.map(elsewhereRow)];
  const lines = rows
    .toSorted((one, other) => one.row - other.row)
    .map(({ row, cells }) => `| ${[row, ...cells].join(' | ')} |`);
  return `${[HEAD, ...lines].join('\n')}\n`;
}

function heldRow({ row, name, fault, promise, done }: Fault): Row {
  return { row, cells: [fault, promise, `${done} (\`--only ${name}\`)`, '**held**'] };
}

function elsewhereRow({ row, fault, promise, by }: Elsewhere): Row {
  if ('notHere' in by) return { row, cells: [fault, promise, '', `**not here**: ${by.notHere}`] };
  return { row, cells: [fault, promise, by.tests.map((path) => `\`${path}\``).join(', '), '**test**'] };
}
