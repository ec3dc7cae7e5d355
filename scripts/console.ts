/**
 * Builds the web console when its sources are newer than what was built last, or always with `--always`.
 * It takes some seconds, once.
 */
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const DIRECTORY = join(ROOT, 'console');
const BUILT = join(DIRECTORY, 'dist/index.html');
const SOURCES = [
  'console/{src,public}/**/*',
  'console/{index.html,package.json,vite.config.ts}',
  'contract/src/**/*.ts',
];

/** When the newest of these was written; 0: there is none. */
function newest(paths: string[]): number {
  return paths.reduce(
    (time, path) => Math.max(time, statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0),
    0,
  );
}

const sources = globSync(SOURCES, { cwd: ROOT }).map((path) => join(ROOT, path));
const isAlways = process.argv.includes('--always');
if (isAlways || newest(sources) > newest([BUILT])) {
  process.stderr.write('Building the web console, once…\n');
  const { build } = await import('vite');
  await build({ root: DIRECTORY, configFile: join(DIRECTORY, 'vite.config.ts'), logLevel: 'warn' });
}
