/**
 * Runs every test with Node's own runner. Arguments narrow the run to files whose path contains one of
 * them: `npm test -- sql journey`.
 *
 * A process of its own for each file would spend most of the time loading the same modules again, so
 * files share a few processes. Each file is a suite there: its hooks are its own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const TEST_FILES = [
  'cli/test/**/*.test.ts',
  'console/test/**/*.test.ts',
  'sdk/test/**/*.test.ts',
  'server/test/**/*.test.ts',
  'sim/test/**/*.test.ts',
  'test/**/*.test.ts',
];
/** Most tests wait for sockets, so more processes than cores go on at once. */
const PROCESSES_AT_ONCE = 2 * availableParallelism();
/** More than go on at once, so that the last ones to end are short. */
const PROCESSES_MAX = 12;
/** A test that takes longer hangs: it fails with its name instead of holding the run up. */
const TEST_TIMEOUT_MS = 120_000;

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, 'node_modules/.cache');

/** Deals the files out one by one, so that neighbours, which are alike and cost alike, go to different processes. */
function dealOut(files: string[]): string[][] {
  const hands = Array.from({ length: Math.min(files.length, PROCESSES_MAX) }, () => [] as string[]);
  for (const [index, file] of files.entries()) hands[index % hands.length]?.push(file);
  return hands;
}

/** @returns the path of a module that holds each of these files as a suite. */
function writeBundle(directory: string, files: string[], index: number): string {
  const path = join(directory, `${index}.mjs`);
  const suites = files.map((file) => {
    const url = JSON.stringify(pathToFileURL(join(ROOT, file)).href);
    return `describe(${JSON.stringify(file)}, async () => void (await import(${url})));`;
  });
  writeFileSync(path, ["import { describe } from 'node:test';", ...suites, ''].join('\n'));
  return path;
}

const words = process.argv.slice(2);
const files = TEST_FILES.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).sort()).filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word)),
);
if (files.length === 0) {
  process.stderr.write(`No test file has any of these words in its path: ${words.join(' ')}\n`);
  process.exit(1);
}
// The tests in a browser look at what was built.
if (files.some((file) => file.startsWith('console/test/e2e/')))
  execFileSync(process.execPath, [join(ROOT, 'scripts/console.ts')], { stdio: 'inherit' });
const directory = join(CACHE, `tests-${process.pid}`);
mkdirSync(directory, { recursive: true });
const child = spawn(
  process.execPath,
  [
    '--conditions=development',
    '--disable-warning=ExperimentalWarning',
    '--test',
    `--test-concurrency=${PROCESSES_AT_ONCE}`,
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    '--test-reporter=spec',
    ...dealOut(files).map((hand, index) => writeBundle(directory, hand, index)),
  ],
  {
    stdio: 'inherit',
    // Types are stripped and code is compiled once, not in each of the test processes and the servers they start.
    env: { ...process.env, NODE_COMPILE_CACHE: join(CACHE, 'compile') },
  },
);
child.on('exit', (code, signal) => {
  rmSync(directory, { recursive: true, force: true });
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
