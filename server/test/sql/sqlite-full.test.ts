/** A full disk: writes are refused, reads go on, and the same process works again once there is space. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Store } from '../../src/domain/store-port.ts';
import { openSqliteStore } from '../../src/sql/store.ts';
import { openThreadedSqliteStore } from '../../src/sql/threaded-store.ts';
import { addProduct, keysOf, mountDisk } from './store-directory.ts';

const DRAFT_BYTES = 64 * 1024;

test('a full disk refuses writes, keeps reads going, and is forgotten once there is space', async (t) => {
  const disk = await mountDisk(t);
  if (disk === undefined) return t.skip('only root can mount a small disk');
  const store = openSqliteStore(join(disk, 'opencota.db'));
  t.after(() => store[Symbol.asyncDispose]());
  await addProduct(store, 'a1Lamp');
  const ballast = join(disk, 'ballast');
  await fill(ballast);

  const written = await writeUntilFull(store);
  assert.ok(written < 100);
  await assert.rejects(
    store.write((tx) => putDraft(tx, written)),
    {
      code: 'storage-full',
      message: /disk.*full.*nothing was changed/,
    },
  );
  assert.deepEqual(await keysOf(store), ['a1Lamp']);
  assert.equal((await store.read((tx) => tx.configs.findDraft(1)))?.revision ?? 0, written);

  await rm(ballast);
  await store.write((tx) => putDraft(tx, written));
  await addProduct(store, 'a1More');
  assert.equal((await store.read((tx) => tx.configs.findDraft(1)))?.revision, written + 1);
  assert.deepEqual(await keysOf(store), ['a1Lamp', 'a1More']);
});

for (const openStore of [openSqliteStore, openThreadedSqliteStore])
  test(`work that goes on after a full disk has ended it is refused all the same (${openStore.name})`, async (t) => {
    const disk = await mountDisk(t);
    if (disk === undefined) return t.skip('only root can mount a small disk');
    const store = openStore(join(disk, 'opencota.db'));
    t.after(() => store[Symbol.asyncDispose]());
    await fill(join(disk, 'ballast'));
    const refusals: unknown[] = [];
    const work = store.write(async (tx) => {
      // More than the database keeps in memory until the end.
      for (let index = 0; index < 100; index += 1) {
        const written = tx.upkeep.putMeta(`name${index}`, 'x'.repeat(1024 * 1024));
        await written.catch(({ code }) => refusals.push(code));
      }
    });
    await assert.rejects(work, { code: 'storage-unavailable', message: /nothing was changed/ });
    assert.deepEqual(refusals.slice(0, 2), ['storage-full', 'storage-unavailable']);
    for (const name of ['name0', 'name99'])
      assert.equal(await store.read((tx) => tx.upkeep.findMeta(name)), undefined);
  });

test('work that meets a full disk half way is undone whole', async (t) => {
  const disk = await mountDisk(t);
  if (disk === undefined) return t.skip('only root can mount a small disk');
  const store = openSqliteStore(join(disk, 'opencota.db'));
  t.after(() => store[Symbol.asyncDispose]());
  await addProduct(store, 'a1Lamp');
  await fill(join(disk, 'ballast'));
  const work = store.write(async (tx) => {
    for (let index = 0; index < 200; index += 1)
      await tx.upkeep.putMeta(`name${index}`, 'x'.repeat(DRAFT_BYTES));
  });
  await assert.rejects(work, { code: 'storage-full' });
  assert.equal(await store.read((tx) => tx.upkeep.findMeta('name0')), undefined);
});

test('a backup to a full disk is refused, leaves no half file, and harms nothing', async (t) => {
  const disk = await mountDisk(t);
  if (disk === undefined) return t.skip('only root can mount a small disk');
  const dir = await mkdtemp(join(tmpdir(), 'opencota-full-'));
  const store = openSqliteStore(join(dir, 'opencota.db'));
  t.after(async () => {
    await store[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });
  await store.write(async (tx) => {
    for (let index = 0; index < 100; index += 1)
      await tx.upkeep.putMeta(`name${index}`, 'x'.repeat(DRAFT_BYTES));
  });
  const target = join(disk, 'copy.db');
  await assert.rejects(store.backup(target), { code: 'storage-full' });
  await assert.rejects(writeFile(target, '', { flag: 'r+' }), { code: 'ENOENT' });
  await addProduct(store, 'a1Lamp');
});

/** Leaves less than a draft of space. */
async function fill(path: string): Promise<void> {
  const piece = Buffer.alloc(16 * 1024);
  await assert.rejects(
    (async () => {
      for (;;) await writeFile(path, piece, { flag: 'a' });
    })(),
    { code: 'ENOSPC' },
  );
}

function putDraft(tx: Parameters<Parameters<Store['write']>[0]>[0], ifRevision: number) {
  return tx.configs.putDraft(1, Buffer.alloc(DRAFT_BYTES), ifRevision, 'ann', 1);
}

/** @returns how many writes there was space for. */
async function writeUntilFull(store: Store): Promise<number> {
  for (let written = 0; written < 100; written += 1) {
    try {
      await store.write((tx) => putDraft(tx, written));
    } catch {
      return written;
    }
  }
  return 100;
}
