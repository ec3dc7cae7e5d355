/** Row 36: a server of the next release is killed in the middle of its migration; the first start likewise. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { MIGRATIONS } from '../../src/sql/migrations.ts';
import { KillBench } from '../support/kill-bench.ts';
import { runCommand, ServerProcess } from '../support/server-process.ts';
import { createDevices, createProduct, numbered } from '../support/test-product.ts';
import type { Fault, FaultRun } from './fault.ts';
import { Ledger } from './ledger.ts';
import { killingAt, WRITES } from './strace.ts';

const FLEET = 3;
const DEVICES = 60;
const NEXT = pathToFileURL(join(import.meta.dirname, 'next-shape.ts')).href;
const NEXT_RELEASE = { NODE_OPTIONS: `--import=${NEXT}` };
const SHAPE = MIGRATIONS.at(-1)!.number;
/** Writes between two kills, and how many kills at most: more than the migration has writes. */
const STRIDE = 40;
const KILLS_MAX = 30;

export const killedMigration: Fault = {
  row: 36,
  name: 'migration',
  fault: 'a server is killed in the middle of a schema migration, or of its very first start',
  promise:
    'the store has the old shape or the new one, whole; the next start finishes; the older release refuses the newer shape in words; devices go on',
  done: 'a copy of a live store is migrated by a server of one shape more, killed at its n-th write, for rising n, until it passes unharmed; then live devices are served from the new shape',
  shortForm: 'quick',
  async run(run) {
    await using bench = await KillBench.start();
    if (run.isQuick) return await killOnce(run, bench);
    await bench.addFleet(FLEET, DEVICES);
    const ledger = new Ledger();
    const version = (await ledger.save(bench))!;
    const id = (await ledger.push(bench, version.number))!;
    await bench.untilAllRun(version.sha256, id);
    await bench.server.kill();
    await killAlong(run, bench);
    await migrateForGood(bench, ledger);
    await refuseOlder(bench);
    await killFirstStarts(run);
  },
};

/** The short form: on the store itself, which the next start then finishes. */
async function killOnce(run: FaultRun, bench: KillBench): Promise<void> {
  const { productKey } = await createProduct(bench.admin);
  await createDevices(bench.admin, productKey, numbered('lamp', FLEET + DEVICES));
  const count = 1 + run.random(STRIDE);
  const wrapper = killingAt(WRITES, count);
  await assert.rejects(bench.restart({ wrapper, environment: NEXT_RELEASE }), 'it was not killed');
  run.say(`shape ${checkWhole(bench.server.dir)} after a kill at write ${count}`);
  await bench.restart({ wrapper: [], environment: NEXT_RELEASE });
  assert.equal((await bench.admin.get(`/products/${productKey}`)).body.deviceCount, FLEET + DEVICES);
  assert.equal(checkWhole(bench.server.dir), SHAPE + 1);
}

/** On a copy each time, whose log the kill above left unfolded. */
async function killAlong(run: FaultRun, bench: KillBench): Promise<void> {
  const shapes: number[] = [];
  let count = 1 + run.random(STRIDE);
  for (; shapes.length < KILLS_MAX; count += STRIDE) {
    const dir = await mkdtemp(join(tmpdir(), 'opencota-migration-'));
    try {
      await cp(bench.server.dir, dir, { recursive: true });
      const wrapper = killingAt(WRITES, count);
      const server = await ServerProcess.start({ dir, wrapper, environment: NEXT_RELEASE }).catch(
        () => undefined,
      );
      await server?.kill();
      shapes.push(checkWhole(dir));
      if (server !== undefined) break;
    } finally {
      await rm(dir, { recursive: true });
    }
  }
  run.say(`shapes after kills ${STRIDE} writes apart: ${shapes.join(' ')}`);
  assert.equal(shapes.at(-1), SHAPE + 1, 'the last one passed unharmed');
  assert.ok(shapes.includes(SHAPE), 'none was killed before the migration was done');
}

/** @returns the shape. Between two shapes there is nothing. */
function checkWhole(dir: string): number {
  using database = new DatabaseSync(join(dir, 'opencota.db'));
  const one = (sql: string) => Object.values(database.prepare(sql).get()!)[0];
  assert.equal(one('PRAGMA integrity_check'), 'ok');
  const devices = Number(one('SELECT count(*) FROM device'));
  assert.equal(devices, FLEET + DEVICES);
  const shape = Number(one('PRAGMA user_version'));
  const hasTable = Number(one("SELECT count(*) FROM sqlite_schema WHERE name = 'next_shape'")) === 1;
  assert.equal(hasTable, shape === SHAPE + 1, `shape ${shape}, half of it`);
  if (hasTable) assert.equal(Number(one('SELECT count(*) FROM next_shape')), devices);
  return shape;
}

async function migrateForGood(bench: KillBench, ledger: Ledger): Promise<void> {
  await bench.restart({ environment: NEXT_RELEASE, wrapper: [] });
  const version = (await ledger.save(bench))!;
  const id = (await ledger.push(bench, version.number))!;
  await bench.untilAllRun(version.sha256, id);
  await ledger.check(bench);
}

async function refuseOlder(bench: KillBench): Promise<void> {
  await bench.server.terminate();
  const { dir } = bench.server;
  const older = await runCommand(['serve'], { dir });
  assert.equal(older.code, 1);
  assert.match(older.stderr, new RegExp(`has shape ${SHAPE + 1}.*knows only up to ${SHAPE}`, 's'));
  assert.equal(checkWhole(dir), SHAPE + 1, 'the older release changed nothing');
}

/** A store that is not finished has another name, and the next start begins it again. */
async function killFirstStarts(run: FaultRun): Promise<void> {
  let kills = 0;
  for (let count = 1 + run.random(STRIDE); ; count += STRIDE) {
    assert.ok(kills < KILLS_MAX, `still killed after ${kills} kills`);
    const dir = await mkdtemp(join(tmpdir(), 'opencota-first-start-'));
    try {
      const first = await ServerProcess.start({ dir, wrapper: killingAt(WRITES, count) }).catch(
        () => undefined,
      );
      await first?.kill();
      if (first !== undefined) break;
      kills += 1;
      const hadStore = existsSync(join(dir, 'opencota.db'));
      await using second = await ServerProcess.start({ dir });
      // The one-time password may have been shown by the start that was killed; then it is reset on the machine.
      if (!hadStore) await second.signIn();
      assert.equal((await fetch(`${second.baseUrl}/readyz`)).status, 200);
    } finally {
      await rm(dir, { recursive: true });
    }
  }
  assert.ok(kills > 0, 'no first start was killed');
  run.say(`first starts killed: ${kills}`);
}
