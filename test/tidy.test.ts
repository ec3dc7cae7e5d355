/**
 * The shape of the code, held by an ordinary test: who may import whom, no cycles, no dead files, no
 * environment or console where they do not belong, files and functions of a size that a person can read.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';

const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;

type Source = { path: string; text: string; imports: { from: string; isType: boolean }[] };

const SOURCES: readonly Source[] = globSync([
  '{contract,sdk,server,sim,cli}/{src,bench,examples}/**/*.ts',
  'console/src/**/*.{ts,tsx}',
  'scripts/*.ts',
])
  .filter((path) => !path.includes('node_modules'))
  .map((path) => {
    const text = readFileSync(path, 'utf8');
    const found = text.matchAll(/^(?:import|export)(?<type> type)?[^;'"]*?from '(?<from>[^']+)';/gm);
    const still = [...found].map(({ groups }) => ({
      from: groups!.from!,
      isType: groups!.type !== undefined,
    }));
    const late = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, from]) => ({
      from: from!,
      isType: false,
    }));
    const imports = [...still, ...late];
    return { path, text, imports };
  });
const BY_PATH = new Map(SOURCES.map((source) => [source.path, source]));

/** Where an import leads, as a path in this repository; undefined: a package or Node itself. */
function targetOf(source: Source, from: string): string | undefined {
  if (from.startsWith('.')) return normalize(join(dirname(source.path), from));
  if (from.startsWith('@opencota/contract/'))
    return `contract/src/${from.slice('@opencota/contract/'.length)}.ts`;
  if (from === '@opencota/device') return 'sdk/src/index.ts';
  return undefined;
}

/** What each folder of the server may import of the others. What is not listed, it may not. */
const SERVER_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  json: [],
  stepup: [],
  sql: ['domain'],
  mqtt: ['domain'],
  observe: ['mqtt'],
  service: ['domain', 'json', 'stepup', 'observe'],
  http: ['domain', 'service', 'observe'],
};

const folderOf = (path: string) => /^server\/src\/([^/]+)\//.exec(path)?.[1];

