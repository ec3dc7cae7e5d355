/** How the embedded store starts, refuses to start, and changes its shape. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  access,
  chmod,
  constants,
  copyFile,
  open,
  readdir,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { MIGRATIONS, type Migration } from '../../src/sql/migrations.ts';
import {
  openSqlite,
  openSqliteWriter,
  STATEMENTS_KEPT_MAX,
  WAL_BYTES_KEPT,
} from '../../src/sql/sqlite-driver.ts';
import { openSqliteStore } from '../../src/sql/store.ts';
import { addProduct, createDirectory, createFilled, keysOf, mountDisk } from './store-directory.ts';

const exec = promisify(execFile);
const LAST = MIGRATIONS.at(-1)!.number;

test('a new directory gets a new store with the last shape', async (t) => {
  const { path } = await createDirectory(t);
  const store = openSqliteStore(path);
  assert.deepEqual(await keysOf(store), []);
  await store[Symbol.asyncDispose]();
  assert.equal(shapeOf(path), LAST);
});

test('more statements than are kept prepared are prepared again and give the same', async (t) => {
  const { path } = await createDirectory(t);
  using file = openSqlite(path);
  for (let round = 0; round < 2; round += 1)
    for (let number = 0; number < 2 * STATEMENTS_KEPT_MAX; number += 1)
      assert.deepEqual({ ...(await file.reader.one(`SELECT ${number} AS n`)) }, { n: number });
});

test('a log that grew is cut back once its content is in the store', async (t) => {
  const { path } = await createDirectory(t);
  using _file = openSqlite(path);
  using writer = openSqliteWriter(path);
  await writer.begin();
  await writer.sql.run('CREATE TABLE ballast (bytes BLOB)');
  for (let row = 0; row < 5; row += 1)
    await writer.sql.run('INSERT INTO ballast VALUES (zeroblob(?))', [WAL_BYTES_KEPT / 4]);
  await writer.commit();
  assert.ok((await stat(`${path}-wal`)).size > WAL_BYTES_KEPT);
  // The log begins anew with the first write after it was copied.
  for (let round = 0; round < 2; round += 1) {
    await writer.begin();
    await writer.sql.run('INSERT INTO ballast VALUES (zeroblob(1))');
    await writer.commit();
  }
  assert.equal((await stat(`${path}-wal`)).size, WAL_BYTES_KEPT);
});

test('a second server on the same directory is refused, and told what to do', async (t) => {
  const { path } = await createFilled(t);
  const first = openSqliteStore(path);
  assert.throws(() => openSqliteStore(path), {
    code: 'unavailable',
    message: /Another server is using this data directory.*opencota\.db.*Stop it first/,
  });
  await addProduct(first, 'a1Still');
  await first[Symbol.asyncDispose]();
  const second = openSqliteStore(path);
  assert.deepEqual(await keysOf(second), ['a1Lamp', 'a1Still']);
  await second[Symbol.asyncDispose]();
});

test('a second process is refused too, and the lock of a killed one is free again', async (t) => {
  const { path } = await createFilled(t);
  const storeModule = new URL('../../src/sql/store.ts', import.meta.url).href;
  const script = `import { openSqliteStore } from ${JSON.stringify(storeModule)};
    try { openSqliteStore(${JSON.stringify(path)}); } catch (error) { console.log(error.message); }
    process.kill(process.pid, 'SIGKILL');`;
  const run = () =>
    exec(process.execPath, ['--conditions=development', '--input-type=module', '-e', script]).catch(
      (error: { stdout: string; signal: string }) => error,
    );
  const held = openSqliteStore(path);
  assert.match((await run()).stdout, /Another server is using this data directory/);
  await held[Symbol.asyncDispose]();
  assert.equal((await run()).stdout, '', 'this one got the lock, and was killed with it');
  const store = openSqliteStore(path);
  assert.deepEqual(await keysOf(store), ['a1Lamp']);
  await store[Symbol.asyncDispose]();
});

test('a store of a newer server is refused and stays as it is', async (t) => {
  const { path, bytes } = await createFilled(t);
  setShape(path, LAST + 1);
  const before = await bytes();
  assert.throws(() => openSqliteStore(path), {
    code: 'unavailable',
    message: new RegExp(`opencota\\.db has shape ${LAST + 1}.*only up to ${LAST}.*newer server`),
  });
  assert.deepEqual(await bytes(), before);
});

const DAMAGES: Record<string, (path: string, size: number) => Promise<void>> = {
  'is not a database': (path) => writeFile(path, 'productKey,deviceName\n'.repeat(1000)),
  'lost its second half': (path, size) => truncate(path, Math.floor(size / 2)),
  'lost its last page': (path, size) => truncate(path, size - 4096),
  'is empty': (path) => truncate(path, 0),
  'has a broken head': (path) => overwrite(path, 0, 16),
  'has a broken first page': (path) => overwrite(path, 100, 3000),
  'belongs to another program': (path) => replaceByForeign(path),
};

for (const [damage, harm] of Object.entries(DAMAGES)) {
  test(`a store that ${damage} is refused by name, and not touched`, async (t) => {
    const { path, bytes } = await createFilled(t);
    await harm(path, (await bytes()).length);
    const before = await bytes();
    for (const _ of ['first start', 'second start'])
      assert.throws(() => openSqliteStore(path), {
        code: 'unavailable',
        message: /opencota\.db is damaged.*changes nothing.*Restore a backup/,
      });
    assert.deepEqual(await bytes(), before);
  });
}

test('a log whose store is gone is not taken for a new directory', async (t) => {
  const { path } = await createFilled(t);
  await writeFile(`${path}-wal`, 'what was committed last');
  await rm(path);
  assert.throws(() => openSqliteStore(path), { code: 'unavailable', message: /damaged/ });
  await assert.rejects(access(path));
});

test('a server that was killed while it made its first store starts again', async (t) => {
  const { path } = await createDirectory(t);
  await writeFile(`${path}.new`, 'half a store');
  const store = openSqliteStore(path);
  assert.deepEqual(await keysOf(store), []);
  await store[Symbol.asyncDispose]();
});

test('a directory that is not there is refused by name', async (t) => {
  const { dir } = await createDirectory(t);
  const path = join(dir, 'missing', 'opencota.db');
  assert.throws(() => openSqliteStore(path), {
    code: 'unavailable',
    message: /missing\/opencota\.db cannot be opened.*directory exists/,
  });
});

test('a store on a read-only disk is refused with what to do', async (t) => {
  const disk = await mountDisk(t);
  if (disk === undefined) return t.skip('only root can mount a disk of its own');
  const path = join(disk, 'opencota.db');
  const store = openSqliteStore(path);
  await addProduct(store, 'a1Lamp');
  await store[Symbol.asyncDispose]();
  await exec('mount', ['-o', 'remount,ro', disk]);
  const refusal = { code: 'unavailable', message: /opencota\.db cannot be opened.*may write/ };
  assert.throws(() => openSqliteStore(path), refusal);
  await exec('mount', ['-o', 'remount,rw', disk]);
  const again = openSqliteStore(path);
  assert.deepEqual(await keysOf(again), ['a1Lamp']);
  await again[Symbol.asyncDispose]();
});

test('a store file that may only be read is refused with what to do', async (t) => {
  const { path } = await createFilled(t);
  await chmod(path, 0o444);
  const canWrite = await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (canWrite) return t.skip('root may write files that are read-only for others');
  const refusal = { code: 'unavailable', message: /opencota\.db is read-only.*write permission/ };
  assert.throws(() => openSqliteStore(path), refusal);
});

test('a start that was refused leaves no lock and no open file behind', async (t) => {
  const { dir, path, bytes } = await createFilled(t);
  const whole = join(dir, 'whole.db');
  await copyFile(path, whole);
  await truncate(path, Math.floor((await bytes()).length / 2));
  const count = async () => (await readdir('/proc/self/fd').catch(() => [])).length;
  const before = await count();
  for (let start = 0; start < 20; start += 1) assert.throws(() => openSqliteStore(path), /damaged/);
  assert.ok((await count()) <= before + 1);
  await copyFile(whole, path);
  const store = openSqliteStore(path);
  assert.deepEqual(await keysOf(store), ['a1Lamp']);
  await store[Symbol.asyncDispose]();
});

test('a migration that fails half way leaves the old shape, and the next start tries again', async (t) => {
  const { path } = await createFilled(t);
  const broken =
    'CREATE TABLE extra (id INTEGER); UPDATE product SET name = 1; CREATE TABLE product (id INTEGER)';
  useMigration(t, { number: LAST + 1, name: 'broken', sql: broken });
  assert.throws(() => openSqliteStore(path), {
    code: 'unavailable',
    message: /opencota\.db.*already exists/,
  });
  assert.equal(shapeOf(path), LAST);
  assert.deepEqual(columnOf(path, "SELECT name FROM sqlite_master WHERE name = 'extra'"), []);
  assert.deepEqual(columnOf(path, 'SELECT name FROM product'), ['Lamp']);
  useMigration(t, { number: LAST + 1, name: 'mended', sql: 'CREATE TABLE extra (id INTEGER)' });
  const store = openSqliteStore(path);
  assert.deepEqual(await keysOf(store), ['a1Lamp']);
  await store[Symbol.asyncDispose]();
  assert.equal(shapeOf(path), LAST + 1);
  assert.deepEqual(columnOf(path, "SELECT name FROM sqlite_master WHERE name = 'extra'"), ['extra']);
});

/** Puts one migration after those that the server knows, for one test. */
function useMigration(t: TestContext, migration: Migration): void {
  // Readonly for the server; a test may write the next chapter.
  const migrations = MIGRATIONS as Migration[];
  const known = migrations.filter((each) => each.number <= LAST);
  migrations.splice(0, migrations.length, ...known, migration);
  t.after(() => migrations.splice(0, migrations.length, ...known));
}

function columnOf(path: string, sql: string): unknown[] {
  using database = new DatabaseSync(path);
  return database
    .prepare(sql)
    .all()
    .map((row) => Object.values(row)[0]);
}

function shapeOf(path: string): unknown {
  return columnOf(path, 'PRAGMA user_version')[0];
}

function setShape(path: string, shape: number): void {
  using database = new DatabaseSync(path);
  database.exec(`PRAGMA user_version = ${shape}; PRAGMA wal_checkpoint(TRUNCATE)`);
}

async function overwrite(path: string, from: number, length: number): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(Buffer.alloc(length, 0xee), 0, length, from);
}

async function replaceByForeign(path: string): Promise<void> {
  await rm(path);
  using database = new DatabaseSync(path);
  database.exec('CREATE TABLE bookmark (url TEXT)');
}
