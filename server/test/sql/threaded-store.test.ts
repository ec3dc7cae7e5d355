/** What is particular to the store whose transactions run in a thread of their own. The rest is its conformance suite. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openThreadedSqliteStore } from '../../src/sql/threaded-store.ts';
import { SETTINGS } from '../conformance/store-bench.ts';
import { createDirectory, keysOf } from './store-directory.ts';

const exec = promisify(execFile);
const MODULE = import.meta.resolve('../../src/sql/threaded-store.ts');

test('what was asked before it is closed is done, and what is asked afterwards is refused', async (t) => {
  const { path } = await createDirectory(t);
  const store = openThreadedSqliteStore(path);
  const written = store.write((tx) => tx.upkeep.putMeta('name', 'value'));
  const closed = store[Symbol.asyncDispose]();
  await written;
  await closed;
  await assert.rejects(
    store.write((tx) => tx.upkeep.putMeta('name', 'late')),
    /closed/,
  );
  await using again = openThreadedSqliteStore(path);
  assert.equal(await again.read((tx) => tx.upkeep.findMeta('name')), 'value');
});

test('what cannot cross is an error of who sent it, and the next answers reach whom they are for', async (t) => {
  const { path } = await createDirectory(t);
  await using store = openThreadedSqliteStore(path);
  const product = {
    productKey: 'a1Lamp',
    secretSealed: new Uint8Array([1]),
    settings: SETTINGS,
    createdAt: 1,
  };
  const withFunction = { ...product, toString: () => 'no data' };
  await assert.rejects(
    store.write((tx) => tx.products.create(withFunction)),
    { name: 'DataCloneError' },
  );
  await store.write((tx) => tx.upkeep.putMeta('name', 'value'));
  assert.equal(await store.write((tx) => tx.upkeep.findMeta('name')), 'value');
  assert.deepEqual(await keysOf(store), []);
});

test('an open store with nothing to do lets a program end', async (t) => {
  const { path } = await createDirectory(t);
  await runProgram(path, "await store.write((tx) => tx.upkeep.putMeta('name', 'value'));");
  await using again = openThreadedSqliteStore(path);
  assert.equal(await again.read((tx) => tx.upkeep.findMeta('name')), 'value');
});

test('a thread that dies takes the server along, as nothing could be stored any more', async (t) => {
  const { path } = await createDirectory(t);
  // Gone before the thread, which starts beside the program, has opened it.
  const program = `renameSync(path, path + '.gone'); mkdirSync(path); setInterval(() => {}, 60_000);`;
  await assert.rejects(runProgram(path, program), { code: 1, stderr: /unable to open database file/ });
});

/** Runs `body` in a process of its own, on a `store` that it opened at `path`. */
function runProgram(path: string, body: string) {
  const script = `import { mkdirSync, renameSync } from 'node:fs';
    import { openThreadedSqliteStore } from ${JSON.stringify(MODULE)};
    const path = ${JSON.stringify(path)};
    const store = openThreadedSqliteStore(path);
    ${body}`;
  return exec(process.execPath, ['--conditions=development', '--eval', script]);
}