describe('imports', () => {
  it('go from the outside to the domain and never back', () => {
    const wrong = SOURCES.flatMap((source) => {
      const from = folderOf(source.path);
      if (from === undefined) return [];
      return source.imports.flatMap((each) => {
        const target = targetOf(source, each.from);
        const to = target === undefined ? undefined : folderOf(target);
        const isAllowed = to === undefined || to === from || SERVER_FOLDERS[from]!.includes(to);
        return isAllowed && target !== 'server/src/app.ts' ? [] : [`${source.path} → ${target}`];
      });
    });
    assert.deepEqual(wrong, []);
  });

  it('keep Node, frameworks and drivers out of the domain', () => {
    const allowed = (from: string) => from.startsWith('.') || from.startsWith('@opencota/contract/alink/');
    const wrong = SOURCES.filter(({ path }) => path.startsWith('server/src/domain/')).flatMap(
      ({ path, imports }) =>
        imports.filter(({ from }) => !allowed(from)).map(({ from }) => `${path} → ${from}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('reach the server from other packages only over the network', () => {
    const wrong = SOURCES.filter(({ path }) => /^(contract|sdk|sim|cli|console)\//.test(path)).flatMap(
      (source) =>
        source.imports
          .filter(({ from }) => targetOf(source, from)?.startsWith('server/'))
          .map(({ from }) => `${source.path} → ${from}`),
    );
    assert.deepEqual(wrong, []);
  });

  it('give the device SDK one runtime dependency', () => {
    const packages = SOURCES.filter(({ path }) => path.startsWith('sdk/src/'))
      .flatMap(({ imports }) => imports.map(({ from }) => from))
      .filter((from) => !from.startsWith('.') && !from.startsWith('node:'));
    assert.deepEqual([...new Set(packages)], ['mqtt']);
  });

  it('run in no circle', () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
        return;
      }
      if (done.has(path)) return;
      const source = BY_PATH.get(path);
      for (const each of source?.imports ?? []) {
        const target = each.isType ? undefined : targetOf(source!, each.from);
        if (target !== undefined) visit(target, [...trail, path]);
      }
      done.add(path);
    };
    for (const { path } of SOURCES) visit(path, []);
    assert.deepEqual(circles, []);
  });
});

/** Files that something else than an import starts. */
const ENTRIES = new Set([
  'server/src/main.ts',
  'server/src/json/schema-worker.ts',
  'server/src/sql/store-worker.ts',
  'sdk/src/index.ts',
  'sim/src/main.ts',
  'sim/src/demo.ts',
  'sim/bench/main.ts',
  'sim/bench/floor.ts',
  'sim/bench/load.ts',
  'cli/src/main.ts',
  'console/src/main.tsx',
]);

describe('files', () => {
  it('are all used', () => {
    const reached = new Set<string>();
    const visit = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      const source = BY_PATH.get(path);
      for (const { from } of source?.imports ?? []) {
        const target = targetOf(source!, from);
        if (target !== undefined) visit(target);
      }
    };
    for (const path of ENTRIES) visit(path);
    for (const { path } of SOURCES)
      if (path.startsWith('scripts/') || path.includes('/examples/')) visit(path);
    assert.deepEqual(
      SOURCES.map(({ path }) => path).filter((path) => !reached.has(path)),
      [],
    );
  });

  it(`have at most ${FILE_LINES_MAX} lines`, () => {
    const long = SOURCES.filter(({ text }) => text.split('\n').length > FILE_LINES_MAX + 1).map(
      ({ path }) => path,
    );
    assert.deepEqual(long, []);
  });

  it('read the environment only where the settings are', () => {
    const allowed = new Set(['server/src/main.ts', 'cli/src/environment.ts', 'scripts/test.ts']);
    const wrong = SOURCES.filter(
      ({ path, text }) => text.includes('process.env') && !allowed.has(path) && !path.startsWith('sim/'),
    ).map(({ path }) => path);
    assert.deepEqual(wrong, []);
  });

  it('write to the console only in the simulator and in examples', () => {
    const wrong = SOURCES.filter(
      ({ path, text }) =>
        /\bconsole\.(log|error|warn|info|debug|table|dir|trace)\b/.test(text) &&
        !/^sim\/|\/examples\//.test(path),
    ).map(({ path }) => path);
    assert.deepEqual(wrong, []);
  });

  it('leave no note without an issue number and no default export', () => {
    const wrong = SOURCES.filter(({ text }) =>
      /\b(TODO(?! #\d)|FIXME|XXX)\b|^export default /m.test(text),
    ).map(({ path }) => path);
    assert.deepEqual(wrong, []);
  });
});

/**
 * Lines of each function, less the functions inside it: a factory that is a list of short methods reads
 * as those methods do. Formatted code closes a function at the indentation of the line that opened it.
 */
function functionLengths(text: string): { name: string; lines: number }[] {
  const open: { name: string; indent: string; start: number; inner: number }[] = [];
  const lengths: { name: string; lines: number }[] = [];
  text.split('\n').forEach((line, index) => {
    const opened = openedFunction(line);
    if (opened !== undefined) {
      open.push({ ...opened, start: index, inner: 0 });
      return;
    }
    const last = open.at(-1);
    if (last === undefined || !line.startsWith(`${last.indent}}`)) return;
    open.pop();
    const whole = index - last.start + 1;
    lengths.push({ name: last.name, lines: whole - last.inner });
    const outer = open.at(-1);
    if (outer !== undefined) outer.inner += whole;
  });
  return lengths;
}

const STATEMENT = /^\s*(?:\} )?(?:if|for|while|switch|return|throw|else|catch|try|do|await|yield)\b/;
/** `function name(…) {`, `name(…): Type {`, `const name = (…) => {`, `name: async (…) => {`, on one line. */
const ONE_LINE =
  /^(?<indent> *)(?:export )?(?:async )?(?:function\*? )?(?:const )?(?<name>#?\w+).*\).*(?:=>)? \{$/;
/** The last line of a signature that is spread over several. */
const LAST_LINE = /^(?<indent> *)\)(?:: .+)?(?: =>)? \{$/;

function openedFunction(line: string): { name: string; indent: string } | undefined {
  if (STATEMENT.test(line)) return undefined;
  const { groups } = ONE_LINE.exec(line) ?? LAST_LINE.exec(line) ?? {};
  return groups === undefined
    ? undefined
    : { name: groups.name ?? '(several lines)', indent: groups.indent! };
}

describe('functions', () => {
  it(`have at most ${FUNCTION_LINES_MAX} lines of their own`, () => {
    const long = SOURCES.flatMap(({ path, text }) =>
      functionLengths(text)
        .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
        .map(({ name, lines }) => `${path}: ${name} (${lines})`),
    );
    assert.deepEqual(long, []);
  });
});
