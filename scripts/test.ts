/**
 * Runs every test with Node's own runner. Arguments narrow the run to files whose path contains one of
 * them: `npm test -- sql journey`.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const TEST_FILES = [
  'cli/test/**/*.test.ts',
  'sdk/test/**/*.test.ts',
  'server/test/**/*.test.ts',
  'sim/test/**/*.test.ts',
  'test/**/*.test.ts',
];
/** Most tests wait for sockets, so more files than cores go on at once. */
const FILES_AT_ONCE = availableParallelism() + 1;

/** Types are stripped and code is compiled once, not in each of the test processes and the servers they start. */
const COMPILE_CACHE = join(import.meta.dirname, '../node_modules/.cache/compile');

const words = process.argv.slice(2);
const files = TEST_FILES.flatMap((pattern) => globSync(pattern)).filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word)),
);
const child = spawn(
  process.execPath,
  [
    '--conditions=development',
    '--disable-warning=ExperimentalWarning',
    '--test',
    `--test-concurrency=${FILES_AT_ONCE}`,
    '--test-reporter=spec',
    ...files,
  ],
  { stdio: 'inherit', env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE } },
);
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
