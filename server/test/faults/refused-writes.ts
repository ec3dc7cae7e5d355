/** Rows 10, 13 and 14: the store cannot be written, for three reasons, while a server runs on it. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiAnswer } from '../support/api-client.ts';
import { KillBench } from '../support/kill-bench.ts';
import { type LeanDevice, silent } from '../support/lean-device.ts';
import { runCommand } from '../support/server-process.ts';
import { fillDisk, mountSmallDisk } from '../support/small-disk.ts';
import { untilEnded } from '../support/test-product.ts';
import { until } from '../support/test-server.ts';
import { type Fault, NotHere } from './fault.ts';
import { Ledger } from './ledger.ts';
import { failing, SYNCS, WRITES } from './strace.ts';

const FLEET = 3;
const DISK_BYTES = 6 * 1024 * 1024;
const LOCKED_MS = 10_000;
/** For the fault itself to get hold of the lock. */
const LOCK_WITHIN_MS = 5_000;
/** An answer of the loop while writes fail: each write may block it for SQLite's own 50 ms. */
const ANSWER_WITHIN_MS = 1_000;

type Started = { bench: KillBench; ledger: Ledger; rolloutId: number };

/** A fleet that was handed a push and says nothing yet, so that its reports meet the fault. */
async function start(dir?: string): Promise<Started> {
  const bench = await KillBench.start(dir === undefined ? {} : { dir });
  await bench.addFleet(FLEET);
  const ledger = new Ledger();
  for (const device of bench.fleet) device.behaviour = silent;
  const version = (await ledger.save(bench))!;
  const rolloutId = (await ledger.push(bench, version.number))!;
  await until('every device was pushed to', () => bench.fleet.every(({ pushes }) => pushes.length > 0));
  return { bench, ledger, rolloutId };
}

type Expected = { status: number; code: string };

/** What holds while nothing can be stored: refusals in words, no PUBACK, reads and downloads. */
async function checkRefusing(bench: KillBench, { status, code }: Expected, attempts = 1): Promise<void> {
  const { admin, productKey, fleet } = bench;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const refused = await createProductOf(bench);
    assert.deepEqual([refused.status, refused.body.code], [status, code], refused.text);
    if (status === 503) assert.ok(refused.headers.has('retry-after'), 'no Retry-After');
  }
  const [device] = fleet as [LeanDevice];
  const push = device.pushes.at(-1)!;
  await device.download(push);
  device.reply(push.id, 200);
  const since = performance.now();
  const content = await admin.get(`/products/${productKey}/versions/1/content`);
  assert.equal(content.status, 200, content.text);
  assert.equal((await fetch(`${bench.server.baseUrl}/readyz`)).status, 200);
  const ms = performance.now() - since;
  assert.ok(ms < ANSWER_WITHIN_MS, `reads took ${ms} ms`);
  await until('the log names it', () =>
    bench.server.lines.some((line) => /could not be stored|cannot be stored/.test(line)),
  );
  assert.deepEqual(device.acknowledgedReplies, [], 'a report that was not stored was acknowledged');
}

const createProductOf = ({ admin }: KillBench): Promise<ApiAnswer> =>
  admin.post('/products', { name: 'Made in vain' });

/** The same process goes on by itself: the refused report is repeated, the rollout ends, nothing is twice. */
async function checkRecovered({ bench, ledger, rolloutId }: Started, isQuick = false): Promise<void> {
  await until('it saves again', async () => (await createProductOf(bench)).status === 201);
  // A device repeats what was not acknowledged when it comes back.
  const [device, ...others] = bench.fleet as [LeanDevice, ...LeanDevice[]];
  device.stop();
  device.start();
  for (const other of others) {
    const push = other.pushes.at(-1)!;
    await other.download(push);
    other.reply(push.id, 200);
  }
  await until('the repeated report is acknowledged', () => device.acknowledgedReplies.length > 0);
  assert.equal((await untilEnded(bench.admin, rolloutId)).counters.applied, FLEET);
  await ledger.save(bench);
  await ledger.check(bench);
  const names = (await bench.admin.get('/products')).body.items.map(({ name }: { name: string }) => name);
  assert.equal(
    names.filter((name: string) => name === 'Made in vain').length,
    1,
    'only the one answered 201',
  );
  if (isQuick) return;
  // And all of it is on the disk.
  await bench.restart();
  await ledger.check(bench);
}

export const ioError: Fault = {
  row: 14,
  name: 'io-error',
  fault: 'EIO on write, EIO on fsync',
  promise:
    '503 and no false 2xx, no PUBACK for what is not stored; reads and downloads go on; the same process recovers',
  done: 'every write of a running server, later every sync, fails with EIO (the real system calls, by strace), then works again',
  shortForm: 'quick',
  async run({ isQuick, random, say }) {
    const kinds = [WRITES, SYNCS];
    const chosen = isQuick ? [kinds[random(2)]!] : kinds;
    for (const calls of chosen) {
      const started = await start();
      await using bench = started.bench;
      {
        await using _fault = await failing(bench.server.pid, calls, 'EIO');
        await checkRefusing(bench, { status: 503, code: 'storage-unavailable' });
      }
      await checkRecovered(started, isQuick);
      say(`EIO on ${calls}`);
    }
  },
};

export const storeLocked: Fault = {
  row: 10,
  name: 'locked',
  fault: 'another process holds the write lock of the database for 10 s',
  promise: '503 with Retry-After; reads and downloads go on; the same process recovers',
  done: 'a second connection begins a transaction and keeps it, while people save and a device reports',
  shortForm: 'quick',
  async run({ isQuick }) {
    const started = await start();
    await using bench = started.bench;
    const until = performance.now() + (isQuick ? 0 : LOCKED_MS);
    using database = new DatabaseSync(join(bench.server.dir, 'opencota.db'), { timeout: LOCK_WITHIN_MS });
    database.exec('BEGIN IMMEDIATE');
    await checkRefusing(bench, { status: 503, code: 'storage-unavailable' }, isQuick ? 1 : 20);
    await delay(Math.max(0, until - performance.now()));
    database.exec('ROLLBACK');
    await checkRecovered(started, isQuick);
  },
};

export const diskFull: Fault = {
  row: 13,
  name: 'disk-full',
  fault: 'the disk of the data directory is full',
  promise:
    '507 in words, no PUBACK for what is not stored; reads and downloads go on; a backup leaves no half file; the same process recovers',
  done: 'a small disk is filled to the last byte while a server runs on it, a backup is tried, then space is made',
  shortForm: { test: 'http/disk-full.test.ts' },
  async run() {
    await using disk = await mountSmallDisk(DISK_BYTES);
    if (disk === undefined) throw new NotHere('may not mount a small disk');
    const started = await start(join(disk.dir, 'data'));
    await using bench = started.bench;
    const ballast = join(disk.dir, 'ballast');
    await fillDisk(ballast);
    await useUpTheLog(bench);
    await checkRefusing(bench, { status: 507, code: 'storage-full' });
    const target = join(disk.dir, 'backup.db');
    const backup = await runCommand(['backup', '--to', target], { dir: bench.server.dir });
    assert.equal(backup.code, 1, 'a backup had no room and said it was done');
    rmSync(ballast);
    await checkRecovered(started);
  },
};

/** The store's log has room reserved from before; drafts use it up. */
async function useUpTheLog({ admin, productKey }: KillBench): Promise<void> {
  const path = `/products/${productKey}/draft`;
  const raw = `{"text":"${'x'.repeat(60_000)}"}`;
  for (let turn = 0; turn < 200; turn += 1) {
    const etag = (await admin.get(path)).headers.get('etag')!;
    const answer = await admin.send('PUT', path, { raw, headers: { 'if-match': etag } });
    if (answer.status !== 200) return;
  }
  throw new Error('The disk never got full.');
}
